"""`entaku new --yes` on the messes: each draft passes its check at once and publishes the truth, cell by cell."""

from dataclasses import replace
from pathlib import Path

import pytest
from messes import MESSES, SAVERS, Mess
from projects import CATALOGUE, make_setting

from entaku.draft import draft_file
from entaku.model.files import name_csv
from entaku.model.messages import say
from entaku.model.nouns import Raw
from entaku.work.cli import main
from entaku.work.load import read_specs
from entaku.work.open import try_dataset


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without pipelines."""
    monkeypatch.setattr("entaku.work.open.digest_program", lambda: "")  # half of the time of a small draft
    folder = tmp_path / "p"
    (folder / "pipelines").mkdir(parents=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    return folder


def publish(project: Path, name: str) -> dict[str, str]:
    """The tables that a project's dataset publishes."""
    office, specs, _ = read_specs(project)
    assert office is not None
    spec = next(spec for spec in specs if spec.pipeline.name == name)
    with try_dataset(replace(make_setting(project)), office, spec) as (outcome, store):
        told = [say(finding, "ja") for finding in outcome.findings if finding.severity == "error"]
        assert not told, told
        return {
            one.name: store.read_release(name, outcome.version, name_csv(one.name)).decode()
            for one in spec.pipeline.resources
        }


def draft(project: Path, folder: Path, mess: Mess, form: str) -> str:
    """The YAML that is drafted of a workbook in one format."""
    path = folder / f"{mess.name}.{form}"
    path.write_bytes(SAVERS[form](mess))
    ended = main(["new", "--yes", "--project", str(project), str(path)])
    text = (project / f"pipelines/{mess.name}.yaml").read_text("utf-8")
    assert ended == 0, text
    return text


@pytest.mark.parametrize("mess", MESSES, ids=lambda mess: mess.name)
def test_a_draft_publishes_the_truth(project: Path, tmp_path: Path, mess: Mess) -> None:
    text = draft(project, tmp_path, mess, "xlsx")
    assert publish(project, mess.name) == mess.truth, text
    for words in mess.says:
        assert words in text


@pytest.mark.parametrize("mess", MESSES, ids=lambda mess: mess.name)
def test_the_format_of_a_workbook_makes_no_difference(mess: Mess) -> None:
    xlsx, xls, ods = (
        draft_file(Raw("x", {}, "file", "", "", len(body)), body) for body in (make(mess) for make in SAVERS.values())
    )
    assert xls == xlsx
    assert ods == xlsx


@pytest.mark.parametrize(("name", "form"), [("subtotals", "xls"), ("sheet-a-year", "ods")])
def test_other_formats_are_published_alike(project: Path, tmp_path: Path, name: str, form: str) -> None:
    mess = next(mess for mess in MESSES if mess.name == name)
    draft(project, tmp_path, mess, form)
    assert publish(project, mess.name) == mess.truth
