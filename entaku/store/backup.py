"""A project and its store → one tar file, and back: everything that a site is made from.

The last member lists the SHA-256 of all the others: a file that was cut short, or changed, is not restored.
"""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from entaku.model.nouns import Finding, Refused
from entaku.store import disk, flushing

WHOLE = ("pipelines", "codes", "site_templates", "data")
"""Folders of a project that are backed up whole."""
FINGERPRINT = "releases.txt"
"""The file of what was published: the project's own stays where it tells other things than the backup's."""
SINGLE = ("[cC]atalogue.[yY]*", "Makefile", "entaku.json", "*.csv", "*.xlsx", "*.xls", FINGERPRINT)
"""Files beside them."""
PASSED_OVER = (".lock", ".new", ".aside", ".restoring", ".remote")
"""What a store holds for the time of a run, or of no use."""
LIST = "entaku-backup.sha256"
WAITING = ".entaku-restore"
"""Folder of the files of a backup until all of it is found sound."""
Progress = Callable[[int, int], None]
"""Callback for progress: files, or megabytes when restoring, of how many."""


def list_project(project: Path, store: Path, more: Iterable[str]) -> list[str]:
    """List the files to back up, as paths in the project: the owner's, those `more`, and the store's, sorted.

    Raises Refused (backup-outside) if the store is no folder of the project.
    """
    home = project.resolve()
    if not store.resolve().is_relative_to(home):
        raise Refused(Finding("backup-outside", value=disk.show_path(store)))
    with disk.telling(project, "file-unreadable"):
        found = [path for pattern in SINGLE for path in project.glob(pattern)]
        found += [path for name in WHOLE for path in (project / name).rglob("*")]
        found += [disk.below(project, path) for path in more]
        kept = (path for path in store.rglob("*") if path.relative_to(store).parts[0] not in PASSED_OVER)
        files = {path for path in (*found, *kept) if path.is_file() and path.resolve().is_relative_to(home)}
    return sorted(path.relative_to(project).as_posix() for path in files)


def write_backup(project: Path, files: list[str], target: Path, progress: Progress) -> int:
    """Write the files of a project to `target`, packed if its name ends with .gz or .tgz; return their bytes.

    The same files give the same bytes.  Raises Refused (file-exists, cannot-write, file-unreadable).
    """
    if target.exists():
        raise Refused(Finding("file-exists", value=disk.show_path(target)))
    size, sums = 0, list[str]()
    waiting = target.with_name(f".{target.name}.part")
    try:
        with disk.telling(target), waiting.open("wb") as sink, _pack(sink, target.name) as tar:
            for done, path in enumerate(files, 1):
                with disk.telling(project / path, "file-unreadable"):
                    length, sha256 = (project / path).stat().st_size, disk.hash_file(project / path)
                    with (project / path).open("rb") as file:
                        tar.addfile(_describe(path, length), file)
                sums.append(f"{sha256}  {path}\n")
                size += length
                progress(done, len(files))
            body = "".join(sums).encode("utf-8", "surrogateescape")
            tar.addfile(_describe(LIST, len(body)), io.BytesIO(body))
        with disk.telling(target):
            with waiting.open("rb") as made:
                disk.settle(made, target)
            disk.sync_folder(target.parent)
    finally:
        waiting.unlink(missing_ok=True)
    return size


@contextmanager
def _pack(sink: BinaryIO, name: str) -> Iterator[tarfile.TarFile]:
    if name.endswith((".gz", ".tgz")):
        with gzip.GzipFile("", "wb", 6, sink, mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
            yield tar
    else:
        with tarfile.open(fileobj=sink, mode="w") as tar:
            yield tar


def _describe(path: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.size, member.mode, member.mtime = size, 0o644, 0
    return member


# ---- back -------------------------------------------------------------------------------------------------------


def restore_backup(source: Path, project: Path, progress: Progress) -> tuple[int, int]:
    """Restore the files of a backup in a project; return how many were written, and how many were there already.

    Nothing is overwritten: raises Refused (restore-differs) if files of the project are other ones, and
    (backup-broken) for a file that is no whole backup.
    """
    waiting = project / WAITING
    with disk.telling(project):
        disk.make_folder(project)
        disk.remove_folder(waiting)
    try:
        files = _unpack(source, waiting, progress)
        there = [path for path in files if (project / path).exists() or (project / path).is_symlink()]
        other = [path for path in there if path != FINGERPRINT and not _is_same(project / path, files[path])]
        if other:
            args = {"count": str(len(other)), "example": other[0]}
            raise Refused(Finding("restore-differs", value=disk.show_path(project), args=args))
        with disk.telling(project):
            for path in files:
                if path not in there:
                    disk.make_folder((project / path).parent)
                    (waiting / path).rename(project / path)
            flushing.sync_disk(project)
    finally:
        disk.remove_folder(waiting)
    return len(files) - len(there), len(there)


def _is_same(path: Path, sha256: str) -> bool:
    with disk.telling(path, "file-unreadable"):
        return path.is_file() and not path.is_symlink() and disk.hash_file(path) == sha256


def _unpack(source: Path, waiting: Path, progress: Progress) -> dict[str, str]:
    """Write the members of a backup below `waiting`; return their SHA-256 by path, in order."""
    found: dict[str, str] = {}
    listed: dict[str, str] | None = None
    try:
        read, whole = 0, source.stat().st_size >> 20
        with source.open("rb") as file, tarfile.open(fileobj=file, mode="r|*") as tar:
            for member in tar:
                body = tar.extractfile(member) if member.isreg() else None
                if body is None or listed is not None or member.name in found:
                    raise _not_sound(source, member.name)
                if member.name == LIST:
                    listed = _read_list(body.read().decode("utf-8", "surrogateescape"))
                    continue
                parts = PurePosixPath(member.name).parts
                if parts[0].startswith((".", "/")) or ".." in parts or "\\" in member.name:
                    raise _not_sound(source, member.name)
                found[member.name] = _write(disk.below(waiting, member.name), body)
                if file.tell() >> 20 != read:
                    read = file.tell() >> 20
                    progress(read, whole)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, ValueError, IndexError) as error:
        raise _not_sound(source, str(error)) from error
    except OSError as error:
        raise Refused(
            Finding("file-unreadable", value=disk.show_path(source), args={"why": disk.say_why(error)})
        ) from error
    if listed is None or listed != found:
        wrong = sorted(path for path in {*found, *(listed or {})} if found.get(path) != (listed or {}).get(path))
        raise _not_sound(source, next(iter(wrong), LIST))
    return found


def _read_list(text: str) -> dict[str, str]:
    lines = (line.partition("  ") for line in text.split("\n") if line)
    return {path: sha256 for sha256, _, path in lines}


def _write(path: Path, body: IO[bytes]) -> str:
    digest = hashlib.sha256()
    with disk.telling(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            while piece := body.read(disk.PIECE):
                digest.update(piece)
                file.write(piece)
    return digest.hexdigest()


def _not_sound(source: Path, why: str) -> Refused:
    return Refused(Finding("backup-broken", value=disk.show_path(source), args={"why": why}))
