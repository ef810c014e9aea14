"""What comes with the program: a project's own files take its place one by one, and upgrades under them are told."""

import json
import shutil
from pathlib import Path

import pytest
from projects import ROOT, lifts, make_project, put_sample, run

from entaku.model.nouns import Finding
from entaku.work import cli, shipped
from entaku.work.outcome import Result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project without templates, published once."""
    project = make_project(tmp_path_factory.mktemp("shipped") / "p")
    put_sample(project, lifts("A-1,2026/6/3"))
    run(project)
    return project


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "p", symlinks=True))


def read_page(project: Path, path: str = "index.html") -> str:
    return (project / "build" / "site" / path).read_text("utf-8")


def of_templates(result: Result) -> list[Finding]:
    return [finding for finding in result.findings if finding.code.startswith("template")]


def template(project: Path, *options: str) -> int:
    return cli.main(["template", "--project", str(project), *options])


def test_a_project_needs_no_templates(made: Path) -> None:
    assert not (made / "site_templates").exists()
    assert '<html lang="ja"' in read_page(made) and list((made / "build/site/assets").glob("site.*.css"))


def test_own_files_take_the_place_of_shipped_ones(project: Path) -> None:
    own = project / "site_templates"
    (own / "assets").mkdir(parents=True)
    (own / "about.ja.html").write_text("<p>私たちのこと</p>", "utf-8")
    (own / "assets" / "site.css").write_text("body { margin: 0; }", "utf-8")
    (own / "words.json").write_text('{"nav_about": {"ja": "わたしたち", "en": "Us"}}', "utf-8")
    (own / "home.html").write_text(
        '{% extends "entaku/home.html" %}{% block main %}<p>まず</p>{{ super() }}{% endblock %}'
    )
    result = run(project)
    assert result.site == "published"
    about, home = read_page(project, "about/index.html"), read_page(project)
    assert "私たちのこと" in about and "わたしたち" in about and "<p>まず</p>" in home and "昇降機の点検" in home
    assert [path.read_text() for path in (project / "build/site/assets").glob("site.*.css")] == ["body { margin: 0; }"]
    told = [(finding.code, finding.value) for finding in of_templates(result)]
    names = ["about.ja.html", "assets/site.css", "home.html", "words.json"]
    assert sorted(told) == [("template-unmarked", name) for name in names]


def test_a_copied_template_is_noted_and_an_upgrade_under_it_told(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert template(project, "about.ja.html") == 0
    own = project / "site_templates" / "about.ja.html"
    assert own.read_bytes() == (ROOT / "site_templates/about.ja.html").read_bytes()
    own.write_text("<p>私たちのこと</p>", "utf-8")
    assert of_templates(run(project)) == []
    capsys.readouterr()
    assert template(project, "about.ja.html", "--diff") == 0
    assert "+<p>私たちのこと</p>" in capsys.readouterr().out

    upgraded = shutil.copytree(ROOT / "site_templates", project.parent / "home" / "site_templates")
    (upgraded / "about.ja.html").write_text("<p>新しい</p>", "utf-8")
    monkeypatch.setattr(shipped, "HOME", upgraded.parent)
    (told,) = of_templates(run(project))
    assert (told.code, told.severity, told.place.file) == (
        "template-changed",
        "warning",
        "site_templates/about.ja.html",
    )
    assert template(project, "about.ja.html", "--mark") == 0
    assert of_templates(run(project)) == []


def test_a_template_is_never_overwritten(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = project / "site_templates" / "home.html"
    own.parent.mkdir()
    own.write_text("x")
    assert template(project, "home.html") == 1 and "file-exists" in capsys.readouterr().out
    assert own.read_text() == "x" and not (project / "entaku.json").exists()


def test_what_there_is_no_template_of_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert template(project, "hom.html") == 1
    assert "unknown-name" in (told := capsys.readouterr().out) and "home.html" in told
    assert template(project, "home.html", "--diff") == 1 and "no-file" in capsys.readouterr().out
    assert template(ROOT, "home.html") == 1 and "template-here" in capsys.readouterr().out
    assert template(project) == 0 and "  words.json" in capsys.readouterr().out


def test_a_broken_record_is_told_and_the_site_stays(project: Path) -> None:
    for text in ("{", "[]", '{"files": {"a": 1}}'):
        (project / "entaku.json").write_text(text, "utf-8")
        own = project / "site_templates" / "about.ja.html"
        own.parent.mkdir(exist_ok=True)
        own.write_text("x", "utf-8")
        result = run(project)
        assert result.site == "refused" and "record-broken" in [finding.code for finding in result.findings]
    assert read_page(project, "about/index.html")


def test_an_installed_program_without_scripts_says_so(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "HOME", tmp_path / "shipped")
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path)
    (tmp_path / "shipped").mkdir()
    (finding,) = shipped.read_scripts(made)[1]
    assert (finding.code, finding.severity) == ("no-scripts", "notice")
    (tmp_path / "shipped/build/vendor").mkdir(parents=True)
    (tmp_path / "shipped/build/vendor/parquet.js").write_text("//")
    assert shipped.read_scripts(made) == ({"build/vendor/parquet.js": b"//"}, ())


def test_a_clone_without_scripts_says_how_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "HOME", tmp_path)
    (finding,) = shipped.read_scripts(tmp_path)[1]
    assert (finding.code, finding.severity, finding.value) == ("scripts-unbundled", "notice", "build/vendor")
    (tmp_path / "build/vendor").mkdir(parents=True)
    (tmp_path / "build/vendor/parquet.js").write_text("//")
    assert shipped.read_scripts(tmp_path)[1] == ()


def test_an_engine_that_is_asked_for_comes_or_is_missed_aloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "HOME", tmp_path)
    (tmp_path / "build/vendor").mkdir(parents=True)
    (tmp_path / "build/vendor/parquet.js").write_text("//")
    scripts, (finding,) = shipped.read_scripts(tmp_path, "duckdb")
    assert (finding.code, finding.severity, finding.value) == ("engine-unbundled", "notice", "build/duckdb")
    assert list(scripts) == ["build/vendor/parquet.js"]
    (tmp_path / "build/duckdb").mkdir()
    (tmp_path / "build/duckdb/duckdb.js").write_text("//")
    scripts, told = shipped.read_scripts(tmp_path, "duckdb")
    assert list(scripts) == ["build/vendor/parquet.js", "build/duckdb/duckdb.js"] and told == ()
    assert list(shipped.read_scripts(tmp_path)[0]) == ["build/vendor/parquet.js"]


def test_the_record_names_the_version_and_the_files(project: Path) -> None:
    shipped.write_record(project, {"b": "2", "a": "1"})
    assert json.loads((project / "entaku.json").read_text()) == {
        "entaku": shipped.__version__,
        "files": {"a": "1", "b": "2"},
    }
    assert shipped.read_record(project) == {"a": "1", "b": "2"}
