"""Rows × rows → which are the same, which were corrected, which came and went, by 64-bit hashes in bounded memory.

A row has a number for its key and one for its other cells; where there is no key, two for all of its cells.  Past a
limit the numbers go to a spill, in parts that are matched one after the other; what stays in memory are some six bytes
for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from entaku.check import Spill
from entaku.formats.hashes import ODD, Numbers, mix

PART_ROWS = 500_000
"""Rows of a part, about."""
AT_ONCE = 1_000_000
"""Rows of a table up to which nothing is spilled."""

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Rows = np.ndarray[Any, np.dtype[np.int32]]


class NotUniqueError(Exception):
    """Raised for two rows of one table with the same number of their key."""


@dataclass(frozen=True)
class Matched:
    """How the rows of two tables correspond."""

    before: Rows
    """For each row of the later table its row in the earlier one, -1 for one that was added."""
    corrected: Mask
    """The rows of the later table whose other cells have another number."""
    gone: Mask
    """The rows of the earlier table that the later one lacks."""

    @property
    def added(self) -> Mask:
        """Return the mask of rows that only the later table has."""
        return self.before < 0

    @property
    def reordered(self) -> bool:
        """Test whether rows that both tables have stand in another order."""
        there = self.before[self.before >= 0]
        return bool((there[1:] < there[:-1]).any())


class NumberedRows:
    """The numbers of a table's rows, in parts by the number of the key."""

    def __init__(self, parts: int, make_spill: Callable[[], Spill]) -> None:
        self.parts, self.rows = parts, 0
        self._kept: list[tuple[Numbers, Numbers]] = []
        self._spill = make_spill() if parts > 1 else None

    def add(self, keys: Numbers, others: Numbers) -> None:
        """Add the numbers of further rows."""
        first, self.rows = self.rows, self.rows + len(keys)
        if self._spill is None:
            self._kept.append((keys, others))
            return
        owners = (keys >> np.uint64(40)) % np.uint64(self.parts)
        order = np.argsort(owners, kind="stable")
        bounds = np.searchsorted(owners[order], np.arange(self.parts + 1, dtype=np.uint64))
        for part in range(self.parts):
            some = order[bounds[part] : bounds[part + 1]]
            bodies = keys[some].tobytes(), others[some].tobytes(), (some + first).astype(np.int32).tobytes()
            for at, body in enumerate(bodies):
                self._spill.write(3 * part + at, body)

    def read(self, part: int) -> tuple[Numbers, Numbers, Rows]:
        """Return the numbers of a part's keys and other cells, and their rows, in the table's order."""
        if self._spill is None:
            none = np.zeros(0, np.uint64)
            keys, others = (np.concatenate([none, *(pair[at] for pair in self._kept)]) for at in (0, 1))
            return keys, others, np.arange(self.rows, dtype=np.int32)
        bodies = [self._spill.read(3 * part + at) for at in range(3)]
        return (
            np.frombuffer(bodies[0], np.uint64), np.frombuffer(bodies[1], np.uint64), np.frombuffer(bodies[2], np.int32),
        )  # fmt: skip


def count_parts(rows: int) -> int:
    """Return the number of parts for a table of so many rows."""
    return 1 if rows <= AT_ONCE else -(-rows // PART_ROWS)


def match_rows(old: NumberedRows, new: NumberedRows, unique: bool) -> Matched:
    """Match the rows of two tables.

    `unique`: no two rows of a table have the same key; raises NotUniqueError where two numbers are the same.  Otherwise
    the first of several equal rows is matched with the first, and so on.
    """
    before = np.full(new.rows, -1, np.int32)
    corrected, gone = np.zeros(new.rows, np.bool_), np.ones(old.rows, np.bool_)
    for part in range(old.parts):
        (keys, others, rows), (new_keys, new_others, new_rows) = old.read(part), new.read(part)
        order, new_order = _sort(keys, unique), _sort(new_keys, unique)
        if not unique:
            keys, new_keys = _tell_apart(keys, order), _tell_apart(new_keys, new_order)
            order, new_order = np.argsort(keys), np.argsort(new_keys)
        for here, there in _join(keys[order], new_keys[new_order]):
            mine, theirs = order[here], new_order[there]
            before[new_rows[theirs]] = rows[mine]
            gone[rows[mine]] = False
            corrected[new_rows[theirs]] = others[mine] != new_others[theirs]
    if not unique:  # equal numbers of different rows
        gone[before[corrected]] = True
        before[corrected] = -1
        corrected[:] = False
    return Matched(before, corrected, gone)


def _sort(keys: Numbers, unique: bool) -> np.ndarray[Any, np.dtype[np.int64]]:
    order = np.argsort(keys, kind=None if unique else "stable")
    ordered = keys[order]
    if unique and (ordered[1:] == ordered[:-1]).any():
        raise NotUniqueError
    return order


def _tell_apart(keys: Numbers, order: np.ndarray[Any, np.dtype[np.int64]]) -> Numbers:
    """Return numbers by which equal rows are told apart: the first keeps its own."""
    ordered = keys[order]
    starts = np.ones(len(ordered), np.bool_)
    starts[1:] = ordered[1:] != ordered[:-1]
    if starts.all():
        return keys
    places = np.arange(len(ordered), dtype=np.int64)
    times = (places - np.maximum.accumulate(np.where(starts, places, 0))).astype(np.uint64)
    again = times > 0
    ordered[again] = mix(ordered[again] ^ (times[again] * ODD))
    told = np.empty_like(keys)
    told[order] = ordered
    return told


def _join(old: Numbers, new: Numbers) -> Iterator[tuple[Any, Any]]:
    """Yield the places of equal numbers in two sorted arrays."""
    if len(old) and len(new):
        places = np.minimum(np.searchsorted(old, new), len(old) - 1)
        found = old[places] == new
        yield places[found], np.flatnonzero(found)
