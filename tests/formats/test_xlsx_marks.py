"""Marks on cells: what is coloured and commented, and that nothing else of a workbook changes."""

import io
import re
import zipfile
from xml.etree import ElementTree

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from entaku.formats.xlsx_marks import CellMark, mark_cells
from entaku.formats.zips import BrokenError

AUTHOR = "エンタク"


def make_book() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "貸出"
    sheet.append(["館名", "貸出数", "日付", "割合"])
    sheet.append(["中央", 12, "2026-04-01", 0.5])
    sheet.append(["南", "不明", None, "=B2*2"])
    sheet.merge_cells("A5:B6")
    sheet["A5"] = "合計"
    sheet["D2"].number_format = "0.0%"
    sheet["B3"].font = Font(bold=True, color="FF0000FF")
    sheet["A2"].comment = Comment("担当者のメモ", "山")
    sheet.column_dimensions["C"].width = 30
    sheet.row_dimensions[2].height = 40
    sheet.add_data_validation(DataValidation(type="whole", operator="greaterThan", formula1="0", sqref="B2:B9"))
    sheet.conditional_formatting.add("B2:B9", CellIsRule(operator="lessThan", formula=["3"], fill=PatternFill("solid")))
    other = book.create_sheet("ほか")
    other.append(["a", "b"])
    other.append([1, 2])
    other.add_table(Table(displayName="T", ref="A1:B2"))
    return book


def save(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def mark(sheet: str, cell: str, text: str = "数ではありません", colour: str = "error") -> CellMark:
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", cell).groups()
    return CellMark(sheet, int(digits), openpyxl.utils.column_index_from_string(letters), colour, text)


def describe(body: bytes) -> dict[str, object]:
    """List all that a reader knows of a workbook but fills and comments."""
    found: dict[str, object] = {}
    for sheet in openpyxl.load_workbook(io.BytesIO(body)):
        found[sheet.title] = (
            {
                cell.coordinate: (cell.value, cell.number_format, cell.font.b, cell.font.color and cell.font.color.rgb)
                for row in sheet.iter_rows()
                for cell in row
                if cell.value is not None
            },
            sorted(map(str, sheet.merged_cells.ranges)),
            {name: (size.width, size.hidden) for name, size in sheet.column_dimensions.items()},
            {name: size.height for name, size in sheet.row_dimensions.items() if size.height},
            [(str(one.sqref), one.formula1) for one in sheet.data_validations.dataValidation],
            [str(one.sqref) for one in sheet.conditional_formatting],
            sorted(sheet.tables),
        )
    return found


def test_marked_cells_are_coloured_and_commented_and_nothing_else_changes() -> None:
    body = save(make_book())
    marks = [
        mark("貸出", "B3"),
        mark("貸出", "C3", "日付がありません <必須> & 空"),
        mark("貸出", "H9", "行のない所", "warning"),
        mark("貸出", "A2", "館の名前が違います", "warning"),
        mark("貸出", "B6", "結合されたセル"),
        mark("ほか", "B2"),
        mark("ない", "A1"),
    ]
    marked = mark_cells(body, marks, AUTHOR)

    assert describe(marked) == describe(body)
    book = openpyxl.load_workbook(io.BytesIO(marked))
    sheet = book["貸出"]
    fills = {cell: sheet[cell].fill.fgColor.rgb for cell in ("B3", "C3", "H9", "A2", "A5", "B2")}
    assert fills == {
        "B3": "FFFFC7CE", "C3": "FFFFC7CE", "H9": "FFFFEB9C", "A2": "FFFFEB9C", "A5": "FFFFC7CE", "B2": "00000000",
    }  # fmt: skip
    assert sheet["B3"].comment.text == "数ではありません"
    assert sheet["B3"].comment.author == AUTHOR
    assert sheet["C3"].comment.text == "日付がありません <必須> & 空"
    assert sheet["A5"].comment.text == "結合されたセル"
    assert sheet["A2"].comment.text == f"担当者のメモ\n\n{AUTHOR}\n館の名前が違います"
    assert book["ほか"]["B2"].comment.text == "数ではありません"
    assert marked == mark_cells(body, marks, AUTHOR)
    with zipfile.ZipFile(io.BytesIO(marked)) as parts:
        for name in parts.namelist():
            ElementTree.fromstring(parts.read(name))  # every part is well-formed
        boxes = ElementTree.fromstring(parts.read("xl/drawings/commentsDrawing1.vml"))
    found = boxes.findall("{urn:schemas-microsoft-com:vml}shape//{urn:schemas-microsoft-com:office:excel}Row")
    assert sorted(int(row.text) for row in found) == [1, 2, 2, 4, 8]


def test_parts_without_marks_are_the_same_bytes() -> None:
    body = save(make_book())
    marked = mark_cells(body, [mark("貸出", "B3")], AUTHOR)
    before, after = (zipfile.ZipFile(io.BytesIO(one)) for one in (body, marked))
    changed = {name for name in before.namelist() if before.read(name) != after.read(name)}
    assert changed == {
        "xl/styles.xml", "xl/worksheets/sheet1.xml", "xl/comments/comment1.xml",
        next(name for name in before.namelist() if name.endswith(".vml")),
    }  # fmt: skip
    assert set(after.namelist()) == set(before.namelist())


def test_a_comment_box_stands_where_the_schema_wants_it() -> None:
    marked = mark_cells(save(make_book()), [mark("ほか", "B2")], AUTHOR)
    xml = zipfile.ZipFile(io.BytesIO(marked)).read("xl/worksheets/sheet2.xml").decode()
    assert xml.index("<pageMargins") < xml.index("<legacyDrawing") < xml.index("<tableParts")
    boxes = zipfile.ZipFile(io.BytesIO(marked))
    drawing = next(name for name in boxes.namelist() if name.endswith("vmlDrawing1.vml"))
    assert b"<x:Row>1</x:Row><x:Column>1</x:Column>" in boxes.read(drawing)


def test_several_marks_of_a_cell_are_one_comment_in_the_worse_colour() -> None:
    marks = [
        mark("貸出", "B3", "一つ目", "warning"),
        mark("貸出", "B3", "二つ目"),
        mark("貸出", "B3", "一つ目", "warning"),
    ]
    book = openpyxl.load_workbook(io.BytesIO(mark_cells(save(make_book()), marks, AUTHOR)))
    assert book["貸出"]["B3"].comment.text == "一つ目\n二つ目"
    assert book["貸出"]["B3"].fill.fgColor.rgb == "FFFFC7CE"


def rewrite(body: bytes, edit: dict[str, tuple[str, str]], drop: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name not in drop:
                text = old.read(name).decode()
                for pattern, replacement in [edit[name]] if name in edit else []:
                    text = re.sub(pattern, replacement, text)
                new.writestr(name, text)
    return out.getvalue()


def plain_book() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "S"
    for row in (["a", "b"], ["x", 1]):
        book.active.append(row)
    return save(book)


def test_xml_with_prefixes_and_cells_without_addresses() -> None:
    body = rewrite(
        plain_book(),
        {
            "xl/worksheets/sheet1.xml": (
                r"<(/?)(worksheet|sheetData|row|c|v|sheetPr|sheetViews|sheetView|sheetFormatPr|pageMargins|dimension|outlinePr|pageSetUpPr|selection)\b( r=\"[A-Z0-9]+\")?",
                r"<\1x:\2",
            )
        },
    )
    body = rewrite(body, {"xl/worksheets/sheet1.xml": (r"xmlns=", "xmlns:x=")})
    book = openpyxl.load_workbook(io.BytesIO(mark_cells(body, [mark("S", "B2"), mark("S", "D2")], AUTHOR)))
    assert book["S"]["B2"].value == 1
    assert book["S"]["B2"].fill.fgColor.rgb == book["S"]["D2"].fill.fgColor.rgb == "FFFFC7CE"
    assert book["S"]["B2"].comment.text == "数ではありません"


def test_a_workbook_without_styles() -> None:
    body = rewrite(
        plain_book(),
        {
            "[Content_Types].xml": (r"<Override[^>]*styles\+xml[^>]*/>", ""),
            "xl/_rels/workbook.xml.rels": (r"<Relationship [^>]*styles[^>]*/>", ""),
        },
        ("xl/styles.xml",),
    )
    book = openpyxl.load_workbook(io.BytesIO(mark_cells(body, [mark("S", "B2")], AUTHOR)))
    assert book["S"]["B2"].fill.fgColor.rgb == "FFFFC7CE"
    assert book["S"]["A2"].fill.fgColor.rgb == "00000000"


def test_a_new_cell_takes_the_look_of_its_column() -> None:
    book = openpyxl.Workbook()
    book.active.title = "S"
    book.active["A1"] = 1
    book.active.column_dimensions["C"].number_format = "0.00"
    marked = openpyxl.load_workbook(io.BytesIO(mark_cells(save(book), [mark("S", "C4")], AUTHOR)))
    assert marked["S"]["C4"].number_format == "0.00"


def test_xml_that_can_not_be_edited_is_refused() -> None:
    body = rewrite(plain_book(), {"xl/worksheets/sheet1.xml": ("<sheetData>", "<!-- a --><sheetData>")})
    with pytest.raises(BrokenError):
        mark_cells(body, [mark("S", "B2")], AUTHOR)
