"""Reader of OLE compound files ([MS-CFB]), their property sets ([MS-OLEPS]) and the records of an .xls ([MS-XLS]), in
memory.

Declared lengths are not trusted and no chain is followed twice: readers that do both run out of memory.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.xlsx_sheet import NUMBERED
from entaku.formats.zips import BrokenError, LockedError

_END = 0xFFFFFFFE
"""Ends a chain (2.1)."""
_SPECIAL = 0xFFFFFFFA
"""First sector number that is a marker, not a sector."""
_NONE = 0xFFFFFFFF


@dataclass(frozen=True)
class OleEntry:
    """A directory entry (2.6)."""

    name: str
    kind: int
    """1 a storage, 2 a stream, 5 the root."""
    left: int
    right: int
    child: int
    start: int
    size: int


class Ole:
    """The storages and streams of a compound file, by path, such as "MBD0001/Package"."""

    def __init__(self, body: bytes) -> None:
        """Open a compound file in memory.  Raises BrokenError for anything else."""
        try:
            self._open(body)
        except (struct.error, IndexError) as error:
            raise BrokenError(f"OLE の形が壊れています / OLE: {error}") from None

    def _open(self, body: bytes) -> None:
        self.body = body
        shift, mini = struct.unpack_from("<HH", body, 30)
        if shift not in (9, 12) or mini != 6:
            raise BrokenError("OLE: セクターの大きさ / sector size")
        self.sector = 1 << shift
        directory, self.cutoff, mini_fat, _, difat, _ = (
            struct.unpack_from("<I", body, 48)[0], *struct.unpack_from("<IIIII", body, 56)
        )  # fmt: skip
        self.most = len(body) // self.sector + 1
        self.left = 8 * self.most
        declared = struct.unpack_from("<I", body, 40) + struct.unpack_from("<I", body, 44)
        if max(*declared, *struct.unpack_from("<I", body, 64), *struct.unpack_from("<I", body, 72)) > self.most:
            raise BrokenError("OLE: 長さが合わない / lengths beyond the file")
        self.fat = self._read_fat(difat)
        entries = self._read_entries(self._chain(directory))
        self.paths: dict[str, OleEntry] = {}
        if entries:
            self.mini = self._chain(entries[0].start)
            packed = self._chain(mini_fat)
            self.mini_fat = struct.unpack(f"<{len(packed) // 4}I", packed[: len(packed) // 4 * 4])
            self._walk(entries, entries[0].child, "", set())

    def _read_sector(self, number: int) -> bytes:
        return self.body[(number + 1) * self.sector : (number + 2) * self.sector]

    def _read_fat(self, difat: int) -> tuple[int, ...]:
        numbers = list(struct.unpack_from("<109I", self.body, 76))
        while difat < _SPECIAL:
            self._step()
            more = _integers(self._read_sector(difat))
            numbers += more[:-1]
            difat = more[-1] if more else _NONE
        sectors = [number for number in numbers if number < _SPECIAL][: self.most]
        return tuple(integer for number in sectors for integer in _integers(self._read_sector(number)))

    def _step(self) -> None:
        """Count a visited sector, so that following a circular chain ends."""
        self.left -= 1
        if self.left < 0:
            raise BrokenError("OLE: 終わらない鎖 / a chain without end")

    def _chain(self, start: int, strict: bool = True) -> bytes:
        return b"".join(self._read_sector(number) for number in self._follow(start, self.fat, strict))

    def _follow(self, start: int, fat: tuple[int, ...], strict: bool) -> Iterator[int]:
        """Yield the sectors of a chain.  `strict`: raise BrokenError where it has no proper end."""
        while start < _SPECIAL:
            self._step()
            yield start
            if start >= len(fat) and strict:
                raise BrokenError("OLE: 外へ出る鎖 / a chain that leads outside")
            start = fat[start] if start < len(fat) else _END
        if start != _END and strict:
            raise BrokenError("OLE: 途切れた鎖 / a chain that breaks off")

    def _read_entries(self, directory: bytes) -> list[OleEntry]:
        entries = []
        if len(directory) % 128:
            raise BrokenError("OLE: 途中で切れている / cut short")
        for at in range(0, len(directory), 128):
            (length,) = struct.unpack_from("<H", directory, at + 64)
            name = directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            left, right, child = struct.unpack_from("<III", directory, at + 68)
            start, size, more = struct.unpack_from("<III", directory, at + 116)
            if directory[at + 66] in (2, 5) and (size > len(self.body) or (more and self.sector > 512)):
                raise BrokenError("OLE: 長さが合わない / lengths beyond the file")
            entries.append(OleEntry(name, directory[at + 66], left, right, child, start, size))
        return entries

    def _walk(self, entries: list[OleEntry], first: int, folder: str, seen: set[int]) -> None:
        waiting = [(first, folder)]
        while waiting:
            number, folder = waiting.pop()
            if number >= len(entries) or number in seen:
                continue
            seen.add(number)
            entry = entries[number]
            self.paths[folder + entry.name] = entry
            waiting += [(entry.left, folder), (entry.right, folder)]
            if entry.kind == 1:
                waiting.append((entry.child, f"{folder}{entry.name}/"))

    def read(self, path: str, strict: bool = False) -> bytes:
        """Return a stream's bytes, b"" if there is none.  `strict`: raise BrokenError where its chain is incomplete."""
        entry = self.paths.get(path)
        if entry is None or entry.kind != 2:
            return b""
        if not entry.size:
            return b""
        if entry.size >= self.cutoff:
            return self._chain(entry.start, strict)[: entry.size]
        parts = (
            self.mini[number * 64 : number * 64 + 64] for number in self._follow(entry.start, self.mini_fat, strict)
        )
        return b"".join(parts)[: entry.size]


def _integers(sector: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(sector) // 4}I", sector[: len(sector) // 4 * 4])


def read_properties(stream: bytes) -> dict[int, str]:
    """Return the texts of a property set's first section, by property identifier ([MS-OLEPS] 2.21)."""
    texts: dict[int, str] = {}
    try:
        (section,) = struct.unpack_from("<I", stream, 44)
        (count,) = struct.unpack_from("<I", stream, section + 4)
        for n in range(min(count, 1000)):
            number, at = struct.unpack_from("<II", stream, section + 8 + 8 * n)
            kind, length = struct.unpack_from("<II", stream, section + at)
            start = section + at + 8
            if kind == 0x1E:
                texts[number] = stream[start : start + length].decode("cp932", "replace").rstrip("\0")
            elif kind == 0x1F:
                texts[number] = stream[start : start + 2 * length].decode("utf-16-le", "replace").rstrip("\0")
    except struct.error:
        pass
    return texts


# ---- .xls -------------------------------------------------------------------------------------------------------

_DIMENSIONS, _SST, _MULRK, _BOUNDSHEET, _BOF, _EOF = 0x200, 0xFC, 0xBD, 0x85, 0x809, 0x0A
_FILEPASS, _WRITEACCESS, _SUPBOOK, _CRN, _ROW, _COLINFO, _NOTE = 0x2F, 0x5C, 0x1AE, 0x5A, 0x208, 0x7D, 0x1C
_CELLS = frozenset((0x06, 0x203, 0x204, 0x205, 0xFD, 0x27E, 0xD6))
"""FORMULA, NUMBER, LABEL, BOOLERR, LABELSST, RK, RSTRING."""
_FONT, _XF, _FORMAT, _PALETTE, _CONTINUE = 0x31, 0xE0, 0x41E, 0x92, 0x3C
_WORDS = frozenset((0xFD, 0x204, 0xD6))
"""Cells of words: LABELSST, LABEL, RSTRING."""
TEXT_RECORDS = dict.fromkeys((0x14, 0x15), "header") | dict.fromkeys((0x1B6, 0xEB, 0xEC), "shape")
TEXT_RECORDS |= {0x18: "name", 0x1BE: "choices", 0x1B8: "link", 0x100D: "chart"}
"""HEADER, FOOTER, TxO, MsoDrawingGroup, MsoDrawing, Lbl, Dv, HLink, SeriesText: records with texts that no cell has."""
_LEAST_HEIGHT, _LEAST_WIDTH = 20, 77
"""Smallest height and width at which something shows: a point in twips, 0.3 of a character in 256ths."""


@dataclass
class OldSheet:
    """A sheet of an .xls; rows and columns count from 0."""

    name: str
    hidden: bool
    start: int
    """Offset of its first record."""
    cells: list[tuple[int, int]] = field(default_factory=list)
    """Row and column of each cell with content."""
    unseen_rows: set[int] = field(default_factory=set)
    """Rows that are hidden or too low to show anything."""
    unseen_columns: list[tuple[int, int]] = field(default_factory=list)
    """First and last of each run of columns that are hidden or too narrow to show anything."""
    comments: list[tuple[int, int]] = field(default_factory=list)
    styles: list[tuple[int, bool]] = field(default_factory=list)
    """Of each of `cells`, the number of its style and whether it holds words."""
    texts: list[tuple[str, bytes]] = field(default_factory=list)
    """Records with texts that no cell has, each with what TEXT_RECORDS calls it."""


@dataclass
class OldBook:
    """An .xls workbook."""

    sheets: list[OldSheet] = field(default_factory=list)
    writer: str = ""
    """Name of the user who saved it."""
    linked: bool = False
    """Whether it links to other workbooks."""
    linked_values: int = 0
    """Number of values of linked workbooks that it stores."""
    texts: list[tuple[str, bytes]] = field(default_factory=list)
    """As those of a sheet."""
    strings: int = 0
    """Number of shared strings."""
    used: set[int] = field(default_factory=set)
    """Those that cells use."""
    fonts: list[tuple[int, int]] = field(default_factory=list)
    """Height in twips and colour."""
    styles: list[tuple[int, int, int | None]] = field(default_factory=list)
    """Numbers of font and format, and colour of the ground; None for a pattern."""
    formats: dict[int, str] = field(default_factory=dict)
    palette: list[tuple[int, int, int]] = field(default_factory=lambda: [*NUMBERED])


def read_records(stream: bytes, at: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield type and data of each record of a workbook's stream from `at` on."""
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def read_old_book(ole: Ole) -> OldBook:
    """Read the sheets of an .xls without the cells' values.  Raises BrokenError where it is no .xls or is encrypted."""
    stream = ole.read("Workbook") or ole.read("Book")
    if not stream:
        raise BrokenError("OLE: ブックがない / no workbook")
    book, last = OldBook(), 0
    for kind, data in read_records(stream):
        if kind == _FILEPASS:
            raise LockedError
        if kind == _BOUNDSHEET and len(data) >= 8:
            (start,) = struct.unpack_from("<I", data)
            sheet = OldSheet(_read_text(data[6:], short=True), bool(data[4] & 3), start)
            _read_sheet(stream, sheet, book.used)
            book.sheets.append(sheet)
        elif kind == _WRITEACCESS:
            book.writer = _read_text(data, short=False)
        elif kind == _SUPBOOK and len(data) > 4:
            book.linked = True
        elif kind == _CRN:
            book.linked_values += 1
        elif kind == _EOF:
            break
        else:
            _read_looks(book, kind, data)
        last = kind if kind != _CONTINUE else last
        if last in TEXT_RECORDS:
            book.texts.append((TEXT_RECORDS[last], data))
    return book


def _read_looks(book: OldBook, kind: int, data: bytes) -> None:
    """Note fonts, formats and styles (2.4.122, 2.4.126, 2.4.353), the palette, and how many strings there are."""
    if kind == _SST and len(data) >= 8:
        (book.strings,) = struct.unpack_from("<I", data, 4)
    elif kind == _FONT and len(data) >= 6:
        height, _, colour = struct.unpack_from("<HHH", data)
        book.fonts.append((height, colour))
    elif kind == _FORMAT and len(data) > 5:
        book.formats[struct.unpack_from("<H", data)[0]] = _read_text(data[2:], short=False)
    elif kind == _XF and len(data) >= 20:
        font, form = struct.unpack_from("<HH", data)
        pattern, colours = struct.unpack_from("<IH", data, 14)
        ground = {0: 65, 1: colours & 0x7F}.get(pattern >> 26)
        book.styles.append((font - (font > 4), form, ground))
    elif kind == _PALETTE and len(data) >= 2:
        own = [
            (red, green, blue)
            for red, green, blue, _ in struct.iter_unpack("4B", data[2 : 2 + (len(data) - 2) // 4 * 4])
        ]
        book.palette[8 : 8 + len(own)] = own


def _read_sheet(stream: bytes, sheet: OldSheet, used: set[int]) -> None:
    depth = last = 0
    for kind, data in read_records(stream, sheet.start):
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            break
        last = kind if kind != _CONTINUE else last
        if last in TEXT_RECORDS:
            sheet.texts.append((TEXT_RECORDS[last], data))
        if depth > 1:  # a chart within the sheet
            continue
        if cells := _find_cells(kind, data):
            row, first, end = cells
            sheet.cells += [(row, at) for at in range(first, end + 1)]
            styles = data[4:] if kind == _MULRK else data[4:6]
            sheet.styles += [
                (struct.unpack_from("<H", styles, 6 * n)[0] if 6 * n + 2 <= len(styles) else 0, kind in _WORDS)
                for n in range(end - first + 1)
            ]
            if kind == 0xFD and len(data) >= 10:
                used.add(struct.unpack_from("<I", data, 6)[0])
        elif kind == _ROW and len(data) >= 14:
            row, height = struct.unpack_from("<H4xH", data)
            if data[12] & 0x20 or (height & 0x7FFF) < _LEAST_HEIGHT:
                sheet.unseen_rows.add(row)
        elif kind == _COLINFO and len(data) >= 10:
            first, last, width = struct.unpack_from("<HHH", data)
            if data[8] & 1 or width < _LEAST_WIDTH:
                sheet.unseen_columns.append((first, last))
        elif kind == _NOTE and len(data) >= 4:
            row, at = struct.unpack_from("<HH", data)
            sheet.comments.append((row, at))


def _find_cells(kind: int, data: bytes) -> tuple[int, int, int] | None:
    """Return row, first and last column of a record's cells; None for a record of another kind."""
    if kind in _CELLS and len(data) >= 4:
        row, at = struct.unpack_from("<HH", data)
        return row, at, at
    if kind == _MULRK and len(data) >= 6:
        row, first = struct.unpack_from("<HH", data)
        return row, first, first + len(data) // 6 - 2  # the record claims a last column, which need not be true
    return None


def _read_text(data: bytes, short: bool) -> str:
    """Read a string of BIFF8 with a short or a long count (2.5.240, 2.5.294)."""
    if len(data) < 3:
        return ""
    count, start = (data[0], 1) if short else (struct.unpack_from("<H", data)[0], 2)
    if count > len(data):
        return data.decode("latin-1")  # some programs write plain bytes
    wide = data[start] & 1
    words = data[start + 1 : start + 1 + count * (1 + wide)]
    return words.decode("utf-16-le" if wide else "latin-1", "replace")


def check_old_workbook(body: bytes) -> None:
    """Check the size an .xls claims.  Raises BrokenError beyond what its bytes can hold, LimitError beyond the limit."""
    ole = Ole(body)
    for path in ole.paths:
        ole.read(path)
    stream = ole.read("Workbook", strict=True) or ole.read("Book", strict=True)
    measured = _Measure(stream)
    for kind, data in read_records(stream):
        measured.step()
        if kind == _SST and len(data) >= 8 and struct.unpack_from("<I", data, 4)[0] > len(stream):
            raise BrokenError("xls: 文字の数が合わない / more strings than bytes")
        if kind == _BOUNDSHEET and len(data) >= 4:
            measured.add_sheet(struct.unpack_from("<I", data)[0])
        if kind == _EOF:
            break


class _Measure:
    """A counter of the cells that a stream's sheets span; a sheet counts as often as it is named."""

    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.cells = 0
        self.left = 1000 + len(stream) // 2

    def step(self) -> None:
        """Count a record, so that reading overlapping sheets ends."""
        self.left -= 1
        if self.left < 0:
            raise BrokenError("xls: 同じところを指すシート / sheets that overlap")

    def add_sheet(self, start: int) -> None:
        """Add the rectangle from A1 to the last cell of the sheet that begins at `start`."""
        bottom = right = rows = columns = 0
        for kind, data in read_records(self.stream, start):
            self.step()
            if cells := _find_cells(kind, data):
                bottom, right = max(bottom, cells[0]), max(right, cells[2])
            elif kind == _DIMENSIONS and len(data) in (10, 14):
                rows, columns = _measure(data)
            elif kind == _EOF:
                break
        self.cells += max((bottom + 1) * (right + 1), rows * columns)
        if self.cells > limits.CELLS:
            raise LimitError("セル / cells", limits.CELLS)


def _measure(data: bytes) -> tuple[int, int]:
    """Return the rows and columns that a DIMENSIONS record claims (2.4.90; BIFF5 has 16-bit rows)."""
    top, bottom, left, right = struct.unpack_from("<HHHH" if len(data) == 10 else "<IIHH", data)
    if bottom and right and (bottom < top or right < left):
        raise BrokenError("xls: 大きさが合わない / a sheet that ends before it begins")
    return bottom - min(top, bottom), right - min(left, right)
