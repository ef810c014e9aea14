"""Trust, told on published pages: what a release changed, what was checked, why an attempt failed."""

import json
import re
from html import unescape

import pytest
from projects import lifts, make_project, make_setting, put, run

from entaku.store.store import Store
from entaku.work import load as publish_changes
from entaku.work.load import load_catalogue, make_comparer, read_specs

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
    datasets = load_catalogue(setting, office, specs)[0].datasets
    return setting, next(each for each in datasets if each.spec.pipeline.name == "lifts")


def read(project, path):
    return unescape((project / "build" / "site" / path).read_text("utf-8"))


def test_each_release_tells_what_it_changed(project):
    setting, dataset = load(project)
    compare = make_comparer(setting)
    assert compare(dataset, 0) == ()
    for index, (added, removed) in ((1, (1, 0)), (2, (0, 1))):
        [change] = compare(dataset, index)
        assert (change.added, change.removed, change.changed) == (added, removed, 0)
    assert compare(dataset, 1)[0].examples == ("+ C-1, 2026-07-09",)
    page = read(project, "en/datasets/lifts/2026.08.01/index.html")
    assert "3 → 2 rows (0 added, 1 removed, 0 changed)" in page and "B-1" in page
    assert "What changed" not in read(project, "en/datasets/lifts/2026.06.01/index.html")
    listed = read(project, "en/datasets/lifts/index.html")
    assert re.search(r'class="more-rows">\+1 row<', listed) and re.search(r'class="fewer-rows">−1 row<', listed)


def test_it_is_reckoned_once(project, monkeypatch):
    setting, dataset = load(project)
    first = make_comparer(setting)(dataset, 1)
    monkeypatch.setattr(Store, "read_release", None)
    assert make_comparer(setting)(dataset, 1) == first


def test_of_large_tables_rows_are_only_counted(project, monkeypatch):
    setting, dataset = load(project)
    monkeypatch.setattr(publish_changes, "COMPARED", 10)
    [change] = make_comparer(setting)(dataset, 1)
    assert (change.compared, change.before, change.after, change.added) == (False, 2, 3, 0)


def test_the_report_says_every_rule_in_words(project):
    page = read(project, "en/datasets/lifts/report/index.html")
    assert "All 2 rows and 4 cells were checked." in page
    for words in (
        "The primary key (id, day) is never empty",
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
