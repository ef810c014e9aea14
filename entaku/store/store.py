"""The store: every path and every write.

    <dataset>/raw/<sha256>.csv           source bytes as received, by content; never overwritten
    <dataset>/raw/ledger.jsonl           one line for every fetch, append-only
    <dataset>/releases/<version>/…       immutable releases
    <dataset>/releases.json, withdrawn.json   the order of releases, written last: it decides what is public; tombstones
    .lock  .new/  .aside/  .restoring    the lock; files being written; releases that a crash kept from their history

Releases in preparation are in `desk`, file operations and the lock in `disk`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from entaku.formats.heavy import pa, pq
from entaku.model.body import Body
from entaku.model.grammar import Office
from entaku.model.leaving import Renaming
from entaku.model.nouns import Answer, Entry, Finding, Refused
from entaku.model.places import find_folder, find_remote
from entaku.store.desk import Desk, share_file
from entaku.store.disk import (
    NAME,
    PIECE,
    RAW,
    SoundFiles,
    below,
    copy_pieces,
    hold,
    list_files,
    make_folder,
    new_file,
    one_name,
    parsing,
    remove_folder,
    safe_suffix,
    settle,
    show_path,
    sync_folder,
    telling,
)
from entaku.store.flushing import flush_together
from entaku.store.histories import Histories
from entaku.store.joined import find_data, hash_pages, open_data, share_parts
from entaku.store.ledger import Ledger, ParsedFiles, read_history
from entaku.store.marks import FileMarks
from entaku.store.remote import Progress, Remote
from entaku.store.renamed import Renames
from entaku.store.withdrawn import read_withdrawn
from entaku.store.working import WorkingCopy


class Store(Histories, Renames, WorkingCopy):
    """The folder `datapackages/`.  One process writes at a time (`lock`); any number may read."""

    def __init__(
        self, root: Path, renamed: Mapping[str, Renaming] = MappingProxyType({}), remote: Remote | None = None
    ) -> None:
        """`renamed`: the former names of datasets, as `catalogue.yaml` has them; `remote`: the store of objects of which
        the folder is a working copy."""
        self.root, self.renamed, self.remote = root, renamed, remote
        self._marks = FileMarks(root)
        self._ledgers: dict[str, Ledger] = {}
        self._raws: dict[str, dict[str, str]] = {}
        self._folders: dict[str, Path] = {}
        self._histories = ParsedFiles(lambda body: read_history(json.loads(body)))
        self._withdrawn = ParsedFiles(read_withdrawn)
        self._sound = SoundFiles()

    @classmethod
    def of(cls, project: Path, office: Office, progress: Progress | None = None) -> Store:
        """Return the store of a project."""
        address = find_remote(office.store)
        remote = Remote(address, progress) if address else None
        return cls(project / find_folder(office.store), office.renamed, remote)

    def refuse_inside(self, site: Path, build: Path) -> None:
        """Raise Refused (store-place) if the store is in a folder whose contents are made anew, or around the site."""
        root, places = self.root.resolve(), (site.resolve(), build.resolve())
        if any(root.is_relative_to(place) for place in places) or places[0].is_relative_to(root):
            raise Refused(Finding("store-place", value=show_path(self.root)))

    # ---- lock

    @contextmanager
    def lock(
        self, is_sound: Callable[[str], bool] = lambda _: False, *, restoring: bool = False
    ) -> Iterator[tuple[Finding, ...]]:  # fmt: skip
        """Take the exclusive write lock; yield notices of what an interrupted run left incomplete, which is repaired or
        removed first.  Raises Refused (locked) if another process holds the lock, and, except for `restoring`,
        (restore-unfinished) if the store was being restored and isn't whole.  `is_sound` tells of a dataset that it is as
        a run left it that had nothing to do with it.
        """
        path = self.root / ".lock"
        with hold(path) as cut:
            self.refuse_unfinished(restoring or self.remote is not None)  # else told once it is the same as there
            with telling(path):
                findings = self._mend(cut, is_sound)
            findings += self.begin_remote()
            self.refuse_unfinished(restoring)
            yield (*findings, *self.list_strays())
            if self.remote is None or not self.remote.has_failed:  # else it was told
                self.keep()

    def _mend(self, cut: bool, is_sound: Callable[[str], bool] = lambda _: False) -> tuple[Finding, ...]:
        """Remove what a crash left incomplete; return findings.  `cut`: whether the last run did not end normally."""
        unfinished = list_files(self._waiting)
        remove_folder(self._waiting)
        findings = []
        if cut or unfinished:
            args = {"count": str(len(unfinished))}
            findings.append(Finding("run-cut-short", "notice", value=show_path(self.root), args=args))
        findings += [*self.finish_renames(), *self.finish_withdrawals()]
        restoring = bool(self.find_restoring())
        for name in self.list_datasets():
            if is_sound(name):
                continue
            with suppress(Refused), telling(self.root):  # reported when the dataset is processed
                ledger = self._ledger(name)
                if ledger.mend():
                    findings.append(Finding("ledger-mended", "notice", value=show_path(ledger.path)))
                if not restoring:  # else it is not known yet which releases there are
                    findings += self._mend_releases(name)
        return tuple(findings)

    @contextmanager
    def trial(self, dataset: str, folder: Path) -> Iterator[Store]:
        """Make a store of one dataset's present state within `folder`, to be written to and discarded.

        On the same disk, files that are never overwritten are hard-linked, not copied.
        """
        with ExitStack() as stack:
            with telling(folder):
                make_folder(folder)
                root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".trial-", dir=folder)))
                mine = self._folder(dataset)
                for folder_name, _, names in os.walk(mine, followlinks=True):
                    there = root / dataset / Path(folder_name).relative_to(mine)
                    there.mkdir(parents=True)
                    for name in names:
                        share_file(Path(folder_name, name), there / name)
            yield Store(root, self.renamed)

    # ---- raw

    def archive(self, dataset: str, answer: Answer, values: Mapping[str, str], when: str) -> Entry:
        """Archive an answer: the bytes by their hash, then a line in the ledger.  Returns that line.

        A 304 takes the hash of the archived bytes that it refers to; other statuses have none.  A line that exists
        already, `when` included, is not written twice.
        """
        entry = Entry(
            when=when,
            url=answer.url,
            values=dict(values),
            served=answer.served,
            status=answer.status,
            etag=answer.etag,
            last_modified=answer.last_modified,
        )
        if answer.body is not None:
            sha256, size = self._keep(dataset, answer.url, answer.body)
            entry = dataclasses.replace(entry, sha256=sha256, bytes=size)
        elif answer.status == 304:
            standing = self._ledger(dataset).find_standing(answer)
            entry = dataclasses.replace(
                entry,
                sha256=standing.sha256,
                bytes=standing.bytes,
                etag=answer.etag or standing.etag,
                last_modified=answer.last_modified or standing.last_modified,
            )
        if entry not in self._ledger(dataset).of_url(entry.url):
            self._ledger(dataset).append(entry)
        return entry

    def ledger(self, dataset: str) -> tuple[Entry, ...]:
        """Return every fetch of a dataset, oldest first.  A truncated last line is skipped."""
        return self._ledger(dataset).list_entries()

    def list_raws(self, dataset: str) -> tuple[str, ...]:
        """List the hashes of archived bytes."""
        return tuple(self._list_raws(dataset))

    def list_untold(self, dataset: str) -> tuple[str, ...]:
        """List the hashes of archived bytes that no line of the ledger tells of."""
        return tuple(self._list_raws(dataset).keys() - {entry.sha256 for entry in self.ledger(dataset)})

    def show_ledger(self, dataset: str) -> str:
        """Return the path of a ledger for display."""
        return show_path(self._ledger(dataset).path)

    def restore_ledger(self, dataset: str, lost: Iterable[Entry]) -> None:
        """Write lost lines back into the ledger, each in its time."""
        self._ledger(dataset).restore(lost, self._waiting)

    def raw(self, dataset: str, sha256: str) -> bytes:
        """Return archived bytes.  Raises Refused (raw-missing, raw-changed) if they are missing or fail their hash."""
        path = self.raw_path(dataset, sha256)
        with telling(path, "store-broken"):
            body = path.read_bytes()
        if hashlib.sha256(body).hexdigest() != sha256:
            raise Refused(Finding("raw-changed", value=show_path(path)))
        return body

    def open_raw(self, dataset: str, sha256: str) -> BinaryIO:
        """Open archived bytes as a file, verified as by `raw` once in a run; the caller closes it."""
        path = self.raw_path(dataset, sha256)
        with ExitStack() as stack, telling(path, "store-broken"):
            file = stack.enter_context(path.open("rb"))
            if not self._sound.has(path, file):
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                    raise Refused(Finding("raw-changed", value=show_path(path)))
                self._sound.add(path, file)
                file.seek(0)
            stack.pop_all()
        return file

    def raw_path(self, dataset: str, sha256: str) -> Path:
        """Return the path of archived bytes, for copying to a site.  Raises Refused (raw-missing)."""
        name = self._find_raw(dataset, sha256)
        path = self._folder(dataset) / "raw" / (name or sha256)
        if name is None:
            raise Refused(Finding("raw-missing", value=show_path(path)))
        return path

    def keep_raw(self, dataset: str, url: str, sha256: str, body: BinaryIO) -> bool:
        """Store a source file that was fetched from `url` before; return False, storing nothing, if it isn't the bytes
        of this hash, or they were withdrawn."""
        folder = self._folder(dataset) / "raw"
        with telling(folder), new_file(self._waiting) as file:
            found, _ = copy_pieces(body, file, Finding("file-unreadable", value=url))
            if found != sha256 or sha256 in self.withdrawn_raws(dataset):
                return False
            settle(file, folder / f"{sha256}{safe_suffix(url)}")
        self._raws.pop(dataset, None)
        return True

    def _keep(self, dataset: str, url: str, body: Body) -> tuple[str, int]:
        """Store a body as a raw file; return the hash and the size of what was written."""
        names = self._raws[dataset] if dataset in self._raws else self._list_raws(dataset)
        likely = any(entry.bytes == body.size for entry in self._ledger(dataset).of_url(url))
        if (likely or body.size <= PIECE) and body.sha256 in names:
            return body.sha256, body.size
        folder = self._folder(dataset) / "raw"
        with body.open() as source, telling(folder), new_file(self._waiting) as file:
            sha256, size = copy_pieces(source, file, Finding("file-unreadable", value=url))
            if sha256 not in names and sha256 not in self.withdrawn_raws(dataset):
                path = folder / f"{sha256}{safe_suffix(url)}"
                self._sound.add(path, file)
                settle(file, path)
                names[sha256] = path.name
        return sha256, size

    def _find_raw(self, dataset: str, sha256: str) -> str | None:
        name = self._raws.get(dataset, {}).get(sha256)
        return name or self._list_raws(dataset).get(sha256)

    def _list_raws(self, dataset: str) -> dict[str, str]:
        folder = self._folder(dataset) / "raw"
        with telling(folder, "store-broken"):
            names = sorted(entry.name for entry in os.scandir(folder)) if folder.is_dir() else []
        self._raws[dataset] = {name[:64]: name for name in names if RAW.fullmatch(name)}
        return self._raws[dataset]

    def _ledger(self, dataset: str) -> Ledger:
        if dataset not in self._ledgers:
            self._ledgers[dataset] = Ledger(self._folder(dataset) / "raw" / "ledger.jsonl")
        return self._ledgers[dataset]

    # ---- releases

    @contextmanager
    def desk(self, dataset: str) -> Iterator[Desk]:
        """Open a desk for a release in preparation; files that `write_release` does not take are removed at the end."""
        desk = Desk(self._waiting / f"{one_name(dataset)}@desk")
        desk.clear()
        try:
            yield desk
        finally:
            desk.clear()

    def write_release(self, dataset: str, version: str, files: Mapping[str, bytes], desk: Desk | None = None) -> None:
        """Write a release of `files` and what is on the desk, all of it or nothing.  Raises Refused (release-exists) if
        the history has that version; a folder of that name that the history lacks was left by a crash and is replaced.
        """
        path = self.release_path(dataset, version)
        before = self.history(dataset).versions
        if version in before:
            raise Refused(Finding("release-exists", value=f"{dataset} {version}"))
        unfinished = self._waiting / f"{dataset}@{version}" if desk is None else desk.folder
        targets = {below(unfinished, name): body for name, body in sorted(files.items())}
        with telling(path):
            if desk is None:
                remove_folder(unfinished)
            else:
                desk.finish(sync=False)
            make_folder(unfinished)
            for target, body in targets.items():
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    file.write(body)
            if before:
                share_parts(unfinished, self.release_path(dataset, before[-1]))
            flush_together(unfinished, list_files(unfinished))
            make_folder(path.parent)
            remove_folder(path)
            unfinished.rename(path)
            sync_folder(path.parent)

    def list_release(self, dataset: str, version: str) -> tuple[str, ...]:
        """List the paths of a release's files, sorted; none if it doesn't exist."""
        path = self.release_path(dataset, version)
        with telling(path, "store-broken"):
            return list_files(path)

    def read_release(self, dataset: str, version: str, path: str) -> bytes:
        """Read one file of a release."""
        folder = self.release_path(dataset, version)
        with telling(folder / path, "store-broken"), open_data(find_data(folder, path)) as file:
            return file.read()

    def list_data(self, dataset: str, version: str, path: str) -> list[Path]:
        """List the files that a CSV or a Parquet of a release consists of: itself, or the parts of its table."""
        target = below(self.release_path(dataset, version), path)
        with telling(target, "store-broken"):
            return find_data(self.release_path(dataset, version), path)

    def read_columns(self, dataset: str, version: str, path: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read some columns of a release's Parquet file, batch by batch."""
        for each in self.list_data(dataset, version, path):
            with telling(each, "store-broken"), parsing(each), pq.ParquetFile(each) as file:
                large = each.stat().st_size > PIECE  # threads cost a small file a quarter more
                yield from file.iter_batches(columns=list(columns), use_threads=large)

    def find_zoned(self, dataset: str, version: str, path: str) -> tuple[str, ...]:
        """List the columns of a release's Parquet file that are moments with offsets from UTC."""
        target = self.list_data(dataset, version, path)[0]
        with telling(target, "store-broken"), parsing(target):
            found = pq.read_schema(target)
        return tuple(each.name for each in found if pa.types.is_timestamp(each.type) and each.type.tz is not None)

    def has_same_columns(self, dataset: str, version: str, path: str, desk: Desk) -> bool:
        """Test whether a Parquet file of a release has the types and the pages of that on the desk: the same up to the
        footer, whose titles may be others."""
        one, other = below(self.release_path(dataset, version), path), below(desk.folder, path)
        with telling(one, "store-broken"):
            desk.finish()
            if not one.is_file():
                return False
            with parsing(one):
                types = [pq.read_schema(file).remove_metadata() for file in (one, other)]
            return types[0].equals(types[1], check_metadata=False) and hash_pages(one) == hash_pages(other)

    def open_release(self, dataset: str, version: str, path: str, after: int = 0) -> BinaryIO:
        """Open one file of a release for reading; `after`: parts that are left out at the beginning of a table."""
        target = below(self.release_path(dataset, version), path)
        with telling(target, "store-broken"):
            return open_data(find_data(self.release_path(dataset, version), path)[after:])

    def release_path(self, dataset: str, version: str) -> Path:
        """Return the folder of a release, for copying to a site; not to be written to."""
        return self._folder(dataset) / "releases" / one_name(version)

    def list_datasets(self) -> tuple[str, ...]:
        """List the datasets of which anything is stored, sorted."""
        return tuple(name for name in self._list_folders() if NAME.fullmatch(name))

    def list_strays(self) -> tuple[Finding, ...]:
        """Return a notice for each folder in the store that can't be a dataset."""
        strays = [name for name in self._list_folders() if not NAME.fullmatch(name)]
        return tuple(Finding("stray-folder", "notice", value=show_path(self.root / name)) for name in strays)

    def list_contents(self, dataset: str) -> tuple[Path, ...]:
        """List the raw files and the folders of releases of a dataset, in order."""
        folder = self._folder(dataset) / "raw"
        raws = [folder / name for name in self._list_raws(dataset).values()]
        return (*raws, *(self.release_path(dataset, version) for version in self._list_versions(dataset)))

    def _list_folders(self) -> list[str]:
        with telling(self.root, "store-broken"):
            if not self.root.is_dir():
                return []
            with os.scandir(self.root) as entries:
                return sorted(each.name for each in entries if each.is_dir() and not each.name.startswith("."))

    def _folder(self, dataset: str) -> Path:
        if dataset not in self._folders:
            self._folders[dataset] = self.root / one_name(dataset)
        return self._folders[dataset]
