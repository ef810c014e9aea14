"""Which cells errata concern: conditions, wrong values, batches, and errata one after the other."""

import pyarrow as pa

from entaku.model.errata import Erratum
from entaku.model.words import Text
from entaku.table.errata import MetErratum, correct_batches, meet_errata

WORDS = Text(ja="理由")


def batches(*sizes: int) -> list[pa.RecordBatch]:
    """Rows n, n % 3 in batches of these sizes."""
    made, first = [], 0
    for size in sizes:
        numbers = range(first, first + size)
        columns = [
            pa.array([str(n) for n in numbers], pa.string()),
            pa.array([f"v{n % 3}" for n in numbers], pa.string()),
        ]
        made.append(pa.RecordBatch.from_arrays(columns, names=["n", "v"]))
        first += size
    return made


def correct(given: list[pa.RecordBatch], *errata: Erratum) -> list[str]:
    return [text for batch in correct_batches(given, errata) for text in batch.column("v").to_pylist()]


def make(**options: object) -> Erratum:
    return Erratum(**{"name": "one", "by": WORDS, "why": WORDS, **options})  # type: ignore[arg-type]


def tell(met: MetErratum) -> list[tuple[int, str, str, str]]:
    return list(met.list_cells())


def test_rows_are_numbered_across_batches() -> None:
    one = make(match={"v": "^v1$"}, set={"v": "right"})
    for sizes in ((6,), (2, 4), (1, 0, 5)):
        [met] = meet_errata(batches(*sizes), [one])
        assert tell(met) == [(2, "v", "v1", "right"), (5, "v", "v1", "right")]
        assert (met.row_count, met.cell_count, met.others) == (2, 2, 0)
        assert correct(batches(*sizes), one) == ["v0", "right", "v2", "v0", "right", "v2"]


def test_all_conditions_or_any_and_the_wrong_value() -> None:
    both = {"n": "^[0-3]$", "v": "v1"}
    assert correct(batches(6), make(match=both, empty=("v",))) == ["v0", "", "v2", "v0", "v1", "v2"]
    any_of = make(match=both, any=True, was={"v": "v0"}, set={"v": "x"})
    assert correct(batches(6), any_of) == ["x", "v1", "v2", "x", "v1", "v2"]
    [met] = meet_errata(batches(6), [any_of])
    assert (met.row_count, met.others) == (2, 3)


def test_what_is_right_already_is_not_counted() -> None:
    [met] = meet_errata(batches(6), [make(match={"v": "v[01]"}, set={"v": "v1"})])
    assert (met.cell_count, met.others) == (2, 2)
    [left] = meet_errata(batches(6), [make(match={"v": "v[01]"}, left=("v", "n"))])
    assert (left.row_count, left.cell_count) == (4, 8)
    assert tell(left)[:2] == [(1, "v", "v0", "v0"), (1, "n", "0", "0")]


def test_an_erratum_sees_what_those_before_it_corrected() -> None:
    first, then = make(match={"v": "v1"}, set={"v": "v2"}), make(name="two", match={"v": "v2"}, set={"v": "v3"})
    assert correct(batches(3), first, then) == ["v0", "v3", "v3"]
    met = meet_errata(batches(3), [first, then])
    assert [tell(each) for each in met] == [[(2, "v", "v1", "v2")], [(2, "v", "v2", "v3"), (3, "v", "v2", "v3")]]
