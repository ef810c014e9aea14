"""What people follow: a value of a column (`view.follow`), the rows with it that releases changed, and their days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Cells = tuple[tuple[str, str], ...]
"""Names of columns with the texts of a row in them."""


@dataclass(frozen=True, slots=True)
class FollowedRow:
    """A row that a release changed."""

    change: Literal["added", "removed", "corrected"]
    cells: Cells
    """By which people know it."""
    corrected: tuple[tuple[str, str, str], ...] = ()
    """Columns with what was there and what is."""


@dataclass(frozen=True, slots=True)
class FollowedChange:
    """What a release changed of the rows with a value."""

    version: str
    added: int
    removed: int
    corrected: int
    """Rows with other texts in columns that aren't hidden, also those that had another value before or have one now."""
    after: int
    """Rows with the value from then on."""
    rows: tuple[FollowedRow, ...]
    """The first few of them."""
    first: bool = False
    """Whether nothing was compared, as rows with the value were there from the first version on."""


@dataclass(frozen=True, slots=True)
class FollowedDay:
    """A row of the current release with a day."""

    day: str
    """`2026-11-23`, `2026-11-23T10:00:00` or, with an offset, `2026-11-23T01:00:00Z`."""
    uid: str
    """Which row it is, in every release: a hash of its key."""
    name: str
    """The texts of its key beside the day and the value, for a title."""
    cells: Cells


@dataclass(frozen=True, slots=True)
class FollowedValue:
    """A value that is followed."""

    value: str
    rows: int
    """Rows with it in the current release; 0 for one that vanished."""
    changes: tuple[FollowedChange, ...]
    """Newest first, at least one."""
    days: tuple[FollowedDay, ...] = ()


@dataclass(frozen=True, slots=True)
class FollowedColumn:
    """A column whose values are followed."""

    name: str
    day: str
    """The column of the days in calendars; "" for none."""
    values: tuple[FollowedValue, ...]
    """Sorted."""


def read_value(kept: Mapping[str, Any]) -> FollowedValue:
    """Parse what `dataclasses.asdict` returned of a value.  Raises KeyError or TypeError for anything else."""
    changes = tuple(
        FollowedChange(**{**one, "rows": tuple(read_row(row) for row in one["rows"])}) for one in kept["changes"]
    )
    days = tuple(FollowedDay(**{**one, "cells": _pair(one["cells"])}) for one in kept["days"])
    return FollowedValue(kept["value"], kept["rows"], changes, days)


def read_row(kept: Mapping[str, Any]) -> FollowedRow:
    """Parse what `dataclasses.asdict` returned of a row.  Raises KeyError or TypeError for anything else."""
    return FollowedRow(kept["change"], _pair(kept["cells"]), _pair(kept["corrected"]))


def _pair(kept: Sequence[Sequence[str]]) -> Any:
    return tuple(map(tuple, kept))
