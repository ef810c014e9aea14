"""Reader of one sheet of an .xlsx (ECMA-376 part 1, 18.3.1): its cells one by one, and its hidden rows and columns."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from entaku.formats.xml import walk_xml

TRUE = ("1", "true", "on")
"""Attribute values that mean true."""
LEAST_WIDTH = 0.3
"""Width in characters below which a column (2 pixels) shows nothing."""
LEAST_HEIGHT = 1.0
"""Height in points below which a row shows nothing."""


class ColumnRun(NamedTuple):
    """Columns from `first` to `last`, from 0, with the same properties."""

    first: int
    last: int
    hidden: bool
    """Whether they are declared hidden."""
    unseen: bool
    """Whether they are hidden or too narrow to show anything."""


@dataclass(slots=True)
class SheetReader:
    """Streaming reader of one sheet (ECMA-376 part 1, 18.3.1), with the current row and cell.

    `on_row` is called as each row begins, `on_cell` as each cell ends that has text or a formula.
    """

    on_cell: "Callable[[SheetReader], None]"
    on_row: "Callable[[SheetReader], None] | None" = None
    row: int = -1
    """The row, from 0."""
    at: int = -1
    """The column, from 0."""
    row_hidden: bool = False
    """Whether the row is declared hidden."""
    row_unseen: bool = False
    """Whether the row is hidden or too low to show anything."""
    words: list[str] = field(default_factory=list)
    """The cell's text, or the index of its shared string."""
    readings: list[str] = field(default_factory=list)
    """The cell's readings in kana."""
    kind: str = "n"
    """The cell's type: n, s, str, inlineStr, b, e or d."""
    style: int = 0
    """The number of the cell's style."""
    formula: bool = False
    columns: list[ColumnRun] = field(default_factory=list)
    columns_unseen: bool = False
    """Whether columns that belong to no run are too narrow to show anything."""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Top, left, bottom, right of merged cells, from 0, all included."""
    _rows_unseen: bool = False
    _ruby: bool = False
    _into: list[str] | None = None

    def walk(self, xml: bytes) -> None:
        """Parse a sheet and call the handlers.  Raises BrokenError or LimitError."""
        walk_xml(xml, self._start, self._end, self._text)

    def _start(self, tag: str, found: dict[str, str]) -> None:
        if tag == "c":
            match = _CELL.fullmatch(found.get("r", ""))
            self.at = column_index(match[1]) if match else self.at + 1
            self.kind = found.get("t", "n")
            self.style = read_count(found.get("s")) or 0
            self.formula = False
            self.words.clear()
            self.readings.clear()
        elif tag in ("v", "t"):
            self._into = self.readings if self._ruby else self.words
        elif tag == "f":
            self.formula = True
        elif tag == "row":
            self._begin_row(found)
        elif tag == "rPh":
            self._ruby = True
        else:
            self._note_layout(tag, found)

    def _begin_row(self, found: dict[str, str]) -> None:
        number = read_count(found.get("r"))
        self.row = self.row + 1 if number is None else number - 1
        self.at = -1
        self.row_hidden = found.get("hidden") in TRUE
        by_default = self._rows_unseen and "hidden" not in found and "ht" not in found
        self.row_unseen = self.row_hidden or by_default or _is_below(found.get("ht"), LEAST_HEIGHT)
        if self.on_row is not None:
            self.on_row(self)

    def _note_layout(self, tag: str, found: dict[str, str]) -> None:
        if tag == "col":
            first = (read_count(found.get("min", "1")) or 1) - 1
            last = read_count(found.get("max"))
            hidden = found.get("hidden") in TRUE
            unseen = hidden or _is_below(found.get("width"), LEAST_WIDTH)
            self.columns.append(ColumnRun(first, first if last is None else last - 1, hidden, unseen))
        elif tag == "sheetFormatPr":
            low = _is_below(found.get("defaultRowHeight"), LEAST_HEIGHT)
            self._rows_unseen = found.get("zeroHeight") in TRUE or low
            self.columns_unseen = _is_below(found.get("defaultColWidth"), LEAST_WIDTH)
        elif tag == "mergeCell" and (match := _AREA.fullmatch(found.get("ref", ""))):
            left, top, right, bottom = match.groups()
            self.merged.append((int(top) - 1, column_index(left), int(bottom) - 1, column_index(right)))

    def _text(self, chars: str) -> None:
        if self._into is not None:
            self._into.append(chars)

    def _end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self._into = None
        elif tag == "c":
            if self.words or self.formula or self.readings:
                self.on_cell(self)
        elif tag == "rPh":
            self._ruby = False


_CELL = re.compile(r"([A-Za-z]{1,7})[0-9]{1,9}")
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})")


def column_index(letters: str) -> int:
    """Return the 0-based column of Excel's letters: A → 0, AA → 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def read_count(text: str | None) -> int | None:
    """Return a number of up to nine digits; None for anything else."""
    return int(text) if text and len(text) < 10 and text.isascii() and text.isdigit() else None


def _is_below(text: str | None, least: float) -> bool:
    try:
        return text is not None and float(text) < least
    except ValueError:
        return False
