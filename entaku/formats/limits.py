"""Limits of reading files, and of memory.  The finding `read-limit` names the one that was reached.

Limits of the network are those of `source.limit`; of YAML files those of `yamlfile`.
"""

import csv
import errno
import gc
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager

BYTES = 2 << 30
"""Size of a file; the same as the most that `source.limit.megabytes` may allow."""
ROWS = 5_000_000
"""Rows of a file that is read whole."""
PLAIN_ROWS = 100_000_000
"""Rows of a file that is read block by block."""
COLUMNS = 5_000
CELLS = 30_000_000
"""Cells of a sheet: the rectangle from A1 to the last cell with content."""
CELL = 131_072
"""Characters of a cell; more is almost always a quote left open.  (Excel itself holds 32,767.)"""
LINE = 4 << 20
"""Characters of a line of text."""
MEMBERS = 1_000
"""Files in a zip or workbook."""
EXPANDED = 1 << 30
"""Bytes that all members of a zip or workbook together may expand to."""
RATIO = 200
"""Largest ratio of unpacked to packed bytes, for members of more than SMALL bytes."""
SMALL = 10 << 20
NODES = 20_000_000
"""Elements of one XML part that is examined."""
TREE = 1_000_000
"""Elements of one XML part that is parsed to a tree."""
DEPTH = 100
"""Nesting depth of elements in an XML part that is examined."""
SECONDS = 600
"""Time to read, examine and tidy one file: a last resort, as the other limits bound the work."""


PUBLISHED_CELL = 1 << 30
"""Characters of a cell of our own files, where steps may have joined several cells."""


@contextmanager
def cells_up_to(size: int) -> Iterator[None]:
    """Set the csv module's field size limit to `size` characters and restore it at the end; the limit is
    process-wide."""
    before = csv.field_size_limit(size)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class LimitError(Exception):
    """Raised when a limit is reached; holds its name in both languages and its value."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"{what}: {limit}")
        self.what = what
        self.limit = limit


_STARVED = (
    "Cannot allocate memory", "failed to map segment", "can't start new thread", "can't allocate lock",
    "without exception set", "without setting an exception",
)  # fmt: skip
"""What Python says where there was no memory for a library, a thread, a lock, or for the error itself."""


def is_starved(error: BaseException) -> bool:
    """Test whether an exception says that there was not enough memory, or that a worker process was ended, as systems
    that are short of memory do."""
    if isinstance(error, MemoryError | BrokenExecutor) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    words = str(error) if isinstance(error, ImportError | RuntimeError | SystemError) else ""
    if any(each in words for each in _STARVED):
        return True
    cause = error.__cause__ or (error.__context__ if isinstance(error, ImportError) else None)
    return cause is not None and is_starved(cause)


def repeat_interrupt(error: BaseException) -> None:
    """Raise KeyboardInterrupt where `error` came while one was on its way, which it would hide: interrupted between
    closing a file and noting so, shutil.rmtree() closes it once more, and fails."""
    before = error.__context__
    while before is not None:
        if isinstance(before, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        before = before.__context__


class OutOfTimeError(BaseException):
    """Raised after SECONDS.  Not an Exception, so that no handler in between treats it as bad data."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError when the block takes longer than `seconds`; no effect off the main thread and on Windows."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def without_cycles() -> Iterator[None]:
    """Look for no garbage in cycles within the block: it makes very many objects and none of them in cycles."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
