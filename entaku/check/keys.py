"""Keys: which rows repeat an earlier one, in bounded memory.

Each row's key is one number of 64 bits.  While the codes of a key's columns fit together into 64 bits the number is
the key itself; beyond that it is a hash, and rows of equal hash are compared value by value before they are called
equal.  Past a limit the numbers go to a `Spill`, in parts that are searched one after the other.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from entaku.check.cells import NEVER, key_value, spell
from entaku.check.repeats import MAX_KEPT, MIX, ODD, Numbers, Rows, Seen, Spill
from entaku.check.vectors import Column, Look, Memo, encode
from entaku.formats.arrays import NO_TEXT, make_flags, make_texts, to_mask, to_numbers

MAX_CODES = 1 << 17
"""Distinct values of a key column that are counted through; beyond, they are hashed."""

_NO_SALT = np.uint64(0)
_NULL_HASH, _NEVER_HASH = np.uint64(0x5851F42D4C957F2D), np.uint64(0x14057B7EF767814F)


# ---- numbers for values -----------------------------------------------------------------------------------------


def mix(numbers: Numbers) -> Numbers:
    """A bijection of 64-bit numbers that spreads them evenly (the finish of SplitMix64)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * MIX[0]
    numbers = (numbers ^ (numbers >> np.uint64(27))) * MIX[1]
    return numbers ^ (numbers >> np.uint64(31))


def hash_text(text: str) -> int:
    """64 bits of BLAKE2b."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def hash_texts(texts: pa.Array, salt: np.uint64 = _NO_SALT) -> Numbers:
    """A 64-bit hash of each text of a string array, eight bytes at a time over all rows; another for another `salt`."""
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


class Coded(NamedTuple):
    """A batch's cells of one column, by the codes of its distinct texts."""

    codes: np.ndarray[Any, np.dtype[np.uint32]]
    indices: np.ndarray[Any, Any]

    def find(self, code: int) -> "Mask | None":
        """The cells with this code, if any."""
        if code not in self.codes:
            return None
        return _any((self.codes == code).take(self.indices))


class Coder:
    """The values of one key column, counted through: 0 for none, 1 for what equals nothing, then as they are met."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.kind = str(column.field.get("type") or "string")
        self._codes: dict[Any, int] = {}
        self._known: dict[str | None, int] = {}
        self._few_codes = Memo(self._encode_texts)
        self._values: list[Any] = [None, NEVER]
        self._hashes: Numbers = np.array([_NULL_HASH, _NEVER_HASH], np.uint64)
        self._codes[NEVER] = 1
        self.never = False
        """A value that equals nothing has been met."""

    @property
    def count(self) -> int:
        """One more than the highest code."""
        return len(self._values)

    @property
    def full(self) -> bool:
        """Too many values to count through."""
        return len(self._values) > MAX_CODES

    def encode(self, look: Look) -> "Coded":
        """The code of each distinct text, and where each cell's text is among them."""
        look = look if look.indices is not None else encode(look.texts)
        assert look.indices is not None
        return Coded(self._few_codes.get(look), look.indices)

    def _encode_texts(self, texts: Sequence[str | None]) -> np.ndarray[Any, np.dtype[np.uint32]]:
        known = self._known
        codes = [known.get(text, -1) for text in texts]
        if -1 in codes:
            codes = [self._encode(text) if code < 0 else code for text, code in zip(texts, codes, strict=True)]
        return np.array(codes, np.uint32)

    def _encode(self, text: str | None) -> int:
        value = self.column.value(text)
        code = 0
        if value is not None:
            value = key_value(value)
            self.never |= value is NEVER
            code = self._codes.setdefault(value, len(self._values))
            if code == len(self._values):
                self._values.append(value)
        if len(self._known) > 2 * MAX_CODES:
            self._known.clear()
        self._known[text] = code
        return code

    def hash_codes(self) -> Numbers:
        """The hash of each code's value."""
        done = len(self._hashes)
        if done < len(self._values):
            self._hashes = np.concatenate([self._hashes, self._hash_values(self._values[done:])])
        return self._hashes

    def _hash_values(self, values: Sequence[Any]) -> Numbers:
        if self.kind == "string":
            return hash_texts(make_texts(values))
        found: Numbers = np.array([_hash_value(value) for value in values], np.uint64)
        return found

    def hash(self, look: Look) -> Numbers:
        """The hash of each cell's value, without counting it."""
        if not self.full:
            coded = self.encode(look)
            counted: Numbers = self.hash_codes()[coded.codes].take(coded.indices)
            return counted
        texts = look.texts
        if self.kind == "string":
            hashes = hash_texts(texts)
            if look.ids is not None:
                hashes[np.array(self.column.valueless)[look.ids]] = _NULL_HASH
            return hashes
        if self.kind != "integer":
            return self._hash_distinct(texts)
        plain = pc.match_substring_regex(texts, "^-?[0-9]{1,18}$")
        values = pc.cast(pc.if_else(plain, texts, NO_TEXT), pa.int64())
        hashes = mix(to_numbers(values).view(np.uint64))
        odd = ~to_mask(plain)
        if look.ids is not None:
            odd |= np.array(self.column.valueless)[look.ids]
        if odd.any():
            hashes[odd] = self._hash_distinct(texts.filter(make_flags(odd)))
        return hashes

    def _hash_distinct(self, texts: pa.Array) -> Numbers:
        look = encode(texts)
        read = [self.column.value(text) for text in look.distinct]
        keys = [int(_NULL_HASH) if value is None else _hash_value(key_value(value)) for value in read]
        self.never |= int(_NEVER_HASH) in keys
        found: Numbers = np.array(keys, np.uint64)[look.indices]
        return found


def _hash_value(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
        return int(mix(np.array([value], np.int64).view(np.uint64))[0])
    if value is NEVER:
        return int(_NEVER_HASH)
    return hash_text(spell(value))


# ---- keys of rows ----------------------------------------------------------------------------------------------


class UniqueKey:
    """One key of a table, whose rows must all differ: a field with `unique`, the primary key, one of uniqueKeys."""

    def __init__(
        self, coders: Sequence[Coder], nulls: str, make_spill: Callable[[], Spill] | None, max_kept: int = MAX_KEPT
    ) -> None:
        self.coders = coders
        self.nulls = nulls
        """Whose nulls leave a row out: "any" column's, or "all" columns' together."""
        self.exact = True
        """Equal numbers are equal keys."""
        self._widths = [0] * len(coders)
        self._least = [0] * len(coders)
        self._seen = Seen(make_spill, max_kept)

    def add(self, looks: Sequence[Look], first: int) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
        """The keys of a batch whose first row has this number → which rows are null in every column, if any."""
        if self._widths and any(coder.full for coder in self.coders):
            self._hash_all()
        if self._widths:
            coded = [coder.encode(look) for coder, look in zip(self.coders, looks, strict=True)]
            self._make_room()
        if self._widths:
            empty = [some.find(0) for some in coded]
            numbers = _pack(coded, self._widths)
        else:
            hashes = [coder.hash(look) for coder, look in zip(self.coders, looks, strict=True)]
            empty = [_any(some == _NULL_HASH) for some in hashes]
            numbers = _combine(hashes)
        rows: Rows | int = first
        blank = _all_of(empty)
        left_out = _any_of(empty) if self.nulls == "any" else blank
        if any(coder.never for coder in self.coders):
            never = [c.find(1) for c in coded] if self._widths else [_any(some == _NEVER_HASH) for some in hashes]
            left_out = _any_of([left_out, *never])
        if left_out is not None:
            numbers, rows = numbers[~left_out], (np.flatnonzero(~left_out) + first).astype(np.uint32)
        self._seen.add(numbers, rows)
        return blank

    def _make_room(self) -> None:
        """Wider columns, or hashes, where codes have outgrown theirs; early, as long as it is done in memory.

        What room is left goes to the columns that have grown since the last time.
        """
        least = [coder.count.bit_length() for coder in self.coders]
        spare = 64 - sum(least)
        reserve = spare >= 2 * len(least)
        if all(needed + reserve <= width for needed, width in zip(least, self._widths, strict=True)):
            return
        if spare < 0 or any(coder.full for coder in self.coders):
            self._hash_all()
            return
        growing = [now > before for now, before in zip(least, self._least, strict=True)]
        growing = growing if any(growing) else [True] * len(least)
        widths = [width + reserve for width in least]
        share, rest = divmod(64 - sum(widths), sum(growing))
        for at in (at for at, grows in enumerate(growing) if grows):
            widths[at] += share + (rest > 0)
            rest -= rest > 0
        old, self._widths, self._least = self._widths, widths, least
        self._seen = self._seen.rewrite(lambda numbers: _repack(numbers, old, widths))

    def _hash_all(self) -> None:
        old, self._widths = self._widths, []
        self.exact = False
        tables = [coder.hash_codes() for coder in self.coders]
        self._seen = self._seen.rewrite(
            lambda numbers: _combine([t[c] for t, c in zip(tables, _unpack(numbers, old), strict=True)])
        )

    def repeats(self) -> Iterator[tuple[Numbers, Rows]]:
        """Rows whose number is that of another row; unless `exact`, they may yet differ."""
        return self._seen.repeats()


def _pack(coded: Sequence[Coded], widths: Sequence[int]) -> Numbers:
    """The codes of each row side by side in one number, the first column's uppermost."""
    numbers: Numbers | None = None
    for (codes, indices), shift in zip(coded, _list_shifts(widths), strict=True):
        shifted = (codes.astype(np.uint64) << shift).take(indices)
        numbers = shifted if numbers is None else np.bitwise_or(numbers, shifted, out=numbers)
    assert numbers is not None
    return numbers


def _list_shifts(widths: Sequence[int]) -> list[np.uint64]:
    return [np.uint64(sum(widths[at + 1 :])) for at in range(len(widths))]


def _repack(numbers: Numbers, old: Sequence[int], widths: Sequence[int]) -> Numbers:
    codes = _unpack(numbers, old)
    found: Numbers = np.bitwise_or.reduce([code << at for code, at in zip(codes, _list_shifts(widths), strict=True)])
    return found


def _unpack(numbers: Numbers, widths: Sequence[int]) -> list[Numbers]:
    codes = []
    for width in reversed(widths[1:]):
        codes.append(numbers & np.uint64((1 << width) - 1))
        numbers = numbers >> np.uint64(width)
    return [numbers, *reversed(codes)]


def _combine(hashes: Sequence[Numbers]) -> Numbers:
    numbers = mix(hashes[0] * ODD)
    for some in hashes[1:]:
        numbers = mix((numbers ^ some) * ODD)
    return numbers


Mask = np.ndarray[Any, np.dtype[np.bool_]]


def _any(mask: Any) -> Mask | None:
    return mask if mask.any() else None


def _all_of(masks: Sequence[Mask | None]) -> Mask | None:
    found = [mask for mask in masks if mask is not None]
    return _any(np.logical_and.reduce(found)) if len(found) == len(masks) else None


def _any_of(masks: Sequence[Mask | None]) -> Mask | None:
    found = [mask for mask in masks if mask is not None]
    return np.logical_or.reduce(found) if found else None
