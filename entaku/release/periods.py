"""The rows of each day, month or year of a table: how many, and whether two of them have the same."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from entaku.formats.arrays import decode, make_numbers, to_mask, to_numbers
from entaku.formats.heavy import pa, pc
from entaku.model.table_schema import Schema, SchemaField
from entaku.release.scale import hash_values

if TYPE_CHECKING:
    Hashes = np.ndarray[Any, np.dtype[np.uint64]]
    Numbers = np.ndarray[Any, np.dtype[np.int64]]

MAX_PERIODS = 20_000
"""Days beyond which periods are no longer counted."""
SAMPLE = 2000
"""Different rows of which all occurrences are known, at least if there are as many."""
LATEST = 13
"""Periods whose rows are kept, to compare the new ones with those before."""
MOST_ROWS = 10_000
"""Rows that are kept of a period."""
TIMES = ("date", "year", "datetime", "yearmonth", "time")
UNITS: Mapping[str, Literal["day", "month", "year"]] = {
    "date": "day", "datetime": "day", "yearmonth": "month", "year": "year",
}  # fmt: skip
"""The unit of the periods in a column, by its type."""
_EMPTY = np.uint64(0x2545F4914F6CDD1D)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Periods:
    """The rows of each period of a table."""

    column: str
    unit: Literal["day", "month", "year"]
    counts: dict[int, int]
    """Rows by period, in order: the days since 1970, the months since year 0, or the year."""
    digests: dict[int, tuple[int, int]]
    """The sum and the exclusive or of its rows' hashes, the period and other times left out: where two periods have the
    same sum they have the same rows; where the other is 0 every row is there twice (or four times)."""

    sample: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Some hashes of rows, all with the least, each with the periods in which it is."""

    latest: Mapping[int, Sequence[pa.RecordBatch]] = field(default_factory=dict, compare=False)
    """The rows of the last periods, of each up to MOST_ROWS, as typed columns."""

    def find_repeated(self, but: Container[int]) -> float:
        """Return the share of different rows that are in several periods, some periods left out."""
        spread = [sum(period not in but for period in periods) for periods in self.sample.values()]
        there = sum(count > 0 for count in spread)
        return sum(count > 1 for count in spread) / there if there else 1.0

    def show(self, period: int) -> str:
        """Return a period as it is written in ISO 8601."""
        if self.unit == "month":
            return f"{period // 12:04}-{period % 12 + 1:02}"
        return str(period) if self.unit == "year" else (_EPOCH + timedelta(days=period)).isoformat()

    def read(self, text: object) -> int:
        """Return a period that is written in ISO 8601; a moment is of its day."""
        shown = str(text)
        if self.unit == "day":
            return (date.fromisoformat(shown[:10]) - _EPOCH).days
        return int(shown[:4]) * 12 + int(shown[5:7]) - 1 if self.unit == "month" else int(shown)


def choose_period(schema: Schema) -> SchemaField | None:
    """Return the column of the periods of a table: a time in its key, or the first that every row must have."""
    times = [one for one in schema.fields if one.type in UNITS]
    keyed = [one for one in times if one.name in schema.primaryKey]
    return next(iter([*keyed, *(one for one in times if one.constraints.required)]), None)


class PeriodStats:
    """Counts the rows of each period: `add` every block of typed rows, then `close`."""

    def __init__(self, schema: Schema) -> None:
        self.field = choose_period(schema)
        alone = schema.primaryKey if len(schema.primaryKey) == 1 else ()
        self.at = [one.name for one in schema.fields].index(self.field.name) if self.field else 0
        self.others = [
            n for n, one in enumerate(schema.fields) if one.type not in TIMES and one.name not in alone
        ]  # fmt: skip
        self.found: dict[int, tuple[int, int, int]] = {}
        self.latest: dict[int, list[pa.RecordBatch]] = {}
        self.below = 2**64 - 1
        self.sample: dict[int, set[int]] = {}

    def add(self, block: pa.RecordBatch) -> None:
        """Count the rows of `block`, columns in the schema's order."""
        if self.field is None or not block.num_rows:
            return
        periods, there = _read_periods(block.column(self.at))
        hashes = _hash_rows([block.column(n) for n in self.others], block.num_rows)[there]
        if not len(periods):
            return
        order = np.argsort(periods, kind="stable")
        periods, hashes = periods[order], hashes[order]
        starts = np.flatnonzero(np.diff(periods, prepend=periods[0] - 1))
        self._keep(block, periods[starts], np.split(np.flatnonzero(there)[order], starts[1:]))
        counts = np.diff(starts, append=len(periods))
        sums, odds = np.add.reduceat(hashes, starts), np.bitwise_xor.reduceat(hashes, starts)
        rows = zip(periods[starts].tolist(), counts.tolist(), sums.tolist(), odds.tolist(), strict=True)
        for period, count, total, odd in rows:
            before = self.found.get(period, (0, 0, 0))
            self.found[period] = (before[0] + count, (before[1] + total) % 2**64, before[2] ^ odd)
        self._sample(periods, hashes)
        if len(self.found) > MAX_PERIODS:
            self.field = None

    def _keep(self, block: pa.RecordBatch, periods: Numbers, rows: Sequence[Numbers]) -> None:
        """Keep rows of the last periods; `rows`: those of each period in the block."""
        last = sorted({*self.latest, *periods[-LATEST:].tolist()})[-LATEST:]
        self.latest = {period: self.latest.get(period, []) for period in last}
        for period, some in zip(periods[-LATEST:].tolist(), rows[-LATEST:], strict=True):
            kept = self.latest.get(period)
            room = MOST_ROWS - sum(batch.num_rows for batch in kept) if kept is not None else 0
            if kept is not None and room > 0:
                taken = make_numbers(some[:room])
                columns = [decode(column.take(taken)) for column in block.columns]
                kept.append(pa.RecordBatch.from_arrays(columns, names=block.schema.names))

    def _sample(self, periods: Numbers, hashes: Hashes) -> None:
        while True:
            some = hashes < np.uint64(self.below)
            if len(self.sample) + np.count_nonzero(some) <= 2 * SAMPLE:
                break
            self.below //= 2
            self.sample = {row: there for row, there in self.sample.items() if row < self.below}
        for row, period in zip(hashes[some].tolist(), periods[some].tolist(), strict=True):
            self.sample.setdefault(row, set()).add(period)

    def keep(self) -> dict[str, Any]:
        """Return all that was counted so far, for `resume`."""
        counted = {name: getattr(self, name) for name in ("found", "latest", "below", "sample")}
        return {**counted, "many": self.field is None}

    def resume(self, kept: dict[str, Any]) -> None:
        """Go on where other counts of the same schema were."""
        self.field = None if kept["many"] else self.field
        self.found, self.latest, self.below, self.sample = (
            kept[name] for name in ("found", "latest", "below", "sample")
        )

    def close(self) -> Periods | None:
        """Return what was counted; None for a table without periods, or with too many."""
        if self.field is None:
            return None
        ordered = sorted(self.found.items())
        counts = {period: count for period, (count, _, _) in ordered}
        digests = {period: (total, odd) for period, (_, total, odd) in ordered}
        sample = {row: frozenset(periods) for row, periods in self.sample.items()}
        return Periods(self.field.name, UNITS[self.field.type], counts, digests, sample, self.latest)


def _read_periods(column: pa.Array) -> tuple[Numbers, np.ndarray[Any, Any]]:
    """Return the period of each row that has one, and which rows these are."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    there = to_mask(column.is_valid())
    filled = column.drop_null()
    if pa.types.is_timestamp(filled.type):
        filled = pc.cast(filled.cast(pa.timestamp("us")), pa.date32(), safe=False)
    elif pa.types.is_string(filled.type):
        coded = filled.dictionary_encode()
        months = [int(text[:4]) * 12 + int(text[5:7]) - 1 for text in coded.dictionary.to_pylist()]
        return np.array(months, np.int64)[to_numbers(coded.indices)], there
    if pa.types.is_date32(filled.type):
        filled = filled.cast(pa.int32())
    return to_numbers(filled).astype(np.int64), there


def _hash_rows(columns: Sequence[pa.Array], count: int) -> Hashes:
    """Return a hash of each row: of its cells in columns whose values can be hashed."""
    rows = np.zeros(count, np.uint64)
    for column in columns:
        hashes = _hash_cells(column)
        if hashes is not None:
            rows = _mix(rows) + hashes
    return _mix(rows)  # or a sum of hashes would not tell which cells were in one row


def _mix(hashes: Hashes) -> Hashes:
    hashes = (hashes ^ (hashes >> np.uint64(29))) * _STEP
    return hashes ^ (hashes >> np.uint64(32))


def _hash_cells(column: pa.Array) -> Hashes | None:
    coded = pa.types.is_dictionary(column.type)
    values = column.dictionary if coded else column
    kind = values.type
    plain = (
        pa.types.is_string, pa.types.is_large_string, pa.types.is_boolean, pa.types.is_floating, pa.types.is_integer
    )  # fmt: skip
    if not any(test(kind) for test in plain):
        return None
    hashes = np.full(len(values), _EMPTY, np.uint64)
    hashes[to_mask(values.is_valid())] = hash_values(values.drop_null())
    if not coded:
        return hashes
    hashes = np.append(hashes, _EMPTY)
    taken: Hashes = hashes[np.where(to_mask(column.is_valid()), to_numbers(column.indices), len(values))]
    return taken
