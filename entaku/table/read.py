"""Raw bytes → Tables of text, each row with its place: CSV and TSV, Excel, members of a zip.

Never raises for bad data: whatever can't be read is a finding with its place.
"""

import codecs
import html
import re
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from entaku.formats import limits
from entaku.formats.guess import is_japanese, show_example
from entaku.formats.limits import LimitError, without_cycles
from entaku.formats.packed import SUFFIXES, find_packing, unpack_file
from entaku.formats.text import Decoded, decode, find_bad_line
from entaku.formats.zips import BrokenError, decode_name, find_danger, find_workbook, list_members, read_member
from entaku.model.grammar import Read
from entaku.model.hints import hint
from entaku.model.nouns import Finding, Place, Raw, Sought, Table
from entaku.model.words import choose_names, is_pattern, list_groups, sheet_pattern
from entaku.table.csv import decode_head, find_delimiter, heed_separator, read_csv
from entaku.table.notes import Notes, Spot
from entaku.table.objects import read_json
from entaku.table.plain import read_plain, read_plain_sheet
from entaku.table.rows import add_columns, make_table

if TYPE_CHECKING:
    from entaku.table.excel import ExcelSheet

WIDE = (b"\xff\xfe", b"\xfe\xff")
"""Marks with which text in UTF-16 and UTF-32 begins."""
HEAD = 1 << 16
"""Bytes by which the delimiter is told."""
EXCEL = ("xlsx", "xls", "xlsb", "ods")
READABLE = (
    ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".json", ".jsonl", ".ndjson", ".geojson",
)  # fmt: skip


def read_members(body: bytes, how: Read, notes: Notes) -> list[tuple[str, bytes]]:
    """Name and bytes of the members that `how.member` matches, or of the only readable one; in the zip's order."""
    try:
        chosen = _choose_members(list_members(body), how, notes)
        left = limits.EXPANDED
        bodies = []
        for name, member in chosen:
            if why := find_danger(name, member):
                notes.add("unsafe-member", value=name, why=why)
                continue
            bodies.append((name, read_member(body, member, left)))
            left -= len(bodies[-1][1])
        if how.member and len(bodies) > 1:
            listed = hint("", [name for name, _ in bodies])
            notes.add("several-members", value=how.member, severity="notice", hints=listed, count=str(len(bodies)))
        return bodies
    except LimitError as error:
        notes.limit(error.what, error.limit)
    except BrokenError as error:
        notes.broken("Excel" if notes.file.lower().endswith((".xlsx", ".xlsm")) else "zip", error)
    return []


def _choose_members(every: list[zipfile.ZipInfo], how: Read, notes: Notes) -> list[tuple[str, zipfile.ZipInfo]]:
    named = [(decode_name(member), member) for member in every]
    named = [(name, member) for name, member in named if not name.startswith("__MACOSX/")]
    names = [name for name, _ in named]
    if how.member is not None:
        chosen = [named[n] for n in choose_names(how.member, names)]
        if not chosen:
            notes.add("no-member", value=how.member, hints=hint(how.member, names))
    else:
        chosen = [(name, member) for name, member in named if name.lower().endswith(READABLE)]
        document = next((kind for part, kind in _DOCUMENTS.items() if part in names), "")
        if document:
            notes.add("other-format", value=document)
            return []
        if not chosen:
            notes.add("no-readable-member", hints=hint("", names))
    if len(chosen) > 1 and not (how.member and is_pattern(how.member)):
        notes.add("which-member", hints=hint("", [name for name, _ in chosen]))
        return []
    return chosen


def read(raw: Raw, body: bytes, how: Read | None) -> tuple[tuple[Table, ...], tuple[Finding, ...]]:
    """The tables in `body` as `how` says, and everything that could not be read.

    Without `how` the format is that of the content (then of the URL's suffix) and the header is row 1.
    """
    # Millions of cells are made here and none of them in cycles: looking for cycles would double the time.
    with without_cycles():
        opened, findings = open_body(raw, body)
        return ((), findings) if opened is None else read_opened(raw, opened, how or Read())


def open_body(raw: Raw, body: bytes) -> tuple[bytes | None, tuple[Finding, ...]]:
    """The file in one that is packed by gzip or bzip2, any other as it is; None (and a finding) if that fails."""
    packing = find_packing(body)
    if not packing:
        return body, ()
    notes = Notes(raw.url)
    try:
        return unpack_file(body, packing), ()
    except LimitError as error:
        notes.limit(error.what, error.limit)
    except BrokenError as error:
        notes.broken(packing, error)
    return None, notes.all()


def name_file(raw: Raw) -> str:
    """The name of a raw file by its URL, without the suffix of packing."""
    name = unquote(PurePosixPath(urlsplit(raw.url).path).name)
    return name.rpartition(".")[0] if name.lower().endswith(SUFFIXES) else name


def read_opened(raw: Raw, body: bytes, how: Read) -> tuple[tuple[Table, ...], tuple[Finding, ...]]:
    """The tables in a file that isn't packed, and everything that could not be read."""
    if body.startswith(b"PK\x03\x04") and not find_workbook(body):
        notes = Notes(raw.url)
        members = read_members(body, how, notes)
        parts = [_add_groups(*_read_file(raw.url, name, name, member, how), name, how) for name, member in members]
        tables = tuple(table for made, _ in parts for table in made)
        return tables, (*notes.all(), *(finding for _, found in parts for finding in found), *_count(raw, tables, how))
    tables, findings = _read_file(raw.url, name_file(raw), "", body, how)
    return tables, (*findings, *_count(raw, tables, how))


def _add_groups(
    tables: tuple[Table, ...], found: tuple[Finding, ...], member: str, how: Read
) -> tuple[tuple[Table, ...], tuple[Finding, ...]]:
    """Tables of a member of a zip with the named groups of `read.member` as columns."""
    named = list_groups(how.member, member) if how.member else {}
    notes = Notes(tables[0].file, member) if tables else Notes("")
    for table in tables if named else ():
        add_columns(
            table.frame, {name: [value] * len(table.frame) for name, value in named.items()}, notes, "read.member"
        )
    titles = dict.fromkeys(named, 0)
    return tuple(replace(table, titles={**table.titles, **titles}) for table in tables), (*found, *notes.all())


def _mark_used(tables: Iterable[Table], how: Read, *kinds: str) -> tuple[Table, ...]:
    used = list_used(how, *kinds)
    return tuple(replace(table, sought={**used, **table.sought}) for table in tables) if used else tuple(tables)


def _count(raw: Raw, tables: tuple[Table, ...], how: Read) -> tuple[Finding, ...]:
    return count_rows(raw, sum(len(table.frame) for table in tables), how) if tables else ()


_KEYS = {
    "member": "zip", "sheet": "Excel", "merged": "Excel", "encoding": "CSV, JSON", "delimiter": "CSV", "records": "JSON",
    "title": "CSV, Excel", "section": "CSV, Excel", "skip": "CSV, Excel", "stop": "CSV, Excel",
}  # fmt: skip
"""What a file must be for a key of `read` to have a meaning."""


def list_used(how: Read, *kinds: str) -> dict[Sought, bool]:
    """Whether each key of `read` that was written has a meaning for a file of these kinds."""
    written = {key: _KEYS[key].split(", ") for key in _KEYS if getattr(how, key) not in (None, (), "first")}
    return {
        Sought("key-unused", f"read.{key}", _KEYS[key]): not set(wanted).isdisjoint(kinds)
        for key, wanted in written.items()
    }


def count_rows(raw: Raw, rows: int, how: Read) -> tuple[Finding, ...]:
    """The finding that a file has a header and nothing else; an error where it must be complete."""
    return () if rows else (Finding("no-rows", "error" if how.complete else "warning", Place(file=raw.url)),)


def _read_file(
    file: str, name: str, member: str, body: bytes, how: Read
) -> tuple[tuple[Table, ...], tuple[Finding, ...]]:
    """One file or member: `name` tells its suffix, `member` is "" outside zips."""
    notes, within = Notes(file, member), ("zip",) if member else ()
    if len(body) > limits.BYTES:
        notes.limit("バイト / bytes", limits.BYTES)
        return (), notes.all()
    kind = sniff(body)
    if kind == "text" and (body.startswith(WIDE) or re.match("utf-?(16|32)", how.encoding or "")):
        kind = sniff(decode(body[:4096], how.encoding).text.encode("utf-8", "replace"))
    if kind == "empty":
        notes.add("empty-file")
    elif member and kind == "excel" and body.startswith(b"PK") and not find_workbook(body):
        notes.add("broken-file", format="Excel", why="zip の中の zip / a zip within the zip")
    elif kind == "excel":
        tables, findings = _read_sheets(file, member, body, how)
        return _mark_used(tables, how, "Excel", *within), findings
    elif kind not in ("text", "json"):
        tell_format(kind, name, body, notes)
    elif how.format in EXCEL:
        notes.add("broken-file", format=how.format, why="テキストです / it is text")
    elif (_is_json(kind, name, body) and how.format is None) or how.format == "json":
        decoded = decode_text(body, how, notes)
        table = read_json(decoded.text, how, notes) if decoded else None
        lines = ("CSV",) if table is not None and table.starts != (0,) else ()
        return _mark_used([table] if table else [], how, "JSON", *lines, *within), notes.all()
    else:
        for key in of_sheets(how):
            notes.add("not-a-sheet", value=key)
        table = _read_text(body, name, how, notes)
        return _mark_used([table] if table else [], how, "CSV", *within), notes.all()
    return (), notes.all()


def tell_format(kind: str, name: str, body: bytes, notes: Notes) -> None:
    """Note that a file is a page of HTML, or of a format that isn't read."""
    if kind == "html":
        promised = re.search(rb"(?i)<table\b", body) is not None and name.lower().endswith(_TABLES)
        notes.add("html-table" if promised else "html-page", value=_find_title(body) or name)
    else:
        notes.add("other-format", value=kind)


def _is_json(kind: str, name: str, body: bytes) -> bool:
    """Whether a file is JSON, or called so and begins like it: [1, 2]."""
    called = name.lower().endswith((".json", ".geojson", ".jsonl", ".ndjson"))
    return kind == "json" or (called and body.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"[", b"{"))


def of_sheets(how: Read) -> tuple[str, ...]:
    """The keys of `read` that mean something for workbooks only."""
    return tuple(f"read.{key}" for key in ("sheet", "columns", "cells", "hidden") if getattr(how, key) is not None)


def _read_sheets(file: str, member: str, body: bytes, how: Read) -> tuple[tuple[Table, ...], tuple[Finding, ...]]:
    notes = Notes(file, member)
    tables: list[Table] = []
    found: list[Finding] = []
    for sheet in read_sheets(body, how, notes):
        about = Notes(file, f"{member}/{sheet.name}" if member else sheet.name, spreadsheet=True, left=sheet.left)
        table = _read_sheet(sheet, how, about)
        tables += [table] if table else []
        found += about.all()
    return tuple(tables), (*notes.all(), *found)


def read_sheets(body: bytes, how: Read, notes: Notes) -> "list[ExcelSheet]":
    """The chosen sheets of a workbook; what reads them is loaded for workbooks only."""
    from entaku.table.excel import read_excel

    return read_excel(body, how, notes)


def _read_sheet(sheet: "ExcelSheet", how: Read, notes: Notes) -> Table | None:
    table = read_plain_sheet(sheet.columns, how, notes, sheet.merged)
    table = table or make_table(sheet.records, how, notes, "Excel", sheet.merged)
    if table is None:
        return None
    pattern = sheet_pattern(how.sheet) if how.sheet else None
    match = pattern.fullmatch(sheet.name) if pattern else None
    named = {name: value or "" for name, value in match.groupdict().items()} if match else {}
    add_columns(table.frame, {name: [value] * len(table.frame) for name, value in named.items()}, notes, "read.sheet")
    unseen = [name for name, at in table.origins.items() if at in sheet.unseen]
    table = replace(table, frame=table.frame.drop(columns=unseen)) if unseen else table
    origins = {name: at + sheet.left for name, at in table.origins.items() if name not in unseen}
    return replace(table, origins=origins, titles={**table.titles, **dict.fromkeys(named, 0)}, remarks=sheet.remarks)


def _read_text(body: bytes, name: str, how: Read, notes: Notes) -> Table | None:
    head = decode_head(body[:HEAD], how)
    how = heed_separator(head, how)
    plain = read_plain(body, find_delimiter(head, name, how), how, notes)
    if plain is not None:
        return plain
    decoded = decode_text(body, how, notes)
    if decoded is None:
        return None
    how = heed_separator(decoded.text, how)
    delimiter = find_delimiter(decoded.text[:HEAD], name, how)
    return make_table(read_csv(decoded.text, delimiter, notes), how, notes, decoded.encoding)


def decode_text(body: bytes, how: Read, notes: Notes) -> Decoded | None:
    """The text of a file; None (and a finding) where its encoding can't be told or isn't the declared one."""
    decoded = decode(body, how.encoding)
    if not decoded.sure and how.encoding is None:
        notes.add("encoding-guess", Spot(find_bad_line(body, "utf-8")))
        return None
    if decoded.likely:
        example = {"read": decoded.encoding, "others": ", ".join(decoded.likely[1:4]) or "—"}
        notes.add("encoding-likely", Spot(find_bad_line(body, "utf-8")), show_example(decoded.text), hints=example)
    if how.encoding is not None and (other := _contradicts(body, decoded)):
        notes.add("encoding-other", value=other, expected=how.encoding)
        return None
    if not decoded.sure:
        line = find_bad_line(body, decoded.encoding)
        notes.add("encoding", Spot(line), value=f"× {decoded.bad}", encoding=decoded.encoding)
        return None
    if not decoded.text.strip():
        notes.add("empty-file")
        return None
    if how.encoding in ("cp932", "euc-jp") and not decoded.bad and not is_japanese(decoded.text, how.encoding):
        _doubt(body, decoded, notes)
    return decoded


def _doubt(body: bytes, declared: Decoded, notes: Notes) -> None:
    """Warn of a file that is declared to be Japanese and doesn't read so, if it would in another encoding."""
    guess = decode(body, None)
    if guess.likely:
        hints = {"read": guess.encoding, "others": show_example(guess.text), "expected": declared.encoding}
        line = Spot(find_bad_line(body, "utf-8"))
        notes.add("encoding-doubtful", line, show_example(declared.text), "warning", hints=hints)


def _contradicts(body: bytes, declared: Decoded) -> str:
    """The encoding that `body` is plainly in, where that isn't the declared one; else ""."""
    guess = decode(body, None) if declared.bad or b"\x1b" in body or not body.isascii() else None
    if guess is not None and guess.encoding.startswith("iso2022") and not declared.encoding.startswith("iso2022"):
        return "iso2022_jp"
    if guess is None or (declared.encoding == "utf-8" and not declared.bad):
        return ""
    plain = guess.sure and not guess.bad and guess.encoding != declared.encoding
    return guess.encoding if plain and (declared.bad or guess.encoding in ("utf-8", "utf-16")) else ""


# ---- what the bytes are -----------------------------------------------------------------------------------------

_DOCUMENTS = {
    "word/document.xml": "Word", "ppt/presentation.xml": "PowerPoint", "content.xml": "OpenDocument", "doc.kml": "KMZ",
}  # fmt: skip
"""Zips that are documents, by a part that they have."""
_TABLES = (".xls", ".xlsx", ".xlsm", ".csv", ".html", ".htm")
"""Suffixes of files that promise a table, which some systems fill with a page of HTML, and those of pages that have one."""
PAGE_HEAD = 4096
"""Bytes in which a page of HTML says that it is one."""
_SIGNATURES = {
    b"PK\x03\x04": "excel",
    b"\xd0\xcf\x11\xe0": "excel",
    b"%PDF": "PDF",
    b"\x1f\x8b": "gzip",
    b"<?xml": "XML",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"PAR1": "Parquet",
    b"SQLite format 3": "SQLite",
    b"{\\rtf": "RTF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
}
_JSON = re.compile(rb'\{\s*["}]|\[\s*[\[{\]"]')
"""How an object, or an array of objects, rows or words, begins."""


def sniff(body: bytes) -> str:
    """What `body` is: "empty", "excel", "html", "json", "text", or the name of a format that isn't read."""
    if not body.strip(b" \t\r\n\0"):
        return "empty"
    head = body[:PAGE_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(rb"(?is)(<\?xml[^>]*>)?\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|title|table)\b", head):
        return "html"
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            return kind
    if body[257:262] == b"ustar":
        return "tar"
    return "json" if _JSON.match(head) else "text"


def _find_title(body: bytes) -> str:
    declared = re.search(rb"charset=[\"']?([\w-]+)", body[:PAGE_HEAD])
    known = {b"utf-8": "utf-8", b"shift_jis": "cp932", b"windows-31j": "cp932", b"x-sjis": "cp932", b"euc-jp": "euc-jp"}
    text = decode(body, known.get(declared[1].lower()) if declared else None).text
    match = re.search(r"(?is)<title[^>]*>(.*?)</title>", text)
    return " ".join(html.unescape(match[1]).split()) if match else ""
