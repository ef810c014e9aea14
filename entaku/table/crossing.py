"""A step from its far side: which values before it a value after it was made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from entaku.table.job import StepKind, TextRows

HEADING = -1
"""Stands for the row of a table's headings."""
Spot = tuple[int, str]
"""The position of a row, or HEADING, and a column."""


@dataclass(frozen=True)
class Crossing:
    """A step that was done: the table before and after it."""

    before: TextRows
    after: TextRows
    rows: np.ndarray[Any, np.dtype[np.int64]]
    """For each row after the step, the position before it of the row that it was made from."""

    def row_before(self, row: int) -> int:
        """Return the position before the step of the row that a row was made from; headings stay headings."""
        return HEADING if row == HEADING else int(self.rows[row])

    def find_sources(self, kind: StepKind, options: Any, spot: Spot) -> tuple[Spot, ...]:
        """Return what a value was made from: what the step says (`StepKind.sources`), or else the same column, or else
        the columns that the step needs; nothing for a value that stands in the YAML."""
        told = kind.sources(options, self, spot) if kind.sources is not None else None
        if told is not None:
            return tuple(told)
        row, column = self.row_before(spot[0]), spot[1]
        into = getattr(options, "into", None) == column and row != HEADING
        if column in self.before.cells and not into:
            return ((row, column),)
        if row == HEADING:
            return ()
        return tuple((row, name) for name in kind.needs(options) if name in self.before.cells)


Sources = Iterable[Spot] | None
"""What a value was made from; None where nothing special is known."""
