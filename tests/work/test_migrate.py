"""Projects of every earlier minor version: what publish says of them, what migrate makes of them, and that it goes out.

`tests/old/` has a small project of each, with the store that its own entaku left.
"""

import shutil
from pathlib import Path

import pytest
from projects import ROOT, run, snapshot

from entaku.work import cli, init, migrate, shipped
from entaku.work.load import read_specs

OLD = ROOT / "tests" / "old"
VERSIONS = sorted(path.name for path in OLD.iterdir())
ROWS = {"loans": "中央館,1200", "months": "中央館,100", "seats": "中央館,80"}
LATER = "2026-12-01T00:00:00"


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD / request.param, tmp_path / "p"))


every = pytest.mark.parametrize("project", VERSIONS, indirect=True)
first = pytest.mark.parametrize("project", VERSIONS[:1], indirect=True)


def call(project: Path, *options: str) -> int:
    return cli.main(["migrate", "--project", str(project), *options])


def test_there_is_a_project_of_every_minor_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert [f"## {version}.0 (" in text for version in VERSIONS] == [True] * len(VERSIONS)
    assert text.count("\n## ") == len(VERSIONS) + 1


@every
def test_what_is_of_before_is_told_with_the_command_that_mends_it(project: Path) -> None:
    office, specs, findings = read_specs(project)
    told = [(finding.code, finding.place.file) for finding in findings]
    moved = [("requests-moved", "catalogue.yaml")] if "0.1" in (project / "catalogue.yaml").read_text("utf-8") else []
    assert told == [*moved, *[("former-pattern", "pipelines/library.yaml")] * 3]
    assert "library" not in [spec.pipeline.name for spec in specs] and (office is None) == bool(moved)


@every
def test_check_only_tells(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = snapshot(project)
    assert call(project, "--check") == 1
    assert capsys.readouterr().out.count("pattern-rewritten") == 3 and snapshot(project) == before


@every
def test_a_project_of_before_goes_out_with_the_releases_that_it_had(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [(project / name).read_text("utf-8").splitlines() for name in ("catalogue.yaml", "pipelines/library.yaml")]
    store = snapshot(project / "datapackages" / "library" / "releases")
    kept = snapshot(project)
    assert call(project) == 0 and call(project, "--check") == 0
    said = [line.partition("# ")[2] for text in texts for line in text if "# " in line]
    now = "".join((project / name).read_text("utf-8") for name in ("catalogue.yaml", "pipelines/library.yaml"))
    assert said and [comment for comment in said if comment not in now] == []
    assert {path: body for path, body in snapshot(project / migrate.BEFORE).items() if kept[path] != body} == {}

    result = run(project, now=LATER)
    assert result.site == "published" and not result.failed, result
    site = project / "build" / "site"
    for table, row in ROWS.items():
        assert row in (site / "datasets/library" / f"{table}.csv").read_text("utf-8")
    assert {path: (project / "datapackages/library/releases" / path).read_bytes() for path in store} == store
    assert (site / "datasets/library/2026.11.29/loans.csv").exists()
    assert "公園の遊具" in (site / "requests/index.html").read_text("utf-8")
    assert "保護者" in (site / "requests/2026-05-parks/index.html").read_text("utf-8")
    assert run(project, now=LATER).site == "unchanged"


@first
def test_templates_that_were_never_changed_are_not_used_and_removed(project: Path) -> None:
    """A fork of 0.2 had all of them; what its owner has changed stays."""
    own = project / "site_templates"
    own.mkdir()
    former = dict(line.split()[:2] for line in (ROOT / "entaku/work/former.txt").read_text().splitlines()[1:])
    (own / "mine.html").write_text("x", "utf-8")
    (own / "about.ja.html").write_text("<p>私たち</p>", "utf-8")
    (own / "404.html").write_text("x" * 40, "utf-8")
    digests = {"404.html": shipped.digest(b"x" * 40)[:12]}
    assert shipped.list_former({f"site_templates/{name}": b"x" for name in former}) == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shipped, "read_former", lambda: {"site_templates/404.html": (digests["404.html"],)})
        texts, told = shipped.read_templates(project)
        assert texts["site_templates/404.html"] == (ROOT / "site_templates/404.html").read_bytes()
        assert [(one.code, one.args.get("count")) for one in told] == [
            ("template-unmarked", None),
            ("templates-former", "1"),
        ]
        assert call(project) == 0
    assert sorted(path.name for path in own.iterdir()) == ["about.ja.html", "mine.html"]
    assert (project / migrate.BEFORE / "site_templates/404.html").exists()


def test_the_list_of_former_templates_is_right() -> None:
    """Those of 0.2 were in the repository; one of them is known by its digest."""
    known = shipped.read_former()
    assert len(known) > 50 and all(len(one) == 12 for digests in known.values() for one in digests)


def test_files_that_came_with_the_program_are_renewed_unless_they_were_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "p"
    assert cli.main(["init", str(project), "--yes"]) == 0
    assert call(project) == 0 and not (project / migrate.BEFORE).exists()
    (project / "docs" / "excel.md").write_text("mine", "utf-8")
    (project / "docs" / "steps.md").unlink()
    new = {path: body + b"\n# new\n" for path, body in init.list_common().items()} | {"docs/new.md": b"new"}
    monkeypatch.setattr(init, "list_common", lambda: new)
    capsys.readouterr()
    assert call(project) == 0
    said = capsys.readouterr().out
    assert said.count("copy-changed") == 1 and "docs/excel.md" in said
    assert (project / "docs" / "excel.md").read_text("utf-8") == "mine" and not (project / "docs/steps.md").exists()
    for path in ("Makefile", ".gitignore", "docs/leaks.md", "docs/new.md", "datapackages/README.md"):
        assert (project / path).read_bytes() == new[path], path
    assert shipped.read_record(project)["Makefile"] == shipped.digest(new["Makefile"])
    assert call(project, "--check") == 0


@first
def test_what_cannot_be_rewritten_stops_everything(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("title: [", (project / "catalogue.yaml").read_text("utf-8").replace("title:", "titel:", 1)):
        (project / "catalogue.yaml").write_text(text, "utf-8")
        before = snapshot(project)
        assert call(project) == 1 and snapshot(project) == before
    assert call(project / "pipelines") == 1 and "no-file" in capsys.readouterr().out
