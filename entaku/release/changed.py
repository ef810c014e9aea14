"""The changed rows of a table → CSV and Parquet, some at a time.

A row that was corrected stands twice, as it was and as it is.  The CSV has the texts that were published; Parquet has
the schema's types where both releases read a column alike, and else its texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from entaku.check import casts
from entaku.check import schema as schemas
from entaku.formats.arrays import make_numbers, make_text, make_texts, repeat_text
from entaku.formats.heavy import pa, pc
from entaku.model.changes import MARKS, RowsFile
from entaku.model.files import name_csv, name_parquet
from entaku.model.table_schema import Schema, SchemaField
from entaku.release.files import CsvFile, ParquetFile, Sink
from entaku.release.rows import Side

OpenSink = Callable[[str], Sink]
"""Opens a new file of the comparison by its path."""
MEANING = (
    "type", "format", "missingValues", "trueValues", "falseValues", "decimalChar", "groupChar", "bareNumber", "arrayItem",
)  # fmt: skip
"""Keys of a field's descriptor by which its texts are read as values."""
Places = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class RowsLayout:
    """The columns of the files of a table's changed rows."""

    marks: tuple[str, ...]
    """The names of the four columns of MARKS here."""
    old: Mapping[str, str | None]
    """By column its name in the earlier release; None for one that this lacked."""
    new: Mapping[str, str | None]

    @property
    def names(self) -> tuple[str, ...]:
        """List the columns of the table: those of the later release, then those that are gone."""
        return tuple(self.new)

    @property
    def both(self) -> tuple[str, ...]:
        """List the columns that both releases have."""
        return tuple(name for name in self.new if self.new[name] and self.old[name])


def lay_out(old: Side | None, new: Side | None, renamed: Mapping[str, str]) -> RowsLayout:
    """Return the columns for two versions of a table.  `renamed`: former names by new ones."""
    before, after = (side.names if side else () for side in (old, new))
    names = (*after, *(name for name in before if name not in after and name not in renamed.values()))
    marks: tuple[str, ...] = MARKS
    while not set(marks).isdisjoint(names):
        marks = tuple(f"_{mark}" for mark in marks)
    former = {name: renamed.get(name, name) for name in names}
    return RowsLayout(
        marks=marks,
        old={name: former[name] if former[name] in before else None for name in names},
        new={name: name if name in after else None for name in names},
    )


def make_fields(old: Side | None, new: Side | None, layout: RowsLayout) -> tuple[Schema, frozenset[str]]:
    """Return the schema by which the texts of a Parquet of changed rows are cast, and its moments with offsets."""
    fields, zoned = list[SchemaField](), set[str]()
    for name in layout.names:
        mine = [
            (_find_field(side, own), own in side.zoned)
            for side, own in ((old, layout.old[name]), (new, layout.new[name]))
            if side is not None and own is not None
        ]
        meanings = [({key: schemas.describe_field(field).get(key) for key in MEANING}, zone) for field, zone in mine]
        field, zone = mine[-1]
        if meanings[0] != meanings[-1]:
            field, zone = SchemaField(name=name, missingValues=()), False
        fields.append(replace(field, name=name))
        zoned |= {name} if zone else set()
    return Schema(fields=tuple(fields)), frozenset(zoned)


def _find_field(side: Side, name: str) -> SchemaField:
    """Return a field with its own marks for no value."""
    schema = side.resource.schema
    field = next(field for field in schema.fields if field.name == name)
    marks = field.missingValues if field.missingValues is not None else schema.missingValues
    return replace(field, missingValues=marks)


@dataclass(frozen=True)
class MarkedRows:
    """Rows to be written, with what became of them."""

    change: str
    """added, removed, before, after."""
    cells: Mapping[str, pa.Array]
    before: Places | None
    """Their rows in the earlier release from 0; None if that lacks them."""
    after: Places | None
    columns: pa.Array | None = None
    """The names of the columns that were corrected."""

    @property
    def count(self) -> int:
        """Return the number of rows."""
        rows = self.before if self.before is not None else self.after
        assert rows is not None
        return len(rows)


class RowFiles:
    """The CSV and the Parquet of some rows."""

    def __init__(self, stem: str, open_: OpenSink, marks: Sequence[str], schema: Schema, zoned: frozenset[str]) -> None:
        """`marks`: the first columns, of which those of rows are numbers; `schema`: the others."""
        self.stem, self.marks, self.rows = stem, marks, 0
        self.names = (*marks, *(field.name for field in schema.fields))
        self.columns = casts.Columns(schema, zoned)
        kinds = [pa.int64() if "row" in mark else pa.string() for mark in marks]
        typed = pa.schema([*zip(marks, kinds, strict=True), *self.columns.schema])
        self.csv = CsvFile(open_(name_csv(stem)), self.names)
        self.parquet = ParquetFile(open_(name_parquet(stem)), typed)
        self.schema = typed

    def add(self, marks: Sequence[pa.Array], cells: Sequence[pa.Array]) -> None:
        """Write rows: marks as texts and numbers, cells as texts that may be null."""
        texts = [mark.cast(pa.string()) for mark in marks]
        self.csv.add(pa.RecordBatch.from_arrays([*texts, *cells], names=list(self.names)))
        fields = self.columns.schema.names
        typed = self.columns.cast(pa.RecordBatch.from_arrays(list(cells), names=fields))
        self.parquet.add(pa.RecordBatch.from_arrays([*marks, *typed.columns], schema=self.schema))
        self.rows += len(marks[0])

    def close(self) -> tuple[RowsFile, ...]:
        """Close the files and return them."""
        files = self.csv.close(name_csv(self.stem)), self.parquet.close(name_parquet(self.stem))
        return tuple(RowsFile(file.path, file.bytes, file.sha256, self.rows) for file in files)


def write_rows(files: RowFiles, groups: Sequence[MarkedRows]) -> None:
    """Write rows; of several groups, which have as many each, the first of each, then the second of each."""
    marks = [_list_marks(rows) for rows in groups]
    cells = [list(rows.cells.values()) for rows in groups]
    count = groups[0].count
    order = make_numbers(np.arange(len(groups) * count).reshape(len(groups), count).T.reshape(-1))
    if len(groups) == 1:
        files.add(marks[0], cells[0])
    else:
        joined = [
            [pa.concat_arrays(list(parts)).take(order) for parts in zip(*of, strict=True)] for of in (marks, cells)
        ]
        files.add(*joined)


def _list_marks(rows: MarkedRows) -> list[pa.Array]:
    columns = repeat_text("", rows.count) if rows.columns is None else rows.columns
    return [repeat_text(rows.change, rows.count), columns, *map(_number, (rows.before, rows.after), [rows.count] * 2)]


def _number(rows: Places | None, count: int) -> pa.Array:
    """Return the numbers of rows as a CSV has them, from 1."""
    return pa.nulls(count, pa.int64()) if rows is None else make_numbers(rows + 1)


def name_corrected(names: Sequence[str], masks: Sequence[pa.Array]) -> pa.Array:
    """Return for each row the names of the columns whose mask is set, with spaces between."""
    named = [pc.if_else(mask, make_text(name), make_texts([None])[0]) for name, mask in zip(names, masks, strict=True)]
    return pc.binary_join_element_wise(*named, make_text(" "), null_handling="skip")
