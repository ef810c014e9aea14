"""`entaku init`: a project from some questions, never over another file; its files suit each other."""

import io
import sys
from pathlib import Path

import pytest
from projects import run

from entaku.work import cli, init, shipped
from entaku.work.load import read_specs


def start(folder: Path, *options: str) -> int:
    return cli.main(["init", str(folder), *options])


def read_files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch):
    """Gives lines to the questions, as in a terminal."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    return lambda *lines: monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))


def test_a_new_project_is_right_and_holds_nothing_of_another(tmp_path: Path) -> None:
    assert (
        start(
            tmp_path / "p",
            "--yes",
            "--title",
            '見本: "市" # 1',
            "--publisher",
            "総務課",
            "--publisher-en",
            "General Affairs",
        )
        == 0
    )
    files = read_files(tmp_path / "p")
    assert {"catalogue.yaml", "Makefile", ".gitignore", "entaku.json", "requests.csv", "showcases.csv"} <= set(files)
    assert {"pipelines/requests.yaml", "docs/pipeline.schema.json", ".github/workflows/publish.yaml"} <= set(files)
    office, specs, findings = read_specs(tmp_path / "p")
    assert office is not None and [finding for finding in findings if finding.severity == "error"] == []
    assert office.title.ja == '見本: "市" # 1' and office.publishers["general-affairs"].title.ja == "総務課"
    assert [spec.pipeline.name for spec in specs] == ["requests", "showcases"]
    own = {path: body.decode() for path, body in files.items() if not path.startswith(("docs/", ".github/"))}
    for word in ("東京", "都営", "円卓", "エンタク", "ラウンドテーブル", "example.", "2021", "@title"):
        assert [path for path, text in own.items() if word in text] == [], word
    assert "datapackages" not in [line for line in own[".gitignore"].splitlines() if not line.startswith("#")]


def test_an_empty_catalogue_is_published(tmp_path: Path) -> None:
    start(tmp_path / "p", "--yes", "--title", "見本市", "--base-url", "https://data.city.mihon.lg.jp/")
    result = run(tmp_path / "p")
    assert result.site == "published" and [one.what for one in result.outcomes] == ["empty", "empty"]
    assert not [finding for finding in result.findings if finding.severity != "notice"]


def test_questions_are_asked_until_they_are_answered_right(
    tmp_path: Path, answer, capsys: pytest.CaptureFixture[str]
) -> None:
    answer("見本市", "", "data.city.mihon.lg.jp", "https://data.city.mihon.lg.jp/", "", *[""] * 9)
    assert start(tmp_path / "p") == 0
    said = capsys.readouterr().out
    assert said.count("サイトを置くアドレス") == 2 and "--base-url " in said and "[見本市]" in said
    office, _, _ = read_specs(tmp_path / "p")
    assert office is not None and office.base_url == "https://data.city.mihon.lg.jp/"
    assert office.publishers["office"].title.ja == "見本市"


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>'


def test_colour_and_logo_are_on_the_pages(tmp_path: Path) -> None:
    (tmp_path / "our mark.SVG").write_text(SVG, "utf-8")
    assert start(tmp_path / "p", "--yes", "--colour", "#7a1f4b", "--logo", str(tmp_path / "our mark.SVG")) == 0
    office, _, findings = read_specs(tmp_path / "p")
    assert office is not None and findings == ()
    assert office.site.colours.accent == "#7a1f4b" and office.site.list_pictures() == {"logo": "logo.svg"}
    assert (tmp_path / "p" / "logo.svg").read_text("utf-8") == SVG


@pytest.mark.parametrize(
    ("option", "text", "code"),
    [("--colour", "#ffff00", "low-contrast"), ("--colour", "red", "bad-pattern"), ("--logo", "no.svg", "no-file"),
     ("--logo", "catalogue.txt", "bad-pattern"), ("--logo", "bad.png", "picture-unread")],
)  # fmt: skip
def test_a_colour_that_nobody_reads_and_a_picture_that_is_none_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    option: str, text: str, code: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.png").write_text("x")
    (tmp_path / "catalogue.txt").write_text("x")
    assert start(tmp_path / "p", "--yes", option, text) == 1 and not (tmp_path / "p").exists()
    assert f"{option} {code} " in capsys.readouterr().out


def test_an_option_that_is_wrong_is_a_finding_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(tmp_path / "p", "--yes", "--base-url", "ftp://x", "--title", "\u200b") == 1
    said = capsys.readouterr().out
    assert "--base-url " in said and "--title " in said and not (tmp_path / "p").exists()


def test_ctrl_d_ends_the_questions(tmp_path: Path, answer) -> None:
    answer("見本市")
    assert start(tmp_path / "p") == 130 and not (tmp_path / "p").exists()


def test_a_catalogue_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "catalogue.yaml").write_text("title: x\n")
    assert start(tmp_path, "--yes") == 1 and "project-there" in capsys.readouterr().out
    assert read_files(tmp_path) == {"catalogue.yaml": b"title: x\n"}


def test_other_files_that_are_there_stay_and_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Makefile").write_text("all:\n")
    assert start(tmp_path, "--yes") == 0
    said = capsys.readouterr().out
    assert (tmp_path / "Makefile").read_text() == "all:\n" and said.count("file-left") == 1 and "Makefile" in said


def test_an_init_that_was_cut_short_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start(tmp_path, "--yes")
    whole = read_files(tmp_path)
    (tmp_path / "catalogue.yaml").unlink()
    (tmp_path / "requests.csv").unlink()
    capsys.readouterr()
    assert start(tmp_path, "--yes") == 0 and "file-left" not in capsys.readouterr().out
    assert read_files(tmp_path) == whole


def test_the_record_tells_what_was_copied(tmp_path: Path) -> None:
    start(tmp_path, "--yes")
    files, record = read_files(tmp_path), shipped.read_record(tmp_path)
    assert record == {path: shipped.digest(files[path]) for path in init.list_common()}


def test_what_is_no_folder_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p").write_text("")
    assert start(tmp_path / "p", "--yes") == 1 and "cannot-write" in capsys.readouterr().out
