"""Workbooks (.xlsx, .xls) → rows of cells as text, and their merged cells, with python-calamine."""

import html
import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from entaku.grammar import Read
from entaku.messages import hint
from entaku.read_rows import MAX_CELLS, MAX_EXPANDED, Notes, Range, Record


@dataclass(frozen=True)
class Sheet:
    """The cells of one sheet, from A1 on."""

    name: str
    records: list[Record]
    merged: tuple[Range, ...]


def read_excel(body: bytes, how: Read, notes: Notes) -> list[Sheet]:
    """The sheets whose names `how.sheet` matches, or the first visible one; what can't be read is a finding."""
    kind = "xlsx" if body.startswith(b"PK") else "xls"
    if "EncryptedPackage".encode("utf-16-le") in body:
        notes.add("broken-file", format="Excel", why="パスワード / password")
        return []
    try:
        scans = _scan_xlsx(body) if kind == "xlsx" else {}
        with CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            return [sheet for name in _choose_sheets(book, how, notes) if (sheet := _read(book, name, scans, notes))]
    except PasswordError:
        notes.add("broken-file", format="Excel", why="パスワード / password")
    except _TooLargeError as limit:
        notes.add("read-limit", what="展開後のバイト / unpacked bytes", limit=str(limit))
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


def _read(book: CalamineWorkbook, name: str, scans: "dict[str, _Scan]", notes: Notes) -> Sheet | None:
    scan = scans.get(name, _Scan(0, {}))
    if scan.cells > MAX_CELLS:
        notes.add("read-limit", what=f"{name} のセル / cells", limit=str(MAX_CELLS))
        return None
    sheet = book.get_sheet_by_name(name)
    records = [(n, [to_text(cell) for cell in row]) for n, row in enumerate(sheet.to_python(skip_empty_area=False), 1)]
    for (row, at), words in scan.errors.items():
        if row <= len(records) and at < len(records[row - 1][1]):
            records[row - 1][1][at] = words
    ranges = sheet.merged_cell_ranges or []
    return Sheet(name, records, tuple((top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in ranges))


def to_text(value: object) -> str:
    """A cell as text: 1187.0 → "1187", 0.1 → "0.1", a day or time as ISO 8601, a duration as hours, TRUE or FALSE."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(Decimal(repr(value)), "f")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, date | time | datetime):
        return value.isoformat()
    return "" if value is None else str(value)


# ---- what calamine doesn't tell ---------------------------------------------------------------------------------


class _TooLargeError(Exception):
    pass


@dataclass(frozen=True)
class _Scan:
    cells: int
    """Cells of the rectangle from A1 to the last that holds something; calamine sets all of it up in memory."""
    errors: dict[tuple[int, int], str]
    """#N/A, #DIV/0! and the like by row and column; calamine gives them as empty cells."""


_CELL = re.compile(rb'<(?:\w+:)?c r="([A-Z]{1,3}\d{1,7})"[^>]*(?<!/)>')
_ERROR = re.compile(
    rb'<(?:\w+:)?c r="([A-Z]{1,3})(\d{1,7})"[^>]*\bt="e"[^>]*(?<!/)>(?:<f.*?(?:</f>|/>))?<v>([^<]*)<', re.DOTALL
)


def _scan_xlsx(body: bytes) -> dict[str, _Scan]:
    with zipfile.ZipFile(io.BytesIO(body)) as members:
        if sum(member.file_size for member in members.infolist()) > MAX_EXPANDED:
            raise _TooLargeError(MAX_EXPANDED)
        names = set(members.namelist())
        return {sheet: _scan(members.read(path)) for sheet, path in _sheet_paths(members) if path in names}


def _scan(xml: bytes) -> _Scan:
    places = _CELL.findall(xml)
    bottom = max((int(place.lstrip(_LETTERS)) for place in places), default=0)
    right = max((_index(letters) for letters in {place.rstrip(_DIGITS) for place in places}), default=-1)
    errors = _ERROR.findall(xml) if b't="e"' in xml else []
    return _Scan(
        bottom * (right + 1), {(int(row), _index(at)): html.unescape(words.decode()) for at, row, words in errors}
    )


_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = b"0123456789"


def _index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def _sheet_paths(members: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Each sheet's name and the path of its XML (ECMA-376 part 1, 18.2.19 and part 2, relationships)."""
    book = members.read("xl/workbook.xml").decode("utf-8", "replace")
    links = members.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {
        _attribute(tag, "Id"): _attribute(tag, "Target") for tag in re.findall(r"<(?:\w+:)?Relationship\s[^>]*>", links)
    }
    for tag in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", book):
        target = targets.get(_attribute(tag, r"\w+:id"), "")
        yield _attribute(tag, "name"), posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _attribute(tag: str, name: str) -> str:
    match = re.search(rf'\s{name}="([^"]*)"', tag)
    return html.unescape(match[1]) if match else ""
