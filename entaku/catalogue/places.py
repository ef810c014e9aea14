"""The files of the site beside those of its releases: CSV for Excel, and source files as fetched.  Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import PurePosixPath
from typing import Protocol
from urllib.parse import unquote, urlsplit

from entaku.catalogue.downloads import FORMATS as FORMATS
from entaku.catalogue.downloads import WHOLES as WHOLES
from entaku.catalogue.downloads import Download as Download
from entaku.catalogue.downloads import find_coordinates as find_coordinates
from entaku.catalogue.downloads import list_data as list_data
from entaku.catalogue.downloads import list_downloads as list_downloads
from entaku.catalogue.downloads import list_made as list_made
from entaku.catalogue.facets import find_home as find_home
from entaku.catalogue.facets import place_release as place_release
from entaku.model.grammar import Office, Pipeline, Resource
from entaku.model.leaving import list_former
from entaku.model.ledgers import Tombstone
from entaku.model.nouns import Catalogue, Dataset, Raw, Release, ReleasedResource
from entaku.model.parts import WHOLE_BYTES
from entaku.model.source import Source
from entaku.model.table_schema import SchemaField

LONGEST = 60
"""Characters of a path that come from a name."""
RESERVED = re.compile(r"(page|con|prn|aux|nul|com\d|lpt\d)$")
"""Names taken by other pages or reserved by Windows."""


@dataclass(frozen=True, slots=True)
class Use:
    """A column of one table."""

    dataset: Dataset
    resource: Resource
    field: SchemaField


def collect_columns(catalogue: Catalogue) -> Mapping[str, tuple[Use, ...]]:
    """Collect the uses of each column name in the current releases (or in the planned tables), by name."""
    uses: dict[str, list[Use]] = {}
    for dataset in catalogue.datasets:
        current = dataset.current
        resources = [table.resource for table in current.resources] if current else dataset.spec.pipeline.resources
        for resource in resources:
            for field in resource.schema.fields:
                uses.setdefault(field.name, []).append(Use(dataset, resource, field))
    return {name: tuple(uses[name]) for name in sorted(uses)}


def place_column(name: str) -> str:
    """Return the site path of a column's page: the name if it is a safe folder name, else its safe part and a hash.

    Safe are names that no file system refuses or confuses: lower-case letters, digits, "_" and "-" of any script.
    """
    plain = re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", name).lower())[:LONGEST].strip("-")
    if not plain or plain != name or RESERVED.match(plain):
        plain = f"{plain}-{hashlib.sha256(name.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}".lstrip("-")
    return f"columns/{plain}/"


BOM = b"\xef\xbb\xbf"
"""Byte order mark, without which Excel doesn't read a CSV as UTF-8."""
EXCEL_ROWS = 1_048_575
"""Rows of a sheet below its header."""
EXCEL_BYTES = 20_000_000
"""Size above which the site offers no copy for Excel: Power Query reads the plain CSV."""
PACKED = (100_000, 100_000_000)
"""Sizes between which a CSV is packed when the site is made: smaller ones are packed by the server as they are sent."""
RAWS = 20
"""Source files of a release that its pages link; the others are listed in its manifest.json and kept in the store."""
RAW_BYTES = 50_000_000
"""Size above which a source file is only linked at its origin."""
RAW_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".xlsx", ".xls", ".zip")
"""Any other is published as `.bin`, which no browser runs as a page of this site."""


def offers_excel(table: ReleasedResource) -> bool:
    """Test whether the site has `<table>.excel.csv`: the CSV that Excel opens without an import dialogue."""
    return not table.parted and table.rows <= EXCEL_ROWS and table.csv.bytes <= EXCEL_BYTES


def offers_whole(table: ReleasedResource) -> bool:
    """Test whether the site has the CSV of a current table as one file."""
    return not table.parted or table.csv.bytes <= WHOLE_BYTES


def offers_packed(table: ReleasedResource) -> bool:
    """Test whether the site has `<table>.csv.gz`, which servers send in the place of the CSV to who can unpack it."""
    return not table.parted and PACKED[0] <= table.csv.bytes <= PACKED[1]


class SourceFiles(Protocol):
    """A table, released or only checked, and its source files."""

    @property
    def resource(self) -> Resource: ...
    @property
    def raws(self) -> tuple[Raw, ...]: ...


_Listed = list[tuple[Raw, Resource]]
_LISTED: dict[tuple[int, ...], tuple[list[object], _Listed]] = {}
"""What was listed last, by the identities of tables' files, which are kept with it."""
_NEWEST: dict[tuple[int, ...], tuple[list[object], _Listed]] = {}
"""The first of them, of the versions of a dataset, each of which is asked for several times."""
VERSIONS = 64
"""Versions of which they are kept."""
MANY = 1000
"""Source files from which they are listed once for all pages."""


def list_raws(tables: Iterable[SourceFiles]) -> list[tuple[Raw, Resource]]:
    """List the source files of `tables`, each once, newest first, with the table that was read from it: not a stack, if
    there is another."""
    every = [(table.resource, table.raws) for table in tables]
    if sum(len(raws) for _, raws in every) < MANY:
        return _list_raws(every)
    key, held = _identify(every)
    if key not in _LISTED:
        _keep(_LISTED, 3, key, (held, _list_raws(every)))
    return _LISTED[key][1]


def _list_newest(tables: Iterable[SourceFiles]) -> list[tuple[Raw, Resource]]:
    """List the newest RAWS of the source files of `tables`, as `list_raws` has them."""
    every = list(tables)
    if sum(len(table.raws) for table in every) < MANY:
        return list_raws(every)[:RAWS]
    key, held = _identify([(table.resource, table.raws) for table in every])
    if key not in _NEWEST:
        _keep(_NEWEST, VERSIONS, key, (held, list_raws(every)[:RAWS]))
    return _NEWEST[key][1]


def _identify(every: Sequence[tuple[Resource, tuple[Raw, ...]]]) -> tuple[tuple[int, ...], list[object]]:
    """Return the identities of tables' files, and these, without which they could become those of others."""
    held: list[object] = [thing for pair in every for thing in pair]
    return tuple(map(id, held)), held


def _keep(
    kept: dict[tuple[int, ...], tuple[list[object], _Listed]], most: int, key: tuple[int, ...], found: tuple[list[object], _Listed]
) -> None:  # fmt: skip
    while len(kept) >= most:
        del kept[next(iter(kept))]
    kept[key] = found


def _list_raws(tables: Sequence[tuple[Resource, tuple[Raw, ...]]]) -> _Listed:
    ordered = sorted(tables, key=lambda table: not table[0].stack)
    unique = {(raw.url, raw.sha256, raw.fetched): (raw, resource) for resource, raws in ordered for raw in raws}
    by_url = sorted(unique.values(), key=lambda pair: pair[0].url)
    return sorted(by_url, key=lambda pair: pair[0].fetched, reverse=True)


def list_published_raws(office: Office, release: Release) -> list[Raw]:
    """List the source files of a release that the site offers."""
    wanted = list_wanted_raws(office, release.pipeline, release.resources)
    return [raw for raw, _ in wanted if raw.sha256 not in release.kept | release.withheld]


def list_wanted_raws(
    office: Office, pipeline: Pipeline, tables: Iterable[SourceFiles]
) -> list[tuple[Raw, Mapping[str, str]]]:
    """List the source files of `tables` that the site offers unless they hold what must not be public, each with what
    it may hold (`source.allow`)."""
    return [
        (raw, source.allow)
        for raw, resource in _list_newest(tables)
        if publishes_raw(office, pipeline, resource, raw) and (source := find_source(pipeline, resource))
    ]


def publishes_raw(office: Office, pipeline: Pipeline, resource: Resource, raw: Raw) -> bool:
    """Test whether the site offers a source file: by its owner's setting, or else if it is public.

    A file of the project, a URL that needs a key and one of the office's own network are not public, and may hold
    columns that the published table leaves out.
    """
    source = find_source(pipeline, resource)
    if raw.bytes > RAW_BYTES or source is None:
        return False
    if source.raw:
        return source.raw == "publish"
    return (
        raw.url.startswith(("https://", "http://"))
        and not source.headers
        and (split_host(raw.url) not in {host.lower() for host in office.allow_hosts})
    )


def split_host(url: str) -> str:
    """Return the host of a URL in lower case, "" if it has none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def find_source(pipeline: Pipeline, resource: Resource) -> Source | None:
    """Return the source of a table: its own, or that of the table whose files it shares."""
    seen: Sequence[str] = ()
    while resource.source is None and resource.from_ and resource.from_ not in seen:
        seen = (*seen, resource.from_)
        resource = next((each for each in pipeline.resources if each.name == resource.from_), resource)
    return resource.source


def place_tiles(sha256: str) -> str:
    """Return the path of the archive of tiles under maps: by its content, as those of other assets."""
    return f"assets/tiles.{sha256[:10]}.pmtiles"


def place_changes(release: Release) -> str:
    """Return the folder of a release's comparison with the one before: named by both versions, as the one before is
    another when a version was withdrawn."""
    before = release.changes.before if release.changes else ""
    return f"datasets/{find_home(release)}/changes/{before}-{release.version}/"


def list_gone_changes(catalogue: Catalogue) -> Iterator[tuple[str, Tombstone]]:
    """Yield the folders of comparisons with versions that went, by going back from one withdrawal to the one before:
    each version had the neighbours that were there until then."""
    stones = [each for each in (*catalogue.tombstones, *catalogue.expired) if each.version]
    homes = {(each.dataset, each.version): each.home or each.dataset for each in stones}
    there, created = dict[str, set[str]](), dict[tuple[str, str], str]()
    for dataset in catalogue.datasets:
        for release in dataset.releases:
            homes[release.dataset, release.version] = find_home(release)
            created[release.dataset, release.version] = release.created
            there.setdefault(release.dataset, set()).add(release.version)
    for _, group in groupby(sorted(stones, key=_when, reverse=True), _when):
        gone = list(group)
        for each in gone:
            there.setdefault(each.dataset, set()).add(each.version)
        for each in gone:
            known = [one for one in there[each.dataset] if created.get((each.dataset, one), "") <= each.when]
            order = sorted(known, key=lambda version: [int(part) for part in version.split(".")])
            at = order.index(each.version)
            for before, after in pairwise(order[max(at - 1, 0) : at + 2]):
                yield f"datasets/{homes[each.dataset, after]}/changes/{before}-{after}/", each


def _when(tombstone: Tombstone) -> str:
    return tombstone.when


def list_twins(catalogue: Catalogue, path: str) -> list[str]:
    """List the other paths of a file of a dataset that is not of a version: those under its former names, where programs
    go on finding it; none of pages, which lead to the present name."""
    match = _OWN.fullmatch(path)
    former = list_former(catalogue.office.renamed, match[2]) if match and catalogue.office.renamed else ()
    return [f"{match[1]}{name}{match[3]}" for name in former if match]


_OWN = re.compile(
    r"((?:en/)?datasets/|api/3/package_show/)([^/]+?)(/(?:follow/|[^/]+[.]parts/)?(?!index\.html)[^/]+|\.json)"
)


def place_followed(dataset: str, table: str, column: str) -> str:
    """Return the path of the page that lists the values of a column that people may follow."""
    return f"datasets/{dataset}/follow/{table}/{place_column(column).removeprefix('columns/')}"


def place_raw(home: str, raw: Raw) -> str:
    """Return the site path of a source file: by its content, so that it never changes and versions share it."""
    name = name_raw(raw.url)
    suffix = PurePosixPath(name).suffix.lower()
    return f"datasets/{home}/raw/{raw.sha256}{suffix if suffix in RAW_SUFFIXES else '.bin'}"


def name_raw(url: str) -> str:
    """Return the file name of a source file at its origin."""
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    name = unquote(path).rpartition("/")[2]
    return name if re.fullmatch(r"[^\x00-\x1f\x7f\"<>\\]{1,200}", name) else "source"
