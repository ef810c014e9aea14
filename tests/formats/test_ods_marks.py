"""Marks on cells of an .ods: what is coloured and commented, and that nothing else of a workbook changes."""

import io
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from messes import MESSES, save_ods
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Border, Font, PatternFill, Side
from workbooks import SPACES, ods, ods_cell

from entaku.formats.ods_marks import mark_ods
from entaku.formats.xlsx_marks import CellMark
from entaku.formats.zips import BrokenError, LockedError
from entaku.table.ods import read_ods

AUTHOR = "エンタク"
OFFICE = "/usr/bin/soffice"
RED, YELLOW = "#ffc7ce", "#ffeb9c"
BASE = "{urn:oasis:names:tc:opendocument:xmlns:"
TABLE, STYLE, HOME, FO = (
    f"{BASE}table:1.0}}",
    f"{BASE}style:1.0}}",
    f"{BASE}office:1.0}}",
    f"{BASE}xsl-fo-compatible:1.0}}",
)


def mark(sheet: str, cell: str, text: str = "数ではありません", colour: str = "error") -> CellMark:
    found = re.fullmatch(r"([A-Z]+)(\d+)", cell)
    assert found is not None
    column = openpyxl.utils.column_index_from_string(found[1])
    return CellMark(sheet, int(found[2]), column, "error" if colour == "error" else "warning", text)


def read_content(body: bytes) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        return ElementTree.fromstring(parts.read("content.xml"))


Look = dict[tuple[str, int, int], tuple[str, str]]
"""The fill and comment of each cell that has one, by sheet, row and column."""


def look(body: bytes) -> tuple[dict[str, list[str]], Look]:
    """What a workbook says besides fills and comments, each cell written out; and these."""
    root = read_content(body)
    fills = {
        style.get(f"{STYLE}name"): properties.get(f"{FO}background-color", "")
        for style in root.iter(f"{STYLE}style")
        for properties in style.iter(f"{STYLE}table-cell-properties")
    }
    same: dict[str, list[str]] = {}
    looks: Look = {}
    for table in root.iter(f"{TABLE}table"):
        name = table.get(f"{TABLE}name", "")
        lines, top = list[str](), 1
        for row in table.iter(f"{TABLE}table-row"):
            many = int(row.get(f"{TABLE}number-rows-repeated", 1))
            cells, left = list[str](), 1
            for cell in row:
                count = int(cell.get(f"{TABLE}number-columns-repeated", 1))
                style = cell.get(f"{TABLE}style-name") or ""
                notes = cell.findall(f"{HOME}annotation")
                words = "\n".join("".join(p.itertext()) for note in notes for p in note.findall(f"{BASE}text:1.0}}p"))
                fill = fills.get(style, "")
                if fill in (RED, YELLOW) or words:
                    looks.update(
                        {
                            (name, top + n, left + m): (fill, words)
                            for n in range(min(many, 9))
                            for m in range(min(count, 9))
                        }
                    )
                for note in notes:
                    cell.remove(note)
                for key in (f"{TABLE}number-columns-repeated", f"{TABLE}style-name"):
                    cell.attrib.pop(key, None)
                cells += [ElementTree.tostring(cell, "unicode").strip()] * min(count, 2000)
                left += count
            empty = f'<ns0:table-cell xmlns:ns0="{TABLE[1:-1]}" />'
            while cells and cells[-1] == empty:
                cells.pop()
            row.attrib.pop(f"{TABLE}number-rows-repeated", None)
            lines += [f"{sorted(row.attrib.items())} {cells}"] * min(many, 2000)
            top += many
        while lines and lines[-1].endswith("[]"):
            lines.pop()
        same[name] = lines
    return same, looks


def check_marked(body: bytes, marks: list[CellMark]) -> Look:
    """Mark a workbook; nothing but fills and comments may differ.  Returns those."""
    marked = mark_ods(body, marks, AUTHOR)
    assert marked == mark_ods(body, marks, AUTHOR)
    (before, _), (after, looks) = look(body), look(marked)
    assert after == before
    one, other = read_ods(body, None), read_ods(marked, None)
    for mine, theirs in zip(one[0], other[0], strict=True):
        rows = [[list(cells) for count, cells in sheet.rows for _ in range(count)] for sheet in (mine, theirs)]
        assert rows[0] == rows[1] and mine.merged == theirs.merged and mine.hidden == theirs.hidden
    assert one[1] == other[1]
    old, new = (zipfile.ZipFile(io.BytesIO(each)) for each in (body, marked))
    assert [(info.filename, info.compress_type) for info in old.infolist()] == [
        (info.filename, info.compress_type) for info in new.infolist()
    ]
    assert all(old.read(name) == new.read(name) for name in old.namelist() if name != "content.xml")
    return looks


def test_marked_cells_are_coloured_and_commented_and_nothing_else_changes() -> None:
    body = ods(
        ods_cell("館名") + ods_cell("貸出数"),
        ods_cell("中央", number_rows_spanned="2", number_columns_spanned="1")
        + ods_cell("12", "float", value="12", formula="of:=6*2"),
        "<table:covered-table-cell/>" + ods_cell("不明"),
        name="貸出 & <控え>".replace("&", "&amp;").replace("<", "&lt;"),
    )
    name = "貸出 & <控え>"
    looks = check_marked(body, [mark(name, "B3"), mark(name, "A3", "結合されたセル", "warning"), mark("ない", "A1")])
    assert looks == {
        (name, 3, 2): (RED, "数ではありません"),
        (name, 2, 1): (YELLOW, "結合されたセル"),
    }


REPEATED = (
    '<table:table-row table:number-rows-repeated="3">'
    '<table:table-cell table:number-columns-repeated="4" office:value-type="float" office:value="7"><text:p>7</text:p></table:table-cell>'
    "</table:table-row>"
)


def test_repeated_rows_and_cells_are_cut_where_the_marks_are() -> None:
    body = ods(
        ods_cell("a"),
        REPEATED,
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>',
    )
    cells = ["B3", "D3", "C4", "A2", "F4", "C9", "A1048000"]
    looks = check_marked(body, [mark("表", cell, cell) for cell in cells])
    assert {words for _, words in looks.values()} == set(cells) and len(looks) == len(cells)
    assert looks["表", 3, 2] == (RED, "B3") and looks["表", 9, 3] == (RED, "C9") and looks["表", 4, 6] == (RED, "F4")
    marked = read_content(mark_ods(body, [mark("表", "B3")], AUTHOR))
    rows = [row.get(f"{TABLE}number-rows-repeated") for row in marked.iter(f"{TABLE}table-row")]
    assert rows == [None, None, None, None, "1048000"]
    cut = [cell.get(f"{TABLE}number-columns-repeated") for cell in [*marked.iter(f"{TABLE}table-row")][2]]
    assert cut == [None, None, "2"]


def test_cells_beyond_what_is_there_are_made() -> None:
    looks = check_marked(ods(ods_cell("a")), [mark("表", "C1", "右"), mark("表", "B4", "下")])
    assert looks == {("表", 1, 3): (RED, "右"), ("表", 4, 2): (RED, "下")}


def style_book(cell: str, styles: str, columns: str = "", row: str = "") -> bytes:
    """An .ods with styles of its own."""
    body = ods(f"<table:table-row {row}>{cell}</table:table-row>", columns=columns)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w") as new:
        text = old.read("content.xml").decode()
        more = f' xmlns:fo="{FO[1:-1]}"'
        text = text.replace("</office:automatic-styles>", f"{styles}</office:automatic-styles>").replace(
            SPACES, SPACES + more
        )
        new.writestr("mimetype", old.read("mimetype"))
        new.writestr("content.xml", text)
    return out.getvalue()


BOLD = (
    '<style:style style:name="bold" style:family="table-cell" style:parent-style-name="Default">'
    '<style:table-cell-properties fo:border="1pt solid #000" fo:background-color="#00ff00"/>'
    '<style:text-properties fo:font-weight="bold"/></style:style>'
)
PLAIN = '<style:style style:name="money" style:family="table-cell" style:data-style-name="N1"><style:text-properties fo:color="#f00"/></style:style>'


def find_style(body: bytes, cell: str) -> tuple[ElementTree.Element, str]:
    """The style that a marked cell has, and that of the styles that it was made from."""
    marked = read_content(mark_ods(body, [mark("表", cell)], AUTHOR))
    (found,) = [each for each in marked.iter() if each.find(f"{HOME}annotation") is not None]
    name = found.get(f"{TABLE}style-name")
    (style,) = [each for each in marked.iter(f"{STYLE}style") if each.get(f"{STYLE}name") == name]
    return style, style.get(f"{STYLE}parent-style-name", "")


@pytest.mark.parametrize(
    ("cell", "columns", "row"),
    [
        ('<table:table-cell table:style-name="bold"/>', "", ""),
        ("<table:table-cell/>", '<table:table-column table:default-cell-style-name="bold"/>', ""),
        ("<table:table-cell/>", '<table:table-column table:default-cell-style-name="x"/>', 'table:default-cell-style-name="bold"'),
    ],
)  # fmt: skip
def test_a_marked_cell_keeps_its_look_but_the_fill(cell: str, columns: str, row: str) -> None:
    style, parent = find_style(style_book(cell, BOLD, columns, row), "A1")
    (properties, text) = list(style)
    assert properties.get(f"{FO}background-color") == RED and properties.get(f"{FO}border") == "1pt solid #000"
    assert text.get(f"{FO}font-weight") == "bold" and parent == "Default"


def test_a_style_without_properties_of_cells_and_one_that_is_elsewhere() -> None:
    style, _ = find_style(style_book('<table:table-cell table:style-name="money"/>', PLAIN), "A1")
    assert style.get(f"{STYLE}data-style-name") == "N1" and len(style) == 2
    assert style[0].tag == f"{STYLE}table-cell-properties"
    style, parent = find_style(style_book('<table:table-cell table:style-name="Good"/>', ""), "A1")
    assert parent == "Good" and style[0].get(f"{FO}background-color") == RED


def test_a_comment_that_is_there_stays_and_the_new_words_follow() -> None:
    note = "<office:annotation><text:p>担当者のメモ</text:p></office:annotation>"
    cell = f'<table:table-cell office:value-type="string">{note}<text:p>不明</text:p></table:table-cell>'
    marked = mark_ods(ods(cell), [mark("表", "A1", "<必須> & 空")], AUTHOR)
    assert look(marked)[1]["表", 1, 1] == (RED, f"担当者のメモ\n\n{AUTHOR}\n<必須> & 空")


def test_several_marks_of_a_cell_are_one_comment_in_the_worse_colour() -> None:
    marks = [mark("表", "A1", "一", "warning"), mark("表", "A1", "二"), mark("表", "A1", "一", "warning")]
    assert check_marked(ods(ods_cell("x")), marks) == {("表", 1, 1): (RED, "一\n二")}


def change(body: bytes, old: str, new: str, **parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            text = before.read(name).decode()
            after.writestr(name, text.replace(old, new) if name == "content.xml" else text)
        for name, text in parts.items():
            after.writestr(name.replace("__", "/").replace("_", "."), text)
    return out.getvalue()


def test_styles_where_there_is_no_part_for_them() -> None:
    body = ods(ods_cell("x"))
    styles = '<office:automatic-styles><style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    for instead in ("", "<office:automatic-styles/>"):
        assert check_marked(change(body, styles, instead), [mark("表", "A1")]) == {
            ("表", 1, 1): (RED, "数ではありません")
        }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<office:body>", "<!-- a --><office:body>"),
        ("<office:body>", "<office:scripts><![CDATA[x]]></office:scripts><office:body>"),
        ('xmlns:table="urn:oasis', 'xmlns:table="urn:other'),
        ("<office:document-content ", '<office:document-content xmlns:fo="urn:other" '),
        ("</text:p>", ""),
        ("<text:p>", "<table:table/><text:p>"),
    ],
)
def test_xml_that_can_not_be_edited_is_refused(old: str, new: str) -> None:
    with pytest.raises(BrokenError):
        mark_ods(change(ods(ods_cell("x")), old, new), [mark("表", "A1")], AUTHOR)


def test_locked_and_foreign_files_are_refused() -> None:
    with pytest.raises(LockedError):
        mark_ods(change(ods(ods_cell("x")), "", "", **{"META-INF__manifest_xml": "<encryption-data/>"}), [], AUTHOR)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("mimetype", "x")
    with pytest.raises(BrokenError):
        mark_ods(out.getvalue(), [], AUTHOR)


@pytest.mark.parametrize("mess", MESSES, ids=lambda mess: mess.name)
def test_every_workbook_of_the_messes_stays_what_it_is(mess) -> None:  # type: ignore[no-untyped-def]
    sheet = mess.sheets[-1]
    marks = [
        mark(sheet.name, f"{openpyxl.utils.get_column_letter(at + 1)}{row + 1}", f"{row} {at}")
        for row, cells in enumerate(sheet.rows)
        for at, _ in enumerate(cells)
        if (row + at) % 3 == 0
    ]
    assert check_marked(save_ods(mess), marks)


# ---- by another program -----------------------------------------------------------------------------------------


def make_book() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "貸出"
    for row in (["館名", "貸出数", "日付", "割合"], ["中央", 12, "2026-04-01", 0.5], ["南", "不明", None, "=B2*2"]):
        sheet.append(row)
    sheet.merge_cells("A5:B6")
    sheet["A5"] = "合計"
    sheet["D2"].number_format = "0.0%"
    sheet["B3"].font = Font(bold=True, color="FF0000FF")
    sheet["A1"].border = Border(bottom=Side("thick"))
    sheet["A2"].comment = Comment("担当者のメモ", "山")
    sheet.column_dimensions["C"].width = 30
    sheet.conditional_formatting.add("B2:B9", CellIsRule(operator="lessThan", formula=["3"], fill=PatternFill("solid")))
    book.create_sheet("ほか").append(["a", 1])
    return book


def convert(folder: Path, path: Path, kind: str) -> Path:
    environment = {**os.environ, "HOME": str(folder)}
    command = [
        OFFICE,
        "--headless",
        f"-env:UserInstallation=file://{folder}/profile",
        "--convert-to",
        kind,
        "--outdir",
        str(folder),
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300, env=environment)
    return folder / f"{path.stem}.{kind}"


@pytest.mark.sweep
@pytest.mark.skipif(not shutil.which(OFFICE), reason="no LibreOffice here")
def test_libreoffice_writes_it_and_reads_it_marked(tmp_path: Path) -> None:
    (tmp_path / "of").mkdir()
    make_book().save(tmp_path / "book.xlsx")
    body = convert(tmp_path / "of", tmp_path / "book.xlsx", "ods").read_bytes()
    marks = [mark("貸出", "B3"), mark("貸出", "C3", "日付がありません"), mark("貸出", "H9", "行のない所", "warning")]
    marks += [
        mark("貸出", "A2", "館の名前が違います", "warning"),
        mark("貸出", "B6", "結合"),
        mark("ほか", "B1", "ほか"),
    ]
    check_marked(body, marks)
    (tmp_path / "marked.ods").write_bytes(mark_ods(body, marks, AUTHOR))
    book = openpyxl.load_workbook(convert(tmp_path / "of", tmp_path / "marked.ods", "xlsx"))
    sheet = book["貸出"]
    fills = {cell: sheet[cell].fill.fgColor.rgb[2:] for cell in ("B3", "C3", "H9", "A2", "A5")}
    assert fills == {"B3": "FFC7CE", "C3": "FFC7CE", "H9": "FFEB9C", "A2": "FFEB9C", "A5": "FFC7CE"}
    assert [str(one) for one in sheet.merged_cells.ranges] == ["A5:B6"]
    assert sheet["D3"].value == "=B2*2" and sheet["D2"].number_format == "0.0%" and sheet["B3"].font.b
    assert sheet["A1"].border.bottom.style == "thick" and sheet["B2"].fill.fgColor.rgb == "00000000"
    said = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert set(said) == {"B3", "C3", "H9", "A2", "A5"} and "日付がありません" in said["C3"]
    assert "担当者のメモ" in said["A2"] and "館の名前が違います" in said["A2"]
    assert [str(one.sqref) for one in sheet.conditional_formatting] == ["B2:B9"]
    assert book["ほか"]["B1"].comment is not None
