"""Files for the pairs of features: one table in every form that a publisher's file may have."""

import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import openpyxl
from covering import Row
from workbooks import ods, ods_cell, save, xls, xlsb

Cells = list[Any]
"""A row of texts; of a sheet also of values with their number formats."""


@dataclass
class Sheet:
    """A table with what stands around it."""

    names: list[str]
    rows: list[Cells]
    part: str = ""
    """What its name says, where there are several."""
    turn: int = 2
    """The row at which its second section begins, counted from 0."""
    merged: list[tuple[int, int, int]] = field(default_factory=list)
    """Column, first row and last row of merged cells, counted from 0 in `rows`."""


SHEETS = ("xlsx", "xls", "xlsb", "ods")
OBJECTS = ("json", "jsonl", "geojson")
SUFFIXES = {"semicolon": "csv", "pipe": "csv"}
DELIMITERS = {"csv": ",", "tsv": "\t", "semicolon": ";", "pipe": "|"}


def write_file(row: Row, sheets: Sequence[Sheet]) -> bytes:
    """Return a file of `sheets` as the choices of `row` have it."""
    if row["packing"] == "members":
        half = len(sheets) // 2
        halves = (("2025", sheets[:half]), ("2026", sheets[half:]))
        members = [(f"資料/{part}年.{find_suffix(row)}", write_plain(row, some)) for part, some in halves]
        return pack("members", members)
    name = f"表.{find_suffix(row)}"
    return pack(row["packing"], [(name, write_plain(row, sheets))])


def find_suffix(row: Row) -> str:
    return SUFFIXES.get(row["carrier"], row["carrier"])


def pack(packing: str, members: list[tuple[str, bytes]]) -> bytes:
    body = members[0][1]
    if packing in ("", "gz", "bz2"):
        return {"": lambda: body, "gz": lambda: gzip.compress(body, mtime=0), "bz2": lambda: bz2.compress(body)}[
            packing
        ]()
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        for name, each in members:
            made.writestr(name, each)
        if packing in ("member", "members"):
            made.writestr("読んでください.csv", "これは表ではありません\n")
    return sink.getvalue()


def write_plain(row: Row, sheets: Sequence[Sheet]) -> bytes:
    carrier = row["carrier"]
    if carrier == "xlsx":
        return write_xlsx(row, sheets)
    sheet = sheets[0]
    if carrier in OBJECTS:
        return write_objects(row, sheet)
    records = lay(row, sheet)[0]
    if carrier == "xls":
        return xls(*records, name="表1")
    if carrier == "xlsb":
        return xlsb(*records)
    if carrier == "ods":
        return ods(*("".join(map(show_ods, cells)) for cells in records), name="表1")
    text = "".join(
        DELIMITERS[carrier].join(quote(cell, DELIMITERS[carrier]) for cell in cells) + "\r\n" for cells in records
    )
    return encode(row, text)


def quote(cell: Any, delimiter: str) -> str:
    text = show(cell)
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in (delimiter, '"', "\n", ",")) else text


def show(cell: Any) -> str:
    """What a cell of a sheet shows."""
    return "011002" if isinstance(cell, tuple) else str(cell)


def show_ods(cell: Any) -> str:
    if isinstance(cell, tuple):
        return ods_cell(show(cell), "float", value=str(cell[0]))
    return ods_cell(cell) if cell else "<table:table-cell/>"


def write_objects(row: Row, sheet: Sheet) -> bytes:
    items: list[Any] = [dict(zip(sheet.names, map(show, cells), strict=True)) for cells in sheet.rows]
    if row["carrier"] == "jsonl":
        return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items).encode()
    if row["carrier"] == "geojson":
        places = [{"type": "Point", "coordinates": [139.5, 35.5]} for _ in items]
        features = [
            {"type": "Feature", "geometry": place, "properties": item}
            for place, item in zip(places, items, strict=True)
        ]
        return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
    value: Any = {"result": {"rows": items, "others": [{"a": 1}]}} if row["records"] else items
    return encode(row, json.dumps(value, ensure_ascii=False))


def encode(row: Row, text: str) -> bytes:
    """Encode as the choices of `row` have it; Python's euc-jp has another wave dash than Windows."""
    text = text.replace("～", "〜") if row["encoding"] == "euc-jp" else text
    return text.encode(row["encoding"] or ("utf-8-sig" if row["title"] else "utf-8"))


def write_xlsx(row: Row, sheets: Sequence[Sheet]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in sheets:
        made = book.create_sheet(f"{sheet.part}年" if row["sheet"] == "pattern" else "表1")
        records, first = lay(row, sheet)
        for at, cells in enumerate(records, 1):
            for column, cell in enumerate(cells, 1):
                value, form = cell if isinstance(cell, tuple) else (cell, "General")
                if value != "":
                    made.cell(at, column, value).number_format = form
        left = 2 if row["columns"] else 1
        for column, top, bottom in sheet.merged:
            made.merge_cells(
                start_row=first[top], end_row=first[bottom], start_column=column + left, end_column=column + left
            )
    if row["sheet"]:
        book.create_sheet("表10").append(["ほかの表"])
    return save(book)


def lay(row: Row, sheet: Sheet) -> tuple[list[Cells], list[int]]:
    """Lay a sheet out with its lines around it; also return the line of each of its rows, counted from 1."""
    records: list[Cells] = []
    if row["title"]:
        records += [["集計 2026年"], [""]]
    head = [
        [name.split("-")[0] if "-" in name else "" for name in sheet.names],
        [name.split("-")[-1] for name in sheet.names],
    ]
    header = head if "rows" in row["header"] else [sheet.names]
    again = row["section"] and row["header"].startswith("starts")
    if not again:
        records += header
    lines = []
    for n, cells in enumerate(sheet.rows):
        if row["section"] and n in (0, sheet.turn):
            records += [[f"区分{min(n, 1) + 1}（単位：人）"], *(header if again else [])]
        records.append(cells)
        lines.append(len(records))
        if n == 1 and row["skip"]:
            records.append(["※ 表の途中の注"])
    if row["stop"]:
        records += [["以上"], ["ここは読まない", "1"]]
    if row["columns"]:
        records = [["左の表", *cells, *[""] * (len(sheet.names) - len(cells)), "右の表"] for cells in records]
    return records, lines
