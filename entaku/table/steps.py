"""The steps of `tidy`, and running them: a table of text in, a tidier one out, and what could not be done."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from entaku.formats.heavy import pa, pd
from entaku.model.grammar import Step
from entaku.model.messages import MASK, within
from entaku.model.nouns import Finding, Place, Sought
from entaku.model.patterns import SlowPatternError, say_regex_fault
from entaku.table import steps_columns as tidy_columns
from entaku.table import steps_dates as tidy_dates
from entaku.table import steps_numbers as tidy_numbers
from entaku.table import steps_rows as tidy_rows
from entaku.table import steps_shape as tidy_shape
from entaku.table import steps_values as tidy_values
from entaku.table.faint import find_faint, has_blank_edge, list_odd
from entaku.table.job import Job, Lost, StepKind, TextRows, to_frame, to_text_rows

__all__ = ["STEPS", "StepKind", "Tidied", "conceal_steps", "list_dropped", "tidy"]

STEPS: dict[str, StepKind] = {
    **tidy_columns.KINDS,
    **tidy_rows.KINDS,
    **tidy_values.KINDS,
    **tidy_numbers.KINDS,
    **tidy_dates.KINDS,
    **tidy_shape.KINDS,
}
"""Every step that owners can write, by its name."""


@dataclass(frozen=True)
class Tidied:
    """A tidied table."""

    frame: pd.DataFrame
    """All columns of `str` dtype, never missing; index labels are those of the rows it came from."""
    findings: tuple[Finding, ...]
    names: Mapping[str, str]
    """Each column's name in the raw file, by its name now."""
    lost: tuple[str, ...] = ()
    """Columns that steps after these can't rely on, because a step could not be done."""
    sought: Mapping[Sought, bool] = field(default_factory=dict)
    """Whether there was what the steps look for."""
    faint: bool = False
    """Whether there are characters in it that may not be seen."""


@dataclass(frozen=True)
class Context:
    """What the steps are told of the table that they are run on."""

    spec_file: str = ""
    """The YAML that the steps stand in."""
    file: str = ""
    """The raw file, where there is but one."""
    starts: tuple[int, ...] = ()
    """The labels that begin a section, across which nothing is carried down."""
    lost: tuple[str, ...] = ()
    """The columns that steps before these lost."""
    twins: Mapping[str, str] = field(default_factory=dict)
    """The heading that each column of the raw file repeats that had to be given another name."""
    look: bool = False
    """Whether invisible characters are looked for in what comes of it."""


class Tidying:
    """Steps that are run on a table, or on its blocks one after the other."""

    def __init__(self, steps: Sequence[Step], locate: Callable[[int, str], Place], context: Context) -> None:
        """`locate`: the Place of an index label and a column (by its name in the raw file)."""
        self._context = context
        self._state = Lost()
        self._jobs = [
            Job(step, locate, {}, context.starts, context.spec_file, context.file, self._state) for step in steps
        ]
        self._look = Job(Step(name="", options=None, line=0), locate, {}, file=context.file)
        self.faint = False
        """Whether there are characters in the tidied rows that may not be seen, spaces around values among them."""

    def run(
        self, frame: pd.DataFrame | TextRows, *, look: bool = False
    ) -> tuple[pd.DataFrame | TextRows, dict[str, str]]:
        """`frame` after all steps (as TextRows, if the last is by row), and each column's name in the raw file by its
        name now.

        A step that can't be done leaves the table as it is and a finding.  `look`: also look for invisible characters.
        """
        lost = set(self._context.lost)
        self._state.columns, self._state.rows = lost, bool(lost)
        names = {str(column): str(column) for column in frame.columns}
        for job in self._jobs:
            job.names, job.rows = names, len(frame)
            before = [str(column) for column in frame.columns]
            kind = STEPS[job.step.name]
            frame = run_step(to_text_rows(frame) if kind.by_row else to_frame(frame), kind, job)
            if self._context.twins:
                _tell_twins(before, frame, job, self._context.twins)
        if look:
            self._look.names = names
            self._look_at(to_text_rows(frame))
        return frame, {str(column): names.get(str(column), str(column)) for column in frame.columns}

    def _look_at(self, rows: TextRows) -> None:
        for column, texts in rows.cells.items():
            places = find_faint(texts)
            self.faint |= bool(places)
            for place, text, code, args in list_odd(texts, places):
                self._look.note(code, [int(rows.labels[place])], column, [text], "warning", **args)

    def look_at_edges(self, columns: Iterable[pa.StringArray]) -> None:
        """See whether values of the tidied rows have spaces around them, which nobody sees either."""
        self.faint = self.faint or any(map(has_blank_edge, columns))

    @property
    def lost(self) -> tuple[str, ...]:
        """Columns that steps after these can't rely on, because a step could not be done."""
        return tuple(sorted(self._state.columns))

    @property
    def is_stuck(self) -> bool:
        """Whether a step could not be done."""
        spec = self._context.spec_file
        told = (
            finding.place.file == spec and finding.severity == "error" for job in self._jobs for finding in job.found
        )
        return bool(self._state.columns) or self._state.rows or any(told)

    @property
    def sought(self) -> dict[Sought, bool]:
        """Whether there was what the steps look for."""
        return {key: found for job in self._jobs for key, found in job.sought.items()}

    def close(self) -> tuple[Finding, ...]:
        """The findings of all steps; to be asked for once."""
        findings = [finding for job in (*self._jobs, self._look) for finding in job.close()]
        unread = {(finding.place, finding.value) for finding in findings if finding.code != "disagree"}
        return tuple(one for one in findings if one.code != "disagree" or (one.place, one.value) not in unread)


def tidy(
    frame: pd.DataFrame, steps: Sequence[Step], locate: Callable[[int, str], Place], context: Context = Context()
) -> Tidied:
    """`frame` after all `steps`; one that can't be done leaves the table as it is and a finding."""
    tidying = Tidying(steps, locate, context)
    made, names = tidying.run(frame, look=context.look)
    if context.look:
        tidying.look_at_edges(to_text_rows(made).cells.values())
    return Tidied(to_frame(made), tidying.close(), names, tidying.lost, tidying.sought, tidying.faint)


def run_step(frame: pd.DataFrame | TextRows, kind: StepKind, job: Job) -> pd.DataFrame | TextRows:
    """Return `frame` after one step, or as it is (and a finding) where the step can't be done."""
    options = job.step.options
    if not job.has(frame, kind.needs(options)):
        if kind.without is None:
            return _skip(frame, kind, job)
        job.lost.columns |= set(kind.loses(options, job.lost.columns) if kind.loses else ())
        options = kind.without(options, job.lost.columns)
    if not job.lacks(frame, kind.makes(options)):
        return _skip(frame, kind, job)
    try:
        made: pd.DataFrame | TextRows = kind.run(frame, options, job)
        return made
    except SlowPatternError as slow:
        job.note_spec("slow-pattern", slow.pattern, {"text": slow.shown, **within(job.file)})
        return _skip(frame, kind, job)
    except (ValueError, LookupError, ArithmeticError, re.error) as error:
        why = say_regex_fault(error) if isinstance(error, re.error) else str(error)
        job.note_spec("step-failed", "", {"why": why, **within(job.file)})
        return _skip(frame, kind, job)


def _tell_twins(before: Sequence[str], frame: pd.DataFrame | TextRows, job: Job, twins: Mapping[str, str]) -> None:
    """Tell where a step names one of two columns with the same heading and so does away with the other unnamed."""
    named = {*STEPS[job.step.name].needs(job.step.options)}
    raw = {column: job.names.get(column, column) for column in before}
    used = {twins.get(raw[column], raw[column]) for column in before if column in named}
    for column in before:
        gone = column not in frame.columns and column not in named and column == raw[column]
        if gone and twins.get(column, column) in used:
            job.note_spec("repeated-heading", twins.get(column, column), {"other": column}, "warning")


def _skip(frame: pd.DataFrame | TextRows, kind: StepKind, job: Job) -> pd.DataFrame | TextRows:
    """The table as it is; what the step would have done counts as lost."""
    options = job.step.options
    job.lost.columns |= {*kind.needs(options), *kind.makes(options)}
    job.lost.rows |= kind.rows
    return frame


# ---- what readers of the site may see -------------------------------------------------------------------------------


def conceal_steps(steps: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return steps (names and options, as written or parsed) without what they remove, and without old and new names of
    columns that are only renamed to be dropped."""
    steps = list(steps)
    dropped = list_dropped(steps)
    used = repr([options for name, options in steps if name not in ("rename", "drop_columns")])
    unused = frozenset(name for name in dropped if repr(name) not in used)
    return [(name, _conceal(name, options, unused)) for name, options in steps]


def _conceal(name: str, options: Any, unused: frozenset[str]) -> Any:
    if name == "rename" and isinstance(options, Mapping):
        return {MASK if now in unused else old: MASK if now in unused else now for old, now in options.items()}
    return STEPS[name].conceal(options) if name in STEPS else options


def list_dropped(steps: Iterable[tuple[str, Any]]) -> frozenset[str]:
    """List the columns that steps drop, by the names that they have then and before."""
    before: dict[str, str] = {}
    dropped: set[str] = set()
    for name, options in steps:
        if name == "rename" and isinstance(options, Mapping):
            before |= {str(now): str(before.get(old, old)) for old, now in options.items()}
        elif name == "drop_columns" and isinstance(options, list | tuple):
            dropped.update(options, [before[each] for each in options if each in before])
    return frozenset(dropped)
