"""Filters of datastore_search as CKAN 2.12 has them: values, lists of them, ranges, `$or` and `$and`.  Pure."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from entaku.formats.heavy import pa, pc
from entaku.site.feeds.ckan.replies import Refusal, invalid

DEEPEST, MOST = 10, 100
"""CKAN's limits: how deep `$or` and `$and` may be nested, and how many filters there may be in all."""
COMBINED: Mapping[str, str] = {"$or": "or_", "$and": "and_"}
RANGES: Mapping[str, str] = {"gt": "greater", "gte": "greater_equal", "lt": "less", "lte": "less_equal"}
Mask = Any
"""Which rows satisfy a filter: an array of truths, or a single one for all rows."""


def refuse(why: str) -> Refusal:
    return invalid("filters", why)


class Filter:
    """The filters of one question to one table."""

    def __init__(self, table: "pa.Table") -> None:
        self.table = table
        self.count = 0

    def select(self, filters: Any) -> "pa.Table":
        """Return the rows that satisfy `filters`.  Raises Refusal."""
        if not isinstance(filters, dict) and not _is_list(filters):
            raise refuse("Filters must be defined as a dict or a list of dicts")
        found = self.combine("$or", filters, 1) if isinstance(filters, list) else self.read(filters, 0)
        return self.table.filter(found) if isinstance(found, pa.ChunkedArray | pa.Array) else self._all(found)

    def _all(self, found: bool) -> "pa.Table":
        return self.table if found else self.table.slice(0, 0)

    def read(self, filters: Mapping[str, Any], depth: int) -> Mask:
        """Return which rows satisfy all of an object's filters."""
        found = []
        for key, value in filters.items():
            if key.startswith("$") and not key.startswith("$$"):
                if key not in COMBINED:
                    raise refuse(f"Unknown operators (must be one of $or, $and): {key}")
                found.append(self.combine(key, value, depth + 1))
            else:
                found.append(self.compare(key[1:] if key.startswith("$$") else key, value))
        return _join("$and", found)

    def combine(self, key: str, members: Any, depth: int) -> Mask:
        """Return which rows satisfy one, or all, of the objects in a list."""
        if not _is_list(members):
            raise refuse(f"Filter operations must be defined as a list of dicts: {members}")
        if depth > DEEPEST:
            raise refuse("Maximum nesting depth for filter operations reached")
        return _join(key, [self.read(each, depth) for each in members])

    def compare(self, name: str, value: Any) -> Mask:
        """Return which rows have a value, one of a list, or one within ranges, in a column."""
        if name not in self.table.column_names:
            raise refuse(f"Unknown field: {name}")
        if isinstance(value, dict):
            return _join("$and", [self.apply(name, key, each) for key, each in value.items()])
        if not isinstance(value, list):
            return self.apply(name, "eq", value)
        ranges = [self.compare(name, each) for each in value if isinstance(each, dict)]
        plain = [each for each in value if not isinstance(each, dict)]
        return _join("$or", [*ranges, *([self.apply(name, "in", plain)] if plain else [])])

    def apply(self, name: str, key: str, value: Any) -> Mask:
        """Return which rows satisfy one comparison; empty cells satisfy none but that with null."""
        self.count += 1
        if self.count > MOST:
            raise refuse("Maximum number of filter operations exceeded")
        column = self.table[name]
        try:
            if key == "in":
                found = pc.is_in(column, _read(value, column.type))
            elif key in RANGES:
                compare: Callable[..., Any] = getattr(pc, RANGES[key])
                found = compare(column, _read([value], column.type)[0])
            elif key != "eq":
                raise refuse(f"Unknown filter operation: {key} (must be one of eq, {', '.join(RANGES)})")
            elif value is None:
                found = column.is_null()
            elif isinstance(value, list | dict):
                found = pa.array([each == value for each in column.to_pylist()], pa.bool_())
            else:
                found = pc.is_in(column, _read([value], column.type))
            return pc.fill_null(found, False)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
            raise refuse(f"{value!r} is no value of {name!r}") from None


def _read(values: Sequence[Any], kind: "pa.DataType") -> "pa.Array":
    return pa.array([None if each is None else str(each) for each in values], pa.string()).cast(kind)


def _join(key: str, found: Sequence[Mask]) -> Mask:
    """Combine masks; no filter is satisfied by all rows if all must be, and by none if one must be."""
    if not found:
        return key == "$and"
    arrays = [each if not isinstance(each, bool) else pa.scalar(each) for each in found]
    joined = reduce(getattr(pc, COMBINED[key]), arrays)
    return joined.as_py() if isinstance(joined, pa.Scalar) else joined


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)
