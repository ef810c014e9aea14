"""Reads by range that a publication overtakes: what is read is of one release, or people are told."""

import io
import shutil
import subprocess
import threading
from contextlib import ExitStack, redirect_stdout
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from browser import open_tab
from ckan_sites import find_port, run_caddy, run_nginx
from duckdb_http import connect_over_http
from loopback import serve, serve_site
from projects import ROOT, copy_tree, make_project, put, run
from sweeping import halve
from worlds import make_schedule

from entaku.site.use import write_snippets
from entaku.work.ranges import tag_file

PAGE = "datasets/counts/"
ROWS = 40_000
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
    source: {url: "https://office.example.org/gates.csv", overwritten: false}
    schema:
      fields:
        - {name: id, type: integer, title: {ja: 番号, en: Number}}
        - {name: people, type: integer, title: {ja: 人数, en: People}}
        - {name: release, type: integer, title: {ja: 回, en: Release}}
    view: {columns: [id, people, release]}
"""


def put_release(mirror: Path, number: int, rows: int = ROWS) -> Path:
    """A day's file, whose every row tells which day it is of; as long on any day."""
    people = np.random.default_rng(number).permutation(rows) + number * 1_000_000
    body = "id,people,release\n" + "".join(f"{n + number * 100_000},{people[n]},{number}\n" for n in range(rows))
    return put(mirror, body, "https://office.example.org/gates.csv", f"2026-06-0{number}")


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A project with a release of its first day, and the mirror of it; not to be changed."""
    if not (ROOT / "build" / "vendor" / "parquet.js").is_file():
        pytest.skip("nothing bundled by `make`")
    folder = tmp_path_factory.mktemp("first")
    project = make_project(folder / "p", counts=COUNTS)
    shutil.copytree(ROOT / "build" / "vendor", project / "build" / "vendor")
    put_release(folder / "mirror", 1)
    assert run(project, folder / "mirror").site == "published"
    return folder


@pytest.fixture
def made(first, tmp_path):
    """A copy of it for a test alone."""
    for name in ("p", "mirror"):
        copy_tree(first / name, tmp_path / name)
    return tmp_path / "p", tmp_path / "mirror"


def overtake(tab, change, at=2):
    """Make a change once, before a part of the table is sent; gives what was asked for."""
    asked = []

    def route(each):
        asked.append(each.request.headers.get("range"))
        if len(asked) == at:
            change()
        each.continue_()

    tab.page.context.route("**/gates.parquet", route)
    return asked


def sort_people(tab):
    """Order the table by the number of people, of which no page of the first answer has been read; gives the rows."""
    view = tab.page.locator("[data-view=gates]")
    view.scroll_into_view_if_needed()
    tab.page.wait_for_selector("[data-view=gates].live")
    view.locator("th button").nth(1).click()
    tab.page.wait_for_function(
        "() => document.querySelector('[data-view=gates] th[aria-sort]') || document.querySelector('.view-alert').textContent"
    )
    tab.page.wait_for_function("() => !document.querySelector('[data-view=gates] table[aria-busy]')")
    told = view.locator(".view-alert").inner_text()
    return told or [row.split("\t")[1:] for row in view.locator("tbody tr").all_inner_texts()]


def first_rows(number):
    """What the order by people begins with in a release."""
    return [[f"{number * 1_000_000 + n:,}", str(number)] for n in range(3)]


@pytest.mark.parametrize("server", ["entaku", "nginx"])
def test_a_page_goes_on_with_the_version_that_it_tells_of(chromium, made, tmp_path, server):
    """A new version is published while the table is read; the page says which one it shows."""
    project, mirror = made
    site = project / "build" / "site"

    def publish():
        put_release(mirror, 2)
        assert run(project, mirror).site == "published"

    with ExitStack() as stack:
        if server == "nginx" and not shutil.which("nginx"):
            pytest.skip("nginx is not installed")
        run_it = run_nginx(site, tmp_path / "nginx", find_port()) if server == "nginx" else serve_site(site)
        for tab in open_tab(chromium, f"{stack.enter_context(run_it)}/", {}):
            tab.go(PAGE)
            asked = overtake(tab, publish)
            assert sort_people(tab)[:3] == first_rows(1)
            assert len(asked) >= 3 and all(asked), "by ranges"
            tab.check()
            tab.go(PAGE)
            assert sort_people(tab)[:3] == first_rows(2)
            tab.check()


def lay_plain(project: Path, folder: Path) -> tuple[Path, Path]:
    """Give the page's table a file whose length its content doesn't tell; that file, and another one as long."""
    [there] = (project / "build" / "site").glob(f"{PAGE}2026.*/gates.parquet")
    before = there.stat().st_size
    files = {1: there, 2: folder / "other.parquet"}
    for number, path in files.items():
        people = np.random.default_rng(number).permutation(ROWS) + number * 1_000_000
        columns = {"id": np.arange(ROWS) + number * 100_000, "people": people, "release": np.full(ROWS, number)}
        path.unlink(missing_ok=True)
        plain = {"compression": "none", "use_dictionary": False, "write_page_index": True}
        pq.write_table(pa.table(columns), path, row_group_size=ROWS // 4, **plain)
    size = there.stat().st_size
    assert files[2].stat().st_size == size, "the case that lengths don't tell"
    for page in (project / "build" / "site").glob(f"**/{PAGE}index.html"):
        text = page.read_text("utf-8")
        assert text.count(f'data-bytes="{before}"') == 2
        page.write_text(text.replace(f'data-bytes="{before}"', f'data-bytes="{size}"'), "utf-8")
    return there, files[2]


@pytest.mark.parametrize("length", ["as long", "longer", "shorter"])
def test_a_file_that_changes_at_its_address_is_read_again_or_people_are_told(chromium, made, tmp_path, length):
    """As in a preview that is made again; one as long as before is read from its start, another isn't the page's."""
    there, new = lay_plain(made[0], tmp_path)
    if length == "longer":
        new.write_bytes(new.read_bytes() + b"x")
    if length == "shorter":
        new.write_bytes(new.read_bytes()[-1000:])
    first = there.read_bytes()
    with serve_site(made[0] / "build" / "site") as address:
        for lang, told in (("", "読んでいる間にファイルが変わりました"), ("en/", "The file has changed meanwhile")):
            there.write_bytes(first)
            for tab in open_tab(chromium, f"{address}/", {}):
                tab.go(lang + PAGE)
                asked = overtake(tab, lambda: Path(shutil.copyfile(new, tmp_path / "new")).replace(there), 6)
                found = sort_people(tab)
                assert len(asked) >= 6
                assert found[:3] == first_rows(2) if length == "as long" else str(found).startswith(told)


def test_sql_reads_one_release_too(chromium, made, tmp_path):
    there, new = lay_plain(made[0], tmp_path)
    with serve_site(made[0] / "build" / "site") as address:
        for tab in open_tab(chromium, f"{address}/", {}):
            overtake(tab, lambda: Path(shutil.copyfile(new, tmp_path / "new")).replace(there), 4)
            query = "SELECT MIN(people) AS a, MAX(people) AS b, MIN(id) AS c FROM gates WHERE release > 0"
            tab.go(f"{PAGE}?sql={quote(query)}")
            tab.page.wait_for_selector(".sql tbody tr")
            cells = tab.page.locator(".sql tbody tr").first.locator("td").all_inner_texts()
            assert cells == ["2000000", str(2_000_000 + ROWS - 1), "200000"]
            tab.check()


# ---- servers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("server", ["entaku", "nginx", "caddy"])
def test_servers_heed_if_match_and_if_range(made, tmp_path, server):
    project, _ = made
    site = project / "build" / "site"
    if server != "entaku" and not shutil.which(server):
        pytest.skip(f"{server} is not installed")
    runs = {"nginx": run_nginx, "caddy": run_caddy}
    it = serve_site(site) if server == "entaku" else runs[server](site, tmp_path / server, find_port())
    with it as address:
        url = f"{address}/{PAGE}gates.parquet"
        ask = partial(requests.get, url, timeout=30)
        part = {"Range": "bytes=0-3"}
        first = ask(headers=part)
        tag = first.headers["ETag"]
        assert (first.status_code, first.content) == (206, b"PAR1") and not tag.startswith("W/")
        for given in (tag, f'"x", {tag}', "*"):
            same = ask(headers={**part, "If-Match": given})
            assert (same.status_code, same.content, same.headers["ETag"]) == (206, b"PAR1", tag), given
        for given in ('"x"', f"W/{tag}"):
            other = ask(headers={**part, "If-Match": given})
            assert (other.status_code, b"PAR1" in other.content) == (412, False), given
            whole = ask(headers={**part, "If-Range": given})
            assert whole.status_code == 200 and len(whole.content) > 1000
        assert ask(headers={**part, "If-Range": tag}).status_code == 206
        if server != "entaku":
            allowed = requests.options(url, timeout=30).headers["Access-Control-Allow-Headers"].split(", ")
            assert {"Range", "If-Match", "If-Range"} <= set(allowed)


# ---- snippets ---------------------------------------------------------------------------------------------------

SIZE = 300_000


def write_counts(path, number):
    """A file of several groups, as long whatever its number."""
    people = np.random.default_rng(number).permutation(SIZE) + number * 10_000_000
    columns = {"line": np.full(SIZE, f"release {number}"), "capacity": people, "others": people[::-1]}
    pq.write_table(pa.table(columns), path, compression="none", use_dictionary=False, row_group_size=SIZE // 3)


@pytest.fixture(scope="module")
def counts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counts")
    for number in (1, 2):
        write_counts(folder / f"{number}.parquet", number)
    assert len({path.stat().st_size for path in folder.iterdir()}) == 1
    return folder


class Overtaken:
    """A host of one file by ranges, with ETags, that becomes another one before a request for a part."""

    def __init__(self, counts: Path, at: int) -> None:
        self.counts, self.left, self.lock, self.parts = counts, at, threading.Lock(), 0

    def find(self, method: str, whole: bool) -> Path:
        with self.lock:
            if method == "GET":
                self.left -= 1
                self.parts += not whole
            return self.counts / ("1.parquet" if self.left >= 0 else "2.parquet")

    def open(self):
        overtaken = self

        class Handler(SimpleHTTPRequestHandler):
            def do_HEAD(self):
                self.do_GET()

            def do_GET(self):
                wanted = self.headers.get("Range", "").removeprefix("bytes=")
                path = overtaken.find(self.command, not wanted)
                body, tag = path.read_bytes(), tag_file(path.stat())
                start, _, end = wanted.partition("-")
                first = len(body) - int(end) if wanted and not start else int(start or 0)
                last = int(end) if start and end else len(body) - 1
                self.send_response(206 if wanted else 200)
                self.send_header("ETag", tag)
                self.send_header("Accept-Ranges", "bytes")
                if wanted:
                    self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
                self.send_header("Content-Length", str(last + 1 - first))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body[first : last + 1])

            def log_message(self, *args):
                pass

        return serve(ThreadingHTTPServer(("127.0.0.1", 0), Handler))


def write_code(tool, address, lasting):
    snippets = write_snippets(f"{address}/", make_schedule(), lasting=lasting)
    return next(each.code for each in snippets if each.tool == tool)


def read_python(tool, code):
    """The numbers of the releases that a snippet for Python has read."""
    scope = {}
    with redirect_stdout(io.StringIO()):
        exec(code, scope)
    frame = scope["df"] if tool == "pandas" else scope["df"].collect()
    return set(frame["line"].to_list() if tool == "polars" else frame["line"])


def read_duckdb(code):
    try:
        with connect_over_http() as connection:
            rows = connection.sql(code.replace("count(*)", "count(*), min(others)").rstrip().rstrip(";")).fetchall()
    except (duckdb.Error, UnicodeDecodeError):  # it tells that the ETag has changed, in bytes that Python doesn't read
        return {"told"}
    return {row[0] for row in rows}


@pytest.mark.parametrize("at", halve(range(6)))
@pytest.mark.parametrize("tool", ["pandas", "polars", "duckdb"])
def test_code_that_reads_the_newest_version_mixes_no_two(counts, tool, at):
    host = Overtaken(counts, at)
    with host.open() as address:
        code = write_code(tool, address, lasting=False)
        found = read_duckdb(code) if tool == "duckdb" else read_python(tool, code)
    assert len(found) == 1, (tool, at, found)


def test_the_trial_finds_what_mixes(counts):
    """Polars by ranges, as for a version, whose files never change."""
    mixed = set()
    for at in range(2, 15):
        host = Overtaken(counts, at)
        with host.open() as address:
            try:
                found = read_python("polars", write_code("polars", address, lasting=True))
            except Exception:
                found = {"told"}
        assert host.parts > 3
        mixed.add(len(found))
    assert max(mixed) == 2


def test_hyparquet_reads_the_newest_version_by_one_request(counts, tmp_path):
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("no Node.js on this machine (.ci/run installs it)")
    for path in (ROOT / "tests" / "snippets").iterdir():
        shutil.copy(path, tmp_path)
    done = subprocess.run([npm, "ci", "--fetch-retries", "0"], cwd=tmp_path, capture_output=True, timeout=120)
    if done.returncode:
        pytest.skip("npm could not install tests/snippets")
    told = 'console.log("READ", new Set(rows.map((row) => row.line)).size, rows.length);\n'
    for lasting in (False, True):
        host = Overtaken(counts, 1)
        with host.open() as address:
            code = write_code("javascript", address, lasting) + told
            run_it = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 120}
            done = subprocess.run([node, "--input-type=module", "--eval", code], **run_it)
        assert (host.parts > 0) == lasting, "of a version, whose files never change, by ranges"
        assert lasting or f"READ 1 {SIZE}" in done.stdout, done.stderr[-500:]
