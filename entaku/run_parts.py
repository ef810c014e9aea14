"""The parts of a dataset's tables, one for each raw file: from the cache, or made anew, here or by other processes."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import islice
from typing import TYPE_CHECKING

from entaku.run_setting import Setting

if TYPE_CHECKING:
    from entaku.table import Work
    from entaku.table_whole import Shelf

POOL_FROM = 64
"""Parts from which other processes are worth their start."""
TASK = 16
"""Parts that another process makes in one go."""
TASKS_WAITING = 16
"""Tasks that are handed out before the first must be done."""


def make_parts(setting: Setting, dataset: str, works: "Sequence[Work]") -> "Shelf":
    """Every part, from the cache or made anew, in order; their text stays in the cache."""
    from entaku.table_whole import Outline, Shelf, outline_part

    outlines: dict[int, Outline] = {}
    todo: list[tuple[int, Work]] = []
    for n, work in enumerate(works):
        cached = setting.cache.get(work.key)
        if cached is None:
            todo.append((n, work))
        else:
            outlines[n] = outline_part(cached, work.raw)
    jobs = ((work, setting.store.raw(dataset, work.raw.sha256)) for _, work in todo)
    executor = setting.executor if len(todo) >= POOL_FROM else None
    made = _make_pooled(executor, jobs) if executor else map(encode_job, jobs)
    for done, ((n, work), body) in enumerate(zip(todo, made, strict=True), 1):
        setting.cache.put(work.key, body)
        outlines[n] = outline_part(body, work.raw)
        setting.progress(dataset, done, len(todo))

    def fetch(n: int) -> bytes:
        body = setting.cache.get(works[n].key)
        return encode_job((works[n], setting.store.raw(dataset, works[n].raw.sha256))) if body is None else body

    return Shelf(tuple(outlines[n] for n in range(len(works))), fetch)


def encode_job(job: "tuple[Work, bytes]") -> bytes:
    """The encoded part of a work and its raw bytes."""
    from entaku.table import encode_part, make_part

    return encode_part(make_part(*job))


def encode_jobs(jobs: "Sequence[tuple[Work, bytes]]") -> list[bytes]:
    """The encoded parts of many works: what another process does in one go, and all that it sends back."""
    return [encode_job(job) for job in jobs]


def _make_pooled(executor: Callable[[], Executor], jobs: "Iterator[tuple[Work, bytes]]") -> Iterator[bytes]:
    """Encoded parts in the order of `jobs`; of raw bytes only those of a few tasks are held at a time."""
    with executor() as pool:
        waiting: deque[Future[list[bytes]]] = deque()
        while batch := list(islice(jobs, TASK)):
            waiting.append(pool.submit(encode_jobs, batch))
            if len(waiting) >= TASKS_WAITING:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
