"""The lines of a fetch ledger: JSON, one line for each fetch, of which a crash may have torn the last."""

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from entaku.model.messages import read_finding, show_finding
from entaku.model.nouns import Attempt, Entry, Finding, History, Place, Refused, Violation


def write_json(value: Any) -> bytes:
    """JSON for people and machines: two spaces, Japanese as it is, a final newline."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


def show_history(history: History) -> dict[str, Any]:
    """A history as plain values for JSON."""
    attempt = history.attempt
    return {
        "current": history.versions[-1] if history.versions else None,
        "versions": list(history.versions),
        "key": history.key,
        "attempt": attempt
        and {
            "when": attempt.when,
            "count": attempt.count,
            "findings": [show_finding(finding) for finding in attempt.findings],
            **({"violations": list(map(_show_violation, attempt.violations))} if attempt.violations else {}),
        },
    }


def read_history(shown: Mapping[str, Any]) -> History:
    """The history that `show_history` showed.  Raises ValueError, KeyError or TypeError for anything else."""
    attempt = shown["attempt"]
    if not all(isinstance(version, str) for version in shown["versions"]):
        raise ValueError("versions")
    return History(
        versions=tuple(shown["versions"]),
        key=shown["key"],
        attempt=None
        if attempt is None
        else Attempt(
            when=attempt["when"],
            findings=tuple(read_finding(finding) for finding in attempt["findings"]),
            count=attempt["count"],
            violations=tuple(map(_read_violation, attempt.get("violations", ()))),
        ),
    )


def _show_violation(violation: Violation) -> dict[str, Any]:
    """Its examples stand as findings do: a place and a value."""
    examples = [show_finding(Finding(violation.kind, "error", place, cell)) for place, cell in violation.examples]
    return {
        "table": violation.table, "column": violation.column, "kind": violation.kind, "count": violation.count,
        "examples": [{key: shown[key] for key in ("place", "value") if key in shown} for shown in examples],
    }  # fmt: skip


def _read_violation(shown: Mapping[str, Any]) -> Violation:
    examples = tuple((Place(**each.get("place", {})), each.get("value", "")) for each in shown["examples"])
    return Violation(shown["table"], shown["column"], shown["kind"], shown["count"], examples)


@dataclasses.dataclass
class Ledger:
    """A ledger file in memory."""

    mark: tuple[int, int]
    """Size and time of change of the file that this was read from."""
    good: int = 0
    """How many of its bytes are whole lines."""
    ended: bool = True
    """Whether the last of them has its newline."""
    entries: list[Entry] = dataclasses.field(default_factory=list)
    by_url: dict[str, list[Entry]] = dataclasses.field(default_factory=dict)
    shown: tuple[Entry, ...] = ()

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.by_url.setdefault(entry.url, []).append(entry)


def ends_well(path: Path) -> bool:
    """Whether a ledger's last line has its end."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 2))
        return file.read() in (b"", b"}\n")


def mark_of(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_size, stat.st_mtime_ns


def write_entry(entry: Entry) -> bytes:
    line = {**dataclasses.asdict(entry), "values": dict(entry.values)}
    text = json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace") + b"\n"


def read_entry(value: object) -> Entry:
    """An entry from its JSON.  Raises TypeError where it is not one."""
    if not isinstance(value, dict):
        raise TypeError(f"not an entry: {value!r}")
    entry = Entry(**value)
    texts = (entry.when, entry.url, entry.served, entry.sha256, entry.etag, entry.last_modified)
    numbers = (entry.status, entry.bytes)
    if not (
        all(isinstance(text, str) for text in (*texts, *entry.values.values()))
        and all(type(number) is int for number in numbers)
    ):
        raise TypeError(f"not an entry: {value!r}")
    return entry


def read_ledger(whole: bytes, shown: str, mark: tuple[int, int]) -> Ledger:
    ledger = Ledger(mark)
    lines = whole.splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        try:
            ledger.add(read_entry(json.loads(line)))
        except (ValueError, TypeError, AttributeError) as error:
            if number == len(lines) and isinstance(error, ValueError):
                break  # a crash tore it
            place = Place(file=shown, line=number)
            raise Refused(Finding("store-broken", place=place, value=shown, args={"why": str(error)})) from error
        ledger.good += len(line)
        ledger.ended = line.endswith(b"\n")
    return ledger
