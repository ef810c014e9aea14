"""Catalogue × design → Pages: the whole site in Japanese and English, as static files.  Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from jinja2 import UndefinedError

from entaku.audit import rulebook
from entaku.catalogue import facets
from entaku.catalogue import places as public_places
from entaku.model.kept import Keep as Keep
from entaku.model.nouns import LANGS, Catalogue, Finding, Lang, Page
from entaku.site.brand import add_assets, show_brand
from entaku.site.cards_pages import choose_fonts, show_card_view, show_catalogue_view, show_head_card, stream_cards
from entaku.site.datasets import Subject, show_dataset
from entaku.site.design import Design, blame, name_assets
from entaku.site.earlier import EarlierPages, digest_common
from entaku.site.feeds.gate import make_review
from entaku.site.jsonld import describe_dataset
from entaku.site.kept import Means, Parts, Spreading, digest_shared
from entaku.site.leaving import show_retirement
from entaku.site.maps import leave_out, list_tiles
from entaku.site.overview import Facts, Overview
from entaku.site.pages import PageAddress, list_dataset_pages, list_whole_pages
from entaku.site.quality import NOBODY, digest_judged, show_months, survey, write_quality
from entaku.site.quality_pages import credit_rules, show_quality, show_quality_page
from entaku.site.releases import show_head, show_release
from entaku.site.render import Common, Edition, PageContent, open_edition, render_pages
from entaku.site.words import FILE, Words, read_words, write_scripted

SPREAD_FROM = 400
"""Number of pages of datasets from which starting other processes pays off."""
TASK = 100
"""Number of pages that another process renders in one task; the pages of one dataset aren't split."""

Task = Sequence[Subject]
Rendered = Iterable[list[Page | Finding]]
"""The pages of each dataset, and the Findings about their templates."""


def stream_site(
    catalogue: Catalogue,
    design: Design,
    judged: Mapping[str, rulebook.Judged] | None = None,
    means: Means | None = None,
) -> Iterator[Page | Finding]:
    """Yield every page and asset of the site one at a time, so that they needn't all be in memory.

    A mistake in a template is yielded once as a `template` finding.  `judged` maps a dataset's name to the results of
    the rules of machine-readability on its raw files.
    """
    told: set[object] = set()
    for each in _stream(catalogue, design, judged or {}, means or Means()):
        if isinstance(each, Finding):
            if (each.place, each.args["why"]) in told:
                continue
            told.add((each.place, each.args["why"]))
        yield each


def _stream(
    catalogue: Catalogue, design: Design, judged: Mapping[str, rulebook.Judged], means: Means
) -> Iterator[Page | Finding]:
    """Yield pages and findings; a finding is repeated for each page that it affects."""
    table, broken = read_words(design.texts)
    if broken:
        yield broken
        return
    review = make_review(catalogue.office.base_url.rstrip("/") + "/")
    parts = Parts(means.keep, digest_shared(catalogue, means.program), review, catalogue.by_name)
    try:
        needed = {**leave_out(design.assets, catalogue, parts), **write_scripted(table)}
        assets = name_assets(add_assets(needed, catalogue.office.site, design.pictures))
    except UndefinedError as error:
        yield blame("assets", None, error)
        return
    yield from assets.values()
    tiles = list_tiles(catalogue.office.site, design.pictures)
    places = {**{name: page.path for name, page in assets.items()}, **tiles}
    samples = facets.has_samples(catalogue)
    brand = show_brand(catalogue.office.site, design.pictures)
    office, compiled = catalogue.office, design.compiled
    fonts = choose_fonts(design.fonts) if office.site.cards else None
    cards = {lang: show_catalogue_view(catalogue, Words(lang, table)) for lang in LANGS} if fonts else {}
    common = Common(office, catalogue.version, design.texts, table, places, samples, brand, compiled, cards)
    states = survey(catalogue, judged, parts)
    yield from write_quality(states)
    parts.finish()
    facts = Facts(catalogue, states, show_months(catalogue, states), public_places.collect_columns(catalogue))
    try:
        overviews = {lang: Overview(facts, Words(lang, table)) for lang in LANGS}
        for lang, overview in overviews.items():
            contents = ((page, overview.show_page(page)) for page in list_whole_pages(catalogue))
            yield from render_pages(contents, open_edition(common, lang))
    except UndefinedError as error:
        yield blame(FILE, None, error)
        return
    yield from stream_datasets(common, catalogue.by_name, list_subjects(overviews, judged), judged, means)
    if fonts:
        yield from stream_cards(catalogue, common, list_subjects(overviews, judged), fonts, means)


def stream_datasets(
    common: Common,
    names: Collection[str],
    subjects: Iterable[Subject],
    judged: Mapping[str, rulebook.Judged],
    means: Means,
) -> Iterator[Page | Finding]:
    """Yield the pages of every dataset, which have these `names`: first the cached ones, then the others; those without
    a finding are cached."""
    digest = digest_common(common, means.program)
    review = make_review(common.office.base_url.rstrip("/") + "/")
    parts = Parts(means.keep, review=review, datasets=names)

    def fill(subject: Subject) -> Subject:
        return replace(subject, judged=judged.get(subject.name, NOBODY))

    def render(subject: Subject) -> list[Page]:
        made = chain.from_iterable(render_wanted(common, [fill(subject)], map))
        return [each for each in made if isinstance(each, Page)]

    earlier, wanted = EarlierPages(digest, parts, means.keep, render), list[Subject]()
    for subject in subjects:
        pages = earlier.recall(subject, means.stays)
        if pages is None:
            wanted.append(earlier.choose(fill(subject)))
        else:
            yield from pages
    for subject, made in zip(wanted, render_wanted(common, wanted, means.spread), strict=True):
        yield from earlier.add(subject, made)
    parts.finish()


def list_subjects(overviews: Mapping[Lang, Overview], judged: Mapping[str, rulebook.Judged]) -> Iterator[Subject]:
    """Yield every dataset with what its pages show."""
    catalogue = overviews[LANGS[0]].facts.catalogue
    for state in overviews[LANGS[0]].facts.states:
        name = state.dataset.spec.pipeline.name
        yield Subject(
            state=state,
            judged=NOBODY,
            ruled=digest_judged(judged, name),
            requests={lang: overview.list_requests(name) for lang, overview in overviews.items()},
            showcases={lang: overview.list_showcases(name) for lang, overview in overviews.items()},
            tombstones=tuple(each for each in (*catalogue.tombstones, *catalogue.expired) if each.dataset == name),
            retirement={lang: show_retirement(catalogue, state.dataset, lang) for lang in overviews},
        )


def render_wanted(common: Common, wanted: Sequence[Subject], spread: Spreading) -> Rendered:
    """Render the pages of each dataset in order; by `spread` from SPREAD_FROM pages."""
    sizes = [len(LANGS) * sum(1 for _ in list_wanted(subject)) for subject in wanted]
    apply: Spreading = spread if sum(sizes) >= SPREAD_FROM else map
    tasks = cut_tasks(zip(wanted, sizes, strict=True))
    return chain.from_iterable(apply(partial(render_datasets, common), tasks))


def cut_tasks(sized: Iterable[tuple[Subject, int]]) -> Iterator[list[Subject]]:
    """Group datasets into tasks of about TASK pages."""
    task, pages = list[Subject](), 0
    for subject, size in sized:
        task.append(subject)
        pages += size
        if pages >= TASK:
            yield task
            task, pages = [], 0
    if task:
        yield task


def list_wanted(subject: Subject) -> Iterator[PageAddress]:
    """Yield the pages of a dataset that are rendered: all but those of versions whose pages are kept."""
    pages = list_dataset_pages(subject.dataset)
    return (page for page in pages if page.kind != "version" or page.about not in subject.kept)


# ---- the pages of a dataset -------------------------------------------------------------------------------------


def render_datasets(common: Common, subjects: Sequence[Subject]) -> list[list[Page | Finding]]:
    """Render the pages of each dataset in all languages; a mistake in a template becomes a Finding."""
    editions = [open_edition(common, lang) for lang in LANGS]
    return [[each for edition in editions for each in render_dataset(subject, edition)] for subject in subjects]


def render_dataset(subject: Subject, edition: Edition) -> Iterator[Page | Finding]:
    """Yield the pages of a dataset in one language, or Findings."""
    try:
        yield from render_pages(show_pages(subject, edition), edition)
    except UndefinedError as error:
        yield blame(FILE, None, error)


def show_pages(subject: Subject, edition: Edition) -> Iterator[tuple[PageAddress, PageContent]]:
    """Yield the address and the content of each page of a dataset."""
    office, words, dataset = edition.common.office, edition.words, subject.dataset
    view, head = show_dataset(office, subject, words), show_head(subject, words.lang)
    some = "some" if edition.common.samples else ""
    sample = "this" if view.sample else some
    quality = show_quality(view, subject.state, words)
    tables = {table.name: table for table in view.tables}
    places = {release.version: n for n, release in enumerate(dataset.releases)}
    card = show_card_view(edition.common, view, words)
    for page in list_wanted(subject):
        match page.kind:
            case "dataset":
                said = describe_dataset(office, dataset, words.lang)
                yield page, PageContent({"dataset": view, "quality": quality}, sample, said, card)
            case "report":
                whole = show_quality_page(quality, subject.state, subject.judged, words)
                values = {"dataset": view, "quality": whole, **credit_rules(words.lang)}
                yield page, PageContent(values, sample, card=card)
            case "table":
                yield page, PageContent({"dataset": view, "table": tables[page.about]}, sample, card=card)
            case "chart":
                yield page, PageContent({"dataset": view}, sample, card=card)
            case "follow":
                table, _, column = page.about.partition(" ")
                followed = next(one for one in tables[table].follow if one.name == column)
                yield (
                    page,
                    PageContent({"dataset": view, "table": tables[table], "follow": followed}, sample, card=card),
                )
            case "version":
                release = show_release(office, subject, places[page.about], words)
                own = "this" if release.version.sample else some
                card_of_all = show_head_card(edition.common, head, words.lang)
                yield page, PageContent({"dataset": head, "release": release}, own, card=card_of_all)
