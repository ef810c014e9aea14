"""`divide` and `mark_outside`: exact, rounded half up, and silent where there is no number."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entaku.formats.arrays import make_texts
from entaku.model.grammar import Step
from entaku.model.nouns import Place
from entaku.table.job import Job, TextRows, to_text_rows
from entaku.table.steps import STEPS


def run(name: str, options: Any, **cells: list[str]) -> list[str]:
    kind = STEPS[name]
    rows = to_text_rows(TextRows({key: make_texts(texts) for key, texts in cells.items()}, np.arange(len(next(iter(cells.values()))))))  # fmt: skip
    job = Job(Step(name=name, options=options, line=1), lambda row, column: Place(), {})
    made: TextRows = kind.run(rows, options, job)
    (new,) = [column for column in made.columns if column not in cells]
    assert list(kind.makes(options)) == [new]
    return list(made[new].to_pylist())


def divide(values: list[str], by: list[str], digits: int = 1, more: list[str] | None = None) -> list[str]:
    columns = ("a", "c") if more else ("a",)
    options = STEPS["divide"].options(value=columns, by="b", into="q", digits=digits)
    return run("divide", options, a=values, b=by, **({"c": more} if more else {}))


@pytest.mark.parametrize(
    ("value", "by", "digits", "quotient"),
    [
        ("1000", "0.3", 1, "3333.3"), ("25", "10", 0, "3"), ("-25", "10", 0, "-3"), ("1", "3", 9, "0.333333333"),
        ("", "5", 1, ""), ("5", "", 1, ""), ("5", "0", 1, ""), ("高", "5", 1, ""), ("5", "x", 1, ""), ("0", "5", 1, "0.0"),
    ],
)  # fmt: skip
def test_quotients(value: str, by: str, digits: int, quotient: str) -> None:
    assert divide([value], [by], digits) == [quotient]


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6), st.integers(0, 6))
def test_a_quotient_is_the_nearest_of_its_digits(value: int, by: int, digits: int) -> None:
    (told,) = divide([str(value)], [str(by)], digits)
    assert abs(Fraction(told) - Fraction(value, by)) <= Fraction(1, 2 * 10**digits)


def test_the_first_value_that_is_there_is_divided() -> None:
    assert divide(["", "8", ""], ["2", "2", "2"], 0, ["6", "7", ""]) == ["3", "4", ""]


def test_marks() -> None:
    options = STEPS["mark_outside"].options(
        column="a", bounds=(10, 100.5), by="g", of={"高い": (1000, 2000)}, into="odd"
    )
    values = ["9.99", "10", "100.5", "100.51", "", "?", "1500", "50"]
    groups = ["", "", "x", "", "高い", "高い", "高い", "高い"]
    assert run("mark_outside", options, a=values, g=groups) == [
        "true",
        "false",
        "false",
        "true",
        "",
        "",
        "false",
        "true",
    ]
