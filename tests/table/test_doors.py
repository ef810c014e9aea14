"""Doors besides plain CSV and Excel: other delimiters, packed files, JSON, and what is not let in."""

import bz2
import gzip
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_faint import show
from test_read import look, rows, stored, told, workbook_of
from test_tidy import make_step
from wholes import make_part

from entaku.formats import limits
from entaku.model.grammar import Header, Read, Section, TitleLine
from entaku.model.messages import say
from entaku.model.nouns import Raw
from entaku.table.csv import _find_long_line, find_delimiter
from entaku.table.objects import read_json
from entaku.table.parts import Work, write_part
from entaku.table.rows import Notes

# ---- delimiters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("id;名前;値\n1;あ;1,5\n2;い;2,5\n", ";"),
        ("id|名前|値\n1|あ|1,5\n", "|"),
        ("id\t名前\n1\t1,5;x\n", "\t"),
        ('id;"名;前"\n1;"a;b;c"\n', ";"),
        ("id;name\n", ";"),
        ("id,名;前\n1,a;b\n", ","),
        ("名前;備考\nあ\nい;う;え\nお\n", ","),
        ("メモ; その他\n長い、文\nまた;別;の\nx\n", ","),
        ("id\n1\n", ","),
        ("id,name\n1;2,3;4\n", ","),
        ("", ","),
    ],
)
def test_the_delimiter_is_told_from_the_lines(text: str, mark: str) -> None:
    assert find_delimiter(text, "a.csv", Read()) == mark


def test_the_header_tells_wherever_it_is() -> None:
    assert find_delimiter("題, 2026\n\nid;v\n1;2\n", "a.csv", Read(header=Header(row=3))) == ";"
    assert find_delimiter("a,b\n品名;値\nx;1\n", "a.csv", Read(header=Header(starts="品名"))) == ";"
    assert find_delimiter("a;b\n1;2\n", "a.tsv", Read()) == "\t"
    assert find_delimiter("a;b\n1;2\n", "a.csv", Read(delimiter=",")) == ","
    assert find_delimiter("a b\n", "a.csv", Read(delimiter="tab")) == "\t"


@pytest.mark.parametrize("mark", [";", "|", "\t", ":", " ", "^", "、"])
def test_any_delimiter_may_be_declared(mark: str) -> None:
    text = f'id{mark}値\n1{mark}"a{mark}b"\n2{mark}1,5\n'
    (table,), findings = look(text, delimiter=mark)
    assert (rows(table), findings) == ([["1", f"a{mark}b"], ["2", "1,5"]], ())


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "utf-16"])
def test_bars_and_semicolons_in_any_encoding(encoding: str) -> None:
    for mark in ";|":
        (table,), findings = look(f"番号{mark}ポスト\n1{mark}ポ\n2{mark}ソ\n".encode(encoding))
        assert (rows(table), findings) == ([["1", "ポ"], ["2", "ソ"]], ())
    (table,), findings = look("番号,ポスト\n1,ポ\n".encode(encoding))
    assert (list(table.frame.columns), findings) == (["番号", "ポスト"], ())


def test_a_wrong_delimiter_names_the_key() -> None:
    _, (finding, *_) = look("a;b,c\n1;2,3;4,5\n", "x.csv")
    assert "read.delimiter" in say(finding, "ja") and "read.delimiter" in say(finding, "en")


@pytest.mark.parametrize(
    "how",
    [Read(stop="^以上", title=(TitleLine(line=1, pattern="集計"),), header=Header(starts="id")),
     Read(stop="^以上", header=Header(row=2)), Read(skip=("^※", "^以上", "^次"), header=Header(row=2)),
     Read(section=Section(pattern="^(以上|※|次)"), header=Header(row=2))],
)  # fmt: skip
def test_lines_that_are_not_rows_say_nothing_of_the_delimiter(how: Read) -> None:
    lines = "集計 2026年\nid;a;b\n1;2;3\n※ 注\n" if not how.stop else "集計 2026年\nid;a;b\n1;2;3\n"
    assert find_delimiter(lines + "以上\n次の表, その一\n", "x.csv", how) == ";"


@pytest.mark.parametrize("before", ["", ";", ";;", " ;"])
def test_the_first_cell_of_a_header_may_follow_empty_ones(before: str) -> None:
    lines = f"表, その一\n{before}群;a;b\n{before}1;2;3\n{before}1;2;3\n"
    assert find_delimiter(lines, "x.csv", Read(header=Header(starts="群"))) == ";"


# ---- packed files -----------------------------------------------------------------------------------------------

CSV = "id,名前\n1,あ\n".encode()


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lambda body: gzip.compress(body[:5], mtime=0) + gzip.compress(body[5:])]
)
@pytest.mark.parametrize("body", [CSV, CSV.decode().encode("cp932"), CSV.decode().encode("utf-16")])
def test_a_packed_file_is_opened(pack, body: bytes) -> None:
    (table,), findings = look(pack(body), "https://example.jp/a.csv.gz")
    assert (rows(table), findings) == ([["1", "あ"]], ())


def test_what_is_in_it_may_be_anything_that_is_read() -> None:
    assert rows(look(gzip.compress(b"a\tb\n1,0\t2\n", mtime=0), "https://example.jp/a.tsv.gz")[0][0]) == [["1,0", "2"]]
    assert rows(look(gzip.compress(stored("a.csv"), mtime=0), "a.zip.gz")[0][0]) == [["1"]]
    assert rows(look(gzip.compress(b'[{"a": 1}]', mtime=0), "a.json.gz")[0][0]) == [["1"]]
    book = gzip.compress(workbook_of(lambda book: [book.active.append(row) for row in (["a"], [1])]))
    assert rows(look(book, "a.xlsx.gz")[0][0]) == [["1"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (gzip.compress(CSV, mtime=0)[:-6], "broken-file"),
        (gzip.compress(CSV, mtime=0)[:12] + b"x" * 20, "broken-file"),
        (gzip.compress(gzip.compress(CSV, mtime=0), mtime=0), "other-format"),
        (gzip.compress(b"", mtime=0), "empty-file"),
        (gzip.compress(b"0" * (30 << 20), mtime=0), "read-limit"),
        (bz2.compress(CSV)[:-4], "broken-file"),
        (gzip.compress(b"x" * 257 + b"ustar" + b"0" * 300, mtime=0), "other-format"),
    ],
)
def test_what_can_not_be_unpacked_is_told(body: bytes, code: str) -> None:
    tables, (finding,) = look(body, "https://example.jp/a.csv.gz")
    assert (tables, finding.code) == ((), code)


def test_a_bomb_is_stopped_by_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EXPANDED", 1 << 20)
    _, (finding,) = look(gzip.compress(bytes(2 << 20), mtime=0))
    assert finding.code == "read-limit" and "1,048,576" in say(finding, "ja")


def test_the_leak_gate_sees_what_is_packed() -> None:
    def fill(book) -> None:
        book.active.append(["a"])
        hidden = book.create_sheet("控え")
        hidden.append(["x"])
        hidden.sheet_state = "hidden"

    body = gzip.compress(workbook_of(fill), mtime=0)
    work = Work(Raw("a.xlsx.gz", {}, "file", "", "0" * 64, len(body)), None, (), "p.yaml", {})
    part = make_part(work, body)
    assert "hidden-sheet" in {finding.code for finding in part.outline.findings}


def test_a_packed_file_makes_the_same_part_either_way() -> None:
    body = gzip.compress(CSV, mtime=0)
    work = Work(Raw("a.csv.gz", {}, "file", "", "0" * 64, len(body)), None, (make_step("- trim: all"),), "p.yaml", {})
    assert show(write_part(work, io.BytesIO(body), io.BytesIO())) == show(make_part(work, body).outline)


# ---- JSON -------------------------------------------------------------------------------------------------------


def test_an_array_of_objects() -> None:
    text = """[
  {"id": "007", "名前": "港", "n": 1.50, "big": 12345678901234567890, "ok": true, "none": null},
  {"id": "8", "n": 1e3, "more": {"a": [1, "x\\u3042"]}, "ok": false, "list": [1.0, null]}
]"""
    (table,), findings = look(text, "https://example.jp/a.json")
    assert findings == ()
    assert list(table.frame.columns) == ["id", "名前", "n", "big", "ok", "none", "more", "list"]
    assert rows(table) == [
        ["007", "港", "1.50", "12345678901234567890", "true", "", "", ""],
        ["8", "", "1e3", "", "false", "", '{"a":[1,"xあ"]}', "[1.0,null]"],
    ]
    assert (list(table.frame.index), table.starts, table.spreadsheet) == ([1, 2], (0,), False)


def test_json_lines_have_their_lines() -> None:
    (table,), findings = look('\ufeff{"a": 1}\n\n{"a": 2, "b": "x"}\n', "https://example.jp/a.jsonl")
    assert (rows(table), list(table.frame.index), findings) == ([["1", ""], ["2", "x"]], [1, 3], ())
    (table,), _ = look('{"a": 1} {"a": 2}', "a.ndjson")
    assert list(table.frame.index) == [1, 2]


def test_arrays_of_rows_have_a_header() -> None:
    (table,), findings = look('[["題"], ["id", "値"], [1, "あ"], [2, null]]', "a.json", header=Header(row=2))
    assert (list(table.frame.columns), rows(table), findings) == (["id", "値"], [["1", "あ"], ["2", ""]], ())
    how = {"header": Header(row=2), "title": (TitleLine(line=1, pattern="(?P<t>.+)"),)}
    (table,), _ = look('[["題"], ["id", "値"], [1, "あ"]]', "a.json", **how)
    assert rows(table) == [["1", "あ", "題"]]


def test_records_within_an_answer() -> None:
    answer = {"success": True, "result": {"fields": ["a"], "records": [{"a": 1}, {"a": 2}], "total": 2}}
    (table,), findings = look(json.dumps(answer), "a.json")
    assert (rows(table), findings) == ([["1"], ["2"]], ())
    answer["result"]["links"] = [{"href": "x"}]
    _, (finding,) = look(json.dumps(answer), "a.json")
    assert (finding.code, finding.args["allowed"]) == ("which-records", "result.records, result.links")
    (table,), _ = look(json.dumps(answer), "a.json", records="result.links")
    assert rows(table) == [["x"]]
    _, (finding,) = look(json.dumps(answer), "a.json", records="result.record")
    assert finding.code == "no-records" and "result.records" in say(finding, "ja")


def features(*geometries: object) -> str:
    made = [
        {"type": "Feature", "id": n, "geometry": one, "properties": {"name": f"n{n}"}}
        for n, one in enumerate(geometries, 1)
    ]
    return json.dumps({"type": "FeatureCollection", "features": made})


def point(*numbers: float) -> dict[str, object]:
    return {"type": "Point", "coordinates": list(numbers)}


def test_points_of_geojson_have_columns() -> None:
    (table,), findings = look(features(point(139.70, 35.5), None, point(140, 36)), "a.geojson")
    assert list(table.frame.columns) == ["id", "name", "longitude", "latitude"]
    assert (rows(table), findings) == (
        [["1", "n1", "139.7", "35.5"], ["2", "n2", "", ""], ["3", "n3", "140", "36"]],
        (),
    )
    (table,), _ = look(features(point(1, 2, 3), point(4, 5)), "a.geojson")
    assert rows(table) == [["1", "n1", "1", "2", "3"], ["2", "n2", "4", "5", ""]]
    alone = json.dumps(json.loads(features(point(1, 2)))["features"][0])
    assert rows(look(f"{alone}\n{alone}\n", "a.geojsonl")[0][0]) == [["1", "n1", "1", "2"]] * 2
    assert rows(look(alone, "a.geojson")[0][0]) == [["1", "n1", "1", "2"]]


def test_other_geometries_stay_geojson() -> None:
    line = {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}
    (table,), _ = look(features(point(1, 2), line), "a.geojson")
    assert list(table.frame.columns) == ["id", "name", "geometry"]
    assert json.loads(table.frame["geometry"][2]) == line


def test_a_property_called_longitude_stays() -> None:
    text = features(point(1, 2)).replace('"name"', '"longitude"')
    assert list(look(text, "a.geojson")[0][0].frame.columns) == ["id", "longitude", "longitude_2", "latitude"]


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ('[\n{"a": 1},\n{"a": 2\n', "bad-json", 4),
        ('{"a": 1}\n{"a": }\n', "bad-json", 2),
        ('[{"a": NaN}]', "bad-json", None),
        ('[{"a": 1}, 2]', "not-a-record", 2),
        ('{"status": "error"}', "no-records", None),
        ("[]", "no-header", None),
        ("[{}]", "no-header", None),
        ("[" * 5000 + "]" * 5000, "read-limit", None),
        ('[{"a": ' + "[" * 900 + "]" * 900 + "}]", "read-limit", None),
    ],
)
def test_what_is_no_table_of_json_is_told(text: str, code: str, row: int | None) -> None:
    tables, (finding,) = look(text, "a.json", format="json")
    assert (tables, finding.code, finding.place.row) == ((), code, row)


def test_odd_values_are_told() -> None:
    (table,), findings = look('[{"a": "x\\u0000", "b": "\\ud800", "c": "\\ue000", "self": 1}]', "a.json")
    assert [(f.code, f.severity, f.place.row, f.place.column) for f in findings] == [
        ("odd-character", "warning", 1, "a"),
        ("odd-character", "warning", 1, "b"),
        ("odd-character", "warning", 1, "c"),
    ]
    assert rows(table) == [["x\ufffd", "\ufffd", "\ue000", "1"]]
    _, (finding,) = look('[{"a": 1, "a": 2}]', "a.json")
    assert (finding.code, finding.severity, finding.value) == ("repeated-key", "error", "a")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "cp932", "euc-jp"])
@pytest.mark.parametrize(
    "text",
    ['[{"名前": "図書館"}]', '{"a": {"rows": [{"名前": "図書館"}]}}', '{"名前": "図書館"}\n{"名前": "図書館"}\n'],
)
def test_json_is_json_in_every_encoding(encoding: str, text: str) -> None:
    (table,), findings = look(text.encode(encoding), "a.json", encoding=encoding.removesuffix("-sig"))
    assert findings == () and list(table.frame.columns) == ["名前"] and set(table.frame["名前"]) == {"図書館"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_json_and_pages_are_told_without_a_key(encoding: str) -> None:
    assert rows(look('[{"a": "1"}]'.encode(encoding), "a.json")[0][0]) == [["1"]]
    _, (finding,) = look("<!DOCTYPE html><title>表</title>".encode(encoding), "a.csv")
    assert finding.code == "html-page"
    assert rows(look("a,b\n1,2\n".encode(encoding), "a.csv")[0][0]) == [["1", "2"]]


def test_json_in_other_encodings_and_in_zips() -> None:
    text = '[{"名前": "図書館のページ"}]'
    assert rows(look(text.encode("cp932"), "a.json")[0][0]) == [["図書館のページ"]]
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        made.writestr("a.json", text)
    assert rows(look(sink.getvalue(), "a.zip")[0][0]) == [["図書館のページ"]]


def test_a_csv_that_begins_like_json_can_be_declared() -> None:
    (table,), _ = look('["a"],b\n1,2\n', "a.csv", format="csv")
    assert list(table.frame.columns) == ['["a"]', "b"]
    body = b'["a"],b\n1,2\n'
    work = Work(Raw("a.csv", {}, "file", "", "0" * 64, len(body)), Read(format="csv"), (), "p.yaml", {})
    assert show(write_part(work, io.BytesIO(body), io.BytesIO())) == show(make_part(work, body).outline)


def test_keys_that_mean_nothing_for_json() -> None:
    (table,), _ = look('[{"a": 1}]', "a.json", skip=("^x",), delimiter=";", encoding="utf-8")
    assert {key.step: found for key, found in table.sought.items()} == {
        "read.skip": False,
        "read.delimiter": False,
        "read.encoding": True,
    }


@given(
    st.lists(
        st.dictionaries(
            st.text(min_size=1, max_size=4), st.none() | st.booleans() | st.integers() | st.text(max_size=6)
        ),
        min_size=1,
        max_size=5,
    )
)
def test_objects_come_back(items: list[dict[str, object]]) -> None:
    notes = Notes("f")
    table = read_json(json.dumps(items), Read(), notes)
    names = {name for item in items for name in item}
    assert (len(table.frame.columns) if table else 0) == len(names)
    for number, item in enumerate(items, 1) if table else ():
        for name, value in item.items():
            cell = table.frame.loc[number, name]  # type: ignore[union-attr]
            if isinstance(value, str) and "\0" not in value:
                assert cell == value
            elif isinstance(value, int) and not isinstance(value, bool):
                assert cell == str(value)


# ---- what is not let in -----------------------------------------------------------------------------------------


def office(part: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        made.writestr(part, "x")
    return sink.getvalue()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"%PDF-1.7\n", "PDF"), (office("word/document.xml"), "Word"), (office("ppt/presentation.xml"), "PowerPoint"),
        (office("content.xml"), "OpenDocument"), (b"7z\xbc\xaf\x27\x1c", "7-Zip"), (b"Rar!\x1a\x07", "RAR"),
        (b"PAR1....", "Parquet"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"<?xml version='1.0'?><kml/>", "XML"),
        (b"SQLite format 3\0", "SQLite"), (b"{\\rtf1 x}", "RTF"), (b"\xfd7zXZ\0\0", "xz"),
    ],
)  # fmt: skip
def test_what_is_something_else_is_called_by_its_name(body: bytes, kind: str) -> None:
    tables, (finding,) = look(body, "https://example.jp/a.xlsx")
    assert (tables, finding.code, finding.value) == ((), "other-format", kind)
    assert "パスワード" not in say(finding, "ja")


def test_a_page_that_is_called_a_workbook() -> None:
    page = "<html><body><table><tr><td>a</td></tr></table></body></html>"
    for name in ("a.xls", "a.xlsx", "A.XLSX"):
        _, (finding,) = look(page, f"https://example.jp/{name}")
        assert finding.code == "html-table" and "xlsx" in say(finding, "ja")
    assert look(page, "https://example.jp/a")[1][0].code == "html-page"
    assert told(look("<html><title>404</title></html>", "https://example.jp/a.xlsx")[1]) == [
        ("html-page", None, "", "404")
    ]


@pytest.mark.parametrize(
    ("text", "name", "how", "mark"),
    [
        ("a;b\n1;2\n3;4\n", "x.csv", {}, ";"), ("a;b\n1\n3\n", "x.csv", {}, ","), ("a|b\n1|2\n", "x.txt", {}, "|"), ("a,b;c\n1;2\n", "x", {}, ","),
        ("a;b\n1;2\n", "x.tsv", {}, "\t"), ("a;b", "x.TAB", {}, "\t"), ("a;b", "x.tsv", {"format": "csv"}, ";"), ("a;b", "x.csv", {"format": "tsv"}, "\t"),
        ("a;b", "x", {"delimiter": "tab"}, "\t"), ("a;b", "x", {"delimiter": "|"}, "|"), ("", "x", {}, ","),
        ("題,x\na;b\n1;2\n", "x", {"header": Header(row=2)}, ";"), ("題,x\na;b\n1;2\n", "x", {"header": Header(starts="a")}, ";"),
        ("題;x\na,b\n1;2\n", "x", {"header": Header(starts="a")}, ","), ("a;b\n1;2\n3;4\n5,6", "x", {}, ";"),
        ('"a;b"\tc\n"1;2"\t3\n', "x", {}, "\t"), ("a;b\nc;d\n1;2\n1\n1\n1", "x", {"header": Header(rows=2)}, ","),
    ],
)  # fmt: skip
def test_what_divides_cells_is_declared_or_seen(text, name, how, mark):
    assert find_delimiter(text, name, Read(**how)) == mark


@pytest.mark.parametrize(
    ("text", "at"),
    [("x" * 10, None), ("x" * 10 + "\n" + "y" * 10, None), ("x" * 11, 0), ("x" * 11 + "\n", 0), ("a\n" + "x" * 11, 2), ("a\r" + "x" * 11 + "\r\nb", 2),
     ("x" * 10 + "\n" + "y" * 11, 11), ("a\nb\nc\nd\ne\nf\n" + "x" * 10 + "\n", None)],
)  # fmt: skip
def test_the_first_line_that_is_too_long(text, at, monkeypatch):
    monkeypatch.setattr(limits, "LINE", 10)
    assert _find_long_line(text) == at
