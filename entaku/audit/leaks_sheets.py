"""A sheet's XML → the cells that hold something where nobody sees them."""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from entaku.formats.text import column_letters
from entaku.formats.xlsx import walk_xml

LEAST_WIDTH = 0.3
"""Characters; a column narrower than that (2 pixels) shows nothing."""
LEAST_HEIGHT = 1.0
"""Points."""
TRUE = ("1", "true", "on")


@dataclass
class Cells:
    """Cells that hold something: how many, and the first of them (1-based row, 0-based column)."""

    count: int = 0
    first: tuple[int, int] | None = None

    def add(self, row: int, at: int) -> None:
        self.count += 1
        self.first = self.first or (row, at)

    @property
    def cell(self) -> str:
        """The first one's name in Excel."""
        return f"{column_letters(self.first[1])}{self.first[0]}" if self.first else ""


@dataclass
class Hidden:
    """What a sheet hides, as far as it holds something."""

    all: Cells = field(default_factory=Cells)
    """Every cell of the sheet that holds something; counted only of hidden sheets."""
    in_rows: Cells = field(default_factory=Cells)
    in_columns: Cells = field(default_factory=Cells)
    rows: set[int] = field(default_factory=set)
    columns: set[int] = field(default_factory=set)


_NOTHING = rb"\s*=\s*[\"']\s*(?:[+-]?0*(?:\.\d*)?|[\d.]+[eE]-\d+)\s*[\"']"
_SUSPECT = [
    re.compile(rb"hidden\s*=\s*[\"'](?:1|true|on)"),
    re.compile(rb"zeroHeight\s*=\s*[\"'](?:1|true|on)"),
    re.compile(rb"idth" + _NOTHING),
    re.compile(rb"Height" + _NOTHING),
    re.compile(rb" ht" + _NOTHING),
    re.compile(rb"[\t\r\n]ht" + _NOTHING),
]
"""Each begins with letters, which makes the search quick."""


def may_hide(xml: bytes) -> bool:
    """Whether anything in a sheet could be hidden: a quick look, so that whole sheets are rarely parsed."""
    if xml.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in xml[:4]:
        return True
    return any(pattern.search(xml) for pattern in _SUSPECT)


def find_hidden(xml: bytes, blanks: Callable[[], frozenset[int]], whole: bool) -> Hidden:
    """What a sheet hides; of a hidden sheet (`whole`) everything.

    `blanks`: which shared strings are blank.  Raises BrokenError or LimitError.
    """
    sheet = _Sheet(blanks, whole)
    walk_xml(xml, sheet.start, sheet.end, sheet.text)
    return sheet.hidden


class _Sheet:
    """Follows the elements of one sheet (ECMA-376 part 1, 18.3.1)."""

    def __init__(self, blanks: Callable[[], frozenset[int]], whole: bool) -> None:
        self.blanks = blanks
        self.whole = whole
        self.hidden = Hidden()
        self.hide_rows = self.hide_columns = False
        self.columns: list[tuple[int, int, bool]] = []
        self.known: dict[int, bool] = {}
        self.row = self.at = 0
        self.row_hidden = self.inside = self.formula = False
        self.kind = ""
        self.words: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self._begin_cell(attributes)
        elif tag in ("v", "t"):
            self.inside = True
        elif tag == "f":
            self.formula = True
        elif tag == "row":
            self.row = _int(attributes.get("r"), self.row + 1)
            self.at = -1
            self.row_hidden = self._hides_row(attributes)
        elif tag == "col":
            first = _int(attributes.get("min"), 1) - 1
            hidden = attributes.get("hidden") in TRUE or _small(attributes.get("width"), LEAST_WIDTH)
            self.columns.append((first, _int(attributes.get("max"), first + 1) - 1, hidden))
        elif tag == "sheetFormatPr":
            height = attributes.get("defaultRowHeight")
            self.hide_rows = attributes.get("zeroHeight") in TRUE or _small(height, LEAST_HEIGHT)
            self.hide_columns = _small(attributes.get("defaultColWidth"), LEAST_WIDTH)

    def _hides_row(self, attributes: dict[str, str]) -> bool:
        if _small(attributes.get("ht"), LEAST_HEIGHT) or attributes.get("hidden") in TRUE:
            return True
        return self.hide_rows and "hidden" not in attributes and "ht" not in attributes

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        match = re.fullmatch(r"([A-Za-z]{1,7})(\d{1,9})", attributes.get("r", ""))
        self.at = column_index(match[1]) if match else self.at + 1
        self.kind = attributes.get("t", "")
        self.words.clear()
        self.formula = False

    def text(self, words: str) -> None:
        if self.inside:
            self.words.append(words)

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self.inside = False
        elif tag == "c" and (self.whole or self.row_hidden or self._hides_column(self.at)) and self._holds():
            self._note()

    def _hides_column(self, at: int) -> bool:
        if at not in self.known:
            hidden = [hides for first, last, hides in self.columns if first <= at <= last]
            self.known[at] = hidden[0] if hidden else self.hide_columns
        return self.known[at]

    def _holds(self) -> bool:
        words = "".join(self.words).strip()
        if self.formula or not words:
            return self.formula
        return not (self.kind == "s" and words.isdigit() and int(words) in self.blanks())

    def _note(self) -> None:
        hidden = self.hidden
        if self.whole:
            hidden.all.add(self.row, self.at)
            return
        if self.row_hidden:
            hidden.in_rows.add(self.row, self.at)
            hidden.rows.add(self.row)
        if self._hides_column(self.at):
            hidden.in_columns.add(self.row, self.at)
            hidden.columns.add(self.at)


def find_blank_strings(xml: bytes) -> frozenset[int]:
    """Which of the shared strings are blank, by position (18.4.9; phonetic readings count as text)."""
    blank: set[int] = set()
    position = -1
    words: list[str] = []
    inside = False

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal position, inside
        if tag == "si":
            position += 1
            words.clear()
        inside = tag == "t"

    def end(tag: str) -> None:
        nonlocal inside
        inside = False
        if tag == "si" and not "".join(words).strip():
            blank.add(position)

    def text(more: str) -> None:
        if inside:
            words.append(more)

    walk_xml(xml, start, end, text)
    return frozenset(blank)


def column_index(letters: str) -> int:
    """0-based column of Excel's letters: A → 0, AA → 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def show_ranges(numbers: set[int], name: Callable[[int], str] = str) -> str:
    """Numbers as ranges: 5–9, 12; of many, the first five."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    words = [name(a) if a == b else f"{name(a)}–{name(b)}" for a, b in ranges[:5]]
    return ", ".join(words) + (" …" if len(ranges) > 5 else "")


def _int(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"\d{1,9}", text, re.ASCII) else otherwise


def _small(text: str | None, least: float) -> bool:
    try:
        return text is not None and float(text) < least
    except ValueError:
        return False
