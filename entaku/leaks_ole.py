"""Streams and storages of an OLE compound file ([MS-CFB]) and its property sets ([MS-OLEPS]), in memory."""

import struct
from dataclasses import dataclass

from entaku.unpack import BrokenError

_END = 0xFFFFFFFA
"""Sector numbers from here on mean something else than a sector (2.1)."""
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
        except (struct.error, IndexError, RecursionError) as error:
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
        for _ in range(self.most):
            if difat >= _END:
                break
            more = _integers(self._read_sector(difat))
            numbers += more[:-1]
            difat = more[-1] if more else _NONE
        sectors = [number for number in numbers if number < _END][: self.most]
        return tuple(integer for number in sectors for integer in _integers(self._read_sector(number)))

    def _chain(self, start: int) -> bytes:
        parts: list[bytes] = []
        while start < _END and len(parts) <= self.most:
            parts.append(self._read_sector(start))
            start = self.fat[start] if start < len(self.fat) else _NONE
        return b"".join(parts)

    def _read_entries(self, directory: bytes) -> list[Entry]:
        entries = []
        for at in range(0, len(directory) - 127, 128):
            (length,) = struct.unpack_from("<H", directory, at + 64)
            name = directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            left, right, child = struct.unpack_from("<III", directory, at + 68)
            start, size = struct.unpack_from("<II", directory, at + 116)
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

    def read(self, path: str) -> bytes:
        """A stream's bytes; none where it is not there."""
        entry = self.paths.get(path)
        if entry is None or entry.kind != 2:
            return b""
        if entry.size >= self.cutoff:
            return self._chain(entry.start)[: entry.size]
        parts: list[bytes] = []
        start = entry.start
        while start < _END and len(parts) <= len(self.mini_fat):
            parts.append(self.mini[start * 64 : start * 64 + 64])
            start = self.mini_fat[start] if start < len(self.mini_fat) else _NONE
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
