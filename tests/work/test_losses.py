"""What the next release would lose against the current one holds it, until its owner accepts it."""

import gzip
import io
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from projects import URL, make_project, put, read_csv, run

from entaku.model.messages import say
from entaku.model.nouns import Finding
from entaku.work.outcome import Result

YAML = """\
name: lifts
title: {ja: 昇降機の点検, en: Lift inspections}
description: {ja: 試験用の説明です。, en: A description for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: daily
resources:
  - name: schedule
    title: {ja: 日程, en: Schedule}
    source: {url: "https://office.example.org/lifts.csv"}
    schema:
      primaryKey: [id]
      fields:
        - {name: id, type: integer, title: {ja: 番号, en: Number}}
        - {name: cost, type: integer, title: {ja: 金額, en: Cost}}
"""
MANY = YAML.replace(
    '{url: "https://office.example.org/lifts.csv"}',
    '{url: "https://office.example.org/{n}.csv", for: {n: [1, 2, 3]}, missing: not-published}',
).replace("    schema:", "    tidy: [{select: [id, cost]}]\n    schema:")
OVERWRITTEN = YAML.replace('lifts.csv"}', 'lifts.csv", overwritten: true}')


def table(count: int, first: int = 1, times: int = 1) -> str:
    """A CSV of `count` rows, whose costs are `times` as large."""
    return "id,cost\n" + "".join(f"{n},{(1000 + n) * times}\n" for n in range(first, first + count))


def days(project: Path, *bodies: str | bytes | dict[str, str], since: int = 1, site: bool = False) -> Result:
    """Publish what the publisher has on one day after another, and the last day's `site`; return the last outcome."""
    for n, body in enumerate(bodies, since):
        mirror = project.parent / f"mirror{n}"
        for url, each in body.items() if isinstance(body, dict) else [(URL, body)]:
            put(mirror, each, url, f"2026-06-{n:02}")
        result = run(project, mirror, site=site and n + 1 == since + len(bodies))
    return result


def told(result: Result, *codes: str) -> list[Finding]:
    return [finding for finding in result.outcomes[0].findings if finding.code in codes]


def expect(project: Path, text: str) -> None:
    """Write `expect` of the one table."""
    path = project / "pipelines/lifts.yaml"
    path.write_text(path.read_text("utf-8").split("    expect:")[0] + f"    expect: {text}\n", "utf-8")


def let(project: Path, finding: Finding) -> None:
    """Do what a finding says: let what it is about through, this once."""
    line = finding.args["todo_en"].split("alone: - ")[1]
    assert line in say(finding, "ja")
    path = project / "pipelines/lifts.yaml"
    path.write_text(path.read_text("utf-8") + f"anomalies:\n  accept:\n    - {line}\n", "utf-8")


# ---- rows --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new"), [(1000, 1), (1000, 499), (10, 4), (4, 1), (3, 1)])
def test_a_table_that_loses_more_than_half_its_rows_is_held(tmp_path: Path, old: int, new: int) -> None:
    project = make_project(tmp_path / "p", lifts=YAML)
    result = days(project, table(old), table(new), site=True)
    (finding,) = told(result, "rows-lost")
    assert (result.failed, result.outcomes[0].what, finding.severity) == (True, "held", "error")
    assert (finding.value, finding.args["old"], finding.args["new"]) == ("schedule", f"{old:,}", str(new))
    assert (finding.place.file, finding.place.line) == ("pipelines/lifts.yaml", 9)
    assert f"（公開中の版の {new / old:.0%}）" in say(finding, "ja") and "accept of anomalies" in say(finding, "en")
    assert len(read_csv(project)) == old


@pytest.mark.parametrize(("old", "new"), [(1000, 500), (2, 1), (1, 1), (4, 400), (1000, 999)])
def test_half_the_rows_or_more_are_no_loss(tmp_path: Path, old: int, new: int) -> None:
    project = make_project(tmp_path / "p", lifts=YAML)
    result = days(project, table(old), table(new), site=True)
    assert not result.failed and told(result, "rows-lost") == []
    assert len(read_csv(project)) == new


def test_a_file_of_other_rows_every_day_is_no_loss(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", lifts=YAML)
    result = days(project, table(30), table(28, 31), table(31, 59), table(30, 90), site=True)
    assert not result.failed and told(result, "rows-lost") == []
    assert read_csv(project)[0] == "90,1090"


def test_its_owner_accepts_this_very_file(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", lifts=YAML)
    (finding,) = told(days(project, table(1000), table(10)), "rows-lost")
    other = {key: re.sub('"[0-9a-f]{12}"', '"0123456789ab"', text) for key, text in finding.args.items()}
    let(project, replace(finding, args=other))
    assert told(days(project, table(10), since=3), "rows-lost")[0].severity == "error"
    path = project / "pipelines/lifts.yaml"
    path.write_text(path.read_text("utf-8").split("anomalies:")[0], "utf-8")
    let(project, finding)
    result = days(project, table(10), since=4, site=True)
    assert not result.failed and len(read_csv(project)) == 10
    assert [one.severity for one in told(result, "rows-lost")] == ["notice"]
    manifest = json.loads((project / "datapackages/lifts/releases/2026.06.02/manifest.json").read_text("utf-8"))
    kept = {"kind": "accepted", "what": ["rows-lost", "schedule"], "reason": {"ja": "理由", "en": "reason"}}
    assert kept in manifest["why"] and [one["code"] for one in manifest["findings"]] == ["rows-lost"]
    result = days(project, table(1), since=5)
    assert [(one.args["old"], one.args["new"]) for one in told(result, "rows-lost")] == [("10", "1")]


@pytest.mark.parametrize(
    ("rows", "new", "held"),
    [("{keep: 0}", 1, False), ("{keep: 0.1}", 100, False), ("{keep: 0.9}", 899, True), ("{keep: 1}", 999, True),
     ("{min: 1}", 1, True), ("{min: 0}", 0, False)],
)  # fmt: skip
def test_its_owner_says_what_share_is_kept(tmp_path: Path, rows: str, new: int, held: bool) -> None:
    project = make_project(tmp_path / "p", lifts=YAML)
    expect(project, f"{{rows: {rows}}}")
    result = days(project, table(1000), table(new))
    assert result.failed == held == bool(told(result, "rows-lost"))


def test_no_rows_at_all_are_told_as_such(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", lifts=YAML)
    result = days(project, table(1000), table(0))
    (finding,) = told(result, "no-rows-left", "rows-lost")
    assert (finding.code, finding.args["old"]) == ("no-rows-left", "1,000")
    assert "1,000 行" in say(finding, "ja") and "元の値" not in say(finding, "ja")


def test_files_that_are_gone_are_a_loss_if_most_of_the_rows_were_theirs(tmp_path: Path) -> None:
    urls = [f"https://office.example.org/{n}.csv" for n in (1, 2, 3)]
    project = make_project(tmp_path / "p", lifts=MANY)
    days(project, {url: table(100, 1000 * n) for n, url in enumerate(urls)})
    result = days(project, {f"{urls[0]}.404": ""}, since=2, site=True)
    assert not result.failed and len(read_csv(project)) == 200
    result = days(project, {f"{urls[0]}.404": "", f"{urls[1]}.404": ""}, since=3, site=True)
    assert not result.failed and len(read_csv(project)) == 100  # half of the release before
    result = days(project, {urls[2]: table(49, 2000)}, since=4)
    assert [one.args["new"] for one in told(result, "rows-lost")] == ["49"]


def test_rows_that_a_change_of_the_yaml_leaves_out_are_a_warning(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", lifts=YAML)
    days(project, table(100))
    path = project / "pipelines/lifts.yaml"
    path.write_text(YAML.replace("    schema:", "    tidy: [{keep_rows: {match: {id: '^7$'}}}]\n    schema:"), "utf-8")
    result = days(project, table(100), since=2, site=True)
    assert [finding.severity for finding in told(result, "rows-lost")] == ["warning"]
    assert not result.failed and read_csv(project) == ["7,1007"]


def test_real_rows_are_not_compared_with_samples(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", lifts=YAML)
    put(project / "pipelines/samples", table(100), day="2026-05-01")
    assert run(project).outcomes[0].served == ("sample",)
    result = days(project, table(3), site=True)
    assert not result.failed and len(read_csv(project)) == 3


# ---- the last line -------------------------------------------------------------------------------------------------

WHOLE = table(300)
CUT = WHOLE[:-3]
"""Its last value is 1 instead of 1300."""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (WHOLE.encode(), CUT.encode()),
        (WHOLE.replace("\n", "\r\n").encode(), CUT.replace("\n", "\r\n").encode()),
        (WHOLE.replace("cost", "cost ").encode("utf-16"), WHOLE.replace("cost", "cost ").encode("utf-16")[:-4]),
        (b"\xef\xbb\xbf" + WHOLE.encode(), b"\xef\xbb\xbf" + CUT.encode()),
    ],
)
def test_a_last_line_without_its_end_holds_the_release(tmp_path: Path, before: bytes, after: bytes) -> None:
    project = make_project(tmp_path / "p", lifts=YAML.replace("name: cost,", "name: 'cost', "))
    path = project / "pipelines/lifts.yaml"
    path.write_text(path.read_text("utf-8").replace("    schema:", "    tidy: [{trim: all}]\n    schema:"), "utf-8")
    result = days(project, before, after)
    findings = told(result, "line-cut")
    assert (result.outcomes[0].what, [one.severity for one in findings]) == ("held", ["error"]), result
    assert findings[0].value == URL and f'accept: ["{findings[0].args["mark"]}"]' in say(findings[0], "ja")
    expect(project, f'accept: ["{findings[0].args["mark"]}"]'.join("{}"))
    assert days(project, after, since=3).outcomes[0].what in ("released", "unchanged")


def workbook(count: int) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("表")
    for row in [("id", "cost"), *((n, 1000 + n) for n in range(count))]:
        sheet.append(row)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def lines(objects: Iterable[int]) -> str:
    return json.dumps([{"id": n, "cost": 1000 + n} for n in objects])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (WHOLE, table(301)),
        (CUT, table(301)[:-2]),
        (CUT, WHOLE),
        (WHOLE, workbook(300)),
        (WHOLE, gzip.compress(table(301).encode())),
        (lines(range(300)) + "\n", lines(range(301))),
    ],
)
def test_a_last_line_like_that_of_the_file_before_is_no_cut(
    tmp_path: Path, before: str | bytes, after: str | bytes
) -> None:
    project = make_project(tmp_path / "p", lifts=YAML)
    result = days(project, before, after)
    assert told(result, "line-cut") == [] and result.outcomes[0].what == "released"


def test_a_new_days_file_is_compared_with_the_others(tmp_path: Path) -> None:
    urls = [f"https://office.example.org/{n}.csv" for n in (1, 2, 3)]
    project = make_project(tmp_path / "p", lifts=MANY)
    result = days(project, {urls[0]: table(9), urls[1]: table(9, 100)}, {urls[2]: table(9, 200)[:-2]})
    assert [one.value for one in told(result, "line-cut")] == [urls[2]]
    project = make_project(tmp_path / "other" / "p", lifts=MANY)
    result = days(project, {urls[0]: table(9)[:-1], urls[1]: table(9, 100)}, {urls[2]: table(9, 200)[:-1]}, site=True)
    assert not result.failed and len(read_csv(project)) == 27


def test_a_cut_version_of_an_overwritten_file_is_set_aside_once_there_is_a_newer(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", lifts=OVERWRITTEN)
    result = days(project, table(5), table(5, 10)[:-2])
    assert [one.severity for one in told(result, "line-cut")] == ["error"]
    result = days(project, table(5, 20), since=3, site=True)
    assert not result.failed and told(result, "line-cut") == []
    assert [one.args["when"] for one in told(result, "version-set-aside")] == ["2026-06-02T00:00:00Z"]
    assert [row.split(",")[0] for row in read_csv(project)] == [str(n) for n in (*range(1, 6), *range(20, 25))]


def test_a_file_of_the_project_is_only_warned_of(tmp_path: Path) -> None:
    local = YAML.replace('url: "https://office.example.org/lifts.csv"', "file: lifts.csv")
    project = make_project(tmp_path / "p", lifts=local)
    for n, body in enumerate((WHOLE, table(299)[:-1]), 1):
        (project / "lifts.csv").write_text(body, "utf-8")
        result = run(project, now=f"2026-06-{n:02}T03:00:00")
    assert [one.severity for one in told(result, "line-cut")] == ["warning"]
    assert not result.failed and len(read_csv(project)) == 299


# ---- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (table(50), table(50, times=1000), ("1,025", "1,025,000")),
        (table(50, times=1000), table(50), ("1,025,000", "1,025")),
        (table(50), table(40, times=-1000), ("1,025", "-1,021,000")),
        (table(50), table(50, times=10), ("1,025", "10,250")),
        (table(50), table(50, times=3), None),
        (table(50), table(50, first=900_000), ("1,025", "901,024")),
        (table(4), table(4, times=1000), None),
    ],
)
def test_values_of_another_order_of_size_hold_the_release(
    tmp_path: Path, before: str, after: str, shown: tuple[str, str] | None
) -> None:
    project = make_project(tmp_path / "p", lifts=YAML)
    result = days(project, before, after)
    assert result.outcomes[0].what == ("held" if shown else "released")
    found = told(result, "values-shifted")
    assert [(one.severity, one.value, (one.args["old"], one.args["new"])) for one in found] == (
        [("error", "cost", shown)] if shown else []
    )
