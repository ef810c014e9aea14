"""What a workbook or text file becomes when it is read and tidied, for tests."""

from dataclasses import dataclass
from typing import Any

from test_tidy import make_step
from wholes import make_part

from entaku.model.grammar import Read
from entaku.model.messages import say
from entaku.model.nouns import Finding, Raw
from entaku.table.parts import Work


@dataclass(frozen=True)
class Outcome:
    """What a workbook becomes."""

    rows: list[list[str]]
    columns: list[str]
    findings: list[Finding]

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """Code, severity and cell of each finding."""
        return [(finding.code, finding.severity, finding.place.cell) for finding in self.findings]

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]


def publish(body: bytes, *steps: str, url: str = "https://office.example.jp/a", **how: Any) -> Outcome:
    """Read and tidy a workbook; its findings are said in both languages on the way."""
    raw = Raw(url=url, values={}, served="file", fetched="", sha256="", bytes=len(body))
    made = tuple(make_step(step, n) for n, step in enumerate(steps, 10))
    part = make_part(Work(raw, Read(**how), made, "pipelines/a.yaml"), body)
    for finding in part.outline.findings:
        assert "→" in say(finding, "ja") and "→" in say(finding, "en")
    columns = [column.to_pylist() for column in part.rows.columns]
    return Outcome(
        [list(row) for row in zip(*columns, strict=True)], list(part.outline.columns), list(part.outline.findings)
    )
