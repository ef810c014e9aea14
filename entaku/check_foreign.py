"""Foreign keys: which rows refer to nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from entaku.check_cells import NEVER, key_value
from entaku.check_vectors import Column, Look, indices_of

MAX_KNOWN = 100_000
"""Texts of a column whose key value is remembered."""

Mask = np.ndarray[Any, np.dtype[np.bool_]]


class Parents:
    """The keys that a foreign key may refer to."""

    def __init__(self) -> None:
        self._keys: set[tuple[Any, ...]] = set()

    def add(self, columns: Sequence[Column], looks: Sequence[Look]) -> None:
        """The keys of a batch of the other table; one that is all null refers to nothing."""
        _, keys = list_keys([KeyReader(column) for column in columns], looks)
        self._keys.update(key for key in keys if key.count(None) < len(key))

    def find_lost(self, keys: Sequence[tuple[Any, ...]]) -> list[bool]:
        """Which keys no row there has; one that is all null is not looked for."""
        found = self._keys
        return [(key not in found or NEVER in key) and key.count(None) < len(key) for key in keys]


class KeyReader:
    """A column's texts as key values, each read once."""

    def __init__(self, column: Column) -> None:
        self._read, self._known = column.read, dict[str | None, Any]()

    def read(self, texts: Sequence[str | None]) -> list[Any]:
        """The key value of each text, None where it has no value."""
        known = self._known
        if len(known) > MAX_KNOWN:
            known.clear()
        for text in texts:
            if text not in known:
                value = self._read(text).value
                known[text] = None if value is None else key_value(value)
        return [known[text] for text in texts]


class ForeignKey:
    """Which rows of a table refer to nothing."""

    def __init__(self, columns: Sequence[Column], parents: Parents) -> None:
        self._readers = [KeyReader(column) for column in columns]
        self._parents = parents

    def find_lost(self, looks: Sequence[Look]) -> Mask | None:
        """The rows of a batch whose key is missing in the other table, if any."""
        places, keys = list_keys(self._readers, looks)
        lost = np.array(self._parents.find_lost(keys))
        if not lost.any():
            return None
        mask: Mask = lost[places]
        return mask if mask.any() else None


def list_keys(
    readers: Sequence[KeyReader], looks: Sequence[Look]
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[tuple[Any, ...]]]:
    """A batch's keys: for each row the place of its key, and the keys, of which some may belong to no row."""
    places: np.ndarray[Any, np.dtype[np.int64]] = np.zeros(0, np.int64)
    keys: list[tuple[Any, ...]] = [()]
    for reader, look in zip(readers, looks, strict=True):
        coded = look.texts if pa.types.is_dictionary(look.texts.type) else look.texts.dictionary_encode()
        values = reader.read(coded.dictionary.to_pylist())
        if coded.indices.null_count:
            values = [*values, *reader.read([None])]
        indices = indices_of(coded)
        if len(keys) == 1:
            places, keys = indices, [(value,) for value in values]
            continue
        joint = places.astype(np.int64) * len(values) + indices
        used, places = np.unique(joint, return_inverse=True)
        keys = [(*keys[at // len(values)], values[at % len(values)]) for at in used.tolist()]
    return places, keys
