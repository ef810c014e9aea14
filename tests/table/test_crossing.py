"""What a value after a step was made from: the same column, those that the step needs, or nothing that stands before."""

import numpy as np
from test_tidy import make_step

from entaku.formats.arrays import make_texts
from entaku.table.crossing import HEADING, Crossing
from entaku.table.job import TextRows
from entaku.table.steps import STEPS


def make_rows(*columns: str) -> TextRows:
    return TextRows({name: make_texts(["1", "2"]) for name in columns}, np.arange(2))


def test_a_new_column_is_made_of_those_that_its_step_needs_and_its_heading_of_none() -> None:
    step = make_step("- combine: {columns: [year, month], into: day}")
    crossing = Crossing(make_rows("year", "month", "kg"), make_rows("year", "month", "kg", "day"), np.array([1, 0]))
    kind = STEPS[step.name]
    assert crossing.find_sources(kind, step.options, (0, "day")) == ((1, "year"), (1, "month"))
    assert crossing.find_sources(kind, step.options, (HEADING, "day")) == ()
    assert crossing.find_sources(kind, step.options, (0, "kg")) == ((1, "kg"),)
    assert crossing.find_sources(kind, step.options, (HEADING, "kg")) == ((HEADING, "kg"),)
