"""Retired and renamed datasets as templates see them, in one language.  Pure."""

from dataclasses import dataclass

from entaku.catalogue import facets
from entaku.model.nouns import Catalogue, Dataset, Lang
from entaku.site.pages import place_dataset
from entaku.site.views import Link


@dataclass(frozen=True, slots=True)
class RetirementView:
    """That a dataset is no longer updated."""

    since: str
    """A day."""
    reason: str
    replacement: Link | None
    """The dataset of this catalogue that replaces it."""
    address: str
    """The address of what replaces it elsewhere; "" if nothing does."""


def show_moved(catalogue: Catalogue, path: str, lang: Lang) -> Link:
    """Return the link at a former address: to the page at `path`, by the title of its dataset."""
    name = path.split("/")[1]
    dataset = catalogue.by_name.get(name)
    titles = [tombstone.title for tombstone in catalogue.tombstones if tombstone.dataset == name]
    return Link((dataset.spec.pipeline.title if dataset else titles[-1]).get(lang), path)


def show_retirement(catalogue: Catalogue, dataset: Dataset, lang: Lang) -> RetirementView | None:
    """Return the view of a dataset's retirement; None if it is updated."""
    retired, other = dataset.retired, facets.find_replacement(catalogue, dataset)
    if retired is None:
        return None
    link = None
    if other is not None:
        link = Link(other.spec.pipeline.title.get(lang), place_dataset(other.spec.pipeline.name))
    address = (retired.replaced_by or "") if ":" in (retired.replaced_by or "") else ""
    return RetirementView(retired.since, retired.reason.get(lang), link, address)
