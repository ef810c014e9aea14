"""Typed columns by column: the values of `cast_column`, text by text."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entaku.check.casts import Columns, Told, find_zoned
from entaku.check.cells import make_reader
from entaku.check.schema import NotCastableError, cast_column, describe_field
from entaku.model.table_schema import Schema, SchemaField

TEXTS = {
    "integer": ["0", "-0", "007", "-12", "9223372036854775807", "999999999999999999", " 5", "+5", "-", "1.5"],
    "number": ["0.1", "-0.0", "1e3", "-12.50", "123456789012345678901234567890.5", "NaN", "INF", ".5", "-", "5e-324", "00.10", "9" * 300, "1" * 301, "0." + "3" * 298, "0." + "3" * 301],
    "date": ["2026-06-01", "1900-02-28", "0001-01-01", "9999-12-31", "1899-12-31", "-", "2026-02-30", "x"],
    "boolean": ["true", "false", "TRUE", "1", "0", "-"],
    "time": ["09:00:00", "-"],
    "datetime": ["2026-06-01T09:00:00", "2026-06-01T24:00:00", "-"],
    "datetime ": ["2026-06-01T09:00:00Z", "2026-06-01T09:00:00.123+09:00", "1999-12-31T24:00:00-01:00", "-"],
    "year": ["2026", "-"],
    "list": ["a,b", "x", "-"],
    "string": ["a", "-", "", "x0"],
    "yearmonth": ["2026-06", "-"],
}  # fmt: skip
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str) | st.floats(0, 1e9).map(
    lambda x: f"{x:.6f}"
)


def same(one: pa.Array, other: pa.Array) -> bool:
    return one.type == other.type and repr(one.to_pylist()) == repr(other.to_pylist())


@settings(max_examples=150)
@given(st.data(), st.sampled_from(sorted(TEXTS)), st.booleans())
def test_columns_are_cast_as_text_by_text(data: st.DataObject, kind: str, coded: bool) -> None:
    choice = st.sampled_from(TEXTS[kind])
    if kind == "number":
        choice |= NUMBERS
    texts = data.draw(st.lists(choice, max_size=20))
    field, zoned = SchemaField(name="x", type=kind.strip()), {"x"} if kind.endswith(" ") else set()  # type: ignore[arg-type]
    missing = data.draw(st.sampled_from([("", "-"), ("", "-", "0"), ("", "-", "2026-06-01")]))
    array = pa.array(texts, pa.string())
    batch = pa.record_batch({"x": array.dictionary_encode() if coded else array})
    made = Columns(Schema(fields=(field,), missingValues=missing), zoned).cast(batch)
    assert same(made.column(0), cast_column(texts, field, missing, bool(zoned)))
    dictionary = Columns(Schema(fields=(field,), missingValues=missing), zoned).code(batch).column(0)
    assert dictionary.null_count == made.column(0).null_count
    assert repr(dictionary.to_pylist()) == repr(made.column(0).to_pylist())


def test_properties_of_a_field_hold() -> None:
    grouped = SchemaField(name="x", type="number", groupChar=",", decimalChar=".", missingValues=("…",))
    shown = SchemaField(name="y", type="integer", bareNumber=False)
    batch = pa.record_batch({"x": ["1,234.5", "…", "7"], "y": ["12円", "5", "6"]})
    made = Columns(Schema(fields=(grouped, shown))).cast(batch)
    assert made.to_pydict() == {"x": [1234.5, None, 7.0], "y": [12, 5, 6]}
    german = SchemaField(name="x", type="number", decimalChar=",", groupChar=".")
    batch = pa.record_batch({"x": ["1.234,5", "1.234"]})
    assert Columns(Schema(fields=(german,))).cast(batch)["x"].to_pylist() == [1234.5, 1234.0]
    days = SchemaField(name="x", type="date", format="%Y/%m/%d")
    batch = pa.record_batch({"x": ["2026/06/01"]})
    assert [str(day) for day in Columns(Schema(fields=(days,))).cast(batch)["x"].to_pylist()] == ["2026-06-01"]


def test_an_integer_beyond_64_bits_is_told_by_its_row() -> None:
    field = SchemaField(name="x", type="integer")
    batch = pa.record_batch({"x": ["1", "1", "99999999999999999999", "1"]})
    with pytest.raises(NotCastableError) as caught:
        Columns(Schema(fields=(field,))).cast(batch)
    assert (caught.value.position, caught.value.value) == (2, "99999999999999999999")


@settings(max_examples=100)
@given(st.data(), st.sampled_from(sorted(TEXTS)))
def test_texts_told_apart_before_give_the_same(data: st.DataObject, kind: str) -> None:
    field, zoned = SchemaField(name="x", type=kind.strip()), {"x"} if kind.endswith(" ") else set()  # type: ignore[arg-type]
    batches = data.draw(st.lists(st.lists(st.sampled_from(TEXTS[kind]), min_size=1, max_size=6), max_size=4))
    plain, quick = (Columns(Schema(fields=(field,), missingValues=("", "-")), zoned) for _ in range(2))
    known: list[str | None] = []
    for texts in batches:
        known = [*known, *(text for text in dict.fromkeys(texts) if text not in known)]
        batch = pa.record_batch({"x": texts})
        told = [Told(np.array([known.index(text) for text in texts], np.int32), known)]
        one, other = plain.code(batch).column(0), quick.code(batch, told).column(0)
        assert repr(one.to_pylist()) == repr(other.to_pylist())
        assert one.null_count == other.null_count
        assert same(plain.cast(batch).column(0), quick.decode(quick.code(batch, told)).column(0))
        once = [Told(np.array([texts.index(text) for text in texts], np.int32), texts, lasting=False)]
        assert same(plain.cast(batch).column(0), quick.decode(quick.code(batch, once)).column(0))


ODD = [
    "", "-", "0", "1", "-0", "+7", "007", "1,000", "1.000", "1 000", "1,000円", "¥5", "12.5", "12,5", "1e3", "1_0", "１０", "NaN", "-INF",
    "true", "TRUE", "yes", "有", "2026-06-01", "2026/06/01", "June 1 2026", "10:00", "10:00:00", "10:00:00+09:00", "10:00+24:00",
    "2026-06-01T10:00:00", "2026-06-01T10:00:00Z", "2026-06-01T10:00:00+24:00", "2026-06-01T10:00:00.5+09:00",
    "0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00", "2026", "25", "2026-06", "P1D", "a,b", '["a", 1]', "[1", '{"a": 1}',
    "35.6,139.7", "99999999999999999999",
]  # fmt: skip
FIELDS = [
    *(SchemaField(name="x", type=kind) for kind in (
        "string", "integer", "number", "boolean", "date", "time", "datetime", "year", "yearmonth", "duration", "list", "array", "object",
        "geopoint", "any",
    )),
    *(SchemaField(name="x", type="integer", groupChar=mark) for mark in ",. "),
    *(SchemaField(name="x", type="number", groupChar=mark) for mark in ", "),
    *(SchemaField(name="x", type=kind, bareNumber=False, groupChar=mark) for kind in ("integer", "number") for mark in ("", ",")),
    SchemaField(name="x", type="number", decimalChar=",", groupChar="."),
    SchemaField(name="x", type="boolean", trueValues=("有", "1"), falseValues=("-",)),
    *(SchemaField(name="x", type=kind, format="any") for kind in ("date", "time", "datetime")),
    SchemaField(name="x", type="date", format="%Y/%m/%d"), SchemaField(name="x", type="time", format="%H:%M"),
    SchemaField(name="x", type="array", arrayItem={"type": "string"}),
    SchemaField(name="x", type="integer", missingValues=()), SchemaField(name="x", missingValues=()),
]  # fmt: skip


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: str({**describe_field(field), "name": ""}))
@pytest.mark.parametrize("missing", [("",), ("", "-", "0")])
def test_what_the_check_passes_is_in_the_files(field: SchemaField, missing: tuple[str, ...]) -> None:
    read = make_reader(describe_field(field), field.missingValues if field.missingValues is not None else missing)
    for text in ODD:
        reading = read(text)
        batch = pa.record_batch({"x": [text]})
        schema = Schema(fields=(field,), missingValues=missing)
        columns = Columns(schema, find_zoned(schema, [batch]))
        try:
            (value,) = columns.cast(batch).column(0).to_pylist()
        except NotCastableError as error:
            assert error.value == text and reading.value is not None
            continue
        if columns.schema.field(0).type == pa.string():
            assert value == (None if reading.null else text)
        else:
            assert (value is None) == (reading.value is None), (text, value, reading)


def test_a_moment_that_no_calendar_has_in_utc_is_told_by_its_row() -> None:
    field = SchemaField(name="x", type="datetime")
    batch = pa.record_batch({"x": ["2026-06-01T10:00:00Z", "0001-01-01T00:00:00+09:00"]})
    with pytest.raises(NotCastableError) as caught:
        Columns(Schema(fields=(field,)), {"x"}).cast(batch)
    assert (caught.value.position, caught.value.value) == (1, "0001-01-01T00:00:00+09:00")
