"""The snippets of the published pages, run as a reader would, with the site on loopback in the place of its address."""

import csv
import html
import json
import re
import shutil
import subprocess
from collections import defaultdict

import pytest
from duckdb_http import connect_over_http
from loopback import serve_site
from projects import ROOT, read_manifest

ADDRESS = "https://entaku.example.org/"
PACKAGES = ROOT / "tests" / "snippets"
TOOLS = ["pandas", "polars", "duckdb", "r", "javascript", "powerquery", "curl"]


@pytest.fixture(scope="module")
def root(published):
    """The published site on loopback."""
    with serve_site(published[0] / "build" / "site") as address:
        yield f"{address}/"


@pytest.fixture(scope="module")
def tables(published, root):
    """Of every published table its name, the rows that its release's manifest counts, and its snippets by tool."""
    found = []
    for page in sorted((published[0] / "build" / "site" / "datasets").glob("*/index.html")):
        manifest = read_manifest(published[0] / "build" / "site", page.parent.name)
        codes = defaultdict(dict)
        own = sorted(page.parent.glob("tables/*/index.html"))
        text = "".join(each.read_text("utf-8") for each in own or [page])
        pattern = r'name="\w+-([^"]+)"[^>]*><summary>[^<]*</summary>\s*(?:<p[^>]*>[^<]*</p>\s*)?<pre data-tool="(\w+)"[^>]*><code>(.*?)</code>'
        for table, tool, code in re.findall(pattern, text, re.S):
            assert ADDRESS in code, (table, tool)
            codes[table].setdefault(tool, html.unescape(code).replace(ADDRESS, root))  # the pinned one comes first
        assert codes.keys() == manifest["rows"].keys()
        found += [(name, rows, codes[name]) for name, rows in manifest["rows"].items()]
    assert len(found) >= 10
    return found


def command(args, folder, **more):
    done = subprocess.run(args, cwd=folder, capture_output=True, text=True, timeout=120, check=False, **more)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def need(program):
    path = shutil.which(program)
    if not path:
        pytest.skip(f"no {program} on this machine (.ci/run installs it)")
    return path


def test_every_table_has_every_snippet(tables):
    for name, _, codes in tables:
        assert list(codes) == TOOLS, name


def test_pandas(tables, capsys):
    for name, rows, codes in tables:
        scope = {}
        exec(codes["pandas"], scope)
        assert len(scope["df"]) == rows, name
    assert capsys.readouterr().out


def test_polars(tables, capsys):
    for name, rows, codes in tables:
        scope = {}
        exec(codes["polars"], scope)
        assert scope["df"].collect().height == rows, name
    assert capsys.readouterr().out


def test_duckdb(tables):
    with connect_over_http() as connection:
        for name, rows, codes in tables:
            first = connection.sql(codes["duckdb"].rstrip().rstrip(";")).fetchall()
            every = connection.sql(codes["duckdb"].replace("LIMIT 10;", "")).fetchall()
            assert bool(first) == bool(rows) and len(first) <= 10 and sum(row[1] for row in every) == rows, name


def test_r(tables, tmp_path):
    rscript = need("Rscript")
    asked = subprocess.run([rscript, "-e", "library(readr)"], capture_output=True, check=False)
    if asked.returncode:
        pytest.skip("no readr for R on this machine (.ci/run installs it)")
    # one R for all of them: starting it takes longer than reading
    lines = [f'{codes["r"]}\ncat("ROWS", nrow(df), nrow(problems(df)), "\\n")\n' for _, _, codes in tables]
    (tmp_path / "all.R").write_text("".join(lines), "utf-8")
    said = command([rscript, "--vanilla", "all.R"], tmp_path)
    told = [tuple(map(int, pair)) for pair in re.findall(r"ROWS (\d+) (\d+)", said)]
    assert told == [(rows, 0) for _, rows, _ in tables]  # and nothing that isn't of its column's type


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A folder with the npm packages that snippets ask for, and a function that runs Node.js in it."""
    program, npm = need("node"), need("npm")
    folder = tmp_path_factory.mktemp("node")
    for path in PACKAGES.iterdir():
        shutil.copy(path, folder)
    done = subprocess.run(
        [npm, "ci", "--fetch-retries", "0"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode:
        pytest.skip(f"npm could not install {PACKAGES.name}/package-lock.json: {done.stderr[-300:]}")
    return folder, lambda *args, **more: command([program, *args], folder, **more)


def test_javascript(tables, node):
    folder, run = node
    for n, (_, _, codes) in enumerate(tables):
        (folder / f"{n}.mjs").write_text(codes["javascript"], "utf-8")
    lines = [f'console.log("TABLE"); await import("./{n}.mjs");\n' for n in range(len(tables))]  # one after the other
    (folder / "all.mjs").write_text("".join(lines), "utf-8")
    _, *told = re.split("^TABLE\n", run("all.mjs"), flags=re.MULTILINE)
    for (name, rows, _), said in zip(tables, told, strict=True):
        assert re.match(rf"{rows} \{{" if rows else "0 undefined", said), (name, said[:200])


def test_power_query_is_what_microsofts_own_parser_takes(tables, node):
    """Excel can't be had here: the grammar is Microsoft's own, columns and types are compared with the schema's."""
    queries = [codes["powerquery"] for _, _, codes in tables]
    _, run = node
    told = json.loads(run("parse_m.mjs", input=json.dumps([*queries, queries[0].replace("]),", "),")])))
    assert told[:-1] == [""] * len(tables)
    assert "]" in told[-1], "a bracket that isn't closed is no error"


def test_power_query_names_every_column(tables, published):
    for path in sorted((published[0] / "build" / "site" / "datasets").glob("*/datapackage.json")):
        resources = {each["name"]: each for each in json.loads(path.read_text("utf-8"))["resources"]}
        for name, _, codes in tables:
            if name not in resources:
                continue
            typed = re.findall(r'\{"(\w+)", ([\w. ]+)\}', codes["powerquery"])
            fields = resources[name]["schema"]["fields"]
            assert [column for column, _ in typed] == [field["name"] for field in fields]
            for (_, kind), field in zip(typed, fields, strict=True):
                assert (kind == "Int64.Type") == (field["type"] in ("integer", "year")), field


def test_curl(tables, tmp_path):
    need("curl")
    need("sha256sum")
    for name, rows, codes in tables:
        folder = tmp_path / name
        folder.mkdir()
        assert f"{name}.csv: OK" in command(["sh", "-e", "-c", codes["curl"]], folder)
        with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            assert sum(1 for _ in csv.reader(file)) == rows + 1
