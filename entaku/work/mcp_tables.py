"""Rows and aggregates of a published table for `entaku mcp`: from its Parquet, block by block, within limits."""

import json
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from entaku.formats.heavy import pa, pc, pq
from entaku.model.nouns import Finding, Refused
from entaku.model.questions import AggregateQuestion, Condition, Measure, SampleQuestion
from entaku.work.mcp_site import Json, refuse

MOST_VALUES = 20_000_000
"""Values of the columns that an aggregate needs, of the rows that its conditions leave."""
LONGEST = 500
"""Characters of a text that are shown."""
BUCKETS = {"year": "%Y", "month": "%Y-%m"}
BLOCK = 65_536


class TableFile:
    """A table's Parquet, in one file or in parts."""

    def __init__(self, *paths: Path) -> None:
        self.paths = paths  # opened one after the other: there may be more than can be open
        self.types: Mapping[str, Any] = {field.name: field.type for field in pq.read_schema(paths[0])}
        self.rows: int = sum(pq.read_metadata(path).num_rows for path in paths)

    def find(self, column: str) -> Any:
        """Return the type of a column.  Raises Refused (not-in-site)."""
        if column not in self.types:
            raise refuse(("列", "column"), column, list(self.types))
        return self.types[column]

    def scan(self, columns: Sequence[str], where: Sequence[Condition]) -> Iterator[tuple[Any, Any]]:
        """Yield the rows that meet every condition, block by block: their numbers from 1, and these columns."""
        for column in columns:
            self.find(column)
        tests = [(one.column, make_test(one, self.find(one.column))) for one in where]
        needed = list(dict.fromkeys([*columns, *(column for column, _ in tests)]))
        first = 1
        for batch in self._read(needed or [next(iter(self.types))]):
            numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
            first += batch.num_rows
            mask = None
            for column, test in tests:
                met = pc.fill_null(test(batch.column(column)), False)
                mask = met if mask is None else pc.and_(mask, met)
            if mask is not None:
                numbers, batch = numbers.filter(mask), batch.filter(mask)
            yield numbers, batch.select(list(columns))

    def _read(self, columns: Sequence[str]) -> Iterator[Any]:
        for path in self.paths:
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(batch_size=BLOCK, columns=list(columns))


def make_test(condition: Condition, kind: Any) -> Callable[[Any], Any]:
    """Return what tests the values of a column.  Raises Refused (value-unread)."""
    op, value = condition.op, condition.value
    if op in ("empty", "not empty"):
        return lambda array: pc.is_null(array) if op == "empty" else pc.is_valid(array)
    if op == "contains":
        if not pa.types.is_string(kind):
            raise Refused(
                Finding("value-unread", value=str(value), args={"column": condition.column, "type": str(kind)})
            )
        return lambda array: pc.match_substring(array, str(value))
    if op == "in":
        given = value if isinstance(value, list) else [value]
        wanted = pa.array([read_value(one, condition, kind) for one in given], kind)
        return lambda array: pc.is_in(array, value_set=wanted)
    wanted = pa.scalar(read_value(value, condition, kind), kind)
    names = {"=": "equal", "!=": "not_equal", "<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal"}
    return lambda array: pc.call_function(names[op], [array, wanted])


def read_value(value: Any, condition: Condition, kind: Any) -> Any:
    """Read a value of a condition by the type of its column.  Raises Refused (value-unread)."""
    trouble = Refused(Finding("value-unread", value=str(value), args={"column": condition.column, "type": str(kind)}))
    if value is None or isinstance(value, list | dict) or pa.types.is_list(kind):
        raise trouble
    if pa.types.is_boolean(kind) and isinstance(value, str):
        value = {"true": True, "false": False}.get(value.lower())
    if pa.types.is_string(kind):
        return str(value)
    try:
        read = pa.scalar(value).cast(kind) if not isinstance(value, str) else pa.scalar(value, pa.string()).cast(kind)
    except (pa.ArrowException, OverflowError, ValueError) as error:
        raise trouble from error
    if not read.is_valid:
        raise trouble
    return read.as_py()


# ---- rows -------------------------------------------------------------------------------------------------------


def take_rows(table: TableFile, asked: SampleQuestion) -> tuple[list[Json], int]:
    """Return some of the rows that meet the conditions, each with its number, and how many meet them in all."""
    names, found, count = list(asked.columns) or list(table.types), list[Json](), 0
    for numbers, batch in table.scan(names, asked.where):
        start = max(asked.skip - count, 0)
        left = asked.limit - len(found)
        if left > 0 and start < batch.num_rows:
            part = batch.slice(start, left).to_pylist()
            rows = numbers.slice(start, left).to_pylist()
            found += [
                {"row": row, "values": {name: show(value) for name, value in one.items()}}
                for row, one in zip(rows, part, strict=True)
            ]
        count += batch.num_rows
    return found, count


def place_rows(path: Path, rows: Sequence[int], raws: Sequence[Json]) -> dict[int, Json]:
    """Return where each row of a table was in a source file, by the table's place file; `raws`: the source files of the
    table, in their order."""
    file = pq.ParquetFile(path)
    about = json.loads(file.schema_arrow.metadata[b"places"])
    files = about["files"]
    if isinstance(files, int):  # as they stand in lists
        urls: dict[Any, Json] = dict(enumerate(raws))
        files = range(files)
    else:
        urls = {one["sha256"][: len(files[0])]: one for one in raws} if files else {}
    found, first, wanted = dict[int, Json](), 1, set(rows)
    for batch in file.iter_batches(batch_size=BLOCK):
        for number in sorted(each for each in wanted if first <= each < first + batch.num_rows):
            one = batch.slice(number - first, 1).to_pylist()[0]
            raw = urls.get(files[one["file"]], {})
            place = {
                "file": raw.get("url", ""),
                "sha256": raw.get("sha256", ""),
                "sheet": one["sheet"],
                "row": one["row"],
            }
            found[number] = {key: value for key, value in place.items() if value not in ("", -1)}
        first += batch.num_rows
    return found


def show(value: Any) -> Any:
    """Return a value as JSON has it; of a long text the beginning."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + "…"
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, list):
        return [show(one) for one in value]
    return value.isoformat() if isinstance(value, date | datetime | time) else value


# ---- aggregates -------------------------------------------------------------------------------------------------


def aggregate(table: TableFile, asked: AggregateQuestion) -> Json:
    """Return the measures of each group of the rows that meet the conditions.  Raises Refused (not-in-site,
    value-unread, answer-large)."""
    keys, measures = asked.group_by, asked.measures
    parted = [split_key(table, key) for key in keys]
    used = list(dict.fromkeys([*(column for column, _ in parted), *(one.column for one in measures if one.column)]))
    for one in measures:
        check_measure(table, one)
    blocks, values, count = [], 0, 0
    for numbers, batch in table.scan(used or [next(iter(table.types))], asked.where):
        count += len(numbers)
        values += batch.num_rows * batch.num_columns
        if values > MOST_VALUES:
            raise Refused(Finding("answer-large", value=f"{values:,}", args={"most": f"{MOST_VALUES:,}"}))
        blocks.append(batch)
    whole = (
        pa.Table.from_batches(blocks) if blocks else pa.table({name: pa.array([], table.types[name]) for name in used})
    )
    groups = make_groups(whole, list(zip(keys, parted, strict=True)), measures)
    names = [*keys, *(one.name for one in measures)]
    if asked.order_by and asked.order_by not in names:
        raise refuse(("並べる列", "column to order by"), asked.order_by, names)
    by = [asked.order_by] if asked.order_by else list(keys)
    groups.sort(key=lambda one: tuple(rank(one[name]) for name in by), reverse=asked.descending)
    shown = groups[: asked.limit]
    return {
        "rows_matched": count, "groups": len(groups), "truncated": len(groups) > len(shown),
        "results": [{name: show(value) for name, value in one.items()} for one in shown],
    }  # fmt: skip


def split_key(table: TableFile, key: str) -> tuple[str, str]:
    """Return the column of a key, and the part of a date by which it groups.  Raises Refused (not-in-site)."""
    column, _, bucket = key.rpartition(":") if key not in table.types and ":" in key else (key, "", "")
    kind = table.find(column)
    if bucket and (bucket not in BUCKETS or not (pa.types.is_date(kind) or pa.types.is_timestamp(kind))):
        raise refuse(("まとめ方", "way to group"), key, [*table.types, *(f"DATE:{name}" for name in BUCKETS)])
    return column, bucket


def check_measure(table: TableFile, measure: Measure) -> None:
    """Test that a function takes the values of its column.  Raises Refused (not-in-site, value-unread)."""
    if not measure.column:
        if measure.function != "count":
            raise refuse(("列", "column"), "", list(table.types))
        return
    kind = table.find(measure.column)
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    if (measure.function in ("sum", "mean", "median") and not numeric) or (
        pa.types.is_list(kind) and measure.function != "count"
    ):
        raise Refused(Finding("value-unread", value=measure.name, args={"column": measure.column, "type": str(kind)}))


def make_groups(
    whole: Any, keys: Sequence[tuple[str, tuple[str, str]]], measures: Sequence[Measure]
) -> list[dict[str, Any]]:
    """Return each group's keys and measures."""
    made = {f"k{n}": bucket(whole.column(column), part) for n, (_, (column, part)) in enumerate(keys)}
    made |= {f"m{n}": whole.column(one.column) for n, one in enumerate(measures) if one.column}
    if not made:
        return [{one.name: whole.num_rows for one in measures}]
    if not keys:
        made["k0"] = pa.array([0] * whole.num_rows, pa.int8())
    kernels = {"mean": "mean", "median": "list", "min": "min", "max": "max", "sum": "sum", "count": "count"}
    asked = [
        (f"m{n}", kernels.get(one.function, one.function)) if one.column else ([], "count_all")
        for n, one in enumerate(measures)
    ]
    table = pa.table(made)
    grouped = table.group_by([name for name in made if name[0] == "k"], use_threads=False)
    result = grouped.aggregate(asked)
    groups = []
    for row in result.to_pylist():
        group = {key: row[f"k{n}"] for n, (key, _) in enumerate(keys)}
        for n, one in enumerate(measures):
            value = row[f"m{n}_{asked[n][1]}"] if one.column else row["count_all"]
            if one.function == "median":
                there = [each for each in value if each is not None]
                value = statistics.median(there) if there else None
            group[one.name] = value
        groups.append(group)
    if not groups and not keys:
        return [{one.name: 0 if one.function.startswith("count") else None for one in measures}]
    return groups


def bucket(column: Any, part: str) -> Any:
    """Return the years or months of dates as text, or a column as it is."""
    return pc.strftime(column, format=BUCKETS[part]) if part else column


def rank(value: Any) -> tuple[bool, Any]:
    """Return a sort key that puts missing values at one end."""
    return (value is None, 0 if value is None else value)
