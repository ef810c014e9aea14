"""A quick look over a sheet of an .xlsx: how many cells it has at most, by column arithmetic instead of patterns."""

from typing import Any, NamedTuple

import numpy as np

_CHUNK = 2 << 20
_MOST = 24
"""Bytes from "<" to the end of a cell's name: `<c r="XFD1048576"`."""
_LT, _COLON, _C, _F, _E, _QUOTE = b'<:cfe"'
_AFTER = np.zeros(256, bool)
"""What may follow the name of an element."""
_AFTER[list(b" \t\r\n/>")] = True

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Places = np.ndarray[Any, np.dtype[np.int64]]


class Overview(NamedTuple):
    """What a sheet may hold."""

    cells: int | None
    """Rows × columns of a rectangle from A1 that holds every cell; None unless each is written `<c r="A1"`."""
    formulas: bool
    errors: bool
    """Cells of the type "e"."""


def look_over(xml: bytes) -> Overview:
    """What the XML of a sheet may hold."""
    bottom = right = 0
    formulas = errors = False
    for start in range(0, len(xml), _CHUNK):
        data = np.frombuffer(xml[start : start + _CHUNK + _MOST].ljust(_CHUNK + _MOST), np.uint8)
        begins = data[:_CHUNK] == _LT
        formulas = formulas or bool((begins & (data[1 : _CHUNK + 1] == _F)).any())
        errors = errors or _has_errors(data)
        prefixed = data[np.flatnonzero(data[:_CHUNK] == _COLON) + 1]
        found = None if (prefixed == _C).any() or (prefixed == _F).any() else _bound(data, begins)
        if found is None:
            return Overview(None, True, True)
        bottom, right = max(bottom, found[0]), max(right, found[1])
    return Overview(bottom * right, formulas, errors)


def _has_errors(data: Bytes) -> bool:
    """Whether there is t="e" or the like."""
    at = np.flatnonzero(data == _E)
    at = at[at > 0]
    return bool((data[at - 1] == _QUOTE).any())


def _bound(data: Bytes, begins: "np.ndarray[Any, np.dtype[np.bool_]]") -> tuple[int, int] | None:
    """The greatest row and column of the cells that begin in the first _CHUNK bytes."""
    begins &= data[1 : _CHUNK + 1] == _C
    at = np.flatnonzero(begins)
    at = at[_AFTER[data[at + 2]]]
    if not len(at):
        return 0, 0
    if any((data[at + n] != byte).any() for n, byte in enumerate(b' r="', 2)):
        return None
    at += 6
    column, row = _read_number(data, at, "A", 26, 3), _read_number(data, at, "0", 10, 7)
    if (data[at] != _QUOTE).any() or not column.all() or not row.all():
        return None
    return int(row.max()), int(column.max())


def _read_number(data: Bytes, at: Places, first: str, base: int, most: int) -> "np.ndarray[Any, np.dtype[np.int32]]":
    """The numbers that begin at these places, which are moved behind them; letters count from 1, digits from 0."""
    number = np.zeros(len(at), np.int32)
    least = 1 if first == "A" else 0
    for _ in range(most):
        value = data[at] - np.uint8(ord(first))
        more = value < base
        if more.all():
            number *= base
            number += value
            number += least
        elif more.any():
            number = np.where(more, number * base + value + least, number)
        else:
            break
        at += more
    return number
