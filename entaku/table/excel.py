"""Workbooks (.xlsx, .xls, .xlsb, .ods) → rows of cells as text, their merged cells, and remarks on their cells.

python-calamine reads the values, `scan_…` what it doesn't tell: formats, errors and formulas without a value.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np
from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from entaku.formats import limits
from entaku.formats.heavy import pa
from entaku.formats.limits import LimitError
from entaku.formats.ole import Ole, read_old_book
from entaku.formats.text import column_letters
from entaku.formats.xlsx import XlsxBook
from entaku.formats.xlsx_sheet import SheetReader
from entaku.formats.zips import BrokenError, find_workbook
from entaku.model.grammar import Read
from entaku.model.hints import hint
from entaku.model.messages import UNSEEN
from entaku.model.nouns import Remark, Severity
from entaku.model.patterns import SlowPatternError
from entaku.model.words import is_same_name, is_sheet, sheet_pattern
from entaku.table.cells import to_column
from entaku.table.lines import Record
from entaku.table.notes import Notes
from entaku.table.ods import EMPTY, OdsCell, OdsSheet, read_ods
from entaku.table.scan import ERRORS, UNSAVED, BookScan, SheetScan
from entaku.table.scan_xls import scan_xls
from entaku.table.scan_xlsb import scan_xlsb
from entaku.table.scan_xlsx import count_letters, scan_xlsx
from entaku.table.seen import Eyes
from entaku.table.whence import Range

"""The formats of workbooks."""


@dataclass(frozen=True)
class ExcelSheet:
    """The cells of one sheet, from A1 or the first of `read.columns` on."""

    name: str
    columns: Sequence[pa.Array]
    """Their texts."""
    merged: tuple[Range, ...]
    remarks: tuple[Remark, ...] = ()
    left: int = 0
    """The column of the raw file, from 0, that is the first here."""
    unseen: frozenset[int] = frozenset()
    """Hidden columns, from 0 here, that aren't read."""
    hidden_sheets: tuple[str, ...] = ()
    """The names of the workbook's hidden sheets."""

    @property
    def records(self) -> list[Record]:
        """The same by row."""
        rows = zip(*(column.to_pylist() for column in self.columns), strict=True)
        return [(n, list(cells)) for n, cells in enumerate(rows, 1)]


def read_excel(body: bytes, how: Read, notes: Notes) -> list[ExcelSheet]:
    """The sheets that `how.sheet` names, or the first visible one; what can't be read is a finding."""
    kind = find_workbook(body) if body.startswith(b"PK") else "xls"
    if "EncryptedPackage".encode("utf-16-le") in body:
        notes.add("has-password")
        return []
    try:
        sheets = _read_ods(body, how, notes) if kind == "ods" else _read_book(body, kind, how, notes)
        if kind == "xlsb":
            notes.add("not-screened", severity="warning", format=f".{kind}")
        ranges = (how.columns,) if isinstance(how.columns, str) else how.columns or ()
        return [cut for sheet in sheets for cut in _cut_all(sheet, ranges, how, notes)] if ranges else sheets
    except PasswordError:
        notes.add("has-password")
    except LimitError as error:
        notes.limit(error.what, error.limit)
    except (SlowPatternError, MemoryError):
        raise
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        notes.broken(kind, error)
    return []


def _read_book(body: bytes, kind: str, how: Read, notes: Notes) -> list[ExcelSheet]:
    """The sheets of a workbook that calamine reads."""
    scan = {"xlsx": scan_xlsx, "xlsb": scan_xlsb, "xls": scan_xls}[kind](body)
    with CalamineWorkbook.from_filelike(io.BytesIO(_hide_styles(body) if kind != "xls" else body)) as book:
        labels = dict(zip(book.sheet_names, scan.names or book.sheet_names, strict=True))
        places = {labels[name]: place for place, name in enumerate(book.sheet_names)}
        sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        hidden = {labels[sheet.name] for sheet in sheets if sheet.visible != SheetVisibleEnum.Visible}
        sheet_list = _Sheets(
            tuple(labels[sheet.name] for sheet in sheets), hidden, lambda name: scan.is_empty(name, places[name])
        )
        names = _choose(sheet_list, how, notes)
        if len(places) < len(book.sheet_names):  # calamine takes garbled names for one
            raise BrokenError("シートの名前 / names of sheets")
        reader = _SheetReader(body, book, scan, how, notes)
        made = [sheet for name in names if (sheet := reader.read(name, places[name]))]
        return [replace(sheet, hidden_sheets=tuple(sorted(hidden))) for sheet in made]


def _hide_styles(body: bytes) -> bytes:
    """The workbook without its styles, so that calamine gives dates as the numbers that they are.

    The name in the zip's directory is changed, which is what readers go by.
    """
    for name in (b"xl/styles.xml", b"xl/styles.bin"):
        at = body.rfind(name)
        if at >= 46 and body[at - 46 : at - 42] == b"PK\x01\x02":
            body = body[:at] + b"xl/STYLE-" + name[-4:] + body[at + len(name) :]
    return body


@dataclass(frozen=True)
class _Sheets:
    """The sheets that there are to choose from."""

    names: tuple[str, ...]
    hidden: Container[str]
    is_empty: Callable[[str], bool]


def _choose(sheets: _Sheets, how: Read, notes: Notes) -> list[str]:
    """The sheets to read: the one of exactly that name, or all visible ones whose whole name a /pattern/ matches."""
    visible = [name for name in sheets.names if name not in sheets.hidden]
    if how.sheet is None:
        chosen = visible[:1]
        others = [name for name in visible[1:] if not sheets.is_empty(name)]
        if others:
            notes.add("first-sheet", value=visible[0], severity="notice", others=", ".join(others))
    elif sheet_pattern(how.sheet) is None:
        chosen = [name for name in sheets.names if name == how.sheet]
        chosen = chosen or [name for name in sheets.names if is_same_name(name, how.sheet)]
    else:
        chosen = [name for name in visible if is_sheet(how.sheet, name)]
        if len(chosen) > 1:
            notes.add("several-sheets", value=how.sheet, severity="notice", sheets=", ".join(chosen))
    if not chosen:
        hints = hint(how.sheet or "", list(sheets.names))
        if any(name in sheets.hidden for name in sheets.names):
            hints[UNSEEN] = " ".join(hints)
        notes.add("no-sheet", value=how.sheet or "", hints=hints)
    return chosen


@dataclass(frozen=True)
class _SheetReader:
    """Reads the sheets of a workbook that calamine reads."""

    body: bytes
    book: CalamineWorkbook
    scan: BookScan
    how: Read
    notes: Notes

    def read(self, name: str, place: int) -> ExcelSheet | None:
        """The sheet of that name and place among all; None (and a finding) where it is too large."""
        scan = self.scan.look(name, place)
        if scan.cells > limits.CELLS:
            self.notes.limit(f"{name} のセル / cells", limits.CELLS)
            return None
        sheet = self._open(place, set(scan.errors.values()) - _CALAMINE_ERRORS)
        row, column = sheet.end or (0, 0)
        if (row + 1) * (column + 1) > limits.CELLS:
            self.notes.limit(f"{name} のセル / cells", limits.CELLS)
            return None
        rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
        unseen_rows, unseen = self._find_unseen(place, column)
        scan = _leave_out(scan, unseen_rows, unseen)
        _put(rows, scan)
        for n, row_cells in enumerate(rows):
            for at in range(len(row_cells)) if n in unseen_rows else unseen:
                if at < len(row_cells):
                    row_cells[at] = ""
        eyes = Eyes(self.scan.formats, self.scan.since_1904, self.how.cells)
        columns, remarks = [], list(_remark_formulas(scan))
        for at, cells in enumerate(zip(*rows, strict=True)):
            texts, told = to_column(cells, at, _styles_of(scan, at, len(cells)), eyes)
            columns.append(texts)
            remarks += told
        ranges = sheet.merged_cell_ranges or []
        merged = tuple((top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in ranges)
        return ExcelSheet(name, columns, merged, tuple(remarks), unseen=frozenset(unseen))

    def _find_unseen(self, place: int, last: int) -> tuple[set[int], set[int]]:
        """The hidden rows and columns of the sheet at a place among all, where they aren't to be read; from 0."""
        if self.how.hidden is None:
            return set(), set()
        if not self.body.startswith(b"PK"):
            old = read_old_book(Ole(self.body)).sheets[place]
            return old.unseen_rows, {at for first, end in old.unseen_columns for at in range(first, min(end, last) + 1)}
        if find_workbook(self.body) != "xlsx":
            self.notes.add("not-examined", why=".xlsb の隠れた行と列 / hidden rows and columns of .xlsb")
            return set(), set()
        rows: set[int] = set()
        reader = SheetReader(lambda _: None, lambda row: rows.add(row.row) if row.row_unseen else None)
        book = XlsxBook(self.body)
        reader.walk(book.read(book.sheets[place].part))
        told = {at: run.unseen for run in reader.columns for at in range(run.first, min(run.last, last) + 1)}
        return rows, {at for at in range(last + 1) if told.get(at, reader.columns_unseen)}

    def _open(self, place: int, errors: set[str]) -> CalamineSheet:
        """The sheet; calamine refuses one that has other errors than Excel's first, which `scan` has noted."""
        if not errors or not self.body.startswith(b"PK"):
            return self.book.get_sheet_by_index(place)
        body = _hide_styles(_spell_errors(self.body, errors))
        return CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(place)


_CALAMINE_ERRORS = {*ERRORS.values(), UNSAVED} - {"#GETTING_DATA"}


def _spell_errors(body: bytes, errors: set[str]) -> bytes:
    """A workbook with #N/A for these errors: #SPILL!, or Err:508 of LibreOffice."""
    words = "|".join(re.escape(escape(error)) for error in errors)
    cell = re.compile(rf"(<(?:\w+:)?v(?:\s[^>]*)?>)\s*(?:{words})\s*(?=</)".encode())
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as opened, zipfile.ZipFile(sink, "w") as made:
        for member in opened.infolist():
            data = opened.read(member)
            is_sheet = member.filename.startswith("xl/worksheets/")
            made.writestr(member.filename, cell.sub(rb"\1#N/A", data) if is_sheet else data)
    return sink.getvalue()


def _put(rows: list[list[Any]], scan: SheetScan) -> None:
    """Put what calamine doesn't tell into its rows, which end with the last value; a formula may be beyond that."""
    width = max([len(rows[0]) if rows else 0, *(at + 1 for _, at in scan.errors)])
    height = max([len(rows), *(row + 1 for row, _ in scan.errors)])
    if rows and len(rows[0]) < width:
        rows[:] = [row + [""] * (width - len(row)) for row in rows]
    rows += [[""] * width for _ in range(height - len(rows))]
    for (row, at), cell in (*scan.values.items(), *scan.errors.items()):
        if row < height and at < width:
            rows[row][at] = cell


def _leave_out(scan: SheetScan, rows: Container[int], columns: Container[int]) -> SheetScan:
    """What a sheet holds besides its values, without that of hidden cells."""

    def seen(place: tuple[int, int]) -> bool:
        return place[0] not in rows and place[1] not in columns

    errors = {place: text for place, text in scan.errors.items() if seen(place)}
    values = {place: value for place, value in scan.values.items() if seen(place)}
    return replace(scan, errors=errors, values=values, stale=tuple(filter(seen, scan.stale)))


def _styles_of(scan: SheetScan, at: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.uint16]] | None:
    """The numbers of the formats of a column's cells; None where all are General."""
    if scan.styles is None or at >= scan.styles.shape[1]:
        return None
    ids = scan.styles[:count, at]
    return np.pad(ids, (0, count - len(ids))) if ids.any() else None


def _remark_formulas(scan: SheetScan) -> Iterator[Remark]:
    """A remark for each column with errors, with formulas without a value, and with values that were not calculated."""
    for column in sorted({at for _, at in scan.stale}):
        rows = np.array(sorted(row + 1 for row, at in scan.stale if at == column), np.int64)
        yield Remark("formula-not-calculated", "warning", column, rows, lambda _: "")
    for code, unsaved in (("excel-error", False), ("formula-without-value", True)):
        places = sorted(place for place, words in scan.errors.items() if (words == UNSAVED) == unsaved)
        for column in sorted({at for _, at in places}):
            rows = np.array([row + 1 for row, at in places if at == column], np.int64)
            yield Remark(code, "error", column, rows, _say_error(scan, column))


def _say_error(scan: SheetScan, at: int) -> Callable[[int], str]:
    return lambda row: scan.errors.get((row - 1, at), "")


# ---- .ods -------------------------------------------------------------------------------------------------------


def _read_ods(body: bytes, how: Read, notes: Notes) -> list[ExcelSheet]:
    skip = how.hidden is not None
    sheets, hidden = read_ods(body, how.cells, skip)
    empty = {sheet.name for sheet in sheets if not sheet.rows}
    names = _choose(_Sheets(tuple(sheet.name for sheet in sheets), hidden, empty.__contains__), how, notes)
    made = [_make_sheet(sheet, skip) for sheet in sheets if sheet.name in names]
    return [replace(sheet, hidden_sheets=tuple(sorted(hidden))) for sheet in made]


def _make_sheet(sheet: OdsSheet, skip: bool) -> ExcelSheet:
    height, width = sheet.size
    if height * width > limits.CELLS:
        raise LimitError(f"{sheet.name} のセル / cells", limits.CELLS)
    rows = [cells for count, cells in sheet.rows for _ in range(count)]
    columns: list[pa.Array] = []
    remarks: list[Remark] = []
    runs = sheet.hidden if skip else []
    unseen = frozenset(at for first, last in runs for at in range(first, min(last, width - 1) + 1))
    for at in range(width):
        cells = [row[at] if at < len(row) and at not in unseen else EMPTY for row in rows]
        columns.append(pa.array([cell.seen.text for cell in cells], pa.string()))
        remarks += _remark_cells(cells, at)
    return ExcelSheet(sheet.name, columns, tuple(sheet.merged), tuple(remarks), unseen=unseen)


def _remark_cells(cells: Sequence[OdsCell], at: int) -> Iterator[Remark]:
    rows: dict[tuple[str, Severity], list[int]] = {}
    for row, cell in enumerate(cells, 1):
        for told in cell.seen.told:
            rows.setdefault(told, []).append(row)
    for (code, severity), some in rows.items():
        yield Remark(code, severity, at, np.array(some, np.int64), lambda row: cells[row - 1].shown)


# ---- columns of a sheet -----------------------------------------------------------------------------------------


def _cut_all(sheet: ExcelSheet, ranges: Sequence[str], how: Read, notes: Notes) -> list[ExcelSheet]:
    """The parts of a sheet; a title line that stands above the first alone is that of all."""
    cuts = [cut for wanted in ranges if (cut := _cut(sheet, wanted, notes))]
    lines = [one.line - 1 for one in how.title]
    titles = {line: _find_text(cuts[0], line) for line in lines if len(cuts) > 1}
    made = cuts[:1]
    for cut in cuts[1:]:
        texts = cut.columns[0].to_pylist() if cut.columns else []
        for line, title in titles.items():
            if title and not _find_text(cut, line):
                texts[line] = title
        made.append(replace(cut, columns=[pa.array(texts, pa.string()), *cut.columns[1:]]) if texts else cut)
    return made


def _find_text(sheet: ExcelSheet, line: int) -> str:
    """The first text of a line, counted from 0."""
    cells = (str(column[line].as_py() or "") for column in sheet.columns if line < len(column))
    return next(filter(None, cells), "")


def _cut(sheet: ExcelSheet, wanted: str, notes: Notes) -> ExcelSheet | None:
    """The columns of a sheet that are wanted, such as "H:M"; a merged cell that reaches into them shows its text there."""
    left, right = sorted(count_letters(letters) - 1 for letters in wanted.split(":"))
    columns, merged = list(sheet.columns[left : right + 1]), []
    if sheet.columns and not columns:
        notes.add("columns-beyond", value=wanted, sheet=sheet.name, range=f"A:{column_letters(len(sheet.columns) - 1)}")
        return None
    for top, first, bottom, last in sheet.merged:
        if first > right or last < left:
            continue
        if first < left and columns and top <= len(columns[0]):
            texts = columns[0].to_pylist()
            texts[top - 1] = sheet.columns[first][top - 1].as_py()
            columns[0] = pa.array(texts, pa.string())
        merged.append((top, max(first, left) - left, bottom, min(last, right) - left))
    remarks = tuple(remark for remark in sheet.remarks if left <= remark.at <= right)
    unseen = frozenset(at - left for at in sheet.unseen if left <= at <= right)
    return replace(sheet, columns=columns, merged=tuple(merged), remarks=remarks, left=left, unseen=unseen)
