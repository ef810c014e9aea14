"""The lock of those who write: one process at a time, and whether the last one ended by itself."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from entaku.model import Finding
from entaku.source import Refused
from entaku.store_disk import make_folder, show_path, telling

_held: set[int] = set()
"""Handles of locks; a child process lets go of them, so that a lock dies with the process that took it."""


def _let_go() -> None:
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_let_go)


@contextmanager
def hold(path: Path) -> Iterator[bool]:
    """Be the only one who writes; Refused (locked) if another process is.  Gives whether the last did not end well."""
    with telling(path):
        make_folder(path.parent)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    _held.add(handle)
    mine = False
    try:
        with telling(path):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Refused(Finding("locked", value=show_path(path))) from error
            mine = True
            cut = os.fstat(handle).st_size > 0
            os.pwrite(handle, b"running\n", 0)
        yield cut
    finally:
        if handle in _held:
            _held.discard(handle)
            if mine:
                with suppress(OSError):
                    os.ftruncate(handle, 0)  # the sign of an orderly end
                fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)
