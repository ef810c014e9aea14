import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entaku.formats.arrays import Marks, make_flags, make_numbers, make_texts, to_mask, to_numbers


@settings(max_examples=60)
@given(st.lists(st.none() | st.booleans(), max_size=40), st.integers(0, 12), st.integers(0, 12))
def test_slices_of_booleans_as_masks(flags: list[bool | None], start: int, end: int) -> None:
    some = pa.array(flags, pa.bool_())[start : len(flags) - end]
    assert to_mask(some).tolist() == [bool(flag) for flag in some.to_pylist()]
    assert make_flags(to_mask(some)).to_pylist() == [bool(flag) for flag in some.to_pylist()]


@settings(max_examples=60)
@given(st.lists(st.none() | st.text(max_size=5)))
def test_texts(texts: list[str | None]) -> None:
    made = make_texts(texts)
    made.validate(full=True)
    assert made.to_pylist() == texts


@settings(max_examples=60)
@given(st.lists(st.none() | st.sampled_from(["", "-", "…", "長い値", "--"])), st.sets(st.sampled_from(["", "-", "…"])))
def test_marks_for_no_value(texts: list[str | None], marks: set[str]) -> None:
    wanted = [None if text in marks else text for text in texts]
    for start in (0, min(2, len(texts))):
        made = Marks(marks).blank(make_texts(texts)[start:])
        made.validate(full=True)
        assert made.to_pylist() == wanted[start:]
        assert made.null_count == wanted[start:].count(None)


@pytest.mark.parametrize("kind", [pa.int32(), pa.int64(), pa.uint8(), pa.float64()], ids=str)
def test_slices_of_numbers(kind: pa.DataType) -> None:
    for size in (0, 1, 20):
        assert to_numbers(pa.array(range(size), kind)[1:]).tolist() == list(range(size))[1:]
    assert make_numbers([3, 1]).to_pylist() == make_numbers(np.array([3, 1], np.uint32)).to_pylist() == [3, 1]
