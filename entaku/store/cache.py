"""A cache of bytes by key, which may be deleted at any time; each file ends with the digest of its bytes."""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from entaku.store.disk import SoundFiles, below, new_file, remove_folder, settle, telling

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

DIGEST = 32
"""Length of a SHA-256 in bytes."""
BUFFER = 1 << 16
"""Bytes that are read at once where little is asked for."""


class Cache:
    """Bytes by key, in a folder that may be deleted at any time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._sound = SoundFiles()

    def get(self, key: str) -> bytes | None:
        """Return the bytes put under `key`, or None where there are none or they fail their digest."""
        try:
            whole = self._path(key).read_bytes()
        except OSError:
            return None
        body, digest = whole[:-DIGEST], whole[-DIGEST:]
        return body if hashlib.sha256(body).digest() == digest else None

    def open(self, key: str) -> BinaryIO | None:
        """Open the bytes put under `key` as a file, verified as by `get` once in a run; the caller closes it."""
        path = self._path(key)
        with ExitStack() as stack:
            try:
                file = stack.enter_context(path.open("rb", buffering=0))
                size = os.fstat(file.fileno()).st_size - DIGEST
                body = stack.enter_context(io.BufferedReader(_Head(file, size), BUFFER))
                if not self._sound.has(path, file):
                    digest = hashlib.file_digest(body, "sha256").digest()
                    file.seek(max(size, 0))
                    if digest != file.read(DIGEST):
                        return None
                    self._sound.add(path, file)
                    body.seek(0)
            except OSError:
                return None
            stack.pop_all()
        return cast(BinaryIO, body)

    @contextmanager
    def write(self, key: str) -> Iterator[BinaryIO]:
        """Open a new file, to be written from its beginning, which may be begun again by `seek(0)` and `truncate`; its
        bytes are kept under `key` if the block ends without an error.

        Refused (cannot-write) for any OSError in the block.
        """
        path = self._path(key)
        with telling(path), new_file(self.root / ".new") as file:
            with _Hashed(file) as hashed:
                yield cast(BinaryIO, hashed)
                file.write(hashed.sha256.digest())
            self._sound.add(path, file)
            settle(file, path, sync=False)

    def put(self, key: str, body: bytes) -> None:
        """Store `body` under `key`."""
        path = self._path(key)
        with telling(path), new_file(self.root / ".new") as file:
            file.write(body)
            file.write(hashlib.sha256(body).digest())
            settle(file, path, sync=False)

    def clear(self) -> None:
        """Remove everything."""
        with telling(self.root):
            remove_folder(self.root)

    def clear_unfinished(self) -> None:
        """Remove files left half-written by a crash."""
        with telling(self.root):
            remove_folder(self.root / ".new")

    def _path(self, key: str) -> Path:
        assert key and "/" not in key and not key.startswith("."), key
        return below(self.root, f"{key[:2]}/{key}")


class _Hashed(io.RawIOBase):
    """A new file that is hashed while it is written: it need not be read again for that."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.sha256 = file, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def truncate(self, size: int | None = None) -> int:
        """Begin again: what was written is cut off, all of it."""
        assert size in (None, 0) and self.tell() == 0
        self.sha256 = hashlib.sha256()
        return self._file.truncate(0)

    def write(self, data: "ReadableBuffer") -> int:
        view = memoryview(data)
        self.sha256.update(view)
        self._file.write(view)
        return view.nbytes


class _Head(io.RawIOBase):
    """The first `size` bytes of a file, as a file."""

    def __init__(self, file: io.FileIO, size: int) -> None:
        self._file, self._size, self._at = file, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        wanted = memoryview(buffer).cast("B")[: max(0, self._size - self._at)]
        self._file.seek(self._at)
        count = self._file.readinto(wanted) or 0
        self._at += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
