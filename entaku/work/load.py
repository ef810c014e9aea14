"""Loading of specs, releases and the catalogue from the project and the store."""

from __future__ import annotations

import glob
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from entaku.catalogue import build, charts_count, ledgers
from entaku.catalogue import charts as chart_rules
from entaku.formats.arrays import move_moments
from entaku.model.brand import TILES, Brand
from entaku.model.files import DESCRIPTOR
from entaku.model.folded import fold
from entaku.model.grammar import Office, Resource
from entaku.model.ledgers import LEDGERS, Request, Showcase, Tombstone
from entaku.model.nouns import EPOCH, Catalogue, Finding, Release, ReleasedResource, Spec
from entaku.model.profile import Chart
from entaku.model.standards import Standard
from entaku.spec import drafts, parse_project
from entaku.store import Cache, Store, disk, read_project
from entaku.store import site as sites
from entaku.work.derived import find_wholes
from entaku.work.first_rows import add_rows
from entaku.work.known_counts import KnownCounts
from entaku.work.manifests import newest_stamp
from entaku.work.outcome import Blame, reading
from entaku.work.quality import keep_back
from entaku.work.recalled import Loaded, Recall
from entaku.work.releases import check_sound, load_one, read_descriptor, share_words, spec_of, tell_reasons, withhold
from entaku.work.setting import Setting, Workplace
from entaku.work.signing import SiteSeal

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Inputs:
    """What a site is made from besides the catalogue, and where it goes."""

    folder: Path
    templates: Mapping[str, bytes]
    """The files of `site_templates/`, the project's and those that come with the program, by path in a project."""
    vendor: Mapping[str, bytes]
    """Bundled third-party scripts."""
    fonts: Mapping[str, bytes]
    """The fonts of cards; none where no cards are drawn."""
    pictures: Mapping[str, bytes]
    """The project's files that `site:` of `catalogue.yaml` names, by path."""
    allow_samples: bool
    manifest: bytes = b""
    """The site's manifest.json, which lists all inputs."""
    damaged: tuple[str, ...] = ()
    """Files of the present site that are not as they were written: then every file that is carried over is read."""
    seal: SiteSeal | None = None
    """What the site is signed with; None for a site without a signature."""


def add_charts(release: Release, spec: Spec, store: Store, cache: Cache, timezone: str) -> Release:
    """Add to `release` the charts that the current `spec` plans, or that suit its tables; days are those of `timezone`."""
    asked = {resource.name: resource for resource in spec.pipeline.resources}
    wished = [
        replace(table.resource, charts=asked.get(table.name, table.resource).charts) for table in release.resources
    ]
    made_from = [
        EPOCH,
        chart_rules.EDITION,
        timezone,
        [
            (table.parquet.sha256, repr(one.schema), repr(one.charts))
            for table, one in zip(release.resources, wished, strict=True)
        ],
    ]
    key = hashlib.sha256(f"charts {made_from!r}".encode("utf-8", "backslashreplace")).hexdigest()
    kept = cache.get(key)
    if kept is None:
        for table in release.resources:
            check_sound(store, release, table.parquet)
        counted = {
            table.name: [
                chart_rules.show_chart(chart)
                for chart in _count(release, replace(table, resource=one), (store, cache), timezone)
            ]
            for table, one in zip(release.resources, wished, strict=True)
        }
        kept = json.dumps(counted, ensure_ascii=False).encode("utf-8", "backslashreplace")
        cache.put(key, kept)
    charts: Mapping[str, tuple[Chart, ...]] = {
        name: tuple(map(chart_rules.read_chart, shown)) for name, shown in json.loads(kept).items()
    }
    tables = tuple(replace(table, charts=charts.get(table.name, ())) for table in release.resources)
    return replace(release, resources=tables)


def _count(
    release: Release, table: ReleasedResource, where: tuple[Store, Cache], timezone: str
) -> tuple[Chart, ...]:  # fmt: skip
    store, cache = where

    def read_file(path: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
        batches = store.read_columns(release.dataset, release.version, path, columns)
        return (move_moments(batch, timezone) for batch in batches)

    read, known = partial(read_file, table.parquet.path), None
    if table.parted is not None and len(table.parted.parts) > 1:
        known = KnownCounts(cache, table, timezone, read_file)
    return charts_count.count_charts(table.resource, table.profile, read, known)


REQUESTS, SHOWCASES = LEDGERS
Releases = Mapping[str, tuple[Release, ...]]
LedgerRow = TypeVar("LedgerRow", Request, Showcase)


def load_requests(store: Store, releases: Releases) -> tuple[tuple[Request, ...], tuple[Finding, ...]]:
    """Load the requests of the current release, and findings on their rows."""
    sheet = load_sheet(store, releases, REQUESTS)
    if sheet is None:
        return (), ()
    with reading(REQUESTS):
        requests, findings = ledgers.read_requests(sheet)
        requests = tuple(name_anew(store, request) for request in requests)
    return requests, (*findings, *ledgers.find_strangers(sheet, requests, releases))


def load_showcases(
    store: Store, releases: Releases, pictures: Collection[str]
) -> tuple[tuple[Showcase, ...], tuple[Finding, ...]]:
    """Load the showcases of the current release, and findings on their rows."""
    sheet = load_sheet(store, releases, SHOWCASES)
    if sheet is None:
        return (), ()
    with reading(SHOWCASES):
        showcases, findings = ledgers.read_showcases(sheet, pictures)
        showcases = tuple(name_anew(store, showcase) for showcase in showcases)
    return showcases, (*findings, *ledgers.find_strangers(sheet, showcases, releases))


def name_anew(store: Store, row: LedgerRow) -> LedgerRow:
    """Return a row with the present names of the datasets that it names."""
    return replace(row, datasets=tuple(dict.fromkeys(map(store.find_present, row.datasets))))


def load_sheet(store: Store, releases: Releases, name: str) -> ledgers.LedgerSheet | None:
    """Load the table `name` of the dataset `name` from its current release; None if there is none."""
    current = releases.get(name, ())[-1:]
    table = next((table for release in current for table in release.resources if table.name == name), None)
    if table is None:
        return None
    newest = table.raws[-1]
    published = store.read_release(name, current[0].version, table.csv.path)
    gone = current[0].withheld | store.absent_raws(name)
    raw = published if newest.sha256 in gone else store.raw(name, newest.sha256)
    with reading(f"{name}/releases/{current[0].version}/{table.csv.path}"):
        return ledgers.read_sheet(published, newest.url, raw)


STANDARDS = "standards/[!.]*.csv"
WRITTEN = (
    "[cC]atalogue.[yY]*",
    "pipelines/[!.]*.[yY]*",
    "pipelines/[!.]*/[!.]*.[yY]*ml",
    "codes/[!.]*.csv",
    STANDARDS,
    "requests.csv",
)
"""The files that owners write, as globs."""


def read_specs(
    project: Path, keep: Cache | None = None, program: str = ""
) -> tuple[Office | None, tuple[Spec, ...], tuple[Finding, ...]]:
    """Parse the project's catalogue.yaml and pipelines, except those that the program with the digest `program` has
    parsed before and `keep` has; that there are none is a finding."""
    files = read_written(project)
    office, specs, findings = parse_project(files, lambda path: read_pictures(project, [path]).get(path), keep, program)
    if not any(path.startswith("pipelines/") for path in files):
        findings = (*findings, Finding("no-pipelines", value="pipelines/"))
    return office, specs, findings


def read_standards(project: Path) -> tuple[tuple[Standard, ...], tuple[Finding, ...]]:
    """Read the standards of the project, and what is wrong with others, as warnings."""
    return drafts.read_standards(read_project(project, STANDARDS))


def read_written(project: Path) -> dict[str, bytes]:
    """Read the files that owners write, by path."""
    return {path: body for pattern in WRITTEN for path, body in read_project(project, pattern).items()}


def read_pictures(project: Path, paths: Iterable[str]) -> dict[str, bytes]:
    """Read files of the project by their paths, of archives of tiles the head and the size alone; those that aren't
    there are left out."""
    files: dict[str, bytes] = {}
    for each in paths:
        if not each.endswith(TILES):
            files |= read_project(project, glob.escape(each))
        elif measured := sites.measure_tiles(project, each):
            files[each] = measured
    return files


def read_shown(project: Path, brand: Brand) -> dict[str, bytes]:
    """Read the files that `site:` names, by path; an archive of tiles stands there as its SHA-256."""
    tiles = [brand.map.tiles] if brand.map else []
    hashes = {path: sites.hash_tiles(project, path).encode() for path in tiles}
    return {
        **read_pictures(project, brand.list_pictures().values()),
        **{key: sha for key, sha in hashes.items() if sha},
    }


def load_catalogue(
    setting: Setting, office: Office, specs: Sequence[Spec], pictures: Collection[str] = ()
) -> tuple[Catalogue, tuple[Finding, ...]]:
    """Load the catalogue of what is released; a dataset with broken YAML is loaded by its last release's spec, one
    without rows not at all, and of one whose versions were all withdrawn the tombstones alone.

    `pictures`: the files that showcases may show.  The findings are those of the ledgers' rows.
    """
    store, blame, odd, recall = setting.store, Blame(), list[Finding](), Recall(setting, office)
    by_name = {spec.pipeline.name: spec for spec in specs}
    releases: dict[str, tuple[Release, ...]] = {}
    stored: dict[str, build.Stored] = {}
    tombstones: list[Tombstone] = []
    for name in sorted({*by_name, *store.list_datasets()}):
        with blame.on(name):
            history, withheld = store.history(name), store.withdrawn_raws(name)
            gone = store.tombstones(name)
            tombstones += (
                replace(each, dataset=name, home=each.dataset if each.dataset != name else "") for each in gone
            )
            if not history.versions and (name not in by_name or any(tombstone.version for tombstone in gone)):
                by_name.pop(name, None)
                continue
            if name not in by_name:
                by_name[name] = spec_of(store, name, history.versions[-1])
                descriptor = read_descriptor(store, name, history.versions[-1])
                with reading(f"{name}/releases/{history.versions[-1]}/{DESCRIPTOR}"):
                    office = build.keep_former(office, by_name[name].pipeline, descriptor)
                loaded = load_releases(setting, office, by_name[name], withheld)
            else:
                loaded = recall.load(by_name[name], partial(load_releases, setting, office, by_name[name], withheld))
            releases[name] = loaded.releases
            odd += loaded.findings
            stored[name] = build.Stored(loaded.releases, history.attempt, loaded.checked, loaded.raws)
    blame.settle()
    with blame.on(REQUESTS):
        requests, found = load_requests(store, releases)
        odd += found
    with blame.on(SHOWCASES):
        showcases, found = load_showcases(store, releases, pictures)
        odd += found
    blame.settle()
    known = [spec for name, spec in by_name.items() if not is_waiting(stored[name])]
    catalogue = build.build_catalogue(
        office, known, stored, setting.program, build.Ledgers(tuple(requests), tuple(showcases))
    )
    withdrawn = tuple(each for each in tombstones if not each.rule)
    return replace(catalogue, tombstones=withdrawn, expired=tuple(each for each in tombstones if each.rule)), tuple(odd)


def load_releases(setting: Workplace, office: Office, spec: Spec, withheld: frozenset[str]) -> Loaded:
    """Load the releases of a dataset, without the source files that are `withheld`."""
    store, name = setting.store, spec.pipeline.name
    history = store.history(name)
    last = history.versions[-1:]
    made = (
        load_one(store, name, version, (version,) == last, history.revisions.get(version, 1))
        for version in history.versions
    )
    releases, odd = tell_reasons([withhold(release, withheld) for release in made]), tuple[Finding, ...]()
    if history.versions:
        *older, current = releases
        current = heed_source(current, spec)
        current = add_charts(current, spec, store, setting.cache, office.timezone)
        current = find_wholes(store, setting.cache, office, current)
        current = add_rows(current, spec, store, setting.cache)
        releases, odd = hold_raws(setting, office, (*older, fold_tables(current)))
    shared = tuple(share_words(release, spec) for release in releases)
    return Loaded(shared, odd, disk.size_of(store.root / name / "raw"), newest_stamp(store.ledger(name)))


def fold_tables(release: Release) -> Release:
    """Return the current release with what is told of its tables' rows folded: a catalogue has very much of it."""
    return replace(release, resources=tuple(map(fold_table, release.resources)))


def fold_table(table: ReleasedResource) -> ReleasedResource:
    """Return a table with its first rows, charts, frequent values and the lists of its statistics folded: those that the
    search reads apart from those that pages alone show, which are ten times as many."""
    values, *tops = fold([table.values, *(column.top for column in table.profile)])
    lists = [table.preview, table.charts]
    for column in table.profile:
        lists += [column.quantiles, column.histogram]
    preview, charts, *folded = fold(lists)
    profile = tuple(
        replace(column, quantiles=folded[2 * n], histogram=folded[2 * n + 1], top=top, binned=column.count_binned())
        for n, (column, top) in enumerate(zip(table.profile, tops, strict=True))
    )
    return replace(table, preview=preview, charts=charts, values=values, profile=profile)


def heed_source(release: Release, spec: Spec) -> Release:
    """Return the current release with what the current `spec` says of offering its source files, which needs no new
    release."""
    asked = {resource.name: resource.source for resource in spec.pipeline.resources}

    def heed(resource: Resource) -> Resource:
        now, then = asked.get(resource.name), resource.source
        if not now or not then or (now.raw, now.allow) == (then.raw, then.allow):
            return resource
        return replace(resource, source=replace(then, raw=now.raw, allow=now.allow))

    if not any(heed(each) is not each for each in release.pipeline.resources) and not release.earlier:
        return release
    pipeline = replace(release.pipeline, resources=tuple(map(heed, release.pipeline.resources)))
    tables = tuple(replace(table, resource=heed(table.resource)) for table in release.resources)
    earlier = tuple(heed_source(each, spec) for each in release.earlier)
    return replace(release, pipeline=pipeline, resources=tables, earlier=earlier)


def hold_raws(
    setting: Workplace, office: Office, releases: Sequence[Release]
) -> tuple[tuple[Release, ...], tuple[Finding, ...]]:
    """Return the releases with the source files that the site doesn't offer, each by the spec of its version; and the
    findings on them that no release tells."""
    made: list[Release] = []
    told = {(one.code, one.place.file) for release in releases for one in release.findings}
    found: list[Finding] = []
    for release in releases:
        kept = keep_back(setting, office, release)
        earlier, more = hold_raws(setting, office, release.earlier) if release.earlier else ((), ())
        made.append(replace(release, kept=frozenset(kept), earlier=earlier) if kept or earlier else release)
        every = (*more, *(one for each in kept.values() for one in each))
        found += [one for one in every if (one.code, one.place.file) not in told and one not in found]
    return tuple(made), tuple(found)


def is_waiting(stored: build.Stored) -> bool:
    """Test whether a dataset has had no rows yet: it is listed from its first row on."""
    if stored.releases:
        return not any(table.rows for release in stored.releases for table in release.resources)
    return stored.attempt is not None and not stored.attempt.count
