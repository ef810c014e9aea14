"""Keys: the rows that repeat an earlier row's key, in bounded memory.

Each row's key is one 64-bit number: for an integer, a day or a moment the value itself, for other types and for
several columns together a hash.  Rows of equal hash are compared by value before they count as equal.  Past a limit
the numbers go to a `Spill`, in parts that are searched one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from entaku.check.cells import NEVER, key_value, spell
from entaku.check.field_types import FIELD_TYPES
from entaku.check.repeats import MAX_KEPT, Rows, SeenKeys, Spill
from entaku.check.vectors import ColumnReader, Looked, Memo, encode
from entaku.formats.arrays import make_flags, make_texts, to_mask, to_numbers
from entaku.formats.hashes import Numbers, hash_text, hash_texts, join_numbers
from entaku.formats.heavy import pa

Mask = np.ndarray[Any, np.dtype[np.bool_]]

_NULL = np.uint64(0x5851F42D4C957F2D)
"""The number of null beside values of other columns."""


# ---- one column -------------------------------------------------------------------------------------------------


class Numbered(NamedTuple):
    """One number for each cell of a column's batch, the same for equal values."""

    numbers: Numbers
    null: Mask | None
    """The cells without a value, or None."""
    never: Mask | None
    """The cells that equal nothing, not even themselves, or None."""


_TOLD = np.dtype([("number", np.uint64), ("state", np.uint8)])
_VALUE, _NO_VALUE, _NEVER = 0, 1, 2


class KeyColumn:
    """Converts the cells of one key column to numbers."""

    def __init__(self, column: ColumnReader) -> None:
        self.column = column
        self.is_text = FIELD_TYPES[column.kind].is_text
        self.exact = True
        """Distinct values so far have distinct numbers."""
        self._few = Memo(self._number_texts)

    def number(self, look: Looked) -> Numbered:
        """Return the numbers of a batch's cells."""
        if self.is_text and not look.few:
            self.exact = False
            return Numbered(hash_texts(look.texts), self._find_null(look), None)
        if look.values is not None:
            return self._number_values(look, look.values)
        told, indices = self._few.get(look), look.indices
        states = told["state"]
        null, never = ((states == state) for state in (_NO_VALUE, _NEVER))
        return Numbered(
            told["number"].take(indices),
            null.take(indices) if null.any() else None,
            never.take(indices) if never.any() else None,
        )

    def _find_null(self, look: Looked) -> Mask | None:
        return None if look.ids is None else _any(np.array(self.column.valueless).take(look.ids))

    def _number_values(self, look: Looked, values: pa.Array) -> Numbered:
        """Number a column that was cast as a vector; only cells that couldn't be cast are read text by text."""
        null, numbers = self._find_null(look), number_array(values)
        instants = pa.types.is_timestamp(values.type) and values.type.tz is not None
        self.exact &= self.column.kind != "number" and not instants  # a local moment may have the same number
        if look.whole:
            return Numbered(numbers, null, None)
        odd = ~to_mask(values.is_valid())
        if self.column.kind == "number":
            odd |= ~np.isfinite(to_numbers(values))
        if null is not None:
            odd &= ~null
        if not odd.any():
            return Numbered(numbers, null, None)
        some = encode(look.texts.filter(make_flags(odd)))
        told = self._number_texts(some.distinct)[some.indices]
        numbers = numbers.copy()
        numbers[odd] = told["number"]
        never = np.zeros(len(odd), np.bool_)
        never[odd] = told["state"] == _NEVER
        return Numbered(numbers, null, _any(never))

    def _number_texts(self, texts: Sequence[str | None]) -> np.ndarray[Any, Any]:
        """Return the number of each text's value, and its state."""
        told = np.zeros(len(texts), _TOLD)
        values = [self.column.value(text) for text in texts]
        if self.is_text:
            self.exact = False
            told["number"] = hash_texts(make_texts(texts))
            told["state"] = [_NO_VALUE if value is None else _VALUE for value in values]
            return told
        for at, value in enumerate(values):
            key = None if value is None else key_value(value)
            if key is None or key is NEVER:
                told[at] = 0, _NO_VALUE if key is None else _NEVER
                continue
            number, exact = number_value(key)
            told[at] = number % (1 << 64), _VALUE
            self.exact &= exact
        return told


_EPOCH = datetime(1970, 1, 1)
_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)


def number_array(values: pa.Array) -> Numbers:
    """Return the numbers of cast values; those at null positions are undefined."""
    if pa.types.is_floating(values.type):
        return (to_numbers(values) + 0.0).view(np.uint64)  # -0 is 0
    if pa.types.is_date32(values.type):
        return to_numbers(values.view(pa.int32())).astype(np.int64).view(np.uint64)
    numbers: Numbers = to_numbers(values.view(pa.int64())).view(np.uint64)
    return numbers


def number_value(value: Any) -> tuple[int, bool]:
    """Return the number of a result of `key_value`, and whether no other value of its type has the same number."""
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return value, True
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            return (value - _INSTANT) // timedelta(microseconds=1), False
        return (value - _EPOCH) // timedelta(microseconds=1), True
    if isinstance(value, date):
        return (value - _EPOCH.date()).days, True
    if isinstance(value, Decimal | float):
        return int(np.float64(float(value) + 0.0).view(np.uint64)), False
    return hash_text(spell(value)), False


# ---- keys of rows -----------------------------------------------------------------------------------------------


class UniqueKey:
    """One unique key of a table: a field with the constraint `unique`, the primary key, or one of uniqueKeys."""

    def __init__(
        self, columns: Sequence[KeyColumn], nulls: str, make_spill: Callable[[], Spill] | None, max_kept: int = MAX_KEPT
    ) -> None:
        self.columns = columns
        self.nulls = nulls
        """Which nulls leave a row out: "any" column's, or those in "all" columns."""
        self._seen = SeenKeys(make_spill, max_kept)

    @property
    def exact(self) -> bool:
        """Test whether equal numbers are equal keys."""
        return len(self.columns) == 1 and self.columns[0].exact

    def add(self, looks: Sequence[Looked], first: int) -> Mask | None:
        """Add the keys of a batch whose first row is number `first`; return the mask of all-null rows, or None."""
        parts = [column.number(look) for column, look in zip(self.columns, looks, strict=True)]
        numbers = parts[0].numbers if len(parts) == 1 else join_numbers([_without_nulls(part) for part in parts])
        nulls = [part.null for part in parts]
        blank = _all_of(nulls)
        left_out = _any_of([_any_of(nulls) if self.nulls == "any" else blank, *(part.never for part in parts)])
        rows: Rows | int = first
        if left_out is not None:
            numbers, rows = numbers[~left_out], (np.flatnonzero(~left_out) + first).astype(np.uint32)
        self._seen.add(numbers, rows)
        return blank

    def repeats(self) -> Iterator[tuple[Numbers, Rows]]:
        """Yield the rows whose number another row has; unless `exact`, their keys may still differ."""
        return self._seen.repeats()


def _without_nulls(part: Numbered) -> Numbers:
    return part.numbers if part.null is None else np.where(part.null, _NULL, part.numbers)


def _any(mask: Any) -> Mask | None:
    return mask if mask.any() else None


def _all_of(masks: Sequence[Mask | None]) -> Mask | None:
    found = [mask for mask in masks if mask is not None]
    return _any(np.logical_and.reduce(found)) if len(found) == len(masks) else None


def _any_of(masks: Sequence[Mask | None]) -> Mask | None:
    found = [mask for mask in masks if mask is not None]
    return np.logical_or.reduce(found) if found else None
