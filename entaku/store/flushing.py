"""Files that reach the disk together: one flush for all of a release or a site instead of one for each of its files."""

import ctypes
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from entaku.store.disk import LIBC, sync_folder

FEW = 3
"""Files from which a flush of the whole disk costs less than theirs one by one."""


def flush_together(folder: Path, paths: Sequence[str]) -> None:
    """Flush files, by their paths below `folder`, and all folders that they are in: by one call where the system tells
    by it whether all was written, else one by one.  Raises OSError for what isn't on the disk."""
    if len(paths) >= FEW and can_flush_disk(sys.platform, os.uname().release):
        flush_disk(folder)
        return
    for path in paths:
        handle = os.open(folder / path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    for each in sorted({above for path in paths for above in PurePosixPath(path).parents} | {PurePosixPath()}):
        sync_folder(folder / each)


def can_flush_disk(system: str, release: str) -> bool:
    """Test whether a disk is flushed by a call that fails if anything couldn't be written: syncfs(2) of Linux since
    5.8."""
    found = re.match(r"(\d+)\.(\d+)", release)
    new = found is not None and (int(found[1]), int(found[2])) >= (5, 8)
    return system == "linux" and new and hasattr(LIBC, "syncfs")


def flush_disk(folder: Path) -> None:
    """Flush everything written to the disk of `folder`.  Raises OSError where that fails."""
    if not call_syncfs(folder):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def sync_disk(folder: Path) -> None:
    """Flush everything written to the disk of `folder`, for what can be made again: faster than file by file."""
    if not call_syncfs(folder):
        os.sync()


def call_syncfs(folder: Path) -> bool:
    """Flush the disk of `folder` by syncfs(2).  False where there is no such call, or where it fails (`ctypes.get_errno`)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        return hasattr(LIBC, "syncfs") and LIBC.syncfs(handle) == 0
    finally:
        os.close(handle)
