"""What templates see: plain values in one language, with site paths.  `docs/templates.md` documents every one.

Days and times stay ISO text (or dates) and counts stay numbers; the templates' filters write them for people.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Generic, TypeVar

from entaku.model.nouns import Lang
from entaku.model.words import Text
from entaku.site.charts import ChartView
from entaku.site.contents import ContentView
from entaku.site.use import Citation, Snippet
from entaku.site.views_trust import (
    AttemptView,
    ChangeView,
    CheckView,
    FindingsView,
)

T = TypeVar("T")


class Later(Generic[T]):
    """What a view may be given as a `partial`, which is called when a template first asks for it: not every page that
    shows a table shows all of it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, view: object, owner: type | None = None) -> T:
        if view is None:
            raise AttributeError(self.name)  # as dataclasses ask for a default: there is none
        value: T | partial[T] = view.__dict__[self.name]
        if type(value) is partial:
            value = view.__dict__[self.name] = value()
        return value  # type: ignore[return-value]

    def __set__(self, view: object, value: T | partial[T]) -> None:
        view.__dict__[self.name] = value


@dataclass(frozen=True, slots=True)
class Link:
    """A page of the site: `title`, and `path` for `link(path)`."""

    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Outside:
    """An address elsewhere: `title`, and `url` (http, https or mailto; "" where it must not be a link)."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class SiteView:
    """`site`, on every page."""

    title: str
    description: str
    base_url: str
    """Absolute, ends with a slash."""
    contact: Outside | None
    ask: Outside | None
    """Where to ask for data that isn't there: `contact` with a subject and a text to fill in."""
    tell: Outside | None
    """Where to tell of something built: the same for showcases."""
    version: str
    """The program's version."""
    timezone: str


@dataclass(frozen=True, slots=True)
class PageView:
    """`page`, on every page."""

    kind: str
    """The template's name without `.html`."""
    lang: Lang
    other_lang: Lang
    path: str
    """Site path without the language, for `link(page.path, page.other_lang)`."""
    address: str
    """The canonical URL."""
    addresses: Text
    """The URL in each language."""
    sample: str
    """"this": what the page shows is synthetic; "some": something in the catalogue is; "": nothing is."""
    jsonld: str
    """What it says to search engines, as JSON for a `<script type="application/ld+json">`; "" if nothing."""


@dataclass(frozen=True, slots=True)
class FileView:
    """A file to download, for `file(path)`."""

    name: str
    path: str
    bytes: int
    sha256: str
    """"" for a CSV made for Excel."""


@dataclass(frozen=True, kw_only=True)
class FieldView:
    """A column."""

    name: str
    title: str
    type: str
    """Its type in words."""
    unit: str
    description: str
    constraints: Later[tuple[str, ...]] = Later()
    """In words."""
    numeric: bool
    key: bool
    """Part of the primary key."""
    path: Later[str] = Later()
    """The page of all columns of this name."""
    content: Later[ContentView | None] = Later()
    """What is in it; none before a release, and in releases of before there were profiles."""


@dataclass(frozen=True, slots=True)
class StepView:
    """A tidying step."""

    name: str
    """As in the YAML."""
    title: str
    """In words; the name again where there are none."""
    detail: str
    """Its options, shortened."""


@dataclass(frozen=True, kw_only=True)
class TableView:
    """A table, released or (without files, rows and preview) only promised."""

    name: str
    title: str
    description: str
    rows: int
    csv: FileView | None
    parquet: FileView | None
    excel: FileView | None
    """The CSV again, for Excel; None where it is too large."""
    fields: Later[tuple[FieldView, ...]] = Later()
    preview: Later[tuple[tuple[str, ...], ...]] = Later()
    """The first rows, long cells cut."""
    steps: Later[tuple[StepView, ...]] = Later()
    sql_name: str
    """Its name in SQL, which needs no quotes; "" before a release."""
    sql_query: Later[str] = Later()
    """An example."""
    snippets: Later[tuple[Snippet, ...]] = Later()
    path: str
    """The page that tells all of it: a page of its own (`datasets/x/tables/y/`) where its dataset has several."""
    charts: Later[tuple[ChartView, ...]] = Later()


@dataclass(frozen=True, slots=True)
class RawView:
    """A source file."""

    source: Outside
    served: str
    """In words: who gave the bytes."""
    name: str
    """What the file was called."""
    path: str
    """For `file(path)`, if the site offers the bytes as they came; else ""."""
    sample: bool
    fetched: str
    """UTC."""
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class RawsView:
    """The source files of a release, newest first."""

    count: int
    first: tuple[RawView, ...]
    more: tuple[RawView, ...]
    """Those to fold away."""
    rest: int
    """How many are only in manifest.json."""


@dataclass(frozen=True, slots=True)
class VersionView:
    """A release, in a list."""

    version: str
    path: str
    created: str
    """UTC time of the newest fetch it holds."""
    rows: int
    sample: bool
    current: bool


@dataclass(frozen=True, kw_only=True)
class ReleaseView:
    """A release, on its own page."""

    version: VersionView
    address: str
    """Its permanent URL."""
    tables: tuple[TableView, ...]
    files: tuple[FileView, ...]
    raws: RawsView
    findings: tuple[FindingsView, ...]
    feedback: str
    """The address for feedback on it, "" if nobody gave one."""
    citations: tuple[Citation, ...]
    changes: tuple[ChangeView, ...]
    """What it changed in each table since the release before."""
    checks: Later[tuple[CheckView, ...]] = Later()
    newer: VersionView | None
    older: VersionView | None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """A dataset that answers a request."""

    title: str
    path: str
    version: str
    """Its first release; "" before there is one."""
    version_path: str
    created: str
    """UTC time of the newest fetch that this release holds."""


@dataclass(frozen=True, slots=True)
class RequestView:
    """Something that people asked for."""

    id: str
    path: str
    title: str
    why: str
    by: str
    """A kind of user."""
    asked: str
    """A day, `2026-07-01`."""
    status: str
    """`open`, `in_progress`, `answered`, `declined`, `withdrawn`."""
    state: str
    """That in words."""
    answered: date | None
    days: int | None
    """From asking to answer."""
    reply: str
    """What the office says; of a request that was declined, why."""
    datasets: tuple[Link, ...]
    answers: tuple[AnswerView, ...]
    """The same datasets, each with its first release."""


@dataclass(frozen=True, slots=True)
class ShowcaseView:
    """Something that people built."""

    id: str
    path: str
    title: str
    about: str
    by: str
    url: str
    picture: str
    """For `asset(picture)`; "" without one."""
    since: date | None
    datasets: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class FilterView:
    """A choice of a list: a status, or all."""

    title: str
    path: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class LedgerView:
    """A list of requests or showcases."""

    title: str
    """The chosen status in words; "" for all."""
    filters: tuple[FilterView, ...]
    """All, and each status of which there are any; empty where there is nothing to choose."""
    data: Link | None
    """The dataset of the ledger, once it is released."""


@dataclass(frozen=True, slots=True)
class LicenseView:
    """Terms of use in plain words."""

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
    frequency: str
    """In words."""
    released: bool
    sample: bool
    version: str
    created: str
    """UTC time of the newest fetch that the current release holds; "" without one."""
    checked: str
    """UTC time of the newest fetch of all; ""."""
    due: date | None
    rows: int
    tables_count: int


@dataclass(frozen=True, kw_only=True)
class DatasetView(EntryView):
    """A dataset, on its pages."""

    landing_page: str
    feedback: str
    """The address for feedback on the current version, "" if nobody gave one."""
    citations: tuple[Citation, ...]
    """Of the current release."""
    credit: str
    notes: tuple[str, ...]
    requests: tuple[RequestView, ...]
    showcases: tuple[ShowcaseView, ...]
    """What was made of it."""
    tables: tuple[TableView, ...]
    files: Later[tuple[FileView, ...]] = Later()
    """Of the current release."""
    raws: RawsView
    findings: tuple[FindingsView, ...]
    """Warnings and notices of the current release."""
    attempt: AttemptView | None
    checks: Later[tuple[CheckView, ...]] = Later()
    """What was checked in the current release."""
    changes: tuple[tuple[ChangeView, ...], ...]
    """What each of the newest 6 releases changed, newest first."""
    versions: tuple[VersionView, ...]
    """Newest first, at most 60."""
    versions_count: int


@dataclass(frozen=True, slots=True)
class GroupView:
    """A publisher or theme with its datasets."""

    id: str
    path: str
    title: str
    description: str
    url: str
    """A publisher's own site."""
    email: str
    datasets: tuple[EntryView, ...]


@dataclass(frozen=True, slots=True)
class SeatView:
    """A seat of the round table, drawn on a circle of radius 100 around (0, 0)."""

    x: float
    y: float
    request: RequestView | None
    """None for an empty seat."""
