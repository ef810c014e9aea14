"""Two versions compared on the page: `compare-rows.js` under Node against pandas, and the page in a real browser."""

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from browser import SCREENS, find_faults, visit
from loopback import serve_site
from projects import ROOT, lifts, make_project, put, run
from sweeping import halve

from entaku.release.files import ParquetFile

TRY = """
import { compare } from "./compare-rows.js";
import { Table } from "./rows.js";
const { before, after, key } = JSON.parse(process.argv[2]);
const signal = new AbortController().signal;
const [old, now] = await Promise.all([before, after].map(([url, bytes]) => new Table(url, bytes).open(signal)));
const began = process.cpuUsage();
const found = await compare(old, now, key, signal, () => {});
const { user, system } = process.cpuUsage(began);
console.log(JSON.stringify({ found: found.map((one) => [one.before, one.after, one.columns]), seconds: (user + system) / 1e6 }));
"""
MANY = 120_000
"""Rows in more than one group."""


def compare(folder: Path, before: pa.Table, after: pa.Table, key: list[str]) -> Any:
    """Return what `compare-rows.js` finds: rows before and after, -1 for none, and the columns corrected."""
    if not shutil.which("node") or not (ROOT / "build" / "vendor" / "parquet.js").is_file():
        pytest.skip("no Node.js, or nothing bundled by `make`")
    for source in [*(ROOT / "site_templates" / "assets").glob("*.js"), *(ROOT / "build" / "vendor").glob("*.js")]:
        shutil.copy(source, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "try.mjs").write_text(TRY)
    files = []
    for name, table in (("before.parquet", before), ("after.parquet", after)):
        with (folder / name).open("wb") as sink:
            file = ParquetFile(sink, table.schema)
            for batch in table.to_batches():
                file.add(batch)
            files.append((name, file.close(name).bytes))
    with serve_site(folder) as address:
        given = json.dumps(
            {side: [f"{address}/{name}", size] for side, (name, size) in zip(("before", "after"), files, strict=True)}
            | {"key": key}
        )
        done = subprocess.run(["node", "try.mjs", given], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def make_table(rows: int = MANY) -> pd.DataFrame:
    """Return a table with a key of two columns, a column with empty cells, and one with few texts."""
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"a": np.arange(rows) // 2, "b": [f"k{n % 2}" for n in range(rows)], "n": random.normal(size=rows)}
    )
    frame["t"] = np.where(random.random(rows) < 0.1, None, [f"駅{n % 50}" for n in range(rows)])
    return frame


def judge(before: pd.DataFrame, after: pd.DataFrame, key: list[str]) -> list[tuple[int, int, tuple[str, ...]]]:
    """Return what pandas says of two tables with a key."""
    old, now = (frame.reset_index(names="row") for frame in (before, after))
    both = old.merge(now, on=key, how="outer", suffixes=("_old", "_now"))
    cells = [name for name in after.columns if name not in key and name in before.columns]
    found = []
    wrong = {
        name: ~(
            (both[f"{name}_old"] == both[f"{name}_now"]) | (both[f"{name}_old"].isna() & both[f"{name}_now"].isna())
        )
        for name in cells
    }
    lines = zip(
        both["row_old"].fillna(-1).astype(int), both["row_now"].fillna(-1).astype(int), *wrong.values(), strict=True
    )
    for old_row, new_row, *differ in lines:
        names = tuple(name for name, each in zip(cells, differ, strict=True) if each)
        if old_row < 0 or new_row < 0:
            found.append((old_row, new_row, ()))
        elif names:
            found.append((old_row, new_row, names))
    return sorted(found)


def correct(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with some cells corrected, one emptied, one filled."""
    frame = frame.copy()
    frame.loc[[5, 40_000, 110_000], "n"] = 7.5
    frame.loc[[5, 7], "t"] = "変更"
    frame.loc[frame["t"].notna().idxmax(), "t"] = None
    return frame


CHANGES = {
    "corrected": correct,
    "appended": lambda frame: pd.concat([correct(frame), frame.tail(9).assign(a=range(10**6, 10**6 + 9))]),
    "shifted": lambda frame: pd.concat([frame.head(3).assign(a=[-1, -2, -3]), correct(frame)]),
    "removed": lambda frame: correct(frame).drop(index=[1, 60_000, MANY - 1]),
    "sorted": lambda frame: correct(frame).iloc[::-1],
    "same": lambda frame: frame,
    "column": lambda frame: correct(frame).assign(extra="x").drop(columns="n"),
    "empty": lambda frame: frame.head(0),
}


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.sweep if kind in ("corrected", "appended", "same", "empty") else ())
        for kind in CHANGES
    ],
)
def test_rows_are_matched_by_their_key_as_pandas_does(tmp_path: Path, kind: str) -> None:
    before = make_table()
    after = CHANGES[kind](before).reset_index(drop=True)
    schema = pa.Schema.from_pandas(before.assign(extra="x"), preserve_index=False)
    tables = [
        pa.Table.from_pandas(each, pa.schema([schema.field(name) for name in each]), preserve_index=False)
        for each in (before, after)
    ]
    found = compare(tmp_path, *tables, ["a", "b"])["found"]
    assert sorted((old, now, tuple(columns)) for old, now, columns in found) == judge(before, after, ["a", "b"])
    assert bool(found) == (kind != "same")


def test_without_a_key_whole_rows_are_compared_as_often_as_they_are(tmp_path: Path) -> None:
    before = pa.table({"x": ["a", "a", "b", None], "y": [1, 1, 2, 3]})
    after = pa.table({"x": ["b", "a", "c", None, "b"], "y": [2, 1, 2, 3, 2]})
    assert compare(tmp_path, before, after, [])["found"] == [[-1, 2, []], [-1, 4, []], [1, -1, []]]


def test_another_type_is_compared_as_text(tmp_path: Path) -> None:
    before, after = pa.table({"k": ["1", "2"], "v": [1, 2]}), pa.table({"k": ["1", "2"], "v": ["1", "x"]})
    assert compare(tmp_path, before, after, ["k"])["found"] == [[1, 1, ["v"]]]


# ---- on the page ------------------------------------------------------------------------------------------------

TABLE = """\
    source: {url: "https://office.example.org/lifts.csv"}
    tidy:
      - rename: {番号: id, 点検日: note}
    schema:
      primaryKey: [id]
      fields:
        - {name: id, title: {ja: 番号, en: Number}}
        - {name: note, title: {ja: 備考, en: Note}}
"""
VERSIONS = {
    "2026-06-01": [f"A-{n},x" for n in range(40)],
    "2026-07-01": [f"A-{n},{'訂正' if n == 7 else 'x'}" for n in range(40)],
    "2026-08-01": [f"A-{n},{'訂正' if n in (7, 9) else 'x'}" for n in range(1, 70)],
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with three versions of a table."""
    if not (ROOT / "build" / "vendor" / "parquet.js").is_file():
        pytest.skip("build/vendor isn't there: `make` bundles it where it finds Node.js or the network")
    project = make_project(tmp_path_factory.mktemp("compare") / "p")
    shutil.copytree(ROOT / "build" / "vendor", project / "build" / "vendor")
    path = project / "pipelines" / "lifts.yaml"
    text = path.read_text("utf-8")
    path.write_text(text[: text.index("    source: ")] + TABLE, "utf-8")
    for day, rows in VERSIONS.items():
        put(project.parent / day, lifts(*rows), day=day)
        result = run(project, project.parent / day)
        assert result.site == "published", result.findings
    return project / "build" / "site"


def begin(tab: Any, path: str, before: str, after: str) -> Any:
    """Compare two versions on the page; return the box in which they are."""
    tab.go(path)
    box = tab.page.locator("details.compare")
    box.locator("summary").click()
    box.locator("select[name=before]").select_option(before)
    box.locator("select[name=after]").select_option(after)
    box.locator("form").first.locator("button").click()
    box.locator("tbody tr").first.wait_for()
    return box


def test_any_two_versions_are_compared_on_the_page(chromium: Any, site: Path) -> None:
    with visit(chromium, site) as tab:
        box = begin(tab, "datasets/lifts/", "2026.06.01", "2026.08.01")
        assert box.locator("[role=status]").inner_text() == "増えた行 30、なくなった行 1、訂正した行 2"
        assert box.locator("del").all_inner_texts() == ["x", "x"] and box.locator("ins").all_inner_texts() == [
            "訂正",
            "訂正",
        ]
        assert box.locator("caption").inner_text() == "33 件の変更のうち 1–25 件目"
        box.get_by_role("button", name="次へ").click()
        tab.page.wait_for_function("() => document.querySelectorAll('.compare tbody tr').length === 8")
        assert box.locator("tbody tr").last.inner_text().split() == ["なくなった", "A-0", "x"]
        box.locator("select[name=what]").select_option("changed")
        tab.page.wait_for_function("() => document.querySelectorAll('.compare tbody tr').length === 2")
        box.locator("input[name=text]").fill("a-9")
        box.get_by_role("button", name="絞り込む").click()
        tab.page.wait_for_function("() => document.querySelectorAll('.compare tbody tr').length === 1")
        with tab.page.expect_download() as waiting:
            box.get_by_role("button", name="変更を CSV で保存").click()
        rows = list(csv.reader(io.StringIO(waiting.value.path().read_text("utf-8"))))
        assert rows == [
            ["_change", "_columns", "id", "note"],
            ["before", "note", "A-9", "x"],
            ["after", "note", "A-9", "訂正"],
        ]
        tab.check()


def test_neighbours_are_shown_by_what_was_published(chromium: Any, site: Path) -> None:
    with visit(chromium, site) as tab:
        box = begin(tab, "en/datasets/lifts/", "2026.06.01", "2026.07.01")
        assert box.locator("[role=status]").inner_text() == "0 rows added, 0 removed, 1 corrected"
        assert box.locator("tbody tr").inner_text().split() == ["Corrected", "A-7", "x", "訂正"]
        asked = [path for path, _ in tab.fetched if path.endswith(".parquet")]
        assert "datasets/lifts/changes/2026.06.01-2026.07.01/schedule.parquet" in asked
        assert not [path for path in asked if re.search(r"/2026\.0[67]\.01/schedule\.parquet", path)]
        tab.check()


@pytest.mark.parametrize("lang", halve(SCREENS))
def test_axe_finds_nothing_and_it_fits_a_telephone(chromium: Any, site: Path, lang: str) -> None:
    with visit(chromium, site) as tab:
        begin(tab, f"{lang}datasets/lifts/", "2026.06.01", "2026.08.01")
        found = {(scheme, width): find_faults(tab, scheme, width) for scheme, width in SCREENS[lang]}
    assert {key: faults for key, faults in found.items() if faults} == {}


def test_nothing_of_it_is_fetched_before_it_is_opened_and_links_do_without(chromium: Any, site: Path) -> None:
    with visit(chromium, site) as tab:
        tab.go("datasets/lifts/")
        tab.page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
        tab.rest()
        assert not [path for path, _ in tab.fetched if "compare" in path]
    with visit(chromium, site, java_script_enabled=False) as tab:
        tab.go("datasets/lifts/")
        links = tab.page.locator("details.compare a")
        assert [link.get_attribute("href") for link in links.all()] == ["2026.08.01/#changes", "2026.07.01/#changes"]
