"""The data of a table in a release under its plain name, also where they are in parts: these one below the other."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from entaku.model.files import is_shared, name_part_list
from entaku.model.nouns import Finding, Refused
from entaku.store.disk import PIECE, below, list_files, show_path


def find_data(folder: Path, path: str) -> list[Path]:
    """Return the files that a CSV or a Parquet of a release consists of, in their order.  Raises Refused."""
    whole = below(folder, path)
    table, _, kind = path.rpartition(".")
    if kind not in ("csv", "parquet") or not table or "/" in path or whole.exists():
        return [whole]
    listed = below(folder, name_part_list(table))
    if not listed.is_file():
        return [whole]
    try:
        return [below(folder, part[kind]["path"]) for part in json.loads(listed.read_bytes())]
    except (LookupError, TypeError, ValueError) as error:
        raise Refused(Finding("store-broken", value=show_path(listed), args={"why": repr(error)})) from error


def open_data(files: Sequence[Path]) -> BinaryIO:
    """Open a file, or parts as one CSV."""
    return files[0].open("rb") if len(files) == 1 else io.BufferedReader(JoinedCsv(files))


def share_parts(folder: Path, former: Path) -> None:
    """Hard-link each file in a folder that a former release has, too, to that one, where the disk has links."""
    for path in filter(is_shared, list_files(folder)):
        own, other = below(folder, path), below(former, path)
        if not other.is_file() or other.is_symlink() or own.samefile(other) or not _are_same(own, other):
            continue
        linked = own.with_name(f"{own.name}.link")
        try:
            os.link(other, linked)
        except OSError:
            return
        linked.replace(own)


def _are_same(one: Path, other: Path) -> bool:
    """Test whether two files have the same bytes; both are read, as what was written once may have rotted."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as mine, other.open("rb") as theirs:
        while piece := mine.read(1 << 20):
            if piece != theirs.read(len(piece)):
                return False
    return True


class JoinedCsv(io.RawIOBase):
    """CSV files one below the other, without the first lines of all but the first."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__()
        self._left = list(paths)
        self._file = self._left.pop(0).open("rb")
        self._head = len(self._file.readline())
        self._file.seek(0)

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Read the next bytes."""
        while not (count := self._file.readinto(buffer)) and self._left and len(buffer):
            self._file.close()
            self._file = self._left.pop(0).open("rb")
            self._file.seek(self._head)
        return count

    def close(self) -> None:
        """Close the file that is open."""
        self._file.close()
        super().close()


def hash_pages(path: Path) -> str:
    """Return the SHA-256 of a Parquet file without its footer, whose length is told before the last four bytes."""
    with path.open("rb") as file:
        file.seek(-8, os.SEEK_END)
        left = file.tell() - int.from_bytes(file.read(4), "little")
        file.seek(0)
        digest = hashlib.sha256()
        while left > 0 and (piece := file.read(min(PIECE, left))):
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()
