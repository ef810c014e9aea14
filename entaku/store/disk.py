"""Atomic file operations (whole files or none), and findings for what the disk refuses."""

import ctypes
import errno
import fcntl
import hashlib
import itertools
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit

from entaku.formats.heavy import pa
from entaku.formats.limits import repeat_interrupt
from entaku.model.nouns import Finding, Refused

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
    errno.ENOMEM: "メモリーが足りません",
}

PIECE = 1 << 20
"""Bytes of a file that are copied at once."""
SHARE_DAYS, SHARE_LEAST, SHARE_MOST, SHARE_BYTES = 30, 64, 600, 64 << 20
"""What a day's share is of all files (one of so many), its least and greatest number of files, and of bytes."""
GOLDEN, SILVER = (5**0.5 - 1) / 2, 2**0.5 - 1

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*", re.ASCII)
"""Names of datasets and versions; folders with other names, such as `lost+found` or `@eaDir`, are neither."""
RAW = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,8})?")
"""Names of archived bytes."""

Thing = TypeVar("Thing")

_numbers = itertools.count()


def show_path(path: Path) -> str:
    """Return a path for display: relative to the current folder if it is below, with forward slashes."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.as_posix()


def say_why(error: OSError) -> str:
    """Return the reason of an OSError, Japanese / English."""
    told = error.strerror or type(error).__name__
    known = _REASONS.get(error.errno or 0)
    return f"{known} / {told}" if known else told


@contextmanager
def telling(path: Path, code: str = "cannot-write") -> Iterator[None]:
    """Turn an OSError into Refused with the finding `code` about `path`."""
    try:
        yield
    except OSError as error:
        repeat_interrupt(error)
        raise Refused(Finding(code, value=show_path(path), args={"why": say_why(error)})) from error


@contextmanager
def parsing(path: Path) -> Iterator[None]:
    """Turn what pyarrow says of a broken file into Refused (store-broken) about `path`."""
    try:
        yield
    except pa.ArrowException as error:
        if isinstance(error, MemoryError):  # pyarrow's is both
            raise
        raise Refused(Finding("store-broken", value=show_path(path), args={"why": str(error)})) from error


def below(root: Path, path: str) -> Path:
    """Return `root`/`path`.  Raises Refused (outside-project) unless that is inside `root`."""
    parts = path.split("/")
    if path.startswith("/") or not set(parts) - {"", "."} or ".." in parts or "\\" in path or "\x00" in path:
        raise Refused(Finding("outside-project", value=path))
    return root / path


def one_name(name: str) -> str:
    """Return the name of a dataset or version.  Raises Refused (outside-project) for any other."""
    if not NAME.fullmatch(name):
        raise Refused(Finding("outside-project", value=name))
    return name


def safe_suffix(url: str) -> str:
    """Return `.csv`, if the URL's path ends with it and it is safe in a file name."""
    try:
        suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    except ValueError:
        return ""
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else ""


def copy_pieces(source: BinaryIO, target: BinaryIO, refusal: Finding, head: bytes = b"") -> tuple[str, int]:
    """Write `head` and a file piece by piece; return the SHA-256 and the size of what was written.  Raises Refused with
    the reason added to `refusal` where `source` can't be read.
    """
    found, size, piece = hashlib.sha256(), 0, head
    while True:
        target.write(piece)
        found.update(piece)
        size += len(piece)
        try:
            piece = source.read(PIECE)
        except OSError as error:
            raise Refused(replace(refusal, args={"why": say_why(error)})) from error
        if not piece:
            return found.hexdigest(), size


def size_of(path: Path) -> int:
    """Return the size of a file, or of all files in a folder; 0 where there is none."""
    try:
        return sum(size_of(each) for each in path.iterdir()) if path.is_dir() else path.stat().st_size
    except OSError:
        return 0


def size_once(folder: Path, beside: Path | None = None) -> int:
    """Return the bytes of the files in a folder, one at several paths once; without those that `beside` has too."""
    stats = ([path.stat() for path in where.rglob("*") if path.is_file()] for where in (beside, folder) if where)
    *theirs, mine = ({(one.st_dev, one.st_ino): one.st_size for one in each} for each in stats)
    return sum(mine[file] for file in mine.keys() - set(*theirs))


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class DayShare:
    """The part of many files that one run reads again: another one each day, so that every file has its turn.

    Where a day's part begins is given by the multiples of the golden ratio, which leave no file out whether a run is
    made every day, every week or every month.
    """

    day: int | None = None
    """A running number; None: every file."""

    def choose(self, things: Sequence[Thing], step: float = GOLDEN) -> Sequence[Thing]:
        """Choose the day's part of `things`, in turn; a part of a part is chosen by another `step`."""
        if self.day is None or not things:
            return things
        start = int(self.day * step % 1 * len(things))
        count = min(max(len(things) // SHARE_DAYS, SHARE_LEAST), SHARE_MOST, len(things))
        return [things[n % len(things)] for n in range(start, start + count)]

    def afford(self, sized: Iterable[tuple[Thing, int]]) -> Iterator[Thing]:
        """Yield things, given with their sizes in bytes, until SHARE_BYTES are used up; larger ones come more rarely."""
        left = SHARE_BYTES
        for thing, size in sized:
            if self.day is not None:
                if size > SHARE_BYTES and self.day % (size // SHARE_BYTES + 1):
                    continue
                if left <= 0:
                    return
                left -= size
            yield thing


WHOLE = DayShare()


def write_synced(path: Path, body: bytes) -> None:
    """Write a new file and flush it to the disk."""
    with path.open("xb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def write_new(path: Path, body: bytes, mode: int) -> None:
    """Write a new file with these permissions from the start.  Raises Refused (file-exists, cannot-write)."""
    with telling(path):
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError as error:
            raise Refused(Finding("file-exists", value=show_path(path))) from error
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents; flush the entry of each that is new."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        sync_folder(each.parent)


def exchange(one: Path, other: Path) -> bool:
    """Exchange the names of two folders atomically; return False where the system can't.

    Linux: renameat2(2) with RENAME_EXCHANGE; macOS: renamex_np(2) with RENAME_SWAP.
    """
    names = os.fsencode(one), os.fsencode(other)
    if hasattr(LIBC, "renameat2"):
        failed = LIBC.renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE)
    elif sys.platform == "darwin" and hasattr(LIBC, "renamex_np"):
        failed = LIBC.renamex_np(*names, _EXCHANGE)
    else:
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP):
        return False
    raise OSError(number, os.strerror(number), str(other))


LIBC = ctypes.CDLL(None, use_errno=True)
_HERE, _EXCHANGE = -100, 2
"""AT_FDCWD; RENAME_EXCHANGE and RENAME_SWAP are both 2."""


@contextmanager
def new_file(waiting: Path) -> Iterator[BinaryIO]:
    """Open an unfinished file in the folder `waiting`; it is removed at the end unless `settle` has moved it."""
    make_folder(waiting)
    unfinished = waiting / f"{os.getpid()}-{next(_numbers)}.tmp"
    unfinished.unlink(missing_ok=True)
    with unfinished.open("x+b") as file:
        try:
            yield file
        finally:
            unfinished.unlink(missing_ok=True)


def settle(file: BinaryIO, path: Path, *, sync: bool = True) -> None:
    """Move a `new_file` of the same disk to `path`: readers see the old bytes or the new ones, also after a crash."""
    make_folder(path.parent)
    file.flush()
    if sync:
        os.fsync(file.fileno())
    Path(file.name).replace(path)
    if sync:
        sync_folder(path.parent)


def write_whole(path: Path, body: bytes, waiting: Path, *, sync: bool = True) -> None:
    """Write `body` to `path` atomically, by way of the folder `waiting` on the same disk."""
    with new_file(waiting) as file:
        file.write(body)
        settle(file, path, sync=sync)


class SoundFiles:
    """The files that this run has written or hashed: they aren't hashed again while they stay as they were."""

    def __init__(self) -> None:
        self._states: dict[Path, tuple[int, int, int]] = {}

    def add(self, path: Path, file: BinaryIO) -> None:
        """Note that `file`, which is or will be at `path`, has the bytes that it should have."""
        file.flush()
        self._states[path] = _state_of(file)

    def has(self, path: Path, file: BinaryIO) -> bool:
        """Test whether `file`, opened at `path`, is one of them and unchanged."""
        return self._states.get(path) == _state_of(file)


def _state_of(file: BinaryIO) -> tuple[int, int, int]:
    """Return a file's inode, size and time of the last change."""
    found = os.fstat(file.fileno())
    return found.st_ino, found.st_size, found.st_mtime_ns


def remove_folder(folder: Path) -> None:
    """Remove a folder and its contents, if it exists."""
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)


def replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make `files` (by name) the only ones in `folder`, which is removed if there are none."""
    with telling(folder):
        if not files:
            remove_folder(folder)
            return
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name not in files and path.is_file():
                path.unlink()
        for name, body in files.items():
            write_whole(below(folder, name), body, folder.parent / ".new", sync=False)


def list_inaccessible(folder: Path, paths: Iterable[str], mode: int = os.R_OK) -> list[str]:
    """List those of the paths below `folder` that can't be read, or (F_OK) are not there; each is looked up from that
    folder, not from the root of the disk."""
    top = os.open(folder, os.O_RDONLY)
    try:
        return [path for path in paths if not os.access(path, mode, dir_fd=top)]
    finally:
        os.close(top)


def list_files(folder: Path) -> tuple[str, ...]:
    """List the files below `folder`, relative with forward slashes, sorted; links are skipped."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return tuple(sorted(path.relative_to(folder).as_posix() for path in found))


_held: set[int] = set()
"""Handles of locks; a child process closes them, so that a lock ends with the process that took it."""


def _let_go() -> None:
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_let_go)


@contextmanager
def hold(path: Path) -> Iterator[bool]:
    """Lock `path` exclusively; yield whether the last holder did not end normally.  Raises Refused (locked)."""
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
                    os.ftruncate(handle, 0)  # an empty file marks a normal end
                fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)


def write_project(project: Path, path: str, body: bytes, *, over: bool = False) -> None:
    """Write a new file of the project, such as a draft; an existing one is overwritten only if `over`."""
    target = below(project, path)
    with telling(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.new")
        unfinished.unlink(missing_ok=True)
        write_synced(unfinished, body)
        try:
            unfinished.replace(target) if over else os.link(unfinished, target)
        except FileExistsError as error:
            raise Refused(Finding("file-exists", value=path)) from error
        finally:
            unfinished.unlink(missing_ok=True)
