"""`entaku restore URL | DIR`: the store of a project, put together again from its published site.

A site has every release, most source files, the tombstones and the order of releases (`manifest.json`).  Its bytes are
compared with its checksums, where the project has signing keys these with the signed root, its releases with each other
(`previous`) and with `releases.txt`.  Nothing is overwritten, and what is there already isn't fetched again.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, cast

from entaku.catalogue import places
from entaku.fetch import folder
from entaku.model.body import closing
from entaku.model.files import MANIFEST, SUMS, is_sources, name_plain, name_revised
from entaku.model.ledgers import Published, Tombstone, read_tombstone
from entaku.model.nouns import Entry, Finding, History, Place, Raw, Refused
from entaku.store import Store, disk
from entaku.work.histories import FILE, PublishedBefore, describe_head, list_lines, read_entries, read_kept
from entaku.work.load import read_specs
from entaku.work.manifests import newest_stamp, parse_manifest, parse_raws
from entaku.work.outcome import reading
from entaku.work.published import SiteFiles, open_site
from entaku.work.releases import spec_of
from entaku.work.signed import list_linked
from entaku.work.signing import hash_bytes
from entaku.work.speak import Speaker

Manifests = Mapping[str, Mapping[str, Any]]
"""The manifests of releases, by version, oldest first; those of the revisions before the newest by `list_keys`."""


@dataclass
class Restored:
    """What was restored, of all datasets."""

    releases: int = 0
    raws: int = 0
    whole: bool = True
    """Whether nothing broke off: a dataset with another history is refused before anything of it is written."""
    findings: list[Finding] = field(default_factory=list)


def restore_site(options: argparse.Namespace, speak: Speaker) -> int:
    """Restore the store of a project from a site, so that its next publish goes on from there."""
    project: Path = options.project
    office, _, findings = read_specs(project)
    if office is None:
        for finding in findings:
            speak.finding(finding)
        return 1
    store, restored = Store.of(project, office, speak.progress), Restored()
    store.refuse_inside(project / "build" / "site", project / "build")
    with store.lock(restoring=True) as told, open_site(options.source, office, project) as site:
        for finding in (*told, *site.told):
            speak.finding(finding)
        entries = read_entries(store, site.read_all([MANIFEST])[MANIFEST])
        if not entries:
            raise Refused(Finding("no-site", value=site.where))
        store.begin_restore(site.where)
        lines, odd = list_lines(project, store)
        restored.findings += odd
        for n, (name, entry) in enumerate(entries.items(), 1):
            try:
                with reading(f"{site.where} {name}"):
                    DatasetOnSite(project, store, site, name, entry).restore(lines.get(name, ()), restored)
            except Refused as refused:
                restored.whole = False
                restored.findings.append(refused.finding)
            speak.progress("restore", n, len(entries))
        if restored.whole:
            store.end_restore()
            told_of = {finding.value for finding in restored.findings if finding.severity == "error"}
            lost = PublishedBefore(lines, site.where).compare(store).lost
            restored.findings += [finding for name, finding in lost.items() if name not in told_of]
    return tell_restored(restored, speak)


def tell_restored(restored: Restored, speak: Speaker) -> int:
    """Print what was restored, and what was not and why; return the exit code."""
    for finding in restored.findings:
        speak.finding(finding)
    ja, en = (
        f"{restored.releases:,} 個の版と {restored.raws:,} 個の元ファイルを戻しました。",
        (f"Restored {restored.releases:,} releases and {restored.raws:,} source files. "),
    )
    if not restored.whole:
        speak.note(
            f"{ja}まだ揃っていません。次にすること: もう一度同じコマンドを実行してください（続きから戻します）。",
            f"{en}It isn't whole yet. Next: run the same command again; it goes on where it was.",
        )
    else:
        speak.note(f"{ja}次にすること: make を実行してください。", f"{en}Next: run make.")
    return int(any(finding.severity == "error" for finding in restored.findings))


@dataclass(frozen=True)
class DatasetOnSite:
    """A dataset of a site, to be restored."""

    project: Path
    store: Store
    site: SiteFiles
    name: str
    entry: Mapping[str, Any]
    """What the site's manifest.json tells of it."""

    def restore(self, lines: Sequence[Published], restored: Restored) -> None:
        """Restore what the store lacks of the dataset, its history last.  Raises Refused for what can't be had, or isn't
        as it should be."""
        (shown, checked), store, name = read_kept(self.entry) or (History(), ""), self.store, self.name
        self.set_samples_aside(shown)
        conflict = self.find_conflict(shown, lines)
        if conflict is not None:
            restored.findings.append(conflict)
            return
        gone = self.record_tombstones()
        versions = tuple(version for version in shown.versions if version not in gone)
        manifests = self.read_manifests(versions, shown.revisions)
        restored.raws += self.restore_raws(manifests)
        found, there = store.find_history(name)
        for version in versions:
            own = [manifests[key] for key in list_keys(version, shown.revisions)]
            if version not in there:
                self.restore_release(version, own)
                restored.releases += 1
            else:
                self.restore_revisions(version, own, found.revisions.get(version, 1))
        newest = {version: max(n, found.revisions.get(version, 1)) for version, n in shown.revisions.items()}
        newest = {**found.revisions, **newest}
        lacking = not {*found.versions} >= {*versions} or found == History()
        self.write_ledger(manifests, versions[-1] if lacking and versions else "", checked)
        if lacking:
            mine = replace(
                shown, versions=versions, overdue=found.overdue, abandoned=found.abandoned or shown.abandoned,
                revisions=newest,
            )  # fmt: skip
            same = shown.versions[-1:] == versions[-1:]
            store.write_history(name, mine if same else replace(mine, key="", attempt=None))
        elif newest != found.revisions:
            same = shown.versions[-1:] == found.versions[-1:]
            store.write_history(name, replace(found, revisions=newest, key=shown.key if same else found.key))
        restored.findings += self.note_absent(manifests, versions)

    def place(self, version: str, path: str) -> str:
        """Return where a file of a version is on the site: under the name that the dataset had then."""
        homes = (f"datasets/{name}/{version}" for name in self.store.list_names(self.name))
        found = next(
            (home for home in homes if f"{home}/{MANIFEST}" in self.site.sums), f"datasets/{self.name}/{version}"
        )
        return f"{found}/{path}"

    # ---- whether it is the same history

    def set_samples_aside(self, shown: History) -> None:
        """Move the store's releases aside if they are of samples alone, as of a clone that reached no source."""
        found, _ = self.store.find_history(self.name)
        other = {*found.versions} - {*shown.versions}
        if other and all(describe_head(self.store, self.name, version)[1] for version in found.versions):
            self.store.set_history_aside(self.name)

    def find_conflict(self, shown: History, lines: Sequence[Published]) -> Finding | None:
        """Return a finding if the store or `releases.txt` has another history than the site."""
        for line in lines:
            for version in line.versions:
                there = self.hash_theirs(version, line.revision)
                if version in shown.versions and line.sha256 != there:
                    args = {"example": version, "site": self.site.where}
                    return Finding("site-differs", "error", Place(file=FILE, line=line.line), self.name, args)
        found, there_now = self.store.find_history(self.name)
        gone = self.list_gone()
        mine, theirs = {*found.versions} - gone, {*shown.versions} - gone
        other = mine - theirs if theirs - mine else set()
        if found.abandoned:
            other |= theirs & {*found.abandoned.versions}
        for version in theirs & {*there_now}:
            both = min(found.revisions.get(version, 1), shown.revisions.get(version, 1))
            if any(self.hash_mine(version, n) != self.hash_theirs(version, n) for n in range(1, both + 1)):
                other.add(version)
        if not other:
            return None
        args = {"example": max(other), "site": self.site.where, "count": str(len(other))}
        return Finding("restore-other", value=self.name, args=args)

    def hash_mine(self, version: str, revision: int) -> str:
        """Return the SHA-256 of the manifest of a stored release's revision; "" if it can't be read."""
        try:
            return hash_bytes(self.store.read_release(self.name, version, name_revised(MANIFEST, revision)))
        except Refused:
            return ""

    def hash_theirs(self, version: str, revision: int) -> str:
        """Return the SHA-256 of the manifest of a release's revision that the site has; "" without one."""
        return self.site.sums.get(self.place(version, name_revised(MANIFEST, revision)), "")

    # ---- what was withdrawn

    def list_gone(self) -> set[str]:
        """List the versions that were withdrawn, by the site or by the store."""
        told = (*self.list_tombstones(), *self.store.tombstones(self.name))
        return {tombstone.version for tombstone in told} - {""}

    def list_tombstones(self) -> tuple[Tombstone, ...]:
        """List the tombstones that the site has."""
        return tuple(map(read_tombstone, self.entry.get("withdrawn", ())))

    def record_tombstones(self) -> set[str]:
        """Record the tombstones that the store lacks, and remove what they stand for; return the versions withdrawn."""
        there = self.store.tombstones(self.name)
        lost = [tombstone for tombstone in self.list_tombstones() if tombstone not in there]
        if lost:
            new = self.name not in self.store.list_datasets()
            self.store.record_withdrawal(self.name, lost)
            self.store.remove_withdrawn(self.name)
            if new:  # neither the store nor the cache had anything of it
                self.store.settle_withdrawal(self.name)
        return self.list_gone()

    # ---- the releases

    def read_manifests(self, versions: Sequence[str], revisions: Mapping[str, int]) -> dict[str, dict[str, Any]]:
        """Read the manifests of releases and of their revisions; each must hold the hashes of those before it.  Raises
        Refused."""
        keys = [(version, n, key) for version in versions for n, key in enumerate(list_keys(version, revisions), 1)]
        places = {key: self.place(version, name_revised(MANIFEST, n)) for version, n, key in keys}
        bodies = self.site.read_all(places.values())
        made = {}
        for version, n, key in keys:
            place = places[key]
            made[key] = parse_manifest(bodies[place], self.site.name(place))
            own = made[key].get("dataset") in self.store.list_names(self.name)
            if not own or (made[key].get("version"), made[key].get("revision", 1)) != (version, n):
                raise self.site.refuse(place)
        before = dict(pairwise(versions))
        for version, _, key in keys:
            previous: Mapping[str, Any] = made[key].get("previous") or {}
            if not previous or version not in (previous["version"], before.get(previous["version"])):
                continue
            for name, sha256 in list_linked(previous).items():
                place = self.place(previous["version"], name)
                if hash_bytes(bodies.get(place, b"")) != sha256:
                    raise Refused(Finding("chain-broken", value=self.site.name(place), args={"next": version}))
        self.read_sources([(version, made[key]) for version, _, key in keys])
        return made

    def read_sources(self, manifests: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Put into manifests all source files, each with its table, those of lists too, which many of them share."""
        lists = {
            each["path"]: self.place(version, each["path"])
            for version, manifest in manifests
            for each in manifest.get("sources", ())
        }
        bodies = self.site.read_all(lists.values())
        for version, manifest in manifests:
            place = self.site.name(self.place(version, MANIFEST))
            manifest["raws"] = parse_raws(manifest, lambda path: bodies[lists[path]], place)

    def restore_release(self, version: str, manifests: Sequence[Mapping[str, Any]]) -> None:
        """Restore one release with all its revisions, all of it or nothing."""
        expected: dict[str, str] = {}
        for n, manifest in enumerate(manifests, 1):
            expected |= self.list_expected(version, n, manifest)
        names = {self.place(version, path): path for path in expected}
        with self.store.desk(self.name) as desk:
            for place, file in self.site.stream(names):
                refusal = Finding("file-unreadable", value=self.site.name(place))
                sha256, _ = disk.copy_pieces(file, cast(BinaryIO, desk.open(names[place])), refusal)
                if sha256 != expected[names[place]]:
                    raise self.site.refuse(place)
            self.store.place_release(self.name, version, desk)

    def restore_revisions(self, version: str, manifests: Sequence[Mapping[str, Any]], newest: int) -> None:
        """Restore the revisions after the `newest` that the store has of a release."""
        for n, manifest in list(enumerate(manifests, 1))[newest:]:
            before = {file["path"] for file in manifests[n - 2]["files"]}
            added = {
                path
                for path in self.list_expected(version, n, manifest)
                if (path not in before if is_sources(path) else name_revised(name_plain(path), n) == path)
            }
            names = {self.place(version, path): path for path in sorted(added)}
            bodies = self.site.read_all(names)
            self.store.write_revision(self.name, version, n, {names[place]: body for place, body in bodies.items()})

    def list_expected(self, version: str, revision: int, manifest: Mapping[str, Any]) -> dict[str, str]:
        """List the files of a release in a revision with their SHA-256."""
        own = [name_revised(path, revision) for path in (MANIFEST, SUMS)]
        told = {path: self.site.sums.get(self.place(version, path), "") for path in own}
        return {**{file["path"]: file["sha256"] for file in manifest["files"]}, **told}

    # ---- the source files and their ledger

    def restore_raws(self, manifests: Manifests) -> int:
        """Restore the source files that the site offers or the project has; return how many."""
        lacking = self.list_lacking(manifests)
        names, count = self.store.list_names(self.name), 0
        offered = {sha256: path for name in names for sha256, path in self.site.raws.get(name, {}).items()}
        for place, file in self.site.stream(offered[sha256] for sha256 in lacking if sha256 in offered):
            _, raw = lacking[Path(place).name[:64]]
            if not self.store.keep_raw(self.name, raw.url, raw.sha256, file):
                raise self.site.refuse(place)
            count += 1
        for _, raw in lacking.values():
            if raw.served == "file" and raw.sha256 not in offered:
                own = folder.read_project_file(self.project, raw.url)
                with closing([own.body]):
                    if own.body is not None and own.body.sha256 == raw.sha256:
                        with own.body.open() as file:
                            count += self.store.keep_raw(self.name, raw.url, raw.sha256, file)
        return count

    def list_lacking(self, manifests: Manifests) -> dict[str, tuple[str, Raw]]:
        """List the source files that the store lacks and that were not withdrawn, by SHA-256, with a table."""
        lacking = {raw.sha256: (table, raw) for table, raw in list_manifest_raws(manifests)}
        for sha256 in (*self.store.list_raws(self.name), *self.store.withdrawn_raws(self.name)):
            lacking.pop(sha256, None)
        return lacking

    def write_ledger(self, manifests: Manifests, current: str, checked: str) -> None:
        """Write the lines that the ledger lacks: first fetches of what the releases were made of; and in a new one, that
        the `current` release was made of what was there when the sources were last `checked`."""
        before = self.store.ledger(self.name)
        known = {(entry.url, entry.sha256) for entry in before}
        lost = [make_entry(raw) for _, raw in list_manifest_raws(manifests) if (raw.url, raw.sha256) not in known]
        if current and not before:
            lost += self.list_standing(manifests, current, checked)
            if newest_stamp(lost) < checked:
                lost.append(Entry(checked, "", {}, "archive", 0))
        if lost:
            self.store.restore_ledger(self.name, lost)

    def list_standing(self, manifests: Manifests, current: str, checked: str) -> Iterator[Entry]:
        """Yield lines for sources of which the newest bytes aren't those of the current release: it went back to older
        ones, or has none, as the file was gone."""
        overwritten, gone = self.list_overwritten(current), self.store.withdrawn_raws(self.name)
        every = [raw for table, raw in list_manifest_raws(manifests) if table not in overwritten]
        newest = {raw.url: raw for raw in sorted(every, key=lambda raw: raw.fetched) if raw.sha256 not in gone}
        used = {raw.url: raw for _, raw in list_manifest_raws({current: manifests[current]})}
        for url, raw in newest.items():
            standing = used.get(url)
            if standing is None:
                yield Entry(checked, url, raw.values, raw.served, 404)
            elif standing.sha256 != raw.sha256:
                yield replace(make_entry(standing), when=checked)

    def list_overwritten(self, version: str) -> set[str]:
        """List the tables of a release that are made of every version of their source's files."""
        pipeline = spec_of(self.store, self.name, version).pipeline
        sources = {one.name: places.find_source(pipeline, one) for one in pipeline.resources}
        return {name for name, source in sources.items() if source is not None and source.overwritten}

    def note_absent(self, manifests: Manifests, versions: Sequence[str]) -> Iterator[Finding]:
        """Note the source files that are nowhere, and yield findings on what follows from that."""
        lacking = self.list_lacking(manifests)
        if {*lacking} != {*self.store.absent_raws(self.name)}:
            self.store.note_absent(self.name, lacking)
        overwritten = self.list_overwritten(versions[-1]) if lacking else set()
        needed = [raw for table, raw in lacking.values() if table in overwritten]
        others = [raw for table, raw in lacking.values() if table not in overwritten]
        for raws in filter(None, (needed, others)):
            args = {"count": str(len(raws)), "example": raws[-1].sha256, "url": raws[-1].url}
            code = "raw-not-restored" if raws is needed else "raw-not-offered"
            yield Finding(code, "warning" if raws is needed else "notice", value=self.name, args=args)


def list_keys(version: str, revisions: Mapping[str, int]) -> list[str]:
    """List the keys of a version's manifests, oldest first: the newest has the version's own."""
    return [*(f"{version} r{n}" for n in range(1, revisions.get(version, 1))), version]


def list_manifest_raws(manifests: Manifests) -> Iterator[tuple[str, Raw]]:
    """Yield what releases were made of: each source file once, as first fetched, with a table that was made of it."""
    found: dict[tuple[str, str], tuple[str, Raw]] = {}
    for manifest in manifests.values():
        for table, raw in manifest["raws"]:
            before = found.get((raw.url, raw.sha256))
            if before is None or raw.fetched < before[1].fetched:
                found[raw.url, raw.sha256] = (table, raw)
    yield from found.values()


def make_entry(raw: Raw) -> Entry:
    """Return the line of the ledger for the first fetch of a source file."""
    return Entry(raw.fetched, raw.url, raw.values, raw.served, 200, raw.sha256, raw.bytes)
