"""The site: a folder that is replaced whole, in one step."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from entaku.formats.formulas import guard_formulas
from entaku.model.files import MANIFEST, SUMS
from entaku.model.nouns import Entry, Finding, History, Place, Refused
from entaku.store.disk import (
    WHOLE,
    DayShare,
    below,
    copy_pieces,
    exchange,
    hash_file,
    list_files,
    make_folder,
    remove_folder,
    say_why,
    show_path,
    size_of,
    sync_disk,
    sync_folder,
    telling,
)
from entaku.store.store import Store

MARK = ".entaku"
PARTS = ("datasets", "en/datasets")
"""The folders of a site with a folder for each dataset."""
FILE, FOLDER = 0o644, 0o755
"""Permissions of everything in a site, whatever the umask: a web server reads it as another user."""


@dataclass(frozen=True, slots=True)
class Headed:
    """A copy of a file with a few bytes prepended, and of a CSV with apostrophes before formulas."""

    head: bytes
    path: Path
    formulas: int = 0
    """How many there are."""


class BadCopies(Refused):
    """Raised for files to copy that can't be read or aren't what they should be; `place` is the path in the site."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(findings[0])
        self.findings = findings


def publish_site(
    destination: Path,
    pages: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
    copies: Mapping[str, Path | Headed],
    sums: Mapping[str, str] | None = None,
    share: DayShare = WHOLE,
) -> tuple[Finding, ...]:
    """Replace the folder `destination` by `pages` (path -> bytes) and `copies` (path -> file or folder to copy).

    Pages may be a stream: each is written and released.  An exception while iterating keeps the old site.

    Everything is written to a new folder beside it (`.site.new`) and flushed; then the two exchange names in one step,
    so that a web server never finds a mixture or nothing.  The previous site stays beside it (`.site.old`) until the
    next publication, for requests in progress.  A file that is at two paths of the site is copied once and linked.
    `sums`: by path the SHA-256 that a copy must have; of those carried over from the previous site a `share` is read
    again.  Raises BadCopies for copies with another hash, Refused for two outputs at one path, a path that leaves the
    site, a folder with contents that entaku did not make.  Returns a notice where the exchange of names took two steps.
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
            _copy_all(sources, new, destination, sums or {}, share)
        for path, body in pages.items() if isinstance(pages, Mapping) else pages:
            tidy = taken.take(path)
            with telling(destination):
                _place(new, tidy).write_bytes(body)
            seal = body if tidy == SUMS else seal
        with telling(destination):
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
    versions must be there.
    """
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
    damaged = [path for path in paths if not os.access(f"{destination}/{path}", os.R_OK)]
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
    new, old = _name_beside(destination)
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
    return _name_beside(destination.resolve())


def remove_datasets(destination: Path, names: Iterable[str]) -> None:
    """Remove all that a site has of some datasets, at once and in place: for what must not stay until it can be made
    again."""
    with telling(destination):
        for folder in (destination / part / name for name in names for part in PARTS):
            remove_folder(folder)


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
    """List every file to copy, with those of folders, by path.  Raises BadCopies for those that aren't there."""
    bad = []
    for path, copy in sorted(copies.items()):
        source = copy.path if isinstance(copy, Headed) else copy
        try:
            inside = list_files(source) if source.is_dir() else None
            if inside is None:
                source.stat()
        except OSError as error:
            bad.append(Finding("store-broken", "error", Place(path), show_path(source), {"why": say_why(error)}))
            continue
        if inside is not None:
            yield from ((f"{path}/{name}", Headed(b"", source / name)) for name in inside)
        else:
            yield path, copy if isinstance(copy, Headed) else Headed(b"", copy)
    if bad:
        raise BadCopies(tuple(bad))


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


def _copy_all(
    sources: Mapping[str, Headed], new: Path, destination: Path, sums: Mapping[str, str], share: DayShare
) -> None:
    """Copy every file, or link it to the same copy in the previous site (those of the `share` only after reading it),
    or in the new one."""
    again = set(share.afford((path, size_of(sources[path].path)) for path in share.choose(tuple(sources))))
    made: dict[tuple[Headed, str], Path] = {}
    bad: list[Finding] = []
    for path, copy in sources.items():
        wanted, target = sums.get(path, ""), _place(new, path)
        if _link_twin(made.get((copy, wanted)), target):
            continue
        try:
            if not _link(copy, target, destination / path, wanted if path in again else ""):
                bad += _copy(copy, target, path, wanted)
            made[copy, wanted] = target
        except Refused as refused:
            bad.append(refused.finding)
    if bad:
        raise BadCopies(tuple(bad))


def _link_twin(made: Path | None, target: Path) -> bool:
    """Hard-link the same copy at another path of the new site, if there is one; return False where that fails."""
    if made is None:
        return False
    try:
        os.link(made, target)
    except OSError:  # a disk without links
        return False
    return True


def _link(copy: Headed, target: Path, before: Path, wanted: str) -> bool:
    """Hard-link a file to the same copy in the previous site, if there is one (as rsync --link-dest does) and if its
    SHA-256 is `wanted`.

    The store's own file is never linked: an edited page must not change a release.
    """
    try:
        have, stat = before.lstat(), copy.path.stat()
        size = len(copy.head) + stat.st_size + copy.formulas
        if (have.st_size, have.st_mtime_ns) != (size, stat.st_mtime_ns) or have.st_ino == stat.st_ino:
            return False
        if have.st_mode & 0o777 != FILE or (wanted and hash_file(before) != wanted):
            return False
        os.link(before, target)
    except OSError:
        return False  # not there, or a disk without links
    return True


def _copy(copy: Headed, target: Path, path: str, wanted: str) -> Iterator[Finding]:
    """Copy a file; yield a finding if it can't be read or hasn't the SHA-256 that is `wanted`."""
    source, place = copy.path, Place(path)
    broken = Finding("store-broken", "error", place, show_path(source))
    with target.open("wb") as made:
        try:
            stat, whole = source.stat(), source.open("rb")
        except OSError as error:
            raise Refused(replace(broken, args={"why": say_why(error)})) from error
        with whole:
            try:
                pieces = BytesIO(guard_formulas(whole.read())[0]) if copy.formulas else whole
            except OSError as error:
                raise Refused(replace(broken, args={"why": say_why(error)})) from error
            found, _ = copy_pieces(pieces, made, broken, copy.head)
    if wanted and found != wanted:
        yield Finding("checksum", "error", place, show_path(source))
    os.utime(target, ns=(stat.st_mtime_ns, stat.st_mtime_ns))


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
