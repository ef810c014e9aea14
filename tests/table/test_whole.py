"""Whole tables in batches: rows, places and labels are those of the parts laid end to end."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_tidy import make_step
from wholes import encode_part, shelve

from entaku.formats.arrays import Blocks
from entaku.model.grammar import Pipeline, Resource, Step
from entaku.model.nouns import Place, Raw, Spec
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text
from entaku.table import whole as table_whole
from entaku.table.part import Outline, Part, find_ranges, read_outline
from entaku.table.parts import to_rows
from entaku.table.whole import Whole, assemble

SPEC = Spec(file="p.yaml", pipeline=Pipeline(name="p", title=Text(), description=Text(), publisher="", license="",
            frequency="daily", resources=()), lines={}, deflated=b"", digest="")  # fmt: skip
SCHEMA = Schema(fields=(SchemaField(name="a"), SchemaField(name="b")))


def make_part(n: int, rows: list[int], sheets: list[str] | None = None, **columns: list[str]) -> Part:
    frame = pd.DataFrame(columns, dtype="str")
    named = sheets or [""] * len(rows)
    starts = tuple((at, name) for at, name in enumerate(named) if not at or named[at - 1] != name)
    raw = Raw(f"https://x.example/{n}.csv", {}, "file", "", f"{n}" * 64, 1)
    names = {name: name.upper() for name in columns}
    ranges = find_ranges(np.array(rows, np.int64))
    about = Outline(raw, tuple(columns), len(rows), ranges, starts, (), names, {"a": 2}, bool(sheets))
    return Part(about, to_rows(frame))


def make_whole(*parts: Part, steps: tuple[Step, ...] = ()) -> Whole:
    return assemble(Resource(name="t", title=Text(ja="t"), schema=SCHEMA, tidy=steps), shelve(parts), SPEC)


def rows_of(whole: Whole) -> list[tuple[str, ...]]:
    return [tuple(row.values()) for batch in whole for row in batch.to_pylist()]


PARTS = (
    make_part(0, [2, 3, 7], a=["x", "", "z"], b=["1", "2", "3"]),
    make_part(1, []),
    make_part(2, [9], b=["4"]),
    make_part(3, [4, 5, 4], ["p", "p", "q"], a=["m", "n", "o"], c=["5", "6", "7"]),
)


def test_ranges_of_rows() -> None:
    assert find_ranges(np.array([2, 3, 4, 9, 11, 10])).tolist() == [[0, 2], [3, 9], [4, 11], [5, 10]]
    assert find_ranges(np.zeros(0, np.int64)).tolist() == []
    rows, sheets = [2, 3, 4, 9, 11, 10, 11], ["p", "p", "q", "q", "p", "p", "p"]
    part = make_part(0, rows, sheets, a=list("abcdefg"))
    outline = read_outline(io.BytesIO(encode_part(part)))
    assert [outline.find(n) for n in range(7)] == list(zip(sheets, rows, strict=True))


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_parts_one_below_the_other(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_whole, "Blocks", lambda: Blocks(size))
    whole = make_whole(*PARTS)
    assert (whole.columns, whole.rows) == (("a", "b", "c"), 7)
    expected = [
        ("x", "1", ""),
        ("", "2", ""),
        ("z", "3", ""),
        ("", "4", ""),
        ("m", "", "5"),
        ("n", "", "6"),
        ("o", "", "7"),
    ]
    assert rows_of(whole) == rows_of(whole) == expected
    assert all(batch.num_rows <= size for batch in whole)
    assert not any(column.null_count for batch in whole for column in batch.columns)
    places = [whole.place(row, "a") for row in range(7)]
    assert [(place.file[-5:], place.sheet, place.row, place.cell) for place in places] == [
        ("0.csv", "", 2, ""), ("0.csv", "", 3, ""), ("0.csv", "", 7, ""), ("2.csv", "", 9, ""),
        ("3.csv", "p", 4, "C4"), ("3.csv", "p", 5, "C5"), ("3.csv", "q", 4, "C4"),
    ]  # fmt: skip
    assert places[0].column == "a（A）"


def test_sorted_rows_keep_their_places() -> None:
    whole = make_whole(*PARTS, steps=(make_step("- sort: [a]"),))
    assert [row[0] for row in rows_of(whole)] == ["m", "n", "o", "x", "z", "", ""]
    assert [whole.label(row) for row in range(7)] == [4, 5, 6, 0, 2, 1, 3]
    assert whole.labels(2, 3).tolist() == [6, 0, 2]
    assert (
        whole.place(0, "b")
        == replace(whole.place(0, ""), column="b")
        == Place(PARTS[3].outline.raw.url, sheet="p", row=4, column="b")
    )


def test_no_part_at_all_is_an_empty_table_of_the_schema() -> None:
    for whole in (make_whole(), make_whole(PARTS[1])):
        assert (whole.columns, whole.rows, rows_of(whole)) == (("a", "b"), 0, [])


def test_places_of_many_rows_are_those_of_each() -> None:
    one = make_part(1, [2, 3, 4, 9, 10], ["s", "s", "t", "t", "t"], a=["x"] * 5, b=["y"] * 5)
    other = make_part(2, [0, 4, 5], a=["x"] * 3, b=["y"] * 3)
    whole = make_whole(one, other)
    labels = [0, 2, 3, 4, 5, 6, 7]
    runs = list(whole.list_runs(np.array(labels)))
    found = [
        (part.raw.url[-5:], part.sheets[sheet][1], row or None)
        for part, sheets, rows in runs
        for sheet, row in zip(sheets.tolist(), rows.tolist(), strict=True)
    ]
    assert [part.raw.url[-5:] for part, _, _ in runs] == ["1.csv", "2.csv"]
    assert found == [
        ("1.csv", "s", 2), ("1.csv", "t", 4), ("1.csv", "t", 9), ("1.csv", "t", 10), ("2.csv", "", None), ("2.csv", "", 4),
        ("2.csv", "", 5),
    ]  # fmt: skip
    places = [whole.locate(label, "") for label in labels]
    assert found == [(place.file[-5:], place.sheet, place.row) for place in places]
    assert list(whole.list_runs(np.zeros(0, np.int64))) == []


def test_a_column_that_a_part_has_lost_is_not_missed_again() -> None:
    sort = (make_step("- sort: [r]", 11),)
    assert [(one.code, one.value) for one in make_whole(*PARTS, steps=sort).findings] == [("unknown-column", "r")]
    lost = replace(PARTS[0], outline=replace(PARTS[0].outline, lost=("r",)))
    whole = make_whole(lost, *PARTS[1:], steps=sort)
    assert whole.findings == () and len(rows_of(whole)) == 7
