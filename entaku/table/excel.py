"""Workbooks (.xlsx, .xls) → rows of cells as text, and their merged cells, with python-calamine."""

from __future__ import annotations

import html
import io
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from entaku.formats import limits
from entaku.formats.heavy import pa
from entaku.formats.limits import LimitError
from entaku.formats.ole import check_old_workbook
from entaku.formats.zips import BrokenError, Workbook
from entaku.model.grammar import Read
from entaku.model.messages import hint
from entaku.table.rows import Notes, Range, Record, Spot

_CHUNK = 2 << 20
_MOST = 24
"""Bytes from "<" to the end of a cell's name: `<c r="XFD1048576"`."""
_LT, _COLON, _C, _F, _E, _QUOTE = b'<:cfe"'
_AFTER = np.zeros(256, bool)
"""What may follow the name of an element."""
_AFTER[list(b" \t\r\n/>")] = True

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Places = np.ndarray[Any, np.dtype[np.int64]]


class Overview(NamedTuple):
    """What a sheet may hold."""

    cells: int | None
    """Rows × columns of a rectangle from A1 that holds every cell; None unless each is written `<c r="A1"`."""
    formulas: bool
    errors: bool
    """Cells of the type "e"."""


def look_over(xml: bytes) -> Overview:
    """What the XML of a sheet may hold."""
    bottom = right = 0
    formulas = errors = False
    for start in range(0, len(xml), _CHUNK):
        data = np.frombuffer(xml[start : start + _CHUNK + _MOST].ljust(_CHUNK + _MOST), np.uint8)
        begins = data[:_CHUNK] == _LT
        formulas = formulas or bool((begins & (data[1 : _CHUNK + 1] == _F)).any())
        errors = errors or _has_errors(data)
        prefixed = data[np.flatnonzero(data[:_CHUNK] == _COLON) + 1]
        found = None if (prefixed == _C).any() or (prefixed == _F).any() else _bound(data, begins)
        if found is None:
            return Overview(None, True, True)
        bottom, right = max(bottom, found[0]), max(right, found[1])
    return Overview(bottom * right, formulas, errors)


def _has_errors(data: Bytes) -> bool:
    """Whether there is t="e" or the like."""
    at = np.flatnonzero(data == _E)
    at = at[at > 0]
    return bool((data[at - 1] == _QUOTE).any())


def _bound(data: Bytes, begins: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[int, int] | None:
    """The greatest row and column of the cells that begin in the first _CHUNK bytes."""
    begins &= data[1 : _CHUNK + 1] == _C
    at = np.flatnonzero(begins)
    at = at[_AFTER[data[at + 2]]]
    if not len(at):
        return 0, 0
    if any((data[at + n] != byte).any() for n, byte in enumerate(b' r="', 2)):
        return None
    at += 6
    column, row = _read_number(data, at, "A", 26, 3), _read_number(data, at, "0", 10, 7)
    if (data[at] != _QUOTE).any() or not column.all() or not row.all():
        return None
    return int(row.max()), int(column.max())


def _read_number(data: Bytes, at: Places, first: str, base: int, most: int) -> np.ndarray[Any, np.dtype[np.int32]]:
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


@dataclass(frozen=True)
class ExcelSheet:
    """The cells of one sheet, from A1 on."""

    name: str
    columns: Sequence[pa.Array]
    """Their texts."""
    merged: tuple[Range, ...]

    @property
    def records(self) -> list[Record]:
        """The same by row."""
        rows = zip(*(column.to_pylist() for column in self.columns), strict=True)
        return [(n, list(cells)) for n, cells in enumerate(rows, 1)]


def read_excel(body: bytes, how: Read, notes: Notes) -> list[ExcelSheet]:
    """The sheets whose names `how.sheet` matches, or the first visible one; what can't be read is a finding."""
    kind = "xlsx" if body.startswith(b"PK") else "xls"
    if "EncryptedPackage".encode("utf-16-le") in body:
        notes.add("broken-file", format="Excel", why="パスワード / password")
        return []
    try:
        look = _prepare_old(body) if kind == "xls" else _prepare(body)
        with CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            return [sheet for name in _choose_sheets(book, how, notes) if (sheet := _read(book, name, look, notes))]
    except PasswordError:
        notes.add("broken-file", format="Excel", why="パスワード / password")
    except LimitError as error:
        notes.limit(error.what, error.limit)
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        notes.add("broken-file", format=kind, why=str(error))
    return []


def _choose_sheets(book: CalamineWorkbook, how: Read, notes: Notes) -> list[str]:
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    if how.sheet is not None:
        names = [sheet.name for sheet in sheets if re.search(how.sheet, sheet.name)]
    else:
        names = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible][:1]
    if not names:
        notes.add("no-sheet", value=how.sheet or "", hints=hint(how.sheet or "", [sheet.name for sheet in sheets]))
    return names


def _read(book: CalamineWorkbook, name: str, look: Callable[[str], _SheetScan], notes: Notes) -> ExcelSheet | None:
    scan = look(name)
    if scan.cells > limits.CELLS:
        notes.limit(f"{name} のセル / cells", limits.CELLS)
        return None
    sheet = book.get_sheet_by_name(name)
    row, column = sheet.end or (0, 0)
    if (row + 1) * (column + 1) > limits.CELLS:
        notes.limit(f"{name} のセル / cells", limits.CELLS)
        return None
    for row, at in scan.formulas:
        about = Notes(notes.file, f"{notes.sheet}/{name}" if notes.sheet else name, spreadsheet=True)
        about.add("formula-without-value", Spot(row, at))
        notes.found += about.found
    rows = sheet.to_python(skip_empty_area=False)
    for (row, at), words in scan.errors.items():
        if row <= len(rows) and at < len(rows[row - 1]):
            rows[row - 1][at] = words
    columns = [to_texts(column) for column in zip(*rows, strict=True)]
    ranges = sheet.merged_cell_ranges or []
    return ExcelSheet(
        name, columns, tuple((top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in ranges)
    )


def to_texts(cells: Sequence[object]) -> pa.Array:
    """`to_text` of each cell; of a column of texts and numbers each different one is read once."""
    try:
        return pa.array(cells, pa.string(), from_pandas=False)
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        kinds = set(map(type, cells))
    if kinds <= {str, float}:
        known = {cell: to_text(cell) for cell in set(cells)}
        return pa.array([known[cell] for cell in cells], pa.string())
    return pa.array([to_text(cell) for cell in cells], pa.string())


def to_text(value: object) -> str:
    """A cell as text: 1187.0 → "1187", 0.1 → "0.1", a day or time as ISO 8601, a duration as hours, TRUE or FALSE."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        text = repr(value)
        return format(Decimal(text), "f") if "e" in text or "n" in text else text
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, date | time | datetime):
        return value.isoformat()
    return "" if value is None else str(value)


# ---- what calamine doesn't tell ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _SheetScan:
    cells: int = 0
    """Cells of the rectangle from A1 to the last that holds something; calamine sets all of it up in memory, and
    where that fails the process ends."""
    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """#N/A, #DIV/0! and the like by row and column; calamine gives them as empty cells."""
    formulas: tuple[tuple[int, int], ...] = ()
    """Row and column of formulas whose results were not saved (an empty text that was saved has t="str"); calamine
    gives both as empty cells."""


_NAME = rb"<(?:[^\s<>/:\"'=]+:)?"
_QUOTED = rb"(?:\"[^\"]*\"|'[^']*')"
_BEFORE = rb"\s+(?:[^\s=<>]+\s*=\s*" + _QUOTED + rb"\s*)*?"
_REST = rb"(?:[^>\"']|" + _QUOTED + rb")*(?<!/)>"
_ANY_CELL = re.compile(_NAME + rb"c(?:\s" + _REST + rb"|>)")
_CELL = re.compile(_NAME + rb"c" + _BEFORE + rb"r\s*=\s*[\"']([A-Za-z]+\d+)[\"']" + _REST)
_ROW = re.compile(_NAME + rb"row" + _BEFORE + rb"r\s*=\s*[\"'](\d+)[\"']")
_ERROR = re.compile(
    rb'<(?:\w+:)?c r="([A-Z]{1,3})(\d{1,7})"[^>]*\bt="e"[^>]*(?<!/)>(?:<f.*?(?:</f>|/>))?<v>([^<]*)<', re.DOTALL
)
_FORMULA = re.compile(
    rb'<(?:\w+:)?c (?=[^>]*\br="([A-Z]{1,3})(\d{1,7})")(?![^>]*\bt="str")[^>]*>\s*'
    rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*(?:/>|>\s*</(?:\w+:)?v>))?\s*</"
)


def _prepare(body: bytes) -> Callable[[str], _SheetScan]:
    """What tells of a sheet what it holds.  Raises BrokenError or LimitError before calamine sees the bytes."""
    book = Workbook(body)

    def part(name: str) -> bytes:
        if name not in book.members:
            raise BrokenError(f"{name}: ない / missing")
        return book.read(name)

    paths = dict(_sheet_paths(part("xl/workbook.xml"), part("xl/_rels/workbook.xml.rels")))
    return lambda sheet: _scan(part(paths.get(sheet, sheet)))


def _prepare_old(body: bytes) -> Callable[[str], _SheetScan]:
    check_old_workbook(body)
    return lambda _: _SheetScan()


def _scan(xml: bytes) -> _SheetScan:
    overview = look_over(xml)
    cells = overview.cells
    if cells is None or cells > limits.CELLS:
        cells = _count_cells(xml)
    errors = _ERROR.findall(xml) if overview.errors and b't="e"' in xml else []
    formulas = _FORMULA.findall(xml) if overview.formulas and (b"<f" in xml or b":f" in xml) else []
    return _SheetScan(
        cells,
        {(int(row), _index(at)): html.unescape(words.decode("utf-8", "replace")) for at, row, words in errors},
        tuple((int(row), _index(at)) for at, row in formulas),
    )


def _count_cells(xml: bytes) -> int:
    places = _CELL.findall(xml)
    letters = {place.rstrip(_DIGITS) for place in places}
    right = max((_index(each.upper()) for each in letters), default=-1)
    rows = [place.lstrip(_LETTERS) for place in places]
    unnamed = len(_ANY_CELL.findall(xml)) - len(places)
    if unnamed > 0:
        rows += _ROW.findall(xml)
        right += unnamed
    bottom = max(map(int, rows), default=0) + max(unnamed, 0)
    return bottom * (right + 1)


_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789"


def _index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def _sheet_paths(workbook: bytes, relationships: bytes) -> Iterator[tuple[str, str]]:
    """Each sheet's name and the path of its XML (ECMA-376 part 1, 18.2.19 and part 2, relationships)."""
    book, links = workbook.decode("utf-8", "replace"), relationships.decode("utf-8", "replace")
    targets = {
        _attribute(tag, "Id"): _attribute(tag, "Target") for tag in re.findall(r"<(?:\w+:)?Relationship\s[^>]*>", links)
    }
    for tag in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", book):
        target = targets.get(_attribute(tag, r"\w+:id"), "")
        yield _attribute(tag, "name"), posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _attribute(tag: str, name: str) -> str:
    match = re.search(rf"""\s{name}\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag)
    return html.unescape(match[1] or match[2] or "") if match else ""
