"""The rules of machine-readability on files in which one thing is odd, and what the rules see of a file."""

import csv
import io
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import openpyxl
import pytest
import xlwt
from books import make, pack
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import Color, Font, PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from entaku.audit.grids import MOST_ROWS, Grid, find_kind, open_file, read_records, read_xls, scan_csv
from entaku.audit.known import Known
from entaku.audit.rulebook import Judged, JudgedFile, Ruling, join_rulings
from entaku.audit.rules import judge
from entaku.audit.tables import find_areas, is_any_number, is_plain, looks_numeric
from entaku.formats.limits import CELL
from entaku.formats.xlsx import CellStyle
from entaku.formats.zips import BrokenError
from entaku.model.grammar import Pipeline, Resource
from entaku.model.nouns import Place
from entaku.model.table_schema import Constraints, ForeignKey, Reference, Schema, SchemaField
from entaku.model.words import Text


def test_what_a_mac_puts_beside_the_files_of_a_zip_is_not_judged() -> None:
    body = pack({"a.csv": b"x,y\n1,2\n", "__MACOSX/._a.csv": b"x,y\n1,2\n", ".hidden.csv": b"x\n1\n"})
    book = open_file("a.zip", body, lambda name: True)
    assert [name for name, _ in book.kinds] == ["a.csv"] and len(book.grids) == 1


# ---- the rules of machine-readability ----------------------------------------------------------------------------


def rule(name: str, body: str | bytes, file: str = "data.csv") -> Ruling:
    found = judge(file, body.encode() if isinstance(body, str) else body).rulings
    return next(each for each in found if each.rule == name)


@pytest.mark.parametrize(
    ("head", "state"),
    [("1,2,3", "failed"), ("7,8,9", "failed"), ("1,2,4", "passed"), ("3,2,1", "passed"), ("県,2,3", "passed")],
)
def test_columns_that_are_only_counted_have_no_names(head: str, state: str) -> None:
    assert rule("L1-05", f"{head}\n東京都,12,a\n大阪府,13,b\n").state == state


def test_cells_that_are_merged_below_the_header_are_no_shared_names() -> None:
    def merge(cells: str) -> Callable[[openpyxl.Workbook], object]:
        return lambda book: book.active.merge_cells(cells)

    assert rule("L2-03", make(merge("B3:C3")), "a.xlsx").state == "passed"
    assert rule("L2-03", make(merge("B1:C1")), "a.xlsx").state == "failed"
    assert rule("L2-03", make(merge("A1:A2")), "a.xlsx").count == 0


PREFECTURES = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
]


@pytest.mark.parametrize("name", PREFECTURES)
def test_each_prefecture_is_known_by_its_full_name(name: str) -> None:
    other = "大阪府" if name != "大阪府" else "東京都"
    assert rule("L3-06", f"都道府県,人口\n{name},1\n{other},2\n").state == "passed"
    if name != "北海道":
        assert rule("L3-06", f"都道府県,人口\n{name[:-1]},1\n{other[:-1]},2\n").state == "failed"


def test_a_file_is_judged_whole_unless_it_is_longer_than_what_is_looked_at() -> None:
    assert judge("a.csv", b"x,y\n1,2\n").whole
    rows = "".join(f"{n},a\n" for n in range(MOST_ROWS + 5))
    long = judge("a.csv", f"x,y\n{rows}".encode())
    assert not long.whole and long.rows <= MOST_ROWS


def test_numbers_of_a_workbook_are_spelt_without_an_exponent() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        for n, number in enumerate((1234.5, 0.0000001, 1e16, 2.0, -0.25), 5):
            book.active[f"B{n}"] = number

    (grid,) = open_file("a.xlsx", make(fill), lambda _: True).grids
    assert [cells[1] for cells in grid.rows[4:]] == ["1234.5", "0.0000001", "10000000000000000", "2", "-0.25"]


def test_places_name_their_file_where_there_are_several() -> None:
    places = (Place(row=3),)
    files = [
        JudgedFile(f"https://x.example/{n}.csv", "0", ("t",), (Ruling("L1-05", "failed", "major", 1, places),), 1, True)
        for n in range(2)
    ]
    (one,) = join_rulings(Judged((files[0],)))
    assert one.places == places
    (both,) = join_rulings(Judged(tuple(files)))
    assert [place.file for place in both.places] == ["0.csv", "1.csv"] and both.count == 2


# ---- how cells look ----------------------------------------------------------------------------------------------


def test_colours_and_letters_of_cells_are_seen_where_they_are_not_the_usual_ones() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        sheet["A2"].fill = PatternFill("solid", fgColor="FFFFFF00")
        sheet["B2"].fill = PatternFill("solid", fgColor="FFFFFFFF")
        sheet["C2"].fill = PatternFill("gray125")
        sheet["A3"].font = Font(color="FFFF0000", bold=True)
        sheet["B3"].font = Font(color="FF000000")
        sheet["C3"].font = Font(italic=True)
        sheet["A4"].fill = PatternFill("solid", fgColor=Color(theme=4, tint=0.5))
        sheet["B4"].font = Font(color=Color(theme=1))
        sheet["C4"].font = Font(color=Color(indexed=10))

    (grid,) = open_file("a.xlsx", make(fill), lambda _: True).grids
    assert dict(grid.styles) == {
        (1, 0): CellStyle(fill="FFFFFF00"),
        (2, 0): CellStyle(colour="FFFF0000", bold=True),
        (2, 2): CellStyle(italic=True),
        (3, 0): CellStyle(fill="theme40.5"),
        (3, 2): CellStyle(colour="10"),
    }


@pytest.mark.parametrize("base", [CALENDAR_WINDOWS_1900, CALENDAR_MAC_1904])
def test_days_and_times_are_seen_as_such(base: datetime) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.epoch = base
        sheet = book.active
        sheet["A5"], sheet["B5"], sheet["C5"] = date(2026, 6, 1), datetime(2026, 6, 1, 12, 30), 46000
        sheet["A6"], sheet["B6"] = 46000, 46000
        sheet["A6"].number_format, sheet["B6"].number_format = "0.00", "ggge年m月d日"

    (grid,) = open_file("a.xlsx", make(fill), lambda _: True).grids
    day = (base + timedelta(days=46000)).date().isoformat()
    assert grid.rows[4] == ("2026-06-01", "2026-06-01T12:30:00", "46000") and grid.rows[5][:2] == ("46000", day)


def known(*fields: SchemaField) -> Known:
    resource = Resource(name="t", title=Text(ja="表"), schema=Schema(fields=fields))
    return Known(None, (resource,))


@pytest.mark.parametrize("how", ["enum", "categories"])
def test_choices_that_the_spec_allows_are_what_others_are_compared_with(how: str) -> None:
    allowed = ("取組済", "検討中")
    field = SchemaField(name="x", title=Text(ja="状況"), categories=allowed if how == "categories" else ())
    if how == "enum":
        field = replace(field, constraints=Constraints(enum=allowed))
    body = "区,状況\n千代田区,取組済\n港区,取組済み\n北区,検討中\n".encode()
    found = {
        each.rule: each
        for each in judge("a.csv", body, known(SchemaField(name="y", title=Text(ja="区")), field)).rulings
    }
    assert (found["L2-04"].state, found["L2-04"].count) == ("failed", 1)
    assert rule("L2-04", body).state == "passed"


@pytest.mark.parametrize(
    ("members", "kind"),
    [({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "ods"), ({"mimetype": b"application/epub+zip"}, "other"),
     ({"word/document.xml": b""}, "word"), ({"ppt/presentation.xml": b""}, "other"), ({"xl/workbook.xml": b""}, "xlsx"),
     ({"a.csv": b""}, "zip")],
)  # fmt: skip
def test_a_package_is_what_its_parts_say(members: dict[str, bytes], kind: str) -> None:
    assert find_kind("a.bin", pack(members)) == kind


def test_a_zip_that_cannot_be_opened_is_broken() -> None:
    body = pack({"a.csv": b"x,y\n1,2\n"})
    assert open_file("a.zip", body, lambda _: True).kind == "zip"
    book = open_file("a.zip", body[:-30], lambda _: True)
    assert (book.kind, book.broken, book.grids) == ("other", False, ()) or (book.kind, book.broken) == ("zip", True)


Box = tuple[int, int, int, int, int, tuple[int, ...]]


def find_boxes(text: str, header: tuple[int, int] | None = None) -> list[Box]:
    grid = scan_csv(text, ",", "", "utf-8", 1000)
    return [(area.top, area.left, area.bottom, area.right, area.head, area.gaps) for area in find_areas(grid, header)]


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("県,人口\n東京都,14\n大阪府,9\n", [(0, 0, 2, 1, 1, ())]),
        ("県,人口\n\n東京都,14\n大阪府,9\n", [(0, 0, 3, 1, 1, (1,))]),
        ("県,首都\n\n東京都,新宿\n大阪府,大阪\n", [(0, 0, 3, 1, 1, (1,))]),
        ("県,首都,他\n\n東京都,新宿\n大阪府,大阪\n", [(2, 0, 3, 1, 1, ())]),
        ("県,人口\n東京都,14\n\n大阪府,9\n京都府,5\n", [(0, 0, 4, 1, 1, (2,))]),
        ("県,人口\n東京都,14\n\n県,面積\n東京都,2194\n", [(0, 0, 1, 1, 1, ()), (3, 0, 4, 1, 1, ())]),
        ("県,人口\n東京都,14\n県,人口\n大阪府,9\n", [(0, 0, 1, 1, 1, ()), (2, 0, 3, 1, 1, ())]),
        ("県,人口\n東京都,14\n大阪の表\n県,人口\n大阪府,9\n", [(0, 0, 1, 1, 1, ()), (3, 0, 4, 1, 1, ())]),
        ("県,人口\n東京都,14\n大阪の表,x\n県,人口\n大阪府,9\n", [(0, 0, 2, 1, 1, ()), (3, 0, 4, 1, 1, ())]),
        (
            "県,人口\n東京都,14\n\n北,5\n表\n県,人口\n大阪府,9\n\n京都府,3\n",
            [(0, 0, 3, 1, 1, (2,)), (5, 0, 8, 1, 1, (7,))],
        ),
        ("県\n東京都\n県\n大阪府\n", [(0, 0, 3, 0, 1, ())]),
        ("県,首都\n東京都,新宿\n\n大阪府,大阪\n", [(0, 0, 3, 1, 1, (2,))]),
        ("県,首都\n東京都,新宿\n\n県,首都\n大阪府,大阪\n", [(0, 0, 1, 1, 1, ()), (3, 0, 4, 1, 1, ())]),
        ("県,人口,面積,人\n東京都,14,2,x\n\n大阪府,9\n", [(0, 0, 3, 3, 1, (2,))]),
        ("県,人口\n東京都,14\n\nx,y,z\na,b,c\n", [(0, 0, 1, 1, 1, ()), (3, 0, 4, 2, 1, ())]),
        ("人口の表\n県,人口\n東京都,14\n大阪府,9\n注：見本\n", [(1, 0, 3, 1, 1, ())]),
        ("人口の表\n\n県,人口\n東京都,14\n\n注：見本\n", [(2, 0, 3, 1, 1, ())]),
        ("区,人口,\n,男,女\n港区,1,2\n北区,3,4\n", [(0, 0, 3, 2, 2, ())]),
        (",人口\n,14\n", [(0, 1, 1, 1, 1, ())]),
        ("県\n東京都\n大阪府\n", [(0, 0, 2, 0, 1, ())]),
        ("", []),
    ],
)
def test_tables_are_found_with_their_headers_and_gaps(text: str, boxes: list[Box]) -> None:
    assert find_boxes(text) == boxes


@pytest.mark.parametrize(
    ("text", "header", "boxes"),
    [
        ("x\ny\n県,人口\n東京都,14\n", (3, 1), [(2, 0, 3, 1, 1, ())]),
        ("x,y\n県,人口\n東京都,14\n\n大阪府,3\n", (2, 1), [(1, 0, 4, 1, 1, (3,))]),
        ("県,人口\n区,a\n東京都,14\n", (1, 2), [(0, 0, 2, 1, 2, ())]),
        ("県,人口\n東京都,14\n", (9, 1), [(0, 0, 1, 1, 1, ())]),
        ("県,人口\n\n東京都,14\n", (2, 1), [(0, 0, 2, 1, 1, (1,))]),
    ],
)
def test_a_header_that_the_spec_tells_is_where_it_says(text: str, header: tuple[int, int], boxes: list[Box]) -> None:
    assert find_boxes(text, header) == boxes


@pytest.mark.parametrize(
    ("times", "count"),
    [("2021-04-01 2021-04-02", 0), ("2021-04-01 2021/04/02 2021-04-03", 1), ("2021/04/01 2021/04/02 2021-04-03", 1),
     ("2021-04-01 x 2021-04-03", 0), ("2021 2022", 0)],
)  # fmt: skip
def test_times_of_a_column_are_written_in_one_way(times: str, count: int) -> None:
    cells = times.split()
    body = "日付,値\n" + "".join(f"{cell},{n}\n" for n, cell in enumerate(cells))
    assert rule("L3-05", body).count == count


@pytest.mark.parametrize(("codes", "held"), [(1, False), (2, True), (30, True), (31, False)])
def test_a_few_codes_need_an_explanation(codes: int, held: bool) -> None:
    body = "区分コード,値\n" + "".join(f"{n % codes + 10},{n}\n" for n in range(codes * 2))
    assert (rule("L3-02", body).why != "no-codes") is held


def test_lines_of_an_old_workbook_count_from_its_first_row() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for row in range(1, 4):
        sheet.write(row, 0, row)
    sink = io.BytesIO()
    book.save(sink)
    (grid,) = read_xls(sink.getvalue(), "", 10)
    assert (grid.lines, [cells[:1] for cells in grid.rows]) == ((1, 2, 3, 4), [("",), ("1",), ("2",), ("3",)])


# ---- what is a number --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("12", "plain any looks"), ("-1.5", "plain any looks"), ("1e5", "plain any looks"), ("1.", ""), ("", ""),
        ("１２", "any looks"), ("1,234", "any looks"), ("▲50,000", "any looks"), ("△1.5", "any looks"),
        ("350000円", "looks"), ("▲ 3 人", "looks"), ("12.5％", "looks"), ("5%", "looks"), ("¥400,000", "looks"),
        ("(500)", "looks"), ("12（注）", "looks"), ("0(a", "looks"), ("150 000", "looks"), (" 12 ", "any looks"),
        ("一二三", ""), ("港区", ""), ("A12", ""), ("1-2", ""), ("3月", "looks"), ("平成30", ""),
    ],
)  # fmt: skip
def test_numbers_as_programs_as_offices_and_as_people_write_them(text: str, kinds: str) -> None:
    told = [("plain", is_plain), ("any", is_any_number), ("looks", looks_numeric)]
    assert [name for name, holds in told if holds(text)] == kinds.split()


@pytest.mark.parametrize(("numbers", "numeric"), [(7, True), (6, False), (10, True), (0, False)])
def test_a_column_is_numeric_where_seven_cells_of_ten_are(numbers: int, numeric: bool) -> None:
    cells = ["1,200"] * numbers + ["区"] * (10 - numbers) + [" ", ""]
    text = "\n".join(["見出し,値", *(f'"{cell}",1' for cell in cells)])
    (area,) = find_areas(scan_csv(text, ",", "", "utf-8", 1000), None)
    assert (area.columns[0].numeric, area.columns[0].filled) == (numeric, 10)


@pytest.mark.parametrize(
    ("text", "rows", "lines", "slips"),
    [
        ("a,b\n1,2\n", [("a", "b"), ("1", "2")], [1, 2], []),
        ('"a","b""c"\n', [("a", 'b"c')], [1], []),
        ('a,"b\n1,2\n3,4\n', [("a", '"b'), ("1", "2"), ("3", "4")], [1, 2, 3], [(1, "open")]),
        ('a,b\n1,2"\n3,4\n', [("a", "b"), ("1", '2"'), ("3", "4")], [1, 2, 3], [(2, "open")]),
        ('a,"b"c\n1,2\n', [("a", "bc"), ("1", "2")], [1, 2], [(1, "quote")]),
        ('a,b\n"x\ny",2\n3,4\n', [("a", "b"), ("x\ny", "2"), ("3", "4")], [1, 2, 4], [(2, "lines")]),
        ("a,b\r\n\r\n1,2\r\n", [("a", "b"), ("",), ("1", "2")], [1, 2, 3], []),
    ],
)
def test_records_of_a_csv_and_slips_of_its_quotes(
    text: str, rows: list[tuple[str, ...]], lines: list[int], slips: list[tuple[int, str]]
) -> None:
    grid = scan_csv(text, ",", "", "utf-8", 3)
    assert (list(grid.rows), list(grid.lines), grid.whole) == (rows, lines, True)
    assert [(slip.row, slip.kind) for slip in grid.slips] == slips
    assert scan_csv(text + "x\n" * 3, ",", "", "utf-8", 3).whole is False
    assert scan_csv(text.replace(",", ";"), ";", "", "utf-8", 3).rows == grid.rows


@given(st.text("ab,\r\n\t 　", max_size=30), st.integers(1, 4))
def test_lines_without_quotes_are_read_as_records(text: str, most: int) -> None:
    grid, records = scan_csv(text, ",", "", "utf-8", most), list(read_records(text, ","))
    assert grid.rows == tuple(tuple(cells or [""]) for _, _, cells in records[:most])
    assert grid.lines == tuple(line for line, _, _ in records[:most])
    assert grid.whole is (len(records) <= most)


def test_a_cell_beyond_every_limit_is_refused_without_quotes_too() -> None:
    assert scan_csv("a," + "x" * CELL + "\n", ",", "", "utf-8", 3).rows[0][1] == "x" * CELL
    with pytest.raises(csv.Error):
        scan_csv("a,b\na," + "x" * (CELL + 1) + "\n", ",", "", "utf-8", 3)


def test_a_reader_that_panics_says_that_the_file_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    book = xlwt.Workbook()
    book.add_sheet("表").write(0, 0, 1)
    sink = io.BytesIO()
    book.save(sink)

    def fail(kind: type[BaseException]) -> None:
        def open_(*_: object) -> None:
            raise kind("index out of bounds")

        monkeypatch.setattr(sys.modules[read_xls.__module__].CalamineWorkbook, "from_filelike", open_, raising=False)

    fake = type("Fake", (), {"from_filelike": None})
    monkeypatch.setattr(sys.modules[read_xls.__module__], "CalamineWorkbook", fake)
    fail(type("PanicException", (BaseException,), {}))
    with pytest.raises(BrokenError, match="index out of bounds"):
        read_xls(sink.getvalue(), "", 10)
    fail(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        read_xls(sink.getvalue(), "", 10)


def test_codes_are_explained_by_the_table_that_their_own_column_refers_to() -> None:
    fields = (SchemaField(name="kind", title=Text(ja="区分コード")), SchemaField(name="n", title=Text(ja="値")))
    body = "区分コード,値\n" + "1,5\n2,6\n" * 4
    for column, explained in (("kind", True), ("n", False)):
        key = ForeignKey(fields=(column,), reference=Reference(resource="other", fields=("x",)))
        resource = Resource(name="t", title=Text(ja="表"), schema=Schema(fields=fields, foreignKeys=(key,)))
        pipeline = Pipeline(
            name="p", title=Text(), description=Text(), publisher="", license="", frequency="daily", resources=()
        )
        found = {one.rule: one.state for one in judge("a.csv", body.encode(), Known(pipeline, (resource,))).rulings}
        assert (found["L3-02"] == "passed") is explained


def test_a_merged_heading_names_every_column_that_it_covers() -> None:
    rows = (
        ("題", "", "", ""),
        ("区", "人口", "", "備考"),
        ("", "男", "女", ""),
        ("港", "1", "2", "x"),
        ("北", "3", "4", "y"),
    )
    grid = Grid("s", True, rows, (1, 2, 3, 4, 5), True, merged=((1, 1, 1, 2), (1, 0, 2, 0), (1, 3, 2, 3)))
    (area,) = find_areas(grid, None)
    assert (area.top, area.left, area.bottom, area.right, area.head) == (1, 0, 4, 3, 2)
    assert [column.heading for column in area.columns] == ["区", "人口_男", "人口_女", "備考"]
    assert [column.cells for column in area.columns][1:] == [("1", "3"), ("2", "4"), ("x", "y")]


def test_a_table_below_with_the_years_again_is_a_second_one() -> None:
    years = "2021年,2022年\n東京都,1,2\n大阪府,3,4\n"
    found = {one.rule: one.state for one in judge("a.csv", f"県,{years}\n面積,{years}".encode()).rulings}
    assert found["L1-02"] == "failed"
    same = "県,2021,2022\n東京都,1,2\n大阪府,3,4\n\n京都府,5,6\n"
    assert {one.rule: one.state for one in judge("a.csv", same.encode()).rulings}["L1-02"] == "passed"


@pytest.mark.parametrize(
    ("text", "top", "head"), [("財務情報", 0, 2), ("単位：千円", 1, 1), ("2026年3月31日現在", 1, 1)]
)
def test_a_merged_cell_above_the_right_half_is_a_group_or_a_remark(text: str, top: int, head: int) -> None:
    rows = (("", text, ""), ("会社", "売上", "利益"), ("A", "12", "3"), ("B", "13", "4"))
    grid = Grid("s", True, rows, (1, 2, 3, 4), True, merged=((0, 1, 0, 2),))
    (area,) = find_areas(grid, None)
    assert (area.top, area.head) == (top, head)


def test_a_header_may_have_two_or_three_rows_over_numbers() -> None:
    body = "東京都,1,2\n大阪府,3,4\n京都府,5,6\n"
    three = {
        one.rule: one
        for one in judge("a.csv", f"地域,人口,人口\n県,2021年,2022年\n名,千人,千人\n{body}".encode()).rulings
    }
    assert (three["L3-01"].state, three["L3-01"].why) == ("failed", "long-header")
    assert three["L2-01"].state == "passed"  # its words are headings
    for first in ("大津市,X,X\n", "大津市,1円,2円\n"):  # data, not headings
        found = {one.rule: one for one in judge("a.csv", f"県,人口,世帯\n{first}{body}".encode()).rulings}
        assert (found["L3-01"].state, found["L2-03"].state) == ("passed", "passed"), first


def test_two_rows_of_headings_need_one_that_names_all() -> None:
    body = "東京都,1,2\n大阪府,3,4\n京都府,5,6\n"
    for above, state in (
        ("県,人口,世帯\nPrefecture,Population,Households\n", "passed"),
        (",人口,世帯\n県,千人,千人\n", "failed"),
    ):
        assert {one.rule: one.state for one in judge("a.csv", f"{above}{body}".encode()).rulings}["L2-03"] == state
