"""Checked tables → the files of an immutable release, and back.

A release is a Data Package v2 (https://datapackage.org/standard/data-package/): `datapackage.json`, each table as
CSV and as Parquet, `report.json`, `profile.json`, `manifest.json` and `SHA256SUMS`.  The same inputs give the same
bytes.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from entaku.facets import SAMPLE
from entaku.grammar import Office, Pipeline
from entaku.limits import PUBLISHED_CELL, cells_up_to
from entaku.messages import read_finding, show_finding
from entaku.model import EPOCH, Checked, File, Finding, Profile, Raw, Release, ReleasedResource, Report, Spec
from entaku.profiles import read_profile, show_profile
from entaku.schema import describe_schema, put_words

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
PREVIEW_ROWS = 20
ROW_GROUP = 100_000
MAX_SOURCES = 20


def make_key(spec: Spec, office: Office, raws: Mapping[str, Sequence[Raw]]) -> str:
    """The content key of a release: what it would be made from, and by which EPOCH of the program."""
    pipeline = spec.pipeline
    inputs = {
        "epoch": EPOCH,
        "spec": spec.digest,
        "publisher": asdict(office.publishers[pipeline.publisher]),
        "license": asdict(office.licenses[pipeline.license]),
        "raws": {
            name: [[raw.url, dict(raw.values), raw.served, raw.sha256] for raw in of] for name, of in raws.items()
        },
    }
    return hashlib.sha256(_dump(inputs)).hexdigest()


def make_version(raws: Iterable[Raw], timezone: str, taken: Sequence[str]) -> tuple[str, str]:
    """The version (`2026.11.23`, `2026.11.23.2`…) and `created`, from the newest fetch of `raws`.

    The date is that of `timezone`; `taken` are the versions that exist.
    """
    created = max(raw.fetched for raw in raws)
    day = datetime.fromisoformat(created).astimezone(ZoneInfo(timezone)).strftime("%Y.%m.%d")
    version, n = day, 1
    while version in taken:
        n += 1
        version = f"{day}.{n}"
    return version, created


def make_release(
    spec: Spec,
    office: Office,
    checked: Sequence[Checked],
    report: Report,
    findings: Sequence[Finding],
    key: str,
    version: str,
    created: str,
    program: str,
) -> dict[str, bytes]:
    """Every file of the release by its path.  `findings`: warnings and notices; `program`: the program's version."""
    assert report.valid
    head = describe_package(spec.pipeline, office, checked)
    files: dict[str, bytes] = {}
    tables = []
    for table in checked:
        name = table.resource.name
        files[f"{name}.csv"] = table.csv
        files[f"{name}.parquet"] = write_parquet(table, head)
        tables += describe_tables(table, files[f"{name}.csv"], files[f"{name}.parquet"])
    descriptor = {**head, "version": version, "created": created, "resources": tables}
    files["datapackage.json"] = _dump(descriptor, indent=2)
    files["report.json"] = _dump(report.descriptor, indent=2)
    files["profile.json"] = _dump({"resources": [describe_columns(table) for table in checked]}, indent=2)
    manifest = {
        "dataset": spec.pipeline.name,
        "version": version,
        "created": created,
        "key": key,
        "program": {"name": "entaku", "version": program, "epoch": EPOCH},
        "spec": {"file": spec.file, "sha256": spec.digest, "pipeline": json.loads(spec.canonical)},
        "raws": [{"resource": table.resource.name, **asdict(raw)} for table in checked for raw in table.raws],
        "rows": {table.resource.name: table.arrow.num_rows for table in checked},
        "findings": [show_finding(finding) for finding in findings],
        "files": [asdict(_file(path, body)) for path, body in sorted(files.items())],
    }
    files["manifest.json"] = _dump(manifest, indent=2)
    sums = [f"{hashlib.sha256(body).hexdigest()}  {path}\n" for path, body in sorted(files.items())]
    files["SHA256SUMS"] = "".join(sums).encode()
    return files


def same_content(one: Mapping[str, bytes], descriptor: bytes) -> bool:
    """Whether the files `one` publish what `descriptor` (another release's datapackage.json) does, version aside."""
    mine, other = json.loads(one["datapackage.json"]), json.loads(descriptor)
    for each in (mine, other):
        for key in ("version", "created"):
            each.pop(key, None)
    return bool(mine == other)


# ---- descriptors ------------------------------------------------------------------------------------------------


def is_sample(raws: Iterable[Raw]) -> bool:
    """Whether any of the bytes were synthetic samples."""
    return any(raw.served == "sample" for raw in raws)


def describe_package(pipeline: Pipeline, office: Office, checked: Sequence[Checked]) -> dict[str, Any]:
    """The package's descriptor without version, dates and resources.

    Where samples served, `sample` is true and the titles say so.
    """
    publisher, license_ = office.publishers[pipeline.publisher], office.licenses[pipeline.license]
    sample = any(is_sample(table.raws) for table in checked)
    head: dict[str, Any] = {"$schema": PROFILE, "name": pipeline.name}
    put_words(head, "title", pipeline.title)
    put_words(head, "description", pipeline.description)
    if sample:
        head["sample"] = True
        head["title"] = SAMPLE.ja + head["title"]
        if "title@en" in head:
            head["title@en"] = SAMPLE.en + head["title@en"]
    head["languages"] = ["ja", "en"]
    head["homepage"] = f"{office.base_url.rstrip('/')}/datasets/{pipeline.name}/"
    if pipeline.keywords:
        head["keywords"] = list(pipeline.keywords)
    head["licenses"] = [{"name": pipeline.license, "path": license_.url, "title": license_.title.get("ja")}]
    contributor: dict[str, Any] = {"title": publisher.title.get("ja"), "roles": ["publisher"]}
    if publisher.url:
        contributor["path"] = publisher.url
    head["contributors"] = [contributor]
    first = next((raw.url for table in checked for raw in table.raws), "")
    path = pipeline.landing_page or first
    source = {"title": publisher.title.get("ja")}
    if path.startswith("http"):
        source["path"] = path
    head["sources"] = [source]
    return head


def describe_tables(table: Checked, csv_body: bytes, parquet: bytes) -> list[dict[str, Any]]:
    """The descriptors of one table's two files.

    Parquet carries `hash` but neither `type` nor `bytes`, its lists are of type `any`, and its numbers may be
    missing as `nan`: without that frictionless-py 5.21, which reads through pandas, calls a sound file invalid.
    """
    resource = table.resource
    common: dict[str, Any] = {}
    put_words(common, "title", resource.title)
    put_words(common, "description", resource.description)
    urls = list(dict.fromkeys(raw.url for raw in reversed(table.raws) if raw.url.startswith("http")))[:MAX_SOURCES]
    if urls:
        common["sources"] = [{"title": url.rpartition("/")[2] or url, "path": url} for url in urls]
    schema = describe_schema(resource.schema)
    plain = describe_schema(resource.schema)
    plain.pop("foreignKeys", None)
    for field in plain["fields"]:
        if field["type"] in ("array", "list"):
            field["type"] = "any"
        for key in ("format", "missingValues", "trueValues", "falseValues", "groupChar", "decimalChar", "bareNumber"):
            field.pop(key, None)
        if field["type"] in ("integer", "number", "boolean", "year"):
            field["missingValues"] = ["", "nan", "None"]
    plain.pop("missingValues", None)
    return [
        {
            "name": resource.name,
            "type": "table",
            "path": f"{resource.name}.csv",
            **common,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "dialect": {
                "delimiter": ",",
                "lineTerminator": "\n",
                "quoteChar": '"',
                "doubleQuote": True,
                "header": True,
            },
            "bytes": len(csv_body),
            "hash": f"sha256:{hashlib.sha256(csv_body).hexdigest()}",
            "rows": table.arrow.num_rows,
            "schema": schema,
        },
        {
            "name": f"{resource.name}-parquet",
            "path": f"{resource.name}.parquet",
            **common,
            "format": "parquet",
            "mediatype": "application/vnd.apache.parquet",
            "hash": f"sha256:{hashlib.sha256(parquet).hexdigest()}",
            "rows": table.arrow.num_rows,
            "schema": plain,
        },
    ]


def describe_columns(table: Checked) -> dict[str, Any]:
    """What is in the columns of one table: its part of `profile.json`."""
    columns = [show_profile(profile) for profile in table.profile]
    return {"name": table.resource.name, "rows": table.arrow.num_rows, "columns": columns}


def write_parquet(table: Checked, head: Mapping[str, Any]) -> bytes:
    """The typed table as Parquet: zstd, dictionaries, page index; `datapackage` in the metadata is its descriptor.

    Versions and dates stay out, so that the same data gives the same bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = describe_schema(table.resource.schema)
    own: dict[str, Any] = {"name": table.resource.name, "path": f"{table.resource.name}.parquet", "schema": schema}
    put_words(own, "title", table.resource.title)
    put_words(own, "description", table.resource.description)
    arrow = table.arrow.replace_schema_metadata({"datapackage": _dump({**head, "resources": [own]}).decode()})
    sink = pa.BufferOutputStream()
    pq.write_table(
        arrow, sink, compression="zstd", compression_level=3, use_dictionary=True, write_page_index=True,
        row_group_size=ROW_GROUP, write_statistics=True,
    )  # fmt: skip
    body: bytes = sink.getvalue().to_pybytes()
    return body


# ---- back from the files ----------------------------------------------------------------------------------------


def load_release(read: Callable[[str], bytes], make_pipeline: Callable[[str, str], Pipeline]) -> Release:
    """The Release whose files `read` gives by path.

    `make_pipeline`: canonical JSON and file of the spec → Pipeline.  Raises ValueError or KeyError where
    the manifest is not one of ours.
    """
    body = read("manifest.json")
    manifest = json.loads(body)
    canonical = json.dumps(manifest["spec"]["pipeline"], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    pipeline = make_pipeline(canonical, manifest["spec"]["file"])
    files = (*(File(**file) for file in manifest["files"]), _file("manifest.json", body))
    by_path = {file.path: file for file in files}
    profiles = _read_profiles(read("profile.json")) if "profile.json" in by_path else {}
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
                csv=by_path[f"{resource.name}.csv"],
                parquet=by_path[f"{resource.name}.parquet"],
                preview=read_preview(read(f"{resource.name}.csv")),
                raws=tuple(
                    Raw(**{key: value for key, value in raw.items() if key != "resource"})
                    for raw in manifest["raws"]
                    if raw["resource"] == resource.name
                ),
                profile=profiles.get(resource.name, ()),
            )
            for resource in pipeline.resources
        ),
        findings=tuple(read_finding(item) for item in manifest["findings"]),
        files=files,
        key=manifest["key"],
    )


def _read_profiles(body: bytes) -> dict[str, tuple[Profile, ...]]:
    shown = json.loads(body)["resources"]
    return {table["name"]: tuple(read_profile(column) for column in table["columns"]) for table in shown}


def read_preview(body: bytes) -> tuple[tuple[str, ...], ...]:
    """The first rows of a published CSV."""
    text = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", newline="")
    with cells_up_to(PUBLISHED_CELL):
        return tuple(tuple(row) for row in islice(csv.reader(text), 1, PREVIEW_ROWS + 1))


def _file(path: str, body: bytes) -> File:
    return File(path=path, bytes=len(body), sha256=hashlib.sha256(body).hexdigest())


def _dump(value: Any, indent: int | None = None) -> bytes:
    separators = None if indent else (",", ":")
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators, sort_keys=indent is None)
    return (text + "\n" if indent else text).encode()
