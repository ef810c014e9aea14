"""Further formats of a table, as templates see them.  Pure."""

from dataclasses import dataclass

from entaku.catalogue import places
from entaku.model.grammar import Office
from entaku.model.nouns import Release, ReleasedResource
from entaku.site.words import Words


@dataclass(frozen=True, slots=True)
class DownloadView:
    """A file in a further format, or why there is none."""

    format: str
    """The format's name."""
    name: str
    path: str
    """"" if the file isn't made."""
    why: str
    """Why it isn't; "" if it is."""


def show_downloads(office: Office, release: Release, table: ReleasedResource, words: Words) -> tuple[DownloadView, ...]:
    """Return the further formats of a table of a current release."""
    return tuple(
        DownloadView(
            each.format.label,
            each.name,
            "" if each.too else each.path,
            words.say(f"more_too_{each.too}") if each.too else "",
        )
        for each in places.list_downloads(office, release)
        if (each.table or release.resources[0]) is table
    )
