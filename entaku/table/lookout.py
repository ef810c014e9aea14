"""Raw bytes → every cell as text, before anything is known of the layout: for a draft of how the file is to be read."""

from collections.abc import Container
from dataclasses import dataclass, field

from entaku.formats.looks import Looks, read_looks
from entaku.formats.text import decode
from entaku.formats.zips import find_workbook
from entaku.model.grammar import Read
from entaku.model.nouns import Finding, Raw
from entaku.table.csv import find_delimiter, read_csv
from entaku.table.lines import Record
from entaku.table.notes import Notes
from entaku.table.objects import list_beside
from entaku.table.read import (
    HEAD,
    READABLE,
    decode_text,
    name_file,
    open_body,
    read_members,
    read_sheets,
    sniff,
    tell_format,
)
from entaku.table.whence import Range

EVERY = r"/(?s:.*)/"
"""The pattern of every sheet's name."""


@dataclass(frozen=True)
class SheetCells:
    """The cells of one visible sheet, or the lines of a text file."""

    name: str
    """"" for a text file."""
    records: tuple[tuple[int, tuple[str, ...]], ...]
    """The 1-based row of the raw file, and its cells."""
    merged: tuple[Range, ...] = ()
    looks: Looks = field(default_factory=dict)
    """How its first cells look."""
    spreadsheet: bool = False
    encoding: str = ""
    """The likeliest, where it is to be written down."""


@dataclass(frozen=True)
class FileCells:
    """All that a raw file holds, sheet by sheet."""

    sheets: tuple[SheetCells, ...] = ()
    hidden: tuple[str, ...] = ()
    """The names of hidden sheets, which aren't read."""
    laid: bool = False
    """Whether the file is JSON, whose header is its keys."""
    beside: tuple[tuple[str, str], ...] = ()
    """The values of JSON outside its records, by their keys."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class ZipFiles:
    """The files of a zip that holds several."""

    readable: tuple[tuple[str, bytes], ...] = ()
    """Name and bytes of those that may hold tables; () where it is no such zip."""
    others: tuple[str, ...] = ()


def read_zip(raw: Raw, body: bytes) -> ZipFiles:
    """The files of a zip that has more than one that may hold tables; none of any other file."""
    if not body.startswith(b"PK\x03\x04") or find_workbook(body):
        return ZipFiles()
    notes, every = Notes(raw.url), Notes(raw.url)
    if read_members(body, Read(), notes) or {one.code for one in notes.all()} != {"which-member"}:
        return ZipFiles()
    members = read_members(body, Read(member=EVERY), every)
    if any(one.severity == "error" for one in every.all()):
        return ZipFiles()
    readable = tuple((name, each) for name, each in members if name.lower().endswith(READABLE))
    names = [name for name, _ in members if not name.lower().endswith(READABLE)]
    return ZipFiles(readable, tuple(name for name in names if not name.rpartition("/")[2].startswith(".")))


def read_cells(raw: Raw, body: bytes, *, skip_hidden: bool = False) -> FileCells:
    """Read every visible sheet of a workbook, or the records of a text file; what can't be read is a finding.

    `skip_hidden`: leave out hidden rows and columns.
    """
    opened, found = open_body(raw, body)
    if opened is None:
        return FileCells(findings=found)
    notes, name = Notes(raw.url), name_file(raw)
    if opened.startswith(b"PK\x03\x04") and not find_workbook(opened):
        members = read_members(opened, Read(), notes)
        if not members:
            return FileCells(findings=notes.all())
        name, opened = members[0]
    kind = sniff(opened)
    if kind == "excel":
        return _read_workbook(opened, notes, skip_hidden=skip_hidden)
    if kind not in ("text", "json"):
        if kind != "empty":
            tell_format(kind, name, opened, notes)
        return FileCells(findings=notes.all())
    if kind == "json":
        beside = tuple(list_beside(decode(opened, None).text))
        return FileCells(laid=True, beside=beside, findings=notes.all())
    decoded = decode_text(opened, Read(), notes)
    if decoded is None:
        return FileCells(findings=notes.all())
    delimiter = find_delimiter(decoded.text[:HEAD], name, Read())
    records = read_csv(decoded.text, delimiter, notes)
    encoding = decoded.encoding if decoded.likely else ""
    found = tuple(finding for finding in notes.all() if finding.code != "encoding-likely")
    return FileCells((SheetCells("", _freeze(records), encoding=encoding),), findings=found)


def _freeze(records: list[Record], unseen: Container[int] = ()) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """The records without the cells of unseen columns."""
    return tuple((row, tuple("" if at in unseen else text for at, text in enumerate(cells))) for row, cells in records)


def _read_workbook(body: bytes, notes: Notes, *, skip_hidden: bool) -> FileCells:
    sheets = read_sheets(body, Read(sheet=EVERY, hidden="skip" if skip_hidden else None), notes)
    found = tuple(one for one in notes.all() if one.code != "several-sheets")
    looks = read_looks(body)
    cells = tuple(
        SheetCells(
            sheet.name, _freeze(sheet.records, sheet.unseen), sheet.merged, looks.get(sheet.name, {}), spreadsheet=True
        )
        for sheet in sheets
    )
    return FileCells(cells, sheets[0].hidden_sheets if sheets else (), findings=found)
