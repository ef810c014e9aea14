"""What is unusual of a release beside earlier ones is found, and nothing on quiet histories."""

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from projects import ROOT
from quiet import Figures, History, Rows, count, find, list_spoiled, make_history

from entaku.model.anomalies import ANOMALIES, Anomalies, Tiers, find_tier
from entaku.model.grammar import Resource
from entaku.model.table_schema import Constraints, Schema, SchemaField
from entaku.model.words import Text
from entaku.release.anomalies import CODES, KINDS, measure
from entaku.release.compared import Compared, Odd
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


DAY, AREA = SchemaField(name="day", type="date", constraints=Constraints(required=True)), SchemaField(name="area")


def find_odd(past: Iterable[Rows], new: Rows, *fields: SchemaField) -> list[Odd]:
    """What is unusual of a table with these columns beside the same of earlier releases."""
    schema = Schema(fields=fields)
    table = Resource(name="t", title=Text(ja="表"), schema=schema)
    return list(
        measure(Compared(table, count(new, schema), [replace(count(one, schema), periods=None) for one in past]))
    )


def list_open(first: date, weeks: int, days: int) -> list[date]:
    """The days of so many weeks that are among the first of theirs."""
    return [first + timedelta(7 * week + day) for week in range(weeks) for day in range(days)]


def test_a_release_without_rows_does_not_hide_what_is_lost_after_it() -> None:
    found = find_odd([{"area": ["港区"] * n} for n in (100, 0, 100)], {"area": ["港区"] * 30}, AREA)
    assert [(odd.kind, odd.old, odd.new, round(odd.size, 3)) for odd in found] == [("rows-lost", "100", "30", 0.7)]


def test_a_table_that_has_no_rows_left_is_told_as_that_alone() -> None:
    [odd] = find_odd([{"area": ["港区", "北区"] * 50}] * 4, {"area": []}, AREA)
    assert (odd.code, odd.old, odd.new) == ("no-rows-left", "100", "0")


def test_a_column_that_no_release_had_before_is_not_judged() -> None:
    old, wide = Schema(fields=(AREA,)), Schema(fields=(AREA, SchemaField(name="kg", type="number")))
    past = [count({"area": ["港区", "北区"] * 20}, old)] * 4
    new = count({"area": ["港区", "北区"] * 20, "kg": [None] * 40}, wide)
    assert list(measure(Compared(Resource(name="t", title=Text(ja="表"), schema=wide), new, past))) == []


def test_days_after_a_long_gap_lack_all_days_of_it() -> None:
    week = [*list_open(date(2026, 6, 1), 1, 7), date(2026, 6, 8)]
    found = find_odd([{"day": week}], {"day": [*week, date(2026, 6, 29)]}, DAY)
    [odd] = [odd for odd in found if odd.kind != "dates-far"]
    assert (odd.kind, odd.size, odd.new) == ("period-missing", 20, "9")
    assert odd.args["values"] == "2026-06-09, 2026-06-10, 2026-06-11, 2026-06-12, 2026-06-13…"


def test_days_are_missing_where_their_day_of_the_week_is_hardly_ever_without_rows() -> None:
    days = list_open(date(2026, 1, 5), 21, 6)  # Mondays to Saturdays
    various, mondays = {days[6 * 4], days[6 * 9 + 2], days[6 * 14 + 4]}, {days[6 * 4], days[6 * 9], days[6 * 14]}
    [odd] = find_odd([{"day": days}], {"day": [day for day in days if day not in various]}, DAY)
    assert (odd.kind, odd.args["values"]) == ("period-missing", "2026-02-02, 2026-03-11, 2026-04-17")
    assert find_odd([{"day": days}], {"day": [day for day in days if day not in mondays]}, DAY) == []


def test_a_new_period_is_compared_with_four_earlier_ones_at_least() -> None:
    def rows(months: int, *areas: str) -> Rows:
        """So many months of the same areas, then one of these."""
        days = [date(2026, month, 1) for month in range(1, months + 1) for _ in range(40)]
        kept = ["港区", "北区"] * (20 * months)
        return {"day": days + [date(2026, months + 1, 1)] * len(areas), "area": [*kept, *areas]}

    def find_areas(months: int) -> list[tuple[str, str]]:
        found = find_odd([rows(months)] * 2, rows(months, *["港区", "西区"] * 20), DAY, AREA)
        return [(odd.kind, odd.period[1]) for odd in found if odd.column == "area"]

    assert find_areas(3) == []
    assert find_areas(4) == [("categories-lost", "2026-05-01"), ("categories-new", "2026-05-01")]


def test_every_column_of_codes_that_were_cut_is_found() -> None:
    memo, one, other = (SchemaField(name=name) for name in ("memo", "one", "other"))
    codes, cut = [f"{n:05}" for n in range(10)] * 4, [str(n) for n in range(10)] * 4
    past = [{"memo": [None] * 40, "one": codes, "other": codes}] * 4
    found = find_odd(past, {"memo": [None] * 40, "one": cut, "other": cut}, memo, one, other)
    told = [(odd.column, odd.size, odd.old, odd.new) for odd in found if odd.kind == "codes-cut"]
    assert told == [("one", 1.0, "5", "1"), ("other", 1.0, "5", "1")]


def test_codes_among_names_of_a_few_kinds_are_found_without_their_zeros() -> None:
    past = {"area": ["01", "02", "13", "不明"] * 10}
    found = find_odd([past] * 4, {"area": ["1", "2", "13", "不明"] * 10}, AREA)
    [odd] = [odd for odd in found if odd.kind == "codes-cut"]
    assert (odd.column, odd.size, odd.old, odd.new) == ("area", 0.5, '"01"', '"1"')
    assert [text for text in ("1", "2", "01", "13") if odd.shows(text)] == ["1", "2"]


def test_a_column_that_always_had_one_value_is_quiet_and_one_that_never_had_is_not() -> None:
    always, varied = {"area": ["港区"] * 40}, {"area": ["港区", "北区"] * 20}
    assert find_odd([always] * 4, always, AREA) == []
    found = [(odd.kind, odd.old, odd.new) for odd in find_odd([varied] * 4, always, AREA)]
    assert ("values-constant", "2", "港区") in found


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
