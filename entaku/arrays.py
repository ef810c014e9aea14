"""Arrow arrays from and to numpy and lists, without pandas, which pyarrow's own ways load (0.3 s) if it is there."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

NO_TEXT = pa.nulls(1, pa.string())[0]
"""A null."""

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def make_texts(values: Iterable[str | None]) -> pa.StringArray:
    """Texts as an array; None is null."""
    listed = list(values)
    pieces = [b"" if value is None else value.encode() for value in listed]
    offsets = np.zeros(len(pieces) + 1, np.int32)
    np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
    bits = None
    if None in listed:
        bits = pa.py_buffer(np.packbits([value is not None for value in listed], bitorder="little").tobytes())
    return pa.StringArray.from_buffers(len(pieces), pa.py_buffer(offsets), pa.py_buffer(b"".join(pieces)), bits)


def make_numbers(values: Sequence[int] | np.ndarray[Any, Any]) -> pa.Int64Array:
    """Integers as an array; no nulls."""
    numbers = np.ascontiguousarray(values, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def make_flags(mask: Mask) -> pa.BooleanArray:
    """A mask as booleans; no nulls."""
    bits = np.packbits(mask, bitorder="little").tobytes()
    return pa.Array.from_buffers(pa.bool_(), len(mask), [None, pa.py_buffer(bits)])


def to_mask(flags: pa.BooleanArray) -> Mask:
    """Booleans as a mask, null as False."""
    start, end = flags.offset, flags.offset + len(flags)
    validity, data = flags.buffers()
    if start == end:
        return np.zeros(0, np.bool_)
    bits = np.frombuffer(data, np.uint8)
    if flags.null_count:
        bits = bits[: len(validity)] & np.frombuffer(validity, np.uint8)[: len(bits)]
    mask: Mask = np.unpackbits(bits, count=end, bitorder="little")[start:].view(np.bool_)
    return mask


def to_numbers(numbers: pa.Array) -> np.ndarray[Any, Any]:
    """Integers or floats as they lie in memory; what stands in the place of a null is no matter."""
    kind = np.dtype(str(numbers.type).replace("double", "float64"))
    if not len(numbers):
        return np.zeros(0, kind)
    return np.frombuffer(numbers.buffers()[1], kind)[numbers.offset : numbers.offset + len(numbers)]


def measure(texts: pa.StringArray) -> np.ndarray[Any, np.dtype[np.int32]]:
    """The bytes of each text."""
    if not len(texts):
        return np.zeros(0, np.int32)
    offsets = np.frombuffer(texts.buffers()[1], np.int32)
    return np.diff(offsets[texts.offset : texts.offset + len(texts) + 1])
