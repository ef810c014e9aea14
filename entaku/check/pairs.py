"""Keys as pairs of hashes, the same for equal values, in memory or on disk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from entaku.check.cells import NEVER, key_value, spell
from entaku.check.field_types import FIELD_TYPES
from entaku.check.repeats import Spill
from entaku.check.values import format_of, is_plain
from entaku.check.vectors import ColumnReader, Looked, encode
from entaku.formats.arrays import make_texts, to_mask, to_numbers
from entaku.formats.hashes import hash_text, hash_texts, mix
from entaku.formats.heavy import pa, pc

PARTS = 64

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Numbers = np.ndarray[Any, np.dtype[np.uint64]]
Rows = np.ndarray[Any, np.dtype[np.uint32]]

_SALT, _NULL, _NEVER = np.uint64(0xA0761D6478BD642F), np.uint64(0x8EBC6AF09C88C6E3), np.uint64(0x589965CC75374CC3)


# ---- hashes -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hashes:
    """128 bits for each key, the same for equal values of whatever type."""

    one: Numbers
    two: Numbers
    null: Mask
    """Keys that are null in every column."""
    never: Mask
    """Keys with a value that equals nothing."""


def hash_rows(columns: Sequence[ColumnReader], looks: Sequence[Looked]) -> Hashes:
    """Hash the key of each row of a batch."""
    return join_hashes([_hash_texts(column, look.texts) for column, look in zip(columns, looks, strict=True)])


def join_hashes(parts: Sequence[Hashes]) -> Hashes:
    """Combine the hashes of several columns."""
    joined = parts[0]
    for part in parts[1:]:
        joined = Hashes(
            mix(mix(joined.one) ^ part.one), mix(mix(joined.two) ^ part.two), joined.null & part.null,
            joined.never | part.never,
        )  # fmt: skip
    return joined


def _hash_texts(column: ColumnReader, texts: pa.Array) -> Hashes:
    if pa.types.is_dictionary(texts.type):
        texts = texts.dictionary_decode()
    if column.kind == "string" and format_of(column.field) == "default":
        null = to_mask(pc.is_in(texts, value_set=make_texts(sorted(set(column.missing))))) | to_mask(texts.is_null())
        one, two = hash_texts(texts), hash_texts(texts, _SALT)
        one[null] = two[null] = _NULL
        return Hashes(one, two, null, np.zeros(len(texts), np.bool_))
    if column.kind == "integer" and is_plain(column.field):
        plain = to_mask(pc.match_substring_regex(texts, FIELD_TYPES["integer"].plain))
        marks = [mark for mark in column.missing if re.fullmatch("-?[0-9]+", mark)]
        if plain.all() and not (marks and pc.is_in(texts, value_set=make_texts(marks)).true_count):
            return _hash_integers(to_numbers(pc.cast(texts, pa.int64())))
    look = encode(texts)
    told = hash_values([None if value is None else key_value(value) for value in map(column.value, look.distinct)])
    at = look.indices
    return Hashes(told.one[at], told.two[at], told.null[at], told.never[at])


def _hash_integers(values: np.ndarray[Any, np.dtype[np.int64]]) -> Hashes:
    numbers = values.view(np.uint64)
    no = np.zeros(len(numbers), np.bool_)
    return Hashes(mix(numbers), mix(numbers ^ _SALT), no, no)


def hash_values(values: Sequence[Any]) -> Hashes:
    """Hash key values (`cells.key_value`); None is null."""
    one, two = np.empty(len(values), np.uint64), np.empty(len(values), np.uint64)
    null = np.array([value is None for value in values], np.bool_)
    never = np.array([value is NEVER for value in values], np.bool_)
    one[null], two[null], one[never], two[never] = _NULL, _NULL, _NEVER, _NEVER
    texts = [n for n, value in enumerate(values) if isinstance(value, str)]
    spelled = make_texts([values[n] for n in texts])
    one[texts], two[texts] = hash_texts(spelled), hash_texts(spelled, _SALT)
    whole: dict[int, int] = {}
    for n, value in enumerate(values):
        if value is None or value is NEVER or isinstance(value, str):
            continue
        number = to_integer(value)
        if number is not None:
            whole[n] = number
        else:
            text = spell(Decimal(value) if isinstance(value, float) else value)
            one[n], two[n] = hash_text(text), hash_text(f"{text}\x1f")
    integers = _hash_integers(np.fromiter(whole.values(), np.int64, len(whole)))
    places = np.fromiter(whole, np.int64, len(whole))
    one[places], two[places] = integers.one, integers.two
    return Hashes(one, two, null, never)


def to_integer(value: Any) -> int | None:
    """Return the integer that a value equals if it fits into 64 bits, else None."""
    if not isinstance(value, int | Decimal | float):
        return None
    try:
        whole = int(value)
    except (OverflowError, ValueError):
        return None
    return whole if whole == value and -(2**63) <= whole < 2**63 else None


# ---- keys in memory or on disk ----------------------------------------------------------------------------------

_RECORD = np.dtype([("one", np.uint64), ("two", np.uint64), ("row", np.uint32)])
Keys = tuple[Numbers, Numbers, Rows]


class Pile:
    """Keys with the numbers of their rows, in memory up to a limit and then in a spill."""

    def __init__(self, make_spill: Callable[[], Spill] | None, max_kept: int, *, unique: bool = False) -> None:
        """Make an empty pile.  `unique`: row numbers are ignored and equal keys kept once."""
        self._make_spill, self._max_kept, self._unique = make_spill, max_kept, unique
        self._spill: Spill | None = None
        self._kept: list[Keys] = []
        self._count = 0

    @property
    def spilled(self) -> bool:
        """Test whether some keys are spilled."""
        return self._spill is not None

    def add(self, one: Numbers, two: Numbers, rows: Rows) -> None:
        """Add keys."""
        self._kept.append((one, two, rows))
        self._count += len(one)
        if self._count <= self._max_kept:
            return
        if self._unique and self._spill is None:
            self._thin()
        if self._make_spill is not None and self._count > self._max_kept // 2:
            self._spill = self._spill or self._make_spill()
            self._put_away(self._spill)

    def _thin(self) -> None:
        one, two = self.whole()
        order = np.lexsort((two, one))
        one, two = one[order], two[order]
        first = np.ones(len(one), np.bool_)
        first[1:] = (one[1:] != one[:-1]) | (two[1:] != two[:-1])
        one, two = one[first], two[first]
        self._kept, self._count = [(one, two, np.zeros(len(one), np.uint32))], len(one)

    def whole(self) -> tuple[Numbers, Numbers]:
        """Return all keys that are in memory."""
        none = np.zeros(0, np.uint64)
        return np.concatenate([none, *(one for one, _, _ in self._kept)]), np.concatenate(
            [none, *(two for _, two, _ in self._kept)]
        )

    def _put_away(self, spill: Spill) -> None:
        for part, (one, two, rows) in enumerate(self._divide()):
            if len(one):
                records = np.empty(len(one), _RECORD)
                records["one"], records["two"], records["row"] = one, two, rows
                spill.write(part, records.tobytes())
        self._kept, self._count = [], 0

    def _divide(self) -> Iterator[Keys]:
        none = np.zeros(0, np.uint64)
        numbered = [(keys, (keys[0] >> np.uint64(64 - PARTS.bit_length() + 1)).astype(np.uint8)) for keys in self._kept]
        for part in range(PARTS):
            some = [(keys, np.flatnonzero(of == part)) for keys, of in numbered]
            one, two, rows = ([none, *(keys[n][places] for keys, places in some)] for n in range(3))
            yield np.concatenate(one), np.concatenate(two), np.concatenate(rows).astype(np.uint32)

    def parts(self) -> Iterator[Keys]:
        """Yield all keys in PARTS parts, equal keys in the same part."""
        if self._spill is None:
            yield from self._divide()
            return
        if self._kept:
            self._put_away(self._spill)
        for part in range(PARTS):
            records = np.frombuffer(self._spill.read(part), _RECORD)
            yield tuple(np.ascontiguousarray(records[name]) for name in ("one", "two", "row"))  # type: ignore[misc]


def sort_pairs(one: Numbers, two: Numbers) -> tuple[Numbers, Numbers]:
    """Sort pairs by their first hash."""
    order = np.argsort(one)
    return one[order], two[order]


def find_pairs(known_one: Numbers, known_two: Numbers, one: Numbers, two: Numbers) -> Mask:
    """Return the mask of pairs that are among the known ones, which are sorted."""
    found = np.zeros(len(one), np.bool_)
    if not len(known_one):
        return found
    rows = np.argsort(one)  # sorted needles make the search faster
    at = np.searchsorted(known_one, one[rows])
    while len(rows):
        inside = at < len(known_one)
        rows, at = rows[inside], at[inside]
        alike = known_one[at] == one[rows]
        rows, at = rows[alike], at[alike]
        same = known_two[at] == two[rows]
        found[rows[same]] = True
        rows, at = rows[~same], at[~same] + 1
    return found
