"""A release as typed definitions for programs: what its tables and columns are called in code, their types, and their
words as comments.  `definitions_python` and `definitions_typescript` write them in a language.  Pure."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote

from entaku.catalogue.facets import mark_sample, place_release
from entaku.check import schema as schemas
from entaku.model.grammar import Office
from entaku.model.nouns import Release, ReleasedResource
from entaku.model.profile import Profile, list_zoned
from entaku.model.table_schema import SchemaField
from entaku.model.words import Text

MOST = 200
"""Values that a type lists; with more of them a column is plain text or a whole number."""
WIDTH = 100
"""Characters of a line of a comment, about."""
SAFE = 2**53
"""Whole numbers from here on are not all held by JavaScript's numbers."""


@dataclass(frozen=True)
class DefinedColumn:
    """A column."""

    name: str
    """As it is published."""
    alias: str
    """The name of the type of its values, where they are listed: `ScheduleLineValue`."""
    type: str
    """Its type in Table Schema; `list` also of an array of texts."""
    format: str
    required: bool
    values: tuple[str | int, ...]
    """Those that are allowed, if they are few; none for any."""
    missing: tuple[str, ...]
    """Texts of the CSV that are no value."""
    zoned: bool
    """Whether its moments have offsets from UTC."""
    large: bool
    """Whether it has whole numbers that JavaScript's numbers don't all hold."""
    field: SchemaField

    @property
    def about(self) -> str:
        """Return its words."""
        unit = f" [{self.field.unit}]" if self.field.unit else ""
        return join_words(self.field.title, self.field.description, unit)


@dataclass(frozen=True)
class DefinedTable:
    """A table."""

    name: str
    stem: str
    """For names that are made of it: `StationLifts` of `station-lifts`."""
    csv: str
    """The name of its CSV."""
    about: str
    columns: tuple[DefinedColumn, ...]


@dataclass(frozen=True)
class Definitions:
    """A dataset."""

    about: str
    license: str
    version: str
    latest: str
    """The address of its current files, which ends with a slash."""
    pinned: str
    """The same of this version's."""
    tables: tuple[DefinedTable, ...]


def define(office: Office, release: Release) -> Definitions:
    """Describe the tables of a release."""
    root, pipeline, sample = office.base_url.rstrip("/") + "/", release.pipeline, "sample" in release.served
    licence = office.licenses.get(pipeline.license)
    stems = tell_apart((make_stem(table.name) for table in release.resources), str.lower)
    tables = [define_table(table, stem, sample) for table, stem in zip(release.resources, stems, strict=True)]
    aliases = iter(tell_apart(column.alias for table in tables for column in table.columns))
    return Definitions(
        about=join_words(mark_sample(pipeline.title, sample), pipeline.description),
        license=" ".join(filter(None, (pipeline.license, licence.url if licence else ""))),
        version=release.version,
        latest=f"{root}datasets/{quote(release.dataset)}/",
        pinned=root + quote(place_release(release)),
        tables=tuple(
            replace(table, columns=tuple(replace(column, alias=next(aliases)) for column in table.columns))
            for table in tables
        ),
    )


def define_table(table: ReleasedResource, stem: str, sample: bool) -> DefinedTable:
    """Describe a table."""
    schema, known = table.resource.schema, {each.name: each for each in table.profile}
    zoned = list_zoned(table.profile)
    columns = []
    for field in schema.fields:
        large = field.type == "integer" and is_large(known.get(field.name))
        texts = field.type == "array" and field.arrayItem.get("type") == "string"
        columns.append(
            DefinedColumn(
                name=field.name,
                alias=f"{stem}{make_stem(field.name)}Value",
                type="list" if texts else field.type,
                format="json" if texts else schemas.describe_field(field).get("format", "default"),
                required=field.constraints.required or field.name in schema.primaryKey,
                values=() if large else list_values(field),
                missing=field.missingValues if field.missingValues is not None else schema.missingValues,
                zoned=field.name in zoned,
                large=large,
                field=field,
            )
        )
    about = join_words(mark_sample(table.resource.title, sample), table.resource.description)
    return DefinedTable(table.name, stem, table.csv.path, about, tuple(columns))


def list_values(field: SchemaField) -> tuple[str | int, ...]:
    """Return the values that a column of texts or whole numbers allows, if they are few."""
    if field.type not in ("string", "integer", "year") or len(field.constraints.enum) > MOST:
        return ()
    if field.type == "string":
        return tuple(dict.fromkeys(map(str, field.constraints.enum)))
    return tuple(dict.fromkeys(int(value) for value in schemas.read_enum(field)))


def is_large(profile: Profile | None) -> bool:
    """Test whether a column has numbers that JavaScript's don't all hold."""
    ends = (profile.least, profile.most) if profile else ()
    return any(isinstance(end, int) and abs(end) >= SAFE for end in ends)


def make_stem(name: str) -> str:
    """Return a name in CamelCase: each word with a capital, and no other characters than letters and digits."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    stem = "".join(word[0].upper() + word[1:] for word in words)
    return stem if stem[:1].isalpha() else f"N{stem}"


def tell_apart(names: Iterable[str], fold: Callable[[str], str] = str, taken: Collection[str] = ()) -> list[str]:
    """Return names of which no two are the same once they are folded: a later one has a number after it."""
    seen, apart = {fold(name) for name in taken}, list[str]()
    for name in names:
        number, free = 2, name
        while fold(free) in seen:
            number, free = number + 1, f"{name}_{number}"
        seen.add(fold(free))
        apart.append(free)
    return apart


def join_words(title: Text, description: Text, unit: str = "") -> str:
    """Return titles and descriptions in both languages, a paragraph each."""
    titles = " / ".join(filter(None, (title.ja.strip(), title.en.strip()))) + unit
    return "\n".join(filter(None, (titles.strip(), description.ja.strip(), description.en.strip())))


def show_plain(text: str) -> str:
    """Return a text whose every character can be seen: others, such as those that turn the direction of a line, by
    their number in Unicode."""
    return "".join(each if each in "\n\u3000" or each.isprintable() else f"<U+{ord(each):04X}>" for each in text)


def wrap(text: str) -> list[str]:
    """Break the lines of a text; wide characters count for two."""
    lines = list[str]()
    for line in show_plain(text).split("\n"):
        current, width = "", 0
        for piece in re.findall(r"[!-~]+|\s+|.", line):
            size = sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in piece)
            if width + size > WIDTH and current.strip() and piece not in "、。，．）」』":
                lines.append(current.rstrip())
                current, width, piece = "", 0, piece.lstrip()
            current, width = current + piece, width + size
        lines.append(current.rstrip())
    return lines
