"""The rows of a Parquet file as lines of JSON: every column in every row, and nothing that JSON hasn't."""

import io
import json
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq

from entaku.formats.rows_out import write_jsonl


def test_each_row_is_an_object_on_a_line_of_its_own() -> None:
    table = pa.table(
        {
            "id": ["01", None],
            "day": [date(2026, 4, 1), None],
            "at": pa.array([datetime(2026, 4, 1, 9, 30, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
            "share": [0.5, float("nan")],
            "floors": [["1F", "B1F"], []],
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    first, second, rest = write_jsonl(sink.getvalue()).decode().split("\n")
    assert json.loads(first) == {
        "id": "01", "day": "2026-04-01", "at": "2026-04-01T09:30:00Z", "share": 0.5, "floors": ["1F", "B1F"],
    }  # fmt: skip
    assert json.loads(second) == {"id": None, "day": None, "at": None, "share": "NaN", "floors": []}
    assert rest == ""
