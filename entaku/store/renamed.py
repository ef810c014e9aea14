"""What the store has of a dataset under its former names moves on under the present one.

`catalogue.yaml` alone says what was renamed, so that a store that comes back from a backup, or is on another machine, is
brought in line by the next run that writes to it.
"""

from abc import ABC
from collections.abc import Mapping
from pathlib import Path

from entaku.model.leaving import Renaming, find_present, list_former
from entaku.model.nouns import Finding
from entaku.store.disk import show_path, sync_folder, telling


class Renames(ABC):
    """The part of the store that knows the former names of datasets."""

    root: Path
    renamed: Mapping[str, Renaming]

    def find_present(self, name: str) -> str:
        """Return what the dataset that was called `name` is called now."""
        return find_present(self.renamed, name)

    def list_names(self, dataset: str) -> tuple[str, ...]:
        """List the name of a dataset and its former ones, the newest first."""
        return (dataset, *reversed(list_former(self.renamed, dataset)))

    def finish_renames(self) -> list[Finding]:
        """Move the folders of former names; return a notice for each, and an error where both names have a folder."""
        findings = []
        for former in sorted(self.renamed):
            present = self.find_present(former)
            source, target = self.root / former, self.root / present
            if present in self.renamed or not source.is_dir():
                continue
            if target.exists():
                args = {"to": present, "where": show_path(source)}
                findings.append(Finding("rename-both", "error", value=former, args=args))
                continue
            with telling(source):
                source.rename(target)
                sync_folder(self.root)
            findings.append(Finding("rename-finished", "notice", value=former, args={"to": present}))
        return findings
