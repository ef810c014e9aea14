"""Further forms of the current data, made where `catalogue.yaml` asks for them (`site.downloads`): a row of FORMATS each.

They are files of the site and not of a release: they hold what its Parquet files hold, and their addresses, like
`datasets/<dataset>/<table>.csv`, always have what is current.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from entaku.catalogue.charts import find_place
from entaku.catalogue.definitions import define
from entaku.catalogue.definitions_python import name_module, write_python
from entaku.catalogue.definitions_typescript import write_typescript
from entaku.catalogue.facets import mark_sample
from entaku.formats import xlsx_write
from entaku.formats.geojson_write import write_geojson
from entaku.formats.rows_out import write_jsonl
from entaku.formats.sqlite_write import SqliteTable, write_sqlite
from entaku.formats.xlsx_write import write_xlsx
from entaku.formats.zip_write import write_zip
from entaku.model.brand import DownloadKind
from entaku.model.files import SUMS, File, name_plain
from entaku.model.grammar import Office
from entaku.model.nouns import Release, ReleasedResource
from entaku.model.parts import WHOLE_BYTES
from entaku.model.words import Text

Reason = Literal["", "rows", "columns", "cells", "bytes"]
"""Why a file isn't made: what there is too much of."""
Kind = DownloadKind | Literal["csv", "parquet"]
"""A form that is asked for, or one that a table in parts has anyway: all of it as one file."""
LARGEST = 1 << 62
"""More bytes than any release has."""


@dataclass(frozen=True)
class Format:
    """A form in which data can be taken."""

    label: str
    """Its name for people, the same in all languages."""
    media: str
    """Its media type."""
    registered: bool
    """Whether IANA has it."""
    write: Callable[[Any, Sequence[bytes]], bytes]
    """Writes the file of what `tell` told, and of the files that it is made of."""
    tell: Callable[["Download"], Any] = lambda _: None
    """Tells, as JSON, all that the file says beside what is in those files."""
    whole: bool = False
    """Whether one file holds all tables."""
    code: bool = False
    """Whether it is a program that reads the data, and no form of them."""
    suffix: str = ""
    """That of its files, unless it is the format's own name."""
    stem: Callable[[str], str] = str
    """Makes the name of a file of that of its dataset or table."""
    suits: Callable[[ReleasedResource], bool] = lambda _: True
    """Tests whether a table has what the format is for."""
    euro: str = ""
    """Its name in the EU's list of file types, if it has one."""
    bytes: int = 50_000_000
    """Size of its CSV, or of all files of the release, above which it isn't made."""
    rows: int | None = None
    columns: int | None = None
    cell: int | None = None
    """Most characters of a text, each of which may count for two."""


@dataclass(frozen=True)
class Download:
    """A file in one of the formats, or why there is none."""

    kind: Kind
    office: Office
    release: Release
    table: ReleasedResource | None
    """None for a file of all tables."""
    too: Reason = ""

    @property
    def format(self) -> Format:
        """Return its row of the table."""
        return WHOLES[self.kind] if self.kind in WHOLES else FORMATS[self.kind]

    @property
    def name(self) -> str:
        """Return its name."""
        stem = self.format.stem(self.table.name if self.table else self.release.dataset)
        return f"{stem}.{self.format.suffix or self.kind}"

    @property
    def path(self) -> str:
        """Return its path in the site."""
        return f"datasets/{self.release.dataset}/{self.name}"

    @property
    def title(self) -> Text:
        """Return what it is called: its table, or its dataset, and its format."""
        title, label = (self.table.resource if self.table else self.release.pipeline).title, self.format.label
        title = mark_sample(title, "sample" in self.release.served)
        return Text(ja=title.ja and f"{title.ja}（{label}）", en=title.en and f"{title.en} ({label})")

    @property
    def description(self) -> Text:
        """Return the words of its owner on it."""
        return (self.table.resource if self.table else self.release.pipeline).description

    @property
    def files(self) -> tuple[File, ...]:
        """List the files of the release of which it is made."""
        if self.format.code:
            return ()
        if self.table:
            return (self.table.csv if self.kind == "csv" else self.table.parquet,)
        if self.kind == "sqlite":
            return tuple(table.parquet for table in self.release.resources)
        return tuple(sorted(self.release.files, key=lambda file: file.path))


def tell_table(wanted: Download) -> list[list[str]]:
    """Return the sheet that tells what a table is, in both languages."""
    head = ["列 / column", "題名", "title", "型 / type", "単位 / unit", "説明", "description"]
    rows = [
        [each.name, each.title.ja, each.title.en, each.type, each.unit, each.description.ja, each.description.en]
        for each in (wanted.table.resource.schema.fields if wanted.table else ())
    ]
    return [head, *rows, [], *tell_facts(wanted)]


def find_coordinates(table: ReleasedResource) -> tuple[str, ...]:
    """Return how the rows of a table are placed on the earth, and the columns with that; nothing if they aren't, or if
    no row has a place."""
    fields, blank = (
        table.resource.schema.fields,
        {column.name for column in table.profile if column.nulls == column.rows},
    )
    pairs = (field for field in fields if field.type == "geopoint")
    found = find_place(fields) or next(((f"geopoint {field.format}", field.name) for field in pairs), ())
    return () if blank.intersection(found[1:]) else found


def tell_places(wanted: Download) -> list[list[str]]:
    """Return how the rows are placed, and the primary key."""
    table = wanted.table
    return [list(find_coordinates(table)), list(table.resource.schema.primaryKey)] if table else []


def tell_facts(wanted: Download) -> list[list[str]]:
    """Return rows of what is said of a table, and of its dataset, as a whole."""
    release, table = wanted.release, wanted.table
    licence = wanted.office.licenses.get(release.pipeline.license)
    sample = "見本（合成データ） / a synthetic sample" if "sample" in release.served else ""
    facts = {
        "データセット / dataset": (release.pipeline.title.ja, release.pipeline.title.en, sample),
        **({"表 / table": (table.resource.title.ja, table.resource.title.en)} if table else {}),
        "版 / version": (release.version,),
        "アドレス / address": (f"{wanted.office.base_url.rstrip('/')}/datasets/{release.dataset}/",),
        "利用条件 / licence": (release.pipeline.license, licence.url if licence else ""),
    }
    return [[key, *told] for key, told in facts.items()]


def tell_members(wanted: Download) -> list[list[str]]:
    """Return the folder, the name and the checksum of each member of a zip."""
    return [[wanted.release.dataset, name_plain(file.path), file.sha256] for file in wanted.files]


def write_members(told: Sequence[Sequence[str]], bodies: Sequence[bytes]) -> bytes:
    """Write the zip of a release's files, in a folder, with the SHA256SUMS of these."""
    sums = "".join(f"{sha256}  {name}\n" for _, name, sha256 in told).encode()
    members = [(f"{folder}/{name}", body) for (folder, name, _), body in zip(told, bodies, strict=True)]
    return write_zip([*members, (f"{told[0][0]}/{SUMS}", sums)])


def tell_database(wanted: Download) -> dict[str, Any]:
    """Return the names and the keys of the tables of a database, and what they are."""
    tables = wanted.release.resources
    head = ["table", "column", "title_ja", "title_en", "type", "unit", "description_ja", "description_en"]
    rows = [
        [table.name, each.name, each.title.ja, each.title.en, each.type, each.unit, each.description.ja, each.description.en]
        for table in tables
        for each in table.resource.schema.fields
    ]  # fmt: skip
    facts = [["", fact[0], *[*fact[1:], "", "", "", "", "", ""][:6]] for fact in tell_facts(wanted)]
    keys = [[table.name, list(table.resource.schema.primaryKey)] for table in tables]
    return {"tables": keys, "about": [head, *rows, *facts]}


def write_database(told: Mapping[str, Any], bodies: Sequence[bytes]) -> bytes:
    """Write the database of all tables."""
    tables = [SqliteTable(name, body, key) for (name, key), body in zip(told["tables"], bodies, strict=True)]
    return write_sqlite(tables, told["about"])


FORMATS: Mapping[Kind, Format] = {
    "jsonl": Format(
        "JSON Lines", "application/jsonl", registered=False, write=lambda _, bodies: write_jsonl(bodies[0])
    ),
    "xlsx": Format(
        "Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", registered=True, euro="XLSX",
        write=lambda told, bodies: write_xlsx(bodies[0], told), tell=tell_table,
        bytes=20_000_000, rows=xlsx_write.ROWS, columns=xlsx_write.COLUMNS, cell=xlsx_write.CELL // 2,
    ),
    "geojson": Format(
        "GeoJSON", "application/geo+json", registered=True, euro="GEOJSON",
        suits=lambda table: bool(find_coordinates(table)),
        write=lambda told, bodies: write_geojson(bodies[0], *told), tell=tell_places,
    ),
    "zip": Format(
        "ZIP", "application/zip", registered=True, euro="ZIP", whole=True, bytes=100_000_000,
        write=write_members, tell=tell_members,
    ),
    "sqlite": Format(
        "SQLite", "application/vnd.sqlite3", registered=True, whole=True, columns=2000,
        write=write_database, tell=tell_database,
    ),
    "python": Format(
        "Python", "text/x-python", registered=False, whole=True, code=True, suffix="py", stem=name_module, bytes=LARGEST,
        write=lambda told, _: told.encode(), tell=lambda wanted: write_python(define(wanted.office, wanted.release)),
    ),
    "typescript": Format(
        "TypeScript", "application/typescript", registered=False, whole=True, code=True, suffix="ts", bytes=LARGEST,
        write=lambda told, _: told.encode(), tell=lambda wanted: write_typescript(define(wanted.office, wanted.release)),
    ),
}  # fmt: skip
"""Every format, by the suffix of its files."""
WHOLES: Mapping[Kind, Format] = {
    "csv": Format(
        "CSV", "text/csv", registered=True, euro="CSV", suits=lambda table: bool(table.parted), bytes=WHOLE_BYTES,
        write=lambda _, bodies: bodies[0],
    ),
    "parquet": Format(
        "Parquet", "application/vnd.apache.parquet", registered=True, euro="PARQUET",
        suits=lambda table: bool(table.parted), bytes=WHOLE_BYTES, write=lambda _, bodies: bodies[0],
    ),
}  # fmt: skip
"""The forms in which a table in parts is one file, without being asked for."""


def list_downloads(office: Office, release: Release) -> list[Download]:
    """List the files that are asked for of a current release, also those that aren't made."""
    asked: dict[Kind, Format] = {**WHOLES}
    asked |= {kind: form for kind, form in FORMATS.items() if kind in office.site.downloads}
    found = [
        Download(kind, office, release, table, find_reason(form, table))
        for table in release.resources
        for kind, form in asked.items()
        if not form.whole and form.suits(table)
    ]
    for kind, form in asked.items():
        if form.whole:
            size = sum(file.bytes for file in release.files)
            told: list[Reason] = [find_reason(form, table) for table in release.resources]
            told += ["bytes" if size > form.bytes else ""]
            found.append(Download(kind, office, release, None, next((each for each in told if each), "")))
    return found


def list_made(office: Office, release: Release) -> list[Download]:
    """List those that are made."""
    return [each for each in list_downloads(office, release) if not each.too]


def list_data(office: Office, release: Release) -> list[Download]:
    """List those that are the data in another form."""
    return [each for each in list_made(office, release) if not each.format.code]


def find_reason(form: Format, table: ReleasedResource) -> Reason:
    """Return why a table isn't written in a format."""
    if form.rows is not None and table.rows > form.rows:
        return "rows"
    if form.columns is not None and len(table.resource.schema.fields) > form.columns:
        return "columns"
    if form.cell is not None and any(each.lengths and each.lengths.most > form.cell for each in table.profile):
        return "cells"
    return "bytes" if table.csv.bytes > form.bytes else ""
