"""Many parts on other processes: the same parts and the same cache as in one process, in order."""

import io
import json
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from projects import make_project, make_setting, snapshot
from pydantic import TypeAdapter

from entaku.model.grammar import Step
from entaku.model.nouns import Raw
from entaku.store import Cache
from entaku.table.part import Outline, read_outline, read_rows
from entaku.table.parts import Work
from entaku.table.steps import STEPS
from entaku.work import shelving
from entaku.work.setting import WAITING, Setting
from entaku.work.shelving import GROUP, POOL_FROM, TASK, make_parts

Made = tuple[Outline, bytes]
FILES = TASK * (WAITING + 2) + 3


class Bodies:
    """Stands for the store, and counts what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def open_raw(self, dataset: str, sha256: str) -> io.BytesIO:
        return io.BytesIO(self.raw(dataset, sha256))

    def raw(self, _dataset: str, sha256: str) -> bytes:
        n = int(sha256)
        self.asked.append(n)
        if n == 5:
            return b"<html><title>503</title></html>"
        return f"番号,値\r\n A-{n},{n * 7}\r\nB,{'?' if n == 9 else 1}\r\n".encode("cp932")


def make_works(count: int) -> list[Work]:
    given = {"trim": {"columns": ["番号"]}, "parse_number": {"columns": ["値"]}}
    steps = tuple(
        Step(name=name, options=TypeAdapter(STEPS[name].options).validate_json(json.dumps(options)), line=1)
        for name, options in given.items()
    )
    return [
        Work(
            Raw(f"https://office.example.org/{n}.csv", {"day": f"{n}"}, "mirror", "", f"{n}", 0), None, steps, "x.yaml"
        )
        for n in range(count)
    ]


def make(
    folder: Path, count: int, executor: Callable[[], Executor] | None
) -> tuple[list[Made], dict[str, bytes], Bodies]:
    setting: Setting = make_setting(make_project(folder))
    bodies = Bodies()
    setting = replace(setting, executor=executor)
    object.__setattr__(setting, "store", bodies)
    shelf = make_parts(setting, "lifts", make_works(count))
    bodies.asked, asked = [], bodies.asked
    parts = [(shelf.outlines[n], shelf.open(n).read()) for n in range(count)]
    assert not bodies.asked
    bodies.asked = asked
    return parts, snapshot(folder / "build/cache"), bodies


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Made], dict[str, bytes]]:
    parts, cache, _ = make(tmp_path_factory.mktemp("alone") / "p", FILES, None)
    return parts, cache


@pytest.mark.parametrize("executor", [lambda: ThreadPoolExecutor(2), lambda: ProcessPoolExecutor(2)])
def test_workers_make_the_same_parts(
    tmp_path: Path, alone: tuple[list[Made], dict[str, bytes]], executor: Callable[[], Executor]
) -> None:
    assert FILES >= POOL_FROM
    parts, cache, bodies = make(tmp_path / "p", FILES, executor)
    assert cache == alone[1]
    assert len(cache) == FILES + FILES // GROUP
    assert bodies.asked == list(range(FILES))
    for (outline, body), (expected, encoded) in zip(parts, alone[0], strict=True):
        assert body == encoded
        assert replace(outline, ranges=expected.ranges) == expected
        assert np.array_equal(outline.ranges, expected.ranges)
        assert read_outline(io.BytesIO(body)).count == outline.count
    assert [n for n, (outline, _) in enumerate(parts) if outline.findings] == [5, 9]
    (batch,) = read_rows(io.BytesIO(parts[7][1]))
    assert batch.column("値").to_pylist() == ["49", "1"]


def test_few_raw_bytes_are_held_at_a_time(tmp_path: Path) -> None:
    held = []

    class Watched(ThreadPoolExecutor):
        def submit(self, *args: Any, **more: Any) -> Any:
            future = super().submit(*args, **more)
            held.append(len(self.bodies.asked))
            return future

    setting = make_setting(make_project(tmp_path / "p"))
    bodies = Bodies()
    Watched.bodies = bodies  # type: ignore[attr-defined]
    setting = replace(setting, executor=lambda: Watched(1))
    object.__setattr__(setting, "store", bodies)
    done: list[int] = []
    setting = replace(setting, progress=lambda _what, count, _total: done.append(len(bodies.asked) - count))
    make_parts(setting, "lifts", make_works(FILES))
    assert max(done) <= TASK * WAITING
    assert held[0] == TASK


def test_parts_that_leave_the_cache_are_made_again(tmp_path: Path) -> None:
    setting = make_setting(make_project(tmp_path / "p"))
    bodies = Bodies()
    object.__setattr__(setting, "store", bodies)
    shelf = make_parts(setting, "lifts", make_works(3))
    before = [shelf.open(n).read() for n in range(3)]
    for path in (tmp_path / "p/build/cache").rglob("*"):
        if path.is_file():
            path.unlink()
    assert [shelf.open(n).read() for n in range(3)] == before
    assert bodies.asked == [0, 1, 2, 0, 1, 2]


def test_what_is_known_of_neighbours_is_read_together(tmp_path: Path) -> None:
    """Of 256 files that follow each other no part is opened; of a changed one and its neighbours all are."""
    setting = make_setting(make_project(tmp_path / "p"))
    object.__setattr__(setting, "store", Bodies())
    works = make_works(2 * GROUP + 3)
    made = make_parts(setting, "lifts", works).outlines
    opened: list[str] = []
    cache, real = setting.cache, Cache.open
    with patch.object(Cache, "open", lambda self, key: opened.append(key) or real(self, key)):
        again = make_parts(setting, "lifts", works).outlines
    assert opened == [work.key for work in works[2 * GROUP :]]
    assert [repr(one) for one in again] == [repr(one) for one in made]
    assert [n for n, one in enumerate(again) if one.findings] == [n for n, one in enumerate(made) if one.findings]
    assert [one.raw for one in again] == [work.raw for work in works]
    path = cache.locate(shelving._name_group(works[:GROUP]))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert [repr(one) for one in make_parts(setting, "lifts", works).outlines] == [repr(one) for one in made]
