"""Raw files → parts in the cache: small ones by the dozen and on all cores, large ones straight from the store."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from io import BytesIO
from itertools import islice
from typing import BinaryIO

from entaku.table.part import Outline, read_outline
from entaku.table.parts import Work, write_part
from entaku.table.whole import Shelf
from entaku.work.setting import Setting

POOL_FROM = 64
"""Parts from which other processes are worth their start."""
TASK = 16
"""Parts that another process makes in one go."""
TASKS_WAITING = 16
"""Tasks that are handed out before the first must be done."""
LARGE = 16 << 20
"""Bytes of a raw file that is read from the store and not sent to another process."""


def make_parts(setting: Setting, dataset: str, works: Sequence[Work]) -> Shelf:
    """Every part, from the cache or made anew, in order; their rows stay in the cache."""
    outlines: dict[int, Outline] = {}
    todo: list[tuple[int, Work]] = []
    for n, work in enumerate(works):
        cached = setting.cache.open(work.key)
        if cached is None:
            todo.append((n, work))
        else:
            with cached:
                outlines[n] = read_outline(cached, work.raw)
    large = [(n, work) for n, work in todo if work.raw.bytes >= LARGE]
    small = [(n, work) for n, work in todo if work.raw.bytes < LARGE]
    jobs = ((work, setting.store.raw(dataset, work.raw.sha256)) for _, work in small)
    executor = setting.executor if len(small) >= POOL_FROM else None
    made = _make_pooled(executor, jobs) if executor else map(encode_job, jobs)
    for done, ((n, work), body) in enumerate(zip(small, made, strict=True), 1):
        setting.cache.put(work.key, body)
        outlines[n] = read_outline(BytesIO(body), work.raw)
        setting.progress(dataset, done, len(todo))
    for done, (n, work) in enumerate(large, len(small) + 1):
        outlines[n] = _write_part(setting, dataset, work)
        setting.progress(dataset, done, len(todo))

    def open_part(n: int) -> BinaryIO:
        cached = setting.cache.open(works[n].key)
        if cached is None:  # the cache was cleared meanwhile
            _write_part(setting, dataset, works[n])
            cached = setting.cache.open(works[n].key)
        assert cached is not None
        return cached

    return Shelf(tuple(outlines[n] for n in range(len(works))), open_part)


def _write_part(setting: Setting, dataset: str, work: Work) -> Outline:
    """Make a part from the store into the cache."""
    with setting.store.open_raw(dataset, work.raw.sha256) as raw, setting.cache.write(work.key) as sink:
        return write_part(work, raw, sink)


def encode_job(job: tuple[Work, bytes]) -> bytes:
    """The encoded part of a work and its raw bytes."""
    sink = BytesIO()
    write_part(job[0], BytesIO(job[1]), sink)
    return sink.getvalue()


def encode_jobs(jobs: Sequence[tuple[Work, bytes]]) -> list[bytes]:
    """The encoded parts of many works: what another process does in one go, and all that it sends back."""
    return [encode_job(job) for job in jobs]


def _make_pooled(executor: Callable[[], Executor], jobs: Iterator[tuple[Work, bytes]]) -> Iterator[bytes]:
    """Encoded parts in the order of `jobs`; of raw bytes only those of a few tasks are held at a time."""
    with executor() as pool:
        waiting: deque[Future[list[bytes]]] = deque()
        while batch := list(islice(jobs, TASK)):
            waiting.append(pool.submit(encode_jobs, batch))
            if len(waiting) >= TASKS_WAITING:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
