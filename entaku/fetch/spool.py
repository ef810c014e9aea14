"""Storage of bodies between the network and the archive: small ones in memory, large ones in unnamed files."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from entaku.model.body import Body, make_body
from entaku.model.nouns import Finding, Refused

SMALL = 1 << 20
"""Size in bytes up to which a body stays in memory."""


class Spool:
    """Buffer for the bytes of one body.  Refused (cannot-write) if the disk is full or fails."""

    def __init__(self, folder: Path | None = None) -> None:
        """Create an empty spool; `folder` is for a large body, none for the system's temporary folder."""
        self.size = 0
        self._folder = folder or Path(tempfile.gettempdir())
        self._few = bytearray()
        self._file: BinaryIO | None = None

    def write(self, piece: bytes) -> None:
        """Append bytes."""
        self.size += len(piece)
        if self._file is None:
            self._few += piece
            if self.size <= SMALL:
                return
        with self._telling():
            if self._file is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  closed by `close`
                self._file.write(self._few)
                self._few.clear()
            else:
                self._file.write(piece)

    def end(self) -> Body:
        """Return the body; closing it closes the spool."""
        if self._file is None:
            return make_body(bytes(self._few))
        with self._telling():
            self._file.flush()
        return Body(self.size, self._open, self.close)

    def close(self) -> None:
        """Close the file, which frees its disk space."""
        if self._file is not None:
            with suppress(OSError):  # the disk may be full
                self._file.close()

    def _open(self) -> BinaryIO:
        assert self._file is not None
        file = os.fdopen(os.dup(self._file.fileno()), "rb")
        file.seek(0)
        return file

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise Refused(Finding("cannot-write", value=str(self._folder), args={"why": why})) from error
