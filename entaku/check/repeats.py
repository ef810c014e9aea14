"""Search for repeated key numbers of a table's rows, in bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np

from entaku.formats.arrays import list_distinct
from entaku.formats.hashes import MIX, ODD, Numbers

PARTS = 256
"""Parts of the keys that are searched one after the other; at most 256."""
MAX_KEPT, FEW = 4_000_000, 50_000
"""Keys of a table kept in memory before they are spilled; keys that are searched at once."""
DIVIDED = 250_000
"""Keys that are divided at once."""

Rows = np.ndarray[Any, np.dtype[np.uint32]]

_SPREAD = np.uint64(0xD6E8FEB86659FD93)


class Spill(Protocol):
    """Storage outside of memory for bytes in numbered parts, each in the order of writing."""

    def write(self, part: int, data: bytes) -> None:
        """Append bytes to a part."""

    def read(self, part: int) -> bytes:
        """Return all bytes of a part."""


class SeenKeys:
    """The key numbers of all rows, in memory up to a limit and then in a spill."""

    def __init__(self, make_spill: Callable[[], Spill] | None, max_kept: int = MAX_KEPT) -> None:
        self._make_spill, self._max_kept = make_spill, max_kept
        self._spill: Spill | None = None
        self._kept: list[Keys] = []
        self._count = 0

    def add(self, numbers: Numbers, rows: Rows | int) -> None:
        """Add the keys of more rows; an int for `rows` is the number of the first of consecutive rows."""
        self._kept.append((numbers, rows))
        self._count += len(numbers)
        if self._make_spill and self._count > self._max_kept:
            self._spill = self._spill or self._make_spill()
            self._put_away(self._spill)

    def _put_away(self, spill: Spill) -> None:
        for part, pieces in enumerate(_divide(self._kept, PARTS)):
            if not pieces:
                continue
            spill.write(part, _join([numbers for numbers, _ in pieces], np.uint64).tobytes())
            spill.write(PARTS + part, _join_rows(pieces).tobytes())
        self._kept, self._count = [], 0

    def _parts(self) -> Iterator[tuple[Numbers, Callable[[], Rows]]]:
        """Yield all keys so far in parts, equal keys in the same part, each with a function that reads their rows."""
        if self._spill is None:
            for pieces in _divide(self._kept, PARTS if self._count > FEW else 1):
                yield _join([numbers for numbers, _ in pieces], np.uint64), partial(_join_rows, pieces)
            return
        if self._kept:
            self._put_away(self._spill)
        for part in range(PARTS):
            yield np.frombuffer(self._spill.read(part), np.uint64), partial(_read_rows, self._spill, PARTS + part)

    def repeats(self) -> Iterator[tuple[Numbers, Rows]]:
        """Yield the rows whose number another row has, sorted by number, then by row."""
        for numbers, list_rows in self._parts():
            places = find_equal(numbers)
            if len(places):
                numbers, rows = numbers[places], list_rows()[places]
                order = np.lexsort((rows, numbers))
                yield numbers[order], rows[order]


Keys = tuple[Numbers, Rows | int]
"""Key numbers, and their rows or the first of consecutive rows."""


def _list_rows(numbers: Numbers, rows: Rows | int) -> Rows:
    return np.arange(rows, rows + len(numbers), dtype=np.uint32) if isinstance(rows, int) else rows


def _join(pieces: Sequence[Any], kind: Any) -> Any:
    return np.concatenate(pieces) if pieces else np.array([], kind)


def _join_rows(pieces: Sequence[Keys]) -> Rows:
    found: Rows = _join([_list_rows(*piece) for piece in pieces], np.uint32)
    return found


def _read_rows(spill: Spill, part: int) -> Rows:
    return np.frombuffer(spill.read(part), np.uint32)


def _divide(kept: Sequence[Keys], parts: int) -> list[list[Keys]]:
    """Divide keys into parts, equal keys into the same part, in the order of their rows."""
    if parts == 1:
        return [list(kept)]
    shift = np.uint64(65 - parts.bit_length())
    divided: list[list[Keys]] = [[] for _ in range(parts)]
    for some in _gather(kept):
        numbers: Numbers = _join([each for each, _ in some], np.uint64)
        of = (numbers * _SPREAD >> shift).astype(np.uint8)
        order = np.argsort(of, kind="stable")
        numbers, there = numbers[order], _join_rows(some)[order]
        start = 0
        for part, end in enumerate(np.cumsum(np.bincount(of, minlength=parts)).tolist()):
            if end > start:
                divided[part].append((numbers[start:end], there[start:end]))
            start = end
    return divided


def _gather(kept: Sequence[Keys]) -> Iterator[list[Keys]]:
    """Group the pieces into lists of DIVIDED keys or more."""
    some: list[Keys] = []
    for keys in kept:
        some.append(keys)
        if sum(len(numbers) for numbers, _ in some) >= DIVIDED:
            yield some
            some = []
    if some:
        yield some


def find_equal(numbers: Numbers) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the indices of the numbers that occur more than once.

    Each number claims a slot.  A number that loses its slot to an equal number is a repeat; one that loses it to
    another number tries again, with all the others that lost theirs.
    """
    found = []
    kind = np.uint16 if len(numbers) < 1 << 16 else np.uint32
    places: np.ndarray[Any, Any] = np.arange(len(numbers), dtype=kind)
    left, factor = numbers, int(ODD)
    while len(places) > 1:
        bits = (2 * len(places)).bit_length()
        slots = np.empty(1 << bits, kind)
        claimed = (left * np.uint64(factor) >> np.uint64(64 - bits)).view(np.int64)
        slots[claimed] = places
        owners = slots.take(claimed)
        lost = np.flatnonzero(owners != places)
        places, owners, left = places[lost], owners[lost], left[lost]
        equal = left == numbers[owners]
        if equal.any():
            found += [places[equal], owners[equal]]
            places, left = places[~equal], left[~equal]
        factor = factor * int(MIX[0]) % (1 << 64)
    return list_distinct(np.concatenate(found)).astype(np.int64) if found else np.array([], np.int64)
