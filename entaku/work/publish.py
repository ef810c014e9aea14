"""The order of things for the whole catalogue: every dataset, then the catalogue and its site."""

import hashlib
import json
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

from entaku.audit.rulebook import RULING
from entaku.catalogue.build import Ledgers, Stored, build_catalogue, list_copies, list_excel, list_raws
from entaku.catalogue.places import BOM
from entaku.fetch.asks import Refused
from entaku.model.grammar import Office, Pipeline
from entaku.model.nouns import EPOCH, Catalogue, Finding, Page, Place, Release, Spec
from entaku.release.release import load_release
from entaku.site.feeds.gate import check_pages
from entaku.spec.spec import make_spec, parse_project
from entaku.store.site import Cache, Headed, mend_site, publish_site, read_project, read_site
from entaku.store.store import Store
from entaku.work.dataset import Outcome, publish_dataset, read_manifest
from entaku.work.extras import add_charts, load_requests, load_showcases
from entaku.work.gather import newest_stamp
from entaku.work.setting import Setting


@dataclass(frozen=True)
class Result:
    """What a run did."""

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    """Of the YAML files, the templates and the site."""
    site: Literal["published", "unchanged", "refused"]
    pages: int = 0

    @property
    def bugs(self) -> tuple[str, ...]:
        """The traces of what went wrong inside the program."""
        found = (finding for outcome in self.outcomes for finding in outcome.findings)
        return tuple(finding.args["trace"] for finding in found if finding.code == "our-bug")

    @property
    def failed(self) -> bool:
        """Whether anything is there to be mended."""
        every = [*self.findings, *(finding for outcome in self.outcomes for finding in outcome.findings)]
        return any(finding.severity == "error" for finding in every)


def read_specs(project: Path) -> tuple[Office | None, tuple[Spec, ...], tuple[Finding, ...]]:
    """The project's catalogue.yaml and pipelines, parsed."""
    patterns = ("[cC]atalogue.[yY]*", "pipelines/*.[yY]*", "requests.csv")
    return parse_project({path: body for pattern in patterns for path, body in read_project(project, pattern).items()})


@dataclass(frozen=True)
class Wanted:
    """What a publish is to make."""

    site: Path
    """The folder of the site."""
    allow_samples: bool = False
    only_site: bool = False
    """No source is asked; the site is made anew of what is released."""


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
        mended += mend_site(site)
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
    """`publish_dataset`, of which a bug of ours in one dataset must not keep the others from the public."""
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


def load_catalogue(
    setting: Setting, office: Office, specs: Sequence[Spec], pictures: Collection[str] = ()
) -> tuple[Catalogue, tuple[Finding, ...]]:
    """The catalogue of what is released; a dataset whose YAML is broken stands as its last release has it.

    `pictures`: the files that showcases may show.  The findings are those of the ledgers' rows.
    """
    store = setting.store
    by_name = {spec.pipeline.name: spec for spec in specs}
    releases: dict[str, tuple[Release, ...]] = {}
    stored: dict[str, Stored] = {}
    every = sorted({*by_name, *(name for name in store.list_datasets() if store.history(name).versions)})
    for name in every:
        history = store.history(name)
        last = history.versions[-1:]
        releases[name] = tuple(load_one(store, name, version, (version,) == last) for version in history.versions)
        if name not in by_name:
            by_name[name] = _spec_of(store, name, history.versions[-1])
        if history.versions:
            *older, current = releases[name]
            releases[name] = (*older, add_charts(current, by_name[name], store, setting.cache))
        stored[name] = Stored(releases[name], history.attempt, newest_stamp(store.ledger(name)))
    requests, odd = load_requests(store, releases)
    showcases, odder = load_showcases(store, releases, pictures)
    known = list(by_name.values())
    catalogue = build_catalogue(office, known, stored, setting.program, Ledgers(tuple(requests), tuple(showcases)))
    return catalogue, (*odd, *odder)


def load_one(store: Store, name: str, version: str, whole: bool = True) -> Release:
    """A release from the store; one that is not current needs no first rows and no statistics of its columns."""

    def make_pipeline(canonical: str, file: str) -> Pipeline:
        return make_spec(canonical, file, {}).pipeline

    try:
        return load_release(lambda path: store.open_release(name, version, path), make_pipeline, whole)
    except (ValueError, KeyError, TypeError) as error:
        place = f"{name}/releases/{version}/manifest.json"
        raise Refused(Finding("store-broken", value=place, args={"why": str(error).splitlines()[0]})) from error


def _spec_of(store: Store, name: str, version: str) -> Spec:
    manifest = read_manifest(store, name, version)
    canonical = json.dumps(manifest["spec"]["pipeline"], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return make_spec(canonical, manifest["spec"]["file"], {})


def publish_catalogue(
    setting: Setting, office: Office, specs: Sequence[Spec], wanted: Wanted
) -> tuple[Literal["published", "unchanged", "refused"], int, tuple[Finding, ...]]:
    """Render the site and put it in place, unless nothing of it has changed."""
    site = wanted.site
    templates = read_project(setting.project, "site_templates/**/*")
    vendor = read_project(setting.project, "build/vendor/*")
    manifest = describe_site(setting, office, specs, {**templates, **vendor})
    if read_site(site, "manifest.json") == manifest and read_site(site, "SHA256SUMS") is not None:
        return "unchanged", 0, ()
    from entaku.site.feeds import stream_feeds
    from entaku.site.site import stream_site
    from entaku.work.extras import make_comparer
    from entaku.work.quality import judge_catalogue

    texts, assets = split_templates(templates)
    catalogue, odd = load_catalogue(setting, office, specs, assets.keys())
    if not wanted.allow_samples and any(
        dataset.current is not None and "sample" in dataset.current.served for dataset in catalogue.datasets
    ):
        return "refused", 0, (Finding("sample-refused", "error", value=str(site)),)
    bundled = {path.removeprefix("build/vendor/"): body for path, body in vendor.items()}
    judged = judge_catalogue(setting, catalogue)
    copies, sums = gather_copies(setting, catalogue)
    findings: list[Finding] = list(odd)
    counts = {"pages": 0}

    def render() -> Iterator[Page | Finding]:
        """Everything that is rendered; after a template went wrong no feeds."""
        whole, outputs, compare = True, join_outputs(assets, bundled), make_comparer(setting)
        for each in stream_site(catalogue, texts, outputs, setting.cache, judged, compare, setting.sources):
            counts["pages"] += isinstance(each, Page)
            whole = whole and (isinstance(each, Page) or each.severity != "error")
            yield each
        if whole:
            yield from stream_feeds(catalogue)
        yield Page("manifest.json", manifest)

    def list_pages() -> Iterator[Page]:
        """What is fit to be published; Refused once something has gone wrong."""
        for each in check_pages(render(), office.base_url.rstrip("/") + "/", copies.keys()):
            if isinstance(each, Page):
                yield each
            else:
                findings.append(each)
        for finding in findings:
            if finding.severity == "error":
                raise Refused(finding)

    try:
        told = publish_site(site, seal_pages(list_pages(), sums), copies, sums)
    except Refused as refused:
        if refused.finding in findings:
            return "refused", 0, tuple(findings)
        raise
    return "published", counts["pages"], (*findings, *told)


def gather_copies(setting: Setting, catalogue: Catalogue) -> tuple[dict[str, Path | Headed], dict[str, str]]:
    """What of the store is copied to which path of the site, and its SHA-256: releases, CSV for Excel, source files."""
    store = setting.store
    hashes = {
        (release.dataset, release.version, file.path): file.sha256
        for dataset in catalogue.datasets
        for release in dataset.releases
        for file in release.files
    }
    copies: dict[str, Path | Headed] = {}
    sums: dict[str, str] = {}
    for path, (name, version, file) in list_copies(catalogue).items():
        copies[path] = store.release_path(name, version) / file
        sums[path] = hashes.get((name, version, file), "") or _hash(store.read_release(name, version, file))
    for path, (name, version, file) in list_excel(catalogue).items():
        copies[path] = Headed(BOM, store.release_path(name, version) / file)
        sums[path] = hash_excel(
            setting.cache, partial(store.open_release, name, version, file), hashes[name, version, file]
        )
    for path, (name, sha256) in list_raws(catalogue).items():
        copies[path], sums[path] = store.raw_path(name, sha256), sha256
    return copies, sums


def hash_excel(cache: Cache, open_csv: Callable[[], BinaryIO], sha256: str) -> str:
    """The SHA-256 of a CSV with a byte order mark, of which `sha256` is without; reckoned once."""
    key = _hash(f"excel {sha256}".encode())
    kept = cache.get(key)
    if kept is None:
        kept = _hash_whole(BOM, open_csv()).encode()
        cache.put(key, kept)
    return kept.decode()


def join_outputs(*groups: Mapping[str, bytes]) -> dict[str, bytes]:
    """Every output by its path; refused where two want the same one."""
    joined: dict[str, bytes] = {}
    for group in groups:
        for path in sorted(joined.keys() & group.keys()):
            raise Refused(Finding("same-path", value=path))
        joined |= group
    return joined


def seal_pages(pages: Iterable[Page], sums: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Path and body of each page, and last the site's SHA256SUMS: a line for every file, as sha256sum(1) writes and
    checks them.  `sums` are those of the other files, by path."""
    every = dict(sums)
    for page in pages:
        every[page.path] = _hash(page.body)
        yield page.path, page.body
    yield "SHA256SUMS", "".join(f"{every[path]}  {path}\n" for path in sorted(every)).encode()


def split_templates(files: Mapping[str, bytes]) -> tuple[dict[str, str], dict[str, bytes]]:
    """`site_templates/` → texts of templates, and everything else as assets, by name relative to that folder.

    `vendor/` is neither: it says which scripts of others `make` bundles into `build/vendor`.
    """
    texts, assets = {}, {}
    for path, body in files.items():
        name = path.removeprefix("site_templates/")
        if name.startswith("vendor/"):
            continue
        if name.startswith("assets/") or not name.endswith((".html", ".txt", ".xml", ".md", ".json")):
            assets[name.removeprefix("assets/")] = body
        else:
            texts[name] = body.decode("utf-8")
    return texts, assets


def describe_site(setting: Setting, office: Office, specs: Sequence[Spec], templates: Mapping[str, bytes]) -> bytes:
    """The site's manifest.json: everything it is made from.  The same manifest means the same site."""
    store = setting.store
    digests = {spec.pipeline.name: spec.digest for spec in specs}
    datasets: dict[str, object] = {}
    for name in sorted({*digests, *store.list_datasets()}):
        history = store.history(name)
        if name not in digests and history.versions:
            digests[name] = _spec_of(store, name, history.versions[-1]).digest
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
            "ruling": RULING,
            "sources": setting.sources,
        },
        "catalogue": _hash(_dump(asdict(office))),
        "templates": {path: _hash(body) for path, body in sorted(templates.items())},
        "datasets": datasets,
    }
    return _dump(manifest) + b"\n"


def _hash_whole(head: bytes, stream: BinaryIO) -> str:
    found = hashlib.sha256(head)
    with stream:
        while piece := stream.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8", "backslashreplace")
