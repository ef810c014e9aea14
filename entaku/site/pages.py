"""Which pages the site has: the one list, for those who render them and for those who name them to machines.  Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from entaku.catalogue import facets, places
from entaku.model.ledgers import LEDGERS, Request, Showcase
from entaku.model.nouns import LANGS, Catalogue, Dataset, Lang

PREFIX: Mapping[Lang, str] = {"ja": "", "en": "en/"}
"""What stands before a page's path in each language."""
LISTED: Mapping[str, int] = {
    "datasets": 50, "publisher": 50, "theme": 50, "requests": 50, "showcases": 50, "columns": 200,
}  # fmt: skip
"""Pages that hold a list, and how much of it one of them holds; more are at `page/2/`, …"""


@dataclass(frozen=True, slots=True)
class PageAddress:
    """A page of the site, in each of its languages."""

    kind: str
    """Its template without `.html`."""
    path: str
    """Its site path without the language: `datasets/`."""
    changed: str = ""
    """UTC time at which what it shows last changed; "" where nobody can say."""
    about: str = ""
    """Whom or what of its kind it shows: a key, id, status, column's name, dataset, table or version."""
    number: int = 1
    """Which page of a long list it is."""
    languages: tuple[Lang, ...] = LANGS

    @property
    def is_first(self) -> bool:
        """Whether it is worth finding: not the 404, nor what continues a list."""
        return self.number == 1 and self.kind != "404"


def place_page(path: str, lang: Lang) -> str:
    """The file that serves the page `path`: `datasets/` in English is `en/datasets/index.html`."""
    return PREFIX[lang] + path + ("index.html" if path.endswith("/") or not path else "")


def place_part(path: str, number: int) -> str:
    """The path of page `number` of the list at `path`."""
    return path if number == 1 else f"{path}page/{number}/"


def count_parts(kind: str, items: int) -> int:
    """The number of pages of a list; one even where nothing is listed."""
    return max(1, -(-items // LISTED[kind]))


def list_pages(catalogue: Catalogue) -> tuple[PageAddress, ...]:
    """Every page of the site."""
    own = (page for dataset in catalogue.datasets for page in list_dataset_pages(dataset))
    return (*list_whole_pages(catalogue), *own)


# ---- where each is ----------------------------------------------------------------------------------------------


def place_dataset(name: str) -> str:
    """The path of a dataset's page."""
    return f"datasets/{name}/"


def place_version(name: str, version: str) -> str:
    """The path of a release's page, and of its files."""
    return f"datasets/{name}/{version}/"


def place_table(name: str, table: str, tables: int) -> str:
    """The page that tells all of a table: that of its dataset, or where that has several `tables` one of its own,
    because pages stay light."""
    return place_dataset(name) if tables == 1 else f"datasets/{name}/tables/{table}/"


def place_report(name: str) -> str:
    """The path of the page on what was checked in a dataset."""
    return f"datasets/{name}/report/"


def place_quality(name: str) -> str:
    """The path of the page on a dataset's quality."""
    return f"datasets/{name}/quality/"


def place_publisher(key: str) -> str:
    """The path of a publisher's page."""
    return f"publishers/{key}/"


def place_theme(key: str) -> str:
    """The path of a theme's page."""
    return f"themes/{key}/"


def place_request(key: str) -> str:
    """The path of a request's page."""
    return f"requests/{key}/"


# ---- about the whole --------------------------------------------------------------------------------------------


def list_whole_pages(catalogue: Catalogue) -> Iterator[PageAddress]:
    """Every page that isn't a dataset's own."""
    last = {dataset.spec.pipeline.name: find_change(dataset) for dataset in catalogue.datasets}
    whole = max(last.values(), default="")
    columns = places.collect_columns(catalogue)
    yield PageAddress("home", "", whole)
    yield from _list_parts(PageAddress("datasets", "datasets/", whole), len(catalogue.datasets))
    yield from _list_parts(PageAddress("columns", "columns/", whole), len(columns))
    yield PageAddress("publishers", "publishers/", whole)
    yield PageAddress("themes", "themes/", whole)
    yield PageAddress("quality", "quality/", whole)
    yield from _list_ledgers(catalogue, last)
    yield from (PageAddress(kind, f"{kind}/") for kind in ("about", "developers"))
    yield PageAddress("404", "404.html")
    for key in catalogue.office.publishers:
        times = [last[each.spec.pipeline.name] for each in facets.select_publisher(catalogue, key)]
        yield from _list_parts(PageAddress("publisher", place_publisher(key), max(times, default=""), key), len(times))
    for key in catalogue.office.themes:
        times = [last[each.spec.pipeline.name] for each in facets.select_theme(catalogue, key)]
        yield from _list_parts(PageAddress("theme", place_theme(key), max(times, default=""), key), len(times))
    for name, uses in columns.items():
        newest = max(last[use.dataset.spec.pipeline.name] for use in uses)
        yield PageAddress("column", places.place_column(name), newest, name)


def _list_parts(first: PageAddress, items: int) -> Iterator[PageAddress]:
    """The pages of a list of so many `items`."""
    for number in range(1, count_parts(first.kind, items) + 1):
        yield PageAddress(first.kind, place_part(first.path, number), first.changed, first.about, number)


def _list_ledgers(catalogue: Catalogue, last: Mapping[str, str]) -> Iterator[PageAddress]:
    """The pages of requests and showcases; `last`: when each dataset changed."""
    for request in catalogue.requests:
        answered = max((last[name] for name in request.datasets if name in last), default="")
        yield PageAddress("request", place_request(request.id), answered, request.id)
    asked = _find_ledger_change(LEDGERS[0], catalogue.requests, last)
    yield from _list_parts(PageAddress("requests", "requests/", asked), len(catalogue.requests))
    for status, chosen in facets.list_statuses(catalogue).items():
        yield from _list_parts(PageAddress("requests", facets.place_status(status), asked, status), len(chosen))
    made = _find_ledger_change(LEDGERS[1], catalogue.showcases, last)
    yield from _list_parts(PageAddress("showcases", "showcases/", made), len(catalogue.showcases))


def _find_ledger_change(ledger: str, rows: Iterable[Request | Showcase], last: Mapping[str, str]) -> str:
    """When the dataset of a ledger or one that its rows name last changed."""
    shown = {ledger, *(name for row in rows for name in row.datasets)}
    return max((last[name] for name in shown if name in last), default="")


# ---- of a dataset -----------------------------------------------------------------------------------------------


def list_dataset_pages(dataset: Dataset) -> Iterator[PageAddress]:
    """The pages of a dataset: its own, its report, its quality, one for each of several tables, one for each release."""
    name, changed = dataset.spec.pipeline.name, find_change(dataset)
    yield PageAddress("dataset", place_dataset(name), changed)
    yield PageAddress("report", place_report(name), changed)
    yield PageAddress("dataset-quality", place_quality(name), changed)
    tables = (
        [each.resource for each in dataset.current.resources] if dataset.current else dataset.spec.pipeline.resources
    )
    if len(tables) > 1:
        for table in tables:
            yield PageAddress("table", place_table(name, table.name, len(tables)), changed, table.name)
    for release in dataset.releases:
        yield PageAddress("version", place_version(name, release.version), release.created, release.version)


def find_change(dataset: Dataset) -> str:
    """When what a dataset's page shows last changed; "" if nothing ever happened."""
    released = dataset.current.created if dataset.current else ""
    return max(released, dataset.attempt.when if dataset.attempt else "")
