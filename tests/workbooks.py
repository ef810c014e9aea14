"""Workbooks of every format, written cell by cell for tests."""

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import openpyxl
import xlwt
from xlwt import CompoundDoc

from entaku.formats.text import column_letters

Cell = Any
"""A value, or a value and its number format."""


def split_cell(cell: Cell) -> tuple[Any, str]:
    return cell if isinstance(cell, tuple) else (cell, "General")


def xlsx(*rows: Sequence[Cell], fill: Callable[[Any], None] = lambda book: None, name: str = "表") -> bytes:
    """An .xlsx of one sheet; `fill` does more to the book."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    for row, cells in enumerate(rows, 1):
        for at, cell in enumerate(cells, 1):
            value, form = split_cell(cell)
            if value is not None:
                made = sheet.cell(row, at, value)
                made.number_format = form
    fill(book)
    return save(book)


def save(book: Any) -> bytes:
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def sheets_xlsx(**sheets: Sequence[Sequence[Cell]]) -> bytes:
    """An .xlsx of several sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for cells in rows:
            sheet.append(list(cells))
    return save(book)


def xls(*rows: Sequence[Cell], name: str = "表") -> bytes:
    """An .xls of one sheet."""
    book = xlwt.Workbook()
    sheet = book.add_sheet(name)
    styles: dict[str, Any] = {}
    for row, cells in enumerate(rows):
        for at, cell in enumerate(cells):
            value, form = split_cell(cell)
            if value is not None:
                style = styles.setdefault(form, xlwt.easyxf(num_format_str=form))
                sheet.write(row, at, value, style)
    return save(book)


def biff(kind: int, data: bytes = b"") -> bytes:
    """A record of an .xls."""
    return struct.pack("<HH", kind, len(data)) + data


def biff5(*rows: Sequence[Any], name: str = "表", page: int = 932, codes: Sequence[str] = ()) -> bytes:
    """An .xls as Excel 95 wrote it, whose texts are in a code page.

    A cell is a text, a number, a number and the index of its format, or the bytes of a formula's result, its flags and
    the text that it gives.
    """
    encoding = {932: "cp932", 936: "gbk", 949: "cp949", 1252: "cp1252"}[page]

    def text(words: str, size: str = "<H") -> bytes:
        return struct.pack(size, len(words.encode(encoding))) + words.encode(encoding)

    def about(start: int) -> bytes:
        styles = [0] * 17 + [164 + n for n in range(len(codes))]
        return b"".join(
            [
                biff(0x809, struct.pack("<HHHH", 0x500, 5, 4660, 1996)),
                biff(0x42, struct.pack("<H", page)),
                *(biff(0x41E, struct.pack("<H", 164 + n) + text(code, "<B")) for n, code in enumerate(codes)),
                *(biff(0xE0, struct.pack("<8H", 0, style, 1, 32, 0, 0, 0, 0)) for style in styles),
                biff(0x85, struct.pack("<IH", start, 0) + text(name, "<B")),
                biff(0x0A),
            ]
        )

    def cell(row: int, at: int, value: Any) -> bytes:
        head = struct.pack("<HHH", row, at, 17 + value[1] if isinstance(value, tuple) and len(value) == 2 else 16)
        if isinstance(value, str):
            return biff(0x204, head + text(value))
        if isinstance(value, tuple) and isinstance(value[0], bytes):
            formula = biff(0x06, head + value[0] + struct.pack("<HIH", value[1], 0, 3) + b"\x1e\x01\x00")
            return formula + (biff(0x207, text(value[2])) if value[2] else b"")
        return biff(0x203, head + struct.pack("<d", value[0] if isinstance(value, tuple) else value))

    sheet = biff(0x809, struct.pack("<HHHH", 0x500, 16, 4660, 1996))
    sheet += biff(0x200, struct.pack("<HHHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    sheet += b"".join(cell(row, at, value) for row, cells in enumerate(rows) for at, value in enumerate(cells))
    stream = about(len(about(0))) + sheet + biff(0x0A)
    sink = io.BytesIO()
    CompoundDoc.XlsDoc().save(sink, stream)
    body, old = bytearray(sink.getvalue()), "Workbook".encode("utf-16-le")
    place = body.index(old)  # Excel 95 called it Book
    body[place : place + 16] = "Book".encode("utf-16-le") + bytes(8)
    body[place + 64 : place + 66] = struct.pack("<H", 10)
    return bytes(body)


def sheet_xml(*rows: str, styles: Sequence[str] = ()) -> bytes:
    """An .xlsx whose sheet's rows are this XML; `styles` are the formats of `s="1"` and on."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "表"
    for n, form in enumerate(styles, 1):
        sheet.cell(n, 1, 0).number_format = form
    return replace_part(save(book), "xl/worksheets/sheet1.xml", lambda _: make_sheet_xml("".join(rows)))


def make_sheet_xml(rows: str) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def words(place: str, text: str) -> str:
    """The XML of a cell with a text."""
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def replace_part(body: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A zip with one of its parts changed."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as opened, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name in opened.namelist():
            made.writestr(name, change(opened.read(name)) if name == part else opened.read(name))
    return sink.getvalue()


# ---- .ods -------------------------------------------------------------------------------------------------------

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style")
)


def ods(*rows: str, name: str = "表", more: str = "", columns: str = "") -> bytes:
    """An .ods whose first sheet's rows are these cells; `columns`: what it says of them."""
    lines = "".join(
        row if row.startswith("<table:table-row") else f"<table:table-row>{row}</table:table-row>" for row in rows
    )
    table = f'<table:table table:name="{name}">{columns}{lines}</table:table>{more}'
    styles = (
        '<office:automatic-styles><style:style style:name="h" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    )
    content = (
        f'<office:document-content {SPACES} xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
        f"{styles}<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body></office:document-content>"
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("content.xml", content)
    return sink.getvalue()


def ods_cell(shown: str, kind: str = "string", **about: str) -> str:
    """The XML of a cell of an .ods that shows this; of dates `date`, of times `time`, of others `value` is its value."""
    said = " ".join(
        f'{"office" if name.endswith("value") else "table"}:{name.replace("_", "-")}="{escape(value)}"'
        for name, value in about.items()
    )
    return f'<table:table-cell office:value-type="{kind}" {said}><text:p>{escape(shown)}</text:p></table:table-cell>'


# ---- .xlsb ------------------------------------------------------------------------------------------------------


def record(kind: int, data: bytes = b"") -> bytes:
    """A record of an .xlsb."""
    head = b""
    for number in (kind, len(data)):
        while True:
            number, low = number >> 7, number & 0x7F
            head += bytes([low | (0x80 if number else 0)])
            if not number:
                break
    return head + data


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(*rows: Sequence[Cell]) -> bytes:
    """An .xlsb of one sheet; a text that begins with # is an error."""
    formats = ["General"]
    lines = b""
    for row, cells in enumerate(rows):
        lines += record(0, struct.pack("<IIHBBBI", row, 0, 300, 0, 0, 0, 0))
        for at, cell in enumerate(cells):
            value, form = split_cell(cell)
            if form not in formats:
                formats.append(form)
            head = struct.pack("<II", at, formats.index(form))
            if isinstance(value, str) and value.startswith("#"):
                lines += record(3, head + bytes([{"#DIV/0!": 7, "#N/A": 42, "#REF!": 23}[value]]))
            elif isinstance(value, str):
                lines += record(6, head + wide(value))
            elif value is not None:
                lines += record(5, head + struct.pack("<d", value))
    size = struct.pack("<IIII", 0, max(len(rows) - 1, 0), 0, max(map(len, rows), default=1) - 1)
    sheet = record(129) + record(148, size) + record(145) + lines + record(146) + record(130)
    styles = record(278) + record(615, struct.pack("<I", len(formats)))
    styles += b"".join(record(44, struct.pack("<H", 164 + n) + wide(form)) for n, form in enumerate(formats))
    styles += record(616) + record(617, struct.pack("<I", len(formats)))
    styles += b"".join(record(47, struct.pack("<HH", 0, 164 + n) + bytes(12)) for n in range(len(formats)))
    styles += record(618) + record(279)
    book = record(131) + record(153, struct.pack("<III", 0, 0, 0)) + record(143)
    book += record(156, struct.pack("<II", 0, 1) + wide("r1") + wide("表")) + record(144) + record(132)
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    links = f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>'
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/workbook.bin", book)
        made.writestr("xl/_rels/workbook.bin.rels", links)
        made.writestr("xl/worksheets/sheet1.bin", sheet)
        made.writestr("xl/styles.bin", styles)
    return sink.getvalue()


def place(row: int, at: int) -> str:
    """The name of a cell, both counted from 0."""
    return f"{column_letters(at)}{row + 1}"
