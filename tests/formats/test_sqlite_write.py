"""Tables as a SQLite database: their keys and types, names that SQLite would take for the same, and what they are."""

import io
import sqlite3
from contextlib import closing
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from entaku.formats.sqlite_write import SqliteTable, write_sqlite


def make_table(name: str, columns: dict[str, list[object]], *key: str) -> SqliteTable:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return SqliteTable(name, sink.getvalue(), key)


def test_a_database_has_each_table_with_its_key_and_one_that_tells_what_they_are() -> None:
    days = make_table(
        "days", {"line": ["A", "B"], "day": [date(2026, 4, 1)] * 2, "n": [7, None], "kg": [0.5, 2.0]}, "line", "day"
    )
    stops = make_table("stops", {"Id": ["01"], "ID": ["02"], "open": [True]})
    with closing(sqlite3.connect(":memory:")) as base:
        base.deserialize(write_sqlite([days, stops], [["項目", "内容"], ["題名", "昇降機"]]))
        told = {
            name: [(column, kind, key) for _, column, kind, _, _, key in base.execute(f'PRAGMA table_info("{name}")')]
            for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        assert told == {
            "days": [("line", "TEXT", 1), ("day", "TEXT", 2), ("n", "INTEGER", 0), ("kg", "REAL", 0)],
            "stops": [("Id", "TEXT", 0), ("ID_2", "TEXT", 0), ("open", "INTEGER", 0)],
            "entaku_about": [("項目", "TEXT", 0), ("内容", "TEXT", 0)],
        }
        assert base.execute("SELECT * FROM days").fetchall() == [
            ("A", "2026-04-01", 7, 0.5),
            ("B", "2026-04-01", None, 2.0),
        ]
        assert base.execute("SELECT * FROM stops").fetchall() == [("01", "02", 1)]
        assert base.execute("SELECT * FROM entaku_about").fetchall() == [("題名", "昇降機")]
