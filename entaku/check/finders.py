"""Columns of texts → the cells that vector tests don't accept.

Accepted cells are those that the exact reader accepts; the others must be read one by one for a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from entaku.check.cells import BOUNDS
from entaku.check.field_types import FIELD_TYPES, PLAIN_CLOCK, PLAIN_INSTANT, SURE_DAY, SURE_INSTANT
from entaku.check.values import find_form, is_plain, kind_of, make_value_reader
from entaku.formats.arrays import Marks, blank_out, make_flags, make_null, make_texts, to_mask, to_numbers
from entaku.formats.heavy import pa, pc

Rows = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


class Tested(NamedTuple):
    """The result of a vector test of a batch's cells."""

    odd: Mask | None
    """The cells to be read one by one (perhaps too many, never too few), or None."""
    values: pa.Array
    """The values of the cells that were cast, null elsewhere."""
    whole: bool
    """All cells were cast except for nulls."""
    nulls: Rows | None = None
    """The indices of null cells, or None."""


Finder = Callable[["pa.Array"], Tested]
Refuser = Callable[["pa.Array"], "pa.BooleanArray | None"]
"""Returns the mask of the texts that have no value, or None."""

VECTOR_CONSTRAINTS: Mapping[str, frozenset[str]] = {
    "string": frozenset({"required", "minLength", "maxLength", "pattern", "unique"}),
    **dict.fromkeys(("integer", "number", "date", "datetime"), frozenset({"required", "unique", *BOUNDS})),
}
"""By type, all constraints that vectors can test; a field with any other is read text by text."""


def make_finder(field: Mapping[str, Any], missing: Sequence[str], rules: frozenset[str]) -> Finder | None:
    """Return the vector test of a field, or None for a field that must be read text by text."""
    kind, constraints = kind_of(field), dict(field.get("constraints") or {})
    if not is_plain(field) or not set(constraints) <= VECTOR_CONSTRAINTS.get(kind, frozenset()):
        return None
    if kind == "string":
        least, most, pattern = (constraints.get(name) for name in ("minLength", "maxLength", "pattern"))
        shape = None if pattern is None else make_shape(pattern)
        return None if shape == "" else _with_nulls(_find_odd_strings(least, most, shape), missing)
    read = make_value_reader(field, rules)
    bounds = [(name, read(constraints[name])) for name in BOUNDS if constraints.get(name) is not None]
    if kind == "integer" and all(isinstance(bound, int) and abs(bound) < 2**63 for _, bound in bounds):
        return _with_nulls(_find_odd_integers(bounds), missing)
    if kind == "number" and all(_is_finite(bound) for _, bound in bounds):
        return _with_nulls(_find_odd_numbers(bounds), missing)
    if kind in ("date", "datetime") and all(isinstance(bound, date) for _, bound in bounds):
        forms = _list_forms(kind, [bound for _, bound in bounds])
        return _with_nulls(_find_odd_moments(bounds, forms), missing) if forms else None
    return None


def make_refuser(field: Mapping[str, Any], rules: frozenset[str]) -> Refuser | None:
    """Return the vector test for texts that certainly have no value, none of them null, or None for no such test."""
    form = find_form(field, rules) if is_plain(field) else None
    if form is None or kind_of(field) not in ("integer", "number", "date", "datetime"):
        return None  # other forms look ahead, which RE2 can't

    def refuse(texts: pa.Array) -> pa.BooleanArray | None:
        refused = pc.invert(pc.match_substring_regex(texts, f"^(?:{form.pattern})$"))
        return refused if refused.true_count else None

    return refuse


def _is_finite(bound: Any) -> bool:
    return isinstance(bound, Decimal | int) and Decimal(bound).is_finite()


def _with_nulls(find_odd: Finder, missing: Sequence[str]) -> Finder:
    """Return a finder that sets null cells and missing values aside and tests the rest."""
    marks = Marks(missing)

    def find(texts: pa.Array) -> Tested:
        nulls = marks.find(texts)
        found = find_odd(blank_out(texts, nulls))
        return found._replace(nulls=nulls) if len(nulls) else found

    return find


def _any(mask: Mask) -> Mask | None:
    return mask if mask.any() else None


_SAFE_PATTERN = re.compile(
    r"""(?x)(?:
      [^\\.^$*+?{}\[\]()|]                                       # a character that means itself
    | \\[dws] | \\[-.^$*+?{}()\[\]|/]
    | \[ (?: \\[dws] | \\[-.^$*+?{}()\[\]|/] | [^\\\[\]^] )+ \]    # one of some characters
    | \[\^ [^\\\[\]^]+ \]                                        # none of some
    | [.^$|)] | \( (?:\?:|(?!\?)) | (?: [*+?]\?? | \{[0-9]+(?:,[0-9]*)?\} ) (?![*+?{])
    )*"""
)
"""Patterns with which Arrow's RE2 matches no more than Python does: its `d`, `w`, `s` and `$` are narrower."""


def make_shape(pattern: str) -> str:
    """Return a pattern by which Arrow matches whole texts, or "" for a pattern that RE2 may read differently."""
    shape = f"^(?:{pattern})$"
    try:
        pc.match_substring_regex(make_texts([""]), shape)
    except pa.ArrowInvalid:
        return ""
    return shape if _SAFE_PATTERN.fullmatch(pattern) else ""


def _find_odd_strings(least: int | None, most: int | None, shape: str | None) -> Finder:
    def find(texts: pa.Array) -> Tested:
        odd = np.zeros(len(texts), np.bool_)
        if least is not None or most is not None:
            lengths = to_numbers(pc.utf8_length(texts))
            odd = lengths < least if least is not None else odd
            odd = odd | (lengths > most) if most is not None else odd
        if shape is not None:
            odd |= ~to_mask(pc.match_substring_regex(texts, shape))
        return Tested(_any(odd & to_mask(texts.is_valid()) if texts.null_count else odd), texts, whole=True)

    return find


def _find_odd_integers(bounds: Sequence[tuple[str, Any]]) -> Finder:
    cast = Caster("integer")

    def find(texts: pa.Array) -> Tested:
        values, odd = cast.cast(texts)
        return Tested(_find_outside(values, bounds, odd, exact=True), values, odd is None)

    return find


class Caster:
    """Casts the texts of a column to numbers."""

    def __init__(self, kind: str) -> None:
        self._shape, self._target = FIELD_TYPES[kind].plain, pa.type_for_alias(FIELD_TYPES[kind].arrow)
        self._strange = False

    def cast(self, texts: pa.Array) -> tuple[pa.Array, Mask | None]:
        """Return the numbers in plain notation, and the mask of the other texts."""
        if not self._strange:
            with suppress(pa.ArrowInvalid):
                if not may_be_hex(texts):
                    return pc.cast(texts, self._target), None
        odd = find_strange(texts)
        self._strange = bool(odd.any())  # such texts usually recur in later batches
        with suppress(pa.ArrowInvalid):
            if not self._strange:
                return pc.cast(texts, self._target), None
            return pc.cast(pc.if_else(make_flags(odd), make_null(), texts), self._target), odd
        odd = to_mask(pc.invert(pc.match_substring_regex(texts, self._shape)))
        return pc.cast(pc.if_else(make_flags(odd), make_null(), texts), self._target), odd


def may_be_hex(texts: pa.Array) -> bool:
    """Test whether texts contain an "x": Arrow reads 0x1F as 31, Python as no number."""
    data = texts.buffers()[2]
    if data is None:
        return False
    offsets = np.frombuffer(texts.buffers()[1], np.int32)
    some = bytes(data[int(offsets[texts.offset]) : int(offsets[texts.offset + len(texts)])])
    return b"x" in some or b"X" in some


_STRANGE = np.ones(256, np.bool_)
"""Bytes that no plain number has."""
_STRANGE[list(b"0123456789.-")] = False


def find_strange(texts: pa.Array) -> Mask:
    """Return the mask of texts with a strange byte."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    places = np.flatnonzero(_STRANGE[np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]]) + ends[0]
    strange = np.zeros(len(texts), np.bool_)
    strange[np.searchsorted(ends, places, side="right") - 1] = True
    if texts.null_count:
        strange &= to_mask(texts.is_valid())
    return strange


def _find_odd_numbers(bounds: Sequence[tuple[str, Any]]) -> Finder:
    cast = Caster("number")
    floats = [(name, float(Decimal(bound))) for name, bound in bounds]  # infinite beyond the range of a float

    def find(texts: pa.Array) -> Tested:
        values, odd = cast.cast(texts)
        odd = find_unbounded(values, odd)
        return Tested(_find_outside(values, floats, odd, exact=False), values, odd is None)

    return find


def find_unbounded(values: pa.Array, odd: Mask | None) -> Mask | None:
    """Add NaN and infinite values to `odd`: NaN is within no bound, though it compares as outside of none."""
    if all(isfinite(extreme) for extreme in find_extremes(values)):
        return odd
    unbounded: Mask = ~np.isfinite(to_numbers(values))
    if values.null_count:
        unbounded &= to_mask(values.is_valid())
    if odd is not None:
        unbounded |= odd
    return unbounded


def find_extremes(values: pa.Array) -> tuple[Any, Any]:
    """Return bounds of all values, including the undefined ones at null positions; NaN if one is NaN."""
    some = to_numbers(values)
    return (some.min().item(), some.max().item()) if len(some) else (0, 0)


def is_strict(name: str, exact: bool) -> bool:
    """Test whether a value equal to the bound must be read: the bound is exclusive, or the float was rounded."""
    return name.startswith("exclusive") or not exact


def _find_outside(values: pa.Array, bounds: Sequence[tuple[str, Any]], mask: Mask | None, exact: bool) -> Mask | None:
    """Add values outside of the bounds to `mask`; a float on a bound may lie on either side of it."""
    least, most = find_extremes(values)
    for name, bound in bounds:
        strict = is_strict(name, exact)
        low = name.lower().endswith("minimum")
        if (
            (least > bound or (least == bound and not strict))
            if low
            else (most < bound or (most == bound and not strict))
        ):
            continue
        compare = {(True, True): np.less_equal, (True, False): np.less, (False, True): np.greater_equal}
        outside = compare.get((low, strict), np.greater)(to_numbers(values), bound)
        if values.null_count:
            outside &= to_mask(values.is_valid())
        mask = outside if mask is None else mask | outside
    return None if mask is None else _any(mask)


class Form(NamedTuple):
    """A way to write a day or moment that Arrow casts."""

    likely: str
    """A pattern of texts that it casts, or refuses: 30 February, or 29 February in a common year."""
    sure: str
    """A pattern of those that it casts in any year."""
    target: pa.DataType

    def cast(self, texts: pa.Array) -> tuple[pa.Array, Mask]:
        """Return the values of the texts in this form, and the mask of the others."""
        try:
            return self._cast(texts, self.likely)
        except pa.ArrowInvalid:
            return self._cast(texts, self.sure)

    def _cast(self, texts: pa.Array, shape: str) -> tuple[pa.Array, Mask]:
        odd = pc.invert(pc.match_substring_regex(texts, shape))
        return pc.cast(pc.if_else(odd, make_null(), texts), self.target), to_mask(odd)


def _list_forms(kind: str, bounds: Sequence[Any]) -> list[Form]:
    """Return the forms whose values can be compared with the bounds: a moment with an offset only with such bounds."""
    known = FIELD_TYPES[kind]
    zoned = [getattr(bound, "tzinfo", None) is not None for bound in bounds]
    forms = []
    if not any(zoned):
        sure = f"{SURE_DAY}$" if kind == "date" else f"{SURE_DAY}{PLAIN_CLOCK}$"
        forms.append(Form(known.plain, sure, pa.type_for_alias(known.arrow)))
    if kind == "datetime" and all(zoned):
        forms.append(Form(PLAIN_INSTANT, SURE_INSTANT, pa.timestamp("us", "UTC")))
    return forms


def _find_odd_moments(bounds: Sequence[tuple[str, Any]], forms: list[Form]) -> Finder:
    def find(texts: pa.Array) -> Tested:
        there = len(texts) - texts.null_count
        for n, form in enumerate(forms):
            values, odd = form.cast(texts)
            if there and np.count_nonzero(odd) == there and n + 1 < len(forms):
                continue
            if there:
                forms.insert(0, forms.pop(n))  # later batches are usually written in the same form
            break
        return Tested(_find_outside_moments(values, bounds, odd), values, not odd.any())

    return find


def _find_outside_moments(values: pa.Array, bounds: Sequence[tuple[str, Any]], mask: Mask) -> Mask | None:
    for name, bound in bounds:
        low = name.lower().endswith("minimum")
        whole = bound.replace(microsecond=0) if isinstance(bound, datetime) else bound
        assert isinstance(whole, date)
        mask = mask | to_mask((pc.less_equal if low else pc.greater_equal)(values, pa.scalar(whole, values.type)))
    return _any(mask)
