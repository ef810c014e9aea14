"""The steps of `tidy`, and running them: a table of text in, a tidier one out, and what could not be done."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from entaku import tidy_columns, tidy_rows, tidy_shape, tidy_values
from entaku.grammar import Step
from entaku.model import Finding, Place
from entaku.tidy_job import Job, StepKind

__all__ = ["STEPS", "StepKind", "Tidied", "tidy"]

STEPS: dict[str, StepKind] = {**tidy_columns.KINDS, **tidy_rows.KINDS, **tidy_values.KINDS, **tidy_shape.KINDS}
"""Every step that owners can write, by its name."""


@dataclass(frozen=True)
class Tidied:
    """A tidied table."""

    frame: pd.DataFrame
    """All columns of `str` dtype, never missing; index labels are those of the rows it came from."""
    findings: tuple[Finding, ...]
    names: Mapping[str, str]
    """Each column's name in the raw file, by its name now."""


def tidy(
    frame: pd.DataFrame,
    steps: Sequence[Step],
    locate: Callable[[int, str], Place],
    starts: tuple[int, ...] = (),
    spec_file: str = "",
) -> Tidied:
    """`frame` after all `steps`; one that can't be done leaves the table as it is and a finding.

    `locate`: the Place of an index label and a column (by its name in the raw file).  `starts`: the labels that
    begin a section, across which nothing is carried down.  `spec_file`: the YAML that the steps stand in.
    """
    names = {str(column): str(column) for column in frame.columns}
    findings: list[Finding] = []
    for step in steps:
        job = Job(step, locate, names, starts, spec_file)
        frame = _run(frame, STEPS[step.name], job)
        findings += job.close()
    return Tidied(frame, tuple(findings), {column: names.get(column, column) for column in frame.columns})


def _run(frame: pd.DataFrame, kind: StepKind, job: Job) -> pd.DataFrame:
    options = job.step.options
    if not job.has(frame, kind.needs(options)) or not job.lacks(frame, kind.makes(options)):
        return frame
    try:
        return kind.run(frame, options, job)
    except (ValueError, LookupError, ArithmeticError, re.error) as error:
        job.note_spec("step-failed", "", {"why": str(error)})
        return frame
