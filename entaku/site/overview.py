"""The variables of the pages about the whole catalogue, in one language.  Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from entaku.catalogue import facets, places
from entaku.model.leaving import find_present
from entaku.model.ledgers import LEDGERS
from entaku.model.nouns import Catalogue, Dataset
from entaku.site.api import list_names, show_api
from entaku.site.charts_views import ChartView
from entaku.site.columns import show_columns
from entaku.site.datasets import Subject, show_dataset, show_entry, show_publishers, show_themes
from entaku.site.jsonld import describe_catalogue
from entaku.site.leaving import show_moved
from entaku.site.ledger import (
    RequestView,
    ShowcaseView,
    seat_requests,
    show_ledger,
    show_request,
    show_requests_ledger,
    show_showcase,
    show_withdrawn,
)
from entaku.site.pages import LISTED, PageAddress, count_parts, place_part
from entaku.site.quality import NOBODY, PastView, State
from entaku.site.quality_pages import show_whole
from entaku.site.render import PageContent
from entaku.site.status import show_status
from entaku.site.words import Words

NEWEST = 5
"""Number of datasets on the home page."""
AROUND = 2
"""Number of pages that are linked on each side of the current one."""


@dataclass(frozen=True, slots=True)
class ListingView:
    """One page of a list."""

    items: tuple[Any, ...]
    total: int
    """Number of items on all pages."""
    number: int
    """Number of this page, from 1."""
    path: str
    pages: tuple[tuple[int, str], ...]
    """The number and path of the first page, the last, and those around this one; empty where there is only one."""
    before: str
    """The path of the page before this; "" on the first."""
    after: str


def cut_listing(page: PageAddress, items: Sequence[Any]) -> ListingView:
    """Return the items of one page of a list, with links to its neighbours."""
    size, count, number = LISTED[page.kind], count_parts(page.kind, len(items)), page.number
    first = page.path.removesuffix(place_part("", number))
    near = [each for each in range(1, count + 1) if each in (1, count) or abs(each - number) <= AROUND]
    return ListingView(
        items=tuple(items[(number - 1) * size : number * size]),
        total=len(items),
        number=number,
        path=page.path,
        pages=tuple((each, place_part(first, each)) for each in near) if count > 1 else (),
        before=place_part(first, number - 1) if number > 1 else "",
        after=place_part(first, number + 1) if number < count else "",
    )


TELLING = (
    ("line", False), ("parts", False), ("points", True), ("bars", False), ("line", True), ("spread", True), ("parts", True),
    ("bars", True),
)  # fmt: skip
"""Kinds of charts, with whether rows are counted, those that say most first."""


def choose_example(chosen: Sequence[Dataset], newest: Sequence[Dataset]) -> tuple[Dataset, int] | None:
    """Return the dataset, and the number of its table, whose charts are on the home page: the first of those `chosen`
    by the office that has any, else that of the `newest` whose charts say most, of several as good ones another with
    each day of new data; None without charts."""

    def rank(dataset: Dataset, number: int) -> int:
        charts = dataset.current.resources[number].charts if dataset.current else ()
        return min((TELLING.index((chart.kind, chart.how == "count")) for chart in charts), default=len(TELLING))

    for some in (*([each] for each in chosen), newest):
        tables = [(each, n) for each in some if each.current for n in range(len(each.current.resources))]
        ranks = [rank(*table) for table in tables]
        best = [table for table, own in zip(tables, ranks, strict=True) if own == min(ranks) < len(TELLING)]
        if best:
            days = (each.current.created[:10] for each in some if each.current)
            return best[date.fromisoformat(max(days)).toordinal() % len(best)]
    return None


def tell_chart(chart: ChartView, words: Words) -> str:
    """Say what a chart shows, in a sentence of its own numbers; "" where they don't make one."""
    if chart.kind == "bars" and chart.bars:
        return words.say("home_said_bars", name=chart.bars[0].name, value=chart.bars[0].value)
    whole = [row for row in chart.rows if all(row[:2])]
    if chart.kind != "line" or len(whole) < 2:
        return ""
    (first, one, *_), (last, other, *_) = whole[0], whole[-1]
    whose = chart.title if len(chart.head) == 2 else chart.head[1]
    quantity = chart.about.partition(words.say("chart_semicolon"))[0]
    what = words.say("comma").join(dict.fromkeys(each for each in (whose, quantity) if each))
    return words.say("home_said_line", what=what, first=first, one=one, last=last, other=other)


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about the whole catalogue, independent of language."""

    catalogue: Catalogue
    states: tuple[State, ...]
    """The state of each dataset."""
    months: tuple[PastView, ...]
    """The state of the whole catalogue at the end of each month."""
    columns: Mapping[str, Sequence[places.Use]]


class Overview:
    """The whole catalogue in the language of `words`."""

    def __init__(self, facts: Facts, words: Words) -> None:
        catalogue, lang = facts.catalogue, words.lang
        office = catalogue.office
        self.facts, self.words, self.sample = facts, words, judge_samples(catalogue)
        self.requests = {each.id: show_request(catalogue, each, words) for each in catalogue.requests}
        self.showcases = {each.id: show_showcase(catalogue, each, words) for each in catalogue.showcases}
        entries = {each.spec.pipeline.name: show_entry(office, each, words) for each in catalogue.datasets}
        self.publishers = {each.id: each for each in show_publishers(catalogue, entries, lang)}
        self.themes = {each.id: each for each in show_themes(catalogue, entries, lang)}
        self.columns = {each.name: each for each in show_columns(facts.columns, words)}
        self.statuses: Mapping[str, Sequence[RequestView]] = {
            "": tuple(self.requests.values()),
            **{
                status: [self.requests[each.id] for each in chosen]
                for status, chosen in facets.list_statuses(catalogue).items()
            },
        }
        wanted = (find_present(office.renamed, name) for name in office.site.home.datasets)
        chosen = [name for name in dict.fromkeys(wanted) if name in entries]
        newest = [each for each in facets.list_newest(catalogue) if each.spec.pipeline.name not in chosen][:NEWEST]
        shown = choose_example([catalogue.by_name[name] for name in chosen], newest)
        example = self._show_example(shown[0]) if shown else None
        self.lists: Mapping[str, Any] = {
            "datasets": tuple(entries[each.spec.pipeline.name] for each in facets.list_all(catalogue)), "publishers": tuple(self.publishers.values()),
            "themes": tuple(self.themes.values()), "requests": tuple(self.requests.values()),
            "showcases": tuple(self.showcases.values()),
            "totals": facets.count_all(catalogue), "seats": seat_requests(tuple(self.requests.values())),
            "chosen": [entries[name] for name in chosen],
            "newest": [entries[each.spec.pipeline.name] for each in newest],
            "example": example,
            "example_table": shown[1] if shown else 0,
            "example_said": tell_chart(example.tables[shown[1]].charts[0], words) if shown and example else "",
        }  # fmt: skip

    def _show_example(self, dataset: Dataset) -> Any:
        """Return the view of a dataset, as on its page."""
        state = next(each for each in self.facts.states if each.dataset is dataset)
        name, lang = dataset.spec.pipeline.name, self.words.lang
        own = {lang: self.list_requests(name)}, {lang: self.list_showcases(name)}
        subject = Subject(state, NOBODY, *own)
        return show_dataset(self.facts.catalogue.office, subject, self.words)

    def list_requests(self, dataset: str) -> tuple[RequestView, ...]:
        """List the requests that a dataset answers, newest first."""
        return tuple(self.requests[each.id] for each in facets.list_requests(self.facts.catalogue, dataset))

    def list_showcases(self, dataset: str) -> tuple[ShowcaseView, ...]:
        """List the showcases that use a dataset, newest first."""
        return tuple(self.showcases[each.id] for each in facets.list_showcases(self.facts.catalogue, dataset))

    def show_page(self, page: PageAddress) -> PageContent:
        """Return the content of a page."""
        said = describe_catalogue(self.facts.catalogue, self.words.lang) if page.kind == "home" else None
        return PageContent(self._choose(page), self.sample, said)

    def _choose(self, page: PageAddress) -> Mapping[str, Any]:
        """Return the variables of a page."""
        facts, words, lists = self.facts, self.words, self.lists
        match page.kind:
            case "quality":
                return show_whole(facts.catalogue.office, facts.states, facts.months, words)
            case "status":
                return show_status(facts.catalogue, words)
            case "datasets":
                return {**lists, "listing": cut_listing(page, lists["datasets"])}
            case "publisher":
                publisher = self.publishers[page.about]
                return {"publisher": publisher, "listing": cut_listing(page, publisher.datasets)}
            case "theme":
                theme = self.themes[page.about]
                return {"theme": theme, "listing": cut_listing(page, theme.datasets)}
            case "requests":
                ledger = show_requests_ledger(facts.catalogue, page.about, words)
                return {**lists, "ledger": ledger, "listing": cut_listing(page, self.statuses[page.about])}
            case "request":
                return {"request": self.requests[page.about]}
            case "showcases":
                ledger = show_ledger(facts.catalogue, LEDGERS[1], words)
                return {**lists, "ledger": ledger, "listing": cut_listing(page, lists["showcases"])}
            case "columns":
                return {"listing": cut_listing(page, tuple(self.columns.values()))}
            case "withdrawn":
                dataset, _, version = page.about.partition(" ")
                return {"withdrawn": show_withdrawn(facts.catalogue, dataset, version, words.lang)}
            case "moved":
                return {"moved": show_moved(facts.catalogue, page.about, words.lang)}
            case "column":
                return {"column": self.columns[page.about]}
            case "api":
                api = show_api(facts.catalogue, words)
                return {"api": api, "names": list_names(api)}
        return lists


def judge_samples(catalogue: Catalogue) -> str:
    """Return "this" if all published data is synthetic, "some" if part of it is, else ""; for pages about the whole."""
    released = [dataset for dataset in catalogue.datasets if dataset.current]
    sampled = sum(map(facets.is_sample, released))
    return "" if not sampled else "this" if sampled == len(released) else "some"
