"""The records of an .xlsb → what a sheet holds besides its values ([MS-XLSB] 2.1.4, 2.4)."""

import posixpath
import struct
from collections.abc import Iterator

import numpy as np

from entaku.formats import limits
from entaku.formats.xml import make_tree
from entaku.formats.zips import BrokenError, Workbook
from entaku.table.number_format import BUILT_IN
from entaku.table.scan import ERRORS, SMALL, BookScan, FormatNumbers, Grid, SheetScan

ROW, XF, FMT, BEGIN_STYLES, END_STYLES, BOOK, SHEET, END_CELLS = 0, 47, 44, 617, 618, 153, 156, 146
CELLS = range(1, 12)
CELL_ERROR, FORMULA_ERROR = 3, 11
STYLES, LINKS = "xl/styles.bin", "xl/_rels/workbook.bin.rels"


def scan_xlsb(body: bytes) -> BookScan:
    """What an .xlsb holds besides values.  Raises BrokenError or LimitError before calamine sees the bytes."""
    book = Workbook(body)

    def part(name: str) -> bytes:
        if name not in book.members:
            raise BrokenError(f"{name}: ない / missing")
        return book.read(name)

    links = {
        node.attributes.get("Id", ""): node.attributes.get("Target", "")
        for node in make_tree(part(LINKS)).find("Relationship")
    }
    paths, since_1904 = {}, False
    for kind, data in _read_records(part("xl/workbook.bin")):
        if kind == SHEET:
            link, rest = _read_text(data[8:])
            name, _ = _read_text(rest)
            if link not in links:
                raise BrokenError(f"{name}: ない / missing")
            paths[name] = posixpath.normpath(posixpath.join("/xl", links[link])).lstrip("/")
        elif kind == BOOK and data:
            since_1904 = bool(data[0] & 1)
    numbers = FormatNumbers()
    styles = _find_styles(part(STYLES), numbers) if STYLES in book.members else np.zeros(1, np.uint16)

    def look(sheet: str, _: int) -> SheetScan:
        return _scan_sheet(part(paths.get(sheet, sheet)), styles)

    def is_empty(sheet: str, place: int) -> bool:
        path = paths.get(sheet, sheet)
        return path in book.members and book.members[path].file_size < SMALL and not look(sheet, place).cells

    return BookScan(look, is_empty, tuple(numbers.formats), since_1904)


def _read_records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and data of each record; both numbers before it are 7 bits a byte."""
    at = 0
    while at < len(stream):
        kind, at = _read_number(stream, at, 2)
        size, at = _read_number(stream, at, 4)
        yield kind, stream[at : at + size]
        at += size


def _read_number(stream: bytes, at: int, most: int) -> tuple[int, int]:
    number = 0
    for n in range(most):
        if at >= len(stream):
            break
        byte = stream[at]
        at += 1
        number |= (byte & 0x7F) << 7 * n
        if byte < 0x80:
            break
    return number, at


def _read_text(data: bytes) -> tuple[str, bytes]:
    """A text behind its length, and what follows it; no text where the length is 0xFFFFFFFF."""
    count = struct.unpack_from("<I", data)[0] if len(data) >= 4 else len(data)
    count = 0 if count == 0xFFFFFFFF else count
    if 4 + 2 * count > len(data):
        raise BrokenError("xlsb: 長さが合わない / lengths beyond the record")
    return data[4 : 4 + 2 * count].decode("utf-16-le", "replace"), data[4 + 2 * count :]


def _find_styles(stream: bytes, numbers: FormatNumbers) -> Grid:
    codes, styles, inside = dict(BUILT_IN), [], False
    for kind, data in _read_records(stream):
        inside = kind == BEGIN_STYLES or (inside and kind != END_STYLES)
        if kind == FMT and len(data) >= 6:
            codes[struct.unpack_from("<H", data)[0]] = _read_text(data[2:])[0]
        elif kind == XF and inside and len(data) >= 4:
            styles.append(struct.unpack_from("<H", data, 2)[0])
    return numbers.numbers(codes.get(style, "General") for style in styles or [0])


def _scan_sheet(stream: bytes, styles: Grid) -> SheetScan:
    places: list[tuple[int, int, int]] = []
    errors: dict[tuple[int, int], str] = {}
    row = 0
    for kind, data in _read_records(stream):
        if kind == ROW and len(data) >= 4:
            row = struct.unpack_from("<I", data)[0]
        elif kind in CELLS and len(data) >= 8:
            at, style = struct.unpack_from("<II", data)
            places.append((row, at, style & 0xFFFFFF))
            if kind in (CELL_ERROR, FORMULA_ERROR) and len(data) >= 9:
                errors[row, at] = ERRORS.get(data[8], "#N/A")
        elif kind == END_CELLS:
            break
    if not places:
        return SheetScan()
    rows, columns, ids = np.array(places, np.int64).T
    bottom, right = int(rows.max()) + 1, int(columns.max()) + 1
    if bottom * right > limits.CELLS:
        return SheetScan(bottom * right)
    grid = np.zeros((bottom, right), np.uint16)
    grid[rows, columns] = styles[np.minimum(ids, len(styles) - 1)]
    return SheetScan(bottom * right, grid, errors)
