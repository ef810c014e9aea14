"""A field descriptor → a function that validates its cells: text → value, or the rules that it breaks.

Meaning: Table Schema v2 (https://datapackage.org/standard/table-schema/).
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from entaku.check.field_types import FIELD_TYPES, ValueReader
from entaku.check.values import (
    FRICTIONLESS,
    STANDARD,
    BadSchemaError,
    format_of,
    kind_of,
    make_value_reader,
    read_bound,
)
from entaku.formats.heavy import jsonschema
from entaku.model.patterns import Expression

BOUNDS: Mapping[str, Callable[[Any, Any], Any]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}


Test = Callable[[Any], bool]


class Reading(NamedTuple):
    """The result of reading a cell: its value (None if null or unreadable) and its faults as (kind, note)."""

    value: Any
    null: bool
    faults: tuple[tuple[str, str], ...]


def list_missing(field: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the texts that mean null in a field: its own missingValues, or the schema's, or the empty text."""
    entries = field.get("missingValues", schema.get("missingValues", [""]))
    return tuple(entry["value"] if isinstance(entry, Mapping) else entry for entry in entries)


@dataclass(frozen=True)
class Reader:
    """The exact reader of a field's cells: None, for a cell that is missing from the row, is null."""

    nulls: frozenset[str]
    read: ValueReader
    """Returns the value of a text, None for none."""
    tests: tuple[tuple[str, str, Test], ...]
    """Each constraint with its note and its test of values."""
    absent: tuple[tuple[str, str], ...]
    """The faults of a null cell."""
    unread: tuple[tuple[str, str], ...]
    """The faults of a cell without a value."""
    unlisted: tuple[tuple[str, str], ...]
    """The same, of a text or list."""
    read_items: Callable[[Any], Reading] | None = None
    """Reads the items of an array."""

    def __call__(self, text: Any) -> Reading:
        """Read a cell's text; items of an array may be of any type."""
        if text is None or (isinstance(text, str) and text in self.nulls):
            return Reading(None, True, self.absent)
        value = self.read(text)
        if value is None:
            return Reading(None, False, self.unlisted if isinstance(text, str | list) else self.unread)
        faults = self.list_faults([test(value) for _, _, test in self.tests])
        return self.read_items(value) if self.read_items and not faults else Reading(value, False, faults)

    def list_faults(self, passed: Sequence[bool]) -> tuple[tuple[str, str], ...]:
        """Return the faults of a value by the results of `tests`."""
        return tuple((name, note) for (name, note, _), fine in zip(self.tests, passed, strict=True) if not fine)


def make_reader(field: Mapping[str, Any], missing: Sequence[str], rules: frozenset[str] = STANDARD) -> Reader:
    """Return the exact reader of a field's cells.

    Faults come in frictionless-py's order: the type's alone, or each constraint that fails.
    Raises BadSchemaError for an invalid schema.
    """
    kind, form = kind_of(field), format_of(field)
    read = make_value_reader(field, rules)
    tests = tuple(_make_tests(field, read, rules))
    unread = unlisted = (("type", f'type is "{kind}/{form}"'),)
    if kind == "list":
        unlisted = (("type", f'expected item type is "{field.get("itemType", "string")}"'),)
    absent = tuple((name, note) for name, note, test in tests if not test(None))
    return Reader(frozenset(missing), read, tests, absent, unread, unlisted, _make_item_reader(field))


# ---- constraints ------------------------------------------------------------------------------------------------


class _Asked(NamedTuple):
    """The parameters of a constraint's test."""

    name: str
    wanted: Any
    column: str
    kind: str
    read: ValueReader
    rules: frozenset[str]


def _make_tests(field: Mapping[str, Any], read: ValueReader, rules: frozenset[str]) -> Iterable[tuple[str, str, Test]]:
    constraints, kind, column = field.get("constraints") or {}, kind_of(field), str(field.get("name", ""))
    known = FIELD_TYPES[kind].constraints
    for name in constraints:
        if name not in (*known, "unique"):
            raise BadSchemaError(f'constraint "{name}" is not supported by type "{kind}"', column)
    for name in known:
        if (wanted := constraints.get(name)) is not None:
            test = TESTS[name](_Asked(name, wanted, column, kind, read, rules))
            yield name, f'constraint "{name}" is "{wanted}"', test
    if "categories" in rules and kind in ("string", "integer") and field.get("categories"):
        allowed = [entry["value"] if isinstance(entry, Mapping) else entry for entry in field["categories"]]
        test = _make_enum(_Asked("categories", allowed, column, kind, read, rules))
        yield "categories", f'constraint "categories" is "{allowed}"', test


def _make_required(asked: _Asked) -> Test:
    return lambda value: value is not None or not asked.wanted


def _make_bound(asked: _Asked) -> Test:
    compare, bound = BOUNDS[asked.name], read_bound(asked.read, asked.wanted)
    if bound is None:
        raise BadSchemaError(f'constraint "{asked.name}" is "{asked.wanted}", which is no {asked.kind}', asked.column)

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
    """Compare durations as XML Schema 3.2.6.2 does: by the sums with each of four moments."""
    moments = [datetime(1696, 9, 1), datetime(1697, 2, 1), datetime(1903, 3, 1), datetime(1903, 7, 1)]
    try:
        return all(compare(moment + value, moment + bound) for moment in moments)
    except (TypeError, OverflowError, ValueError):
        return False


def _make_enum(asked: _Asked) -> Test:
    allowed = [asked.read(value) for value in asked.wanted]

    def test(value: Any) -> bool:
        try:
            return value is None or value in allowed
        except ArithmeticError:  # a signalling NaN
            return False

    return test


def _make_length(asked: _Asked) -> Test:
    compare = operator.ge if asked.name == "minLength" else operator.le
    return lambda value: value is None or compare(len(value), asked.wanted)


def _make_pattern(asked: _Asked) -> Test:
    try:
        whole = "pattern-whole" in asked.rules
        match = Expression(asked.wanted).fullmatch if whole else Expression(f"^{asked.wanted}$", asked.wanted).match
    except re.error as error:
        raise BadSchemaError(f'constraint "pattern" is "{asked.wanted}": {error}', asked.column) from None
    return lambda value: value is None or match(value) is not None


def _make_json_schema(asked: _Asked) -> Test:
    validator = jsonschema.validators.validator_for(asked.wanted)(asked.wanted)
    return lambda value: value is None or bool(validator.is_valid(value))


TESTS: Mapping[str, Callable[[_Asked], Test]] = {
    "required": _make_required,
    **dict.fromkeys(BOUNDS, _make_bound),
    "minLength": _make_length,
    "maxLength": _make_length,
    "pattern": _make_pattern,
    "enum": _make_enum,
    "jsonSchema": _make_json_schema,
}
"""Makes the test of each constraint; `field_types` lists which constraints a type has."""


# ---- items ------------------------------------------------------------------------------------------------------


def _make_item_reader(field: Mapping[str, Any]) -> Callable[[Any], Reading] | None:
    item = dict(field.get("arrayItem") or {}) if kind_of(field) == "array" else {}
    if not item:
        return None
    item.pop("arrayItem", None)
    read = make_reader(
        {"name": field.get("name", ""), "type": "any", **item}, item.get("missingValues", [""]), FRICTIONLESS
    )

    def read_items(cells: Any) -> Reading:
        readings = [read(cell) for cell in cells]
        notes = {name: f"array item {note}" for reading in readings for name, note in reading.faults}
        kinds = sorted(notes, key=lambda name: name != "type")
        return Reading([each.value for each in readings], False, tuple((name, notes[name]) for name in kinds))

    return read_items


# ---- equality ---------------------------------------------------------------------------------------------------


NEVER = object()
"""The key of a value that equals nothing, not even itself: NaN."""


def key_value(value: Any) -> Any:
    """Convert a value to a hashable key that equals another where frictionless-py finds the values equal."""
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
    """Return one spelling for all equal values of one type, for hashing; `value` is a result of `key_value`."""
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
