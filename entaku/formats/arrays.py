"""Conversion of Arrow arrays from and to numpy and lists.  It avoids pyarrow's own conversions, which import pandas
(0.3 s) where it is installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from entaku.formats.heavy import pa, pc


@cache
def make_null() -> pa.StringScalar:
    """Return a null text scalar."""
    return pa.nulls(1, pa.string())[0]


Mask = np.ndarray[Any, np.dtype[np.bool_]]


def make_texts(values: Iterable[str | None]) -> pa.StringArray:
    """Convert texts to an array; None becomes null."""
    listed = list(values)
    pieces = [b"" if value is None else value.encode() for value in listed]
    offsets = np.zeros(len(pieces) + 1, np.int32)
    np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
    bits = None
    if None in listed:
        bits = pa.py_buffer(np.packbits([value is not None for value in listed], bitorder="little").tobytes())
    return pa.StringArray.from_buffers(len(pieces), pa.py_buffer(offsets), pa.py_buffer(b"".join(pieces)), bits)


def make_text(value: str) -> pa.StringScalar:
    """Convert a text to what Arrow's functions take beside arrays: given a str, they import pandas."""
    return make_texts([value])[0]


def repeat_text(value: str, count: int) -> pa.StringArray:
    """Return an array of `count` times the same text."""
    return make_texts([value]).take(make_numbers(np.zeros(count, np.int64)))


def make_numbers(values: Sequence[int] | np.ndarray[Any, Any]) -> pa.Int64Array:
    """Convert integers to an int64 array without nulls."""
    numbers = np.ascontiguousarray(values, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def make_doubles(values: np.ndarray[Any, Any]) -> pa.DoubleArray:
    """Convert floats to a float64 array without nulls."""
    numbers = np.ascontiguousarray(values, np.float64)
    return pa.Array.from_buffers(pa.float64(), len(numbers), [None, pa.py_buffer(numbers)])


def make_flags(mask: Mask) -> pa.BooleanArray:
    """Convert a mask to a boolean array without nulls."""
    bits = np.packbits(mask, bitorder="little").tobytes()
    return pa.Array.from_buffers(pa.bool_(), len(mask), [None, pa.py_buffer(bits)])


def make_places(places: np.ndarray[Any, np.dtype[np.int32]]) -> pa.Int32Array:
    """Convert list indices to an int32 array; -1 becomes null."""
    known = places >= 0
    flags = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(pa.int32(), len(places), [flags, pa.py_buffer(np.ascontiguousarray(places))])


def make_dictionary(places: np.ndarray[Any, np.dtype[np.int32]], values: pa.Array) -> pa.DictionaryArray:
    """Build a dictionary array of indices into `values`; -1 becomes null.  `values` must have no nulls, as Arrow joins
    only such dictionaries."""
    return pa.DictionaryArray.from_arrays(make_places(places), values, safe=False)


def decode(column: pa.Array) -> pa.Array:
    """Expand a dictionary array to its values; return any other array as it is."""
    return column.dictionary.take(column.indices) if pa.types.is_dictionary(column.type) else column


def to_mask(flags: pa.BooleanArray) -> Mask:
    """Convert booleans to a mask; null becomes False."""
    start, end = flags.offset, flags.offset + len(flags)
    validity, data = flags.buffers()
    if start == end:
        return np.zeros(0, np.bool_)
    bits = np.frombuffer(data, np.uint8)
    if flags.null_count:
        bits = bits[: len(validity)] & np.frombuffer(validity, np.uint8)[: len(bits)]
    mask: Mask = np.unpackbits(bits, count=end, bitorder="little")[start:].view(np.bool_)
    return mask


def to_numbers(numbers: pa.Array) -> np.ndarray[Any, Any]:
    """Convert integers or floats to a numpy array without copying.  Values at null positions are undefined; callers
    must mask them."""
    kind = np.dtype(str(numbers.type).replace("double", "float64"))
    if not len(numbers):
        return np.zeros(0, kind)
    return np.frombuffer(numbers.buffers()[1], kind)[numbers.offset : numbers.offset + len(numbers)]


def measure(texts: pa.StringArray) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Return the length of each text in bytes."""
    if not len(texts):
        return np.zeros(0, np.int32)
    offsets = np.frombuffer(texts.buffers()[1], np.int32)
    return np.diff(offsets[texts.offset : texts.offset + len(texts) + 1])


def list_distinct(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the distinct numbers in order; numpy's own `unique` is ten times as slow and imports more of numpy."""
    ordered = np.sort(numbers)
    new = np.ones(len(ordered), np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new]


class Marks:
    """The texts that mean null (`missingValues`)."""

    def __init__(self, marks: Iterable[str]) -> None:
        self._marks = make_texts(sorted(set(marks)))
        self._longest = int(measure(self._marks).max(initial=-1))

    def find(self, texts: pa.StringArray) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the indices of cells that are null or hold a text that means null."""
        places = np.flatnonzero(measure(texts) <= self._longest)
        if len(places):
            places = places[to_mask(pc.is_in(texts.take(make_numbers(places)), value_set=self._marks))]
        if texts.null_count:
            places = np.union1d(places, np.flatnonzero(~to_mask(texts.is_valid())))
        return places

    def blank(self, texts: pa.StringArray) -> pa.StringArray:
        """Replace the texts that mean null by null."""
        return blank_out(texts, self.find(texts))


def blank_out(texts: pa.StringArray, places: np.ndarray[Any, np.dtype[np.int64]]) -> pa.StringArray:
    """Set the cells at these indices, which must include every null, to null; the text data isn't copied."""
    if not len(places):
        return texts
    there = np.ones(len(texts), np.bool_)
    there[places] = False
    if texts.offset:
        return pc.if_else(make_flags(there), texts, make_null())
    bits = pa.py_buffer(np.packbits(there, bitorder="little").tobytes())
    _, offsets, data = texts.buffers()
    return pa.StringArray.from_buffers(len(texts), offsets, data, bits, len(places))


def move_moments(batch: pa.RecordBatch, timezone: str) -> pa.RecordBatch:
    """Give the moments of UTC in a batch the time zone in which their days are to be counted."""
    for at, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type) and field.type.tz is not None:
            zoned = pa.timestamp(field.type.unit, timezone)
            batch = batch.set_column(at, field.with_type(zoned), batch.column(at).cast(zoned))
    return batch


BLOCK = 100_000
"""Rows of a block: a row group of Parquet, a step of the statistics."""


class Blocks:
    """Regrouping of record batches of any size into blocks of exactly `size` rows, each column in one chunk; the last
    block may be shorter."""

    def __init__(self, size: int = BLOCK) -> None:
        self.size = size
        self.waiting: list[pa.RecordBatch] = []
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Add `batch` and yield each block that it completes."""
        start = 0
        while self.rows + batch.num_rows - start >= self.size:
            length = self.size - self.rows
            self.waiting.append(batch.slice(start, length))
            start += length
            yield from self.close()
        if start < batch.num_rows:
            self.waiting.append(batch.slice(start))
            self.rows += batch.num_rows - start

    def close(self) -> Iterator[pa.RecordBatch]:
        """Yield the remaining rows, if any."""
        if self.waiting:
            yield join_batches(self.waiting)
        self.waiting, self.rows = [], 0

    def resume(self, waiting: list[pa.RecordBatch]) -> None:
        """Go on where other blocks were that had these rows waiting."""
        self.waiting, self.rows = list(waiting), sum(batch.num_rows for batch in waiting)


def join_batches(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    """Concatenate batches; a column that is dictionary-encoded in only some of them is decoded."""

    if len(batches) == 1:
        return batches[0]
    if all(batch.schema.equals(batches[0].schema) for batch in batches[1:]):
        return pa.concat_batches(batches)
    columns = [_join_columns(list(parts)) for parts in zip(*(batch.columns for batch in batches), strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=batches[0].schema.names)


def _join_columns(parts: list[pa.Array]) -> pa.Array:

    coded = [pa.types.is_dictionary(part.type) for part in parts]
    if all(coded) or not any(coded):
        return pa.concat_arrays(parts)
    return pa.concat_arrays([decode(part) for part in parts])
