"""The folder of the store as a working copy of the store in a store of objects (`remote`); it may be empty.

What is there counts: at the beginning the folder is made the same, except that bytes, lines of ledgers and tombstones
which a run that was cut could not put there stay.  Releases that never got there were never published: they are set
aside, and made again.  `.remote` tells which files are the same, so that unchanged ones aren't read.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from entaku.model.leaving import Renaming
from entaku.model.ledgers import Tombstone
from entaku.model.nouns import Entry, Finding, History, Refused
from entaku.store.disk import RAW, hold, show_path, telling
from entaku.store.flushing import sync_disk
from entaku.store.histories import ABSENT, RESTORING
from entaku.store.marks import INDEX, FileMarks
from entaku.store.remote import HeldFile, Remote

UNSENT = (RESTORING, "/releases.json", f"/{ABSENT}")
"""Records that don't stay where only the folder has them."""


class WorkingCopy(ABC):
    """The part of the store that keeps it in a store of objects; it does nothing where the store is a folder."""

    root: Path
    renamed: Mapping[str, Renaming]
    remote: Remote | None
    _raws: dict[str, dict[str, str]]
    _marks: FileMarks

    def begin_remote(self, *, writing: bool = True) -> tuple[Finding, ...]:
        """Make the folder the same as what is there, or what is there the same as the folder if that is nothing yet."""
        if self.remote is None:
            with telling(self.root):
                (self.root / INDEX).unlink(missing_ok=True)  # what is written from now on is not known there
            return ()
        self.remote.begin(writing=writing)
        self._marks = FileMarks(self.root)
        self._marks.load()
        told = self._fetch(self.remote) if self.remote.held else self.keep() if writing else ()
        return (*told, *self.finish_withdrawals()) if told else ()

    def refresh(self) -> tuple[Finding, ...]:
        """Make the folder the same as what is there, for a command that only reads; nothing while a run goes on."""
        if self.remote is None:
            return ()
        try:
            with hold(self.root / ".lock") as cut:
                return (*self._mend(cut), *self.begin_remote(writing=False))
        except Refused as refused:
            if refused.finding.code == "locked":
                return ()
            raise

    def secure(self, dataset: str, patience: float = 0) -> None:
        """Put the source files of a dataset, and its ledger, before anything reads them; lines of the ledger alone can
        wait, and all of it if the last commit is not `patience` seconds ago."""
        if self.remote is not None and time.monotonic() - self.remote.committed >= patience:
            new = self._list_new(self.remote, self._marks.read(dataset, f"{dataset}/raw"))
            if any(RAW.fullmatch(path.rpartition("/")[2]) for path in new):
                self.remote.commit(self.root, new)

    def keep(self) -> tuple[Finding, ...]:
        """Put everything that is new and let go what the records of the store let go; nothing of it may be relied on
        before."""
        remote = self.remote
        if remote is None:
            return ()
        here = self._look()
        new = self._list_new(remote, here)
        gone = [path for path in remote.held if path not in here and self._lets_go(path, here)]
        told: tuple[Finding, ...] = ()
        if new or gone or remote.has_rest:
            size = remote.commit(self.root, new, gone, settles=True)
            told = (_tell("store-kept", remote, len(new), size),)
        else:
            remote.stand()
        self._marks.keep(remote.address)
        return told

    def stand(self) -> None:
        """Raise Refused (store-outrun) if another machine has changed the store since this run began."""
        if self.remote is not None:
            self.remote.stand()

    def find_lost(self) -> tuple[Finding, ...]:
        """Return a finding on each object that the store of objects should have and has not."""
        if self.remote is None:
            return ()
        self.remote.begin(writing=False)
        lost = self.remote.find_lost()
        return tuple(Finding("store-object-broken", value=f"{self.remote.address}/{key}") for key in lost)

    # ---- what is in the folder

    def _look(self) -> dict[str, str]:
        """Return the SHA-256 of all files that belong to the store, by path."""
        records = [path.name for path in sorted(self.root.glob("*.json")) if path.is_file()]
        records += [RESTORING] if (self.root / RESTORING).is_file() else []
        return self._marks.look(self.list_datasets(), records)

    @staticmethod
    def _list_new(remote: Remote, here: Mapping[str, str]) -> dict[str, str]:
        return {
            path: digest for path, digest in here.items()
            if path not in remote.held or remote.held[path].sha256 != digest
        }  # fmt: skip

    def _lets_go(self, path: str, here: Collection[str]) -> bool:
        """Test whether the records of the store say why a file isn't there any more."""
        parts = path.split("/")
        if path == RESTORING:
            return True
        if len(parts) > 3 and parts[1] == "releases":
            return f"{parts[0]}/releases.json" in here and parts[2] not in self._read_history(parts[0]).versions
        return len(parts) == 3 and bool(RAW.fullmatch(parts[2])) and parts[2][:64] in self.withdrawn_raws(parts[0])

    # ---- what is brought

    def _fetch(self, remote: Remote) -> tuple[Finding, ...]:
        """Make the folder the same as what is there."""
        remote.rename(self.find_present)
        here = self._look()
        versions = {tuple(path.split("/")[:3]) for path in remote.held if "/releases/" in path}
        others = sorted({tuple(path.split("/")[:3]) for path in here if path.count("/") > 2} - versions)
        if self._marks.address != remote.address and others:
            args = {"count": str(len(others)), "example": f"{others[0][0]} {others[0][2]}", "address": remote.address}
            raise Refused(Finding("store-differs", value=show_path(self.root), args=args))
        aside = [(name, version, self._set_aside(name, version)) for name, _, version in others]
        for path in here.keys() - remote.held.keys():
            if path.endswith(UNSENT) or path.count("/") > 2:
                (self.root / path).unlink(missing_ok=True)
        lacking = {path: file for path, file in remote.held.items() if here.get(path) != file.sha256}
        mine = {name: self._read_records(name) for name in {path.partition("/")[0] for path in lacking if path in here}}
        self._bring(remote, lacking)
        for name, (entries, tombstones) in mine.items():
            self._add_records(name, entries, tombstones)
        gone = {name: {each.version for each in self.tombstones(name)} for name, _, _ in aside}
        told = [finding for name, version, finding in aside if version not in gone[name]]  # else they are removed next
        if lacking:
            told.append(_tell("store-fetched", remote, len(lacking), sum(file.size for file in lacking.values())))
        self._marks.keep(remote.address)
        return tuple(told)

    def _set_aside(self, name: str, version: str) -> Finding:
        args = {"where": show_path(self._move_aside(name, version))}
        return Finding("release-set-aside", "notice", value=f"{name} {version}", args=args)

    def _read_records(self, name: str) -> tuple[tuple[Entry, ...], tuple[Tombstone, ...]]:
        """Return what the folder's own records of a dataset tell; nothing where they can't be read."""
        if name not in self.list_datasets():
            return (), ()
        entries, tombstones = tuple[Entry, ...](), tuple[Tombstone, ...]()
        with suppress(Refused):
            entries = self.ledger(name)
        with suppress(Refused):
            tombstones = self.tombstones(name)
        return entries, tombstones

    def _add_records(self, name: str, entries: Iterable[Entry], tombstones: Iterable[Tombstone]) -> None:
        """Add lines of a ledger, and tombstones, that are not there."""
        known, told = {*map(repr, self.ledger(name))}, self.tombstones(name)
        if lost := [entry for entry in entries if repr(entry) not in known]:
            self.restore_ledger(name, lost)
        if more := [each for each in tombstones if each not in told]:
            self.record_withdrawal(name, more)

    def _bring(self, remote: Remote, lacking: Mapping[str, HeldFile]) -> None:
        with telling(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            remote.bring(self.root, self.root / ".new", lacking)
            if lacking:
                sync_disk(self.root)
            for path, file in lacking.items():
                self._marks.note(path, file.sha256)
        self._raws.clear()

    # ---- what the rest of the store does

    @abstractmethod
    def list_datasets(self) -> tuple[str, ...]: ...
    @abstractmethod
    def ledger(self, dataset: str) -> tuple[Entry, ...]: ...
    @abstractmethod
    def tombstones(self, dataset: str) -> tuple[Tombstone, ...]: ...
    @abstractmethod
    def withdrawn_raws(self, dataset: str) -> frozenset[str]: ...
    @abstractmethod
    def restore_ledger(self, dataset: str, lost: Iterable[Entry]) -> None: ...
    @abstractmethod
    def record_withdrawal(self, dataset: str, more: Sequence[Tombstone]) -> None: ...
    @abstractmethod
    def finish_withdrawals(self) -> list[Finding]: ...
    @abstractmethod
    def _mend(self, cut: bool) -> tuple[Finding, ...]: ...
    @abstractmethod
    def find_present(self, name: str) -> str: ...
    @abstractmethod
    def _read_history(self, dataset: str) -> History: ...
    @abstractmethod
    def _move_aside(self, dataset: str, version: str) -> Path: ...


def _tell(code: str, remote: Remote, count: int, size: int) -> Finding:
    return Finding(
        code, "notice", value=remote.address, args={"count": f"{count:,}", "megabytes": f"{size / 1e6:,.1f}"}
    )
