"""A field descriptor → a reader of its texts: text → value, or None if the text is no value.

Meaning: Table Schema v2 (https://datapackage.org/standard/table-schema/).  Values are those of frictionless-py's own
value readers, so that both agree on every odd cell; where those contradict the standard a named rule of `STANDARD`
corrects them.  docs/verdicts.md lists each rule with the standard's sentence.  The check, the published files and the
schema's own bounds use these readers.  frictionless-py itself is loaded only for rare cells.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from entaku.check.field_types import FALSE, FIELD_TYPES, TRUE, ValueReader, locate, read_string
from entaku.formats.heavy import frictionless

STANDARD = frozenset(
    {
        "pattern-whole", "integer-form", "number-form", "integer-group", "date-form", "time-form", "datetime-form",
        "year-form", "yearmonth-form", "duration-form", "binary-form", "categories", "unique-keys", "key-required",
    }
)  # fmt: skip
"""Rules by which the standard overrides frictionless-py; an empty set follows frictionless-py exactly."""

FRICTIONLESS: frozenset[str] = frozenset()


class BadSchemaError(Exception):
    """A schema that can't be checked against: `why`, and the column and the table it is about."""

    def __init__(self, why: str, column: str = "", table: str = "") -> None:
        super().__init__(f"{column}: {why}" if column else why)
        self.why, self.column, self.table = why, column, table


def kind_of(field: Mapping[str, Any]) -> str:
    """Return the type of a field, by default string."""
    return str(field.get("type") or "string")


def format_of(field: Mapping[str, Any]) -> str:
    """Return the format of a field."""
    return str(field.get("format", "default")).removeprefix("fmt:")


USUAL: Mapping[str, Any] = {"format": "default", "bareNumber": True, "groupChar": "", "decimalChar": "."}
"""The values at which properties that affect reading have no effect."""
WORDS = frozenset(
    {"name", "type", "title", "title@en", "description", "description@en", "unit", "example", "missingValues", "constraints"}
)  # fmt: skip
"""Properties that don't change how cells are read."""


def is_plain(field: Mapping[str, Any]) -> bool:
    """Test whether cells are read by the type alone: no other property changes how."""
    return all(key in WORDS or (key in USUAL and value == USUAL[key]) for key, value in field.items())


# ---- readers ----------------------------------------------------------------------------------------------------


def make_value_reader(field: Mapping[str, Any], rules: frozenset[str]) -> ValueReader:
    """Return a function text → value, None for no value.  Raises BadSchemaError for an unknown type or format."""
    kind, form = kind_of(field), format_of(field)
    read = _find_reader(field)
    if kind == "integer" and "integer-group" in rules and field.get("groupChar"):
        read = _without_groups(read, str(field["groupChar"]))
    if kind == "string" and form == "binary" and "binary-form" in rules:
        read = _read_base64
    if kind in ("time", "datetime") and form == "any" and f"{kind}-form" in rules:
        read = _with_sane_offset(read)
    shape = find_form(field, rules)
    if shape is None:
        return read
    if kind == "number" and (field.get("groupChar") or field.get("decimalChar", ".") != "."):
        shape = _shape_of_numbers(str(field.get("groupChar", "")), str(field.get("decimalChar", ".")))
    if kind == "integer" and field.get("groupChar"):
        shape = re.compile(rf"[ \t\r\n]*[+-]?[0-9]+({re.escape(str(field['groupChar']))}[0-9]+)*[ \t\r\n]*")
    return _only_shaped(read, shape)


def find_form(field: Mapping[str, Any], rules: frozenset[str]) -> re.Pattern[str] | None:
    """Return the standard's lexical form of a field's texts if others have no value; marks within numbers aside."""
    kind = kind_of(field)
    if f"{kind}-form" not in rules or format_of(field) != "default" or field.get("bareNumber") is False:
        return None
    return FIELD_TYPES[kind].form


def _find_reader(field: Mapping[str, Any]) -> ValueReader:
    """Return frictionless-py's reader of a field's type, format and other properties."""
    kind, form = kind_of(field), format_of(field)
    known = FIELD_TYPES.get(kind)
    if known is None or _UNKNOWN & set(field):
        return _make_frictionless_reader(field)
    if kind in ("integer", "number") and known.read is not None:
        return _make_number_reader(field, known.read)
    if kind == "boolean":
        return _make_boolean_reader(field)
    if kind in _OF_MOMENTS and "%" in form:
        return partial(_read_pattern, form, _OF_MOMENTS[kind])
    if (kind, form) in _FORMATS:
        return _FORMATS[kind, form]
    if form not in known.formats:
        return _make_frictionless_reader(field)  # which refuses it or ignores it
    if kind == "string" and form == "default":
        return read_string
    return _or_frictionless(known.read if form == "default" else None, field)


_UNKNOWN = frozenset({"floatNumber", "delimiter", "itemType"})
"""Properties that are not in the grammar of pipelines."""


def _or_frictionless(read: ValueReader | None, field: Mapping[str, Any]) -> ValueReader:
    """Combine `read` with frictionless-py's reader, made on first use, for the cells that `read` leaves."""
    theirs: list[ValueReader] = []

    def read_either(cell: Any) -> Any:
        value = NotImplemented if read is None else read(cell)
        if value is not NotImplemented:
            return value
        if not theirs:
            theirs.append(_make_frictionless_reader(field))
        return theirs[0](cell)

    return read_either


def _make_frictionless_reader(field: Mapping[str, Any]) -> ValueReader:
    """frictionless-py's own reader of a field's cells, whatever their constraints.  Raises BadSchemaError."""
    descriptor = {key: field[key] for key in (*USUAL, *_UNKNOWN, "trueValues", "falseValues") if key in field}
    try:
        found = frictionless.Field.from_descriptor({"name": "x", "type": kind_of(field), **descriptor})
    except frictionless.FrictionlessException as error:
        raise BadSchemaError(str(error), str(field.get("name", ""))) from None
    read: ValueReader = found.create_value_reader()
    return read


def _make_number_reader(field: Mapping[str, Any], read: ValueReader) -> ValueReader:
    """Return a reader with bareNumber, groupChar and decimalChar applied; integers have only bareNumber."""
    group, point = str(field.get("groupChar", "")), str(field.get("decimalChar", "."))
    bare, whole = field.get("bareNumber", True), kind_of(field) == "integer"
    if bare and (whole or (not group and point == ".")):
        return read

    def read_marked(cell: Any) -> Any:
        if not isinstance(cell, str):
            return read(cell)
        text = cell.strip() if bare else _NO_DIGITS.sub("", cell.strip())
        if whole:
            return read(text)
        text = text.replace(group, "")
        return None if point != "." and "." in text else read(text.replace(point, "."))

    return read_marked


_NO_DIGITS = re.compile(r"((^[^-\d]*)|(\D*$))")


def _make_boolean_reader(field: Mapping[str, Any]) -> ValueReader:
    words = dict.fromkeys(field.get("trueValues", TRUE), True) | dict.fromkeys(field.get("falseValues", FALSE), False)
    return lambda cell: cell if isinstance(cell, bool) else words.get(cell) if isinstance(cell, str) else None


def _read_pattern(form: str, part: Callable[[datetime], Any], cell: Any) -> Any:
    """Read a date or time in a strptime format."""
    if not isinstance(cell, str):
        return None
    try:
        return part(datetime.strptime(cell, form))
    except (ValueError, TypeError, OverflowError, re.error):
        return None


_OF_MOMENTS: Mapping[str, Callable[[datetime], Any]] = {
    "date": datetime.date,
    "time": datetime.timetz,
    "datetime": lambda moment: moment,
}


def _read_uri(cell: Any) -> Any:
    """Accept any text that begins with a URI scheme."""
    return cell if isinstance(cell, str) and _SCHEME.match(cell) else None


_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


def _read_uuid(cell: Any) -> Any:
    try:
        return cell if isinstance(cell, str) and UUID(cell) else None
    except ValueError:
        return None


def _read_base64(cell: Any, validate: bool = True) -> Any:
    try:
        base64.b64decode(cell, validate=validate)
    except (ValueError, TypeError):
        return None
    return cell


def _split_object(text: str) -> tuple[Any, Any]:
    found = json.loads(text)
    if len(found) != 2:
        raise ValueError(text)
    return found["lon"], found["lat"]


_FORMATS: Mapping[tuple[str, str], ValueReader] = {
    ("string", "uri"): _read_uri,
    ("string", "uuid"): _read_uuid,
    ("string", "binary"): partial(_read_base64, validate=False),
    ("geopoint", "array"): partial(locate, json.loads),
    ("geopoint", "object"): partial(locate, _split_object),
}


# ---- where the standard wins ------------------------------------------------------------------------------------


def _only_shaped(read: ValueReader, shape: re.Pattern[str]) -> ValueReader:
    def read_shaped(cell: Any) -> Any:
        return None if isinstance(cell, str) and not shape.fullmatch(cell) else read(cell)

    return read_shaped


def _shape_of_numbers(group: str, point: str) -> re.Pattern[str]:
    """Return the shape of a number whose digits are grouped by `group`, with `point` as its decimal mark."""
    digits = f"[0-9]+({re.escape(group)}[0-9]+)*" if group else "[0-9]+"
    mark = re.escape(point)
    number = rf"[+-]?({digits}({mark}[0-9]*)?|{mark}[0-9]+)(E[+-]?[0-9]+)?"
    return re.compile(rf"[ \t\r\n]*(?i:{number}|NaN|-?INF)[ \t\r\n]*")


def _without_groups(read: ValueReader, group: str) -> ValueReader:
    def read_grouped(cell: Any) -> Any:
        return read(cell.replace(group, "") if isinstance(cell, str) else cell)

    return read_grouped


def _with_sane_offset(read: ValueReader) -> ValueReader:
    """Return a reader that rejects UTC offsets of a day or more, which dateutil reads and Python can't compare."""

    def read_comparable(cell: Any) -> Any:
        value = read(cell)
        try:
            if value is not None:
                value.utcoffset()
        except ValueError:
            return None
        return value

    return read_comparable


def read_bound(read: ValueReader, wanted: Any) -> Any:
    """Return the value of a bound, which may be a number in the YAML; None if it isn't of the type."""
    bound = read(wanted)
    return read(str(wanted)) if bound is None and not isinstance(wanted, str) else bound
