"""A value of a table → the cells of raw files that it came from, and its text after each step.

The steps are run again with the position of each row noted, and gone back one by one.  Nothing of this is kept in
releases: a raw file and the YAML give it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from entaku.formats.heavy import pd
from entaku.formats.text import column_letters
from entaku.model.grammar import Read, Step
from entaku.model.nouns import Place, Table
from entaku.model.origin import Origin
from entaku.table.crossing import HEADING, Spot
from entaku.table.job import to_text_rows
from entaku.table.parts import Work, split_steps
from entaku.table.read import open_body, read_opened
from entaku.table.stages import Stage, Stages, list_stages
from entaku.table.walk import SHIFT, TracedCell, TracedStep, Walk, add_values
from entaku.table.whole import Shelf, read_parts

__all__ = [
    "PartTrace", "Stage", "Stages", "TracedCell", "TracedSource", "TracedStep", "Walk", "WholeTrace", "lay_whole",
    "list_stages",
]  # fmt: skip


@dataclass(frozen=True)
class TracedSource:
    """What in a raw file a value came from."""

    origin: Origin
    place: Place
    text: str
    """The text of the cell, or of the whole line."""
    value: str
    """What was read of it, which the first step was given."""


# ---- one raw file -----------------------------------------------------------------------------------------------


class PartTrace:
    """One raw file, read and tidied again."""

    def __init__(self, work: Work, body: bytes) -> None:
        self.work = work
        opened, _ = open_body(work.raw, body)
        tables = read_opened(work.raw, opened, work.read or Read())[0] if opened is not None else ()
        self.tables = [(table, Walk(add_values(table, work.values), work.steps, table.starts)) for table in tables]

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
        if column == self.work.fetched:
            return Origin("fetched", text=self.work.raw.fetched)
        return Origin("url" if column in self.work.raw.values else "name")


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
