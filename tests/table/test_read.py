import csv
import io
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from entaku.model.grammar import Header, Read, Section, TitleLine
from entaku.model.messages import say
from entaku.model.nouns import Raw
from entaku.table.notes import MAX_NOTES
from entaku.table.read import read, sniff

SHARED = Path(__file__).parents[3] / "shared"


def raw_of(url: str) -> Raw:
    return Raw(url=url, values={}, served="file", fetched="", sha256="", bytes=0)


def look(body: bytes | str, url: str = "https://example.jp/a.csv", **how):
    """What `read` gives, its findings said in both languages on the way."""
    tables, findings = read(raw_of(url), body.encode() if isinstance(body, str) else body, Read(**how))
    assert all(say(finding, "ja") and say(finding, "en") for finding in findings)
    return tables, findings


def rows(table) -> list[list[str]]:
    assert all(dtype == "str" for dtype in table.frame.dtypes)
    assert not table.frame.isna().any().any()
    return table.frame.to_numpy().tolist()


def told(findings) -> list[tuple]:
    return [(f.code, f.place.row, f.place.column, f.value) for f in findings]


# ---- text -------------------------------------------------------------------------------------------------------


def test_a_plain_csv():
    (table,), findings = look('名前,値\r\n東京,"1,234"\r\n\r\n" 大阪　",\r\n')
    assert findings == ()
    assert rows(table) == [["東京", "1,234"], [" 大阪　", ""]]
    assert list(table.frame.index) == [2, 4]
    assert (table.origins, table.starts, table.spreadsheet) == ({"名前": 0, "値": 1}, (1,), False)


def test_rows_are_the_lines_they_start_on():
    (table,), _ = look('a,b\n"x\ny\nz",1\nw,2\n')
    assert list(table.frame.index) == [2, 5]
    assert rows(table)[0] == ["x\ny\nz", "1"]


def test_names_of_columns_without_or_with_the_same_name():
    (table,), _ = look(',計,計,"男\n女",計_2,\n1,2,3,4,5,6\n')
    assert list(table.frame.columns) == ["column_1", "計", "計_3", "男女", "計_2", "column_6"]


def test_too_many_and_too_few_cells():
    (table,), findings = look("a,b,\n1,2,,\n1,2,3,4,5\n1\n1,2\n")
    assert told(findings) == [("extra-cells", 3, "", "4"), ("missing-cells", 4, "", "1")]
    assert findings[0].args == {"count": "2"}
    assert rows(table)[-1] == ["1", "2", ""]


def test_every_undecodable_cell_has_its_place():
    body = "品名,産地\nみかん,愛媛\n".encode("cp932") + b"\x82\xf2\xfd,\x87\x9f\n" + "りんご,青森\n".encode("cp932")
    (table,), findings = look(body, encoding="cp932")
    assert told(findings) == [("encoding", 3, "品名", "82 F2 FD"), ("encoding", 3, "産地", "87 9F")]
    assert all("?" not in cell and ord(max(cell)) < 0x10000 for row in rows(table) for cell in row)


def test_private_characters_warn():
    _, findings = look("名前\n".encode("cp932") + b"\xf0\x40\n", encoding="cp932")
    assert [(f.code, f.severity, f.place.row) for f in findings] == [("odd-character", "warning", 2)]


@pytest.mark.parametrize(
    ("body", "declared", "actual"),
    [
        ("品名,数量\nだいこん,1\n".encode(), "cp932", "utf-8"),
        ("品名,数量\nだいこん,1\n".encode("cp932"), "utf-8", "cp932"),
        ("品名,数量\nだいこん,1\n".encode("utf-16"), "cp932", "utf-16"),
    ],
)
def test_another_encoding_than_declared(body, declared, actual):
    tables, findings = look(body, encoding=declared)
    assert tables == ()
    assert [(f.code, f.value) for f in findings] == [("encoding-other", actual)]


@pytest.mark.parametrize(
    ("text", "encoding", "cell"),
    [
        ("id,name\n1,x\n2,Corrèze\n", "cp1252", "Corrèze"),
        ("id,name\n1,x\n2,北京市图书馆,\n".replace("馆,", "馆"), "gb18030", "北京市图书馆"),
        ("id,name\n1,x\n2,Москва\n", "cp1251", "Москва"),
    ],
)
def test_an_encoding_that_is_not_japanese_is_asked_for(text, encoding, cell):
    (table,), (finding,) = look(text.encode(encoding))
    assert (finding.code, finding.severity, finding.place.row) == ("encoding-likely", "error", 3)
    assert finding.value == cell and encoding in say(finding, "ja")
    assert rows(table)[1] == ["2", cell]
    (table,), findings = look(text.encode(encoding), encoding=encoding)
    assert (rows(table)[1], findings) == (["2", cell], ())


def test_text_that_is_hopeless_names_its_line():
    assert look(b"a,b\n1,2\n" + bytes(range(128, 256)) * 50)[1][0].place.row == 3
    _, (finding,) = look(b"a,b\n1,2\n" + bytes(range(128, 256)) * 50, encoding="euc-jp")
    assert (finding.code, finding.place.row) == ("encoding", 3)


def test_broken_quoting_names_its_line_and_reading_goes_on():
    (table,), findings = look('a,b\n"x"y,1\nz,2\n')
    assert told(findings) == [("bad-quoting", 2, "", '"x"y,1')]
    assert rows(table) == [["z", "2"]]


def test_an_open_quote_names_the_line_it_opens_on():
    for tail in ("p,q\n", "p,q\n" * 100_000):
        _, findings = look('a,b\n1,2\n"x,3\n' + tail)
        assert told(findings) == [("unclosed-quote", 3, "", "")]


def test_tabs():
    assert rows(look("a\tb\n1,0\t2\n", "https://example.jp/a.tsv")[0][0]) == [["1,0", "2"]]
    assert rows(look("a\tb\n1,0\t2\n", "https://example.jp/a.txt")[0][0]) == [["1,0", "2"]]
    assert rows(look("a\tb\n1,0\t2\n", format="tsv")[0][0]) == [["1,0", "2"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty-file"),
        (b"\xef\xbb\xbf\r\n", "empty-file"),
        (b"\0" * 100, "empty-file"),
        (b",,\n1,2,3\n", "no-header"),
        (b"%PDF-1.4 ...", "other-format"),
        (b"PK\x03\x04 and then nothing", "broken-file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000, "broken-file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "has-password"),
        (bytes(range(128, 256)) * 50, "encoding-guess"),
    ],
)
def test_what_is_no_table_is_one_finding(body, code):
    tables, findings = look(body)
    assert tables == ()
    assert [finding.code for finding in findings] == [code]


def test_an_error_page_is_told_with_its_title():
    page = '<!DOCTYPE html>\n<html><head><meta charset="Shift_JIS"><title>\nエラー &amp; 404 </title>'.encode("cp932")
    _, (finding,) = look(page)
    assert (finding.code, finding.value) == ("html-page", "エラー & 404")


def test_many_findings_are_counted():
    _, findings = look("a,b\n" + "1\n" * (MAX_NOTES + 7))
    assert len(findings) == MAX_NOTES + 1
    assert (findings[-1].code, findings[-1].args) == ("too-many-findings", {"count": "7", "of": "missing-cells"})


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Co", "Cn", "Cs"]), max_size=8),
            min_size=3,
            max_size=3,
        ),
        max_size=8,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_csv_comes_back_as_it_was_written(table, end):
    sink = io.StringIO()
    csv.writer(sink, lineterminator=end).writerows([["a", "b", "c"], *table])
    (made,), findings = look(sink.getvalue())
    assert [finding for finding in findings if finding.severity == "error"] == []
    assert rows(made) == [row for row in table if "".join(row).strip()]


@given(st.binary(max_size=80), st.sampled_from(["", "PK\x03\x04", "a,b\n", '"', "<html>", "\xd0\xcf\x11\xe0"]))
def test_no_bytes_break_reading(body, start):
    look(start.encode("latin-1") + body)


# ---- reports with sections --------------------------------------------------------------------------------------

MARKET = """\
販売結果（青果・大田）
令和8年06月26日(金曜日)

野菜（単位：キロ）
品名,卸売数量計,販売方法,卸売数量,高値(円)
だいこん,1234,せり・入札,1000,432
,,相対,234,－
【市況】だいこんは横ばい
　小計,1234
具体的な内容は市場へ

果実（単位：キロ）
品名,卸売数量計,販売方法,卸売数量,高値(円)
ぶどう,12731,相対,12587,5400
小計,12731
全分類合計
品名,卸売数量計,販売方法,卸売数量,高値(円)
合計,13965,,,
※ 価格は税込み
"""
MARKET_READ = {
    "encoding": "cp932",
    "title": (
        TitleLine(line=1, pattern="（(?P<kind>青果|水産)・(?P<market>.+)）"),
        TitleLine(line=2, pattern="^(?P<day>.+日)[(（]"),
    ),
    "header": Header(starts="品名"),
    "section": Section(pattern="^(?P<section>.+)（単位：キロ）$"),
    "skip": ("^【市況】", "^小計", "^具体的"),
    "stop": "^全分類合計",
}


def test_a_market_report():
    (table,), findings = look(MARKET.encode("cp932"), **MARKET_READ)
    assert findings == ()
    assert list(table.frame.columns) == [
        "品名", "卸売数量計", "販売方法", "卸売数量", "高値(円)", "kind", "market", "day", "section",
    ]  # fmt: skip
    assert rows(table) == [
        ["だいこん", "1234", "せり・入札", "1000", "432", "青果", "大田", "令和8年06月26日", "野菜"],
        ["", "", "相対", "234", "－", "青果", "大田", "令和8年06月26日", "野菜"],
        ["ぶどう", "12731", "相対", "12587", "5400", "青果", "大田", "令和8年06月26日", "果実"],
    ]
    assert (list(table.frame.index), table.starts) == ([6, 7, 14], (4, 5, 12, 13))


def test_a_report_cut_off_at_the_end_of_a_line():
    whole = MARKET.encode("cp932").splitlines(keepends=True)
    cut = b"".join(whole[:9])
    assert look(cut, **MARKET_READ)[1] == ()
    (_,), (finding,) = look(cut, **MARKET_READ, complete=True)
    assert (finding.code, finding.severity, finding.place.row) == ("not-complete", "error", 9)
    assert look(b"".join(whole), **MARKET_READ, complete=True)[1] == ()


def test_a_header_and_nothing_else():
    (table,), (finding,) = look("a,b\n")
    assert (finding.code, finding.severity, len(table.frame)) == ("no-rows", "warning", 0)
    _, (finding,) = look("a,b\n", complete=True)
    assert (finding.code, finding.severity) == ("no-rows", "error")


def test_a_report_whose_lines_have_changed():
    changed = MARKET.replace("（青果・", "[青果・").replace("（単位：キロ）", "（単位：kg）")
    _, findings = look(changed.encode("cp932"), **MARKET_READ)
    assert [(f.code, f.place.row) for f in findings if f.code != "missing-cells"] == [
        ("title-line", 1),
        ("no-section", None),
    ]


def test_later_headers_are_matched_by_name():
    how = {"header": Header(starts="品名")}
    (table,), findings = look("品名,数,値\nあ,1,2\n品名,値,数\nい,3,4\n", **how)
    assert (rows(table), findings) == ([["あ", "1", "2"], ["い", "4", "3"]], ())
    _, findings = look("品名,数,値\nあ,1,2\n品名,数,額\nい,3,4\n", **how)
    assert told(findings) == [("header-differs", 3, "", "額, 値")]


def test_no_header():
    _, (finding,) = look("x\ny\n", header=Header(starts="品名"))
    assert (finding.code, finding.value) == ("no-header", "品名")
    assert look("a\n1\n", header=Header(row=9))[1][0].code == "no-header"


def test_a_title_line_may_be_the_header():
    (table,), findings = look("区分,人数（千人）\n宿泊,5\n", title=(TitleLine(line=1, pattern="（(?P<unit>千人)）"),))
    assert (rows(table), findings) == ([["宿泊", "5", "千人"]], ())


# ---- Excel ------------------------------------------------------------------------------------------------------


def workbook_of(fill) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def office_sheet(book) -> None:
    """A title, a unit line, two merged header rows, 小計 rows and a （注） line, as offices make them."""
    sheet = book.active
    sheet.title = "第1表"
    for row in [
        ["令和6年度 観光客数"],
        [None, None, None, None, "（単位：千人）"],
        ["地域", "宿泊", None, "日帰り", None],
        [None, "観光", "業務", "観光", "業\n務"],
        ["区部", 10, 20.5, 30, "-"],
        ["多摩", 1, 2, 3, 4],
        ["　小計", 11, 22.5, 33, 4],
        ["島しょ", 5, None, 6, 7],
        [None],
        ["（注）端数処理のため合計と一致しない"],
    ]:
        sheet.append(row)
    for merged in ("A1:E1", "A3:A4", "B3:C3", "D3:E3"):
        sheet.merge_cells(merged)


OFFICE_READ = {
    "title": (TitleLine(line=1, pattern="(?P<year>.+年度)"), TitleLine(line=2, pattern="^（単位：(?P<unit>.+)）")),
    "header": Header(row=3, rows=2),
    "skip": ("^小計",),
    "stop": "^（注）",
}


def test_an_office_sheet():
    (table,), findings = look(workbook_of(office_sheet), "https://example.jp/a.xlsx", **OFFICE_READ)
    assert findings == ()
    assert list(table.frame.columns) == ["地域", "宿泊_観光", "宿泊_業務", "日帰り_観光", "日帰り_業務", "year", "unit"]
    assert rows(table) == [
        ["区部", "10", "20.5", "30", "-", "令和6年度", "千人"],
        ["多摩", "1", "2", "3", "4", "令和6年度", "千人"],
        ["島しょ", "5", "", "6", "7", "令和6年度", "千人"],
    ]
    assert (table.sheet, table.spreadsheet, list(table.frame.index)) == ("第1表", True, [5, 6, 8])
    assert table.origins["日帰り_業務"] == 4
    assert "year" not in table.origins


def test_merged_body_cells():
    def fill(book):
        sheet = book.active
        for row in [["a", "b", "c"], ["x", 1, "p"], [None, 2, None], ["y", 3, "q"]]:
            sheet.append(row)
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("C2:C3")

    body = workbook_of(fill)
    assert rows(look(body)[0][0])[1] == ["", "2", ""]
    assert rows(look(body, merged="fill")[0][0])[1] == ["x", "2", "p"]


def test_every_kind_of_cell_is_text():
    def fill(book):
        sheet = book.active
        sheet.append([f"c{n}" for n in range(9)])
        sheet.append(
            [
                1187,
                0.1,
                date(2023, 2, 10),
                datetime(2023, 2, 10, 10, 30),
                time(9, 5),
                True,
                timedelta(hours=30),
                1e-7,
                "#N/A",
            ]
        )

    (table,), findings = look(workbook_of(fill))
    assert findings == ()
    assert rows(table) == [
        ["1187", "0.1", "2023-02-10", "2023-02-10T10:30:00", "09:05:00", "TRUE", "30:00:00", "0.0000001", "#N/A"]
    ]


def test_sheets():
    def fill(book):
        book.active.title = "表紙"
        book.active.sheet_state = "hidden"
        for name in ("R5", "R6"):
            sheet = book.create_sheet(name)
            sheet.append(["値"])
            sheet.append([name])

    body = workbook_of(fill)
    assert [rows(table) for table in look(body)[0]] == [[["R5"]]]
    assert [(table.sheet, rows(table)) for table in look(body, sheet="/R.+/")[0]] == [
        ("R5", [["R5"]]),
        ("R6", [["R6"]]),
    ]
    _, (finding,) = look(body, sheet="R7")
    assert (finding.code, finding.args["allowed"]) == ("no-sheet", "表紙, R5, R6")


def test_cells_of_a_sheet_without_a_heading_make_a_column():
    def fill(book):
        for row in [["a", "b"], [1, 2], [3, 4, None, "x"]]:
            book.active.append(row)

    (table,), findings = look(workbook_of(fill))
    assert findings == ()
    assert rows(table) == [["1", "2", "", ""], ["3", "4", "", "x"]]
    assert list(table.frame.columns) == ["a", "b", "column_3", "column_4"]


def test_a_stray_cell_far_away_is_refused_before_it_takes_the_memory():
    def fill(book):
        book.active["A1"] = "a"
        book.active["XFD1048576"] = 1

    tables, (finding,) = look(workbook_of(fill))
    assert (tables, finding.code) == ((), "read-limit")


def test_an_old_workbook():
    book = xlwt.Workbook()
    sheet = book.add_sheet("統計")
    sheet.write_merge(0, 0, 0, 1, "宿泊")
    sheet.write(1, 0, "観光")
    sheet.write(1, 1, "業務")
    sheet.write(2, 0, 1187)
    sheet.write(2, 1, 0.5)
    sink = io.BytesIO()
    book.save(sink)
    (table,), findings = look(sink.getvalue(), "https://example.jp/a.xls", header=Header(rows=2))
    assert (list(table.frame.columns), rows(table), findings) == (["宿泊_観光", "宿泊_業務"], [["1187", "0.5"]], ())


def test_the_content_tells_the_format_not_the_suffix():
    body = workbook_of(lambda book: book.active.append(["a"]))
    (table,), findings = look(body, "https://example.jp/a.xls")
    assert (list(table.frame.columns), [f.code for f in findings]) == (["a"], ["no-rows"])
    _, (finding,) = look("a,b\n", "https://example.jp/a.xlsx", format="xlsx")
    assert finding.code == "broken-file"


def test_a_workbook_cut_short():
    body = workbook_of(office_sheet)
    for length in (200, len(body) // 2, len(body) - 30):
        tables, findings = look(body[:length])
        assert (tables, [finding.code for finding in findings]) == ((), ["broken-file"])


# ---- zip --------------------------------------------------------------------------------------------------------


def zip_of(members: dict[str, bytes]) -> bytes:
    """A zip whose names are cp932 without the UTF-8 flag, as Windows in Japanese makes them."""
    sink = io.BytesIO()
    names = {str(n) * len(name.encode("cp932")): name for n, name in enumerate(members)}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for plain, name in names.items():
            made.writestr(plain, members[name])
    packed = sink.getvalue()
    for plain, name in names.items():
        packed = packed.replace(plain.encode(), name.encode("cp932"))
    return packed


def test_members_with_cp932_names():
    packed = zip_of({"表一覧.csv": b"a\n1\n", "マスタ.csv": b"b\n2\n"})
    (table,), findings = look(packed, "https://example.jp/a.zip", member="/表一覧.*/")
    assert (rows(table), findings) == ([["1"]], ())
    assert table.sheet == "表一覧.csv"
    _, (finding,) = look(packed, member="^表一覧")
    assert finding.code == "no-member"
    assert "マスタ" in finding.args["allowed"]


def test_members_and_sheets_and_their_places():
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        made.writestr("readme.md", b"x")
        made.writestr("【R7】調査.xlsx", workbook_of(office_sheet))
    (table,), findings = look(sink.getvalue(), **OFFICE_READ)
    assert (table.sheet, len(table.frame), findings) == ("【R7】調査.xlsx/第1表", 3, ())


def stored(*names: str) -> bytes:
    """A zip whose members hold their own number."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        for n, name in enumerate(names, 1):
            made.writestr(name, f"a\n{n}\n")
    return sink.getvalue()


@pytest.mark.parametrize(
    ("member", "names", "read"),
    [
        ("data.csv", ["data_csv_old.txt", "data.csv"], ["2"]),
        ("data.csv", ["data.csv.csv", "mydata.csv", "data.csv"], ["3"]),
        ("表(1).csv", ["表1.csv", "表(1).csv"], ["2"]),
        ("a+b.csv", ["aab.csv", "a+b.csv"], ["2"]),
        ("data.csv", ["2024/data.csv"], ["1"]),
        ("2024/data.csv", ["2023/data.csv", "2024/data.csv"], ["2"]),
        ("データ.csv", ["テ\u3099ータ.csv"], ["1"]),
        ("/data[0-9]\\.csv/", ["data1.csv", "data10.csv", "old_data2.csv", "x/data2.csv"], ["1", "4"]),
        ("/データ.*/", ["テ\u3099ータ1.csv", "その他.csv"], ["1"]),
    ],
)
def test_a_name_is_a_name_and_a_pattern_is_asked_for(member, names, read):
    tables, findings = look(stored(*names), member=member)
    assert [row for table in tables for row in rows(table)] == [[number] for number in read]
    assert [(f.code, f.severity) for f in findings] == ([("several-members", "notice")] if len(read) > 1 else [])


@pytest.mark.parametrize("member", ["data", "DATA.csv", "data.*", ".*", "/data/", "data.csv$"])
def test_what_is_no_name_reads_nothing(member):
    tables, (finding,) = look(stored("data.csv", "b.csv"), member=member)
    assert (tables, finding.code, finding.args["allowed"]) == ((), "no-member", "data.csv, b.csv")


def test_one_name_in_two_folders_is_no_choice():
    _, (finding,) = look(stored("2023/data.csv", "2024/data.csv"), member="data.csv")
    assert (finding.code, finding.args["allowed"]) == ("which-member", "2023/data.csv, 2024/data.csv")


def test_which_member():
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        made.writestr("a.csv", b"a\n")
        made.writestr("b.csv", b"b\n")
    assert [finding.code for finding in look(sink.getvalue())[1]] == ["which-member"]


def test_a_zip_bomb():
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.csv", b"0" * (30 << 20))
    assert [finding.code for finding in look(sink.getvalue())[1]] == ["read-limit"]


# ---- real files -------------------------------------------------------------------------------------------------

KOTSU = "www.opendata.metro.tokyo.lg.jp/kotsu/elevator/130001_bureau-of-transportation_elevator_inspection_schedule.csv"
SURVEY = "www.opendata.metro.tokyo.lg.jp/sangyouroudou/behavioral_characteristics_survey/R6behavioral_characteristics_survey1.csv"


@pytest.mark.skipif(not (SHARED / "history").is_dir(), reason="the real files are not here")
def test_real_elevators():
    sizes = {}
    for path in sorted((SHARED / "history").glob(f"*/{KOTSU}")):
        (table,), findings = look(path.read_bytes(), f"https://{KOTSU}")
        assert findings == ()
        sizes[path.relative_to(SHARED / "history").parts[0]] = table.frame.shape
    assert sizes == {
        "2022-03-24": (206, 20), "2022-03-29": (208, 22), "2022-06-27": (206, 20),
        "2022-08-30": (208, 20), "2022-10-28": (211, 20), "2022-12-26": (208, 20),
    }  # fmt: skip


@pytest.mark.skipif(not (SHARED / "mirror").is_dir(), reason="the real files are not here")
def test_real_survey():
    (table,), findings = look((SHARED / "mirror" / SURVEY).read_bytes(), f"https://{SURVEY}")
    assert findings == ()
    assert list(table.frame.columns) == ["column_1", "男性", "女性", "無回答", "合計", "標本数"]
    assert rows(table)[:2] == [
        ["全体", "47.7", "45.8", "6.4", "100.0", "14,091"],
        ["韓国", "48.8", "47.3", "3.9", "100.0", "1763"],
    ]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"PK\x03\x04", "excel"), (b"\xd0\xcf\x11\xe0", "excel"), (b"%PDF-1.7", "PDF"), (b"\x1f\x8b\x08", "gzip"), (b"<?xml version='1.0'?><a/>", "XML"),
        (b"7z\xbc\xaf", "7-Zip"), (b"Rar!", "RAR"), (b"\xfd7zXZ", "xz"), (b"\x28\xb5\x2f\xfd", "Zstandard"), (b"PAR1", "Parquet"),
        (b"SQLite format 3\0", "SQLite"), (b"{\\rtf1", "RTF"), (b"\x89PNG\r\n", "PNG"), (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"a" * 257 + b"ustar", "tar"), (b"a" * 258 + b"ustar", "text"), (b"", "empty"), (b" \r\n\0", "empty"), (b"a,b", "text"),
        (b'{"a": 1}', "json"), (b"[{}]", "json"), (b"{a}", "text"), (b"[1]", "text"), (b" <!DOCTYPE html>", "html"), (b"<table>", "html"),
        (b"\xef\xbb\xbf<html>", "html"), (b"<?xml version='1.0'?><!-- x --><html>", "html"), (b"<tables>", "text"), (b"x<html>", "text"),
    ],
)  # fmt: skip
def test_what_bytes_are(body, kind):
    assert sniff(body) == kind


@pytest.mark.parametrize("row", ['1,"x"y', '3,"' + "z" * 300 + '"q'])
def test_a_line_with_a_stray_quote_is_shown(row):
    _, (told,) = look(f"a,b\n7,8\n{row}\n5,6\n")
    assert (told.code, told.place.row, told.value) == ("bad-quoting", 3, row.strip()[:200])


@pytest.mark.parametrize(
    ("how", "where"),
    [({}, "1 行目"), ({"row": 7}, "7 行目"), ({"starts": "品名"}, "「品名」で始まる行")],
)
def test_a_header_that_is_not_there_is_told_with_where_it_should_be(how, where):
    _, (told,) = look("a,b\n1,2\n" if how else ",\n,\n", header=Header(**how))
    assert (told.code, told.args["where_ja"]) == ("no-header", where)
