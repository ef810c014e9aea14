"""The files of a plan written to a store of objects, several at a time, while the claim on it is renewed."""

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Protocol, TypeVar

from entaku.model.nouns import Finding, Refused
from entaku.model.serving import find_headers
from entaku.store.bucket import Bucket, ConditionFailed
from entaku.store.disk import hash_file, telling
from entaku.store.placing import Chain, UploadPlan

AT_ONCE = 16
"""Requests at a time."""
RENEW, FENCE = 20.0, 60.0
"""Seconds after which a claim is renewed, and after which nothing more is written under it unless it is."""
JOURNAL_FILES, JOURNAL_SECONDS = 1000, 10.0
"""What is written at most before it is noted in the store."""
LARGE = 16 << 20
"""Bytes from which on a file is sent in pieces, and not read into memory."""
AT_ONCE_REMOVED = 1000

Thing = TypeVar("Thing")


class Claimed(Protocol):
    """The claim under which files are written."""

    renewed: float

    def renew(self) -> None: ...
    def write_done(self, paths: Collection[str]) -> None: ...


class Putting:
    """Writing the files of a site."""

    def __init__(self, bucket: Bucket, claim: Claimed, progress: Callable[[str, int, int], None]) -> None:
        self._bucket, self._claim, self._progress = bucket, claim, progress
        self._done: deque[str] = deque()
        self._noted, self._count, self._told, self._total = time.monotonic(), 0, 0, 0
        self._stop = Event()

    def put(self, site: Path, plan: UploadPlan, marks: Mapping[str, str]) -> None:
        """Write the stages of a plan, one after the other, and remove what has gone.  Raises Refused, and
        ConditionFailed where the claim was lost."""
        self._total = len(plan.paths)
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                try:
                    for stage in plan.stages:
                        do_all(pool, stage, lambda chain: self._put_chain(site, chain, marks), self._tend)
                except BaseException:
                    self._stop.set()
                    raise
            for start in range(0, len(plan.removed), AT_ONCE_REMOVED):
                self._claim.renew()
                self._bucket.remove(plan.removed[start : start + AT_ONCE_REMOVED])
        except BaseException as error:
            if not isinstance(error, ConditionFailed):
                with suppress(Refused):
                    self._note()
            raise

    def _tend(self) -> None:
        """Renew the claim and note what was written, each when it is time."""
        now = time.monotonic()
        if now - self._claim.renewed > RENEW:
            self._claim.renew()
        if self._done and (len(self._done) >= JOURNAL_FILES or now - self._noted > JOURNAL_SECONDS):
            self._note()
        made = self._count + len(self._done)
        if made != self._told:
            self._told = made
            self._progress(self._bucket.address, made, self._total)

    def _note(self) -> None:
        some = [self._done.popleft() for _ in range(len(self._done))]
        self._count += len(some)
        self._noted = time.monotonic()
        if some:
            self._claim.write_done(some)

    def _put_chain(self, site: Path, chain: Chain, marks: Mapping[str, str]) -> None:
        for path in chain:
            while time.monotonic() - self._claim.renewed > FENCE and not self._stop.is_set():
                self._stop.wait(0.1)
            if self._stop.is_set():
                return
            body = read_body(site / path, path, marks[path].partition(" ")[0])
            self._bucket.write(path, body, find_headers(path))
            self._done.append(path)


def do_all(
    pool: ThreadPoolExecutor, things: Iterable[Thing], do: Callable[[Thing], None], tend: Callable[[], None]
) -> None:
    """Do something for all things at the same time, and call `tend` now and then; the first that fails ends it."""
    waiting: set[Future[None]] = set()
    left = iter(things)
    while True:
        for thing in left:
            waiting.add(pool.submit(do, thing))
            if len(waiting) >= 2 * AT_ONCE:
                break
        if not waiting:
            return
        done, waiting = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
        tend()


def read_body(file: Path, path: str, digest: str) -> bytes | Path:
    """Return the bytes of a file, or the file if it is large.  Raises Refused (checksum) if it has changed."""
    with telling(file, "file-unreadable"):
        large = file.stat().st_size >= LARGE
        body = file if large else file.read_bytes()
        found = hash_file(file) if isinstance(body, Path) else sha256(body).hexdigest()
    if found != digest:
        raise Refused(Finding("checksum", value=path))
    return body
