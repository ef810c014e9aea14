"""`entaku new` on workbooks whose header is told by bold letters, fills or frames alone."""

import io
import zipfile
from collections.abc import Callable, Sequence
from html import escape

import openpyxl
import pytest
import xlwt
from openpyxl.styles import Border, Font, PatternFill, Side
from workbooks import SPACES

from entaku.draft import draft_file
from entaku.draft.plan import FilePlan
from entaku.model.nouns import Raw

Rows = Sequence[tuple[str, Sequence[object]]]
"""The looks of each row's cells ("h" bold on grey, "b" bold, "z" on blue, "_" framed below, "" plain), and the cells."""


def save_xlsx(rows: Rows) -> bytes:
    looks = {
        "h": {"font": Font(bold=True), "fill": PatternFill("solid", fgColor="FFDDDDDD")},
        "b": {"font": Font(bold=True)},
        "z": {"fill": PatternFill("solid", fgColor="FFDDEEFF")},
        "_": {"border": Border(bottom=Side("double"))},
    }
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "一覧"
    for n, (look, cells) in enumerate(rows, 1):
        for at, value in enumerate(cells, 1):
            if value is not None:
                made = sheet.cell(n, at, value)
                for key, what in looks.get(look, {}).items():
                    setattr(made, key, what)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def save_xls(rows: Rows) -> bytes:
    looks = {
        "h": "font: bold on; pattern: pattern solid, fore_colour gray25", "b": "font: bold on",
        "z": "pattern: pattern solid, fore_colour pale_blue", "_": "borders: bottom double", "": "",
    }  # fmt: skip
    styles = {look: xlwt.easyxf(words) for look, words in looks.items()}
    book = xlwt.Workbook()
    sheet = book.add_sheet("一覧")
    for n, (look, cells) in enumerate(rows):
        for at, value in enumerate(cells):
            if value is not None:
                sheet.write(n, at, value, styles[look])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def save_ods(rows: Rows) -> bytes:
    grey, bold = (
        '<style:table-cell-properties fo:background-color="#dddddd"/>',
        '<style:text-properties fo:font-weight="bold"/>',
    )
    looks = {
        "h": grey + bold, "b": bold, "z": grey.replace("dddddd", "ddeeff"),
        "_": '<style:table-cell-properties fo:border-bottom="2pt double #000"/>', "": "",
    }  # fmt: skip
    names = {look: f"s{n}" for n, look in enumerate(looks)}
    styles = "".join(
        f'<style:style style:name="{names[look]}" style:family="table-cell">{inner}</style:style>'
        for look, inner in looks.items()
    )
    lines = []
    for look, cells in rows:
        made = []
        for value in cells:
            kind = (
                f'office:value-type="float" office:value="{value}"'
                if isinstance(value, int)
                else 'office:value-type="string"'
            )
            text = f"<text:p>{escape(str(value))}</text:p>" if value is not None else ""
            kind = f'{kind} table:style-name="{names[look]}"' if value is not None else ""
            made.append(f"<table:table-cell {kind}>{text}</table:table-cell>")
        lines.append(f"<table:table-row>{''.join(made)}</table:table-row>")
    spaces = f'{SPACES} xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
            f'<office:spreadsheet><table:table table:name="一覧">{"".join(lines)}</table:table></office:spreadsheet>'
            "</office:body></office:document-content>",
        )
    return out.getvalue()


SAVERS: dict[str, Callable[[Rows], bytes]] = {"xlsx": save_xlsx, "xls": save_xls, "ods": save_ods}
N = None
PEOPLE: Rows = [
    ("", ["中央公民館", "公民館", "山田", "要予約"]),
    ("", ["東集会所", "集会所", "佐藤", "土足禁止"]),
    ("", ["西集会所", "集会所", "鈴木", "駐車場なし"]),
    ("", ["南公民館", "公民館", "田中", "要予約"]),
    ("", ["北集会所", "集会所", "高橋", "土足禁止"]),
    ("", ["港集会所", "集会所", "伊藤", "なし"]),
]
HEAD: tuple[str, Sequence[object]] = ("h", ["施設", "種別", "担当者", "備考"])
STACKED: Rows = [("h", ["施設", N, "利用", N]), ("h", ["名称", "種別", "担当者", "備考"])]
LABELS: Rows = [("", ["担当課", "総務課"]), ("", ["電話", "内線一番"])]
GRADES: Rows = [
    ("h", ["学校", 101, 205, 33]),
    ("", ["一小", 12, 15, 9]),
    ("", ["二小", 22, 14, 8]),
    ("", ["三小", 32, 13, 7]),
]
MANY: Rows = [(("z", "")[n % 2], cells) for n, (_, cells) in enumerate([*PEOPLE, *PEOPLE])]


def plan(rows: Rows, form: str = "xlsx") -> FilePlan:
    body = SAVERS[form](rows)
    made, findings = draft_file(Raw("x", {}, "file", "", "", len(body)), body)
    assert not findings
    return made


def strip(rows: Rows) -> Rows:
    return [("", cells) for _, cells in rows]


def heads(made: FilePlan) -> list[tuple[int, int, list[str]]]:
    """The first row, the number of rows and the headings of each table."""
    return [(table.row, table.rows, [one.source for one in table.fields]) for table in made.tables]


CASES = {
    "two rows of words over words": ([*STACKED, *PEOPLE], 1, 2),
    "in bold letters alone": ([("b", cells) for _, cells in STACKED] + [*PEOPLE], 1, 2),
    "lines of labels above": ([*LABELS, HEAD, *PEOPLE], 3, 1),
    "lines of labels above, framed below": ([*LABELS, ("_", HEAD[1]), *PEOPLE], 3, 1),
    "numbers as headings": (GRADES, 1, 1),
    "every second row on another ground": ([*LABELS, HEAD, *MANY], 3, 1),
    "bold totals among the rows": ([*LABELS, ("b", HEAD[1]), *PEOPLE, ("b", ["合計", "六", "六", "なし"])], 3, 1),
}


@pytest.mark.parametrize("form", SAVERS)
@pytest.mark.parametrize("case", CASES)
def test_a_header_is_told_by_its_look(case: str, form: str) -> None:
    rows, row, many = CASES[case]
    ((first, count, headings),) = heads(plan(rows, form))
    assert (first, count, len(headings)) == (row, many, 4), headings


@pytest.mark.parametrize("case", CASES)
def test_nothing_else_tells_it(case: str) -> None:
    """The same cells without looks are drafted otherwise, so that the looks do decide."""
    rows, row, many = CASES[case]
    assert [(first, count) for first, count, _ in heads(plan(strip(rows)))] != [(row, many)]


def test_the_headings_of_two_rows_are_joined() -> None:
    (table,) = plan([*STACKED, *PEOPLE]).tables
    assert [one.label for one in table.fields] == ["施設_名称", "施設_種別", "利用_担当者", "利用_備考"]


def test_a_second_table_of_words_begins_at_its_header() -> None:
    other: Rows = [("h", ["公園", "遊具", "管理者", "備考"]), *PEOPLE[:3]]
    made = plan([HEAD, *PEOPLE, ("", []), *other])
    assert [(first, len(headings)) for first, _, headings in heads(made)] == [(1, 4), (9, 4)]
    assert len(plan(strip([HEAD, *PEOPLE, ("", []), *other])).tables) == 1


@pytest.mark.parametrize(
    "rows",
    [
        [HEAD, *PEOPLE],
        [("", HEAD[1]), *PEOPLE],
        [("", HEAD[1]), ("b", PEOPLE[0][1]), *PEOPLE[1:]],  # one row of data is bold
        [("", HEAD[1]), ("z", PEOPLE[0][1]), *PEOPLE[1:]],
        [("z", HEAD[1]), *[("z", cells) for _, cells in PEOPLE]],  # all are alike
        [("_", HEAD[1]), ("_", PEOPLE[0][1]), *PEOPLE[1:]],
        [HEAD, *MANY],
    ],
)
def test_a_plain_header_stays_the_first_row(rows: Rows) -> None:
    assert [(first, count) for first, count, _ in heads(plan(rows))] == [(1, 1)]


def test_a_small_table_above_stays_a_table() -> None:
    small: Rows = [("", ["区分", "件数"]), ("", ["公民館", 2]), ("", ["集会所", 4]), ("", ["倉庫", 7])]
    numbers: Rows = [("", [*cells[:3], n]) for n, (_, cells) in enumerate(PEOPLE)]
    wide: Rows = [("h", ["施設", "種別", "担当者", "定員"]), *numbers]
    assert [(first, len(headings)) for first, _, headings in heads(plan([*small, ("", []), *wide]))] == [(1, 2), (6, 4)]
    assert [first for first, _, _ in heads(plan([*small[1:3], ("", []), *wide]))] == [4]  # two lines are labels


def test_a_bold_row_of_totals_is_no_header() -> None:
    rows: Rows = [
        ("b", ["区名", "人口", "世帯数"]),
        ("b", ["総数", 600, 300]),
        ("", ["東区", 100, 50]),
        ("", ["西区", 200, 100]),
        ("", ["南区", 300, 150]),
    ]
    (table,) = plan(rows).tables
    assert (table.row, table.rows) == (1, 1) and table.sums
