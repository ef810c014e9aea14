"""Streams of Arrow batches cut into blocks of one size, so that nothing depends on how the batches came."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 100_000
"""Rows of a block: a row group of Parquet, a step of the statistics."""


class Blocks:
    """Takes batches of any size and gives blocks of exactly `size` rows, each column in one piece; the last may be
    shorter."""

    def __init__(self, size: int = BLOCK) -> None:
        self.size = size
        self.waiting: list[pa.RecordBatch] = []
        self.rows = 0

    def add(self, batch: "pa.RecordBatch") -> "Iterator[pa.RecordBatch]":
        """The blocks that are full with the rows of `batch`."""
        start = 0
        while self.rows + batch.num_rows - start >= self.size:
            length = self.size - self.rows
            self.waiting.append(batch.slice(start, length))
            start += length
            yield from self.close()
        if start < batch.num_rows:
            self.waiting.append(batch.slice(start))
            self.rows += batch.num_rows - start

    def close(self) -> "Iterator[pa.RecordBatch]":
        """The rows that are left, if any."""
        if self.waiting:
            yield join_batches(self.waiting)
        self.waiting, self.rows = [], 0


def join_batches(batches: "list[pa.RecordBatch]") -> "pa.RecordBatch":
    """The batches below one another; a column that is a dictionary in some only is plain."""
    import pyarrow as pa

    if len(batches) == 1:
        return batches[0]
    if all(batch.schema.equals(batches[0].schema) for batch in batches[1:]):
        return pa.concat_batches(batches)
    columns = [_join_columns(list(parts)) for parts in zip(*(batch.columns for batch in batches), strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=batches[0].schema.names)


def _join_columns(parts: "list[pa.Array]") -> "pa.Array":
    import pyarrow as pa

    from entaku.arrays import decode

    coded = [pa.types.is_dictionary(part.type) for part in parts]
    if all(coded) or not any(coded):
        return pa.concat_arrays(parts)
    return pa.concat_arrays([decode(part) for part in parts])
