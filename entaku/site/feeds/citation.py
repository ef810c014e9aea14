"""CITATION.cff and DataCite's JSON (`datacite.json`) of each version of a dataset that has a DOI, beside its page.

They are made for the site and are no files of the release: a DOI is given to a version after it was published.
"""

from collections.abc import Iterator
from functools import partial

from entaku.catalogue import places
from entaku.model.nouns import Catalogue, Dataset, Finding, Page, Release
from entaku.site.citation import CFF, DATACITE, collect, write_cff, write_datacite
from entaku.site.feeds.common import clean, list_released, per_dataset
from entaku.site.kept import Parts

DIALECT = "citations"


def render(catalogue: Catalogue, parts: Parts | None = None) -> Iterator[Page | Finding]:
    """Write the files of every version of every dataset."""
    write = partial(write_dataset, catalogue)
    for told in per_dataset(DIALECT, list_released(catalogue), write, parts, catalogue):
        if isinstance(told, Finding):
            yield told
        else:
            yield from told


def write_dataset(catalogue: Catalogue, dataset: Dataset, _current: Release) -> list[Page]:
    """Write the files of a dataset's versions."""
    pages, dois = list[Page](), dataset.spec.pipeline.doi
    before: Release | None = None
    for release in dataset.releases if dois.every else ():
        cited, folder = collect(catalogue.office, release, dois, before), places.place_release(release)
        pages.append(Page(f"{folder}{CFF}", clean(write_cff(cited, release.pipeline.keywords)).encode()))
        pages.append(Page(f"{folder}{DATACITE}", clean(write_datacite(cited, release)).encode()))
        before = release
    return pages
