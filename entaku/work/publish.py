"""The order of operations for the whole catalogue: every dataset, then the catalogue and its site."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from entaku.model.files import MANIFEST, ROOT
from entaku.model.grammar import Office
from entaku.model.ledgers import read_tombstone
from entaku.model.nouns import Finding, Place, Refused, Spec
from entaku.model.places import find_folder
from entaku.store import Store, disk
from entaku.store import site as sites
from entaku.work import histories
from entaku.work.ahead import prepare_release
from entaku.work.dataset import take_turns
from entaku.work.describing import Standing, describe_site, list_withdrawn
from entaku.work.hosting import find_former, judge_host
from entaku.work.leaving import tell_retired
from entaku.work.load import Inputs, read_shown
from entaku.work.notify import notify
from entaku.work.open import read_clock
from entaku.work.outcome import Faulty, Outcome, Result, SiteResult, Wanted, tell_trouble
from entaku.work.releases import spec_of
from entaku.work.repeats import tell_once
from entaku.work.runs import begin_run, end_run
from entaku.work.setting import Setting, give_back_memory
from entaku.work.settled import open_settled, settle
from entaku.work.shipped import read_fonts, read_scripts, read_templates
from entaku.work.signing import KEY_FILE, SiteSeal, is_fresh, is_signed, open_seal
from entaku.work.units import Steps, run_all
from entaku.work.uploading import upload
from entaku.work.verify import forget_faults, recall_faults, scrub_store
from entaku.work.withdraw import finish_withdrawals


def publish(
    setting: Setting,
    office: Office,
    specs: Sequence[Spec],
    findings: tuple[Finding, ...],
    wanted: Wanted,
) -> Result:
    """Bring every dataset and the site up to date.  `findings` are those of the YAML; `specs` have none."""
    site = wanted.site
    settled = open_settled(setting, office, specs)
    with setting.store.lock(settled.has) as mended:
        record = None if wanted.only_site or wanted.names else begin_run(setting.project, setting.now)
        setting.cache.clear_unfinished()
        mended += (*sites.mend_site(site), *find_former(site, office))
        if office.signing is None or is_signed(office.signing, site, MANIFEST):
            mended += restore_tombstones(setting.store, site)
        if finish_withdrawals(setting, site):
            settled = open_settled(setting, office, specs)
        good = {spec.pipeline.name for spec in specs}
        known = histories.read_known(setting, office, wanted)
        mended += (*known.findings, *histories.begin_anew(setting, known, wanted, good))
        if mended or setting.store.remote is not None:
            settled.look_again()
        known, setting = known.compare(setting.store, settled), replace(setting, settled=settled)
        lost = known.lost
        outcomes = [Outcome(name, "held", findings=(finding,)) for name, finding in lost.items()]
        every = good.intersection(wanted.names or good) - lost.keys() if not wanted.only_site else set()
        chosen = [spec for spec in specs if spec.pipeline.name in every]
        for done in run_all(setting, (_take_turns(setting, office, spec) for spec in chosen), prepare_release):
            outcomes.append(done)
            setting.tell(done)
            setting.progress("", len(outcomes) - len(lost), len(chosen))
        broken = sorted({_stem(finding.place.file) for finding in findings} - good - {"catalogue", "", *lost})
        mended += tell_retired(setting, office)
        outcomes += [_tell_broken(setting, name) for name in broken]
        left = sorted({*setting.store.list_datasets()} - good - {*broken, *lost})
        outcomes += [outcome for name in left if (outcome := _tell_left(setting, office, name))]
        for other in (*outcomes[: len(lost)], *outcomes[len(lost) + len(chosen) :]):
            setting.tell(other)
        outcomes.sort(key=lambda outcome: outcome.dataset)
        try:
            mended += setting.store.keep()
            what, pages, more = publish_catalogue(setting, office, specs, wanted, known)
            if what != "refused":
                histories.write_lines(setting, office, known)
        except Refused as refused:
            what, pages, more = "refused", 0, (refused.finding,)
        except Exception as error:
            what, pages, more = "refused", 0, (tell_trouble(Place(), disk.show_path(site), error),)
        if what == "refused" and (site / "index.html").is_file():
            more = (*more, Finding("site-kept", "error", value=str(site)))
        settled.keep()
        more = (
            *more,
            *(cleared := clear_site(setting.store, site)),
            *scrub_store(setting),
            *judge_host(setting.store, office, specs, site),
            *upload(setting, office, wanted, cleared if what == "refused" else None),
            *(notify(setting, office, site, outcomes) if wanted.notify else ()),
        )
        told = [finding for outcome in outcomes for finding in outcome.findings]
        more = tuple(
            finding for n, finding in enumerate(more)
            if finding not in told and finding not in more[:n]
            and not (finding.code == "ledger-dataset" and finding.value in broken)  # it will be there once its YAML is right
        )  # fmt: skip
        result = Result(tuple(outcomes), (*mended, *findings, *more), what, pages, wanted.shown)
        if wanted.scheduled and not wanted.names:
            today = setting.now.astimezone(ZoneInfo(office.timezone)).date()
            result = tell_once(setting.store, result, today.isoformat())
        result = _keep_records(setting.store, result)
    if record is not None:
        try:
            end_run(setting.project, record, read_clock(), result)
        except Refused as refused:
            return replace(result, findings=(*result.findings, refused.finding))
    return result


def _keep_records(store: Store, result: Result) -> Result:
    """Put what was told into the store of objects, if there is one; return the result with what failed."""
    try:
        store.keep()
    except Refused as refused:
        if refused.finding not in result.findings:
            return replace(result, findings=(*result.findings, refused.finding))
    return result


def _take_turns(setting: Setting, office: Office, spec: Spec) -> Steps:
    """Run `take_turns` unless nothing has changed; an unexpected exception becomes a finding and doesn't stop the other
    datasets."""
    try:
        return (yield from settle(setting, spec, take_turns(setting, office, spec)))
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


def _tell_left(setting: Setting, office: Office, name: str) -> Outcome | None:
    """Report a dataset with releases that is retired, or whose YAML is gone, and what `catalogue.yaml` lacks of it; None
    for any other."""
    try:
        versions = setting.store.history(name).versions
        if not versions:
            return None
        if name in office.retired:
            return Outcome(name, "retired", version=versions[-1])
        pipeline = spec_of(setting.store, name, versions[-1]).pipeline
    except Refused:  # told where the catalogue is loaded
        return None
    place = Place(file=f"pipelines/{name}.yaml")
    findings = [Finding("no-yaml", "notice", place, name, {"version": versions[-1]})]
    named = (("publishers", pipeline.publisher, office.publishers), ("licenses", pipeline.license, office.licenses))
    for list_, key, there in named:
        if key not in there:
            findings.append(Finding("former-key", "warning", place, key, {"list": list_, "dataset": name}))
    return Outcome(name, "left", version=versions[-1], findings=tuple(findings))


# ---- the site ---------------------------------------------------------------------------------------------------
MOST_TRIES = 6
"""Times that a site is made, each time with further datasets kept as they were."""


def publish_catalogue(
    setting: Setting, office: Office, specs: Sequence[Spec], wanted: Wanted, known: histories.PublishedBefore
) -> SiteResult:
    """Render the site and publish it, unless its manifest is unchanged and its files are as they were written.

    A dataset with a fault is kept as it was last published, or left out if it never was; the others go out.  Of one
    of which the store has lost something, all that is known to have been published must be on the site that is
    replaced: no site is made without it.
    """
    site = wanted.site
    office = replace(
        office, notify=(), store=find_folder(office.store), site=replace(office.site, to=None)
    )  # not shown
    templates, told_templates = read_templates(setting.project)
    scripts, told_scripts = read_scripts(setting.project, office.site.sql)
    office, fonts, told_fonts = read_fonts(setting.project, office)
    inputs = Inputs(
        folder=site,
        templates=templates,
        vendor=scripts,
        fonts=fonts,
        pictures=read_shown(setting.project, office.site),
        allow_samples=wanted.allow_samples,
    )
    there = sites.read_site(site, sites.MARK) is not None
    office, seal, told_key = choose_seal(setting, office, wanted)
    inputs = replace(inputs, seal=seal)
    entries = histories.read_entries(setting.store, sites.read_site(site, MANIFEST)) if there else {}
    damaged = find_damage(setting, site) if there else ()
    told: list[Finding] = [*told_key, *told_templates, *told_scripts, *told_fonts]
    kept: dict[str, Mapping[str, Any] | None] = {}
    for left in reversed(range(MOST_TRIES)):
        try:
            standing = Standing(entries or {}, kept, known.lost)
            what, pages, more = _try_site(setting, office, specs, replace(inputs, damaged=damaged), standing)
            break
        except Faulty as faulty:
            told += [finding for findings in faulty.faults.values() for finding in findings]
            if entries is None or not left or not kept.keys().isdisjoint(faulty.faults):
                return "refused", 0, tuple(told)
            for name in faulty.faults:
                kept[name] = choose_kept(setting.store, name, entries.get(name))
                if name in known.lost and not known.allows(name, kept[name]):
                    return "refused", 0, tuple(told)
                told.append(Finding(_tell_kept(setting.store, name, kept[name]), value=name))
    if damaged and what == "published":
        forget_faults(setting.cache, site)
        args = {"count": str(len(damaged)), "example": damaged[0]}
        told.append(Finding("site-mended", "warning", value=disk.show_path(site), args=args))
    return what, pages, (*told, *more)


def choose_seal(
    setting: Setting, office: Office, wanted: Wanted
) -> tuple[Office, SiteSeal | None, tuple[Finding, ...]]:
    """Return what the site is signed with, and the office as the site shows it: without keys where nothing is signed.

    A key that is announced and not there is a warning for a trial at home, and refused (signing-secret-missing) for any
    other site, and for one that is signed now.
    """
    seal, told = open_seal(setting, office.signing, wanted.site)
    if seal is not None:
        return replace(office, signing=seal.signing), seal, told
    if office.signing is None:
        return office, None, told
    missing = Finding("signing-secret-missing", "warning", Place(file="catalogue.yaml"), KEY_FILE)
    if not wanted.allow_samples or sites.read_site(wanted.site, ROOT) is not None:
        raise Refused(replace(missing, severity="error"))
    return replace(office, signing=None), None, (missing,)


def _try_site(
    setting: Setting, office: Office, specs: Sequence[Spec], inputs: Inputs, standing: Standing
) -> SiteResult:
    """Publish the site with some datasets kept.  Raises Faulty for further ones that can't be shown."""
    kept = standing.kept
    if kept:
        store = sites.KeptStore(
            setting.store, inputs.folder, {name: histories.read_kept(entry) for name, entry in kept.items()}
        )
        setting = replace(setting, store=store)
        specs = [spec for spec in specs if not _has_own_spec(kept, spec.pipeline.name)]
    files = {**inputs.templates, **inputs.vendor, **inputs.fonts, **inputs.pictures}
    manifest = describe_site(setting, office, specs, files, standing)
    fresh = inputs.seal is None or is_fresh(inputs.seal, inputs.folder)
    if sites.read_site(inputs.folder, MANIFEST) == manifest and not inputs.damaged and fresh:
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


def _leave_expired(told: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """List the tombstones of what somebody withdrew, which no site may have any more."""
    return [each for each in told if not each.get("rule")]


def restore_tombstones(store: Store, site: Path) -> tuple[Finding, ...]:
    """Record again what the site tells was withdrawn and the store has lost; what it stood for is removed.

    A site that should be signed and is not doesn't count: whoever can write to it could have the store emptied.
    """
    body = sites.read_site(site, MANIFEST) or b""
    findings = []
    for name, entry in ((histories.read_entries(store, body) or {}) if b'"withdrawn"' in body else {}).items():
        with suppress(Refused):  # reported when the dataset is processed
            there = store.tombstones(name)
            lost = [each for each in map(read_tombstone, entry.get("withdrawn", ())) if each not in there]
            if lost:
                store.record_withdrawal(name, lost)
                store.remove_withdrawn(name)
                findings.append(Finding("tombstones-restored", "warning", value=name, args={"count": str(len(lost))}))
    return tuple(findings)


def clear_site(store: Store, site: Path) -> tuple[Finding, ...]:
    """Remove the site before this one if it was made before the last withdrawal; and if this one still was, as it could
    not be made again, remove the datasets from it."""
    withdrawn: dict[str, list[Mapping[str, Any]]] = {}
    for name in store.list_entombed():
        with suppress(Refused):  # reported when the dataset is processed
            withdrawn |= {name: told} if (told := _leave_expired(list_withdrawn(store, name))) else {}
    for folder in sites.list_beside(site) if withdrawn else ():
        if folder.is_dir() and _list_older(store, folder, withdrawn):
            with disk.telling(folder):
                disk.remove_folder(folder)
    there = bool(withdrawn) and sites.read_site(site, sites.MARK) is not None
    names = _list_older(store, site, withdrawn) if there else []
    sites.remove_datasets(site, [each for name in names for each in store.list_names(name)])
    return tuple(Finding("withdrawn-from-site", value=name) for name in names)


def _list_older(store: Store, site: Path, withdrawn: Mapping[str, object]) -> list[str]:
    """List the datasets of which a site was made before their last withdrawal."""
    entries = histories.read_entries(store, sites.read_site(site, MANIFEST))
    if entries is None:
        return list(withdrawn)
    shown = {name: _leave_expired(entry.get("withdrawn", ())) for name, entry in entries.items()}
    return [name for name, told in withdrawn.items() if name in entries and shown[name] != told]


def choose_kept(store: Store, name: str, entry: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return what is kept of a dataset with a fault: its entry, or None if the site may have what was withdrawn
    since."""
    with suppress(Refused):
        shown = _leave_expired(entry.get("withdrawn", ())) if entry else []
        return entry if entry and shown == _leave_expired(list_withdrawn(store, name)) else None
    return entry


def _tell_kept(store: Store, name: str, entry: Mapping[str, Any] | None) -> str:
    """Return the code of the finding on a dataset with a fault, of which `entry` is kept."""
    with suppress(Refused):
        return "dataset-kept" if entry else "dataset-taken-off" if store.tombstones(name) else "dataset-left-out"
    return "dataset-kept" if entry else "dataset-left-out"
