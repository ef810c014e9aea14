"""Table Schema descriptors and the typed columns that follow from them.

A schema's meaning is Table Schema v2 (https://datapackage.org/standard/table-schema/).  Texts are read as values by
the readers of the check (`values`), so that verdicts and typed columns never differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from math import isinf
from typing import Any, get_args

from entaku.check.field_types import FALSE as FALSE
from entaku.check.field_types import FIELD_TYPES as FIELD_TYPES
from entaku.check.field_types import TRUE as TRUE
from entaku.check.named import AS_OF as AS_OF
from entaku.check.named import NAMED as NAMED
from entaku.check.named import NamedFormat as NamedFormat
from entaku.check.named import find_named as find_named
from entaku.check.named import list_formats
from entaku.check.values import FRICTIONLESS, STANDARD, BadSchemaError, make_value_reader, read_bound
from entaku.formats.heavy import frictionless, pa
from entaku.model.table_schema import Constraints, FieldType, Schema, SchemaField, put_words
from entaku.model.words import Text

NO_CONSTRAINTS = Constraints()
CONSTRAINTS = asdict(NO_CONSTRAINTS)

_BOUNDED = {name for name, kind in FIELD_TYPES.items() if "minimum" in kind.constraints}
_MEASURED = {name for name, kind in FIELD_TYPES.items() if "minLength" in kind.constraints}
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


# ---- descriptors ------------------------------------------------------------------------------------------------


def describe_schema(schema: Schema) -> dict[str, Any]:
    """Return the Table Schema descriptor: properties that are set, titles in both languages, `unit` as an extra."""
    descriptor: dict[str, Any] = {"fields": [describe_field(field) for field in schema.fields]}
    if schema.missingValues != ("",):
        descriptor["missingValues"] = list(schema.missingValues)
    if schema.primaryKey:
        descriptor["primaryKey"] = list(schema.primaryKey)
    if schema.uniqueKeys:
        descriptor["uniqueKeys"] = [list(key) for key in schema.uniqueKeys]
    if schema.foreignKeys:
        descriptor["foreignKeys"] = [
            {
                "fields": list(key.fields),
                "reference": {"resource": key.reference.resource, "fields": list(key.reference.fields)},
            }
            for key in schema.foreignKeys
        ]
    return descriptor


def describe_field(field: SchemaField) -> dict[str, Any]:
    """Return the field descriptor of `field`; a format of offices as the plain constraints that it stands for."""
    named = NAMED.get(field.format)
    descriptor: dict[str, Any] = {"name": field.name, "type": field.type}
    if (form := named.format if named else field.format) != "default":
        descriptor["format"] = form
    if named:
        descriptor["rdfType"] = named.rdf_type
    put_words(descriptor, "title", field.title)
    put_words(descriptor, "description", field.description)
    if field.unit:
        descriptor["unit"] = field.unit
    if field.example is not None:
        descriptor["example"] = _to_text(field.example, field.type)
    if field.missingValues is not None:
        descriptor["missingValues"] = list(field.missingValues)
    for key in ("trueValues", "falseValues", "categories"):
        if values := getattr(field, key):
            descriptor[key] = list(values)
    for key in ("decimalChar", "groupChar"):
        if value := getattr(field, key):
            descriptor[key] = value
    if not field.bareNumber:
        descriptor["bareNumber"] = False
    if field.arrayItem:
        descriptor["arrayItem"] = dict(field.arrayItem)
    constraints = {
        key: list(value) if isinstance(value, tuple) else value
        for key, default in CONSTRAINTS.items()
        if (value := getattr(field.constraints, key)) != default
    }
    if named:
        constraints |= _add_named(named, constraints)
    if field.type == "boolean" and "enum" in constraints:
        constraints["enum"] = _to_values(descriptor, constraints["enum"])
    if field.type == "integer" and "categories" in descriptor:
        descriptor["categories"] = _to_values(descriptor, field.categories)
    if constraints:
        descriptor["constraints"] = constraints
    return descriptor


def _add_named(named: NamedFormat, own: dict[str, Any]) -> dict[str, Any]:
    """Return the constraints of a format beside those that the field has of its own."""
    bounds = {key: value for key, value in (named.bounds or {}).items() if key not in own}
    return {"pattern": named.pattern, **bounds} if named.pattern else bounds


def _to_values(descriptor: dict[str, Any], written: Sequence[Any]) -> list[Any]:
    """Write what a field allows as values of its type, as the profile wants them; what is none stays as it is."""
    values = map(make_value_reader(descriptor, STANDARD), written)
    return [one if value is None else value for one, value in zip(written, values, strict=True)]


def read_enum(field: SchemaField) -> list[Any]:
    """Return the values that a field's `enum` allows; what is none of its type allows nothing."""
    read = make_value_reader(describe_field(replace(field, example=None, constraints=NO_CONSTRAINTS)), STANDARD)
    return [value for value in map(read, field.constraints.enum) if value is not None]


def _to_text(value: Any, kind: str) -> str:
    """Write an example of the YAML as text, as the standard's profile wants it."""
    whole = kind in ("integer", "year") and isinstance(value, float) and value.is_integer()
    return value if isinstance(value, str) else json.dumps(int(value) if whole else value)


# ---- restrictions on schemas ------------------------------------------------------------------------------------


def find_bad_bounds(field: SchemaField) -> Iterator[tuple[str, str, str]]:
    """Yield key, value and allowed values of each constraint that the field's type excludes or that isn't of that type.

    Table Schema v2, "Field constraints", lists which constraint goes with which type.
    """
    constraints, read = field.constraints, make_bound_reader(field)
    for key in BOUNDS:
        bound = getattr(constraints, key)
        if bound is None:
            continue
        if field.type not in _BOUNDED:
            yield key, str(bound), _say_types(_BOUNDED, field)
        elif read is not None and read(bound) is None:
            kind, example = field.type, _show_example(field)
            yield key, str(bound), f"型 {kind} の値（例 {example}）/ a value of type {kind} (such as {example})"
    for key in ("minLength", "maxLength"):
        if getattr(constraints, key) is not None and field.type not in _MEASURED:
            value = str(getattr(constraints, key))
            yield key, value, _say_types(_MEASURED, field)
    if constraints.pattern:
        if field.type != "string":
            yield "pattern", constraints.pattern, _say_types({"string"}, field)
        if field.format in NAMED and NAMED[field.format].pattern:
            yield (
                "pattern",
                constraints.pattern,
                f"format: {field.format} だけ（決まった形があります） / format: {field.format} alone, which has its own",
            )
        if _SUBTRACTION.search(constraints.pattern):
            yield "pattern", constraints.pattern, "[a-z-[aeiou]] のような引き算のない正規表現 / no class less another"


def _say_types(types: Collection[str], field: SchemaField) -> str:
    listed = ", ".join(sorted(types))
    return f"型 {listed} の列だけに書けます（この列は {field.type}） / only for columns of type {listed} (this is {field.type})"


def find_crossed_bounds(field: SchemaField) -> Iterator[tuple[str, str, str, str]]:
    """Yield each pair of contradicting constraints: key and value of the lower bound, then of the upper bound."""
    constraints, read = field.constraints, make_bound_reader(field)
    for low in ("minimum", "exclusiveMinimum"):
        for high in ("maximum", "exclusiveMaximum"):
            least, most = getattr(constraints, low), getattr(constraints, high)
            if least is None or most is None or read is None or field.type not in _BOUNDED - {"duration"}:
                continue
            one, other = read(least), read(most)
            if one is None or other is None:
                continue
            try:
                crossed = one > other or (one == other and "exclusive" in f"{low} {high}")
            except TypeError:  # one with an offset from UTC, one without
                continue
            if crossed:
                yield low, str(least), high, str(most)
    if (constraints.minLength or 0) > (constraints.maxLength if constraints.maxLength is not None else 10**9):
        yield "minLength", str(constraints.minLength), "maxLength", str(constraints.maxLength)


def find_unread(schema: Schema) -> Iterator[tuple[tuple[str | int, ...], str, Text]]:
    """Yield what Table Schema allows but frictionless-py, which others read published files with, refuses or fails on.

    Each item is the path in the schema, the property or type, and the alternative.
    """
    kinds = {field.name: field.type for field in schema.fields}
    for n, field in enumerate(schema.fields):
        constraints, at = field.constraints, ("fields", n, "constraints")
        if field.type == "integer" and field.groupChar:
            yield ("fields", n, "groupChar"), "groupChar (integer)", _WITHOUT_MARKS
        if field.type == "list" and constraints.enum:
            yield (*at, "enum"), "enum (list)", _AS_TEXT
        for key in BOUNDS if field.type == "duration" else ():
            if getattr(constraints, key) is not None:
                yield (*at, key), f"{key} (duration)", _AS_NUMBER
        if not FIELD_TYPES[field.type].hashable and constraints.unique:
            yield (*at, "unique"), f"unique ({field.type})", _AS_TEXT
    keys: list[tuple[tuple[str | int, ...], tuple[str, ...]]] = [(("primaryKey",), schema.primaryKey)]
    keys += [(("foreignKeys", n, "fields"), key.fields) for n, key in enumerate(schema.foreignKeys)]
    for place, names in keys:
        for name in names:
            if name in kinds and not FIELD_TYPES[kinds[name]].hashable:
                yield place, f"{name} ({kinds[name]})", _AS_TEXT


_WITHOUT_MARKS = Text(ja="手順 parse_number（桁区切りを取る）", en="the step parse_number (it takes the marks away)")
_AS_NUMBER = Text(ja="型 integer の列と単位", en="a column of type integer with its unit")
_AS_TEXT = Text(ja="型 string の列", en="a column of type string")


def make_bound_reader(field: SchemaField) -> Callable[[Any], Any] | None:
    """Return a reader of bounds that reads as the check does, or None if the format is invalid or there are no bounds.

    The reader returns None for a value that isn't of the field's type and format, or isn't a finite number.
    """
    if all(getattr(field.constraints, key) is None for key in BOUNDS):
        return None
    try:
        read = make_value_reader(describe_field(replace(field, example=None, constraints=NO_CONSTRAINTS)), STANDARD)
    except BadSchemaError:
        return None

    def read_finite(wanted: Any) -> Any:
        bound = read_bound(read, wanted)
        return None if isinstance(bound, Decimal) and not bound.is_finite() else bound

    return read_finite


def _show_example(field: SchemaField) -> str:
    """Return an example value of a bounded type, in the field's format."""
    if "%" in field.format:
        return datetime(2026, 1, 31, 9, tzinfo=UTC).strftime(field.format)
    return FIELD_TYPES[field.type].example.replace(".", field.decimalChar or ".")


_SUBTRACTION = re.compile(r"(?<!\\)\[(?:\\.|[^\]\\])*-\[")
"""Character class subtraction of XML Schema (`[a-z-[aeiou]]`), which Python reads as something else."""


def find_bad_format(field: SchemaField) -> str:
    """Return the allowed formats if the field's `format` is none of them, else "" (Table Schema v2, "Field types")."""
    allowed = (*FIELD_TYPES[field.type].formats, *list_formats(field.type))
    if field.format in allowed:
        return ""
    if "%Z" in field.format:  # reads names of zones, of which only those of this machine are known
        return "%z"
    if field.type in ("date", "time", "datetime") and "%" in field.format:
        try:
            written = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC).strftime(field.format)
            datetime.strptime(written, field.format)
        except ValueError:
            pass
        else:
            return ""
    return ", ".join(allowed) + (" …" if "any" in allowed else "")


def find_bad_values(field: SchemaField) -> Iterator[tuple[str, str]]:
    """Yield key and value of each example and each `enum` value that isn't of the field's type."""
    values = [("enum", value) for value in field.constraints.enum]
    values += [("example", field.example)] if field.example not in (None, "") else []
    if not values:
        return
    if field.type == "string" and field.format == "default":
        yield from ((key, str(value)) for key, value in values if not isinstance(value, str))
        return
    descriptor = describe_field(replace(field, example=None, constraints=NO_CONSTRAINTS))
    try:
        reader = make_value_reader(descriptor, STANDARD)
        plain = make_value_reader({key: descriptor[key] for key in _OF_EXAMPLES if key in descriptor}, FRICTIONLESS)
    except BadSchemaError:
        return
    for key, value in values:
        if (plain if key == "example" else reader)(value) is None:
            yield key, str(value)


_OF_EXAMPLES = ("name", "type", "format", "trueValues", "falseValues")
"""The properties that frictionless-py uses when it reads a field's example."""


def find_bad_items(field: SchemaField) -> str:
    """Return what is wrong with `arrayItem`, or ""."""
    if not field.arrayItem or (set(field.arrayItem) == {"type"} and field.arrayItem["type"] in get_args(FieldType)):
        return ""
    try:
        frictionless.Field.from_descriptor({"name": field.name, "type": "any", **field.arrayItem})
    except (frictionless.FrictionlessException, TypeError, ValueError, AttributeError) as error:
        return str(error)
    return ""


# ---- typed columns ----------------------------------------------------------------------------------------------


class NotCastableError(Exception):
    """A valid value without an Arrow equivalent: `name` of its field, `position` (0-based row), `value`.

    `why` is the code of the finding: beyond-type, mixed-offsets, time-offset or zone-name.
    """

    def __init__(self, name: str, position: int, value: str, why: str) -> None:
        super().__init__(why)
        self.name, self.position, self.value, self.why = name, position, value, why


class _UnfitError(Exception):
    """Raised for a value that Arrow can't hold; its argument is the code of the finding."""


def arrow_type(field: SchemaField, zoned: bool = False) -> pa.DataType:
    """Return the Arrow (and so Parquet) type of a field; `zoned`: its moments have offsets from UTC.

    Types without an Arrow equivalent are kept as text: yearmonth, duration, geopoint, any, and JSON of any shape.
    """
    alias = FIELD_TYPES[field.type].arrow
    if zoned and field.type == "datetime":
        return pa.timestamp("us", "UTC")
    if alias == "list" or (field.type == "array" and field.arrayItem.get("type") == "string"):
        return pa.list_(pa.string())
    return pa.type_for_alias(alias)


def cast_column(texts: Sequence[str], field: SchemaField, missing: Sequence[str], zoned: bool = False) -> pa.Array:
    """Convert valid texts to an Arrow array of `arrow_type(field, zoned)`; each distinct text is read once.

    `missing`: the schema's missingValues.  Raises NotCastableError for a number beyond 64 bits, for a moment before the
    year 1 or after 9999 in UTC, with an offset unless `zoned` or without one if so, and for a time with an offset.
    """
    kind = arrow_type(field, zoned)
    nulls = set(field.missingValues if field.missingValues is not None else missing)
    if kind == pa.string():
        return pa.array([None if text in nulls else text for text in texts], kind)
    read = make_value_reader(describe_field(field), STANDARD)
    known: dict[str, Any] = dict.fromkeys(nulls)
    values = []
    for position, text in enumerate(texts):
        if text not in known:
            try:
                if field.format == "any" and _ZONE_NAME.search(text):
                    raise _UnfitError("zone-name")
                known[text] = _to_arrow(read(text), field.type, zoned)
            except (OverflowError, _UnfitError) as error:
                why = str(error) if isinstance(error, _UnfitError) else "beyond-type"
                raise NotCastableError(field.name, position, text, why) from None
        values.append(known[text])
    return pa.array(values, kind)


_ZONE_NAME = re.compile(
    r"\d\s*\(?(?!UTC|GMT|(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|MON|TUE|WED|THU|FRI|SAT|SUN))[A-Z]{3,5}\)?\s*$"
)
"""The name of a zone at the end of a moment: its meaning depends on the machine that reads it."""


def _to_arrow(value: Any, kind: str, zoned: bool) -> Any:
    """Convert a value for Arrow.  Raises OverflowError or _UnfitError if Arrow can't hold it."""
    if value is None:
        return None
    if kind == "integer" and abs(value) >= 2**63:
        raise OverflowError(value)
    if kind == "number":
        return _to_double(value)
    if kind == "datetime":
        if (value.tzinfo is not None) != zoned:
            raise _UnfitError("mixed-offsets")
        return value.astimezone(UTC) if zoned else value
    if kind == "time" and value.tzinfo is not None:
        raise _UnfitError("time-offset")
    if kind in ("array", "list"):
        return [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in value]
    return value


def _to_double(value: Any) -> float:
    """Convert a number.  Raises OverflowError for a finite one that would become infinite."""
    number = float(value)
    if isinf(number) and Decimal(value).is_finite():
        raise OverflowError(value)
    return number
