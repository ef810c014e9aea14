"""`catalog.duckdb`, made where `site.downloads` asks for it: DuckDB attaches it over loopback and reads the tables."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from duckdb_http import connect_over_http
from loopback import serve
from projects import CATALOGUE, copy_tree, make_project, put_sample, run
from worlds import make_catalogue

from entaku.catalogue import build
from entaku.catalogue.database import TYPES as TYPES_OF
from entaku.catalogue.database import list_columns
from entaku.check.schema import FIELD_TYPES, arrow_type
from entaku.model.table_schema import SchemaField
from entaku.work import cli, database
from entaku.work.judges_json import check_database
from entaku.work.serve import open_server

ASKED = "site: {downloads: [duckdb]}\n"
TYPES = """\
name: types
title: {ja: いろいろな「型」, en: "Types, '; DROP TABLE x; --"}
description: {ja: 試験用の説明です。, en: A description for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
resources:
  - name: all
    title: {ja: 全部, en: All}
    description: {ja: 一行が一つ, en: One each}
    source: {url: "https://office.example.org/types.csv"}
    schema:
      primaryKey: [code]
      fields:
        - {name: code, type: string, title: {ja: 番号, en: Code}}
        - {name: select, type: integer, unit: 円, constraints: {minimum: 0, maximum: 100}}
        - {name: whole, type: integer}
        - {name: part, type: number}
        - {name: truth, type: boolean}
        - {name: day, type: date}
        - {name: moment, type: datetime}
        - {name: instant, type: datetime}
        - {name: hour, type: time}
        - {name: year, type: year}
        - {name: many, type: list}
        - {name: place, type: geopoint}
"""
ROWS = """\
code,select,whole,part,truth,day,moment,instant,hour,year,many,place
001,1,9007199254740993,0.5,true,2026-06-01,2026-06-01T09:30:00,2026-06-01T09:30:00+09:00,09:30:00,2026,"a,b","139.7,35.6"
002,,,,,,,,,,,
"""
MAIN = TYPES.replace("name: types", "name: main").replace("types.csv", "main.csv").replace("name: all", "name: tables")


def make_types(folder, base_url="https://data.example.org/"):
    project = make_project(folder, types=TYPES, main=MAIN)
    office = CATALOGUE.replace("https://data.example.org/", base_url) + ASKED
    (project / "catalogue.yaml").write_text(office)
    for name in ("types", "main"):
        put_sample(project, ROWS, f"https://office.example.org/{name}.csv")
    return project


@pytest.fixture(scope="module")
def attached(tmp_path_factory):
    """A site of which the address is on loopback, and a connection that has attached its database from there."""
    folder = tmp_path_factory.mktemp("types")
    site = folder / "build" / "site"
    site.mkdir(parents=True)
    with connect_over_http() as connection, serve(open_server(site, 0)) as address:
        project = make_types(folder, f"{address}/")
        site.rmdir()
        result = run(project)
        assert result.site == "published", [(each.code, each.value) for each in result.findings]
        connection.execute(f"ATTACH '{address}/catalog.duckdb'")
        yield site, connection


def test_tables_are_read_by_their_names(attached):
    site, connection = attached
    found = connection.sql('SELECT * FROM catalog.types."all"')
    wanted, every = f"FROM '{site}/datasets/types/all.parquet' ORDER BY code", "SELECT CAST(COLUMNS(*) AS VARCHAR)"
    assert found.columns == duckdb.sql(f"SELECT * {wanted}").columns
    cells = connection.sql(f'{every} FROM catalog.types."all" ORDER BY code').fetchall()
    assert cells == duckdb.sql(f"{every} {wanted}").fetchall() and cells[0][7].startswith("2026-06-01 ")
    assert dict(zip(found.columns, map(str, found.types), strict=True)) == {
        "code": "VARCHAR", "select": "BIGINT", "whole": "BIGINT", "part": "DOUBLE", "truth": "BOOLEAN", "day": "DATE",
        "moment": "TIMESTAMP", "instant": "TIMESTAMP WITH TIME ZONE", "hour": "TIME", "year": "INTEGER",
        "many": "VARCHAR[]", "place": "VARCHAR",
    }  # fmt: skip
    assert connection.sql('SELECT "select" FROM catalog.main_.tables WHERE whole > 5').fetchall() == [(1,)]
    connection.execute("USE catalog")
    assert connection.sql('SELECT count(*) FROM types."all"').fetchall() == [(2,)]
    connection.execute("USE memory")


def test_it_tells_what_there_is(attached):
    _, connection = attached
    rows = connection.sql("SELECT name, title, title_en, license, sample, version FROM catalog.datasets ORDER BY name")
    assert rows.fetchall() == [
        (name, "【見本】いろいろな「型」", "[SAMPLE] Types, '; DROP TABLE x; --", "CC-BY-4.0", True, "2026.06.29")
        for name in ("main", "types")
    ]
    ((rows, address, size),) = connection.sql(
        "SELECT rows, parquet, bytes FROM catalog.tables WHERE dataset = 'types'"
    ).fetchall()
    assert urlsplit(address).path == "/datasets/types/2026.06.29/all.parquet" and rows == 2
    assert connection.sql(f"SELECT count(*) FROM '{address}'").fetchall() == [(2,)] and size > 100
    told = connection.sql(
        "SELECT position, title, unit FROM catalog.columns WHERE dataset = 'types' AND name = 'select'"
    )
    assert told.fetchall() == [(2, None, "円")]
    comments = "SELECT comment FROM duckdb_{}() WHERE database_name = 'catalog' AND schema_name = 'types'{}"
    assert connection.sql(comments.format("views", "")).fetchall() == [
        ("【見本】全部 / [SAMPLE] All\n一行が一つ\nOne each",)
    ]
    told = connection.sql(comments.format("columns", " AND column_name = 'code'")).fetchall()
    assert told == [("番号 / Code",)]


def test_the_site_tells_it_and_verify_checks_it(attached):
    site, _ = attached
    assert cli.main(["verify", str(site), "--project", str(site.parents[1])]) == 0
    sums = (site / "SHA256SUMS").read_text()
    assert f"{hashlib.sha256((site / 'catalog.duckdb').read_bytes()).hexdigest()}  catalog.duckdb\n" in sums
    assert "/catalog.duckdb" in (site / "openapi.json").read_text()
    assert "catalog.duckdb)" in (site / "llms.txt").read_text()
    for page in ("developers/index.html", "en/developers/index.html"):
        assert "/catalog.duckdb' (READ_ONLY);" in (site / page).read_text()


def test_verify_deep_reads_every_view_from_the_site_itself(attached, tmp_path):
    site, _ = attached
    assert list(check_database(site)) == [None] * 3
    copy = copy_tree(site, tmp_path / "site")
    table = copy / "datasets/types/2026.06.29/all.parquet"
    pq.write_table(pq.read_table(table).slice(1), table)
    ((path, why),) = [each for each in check_database(copy) if each]
    assert path.name == "catalog.duckdb" and why == "types/all: 1 rows, not 2"
    table.unlink()
    assert "all.parquet" in next(each for each in check_database(copy) if each)[1]
    with duckdb.connect(str(copy / "catalog.duckdb")) as connection:
        connection.execute("UPDATE tables SET name = 'x\"; COPY (SELECT 1) TO ''/tmp/no'' --' WHERE dataset = 'main'")
        connection.execute(f"CREATE OR REPLACE VIEW main_.tables AS FROM read_text('{Path(__file__)}')")
    told = [each[1] for each in check_database(copy) if each]
    assert len(told) == 1 and "does not exist" in told[0]
    with duckdb.connect(str(copy / "catalog.duckdb")) as connection:
        connection.execute("UPDATE tables SET name = 'tables' WHERE dataset = 'main'")
    assert "disabled by configuration" in next(each for each in check_database(copy) if each)[1]
    shutil.rmtree(copy / "datasets" / "main")
    shutil.rmtree(copy / "datasets" / "types")
    assert [each for each in check_database(copy) if each] == [], "a part of a site has what it has"
    (copy / "catalog.duckdb").write_bytes(b"x" * 5000)
    assert len([each for each in check_database(copy) if each]) == 1
    (copy / "catalog.duckdb").unlink()
    assert list(check_database(copy)) == []


def test_the_same_inputs_give_the_same_bytes_and_nothing_is_made_again(tmp_path, monkeypatch):
    project = make_types(tmp_path)
    assert run(project).site == "published"
    path = project / "build" / "site" / "catalog.duckdb"
    before = path.read_bytes()
    assert len(before) < 200_000
    shutil.rmtree(project / "build")
    assert run(project).site == "published"
    assert path.read_bytes() == before
    monkeypatch.setattr(database, "write_database", None)
    shutil.rmtree(project / "build" / "site")
    assert run(project).site == "published" and path.read_bytes() == before, "it comes from the cache"


@pytest.mark.parametrize("code", ["no-duckdb", "database-address", "database-failed"])
def test_why_it_is_not_made_is_told_and_the_site_goes_out_without_it(tmp_path, monkeypatch, code):
    project = make_types(tmp_path)
    if code == "no-duckdb":
        monkeypatch.setattr(database, "find_duckdb", lambda office: "")
    elif code == "database-failed":
        monkeypatch.setattr(database, "PLAIN", {"threads": "many"})
    else:
        office = project / "catalogue.yaml"
        office.write_text(office.read_text().replace("base_url: https://data.example.org/\n", ""))
    result = run(project)
    assert result.site == "published" and code in [each.code for each in result.findings]
    site = project / "build" / "site"
    assert not (site / "catalog.duckdb").exists() and "catalog.duckdb" not in (site / "openapi.json").read_text()
    assert "catalog.duckdb" not in (site / "developers/index.html").read_text()


def test_a_duckdb_that_is_installed_later_makes_it(tmp_path, monkeypatch):
    project = make_types(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(database, "find_duckdb", lambda office: "")
        assert run(project).site == "published" and run(project).site == "unchanged"
    assert run(project).site == "published" and (project / "build" / "site" / "catalog.duckdb").exists()


def test_columns_are_called_as_duckdb_calls_them(tmp_path):
    (table,) = make_catalogue().by_name["elevators"].current.resources
    for names in (("a", "A", "a_1", "A_1"), ("a_1", "a", "A", "A_2"), ("A", "B_1", "b", "B")):
        schema = replace(table.resource.schema, fields=tuple(SchemaField(name=name) for name in names))
        path = tmp_path / f"{names[-1]}-{names[0]}.parquet"
        pq.write_table(pa.table([pa.array([1])] * len(names), names=list(names)), path)
        found = [name for name, _, _ in list_columns(replace(table, resource=replace(table.resource, schema=schema)))]
        assert found == duckdb.sql(f"SELECT * FROM '{path}'").columns


def test_every_type_has_a_name_in_duckdb():
    for kind in FIELD_TYPES:
        for zoned in (False, True):
            given = str(arrow_type(SchemaField(name="x", type=kind), zoned))
            assert duckdb.sql(f"SELECT CAST(NULL AS {TYPES_OF[given]})").fetchall() == [(None,)]


def test_a_large_catalogue_has_no_comments_on_columns(monkeypatch):
    catalogue = make_catalogue()
    assert "COMMENT ON COLUMN" in "".join(build.list_statements(catalogue))
    monkeypatch.setattr("entaku.catalogue.database.COMMENTED", 3)
    assert "COMMENT ON COLUMN" not in "".join(build.list_statements(catalogue))


def test_hostile_words_stay_words(tmp_path):
    evil = "'; DROP SCHEMA c.elevators; --\0\""
    catalogue = make_catalogue(evil=evil)
    (tmp_path / "x.duckdb").write_bytes(database.write_database(list(build.list_statements(catalogue))))
    with duckdb.connect(str(tmp_path / "x.duckdb"), read_only=True) as connection:
        ((title,),) = connection.sql("SELECT title FROM datasets WHERE name = 'elevators'").fetchall()
        comments = [
            each
            for (each,) in connection.sql("SELECT comment FROM duckdb_columns() WHERE comment IS NOT NULL").fetchall()
        ]
    pipeline = catalogue.by_name["elevators"].current.pipeline
    assert title == pipeline.title.ja.replace("\0", "") and evil[:-2] in title
    assert any(evil[:-2] in each for each in comments)
