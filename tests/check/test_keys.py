from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entaku.check import keys as check_keys
from entaku.check.keys import Coder, UniqueKey, hash_texts
from entaku.check.repeats import Seen, find_equal
from entaku.check.values import FRICTIONLESS
from entaku.check.vectors import Column
from entaku.store.desk import DiskSpill


def repeats(key: UniqueKey) -> list[int]:
    """The rows that share their number with an earlier one."""
    found = []
    for numbers, rows in key.repeats():
        found += rows[1:][numbers[1:] == numbers[:-1]].tolist()
    return sorted(found)


def add(key: UniqueKey, first: int, *columns: Sequence[str | None]) -> Any:
    looks = [coder.column.look(pa.array(texts, pa.string())) for coder, texts in zip(key.coders, columns, strict=True)]
    return key.add(looks, first)


def make(*kinds: str, nulls: str = "all", **options: Any) -> UniqueKey:
    columns = [Column({"name": kind, "type": kind}, {}, FRICTIONLESS) for kind in kinds]
    return UniqueKey(
        [Coder(column) for column in columns], nulls, options.get("make_spill"), options.get("most", 10**9)
    )


def test_keys_repeat_by_value() -> None:
    key = make("integer", "number")
    add(key, 2, ["1", "01", "+1", "2"], ["1.0", "1", "2", "1"])
    add(key, 6, ["1", "3"], ["1.00", "1"])
    assert repeats(key) == [3, 6]
    assert key.exact


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


def test_columns_that_grow_get_wider() -> None:
    key = make("string", "string", "string")
    for batch in range(20):
        texts = [f"{batch}-{n}" for n in range(100)]
        add(key, 2 + 100 * batch, texts, ["a"] * 100, texts[::-1])
    assert repeats(key) == [] and key.exact
    add(key, 2002, ["3-4"], ["a"], ["3-95"])
    assert repeats(key) == [2002]


@pytest.mark.parametrize("kind", ["string", "integer", "number", "date"])
def test_values_beyond_counting_are_hashed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_keys, "MAX_CODES", 50)
    texts = [f"20{n:02}-01-01" for n in range(100)] if kind == "date" else [str(n) for n in range(100)]
    key = make(kind, "string")
    for at in range(0, 100, 20):
        add(key, 2 + at, texts[at : at + 20], ["x"] * 20)
    odd = {"string": "7", "integer": "+07", "number": "7.0", "date": "2007-01-01"}[kind]
    add(key, 102, [odd, texts[60], "", ""], ["x", "x", "x", "x"])
    assert not key.exact
    assert repeats(key) == [102, 103, 105]


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


def test_a_rewrite_keeps_the_rows() -> None:
    seen = Seen(DiskSpill, 10)
    for first in range(2, 102, 5):
        seen.add(np.arange(first, first + 5, dtype=np.uint64) % np.uint64(60), first)
    parts = seen.rewrite(lambda numbers: numbers * np.uint64(3)).repeats()
    assert sorted(row for _, rows in parts for row in rows.tolist()) == sorted([*range(2, 42), *range(62, 102)])
