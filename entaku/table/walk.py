"""A table's way through its steps, with the position of each row noted, so that it can be gone back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from entaku.formats.arrays import to_mask
from entaku.formats.heavy import pc
from entaku.model.grammar import Step
from entaku.model.nouns import Finding, Place, Table
from entaku.table.crossing import HEADING, Crossing, Spot
from entaku.table.job import Job, Labels, Lost, TextRows, to_frame, to_text_rows
from entaku.table.steps import STEPS, Context, run_step

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


class Walk:
    """A table's way through steps, which can be gone back."""

    def __init__(
        self,
        rows: TextRows,
        steps: Sequence[Step],
        starts: Sequence[int] = (),
        locate: Callable[[int, str], Place] | None = None,
        context: Context | None = None,
    ) -> None:
        """`starts`: the labels that begin a section.  `locate`: the Place of a row of the raw file and a column there,
        for `findings`; steps that can't be done leave the table as it is."""
        self.steps = steps
        self.crossings: list[Crossing] = []
        self.findings: list[list[Finding]] = []
        """What each step found."""
        self.first = rows = _number(rows, rows.labels)
        names, lost, places = {name: name for name in rows.columns}, Lost(), locate or _locate
        context = context or Context()
        for step in steps:
            kind = STEPS[step.name]
            job = Job(
                step, lambda label, column: places(label >> SHIFT, column), names,
                tuple(start << SHIFT for start in starts), context.spec_file, context.file, lost, rows=len(rows),
            )  # fmt: skip
            made = to_text_rows(run_step(rows if kind.by_row else to_frame(rows), kind, job))
            after = _number(made, made.labels >> SHIFT)
            self.crossings.append(Crossing(rows, after, made.labels & ((1 << SHIFT) - 1)))
            self.findings.append(job.close())
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


def add_values(table: Table, values: Mapping[str, str]) -> TextRows:
    """The rows of a table as its steps are given them: with the values of `for` before all others."""
    frame = table.frame.copy(deep=False)
    for n, (name, value) in enumerate(values.items()):
        frame.insert(n, name, value)
    return to_text_rows(frame.astype("str"))
