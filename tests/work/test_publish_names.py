"""`entaku publish NAME…`: only these datasets are brought up to date, and the others stay on the site."""

from pathlib import Path

import pytest
from projects import make_project

from entaku.work.cli import main

TABLE = """\
name: {name}
title: {{ja: 表, en: Table}}
description: {{ja: 試験用, en: For tests}}
publisher: office
license: CC-BY-4.0
frequency: irregular
resources:
  - name: table
    title: {{ja: 表, en: Table}}
    source: {{file: "pipelines/files/{name}.csv", since: "2026-01-05"}}
    schema:
      fields: [{{name: id, type: integer}}]
"""
NAMES = ("one", "two")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = make_project(tmp_path / "p", **{name: TABLE.format(name=name) for name in NAMES})
    (project / "pipelines/files").mkdir()
    write(project, "1")
    assert main(["publish", "--project", str(project)]) == 0
    return project


def write(project: Path, cell: str) -> None:
    for name in NAMES:
        (project / f"pipelines/files/{name}.csv").write_text(f"id\n{cell}\n", "utf-8")


def read(project: Path, name: str) -> str:
    return (project / f"build/site/datasets/{name}/table.csv").read_text("utf-8")


def test_only_what_is_named_is_brought_up_to_date(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, "2")
    run = (project / "build/last-run.json").read_bytes()
    capsys.readouterr()
    assert main(["publish", "one", "--project", str(project)]) == 0
    assert (read(project, "one"), read(project, "two")) == ("id\n2\n", "id\n1\n")
    assert "two" not in capsys.readouterr().out
    assert (project / "build/last-run.json").read_bytes() == run
    assert main(["publish", *NAMES, "--project", str(project)]) == 0
    assert read(project, "two") == "id\n2\n"


def test_a_name_of_no_dataset_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, "2")
    assert main(["publish", "one", "tow", "--project", str(project), "--lang", "en"]) == 1
    said = capsys.readouterr()
    assert "unknown-dataset" in said.out + said.err and "two" in said.out + said.err
    assert read(project, "one") == "id\n1\n"


def test_a_mistake_in_another_yaml_is_told_and_one_in_the_named_holds_it(project: Path) -> None:
    write(project, "2")
    (project / "pipelines/two.yaml").write_text("name: two\n", "utf-8")
    assert main(["publish", "one", "--project", str(project)]) == 1
    assert (read(project, "one"), read(project, "two")) == ("id\n2\n", "id\n1\n")
    assert main(["publish", "two", "--project", str(project)]) == 1
