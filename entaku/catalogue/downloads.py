"""Further forms of the current data, made where `catalogue.yaml` asks for them (`site.downloads`): a row of FORMATS each.

They are files of the site and not of a release: they hold what its Parquet files hold, and their addresses, like
`datasets/<dataset>/<table>.csv`, always have what is current.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from entaku.catalogue.facets import mark_sample
from entaku.formats import xlsx_write
from entaku.formats.rows_out import write_jsonl
from entaku.formats.xlsx_write import write_xlsx
from entaku.model.brand import DownloadKind
from entaku.model.files import File
from entaku.model.grammar import Office
from entaku.model.nouns import Release, ReleasedResource
from entaku.model.words import Text

Reason = Literal["", "rows", "columns", "cells", "bytes"]
"""Why a file isn't made: what there is too much of."""


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
    euro: str = ""
    """Its name in the EU's list of file types, if it has one."""
    bytes: int = 50_000_000
    """Size of the CSV above which it isn't made."""
    rows: int | None = None
    columns: int | None = None
    cell: int | None = None
    """Most characters of a text, each of which may count for two."""


@dataclass(frozen=True)
class Download:
    """A file in one of the formats, or why there is none."""

    kind: DownloadKind
    office: Office
    release: Release
    table: ReleasedResource
    too: Reason = ""

    @property
    def format(self) -> Format:
        """Return its row of the table."""
        return FORMATS[self.kind]

    @property
    def name(self) -> str:
        """Return its name."""
        return f"{self.table.name}.{self.kind}"

    @property
    def path(self) -> str:
        """Return its path in the site."""
        return f"datasets/{self.release.dataset}/{self.name}"

    @property
    def title(self) -> Text:
        """Return what it is called: its table and its format."""
        title, label = mark_sample(self.table.resource.title, "sample" in self.release.served), self.format.label
        return Text(ja=title.ja and f"{title.ja}（{label}）", en=title.en and f"{title.en} ({label})")

    @property
    def description(self) -> Text:
        """Return the words of its owner on it."""
        return self.table.resource.description

    @property
    def files(self) -> tuple[File, ...]:
        """List the files of the release of which it is made."""
        return (self.table.parquet,)


def tell_table(wanted: Download) -> list[list[str]]:
    """Return the sheet that tells what a table is, in both languages."""
    release, resource = wanted.release, wanted.table.resource
    licence = wanted.office.licenses.get(release.pipeline.license)
    head = ["列 / column", "題名", "title", "型 / type", "単位 / unit", "説明", "description"]
    rows = [
        [each.name, each.title.ja, each.title.en, each.type, each.unit, each.description.ja, each.description.en]
        for each in resource.schema.fields
    ]
    sample = "見本（合成データ） / a synthetic sample" if "sample" in release.served else ""
    facts = {
        "データセット / dataset": (release.pipeline.title.ja, release.pipeline.title.en, sample),
        "表 / table": (resource.title.ja, resource.title.en),
        "版 / version": (release.version,),
        "アドレス / address": (f"{wanted.office.base_url.rstrip('/')}/datasets/{release.dataset}/",),
        "利用条件 / licence": (release.pipeline.license, licence.url if licence else ""),
    }
    return [head, *rows, [], *([key, *told] for key, told in facts.items())]


FORMATS: Mapping[DownloadKind, Format] = {
    "jsonl": Format(
        "JSON Lines", "application/jsonl", registered=False, write=lambda _, bodies: write_jsonl(bodies[0])
    ),
    "xlsx": Format(
        "Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", registered=True, euro="XLSX",
        write=lambda told, bodies: write_xlsx(bodies[0], told), tell=tell_table,
        bytes=20_000_000, rows=xlsx_write.ROWS, columns=xlsx_write.COLUMNS, cell=xlsx_write.CELL // 2,
    ),
}  # fmt: skip
"""Every format, by the suffix of its files."""


def list_downloads(office: Office, release: Release) -> list[Download]:
    """List the files that are asked for of a current release, also those that aren't made."""
    return [
        Download(kind, office, release, table, find_reason(FORMATS[kind], table))
        for table in release.resources
        for kind in FORMATS
        if kind in office.site.downloads
    ]


def list_made(office: Office, release: Release) -> list[Download]:
    """List those that are made."""
    return [each for each in list_downloads(office, release) if not each.too]


def find_reason(form: Format, table: ReleasedResource) -> Reason:
    """Return why a table isn't written in a format."""
    if form.rows is not None and table.rows > form.rows:
        return "rows"
    if form.columns is not None and len(table.resource.schema.fields) > form.columns:
        return "columns"
    if form.cell is not None and any(each.lengths and each.lengths.most > form.cell for each in table.profile):
        return "cells"
    return "bytes" if table.csv.bytes > form.bytes else ""
