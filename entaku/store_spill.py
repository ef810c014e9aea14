"""Bytes put away on disk while a table is checked, gone when they are no longer needed."""

import tempfile


class DiskSpill:
    """Numbered parts of bytes in one unnamed temporary file."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed with the last reference to it
        self._places: dict[int, list[tuple[int, int]]] = {}
        self._end = 0

    def write(self, part: int, data: bytes) -> None:
        """Add bytes to a part."""
        self._file.seek(self._end)
        self._file.write(data)
        self._places.setdefault(part, []).append((self._end, len(data)))
        self._end += len(data)

    def read(self, part: int) -> bytes:
        """All bytes of a part, in the order of writing."""
        pieces = []
        for start, size in self._places.get(part, ()):
            self._file.seek(start)
            pieces.append(self._file.read(size))
        return b"".join(pieces)
