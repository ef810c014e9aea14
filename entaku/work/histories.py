"""What was published of each dataset, and whether the store still has it: no version's address ever gets other bytes.

Three places tell what was published: `releases.txt`, which is kept with the project; the site at `base_url`, which is
asked once in a run; and the site that is to be replaced.  A dataset of which the store lacks anything of that is
refused until it is restored (`restore`), or a new history of it is asked for by name (`--new-history`).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from entaku.model.body import closing
from entaku.model.files import MANIFEST, SUMS, name_revised
from entaku.model.grammar import Office
from entaku.model.hints import hint
from entaku.model.ledgers import (
    Abandoned,
    Published,
    Tombstone,
    read_abandoned,
    read_published,
    read_tombstone,
    show_published,
)
from entaku.model.nouns import Ask, Attempt, Finding, History, Place, Refused, Violation
from entaku.model.revisions import read_revisions
from entaku.model.source import Limit
from entaku.store import Store, disk, read_project
from entaku.store import site as sites
from entaku.work.address import is_reserved
from entaku.work.choose import GONE
from entaku.work.gather import explain_why
from entaku.work.manifests import find_served, parse_manifest
from entaku.work.outcome import Wanted
from entaku.work.setting import Setting

if TYPE_CHECKING:
    from entaku.work.settled import Settled

FILE = "releases.txt"
"""The fingerprint of the store: a line for each dataset, written by `publish` and kept with the project."""
HEAD = """\
# 公開した版の指紋です。entaku が書きます。プロジェクトといっしょに git に入れてください（docs/operations.md）
# A fingerprint of what was published, written by entaku. Commit it with the project (docs/operations.md)
# dataset, newest version, versions so far, records of withdrawals, SHA-256 of its manifest.json
"""
SMALL = Limit(connections=1, megabytes=64)

Told = Mapping[str, tuple[Published, ...]]


@dataclass(frozen=True)
class PublishedBefore:
    """What is known to have been published, by dataset."""

    told: Told
    where: str
    """Where it can be restored from: the address of the site, or its folder."""
    findings: tuple[Finding, ...] = ()
    lines: Mapping[str, str] | None = None
    """The lines of `releases.txt` by dataset; None if it has some that can't be read, and so stays as it is."""
    lost: Mapping[str, Finding] = field(default_factory=dict)
    """What the store lacks of that, by dataset."""

    def compare(self, store: Store, settled: "Settled | None" = None) -> "PublishedBefore":
        """Return this with what the store lacks, but for what is `settled`."""
        lost: dict[str, Finding] = {}
        for name, told in sorted(self.told.items()):
            if settled is not None and settled.knows(name, told):
                continue
            with suppress(Refused):  # told where the dataset is processed
                finding = _find_lost(store, name, told)
                if finding is not None:
                    lost[name] = replace(finding, args={**finding.args, "site": self.where})
                elif settled is not None:
                    settled.note_told(name, told)
        return replace(self, lost=lost)

    def allows(self, name: str, entry: Mapping[str, Any] | None) -> bool:
        """Test whether a site with this `entry` of a dataset has all that is known to have been published of it."""
        if entry is None:
            return False
        shown = read_entry(entry, "")
        names = {*shown.versions, *shown.gone}
        for each in self.told.get(name, ()):
            same = each.versions[-1:] != shown.versions[-1:] or not each.sha256 or each.revision < shown.revision
            same = same or (each.sha256, each.revision) == (shown.sha256, shown.revision)
            if not names.issuperset((*each.versions, *each.gone)) or not same:
                return False
        return True


def read_known(setting: Setting, office: Office, wanted: Wanted) -> PublishedBefore:
    """Gather what is known to have been published, from the project, the site at `base_url` and the site's folder."""
    store, site = setting.store, disk.show_path(wanted.site)
    lines, findings = list_lines(setting.project, store)
    whole, where, served = not findings, site, dict[str, Any]()
    if not is_reserved(office.base_url):
        where = office.base_url.rstrip("/") + "/"
        if not wanted.only_site:
            entries, more = ask_site(setting, where)
            served = name_present(store, entries)
            findings += more
    here = read_entries(store, sites.read_site(wanted.site, MANIFEST)) or {}
    told: dict[str, tuple[Published, ...]] = {}
    for some in (lines, list_told(served, where), list_told(here, site, home=True)):
        for name, published in some.items():
            told[name] = (*told.get(name, ()), *published)
    kept = {name: show_published(name, published[-1]) for name, published in lines.items()}
    return PublishedBefore(told, where, tuple(findings), kept if whole else None)


def list_lines(project: Path, store: Store) -> tuple[Told, list[Finding]]:
    """List what `releases.txt` tells, by the present names of datasets, and findings on lines that can't be read."""
    text = read_project(project, FILE).get(FILE, b"").decode("utf-8", "replace")
    lines, odd = read_published(text, FILE)
    told: dict[str, tuple[Published, ...]] = {}
    for name, published in lines.items():
        present = store.find_present(name)
        told[present] = (*told.get(present, ()), *published)
    return told, [Finding("releases-line", "error", Place(FILE, n), text.splitlines()[n - 1]) for n in odd]


def ask_site(setting: Setting, base: str) -> tuple[Mapping[str, Any], tuple[Finding, ...]]:
    """Ask the site at `base` once what it has; return the entries of its datasets, by the names that these have there.

    What it told before is kept in the cache, so that it need not be sent again, and stands if no answer comes.
    """
    url, key = base + MANIFEST, hashlib.sha256(f"served {base}".encode()).hexdigest()
    kept: dict[str, Any] = json.loads(setting.cache.get(key) or b"{}")
    question = Ask(url), kept.get("etag", ""), kept.get("last_modified", "")
    with setting.network.hurry(urlsplit(base).hostname or "") as network:
        (answer,) = network.ask_all([question], SMALL)
    with closing([answer.body]):
        if answer.status == 304:
            return kept.get("entries", {}), ()
        body = answer.body.read() if answer.body is not None else b""
    if answer.finding is not None and answer.status not in GONE:
        args = {"why": explain_why(answer.finding)}
        return kept.get("entries", {}), (Finding("site-unasked", "notice", value=url, args=args),)
    entries = {name: _cut_entry(entry) for name, entry in (parse_entries(body) or {}).items()}
    kept = {"etag": answer.etag, "last_modified": answer.last_modified, "entries": entries}
    setting.cache.put(key, json.dumps(kept).encode())
    return entries, ()


def _cut_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry tells of versions, without the rest."""
    return {key: entry[key] for key in ("versions", "withdrawn", "sha256", "sample", "revisions") if key in entry}


def list_told(entries: Mapping[str, Mapping[str, Any]], where: str, home: bool = False) -> Told:
    """List what a site's entries tell of datasets that hold anything but samples, which come again the same.

    Of a site at `home`, tombstones that the store has lost are written back, and not told here.
    """
    real = {name: entry for name, entry in entries.items() if not entry.get("sample")}
    read = {name: read_entry(entry, where, home) for name, entry in real.items()}
    return {name: (each,) for name, each in read.items() if each.versions or each.gone or each.withdrawn}


def read_entry(entry: Mapping[str, Any], where: str, home: bool = False) -> Published:
    """Return what a dataset's entry in a site's manifest.json tells of versions; of a site at `home`, no tombstones."""
    gone = [each["version"] for each in entry.get("withdrawn", ()) if each["version"]]
    return Published(
        where=where, versions=tuple(entry["versions"]), gone=tuple(gone), withdrawn=0 if home else len(entry.get("withdrawn", ())),
        sha256=entry.get("sha256", ""), revision=read_revisions(entry).get("".join(entry["versions"][-1:]), 1),
    )  # fmt: skip


# ---- a site's manifest.json -------------------------------------------------------------------------------------


def read_entries(store: Store, manifest: bytes | None) -> Mapping[str, Mapping[str, Any]] | None:
    """Read the entries of the datasets, by their present names, from a site's manifest.json; None if it can't be read."""
    told = parse_entries(manifest)
    return None if told is None else name_present(store, told)


@lru_cache(1)  # a run reads that of its site again and again
def parse_entries(manifest: bytes | None) -> Mapping[str, Mapping[str, Any]] | None:
    """Parse the entries of the datasets of a site's manifest.json, none of another site's; None if it can't be read."""
    try:
        shown = json.loads(manifest or b"")
        told: dict[str, dict[str, Any]] = shown["datasets"] if shown["program"]["name"] == "entaku" else {}
        for entry in told.values():
            read_kept(entry)
            list(map(read_tombstone, entry.get("withdrawn", ())))
            entry.get("sha256", "") + ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return told


Thing = TypeVar("Thing")


def name_present(store: Store, things: Mapping[str, Thing]) -> dict[str, Thing]:
    """Return things of datasets by the present names of these; of two, that which has the present name already."""
    return {store.find_present(name): thing for name, thing in things.items()} | {
        name: thing for name, thing in things.items() if store.find_present(name) == name
    }


def read_kept(entry: Mapping[str, Any] | None) -> tuple[History, str] | None:
    """Return the history that an entry of a site's manifest.json tells of, and the time of the newest fetch."""
    if entry is None:
        return None
    attempt = entry["attempt"]
    if attempt is not None:
        findings = tuple(Finding(**{**each, "place": Place(**each["place"])}) for each in attempt["findings"])
        violations = tuple(
            Violation(**{**each, "examples": tuple((Place(**place), cell) for place, cell in each["examples"])})
            for each in attempt["violations"]
        )
        attempt = Attempt(**{**attempt, "findings": findings, "violations": violations})
    abandoned = read_abandoned(entry.get("abandoned"))
    history = History(
        tuple(map(str, entry["versions"])), entry["key"], attempt, abandoned=abandoned, revisions=read_revisions(entry)
    )
    return history, entry["checked"] + ""


# ---- the store --------------------------------------------------------------------------------------------------


def find_lost(store: Store, name: str, told: Iterable[Published]) -> Finding | None:
    """Return what the store lacks of that which was published of a dataset, or None.

    Records that can't be read are told where the dataset is processed.
    """
    with suppress(Refused):
        return _find_lost(store, name, told)
    return None


def _find_lost(store: Store, name: str, told: Iterable[Published]) -> Finding | None:
    """Return what the store lacks of that which was published of a dataset, or None.  Raises Refused for records that
    can't be read."""
    history, tombstones = store.history(name), store.tombstones(name)
    for each in told:
        finding = _compare(each, history, tombstones)
        if finding is None and each.sha256 and _is_other(store, name, history, each):
            finding = Finding("versions-differ", args={"example": each.versions[-1]})
        if finding is not None:
            place = Place(file=each.where, line=each.line) if each.line else Place()
            return replace(finding, place=place, value=name, args={**finding.args, "where": each.where})
    return None


def _compare(told: Published, history: History, tombstones: Sequence[Tombstone]) -> Finding | None:
    """Compare the versions and tombstones that the store has with those that are told."""
    abandoned = history.abandoned or Abandoned("", (), 0)
    there = {*history.versions, *(tombstone.version for tombstone in tombstones)} - {""}
    lost = [version for version in (*told.gone, *told.versions) if version not in there | {*abandoned.versions}]
    if _lacks_revision(told, history):
        return Finding("versions-lost", args={"count": "1", "example": f"{told.versions[-1]} r{told.revision}"})
    short = told.count - len(there) - abandoned.count
    if lost or short > 0:
        example = lost[-1] if lost else f"< {(*told.gone, *told.versions)[-1]}"
        return Finding("versions-lost", args={"count": str(max(len(lost), short)), "example": example})
    short = told.withdrawn - len(tombstones) - abandoned.withdrawn
    return Finding("tombstones-lost", args={"count": str(short)}) if short > 0 else None


def _lacks_revision(told: Published, history: History) -> bool:
    """Test whether the current version that is told of has a later revision than the store has of it."""
    head = told.versions[-1] if told.versions else ""
    return head in history.versions and told.revision > history.revisions.get(head, 1)


def _is_other(store: Store, name: str, history: History, told: Published) -> bool:
    """Test whether the store has another release under a published version; a damaged one is told elsewhere."""
    version = told.versions[-1]
    if version not in history.versions:
        return False
    path = name_revised(MANIFEST, told.revision)
    found = store.hash_record(name, version, path)
    if found == told.sha256:
        return False
    manifest = parse_manifest(store.read_release(name, version, path), name)
    sums = store.read_release(name, version, name_revised(SUMS, told.revision))
    own = manifest.get("dataset") in store.list_names(name) and manifest.get("version") == version
    return own and f"{found}  {path}" in sums.decode("utf-8", "replace").split("\n")


def describe_head(store: Store, name: str, version: str) -> tuple[str, bool]:
    """Return the SHA-256 of a release's newest manifest.json, and whether all that it was made of are samples."""
    path = name_revised(MANIFEST, store.revision(name, version))
    body = store.read_release(name, version, path)
    served = find_served(parse_manifest(body, f"{name}/releases/{version}/{path}")).values()
    return hashlib.sha256(body).hexdigest(), bool(served) and set().union(*served) == {"sample"}


# ---- a new history ----------------------------------------------------------------------------------------------


def begin_anew(setting: Setting, known: PublishedBefore, wanted: Wanted, names: Iterable[str]) -> tuple[Finding, ...]:
    """Begin the new histories that were asked for; `names` are those of the project's datasets.

    Nothing is removed: releases that differ from published ones are moved aside.  Raises Refused (unknown-dataset).
    """
    every = {*names, *setting.store.list_datasets(), *known.told}
    asked = dict.fromkeys(map(setting.store.find_present, wanted.anew))
    for name in asked:
        if name not in every:
            raise Refused(Finding("unknown-dataset", value=name, args=hint(name, sorted(every))))
    begun = (_begin_one(setting, known, name) for name in asked)
    return tuple(finding for finding in begun if finding is not None)


def _begin_one(setting: Setting, known: PublishedBefore, name: str) -> Finding | None:
    """Begin one new history; None if that can't be done, as what was withdrawn isn't known."""
    store, told = setting.store, known.told.get(name, ())
    lost = find_lost(store, name, told)
    if lost is None:
        return Finding("history-whole", "notice", value=name)
    tombstones = store.tombstones(name)
    if any(each.line is None and each.withdrawn > len(tombstones) for each in told):
        return None
    mine = store.history(name)
    behind = any(_lacks_revision(each, mine) for each in told)
    history = store.set_history_aside(name) if lost.code == "versions-differ" or behind else mine
    there = {*history.versions, *(tombstone.version for tombstone in tombstones)} - {""}
    before = history.abandoned or Abandoned("", (), 0)
    every = {version for each in told for version in (*each.versions, *each.gone)} | {*mine.versions}
    names = every - there - {*before.versions}
    count = max(len(names), *(each.count - len(there) - before.count for each in told))
    withdrawn = max(0, *(each.withdrawn - len(tombstones) - before.withdrawn for each in told))
    abandoned = Abandoned(
        setting.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        tuple(sorted({*before.versions, *names})),
        before.count + count,
        before.withdrawn + withdrawn,
    )
    store.write_history(name, replace(history, abandoned=abandoned))
    return Finding("history-begun", "warning", value=name, args={"count": str(count), "example": max(names)})


# ---- releases.txt -----------------------------------------------------------------------------------------------


def write_lines(setting: Setting, office: Office, known: PublishedBefore) -> None:
    """Write `releases.txt` if it tells other things than the store; lines of datasets that the store lost stay.

    Nothing is written where nothing can be published, or while a line can't be read.
    """
    path = setting.project / FILE
    if known.lines is None or (is_reserved(office.base_url) and not path.is_file()):
        return
    lines = {name: known.lines[name] for name in known.lost if name in known.lines}
    for name in setting.store.list_datasets():
        if name in known.lost:
            continue
        try:
            line = _make_line(setting.store, name)
        except Refused:  # reported when the dataset is processed
            line = known.lines.get(name, "")
        lines |= {name: line} if line else {}
    body = (HEAD + "".join(f"{lines[name]}\n" for name in sorted(lines))).encode()
    with disk.telling(path):
        before = path.read_bytes() if path.is_file() else b""
        if body != before and (lines or before):
            disk.write_project(setting.project, FILE, body, over=True)


def _make_line(store: Store, name: str) -> str:
    """Return the line of a dataset; "" if nothing of it is to be remembered."""
    history, tombstones = store.history(name), store.tombstones(name)
    gone = [tombstone.version for tombstone in tombstones if tombstone.version]
    if not history.versions and not gone:
        return ""
    sha256, sample = describe_head(store, name, history.versions[-1]) if history.versions else ("", False)
    if sample:
        return ""
    published = Published(
        where=FILE, versions=history.versions[-1:], gone=() if history.versions else (max(gone),),
        count=len({*history.versions, *gone}) + (history.abandoned.count if history.abandoned else 0),
        withdrawn=len(tombstones) + (history.abandoned.withdrawn if history.abandoned else 0), sha256=sha256,
        revision=history.revisions.get(history.versions[-1], 1) if history.versions else 1,
    )  # fmt: skip
    return show_published(name, published)
