"""docs/templates.md: its commands run as they stand, and both languages name every template."""

import re
import shlex
from pathlib import Path

import pytest
from projects import ROOT

from entaku.work.cli import main

PAGE = (ROOT / "docs" / "templates.md").read_text("utf-8")
JA, EN = PAGE.split("## In English")


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path), "--yes"]) == 0
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines():
        assert main(shlex.split(line, comments=True)[1:]) == 0, line
    assert (tmp_path / "site_templates/_layout.html").is_file()
    assert main(["template", "_layout.html", "--mark"]) == 0
    capsys.readouterr()


def test_both_languages_name_every_template() -> None:
    names = {path.name for path in (ROOT / "site_templates").glob("*.html")}
    prose = {
        "about.ja.html",
        "about.en.html",
        "developers.ja.html",
        "developers.en.html",
        "guide.ja.html",
        "guide.en.html",
    }
    for text in (JA, EN):
        assert {name for name in names - prose if f"`{name}`" not in text} == set()
        assert "developers.*.html" in text


def test_the_japanese_part_names_every_view_of_the_english_one() -> None:
    views = set(re.findall(r"\b[A-Z]\w+View\b", EN)) - {"KeyView", "LogoView", "IconView", "FooterView"}
    assert {name for name in views if name not in JA} == set()
