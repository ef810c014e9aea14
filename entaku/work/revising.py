"""What passed the check → a new version, a revision of the metadata of the current one, or nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO

from entaku.check import Verdict
from entaku.model.grammar import Pipeline
from entaku.model.nouns import Finding, History, Release, Written
from entaku.model.revisions import Why
from entaku.release import anomalies, revise
from entaku.release import making as releases
from entaku.spec import make_spec
from entaku.store import Desk, Store
from entaku.work.manifests import name_previous
from entaku.work.outcome import Outcome, reading
from entaku.work.releases import load_one, read_descriptor

PROGRAM = (Why("program"),)
"""Why a release is made that has the rows and the words of the one before."""


@dataclass(frozen=True)
class NextFiles:
    """Where the next release goes."""

    store: Store
    history: History
    now: datetime
    """The time of the run, which is that of a revision."""
    desk: Desk
    """The files of its tables."""


def write_next(
    into: NextFiles, making: releases.Making, verdict: Verdict, findings: Sequence[Finding], outcome: Outcome
) -> Outcome:
    """Write the next release, if it differs from the current one; return `outcome` of a new version, or what it was.

    If its data is that of the current version, that gets a revision, and what is on the desk is discarded.
    """
    store, history, name, checked = into.store, into.history, outcome.dataset, verdict.checked
    making = replace(making, previous=name_previous(store, name, history))
    standing = _read_standing(store, name, history)
    if standing is not None and _has_same_data(into, name, standing, verdict):
        making, checked = revise.revise(making, standing, checked, into.now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        # the same data as the version's, which was compared with those before when it was made
        findings = (*findings, *(one for one in standing.release.findings if one.code in anomalies.CODES))
    plain, told = releases.describe_release(making, checked, verdict.report), releases.list_sources(checked)
    if standing is None:
        making = replace(making, why=(*revise.FIRST, *making.why))
    files = releases.make_release(making, checked, plain, findings, told)
    if standing is not None:
        current, descriptor = history.versions[-1], json.dumps(standing.descriptor).encode()
        if releases.same_content(files, descriptor):
            store.write_history(name, replace(history, key=making.key, attempt=None))
            return replace(outcome, what="unchanged", version=current)
    after = _load_made({**told.files, **files}, making)
    if standing is not None:
        words = revise.compare_words(standing.descriptor, json.loads(releases.find_descriptor(files)))
        why = (revise.find_why(standing.release, after, words) or PROGRAM) + making.why
        files = releases.make_release(replace(making, why=why), checked, plain, findings, told)
    if making.revision > 1:
        store.write_revision(name, making.version, making.revision, files)
        revisions = {**history.revisions, making.version: making.revision}
        store.write_history(name, replace(history, revisions=revisions, key=making.key, attempt=None))
        return replace(outcome, what="revised", version=making.version)
    store.write_release(name, making.version, files, into.desk)
    versions = (*history.versions, making.version)
    store.write_history(name, History(versions, making.key, abandoned=history.abandoned, revisions=history.revisions))
    return outcome


def _read_standing(store: Store, name: str, history: History) -> revise.CurrentRelease | None:
    """Read the current release; None before there is one."""
    if not history.versions:
        return None
    version = history.versions[-1]
    descriptor = read_descriptor(store, name, version)
    return revise.CurrentRelease(load_one(store, name, version, whole=False), descriptor)


def _has_same_data(into: NextFiles, name: str, standing: revise.CurrentRelease, verdict: Verdict) -> bool:
    """Test whether the tables that passed are those of the current version, and their Parquet has the same pages."""
    version = standing.release.version
    with reading(f"{name} {version}"):
        same = revise.has_same_data(standing, verdict.checked)
    paths = [path for table in verdict.checked for path in _list_parquet(table.written)] if same else []
    return same and all(into.store.has_same_columns(name, version, path, into.desk) for path in paths)


def _list_parquet(written: Written) -> list[str]:
    """List the Parquet files of a table."""
    return [part.parquet.path for part in written.parted.parts] if written.parted else [written.parquet.path]


def _load_made(files: dict[str, bytes], making: releases.Making) -> Release:
    """Load a release from the files that were made of it, as it will be read back."""

    def make_pipeline(canonical: str, file: str) -> Pipeline:
        return make_spec(canonical, file, {}).pipeline

    return releases.load_release(lambda path: BytesIO(files[path]), make_pipeline, False, making.revision)
