"""Sequences and mappings that few ask for, folded in memory until they are looked into.

The statistics, first rows and charts of ten thousand small tables take 300 MB as Python's values, and a tenth of it folded.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, overload

from entaku.model.kept import pack, unpack

Row = TypeVar("Row", covariant=True)
Key = TypeVar("Key")
Worth = TypeVar("Worth", covariant=True)

OPEN = 64
"""How many of those looked into last stay as they are, as who looks into one mostly does so again."""


class Folded(Sequence[Row]):
    """A tuple that is folded together with others."""

    __slots__ = ("_at", "_body", "_count")

    def __init__(self, body: bytes, at: int, count: int) -> None:
        """`body`: several tuples, folded; `at`: which of them this one is."""
        self._body, self._at, self._count = body, at, count

    def _open(self) -> tuple[Row, ...]:
        found: tuple[Row, ...] = _unfold(self._body)[self._at]
        return found

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        return iter(self._open())

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, at: int | slice) -> Row | tuple[Row, ...]:
        return self._open()[at]

    def __eq__(self, other: object) -> bool:
        return self._open() == (other._open() if isinstance(other, Folded) else other)

    def __hash__(self) -> int:
        return hash(self._open())

    def __repr__(self) -> str:
        return repr(self._open())


class FoldedMap(Mapping[Key, Worth]):
    """A dictionary of plain values."""

    __slots__ = ("_body", "_count")

    def __init__(self, items: Mapping[Key, Worth]) -> None:
        self._body, self._count = _fold(dict(items)), len(items)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Key]:
        return iter(_unfold(self._body))

    def __getitem__(self, key: Key) -> Worth:
        found: Worth = _unfold(self._body)[key]
        return found

    def __repr__(self) -> str:
        return repr(_unfold(self._body))


def fold(lists: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Return lists with the same items that take little memory, and are unfolded together: items must be this program's
    own values or plain ones."""
    wholes = tuple(map(tuple, lists))
    body = _fold(wholes)
    return [Folded(body, at, len(whole)) if whole else () for at, whole in enumerate(wholes)]


def fold_map(items: Mapping[Key, Worth]) -> Mapping[Key, Worth]:
    """Return a mapping that takes little memory and has the same items, which must be plain values."""
    return FoldedMap(items) if items else items


def _fold(whole: object) -> bytes:
    return zlib.compress(pack(whole))


@lru_cache(OPEN)
def _unfold(body: bytes) -> Any:
    return unpack(zlib.decompress(body))
