"""The order of operations for the whole catalogue: every dataset, then the catalogue and its site."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from entaku.audit import rulebook
from entaku.model.files import MANIFEST
from entaku.model.grammar import Office
from entaku.model.nouns import EPOCH, Attempt, Finding, History, Place, Refused, Spec, Violation
from entaku.store import Store, disk, read_project
from entaku.store import site as sites
from entaku.work.dataset import Outcome, Result, SiteResult, Wanted, publish_dataset
from entaku.work.load import Blame, Faulty, Inputs, spec_of, tell_trouble
from entaku.work.manifests import newest_stamp
from entaku.work.setting import Setting, give_back_memory
from entaku.work.verify import forget_faults, recall_faults, scrub_store


def publish(
    setting: Setting,
    office: Office,
    specs: Sequence[Spec],
    findings: tuple[Finding, ...],
    wanted: Wanted,
) -> Result:
    """Bring every dataset and the site up to date.  `findings` are those of the YAML; `specs` have none."""
    site = wanted.site
    with setting.store.lock() as mended:
        setting.cache.clear_unfinished()
        mended += sites.mend_site(site)
        outcomes = [] if wanted.only_site else [_publish_one(setting, office, spec) for spec in specs]
        good = {spec.pipeline.name for spec in specs}
        broken = sorted({_stem(finding.place.file) for finding in findings} - good - {"catalogue", ""})
        outcomes += [_tell_broken(setting, name) for name in broken]
        outcomes.sort(key=lambda outcome: outcome.dataset)
        try:
            what, pages, more = publish_catalogue(setting, office, specs, wanted)
        except Refused as refused:
            what, pages, more = "refused", 0, (refused.finding,)
        except Exception as error:
            what, pages, more = "refused", 0, (tell_trouble(Place(), disk.show_path(site), error),)
        if what == "refused" and (site / "index.html").is_file():
            more = (*more, Finding("site-kept", "error", value=str(site)))
        more = (*more, *scrub_store(setting))
    told = [finding for outcome in outcomes for finding in outcome.findings]
    more = tuple(finding for n, finding in enumerate(more) if finding not in told and finding not in more[:n])
    return Result(tuple(outcomes), (*mended, *findings, *more), what, pages)


def _publish_one(setting: Setting, office: Office, spec: Spec) -> Outcome:
    """Run `publish_dataset`; an unexpected exception becomes a finding and doesn't stop the other datasets."""
    try:
        return publish_dataset(setting, office, spec)
    except Exception as error:
        trouble = tell_trouble(Place(file=spec.file), spec.pipeline.name, error)
    if trouble.code == "out-of-memory":
        give_back_memory()
    return Outcome(spec.pipeline.name, "held", findings=(trouble,))


def _stem(file: str) -> str:
    return Path(file).stem


def _tell_broken(setting: Setting, name: str) -> Outcome:
    try:
        versions = setting.store.history(name).versions
    except Refused as refused:
        return Outcome(name, "broken", findings=(refused.finding,))
    return Outcome(name, "broken", version=versions[-1] if versions else "")


# ---- the site ---------------------------------------------------------------------------------------------------
MOST_TRIES = 6
"""Times that a site is made, each time with further datasets kept as they were."""


@dataclass(frozen=True)
class Standing:
    """The datasets of the site as it was last published: their entries in its manifest.json."""

    entries: Mapping[str, Mapping[str, Any]]
    kept: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """The entries of those with a fault, which are kept; None for one that is left out."""


def publish_catalogue(setting: Setting, office: Office, specs: Sequence[Spec], wanted: Wanted) -> SiteResult:
    """Render the site and publish it, unless its manifest is unchanged and its files are as they were written.

    A dataset with a fault is kept as it was last published, or left out if it never was; the others go out.
    """
    site = wanted.site
    templates = read_project(setting.project, "site_templates/**/*")
    inputs = Inputs(site, templates, read_project(setting.project, "build/vendor/*"), wanted.allow_samples)
    there = sites.read_site(site, sites.MARK) is not None
    entries = read_entries(sites.read_site(site, MANIFEST)) if there else {}
    damaged = find_damage(setting, site) if there else ()
    told: list[Finding] = []
    kept: dict[str, Mapping[str, Any] | None] = {}
    for left in reversed(range(MOST_TRIES)):
        try:
            standing = Standing(entries or {}, kept)
            what, pages, more = _try_site(setting, office, specs, replace(inputs, damaged=damaged), standing)
            break
        except Faulty as faulty:
            told += [finding for findings in faulty.faults.values() for finding in findings]
            if entries is None or not left or not kept.keys().isdisjoint(faulty.faults):
                return "refused", 0, tuple(told)
            for name in faulty.faults:
                kept[name] = entries.get(name)
                told.append(Finding("dataset-kept" if name in entries else "dataset-left-out", value=name))
    if damaged and what == "published":
        forget_faults(setting.cache, site)
        args = {"count": str(len(damaged)), "example": damaged[0]}
        told.append(Finding("site-mended", "warning", value=disk.show_path(site), args=args))
    return what, pages, (*told, *more)


def _try_site(
    setting: Setting, office: Office, specs: Sequence[Spec], inputs: Inputs, standing: Standing
) -> SiteResult:
    """Publish the site with some datasets kept.  Raises Faulty for further ones that can't be shown."""
    kept = standing.kept
    if kept:
        store = sites.KeptStore(setting.store, inputs.folder, {name: _read_kept(entry) for name, entry in kept.items()})
        setting = replace(setting, store=store)
        specs = [spec for spec in specs if not _has_own_spec(kept, spec.pipeline.name)]
    manifest = describe_site(setting, office, specs, {**inputs.templates, **inputs.vendor}, standing)
    if sites.read_site(inputs.folder, MANIFEST) == manifest and not inputs.damaged:
        return "unchanged", 0, ()
    from entaku.work.render import render_catalogue

    return render_catalogue(setting, office, specs, replace(inputs, manifest=manifest))


def _has_own_spec(kept: Mapping[str, Mapping[str, Any] | None], name: str) -> bool:
    """Test whether a dataset is left out, or kept with the spec of its last release."""
    entry = kept.get(name, {"versions": ()})
    return entry is None or bool(entry["versions"])


def find_damage(setting: Setting, site: Path) -> tuple[str, ...]:
    """List damaged files of the site: those that `entaku verify` named, and those found in the day's share."""
    share = disk.DayShare(setting.now.toordinal())
    return (*recall_faults(setting.cache, site), *sites.find_damage(site, share))


def read_entries(manifest: bytes | None) -> Mapping[str, Mapping[str, Any]] | None:
    """Read the entries of the datasets from a site's manifest.json; None if it can't be read."""
    try:
        entries: dict[str, dict[str, Any]] = json.loads(manifest or b"")["datasets"]
        for entry in entries.values():
            _read_kept(entry)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return entries


def _read_kept(entry: Mapping[str, Any] | None) -> tuple[History, str] | None:
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
    return History(tuple(map(str, entry["versions"])), entry["key"], attempt), entry["checked"]


def describe_site(
    setting: Setting, office: Office, specs: Sequence[Spec], templates: Mapping[str, bytes], standing: Standing
) -> bytes:
    """Return the site's manifest.json, which lists all its inputs.  The same manifest means the same site.  Raises
    Faulty for datasets that can't be read.
    """
    digests = {spec.pipeline.name: spec.digest for spec in specs}
    datasets: dict[str, object] = {}
    blame = Blame()
    for name in sorted({*digests, *setting.store.list_datasets()}):
        kept = standing.kept.get(name)
        with blame.on(name):
            if kept is not None:
                datasets[name] = {**kept, "kept": True}
            elif (entry := _describe(setting.store, name, digests.get(name, ""))) is not None:
                _find_lost(name, entry["versions"], standing.entries.get(name))
                datasets[name] = entry
    blame.settle()
    manifest = {
        "program": {
            "name": "entaku",
            "version": setting.program,
            "epoch": EPOCH,
            "ruling": rulebook.RULING,
            "sources": setting.sources,
        },
        "catalogue": _hash(_dump(asdict(office))),
        "templates": {path: _hash(body) for path, body in sorted(templates.items())},
        "datasets": datasets,
    }
    return _dump(manifest) + b"\n"


def _describe(store: Store, name: str, digest: str) -> dict[str, Any] | None:
    """Return a dataset's entry in the manifest; None if it has neither a YAML nor a release."""
    history = store.history(name)
    if not digest and not history.versions:
        return None
    return {
        "spec": digest or spec_of(store, name, history.versions[-1]).digest,
        "versions": list(history.versions),
        "key": history.key,
        "attempt": asdict(history.attempt) if history.attempt else None,
        "checked": newest_stamp(store.ledger(name)),
    }


def _find_lost(name: str, versions: Sequence[str], before: Mapping[str, Any] | None) -> None:
    """Raise Refused (versions-lost) if the site has versions of a dataset that the store has no more."""
    lost = sorted(set(before["versions"] if before else ()) - set(versions))
    if lost:
        args = {"count": str(len(lost)), "example": lost[-1]}
        raise Refused(Finding("versions-lost", value=name, args=args))


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8", "backslashreplace")
