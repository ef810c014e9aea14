"""A published CSV as batches of text, as often as it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from entaku.formats.arrays import Blocks, make_flags
from entaku.formats.heavy import arrow_csv, pa
from entaku.model.grammar import Resource

PIECE, WHOLE = 1 << 22, 1 << 30
"""Bytes that are parsed at once: a few rows at least; of rows that are longer, as many as there are in such files."""

Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Side:
    """One of two tables that are compared."""

    resource: Resource
    open: Callable[[], BinaryIO]
    """Opens its CSV, or what is compared of it; the caller closes it."""
    rows: int
    """Rows that are read."""
    bytes: int
    """The size of its CSV."""
    zoned: frozenset[str] = frozenset()
    """Its columns of moments with offsets from UTC."""
    first: int = 0
    """Rows before those that are read, which are the same in both tables and have no key of any other row."""

    @property
    def names(self) -> tuple[str, ...]:
        """List its columns."""
        return tuple(field.name for field in self.resource.schema.fields)

    def read(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield some columns of all rows, in order, as texts that are never null.  Raises ValueError for a file that is
        no CSV with these columns."""
        done = 0
        for size in (PIECE, WHOLE):
            start = 0
            try:
                for batch in self._parse(columns, size):
                    if start + batch.num_rows > done:
                        yield batch.slice(max(0, done - start))
                        done = start + batch.num_rows
                    start += batch.num_rows
                return
            except pa.ArrowInvalid:  # a row of more than `size` bytes
                if size == WHOLE:
                    raise

    def _parse(self, columns: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
        with self.open() as file:
            reader = arrow_csv.open_csv(
                file,
                arrow_csv.ReadOptions(block_size=size, use_threads=False),
                arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(columns, pa.string()),
                    include_columns=list(columns),
                    strings_can_be_null=False,
                    quoted_strings_can_be_null=False,
                ),
            )
            yield from reader


def select(side: Side, columns: Sequence[str], wanted: Mask) -> Iterator[tuple[pa.RecordBatch, Any]]:
    """Yield the rows of a table that are `wanted`, and their numbers from 0; no batch without rows."""
    start, left = 0, int(wanted.sum())
    for batch in side.read(columns) if left else ():
        places = np.flatnonzero(wanted[start : start + batch.num_rows])
        if len(places):
            yield batch.filter(make_flags(wanted[start : start + batch.num_rows])), places + start
        start, left = start + batch.num_rows, left - len(places)
        if not left:
            return


def regroup(batches: Iterator[tuple[pa.RecordBatch, Any]], size: int) -> Iterator[tuple[pa.RecordBatch, Any]]:
    """Yield selected rows in groups of exactly `size`; the last may be smaller."""
    blocks, rows = Blocks(size), np.zeros(0, np.int64)
    for batch, numbers in batches:
        rows = np.concatenate([rows, numbers])
        for block in blocks.add(batch):
            yield block, rows[:size]
            rows = rows[size:]
    for block in blocks.close():
        yield block, rows


def name_columns(batch: pa.RecordBatch, wanted: Mapping[str, str | None]) -> dict[str, pa.Array]:
    """Return the columns of a batch by the names that they are to have; None stands for a column without values."""
    none = pa.nulls(batch.num_rows, pa.string())
    return {name: none if own is None else batch.column(own) for name, own in wanted.items()}
