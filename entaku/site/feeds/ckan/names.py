"""Ids, names, tags, addresses and times as CKAN's validators take them (`ckan/logic/validators.py`)."""

import re
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from entaku.model.nouns import Release

RESERVED = ("new", "edit", "search")
"""Names that CKAN's name_validator refuses."""
EMAIL = re.compile(
    r"(?!\.)(?!.*\.$)(?!.*?\.\.)[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
"""CKAN's email_pattern."""
TAG = (2, 100)
"""Characters of a tag."""


def make_id(root: str, path: str) -> str:
    """A UUID that is the same for ever: of the address, so that two catalogues that both have a dataset `population`
    are not one to who harvests both; with or without TLS."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, re.sub("^http:", "https:", root) + path))


def make_name(name: str, taken: Mapping[str, object] | None = None) -> str:
    """A name that CKAN's name_validator takes: at least 2 of [a-z0-9_-], none of its own pages', none of `taken`.

    Our own names hold no `_`, so one at the end makes no two the same.
    """
    taken = taken or {}
    return name + "_" if len(name) < 2 or name in RESERVED or name in taken else name


def make_tag(keyword: str) -> str:
    """A keyword as tag_name_validator takes it: letters of any script, digits, space, `-`, `_`, `.`; "" if nothing of
    2 characters is left (駅 is a keyword, but no tag)."""
    tag = " ".join(re.sub(r"[^\w\-.]+", " ", unicodedata.normalize("NFC", keyword)).split())[: TAG[1]].strip()
    return tag if len(tag) >= TAG[0] else ""


def make_email(text: str | None) -> str | None:
    """An address that email_validator takes, or None."""
    return text if text and EMAIL.fullmatch(text) else None


def make_time(utc: str | datetime) -> str:
    """UTC without a zone, always of one length: CKAN compares such times as text."""
    moment = datetime.fromisoformat(utc) if isinstance(utc, str) else utc
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def find_times(releases: Sequence[Release]) -> list[datetime]:
    """When each release was made, as times that always grow: two releases of one fetch differ by a microsecond, or a
    harvester would take the second for the first."""
    times: list[datetime] = []
    for release in releases:
        created = datetime.fromisoformat(release.created)
        times.append(max(created, times[-1] + timedelta(microseconds=1)) if times else created)
    return times
