"""Where a value of a table is in its raw file: under the header above it, in the merged cell, or in a line before."""

from entaku.model.origin import Origin
from entaku.table.whence import Whence

WHENCE = Whence(
    columns={"id": 0, "kg": 1},
    orders={3: None, 10: [1, 0], 20: [0, None]},
    titles={"year": 1},
    sections=["area"],
    lines={1: "令和8年", 5: "東", 12: "西"},
    filled=[(6, 1, 8, 1)],
    left=2,
)


def test_a_cell_is_where_the_last_header_above_it_has_its_column() -> None:
    assert [WHENCE(4, column) for column in ("id", "kg")] == [Origin("cell", 4, 2), Origin("cell", 4, 3)]
    assert [WHENCE(11, column) for column in ("id", "kg")] == [Origin("cell", 11, 3), Origin("cell", 11, 2)]
    assert [WHENCE(21, column) for column in ("id", "kg")] == [Origin("cell", 21, 2), None]
    assert WHENCE(11, "id", heading=True) == Origin("heading", 10, 3)
    assert WHENCE(4, "id", heading=True) == Origin("heading", 3, 2)


def test_a_merged_cell_is_where_its_value_stands_and_others_are_themselves() -> None:
    assert [WHENCE(row, "kg") for row in (5, 6, 8, 9)] == [
        Origin("cell", 5, 3), Origin("cell", 6, 3), Origin("cell", 6, 3), Origin("cell", 9, 3),
    ]  # fmt: skip
    assert WHENCE(7, "id") == Origin("cell", 7, 2)


def test_titles_and_sections_are_lines_with_their_text() -> None:
    assert WHENCE(4, "year") == Origin("title", 1, text="令和8年")
    assert [WHENCE(row, "area") for row in (4, 5, 11, 12)] == [
        None, Origin("section", 5, text="東"), Origin("section", 5, text="東"), Origin("section", 12, text="西"),
    ]  # fmt: skip
    assert WHENCE(4, "other") is None
