"""The worked example of docs/add-a-dataset.md: its YAML on a workbook of that layout gives the CSV shown there."""

import re
from pathlib import Path

import openpyxl
import pytest
from projects import ROOT, make_project, run

from entaku.model.messages import say
from entaku.work.cli import main

PAGE = (ROOT / "docs" / "add-a-dataset.md").read_text("utf-8")


def block(language: str) -> str:
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return text


def make_workbook(path: Path, d6: object = "－") -> None:
    """The sheet of the page's table."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "表1"
    rows: list[list[object]] = [
        ["令和6年度　図書館の利用状況"],
        [None, None, None, None, "（単位：冊、人）"],
        ["地区", "館名", "貸出冊数", None, "登録者数"],
        [None, None, "一般", "児童", None],
        ["東", "見本中央館", 12345, 2345, 678],
        [None, "見本東館", 3210, d6, 210],
        ["小計", None, 15555, 2345, 888],
        ["西", "見本西館", "４，３２１", "1,234", 321],
        ["小計", None, 4321, 1234, 321],
        ["（注）登録者数は年度末の値。"],
    ]
    for row in rows:
        sheet.append(row)
    for merged in ("A3:A4", "B3:B4", "C3:D3", "E3:E4"):
        sheet.merge_cells(merged)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    yaml = block("yaml").replace("tokyo-sangyo", "office")
    project = make_project(tmp_path / "p", **{"library-loans": yaml})
    make_workbook(project / "pipelines/files/library-loans.xlsx")
    return project


def test_the_example_gives_the_table_shown(project: Path) -> None:
    result = run(project)
    assert not result.failed, [say(finding, "ja") for outcome in result.outcomes for finding in outcome.findings]
    made = (project / "build/site/datasets/library-loans/loans.csv").read_text("utf-8")
    assert made == block("csv")


def test_the_workbook_shown_can_be_drafted(project: Path) -> None:
    """The command of the page gives a draft that passes the check."""
    (project / "pipelines/library-loans.yaml").unlink()
    command = block("text").split()
    assert command[1:] == ["new", "library-loans.xlsx"]
    file = project / "pipelines/files/library-loans.xlsx"
    assert main(["new", "--yes", "--project", str(project), str(file)]) == 0
    text = (project / "pipelines/library-loans.yaml").read_text("utf-8")
    assert "# 確認：" in text
    assert "name: table-totals" in text
    assert main(["check", "--project", str(project), "library-loans"]) == 0


def test_the_message_shown_is_the_message_given(project: Path) -> None:
    make_workbook(project / "pipelines/files/library-loans.xlsx", d6="不明")
    (outcome,) = run(project).outcomes
    shown = re.findall(r"```\n(pipelines/files.*?)\n```", PAGE)
    assert [say(finding, "ja") for finding in outcome.findings] == shown


def test_the_table_shown_is_the_workbook(project: Path) -> None:
    """What the page draws is what the test builds."""
    sheet = openpyxl.load_workbook(project / "pipelines/files/library-loans.xlsx").active
    assert sheet is not None
    for line in re.findall(r"^\| \*\*(\d+)\*\* \|(.*)\|$", PAGE, re.MULTILINE):
        drawn = [re.sub(r" \*\(.*?\)\*", "", cell).strip() for cell in line[1].split("|")]
        real = [sheet.cell(int(line[0]), n + 1).value for n in range(5)]
        shown = [f"{value:,}" if isinstance(value, int) else str(value or "") for value in real]
        assert [cell.replace(",", "") for cell in drawn] == [cell.replace(",", "") for cell in shown]
