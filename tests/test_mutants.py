"""What counts as a killed mutant: a test that fails because of it, or that never ends, and no other."""

from collections.abc import Mapping, Sequence
from typing import cast

import pytest
from mutants import Job, Result, find_killer, tell
from mutants_copy import Copy
from mutate import list_mutants

MODULE = b"def halve(n):\n    return n // 2\n"
MUTANT = list_mutants(MODULE)[0]


class Answers:
    """A copy whose tests do as they are told: pass, fail, hang, or be slow when they are not alone."""

    def __init__(self, tests: Mapping[str, str]) -> None:
        self.tests, self.begun = tests, ""

    def ask(self, names: Sequence[str], seconds: float, *options: str) -> list[str] | None:
        for self.begun in names:
            what = self.tests[self.begun]
            if what == "hang" or (what == "slow" and len(names) > 1):
                return None
            if what == "fail":
                return [self.begun]
        return []

    def read_begun(self) -> str:
        return self.begun


@pytest.mark.parametrize(
    ("tests", "killer"),
    [
        ({"a": "pass", "b": "fail"}, "b"),
        ({"a": "pass", "b": "pass"}, ""),
        ({"a": "pass", "b": "hang", "c": "pass"}, "time-out"),
        ({"a": "pass", "b": "slow", "c": "pass"}, ""),
        ({"a": "slow", "b": "slow", "c": "fail"}, "c"),
    ],
)
def test_a_time_out_counts_only_if_the_test_does_not_end_alone_either(tests: Mapping[str, str], killer: str) -> None:
    assert find_killer(cast(Copy, Answers(tests)), list(tests), 1) == killer


def test_what_a_test_kills_that_always_fails_has_survived(capsys: pytest.CaptureFixture[str]) -> None:
    job = Job("entaku/x.py", MUTANT, ("tests/test_x.py::a", "tests/test_x.py::b"), 1.0, 0)
    results = [Result(job, killer, 1.0) for killer in ("tests/test_x.py::a", "tests/test_x.py::b", "time-out", "")]
    assert tell(results, {"tests/test_x.py::a"}) == 2
    told = capsys.readouterr().out
    assert "1 by tests, 0 on import, 1 by a test that does not end" in told
    assert told.endswith("2 killed (50.0% of the others), 2 survived\n")
