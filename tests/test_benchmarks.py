"""The benchmarks' own projects and their page, in small: whoever measures later finds them working."""

import ast
import re
import sys
from pathlib import Path
from runpy import run_module

import pytest

from benchmarks.bench import Run, list_steps, measure, run
from benchmarks.contenders import CONTENDERS
from benchmarks.diff import STEPS as DIFF_STEPS
from benchmarks.diff import measure_diff
from benchmarks.feeds import measure as measure_feeds
from benchmarks.page import Measured, Table, write_page
from benchmarks.projects import CASES, ROOT, Case, make
from benchmarks.scale import PUBLISH, STEPS, Cost, cost, measure_scale, write_table

SIZES = {"daily": 20, "many": 3}
NAMES = {case.name: case for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_project_is_one_that_entaku_checks(case: Case, tmp_path, monkeypatch):
    make(case.name, SIZES.get(case.name, 300), tmp_path)
    monkeypatch.setattr(sys, "argv", ["entaku", "check", "--project", str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        run_module("entaku", run_name="__main__")
    assert end.value.code == (case.name in ("bad", "ruined"))


@pytest.mark.parametrize("name", ["bare read", "frictionless-py", "DuckDB"])
def test_other_tools_find_the_same(name, tmp_path):
    make("bad", 1000, tmp_path)
    found = CONTENDERS[name](tmp_path / "pipelines" / "files")
    assert found == (0 if name == "bare read" else 10)


@pytest.mark.parametrize("name", ["daily", "many"])
def test_a_later_project_has_one_change(name, tmp_path):
    def read() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (tmp_path / "pipelines" / "files").glob("*.csv")}

    make(name, 20, tmp_path)
    before = read()
    make(name, 20, tmp_path, later=True)
    changed = [path for path, body in read().items() if before.get(path) != body]
    assert len(changed) == {"daily": 10, "many": 1}[name]


def test_whole_commands_are_measured():
    results = measure(NAMES["plain"], 300, 1, dict.fromkeys(CONTENDERS, "not here"))
    assert [(one.name, len(one.cpu), one.found, one.note) for one in results[:2]] == [
        ("entaku check", 1, 0, ""),
        ("entaku publish", 1, 0, ""),
    ]
    assert all(0 < one.cpu[0] < 60 and one.megabytes > 20 for one in results[:2])


def test_the_page_tells_every_step():
    tables = []
    for case in CASES:
        steps = [Measured(step.name, [2.0, 1.0, 4.0], [1.0] * 3, 99.0, 7) for step in list_steps(case)]
        steps[-1] = Measured(steps[-1].name, note="not done in 300 s")
        tables.append(Table(case, 1000, steps))
    page = write_page(tables, 3, 300, {"python": "3"})
    assert "SIZES=1k ROUNDS=3" in page
    assert "| frictionless-py | 2.00 | 1.00 | 1.00 | 99 | 3 | 7 |" in page
    assert page.count("| pointblank | not done in 300 s |") == len(CASES)
    assert all(case.title in page for case in CASES)


def test_benchmarks_only_run_entaku():
    """All but that of feeds: ten thousand datasets aren't published to measure what a part of that costs."""
    for path in sorted({*(ROOT / "benchmarks").glob("*.py")} - {ROOT / "benchmarks" / "feeds.py"}):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in ("entaku", "tests")], path.name


@pytest.mark.sweep
def test_the_cost_of_growth_is_measured_and_told():
    costs = [*measure_scale(2), *(Cost(step, 102, 9.5, 1, 1) for step in STEPS)]
    assert [one.step for one in costs] == [*STEPS] * 2 and all(0 < one.cpu < 60 for one in costs)
    told = write_table(costs)
    assert all(told.count(step) >= 2 for step in STEPS) and told.count("for each further dataset") == len(STEPS)
    with pytest.raises(RuntimeError, match="exit code 1"):
        cost("x", 1, Run(1, 1, 1, 1, "no"))


def test_the_feeds_of_copies_are_measured(tmp_path, capsys):
    project, sums = tmp_path / "project", tmp_path / "sums"
    make("many", 2, project)
    assert run(PUBLISH, project).code == 0
    measure_feeds(project, 3, sums)
    files = dict(reversed(line.split("  ", 1)) for line in sums.read_text("utf-8").splitlines())
    told = re.fullmatch(r"6 datasets: ([0-9,]+) files, [0-9,]+ MB; ([0-9.]+) s of CPU .*\n", capsys.readouterr().out)
    assert told and int(told[1].replace(",", "")) == len(files) and float(told[2]) > 0
    names = {path.split("/")[1] for path in files if path.startswith("datasets/")}
    assert names == {f"datase{copy}-0000{n}" for copy in range(3) for n in range(2)}
    apart = [files[f"datasets/{name}/dcat.ttl"] for name in names]
    assert len(set(apart)) == 6, "no two copies are described alike"


@pytest.mark.sweep
def test_two_versions_of_a_table_are_compared():
    costs = list(measure_diff(2000))
    assert [one.step for one in costs] == list(DIFF_STEPS)
    assert all(0 < one.cpu < 60 and one.megabytes > 20 for one in costs)
