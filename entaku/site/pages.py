"""The one list of the site's pages, for rendering them and for listing them in feeds.  Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from entaku.catalogue import facets, places
from entaku.model.leaving import find_present
from entaku.model.ledgers import LEDGERS, Request, Showcase
from entaku.model.nouns import LANGS, Catalogue, Dataset, Lang, ReleasedResource

PREFIX: Mapping[Lang, str] = {"ja": "", "en": "en/"}
"""Prefix of a page's path in each language."""
LISTED: Mapping[str, int] = {
    "datasets": 50, "publisher": 50, "theme": 50, "requests": 50, "showcases": 50, "columns": 200,
}  # fmt: skip
"""Kinds of pages that hold a list, with the number of items on each; the rest is at `page/2/`, …"""


@dataclass(frozen=True, slots=True)
class PageAddress:
    """A page of the site, in each of its languages."""

    kind: str
    """The name of its template without `.html`."""
    path: str
    """Its site path without the language: `datasets/`."""
    changed: str = ""
    """UTC time of the last change of its content; "" where that is unknown."""
    about: str = ""
    """What of its kind it shows: a key, id, status, column's name, dataset, table or version."""
    number: int = 1
    """Its number among the pages of a long list."""
    languages: tuple[Lang, ...] = LANGS

    @property
    def is_first(self) -> bool:
        """Test whether search engines should list it: not the 404 page, a tombstone, a former address, the page for the
        office, charts alone, the values that can be followed or the continuation of a list."""
        return self.number == 1 and self.kind not in ("404", "withdrawn", "moved", "status", "chart", "follow")


def place_page(path: str, lang: Lang) -> str:
    """Return the file that serves the page `path`: `datasets/` in English is `en/datasets/index.html`."""
    return PREFIX[lang] + path + ("index.html" if path.endswith("/") or not path else "")


def place_part(path: str, number: int) -> str:
    """Return the path of page `number` of the list at `path`."""
    return path if number == 1 else f"{path}page/{number}/"


def count_parts(kind: str, items: int) -> int:
    """Return the number of pages of a list; 1 for an empty list."""
    return max(1, -(-items // LISTED[kind]))


# ---- where each is ----------------------------------------------------------------------------------------------


def place_dataset(name: str) -> str:
    """Return the path of a dataset's page."""
    return f"datasets/{name}/"


def place_version(name: str, version: str) -> str:
    """Return the path of a release's page and files."""
    return f"datasets/{name}/{version}/"


def place_table(name: str, table: str, tables: int) -> str:
    """Return the path of the page with the full view of a table.

    That is its dataset's page; if the dataset has several `tables`, each has a page of its own, to keep pages small.
    """
    return place_dataset(name) if tables == 1 else f"datasets/{name}/tables/{table}/"


def place_charts(name: str) -> str:
    """Return the path of the page with a dataset's charts, which other sites may frame; `#` and the name of one shows it
    alone."""
    return f"datasets/{name}/charts/"


def name_charts(table: ReleasedResource) -> tuple[str, ...]:
    """Return the names of a table's charts: table, kind, and its number among those of its kind."""
    kinds = [chart.kind for chart in table.charts]
    return tuple(f"{table.name}-{kind}-{kinds[: n + 1].count(kind)}" for n, kind in enumerate(kinds))


def place_report(name: str) -> str:
    """Return the path of the page on the checks and the quality of a dataset."""
    return f"datasets/{name}/report/"


def place_quality(name: str) -> str:
    """Return where the quality of a dataset is told."""
    return f"{place_report(name)}#quality"


def place_publisher(key: str) -> str:
    """Return the path of a publisher's page."""
    return f"publishers/{key}/"


def place_theme(key: str) -> str:
    """Return the path of a theme's page."""
    return f"themes/{key}/"


def place_request(key: str) -> str:
    """Return the path of a request's page."""
    return f"requests/{key}/"


# ---- about the whole --------------------------------------------------------------------------------------------


def list_whole_pages(catalogue: Catalogue) -> Iterator[PageAddress]:
    """Yield every page that isn't a dataset's own."""
    last = {dataset.spec.pipeline.name: find_change(dataset) for dataset in catalogue.datasets}
    whole = max(last.values(), default="")
    columns = places.collect_columns(catalogue)
    yield PageAddress("home", "", whole)
    yield from _list_parts(PageAddress("datasets", "datasets/", whole), len(catalogue.datasets))
    yield from _list_parts(PageAddress("columns", "columns/", whole), len(columns))
    yield PageAddress("publishers", "publishers/", whole)
    yield PageAddress("themes", "themes/", whole)
    yield PageAddress("quality", "quality/", whole)
    yield PageAddress("status", "status/", whole)
    yield from _list_ledgers(catalogue, last)
    yield from (PageAddress(kind, f"{kind}/") for kind in ("about", "guide", "developers"))
    yield PageAddress("api", "developers/api/")
    yield PageAddress("404", "404.html")
    yield from _list_tombstones(catalogue)
    yield from list_moved(catalogue)
    for key in catalogue.office.publishers:
        times = [last[each.spec.pipeline.name] for each in facets.select_publisher(catalogue, key)]
        yield from _list_parts(PageAddress("publisher", place_publisher(key), max(times, default=""), key), len(times))
    for key in catalogue.office.themes:
        times = [last[each.spec.pipeline.name] for each in facets.select_theme(catalogue, key)]
        yield from _list_parts(PageAddress("theme", place_theme(key), max(times, default=""), key), len(times))
    for name, uses in columns.items():
        newest = max(last[use.dataset.spec.pipeline.name] for use in uses)
        yield PageAddress("column", places.place_column(name), newest, name)


def _list_tombstones(catalogue: Catalogue) -> Iterator[PageAddress]:
    """Yield the pages in the place of versions that were withdrawn, and of datasets without any other."""
    newest = {tombstone.dataset: tombstone.when for tombstone in catalogue.tombstones if tombstone.version}
    for name, when in newest.items():
        if name not in catalogue.by_name:
            yield PageAddress("withdrawn", place_dataset(name), when, name)
    for each in (*catalogue.tombstones, *catalogue.expired):
        if each.version:
            place = place_version(each.home or each.dataset, each.version)
            yield PageAddress("withdrawn", place, each.when, f"{each.dataset} {each.version}")
    pairs = {
        folder: PageAddress("withdrawn", folder, each.when, f"{each.dataset} {each.version}")
        for folder, each in places.list_gone_changes(catalogue)
    }
    yield from pairs.values()


def list_moved(catalogue: Catalogue) -> Iterator[PageAddress]:
    """Yield the pages at former addresses of renamed datasets, each about the path that it leads to; those of versions
    stay where they are."""
    renamed, gone = catalogue.office.renamed, {tombstone.dataset for tombstone in catalogue.tombstones}
    for former in sorted(renamed):
        name = find_present(renamed, former)
        dataset, before, after = catalogue.by_name.get(name), place_dataset(former), place_dataset(name)
        pages = [page for page in list_dataset_pages(dataset) if page.kind != "version"] if dataset else ()
        for page in pages or ([PageAddress("dataset", after)] if name in gone else ()):
            yield PageAddress("moved", before + page.path.removeprefix(after), page.changed, page.path)


def _list_parts(first: PageAddress, items: int) -> Iterator[PageAddress]:
    """Yield the pages of a list of `items` items."""
    for number in range(1, count_parts(first.kind, items) + 1):
        yield PageAddress(first.kind, place_part(first.path, number), first.changed, first.about, number)


def _list_ledgers(catalogue: Catalogue, last: Mapping[str, str]) -> Iterator[PageAddress]:
    """Yield the pages of requests and showcases; `last` has the time of each dataset's last change."""
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
    """Return when a ledger's dataset, or a dataset that its rows name, last changed."""
    shown = {ledger, *(name for row in rows for name in row.datasets)}
    return max((last[name] for name in shown if name in last), default="")


# ---- of a dataset -----------------------------------------------------------------------------------------------


def list_dataset_pages(dataset: Dataset, alone: bool = True) -> Iterator[PageAddress]:
    """Yield the pages of a dataset: its own, its report, its tables if there are several; unless not
    `alone`, its charts and the values of its columns that can be followed; its releases."""
    name, changed = dataset.spec.pipeline.name, find_change(dataset)
    yield PageAddress("dataset", place_dataset(name), changed)
    yield PageAddress("report", place_report(name), changed)
    tables = (
        [each.resource for each in dataset.current.resources] if dataset.current else dataset.spec.pipeline.resources
    )
    if len(tables) > 1:
        for table in tables:
            yield PageAddress("table", place_table(name, table.name, len(tables)), changed, table.name)
    beside = dataset.current.resources if dataset.current and alone else ()
    if any(released.charts for released in beside):
        yield PageAddress("chart", place_charts(name), changed)
    for released in beside:
        for column in released.followed:
            path = places.place_followed(name, released.name, column.name)
            yield PageAddress("follow", path, changed, f"{released.name} {column.name}")
    for release in dataset.releases:
        yield PageAddress("version", places.place_release(release), facets.find_modified(release), release.version)


def find_change(dataset: Dataset) -> str:
    """Return the UTC time at which the content of a dataset's page last changed; "" without any release or attempt."""
    released = facets.find_modified(dataset.current) if dataset.current else ""
    return max(released, dataset.attempt.when if dataset.attempt else "")
