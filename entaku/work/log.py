"""What a run tells while it goes on: a line of JSON for each dataset, for programs; how fast it goes, for people."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TextIO

from entaku.model.messages import conceal, show_finding
from entaku.model.nouns import SEVERITIES, Finding, Lang
from entaku.work.outcome import Outcome, Result

LEAST = 1.0
"""Seconds after which a rate means anything."""


@dataclass
class JsonLog:
    """Writer of JSON Lines: `event` is "dataset", one line each, and at the end "run", or "refused"."""

    out: TextIO
    read_clock: Callable[[], datetime]
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.read_clock()

    def outcome(self, outcome: Outcome) -> None:
        """Write what came of a dataset."""
        self._write(
            event="dataset",
            dataset=outcome.dataset,
            outcome=outcome.what,
            version=outcome.version or None,
            rows=sum(outcome.rows.values()) if outcome.rows is not None else None,
            served=list(outcome.served),
            seconds=round(outcome.seconds, 3),
            **count_severities(outcome.findings),
            findings=list(map(_show, outcome.findings)),
        )

    def end(self, result: Result) -> None:
        """Write what came of the run: how many datasets had each outcome, and the findings that are of none."""
        self._write(
            event="run",
            site=result.site,
            pages=result.pages,
            code=result.code,
            datasets=len(result.outcomes),
            outcomes=dict(sorted(Counter(outcome.what for outcome in result.outcomes).items())),
            seconds=(self.read_clock() - self.began).total_seconds(),
            **count_severities(result.every),
            findings=list(map(_show, result.findings)),
        )

    def refuse(self, finding: Finding) -> None:
        """Write why there was no run."""
        self._write(event="refused", code=1, **count_severities((finding,)), findings=[_show(finding)])

    def _write(self, **told: Any) -> None:
        time = self.read_clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.out.write(json.dumps({"time": time, **told}, ensure_ascii=False) + "\n")
        self.out.flush()


def count_severities(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Count findings by severity."""
    counts = Counter(finding.severity for finding in findings)
    return {f"{severity}s": counts[severity] for severity in SEVERITIES}


def _show(finding: Finding) -> dict[str, Any]:
    return show_finding(conceal(finding))


class Speed:
    """How fast something goes that is told again and again."""

    def __init__(self) -> None:
        self._what: str | None = None
        self._began, self._first = 0.0, 0

    def tell(self, what: str, progress: tuple[int, int], now: float, lang: Lang) -> str:
        """Return how many are done of how many, how many a second, and the time left; `now` in seconds."""
        done, total = progress
        if what != self._what or done < self._first:
            self._what, self._began, self._first = what, now, done
        passed, made = now - self._began, done - self._first
        if passed < LEAST or not made:
            return f"{done:,}/{total:,}"
        rate, left = made / passed, (total - done) * passed / made
        speed = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
        minutes, seconds = divmod(round(left), 60)
        hours, minutes = divmod(minutes, 60)
        clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        return f"{done:,}/{total:,}  {speed}/{'秒' if lang == 'ja' else 's'}" + (
            (f"  残り {clock}" if lang == "ja" else f"  {clock} left") if done < total else ""
        )
