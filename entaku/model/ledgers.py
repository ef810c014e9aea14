"""Rows of the two datasets about the catalogue itself: requests for data and showcases of its use."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

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
