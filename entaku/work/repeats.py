"""What runs by the clock (`publish --scheduled`) have told, kept in the store's `told.json`.

An error that the run before has told, and that is still there, becomes a notice and no longer counts for the exit code,
so that an operator gets one mail of each.  What was mended and comes back is told anew.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from entaku.model.nouns import Finding, Place, Refused
from entaku.store import Store, disk, read_project
from entaku.work.outcome import Result

RECORD = "told.json"
ALWAYS = ("our-bug", "out-of-memory", "disk-fault", "overdue")
"""Errors that are told by every run, or, as `overdue`, at a pace of their own."""
MORE = "too-many-findings"

Told = Mapping[str, Mapping[str, tuple[str, int]]]
"""By dataset or file, by the hash of an error: the day when it was first told, and how often it was found."""


def tell_once(store: Store, result: Result, day: str) -> Result:
    """Return the result of a run on `day` (ISO 8601) with one notice for each dataset, or file, in place of the errors
    that were told before, and record what has been told now.

    Where the site was refused all errors stay, as nothing is published.  A record that can't be read or written is a
    warning; everything is told then.
    """
    found: list[Finding] = []
    try:
        before = read_told(store)
    except Refused as refused:
        before = {}
        found.append(replace(refused.finding, severity="warning"))
    now = {
        outcome.dataset: _note(outcome.findings, before.get(outcome.dataset, {}), day) for outcome in result.outcomes
    }
    files: dict[str, list[Finding]] = {}
    for finding in result.findings:
        files.setdefault(finding.place.file, []).append(finding)
    now |= {_name_file(file): _note(of, before.get(_name_file(file), {}), day) for file, of in files.items()}
    now = {name: told for name, told in now.items() if told}
    try:
        if now != before:
            _write_told(store, now)
    except Refused as refused:
        found.append(replace(refused.finding, severity="warning"))
    if result.site == "refused":
        return replace(result, findings=(*result.findings, *found))
    outcomes = tuple(
        replace(one, findings=_quieten(one.findings, before.get(one.dataset, {}), one.dataset))
        for one in result.outcomes
    )
    quiet = [finding for file, of in files.items() for finding in _quieten(of, before.get(_name_file(file), {}), file)]
    return replace(result, outcomes=outcomes, findings=(*quiet, *found))


def read_told(store: Store) -> Told:
    """Return what was told.  Raises Refused (record-broken, file-unreadable)."""
    body = read_project(store.root, RECORD).get(RECORD, b"{}")
    try:
        return {
            str(name): {str(key): (str(since), int(count)) for key, (since, count) in told.items()}
            for name, told in json.loads(body).items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused(Finding("record-broken", value=disk.show_path(store.root / RECORD))) from error


def _write_told(store: Store, told: Told) -> None:
    body = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    disk.write_project(store.root, RECORD, body.encode(), over=True)


def _name_file(file: str) -> str:
    """Name the entry of a file, which no dataset can have."""
    return f"/{file}"


def _hash(finding: Finding) -> str:
    """Return what an error is known by: its kind, file, sheet, column and value.  Not the row, which rows above it move,
    and not its counts and days."""
    place = finding.place
    known = json.dumps([finding.code, place.file, place.sheet, place.column, finding.value], ensure_ascii=False)
    return hashlib.sha256(known.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _count(findings: Iterable[Finding]) -> Counter[str]:
    errors = (one for one in findings if one.severity == "error" and one.code not in (*ALWAYS, MORE))
    return Counter(map(_hash, errors))


def _note(findings: Iterable[Finding], before: Mapping[str, tuple[str, int]], day: str) -> dict[str, tuple[str, int]]:
    """Return what is told of a dataset or file from now on."""
    return {key: (before[key][0] if key in before else day, count) for key, count in _count(findings).items()}


def _quieten(findings: Iterable[Finding], before: Mapping[str, tuple[str, int]], name: str) -> tuple[Finding, ...]:
    """Put one notice in the place of the errors that were told before, as often as they are found now."""
    findings = tuple(findings)
    counts = _count(findings)
    old = {key for key, count in counts.items() if key in before and count <= before[key][1]}
    if not old:
        return findings
    stays = [one for one in findings if one.severity != "error" or one.code in (*ALWAYS, MORE) or _hash(one) not in old]
    if old == set(counts):
        stays = [one for one in stays if one.code != MORE]
    args = {"count": f"{sum(counts[key] for key in old):,}", "since": min(before[key][0] for key in old)}
    return (*stays, Finding("told-before", "notice", Place(file=name), name, args))
