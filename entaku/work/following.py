"""What people may follow (`view.follow`): of each value of a column what every release changed, and its days.

It is counted from the changed rows that comparisons keep and from the current table, and cached by their content.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from entaku.model.changes import Change
from entaku.model.files import name_csv
from entaku.model.following import FollowedChange, FollowedColumn, FollowedValue, read_value
from entaku.model.grammar import Resource
from entaku.model.nouns import Catalogue, Checked, Dataset, Finding, Place, Release, ReleasedResource, Spec
from entaku.work.followed_rows import (
    Present,
    Telling,
    ValueRows,
    pack_present,
    pack_told,
    plan_telling,
    read_changes,
    read_present,
    show_days,
    unpack_present,
    unpack_told,
)
from entaku.work.outcome import Blame, reading
from entaku.work.releases import check_sound
from entaku.work.setting import Setting

EDITION = 1
"""Raised when other things would be told of the same tables."""
MOST, UNREAD = 500, 2_000
"""Values of a column that have feeds, and different ones from which a column has none at all."""
ENTRIES = 50
"""Changes of a value that are told: the last ones."""


def add_following(setting: Setting, catalogue: Catalogue) -> tuple[Catalogue, tuple[Finding, ...]]:
    """Return the catalogue, whose releases have their comparisons, with what may be followed; and findings on columns of
    too many values.  Raises Faulty for datasets that can't be read."""
    blame, made, found = Blame(), list[Dataset](), list[Finding]()
    for dataset in catalogue.datasets:
        with blame.on(dataset.spec.pipeline.name):
            dataset, more = follow_dataset(setting, dataset)
            found += more
        made.append(dataset)
    blame.settle()
    return replace(catalogue, datasets=tuple(made)), tuple(found)


def follow_dataset(setting: Setting, dataset: Dataset) -> tuple[Dataset, list[Finding]]:
    """Return a dataset with what may be followed of its current release, and findings."""
    current, found, tables = dataset.current, list[Finding](), list[ReleasedResource]()
    if current is None or not any(list_followed(table.resource) for table in current.resources):
        return dataset, []
    for table in current.resources:
        columns = list[FollowedColumn]()
        for name in list_followed(table.resource):
            column, total = follow_column(setting, dataset, table, name)
            columns += [column] if column.values else []
            found += judge_values(dataset.spec, table.resource, name, total, len(column.values))
        tables.append(replace(table, followed=tuple(columns)))
    current = replace(current, resources=tuple(tables))
    return replace(dataset, releases=(*dataset.releases[:-1], current)), found


def list_followed(resource: Resource) -> list[str]:
    """List the columns of a table that its view lets people follow; a new view may name columns that the release lacks."""
    texts = {field.name for field in resource.schema.fields if field.type == "string"}
    return [name for name in dict.fromkeys(resource.view.follow if resource.view else ()) if name in texts]


def judge_values(spec: Spec, resource: Resource, column: str, count: int, kept: int) -> Iterator[Finding]:
    """Yield the finding on a column with more values than have feeds."""
    if count > MOST:
        some = (f"先にあった {kept} の値の分だけを出します", f"the {kept} values that were there first have one")
        none = ("一つも出しません", "none has one")
        ja, en = some if kept else none
        args = {"count": str(count), "most": str(MOST), "kept": ja, "kept_en": en}
        yield Finding("follow-many", "warning", _place(spec, resource), column, args)


def judge_checked(spec: Spec, checked: Iterable[Checked]) -> Iterator[Finding]:
    """Yield findings on the columns to be followed of tables that were only checked."""
    for one in checked:
        view = next((each.view for each in spec.pipeline.resources if each.name == one.resource.name), None)
        distinct = {profile.name: profile.distinct for profile in one.written.profile}
        for name in list_followed(replace(one.resource, view=view)):
            many = distinct.get(name, 0)
            yield from judge_values(spec, one.resource, name, many, 0)
            if many <= MOST and not one.resource.schema.primaryKey:
                yield Finding("follow-unkeyed", "notice", _place(spec, one.resource), name)


def _place(spec: Spec, resource: Resource) -> Place:
    """Return where the view of a table is in its YAML."""
    names = [each.name for each in spec.pipeline.resources]
    at = names.index(resource.name) if resource.name in names else 0
    paths: list[tuple[str | int, ...]] = [("resources", at, "view", "follow"), ("resources", at, "view")]
    return Place(spec.file, next((spec.lines[path] for path in paths if path in spec.lines), None))


# ---- one column -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """The changes of each value of a column, and how many rows had each when it began."""

    changes: dict[str, list[tuple[int, FollowedChange]]]
    """Newest first, each with the place of its release."""
    begin: int
    """The place of the release from which on there are comparisons."""
    rows: dict[str, int]


def follow_column(
    setting: Setting, dataset: Dataset, table: ReleasedResource, name: str
) -> tuple[FollowedColumn, int]:  # fmt: skip
    """Return what may be followed of a column, and how many values it has; none of a column with too many."""
    telling = plan_telling(table.resource, name)
    counted = next((profile.distinct for profile in table.profile if profile.name == name), 0)
    if counted > UNREAD:
        return FollowedColumn(name, telling.day, ()), counted
    files = [
        (release.version, [file.sha256 for change in list_changes(release, table.name) for file in change.files])
        for release in dataset.releases
    ]
    key = make_key("column", files, table.csv.sha256, table.parquet.sha256, repr(telling))
    kept = setting.cache.get(key)
    if kept is None:
        values, total = find_values(setting, dataset, table, telling)
        kept = json.dumps([[asdict(value) for value in values], total], ensure_ascii=False).encode()
        setting.cache.put(key, kept)
    told, total = json.loads(kept)
    return FollowedColumn(name, telling.day, tuple(map(read_value, told))), total


def find_values(
    setting: Setting, dataset: Dataset, table: ReleasedResource, telling: Telling
) -> tuple[list[FollowedValue], int]:  # fmt: skip
    """Return the values that are followed, sorted, and how many there ever were: those that were there first go on where
    later ones would be too many, so that an address that somebody follows stays."""
    assert dataset.current is not None
    present = count_present(setting, dataset.current, table, telling)
    story = tell_story(setting, dataset, table, (telling, present))
    begins = {value: some[-1][0] for value, some in story.changes.items()} | dict.fromkeys(story.rows, story.begin)
    order = sorted(begins, key=lambda value: (begins[value], value))
    if len(story.rows) > MOST:
        return [], len(order)
    first = dataset.releases[story.begin].version
    values = []
    for value in sorted(order[:MOST]):
        changes = [change for _, change in story.changes.get(value, ())]
        if value in story.rows:
            changes.append(FollowedChange(first, 0, 0, 0, story.rows[value], (), first=True))
        days = tuple(present.days.get(value, ()))
        values.append(FollowedValue(value, present.counts[value], tuple(changes[:ENTRIES]), days))
    return values, len(order)


def tell_story(setting: Setting, dataset: Dataset, table: ReleasedResource, now: tuple[Telling, Present]) -> Story:
    """Tell what each release changed, going back from the current one to where the table or the column began; a column
    that was renamed is followed under its former name."""
    telling, running = now[0], dict(now[1].counts)
    changes: dict[str, list[tuple[int, FollowedChange]]] = {}
    begin = 0
    for at, release in reversed([*enumerate(dataset.releases)]):
        begin = at
        if release.changes is None:
            break
        for change in list_changes(release, table.name):
            for value, one in tell_change(setting, release, change, telling).items():
                after = running.get(value, 0)
                running[value] = max(0, after - one.came + one.went)
                if one.added or one.removed or one.corrected:
                    told = FollowedChange(
                        release.version, one.added, one.removed, one.corrected, after, tuple(one.rows)
                    )
                    changes.setdefault(value, []).append((at, told))
        structure = [one for change in list_changes(release, table.name) for one in change.structure]
        if any(one.what == "table-added" for one in structure) or any(
            (one.what, one.column) == ("column-added", telling.column) for one in structure
        ):
            return begin_later(changes, at, running)
        renamed = (one.before for one in structure if (one.what, one.column) == ("column-renamed", telling.column))
        telling = replace(telling, column=next(renamed, telling.column))
    return Story(changes, begin, {value: rows for value, rows in running.items() if rows})


def begin_later(
    changes: dict[str, list[tuple[int, FollowedChange]]], at: int, running: dict[str, int]
) -> Story:  # fmt: skip
    """Return the story of a table or column that a later release added: all that it had then is no change."""
    rows = {value: rows for value, rows in running.items() if rows}
    for value, some in changes.items():
        if some[-1][0] == at:
            _, begun = some.pop()
            rows |= {value: begun.after} if begun.after else {}
    return Story({value: some for value, some in changes.items() if some}, at, rows)


def list_changes(release: Release, table: str) -> Sequence[Change]:
    """Return the comparison of a table with that of the release before, if there is any difference."""
    return [change for change in release.changes.tables if change.table == table] if release.changes else []


def tell_change(setting: Setting, release: Release, change: Change, telling: Telling) -> dict[str, ValueRows]:
    """Return what a release changed of the rows with each value."""
    file = next((file for file in change.files if file.path == name_csv(change.table)), None)
    if file is None:
        return {}
    key = make_key("changes", file.sha256, change.marks, repr(telling))
    kept = setting.cache.get(key)
    if kept is None:
        with reading(f"{release.dataset}/releases/{release.version}/{file.path}"):
            stream = setting.cache.open(file.kept)
            assert stream is not None, file.path
            with stream:
                told = read_changes(stream, change.marks, telling)
        kept = pack_told(told)
        setting.cache.put(key, kept)
    return unpack_told(kept)


def count_present(setting: Setting, release: Release, table: ReleasedResource, telling: Telling) -> Present:
    """Return the rows of the current release with each value, and their days."""
    key = make_key("present", table.csv.sha256, table.parquet.sha256, table.name, repr(telling))
    kept = setting.cache.get(key)
    if kept is None:
        for file in (table.csv, table.parquet):
            check_sound(setting.store, release, file)
        place = (release.dataset, release.version)
        batches = setting.store.read_columns(*place, table.parquet.path, [telling.day]) if telling.day else ()
        with (
            reading(f"{release.dataset}/releases/{release.version}/{table.csv.path}"),
            setting.store.open_release(*place, table.csv.path) as stream,
        ):
            kept = pack_present(read_present(stream, show_days(batches), table.name, telling))
        setting.cache.put(key, kept)
    return unpack_present(kept)


def make_key(*told: object) -> str:
    """Return the key in the cache of what was made of something."""
    return hashlib.sha256(f"follow {json.dumps([EDITION, *told])}".encode()).hexdigest()
