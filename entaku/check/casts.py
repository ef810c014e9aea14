"""Batches of text → batches with the schema's types, by column; each distinct text is read once.

The values are those of `schema.cast_column`; plain digits and dates, the vast majority, are cast by Arrow itself with
the same result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from functools import partial
from math import isfinite
from typing import Any

import numpy as np

from entaku.check.field_types import BRIEF, FIELD_TYPES, PLAIN_INSTANT
from entaku.check.schema import BOUNDS, NO_CONSTRAINTS, NotCastableError, arrow_type, cast_column, describe_field
from entaku.check.values import STANDARD, is_plain, make_value_reader, read_bound
from entaku.check.vectors import MANY, Looked
from entaku.formats.arrays import (
    Marks,
    decode,
    make_dictionary,
    make_flags,
    make_null,
    make_numbers,
    make_texts,
    measure,
    to_mask,
    to_numbers,
)
from entaku.formats.heavy import pa, pc
from entaku.model.table_schema import Schema, SchemaField


@dataclass(frozen=True)
class Told:
    """A dictionary-encoded column of texts."""

    indices: np.ndarray[Any, Any]
    """For each row the index of its text in `distinct`."""
    distinct: Sequence[str | None]
    lasting: bool = True
    """`distinct` is the column's own list, which is only appended to from batch to batch."""


def tell(look: Looked) -> Told | pa.Array | None:
    """Return what the check has read of a column: its values, its encoded texts if few are distinct, or None."""
    if look.whole:
        return look.values
    if look.indices is None or not (look.few or len(look.distinct) * MANY <= len(look.texts)):
        return None
    return Told(look.indices, look.distinct, look.few)


class Columns:
    """Casts the batches of one table."""

    def __init__(self, schema: Schema, zoned: Collection[str] = ()) -> None:
        """`zoned`: the columns of moments with offsets from UTC (`find_zoned`)."""
        self.columns = [_Column(field, schema.missingValues, field.name in zoned) for field in schema.fields]
        self.schema = pa.schema([pa.field(column.field.name, column.type) for column in self.columns])

    def cast(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Cast a batch of texts (or dictionaries of texts), columns in the schema's order; invalid values become null.

        Raises NotCastableError, with the row's position in the batch.
        """
        return self.decode(self.code(batch))

    def code(self, batch: pa.RecordBatch, told: Sequence[Told | pa.Array | None] = ()) -> pa.RecordBatch:
        """Cast as `cast` does, but keep text columns with few distinct values as dictionaries, which cost less.

        `told`: for each column, what the check has already read: its encoded texts or its values, or None.
        """
        known = told or [None] * batch.num_columns
        columns = zip(self.columns, batch.columns, known, strict=True)
        made = [column.code(texts, some) for column, texts, some in columns]
        return pa.RecordBatch.from_arrays(made, names=self.schema.names)

    def decode(self, coded: pa.RecordBatch) -> pa.RecordBatch:
        """Decode the dictionaries that `code` made."""
        return pa.RecordBatch.from_arrays([decode(column) for column in coded.columns], schema=self.schema)


class _Column:
    def __init__(self, field: SchemaField, missing: Sequence[str], zoned: bool) -> None:
        self.field, self.missing, self.zoned = field, missing, zoned
        self.type = arrow_type(field, zoned)
        self.marks = Marks(field.missingValues if field.missingValues is not None else missing)
        self.places = np.zeros(0, np.int32)
        self.values = self.none = pa.nulls(0, self.type)
        """For few distinct texts, `places` has the index of each text's value in `values`, -1 for null."""
        plain = PLAIN_INSTANT if zoned else FIELD_TYPES[field.type].plain
        self.plain = plain if is_plain(describe_field(field)) else ""
        self.brief = FIELD_TYPES[field.type].brief or self.plain

    def code(self, texts: pa.Array, told: Told | pa.Array | None) -> pa.Array:
        """Return the values of `texts`, plain or as a dictionary if few are distinct."""
        if isinstance(told, pa.Array):
            self._refuse_mixture(told, texts)
            return told.cast(self.type)
        if told is not None and not pa.types.is_nested(self.type):
            coded = self._code_few(told)
        elif self.type == pa.string() and not pa.types.is_dictionary(texts.type):
            return self.marks.blank(texts)
        else:
            coded = self._code_many(texts)
        return coded if self.type == pa.string() else decode(coded)

    def _refuse_mixture(self, values: pa.Array, texts: pa.Array) -> None:
        """Raise NotCastableError if `values` are moments with offsets and those of the column are not, or vice versa."""
        if pa.types.is_timestamp(values.type) and values.type.tz != self.type.tz and values.null_count < len(values):
            place = int(np.flatnonzero(to_mask(values.is_valid()))[0])
            raise NotCastableError(self.field.name, place, decode(texts)[place].as_py(), "mixed-offsets")

    def _code_few(self, told: Told) -> pa.Array:
        """Return the values of few distinct texts, each cast once: for all batches if the list is lasting."""
        done = len(self.places) if told.lasting else 0
        places, values = (self.places, self.values) if told.lasting else (np.zeros(0, np.int32), self.none)
        if len(told.distinct) > done:
            try:
                more = self._cast_distinct(make_texts(told.distinct[done:]))
            except NotCastableError as error:
                place = int(np.flatnonzero(told.indices == told.distinct.index(error.value))[0])
                raise NotCastableError(self.field.name, place, error.value, error.why) from None
            places = np.concatenate([places, _number_values(more, len(values))])
            values = pa.concat_arrays([values, more.drop_null()])
        if told.lasting:
            self.places, self.values = places, values
        if len(values) == len(places):
            return make_dictionary(told.indices.astype(np.int32, copy=False), values)
        return make_dictionary(places[told.indices], values)

    def _code_many(self, texts: pa.Array) -> pa.Array:
        """Return the values of texts without prior knowledge."""
        coded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
        indices = coded.indices
        try:
            values = self._cast_distinct(coded.dictionary)
        except NotCastableError as error:
            code = coded.dictionary.to_pylist().index(error.value)
            place = _find_first(indices, code)
            raise NotCastableError(self.field.name, place, error.value, error.why) from None
        if self.type != pa.string():
            return values.take(indices)
        if values.null_count:  # Arrow concatenates only dictionaries without nulls
            found = _number_values(values)[to_numbers(indices)]
            if indices.null_count:
                found[~to_mask(indices.is_valid())] = -1
            return make_dictionary(found, values.drop_null())
        return pa.DictionaryArray.from_arrays(indices, values)

    def _cast_distinct(self, texts: pa.Array) -> pa.Array:
        if self.type == pa.string():
            return self.marks.blank(texts)
        if not self.plain:
            return self._cast_exactly(texts)
        known = self.marks.blank(texts)
        shape = self.brief if measure(known).max(initial=0) <= BRIEF else self.plain
        plain = to_mask(pc.match_substring_regex(known, shape)) | ~to_mask(known.is_valid())
        try:
            if plain.all():
                return known.cast(self.type)
            odd = make_flags(~plain)
            cast = pc.if_else(odd, make_null(), known).cast(self.type)
        except pa.ArrowInvalid:  # an invalid date such as 30 February
            return self._cast_exactly(texts)
        return pc.replace_with_mask(cast, odd, self._cast_exactly(texts.filter(odd)))

    def _cast_exactly(self, texts: pa.Array) -> pa.Array:
        return cast_column(texts.to_pylist(), self.field, self.missing, self.zoned)


# ---- what casting loses ----------------------------------------------------------------------------------------

TRIED = 200
"""Texts of a batch that are read to find the first that is a moment."""


def find_zoned(schema: Schema, batches: Iterable[pa.RecordBatch]) -> frozenset[str]:
    """Return the columns of moments whose first value has an offset from UTC; the batches are read up to that value."""
    left = {field.name: field for field in schema.fields if field.type == "datetime"}
    readers = {name: make_value_reader(describe_field(field), STANDARD) for name, field in left.items()}
    marks = {
        name: Marks(schema.missingValues if field.missingValues is None else field.missingValues)
        for name, field in left.items()
    }
    zoned = set()
    for batch in batches if left else ():
        for name in [name for name in left if name in batch.schema.names]:
            texts = marks[name].blank(decode(batch.column(name))).drop_null().unique()[:TRIED].to_pylist()
            moment = next((value for value in map(readers[name], texts) if value is not None), None)
            if moment is not None:
                del left[name]
                zoned |= {name} if moment.tzinfo is not None else set()
        if not left:
            break
    return frozenset(zoned)


@dataclass(frozen=True)
class Loss:
    """A value that Parquet holds otherwise than it is written."""

    code: str
    """rounded-number or cut-fraction."""
    place: int
    """Its index in the batch."""
    text: str
    kept: str
    """What Parquet holds."""


class LossFinder:
    """Finds the first value of a column that Parquet can't hold as it is written."""

    def __init__(self, field: SchemaField, missing: Sequence[str]) -> None:
        self._field = field
        self._marks = Marks(field.missingValues if field.missingValues is not None else missing)
        self._read = make_value_reader(describe_field(field), STANDARD)
        self._suspect = _choose_suspicion(field)

    def find(self, texts: pa.Array) -> Loss | None:
        """Return the first loss in a batch, None if there is none."""
        if self._suspect is None:
            return None
        texts = decode(texts)
        rows = self._suspect(texts)
        if not len(rows):
            return None
        known = self._marks.blank(texts.take(make_numbers(rows))).dictionary_encode()
        for at, text in enumerate(known.dictionary.to_pylist()):
            value = self._read(text)
            kept = None if value is None else self._keep(value, text)
            if kept is not None:
                place = int(rows[_find_first(known.indices, at)])
                code = "rounded-number" if self._field.type == "number" else "cut-fraction"
                return Loss(code, place, text, kept)
        return None

    def _keep(self, value: Any, text: str) -> str | None:
        """Return what Parquet holds of a value, None if nothing is lost."""
        if self._field.type == "number":
            return lose_digits(value)
        return value.isoformat() if _TOO_FINE.search(text) else None


def lose_digits(value: Any) -> str | None:
    """Return what a double holds of a number if it is written with more digits than that; else None."""
    exact = Decimal(value)
    if not exact.is_finite() or not isfinite(float(exact)):
        return None
    kept = repr(float(exact))
    return None if Decimal(kept) == exact else kept.removesuffix(".0")


_FRACTION = "[.,][0-9]{6}0*[1-9]"
_TOO_FINE = re.compile(_FRACTION)
_SURE_DIGITS = 15
"""Digits that a double always holds."""
_FINE_TIME, _FINE_MOMENT = len("9:00:00.0000001"), len("2026-01-31T09:00:00.0000001")
"""Characters of the shortest texts with a fraction of a microsecond."""


def _choose_suspicion(field: SchemaField) -> Callable[[pa.Array], np.ndarray[Any, Any]] | None:
    """Return a function that finds the rows of a batch whose values may be more than Parquet holds, or None."""
    if field.type == "number":
        return _suspect_numbers
    if field.type in ("time", "datetime") and field.format in ("default", "any"):
        shortest = _FINE_MOMENT if (field.type, field.format) == ("datetime", "default") else _FINE_TIME
        return partial(_suspect_moments, shortest)
    return None


def _suspect_numbers(texts: pa.Array) -> np.ndarray[Any, Any]:
    """Find numbers of many digits that a double shows otherwise, and those with an exponent."""
    long = measure(texts) > _SURE_DIGITS
    data = texts.buffers()[2]
    written = b"" if data is None else memoryview(data).tobytes()
    if b"e" in written or b"E" in written:
        long |= to_mask(pc.match_substring(texts, "e", ignore_case=True))
    rows = np.flatnonzero(long)
    some = texts.take(make_numbers(rows))
    with suppress(pa.ArrowInvalid):
        shown = pc.cast(pc.cast(some, pa.float64()), pa.string())
        short = pc.utf8_rtrim(pc.utf8_rtrim(some, "0"), ".")  # 12.500 is 12.5
        rows = rows[~to_mask(pc.or_(pc.equal(shown, some), pc.equal(shown, short)))]
    return rows


def _suspect_moments(shortest: int, texts: pa.Array) -> np.ndarray[Any, Any]:
    """Find texts with fractions of microseconds."""
    if not len(texts) or int(measure(texts).max()) < shortest:
        return np.zeros(0, np.int64)
    return np.flatnonzero(to_mask(pc.match_substring_regex(texts, _FRACTION)))


def _find_first(indices: pa.Array, wanted: int) -> int:
    """Return the place of the first of the indices that is `wanted`."""
    return int(((to_numbers(indices) == wanted) & to_mask(indices.is_valid())).argmax())


def _number_values(values: pa.Array, first: int = 0) -> np.ndarray[Any, Any]:
    """Number the non-null values consecutively from `first`; null is -1."""
    known = to_mask(values.is_valid())
    return np.where(known, first + np.cumsum(known) - 1, -1).astype(np.int32)


# ---- descriptors of typed columns ---------------------------------------------------------------------------------


def describe_typed(field: SchemaField) -> dict[str, Any]:
    """Return the descriptor of a field in Parquet, where its values are typed or, without an Arrow type, the same text.

    frictionless-py 5.21 reads Parquet through pandas, so that a missing value may come as `nan`, `NaT` or `None`, a
    year as 1999.0, a list as an array of numpy, and the number NaN as missing: lists are of type `any`, years are
    integers, and numbers aren't required.  Constraints are written as values of the type alone, without the format and
    marks of the CSV.
    """
    descriptor, kind = describe_field(field), arrow_type(field)
    for key in ("missingValues", "trueValues", "falseValues", "groupChar", "decimalChar", "bareNumber"):
        descriptor.pop(key, None)
    constraints = dict(descriptor.pop("constraints", {}))
    if pa.types.is_list(kind):
        descriptor["type"] = "any"
        descriptor.pop("arrayItem", None)
        constraints = {key: constraints[key] for key in ("required",) if key in constraints}
    elif pa.types.is_string(kind):
        descriptor["missingValues"] = []
    else:
        descriptor.pop("format", None)
        descriptor.pop("example", None)
        descriptor["type"] = "integer" if field.type == "year" else field.type
        read = make_value_reader(describe_field(replace(field, example=None, constraints=NO_CONSTRAINTS)), STANDARD)
        constraints = {key: _show_typed(key, value, read) for key, value in constraints.items()}
        descriptor["missingValues"] = ["", "nan", "NaT", "None"]
        if field.type == "number":
            constraints.pop("required", None)
    return descriptor | ({"constraints": constraints} if constraints else {})


def _show_typed(key: str, value: Any, read: Callable[[Any], Any]) -> Any:
    """Write a constraint's value by the type alone; one that can't be read allows nothing, as it is."""
    if key == "enum":
        return [_show_value(wanted if (known := read(wanted)) is None else known) for wanted in value]
    if key in BOUNDS:
        bound = read_bound(read, value)
        return value if bound is None else _show_value(bound)
    return value


def _show_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        if not value.is_finite():
            return str(value)
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date | time) else value
