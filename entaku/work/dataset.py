"""The order of operations for one dataset: gather, tabulate, check, release.

Content keys alone decide what is stale.  A dataset that fails keeps its last good release.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial

from entaku.fetch import folder as folders
from entaku.model.grammar import Office, Resource
from entaku.model.messages import conceal_attempt
from entaku.model.nouns import Attempt, Finding, History, Place, Raw, Refused, Spec, Violation
from entaku.release import making as releases
from entaku.release import set_cut_aside
from entaku.store import Desk, Store
from entaku.work.beside import find_present_form
from entaku.work.choose import choose_raws, has_real, index_ledger
from entaku.work.following import judge_checked
from entaku.work.gather import (
    ALARMS,
    LOCAL,
    Asker,
    Got,
    Turn,
    ask_source,
    explain_failures,
    explain_nothing,
    explain_reverts,
    locate_source,
)
from entaku.work.keeping import apply_keep
from entaku.work.manifests import (
    find_again,
    has_samples,
    index_usable,
    list_used,
    read_former,
    read_manifest,
    restore_lost,
    stays_as_it_is,
    tell_dois,
    tell_overdue,
    tell_withdrawn,
)
from entaku.work.outcome import Outcome
from entaku.work.promises import find_broken
from entaku.work.quality import DatasetRaws, TableRaws, keep_back
from entaku.work.revising import NextFiles, write_next
from entaku.work.setting import Setting
from entaku.work.units import Steps, Unit, run_here

MAX_VIOLATIONS = 200
MAX_ATTEMPT_FINDINGS = 200
SAMPLES = "pipelines/samples"

PASSING = ("not-reached-yet", "served-from-archive", "older-file")
"""Findings on the state of the network, which no release and no attempt records."""

# ---- one dataset ------------------------------------------------------------------------------------------------


def publish_dataset(setting: Setting, office: Office, spec: Spec) -> Outcome:
    """Run every turn that is due for one dataset in this process and return the outcome of the last."""
    return run_here(setting, take_turns(setting, office, spec))


def take_turns(setting: Setting, office: Office, spec: Spec) -> Steps:
    """Run every turn that is due for one dataset, yielding each Unit of work that any process may do; return the
    outcome of the last turn."""
    try:
        return (yield from _take_turns(setting, office, spec))
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


def _take_turns(setting: Setting, office: Office, spec: Spec) -> Steps:
    asker = Asker(
        setting.project, setting.store, setting.network, office.timezone, setting.progress, setting.environment,
        setting.cache,
    )  # fmt: skip
    own = [resource for resource in spec.pipeline.resources if resource.source is not None]
    restored = restore_lost(setting.store, spec.pipeline.name, own)
    before = len(setting.store.ledger(spec.pipeline.name))
    outcome: Outcome | None = None
    got: dict[str, Got] = {}
    first_version = setting.store.history(spec.pipeline.name).versions[-1:]
    for turn, last in _with_last(_real_turns(setting)):
        got = {resource.name: ask_source(asker, spec, resource, turn) for resource in own}
        setting.store.secure(spec.pipeline.name)
        after = len(setting.store.ledger(spec.pipeline.name))
        if not last and _is_due(setting.store, spec, turn, after != before) and _has_all(setting, spec, own, got):
            outcome = yield from make_next(setting, office, spec, got, turn)
        before = after
    ledger = index_ledger(setting.store.ledger(spec.pipeline.name))
    lacking = [resource for resource in own if not has_real(ledger, got[resource.name].asks)]
    for sample, last in _with_last(_sample_turns(setting)) if lacking else ():
        found = {resource.name: ask_source(asker, spec, resource, sample) for resource in lacking}
        setting.store.secure(spec.pipeline.name)
        after = len(setting.store.ledger(spec.pipeline.name))
        for name, one in found.items():
            real = got[name]
            errors = tuple(finding for finding in real.findings if finding.severity == "error")
            told = (*errors, *one.findings) if one.asks else real.findings
            got[name] = replace(one, failures=real.failures, findings=told, hosts=real.hosts)
        # A sample is released on its own only while there are no real bytes to be dated after it.
        due = _is_due(setting.store, spec, sample, after != before)
        if due and not last and len(lacking) == len(own) and _has_all(setting, spec, own, got):
            outcome = yield from make_next(setting, office, spec, got, sample)
        before = after
        turn = sample if len(lacking) == len(own) else turn
    final = yield from make_next(setting, office, spec, got, turn)
    if final.what == "unchanged" and outcome is not None and first_version != (final.version,):
        final = replace(final, what="released")
    elif final.what == "unchanged" and outcome is not None and outcome.what == "revised":
        final = replace(final, what="revised")
    findings = (*restored, *final.findings, *tell_dois(setting.store, spec))
    if final.what in ("released", "revised", "unchanged"):
        findings += apply_keep(setting.store, spec, setting.now, setting.only_check)
    failed = any(finding.severity == "error" for finding in findings)
    if turn.live and not failed and final.what != "released" and setting.mirror is None and not setting.only_check:
        findings += tell_overdue(setting.store, spec, office.timezone, turn.today(office.timezone))
    return replace(final, findings=findings)


def _is_due(store: Store, spec: Spec, turn: Turn, new: bool) -> bool:
    """Test whether a turn that isn't the last has a release of its own: one that brought anything `new`, or was archived
    by an interrupted run, unless a release is of a later day, as where the store was restored without its ledger.

    A release of samples has a day of its own, which real bytes need not be after.
    """
    name = spec.pipeline.name
    versions = store.history(name).versions
    manifest = read_manifest(store, name, versions[-1]) if versions else None
    created = str(manifest["created"]) if manifest else ""
    if new:
        of_samples = manifest is not None and has_samples(manifest)
        return created <= turn.stamp or (of_samples and turn.served != "sample")
    owed = any(entry.when == turn.stamp and entry.served == turn.served for entry in store.ledger(name))
    return owed and created < turn.stamp


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
        else Turn(_start_of(day), folder, "mirror", live=False)
        for day, folder in folders.list_rounds(setting.mirror)
    ] or [Turn(setting.now, None, "live", live=True)]


def _start_of(day: date) -> datetime:
    """Return midnight UTC of a replayed day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _sample_turns(setting: Setting) -> list[Turn]:
    folder = setting.project / SAMPLES
    rounds = folders.list_rounds(folder) if folder.is_dir() else []
    return [Turn(_start_of(day), path, "sample", live=False) for day, path in rounds if day is not None]


def _has_all(setting: Setting, spec: Spec, own: Sequence[Resource], got: Mapping[str, Got]) -> bool:
    return all(raws for raws in collect_raws(setting.store, spec, own, got).values())


def collect_raws(
    store: Store, spec: Spec, own: Sequence[Resource], got: Mapping[str, Got]
) -> dict[str, tuple[Raw, ...]]:
    """Choose the archived bytes of every resource with a source: real ones, or samples where there are none."""
    ledger = index_ledger(store.ledger(spec.pipeline.name))
    used = partial(list_used, store, spec.pipeline.name)
    usable = index_usable(store, spec.pipeline.name)
    chosen = {}
    for resource in own:
        assert resource.source is not None
        one = got[resource.name]
        wanted = "real" if has_real(ledger, one.asks) else "sample"
        chosen[resource.name] = choose_raws(usable, resource.source, one.asks, wanted, used)
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

        PASSING findings, which are never errors, are not recorded, as they depend on the day.  `count`: the number of
        all errors, if there are more than findings.
        """
        ordered = sorted(findings, key=lambda finding: ("error", "warning", "notice").index(finding.severity))
        errors = max(sum(finding.severity == "error" for finding in findings), count)
        lasting = [finding for finding in ordered if finding.code not in PASSING]
        attempt = conceal_attempt(
            Attempt(self.turn.stamp, tuple(lasting[:MAX_ATTEMPT_FINDINGS]), errors, violations[:MAX_VIOLATIONS])
        )
        before = self.history.attempt
        if before is None or replace(before, when="") != replace(attempt, when=""):
            self.setting.store.write_history(self.name, replace(self.history, attempt=attempt))
        return Outcome(self.name, "held", self.served, None, self.standing, tuple(ordered))

    def wait(self, findings: Sequence[Finding]) -> "Outcome":
        """Make no release of tables that have no rows yet, and record that."""
        told = tuple(finding for finding in findings if finding.code != "no-rows")
        waiting = Finding("no-rows-yet", "notice", Place(file=self.spec.file), self.name)
        if self.history.attempt is None or self.history.attempt.findings != (waiting,):
            attempt = Attempt("", (waiting,), 0)
            self.setting.store.write_history(self.name, replace(self.history, attempt=attempt))
        return Outcome(self.name, "empty", self.served, findings=(*told, waiting))


def make_next(setting: Setting, office: Office, spec: Spec, got: Mapping[str, Got], turn: Turn) -> Steps:
    """Make the next release; before the day of a change that the YAML announces in the form of the current one, if that
    can still be made."""
    present = find_present_form(setting.store, office, spec, turn.today(office.timezone))
    if present is not None and not setting.only_check:
        outcome = yield from _make_next(setting, office, present[0], got, turn)
        if outcome.what != "held":
            return replace(outcome, findings=(*outcome.findings, present[1]))
    outcome = yield from _make_next(setting, office, spec, got, turn)
    if present is not None and setting.only_check:  # the new form is checked, the present one is published
        told = tuple(present[1] if finding.code == "breaking-waits" else finding for finding in outcome.findings)
        return replace(outcome, findings=told)
    return outcome


def _make_next(setting: Setting, office: Office, spec: Spec, got: Mapping[str, Got], turn: Turn) -> Steps:
    """Make the next release from the archived bytes, if it differs from the current one and has no errors."""
    store, name = setting.store, spec.pipeline.name
    own = [resource for resource in spec.pipeline.resources if resource.source is not None]
    raws = collect_raws(store, spec, own, got)
    history = store.history(name)
    made = NextRelease(setting, office, spec, raws, history, turn, _name_served(own, got, raws))
    key = releases.make_key(spec, office, raws)
    same = bool(history.versions) and (key == history.key or stays_as_it_is(store, spec, raws))
    told = _tell_gathering(made, got, same)
    if not same and not any(finding.code == "withdrawn-served" for finding in told):
        lacking = [resource for resource in own if not raws[resource.name] and not _is_told(got[resource.name])]
        waits = [resource for resource in lacking if not history.versions and _is_to_come(resource, got[resource.name])]
        told += [_tell_no_bytes(spec, resource, got[resource.name]) for resource in lacking if resource not in waits]
        told += [Finding("range-not-begun", "notice", locate_source(spec, one), one.name) for one in waits]
    if any(finding.severity == "error" for finding in told):
        return made.hold(told)
    made = replace(made, told=tuple(told))
    if any(finding.code == "range-not-begun" for finding in told):
        return made.wait(told)
    if same:
        if history.attempt is not None:
            store.write_history(name, replace(history, attempt=None))
        return Outcome(name, "unchanged", made.served, _rows(setting, name, history), made.standing, made.told)
    with store.desk(name) as desk:
        return (yield from _build(made, key, desk))


def _is_told(got: Got) -> bool:
    """Test whether the reason why there are no bytes is an error of its own."""
    return any(finding.code in (*LOCAL, *ALARMS) for finding in got.failures.values()) or any(
        finding.severity == "error" for finding in got.findings
    )


def _is_to_come(resource: Resource, got: Got) -> bool:
    """Test whether no day of `for` has come yet."""
    return resource.source is not None and bool(resource.source.for_) and not got.asks and not got.findings


def _tell_no_bytes(spec: Spec, resource: Resource, got: Got) -> Finding:
    why = explain_nothing(got)
    return Finding("no-source-bytes", "error", locate_source(spec, resource), resource.name, {"why": why})


def _tell_gathering(made: NextRelease, got: Mapping[str, Got], same: bool) -> list[Finding]:
    """List what could not be fetched, and what is used instead; `same`: the current release has the same bytes."""
    setting, spec = made.setting, made.spec
    own = [resource for resource in spec.pipeline.resources if resource.source is not None]
    ledger = index_usable(setting.store, spec.pipeline.name)
    used = partial(list_used, setting.store, spec.pipeline.name)
    found = tell_withdrawn(setting.store, spec, got, made.raws)
    for resource in own:
        assert resource.source is not None
        one = got[resource.name]
        found += one.findings
        found += explain_failures(ledger, resource, one, locate_source(spec, resource), same)
        found += explain_reverts(ledger, resource.source, one, resource.name, used)
    return found


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


def _build(made: NextRelease, key: str, desk: Desk) -> Steps:
    setting, spec, history, name = made.setting, made.spec, made.history, made.name
    store, told = setting.store, made.told
    former = read_former(store, name, history, spec.pipeline.anomalies.releases)
    raws, cut = set_cut_aside(spec, made.raws, former.raws, partial(store.open_raw, name))
    built = yield Unit(made.office, spec, raws, former, desk)
    verdict, findings = built.verdict, (*cut, *built.findings)
    if not verdict.report.valid:
        held = made.hold([*told, *findings], verdict.count, verdict.violations)
        return replace(held, failing=built.failing)
    unusual = built.unusual
    lost = [one.finding for one in unusual]
    lost += find_broken(store, made.office, spec, history, made.turn.today(made.office.timezone))
    if any(finding.severity == "error" for finding in (*cut, *lost)):
        return made.hold([*told, *findings, *lost])
    if any(finding.code == "breaking-waits" for finding in lost):
        if history.attempt is not None and not setting.only_check:
            store.write_history(name, replace(history, attempt=None))
        return Outcome(name, "held", made.served, None, made.standing, (*told, *findings, *lost))
    if not history.versions and not any(table.written.rows for table in verdict.checked):
        return made.wait([*told, *findings])
    again = find_again(store, spec, verdict.checked)
    if again is not None:
        return made.hold([*told, *findings, *lost, again])
    tables = tuple(TableRaws(table.resource.name, table.resource, table.raws) for table in verdict.checked)
    kept = keep_back(setting, made.office, DatasetRaws(name, spec.pipeline, tables))
    findings = (*findings, *(finding for each in kept.values() for finding in each))
    used = [raw for table in verdict.checked for raw in table.raws]
    gone = {tombstone.version for tombstone in store.tombstones(name)}
    taken = {*history.versions, *gone, *(history.abandoned.versions if history.abandoned else ())}
    version, created = releases.make_version(used, made.office.timezone, taken, history.abandoned)
    rows = {table.resource.name: table.written.rows for table in verdict.checked}
    every = (*told, *findings, *lost)
    if setting.only_check:
        every += tuple(judge_checked(spec, verdict.checked))
        return Outcome(name, "released", made.served, rows, version, every, checked=verdict.checked)
    accepted = tuple(one.accepted for one in unusual if one.accepted is not None)
    making = releases.Making(spec, made.office, key, version, created, setting.program, why=accepted)
    outcome = Outcome(name, "released", made.served, rows, version, every)
    findings = (*findings, *(one.finding for one in unusual))
    return write_next(NextFiles(store, history, setting.now, desk), making, verdict, findings, outcome)
