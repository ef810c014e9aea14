"""`entaku check --report DIR`: the owner's workbook with marks, and one HTML file with what to mend."""

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from projects import make_project
from workbooks import ods, ods_cell, sheets_xlsx, xls

from entaku.table.ods import read_ods
from entaku.work.cli import main

LOANS = """\
name: loans
title: {ja: 図書館の貸出数, en: Library loans}
description: {ja: 試験用の説明です。, en: A description for tests.}
publisher: office
license: CC-BY-4.0
frequency: monthly
resources:
  - name: loans
    title: {ja: 貸出数, en: Loans}
    source: {file: pipelines/files/loans.xlsx}
    read: {sheet: 貸出}
    tidy:
      - rename: {館名: library, 貸出数: loans}
    schema:
      primaryKey: library
      fields:
        - {name: library, title: {ja: 館名, en: Library}, constraints: {required: true}}
        - {name: loans, type: integer, unit: 冊, title: {ja: 貸出数, en: Loans}}
"""
ROWS = [["館名", "貸出数"], ["中央", "不明"], ["南", "12"], ["中央", "<b>多い</b>"], ["北", "？"], ["西", "？"]]


def make(folder: Path, body: bytes, name: str = "loans.xlsx") -> Path:
    project = make_project(folder, loans=LOANS.replace("loans.xlsx", name))
    (project / "pipelines" / "files").mkdir()
    (project / "pipelines" / "files" / name).write_bytes(body)
    return project


def test_the_owner_gets_a_marked_copy_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = sheets_xlsx(貸出=ROWS, 控え=[["館名"], ["東"]])
    project = make(tmp_path / "p", body)
    out = tmp_path / "out"
    for _ in range(2):  # the second writes the same over the first
        assert main(["check", "loans", "--project", str(project), "--report", str(out)]) == 1
        assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
            "loans/loans（検査済み）.xlsx", "検査の結果.html",
        ]  # fmt: skip
    assert "検査の結果.html" in capsys.readouterr().err
    assert (project / "pipelines/files/loans.xlsx").read_bytes() == body

    sheet = openpyxl.load_workbook(out / "loans" / "loans（検査済み）.xlsx")["貸出"]
    assert {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment} == {
        "A4",
        "B2",
        "B4",
        "B5",
        "B6",
    }
    assert sheet["B2"].fill.fgColor.rgb == "FFFFC7CE"
    assert sheet["B2"].comment.text.startswith("「不明」は型 integer の値ではありません")
    assert "\n→ " in sheet["B2"].comment.text
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == ROWS

    html = (out / "検査の結果.html").read_text("utf-8")
    assert "<b>多い" not in html and "&lt;b&gt;多い&lt;/b&gt;" in html
    assert not re.search(r"<(script|link|img)|https?://", html.replace(str(project), ""))
    causes = re.findall(r"<h3>.*?</h3>", html)
    assert "「？」" in causes[0]  # the most frequent comes first
    assert "貸出!B6" in html and "loans/loans（検査済み）.xlsx" in html


def test_the_report_in_english_without_findings(tmp_path: Path) -> None:
    project = make(tmp_path / "p", sheets_xlsx(貸出=ROWS[:1] + ROWS[2:3]))
    assert main(["check", "loans", "--project", str(project), "--lang", "en", "--report", str(tmp_path / "out")]) == 0
    assert "There are no errors." in (tmp_path / "out" / "check.html").read_text("utf-8")
    assert not (tmp_path / "out" / "loans").exists()


def test_a_workbook_of_the_old_format_is_only_listed(tmp_path: Path) -> None:
    project = make(tmp_path / "p", xls(*ROWS, name="貸出"), "loans.xls")
    assert main(["check", "--project", str(project), "--report", str(tmp_path / "out")]) == 1
    html = (tmp_path / "out" / "検査の結果.html").read_text("utf-8")
    assert "「名前を付けて保存」で .xlsx にした" in html and "貸出!B2" in html
    assert not (tmp_path / "out" / "loans").exists()
    assert main(["check", "--project", str(project), "--lang", "en", "--report", str(tmp_path / "out")]) == 1
    assert "Save it as .xlsx in Excel" in (tmp_path / "out" / "check.html").read_text("utf-8")


def test_the_owner_of_an_ods_gets_a_marked_copy(tmp_path: Path) -> None:
    body = ods(*("".join(map(ods_cell, row)) for row in ROWS), name="貸出")
    project = make(tmp_path / "p", body, "loans.ods")
    assert main(["check", "loans", "--project", str(project), "--report", str(tmp_path / "out")]) == 1
    assert (project / "pipelines/files/loans.ods").read_bytes() == body
    copy = (tmp_path / "out" / "loans" / "loans（検査済み）.ods").read_bytes()
    sheets, _ = read_ods(copy, None)
    assert [[cell.shown for cell in cells] for _, cells in sheets[0].rows] == ROWS
    content = zipfile.ZipFile(io.BytesIO(copy)).read("content.xml").decode()
    assert content.count("<office:annotation ") == 5 and "「不明」は型 integer の値ではありません" in content
    assert content.count('fo:background-color="#ffc7ce"') == 1
    html = (tmp_path / "out" / "検査の結果.html").read_text("utf-8")
    assert "loans/loans（検査済み）.ods" in html and "貸出!B2" in html


def test_a_csv_has_no_colours(tmp_path: Path) -> None:
    text = "\n".join(map(",".join, ROWS)).replace("<b>多い</b>", "多い")
    project = make(tmp_path / "p", text.encode(), "loans.csv")
    path = project / "pipelines" / "loans.yaml"
    path.write_text(path.read_text("utf-8").replace("    read: {sheet: 貸出}\n", ""), "utf-8")
    assert main(["check", "--project", str(project), "--report", str(tmp_path / "out")]) == 1
    html = (tmp_path / "out" / "検査の結果.html").read_text("utf-8")
    assert "（.xlsx、.xlsm）と .ods だけに作れます" in html and "2 行目" in html


def test_mistakes_of_the_yaml_are_in_the_report(tmp_path: Path) -> None:
    project = make(tmp_path / "p", sheets_xlsx(貸出=ROWS))
    path = project / "pipelines" / "loans.yaml"
    path.write_text(path.read_text("utf-8").replace("type: integer", "type: 整数"), "utf-8")
    assert main(["check", "--project", str(project), "--report", str(tmp_path / "out")]) == 1
    assert "pipelines/loans.yaml" in (tmp_path / "out" / "検査の結果.html").read_text("utf-8")


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make(tmp_path / "p", sheets_xlsx(貸出=ROWS))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    assert main(["check", "--project", str(project), "--report", str(tmp_path / "out")]) == 1
    assert "folder-in-use" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_two_files_of_one_name_have_copies_of_their_own(tmp_path: Path) -> None:
    more = (
        LOANS[LOANS.index("  - name: loans") :].replace("name: loans\n", "name: more\n").replace("files/", "files/b/")
    )
    project = make(tmp_path / "p", sheets_xlsx(貸出=ROWS))
    (project / "pipelines" / "loans.yaml").write_text(LOANS + more, "utf-8")
    (project / "pipelines" / "files" / "b").mkdir()
    (project / "pipelines" / "files" / "b" / "loans.xlsx").write_bytes(sheets_xlsx(貸出=ROWS[:2]))
    assert main(["check", "--project", str(project), "--report", str(tmp_path / "out")]) == 1
    copies = {
        path.name: openpyxl.load_workbook(io.BytesIO(path.read_bytes()))["貸出"].max_row
        for path in (tmp_path / "out" / "loans").iterdir()
    }
    assert copies == {"loans（検査済み）.xlsx": 6, "loans（検査済み）2.xlsx": 2}
