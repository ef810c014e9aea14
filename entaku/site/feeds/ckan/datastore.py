"""CKAN's datastore_search over the Parquet file of a table: filters, words, fields, sort and pages.  Pure."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

from entaku.formats.arrays import make_numbers
from entaku.formats.heavy import pa, pc, pq
from entaku.formats.rows_out import show_number
from entaku.model.files import name_parquet
from entaku.site.feeds.ckan.arguments import read_flag, read_natural
from entaku.site.feeds.ckan.filters import Filter
from entaku.site.feeds.ckan.replies import Refusal, invalid, not_found

KNOWN = frozenset(
    (
        "resource_id", "id", "filters", "q", "distinct", "limit", "offset", "fields", "sort", "include_total",
        "records_format", "total_estimation_threshold", "include_next_page", "full_text", "plain",
    )
)  # fmt: skip
LIMITS = (100, 32_000)
"""Rows of an answer without a `limit`, and CKAN's `ckan.datastore.search.rows_max`."""
LARGEST = 100_000_000
"""Bytes of a Parquet file that is searched."""
ROW = "_id"
"""CKAN's column of the row's number, from 1."""


def search_table(resource: Mapping[str, Any], read: Callable[[str], bytes], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of datastore_search; `read` returns a file of the site.  Raises Refusal."""
    if unknown := sorted(set(given) - KNOWN):
        raise invalid(unknown[0], f"invalid value {unknown[0]!r}: not supported")
    return search_rows(resource["id"], load_table(resource, read), given)


def search_rows(key: str, table: "pa.Table", given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of datastore_search on a table with the numbers of its rows, as CKAN 2.12 has it.  Raises Refusal."""
    limit = min(read_natural(given, "limit", LIMITS[0]), LIMITS[1])
    offset = read_natural(given, "offset", 0)
    form = given.get("records_format") or "objects"
    if form not in ("objects", "lists"):
        raise invalid("records_format", "Must be objects or lists")
    if not read_flag(given, "plain", True):
        raise invalid("plain", "Must be true: the language of PostgreSQL's searches isn't supported")
    shown = select_rows(table, given)
    paged = find_next(shown, given, limit, offset)
    fields = [check_column(table, name, "fields") for name in read_names(given.get("fields"))] or table.column_names
    shown = shown.select(fields)
    if read_flag(given, "distinct", False):
        shown = shown.group_by(fields, use_threads=False).aggregate([])
    rows = [[show_value(value) for value in row.values()] for row in shown.slice(offset, limit).to_pylist()]
    answer: dict[str, Any] = {
        "resource_id": key,
        "fields": list_fields(shown.schema),
        "records_format": form,
        "records": rows if form == "lists" else [dict(zip(fields, row, strict=True)) for row in rows],
        "limit": limit,
        "offset": offset,
        "include_total": read_flag(given, "include_total", True),
        "include_next_page": read_flag(given, "include_next_page", False),
    }
    if answer["include_total"]:
        answer |= {"total": shown.num_rows, "total_was_estimated": False}
    return answer | paged


def find_next(shown: "pa.Table", given: Mapping[str, Any], limit: int, offset: int) -> dict[str, Any]:
    """Return the filter of the rows after a page, where it is asked for and rows are in the order of their numbers."""
    order = str(given.get("sort") or f"{ROW} asc")
    if not read_flag(given, "include_next_page", False) or "," in order or read_order(shown, order)[0] != ROW:
        return {}
    last = shown[ROW].slice(offset, limit)
    way = "lt" if read_order(shown, order)[1] == "descending" else "gt"
    return {"next_page": {ROW: {way: last[-1].as_py()}}} if len(last) else {}


def describe_table(
    resource: Mapping[str, Any], read: Callable[[str], bytes], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the result of datastore_info, as CKAN 2.12 has it and with 2.10's `schema`.  Raises Refusal."""
    meta, about = read_flag(given, "include_meta", True), read_flag(given, "include_fields_schema", True)
    table = load_table(resource, read)
    fields: list[dict[str, Any]] = [field for field in list_fields(table.schema) if field["id"] != ROW]
    schema = {field["id"]: field["type"] for field in fields}
    if about:
        told = {"notnull": False, "index_name": None, "is_index": False, "uniquekey": False}
        fields = [{**field, "schema": {"native_type": field["type"], **told}} for field in fields]
    counted = {"id": resource["id"], "count": table.num_rows, "table_type": "BASE TABLE", "aliases": []}
    return {**({"meta": counted} if meta else {}), "fields": fields, "schema": schema}


def load_table(resource: Mapping[str, Any], read: Callable[[str], bytes]) -> "pa.Table":
    """Load the table of which a resource is a file, with the numbers of its rows.  Raises Refusal."""
    path = re.search(r"/(datasets/[^/]+/[^/]+)[.](?:csv|parquet)$", resource["url"])
    try:
        body = read(name_parquet(path[1])) if path else b""
    except OSError:
        body = b""
    if not body:
        raise not_found(f'Resource "{resource["id"]}" was not found.')
    if len(body) > LARGEST:
        raise Refusal(409, "Validation Error", "This table is too large to be searched here: read its Parquet file")
    return number_rows(BytesIO(body))


def number_rows(file: BytesIO) -> "pa.Table":
    """Read a Parquet file with a column of the rows' numbers before the others."""
    table = pq.ParquetFile(file).read()
    return table.add_column(0, ROW, make_numbers(range(1, table.num_rows + 1)))


def select_rows(table: "pa.Table", given: Mapping[str, Any]) -> "pa.Table":
    """Return the rows that satisfy `filters` and `q`, in the order of `sort`.  Raises Refusal."""
    if wanted := read_json(given, "filters"):
        table = Filter(table).select(wanted)
    question = given.get("q") or given.get("full_text")
    if isinstance(question, str) and question.lstrip().startswith("{"):
        question = read_object(given, "q")
    asked = question if isinstance(question, dict) else {"": question or ""}
    for name, words in asked.items():
        names = [check_column(table, name, "q")] if name else [each for each in table.column_names if each != ROW]
        for word in str(words).split():
            table = table.filter(find_word(table, names, word))
    order = [read_order(table, part) for part in str(given.get("sort") or "").split(",") if part.strip()]
    return table.sort_by([*order, (ROW, "ascending")]) if order else table


def find_word(table: "pa.Table", names: Sequence[str], word: str) -> "pa.ChunkedArray":
    """Return whether each row has `word` in one of the columns, whatever its case."""
    found = pa.chunked_array([pa.array([False] * table.num_rows)])
    for name in names:
        if not pa.types.is_nested(table[name].type) and not pa.types.is_binary(table[name].type):
            text = table[name].cast(pa.string())
            here = pc.match_substring(text, word.rstrip(":*"), ignore_case=True)
            found = pc.or_(found, pc.fill_null(here, False))
    return found


def check_column(table: "pa.Table", name: str, argument: str) -> str:
    """Return the name of a column.  Raises Refusal."""
    if name not in table.column_names:
        raise invalid(argument, f"field {name!r} not in table")
    return name


def read_order(table: "pa.Table", part: str) -> tuple[str, str]:
    """Read one column of `sort`: `name`, `name asc` or `"name" desc`.  Raises Refusal."""
    found = re.fullmatch(r'\s*(?:"([^"]+)"|(.+?))(?:\s+(asc|desc))?(?:\s+nulls\s+last)?\s*', part, re.IGNORECASE)
    if found is None:
        raise invalid("sort", f"Cannot sort by {part!r}")
    name = check_column(table, found[1] or found[2], "sort")
    return name, "descending" if (found[3] or "").lower() == "desc" else "ascending"


def read_json(given: Mapping[str, Any], key: str) -> Any:
    """Return an argument that may be JSON as text; None without it.  Raises Refusal."""
    value = given.get(key)
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise invalid(key, "Cannot parse JSON") from None
    return None if value == "" else value


def read_object(given: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return an argument that is an object, or its JSON.  Raises Refusal."""
    value = read_json(given, key)
    if value is not None and not isinstance(value, dict):
        raise invalid(key, "Must be an object of fields and values")
    return value or {}


def read_names(value: Any) -> list[str]:
    """Return the names of an argument that is a list, or text with commas."""
    parts = value if isinstance(value, list) else str(value or "").split(",")
    return [str(each).strip().strip('"') for each in parts if str(each).strip()]


def list_fields(schema: "pa.Schema") -> list[dict[str, str]]:
    """List the columns with PostgreSQL's names of their types, as CKAN does."""
    return [{"id": field.name, "type": "int" if field.name == ROW else name_type(field.type)} for field in schema]


def name_type(kind: "pa.DataType") -> str:
    """Return PostgreSQL's name of a type."""
    known = (
        (pa.types.is_integer, "int8"), (pa.types.is_floating, "float8"), (pa.types.is_decimal, "numeric"),
        (pa.types.is_boolean, "bool"), (pa.types.is_date, "date"), (pa.types.is_timestamp, "timestamp"),
        (pa.types.is_time, "time"), (pa.types.is_nested, "json"),
    )  # fmt: skip
    return next((name for test, name in known if test(kind)), "text")


def show_value(value: Any) -> Any:
    """Return a value as JSON has it: numbers as numbers (`NaN` and infinite ones as text), times as text."""
    if isinstance(value, float):
        return show_number(value)
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
