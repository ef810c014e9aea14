"""A value of a table → the cells of raw files that it came from, and its text after each step.

The steps are run again with the position of each row noted, and gone back one by one.  Nothing of this is kept in
releases: a raw file and the YAML give it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from entaku.formats.arrays import to_mask
from entaku.formats.heavy import pc, pd
from entaku.formats.text import column_letters
from entaku.model.grammar import Read, Step
from entaku.model.nouns import Place, Table
from entaku.model.origin import Origin
from entaku.table.crossing import HEADING, Crossing, Spot
from entaku.table.job import Job, Labels, TextRows, to_frame, to_text_rows
from entaku.table.parts import Work, split_steps
from entaku.table.read import open_body, read_opened
from entaku.table.steps import STEPS, run_step
from entaku.table.whole import Shelf, read_parts

SHIFT = 32
"""Bits of a label that hold a row's position; those above hold its row in the raw file, by which sections begin."""


@dataclass(frozen=True, slots=True)
class TracedCell:
    """A value at one stage."""

    row: int
    """Position in the table at this stage, from 1; 0 for a heading."""
    column: str
    text: str


@dataclass(frozen=True)
class TracedStep:
    """What a step made of a value."""

    step: Step
    before: tuple[TracedCell, ...]
    """What it was made from; none if the value stands in the YAML."""
    after: tuple[TracedCell, ...]
    dropped: int = 0
    """Other rows that the step left out as the same."""
    moved: bool = False
    """Whether it was made from another row than its own."""

    @property
    def changed(self) -> bool:
        """Whether text or column differ, it came from another row, or rows were left out."""
        told = [[(cell.column, cell.text) for cell in cells] for cells in (self.before, self.after)]
        return told[0] != told[1] or self.dropped > 0 or self.moved


@dataclass(frozen=True)
class TracedSource:
    """What in a raw file a value came from."""

    origin: Origin
    place: Place
    text: str
    """The text of the cell, or of the whole line."""
    value: str
    """What was read of it, which the first step was given."""


# ---- steps and back ---------------------------------------------------------------------------------------------


class Walk:
    """A table's way through steps, which can be gone back."""

    def __init__(self, rows: TextRows, steps: Sequence[Step], starts: Sequence[int] = ()) -> None:
        """`starts`: the labels that begin a section.  The steps are such as have been done without an error."""
        self.steps = steps
        self.crossings: list[Crossing] = []
        self.first = rows = _number(rows, rows.labels)
        names = {name: name for name in rows.columns}
        for step in steps:
            kind = STEPS[step.name]
            job = Job(step, _locate, names, tuple(start << SHIFT for start in starts))
            made = to_text_rows(run_step(rows if kind.by_row else to_frame(rows), kind, job))
            after = _number(made, made.labels >> SHIFT)
            self.crossings.append(Crossing(rows, after, made.labels & ((1 << SHIFT) - 1)))
            rows = after
        self.last = rows

    def go_back(self, spot: Spot) -> tuple[list[TracedStep], list[Spot]]:
        """Return what each step made of a value, the first step first, and what of the first table it came from."""
        spots, told = [spot], list[TracedStep]()
        for step, crossing in zip(reversed(self.steps), reversed(self.crossings), strict=True):
            found = [each for one in spots for each in crossing.find_sources(STEPS[step.name], step.options, one)]
            found = list(dict.fromkeys(found))
            before, after = _show(crossing.before, found), _show(crossing.after, spots)
            moved = not {row for row, _ in found} <= {crossing.row_before(row) for row, _ in spots}
            told.append(TracedStep(step, before, after, _count_dropped(step, crossing, spots), moved))
            spots = found
        return told[::-1], spots


def _locate(_label: int, _column: str) -> Place:
    """The place of findings, which were told when the table was made."""
    return Place()


def _number(rows: TextRows, labels: Labels) -> TextRows:
    """Rows with their positions in their labels, above which `labels` are."""
    return TextRows(rows.cells, (labels << SHIFT) | np.arange(len(labels)))


def _show(rows: TextRows, spots: Sequence[Spot]) -> tuple[TracedCell, ...]:
    return tuple(
        TracedCell(row + 1, column, column if row == HEADING else rows[column][row].as_py()) for row, column in spots
    )


def _count_dropped(step: Step, crossing: Crossing, spots: Sequence[Spot]) -> int:
    """The rows that were left out because they are the same as that of a value, or have its key."""
    row = next((row for row, _ in spots if row != HEADING), None)
    if row is None or step.name not in ("distinct", "deduplicate") or len(crossing.after) == len(crossing.before):
        return 0
    by = step.options.by if step.name == "deduplicate" else crossing.before.columns
    same = np.ones(len(crossing.before), bool)
    for name in by:
        same &= to_mask(pc.equal(crossing.before[name], crossing.after[name][row]))
    return int(same.sum()) - 1


# ---- one raw file -----------------------------------------------------------------------------------------------


class PartTrace:
    """One raw file, read and tidied again."""

    def __init__(self, work: Work, body: bytes) -> None:
        self.work = work
        opened, _ = open_body(work.raw, body)
        tables = read_opened(work.raw, opened, work.read or Read())[0] if opened is not None else ()
        self.tables = [(table, Walk(_add_values(table, work.raw.values), work.steps, table.starts)) for table in tables]

    def find(self, row: int, column: str) -> tuple[list[TracedStep], list[TracedSource]]:
        """Trace the value of a column in a row of the part, or (HEADING) the column's name."""
        for table, walk in self.tables:
            if row < len(walk.last):
                if column not in walk.last.cells:
                    return [], []
                steps, spots = walk.go_back((row, column))
                sources = [self._find_source(table, walk, spot) for spot in spots]
                return steps, list(dict.fromkeys(sources))
            row -= len(walk.last)
        raise LookupError(column)

    def _find_source(self, table: Table, walk: Walk, spot: Spot) -> TracedSource:
        """What a value of a table as it was read came from."""
        row, column = spot
        text = column if row == HEADING else walk.first[column][row].as_py()
        label = int(walk.first.labels[max(row, 0)] >> SHIFT) if len(walk.first) else 0
        origin = self._find_origin(table, label, column, row == HEADING)
        place = Place(
            file=table.file,
            sheet=table.sheet,
            row=origin.row,
            column="" if origin.kind in ("title", "section") else column,
            cell=f"{column_letters(origin.at)}{origin.row}" if table.spreadsheet and origin.at is not None else "",
        )
        return TracedSource(origin, place, origin.text or text, text)

    def _find_origin(self, table: Table, label: int, column: str, heading: bool) -> Origin:
        if table.whence is not None and (found := table.whence(label, column, heading)) is not None:
            return found
        if column in table.origins:
            return Origin("record", None if heading else label, table.origins[column])
        return Origin("url" if column in self.work.raw.values else "name")


def _add_values(table: Table, values: Mapping[str, str]) -> TextRows:
    """The rows of a table as its steps are given them: with the values of `for` before all others."""
    frame = table.frame.copy(deep=False)
    for n, (name, value) in enumerate(values.items()):
        frame.insert(n, name, value)
    return to_text_rows(frame.astype("str"))


# ---- the whole table --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WholeTrace:
    """A resource's table, laid together again of its parts."""

    starts: Sequence[int]
    """Where each part begins among the rows laid end to end."""
    columns: tuple[str, ...]
    walk: Walk | None
    """The steps on the whole, if there are any."""

    def find(self, row: int, column: str) -> tuple[list[TracedStep], list[tuple[int, int, str]]]:
        """Trace a value back to parts: what the steps on the whole made of it, and the number of each part, a row of it
        and its column."""
        steps, spots = self.walk.go_back((row, column)) if self.walk is not None else ([], [(row, column)])
        return steps, [(*self._find_part(row), column) for row, column in spots]

    def _find_part(self, row: int) -> tuple[int, int]:
        part = int(np.searchsorted(self.starts, max(row, 0), "right")) - 1
        return part, HEADING if row == HEADING else row - self.starts[part]


def lay_whole(tidy: Sequence[Step], shelf: Shelf) -> WholeTrace:
    """Lay a resource's parts together and do the steps of its `tidy` that need them all."""
    columns = tuple(dict.fromkeys(column for part in shelf.outlines for column in part.columns))
    starts = np.cumsum([0, *(part.count for part in shelf.outlines)])[:-1].tolist()
    _, steps = split_steps(tidy)
    if not steps:
        return WholeTrace(starts, columns, None)
    batches: Iterator[pd.DataFrame] = (batch.to_pandas() for batch in read_parts(shelf, columns))
    frame = pd.concat([*batches] or [pd.DataFrame(columns=list(columns))]).astype("str").reset_index(drop=True)
    return WholeTrace(starts, columns, Walk(to_text_rows(frame), steps))
