"""Comparisons of releases: made from the store when they are wanted, and kept in the cache by their content.

They are no part of a release.  One holds rows that the later release hasn't: when a version is withdrawn the cache is
cleared, and the site is made without what its comparisons told of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from typing import BinaryIO

from entaku.catalogue import places
from entaku.check import schema as schemas
from entaku.model.changes import Change, Comparison, RowsFile, keep_change, read_change
from entaku.model.nouns import Catalogue, Dataset, Release, ReleasedResource
from entaku.release import diff
from entaku.store import Cache, Store
from entaku.work.outcome import Blame, reading
from entaku.work.releases import check_files, check_sound
from entaku.work.setting import Setting

EDITION = 1
"""Raised when the same tables would be compared otherwise."""


def add_comparisons(setting: Setting, catalogue: Catalogue) -> Catalogue:
    """Return the catalogue, each release with what it changed since the one before.  Raises Faulty for datasets that
    can't be read."""
    blame, made = Blame(), list[Dataset]()
    for dataset in catalogue.datasets:
        releases = dataset.releases
        with blame.on(dataset.spec.pipeline.name):
            pairs = zip((None, *releases), releases, strict=False)
            releases = tuple(
                replace(after, changes=compare_releases(setting, before, after)) if before else after
                for before, after in pairs
            )
        made.append(replace(dataset, releases=releases))
    blame.settle()
    return replace(catalogue, datasets=tuple(made))


def compare_releases(setting: Setting, before: Release | None, after: Release) -> Comparison:
    """Compare two releases of a dataset, the first with nothing; the changed rows are in the cache (`RowsFile.kept`)."""
    old, new = ({table.name: table for table in release.resources} if release else {} for release in (before, after))
    changes = [
        compare_one(setting, (before or after, old.get(name)), (after, new.get(name))) for name in {**new, **old}
    ]
    version = before.version if before else ""
    return Comparison(version, after.version, tuple(change for change in changes if change.any))


Version = tuple[Release, ReleasedResource | None]
"""A release, and its version of a table."""


def compare_one(setting: Setting, before: Version, after: Version) -> Change:
    """Compare two versions of a table; one of them may be missing."""
    shown = after[1] or before[1]
    assert shown is not None
    inputs = [
        (table.csv.sha256, schemas.describe_schema(table.resource.schema)) if table else None
        for table in (before[1], after[1])
    ]
    key = hashlib.sha256(f"change {json.dumps([EDITION, shown.name, inputs])}".encode()).hexdigest()
    kept = setting.cache.get(key)
    if kept is not None:
        change = read_change(json.loads(kept))
        if all(_is_there(setting.cache, file.kept) for file in change.files):
            return change
    same = _count_same(before, after)
    sides = [_make_side(setting.store, *version, same) for version in (before, after)]
    place = f"{after[0].dataset}/releases/{after[0].version}/{shown.csv.path}"
    with reading(place), setting.cache.write_several(key) as files:
        change = diff.compare_tables(sides[0], sides[1], diff.Outlet(files.open, setting.cache.make_spill))
        change = replace(change, files=tuple(replace(file, kept=files.name(file.path)) for file in change.files))
    setting.cache.put(key, json.dumps(keep_change(change), ensure_ascii=False).encode())
    return change


def _is_there(cache: Cache, key: str) -> bool:
    """Test whether the cache has the bytes of a key as they were put."""
    file = cache.open(key)
    if file is not None:
        file.close()
    return file is not None


def _count_same(before: Version, after: Version) -> int:
    """Return how many of the first parts of a table are the same in two versions and needn't be compared: their rows have
    keys of no other.  At least one part of each is left."""
    one, other = before[1], after[1]
    if one is None or other is None or one.parted is None or other.parted is None:
        return 0
    schemas_ = [schemas.describe_schema(each.resource.schema) for each in (one, other)]
    if schemas_[0] != schemas_[1]:
        return 0
    pairs = zip(one.parted.parts[:-1], other.parted.parts[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].csv == pair[1].csv, pairs))


def _make_side(store: Store, release: Release, table: ReleasedResource | None, same: int) -> diff.Side | None:
    """Return a version of a table as it is compared, without its first `same` parts.  Raises Refused (checksum) if its
    CSV has changed."""
    if table is None:
        return None
    first, left = 0, table.csv.bytes
    if same and table.parted:
        check_files(store, release, [table.parted.listed, *(part.csv for part in table.parted.parts[same:])])
        listed = json.loads(store.read_release(release.dataset, release.version, table.parted.listed.path))
        first, left = (sum(part["rows"] for part in listed[:same]), sum(part["csv"]["bytes"] for part in listed[same:]))
    else:
        check_sound(store, release, table.csv)

    def open_() -> BinaryIO:
        return store.open_release(release.dataset, release.version, table.csv.path, same)

    kinds = {field.type for field in table.resource.schema.fields}
    zoned = store.find_zoned(release.dataset, release.version, table.parquet.path) if "datetime" in kinds else ()
    return diff.Side(table.resource, open_, table.rows - first, left, frozenset(zoned), first)


def list_copies(catalogue: Catalogue) -> Iterator[tuple[str, RowsFile]]:
    """Yield the files of changed rows by their paths in the site."""
    for dataset in catalogue.datasets:
        for release in dataset.releases:
            for change in release.changes.tables if release.changes else ():
                yield from ((f"{places.place_changes(release)}{file.path}", file) for file in change.files)
