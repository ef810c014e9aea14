"""Where the cells of a table are in the raw file that it was read from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from entaku.model.origin import Origin

Range = tuple[int, int, int, int]
"""Merged cells: 1-based top row, 0-based left column, bottom row and right column, all included."""


@dataclass(frozen=True, kw_only=True)
class Whence:
    """Tells what each value of a table was read from: its own cell, the first cell of a merged range, or a line."""

    columns: Mapping[str, int]
    """The 0-based place of each column in the records under the first header."""
    orders: Mapping[int, Sequence[int | None] | None]
    """By the row of each header, the place of each column under it, if it differs from the first."""
    titles: Mapping[str, int]
    """The line of each column that comes from a title line."""
    sections: Collection[str]
    """The columns that come from the first line of a section."""
    lines: Mapping[int, str]
    """The text of title lines, and of the first lines of sections."""
    filled: Sequence[Range] = ()
    """The merged ranges of which every cell has the value of the first."""
    left: int = 0
    """The column of the raw file, from 0, that is the first of the records."""

    def __call__(self, row: int, column: str, heading: bool = False) -> Origin | None:
        """Return what the value of `column` in a row of the raw file, or its heading, was read from; None if this isn't
        known here.
        """
        if column in self.columns:
            return self._find_cell(row, column, heading)
        if column in self.titles:
            line = self.titles[column]
            return Origin("title", line, text=self.lines.get(line, ""))
        if column in self.sections:
            begun = [line for line in sorted(self.lines) if line <= row and line not in self.titles.values()]
            return Origin("section", begun[-1], text=self.lines[begun[-1]]) if begun else None
        return None

    def _find_cell(self, row: int, column: str, heading: bool) -> Origin | None:
        headers = sorted(self.orders)
        header = headers[max(bisect_right(headers, row) - 1, 0)]
        order, place = self.orders[header], self.columns[column]
        at = order[place] if order is not None else place
        if at is None:
            return None
        if heading:
            return Origin("heading", header, at + self.left)
        for top, first, bottom, last in self.filled:
            if top <= row <= bottom and first <= at <= last:
                return Origin("cell", top, first + self.left)
        return Origin("cell", row, at + self.left)
