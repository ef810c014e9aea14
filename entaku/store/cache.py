"""A cache of bytes by key, which may be deleted at any time; each file ends with the digest of its bytes."""

import hashlib
import io
import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from entaku.model.nouns import Finding
from entaku.store.desk import DiskSpill
from entaku.store.disk import (
    SoundFiles,
    copy_pieces,
    make_folder,
    new_file,
    remove_folder,
    settle,
    show_path,
    telling,
)  # fmt: skip
from entaku.store.units import UnitFolders

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

DIGEST = 32
"""Length of a SHA-256 in bytes."""
_numbers = itertools.count()
BUFFER = 1 << 16
"""Bytes that are read at once where little is asked for."""


class Cache:
    """Bytes by key, in a folder that may be deleted at any time."""

    TAIL = DIGEST
    """Bytes at the end of a kept file that are no part of what was put."""

    def __init__(self, root: Path) -> None:
        self.root, self._folder, self._waiting = root, os.fspath(root), os.fspath(root / ".new")
        self._sound = SoundFiles()

    def get(self, key: str) -> bytes | None:
        """Return the bytes put under `key`, or None where there are none or they fail their digest."""
        try:
            with open(self._name(key), "rb") as file:
                whole = file.read()
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
                body = stack.enter_context(io.BufferedReader(FileHead(file, size), BUFFER))
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

    def find_digest(self, key: str) -> str | None:
        """Return the SHA-256 of the bytes put under `key`, verified as by `open`; None where there are none."""
        body = self.open(key)
        if body is None:
            return None
        body.close()
        try:
            with self._path(key).open("rb") as file:
                file.seek(-DIGEST, os.SEEK_END)
                return file.read().hex()
        except OSError:
            return None

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

    @contextmanager
    def write_several(self, key: str) -> Iterator["CacheFiles"]:
        """Open files to be written side by side; they are kept if the block ends without an error."""
        with ExitStack() as stack:
            files = CacheFiles(self, key, stack)
            try:
                yield files
            finally:
                files.let_go()

    def copy_out(self, key: str, path: Path) -> None:
        """Write the bytes kept under `key`, which must be there, to a file."""
        with self.open(key) or io.BytesIO() as body, telling(path), new_file(path.parent) as file:
            copy_pieces(body, file, Finding("store-broken", value=show_path(self._path(key))))
            settle(file, path, sync=False)

    def make_spill(self) -> DiskSpill:
        """Create a temporary file on the same disk."""
        with telling(self.root):
            make_folder(self.root)
            return DiskSpill(self.root)

    def locate(self, key: str) -> Path:
        """Return the path of the file kept under `key`, whose last TAIL bytes are no part of what was put."""
        return self._path(key)

    def put(self, key: str, body: bytes) -> None:
        """Store `body` under `key`."""
        name, unfinished = self._name(key), f"{self._waiting}/{os.getpid()}-{next(_numbers)}.put"
        with telling(Path(name)):
            try:
                try:
                    _write(unfinished, name, body)
                except FileNotFoundError:
                    make_folder(Path(self._waiting))
                    make_folder(Path(name).parent)
                    _write(unfinished, name, body)
            except BaseException:
                with suppress(OSError):
                    os.unlink(unfinished)
                raise

    @property
    def units(self) -> UnitFolders:
        """Return where the processes of a run put the tables they have made."""
        return UnitFolders(self.root / ".new" / "units")

    def clear(self) -> None:
        """Remove everything."""
        with telling(self.root):
            remove_folder(self.root)

    def clear_unfinished(self) -> None:
        """Remove files left half-written by a crash."""
        with telling(self.root):
            remove_folder(self.root / ".new")

    def _path(self, key: str) -> Path:
        return Path(self._name(key))

    def _name(self, key: str) -> str:
        """Return the path of a key's file as text: a Path for each would cost more than reading it."""
        assert key and "/" not in key and not key.startswith("."), key
        return f"{self._folder}/{key[:2]}/{key}"


def _write(unfinished: str, name: str, body: bytes) -> None:
    with open(unfinished, "wb") as file:
        file.write(body)
        file.write(hashlib.sha256(body).digest())
    os.replace(unfinished, name)


class CacheFiles:
    """Files of one origin that are written side by side, each kept under a key of its own."""

    def __init__(self, cache: Cache, key: str, stack: ExitStack) -> None:
        self._cache, self._key, self._stack = cache, key, stack
        self._files: dict[str, BinaryIO] = {}
        self._writers: dict[str, OpenFile] = {}

    def open(self, path: str) -> "OpenFile":
        """Open a new file, replacing one of the same path."""
        if path in self._files:
            self._writers[path].let_go()
            self._files[path].seek(0)
            self._files[path].truncate()
        else:
            self._files[path] = self._stack.enter_context(self._cache.write(self.name(path)))
        self._writers[path] = OpenFile(self._files[path])
        return self._writers[path]

    def name(self, path: str) -> str:
        """Return the key under which a file is kept."""
        return hashlib.sha256(f"{self._key} {path}".encode()).hexdigest()

    def let_go(self) -> None:
        """Ignore what is written from now on."""
        for writer in self._writers.values():
            writer.let_go()


class OpenFile:
    """One of several files that are written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file: BinaryIO | None = file

    def write(self, data: "ReadableBuffer", /) -> object:
        """Append bytes; ignored after `let_go`, as a writer may still write its footer to a file that was given up."""
        return self._file.write(data) if self._file is not None else None

    def let_go(self) -> None:
        """Ignore what is written from now on."""
        self._file = None


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


class FileHead(io.RawIOBase):
    """The first `size` bytes of a file, as a file."""

    def __init__(self, file: io.FileIO | io.BufferedReader, size: int) -> None:
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
