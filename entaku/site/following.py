"""Columns whose values people can follow (`view.follow`), as templates see them.  Pure."""

from dataclasses import dataclass
from functools import partial

from entaku.catalogue import places
from entaku.model.files import name_followed
from entaku.model.following import FollowedColumn
from entaku.model.nouns import Release, ReleasedResource
from entaku.site.views import Later
from entaku.site.words import Words


@dataclass(frozen=True, slots=True)
class FollowedView:
    """A value that can be followed."""

    value: str
    rows: int
    """Rows with it now; 0 for one that vanished."""
    feed: str
    """The name of its feed and of its calendar, without their suffixes, in the folder of the lists."""


@dataclass(frozen=True, kw_only=True)
class FollowView:
    """A column whose values can be followed."""

    name: str
    title: str
    path: str
    """The page that lists its values."""
    calendar: bool
    """Whether they have calendars."""
    values: Later[tuple[FollowedView, ...]] = Later()


def show_followed(release: Release, table: ReleasedResource, words: Words) -> tuple[FollowView, ...]:
    """Return the columns of a table of a current release whose values can be followed."""
    titles = {field.name: field.title for field in table.resource.schema.fields}
    return tuple(
        FollowView(
            name=one.name,
            title=titles[one.name].get(words.lang) or one.name,
            path=places.place_followed(release.dataset, table.name, one.name),
            calendar=bool(one.day),
            values=partial(show_values, release, table, one),
        )
        for one in table.followed
    )


def show_values(release: Release, table: ReleasedResource, column: FollowedColumn) -> tuple[FollowedView, ...]:
    """Return the values of a column."""
    folder = f"datasets/{release.dataset}/"
    return tuple(
        FollowedView(one.value, one.rows, folder + name_followed(table.name, column.name, one.value, ""))
        for one in column.values
    )
