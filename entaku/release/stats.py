"""Typed columns → their profiles, in one pass and bounded memory.

Up to LIMIT distinct values of a column are all counted, and the whole profile is exact.  Beyond that the number of
distinct values is estimated from the least of their hashes (Bar-Yossef et al. 2002, "k minimum values": ±1.6 %),
quantiles and histogram from a sample of the rows (rank ±0.5 %), and the most frequent values from the counts of those
that stayed frequent.  The sample is drawn by hashes of row numbers, so that it is always of the same rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from entaku.formats.arrays import Blocks, decode, list_distinct, make_flags, make_numbers, to_mask, to_numbers
from entaku.formats.heavy import pa, pc
from entaku.model.profile import Lengths, Profile
from entaku.model.table_schema import Schema, SchemaField
from entaku.release.scale import Axis, axis_of, draw_histogram, find_quantiles, hash_rows, hash_values

if TYPE_CHECKING:
    Numbers = np.ndarray[Any, np.dtype[Any]]

LIMIT = 50_000
"""Distinct values of a column up to which all are counted."""
MAX_TEXT = 16 << 20
"""Bytes that the counted values may take."""
KEPT = 20_000
"""Most frequent values that stay counted beyond LIMIT."""
LEAST_HASHES = 4096
SAMPLE = 20_000
"""Least rows of the sample, if the table has as many; the most are twice as many."""
TOP = 10
COUNTED = (
    "rows", "nulls", "counted", "waiting", "size", "exact", "lost", "least_hashes", "bounds", "lengths",
)  # fmt: skip
"""What a column's counts are."""
SAMPLED = ("rows", "below", "hashes", "columns")
"""What a sample is."""


class Stats:
    """Accumulates profiles: `add` every batch, then `close`.  The cut into batches doesn't change the result."""

    def __init__(self, schema: Schema, zoned: Collection[str] = ()) -> None:
        """`zoned`: the columns of moments with offsets from UTC."""
        self.blocks = Blocks()
        self.columns = [_ColumnStats(field, field.name in zoned) for field in schema.fields]
        self.sample = _Sample()

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of `batch`, columns in the schema's order, of `schema.arrow_type` or dictionaries of it."""
        for block in self.blocks.add(batch):
            self._count(block)

    def close(self) -> tuple[Profile, ...]:
        """Return the profiles, in the order of the fields."""
        for block in self.blocks.close():
            self._count(block)
        return tuple(column.profile(self.sample) for column in self.columns)

    def keep(self) -> dict[str, Any]:
        """Return all that was counted so far, for `resume`."""
        return {
            "waiting": list(self.blocks.waiting),
            "columns": [{name: getattr(column, name) for name in COUNTED} for column in self.columns],
            "sample": {name: getattr(self.sample, name) for name in SAMPLED},
        }

    def resume(self, kept: dict[str, Any]) -> None:
        """Go on where other statistics of the same schema were."""
        self.blocks.resume(kept["waiting"])
        for column, told in zip(self.columns, kept["columns"], strict=True):
            for name in COUNTED:
                setattr(column, name, told[name])
        for name in SAMPLED:
            setattr(self.sample, name, kept["sample"][name])

    def _count(self, block: pa.RecordBatch) -> None:
        for column, values in zip(self.columns, block.columns, strict=True):
            column.add(values)
        self.sample.add(block, [column.axis is not None for column in self.columns])


class _Sample:
    """The rows with the least hashes of their numbers, in the columns with an axis."""

    def __init__(self) -> None:
        self.rows = 0
        self.below = 2**32
        self.hashes: Numbers = np.empty(0, np.uint32)
        self.columns: dict[str, list[pa.Array]] = {}

    def add(self, block: pa.RecordBatch, wanted: list[bool]) -> None:
        hashes = hash_rows(self.rows, block.num_rows)
        self.rows += block.num_rows
        below = self.below
        there = np.flatnonzero(hashes < below) if below < 2**32 else np.arange(block.num_rows)
        while len(self.hashes) + len(there) > 2 * SAMPLE:
            below //= 2
            there = there[hashes[there] < below]
            self._thin(below)
        self.hashes = np.concatenate([self.hashes, hashes[there]])
        chosen = make_numbers(there)
        for name, column, want in zip(block.schema.names, block.columns, wanted, strict=True):
            if want and len(there):
                self.columns.setdefault(name, []).append(decode(column.take(chosen)))

    def _thin(self, below: int) -> None:

        self.below = below
        keep = self.hashes < below
        self.hashes = self.hashes[keep]
        mask = make_flags(keep)
        for name, parts in self.columns.items():
            self.columns[name] = [pa.concat_arrays(parts).filter(mask)]

    def values(self, name: str) -> pa.Array:

        return pa.concat_arrays(self.columns[name])


class _ColumnStats:
    """The counts of one column."""

    def __init__(self, field: SchemaField, zoned: bool) -> None:
        self.field = field
        self.axis: Axis | None = axis_of(field.type, zoned)
        self.rows = self.nulls = self.counted = 0
        self.waiting: list[tuple[pa.Array, Numbers]] = []
        self.size = 0
        self.exact = True
        self.lost = 0
        """Upper limit of the occurrences of any value that is no longer counted."""
        self.least_hashes: Numbers = np.empty(0, np.uint64)
        self.bounds: tuple[Any, Any] | None = None
        self.lengths: tuple[int, int, int] | None = None
        """Least, most and sum."""

    def add(self, column: pa.Array) -> None:

        self.rows += len(column)
        self.nulls += column.null_count
        if self.field.type in ("list", "array") and (column := decode(column)).type.num_fields:
            self._measure(pc.list_value_length(column).drop_null(), None)
            column = column.flatten()
        values, counts = _count_values(column)
        if not len(values):
            return
        if self.field.type == "string":
            self._measure(pc.utf8_length(values), counts)
        if self.axis is not None:
            self._widen(*self.axis.bounds(values))
        elif self.field.type == "yearmonth":  # texts whose order is that of time
            self._widen(*pc.min_max(values).as_py().values())
        self.waiting.append((values, counts))
        self.counted += int(counts.sum())
        self.size += len(values)
        if self.size > 2 * LIMIT:
            self._merge()

    def _widen(self, low: Any, high: Any) -> None:
        """Take values into the bounds, unless there are none."""
        if low is not None:
            self.bounds = (low, high) if self.bounds is None else (min(low, self.bounds[0]), max(high, self.bounds[1]))

    def _measure(self, lengths: pa.Array, counts: Numbers | None) -> None:
        if not len(lengths):
            return
        each = to_numbers(lengths).astype(np.int64)
        total = int(each.sum() if counts is None else (each * counts).sum())
        least, most, before = self.lengths or (int(each.min()), int(each.max()), 0)
        self.lengths = (min(least, int(each.min())), max(most, int(each.max())), before + total)

    def _merge(self) -> None:
        """Merge the counts of equal values; of too many values drop the least frequent."""

        if not self.waiting:
            return
        every = pa.concat_arrays([values for values, _ in self.waiting])
        counts = np.concatenate([counts for _, counts in self.waiting])
        if not _are_apart([values for values, _ in self.waiting]):
            coded = every.dictionary_encode()
            every = coded.dictionary
            counts = np.bincount(to_numbers(coded.indices), weights=counts, minlength=len(every)).astype(np.int64)
        if len(every) > LIMIT or every.nbytes > MAX_TEXT:
            self.exact = False
        if not self.exact:
            hashes = hash_values(every)
            self.least_hashes = _find_least(np.concatenate([self.least_hashes, hashes]))
            every, counts = self._let_go(every, counts, _rank_first(counts, hashes, KEPT + 1))
        self.waiting, self.size = [(every, counts)], len(every)

    def _let_go(self, values: pa.Array, counts: Numbers, order: Numbers) -> tuple[pa.Array, Numbers]:
        """Keep the first values in `order`, which has the first KEPT + 1, and drop the rest."""
        keep = min(KEPT, len(values))
        while keep > TOP and values.take(make_numbers(order[:keep])).nbytes > MAX_TEXT // 2:
            keep //= 2
        if keep < len(values):
            self.lost += int(counts[order[keep]])
        chosen = np.sort(order[:keep])
        return values.take(make_numbers(chosen)), counts[chosen]

    # ---- profiles -----------------------------------------------------------------------------------------------

    def profile(self, sample: _Sample) -> Profile:
        self._merge()
        values, counts = self.waiting[0] if self.waiting else (None, np.empty(0, np.int64))
        filled = self.rows - self.nulls
        lengths = None
        if self.lengths is not None and filled:
            least, most, total = self.lengths
            lengths = Lengths(least, most, round(total / filled, 2))
        about: dict[str, Any] = {
            "name": self.field.name, "type": self.field.type, "rows": self.rows, "nulls": self.nulls,
            "distinct": self._distinct(len(counts)), "exact": self.exact, "lengths": lengths,
            "top": tuple(self._top(values, counts)) if values is not None else (),
        }  # fmt: skip
        if self.bounds is None or values is None:
            return Profile(**about)
        if self.axis is None:
            return Profile(**about, least=self.bounds[0], most=self.bounds[1])
        if not self.exact:
            values, counts = _count_values(sample.values(self.field.name))
        places, weights = self.axis.sort(values, counts)
        return Profile(
            **about,
            least=self.axis.spell(self.bounds[0]),
            most=self.axis.spell(self.bounds[1]),
            quantiles=find_quantiles(self.axis, places, weights),
            histogram=draw_histogram(self.axis, places, weights, self.bounds, None if self.exact else filled),
        )

    def _distinct(self, counted: int) -> int:
        if self.exact:
            return counted
        if len(self.least_hashes) < LEAST_HASHES:
            return len(self.least_hashes)
        estimate = (LEAST_HASHES - 1) / ((int(self.least_hashes[-1]) + 1) / 2**64)
        return min(int(float(f"{estimate:.3g}")), self.counted)

    def _top(self, values: pa.Array, counts: Numbers) -> Iterator[tuple[Any, int]]:

        if not len(counts):
            return
        bar = max(int(np.partition(counts, -TOP)[-TOP]) if len(counts) > TOP else 1, self.lost + 1)
        chosen = np.flatnonzero(counts >= bar)
        found = values.take(make_numbers(chosen)).to_pylist()
        ranked = sorted(zip(found, counts[chosen].tolist(), strict=True), key=lambda item: (-item[1], _rank(item[0])))
        for value, count in ranked[:TOP]:
            yield (self.axis.spell_python(value) if self.axis else value), count


def _are_apart(parts: list[pa.Array]) -> bool:
    """Test whether it is seen that no value is in two of the arrays, each of distinct values without nulls: of integers
    by their ranges, as those of a number that rises from row to row."""
    if len(parts) < 2:
        return True
    if not all(len(part) and pa.types.is_integer(part.type) for part in parts):
        return False
    ranges = sorted((int(numbers.min()), int(numbers.max())) for numbers in map(to_numbers, parts))
    return all(before < after for (_, before), (after, _) in pairwise(ranges))


def _find_least(hashes: Numbers) -> Numbers:
    """Return the LEAST_HASHES least of the distinct hashes, sorted; few of them are sorted to find these."""
    if len(hashes) > 2 * LEAST_HASHES:
        some = hashes[hashes <= np.partition(hashes, 2 * LEAST_HASHES)[2 * LEAST_HASHES]]
        least = list_distinct(some)
        if len(least) >= LEAST_HASHES:
            return least[:LEAST_HASHES]
    return list_distinct(hashes)[:LEAST_HASHES]


def _rank_first(counts: Numbers, hashes: Numbers, most: int) -> Numbers:
    """Return the places of the `most` greatest counts, greatest first, equal ones by their hashes."""
    there = np.arange(len(counts))
    if len(counts) > most:
        bar = np.partition(counts, -most)[-most]
        there, alike = np.flatnonzero(counts > bar), np.flatnonzero(counts == bar)
        rest = most - len(there)
        there = np.concatenate([there, alike[np.argpartition(hashes[alike], rest - 1)[:rest]]])
    return there[np.lexsort((there, hashes[there], -counts[there]))]


def _rank(value: Any) -> Any:
    return (1, 0) if value != value else (0, value)


def _count_values(column: pa.Array) -> tuple[pa.Array, Numbers]:
    """Return the distinct non-null values of `column` and their counts."""

    if pa.types.is_dictionary(column.type):
        counts = np.bincount(to_numbers(column.indices.drop_null()), minlength=len(column.dictionary))
        there = np.flatnonzero(counts)
        values = column.dictionary if len(there) == len(counts) else column.dictionary.take(make_numbers(there))
        counts = counts[there].astype(np.int64)
    else:
        dense = _count_dense(column)
        if dense is not None:
            return dense
        counted = pc.value_counts(_plain(column.drop_null()))
        values, counts = counted.field("values"), to_numbers(counted.field("counts"))
    if values.null_count:
        there = values.is_valid()
        values, counts = values.filter(there), counts[to_mask(there)]
    return values, counts


def _count_dense(column: pa.Array) -> tuple[pa.Array, Numbers] | None:
    """Count integers, days and short decimals from a narrow range without a hash table; None for other values."""

    kind = column.type
    if not len(column) or not (pa.types.is_integer(kind) or pa.types.is_date32(kind) or pa.types.is_float64(kind)):
        return None
    numbers = to_numbers(column.view(pa.int32()) if pa.types.is_date32(kind) else column)
    told = _make_whole(numbers) if pa.types.is_float64(kind) else (numbers, None)
    if told is None:
        return None
    whole, scale = told
    least, most = int(whole.min()), int(whole.max())
    if most - least > 2 * len(whole):
        return None
    counts = np.bincount(whole - least)
    if column.null_count:  # undefined values at null positions were counted, too
        places = np.flatnonzero(~to_mask(column.is_valid()))
        counts -= np.bincount(whole[places] - least, minlength=len(counts))
    there = np.flatnonzero(counts)
    found = there + least if scale is None else (there + least) / scale
    found = np.ascontiguousarray(found.astype(numbers.dtype))
    return pa.Array.from_buffers(kind, len(there), [None, pa.py_buffer(found)]), counts[there].astype(np.int64)


def _make_whole(numbers: Numbers) -> tuple[Numbers, int] | None:
    """Return the numbers times a power of ten that makes them whole, and that power; None beyond 1000."""
    with np.errstate(over="ignore", invalid="ignore"):
        for scale in (1, 10, 100, 1000):
            some = numbers[:100]
            if np.array_equal(np.rint(some * scale) / scale, some):
                whole = np.rint(numbers * scale)
                if np.abs(whole).max() < 2**53 and np.array_equal(whole / scale, numbers):  # false for NaN
                    return whole.astype(np.int64), scale
    return None


def _plain(column: pa.Array) -> pa.Array:
    """Return the numbers without negative zero, which Arrow counts as a value of its own; no nulls."""

    if not pa.types.is_floating(column.type):
        return column
    return pa.Array.from_buffers(column.type, len(column), [None, pa.py_buffer(to_numbers(column) + 0.0)])
