"""The pages of datasets, rendered in this process or in another.  Pure."""

from collections.abc import Iterator, Sequence

from jinja2 import UndefinedError

from entaku.model.nouns import LANGS, Finding, Page
from entaku.site.datasets import Subject, show_dataset, show_release
from entaku.site.design import blame
from entaku.site.jsonld import describe_dataset
from entaku.site.pages import PageAddress, list_dataset_pages
from entaku.site.quality_pages import credit_rules, show_quality, show_quality_page
from entaku.site.render import Common, Edition, PageContent, open_edition, render_pages
from entaku.site.words import FILE


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
    view = show_dataset(office, subject, words)
    some = "some" if edition.common.samples else ""
    sample = "this" if view.sample else some
    quality = show_quality(view, subject.state, words)
    tables = {table.name: table for table in view.tables}
    places = {release.version: n for n, release in enumerate(dataset.releases)}
    for page in list_dataset_pages(dataset):
        match page.kind:
            case "dataset":
                said = describe_dataset(office, dataset, words.lang)
                yield page, PageContent({"dataset": view, "quality": quality}, sample, said)
            case "report":
                yield page, PageContent({"dataset": view}, sample)
            case "dataset-quality":
                whole = show_quality_page(quality, subject.state, subject.judged, words)
                yield page, PageContent({"dataset": view, "quality": whole, **credit_rules(words.lang)}, sample)
            case "table":
                yield page, PageContent({"dataset": view, "table": tables[page.about]}, sample)
            case "version":
                release = show_release(office, subject, places[page.about], words)
                own = "this" if release.version.sample else some
                yield page, PageContent({"dataset": view, "release": release}, own)
