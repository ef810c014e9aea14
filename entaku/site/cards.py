"""Catalogue and datasets → what is written and drawn on the cards that are shown where somebody shares their address.  Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from entaku.catalogue import facets
from entaku.model import colours
from entaku.model.brand import Brand
from entaku.model.grammar import Office
from entaku.model.nouns import Catalogue, Lang
from entaku.model.themes import list_colours
from entaku.site.brand import MARKED, choose_accent
from entaku.site.charts_views import ChartView
from entaku.site.datasets import DatasetView
from entaku.site.pages import PREFIX
from entaku.site.views import CARD
from entaku.site.words import Words, show_day, show_number

COLOURS: Mapping[str, str] = {
    "surface": "#ffffff", "ink": "#1a2230", "soft": "#4f5a6a", "line": "#d9dedf", "sunken": "#f1f3f1", "sample": "#ffd84d",
    "on-sample": "#2b2100", "s1": "#1d5fa8", "s2": "#b8480a", "s3": "#117a5b", "s4": "#a3356f", "s5": "#7a5c00", "s6": "#5a5f66",
}  # fmt: skip
"""Those of `assets/site.css` in the light scheme."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value."""

    name: str
    value: str
    short: str = ""
    """The value where there is little room; "" if that is the same."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is on a card."""

    lang: Lang
    site: str
    """The catalogue's title; "" on its own card."""
    title: str
    lead: str
    """The words below the title, where there is no chart."""
    facts: tuple[Fact, ...]
    """Publisher, period and area, day of the data, licence."""
    sample: str
    """The words of the mark of synthetic data; "" where the data are real."""
    chart: ChartView | None
    colours: tuple[tuple[str, str], ...]
    """Colours by custom property."""


def show_card(office: Office, dataset: DatasetView, words: Words) -> Card:
    """Return the card of a dataset: what the head of its page says, and the first chart of its first table."""
    say, lang = words.say, words.lang
    ends = [show_day(day, lang) if day else "" for day in dict.fromkeys((dataset.first, dataset.last))]
    span = say("fact_span_until").join(ends).strip() if any(ends) else ""
    fetched = show_day(facets.find_day(dataset.created, office.timezone), lang) if dataset.released else ""
    facts = (
        Fact(say("fact_publisher"), dataset.publisher.title),
        Fact(say("glance_about"), say("comma").join(filter(None, (span, dataset.place))), span),
        Fact(say("fact_fetched"), fetched),
        Fact(say("fact_license"), dataset.license.title, dataset.license.id),
    )
    charts = dataset.tables[0].charts if dataset.tables else ()
    return Card(
        lang=lang,
        site=office.title.get(lang),
        title=dataset.title,
        lead=dataset.description,
        facts=tuple(fact for fact in facts if fact.value),
        sample=say("sample_mark") if dataset.sample else "",
        chart=charts[0] if charts else None,
        colours=choose_colours(office.site),
    )


def show_catalogue_card(catalogue: Catalogue, words: Words) -> Card:
    """Return the card of the catalogue, for every page that isn't a dataset's."""
    office, lang, say = catalogue.office, words.lang, words.say
    totals = facets.count_all(catalogue)
    counted = {"datasets": totals.datasets, "rows": totals.rows, "publishers": len(office.publishers)}
    return Card(
        lang=lang,
        site="",
        title=office.title.get(lang),
        lead=office.site.home.lead.get(lang) or office.description.get(lang),
        facts=tuple(Fact(say(f"card_{name}"), show_number(count)) for name, count in counted.items() if count),
        sample=say("sample_mark") if facets.has_samples(catalogue) else "",
        chart=None,
        colours=choose_colours(office.site),
    )


def choose_colours(brand: Brand) -> tuple[tuple[str, str], ...]:
    """Return the colours of a brand in the light scheme: those of its pages."""
    found = {**COLOURS, **list_colours(brand.theme, "light")}
    accent = choose_accent(brand, "light") or MARKED["light"].decode()
    head = colours.spell(brand.colours.header) if brand.colours.header else accent
    named = {name: value for name, value in found.items() if name in COLOURS}
    return (*named.items(), ("accent", accent), ("head", head))


def describe_card(card: Card, words: Words) -> str:
    """Return what is on a card, in words."""
    told: Sequence[str] = [
        card.title + (words.say("chart_brackets", text=card.sample) if card.sample else ""),
        *(words.say("card_fact", name=fact.name, value=fact.value) for fact in card.facts),
        *([words.say("card_chart", title=card.chart.title)] if card.chart else []),
    ]
    return words.say("chart_semicolon").join(told)


def place_card(path: str, lang: Lang) -> str:
    """Return the path in the site of the card of the dataset at `path`, or of the catalogue at ""."""
    return PREFIX[lang] + path + CARD
