"""The datasets on which a run found nothing to do: the next run knows them by the states of their files.

Only a dataset all of whose sources are files of the project, whatever the day, can be settled: servers are asked each
time.  The record is kept in the cache, and whoever deletes it has every dataset looked at once more.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

from entaku.catalogue import build as catalogues
from entaku.catalogue import facets
from entaku.model.grammar import Office
from entaku.model.ledgers import Published
from entaku.model.nouns import EPOCH, Refused, Spec
from entaku.store import Cache
from entaku.work.manifests import read_manifest
from entaku.work.outcome import Outcome
from entaku.work.recalled import QUIET, list_records
from entaku.work.setting import Setting
from entaku.work.units import Steps

KEY = hashlib.sha256(b"settled").hexdigest()
Record = dict[str, Any]


def open_settled(setting: Setting, office: Office, specs: Iterable[Spec]) -> "Settled":
    """Return what earlier runs have settled of these datasets."""
    return Settled(setting, office, {spec.pipeline.name: spec for spec in specs})


def settle(setting: Setting, spec: Spec, steps: Steps) -> Steps:
    """Take a dataset's steps, unless it is settled; note what came of it."""
    settled = setting.settled
    if settled is None:
        return (yield from steps)
    known = settled.find(spec)
    if known is not None:
        return known
    outcome = yield from steps
    settled.note(spec, outcome)
    return outcome


class Settled:
    """What is known of the datasets from earlier runs."""

    def __init__(self, setting: Setting, office: Office, specs: Mapping[str, Spec]) -> None:
        self._setting, self._specs = setting, specs
        self._today = setting.now.astimezone(ZoneInfo(office.timezone)).date().isoformat()
        self._timezone = office.timezone
        shared = repr((EPOCH, setting.sources, setting.program, setting.engine, office))
        self._shared = hashlib.sha256(shared.encode("utf-8", "backslashreplace")).hexdigest()
        self._records = _read(setting.cache, self._shared)
        self._begun: dict[str, str] = {}
        self._found = dict[str, bool]()
        self._told: dict[str, list[list[str | int]]] = {}
        self._changed = False

    def has(self, name: str) -> bool:
        """Test whether a dataset is as it was when nothing was to be done.

        It is looked at once: one that was found settled is so until the run works on it, as nobody else writes to the
        store, and a source that changes meanwhile is seen by the next run.
        """
        found = self._found.get(name)
        if found is None:
            record, spec = self._records.get(name), self._specs.get(name)
            found = self._found[name] = record is not None and spec is not None and self._holds(spec, record)
        return found

    def look_again(self) -> None:
        """Look at every dataset once more: something in the store was changed."""
        self._found.clear()

    def find(self, spec: Spec) -> Outcome | None:
        """Return the outcome for a dataset that is as it was when nothing was to be done; else note how it is now."""
        name = spec.pipeline.name
        if self.has(name):
            record = self._records[name]
            return Outcome(name, "unchanged", tuple(record["served"]), record["rows"], record["version"])
        self._begin(spec)
        return None

    def knows(self, name: str, told: Iterable[Published]) -> bool:
        """Test whether a dataset is settled, and was found to have all that is told to have been published of it."""
        return self.has(name) and self._records[name].get("told") == _show_told(told)

    def note_told(self, name: str, told: Iterable[Published]) -> None:
        """Note that a dataset has all that is told to have been published of it."""
        self._told[name] = _show_told(told)
        if self.has(name):
            self._records[name]["told"], self._changed = self._told[name], True

    def find_entry(self, spec: Spec) -> str | None:
        """Return a settled dataset's entry in the site's manifest.json as it is shown there, if it is known."""
        record = self._records.get(spec.pipeline.name)
        if record is None or "entry" not in record or not self.has(spec.pipeline.name):
            return None
        entry: str = record["entry"]
        return entry

    def note(self, spec: Spec, outcome: Outcome) -> None:
        """Note what came of a dataset, if that is nothing and would be so until a file changes or a day has come."""
        name, began = spec.pipeline.name, self._begun.pop(spec.pipeline.name, "")
        self._found.pop(name, None)
        if self._records.pop(name, None) is not None:
            self._changed = True
        if not began or outcome.what != "unchanged" or outcome.findings or "sample" in outcome.served:
            return
        record: Record = {
            "spec": spec.digest,
            "served": outcome.served,
            "rows": outcome.rows,
            "version": outcome.version,
            "told": self._told.get(name),
        }
        with suppress(Refused):
            record["versions"] = list_records(self._setting.store, name)
            record["until"] = self._find_last_day(spec)
            if self._read(spec, record["versions"]) == began:
                self._records[name] = {**record, "state": began}
                self._changed = True

    def note_entry(self, spec: Spec, entry: str) -> None:
        """Note the entry in the site's manifest.json of a dataset whose outcome was noted."""
        record = self._records.get(spec.pipeline.name)
        if record is not None and record.get("entry") != entry and self._holds(spec, record):
            record["entry"], self._changed = entry, True

    def keep(self) -> None:
        """Keep what is known for the next run, if that is other than before."""
        if self._changed:
            body = json.dumps({"shared": self._shared, "datasets": self._records}, ensure_ascii=False)
            with suppress(Refused):  # a cache that can't be written
                self._setting.cache.put(KEY, body.encode("utf-8", "backslashreplace"))

    def _begin(self, spec: Spec) -> None:
        """Note the state of a dataset's files before it is worked on."""
        if not self._can_settle(spec):
            return
        with suppress(Refused):  # told where it is worked on
            versions = list_records(self._setting.store, spec.pipeline.name)
            state, newest = self._setting.store.read_states(spec.pipeline.name, self._list_files(spec, versions))
            if newest + QUIET < time.time_ns():
                self._begun[spec.pipeline.name] = state

    def _can_settle(self, spec: Spec) -> bool:
        """Test whether nothing but files decides what comes of a dataset."""
        setting, pipeline = self._setting, spec.pipeline
        if setting.mirror is not None or setting.only_check or pipeline.breaking or any(pipeline.keep.list_rules()):
            return False
        sources = [resource.source for resource in pipeline.resources if resource.source is not None]
        return bool(sources) and all(source.file and not source.for_ for source in sources)

    def _holds(self, spec: Spec, record: Record) -> bool:
        """Test whether a record is of the same spec and the same files, and its last day isn't over."""
        if record["spec"] != spec.digest or not self._can_settle(spec):
            return False
        if record["until"] and self._today > record["until"]:
            return False
        return bool(self._read(spec, record["versions"]) == record["state"])

    def _read(self, spec: Spec, versions: list[str]) -> str:
        return self._setting.store.read_states(spec.pipeline.name, self._list_files(spec, versions)).digest

    def _list_files(self, spec: Spec, versions: list[str]) -> Iterator[str]:
        """Yield what a dataset depends on besides its own records: its source files, then files in its own folder."""
        for resource in spec.pipeline.resources:
            if resource.source is not None:
                yield f"{self._setting.project}/{resource.source.file}"
        folder = f"{self._setting.store.root}/{spec.pipeline.name}/releases"
        for path in versions:
            yield f"{folder}/{path}"

    def _find_last_day(self, spec: Spec) -> str:
        """Return the last day on which nothing is to be told of a dataset; "" if there is none."""
        store, name, pipeline = self._setting.store, spec.pipeline.name, spec.pipeline
        manifest = read_manifest(store, name, store.history(name).versions[-1])
        due = catalogues.find_first_overdue(facets.find_day(manifest["created"], self._timezone), pipeline)
        return due.isoformat() if due is not None else ""


def _show_told(told: Iterable[Published]) -> list[list[str | int]]:
    """Return what is told to have been published, as plain values; the line that tells it doesn't matter."""
    return [
        [each.where, *each.versions, "", *each.gone, each.count, each.withdrawn, each.sha256, each.revision]
        for each in told
    ]


def _read(cache: Cache, shared: str) -> dict[str, Record]:
    """Read the records that were made with the same program and catalogue.yaml."""
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        told = json.loads(cache.get(KEY) or b"{}")
        if told["shared"] == shared:
            return dict(told["datasets"].items())
    return {}
