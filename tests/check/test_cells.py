import random
from datetime import datetime
from typing import Any

import pytest
from frictionless import Field
from oracle import AWARE, BOUND_VALUES, ENUMS, FORMATS, GOOD, HOSTILE, PATTERNS

from entaku.check.cells import make_reader, spell
from entaku.check.field_types import FIELD_TYPES
from entaku.check.values import FRICTIONLESS, STANDARD, BadSchemaError

MISSING = ["", "-"]


def show(value: Any) -> str:
    """A value whose time zone is its offset alone, whoever's class it is."""
    aware = isinstance(value, datetime) and value.tzinfo is not None
    return f"{value.replace(tzinfo=None)!r} {value.utcoffset()!r}" if aware else repr(value)


def list_fields() -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = []
    for kind in FIELD_TYPES:
        fields += [{"type": kind}, {"type": kind, "constraints": {"required": True}}]
        fields += [{"type": kind, **form} for form in FORMATS.get(kind, ())]
        fields += [{"type": kind, "format": "any"}] if kind in ("date", "time", "datetime") else []
        fields += [
            {"type": kind, "constraints": {key: bound}}
            for bound in BOUND_VALUES.get(kind, ())
            for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
        ]
        fields += [{"type": kind, "constraints": {"enum": ENUMS[kind]}}] if kind in ENUMS else []
    fields += [{"type": "string", "constraints": {"pattern": pattern, "minLength": 2}} for pattern in PATTERNS]
    return fields


@pytest.mark.parametrize("field", list_fields(), ids=str)
def test_cells_are_read_as_frictionless_reads_them(field: dict[str, Any]) -> None:
    theirs = Field.from_descriptor({"name": "x", **field, "missingValues": MISSING}).create_cell_reader()
    ours = make_reader({"name": "x", **field}, MISSING, FRICTIONLESS)
    bounded = set(field.get("constraints", {})) & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    for cell in [*HOSTILE, *(() if bounded else AWARE)]:
        value, notes = theirs(cell)
        reading = ours(cell)
        assert (show(reading.value), dict(reading.faults)) == (show(value), notes or {}), cell
        assert reading.null == (value is None and "type" not in (notes or {})), cell


ITEMS = [{"type": kind} for kind in FIELD_TYPES] + [{"constraints": {"required": True}}, {"type": "any", "format": "x"}]
MORE: list[dict[str, Any]] = [
    *({"type": "array", "arrayItem": item} for item in ITEMS),
    {"type": "time", "format": "%H時%M分"}, {"type": "datetime", "format": "%Y-%m-%dT%H:%M:%S%z"},
    {"type": "boolean", "falseValues": ["true"]}, {"type": "number", "bareNumber": False, "groupChar": ","},
]  # fmt: skip
JSON = ['[1,"a",null,true]', '[[1,2],"1,2"]', '["2025-01-01"]', '{"lon":"1","lat":2.5}', "[2025,[2025,4],[NaN]]"]


@pytest.mark.filterwarnings("ignore::dateutil.parser.UnknownTimezoneWarning")
@pytest.mark.parametrize("field", [*list_fields(), *MORE], ids=str)
def test_mutated_cells_are_read_as_frictionless_reads_them(field: dict[str, Any]) -> None:
    theirs = Field.from_descriptor({"name": "x", **field, "missingValues": MISSING}).create_cell_reader()
    ours = make_reader({"name": "x", **field}, MISSING, FRICTIONLESS)
    r = random.Random(str(field))
    for _ in range(150):
        cell = r.choice([*HOSTILE, *JSON]) if r.random() < 0.5 else GOOD[field["type"]](r)
        for _ in range(r.randrange(3)):
            at = r.randrange(len(cell) + 1)
            cell = cell[:at] + r.choice('0123456789-+:.,TZ eE_"[]{}年月日　１x\n%') + cell[at + r.randrange(2) :]
        try:
            value, notes = theirs(cell)
        except (TypeError, ArithmeticError):  # one with an offset from UTC against one without; NaN that signals
            continue
        reading = ours(cell)
        assert (show(reading.value), dict(reading.faults)) == (show(value), notes or {}), cell


def faults(field: dict[str, Any], text: str, rules: frozenset[str] = STANDARD) -> list[str]:
    return [kind for kind, _ in make_reader({"name": "x", **field}, [""], rules)(text).faults]


@pytest.mark.parametrize(
    ("rule", "field", "text", "theirs", "ours"),
    [
        ("pattern-whole", {"type": "string", "constraints": {"pattern": "a|b"}}, "axx", [], ["pattern"]),
        ("pattern-whole", {"type": "string", "constraints": {"pattern": "b"}}, "b\n", [], ["pattern"]),
        ("integer-form", {"type": "integer"}, "1_000", [], ["type"]),
        ("integer-form", {"type": "integer"}, "１２", [], ["type"]),
        ("number-form", {"type": "number"}, "1_000.5", [], ["type"]),
        ("number-form", {"type": "number"}, "Infinity", [], ["type"]),
        ("number-form", {"type": "number", "groupChar": ","}, ",,1", [], ["type"]),
        ("integer-group", {"type": "integer", "groupChar": ","}, "1,000", ["type"], []),
        ("date-form", {"type": "date"}, "2025-4-1", [], ["type"]),
        ("time-form", {"type": "time"}, "10:00:00Z", [], ["type"]),
        ("datetime-form", {"type": "datetime"}, "2025-04-01 10:00:00", [], ["type"]),
        ("time-form", {"type": "time", "format": "any"}, "10:00+24:00", [], ["type"]),
        ("datetime-form", {"type": "datetime", "format": "any"}, "2025-04-01T10:00:00+24:00", [], ["type"]),
        ("year-form", {"type": "year"}, "+202", [], ["type"]),
        ("yearmonth-form", {"type": "yearmonth"}, "25-4", [], ["type"]),
        ("duration-form", {"type": "duration"}, "P2W", [], ["type"]),
        ("binary-form", {"type": "string", "format": "binary"}, "!!!!", [], ["type"]),
        ("categories", {"type": "string", "categories": ["a", "b"]}, "c", [], ["categories"]),
        ("categories", {"type": "integer", "categories": [{"value": 1, "label": "one"}]}, "2", [], ["categories"]),
    ],
)  # fmt: skip
def test_the_standard_wins(rule: str, field: dict[str, Any], text: str, theirs: list[str], ours: list[str]) -> None:
    assert faults(field, text, FRICTIONLESS) == theirs
    assert faults(field, text) == ours
    assert faults(field, text, STANDARD - {rule}) == theirs


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("number", ["+100000.00", "-1.23", "210", ".5", "5.", "1e5", "1E-5", "NaN", "nan", "INF", "-inf", " 5 "]),
        ("integer", ["0", "-0", "+5", "007", " 5\n"]),
        ("datetime", ["2024-01-26T15:00:00", "2024-01-26T15:00:00.300-05:00", "2024-01-26T15:00:00Z"]),
        ("duration", ["P1Y2M3DT4H5M6.5S", "-P1D", "PT0S", "P1M"]),
        ("year", ["2024"]),
        ("yearmonth", ["2024-01"]),
    ],
)
def test_what_the_standard_allows_stays_allowed(kind: str, texts: list[str]) -> None:
    assert [faults({"type": kind}, text) for text in texts] == [[]] * len(texts)


def test_what_frictionless_refuses_is_checked() -> None:
    price = {"type": "object", "constraints": {"jsonSchema": {"properties": {"value": {"type": "integer"}}}}}
    assert faults(price, '{"value": 100}') == []
    assert faults(price, '{"value": "bad"}') == ["jsonSchema"]
    span = {"type": "duration", "constraints": {"minimum": "P1M", "exclusiveMaximum": "P1Y"}}
    assert [faults(span, text) for text in ("P1M", "P27D", "P30D", "P12M", "P11M")] == [
        [], ["minimum"], ["minimum"], ["exclusiveMaximum"], [],
    ]  # fmt: skip


def test_a_format_is_noted_as_frictionless_notes_it() -> None:
    field = {"name": "x", "type": "date", "format": "fmt:%Y/%m/%d"}
    assert make_reader(field, [""])("x").faults == (("type", 'type is "date/%Y/%m/%d"'),)
    assert Field.from_descriptor(field).create_cell_reader()("x")[1] == {"type": 'type is "date/%Y/%m/%d"'}


def test_a_signalling_nan_is_a_value_within_no_bound() -> None:
    assert faults({"type": "number", "constraints": {"minimum": 0, "enum": [1]}}, "sNaN", FRICTIONLESS) == [
        "minimum", "enum",
    ]  # fmt: skip


def test_a_time_with_an_offset_is_within_no_bound_without() -> None:
    field = {"type": "datetime", "constraints": {"minimum": "2020-01-01T00:00:00"}}
    assert faults(field, "2025-01-01T00:00:00Z") == ["minimum"]


@pytest.mark.parametrize(
    "field",
    [
        {"type": "integer", "constraints": {"minimum": "x"}},
        {"type": "string", "constraints": {"pattern": "("}},
        {"type": "boolean", "constraints": {"minLength": 1}},
        {"type": "colour"},
        {"type": "array", "arrayItem": {"type": "colour"}},
    ],
)
def test_a_schema_that_says_nothing_clear_is_refused(field: dict[str, Any]) -> None:
    with pytest.raises(BadSchemaError):
        make_reader({"name": "x", **field}, [""])


def test_equal_values_are_spelt_alike() -> None:
    for kind, texts in [
        ("number", ["1", "1.0", "01", "1e0", "10e-1"]),
        ("number", ["0", "-0", "0.00"]),
        ("datetime", ["2025-04-01T10:00:00Z", "2025-04-01T19:00:00+09:00"]),
        ("time", ["10:00:00Z", "19:00:00+09:00"]),
        ("geopoint", ["1,2", "1.0,2.00"]),
        ("float", ["0.0", "-0", "0"]),
        ("datetime", ["0001-01-01T00:00:00+09:00", "0001-01-01T01:00:00+10:00"]),  # before the year 1 in UTC
        ("datetime", ["9999-12-31T23:59:59-09:00", "9999-12-31T22:59:59-10:00"]),
    ]:
        field = {"type": "number", "floatNumber": True} if kind == "float" else {"type": kind}
        read = make_reader({"name": "x", **field}, [""], FRICTIONLESS)
        assert len({spell(read(text).value) for text in texts}) == 1
        assert len({read(text).value for text in texts}) == 1
