"""Tables in parts: the parts, one below the other, are the table, however its rows come."""

import io
import json
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from projects import MemoryDesk

from entaku.model.grammar import Resource
from entaku.model.nouns import Written
from entaku.model.parts import MOST_PARTS, PartitionPlan, is_name
from entaku.model.table_schema import Constraints, Schema, SchemaField
from entaku.model.words import Text
from entaku.release.parts import Cutter
from entaku.release.write import TableFiles

FIELDS = (
    SchemaField(name="day", type="date", constraints=Constraints(required=True)),
    SchemaField(name="n", type="integer"),
    SchemaField(name="word"),
)


def make_resource(plan: PartitionPlan | None) -> Resource:
    return Resource(name="table", title=Text(ja="表"), schema=Schema(fields=FIELDS), partition=plan)


def write(plan: PartitionPlan | None, rows: list[tuple[str, str, str]], size: int) -> tuple[Written, MemoryDesk]:
    """The files of a table whose rows come in batches of a size."""
    desk = MemoryDesk()
    files = TableFiles(make_resource(plan), {}, desk)
    for start in range(0, len(rows), size):
        columns = [pa.array(cells, pa.string()) for cells in zip(*rows[start : start + size], strict=True)]
        files.add(pa.record_batch(columns, names=[field.name for field in FIELDS]))
    assert files.read_csv().count(b"\n") >= len(rows)
    return files.close(), desk


texts = st.text(alphabet='a,"\n東', max_size=3)
tables = st.lists(st.tuples(st.integers(0, 400), st.integers(-9, 9), texts), max_size=40).map(
    lambda rows: [(str(date(2026, 1, 1) + timedelta(day)), str(n), word) for day, n, word in sorted(rows)]
)


@given(tables, st.integers(1, 7), st.sampled_from(("day", "month", "year", None)))
@settings(max_examples=60, deadline=None)
def test_the_parts_are_the_table(rows: list[tuple[str, str, str]], size: int, each: Any) -> None:
    plain, whole = write(None, rows, size)
    made, desk = write(PartitionPlan(by="day", each=each), rows, size)
    assert made.parted is not None and (made.csv, made.rows, made.profile) == (plain.csv, plain.rows, plain.profile)
    bodies = [desk.read(part.csv.path) for part in made.parted.parts]
    head = bodies[0].index(b"\n") + 1
    assert bodies[0] + b"".join(body[head:] for body in bodies[1:]) == whole.read("table.csv")
    found = [pq.read_table(io.BytesIO(desk.read(part.parquet.path))) for part in made.parted.parts]
    read = pq.read_table(io.BytesIO(whole.read("table.parquet")))
    assert pa.concat_tables(found).equals(read) and found[0].schema.equals(read.schema, check_metadata=True)
    letters = {"day": 10, "month": 7, "year": 4, None: 10}[each]
    names = list(dict.fromkeys(row[0][:letters] for row in rows))
    assert [part.name for part in made.parted.parts] == (names or ["empty"])
    for table, told in zip(found, json.loads(desk.read("table.files.json")), strict=True):
        days, numbers = (table.column(name).to_pylist() for name in ("day", "n"))
        ranges = {"day": days, "n": numbers} if days else {}
        shown = {name: (min(values), max(values)) for name, values in ranges.items()}
        assert told["rows"] == len(days) and told["columns"].keys() == shown.keys()
        assert [(str(one["min"]), str(one["max"])) for one in told["columns"].values()] == [
            tuple(map(str, both)) for both in shown.values()
        ]


@given(tables, st.integers(1, 7), st.integers(1, 7))
@settings(max_examples=30, deadline=None)
def test_the_bytes_don_t_depend_on_batches(rows: list[tuple[str, str, str]], one: int, other: int) -> None:
    plan = PartitionPlan(by="day", each="month")
    first, second = write(plan, rows, one)[1], write(plan, rows, other)[1]
    assert {path: file.getvalue() for path, file in first.files.items()} == {
        path: file.getvalue() for path, file in second.files.items()
    }


def cut(*values: str, each: Any = None) -> dict[str, tuple[str, int]]:
    cutter = Cutter(make_resource(PartitionPlan(by="word", each=each)))
    for value in values:
        cutter.cut(pa.record_batch([pa.array([value])] * 3, names=["day", "n", "word"]))
    return cutter.faults


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (("a", "a", "b"), {}),
        (("a", "b", "a", "b"), {"partition-order": ("a", 2)}),
        (("a", "A"), {"partition-name": ("A", 1)}),
        (("a", "", "a"), {}),
        (("a", "b", "../c"), {"partition-name": ("../c", 2)}),
        (tuple(map(str, range(MOST_PARTS))), {}),
        (tuple(map(str, range(MOST_PARTS + 1))), {"partition-many": (str(MOST_PARTS), MOST_PARTS)}),
    ],
)
def test_what_can_t_be_cut(values: tuple[str, ...], fault: dict[str, tuple[str, int]]) -> None:
    assert cut(*values) == fault


def test_what_is_no_day_is_told_by_the_check() -> None:
    assert cut("2026-01-01", "2026/2/1", "", "2026-02-01", each="month") == {}
    assert cut("2026-01-01", "2026-02-01", "2026-01-02", each="month") == {"partition-order": ("2026-01", 2)}


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a.b", "a/b", "a b", "-a", "con", "COM1", "x" * 61, "a\\b", "a\n", "東京"]
)
def test_names_that_file_systems_refuse(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize("name", ["2026-05", "a_b", "_", "x" * 60, "console"])
def test_names_that_they_take(name: str) -> None:
    assert is_name(name)
