"""The usual types' values, read as frictionless-py reads them, without loading it.

`tests/test_check_cells.py` holds each against frictionless-py's own reader.
"""

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


def _read_date(cell: Any) -> Any:
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
    "date": _read_date,
    "any": _read_any,
}
