"""What a designer sees: a saved template is a new site at once, a mistake a line to mend while the old site stays."""

import argparse
import io
import time
from pathlib import Path

import pytest
from projects import copy_template, lifts, make_project, make_setting, put_sample, run, snapshot

from entaku.work import watch
from entaku.work.load import read_specs
from entaku.work.outcome import Result, Wanted
from entaku.work.preview import Drafts
from entaku.work.publish import publish
from entaku.work.speak import Speaker


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = make_project(tmp_path / "p")
    put_sample(project, lifts("A-1,2026/6/3", "A-2,2026/6/4"))
    run(project)
    return project


def preview(project: Path) -> Result:
    office, specs, findings = read_specs(project)
    assert office is not None
    return publish(
        make_setting(project), office, specs, findings, Wanted(project / "build" / "site", True, only_site=True)
    )


def edit(project: Path, name: str, old: str, new: str) -> None:
    path = copy_template(project, name)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_saved_template_is_a_new_site_and_no_data_is_touched(project: Path) -> None:
    before = snapshot(project / "datapackages")
    edit(project, "_columns.html", '<div class="column-table">', '<div class="column-table wide">')
    result = preview(project)
    assert result.site == "published" and result.outcomes == ()
    assert 'class="column-table wide"' in (project / "build/site/datasets/lifts/index.html").read_text("utf-8")
    assert snapshot(project / "datapackages") == before


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        ("_columns.html", "{{ field.type }}", "{{ field.typo }}", "typo"),
        ("_load.html", "{% if table.snippets %}", "{% if tabel.snippets %}", "tabel"),
        ("dataset.html", '{% include "_view.html" %}', '{% include "_vieww.html" %}', "_vieww.html"),
    ],
)
def test_what_is_undefined_is_told_with_its_line_and_the_site_stays(
    project: Path, name: str, old: str, new: str, what: str
) -> None:
    before = snapshot(project / "build" / "site")
    edit(project, name, old, new)
    line = (project / "site_templates" / name).read_text("utf-8").partition(new)[0].count("\n") + 1
    result = preview(project)
    told = [finding for finding in result.findings if finding.code == "template"]
    assert result.site == "refused" and "site-kept" in [finding.code for finding in result.findings]
    assert [(one.place.file, one.place.line) for one in told] == [(f"site_templates/{name}", line)]
    assert what in told[0].args["why"]
    assert snapshot(project / "build" / "site") == before
    edit(project, name, new, old)
    assert preview(project).site == "unchanged"


def test_only_a_change_of_the_yaml_asks_the_publishers(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_template(project, "assets/site.css")
    asked: list[bool] = []
    turns = iter([("site_templates/assets/site.css", "body { margin: 0; }"), ("pipelines/lifts.yaml", "name: x"), None])

    def sleep(seconds: float) -> None:
        turn = next(turns)
        if turn is None:
            raise KeyboardInterrupt
        (project / turn[0]).write_text(turn[1], "utf-8")

    monkeypatch.setattr(time, "sleep", sleep)
    options = argparse.Namespace(project=project, port=0, host=[], mirror=None, lang="ja")
    speak = Speaker("ja", io.StringIO(), io.StringIO())
    assert watch.serve_site(options, asked.append, speak, Drafts(options, speak, tmp_path)) == 0
    assert asked == [False, True, False]
