"""The next release × the current one → whether its data is the same, and why it is made.

If nothing but what people read differs (titles, descriptions, licence, publisher), or the program, then it is a revision
of the metadata of the same version: its descriptor and manifest are added, the tables' files are shared.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from entaku.check import schema as schemas
from entaku.model.files import File, find_file, name_places
from entaku.model.nouns import Checked, Release, ReleasedResource
from entaku.model.parts import Parted
from entaku.model.revisions import Why
from entaku.release.making import Making, describe_tables
from entaku.release.parts import join_files

READ = (
    "title", "description", "example", "rdfType", "label", "sources", "hash", "bytes", "mediatype", "dialect",
    "by", "why",
)  # fmt: skip
"""Keys of a table's descriptor, and of its fields, by which its data doesn't change; a CSV's hash is compared apart."""
OF_PACKAGE = {
    "title": "title", "description": "description", "keywords": "keywords", "licenses": "license",
    "contributors": "publisher", "homepage": "homepage", "sources": "sources", "breaking": "breaking",
}  # fmt: skip
"""What people read in a descriptor, by the words of `why`."""


@dataclass(frozen=True)
class CurrentRelease:
    """The current release, with which the next one is compared."""

    release: Release
    descriptor: Mapping[str, Any]
    """Its newest datapackage.json."""


def has_same_data(standing: CurrentRelease, checked: Sequence[Checked]) -> bool:
    """Test whether tables have the rows and the typed columns of the current release, of the same name and origin."""
    release = standing.release
    tables = [each for table in checked for each in describe_tables(table)]
    hashes = {table.name: table.csv.sha256 for table in release.resources}
    return (
        not release.home
        and hashes == {table.resource.name: table.written.csv.sha256 for table in checked}
        and _is_sample(raw.served for table in release.resources for raw in table.raws)
        == _is_sample(raw.served for table in checked for raw in table.raws)
        and _strip(standing.descriptor.get("resources", ())) == _strip(tables)
    )


def _is_sample(served: Iterable[str]) -> bool:
    return "sample" in set(served)


def _strip(value: Any) -> Any:
    """Return a descriptor's value without what people read."""
    if isinstance(value, Mapping):
        return {key: _strip(one) for key, one in value.items() if key.partition("@")[0] not in READ}
    if isinstance(value, list | tuple):
        return [_strip(one) for one in value]
    return value


def revise(
    making: Making, standing: CurrentRelease, checked: Sequence[Checked], now: str
) -> tuple[Making, tuple[Checked, ...]]:
    """Return what the next revision of the current release is made of: tables that share its files."""
    release = standing.release
    revised = replace(
        making, version=release.version, created=release.created, revision=release.revision + 1,
        revised=max(now, release.created), standing=release.files,
    )  # fmt: skip
    return revised, tuple(_share(table, release.files) for table in checked)


def _share(table: Checked, files: Sequence[File]) -> Checked:
    written, places = table.written, find_file(files, name_places(table.resource.name))
    if written.parted:
        by_path = {file.path: file for file in files}
        parts = tuple(part._replace(parquet=by_path[part.parquet.path]) for part in written.parted.parts)
        parquet: File | None = join_files(written.parquet.path, [part.parquet for part in parts])
        written = replace(written, parted=Parted(parts, by_path[written.parted.listed.path]))
    else:
        parquet = find_file(files, written.parquet.path)
    assert parquet is not None
    return replace(table, written=replace(written, parquet=parquet, places=places))


# ---- why --------------------------------------------------------------------------------------------------------


FIRST = (Why("first"),)
"""Why there is a release without any before it."""


def find_why(before: Release | None, after: Release, words: Sequence[str] = ()) -> tuple[Why, ...]:
    """Return why a release was made after the one before it; none if nothing is found.  `words`: what was corrected of
    that which people read (`compare_words`)."""
    if before is None:
        return FIRST
    found: list[Why] = []
    home = before.home or before.dataset
    if home != (after.home or after.dataset):
        found.append(Why("renamed", (home,)))
        words = [word for word in words if word != "homepage"]
    old, new = ({table.name: table for table in release.resources} for release in (before, after))
    pairs = {name: (old[name], new[name]) for name in new if name in old}
    changed = {name: pair for name, pair in pairs.items() if pair[0].csv.sha256 != pair[1].csv.sha256}
    data = tuple(name for name, (one, other) in changed.items() if _hash_raws(one) != _hash_raws(other))
    structure = tuple(dict.fromkeys(_list_structure(old, new, changed.values(), pairs.values())))
    found += [Why("data", data)] if data else []
    found += [Why("structure", structure)] if structure else []
    found += [Why("program")] if changed.keys() - data and not structure else []
    return (*found, Why("metadata", tuple(words))) if words else tuple(found)


def _hash_raws(table: ReleasedResource) -> set[str]:
    return {raw.sha256 for raw in table.raws}


Pairs = Iterable[tuple[ReleasedResource, ReleasedResource]]


def _list_structure(
    old: Mapping[str, ReleasedResource], new: Mapping[str, ReleasedResource], changed: Pairs, every: Pairs
) -> Iterator[str]:
    """Yield the keys of the YAML that changed what the tables are."""
    if old.keys() != new.keys():
        yield "tables"
    for one, other in changed:
        yield from (key for key in ("read", "tidy") if getattr(one.resource, key) != getattr(other.resource, key))
    for one, other in every:
        if one.resource.partition != other.resource.partition:
            yield "partition"
        if (one.errata and one.errata.file.sha256) != (other.errata and other.errata.file.sha256):
            yield "errata"
        if one.resource.schema == other.resource.schema:
            continue
        before, after = (_strip(schemas.describe_schema(table.resource.schema)) for table in (one, other))
        if before != after:
            yield "schema"


def compare_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """List what differs between two descriptors of that which people read, by the words of `why`."""
    found = {OF_PACKAGE[key] for key in _list_differing(before, after) if key in OF_PACKAGE}
    if [each.get("path") for each in before.get("sources", ())] == [each.get("path") for each in after["sources"]]:
        found.discard("sources")  # which repeat the publisher's title
    old, new = ({each["name"]: each for each in one.get("resources", ())} for one in (before, after))
    for name in old.keys() & new.keys():
        keys = _list_differing(old[name], new[name])
        errata = [one.get("errata", {}).get("sha256") for one in (old[name], new[name])]
        found |= {"errata"} & keys if errata[0] == errata[1] else set()
        found |= {"sources"} & keys | ({"tables"} if keys & {"title", "description"} else set())
        fields = [{field["name"]: field for field in each["schema"]["fields"]} for each in (old[name], new[name])]
        columns = [_list_differing(fields[0][column], fields[1][column]) for column in fields[0].keys() & fields[1]]
        found |= {"columns"} if any(keys & {"title", "description", "example"} for keys in columns) else set()
    return tuple(word for word in (*OF_PACKAGE.values(), "tables", "columns", "errata") if word in found)


def _list_differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    """List the keys whose values differ, languages aside."""
    return {key.partition("@")[0] for key in {*one, *other} if one.get(key) != other.get(key)}
