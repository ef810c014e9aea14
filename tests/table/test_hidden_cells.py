"""`read: {hidden: skip}` leaves out what a sheet hides; other rows keep their places."""

import datetime
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import xlwt
from wholes import make_part
from workbooks import ods, ods_cell, save, xlsb

from entaku.model.grammar import Read
from entaku.model.nouns import Raw
from entaku.table.parts import Work

ROWS = [["id", "memo", "area"], ["1", "a", "東"], ["2", "b", "西"], ["3", "c", "南"], ["4", "d", "北"]]
SKIP, PLAIN = Read(hidden="skip"), Read()


def fill(sheet: Any) -> None:
    for cells in ROWS:
        sheet.append(cells)


def make_xlsx(change: Callable[[Any], object]) -> bytes:
    book = openpyxl.Workbook()
    fill(book.active)
    change(book)
    return save(book)


def hide_row(book: Any) -> None:
    book.active.row_dimensions[3].hidden = True


def lower_row(book: Any) -> None:
    book.active.row_dimensions[3].height = 0.5


def hide_column(book: Any) -> None:
    book.active.column_dimensions["B"].hidden = True


def add_hidden_sheet(book: Any) -> None:
    sheet = book.create_sheet("控え")
    fill(sheet)
    sheet.sheet_state = "hidden"


def read(body: bytes, how: Read, suffix: str = "xlsx") -> tuple[dict[str, list[str]], list[str], list[list[int]]]:
    raw = Raw(f"https://office.example.org/a.{suffix}", {}, "live", "2026-11-23T00:00:00Z", "0" * 64, len(body))
    part = make_part(Work(raw, how, (), "pipelines/a.yaml", {}), body)
    rows = part.outline.ranges.tolist()
    return part.rows.to_pydict(), [one.code for one in part.outline.findings], rows


@pytest.mark.parametrize("hide", [hide_row, lower_row])
def test_a_hidden_row_is_left_out(hide: Callable[[Any], None]) -> None:
    body = make_xlsx(hide)
    table, codes, _ = read(body, PLAIN)
    assert (table["id"], codes) == (["1", "2", "3", "4"], ["hidden-rows"])
    table, codes, rows = read(body, SKIP)
    assert (table["id"], table["area"], codes) == (["1", "3", "4"], ["東", "南", "北"], [])
    assert rows == [[0, 2], [1, 4]], "each has the row of the sheet that it had"


def test_a_hidden_column_is_left_out() -> None:
    body = make_xlsx(hide_column)
    table, codes, _ = read(body, PLAIN)
    assert (list(table), codes) == (["id", "memo", "area"], ["hidden-columns"])
    table, codes, _ = read(body, SKIP)
    assert (list(table), table["area"], codes) == (["id", "area"], ["東", "西", "南", "北"], [])
    table, codes, _ = read(body, Read(hidden="skip", columns="B:C"))
    assert (list(table), codes) == (["area"], [])


def test_a_hidden_error_is_no_finding() -> None:
    def spoil(book: Any) -> None:
        hide_row(book)
        book.active["C3"] = "#N/A"
        book.active["B2"] = datetime.date(2026, 4, 1)

    assert "excel-error" in read(make_xlsx(spoil), PLAIN)[1]
    table, codes, _ = read(make_xlsx(spoil), SKIP)
    assert (table["id"], codes) == (["1", "3", "4"], [])


def test_a_hidden_sheet_is_no_finding_unless_it_is_read() -> None:
    body = make_xlsx(add_hidden_sheet)
    assert read(body, PLAIN)[1] == ["hidden-sheet"]
    assert read(body, SKIP)[1] == []
    assert read(body, Read(hidden="skip", sheet="控え"))[1] == ["hidden-sheet"]


def make_xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for row, cells in enumerate(ROWS):
        for at, cell in enumerate(cells):
            sheet.write(row, at, cell)
    sheet.row(2).hidden = True
    sheet.col(1).hidden = True
    return save(book)


def test_an_old_workbook_is_read_so_too() -> None:
    assert read(make_xls(), PLAIN, "xls")[1] == ["hidden-rows", "hidden-columns"]
    table, codes, _ = read(make_xls(), SKIP, "xls")
    assert (table, codes) == ({"id": ["1", "3", "4"], "area": ["東", "南", "北"]}, [])


def make_ods(way: str) -> bytes:
    columns = f'<table:table-column/><table:table-column table:visibility="{way}"/>'
    columns += '<table:table-column table:number-columns-repeated="1022"/>'
    rows = ["".join(map(ods_cell, cells)) for cells in ROWS]
    rows[2] = f'<table:table-row table:visibility="{way}">{rows[2]}</table:table-row>'
    return ods(f'<table:table-row table:visibility="visible">{rows[0]}</table:table-row>', *rows[1:], columns=columns)


@pytest.mark.parametrize("way", ["collapse", "filter"])
def test_an_open_document_is_read_so_too(way: str) -> None:
    assert read(make_ods(way), PLAIN, "ods")[1] == ["hidden-rows", "hidden-columns"]
    table, codes, rows = read(make_ods(way), SKIP, "ods")
    assert (table, codes) == ({"id": ["1", "3", "4"], "area": ["東", "南", "北"]}, [])
    assert rows == [[0, 2], [1, 4]]


def test_a_format_that_does_not_tell_what_is_hidden_is_refused() -> None:
    assert "not-examined" in read(xlsb(*ROWS), SKIP, "xlsb")[1]
    assert "not-examined" not in read(xlsb(*ROWS), PLAIN, "xlsb")[1]


def test_text_has_nothing_hidden() -> None:
    assert "not-a-sheet" in read(b"id,area\r\n1,a\r\n", SKIP, "csv")[1]
