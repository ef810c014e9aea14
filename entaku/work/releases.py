"""Releases read back from the store, each in its newest revision and with those before, and the specs they were made
with."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any, BinaryIO, TypeVar

from entaku.model.files import DESCRIPTOR, MANIFEST, File, name_revised
from entaku.model.grammar import Pipeline, Resource
from entaku.model.nouns import Finding, Refused, Release, Spec
from entaku.model.revisions import Why
from entaku.release import making, revise, write
from entaku.spec import make_spec
from entaku.store import Store, disk
from entaku.work.manifests import read_manifest
from entaku.work.outcome import reading

Said = TypeVar("Said", Pipeline, Resource)
UNKNOWN = (Why("metadata"),)
"""Why an old version was made whose data is that of the one before."""


def withhold(release: Release, hashes: frozenset[str]) -> Release:
    """Return a release and its revisions without the source files that were withdrawn."""
    earlier = tuple(withhold(each, hashes) for each in release.earlier)
    return replace(release, withheld=hashes, earlier=earlier) if hashes else release


def tell_reasons(releases: Sequence[Release]) -> tuple[Release, ...]:
    """Return releases, oldest first, each with the reason why it was made; of those that were made before that was
    recorded it is found by comparing them."""
    pairs = zip((None, *releases), releases, strict=False)
    return tuple(
        after if after.why or after.earlier else replace(after, why=revise.find_why(before, after) or UNKNOWN)
        for before, after in pairs
    )


def load_one(store: Store, name: str, version: str, whole: bool = True, newest: int = 0) -> Release:
    """Load a release from the store, with the revisions before the newest; `whole`: with first rows and column
    statistics, which only a current one needs."""
    newest = newest or store.revision(name, version)
    earlier = tuple(_load_revision(store, name, version, (n, False)) for n in range(1, newest))
    return replace(_load_revision(store, name, version, (newest, whole)), earlier=earlier)


def _load_revision(store: Store, name: str, version: str, which: tuple[int, bool]) -> Release:
    revision, whole = which

    def open_(path: str) -> BinaryIO:
        return store.open_release(name, version, path)

    with reading(f"{name}/releases/{version}/{name_revised(MANIFEST, revision)}"):
        release = making.load_release(open_, _make_pipeline, whole, revision)
        if release.dataset not in store.list_names(name) or release.version != version:
            raise ValueError(f"{release.dataset} {release.version}")
    if release.dataset == name:
        return release
    return replace(release, dataset=name, home=release.dataset, pipeline=replace(release.pipeline, name=name))


@lru_cache(maxsize=64)
def _make_pipeline(canonical: str, file: str) -> Pipeline:
    """Return the pipeline that a release was made with: versions of a dataset mostly have the same."""
    return make_spec(canonical, file, {}).pipeline


def share_words(release: Release, spec: Spec) -> Release:
    """Return a release that has what it says just as today's spec of its dataset does in common with it, in memory."""
    today, shared = {each.name: each for each in spec.pipeline.resources}, dict[int, Resource]()

    def share(resource: Resource) -> Resource:
        """Share the tables of the pipeline, which are those of the release unless something was added to them."""
        if id(resource) not in shared:
            other = today.get(resource.name, resource)
            alike = _tell_steps(resource) == _tell_steps(other)
            shared[id(resource)] = _share(replace(resource, tidy=other.tidy) if alike else resource, other)
        return shared[id(resource)]

    pipeline = replace(release.pipeline, resources=tuple(map(share, release.pipeline.resources)))
    return replace(
        release,
        pipeline=_share(pipeline, spec.pipeline),
        resources=tuple(replace(table, resource=share(table.resource)) for table in release.resources),
        earlier=tuple(share_words(each, spec) for each in release.earlier),
    )


def _tell_steps(resource: Resource) -> str:
    """Return what the steps of a table are, wherever they are written."""
    return repr([(step.name, step.options) for step in resource.tidy])


def _share(own: Said, other: Said) -> Said:
    """Return `other` if `own` is the same, or else `own` with those values of `other` that are the same."""
    pairs = ((each.name, getattr(own, each.name), getattr(other, each.name)) for each in fields(own))
    same = {name: theirs for name, mine, theirs in pairs if repr(mine) == repr(theirs)}
    return other if len(same) == len(fields(own)) else replace(own, **same)


def read_descriptor(store: Store, name: str, version: str) -> dict[str, Any]:
    """Read the newest datapackage.json of a release.  Raises Refused (store-broken)."""
    path = name_revised(DESCRIPTOR, store.revision(name, version))
    with reading(f"{name}/releases/{version}/{path}"):
        descriptor: dict[str, Any] = json.loads(store.read_release(name, version, path))
        return descriptor


def spec_of(store: Store, name: str, version: str) -> Spec:
    """Return the spec that a release was made with, under the present name of its dataset."""
    manifest = read_manifest(store, name, version)
    canonical = json.dumps(manifest["spec"]["pipeline"], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    spec = make_spec(canonical, manifest["spec"]["file"], {})
    if spec.pipeline.name == name:
        return spec
    return replace(spec, file=f"pipelines/{name}.yaml", pipeline=replace(spec.pipeline, name=name))


def check_sound(store: Store, release: Release, file: File) -> None:
    """Raise Refused (checksum) if a file of a release has changed: what is made of it would stay in the cache."""
    check_files(store, release, list_real(release, file))


def check_files(store: Store, release: Release, files: Sequence[File]) -> None:
    """Raise Refused (checksum) if one of several files of a release has changed."""
    for one in files:
        path = disk.below(store.release_path(release.dataset, release.version), one.path)
        with disk.telling(path, "store-broken"):
            found = disk.hash_file(path)
        if found != one.sha256:
            raise Refused(Finding("checksum", value=disk.show_path(path)))


def list_real(release: Release, file: File) -> tuple[File, ...]:
    """List the files that stand behind one of a release: itself, or of a table in parts these, and the list of them."""
    for table in release.resources:
        if table.parted and file in (table.csv, table.parquet):
            parts = table.parted.parts
            return (table.parted.listed, *(part.csv if file == table.csv else part.parquet for part in parts))
    return (file,)


def read_sound(store: Store, release: Release, file: File) -> bytes:
    """Read a file of a release, the Parquet of a table in parts as one.  Raises Refused (checksum) if it has changed: the
    bytes returned are those verified."""
    parted = next((table for table in release.resources if table.parted and table.parquet == file), None)
    if parted is not None:
        check_sound(store, release, file)
        return write.join_parquet(
            store.list_data(release.dataset, release.version, file.path), write.find_order(parted.resource)
        )
    body = store.read_release(release.dataset, release.version, file.path)
    if hashlib.sha256(body).hexdigest() != file.sha256:
        path = disk.below(store.release_path(release.dataset, release.version), file.path)
        raise Refused(Finding("checksum", value=disk.show_path(path)))
    return body
