"""Words and numbers of a release that nobody would miss until they are gone."""

import io
import json
import math
import sys
from dataclasses import asdict, replace
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from wholes import profile_table

from entaku.check.schema import arrow_type, describe_field
from entaku.model.files import File
from entaku.model.grammar import License, Office, Pipeline, Publisher, Resource, Theme
from entaku.model.nouns import EPOCH, Checked, Finding, Place, Raw, Report, Written
from entaku.model.profile import Profile
from entaku.model.table_schema import ForeignKey, Reference, Schema, SchemaField
from entaku.model.words import Text
from entaku.release.files import ParquetFile, make_arrow_schema, spell_csv
from entaku.release.making import (
    MAX_SOURCES,
    Making,
    describe_package,
    describe_release,
    describe_tables,
    make_key,
    make_release,
)
from entaku.release.scale import hash_values
from entaku.spec.spec import make_spec

OFFICE = Office(
    title=Text(ja="見本"),
    description=Text(ja="見本の目録"),
    base_url="https://data.example.org/",
    publishers={"office": Publisher(title=Text(ja="見本局", en="Office"), url="https://office.example.org/")},
    licenses={"CC-BY-4.0": License(title=Text(ja="表示 4.0", en="Attribution 4.0"), url="https://cc.example.org/by/4")},
    themes={"transport": Theme(title=Text(ja="交通"))},
)
RESOURCE = Resource(
    name="schedule",
    title=Text(ja="日程", en="Schedule"),
    description=Text(ja="一行が一日", en="A row for each day"),
    schema=Schema(fields=(SchemaField(name="id", title=Text(ja="番号", en="Number")),)),
)
PIPELINE = {
    "name": "lifts", "title": {"ja": "昇降機", "en": "Lifts"}, "description": "説明", "publisher": "office",
    "license": "CC-BY-4.0", "frequency": "monthly",
    "resources": [
        {"name": "schedule", "title": "日程", "source": {"url": "https://office.example.org/a.csv"},
         "schema": {"fields": [{"name": "id"}]}},
    ],
}  # fmt: skip
RAW = Raw("https://office.example.org/a.csv", {}, "live", "2026-06-29T00:00:00Z", "ab" * 32, 9)


def make_pipeline() -> Pipeline:
    return make_spec(json.dumps(PIPELINE, sort_keys=True, ensure_ascii=False), "pipelines/lifts.yaml", {}).pipeline


def make_head() -> dict[str, Any]:
    return describe_package(make_pipeline(), OFFICE, [RAW])


def make_parquet(resource: Resource, head: dict[str, Any]) -> pa.Schema:
    """The schema of a table's Parquet, as its readers find it."""
    sink = io.BytesIO()
    file = ParquetFile(sink, make_arrow_schema(resource, head))
    file.close("x.parquet")
    return pq.read_schema(io.BytesIO(sink.getvalue()))


# ---- words ------------------------------------------------------------------------------------------------------


def test_a_package_names_its_licence_by_key_address_and_title() -> None:
    head = make_head()
    licence = {"name": "CC-BY-4.0", "path": "https://cc.example.org/by/4", "title": "表示 4.0"}
    assert head["licenses"] == [licence]
    assert head["contributors"] == [{"title": "見本局", "roles": ["publisher"], "path": "https://office.example.org/"}]
    assert head["sources"] == [{"title": "見本局", "path": "https://office.example.org/a.csv"}]
    package = json.loads(make_parquet(RESOURCE, head).metadata[b"datapackage"])
    assert package["licenses"] == [licence]


def test_both_files_of_a_table_have_its_title_and_description_in_both_languages() -> None:
    files = (File("schedule.csv", 1, "a"), File("schedule.parquet", 2, "b"))
    words = {
        "title": "日程", "title@en": "Schedule", "description": "一行が一日", "description@en": "A row for each day",
    }  # fmt: skip
    tables = describe_tables(Checked(RESOURCE, Written(*files, 0, ()), (RAW,)))
    assert [table["name"] for table in tables] == ["schedule", "schedule-parquet"]
    for table in tables:
        assert {key: table.get(key) for key in words} == words
        assert table["sources"] == [{"title": "a.csv", "path": RAW.url}]
    (own,) = json.loads(make_parquet(RESOURCE, make_head()).metadata[b"datapackage"])["resources"]
    assert {key: own.get(key) for key in words} == words
    assert (own["name"], own["path"]) == ("schedule", "schedule.parquet")


def test_a_table_described_in_one_language_has_no_more_words() -> None:
    bare = Resource(name="x", title=Text(ja="題"), schema=Schema(fields=(SchemaField(name="id"),)))
    (own,) = json.loads(make_parquet(bare, {}).metadata[b"datapackage"])["resources"]
    assert set(own) == {"name", "path", "schema", "title"}


# ---- statistics -------------------------------------------------------------------------------------------------


def profile(values: list[Any], kind: str) -> Profile:
    field = SchemaField(name="x", type=kind)  # type: ignore[arg-type]
    (made,) = profile_table([pa.record_batch({"x": pa.array(values, arrow_type(field))})], Schema(fields=(field,)))
    return made


def test_numbers_so_far_apart_that_their_span_is_infinite_have_no_bars() -> None:
    made = profile([-1.7e308, 0.0, 1.7e308], "number")
    assert made.histogram == () and (made.least, made.most) == (-1.7e308, 1.7e308)
    assert made.quantiles[2] == (0.5, 0)
    assert profile([-8.9e307, 8.9e307], "number").histogram != ()


@pytest.mark.parametrize("values", [[math.inf, 1.0], [-math.inf, 1.0], [-math.inf, 1.0, math.inf, math.nan]])
def test_bars_reach_from_the_least_to_the_greatest_number_that_is_finite(values: list[float]) -> None:
    bars = profile(values, "number").histogram
    assert sum(bar.count for bar in bars) == 1
    assert all(isinstance(edge, int | float) for bar in bars for edge in (bar.low, bar.high))


def test_hashes_of_values_are_those_of_every_release_before() -> None:
    """Estimates in `profile.json` are made from them: others would change the bytes of a release."""
    for values, hashes in (
        (["", "a", "ab", "ba", "円卓の騎士"],
         [0, 14073038253059565480, 3741003894922451463, 9801623013969914609, 18391537772347364188]),
        ([0, 1, -1, 2**62], [16294208416658607535, 10451216379200822465, 16490336266968443936, 47939714376772075]),
        ([0.5, -1.25], [17606427253252083309, 11785491719115252467]),
        ([True, False], [10451216379200822465, 16294208416658607535]),
    ):  # fmt: skip
        assert hash_values(pa.array(values)).tolist() == hashes


def test_the_descriptor_of_a_csv_tells_how_it_is_written() -> None:
    files = (File("schedule.csv", 1, "a"), File("schedule.parquet", 2, "b"))
    table, parquet = describe_tables(Checked(RESOURCE, Written(*files, 7, ()), (RAW,)))
    assert table["dialect"] == {
        "delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True,
    }  # fmt: skip
    wanted = {
        "type": "table", "path": "schedule.csv", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
        "bytes": 1, "hash": "sha256:a", "rows": 7,
    }  # fmt: skip
    assert {key: table[key] for key in wanted} == wanted
    wanted = {
        "path": "schedule.parquet", "format": "parquet", "mediatype": "application/vnd.apache.parquet",
        "hash": "sha256:b", "rows": 7,
    }  # fmt: skip
    assert {key: parquet[key] for key in wanted} == wanted and "type" not in parquet and "bytes" not in parquet


def test_texts_that_are_too_many_for_one_piece_are_spelt_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in ({"x": ["a,b", "c"] * 9, "y": ["d"] * 18}, {"x": ["ab", "c"] * 9, "y": ["d"] * 18}):
        plain = pa.record_batch(columns)
        coded = pa.RecordBatch.from_arrays([each.dictionary_encode() for each in plain.columns], names=["x", "y"])
        for batch in (plain, coded):
            (whole,) = spell_csv(batch)
            with monkeypatch.context() as patch:
                patch.setattr(sys.modules[spell_csv.__module__], "MAX_TEXT", 12)
                pieces = list(spell_csv(batch))
            assert len(pieces) > 2 and b"".join(each.to_pybytes() for each in pieces) == whole.to_pybytes()


@pytest.mark.parametrize(
    ("seconds", "step"),
    [(0, 1), (26, 1), (27, 5), (130, 5), (131, 15), (390, 15), (391, 60), (1560, 60), (1561, 300), (7800, 300),
     (7801, 900), (23400, 900), (23401, 3600), (86399, 3600)],
)  # fmt: skip
def test_bars_of_times_have_round_widths(seconds: int, step: int) -> None:
    end = (datetime(2026, 6, 1) + timedelta(seconds=seconds)).time()
    bars = profile([time(0, 0), end], "time").histogram
    first = time.fromisoformat(str(bars[0].high))
    assert first.hour * 3600 + first.minute * 60 + first.second == step
    assert sum(bar.count for bar in bars) == 2


@pytest.mark.parametrize(
    ("days", "width"),
    [(1, 3600), (4, 6 * 3600), (10, 12 * 3600), (14, 86400), (26, 86400 * 2), (60, 86400 * 5), (200, 86400 * 10)],
)
def test_bars_of_moments_have_round_widths(days: int, width: int) -> None:
    start = datetime(2026, 6, 1)
    bars = profile([start, start + timedelta(days=days)], "datetime").histogram
    edges = [datetime.fromisoformat(str(edge)) for edge in (bars[0].low, bars[0].high)]
    assert (edges[1] - edges[0]).total_seconds() == width and edges[0] <= start


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        ({"type": "date", "format": "%Y/%m/%d"}, {"type": "date", "missingValues": ["", "nan", "NaT", "None"]}),
        ({"missingValues": ("-",)}, {"type": "string", "missingValues": []}),
        ({"type": "boolean", "trueValues": ("有",), "falseValues": ("無",)}, {"type": "boolean", "missingValues": ["", "nan", "NaT", "None"]}),
        ({"type": "number", "decimalChar": ",", "groupChar": "."}, {"type": "number", "missingValues": ["", "nan", "NaT", "None"]}),
        ({"type": "integer", "bareNumber": False, "missingValues": ("x",)}, {"type": "integer", "missingValues": ["", "nan", "NaT", "None"]}),
        ({"type": "year"}, {"type": "integer", "missingValues": ["", "nan", "NaT", "None"]}),
        ({"type": "list"}, {"type": "any"}),
        ({"type": "array"}, {"type": "array", "missingValues": []}),
        ({"type": "time"}, {"type": "time", "missingValues": ["", "nan", "NaT", "None"]}),
    ],
)  # fmt: skip
def test_what_only_a_csv_needs_is_not_said_of_parquet(field: dict[str, Any], kept: dict[str, Any]) -> None:
    key = ForeignKey(fields=("x",), reference=Reference(resource="other", fields=("y",)))
    schema = Schema(fields=(SchemaField(name="x", **field),), missingValues=("", "…"), foreignKeys=(key,))
    resource = Resource(name="t", title=Text(ja="題"), schema=schema)
    written = Written(File("t.csv", 1, "a"), File("t.parquet", 2, "b"), 7, ())
    csv, parquet = (each["schema"] for each in describe_tables(Checked(resource, written, (RAW,))))
    assert parquet["fields"] == [{"name": "x", **kept}] and not {"missingValues", "foreignKeys"} & set(parquet)
    assert (
        csv["missingValues"] == ["", "…"] and csv["foreignKeys"] and csv["fields"] == [describe_field(schema.fields[0])]
    )


@pytest.mark.parametrize(
    ("url", "title"), [("https://x.example/a/b.csv", "b.csv"), ("https://x.example/", "https://x.example/")]
)
def test_a_source_is_called_by_the_end_of_its_address_or_by_all_of_it(url: str, title: str) -> None:
    files = (File("schedule.csv", 1, "a"), File("schedule.parquet", 2, "b"))
    for table in describe_tables(Checked(RESOURCE, Written(*files, 0, ()), (replace(RAW, url=url),))):
        assert table["sources"] == [{"title": title, "path": url}]


def test_of_many_sources_the_newest_are_named_each_once_and_files_of_the_project_are_not() -> None:
    urls = [f"https://x.example/{n}.csv" for n in range(MAX_SOURCES + 5)]
    raws = tuple(replace(RAW, url=url) for url in ["pipelines/files/x.csv", *urls, urls[3]])
    files = (File("schedule.csv", 1, "a"), File("schedule.parquet", 2, "b"))
    (table, _) = describe_tables(Checked(RESOURCE, Written(*files, 0, ()), raws))
    assert [each["path"] for each in table["sources"]] == [urls[3], *urls[:4:-1]][:MAX_SOURCES]


def test_files_for_people_are_indented_and_end_with_a_newline() -> None:
    spec = make_spec(json.dumps(PIPELINE, sort_keys=True, ensure_ascii=False), "pipelines/lifts.yaml", {})
    table = Checked(
        spec.pipeline.resources[0],
        Written(File("schedule.csv", 1, "a"), File("schedule.parquet", 2, "b"), 0, ()),
        (RAW,),
    )
    making = Making(spec, OFFICE, "k", "2026.06.29", RAW.fetched, "0")
    made = make_release(making, [table], describe_release(making, [table], Report(True, (), {"tasks": []})), [])
    for path in ("datapackage.json", "report.json", "manifest.json"):
        assert made[path].startswith(b'{\n "') and made[path].endswith(b"}\n"), path
    sums = [line.split("  ") for line in made["SHA256SUMS"].decode().splitlines()]
    assert [name for _, name in sums] == sorted({*made, "schedule.csv", "schedule.parquet"} - {"SHA256SUMS"})
    assert ["a", "schedule.csv"] in sums
    assert all(digest == sha256(made[name]).hexdigest() for digest, name in sums if name in made)


def make_whole(served: str = "live", **more: Any) -> dict[str, Any]:
    """The files of a release of one table, as JSON."""
    spec = make_spec(json.dumps({**PIPELINE, **more}, sort_keys=True, ensure_ascii=False), "pipelines/lifts.yaml", {})
    written = Written(File("schedule.csv", 10, "c5"), File("schedule.parquet", 20, "d6"), 3, ())
    table = Checked(spec.pipeline.resources[0], written, (replace(RAW, values={"year": "2026"}, served=served),))  # type: ignore[arg-type]
    told = Finding("rows-max", "warning", Place(file="a.csv", row=3), "x", {"max": "2"})
    making = Making(spec, OFFICE, "k", "2026.06.29", "2026-06-29T00:00:00Z", "9.9")
    made = make_release(making, [table], describe_release(making, [table], Report(True, (), {"tasks": []})), [told])
    return {path: json.loads(body) for path, body in made.items() if path.endswith(".json")}


def test_a_descriptor_member_by_member() -> None:
    made = make_whole(keywords=["駅", "lift"], landing_page="https://office.example.org/lifts")["datapackage.json"]
    common = {"title": "日程", "sources": [{"title": "a.csv", "path": "https://office.example.org/a.csv"}], "rows": 3,
              "schema": {"fields": [{"name": "id", "type": "string"}]}}  # fmt: skip
    dialect = {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True}
    assert made == {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "lifts", "title": "昇降機", "title@en": "Lifts", "description": "説明", "languages": ["ja", "en"],
        "homepage": "https://data.example.org/datasets/lifts/", "keywords": ["駅", "lift"],
        "licenses": [{"name": "CC-BY-4.0", "path": "https://cc.example.org/by/4", "title": "表示 4.0"}],
        "contributors": [{"title": "見本局", "roles": ["publisher"], "path": "https://office.example.org/"}],
        "sources": [{"title": "見本局", "path": "https://office.example.org/lifts"}],
        "version": "2026.06.29", "created": "2026-06-29T00:00:00Z",
        "resources": [
            {"name": "schedule", "type": "table", "path": "schedule.csv", "format": "csv", "mediatype": "text/csv",
             "encoding": "utf-8", "dialect": dialect, "bytes": 10, "hash": "sha256:c5", **common},
            {"name": "schedule-parquet", "path": "schedule.parquet", "format": "parquet",
             "mediatype": "application/vnd.apache.parquet", "hash": "sha256:d6", **common,
             "schema": {"fields": [{"name": "id", "type": "string", "missingValues": []}]}},
        ],
    }  # fmt: skip


def test_a_manifest_member_by_member() -> None:
    made = make_whole()["manifest.json"]
    assert made.pop("spec")["pipeline"] == PIPELINE
    assert [file["path"] for file in made["files"]] == [
        "datapackage.json", "profile.json", "report.json", "schedule.csv", "schedule.parquet",
    ]  # fmt: skip
    assert made.pop("files")[3:] == [
        {"path": "schedule.csv", "bytes": 10, "sha256": "c5"},
        {"path": "schedule.parquet", "bytes": 20, "sha256": "d6"},
    ]
    assert made == {
        "dataset": "lifts", "version": "2026.06.29", "created": "2026-06-29T00:00:00Z", "why": [],
            "previous": None, "key": "k",
        "program": {"name": "entaku", "version": "9.9", "epoch": EPOCH}, "rows": {"schedule": 3},
        "raws": [
            {"resource": "schedule", "url": "https://office.example.org/a.csv", "values": {"year": "2026"},
             "served": "live", "fetched": "2026-06-29T00:00:00Z", "sha256": "ab" * 32, "bytes": 9},
        ],
        "findings": [
            {"code": "rows-max", "severity": "warning", "place": {"file": "a.csv", "row": 3}, "value": "x",
             "args": {"max": "2"}},
        ],
    }  # fmt: skip
    assert make_whole()["profile.json"] == {"resources": [{"name": "schedule", "rows": 3, "columns": []}]}
    assert make_whole()["report.json"] == {"tasks": []}


def test_a_package_of_samples_says_so_in_its_titles() -> None:
    real, sample = (make_whole(served)["datapackage.json"] for served in ("live", "sample"))
    changed = {key: value for key, value in sample.items() if real.get(key) != value}
    assert changed == {"sample": True, "title": "【見本】昇降機", "title@en": "[SAMPLE] Lifts"}
    plain = make_whole("sample", title="昇降機")["datapackage.json"]
    assert plain["title"] == "【見本】昇降機" and "title@en" not in plain


def test_a_source_of_the_project_has_no_address() -> None:
    head = describe_package(make_pipeline(), OFFICE, [replace(RAW, url="pipelines/files/a.csv")])
    assert head["sources"] == [{"title": "見本局"}]
    assert describe_package(make_pipeline(), OFFICE, [])["sources"] == [{"title": "見本局"}]
    without = replace(OFFICE, publishers={"office": Publisher(title=Text(ja="見本局"))})
    assert describe_package(make_pipeline(), without, [RAW])["contributors"] == [
        {"title": "見本局", "roles": ["publisher"]}
    ]


def test_the_content_key_is_the_hash_of_what_a_release_is_made_from() -> None:
    """Other keys for the same inputs would make every release anew: they come with another EPOCH only."""
    spec = make_spec(json.dumps(PIPELINE, sort_keys=True, ensure_ascii=False), "pipelines/lifts.yaml", {})
    inputs = {
        "address": OFFICE.base_url.rstrip("/"),
        "epoch": EPOCH,
        "license": asdict(OFFICE.licenses["CC-BY-4.0"]),
        "publisher": asdict(OFFICE.publishers["office"]),
        "raws": {"schedule": [["https://office.example.org/a.csv", {"year": "2026"}, "live", "ab" * 32]]},
        "spec": spec.digest,
    }
    told = json.dumps(inputs, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert (
        make_key(spec, OFFICE, {"schedule": [replace(RAW, values={"year": "2026"})]})
        == sha256(told.encode()).hexdigest()
    )
