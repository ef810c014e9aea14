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
    note: str
    """What else is to be told of it; "" for nothing."""


def show_downloads(office: Office, release: Release, table: ReleasedResource, words: Words) -> tuple[DownloadView, ...]:
    """Return the further formats of a table of a current release."""
    return tuple(
        DownloadView(
            each.format.label,
            each.name,
            "" if each.too else each.path,
            words.say(f"more_too_{each.too}") if each.too else "",
            words.say("more_note_unplaced") if each.kind == "geojson" and lacks_places(table) else "",
        )
        for each in places.list_downloads(office, release)
        if (each.table or release.resources[0]) is table and (each.too or each.kind not in places.WHOLES)
    )


def lacks_places(table: ReleasedResource) -> bool:
    """Test whether there are rows without coordinates."""
    columns = places.find_coordinates(table)[1:]
    return any(each.nulls for each in table.profile if each.name in columns)
