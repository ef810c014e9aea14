"""Judging the files behind a catalogue: which of them, once each, and what the site says of them."""

import json
from pathlib import Path

import pytest
from projects import URL, copy_template, lifts, make_project, make_setting, put, run, snapshot

from entaku.audit.rulebook import join_rulings
from entaku.model.files import File
from entaku.model.nouns import Raw, ReleasedResource
from entaku.work import quality as publish_quality
from entaku.work.cli import main
from entaku.work.load import load_catalogue, read_specs
from entaku.work.quality import ACROSS, choose_across, judge_catalogue


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


def load(project: Path):  # type: ignore[no-untyped-def]
    office, specs, _ = read_specs(project)
    assert office is not None
    setting = make_setting(project)
    return setting, load_catalogue(setting, office, specs)[0]


def test_the_newest_file_of_each_release_is_judged_and_told(project: Path, tmp_path: Path) -> None:
    put(tmp_path / "m", lifts("A-1,2026/5/3", "A-2,2026/5/4"), day="2026-04-28")
    put(tmp_path / "m", lifts("A-1,2026/6/3", "  A-2,2026/6/4"), day="2026-05-28")
    run(project, tmp_path / "m")
    site = project / "build/site"
    row = json.loads((site / "quality.json").read_text("utf-8"))["datasets"][0]
    assert (row["dataset"], row["version"], row["files"], row["files_judged"]) == ("lifts", "2026.05.28", 2, 2)
    assert row["broken"] == ["L1-06", "L3-08"] and row["level1"] == 90 and row["due"] == "2026-07-08"
    page = (site / "datasets/lifts/report/index.html").read_text("utf-8")
    for words in ("L1-06", "3 行目 列 番号", "2026.04.28", "2026.05.28", "デジタル庁", "公共データ利用規約", "L3-07 "):
        assert words in page
    assert "A-2" not in page.replace("A-22", "")
    whole = (site / "en/quality/index.html").read_text("utf-8")
    assert "Spaces and newlines for looks" in whole and "Digital Agency" in whole and "quality.csv" in whole
    assert (site / "quality.csv").read_text("utf-8").count("\n") == 2


def test_columns_that_change_from_file_to_file_are_told(project: Path, tmp_path: Path) -> None:
    put(tmp_path / "m", lifts("A-1,2026/5/3"), day="2026-04-28")
    put(tmp_path / "m", "点検日,番号\r\n2026/6/3,A-1\r\n", day="2026-05-28")
    run(project, tmp_path / "m")
    row = json.loads((project / "build/site/quality.json").read_text("utf-8"))["datasets"][0]
    assert "L3-07" in row["broken"]


def test_nothing_is_judged_twice(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "m", lifts("A-1,2026/5/3"), day="2026-04-28")
    run(project, tmp_path / "m")
    before = snapshot(project / "build/site/datasets/lifts")
    monkeypatch.setattr("entaku.audit.rules.judge", None)
    setting, catalogue = load(project)
    judged = judge_catalogue(setting, catalogue)
    assert len(join_rulings(judged["lifts"])) == 30
    copy_template(project, "words.json").touch()
    run(project, tmp_path / "m")
    assert snapshot(project / "build/site/datasets/lifts") == before


def test_a_file_that_takes_too_long_or_is_gone_is_undecided(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "m", lifts("A-1,2026/5/3"), day="2026-04-28")
    run(project, tmp_path / "m")
    setting, catalogue = load(project)
    setting.cache.root.rename(tmp_path / "gone")
    monkeypatch.setattr(publish_quality, "SECONDS", 1e-6)
    judged = judge_catalogue(setting, catalogue)["lifts"]
    assert {one.why for one in join_rulings(judged) if one.state == "undecided"} == {"too-slow"}
    assert judged.past[0].scores == (None, None, None)


def make_table(raws: list[Raw]) -> ReleasedResource:
    none = File("t.csv", 0, "")
    return ReleasedResource("t", None, 0, none, none, (), tuple(raws))  # type: ignore[arg-type]


def make_raw(n: int, **values: str) -> Raw:
    return Raw(f"{URL}?{n}", values, "live", f"2026-01-01T00:00:{n % 60:02}Z", f"{n:064}", 1)


def test_files_across_are_of_one_kind_few_and_evenly_spread() -> None:
    days = [make_raw(n, date=f"2026{n // 28 % 12 + 1:02}{n % 28 + 1:02}", market=str(n % 2)) for n in range(5000)]
    chosen = choose_across(make_table(days))
    assert len(chosen) == ACROSS and chosen[-1] == days[-1]
    assert {raw.values["market"] for raw in chosen} == {"1"}
    assert [int(raw.sha256) for raw in chosen] == [1, 1251, 2501, 3749, 4999]
    years = [
        make_raw(n, survey=year, table=str(table))
        for n, (year, table) in enumerate([("R5", 1), ("R5", 2), ("R6", 1), ("R6", 2)])
    ]
    assert [raw.values["survey"] for raw in choose_across(make_table(years))] == ["R5", "R6"]


def test_check_tells_the_owner_the_worst_three_and_all_on_request(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project / "pipelines/lifts.yaml"
    file.write_text(
        file.read_text("utf-8").replace(
            "      - rename:", "      - drop_columns: [備考]\n      - trim: all\n      - rename:"
        ),
        "utf-8",
    )
    put(tmp_path / "m", "番号,点検日,備考\r\n  A-1,2026/6/3,a\u3000b\r\nA-2,2026/6/4,甲、乙、丙\r\n")
    arguments = ["--project", str(project), "--mirror", str(tmp_path / "m")]
    main(["check", "lifts", *arguments])
    told = capsys.readouterr().out
    assert "機械可読性" in told and "L1-06 体裁のスペース・改行" in told and told.count("\n  L") <= 3
    main(["check", "lifts", *arguments, "--rules", "--lang", "en"])
    every = capsys.readouterr().out
    assert "L1-07 One value a cell" in every and "row 3" in every and "entaku check lifts --rules" not in every


def test_check_writes_the_rulings_as_the_agencys_checker_does(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "m", "番号,点検日\r\nA-1,2026/6/3\r\nA-2,令和8年6月4日\r\n")
    folder = tmp_path / "rules"
    main(
        ["check", "lifts", "--project", str(project), "--mirror", str(tmp_path / "m"), "--rules-json", str(folder)]
    )  # fmt: skip
    assert [path.name for path in folder.iterdir()] == ["lifts.json"]
    assert str(folder / "lifts.json") in capsys.readouterr().err
    shown = json.loads((folder / "lifts.json").read_bytes())
    assert "L3-05" in {one["ルールID"] for one in shown["レベル別スコア"]["3"]["失敗ルール"]}
    assert shown["フォーマット"] == "csv" and shown["Sheet数"] == 1


def test_new_tells_what_the_file_breaks(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "lifts.csv").write_text("番号,点検日\nA-1, 令和8年6月3日\nA-2,令和8年6月4日\n", "utf-8")
    main(["new", str(project / "lifts.csv"), "--name", "fresh", "--project", str(project)])
    told = capsys.readouterr().out
    assert "L1-06" in told and "L3-05" in told
