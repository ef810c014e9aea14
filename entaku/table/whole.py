"""Parts → a resource's whole table, in batches: of its parts only what is told of them is held in memory.

Only where steps need the whole table (`sort`, `deduplicate`) all of it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import BinaryIO

import numpy as np

from entaku.formats.arrays import BLOCK, Blocks, repeat_text
from entaku.formats.heavy import pa, pd
from entaku.model.grammar import Resource
from entaku.model.nouns import Finding, Place, Severity, Sought, Spec
from entaku.model.patterns import SlowPatternError
from entaku.table.errata import MetErratum, correct_batches, list_usable, meet_errata, tell_errata, tell_slow
from entaku.table.faint import find_alike, list_keys
from entaku.table.part import Numbers, Outline, read_rows
from entaku.table.parts import join_sought, split_steps
from entaku.table.steps import Context, tidy

# ---- parts that lie elsewhere -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shelf:
    """The parts of a resource, in order."""

    outlines: tuple[Outline, ...]
    open: Callable[[int], BinaryIO]
    """A part as it was encoded, by its place; to be closed."""
    keys: tuple[str, ...] = ()
    """The content keys of the parts."""


# ---- the whole table --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Whole:
    """All parts of a resource, one below the other, after the steps that need them all.

    A row's label is its place in the parts laid end to end; its number is that in the table as it is now.
    """

    resource: Resource
    columns: tuple[str, ...]
    rows: int
    shelf: Shelf
    findings: tuple[Finding, ...]
    """Of the steps on the whole; the parts have their own."""
    starts: tuple[int, ...]
    """Where each part begins among the labels."""
    frame: pd.DataFrame | None = None
    """The table, where steps needed it whole; its index are the labels."""
    errata: tuple[MetErratum, ...] = ()
    """What is known to be wrong in it, and was corrected or left."""

    @property
    def corrects(self) -> bool:
        """Whether its rows differ from those that the steps made."""
        return any(one.erratum.done != "left" and one.cell_count for one in self.errata)

    @property
    def before(self) -> Whole:
        """The table without corrections."""
        return replace(self, errata=())

    @property
    def parts(self) -> tuple[Outline, ...]:
        return self.shelf.outlines

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The rows as text, never missing."""
        batches = read_parts(self.shelf, self.columns) if self.frame is None else _cut_frame(self.frame)
        return correct_batches(batches, [one.erratum for one in self.errata]) if self.corrects else batches

    def read_after(self, part: int) -> Iterator[pa.RecordBatch]:
        """The rows of this part and those after it, of a table that no step needed whole and nothing corrects."""
        return read_parts(self.shelf, self.columns, part)

    def label(self, row: int) -> int:
        """The label of a row, by its number."""
        return row if self.frame is None else int(self.frame.index[row])

    def labels(self, first: int, count: int) -> Numbers:
        """The labels of rows that follow each other."""
        if self.frame is None:
            return np.arange(first, first + count)
        return self.frame.index[first : first + count].to_numpy(np.int64)

    def place(self, row: int, column: str) -> Place:
        """The place in its raw file of a row, by its number, and a column."""
        return self.locate(self.label(row), column)

    def part_of(self, label: int) -> Outline:
        """The part that a row came from."""
        return self.parts[bisect_right(self.starts, label) - 1]

    def list_runs(self, labels: Numbers) -> Iterator[tuple[Outline, Numbers, Numbers]]:
        """Yield for rows of one part after the other, by their labels, the part, and the numbers of their sheets in it
        and their rows in the raw file."""
        owners = np.searchsorted(self.starts, labels, "right") - 1
        bounds = np.flatnonzero(np.diff(owners, prepend=-1, append=-1)).tolist()
        for start, end in pairwise(bounds):
            n = int(owners[start])
            yield (self.parts[n], *self.parts[n].find_numbers(labels[start:end] - self.starts[n]))

    def locate(self, label: int, column: str) -> Place:
        """The place of a row and column in its raw file."""
        n = bisect_right(self.starts, label) - 1
        part = self.parts[n]
        _, row = part.find(label - self.starts[n])
        cells = part.find_cells(label - self.starts[n])
        return cells.place(part.titles.get(column, row) or None, column, part.names.get(column, column))


def assemble(resource: Resource, shelf: Shelf, spec: Spec) -> Whole:
    """The resource's whole table from its parts, in their order, with what its errata correct."""
    made = _lay(resource, shelf, spec)
    found: tuple[Finding, ...] = ()
    errata = list_usable(resource.errata, made.columns) if made.rows else ()
    if errata:
        try:
            made = replace(made, errata=tuple(meet_errata(made, errata)))
            found = tuple(tell_errata(made.errata, resource.errata, resource.name, spec))
        except SlowPatternError as slow:
            found = (tell_slow(slow, resource.name, spec),)
    return replace(made, findings=(*made.findings, *found, *_tell_alike(made)))


def _lay(resource: Resource, shelf: Shelf, spec: Spec) -> Whole:
    """The resource's table after all steps."""
    _, steps = split_steps(resource.tidy)
    columns = tuple(dict.fromkeys(column for part in shelf.outlines for column in part.columns))
    starts, rows = [], 0
    for part in shelf.outlines:
        starts.append(rows)
        rows += part.count
    if not columns:  # nothing was read: an empty table with the schema's columns, which `expect` judges
        columns = tuple(field.name for field in resource.schema.fields)
        return Whole(resource, columns, 0, shelf, (), tuple(starts))
    whole = Whole(resource, columns, rows, shelf, (), tuple(starts))
    sought = [part.sought for part in shelf.outlines]
    if not steps:
        missed = tuple(_tell_missed(resource, sought, spec))
        return replace(whole, findings=(*missed, *_tell_emptied(whole, missed, spec)))
    frame = pd.concat([batch.to_pandas() for batch in whole] or [pd.DataFrame(columns=list(columns))])
    lost = tuple(sorted({column for part in shelf.outlines for column in part.lost}))
    context = Context(spec.file, lost=lost)
    tidied = tidy(frame.astype("str").reset_index(drop=True), steps, whole.locate, context)
    columns = tuple(map(str, tidied.frame.columns))
    made = Whole(resource, columns, len(tidied.frame), shelf, (), tuple(starts), tidied.frame)
    missed = tuple(_tell_missed(resource, [*sought, tidied.sought], spec))
    emptied = _tell_emptied(made, missed, spec)
    return replace(made, findings=(*tidied.findings, *missed, *emptied))


def _tell_emptied(whole: Whole, missed: Sequence[Finding], spec: Spec) -> Iterator[Finding]:
    """The finding that the steps left no row of those that were read, unless another says why."""
    if whole.rows or not whole.resource.tidy or whole.resource.expect.rows.min == 0:
        return
    told = [finding for part in whole.parts for finding in part.findings]
    known = any(finding.code == "no-rows" or finding.severity == "error" for finding in told)
    if not known and not any(finding.args.get("step") == "keep_rows" for finding in missed):
        line = _find_line(whole.resource, "tidy", spec)
        yield Finding("rows-all-dropped", "warning", Place(file=spec.file, line=line), whole.resource.name)


def _tell_alike(whole: Whole) -> Iterator[Finding]:
    """The findings about keys that nobody can tell apart."""
    if any(part.faint for part in whole.parts):
        for key in list_keys(whole.resource.schema):
            if set(key) <= set(whole.columns):
                yield from find_alike(lambda: whole, key, whole.place)


def _tell_missed(resource: Resource, sought: Sequence[Mapping[Sought, bool]], spec: Spec) -> Iterator[Finding]:
    """The findings about what steps and keys of `read` look for and no raw file has, one for a step.

    Of many files some may have it another day, so that it is a notice; a sum that is never checked is a warning.
    """
    missed: dict[Sought, list[str]] = {}
    for key in [key for key, found in join_sought(sought).items() if not found]:
        missed.setdefault(replace(key, value=""), []).append(key.value)
    many = len([one for one in sought if one]) > 1
    for key, values in missed.items():
        line = key.line or _find_line(resource, key.step, spec)
        severity: Severity = "notice" if many and key.code == "nothing-matched" else "warning"
        yield Finding(key.code, severity, Place(file=spec.file, line=line), ", ".join(values), {"step": key.step})


def _find_line(resource: Resource, key: str, spec: Spec) -> int | None:
    """The line of a key such as `read.skip`, which may be that of the resource whose files this one reads."""
    names = [each.name for each in spec.pipeline.resources]
    paths: list[tuple[str | int, ...]] = [
        ("resources", names.index(name), *key.split("."))
        for name in (resource.name, resource.from_, *resource.stack)
        if name
    ]
    return next((spec.lines[path] for path in paths if path in spec.lines), None)


def read_parts(shelf: Shelf, columns: Sequence[str], first: int = 0) -> Iterator[pa.RecordBatch]:
    """The parts' rows in batches of one size, from part `first`; a column that a part lacks is empty there."""
    blocks = Blocks()
    for n, part in enumerate(shelf.outlines):
        if not part.count or n < first:
            continue
        with shelf.open(n) as file:
            for batch in read_rows(file):
                there = [
                    batch.column(name) if name in part.columns else repeat_text("", batch.num_rows) for name in columns
                ]
                yield from blocks.add(pa.RecordBatch.from_arrays(there, names=list(columns)))
    yield from blocks.close()


def _cut_frame(frame: pd.DataFrame) -> Iterator[pa.RecordBatch]:
    names = list(map(str, frame.columns))
    for start in range(0, len(frame), BLOCK):
        part = frame.iloc[start : start + BLOCK]
        arrays = [pa.array(part[name], pa.string()) for name in frame.columns]
        plain = [one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one for one in arrays]
        yield pa.RecordBatch.from_arrays(plain, names=names)
