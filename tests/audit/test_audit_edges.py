"""What workbooks hide and tables give away, one kind after another: each is the only thing that is wrong."""

import io
import struct
import zipfile

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
import xlwt
from books import make, pack
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.defined_name import DefinedName
from xlwt.CompoundDoc import XlsDoc

from entaku.audit.leaks import find_leaks
from entaku.audit.numbers import is_my_number
from entaku.audit.personal import find_personal
from entaku.audit.screening import FORMULA_START, PHONE, TextCount, prepare
from entaku.check import casts
from entaku.model.messages import say_what
from entaku.model.nouns import Place
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text

URL = "https://example.jp/a.xlsx"


def told(body: bytes) -> list[tuple[str, str, str, str]]:
    return [(f.code, f.severity, f.place.sheet, f.place.cell) for f in find_leaks(URL, body, {})]


# ---- names that lead to hidden rows and columns ------------------------------------------------------------------


def hide(rows: tuple[int, ...] = (), columns: str = "", **names: str) -> bytes:
    def fill(book: openpyxl.Workbook) -> None:
        for row in rows:
            book.active.row_dimensions[row].hidden = True
        for column in columns:
            book.active.column_dimensions[column].hidden = True
        for name, formula in names.items():
            book.defined_names[name] = DefinedName(name, attr_text=formula)

    return make(fill)


@pytest.mark.parametrize(
    ("formula", "cell"),
    [("表!$A$3:$C$3", "A3"), ("表!$B$3", "B3"), ("表!$A$3:$A$4", "A3"), ("表!$3:$4", ""), ("表!$4:$4", ""),
     ("SUM(表!$A$1,'表'!$B$4)", "B4"), ("SUM(表!$A$3,表!$A$4)", "A3")],
)  # fmt: skip
def test_a_name_that_leads_to_hidden_rows_alone_is_told(formula: str, cell: str) -> None:
    body = hide(rows=(3, 4), memo=formula)
    assert told(body) == [("hidden-rows", "error", "表", "A3"), ("defined-names", "warning", "表", cell)]
    assert find_leaks(URL, body, {})[1].args == {"where": "隠れたところ / a hidden place"}


@pytest.mark.parametrize(
    "formula",
    ["表!$A$2:$C$3", "表!$A$3:$C$5", "表!$A$1:$C$4", "表!$2:$3", "表!$A:$C", "表!$A$2", "別!$A$3", "表!$A$3:$A$900000"],
)
def test_a_name_that_leads_to_rows_that_are_seen_is_not_told(formula: str) -> None:
    assert told(hide(rows=(3, 4), memo=formula)) == [("hidden-rows", "error", "表", "A3")]


@pytest.mark.parametrize(
    ("formula", "named"),
    [("表!$B$2:$C$3", True), ("表!$B:$C", True), ("表!$C:$C", True), ("表!$C$2", True), ("表!$A$2:$C$3", False), ("表!$C$2:$D$3", False),
     ("表!$A:$A", False), ("表!$2:$3", False)],
)  # fmt: skip
def test_a_name_that_leads_to_hidden_columns_alone_is_told(formula: str, named: bool) -> None:
    found = told(hide(columns="BC", memo=formula))
    assert found[0] == ("hidden-columns", "error", "表", "B1")
    assert [code for code, *_ in found[1:]] == ["defined-names"] * named


@pytest.mark.parametrize("name", ["_xlnm.Print_Area", "_xlnm._FilterDatabase", "_xlchart.v1.0", "_xleta.x", "_xlfn.X"])
def test_excels_own_names_may_lead_to_hidden_rows(name: str) -> None:
    body = hide(rows=(3, 4), memo="表!$A$3:$C$3")
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        members = {each: opened.read(each) for each in opened.namelist()}
    members["xl/workbook.xml"] = members["xl/workbook.xml"].replace(b'name="memo"', f'name="{name}"'.encode())
    assert told(pack(members)) == [("hidden-rows", "error", "表", "A3")]


# ---- old workbooks that refer to others --------------------------------------------------------------------------

SUPBOOK, CRN, EOF = 0x1AE, 0x5A, 0x0A


def record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def make_old(*records: bytes) -> bytes:
    """An .xls with further records in its globals ([MS-XLS] 2.1.7.20.3)."""
    book = xlwt.Workbook()
    book.add_sheet("表").write(0, 0, "区")
    book.owner = ""
    stream = book.get_biff_data()
    more = b"".join(records)
    made, at = b"", 0
    while True:
        kind, size = struct.unpack_from("<HH", stream, at)
        data = stream[at + 4 : at + 4 + size]
        if kind == 0x85:  # a sheet begins later by what is put in before it
            data = struct.pack("<I", struct.unpack_from("<I", data)[0] + len(more)) + data[4:]
        made += more * (kind == EOF) + record(kind, data)
        at += 4 + size
        if kind == EOF:
            break
    folder = io.BytesIO()
    XlsDoc().save(folder, made + stream[at:])
    return folder.getvalue()


OTHER = record(SUPBOOK, struct.pack("<HHB", 1, 5, 0) + b"b.xls")

OWN = record(SUPBOOK, struct.pack("<HH", 1, 0x0401))

VALUE = record(CRN, struct.pack("<BBH", 0, 0, 0) + b"\x01" + struct.pack("<d", 5.0))


def links(*records: bytes) -> list[tuple[str, str]]:
    found = find_leaks("https://example.jp/a.xls", make_old(*records), {})
    return [(f.severity, f.args["count"]) for f in found if f.code == "external-links"]


def test_an_old_workbook_that_refers_to_another_is_told_with_the_values_that_it_keeps() -> None:
    assert links() == [] and links(OWN) == []
    assert links(OWN, OTHER) == [("notice", "0")]
    assert links(OTHER, VALUE) == [("warning", "1")]
    assert links(OTHER, VALUE, OTHER, VALUE, VALUE) == [("warning", "3")]


def test_values_of_no_other_workbook_are_no_link() -> None:
    assert links(OWN, VALUE) == []


# ---- zips --------------------------------------------------------------------------------------------------------


def test_what_a_mac_puts_beside_the_files_of_a_zip_is_not_looked_at() -> None:
    body = hide(rows=(3,))
    shown = ("hidden-rows", "error", "表.xlsx/表", "A3")
    assert told(pack({"表.xlsx": body})) == [shown]
    assert told(pack({"__MACOSX/表.xlsx": body, "表.csv": b"a\n1\n"})) == []
    assert told(pack({"表.xlsx": body, "__MACOSX/._表.xlsx": body})) == [shown]


# ---- birth dates -------------------------------------------------------------------------------------------------


def look(columns: dict[str, list[str]], types: dict[str, str] | None = None) -> list[tuple[str, str, int | None]]:
    fields = tuple(
        SchemaField(name=name, title=Text(ja=name), type=(types or {}).get(name, "string"))  # type: ignore[arg-type]
        for name in columns
    )
    schema = Schema(fields=fields)
    batches = pa.table({name: pa.array(texts, pa.string()) for name, texts in columns.items()}).to_batches()
    screening = prepare(batches, columns, schema)
    screening.scan.finish(sum(batch.num_rows for batch in batches))
    found = find_personal(screening, schema, {}, lambda row, column: Place(row=row, column=column))
    return [(f.code, f.place.column, f.place.row) for f in found.findings]


BORN = ["1970-01-02", "1985-12-31"]


@pytest.mark.parametrize("kind", ["string", "date", "any"])
def test_birth_dates_are_a_leak_only_beside_names_of_people(kind: str) -> None:
    types = {"生年月日": kind}
    for names in ("氏名", "代表者名", "full_name"):
        assert look({names: ["a", "b"], "生年月日": BORN}, types) == [("birth-date", "生年月日", 0)]
    for names in ("駅名", "施設名", "番号"):
        assert look({names: ["a", "b"], "生年月日": BORN}, types) == []
    assert look({"生年月日": BORN}, types) == []
    assert look({"氏名": ["a", "b"], "開設日": BORN}, {"開設日": kind}) == []


@pytest.mark.parametrize(
    "text",
    ["昭和45年3月1日生まれ", "1970/3/1生", "平成元年1月8日出生", "S45.3.1 生", "2001-02-03生"],
)
def test_a_date_that_is_called_one_of_birth_is_a_leak_in_any_column_and_without_names(text: str) -> None:
    assert look({"備考": ["x", text]}) == [("birth-date", "備考", 1)]


@pytest.mark.parametrize("text", ["昭和45年3月1日", "1970/3/1 設立", "1870年3月1日生まれ", "令和6年3月1日生産"])
def test_other_dates_are_none(text: str) -> None:
    assert look({"備考": ["x", text]}) == []


def test_people_who_lived_long_ago_may_be_named_with_their_birth_dates() -> None:
    for text in ("1840-03-16", "明治3年1月2日", "M3.1.2", "1909-12-31"):
        assert look({"氏名": ["a"], "生年月日": [text]}) == []
    assert look({"氏名": ["a", "b"], "生年月日": ["1840-03-16", "1910-01-01"]}) == [("birth-date", "生年月日", 1)]


def test_an_old_workbook_without_a_workbook_is_not_examined() -> None:
    folder = io.BytesIO()
    XlsDoc().save(folder, b"\0" * 5000)
    body = folder.getvalue().replace("Workbook".encode("utf-16-le"), "Wirkbook".encode("utf-16-le"))
    assert told(body) == [("not-examined", "error", "", "")]


# ---- what a workbook refers to and is called by ------------------------------------------------------------------

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def change(body: bytes, **parts: tuple[str, str]) -> bytes:
    """A workbook with changes in its parts: what stands there, and what takes its place (at the end, if "")."""
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    for part, (old, new) in parts.items():
        assert not old or old.encode() in members[part], members[part]
        members[part] = members[part].replace(old.encode(), new.encode()) if old else new.encode()
    return pack(members)


def attach(body: bytes, kind: str, xml: str) -> bytes:
    """A workbook with one more part."""
    link = f'<Relationship Id="x9" Type="{OFFICE}{kind}" Target="/xl/{kind}.xml"/></Relationships>'
    return change(body, **{"xl/_rels/workbook.xml.rels": ("</Relationships>", link), f"xl/{kind}.xml": ("", xml)})


def connect(xml: str) -> list[tuple[str, str]]:
    found = find_leaks(URL, attach(hide(), "connections", xml), {})
    assert all(f.code == "data-connections" for f in found)
    return [(f.severity, f.args["what"]) for f in found]


PASSWORD = ("error", "パスワードつき / with a password")


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("", []),
        ('<connection id="1"/>', [("warning", "1 件 / 1")]),
        (
            '<connection id="1"/><connection id="2"><dbPr connection="Server=s"/></connection>',
            [("warning", "2 件 / 2")],
        ),
        ('<connection id="1"/><connection id="2" savePassword="1"/>', [PASSWORD]),
        ('<connection id="1" savePassword="0"/>', [("warning", "1 件 / 1")]),
        ('<connection><dbPr connection="a=b;PWD = x;c=d"/></connection>', [PASSWORD]),
        ('<connection><dbPr command="password=x"/></connection>', [PASSWORD]),
        ('<connection><dbPr connection="Password=;c=d"/></connection>', [("warning", "1 件 / 1")]),
        ('<connection><dbPr connection="xpwd=1"/></connection>', [("warning", "1 件 / 1")]),
    ],
)
def test_connections_are_counted_and_their_passwords_are_errors(inside: str, expected: list[tuple[str, str]]) -> None:
    assert connect(f"<connections>{inside}</connections>") == expected


@pytest.mark.parametrize(("count", "what"), [(1, "p0"), (3, "p0, p1, p2"), (4, "p0, p1, p2 …")])
def test_the_first_three_properties_of_an_office_are_named(count: int, what: str) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        for n in range(count):
            book.custom_doc_props.append(StringProperty(name=f"p{n}", value="secret"))
        book.custom_doc_props.append(StringProperty(name="empty", value=" "))

    (told_,) = find_leaks(URL, make(fill), {})
    assert (told_.code, told_.severity, told_.args["what"]) == ("custom-data", "notice", what)


def test_each_name_of_a_person_is_told_by_its_kind() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.properties.creator, book.properties.lastModifiedBy = "山田", "openpyxl"

    (one,) = find_leaks(URL, make(fill), {})
    assert (one.code, one.args["what"]) == ("author-names", "作成者 / author")
    app = ("</Properties>", "<Manager>部長</Manager><Company>見本局</Company></Properties>")
    (two,) = find_leaks(URL, change(hide(), **{"docProps/app.xml": app}), {})
    assert two.args["what"] == "管理者 / manager、会社名 / company"


@pytest.mark.parametrize(
    ("path", "told_"),
    [("C:\\Users\\山田\\x\\", True), ("/Users/yamada/", True), ("C:\\Users\\Public\\", False), ("C:\\x\\", False)],
)
def test_the_name_in_the_path_where_it_was_saved(path: str, told_: bool) -> None:
    body = change(hide(), **{"xl/workbook.xml": ("<sheets>", f'<absPath url="{path}"/><sheets>')})
    found = [f.args["what"] for f in find_leaks(URL, body, {})]
    assert found == ["保存した場所のユーザー名 / user in the path it was saved to"] * told_


# ---- cells that hold something -----------------------------------------------------------------------------------

SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("cells", "count"),
    [
        ('<c r="A9" t="inlineStr"><is><t>x</t></is></c>', 1),
        ('<c r="A9" t="inlineStr"><is><r><t> </t></r><r><t>x</t></r></is></c>', 1),
        ('<c r="A9" t="inlineStr"><is><t> </t></is></c>', 0),
        ('<c r="A9"><v>5</v></c><c r="B9"><v>0</v></c>', 2),
        ("<c><v>5</v></c><c/><c><v>6</v></c>", 2),
        ('<c r="A9"><f>B1</f></c>', 1),
        ('<c r="A9"><f>B1</f><v></v></c><c r="B9"/>', 1),
        ('<c r="A9" t="s"><v>999</v></c>', 1),
        ("stray text<c r='A9'/>", 0),
    ],
)
def test_a_hidden_row_counts_the_cells_that_hold_something(cells: str, count: int) -> None:
    row = f'<row r="9" hidden="1">{cells}</row></sheetData>'
    found = find_leaks(URL, change(hide(), **{SHEET: ("</sheetData>", row)}), {})
    assert [(f.code, f.args["count"], f.args["rows"]) for f in found] == [("hidden-rows", str(count), "9")] * (
        count > 0
    )


def test_hidden_rows_and_columns_are_told_as_ranges_of_which_the_first_five() -> None:
    rows = "".join(f'<row r="{n}" hidden="1"><c r="A{n}"><v>1</v></c></row>' for n in (10, 11, 12, 14, 16, 18, 20, 22))
    (found,) = find_leaks(URL, change(hide(), **{SHEET: ("</sheetData>", f"{rows}</sheetData>")}), {})
    assert found.args["rows"] == "10–12, 14, 16, 18, 20 …" and found.place.cell == "A10"
    (found,) = find_leaks(URL, hide(columns="BC"), {})
    assert (found.args["columns"], found.args["count"], found.place.cell) == ("B–C", "8", "B1")


def test_columns_are_hidden_by_what_stands_first_for_them_and_else_by_default() -> None:
    cols = '<cols><col min="1" max="2" hidden="1"/><col min="2" max="3"/></cols><sheetData>'
    (found,) = find_leaks(URL, change(hide(), **{SHEET: ("<sheetData>", cols)}), {})
    assert found.args["columns"] == "A–B"
    body = change(hide(), **{SHEET: ("<sheetFormatPr ", '<sheetFormatPr defaultColWidth="0.1" ')})
    body = change(body, **{SHEET: ("<sheetData>", '<cols><col min="2" max="2" width="9"/></cols><sheetData>')})
    (found,) = find_leaks(URL, body, {})
    assert found.args["columns"] == "A, C"


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("<t>　</t>", 0),
        ("<t></t><phoneticPr/>", 0),
        ("<t> </t><rPh><t>ア</t></rPh>", 1),
        ("<r><t> </t></r><r><t>b</t></r>", 1),
        ("x<t> </t>y", 0),
    ],
)
def test_shared_strings_that_are_blank_count_for_nothing(words: str, count: int) -> None:
    row = '<row r="9" hidden="1"><c r="A9" t="s"><v>1</v></c></row></sheetData>'
    body = change(hide(), **{SHEET: ("</sheetData>", row)})
    strings = f"<sst><si><t>a</t></si><si>{words}</si><si><t>c</t></si></sst>"
    found = [finding.code for finding in find_leaks(URL, attach(body, "sharedStrings", strings), {})]
    assert found == ["hidden-rows"] * count + ["stale-strings"]  # a and c, which no cell uses


def test_a_name_that_leads_out_of_the_workbook_is_told_by_its_name() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        for name, formula in (
            ("far", "'C:\\x\\[b.xlsx]S'!$A$1"),
            ("near", "表!$A$1"),
            ("old", "[1]S!$A$1"),
            ("dde", "b.xls]S!A1"),
        ):
            book.defined_names[name] = DefinedName(name, attr_text=formula)

    found = find_leaks(URL, make(fill), {})
    assert [(f.code, f.severity, f.value) for f in found] == [
        ("defined-names", "warning", name) for name in ("far", "old", "dde")
    ]
    assert all(f.args["where"] == "ほかのファイル / another file" for f in found)


@pytest.mark.parametrize("formula", ['"担当 山田"', '{"担当 山田";"03"}'])
def test_a_name_that_stands_for_values_is_told_as_that_and_not_by_its_name(formula: str) -> None:
    (found,) = [each for each in find_leaks(URL, hide(memo=formula), {}) if each.code == "defined-names"]
    assert say_what(found, "ja") == "名前「」が どのセルにもない値 を指しています"


@pytest.mark.parametrize(("others", "found"), [(0, True), (1, True), (2, False)])
def test_a_column_of_numbers_is_one_of_my_numbers_if_most_are(others: int, found: bool) -> None:
    starts = (f"{10000000000 + 31 * n}" for n in range(8))
    mine = [next(start + last for last in "0123456789" if is_my_number(start + last)) for start in starts]
    texts = [*mine, *map(str, range(others))]
    assert (look({"no": texts}, {"no": "integer"}) == [("my-number", "no", 0)]) is found
    assert look({"no": mine[:2]}, {"no": "integer"}) == []


# ---- columns that the check has encoded --------------------------------------------------------------------------


@pytest.mark.parametrize("lasting", [True, False])
def test_encoded_columns_are_screened_as_their_texts_are(lasting: bool) -> None:
    texts = ["03-1234-5678", "x", "=A1+1", "a@example.net", "x", "03-1234-5678", "090-1234-5678", "x", "y", "=A1+1"]
    schema = Schema(fields=(SchemaField(name="a"),))
    whole = pa.table({"a": pa.array(texts, pa.string())})
    batches = [*whole.to_batches(max_chunksize=4), *whole.slice(0, 0).to_batches()]
    plain, coded = prepare(batches, ["a"], schema), prepare([], ["a"], schema)
    plain.scan.finish(len(texts))
    known: list[str | None] = [None, "", "z"]
    for batch in batches:
        cells = batch.column(0).to_pylist()
        own = known if lasting else [None, "other"]
        own += [text for text in dict.fromkeys(cells) if text not in own]
        coded.scan.add(batch, [casts.Told(np.array([own.index(text) for text in cells], np.int32), own, lasting)])
    for pattern in (PHONE, FORMULA_START):
        found = plain.scan.list_matches("a", pattern)
        assert found and coded.scan.list_matches("a", pattern) == found
        assert coded.scan.sum_up("a", found) == plain.scan.sum_up("a", found)
    assert coded.scan.sum_up("a", ["03-1234-5678"]) == TextCount(2, 0)
    assert coded.scan.sum_up("a", ["=A1+1"]) == TextCount(2, 2)
