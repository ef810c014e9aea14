"""The outcome of checking one table: every violation counted, the first of them kept with their cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from entaku.check.repeats import MAX_KEPT, Spill
from entaku.check.values import STANDARD
from entaku.check.vectors import ColumnReader
from entaku.formats.arrays import list_distinct
from entaku.formats.heavy import pa

EXAMPLES = 5
"""Examples of each kind of error in each column."""


class Group(NamedTuple):
    """Errors of one kind in one column ("" for those of whole rows).

    A kind is the name of a constraint, or else a frictionless error type.
    """

    column: str
    kind: str


class Example(NamedTuple):
    row: int
    cell: str


MAX_ERRORS = 1000
"""Errors of a table that are reported one by one (frictionless-py's own limit, at which it stops reading)."""


@dataclass(frozen=True)
class Limits:
    """The rules of a check and its limits on what is kept."""

    rules: frozenset[str] = STANDARD
    max_errors: int | None = MAX_ERRORS
    """Errors of a table that are reported one by one; None: all."""
    make_spill: Callable[[], Spill] | None = None
    """Creates the storage for keys that exceed memory."""
    max_kept: int = MAX_KEPT
    """Keys of a table that are kept in memory if there is a spill."""


class Target(NamedTuple):
    """The columns that a foreign key references."""

    resource: str
    """The table's name, "" for the table itself."""
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The keys of a table as column indices."""

    unique: tuple[int, ...] = ()
    primary: tuple[int, ...] = ()
    unique_keys: tuple[tuple[int, ...], ...] = ()
    foreign: tuple[tuple[tuple[int, ...], Target], ...] = ()


class Event(NamedTuple):
    """An error of a whole row, or of a row's key."""

    kind: str
    """blank-row, unique-error, primary-key, unique-key or foreign-key."""
    number: int
    """The index of the field, unique key or foreign key."""
    earlier: int
    """The earlier row with the same key, 0 for none."""


Faults = tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.int32]]]
"""The indices of one column's faulty cells, and their states."""


@dataclass(frozen=True)
class Kept:
    """The rows in error of one block."""

    rows: np.ndarray[Any, np.dtype[np.int64]]
    """Row numbers, ascending."""
    cells: pa.RecordBatch
    """The cells of these rows."""
    faults: Mapping[int, Faults]
    """By column, which of `rows` have a faulty cell."""


@dataclass
class TableOutcome:
    """A table's violations."""

    name: str
    columns: Sequence[ColumnReader]
    plan: Plan
    rows: int = 0
    counts: dict[Group, int] = field(default_factory=dict)
    """The number of all violations in rows."""
    examples: dict[Group, list[Example]] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    events: dict[int, list[Event]] = field(default_factory=dict)
    """By row number, for the first rows in error."""
    texts: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """The cells of rows that are in `events` only."""
    bad: list[np.ndarray[Any, Any]] = field(default_factory=list)
    limit: int | None = None
    """The number of errors reported one by one; None: all."""

    @property
    def errors(self) -> int:
        """Return the number of all errors, reported or not."""
        return sum(self.counts.values())

    def name_columns(self, places: Sequence[int]) -> tuple[str, ...]:
        """Return the names of the columns at these indices."""
        return tuple(self.columns[place].name for place in places)

    def bad_rows(self) -> list[int]:
        """Return the numbers of all rows in error, ascending."""
        found: list[int] = list_distinct(np.concatenate(self.bad)).tolist() if self.bad else []
        return found

    def count(self, group: Group, number: int) -> None:
        """Add to the count of errors of a kind."""
        if number:
            self.counts[group] = self.counts.get(group, 0) + number

    def wants_example(self, group: Group) -> bool:
        return len(self.examples.get(group, ())) < EXAMPLES

    def show(self, group: Group, row: int, cell: str) -> None:
        """Keep an example unless there are enough."""
        shown = self.examples.setdefault(group, [])
        if len(shown) < EXAMPLES:
            shown.append(Example(row, cell))

    def groups(self) -> list[tuple[Group, int, Sequence[Example]]]:
        """List every kind of error in every column, most frequent first, with its count and examples."""
        groups = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return [(group, number, self.examples.get(group, ())) for group, number in groups]
