"""What is unusual of the next release is told before and after it is published, and let through by name once."""

import json
from pathlib import Path

import pytest
from projects import make_project, put, read_csv, run

from entaku.model.messages import say
from entaku.model.nouns import Finding
from entaku.work.cli import main
from entaku.work.outcome import Outcome

YAML = """\
name: lifts
title: {ja: 売上, en: Sales}
description: {ja: 試験用の説明です。, en: A description for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: daily
resources:
  - name: sales
    title: {ja: 売上, en: Sales}
    source: {url: "https://office.example.org/{n}.csv", for: {n: [1, 2, 3, 4, 5, 6, 7]}, missing: not-published}
    tidy: [{drop_columns: [n]}]
    schema:
      primaryKey: [day, shop]
      fields:
        - {name: day, type: date, title: {ja: 日, en: Day}}
        - {name: shop, title: {ja: 店, en: Shop}}
        - {name: sold, type: integer, title: {ja: 数, en: Sold}}
"""
URL = "https://office.example.org/{}.csv"


def table(day: int, times: int = 1, of: int = 0) -> str:
    """The file of a day: twenty shops; `of`: it has the numbers of that day."""
    number = of or day
    rows = "".join(f"2026-06-{day:02},{n:03},{(100 + (n * 37 + number * 11) % 50) * times}\n" for n in range(1, 21))
    return f"day,shop,sold\n{rows}"


def publish(project: Path, *days: str) -> Outcome:
    """Publish the file of each day on the next, and the last on the day after it; return the outcome."""
    for n, body in enumerate(days, 1):
        put(project.parent / "mirror", body, URL.format(n), f"2026-06-{n:02}")
    return run(project, project.parent / "mirror").outcomes[0]


def told(outcome: Outcome) -> list[Finding]:
    return [finding for finding in outcome.findings if finding.code not in ("not-published", "nothing-matched")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = make_project(tmp_path / "p", lifts=YAML)
    text = (project / "catalogue.yaml").read_text("utf-8")
    (project / "catalogue.yaml").write_text(text.replace("base_url: https://data.example.org/\n", ""), "utf-8")
    return project


def test_quiet_days_are_published_without_a_word(project: Path) -> None:
    outcome = publish(project, *(table(n) for n in range(1, 6)))
    assert (outcome.what, told(outcome)) == ("released", []) and len(read_csv(project, "sales")) == 100


def test_the_rows_of_another_day_are_held_and_let_through_once(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = publish(project, *(table(n) for n in range(1, 5)), table(5, of=4))
    (finding,) = told(outcome)
    assert (outcome.what, finding.code, finding.severity, finding.value) == ("held", "period-twice", "error", "day")
    assert (finding.args["old"], finding.args["new"], finding.args["rows_ja"]) == (
        "2026-06-04", "2026-06-05", "（行 81、82、83 など）",
    )  # fmt: skip
    assert (finding.place.file, finding.place.row) == (URL.format(5), 2)
    monkeypatch.chdir(project)
    for command in (["check", "lifts"], ["diff", "lifts"]):
        capsys.readouterr()
        assert main([*command, "--lang", "en", "--mirror", str(project.parent / "mirror")]) == 1
        said = capsys.readouterr().out
        assert 'period-twice in the table "sales" the rows of "2026-06-05" are those of "2026-06-04"' in said, said
        assert "rows 81, 82, 83 and more" in said
    line = finding.args["todo_en"].split("alone: - ")[1].replace("en: reason", "en: Both were holidays")
    assert line in finding.args["todo_ja"].replace("en: reason", "en: Both were holidays")
    with (project / "pipelines/lifts.yaml").open("a", encoding="utf-8") as file:
        file.write(f"anomalies:\n  accept:\n    - {line}\n")
    outcome = run(project, project.parent / "mirror").outcomes[0]
    assert (outcome.what, [one.severity for one in told(outcome)]) == ("released", ["notice"])
    assert "Both were holidays" in say(told(outcome)[0], "en")
    manifest = json.loads((project / "datapackages/lifts/releases/2026.06.05/manifest.json").read_text("utf-8"))
    reason = {"ja": "理由", "en": "Both were holidays"}
    assert {"kind": "accepted", "what": ["period-twice", "sales.day"], "reason": reason} in manifest["why"]
    assert "Both were holidays" in (project / "build/site/en/datasets/lifts/index.html").read_text("utf-8")
    assert "Both were holidays" in (project / "build/site/feed.atom").read_text("utf-8")
    assert run(project, project.parent / "mirror").outcomes[0].what == "unchanged"
    put(project.parent / "mirror", table(6, of=5), URL.format(6), "2026-06-06")
    outcome = run(project, project.parent / "mirror").outcomes[0]
    assert told(outcome) == [], "a table with such days has them"


def test_a_new_day_is_compared_with_those_before(project: Path) -> None:
    """In the table as a whole its numbers are too few to move anything."""
    outcome = publish(project, *(table(n) for n in range(1, 6)), table(6, times=1000))
    (finding,) = told(outcome)
    assert (outcome.what, finding.code, finding.value) == ("held", "values-shifted", "sold")
    assert (finding.args["table"], finding.args["rows_en"]) == ("sales 2026-06-06", " (rows 101, 102, 103 and more)")
    assert (finding.place.file, finding.place.row) == (URL.format(6), 2)


def test_what_is_only_told_is_published_and_stays_with_the_release(project: Path) -> None:
    path = project / "pipelines/lifts.yaml"
    path.write_text(YAML + "anomalies:\n  kinds: {period-twice: tell}\n", "utf-8")
    outcome = publish(project, *(table(n) for n in range(1, 5)), table(5, of=4))
    assert outcome.what == "released"
    assert [(one.code, one.severity) for one in told(outcome)] == [("period-twice", "notice")]
    assert "period-twice" in (project / "build/site/datasets/lifts/index.html").read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace("試験用の", "試験のための"), "utf-8")
    assert run(project, project.parent / "mirror").outcomes[0].what == "revised"
    revised = json.loads((project / "datapackages/lifts/releases/2026.06.05/manifest.r2.json").read_text("utf-8"))
    assert [one["code"] for one in revised["findings"]] == ["period-twice"]
    path.write_text(YAML + "anomalies:\n  columns: {day: {period-twice: ignore}}\n", "utf-8")
    assert told(run(project, project.parent / "mirror").outcomes[0]) == []


def test_columns_that_no_table_has_and_unknown_kinds_are_found(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    more = "anomalies:\n  kinds: {period-twise: tell}\n  columns: {dya: {period-twice: ignore}}\n"
    (project / "pipelines/lifts.yaml").write_text(YAML + more, "utf-8")
    monkeypatch.chdir(project)
    assert main(["check", "--lang", "en"]) == 1
    said = capsys.readouterr().out
    assert '"period-twise"' in said and 'Did you mean "period-twice"?' in said, said
    (project / "pipelines/lifts.yaml").write_text(YAML + more.replace("twise: tell", "twice: notice"), "utf-8")
    assert main(["check", "--lang", "en"]) == 1
    assert 'Did you mean "tell"?' in capsys.readouterr().out
    (project / "pipelines/lifts.yaml").write_text(YAML + more.replace("twise", "twice"), "utf-8")
    assert main(["check", "--lang", "en"]) == 1
    said = capsys.readouterr().out
    assert '"dya"' in said and 'Did you mean "day"?' in said, said
