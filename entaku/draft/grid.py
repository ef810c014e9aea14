"""The cells of a sheet by row and column, with what merged cells cover; rows and columns count from 0."""

from dataclasses import dataclass, field
from functools import cached_property

from entaku.draft.words import CellKind, kind_of
from entaku.formats.looks import NO_LOOK, CellLook
from entaku.table import lookout

Spot = tuple[int, int]
"""Row and column, from 0."""


@dataclass(frozen=True, eq=False)
class CellGrid:
    """A sheet whose texts have no spaces around them."""

    sheet: lookout.SheetCells
    rows: tuple[dict[int, str], ...]
    """The filled cells of each row, by column."""
    width: int
    spans: dict[Spot, Spot] = field(default_factory=dict)
    """The bottom right cell of each merged range, by its top left."""

    def line(self, row: int) -> int:
        """The 1-based row of the raw file."""
        return self.sheet.records[row][0]

    def text(self, row: int, at: int) -> str:
        """A cell; "" if it is empty."""
        return self.rows[row].get(at, "")

    def look(self, row: int, at: int) -> CellLook:
        """How a cell looks."""
        return self.sheet.looks.get((self.line(row), at), NO_LOOK)

    def kind(self, row: int, at: int) -> CellKind:
        """What kind of value a cell holds."""
        return kind_of(self.text(row, at))

    @cached_property
    def filled(self) -> frozenset[Spot]:
        """Every cell that isn't empty."""
        return frozenset((n, at) for n, cells in enumerate(self.rows) for at in cells)

    @cached_property
    def covered(self) -> dict[Spot, Spot]:
        """The top left cell of the merged range that each of its cells belongs to."""
        return {
            (row, at): (top, left)
            for (top, left), (bottom, right) in self.spans.items()
            for row in range(top, bottom + 1)
            for at in range(left, right + 1)
        }

    def cells(self, row: int, left: int, right: int) -> dict[int, str]:
        """The filled cells of a row between two columns."""
        return {at: text for at, text in self.rows[row].items() if left <= at <= right}

    def reach(self, row: int, at: int) -> int:
        """The last column that a cell's merged range reaches."""
        return self.spans.get((row, at), (row, at))[1]


MOST_COVERED = 200_000
"""Cells of a merged range beyond which it is not looked at."""


def make_grid(sheet: lookout.SheetCells) -> CellGrid:
    """The grid of a sheet's cells."""
    rows = tuple(
        {at: plain for at, text in enumerate(cells) if (plain := text.strip(" \t\r\n\u3000\xa0\ufeff"))}
        for _, cells in sheet.records
    )
    width = max((max(cells) + 1 for cells in rows if cells), default=0)
    first = sheet.records[0][0] if sheet.records else 1
    spans = {}
    for top, left, bottom, right in sheet.merged:
        low, high = top - first, min(bottom - first, len(rows) - 1)
        if 0 <= low <= high and left < width and (high - low + 1) * (right - left + 1) <= MOST_COVERED:
            spans[low, left] = (high, min(right, width - 1))
    return CellGrid(sheet, rows, width, spans)
