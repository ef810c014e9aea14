"""The order of a dataset's releases: `<dataset>/releases.json`, which decides what is public, and the folders it lists.

While a store is restored, `.restoring` names what from; source files that could not be are listed in `raw/absent.txt`.
"""

import os
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from entaku.model.files import SUMS, WITHDRAWN, name_revised
from entaku.model.nouns import Finding, History, Refused
from entaku.store.desk import Desk
from entaku.store.disk import NAME, below, make_folder, show_path, sync_folder, telling, write_whole
from entaku.store.ledger import ParsedFiles, show_history, write_json
from entaku.store.states import States, read_bytes, read_states
from entaku.store.withdrawn import Tombstones

RESTORING, ABSENT = ".restoring", "absent.txt"
"""What says that a store is being restored, and which source files of a dataset could not be."""

DECIDING = ("raw", "raw/ledger.jsonl", f"raw/{ABSENT}", "releases", "releases.json", WITHDRAWN)
"""What of a dataset changes whenever anything is archived, released, withdrawn or lost."""


class Histories(Tombstones):
    """The part of the store that knows which releases there are, and in which order."""

    _histories: ParsedFiles[History]

    def history(self, dataset: str) -> History:
        """Return the history of a dataset's releases; empty if there never was one.  Raises Refused (history-lost) if
        more than one release on disk is not in it, or one while another is missing.
        """
        history = self._read_history(dataset)
        path = self._folder(dataset) / "releases.json"
        with telling(path, "store-broken"):
            unknown, lost = self._compare_versions(dataset, history)
        if len(unknown) > 1 or (unknown and lost):
            args = {"count": str(len(unknown)), "example": unknown[-1]}
            raise Refused(Finding("history-lost", value=show_path(path), args=args))
        return history

    def _read_history(self, dataset: str) -> History:
        return self._histories.read(f"{self._folder(dataset)}/releases.json") or History()

    def revision(self, dataset: str, version: str) -> int:
        """Return the number of the newest revision of a version's metadata."""
        return self._read_history(dataset).revisions.get(version, 1)

    def write_revision(self, dataset: str, version: str, revision: int, files: Mapping[str, bytes]) -> None:
        """Add the files of a revision to a version, each of them whole; the history decides whether they count, and
        those of the same number that it lacks, which a crash left, are replaced.  Raises Refused (release-exists) if it
        has that revision."""
        path = self.release_path(dataset, version)
        if revision <= self._read_history(dataset).revisions.get(version, 1):
            raise Refused(Finding("release-exists", value=f"{dataset} {version} r{revision}"))
        with telling(path):
            below(path, name_revised(SUMS, revision)).unlink(missing_ok=True)
            sync_folder(path)
            for name, body in sorted(files.items(), key=lambda file: file[0].startswith(SUMS)):
                write_whole(below(path, name), body, self._waiting)

    def write_history(self, dataset: str, history: History) -> None:
        """Write `history` atomically; must come last, as it decides what is published."""
        path = self._folder(dataset) / "releases.json"
        with telling(path):
            self._histories.forget(os.fspath(path))
            write_whole(path, write_json(show_history(history)), self._waiting)

    def set_history_aside(self, dataset: str) -> History:
        """Move all releases of a dataset aside, and return its history without them."""
        history = replace(self.history(dataset), versions=(), key="", attempt=None)
        self.write_history(dataset, history)
        for version in self._list_versions(dataset):
            self._move_aside(dataset, version)
        return history

    def hash_record(self, dataset: str, version: str, name: str) -> str:
        """Return the SHA-256 of one of a release's own records, such as its manifest.json."""
        path = f"{self.release_path(dataset, version)}/{name}"
        try:
            return sha256(read_bytes(path)).hexdigest()
        except OSError:
            with telling(Path(path), "store-broken"):
                raise

    def read_states(self, dataset: str, others: Iterable[str]) -> States:
        """Read the states of a dataset's records and folders, and of `others` that decide about it."""
        folder = self._folder(dataset)
        return read_states((*(f"{folder}/{name}" for name in DECIDING), *others))

    # ---- restored from elsewhere

    def find_history(self, dataset: str) -> tuple[History, tuple[str, ...]]:
        """Return the history as it is recorded, and all releases that are there, whether or not the two agree."""
        return self._read_history(dataset), tuple(self._list_versions(dataset))

    def place_release(self, dataset: str, version: str, desk: Desk) -> None:
        """Put a release that was published before into its place, from the desk: all of it or nothing.  Raises Refused
        (release-exists) if there is one.
        """
        path = self.release_path(dataset, version)
        with telling(path):
            if path.exists():
                raise Refused(Finding("release-exists", value=f"{dataset} {version}"))
            desk.finish()
            for folder in (*(each for each in desk.folder.rglob("*") if each.is_dir()), desk.folder):
                sync_folder(folder)
            make_folder(path.parent)
            desk.folder.rename(path)
            sync_folder(path.parent)

    def find_restoring(self) -> str:
        """Return what the store was being restored from when that was ended; "" if it isn't unfinished."""
        path = self.root / RESTORING
        with telling(path, "store-broken"):
            return path.read_text("utf-8", "replace").strip() if path.exists() else ""

    def refuse_unfinished(self, restoring: bool) -> None:
        """Raise Refused (restore-unfinished) if the store is not whole, unless it is being restored."""
        if (where := self.find_restoring()) and not restoring:
            args = {"file": show_path(self.root / RESTORING)}
            raise Refused(Finding("restore-unfinished", value=where, args=args))

    def begin_restore(self, where: str) -> None:
        """Note that the store is not whole until `end_restore`."""
        path = self.root / RESTORING
        with telling(path):
            write_whole(path, f"{where}\n".encode("utf-8", "backslashreplace"), self._waiting)

    def end_restore(self) -> None:
        """Note that the store is whole again."""
        path = self.root / RESTORING
        with telling(path):
            path.unlink(missing_ok=True)
            sync_folder(self.root)

    def absent_raws(self, dataset: str) -> frozenset[str]:
        """List the hashes of source files that are known not to be archived any more."""
        path = self._folder(dataset) / "raw" / ABSENT
        with telling(path, "store-broken"):
            noted = path.read_text("ascii", "replace").split() if path.exists() else []
        return frozenset(noted).difference(self.list_raws(dataset)) if noted else frozenset()

    def note_absent(self, dataset: str, hashes: Iterable[str]) -> None:
        """Note which source files of a dataset are not archived any more."""
        path = self._folder(dataset) / "raw" / ABSENT
        with telling(path):
            write_whole(path, "".join(f"{sha256}\n" for sha256 in sorted(set(hashes))).encode(), self._waiting)

    # ---- the folders of releases

    def _mend_releases(self, dataset: str) -> tuple[Finding, ...]:
        """Move aside the one release that a crash kept from the history, if all the others are there; `history` refuses
        the rest.
        """
        unknown, lost = self._compare_versions(dataset, self._read_history(dataset))
        if len(unknown) != 1 or lost:
            return ()
        args = {"where": show_path(self._move_aside(dataset, unknown[0]))}
        return (Finding("release-set-aside", "notice", value=f"{dataset} {unknown[0]}", args=args),)

    def _move_aside(self, dataset: str, version: str) -> Path:
        """Move the folder of a release to where nothing reads it; return that place."""
        path, aside = self.release_path(dataset, version), self.root / ".aside" / f"{dataset}@{version}"
        with telling(path):
            make_folder(aside.parent)
            number = 1
            while aside.exists():
                number += 1
                aside = aside.with_name(f"{dataset}@{version}@{number}")
            path.rename(aside)
            sync_folder(path.parent)
        return aside

    def _compare_versions(self, dataset: str, history: History) -> tuple[list[str], list[str]]:
        """List the releases on disk that are not in the history, and those of the history that are not on disk."""
        names = self._list_versions(dataset)
        return [name for name in names if name not in history.versions], [v for v in history.versions if v not in names]

    def _list_versions(self, dataset: str) -> list[str]:
        """List the folders of releases on disk, sorted."""
        try:
            with os.scandir(f"{self._folder(dataset)}/releases") as entries:
                return sorted(entry.name for entry in entries if NAME.fullmatch(entry.name) and entry.is_dir())
        except (FileNotFoundError, NotADirectoryError):
            return []

    @abstractmethod
    def list_raws(self, dataset: str) -> tuple[str, ...]:
        """List the hashes of archived bytes."""

    @property
    def _waiting(self) -> Path:
        return self.root / ".new"
