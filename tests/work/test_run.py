"""The whole path on small projects: what a run does, keeps, tells and leaves alone."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from projects import LIFTS, lifts, make_project, make_setting, put, put_sample, read_csv, read_manifest, run, snapshot

from entaku.model.messages import say
from entaku.model.nouns import Refused, Spec
from entaku.store.store import Store
from entaku.work.dataset import take_turns
from entaku.work.units import Steps

HTML = "<!DOCTYPE html><html><head><title>ただいまメンテナンス中</title></head><body>503</body></html>"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "p")


def versions(project: Path, dataset: str = "lifts") -> list[str]:
    return json.loads((project / "datapackages" / dataset / "releases.json").read_bytes())["versions"]  # type: ignore[no-any-return]


def attempt_codes(project: Path) -> list[str]:
    attempt = json.loads((project / "datapackages/lifts/releases.json").read_bytes())["attempt"]
    return [finding["code"] for finding in attempt["findings"]] if attempt else []


def test_samples_make_a_first_catalogue(project: Path) -> None:
    put_sample(project, lifts("A-1,2026/6/3", "A-2,2026/6/12"))
    result = run(project)
    assert not result.failed
    (outcome,) = result.outcomes
    assert (outcome.what, outcome.served, outcome.version) == ("released", ("sample",), "2026.06.29")
    assert read_csv(project) == ["A-1,2026-06-03", "A-2,2026-06-12"]
    assert (project / "build/site/index.html").is_file()
    manifest = read_manifest(project / "build/site", "lifts")
    assert manifest["raws"][0]["served"] == "sample"


def test_a_second_run_reads_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_sample(project, lifts("A-1,2026/6/3"))
    run(project)
    before = snapshot(project)

    def refuse(*_: object) -> None:
        raise AssertionError("a raw file was read again")

    monkeypatch.setattr("entaku.store.store.Store.raw", refuse)
    monkeypatch.setattr("entaku.table.parts.read_opened", refuse)
    result = run(project, now="2026-12-31T00:00:00")
    assert [outcome.what for outcome in result.outcomes] == ["unchanged"]
    assert result.site == "unchanged"
    assert snapshot(project) == before


def test_the_same_inputs_give_the_same_bytes_elsewhere_and_later(tmp_path: Path) -> None:
    made = []
    for name, now in (("one", "2026-11-23T03:00:00"), ("two", "2031-01-01T12:34:56")):
        project = make_project(tmp_path / name)
        put_sample(project, lifts("A-1,2026/6/3"), day="2026-05-28")
        put_sample(project, lifts("A-1,2026/7/3"))
        run(project, now=now)
        made.append({**snapshot(project / "build" / "site"), **snapshot(project / "datapackages")})
    assert made[0] == made[1]


def test_dated_samples_are_replayed_in_order(project: Path) -> None:
    put_sample(project, lifts("A-1,2026/5/3"), day="2026-04-28")
    put_sample(project, lifts("A-1,2026/6/3"), day="2026-05-28")
    run(project)
    assert versions(project) == ["2026.04.28", "2026.05.28"]
    assert read_csv(project) == ["A-1,2026-05-03", "A-1,2026-06-03"]


def test_a_mirror_of_days_makes_a_release_for_each_day_that_changed_something(project: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    put(mirror, lifts("A-1,2022/3/3"), day="2022-03-24")
    put(mirror, lifts("A-1,2022/4/3", "A-2,2022/4/4"), day="2022-03-29")
    put(mirror, lifts("A-1,2022/4/3", "A-2,2022/4/4"), day="2022-03-30")
    put(mirror, lifts("A-2,2022/5/4"), day="2022-04-28")
    assert not run(project, mirror).failed
    assert versions(project) == ["2022.03.24", "2022.03.29", "2022.04.28"]
    assert read_csv(project) == ["A-1,2022-03-03", "A-1,2022-04-03", "A-2,2022-04-04", "A-2,2022-05-04"]
    raws = [path for path in (project / "datapackages/lifts/raw").iterdir() if path.suffix == ".csv"]
    assert len(raws) == 3
    before = versions(project)
    run(project, mirror, site=False)
    assert versions(project) == before


def test_real_bytes_take_the_place_of_samples_altogether(project: Path, tmp_path: Path) -> None:
    put_sample(project, lifts("X-9,2026/6/3"))
    run(project, site=False)
    mirror = tmp_path / "mirror"
    put(mirror, lifts("A-1,2022/3/3"), day="2022-03-24")
    result = run(project, mirror)
    assert result.outcomes[0].served == ("mirror",)
    assert read_csv(project) == ["A-1,2022-03-03"]
    result = run(project)
    assert result.outcomes[0].served == ("archive",)
    assert [finding.code for finding in result.outcomes[0].findings] == ["served-from-archive", "overdue"]
    assert read_csv(project) == ["A-1,2022-03-03"]


@pytest.mark.parametrize(
    ("body", "code", "row", "value"),
    [
        (HTML, "html-page", None, "ただいまメンテナンス中"),
        pytest.param("", "empty-file", None, "", marks=pytest.mark.sweep),
        (lifts("A-1,2026/6/3", "A-2"), "missing-cells", 3, "A-2"),
        pytest.param(lifts("A-1,2026/6/3", "A-2,2026/6/31"), "no-such-date", 3, "2026/6/31", marks=pytest.mark.sweep),
        pytest.param(lifts("A-1,2026/6/3", ",2026/6/4"), "required", 3, "", marks=pytest.mark.sweep),
        pytest.param(lifts("A-1,2026/6/3", 'A-2,"2026/6/4')[:-2], "unclosed-quote", 3, None, marks=pytest.mark.sweep),
        pytest.param(
            lifts("A-1,2026/6/3").replace("点検日", "点検予定日"),
            "unknown-column",
            None,
            "点検日",
            marks=pytest.mark.sweep,
        ),
        (lifts("A-1,2026/6/3").encode()[:3] + b"\xff\xfe\x81" + lifts("A-1,2026/6/3").encode(), None, None, None),
    ],
)
def test_a_bad_update_leaves_the_last_good_release_up(
    project: Path, tmp_path: Path, body: str | bytes, code: str | None, row: int | None, value: str | None
) -> None:
    good = tmp_path / "good"
    put(good, lifts("A-1,2026/5/3"), day="2026-04-28")
    run(project, good)
    data = snapshot(project / "build/site/datasets/lifts")
    bad = tmp_path / "bad"
    put(bad, body, day="2026-05-28")
    result = run(project, bad)
    assert result.failed
    assert result.outcomes[0].what == "held"
    assert versions(project) == ["2026.04.28"]
    now = snapshot(project / "build/site/datasets/lifts")
    assert {k: v for k, v in now.items() if not k.endswith(".html")} == {
        k: v for k, v in data.items() if not k.endswith(".html")
    }
    errors = [finding for finding in result.outcomes[0].findings if finding.severity == "error"]
    assert errors
    if code is not None:
        found = next(finding for finding in errors if finding.code == code)
        assert found.place.row == row or code == "unknown-column"
        assert value is None or found.value == value
        page = (project / "build/site/datasets/lifts/index.html").read_text("utf-8")
        assert value is None or value in page
        # The next good file heals it, and the bad one is set aside.
        healed = tmp_path / "healed"
        put(healed, lifts("A-1,2026/6/3"), day="2026-06-28")
        result = run(project, healed)
        assert not result.failed
        assert [f.code for f in result.outcomes[0].findings] == ["version-set-aside"]
        assert versions(project) == ["2026.04.28", "2026.06.28"]
        assert attempt_codes(project) == []
        assert read_csv(project) == ["A-1,2026-05-03", "A-1,2026-06-03"]


def test_everything_wrong_is_told_in_one_run(project: Path, tmp_path: Path) -> None:
    """A short row, an impossible date and an empty key: of reading, of tidying, of the check."""
    mirror = tmp_path / "mirror"
    put(mirror, lifts("A-1", "A-2,2026/6/31", ",2026/6/4", "A-4,2026/6/4"), day="2026-06-28")
    errors = [f for f in run(project, mirror, site=False).outcomes[0].findings if f.severity == "error"]
    assert [(f.code, f.place.row) for f in errors] == [("missing-cells", 2), ("no-such-date", 3), ("required", 4)]
    assert versions(project) == []


def test_a_cell_is_shown_as_it_was_before_tidying(project: Path, tmp_path: Path) -> None:
    text = LIFTS.replace(
        "      - parse_date", "      - replace: {columns: [id], values: {A-1: B-1}}\n      - parse_date"
    )
    text = text.replace("constraints: {required: true}}", 'constraints: {required: true, pattern: "A-.*"}}')
    (project / "pipelines/lifts.yaml").write_text(text, "utf-8")
    mirror = tmp_path / "mirror"
    put(mirror, lifts("A-2,2026/6/3", "A-1,2026/6/4"), day="2026-06-28")
    (outcome,) = run(project, mirror, site=False).outcomes
    (finding,) = [f for f in outcome.findings if f.severity == "error"]
    assert (finding.code, finding.value, finding.place.row) == ("constraint-error", "B-1", 3)
    assert "（元の値「A-1」）" in say(finding, "ja")
    lines = outcome.failing["schedule"].decode("utf-8-sig").splitlines()
    assert lines[0] == "file,sheet,row,finding,id,day"
    assert len(lines) == 2
    assert lines[1].startswith(
        "https://office.example.org/lifts.csv,,3,「B-1」は使えません。schema の pattern で許すのは「「A-」、0 文字以上」です"
    )
    assert lines[1].endswith(",B-1,2026-06-04")


def test_failing_rows_are_written_as_python_writes_them(project: Path) -> None:
    """Rows some of which need quotes; the first 1,000 errors are told, and all rows are there."""
    cells = ['a"b', "a,b", "a\nb", "a\r\nb", "a\rb", '"', "あ", " a ", ""]
    text = LIFTS.replace("constraints: {required: true}}", "constraints: {required: true, maxLength: 1}}")
    (project / "pipelines/lifts.yaml").write_text(text, "utf-8")
    sample = io.StringIO(newline="")
    csv.writer(sample).writerows([["番号", "点検日"], *([f"{n:04}{cells[n % 9]}", "2026-01-02"] for n in range(1400))])
    put_sample(project, sample.getvalue())
    (outcome,) = run(project).outcomes
    body = outcome.failing["schedule"]
    head, *lines = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    told = sum(line[3] != "" for line in lines)
    quoted = sum(any(mark in line[4] for mark in '",\n') for line in lines)
    assert (head, len(lines), told) == (["file", "sheet", "row", "finding", "id", "day"], 1400, 1000)
    assert quoted > 500
    again = io.StringIO(newline="")
    csv.writer(again, lineterminator="\r\n").writerows([head, *lines])
    assert again.getvalue().encode("utf-8-sig") == body


def test_both_engines_make_the_same_release(tmp_path: Path) -> None:
    made = []
    for name in ("columns", "frictionless"):
        project = make_project(tmp_path / name)
        put_sample(project, lifts("A-1,2026/6/3"))
        run(project, engine=name, site=False)
        made.append(snapshot(project / "datapackages"))
    assert made[0] == made[1]


def test_a_broken_minimum_holds_the_release(project: Path) -> None:
    put_sample(project, lifts("A-1,2026/6/3"))
    run(project, site=False)
    yaml = project / "pipelines/lifts.yaml"
    yaml.write_text(LIFTS.replace("min: 1}", "min: 2}"), "utf-8")
    result = run(project, site=False)
    assert result.outcomes[0].what == "held"
    assert attempt_codes(project) == ["rows-min"]
    yaml.write_text(LIFTS, "utf-8")
    run(project, site=False)
    assert attempt_codes(project) == []


def test_a_broken_yaml_touches_nothing(project: Path) -> None:
    put_sample(project, lifts("A-1,2026/6/3"))
    run(project)
    before = snapshot(project)
    yaml = project / "pipelines/lifts.yaml"
    yaml.write_text(LIFTS.replace("frequency: monthly", "frequency: montly"), "utf-8")
    result = run(project)
    assert result.failed
    assert [(outcome.dataset, outcome.what) for outcome in result.outcomes] == [("lifts", "broken")]
    after = snapshot(project)
    changed = {path for path in before if before[path] != after.get(path)} | (set(after) - set(before))
    assert {path for path in changed if not path.startswith("build/cache/")} == {"pipelines/lifts.yaml"}


def test_a_changed_title_makes_no_second_release_of_the_day(project: Path) -> None:
    put_sample(project, lifts("A-1,2026/6/3"))
    run(project, site=False)
    (project / "pipelines/lifts.yaml").write_text(LIFTS.replace("昇降機の点検", "リフトの点検"), "utf-8")
    run(project, site=False)
    assert versions(project) == ["2026.06.29"]
    assert (project / "datapackages/lifts/releases/2026.06.29/datapackage.r2.json").is_file()


def test_what_is_deleted_comes_back_the_same(project: Path) -> None:
    put_sample(project, lifts("A-1,2026/6/3"))
    run(project)
    before = {**snapshot(project / "build" / "site"), **snapshot(project / "datapackages")}
    shutil.rmtree(project / "build")
    shutil.rmtree(project / "datapackages")
    run(project)
    assert {**snapshot(project / "build" / "site"), **snapshot(project / "datapackages")} == before


def test_no_bytes_at_all_is_a_finding(project: Path) -> None:
    result = run(project)
    assert result.failed
    assert result.outcomes[0].what == "held"
    assert (project / "build/site/datasets/lifts/index.html").is_file()


def test_a_file_of_the_project(tmp_path: Path) -> None:
    text = LIFTS.replace(
        '{url: "https://office.example.org/lifts.csv", overwritten: true}', "{file: pipelines/files/lifts.csv}"
    )
    project = make_project(tmp_path / "p", lifts=text)
    path = project / "pipelines/files/lifts.csv"
    path.parent.mkdir()
    path.write_text(lifts("A-1,2026/6/3"), "utf-8")
    assert run(project, site=False).outcomes[0].served == ("file",)
    assert run(project, now="2026-11-24T03:00:00", site=False).outcomes[0].what == "unchanged"
    path.write_text(lifts("A-1,2026/7/3"), "utf-8")
    assert run(project, now="2026-11-25T03:00:00").outcomes[0].what == "released"
    assert versions(project) == ["2026.11.23", "2026.11.25"]
    assert read_csv(project) == ["A-1,2026-07-03"]


def test_the_first_version_of_a_file_of_the_project_has_the_day_that_its_owner_states(tmp_path: Path) -> None:
    source = "{file: pipelines/files/lifts.csv, since: 2021-04-28}"
    text = LIFTS.replace('{url: "https://office.example.org/lifts.csv", overwritten: true}', source)
    project = make_project(tmp_path / "p", lifts=text)
    path = project / "pipelines/files/lifts.csv"
    path.parent.mkdir()
    path.write_text(lifts("A-1,2026/6/3"), "utf-8")
    run(project, site=False)
    assert versions(project) == ["2021.04.28"]
    assert run(project, now="2026-11-24T03:00:00", site=False).outcomes[0].what == "unchanged"
    path.write_text(lifts("A-1,2026/7/3"), "utf-8")
    run(project, now="2026-11-25T03:00:00", site=False)
    assert versions(project) == ["2021.04.28", "2026.11.25"]


def test_a_file_is_not_older_than_the_day_on_which_it_is_read(tmp_path: Path) -> None:
    source = "{file: pipelines/files/lifts.csv, since: 2031-04-28}"
    text = LIFTS.replace('{url: "https://office.example.org/lifts.csv", overwritten: true}', source)
    project = make_project(tmp_path / "p", lifts=text)
    (project / "pipelines/files").mkdir()
    (project / "pipelines/files/lifts.csv").write_text(lifts("A-1,2026/6/3"), "utf-8")
    run(project, site=False)
    assert versions(project) == ["2026.11.23"]


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
      missing: closed-day
    read: {title: [{line: 1, pattern: "(?P<day>.+日)"}], header: 2}
    tidy:
      - parse_date: {column: day}
      - agree: {column: day, with: date}
      - drop_columns: [day]
      - sort: [date]
    schema:
      primaryKey: [date, item]
      fields: [{name: date, type: date}, {name: item}, {name: price, type: integer}]
"""


def put_day(folder: Path, day: str, price: str, inside: str = "", on: str = "2026-06-26") -> None:
    title = inside or f"令和8年{int(day[5:7])}月{int(day[8:])}日"
    put(
        folder, f"{title}\nitem,price\nだいこん,{price}\n", f"https://office.example.org/{day.replace('-', '')}.csv", on
    )


def test_a_file_a_day_with_closed_days(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", daily=DAILY)
    mirror = tmp_path / "mirror"
    put_day(mirror, "2026-06-22", "100")
    put_day(mirror, "2026-06-23", "110")
    put(mirror, "", "https://office.example.org/20260624.csv.404", "2026-06-26")
    put_day(mirror, "2026-06-25", "120")
    result = run(project, mirror)
    assert not result.failed, result
    lines = read_csv(project, "prices", "daily")
    assert lines == ["2026-06-22,だいこん,100", "2026-06-23,だいこん,110", "2026-06-25,だいこん,120"]
    ledger = (project / "datapackages/daily/raw/ledger.jsonl").read_text("utf-8")
    assert '"status":404' in ledger
    # A corrected day takes the place of its first version.
    put_day(mirror, "2026-06-23", "999", on="2026-06-27")
    run(project, mirror)
    assert read_csv(project, "prices", "daily")[1] == "2026-06-23,だいこん,999"


def test_a_date_that_contradicts_its_url(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", daily=DAILY)
    mirror = tmp_path / "mirror"
    put_day(mirror, "2026-06-22", "100", inside="令和8年6月21日", on="2026-06-23")
    result = run(project, mirror, site=False)
    (finding,) = [finding for finding in result.outcomes[0].findings if finding.code == "disagree"]
    assert finding.value == "2026-06-21"
    assert finding.args["expected"] == "2026-06-22"
    assert "20260622.csv" in finding.place.file


def test_one_at_a_time(project: Path) -> None:

    with make_setting(project).store.lock(), pytest.raises(Refused):
        run(project)


def test_a_misspelt_local_file_is_told_at_its_line(tmp_path: Path) -> None:
    text = LIFTS.replace(
        '{url: "https://office.example.org/lifts.csv", overwritten: true}', "{file: pipelines/files/lost.csv}"
    ).replace("    expect: {rows: {min: 1}}\n", "")
    project = make_project(tmp_path / "p", lifts=text)
    (outcome,) = run(project, site=False).outcomes
    assert (outcome.what, outcome.version) == ("held", "")
    (finding,) = outcome.findings
    assert (finding.code, finding.severity, finding.value) == ("no-file", "error", "pipelines/files/lost.csv")
    assert (finding.place.file, finding.place.line) == ("pipelines/lifts.yaml", 12)


def test_the_same_command_again_is_no_failure(tmp_path: Path) -> None:
    """A hole that was there at the release is one still: nothing new, nothing held."""
    project = make_project(tmp_path / "p", daily=DAILY)
    mirror = tmp_path / "mirror"
    put(mirror, "令和8年6月22日\nitem,price\nだいこん,100\n", "https://office.example.org/20260622.csv")
    first = run(project, mirror, now="2026-06-25T03:00:00")
    assert (first.failed, first.outcomes[0].what) == (False, "released")
    again = run(project, mirror, now="2026-06-25T04:00:00")
    assert (again.failed, again.outcomes[0].what) == (False, "unchanged")


def test_a_replay_that_was_cut_off_is_taken_up(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = tmp_path / "mirror"
    for n, day in enumerate(("2022-03-24", "2022-04-24", "2022-05-24"), 3):
        put(mirror, lifts(f"A-1,2022/{n}/3"), day=day)
    real = Store.write_release

    def die(store: Store, dataset: str, version: str, files: object, desk: object) -> None:
        if version == "2022.04.24":
            raise KeyboardInterrupt
        real(store, dataset, version, files, desk)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "write_release", die)
    with pytest.raises(KeyboardInterrupt):
        run(project, mirror)
    monkeypatch.setattr(Store, "write_release", real)
    run(project, mirror, site=False)
    assert versions(project) == ["2022.03.24", "2022.04.24", "2022.05.24"]


@pytest.mark.parametrize("body", ["x", "{}", "[1]"])
def test_a_corrupted_manifest_is_told_and_the_site_stays(project: Path, body: str) -> None:
    put_sample(project, lifts("A-1,2026/6/3"))
    run(project)
    before = snapshot(project / "build" / "site")
    (project / "datapackages/lifts/releases/2026.06.29/manifest.json").write_text(body, "utf-8")
    put_sample(project, lifts("A-1,2026/6/4"), day="2026-07-29")
    result = run(project)
    codes = [f.code for f in (*result.findings, *result.outcomes[0].findings)]
    assert "store-broken" in codes
    assert "our-bug" not in codes
    assert result.site == "unchanged" or "site-kept" in codes
    assert snapshot(project / "build" / "site") == before


def test_a_bug_in_one_dataset_does_not_keep_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(tmp_path / "p", daily=DAILY, lifts=LIFTS)
    put_sample(project, lifts("A-1,2026/6/3"))
    put_day(project / "pipelines/samples", "2026-06-22", "100")
    real = take_turns

    def fail(setting: object, office: object, spec: Spec) -> Steps:
        if spec.pipeline.name == "daily":
            raise RuntimeError("x")
        return real(setting, office, spec)  # type: ignore[arg-type]

    monkeypatch.setattr("entaku.work.publish.take_turns", fail)
    result = run(project)
    assert [outcome.what for outcome in result.outcomes] == ["held", "released"]
    assert len(result.bugs) == 1
    assert read_csv(project) == ["A-1,2026-06-03"]


TO_COME = DAILY.replace("2026-06-22", "2027-06-22")


def test_a_range_of_days_that_has_not_begun_is_no_error(tmp_path: Path) -> None:
    """It waits as a dataset without rows does, and is released once its day has come."""
    assert TO_COME != DAILY
    project = make_project(tmp_path / "p", daily=TO_COME, lifts=LIFTS)
    put_sample(project, lifts("A-1,2026/6/3"))
    for _ in range(2):
        result = run(project)
        daily, other = result.outcomes
        assert (result.failed, daily.what, other.version) == (False, "empty", "2026.06.29")
        assert [(one.code, one.severity) for one in daily.findings] == [
            ("range-not-begun", "notice"), ("no-rows-yet", "notice"),
        ]  # fmt: skip
    assert not (project / "build/site/datasets/daily").exists()
    put_day(project / "pipelines/samples", "2027-06-22", "100", "令和9年6月22日", on="2027-06-24")
    result = run(project, now="2027-06-24T03:00:00")
    assert result.outcomes[0].what == "released" and (project / "build/site/datasets/daily").is_dir()


def test_of_a_dataset_with_releases_a_range_to_come_is_still_an_error(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", daily=DAILY)
    put_day(project / "pipelines/samples", "2026-06-22", "100")
    assert run(project, site=False).outcomes[0].what == "released"
    (project / "pipelines/daily.yaml").write_text(TO_COME, "utf-8")
    (outcome,) = run(project, site=False).outcomes
    assert outcome.what == "held" and "no-source-bytes" in [one.code for one in outcome.findings]
