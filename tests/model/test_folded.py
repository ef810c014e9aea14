"""What is folded in memory is the same as before for all who look into it."""

import pickle

from entaku.model.folded import Folded, FoldedMap, fold, fold_map
from entaku.model.kept import unpack
from entaku.model.profile import Bar

ROWS = (("é", "1"), ("", "2"))
BARS = (Bar(1, 2.5, 3), Bar(2.5, True, 0))


def test_folded_lists_are_like_tuples() -> None:
    rows, none, bars = fold([ROWS, (), BARS])
    assert isinstance(rows, Folded) and none == () and not none
    assert rows == ROWS and rows == ROWS and rows != ROWS[:1] and tuple(bars) == BARS
    assert (len(rows), rows[1], rows[:1], [*reversed(rows)]) == (2, ROWS[1], ROWS[:1], [*reversed(ROWS)])
    assert repr(bars) == repr(BARS) and hash(rows) == hash(ROWS)
    assert [type(value) for value in (bars[1].low, bars[1].high)] == [float, bool]


def test_they_are_kept_folded() -> None:
    both = {"rows": fold([ROWS])[0], "lines": fold_map({(): 1, ("a", 0): 2})}
    kept = unpack(pickle.dumps(both))
    assert kept == both and isinstance(kept, dict)
    assert [type(value) for value in kept.values()] == [Folded, FoldedMap]


def test_folded_mappings_are_like_dictionaries() -> None:
    lines = {("b",): 1, ("a", 0): 2}
    folded = fold_map(lines)
    assert folded == lines and list(folded) == list(lines) and repr(folded) == repr(lines)
    assert (folded[("b",)], folded.get(("c",)), ("c",) in folded, len(folded)) == (1, None, False, 2)
    assert fold_map({}) == {}
