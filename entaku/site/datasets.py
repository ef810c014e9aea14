"""Datasets, publishers and themes as templates see them, in one language.  Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import partial
from operator import attrgetter

from entaku.audit import rulebook
from entaku.catalogue import facets, places
from entaku.model.easy import Ruby, list_ruby
from entaku.model.files import is_shared
from entaku.model.grammar import Office, Pipeline
from entaku.model.leaving import list_former
from entaku.model.ledgers import Tombstone
from entaku.model.nouns import Catalogue, Dataset, Lang, Release
from entaku.site.citation import Citation, name_citations, write_citations
from entaku.site.leaving import RetirementView
from entaku.site.ledger import RequestView, ShowcaseView, TombstoneView, show_tombstone
from entaku.site.pages import place_dataset, place_publisher, place_table, place_theme
from entaku.site.quality import State
from entaku.site.tables import Addresses, FileView, TableView, add_downloads, promise_table, show_file, show_table
from entaku.site.trust import (
    AttemptView,
    ChangeView,
    CheckView,
    FindingsView,
    RawsView,
    group_findings,
    show_attempt,
    show_changes,
    show_checks,
    show_raws,
    title_tables,
)
from entaku.site.use import Letter, address_feedback, find_feedback
from entaku.site.versions import VersionView, show_version
from entaku.site.views import Later, Link
from entaku.site.words import Words

VERSIONS, CHANGES = 60, 6
"""Numbers of releases that the page of a dataset lists, and of those whose changes it shows."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A dataset with everything that its own pages show; small enough to be sent to another process."""

    state: State
    judged: rulebook.Judged
    requests: Mapping[Lang, tuple[RequestView, ...]]
    """The requests that it answers, by language."""
    showcases: Mapping[Lang, tuple[ShowcaseView, ...]]
    """The showcases that use it, by language."""
    tombstones: tuple[Tombstone, ...] = ()
    """What was withdrawn of it, oldest first."""
    retirement: Mapping[Lang, RetirementView | None] = field(default_factory=dict)
    """Why it is no longer updated, by language."""
    ruled: str = ""  # the digest of `judged`, which is left out until its pages are made
    kept: frozenset[str] = frozenset()
    """The versions whose pages are there from an earlier run, and aren't rendered."""

    @property
    def dataset(self) -> Dataset:
        return self.state.dataset

    @property
    def name(self) -> str:
        return self.dataset.spec.pipeline.name


@dataclass(frozen=True, slots=True)
class AnnouncementView:
    """A change that breaks programs, before its day."""

    since: str
    """The day."""
    why: str
    names: tuple[str, ...]
    """The columns and tables concerned."""


@dataclass(frozen=True, slots=True)
class LicenseView:
    """A licence in plain words."""

    id: str
    title: str
    url: str
    summary: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """A dataset, in a list."""

    name: str
    path: str
    address: str
    """Its permanent URL."""
    title: str
    description: str
    publisher: Link
    license: LicenseView
    themes: tuple[Link, ...]
    keywords: tuple[str, ...]
    standards: tuple[str, ...]
    """The full names of the standards that its tables follow."""
    frequency: str
    """The name of its frequency, or that it is retired."""
    released: bool
    sample: bool
    version: str
    created: str
    """UTC time of the newest fetch in the current release; "" without one."""
    checked: str
    """UTC time of the newest fetch of all; "" without one."""
    due: date | None
    rows: int
    tables_count: int
    retired: str
    """The day since which it is no longer updated; "" if it is."""


@dataclass(frozen=True, kw_only=True)
class DatasetView(EntryView):
    """A dataset, on its pages."""

    easy: tuple[Ruby, ...]
    landing_page: str
    feedback: str
    """The URL for feedback on the current version; "" without a contact."""
    citations: tuple[Citation, ...]
    """Citations of the current release."""
    citation_files: tuple[Link, ...]
    """The same for programs: CITATION.cff, datacite.json."""
    credit: str
    notes: tuple[str, ...]
    requests: tuple[RequestView, ...]
    showcases: tuple[ShowcaseView, ...]
    """The showcases that use it."""
    tables: tuple[TableView, ...]
    files: Later[tuple[FileView, ...]] = Later()
    """The files of the current release."""
    raws: RawsView
    findings: tuple[FindingsView, ...]
    """Warnings and notices of the current release."""
    attempt: AttemptView | None
    checks: Later[tuple[CheckView, ...]] = Later()
    """The rules that the current release was checked against."""
    changes: tuple[tuple[ChangeView, ...], ...]
    """The changes of each of the newest 6 releases, newest first."""
    versions: tuple[VersionView, ...]
    """Releases, newest first, at most 60."""
    versions_count: int
    withdrawn: tuple[TombstoneView, ...]
    """Versions and source files that were withdrawn, newest first."""
    former: tuple[str, ...]
    """Its former names, the oldest first."""
    announced: AnnouncementView | None
    """What will change so that programs can break; None if nothing is announced."""
    retirement: RetirementView | None
    """Why it is no longer updated; None if it is."""
    place: str
    """The area that it is about; "" where it isn't known."""
    first: str
    """The first day that it is about; "" where it isn't known."""
    last: str


PARTS_SHOWN = 12
"""Parts of a table of which a page lists the files."""
ENTRY = tuple(item.name for item in fields(EntryView))
OF_ENTRY = attrgetter(*ENTRY)


# ---- datasets -------------------------------------------------------------------------------------------------------


def show_entry(office: Office, dataset: Dataset, words: Words) -> EntryView:
    """Return the view of a dataset for lists."""
    lang, pipeline, current = words.lang, dataset.spec.pipeline, dataset.current
    path = place_dataset(pipeline.name)
    publisher = office.publishers.get(whose := pipeline.publisher)
    return EntryView(
        name=pipeline.name,
        path=path,
        address=office.base_url.rstrip("/") + "/" + path,
        title=pipeline.title.get(lang),
        description=pipeline.description.get(lang).strip(),
        publisher=Link(publisher.title.get(lang) if publisher else whose, place_publisher(whose)),
        license=show_license(office, pipeline.license, lang),
        themes=tuple(
            Link(office.themes[key].title.get(lang), place_theme(key))
            for key in pipeline.themes
            if key in office.themes
        ),
        keywords=pipeline.keywords,
        standards=facets.list_standards(current),
        frequency=words.say("retired" if dataset.retired else f"frequency_{pipeline.frequency}"),
        released=current is not None,
        sample=facets.is_sample(dataset),
        version=current.version if current else "",
        created=current.created if current else "",
        checked=dataset.checked,
        due=dataset.due,
        rows=facets.count_rows(current) if current else 0,
        tables_count=len(current.resources if current else pipeline.resources),
        retired=dataset.retired.since if dataset.retired else "",
    )


def show_license(office: Office, key: str, lang: Lang) -> LicenseView:
    """Return the view of a licence; its key alone where the catalogue no longer has it."""
    terms = office.licenses.get(key)
    if not terms:
        return LicenseView(key, key, "", "")
    return LicenseView(key, terms.title.get(lang), terms.url, terms.summary.get(lang))


def show_dataset(office: Office, subject: Subject, words: Words) -> DatasetView:
    """Return the view of a dataset for its pages: today's titles and descriptions, the current release's tables."""
    dataset, lang = subject.dataset, words.lang
    pipeline, current = dataset.spec.pipeline, dataset.current
    entry = show_entry(office, dataset, words)
    span = facets.find_span(dataset, office.timezone)
    return DatasetView(
        **dict(zip(ENTRY, OF_ENTRY(entry), strict=True)),
        easy=list_ruby(pipeline.easy) if lang == "ja" else (),
        landing_page=pipeline.landing_page or "",
        feedback=show_feedback(office, pipeline, entry.version, entry.address, words),
        citations=write_citations(office, current, lang, pipeline.doi) if current else (),
        citation_files=name_citations(current, pipeline.doi) if current else (),
        credit=pipeline.credit.get(lang),
        notes=tuple(note.get(lang) for note in pipeline.notes),
        requests=subject.requests[lang],
        showcases=subject.showcases[lang],
        tables=show_tables(office, current, entry.address, words) if current else promise_tables(pipeline, words),
        files=partial(show_files, current) if current else (),
        raws=show_raws(office, current, words),
        findings=group_findings(current.findings if current else (), words),
        attempt=show_attempt(dataset.attempt, pipeline.resources, words),
        checks=partial(show_checks, current.resources, words) if current else (),
        changes=tuple(list_changes(dataset, words)),
        versions=tuple([show_version(dataset, i, lang) for i in reversed(range(len(dataset.releases)))][:VERSIONS]),
        versions_count=len(dataset.releases),
        withdrawn=tuple(show_tombstone(each, lang) for each in reversed(subject.tombstones)),
        former=list_former(office.renamed, pipeline.name),
        announced=show_announcement(dataset, lang),
        retirement=subject.retirement.get(lang),
        place=pipeline.coverage.place.get(lang) or (office.government.title.get(lang) if office.government else ""),
        first=span[0],
        last=span[1],
    )


def show_announcement(dataset: Dataset, lang: Lang) -> AnnouncementView | None:
    """Return the view of what is announced of a dataset; None once there is a release since that day."""
    breaking = facets.find_announced(dataset)
    if breaking is None:
        return None
    return AnnouncementView(breaking.from_, breaking.why.get(lang), (*breaking.columns, *breaking.tables))


def list_changes(dataset: Dataset, words: Words) -> Iterator[tuple[ChangeView, ...]]:
    """Yield what each of the newest releases changed, newest first."""
    titles = title_tables(dataset, words)
    for release in reversed(dataset.releases[-CHANGES:]):
        yield show_changes(release, words, titles)


def show_tables(office: Office, release: Release, latest: str, words: Words) -> tuple[TableView, ...]:
    """Return the tables of a release, with snippets that read this version; `latest` is the URL under which others
    always read the newest, "" for none.

    Files are linked at the release's own path, where they never change: a page that was opened before an update still
    links the files that it describes.
    """
    folder, tables = places.place_release(release), release.resources
    addresses = Addresses(f"{office.base_url.rstrip('/')}/{folder}", latest, f"datasets/{release.dataset}/")
    ways = [place_table(release.dataset, table.name, len(tables)) for table in tables]
    shown = (show_table(table, way, folder, addresses, words) for table, way in zip(tables, ways, strict=True))
    return add_downloads(shown, office, release, words) if latest else tuple(shown)


def promise_tables(pipeline: Pipeline, words: Words) -> tuple[TableView, ...]:
    """Return the tables of a dataset that has no release, from its pipeline."""
    tables = pipeline.resources
    return tuple(promise_table(table, place_table(pipeline.name, table.name, len(tables)), words) for table in tables)


# ---- releases ---------------------------------------------------------------------------------------------------


def show_feedback(office: Office, pipeline: Pipeline, version: str, page: str, words: Words) -> str:
    """Return the URL for feedback on a version; "" without a contact."""
    title = pipeline.title.get(words.lang)
    subject = words.say("feedback_subject", title=title, dataset=pipeline.name, version=version)
    letter = Letter(pipeline.name, version, page, subject, words.say("feedback_ask"))
    return address_feedback(find_feedback(office, pipeline.publisher), letter)


def show_files(release: Release) -> tuple[FileView, ...]:
    """List the files of a release by name, without SHA256SUMS; of the parts of a table the last PARTS_SHOWN alone, as
    there may be a thousand, and of the lists of its source files none."""
    parts = [part for table in release.resources if table.parted for part in table.parted.parts[-PARTS_SHOWN:]]
    shown = {file.path for part in parts for file in (part.csv, part.parquet)}
    files = [file for file in release.files if file.path in shown or not is_shared(file.path)]
    return tuple(show_file(file, places.place_release(release)) for file in sorted(files, key=attrgetter("path")))


# ---- publishers and themes --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GroupView:
    """A publisher or theme with its datasets."""

    id: str
    path: str
    title: str
    description: str
    url: str
    """The publisher's own site; "" of a theme."""
    email: str
    datasets: tuple[EntryView, ...]


def show_publishers(catalogue: Catalogue, shown: Mapping[str, EntryView], lang: Lang) -> tuple[GroupView, ...]:
    """Return the publishers in the order of `catalogue.yaml`; `shown` has every dataset by name."""
    return tuple(
        GroupView(
            id=key,
            path=place_publisher(key),
            title=publisher.title.get(lang),
            description=publisher.description.get(lang).strip(),
            url=publisher.url or "",
            email=publisher.email or "",
            datasets=tuple(shown[each.spec.pipeline.name] for each in facets.select_publisher(catalogue, key)),
        )
        for key, publisher in catalogue.office.publishers.items()
    )


def show_themes(catalogue: Catalogue, shown: Mapping[str, EntryView], lang: Lang) -> tuple[GroupView, ...]:
    """Return the themes in the order of `catalogue.yaml`; `shown` has every dataset by name."""
    return tuple(
        GroupView(
            id=key,
            path=place_theme(key),
            title=theme.title.get(lang),
            description=theme.description.get(lang).strip(),
            url="",
            email="",
            datasets=tuple(shown[each.spec.pipeline.name] for each in facets.select_theme(catalogue, key)),
        )
        for key, theme in catalogue.office.themes.items()
    )
