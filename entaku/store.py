"""The store: every path and every write.

    <dataset>/raw/<sha256>.csv           source bytes as they came, by content; never overwritten
    <dataset>/raw/ledger.jsonl           one line for every fetch, append-only
    <dataset>/releases/<version>/…       immutable releases
    <dataset>/releases.json              their order and the last failed attempt; written last, so it alone decides
                                         what is published

The cache, the site and the project's own files are in `store_site`, the hand on the disk in `store_disk`.
"""

import dataclasses
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from entaku.messages import read_finding, show_finding
from entaku.model import Answer, Attempt, Entry, Finding, History, Place
from entaku.source import Refused
from entaku.store_disk import (
    below,
    list_files,
    remove_folder,
    show_path,
    sync_folder,
    telling,
    write_synced,
    write_whole,
)
from entaku.store_site import Cache, publish_site, read_project, write_project

__all__ = ["Cache", "Refused", "Store", "publish_site", "read_project", "show_path", "write_project"]

_held: set[int] = set()
"""Handles of locks; a child process lets go of them, so that a lock dies with the process that took it."""


def _let_go() -> None:
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_let_go)


class Store:
    """The folder `datapackages/`.  One process writes at a time (`lock`); any number may read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ledgers: dict[str, _Ledger] = {}
        self._raws: dict[str, dict[str, str]] = {}

    # ---- lock

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one who writes; Refused (locked) if another process is.  Also clears what a crash left."""
        path = self.root / ".lock"
        with telling(path):
            self.root.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        _held.add(handle)
        try:
            with telling(path):
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise Refused(Finding("locked", value=show_path(path))) from error
                remove_folder(self._waiting)
            yield
        finally:
            if handle in _held:
                _held.discard(handle)
                fcntl.flock(handle, fcntl.LOCK_UN)
                os.close(handle)

    # ---- raw

    def archive(self, dataset: str, answer: Answer, values: Mapping[str, str], when: str) -> Entry:
        """Keep what came of asking: the bytes by their hash, then a line in the ledger.  Returns that line.

        A 304 takes the hash of the bytes that stand for the URL; other statuses have none.  A line that is there
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
            sha256 = hashlib.sha256(answer.body).hexdigest()
            self._keep(dataset, sha256, _safe_suffix(answer.url), answer.body)
            entry = dataclasses.replace(entry, sha256=sha256, bytes=len(answer.body))
        elif answer.status == 304:
            standing = self._find_standing(dataset, answer)
            entry = dataclasses.replace(
                entry,
                sha256=standing.sha256,
                bytes=standing.bytes,
                etag=answer.etag or standing.etag,
                last_modified=answer.last_modified or standing.last_modified,
            )
        if entry not in self._load(dataset).by_url.get(entry.url, ()):
            self._append(dataset, entry)
        return entry

    def ledger(self, dataset: str) -> tuple[Entry, ...]:
        """Every fetch of a dataset, oldest first.  A last line that a crash tore is passed over."""
        ledger = self._load(dataset)
        if len(ledger.shown) != len(ledger.entries):
            ledger.shown = tuple(ledger.entries)
        return ledger.shown

    def raw(self, dataset: str, sha256: str) -> bytes:
        """Archived bytes; Refused (store-broken, checksum) if they are gone or not what was archived."""
        name = self._find_raw(dataset, sha256)
        if name is None:
            path = self._folder(dataset) / "raw" / sha256
            raise Refused(Finding("store-broken", value=show_path(path), args={"why": "ありません / not there"}))
        path = self._folder(dataset) / "raw" / name
        with telling(path, "store-broken"):
            body = path.read_bytes()
        if hashlib.sha256(body).hexdigest() != sha256:
            raise Refused(Finding("checksum", value=show_path(path)))
        return body

    def _keep(self, dataset: str, sha256: str, suffix: str, body: bytes) -> None:
        names = self._raws[dataset] if dataset in self._raws else self._list_raws(dataset)
        if sha256 in names:
            return
        path = self._folder(dataset) / "raw" / f"{sha256}{suffix}"
        with telling(path):
            write_whole(path, body, self._waiting)
        names[sha256] = path.name

    def _find_raw(self, dataset: str, sha256: str) -> str | None:
        name = self._raws.get(dataset, {}).get(sha256)
        return name or self._list_raws(dataset).get(sha256)

    def _list_raws(self, dataset: str) -> dict[str, str]:
        folder = self._folder(dataset) / "raw"
        with telling(folder, "store-broken"):
            names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        self._raws[dataset] = {name.partition(".")[0]: name for name in names}
        return self._raws[dataset]

    def _find_standing(self, dataset: str, answer: Answer) -> Entry:
        """The newest bytes that a 304 may mean: of the same URL, with the same validator if there are such."""
        entries = [entry for entry in reversed(self._load(dataset).by_url.get(answer.url, [])) if entry.sha256]
        same = [
            entry
            for entry in entries
            if (answer.etag and entry.etag == answer.etag)
            or (answer.last_modified and entry.last_modified == answer.last_modified)
        ]
        if not entries:
            why = f"304、しかし控えがありません / HTTP 304, but nothing is archived of {answer.url}"
            place = show_path(self._ledger_path(dataset))
            raise Refused(Finding("store-broken", value=place, args={"why": why}))
        return (same or entries)[0]

    def _append(self, dataset: str, entry: Entry) -> None:
        path = self._ledger_path(dataset)
        ledger = self._load(dataset)
        with telling(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.truncate(ledger.good)
                file.write(_write_entry(entry) if ledger.ended else b"\n" + _write_entry(entry))
                file.flush()
                os.fsync(file.fileno())
                ledger.mark = _mark(os.fstat(file.fileno()))
        ledger.good, ledger.ended = ledger.mark[0], True
        ledger.add(entry)

    def _load(self, dataset: str) -> "_Ledger":
        path = self._ledger_path(dataset)
        with telling(path, "store-broken"):
            try:
                mark = _mark(path.stat())
            except FileNotFoundError:
                mark = (0, 0)
            ledger = self._ledgers.get(dataset)
            if ledger is None or ledger.mark != mark:
                ledger = _read_ledger(path.read_bytes() if mark[0] else b"", show_path(path), mark)
                self._ledgers[dataset] = ledger
        return ledger

    def _ledger_path(self, dataset: str) -> Path:
        return self._folder(dataset) / "raw" / "ledger.jsonl"

    # ---- releases

    def history(self, dataset: str) -> History:
        """The order of a dataset's releases; empty if there never was one."""
        path = self._folder(dataset) / "releases.json"
        with telling(path, "store-broken"):
            try:
                body = path.read_bytes()
            except FileNotFoundError:
                return History()
        try:
            return _read_history(json.loads(body))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            why = f"形が違います / not as written ({error})"
            raise Refused(Finding("store-broken", value=show_path(path), args={"why": why})) from error

    def write_history(self, dataset: str, history: History) -> None:
        """Make `history` the truth, in one move; to be done last."""
        path = self._folder(dataset) / "releases.json"
        with telling(path):
            write_whole(path, write_json(_show_history(history)), self._waiting)

    def write_release(self, dataset: str, version: str, files: Mapping[str, bytes]) -> None:
        """Write a release, all of it or nothing.  Refused (release-exists) if the history has that version; a folder
        of that name that the history doesn't know is what a crash left, and gives way."""
        path = self.release_path(dataset, version)
        if version in self.history(dataset).versions:
            raise Refused(Finding("release-exists", value=f"{dataset} {version}"))
        unfinished = self._waiting / f"{dataset}@{version}"
        targets = {below(unfinished, name): body for name, body in sorted(files.items())}
        with telling(path):
            remove_folder(unfinished)
            unfinished.mkdir(parents=True)
            for target, body in targets.items():
                target.parent.mkdir(parents=True, exist_ok=True)
                write_synced(target, body)
            for folder in sorted({target.parent for target in targets} | {unfinished}):
                sync_folder(folder)
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_folder(path)
            unfinished.rename(path)
            sync_folder(path.parent)

    def list_release(self, dataset: str, version: str) -> tuple[str, ...]:
        """The paths of a release's files, sorted; none if it isn't there."""
        path = self.release_path(dataset, version)
        with telling(path, "store-broken"):
            return list_files(path)

    def read_release(self, dataset: str, version: str, path: str) -> bytes:
        """One file of a release."""
        target = below(self.release_path(dataset, version), path)
        with telling(target, "store-broken"):
            return target.read_bytes()

    def release_path(self, dataset: str, version: str) -> Path:
        """The folder of a release, to be copied to a site; not to be written to."""
        return self._folder(dataset) / "releases" / _one_name(version)

    def list_datasets(self) -> tuple[str, ...]:
        """The datasets of which anything is stored, sorted."""
        with telling(self.root, "store-broken"):
            if not self.root.is_dir():
                return ()
            return tuple(sorted(p.name for p in self.root.iterdir() if p.is_dir() and not p.name.startswith(".")))

    def _folder(self, dataset: str) -> Path:
        return self.root / _one_name(dataset)

    @property
    def _waiting(self) -> Path:
        return self.root / ".new"


def _one_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
        raise Refused(Finding("outside-project", value=name))
    return name


def _safe_suffix(url: str) -> str:
    """`.csv`, if that is how the URL's path ends and it can do no harm."""
    try:
        suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    except ValueError:
        return ""
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else ""


# ---- the ledger's lines -----------------------------------------------------------------------------------------


@dataclasses.dataclass
class _Ledger:
    """A ledger file in memory."""

    mark: tuple[int, int]
    """Size and time of change of the file that this was read from."""
    good: int = 0
    """How many of its bytes are whole lines."""
    ended: bool = True
    """Whether the last of them has its newline."""
    entries: list[Entry] = dataclasses.field(default_factory=list)
    by_url: dict[str, list[Entry]] = dataclasses.field(default_factory=dict)
    shown: tuple[Entry, ...] = ()

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.by_url.setdefault(entry.url, []).append(entry)


def _mark(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_size, stat.st_mtime_ns


def _write_entry(entry: Entry) -> bytes:
    line = {**dataclasses.asdict(entry), "values": dict(entry.values)}
    text = json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _read_ledger(whole: bytes, shown: str, mark: tuple[int, int]) -> _Ledger:
    ledger = _Ledger(mark)
    lines = whole.splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        try:
            ledger.add(Entry(**json.loads(line)))
        except (ValueError, TypeError) as error:
            if number == len(lines) and isinstance(error, ValueError):
                break  # a crash tore it
            place = Place(file=shown, line=number)
            raise Refused(Finding("store-broken", place=place, value=shown, args={"why": str(error)})) from error
        ledger.good += len(line)
        ledger.ended = line.endswith(b"\n")
    return ledger


# ---- releases.json ----------------------------------------------------------------------------------------------


def write_json(value: Any) -> bytes:
    """JSON for people and machines: two spaces, Japanese as it is, a final newline."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


def _show_history(history: History) -> dict[str, Any]:
    attempt = history.attempt
    return {
        "current": history.versions[-1] if history.versions else None,
        "versions": list(history.versions),
        "key": history.key,
        "attempt": attempt
        and {
            "when": attempt.when,
            "count": attempt.count,
            "findings": [show_finding(finding) for finding in attempt.findings],
        },
    }


def _read_history(shown: Mapping[str, Any]) -> History:
    attempt = shown["attempt"]
    if not all(isinstance(version, str) for version in shown["versions"]):
        raise ValueError("versions")
    return History(
        versions=tuple(shown["versions"]),
        key=shown["key"],
        attempt=None
        if attempt is None
        else Attempt(
            when=attempt["when"],
            findings=tuple(read_finding(finding) for finding in attempt["findings"]),
            count=attempt["count"],
        ),
    )
