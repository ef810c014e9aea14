"""What the file shows is what is published, or a finding says why not: cells of workbooks in every format."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
import xlwt
from outcomes import publish
from workbooks import ods, ods_cell, replace_part, save, sheet_xml, words, xls, xlsb, xlsx

from entaku.model.grammar import Header, TitleLine

Book = Callable[..., bytes]
BOOKS = [pytest.param(xlsx, id="xlsx"), pytest.param(xls, id="xls"), pytest.param(xlsb, id="xlsb")]


def see(book: Book, *cells: Any, steps: Sequence[str] = (), **how: Any) -> tuple[list[str], list[tuple[str, str]]]:
    """The published texts of a column of cells, and the codes and cells that are told of it."""
    made = publish(book(["k", "v"], *([f"k{n}", cell] for n, cell in enumerate(cells))), *steps, **how)
    told = [(code, cell) for code, _, cell in made.told if code not in ("not-screened", "first-sheet")]
    return [row[1] for row in made.rows], told


# ---- codes, digits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (11002, "000000", "011002"),
        (7, "00", "07"),
        (1310, "00000;-00000", "01310"),
        (600000, "000-0000", "060-0000"),
        (9012345678, "000-0000-0000", "090-1234-5678"),
        (1.1, "00.00", "01.10"),
        (8, '"第"00"号"', "08"),
        (45000, "@", "45000"),
        (1234, "#,##0", "1234"),
        (-1234, '#,##0;"△"#,##0', "-1234"),
        (12.5, "0.0", "12.5"),
        (0.5, "# ?/?", "0.5"),
        (120000, "0.0E+00", "120000"),
        (1234567890123450, "0", "1234567890123450"),
        (1234.1000000000001, "General", "1234.1"),
        (0.1 + 0.2, "0.0##", "0.3"),
    ],
)
def test_codes_and_numbers(book: Book, value: float, form: str, text: str) -> None:
    texts, told = see(book, (value, form))
    assert texts == [text]
    assert told == ([("shown-words", "B2")] if "第" in form else [])


@pytest.mark.parametrize("book", [xlsx, xls])
def test_true_and_1_in_one_column_stay_apart(book: Book) -> None:
    assert see(book, True, 1, False, 0, True)[0] == ["TRUE", "1", "FALSE", "0", "TRUE"]


@pytest.mark.parametrize("book", BOOKS)
def test_a_column_of_codes_is_read_as_each_of_its_cells(book: Book) -> None:
    codes = [(n * 37 % 200000, "000000") for n in range(300)]
    assert see(book, *codes)[0] == [f"{code:06}" for code, _ in codes]


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("value", [9007199254740993, 12345678901234567, -1234567890123456])
def test_digits_beyond_15_are_told(book: Book, value: int) -> None:
    (text,), told = see(book, (float(value), "0"))
    assert text.rstrip("0") == f"{value:.0f}"[: len(text.rstrip("0"))].rstrip("0") or told
    assert told == [("digits-lost", "B2")]


# ---- scale, words, signs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize(
    ("value", "form", "text", "code"),
    [
        (0.25, "0%", "0.25", "shown-percent"),
        (1.5, '0%"増"', "1.5", "shown-percent"),
        (-0.031, "0.0%;[Red]-0.0%", "-0.031", "shown-percent"),
        (1234567, "#,##0,", "1234567", "shown-scaled"),
        (12345678, '#,##0.0,,"百万円"', "12345678", "shown-scaled"),
        (-5000, "#,##0,;△#,##0,", "-5000", "shown-scaled"),
        (1.26, "0.0", "1.26", "shown-rounded"),
        (1234.5, "#,##0", "1234.5", "shown-rounded"),
        (0.3333, "# ?/?", "0.3333", "shown-rounded"),
        (123456, "0.00E+00", "123456", "shown-rounded"),
        (12, '0"万人"', "12", "shown-words"),
        (12, '#,##0"円"', "12", "shown-words"),
        (6, '"R"0', "6", "shown-words"),
        (2024, "[DBNum1]0", "2024", "shown-words"),
        (-5, "0;0", "-5", "shown-sign"),
        (-5, "#,##0;[Red]#,##0", "-5", "shown-sign"),
        (5, '"△"0', "5", "shown-sign"),
        (0, '#,##0;-#,##0;"-"', "0", "shown-zero"),
        (0, "#,###", "0", "shown-zero"),
        (0, "0;-0;;@", "0", "shown-zero"),
        (7, ";;;", "", "shown-nothing"),
        (-7, "0;", "", "shown-nothing"),
    ],
)
def test_what_is_shown_otherwise_is_told(book: Book, value: float, form: str, text: str, code: str) -> None:
    assert see(book, (value, form)) == ([text], [(code, "B2")])


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize(
    ("value", "form", "text"),
    [(1, '[=1]"有";[=0]"無";0', "有"), (3, '[<5]"x";0', "x"), (0, '0;0;"該当なし"', "該当なし"), (46113, "aaa", "水")],
)
def test_words_in_the_place_of_numbers_are_published(book: Book, value: float, form: str, text: str) -> None:
    assert see(book, (value, form)) == ([text], [])


@pytest.mark.parametrize("book", BOOKS)
def test_percentages_beside_percentages_in_text(book: Book) -> None:
    texts, told = see(book, (0.25, "0%"), "30%")
    assert texts == ["0.25", "30%"]
    assert told == [("shown-percent", "B2"), ("mixed-percent", "B3")]
    assert see(book, (0.25, "0%"), (30, '0"%"'))[1][:2] == [("shown-percent", "B2"), ("mixed-percent", "B3")]
    assert see(book, (0.25, "0%"), "30%", cells="shown") == (["25%", "30%"], [])


@pytest.mark.parametrize("book", BOOKS)
def test_read_cells_as_they_are_shown_or_stored(book: Book) -> None:
    cells = (
        (0.25, "0%"),
        (1234567, "#,##0,"),
        (1.26, "0.0"),
        (5, '0"人"'),
        (7, ";;;"),
        (46113, 'm"月"d"日"'),
        (11, "000"),
    )
    shown = see(book, *cells, cells="shown")
    assert shown == (["25%", "1,235", "1.3", "5人", "", "4月1日", "011"], [])
    stored = see(book, *cells, (46113.5, "yyyy/m/d"), cells="stored")
    assert stored == (["0.25", "1234567", "1.26", "5", "7", "2026-04-01", "11", "2026-04-01T12:00:00"], [])


def test_texts_with_formats_of_their_own() -> None:
    for form, code in (('@"様"', "shown-words"), ('0;0;0;"（"@"）"', "shown-words"), (";;;", "shown-nothing")):
        texts, told = see(xlsx, ("山田", form))
        assert (texts, told) == (["山田" if code == "shown-words" else ""], [(code, "B2")])
    assert see(xlsx, ("山田", "_ @_ "), ("川田", "@"), ("海田", "0.0%")) == (["山田", "川田", "海田"], [])


def test_many_cells_of_a_kind_are_one_finding() -> None:
    made = publish(xlsx(["k", "v"], *([n, (n / 7, "0.0")] for n in range(1, 50))))
    assert [(finding.code, finding.args["count"]) for finding in made.findings] == [("shown-rounded", "42")]


# ---- dates and times --------------------------------------------------------------------------------------------

HOUR = "yyyy/m/d h:mm"


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize(
    ("value", "form", "text", "code"),
    [
        (46113, HOUR, "2026-04-01T00:00:00", ""),
        (46113 + 1 / 24, HOUR, "2026-04-01T01:00:00", ""),
        (46113, "yyyy/m/d h:mm:ss", "2026-04-01T00:00:00", ""),
        (46113, 'ggge"年"m"月"d"日" h"時"', "2026-04-01T00:00:00", ""),
        (0, "h:mm", "00:00:00", ""),
        (0.375, "h:mm AM/PM", "09:00:00", ""),
        (46113, "yyyy/m/d", "2026-04-01", ""),
        (46113, '[$-411]ggge"年"m"月"d"日"', "2026-04-01", ""),
        (46113, "ge.m.d", "2026-04-01", ""),
        (46113, "yyyymmdd", "2026-04-01", ""),
        (1.25, "[h]:mm", "30:00:00", ""),
        (46113, "m/d", "2026-04-01", "shown-part"),
        (46113, 'yyyy"年"m"月"', "2026-04-01", "shown-part"),
        (46113.4380902778, HOUR, "2026-04-01T10:30:51", "shown-part"),
        (46113.5, "yyyy/m/d", "2026-04-01", "part-dropped"),
        (46113.99999, "ge.m.d", "2026-04-01", "part-dropped"),
        (1.0, "h:mm", "00:00:00", "part-dropped"),
        (46113.5, "h:mm", "12:00:00", "part-dropped"),
        (-1, "yyyy/m/d", "-1", "shown-hashes"),
        (60, "yyyy/m/d", "1900-02-29", ""),
        (59, "yyyy/m/d", "1900-02-28", ""),
        (46113, "0", "46113", ""),
    ],
)
def test_dates_and_times(book: Book, value: float, form: str, text: str, code: str) -> None:
    assert see(book, (value, form)) == ([text], [(code, "B2")] if code else [])


def test_an_hourly_column_has_one_shape() -> None:
    hours = [(46113 + n / 24, HOUR) for n in range(72)]
    texts, told = see(xlsx, *hours)
    assert told == [] and {len(text) for text in texts} == {19} and texts[24] == "2026-04-02T00:00:00"


def test_a_column_of_dates_is_read_as_each_of_its_cells() -> None:
    values = [n * 17.37 for n in range(2000)] + [46113 - 1e-9, 46113 + 1e-9, 0.5, 60.25]
    for form in ("yyyy/m/d", HOUR, "yyyy/m/d h:mm:ss", "[$-411]ge.m.d h:mm"):
        together = publish(xlsx(["v"], *([(value, form)] for value in values)))
        alone = [publish(xlsx(["v"], [(value, form)])).rows[0] for value in values[::97]]
        assert together.rows[::97] == alone


def test_a_book_that_counts_from_1904() -> None:
    def since_1904(book: Any) -> None:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    body = xlsx(["a", "b"], [(44651, "yyyy/m/d"), (0, "yyyy/m/d h:mm")], fill=since_1904)
    assert publish(body).rows == [["2026-04-01", "1904-01-01T00:00:00"]]
    for said, day in (("true", "2026-04-01"), ("0", "2022-03-31"), ("false", "2022-03-31")):
        other = replace_part(
            body, "xl/workbook.xml", lambda xml, said=said: xml.replace(b'date1904="1"', f'date1904="{said}"'.encode())
        )
        assert publish(other).rows[0][0] == day


def test_an_old_book_that_counts_from_1904() -> None:
    for since_1904, day in ((True, "2026-04-01"), (False, "2022-03-31")):
        book = xlwt.Workbook()
        book.dates_1904 = since_1904
        sheet, style = book.add_sheet("表"), xlwt.XFStyle()
        style.num_format_str = "yyyy/m/d"
        sheet.write(0, 0, "a")
        sheet.write(1, 0, 44651, style)
        assert publish(save(book)).rows == [[day]]


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ("xl/_rels/workbook.xml.rels", "xl/_rels/workbook.xml.rels: ない / missing"),
        ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml: ない / missing"),
        ("xl/styles.xml", ""),
    ],
)
def test_a_workbook_without_one_of_its_parts(part: str, why: str) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx(["a"], [1]))) as opened, zipfile.ZipFile(sink, "w") as made:
        for name in opened.namelist():
            if name != part:
                made.writestr(name, opened.read(name))
    outcome = publish(sink.getvalue())
    assert [(one.code, one.args["why"]) for one in outcome.findings] == ([("broken-file", why)] if why else [])
    assert outcome.rows == ([] if why else [["1"]])


@pytest.mark.parametrize(
    ("clock", "form", "hidden"),
    [
        (9, "h", False), (9.5, "h", True), (9.5, "h:mm", False), (9 + 1 / 3600, "h:mm", True), (9 + 1 / 3600, "h:mm:ss", False),
        (9.5, "h AM/PM", True), (9 + 1 / 3600, "h", True), (0, "h", False),
    ],
)  # fmt: skip
def test_minutes_and_seconds_that_are_not_shown_are_told(clock: float, form: str, hidden: bool) -> None:
    (text,), told = see(xlsx, (45000 + clock / 24, f"yyyy/m/d {form}"))
    assert text.startswith("2023-03-15T") and told == ([("shown-part", "B2")] if hidden else [])


def test_cells_of_the_type_date_are_what_they_say() -> None:
    """ECMA-376 part 1, 18.18.11: `t="d"` holds an ISO 8601 date; other programs than Excel write it."""
    days = {b"1": b"2026-04-01", b"2": b"2026-04-01T09:00:00"}

    def change(xml: bytes) -> bytes:
        for number, day in days.items():
            old = b't="n"><v>' + number + b"<"
            assert xml.count(old) == 1
            xml = xml.replace(old, b't="d"><v>' + day + b"<")
        return xml

    made = publish(replace_part(xlsx(["a"], [1], [2]), "xl/worksheets/sheet1.xml", change))
    assert (made.rows, made.told) == ([[day.decode()] for day in days.values()], [])


def test_dates_as_iso_texts() -> None:
    book = openpyxl.Workbook(iso_dates=True)
    book.active.append(["a", "b", "c", "d"])
    book.active.append([datetime(2026, 4, 1), datetime(2026, 4, 1, 9), time(1, 2, 3), timedelta(hours=30)])
    assert publish(save(book)).rows == [["2026-04-01T00:00:00", "2026-04-01T09:00:00", "01:02:03", "30:00:00"]]


# ---- errors -----------------------------------------------------------------------------------------------------

ERROR_CELLS = [
    '<c r="B2" t="e"><v>#N/A</v></c>',
    '<c t="e" r="B2"><v>#N/A</v></c>',
    "<c r='B2' t='e'><v>#N/A</v></c>",
    '<c r="B2" t="e"><f>1/0</f><v>#N/A</v></c>',
    '<c r="B2" t="e">\n  <v>#N/A</v>\n</c>',
    '<c r="B2" s="0" t="e" cm="1"><f t="array" ref="B2">x</f><v>#N/A</v></c>',
    '<c\n  t = "e"\n  r = "B2"\n><v\n>#N/A</v></c>',
    '<c t="e"><v>#N/A</v></c>',
    '<x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="B2" t="e"><x:v>#N/A</x:v></x:c>',
    '<c r="B2" t="e"><v><![CDATA[#N/A]]></v></c>',
]


@pytest.mark.parametrize("cell", ERROR_CELLS)
def test_errors_however_they_are_written(cell: str) -> None:
    first = f'<row r="1">{words("A1", "a")}{words("B1", "b")}</row>'
    made = publish(sheet_xml(first, f'<row r="2">{words("A2", "x")}{cell}</row>'))
    assert made.told == [("excel-error", "error", "B2")]
    assert made.findings[0].value == "#N/A" and made.findings[0].place.column == "b"


UNSAVED_CELLS = [
    '<c r="B2"><f>1+1</f></c>',
    '<c r="B2"><f>1+1</f><v/></c>',
    '<c r="B2"><f>1+1</f><v></v></c>',
    "<c r='B2'>\n<f>1+1</f>\n<v />\n</c>",
    '<c s="0" r="B2"><f t="shared" si="0"/></c>',
    "<c><f>1+1</f></c>",
]


@pytest.mark.parametrize("cell", UNSAVED_CELLS)
def test_formulas_without_a_value_however_they_are_written(cell: str) -> None:
    first = f'<row r="1">{words("A1", "a")}{words("B1", "b")}</row>'
    made = publish(sheet_xml(first, f'<row r="2">{words("A2", "x")}{cell}</row>'))
    assert made.told == [("formula-without-value", "error", "B2")]


def test_formulas_alone_in_the_last_rows_are_not_lost() -> None:
    made = publish(xlsx(["a", "b"], ["x", 1], [None, "=B2"], [None, "=B3"]))
    assert made.told == [("formula-without-value", "error", "B3"), ("formula-without-value", "error", "B4")]


def old_errors(formula: bool = False) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for at, name in enumerate("abc"):
        sheet.write(0, at, name)
        sheet.write(1, at, "x")
    for row, code in enumerate((0x00, 0x07, 0x2A, 0x17), 2):
        sheet.write(row, 0, f"x{row}")
        if formula:
            sheet.write(row, 1, xlwt.Formula("1/0"))
        else:
            sheet.row(row).set_cell_error(1, code)
        sheet.write(row, 2, row)
    return save(book)


def test_errors_of_old_workbooks() -> None:
    made = publish(old_errors())
    assert [(told[0], told[2]) for told in made.told] == [("excel-error", f"B{row}") for row in range(3, 7)]
    assert [finding.value for finding in made.findings] == ["#NULL!", "#DIV/0!", "#N/A", "#REF!"]
    assert {told[0] for told in publish(old_errors(formula=True)).told} == {"formula-without-value"}


@pytest.mark.parametrize("value", ["#DIV/0!", "#N/A", "#REF!"])
def test_errors_of_other_formats(value: str) -> None:
    told = [
        (finding.code, finding.place.cell, finding.value)
        for finding in publish(xlsb(["a", "b"], ["x", value])).findings
    ]
    assert told[1:] == [("excel-error", "B2", value)]
    cell = f'<table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error"><text:p>{value}</text:p></table:table-cell>'
    for each in (cell, cell.replace('calcext:value-type="error"', "")):
        made = publish(ods(ods_cell("a") + ods_cell("b"), ods_cell("x") + each))
        assert [(finding.code, finding.place.cell) for finding in made.findings] == [("excel-error", "B2")]


def test_only_errors_that_stay_are_told() -> None:
    body = xlsx(["a", "b", "c"], ["x", "#N/A", 1], ["小計", 2, "#REF!"], ["y", 3, "#NUM!"])
    assert {told[2] for told in publish(body).told} == {"B2", "C3", "C4"}
    assert [told[2] for told in publish(body, "- drop_columns: [b]").told] == ["C3", "C4"]
    assert [told[2] for told in publish(body, "- drop_rows: {match: {a: 小計}}").told] == ["B2", "C4"]
    assert [told[2] for told in publish(body, "- select: [a, b]").told] == ["B2"]
    assert publish(body, "- drop_rows: {match: {a: 小計}}", "- select: [a]").told == []
    assert [told[2] for told in publish(body, skip=["^小計"]).told] == ["B2", "C4"]
    emptied = publish(body, "- select: [a, b]", '- replace: {columns: [b], pattern: "^#N/A$", with: ""}')
    assert (emptied.told, emptied.rows[0]) == ([], ["x", ""])


def test_errors_are_followed_through_steps() -> None:
    body = xlsx(["a", "b", "c"], ["x", "#N/A", 1], ["y", 2, "#REF!"])
    melted = publish(body, "- melt: {keep: [a], names_to: n, values_to: v}")
    assert [(finding.place.cell, finding.place.column) for finding in melted.findings] == [
        ("B2", "v（b）"),
        ("C3", "v（c）"),
    ]
    joined = publish(body, '- combine: {columns: [a, b], into: d, separator: "-"}', "- select: [d]")
    assert [finding.place.cell for finding in joined.findings] == ["B2"]
    parsed = publish(body, "- parse_number: {columns: [b, c]}")
    assert parsed.told == [("excel-error", "error", "B2"), ("excel-error", "error", "C3")]


def test_errors_in_headings_and_titles() -> None:
    assert publish(xlsx(["a", "#REF!"], ["x", 1])).told == [("excel-error", "error", "B1")]
    assert publish(xlsx(["a", "#REF!"], ["x", 1]), '- rename: {"#REF!": b}').told == []
    melted = publish(xlsx(["a", "#REF!"], ["x", 1]), "- melt: {keep: [a], names_to: n, values_to: v}")
    assert melted.told == [("excel-error", "error", "B1")]
    how = {"title": (TitleLine(line=1, pattern="(?P<year>.+)"),), "header": Header(row=2)}
    assert publish(xlsx(["#NAME?"], ["a", "b"], ["x", 1]), **how).told == [("excel-error", "error", "A1")]


def test_what_is_told_of_dropped_cells_is_not_told() -> None:
    body = xlsx(["a", "b"], ["x", (1234567, "#,##0,")], ["y", (0.5, "0%")])
    assert publish(body).codes == ["shown-scaled", "shown-percent"]
    assert publish(body, "- drop_columns: [b]").codes == []
    assert publish(body, "- drop_rows: {match: {a: x}}").codes == ["shown-percent"]
    assert publish(body, '- replace: {columns: [b], pattern: "^.*$", with: "1"}').codes == []


def test_what_stands_beside_the_table_is_not_told() -> None:
    title = ["題", None, (0.5, "0%")]
    made = publish(xlsx(title, ["k", "v"], ["x", 1]), header=Header(row=2))
    assert (made.columns, made.rows, made.told) == (["k", "v"], [["x", "1"]], [])


@pytest.mark.parametrize("book", BOOKS)
def test_an_empty_sheet_is_told_as_such(book: Book) -> None:
    assert [code for code in publish(book()).codes if code != "not-screened"] == ["empty-sheet"]


# ---- .ods -------------------------------------------------------------------------------------------------------

HEAD = ods_cell("k") + ods_cell("v")


@pytest.mark.parametrize(
    ("cell", "text", "code"),
    [
        (ods_cell("011002", "float", value="11002"), "011002", ""),
        (ods_cell("060-0000", "float", value="600000"), "060-0000", ""),
        (ods_cell("1,234", "float", value="1234"), "1234", ""),
        (ods_cell("△1,234", "float", value="-1234"), "-1234", ""),
        (ods_cell("0.3", "float", value="0.30000000000000004"), "0.3", ""),
        (ods_cell("1234567890123450", "float", value="1234567890123450"), "1234567890123450", ""),
        (ods_cell("25%", "percentage", value="0.25"), "0.25", "shown-percent"),
        (ods_cell("1,235", "float", value="1234567"), "1234567", "shown-scaled"),
        (ods_cell("1.3", "float", value="1.26"), "1.26", "shown-rounded"),
        (ods_cell("5人", "float", value="5"), "5", "shown-words"),
        (ods_cell("¥5", "currency", value="5"), "5", "shown-words"),
        (ods_cell("5", "float", value="-5"), "-5", "shown-sign"),
        (ods_cell("-", "float", value="0"), "0", "shown-zero"),
        (ods_cell("", "float", value="7"), "", "shown-nothing"),
        (ods_cell("有", "float", value="1"), "有", ""),
        (ods_cell("2026/04/01 00:00", "date", date_value="2026-04-01"), "2026-04-01T00:00:00", ""),
        (ods_cell("2026/04/01", "date", date_value="2026-04-01"), "2026-04-01", ""),
        (ods_cell("令和8年4月1日", "date", date_value="2026-04-01"), "2026-04-01", ""),
        (ods_cell("4/1", "date", date_value="2026-04-01"), "2026-04-01", "shown-part"),
        (ods_cell("2026/04/01", "date", date_value="2026-04-01T12:00:00"), "2026-04-01", "part-dropped"),
        (ods_cell("30:00", "time", time_value="PT30H00M00S"), "30:00:00", ""),
        (ods_cell("09:05", "time", time_value="PT09H05M00S"), "09:05:00", ""),
        (ods_cell("TRUE", "boolean", boolean_value="true"), "TRUE", ""),
        ('<table:table-cell table:formula="of:=1+1"/>', "#UNSAVED!", "formula-without-value"),
    ],
)
def test_cells_of_open_document(cell: str, text: str, code: str) -> None:
    cell = cell.replace("table:date-value", "office:date-value")
    made = publish(ods(HEAD, ods_cell("x") + cell))
    assert [row[1] for row in made.rows] == [text]
    assert [told[0] for told in made.told] == ([code] if code else [])


def test_rows_and_columns_of_open_document() -> None:
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    two = ods_cell("7", "float", value="7", number_columns_repeated="2")
    note = '<table:table-cell office:value-type="string"><office:annotation><text:p>内緒</text:p></office:annotation>'
    body = ods(
        ods_cell("a") + ods_cell("b") + ods_cell("c") + empty,
        f'{note}<text:p>x<text:s text:c="2"/>y</text:p><text:p>z</text:p></table:table-cell>{two}{empty}',
        f'<table:table-row table:number-rows-repeated="1048570">{empty}</table:table-row>',
    )
    assert publish(body).rows == [["x  y\nz", "7", "7"]]


def test_places_in_open_document_count_what_is_repeated_and_empty() -> None:
    empty = '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
    merged = ods_cell("見出し", number_columns_spanned="2") + "<table:covered-table-cell/>"
    row = f'<table:table-row table:number-rows-repeated="3">{ods_cell("x") + ods_cell("y")}</table:table-row>'
    told = ods_cell("z") + ods_cell("25%", "percentage", value="0.25")
    made = publish(ods(ods_cell("題"), empty, merged, HEAD, row, empty, told), header=Header(row=4, rows=2))
    assert (made.columns, len(made.rows), made.rows[-1]) == (["見出し_k", "見出し_v"], 4, ["z", "0.25"])
    assert [cell for _, _, cell in made.told] == ["B11"]


def test_what_a_merged_cell_of_open_document_covers_is_not_published() -> None:
    covered = '<table:covered-table-cell office:value-type="string"><text:p>old</text:p></table:covered-table-cell>'
    body = ods(HEAD, ods_cell("x", number_columns_spanned="2") + covered, ods_cell("y") + ods_cell("z"))
    assert publish(body).rows == [["x", ""], ["y", "z"]]


def test_readings_above_words_of_open_document_are_no_text() -> None:
    read = "<text:ruby><text:ruby-base>港区</text:ruby-base><text:ruby-text>みなとく</text:ruby-text></text:ruby>"
    cell = f'<table:table-cell office:value-type="string"><text:p>{read}役所</text:p></table:table-cell>'
    assert publish(ods(HEAD, cell + ods_cell("1"))).rows == [["港区役所", "1"]]


def test_hidden_sheets_and_merged_cells_of_open_document() -> None:
    more = f'<table:table table:name="次"><table:table-row>{ods_cell("a")}</table:table-row></table:table>'
    merged = ods_cell("見出し", number_columns_spanned="2") + "<table:covered-table-cell/>"
    body = ods(merged, HEAD, ods_cell("x") + ods_cell("y"), more=more)
    made = publish(body, header=Header(rows=2))
    assert (made.columns, made.codes) == (["見出し_k", "見出し_v"], ["first-sheet"])
    hidden = more.replace("<table:table ", '<table:table table:style-name="h" ')
    assert publish(ods(merged, HEAD, HEAD, more=hidden), header=Header(rows=2)).codes == []


def test_an_open_document_that_never_ends() -> None:
    far = ods_cell("x", number_columns_repeated="16384")
    assert publish(ods(far)).codes == ["read-limit"]
    many = f'<table:table-row table:number-rows-repeated="999999999">{ods_cell("a") * 100}</table:table-row>'
    assert publish(ods(many)).codes == ["read-limit"]


def test_styles_elsewhere() -> None:
    """Without styles every number is General."""
    body = replace_part(xlsx(["a"], [(0.25, "0%")]), "xl/styles.xml", lambda xml: xml.replace(b"cellXfs", b"otherXfs"))
    assert publish(body).rows == [["0.25"]]
