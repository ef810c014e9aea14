"""The site's address: said before anything is published under none, and what a change brings."""

import shutil
from pathlib import Path

import pytest
from projects import CATALOGUE, lifts, make_project, put_sample

from entaku.work import cli

REAL = "https://data.city.mihon.lg.jp/"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = make_project(tmp_path / "p")
    put_sample(project, lifts("A-1,2026/6/3"))
    return project


def publish(project: Path, address: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What is told of the address, one line each."""
    line = f"base_url: {address}\n" if address else ""
    text = CATALOGUE.replace("base_url: https://data.example.org/\n", line)
    (project / "catalogue.yaml").write_text(text, "utf-8")
    assert cli.main(["publish", "--project", str(project)]) == 0
    return [one for one in capsys.readouterr().out.splitlines() if " address-" in one]


def test_an_address_that_is_nobodys_is_told_until_it_is_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for address in ("", "https://data.example.org/", "http://localhost:8000/", "https://opendata.example.jp/x/"):
        shutil.rmtree(project / "build", ignore_errors=True)
        (told,) = publish(project, address, capsys)
        place = "catalogue.yaml:3" if address else "catalogue.yaml"
        assert told.startswith(f"[警告] {place} address-unset ")
        assert "base_url" in told
    shutil.rmtree(project / "build")
    assert publish(project, "https://example.mihon.lg.jp/", capsys) == []


def test_a_change_is_told_once_and_revises_what_describes_the_data(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(project, REAL, capsys) == []
    assert publish(project, REAL.rstrip("/"), capsys) == []
    (told,) = publish(project, "https://open.mihon.lg.jp/data/", capsys)
    assert told.startswith("[警告] catalogue.yaml:3 address-changed") and REAL in told and "301" in told
    assert publish(project, "https://open.mihon.lg.jp/data/", capsys) == []
    site = project / "build" / "site"
    described = [path.read_text("utf-8") for path in sorted(site.glob("datasets/lifts/2026.06.29/datapackage*.json"))]
    assert [text.count('"homepage": "https://open.mihon.lg.jp/data/datasets/lifts/"') for text in described] == [0, 1]


def test_leaving_no_address_for_one_is_only_noticed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(publish(project, "", capsys)) == 1
    (told,) = publish(project, REAL, capsys)
    assert told.startswith("[お知らせ] catalogue.yaml:3 address-set") and "http://127.0.0.1:8000/" in told


def test_a_published_site_that_names_nobody_to_write_to_is_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher = 'url: "https://office.example.org/"'
    for text, told in (
        (CATALOGUE, False),
        (CATALOGUE.replace("https://data.example.org/", REAL), True),
        (CATALOGUE.replace("https://data.example.org/", REAL) + "contact: https://mihon.lg.jp/form\n", True),
        (CATALOGUE.replace("https://data.example.org/", REAL) + "contact: data@mihon.lg.jp\n", False),
        (
            CATALOGUE.replace("https://data.example.org/", REAL).replace(publisher, f"{publisher}, email: a@b.lg.jp"),
            False,
        ),
    ):
        (project / "catalogue.yaml").write_text(text, "utf-8")
        assert cli.main(["publish", "--project", str(project)]) == 0
        said = capsys.readouterr().out
        assert ("[お知らせ] catalogue.yaml contact-unset 公開者「office」" in said) is told, text
        assert ("hasEmail" in (project / "build/site/data.json").read_text("utf-8")) is (REAL in text and not told)
