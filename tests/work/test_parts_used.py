"""Tables in parts as they are read, compared, withdrawn, restored and shown."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from browser import visit
from duckdb_http import connect_over_http
from loopback import serve_site
from projects import ROOT, copy_tree, make_setting, run, snapshot
from test_parts import publish_days
from test_sql_questions import open_sql, run_query

from entaku.catalogue import downloads
from entaku.site.datasets import show_files
from entaku.store import Cache, Store
from entaku.work import first_rows
from entaku.work.cli import main
from entaku.work.judges import judge_site
from entaku.work.mcp_server import ask, open_place
from entaku.work.mcp_site import SiteReader
from entaku.work.releases import load_one
from entaku.work.verify import verify_site, verify_store

ADDRESS = "https://data.example.org/"
WHY = ("--reason", "誤りがあったため", "--reason-en", "It was wrong", "--by", "担当")


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_days(tmp_path_factory.mktemp("used"))


@pytest.fixture(scope="module")
def root(visits: Path) -> Iterator[str]:
    with serve_site(visits / "build" / "site") as address:
        yield f"{address}/"


@pytest.fixture(scope="module")
def snippets(visits: Path, root: str) -> dict[str, str]:
    """The code that the page of the table shows, by tool."""
    page = visits / "build/site/datasets/visits/tables/counts/index.html"
    found = re.findall(r'<pre data-tool="(\w+)"[^>]*><code>(.*?)</code>', page.read_text("utf-8"), re.S)
    return {tool: html.unescape(code).replace(ADDRESS, root) for tool, code in found}


@pytest.mark.parametrize("tool", ["pandas", "polars"])
def test_python_reads_all_parts(tool: str, snippets: dict[str, str]) -> None:
    scope: dict[str, object] = {}
    exec(snippets[tool], scope)
    df = scope["df"]
    assert (len(df) if tool == "pandas" else df.collect().height) == 10  # type: ignore[arg-type, attr-defined]


def test_the_notebook_reads_all_parts(visits: Path, root: str) -> None:
    notebook = json.loads((visits / "build/site/datasets/visits/notebook.ipynb").read_bytes())
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    code = [line for cell in cells for line in cell.replace(ADDRESS, root).splitlines() if not line.startswith("%")]
    scope: dict[str, object] = {}
    exec("\n".join(line for line in code if "pip install" not in line), scope)
    assert len(scope["counts"]) == 10  # type: ignore[arg-type]


def test_duckdb_reads_the_parts_that_it_needs(snippets: dict[str, str], root: str) -> None:
    with connect_over_http() as connection:
        *_, (word, count, _) = connection.sql(snippets["duckdb"].rpartition(";\n")[0]).fetchall() or [("", 0, 0)]
        assert word and count == 5
        folder = f"{root}datasets/visits/2026.04.03/"
        chosen = connection.sql(
            f"SELECT list(parquet.path) FROM read_json('{folder}counts.files.json') WHERE columns.date.max >= '2026-04-01'"
        ).fetchall()
        assert chosen == [(["counts.parts/2026-04.parquet"],)]


def test_curl_gets_and_verifies_all_parts(snippets: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(["bash", "-ec", snippets["curl"]], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": OK") == 2 and len(list((tmp_path / "counts.parts").iterdir())) == 2


def test_what_a_release_changed_is_told_as_of_one_table(visits: Path) -> None:
    folder = visits / "build/site/datasets/visits/changes/2026.04.02-2026.04.03"
    (change,) = json.loads((folder / "changes.json").read_bytes())["tables"]
    assert (change["table"], change["rows"]["added"], change["rows"]["removed"]) == ("counts", 2, 0)
    assert (folder / "counts.csv").read_text("utf-8").count("2026-04-03") == 2


def test_the_page_has_first_rows_charts_and_the_list(visits: Path) -> None:
    page = (visits / "build/site/datasets/visits/tables/counts/index.html").read_text("utf-8")
    assert "部分の一覧" in page and "counts.files.json" in page and "西,館" in page
    assert 'href="../../counts.csv"' in page and 'href="../../counts.parquet"' in page


@pytest.fixture
def copy(visits: Path, tmp_path: Path) -> Path:
    """A copy of the project in which parts are shared as before, with its mirror."""
    subprocess.run(["cp", "-a", str(visits.parent), str(tmp_path / "w")], check=True)
    return tmp_path / "w" / "p"


def test_a_version_is_withdrawn_and_the_parts_that_others_have_stay(copy: Path) -> None:
    assert main(["withdraw", "visits", "2026.04.02", "--project", str(copy), *WHY, "--keep-raw", "--yes"]) == 0
    store = Store(copy / "datapackages")
    assert store.history("visits").versions == ("2026.04.03",)
    assert not store.release_path("visits", "2026.04.02").exists()
    assert verify_store(store, lambda *_: None)[1] == [] and verify_site(copy / "build" / "site") == []


def test_what_was_withdrawn_is_not_published_again(copy: Path) -> None:
    assert main(["withdraw", "visits", "2026.04.03", "--project", str(copy), *WHY, "--keep-raw", "--yes"]) == 0
    result = run(copy, copy.parent / "mirror", now="2026-04-03T09:00:00")
    assert "withdrawn-again" in {one.code for one in result.every}


def test_a_store_is_restored_from_its_site(copy: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    copy_tree(copy, clone, ("datapackages", "build"))
    assert main(["restore", str(copy / "build" / "site"), "--project", str(clone), "--lang", "en"]) == 0
    releases = "datapackages/visits/releases"
    assert snapshot(clone / releases) == snapshot(copy / releases)


def test_a_backup_has_all_parts(copy: Path, tmp_path: Path) -> None:
    saved, clone = tmp_path / "saved.zip", tmp_path / "clone"
    assert main(["backup", str(saved), "--project", str(copy)]) == 0
    assert main(["restore", str(saved), "--project", str(clone), "--lang", "en"]) == 0
    releases = "datapackages/visits/releases"
    assert snapshot(clone / releases) == snapshot(copy / releases)


def test_values_are_traced_through_the_parts(visits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("visits", "counts", "10", "people")
    assert main(["trace", *asked, "--project", str(visits), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "14" in told and "20260403.csv" in told


def test_rot_in_a_part_is_found_and_not_shared(copy: Path) -> None:
    store = Store(copy / "datapackages")
    part = store.release_path("visits", "2026.04.03") / "counts.parts" / "2026-03.csv"
    body = part.read_bytes()
    part.write_bytes(body.replace(b"10", b"99", 1))
    found = [one.value for one in verify_store(store, lambda *_: None)[1] if one.code == "checksum"]
    assert {each.rpartition("releases/")[2] for each in found} >= {
        f"{version}/counts.parts/2026-03.csv" for version in ("2026.04.02", "2026.04.03")
    }
    path = copy / "pipelines" / "visits.yaml"
    path.write_text(path.read_text("utf-8").replace("unit: 人}", "unit: 人, constraints: {minimum: 0}}"), "utf-8")
    run(copy, copy.parent / "mirror", now="2026-04-04T03:00:00", site=False)
    newest = store.history("visits").versions[-1]
    assert newest not in ("2026.04.02", "2026.04.03")
    assert (store.release_path("visits", newest) / "counts.parts" / "2026-03.csv").read_bytes() == body


@pytest.fixture
def large(copy: Path) -> Path:
    """The copy, whose table is too large to be offered as one file, with the pages' scripts."""
    if (ROOT / "build" / "vendor").is_dir():
        shutil.copytree(ROOT / "build" / "vendor", copy / "build" / "vendor", dirs_exist_ok=True)
    small = {kind: replace(form, bytes=50) for kind, form in downloads.WHOLES.items()}
    path = copy / "pipelines" / "visits.yaml"
    path.write_text(path.read_text("utf-8").replace("en: Visits}", "en: Visitors}"), "utf-8")
    with patch.dict(downloads.WHOLES, small), patch("entaku.catalogue.places.WHOLE_BYTES", 50):  # type: ignore[arg-type]
        result = run(copy, copy.parent / "mirror", now="2026-04-03T09:00:00")
    assert result.code == 0, result.bugs
    return copy


def test_a_large_table_is_offered_in_parts_only(large: Path) -> None:
    site = large / "build" / "site"
    whole = [path for kind in ("csv", "parquet") for path in site.rglob(f"counts.{kind}")]
    assert {path.parts[-3] for path in whole} == {"changes"}
    page = (site / "datasets/visits/tables/counts/index.html").read_text("utf-8")
    assert "部分の一覧" in page and "西,館" in page
    (desk := large.parent / "desk").mkdir()
    with open_place(str(site)) as files:
        asked = {"dataset": "visits", "table": "counts", "where": [{"column": "people", "op": ">", "value": 12}]}
        trouble, told = ask(SiteReader(files, desk, "en"), "sample", asked)
    assert not trouble and [(row["row"], row["values"]["people"]) for row in told["results"]] == [(8, 13), (10, 14)]
    assert told["csv"].endswith("/counts.files.json")
    assert verify_site(site) == []
    assert [one.findings for one in judge_site(site, lambda *_: None) if one.faults] == []


def test_the_page_of_a_large_table_reads_its_parts(large: Path, chromium: Any) -> None:
    """The table sorts and filters, and SQL counts, the rows of all parts."""
    if not (large / "build/vendor/squirreling.js").is_file():
        pytest.skip("nothing bundled by `make`")
    with visit(chromium, large / "build" / "site") as tab:
        tab.go("datasets/visits/tables/counts/?counts.sort=-people&counts.ge.people=11")
        tab.page.wait_for_selector("[data-view=counts].live:not(:has([aria-busy]))")
        rows = tab.page.locator("[data-view=counts] tbody tr").all_inner_texts()
        assert [re.findall("2026-[0-9-]+|[0-9]+$", row) for row in rows] == [
            ["2026-04-03", "14"], ["2026-04-02", "13"], ["2026-04-01", "12"], ["2026-03-31", "11"],
        ]  # fmt: skip
        assert sum("counts.parts/" in path for path, _ in tab.fetched) == 2
        open_sql(tab, "visits")
        answer, trouble, _ = run_query(tab, "SELECT count(*) AS n, sum(people) AS s FROM counts")
        assert (answer, trouble) == ([["10", "110"]], "")
    tab.check()


def test_others_judge_what_is_said_of_parts(visits: Path) -> None:
    assert [one.findings for one in judge_site(visits / "build" / "site", lambda *_: None) if one.faults] == []


def test_a_renamed_dataset_has_its_parts_under_the_former_name(copy: Path) -> None:
    mirror = ("--mirror", str(copy.parent / "mirror"))
    assert main(["rename", "visits", "visitors", "--project", str(copy)]) == 0
    assert main(["publish", "--project", str(copy), *mirror]) == 0
    site = copy / "build" / "site" / "datasets"
    for name in ("visits", "visitors"):
        listed = json.loads((site / name / "counts.files.json").read_bytes())
        assert all((site / name / part["parquet"]["path"]).is_file() for part in listed)
        assert (site / name / "counts.csv").is_file()
    assert verify_site(copy / "build" / "site") == []


def test_sizes_count_a_shared_part_once(visits: Path) -> None:
    from entaku.store import disk

    releases = visits / "datapackages" / "visits" / "releases"
    newest, before = releases / "2026.04.03", releases / "2026.04.02"
    shared = sum(path.stat().st_size for path in (newest / "counts.parts").glob("2026-03.*"))
    assert disk.size_once(newest, before) == disk.size_of(newest) - shared
    assert disk.size_once(releases) == disk.size_of(releases) - shared
    assert make_setting(visits).store.history("visits").versions == ("2026.04.02", "2026.04.03")


def test_the_page_of_a_version_lists_the_last_parts_and_counts_the_others(visits: Path) -> None:
    store = Store(visits / "datapackages")
    release = load_one(store, "visits", "2026.04.03")
    with patch("entaku.site.datasets.PARTS_SHOWN", 1):
        shown = [file.name for file in show_files(release)]
    assert [name for name in shown if "parts" in name] == ["counts.parts/2026-04.csv", "counts.parts/2026-04.parquet"]
    assert "counts.files.json" in shown and len(shown) == len(release.files) - 2
    page = (visits / "build/site/datasets/visits/2026.04.03/index.html").read_text("utf-8")
    assert "counts.parts/2026-03.csv" in page and "ほかに" not in page


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("first", [1, 3, 4, 5, 20])
def test_the_first_rows_are_those_of_all_rows(visits: Path, tmp_path: Path, first: int, down: bool) -> None:
    store = Store(visits / "datapackages")
    release = load_one(store, "visits", "2026.04.03")
    (table,) = (one for one in release.resources if one.parted)
    read: list[str] = []

    def note(of: object, name: str, version: str, path: str, columns: list[str]) -> object:
        read.append(path)
        return Store.read_columns(store, name, version, path, columns)

    with patch.object(first_rows, "FIRST", first):
        with patch.object(first_rows, "IN_ORDER", ()):
            wanted = first_rows._read_first(release, table, ("date", down), (store, Cache(tmp_path / "a")))
        with patch.object(store, "read_columns", partial(note, store)):
            found = first_rows._read_first(release, table, ("date", down), (store, Cache(tmp_path / "b")))
    assert found == wanted and len(found) == min(first, 10)
    parts = [f"counts.parts/2026-{month}.parquet" for month in (("04", "03") if down else ("03", "04"))]
    assert read == parts[: 1 if first <= (6 if down else 4) else 2]
