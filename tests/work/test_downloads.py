"""Further forms of the data, made where `site.downloads` asks for them: read back by others, told in every feed."""

import csv
import hashlib
import io
import json
import re
import shutil
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime

import frictionless
import jsonschema
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rdflib
from projects import CATALOGUE, make_project, put_sample, run
from worlds import make_catalogue

from entaku.catalogue import downloads
from entaku.formats.geojson_write import locate_shape, write_geojson
from entaku.formats.sqlite_write import SqliteTable, write_sqlite
from entaku.formats.xlsx_write import write_cell
from entaku.model.leaving import Renaming
from entaku.work import cli
from entaku.work.copies import list_derived
from entaku.work.judges_json import check_geojson

ASKED = CATALOGUE + "site: {downloads: [jsonl, xlsx, zip, sqlite]}\n"
KINDS = """\
name: kinds
title: {ja: いろいろな型, en: Kinds}
description: {ja: 試験用の説明です。, en: A description for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
resources:
  - name: all
    title: {ja: 全部, en: All}
    source: {url: "https://office.example.org/kinds.csv"}
    schema:
      primaryKey: [code]
      fields:
        - {name: code, type: string, title: {ja: 番号, en: Code}}
        - {name: whole, type: integer}
        - {name: part, type: number, unit: 円}
        - {name: truth, type: boolean}
        - {name: day, type: date}
        - {name: moment, type: datetime}
        - {name: hour, type: time}
        - {name: many, type: list}
        - {name: words, type: string}
"""
ROWS = """\
code,whole,part,truth,day,moment,hour,many,words
001,1,0.1,true,2026-06-01,2026-06-01T09:30:00,09:30:00,"a,b",=1+1
002,-900719925474099312,-2.5,false,1899-12-31,1850-01-01T00:00:00,23:59:59,c,"+81-3-1234, <b>&""x""_x0041_"
003,,,,,,,,"  二行
目 "
004,0,1e300,true,1900-03-01,2026-12-31T23:59:59,00:00:00,"=x,y",-5
"""


def make_kinds(folder, catalogue=ASKED):
    project = make_project(folder, kinds=KINDS)
    (project / "catalogue.yaml").write_text(catalogue)
    put_sample(project, ROWS, "https://office.example.org/kinds.csv")
    return project


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    project = make_kinds(tmp_path_factory.mktemp("kinds"))
    result = run(project)
    assert result.site == "published", [(each.code, each.value) for each in result.findings]
    return project / "build" / "site"


def read_parquet(site):
    return pd.read_parquet(site / "datasets/kinds/all.parquet")


def test_json_lines_are_the_rows_of_the_parquet(site):
    lines = (site / "datasets/kinds/all.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert records[0] == {
        "code": "001", "whole": 1, "part": 0.1, "truth": True, "day": "2026-06-01", "moment": "2026-06-01T09:30:00",
        "hour": "09:30:00", "many": ["a", "b"], "words": "=1+1",
    }  # fmt: skip
    assert records[1]["whole"] == -900719925474099312 and records[1]["day"] == "1899-12-31"
    assert all(value is None for key, value in records[2].items() if key not in ("code", "words"))
    found, wanted = pd.read_json(io.StringIO("\n".join(lines)), lines=True, dtype={"code": "str"}), read_parquet(site)
    assert list(found.columns) == list(wanted.columns)
    for name in ("code", "truth", "words"):
        assert found[name].astype(object).replace({np.nan: None}).tolist() == wanted[name].astype(object).tolist()
    assert found["part"].dropna().tolist() == wanted["part"].dropna().tolist()


def test_workbooks_hold_the_rows_and_no_formula(site):
    body = (site / "datasets/kinds/all.xlsx").read_bytes()
    book = openpyxl.load_workbook(io.BytesIO(body))
    assert book.sheetnames == ["data", "about"]
    assert not [cell for sheet in book for row in sheet for cell in row if cell.data_type == "f"]
    head, *rows = [[cell.value for cell in row] for row in book["data"].iter_rows()]
    assert head == ["code", "whole", "part", "truth", "day", "moment", "hour", "many", "words"]
    assert rows[0] == [
        "001", 1, 0.1, True, datetime(2026, 6, 1), datetime(2026, 6, 1, 9, 30), "09:30:00", '["a","b"]', "=1+1",
    ]  # fmt: skip
    assert rows[1][:7] == [
        "002", "-900719925474099312", -2.5, False, "1899-12-31", "1850-01-01T00:00:00", "23:59:59",
    ]  # fmt: skip
    assert rows[2][:8] == ["003", *[None] * 7]
    wanted = read_parquet(site)
    assert [row[2] for row in rows if row[2] is not None] == wanted["part"].dropna().tolist()
    assert [row[8].replace("_x005F_", "_") for row in rows] == wanted["words"].tolist()
    assert [row[4] for row in rows][3] == datetime(1900, 3, 1)
    quoted = [cell.value for row in book["data"].iter_rows(min_row=2) for cell in row if cell.quotePrefix]
    assert [text[:4] for text in quoted] == ["=1+1", "+81-"], "a number with its sign is no formula"
    about = [[cell.value for cell in row] for row in book["about"].iter_rows()]
    assert about[3][:5] == ["part", None, None, "number", "円"] and about[1][1:3] == ["番号", "Code"]
    assert "https://data.example.org/datasets/kinds/" in [cell for row in about for cell in row]
    parts = zipfile.ZipFile(io.BytesIO(body))
    assert parts.testzip() is None and {info.date_time for info in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    same = pd.read_excel(io.BytesIO(body), sheet_name="data", dtype={"code": "str"}, engine="calamine")
    assert same["code"].tolist() == wanted["code"].tolist() and same["words"].tolist() == wanted["words"].tolist()


def test_a_zip_is_the_release_and_says_so(site, tmp_path):
    with zipfile.ZipFile(site / "datasets/kinds/kinds.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    names = sorted(each.name for each in (tmp_path / "kinds").iterdir())
    assert {"SHA256SUMS", "all.csv", "all.parquet", "datapackage.json", "report.json"} < set(names)
    told = dict(reversed(line.split("  ")) for line in (tmp_path / "kinds/SHA256SUMS").read_text().splitlines())
    assert sorted(told) == [name for name in names if name != "SHA256SUMS"]
    (version,) = {path.parent for path in (site / "datasets/kinds").glob("*/manifest.json")}
    for name, sha256 in told.items():
        body = (tmp_path / "kinds" / name).read_bytes()
        assert hashlib.sha256(body).hexdigest() == sha256 and body == (version / name).read_bytes()
    assert frictionless.validate(str(tmp_path / "kinds/datapackage.json")).valid


def test_a_database_holds_the_tables(site):
    with closing(sqlite3.connect(f"file:{site / 'datasets/kinds/kinds.sqlite'}?mode=ro", uri=True)) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = base.execute('SELECT * FROM "all"').fetchall()
        kinds = {row[1]: (row[2], row[5]) for row in base.execute('PRAGMA table_info("all")')}
        about = base.execute("SELECT * FROM entaku_about").fetchall()
    wanted = read_parquet(site)
    assert kinds["code"] == ("TEXT", 1) and kinds["whole"] == kinds["truth"] == ("INTEGER", 0)
    assert kinds["part"] == ("REAL", 0)
    assert rows[0] == ("001", 1, 0.1, 1, "2026-06-01", "2026-06-01T09:30:00", "09:30:00", '["a","b"]', "=1+1")
    assert rows[1][1] == -900719925474099312 and rows[2][:8] == ("003", *[None] * 7)
    assert [row[8] for row in rows] == wanted["words"].tolist()
    assert ("all", "part", "", "", "number", "円", "", "") in about


def test_columns_that_differ_by_case_alone_are_told_apart():
    sink = io.BytesIO()
    pd.DataFrame({"A": [1], "a": ["x"], "a_2": [2.5]}).to_parquet(sink, index=False)
    body = write_sqlite([SqliteTable("t", sink.getvalue(), ["a"])], [["k"]])
    with closing(sqlite3.connect(":memory:")) as base:
        base.deserialize(body)
        found = base.execute('SELECT * FROM "t"')
        assert [each[0] for each in found.description] == ["A", "a_2", "a_2_2"] and found.fetchall() == [(1, "x", 2.5)]


PLACES = """\
name: places
title: {ja: 場所, en: Places}
description: {ja: 試験用の説明です。, en: A description for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
resources:
  - name: all
    title: {ja: 場所, en: Places}
    source: {url: "https://office.example.org/places.csv"}
    schema:
      primaryKey: [id]
      fields:
        - {name: id, type: integer}
        - {name: name, type: string}
        - {name: y, type: number, format: latitude}
        - {name: x, type: number, format: longitude}
        - {name: opened, type: date}
"""


def test_features_are_the_rows_and_those_without_coordinates_are_told(tmp_path):
    nowhere = PLACES.replace("name: places", "name: nowhere").replace("places.csv", "nowhere.csv")
    project = make_project(tmp_path, places=PLACES, kinds=KINDS, nowhere=nowhere)
    (project / "catalogue.yaml").write_text(CATALOGUE + "site: {downloads: [geojson]}\n")
    put_sample(project, "id,name,y,x,opened\n7,役所,,,2026-06-01\n", "https://office.example.org/nowhere.csv")
    put_sample(
        project,
        "id,name,y,x,opened\n7,役所,35.69,139.70,2026-06-01\n8,どこか,,,\n9,片方,35.5,,\n",
        "https://office.example.org/places.csv",
    )
    put_sample(project, ROWS, "https://office.example.org/kinds.csv")
    result = run(project)
    assert result.site == "published", [(each.code, each.value) for each in result.findings]
    site = project / "build" / "site"
    assert [path.relative_to(site).as_posix() for path in site.rglob("*.geojson")] == ["datasets/places/all.geojson"]
    found = json.loads((site / "datasets/places/all.geojson").read_bytes())
    assert (found["type"], found["rows"], found["rows_without_coordinates"]) == ("FeatureCollection", 3, 2)
    assert found["features"][0] == {
        "type": "Feature", "id": 7, "geometry": {"type": "Point", "coordinates": [139.7, 35.69]},
        "properties": {"id": 7, "name": "役所", "opened": "2026-06-01"},
    }  # fmt: skip
    assert [each["geometry"] for each in found["features"][1:]] == [None, None]
    assert found["features"][2]["properties"]["y"] == 35.5, "half of a place is told as it is"
    jsonschema.validate(found, frictionless.settings.GEOJSON_PROFILE)
    assert "（座標のない行は geometry が null）" in (site / "datasets/places/index.html").read_text()
    address = "https://data.example.org/datasets/places/all.geojson"
    graph = rdflib.Graph().parse(site / "catalog.ttl")
    (told,) = graph.subjects(rdflib.DCAT.downloadURL, rdflib.URIRef(address))
    assert str(graph.value(told, rdflib.DCAT.mediaType)).endswith("/application/geo+json")
    for name in (
        "data.json",
        "dcat-us-3.json",
        "api/3/package_show/places.json",
        "open-data-list.csv",
        "datasets/places/index.md",
    ):
        assert address in (site / name).read_text("utf-8-sig"), name
    assert address not in (site / "datasets/kinds/index.md").read_text()
    assert list(check_geojson(site)) == [None]
    path = site / "datasets/places/all.geojson"
    for written in ({**found, "features": found["features"][1:]}, {**found, "type": "Features"}, []):
        path.write_text(json.dumps(written), "utf-8")
        ((where, why),) = [each for each in check_geojson(site) if each]
        assert where == path and why


@pytest.mark.parametrize(
    ("way", "cell", "geometry", "left"),
    [
        ("geopoint", "139.7, 35.6", [139.7, 35.6], False),
        ("geopoint", "139.7", None, True),
        ("geopoint array", "[139.7, 35.6]", [139.7, 35.6], False),
        ("geopoint object", '{"lon": 139.7, "lat": 35.6}', [139.7, 35.6], False),
        ("geopoint object", "[1, 2]", None, True),
        ("geojson", '{"type":"Point","coordinates":[139.7,35.6]}', [139.7, 35.6], False),
        ("geojson", '{"type":"Point","coordinates":[139.7,35.6],"crs":{}}', [139.7, 35.6], True),
        ("geojson", '{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[1,2]}}', [1, 2], True),
        ("geojson", '{"type":"Point","coordinates":[-6782.5,-35431.1]}', None, True),
        ("geojson", '{"type":"Point","coordinates":[1,2,NaN]}', None, True),
        ("geojson", '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}', [[[0, 0], [1, 0], [1, 1], [0, 0]]], False),
        ("geojson", '{"type":"Polygon","coordinates":[[0,0],[1,0]]}', None, True),
        ("geojson", '{"type":"Feature","properties":{},"geometry":null}', None, True),
        ("geojson", '{"type":"Topology","objects":{}}', None, True),
        ("geojson", "[" * 3000, None, True),
        ("geojson", None, None, True),
    ],
)  # fmt: skip
def test_every_way_of_telling_a_place(way, cell, geometry, left):
    sink = io.BytesIO()
    pd.DataFrame({"id": [True], "where": pd.Series([cell], dtype="str")}).to_parquet(sink, index=False)
    found = json.loads(write_geojson(sink.getvalue(), [way, "where"], ["id"]))
    jsonschema.validate(found, frictionless.settings.GEOJSON_PROFILE)
    (feature,) = found["features"]
    assert (feature["geometry"] or {}).get("coordinates") == geometry
    assert ("where" in feature["properties"]) is left and found["rows_without_coordinates"] == (geometry is None)
    assert "id" not in feature, "a truth is no id"


def test_several_shapes_of_a_row_are_one_collection():
    points = [{"type": "Point", "coordinates": [n, n]} for n in (1, 2)]
    features = [{"type": "Feature", "properties": {}, "geometry": each} for each in points]
    told = locate_shape([json.dumps({"type": "FeatureCollection", "features": features})])
    assert told == ({"type": "GeometryCollection", "geometries": points}, False)
    assert locate_shape([json.dumps({"type": "FeatureCollection", "features": []})]) == (None, False)


def test_cells_of_a_workbook_are_exact():
    assert write_cell(10**15 - 1) == "<c><v>999999999999999</v></c>" and "inlineStr" in write_cell(10**15)
    assert write_cell(date(1900, 2, 28)).count("1900-02-28") == 1
    assert write_cell(float("nan")).count("NaN") == write_cell(float("-inf")).count("-INF") == 1
    assert "_x0001_" in write_cell("a\1") and "_x005F_x0041_" in write_cell("_x0041_")
    long = write_cell("＝" + "x" * 40_000)
    assert 's="4"' in long and "…" in long and len(long) < 33_000


def test_every_feed_tells_them_and_the_page_links_them(site):
    root, names = "https://data.example.org/datasets/kinds/", ("all.jsonl", "all.xlsx", "kinds.zip", "kinds.sqlite")
    addresses = {root + name for name in names}
    graph = rdflib.Graph().parse(site / "catalog.ttl")
    told = {str(each) for each in graph.objects(None, rdflib.DCAT.downloadURL)}
    assert addresses < told and len(told) == 6
    (dataset,) = json.loads((site / "data.json").read_bytes())["dataset"]
    assert addresses < {each["downloadURL"] for each in dataset["distribution"]}
    package = json.loads((site / "api/3/package_show/kinds.json").read_bytes())["result"]
    assert addresses < {each["url"] for each in package["resources"]}
    assert len({each["id"] for each in package["resources"]}) == package["num_resources"] == 7
    assert {"JSON Lines", "Excel", "ZIP", "SQLite"} < {each["format"] for each in package["resources"]}
    rows = list(csv.DictReader((site / "open-data-list.csv").read_text("utf-8-sig").splitlines()))
    assert addresses < {row["ファイル_ダウンロードURL"] for row in rows}
    assert len({row["ファイル_ID"] for row in rows}) == 6 and {row["ファイル_形式"] for row in rows} > {
        "JSON Lines",
        "Excel",
    }
    for page in ("datasets/kinds/index.html", "en/datasets/kinds/index.html"):
        text = (site / page).read_text()
        assert all(re.search(rf'href="[^"]*{name}" download', text) for name in names)
        assert all(f'"contentUrl":"{each}"' in text for each in addresses)
    assert all(each in (site / "datasets/kinds/index.md").read_text() for each in addresses)


def test_the_site_s_checksums_have_them_and_two_builds_are_the_same(site):
    sums = dict(reversed(line.split("  ")) for line in (site / "SHA256SUMS").read_text().splitlines())
    before = {}
    for name in ("all.jsonl", "all.xlsx", "kinds.zip", "kinds.sqlite"):
        before[name] = (site / "datasets/kinds" / name).read_bytes()
        assert sums[f"datasets/kinds/{name}"] == hashlib.sha256(before[name]).hexdigest()
    project = site.parents[1]
    assert cli.main(["verify", str(site), "--project", str(project)]) == 0
    shutil.rmtree(project / "build")
    assert run(project).site == "published"
    assert {name: (site / "datasets/kinds" / name).read_bytes() for name in before} == before


def test_nothing_is_made_that_is_not_asked_for(tmp_path):
    project = make_kinds(tmp_path, CATALOGUE)
    assert run(project).site == "published"
    site = project / "build" / "site"
    assert not [each for kind in downloads.FORMATS for each in site.rglob(f"*.{kind}")]
    assert "more-formats" not in (site / "datasets/kinds/index.html").read_text()
    (project / "catalogue.yaml").write_text(CATALOGUE + "site: {downloads: [jsonl]}\n")
    assert run(project).site == "published"
    assert [each.name for each in site.rglob("*.jsonl")] == ["all.jsonl"] and not list(site.rglob("*.xlsx"))


def test_a_reason_is_told_where_a_table_is_too_large(tmp_path, monkeypatch):
    form = downloads.FORMATS["xlsx"]
    small = {**downloads.FORMATS, "xlsx": type(form)(**{**vars(form), "rows": 3})}
    monkeypatch.setattr(downloads, "FORMATS", small)
    project = make_kinds(tmp_path)
    assert run(project).site == "published"
    site = project / "build" / "site"
    assert not list(site.rglob("*.xlsx")) and list(site.rglob("*.jsonl"))
    assert "作っていません：行が多すぎます" in (site / "datasets/kinds/index.html").read_text()
    assert "not made: too many rows" in (site / "en/datasets/kinds/index.html").read_text()


def test_a_renamed_dataset_has_them_under_its_former_name_too():
    catalogue = make_catalogue()
    brand = replace(catalogue.office.site, downloads=("jsonl",))
    renamed = {"lifts": Renaming(to="elevators", since="2026-07-01")}
    office = replace(catalogue.office, site=brand, renamed=renamed)
    paths = {each.path for each in list_derived(replace(catalogue, office=office)) if each.path.endswith(".jsonl")}
    table = catalogue.by_name["elevators"].current.resources[0].name
    assert {f"datasets/lifts/{table}.jsonl", f"datasets/elevators/{table}.jsonl"} < paths and len(paths) == 6
