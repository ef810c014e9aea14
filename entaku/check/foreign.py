"""Foreign keys: which rows refer to nothing, in bounded memory.

Few keys are kept as their values.  Of many only two hashes of 64 bits each are kept, and past a limit those go to a
`Spill`; then the rows are looked for at the end, part by part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from entaku.check.cells import NEVER, key_value, spell
from entaku.check.field_types import FIELD_TYPES
from entaku.check.keys import hash_text, hash_texts, mix
from entaku.check.repeats import MAX_KEPT, Spill
from entaku.check.values import format_of, is_plain
from entaku.check.vectors import Column, Look, Memo, encode
from entaku.formats.arrays import make_texts, to_mask, to_numbers
from entaku.formats.heavy import pa, pc

MAX_KNOWN = 100_000
"""Texts of a column whose key value is remembered."""
MAX_EXACT = 1 << 17
"""Keys that are kept as their values."""
PARTS = 64

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Numbers = np.ndarray[Any, np.dtype[np.uint64]]
Rows = np.ndarray[Any, np.dtype[np.uint32]]

_SALT, _NULL, _NEVER = np.uint64(0xA0761D6478BD642F), np.uint64(0x8EBC6AF09C88C6E3), np.uint64(0x589965CC75374CC3)


class Parents:
    """The keys that a foreign key may refer to."""

    def __init__(
        self, make_spill: Callable[[], Spill] | None = None, max_kept: int = MAX_KEPT, max_exact: int | None = None
    ) -> None:
        self._keys: set[tuple[Any, ...]] | None = set()
        self._max_exact = MAX_EXACT if max_exact is None else max_exact
        self._hashed = Pile(make_spill, max_kept, unique=True)
        self._sorted: tuple[Numbers, Numbers] | None = None

    def add(self, columns: Sequence[Column], looks: Sequence[Look]) -> None:
        """The keys of a batch of the other table; one that is all null refers to nothing."""
        if self._keys is None:
            self._add_hashed(hash_rows(columns, looks))
            return
        _, keys = list_keys([KeyReader(column) for column in columns], looks)
        self._keys.update(key for key in keys if key.count(None) < len(key))
        if len(self._keys) > self._max_exact:
            by_column = list(zip(*self._keys, strict=True))
            self._keys = None
            self._add_hashed(join_hashes([hash_values(values) for values in by_column]))

    def _add_hashed(self, keys: Hashes) -> None:
        there = ~keys.null & ~keys.never
        self._hashed.add(keys.one[there], keys.two[there], np.zeros(int(there.sum()), np.uint32))

    @property
    def exact(self) -> bool:
        """The keys are kept as their values."""
        return self._keys is not None

    @property
    def late(self) -> bool:
        """The keys are not in memory, so that rows can be looked for only at the end."""
        return self._hashed.spilled

    def find_lost(self, keys: Sequence[tuple[Any, ...]]) -> list[bool]:
        """Which keys no row there has; one that is all null is not looked for."""
        assert self._keys is not None
        found = self._keys
        return [(key not in found or NEVER in key) and key.count(None) < len(key) for key in keys]

    def find_lost_hashes(self, keys: Hashes) -> Mask:
        """Which keys no row there has."""
        if self._sorted is None:
            self._sorted = sort_pairs(*self._hashed.whole())
        lost: Mask = ~find_pairs(*self._sorted, keys.one, keys.two) & ~keys.null | keys.never
        return lost

    def list_parts(self) -> Iterator[tuple[Numbers, Numbers]]:
        """The keys part by part, each sorted."""
        for one, two, _ in self._hashed.parts():
            yield sort_pairs(one, two)


class KeyReader:
    """A column's texts as key values, each read once."""

    def __init__(self, column: Column) -> None:
        self._read, self._known = column.value, dict[str | None, Any]()

    def read(self, texts: Sequence[str | None]) -> list[Any]:
        """The key value of each text, None where it has no value."""
        known = self._known
        if len(known) > MAX_KNOWN:
            known.clear()
        for text in texts:
            if text not in known:
                value = self._read(text)
                known[text] = None if value is None else key_value(value)
        return [known[text] for text in texts]


class ForeignKey:
    """Which rows of a table refer to nothing."""

    def __init__(
        self,
        columns: Sequence[Column],
        parents: Parents,
        make_spill: Callable[[], Spill] | None = None,
        max_kept: int = MAX_KEPT,
    ) -> None:
        self._columns, self._parents = columns, parents
        self._readers = [KeyReader(column) for column in columns]
        self._few_lost = Memo(self._find_lost_texts)
        self._waiting = Pile(make_spill, max_kept)
        self._never: list[Rows] = []

    def find_lost(self, looks: Sequence[Look], first: int) -> Mask | None:
        """The rows of a batch, whose first has this number, with a key that is missing in the other table, if any."""
        if self._parents.late:
            self._wait(looks, first)
            return None
        if len(looks) == 1 and (self._parents.exact or looks[0].few):
            look = looks[0] if looks[0].indices is not None else encode(looks[0].texts)
            lost, places = self._few_lost.get(look), look.indices
        elif self._parents.exact:
            places, keys = list_keys(self._readers, looks)
            lost = np.array(self._parents.find_lost(keys), np.bool_)
        else:
            found = self._parents.find_lost_hashes(hash_rows(self._columns, looks))
            return found if found.any() else None
        if not lost.any():
            return None
        mask: Mask = lost[places]
        return mask if mask.any() else None

    def _find_lost_texts(self, texts: Sequence[str | None]) -> Mask:
        if not self._parents.exact:
            return self._parents.find_lost_hashes(hash_rows(self._columns, [Look(None, make_texts(texts))]))
        keys = [(value,) for value in self._readers[0].read(texts)]
        return np.array(self._parents.find_lost(keys), np.bool_)

    def _wait(self, looks: Sequence[Look], first: int) -> None:
        keys = hash_rows(self._columns, looks)
        rows = np.arange(first, first + len(keys.one), dtype=np.uint32)
        there = ~keys.null & ~keys.never
        self._waiting.add(keys.one[there], keys.two[there], rows[there])
        self._never.append(rows[keys.never])

    def find_late(self) -> Rows:
        """The numbers of the rows that were put off and refer to nothing, ascending."""
        if not self._parents.late:
            return np.zeros(0, np.uint32)
        found = list(self._never)
        for known, (one, two, rows) in zip(self._parents.list_parts(), self._waiting.parts(), strict=True):
            found.append(rows[~find_pairs(*known, one, two)])
        return np.sort(np.concatenate(found))


def list_keys(
    readers: Sequence[KeyReader], looks: Sequence[Look]
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[tuple[Any, ...]]]:
    """A batch's keys: for each row the place of its key, and the keys, of which some may belong to no row."""
    places: Any = None
    keys: list[tuple[Any, ...]] = []
    for reader, look in zip(readers, looks, strict=True):
        told = look if look.indices is not None else encode(look.texts)
        values = reader.read(told.distinct)
        if places is None:
            places, keys = told.indices, [(value,) for value in values]
            continue
        joint = places.astype(np.int64) * len(values) + told.indices
        used, places = np.unique(joint, return_inverse=True)
        keys = [(*keys[at // len(values)], values[at % len(values)]) for at in used.tolist()]
    return places, keys


# ---- hashes of keys ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hashes:
    """128 bits for each key: the same for values that are equal, of whatever types they are."""

    one: Numbers
    two: Numbers
    null: Mask
    """Nothing of the key has a value."""
    never: Mask
    """Something of it equals nothing."""


def hash_rows(columns: Sequence[Column], looks: Sequence[Look]) -> Hashes:
    """The key of each row of a batch."""
    return join_hashes([_hash_texts(column, look.texts) for column, look in zip(columns, looks, strict=True)])


def join_hashes(parts: Sequence[Hashes]) -> Hashes:
    """Keys of several columns."""
    joined = parts[0]
    for part in parts[1:]:
        joined = Hashes(
            mix(mix(joined.one) ^ part.one), mix(mix(joined.two) ^ part.two), joined.null & part.null,
            joined.never | part.never,
        )  # fmt: skip
    return joined


def _hash_texts(column: Column, texts: pa.Array) -> Hashes:
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
    """The hashes of key values (`check_cells.key_value`), of which None is none."""
    one, two = np.empty(len(values), np.uint64), np.empty(len(values), np.uint64)
    null = np.array([value is None for value in values], np.bool_)
    never = np.array([value is NEVER for value in values], np.bool_)
    one[null], two[null], one[never], two[never] = _NULL, _NULL, _NEVER, _NEVER
    texts = [n for n, value in enumerate(values) if isinstance(value, str)]
    spelled = make_texts([values[n] for n in texts])
    one[texts], two[texts] = hash_texts(spelled), hash_texts(spelled, _SALT)
    for n, value in enumerate(values):
        if value is None or value is NEVER or isinstance(value, str):
            continue
        number = _to_integer(value)
        if number is not None:
            found = _hash_integers(np.array([number], np.int64))
            one[n], two[n] = found.one[0], found.two[0]
        else:
            text = spell(Decimal(value) if isinstance(value, float) else value)
            one[n], two[n] = hash_text(text), hash_text(f"{text}\x1f")
    return Hashes(one, two, null, never)


def _to_integer(value: Any) -> int | None:
    """The number that a value equals, if it is whole and fits into 64 bits."""
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
        """`unique`: rows are no matter, and equal keys are kept once."""
        self._make_spill, self._max_kept, self._unique = make_spill, max_kept, unique
        self._spill: Spill | None = None
        self._kept: list[Keys] = []
        self._count = 0

    @property
    def spilled(self) -> bool:
        """Some keys are not in memory."""
        return self._spill is not None

    def add(self, one: Numbers, two: Numbers, rows: Rows) -> None:
        """More keys."""
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
        """All keys that are in memory."""
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
        """All keys in PARTS parts, equal ones in the same."""
        if self._spill is None:
            yield from self._divide()
            return
        if self._kept:
            self._put_away(self._spill)
        for part in range(PARTS):
            records = np.frombuffer(self._spill.read(part), _RECORD)
            yield tuple(np.ascontiguousarray(records[name]) for name in ("one", "two", "row"))  # type: ignore[misc]


def sort_pairs(one: Numbers, two: Numbers) -> tuple[Numbers, Numbers]:
    """Pairs in the order of the first of each."""
    order = np.argsort(one)
    return one[order], two[order]


def find_pairs(known_one: Numbers, known_two: Numbers, one: Numbers, two: Numbers) -> Mask:
    """Which pairs are among the known ones, which are sorted."""
    found = np.zeros(len(one), np.bool_)
    if not len(known_one):
        return found
    rows = np.argsort(one)  # in order they are found faster
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
