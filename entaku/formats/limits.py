"""Every limit of reading files, in one place.  The finding `read-limit` names whichever was reached.

Limits of the network are those of `source.limit`; of YAML files those of `yamlfile`.
"""

import csv
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

BYTES = 2 << 30
"""Of a file; the same as the most that `source.limit.megabytes` may allow."""
ROWS = 5_000_000
"""Of a file that is read whole."""
PLAIN_ROWS = 100_000_000
"""Of a file that is read block by block."""
COLUMNS = 5_000
CELLS = 30_000_000
"""Of a sheet: the rectangle from A1 to the last cell that holds something."""
CELL = 131_072
"""Characters of a cell; more is almost always a quote left open.  (Excel itself holds 32,767.)"""
LINE = 4 << 20
"""Characters of a line of text."""
MEMBERS = 1_000
"""Files in a zip or workbook."""
EXPANDED = 1 << 30
"""Bytes that a zip or workbook may expand to, all its members together."""
RATIO = 200
"""How many times larger a member of more than SMALL bytes may be than its packed bytes."""
SMALL = 10 << 20
NODES = 20_000_000
"""Elements of one XML part that is examined."""
TREE = 1_000_000
"""Elements of one XML part that is examined as a whole."""
DEPTH = 100
"""Levels of elements of an XML part that is examined."""
SECONDS = 600
"""For one file to be read, examined and tidied: the last resort, as the other limits bound the work."""


PUBLISHED_CELL = 1 << 30
"""Characters of a cell of our own files, where steps may have joined several."""


@contextmanager
def cells_up_to(size: int) -> Iterator[None]:
    """Let the csv module take cells of `size` characters; its limit is the whole process's, so it is put back."""
    before = csv.field_size_limit(size)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class LimitError(Exception):
    """A limit was reached: `what` (in both languages) and its value."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"{what}: {limit}")
        self.what = what
        self.limit = limit


class OutOfTimeError(BaseException):
    """SECONDS are over.  Not an Exception, so that nobody on the way takes it for bad data."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError where the block takes longer; without effect off the main thread and on Windows."""
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
