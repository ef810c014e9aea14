"""The states of files as the system tells them, by which a later run knows that nothing has changed, without reading."""

import hashlib
import os
from collections.abc import Iterable, Sequence
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
        written, changed = stat.st_mtime_ns, stat.st_ctime_ns
        told.append((stat.st_ino, stat.st_mode, stat.st_size, written, changed))  # as `show_state`: called very often
        if written > newest or changed > newest:
            newest = max(written, changed)
    return States(hashlib.sha256(repr(told).encode()).hexdigest()[:32], newest)


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Read a small file: what Path does around it takes as long as that."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        return file.read()


def read_stats(paths: Sequence[str]) -> list[os.stat_result] | None:
    """Read the states of files; None if one of them isn't there."""
    try:
        return [os.stat(path) for path in paths]  # noqa: PTH116
    except OSError:
        return None


def show_state(stat: os.stat_result) -> tuple[int, ...]:
    """Return what tells two states of a file apart: it differs if the file was written or replaced."""
    return stat.st_ino, stat.st_mode, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def find_newest(stat: os.stat_result) -> int:
    """Return when a file last changed, in nanoseconds."""
    return max(stat.st_mtime_ns, stat.st_ctime_ns)
