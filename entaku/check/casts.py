"""Batches of text → batches with the schema's types, by column; each distinct text is read once.

The values are those of `schema.cast_column`; plain digits and dates, the vast majority, are cast by Arrow itself with
the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from entaku.check.field_types import FIELD_TYPES
from entaku.check.schema import NotCastableError, arrow_type, cast_column, describe_field
from entaku.check.values import is_plain
from entaku.check.vectors import MANY, Looked
from entaku.formats.arrays import Marks, decode, make_dictionary, make_flags, make_null, make_texts, to_mask, to_numbers
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

    def __init__(self, schema: Schema) -> None:
        self.schema = pa.schema([pa.field(field.name, arrow_type(field)) for field in schema.fields])
        self.columns = [_Column(field, schema.missingValues) for field in schema.fields]

    def cast(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Cast a batch of texts (or dictionaries of texts), columns in the schema's order; invalid values become null.

        Raises NotCastableError, with the row's position in the batch, for an integer beyond 64 bits.
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
    def __init__(self, field: SchemaField, missing: Sequence[str]) -> None:
        self.field, self.missing = field, missing
        self.type = arrow_type(field)
        self.marks = Marks(field.missingValues if field.missingValues is not None else missing)
        self.places = np.zeros(0, np.int32)
        self.values = self.none = pa.nulls(0, self.type)
        """For few distinct texts, `places` has the index of each text's value in `values`, -1 for null."""
        self.plain = FIELD_TYPES[field.type].plain if is_plain(describe_field(field)) else ""

    def code(self, texts: pa.Array, told: Told | pa.Array | None) -> pa.Array:
        """Return the values of `texts`, plain or as a dictionary if few are distinct."""
        if isinstance(told, pa.Array):
            return told.cast(self.type)
        if told is not None and not pa.types.is_nested(self.type):
            coded = self._code_few(told)
        elif self.type == pa.string() and not pa.types.is_dictionary(texts.type):
            return self.marks.blank(texts)
        else:
            coded = self._code_many(texts)
        return coded if self.type == pa.string() else decode(coded)

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
            code = pc.index(coded.dictionary, error.value).as_py()
            place = pc.index(indices, pa.scalar(code, indices.type)).as_py()
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
            return cast_column(texts.to_pylist(), self.field, self.missing)
        known = self.marks.blank(texts)
        plain = to_mask(pc.match_substring_regex(known, self.plain)) | ~to_mask(known.is_valid())
        try:
            if plain.all():
                return known.cast(self.type)
            odd = make_flags(~plain)
            cast = pc.if_else(odd, make_null(), known).cast(self.type)
        except pa.ArrowInvalid:  # an invalid date such as 30 February
            return cast_column(texts.to_pylist(), self.field, self.missing)
        return pc.replace_with_mask(cast, odd, cast_column(texts.filter(odd).to_pylist(), self.field, self.missing))


def _number_values(values: pa.Array, first: int = 0) -> np.ndarray[Any, Any]:
    """Number the non-null values consecutively from `first`; null is -1."""
    known = to_mask(values.is_valid())
    return np.where(known, first + np.cumsum(known) - 1, -1).astype(np.int32)
