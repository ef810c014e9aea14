"""Units of work: the tables of one dataset, made by any process from archived bytes, and the datasets' steps around them.

The steps of a dataset (a generator) fetch, decide and release in the process of the run alone.  Where tables are to be
made they yield a Unit, and are sent the result.  Other processes get an Order, read the store, and write to a folder of
their own under the content key of the unit: one that is killed, or done twice, changes nothing.
"""

import concurrent.futures as futures
import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from entaku.model.grammar import Office
from entaku.model.leaving import Renaming
from entaku.model.nouns import EPOCH, Finding, Place, Raw, Refused, Spec
from entaku.release import Former, making
from entaku.store import Cache, Desk, Store
from entaku.work.apart import do_apart
from entaku.work.executors import ClusterExecutor
from entaku.work.outcome import Outcome, tell_trouble
from entaku.work.setting import OpenExecutor, Setting, Workplace, digest_program
from entaku.work.unusual import find_unusual, forget_periods

if TYPE_CHECKING:
    from entaku.check import Engine
    from entaku.work.build import Built

UNITS_FROM = 16
"""Datasets to be made from which other processes are worth starting."""
MOST_FILES = 64
"""Source files from which a dataset is made by the process of the run, which has them read by others in parts."""
LONG = 30
"""Seconds after which a cluster is asked whether it still has workers."""
AHEAD = 256
"""Units that are ordered before the first is waited for."""


@dataclass(frozen=True)
class Unit:
    """The tables of a dataset that are to be made."""

    office: Office
    spec: Spec
    raws: Mapping[str, tuple[Raw, ...]]
    former: Former
    """What the tables are compared with."""
    desk: Desk
    """Where the files go."""

    @property
    def small(self) -> bool:
        """Test whether one process should make all of it."""
        return sum(map(len, self.raws.values())) < MOST_FILES


Steps = Generator[Unit, "Built", Outcome]
"""The steps of a dataset."""


def run_here(setting: Setting, steps: Steps) -> Outcome:
    """Run the steps of a dataset in this process; return the outcome."""
    return _finish_here(setting, *_begin(steps))


def run_all(setting: Setting, every: Iterable[Steps], after: "Prepare | None" = None) -> Iterator[Outcome]:
    """Run the steps of all datasets and yield the outcomes in their order; tables are made by the setting's executor
    where there are enough to be made, and its processes do `after` for each new release, if they are of this machine."""
    waiting = iter(every)
    if setting.units is not None:
        first = list(_begin_some(waiting))
        if sum(isinstance(step, Unit) and step.small for _, step in first) >= UNITS_FROM:
            with Workers(setting, setting.units, after) as workers:
                yield from workers.run(first, waiting)
            return
        for begun in first:
            yield _finish_here(setting, *begun)
    for steps in waiting:
        yield run_here(setting, steps)


@dataclass
class Course:
    """The steps of a dataset as they go on, and the seconds that they and its tables have taken."""

    steps: Steps
    seconds: float = 0.0

    def go_on(self, act: "Callable[[Steps], Unit]" = next) -> Unit | Outcome:
        """Let the steps go on to the next unit or to the outcome."""
        began = time.perf_counter()
        try:
            step: Unit | Outcome = act(self.steps)
        except StopIteration as stop:
            step = stop.value
        self.seconds += time.perf_counter() - began
        return replace(step, seconds=self.seconds) if isinstance(step, Outcome) else step

    def make(self, setting: Workplace, unit: Unit) -> Unit | Outcome:
        """Make a unit in this process and go on."""
        began = time.perf_counter()
        try:
            built = _build(setting, unit, unit.desk)
        except Exception as error:
            self.seconds += time.perf_counter() - began
            failed = error
            return self.go_on(lambda steps: steps.throw(failed))
        self.seconds += time.perf_counter() - began
        return self.go_on(lambda steps: steps.send(built))


def _begin(steps: Steps) -> tuple[Course, Unit | Outcome]:
    course = Course(steps)
    return course, course.go_on()


def _begin_some(every: Iterator[Steps]) -> Iterator[tuple[Course, Unit | Outcome]]:
    """Begin datasets until there are as many to be made as are worth other processes."""
    found = 0
    for steps in every:
        course, step = _begin(steps)
        yield course, step
        found += isinstance(step, Unit) and step.small
        if found >= UNITS_FROM:
            return


def _finish_here(setting: Setting, course: Course, step: Unit | Outcome) -> Outcome:
    while isinstance(step, Unit):
        step = course.make(setting, step)
    return step


def _build(place: Workplace, of: "Unit | Order", desk: Desk) -> "Built":
    """Make the tables, and find what is unusual of them while their rows are at hand."""
    from entaku.work.build import build_tables

    built = build_tables(place, of.office, of.spec, of.raws, desk)
    unusual = find_unusual(of.spec, built, of.former) if built.verdict.report.valid else ()
    return replace(built, verdict=forget_periods(built.verdict), unusual=tuple(unusual), wholes=())


# ---- by other processes -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """A unit as another process gets it."""

    key: str
    office: Office
    spec: Spec
    raws: Mapping[str, tuple[Raw, ...]]
    former: Former
    store: Path
    renamed: Mapping[str, Renaming]
    cache: Path
    engine: "Engine"
    sources: str
    """The digest of the program."""
    near: bool = False
    """Whether it is made on the machine of the run, whose flush of a release includes it."""


Prepare = Callable[[Order], None]
"""Does something that is of use later, and raises nothing."""


@dataclass(frozen=True)
class Done:
    """What came of an order: the tables, of which the files are in the folder of its key; or why there are none."""

    built: "Built | None" = None
    finding: Finding | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Bench:
    """The workplace of another process."""

    store: Store
    cache: Cache
    engine: "Engine"
    only_check: bool = False
    executor: Callable[[], Executor] | None = None

    def progress(self, _what: str, _done: int, _total: int) -> None:
        """Tell nobody."""


def fill_order(order: Order) -> Done:
    """Make the tables of a dataset, in any process that sees the store and the cache."""
    if threading.current_thread() is not threading.main_thread():
        return do_apart(fill_order, order)
    bench = Bench(Store(order.store, order.renamed), Cache(order.cache), order.engine)
    name, place, units = order.spec.pipeline.name, Place(file=order.spec.file), bench.cache.units
    if not units.is_there():
        return Done(finding=Finding("worker-blind", "error", place, str(order.cache)))
    if order.sources and order.sources != digest_program():
        return Done(finding=Finding("worker-differs", "error", place, name))
    began = time.perf_counter()
    try:
        with units.desk() as desk:
            built = _build(bench, order, desk)
            if built.verdict.report.valid:
                units.keep(order.key, desk, sync=not order.near)
        return Done(built, seconds=time.perf_counter() - began)
    except Refused as refused:
        return Done(finding=refused.finding)
    except Exception as error:
        return Done(finding=tell_trouble(place, name, error))


@dataclass
class Workers:
    """The processes that fill a run's orders."""

    setting: Setting
    open: OpenExecutor
    after: "Prepare | None" = None
    """What they do for each new release."""
    _stack: ExitStack = field(default_factory=ExitStack)
    _executor: Executor | None = None

    def __enter__(self) -> "Workers":
        self.setting.cache.units.begin()
        try:
            self._executor = self._stack.enter_context(self.open())
        except BaseException:
            self.setting.cache.units.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self.setting.cache.units.end()

    def run(self, begun: Iterable[tuple[Course, Unit | Outcome]], rest: Iterator[Steps]) -> Iterator[Outcome]:
        """Run the steps of datasets, of which some have begun; yield the outcomes in order."""
        running: deque[_Running] = deque()
        for course, step in chain(begun, map(_begin, rest)):
            running.append(self._order(course, step))
            while running and (len(running) > AHEAD or running[0].is_ready):
                yield self._finish(running.popleft())
        while running:
            yield self._finish(running.popleft())

    def _order(self, course: Course, step: Unit | Outcome) -> "_Running":
        """Order what a dataset waits for."""
        if isinstance(step, Outcome) or not step.small:
            return _Running(course, step)
        order = self._write_order(step)
        return _Running(course, step, order, self._submit(order))

    def _write_order(self, unit: Unit) -> Order:
        setting = self.setting
        made_from = (EPOCH, setting.sources, setting.engine, unit.spec, unit.office, unit.raws)
        key = hashlib.sha256(repr(made_from).encode("utf-8", "backslashreplace")).hexdigest()
        return Order(
            key=key,
            office=unit.office,
            spec=unit.spec,
            raws=dict(unit.raws),
            former=unit.former,
            store=setting.store.root.absolute(),
            renamed=dict(setting.store.renamed),
            cache=setting.cache.root.absolute(),
            engine=setting.engine,
            sources=setting.sources,
            near=isinstance(self._executor, futures.ProcessPoolExecutor),
        )

    def _finish(self, running: "_Running") -> Outcome:
        """Wait for a dataset's tables and run its steps to the end."""
        order = running.order
        while isinstance(running.step, Unit):
            order = running.order
            if running.order is None or running.future is None:
                step = running.course.make(self.setting, running.step)
            else:
                done = self._wait(running.order, running.future)
                step = self._go_on(running.course, running.step, done, running.order)
            running = self._order(running.course, step)
        if order is not None and order.near and running.step.what in ("released", "revised"):
            self._prepare(order)
        return running.step

    def _prepare(self, order: Order) -> None:
        """Have done what is done for each new release, if there is a process for it."""
        with suppress(Exception):
            if self._executor is not None and self.after is not None:
                self._executor.submit(self.after, order)

    def _go_on(self, course: Course, unit: Unit, done: Done, order: Order) -> Unit | Outcome:
        """Give the result of an order to the steps that wait for it."""
        course.seconds += done.seconds
        try:
            if done.built is None:
                assert done.finding is not None
                raise Refused(done.finding)
            if done.built.verdict.report.valid:
                unit.desk.adopt(self.setting.cache.units.locate(order.key), _list_sums(done.built))
        except Refused as refused:
            failed = refused
            return course.go_on(lambda steps: steps.throw(failed))
        built = done.built
        return course.go_on(lambda steps: steps.send(built))

    # ---- processes that end

    def _submit(self, order: Order) -> "Future[Done] | None":
        """Submit an order; None if no executor takes any: then it is made here."""
        for _ in range(2):
            try:
                if self._executor is None:
                    self._executor = self._stack.enter_context(self.open())
                return self._executor.submit(fill_order, order)
            except Exception:
                self._stop()
        return None

    def _stop(self) -> None:
        self._executor = None
        self._stack.close()

    def _wait(self, order: Order, future: "Future[Done]") -> Done:
        """Return what came of an order.  If the process that had it ended, it is given once more to one that has nothing
        else, so that it is known which dataset ends processes."""
        try:
            while not wait((future,), LONG).done:
                if isinstance(self._executor, ClusterExecutor) and not self._executor.is_staffed():
                    raise BrokenExecutor(order.key)
            return future.result()
        except BrokenExecutor:
            self._stop()
        except Exception:  # noqa: S110  an order raises nothing itself
            pass
        try:
            with self.open() as executor:
                return executor.submit(fill_order, order).result()
        except Exception as error:
            why = str(error).partition("\n")[0] or type(error).__name__
            place = Place(file=order.spec.file)
            return Done(finding=Finding("worker-lost", "error", place, order.spec.pipeline.name, {"why": why}))


@dataclass(frozen=True)
class _Running:
    """A dataset that waits for its tables, or has its outcome."""

    course: Course
    step: Unit | Outcome
    order: Order | None = None
    future: "Future[Done] | None" = None

    @property
    def is_ready(self) -> bool:
        """Test whether it can be finished without waiting."""
        return isinstance(self.step, Outcome) or (self.future is not None and self.future.done())


def _list_sums(built: "Built") -> dict[str, str]:
    """List the files of tables with their SHA-256, by path."""
    return {file.path: file.sha256 for one in built.verdict.checked for file in making.list_written(one.written)}
