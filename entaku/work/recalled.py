"""What an earlier run has loaded of a dataset: it is loaded again only when a file that decides about it has changed.

It is kept in the cache under the name of the dataset, with the digest of all that it was made from.
"""

import hashlib
import pickle
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from entaku.model.files import MANIFEST, PROFILES, SUMS, name_csv, name_revised
from entaku.model.grammar import Office
from entaku.model.kept import pack, unpack
from entaku.model.nouns import EPOCH, Finding, Refused, Release, Spec
from entaku.store import Store
from entaku.store import site as sites
from entaku.work.setting import Setting

QUIET = 2_000_000_000
"""Nanoseconds for which no file may have changed before it was looked at: disks tell times in steps of up to 2 s."""


@dataclass(frozen=True)
class Loaded:
    """What the catalogue has of a dataset."""

    releases: tuple[Release, ...]
    """Oldest first."""
    findings: tuple[Finding, ...]
    """On source files that the site doesn't offer."""
    raws: int
    """Bytes of source files."""
    checked: str
    """UTC time of the newest fetch."""


def list_records(store: Store, name: str) -> list[str]:
    """List the files and folders of every version that decide what is loaded of it, by their paths below `releases`."""
    history = store.history(name)
    found: list[str] = []
    for version in history.versions:
        found.append(version)
        for revision in range(1, history.revisions.get(version, 1) + 1):
            found += (f"{version}/{name_revised(file, revision)}" for file in (MANIFEST, SUMS, PROFILES))
    return found


class Recall:
    """The datasets as an earlier run has loaded them."""

    def __init__(self, setting: Setting, office: Office) -> None:
        self._cache, self._store = setting.cache, setting.store
        shared = repr((EPOCH, setting.sources, setting.program, office))
        self._shared = hashlib.sha256(shared.encode("utf-8", "backslashreplace")).hexdigest()

    def load(self, spec: Spec, make: Callable[[], Loaded]) -> Loaded:
        """Return what is kept of a dataset, or what `make` loads, which is kept then."""
        name = spec.pipeline.name
        if isinstance(self._store, sites.KeptStore) and name in self._store.kept:
            return make()
        digest, newest = self._digest(spec)
        key = hashlib.sha256(f"loaded {name}".encode()).hexdigest()
        body = self._cache.get(key) or b""
        if body.startswith(digest):
            with suppress(pickle.UnpicklingError, AttributeError, TypeError, ValueError, EOFError):
                kept = unpack(body[len(digest) :])
                if isinstance(kept, Loaded):
                    return kept
        loaded = make()
        if newest + QUIET < time.time_ns() and self._digest(spec)[0] == digest:
            with suppress(Refused):  # a cache that can't be written
                self._cache.put(key, digest + pack(loaded))
        return loaded

    def _digest(self, spec: Spec) -> tuple[bytes, int]:
        """Return the digest of what a dataset is loaded from, and when the newest of its files changed."""
        name = spec.pipeline.name
        folder = self._store.release_path(name, "x").parent
        last = self._store.history(name).versions[-1:]
        tables = (f"{folder}/{last[0]}/{name_csv(table.name)}" for table in spec.pipeline.resources if last)
        states = self._store.read_states(
            name, [*(f"{folder}/{path}" for path in list_records(self._store, name)), *tables]
        )
        told = f"{self._shared} {spec.digest} {spec.file} {states.digest}"
        return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest().encode(), states.newest
