"""Versions and the revisions of their metadata as templates see them, in one language.  Pure."""

from dataclasses import dataclass

from entaku.catalogue import facets, places
from entaku.model.files import DESCRIPTOR, REPORT, SUMS, find_file, name_revised
from entaku.model.nouns import Dataset, Lang, Release
from entaku.model.revisions import tell_why


@dataclass(frozen=True, slots=True)
class RevisionView:
    """A revision of a release's metadata, the first too."""

    number: int
    when: str
    """UTC time of the revision; "" of the first."""
    why: str
    package: str
    """The path of its datapackage.json."""


@dataclass(frozen=True, slots=True)
class VersionView:
    """A release, in a list."""

    version: str
    level: str
    """How much it changed: patch, minor or major; "" of the first."""
    path: str
    created: str
    """UTC time of the newest fetch it holds."""
    rows: int
    sample: bool
    current: bool
    revisions: tuple[RevisionView, ...]
    """Its revisions with the reasons for them, the newest first; the last is the version as it was first published."""
    package: str
    """The path of its newest datapackage.json."""
    report: str
    sums: str
    """The path of the newest SHA256SUMS."""


def show_version(dataset: Dataset, index: int, lang: Lang) -> VersionView:
    """Return the view of the release at `index`, for lists."""
    release = dataset.releases[index]
    path = places.place_release(release)
    report = find_file(release.files, REPORT)
    revisions = tuple(show_revision(each, lang) for each in (release, *reversed(release.earlier)))
    return VersionView(
        version=release.version,
        level=release.changes.level if release.changes else "",
        path=path,
        created=release.created,
        rows=facets.count_rows(release),
        sample="sample" in release.served,
        current=release is dataset.current,
        revisions=revisions,
        package=revisions[0].package,
        report=path + (report.path if report else REPORT),
        sums=path + name_revised(SUMS, release.revision),
    )


def show_revision(release: Release, lang: Lang) -> RevisionView:
    """Return the view of a release in one revision."""
    package = places.place_release(release) + name_revised(DESCRIPTOR, release.revision)
    return RevisionView(release.revision, release.revised, tell_why(release.why).get(lang), package)
