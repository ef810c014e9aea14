"""Column profiles: exact where values are few, honest estimates beyond, and the same however rows are cut."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wholes import profile_table

from entaku.check.casts import Columns
from entaku.check.schema import arrow_type
from entaku.formats.arrays import Blocks
from entaku.model.profile import Bar, Lengths, Profile, read_profile, show_profile
from entaku.model.table_schema import Schema, SchemaField
from entaku.release import stats
from entaku.release.scale import hash_rows, hash_values


def profile(values: Sequence[Any], kind: str, size: int = 1000) -> Profile:
    field = SchemaField(name="x", type=kind)  # type: ignore[arg-type]
    array = pa.array(values, arrow_type(field))
    batches = [pa.record_batch({"x": array.slice(at, size)}) for at in range(0, max(len(array), 1), size)]
    (made,) = profile_table(batches, Schema(fields=(field,)))
    assert read_profile(json.loads(json.dumps(show_profile(made), allow_nan=False))) == made
    return made


def test_numbers() -> None:
    made = profile([3.0, 1.5, None, 3.0, 10.0], "number")
    assert (made.rows, made.nulls, made.distinct, made.exact) == (5, 1, 3, True)
    assert (made.least, made.most) == (1.5, 10)
    assert made.quantiles == ((0.05, 1.5), (0.25, 1.5), (0.5, 3), (0.75, 3), (0.95, 10))
    assert made.top == ((3, 2), (1.5, 1), (10, 1))
    assert made.histogram[0] == Bar(1.5, 2, 1)
    assert made.histogram[-1] == Bar(10, 10.5, 1)
    assert sum(bar.count for bar in made.histogram) == 4
    assert made.lengths is None


def test_nan_and_infinity_are_values_but_no_places() -> None:
    made = profile([math.nan, math.inf, -0.0, 0.0, 2.0, math.nan], "number")
    assert made.distinct == 4
    assert (made.least, made.most) == (0, "Infinity")
    assert made.top == ((0, 2), ("NaN", 2), (2, 1), ("Infinity", 1))
    assert sum(bar.count for bar in made.histogram) == 3


@pytest.mark.parametrize("kind", ["number", "integer", "date", "string", "list", "boolean", "time", "datetime", "year"])
def test_a_column_without_values(kind: str) -> None:
    for values in ([], [None, None]):
        made = profile(values, kind)
        assert made == Profile("x", kind, len(values), len(values), 0, True)


def test_dates_have_bars_of_days_months_or_years() -> None:
    made = profile([date(2026, 6, 3), date(2026, 6, 1), date(2026, 6, 3), None], "date")
    assert (made.least, made.most, made.distinct) == ("2026-06-01", "2026-06-03", 2)
    assert made.histogram == (
        Bar("2026-06-01", "2026-06-02", 1), Bar("2026-06-02", "2026-06-03", 0), Bar("2026-06-03", "2026-06-04", 2),
    )  # fmt: skip
    assert made.quantiles[2] == (0.5, "2026-06-03")
    months = profile([date(2025, 11, 30), date(2026, 2, 1)], "date").histogram
    assert [(bar.low, bar.count) for bar in months] == [
        ("2025-11-01", 1), ("2025-12-01", 0), ("2026-01-01", 0), ("2026-02-01", 1),
    ]  # fmt: skip
    years = profile([date(1888, 1, 1), date(2026, 12, 31)], "date").histogram
    assert (years[0].low, years[-1].high, years[0].count, years[-1].count) == ("1880-01-01", "2030-01-01", 1, 1)


def test_months_have_a_first_and_a_last() -> None:
    made = profile(["2024-12", None, "2024-04", "2025-03", "2024-12"], "yearmonth", size=2)
    assert (made.least, made.most, made.distinct, made.quantiles) == ("2024-04", "2025-03", 3, ())
    assert profile([None], "yearmonth").least is None


def test_moments_and_times() -> None:
    made = profile([datetime(2026, 6, 1, 9, 30), datetime(2026, 6, 1, 21, 0, 0, 5)], "datetime")
    assert (made.least, made.most) == ("2026-06-01T09:30:00", "2026-06-01T21:00:00.000005")
    assert sum(bar.count for bar in made.histogram) == 2
    made = profile([time(0, 0), time(23, 59, 59), time(9, 0)], "time")
    assert (made.least, made.most) == ("00:00:00", "23:59:59")
    assert made.histogram[0].low == "00:00:00"
    assert made.histogram[-1].high == "23:59:59.999999"
    assert sum(bar.count for bar in made.histogram) == 3


def test_texts_lists_and_booleans() -> None:
    made = profile(["か", "か\u3099き", None, "", "か"], "string")
    assert made.top == (("か", 2), ("", 1), ("か\u3099き", 1))
    assert made.lengths == Lengths(0, 3, 1.25)
    assert (made.least, made.quantiles, made.histogram) == (None, (), ())
    made = profile([["B1", "1"], [], None, ["1"]], "list")
    assert (made.nulls, made.distinct, made.top) == (1, 2, (("1", 2), ("B1", 1)))
    assert made.lengths == Lengths(0, 2, 1.0)
    made = profile([True, None, False, True], "boolean")
    assert (made.distinct, made.top) == (2, ((True, 2), (False, 1)))


def test_dictionaries_are_counted_by_their_codes() -> None:
    field = SchemaField(name="x")
    codes = pa.DictionaryArray.from_arrays(pa.array([0, 2, None, 0]), pa.array(["a", "never", "b"]))
    (made,) = profile_table([pa.record_batch({"x": codes})], Schema(fields=(field,)))
    assert (made.nulls, made.distinct, made.top) == (1, 2, (("a", 2), ("b", 1)))


@pytest.mark.parametrize("kind", ["integer", "date", "list", "string"])
def test_coded_columns_have_the_profile_of_plain_ones(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [("", "7", "42", "007")[n % 4] if kind != "date" else f"2026-06-{n % 30 + 1:02}" for n in range(5_000)]
    if kind in ("integer", "string"):
        monkeypatch.setattr(stats, "LIMIT", 300)
        texts += [f"{n}" for n in range(2_000)]
    schema = Schema(fields=(SchemaField(name="x", type=kind),))  # type: ignore[arg-type]
    columns = Columns(schema)
    batches = [pa.record_batch({"x": pa.array(texts[at : at + 999])}) for at in range(0, len(texts), 999)]
    plain = profile_table((columns.cast(batch) for batch in batches), schema)
    assert profile_table((columns.code(batch) for batch in batches), schema) == plain


@settings(max_examples=60)
@given(st.lists(st.none() | st.integers(-9, 9) | st.integers(-(2**63), 2**63 - 1), max_size=12))
def test_numbers_are_counted_whether_close_or_not(numbers: list[int | None]) -> None:
    values, counts = stats._count_values(pa.array(numbers, pa.int64()))
    found = dict(zip(values.to_pylist(), counts.tolist(), strict=True))
    assert found == Counter(number for number in numbers if number is not None)


@settings(max_examples=100)
@given(st.lists(st.none() | st.integers(-9999, 9999).map(lambda n: n / 1000) | st.integers(0, 99).map(lambda n: n / 10)
                | st.floats(), max_size=12))  # fmt: skip
@example([0.1, None, 0.3, 0.1 + 0.2])
@example([1e300, 1e300, 1e-320])
@example([0.5] * 100 + [0.25, math.nan])
def test_decimals_are_counted_whether_short_or_not(numbers: list[float | None]) -> None:
    values, counts = stats._count_values(pa.array(numbers, pa.float64()))
    found = dict(zip(map(repr, values.to_pylist()), counts.tolist(), strict=True))
    assert found == Counter(repr(number + 0.0) for number in numbers if number is not None)


def test_values_that_are_let_go_do_not_depend_on_the_order_of_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "LIMIT", 300)
    monkeypatch.setattr(stats, "KEPT", 50)
    texts = [f"{n * 7919 % 1000}" for n in range(5_000)]
    schema = Schema(fields=(SchemaField(name="x"),))
    backwards = pa.array(sorted(set(texts), reverse=True))
    codes = pa.DictionaryArray.from_arrays(pa.array([backwards.index(text).as_py() for text in texts]), backwards)
    (plain,) = profile_table([pa.record_batch({"x": pa.array(texts)})], schema)
    (coded,) = profile_table([pa.record_batch({"x": codes})], schema)
    assert plain == coded
    assert not plain.exact


@pytest.mark.parametrize("common", [False, True])
def test_numbers_that_rise_are_counted_as_any_other(common: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """`common`: every block has the number 7, too."""
    monkeypatch.setattr(stats, "LIMIT", 300)
    monkeypatch.setattr(stats, "KEPT", 50)
    monkeypatch.setattr(stats, "Blocks", lambda: Blocks(100))
    numbers = [7 if common and n % 100 == 0 else n for n in range(5_000)]
    risen = profile(numbers, "integer")
    monkeypatch.setattr(stats, "_are_apart", lambda parts: len(parts) < 2)
    assert profile(numbers, "integer") == risen
    assert not risen.exact
    assert risen.top == (((7, 51),) if common else ())


VALUES = {
    "integer": st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.1, 0.2, 1e300, 5e-324, 7.0]),
    "date": st.dates(),
    "datetime": st.datetimes(),
    "time": st.times(),
    "string": st.text(max_size=3),
    "boolean": st.booleans(),
}


@settings(max_examples=150)
@given(st.data(), st.sampled_from(sorted(VALUES)), st.integers(1, 9))
def test_few_values_are_told_exactly(data: st.DataObject, kind: str, size: int) -> None:
    values = data.draw(st.lists(st.none() | VALUES[kind], max_size=40))
    made = profile(values, kind, size)
    assert made == profile(values, kind)
    there = [value for value in values if value is not None]
    counts = Counter(there)
    assert (made.rows, made.nulls, made.distinct, made.exact) == (
        len(values),
        len(values) - len(there),
        len(counts),
        True,
    )
    assert sorted(n for _, n in made.top) == sorted(n for _, n in counts.most_common(10))
    if kind == "string" and there:
        assert dict(made.top).items() <= counts.items()
        assert made.lengths == Lengths(
            min(map(len, there)), max(map(len, there)), round(sum(map(len, there)) / len(there), 2)
        )
    if made.histogram:
        assert sum(bar.count for bar in made.histogram) == len(there)
        assert len(made.histogram) <= 40
        assert all(one.high == two.low for one, two in zip(made.histogram, made.histogram[1:], strict=False))
    if kind in ("integer", "number") and there:
        assert (made.least, made.most) == (min(there), max(there))
        ordered = sorted(there)
        for share, value in made.quantiles:
            assert value == ordered[max(1, math.ceil(share * len(ordered) - 1e-9)) - 1]
    if kind == "date" and there:
        assert (made.least, made.most) == (min(there).isoformat(), max(there).isoformat())


def test_many_values_are_estimated_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "LIMIT", 5_000)
    monkeypatch.setattr(stats, "KEPT", 2_000)
    rows = 250_000
    numbers = np.arange(rows) * 7919 % rows  # every number once
    made = profile(numbers, "integer", 70_001)
    assert not made.exact
    assert abs(made.distinct - rows) < rows * 0.05
    assert (made.least, made.most) == (0, rows - 1)
    for share, value in made.quantiles:
        assert abs(int(value) - share * rows) < rows * 0.02
    assert abs(sum(bar.count for bar in made.histogram) - rows) < 50
    assert made.top == ()
    assert made == profile(numbers, "integer", 12_345)
    texts = [f"品目{n}" if n % 3 else "りんご" for n in range(rows)]
    made = profile(texts, "string", 70_001)
    assert not made.exact
    assert abs(made.distinct - (rows * 2 // 3)) < rows * 0.05
    assert made.top[0][0] == "りんご"
    assert len(made.top) == 1
    assert 0.9 * rows / 3 <= made.top[0][1] <= rows / 3 + 1
    assert made == profile(texts, "string", 5_003)


def test_long_texts_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "MAX_TEXT", 10_000)
    made = profile([f"{n:0>500}" for n in range(1_000)], "string")
    assert not made.exact
    assert made.distinct == 1_000


def test_hashes_are_the_same_everywhere() -> None:
    assert hash_rows(0, 2).tolist() == [1753845952, 3507691905]
    assert hash_rows(2**32 - 1, 2).tolist() == [0, 1753845952]
    assert hash_rows(1, 1).tolist() == hash_rows(0, 2).tolist()[1:]
    texts = pa.array(["", "a", "a\0", "円卓", "卓円", "aa"])
    hashes = hash_values(texts).tolist()
    assert len(set(hashes)) == 6
    assert hash_values(texts.slice(2, 3)).tolist() == hashes[2:5]
    assert hash_values(texts.cast(pa.large_string())).tolist() == hashes


@given(st.lists(st.text(max_size=8), unique=True, max_size=50))
def test_different_texts_have_different_hashes(texts: list[str]) -> None:
    assert len(set(hash_values(pa.array(texts, pa.string())).tolist())) == len(texts)
