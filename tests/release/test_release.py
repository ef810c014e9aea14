import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow.parquet as pq
import pytest
from frictionless import validate
from projects import MemoryDesk, make_candidate

from entaku.check import check
from entaku.check.schema import describe_schema
from entaku.model.grammar import License, Office, Publisher, Theme
from entaku.model.nouns import Finding, Place, Raw
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text
from entaku.release.making import (
    Making,
    describe_package,
    describe_release,
    load_release,
    make_key,
    make_release,
    make_version,
    read_preview,
    same_content,
)
from entaku.release.write import TableFiles
from entaku.spec.spec import make_spec

OFFICE = Office(
    title=Text(ja="見本", en="Sample"),
    description=Text(ja="見本の目録", en="A sample catalogue"),
    base_url="https://data.example.org/",
    publishers={"office": Publisher(title=Text(ja="見本局", en="Sample Office"), url="https://office.example.org/")},
    licenses={"CC-BY-4.0": License(title=Text(ja="CC BY 4.0"), url="https://creativecommons.org/licenses/by/4.0/")},
    themes={"transport": Theme(title=Text(ja="交通", en="Transport"))},
)
PIPELINE = {
    "name": "lifts",
    "title": {"ja": "昇降機", "en": "Lifts"},
    "description": "説明",
    "publisher": "office",
    "license": "CC-BY-4.0",
    "frequency": "monthly",
    "keywords": ["駅"],
    "resources": [
        {
            "name": "schedule",
            "title": "日程",
            "source": {"url": "https://office.example.org/lifts.csv"},
            "schema": {
                "primaryKey": ["id"],
                "fields": [
                    {"name": "id", "title": {"ja": "番号", "en": "Number"}, "constraints": {"required": True}},
                    {"name": "day", "type": "date"},
                    {"name": "weight", "type": "integer", "unit": "kg"},
                    {"name": "floors", "type": "array", "arrayItem": {"type": "string"}},
                ],
            },
        }
    ],
}


def make_files(served: str = "sample", version: str = "2026.06.29", weight: str = "600") -> dict[str, bytes]:
    spec = make_spec(json.dumps(PIPELINE, sort_keys=True, ensure_ascii=False), "pipelines/lifts.yaml", {})
    resource = spec.pipeline.resources[0]
    frame = pd.DataFrame(
        {"id": ["a", "b"], "day": ["2026-06-29", ""], "weight": [weight, ""], "floors": ['["1F","B1F"]', ""]},
        dtype="str",
    )
    raw = Raw("https://office.example.org/lifts.csv", {}, served, "2026-06-29T00:00:00Z", "ab" * 32, 9)  # type: ignore[arg-type]
    desk = MemoryDesk()
    files = TableFiles(resource, describe_package(spec.pipeline, OFFICE, [raw]), desk)
    candidate = make_candidate(resource, frame, lambda row, column: Place(row=row, column=column), (raw,))
    verdict = check([replace(candidate, files=files)])
    assert verdict.report.valid, verdict.report.findings
    notice = Finding("sum-rounded", "notice", Place(row=3), "10", {"sum": "11"})
    making = Making(spec, OFFICE, "key", version, raw.fetched, "0.1.0")
    plain = describe_release(making, verdict.checked, verdict.report)
    made = make_release(making, verdict.checked, plain, [notice])
    return {**made, **{path: desk.read(path) for path in desk.files}}


def opener(files: Mapping[str, bytes]) -> Callable[[str], BinaryIO]:
    return lambda path: io.BytesIO(files[path])


def test_the_same_inputs_give_the_same_bytes() -> None:
    assert make_files() == make_files()


def test_frictionless_calls_it_valid(tmp_path: object) -> None:
    folder = Path(str(tmp_path))
    for path, body in make_files().items():
        (folder / path).write_bytes(body)
    report = validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["message"])
    assert [task.name for task in report.tasks] == ["schedule", "schedule-parquet"]


def test_parquet_has_types_words_and_the_descriptor() -> None:
    body = make_files()["schedule.parquet"]
    table = pq.read_table(io.BytesIO(body))
    assert [str(field.type) for field in table.schema] == ["string", "date32[day]", "int64", "list<element: string>"]
    assert table.schema.field("weight").metadata[b"unit"] == b"kg"
    assert table.schema.field("id").metadata[b"title@en"] == b"Number"
    descriptor = json.loads(table.schema.metadata[b"datapackage"])
    assert descriptor["resources"][0]["schema"]["primaryKey"] == ["id"]
    assert pq.ParquetFile(io.BytesIO(body)).metadata.row_group(0).column(0).compression == "ZSTD"
    assert pd.read_parquet(io.BytesIO(body))["floors"][0].tolist() == ["1F", "B1F"]


def test_samples_are_named_as_such() -> None:
    descriptor = json.loads(make_files()["datapackage.json"])
    assert descriptor["sample"] is True
    assert descriptor["title"] == "【見本】昇降機"
    assert descriptor["title@en"] == "[SAMPLE] Lifts"
    real = json.loads(make_files("live")["datapackage.json"])
    assert "sample" not in real
    assert real["title"] == "昇降機"


def test_a_release_comes_back_from_its_files() -> None:
    files = make_files()
    release = load_release(opener(files), lambda text, file: make_spec(text, file, {}).pipeline)
    assert (release.dataset, release.version, release.served) == ("lifts", "2026.06.29", ("sample",))
    (table,) = release.resources
    assert table.rows == 2
    assert table.preview[0] == ("a", "2026-06-29", "600", '["1F","B1F"]')
    assert release.findings[0].args == {"sum": "11"}
    assert {file.path for file in release.files} == set(files) - {"SHA256SUMS"}


def test_profiles_come_back_and_older_releases_have_none() -> None:
    files = make_files()
    shown = json.loads(files["profile.json"])["resources"]
    assert [(table["name"], table["rows"], len(table["columns"])) for table in shown] == [("schedule", 2, 4)]
    (table,) = load_release(opener(files), lambda text, file: make_spec(text, file, {}).pipeline).resources
    assert [profile.name for profile in table.profile] == ["id", "day", "weight", "floors"]
    weight = table.profile[2]
    assert (weight.type, weight.rows, weight.nulls, weight.distinct, weight.least, weight.most) == (
        "integer", 2, 1, 1, 600, 600,
    )  # fmt: skip
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = [file for file in manifest["files"] if file["path"] != "profile.json"]
    older = {**files, "manifest.json": json.dumps(manifest).encode()}
    del older["profile.json"]
    (table,) = load_release(opener(older), lambda text, file: make_spec(text, file, {}).pipeline).resources
    assert table.profile == ()


def test_every_file_is_in_the_checksums() -> None:
    files = make_files()
    names = [line.split("  ")[1] for line in files["SHA256SUMS"].decode().splitlines()]
    assert names == sorted(set(files) - {"SHA256SUMS"})


def test_a_very_long_cell_comes_back_too() -> None:
    assert read_preview(io.BytesIO(b"a\n" + b"x" * 200_000 + b"\n")) == (("x" * 200_000,),)


def test_versions_are_days_of_the_data() -> None:
    raw = Raw("u", {}, "live", "2026-06-28T16:00:00Z", "a", 1)
    assert make_version([raw], "Asia/Tokyo", ()) == ("2026.06.29", "2026-06-28T16:00:00Z")
    assert make_version([raw], "UTC", ())[0] == "2026.06.28"
    assert make_version([raw], "Asia/Tokyo", ("2026.06.29", "2026.06.29.2"))[0] == "2026.06.29.3"


def test_only_content_makes_a_difference() -> None:
    one = make_files()
    assert same_content(one, make_files(version="2026.07.01")["datapackage.json"])
    assert not same_content(one, make_files(weight="601")["datapackage.json"])
    assert not same_content(one, make_files("live")["datapackage.json"])


@pytest.mark.parametrize("change", ["sha256", "served", "values"])
def test_the_key_follows_the_raws(change: str) -> None:
    spec = make_spec(json.dumps(PIPELINE, sort_keys=True), "x.yaml", {})
    raw = Raw("u", {}, "live", "2026-06-28T16:00:00Z", "a", 1)
    other = {"sha256": Raw("u", {}, "live", raw.fetched, "b", 1), "served": Raw("u", {}, "sample", raw.fetched, "a", 1),
             "values": Raw("u", {"market": "1"}, "live", raw.fetched, "a", 1)}[change]  # fmt: skip
    later = Raw("u", {}, "live", "2027-01-01T00:00:00Z", "a", 1)
    key = make_key(spec, OFFICE, {"schedule": (raw,)})
    assert key == make_key(spec, OFFICE, {"schedule": (later,)})
    assert key != make_key(spec, OFFICE, {"schedule": (other,)})


TYPED = [
    (
        {"type": "time", "format": "%H:%M"},
        ["09:00", ""],
        {"minimum": "08:00", "enum": ["09:00"]},
        {"minimum": "08:00:00", "enum": ["09:00:00"]},
    ),
    ({"type": "time", "format": "any"}, ["9:00", ""], {"exclusiveMaximum": "18:00"}, {"exclusiveMaximum": "18:00:00"}),
    (
        {"type": "date", "format": "%d.%m.%Y"},
        ["02.01.2026", ""],
        {"maximum": "31.12.2026", "unique": True},
        {"maximum": "2026-12-31", "unique": True},
    ),
    (
        {"type": "datetime", "format": "%Y/%m/%d %H:%M"},
        ["2026/01/02 09:00", ""],
        {"minimum": "2026/01/01 00:00", "unique": True},
        {"minimum": "2026-01-01T00:00:00", "unique": True},
    ),
    ({"type": "datetime"}, ["", ""], {"enum": ["2026-01-02T09:00:00"]}, {"enum": ["2026-01-02T09:00:00"]}),
    (
        {"type": "number", "groupChar": ".", "decimalChar": ","},
        ["1.234,5", ""],
        {"enum": ["1.234,5"]},
        {"enum": [1234.5]},
    ),
    (
        {"type": "integer", "bareNumber": False},
        ["95円", ""],
        {"enum": ["95円"], "minimum": 0},
        {"enum": [95], "minimum": 0},
    ),
    ({"type": "integer", "bareNumber": False, "categories": ["95円"]}, ["95円", ""], {}, {}),
    ({"type": "boolean", "trueValues": ["有"], "falseValues": ["無"]}, ["有", ""], {"enum": ["有"]}, {"enum": [True]}),
    ({"type": "year"}, ["2026", ""], {"minimum": 2000, "enum": [2026]}, {"minimum": 2000, "enum": [2026]}),
    ({"type": "list"}, ["a,b", ""], {"minLength": 1, "maxLength": 3}, {}),
    (
        {"type": "array", "arrayItem": {"type": "string"}},
        ['["a","b"]', ""],
        {"minLength": 1, "enum": ['["a","b"]']},
        {},
    ),
    ({"type": "geopoint", "format": "array"}, ["[139, 35]", ""], {"required": False}, {}),
    ({"type": "string", "format": "email"}, ["a@b.jp", ""], {"enum": ["a@b.jp"]}, {"enum": ["a@b.jp"]}),
]
"""A field, its cells, its constraints, and these for the typed column of its Parquet."""


@pytest.mark.parametrize(("about", "cells", "constraints", "typed"), TYPED)
def test_what_a_field_says_is_said_of_its_parquet_in_the_values_it_has(
    tmp_path, about, cells, constraints, typed
) -> None:
    """Both files of a table are valid for frictionless-py, however the cells of the CSV are spelt."""
    field = {"name": "x", **about, **({"constraints": constraints} if constraints else {})}
    shown = {**PIPELINE, "resources": [{**PIPELINE["resources"][0], "schema": {"fields": [{"name": "id"}, field]}}]}  # type: ignore[index]
    spec = make_spec(json.dumps(shown, ensure_ascii=False), "pipelines/lifts.yaml", {})
    (resource,) = spec.pipeline.resources
    frame = pd.DataFrame({"id": ["a", "b"], "x": cells}, dtype="str")
    raw = Raw("https://office.example.org/lifts.csv", {}, "live", "2026-06-29T00:00:00Z", "ab" * 32, 9)
    desk = MemoryDesk()
    files = TableFiles(resource, {}, desk)
    verdict = check([replace(make_candidate(resource, frame, lambda row, column: Place(row=row), (raw,)), files=files)])
    making = Making(spec, OFFICE, "key", "2026.06.29", raw.fetched, "0.1.0")
    made = make_release(making, verdict.checked, describe_release(making, verdict.checked, verdict.report), [])
    for path, body in {**made, **{path: desk.read(path) for path in desk.files}}.items():
        (tmp_path / path).write_bytes(body)
    report = validate(str(tmp_path / "datapackage.json"))
    assert report.valid, report.flatten(["message"])
    _, parquet = json.loads(made["datapackage.json"])["resources"]
    assert parquet["schema"]["fields"][1].get("constraints", {}) == typed


@pytest.mark.parametrize(
    ("about", "example", "told"),
    [({"type": "integer"}, 12, "12"), ({"type": "integer"}, 12.0, "12"), ({"type": "number"}, 1.5, "1.5"),
     ({"type": "boolean"}, True, "true"), ({"type": "year"}, 2026, "2026"), ({"type": "string"}, "12", "12"),
     ({"type": "number", "decimalChar": ","}, 1.5, "1.5")],
)  # fmt: skip
def test_an_example_is_told_as_text(about, example, told) -> None:
    """The standard's profile allows nothing else."""
    schema = Schema(fields=(SchemaField(name="x", example=example, **about),))
    assert describe_schema(schema)["fields"][0]["example"] == told
