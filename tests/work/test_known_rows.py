"""The rows of earlier parts, of which an earlier run keeps what it found: every version is as it is made from nothing."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from projects import make_project, put, run, snapshot
from test_parts import FIRST, VISITS, put_halls

from entaku.audit.screening import TextCount
from entaku.formats.arrays import Blocks
from entaku.model.table_schema import Schema, SchemaField
from entaku.release import stats
from entaku.release.periods import PeriodStats
from entaku.work.known_rows import KnownRows, pack_tree, unpack_tree

HALLS = ("東館", '"西,館"', "東館2", "=A1", "№ 5")
Rows = list[tuple[str, str]]


@contextmanager
def watching(use: bool = True) -> Iterator[list[int]]:
    """Note how many source files are known at the beginning of each check; unless `use`, none are."""
    found, recall = list[int](), KnownRows._recall

    def look(self: KnownRows, key: str, shared: str, whole: Any) -> tuple[int, Any]:
        count, kept = recall(self, key, shared, whole) if use else (0, None)
        found.append(count)
        return count, kept

    with patch.object(KnownRows, "_recall", look):
        yield found


def put_rows(mirror: Path, n: int, day: str, rows: Rows) -> None:
    body = "hall,people\n" + "".join(f"{hall},{people}\n" for hall, people in rows)
    put(mirror, body, f"https://office.example.org/{FIRST + timedelta(n):%Y%m%d}.csv", day)


def publish(project: Path, mirror: Path, days: int) -> list[int]:
    """Publish on so many days and return how many source files were known on each."""
    known = []
    for n in range(days):
        with watching() as found:
            now = f"{FIRST + timedelta(n)}T03:00:00"
            run(project, mirror / str(FIRST + timedelta(n)), now=now, site=False)
        known.append(max(found, default=0))
    return known


CELLS = st.lists(
    st.tuples(st.sampled_from(HALLS), st.sampled_from(["0", "7", "7", "12", ""])),
    min_size=1, max_size=4, unique_by=lambda row: row[0],
)  # fmt: skip
DAYS = st.lists(st.tuples(CELLS, st.integers(0, 3)), min_size=4, max_size=6)
LOOSE = VISITS.replace("      primaryKey: [date, hall]\n", "").replace(
    "title: 会館, constraints: {required: true}}\n        - {name: p", "title: 会館}\n        - {name: p"
)
EACH = ("each: month", "each: day")


@settings(max_examples=6, deadline=None)
@given(DAYS, st.sampled_from(EACH), st.booleans())
def test_every_version_is_as_it_is_made_from_nothing(days: list[tuple[Rows, int]], each: str, keyed: bool) -> None:
    """Days come, now and then one is corrected, and halls are added to which rows refer."""
    text = (VISITS if keyed else LOOSE.replace("      foreignKeys", "      #")).replace(EACH[0], each)
    with TemporaryDirectory() as home:
        mirror = Path(home) / "mirror"
        for n, (_, corrected) in enumerate(days):
            day = str(FIRST + timedelta(n))
            for k in range(n + 1):
                put_rows(
                    mirror,
                    k,
                    day,
                    [(hall, "99" if corrected == 1 and k == 0 else people) for hall, people in days[k][0]],
                )
            put(
                mirror,
                "hall\n" + "".join(f"{hall}\n" for hall in (*HALLS, "南館")[: 5 + (corrected == 2)]),
                "https://office.example.org/halls.csv",
                day,
            )
        made = []
        for name, use in (("known", True), ("nothing", False)):
            project = make_project(Path(home) / name, visits=text)
            with watching(use):
                for n in range(len(days)):
                    now = FIRST + timedelta(n)
                    run(project, mirror / str(now), now=f"{now}T03:00:00", site=False)
            made.append(snapshot(project / "datapackages"))
        assert made[0] == made[1]


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    for n in range(5):
        for k in range(n + 1):
            put_rows(tmp_path / "mirror", k, str(FIRST + timedelta(n)), [("東館", str(k)), ('"西,館"', "7")])
        put_halls(tmp_path / "mirror", str(FIRST + timedelta(n)))
    return tmp_path / "mirror"


def test_a_day_is_checked_from_its_part_on(mirror: Path, tmp_path: Path) -> None:
    """The first three days are of two parts; from then on those of March, two files, are known."""
    assert publish(make_project(tmp_path / "p", visits=VISITS), mirror, 5) == [0, 0, 0, 2, 2]


@pytest.mark.parametrize(
    ("change", "known"),
    [
        (("by: date, each: month", "by: date, each: year"), 0),
        (("primaryKey: [date, hall]", "primaryKey: [date, hall]\n      uniqueKeys: [[people]]"), 0),
        (("title: 人数, unit", "title: 人の数, unit"), 0),
        (("ja: 会館, en", "ja: 館, en"), 0),
        (("keywords: []", "keywords: []"), 2),
    ],
)
def test_what_decides_about_rows_must_be_the_same(
    change: tuple[str, str], known: int, mirror: Path, tmp_path: Path
) -> None:
    project = make_project(tmp_path / "p", visits=VISITS)
    publish(project, mirror, 4)
    (project / "pipelines" / "visits.yaml").write_text(VISITS.replace(*change), "utf-8")
    with watching() as found:
        run(project, mirror / "2026-04-03", now="2026-04-03T03:00:00", site=False)
    assert max(found, default=0) == known


@pytest.mark.parametrize("name", ["2026-03.csv", "2026-03.parquet"])
def test_parts_that_have_rotten_are_made_again(name: str, mirror: Path, tmp_path: Path) -> None:
    project, other = (make_project(tmp_path / each, visits=VISITS) for each in "pq")
    publish(other, mirror, 5)
    publish(project, mirror, 4)
    path = project / "datapackages" / "visits" / "releases" / "2026.04.02" / "counts.parts" / name
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    run(project, mirror / "2026-04-03", now="2026-04-03T03:00:00", site=False)
    made = (each / "datapackages" / "visits" / "releases" / "2026.04.03" for each in (project, other))
    assert snapshot(next(made)) == snapshot(next(made))
    assert path.read_bytes().endswith(b"?")


def test_without_the_cache_all_is_checked(mirror: Path, tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", visits=VISITS)
    publish(project, mirror, 4)
    shutil.rmtree(project / "build" / "cache")
    with watching() as found:
        run(project, mirror / "2026-04-03", now="2026-04-03T03:00:00", site=False)
    assert found == [0]


# ---- what is kept -----------------------------------------------------------------------------------------------

FIELDS = (
    SchemaField(name="day", type="date"),
    SchemaField(name="month", type="yearmonth"),
    SchemaField(name="number", type="number"),
    SchemaField(name="whole", type="integer"),
    SchemaField(name="text"),
    SchemaField(name="moment", type="time"),
)


def make_batch(numbers: list[int]) -> pa.RecordBatch:
    some: dict[str, Callable[[int], Any]] = {
        "day": lambda n: date(2026, 1, 1) + timedelta(n % 70), "month": lambda n: f"20{10 + n % 7}-01",
        "number": lambda n: n / 8, "whole": lambda n: n, "text": lambda n: f"t{n * 7 % 400}", "moment": lambda n: time(n % 24),
    }  # fmt: skip
    kinds = {"day": pa.date32(), "moment": pa.time64("us")}
    return pa.record_batch(
        {
            name: pa.array([None if n % 11 == 3 else make(n) for n in numbers], kinds.get(name))
            for name, make in some.items()
        }
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 900), max_size=400), st.integers(0, 400), st.booleans())
def test_counts_go_on_where_others_were(numbers: list[int], cut: int, coded: bool) -> None:
    schema = Schema(fields=FIELDS)
    first, rest = (make_batch(some) for some in (numbers[:cut], numbers[cut:]))
    if coded:
        at = first.schema.get_field_index("text")
        first = first.set_column(at, "text", first.column("text").dictionary_encode())
    with patch.object(stats, "LIMIT", 60), patch.object(stats, "KEPT", 20), patch.object(stats, "SAMPLE", 50):
        for make in (lambda: stats.Stats(schema), lambda: PeriodStats(schema)):
            with patch.object(stats, "Blocks", lambda: Blocks(64)):
                whole, begun, resumed = make(), make(), make()
            for batch in (first, rest):
                whole.add(batch)
            begun.add(first)
            resumed.resume(unpack_tree(pack_tree(begun.keep())))
            resumed.add(rest)
            assert repr(resumed.close()) == repr(whole.close())


def test_only_own_types_are_read() -> None:
    tree = {
        "a": np.arange(3),
        "b": [make_batch([1, 2])],
        "c": make_batch([5]).column("day"),
        "d": {"x": TextCount(1, 2)},
    }
    read = unpack_tree(pack_tree(tree))
    assert read["a"].tolist() == [0, 1, 2] and read["b"] == tree["b"]
    assert read["c"].to_pylist() == [date(2026, 1, 6)] and read["d"] == tree["d"]
    with pytest.raises(Exception, match="datetime"):
        unpack_tree(pack_tree(datetime(2026, 1, 1)))
