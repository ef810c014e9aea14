"""Foreign keys: which rows refer to nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from entaku.check_cells import NEVER, key_value
from entaku.check_vectors import Column, Look, Memo, encode

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

    def __init__(self, columns: Sequence[Column], parents: Parents) -> None:
        self._readers = [KeyReader(column) for column in columns]
        self._parents = parents
        self._few_lost = Memo(self._find_lost_texts)

    def find_lost(self, looks: Sequence[Look]) -> Mask | None:
        """The rows of a batch whose key is missing in the other table, if any."""
        if len(looks) == 1:
            look = looks[0] if looks[0].indices is not None else encode(looks[0].texts)
            lost, places = self._few_lost.get(look), look.indices
        else:
            places, keys = list_keys(self._readers, looks)
            lost = np.array(self._parents.find_lost(keys), np.bool_)
        if not lost.any():
            return None
        mask: Mask = lost[places]
        return mask if mask.any() else None

    def _find_lost_texts(self, texts: Sequence[str | None]) -> Mask:
        keys = [(value,) for value in self._readers[0].read(texts)]
        return np.array(self._parents.find_lost(keys), np.bool_)


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
