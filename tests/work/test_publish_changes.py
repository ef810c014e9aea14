"""Trust, told on published pages: what a release changed, what was checked, why an attempt failed."""

import hashlib
import json
import re
from html import unescape

import jsonschema
import pytest
from projects import lifts, make_project, make_setting, put, run
from replaying import read_rows, replay

from entaku.store.store import Store
from entaku.work.cli import main
from entaku.work.comparing import add_comparisons, compare_releases
from entaku.work.load import load_catalogue, read_specs

DAYS = {
    "2026-06-01": ("A-1,2026/6/3", "B-1,2026/6/4"),
    "2026-07-01": ("A-1,2026/6/3", "B-1,2026/6/4", "C-1,2026/7/9"),
    "2026-08-01": ("A-1,2026/6/3", "C-1,2026/7/9"),
}


@pytest.fixture
def project(tmp_path):
    project = make_project(tmp_path / "p")
    spec = project / "pipelines" / "lifts.yaml"
    text = spec.read_text("utf-8").replace(", overwritten: true", "")
    spec.write_text(text, "utf-8")
    for day, rows in DAYS.items():
        put(tmp_path / "mirror", lifts(*rows), day=day)
    assert run(project, tmp_path / "mirror").site == "published"
    return project


def load(project):
    office, specs, _ = read_specs(project)
    setting = make_setting(project)
    catalogue = add_comparisons(setting, load_catalogue(setting, office, specs)[0])
    return setting, next(each for each in catalogue.datasets if each.spec.pipeline.name == "lifts")


def read(project, path):
    return unescape((project / "build" / "site" / path).read_text("utf-8"))


def test_each_release_tells_what_it_changed(project):
    _, dataset = load(project)
    first, second, third = dataset.releases
    assert first.changes is None
    for release, (added, removed) in ((second, (1, 0)), (third, (0, 1))):
        [change] = release.changes.tables
        assert (change.added, change.removed, change.changed) == (added, removed, 0)
    assert second.changes.tables[0].examples == ("+ C-1, 2026-07-09",)
    page = read(project, "en/datasets/lifts/2026.08.01/index.html")
    assert "3 → 2 rows (0 added, 1 removed, 0 changed)" in page and "B-1" in page
    assert "What changed" not in read(project, "en/datasets/lifts/2026.06.01/index.html")
    listed = read(project, "en/datasets/lifts/index.html")
    assert listed.count('<span class="mark">rows changed</span>') == 2
    assert re.search(r'class="more-rows">\+1 row<', listed) and re.search(r'class="fewer-rows">−1 row<', listed)


def test_it_is_reckoned_once(project, monkeypatch):
    setting, dataset = load(project)
    first, second, _ = dataset.releases
    monkeypatch.setattr(Store, "open_release", None)
    assert compare_releases(setting, first, second) == second.changes


def test_what_changed_is_data_on_the_site(project):
    """The list of all changes leads to each, whose files are those that it names; all of them are valid."""
    site = project / "build" / "site"
    schema = json.loads((site / "changes/changes.schema.json").read_text("utf-8"))
    listed = json.loads((site / "changes/index.json").read_text("utf-8"))["changes"]
    assert [(each["before"], each["after"], each["level"], each["rows"]) for each in listed] == [
        ("2026.07.01", "2026.08.01", "patch", {"added": 0, "removed": 1, "corrected": 0}),
        ("2026.06.01", "2026.07.01", "patch", {"added": 1, "removed": 0, "corrected": 0}),
    ]
    rows = read_rows((site / "datasets/lifts/2026.06.01/schedule.csv").read_bytes())
    for each in reversed(listed):
        folder = site / f"datasets/lifts/changes/{each['before']}-{each['after']}"
        shown = json.loads((folder / "changes.json").read_text("utf-8"))
        jsonschema.validate(shown, schema)
        assert each["url"].endswith(f"/datasets/lifts/changes/{folder.name}/changes.json")
        [table] = shown["tables"]
        files = {file["path"]: (folder / file["path"]).read_bytes() for file in table["files"]}
        for file in table["files"]:
            assert hashlib.sha256(files[file["path"]]).hexdigest() == file["sha256"]
            assert len(files[file["path"]]) == file["bytes"]
        rows = replay(rows, table, files)
        assert rows == read_rows((site / f"datasets/lifts/{each['after']}/schedule.csv").read_bytes())
    assert main(["verify", "--project", str(project)]) == 0


def test_a_withdrawn_version_leaves_with_what_was_told_of_its_rows(project):
    """B-1 was removed by the third version: of the withdrawn second one nothing is left, and the third is compared with
    the first."""
    site = project / "build" / "site"
    given = ["--reason", "まちがい", "--by", "課長", "--yes", "--keep-raw", "--project", str(project)]
    assert main(["withdraw", "lifts", "2026.07.01", *given]) == 0
    files = [path for path in (site / "datasets/lifts/changes").rglob("*") if path.is_file()]
    assert {path.parent.name for path in files if path.name != "index.html"} == {"2026.06.01-2026.08.01"}
    told = {path.parent.name: path.read_text("utf-8") for path in files if path.name == "index.html"}
    assert set(told) == {"2026.06.01-2026.07.01", "2026.07.01-2026.08.01"}
    assert all("まちがい" in page and "noindex" in page for page in told.values())


def test_a_damaged_comparison_is_made_again(project):
    office, specs, _ = read_specs(project)
    setting, dataset = load(project)
    [file, _] = dataset.releases[1].changes.tables[0].files
    kept = setting.cache.locate(file.kept)
    body = kept.read_bytes()
    kept.write_bytes(b"x" + body[1:])
    again = make_setting(project)
    add_comparisons(again, load_catalogue(again, office, specs)[0])
    assert kept.read_bytes() == body


def test_any_two_versions_are_compared(project, tmp_path, capsys):
    def diff(*given):
        code = main(["diff", "lifts", *given, "--project", str(project), "--lang", "en"])
        return code, capsys.readouterr()

    code, said = diff("2026.08.01", "2026.06.01", "--to", str(tmp_path / "out"))
    assert code == 0 and "schedule: since 2026.08.01 +1 rows, -1 rows, 0 changed (2 → 2 rows)" in said.out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "changes.json",
        "schedule.csv",
        "schedule.parquet",
    ]
    code, said = diff("2026.06.01", "2026.07.01", "--json")
    assert json.loads(said.out)["tables"][0]["rows"]["added"] == 1
    code, said = diff("2026.06.01", "2026.07.02")
    assert code == 1 and "version-unknown" in said.err + said.out and "2026.07.01" in said.err + said.out
    code, said = diff("2026.06.01")
    assert code == 1 and "diff-versions" in said.err + said.out


def test_the_report_says_every_rule_in_words(project):
    page = read(project, "en/datasets/lifts/report/index.html")
    assert "All 2 rows and 4 cells were checked." in page
    for words in (
        "What tells rows apart (id, day) is never empty",
        "There are at least 1 rows",
        "type: date, ",
        "never empty",
    ):
        assert words.rstrip(", ") in page, words


def test_a_failed_attempt_tells_all_its_errors_by_column_and_kind(project, tmp_path):
    spec = project / "pipelines" / "lifts.yaml"
    text = spec.read_text("utf-8")
    spec.write_text(text.replace("      - parse_date: {column: day}\n", ""), "utf-8")
    bad = [f"A-{n},2026/13/{n}" for n in range(1, 299)]
    put(tmp_path / "next", lifts("A-0,090-1234-5678", *bad, ",2026-06-03", "A-1,2026-06-03"), day="2026-09-01")
    result = run(project, tmp_path / "next")
    assert {each.dataset: each.what for each in result.outcomes}["lifts"] == "held"
    shown = json.loads((project / "datapackages" / "lifts" / "releases.json").read_text("utf-8"))["attempt"]
    counts = {(each["column"], each["kind"]): each["count"] for each in shown["violations"]}
    assert counts["day", "type-error"] == 299 and counts["id", "required"] == 1
    again = Store(project / "datapackages").history("lifts").attempt
    assert again is not None and again.violations[0].count == 299
    assert again.violations[0].examples[0][0].row == 2
    assert again.violations[0].examples[0][1] == "＊＊＊"
    page = read(project, "datasets/lifts/report/index.html")
    assert "1234-5678" not in page
    assert "型が違う" in page and ">299<" in page and "2026/13/1" in page and "必須なのに空" in page
    known = read(project, "datasets/lifts/index.html")
    assert 'href="#attempt"' in known
    assert run(project, tmp_path / "next").site == "unchanged"


def test_known_problems_stand_in_one_place(project):
    page = read(project, "en/datasets/lifts/index.html")
    section = page[page.index('<h2 id="notes">') :]
    section = section[: section.index("</section>")]
    assert "No problems are known." in section and 'data-late="' in section
