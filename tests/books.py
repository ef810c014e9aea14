"""Workbooks and zips of the tests of leaks and rules."""

import io
import zipfile
from collections.abc import Callable

import openpyxl


def make(fill: Callable[[openpyxl.Workbook], object]) -> bytes:
    """An .xlsx of one sheet of four rows, after `fill`."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "表"
    for row in [["区", "人口", "備考"], ["千代田", 67000, "a"], ["中央", 170000, "b"], ["港", 260000, "c"]]:
        sheet.append(row)
    fill(book)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def pack(members: dict[str, bytes]) -> bytes:
    """A zip of these members."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return sink.getvalue()
