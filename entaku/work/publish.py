"""The order of operations for the whole catalogue: every dataset, then the catalogue and its site."""

import hashlib
import json
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from entaku.audit import rulebook
from entaku.model.files import MANIFEST, SUMS
from entaku.model.grammar import Office
from entaku.model.nouns import EPOCH, Finding, Place, Refused, Spec
from entaku.store import read_project
from entaku.store import site as sites
from entaku.work.dataset import Outcome, Result, SiteResult, Wanted, publish_dataset
from entaku.work.gather import newest_stamp
from entaku.work.load import spec_of
from entaku.work.setting import Setting


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
        broken = sorted({_stem(finding.place.file) for finding in findings} - good - {"catalogue"})
        outcomes += [_tell_broken(setting, name) for name in broken]
        outcomes.sort(key=lambda outcome: outcome.dataset)
        try:
            what, pages, more = publish_catalogue(setting, office, specs, wanted)
        except Refused as refused:
            what, pages, more = "refused", 0, (refused.finding,)
        if what == "refused" and (site / "index.html").is_file():
            more = (*more, Finding("site-kept", "error", value=str(site)))
    return Result(tuple(outcomes), (*mended, *findings, *more), what, pages)


def _publish_one(setting: Setting, office: Office, spec: Spec) -> Outcome:
    """Run `publish_dataset`; an unexpected exception becomes a finding and doesn't stop the other datasets."""
    try:
        return publish_dataset(setting, office, spec)
    except Exception as error:
        why = "".join(traceback.format_exception(error))
        finding = Finding("our-bug", "error", Place(file=spec.file), f"{type(error).__name__}: {error}", {"trace": why})
        return Outcome(spec.pipeline.name, "held", findings=(finding,))


def _stem(file: str) -> str:
    return Path(file).stem


def _tell_broken(setting: Setting, name: str) -> Outcome:
    try:
        versions = setting.store.history(name).versions
    except Refused as refused:
        return Outcome(name, "broken", findings=(refused.finding,))
    return Outcome(name, "broken", version=versions[-1] if versions else "")


def publish_catalogue(setting: Setting, office: Office, specs: Sequence[Spec], wanted: Wanted) -> SiteResult:
    """Render the site and publish it, unless its manifest is unchanged."""
    site = wanted.site
    templates = read_project(setting.project, "site_templates/**/*")
    vendor = read_project(setting.project, "build/vendor/*")
    manifest = describe_site(setting, office, specs, {**templates, **vendor})
    if sites.read_site(site, MANIFEST) == manifest and sites.read_site(site, SUMS) is not None:
        return "unchanged", 0, ()
    from entaku.work.render import Site, render_catalogue

    return render_catalogue(setting, office, specs, Site(site, templates, vendor, manifest, wanted.allow_samples))


def describe_site(setting: Setting, office: Office, specs: Sequence[Spec], templates: Mapping[str, bytes]) -> bytes:
    """Return the site's manifest.json, which lists all its inputs.  The same manifest means the same site."""
    store = setting.store
    digests = {spec.pipeline.name: spec.digest for spec in specs}
    datasets: dict[str, object] = {}
    for name in sorted({*digests, *store.list_datasets()}):
        history = store.history(name)
        if name not in digests and history.versions:
            digests[name] = spec_of(store, name, history.versions[-1]).digest
        if name not in digests:
            continue
        datasets[name] = {
            "spec": digests[name],
            "versions": list(history.versions),
            "key": history.key,
            "attempt": asdict(history.attempt) if history.attempt else None,
            "checked": newest_stamp(store.ledger(name)),
        }
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


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8", "backslashreplace")
