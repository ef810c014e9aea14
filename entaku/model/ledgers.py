"""Rows of the two datasets about the catalogue itself (requests for data and showcases of its use), tombstones of what
was withdrawn, and what is known to have been published."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from entaku.model.words import NO_WORDS, Text

Status = Literal["open", "in_progress", "answered", "declined", "withdrawn"]
STATUSES: tuple[Status, ...] = ("open", "in_progress", "answered", "declined", "withdrawn")
"""States of a request."""
LEDGERS = ("requests", "showcases")
"""The datasets about the catalogue itself: requests for data and showcases of its use."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A row of the dataset `requests`: a request for data and its outcome."""

    id: str
    asked: date
    title: Text
    by: Text = NO_WORDS
    """A kind of user, never a name."""
    why: Text = NO_WORDS
    status: Status | None = None
    """As the office states it; None: derived from the releases."""
    answered: date | None = None
    """As the office states it; None: the day of the first release."""
    reply: Text = NO_WORDS
    """The office's answer; for a declined request, the reason."""
    datasets: tuple[str, ...] = ()
    """The datasets that answer it, named by the row or by their own YAML."""


@dataclass(frozen=True, kw_only=True)
class Showcase:
    """A row of the dataset `showcases`: something that people built with the data."""

    id: str
    title: Text
    about: Text = NO_WORDS
    by: Text = NO_WORDS
    url: str = ""
    picture: str = ""
    """A file of `site_templates/assets/`."""
    since: date | None = None
    datasets: tuple[str, ...] = ()


# ---- what was withdrawn -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GoneFile:
    """A file that was withdrawn."""

    path: str
    """On the site, below its dataset: `2026.11.23/lifts.csv`; of a source file `raw/` and its SHA-256."""
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """What stands in the place of a version that was withdrawn, or of a source file (then `version` is "")."""

    dataset: str
    title: Text
    """The dataset's title when it was withdrawn."""
    home: str = ""
    """The name that is in its address, where `dataset` is a later one; the store has no other."""
    version: str = ""
    table: str = ""
    """The table on account of which the version was withdrawn; "" for all of it."""
    when: str
    """UTC."""
    reason: Text
    by: str
    """Who decided it: an office, not a name."""
    files: tuple[GoneFile, ...] = ()
    """The version's files."""
    raws: tuple[GoneFile, ...] = ()
    """Source files that went with it: their bytes are not archived again."""
    rule: str = ""
    """The `keep` by which the version went in its time, as the YAML writes it; "" where somebody withdrew it."""


def show_tombstone(tombstone: Tombstone) -> dict[str, Any]:
    """Convert a tombstone to plain values for JSON."""
    shown = {key: value for key, value in asdict(tombstone).items() if key not in ("home", "rule") or value}
    return {**shown, "files": list(map(asdict, tombstone.files)), "raws": list(map(asdict, tombstone.raws))}


def read_tombstone(shown: Mapping[str, Any]) -> Tombstone:
    """Parse the output of `show_tombstone`.  Raises TypeError or KeyError for anything else."""
    names = ("dataset", "version", "table", "when", "by")
    if not all(isinstance(shown[name], str) for name in names):
        raise TypeError("not a tombstone")
    read: dict[str, Any] = {name: shown[name] for name in names}
    read |= {key: Text(**shown[key]) for key in ("title", "reason")}
    read |= {key: tuple(GoneFile(**each) for each in shown[key]) for key in ("files", "raws")}
    read |= {"rule": str(shown["rule"])} if "rule" in shown else {}
    return Tombstone(**read)


# ---- what was published -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Abandoned:
    """What was published of a dataset before a new history of it was begun; its addresses are never used again."""

    when: str
    """UTC time at which the new history was asked for."""
    versions: tuple[str, ...]
    """The versions whose names are known."""
    count: int
    """How many there were."""
    withdrawn: int = 0
    """How many tombstones were given up with them."""


def read_abandoned(shown: Mapping[str, Any] | None) -> Abandoned | None:
    """Parse what `asdict` made of an Abandoned.  Raises TypeError or KeyError for anything else."""
    if shown is None:
        return None
    when, versions = shown["when"], tuple(shown["versions"])
    if not isinstance(when, str) or not all(isinstance(version, str) for version in versions):
        raise TypeError("not what was abandoned")
    return Abandoned(when, versions, int(shown["count"]), int(shown["withdrawn"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What is known to have been published of a dataset: by a line of `releases.txt`, or by a site's manifest.json."""

    where: str
    """The file or the site that tells of it."""
    line: int | None = None
    """The line of `releases.txt`; None for a site, which tells of every version."""
    versions: tuple[str, ...]
    """Versions that are public, the current one last; by a line, the newest alone."""
    gone: tuple[str, ...] = ()
    """Versions that were withdrawn; by a line, the newest if it was."""
    count: int = 0
    """How many versions there were, those withdrawn and abandoned among them; 0 for a site."""
    withdrawn: int = 0
    """How many tombstones there are."""
    sha256: str = ""
    """SHA-256 of the current version's newest manifest.json; "" if it isn't known."""
    revision: int = 1
    """The newest revision of the current version's metadata."""


LINE = re.compile(r"(\S+) (\S+) (\d{1,9}) (\d{1,9}) ([0-9a-f]{64}|-)(?: r(\d{1,9}))?")
"""A line of `releases.txt`: dataset, newest version, versions so far, tombstones, SHA-256 of its manifest.json, and the
revision of the metadata that has that, if it isn't the first."""


def read_published(text: str, where: str) -> tuple[dict[str, tuple[Published, ...]], tuple[int, ...]]:
    """Parse a `releases.txt`; return what its lines tell by dataset, and the numbers of lines that are none.

    A merge may have left two lines of one dataset, both of which count, and the marks of a conflict, which don't.
    """
    told: dict[str, tuple[Published, ...]] = {}
    odd = []
    for number, line in enumerate(text.splitlines(), 1):
        match = LINE.fullmatch(line.strip())
        if match is not None:
            name, version, count, withdrawn, sha256, revision = match.groups()
            gone = sha256 == "-"
            published = Published(
                where=where, line=number, versions=() if gone else (version,), gone=(version,) if gone else (),
                count=int(count), withdrawn=int(withdrawn), sha256="" if gone else sha256,
                revision=int(revision or 1),
            )  # fmt: skip
            told[name] = (*told.get(name, ()), published)
        elif line.strip() and not line.startswith(("#", "<<<<<<<", "=======", ">>>>>>>", "|||||||")):
            odd.append(number)
    return told, tuple(odd)


def show_published(dataset: str, published: Published) -> str:
    """Return the line of a dataset in `releases.txt`."""
    (version,) = published.versions or published.gone
    line = f"{dataset} {version} {published.count} {published.withdrawn} {published.sha256 or '-'}"
    return f"{line} r{published.revision}" if published.revision > 1 else line
