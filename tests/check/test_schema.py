import datetime
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from frictionless import FrictionlessException, Package
from frictionless import Resource as Data
from frictionless import Schema as Oracle

from entaku.check.schema import (
    NotCastableError,
    cast_column,
    describe_field,
    describe_schema,
    find_bad_bounds,
    find_bad_values,
    find_unread,
)
from entaku.model.patterns import find_regex_fault
from entaku.model.table_schema import Constraints, FieldType, ForeignKey, Reference, Schema, SchemaField
from entaku.model.words import Text


def test_plain_fields_and_cells_load_no_frictionless() -> None:
    program = """
import sys
from dataclasses import replace
from entaku.check.cells import make_reader
from entaku.check.field_types import FIELD_TYPES
from entaku.check.schema import describe_field, find_bad_bounds, find_bad_values, find_crossed_bounds
from entaku.model.table_schema import Constraints, SchemaField
cells = {"year": "2026", "yearmonth": "2026-01", "time": "24:00:00", "datetime": "2026-02-30T10:00:00", "geopoint": "1,2"}
for kind in ("string", "integer", "number", "boolean", "date", *cells, "object", "array", "list", "any"):
    field = SchemaField(name="a", type=kind, example=FIELD_TYPES[kind].example or None)
    if field.example:
        field = replace(field, constraints=Constraints(minimum=field.example, enum=(field.example,)))
    assert [*find_bad_bounds(field), *find_crossed_bounds(field), *find_bad_values(field)] == []
    make_reader(describe_field(field), [""])(cells.get(kind, "x"))
for kind, form, cell in (
    ("string", "uri", "https://example.org/"), ("string", "uuid", "x"), ("string", "binary", "!"), ("date", "%Y/%m/%d", "x"),
):
    make_reader({"name": "a", "type": kind, "format": form}, [""])(cell)
for kind in ("duration", "geojson"):
    make_reader({"name": "a", "type": kind}, [""])("")
assert "frictionless" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


CELLS: dict[FieldType, str] = {
    "string": "a", "integer": "5", "number": "0.5", "boolean": "true", "date": "2026-01-31", "time": "09:00:00", "year": "2026",
    "datetime": "2026-01-31T09:00:00", "yearmonth": "2026-01", "duration": "P1D", "list": "a,b", "array": "[1]", "object": '{"a": 1}',
    "geojson": '{"type": "Point", "coordinates": [1, 2]}', "geopoint": "1,2", "any": "x",
}  # fmt: skip


def is_read(schema: Schema, cell: str) -> bool:
    """Whether frictionless-py finds a table of this one cell valid."""
    try:
        table = Oracle.from_descriptor(describe_schema(schema))
        return bool(Package(resources=[Data(name="t", data=[["a"], [cell]], schema=table)]).validate().valid)
    except (FrictionlessException, TypeError):
        return False


@pytest.mark.parametrize("kind", sorted(CELLS))
def test_a_schema_may_say_what_frictionless_reads_and_nothing_else(kind: FieldType) -> None:
    cell = CELLS[kind]
    plain = SchemaField(name="a", type=kind)
    some: list[dict[str, Any]] = [
        *({key: cell} for key in ("minimum", "maximum")), {"minLength": 1}, {"maxLength": 99}, {"unique": True}, {"enum": (cell,)},
        {"required": True}, {"pattern": ".*"},
    ]  # fmt: skip
    fields = [replace(plain, constraints=Constraints(**constraints)) for constraints in some]
    schemas = [Schema(fields=(field,)) for field in fields]
    schemas += [Schema(fields=(plain,), primaryKey=("a",)), Schema(fields=(plain,), uniqueKeys=(("a",),))]
    own = ForeignKey(fields=("a",), reference=Reference(fields=("a",)))
    schemas += [Schema(fields=(plain,), foreignKeys=(own,)), Schema(fields=(replace(plain, groupChar=","),))]
    for schema in schemas:
        grouped = "1,000" if schema.fields[0].groupChar and kind in ("integer", "number") else cell
        told = [*find_unread(schema), *find_bad_bounds(schema.fields[0]), *find_bad_values(schema.fields[0])]
        assert (not told) == is_read(schema, grouped), (describe_schema(schema), told)


def test_what_a_bound_may_be_is_shown() -> None:
    kinds: list[FieldType] = ["integer", "number", "date", "time", "datetime", "year", "yearmonth", "duration"]
    for kind in kinds:
        field = SchemaField(name="a", type=kind, constraints=Constraints(minimum="?"))
        ((_, _, why),) = find_bad_bounds(field)
        example = why.partition("例 ")[2].partition("）")[0]
        assert not list(find_bad_bounds(replace(field, constraints=Constraints(minimum=example)))), kind
    days = SchemaField(name="a", type="date", format="%Y/%m/%d", constraints=Constraints(minimum="2026-01-31"))
    ((_, _, why),) = find_bad_bounds(days)
    assert why == "型 date の値（例 2026/01/31）/ a value of type date (such as 2026/01/31)"


def test_what_is_no_regular_expression_is_said_in_both_languages() -> None:
    for pattern, why in (
        ("(", "「(」が閉じられていません（1 文字目） / missing ), unterminated subpattern at position 0"),
        (r"\p{L}+", "\\ のあとの文字に意味がありません（1 文字目） / bad escape \\p at position 0"),
        ("a**", "* + ? { が続いています（3 文字目） / multiple repeat at position 2"),
        ("[a-", "「[」が閉じられていません（1 文字目） / unterminated character set at position 0"),
        (".+", ""),
    ):
        assert find_regex_fault(pattern) == why


def test_a_descriptor_says_only_what_was_said() -> None:
    field = SchemaField(
        name="weight",
        type="integer",
        title=Text(ja="重量", en="Weight"),
        description=Text(ja="積載量"),
        unit="kg",
        constraints=Constraints(required=True, minimum=0),
    )
    assert describe_field(field) == {
        "name": "weight",
        "type": "integer",
        "title": "重量",
        "title@en": "Weight",
        "description": "積載量",
        "unit": "kg",
        "constraints": {"required": True, "minimum": 0},
    }


def test_frictionless_takes_the_descriptor() -> None:
    schema = Schema(
        fields=(
            SchemaField(name="id", constraints=Constraints(pattern="[a-z]+", enum=("a", "b"))),
            SchemaField(name="parent"),
        ),
        primaryKey=("id",),
        uniqueKeys=(("parent",),),
        foreignKeys=(ForeignKey(fields=("parent",), reference=Reference(fields=("id",))),),
        missingValues=("", "-"),
    )
    descriptor = describe_schema(schema)
    assert Oracle.from_descriptor(descriptor).to_descriptor()["primaryKey"] == ["id"]
    assert descriptor["missingValues"] == ["", "-"]
    assert descriptor["foreignKeys"] == [{"fields": ["parent"], "reference": {"resource": "", "fields": ["id"]}}]


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        (SchemaField(name="a", type="integer", constraints=Constraints(minimum=0)), []),
        (SchemaField(name="a", type="integer", constraints=Constraints(minimum="x")), ["minimum"]),
        (SchemaField(name="a", type="string", constraints=Constraints(maximum=3)), ["maximum"]),
        (SchemaField(name="a", type="date", constraints=Constraints(minimum="2026-02-30")), ["minimum"]),
        (SchemaField(name="a", type="date", constraints=Constraints(minimum="2026-02-28")), []),
        (SchemaField(name="a", type="number", constraints=Constraints(exclusiveMinimum="0.5")), []),
        (SchemaField(name="a", type="number", constraints=Constraints(minLength=1)), ["minLength"]),
        (SchemaField(name="a", type="year", constraints=Constraints(pattern="x")), ["pattern"]),
        (SchemaField(name="a", type="yearmonth", constraints=Constraints(minimum="2026-1")), ["minimum"]),
        (SchemaField(name="a", type="yearmonth", constraints=Constraints(minimum="2026-13")), ["minimum"]),
        (SchemaField(name="a", type="date", format="%Y/%m/%d", constraints=Constraints(minimum="2026/02/28")), []),
        (
            SchemaField(name="a", type="date", format="%Y/%m/%d", constraints=Constraints(maximum="2026-02-28")),
            ["maximum"],
        ),
        (SchemaField(name="a", type="date", constraints=Constraints(minimum="20260228")), ["minimum"]),
        (SchemaField(name="a", type="time", constraints=Constraints(minimum="10:00")), ["minimum"]),
        (SchemaField(name="a", type="time", format="%H:%M", constraints=Constraints(minimum="10:00")), []),
        (SchemaField(name="a", type="datetime", constraints=Constraints(maximum="2026-02-28")), ["maximum"]),
        (SchemaField(name="a", type="year", constraints=Constraints(minimum=2000, maximum="12025")), ["maximum"]),
        (
            SchemaField(name="a", type="integer", constraints=Constraints(minimum="1_0", maximum="１０")),
            ["minimum", "maximum"],
        ),
        (SchemaField(name="a", type="duration", constraints=Constraints(minimum="P1D", maximum="1 day")), ["maximum"]),
        (
            SchemaField(name="a", type="number", constraints=Constraints(minimum="NaN", maximum="INF")),
            ["minimum", "maximum"],
        ),
        (SchemaField(name="a", constraints=Constraints(pattern="[a-z-[aeiou]]+")), ["pattern"]),
        (SchemaField(name="a", constraints=Constraints(pattern=r"[a-z]-\[x\]|a-[bc]|[\w-]\[")), []),
    ],
)
def test_bounds_that_a_type_cannot_have(field: SchemaField, bad: list[str]) -> None:
    assert [key for key, _, _ in find_bad_bounds(field)] == bad


@pytest.mark.parametrize(
    ("kind", "texts", "arrow", "values"),
    [
        ("integer", ["1", "", "-3"], pa.int64(), [1, None, -3]),
        ("number", ["1.5", "2"], pa.float64(), [1.5, 2.0]),
        ("boolean", ["true", "FALSE", ""], pa.bool_(), [True, False, None]),
        ("date", ["2026-06-29"], pa.date32(), [datetime.date(2026, 6, 29)]),
        ("time", ["10:00:00"], pa.time64("us"), [datetime.time(10)]),
        ("year", ["2026"], pa.int32(), [2026]),
        ("yearmonth", ["2026-06"], pa.string(), ["2026-06"]),
        ("string", ["a", ""], pa.string(), ["a", None]),
        ("object", ['{"a": 1}'], pa.string(), ['{"a": 1}']),
    ],
)
def test_typed_columns(kind: str, texts: list[str], arrow: pa.DataType, values: list[object]) -> None:
    column = cast_column(texts, SchemaField(name="a", type=kind), ("",))  # type: ignore[arg-type]
    assert column.type == arrow
    assert column.to_pylist() == values


def test_a_datetime_with_a_zone_is_utc() -> None:
    field = SchemaField(name="a", type="datetime")
    column = cast_column(["2026-06-29T09:00:00+09:00"], field, ("",), zoned=True)
    assert column.type == pa.timestamp("us", "UTC")
    assert column.to_pylist() == [datetime.datetime(2026, 6, 29, tzinfo=datetime.UTC)]


def test_arrays_of_text_are_lists() -> None:
    field = SchemaField(name="a", type="array", arrayItem={"type": "string"})
    assert cast_column(['["1F", "B1F"]', ""], field, ("",)).to_pylist() == [["1F", "B1F"], None]


def test_a_fields_own_missing_values_replace_the_schemas() -> None:
    field = SchemaField(name="a", type="integer", missingValues=("-",))
    assert cast_column(["-", "1"], field, ("",)).to_pylist() == [None, 1]


def test_a_time_with_an_offset_from_utc_is_told() -> None:
    with pytest.raises(NotCastableError) as told:
        cast_column(["09:00", "10:00+09:00"], SchemaField(name="a", type="time", format="any"), ("",))
    assert (told.value.position, told.value.value, told.value.why) == (1, "10:00+09:00", "time-offset")


def test_an_integer_beyond_64_bits_is_told() -> None:
    with pytest.raises(NotCastableError) as told:
        cast_column(["1", str(2**63)], SchemaField(name="a", type="integer"), ("",))
    assert (told.value.position, told.value.value) == (1, str(2**63))


def test_a_number_that_would_become_infinite_is_told_and_infinity_is_not() -> None:
    field = SchemaField(name="a", type="number", decimalChar=",")
    assert cast_column(["1,5", "INF", "-1e308"], field, ("",)).to_pylist() == [1.5, float("inf"), -1e308]
    for text in ("1e309", "-1e309", "9" * 400):
        with pytest.raises(NotCastableError) as told:
            cast_column(["1,5", text], field, ("",))
        assert (told.value.position, told.value.value, told.value.why) == (1, text, "beyond-type")
