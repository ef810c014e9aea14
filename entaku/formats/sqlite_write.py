"""Parquet files → a SQLite database in memory, whose bytes follow from the rows and the library's file format alone."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from entaku.formats.heavy import pa, pq
from entaku.formats.rows_out import read_rows, show_plain

_LIBRARY = slice(96, 100)
"""Where a database names the release of the library that wrote it last, for people who look for errors."""


class SqliteTable(NamedTuple):
    """A table of the database."""

    name: str
    parquet: bytes
    key: Sequence[str]
    """Columns of its primary key."""


def write_sqlite(tables: Iterable[SqliteTable], about: Sequence[Sequence[str]]) -> bytes:
    """Write a database of the tables, and one `entaku_about` of these rows, the first its header."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as base:
        base.execute("PRAGMA page_size = 4096")
        base.execute("BEGIN")
        for table in tables:
            schema = pq.read_schema(pa.BufferReader(table.parquet))
            columns = [(field.name, name_type(field.type)) for field in schema]
            rows = ([show_plain(value) for value in row] for row in read_rows(table.parquet))
            _fill(base, table.name, columns, table.key, rows)
        head, *told = about
        _fill(base, "entaku_about", [(name, "TEXT") for name in head], (), told)
        base.execute("COMMIT")
        body = bytearray(base.serialize())
    body[_LIBRARY] = bytes(4)
    return bytes(body)


def name_type(kind: "pa.DataType") -> str:
    """Return SQLite's name of a type; days, times and lists are text."""
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return "INTEGER"
    return "REAL" if pa.types.is_floating(kind) else "TEXT"


def _fill(
    base: sqlite3.Connection, name: str, columns: Sequence[tuple[str, str]], key: Sequence[str], rows: Iterable[Any]
) -> None:
    """Write a table; a column that SQLite takes for another one, as it knows no case, has a number after its name."""
    names = dict(zip((column for column, _ in columns), _tell_apart([column for column, _ in columns]), strict=True))
    parts = [f"{quote(names[column])} {kind}" for column, kind in columns]
    parts += [f"PRIMARY KEY ({', '.join(quote(names[column]) for column in key)})"] if key else []
    base.execute(f"CREATE TABLE {quote(name)} ({', '.join(parts)})")
    base.executemany(f"INSERT INTO {quote(name)} VALUES ({', '.join('?' * len(columns))})", rows)  # noqa: S608 - quoted


def _tell_apart(names: Sequence[str]) -> list[str]:
    seen, apart = set[str](), list[str]()
    for name in names:
        number, free = 2, name
        while free.lower() in seen:
            number, free = number + 1, f"{name}_{number}"
        seen.add(free.lower())
        apart.append(free)
    return apart


def quote(name: str) -> str:
    """Quote a name of SQL."""
    return '"' + name.replace('"', '""') + '"'
