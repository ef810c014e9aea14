"""Tables made by other processes: the same bytes as in one, whichever of them are killed."""

import gc
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from projects import ROOT, copy_tree, make_project, make_setting, snapshot

from entaku.audit import rules
from entaku.check import Verdict
from entaku.model.nouns import Refused
from entaku.store import Cache
from entaku.work import build, load, units
from entaku.work.dataset import take_turns
from entaku.work.executors import read_executor
from entaku.work.load import read_specs
from entaku.work.outcome import Outcome, Result, Wanted
from entaku.work.publish import publish
from entaku.work.setting import OpenExecutor, Setting, make_pool
from entaku.work.units import Order, Unit, Workers, fill_order

TABLE = """\
name: {name}
title: {{ja: 表 {name}, en: Table {name}}}
description: {{ja: 試験用の説明です。, en: A description for tests.}}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: irregular
resources:
  - name: table
    title: {{ja: 表, en: Table}}
    source: {{file: "pipelines/files/{name}.csv", since: "2026-01-05"}}
    schema:
      fields: [{{name: id, type: integer}}, {{name: note}}]
"""
NAMES = ("bad", "one", "three", "two")


def make_many(folder: Path) -> Path:
    """A project of four datasets, one with an error, one in parts."""
    texts = {name: TABLE.format(name=name) for name in NAMES}
    parted = texts["three"].replace("type: integer}", "type: integer, constraints: {required: true}}")
    texts["three"] = parted.replace("    schema:", "    partition: {by: id}\n    schema:")
    project = make_project(folder, **texts)
    (project / "pipelines/files").mkdir()
    for n, name in enumerate(NAMES):
        rows = "".join(f"{i if name != 'bad' or i else 'x'},あ{n}\n" for i in range(3))
        (project / f"pipelines/files/{name}.csv").write_text(f"id,note\n{rows}", "utf-8")
    return project


def run(project: Path, executor: OpenExecutor | None) -> Result:
    office, specs, findings = read_specs(project)
    assert office is not None and not findings
    setting = replace(make_setting(project), units=executor)
    return publish(setting, office, specs, findings, Wanted(project / "build/site", allow_samples=True))


def tell(result: Result) -> list[Outcome]:
    """The outcomes without what differs from one folder to another."""
    return [replace(outcome, failing={}) for outcome in result.outcomes]


Published = tuple[dict[str, bytes], dict[str, bytes], list[Outcome]]


def look(project: Path, result: Result) -> Published:
    assert not (project / "build/cache/.new/units").exists()
    return snapshot(project / "datapackages"), snapshot(project / "build/site"), tell(result)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Published:
    project = make_many(tmp_path_factory.mktemp("alone") / "p")
    return look(project, run(project, None))


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few datasets be enough for other processes."""
    monkeypatch.setattr(units, "UNITS_FROM", 2)
    monkeypatch.setenv("ENTAKU_WORKERS", "2")


def kill_worker(monkeypatch: pytest.MonkeyPatch, name: str, times: int, folder: Path) -> None:
    """Let processes that make the tables of a dataset be killed in the middle, after its files are written."""
    home, real = os.getpid(), build._add_places

    def die(verdict: Verdict, wholes: object, desk: object) -> Verdict:
        killed = len(list(folder.glob("killed-*")))
        if os.getpid() != home and verdict.checked[0].raws[0].url.endswith(f"{name}.csv") and killed < times:
            (folder / f"killed-{killed}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return real(verdict, wholes, desk)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "_add_places", die)


def test_a_pool_makes_the_same_bytes(tmp_path: Path, alone: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    home, here = os.getpid(), list[str]()
    real = build.build_tables

    def count(bench: object, office: object, spec: object, *rest: object) -> object:
        here.append("here" if os.getpid() == home else "there")
        return real(bench, office, spec, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "build_tables", count)
    project = make_many(tmp_path / "p")
    assert look(project, run(project, make_pool)) == alone
    assert here == []
    assert [outcome.what for outcome in alone[2]] == ["held", "released", "released", "released"]
    unchanged = run(project, make_pool)
    assert [outcome.what for outcome in unchanged.outcomes] == ["held", "unchanged", "unchanged", "unchanged"]
    assert here == ["here"]  # the one with an error is tried again: too few for other processes


def test_processes_look_for_no_cycles_in_what_they_began_with() -> None:
    with make_pool() as pool:
        assert pool.submit(gc.get_freeze_count).result() > 10_000


def test_charts_and_rulings_are_made_by_the_pool_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, here = os.getpid(), list[str]()

    def count(module: object, name: str) -> None:
        real = getattr(module, name)

        def made(*args: object) -> object:
            if os.getpid() == home:
                here.append(name)
            return real(*args)

        monkeypatch.setattr(module, name, made)

    count(load, "_count")
    count(rules, "judge_file")
    project = make_many(tmp_path / "p")
    assert run(project, make_pool).site == "published"
    assert here == []
    shutil.rmtree(project / "build")
    run(project, None)
    assert {*here} == {"_count", "judge_file"}


def test_the_next_releases_are_the_same_too(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    run(make_many(here), None)
    for name in NAMES:
        path = here / f"pipelines/files/{name}.csv"
        path.write_text(path.read_text("utf-8").replace("x,", "7,") + "3,新しい\n" * 40, "utf-8")
    copy_tree(here, there)
    alone, pooled = look(here, run(here, None)), look(there, run(there, make_pool))
    assert pooled == alone
    assert [outcome.what for outcome in pooled[2]] == ["released"] * 4


def test_threads_hand_their_orders_to_processes_of_their_own(tmp_path: Path, alone: Published) -> None:
    project = make_many(tmp_path / "p")
    assert look(project, run(project, lambda: ThreadPoolExecutor(2))) == alone


def test_a_worker_that_is_killed_once_costs_nothing(
    tmp_path: Path, alone: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_worker(monkeypatch, "three", 1, tmp_path)
    project = make_many(tmp_path / "p")
    assert look(project, run(project, make_pool)) == alone
    assert (tmp_path / "killed-0").exists()


def test_a_dataset_that_ends_its_workers_is_told_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_worker(monkeypatch, "three", 9, tmp_path)
    project = make_many(tmp_path / "p")
    result = run(project, make_pool)
    assert [outcome.what for outcome in result.outcomes] == ["held", "released", "held", "released"]
    (lost,) = result.outcomes[2].findings
    assert (lost.code, lost.value, lost.place.file) == ("worker-lost", "three", "pipelines/three.yaml")
    assert len(list(tmp_path.glob("killed-*"))) == 2
    assert not (project / "datapackages/three/releases").exists()
    monkeypatch.undo()
    assert not {"worker-lost"} & {finding.code for finding in run(project, None).every}


def make_unit(project: Path) -> tuple[Setting, Unit]:
    """The first unit of a dataset, and what it is made with."""
    setting = replace(make_setting(project), units=make_pool)
    office, specs, _ = read_specs(project)
    assert office is not None
    (spec,) = (spec for spec in specs if spec.pipeline.name == "one")
    unit = next(take_turns(setting, office, spec))
    assert isinstance(unit, Unit)
    return setting, unit


def make_order(project: Path) -> Order:
    """An order as the run would write it."""
    setting, unit = make_unit(project)
    return Workers(setting, make_pool)._write_order(unit)


@pytest.mark.parametrize(("executor", "near"), [(make_pool, True), (ThreadPoolExecutor, False)])
def test_only_processes_of_this_machine_leave_the_flush_to_the_release(
    tmp_path: Path, executor: OpenExecutor, near: bool
) -> None:
    setting, unit = make_unit(make_many(tmp_path / "p"))
    with Workers(setting, executor) as workers:
        assert workers._write_order(unit).near is near


def test_an_order_done_twice_changes_nothing(tmp_path: Path) -> None:
    order = make_order(make_many(tmp_path / "p"))
    folders = Cache(order.cache).units
    folders.begin()
    first = fill_order(order)
    made = snapshot(folders.root)
    again = fill_order(order)
    assert first.built == again.built and first.built is not None and first.built.verdict.report.valid
    assert snapshot(folders.root) == made
    assert sorted(made) == [f"{order.key}/table.{suffix}" for suffix in ("csv", "parquet", "places.parquet")]


def test_a_worker_that_sees_nothing_or_is_another_program_says_so(tmp_path: Path) -> None:
    order = make_order(make_many(tmp_path / "p"))
    blind = fill_order(replace(order, cache=tmp_path / "elsewhere"))
    assert blind.finding is not None and blind.finding.code == "worker-blind"
    assert not (tmp_path / "elsewhere").exists()
    Cache(order.cache).units.begin()
    other = fill_order(replace(order, sources="0" * 64))
    assert other.finding is not None and other.finding.code == "worker-differs"


def test_what_a_worker_wrote_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shared folder may serve what is not yet, or not any more, what was written."""
    real = units._list_sums
    monkeypatch.setattr(units, "_list_sums", lambda built: dict.fromkeys(real(built), "0" * 64))
    result = run(make_many(tmp_path / "p"), make_pool)
    codes = [
        [finding.code for finding in outcome.findings if finding.severity == "error"] for outcome in result.outcomes
    ]
    assert codes[1:] == [["checksum"]] * 3


@pytest.mark.parametrize("text", ["", "cluster", "dask://", "dask://host", "dask://host:port", "tcp://host:8786"])
def test_an_executor_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(Exception, match="dask://HOST:PORT"):
        read_executor(text)


def test_one_core_needs_no_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_executor("auto") is make_pool
    monkeypatch.setenv("ENTAKU_WORKERS", "1")
    assert read_executor("auto") is None
    assert read_executor("processes") is make_pool
    assert read_executor("here") is None


# ---- Dask

NO_DASK = importlib.util.find_spec("distributed") is None
needs_dask = pytest.mark.skipif(NO_DASK, reason="Dask (distributed) is not installed: make test installs it")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list["subprocess.Popen[bytes]"]]]:
    """A Dask scheduler and two workers on loopback, each a process; yields the address and the workers."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), *sys.path))}
    command = (sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0")
    begun = []
    log = (tmp_path / "cluster.log").open("wb")

    def start(*words: str) -> "subprocess.Popen[bytes]":
        begun.append(subprocess.Popen(words, env=environment, cwd=tmp_path, stdout=log, stderr=log))
        return begun[-1]

    told = tmp_path / "scheduler.json"
    start(*command, "--no-dashboard", "--scheduler-file", str(told))
    waiting = threading.Event()
    for _ in range(600):
        if told.exists() and told.read_bytes().endswith(b"}"):
            break
        waiting.wait(0.1)
    worker = (sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(told), "--no-nanny")
    workers = [start(*worker, "--no-dashboard", "--nthreads", "1", "--host", "127.0.0.1") for _ in range(2)]
    yield json.loads(told.read_bytes())["address"].removeprefix("tcp://"), workers
    for process in begun:
        process.kill()
        process.wait()
    log.close()


@pytest.mark.sweep
@needs_dask
def test_a_cluster_makes_the_same_bytes_with_one_worker_killed(
    tmp_path: Path,
    alone: Published,
    cluster: tuple[str, list["subprocess.Popen[bytes]"]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, workers = cluster
    real, killed = Workers._submit, list[int]()

    def submit(self: Workers, order: Order) -> object:
        future = real(self, order)
        if not killed:  # it has the first order, or will have it
            killed.append(workers[0].pid)
            workers[0].kill()
        return future

    monkeypatch.setattr(Workers, "_submit", submit)
    project = make_many(tmp_path / "p")
    executor = read_executor(f"dask://{address}")
    assert look(project, run(project, executor)) == alone
    assert killed and workers[0].wait(10) == -signal.SIGKILL
    assert workers[1].poll() is None


@needs_dask
def test_a_cluster_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entaku.work.executors.PATIENCE", 1)
    with pytest.raises(Refused) as refused:
        run(make_many(tmp_path / "p"), read_executor("dask://127.0.0.1:9"))
    assert refused.value.finding.code == "no-cluster"


class Absent:
    """A library that is not there."""

    def __getattr__(self, name: str) -> object:
        raise ModuleNotFoundError(name)


def test_without_dask_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entaku.work.executors.distributed", Absent())
    with pytest.raises(Refused) as refused:
        run(make_many(tmp_path / "p"), read_executor("dask://127.0.0.1:9"))
    assert refused.value.finding.code == "no-dask"
