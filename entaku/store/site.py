"""The site: a folder that is replaced whole, in one step."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from entaku.model.files import SUMS
from entaku.model.nouns import Finding, Refused
from entaku.store.disk import (
    PIECE,
    below,
    exchange,
    list_files,
    remove_folder,
    show_path,
    sync_disk,
    sync_folder,
    telling,
)

MARK = ".entaku"


@dataclass(frozen=True, slots=True)
class Headed:
    """A copy of a file with a few bytes prepended."""

    head: bytes
    path: Path


def publish_site(
    destination: Path,
    pages: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
    copies: Mapping[str, Path | Headed],
    sums: Mapping[str, str] | None = None,
) -> tuple[Finding, ...]:
    """Replace the folder `destination` by `pages` (path -> bytes) and `copies` (path -> file or folder to copy).

    Pages may be a stream: each is written and released.  An exception while iterating keeps the old site.

    Everything is written to a new folder beside it (`.site.new`) and flushed; then the two exchange names in one step,
    so that a web server never finds a mixture or nothing.  The previous site stays beside it (`.site.old`) until the
    next publication, for requests in progress.  A file that is at two paths of the site is copied once and linked.
    `sums`: by path the SHA-256 that a copy must have.  Raises Refused for a copy with another hash, two outputs at
    one path, a path that leaves the site, a folder with contents that entaku did not make.  Returns a notice where the
    exchange of names took two steps.
    """
    taken = _Taken()
    sources = {taken.take(path): copy for path, copy in _list_copies(copies)}
    destination = destination.resolve()
    new, old = _name_beside(destination)
    _check_ours(destination)
    seal = b""
    try:
        with telling(destination):
            remove_folder(old)
            remove_folder(new)
            new.mkdir(parents=True)
            (new / MARK).write_bytes(write_mark(b""))
            made: dict[tuple[Headed, str], Path] = {}
            for path, copy in sources.items():
                target, wanted = _place(new, path), (sums or {}).get(path, "")
                if not _link(made.get((copy, wanted)), target):
                    _copy(copy, target, destination / path, wanted)
                    made[copy, wanted] = target
        for path, body in pages.items() if isinstance(pages, Mapping) else pages:
            tidy = taken.take(path)
            with telling(destination):
                _place(new, tidy).write_bytes(body)
            seal = body if tidy == SUMS else seal
        with telling(destination):
            (new / MARK).write_bytes(write_mark(seal))
            sync_disk(new)
            at_once = _swap(new, destination, old)
            sync_folder(destination.parent)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return () if at_once else (Finding("site-two-steps", "notice", value=show_path(destination)),)


def mend_site(destination: Path) -> tuple[Finding, ...]:
    """Finish or remove what a crash left of `publish_site`; return notices."""
    destination = destination.resolve()
    new, old = _name_beside(destination)
    findings: list[Finding] = []
    with telling(destination):
        if not destination.exists() and (old / MARK).is_file():
            old.rename(destination)
            sync_folder(destination.parent)
            findings.append(Finding("site-put-back", "notice", value=show_path(destination)))
        if new.is_dir():
            remove_folder(new)
            findings.append(Finding("site-cleared", "notice", value=show_path(new)))
    return tuple(findings)


def read_site(destination: Path, path: str) -> bytes | None:
    """Read a file of a site that entaku made, or return None."""
    try:
        return (destination / path).read_bytes() if (destination / MARK).is_file() else None
    except OSError:
        return None


def write_mark(sums: bytes) -> bytes:
    """Return the file that marks a site as made by entaku, and ties it to its SHA256SUMS."""
    seal = f"{SUMS} {hashlib.sha256(sums).hexdigest()}\n" if sums else ""
    return f"This folder was written by entaku, which replaces it whole.\n{seal}".encode()


def _name_beside(destination: Path) -> tuple[Path, Path]:
    return destination.with_name(f".{destination.name}.new"), destination.with_name(f".{destination.name}.old")


class _Taken:
    """Paths of the site that are files, and their parent folders."""

    def __init__(self) -> None:
        self.files, self.folders = {MARK}, set[str]()

    def take(self, path: str) -> str:
        """Reserve a path; return it normalized.  Raises Refused (same-path) if it conflicts with another output."""
        tidy = below(Path(), path)
        parents = [parent.as_posix() for parent in tidy.parents]
        name = tidy.as_posix()
        if name in self.files or name in self.folders or not self.files.isdisjoint(parents):
            raise Refused(Finding("same-path", value=path))
        self.files.add(name)
        self.folders.update(parents)
        return name


def _list_copies(copies: Mapping[str, Path | Headed]) -> Iterator[tuple[str, Headed]]:
    """List every file to copy, with those of folders, by path."""
    for path, copy in sorted(copies.items()):
        source = copy.path if isinstance(copy, Headed) else copy
        with telling(source, "store-broken"):
            inside = list_files(source) if source.is_dir() else None
            if inside is None:
                source.stat()
        if inside is not None:
            yield from ((f"{path}/{name}", Headed(b"", source / name)) for name in inside)
        else:
            yield path, copy if isinstance(copy, Headed) else Headed(b"", copy)


def _place(new: Path, path: str) -> Path:
    """Return the file `path` below `new`, after making its folder."""
    target = new / path
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _check_ours(destination: Path) -> None:
    with telling(destination):
        taken = destination.exists() and not (destination / MARK).is_file()
        if taken and (not destination.is_dir() or any(destination.iterdir())):
            raise Refused(Finding("not-our-folder", value=show_path(destination)))


def _link(made: Path | None, target: Path) -> bool:
    """Hard-link the same copy at another path of the new site, if there is one; return False where that fails."""
    if made is None:
        return False
    try:
        os.link(made, target)
    except OSError:  # a disk without links
        return False
    return True


def _copy(copy: Headed, target: Path, before: Path, wanted: str) -> None:
    """Copy a file; hard-link it to the same copy in the previous site, if there is one (as rsync --link-dest does).

    The store's own file is never linked: an edited page must not change a release.
    """
    source = copy.path
    stat = source.stat()
    try:
        have = before.lstat()
        size = len(copy.head) + stat.st_size
        if (have.st_size, have.st_mtime_ns) == (size, stat.st_mtime_ns) and have.st_ino != stat.st_ino:
            os.link(before, target)
            return
    except OSError:
        pass  # not there, or a disk without links
    found = hashlib.sha256()
    with source.open("rb") as whole, target.open("wb") as made:
        for piece in chain([copy.head], iter(partial(whole.read, PIECE), b"")):
            found.update(piece)
            made.write(piece)
    if wanted and found.hexdigest() != wanted:
        raise Refused(Finding("checksum", value=show_path(source)))
    os.utime(target, ns=(stat.st_mtime_ns, stat.st_mtime_ns))


def _swap(new: Path, destination: Path, old: Path) -> bool:
    """Rename `new` to `destination`, and that to `old`; return False if for a moment there was no `destination`."""
    if not destination.exists():
        new.rename(destination)
        return True
    if exchange(new, destination):
        new.rename(old)
        return True
    destination.rename(old)
    try:
        new.rename(destination)
    except OSError:
        old.rename(destination)
        raise
    return False
