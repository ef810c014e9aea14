"""What each release changed, reckoned once from the two CSVs and kept in the cache."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from typing import Any

from entaku.diff import compare_tables
from entaku.model import EPOCH, Dataset, Release, ReleasedResource
from entaku.model_changes import Change
from entaku.run import Setting

COMPARED = 20_000_000
"""Bytes of a CSV above which its rows are only counted: both are held in memory."""


def make_comparer(setting: Setting) -> Callable[[Dataset, int], tuple[Change, ...]]:
    """A function of a dataset and the index of a release: the tables that this release changed, none for the first."""

    def compare(dataset: Dataset, index: int) -> tuple[Change, ...]:
        if not index:
            return ()
        before, after = dataset.releases[index - 1], dataset.releases[index]
        old = {table.name: table for table in before.resources}
        new = {table.name: table for table in after.resources}
        changes = [compare_one(setting, before, after, old.get(name), new.get(name)) for name in {**new, **old}]
        return tuple(change for change in changes if change.any or not change.compared)

    return compare


def compare_one(
    setting: Setting, before: Release, after: Release, old: ReleasedResource | None, new: ReleasedResource | None
) -> Change:
    """What changed in a table; one of the two may be missing."""
    shown = new or old
    assert shown is not None
    if old and new and old.csv.sha256 == new.csv.sha256:
        return Change(shown.name, old.rows, new.rows, 0, 0, 0)
    if max(table.csv.bytes for table in (old, new) if table) > COMPARED:
        return count_only(shown.name, old, new)
    pair = [table.csv.sha256 if table else "" for table in (old, new)]
    inputs = json.dumps([EPOCH, shown.name, shown.resource.schema.primaryKey, pair])
    key = hashlib.sha256(f"change {inputs}".encode()).hexdigest()
    kept = setting.cache.get(key)
    if kept is not None:
        return read_change(kept)
    read = setting.store.read_release
    change = compare_tables(
        shown.name,
        shown.resource.schema,
        read(before.dataset, before.version, old.csv.path) if old else None,
        read(after.dataset, after.version, new.csv.path) if new else None,
    )
    setting.cache.put(key, json.dumps(dataclasses.asdict(change), ensure_ascii=False).encode())
    return change


def read_change(body: bytes) -> Change:
    """A change from the cache."""
    shown: dict[str, Any] = json.loads(body)
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in shown.items()}
    return Change(**given)


def count_only(name: str, old: ReleasedResource | None, new: ReleasedResource | None) -> Change:
    """What can be told without reading the rows."""
    one, other = ([field.name for field in table.resource.schema.fields] if table else [] for table in (old, new))
    return Change(
        name, old.rows if old else 0, new.rows if new else 0, 0, 0, 0,
        tuple(column for column in other if column not in one) if old else (),
        tuple(column for column in one if column not in other) if new else (),
        compared=False,
    )  # fmt: skip
