"""Rows of a file that is overwritten: when they were listed, and whether they still are."""

from pathlib import Path

import pytest
from projects import LIFTS, lifts, make_project, put, run

from entaku.spec.spec import parse_pipeline
from entaku.work.cli import main

LISTED = LIFTS.replace("overwritten: true}", "overwritten: true, fetched: seen}").replace(
    "      - deduplicate:", "      - mark_listed: {by: [id, day], fetched: seen, dates: day}\n      - deduplicate:"
) .replace(
    "    expect:",
    "        - {name: current, type: boolean}\n        - {name: first_listed, type: datetime}\n"
    "        - {name: last_listed, type: datetime}\n    expect:",
)  # fmt: skip
JUNE, JULY, MOVED, AUGUST = "2026-05-28", "2026-06-29", "2026-07-10", "2026-07-30"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project", lifts=LISTED)


def publish(project: Path, *versions: tuple[str, str]) -> list[str]:
    """The rows, of versions that a mirror has by day."""
    mirror = project.parent / "mirror"
    for day, body in versions:
        put(mirror, body, day=day)
    (outcome,) = run(project, mirror, "2026-08-01T03:00:00").outcomes
    assert outcome.what == "released", outcome.findings
    site = project / "build/site/datasets/lifts/schedule.csv"
    assert site.read_text("utf-8").splitlines()[0] == "id,day,current,first_listed,last_listed"
    return site.read_text("utf-8").splitlines()[1:]


def test_what_a_newer_file_of_the_same_month_lacks_is_not_current(project: Path) -> None:
    rows = publish(
        project,
        (JUNE, lifts("1,2026-06-03", "2,2026-06-04")),
        (JULY, lifts("1,2026-07-01", "2,2026-07-02")),
        (MOVED, lifts("1,2026-07-01", "2,2026-07-20")),
        (AUGUST, lifts("1,2026-08-05")),
    )
    june, july, moved, august = (f"{day}T00:00:00Z" for day in (JUNE, JULY, MOVED, AUGUST))
    assert rows == [
        f"1,2026-06-03,true,{june},{june}",
        f"2,2026-06-04,true,{june},{june}",
        f"1,2026-07-01,true,{july},{moved}",
        f"2,2026-07-02,false,{july},{july}",
        f"2,2026-07-20,true,{moved},{moved}",
        f"1,2026-08-05,true,{august},{august}",
    ]


def test_without_dates_only_the_newest_file_is_current(project: Path) -> None:
    path = project / "pipelines/lifts.yaml"
    path.write_text(path.read_text("utf-8").replace(", dates: day}", "}"), "utf-8")
    rows = publish(project, (JULY, lifts("1,2026-07-01")), (AUGUST, lifts("1,2026-08-05")))
    assert [row.split(",")[2] for row in rows] == ["false", "true"]


def test_a_row_that_comes_back_is_current_again(project: Path) -> None:
    rows = publish(
        project,
        (JULY, lifts("1,2026-07-01", "2,2026-07-02")),
        (MOVED, lifts("1,2026-07-01")),
        ("2026-07-12", lifts("1,2026-07-01", "2,2026-07-02", "3,2026-07-03")),
    )
    assert rows[1] == f"2,2026-07-02,true,{JULY}T00:00:00Z,2026-07-12T00:00:00Z"


def test_a_file_of_the_project_is_first_seen_on_its_day(project: Path) -> None:
    text = LISTED.replace('url: "https://office.example.org/lifts.csv"', "file: data/lifts.csv, since: 2026-05-01")
    (project / "pipelines/lifts.yaml").write_text(text, "utf-8")
    (project / "data").mkdir()
    (project / "data/lifts.csv").write_text(lifts("1,2026-07-01"), "utf-8")
    assert publish(project) == ["1,2026-07-01,true,2026-04-30T15:00:00Z,2026-04-30T15:00:00Z"]


def test_a_value_is_traced_to_the_time_of_fetching(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(project, (JULY, lifts("1,2026-07-01")))
    assert main(["trace", "lifts", "schedule", "1", "first_listed", "--project", str(project)]) == 0
    out = capsys.readouterr().out
    assert "取得した日時" in out and f"{JULY}T00:00:00Z" in out


def test_a_name_that_for_has_too_is_told_at_its_line() -> None:
    text = LIFTS.replace(
        'source: {url: "https://office.example.org/lifts.csv", overwritten: true}',
        'source:\n      url: "https://office.example.org/{part}.csv"\n      for: {part: [a]}\n      fetched: part',
    )
    spec, found = parse_pipeline(text.encode(), "pipelines/lifts.yaml", None)
    assert spec is None and [(one.code, one.value, one.place.line) for one in found] == [("column-exists", "part", 15)]
