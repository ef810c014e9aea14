"""A release, and its dataset, on the release's own page, as templates see them, in one language.  Pure."""

from dataclasses import dataclass
from functools import partial

from entaku.model.grammar import Office
from entaku.model.nouns import Lang
from entaku.site.citation import Citation, name_citations, write_citations
from entaku.site.datasets import AnnouncementView, Subject, show_announcement, show_feedback, show_files, show_tables
from entaku.site.leaving import RetirementView
from entaku.site.pages import place_dataset
from entaku.site.tables import FileView, TableView
from entaku.site.trust import (
    ChangeView,
    CheckView,
    ComparisonView,
    FindingsView,
    RawsView,
    group_findings,
    show_changes,
    show_checks,
    show_comparison,
    show_raws,
    title_tables,
)
from entaku.site.versions import VersionView, show_version
from entaku.site.views import Later, Link
from entaku.site.words import Words


@dataclass(frozen=True, kw_only=True)
class HeadView:
    """A dataset, on the pages of its versions: nothing that another release changes, so that these pages stay as they are."""

    name: str
    path: str
    title: str
    description: str
    announced: AnnouncementView | None
    retirement: RetirementView | None


@dataclass(frozen=True, kw_only=True)
class ReleaseView:
    """A release, on its own page."""

    version: VersionView
    address: str
    """Its permanent URL."""
    tables: tuple[TableView, ...]
    files: tuple[FileView, ...]
    more_files: int
    """How many others it has: earlier parts of tables, lists of source files."""
    raws: RawsView
    findings: tuple[FindingsView, ...]
    feedback: str
    """The URL for feedback on it; "" without a contact."""
    citations: tuple[Citation, ...]
    citation_files: tuple[Link, ...]
    changes: tuple[ChangeView, ...]
    """Its changes to each table since the release before."""
    comparison: ComparisonView | None
    """How much these break, and where they are as data; None for the first."""
    checks: Later[tuple[CheckView, ...]] = Later()
    newer: VersionView | None
    older: VersionView | None


def show_head(subject: Subject, lang: Lang) -> HeadView:
    """Return the view of a dataset for the pages of its versions."""
    dataset, pipeline = subject.dataset, subject.dataset.spec.pipeline
    return HeadView(
        name=pipeline.name,
        path=place_dataset(pipeline.name),
        title=pipeline.title.get(lang),
        description=pipeline.description.get(lang).strip(),
        announced=show_announcement(dataset, lang),
        retirement=subject.retirement.get(lang),
    )


def show_release(office: Office, subject: Subject, index: int, words: Words) -> ReleaseView:
    """Return the view of the dataset's release at `index`, for its own page."""
    dataset = subject.dataset
    files = show_files(dataset.releases[index])
    release, version = dataset.releases[index], show_version(dataset, index, words.lang)
    address = office.base_url.rstrip("/") + "/" + version.path
    return ReleaseView(
        version=version,
        address=address,
        tables=show_tables(office, release, "", words),
        files=files,
        more_files=len(release.files) - len(files),
        raws=show_raws(office, release, words),
        findings=group_findings(release.findings, words),
        feedback=show_feedback(office, release.pipeline, release.version, address, words),
        citations=write_citations(office, release, words.lang, dataset.spec.pipeline.doi),
        citation_files=name_citations(release, dataset.spec.pipeline.doi),
        changes=show_changes(release, words, title_tables(dataset, words)),
        comparison=show_comparison(release, words),
        checks=partial(show_checks, release.resources, words),
        newer=show_version(dataset, index + 1, words.lang) if index + 1 < len(dataset.releases) else None,
        older=show_version(dataset, index - 1, words.lang) if index else None,
    )
