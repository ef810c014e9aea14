"""Parquet → its rows in other forms: as values for a spreadsheet or a database, and as JSON Lines."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import BytesIO
from math import isfinite, isnan
from typing import Any

from entaku.formats.heavy import pq

BATCH = 10_000
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def read_names(parquet: bytes) -> list[str]:
    """Return the names of the columns."""
    return list(pq.read_schema(BytesIO(parquet)).names)


def read_rows(parquet: bytes) -> Iterator[tuple[Any, ...]]:
    """Yield the rows, in their order, as Python's values."""
    for batch in pq.ParquetFile(BytesIO(parquet)).iter_batches(BATCH):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def show_plain(value: Any) -> Any:
    """Return a value as None, a truth, a number or text: days and times as in ISO 8601, moments of UTC with `Z`, lists as
    JSON, and numbers that are none as Table Schema writes them."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return show_number(value)
    if isinstance(value, list):
        return encode(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def show_number(value: float) -> float | str:
    """Return a number, or the mark of Table Schema for one that JSON hasn't."""
    return value if isfinite(value) else "NaN" if isnan(value) else "INF" if value > 0 else "-INF"


def write_jsonl(parquet: bytes) -> bytes:
    """Write JSON Lines: an object for each row, with all its columns, empty cells as null and lists as lists."""
    return "".join(write_lines(read_names(parquet), read_rows(parquet))).encode()


def write_lines(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Write rows of these columns as lines of JSON."""
    keys = [f"{encode(name)}:" for name in names]
    for row in rows:
        shown = (
            key + encode(value if isinstance(value, list) else show_plain(value))
            for key, value in zip(keys, row, strict=True)
        )
        yield "{" + ",".join(shown) + "}\n"
