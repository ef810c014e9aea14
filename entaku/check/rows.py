"""Tables as re-readable batches of text: rows by their numbers, and rows that repeat a key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from entaku.check.cells import spell
from entaku.check.foreign import KeyReader
from entaku.check.keys import UniqueKey
from entaku.check.vectors import ColumnReader, Looked, encode
from entaku.formats.arrays import make_numbers
from entaku.formats.hashes import Numbers, hash_text, join_numbers
from entaku.formats.heavy import pa

MAX_COMPARED = 1_000_000
"""Rows of equal hash whose keys are held in memory to compare them; beyond, they are compared by 64 more bits."""


@dataclass(frozen=True)
class Span:
    """Consecutive rows, every column text."""

    columns: pa.RecordBatch
    first: int
    """The number of the first row as frictionless-py counts: the header is 1."""


@dataclass(frozen=True)
class TextTable:
    """A table to check."""

    name: str
    batches: Iterable[pa.RecordBatch]
    """Its rows as text, the columns in the order of the schema's fields; read from the start at each iteration."""
    schema: Mapping[str, Any]
    """A Table Schema descriptor."""
    watch: Callable[[pa.RecordBatch, Sequence[Looked], bool], None] | None = None
    """A callback for each checked batch, the states of its columns, and whether the table has no error so far."""

    before: int = 0
    """Rows before these, which have been checked and have no key of any of them."""

    def blocks(self) -> Iterator[Span]:
        """Yield the batches with the numbers of their rows."""
        first = 2 + self.before
        for batch in self.batches:
            yield Span(batch, first)
            first += batch.num_rows


def find_rows(table: TextTable, rows: Sequence[int]) -> Iterator[tuple[Span, list[int]]]:
    """Yield the blocks that hold these rows (ascending), and the rows' indices in them."""
    at = 0
    if not rows:
        return
    for block in table.blocks():
        start, end = at, block.first + len(block.columns)
        while at < len(rows) and rows[at] < end:
            at += 1
        if at > start:
            yield block, [row - block.first for row in rows[start:at]]
        if at == len(rows):
            return


def pair_rows(
    unique: UniqueKey, columns: Sequence[ColumnReader], key: Sequence[int], table: TextTable
) -> Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Yield the rows that repeat a key, and for each the last earlier row with the same key."""
    if unique.exact:
        for numbers, rows in unique.repeats():
            same = numbers[1:] == numbers[:-1]
            yield rows[1:][same], rows[:-1][same]
        return
    found = list(unique.repeats())
    if not found:
        return
    numbers, rows = (np.concatenate(some) for some in zip(*found, strict=True))
    order = np.argsort(rows)
    numbers, rows = numbers[order], rows[order]
    values = number_values(columns, key, table, rows.tolist())
    order = np.lexsort((rows, values, numbers))
    numbers, rows, values = numbers[order], rows[order], values[order]
    same = (numbers[1:] == numbers[:-1]) & (values[1:] == values[:-1])
    if same.any():
        yield rows[1:][same], rows[:-1][same]


def number_values(
    columns: Sequence[ColumnReader], key: Sequence[int], table: TextTable, rows: Sequence[int]
) -> Numbers:
    """Number the key of each row by its values: equal keys have equal numbers."""
    few = len(rows) <= MAX_COMPARED
    readers = [KeyReader(column) for column in columns]
    met: list[dict[Any, int]] = [{} for _ in columns]
    parts: list[list[Numbers]] = [[] for _ in columns]
    for block, places in find_rows(table, rows):
        at = make_numbers(places)
        for place, reader, numbers, made in zip(key, readers, met, parts, strict=True):
            look = encode(block.columns.column(place).take(at))
            values = reader.read(look.distinct)
            found = [numbers.setdefault(value, len(numbers)) if few else _hash(value) for value in values]
            made.append(np.array(found, np.uint64)[look.indices])
    columns_numbers = [np.concatenate(made) for made in parts]
    if not few:
        return join_numbers(columns_numbers)
    joined = columns_numbers[0]
    for numbers, some in zip(met[1:], columns_numbers[1:], strict=True):
        joined = np.unique(joined * np.uint64(len(numbers)) + some, return_inverse=True)[1].astype(np.uint64)
    return joined


def _hash(value: Any) -> int:
    return hash_text("\x1f" if value is None else spell(value))
