"""Releases → Catalogue: every dataset with its releases, its last failed attempt, and the date its next one is due."""

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count as count_from
from typing import Any

from entaku.catalogue.facets import find_day
from entaku.catalogue.places import find_home, list_published_raws, list_twins, offers_excel, place_raw, place_release
from entaku.model.files import MANIFEST, SUMS, name_excel
from entaku.model.grammar import Frequency, License, Office, Pipeline, Publisher
from entaku.model.ledgers import Request, Showcase
from entaku.model.nouns import Attempt, Catalogue, Dataset, Release, Spec
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
            names = sorted({file.path for file in release.files} | {MANIFEST, SUMS})
            for name in names:
                found = (release.dataset, release.version, name)
                copies[f"{place_release(release)}{name}"] = found
                if release is dataset.current:
                    path = f"datasets/{release.dataset}/{name}"
                    copies |= dict.fromkeys((path, *list_twins(catalogue, path)), found)
    return dict(sorted(copies.items()))


def list_excel(catalogue: Catalogue) -> dict[str, tuple[str, str, str]]:
    """List every CSV that the site also offers for Excel: site path → (dataset, version, CSV of the release)."""
    copies: dict[str, tuple[str, str, str]] = {}
    for dataset in catalogue.datasets:
        for release in dataset.releases:
            for table in filter(offers_excel, release.resources):
                found = (release.dataset, release.version, table.csv.path)
                copies[f"{place_release(release)}{name_excel(table.name)}"] = found
                if release is dataset.current:
                    path = f"datasets/{release.dataset}/{name_excel(table.name)}"
                    copies |= dict.fromkeys((path, *list_twins(catalogue, path)), found)
    return dict(sorted(copies.items()))


def list_raws(catalogue: Catalogue) -> dict[str, tuple[str, str]]:
    """List every source file that the site offers: site path → (dataset, SHA-256)."""
    return dict(
        sorted(
            (place_raw(find_home(release), raw), (release.dataset, raw.sha256))
            for dataset in catalogue.datasets
            for release in dataset.releases
            for raw in list_published_raws(catalogue.office, release)
        )
    )
