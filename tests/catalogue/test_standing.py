"""How a dataset stands, on any day: one table, whoever tells it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from projects import CATALOGUE, LIFTS

from entaku.catalogue.build import STANDINGS, URGENT, DatasetFacts, judge, list_urgent
from entaku.model.nouns import Attempt, Finding
from entaku.spec.spec import parse_office, parse_pipeline

OFFICE, _ = parse_office(CATALOGUE.encode())
RETIRED, _ = parse_office((CATALOGUE + "retired:\n  lifts: {since: 2026-08-02, reason: x}\n").encode())
SPEC, _ = parse_pipeline(LIFTS.encode(), "pipelines/lifts.yaml", OFFICE)
assert OFFICE and RETIRED and SPEC
FACTS = DatasetFacts(name="lifts", pipeline=SPEC.pipeline, version="2026.07.01", created="2026-06-30T15:00:00Z")
HELD = Attempt("2026-08-01T16:00:00Z", (Finding("not-a-date"),), 1)
EMPTY = Attempt("", (Finding("no-rows-yet", "notice"),), 0)


@pytest.mark.parametrize(
    ("change", "today", "standing", "since"),
    [
        ({}, "2026-08-11", "fine", ""),
        ({}, "2026-08-12", "late", "2026-08-11"),
        ({}, "2026-09-11", "late", "2026-08-11"),
        ({}, "2026-09-12", "overdue", "2026-09-11"),
        ({}, None, "fine", ""),
        ({"sample": True}, "2027-01-01", "fine", ""),
        ({"attempt": HELD}, "2026-08-11", "held", "2026-08-02"),  # the day in Tokyo
        ({"attempt": HELD}, None, "held", "2026-08-02"),
        ({"attempt": HELD}, "2027-01-01", "held", "2026-08-02"),
        ({"attempt": HELD, "broken": True}, "2026-08-11", "broken", ""),
        ({"planned": False}, "2027-01-01", "left", ""),
        ({"version": "", "created": "", "planned": False}, "2026-08-11", "unreleased", ""),
        ({"version": "", "created": "", "attempt": EMPTY}, "2026-08-11", "unreleased", ""),
        ({"version": "", "created": "", "attempt": HELD}, "2026-08-11", "held", "2026-08-02"),
    ],
)
def test_how_a_dataset_stands(change: dict[str, Any], today: str | None, standing: str, since: str) -> None:
    assert OFFICE
    found = judge(replace(FACTS, **change), OFFICE, date.fromisoformat(today) if today else None)
    assert (found.standing, found.since, found.urgent) == (standing, since, standing in URGENT)
    assert (found.attempt is not None) == (change.get("attempt") is HELD)


def test_of_a_retired_one_nothing_is_urgent() -> None:
    assert RETIRED
    found = judge(replace(FACTS, attempt=HELD, broken=True, planned=False), RETIRED, date(2027, 1, 1))
    assert (found.standing, found.since, found.urgent, found.due, found.attempt) == (
        "retired",
        "2026-08-02",
        False,
        None,
        None,
    )


def test_the_most_urgent_come_first() -> None:
    every = [replace(FACTS, name=name, standing=each) for each in reversed(STANDINGS) for name in ("b", "a")]
    assert [(each.standing, each.name) for each in list_urgent(every)] == [
        (each, n) for each in STANDINGS for n in "ab"
    ]
