"""A raw file's table before and after each step, by some of its rows: what an owner looks at while writing steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from entaku.formats.arrays import make_numbers, to_mask
from entaku.formats.heavy import pc
from entaku.model.grammar import Read, Step
from entaku.model.nouns import Finding, Place, Table
from entaku.table.crossing import HEADING, Crossing
from entaku.table.job import Labels, TextRows
from entaku.table.part import CellNames
from entaku.table.parts import Work
from entaku.table.read import open_body, read_opened
from entaku.table.steps import STEPS, Context
from entaku.table.walk import SHIFT, Walk, add_values

SHOWN, CHANGED, GONE = 6, 3, 2
"""Rows of a table that are shown, and among them those that were changed and those that are left out."""
WIDE, NARROW = 6, 3
"""Columns up to which all are shown, and how many are shown of wider tables besides those that a step changes."""
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class StageRow:
    """A row of a table at one stage."""

    line: int
    """Its row in the raw file."""
    cells: tuple[str, ...]
    marks: tuple[bool, ...]
    """Which cells the step changed, makes or, before it, leaves out."""
    gone: bool = False
    """Whether the step leaves it out."""


@dataclass(frozen=True)
class StageTable:
    """Some rows of a table at one stage."""

    columns: tuple[str, ...]
    marks: tuple[bool, ...]
    """Which columns the step adds, renames or, before it, leaves out."""
    rows: tuple[StageRow, ...]
    count: int
    """How many rows there are."""
    others: int = 0
    """How many columns aren't shown: of a wide table those that the step leaves as they are."""


@dataclass(frozen=True)
class Stage:
    """One step: the table before and after it."""

    step: Step
    before: StageTable
    after: StageTable
    cells: int
    """How many cells of columns that stay have another text."""
    gone: int
    """How many rows are left out."""
    new: int
    """How many rows there are more of, where one row becomes several."""
    sorted: bool
    """Whether rows change places."""
    findings: tuple[Finding, ...]

    @property
    def idle(self) -> bool:
        """Whether the step leaves everything as it is."""
        marks = any(self.before.marks) or any(self.after.marks)
        return not (self.cells or self.gone or self.new or self.sorted or marks or self.findings)


@dataclass(frozen=True)
class Stages:
    """The steps of one table of a raw file, in order."""

    sheet: str
    read: StageTable
    """The table as it was read."""
    steps: tuple[Stage, ...]


def list_stages(work: Work, body: bytes) -> tuple[tuple[Stages, ...], tuple[Finding, ...]]:
    """Return the stages of each table in a raw file, and what could not be read of it."""
    opened, found = open_body(work.raw, body)
    if opened is None:
        return (), found
    tables, told = read_opened(work.raw, opened, work.read or Read())
    return tuple(_list_steps(table, work) for table in tables), (*found, *told)


def _list_steps(table: Table, work: Work) -> Stages:
    cells = CellNames(table.file, table.sheet, table.origins, table.spreadsheet)

    def locate(row: int, column: str) -> Place:
        return cells.place(table.titles.get(column, row) or None, column, column)

    values: Mapping[str, str] = {name: value for name, value in work.values.items() if name not in table.frame}
    walk = Walk(
        add_values(table, values), work.steps, table.starts, locate, Context(work.spec_file, work.raw.url)
    )  # fmt: skip
    first = _show(walk.first, range(min(SHOWN, len(walk.first))), _Marks())
    each = zip(walk.steps, walk.crossings, walk.findings, strict=True)
    return Stages(table.sheet, first, tuple(_show_step(*one) for one in each))


def _show_step(step: Step, crossing: Crossing, findings: Sequence[Finding]) -> Stage:
    before, after, rows = crossing.before, crossing.after, crossing.rows
    former = _find_former(step, crossing)
    changed = {
        column: _differ(before, former[column], after, column, rows) for column in after.columns if column in former
    }
    every = np.zeros(len(after), bool)
    for mask in changed.values():
        every |= mask
    stays = np.zeros(len(before), bool)
    stays[rows] = True
    gone = np.flatnonzero(~stays)
    shown = _choose(every)
    beside = sorted({*rows[list(shown)].tolist(), *gone[:GONE].tolist()}) if len(before) else []
    kept = set(former.values())
    headings = frozenset(name for name in after.columns if former.get(name) != name)
    dropped = frozenset(name for name in before.columns if name not in kept)
    touched = frozenset(name for name, mask in changed.items() if mask.any())
    return Stage(
        step,
        _show(
            before,
            beside,
            _Marks({}, dropped, dropped | {former[name] for name in touched | (headings & former.keys())}, ~stays),
        ),
        _show(after, shown, _Marks(changed, headings, headings | touched)),
        cells=int(sum(mask.sum() for mask in changed.values())),
        gone=len(gone),
        new=len(after) - int(stays.sum()),
        sorted=bool(len(rows) and (np.diff(rows) < 0).any()),
        findings=tuple(findings),
    )


@dataclass(frozen=True)
class _Marks:
    """What is marked in a table."""

    changed: Mapping[str, Mask] = field(default_factory=dict)
    """By column, in which rows its text was changed."""
    headings: frozenset[str] = frozenset()
    """The columns that a step adds, renames or leaves out."""
    wanted: frozenset[str] | None = None
    """The columns that are shown of a wide table; None for all."""
    gone: Mask | None = None
    """The rows that are left out."""


def _find_former(step: Step, crossing: Crossing) -> dict[str, str]:
    """The name that each column had before a step; none of one that it makes."""
    kind = STEPS[step.name]
    found = {
        name: crossing.find_sources(kind, step.options, (HEADING, name)) for name in crossing.after.columns
    }  # fmt: skip
    return {name: each[0][1] for name, each in found.items() if each and each[0][0] == HEADING}


def _differ(before: TextRows, former: str, after: TextRows, column: str, rows: Labels) -> Mask:
    """Which texts of a column differ from those before the step in their rows."""
    if former not in before.cells:
        return np.ones(len(after), bool)
    same = pc.equal(before[former].take(make_numbers(rows)), after[column])
    return ~to_mask(same)


def _choose(changed: Mask) -> list[int]:
    """The positions of the rows that are shown: some that were changed, then the first, in order."""
    some = np.flatnonzero(changed)[:CHANGED].tolist()
    first = [n for n in range(min(SHOWN, len(changed))) if n not in some]
    return sorted((some + first)[:SHOWN])


def _show(rows: TextRows, shown: Sequence[int], marks: _Marks) -> StageTable:
    every, changed, gone = rows.columns, marks.changed, marks.gone
    columns = every
    if len(every) > WIDE and marks.wanted is not None:
        wanted = {*every[:NARROW], *marks.wanted}
        columns = tuple(name for name in every if name in wanted)

    def show_rows() -> Iterator[StageRow]:
        for n in shown:
            cells = tuple(rows[name][n].as_py() for name in columns)
            marked = tuple(bool(changed[name][n]) if name in changed else name in marks.headings for name in columns)
            yield StageRow(int(rows.labels[n] >> SHIFT), cells, marked, gone is not None and bool(gone[n]))

    headings = tuple(name in marks.headings for name in columns)
    return StageTable(columns, headings, tuple(show_rows()), len(rows), len(every) - len(columns))
