"""Checked tables → the files of an immutable release, and back.

A release is a Data Package v2 (https://datapackage.org/standard/data-package/): `datapackage.json`, each table as
CSV and as Parquet, `report.json`, `profile.json`, `manifest.json` and `SHA256SUMS`.  The same inputs give the same
bytes.  The tables' own files are written while they are checked (`files`); this module makes the rest.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from entaku.catalogue import facets
from entaku.check import casts
from entaku.check import schema as schemas
from entaku.formats.limits import PUBLISHED_CELL, cells_up_to
from entaku.model.errata import show_errata
from entaku.model.files import (
    DESCRIPTOR,
    MANIFEST,
    PROFILES,
    REPORT,
    SUMS,
    File,
    find_file,
    name_csv,
    name_parquet,
    name_places,
    name_plain,
    name_revised,
)
from entaku.model.grammar import Office, Pipeline
from entaku.model.ledgers import Abandoned
from entaku.model.messages import conceal, read_finding, show_finding
from entaku.model.nouns import EPOCH, Checked, Finding, Raw, Release, ReleasedResource, Report, Spec
from entaku.model.profile import Profile, read_profile, show_profile
from entaku.model.promises import show_breaking
from entaku.model.revisions import Why, read_why, show_why
from entaku.model.standards import find_page, name_standard
from entaku.model.table_schema import put_words
from entaku.release.concealing import conceal_recipe as conceal_recipe
from entaku.release.dumping import dump, dump_manifest
from entaku.release.errata import load_errata, show_counts
from entaku.release.errata import read_cells as read_cells
from entaku.release.parted import describe_parts, load_data, show_parted
from entaku.release.parted import list_written as list_written
from entaku.release.sources import SourceLists as SourceLists
from entaku.release.sources import list_sources as list_sources
from entaku.release.sources import read_sources as read_sources

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
DIALECT = {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True}
PREVIEW_ROWS = 20
MAX_SOURCES = 20


def make_key(spec: Spec, office: Office, raws: Mapping[str, Sequence[Raw]]) -> str:
    """Return the content key of a release: the hash of its inputs and of the program's EPOCH."""
    pipeline = spec.pipeline
    inputs = {
        "epoch": EPOCH,
        "spec": spec.digest,
        "address": office.base_url.rstrip("/"),
        "publisher": asdict(office.publishers[pipeline.publisher]),
        "license": asdict(office.licenses[pipeline.license]),
        "raws": {
            name: [[raw.url, dict(raw.values), raw.served, raw.sha256] for raw in of] for name, of in raws.items()
        },
    }
    return hashlib.sha256(dump(inputs)).hexdigest()


def make_version(
    raws: Iterable[Raw], timezone: str, taken: Collection[str], abandoned: Abandoned | None = None
) -> tuple[str, str]:
    """Return the version (`2026.11.23`, `2026.11.23.2`…) and `created`, from the newest fetch of `raws`.

    The date is that of `timezone`; `taken` are the existing versions.  Of versions that were `abandoned` the names may
    not be known: up to the day when they were, the number is greater than any of them can have.
    """

    def show_day(time: str) -> str:
        return datetime.fromisoformat(time).astimezone(ZoneInfo(timezone)).strftime("%Y.%m.%d")

    created = max(raw.fetched for raw in raws)
    day = version = show_day(created)
    n = 1
    if abandoned is not None and day <= show_day(abandoned.when):
        version = f"{day}.{(n := abandoned.count + 1)}"
    while version in taken:
        n += 1
        version = f"{day}.{n}"
    return version, created


@dataclass(frozen=True)
class Making:
    """The inputs of a release beside its tables."""

    spec: Spec
    office: Office
    key: str
    """Content key (`make_key`)."""
    version: str
    created: str
    """UTC time of the newest fetch."""
    program: str
    """The program's version."""
    previous: Mapping[str, Any] | None = None
    """`version` of the release before it, and `sha256` of that one's manifest.json; None for the first."""
    why: tuple[Why, ...] = ()
    """Why it is made."""
    revision: int = 1
    revised: str = ""
    """UTC time of a revision of the metadata; "" for a new version."""
    standing: tuple[File, ...] = ()
    """The files of the revision before, which share the data; none for a new version."""


def describe_release(making: Making, checked: Sequence[Checked], report: Report) -> dict[str, bytes]:
    """Make the files of a release that describe its tables, by their plain paths: they don't tell why it is made."""
    assert report.valid
    head = describe_package(making.spec.pipeline, making.office, [raw for table in checked for raw in table.raws])
    head |= {**_date(making), "resources": [each for table in checked for each in describe_tables(table)]}
    return {
        DESCRIPTOR: dump(head, indent=1),
        REPORT: dump(report.descriptor, indent=1),
        PROFILES: _write({"resources": [describe_columns(table) for table in checked]}),
    }


def make_release(
    making: Making, checked: Sequence[Checked], plain: Mapping[str, bytes], findings: Sequence[Finding],
    told: SourceLists | None = None,
) -> dict[str, bytes]:  # fmt: skip
    """Make the files of the release beside those of its tables, by path; of a revision those that it adds: `plain`, which
    describe the tables, and the manifest with warnings and notices.  `told`: `list_sources(checked)`, if it is known."""
    spec, sources = making.spec, told or list_sources(checked)
    files = {name_revised(path, making.revision): body for path, body in plain.items()}
    listed = {file.path: file for table in checked for file in list_written(table.written)}
    for path, body in plain.items():
        shared = find_file(making.standing, path)
        if shared is not None and shared.sha256 == _file(path, body).sha256:
            listed[shared.path] = shared
            del files[name_revised(path, making.revision)]
    before = {file.path: file for file in making.standing}
    listed |= {path: before[path] for path in sources.files if path in before}
    files |= {path: body for path, body in sources.files.items() if path not in before}
    manifest = {
        "dataset": spec.pipeline.name,
        **_date(making),
        "why": show_why(making.why),
        "previous": making.previous,
        "key": making.key,
        "program": {"name": "entaku", "version": making.program, "epoch": EPOCH},
        "spec": {"file": spec.file, "sha256": spec.digest, "pipeline": conceal_recipe(json.loads(spec.canonical))},
        "raws": [],
        **({"sources": sources.shown} if sources.shown else {}),
        "rows": {table.resource.name: table.written.rows for table in checked},
        **show_counts(checked),
        **show_parted(checked),
        "findings": [show_finding(conceal(finding)) for finding in findings],
        "files": [asdict(file) for file in _list_all(listed, files)],
    }
    files[name_revised(MANIFEST, making.revision)] = dump_manifest(manifest, sources.raws)
    sums = "".join(f"{file.sha256}  {file.path}\n" for file in _list_all(listed, files))
    return {**files, name_revised(SUMS, making.revision): sums.encode()}


def _date(making: Making) -> dict[str, Any]:
    """Return what descriptor and manifest say of the version."""
    again = {"revision": making.revision, "revised": making.revised} if making.revision > 1 else {}
    breaking = show_breaking(making.spec.pipeline.breaking)
    return {"version": making.version, "created": making.created, **again, **breaking}


def mark_files(of: Iterable[str]) -> str:
    """Return the mark by which `expect.accept` names files: the start of their SHA-256."""
    hashes = sorted(set(of))
    whole = hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
    return whole[:12]


def _list_all(written: Mapping[str, File], files: Mapping[str, bytes]) -> list[File]:
    every = {**written, **{path: _file(path, body) for path, body in files.items()}}
    return [every[path] for path in sorted(every)]


def same_content(one: Mapping[str, bytes], descriptor: bytes) -> bool:
    """Test whether the files `one` have the content of `descriptor`, another's datapackage.json, version aside."""
    mine, other = (json.loads(body) for body in (find_descriptor(one), descriptor))
    for each in (mine, other):
        for key in ("version", "created", "revision", "revised"):
            each.pop(key, None)
    return bool(mine == other)


def find_descriptor(files: Mapping[str, bytes]) -> bytes:
    """Return the descriptor among the files of a release."""
    return next(body for path, body in files.items() if name_plain(path) == DESCRIPTOR)


# ---- descriptors ------------------------------------------------------------------------------------------------


def is_sample(raws: Iterable[Raw]) -> bool:
    """Test whether any of the bytes are synthetic samples."""
    return any(raw.served == "sample" for raw in raws)


def describe_package(pipeline: Pipeline, office: Office, raws: Sequence[Raw]) -> dict[str, Any]:
    """Return the package's descriptor without version, dates and resources.  `raws`: of all tables, in their order; with
    samples among them, `sample` is true and the titles are marked."""
    publisher, license_ = office.publishers[pipeline.publisher], office.licenses[pipeline.license]
    sample = is_sample(raws)
    head: dict[str, Any] = {"$schema": PROFILE, "name": pipeline.name}
    put_words(head, "title", pipeline.title)
    put_words(head, "description", pipeline.description)
    if sample:
        head["sample"] = True
        head["title"] = facets.SAMPLE.ja + head["title"]
        if "title@en" in head:
            head["title@en"] = facets.SAMPLE.en + head["title@en"]
    head["languages"] = ["ja", "en"]
    head["homepage"] = f"{office.base_url.rstrip('/')}/datasets/{pipeline.name}/"
    if pipeline.keywords:
        head["keywords"] = list(pipeline.keywords)
    head["licenses"] = [{"name": pipeline.license, "path": license_.url, "title": license_.title.get("ja")}]
    contributor: dict[str, Any] = {"title": publisher.title.get("ja"), "roles": ["publisher"]}
    if publisher.url:
        contributor["path"] = publisher.url
    head["contributors"] = [contributor]
    first = raws[0].url if raws else ""
    path = pipeline.landing_page or first
    source = {"title": publisher.title.get("ja")}
    if path.startswith("http"):
        source["path"] = path
    head["sources"] = [source]
    return head


def describe_tables(table: Checked) -> list[dict[str, Any]]:
    """Return the resource descriptors of one table's two files; of parts that of the CSV alone, as frictionless-py reads
    the first of several Parquet files and no other.

    Parquet carries `hash` but neither `type` nor `bytes`: otherwise frictionless-py 5.21 reports a valid file as invalid.
    """
    resource, written = table.resource, table.written
    common: dict[str, Any] = {}
    put_words(common, "title", resource.title)
    put_words(common, "description", resource.description)
    if standard := name_standard(resource.schema):
        page = find_page(standard)
        common["conformsTo"] = [{"title": standard, **({"path": page} if page else {})}]
    urls = list(dict.fromkeys(raw.url for raw in reversed(table.raws) if raw.url.startswith("http")))[:MAX_SOURCES]
    if urls:
        common["sources"] = [{"title": url.rpartition("/")[2] or url, "path": url} for url in urls]
    common |= show_errata(resource.errata, written.errata)
    schema = schemas.describe_schema(resource.schema)
    plain = schemas.describe_schema(resource.schema)
    plain.pop("foreignKeys", None)
    plain.pop("missingValues", None)
    plain["fields"] = [casts.describe_typed(field) for field in resource.schema.fields]
    tables = [
        {
            "name": resource.name,
            "type": "table",
            "path": name_csv(resource.name),
            **describe_parts(resource, written),
            **common,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "dialect": DIALECT,
            "bytes": written.csv.bytes,
            "hash": f"sha256:{written.csv.sha256}",
            "rows": written.rows,
            "schema": schema,
        },
        {
            "name": f"{resource.name}-parquet",
            "path": name_parquet(resource.name),
            **common,
            "format": "parquet",
            "mediatype": "application/vnd.apache.parquet",
            "hash": f"sha256:{written.parquet.sha256}",
            "rows": written.rows,
            "schema": plain,
        },
    ]
    return tables[:1] if written.parted else tables


def describe_columns(table: Checked) -> dict[str, Any]:
    """Return the column statistics of one table: its part of `profile.json`."""
    columns = [show_profile(profile) for profile in table.written.profile]
    return {"name": table.resource.name, "rows": table.written.rows, "columns": columns}


# ---- back from the files ----------------------------------------------------------------------------------------


def load_release(
    open_: Callable[[str], BinaryIO],
    make_pipeline: Callable[[str, str], Pipeline],
    whole: bool = True,
    revision: int = 1,
) -> Release:
    """Load a revision of the Release whose files `open_` opens by path; unless `whole`, without preview and column
    statistics.

    `make_pipeline`: canonical JSON and file of the spec → Pipeline.  Raises ValueError or KeyError if the
    manifest isn't one of Entaku's.
    """

    def read(path: str) -> bytes:
        with open_(path) as stream:
            return stream.read()

    own = name_revised(MANIFEST, revision)
    body = read(own)
    manifest = json.loads(body)
    canonical = json.dumps(manifest["spec"]["pipeline"], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    pipeline = make_pipeline(canonical, manifest["spec"]["file"])
    files = (*(File(**file) for file in manifest["files"]), _file(own, body))
    by_path, told = {file.path: file for file in files}, find_file(files, PROFILES)
    profiles = read_profiles(read(told.path)) if whole and told else {}
    data = {resource.name: load_data(resource.name, manifest, by_path) for resource in pipeline.resources}
    raws: dict[str, list[Raw]] = {}
    for table, raw in read_sources(manifest, read):
        raws.setdefault(table, []).append(raw)
    return Release(
        dataset=manifest["dataset"],
        version=manifest["version"],
        created=manifest["created"],
        pipeline=pipeline,
        resources=tuple(
            ReleasedResource(
                name=resource.name,
                resource=resource,
                rows=manifest["rows"][resource.name],
                csv=data[resource.name].csv,
                parquet=data[resource.name].parquet,
                preview=_preview(open_, name_csv(resource.name)) if whole else (),
                raws=tuple(raws.get(resource.name, ())),
                profile=profiles.get(resource.name, ()),
                places=by_path.get(name_places(resource.name)),
                errata=load_errata(manifest, by_path, resource.name, open_ if whole else None),
                parted=data[resource.name].parted,
            )
            for resource in pipeline.resources
        ),
        findings=tuple(read_finding(item) for item in manifest["findings"]),
        files=files,
        key=manifest["key"],
        revision=revision,
        revised=manifest.get("revised", ""),
        why=read_why(manifest.get("why", ())),
    )


def read_profiles(body: bytes) -> dict[str, tuple[Profile, ...]]:
    """Parse a release's profile.json: the statistics of its columns by table."""
    shown = json.loads(body)["resources"]
    return {table["name"]: tuple(read_profile(column) for column in table["columns"]) for table in shown}


def _preview(open_: Callable[[str], BinaryIO], path: str) -> tuple[tuple[str, ...], ...]:
    with open_(path) as stream:
        return read_preview(stream)


def read_preview(stream: BinaryIO) -> tuple[tuple[str, ...], ...]:
    """Read the first rows of a published CSV and no more of it."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    with cells_up_to(PUBLISHED_CELL):
        return tuple(tuple(row) for row in islice(csv.reader(text), 1, PREVIEW_ROWS + 1))


def _file(path: str, body: bytes) -> File:
    return File(path, len(body), hashlib.sha256(body).hexdigest())


def _write(value: Any) -> bytes:
    """JSON that programs read, in few bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
