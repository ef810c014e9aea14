"""The types of Table Schema, one row each: reader, Arrow type, constraints, formats.

Cells are read as frictionless-py reads them (docs/verdicts.md lists where the standard overrides it).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

ValueReader = Callable[[Any], Any]
"""Converts a cell to its value, None if it has none.  Cells that aren't text come from YAML or JSON."""

_TIME = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
OFFSET = "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_INSTANT = re.compile(rf"{_MOMENT.pattern}([.][0-9]{{1,6}})?{OFFSET}")


# ---- readers of the default formats -----------------------------------------------------------------------------


def read_string(cell: Any) -> Any:
    return cell if isinstance(cell, str) else None


def read_any(cell: Any) -> Any:
    return cell


def read_integer(cell: Any) -> Any:
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


def read_number(cell: Any) -> Any:
    if isinstance(cell, str):
        try:
            return Decimal(cell.strip())
        except InvalidOperation:
            return None
    if isinstance(cell, bool):
        return None
    return Decimal(str(cell)) if isinstance(cell, float) else cell if isinstance(cell, int | Decimal) else None


TRUE, FALSE = ("true", "True", "TRUE", "1"), ("false", "False", "FALSE", "0")
_BOOLEANS = dict.fromkeys(TRUE, True) | dict.fromkeys(FALSE, False)


def read_boolean(cell: Any) -> Any:
    return cell if isinstance(cell, bool) else _BOOLEANS.get(cell) if isinstance(cell, str) else None


def read_date(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell if isinstance(cell, date) and not isinstance(cell, datetime) else None
    try:
        if _DATE.fullmatch(cell):
            return date(int(cell[:4]), int(cell[5:7]), int(cell[8:]))
        return datetime.strptime(cell, "%Y-%m-%d").date()
    except ValueError:
        return None


def read_plain_time(cell: Any) -> Any:
    """Read `hh:mm:ss`; return `NotImplemented` for other forms, which frictionless-py may read."""
    if not isinstance(cell, str) or not _TIME.fullmatch(cell):
        return NotImplemented
    try:
        return time(0) if cell == "24:00:00" else time(int(cell[:2]), int(cell[3:5]), int(cell[6:]))
    except ValueError:
        return None


def read_plain_moment(cell: Any) -> Any:
    """Read `yyyy-mm-ddThh:mm:ss`, also with an offset; return `NotImplemented` for forms that frictionless-py may read."""
    if not isinstance(cell, str):
        return NotImplemented
    if not _MOMENT.fullmatch(cell):
        return _read_instant(cell) if _INSTANT.fullmatch(cell) else NotImplemented
    try:
        if cell.endswith("T24:00:00"):
            return datetime.fromisoformat(cell[:10]) + timedelta(days=1)
        return datetime.fromisoformat(cell)
    except (ValueError, OverflowError):
        return None


def _read_instant(cell: str) -> Any:
    if cell[11:13] == "24":
        return NotImplemented
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        return None


def read_year(cell: Any) -> Any:
    if isinstance(cell, str):
        try:
            cell = int(cell) if len(cell) == 4 else None
        except ValueError:
            return None
    return cell if isinstance(cell, int) and 0 <= cell <= 9999 else None


class yearmonth(NamedTuple):  # noqa: N801 reports show it by frictionless-py's name
    """A month of a year."""

    year: int
    month: int


def read_yearmonth(cell: Any) -> Any:
    if not isinstance(cell, str):
        return yearmonth(*cell) if isinstance(cell, tuple | list) and len(cell) == 2 else None
    try:
        year, month = map(int, cell.split("-"))
    except ValueError:
        return None
    return yearmonth(year, month) if 1 <= month <= 12 else None


def read_list(cell: Any) -> Any:
    items = cell.split(",") if isinstance(cell, str) else cell
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        return None
    return list(items)


def read_array(cell: Any) -> Any:
    found = _read_json(cell) if isinstance(cell, str) else list(cell) if isinstance(cell, tuple) else cell
    return found if isinstance(found, list) else None


def read_object(cell: Any) -> Any:
    found = _read_json(cell) if isinstance(cell, str) else cell
    return found if isinstance(found, dict) else None


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


class geopoint(NamedTuple):  # noqa: N801 reports show it as frictionless-py does
    """A longitude and latitude in degrees."""

    lon: Any
    lat: Any

    def __repr__(self) -> str:
        return str([float(self.lon), float(self.lat)])


def read_geopoint(cell: Any) -> Any:
    return locate(lambda text: [part.strip() for part in text.split(",")], cell)


def locate(split: Callable[[str], Any], cell: Any) -> Any:
    """Read a cell as a geopoint, whose text `split` cuts into longitude and latitude."""
    try:
        if isinstance(cell, str):
            lon, lat = split(cell)
            cell = Decimal(lon), Decimal(lat)
        lon, lat = cell
        there = -180 <= lon <= 180 and -90 <= lat <= 90
    except (ValueError, TypeError, ArithmeticError, LookupError, RecursionError):
        return None
    return geopoint(lon, lat) if there else None


# ---- the table --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """The properties of a type."""

    read: ValueReader | None = None
    """Reader of cells of the default format; `NotImplemented`, or no reader, leaves cells to frictionless-py."""
    arrow: str = "string"
    """The Arrow (and so Parquet) type; types without an Arrow equivalent are kept as text."""
    constraints: tuple[str, ...] = ("required", "enum")
    """The allowed constraints in the order of testing; `unique` is checked as a key."""
    formats: tuple[str, ...] = ("default",)
    """The allowed formats beside date and time patterns."""
    form: re.Pattern[str] | None = None
    """The standard's lexical form of cells of the default format."""
    plain: str = ""
    """A pattern of texts that Arrow casts to the value that `read` gives, or refuses (a 30 February)."""
    brief: str = ""
    """What does for `plain` where no text is longer than BRIEF bytes: without large counts, of which RE2 makes a machine
    with as many states each time."""
    example: str = ""
    """An example value of a type with bounds."""
    reach: str = ""
    """The range that Arrow can hold, where it is limited."""
    is_text: bool = False
    """Values are their texts."""
    hashable: bool = True
    """frictionless-py can compare values as keys."""
    csvw: str = "string"
    """Its datatype in CSV on the Web."""
    croissant: str = ""
    """Its data type in Croissant, if it isn't text."""


_BOUNDED = ("required", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum")
_JSON = ("required", "minLength", "maxLength", "enum", "jsonSchema")
_SPACE = r"[ \t\r\n]*"
_YEAR = "^([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)-"  # Arrow has a year 0, Python has none
_INNER_YEAR = "^([1-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])-"  # whatever the offset, it is a year of UTC
_SURE_DAY = "((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
PLAIN_DAY = _YEAR + "[0-9]{2}-[0-9]{2}"
SURE_DAY = _YEAR + _SURE_DAY
"""A pattern of days that are valid in any year."""
PLAIN_CLOCK = "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_INSTANT_CLOCK = f"{PLAIN_CLOCK}([.][0-9]{{1,6}})?{OFFSET}$"
PLAIN_INSTANT = f"{_INNER_YEAR}[0-9]{{2}}-[0-9]{{2}}{_INSTANT_CLOCK}"
"""A pattern of moments with an offset that Arrow casts to the value that the reader gives, or refuses."""
SURE_INSTANT = f"{_INNER_YEAR}{_SURE_DAY}{_INSTANT_CLOCK}"

BRIEF = 300


FIELD_TYPES: Mapping[str, Kind] = {
    "string": Kind(
        read_string, constraints=("required", "minLength", "maxLength", "pattern", "enum"),
        formats=("default", "email", "uri", "binary", "uuid"), is_text=True,
    ),
    "integer": Kind(
        read_integer, "int64", _BOUNDED, form=re.compile(rf"{_SPACE}[+-]?[0-9]+{_SPACE}"), plain="^-?[0-9]{1,18}$",
        example="10", reach="64-bit",
        csvw="integer", croissant="sc:Integer",
    ),
    "number": Kind(
        read_number, "float64", _BOUNDED,
        form=re.compile(rf"{_SPACE}(?i:[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(E[+-]?[0-9]+)?|NaN|-?INF){_SPACE}"),
        plain="^-?[0-9]{1,300}([.][0-9]{1,300})?$", brief="^-?[0-9]+([.][0-9]+)?$", example="0.5", reach="±1.797…e308",
        csvw="number", croissant="sc:Float",
    ),
    "boolean": Kind(read_boolean, "bool", csvw="boolean", croissant="sc:Boolean"),
    "date": Kind(
        read_date, "date32", _BOUNDED, ("default", "any", "%Y/%m/%d"), _DATE, f"{PLAIN_DAY}$", example="2026-01-31",
        csvw="date", croissant="sc:Date",
    ),
    "time": Kind(
        read_plain_time, "time64[us]", _BOUNDED, ("default", "any", "%H:%M"), _TIME, example="09:00:00",
        csvw="time", croissant="sc:Time",
    ),
    "datetime": Kind(
        read_plain_moment, "timestamp[us]", _BOUNDED, ("default", "any", "%Y/%m/%d %H:%M"),
        re.compile(_MOMENT.pattern + r"(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?"), f"{PLAIN_DAY}{PLAIN_CLOCK}$",
        example="2026-01-31T09:00:00", reach="0001–9999 (UTC)",
        csvw="datetime", croissant="sc:DateTime",
    ),
    "year": Kind(read_year, "int32", _BOUNDED, form=re.compile("[0-9]{4}"), example="2026", csvw="gYear", croissant="sc:Integer"),
    "yearmonth": Kind(read_yearmonth, "string", _BOUNDED, form=re.compile("[0-9]{4}-[0-9]{2}"), example="2026-01", csvw="gYearMonth"),
    "duration": Kind(
        None, "string", _BOUNDED, example="P1D",
        form=re.compile(
            r"-?P(?=[0-9T])([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?"
        ),
        csvw="duration",
    ),
    "object": Kind(read_object, "string", _JSON, hashable=False, csvw="json"),
    "array": Kind(read_array, "string", _JSON, hashable=False, csvw="json"),
    "list": Kind(read_list, "list", ("required", "minLength", "maxLength"), hashable=False),
    "geopoint": Kind(read_geopoint, formats=("default", "array", "object")),
    "geojson": Kind(formats=("default", "topojson"), hashable=False, csvw="json"),
    "any": Kind(read_any, is_text=True),
}  # fmt: skip
