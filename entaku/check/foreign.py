"""Foreign keys: the rows without a match in the referenced table, in bounded memory.

Few keys are kept as values.  Of many keys only two hashes of 64 bits each are kept, and past a limit those go to a
`Spill`; then rows are matched at the end, part by part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from entaku.check.cells import NEVER, key_value
from entaku.check.field_types import FIELD_TYPES
from entaku.check.pairs import (
    Hashes,
    Mask,
    Numbers,
    Pile,
    Rows,
    find_pairs,
    hash_rows,
    hash_values,
    join_hashes,
    sort_pairs,
    to_integer,
)
from entaku.check.repeats import MAX_KEPT, Spill
from entaku.check.vectors import ColumnReader, Looked, Memo, encode
from entaku.formats.arrays import make_numbers, make_texts, to_mask
from entaku.formats.heavy import pa, pc

MAX_KNOWN = 100_000
"""Distinct texts of a column whose key value is cached."""
MAX_EXACT = 1 << 17
"""Keys that are kept as values."""


class Parents:
    """The keys that a foreign key may refer to."""

    def __init__(
        self, make_spill: Callable[[], Spill] | None = None, max_kept: int = MAX_KEPT, max_exact: int | None = None
    ) -> None:
        self._keys: set[tuple[Any, ...]] | None = set()
        self._max_exact = MAX_EXACT if max_exact is None else max_exact
        self._hashed = Pile(make_spill, max_kept, unique=True)
        self._sorted: tuple[Numbers, Numbers] | None = None
        self._arrays: tuple[pa.StringArray, pa.Int64Array] | None = None

    def add(self, columns: Sequence[ColumnReader], looks: Sequence[Looked]) -> None:
        """Add the keys of a batch of the referenced table; keys that are all null are left out."""
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
        """Test whether the keys are kept as values."""
        return self._keys is not None

    @property
    def late(self) -> bool:
        """Test whether the keys are spilled, so that rows can be matched only at the end."""
        return self._hashed.spilled

    def find_lost(self, keys: Sequence[tuple[Any, ...]]) -> list[bool]:
        """Test for each key whether the referenced table lacks it; a key that is all null is not lost."""
        assert self._keys is not None
        found = self._keys
        return [(key not in found or NEVER in key) and key.count(None) < len(key) for key in keys]

    def accept(self, column: ColumnReader, look: Looked) -> Mask | None:
        """Return the mask of cells that vectors find among the keys of one column, None if vectors can't tell."""
        assert self._keys is not None
        if not (FIELD_TYPES[column.kind].is_text or (column.kind == "integer" and look.values is not None)):
            return None
        if self._arrays is None:
            keys = [key for (key,) in self._keys if key is not NEVER]
            numbers = [number for key in keys if (number := to_integer(key)) is not None]
            texts = make_texts([key for key in keys if isinstance(key, str)])
            self._arrays = texts, make_numbers(np.fromiter(numbers, np.int64, len(numbers)))
        texts, whole = self._arrays
        if FIELD_TYPES[column.kind].is_text:
            return to_mask(pc.is_in(look.texts, value_set=texts))
        return to_mask(pc.is_in(look.values, value_set=whole))

    def find_lost_hashes(self, keys: Hashes) -> Mask:
        """Return the mask of keys that the referenced table lacks."""
        if self._sorted is None:
            self._sorted = sort_pairs(*self._hashed.whole())
        lost: Mask = ~find_pairs(*self._sorted, keys.one, keys.two) & ~keys.null | keys.never
        return lost

    def list_parts(self) -> Iterator[tuple[Numbers, Numbers]]:
        """Yield the keys part by part, each part sorted."""
        for one, two, _ in self._hashed.parts():
            yield sort_pairs(one, two)


class KeyReader:
    """Reads a column's texts as key values, each text once."""

    def __init__(self, column: ColumnReader) -> None:
        self._read, self._known = column.value, dict[str | None, Any]()

    def read(self, texts: Sequence[str | None]) -> list[Any]:
        """Return the key value of each text, None for no value."""
        known = self._known
        if len(known) > MAX_KNOWN:
            known.clear()
        for text in texts:
            if text not in known:
                value = self._read(text)
                known[text] = None if value is None else key_value(value)
        return [known[text] for text in texts]


class ReferringKey:
    """Finds the rows of a table whose foreign key has no match."""

    def __init__(
        self,
        columns: Sequence[ColumnReader],
        parents: Parents,
        make_spill: Callable[[], Spill] | None = None,
        max_kept: int = MAX_KEPT,
    ) -> None:
        self._columns, self._parents = columns, parents
        self._readers = [KeyReader(column) for column in columns]
        self._few_lost = Memo(self._find_lost_texts)
        self._waiting = Pile(make_spill, max_kept)
        self._never: list[Rows] = []

    def find_lost(self, looks: Sequence[Looked], first: int) -> Mask | None:
        """Return the mask of rows without a match in a batch whose first row is number `first`, or None."""
        if self._parents.late:
            self._wait(looks, first)
            return None
        if len(looks) == 1 and looks[0].few:
            lost = self._few_lost.get(looks[0])
            return _any(lost[looks[0].indices]) if lost.any() else None
        if not self._parents.exact:
            return _any(self._parents.find_lost_hashes(hash_rows(self._columns, looks)))
        if len(looks) == 1:
            return self._find_lost_alone(looks[0])
        places, keys = list_keys(self._readers, looks)
        lost = np.array(self._parents.find_lost(keys), np.bool_)
        return _any(lost[places]) if lost.any() else None

    def _find_lost_alone(self, look: Looked) -> Mask | None:
        """Match a key of one column: vectors accept most cells, the others are read."""
        accepted = self._parents.accept(self._columns[0], look)
        rows = np.arange(len(look.texts)) if accepted is None else np.flatnonzero(~accepted)
        if not len(rows):
            return None
        some = encode(look.texts.take(make_numbers(rows)))
        mask = np.zeros(len(look.texts), np.bool_)
        mask[rows] = self._find_lost_texts(some.distinct)[some.indices]
        return _any(mask)

    def _find_lost_texts(self, texts: Sequence[str | None]) -> Mask:
        if not self._parents.exact:
            return self._parents.find_lost_hashes(hash_rows(self._columns, [Looked(None, make_texts(texts))]))
        keys = [(value,) for value in self._readers[0].read(texts)]
        return np.array(self._parents.find_lost(keys), np.bool_)

    def _wait(self, looks: Sequence[Looked], first: int) -> None:
        keys = hash_rows(self._columns, looks)
        rows = np.arange(first, first + len(keys.one), dtype=np.uint32)
        there = ~keys.null & ~keys.never
        self._waiting.add(keys.one[there], keys.two[there], rows[there])
        self._never.append(rows[keys.never])

    def find_late(self) -> Rows:
        """Return the numbers of deferred rows without a match, ascending."""
        if not self._parents.late:
            return np.zeros(0, np.uint32)
        found = list(self._never)
        for known, (one, two, rows) in zip(self._parents.list_parts(), self._waiting.parts(), strict=True):
            found.append(rows[~find_pairs(*known, one, two)])
        return np.sort(np.concatenate(found))


def list_keys(
    readers: Sequence[KeyReader], looks: Sequence[Looked]
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[tuple[Any, ...]]]:
    """Return for each row of a batch the index of its key, and the keys, some of which may belong to no row."""
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


def _any(mask: Mask) -> Mask | None:
    return mask if mask.any() else None
