"""`entaku new` on tables that go on in another sheet: their rows, with headings or without, or more of their columns."""

from pathlib import Path

import openpyxl
import pytest
from messes import SAVERS, Mess, MessySheet
from projects import CATALOGUE
from test_new import publish

from entaku.draft import draft_file
from entaku.draft.plan import FilePlan
from entaku.draft.sheets import is_continued
from entaku.model.nouns import Raw
from entaku.work.cli import main

N = None
HEAD = ["施設名", "種別", "定員"]
FIRST = [["体育館", "体育", 50], ["公民館", "集会", 30], ["図書館", "教育", 90]]
MORE = [["美術館", "教育", 40], ["集会所", "集会", 20]]
WORDS = [["体育館", "体育", "市"], ["公民館", "集会", "区"], ["図書館", "教育", "市"]]
USE = [
    ["施設名", "所管", "開館日"],
    ["体育館", "市民課", "2020-04-01"],
    ["公民館", "総務課", "2021-04-01"],
    ["図書館", "教育課", "2019-04-01"],
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("entaku.work.open.digest_program", lambda: "")
    folder = tmp_path / "p"
    (folder / "pipelines").mkdir(parents=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    return folder


def book(**sheets: list[list[object]]) -> Mess:
    return Mess("book", [MessySheet(name, rows) for name, rows in sheets.items()], {})


def plan(mess: Mess, form: str = "xlsx") -> FilePlan:
    body = SAVERS[form](mess)
    made, findings = draft_file(Raw("x", {}, "file", "", "", len(body)), body)
    assert not [one for one in findings if one.severity == "error"]
    return made


def draft(project: Path, folder: Path, mess: Mess) -> str:
    (folder / "book.xlsx").write_bytes(SAVERS["xlsx"](mess))
    assert main(["new", "--yes", "--project", str(project), str(folder / "book.xlsx")]) == 0
    return (project / "pipelines" / "book.yaml").read_text("utf-8")


CONTINUED = [
    ("一覧", "一覧（続き）"), ("一覧(1)", "一覧(2)"), ("一覧その１", "一覧その２"), ("一覧 １／２", "一覧 ２／２"), ("一覧①", "一覧②"), ("Sheet1", "Sheet2"),
]  # fmt: skip


@pytest.mark.parametrize("names", CONTINUED)
def test_rows_that_go_on_in_the_next_sheet_are_one_table(names: tuple[str, str], project: Path, tmp_path: Path) -> None:
    text = draft(project, tmp_path, book(**{names[0]: [HEAD, *FIRST], names[1]: [HEAD, *MORE]}))
    (table,) = publish(project, "book").values()
    assert table.splitlines()[1:] == [
        "体育館,体育,50",
        "公民館,集会,30",
        "図書館,教育,90",
        "美術館,教育,40",
        "集会所,集会,20",
    ], text
    assert "sheet" not in table.splitlines()[0]


@pytest.mark.parametrize(
    ("names", "more"),
    [
        (("東区", "西区"), MORE),
        (("1", "2"), MORE),
        (("体育(1)", "教育(2)"), MORE),
        (("一覧(1)", "一覧(2)"), [*MORE, FIRST[0]]),  # a row that is on both may be of two kinds
    ],
)
def test_other_sheets_keep_their_names_as_a_column(
    names: tuple[str, str], more: list[list[object]], project: Path, tmp_path: Path
) -> None:
    draft(project, tmp_path, book(**{names[0]: [HEAD, *FIRST], names[1]: [HEAD, *more]}))
    (table,) = publish(project, "book").values()
    assert len(table.splitlines()) == 1 + len(FIRST) + len(more) and len(table.splitlines()[0].split(",")) == 4
    assert all(name in table for name in names)


@pytest.mark.parametrize(
    ("first", "more"), [([HEAD, *FIRST], MORE), ([["施設名", "種別", "設置者"], *WORDS], WORDS[1:])]
)
@pytest.mark.parametrize("names", CONTINUED[:3])
def test_rows_without_headings_are_left_out_and_asked(
    names: tuple[str, str], first: list[list[object]], more: list[list[object]]
) -> None:
    made = plan(book(**{names[0]: first, names[1]: more}))
    (table,) = made.tables
    assert len(table.fields) == 3
    (asked,) = [one for one in made.questions if one.key == f"continued.{names[1]}"]
    assert f"シート「{names[1]}」はシート「{names[0]}」の続き" in asked.ja and "見出しを写す" in asked.ja
    left = {text for one in made.left for text in one.texts}
    assert {str(cell) for row in more for cell in row} <= left


def test_a_sheet_of_another_name_or_with_headings_of_its_own_is_a_table() -> None:
    assert (
        len(
            plan(
                book(施設=[HEAD, *FIRST], 職員=[["氏名", "所属", "年数"], ["山田", "総務", 3], ["佐藤", "財政", 5]])
            ).tables
        )
        == 2
    )
    assert (
        len(
            plan(book(**{"一覧(1)": [HEAD, *FIRST], "一覧(2)": [["氏名", "所属", "年数"], ["山田", "総務", 3]]})).tables
        )
        == 2
    )


def test_more_columns_of_the_same_rows_refer_to_the_first_sheet(project: Path, tmp_path: Path) -> None:
    text = draft(project, tmp_path, book(施設=[HEAD, *FIRST], 管理=USE))
    assert "# 確認：シート「管理」は、シート「施設」と同じ行（施設名）の続きの列のようです" in text
    one, other = publish(project, "book")
    assert (
        f"foreignKeys:\n        - {{fields: [facility], reference: {{resource: {one}, fields: [facility]}}}}" in text
    ), text
    tables = publish(project, "book")
    assert [len(body.splitlines()) for body in tables.values()] == [4, 4] and other != one


def test_the_reference_is_checked_from_then_on(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft(project, tmp_path, book(施設=[HEAD, *FIRST], 管理=USE))
    changed = [*USE[:3], ["図書室", *USE[3][1:]]]
    (project / "pipelines" / "files" / "book.xlsx").write_bytes(SAVERS["xlsx"](book(施設=[HEAD, *FIRST], 管理=changed)))
    capsys.readouterr()
    assert main(["check", "--project", str(project), "book"]) == 1
    assert "図書室" in capsys.readouterr().out


@pytest.mark.parametrize(
    "other",
    [
        USE[:3],  # a row less
        [*USE, ["美術館", "総務課", "2020-04-01"]],  # a row more
        [["館名", *USE[0][1:]], *USE[1:]],
        [[*USE[0], "定員"], *[[*row, n] for n, row in enumerate(USE[1:])]],  # a column that both have
    ],
)
def test_tables_of_other_rows_do_not_refer(other: list[list[object]]) -> None:
    made = plan(book(施設=[HEAD, *FIRST], 管理=other))
    assert [table.refers for table in made.tables] == [(), ()]


LINES = [["路線コード", "路線名"], ["L01", "東線"], ["L02", "西線"], ["L03", "南線"]]
STOPS = [["停留所ID", "停留所名", "路線コード"], [1, "役所前", "L01"], [2, "駅前", "L01"], [3, "港", "L03"]]


@pytest.mark.parametrize("turned", [False, True])
def test_a_column_of_codes_refers_to_the_sheet_that_explains_them(project: Path, tmp_path: Path, turned: bool) -> None:
    sheets = {"停留所": STOPS, "路線": LINES} if turned else {"路線": LINES, "停留所": STOPS}
    text = draft(project, tmp_path, book(**sheets))
    assert "表「bus-stop」の列「路線コード」は、表「line」の「路線コード」を指すようです" in text
    assert "primaryKey: [bus_stop_id]" in text and text.count("foreignKeys:") == 1
    assert "- {fields: [line_code], reference: {resource: line, fields: [line_code]}}" in text, text
    assert publish(project, "book")["bus-stop"].endswith("3,港,L03\n")


@pytest.mark.parametrize(
    "stops",
    [
        [*STOPS, [4, "空港", "L99"]],  # a code that is not explained
        [STOPS[0], *([n, name, ""] for n, name, _ in STOPS[1:])],  # no codes at all
        [["停留所ID", "停留所名", "系統コード"], *STOPS[1:]],
    ],
)
def test_a_column_whose_values_are_not_all_explained_does_not_refer(stops: list[list[object]]) -> None:
    made = plan(book(路線=LINES, 停留所=stops))
    assert [table.refers for table in made.tables] == [(), ()]


def test_numbers_of_rows_refer_to_nothing() -> None:
    made = plan(book(甲=[["番号", "名称"], [1, "a"], [2, "b"]], 乙=[["品名", "番号"], ["c", 1], ["d", 1], ["e", 2]]))
    assert [table.refers for table in made.tables] == [(), ()]


@pytest.mark.parametrize("form", ["xls", "ods"])
def test_the_format_makes_no_difference(form: str) -> None:
    for mess in (
        book(施設=[HEAD, *FIRST], 管理=USE),
        book(**{"一覧(1)": [HEAD, *FIRST], "一覧(2)": [HEAD, *MORE]}),
        book(**{"一覧(1)": [HEAD, *FIRST], "一覧(2)": MORE}),
    ):
        assert plan(mess, form) == plan(mess)


def test_names_that_go_on() -> None:
    assert all(is_continued(names) for names in CONTINUED)
    assert is_continued(["一覧", "一覧(2)", "一覧(3)"])
    for names in (
        ["R5年", "R6年"],
        ["1月", "2月"],
        ["第一", "第二"],
        ["(1)", "(2)"],
        ["一覧", "一覧"],
        ["A(1)", "B(2)"],
    ):
        assert not is_continued(names)


def test_sheets_of_months_are_one_table_to_which_the_next_month_is_added(project: Path, tmp_path: Path) -> None:
    sheets = {
        f"{month}月": [[f"令和7年{month}月　図書館の利用"], ["館名", "入館者数"], ["中央", 10 * month], ["東", month]]
        for month in (4, 5, 6)
    }
    text = draft(project, tmp_path, book(**sheets))
    assert 'title: "図書館の利用"' in text and 'sheet: "/[0-9０-９]{1,2}月/"' in text
    assert "primaryKey: [library, year_month]" in text
    lines = publish(project, "book")["table"].splitlines()
    assert lines[0] == "library,visitors,year_month" and lines[-1] == "東,6,2025-06"


def test_sheets_in_other_units_are_tables_of_their_own() -> None:
    sheets = {
        name: [[f"（単位：{unit}）"], ["区分", "歳入額", "歳出額"], ["一般", 1, 2], ["特別", 3, 4]]
        for name, unit in (("R5年", "千円"), ("R6年", "百万円"))
    }
    assert [one.unit for table in plan(book(**sheets)).tables for one in table.fields[1:]] == [
        "千円",
        "千円",
        "百万円",
        "百万円",
    ]


def test_what_is_hidden_is_neither_drafted_nor_named(project: Path, tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (
        ["番号", "場所", "メモ", "台数"],
        ["A1", "駅", "交換予定", 1],
        ["A2", "旧庁舎", "", 0],
        ["A3", "公園", "", 2],
    ):
        sheet.append(row)
    sheet.column_dimensions["C"].hidden = sheet.row_dimensions[3].hidden = True
    made.save(tmp_path / "book.xlsx")
    assert main(["new", "--yes", "--project", str(project), str(tmp_path / "book.xlsx")]) == 0
    text = (project / "pipelines" / "book.yaml").read_text("utf-8")
    assert "hidden: skip" in text and "交換予定" not in text and "旧庁舎" not in text
    assert publish(project, "book")["table"] == "number,place,units\nA1,駅,1\nA3,公園,2\n"


def test_another_unit_above_the_table_holds_the_next_release(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [["区分", "歳入額", "歳出額"], ["一般", 1, 2], ["特別", 3, 4]]
    assert 'pattern: "（単位：千円）"' in draft(
        project, tmp_path, book(S=[["予算"], ["", "", "（単位：千円）"], *rows])
    )
    assert publish(project, "book")["table"].endswith("特別,3,4\n")
    body = SAVERS["xlsx"](book(S=[["予算"], ["", "", "（単位：百万円）"], *rows]))
    (project / "pipelines" / "files" / "book.xlsx").write_bytes(body)
    capsys.readouterr()
    assert main(["check", "--project", str(project), "book"]) == 1
    said = capsys.readouterr().out
    assert "title-line" in said and "（単位：百万円）" in said and "unit" in said
