"""What a run leaves for the owner of a dataset: the rows in error, the attempt that failed, each thing told once."""

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from projects import LIFTS, lifts, make_project, put, put_sample, run
from workbooks import xlsx

from entaku.fetch.network import Network
from entaku.model.messages import MASK
from entaku.model.nouns import Finding, Place
from entaku.work.build import once
from entaku.work.cli import main
from entaku.work.dataset import MAX_ATTEMPT_FINDINGS, MAX_VIOLATIONS, PASSING
from entaku.work.open import make_setting

GOOD, BAD = ("A-1,2026/6/3", "A-2,2026/6/12"), ("A-1,2026/6/3", "A-2,2026/6/31", ",2026/6/4")
Command = Callable[..., int]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "p")


@pytest.fixture
def entaku(project: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """A command in the project, without a network."""

    def open_nothing(**_: object) -> Network:
        return Network(knock=lambda *_: "no network in tests")

    monkeypatch.setattr(sys.modules[make_setting.__module__], "Network", open_nothing)
    return lambda *words: main([words[0], "--project", str(project), *words[1:]])


# ---- the rows in error -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ("- {name: id, constraints: {required: true}}", ["phone-number"]),  # all is checked
        ("- {name: id, constraints: {maxLength: 5}}", ["constraint-error", "phone-number"]),  # and has an error
        ("- {name: id}\n        - {name: other}", ["missing-column", "phone-number"]),  # nothing can be checked
    ],
)
def test_what_leaks_is_told_however_far_the_check_comes(tmp_path: Path, fields: str, codes: list[str]) -> None:
    text = LIFTS.replace("- {name: id, title: {ja: 番号, en: Number}, constraints: {required: true}}", fields)
    project = make_project(tmp_path / "leaks", lifts=text)
    put_sample(project, lifts("090-1234-5678,2026/6/3", "A-2,2026/6/12"))
    found = [finding for outcome in run(project).outcomes for finding in outcome.findings]
    assert sorted(finding.code for finding in found if finding.severity == "error") == codes


@pytest.mark.parametrize("verb", ["publish", "check"])
def test_the_rows_in_error_are_a_file_until_they_are_mended(
    project: Path, entaku: Command, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put_sample(project, lifts(*BAD))
    assert entaku(verb) == 1
    path = project / "build" / "failing" / "lifts" / "schedule.csv"
    assert str(path) in capsys.readouterr().err
    body = path.read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert rows[0] == ["file", "sheet", "row", "finding", "id", "day"]
    assert sorted((row[2], row[4:]) for row in rows[1:]) == [("3", ["A-2", "2026/6/31"]), ("4", ["", "2026-06-04"])]
    assert all(row[0].endswith("lifts.csv") and row[3] for row in rows[1:])
    (path.parent / "gone.csv").write_text("of a table that is no more")
    assert entaku(verb) == 1 and [each.name for each in path.parent.iterdir()] == ["schedule.csv"]
    put_sample(project, lifts(*GOOD))
    capsys.readouterr()
    assert entaku(verb) == 0
    assert not path.parent.exists() and "build/failing" not in capsys.readouterr().err


def test_a_dataset_without_rows_in_error_has_no_file_of_them(project: Path, entaku: Command) -> None:
    put_sample(project, lifts(*GOOD))
    (project / "pipelines/lifts.yaml").write_text(LIFTS.replace("min: 1}", "min: 9}"), "utf-8")
    assert entaku("check") == 1 and not (project / "build/failing/lifts").exists()


def test_two_ways_in_which_a_row_is_wrong_stand_beside_each_other(project: Path, tmp_path: Path) -> None:
    text = LIFTS.replace("constraints: {required: true}}", 'constraints: {pattern: "A-\\\\d", minLength: 3}}')
    (project / "pipelines/lifts.yaml").write_text(text.replace('"A-\\\\d"', "'A-\\d'"), "utf-8")
    put(tmp_path / "m", lifts("A-1,2026/6/3", "B,2026/6/4"), day="2026-06-28")
    (outcome,) = run(project, tmp_path / "m").outcomes
    lines = outcome.failing["schedule"].decode("utf-8-sig").splitlines()
    assert len(lines) == 2 and lines[1].count("／") == 1 and "pattern" in lines[1] and "minLength" in lines[1]


# ---- what an attempt keeps ---------------------------------------------------------------------------------------


def attempt_of(project: Path) -> Any:
    return json.loads((project / "datapackages/lifts/releases.json").read_bytes())["attempt"]


def try_rows(project: Path, folder: Path, day: str, *rows: str) -> Any:
    """What came of a run on a mirror that has one day."""
    put(folder / day, lifts(*rows), day=day)
    (outcome,) = run(project, folder / day).outcomes
    return outcome


def test_an_attempt_keeps_errors_first_counts_all_and_lists_at_most_200(project: Path, tmp_path: Path) -> None:
    rows = [f"A-{n},2026/6/3" for n in range(3)] + [f",{1900 + n // 12}/{n % 12 + 1}/1" for n in range(1200)]
    outcome = try_rows(project, tmp_path, "2026-06-28", *rows)
    attempt = attempt_of(project)
    assert outcome.what == "held" and len(attempt["findings"]) == MAX_ATTEMPT_FINDINGS == 200
    assert (attempt["when"], attempt["count"]) == ("2026-06-28T00:00:00Z", 1200)
    assert [(each["kind"], each["count"]) for each in attempt["violations"]] == [("required", 1200)]
    order = [each.get("severity", "error") for each in attempt["findings"]]
    assert order == sorted(order, key=("error", "warning", "notice").index)
    assert [one.severity for one in outcome.findings] == sorted(
        (one.severity for one in outcome.findings), key=("error", "warning", "notice").index
    )


def test_an_attempt_lists_at_most_200_kinds_of_errors(project: Path, tmp_path: Path) -> None:
    fields = "".join(
        f"        - {{name: c{n:03}, constraints: {{required: true}}}}\n" for n in range(MAX_VIOLATIONS + 1)
    )
    head, _, _ = LIFTS.partition("    tidy:")
    text = f"{head.replace(', overwritten: true', '')}    schema:\n      fields:\n        - {{name: id}}\n{fields}"
    (project / "pipelines/lifts.yaml").write_text(text, "utf-8")
    names = ",".join(f"c{n:03}" for n in range(MAX_VIOLATIONS + 1))
    put(tmp_path / "m", f"id,{names}\n1{',' * (MAX_VIOLATIONS + 1)}\n", day="2026-06-28")
    (outcome,) = run(project, tmp_path / "m").outcomes
    attempt = attempt_of(project)
    assert outcome.what == "held" and attempt["count"] == MAX_VIOLATIONS + 1 == 201
    assert [each["column"] for each in attempt["violations"]] == [f"c{n:03}" for n in range(MAX_VIOLATIONS)]


@pytest.mark.parametrize("hidden", [True, False])
def test_of_a_sheet_that_hides_cells_no_cell_is_quoted(project: Path, tmp_path: Path, hidden: bool) -> None:
    text = LIFTS.replace("lifts.csv", "lifts.xlsx").replace("{required: true}", "{pattern: '[A-Z]-[0-9]'}")
    (project / "pipelines/lifts.yaml").write_text(text, "utf-8")

    def hide(book: Any) -> None:
        book.active.row_dimensions[3].hidden = hidden

    body = xlsx(("番号", "点検日"), ("A-1", "2026/6/3"), ("ひみつ", "2026/6/4"), ("A-2", "内緒の日"), fill=hide)
    put(tmp_path / "m", body, "https://office.example.org/lifts.xlsx", "2026-06-28")
    (outcome,) = run(project, tmp_path / "m").outcomes
    told = {one.value for one in outcome.findings} | {cell for one in outcome.findings for cell in one.args.values()}
    assert outcome.what == "held" and "内緒の日" in told
    attempt = attempt_of(project)
    assert [each["count"] for each in attempt["violations"]] == [1, 1]
    places = [project / "datapackages/lifts/releases.json", *(project / "build/site").rglob("*.*")]
    files = [path.read_text("utf-8") for path in places if path.suffix in (".json", ".html", ".md", ".jsonl")]
    assert len(files) > 10
    for cell in ("ひみつ", "内緒の日"):
        assert any(cell in each for each in files) is not hidden
    assert any(MASK in each for each in files) is hidden


def test_what_depends_on_the_day_is_told_but_not_kept(project: Path, tmp_path: Path) -> None:
    assert try_rows(project, tmp_path, "2026-06-28", *GOOD, "=1+1,2026/6/13").what == "released"
    (project / "pipelines/lifts.yaml").write_text(LIFTS.replace("min: 1}", "min: 9}"), "utf-8")
    (outcome,) = run(project).outcomes
    told = [one.code for one in outcome.findings]
    assert outcome.what == "held" and told[0] == "rows-min" and "served-from-archive" in told
    kept = [each["code"] for each in attempt_of(project)["findings"]]
    assert kept == [code for code in told if code not in PASSING] and kept == ["rows-min", "formula-cell"]
    assert PASSING == ("not-reached-yet", "served-from-archive", "older-file")


def test_the_same_failure_on_another_day_leaves_the_history_as_it_is(project: Path, tmp_path: Path) -> None:
    try_rows(project, tmp_path, "2026-06-28", *GOOD)
    try_rows(project, tmp_path, "2026-06-29", *BAD)
    path = project / "datapackages/lifts/releases.json"
    before, changed = path.read_bytes(), path.stat().st_mtime_ns
    (again,) = run(project, now="2026-12-24T03:00:00").outcomes
    assert again.what == "held" and (path.read_bytes(), path.stat().st_mtime_ns) == (before, changed)
    assert again.version == "2026.06.28" and attempt_of(project)["when"] == "2026-06-29T00:00:00Z"
    try_rows(project, tmp_path, "2026-06-30", "A-2,2026/6/31")
    attempt = attempt_of(project)
    assert attempt["when"] == "2026-06-30T00:00:00Z" and json.loads(before)["attempt"] != attempt
    assert json.loads(path.read_bytes())["versions"] == ["2026.06.28"]
    assert try_rows(project, tmp_path, "2026-07-01", "A-7,2026/6/3").what == "released"
    assert attempt_of(project) is None


def test_an_attempt_is_over_when_the_same_bytes_as_released_are_back(project: Path) -> None:
    put_sample(project, lifts(*GOOD))
    run(project)
    (project / "pipelines/lifts.yaml").write_text(LIFTS.replace("min: 1}", "min: 9}"), "utf-8")
    run(project)
    assert attempt_of(project) is not None
    (project / "pipelines/lifts.yaml").write_text(LIFTS, "utf-8")
    (outcome,) = run(project).outcomes
    assert outcome.what == "unchanged" and attempt_of(project) is None


# ---- once --------------------------------------------------------------------------------------------------------

DAILY = """\
name: daily
title: 日報
description: 試験用
publisher: office
license: CC-BY-4.0
frequency: daily
resources:
  - name: prices
    title: 値段
    source:
      url: https://office.example.org/{date:%Y%m%d}.csv
      for: {date: {from: 2026-06-22, until: yesterday}}
    tidy: [{trim: [price]}, {replace: {columns: [price], values: {a: b}}}]
    schema: {fields: [{name: date, type: date}, {name: item}, {name: price}]}
  - name: items
    title: 品目
    from: prices
    tidy: [{trim: [price]}, {select: [item]}]
    schema: {fields: [{name: item}]}
"""


def test_a_lost_column_is_told_once_for_each_file(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", daily=DAILY)
    for n, cells in ((22, "item,cost\na,1\n"), (23, "item,cost\na,1\n"), (24, "item,price\na,1\n")):
        put(tmp_path / "m", cells, f"https://office.example.org/202606{n}.csv", "2026-06-25")
    (outcome,) = run(project, tmp_path / "m").outcomes
    lost = [one for one in outcome.findings if one.code == "unknown-column"]
    assert [(one.value, one.args["file"][-12:]) for one in lost] == [
        ("price", "20260622.csv"),
        ("price", "20260623.csv"),
    ]
    assert {one.place.line for one in lost} == {13}


def test_a_cell_that_is_wrong_in_two_tables_of_one_file_is_told_once(tmp_path: Path) -> None:
    fields = "{fields: [{name: item, constraints: {maxLength: 1}}"
    text = DAILY.replace("{fields: [{name: date, type: date}, {name: item}", f"{fields}, {{name: date, type: date}}")
    project = make_project(tmp_path / "p", daily=text.replace("{fields: [{name: item}", fields))
    put(tmp_path / "m", "item,price\na,1\nbb,2\n", "https://office.example.org/20260622.csv", "2026-06-23")
    (outcome,) = run(project, tmp_path / "m").outcomes
    wrong = [(one.code, one.place.row) for one in outcome.findings if one.severity == "error"]
    assert outcome.what == "held" and wrong == [("constraint-error", 3)]


def make_finding(
    code: str = "unknown-column", line: int = 1, value: str = "a", severity: Any = "error", **args: str
) -> Finding:
    return Finding(code, severity, Place("p.yaml", line=line), value, args)


def test_only_what_is_the_same_is_told_once() -> None:
    lost = make_finding(file="x.csv", step="trim")
    assert once([lost, make_finding(line=2, file="x.csv", step="sort"), lost]) == [lost]
    others = [
        lost,
        make_finding(file="y.csv", step="trim"),
        make_finding(value="b", file="x.csv", step="trim"),
        make_finding("column-exists", file="x.csv", step="trim"),
        make_finding("column-exists", line=2, file="x.csv", step="trim"),
        make_finding(step="trim"),
        make_finding(line=2, step="trim"),
        make_finding(step="sort"),
        make_finding("rows-min", severity="warning"),
        make_finding("rows-min", severity="notice"),
        make_finding("rows-max", severity="notice"),
        make_finding("rows-max", value="b", severity="notice"),
        make_finding("rows-max", line=2, severity="notice"),
        make_finding("rows-max", severity="notice", allowed="5"),
    ]
    assert once([*others, *others]) == others


def test_errors_count_though_the_check_finds_none(project: Path, tmp_path: Path) -> None:
    outcome = try_rows(project, tmp_path, "2026-06-28", "A-1,2026/6/3", "090-1234-5678,2026/6/4")
    assert [one.code for one in outcome.findings if one.severity == "error"] == ["phone-number"]
    assert attempt_of(project)["count"] == 1
