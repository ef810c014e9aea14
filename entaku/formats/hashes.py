"""64-bit hashes of columns of text, computed over all rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from entaku.formats.heavy import pa

Numbers = np.ndarray[Any, np.dtype[np.uint64]]

ODD = np.uint64(0x9E3779B97F4A7C15)
MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_NO_SALT = np.uint64(0)


def mix(numbers: Numbers) -> Numbers:
    """Mix 64-bit numbers by a bijection that spreads them evenly (the finish of SplitMix64)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * MIX[0]
    numbers = (numbers ^ (numbers >> np.uint64(27))) * MIX[1]
    return numbers ^ (numbers >> np.uint64(31))


def hash_text(text: str) -> int:
    """Return 64 bits of BLAKE2b."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def hash_texts(texts: pa.Array, salt: np.uint64 = _NO_SALT) -> Numbers:
    """Return a 64-bit hash of each text of a string array, computed eight bytes at a time over all rows."""
    _, offset_buffer, data = texts.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    starts, lengths = offsets[:-1], np.diff(offsets)
    numbers: Numbers = mix((lengths.astype(np.uint64) + ODD) ^ salt)
    if data is None or not len(texts) or not lengths.any():
        return numbers
    low, high = int(offsets[0]), int(offsets[-1])
    padded = np.frombuffer(bytes(memoryview(data)[low:high]) + bytes(8), np.uint8)
    words = np.lib.stride_tricks.as_strided(padded[:8].view(np.uint64), (len(padded) - 7,), (1,))
    masks = np.array([(1 << (8 * size)) - 1 for size in range(9)], np.uint64)
    starts = starts - low
    rows = np.arange(len(texts))
    for at in range(0, int(lengths.max()), 8):
        rows = rows[lengths[rows] > at]
        left = np.minimum(lengths[rows] - at, 8)
        word = words[starts[rows] + at] & masks[left]
        numbers[rows] = mix((numbers[rows] ^ word) * ODD + np.uint64(at + 1))
    return numbers


def join_numbers(parts: Sequence[Numbers]) -> Numbers:
    """Combine the numbers of a row's columns into one hash per row."""
    numbers = mix(parts[0] * ODD)
    for some in parts[1:]:
        numbers = mix((numbers ^ some) * ODD)
    return numbers
