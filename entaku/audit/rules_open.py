"""Raw bytes → a Book: what kind of file they are, whatever their name says, and the grids in it."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from entaku.audit.rules_book import Book, Grid, Slip
from entaku.audit.rules_excel import read_xls, read_xlsx
from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.text import decode
from entaku.formats.zips import BrokenError, decode_name, list_members, read_member

QUOTED = r'(?:^|{0})"(?:[^"]|"")*"(?={0}|\r?\n?$)'


def scan_csv(text: str, delimiter: str, sheet: str, encoding: str, most: int) -> Grid:
    """The first `most` records of `text`.  Raises csv.Error for a cell beyond every limit."""
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    slips: list[Slip] = []
    whole = True
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


def read_records(text: str, delimiter: str) -> Iterator[tuple[int, str, list[str]]]:
    """Line, raw text and cells of each record; a line with a quote that nothing ends is a record of its own."""
    lines = list(io.StringIO(text, newline=""))
    at = 0
    with limits.cells_up_to(limits.CELL):
        while at < len(lines):
            reader = csv.reader(lines[at:], delimiter=delimiter)
            start, before = at, 0
            for cells in reader:
                raw = "".join(lines[start + before : start + reader.line_num])
                if raw.count('"') % 2 and '"' in lines[start + before] and reader.line_num - before > 1:
                    at = start + before + 1
                    line = lines[start + before]
                    yield start + before + 1, line, line.rstrip("\r\n").split(delimiter)
                    break
                yield start + before + 1, raw, cells
                before = reader.line_num
            else:
                return


MOST_ROWS = 10_000
"""Rows of a sheet that are looked at; a table that breaks a rule breaks it there."""
MOST_BYTES = 4 << 20
"""Bytes of a CSV that are looked at."""
MOST_MEMBERS = 5
MOST_BOOK = 32 << 20
"""Bytes of a workbook that is looked at."""
_PARTS = (("xl/workbook.xml", "xlsx"), ("word/document.xml", "word"), ("ppt/presentation.xml", "other"))
_TABLES = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xls")


def open_book(name: str, body: bytes, wanted: Callable[[str], bool]) -> Book:
    """The file `name` (a URL or path) as the rules see it; `wanted` chooses among the members of a zip."""
    name = unquote(PurePosixPath(urlsplit(name).path).name)
    kind = find_kind(name, body)
    if kind == "zip":
        return _open_zip(name, body, wanted)
    try:
        grids, broken = tuple(_read(kind, body, "")), False
    except (BrokenError, LimitError, csv.Error):
        grids, broken = (), True
    return Book(name, kind, grids, broken)


def find_kind(name: str, body: bytes) -> str:
    """What the bytes are: csv, tsv, xlsx, xls, zip, ods, json, xml, pdf, word, html, empty or other."""
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
        whole = grid.whole and not cut
        return [grid if grid.whole == whole else Grid(**{**vars(grid), "whole": whole})]
    return []


def _open_zip(name: str, body: bytes, wanted: Callable[[str], bool]) -> Book:
    try:
        members = [(decode_name(member), member) for member in list_members(body)]
    except (BrokenError, LimitError):
        return Book(name, "zip", broken=True)
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
    return Book(name, "zip", tuple(grids), broken, tuple(kinds), len(tables) > MOST_MEMBERS)
