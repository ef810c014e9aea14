"""Programs of others read a published dataset from nginx, or from `entaku serve` where there is no nginx."""

import io
import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import date
from hashlib import sha256

import frictionless
import pytest
import requests
from browser import find_tool
from ckan_sites import find_port, run_nginx
from duckdb_http import connect_over_http
from loopback import serve_site
from projects import CATALOGUE, ROOT, make_project, put_sample, run

COUNTS = """\
name: counts
title: {ja: 計数, en: Counts}
description: {ja: 試験用の合成データです。, en: Synthetic data for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: daily
resources:
  - name: gates
    title: {ja: 改札, en: Gates}
    source: {url: "https://office.example.org/gates.csv"}
    schema:
      primaryKey: [id]
      fields:
        - {name: id, constraints: {pattern: "[0-9]{6}"}}
        - {name: day, type: date}
        - {name: station, constraints: {enum: [東, 西, 南, 北]}}
        - {name: people, type: integer, unit: 人}
        - {name: price, type: number, unit: 円}
        - {name: open, type: boolean}
        - {name: note}
  - name: stations
    title: {ja: 駅, en: Stations}
    source: {url: "https://office.example.org/stations.csv"}
    schema:
      fields: [{name: station}, {name: ward}]
"""
ROWS = 8_000
NAMES = "東西南北"
COLUMNS = ("id", "day", "station", "people", "price", "open", "note")


def list_rows():
    """The rows of the large table, as Python's values."""
    return [
        (
            f"{n:06}",
            date(2026, 1 + n % 12, 1 + n % 28),
            NAMES[n % 4],
            n * 7919 % 1000,
            (n % 777) / 8,
            n % 3 == 0,
            sha256(b"%d" % n).hexdigest(),
        )
        for n in range(ROWS)
    ]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The address of the dataset's folder."""
    home = tmp_path_factory.mktemp("clients")
    project = make_project(home / "p", counts=COUNTS)
    port = find_port()
    here = CATALOGUE.replace("https://data.example.org/", f"http://127.0.0.1:{port}/")
    (project / "catalogue.yaml").write_text(here + "site: {downloads: [sqlite, duckdb]}\n", "utf-8")
    lines = (
        f"{i},{day},{name},{n},{price},{str(open_).lower()},{note}\n"
        for i, day, name, n, price, open_, note in list_rows()
    )
    put_sample(
        project, "id,day,station,people,price,open,note\n" + "".join(lines), "https://office.example.org/gates.csv"
    )
    stations = "station,ward\n" + "".join(f"{name},{name}区\n" for name in NAMES)
    put_sample(project, stations, "https://office.example.org/stations.csv")
    result = run(project)
    assert result.site == "published", [(each.code, each.value) for each in result.findings]
    site = project / "build" / "site"
    with run_nginx(site, home / "nginx", port) if shutil.which("nginx") else serve_site(site) as address:
        yield f"{address}/datasets/counts/"


def test_frictionless_reads_a_package_by_its_address(root):
    package = frictionless.Package(f"{root}datapackage.json")
    report = package.validate()
    assert report.valid, report.flatten(["title", "message"])
    tables = {(each.name, each.format): each for each in package.resources}
    [gates] = [each for (name, kind), each in tables.items() if name == "gates" and kind == "csv"]
    rows = [
        tuple(row[name] for name in ("id", "day", "station", "people", "price", "open", "note"))
        for row in gates.read_rows()
    ]
    assert [(*row[:4], float(row[4]), *row[5:]) for row in rows] == list_rows()


def test_datapackage_js_reads_a_package_by_its_address(root):
    place = find_tool("datapackage/package.json", "node")
    command = ["node", str(ROOT / "tests" / "tools" / "read_package.mjs"), str(place), f"{root}datapackage.json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["valid"], told["errors"]
    assert told["tables"]["stations"] == [{"station": name, "ward": f"{name}区"} for name in NAMES]
    rows = told["tables"]["gates"]
    assert len(rows) == ROWS
    for n in (0, 1, 2, 777, ROWS - 1):
        code, _, name, people, price, open_, note = list_rows()[n]
        assert {key: value for key, value in rows[n].items() if key != "day"} == {
            "id": code, "station": name, "people": people, "price": price, "open": open_, "note": note,
        }  # fmt: skip


@pytest.fixture
def duckdb_over_http():
    """A connection that reads addresses."""
    with connect_over_http() as base:
        yield base


@pytest.mark.skipif(not shutil.which("nginx"), reason="no nginx at the address of the catalogue (.ci/run installs it)")
def test_duckdb_attaches_the_whole_catalogue(root, duckdb_over_http):
    duckdb_over_http.sql(f"ATTACH '{root.removesuffix('datasets/counts/')}catalog.duckdb' AS catalog (READ_ONLY)")
    query = "SELECT ward, count(*), sum(people) FROM catalog.counts.gates JOIN catalog.counts.stations USING (station) GROUP BY ALL ORDER BY 1"
    rows = list_rows()
    assert duckdb_over_http.sql(query).fetchall() == [
        (f"{name}区", len(mine), sum(mine))
        for name in sorted(NAMES)
        for mine in [[row[3] for row in rows if row[2] == name]]
    ]


def test_duckdb_reads_the_addresses(root, duckdb_over_http):
    base = duckdb_over_http
    query = "SELECT g.station, ward, count(*), sum(people), max(price) FROM {} AS g JOIN {} AS s USING (station) GROUP BY ALL ORDER BY 1"
    parquet = base.sql(query.format(f"'{root}gates.parquet'", f"'{root}stations.parquet'")).fetchall()
    text = base.sql(query.format(f"read_csv('{root}gates.csv')", f"'{root}stations.csv'")).fetchall()
    rows = list_rows()
    wanted = []
    for name in sorted(NAMES):
        mine = [row for row in rows if row[2] == name]
        wanted.append((name, f"{name}区", len(mine), sum(row[3] for row in mine), max(row[4] for row in mine)))
    assert parquet == text == wanted


def test_sqlite_opens_the_database_that_is_downloaded(root, tmp_path):
    answer = requests.get(f"{root}counts.sqlite", timeout=60)
    assert answer.headers["Content-Type"].partition(";")[0] == "application/vnd.sqlite3" and answer.headers["ETag"]
    path = tmp_path / "counts.sqlite"
    path.write_bytes(answer.content)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        got = base.execute("SELECT id, day, station, people, price, open, note FROM gates ORDER BY id").fetchall()
    assert [(row[0], date.fromisoformat(row[1]), *row[2:5], bool(row[5]), row[6]) for row in got] == list_rows()


def test_hyparquet_reads_columns_and_rows_by_range(root, tmp_path):
    """From npm, as it is; only what is asked for is fetched."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("no Node.js on this machine (.ci/run installs it)")
    for path in (ROOT / "tests" / "snippets").iterdir():
        shutil.copy(path, tmp_path)
    done = subprocess.run(
        [npm, "ci", "--fetch-retries", "0"], cwd=tmp_path, capture_output=True, timeout=120, check=False
    )
    if done.returncode:
        pytest.skip("npm could not install tests/snippets")
    code = f"""
import {{ asyncBufferFromUrl, parquetMetadataAsync, parquetReadObjects }} from "hyparquet";
import {{ compressors }} from "hyparquet-compressors";
const whole = await asyncBufferFromUrl({{ url: "{root}gates.parquet" }});
let bytes = 0;
const file = {{ byteLength: whole.byteLength, slice: async (start, end) => {{ const part = await whole.slice(start, end); bytes += part.byteLength; return part; }} }};
const metadata = await parquetMetadataAsync(file, {{ initialFetchSize: 1 << 14 }});
const rows = await parquetReadObjects({{ file, metadata, compressors, columns: ["id", "people"], rowStart: 5000, rowEnd: 5003 }});
console.log(JSON.stringify({{ rows: rows.map((row) => [row.id, Number(row.people)]), bytes, all: whole.byteLength }}));
"""
    done = subprocess.run(
        [node, "--input-type=module", "--eval", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.load(io.StringIO(done.stdout))
    assert told["rows"] == [[row[0], row[3]] for row in list_rows()[5_000:5_003]]
    assert told["bytes"] < told["all"] / 2
