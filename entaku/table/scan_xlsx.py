"""The XML of an .xlsx → what a sheet holds besides its values (ECMA-376 part 1, 18.3).

Cells that are written as all programs write them are read many at a time; a sheet that is written otherwise is read
element by element, which gives the same.
"""

import html
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from entaku.formats import limits
from entaku.formats.xlsx_sheet import TRUE
from entaku.formats.xml import XmlNode, make_tree, walk_xml
from entaku.formats.zips import BrokenError, Workbook
from entaku.table.number_format import BUILT_IN
from entaku.table.scan import SMALL, UNSAVED, BookScan, FormatNumbers, Grid, SheetScan

_CHUNK = 2 << 20
_MOST = 64
"""Bytes from "<" to the end of a cell's tag: `<c r="XFD1048576" s="65535" t="inlineStr">`."""
_LT, _COLON, _QUOTE, _SPACE = b'<:" '
_C, _F, _S, _T, _E = b"cfste"
_AFTER = np.zeros(256, bool)
"""What may follow the name of an element."""
_AFTER[list(b" \t\r\n/>")] = True
_TAG = re.compile(rb"<c((?:\s+[A-Za-z:]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*)\s*/?>")
_ATTRIBUTE = re.compile(r"([A-Za-z:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Places = np.ndarray[Any, np.dtype[np.int64]]
Numbers = np.ndarray[Any, np.dtype[np.int32]]


class OddXmlError(Exception):
    """The XML is written in another way than usual."""


# ---- the workbook -----------------------------------------------------------------------------------------------


def scan_xlsx(body: bytes) -> BookScan:
    """What an .xlsx holds besides values.  Raises BrokenError or LimitError before calamine sees the bytes."""
    book = Workbook(body)

    def part(name: str) -> bytes:
        if name not in book.members:
            raise BrokenError(f"{name}: ない / missing")
        return book.read(name)

    about = make_tree(part("xl/workbook.xml"))
    links = make_tree(part("xl/_rels/workbook.xml.rels"))
    paths = dict(list_paths(about, links))
    numbers = FormatNumbers()
    styles = find_styles(make_tree(part(STYLES)), numbers) if STYLES in book.members else np.zeros(1, np.uint16)
    since = next((node.attributes.get("date1904", "") for node in about.find("workbookPr")), "")
    calculated = not any(node.attributes.get("fullCalcOnLoad") in TRUE for node in about.find("calcPr"))

    def is_empty(sheet: str, _: int) -> bool:
        path = paths.get(sheet, sheet)
        small = path in book.members and book.members[path].file_size < SMALL
        return small and not re.search(rb"<(\w+:)?(v|is|f)\b", part(path))

    return BookScan(
        lambda sheet, _: scan_sheet(part(paths.get(sheet, sheet)), styles, calculated),
        is_empty,
        tuple(numbers.formats),
        since in TRUE,
    )


STYLES = "xl/styles.xml"


def list_paths(book: XmlNode, links: XmlNode) -> Iterator[tuple[str, str]]:
    """Each sheet's name and the path of its XML (18.2.19, and part 2, relationships)."""
    targets = {node.attributes.get("Id", ""): node.attributes.get("Target", "") for node in links.find("Relationship")}
    for sheets in book.find("sheets"):
        for node in sheets.find("sheet"):
            target = targets.get(node.attributes.get("id", ""), "")
            yield node.attributes.get("name", ""), posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def find_styles(tree: XmlNode, numbers: FormatNumbers) -> Grid:
    """The number of the format of each style (18.8.10)."""
    codes = dict(BUILT_IN)
    for node in tree.find("numFmt"):
        codes[_read_int(node.attributes.get("numFmtId"))] = node.attributes.get("formatCode", "")
    styles = [_read_int(node.attributes.get("numFmtId")) for all in tree.find("cellXfs") for node in all.find("xf")]
    return numbers.numbers(codes.get(style, "General") for style in styles or [0])


def _read_int(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


# ---- a sheet ----------------------------------------------------------------------------------------------------


@dataclass
class _Found:
    """What was found of a sheet so far."""

    rows: list[Numbers] = field(default_factory=list)
    columns: list[Numbers] = field(default_factory=list)
    styles: list[Numbers] = field(default_factory=list)
    bottom: int = 0
    right: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    stale: set[tuple[int, int]] = field(default_factory=set)
    """Formulas with a value."""

    def note(self, row: int, column: int, error: str) -> None:
        """Note an error of a cell, from 1; of a cell that is written twice, an error of Excel's goes before UNSAVED."""
        place = row - 1, column - 1
        if error != UNSAVED or place not in self.errors:
            self.errors[place] = error

    def finish(self, styles: Grid, calculated: bool) -> SheetScan:
        """The scan of all that was found."""
        cells = self.bottom * self.right
        stale = () if calculated else self.stale - self.errors.keys()
        if not self.rows or cells > limits.CELLS:
            return SheetScan(cells, None, self.errors, stale=stale)
        grid = np.zeros((self.bottom, self.right), np.uint16)
        for row, column, style in zip(self.rows, self.columns, self.styles, strict=True):
            grid[row - 1, column - 1] = styles[np.minimum(style, len(styles) - 1)]
        return SheetScan(cells, grid, self.errors, stale=stale)


def scan_sheet(xml: bytes, styles: Grid, calculated: bool = True) -> SheetScan:
    """What the XML of a sheet holds besides values; `calculated`: its formulas' values are those of Excel."""
    if b"<!" not in xml and not xml.startswith((b"\xfe\xff", b"\xff\xfe")):
        try:
            return _scan_usual(xml, calculated).finish(styles, calculated)
        except OddXmlError:
            pass
    return _scan_any(xml).finish(styles, calculated)


def _scan_usual(xml: bytes, calculated: bool) -> _Found:
    found = _Found()
    formulas: list[Places] = []
    for start in range(0, len(xml), _CHUNK):
        data = np.frombuffer(xml[start : start + _CHUNK + _MOST].ljust(_CHUNK + _MOST), np.uint8)
        begins = data[:_CHUNK] == _LT
        _refuse_prefixes(data)
        cells = np.flatnonzero(begins & (data[1 : _CHUNK + 1] == _C))
        cells = cells[_AFTER[data[cells + 2]]]
        if len(cells):
            _read_cells(xml, start, data, cells, found)
        at = np.flatnonzero(begins & (data[1 : _CHUNK + 1] == _F))
        formulas.append(at[_AFTER[data[at + 2]]] + start)
    _read_formulas(xml, np.concatenate(formulas), found, calculated)
    return found


def _refuse_prefixes(data: Bytes) -> None:
    """Raise OddXmlError for cells or formulas such as `<x:c`; `<xm:f>` is no formula of a cell."""
    at = np.flatnonzero(data[:_CHUNK] == _COLON)
    at = at[_AFTER[data[at + 2]]]
    odd = (data[at + 1] == _C) | ((data[at + 1] == _F) & ((data[at - 1] != ord("m")) | (data[at - 2] != ord("x"))))
    if odd.any():
        raise OddXmlError


def _read_cells(xml: bytes, start: int, data: Bytes, cells: Places, found: _Found) -> None:
    """Note the cells that begin at these places of a chunk."""
    at = cells + 2
    usual = np.ones(len(cells), bool)
    for n, byte in enumerate(b' r="'):
        usual &= data[at + n] == byte
    at = np.where(usual, at + 4, at)
    column, row = _read_number(data, at, "A", 26, 3), _read_number(data, at, "0", 10, 7)
    usual &= (data[at] == _QUOTE) & (column > 0) & (row > 0)
    at += 1
    style, kind = _read_rest(data, at, usual)
    for n in np.flatnonzero(~usual).tolist():
        row[n], column[n], style[n], word = _read_tag(xml, start + int(cells[n]))
        kind[n] = ord(word[:1] or "n")
    found.bottom, found.right = max(found.bottom, int(row.max())), max(found.right, int(column.max()))
    if found.bottom * found.right > limits.CELLS:
        return
    styled = style > 0
    if styled.any():
        found.rows.append(row[styled])
        found.columns.append(column[styled])
        found.styles.append(style[styled])
    for n in np.flatnonzero(kind == _E).tolist():
        found.note(int(row[n]), int(column[n]), _read_error(xml, start + int(cells[n])))


def _read_rest(data: Bytes, at: Places, usual: "np.ndarray[Any, np.dtype[np.bool_]]") -> tuple[Numbers, Bytes]:
    """Style and first letter of the type of the cells whose tags go on at these places; unmarks what is unusual."""
    style, kind = np.zeros(len(at), np.int32), np.zeros(len(at), np.uint8)
    for _ in range(2):
        more = usual & (data[at] == _SPACE)
        if not more.any():
            break
        name = data[at + 1]
        for letter in (_S, _T):
            its = np.flatnonzero(more & (name == letter))
            if not len(its):
                continue
            where = at[its] + 4
            quoted = (data[where - 2] == ord("=")) & (data[where - 1] == _QUOTE)
            if letter == _S:
                style[its] = _read_number(data, where, "0", 10, 6)
            else:
                kind[its] = data[where]
                where += _count_letters(data, where)
            usual[its] &= quoted & (data[where] == _QUOTE)
            at[its] = where + 1
    usual &= (data[at] == ord(">")) | (data[at] == ord("/"))
    return style, kind


def _count_letters(data: Bytes, at: Places) -> Places:
    """How long the types are that begin here: s, n, b, e, d, str or inlineStr; 0 for others."""
    return np.where(
        data[at + 1] == _QUOTE, 1, np.where(data[at + 3] == _QUOTE, 3, np.where(data[at + 9] == _QUOTE, 9, 0))
    )


def _read_number(data: Bytes, at: Places, first: str, base: int, most: int) -> Numbers:
    """The numbers that begin at these places, which are moved behind them; letters count from 1, digits from 0."""
    number = np.zeros(len(at), np.int32)
    least = 1 if first == "A" else 0
    for _ in range(most):
        value = data[at] - np.uint8(ord(first))
        more = value < base
        if more.all():
            number *= base
            number += value
            number += least
        elif more.any():
            number = np.where(more, number * base + value + least, number)
        else:
            break
        at += more
    return number


def _read_tag(xml: bytes, at: int) -> tuple[int, int, int, str]:
    """Row, column, style and type of the cell whose tag is there.  Raises OddXmlError."""
    match = _TAG.match(xml, at)
    if match is None:
        raise OddXmlError
    values = {name: one or other for name, one, other in _ATTRIBUTE.findall(match[1].decode("ascii", "replace"))}
    place = _PLACE.fullmatch(values.get("r", ""))
    if place is None or b"&" in match[1]:
        raise OddXmlError
    return int(place[2]), count_letters(place[1]), _read_int(values.get("s")), values.get("t", "")


def count_letters(letters: str) -> int:
    """The column that letters name, from 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


_VALUE = re.compile(rb"<v(?:\s[^>]*)?(?<!/)>([^<]*)<|</?c[\s/>]")
_CELL = re.compile(rb"<c[\s>]")


def _read_error(xml: bytes, at: int) -> str:
    match = _VALUE.search(xml, at + 2)
    words = html.unescape(((match and match[1]) or b"").decode("utf-8", "replace")).strip()
    return words or "#N/A"


def _read_formulas(xml: bytes, formulas: Places, found: _Found, calculated: bool) -> None:
    """Note the cells that have a formula and no value; unless `calculated`, also those with one."""
    for at in formulas.tolist():
        match = _VALUE.search(xml, at)
        saved = match is not None and bool((match[1] or b"").strip())
        if saved and calculated:
            continue
        cell = xml.rfind(b"<c", 0, at)
        while cell >= 0 and not _CELL.match(xml, cell):
            cell = xml.rfind(b"<c", 0, cell)
        row, column, _, kind = _read_tag(xml, cell)  # at -1 there is none, which is odd
        if saved:
            found.stale.add((row - 1, column - 1))
        elif kind != "e" and (kind != "str" or match is None or b"<v" not in xml[at : match.end()]):
            found.note(row, column, UNSAVED)


# ---- a sheet, element by element --------------------------------------------------------------------------------


def _scan_any(xml: bytes) -> _Found:
    walk = _CellWalk()
    walk_xml(xml, walk.start, walk.end, walk.text)
    found = walk.found
    if found.bottom * found.right <= limits.CELLS:
        rows, columns, numbers = np.array(walk.styled, np.int32).reshape(-1, 3).T
        found.rows, found.columns, found.styles = [rows], [columns], [numbers]
    return found


class _CellWalk:
    """A walk through the elements of a sheet."""

    def __init__(self) -> None:
        self.found = _Found()
        self.styled: list[tuple[int, int, int]] = []
        self._row = self._column = 0
        self._kind, self._formula, self._value, self._saved = "", False, "", False
        self._open = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A row, a cell, or its formula or value begins."""
        if tag == "row":
            said = attributes.get("r", "")
            self._row = int(said) if said.isascii() and said.isdigit() and len(said) < 19 else self._row + 1
            self._column = 0
        elif tag == "c":
            self._begin(attributes)
        elif tag == "f":
            self._formula = True
        self._saved = self._saved or tag == "v"
        self._open = tag

    def _begin(self, attributes: dict[str, str]) -> None:
        place = re.fullmatch(r"([A-Za-z]{1,9})([0-9]{1,18})", attributes.get("r", ""))
        self._column = count_letters(place[1]) if place else self._column + 1
        self._row = int(place[2]) if place else max(self._row, 1)
        self._kind, self._formula, self._value, self._saved = attributes.get("t", ""), False, "", False
        found, style = self.found, _read_int(attributes.get("s"))
        found.bottom, found.right = max(found.bottom, self._row), max(found.right, self._column)
        if style and self._row < 1 << 31 and self._column < 1 << 31:
            self.styled.append((self._row, self._column, style))

    def text(self, words: str) -> None:
        """The text of an element."""
        if self._open == "v":
            self._value += words

    def end(self, tag: str) -> None:
        """An element ends: of a cell everything is known."""
        self._open = ""
        if tag != "c":
            return
        value = self._value.strip()
        if self._kind == "e":
            self.found.note(self._row, self._column, value or "#N/A")
        elif self._formula and not value and (self._kind != "str" or not self._saved):
            self.found.note(self._row, self._column, UNSAVED)
        elif self._formula and value:
            self.found.stale.add((self._row - 1, self._column - 1))
