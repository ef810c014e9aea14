"""The order of operations for one dataset: gather, tabulate, check, release.

Content keys alone decide what is stale.  A dataset that fails keeps its last good release.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from entaku.fetch import folder as folders
from entaku.model.files import DESCRIPTOR, MANIFEST
from entaku.model.grammar import Office, Resource
from entaku.model.nouns import Attempt, Checked, Finding, History, Place, Raw, Refused, Spec, Violation
from entaku.release import making as releases
from entaku.store import Desk, Store
from entaku.work.gather import (
    OWNERS,
    Asker,
    Got,
    Turn,
    ask_source,
    choose_raws,
    explain_failures,
    explain_reverts,
    has_real,
    index_ledger,
    start_of,
)
from entaku.work.setting import Setting

MAX_VIOLATIONS = 200
MAX_ATTEMPT_FINDINGS = 200
SAMPLES = "pipelines/samples"

PASSING = ("not-reached-yet", "served-from-archive", "older-file")
"""Findings on the state of the network, which no release and no attempt records."""

What = Literal["released", "unchanged", "empty", "held", "broken"]


@dataclass(frozen=True)
class Outcome:
    """The result of a run for one dataset."""

    dataset: str
    what: What
    """empty: it has no rows yet, and so no release; broken: its YAML has findings and nothing was attempted."""
    served: tuple[str, ...] = ()
    rows: Mapping[str, int] | None = None
    version: str = ""
    """The current release."""
    findings: tuple[Finding, ...] = ()
    failing: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """By table, the rows with errors as CSV, if they held the release."""
    checked: tuple[Checked, ...] = field(default=(), repr=False)
    """The tables that passed, where nothing is released (`only_check`)."""


@dataclass(frozen=True)
class Result:
    """The result of a run."""

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    """Findings on the YAML files, the templates and the site."""
    site: Literal["published", "unchanged", "refused"]
    pages: int = 0

    @property
    def bugs(self) -> tuple[str, ...]:
        """List the tracebacks of bugs in the program."""
        found = (finding for outcome in self.outcomes for finding in outcome.findings)
        return tuple(finding.args["trace"] for finding in found if finding.code == "our-bug")

    @property
    def failed(self) -> bool:
        """Test whether anything needs correction."""
        every = [*self.findings, *(finding for outcome in self.outcomes for finding in outcome.findings)]
        return any(finding.severity == "error" for finding in every)


@dataclass(frozen=True)
class Wanted:
    """The parameters of a publish."""

    site: Path
    """Folder of the site."""
    allow_samples: bool = False
    only_site: bool = False
    """No source is fetched; the site is rebuilt from the existing releases."""


SiteResult = tuple[Literal["published", "unchanged", "refused"], int, tuple[Finding, ...]]
"""What was done with the site, the number of pages made, and the findings."""


# ---- one dataset ------------------------------------------------------------------------------------------------


def publish_dataset(setting: Setting, office: Office, spec: Spec) -> Outcome:
    """Run every turn that is due for one dataset and return the outcome of the last."""
    try:
        return _take_turns(setting, office, spec)
    except Refused as refused:
        versions = _versions(setting.store, spec.pipeline.name)
        return Outcome(
            spec.pipeline.name, "held", version=versions[-1] if versions else "", findings=(refused.finding,)
        )


def _versions(store: Store, name: str) -> tuple[str, ...]:
    try:
        return store.history(name).versions
    except Refused:
        return ()


def _take_turns(setting: Setting, office: Office, spec: Spec) -> Outcome:
    asker = Asker(
        setting.project, setting.store, setting.network, office.timezone, setting.progress, setting.environment
    )
    own = [resource for resource in spec.pipeline.resources if resource.source is not None]
    before = len(setting.store.ledger(spec.pipeline.name))
    outcome: Outcome | None = None
    got: dict[str, Got] = {}
    first_version = setting.store.history(spec.pipeline.name).versions[-1:]
    for turn, last in _with_last(_real_turns(setting)):
        got = {resource.name: ask_source(asker, spec, resource, turn) for resource in own}
        after = len(setting.store.ledger(spec.pipeline.name))
        if not last and (after != before or _is_owed(setting.store, spec, turn)) and _has_all(setting, spec, own, got):
            outcome = make_next(setting, office, spec, got, turn)
        before = after
    ledger = index_ledger(setting.store.ledger(spec.pipeline.name))
    lacking = [resource for resource in own if not has_real(ledger, got[resource.name])]
    for sample, last in _with_last(_sample_turns(setting)) if lacking else ():
        found = {resource.name: ask_source(asker, spec, resource, sample) for resource in lacking}
        after = len(setting.store.ledger(spec.pipeline.name))
        for name, one in found.items():
            owners = tuple(finding for finding in got[name].findings if finding.code in OWNERS)
            told = (*owners, *one.findings) if one.asks else got[name].findings
            got[name] = replace(one, failures=got[name].failures, findings=told)
        # A sample is released on its own only while there are no real bytes to be dated after it.
        new = after != before or _is_owed(setting.store, spec, sample)
        if new and not last and len(lacking) == len(own) and _has_all(setting, spec, own, got):
            outcome = make_next(setting, office, spec, got, sample)
        before = after
        turn = sample if len(lacking) == len(own) else turn
    final = make_next(setting, office, spec, got, turn)
    if final.what == "unchanged" and outcome is not None and first_version != (final.version,):
        return replace(final, what="released")
    return final


def _is_owed(store: Store, spec: Spec, turn: Turn) -> bool:
    """Test whether an interrupted run archived a turn without a release of its day or a later one."""
    name = spec.pipeline.name
    if not any(entry.when == turn.stamp and entry.served == turn.served for entry in store.ledger(name)):
        return False
    versions = store.history(name).versions
    return not versions or str(read_manifest(store, name, versions[-1])["created"]) < turn.stamp


def _with_last(turns: Sequence[Turn]) -> Iterator[tuple[Turn, bool]]:
    for n, turn in enumerate(turns):
        yield turn, n == len(turns) - 1


def _real_turns(setting: Setting) -> list[Turn]:
    """List the days of a dated mirror in order; otherwise one turn now, with the mirror before the network."""
    if setting.mirror is None:
        return [Turn(setting.now, None, "live", live=True)]
    return [
        Turn(setting.now, folder, "mirror", live=True)
        if day is None
        else Turn(start_of(day), folder, "mirror", live=False)
        for day, folder in folders.list_rounds(setting.mirror)
    ] or [Turn(setting.now, None, "live", live=True)]


def _sample_turns(setting: Setting) -> list[Turn]:
    folder = setting.project / SAMPLES
    rounds = folders.list_rounds(folder) if folder.is_dir() else []
    return [Turn(start_of(day), path, "sample", live=False) for day, path in rounds if day is not None]


def _has_all(setting: Setting, spec: Spec, own: Sequence[Resource], got: Mapping[str, Got]) -> bool:
    return all(raws for raws in collect_raws(setting.store, spec, own, got).values())


def collect_raws(
    store: Store, spec: Spec, own: Sequence[Resource], got: Mapping[str, Got]
) -> dict[str, tuple[Raw, ...]]:
    """Choose the archived bytes of every resource with a source: real ones, or samples where there are none."""
    ledger = index_ledger(store.ledger(spec.pipeline.name))
    chosen = {}
    for resource in own:
        assert resource.source is not None
        one = got[resource.name]
        wanted = "real" if has_real(ledger, one) else "sample"
        chosen[resource.name] = choose_raws(ledger, resource.source, one.asks, wanted)
    return chosen


@dataclass(frozen=True)
class NextRelease:
    """A release being made: its inputs and the history before it."""

    setting: Setting
    office: Office
    spec: Spec
    raws: Mapping[str, tuple[Raw, ...]]
    """The bytes of each resource with a source."""
    history: History
    turn: Turn
    served: tuple[str, ...] = ()
    told: tuple[Finding, ...] = ()
    """Findings of gathering."""

    @property
    def name(self) -> str:
        """Return the dataset's name."""
        return self.spec.pipeline.name

    @property
    def standing(self) -> str:
        """Return the current version, "" if none."""
        return self.history.versions[-1] if self.history.versions else ""

    def hold(
        self, findings: Sequence[Finding], count: int = 0, violations: tuple[Violation, ...] = ()
    ) -> "Outcome":  # fmt: skip
        """Keep the current release and record the failed attempt.

        PASSING findings without an error are not recorded, as they depend on the day.  `count`: the number of all
        errors, if there are more than findings.
        """
        ordered = sorted(findings, key=lambda finding: ("error", "warning", "notice").index(finding.severity))
        errors = max(sum(finding.severity == "error" for finding in findings), count)
        lasting = [finding for finding in ordered if finding.severity == "error" or finding.code not in PASSING]
        attempt = Attempt(self.turn.stamp, tuple(lasting[:MAX_ATTEMPT_FINDINGS]), errors, violations[:MAX_VIOLATIONS])
        before = self.history.attempt
        if before is None or replace(before, when="") != replace(attempt, when=""):
            self.setting.store.write_history(self.name, replace(self.history, attempt=attempt))
        return Outcome(self.name, "held", self.served, None, self.standing, tuple(ordered))

    def wait(self, findings: Sequence[Finding]) -> "Outcome":
        """Make no release of tables that have no rows yet, and record that."""
        told = tuple(finding for finding in findings if finding.code != "no-rows")
        waiting = Finding("no-rows-yet", "notice", Place(file=self.spec.file), self.name)
        if self.history.attempt is None or self.history.attempt.findings != (waiting,):
            attempt = Attempt(self.turn.stamp, (waiting,), 0)
            self.setting.store.write_history(self.name, replace(self.history, attempt=attempt))
        return Outcome(self.name, "empty", self.served, findings=(*told, waiting))


def make_next(setting: Setting, office: Office, spec: Spec, got: Mapping[str, Got], turn: Turn) -> Outcome:
    """Make the next release from the archived bytes, if it differs from the current one and has no errors."""
    store, name = setting.store, spec.pipeline.name
    own = [resource for resource in spec.pipeline.resources if resource.source is not None]
    raws = collect_raws(store, spec, own, got)
    history = store.history(name)
    made = NextRelease(setting, office, spec, raws, history, turn, _name_served(own, got, raws))
    key = releases.make_key(spec, office, raws)
    same = bool(history.versions) and key == history.key
    told = _tell_gathering(made, got, same)
    if not same:
        told += [_tell_no_bytes(spec, resource) for resource in own if not raws[resource.name]]
    if any(finding.severity == "error" for finding in told):
        return made.hold(told)
    made = replace(made, told=tuple(told))
    if same:
        if history.attempt is not None:
            store.write_history(name, replace(history, attempt=None))
        return Outcome(name, "unchanged", made.served, _rows(setting, name, history), made.standing, made.told)
    with store.desk(name) as desk:
        return _build(made, key, desk)


def _tell_no_bytes(spec: Spec, resource: Resource) -> Finding:
    line = spec.lines.get(("resources", spec.pipeline.resources.index(resource), "source"))
    return Finding("no-source-bytes", "error", Place(file=spec.file, line=line), resource.name)


def _tell_gathering(made: NextRelease, got: Mapping[str, Got], same: bool) -> list[Finding]:
    """List what could not be fetched: an error if it leaves a hole in a table of which a real release is current.

    With the `same` bytes as the current release, a hole in both is only a warning.
    """
    setting, spec, history = made.setting, made.spec, made.history
    own = [resource for resource in spec.pipeline.resources if resource.source is not None]
    ledger = index_ledger(setting.store.ledger(spec.pipeline.name))
    sampled = _sampled(setting, spec.pipeline.name, history)
    found: list[Finding] = []
    for resource in own:
        assert resource.source is not None
        one = got[resource.name]
        found += one.findings
        complete = bool(history.versions) and resource.name not in sampled and not same
        found += explain_failures(ledger, resource.source, one, resource.name, complete)
        found += explain_reverts(ledger, resource.source, one, resource.name)
    return found


def _sampled(setting: Setting, name: str, history: History) -> frozenset[str]:
    """Return the tables of the current release that were made from samples."""
    if not history.versions:
        return frozenset()
    manifest = read_manifest(setting.store, name, history.versions[-1])
    return frozenset(raw["resource"] for raw in manifest["raws"] if raw["served"] == "sample")


def read_manifest(store: Store, name: str, version: str) -> dict[str, Any]:
    """Read a release's manifest.json.  Raises Refused (store-broken) if it is malformed."""
    place = f"{name}/releases/{version}/{MANIFEST}"
    try:
        manifest: dict[str, Any] = json.loads(store.read_release(name, version, MANIFEST))
        manifest["rows"].items(), [raw["served"] + raw["resource"] for raw in manifest["raws"]]
        manifest["spec"]["pipeline"], manifest["spec"]["file"], manifest["created"] + ""
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(Finding("store-broken", value=place, args={"why": f"{error!r}"})) from error
    return manifest


def _rows(setting: Setting, name: str, history: History) -> Mapping[str, int]:
    rows: dict[str, int] = read_manifest(setting.store, name, history.versions[-1])["rows"]
    return rows


def _name_served(
    own: Sequence[Resource], got: Mapping[str, Got], raws: Mapping[str, tuple[Raw, ...]]
) -> tuple[str, ...]:
    """List the origins of this run's bytes; bytes that could not be fetched again count as from the archive."""
    served: set[str] = set()
    for resource in own:
        for raw in raws[resource.name]:
            failed = raw.url in got[resource.name].failures and raw.served != "sample"
            served.add("archive" if failed else raw.served)
    return tuple(sorted(served))


def _build(made: NextRelease, key: str, desk: Desk) -> Outcome:
    from entaku.work.build import build_tables

    setting, spec, history, name = made.setting, made.spec, made.history, made.name
    store, told = setting.store, made.told
    built = build_tables(setting, made.office, spec, made.raws, desk)
    verdict, findings = built.verdict, built.findings
    if not verdict.report.valid:
        held = made.hold([*told, *findings], verdict.count, verdict.violations)
        return replace(held, failing=built.failing)
    emptied = _find_emptied(spec, verdict.checked, _rows(setting, name, history) if history.versions else {})
    if emptied:
        return made.hold([*told, *findings, *emptied])
    if not history.versions and not any(table.written.rows for table in verdict.checked):
        return made.wait([*told, *findings])
    used = [raw for table in verdict.checked for raw in table.raws]
    version, created = releases.make_version(used, made.office.timezone, history.versions)
    rows = {table.resource.name: table.written.rows for table in verdict.checked}
    every = (*told, *findings)
    if setting.only_check:
        return Outcome(name, "released", made.served, rows, version, every, checked=verdict.checked)
    making = releases.Making(spec, made.office, key, version, created, setting.program)
    files = releases.make_release(making, verdict.checked, verdict.report, findings)
    if history.versions:
        current = history.versions[-1]
        if releases.same_content(files, store.read_release(name, current, DESCRIPTOR)):
            store.write_history(name, History(history.versions, key))
            return Outcome(name, "unchanged", made.served, rows, current, every)
    store.write_release(name, version, files, desk)
    store.write_history(name, History((*history.versions, version), key))
    return Outcome(name, "released", made.served, rows, version, every)


def _find_emptied(spec: Spec, checked: Sequence[Checked], before: Mapping[str, int]) -> list[Finding]:
    """List tables that lost all rows since the current release, unless `expect` sets a minimum of rows."""
    return [
        Finding("no-rows-left", "error", Place(file=spec.file), name, {"before": str(before[name])})
        for table in checked
        if table.written.rows == 0
        and before.get(name := table.resource.name)
        and table.resource.expect.rows.min is None
    ]
