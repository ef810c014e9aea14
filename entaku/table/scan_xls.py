"""The records of an .xls → what a sheet holds besides its values ([MS-XLS] 2.4; BIFF5 as well)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from entaku.formats.ole import Ole, check_old_workbook, read_records
from entaku.table.number_format import BUILT_IN, parse_format
from entaku.table.scan import ERRORS, UNSAVED, BookScan, FormatNumbers, SheetScan

BOF, EOF, BOUNDSHEET, DATEMODE, FORMAT, XF, RECALC, LOCKED = 0x809, 0x0A, 0x85, 0x22, 0x41E, 0xE0, 0x1C1, 0x2F
CODEPAGE, STRING = 0x42, 0x207
FORMULA, NUMBER, BOOLERR, RK, MULRK, LABELSST, LABEL, RSTRING = 0x06, 0x203, 0x205, 0x27E, 0xBD, 0xFD, 0x204, 0xD6
_TEXTS = (LABELSST, LABEL, RSTRING)
ENCODINGS = {437: "cp437", 850: "cp850", 874: "cp874", 932: "cp932", 936: "gbk", 949: "cp949", 950: "cp950",
             **{page: f"cp{page}" for page in range(1250, 1259)}, 10000: "mac_roman", 10001: "shift_jis",
             32768: "mac_roman", 32769: "cp1252"}  # fmt: skip
"""The encodings of BIFF5 by their code page; where a file has none, its texts are taken for Japanese."""


@dataclass
class _Globals:
    """What the records before the sheets say."""

    sheets: list[int] = field(default_factory=list)
    """Where each begins."""
    codes: dict[int, str] = field(default_factory=lambda: dict(BUILT_IN))
    styles: list[int] = field(default_factory=list)
    since_1904: bool = False
    calculated: bool = False
    """Whether Excel has calculated it: only then is an empty text a formula's result."""
    encoding: str = ""
    """That of the texts in BIFF5; "" for BIFF8."""
    names: list[bytes] = field(default_factory=list)
    """The sheets' names in BIFF5."""


def scan_xls(body: bytes) -> BookScan:
    """What an .xls holds besides values.  Raises BrokenError or LimitError before calamine sees the bytes."""
    check_old_workbook(body)
    ole = Ole(body)
    stream = ole.read("Workbook") or ole.read("Book")
    about = _read_globals(stream)
    numbers = FormatNumbers()
    codes = [about.codes.get(style, "General") for style in about.styles] or ["General"]
    names = tuple(name.decode(about.encoding, "replace") for name in about.names)
    styles = numbers.numbers(codes)
    dates = np.array([any(section.kind == "date" for section in parse_format(code).sections) for code in codes])

    def look(_: str, place: int) -> SheetScan:
        if place >= len(about.sheets):
            return SheetScan()
        return _scan_sheet(stream, about.sheets[place], _Styles(styles, dates, about.calculated, about.encoding))

    def is_empty(_: str, place: int) -> bool:
        return place < len(about.sheets) and not _has_cells(stream, about.sheets[place])

    return BookScan(look, is_empty, tuple(numbers.formats), about.since_1904, names)


def _read_globals(stream: bytes) -> _Globals:
    about = _Globals()
    for kind, data in read_records(stream):
        if kind == BOF and len(data) >= 2:
            about.encoding = "cp932" if struct.unpack_from("<H", data)[0] < 0x600 else ""
        elif kind == CODEPAGE and len(data) >= 2 and about.encoding:
            about.encoding = ENCODINGS.get(struct.unpack_from("<H", data)[0], "cp932")
        elif kind == BOUNDSHEET and len(data) >= 4:
            about.sheets.append(struct.unpack_from("<I", data)[0])
            about.names += [data[7 : 7 + data[6]]] if about.encoding and len(data) > 6 else []
        elif kind == DATEMODE and len(data) >= 2:
            about.since_1904 = data[0] == 1
        elif kind == FORMAT and len(data) >= 3:
            about.codes[struct.unpack_from("<H", data)[0]] = _read_code(data[2:], about.encoding)
        elif kind == XF and len(data) >= 4:
            about.styles.append(struct.unpack_from("<H", data, 2)[0])
        elif kind == RECALC:
            about.calculated = True
        elif kind in (EOF, LOCKED):
            break
    return about


def _read_code(data: bytes, encoding: str) -> str:
    """The text of a format: bytes in BIFF5, else UTF-16 or Latin-1."""
    if encoding:
        return data[1 : 1 + data[0]].decode(encoding, "replace")
    if len(data) < 3:
        return ""
    count, wide = struct.unpack_from("<HB", data)
    return data[3 : 3 + 2 * count].decode("utf-16-le", "replace") if wide & 1 else data[3 : 3 + count].decode("latin-1")


@dataclass(frozen=True)
class _Styles:
    numbers: "np.ndarray[tuple[int], np.dtype[np.uint16]]"
    dates: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
    calculated: bool
    encoding: str


class _Cell(NamedTuple):
    """What a record says of a cell."""

    row: int
    at: int
    style: int
    value: float | str | None = None
    """Its number, or its error."""
    stale: bool = False
    """Whether the number was never calculated."""


def _scan_sheet(stream: bytes, start: int, styles: _Styles) -> SheetScan:
    places: list[tuple[int, int, int]] = []
    errors: dict[tuple[int, int], str] = {}
    values: dict[tuple[int, int], float | str] = {}
    stale: set[tuple[int, int]] = set()
    most = len(styles.numbers) - 1
    for kind, data in read_records(stream, start):
        if kind == EOF:
            break
        for row, at, style, value, old in _read_cells(kind, data, styles.calculated):
            style = min(style, most)
            places.append((row, at, style))
            if isinstance(value, str):
                errors[row, at] = value
            elif value is not None and styles.dates[style]:
                values[row, at] = value
            if old:
                stale.add((row, at))
        if styles.encoding and places and kind in (LABEL, RSTRING, STRING):
            values[places[-1][:2]] = _read_text(data if kind == STRING else data[6:], styles.encoding)
    if not places:
        return SheetScan()
    rows, columns, ids = np.array(places, np.int64).T
    grid = np.zeros((int(rows.max()) + 1, int(columns.max()) + 1), np.uint16)
    grid[rows, columns] = styles.numbers[ids]
    return SheetScan(grid.size, grid, errors, values, stale)


def _read_text(data: bytes, encoding: str) -> str:
    """A text of BIFF5 behind its length."""
    count = struct.unpack_from("<H", data)[0] if len(data) >= 2 else 0
    return data[2 : 2 + count].decode(encoding, "replace")


def _has_cells(stream: bytes, start: int) -> bool:
    for kind, _ in read_records(stream, start):
        if kind in (FORMULA, NUMBER, BOOLERR, RK, MULRK, *_TEXTS):
            return True
        if kind == EOF:
            break
    return False


def _read_cells(kind: int, data: bytes, calculated: bool) -> Iterator[_Cell]:
    """The cells in a record."""
    if len(data) < 8 or kind not in (FORMULA, NUMBER, BOOLERR, RK, MULRK, *_TEXTS):
        return
    row, at, style = struct.unpack_from("<HHH", data)
    if kind == NUMBER and len(data) >= 14:
        yield _Cell(row, at, style, struct.unpack_from("<d", data, 6)[0])
    elif kind == RK and len(data) >= 10:
        yield _Cell(row, at, style, _read_rk(struct.unpack_from("<I", data, 6)[0]))
    elif kind == MULRK:
        for n in range((len(data) - 6) // 6):
            style, number = struct.unpack_from("<HI", data, 4 + 6 * n)
            yield _Cell(row, at + n, style, _read_rk(number))
    elif kind == BOOLERR:
        yield _Cell(row, at, style, ERRORS.get(data[6], "#N/A") if data[7] else None)
    elif kind == FORMULA and len(data) >= 14:
        result = _read_result(data[6:14], calculated)
        on_load = len(data) >= 16 and data[14] & 2 > 0  # set by programs that can't calculate, with the result 0
        yield _Cell(row, at, style, result, on_load and not calculated and result == 0)
    elif kind in _TEXTS:
        yield _Cell(row, at, style)


def _read_rk(number: int) -> float:
    """A number in 30 bits, of which bit 0 divides it by 100 and bit 1 tells integers (2.5.217)."""
    value: float
    if number & 2:
        value = (number >> 2) - (1 << 30 if number & 0x80000000 else 0)
    else:
        value = struct.unpack("<d", b"\0\0\0\0" + struct.pack("<I", number & 0xFFFFFFFC))[0]
    return value / 100 if number & 1 else float(value)


def _read_result(data: bytes, calculated: bool) -> float | str | None:
    """The saved result of a formula (2.5.133): a number, an error, or None for texts and booleans."""
    if data[6:] != b"\xff\xff":
        return float(struct.unpack("<d", data)[0])
    if data[0] == 2:
        return ERRORS.get(data[2], "#N/A")
    return UNSAVED if data[0] == 3 and not calculated else None
