"""A field descriptor → how its texts are read: text → value, or None where it has none.

Meaning: Table Schema v2 (https://datapackage.org/standard/table-schema/).  Values are read by frictionless-py's own
value readers, so that both agree on every odd cell; where those contradict the standard a named rule of `STANDARD`
corrects them.  docs/verdicts.md lists each rule with the standard's sentence.  The check, the published files and the
schema's own bounds all read by these.
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

SPECIAL = frozenset({"bareNumber", "groupChar", "decimalChar", "floatNumber", "trueValues", "falseValues"})
"""Properties that make a field unusual."""


def find_plain_reader(kind: str, field: Mapping[str, Any]) -> Callable[[Any], Any] | None:
    """The value reader of a field of a usual type without format or special properties, else None."""
    if field.get("format", "default") != "default" or SPECIAL & set(field):
        return None
    return _READERS.get(kind)


def _read_string(cell: Any) -> Any:
    return cell if isinstance(cell, str) else None


def _read_integer(cell: Any) -> Any:
    if isinstance(cell, str):
        try:
            return int(cell.strip())
        except ValueError:
            return None
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int):
        return cell
    return int(cell) if isinstance(cell, float) and cell.is_integer() else None


def _read_number(cell: Any) -> Any:
    if isinstance(cell, str):
        try:
            return Decimal(cell.strip())
        except InvalidOperation:
            return None
    if isinstance(cell, bool):
        return None
    return Decimal(str(cell)) if isinstance(cell, float) else cell if isinstance(cell, int | Decimal) else None


_BOOLEANS = dict.fromkeys(("true", "True", "TRUE", "1"), True) | dict.fromkeys(("false", "False", "FALSE", "0"), False)


def _read_boolean(cell: Any) -> Any:
    return cell if isinstance(cell, bool) else _BOOLEANS.get(cell) if isinstance(cell, str) else None


def _read_plain_date(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell if isinstance(cell, date) and not isinstance(cell, datetime) else None
    try:
        return datetime.strptime(cell, "%Y-%m-%d").date()
    except ValueError:
        return None


def _read_any(cell: Any) -> Any:
    return cell


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "string": _read_string,
    "integer": _read_integer,
    "number": _read_number,
    "boolean": _read_boolean,
    "date": _read_plain_date,
    "any": _read_any,
}


STANDARD = frozenset(
    {
        "pattern-whole", "integer-form", "number-form", "integer-group", "date-form", "time-form", "datetime-form",
        "year-form", "yearmonth-form", "duration-form", "binary-form", "categories", "unique-keys", "key-required",
    }
)  # fmt: skip
"""Where the standard wins over frictionless-py; an empty set is frictionless-py to the letter."""

FRICTIONLESS: frozenset[str] = frozenset()

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

ValueReader = Callable[[Any], Any]


class BadSchemaError(Exception):
    """A schema that can't be checked against: `why`, and the column and the table it is about."""

    def __init__(self, why: str, column: str = "", table: str = "") -> None:
        super().__init__(f"{column}: {why}" if column else why)
        self.why, self.column, self.table = why, column, table


def kind_of(field: Mapping[str, Any]) -> str:
    """The type of a field, which is string unless it says another."""
    return str(field.get("type") or "string")


def make_value_reader(field: Mapping[str, Any], rules: frozenset[str]) -> ValueReader:
    """Text → value, None where it has none."""
    kind, form = kind_of(field), str(field.get("format", "default")).removeprefix("fmt:")
    read = find_plain_reader(kind, field) or _read_like_frictionless(field)
    if kind == "integer" and "integer-group" in rules and field.get("groupChar"):
        read = _without_groups(read, str(field["groupChar"]))
    if kind == "date" and form == "default":
        read = _read_date(read)
    if kind == "datetime" and form == "default":
        read = _read_datetime(read)
    if kind == "string" and form == "binary" and "binary-form" in rules:
        read = _read_binary(read)
    if kind in ("time", "datetime") and form == "any" and f"{kind}-form" in rules:
        read = _read_offset(read)
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
            {"name": "x", "type": kind_of(field), **descriptor}
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


def _read_offset(read: ValueReader) -> ValueReader:
    """An offset from UTC of a day or more, which dateutil reads and Python can't compare."""

    def read_comparable(cell: Any) -> Any:
        value = read(cell)
        try:
            if value is not None:
                value.utcoffset()
        except ValueError:
            return None
        return value

    return read_comparable


def _read_binary(read: ValueReader) -> ValueReader:
    def read_strictly(cell: Any) -> Any:
        try:
            base64.b64decode(cell, validate=True)
        except ValueError:
            return None
        return read(cell)

    return read_strictly


def read_bound(read: ValueReader, wanted: Any) -> Any:
    """The value of a bound, which the YAML may have as a number; None where it is none of the type."""
    bound = read(wanted)
    return read(str(wanted)) if bound is None and not isinstance(wanted, str) else bound
