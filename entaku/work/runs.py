"""The record of the last run, `build/last-run.json`: when it began and ended, and what came of it.

It is written when a run begins and again at its end, so that a run that was cut short is told as such.
"""

import fcntl
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from entaku.model.messages import conceal, read_finding, show_finding
from entaku.model.nouns import Finding
from entaku.store import disk
from entaku.work.outcome import Result

RECORD = "last-run.json"
MOST = 100
"""Errors that are recorded."""


@dataclass(frozen=True)
class RunRecord:
    """What is recorded of a run."""

    began: str
    """UTC."""
    ended: str = ""
    """UTC; "" for a run that didn't come to its end."""
    code: int | None = None
    """Its exit code."""
    site: str = ""
    """What was done with the site: published, unchanged or refused."""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """What was done with each dataset."""
    errors: tuple[Finding, ...] = ()
    """Its errors, at most MOST, without what they hide."""


def begin_run(project: Path, now: datetime) -> RunRecord:
    """Record that a run begins.  Raises Refused (cannot-write)."""
    record = RunRecord(_show(now))
    _write(project, record)
    return record


def end_run(project: Path, record: RunRecord, now: datetime, result: Result) -> None:
    """Record what came of a run.  Raises Refused (cannot-write)."""
    errors = [conceal(finding) for finding in result.every if finding.severity == "error"]
    plain = [replace(each, args={key: text for key, text in each.args.items() if key != "trace"}) for each in errors]
    outcomes = {outcome.dataset: outcome.what for outcome in result.outcomes}
    _write(project, RunRecord(record.began, _show(now), result.code, result.site, outcomes, tuple(plain[:MOST])))


def read_run(project: Path) -> RunRecord | None:
    """Return the record of the last run; None if there is none that can be read."""
    try:
        shown: dict[str, Any] = json.loads((project / "build" / RECORD).read_bytes())
        return RunRecord(**{**shown, "errors": tuple(map(read_finding, shown["errors"]))})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def is_running(lock: Path) -> bool:
    """Test whether another process has the store's lock."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _write(project: Path, record: RunRecord) -> None:
    shown = {**asdict(record), "errors": list(map(show_finding, record.errors))}
    body = json.dumps(shown, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"
    path = project / "build" / RECORD
    with disk.telling(path):
        if not path.parent.exists():
            disk.make_folder(path.parent)
            with suppress(OSError):  # a disk without permissions
                path.parent.chmod(0o755)
        disk.write_whole(path, body, path.parent)


def _show(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
