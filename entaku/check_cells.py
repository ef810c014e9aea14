"""A field descriptor → how its cells are read: text → value, or what is wrong with it.

Meaning: Table Schema v2 (https://datapackage.org/standard/table-schema/).  Values are read by frictionless-py's own
value readers, so that both agree on every odd cell; where those contradict the standard a named rule of `STANDARD`
corrects them.  docs/verdicts.md lists each rule with the standard's sentence.
"""

import base64
import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from entaku.check_plain import find_plain_reader

STANDARD = frozenset(
    {
        "pattern-whole", "integer-form", "number-form", "integer-group", "date-form", "time-form", "datetime-form",
        "year-form", "yearmonth-form", "duration-form", "binary-form", "categories", "unique-keys", "key-required",
    }
)  # fmt: skip
"""Where the standard wins over frictionless-py; an empty set is frictionless-py to the letter."""

FRICTIONLESS: frozenset[str] = frozenset()

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

_FORMS: Mapping[str, tuple[str, re.Pattern[str]]] = {
    "integer": ("integer-form", re.compile(r"[ \t\r\n]*[+-]?[0-9]+[ \t\r\n]*")),
    "number": (
        "number-form",
        re.compile(r"[ \t\r\n]*(?i:[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(E[+-]?[0-9]+)?|NaN|-?INF)[ \t\r\n]*"),
    ),
    "date": ("date-form", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")),
    "time": ("time-form", re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}")),
    "datetime": (
        "datetime-form",
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?"),
    ),
    "year": ("year-form", re.compile(r"[0-9]{4}")),
    "yearmonth": ("yearmonth-form", re.compile(r"[0-9]{4}-[0-9]{2}")),
    "duration": (
        "duration-form",
        re.compile(
            r"-?P(?=[0-9T])([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?"
        ),
    ),
}
_PLAIN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")


class BadSchemaError(Exception):
    """A schema that can't be checked against: `why`, the column it is about, and a frictionless error type."""

    def __init__(self, why: str, column: str = "", kind: str = "schema-error") -> None:
        super().__init__(f"{column}: {why}" if column else why)
        self.why, self.column, self.kind = why, column, kind


class Reading(NamedTuple):
    """What a cell says: its value (None for a null or unreadable one) and what is wrong, as (kind, note)."""

    value: Any
    null: bool
    faults: tuple[tuple[str, str], ...]


Reader = Callable[[str | None], Reading]
ValueReader = Callable[[Any], Any]


def list_missing(field: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts that mean null in a field: its own missingValues, or the schema's, or the empty text."""
    entries = field.get("missingValues", schema.get("missingValues", [""]))
    return tuple(entry["value"] if isinstance(entry, Mapping) else entry for entry in entries)


def make_reader(field: Mapping[str, Any], missing: Sequence[str], rules: frozenset[str] = STANDARD) -> Reader:
    """The exact reader of a field's cells (None: the row has no such cell).

    Faults come in frictionless-py's order: the type's alone, or each constraint that fails.
    Raises BadSchemaError for a schema that says nothing clear.
    """
    kind, form = _kind(field), str(field.get("format", "default"))
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


def _kind(field: Mapping[str, Any]) -> str:
    return str(field.get("type") or "string")


# ---- values -----------------------------------------------------------------------------------------------------


def make_value_reader(field: Mapping[str, Any], rules: frozenset[str]) -> ValueReader:
    """Text → value, None where it has none."""
    kind, form = _kind(field), str(field.get("format", "default")).removeprefix("fmt:")
    read = find_plain_reader(kind, field) or _read_like_frictionless(field)
    if kind == "integer" and "integer-group" in rules and field.get("groupChar"):
        read = _without_groups(read, str(field["groupChar"]))
    if kind == "date" and form == "default":
        read = _read_date(read)
    if kind == "datetime" and form == "default":
        read = _read_datetime(read)
    if kind == "string" and form == "binary" and "binary-form" in rules:
        read = _read_binary(read)
    rule, shape = _FORMS.get(kind, ("", None))
    if shape is None or rule not in rules or form != "default" or field.get("bareNumber") is False:
        return read
    if kind == "number" and (field.get("groupChar") or field.get("decimalChar", ".") != "."):
        shape = _shape_of_numbers(str(field.get("groupChar", "")), str(field.get("decimalChar", ".")))
    if kind == "integer" and field.get("groupChar"):
        shape = re.compile(rf"[ \t\r\n]*[+-]?[0-9]+({re.escape(str(field['groupChar']))}[0-9]+)*[ \t\r\n]*")
    return _only_shaped(read, shape)


def _read_like_frictionless(field: Mapping[str, Any]) -> ValueReader:
    from frictionless import Field, FrictionlessException

    kept = ("format", "trueValues", "falseValues", "bareNumber", "decimalChar", "groupChar", "floatNumber")
    descriptor = {key: field[key] for key in (*kept, "delimiter", "itemType") if key in field}
    try:
        read: ValueReader = Field.from_descriptor(
            {"name": "x", "type": _kind(field), **descriptor}
        ).create_value_reader()
    except FrictionlessException as error:
        raise BadSchemaError(str(error), str(field.get("name", ""))) from None
    return read


def _only_shaped(read: ValueReader, shape: re.Pattern[str]) -> ValueReader:
    def read_shaped(cell: Any) -> Any:
        return None if isinstance(cell, str) and not shape.fullmatch(cell) else read(cell)

    return read_shaped


def _shape_of_numbers(group: str, point: str) -> re.Pattern[str]:
    """The shape of a number whose digits are grouped by `group`, with `point` as its decimal mark."""
    digits = f"[0-9]+({re.escape(group)}[0-9]+)*" if group else "[0-9]+"
    mark = re.escape(point)
    number = rf"[+-]?({digits}({mark}[0-9]*)?|{mark}[0-9]+)(E[+-]?[0-9]+)?"
    return re.compile(rf"[ \t\r\n]*(?i:{number}|NaN|-?INF)[ \t\r\n]*")


def _without_groups(read: ValueReader, group: str) -> ValueReader:
    def read_grouped(cell: Any) -> Any:
        return read(cell.replace(group, "") if isinstance(cell, str) else cell)

    return read_grouped


def _read_date(read: ValueReader) -> ValueReader:
    def read_quickly(cell: Any) -> Any:
        if isinstance(cell, str) and _PLAIN_DATE.fullmatch(cell):
            try:
                return date(int(cell[:4]), int(cell[5:7]), int(cell[8:]))
            except ValueError:
                return None
        return read(cell)

    return read_quickly


def _read_datetime(read: ValueReader) -> ValueReader:
    def read_quickly(cell: Any) -> Any:
        if isinstance(cell, str) and _PLAIN_DATETIME.fullmatch(cell):
            try:
                return datetime.fromisoformat(cell)
            except ValueError:
                return read(cell)
        return read(cell)

    return read_quickly


def _read_binary(read: ValueReader) -> ValueReader:
    def read_strictly(cell: Any) -> Any:
        try:
            base64.b64decode(cell, validate=True)
        except ValueError:
            return None
        return read(cell)

    return read_strictly


# ---- constraints ------------------------------------------------------------------------------------------------


def _make_tests(
    field: Mapping[str, Any], read: ValueReader, rules: frozenset[str]
) -> Iterable[tuple[str, str, Callable[[Any], bool]]]:
    constraints, kind, column = field.get("constraints") or {}, _kind(field), str(field.get("name", ""))
    for name in constraints:
        if name not in (*CONSTRAINTS.get(kind, ()), "unique"):
            raise BadSchemaError(f'constraint "{name}" is not supported by type "{kind}"', column)
    for name in CONSTRAINTS.get(kind, ()):
        if (wanted := constraints.get(name)) is None:
            continue
        note = f'constraint "{name}" is "{wanted}"'
        if name in BOUNDS:
            bound = _read_bound(read, wanted)
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


def _read_bound(read: ValueReader, wanted: Any) -> Any:
    bound = read(wanted)
    return read(str(wanted)) if bound is None and not isinstance(wanted, str) else bound


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
    item = dict(field.get("arrayItem") or {}) if _kind(field) == "array" else {}
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
    if isinstance(value, Decimal | int):
        return _spell_number(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return f"{value.utctimetuple()}{value.microsecond}"
    if isinstance(value, time) and (offset := value.utcoffset()) is not None:
        return f"{datetime.combine(date(2000, 1, 3), value.replace(tzinfo=None)) - offset}Z"
    return str(value)


def _spell_number(value: Decimal | int) -> str:
    sign, digits, exponent = Decimal(value).as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    trimmed = text.rstrip("0")
    if not isinstance(exponent, int):
        return f"{sign}{exponent}"
    return f"{'-' if sign else ''}{trimmed}e{exponent + len(text) - len(trimmed)}" if trimmed else "0"
