"""What is read from the parts of a workbook, and how its cells are spelt."""

import io
import struct
import zipfile
from datetime import date

import openpyxl
import pytest
import xlwt
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName

from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.ole import Ole, check_old_workbook, read_old_book, read_properties
from entaku.formats.xlsx import PLAIN, CellTexts, XlsxBook
from entaku.formats.xlsx_sheet import ColumnRun, SheetReader, column_index, read_count
from entaku.formats.xml import make_tree
from entaku.formats.zips import BrokenError


def save(book: "openpyxl.Workbook | xlwt.Workbook") -> bytes:
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def change(body: bytes, **parts: str) -> bytes:
    """The workbook with other parts; `sheet1` is the XML of its first sheet."""
    paths = {"sheet1": "xl/worksheets/sheet1.xml"}
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as opened, zipfile.ZipFile(sink, "w") as made:
        members = {name: opened.read(name) for name in opened.namelist()}
        for name, content in (members | {paths[key]: text.encode() for key, text in parts.items()}).items():
            made.writestr(name, content)
    return sink.getvalue()


def read(xml: str) -> tuple[SheetReader, list[tuple[int, int, str, str, bool, bool]]]:
    """A sheet's reader, and of each cell row, column, text, readings, formula and whether its row is unseen."""
    cells = []
    reader = SheetReader(
        lambda it: cells.append(
            (it.row, it.at, "".join(it.words), "".join(it.readings), it.formula, it.row_unseen),
        )
    )
    reader.walk(xml.encode())
    return reader, cells


def test_cells_with_and_without_names() -> None:
    _, cells = read(
        '<w><row r="3"><c r="B3"><v>1</v></c><c><v>2</v></c><c/></row><row><c t="s"><v>0</v></c></row>'
        '<row r="x"><c r="??"><f>A1</f></c></row></w>'
    )
    assert cells == [
        (2, 1, "1", "", False, False),
        (2, 2, "2", "", False, False),
        (3, 0, "0", "", False, False),
        (4, 0, "", "", True, False),
    ]


def test_readings_are_apart_from_the_text() -> None:
    _, cells = read('<x:w xmlns:x="x"><x:c><x:is><x:t>港区</x:t><x:rPh><x:t>みなとく</x:t></x:rPh></x:is></x:c></x:w>')
    assert cells == [(-1, 0, "港区", "みなとく", False, False)]


def test_formulas_of_rules_and_lists_are_no_cells() -> None:
    _, cells = read("<w><row><c><v>1</v></c></row><conditionalFormatting><f>A1</f></conditionalFormatting></w>")
    assert [cell[4] for cell in cells] == [False]


def test_hidden_is_declared_and_unseen_is_also_too_small() -> None:
    reader, cells = read(
        '<w><sheetFormatPr zeroHeight="1" defaultColWidth="0"/><cols><col min="2" max="3" hidden="1"/>'
        '<col min="4" max="4" width="0.1"/><col min="x"/></cols>'
        '<row r="1"><c><v>1</v></c></row><row r="2" ht="12"><c><v>2</v></c></row>'
        '<row r="3" hidden="true"><c><v>3</v></c></row><row r="4" ht="0.5"><c><v>4</v></c></row></w>'
    )
    assert reader.columns == [
        ColumnRun(1, 2, True, True),
        ColumnRun(3, 3, False, True),
        ColumnRun(0, 0, False, False),
    ]
    assert reader.columns_unseen
    assert [cell[5] for cell in cells] == [True, False, True, True]
    rows = []
    SheetReader(lambda _: None, lambda it: rows.append(it.row_hidden)).walk(b'<w><row hidden="1"/><row ht="0"/></w>')
    assert rows == [True, False]


def test_one_book_gives_sheets_cells_looks_names_and_comments() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "表"
    for row in [["区", "日"], ["港", date(2026, 5, 1)], ["北", 1.5], ["中央", True]]:
        sheet.append(row)
    sheet["A2"].font = Font(bold=True, color="FFFF0000")
    sheet["A3"].comment = Comment("x", "y")
    sheet.merge_cells("C3:D4")
    book.create_sheet("控え").sheet_state = "hidden"
    book.defined_names["n"] = DefinedName("n", attr_text="表!$A$1")
    made = XlsxBook(save(book))
    assert [(each.name, each.hidden) for each in made.sheets] == [("表", False), ("控え", True)]
    assert list(made.names()) == [("n", "表!$A$1")]
    assert {"officeDocument", "core-properties"} <= {link.kind for link in made.links[""]}
    assert {link.kind for link in made.links["xl/workbook.xml"]} >= {"worksheet", "styles"}
    assert list(made.comments()) == [("表", "A3")]
    texts = CellTexts(made.strings, made.styles)
    spelt, looks = [], {}

    def note(cell: SheetReader) -> None:
        spelt.append(texts.spell(cell))
        if texts.look(cell) is not PLAIN:
            looks[cell.row, cell.at] = texts.look(cell)

    reader = SheetReader(note)
    reader.walk(made.read(made.sheets[0].part))
    assert spelt == ["区", "日", "港", "2026-05-01", "北", "1.5", "中央", "TRUE"]
    assert [(look.colour, look.bold) for look in looks.values()] == [("FFFF0000", True)]
    assert reader.merged == [(2, 2, 3, 3)]


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("12", 12), ("", None), ("²", None), ("３", None), ("9" * 10, None)]
)
def test_numbers_that_are_no_numbers(text: str, number: int | None) -> None:
    assert read_count(text) == number


def test_columns_by_letters() -> None:
    assert [column_index(letters) for letters in ("A", "z", "AA", "XFD")] == [0, 25, 26, 16383]


def test_a_document_type_is_refused() -> None:
    with pytest.raises(BrokenError):
        XlsxBook(change(save(openpyxl.Workbook()), sheet1='<!DOCTYPE x [<!ENTITY a "b">]><w/>'))


def test_an_old_book() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for row in range(3):
        for at in range(3):
            sheet.write(row, at, row * at)
    sheet.row(1).hidden = True
    sheet.col(2).hidden = True
    book.add_sheet("控え").visibility = 2
    made = read_old_book(Ole(save(book)))
    assert [(each.name, each.hidden) for each in made.sheets] == [("表", False), ("控え", True)]
    assert sorted(made.sheets[0].cells) == [(row, at) for row in range(3) for at in range(3)]
    assert (made.sheets[0].unseen_rows, made.sheets[0].unseen_columns) == ({1}, [(2, 2)])
    assert not made.linked and not made.linked_values


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c t="s"><v>0</v></c>', "区"), ('<c t="s"><v>1</v></c>', ""), ('<c t="s"><v>x</v></c>', ""),
        ("<c><v>1500</v></c>", "1500"), ("<c><v>-1.50</v></c>", "-1.5"), ("<c><v>-0</v></c>", "0"),
        ("<c><v>1E3</v></c>", "1000"), ("<c><v>0.1</v></c>", "0.1"), ("<c><v>1E-7</v></c>", "0.0000001"),
        ("<c><v>123456789012345</v></c>", "123456789012345"), ("<c><v>1234567890123456</v></c>", "1234567890123456"),
        ("<c><v>nan</v></c>", "nan"), ("<c><v>x</v></c>", "x"), ('<c t="b"><v>0</v></c>', "FALSE"),
    ],
)  # fmt: skip
def test_cells_are_spelt_plainly(cell: str, text: str) -> None:
    texts, spelt = CellTexts(["区"], XlsxBook(save(openpyxl.Workbook())).styles), []
    SheetReader(lambda reader: spelt.append(texts.spell(reader))).walk(f"<w><row>{cell}</row></w>".encode())
    assert spelt == [text]


def test_sectors_of_a_large_old_book_are_listed_beyond_its_header() -> None:
    """[MS-CFB] 2.5.1: the first 109 sectors of the allocation table are named in the header, others in DIFAT sectors."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for row in range(6000):
        sheet.write(row, 0, f"区{row}")
    body = bytearray(save(book))
    table = [number for number in struct.unpack_from("<109I", body, 76) if number != 0xFFFFFFFF]
    assert len(table) > 2
    first = len(body) // 512 - 1
    for n, some in enumerate((table[:2], table[2:])):
        after = first + 1 if n == 0 else 0xFFFFFFFE
        body += struct.pack("<128I", *some, *[0xFFFFFFFF] * (127 - len(some)), after)
    struct.pack_into("<II109I", body, 68, first, 2, *[0xFFFFFFFF] * 109)
    made = Ole(bytes(body))
    assert made.read("Workbook") == Ole(save(book)).read("Workbook")
    struct.pack_into("<I", body, len(body) - 4, first)  # the second leads back to the first
    with pytest.raises(BrokenError, match="without end"):
        Ole(bytes(body))


def test_an_old_book_may_span_so_many_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows and two columns, and a second sheet of one row and four columns; each sheet counts from A1."""
    book = xlwt.Workbook()
    book.add_sheet("表").write(2, 1, 5)
    book.add_sheet("控え").write(0, 3, "x")
    monkeypatch.setattr(limits, "CELLS", 10)
    check_old_workbook(save(book))
    monkeypatch.setattr(limits, "CELLS", 9)
    with pytest.raises(LimitError, match="cells: 9"):
        check_old_workbook(save(book))


@pytest.mark.parametrize("neighbour", [68, 72, 76])
def test_a_directory_that_leads_back_to_itself_is_read_once(neighbour: int) -> None:
    book = xlwt.Workbook()
    book.add_sheet("表").write(0, 0, 5)
    body = bytearray(save(book))
    entry = body.index("Workbook".encode("utf-16-le"))
    struct.pack_into("<I", body, entry + neighbour, 1)
    assert list(Ole(bytes(body)).paths) == ["Workbook"]


def make_properties(*texts: tuple[int, int, bytes], count: int | None = None) -> bytes:
    """A property set of one section ([MS-OLEPS] 2.21): number, type and bytes of each property."""
    values, places, at = b"", b"", 8 + 8 * len(texts)
    for number, kind, body in texts:
        length = len(body) // 2 if kind == 0x1F else len(body)
        places += struct.pack("<II", number, at + len(values))
        values += struct.pack("<II", kind, length) + body
    section = struct.pack("<II", at + len(values), len(texts) if count is None else count) + places + values
    return bytes(44) + struct.pack("<I", 48) + section


def test_properties_of_an_old_book_are_texts_in_either_width() -> None:
    stream = make_properties(
        (4, 0x1E, "山田\0".encode("cp932")), (8, 0x1F, "鈴木\0".encode("utf-16-le")), (9, 3, b"\0" * 4)
    )
    assert read_properties(stream) == {4: "山田", 8: "鈴木"}
    assert read_properties(make_properties((4, 0x1E, b"a"), count=5)) == {4: "a"}
    assert read_properties(b"") == read_properties(stream[:47]) == {}


@pytest.mark.parametrize("declared", ["<!DOCTYPE a>", '<!DOCTYPE a [<!ENTITY b "c">]>', '<!DOCTYPE a SYSTEM "x.dtd">'])
def test_a_document_type_ends_the_reading_of_xml(declared: str) -> None:
    assert make_tree(b"<a>b</a>").text == "b"
    with pytest.raises(BrokenError):
        make_tree(f"{declared}<a>b</a>".encode())
