"""Parts → a resource's whole table, in batches: of its parts only what is told of them is held in memory.

Only where steps need the whole table (`sort`, `deduplicate`) all of it is.
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from entaku.formats.arrays import Blocks
from entaku.model.grammar import Resource
from entaku.model.messages import read_finding
from entaku.model.nouns import Finding, Part, Place, Raw
from entaku.table.parts import concat, decode_part, decode_rows, place_cell, split_steps
from entaku.table.steps import tidy

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    Numbers = np.ndarray[Any, np.dtype[np.int64]]

BATCH = 65_536
"""Rows of a batch."""


# ---- parts that lie elsewhere -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outline:
    """A Part without its text."""

    raw: Raw
    columns: tuple[str, ...]
    count: int
    """Rows."""
    ranges: "Numbers"
    """Of its rows that follow each other in the raw file: the place of the first in the part, and its row there."""
    sheets: tuple[tuple[int, str], ...]
    """The place of the first row of each sheet, and the sheet."""
    findings: tuple[Finding, ...]
    names: Mapping[str, str]
    origins: Mapping[str, int]
    spreadsheet: bool
    titles: Mapping[str, int]
    lost: tuple[str, ...]

    def find(self, place: int) -> tuple[str, int]:
        """The sheet and the row in the raw file of a row of the part."""
        start, row = self.ranges[np.searchsorted(self.ranges[:, 0], place, "right") - 1].tolist()
        sheet = self.sheets[bisect_right(self.sheets, place, key=lambda each: each[0]) - 1][1]
        return sheet, row + place - start


def outline_part(body: bytes, raw: Raw) -> Outline:
    """The outline of an encoded part; `raw` stands for its own, which may have been fetched at another time."""
    table = decode_rows(body)
    about = json.loads(table.schema.metadata[b"part"])
    ranges, place = np.empty((len(about["rows"]), 2), np.int64), 0
    for n, (row, count) in enumerate(about["rows"]):
        ranges[n] = place, row
        place += count
    sheets, place = [], 0
    for sheet, count in about["sheets"]:
        sheets.append((place, sheet))
        place += count
    return Outline(
        raw=raw,
        columns=tuple(table.schema.names),
        count=table.num_rows,
        ranges=ranges,
        sheets=tuple(sheets),
        findings=tuple(read_finding(item) for item in about["findings"]),
        names=about["names"],
        origins=about["origins"],
        spreadsheet=about["spreadsheet"],
        titles=about["titles"],
        lost=tuple(about["lost"]),
    )


@dataclass(frozen=True)
class Shelf:
    """The parts of a resource, in order."""

    outlines: tuple[Outline, ...]
    fetch: Callable[[int], bytes]
    """A part as it was encoded, by its place."""

    def load(self, place: int) -> Part:
        """A whole part."""
        return decode_part(self.fetch(place))


# ---- the whole table --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Whole:
    """All parts of a resource, one below the other, after the steps that need them all.

    A row's label is its place in the parts laid end to end; its number is that in the table as it is now.
    """

    resource: Resource
    columns: tuple[str, ...]
    rows: int
    shelf: Shelf
    findings: tuple[Finding, ...]
    """Of the steps on the whole; the parts have their own."""
    starts: tuple[int, ...]
    """Where each part begins among the labels."""
    frame: "pd.DataFrame | None" = None
    """The table, where steps needed it whole; its index are the labels."""

    @property
    def parts(self) -> tuple[Outline, ...]:
        return self.shelf.outlines

    def __iter__(self) -> "Iterator[pa.RecordBatch]":
        """The rows as text, never missing."""
        return _read_parts(self.shelf, self.columns) if self.frame is None else _cut_frame(self.frame)

    def label(self, row: int) -> int:
        """The label of a row, by its number."""
        return row if self.frame is None else int(self.frame.index[row])

    def labels(self, first: int, count: int) -> "Numbers":
        """The labels of rows that follow each other."""
        if self.frame is None:
            return np.arange(first, first + count)
        return self.frame.index[first : first + count].to_numpy(np.int64)

    def place(self, row: int, column: str) -> Place:
        """The place in its raw file of a row, by its number, and a column."""
        return self.locate(self.label(row), column)

    def part_of(self, label: int) -> Outline:
        """The part that a row came from."""
        return self.parts[bisect_right(self.starts, label) - 1]

    def locate(self, label: int, column: str) -> Place:
        """The place of a row and column in its raw file."""
        n = bisect_right(self.starts, label) - 1
        part = self.parts[n]
        sheet, row = part.find(label - self.starts[n])
        at = part.titles.get(column, row) or None
        return place_cell(
            part.raw.url, sheet, at, column, part.names.get(column, column), part.origins.get(column), part.spreadsheet
        )  # fmt: skip


def assemble(resource: Resource, shelf: Shelf, spec_file: str) -> Whole:
    """The resource's whole table from its parts, in their order."""
    _, steps = split_steps(resource.tidy)
    columns = tuple(dict.fromkeys(column for part in shelf.outlines for column in part.columns))
    starts, rows = [], 0
    for part in shelf.outlines:
        starts.append(rows)
        rows += part.count
    if not columns:  # nothing was read: an empty table with the schema's columns, which `expect` judges
        columns = tuple(field.name for field in resource.schema.fields)
        return Whole(resource, columns, 0, shelf, (), tuple(starts))
    whole = Whole(resource, columns, rows, shelf, (), tuple(starts))
    if not steps:
        return whole
    lost = sorted({column for part in shelf.outlines for column in part.lost})
    frame = concat([shelf.load(n).frame for n in range(len(shelf.outlines))]).reset_index(drop=True)
    tidied = tidy(frame, steps, whole.locate, (), spec_file, lost=lost)
    columns = tuple(map(str, tidied.frame.columns))
    return Whole(resource, columns, len(tidied.frame), shelf, tidied.findings, tuple(starts), tidied.frame)


def _read_parts(shelf: Shelf, columns: Sequence[str]) -> "Iterator[pa.RecordBatch]":
    """The parts' rows in batches of one size; a column that a part lacks is empty there."""
    import pyarrow as pa

    blocks = Blocks(BATCH)
    for n, part in enumerate(shelf.outlines):
        if not part.count:
            continue
        table = decode_rows(shelf.fetch(n)).replace_schema_metadata(None)
        for name in columns:
            if name not in part.columns:
                table = table.append_column(name, pa.repeat("", part.count))
        for batch in table.select(columns).to_batches():
            yield from blocks.add(batch)
    yield from blocks.close()


def _cut_frame(frame: "pd.DataFrame") -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa

    names = list(map(str, frame.columns))
    for start in range(0, len(frame), BATCH):
        part = frame.iloc[start : start + BATCH]
        arrays = [pa.array(part[name], pa.string()) for name in frame.columns]
        plain = [one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one for one in arrays]
        yield pa.RecordBatch.from_arrays(plain, names=names)
