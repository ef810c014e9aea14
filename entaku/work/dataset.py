"""The order of things for one dataset: gather, tabulate, check, release.

What is stale is decided by content keys alone.  A dataset that fails keeps its last good release.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Literal

from entaku.fetch.asks import Refused
from entaku.fetch.folder import list_rounds
from entaku.model.grammar import Office, Resource
from entaku.model.nouns import Attempt, Checked, Finding, History, Place, Raw, Spec, Violation
from entaku.release.release import make_key, make_release, make_version, same_content
from entaku.store.desk import Desk
from entaku.store.store import Store
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
from entaku.work.pool import spread
from entaku.work.setting import Setting

if TYPE_CHECKING:
    from entaku.table.parts import Work
    from entaku.table.whole import Shelf

POOL_FROM = 64
"""Parts from which other processes are worth their start."""
TASK = 16
"""Parts that another process makes in one go."""


def make_parts(setting: Setting, dataset: str, works: "Sequence[Work]") -> "Shelf":
    """Every part, from the cache or made anew, in order; their text stays in the cache."""
    from entaku.table.whole import Outline, Shelf, outline_part

    outlines: dict[int, Outline] = {}
    todo: list[tuple[int, Work]] = []
    for n, work in enumerate(works):
        cached = setting.cache.get(work.key)
        if cached is None:
            todo.append((n, work))
        else:
            outlines[n] = outline_part(cached, work.raw)
    jobs = ((work, setting.store.raw(dataset, work.raw.sha256)) for _, work in todo)
    executor = setting.executor if len(todo) >= POOL_FROM else None
    made = chain.from_iterable(spread(executor, encode_jobs, _cut(jobs))) if executor else map(encode_job, jobs)
    for done, ((n, work), body) in enumerate(zip(todo, made, strict=True), 1):
        setting.cache.put(work.key, body)
        outlines[n] = outline_part(body, work.raw)
        setting.progress(dataset, done, len(todo))

    def fetch(n: int) -> bytes:
        body = setting.cache.get(works[n].key)
        return encode_job((works[n], setting.store.raw(dataset, works[n].raw.sha256))) if body is None else body

    return Shelf(tuple(outlines[n] for n in range(len(works))), fetch)


def encode_job(job: "tuple[Work, bytes]") -> bytes:
    """The encoded part of a work and its raw bytes."""
    from entaku.table.parts import encode_part, make_part

    return encode_part(make_part(*job))


def encode_jobs(jobs: "Sequence[tuple[Work, bytes]]") -> list[bytes]:
    """The encoded parts of many works: what another process does in one go, and all that it sends back."""
    return [encode_job(job) for job in jobs]


def _cut(jobs: "Iterator[tuple[Work, bytes]]") -> "Iterator[list[tuple[Work, bytes]]]":
    """The jobs in tasks of TASK."""
    while task := list(islice(jobs, TASK)):
        yield task


if TYPE_CHECKING:
    pass

MAX_VIOLATIONS = 200
MAX_ATTEMPT_FINDINGS = 200
SAMPLES = "pipelines/samples"

PASSING = ("not-reached-yet", "served-from-archive", "older-file")
"""Findings about a day's network, which no release and no attempt keeps."""

What = Literal["released", "unchanged", "held", "broken"]


@dataclass(frozen=True)
class Outcome:
    """What a run did with one dataset."""

    dataset: str
    what: What
    """broken: its YAML has findings, nothing was tried."""
    served: tuple[str, ...] = ()
    rows: Mapping[str, int] | None = None
    version: str = ""
    """The release that stands now."""
    findings: tuple[Finding, ...] = ()
    failing: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """By table, the rows in error as CSV, where the release was held for them."""


# ---- one dataset ------------------------------------------------------------------------------------------------


def publish_dataset(setting: Setting, office: Office, spec: Spec) -> Outcome:
    """Take every turn there is to take for one dataset and tell what came of the last."""
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
        # A sample replays alone only as long as nothing real is there to be dated after it.
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
    """Whether a turn was archived, by a run that was then cut off, without a release of its day or a later one."""
    name = spec.pipeline.name
    if not any(entry.when == turn.stamp and entry.served == turn.served for entry in store.ledger(name)):
        return False
    versions = store.history(name).versions
    return not versions or str(read_manifest(store, name, versions[-1])["created"]) < turn.stamp


def _with_last(turns: Sequence[Turn]) -> Iterator[tuple[Turn, bool]]:
    for n, turn in enumerate(turns):
        yield turn, n == len(turns) - 1


def _real_turns(setting: Setting) -> list[Turn]:
    """A dated mirror's days, in order; else now, with the mirror before the network."""
    if setting.mirror is None:
        return [Turn(setting.now, None, "live", live=True)]
    return [
        Turn(setting.now, folder, "mirror", live=True)
        if day is None
        else Turn(start_of(day), folder, "mirror", live=False)
        for day, folder in list_rounds(setting.mirror)
    ] or [Turn(setting.now, None, "live", live=True)]


def _sample_turns(setting: Setting) -> list[Turn]:
    folder = setting.project / SAMPLES
    rounds = list_rounds(folder) if folder.is_dir() else []
    return [Turn(start_of(day), path, "sample", live=False) for day, path in rounds if day is not None]


def _has_all(setting: Setting, spec: Spec, own: Sequence[Resource], got: Mapping[str, Got]) -> bool:
    return all(raws for raws in collect_raws(setting.store, spec, own, got).values())


def collect_raws(
    store: Store, spec: Spec, own: Sequence[Resource], got: Mapping[str, Got]
) -> dict[str, tuple[Raw, ...]]:
    """The archived bytes of every resource that has a source: real ones, or the samples where there are none."""
    ledger = index_ledger(store.ledger(spec.pipeline.name))
    chosen = {}
    for resource in own:
        assert resource.source is not None
        one = got[resource.name]
        wanted = "real" if has_real(ledger, one) else "sample"
        chosen[resource.name] = choose_raws(ledger, resource.source, one.asks, wanted)
    return chosen


def make_next(setting: Setting, office: Office, spec: Spec, got: Mapping[str, Got], turn: Turn) -> Outcome:
    """The next release from what is archived now, if it differs from the current one and has no errors."""
    store, name = setting.store, spec.pipeline.name
    own = [resource for resource in spec.pipeline.resources if resource.source is not None]
    raws = collect_raws(store, spec, own, got)
    history = store.history(name)
    key = make_key(spec, office, raws)
    same = bool(history.versions) and key == history.key
    told = _tell_gathering(setting, spec, own, got, history, same)
    if not same:
        told += [_tell_no_bytes(spec, resource) for resource in own if not raws[resource.name]]
    served = _name_served(own, got, raws)
    if any(finding.severity == "error" for finding in told):
        return _hold(setting, spec, history, told, turn, served)
    if same:
        if history.attempt is not None:
            store.write_history(name, replace(history, attempt=None))
        return Outcome(name, "unchanged", served, _rows(setting, name, history), history.versions[-1], tuple(told))
    with store.desk(name) as desk:
        return _build(setting, office, spec, raws, key, history, told, turn, served, desk)


def _tell_no_bytes(spec: Spec, resource: Resource) -> Finding:
    line = spec.lines.get(("resources", spec.pipeline.resources.index(resource), "source"))
    return Finding("no-source-bytes", "error", Place(file=spec.file, line=line), resource.name)


def _tell_gathering(
    setting: Setting, spec: Spec, own: Sequence[Resource], got: Mapping[str, Got], history: History, same: bool
) -> list[Finding]:
    """What could not be got: an error where it leaves a hole in a table of which a real release is up.

    With the `same` bytes as the release that is up, a hole in both is only a warning.
    """
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
    """The tables of the current release that were made from samples."""
    if not history.versions:
        return frozenset()
    manifest = read_manifest(setting.store, name, history.versions[-1])
    return frozenset(raw["resource"] for raw in manifest["raws"] if raw["served"] == "sample")


def read_manifest(store: Store, name: str, version: str) -> dict[str, Any]:
    """A release's manifest.json; Refused (store-broken) if it is not as it was written."""
    place = f"{name}/releases/{version}/manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(store.read_release(name, version, "manifest.json"))
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
    """Who served in this run: what could not be asked again came from the archive."""
    served: set[str] = set()
    for resource in own:
        for raw in raws[resource.name]:
            failed = raw.url in got[resource.name].failures and raw.served != "sample"
            served.add("archive" if failed else raw.served)
    return tuple(sorted(served))


def _hold(
    setting: Setting,
    spec: Spec,
    history: History,
    findings: Sequence[Finding],
    turn: Turn,
    served: tuple[str, ...],
    counted: int = 0,
    violations: tuple[Violation, ...] = (),
) -> Outcome:
    """Keep the release that stands, and tell the failed attempt.

    What could not be asked and does no harm is not part of it: it depends on the day.
    """
    ordered = sorted(findings, key=lambda finding: ("error", "warning", "notice").index(finding.severity))
    errors = max(sum(finding.severity == "error" for finding in findings), counted)
    lasting = [finding for finding in ordered if finding.severity == "error" or finding.code not in PASSING]
    attempt = Attempt(turn.stamp, tuple(lasting[:MAX_ATTEMPT_FINDINGS]), errors, violations[:MAX_VIOLATIONS])
    before = history.attempt
    if before is None or replace(before, when="") != replace(attempt, when=""):
        setting.store.write_history(spec.pipeline.name, replace(history, attempt=attempt))
    version = history.versions[-1] if history.versions else ""
    return Outcome(spec.pipeline.name, "held", served, None, version, tuple(ordered))


def _build(
    setting: Setting,
    office: Office,
    spec: Spec,
    raws: Mapping[str, tuple[Raw, ...]],
    key: str,
    history: History,
    told: Sequence[Finding],
    turn: Turn,
    served: tuple[str, ...],
    desk: Desk,
) -> Outcome:
    from entaku.work.build import build_tables

    store, name = setting.store, spec.pipeline.name
    built = build_tables(
        spec,
        office,
        raws,
        lambda works: make_parts(setting, name, works),
        lambda raw: store.raw(name, raw.sha256),
        desk,
        setting.engine,
    )
    verdict, findings = built.verdict, built.findings
    if not verdict.report.valid:
        held = _hold(setting, spec, history, [*told, *findings], turn, served, verdict.count, verdict.violations)
        return replace(held, failing=built.failing)
    emptied = _find_emptied(spec, verdict.checked, _rows(setting, name, history) if history.versions else {})
    if emptied:
        return _hold(setting, spec, history, [*told, *findings, *emptied], turn, served)
    used = [raw for table in verdict.checked for raw in table.raws]
    version, created = make_version(used, office.timezone, history.versions)
    files = make_release(
        spec, office, verdict.checked, verdict.report, findings, key, version, created, setting.program
    )
    every = (*told, *findings)
    rows = {table.resource.name: table.written.rows for table in verdict.checked}
    if history.versions:
        current = history.versions[-1]
        if same_content(files, store.read_release(name, current, "datapackage.json")):
            store.write_history(name, History(history.versions, key))
            return Outcome(name, "unchanged", served, rows, current, every)
    store.write_release(name, version, files, desk)
    store.write_history(name, History((*history.versions, version), key))
    return Outcome(name, "released", served, rows, version, every)


def _find_emptied(spec: Spec, checked: Sequence[Checked], before: Mapping[str, int]) -> list[Finding]:
    """The tables without a row of which the published release has some, unless `expect` says that this is right."""
    return [
        Finding("no-rows-left", "error", Place(file=spec.file), name, {"before": str(before[name])})
        for table in checked
        if table.written.rows == 0
        and before.get(name := table.resource.name)
        and table.resource.expect.rows.min is None
    ]
