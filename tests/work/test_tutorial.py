"""docs/tutorial.md: every command and edit of it, in order, in an empty folder."""

import re
import shlex
from pathlib import Path

import pytest
from projects import ROOT

from entaku.work.cli import main

PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\S+)( published)?\n(.*?)^```", PAGE, re.S | re.M)


def edit(path: Path, lines: str) -> None:
    """Put lines of YAML in place of those with the same keys."""
    text = path.read_text("utf-8")
    for line in lines.splitlines():
        text, count = re.subn(rf"^{line.partition(':')[0]}:.*", line, text, count=1, flags=re.M)
        assert count == 1, line
    path.write_text(text, "utf-8")


def test_the_tutorial_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said, ended, done = "", [], 0
    for kind, published, body in BLOCKS:
        if kind == "text":
            for line in body.splitlines():
                assert line in said
        elif published:
            assert (tmp_path / "build/site/datasets/loans/table.csv").read_text("utf-8") == body
        elif kind == "sh":
            program, *words = shlex.split(body)
            assert program == "entaku"
            ended.append(main(words))
            told = capsys.readouterr()
            said, done = told.out + told.err, done + 1
        else:
            assert kind in ("csv", "yaml")
            if kind == "csv":
                (tmp_path / "loans.csv").write_text(body, "utf-8")
            else:
                edit(tmp_path / "pipelines/loans.yaml", body)
            done += 1
    assert ended == [0, 0, 0, 0, 1, 0]
    assert done == len(re.findall("^## [0-9]+[.]", PAGE, re.M)) == 10
