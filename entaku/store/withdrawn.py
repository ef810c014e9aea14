"""What was withdrawn from the store: `<dataset>/withdrawn.json` has its tombstones, and is written before the bytes go.

A command that was ended in between is finished by the next run that writes to the store.
"""

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from entaku.model.files import WITHDRAWN
from entaku.model.ledgers import Tombstone, read_tombstone, show_tombstone
from entaku.model.nouns import Finding, History, Refused
from entaku.store.disk import list_inaccessible, remove_folder, sync_folder, telling, write_whole
from entaku.store.ledger import ParsedFiles, write_json


def read_withdrawn(body: bytes) -> tuple[tuple[Tombstone, ...], bool]:
    """Parse a withdrawn.json: the tombstones, and whether bytes are still to be removed."""
    shown: dict[str, Any] = json.loads(body)
    return tuple(map(read_tombstone, shown["withdrawn"])), bool(shown.get("pending"))


class Tombstones(ABC):
    """The part of the store that remembers and removes what was withdrawn."""

    root: Path
    _withdrawn: ParsedFiles[tuple[tuple[Tombstone, ...], bool]]

    def tombstones(self, dataset: str) -> tuple[Tombstone, ...]:
        """Return what was withdrawn of a dataset, oldest first.  Raises Refused (store-broken)."""
        return self._read_tombstones(dataset)[0]

    def list_entombed(self) -> list[str]:
        """List the datasets that have tombstones: where nothing was withdrawn, no file is read for each."""
        names = self.list_datasets()
        absent = {*list_inaccessible(self.root, (f"{name}/{WITHDRAWN}" for name in names), os.F_OK)} if names else ()
        return [name for name in names if f"{name}/{WITHDRAWN}" not in absent]

    def withdrawn_raws(self, dataset: str) -> frozenset[str]:
        """Return the hashes of the source files that were withdrawn."""
        return frozenset(raw.sha256 for tombstone in self.tombstones(dataset) for raw in tombstone.raws)

    def is_withdrawing(self, dataset: str) -> bool:
        """Test whether a withdrawal was recorded but not yet finished by `settle_withdrawal`."""
        return self._read_tombstones(dataset)[1]

    def record_withdrawal(self, dataset: str, more: Sequence[Tombstone]) -> None:
        """Add tombstones to a dataset's; the bytes are to be removed next."""
        self._write_tombstones(dataset, (*self.tombstones(dataset), *more), pending=True)

    def let_go(self, dataset: str, more: Sequence[Tombstone]) -> None:
        """Record tombstones of versions that go by `keep`, take these from the history, then remove their bytes; what
        was made of them may stay."""
        (tombstones, pending), history = self._read_tombstones(dataset), self._read_history(dataset)
        self._write_tombstones(dataset, (*tombstones, *more), pending)
        gone = {tombstone.version for tombstone in more}
        kept = tuple(version for version in history.versions if version not in gone)
        self.write_history(dataset, replace(history, versions=kept))
        self.remove_withdrawn(dataset)

    def settle_withdrawal(self, dataset: str) -> None:
        """Note that nothing is left of what was withdrawn outside the store."""
        self._write_tombstones(dataset, self.tombstones(dataset), pending=False)

    def finish_withdrawals(self) -> list[Finding]:
        """Remove what interrupted withdrawals, or a restored backup, left in the store; return a notice for each
        dataset."""
        findings = []
        for name in self.list_entombed():
            with suppress(Refused):  # reported when the dataset is processed
                if self.remove_withdrawn(name):
                    findings.append(Finding("withdrawal-finished", "notice", value=name))
        return findings

    def remove_withdrawn(self, dataset: str) -> bool:
        """Remove the bytes of what was withdrawn, and withdrawn versions from the history; return whether there was
        anything to do.  What was told of the last failed attempt goes too: it may quote the bytes.
        """
        tombstones, pending = self._read_tombstones(dataset)
        found = self._find_withdrawn(dataset, tombstones) if tombstones else []
        found += (self.root / ".aside").glob(f"{dataset}@*") if pending else ()
        for path in found:
            with telling(path):
                remove_folder(path) if path.is_dir() else path.unlink()
                sync_folder(path.parent)
        if not found and not pending:
            return False
        gone, history = {tombstone.version for tombstone in tombstones}, self._read_history(dataset)
        kept = tuple(version for version in history.versions if version not in gone)
        if kept != history.versions or history.attempt is not None:
            key = history.key if kept[-1:] == history.versions[-1:] else ""
            self.write_history(dataset, replace(history, versions=kept, key=key, attempt=None))
        return True

    def _find_withdrawn(self, dataset: str, tombstones: Sequence[Tombstone]) -> list[Path]:
        """List the files and folders of what was withdrawn that are still in the store."""
        versions = sorted({tombstone.version for tombstone in tombstones} - {""})
        folders, aside = [self.release_path(dataset, version) for version in versions], self.root / ".aside"
        for version in versions:  # set aside, as where another machine has withdrawn it
            folders += [aside / f"{dataset}@{version}", *aside.glob(f"{dataset}@{version}@*")]
        hashes = {raw.sha256 for tombstone in tombstones for raw in tombstone.raws}
        raws = self._folder(dataset) / "raw"
        with telling(raws, "store-broken"):
            files = sorted(path for path in raws.iterdir() if path.name[:64] in hashes) if raws.is_dir() else []
        return [*(folder for folder in folders if folder.is_dir()), *files]

    def _read_tombstones(self, dataset: str) -> tuple[tuple[Tombstone, ...], bool]:
        return self._withdrawn.read(f"{self._folder(dataset)}/{WITHDRAWN}") or ((), False)

    def _write_tombstones(self, dataset: str, tombstones: Sequence[Tombstone], pending: bool) -> None:
        path = self._folder(dataset) / WITHDRAWN
        shown = {**({"pending": True} if pending else {}), "withdrawn": list(map(show_tombstone, tombstones))}
        with telling(path):
            self._withdrawn.forget(os.fspath(path))
            write_whole(path, write_json(shown), self.root / ".new")

    @abstractmethod
    def list_datasets(self) -> tuple[str, ...]:
        """List the datasets of which anything is stored."""

    @abstractmethod
    def release_path(self, dataset: str, version: str) -> Path:
        """Return the folder of a release."""

    @abstractmethod
    def write_history(self, dataset: str, history: History) -> None:
        """Write a dataset's history."""

    @abstractmethod
    def _read_history(self, dataset: str) -> History: ...

    @abstractmethod
    def _folder(self, dataset: str) -> Path: ...
