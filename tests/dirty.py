"""Raw files with My Numbers where no table reads them (made up, with valid check digits), and clean ones like them."""

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import xlwt
from books import pack
from openpyxl.workbook.defined_name import DefinedName
from python_calamine import CalamineWorkbook
from workbooks import ods, ods_cell, replace_part, save, xlsb

from entaku.audit.numbers import is_my_number

NUMBERS = [
    next(start + last for last in "0123456789" if is_my_number(start + last))
    for start in (f"{43210987654 + 7919 * n}" for n in range(20))
]
HEAD = ["id", "area"]
ROWS = [[f"k{n:02}", f"地区{n}"] for n in range(20)]
SECRET = ["個人番号", *NUMBERS]
CLEAN = ["管理番号", *(f"A-{n:03}" for n in range(20))]


@dataclass(frozen=True)
class DirtyFile:
    """A raw file, and what its pipeline says beyond its source."""

    suffix: str
    body: bytes
    read: dict[str, Any] = field(default_factory=dict)
    tidy: list[Any] = field(default_factory=list)
    allow: dict[str, str] = field(default_factory=dict)


def beside(third: Sequence[str], delimiter: str = ",") -> str:
    """The table's rows as text, with a third column."""
    rows = zip([HEAD, *ROWS], third, strict=True)
    return "".join(delimiter.join([*cells, more]) + "\r\n" for cells, more in rows)


def book(fill: Callable[[Any], object]) -> bytes:
    """A workbook of the table, after `fill`."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "表"
    for cells in [HEAD, *ROWS]:
        sheet.append(cells)
    fill(made)
    return save(made)


def add_sheet(made: Any, third: Sequence[str], state: str = "visible") -> Any:
    sheet = made.create_sheet("控え")
    for cell in third:
        sheet.append([cell])
    sheet.sheet_state = state
    return sheet


def put_column(sheet: Any, third: Sequence[str], row: int = 1, column: int = 3) -> None:
    for n, cell in enumerate(third):
        sheet.cell(row + n, column, cell)


def hide_rows(made: Any, third: Sequence[str]) -> None:
    sheet = add_sheet(made, third)
    for row in range(2, 22):
        sheet.row_dimensions[row].hidden = True


def hide_column(made: Any, third: Sequence[str]) -> None:
    put_column(made.active, third)
    made.active.column_dimensions["C"].hidden = True


def put_above(made: Any, third: Sequence[str]) -> None:
    made.active.insert_rows(1, 22)
    put_column(made.active, third, column=5)


def put_below(made: Any, third: Sequence[str]) -> None:
    put_column(made.active, ["別の表", *third], row=30, column=8)


def name_constants(made: Any, third: Sequence[str]) -> None:
    made.defined_names["memo"] = DefinedName("memo", attr_text='"' + "、".join(third[1:]) + '"')


def old_book(third: Sequence[str]) -> bytes:
    made = xlwt.Workbook()
    for name, rows in (("表", [HEAD, *ROWS]), ("控え", [[cell] for cell in third])):
        sheet = made.add_sheet(name)
        for row, cells in enumerate(rows):
            for at, cell in enumerate(cells):
                sheet.write(row, at, cell)
    return save(made)


def open_document(third: Sequence[str]) -> bytes:
    rows = "".join(f"<table:table-row>{ods_cell(cell)}</table:table-row>" for cell in third)
    more = f'<table:table table:name="控え">{rows}</table:table>'
    return ods(*("".join(map(ods_cell, cells)) for cells in [HEAD, *ROWS]), more=more)


def stale_strings(third: Sequence[str]) -> bytes:
    """A workbook with shared strings that no cell shows (openpyxl writes its own into the cells)."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    link = f'<Relationship Type="{office}/sharedStrings" Target="sharedStrings.xml" Id="strings"/></Relationships>'
    body = replace_part(
        book(lambda _: None), "xl/_rels/workbook.xml.rels",
        lambda xml: xml.replace(b"</Relationships>", link.encode()),
    )  # fmt: skip
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    items = "".join(f"<si><t>{cell}</t></si>" for cell in third)
    return append_part(body, "xl/sharedStrings.xml", f'<sst xmlns="{main}">{items}</sst>')


def append_part(body: bytes, part: str, text: str) -> bytes:
    sink = io.BytesIO(body)
    with zipfile.ZipFile(sink, "a") as made:
        made.writestr(part, text)
    return sink.getvalue()


def add_part(third: Sequence[str]) -> bytes:
    text = "<memo>" + "".join(f"<p>{cell}</p>" for cell in third) + "</memo>"
    return append_part(book(lambda _: None), "xl/notes/memo.xml", text)


def comment(body: bytes, third: Sequence[str]) -> bytes:
    """A zip with a comment of its own."""
    text = " ".join(third).encode()
    return body[:-2] + struct.pack("<H", len(text)) + text


def extra(body: bytes, third: Sequence[str]) -> bytes:
    """A zip with bytes in the headers of its first member, which is at its beginning."""
    sink, text = io.BytesIO(), " ".join(third).encode()
    with zipfile.ZipFile(io.BytesIO(body)) as opened, zipfile.ZipFile(sink, "w") as made:
        for name in opened.namelist():
            info = zipfile.ZipInfo(name)
            info.extra = struct.pack("<HH", 0x7777, len(text)) + text
            made.writestr(info, opened.read(name))
    return sink.getvalue()


def name_gzip(body: bytes, third: Sequence[str]) -> bytes:
    """A gzip that says what its file was called (RFC 1952, 2.3.1)."""
    made = gzip.compress(body, mtime=0)
    return made[:3] + b"\x08" + made[4:10] + " ".join(third).encode() + b"\0" + made[10:]


def page(third: Sequence[str]) -> bytes:
    return ("<html><body><table>" + "".join(f"<tr><td>a<td><b>{cell}</b></tr>" for cell in third) + "</table>").encode()


def objects(third: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"id": id_, "area": area, "inside": {"number": cell}} for (id_, area), cell in zip(ROWS, third[1:], strict=True)
    ]


TABLE = ("".join(",".join(cells) + "\r\n" for cells in [HEAD, *ROWS])).encode()
READ_SHEET: dict[str, Any] = {"sheet": "表"}
DROP_C = [{"drop_columns": ["column_3"]}]


OF_THEIR_OWN = {
    "xlsx-strings": {"stale-strings": "架空です"},
    "xlsx-part": {"unknown-parts": "架空です", "outside-text": "架空です"},
    "xlsx-name": {"defined-names": "架空です", "outside-text": "架空です"},
}
"""Places that must be empty, whatever they hold, with what the table is allowed."""


def make_files(third: Sequence[str], kinds: bool = True) -> dict[str, DirtyFile]:
    """The files, by name, with a column of `third` where no table reads it.  `kinds`: with what needs an `allow`."""
    plain, hidden = _make_files(tuple(third))
    return {**plain, **hidden} if kinds else dict(plain)


@cache
def _make_files(third: Sequence[str]) -> tuple[dict[str, DirtyFile], dict[str, DirtyFile]]:
    """Those that need no `allow` and those that do, made once: test modules list their names."""
    drop = [{"drop_columns": [third[0]]}]
    text = beside(third)
    zipped = {"表.csv": TABLE}
    plain: dict[str, DirtyFile] = {
        "csv-dropped": DirtyFile("csv", text.encode(), tidy=drop),
        "csv-cp932": DirtyFile("csv", text.encode("cp932"), tidy=drop),
        "csv-utf16": DirtyFile("csv", text.encode("utf-16"), tidy=drop),
        "csv-decimals": DirtyFile("csv", beside([third[0], *(f"{cell}.0" for cell in third[1:])]).encode(), tidy=drop),
        "csv-quoted": DirtyFile(
            "csv", beside([third[0], *(f'"行 1\n{cell}"' for cell in third[1:])]).encode(), tidy=drop
        ),
        "csv-rows": DirtyFile(
            "csv", TABLE + "".join(f"除く,{cell}\r\n" for cell in third[1:]).encode(),
            tidy=[{"drop_rows": {"match": {"id": "^除く$"}}}],
        ),
        "tsv-dropped": DirtyFile("tsv", beside(third, "\t").encode(), tidy=drop),
        "semicolons": DirtyFile("csv", beside(third, ";").encode(), tidy=drop),
        "csv-gz": DirtyFile("csv.gz", gzip.compress(text.encode(), mtime=0), tidy=drop),
        "gz-name": DirtyFile("csv.gz", name_gzip(TABLE, third)),
        "zip-comment": DirtyFile("zip", comment(pack(zipped), third), read={"member": "表.csv"}),
        "zip-extra": DirtyFile("zip", extra(pack(zipped), third), read={"member": "表.csv"}),
        "xlsx-comment": DirtyFile("xlsx", comment(book(lambda _: None), third)),
        "json-field": DirtyFile(
            "json", json.dumps(objects(third)).encode(), tidy=[{"select": ["id", "area"]}]
        ),
        "json-other": DirtyFile(
            "json", json.dumps({"rows": [dict(zip(HEAD, row, strict=True)) for row in ROWS], "old": third}).encode(),
            read={"records": "rows"},
        ),
        "jsonl-field": DirtyFile(
            "jsonl", "".join(json.dumps(one) + "\n" for one in objects(third)).encode(), tidy=[{"select": ["id", "area"]}]
        ),
        "zip-member": DirtyFile("zip", pack({**zipped, "控え.csv": text.encode()}), read={"member": "表.csv"}),
        "zip-html": DirtyFile("zip", pack({**zipped, "読.html": page(third)})),
        "zip-zip": DirtyFile("zip", pack({**zipped, "古い.zip": pack({"中.zip": pack({"a.txt": text.encode()})})})),
        "zip-xlsx": DirtyFile(
            "zip", pack({**zipped, "控え.xlsx": book(lambda made: add_sheet(made, third))}), read={"member": "表.csv"}
        ),
        "zip-json": DirtyFile(
            "zip", pack({**zipped, "元.json": json.dumps(objects(third)).encode()}), read={"member": "表.csv"}
        ),
        "xlsx-sheet": DirtyFile("xlsx", book(lambda made: add_sheet(made, third)), read=READ_SHEET),
        "xlsx-numbers": DirtyFile(
            "xlsx",
            book(lambda made: add_sheet(made, [int(cell) if cell.isdigit() else cell for cell in third])),
            read=READ_SHEET,
        ),
        "xlsx-dropped": DirtyFile("xlsx", book(lambda made: put_column(made.active, third)), tidy=drop),
        "xlsx-above": DirtyFile("xlsx", book(lambda made: put_above(made, third)), read={"header": 23, "columns": "A:B"}),
        "xlsx-below": DirtyFile("xlsx", book(lambda made: put_below(made, third)), read={"columns": "A:B", "stop": "^,*$"}),
        "xlsx-strings": DirtyFile("xlsx", stale_strings(third), allow=OF_THEIR_OWN["xlsx-strings"]),
        "xlsx-part": DirtyFile("xlsx", add_part(third), allow=OF_THEIR_OWN["xlsx-part"]),
        "xlsx-name": DirtyFile("xlsx", book(lambda made: name_constants(made, third)), allow=OF_THEIR_OWN["xlsx-name"]),
        "xls-sheet": DirtyFile("xls", old_book(third), read=READ_SHEET),
        "xlsb-column": DirtyFile(
            "xlsb", xlsb(*([*cells, more] for cells, more in zip([HEAD, *ROWS], third, strict=True))), tidy=drop
        ),
        "ods-sheet": DirtyFile("ods", open_document(third), read=READ_SHEET),
    }  # fmt: skip
    hidden: dict[str, DirtyFile] = {
        "hidden-sheet": DirtyFile(
            "xlsx", book(lambda made: add_sheet(made, third, "hidden")), READ_SHEET, allow={"hidden-sheet": "確かめました"}
        ),
        "very-hidden": DirtyFile(
            "xlsx", book(lambda made: add_sheet(made, third, "veryHidden")), READ_SHEET,
            allow={"hidden-sheet/控え": "確かめました"},
        ),
        "hidden-rows": DirtyFile(
            "xlsx", book(lambda made: hide_rows(made, third)), READ_SHEET, allow={"hidden-rows": "確かめました"}
        ),
        "hidden-column": DirtyFile(
            "xlsx", book(lambda made: hide_column(made, third)), tidy=drop, allow={"hidden-columns": "確かめました"}
        ),
    }  # fmt: skip
    return plain, hidden


# ---- looking for them -------------------------------------------------------------------------------------------


def list_texts(name: str, body: bytes) -> Iterator[str]:
    """Yield all text in a file, unpacked."""
    yield body.decode("utf-8", "replace")
    yield body.decode("utf-16-le", "replace")
    if body.startswith(b"\x1f\x8b"):
        yield from list_texts(name.removesuffix(".gz"), gzip.decompress(body))
    elif body.startswith(b"PAR1"):
        yield "\n".join(str(cell) for row in pq.read_table(io.BytesIO(body)).to_pylist() for cell in row.values())
    elif body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as opened:
            for member in opened.namelist():
                yield from list_texts(member, opened.read(member))
    if name.endswith((".xls", ".xlsx", ".xlsb")):
        with CalamineWorkbook.from_filelike(io.BytesIO(body)) as opened:
            for sheet in opened.sheet_names:
                for row in opened.get_sheet_by_name(sheet).to_python():
                    yield "\n".join(str(int(cell)) if isinstance(cell, float) else str(cell) for cell in row)


def find_texts(folder: Path, wanted: Sequence[str]) -> set[str]:
    """The files below `folder` that hold any of these texts."""
    return {
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(one in text for text in list_texts(path.name, path.read_bytes()) for one in wanted)
    }
