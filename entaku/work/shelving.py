"""The parts of a table's source files: taken from the cache, or made, by other processes where there are many.

What is known of them beside their rows is kept once more for GROUP neighbours together: a table may be of tens of thousands
of files, of which a new day brings a few.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import chain, islice
from typing import Any, BinaryIO

from entaku.model.nouns import EPOCH
from entaku.table import part as part_files
from entaku.table import parts
from entaku.table import whole as whole_tables
from entaku.work.setting import Workplace, spread

POOL_FROM = 64
"""Number of parts from which starting other processes pays off."""
TASK = 16
"""Parts per task of another process."""
LARGE = 16 << 20
"""Size in bytes from which a raw file is read from the store instead of being sent to another process."""


GROUP = 256
"""Neighbours of which what is known is kept together."""


def make_parts(setting: Workplace, dataset: str, works: Sequence[parts.Work]) -> whole_tables.Shelf:
    """Make every part, from the cache or anew, in order; their rows stay in the cache."""
    outlines: dict[int, part_files.Outline] = {}
    todo: list[tuple[int, parts.Work]] = []
    groups = {n: works[n : n + GROUP] for n in range(0, len(works) - GROUP + 1, GROUP)}
    for n, group in groups.items():
        outlines |= enumerate(_recall_group(setting, group), n)
    known = set(outlines)
    for n, work in enumerate(works):
        if n in known:
            continue
        cached = setting.cache.open(work.key)
        if cached is None:
            todo.append((n, work))
        else:
            with cached:
                outlines[n] = part_files.read_outline(cached, work.raw)
    large = [(n, work) for n, work in todo if work.raw.bytes >= LARGE]
    small = [(n, work) for n, work in todo if work.raw.bytes < LARGE]
    jobs = ((work, setting.store.raw(dataset, work.raw.sha256)) for _, work in small)
    executor = setting.executor if len(small) >= POOL_FROM else None
    made = chain.from_iterable(spread(executor, encode_jobs, _cut(jobs))) if executor else map(encode_job, jobs)
    for done, ((n, work), body) in enumerate(zip(small, made, strict=True), 1):
        setting.cache.put(work.key, body)
        outlines[n] = part_files.read_outline(BytesIO(body), work.raw)
        setting.progress(dataset, done, len(todo))
    for done, (n, work) in enumerate(large, len(small) + 1):
        outlines[n] = _write_part(setting, dataset, work)
        setting.progress(dataset, done, len(todo))

    for n, group in groups.items():
        if n not in known:
            _keep_group(setting, group, [outlines[n + at] for at in range(GROUP)])

    def open_part(n: int) -> BinaryIO:
        cached = setting.cache.open(works[n].key)
        if cached is None:  # the cache was cleared meanwhile
            _write_part(setting, dataset, works[n])
            cached = setting.cache.open(works[n].key)
        assert cached is not None
        return cached

    keys = tuple(work.key for work in works)
    return whole_tables.Shelf(tuple(outlines[n] for n in range(len(works))), open_part, keys)


def _write_part(setting: Workplace, dataset: str, work: parts.Work) -> part_files.Outline:
    """Make a part from the store and write it to the cache."""
    with setting.store.open_raw(dataset, work.raw.sha256) as raw, setting.cache.write(work.key) as sink:
        return parts.write_part(work, raw, sink)


def encode_job(job: tuple[parts.Work, bytes]) -> bytes:
    """Make a part from a work and its raw bytes, and return it encoded."""
    sink = BytesIO()
    parts.write_part(job[0], BytesIO(job[1]), sink)
    return sink.getvalue()


def encode_jobs(jobs: Sequence[tuple[parts.Work, bytes]]) -> list[bytes]:
    """Encode the parts of many works: one task of another process, with its result."""
    return [encode_job(job) for job in jobs]


def _cut(jobs: Iterator[tuple[parts.Work, bytes]]) -> Iterator[list[tuple[parts.Work, bytes]]]:
    """Split the jobs into tasks of TASK."""
    while task := list(islice(jobs, TASK)):
        yield task


# ---- neighbours together ----------------------------------------------------------------------------------------


def _name_group(group: Sequence[parts.Work]) -> str:
    told = " ".join((f"outlines {EPOCH}", *(work.key for work in group)))
    return hashlib.sha256(told.encode()).hexdigest()


def _recall_group(setting: Workplace, group: Sequence[parts.Work]) -> list[part_files.Outline]:
    """Return what is known of neighbours; nothing unless it is kept of all of them."""
    body = setting.cache.get(_name_group(group))
    if body is None:
        return []
    told = json.loads(body)
    different = [part_files.parse_outline(about, group[0].raw) for about in told["different"]]
    return [different[n].of(work.raw) for n, work in zip(told["which"], group, strict=True)]


def _keep_group(setting: Workplace, group: Sequence[parts.Work], outlines: Sequence[part_files.Outline]) -> None:
    """Keep what is known of neighbours: what is the same of several once."""
    different: dict[str, int] = {}
    which = []
    for outline in outlines:
        about: dict[str, Any] = {**part_files.show_outline(outline), "raw": None}
        which.append(different.setdefault(json.dumps(about, ensure_ascii=False), len(different)))
    body = f'{{"which": {json.dumps(which)}, "different": [{", ".join(different)}]}}'
    setting.cache.put(_name_group(group), body.encode())
