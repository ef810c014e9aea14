"""What the office has to know of each dataset, whoever it is told by: one table of facts.  Pure.

`entaku status` makes it from the YAML and the store, the page `/status/` from the catalogue.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from entaku.catalogue.build import find_due, find_overdue
from entaku.catalogue.facets import find_day
from entaku.model.grammar import Office, Pipeline
from entaku.model.leaving import Retirement
from entaku.model.nouns import Attempt, Dataset

Standing = Literal["broken", "held", "overdue", "left", "late", "unreleased", "fine", "retired"]
STANDINGS: tuple[Standing, ...] = ("broken", "held", "overdue", "left", "late", "unreleased", "fine", "retired")
"""States of a dataset, the most urgent first.  broken: its YAML has errors; held: the last attempt failed; overdue: so
late that a run tells of it (`overdue`); left: it has releases and no YAML; late: the next release was due; unreleased:
nothing was ever released; retired: it is no longer updated."""
URGENT: frozenset[Standing] = frozenset(("broken", "held", "overdue", "left"))
"""Those that need a person."""


@dataclass(frozen=True, kw_only=True)
class DatasetFacts:
    """What there is to know of a dataset."""

    name: str
    pipeline: Pipeline
    standing: Standing = "fine"
    version: str = ""
    """The current release; "" without one."""
    versions: int = 0
    created: str = ""
    """UTC time of the newest fetch in it."""
    checked: str = ""
    """UTC time of the newest fetch of all."""
    sample: bool = False
    """Whether the current release is synthetic: it is never late."""
    due: date | None = None
    """When the next release is due."""
    since: str = ""
    """The day since which it stands so: of the failed attempt, the due date that passed, the retirement."""
    attempt: Attempt | None = None
    """The failed attempt, as readers of the site may see it."""
    retired: Retirement | None = None
    planned: bool = True
    """Whether it has a YAML."""
    broken: bool = False
    """Whether that has errors."""
    raws: int = 0
    """Bytes of its source files in the store."""
    releases: int = 0
    """Bytes of its releases in the store."""
    site: int = 0
    """Bytes of its part of the site; 0 where that isn't known."""

    @property
    def urgent(self) -> bool:
        """Test whether it needs a person."""
        return self.standing in URGENT


def judge(facts: DatasetFacts, office: Office, today: date | None = None) -> DatasetFacts:
    """Return the facts of a dataset with its standing; without `today`, as on a page, none is late."""
    retired, attempt = office.retired.get(facts.name), facts.attempt
    if retired is not None:
        return replace(facts, standing="retired", since=retired.since, retired=retired, attempt=None, due=None)
    current = find_day(facts.created, office.timezone) if facts.created else None
    due = find_due(current, facts.pipeline.frequency) if current and not facts.sample else None
    facts, standing, since = replace(facts, due=due), "fine", ""
    late = find_overdue(current, facts.pipeline, today) if current and today and not facts.sample else None
    failed = attempt is not None and attempt.count > 0
    if facts.broken:
        standing = "broken"
    elif attempt is not None and failed:
        standing, since = "held", find_day(attempt.when, office.timezone).isoformat() if attempt.when else ""
    elif facts.version and not facts.planned:
        standing = "left"
    elif late is not None:
        standing, since = "overdue", late[1].isoformat()
    elif due is not None and today is not None and today > due:
        standing, since = "late", due.isoformat()
    elif not facts.version:
        standing = "unreleased"
    return replace(facts, standing=standing, since=since, attempt=attempt if failed else None)  # type: ignore[arg-type]


def describe_published(office: Office, dataset: Dataset) -> DatasetFacts:
    """Return the facts of a dataset of the catalogue."""
    current, pipeline = dataset.current, dataset.spec.pipeline
    return judge(
        DatasetFacts(
            name=pipeline.name,
            pipeline=pipeline,
            version=current.version if current else "",
            versions=len(dataset.releases),
            created=current.created if current else "",
            checked=dataset.checked,
            sample=current is not None and "sample" in current.served,
            attempt=dataset.attempt,
            raws=dataset.raws,
            releases=sum(file.bytes for release in dataset.releases for file in release.files),
        ),
        office,
    )


def list_urgent(every: Iterable[DatasetFacts]) -> tuple[DatasetFacts, ...]:
    """Return the facts in order: the most urgent first, then by name."""
    return tuple(sorted(every, key=lambda facts: (STANDINGS.index(facts.standing), facts.name)))
