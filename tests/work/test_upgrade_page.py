"""docs/upgrade.md: its commands run on a project of before, and its YAML becomes what it shows."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from projects import ROOT, snapshot

from entaku.model.messages import CODES
from entaku.spec.former import rewrite_yaml
from entaku.work import cli

PAGE = (ROOT / "docs" / "upgrade.md").read_text("utf-8")


def list_blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_commands_upgrade_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shutil.copytree(ROOT / "tests" / "old" / "0.1", tmp_path / "p"))
    (commands,) = list_blocks("sh")
    lines = commands.splitlines()
    assert lines == ["cp -a . ../before", "entaku migrate --check", "entaku migrate", "make"]
    subprocess.run(lines[0].split(), check=True)
    before = snapshot(Path("../before"))
    assert before == snapshot(ROOT / "tests" / "old" / "0.1")
    codes = [cli.main(line.split()[1:]) for line in [*lines[1:-1], "entaku publish"]]
    assert codes == [1, 0, 0] and snapshot(Path("../before")) == before


def test_the_yaml_of_before_becomes_that_of_now() -> None:
    before, now = (block.partition("\n")[2] for block in list_blocks("yaml"))
    indent = "  - name: t\n    "
    made = rewrite_yaml(f"resources:\n{indent}{before}".encode(), "pipelines/x.yaml")
    assert made.body.decode() == f"resources:\n{indent}{now}"


def test_the_findings_of_the_page_exist_and_both_languages_name_the_same() -> None:
    ja, en = PAGE.split("## In English")
    named = [set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", text)) for text in (ja, en)]
    assert named[0] <= set(CODES) and named[1] <= named[0] and len(named[1]) >= 5
