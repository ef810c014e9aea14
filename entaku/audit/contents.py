"""Take a raw file apart: every sheet, member, line and part of it as rows of text, whether a table is read from it or not.

Lines of a text file pass one by one; any other file is in memory.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import chain, count
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from entaku.audit.grids import to_text
from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.ole import Ole, check_old_workbook
from entaku.formats.packed import find_packing, unpack_file
from entaku.formats.text import decode
from entaku.formats.xlsx import BookSheet, CellTexts, XlsxBook
from entaku.formats.zips import BrokenError, decode_name, find_workbook, list_members, list_spare, read_member

Row = tuple[int, Sequence[str]]
"""The number of a line or row, from 1, and its cells."""


@dataclass(frozen=True, eq=False)
class TextGrid:
    """Hold the rows of a sheet, a text file, a member of a zip or a part of a workbook."""

    name: str
    """Sheet or member (`member/sheet`); "" for a text file of its own."""
    rows: Iterable[Row]
    """Can be read again."""
    cells: bool = False
    """Whether its places are named as in Excel."""
    sure: bool = False
    """Whether only what can't be mistaken is looked for: text that was found in bytes without knowing their format."""


@dataclass(frozen=True)
class BookPart:
    """Hold a workbook, whose parts beside its cells are examined as well."""

    name: str
    body: bytes


@dataclass(frozen=True)
class OpaquePart:
    """Say why something can't be looked into."""

    name: str
    why: str


Content = TextGrid | BookPart | OpaquePart

HEAD = 1 << 16
"""Bytes by which the kind of a file is told."""
SMALL = 4 << 20
"""Bytes of a text file that is taken into memory, so that its tables can be told apart."""
DEEPEST = 4
"""Levels of zips in zips that are opened."""
MOST_PARTS = 4 * limits.MEMBERS
_OLE = b"\xd0\xcf\x11\xe0"
_OPAQUE = {
    b"%PDF": "PDF", b"7z\xbc\xaf": "7-Zip", b"Rar!": "RAR", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "Zstandard",
    b"PAR1": "Parquet", b"SQLite format 3": "SQLite",
}  # fmt: skip
"""Formats that hold text in a form that nobody sees in their bytes."""
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_MARKUP = re.compile(rb"(?is)\s*(<\?xml|<!doctype|<!--|<[a-z][\w:-]*[\s>/])")


def take_apart(file: BinaryIO) -> Iterator[Content]:
    """Yield all that a raw file holds.  Raises BrokenError or LimitError where it can't be opened."""
    head = file.read(HEAD)
    file.seek(0)
    if _is_lines(head) and (encoding := _find_encoding(file)):
        lines = _TextLines(file, encoding, _find_delimiter(head.decode(encoding, "replace")))
        yield TextGrid("", list(lines) if file.seek(0, io.SEEK_END) <= SMALL else lines)
    else:
        yield from _Opener().open("", file.read(), 0)


# ---- text -------------------------------------------------------------------------------------------------------


def _is_lines(head: bytes) -> bool:
    """Test whether a file is lines of text, in an encoding that has no NUL, and no JSON or markup."""
    known = (b"PK\x03\x04", _OLE, b"\x1f\x8b", b"BZh", b"{", b"[", *_OPAQUE, *_PICTURES)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return not (b"\0" in head or head.startswith((b"\xff\xfe", b"\xfe\xff")) or start.startswith(known)
                or _MARKUP.match(start))  # fmt: skip


def _find_encoding(file: BinaryIO) -> str:
    """Tell the encoding of lines of text by the first piece that isn't ASCII; "" where there is a NUL."""
    found, rest = "", b""
    while piece := file.read(1 << 20):
        if b"\0" in piece:
            found = ""
            break
        piece, rest = rest + piece, b""
        if not found and not piece.isascii():
            cut = piece.rfind(b"\n") + 1 or len(piece)
            found = decode(piece[:cut], None).encoding
    else:
        found = found or "utf-8"
    file.seek(0)
    return found


def _find_delimiter(text: str) -> str:
    """Return the mark that most of the first lines have."""
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    shares = {mark: (sum(mark in line for line in lines), sum(line.count(mark) for line in lines)) for mark in ",\t;|"}
    return max(shares, key=shares.__getitem__)


class _TextLines:
    """The records of a text file, read anew each time."""

    def __init__(self, file: BinaryIO, encoding: str, delimiter: str) -> None:
        self.file, self.encoding, self.delimiter = file, encoding, delimiter

    def __iter__(self) -> Iterator[Row]:
        self.file.seek(0)
        lines = io.TextIOWrapper(self.file, self.encoding, "replace", newline="")
        try:
            yield from split_lines(lines, self.delimiter)
        finally:
            lines.detach()


_PIECES = re.compile(r"[\r\n,;\t|\"]+")
LONG = 2_000
"""Characters beyond which a cell is looked at in pieces too, as a quote may have been left open before it."""


def split_lines(lines: Iterable[str], delimiter: str) -> Iterator[Row]:
    """Yield the records of lines with delimiters; a cell with lines of its own is followed by their pieces."""
    with limits.cells_up_to(limits.PUBLISHED_CELL):
        reader = csv.reader(lines, delimiter=delimiter)
        line = 1
        try:
            for cells in reader:
                if reader.line_num > line or len(cells) == 1:
                    odd = [cell for cell in cells if "\n" in cell or len(cell) > LONG]
                    cells += [piece for cell in odd for piece in _PIECES.split(cell)]
                yield line, cells
                line = reader.line_num + 1
        except csv.Error:
            for number, text in enumerate(lines, reader.line_num + 1):
                yield number, text.rstrip("\r\n").split(delimiter)


_COMMENTS = re.compile(r"<!--|-->|<!\[CDATA\[|\]\]>")
_TAG = re.compile(r"<[^>]*>")
_ATTRIBUTE = re.compile(r"=\s*\"([^\"]*)\"|=\s*'([^']*)'")
_GUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BREAKS = {
    "html": (re.compile(r"(?i)<tr\b[^>]*>"), re.compile(r"(?i)<t[dh]\b([^>]*)>")),
    "ods": (re.compile(r"<table:table-row\b[^>]*>"), re.compile(r"<table:(?:covered-)?table-cell\b([^>]*)>")),
}
_REPEATED = re.compile(r'number-columns-repeated="(\d{1,3})"')


def _read_markup(name: str, text: str) -> Iterator[TextGrid]:
    """Yield a markup's texts, its attributes, and its rows of cells if it has any."""
    text = _GUID.sub("", text)
    open_ = _COMMENTS.sub("\n", text)
    texts = [unescape(piece).strip() for piece in _TAG.split(open_)]
    yield _list_texts(name, texts)
    yield _list_texts(name, [unescape(one or other) for one, other in _ATTRIBUTE.findall(text)])
    row_tag, cell_tag = _BREAKS["ods" if "<table:table-row" in text else "html"]
    rows = []
    for number, row in enumerate(row_tag.split(open_)[1:], 1):
        pieces = cell_tag.split(row)[1:]
        cells: list[str] = []
        for about, cell in zip(pieces[::2], pieces[1::2], strict=True):
            again = _REPEATED.search(about)
            cells += [unescape(_TAG.sub("", cell)).strip()] * (int(again[1]) if again else 1)
        rows.append((number, cells))
    if rows:
        yield TextGrid(name, rows)


def _list_texts(name: str, texts: Iterable[str], sure: bool = False) -> TextGrid:
    return TextGrid(name, [(number, (text,)) for number, text in enumerate(texts, 1) if text], sure=sure)


def _read_json(name: str, text: str) -> TextGrid | None:
    """Return every value of a JSON text, or of its lines, in a column for each key; None where it is neither."""
    columns: dict[str, list[str]] = {}
    try:
        _walk_json(_load_json(text), "", columns)
    except (ValueError, RecursionError):
        columns.clear()
        try:
            for line in text.splitlines():
                if line.strip():
                    _walk_json(_load_json(line), "", columns)
        except (ValueError, RecursionError):
            return None
    rows = max(map(len, columns.values()), default=0)
    head = list(columns)
    cells = ([values[n] if n < len(values) else "" for values in columns.values()] for n in range(rows))
    return TextGrid(name, [(0, head), *enumerate(cells, 1)])


class _Pairs(list[tuple[str, object]]):
    """The pairs of an object, keys that stand twice among them."""


def _load_json(text: str) -> object:
    return json.loads(text, parse_int=str, parse_float=str, object_pairs_hook=_Pairs)


def _walk_json(value: object, path: str, columns: dict[str, list[str]]) -> None:
    if isinstance(value, _Pairs):
        for key, inner in value:
            columns.setdefault(f"{path} *", []).append(key)
            _walk_json(inner, key, columns)
    elif isinstance(value, list):
        for inner in value:
            _walk_json(inner, path, columns)
    elif isinstance(value, str) and value:
        columns.setdefault(path, []).append(value)


_RUN = re.compile(rb"[\x20-\x7e]{6,}")
_WIDE_RUN = re.compile(rb"(?:[\x20-\x7e]\0){6,}")


def _read_binary(name: str, body: bytes, sure: bool) -> TextGrid:
    """Return the runs of letters in bytes of an unknown format, one byte a letter or two."""
    runs = (match[0].decode("ascii") for match in _RUN.finditer(body))
    wide = (match[0][::2].decode("ascii") for match in _WIDE_RUN.finditer(body))
    return _list_texts(name, chain(runs, wide), sure)


# ---- files by their bytes ---------------------------------------------------------------------------------------


@dataclass
class _Opener:
    """Opens files within files, within what limits allow for all of them together."""

    left: int = field(default_factory=lambda: limits.EXPANDED)
    parts: Iterator[int] = field(default_factory=lambda: count(1))

    def open(self, name: str, body: bytes, depth: int) -> Iterator[Content]:
        """Yield what a file or member holds; one that can't be opened is opaque."""
        try:
            if next(self.parts) > MOST_PARTS or depth > DEEPEST:
                raise LimitError("zip の中の zip / zips in zips", DEEPEST)
            yield from self._open(name, body, depth)
        except (BrokenError, LimitError, CalamineError) as error:
            if not name:
                raise
            yield OpaquePart(name, str(error))

    def _open(self, name: str, body: bytes, depth: int) -> Iterator[Content]:
        if packing := find_packing(body):
            yield _read_binary(name, body, sure=True)  # its header may hold a name and a comment
            inner = unpack_file(body, packing)
            self._spend(len(inner))
            yield from self.open(name, inner, depth + 1)
        elif body.startswith(b"PK\x03\x04"):
            yield from self._open_package(name, body, depth)
        elif body.startswith(_OLE):
            yield from self._open_ole(name, body)
        elif opaque := next((kind for mark, kind in _OPAQUE.items() if body[:64].lstrip().startswith(mark)), ""):
            yield OpaquePart(name, opaque)
        elif body.startswith(_PICTURES):
            yield _read_binary(name, body, sure=True)
        else:
            yield from _open_text(name, body)

    def _spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise LimitError("展開後のバイト / unpacked bytes", limits.EXPANDED)

    def _open_package(self, name: str, body: bytes, depth: int) -> Iterator[Content]:
        kind = find_workbook(body)
        members = list_members(body)
        yield _list_texts(name, [text for member in members for text in (decode_name(member), _say(member.comment))])
        spare, stray = list_spare(body)
        yield _read_binary(name, spare, sure=True)
        if stray:
            yield OpaquePart(name, f"zip の目録にない {stray:,} バイト / {stray:,} bytes in no member of the zip")
        if kind:
            yield BookPart(name, body)
        if kind == "xlsx":
            yield from _read_xlsx(name, body)
        elif kind == "xlsb":
            yield from _read_cells(name, body)
        for member in members:
            inside = decode_name(member)
            if kind == "xlsx" and inside.lower().startswith(_READ_ALREADY):
                continue
            content = read_member(body, member, self.left, ratio=not kind)
            self._spend(len(content))
            path = name if kind else "/".join(filter(None, (name, inside)))
            if kind and inside.endswith(".bin") and not content.startswith((b"PK\x03\x04", _OLE)):
                yield _read_binary(path, content, sure=True)
            else:
                yield from self.open(path or inside, content, depth + 1)

    def _open_ole(self, name: str, body: bytes) -> Iterator[Content]:
        ole = Ole(body)
        if "EncryptedPackage" in ole.paths:
            raise BrokenError("パスワード / password")
        book = "Workbook" in ole.paths or "Book" in ole.paths
        if book:
            yield BookPart(name, body)
            check_old_workbook(body)
            yield from _read_cells(name, body)
        for path in ole.paths:
            stream = ole.read(path)
            self._spend(len(stream))
            if stream.startswith((b"PK\x03\x04", _OLE)):
                yield from self.open(f"{name}/{path}", stream, 1)
            else:
                yield _read_binary(name, stream, sure=path in ("Workbook", "Book"))


def _open_text(name: str, body: bytes) -> Iterator[Content]:
    decoded = decode(body, None)
    if b"\0" in body and not decoded.encoding.startswith("utf-"):
        yield _read_binary(name, body, sure=False)
        return
    text = decoded.text
    if _MARKUP.match(text[:HEAD].encode("utf-8", "replace")):
        yield from _read_markup(name, text)
        return
    if text.lstrip().startswith(("{", "[")) and (grid := _read_json(name, text)):
        yield grid
        return
    yield TextGrid(name, list(split_lines(io.StringIO(text, newline=""), _find_delimiter(text[:HEAD]))))


def _say(comment: bytes) -> str:
    return decode(comment, None).text if comment else ""


# ---- cells of workbooks -----------------------------------------------------------------------------------------

_READ_ALREADY = ("xl/worksheets/sheet", "xl/sharedstrings", "xl/styles", "xl/theme/", "xl/calcchain")


def _read_xlsx(name: str, body: bytes) -> Iterator[TextGrid]:
    """Yield every sheet, what its XML has beside the cells, and shared strings that no cell shows."""
    book = XlsxBook(body)
    texts = CellTexts(book.strings, book.styles)
    used: set[int] = set()
    read: set[str] = set()
    for sheet in book.sheets:
        if sheet.part not in read and sheet.part in book.members:
            read.add(sheet.part)
            yield from _read_sheet(f"{name}/{sheet.name}".lstrip("/"), book, sheet, texts, used)
    for part in book.members:
        if part.startswith("xl/worksheets/sheet") and part not in read:
            yield from _read_sheet(f"{name}/{part}".lstrip("/"), book, BookSheet("", part, True), texts, used)
    yield _list_texts(name, [text for n, text in enumerate(book.strings) if n not in used])


def _read_sheet(name: str, book: XlsxBook, sheet: BookSheet, texts: CellTexts, used: set[int]) -> Iterator[TextGrid]:
    xml = book.read(sheet.part)
    yield TextGrid(name, list(texts.list_rows(xml, used)), cells=True)
    start, end = xml.find(b"sheetData"), xml.rfind(b"sheetData")
    if end > start:
        yield from _read_markup(name, decode(xml[:start] + b">" + xml[end:], None).text)


def _read_cells(name: str, body: bytes) -> Iterator[TextGrid]:
    """Yield every sheet of an .xls or .xlsb, hidden ones too."""
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            for place, about in enumerate(book.sheets_metadata):
                if about.typ not in (SheetTypeEnum.WorkSheet, SheetTypeEnum.MacroSheet):
                    continue
                sheet = book.get_sheet_by_index(place)
                row, at = sheet.end or (0, 0)
                if (row + 1) * (at + 1) > limits.CELLS:
                    raise LimitError("セル / cells", limits.CELLS)
                cells = sheet.to_python(skip_empty_area=False)
                rows = [(number, tuple(map(to_text, line))) for number, line in enumerate(cells, 1)]
                yield TextGrid(f"{name}/{about.name}".lstrip("/"), rows, cells=True)
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise BrokenError(str(error)) from None
