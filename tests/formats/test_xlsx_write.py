"""A table as a workbook that Excel's readers open: days are days, and a second sheet tells what the table is."""

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from entaku.formats.xlsx_write import write_xlsx


def make_book() -> bytes:
    sink = io.BytesIO()
    columns = {
        "id": ["01", None],
        "day": [date(2026, 4, 1), None],
        "at": [datetime(2026, 4, 1, 9, 30), None],
        "n": [7, None],
    }
    pq.write_table(pa.table(columns), sink)
    return write_xlsx(sink.getvalue(), [["項目", "内容"], ["題名", "昇降機"]])


def test_days_and_moments_are_such_in_a_workbook_and_codes_keep_their_zeros() -> None:
    book = openpyxl.load_workbook(io.BytesIO(make_book()))
    assert book.sheetnames == ["data", "about"]
    head, first, empty = book["data"].iter_rows()
    assert [cell.value for cell in head] == ["id", "day", "at", "n"] and head[0].font.bold
    assert [cell.value for cell in first] == ["01", datetime(2026, 4, 1), datetime(2026, 4, 1, 9, 30), 7]
    assert [first[1].number_format, first[2].number_format] == [r"yyyy\-mm\-dd", r"yyyy\-mm\-dd\ hh:mm:ss"]
    assert [cell.value for cell in empty] == [None] * 4
    assert [[cell.value for cell in row] for row in book["about"].iter_rows()] == [["項目", "内容"], ["題名", "昇降機"]]


def test_every_part_that_a_workbook_names_is_in_it() -> None:
    with zipfile.ZipFile(io.BytesIO(make_book())) as packed:
        names = packed.namelist()
        types = packed.read("[Content_Types].xml").decode()
    parts = ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/styles.xml"]
    assert [part for part in parts if f'PartName="/{part}"' not in types] == []
    assert sorted(names) == sorted([*parts, "[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels"])
