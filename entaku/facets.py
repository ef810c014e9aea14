"""Questions to a catalogue: which datasets, how many rows, which request is answered.  Pure; for `site` and `feeds`."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from entaku.grammar import Text
from entaku.model import Catalogue, Dataset, Release

SAMPLE = Text(ja="【見本】", en="[SAMPLE] ")
"""Stands before every title of something synthetic."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What the whole catalogue holds, counted over current releases."""

    datasets: int
    """With at least one release."""
    tables: int
    rows: int
    columns: int
    """Those with a label or a meaning in words."""
    raws: int
    """Distinct source files, by content."""
    requests: int
    answered: int


def read_utc(utc: str) -> datetime:
    """`2026-11-23T04:40:41Z` as an aware datetime."""
    return datetime.fromisoformat(utc)


def find_day(utc: str, timezone: str) -> date:
    """The calendar day of the UTC time `utc` in `timezone` (an IANA name)."""
    return read_utc(utc).astimezone(ZoneInfo(timezone)).date()


def count_rows(release: Release) -> int:
    """Rows of all tables of a release."""
    return sum(table.rows for table in release.resources)


def is_sample(dataset: Dataset) -> bool:
    """Whether the current release holds synthetic bytes."""
    return dataset.current is not None and "sample" in dataset.current.served


def mark_sample(title: Text, sample: bool) -> Text:
    """`title`, in each language that it has, with the mark of a sample if it is one."""
    if not sample:
        return title
    return Text(ja=title.ja and SAMPLE.ja + title.ja, en=title.en and SAMPLE.en + title.en)


def has_samples(catalogue: Catalogue) -> bool:
    """Whether any current release holds synthetic bytes: then every page says so."""
    return any(is_sample(dataset) for dataset in catalogue.datasets)


def select_publisher(catalogue: Catalogue, publisher: str) -> tuple[Dataset, ...]:
    """The datasets of the publisher with this key of `catalogue.yaml`."""
    return tuple(dataset for dataset in catalogue.datasets if dataset.spec.pipeline.publisher == publisher)


def select_theme(catalogue: Catalogue, theme: str) -> tuple[Dataset, ...]:
    """The datasets of the theme with this key."""
    return tuple(dataset for dataset in catalogue.datasets if theme in dataset.spec.pipeline.themes)


def select_request(catalogue: Catalogue, request: str) -> tuple[Dataset, ...]:
    """The datasets, released or not, that say they answer the request with this key."""
    return tuple(dataset for dataset in catalogue.datasets if request in dataset.spec.pipeline.requests)


def find_answer(catalogue: Catalogue, request: str) -> date | None:
    """The day a request was answered: as `catalogue.yaml` says, or else that of the first release for it."""
    stated = catalogue.office.requests[request].answered
    if stated:
        return date.fromisoformat(stated)
    firsts = [dataset.releases[0].created for dataset in select_request(catalogue, request) if dataset.releases]
    return find_day(min(firsts), catalogue.office.timezone) if firsts else None


def list_newest(catalogue: Catalogue) -> tuple[Dataset, ...]:
    """Datasets with a release, the one with the newest data first."""
    released = (dataset for dataset in catalogue.datasets if dataset.releases)
    return tuple(sorted(released, key=lambda dataset: dataset.releases[-1].created, reverse=True))


def count_all(catalogue: Catalogue) -> Totals:
    """The catalogue's totals."""
    releases = [dataset.current for dataset in catalogue.datasets if dataset.current]
    tables = [table for release in releases for table in release.resources]
    answered = [key for key in catalogue.office.requests if find_answer(catalogue, key)]
    return Totals(
        datasets=len(releases),
        tables=len(tables),
        rows=sum(table.rows for table in tables),
        columns=sum(
            bool(field.title.ja or field.description.ja) for table in tables for field in table.resource.schema.fields
        ),
        raws=len({raw.sha256 for table in tables for raw in table.raws}),
        requests=len(catalogue.office.requests),
        answered=len(answered),
    )
