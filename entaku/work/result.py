"""What a publish is to make, and what it did."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from entaku.model.nouns import Finding
from entaku.work.dataset import Outcome


@dataclass(frozen=True)
class Result:
    """What a run did."""

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    """Of the YAML files, the templates and the site."""
    site: Literal["published", "unchanged", "refused"]
    pages: int = 0

    @property
    def bugs(self) -> tuple[str, ...]:
        """The traces of what went wrong inside the program."""
        found = (finding for outcome in self.outcomes for finding in outcome.findings)
        return tuple(finding.args["trace"] for finding in found if finding.code == "our-bug")

    @property
    def failed(self) -> bool:
        """Whether anything is there to be mended."""
        every = [*self.findings, *(finding for outcome in self.outcomes for finding in outcome.findings)]
        return any(finding.severity == "error" for finding in every)


@dataclass(frozen=True)
class Wanted:
    """What a publish is to make."""

    site: Path
    """The folder of the site."""
    allow_samples: bool = False
    only_site: bool = False
    """No source is asked; the site is made anew of what is released."""


SiteResult = tuple[Literal["published", "unchanged", "refused"], int, tuple[Finding, ...]]
"""What was done with the site, how many pages were made, and what was found."""
