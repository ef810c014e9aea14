"""Foreign keys: the same rows are lost whether keys are kept as values, as hashes or on disk."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entaku.check import stream as check_stream
from entaku.check.breaches import list_breaches
from entaku.check.foreign import Parents, ReferringKey
from entaku.check.outcome import Limits
from entaku.check.pairs import Pile, find_pairs, hash_rows, hash_values, sort_pairs
from entaku.check.rows import TextTable
from entaku.check.stream import check_tables
from entaku.check.values import FRICTIONLESS
from entaku.check.vectors import ColumnReader, Looked
from entaku.formats.arrays import make_texts
from entaku.store.desk import DiskSpill

KINDS = ("string", "integer", "number", "boolean", "any", "year")
CELLS = st.sampled_from(
    [
        "",
        "1",
        "01",
        "1.0",
        "1e0",
        "-1",
        "2",
        "true",
        "True",
        "0",
        "a",
        "b ",
        "NaN",
        "x",
        "9" * 30,
        "2020",
        "1.5",
        "1.50",
    ]
)


def find(kinds: Sequence[str], others: Sequence[str], there: Any, here: Any, **options: Any) -> list[int]:
    """The numbers of the rows of `here` that have no like in `there`."""
    columns = [
        ColumnReader({"name": kind, "type": kind, "missingValues": ["", "-1"]}, {}, FRICTIONLESS) for kind in kinds
    ]
    reference = [ColumnReader({"name": kind, "type": kind}, {}, FRICTIONLESS) for kind in others]
    parents = Parents(options.get("make_spill"), options.get("most", 10**9), options.get("exact", 10**9))
    for batch in there:
        parents.add(reference, [Looked(None, make_texts(texts)) for texts in zip(*batch, strict=True)])
    key = ReferringKey(columns, parents, options.get("make_spill"), options.get("most", 10**9))
    found, first = [], 2
    for batch in here:
        looks = [
            column.look(make_texts(texts)) for column, texts in zip(columns, zip(*batch, strict=True), strict=True)
        ]
        lost = key.find_lost(looks, first)
        found += [] if lost is None else (np.flatnonzero(lost) + first).tolist()
        first += len(batch)
    return sorted([*found, *key.find_late().tolist()])


@settings(max_examples=150)
@given(st.data(), st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)), min_size=1, max_size=2))
def test_hashes_find_what_values_find(data: st.DataObject, kinds: list[tuple[str, str]]) -> None:
    batches = st.lists(st.lists(st.tuples(*[CELLS] * len(kinds)), min_size=1, max_size=6), max_size=3)
    there, here = data.draw(batches), data.draw(batches)
    mine, others = zip(*kinds, strict=True)
    expected = find(mine, others, there, here)
    assert find(mine, others, there, here, exact=0) == expected
    assert find(mine, others, there, here, exact=0, most=2, make_spill=DiskSpill) == expected
    assert find(mine, others, there, here, exact=0, most=2) == expected


def test_many_keys_spill_and_come_back() -> None:
    numbers = [f"{n:06}" for n in range(30_000)]
    batches = [[(text,) for text in numbers[at : at + 1000]] for at in range(0, 30_000, 1000)]
    wanted = [[(text,) for text in ("000000", "029999", "030000", "", "x")], [("012345",)] * 3 + [("nowhere",)]]
    for options in ({}, {"exact": 100}, {"exact": 100, "most": 5000, "make_spill": DiskSpill}):
        assert find(["string"], ["string"], batches, wanted, **options) == [4, 6, 10]


def test_equal_values_have_equal_hashes() -> None:
    column = ColumnReader({"name": "n", "type": "integer"}, {}, FRICTIONLESS)
    texts = ["5", "-7", "9223372036854775807", "05"]
    quick = hash_rows([column], [Looked(None, make_texts(texts))])
    slow = hash_values([int(text) for text in texts])
    assert (quick.one == slow.one).all() and (quick.two == slow.two).all()
    word = ColumnReader({"name": "n"}, {}, FRICTIONLESS)
    quick, slow = (
        hash_rows([word], [Looked(None, make_texts(["長い文字列です", "b"]))]),
        hash_values(["長い文字列です", "b"]),
    )
    assert (quick.one == slow.one).all() and (quick.two == slow.two).all()
    assert not (quick.one == quick.two).any()


@pytest.mark.parametrize("kind", ["string", "integer", "number"])
def test_texts_that_come_as_dictionaries_have_the_hashes_of_plain_ones(kind: str) -> None:
    column = ColumnReader({"name": "n", "type": kind, "missingValues": ["", "-"]}, {}, FRICTIONLESS)
    plain = make_texts(["2", "11", "2", "-", "", "3"])
    one, other = (hash_rows([column], [Looked(None, texts)]) for texts in (plain, plain.dictionary_encode()))
    assert one.one.tolist() == other.one.tolist() and one.two.tolist() == other.two.tolist()
    assert one.null.tolist() == other.null.tolist() == [False, False, False, True, True, False]
    assert len(set(one.one.tolist())) == 4


def test_pairs_that_share_a_half_are_told_apart() -> None:
    one, two = np.array([7, 7, 7, 9], np.uint64), np.array([1, 2, 3, 1], np.uint64)
    asked = np.array([7, 7, 9, 9, 10, 7], np.uint64), np.array([3, 4, 1, 2, 1, 1], np.uint64)
    assert find_pairs(*sort_pairs(one, two), *asked).tolist() == [True, False, True, False, False, True]
    pile = Pile(None, 3, unique=True)
    for _ in range(3):
        pile.add(one, two, np.zeros(4, np.uint32))
    assert sum(len(part[0]) for part in pile.parts()) == 4


@pytest.mark.parametrize("limit", [3, None])
def test_a_report_is_the_same_with_keys_on_disk(limit: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [f"s{n}" for n in range(900)]
    stations = TextTable("stations", [pa.record_batch({"id": ids[at : at + 90]}) for at in range(0, 900, 90)],
                     {"fields": [{"name": "id"}]})  # fmt: skip
    rows = [(f"s{n * 7 % 950}", str(n) if n % 40 else "x") for n in range(600)]
    batches = [
        pa.record_batch({"station": [a for a, _ in rows[at : at + 100]], "n": [b for _, b in rows[at : at + 100]]})
        for at in range(0, 600, 100)
    ]
    schema = {
        "fields": [{"name": "station"}, {"name": "n", "type": "integer"}],
        "foreignKeys": [{"fields": ["station"], "reference": {"resource": "stations", "fields": ["id"]}}],
    }
    tables = [TextTable("lifts", batches, schema), stations]
    usual = check_tables(tables, Limits(max_errors=limit))[0]
    monkeypatch.setattr(check_stream, "Parents", lambda spill=None, most=50: Parents(spill, most, 10))
    late = check_tables(tables, Limits(max_errors=limit, make_spill=DiskSpill, max_kept=50))[0]
    assert usual.counts == late.counts and usual.bad_rows() == late.bad_rows() and usual.examples == late.examples
    assert list_breaches(usual) == list_breaches(late)
    assert usual.errors == 29 + 15
