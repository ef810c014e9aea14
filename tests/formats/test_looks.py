"""How cells look: bold, fills and frames of .xlsx, .xls and .ods, of the first rows only."""

import io
import zipfile

import openpyxl
import pytest
import xlwt
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.worksheet.table import Table
from workbooks import SPACES

from entaku.formats.looks import MOST_ROWS, NO_LOOK, CellLook, read_looks


def save_xlsx() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "一"
    for row in range(1, MOST_ROWS + 3):
        sheet.cell(row, 1, f"a{row}")
    sheet["A1"].font = Font(bold=True)
    sheet["B2"], sheet["C2"], sheet["D2"] = "b", "c", "d"
    sheet["B2"].fill = PatternFill("solid", fgColor="FFFFFF00")
    sheet["C2"].border = Border(bottom=Side("double"))
    sheet["D2"].fill = PatternFill("solid", fgColor="FFFFFFFF")  # white is no fill
    sheet.cell(MOST_ROWS + 1, 1).font = Font(bold=True)
    other = book.create_sheet("二")
    other.append(["a", "b"])
    other.append([1, 2])
    other.add_table(Table(displayName="T", ref="A1:B2"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def save_xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("一")
    sheet.write(0, 0, "a", xlwt.easyxf("font: bold on"))
    sheet.write(1, 1, "b", xlwt.easyxf("pattern: pattern solid, fore_colour yellow"))
    sheet.write(1, 2, "c", xlwt.easyxf("borders: bottom double"))
    sheet.write(1, 3, "d")
    book.add_sheet("二")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def save_ods() -> bytes:
    def style(name: str, more: str, inner: str) -> str:
        return f'<style:style style:name="{name}" style:family="table-cell" {more}>{inner}</style:style>'

    def cell(style: str, more: str = "") -> str:
        return f'<table:table-cell table:style-name="{style}" {more}><text:p>x</text:p></table:table-cell>'

    spaces = f'{SPACES} xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'
    common = style("Head", "", '<style:text-properties fo:font-weight="bold"/>')
    own = (
        style("h", 'style:parent-style-name="Head"', "")
        + style("f", "", '<style:table-cell-properties fo:background-color="#ffff00"/>')
        + style("b", "", '<style:table-cell-properties fo:border-bottom="2pt double #000" fo:border-top="none"/>')
        + style("p", 'style:parent-style-name="p"', '<style:table-cell-properties fo:background-color="#ffffff"/>')
    )
    many = 'table:number-columns-repeated="3"'
    rows = (
        f"<table:table-row>{cell('h')}</table:table-row><table:table-row><table:table-cell/>"
        f"<table:table-cell/>{cell('b')}{cell('p', many)}</table:table-row>"
    )
    columns = '<table:table-column/><table:table-column table:default-cell-style-name="f"/><table:table-column table:number-columns-repeated="9"/>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr(
            "styles.xml",
            f"<office:document-styles {spaces}><office:styles>{common}</office:styles></office:document-styles>",
        )
        made.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:automatic-styles>{own}</office:automatic-styles><office:body>"
            f'<office:spreadsheet><table:table table:name="一">{columns}{rows}</table:table><table:table table:name="二"/>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


@pytest.mark.parametrize("make", [save_xlsx, save_xls, save_ods])
def test_each_format_tells_bold_fills_and_frames(make) -> None:  # type: ignore[no-untyped-def]
    looks = read_looks(make())["一"]
    shown = {at: (look.bold, bool(look.fill), bool(look.border)) for at, look in looks.items() if at[1] or at[0] < 3}
    assert shown == {
        (1, 0): (True, False, False), (2, 1): (False, True, False), (2, 2): (False, False, True),
    } or shown == {
        (1, 0): (True, False, False), (1, 1): (False, True, False), (2, 1): (False, True, False), (2, 2): (False, False, True),
    }  # fmt: skip


def test_a_table_of_excel_tells_its_header_and_far_rows_are_not_read() -> None:
    looks = read_looks(save_xlsx())
    assert looks["二"] == dict.fromkeys([(1, 0), (1, 1)], CellLook(bold=True, fill="table"))
    assert all(row <= MOST_ROWS for row, _ in looks["一"]) and NO_LOOK not in looks["一"].values()


@pytest.mark.parametrize("body", [b"", b"a,b\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" + b"\0" * 600, save_xlsx()[:-400]])
def test_what_can_not_be_read_has_no_looks(body: bytes) -> None:
    assert read_looks(body) == {}
