"""Catalogue x design -> Pages: the whole site in Japanese and English, as static files.  Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from jinja2 import UndefinedError

from entaku.audit import rulebook
from entaku.catalogue import facets
from entaku.catalogue import places as public_places
from entaku.model.nouns import LANGS, Catalogue, Finding, Lang, Page
from entaku.site.dataset_pages import render_datasets
from entaku.site.datasets import Subject
from entaku.site.design import Design, blame, name_assets
from entaku.site.keep import Keep, digest_common, digest_dataset, name_kept, pack_pages, unpack_pages
from entaku.site.overview import Facts, Overview
from entaku.site.pages import list_dataset_pages, list_whole_pages
from entaku.site.quality import NOBODY, show_months, survey, write_quality
from entaku.site.render import Common, open_edition, render_pages
from entaku.site.trust import Compare, compare_nothing
from entaku.site.words import FILE, Words, read_words

SPREAD_FROM = 400
"""Pages of datasets from which other processes are worth their start."""
TASK = 100
"""Pages that another process renders in one go, or the pages of one dataset if they are more."""

Task = Sequence[Subject]
Rendered = Iterable[list[Page | Finding]]
"""Of each dataset its pages, and what is wrong with their templates."""
Spread = Callable[[Callable[[Task], Rendered], Iterable[Task]], Iterable[Rendered]]
"""Applies a function to tasks in their order, as `map` does; it may do several at a time in other processes."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a run gives for making a site."""

    keep: Keep | None = None
    """Where the pages of datasets of which nothing changes are kept."""
    program: str = ""
    """A digest of the program's own text: what another text of it made isn't kept."""
    spread: Spread = map


def stream_site(
    catalogue: Catalogue,
    design: Design,
    judged: Mapping[str, rulebook.Judged] | None = None,
    compare: Compare = compare_nothing,
    means: Means | None = None,
) -> Iterator[Page | Finding]:
    """Every page of the site and its assets, one after another, so that nobody needs them all in memory; and a
    `template` finding for each mistake of a template.

    `judged`: what the rules of machine-readability say of each dataset's raw files, by its name.  What a release
    changed is asked of `compare` only for pages that are rendered.
    """
    told: set[object] = set()
    for each in _stream(catalogue, design, judged or {}, compare, means or Means()):
        if isinstance(each, Finding):
            if (each.place, each.args["why"]) in told:
                continue
            told.add((each.place, each.args["why"]))
        yield each


def _stream(
    catalogue: Catalogue, design: Design, judged: Mapping[str, rulebook.Judged], compare: Compare, means: Means
) -> Iterator[Page | Finding]:
    """The same; a mistake is told once for each page that it spoils."""
    table, broken = read_words(design.texts)
    if broken:
        yield broken
        return
    try:
        assets = name_assets(design.assets)
    except UndefinedError as error:
        yield blame("assets", None, error)
        return
    yield from assets.values()
    places = {name: page.path for name, page in assets.items()}
    samples = facets.has_samples(catalogue)
    common = Common(catalogue.office, catalogue.version, design.texts, table, places, samples)
    states = survey(catalogue, judged)
    yield from write_quality(states, judged)
    facts = Facts(catalogue, states, show_months(catalogue, states), public_places.collect_columns(catalogue))
    try:
        overviews = {lang: Overview(facts, Words(lang, table)) for lang in LANGS}
        for lang, overview in overviews.items():
            contents = ((page, overview.show_page(page)) for page in list_whole_pages(catalogue))
            yield from render_pages(contents, open_edition(common, lang))
    except UndefinedError as error:
        yield blame(FILE, None, error)
        return
    yield from stream_datasets(common, list_subjects(overviews, judged), compare, means)


def stream_datasets(
    common: Common, subjects: Iterable[Subject], compare: Compare, means: Means
) -> Iterator[Page | Finding]:
    """The pages of every dataset: first those that are kept, then the others, which are kept from then on."""
    common_digest, wanted, digests = digest_common(common, means.program), list[Subject](), list[str]()
    for subject in subjects:
        digest = digest_dataset(subject, common_digest)
        kept = means.keep.get(name_kept(subject.name)) if means.keep is not None else None
        pages = unpack_pages(kept, digest)
        if pages is None:
            wanted.append(subject)
            digests.append(digest)
        else:
            yield from pages
    for subject, digest, made in zip(
        wanted, digests, render_wanted(common, wanted, compare, means.spread), strict=True
    ):
        yield from made
        sound = [each for each in made if isinstance(each, Page)]
        if means.keep is not None and len(sound) == len(made):
            means.keep.put(name_kept(subject.name), pack_pages(sound, digest))


def list_subjects(overviews: Mapping[Lang, Overview], judged: Mapping[str, rulebook.Judged]) -> Iterator[Subject]:
    """Every dataset with what its pages show but what its releases changed."""
    for state in overviews[LANGS[0]].facts.states:
        name = state.dataset.spec.pipeline.name
        yield Subject(
            state=state,
            judged=judged.get(name, NOBODY),
            requests={lang: overview.list_requests(name) for lang, overview in overviews.items()},
            showcases={lang: overview.list_showcases(name) for lang, overview in overviews.items()},
        )


def render_wanted(common: Common, wanted: Sequence[Subject], compare: Compare, spread: Spread) -> Rendered:
    """The pages of each of these datasets, in order; of many by `spread`."""
    sizes = [len(LANGS) * sum(1 for _ in list_dataset_pages(subject.dataset)) for subject in wanted]
    full = (
        replace(subject, changes=tuple(compare(subject.dataset, n) for n in range(len(subject.dataset.releases))))
        for subject in wanted
    )
    apply: Spread = spread if sum(sizes) >= SPREAD_FROM else map
    tasks = cut_tasks(zip(full, sizes, strict=True))
    return chain.from_iterable(apply(partial(render_datasets, common), tasks))


def cut_tasks(sized: Iterable[tuple[Subject, int]]) -> Iterator[list[Subject]]:
    """Datasets in tasks of about TASK pages."""
    task, pages = list[Subject](), 0
    for subject, size in sized:
        task.append(subject)
        pages += size
        if pages >= TASK:
            yield task
            task, pages = [], 0
    if task:
        yield task
