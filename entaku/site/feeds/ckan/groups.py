"""Publishers as CKAN's organizations and themes as its groups, in CKAN 2.12's shapes; and the ids, names and times of
all shapes, as CKAN's validators accept them (`ckan/logic/validators.py`).
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from entaku.catalogue import facets
from entaku.model.grammar import Publisher, Theme
from entaku.model.nouns import Catalogue, Dataset
from entaku.site.feeds.common import find_root

Shape = dict[str, Any]
RESERVED = ("new", "edit", "search")
"""Names that CKAN's name_validator refuses."""


def make_id(root: str, path: str) -> str:
    """Return a UUID that never changes, derived from the URL without its scheme: two catalogues with a dataset
    `population` have different ids in one harvester.
    """
    root = f"https:{root[5:]}" if root.startswith("http:") else root
    return str(uuid.uuid5(uuid.NAMESPACE_URL, root + path))


def make_name(name: str, taken: Mapping[str, object] | None = None) -> str:
    """Return a name that CKAN's name_validator accepts: at least 2 of [a-z0-9_-], not reserved, not in `taken`.

    Names in pipelines contain no `_`, so an appended one can't collide.
    """
    taken = taken or {}
    return name + "_" if len(name) < 2 or name in RESERVED or name in taken else name


@lru_cache
def make_time(utc: str | datetime) -> str:
    """Format UTC without a zone, always of one length: CKAN compares such times as text."""
    moment = datetime.fromisoformat(utc) if isinstance(utc, str) else utc
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


# ---- organizations and groups ---------------------------------------------------------------------------------------


def name_group(catalogue: Catalogue, theme: str) -> str:
    """Return a theme's name as a group: groups and organizations share a namespace in CKAN."""
    return make_name(theme, catalogue.office.publishers)


def show_membership(catalogue: Catalogue, theme: str) -> Shape:
    """Describe a theme as a dataset's group."""
    words = catalogue.office.themes[theme]
    return {
        "description": words.description.get("ja"),
        "display_name": words.title.get("ja"),
        "id": make_id(find_root(catalogue), f"themes/{theme}/"),
        "image_display_url": "",
        "name": name_group(catalogue, theme),
        "title": words.title.get("ja"),
    }


def show_owner(catalogue: Catalogue, publisher: str) -> Shape:
    """Describe a publisher as a dataset's organization."""
    words, datasets = catalogue.office.publishers[publisher], facets.select_publisher(catalogue, publisher)
    key = make_id(find_root(catalogue), f"publishers/{publisher}/")
    return show_either("organization", key, make_name(publisher), words, find_start(datasets))


def show_either(kind: str, key: str, name: str, words: Publisher | Theme, created: str) -> Shape:
    """Return the fields that organizations and groups share: CKAN stores both as one type."""
    return {
        "id": key,
        "name": name,
        "title": words.title.get("ja"),
        "type": kind,
        "description": words.description.get("ja"),
        "image_url": "",
        "created": created,
        "is_organization": kind == "organization",
        "approval_status": "approved",
        "state": "active",
    }


def find_start(datasets: Sequence[Dataset]) -> str:
    """Return the time of the first release among `datasets`."""
    return make_time(
        min((each.releases[0].created for each in datasets if each.releases), default="1970-01-01T00:00:00Z")
    )


def show_organization(catalogue: Catalogue, publisher: str, count: int) -> Shape:
    """Describe a publisher in the shape of organization_show."""
    words = catalogue.office.publishers[publisher]
    given = {"title_en": words.title.en, "description_en": words.description.en, "url": words.url or ""}
    return complete_group(show_owner(catalogue, publisher), count, given)


def show_group(catalogue: Catalogue, theme: str, count: int) -> Shape:
    """Describe a theme in the shape of group_show."""
    words = catalogue.office.themes[theme]
    key = make_id(find_root(catalogue), f"themes/{theme}/")
    created = find_start(facets.select_theme(catalogue, theme))
    shape = show_either("group", key, name_group(catalogue, theme), words, created)
    return complete_group(shape, count, {"title_en": words.title.en, "description_en": words.description.en})


def complete_group(shape: Shape, count: int, extras: Mapping[str, str]) -> Shape:
    """Add the fields of a group or organization that only its `_show` action returns."""
    return {
        **shape,
        "display_name": shape["title"],
        "image_display_url": "",
        "package_count": count,
        "num_followers": 0,
        "extras": [{"key": key, "value": value} for key, value in sorted(extras.items()) if value],
        "tags": [],
        "groups": [],
        "users": [],
    }


def shorten_group(shape: Shape) -> Shape:
    """Return the fields of a group or organization that its list with `all_fields` has."""
    return {key: value for key, value in shape.items() if key not in ("extras", "tags", "groups", "users")}
