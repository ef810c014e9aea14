"""What is kept of the charts of a table in parts: the numbers are those that all rows give, and only new parts are read."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from worlds import make_schedule

from entaku.catalogue.charts_count import count_charts
from entaku.formats import arrays
from entaku.model.charts import ChartPlan
from entaku.model.files import File
from entaku.model.grammar import Resource
from entaku.model.nouns import ReleasedResource
from entaku.model.parts import DataPart, Parted
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text
from entaku.store import Cache
from entaku.work.known_counts import KnownCounts

FIELDS = [("day", "date"), ("place", "string"), ("people", "integer"), ("price", "number")]
PLANS: dict[str, dict[str, Any]] = {
    "rows of each day": {"kind": "line", "x": "day"},
    "sums of each day and place": {"kind": "line", "x": "day", "y": "price", "by": "place", "how": "sum"},
    "means of places": {"kind": "bars", "x": "place", "y": "price", "how": "mean"},
    "sums of some rows": {"kind": "line", "x": "day", "y": "people", "how": "sum", "where": {"place": "東"}},
    "distribution": {"kind": "spread", "x": "price"},
}


def make_resource(plan: dict[str, Any]) -> Resource:
    fields = tuple(SchemaField(name=name, type=kind, title=Text(ja=name)) for name, kind in FIELDS)  # type: ignore[arg-type]
    return replace(make_schedule(), name="t", schema=Schema(fields=fields), charts=(ChartPlan(**plan),))


class Parts:
    """Parts of a table, and which of them were read."""

    def __init__(self, count: int) -> None:
        draw = random.Random(1)
        self.rows = {
            f"t.parts/{n}.parquet": pa.record_batch(
                {
                    "day": pa.array([18_000 + 31 * n + k % 31 for k in range(130)], pa.int32()).cast(pa.date32()),
                    "place": pa.array([draw.choice("東西南") for _ in range(130)]).dictionary_encode(),
                    "people": pa.array([draw.randrange(99) for _ in range(130)], pa.int64()),
                    "price": pa.array([draw.choice([None, draw.random() * 1e6]) for _ in range(130)], pa.float64()),
                }
            )
            for n in range(count)
        }
        self.read: list[str] = []

    def read_file(self, path: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
        self.read.append(path)
        yield self.rows[path].select(columns)

    def read_all(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        for path in self.rows:
            yield self.rows[path].select(columns)

    def know(self, cache: Cache, resource: Resource) -> KnownCounts:
        parts = [DataPart(path, File(path, 1, path), File(path, 1, path)) for path in self.rows]
        nothing = File("x", 0, "x")
        table = ReleasedResource("t", resource, 1, nothing, nothing, (), (), parted=Parted(tuple(parts), nothing))
        return KnownCounts(cache, table, "Asia/Tokyo", self.read_file)


@pytest.mark.parametrize("size", [50, 200, 100_000])
@pytest.mark.parametrize("plan", PLANS.values(), ids=list(PLANS))
def test_the_numbers_are_those_of_all_rows(
    plan: dict[str, Any], size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays.Blocks.__init__, "__defaults__", (size,))
    resource, cache = make_resource(plan), Cache(tmp_path)
    for count, read in ((3, ["0", "1", "2"]), (3, ["2"]), (4, ["0", "1", "2", "3"]), (4, ["3"])):
        parts = Parts(count)
        charts = count_charts(resource, (), parts.read_all, parts.know(cache, resource))
        assert charts == count_charts(resource, (), parts.read_all)
        assert len(charts) == (plan["kind"] != "spread")
        assert parts.read == ([f"t.parts/{n}.parquet" for n in read] if charts else [])


def test_what_was_counted_otherwise_or_of_other_parts_is_counted_again(tmp_path: Path) -> None:
    cache, parts = Cache(tmp_path), Parts(2)
    for plan in (PLANS["means of places"], {**PLANS["means of places"], "how": "sum"}):
        resource = make_resource(plan)
        assert count_charts(resource, (), parts.read_all, parts.know(cache, resource))
    assert len(parts.read) == 4
