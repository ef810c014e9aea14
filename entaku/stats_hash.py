"""Hashes of row numbers (32 bits) and of values (64 bits), the same on every machine and in every run."""

from typing import TYPE_CHECKING, Any

import numpy as np

from entaku.arrays import to_numbers

if TYPE_CHECKING:
    import pyarrow as pa

    Hashes = np.ndarray[Any, np.dtype[np.uint64]]

_ODD = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 2**64))


def _mix(numbers: "Hashes") -> "Hashes":
    """SplitMix64's finaliser (Steele, Lea and Flood 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def hash_rows(start: int, count: int) -> "np.ndarray[Any, np.dtype[np.uint32]]":
    """Hashes of the row numbers from `start` on: different ones for the first 2**32 rows (Wellons 2018, "lowbias32")."""
    numbers = np.arange(count, dtype=np.uint32) + np.uint32((start + 1) % 2**32)
    numbers ^= numbers >> np.uint32(16)
    numbers *= np.uint32(0x7FEB352D)
    numbers ^= numbers >> np.uint32(15)
    numbers *= np.uint32(0x846CA68B)
    numbers ^= numbers >> np.uint32(16)
    return numbers


def hash_values(values: "pa.Array") -> "Hashes":
    """Hashes of values without nulls: of texts by their bytes, of everything else by its 64 bits."""
    import pyarrow as pa

    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _hash_texts(values)
    if pa.types.is_boolean(kind):
        return _mix(to_numbers(values.cast(pa.int8())).astype(np.uint64) + _ODD)
    if pa.types.is_floating(kind):
        return _mix(to_numbers(values.cast(pa.float64())).view(np.uint64) + _ODD)
    whole = values.cast(pa.int32()) if pa.types.is_date32(kind) else values
    return _mix(to_numbers(whole.cast(pa.int64())).view(np.uint64) + _ODD)


def _hash_texts(texts: "pa.Array") -> "Hashes":
    """Each text's bytes as the digits of a number to an odd base, modulo 2**64, then mixed."""
    import pyarrow as pa

    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    ends = np.frombuffer(texts.buffers()[1], kind)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    data = texts.buffers()[2]
    size = int(ends[-1] - ends[0])
    sums = np.zeros(size + 1, np.uint64)
    if size:
        digits = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]].astype(np.uint64) + np.uint64(1)
        np.cumsum(_mix(digits) * _powers(_ODD, size), out=sums[1:])
    starts, stops = ends[:-1] - ends[0], ends[1:] - ends[0]
    numbers = (sums[stops] - sums[starts]) * _powers(_INVERSE, size + 1)[starts]
    return _mix(numbers + (stops - starts).astype(np.uint64) * _ODD)


def _powers(base: np.uint64, count: int) -> "Hashes":
    """1, base, base**2, … modulo 2**64."""
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)
