"""Workbooks and zips of the tests of leaks and rules, and what is told of them."""

import io
import zipfile
from collections.abc import Callable

import openpyxl
import pyarrow as pa

from entaku.audit.leaks import find_leaks
from entaku.audit.personal import find_personal
from entaku.audit.screening import prepare
from entaku.model.nouns import Place, Raw
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text
from entaku.table.read import read

URL = "https://example.jp/a.xlsx"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


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


def add(body: bytes, *parts: tuple[str, str, str, str | bytes]) -> bytes:
    """A workbook with further parts: the part that leads there, the relationship's type, the path, the content."""
    members: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    for n, (source, kind, path, content) in enumerate(parts):
        folder, _, name = source.rpartition("/")
        rels = f"{folder}/_rels/{name}.rels".lstrip("/")
        old = members.get(rels, b"<Relationships></Relationships>").decode()
        kind = kind if ":" in kind else OFFICE + kind
        link = f'<Relationship Id="x{n}" Type="{kind}" Target="/{path}"/>'
        members[rels] = old.replace("</Relationships>", link + "</Relationships>").encode()
        members[path] = content.encode() if isinstance(content, str) else content
    return pack(members)


def change(body: bytes, part: str, old: str, new: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    assert old.encode() in members[part], members[part][:2000]
    members[part] = members[part].replace(old.encode(), new.encode())
    return pack(members)


def screen(body: bytes) -> list[tuple[str, str]]:
    """Code and severity of what is found in a file, and in each of its tables with its own headings as titles."""
    told = [(finding.code, finding.severity) for finding in find_leaks(URL, body, {})]
    tables, _ = read(Raw(url=URL, values={}, served="file", fetched="", sha256="", bytes=0), body, None)
    for each in tables:
        fields = tuple(SchemaField(name=f"c{n}", title=Text(ja=str(name))) for n, name in enumerate(each.frame.columns))
        columns = [pa.array(each.frame.iloc[:, n].tolist(), pa.string()) for n in range(len(fields))]
        batches = pa.table(columns, [field.name for field in fields]).to_batches()
        screening = prepare(batches, [field.name for field in fields], Schema(fields=fields))
        screening.scan.finish(len(each.frame))
        found = find_personal(screening, Schema(fields=fields), {}, lambda row, column: Place(row=row, column=column))
        told += [(finding.code, finding.severity) for finding in found.findings]
    return told
