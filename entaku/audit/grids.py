"""Read a raw file as grids of text, with what its format tells besides: whatever its name says, by its bytes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from entaku.audit.numbers import mask_text
from entaku.formats import limits
from entaku.formats.heavy import LateRoom
from entaku.formats.limits import LimitError
from entaku.formats.text import column_letters, decode
from entaku.formats.zips import BrokenError, decode_name, list_members, read_member
from entaku.model.nouns import Place

if TYPE_CHECKING:
    from entaku.formats import ole, xlsx, xlsx_sheet
else:  # what only workbooks need
    ole, xlsx, xlsx_sheet = (LateRoom(f"entaku.formats.{name}") for name in ("ole", "xlsx", "xlsx_sheet"))

MOST_ROWS = 10_000
"""Rows of a sheet that are looked at; a table that breaks a rule breaks it there."""
MOST_BYTES = 4 << 20
"""Bytes of a CSV that are looked at."""
MOST_MEMBERS = 5
MOST_BOOK = 32 << 20
"""Bytes of a workbook that is looked at."""
MOST_COLUMNS = 1_000
MOST_SHEETS = 30
MOST_XML = 64 << 20
"""Bytes of XML of a workbook's sheets, unpacked."""


@dataclass(frozen=True, slots=True)
class Slip:
    """Say what is wrong with how a record of a CSV is written."""

    row: int
    """The 1-based line on which the record begins."""
    kind: str
    """lines: it goes on over more than one; quote: a quote within a plain field; open: a quote that nothing ends."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Hold the cells of a sheet, or the records of a CSV; rows and columns count from 0."""

    sheet: str
    """Sheet or member (`member/sheet`); "" for a CSV of its own."""
    excel: bool
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    """The 1-based row of the raw file of each row."""
    whole: bool = True
    encoding: str = ""
    """Of a CSV."""
    slips: tuple[Slip, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    """Top, left, bottom, right of merged cells, all included."""
    seen: bool = False
    """Whether the format tells of what follows; an .xls is read for its cells alone."""
    hidden: bool = False
    """The whole sheet."""
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    formulas: tuple[tuple[int, int], ...] = ()
    """Row and column of formulas, and of error values."""
    anchors: tuple[tuple[int, int], ...] = ()
    """The top left cells of pictures and shapes."""
    styles: Mapping[tuple[int, int], xlsx.CellStyle] = field(default_factory=dict)
    """Of the cells that don't look as Excel does unasked."""

    def text(self, row: int, at: int) -> str:
        """Return a cell, "" beyond the row's end."""
        cells = self.rows[row]
        return cells[at] if at < len(cells) else ""


@dataclass(frozen=True, eq=False)
class Opened:
    """Hold the grids of a raw file, and what kind of file it is."""

    name: str
    kind: str
    """csv, tsv, xlsx, xls, zip, ods, json, xml, pdf, word, html, empty or other: what the bytes are."""
    grids: tuple[Grid, ...] = ()
    broken: bool = False
    """It is of a kind that is read, and can't be."""
    kinds: tuple[tuple[str, str], ...] = ()
    """Name and kind of each member of a zip that was looked at."""
    more: bool = False
    """Whether a zip holds more tables than were looked at."""


@dataclass(frozen=True, slots=True)
class GridSpot:
    """Point at a cell, row or column of a grid."""

    grid: Grid
    row: int | None = None
    at: int | None = None
    heading: str = ""

    def place(self) -> Place:
        """Return the place in the raw file's own terms."""
        lines, line = self.grid.lines, None
        if self.row is not None:
            line = lines[self.row] if self.row < len(lines) else self.row + 1
        letters = "" if self.at is None else column_letters(self.at)
        cell = f"{letters}{line}" if self.grid.excel and letters and line is not None else ""
        column = self.heading or (letters if self.grid.excel and not cell else "")
        if not column and not self.grid.excel and self.at is not None:
            column = str(self.at + 1)
        return Place(sheet=self.grid.sheet, row=line, column=show_heading(column), cell=cell)


def show_heading(heading: str) -> str:
    """Return a column's heading as places have it: on one line, masked and cut."""
    return mask_text(" ".join(heading.split()))[:60]


# ---- files ------------------------------------------------------------------------------------------------------

_PARTS = (("xl/workbook.xml", "xlsx"), ("word/document.xml", "word"), ("ppt/presentation.xml", "other"))
_TABLES = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xls")


def open_file(name: str, body: bytes, wanted: Callable[[str], bool]) -> Opened:
    """Open the file `name` (a URL or path); `wanted` chooses among the members of a zip."""
    name = unquote(PurePosixPath(urlsplit(name).path).name)
    kind = find_kind(name, body)
    if kind == "zip":
        return _open_zip(name, body, wanted)
    try:
        grids, broken = tuple(_read(kind, body, "")), False
    except (BrokenError, LimitError, csv.Error):
        grids, broken = (), True
    return Opened(name, kind, grids, broken)


def find_kind(name: str, body: bytes) -> str:
    """Tell what the bytes are: csv, tsv, xlsx, xls, zip, ods, json, xml, pdf, word, html, empty or other."""
    head = body[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not body.strip(b" \t\r\n\0"):
        return "empty"
    if body.startswith(b"PK\x03\x04"):
        return _find_package(body)
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        return "word" if "WordDocument".encode("utf-16-le") in body else "xls"
    if head.startswith(b"%PDF"):
        return "pdf"
    if re.match(rb"(?is)(<\?xml[^>]*>)?\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|title|table)\b", head):
        return "html"
    suffix = PurePosixPath(name).suffix.lower()
    if head.startswith((b"<?xml", b"<")) and (head.startswith(b"<?xml") or suffix in (".xml", ".rdf", ".gml", ".kml")):
        return "xml"
    if head[:1] in (b"{", b"[") and suffix in (".json", ".geojson", ".jsonld"):
        return "json"
    if head.startswith((b"{\\rtf", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"7z\xbc\xaf", b"Rar!")):
        return "other"
    first = head.split(b"\n", 1)[0]
    return "tsv" if suffix in (".tsv", ".tab") or (b"\t" in first and b"," not in first) else "csv"


def _find_package(body: bytes) -> str:
    try:
        members = list_members(body)
    except (BrokenError, LimitError):
        return "other"
    names = {member.filename: member for member in members}
    if "mimetype" in names:
        try:
            said = read_member(body, names["mimetype"], 1000)
        except (BrokenError, LimitError):
            return "other"
        return "ods" if b"opendocument.spreadsheet" in said else "other"
    return next((kind for part, kind in _PARTS if part in names), "zip")


def _read(kind: str, body: bytes, member: str) -> list[Grid]:
    if kind in ("xlsx", "xls"):
        if len(body) > MOST_BOOK:
            raise LimitError("バイト / bytes", MOST_BOOK)
        read = read_xlsx if kind == "xlsx" else read_xls
        return read(body, member, MOST_ROWS)
    if kind in ("csv", "tsv"):
        cut = len(body) > MOST_BYTES
        decoded = decode(body[: body.rfind(b"\n", 0, MOST_BYTES) + 1] if cut else body, None)
        if not decoded.sure:
            raise BrokenError(decoded.encoding)
        grid = scan_csv(decoded.text, "\t" if kind == "tsv" else ",", member, decoded.encoding, MOST_ROWS)
        return [replace(grid, whole=grid.whole and not cut)]
    return []


def _open_zip(name: str, body: bytes, wanted: Callable[[str], bool]) -> Opened:
    try:
        members = [(decode_name(member), member) for member in list_members(body)]
    except (BrokenError, LimitError):
        return Opened(name, "zip", broken=True)
    hidden = ("__MACOSX/", ".")
    tables = [
        (inside, member) for inside, member in members
        if inside.lower().endswith(_TABLES) and not inside.startswith(hidden) and wanted(inside)
    ]  # fmt: skip
    grids: list[Grid] = []
    kinds: list[tuple[str, str]] = []
    broken, left = False, limits.EXPANDED
    for inside, member in tables[:MOST_MEMBERS]:
        try:
            content = read_member(body, member, left)
            left -= len(content)
            kinds.append((inside, find_kind(inside, content)))
            grids += _read(kinds[-1][1], content, inside)
        except (BrokenError, LimitError, csv.Error):
            broken = True
    return Opened(name, "zip", tuple(grids), broken, tuple(kinds), len(tables) > MOST_MEMBERS)


# ---- CSV --------------------------------------------------------------------------------------------------------

QUOTED = r'(?:^|{0})"(?:[^"]|"")*"(?={0}|\r?\n?$)'


def scan_csv(text: str, delimiter: str, sheet: str, encoding: str, most: int) -> Grid:
    """Read the first `most` records of `text`.  Raises csv.Error for a cell beyond every limit."""
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    slips: list[Slip] = []
    whole = True
    if '"' not in text:
        return _split_lines(text, delimiter, Grid(sheet, False, (), (), encoding=encoding), most)
    quoted = re.compile(QUOTED.format(re.escape(delimiter)))
    for line, raw, cells in read_records(text, delimiter):
        if len(rows) == most:
            whole = False
            break
        if not cells:
            cells = [""]
        rows.append(tuple(cells))
        lines.append(line)
        if '"' not in raw:
            continue
        if raw.count('"') % 2:
            slips.append(Slip(line, "open"))
        elif '"' in quoted.sub(delimiter, raw):
            slips.append(Slip(line, "quote"))
        if re.search(r"[\r\n]", raw.rstrip("\r\n")):
            slips.append(Slip(line, "lines"))
    return Grid(sheet, False, tuple(rows), tuple(lines), whole, encoding, tuple(slips))


def _split_lines(text: str, delimiter: str, grid: Grid, most: int) -> Grid:
    """Return `grid` with the first `most` lines of a text without quotes.  Raises csv.Error for a cell beyond every limit."""
    lines = list(islice(io.StringIO(text, newline=""), most + 1))
    rows = tuple(tuple(line.rstrip("\r\n").split(delimiter)) for line in lines[:most])
    if any(
        len(line) > limits.CELL and max(map(len, row)) > limits.CELL for line, row in zip(lines, rows, strict=False)
    ):
        raise csv.Error
    return replace(grid, rows=rows, lines=tuple(range(1, len(rows) + 1)), whole=len(lines) <= most)


def read_records(text: str, delimiter: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield line, raw text and cells of each record; a line with a quote that nothing ends is a record of its own."""
    lines = list(io.StringIO(text, newline=""))
    at = 0
    with limits.cells_up_to(limits.CELL):
        while at < len(lines):
            reader = csv.reader(lines[at:], delimiter=delimiter)
            start, before = at, 0
            for cells in reader:
                one = reader.line_num == before + 1
                raw = lines[start + before] if one else "".join(lines[start + before : start + reader.line_num])
                if raw.count('"') % 2 and '"' in lines[start + before] and reader.line_num - before > 1:
                    at = start + before + 1
                    line = lines[start + before]
                    yield start + before + 1, line, line.rstrip("\r\n").split(delimiter)
                    break
                yield start + before + 1, raw, cells
                before = reader.line_num
            else:
                return


# ---- workbooks --------------------------------------------------------------------------------------------------


def read_xlsx(body: bytes, member: str, most: int) -> list[Grid]:
    """Read the sheets of a workbook, up to `most` rows of each.  Raises BrokenError or LimitError."""
    book = xlsx.XlsxBook(body)
    if sum(book.members[sheet.part].file_size for sheet in book.sheets if sheet.part in book.members) > MOST_XML:
        raise LimitError("シートの XML のバイト / bytes of XML of its sheets", MOST_XML)
    texts = xlsx.CellTexts(book.strings, book.styles)
    return [
        _SheetGrid(book, texts, most).read(sheet, f"{member}/{sheet.name}" if member else sheet.name)
        for sheet in book.sheets[:MOST_SHEETS]
        if sheet.part.startswith("xl/worksheets/")
    ]


class _SheetGrid:
    """Collect what the rules look at in the first rows of a sheet."""

    def __init__(self, book: xlsx.XlsxBook, texts: xlsx.CellTexts, most: int) -> None:
        self.book, self.texts, self.most, self.whole = book, texts, most, True
        self.cells: dict[int, dict[int, str]] = {}
        self.styles: dict[tuple[int, int], xlsx.CellStyle] = {}
        self.formulas: list[tuple[int, int]] = []
        self.hidden_rows: list[int] = []

    def note_row(self, reader: xlsx_sheet.SheetReader) -> None:
        """Keep the number of a hidden row."""
        if reader.row_hidden and reader.row < self.most:
            self.hidden_rows.append(reader.row)

    def note_cell(self, reader: xlsx_sheet.SheetReader) -> None:
        """Keep a cell's text and look, and where formulas and errors are."""
        row, at = reader.row, reader.at
        if row >= self.most:
            self.whole = self.whole and not reader.words
            return
        if reader.formula:
            self.formulas.append((row, at))
        if not reader.words or at >= MOST_COLUMNS:
            return
        if reader.kind == "e" and not reader.formula:
            self.formulas.append((row, at))
        if text := self.texts.spell(reader):
            self.cells.setdefault(row, {})[at] = text
            look = self.texts.look(reader)
            if look is not xlsx.PLAIN:
                self.styles[row, at] = look

    def read(self, sheet: xlsx.BookSheet, name: str) -> Grid:
        """Read a sheet as a grid from A1 on."""
        reader = xlsx_sheet.SheetReader(self.note_cell, self.note_row)
        reader.walk(self.book.read(sheet.part))
        hidden = (
            at for run in reader.columns if run.hidden for at in range(run.first, min(run.last + 1, MOST_COLUMNS))
        )
        last = max(self.cells, default=-1)
        rows = tuple(_lay(self.cells.get(row, {})) for row in range(last + 1))
        return Grid(
            name, True, rows, tuple(range(1, last + 2)), self.whole, merged=tuple(reader.merged), seen=True,
            hidden=sheet.hidden, hidden_rows=tuple(self.hidden_rows), hidden_columns=tuple(hidden),
            formulas=tuple(self.formulas), anchors=tuple(self.book.anchors(sheet)), styles=self.styles,
        )  # fmt: skip


def _lay(cells: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(cells.get(at, "") for at in range(max(cells, default=-1) + 1))


# ---- .xls -------------------------------------------------------------------------------------------------------


def read_xls(body: bytes, member: str, most: int) -> list[Grid]:
    """Read the sheets of an old workbook: cells, merged cells, hidden sheets.  Raises BrokenError or LimitError."""
    ole.check_old_workbook(body)
    grids = []
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            for about in [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet][:MOST_SHEETS]:
                sheet = book.get_sheet_by_name(about.name)
                row, at = sheet.end or (0, 0)
                if (row + 1) * (at + 1) > limits.CELLS:
                    raise LimitError("セル / cells", limits.CELLS)
                cells = sheet.to_python(skip_empty_area=False, nrows=min(most, row + 1))
                rows = tuple(tuple(map(to_text, line)) for line in cells)
                merged = tuple((t, left, b, right) for (t, left), (b, right) in sheet.merged_cell_ranges or [])
                hidden = about.visible != SheetVisibleEnum.Visible
                name = f"{member}/{about.name}" if member else about.name
                lines = tuple(range(1, len(rows) + 1))
                grids.append(Grid(name, True, rows, lines, row < most, merged=merged, hidden=hidden))
    except CalamineError as error:
        raise BrokenError(str(error)) from None
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise BrokenError(str(error)) from None
    return grids


def to_text(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(Decimal(repr(value)), "f")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
