"""The files that the site has from the store and of its files: where each is copied from, and its SHA-256.

What is listed of a dataset is kept in the cache with the states of the files that it names: while these are the same,
nothing is read of it.
"""

import hashlib
import json
import pickle
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import cast

from entaku.catalogue import build, facets, places
from entaku.formats.formulas import guard_formulas
from entaku.model.bundles import Bundles
from entaku.model.files import MANIFEST, SUMS, name_revised
from entaku.model.kept import pack, unpack
from entaku.model.nouns import EPOCH, Catalogue, Dataset, Finding, Refused, Release
from entaku.site import ckan
from entaku.store import Store, disk
from entaku.store import site as sites
from entaku.work.comparing import list_copies
from entaku.work.derived import LEVEL, Derived, copy_derived, derive
from entaku.work.derived import pack as pack_csv
from entaku.work.outcome import Blame
from entaku.work.recalled import QUIET
from entaku.work.setting import Setting

Copies = dict[str, sites.Headed]
"""The files that are copied, by path of the site."""
Listed = tuple[list[str], list[tuple[int, ...]], list[tuple[str, int, bytes, int, int, str]]]
"""The files that are copied and their states; path in the site, number of the file, head, formulas, tail, SHA-256 of
each copy."""


def gather_copies(
    setting: Setting, catalogue: Catalogue, kept: Bundles | None = None
) -> tuple[dict[str, Path | sites.Headed], dict[str, str]]:
    """Map each path of the site to the file copied there, and to its SHA-256: releases, CSV for Excel, source files,
    what is made of them.  `kept`: what earlier runs have listed.  Raises Faulty for datasets of which a file isn't there.
    """
    copies: dict[str, Path | sites.Headed] = {}
    sums: dict[str, str] = {}
    blame, known = Blame(), KnownCopies(setting, catalogue, kept)
    for dataset in catalogue.datasets:
        with blame.on(dataset.spec.pipeline.name):
            found = known.find(dataset)
            if found is None:
                found = list_dataset(setting, replace(catalogue, datasets=(dataset,)))
                known.note(dataset, *found)
            copies |= found[0]
            sums |= found[1]
    for path, rows in list_copies(catalogue):
        copies[path] = sites.Headed(b"", setting.cache.locate(rows.kept), tail=setting.cache.TAIL)
        sums[path] = rows.sha256
    blame.settle()
    if kept is not None:
        kept.finish()
    return copies, sums


class KnownCopies:
    """What earlier runs have listed of each dataset."""

    def __init__(self, setting: Setting, catalogue: Catalogue, kept: Bundles | None) -> None:
        self._store, self._kept = setting.store, kept
        shared = (EPOCH, setting.sources, setting.store.root, setting.cache.root, catalogue.office)
        self._shared = hashlib.sha256(repr(shared).encode("utf-8", "backslashreplace")).hexdigest()

    def find(self, dataset: Dataset) -> tuple[Copies, dict[str, str]] | None:
        """Return what is copied of a dataset, and the SHA-256 of each; None where anything that it was listed from may
        have changed."""
        name = dataset.spec.pipeline.name
        body = self._kept.get("copies", name) if self._kept is not None and not self._is_kept(name) else None
        digest = self._digest(dataset)
        if body is None or not body.startswith(digest):
            return None
        with suppress(pickle.UnpicklingError, ValueError, TypeError, LookupError, EOFError):
            files, before, listed = cast(Listed, unpack(body[len(digest) :]))
            stats = sites.read_stats(files)
            if stats is None or list(map(sites.show_state, stats)) != before:
                return None
            copies = {
                path: sites.Headed(head, files[at], formulas, tail, stats[at])
                for path, at, head, formulas, tail, _ in listed
            }
            return copies, {path: sha256 for path, *_, sha256 in listed}
        return None

    def note(self, dataset: Dataset, copies: Copies, sums: dict[str, str]) -> None:
        """Keep what is copied of a dataset, unless one of the files has changed just now."""
        name = dataset.spec.pipeline.name
        if self._kept is None or self._is_kept(name):
            return
        files = list(dict.fromkeys(str(each.path) for each in copies.values()))
        stats = sites.read_stats(files)
        if stats is None or max(map(sites.find_newest, stats), default=0) + QUIET > time.time_ns():
            return
        numbers = {file: n for n, file in enumerate(files)}
        listed = [
            (path, numbers[str(each.path)], each.head, each.formulas, each.tail, sums[path])
            for path, each in copies.items()
        ]
        states = list(map(sites.show_state, stats))
        self._kept.put("copies", name, "", self._digest(dataset) + pack((files, states, listed)))

    def _is_kept(self, name: str) -> bool:
        """Test whether a dataset is read from the site as it was last published."""
        return isinstance(self._store, sites.KeptStore) and name in self._store.kept

    def _digest(self, dataset: Dataset) -> bytes:
        """Return the digest of what decides about the copies of a dataset, beside the files themselves."""
        told = [
            (release.dataset, release.version, release.revision, release.home, sorted(release.kept | release.withheld))
            for release in facets.list_revisions(dataset)
        ]
        whole = repr((self._shared, dataset.spec.digest, told))
        return hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest().encode()


def list_dataset(setting: Setting, catalogue: Catalogue) -> tuple[Copies, dict[str, str]]:
    """List what is copied of the one dataset of a catalogue, and the SHA-256 of each.  Raises Refused."""
    store = setting.store
    place = cache(store.release_path)
    hashes = {
        (release.dataset, release.version, path): sha256
        for dataset in catalogue.datasets
        for release in facets.list_revisions(dataset)
        for path, sha256 in hash_release(store, release)
    }
    copies: Copies = {}
    sums: dict[str, str] = {}
    for path, (name, version, file) in build.list_copies(catalogue).items():
        copies[path] = sites.Headed(b"", place(name, version) / file)
        sums[path] = hashes.get((name, version, file), "") or _hash(store.read_release(name, version, file))
    for path, (name, version, file) in build.list_excel(catalogue).items():
        copies[path], sums[path] = copy_excel(setting, (name, version, file), hashes[name, version, file])
    for each in list_derived(catalogue):
        copies[each.path], sums[each.path] = copy_derived(setting.store, setting.cache, each)
    for path, (name, sha256) in build.list_raws(catalogue).items():
        copies[path], sums[path] = sites.Headed(b"", store.raw_path(name, sha256)), sha256
    return copies, sums


def list_derived(catalogue: Catalogue) -> Iterator[Derived]:
    """Yield every file of the site that is made of files of a release."""
    for small in ckan.list_small(catalogue):
        make = ckan.write_rows
        yield Derived(
            small.path,
            small.release,
            (small.table.parquet,),
            f"rows 1 {small.id}",
            lambda bodies, key=small.id, make=make: make(key, bodies[0]),  # type: ignore[misc]
        )
    for path, (release, table) in build.list_packed(catalogue).items():
        yield Derived(path, release, (table.csv,), f"gzip {LEVEL}", lambda bodies: pack_csv(bodies[0]))
    current = [dataset.current for dataset in catalogue.datasets if dataset.current]
    for each in (one for release in current for one in places.list_made(catalogue.office, release)):
        found = derive(each)
        for path in (each.path, *places.list_twins(catalogue, each.path)):
            yield replace(found, path=path)


def hash_release(store: Store, release: Release) -> Iterator[tuple[str, str]]:
    """Yield each file of a release with its SHA-256.  Raises Refused (checksum) if its manifest.json and SHA256SUMS
    disagree, as one of them has changed."""
    name, version = release.dataset, release.version
    own, listing = name_revised(MANIFEST, release.revision), name_revised(SUMS, release.revision)
    sums, manifest = store.read_release(name, version, listing), _hash(store.read_release(name, version, own))
    hashes = {**{file.path: file.sha256 for file in release.files}, own: manifest}
    lines = sums.decode("utf-8", "replace").split("\n")
    odd = [path for path, sha256 in hashes.items() if f"{sha256}  {path}" not in lines]
    if odd or lines[-1]:
        value = own if odd == [own] else listing
        raise Refused(Finding("checksum", value=disk.show_path(store.release_path(name, version) / value)))
    yield from {**hashes, listing: _hash(sums)}.items()


def copy_excel(setting: Setting, where: tuple[str, str, str], sha256: str) -> tuple[sites.Headed, str]:
    """Return the copy of a release's CSV for Excel and its SHA-256; what the CSV, whose own is `sha256`, asks for is
    cached.  Raises Refused (checksum) if it has changed."""
    name, version, file = where
    path = setting.store.release_path(name, version) / file
    key = _hash(f"excel {EPOCH} {sha256}".encode())
    kept = setting.cache.get(key)
    if kept is None:
        body = setting.store.read_release(name, version, file)
        if _hash(body) != sha256:
            raise Refused(Finding("checksum", value=disk.show_path(path)))
        guarded, formulas = guard_formulas(body)
        kept = json.dumps([_hash(places.BOM + guarded), formulas]).encode()
        setting.cache.put(key, kept)
    found, formulas = json.loads(kept)
    return sites.Headed(places.BOM, path, formulas), found


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
