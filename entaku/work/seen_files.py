"""Files of the project that were archived: as long as their states are the same, they are not read again.

A table may be made of tens of thousands of them.  What is known of them is kept in the cache; whoever deletes it has all
of them read once more.
"""

import hashlib
import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from entaku.model.body import Body
from entaku.model.nouns import EPOCH, Refused
from entaku.model.source import Limit
from entaku.store import Cache
from entaku.store import site as sites

QUIET = 2_000_000_000
"""Nanoseconds for which no file may have changed before it was looked at: disks tell times in steps of up to 2 s."""
FEW = 64
"""Files up to which reading them costs less than knowing them."""

SMALL = 1 << 20
"""Bytes of a file up to which it is known."""
Seen = tuple[int, ...]


class SeenFiles:
    """The states in which the files of one source were read, and their SHA-256."""

    def __init__(self, cache: Cache | None, project: Path, name: str) -> None:
        self._cache, self._folder = cache, os.fspath(project)
        self._key = hashlib.sha256(f"seen files {EPOCH} {project.absolute()} {name}".encode()).hexdigest()
        self._known: dict[str, tuple[Seen, str]] = {}
        self._waiting: dict[str, Seen] = {}
        self._changed = False
        body = cache.get(self._key) if cache is not None else None
        if body is not None:
            self._known = {path: (tuple(state), sha256) for path, (state, sha256) in json.loads(body).items()}

    def find(self, path: str, limit: Limit) -> tuple[int, str] | None:
        """Return size and SHA-256 of a file that is as it was when it was read; else note how it is now."""
        try:
            stat = os.stat(f"{self._folder}/{path}")  # noqa: PTH116
        except (OSError, ValueError):
            return None
        state = sites.show_state(stat)
        known = self._known.get(path)
        if known is not None and known[0] == state and stat.st_size <= limit.megabytes * 1_000_000:
            return stat.st_size, known[1]
        if sites.find_newest(stat) + QUIET < time.time_ns():
            self._waiting[path] = state
        return None

    def note(self, path: str, body: Body | None) -> None:
        """Note what was read of a file after it was looked for; large ones are few, and are read again."""
        state = self._waiting.pop(path, None)
        if state is not None and body is not None and body.size <= SMALL:
            self._known[path], self._changed = (state, body.sha256), True

    def keep(self, paths: Sequence[str]) -> None:
        """Keep what is known of these files for the next run, if there are many."""
        if self._cache is None or not self._changed or len(paths) < FEW:
            return
        known = {path: self._known[path] for path in paths if path in self._known}
        with suppress(Refused):  # a cache that can't be written
            self._cache.put(self._key, json.dumps(known, ensure_ascii=False).encode("utf-8", "surrogateescape"))
