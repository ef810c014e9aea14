"""What a command works on, from the project and the store: specs, releases, the catalogue."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from entaku.catalogue.build import Ledgers, Stored, build_catalogue
from entaku.model.grammar import Office, Pipeline
from entaku.model.nouns import Catalogue, Finding, Refused, Release, Spec
from entaku.release.release import load_release
from entaku.spec.spec import make_spec, parse_project
from entaku.store.project import read_project
from entaku.store.store import Store
from entaku.work.dataset import read_manifest
from entaku.work.extras import add_charts, load_requests, load_showcases
from entaku.work.gather import newest_stamp
from entaku.work.setting import Setting


def read_specs(project: Path) -> tuple[Office | None, tuple[Spec, ...], tuple[Finding, ...]]:
    """The project's catalogue.yaml and pipelines, parsed."""
    patterns = ("catalogue.yaml", "pipelines/*.yaml", "requests.csv")
    return parse_project({path: body for pattern in patterns for path, body in read_project(project, pattern).items()})


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
            by_name[name] = spec_of(store, name, history.versions[-1])
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


def spec_of(store: Store, name: str, version: str) -> Spec:
    """The spec that a release was made with."""
    manifest = read_manifest(store, name, version)
    canonical = json.dumps(manifest["spec"]["pipeline"], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return make_spec(canonical, manifest["spec"]["file"], {})
