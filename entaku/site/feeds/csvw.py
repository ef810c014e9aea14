"""CSV on the Web (https://www.w3.org/TR/tabular-metadata/): `<table>.csv-metadata.json` beside each current CSV.

Types, units, keys and foreign keys.  The folders of releases hold none, because releases are immutable.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from entaku.catalogue import facets, places
from entaku.check import schema as schemas
from entaku.model.files import name_csvw
from entaku.model.grammar import Resource
from entaku.model.nouns import Catalogue, Dataset, Finding, Page, Release, ReleasedResource
from entaku.model.profile import list_zoned
from entaku.model.table_schema import Constraints, ForeignKey, Schema, SchemaField
from entaku.model.words import Text
from entaku.site.feeds.common import clean, dump, find_root, list_released, miss, name_dataset, per_dataset, to_uri
from entaku.site.kept import Parts

DIALECT = "CSVW"
CONTEXT = ["http://www.w3.org/ns/csvw", {"@language": "ja"}]
TYPES: Mapping[str, str] = {name: kind.csvw for name, kind in schemas.FIELD_TYPES.items()}
DATES = {"%Y-%m-%d": "yyyy-MM-dd", "%Y%m%d": "yyyyMMdd", "%d-%m-%Y": "dd-MM-yyyy", "%m-%d-%Y": "MM-dd-yyyy",
         "%d/%m/%Y": "dd/MM/yyyy", "%m/%d/%Y": "MM/dd/yyyy", "%d.%m.%Y": "dd.MM.yyyy", "%m.%d.%Y": "MM.dd.yyyy",
         "%d%m%Y": "ddMMyyyy", "%m%d%Y": "MMddyyyy"}  # fmt: skip
TIMES = {"%H:%M:%S": "HH:mm:ss", "%H%M%S": "HHmmss", "%H:%M": "HH:mm", "%H%M": "HHmm"}
"""The only date and time formats of CSVW ("Tabular Data Model", 6.4.4), by strftime format."""


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write the metadata of every current CSV."""
    write = partial(write_dataset, catalogue, find_root(catalogue))
    for told in per_dataset(DIALECT, list_released(catalogue), write, parts, catalogue):
        if isinstance(told, Finding):
            yield told
        else:
            yield from told


def write_dataset(catalogue: Catalogue, root: str, dataset: Dataset, release: Release) -> list[Page | Finding]:
    """Write the metadata of every table of a dataset, and findings for columns that CSVW can't fully express."""
    made: list[Page | Finding] = []
    for table in release.resources:
        if not places.offers_whole(table):  # the metadata of one CSV
            made.append(miss(DIALECT, dataset, f"{table.name}: {table.csv.bytes:,} B"))
            continue
        for field in table.resource.schema.fields:
            if not choose_type(field)[1]:
                made.append(miss(DIALECT, dataset, f"{table.name}.{field.name}: {field.type} {field.format}"))
        body = dump(describe_file(catalogue, root, dataset, release, table))
        made.append(Page(f"datasets/{release.dataset}/{name_csvw(table.name)}", body))
    return made


def describe_file(
    catalogue: Catalogue, root: str, dataset: Dataset, release: Release, table: ReleasedResource
) -> dict[str, Any]:
    """Describe a table; as a table group with those that its foreign keys refer to, if any."""
    pipeline = dataset.spec.pipeline
    own = describe_table(table, release)
    others = [
        describe_table(other, release)
        for other in release.resources
        if places.offers_whole(other)
        and other.name in {key.reference.resource for key in table.resource.schema.foreignKeys} - {"", table.name}
    ]
    head: dict[str, Any] = {"@context": CONTEXT}
    about: dict[str, Any] = {"dc:isPartOf": {"@id": f"{root}datasets/{to_uri(pipeline.name)}/"}}
    about["dc:source"] = name_dataset(dataset).get("ja")
    if license_ := catalogue.office.licenses.get(pipeline.license):
        about["dc:license"] = {"@id": to_uri(license_.url)}
    if publisher := catalogue.office.publishers.get(pipeline.publisher):
        about["dc:publisher"] = publisher.title.get("ja")
    modified = facets.find_day(facets.find_modified(release), catalogue.office.timezone).isoformat()
    about |= {"dc:modified": modified, "schema:version": release.version}
    return {**head, **about, "tables": [own, *others]} if others else {**head, **own, **about}


def describe_table(table: ReleasedResource, release: Release) -> dict[str, Any]:
    """Describe one table: titles and schema."""
    own: dict[str, Any] = {"url": to_uri(table.csv.path)}
    put_words(own, "dc:title", facets.mark_sample(table.resource.title, "sample" in release.served))
    put_words(own, "dc:description", table.resource.description)
    paths = {each.name: each.csv.path for each in release.resources if places.offers_whole(each)}
    own["tableSchema"] = describe_schema(table.resource, paths, list_zoned(table.profile))
    return own


def describe_schema(resource: Resource, paths: Mapping[str, str], zoned: Collection[str] = ()) -> dict[str, Any]:
    """Describe columns and keys; `paths`: the CSV of each table of the release, `zoned`: columns of moments with offsets."""
    schema = resource.schema
    described: dict[str, Any] = {
        "columns": [describe_column(field, schema, field.name in zoned) for field in schema.fields]
    }
    if schema.primaryKey:
        described["primaryKey"] = list(schema.primaryKey)
    keys = [
        describe_key(key, resource, paths)
        for key in schema.foreignKeys
        if (key.reference.resource or resource.name) in paths
    ]
    if keys:
        described["foreignKeys"] = keys
    return described


def describe_key(key: ForeignKey, resource: Resource, paths: Mapping[str, str]) -> dict[str, Any]:
    """Describe a foreign key."""
    target = to_uri(paths[key.reference.resource or resource.name])
    reference = {"resource": target, "columnReference": list(key.reference.fields)}
    return {"columnReference": list(key.fields), "reference": reference}


def describe_column(field: SchemaField, schema: Schema, zoned: bool = False) -> dict[str, Any]:
    """Describe a column.  Its header is its name, so only that is among its `titles`; its label is `dc:title`."""
    column: dict[str, Any] = {"name": field.name, "titles": {"und": field.name}}
    put_words(column, "dc:title", field.title)
    put_words(column, "dc:description", field.description)
    if field.unit:
        column["schema:unitText"] = clean(field.unit)
    column["datatype"] = require_zone(choose_type(field)[0]) if zoned else choose_type(field)[0]
    if field.type == "list":
        column["separator"] = ","
    missing = field.missingValues if field.missingValues is not None else schema.missingValues
    if tuple(missing) != ("",):
        column["null"] = list(missing)
    if field.constraints.required:
        column["required"] = True
    return column


# ---- types ------------------------------------------------------------------------------------------------------


def choose_type(field: SchemaField) -> tuple[dict[str, Any] | str, bool]:
    """Return a column's datatype, and whether it expresses the field's type fully; if not, it is a string."""
    kind = TYPES[field.type]
    form = choose_format(field, kind)
    if form is None:
        return "string", False
    # What is written with other marks is a decimal: validators read a `number` in its usual form only.
    base = "decimal" if kind == "number" and form else kind
    described: dict[str, Any] = {"base": base} | ({"format": form} if form else {})
    described |= choose_bounds(field.constraints, kind)
    return (described if len(described) > 1 else kind), True


def require_zone(datatype: dict[str, Any] | str) -> dict[str, Any] | str:
    """Return the datatype of moments that all have an offset."""
    if isinstance(datatype, str):
        return "dateTimeStamp" if datatype == "datetime" else datatype
    return {**datatype, "base": require_zone(datatype["base"])}


def choose_format(field: SchemaField, kind: str) -> str | dict[str, str] | None:
    """Return the format of the values: "" for CSVW's default, None where CSVW can't express it."""
    if kind in ("date", "time", "datetime"):
        if field.format == "default":
            return ""
        known = {"date": DATES, "time": TIMES}.get(kind) or {
            f"{day}{gap}{time}": f"{DATES[day]}{gap}{TIMES[time]}"
            for day in DATES
            for time in TIMES
            for gap in ("T", " ")
        }
        return known.get(field.format)
    if kind == "boolean":
        true, false = field.trueValues or ("true",), field.falseValues or ("false",)
        plain = set(true) <= {"true", "1"} and set(false) <= {"false", "0"}
        return "" if plain else f"{true[0]}|{false[0]}" if len(true) == len(false) == 1 else None
    if kind in ("integer", "number"):
        if not field.bareNumber:
            return None
        marks = {"decimalChar": field.decimalChar, "groupChar": field.groupChar}
        return {name: mark for name, mark in marks.items() if mark} or ""
    if kind == "string" and field.type == "string":
        return field.constraints.pattern or "|".join(re.escape(str(value)) for value in field.constraints.enum)
    return ""


def choose_bounds(constraints: Constraints, kind: str) -> dict[str, Any]:
    """Return the constraints that a datatype can hold."""
    if kind in ("string", "json"):
        lengths = {"minLength": constraints.minLength, "maxLength": constraints.maxLength}
        return {name: value for name, value in lengths.items() if value is not None}
    if kind in ("boolean", "duration", "gYear", "gYearMonth"):
        return {}
    bounds = {
        "minimum": constraints.minimum, "maximum": constraints.maximum,
        "minExclusive": constraints.exclusiveMinimum, "maxExclusive": constraints.exclusiveMaximum,
    }  # fmt: skip
    return {name: value for name, value in bounds.items() if value is not None}


def put_words(described: dict[str, Any], key: str, words: Text) -> None:
    """Add words as values with a language."""
    texts = [{"@value": clean(text), "@language": lang} for lang, text in (("ja", words.ja), ("en", words.en)) if text]
    if texts:
        described[key] = texts if len(texts) > 1 else texts[0]
