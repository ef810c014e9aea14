"""Rows of the two datasets about the catalogue itself (requests for data and showcases of its use), and tombstones of
what was withdrawn."""

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


def show_tombstone(tombstone: Tombstone) -> dict[str, Any]:
    """Convert a tombstone to plain values for JSON."""
    shown = {key: value for key, value in asdict(tombstone).items() if key != "home" or value}
    return {**shown, "files": list(map(asdict, tombstone.files)), "raws": list(map(asdict, tombstone.raws))}


def read_tombstone(shown: Mapping[str, Any]) -> Tombstone:
    """Parse the output of `show_tombstone`.  Raises TypeError or KeyError for anything else."""
    names = ("dataset", "version", "table", "when", "by")
    if not all(isinstance(shown[name], str) for name in names):
        raise TypeError("not a tombstone")
    read: dict[str, Any] = {name: shown[name] for name in names}
    read |= {key: Text(**shown[key]) for key in ("title", "reason")}
    read |= {key: tuple(GoneFile(**each) for each in shown[key]) for key in ("files", "raws")}
    return Tombstone(**read)
