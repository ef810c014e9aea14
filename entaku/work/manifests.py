"""What releases and tombstones tell a run: the bytes that releases are made of, lines that a ledger has lost, whether the
next release is overdue, and bytes that were withdrawn and must not come again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from entaku.catalogue import build as catalogues
from entaku.catalogue import facets
from entaku.model.files import MANIFEST, PROFILES, name_csv, name_plain, name_revised
from entaku.model.grammar import Resource
from entaku.model.hints import hint
from entaku.model.nouns import Checked, Entry, Finding, History, Place, Raw, Refused, Spec, Written
from entaku.release import Former, anomalies
from entaku.release import making as releases
from entaku.store import Store, disk
from entaku.work.choose import GONE, Ledger, index_ledger
from entaku.work.gather import Got, locate_source


def restore_lost(store: Store, name: str, own: Sequence[Resource]) -> tuple[Finding, ...]:
    """Write lost lines of a dataset's ledger back from the manifests of its releases."""

    def list_all() -> list[Raw]:
        return [raw for version in store.history(name).versions for raw in read_raws(store, name, version)]

    keep = any(resource.source is not None and resource.source.overwritten for resource in own)
    return restore_ledger(store, name, list_all, keep)


def read_manifest(store: Store, name: str, version: str, revision: int = 0) -> dict[str, Any]:
    """Read a release's manifest.json, in a revision or the newest.  Raises Refused (store-broken) if it is malformed."""
    path = name_revised(MANIFEST, revision or store.revision(name, version))
    return parse_manifest(store.read_release(name, version, path), f"{name}/releases/{version}/{path}")


def parse_manifest(body: bytes, place: str) -> dict[str, Any]:
    """Parse a release's manifest.json, which is at `place`.  Raises Refused (store-broken) if it is malformed."""
    try:
        manifest: dict[str, Any] = json.loads(body)
        manifest["rows"].items(), [raw["served"] + raw["resource"] + raw["sha256"] for raw in manifest["raws"]]
        manifest["spec"]["pipeline"], manifest["spec"]["file"], manifest["created"] + ""
        [each["resource"] + each["path"] + "".join(each["served"]) for each in manifest.get("sources", ())]
        [(file["path"] + file["sha256"], file["bytes"] + 0) for file in manifest["files"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(Finding("store-broken", value=place, args={"why": f"{error!r}"})) from error
    return manifest


def find_served(manifest: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return where the source files of each table came from."""
    served: dict[str, set[str]] = {}
    for raw in manifest["raws"]:
        served.setdefault(raw["resource"], set()).add(raw["served"])
    for each in manifest.get("sources", ()):
        served.setdefault(each["resource"], set()).update(each["served"])
    return served


def has_samples(manifest: Mapping[str, Any]) -> bool:
    """Test whether any of the source files are synthetic samples."""
    return any("sample" in served for served in find_served(manifest).values())


def read_raws(store: Store, name: str, version: str) -> list[Raw]:
    """Read the archived bytes that a release is made of from its manifest, and those of other bytes that its revisions
    name."""
    revisions = range(store.revision(name, version), 0, -1)
    manifests = (read_manifest(store, name, version, revision) for revision in revisions)
    return [raw for manifest in manifests for _, raw in list_raws(store, name, version, manifest)]


def list_raws(store: Store, name: str, version: str, manifest: Mapping[str, Any]) -> list[tuple[str, Raw]]:
    """List the archived bytes that a manifest of a release tells of, each with its table.  Raises Refused
    (store-broken)."""
    return parse_raws(manifest, partial(store.read_release, name, version), f"{name}/releases/{version}/{MANIFEST}")


def parse_raws(manifest: Mapping[str, Any], read: Callable[[str], bytes], place: str) -> list[tuple[str, Raw]]:
    """Parse what a manifest, which is at `place`, tells of source files; `read` reads its lists.  Raises Refused
    (store-broken)."""
    try:
        return list(releases.read_sources(manifest, read))
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(Finding("store-broken", value=place, args={"why": str(error)})) from error


def list_used(store: Store, name: str, ever: bool) -> frozenset[str]:
    """List the hashes of the bytes that the current release of a dataset is made of, or any release that it had; of
    those that went by `keep` that isn't known any more, and whatever was fetched up to their day counts."""
    versions = store.history(name).versions
    used = {raw.sha256 for version in (versions if ever else versions[-1:]) for raw in read_raws(store, name, version)}
    gone = [each.version.replace(".", "-")[:10] for each in store.tombstones(name) if each.rule] if ever else []
    if gone:
        used |= {entry.sha256 for entry in store.ledger(name) if entry.when[:10] <= max(gone)} - {""}
    return frozenset(used)


def stays_as_it_is(store: Store, spec: Spec, raws: Mapping[str, tuple[Raw, ...]]) -> bool:
    """Test whether a dataset can't be made anew, as source files of it are known not to be archived any more, and need
    not be, as its YAML and its source files are those of the current release."""
    name = spec.pipeline.name
    used, absent = {raw.sha256 for of in raws.values() for raw in of}, store.absent_raws(name)
    if used.isdisjoint(absent):
        return False
    version = store.history(name).versions[-1]
    manifest = read_manifest(store, name, version)
    same = manifest["spec"]["sha256"] == spec.digest
    return same and {raw.sha256 for _, raw in list_raws(store, name, version, manifest)} == used


def name_previous(store: Store, name: str, history: History) -> dict[str, Any] | None:
    """Return the link to the release before the next one, or to that which is revised: its version, the SHA-256 of its
    manifest.json and of those of its revisions, and the name that its dataset had then, if that was another one."""
    if not history.versions:
        return None
    version = history.versions[-1]
    bodies = [
        store.read_release(name, version, name_revised(MANIFEST, revision))
        for revision in range(1, history.revisions.get(version, 1) + 1)
    ]
    home = str(json.loads(bodies[0]).get("dataset", name))
    first, *revisions = (hashlib.sha256(body).hexdigest() for body in bodies)
    link: dict[str, Any] = {"version": version, "sha256": first}
    return {**link, **({"revisions": revisions} if revisions else {}), **({"dataset": home} if home != name else {})}


def read_former(store: Store, name: str, history: History, most: int) -> Former:
    """Read what of the current release, and of up to `most` releases in all, the next one is compared with; nothing
    without one."""
    past: dict[str, list[anomalies.Figures]] = {}
    raws: Sequence[tuple[str, Raw]] = ()
    manifest: dict[str, Any] = {"spec": {"sha256": ""}}
    for version in history.versions[-most:]:
        try:
            manifest = read_manifest(store, name, version)
            needed = version == history.versions[-1] or store.withdrawn_raws(name)
            raws = list_raws(store, name, version, manifest) if needed else ()
        except Refused:
            if version == history.versions[-1]:
                raise
            past.clear()  # an old release that is damaged stops no new one
            continue
        figures = _read_figures(store, name, manifest, raws)
        for table in {**past, **figures}:
            if table in figures:
                past.setdefault(table, []).append(figures[table])
            else:
                past.pop(table)  # what comes next of it is no continuation
    lacking, there = store.withdrawn_raws(name) | store.absent_raws(name), dict[str, list[Raw]]()
    for table, raw in raws:
        if raw.sha256 not in lacking:
            there.setdefault(table, []).append(raw)
    return Former(manifest["spec"]["sha256"], there, past)


def _read_figures(
    store: Store, name: str, manifest: dict[str, Any], raws: Iterable[tuple[str, Raw]]
) -> dict[str, anomalies.Figures]:
    """Return by table the figures of a release, but of tables of which some of the source files were withdrawn."""
    version, gone, rows = manifest["version"], store.withdrawn_raws(name), dict(manifest["rows"])
    served = {
        table: {each == "sample" for each in found} for table, found in find_served(manifest).items()
    }  # fmt: skip
    for table, raw in raws:
        if raw.sha256 in gone:  # a table without it may be much smaller
            rows.pop(table, None)
    try:
        paths = [file["path"] for file in manifest["files"] if name_plain(file["path"]) == PROFILES]
        profiles = releases.read_profiles(store.read_release(name, version, *paths)) if paths else {}
    except (Refused, ValueError, KeyError, TypeError):  # made before there were profiles
        profiles = {}
    return {
        table: anomalies.Figures(
            count, {one.name: one for one in profiles.get(table, ())}, True in served.get(table, ())
        )
        for table, count in rows.items()
        if len(served.get(table, ())) < 2
    }


def tell_overdue(store: Store, spec: Spec, timezone: str, today: date) -> tuple[Finding, ...]:
    """Report that the next release is overdue: an error once for as many periods as its owner allows, then a notice.

    A release of samples is never overdue.
    """
    name = spec.pipeline.name
    history = store.history(name)
    if not history.versions:
        return ()
    manifest = read_manifest(store, name, history.versions[-1])
    current = facets.find_day(manifest["created"], timezone)
    late = catalogues.find_overdue(current, spec.pipeline, today)
    if late is None or has_samples(manifest):
        return ()
    count, due = late[0], late[1].isoformat()
    place = Place(file=spec.file, line=spec.lines.get(("frequency",)))
    args = {"when": current.isoformat(), "due": due, "count": str(count), "frequency": spec.pipeline.frequency}
    if history.overdue >= due:
        return (Finding("overdue", "notice", place, name, args),)
    store.write_history(name, replace(history, overdue=due))
    return (Finding("overdue", "error", place, name, args),)


def tell_dois(store: Store, spec: Spec) -> tuple[Finding, ...]:
    """Report versions that were given a DOI and don't exist."""
    name = spec.pipeline.name
    known = store.history(name).versions
    gone = {tombstone.version for tombstone in store.tombstones(name)}
    return tuple(
        Finding(
            "doi-unmatched", "warning",
            Place(file=spec.file, line=spec.lines.get(("doi", "versions", version))), version, hint(version, known),
        )
        for version in spec.pipeline.doi.versions
        if version not in {*known, *gone}
    )  # fmt: skip


def newest_stamp(entries: Iterable[Entry]) -> str:
    """Return the time of the newest fetch, or ""."""
    return max((entry.when for entry in entries), default="")


def restore_ledger(store: Store, name: str, releases: Callable[[], Iterable[Raw]], keep: bool) -> tuple[Finding, ...]:
    """Write lines of a ledger that are lost back into it: those of archived bytes that `releases` are made of.

    With `keep`, every version ever fetched is part of a table: then, if there are archived bytes that no release tells
    of, raises Refused (ledger-lost).  One archived file alone may be what a crash kept from the ledger.
    """
    known = {(entry.url, entry.sha256) for entry in store.ledger(name)}
    untold = set(store.list_untold(name))
    if known and not untold:
        return ()
    lost = {(raw.url, raw.sha256): raw for raw in releases() if (raw.url, raw.sha256) not in known}
    if not lost and (known or len(untold) < 2):
        return ()
    unknown = sorted(untold - {raw.sha256 for raw in lost.values()})
    where = store.show_ledger(name)
    if keep and unknown:
        raise Refused(Finding("ledger-lost", value=where, args={"count": str(len(unknown)), "example": unknown[0]}))
    store.restore_ledger(
        name,
        [Entry(raw.fetched, raw.url, raw.values, raw.served, 200, raw.sha256, raw.bytes) for raw in lost.values()],
    )
    return (Finding("ledger-restored", "warning", value=where, args={"count": str(len(lost))}),) if lost else ()


def size_raws(store: Store, name: str) -> dict[str, int]:
    """Return the sizes of a dataset's source files that are archived, or are known to have been, by SHA-256."""
    told = {entry.sha256: entry.bytes for entry in store.ledger(name) if entry.sha256}
    there = {sha256: disk.size_of(store.raw_path(name, sha256)) for sha256 in store.list_raws(name)}
    return {**there, **{sha256: told.get(sha256, 0) for sha256 in sorted(store.absent_raws(name))}}


# ---- what was withdrawn -----------------------------------------------------------------------------------------


def index_usable(store: Store, name: str) -> Ledger:
    """Index the entries of a dataset's ledger whose bytes were not withdrawn."""
    gone = store.withdrawn_raws(name)
    return index_ledger(entry for entry in store.ledger(name) if entry.sha256 not in gone)


def tell_withdrawn(
    store: Store, spec: Spec, got: Mapping[str, Got], raws: Mapping[str, Sequence[Raw]]
) -> list[Finding]:
    """List the source files that are left out because they were withdrawn: an error where the source still serves one
    and the table is made of nothing else, a warning where it is one of several, a notice where it is an old one."""
    gone = store.withdrawn_raws(spec.pipeline.name)
    findings: list[Finding] = []
    ledger = index_ledger(store.ledger(spec.pipeline.name)) if gone else {}
    for resource in spec.pipeline.resources:
        if resource.source is None or not gone:
            continue
        old = 0
        for ask in got[resource.name].asks:
            entries = [entry for entry in ledger.get(ask.url, ()) if entry.sha256 or entry.status in GONE]
            if entries and entries[-1].sha256 in gone:
                single = len(got[resource.name].asks) == 1 or not raws[resource.name]
                args = {"sha256": entries[-1].sha256[:12], "when": entries[-1].when}
                at = locate_source(spec, resource)
                findings.append(Finding("withdrawn-served", "error" if single else "warning", at, ask.url, args))
            else:
                old += any(entry.sha256 in gone for entry in entries) and resource.source.overwritten
        if old:
            args = {"count": str(old)}
            findings.append(Finding("withdrawn-left-out", "notice", Place(file=spec.file), resource.name, args))
    return findings


def _list_csv(written: Written) -> dict[str, str]:
    """List the files that are the CSV of a table, with their hashes."""
    files = [part.csv for part in written.parted.parts] if written.parted else [written.csv]
    return {file.path: file.sha256 for file in files}


def find_again(store: Store, spec: Spec, checked: Sequence[Checked]) -> Finding | None:
    """Return a finding if the tables are those of a version that was withdrawn, unless `expect.accept` has their
    mark."""
    accepted = {mark for resource in spec.pipeline.resources for mark in resource.expect.accept}
    made = {name_csv(table.resource.name): table.written for table in checked}
    for tombstone in reversed([each for each in store.tombstones(spec.pipeline.name) if not each.rule]):
        gone = {file.path.partition("/")[2]: file.sha256 for file in tombstone.files}
        names = [name_csv(tombstone.table)] if tombstone.table else list(made)
        alike = [name for name in names if name in made and _list_csv(made[name]).items() <= gone.items()]
        mark = releases.mark_files(made[name].csv.sha256 for name in alike)
        if alike and len(alike) == len(names) and mark not in accepted:
            args = {"dataset": tombstone.dataset, "when": tombstone.when, "mark": mark}
            return Finding("withdrawn-again", "error", Place(file=spec.file), tombstone.version, args)
    return None
