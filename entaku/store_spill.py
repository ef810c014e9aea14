"""Bytes put away on disk while a table is checked, gone when they are no longer needed."""

import tempfile
from pathlib import Path

from entaku.store_disk import telling


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
