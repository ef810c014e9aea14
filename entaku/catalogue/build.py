"""Releases → Catalogue: every dataset with its releases, its last failed attempt, and the date its next one is due; and how
each stands, as `entaku status` tells it from YAML and store, and the page `/status/` from the catalogue."""

import calendar
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count as count_from
from typing import Any, Literal

from entaku.catalogue.database import ALIAS as ALIAS
from entaku.catalogue.database import DATABASE as DATABASE
from entaku.catalogue.database import list_statements as list_statements
from entaku.catalogue.database import name_schema as name_schema
from entaku.catalogue.database import offers_database as offers_database
from entaku.catalogue.facets import find_day, list_revisions
from entaku.catalogue.places import (
    find_home,
    list_published_raws,
    list_twins,
    offers_excel,
    offers_packed,
    place_raw,
    place_release,
)
from entaku.model.files import MANIFEST, PROFILES, SUMS, is_sources, name_excel, name_packed, name_plain, name_revised
from entaku.model.grammar import Frequency, License, Office, Pipeline, Publisher
from entaku.model.leaving import Retirement
from entaku.model.ledgers import Request, Showcase
from entaku.model.nouns import Attempt, Catalogue, Dataset, Release, ReleasedResource, Spec
from entaku.model.words import Text

PERIODS: Mapping[Frequency, tuple[int, int, int, int]] = {
    "daily": (0, 1, 3, 3),
    "weekly": (0, 7, 3, 2),
    "monthly": (1, 0, 10, 2),
    "quarterly": (3, 0, 15, 1),
    "yearly": (12, 0, 45, 1),
}
"""Months and days from one release to the next, days of grace for weekends and holidays, and the number of periods
without a release after which it is an error, unless the YAML says otherwise."""


@dataclass(frozen=True)
class Stored:
    """The state of a dataset in the store."""

    releases: tuple[Release, ...] = ()
    """Oldest first."""
    attempt: Attempt | None = None
    """The last attempt, if it failed."""
    checked: str = ""
    """UTC time of the newest fetch."""
    raws: int = 0
    """Bytes of source files."""


@dataclass(frozen=True)
class Ledgers:
    """Requests and showcases, newest first."""

    requests: tuple[Request, ...] = ()
    showcases: tuple[Showcase, ...] = ()


def build_catalogue(
    office: Office, specs: Iterable[Spec], stored: Mapping[str, Stored], version: str, ledgers: Ledgers = Ledgers()
) -> Catalogue:
    """Build the catalogue of `specs`, with datasets ordered by name.

    `stored`: the state of each dataset in the store.  `version`: the program's.
    """
    datasets = []
    specs = sorted(specs, key=lambda spec: spec.pipeline.name)
    for spec in specs:
        there = stored.get(spec.pipeline.name, Stored())
        current, retired = there.releases[-1] if there.releases else None, office.retired.get(spec.pipeline.name)
        attempt, due = there.attempt, None
        if retired is not None:
            attempt = None
        elif current is not None:
            due = find_due(find_day(current.created, office.timezone), spec.pipeline.frequency)
        datasets.append(Dataset(spec, there.releases, attempt, there.checked, due, retired, there.raws))
    return Catalogue(
        office=office,
        datasets=tuple(datasets),
        version=version,
        requests=join_answers(ledgers.requests, specs),
        showcases=ledgers.showcases,
    )


def keep_former(office: Office, pipeline: Pipeline, descriptor: Mapping[str, Any]) -> Office:
    """Return `office` with the publisher and the licence of a dataset that it has no more, as the datapackage.json of
    its last release describes them."""
    key, licence = pipeline.publisher, pipeline.license
    if key not in office.publishers:
        former: Mapping[str, Any] = next(iter(descriptor.get("contributors", ())), {})
        publisher = Publisher(title=Text(ja=former.get("title", key)), url=former.get("path"))
        office = replace(office, publishers={**office.publishers, key: publisher})
    if licence not in office.licenses:
        was: Mapping[str, Any] = next(iter(descriptor.get("licenses", ())), {})
        terms = License(title=Text(ja=was.get("title", licence)), url=was.get("path", office.base_url))
        office = replace(office, licenses={**office.licenses, licence: terms})
    return office


def join_answers(requests: Iterable[Request], specs: Iterable[Spec]) -> tuple[Request, ...]:
    """Return the requests with their answers: datasets that the row names, and those whose YAML names the request."""
    answering: dict[str, list[str]] = {}
    for spec in specs:
        for request in spec.pipeline.requests:
            answering.setdefault(request, []).append(spec.pipeline.name)
    return tuple(
        replace(request, datasets=tuple(dict.fromkeys((*request.datasets, *answering.get(request.id, ())))))
        for request in requests
    )


def find_due(current: date, frequency: Frequency, periods: int = 1) -> date | None:
    """Return the day by which a release should follow that of `current`, grace included, if `periods` may pass until
    then; None if the frequency is irregular, or beyond the last day there is.
    """
    if frequency not in PERIODS:
        return None
    months, days, grace, _ = PERIODS[frequency]
    try:
        return add_months(current, months * periods) + timedelta(days=days * periods + grace)
    except (ValueError, OverflowError):
        return None


def find_overdue(current: date, pipeline: Pipeline, today: date) -> tuple[int, date] | None:
    """Return how many periods have passed since the release of `current`, and the day from which that counts, if it is
    time to say so: after the number that `overdue` or PERIODS has, and then each time as many have passed again.
    """
    if pipeline.frequency not in PERIODS:
        return None
    step = pipeline.overdue or PERIODS[pipeline.frequency][3]
    last = None
    for count in count_from(step, step):
        due = find_due(current, pipeline.frequency, count)
        if due is None or due >= today:
            return last
        last = count, due
    return last


def find_first_overdue(current: date, pipeline: Pipeline) -> date | None:
    """Return the last day on which nothing is to be said of the release of `current`; None if that day never ends."""
    if pipeline.frequency not in PERIODS:
        return None
    return find_due(current, pipeline.frequency, pipeline.overdue or PERIODS[pipeline.frequency][3])


def add_months(day: date, months: int) -> date:
    """Return the same day `months` later, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def list_copies(catalogue: Catalogue) -> dict[str, tuple[str, str, str]]:
    """List every release file on the site: site path → (dataset, version, file of the release).

    The current release's files are at `datasets/<dataset>/…`, also of former names, each release's at
    `datasets/<dataset>/<version>/…` of the name that the dataset had then.
    """
    copies: dict[str, tuple[str, str, str]] = {}
    for dataset in catalogue.datasets:
        for release in dataset.releases:
            for each in (*release.earlier, release):
                for name in list_files(each):
                    copies[f"{place_release(release)}{name}"] = (release.dataset, release.version, name)
            signed = catalogue.office.signing is not None
            for path, name in list_current(release, signed).items() if release is dataset.current else ():
                found = (release.dataset, release.version, name)
                copies |= dict.fromkeys((path, *list_twins(catalogue, path)), found)
    return dict(sorted(copies.items()))


def list_files(release: Release) -> list[str]:
    """List the files of a release in one revision, its SHA256SUMS too."""
    own = {name_revised(name, release.revision) for name in (MANIFEST, SUMS)}
    return sorted({file.path for file in release.files} | own)


def list_current(release: Release, signed: bool = False) -> dict[str, str]:
    """List the files of a current release under its dataset: site path → file of the release.

    Those of a revision are there by their own names and by the plain ones.  Its SHA256SUMS is made for that folder;
    manifest.json, lists of source files and statistics are with the version alone, unless they are `signed`: a signed
    manifest.json vouches for its whole folder.
    """
    names: dict[str, str] = {}
    absent = {SUMS} if signed else {SUMS, PROFILES, MANIFEST}
    for name in list_files(release):
        if name_plain(name) not in absent and (signed or not is_sources(name)):
            names |= {name: name, name_plain(name): name}
    return {f"datasets/{release.dataset}/{at}": name for at, name in sorted(names.items())}


def list_excel(catalogue: Catalogue) -> dict[str, tuple[str, str, str]]:
    """List every CSV that the site also offers for Excel: site path → (dataset, version, CSV of the release)."""
    return {
        path: (release.dataset, release.version, table.csv.path)
        for path, (release, table) in _list_tables(
            catalogue, offers_excel, lambda table: name_excel(table.name)
        ).items()
    }


def list_packed(catalogue: Catalogue) -> dict[str, tuple[Release, ReleasedResource]]:
    """List every CSV that the site also has packed by gzip: site path → the table of its release."""
    return _list_tables(catalogue, offers_packed, lambda table: name_packed(table.csv.path))


def _list_tables(
    catalogue: Catalogue, offers: Callable[[ReleasedResource], bool], name: Callable[[ReleasedResource], str]
) -> dict[str, tuple[Release, ReleasedResource]]:
    """List the files that tables have for which `offers` is true: in each version's folder and at the dataset's."""
    found: dict[str, tuple[Release, ReleasedResource]] = {}
    for dataset in catalogue.datasets:
        for release in dataset.releases:
            for table in filter(offers, release.resources):
                found[f"{place_release(release)}{name(table)}"] = release, table
                if release is dataset.current:
                    path = f"datasets/{release.dataset}/{name(table)}"
                    found |= dict.fromkeys((path, *list_twins(catalogue, path)), (release, table))
    return dict(sorted(found.items()))


def list_raws(catalogue: Catalogue) -> dict[str, tuple[str, str]]:
    """List every source file that the site offers: site path → (dataset, SHA-256)."""
    return dict(
        sorted(
            (place_raw(find_home(release), raw), (release.dataset, raw.sha256))
            for dataset in catalogue.datasets
            for release in list_revisions(dataset)
            for raw in list_published_raws(catalogue.office, release)
        )
    )


# ---- how a dataset stands -------------------------------------------------------------------------------------------

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
    yearly: int = 0
    """Bytes that its releases take more in a year; 0 where `keep` bounds them, or where that isn't known."""
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
