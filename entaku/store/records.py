"""`releases.json`: the history of a dataset as JSON."""

import json
from collections.abc import Mapping
from typing import Any

from entaku.model.messages import read_finding, show_finding
from entaku.model.nouns import Attempt, Finding, History, Place, Violation


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
