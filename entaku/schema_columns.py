"""Batches of text → batches with the schema's types, by column: each distinct text is read once.

The values are those of `schema.cast_column`; plain digits and dates, which are almost all there are, are read by
Arrow itself, which gives the same.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from entaku.arrays import NO_TEXT, make_flags, make_texts, to_mask, to_numbers
from entaku.grammar import Schema, SchemaField
from entaku.schema import NotCastableError, arrow_type, cast_column

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN = {
    "integer": r"^-?[0-9]{1,18}$",
    "number": r"^-?[0-9]+(\.[0-9]+)?$",
    "date": r"^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$",
}
"""Texts whose value doesn't depend on the field's other properties, and which Arrow reads as frictionless-py does."""


class Columns:
    """Casts the batches of one table."""

    def __init__(self, schema: Schema) -> None:
        import pyarrow as pa

        self.schema = pa.schema([pa.field(field.name, arrow_type(field)) for field in schema.fields])
        self.columns = [_Column(field, schema.missingValues) for field in schema.fields]

    def cast(self, batch: "pa.RecordBatch") -> "pa.RecordBatch":
        """The rows of `batch`, whose columns are texts (or dictionaries of them) in the schema's order; what isn't a
        value of its type becomes null.

        Raises NotCastableError, with the row's place in the batch, for an integer beyond 64 bits.
        """
        return self.decode(self.code(batch), batch)

    def code(self, batch: "pa.RecordBatch", told: "Sequence[Told | None]" = ()) -> "pa.RecordBatch":
        """Like `cast`, but each column (but for lists) as a dictionary of its values, which statistics count faster.

        `told`: for each column, if anyone knows it already, its texts told apart.
        """
        import pyarrow as pa

        known = told or [None] * batch.num_columns
        made = [
            column.code(texts) if some is None or pa.types.is_nested(column.type) else column.code_few(*some)
            for column, texts, some in zip(self.columns, batch.columns, known, strict=True)
        ]
        return pa.RecordBatch.from_arrays(made, names=self.schema.names)

    def decode(self, coded: "pa.RecordBatch", batch: "pa.RecordBatch") -> "pa.RecordBatch":
        """The plain columns of what `code` made of `batch`."""
        import pyarrow as pa

        made = [
            texts if texts.type == kind and not column.null_count
            else column if column.type == kind else column.dictionary.take(column.indices)
            for kind, column, texts in zip(self.schema.types, coded.columns, batch.columns, strict=True)
        ]  # fmt: skip
        return pa.RecordBatch.from_arrays(made, schema=self.schema)


Told = tuple[np.ndarray[Any, Any], Sequence[str | None]]
"""By row the place of its text in a list of a column's texts, which from batch to batch only grows."""


class _Column:
    def __init__(self, field: SchemaField, missing: Sequence[str]) -> None:
        import pyarrow as pa

        self.field, self.missing = field, missing
        self.type = arrow_type(field)
        self.nulls = make_texts(field.missingValues if field.missingValues is not None else missing)
        plain = field.format == "default" and not field.groupChar and field.decimalChar in ("", ".")
        self.places = np.zeros(0, np.int32)
        self.values = pa.nulls(0, self.type)
        """Of few texts: where the value of each is, -1 for none, and the values."""
        self.plain = _PLAIN.get(field.type, "") if plain else ""

    def code_few(self, indices: np.ndarray[Any, Any], distinct: Sequence[str | None]) -> "pa.Array":
        """The values of a column of few texts, each of which is cast once for all batches."""
        import pyarrow as pa

        done = len(self.places)
        if len(distinct) > done:
            try:
                values = self._cast_distinct(make_texts(distinct[done:]))
            except NotCastableError as error:
                place = int(np.flatnonzero(indices == distinct.index(error.value))[0])
                raise NotCastableError(self.field.name, place, error.value, error.why) from None
            self.places = np.concatenate([self.places, _number_values(values, len(self.values))])
            self.values = pa.concat_arrays([self.values, values.drop_null()])
        return _make_dictionary(self.places[indices], self.values)

    def code(self, texts: "pa.Array") -> "pa.Array":
        import pyarrow as pa
        import pyarrow.compute as pc

        coded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
        indices = coded.indices
        try:
            values = self._cast_distinct(coded.dictionary)
        except NotCastableError as error:
            code = pc.index(coded.dictionary, error.value).as_py()
            place = pc.index(indices, pa.scalar(code, indices.type)).as_py()
            raise NotCastableError(self.field.name, place, error.value, error.why) from None
        if pa.types.is_nested(self.type):
            return values.take(indices)
        if values.null_count:  # Arrow joins only dictionaries without nulls
            found = _number_values(values)[to_numbers(indices)]
            if indices.null_count:
                found[~to_mask(indices.is_valid())] = -1
            return _make_dictionary(found, values.drop_null())
        return pa.DictionaryArray.from_arrays(indices, values)

    def _cast_distinct(self, texts: "pa.Array") -> "pa.Array":
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.type == pa.string():
            return pc.if_else(pc.is_in(texts, self.nulls), NO_TEXT, texts)
        if not self.plain:
            return cast_column(texts.to_pylist(), self.field, self.missing)
        known = pc.if_else(pc.is_in(texts, self.nulls), NO_TEXT, texts)
        plain = to_mask(pc.match_substring_regex(known, self.plain)) | ~to_mask(known.is_valid())
        try:
            if plain.all():
                return known.cast(self.type)
            odd = make_flags(~plain)
            cast = pc.if_else(odd, NO_TEXT, known).cast(self.type)
        except pa.ArrowInvalid:  # a 30 February
            return cast_column(texts.to_pylist(), self.field, self.missing)
        return pc.replace_with_mask(cast, odd, cast_column(texts.filter(odd).to_pylist(), self.field, self.missing))


def _number_values(values: "pa.Array", first: int = 0) -> np.ndarray[Any, Any]:
    """The values' numbers from `first` on, nulls left out; -1 for those."""
    known = to_mask(values.is_valid())
    return np.where(known, first + np.cumsum(known) - 1, -1).astype(np.int32)


def _make_dictionary(places: np.ndarray[Any, Any], values: "pa.Array") -> "pa.Array":
    """The values in these places, null for -1.  (Arrow joins only dictionaries without nulls.)"""
    import pyarrow as pa

    known = places >= 0
    flags = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    codes = pa.Array.from_buffers(pa.int32(), len(places), [flags, pa.py_buffer(np.ascontiguousarray(places))])
    return pa.DictionaryArray.from_arrays(codes, values)
