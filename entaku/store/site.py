"""The site: a folder that is replaced whole, in one step, and what is put from it into a store of objects."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR

from entaku.model.files import MANIFEST, SUMS
from entaku.model.nouns import Entry, Finding, History, Place, Refused
from entaku.model.page_groups import Outputs, Staying
from entaku.store.cloud import Upload as Upload
from entaku.store.cloud import VersionName as VersionName
from entaku.store.cloud import upload_site as upload_site
from entaku.store.copying import BadCopies as BadCopies
from entaku.store.copying import Headed as Headed
from entaku.store.copying import copy_all
from entaku.store.disk import (
    WHOLE,
    DayShare,
    exchange,
    hash_file,
    list_files,
    list_inaccessible,
    make_folder,
    remove_folder,
    say_why,
    show_path,
    size_of,
    sync_folder,
    telling,
)
from entaku.store.filling import FILE, FOLDER, begin_filling
from entaku.store.filling import MARK as MARK
from entaku.store.filling import write_mark as write_mark
from entaku.store.flushing import sync_disk
from entaku.store.states import find_newest as find_newest
from entaku.store.states import read_stats as read_stats
from entaku.store.states import show_state as show_state
from entaku.store.store import Store
from entaku.store.tiles import hash_tiles as hash_tiles
from entaku.store.tiles import measure_tiles as measure_tiles

PARTS = ("datasets", "en/datasets")
"""The folders of a site with a folder for each dataset."""


def publish_site(
    destination: Path,
    pages: Mapping[str, bytes] | Outputs | Callable[[Staying], Outputs],
    copies: Mapping[str, Path | Headed],
    sums: Mapping[str, str] | None = None,
    share: DayShare = WHOLE,
) -> tuple[Finding, ...]:
    """Replace the folder `destination` by `pages` (path -> bytes) and `copies` (path -> file or folder to copy).

    Pages may be a stream: each is written and released; or a function that returns them, given one that tells of a group
    of pages whether it stays, and needn't be among them.  An exception while iterating keeps the old site.

    Everything is written to a new folder beside it (`.site.new`) and flushed; then the two exchange names in one step,
    so that a web server never finds a mixture or nothing.  The previous site stays beside it (`.site.old`) until the
    next publication, for requests in progress; then it becomes the new folder, and what has not changed since is not
    written again.  A file that is at two paths of the site is copied once and linked.
    `sums`: by path the SHA-256 that a copy must have; of those carried over from the previous site a `share` is read
    again.  Raises BadCopies for copies with another hash, Refused for two outputs at one path, a path that leaves the
    site, a folder with contents that entaku did not make.  Returns a notice where the exchange of names took two steps.
    """
    destination = destination.resolve()
    new, old = list_beside(destination)
    _check_ours(destination)
    listed = list(_list_copies(copies))
    seal = b""
    try:
        with telling(destination):
            filling = begin_filling(new, old, share)
            sources = {filling.take(path): (copy, stat) for path, copy, stat in listed}
            (new / MARK).write_bytes(write_mark(b""))
            copy_all(sources, filling, destination, sums or {}, share)
        outputs = pages(filling.stay) if callable(pages) else pages
        for path, body in outputs.items() if isinstance(outputs, Mapping) else outputs:
            tidy = filling.take(path)
            try:
                filling.write(tidy, body)
            except OSError as error:  # a `with` for each file would cost as much as finding it unchanged
                with telling(destination):
                    raise error
            seal = body if tidy == SUMS and isinstance(body, bytes) else seal
        with telling(destination):
            filling.finish()
            (new / MARK).write_bytes(write_mark(seal))
            _open_to_readers(new)
            sync_disk(new)
            at_once = _swap(new, destination, old)
            sync_folder(destination.parent)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return () if at_once else (Finding("site-two-steps", "notice", value=show_path(destination)),)


def find_damage(destination: Path, share: DayShare) -> tuple[str, ...]:
    """List files of a site that are not as they were written: a `share` of them is read, and the pages of datasets and
    versions must be there."""
    try:
        sums = (destination / SUMS).read_bytes()
        sealed = (destination / MARK).read_bytes() == write_mark(sums)
        modes = _holds_modes(destination / MARK)
    except OSError:
        return (MARK,)
    if not sealed or (modes and not _is_open(destination, FOLDER)):
        return (SUMS if not sealed else MARK,)
    lines = sums.decode("utf-8", "surrogateescape").splitlines()
    paths = [
        line[66:] for line in lines if line.count("/") < 2 or (line.endswith("/index.html") and line.count("/") < 4)
    ]
    damaged = list_inaccessible(destination, paths)
    hashes = {line[66:]: line[:64] for line in share.choose(lines)}
    for path in share.afford((path, size_of(destination / path)) for path in hashes):
        file = destination / path
        try:
            sound = hash_file(file) == hashes[path]
            sound = sound and (not modes or (_is_open(file, FILE) and _is_open(file.parent, FOLDER)))
        except OSError:
            sound = False
        damaged += [] if sound else [path]
    return tuple(dict.fromkeys(damaged))


def mend_site(destination: Path) -> tuple[Finding, ...]:
    """Make the folder around a site; finish or remove what a crash left of `publish_site`; return notices."""
    destination = destination.resolve()
    new, old = list_beside(destination)
    findings: list[Finding] = []
    with telling(destination):
        if not destination.parent.is_dir():
            before = os.umask(0o777 & ~FOLDER)
            try:
                make_folder(destination.parent)
            finally:
                os.umask(before)
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


def list_beside(destination: Path) -> tuple[Path, Path]:
    """Return the folders of an unfinished site and of the one before."""
    site = destination.resolve()
    return site.with_name(f".{site.name}.new"), site.with_name(f".{site.name}.old")


def remove_datasets(destination: Path, names: Iterable[str]) -> None:
    """Remove all that a site has of some datasets, at once and in place: for what must not stay until it can be made
    again."""
    with telling(destination):
        for folder in (destination / part / name for name in names for part in PARTS):
            remove_folder(folder)


def _list_copies(copies: Mapping[str, Path | Headed]) -> Iterator[tuple[str, Headed, os.stat_result]]:
    """List every file to copy, with those of folders, by path.  Raises BadCopies for those that aren't there."""
    bad = []
    for path, copy in sorted(copies.items()):
        headed = copy if isinstance(copy, Headed) else Headed(b"", copy)
        try:
            stat = headed.stat or os.stat(headed.path)  # noqa: PTH116
            inside = list_files(Path(headed.path)) if S_ISDIR(stat.st_mode) else None
        except OSError as error:
            value = show_path(Path(headed.path))
            bad.append(Finding("store-broken", "error", Place(path), value, {"why": say_why(error)}))
            continue
        if inside is None:
            yield path, headed, stat
        for name in inside or ():
            source = Path(headed.path) / name
            yield f"{path}/{name}", Headed(b"", source), source.stat()
    if bad:
        raise BadCopies(tuple(bad))


def _check_ours(destination: Path) -> None:
    with telling(destination):
        taken = destination.exists() and not (destination / MARK).is_file()
        if taken and (not destination.is_dir() or any(destination.iterdir())):
            raise Refused(Finding("not-our-folder", value=show_path(destination)))


def _holds_modes(mark: Path) -> bool:
    """Test whether permissions can be set at all: not on FAT, nor on some network drives."""
    with suppress(OSError):
        if not _is_open(mark, FILE):
            mark.chmod(FILE)
    return _is_open(mark, FILE)


def _is_open(path: Path, wanted: int) -> bool:
    """Test whether everybody may read a file or folder."""
    return path.stat().st_mode & 0o055 & wanted == wanted & 0o055


def _open_to_readers(new: Path) -> None:
    """Let everybody read a site that was written under a umask that forbids it."""
    umask = os.umask(0o777 & ~FOLDER)
    os.umask(umask)
    if umask & FOLDER or ~umask & 0o022:
        for folder, _, files in os.walk(new):
            Path(folder).chmod(FOLDER)
            for name in files:
                Path(folder, name).chmod(FILE)


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


class KeptStore(Store):
    """The store, of which some datasets are read from the site as they were last published, and others not at all."""

    def __init__(self, store: Store, site: Path, kept: Mapping[str, tuple[History, str] | None]) -> None:
        """`kept`: by dataset its history as published and the time of its newest fetch, or None to leave it out."""
        super().__init__(store.root, store.renamed)
        self.site, self.kept = site, kept

    def history(self, dataset: str) -> History:
        """Return the history, of a kept dataset as it was published."""
        kept = self.kept.get(dataset)
        return super().history(dataset) if kept is None else kept[0]

    def revision(self, dataset: str, version: str) -> int:
        """Return the number of a version's newest revision, of a kept dataset as it was published."""
        kept = self.kept.get(dataset)
        return super().revision(dataset, version) if kept is None else kept[0].revisions.get(version, 1)

    def ledger(self, dataset: str) -> tuple[Entry, ...]:
        """Return every fetch, of a kept dataset the newest alone."""
        kept = self.kept.get(dataset)
        return super().ledger(dataset) if kept is None else (Entry(kept[1], "", {}, "archive", 0),)

    def release_path(self, dataset: str, version: str) -> Path:
        """Return the folder of a release, of a kept dataset in the site: under the name that it had then."""
        if dataset not in self.kept:
            return super().release_path(dataset, version)
        folders = [self.site / "datasets" / name / version for name in self.list_names(dataset)]
        return next((folder for folder in folders if (folder / MANIFEST).is_file()), folders[0])

    def raw_path(self, dataset: str, sha256: str) -> Path:
        """Return the path of archived bytes, of a kept dataset in the site."""
        names = self.list_names(dataset) if self.kept.get(dataset) else ()
        found = (path for name in names for path in (self.site / "datasets" / name / "raw").glob(f"{sha256}*"))
        return next(found, None) or super().raw_path(dataset, sha256)

    def list_datasets(self) -> tuple[str, ...]:
        """List the datasets of which anything is stored or kept, sorted."""
        there = {name for name, kept in self.kept.items() if kept is not None}
        return tuple(sorted({*super().list_datasets(), *there} - (self.kept.keys() - there)))

    def _folder(self, dataset: str) -> Path:
        return self.site / "datasets" / dataset if self.kept.get(dataset) else super()._folder(dataset)
