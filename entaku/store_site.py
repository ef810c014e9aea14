"""What may be deleted and comes back the same: the cache and the site; and what people keep in the project."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from entaku.model import Finding
from entaku.source import Refused
from entaku.store_disk import below, list_files, remove_folder, show_path, telling, write_whole

MARK = ".entaku"
_MARK_TEXT = b"This folder was written by entaku, which replaces it whole.\n"


class Cache:
    """Bytes by key, in a folder that may be deleted at any time."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, key: str) -> bytes | None:
        """The bytes put under `key`, or None where there are none or the disk has spoilt them."""
        try:
            whole = self._path(key).read_bytes()
        except OSError:
            return None
        body = whole[32:]
        return body if hashlib.sha256(body).digest() == whole[:32] else None

    def put(self, key: str, body: bytes) -> None:
        """Keep `body` under `key`."""
        path = self._path(key)
        with telling(path):
            write_whole(path, hashlib.sha256(body).digest() + body, self.root / ".new", sync=False)

    def _path(self, key: str) -> Path:
        assert key and "/" not in key and not key.startswith("."), key
        return below(self.root, f"{key[:2]}/{key}")


# ---- site -------------------------------------------------------------------------------------------------------


def publish_site(destination: Path, pages: Mapping[str, bytes], copies: Mapping[str, Path]) -> None:
    """Replace the folder `destination` by `pages` (path -> bytes) and `copies` (path -> file or folder to copy).

    Everything is gathered in a new folder beside it, then the two change places: the site is never half-written.
    Refused: two outputs at one path, a path that leaves the site, a folder that holds what entaku did not make.
    """
    outputs = _list_outputs(pages, copies)
    destination = destination.resolve()
    new, old = (destination.with_name(f".{destination.name}.{word}") for word in ("new", "old"))
    _check_ours(destination)
    try:
        with telling(destination):
            remove_folder(new)
            remove_folder(old)
            new.mkdir(parents=True)
            (new / MARK).write_bytes(_MARK_TEXT)
            for path, content in outputs.items():
                target = new / path
                target.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(content, Path):
                    _copy(content, target, destination / path)
                else:
                    target.write_bytes(content)
            _swap(new, destination, old)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _list_outputs(pages: Mapping[str, bytes], copies: Mapping[str, Path]) -> dict[str, bytes | Path]:
    """Every file of the site, by path, sorted."""
    outputs: dict[str, bytes | Path] = {}
    wanted: list[tuple[str, bytes | Path]] = list(pages.items())
    for path, source in copies.items():
        with telling(source, "store-broken"):
            inside = list_files(source) if source.is_dir() else None
            if inside is None:
                source.stat()
        wanted += [(path, source)] if inside is None else [(f"{path}/{name}", source / name) for name in inside]
    for path, content in wanted:
        tidy = below(Path(), path).as_posix()
        if tidy in outputs or tidy == MARK:
            raise Refused(Finding("same-path", value=path))
        outputs[tidy] = content
    for path in outputs:
        if any(parent.as_posix() in outputs for parent in PurePosixPath(path).parents):
            raise Refused(Finding("same-path", value=path))
    return dict(sorted(outputs.items()))


def _check_ours(destination: Path) -> None:
    with telling(destination):
        taken = destination.exists() and not (destination / MARK).is_file()
        if taken and (not destination.is_dir() or any(destination.iterdir())):
            raise Refused(Finding("not-our-folder", value=show_path(destination)))


def _copy(source: Path, target: Path, before: Path) -> None:
    """Copy a file; where the site before has the same copy, share its bytes (as rsync --link-dest does).

    The store's own file is never shared: whoever edits a page must not change a release.
    """
    wanted = source.stat()
    try:
        have = before.lstat()
        if (have.st_size, have.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns) and have.st_ino != wanted.st_ino:
            os.link(before, target)
            return
    except OSError:
        pass  # not there, or a disk without links
    shutil.copyfile(source, target)
    os.utime(target, ns=(wanted.st_mtime_ns, wanted.st_mtime_ns))


def _swap(new: Path, destination: Path, old: Path) -> None:
    if not destination.exists():
        new.rename(destination)
        return
    destination.rename(old)
    try:
        new.rename(destination)
    except OSError:
        old.rename(destination)
        raise
    remove_folder(old)


# ---- project ----------------------------------------------------------------------------------------------------


def read_project(project: Path, pattern: str) -> dict[str, bytes]:
    """The project's files that match a glob such as `pipelines/*.yaml`: relative path -> bytes, sorted."""
    home = project.resolve()
    files: dict[str, bytes] = {}
    for path in sorted(project.glob(pattern)):
        with telling(path, "file-unreadable"):
            if path.is_file() and path.resolve().is_relative_to(home):
                files[path.relative_to(project).as_posix()] = path.read_bytes()
    return files


def write_project(project: Path, path: str, body: bytes) -> None:
    """Write a new file of the project (a draft, say); one that is there is never replaced."""
    target = below(project, path)
    with telling(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with target.open("xb") as file:
                file.write(body)
        except FileExistsError as error:
            raise Refused(Finding("file-exists", value=path)) from error
