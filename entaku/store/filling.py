"""The folder of a new site while it is filled: it begins as the site before the last, whose unchanged files stay."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from operator import eq
from pathlib import Path
from stat import S_IFREG
from types import MappingProxyType

from entaku.model.files import SUMS, is_shared
from entaku.model.kept import KeptPage
from entaku.model.long_pages import LongPage
from entaku.model.nouns import Finding, Refused
from entaku.model.page_groups import PageGroup
from entaku.store.disk import DayShare, below, hash_file, remove_folder

MARK = ".entaku"
FILE, FOLDER = 0o644, 0o755
"""Permissions of everything in a site, whatever the umask: a web server reads it as another user."""
PLAIN = S_IFREG | FILE
"""Type and permissions of a file that stays."""


def write_mark(sums: bytes) -> bytes:
    """Return the file that marks a site as made by entaku, and ties it to its SHA256SUMS."""
    seal = f"{SUMS} {sha256(sums).hexdigest()}\n" if sums else ""
    return f"This folder was written by entaku, which replaces it whole.\n{seal}".encode()


def name_shared(path: Path | str, stat: os.stat_result, wanted: str) -> object:
    """Return what is the same of a file in all releases that share it, given its SHA-256; None of files of one release."""
    return (stat.st_dev, stat.st_ino, stat.st_mtime_ns, wanted) if wanted and is_shared(str(path)) else None


class Filling:
    """A folder that becomes a site: what is written to it, and what stays of a former one.

    No file is ever written over: the site that is being read may share it.
    """

    def __init__(
        self,
        folder: Path,
        former: dict[str, os.stat_result],
        folders: Iterable[str] = (),
        sums: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`former`: the states of the files that the folder holds from a former site, by path; `folders`: the folders in
        it; `sums`: the SHA-256 of each of the files that may stay."""
        self.root = os.fspath(folder)
        self._former, self._made, self._sums = former, {"", *folders}, sums
        self._files, self._folders = {MARK}, set[str]()

    def take(self, path: str) -> str:
        """Reserve a path; return it normalized.  Raises Refused (same-path) if it conflicts with another output,
        Refused (outside-project) if it leaves the folder."""
        above, _, last = path.rpartition("/")
        if above in self._folders and last not in ("", ".", "..") and "\\" not in last and "\x00" not in last:
            if path in self._files or path in self._folders:
                raise Refused(Finding("same-path", value=path))
            self._files.add(path)
            return path
        parts = path.split("/")
        plain = "\\" not in path and "\x00" not in path and not {"", ".", ".."} & set(parts)
        name = path if plain else below(Path(), path).as_posix()
        if name in self._files or name in self._folders:
            raise Refused(Finding("same-path", value=path))
        above, new = _parent(name), list[str]()
        while above and above not in self._folders:
            if above in self._files:
                raise Refused(Finding("same-path", value=path))
            new.append(above)
            above = _parent(above)
        self._files.add(name)
        self._folders.update(new)
        return name

    def keeps(self, path: str, digest: str, size: int, when: int | None = None) -> bool:
        """Test whether the folder holds a file with this SHA-256 and size, last changed `when`; any other is removed."""
        have = self._former.pop(path, None)
        if have is None:
            return False
        same = have.st_size == size and have.st_mode == PLAIN and when in (None, have.st_mtime_ns)
        if same and digest and self._sums.get(path) == digest:
            return True
        os.unlink(f"{self.root}/{path}")
        return False

    def stay(self, group: PageGroup) -> bool:
        """Reserve the paths of some pages and keep their files, if the folder holds all of them with these SHA-256 and
        sizes; do nothing otherwise."""
        former = self._former
        if not all(map(eq, map(self._sums.get, group.paths), group.hashes)):
            return False
        for path, size in zip(group.paths, group.sizes, strict=True):
            have = former.get(path)
            if have is None or have.st_size != size or have.st_mode != PLAIN:
                return False
        for path in group.paths:
            self.take(path)
            del former[path]
        return True

    def drop(self, path: str) -> None:
        """Remove a file that was kept and isn't as it should be."""
        os.unlink(f"{self.root}/{path}")

    def place(self, path: str) -> str:
        """Return the name of the file `path`, after making its folder and removing what is in the way."""
        target = f"{self.root}/{path}"
        if (above := _parent(path)) not in self._made:
            self._make(above)
        if path in self._made:
            self._remove_tree(path)
        return target

    def write(self, path: str, page: bytes | KeptPage | LongPage) -> None:
        """Write a file, unless the folder holds the same bytes there: then a kept page isn't even read."""
        if isinstance(page, LongPage):
            if path not in self._former or not self.keeps(path, page.sha256, page.size):
                with open(self.place(path), "xb") as pieces:
                    pieces.writelines(page.list_pieces())
            return
        if isinstance(page, KeptPage):
            if self.keeps(path, page.sha256, page.size):
                return
            body = page.body
        else:
            body = page
            if path in self._former and self.keeps(path, sha256(body).hexdigest(), len(body)):
                return
        with open(self.place(path), "xb", buffering=0) as file:
            left = memoryview(body)
            while left:
                left = left[file.write(left) :]

    def finish(self) -> None:
        """Remove what the new site has no more."""
        for path in self._former:
            os.unlink(f"{self.root}/{path}")
        self._former.clear()
        for folder in sorted(self._made - self._folders - {""}, reverse=True):
            os.rmdir(f"{self.root}/{folder}")

    def _make(self, folder: str) -> None:
        above = _parent(folder)
        if above not in self._made:
            self._make(above)
        if self._former.pop(folder, None) is not None:
            os.unlink(f"{self.root}/{folder}")
        os.mkdir(f"{self.root}/{folder}")
        self._made.add(folder)

    def _remove_tree(self, folder: str) -> None:
        shutil.rmtree(f"{self.root}/{folder}")
        inside = f"{folder}/"
        self._made = {each for each in self._made if each != folder and not each.startswith(inside)}
        for path in [path for path in self._former if path.startswith(inside)]:
            del self._former[path]


def begin_filling(new: Path, old: Path, share: DayShare) -> Filling:
    """Make the folder `new`, of the site `old` where that is as it was written, else empty; `old` is gone afterwards.

    Of the files of `old` a `share` is read again; of every one its size must be that of a listed file and everybody
    must be able to read it.  A `share` of every file begins with nothing.
    """
    remove_folder(new)
    sums = read_sums(old) if share.day is not None else {}
    if sums:
        with suppress(OSError):  # what can't be read is made anew
            old.rename(new)
            (new / MARK).unlink()
            return _fill_from(new, sums, share)
    remove_folder(new)
    remove_folder(old)
    new.mkdir(parents=True)
    return Filling(new, {})


def _fill_from(new: Path, sums: dict[str, str], share: DayShare) -> Filling:
    """Find what the folder `new` holds of a site with these `sums`."""
    folders: list[str] = []
    former = dict(_walk(os.fspath(new), folders))
    for path in share.afford((path, former[path].st_size) for path in share.choose(sorted(former))):
        if path in sums and former[path].st_mode == PLAIN and hash_file(new / path) != sums[path]:
            del sums[path]
    return Filling(new, former, folders, sums)


def read_sums(site: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a site, by path; nothing where there is no site or its SHA256SUMS isn't that
    with which it was published."""
    try:
        body = (site / SUMS).read_bytes()
        if (site / MARK).read_bytes() != write_mark(body):
            return {}
    except OSError:
        return {}
    return {line[66:]: line[:64] for line in body.decode("utf-8", "surrogateescape").splitlines()}


def _walk(root: str, folders: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every file below `root` by its path there, and append the folders to `folders`; all may be entered by
    everybody afterwards."""
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        with os.scandir(f"{root}/{inside}") as entries:
            for entry in entries:
                stat = entry.stat(follow_symlinks=False)
                if not entry.is_dir(follow_symlinks=False):
                    yield inside + entry.name, stat
                    continue
                if stat.st_mode & 0o777 != FOLDER:
                    with suppress(OSError):
                        os.chmod(entry.path, FOLDER)
                folders.append(inside + entry.name)
                waiting.append(f"{inside}{entry.name}/")


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
