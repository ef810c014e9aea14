"""Which sheets and which columns of them are read."""

import openpyxl
import pytest
from outcomes import Outcome, publish
from pydantic import TypeAdapter, ValidationError
from workbooks import biff5, save, sheets_xlsx, xlsx

from entaku.model.grammar import Header, Read, TitleLine
from entaku.model.words import is_sheet


def names(*sheets: str, **how: object) -> Outcome:
    """What is read of sheets that each hold their name; the last of them is hidden where its name ends with 控え."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in sheets:
        sheet = book.create_sheet(name)
        sheet.append(["name"])
        sheet.append([name])
        sheet.sheet_state = "hidden" if name.endswith("控え") else "visible"
    return publish(save(book), **how)


@pytest.mark.parametrize(
    "name",
    ["表1", "人口(総数)", "R6.4", "a+b", "^R", "（注）", "1", "A$", "a|b", "表1 "],
)
def test_a_name_is_a_name(name: str) -> None:
    made = names("表10", name, "表11", "aab", "R6x4", "R", sheet=name)
    assert (made.rows, made.codes) == ([[name]], [])


def test_a_part_of_a_name_is_no_name() -> None:
    for wanted in ("表", "表1 ", "表１", "^表1$"):
        made = names("表1", "表10", sheet=wanted)
        assert (made.rows, made.codes) == ([], ["no-sheet"])
        assert made.findings[0].args["allowed"] == "表1, 表10"


@pytest.mark.parametrize(
    ("pattern", "read"),
    [
        ("/表1/", ["表1"]),
        ("/表1.?/", ["表1", "表10"]),
        (r"/表\d+/", ["表1", "表10", "表2"]),
        ("/.*2|表1/", ["表1", "表2"]),
        (r"/人口\(総数\)/", ["人口(総数)"]),
    ],
)
def test_a_pattern_matches_whole_names_of_visible_sheets(pattern: str, read: list[str]) -> None:
    made = names("表1", "表10", "表2", "人口(総数)", "表1控え", sheet=pattern)
    assert [row[0] for row in made.rows] == read
    assert made.told == ([("several-sheets", "notice", "")] if len(read) > 1 else [])


@pytest.mark.parametrize(("name", "page"), [("統計", 932), ("中国", 936), ("서울", 949)])
def test_a_sheet_of_excel_95_is_read_by_its_name_in_the_code_page_of_the_file(name: str, page: int) -> None:
    body = biff5(["a"], ["1"], name=f"{name}X", page=page)
    size, words = len(f"{name}X".encode(f"cp{page}")), f"{name}X".encode(f"cp{page}")
    assert publish(body, sheet=f"{name}X").rows == [["1"]]
    shorter = body.replace(bytes([size]) + words, bytes([size - 1]) + words)  # one byte of the record is of no name
    assert publish(shorter, sheet=name).rows == [["1"]]
    assert publish(shorter, sheet=f"{name}X").codes == ["no-sheet"]


def test_a_hidden_sheet_is_read_by_its_name() -> None:
    assert names("表", "表の控え", sheet="表の控え").rows == [["表の控え"]]
    assert names("注", "表の控え", sheet="/表.*/").codes == ["no-sheet"]


def test_named_groups_become_columns() -> None:
    made = names("R5年", "R6年", "注", sheet="/R(?P<year>[0-9]+)年/")
    assert (made.columns, made.rows) == (["name", "year"], [["R5年", "5"], ["R6年", "6"]])
    assert names("R5年", sheet="/(?P<name>.+)/").codes == ["column-exists"]


def test_other_sheets_that_are_not_read_are_told() -> None:
    made = names("表", "付表", "控え")
    assert (made.rows, made.told) == ([["表"]], [("first-sheet", "notice", "")])
    assert made.findings[0].args["others"] == "付表"
    empty = xlsx(["a"], [1], fill=lambda book: [book.create_sheet("Sheet2"), book.create_sheet("Sheet3")])
    assert publish(empty).told == []


def test_sheets_one_after_the_other_keep_their_places() -> None:
    body = sheets_xlsx(一=[["a", "b"], ["x", 1]], 二=[["a", "b"], ["y", "#N/A"]])
    made = publish(body, sheet="/.*/")
    assert made.rows == [["x", "1"], ["y", "#N/A"]]
    assert [(finding.code, finding.place.sheet, finding.place.cell) for finding in made.findings] == [
        ("several-sheets", "", ""),
        ("excel-error", "二", "B2"),
    ]


@pytest.mark.parametrize("pattern", ["/(/", "/[/", "/(?P<a>.)(?P<a>.)/"])
def test_patterns_that_are_none_are_refused(pattern: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Read).validate_python({"sheet": pattern})


def test_slashes_alone_are_no_pattern() -> None:
    assert is_sheet("/", "/") and is_sheet("//", "//") and not is_sheet("/a/", "/a/") and is_sheet("/a/", "a")


@pytest.mark.parametrize("key", ["sheet", "columns", "cells"])
def test_keys_of_sheets_mean_nothing_in_text(key: str) -> None:
    how = {"sheet": "表1", "columns": "A:B", "cells": "shown"}
    made = publish(b"a,b\n1,2\n", url="https://office.example.jp/a.csv", **{key: how[key]})
    assert made.rows == [["1", "2"]]
    assert [(finding.code, finding.value) for finding in made.findings] == [("not-a-sheet", f"read.{key}")]


# ---- tables side by side ----------------------------------------------------------------------------------------

SIDE = [
    ["令和6年度", None, None, None, None],
    ["区", "人口", None, "町", "世帯"],
    ["港", 1, None, "東", 7],
    ["北", 2, None, "西", "#REF!"],
    [None, None, None, "南", 9],
]


def side_by_side(book: openpyxl.Workbook) -> None:
    book.active.merge_cells("A1:E1")


def test_tables_side_by_side() -> None:
    body = xlsx(*SIDE, fill=side_by_side)
    how = {"title": (TitleLine(line=1, pattern="(?P<year>.+)"),), "header": Header(row=2)}
    left = publish(body, columns="A:B", **how)
    assert (left.columns, left.rows) == (["区", "人口", "year"], [["港", "1", "令和6年度"], ["北", "2", "令和6年度"]])
    assert left.told == []
    right = publish(body, columns="d:e", **how)
    assert right.columns == ["町", "世帯", "year"]
    assert right.rows == [["東", "7", "令和6年度"], ["西", "#REF!", "令和6年度"], ["南", "9", "令和6年度"]]
    assert right.told == [("excel-error", "error", "E4")]


def test_findings_of_cut_columns_name_the_cells_of_the_sheet() -> None:
    body = xlsx([None, "a", "b"], [None, "x", 1], [None, "y\ue000", (0.5, "0%")])
    made = publish(body, columns="B:C")
    assert made.told == [("odd-character", "warning", "B3"), ("shown-percent", "warning", "C3")]
    parsed = publish(body, "- parse_number: {columns: [a]}", columns="B:C")
    assert [finding.place.cell for finding in parsed.findings][:1] == ["B3"] or "B2" in str(parsed.told)
    assert publish(body, columns="C:B").rows == made.rows
    assert publish(body, columns="X:Z").codes == ["columns-beyond"]


HALVES = [
    ["歳", "人", None, "歳", "人"],
    ["0", 7, None, "2", "#REF!"],
    ["1", 8, None, "3", "9人"],
    [None, None, None, "4", 6],
]


def test_halves_of_a_table_are_one_below_the_other_and_keep_their_cells() -> None:
    made = publish(xlsx(*HALVES), columns=("A:B", "D:E"))
    assert made.columns == ["歳", "人"]
    assert made.rows == [["0", "7"], ["1", "8"], ["2", "#REF!"], ["3", "9人"], ["4", "6"]]
    assert made.told == [("excel-error", "error", "E2")]
    parsed = publish(xlsx(*HALVES), "- parse_number: {columns: [人]}", columns=("A:B", "D:E"))
    assert ("number-with-text", "error", "E3") in parsed.told
    assert publish(xlsx(*HALVES), columns=("D:E", "A:B")).rows[0] == ["2", "#REF!"]
    assert publish(xlsx(*HALVES), columns=("A:B", "X:Z")).codes == ["columns-beyond"]
    assert publish(xlsx([None]), columns=("A:B", "D:E")).rows == []
    title = {"title": (TitleLine(line=1, pattern="(?P<year>.+)"),), "header": Header(row=2)}
    dated = publish(xlsx(["令和6年度"], *HALVES), columns=("A:B", "D:E"), **title)
    assert dated.rows[0] == ["0", "7", "令和6年度"] and dated.rows[4] == ["4", "6", "令和6年度"]
    assert dated.told == [("excel-error", "error", "E3")]


@pytest.mark.parametrize("columns", ["A", "A:", "1:3", "A:B:C", "Ａ:Ｂ", "A1:B2"])
def test_columns_that_are_none_are_refused(columns: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Read).validate_python({"columns": columns})
