"""Changes that break programs: each kind is held, announced, and carried out on its day."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from projects import lifts, make_project, put, run
from sweeping import halve

from entaku.model.nouns import Finding
from entaku.work.cli import main

ADDRESS = "https://data.example.org/"
ROWS = ("A-1,2026/6/3", "B-1,2026/6/4")
TABLE = """\
    source: {url: "https://office.example.org/lifts.csv"}
    tidy:
      - rename: {番号: id, 点検日: day}
      - parse_date: {column: day}
    schema:
      primaryKey: [id]
      fields:
        - {name: id, title: {ja: 番号, en: Number}, constraints: {required: true, enum: [A-1, B-1]}}
        - {name: day, type: date, unit: 日, title: {ja: 点検日, en: Day}}
"""
KINDS = {
    "removed": (
        "day",
        {
            "rename: {番号: id, 点検日: day}": "rename: {番号: id}", "parse_date: {column: day}": "select: [id]",
            "        - {name: day, type: date, unit: 日, title: {ja: 点検日, en: Day}}\n": "",
        },
    ),
    "renamed": ("day", {"点検日: day}": "点検日: date}", "{column: day}": "{column: date}", "{name: day,": "{name: date,"}),
    "type": ("day", {"type: date, unit: 日": "type: string, unit: 日"}),
    "unit": ("day", {"unit: 日": "unit: 時"}),
    "format": ("day", {"type: date, unit: 日": "type: date, format: '%Y/%m/%d', unit: 日", "- parse_date: {column: day}": "- trim: [day]"}),
    "key": ("id", {"primaryKey: [id]": "primaryKey: [day]"}),
    "code": ("id", {"enum: [A-1, B-1]": "enum: [A-1, C-1]"}),
}  # fmt: skip
"""Of each kind the column concerned, and the edits of the YAML."""


def make(tmp_path: Path) -> tuple[Path, str]:
    """Return a project with a published version, and its YAML."""
    project = make_project(tmp_path / "p")
    path = project / "pipelines" / "lifts.yaml"
    text = path.read_text("utf-8")
    text = text[: text.index("    source: ")] + TABLE
    path.write_text(text, "utf-8")
    put(tmp_path / "mirror", lifts(*ROWS), day="2026-06-01")
    assert publish(project, tmp_path / "mirror", site=False) == ("released", [])
    return project, text


def publish(project: Path, mirror: Path, *, site: bool = True) -> tuple[str, list[Finding]]:
    """Publish, and return what became of the dataset, with the findings on it; `site` is False where nobody reads it."""
    result = run(project, mirror, site=site)
    [outcome] = [each for each in result.outcomes if each.dataset == "lifts"]
    return outcome.what, [finding for finding in outcome.findings if finding.code.startswith("breaking")]


@pytest.mark.parametrize("kind", halve(KINDS))
def test_every_kind_is_held_announced_and_carried_out(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project, text = make(tmp_path)
    name, edits = KINDS[kind]
    for before, after in edits.items():
        assert before in text
        text = text.replace(before, after)
    days = ("2026/6/30", "2026/7/31", "2026/8/1")
    news = [lifts(f"A-1,{day}", *([] if kind == "code" else [ROWS[1]])) for day in days]
    path = project / "pipelines" / "lifts.yaml"
    path.write_text(text, "utf-8")
    put(tmp_path / "mirror", news[0], day="2026-07-01")
    what, [finding] = publish(project, tmp_path / "mirror", site=False)
    assert (what, finding.code, finding.severity, finding.value) == ("held", "breaking-change", "error", name)
    line = finding.args["lines"]
    assert line == f"breaking: {{from: 2026-07-31, why: {{ja: 理由, en: reason}}, columns: [{name}]}}"

    path.write_text(text.replace("resources:\n", f"{line}\nresources:\n", 1), "utf-8")
    what, [finding] = publish(project, tmp_path / "mirror")
    assert (what, finding.code, finding.severity) == ("released", "breaking-beside", "notice")
    assert (finding.args["day"], finding.args["beside_en"]) == ("2026-07-31", "date" if kind == "renamed" else "none")
    assert read_header(project) == (["id", "day", "date"] if kind == "renamed" else ["id", "day"])
    assert publish(project, tmp_path / "mirror")[0] == "unchanged"
    assert (
        main(["check", "lifts", "--project", str(project), "--mirror", str(tmp_path / "mirror"), "--lang", "en"]) == 0
    )
    assert "breaking-beside" in capsys.readouterr().out
    page = unescape((project / "build/site/en/datasets/lifts/index.html").read_text("utf-8"))
    assert "The form of these data changes on" in page and "reason" in page and 'id="attempt"' not in page
    feed = (project / "build/site/datasets/lifts/feed.atom").read_text("utf-8")
    assert "予告 / Announced" in feed and f"2026-07-31: {name}" in feed and "Breaking from 2026-07-31" in feed
    assert re.findall("<id>(.*)</id>", read_breaking(project))[1:] == [f"{ADDRESS}datasets/lifts/#breaking-2026-07-31"]
    index = json.loads((project / "build/site/changes/index.json").read_text("utf-8"))
    assert index["announced"] == [
        {"dataset": "lifts", "from": "2026-07-31", "why": {"ja": "理由", "en": "reason"}, "columns": [name],
         "page": f"{ADDRESS}datasets/lifts/"}
    ]  # fmt: skip

    put(tmp_path / "mirror", news[1], day="2026-07-30")
    what, [finding] = publish(project, tmp_path / "mirror", site=False)
    assert (what, finding.code, read_versions(project)[-1]) == ("released", "breaking-beside", "2026.07.30")
    put(tmp_path / "mirror", news[2], day="2026-07-31")
    assert publish(project, tmp_path / "mirror") == ("released", [])
    index = json.loads((project / "build/site/changes/index.json").read_text("utf-8"))
    assert (index["announced"], index["changes"][0]["level"]) == ([], "major")
    page = unescape((project / "build/site/en/datasets/lifts/index.html").read_text("utf-8"))
    assert "The form of these data changes on" not in page
    feed = read_breaking(project)
    assert re.findall("<id>(.*)</id>", feed)[1:] == [f"{ADDRESS}datasets/lifts/2026.07.31/"]
    assert "Breaking: from this version on" in feed and 'datasets/lifts/2026.07.31/#changes" title=' in feed
    assert 'href="https://data.example.org/datasets/lifts/changes/2026.07.30-2026.07.31/changes.json"' in feed


def read_header(project: Path) -> list[str]:
    """Return the columns of the current version."""
    with (project / "build/site/datasets/lifts/schedule.csv").open(encoding="utf-8") as file:
        return file.readline().strip().split(",")


def read_versions(project: Path) -> list[str]:
    """Return the versions, oldest first."""
    return list(json.loads((project / "datapackages/lifts/releases.json").read_text("utf-8"))["versions"])


def read_breaking(project: Path) -> str:
    """Return the feed of breaking changes."""
    return (project / "build/site/changes/breaking.atom").read_text("utf-8")


def test_what_can_not_be_made_in_the_present_form_waits(tmp_path: Path) -> None:
    """The source has lost the column that is announced to go: the current version stays until the day, and what failed
    before is over."""
    project, text = make(tmp_path)
    history = project / "datapackages/lifts/releases.json"
    put(tmp_path / "mirror", "番号\r\nA-1\r\n", day="2026-06-15")
    assert publish(project, tmp_path / "mirror", site=False)[0] == "held" and b'"attempt": {' in history.read_bytes()
    name, edits = KINDS["removed"]
    for before, after in {
        **edits,
        "resources:\n": f"breaking: {{from: 2026-07-31, why: x, columns: [{name}]}}\nresources:\n",
    }.items():
        text = text.replace(before, after, 1)
    (project / "pipelines" / "lifts.yaml").write_text(text, "utf-8")
    put(tmp_path / "mirror", "番号\r\nA-1\r\n", day="2026-07-01")
    what, [finding] = publish(project, tmp_path / "mirror")
    assert (what, finding.code, read_versions(project)) == ("held", "breaking-waits", ["2026.06.01"])
    page = (project / "build/site/en/datasets/lifts/index.html").read_text("utf-8")
    assert 'id="attempt"' not in page and json.loads(history.read_bytes())["attempt"] is None
    put(tmp_path / "mirror", "番号\r\nB-1\r\n", day="2026-07-31")
    assert publish(project, tmp_path / "mirror")[0] == "released" and read_header(project) == ["id"]


def test_what_is_announced_first_is_in_the_descriptor(tmp_path: Path) -> None:
    """An announcement beside the YAML as it is: a revision of the metadata, and data go on being published."""
    project, text = make(tmp_path)
    line = "breaking: {from: 2026-12-01, why: {ja: 理由, en: reason}, columns: [day]}\n"
    path = project / "pipelines" / "lifts.yaml"
    path.write_text(text.replace("resources:\n", f"{line}resources:\n", 1), "utf-8")
    assert publish(project, tmp_path / "mirror") == ("revised", [])
    shown = json.loads((project / "build/site/datasets/lifts/datapackage.json").read_text("utf-8"))
    assert shown["breaking"] == {"from": "2026-12-01", "why": {"ja": "理由", "en": "reason"}, "columns": ["day"]}
    put(tmp_path / "mirror", lifts("A-1,2026/6/3", "B-1,2026/6/5"), day="2026-07-01")
    assert publish(project, tmp_path / "mirror") == ("released", [])
    feed = (project / "build/site/datasets/lifts/feed.atom").read_text("utf-8")
    assert "Breaking from 2026-12-01: day. reason" in feed and "(訂正 1 行 / 1 corrected)</title>" in feed


def test_what_adds_is_not_held(tmp_path: Path) -> None:
    project, text = make(tmp_path)
    text = text.replace("enum: [A-1, B-1]", "enum: [A-1, B-1, C-1]")
    (project / "pipelines" / "lifts.yaml").write_text(text, "utf-8")
    put(tmp_path / "mirror", lifts(*ROWS, "C-1,2026/7/9"), day="2026-07-01")
    assert publish(project, tmp_path / "mirror") == ("released", [])
    [change] = json.loads((project / "build/site/changes/index.json").read_text("utf-8"))["changes"]
    assert (change["level"], change["rows"]["added"]) == ("minor", 1)


def test_a_catalogue_without_an_address_is_only_warned(tmp_path: Path) -> None:
    project, text = make(tmp_path)
    catalogue = project / "catalogue.yaml"
    lines = catalogue.read_text("utf-8").splitlines(keepends=True)
    catalogue.write_text("".join(line for line in lines if not line.startswith("base_url")), "utf-8")
    (project / "pipelines" / "lifts.yaml").write_text(text.replace("unit: 日", "unit: 時"), "utf-8")
    what, [finding] = publish(project, tmp_path / "mirror", site=False)
    assert (what, finding.severity) == ("released", "warning")


def test_check_says_it_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project, text = make(tmp_path)
    (project / "pipelines" / "lifts.yaml").write_text(text.replace("unit: 日", "unit: 時"), "utf-8")
    for verb in ("check", "diff"):
        assert (
            main([verb, "lifts", "--project", str(project), "--mirror", str(tmp_path / "mirror"), "--lang", "en"]) == 1
        )
        said = "".join(capsys.readouterr())
        assert "breaking-change" in said and "unit of day: 日 → 時" in said and "columns: [day]" in said
