"""What the datasets about the catalogue itself hold: who asked for what, and what was made of it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from entaku.model.words import NO_WORDS, Text

Status = Literal["open", "in_progress", "answered", "declined", "withdrawn"]
STATUSES: tuple[Status, ...] = ("open", "in_progress", "answered", "declined", "withdrawn")
"""What may become of a request."""
LEDGERS = ("requests", "showcases")
"""The datasets that are about the catalogue itself: who asked for what, and what was made of it."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A row of the dataset `requests`: what people asked for, and what came of it."""

    id: str
    asked: date
    title: Text
    by: Text = NO_WORDS
    """A kind of user, never a name."""
    why: Text = NO_WORDS
    status: Status | None = None
    """As the office says; None: as the releases show."""
    answered: date | None = None
    """As the office says; None: the day of the first release."""
    reply: Text = NO_WORDS
    """What the office says; of a request that was declined, why."""
    datasets: tuple[str, ...] = ()
    """Those that answer, by the row or by their own YAML."""


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
