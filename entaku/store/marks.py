"""What is known of the files of a store: those that are as they were when they were last read need not be read again.

It is kept in the store's `.remote`, with the address of the store of objects of which the folder is a working copy.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from entaku.store.disk import RAW, hash_file, telling, write_whole
from entaku.store.histories import DECIDING
from entaku.store.states import read_states

INDEX = ".remote"


class FileMark(NamedTuple):
    """A file as it was when it was read."""

    size: int
    when: int
    """The time of its last change, in nanoseconds."""
    sha256: str


class FileMarks:
    """What is known of the files of a store, by dataset; "" has those of none."""

    def __init__(self, root: Path) -> None:
        self._root, self.address = root, ""
        self._states: dict[str, str] = {}
        """By dataset the states of its records when all of its files were last looked at."""
        self._marks: dict[str, dict[str, FileMark]] = {}
        self._changed = False

    def load(self) -> None:
        """Read what was kept; nothing where that can't be read."""
        try:
            told = json.loads((self._root / INDEX).read_bytes())
            self._marks = {
                name: {path: FileMark(*mark) for path, mark in files.items()} for name, files in told["files"].items()
            }
            self.address, self._states = str(told["address"]), dict(told["states"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._changed = True

    def keep(self, address: str) -> None:
        """Keep what is known, of a working copy of `address`, if that has changed."""
        if self._changed or address != self.address:
            told = {"address": address, "states": self._states, "files": self._marks}
            with telling(self._root):
                body = json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogateescape")
                write_whole(self._root / INDEX, body, self._root / ".new", sync=False)
            self.address, self._changed = address, False

    def look(self, names: Iterable[str], others: Iterable[str]) -> dict[str, str]:
        """Return the SHA-256 of all files of datasets, and of `others`, by path; without source files that aren't what
        their names say."""
        found = self._digest("", others)
        for name in names:
            state = read_states(f"{self._root}/{name}/{path}" for path in DECIDING).digest
            if self._states.get(name) == state:
                found |= {path: mark.sha256 for path, mark in self._marks[name].items()}
                continue
            files = self.read(name, name)
            self._marks[name] = {path: self._marks[name][path] for path in files}
            self._states[name], self._changed = state, True
            found |= files
        return found

    def read(self, name: str, folder: str) -> dict[str, str]:
        """Return the SHA-256 of the files in a folder of a dataset."""
        return self._digest(name, self._walk(folder))

    def note(self, path: str, sha256: str) -> None:
        """Note the SHA-256 of a file that was written."""
        stat = (self._root / path).stat()
        name = path.partition("/")[0] if "/" in path else ""
        self._marks.setdefault(name, {})[path] = FileMark(stat.st_size, stat.st_mtime_ns, sha256)
        self._states.pop(name, None)
        self._changed = True

    def _digest(self, name: str, paths: Iterable[str]) -> dict[str, str]:
        marks, found = self._marks.setdefault(name, {}), {}
        for path in paths:
            file = self._root / path
            with telling(file, "store-broken"):
                stat = file.stat()
                mark = marks.get(path)
                if mark is None or mark[:2] != (stat.st_size, stat.st_mtime_ns):
                    mark = marks[path] = FileMark(stat.st_size, stat.st_mtime_ns, hash_file(file))
                    self._changed = True
            if file.parent.name != "raw" or not RAW.fullmatch(file.name) or file.name.startswith(mark.sha256):
                found[path] = mark.sha256
        return found

    def _walk(self, inside: str) -> Iterator[str]:
        """Yield the paths of all files in a folder, sorted."""
        for folder, folders, names in os.walk(self._root / inside, followlinks=True):
            folders.sort()
            above = Path(folder).relative_to(self._root).as_posix()
            yield from (f"{above}/{name}" for name in sorted(names))
