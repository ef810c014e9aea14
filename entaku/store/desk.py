"""Where the files of a release are written before it is known whether it will be one."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from entaku.store.disk import below, make_folder, remove_folder, telling


class DiskSpill:
    """Numbered parts of bytes in one unnamed temporary file."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: whose disk it is to be on; none for the system's place for such files."""
        self._where = folder or Path(tempfile.gettempdir())
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed with the last reference to it
        self._places: dict[int, list[tuple[int, int]]] = {}
        self._end = 0

    def write(self, part: int, data: bytes) -> None:
        """Add bytes to a part."""
        with telling(self._where):
            self._file.seek(self._end)
            self._file.write(data)
        self._places.setdefault(part, []).append((self._end, len(data)))
        self._end += len(data)

    def read(self, part: int) -> bytes:
        """All bytes of a part, in the order of writing."""
        pieces = []
        with telling(self._where):
            for start, size in self._places.get(part, ()):
                self._file.seek(start)
                pieces.append(self._file.read(size))
        return b"".join(pieces)


class Desk:
    """A folder of files in the making: a release takes it over whole (`Store.write_release`), or it is thrown away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sheets: dict[str, Sheet] = {}

    def open(self, path: str) -> "Sheet":
        """A new file; one of that name gives way."""
        if path in self._sheets:
            self._sheets.pop(path).close()
        target = below(self.folder, path)
        with telling(target):
            make_folder(target.parent)
            sheet = Sheet(target)
        self._sheets[path] = sheet
        return sheet

    def read(self, path: str) -> bytes:
        """The bytes of a file as far as it is written."""
        return self._sheets[path].read()

    def make_spill(self) -> DiskSpill:
        """A place on the same disk for bytes that are soon read again."""
        with telling(self.folder):
            make_folder(self.folder)
            return DiskSpill(self.folder)

    def finish(self) -> None:
        """Wait until the disk has every file."""
        while self._sheets:
            _, sheet = self._sheets.popitem()
            sheet.finish()

    def clear(self) -> None:
        """Throw everything away that no release has taken."""
        while self._sheets:
            self._sheets.popitem()[1].close()
        with telling(self.folder):
            remove_folder(self.folder)


class Sheet:
    """One file in the making."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO = path.open("wb")

    def write(self, data: bytes) -> object:
        """Add bytes; of a file that was given up, whose writer may yet want to write its end, none are kept."""
        if self._file.closed:
            return len(data)
        with telling(self.path):
            return self._file.write(data)

    def read(self) -> bytes:
        """What is written so far."""
        with telling(self.path):
            self._file.flush()
            return self.path.read_bytes()

    def finish(self) -> None:
        """Wait until the disk has it all."""
        with telling(self.path), self._file as file:
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        """Let go of it, whatever has become of it."""
        with suppress(OSError):  # the disk may be full; what was not written is thrown away anyway
            self._file.close()
