"""JSON Schema (2020-12) of a row: `<table>.schema.json` beside each current table, made from its Table Schema, in a
catalogue that offers JSON Lines.

A row is what `datastore_search` answers, a line of the JSON Lines, and what the Parquet says as JSON: numbers as numbers
(those that JSON hasn't as `NaN`, `INF`, `-INF`), an empty cell as null, times as ISO 8601, and JSON, points and shapes as
the text of their cell.  Bounds of dates and patterns that
ECMAScript's regular expressions don't have are left out: JSON Schema can't say them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from entaku.catalogue import facets
from entaku.check import schema as schemas
from entaku.model.files import name_row_schema
from entaku.model.nouns import Catalogue, Dataset, Finding, Page, Release, ReleasedResource
from entaku.model.profile import Profile, list_zoned
from entaku.model.table_schema import Schema, SchemaField
from entaku.site.feeds.ckan.datastore import show_value
from entaku.site.feeds.common import clean, dump, find_root, list_released, per_dataset, to_uri
from entaku.site.kept import Parts

DIALECT = "JSON Schema"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_DAY, _CLOCK = "[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?"
_JSON = {"type": "string", "contentMediaType": "application/json"}
TYPES: Mapping[str, Mapping[str, Any]] = {
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "pattern": f"^{_CLOCK}$"},
    "datetime": {"type": "string", "pattern": f"^{_DAY}T{_CLOCK}$"},
    "year": {"type": "integer", "minimum": 0, "maximum": 9999},
    "yearmonth": {"type": "string"},
    "duration": {"type": "string"},
    "object": _JSON,
    "array": _JSON,
    "list": {"type": "array", "items": {"type": "string"}},
    "geojson": _JSON,
}  # fmt: skip
"""A value of each type; any other is text."""
MARKED: Mapping[str, Any] = {"type": ["number", "string"], "pattern": "^(NaN|-?INF)$"}
"""A number of a column that has, or may have, some that JSON hasn't; bounds are of the numbers alone."""
FORMATS: Mapping[str, Mapping[str, str]] = {
    "email": {"format": "email"},
    "uri": {"format": "uri"},
    "uuid": {"format": "uuid"},
    "binary": {"contentEncoding": "base64"},
}
"""Formats of `string`."""
BOUNDED = ("integer", "number", "year")
KEYS = {
    "minimum": "minimum", "maximum": "maximum",
    "exclusiveMinimum": "exclusiveMinimum", "exclusiveMaximum": "exclusiveMaximum",
}  # fmt: skip
FOREIGN = re.compile(r"\(\?(?![:=!]|<[=!])|\\(?![\\^$.*+?()\[\]{}|/dDsSwWbBfnrtv]|u[0-9a-fA-F]{4})")
"""What ECMAScript's regular expressions (with `u`, as validators compile them) have not or mean otherwise."""


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write the JSON Schema of every current table, in a catalogue that offers JSON Lines."""
    if "jsonl" not in catalogue.office.site.downloads:
        return
    write = partial(write_dataset, find_root(catalogue))
    for told in per_dataset(DIALECT, list_released(catalogue), write, parts, catalogue):
        if isinstance(told, Finding):
            yield told
        else:
            yield from told


def write_dataset(root: str, dataset: Dataset, release: Release) -> list[Page]:
    """Write the JSON Schema of every table of a dataset."""
    sample, pages = facets.is_sample(dataset), []
    for table in release.resources:
        path = f"datasets/{release.dataset}/{name_row_schema(table.name)}"
        pages.append(Page(path, dump(describe_table(f"{root}{to_uri(path)}", table, sample))))
    return pages


def describe_table(address: str, table: ReleasedResource, sample: bool) -> dict[str, Any]:
    """Describe a row of a table."""
    schema, title = table.resource.schema, facets.mark_sample(table.resource.title, sample)
    head = {"$schema": DRAFT, "$id": address, "title": clean(title.get("ja"))}
    if about := table.resource.description.get("ja"):
        head["description"] = clean(about)
    return {
        **head,
        "type": "object",
        "properties": {field.name: describe_field(field, schema, table.profile) for field in schema.fields},
        "required": [field.name for field in schema.fields if is_required(field, schema)],
        "additionalProperties": False,
    }


def is_required(field: SchemaField, schema: Schema) -> bool:
    """Test whether a column has a value in every row."""
    return field.constraints.required or field.name in schema.primaryKey


def describe_field(field: SchemaField, schema: Schema, profiles: Sequence[Profile] = ()) -> dict[str, Any]:
    """Describe a value of a column; `profiles` tell which moments have offsets and which numbers are none."""
    table_field = schemas.describe_field(field)
    own: dict[str, Any] = {
        key: clean(table_field[key]) for key in ("title", "description", "unit") if key in table_field
    }
    value = dict(TYPES.get(field.type, {"type": "string"}))
    if field.type == "datetime" and field.name in list_zoned(profiles):
        value = {"type": "string", "format": "date-time"}
    if has_texts(field):
        value = dict(TYPES["list"])
    if field.type == "string":
        value |= FORMATS.get(table_field.get("format", ""), {})
    value |= describe_constraints(field, table_field)
    if field.type == "number" and any(each.name == field.name and each.marked for each in profiles):
        value |= MARKED
    if not is_required(field, schema):
        value["type"] = [*(value["type"] if isinstance(value["type"], list) else [value["type"]]), "null"]
        if "enum" in value:
            value["enum"] = [*value["enum"], None]
    return own | value


def has_texts(field: SchemaField) -> bool:
    """Test whether rows have a column's arrays as lists of texts; those of other things are JSON in a text."""
    return field.type == "array" and field.arrayItem.get("type") == "string"


def describe_constraints(field: SchemaField, table_field: Mapping[str, Any]) -> dict[str, Any]:
    """Describe what a column's constraints allow."""
    constraints, found = table_field.get("constraints", {}), dict[str, Any]()
    if field.type in BOUNDED and (read := schemas.make_bound_reader(field)):
        bounds = {key: read(constraints[key]) for key in KEYS if key in constraints}
        found |= {key: show_value(bound) for key, bound in bounds.items() if bound is not None}
    lengths = {"list": ("minItems", "maxItems"), "string": ("minLength", "maxLength")}.get(field.type, ())
    for key, said in zip(("minLength", "maxLength"), lengths, strict=False):
        if key in constraints:
            found[said] = constraints[key]
    pattern = constraints.get("pattern", "")
    if field.type == "string" and pattern and not FOREIGN.search(pattern):
        found["pattern"] = f"^(?:{pattern})$"
    if "enum" in constraints:
        found["enum"] = list_values(field, constraints["enum"])
    return found


def list_values(field: SchemaField, written: list[Any]) -> list[Any]:
    """List the values that a column allows, as rows have them."""
    texts = field.type not in ("date", "time", "datetime") and TYPES.get(field.type, _JSON)["type"] == "string"
    if texts and not has_texts(field):
        return list(dict.fromkeys(str(each) for each in written))
    values = schemas.read_enum(field)
    shown = [show_value(float(each) if isinstance(each, Decimal) else each) for each in values]
    return [each for n, each in enumerate(shown) if each not in shown[:n]]
