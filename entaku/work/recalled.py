"""What an earlier run has loaded of a dataset: it is loaded again only when a file that decides about it has changed.

It is kept in the cache under the name of the dataset, with the digest of all that it was made from.
"""

import hashlib
import io
import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from entaku.model.files import MANIFEST, PROFILES, SUMS, name_csv, name_part_list, name_revised
from entaku.model.grammar import Office, Pipeline, Resource
from entaku.model.kept import OwnPickler, OwnUnpickler
from entaku.model.nouns import EPOCH, Finding, Refused, Release, Spec
from entaku.model.words import NO_WORDS
from entaku.store import Store
from entaku.store import site as sites
from entaku.work.seen_files import QUIET as QUIET
from entaku.work.setting import Setting

NAMES: Mapping[type, tuple[str, ...]] = {each: tuple(one.name for one in fields(each)) for each in (Pipeline, Resource)}
DEFAULTS = (NO_WORDS, *(one.default for one in fields(Release) if isinstance(one.default, frozenset)))
"""What is mostly said of a release."""


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


def list_words(spec: Spec) -> list[object]:
    """List the values that are in memory once for all datasets, and those of a spec that its dataset's releases may have
    in common with it (`releases.share_words`)."""
    whole = (spec.pipeline, *spec.pipeline.resources)
    return [*DEFAULTS, *whole, *(value for each in whole for value in map(partial(getattr, each), NAMES[type(each)]))]


def _pack(loaded: Loaded, words: Sequence[object]) -> bytes:
    """Return what is loaded without those values that are among `words`."""
    with io.BytesIO() as file:
        _WordPickler(file, words).dump(loaded)
        return file.getvalue()


class _WordPickler(OwnPickler):
    """Packs a value in which those of a spec are told by their numbers."""

    def __init__(self, file: io.BytesIO, words: Sequence[object]) -> None:
        super().__init__(file)
        self._texts |= {word: word for word in words if type(word) is str}
        self._numbers = {
            id(word): n for n, word in enumerate(words) if word is not None and word != () and not isinstance(word, int)
        }

    def persistent_id(self, thing: Any) -> int | None:
        """Return the number of a value of the spec; None for any other, which is packed as it is."""
        return self._numbers.get(id(thing))


class _WordUnpickler(OwnUnpickler):
    """Unpacks a value in which those of a spec are told by their numbers."""

    def __init__(self, file: io.BytesIO, words: Sequence[object]) -> None:
        super().__init__(file)
        self._words = words

    def persistent_load(self, told: Any) -> object:
        """Return the value of the spec that has this number."""
        return self._words[told]


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
            with suppress(pickle.UnpicklingError, AttributeError, TypeError, ValueError, LookupError, EOFError):
                with io.BytesIO(body[len(digest) :]) as file:
                    kept = _WordUnpickler(file, list_words(spec)).load()
                if isinstance(kept, Loaded):
                    return kept
        loaded = make()
        if newest + QUIET < time.time_ns() and self._digest(spec)[0] == digest:
            with suppress(Refused):  # a cache that can't be written
                self._cache.put(key, digest + _pack(loaded, list_words(spec)))
        return loaded

    def _digest(self, spec: Spec) -> tuple[bytes, int]:
        """Return the digest of what a dataset is loaded from, and when the newest of its files changed."""
        name = spec.pipeline.name
        folder = self._store.release_path(name, "x").parent
        last = self._store.history(name).versions[-1:]
        names = (name_part_list(one.name) if one.partition else name_csv(one.name) for one in spec.pipeline.resources)
        tables = (f"{folder}/{last[0]}/{name}" for name in names if last)
        states = self._store.read_states(
            name, [*(f"{folder}/{path}" for path in list_records(self._store, name)), *tables]
        )
        told = f"{self._shared} {spec.digest} {spec.file} {states.digest}"
        return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest().encode(), states.newest
