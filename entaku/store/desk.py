"""Files of a release in preparation, before it is known whether it will be published."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Literal

from entaku.model.files import File, is_shared
from entaku.model.nouns import Finding, Refused
from entaku.store.disk import below, hash_file, list_files, make_folder, remove_folder, show_path, telling


class DiskSpill:
    """Numbered parts of bytes in one unnamed temporary file."""

    def __init__(self, folder: Path | None = None) -> None:
        """Create an empty spill on the disk of `folder`; none for the system's temporary folder."""
        self._where = folder or Path(tempfile.gettempdir())
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed with the last reference to it
        self._places: dict[int, list[tuple[int, int]]] = {}
        self._end = 0

    def write(self, part: int, data: bytes) -> None:
        """Append bytes to a part."""
        with telling(self._where):
            self._file.seek(self._end)
            self._file.write(data)
        self._places.setdefault(part, []).append((self._end, len(data)))
        self._end += len(data)

    def read(self, part: int) -> bytes:
        """Return all bytes of a part, in the order of writing."""
        pieces = []
        with telling(self._where):
            for start, size in self._places.get(part, ()):
                self._file.seek(start)
                pieces.append(self._file.read(size))
        return b"".join(pieces)


class Desk:
    """A folder of staged files, which a release takes over whole (`Store.write_release`) or which is discarded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sheets: dict[str, Sheet] = {}

    def open(self, path: str) -> "Sheet":
        """Open a new file, replacing one of the same path."""
        if path in self._sheets:
            self._sheets.pop(path).close()
        target = below(self.folder, path)
        with telling(target):
            make_folder(target.parent)
            target.unlink(missing_ok=True)  # it may be a part of a release, by another name
            sheet = Sheet(target)
        self._sheets[path] = sheet
        return sheet

    def read(self, path: str) -> bytes:
        """Return the bytes written to a file so far."""
        if path in self._sheets:
            return self._sheets[path].read()
        target = below(self.folder, path)
        with telling(target):
            return target.read_bytes()

    def close(self, path: str) -> None:
        """Close a file to which nothing more is written: of a table in parts there may be more than can be open."""
        if path in self._sheets:
            self._sheets.pop(path).finish(sync=False)

    def share(self, release: Path, files: Iterable[File]) -> bool:
        """Take over files of a release that are as they were written, as other names of them where the disk has links;
        test whether all are there."""
        for file in files:
            source, target = below(release, file.path), below(self.folder, file.path)
            with telling(target):
                if not source.is_file() or source.is_symlink() or hash_file(source) != file.sha256:
                    return False
                make_folder(target.parent)
                target.unlink(missing_ok=True)
                share_file(source, target)
        return True

    def make_spill(self) -> DiskSpill:
        """Create a temporary file on the same disk."""
        with telling(self.folder):
            make_folder(self.folder)
            return DiskSpill(self.folder)

    def adopt(self, folder: Path, sums: Mapping[str, str]) -> None:
        """Take over the files of a folder that another process has written, in place of what is staged; `sums`: the
        SHA-256 of each by its path.  Raises Refused (checksum) for one that has another."""
        self.clear()
        with telling(self.folder):
            assert set(list_files(folder)) == sums.keys()
            for path, sha256 in sums.items():
                if hash_file(below(folder, path)) != sha256:
                    raise Refused(Finding("checksum", value=show_path(folder / path)))
            make_folder(self.folder.parent)
            shutil.move(folder, self.folder)
            for path in sums:
                if not is_shared(path):
                    self._sheets[path] = Sheet(below(self.folder, path), "ab")

    def finish(self, *, sync: bool = True) -> None:
        """Close every file; with `sync` it is on the disk then."""
        while self._sheets:
            _, sheet = self._sheets.popitem()
            sheet.finish(sync=sync)

    def clear(self) -> None:
        """Discard the staged files; a no-op if a release took them."""
        while self._sheets:
            self._sheets.popitem()[1].close()
        with telling(self.folder):
            remove_folder(self.folder)


class Sheet:
    """One staged file."""

    def __init__(self, path: Path, mode: Literal["wb", "ab"] = "wb") -> None:
        self.path = path
        self._file: BinaryIO = path.open(mode)

    def write(self, data: bytes) -> object:
        """Append bytes; ignored after `close`, as a writer may still write its footer to a discarded file."""
        if self._file.closed:
            return len(data)
        with telling(self.path):
            return self._file.write(data)

    def read(self) -> bytes:
        """Return the bytes written so far."""
        with telling(self.path):
            self._file.flush()
            return self.path.read_bytes()

    def finish(self, *, sync: bool = True) -> None:
        """Close the file; with `sync` it is on the disk then."""
        with telling(self.path), self._file as file:
            file.flush()
            if sync:
                os.fsync(file.fileno())

    def close(self) -> None:
        """Close the file, ignoring errors; a no-op if it is closed."""
        with suppress(OSError):  # the disk may be full; a file that was not finished is discarded anyway
            self._file.close()


WRITTEN = ("ledger.jsonl", "releases.json", "absent.txt")
"""Files of a store that change; all others are written once."""


def share_file(source: Path, target: Path) -> None:
    """Hard-link a file, or copy it if it is one that changes or can't be linked."""
    if source.name not in WRITTEN and not source.is_symlink():
        try:
            os.link(source, target)
        except OSError:
            pass
        else:
            return
    shutil.copyfile(source, target)
