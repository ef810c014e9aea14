"""The states of files as the system tells them, by which a later run knows that nothing has changed, without reading."""

import hashlib
import os
from collections.abc import Iterable
from typing import NamedTuple


class States(NamedTuple):
    """The states of some files."""

    digest: str
    """Differs if any of them was written, replaced, added or removed."""
    newest: int
    """When the last of them changed, in nanoseconds: one that changes once more at the same moment may look the same."""


def read_states(paths: Iterable[str]) -> States:
    """Read the states of files and folders, in order; one that isn't there has a state too."""
    told, newest = list[tuple[int, ...]](), 0
    for path in paths:
        try:
            stat = os.stat(path)  # noqa: PTH116
        except OSError as error:
            told.append((error.errno or 0,))
            continue
        told.append((stat.st_ino, stat.st_mode, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns))
        newest = max(newest, stat.st_mtime_ns, stat.st_ctime_ns)
    return States(hashlib.sha256(repr(told).encode()).hexdigest()[:32], newest)
