"""Queries on a catalogue: datasets, row counts, answers to requests.  Pure; for `site` and `feeds`."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import median_low
from zoneinfo import ZoneInfo

from entaku.model.errata import Erratum, Touched
from entaku.model.grammar import Pipeline
from entaku.model.leaving import find_present
from entaku.model.ledgers import LEDGERS, STATUSES, Request, Showcase, Status
from entaku.model.nouns import Catalogue, Dataset, Release
from entaku.model.promises import Breaking
from entaku.model.standards import name_standard
from entaku.model.words import Text

SAMPLE = Text(ja="【見本】", en="[SAMPLE] ")
"""Prefix of every title of a synthetic dataset."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals of the catalogue, counted over current releases."""

    datasets: int
    """Datasets with at least one release."""
    tables: int
    rows: int
    columns: int
    """Columns with a title or a description."""
    raws: int
    """Distinct source files, by content."""
    requests: int
    answered: int
    days: int | None
    """Median days from request to answer; None if no request is answered."""


def read_utc(utc: str) -> datetime:
    """Convert `2026-11-23T04:40:41Z` to an aware datetime."""
    return datetime.fromisoformat(utc)


def find_day(utc: str, timezone: str) -> date:
    """Return the calendar day of the UTC time `utc` in `timezone` (an IANA name)."""
    return read_utc(utc).astimezone(ZoneInfo(timezone)).date()


def start_of(day: str, timezone: str) -> str:
    """Return the UTC time at which a day begins in `timezone`."""
    return datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def find_modified(release: Release) -> str:
    """Return the UTC time at which a release was last changed: its metadata may have been revised."""
    return release.revised or release.created


def list_revisions(dataset: Dataset) -> list[Release]:
    """List the releases of a dataset in every revision of their metadata, oldest first."""
    return [release for newest in dataset.releases for release in (*newest.earlier, newest)]


def find_home(release: Release) -> str:
    """Return the name of a release's dataset that is in its address for ever: the one that it had then."""
    return release.home or release.dataset


def place_release(release: Release) -> str:
    """Return the path of a release's page and files."""
    return f"datasets/{find_home(release)}/{release.version}/"


def count_rows(release: Release) -> int:
    """Count the rows of all tables of a release."""
    return sum(table.rows for table in release.resources)


def list_standards(release: Release | None) -> tuple[str, ...]:
    """Return the full names of the standards that tables of a release follow."""
    named = (name_standard(table.resource.schema) for table in release.resources) if release else ()
    return tuple(dict.fromkeys(filter(None, named)))


def find_span(dataset: Dataset, timezone: str) -> tuple[str, str]:
    """Return the first and the last day that a dataset is about, each "" where it isn't known.

    They are those of `coverage`, else of the current release: the least and the greatest value of the days, moments and
    months that are part of a table's primary key, or that are its only ones.  Years are not taken, as many are fiscal.
    """
    return find_days(dataset.spec.pipeline, dataset.current, timezone)


def find_days(pipeline: Pipeline, release: Release | None, timezone: str) -> tuple[str, str]:
    """Return the first and the last day that a release is about, as `find_span` does."""
    coverage = pipeline.coverage
    if coverage.from_ or coverage.until:
        return coverage.from_ or "", coverage.until or ""
    ends: list[str] = []
    for table in release.resources if release else ():
        schema = table.resource.schema
        times = [field.name for field in schema.fields if field.type in ("date", "datetime", "yearmonth")]
        keys = [name for name in times if name in schema.primaryKey] or (times if len(times) == 1 else [])
        for one in (one for one in table.profile if one.name in keys):
            found = ((str(one.least), 1), (str(one.most), -1))
            # Beyond these years are "no end", and mistakes.
            ends += [_spell_day(value, timezone, edge) for value, edge in found if "1600" < value < "2200"]
    return (min(ends), max(ends)) if ends else ("", "")


def _spell_day(value: str, timezone: str, edge: int) -> str:
    """Return a day, the day of a moment, or the first (1) or last (-1) day of a month, as text."""
    if value.endswith("Z"):
        return find_day(value, timezone).isoformat()
    if len(value) == len("2026-06"):
        return f"{value}-{1 if edge == 1 else monthrange(int(value[:4]), int(value[5:]))[1]:02}"
    return value[:10]


def is_sample(dataset: Dataset) -> bool:
    """Test whether the current release has synthetic bytes."""
    tables = dataset.current.resources if dataset.current else ()
    return any(raw.served == "sample" for table in tables for raw in table.raws)


def mark_sample(title: Text, sample: bool) -> Text:
    """Return `title`, in each language that it has, with the mark of a sample if it is one."""
    if not sample:
        return title
    return Text(ja=title.ja and SAMPLE.ja + title.ja, en=title.en and SAMPLE.en + title.en)


def has_samples(catalogue: Catalogue) -> bool:
    """Test whether any current release has synthetic bytes; if so, every page says so."""
    return any(is_sample(dataset) for dataset in catalogue.datasets)


def list_all(catalogue: Catalogue) -> tuple[Dataset, ...]:
    """Return every dataset in the order of lists: by name, retired ones last."""
    return tuple(sorted(catalogue.datasets, key=lambda dataset: dataset.retired is not None))


def select_publisher(catalogue: Catalogue, publisher: str) -> tuple[Dataset, ...]:
    """Return the datasets of the publisher with this key of `catalogue.yaml`."""
    return tuple(dataset for dataset in list_all(catalogue) if dataset.spec.pipeline.publisher == publisher)


def select_theme(catalogue: Catalogue, theme: str) -> tuple[Dataset, ...]:
    """Return the datasets of the theme with this key."""
    return tuple(dataset for dataset in list_all(catalogue) if theme in dataset.spec.pipeline.themes)


def list_answers(catalogue: Catalogue, row: Request | Showcase) -> tuple[Dataset, ...]:
    """Return the existing datasets, released or not, that a request or showcase names."""
    return tuple(catalogue.by_name[name] for name in row.datasets if name in catalogue.by_name)


def find_replacement(catalogue: Catalogue, dataset: Dataset) -> Dataset | None:
    """Return the dataset of the catalogue that replaces a retired one; None if there is none."""
    other = (dataset.retired and dataset.retired.replaced_by) or ""
    return catalogue.by_name.get(find_present(catalogue.office.renamed, other))


def address_replacement(catalogue: Catalogue, dataset: Dataset, root: str) -> str:
    """Return the address of what replaces a retired dataset, here (`root` is the site's) or elsewhere; "" if nothing
    does."""
    other = find_replacement(catalogue, dataset)
    if other is not None:
        return f"{root}datasets/{other.spec.pipeline.name}/"
    address = (dataset.retired and dataset.retired.replaced_by) or ""
    return address if ":" in address else ""


def list_requests(catalogue: Catalogue, dataset: str) -> tuple[Request, ...]:
    """Return the requests that a dataset answers, newest first."""
    return tuple(request for request in catalogue.requests if dataset in request.datasets)


def list_showcases(catalogue: Catalogue, dataset: str) -> tuple[Showcase, ...]:
    """Return the showcases of a dataset, newest first."""
    return tuple(showcase for showcase in catalogue.showcases if dataset in showcase.datasets)


def find_answer(catalogue: Catalogue, request: Request) -> date | None:
    """Return the day a request was answered: that of its row, or else of the first release for it."""
    if request.answered or request.status not in (None, "answered"):
        return request.answered
    firsts = [dataset.releases[0].created for dataset in list_answers(catalogue, request) if dataset.releases]
    return find_day(min(firsts), catalogue.office.timezone) if firsts else None


def find_status(catalogue: Catalogue, request: Request) -> Status:
    """Return the status of a request: that of its row, or else derived from its datasets."""
    if request.status:
        return request.status
    if find_answer(catalogue, request):
        return "answered"
    return "in_progress" if list_answers(catalogue, request) else "open"


def list_statuses(catalogue: Catalogue) -> dict[Status, tuple[Request, ...]]:
    """Return the requests by status; statuses without requests are left out."""
    found = {request: find_status(catalogue, request) for request in catalogue.requests}
    chosen = {
        status: tuple(request for request in catalogue.requests if found[request] == status) for status in STATUSES
    }
    return {status: requests for status, requests in chosen.items() if requests}


def place_status(status: Status) -> str:
    """Return the path of the list of requests of a status."""
    return f"requests/{status.replace('_', '-')}/"


def list_newest(catalogue: Catalogue) -> tuple[Dataset, ...]:
    """Return the datasets with a release, newest data first, without retired ones and those about the catalogue
    itself."""
    released = (dataset for dataset in catalogue.datasets if dataset.releases and dataset.retired is None)
    told = (dataset for dataset in released if dataset.spec.pipeline.name not in LEDGERS)
    return tuple(sorted(told, key=lambda dataset: dataset.releases[-1].created, reverse=True))


def count_all(catalogue: Catalogue) -> Totals:
    """Return the catalogue's totals."""
    releases = [dataset.current for dataset in catalogue.datasets if dataset.current]
    tables = [table for release in releases for table in release.resources]
    statuses = [find_status(catalogue, request) for request in catalogue.requests]
    answers = [(find_answer(catalogue, request), request.asked) for request in catalogue.requests]
    days = [(answered - asked).days for answered, asked in answers if answered and answered >= asked]
    return Totals(
        datasets=len(releases),
        tables=len(tables),
        rows=sum(table.rows for table in tables),
        columns=sum(
            bool(field.title.ja or field.description.ja) for table in tables for field in table.resource.schema.fields
        ),
        raws=len({raw.sha256 for table in tables for raw in table.raws}),
        requests=len(statuses),
        answered=statuses.count("answered"),
        days=median_low(days) if days else None,
    )


def find_announced(dataset: Dataset) -> Breaking | None:
    """Return the announced change that is still to come: none if there is one of its day or later in a release."""
    breaking, current = dataset.spec.pipeline.breaking, dataset.current
    return breaking if breaking and not (current and current.created[:10] >= breaking.from_) else None


@dataclass(frozen=True, slots=True)
class KnownError:
    """An erratum in the current release."""

    table: str
    erratum: Erratum
    touched: Touched

    def tell(self) -> Text:
        """Say what is wrong, where, what was done about it and by whose word, in both languages."""
        one, rows = self.erratum, f"{self.touched.rows:,}"
        ja, en = DONE[one.done].ja, DONE[one.done].en
        columns = f"{self.table}: {', '.join(one.columns)}"
        return Text(
            ja=f"{one.why.get('ja')}（{columns}、{rows} 行。{ja}。{one.by.get('ja')}）",
            en=f"{one.why.get('en')} ({columns}; {rows} rows, {en}; {one.by.get('en')})",
        )


DONE = {
    "left": Text(ja="元のデータのまま", en="left as in the source"),
    "set": Text(ja="訂正した", en="corrected"),
    "empty": Text(ja="空にした", en="emptied"),
}
"""What is done about an erratum."""


def list_errata(release: Release) -> list[KnownError]:
    """List the known errors of the source that concern cells of a release."""
    found = []
    for table in release.resources:
        errata = {one.name: one for one in table.resource.errata}
        for one in table.errata.touched if table.errata else ():
            if one.cells and one.name in errata:
                found.append(KnownError(table.name, errata[one.name], one))
    return found
