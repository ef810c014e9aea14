"""Source → raw: the order in which sources are fetched, and the archived bytes that a dataset is made from.

A mirror, if given, comes before the live sources; if neither gives anything, the newest archived bytes are used; if
there are none, the samples.  A table is made wholly of real bytes or wholly of samples.  Everything fetched is archived
before it is read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from entaku.fetch import Network, ckan_asks, folder, list_asks, read_ckan, read_headers
from entaku.model.body import closing
from entaku.model.grammar import Resource
from entaku.model.nouns import Answer, Ask, Entry, Finding, Place, Refused, Served, Spec
from entaku.model.source import Ckan, Source
from entaku.store import Cache, Store
from entaku.work.choose import (
    GONE,
    GOT,
    Ledger,
    ListUsed,
    find_newest,
    find_standing,
    index_ledger,
    list_kind,
    order_versions,
)
from entaku.work.seen_files import SeenFiles

Progress = Callable[[str, int, int], None]
"""Callback for progress: activity, number done, number in all."""

OWNERS = ("too-many-asks", "template-format", "bad-pattern", "secret-missing", "secret-in-clear")
"""Findings on one source, which its owner can correct; others concern the store."""
LOCAL = ("no-file", "outside-project", "file-unreadable")
"""Findings on a file of the project, which no later run fetches."""
WAITING = ("unreachable",)
"""Findings on a server that gave no answer: if it never gave any, its files may be missing for the time being."""
SECURED = 60.0
"""Seconds after which what was archived is secured while more is fetched; all of it is before it is read."""
ALARMS = ("private-address",)
"""Findings that a person must examine, whatever bytes are used instead."""


@dataclass(frozen=True)
class Turn:
    """One round of fetching: the live sources now, or a folder replayed as of its day."""

    when: datetime
    """UTC."""
    folder: Path | None
    served: Served
    """The origin recorded for files of `folder`."""
    live: bool
    """Whether the network is used for what `folder` lacks."""

    @property
    def stamp(self) -> str:
        """Return `when` in the format of the ledger."""
        return self.when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def today(self, timezone: str) -> date:
        """Return the date of this turn in `timezone`."""
        return self.when.astimezone(ZoneInfo(timezone)).date()


@dataclass(frozen=True)
class Got:
    """The result of fetching one resource's source."""

    asks: tuple[Ask, ...]
    failures: Mapping[str, Finding] = field(default_factory=dict)
    """By URL, why it could not be fetched."""
    findings: tuple[Finding, ...] = ()
    """Findings on the source as a whole."""
    live: bool = False
    """Whether a server answered at least one request."""
    hosts: frozenset[str] = frozenset()
    """The hosts that gave any answer, be it an error."""


@dataclass(frozen=True)
class Asker:
    """The dependencies of fetching."""

    project: Path
    store: Store
    network: Network
    timezone: str
    progress: Progress
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The values of secrets, by the names in the YAML."""
    cache: Cache | None = None
    """Keeps what is known of the project's files."""


@dataclass(frozen=True)
class _Errand:
    """The fetch of one source in one turn."""

    asker: Asker
    dataset: str
    source: Source
    turn: Turn
    folders: dict[str, str] = field(default_factory=dict)
    """The real paths of folders of the project."""


def ask_source(asker: Asker, spec: Spec, resource: Resource, turn: Turn) -> Got:
    """Fetch everything of one resource's source and archive it."""
    source = resource.source
    assert source is not None
    place = locate_source(spec, resource)
    errand = _Errand(asker, spec.pipeline.name, source, turn)
    try:
        if source.ckan is not None:
            asks, findings, failures = _find_in_ckan(errand, source.ckan)
        else:
            asks, findings, failures = list_asks(source, turn.today(asker.timezone)), (), {}
        answers = _ask(errand, asks)
    except Refused as refused:
        if refused.finding.code not in OWNERS:
            raise
        return Got((), {}, (_at(refused.finding, place),))
    failures |= {answer.url: answer.finding for answer in answers if answer.finding is not None}
    real = [answer for answer in answers if answer.served == "live"]
    live = any(answer.status in GOT for answer in real)
    hosts = {_host(one.url) for one in real if one.finding is None or one.finding.code not in WAITING}
    return Got(asks, failures, tuple(_at(finding, place) for finding in findings), live, frozenset(hosts))


def _at(finding: Finding, place: Place) -> Finding:
    return finding if finding.place != Place() else replace(finding, place=place)


def locate_source(spec: Spec, resource: Resource) -> Place:
    """Return the line of a resource's source: that of its file, if it has one."""
    path = ("resources", spec.pipeline.resources.index(resource), "source")
    return Place(file=spec.file, line=spec.lines.get((*path, "file"), spec.lines.get(path)))


def _find_in_ckan(errand: _Errand, ckan: Ckan) -> tuple[tuple[Ask, ...], tuple[Finding, ...], dict[str, Finding]]:
    """List the requests given by a CKAN's newest answers, by the known ids if its search gives none; with findings,
    and the failures, by URL, of answers of which there are no archived bytes either."""
    store, name = errand.asker.store, errand.dataset
    wanted = "sample" if errand.turn.served == "sample" else "real"
    failed: dict[str, Finding] = {}
    for by_id in (False, True):
        bodies: list[bytes] = []
        entries: list[Entry] = []
        questions = ckan_asks(ckan, by_id=by_id)
        while questions:
            failed |= {one.url: one.finding for one in _ask(errand, questions) if one.finding is not None}
            store.secure(name)
            gone = store.withdrawn_raws(name)
            ledger = index_ledger(entry for entry in store.ledger(name) if entry.sha256 not in gone)
            found = [entry for ask in questions if (entry := find_newest(ledger, ask.url, wanted)) and entry.sha256]
            entries += found
            bodies += [store.raw(name, entry.sha256) for entry in found]
            questions = ckan_asks(ckan, by_id=by_id, after=bodies) if found else ()
        if bodies:
            asks, findings = read_ckan(ckan, bodies)
            known = {entry.url: entry for entry in entries}
            if by_id and ckan.query:  # they stand for the search
                known |= {ask.url: entries[-1] for ask in ckan_asks(ckan)}
            served = [_serve_archive(one, known[url]) for url, one in failed.items() if url in known]
            return asks, (*served[:1], *findings), {url: one for url, one in failed.items() if url not in known}
    return (), (), dict(list(failed.items())[:1])


def _serve_archive(failure: Finding, entry: Entry) -> Finding:
    args = {"when": entry.when, "why": explain_why(failure)}
    return Finding("served-from-archive", "warning", value=failure.value, args=args)


def _ask(errand: _Errand, asks: Sequence[Ask]) -> list[Answer]:
    """Fetch `asks` and archive the answers, which are returned without bodies."""
    asker, source, turn = errand.asker, errand.source, errand.turn
    ledger = index_ledger(asker.store.ledger(errand.dataset))
    archived, blamed = _list_archived(errand), _list_blamed(errand)
    answers: list[Answer] = []
    rest: list[Ask] = []
    local = bool(source.file) and turn.served != "sample"
    seen = SeenFiles(asker.cache if local else None, asker.project, f"{errand.dataset} {source.file}")
    for ask in asks:
        if local and seen.find(ask.url, source.limit) == _tell(find_standing(ledger, ask.url, archived)):
            answers.append(Answer(ask.url, 200, "file"))
            continue
        answer = _look(errand, ask)
        if answer is not None:
            seen.note(ask.url, answer.body)
            answers += _archive(errand, ledger, archived, [ask], [answer])
        elif turn.live and not (ask.final and ask.url not in blamed and find_standing(ledger, ask.url, archived)):
            rest.append(ask)
    seen.keep([ask.url for ask in asks])
    headers = read_headers(source, asker.environment, asker.network.allowed) if rest else None
    step = max(source.limit.connections * 8, 32)
    for start in range(0, len(rest), step):
        batch = rest[start : start + step]
        standing = [find_standing(ledger, ask.url, archived) for ask in batch]
        known = [(one.etag, one.last_modified) if one and one.sha256 else ("", "") for one in standing]
        wanted = [(ask, *validators) for ask, validators in zip(batch, known, strict=True)]
        answers += _archive(errand, ledger, archived, batch, asker.network.ask_all(wanted, source.limit, headers))
        asker.progress(errand.dataset, min(start + step, len(rest)), len(rest))
        asker.store.secure(errand.dataset, SECURED)
    return answers


def _tell(entry: Entry | None) -> tuple[int, str]:
    return (entry.bytes, entry.sha256) if entry is not None else (0, "")


def _list_blamed(errand: _Errand) -> frozenset[str]:
    """List the URLs of files that held the last release: they are fetched again however old they are, as an error page
    would otherwise be the last word on a dated file."""
    attempt = errand.asker.store.history(errand.dataset).attempt
    wrong = [finding for finding in attempt.findings if finding.severity == "error"] if attempt else []
    return frozenset(finding.place.file for finding in wrong)


def _list_archived(errand: _Errand) -> frozenset[str]:
    """List the hashes of bytes that need not be fetched again: those that are archived, or were withdrawn."""
    store = errand.asker.store
    return frozenset(store.list_raws(errand.dataset)) | store.withdrawn_raws(errand.dataset)


def _look(errand: _Errand, ask: Ask) -> Answer | None:
    """Return the answer that needs no network, if there is one."""
    source, turn = errand.source, errand.turn
    if source.file and turn.served != "sample":
        may_lack = source.missing != "error"
        return folder.read_project_file(errand.asker.project, ask.url, source.limit, errand.folders, may_lack)
    return folder.find_in_folder(turn.folder, ask.url, turn.served, source.limit) if turn.folder is not None else None


def _archive(
    errand: _Errand, ledger: "Ledger", archived: frozenset[str], asks: Sequence[Ask], answers: Sequence[Answer]
) -> list[Answer]:  # fmt: skip
    """Archive the `answers` to `asks` that are news; return them without their bodies, which are closed.

    `archived`: the hashes of the bytes that were archived before the first was asked for.
    """
    with closing(answer.body for answer in answers):
        for ask, answer in zip(asks, answers, strict=True):
            if _is_news(errand.source, find_standing(ledger, ask.url, archived), answer):
                when = stamp_file(errand.source, ask, errand.turn, errand.asker.timezone, ledger)
                errand.asker.store.archive(errand.dataset, answer, ask.values, when)
    return [replace(answer, body=None) for answer in answers]


def _is_news(source: Source, standing: Entry | None, answer: Answer) -> bool:
    """Test whether the ledger records an answer: bytes or their absence; a project's file only if it has changed."""
    if answer.status not in GOT:
        return answer.status in GONE and source.missing != "error"
    if not source.file or answer.body is None or standing is None:
        return True
    return standing.bytes != answer.body.size or standing.sha256 != answer.body.sha256


def stamp_file(source: Source, ask: Ask, turn: Turn, timezone: str, ledger: "Ledger") -> str:
    """Return the time to record for an answer: now, or, for a project's file not archived before, the day of `since`,
    so that a catalogue rebuilt from nothing is the same."""
    if not source.since or ledger.get(ask.url):
        return turn.stamp
    stated = datetime.combine(date.fromisoformat(source.since), time(), ZoneInfo(timezone))
    return min(stated.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), turn.stamp)


# ---- findings ---------------------------------------------------------------------------------------------------


def explain_failures(ledger: Ledger, resource: Resource, got: Got, at: Place, same: bool) -> tuple[Finding, ...]:
    """Report what failed and which bytes are used instead: one finding per reason and host, not per URL.

    Without any bytes, an answer that is an error holds the release, the first one too; so does the silence of a host
    that has answered before, and a file of the project that isn't there.  `at`: the line of the source.  `same`:
    whether the current release has the same bytes, so that silence costs nothing.
    """
    source = resource.source
    assert source is not None
    answered = got.hosts | {_host(url) for url, of in ledger.items() if any(entry.served == "live" for entry in of)}
    held: dict[tuple[str, str, str], list[Finding]] = {}
    served: dict[tuple[str, str, str], list[tuple[Finding, Entry]]] = {}
    for url, finding in got.failures.items():
        if _is_normal(source, finding):
            continue
        key = (finding.code, url if finding.code in LOCAL else _host(url), finding.args.get("status", ""))
        entry = find_newest(ledger, url, "real")
        if entry is not None and finding.code not in ALARMS:
            served.setdefault(key, []).append((finding, entry))
        else:
            held.setdefault(key, []).append(finding)
    findings = [
        Finding("served-from-archive", "warning", at, items[-1][0].value,
                {"when": items[-1][1].when, "why": explain_why(items[-1][0]), "count": str(len(items))})
        for items in served.values()
    ]  # fmt: skip
    for (code, host, _), items in held.items():
        example = items[0]
        if code in WAITING and (same or host not in answered):
            args = {"count": str(len(items)), "why": explain_why(example)}
            findings.append(Finding("not-reached-yet", "warning", at, example.value, args))
            continue
        findings.append(Finding(code, "error", at, example.value, {**example.args, "count": str(len(items))}))
        if len(items) > 1:
            more = {"count": str(len(items) - 1), "of": code}
            findings.append(Finding("too-many-findings", "error", at, args=more))
    return tuple(findings)


def explain_nothing(got: Got) -> str:
    """Return why there are no bytes of a source at all."""
    if not got.failures:
        return "読むものが一つも見つかりません / nothing was found to read"
    ja, _, en = explain_why(next(iter(got.failures.values()))).rpartition(" / ")
    count = len(got.failures)
    return f"{count} 件とも {ja or en} / {en} ({count} files)"


def _is_normal(source: Source, finding: Finding) -> bool:
    """Test whether a failure is what `source.missing` says of a file that isn't there."""
    gone = finding.code == "http-status" and finding.args.get("status") in ("404", "410")
    return source.missing != "error" and (gone or finding.code == "no-file")


def explain_reverts(ledger: Ledger, source: Source, got: Got, resource: str, used: ListUsed) -> tuple[Finding, ...]:
    """Report bytes that reverted to an earlier version: yesterday's file, or one that no release was ever made of."""
    went_back = []
    for ask in got.asks:
        entries = [entry for entry in list_kind(ledger, ask.url, "real") if entry.sha256 and entry.status in GOT]
        versions = order_versions(entries, source, used) if entries else []
        if versions and versions[-1].sha256 != entries[-1].sha256:
            old = next(version for version in versions if version.sha256 == entries[-1].sha256)
            went_back.append((ask.url, old, versions[-1]))
    if not went_back:
        return ()
    bad = [one for one in went_back if one[1].sha256 not in used(True)]
    url, old, newer = (bad or went_back)[-1]
    args = {"when": old.when, "newer": newer.when, "count": str(len(bad or went_back))}
    found = Finding("older-file", "warning", Place(file=resource), url, args)
    return (replace(found, code="bad-file-again", severity="error") if bad else found,)


def explain_why(finding: Finding) -> str:
    """Say why something could not be fetched, in both languages."""
    if status := finding.args.get("status"):
        ja, _, en = finding.args.get("meaning", "").rpartition(" / ")
        return f"HTTP {status}（{ja}） / HTTP {status} {en}" if ja else f"HTTP {status} {en}".strip()
    if "why_ja" in finding.args:
        return f"{finding.args['why_ja']} / {finding.args['why_en']}"
    return _WORDS.get(finding.code, "") or finding.args.get("why", "") or "—"


_WORDS = {
    "no-file": "ファイルがありません / there is no such file",
    "outside-project": "プロジェクトの外を指しています / it points outside the project",
    "too-large": "大きすぎます / too large",
    "cut-short": "受信が途中で切れました / it broke off",
    "bad-compression": "圧縮を解けません / it can't be decompressed",
    "too-slow": "届くのが遅すぎます / its bytes only dripped in",
}


def _host(url: str) -> str:
    return url.split("/")[2] if url.count("/") >= 2 else url
