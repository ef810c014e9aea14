from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entaku.check import vectors as check_vectors
from entaku.check.keys import KeyColumn, UniqueKey, hash_texts, number_array, number_value
from entaku.check.repeats import find_equal
from entaku.check.values import FRICTIONLESS
from entaku.check.vectors import ColumnReader
from entaku.store.desk import DiskSpill


def repeats(key: UniqueKey) -> list[int]:
    """The rows that share their number with an earlier one."""
    found = []
    for numbers, rows in key.repeats():
        found += rows[1:][numbers[1:] == numbers[:-1]].tolist()
    return sorted(found)


def add(key: UniqueKey, first: int, *columns: Sequence[str | None]) -> Any:
    looks = [known.column.look(pa.array(texts, pa.string())) for known, texts in zip(key.columns, columns, strict=True)]
    return key.add(looks, first)


def make(*kinds: str, nulls: str = "all", **options: Any) -> UniqueKey:
    columns = [ColumnReader({"name": kind, "type": kind}, {}, FRICTIONLESS) for kind in kinds]
    return UniqueKey(
        [KeyColumn(column) for column in columns], nulls, options.get("make_spill"), options.get("most", 10**9)
    )


def test_keys_repeat_by_value() -> None:
    key = make("integer")
    add(key, 2, ["1", "01", "+1", "2"])
    add(key, 6, ["1", "3", "-7", "-07"])
    assert repeats(key) == [3, 4, 6, 9]
    assert key.exact
    pair = make("integer", "number")
    add(pair, 2, ["1", "01", "+1", "2"], ["1.0", "1", "2", "1"])
    add(pair, 6, ["1", "3"], ["1.00", "1"])
    assert repeats(pair) == [3, 6]
    assert not pair.exact


def test_nulls_and_nan_repeat_nothing() -> None:
    alone = make("number", nulls="any")
    assert add(alone, 2, ["", "", "NaN", "NaN", "x", "x", "1", "1.0"]).tolist() == [
        True,
        True,
        False,
        False,
        True,
        True,
        False,
        False,
    ]
    assert repeats(alone) == [9]
    pair = make("string", "string")
    assert add(pair, 2, ["a", "a", "", ""], ["", "", "", ""]).tolist() == [False, False, True, True]
    assert repeats(pair) == [3]


KINDS = {
    "integer": ["1", "01", "+1", "-3", "20", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "0"],
    "number": ["1", "1.0", "-0", "0", "1e0", "0.1", "0.10000000000000000000001", "1e500", "NaN", "-INF", "1e5", "100000"],
    "string": ["a", "b", "", "None", "a long text that is no word"],
    "any": ["a", "1", "01", ""],
    "date": ["2025-04-01", "2024-02-29", "2025-02-29", "0001-01-01", "9999-12-31", "2025-4-1", "x"],
    "datetime": [
        "2025-04-01T10:00:00", "2025-04-01T10:00:00.5", "2025-04-01T10:00:00Z", "2025-04-01T19:00:00+09:00",
        "2025-04-01T24:00:00", "2025-04-02T00:00:00", "1969-12-31T23:59:59",
    ],
    "boolean": ["true", "1", "0", "false", "x"],
    "year": ["2025", "2024", " 202", "x"],
    "time": ["10:00:00", "10:00:00Z", "19:00:00+09:00", "24:00:00", "00:00:00"],
    "geopoint": ["1,2", "1.0,2.0", "2,1"],
}  # fmt: skip


@pytest.mark.parametrize("way", ["looked up", "told apart", "as vectors"])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_equal_where_values_are(kind: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_vectors, "FEW", 1000 if way == "looked up" else 0)
    if way == "as vectors":
        monkeypatch.setattr(check_vectors, "SAMPLE", 1)
        monkeypatch.setattr(check_vectors, "MANY", 1 << 30)
    column = ColumnReader({"name": kind, "type": kind}, {}, FRICTIONLESS)
    known, texts = KeyColumn(column), KINDS[kind]
    values = [column.value(text) for text in texts]
    alone = [known.number(column.look(pa.array([text], pa.string()))) for text in texts]
    whole = known.number(column.look(pa.array(texts, pa.string())))
    for at, value in enumerate(values):
        for found, place in ((alone[at], 0), (whole, at)):
            assert (found.null is not None and bool(found.null[place])) == (value is None)
            assert (found.never is not None and bool(found.never[place])) == (value is not None and value != value)
            if value is None or value != value:
                continue
            for other, wanted in zip(texts, values, strict=True):
                if wanted is not None and wanted == value:
                    assert found.numbers[place] == alone[texts.index(other)].numbers[0], (texts[at], other)
                elif wanted is not None and wanted == wanted and known.exact:
                    assert found.numbers[place] != alone[texts.index(other)].numbers[0], (texts[at], other)
    assert known.exact == (kind in ("date", "boolean", "year"))


def test_values_that_were_cast_have_the_numbers_of_those_that_were_read() -> None:
    for array, read in [
        (pa.array([5, -7, None, 2**62]), int),
        (pa.array([0.5, -0.0, None, 1e300]), Decimal),
        (pa.array([date(2025, 4, 1), date(1, 1, 1), None], pa.date32()), None),
        (pa.array([datetime(2025, 4, 1, 10), datetime(1, 1, 1), None], pa.timestamp("us")), None),
    ]:
        for number, value in zip(number_array(array).tolist(), array.to_pylist(), strict=True):
            if value is not None:
                assert number == number_value(read(value) if read else value)[0] % 2**64


@pytest.mark.parametrize("kind", ["integer", "string", "date"])
def test_a_key_of_different_values_is_read_by_none(kind: str) -> None:
    start = date(1, 1, 1)
    texts = [str(start + timedelta(n)) if kind == "date" else f"{n}" for n in range(60_000)]
    key = make(kind)
    key.columns[0].column.value = None  # type: ignore[assignment]
    key.columns[0].column.read = None  # type: ignore[assignment]
    for at in range(0, 60_000, 10_000):
        add(key, 2 + at, texts[at : at + 10_000])
    assert repeats(key) == []
    add(key, 60_002, [texts[7], texts[30_000]] * 600)
    assert len(repeats(key)) == 1200
    assert key.exact == (kind != "string")


def test_whole_numbers_beyond_64_bits_are_hashed() -> None:
    key = make("integer")
    add(key, 2, [str(2**64 + 1), "1", str(2**64 + 1), "+" + str(2**64 + 1)])
    assert repeats(key) == [4, 5]
    assert not key.exact


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "", "c"]), st.integers(0, 4)), max_size=60), st.integers(1, 9))
def test_repeats_are_the_same_in_memory_and_spilled(rows: list[tuple[str, int]], size: int) -> None:
    seen: dict[Any, int] = {}
    expected = []
    for row, pair in enumerate(rows, 2):
        if pair in seen:
            expected.append(row)
        seen[pair] = row
    for options in ({}, {"make_spill": DiskSpill, "most": 5}):
        key = make("string", "integer", **options)
        for at in range(0, len(rows), size):
            some = rows[at : at + size]
            add(key, 2 + at, [text for text, _ in some], [str(number) for _, number in some])
        assert repeats(key) == expected


@settings(max_examples=60)
@given(st.lists(st.integers(0, 30) | st.integers(0, 2**64 - 1), max_size=200))
def test_equal_numbers_are_found(numbers: list[int]) -> None:
    expected = [place for place, number in enumerate(numbers) if numbers.count(number) > 1]
    assert find_equal(np.array(numbers, np.uint64)).tolist() == expected


@settings(max_examples=60)
@given(st.lists(st.text(max_size=40), max_size=40), st.integers(0, 5))
def test_texts_hash_alike_only_if_equal(texts: list[str], start: int) -> None:
    hashes = hash_texts(pa.array(["??"] * start + texts, pa.string()).slice(start)).tolist()
    assert len(set(hashes)) == len(set(texts))
    assert hashes == [hash_texts(pa.array([text], pa.string()))[0] for text in texts]
