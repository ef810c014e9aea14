"""An .xls → what it holds beside its tables, as far as its BIFF8 records ([MS-XLS]) and OLE storages tell."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from entaku.audit.leaks_sheets import Cells, show_ranges
from entaku.formats.ole import BOUNDSHEET, CELLS, EOF, MULRK, Ole, read_properties, read_records
from entaku.formats.text import column_letters
from entaku.formats.zips import BrokenError
from entaku.model.nouns import Finding, Place, Severity

_BOF, _FILEPASS, _WRITEACCESS = 0x809, 0x2F, 0x5C
_SUPBOOK, _CRN, _ROW, _COLINFO, _DEFAULT_HEIGHT, _NOTE, _RECORD = 0x1AE, 0x5A, 0x208, 0x7D, 0x225, 0x1C, 0xC8
SUMMARY, DOCUMENT = "\x05SummaryInformation", "\x05DocumentSummaryInformation"
_NAMES = {
    (SUMMARY, 4): "作成者 / author",
    (SUMMARY, 8): "最終更新者 / last modified by",
    (DOCUMENT, 14): "管理者 / manager",
    (DOCUMENT, 15): "会社名 / company",
}


@dataclass
class _Sheet:
    name: str
    hidden: bool
    cells: list[tuple[int, int]] = field(default_factory=list)
    """1-based row and 0-based column of each cell that holds something."""
    rows: set[int] = field(default_factory=set)
    """Hidden rows."""
    columns: list[tuple[int, int]] = field(default_factory=list)
    """First and last of each run of hidden columns."""
    notes: list[tuple[int, int]] = field(default_factory=list)


def find_in_xls(url: str, member: str, body: bytes, nobody: frozenset[str]) -> Iterator[Finding]:
    """Everything in an .xls that a reader of its tables would not see.

    `nobody`: what programs write for a name.  Raises BrokenError for what can't be examined.
    """
    ole = Ole(body)
    stream = ole.read("Workbook") or ole.read("Book")
    if not stream:
        raise BrokenError("OLE: ブックがない / no workbook")

    def report(code: str, severity: Severity, sheet: str = "", cells: Cells | None = None, **args: str) -> Finding:
        row = cells.first[0] if cells and cells.first else None
        place = Place(url, sheet="/".join(filter(None, (member, sheet))), row=row, cell=cells.cell if cells else "")
        return Finding(code, severity, place, args.pop("value", ""), args)

    sheets, writer, links = _read_book(stream)
    for sheet in sheets:
        yield from _tell_sheet(sheet, report)
    if links:
        yield report("external-links", "warning" if links > 1 else "notice", count=str(links - 1))
    caches = (ole.read(path) for path in ole.paths if path.startswith("_SX_DB_CUR/"))
    records = sum(kind == _RECORD for cache in caches for kind, _ in read_records(cache))
    if records:
        yield report("pivot-cache", "error", count=f"{records:,}")
    if "Revision Log" in ole.paths:
        yield report("change-history", "error", count="?")
    for path in ole.paths:
        if path.startswith("MBD") and "/" not in path:
            yield report("embedded-files", "error", value=path)
    if "_VBA_PROJECT_CUR" in ole.paths:
        yield report("macro-code", "warning")
    told = [
        words
        for (name, number), words in _NAMES.items()
        if read_properties(ole.read(name)).get(number, "").strip().lower() not in nobody
    ]
    told += ["保存した人 / who saved it"] if writer.strip().lower() not in nobody else []
    if told:
        yield report("author-names", "notice", what="、".join(told))


def _tell_sheet(sheet: _Sheet, report: Callable[..., Finding]) -> Iterator[Finding]:
    every, in_rows, in_columns, notes = Cells(), Cells(), Cells(), Cells()
    rows: set[int] = set()
    columns: set[int] = set()
    for row, at in sheet.cells:
        if sheet.hidden:
            every.add(row, at)
            continue
        if row in sheet.rows:
            in_rows.add(row, at)
            rows.add(row)
        if any(first <= at <= last for first, last in sheet.columns):
            in_columns.add(row, at)
            columns.add(at)
    for row, at in sheet.notes:
        notes.add(row, at)
    if every.count:
        yield report("hidden-sheet", "error", sheet.name, every, count=f"{every.count:,}")
    if in_rows.count:
        yield report("hidden-rows", "error", sheet.name, in_rows, rows=show_ranges(rows), count=f"{in_rows.count:,}")
    if in_columns.count:
        shown = show_ranges(columns, column_letters)
        yield report("hidden-columns", "error", sheet.name, in_columns, columns=shown, count=f"{in_columns.count:,}")
    if notes.count:
        yield report("cell-comments", "error", sheet.name, notes, count=str(notes.count))


# ---- records ----------------------------------------------------------------------------------------------------


def _read_book(stream: bytes) -> tuple[list[_Sheet], str, int]:
    """The sheets, who saved the file, and 1 + the values kept of other workbooks if there are links to any."""
    sheets: list[_Sheet] = []
    writer = ""
    linked = values = 0
    for kind, data in read_records(stream):
        if kind == _FILEPASS:
            raise BrokenError("パスワード / password")
        if kind == BOUNDSHEET and len(data) >= 8:
            (start,) = struct.unpack_from("<I", data)
            sheet = _Sheet(_text(data[6:], short=True), bool(data[4] & 3))
            _read_sheet(stream, start, sheet)
            sheets.append(sheet)
        elif kind == _WRITEACCESS:
            writer = _text(data, short=False)
        elif kind == _SUPBOOK and len(data) > 4:
            linked = 1
        elif kind == _CRN:
            values += 1
        elif kind == EOF:
            break
    return sheets, writer, linked and linked + values


def _read_sheet(stream: bytes, start: int, sheet: _Sheet) -> None:
    depth = 0
    for kind, data in read_records(stream, start):
        depth += (kind == _BOF) - (kind == EOF)
        if depth <= 0:
            break
        if depth > 1:
            continue
        if kind in CELLS and len(data) >= 4:
            row, at = struct.unpack_from("<HH", data)
            sheet.cells.append((row + 1, at))
        elif kind == MULRK and len(data) >= 6:
            row, first = struct.unpack_from("<HH", data)
            (last,) = struct.unpack_from("<H", data, len(data) - 2)
            sheet.cells += [(row + 1, at) for at in range(first, min(last, 255) + 1)]
        elif kind == _ROW and len(data) >= 14:
            row, height, flags = *struct.unpack_from("<H4xH", data), data[12]
            if flags & 0x20 or (height & 0x7FFF) < 20:
                sheet.rows.add(row + 1)
        elif kind == _COLINFO and len(data) >= 10:
            first, last, width = struct.unpack_from("<HHH", data)
            if data[8] & 1 or width < 77:
                sheet.columns.append((first, last))
        elif kind == _NOTE and len(data) >= 4:
            row, at = struct.unpack_from("<HH", data)
            sheet.notes.append((row + 1, at))


def _text(data: bytes, short: bool) -> str:
    """A string of BIFF8 with a short or a long count (2.5.240, 2.5.294)."""
    if len(data) < 3:
        return ""
    count, start = (data[0], 1) if short else (struct.unpack_from("<H", data)[0], 2)
    if count > len(data):
        return data.decode("latin-1")  # some programs write plain bytes
    wide = data[start] & 1
    words = data[start + 1 : start + 1 + count * (1 + wide)]
    return words.decode("utf-16-le" if wide else "latin-1", "replace")
