"""`site:` of `catalogue.yaml`: colours that people can read, pictures that are there and sound, datasets that exist."""

from collections.abc import Callable, Collection, Iterator

from entaku.formats.limits import LimitError
from entaku.formats.pictures import clean_picture
from entaku.formats.pmtiles import read_head
from entaku.formats.zips import BrokenError
from entaku.model import colours
from entaku.model.brand import Brand
from entaku.model.colours import SCHEMES
from entaku.model.grammar import Office
from entaku.model.hints import hint
from entaku.model.leaving import find_present
from entaku.model.nouns import Finding, Place
from entaku.spec.names import is_inside, tell_outside
from entaku.spec.yaml import Document, Path

ReadFile = Callable[[str], bytes | None]
"""Returns the bytes of a file of the project, of an archive of tiles its first 127 and its size in eight; None if there
is none."""


def read_nothing(_: str) -> None:
    """Read a file of a project without files."""


def check_brand(brand: Brand, document: Document, read: ReadFile) -> Iterator[Finding]:
    """Yield findings on colours and pictures: errors, and notices of what is left out of a picture."""

    def at(*path: str | int) -> Place:
        return Place(document.file, document.line(("site", *path)))

    for scheme in SCHEMES:
        accent = brand.colours.accent if scheme == "light" else brand.colours.dark.accent
        ratio, ground = colours.find_worst(accent, colours.GROUNDS[scheme]) if accent else (colours.AA, "")
        if accent and ratio < colours.AA:
            near = colours.find_readable(accent, scheme)
            args = {
                "ratio": show_ratio(ratio),
                "least": str(colours.AA),
                "ground": ground,
                "near": near,
                "better": show_ratio(colours.find_worst(near, colours.GROUNDS[scheme])[0]),
            }
            keys = ("colours", "accent") if scheme == "light" else ("colours", "dark", "accent")
            yield Finding("low-contrast", "error", at(*keys), accent, args)
    keys_of: dict[str, Path] = {"logo": ("logo", "file"), "logo-dark": ("logo", "dark"), "icon": ("icon",)}
    for use, path in brand.list_pictures().items():
        yield from _check_picture(path, at(*keys_of[use]), read)
    if brand.map:
        yield from _check_tiles(brand.map.tiles, at("map", "tiles"), read)


def show_ratio(ratio: float) -> str:
    """Write a contrast to two digits, cut so that 4.496 isn't 4.50."""
    return f"{int(ratio * 100) / 100:.2f}"


def _check_picture(path: str, place: Place, read: ReadFile) -> Iterator[Finding]:
    if not is_inside(path):
        yield tell_outside(path, place)
        return
    body = read(path)
    if body is None:
        yield Finding("no-file", "error", place, path)
        return
    try:
        picture = clean_picture(body)
    except LimitError as error:
        yield Finding("picture-unread", "error", place, path, {"why": f"{error.what} > {error.limit:,}"})
    except BrokenError as error:
        yield Finding("picture-unread", "error", place, path, {"why": str(error)})
    else:
        if picture.suffix != path[-3:].lower():
            why = f"{picture.suffix.upper()} ≠ .{path[-3:]}"
            yield Finding("picture-unread", "error", place, path, {"why": why})
        elif picture.left_out:
            yield Finding("picture-cleaned", "notice", place, path, {"names": ", ".join(picture.left_out)})


def _check_tiles(path: str, place: Place, read: ReadFile) -> Iterator[Finding]:
    """Yield what is wrong with an archive of tiles; else a notice of its size, as every copy of the site has it."""
    if not is_inside(path):
        yield tell_outside(path, place)
        return
    measured = read(path)
    if measured is None:
        yield Finding("no-file", "error", place, path)
        return
    try:
        head = read_head(measured)
    except BrokenError as error:
        yield Finding("tiles-unread", "error", place, path, {"why": str(error)})
    else:
        size = int.from_bytes(measured[127:], "little")
        args = {"size": f"{size / 1e6:,.1f}", "least": str(head.least), "most": str(head.most)}
        yield Finding("tiles-told", "notice", place, path, args)


def check_shown(office: Office, document: Document, datasets: Collection[str]) -> Iterator[Finding]:
    """Yield a warning for each dataset of `home` that isn't there: it is not shown."""
    where = {"kind_ja": "データセット", "kind_en": "dataset", "where_ja": "pipelines/", "where_en": "pipelines/"}
    there = {*datasets, *office.retired}
    for n, name in enumerate(office.site.home.datasets):
        if find_present(office.renamed, name) not in there:
            place = Place(document.file, document.line(("site", "home", "datasets", n)))
            yield Finding("unknown-name", "warning", place, name, {**where, **hint(name, sorted(datasets))})
