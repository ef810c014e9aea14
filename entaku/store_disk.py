"""The store's hand on the disk: whole files or none, and words for what the disk refuses."""

import errno
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from entaku.model import Finding
from entaku.source import Refused

_REASONS = {
    errno.ENOSPC: "空き容量がありません",
    errno.EDQUOT: "割り当ての容量を使い切りました",
    errno.EROFS: "読み取り専用の場所です",
    errno.EACCES: "権限がありません",
    errno.EPERM: "権限がありません",
    errno.ENOENT: "ありません",
    errno.EISDIR: "フォルダーです",
    errno.ENOTDIR: "途中にフォルダーではないものがあります",
    errno.ENAMETOOLONG: "名前が長すぎます",
    errno.EIO: "装置の故障かもしれません",
}

_numbers = itertools.count()


def show_path(path: Path) -> str:
    """A path for people: from here if it is below, with forward slashes."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.as_posix()


def say_why(error: OSError) -> str:
    """The reason of an OSError, Japanese / English."""
    told = error.strerror or type(error).__name__
    known = _REASONS.get(error.errno or 0)
    return f"{known} / {told}" if known else told


@contextmanager
def telling(path: Path, code: str = "cannot-write") -> Iterator[None]:
    """Turn an OSError into Refused with the finding `code` about `path`."""
    try:
        yield
    except OSError as error:
        raise Refused(Finding(code, value=show_path(path), args={"why": say_why(error)})) from error


def below(root: Path, path: str) -> Path:
    """`root`/`path`; Refused (outside-project) unless that is certainly inside `root`."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or "\x00" in path:
        raise Refused(Finding("outside-project", value=path))
    return root.joinpath(*parts)


def write_synced(path: Path, body: bytes) -> None:
    """Write a new file and wait until the disk has it."""
    with path.open("xb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the disk has a folder's names."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, body: bytes, waiting: Path, *, sync: bool = True) -> None:
    """Put `body` at `path` in one move: readers see the old bytes or the new ones, also after a crash.

    `waiting`: a folder of the same disk for the unfinished file.
    """
    waiting.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = waiting / f"{os.getpid()}-{next(_numbers)}.tmp"
    unfinished.unlink(missing_ok=True)
    try:
        if sync:
            write_synced(unfinished, body)
        else:
            unfinished.write_bytes(body)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)


def remove_folder(folder: Path) -> None:
    """Remove a folder and all in it, if it is there."""
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)


def list_files(folder: Path) -> tuple[str, ...]:
    """The files below `folder`, relative with forward slashes, sorted; links are passed over."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return tuple(sorted(path.relative_to(folder).as_posix() for path in found))
