"""Streams and storages of an OLE compound file ([MS-CFB]), its property sets ([MS-OLEPS]) and the records of an
.xls ([MS-XLS]), in memory.

No length is believed and no chain followed twice: readers that do both run out of memory.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.zips import BrokenError

_END = 0xFFFFFFFE
"""Ends a chain (2.1)."""
_SPECIAL = 0xFFFFFFFA
"""Sector numbers from here on mean something else than a sector."""
_NONE = 0xFFFFFFFF


@dataclass(frozen=True)
class Entry:
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
    """Every storage and stream by its path, such as "MBD0001/Package"."""

    def __init__(self, body: bytes) -> None:
        """Raises BrokenError for what is no compound file."""
        try:
            self._open(body)
        except (struct.error, IndexError) as error:
            raise BrokenError(f"OLE: {error}") from None

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
        self.paths: dict[str, Entry] = {}
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
        """Count the sectors that were visited, so that a chain that bites its tail has an end."""
        self.left -= 1
        if self.left < 0:
            raise BrokenError("OLE: 終わらない鎖 / a chain without end")

    def _chain(self, start: int, strict: bool = True) -> bytes:
        return b"".join(self._read_sector(number) for number in self._follow(start, self.fat, strict))

    def _follow(self, start: int, fat: tuple[int, ...], strict: bool) -> Iterator[int]:
        """The sectors of a chain.  `strict`: it must end as it should."""
        while start < _SPECIAL:
            self._step()
            yield start
            if start >= len(fat) and strict:
                raise BrokenError("OLE: 外へ出る鎖 / a chain that leads outside")
            start = fat[start] if start < len(fat) else _END
        if start != _END and strict:
            raise BrokenError("OLE: 途切れた鎖 / a chain that breaks off")

    def _read_entries(self, directory: bytes) -> list[Entry]:
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
            entries.append(Entry(name, directory[at + 66], left, right, child, start, size))
        return entries

    def _walk(self, entries: list[Entry], first: int, folder: str, seen: set[int]) -> None:
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
        """A stream's bytes; none where it is not there.  `strict`: raise BrokenError where its chain is not whole."""
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
    """The texts of a property set's first section, by property identifier ([MS-OLEPS] 2.21)."""
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

DIMENSIONS, SST, MULRK, BOUNDSHEET, EOF = 0x200, 0xFC, 0xBD, 0x85, 0x0A
CELLS = (0x06, 0x203, 0x204, 0x205, 0xFD, 0x27E, 0xD6)
"""FORMULA, NUMBER, LABEL, BOOLERR, LABELSST, RK, RSTRING."""


def read_records(stream: bytes, at: int = 0) -> Iterator[tuple[int, bytes]]:
    """Type and data of each record of a workbook's stream from `at` on."""
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def check_old_workbook(body: bytes) -> None:
    """Raise BrokenError or LimitError for an .xls that claims more than it holds, or than limits.CELLS."""
    ole = Ole(body)
    for path in ole.paths:
        ole.read(path)
    stream = ole.read("Workbook", strict=True) or ole.read("Book", strict=True)
    measured = _Measure(stream)
    for kind, data in read_records(stream):
        measured.step()
        if kind == SST and len(data) >= 8 and struct.unpack_from("<I", data, 4)[0] > len(stream):
            raise BrokenError("xls: 文字の数が合わない / more strings than bytes")
        if kind == BOUNDSHEET and len(data) >= 4:
            measured.add_sheet(struct.unpack_from("<I", data)[0])
        if kind == EOF:
            break


class _Measure:
    """How many cells the sheets of a stream span; a sheet counts as often as it is named."""

    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.cells = 0
        self.left = 1000 + len(stream) // 2

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise BrokenError("xls: 同じところを指すシート / sheets that overlap")

    def add_sheet(self, start: int) -> None:
        bottom = right = rows = columns = 0
        for kind, data in read_records(self.stream, start):
            self.step()
            if (kind in CELLS or kind == MULRK) and len(data) >= 4:
                row, at = struct.unpack_from("<HH", data)
                bottom, right = max(bottom, row), max(right, at + (len(data) // 6 if kind == MULRK else 0))
            elif kind == DIMENSIONS and len(data) in (10, 14):
                rows, columns = _measure(data)
            elif kind == EOF:
                break
        self.cells += max((bottom + 1) * (right + 1), rows * columns)
        if self.cells > limits.CELLS:
            raise LimitError("セル / cells", limits.CELLS)


def _measure(data: bytes) -> tuple[int, int]:
    """Rows and columns that a DIMENSIONS record claims (2.4.90; BIFF5 has 16-bit rows)."""
    top, bottom, left, right = struct.unpack_from("<HHHH" if len(data) == 10 else "<IIHH", data)
    if bottom and right and (bottom < top or right < left):
        raise BrokenError("xls: 大きさが合わない / a sheet that ends before it begins")
    return bottom - min(top, bottom), right - min(left, right)
