"""The dependencies and options of a run, its worker processes, and lazy mapping over them."""

import concurrent.futures as futures
import gc
import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from entaku.fetch import Network
from entaku.formats.heavy import pa
from entaku.store import Cache, Store, read_project
from entaku.work.gather import Progress

if TYPE_CHECKING:
    from entaku.check import Engine
    from entaku.work.outcome import Outcome
    from entaku.work.settled import Settled

OpenExecutor = Callable[[], AbstractContextManager[Executor]]
"""Opens an executor, which is closed at the end of the block."""


class Workplace(Protocol):
    """What the tables of a dataset are made with: a `Setting`, or what another process has of one."""

    @property
    def store(self) -> Store: ...
    @property
    def cache(self) -> Cache: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def executor(self) -> Callable[[], Executor] | None: ...
    @property
    def engine(self) -> "Engine": ...
    @property
    def only_check(self) -> bool: ...


@dataclass(frozen=True)
class Setting:
    """Everything that a run depends on; nothing is looked up elsewhere."""

    project: Path
    store: Store
    cache: Cache
    network: Network
    now: datetime
    """UTC."""
    program: str
    progress: Progress
    executor: Callable[[], Executor] | None = None
    """Makes the executor for tabulating many parts and rendering many pages; None: this process."""
    tell: "Callable[[Outcome], None]" = lambda _: None
    """Told what came of each dataset as soon as that is known."""
    units: OpenExecutor | None = None
    """Opens the executor on which the tables of many datasets are made; None: this process."""
    mirror: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment with the secrets of `source.headers`, without what the site is signed with."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment variables with the key that the site is signed with (`signing`)."""
    engine: "Engine" = "columns"
    """The engine of the check: our own, or frictionless-py."""
    sources: str = ""
    """A digest of the program's source text; a site made by another one is rebuilt."""
    only_check: bool = False
    """Tables are checked but not written, and nothing is released."""
    settled: "Settled | None" = None
    """What earlier runs have found unchanged, where that counts."""


@cache
def digest_program() -> str:
    """Return the SHA-256 of the program's own files, by path."""
    whole = hashlib.sha256()
    for pattern in ("**/*.py", "**/*.yaml", "site/feeds/edge/*", "site/feeds/*.json"):
        for path, body in read_project(Path(__file__).parents[1], pattern).items():
            if path.startswith("shipped/"):  # what an installed program has for projects, a clone has elsewhere
                continue
            whole.update(b"%b %d\n" % (path.encode(), len(body)))
            whole.update(body)
    return whole.hexdigest()


# ---- worker processes -----------------------------------------------------------------------------------------------

WAITING = 16
"""Tasks that are submitted before the first result is awaited."""

Task = TypeVar("Task")
Made = TypeVar("Made")


def count_workers() -> int:
    """Return how many processes work at a time: as many as there are processors, or ENTAKU_WORKERS."""
    wanted = os.environ.get("ENTAKU_WORKERS", "")
    return int(wanted) if wanted.isascii() and wanted.isdigit() and int(wanted) else os.cpu_count() or 1


def make_pool() -> Executor:
    """Make an executor of processes."""
    return futures.ProcessPoolExecutor(max_workers=count_workers(), initializer=_begin_worker, initargs=(os.getpid(),))


def _begin_worker(parent: int) -> None:
    """End this process when `parent` has ended, so that a killed run leaves no waiting workers; and look for no cycles
    among what it has in common with it, which would be copied by being looked at."""
    gc.freeze()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def give_back_memory() -> None:
    """Return to the system what a task held that ran out of memory, so that the next can be done."""
    gc.collect()
    pa.default_memory_pool().release_unused()


def spread(executor: Callable[[], Executor], function: Callable[[Task], Made], tasks: Iterable[Task]) -> Iterator[Made]:
    """Yield the result of `function` for each task, in order like `map`; only a few tasks and results are in memory."""
    with executor() as pool:
        waiting: deque[Future[Made]] = deque()
        for task in tasks:
            waiting.append(pool.submit(function, task))
            if len(waiting) >= WAITING:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
