"""A field descriptor → how its cells are judged: text → value, or what is wrong with it.

Meaning: Table Schema v2 (https://datapackage.org/standard/table-schema/).
"""

import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from entaku.check.values import STANDARD, BadSchemaError, ValueReader, kind_of, make_value_reader, read_bound

BOUNDS: Mapping[str, Callable[[Any, Any], Any]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}
_BOUNDED = ("required", *BOUNDS, "enum")
CONSTRAINTS: Mapping[str, tuple[str, ...]] = {
    "string": ("required", "minLength", "maxLength", "pattern", "enum"),
    "object": ("required", "minLength", "maxLength", "enum", "jsonSchema"),
    "array": ("required", "minLength", "maxLength", "enum", "jsonSchema"),
    "list": ("required", "minLength", "maxLength"),
    **dict.fromkeys(("integer", "number", "date", "time", "datetime", "year", "yearmonth", "duration"), _BOUNDED),
    **dict.fromkeys(("any", "boolean", "geopoint", "geojson"), ("required", "enum")),
}
"""The constraints of each type, in the order in which they are tested."""


class Reading(NamedTuple):
    """What a cell says: its value (None for a null or unreadable one) and what is wrong, as (kind, note)."""

    value: Any
    null: bool
    faults: tuple[tuple[str, str], ...]


Reader = Callable[[str | None], Reading]


def list_missing(field: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts that mean null in a field: its own missingValues, or the schema's, or the empty text."""
    entries = field.get("missingValues", schema.get("missingValues", [""]))
    return tuple(entry["value"] if isinstance(entry, Mapping) else entry for entry in entries)


def make_reader(field: Mapping[str, Any], missing: Sequence[str], rules: frozenset[str] = STANDARD) -> Reader:
    """The exact reader of a field's cells (None: the row has no such cell).

    Faults come in frictionless-py's order: the type's alone, or each constraint that fails.
    Raises BadSchemaError for a schema that says nothing clear.
    """
    kind, form = kind_of(field), str(field.get("format", "default")).removeprefix("fmt:")
    read = make_value_reader(field, rules)
    tests = list(_make_tests(field, read, rules))
    read_items = _make_item_reader(field)
    nulls = frozenset(missing)
    unread = (("type", f'type is "{kind}/{form}"'),)
    if kind == "list":
        unread = (("type", f'expected item type is "{field.get("itemType", "string")}"'),)
    absent = tuple((name, note) for name, note, test in tests if not test(None))

    def read_cell(text: str | None) -> Reading:
        if text is None or text in nulls:
            return Reading(None, True, absent)
        value = read(text)
        if value is None:
            return Reading(None, False, unread)
        faults = tuple((name, note) for name, note, test in tests if not test(value))
        return read_items(value) if read_items and not faults else Reading(value, False, faults)

    return read_cell


# ---- constraints ------------------------------------------------------------------------------------------------


def _make_tests(
    field: Mapping[str, Any], read: ValueReader, rules: frozenset[str]
) -> Iterable[tuple[str, str, Callable[[Any], bool]]]:
    constraints, kind, column = field.get("constraints") or {}, kind_of(field), str(field.get("name", ""))
    for name in constraints:
        if name not in (*CONSTRAINTS.get(kind, ()), "unique"):
            raise BadSchemaError(f'constraint "{name}" is not supported by type "{kind}"', column)
    for name in CONSTRAINTS.get(kind, ()):
        if (wanted := constraints.get(name)) is None:
            continue
        note = f'constraint "{name}" is "{wanted}"'
        if name in BOUNDS:
            bound = read_bound(read, wanted)
            if bound is None:
                raise BadSchemaError(f'constraint "{name}" is "{wanted}", which is no {kind}', column)
            yield name, note, _make_bound(BOUNDS[name], bound)
        elif name == "enum":
            yield name, note, _make_enum([read(value) for value in wanted])
        elif name == "pattern":
            yield name, note, _make_pattern(wanted, column, "pattern-whole" in rules)
        elif name == "jsonSchema":
            yield name, note, _make_json_schema(wanted)
        elif name == "required":
            yield name, note, _is_there if wanted else _is_anything
        else:
            yield name, note, _make_length(name, wanted)
    if "categories" in rules and kind in ("string", "integer") and field.get("categories"):
        allowed = [entry["value"] if isinstance(entry, Mapping) else entry for entry in field["categories"]]
        yield "categories", f'constraint "categories" is "{allowed}"', _make_enum([read(value) for value in allowed])


def _is_there(value: Any) -> bool:
    return value is not None


def _is_anything(_: Any) -> bool:
    return True


def _make_bound(compare: Callable[[Any, Any], Any], bound: Any) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        if value is None:
            return True
        try:
            return bool(value == value) and bool(compare(value, bound))
        except ArithmeticError:  # a signalling NaN
            return False
        except TypeError:  # a time with an offset against one without; or durations
            return _compare_spans(compare, value, bound)

    return test


def _compare_spans(compare: Callable[[Any, Any], Any], value: Any, bound: Any) -> bool:
    """XML Schema 3.2.6.2: durations compare as they do when added to each of four moments."""
    moments = [datetime(1696, 9, 1), datetime(1697, 2, 1), datetime(1903, 3, 1), datetime(1903, 7, 1)]
    try:
        return all(compare(moment + value, moment + bound) for moment in moments)
    except (TypeError, OverflowError, ValueError):
        return False


def _make_enum(allowed: Sequence[Any]) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        try:
            return value is None or value in allowed
        except ArithmeticError:  # a signalling NaN
            return False

    return test


def _make_length(name: str, wanted: int) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        return value is None or (len(value) >= wanted if name == "minLength" else len(value) <= wanted)

    return test


def _make_pattern(wanted: str, column: str, whole: bool) -> Callable[[Any], bool]:
    try:
        match = re.compile(wanted).fullmatch if whole else re.compile(f"^{wanted}$").match
    except re.error as error:
        raise BadSchemaError(f'constraint "pattern" is "{wanted}": {error}', column) from None

    def test(value: Any) -> bool:
        return value is None or match(value) is not None

    return test


def _make_json_schema(wanted: Any) -> Callable[[Any], bool]:
    from jsonschema.validators import validator_for

    validator = validator_for(wanted)(wanted)

    def test(value: Any) -> bool:
        return value is None or bool(validator.is_valid(value))

    return test


def _make_item_reader(field: Mapping[str, Any]) -> Callable[[Any], Reading] | None:
    item = dict(field.get("arrayItem") or {}) if kind_of(field) == "array" else {}
    if not item:
        return None
    from frictionless import Field, FrictionlessException

    item.pop("arrayItem", None)
    try:
        read = Field.from_descriptor({"name": "x", "type": "any", **item}).create_cell_reader()
    except FrictionlessException as error:
        raise BadSchemaError(str(error), str(field.get("name", ""))) from None

    def read_items(cells: Any) -> Reading:
        values, notes = [], dict[str, str]()
        for cell in cells:
            value, found = read(cell)
            values.append(value)
            notes |= {name: f"array item {note}" for name, note in (found or {}).items()}
        kinds = sorted(notes, key=lambda name: name != "type")
        return Reading(values, False, tuple((name, notes[name]) for name in kinds))

    return read_items


# ---- equality ---------------------------------------------------------------------------------------------------


NEVER = object()
"""The key of what equals nothing, not even itself: NaN."""


def key_value(value: Any) -> Any:
    """A value as a key: equal where frictionless-py finds values equal, and hashable always."""
    try:
        if value != value:
            return NEVER
        hash(value)
    except ArithmeticError:
        return NEVER
    except TypeError:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return value


def spell(value: Any) -> str:
    """One spelling for all equal values of one type, for hashing; `value` as `key_value` gives it."""
    if isinstance(value, tuple):
        return ",".join(map(spell, value))
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal | int | float):
        return _spell_number(value)
    if isinstance(value, datetime) and (offset := value.utcoffset()) is not None:
        return f"{value.replace(tzinfo=None) - datetime.min - offset}Z"  # which may lie before the year 1
    if isinstance(value, time) and (offset := value.utcoffset()) is not None:
        return f"{datetime.combine(date(2000, 1, 3), value.replace(tzinfo=None)) - offset}Z"
    return str(value)


def _spell_number(value: Decimal | float) -> str:
    sign, digits, exponent = Decimal(value).as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    trimmed = text.rstrip("0")
    if not isinstance(exponent, int):
        return f"{sign}{exponent}"
    return f"{'-' if sign else ''}{trimmed}e{exponent + len(text) - len(trimmed)}" if trimmed else "0"
