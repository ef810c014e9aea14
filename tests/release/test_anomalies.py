"""What is unusual of a release beside earlier ones is found, and nothing on quiet histories."""

import os
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from projects import ROOT
from quiet import Figures, History, Rows, count, find, list_spoiled, make_history

from entaku.model.anomalies import ANOMALIES, Anomalies, Tiers, find_tier
from entaku.model.table_schema import Constraints, Schema, SchemaField
from entaku.model.words import Text
from entaku.release.anomalies import CODES, KINDS
from entaku.release.periods import PeriodStats

HISTORIES = int(os.environ.get("ENTAKU_HISTORIES", "10"))
"""Quiet histories that are made: ten take four seconds of CPU time."""


@cache
def make(seed: int) -> tuple[History, list[Figures]]:
    history = make_history(seed)
    return history, [count(rows, history.schema) for rows in history.releases]


def test_nothing_is_found_on_quiet_histories() -> None:
    told = []
    for seed in range(HISTORIES):
        history, figures = make(seed)
        for n in range(1, len(figures)):
            told += [(seed, n, *each) for each in find(history, figures[:n], history.releases[n])]
    assert told == []


def test_what_goes_wrong_is_found() -> None:
    """In tables of sixty rows or more; of few, much is chance."""
    there, found = Counter[str](), Counter[str]()
    for seed in range(HISTORIES):
        history, figures = make(seed)
        if min(one.rows for one in figures) < 60:
            continue
        for kind, _, rows in list_spoiled(history):
            there[kind] += 1
            found[kind] += kind in {one for one, _, _ in find(history, figures[:-1], rows)}
    assert set(found) == set(KINDS) and len(found) >= 12
    assert {kind: n for kind, n in there.items() if found[kind] < 0.8 * n or not found[kind]} == {}
    assert found.total() >= 0.95 * there.total()


def test_digests_of_periods_are_those_of_every_release_before() -> None:
    fields = (
        SchemaField(name="day", type="date", constraints=Constraints(required=True)),
        SchemaField(name="area"),
        SchemaField(name="amount", type="integer"),
    )
    rows = {
        "day": [date(2026, 6, 1)] * 3 + [date(2026, 6, 2)],
        "area": ["港区", None, "港区", "港区"],
        "amount": [1, 2, 1, 1],
    }
    periods = count(rows, Schema(fields=fields)).periods
    assert periods is not None and periods.digests == {
        20605: (13791779452200425202, 683923646705912946),
        20606: (6553927902747256128, 6553927902747256128),
    }


def widen(rows: Rows, n: int) -> Rows:
    """The rows of the nth release, with columns before the others that have nothing, or grow by so much per cent."""
    size = len(rows["day"])
    grown = [(100 + at % 7) * 3.0**n for at in range(size)]
    return {"no_number": [None] * size, "no_text": [None] * size, "grown": grown, **rows}


def test_columns_that_are_not_judged_keep_no_other_from_being_judged() -> None:
    there = 0
    for seed in range(3):
        history, figures = make(seed)
        kinds = {"no_number": "number", "no_text": "string", "grown": "number"}
        more = [SchemaField(name=name, type=kind) for name, kind in kinds.items()]  # type: ignore[arg-type]
        schema = replace(history.schema, fields=(*more, *history.schema.fields))
        wide = replace(history, schema=schema)
        past = [count(widen(rows, n), schema) for n, rows in enumerate(history.releases[:-1])]
        for _, _, rows in list_spoiled(history):
            found = {one[:2] for one in find(history, figures[:-1], rows) if one[1] not in ("", "day")}
            there += len(found)
            assert found <= {one[:2] for one in find(wide, past, widen(rows, len(past)))}
    assert there > 20


def test_the_table_of_kinds_is_that_of_the_grammar() -> None:
    assert tuple(KINDS) == ANOMALIES
    for name, kind in KINDS.items():
        limits = [limit for limit in (kind.tiers.tell, kind.tiers.warn, kind.tiers.hold) if limit is not None]
        assert limits and limits == sorted(limits) and name in CODES


@pytest.mark.parametrize(
    ("anomalies", "column", "size", "tier"),
    [
        (Anomalies(), "cost", 3, "warn"),
        (Anomalies(), "cost", 2, "ignore"),
        (Anomalies(), "cost", 11, "hold"),
        (Anomalies(kinds={"rows-jumped": "ignore"}), "cost", 99, "ignore"),
        (Anomalies(kinds={"rows-jumped": "tell"}), "cost", 99, "tell"),
        (Anomalies(kinds={"rows-jumped": "hold"}), "cost", 2, "ignore"),
        (Anomalies(kinds={"rows-jumped": Tiers(hold=2.5)}), "cost", 3, "hold"),
        (Anomalies(columns={"cost": {"rows-jumped": "ignore"}}), "cost", 11, "ignore"),
        (Anomalies(columns={"other": {"rows-jumped": "ignore"}}), "cost", 11, "hold"),
        (Anomalies(kinds={"rows-jumped": "hold"}, columns={"cost": {"rows-jumped": Tiers(warn=1)}}), "cost", 3, "warn"),
    ],
)
def test_its_owner_says_what_is_done(anomalies: Anomalies, column: str, size: float, tier: str) -> None:
    usual = Tiers(warn=2, hold=10)
    assert find_tier(anomalies, "rows-jumped", usual, column, size) == tier


# ---- periods ----------------------------------------------------------------------------------------------------


def field(name: str, kind: str) -> SchemaField:
    return SchemaField(name=name, type=kind, title=Text(ja=name))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "values", "shown"),
    [
        ("date", pa.array([date(2026, 1, 31), date(2026, 1, 31), None, date(2026, 2, 1)]), ["2026-01-31", "2026-02-01"]),
        ("year", pa.array([2025, 2025, None, 2026]), ["2025", "2026"]),
        ("yearmonth", pa.array(["2025-12", "2025-12", None, "2026-01"]), ["2025-12", "2026-01"]),
        ("datetime", pa.array([86_399_999_999, 0, None, 86_400_000_000], pa.timestamp("us")), ["1970-01-01", "1970-01-02"]),
    ],
)  # fmt: skip
def test_periods_are_counted_whatever_the_cut(kind: str, values: pa.Array, shown: list[str]) -> None:
    schema = Schema(fields=(field("when", kind), field("v", "string")), primaryKey=("when",))
    batch = pa.RecordBatch.from_arrays(
        [values, pa.array(["a", "b", "c", "a"]).dictionary_encode()], names=["when", "v"]
    )
    whole, cut = PeriodStats(schema), PeriodStats(schema)
    whole.add(batch)
    for n in range(batch.num_rows):
        cut.add(batch.slice(n, 1))
    periods = whole.close()
    assert periods is not None and periods == cut.close()
    assert [periods.show(period) for period in periods.counts] == shown
    assert [periods.read(text) for text in shown] == list(periods.counts)
    assert list(periods.counts.values()) == [2, 1]


def test_periods_of_the_same_rows_have_the_same_digest() -> None:
    schema = Schema(
        fields=(field("when", "year"), field("v", "number"), field("w", "string")), primaryKey=("when", "w")
    )
    rng = np.random.default_rng(1)
    numbers, words = rng.random(50), [f"w{n}" for n in range(50)]
    order = rng.permutation(50)
    years = [2024] * 50 + [2025] * 50 + [2026] * 50 + [2027] * 100
    cells = [*numbers, *numbers[order], *numbers, *numbers, *numbers]
    texts = [*words, *(words[n] for n in order), *words[1:], words[0], *words, *words]
    stats = PeriodStats(schema)
    stats.add(pa.RecordBatch.from_arrays([pa.array(years), pa.array(cells), pa.array(texts)], names=["when", "v", "w"]))
    periods = stats.close()
    assert periods is not None
    one, same, other, twice = periods.digests.values()
    assert one == same and one[0] != other[0] and one[1] != 0 == twice[1]


def test_the_page_tells_the_sizes_that_the_program_has() -> None:
    told = {}
    for line in (ROOT / "docs" / "anomalies.md").read_text("utf-8").splitlines():
        if match := re.match(r"\| `([a-z-]+)` \|.*\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", line):
            told[match[1]] = [None if cell == "–" else float(cell) for cell in match.groups()[1:]]
    assert told == {name: [kind.tiers.tell, kind.tiers.warn, kind.tiers.hold] for name, kind in KINDS.items()}
