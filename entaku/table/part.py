"""A raw file that was read and tidied on its own, in memory and as bytes for the cache.

As bytes a part is its rows as an Arrow stream, then its outline as JSON, then the JSON's length in 8 bytes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, field
from typing import Any, BinaryIO

import numpy as np

from entaku.formats.arrays import Blocks
from entaku.formats.heavy import pa
from entaku.formats.text import column_letters
from entaku.model.messages import read_finding, show_finding
from entaku.model.nouns import Finding, Place, Raw, Sought

Numbers = np.ndarray[Any, np.dtype[np.int64]]


def show_names(column: str, before: str) -> str:
    """Name a column by what it is called now and in the raw file."""
    return column if before == column else f"{column}（{before}）"


@dataclass(frozen=True)
class CellNames:
    """How the cells of a sheet or text file are named."""

    file: str
    sheet: str
    origins: Mapping[str, int]
    """0-based column of the raw file, by name."""
    spreadsheet: bool
    """Whether places are named as in Excel (C12)."""

    def place(self, row: int | None, column: str, name: str) -> Place:
        """The place of a cell: `column` is called so now and `name` in the raw file."""
        origin = self.origins.get(column)
        shown = show_names(column, name)
        cell = f"{column_letters(origin)}{row}" if self.spreadsheet and origin is not None else ""
        return Place(file=self.file, sheet=self.sheet, row=row, column=shown, cell=cell)


@dataclass(frozen=True)
class Outline:
    """One raw file, read and tidied on its own, without its rows: the unit of work and of caching."""

    raw: Raw
    columns: tuple[str, ...]
    count: int
    """Rows."""
    ranges: Numbers
    """Of its rows that follow each other in the raw file: the place of the first in the part, and its row there."""
    sheets: tuple[tuple[int, str], ...]
    """The place of the first row of each sheet or member, and its name."""
    findings: tuple[Finding, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """Each column's name in the raw file, where it has one."""
    origins: Mapping[str, int] = field(default_factory=dict)
    """0-based column of the raw file, by today's name."""
    spreadsheet: bool = False
    """Whether places are named as in Excel (C12)."""
    titles: Mapping[str, int] = field(default_factory=dict)
    """The line of each column that comes from a title line, 0 for one that comes from the URL, by today's name."""
    lost: tuple[str, ...] = ()
    """Columns that steps on the whole table can't rely on, because a step could not be done."""
    sought: Mapping[Sought, bool] = field(default_factory=dict)
    """Whether there was what steps and keys of `read` look for."""
    shifts: tuple[int, ...] = ()
    """How far right of the first's the columns of each of `sheets` stand; () where none does."""
    faint: bool = False
    """Whether there are characters in its rows that may not be seen."""

    def of(self, raw: Raw) -> Outline:
        """The same of another raw file, of which all that is known is the same."""
        told = vars(self).copy()
        told["raw"] = raw
        return Outline(**told)

    def find(self, place: int) -> tuple[str, int]:
        """The sheet and the row in the raw file of a row of the part."""
        return next(self.find_all(np.array([place])))

    def find_cells(self, place: int) -> CellNames:
        """How the cells of a row of the part are named."""
        n = int(np.searchsorted([first for first, _ in self.sheets], place, "right")) - 1
        shift = self.shifts[n] if self.shifts else 0
        origins = {column: at + shift for column, at in self.origins.items()} if shift else self.origins
        return CellNames(self.raw.url, self.sheets[n][1], origins, self.spreadsheet)

    def find_all(self, places: Numbers) -> Iterator[tuple[str, int]]:
        """The sheets and the rows in the raw file of rows of the part."""
        for n, row in zip(*(each.tolist() for each in self.find_numbers(places)), strict=True):
            yield self.sheets[n][1], row

    def find_numbers(self, places: Numbers) -> tuple[Numbers, Numbers]:
        """The numbers of the sheets (in `sheets`) and the rows in the raw file of rows of the part."""
        ranges = self.ranges[np.searchsorted(self.ranges[:, 0], places, "right") - 1]
        rows = ranges[:, 1] + places - ranges[:, 0]
        return np.searchsorted([first for first, _ in self.sheets], places, "right") - 1, rows


@dataclass(frozen=True)
class Part:
    """A raw file, read and tidied on its own."""

    outline: Outline
    rows: pa.Table
    """Text, never missing."""


def find_ranges(labels: Numbers) -> Numbers:
    """Of rows that follow each other without a gap: the place of the first, and its label (n x 2)."""
    firsts = np.flatnonzero(np.diff(labels, prepend=labels[:1] - 2) != 1)
    return np.column_stack([firsts, labels[firsts]]).astype(np.int64)


# ---- parts as bytes ---------------------------------------------------------------------------------------------


class PartWriter:
    """Writes a part to a file: batches of rows, then what is known of it."""

    def __init__(self, sink: BinaryIO) -> None:
        self.count = 0
        self._sink = sink
        self._blocks = Blocks()
        self._writer: Any = None
        self._ranges: list[Numbers] = []
        self._noted = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """More rows of text."""
        self.count += batch.num_rows
        for block in self._blocks.add(batch):
            self._write(block)

    def note(self, labels: Numbers) -> None:
        """The rows in the raw file of the rows that follow."""
        ranges = find_ranges(labels)
        ranges[:, 0] += self._noted
        if len(ranges) and self._ranges:
            place, row = self._ranges[-1][-1].tolist()
            if row + self._noted - place == ranges[0, 1]:
                ranges = ranges[1:]
        if len(ranges):
            self._ranges.append(ranges)
        self._noted += len(labels)

    def ranges(self) -> Numbers:
        """The ranges of all rows that were noted."""
        return np.concatenate([np.zeros((0, 2), np.int64), *self._ranges])

    def close(self, outline: Outline) -> Outline:
        """Write the last rows and the outline, which is given back."""
        for block in self._blocks.close():
            self._write(block)
        if self._writer is not None:
            self._writer.close()
        about = json.dumps(show_outline(outline), ensure_ascii=False).encode()
        self._sink.write(about + len(about).to_bytes(8, "little"))
        return outline

    def _write(self, block: pa.RecordBatch) -> None:
        if self._writer is None:
            self._writer = pa.ipc.new_stream(self._sink, block.schema)
        self._writer.write_batch(block)


def show_outline(outline: Outline) -> dict[str, Any]:
    """An outline as JSON's values; `read_outline` reads them."""
    return {
        "raw": asdict(outline.raw),
        "columns": outline.columns,
        "count": outline.count,
        "ranges": outline.ranges.tolist(),
        "sheets": outline.sheets,
        "findings": [show_finding(finding) for finding in outline.findings],
        "names": dict(outline.names),
        "origins": dict(outline.origins),
        "spreadsheet": outline.spreadsheet,
        "titles": dict(outline.titles),
        "lost": outline.lost,
        "shifts": outline.shifts,
        "faint": outline.faint,
        "sought": [[*astuple(key), found] for key, found in outline.sought.items()],
    }


def read_outline(file: BinaryIO, raw: Raw | None = None) -> Outline:
    """The outline at the end of an encoded part; `raw` stands for its own, which may have been fetched at another time.

    Raises ValueError or KeyError for anything else.
    """
    end = file.seek(-8, io.SEEK_END)
    size = int.from_bytes(file.read(8), "little")
    file.seek(end - size)
    return parse_outline(json.loads(file.read(size)), raw)


def parse_outline(about: Mapping[str, Any], raw: Raw | None = None) -> Outline:
    """The outline of which `show_outline` gave these values."""
    return Outline(
        raw=raw or Raw(**about["raw"]),
        columns=tuple(about["columns"]),
        count=about["count"],
        ranges=np.array(about["ranges"], np.int64).reshape(-1, 2),
        sheets=tuple((place, sheet) for place, sheet in about["sheets"]),
        findings=tuple(read_finding(item) for item in about["findings"]),
        names=about["names"],
        origins=about["origins"],
        spreadsheet=about["spreadsheet"],
        titles=about["titles"],
        lost=tuple(about["lost"]),
        shifts=tuple(about["shifts"]),
        faint=about["faint"],
        sought={Sought(*key): found for *key, found in about["sought"]},
    )


def read_rows(file: BinaryIO) -> Iterator[pa.RecordBatch]:
    """The rows of an encoded part that has some, batch by batch."""
    with pa.ipc.open_stream(file) as reader:
        yield from reader
