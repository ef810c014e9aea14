"""A site put into a store of objects, of which only what has changed is written.

Beside the site, in `.entaku/`, the store keeps what publishers need: `site.json`, which is replaced only by whoever
knows the version that is there, says what the site consists of (`files-…`) and whose upload is under way; each upload
has what it is about to write (`plan-…`) and what it has written (`done-…`), so that another one goes on where it was cut.
"""

import gzip
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from entaku.model.files import ROOT, SUMS, name_signature
from entaku.model.nouns import Finding, Refused
from entaku.model.serving import find_headers
from entaku.store.bucket import Bucket, ConditionFailed, GuardedObject
from entaku.store.disk import hash_file, telling, write_whole
from entaku.store.filling import read_sums
from entaku.store.placing import Held, UploadPlan, find_lost_versions, plan_upload
from entaku.store.placing import VersionName as VersionName
from entaku.store.putting import Putting

FOLDER = ".entaku/"
POINTER = f"{FOLDER}site.json"
FORMAT = 1
PATIENCE, LOOK = 300.0, 2.0
"""Seconds after which an upload that shows no sign of life has been cut, and between two looks at it: longer than any
request that it may still have under way."""
_PRIVATE = {"Content-Type": "application/json", "Cache-Control": "no-store"}
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Upload:
    """Where a site goes, and what must be known of it."""

    address: str
    today: date
    notes: Path
    """A folder in which it is noted which upload is ours."""
    excused: Collection[VersionName] = ()
    """Versions that the site may lack: withdrawn, or left behind by a new history."""
    withdrawn: str = ""
    """A digest of what was withdrawn: where that has changed, nothing stays that may tell of it."""
    dry: bool = False
    """Only tell what would be done."""
    without: frozenset[str] = frozenset()
    """Datasets that are removed, and nothing else is done."""


@dataclass(frozen=True)
class Pointer:
    """What `site.json` says."""

    files: str = ""
    """The object that lists the site's files; "" for none yet."""
    runs: tuple[str, ...] = ()
    """Uploads that have changed the site since: the last is under way, those before it were cut."""
    turn: int = 0
    """Rises each time, so that no two are the same bytes."""


def upload_site(site: Path, upload: Upload, progress: Progress) -> tuple[Finding, ...]:
    """Bring a store of objects up to date with a site that was published to a folder; return notices of it.

    Raises Refused for a store that can't be used, ignores conditions, is being written by somebody else, is not ours or
    holds versions that the site lacks; nothing of the site is written then.
    """
    files = {} if upload.without else list_site(site)
    bucket = Bucket(upload.address)
    claim = Claim(bucket, upload)
    claim.look(progress)
    held = read_held(bucket, claim.pointer)
    if upload.without:
        files = {path: mark for path, mark in held.files.items() if _dataset_of(path) not in upload.without}
    elif lost := find_lost_versions(files, held, upload.excused):
        args = {"count": str(len(lost)), "example": "/".join(lost[0])}
        raise Refused(Finding("bucket-versions-lost", value=upload.address, args=args))
    plan = plan_upload(files, held, upload.today, upload.withdrawn)
    if not claim.pointer.runs and claim.pointer.files and not plan.stages and not plan.removed:
        return ()
    told = _tell(plan, site, upload)
    if upload.dry:
        return (replace(told, code="upload-planned"),)
    claim.take()
    try:
        claim.write_plan(plan, files)
        Putting(bucket, claim, progress).put(site, plan, files)
        claim.settle(files, plan)
    except ConditionFailed as error:
        raise Refused(Finding("bucket-changed", value=upload.address)) from error
    return (*((Finding("upload-resumed", "notice", value=upload.address),) if claim.resumed else ()), told)


def list_site(site: Path) -> dict[str, str]:
    """Return a mark of each file of a site, by path: its SHA-256 and how it is served.  Raises Refused (site-unsealed)
    unless the site's checksums are those with which it was published."""
    sums = read_sums(site)
    if not sums:
        raise Refused(Finding("site-unsealed", value=str(site)))
    for path in (SUMS, ROOT, name_signature(ROOT)):
        if (site / path).is_file():
            with telling(site / path, "file-unreadable"):
                sums[path] = hash_file(site / path)
    return {path: f"{sha256} {_digest_headers(path)}" for path, sha256 in sums.items()}


def _dataset_of(path: str) -> str:
    found = re.match(r"(?:en/)?datasets/([^/]+)/", path)
    return found[1] if found else ""


def _digest_headers(path: str) -> str:
    return hashlib.sha256(repr(find_headers(path)).encode()).hexdigest()[:8]


def read_held(bucket: Bucket, pointer: Pointer) -> Held:
    """Read what a store holds: its list, and what uploads that were cut have made of it."""
    listed = _read(bucket, pointer.files) if pointer.files else {}
    files: dict[str, str] = dict(listed.get("files", {}))
    leaving: dict[str, str] = dict(listed.get("leaving", {}))
    stray: set[str] = set()
    for run in pointer.runs:
        plan = _read(bucket, f"{FOLDER}plan-{run}")
        done: set[str] = set()
        for path in bucket.list(f"{FOLDER}done-{run}"):
            done |= set(_read(bucket, path)["paths"])
        for path, mark in plan.get("files", {}).items():
            if path in done:
                files[path] = mark
                leaving.pop(path, None)
                stray.discard(path)
            elif path in files:
                files[path] = ""
            else:
                stray.add(path)
        for path in plan.get("removed", ()):
            files.pop(path, None)
            leaving.pop(path, None)
            stray.add(path)
    return Held(files, leaving, frozenset(stray), str(listed.get("withdrawn", "")))


def _read(bucket: Bucket, path: str) -> Mapping[str, Any]:
    """Read an object of ours; nothing where there is none.  Raises Refused (bucket-broken)."""
    found = bucket.read(path)
    if found is None and not path.startswith(f"{FOLDER}files-"):
        return {}
    try:
        read: dict[str, Any] = json.loads(gzip.decompress(found[0] if found else b""))
    except (OSError, EOFError, ValueError) as error:
        raise Refused(Finding("bucket-broken", value=f"{bucket.address}/{path}")) from error
    return read


class Claim:
    """The right to write to a store, of which one publisher at a time can have it."""

    def __init__(self, bucket: Bucket, upload: Upload) -> None:
        self.bucket, self.upload = bucket, upload
        self.run = secrets.token_hex(8)
        self.pointer, self.resumed = Pointer(), False
        self.renewed = 0.0
        """When the store was last seen to know this claim (monotonic)."""
        self._object = GuardedObject(bucket, POINTER)
        self._journals = 0

    # ---- at the beginning

    def look(self, progress: Progress) -> None:
        """Read who has the store; wait where that may be somebody who was cut.  Raises Refused where it is another
        publisher, or where what is there isn't ours."""
        self.pointer = self._read_pointer()
        if self._object.version is None and any(True for _ in self.bucket.list()):
            other = self.bucket.read(POINTER) is not None  # put there since we looked
            raise Refused(Finding("bucket-taken" if other else "bucket-not-ours", value=self.upload.address))
        if not self.pointer.runs or self.pointer.runs[-1] in self._read_note():
            return
        end = time.monotonic() + PATIENCE
        while (left := end - time.monotonic()) > 0:
            progress(f"wait for {self.upload.address} (s)", round(PATIENCE - left), round(PATIENCE))
            time.sleep(min(LOOK, left))
            if self._object.has_changed():
                raise Refused(Finding("bucket-taken", value=self.upload.address))

    def take(self) -> None:
        """Take the store, after making sure that it heeds conditions."""
        self.resumed = bool(self.pointer.runs)
        if self._object.version is not None:
            self._object.prove(_dump_pointer(self.pointer))
        with telling(self._note_path()):
            ours = [run for run in self._read_note() if run in self.pointer.runs]
            note = json.dumps({"address": self.upload.address, "runs": [*ours, self.run]}).encode()
            write_whole(self._note_path(), note, self.upload.notes)
        first = self._object.version is None
        try:
            self._write(replace(self.pointer, runs=(*self.pointer.runs, self.run)))
        except ConditionFailed as error:
            raise Refused(Finding("bucket-taken", value=self.upload.address)) from error
        if first:
            try:
                self._object.prove(_dump_pointer(self.pointer))
            except Refused:
                self.bucket.remove([POINTER])
                raise
        keep = {POINTER, self.pointer.files}
        old = [path for path in self.bucket.list(FOLDER) if path not in keep]
        self.bucket.remove([path for path in old if not any(run in path for run in self.pointer.runs)])

    # ---- meanwhile

    def renew(self) -> None:
        """Show that the upload goes on.  Raises ConditionFailed if somebody else has taken the store."""
        self._write(self.pointer)

    def write_plan(self, plan: UploadPlan, files: Mapping[str, str]) -> None:
        """Write what is about to be done."""
        told = {"files": {path: files[path] for path in plan.paths}, "removed": plan.removed}
        self._store(f"plan-{self.run}", told)

    def write_done(self, paths: Collection[str]) -> None:
        """Write what has been done since the last time."""
        self._journals += 1
        self._store(f"done-{self.run}/{self._journals:06}", {"paths": list(paths)})

    def settle(self, files: Mapping[str, str], plan: UploadPlan) -> None:
        """Say that the store holds all of a site, and give it free."""
        before = self.pointer
        self._store(f"files-{self.run}", {"files": files, "leaving": plan.leaving, "withdrawn": self.upload.withdrawn})
        self._write(Pointer(f"{FOLDER}files-{self.run}", (), before.turn))
        with suppress(Refused):  # the next upload removes them; others' may be there by now
            old = [f"{FOLDER}plan-{run}" for run in before.runs]
            old += [path for run in before.runs for path in self.bucket.list(f"{FOLDER}done-{run}")]
            self.bucket.remove([path for path in (before.files, *old) if path])

    def _store(self, name: str, told: object) -> None:
        body = gzip.compress(json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogateescape"), mtime=0)
        self.bucket.write(f"{FOLDER}{name}", body, {**_PRIVATE, "Content-Type": "application/gzip"})

    def _write(self, pointer: Pointer) -> None:
        """Replace `site.json` if it is as we know it."""
        began = time.monotonic()
        pointer = replace(pointer, turn=pointer.turn + 1)
        self._object.replace(_dump_pointer(pointer))
        self.pointer, self.renewed = pointer, began

    def _read_pointer(self) -> Pointer:
        body = self._object.read()
        if body is None:
            return Pointer()
        try:
            told = json.loads(body)
            if told["format"] != FORMAT:
                raise ValueError
            return Pointer(str(told["files"]), tuple(map(str, told["runs"])), int(told["turn"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(Finding("bucket-broken", value=f"{self.upload.address}/{POINTER}")) from error

    def _note_path(self) -> Path:
        name = hashlib.sha256(self.upload.address.encode()).hexdigest()[:16]
        return self.upload.notes / f"upload-{name}.json"

    def _read_note(self) -> list[str]:
        """Read which uploads were ours."""
        try:
            return list(map(str, json.loads(self._note_path().read_bytes())["runs"]))
        except (OSError, ValueError, KeyError, TypeError):
            return []


def _dump_pointer(pointer: Pointer) -> bytes:
    return json.dumps({"format": FORMAT, **asdict(pointer)}).encode()


def _tell(plan: UploadPlan, site: Path, upload: Upload) -> Finding:
    """Tell what is done: how many files, their size, how many are removed."""
    with telling(site, "file-unreadable"):
        size = sum((site / path).stat().st_size for path in plan.paths)
    example = next(iter((*plan.paths, *plan.removed)), "")
    args = {"count": f"{len(plan.paths):,}", "megabytes": f"{size / 1e6:,.1f}", "removed": f"{len(plan.removed):,}"}
    return Finding("uploaded", "notice", value=upload.address, args={**args, "example": example})
