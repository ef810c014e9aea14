"""Tables, their files and tidying steps as templates see them.  Pure."""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from entaku.catalogue import charts, places
from entaku.model.files import File, name_excel, name_follow_list
from entaku.model.grammar import Office, Resource, Step
from entaku.model.nouns import Release, ReleasedResource
from entaku.model.profile import list_constant, list_zoned
from entaku.model.view import TIMES, find_order, list_shown
from entaku.site import maps
from entaku.site.charts import show_chart
from entaku.site.charts_views import ChartView
from entaku.site.columns import FieldView, show_fields, show_scalar
from entaku.site.downloads import DownloadView, show_downloads
from entaku.site.errata import ErratumView, mark_cells, show_errata
from entaku.site.following import FollowView, show_followed
from entaku.site.pages import name_charts
from entaku.site.use import Snippet, is_usual, name_in_sql, write_query, write_snippets
from entaku.site.use_parts import write_part_snippets
from entaku.site.views import Later
from entaku.site.words import Words
from entaku.table import steps as kinds

PREVIEW_ROWS, PREVIEW_CELL = 10, 60
PREVIEW_CELLS = 160
"""Number of cells of a preview: wide tables show fewer rows, to keep pages small."""
STEP_DETAIL = 240
"""Number of characters of a step's options that are shown."""


@dataclass(frozen=True, slots=True)
class FileView:
    """A file to download, for `file(path)`."""

    name: str
    path: str
    bytes: int
    sha256: str
    """"" for a CSV made for Excel."""


@dataclass(frozen=True, slots=True)
class StepView:
    """A tidying step."""

    name: str
    """The step's name in the YAML."""
    title: str
    """Its title; the name again without one."""
    detail: str
    """Its options, shortened."""


@dataclass(frozen=True, slots=True)
class OrderView:
    """The column by which rows are shown."""

    name: str
    title: str
    down: bool
    """Whether the greatest comes first."""
    newest: bool
    """Whether that is the newest."""


@dataclass(frozen=True, kw_only=True)
class TableView:
    """A table, released or (without files, rows and preview) only planned."""

    name: str
    title: str
    description: str
    rows: int
    csv: FileView | None
    parquet: FileView | None
    excel: FileView | None
    """The CSV for Excel; None where it is too large."""
    places: FileView | None
    """The place file; None for a release that was made before there were such."""
    fields: Later[tuple[FieldView, ...]] = Later()
    columns: Later[tuple[FieldView, ...]] = Later()
    """The columns that are shown at first, in order."""
    others: Later[tuple[FieldView, ...]] = Later()
    """The other columns."""
    order: "OrderView | None" = None
    """The order of its rows; None for that of the file."""
    preview: Later[tuple[tuple[str, ...], ...]] = Later()
    """The first rows of the columns that are shown, long cells cut."""
    steps: Later[tuple[StepView, ...]] = Later()
    sql_name: str
    """Its name in SQL without quotes; "" before a release."""
    sql_query: Later[str] = Later()
    """An example query."""
    snippets: Later[tuple[Snippet, ...]] = Later()
    """Code that loads this version."""
    latest: Later[tuple[Snippet, ...]] = Later()
    """Code that always loads the newest."""
    path: str
    """Path of the page with its full view: its own (`datasets/x/tables/y/`) where its dataset has several tables."""
    charts: Later[tuple[ChartView, ...]] = Later()
    errata: Later[tuple[ErratumView, ...]] = Later()
    """What is known to be wrong in its source."""
    wrong: Later[Mapping[tuple[int, str], str]] = Later()
    """Of the preview's cells those that are wrong in the source, by row (from 1) and column: the name of the erratum."""
    errata_file: "FileView | None" = None
    """The file that lists them; None without any."""
    key: tuple[str, ...] = ()
    """The columns that tell its records apart."""
    place: tuple[str, ...] = ()
    """How its rows are placed on the earth: `degrees`, `geopoint` or `geojson`, and the columns with that."""
    days: tuple[str, ...] = ()
    """The columns of days and moments."""
    downloads: tuple[DownloadView, ...] = ()
    """Further formats, on the pages of the current version."""
    follow: tuple[FollowView, ...] = ()
    """The columns whose values can be followed, on the same pages."""
    listed: FileView | None = None
    """The list of its parts, where its files are parts; then `csv` and `parquet` are there up to a size, as long as it is
    current."""
    follow_list: str = ""
    """The path of the list of these values; "" for none."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of a release's files."""

    pinned: str
    """Of this version, where they never change."""
    latest: str
    """Of the newest, whichever that is; "" where it isn't offered."""
    own: str
    """The path of the dataset's folder, which has what is current."""


def show_table(
    table: ReleasedResource, path: str, folder: str, addresses: Addresses, words: Words
) -> TableView:  # fmt: skip
    """Return the view of a published table: page at `path`, files in `folder`, snippets with these URLs."""
    resource = table.resource
    return TableView(
        name=resource.name,
        title=resource.title.get(words.lang),
        description=resource.description.get(words.lang).strip(),
        rows=table.rows,
        csv=show_data(table, table.csv, folder, addresses),
        parquet=show_data(table, table.parquet, folder, addresses),
        listed=show_file(table.parted.listed, folder) if table.parted else None,
        excel=show_excel(table, folder),
        places=show_file(table.places, folder) if table.places else None,
        fields=partial(show_fields, resource, table.profile, words),
        columns=partial(show_shown, table, words),
        others=partial(show_others, table, words),
        order=show_order(table, words),
        preview=partial(cut_preview, table, words),
        steps=partial(show_steps, resource, words),
        sql_name=name_in_sql(table.name),
        sql_query=partial(write_query, resource),
        snippets=partial(
            write_part_snippets if table.parted else write_snippets,
            addresses.pinned,
            resource,
            list_zoned(table.profile),
        ),
        latest=partial(write_snippets, addresses.latest, resource, list_zoned(table.profile), lasting=False)
        if addresses.latest and not table.parted
        else (),
        path=path,
        charts=partial(show_charts, table, words),
        errata=partial(show_errata, table, folder, words),
        wrong=partial(mark_cells, table),
        errata_file=show_file(table.errata.file, folder) if table.errata else None,
        key=resource.schema.primaryKey,
        place=charts.find_place(resource.schema.fields),
        days=tuple(
            each.name for each in resource.schema.fields if each.type in ("date", "datetime") and is_usual(each)
        ),
    )


def add_downloads(
    shown: Iterable[TableView], office: Office, release: Release, words: Words
) -> tuple[TableView, ...]:  # fmt: skip
    """Return the views of the tables of a current release with their further formats and what can be followed."""
    pairs = zip(shown, release.resources, strict=True)
    return tuple(
        replace(
            view,
            # the version's, beside the manifest.json of the source files that it names
            places=show_file(table.places, places.place_release(release)) if table.places else None,
            downloads=show_downloads(office, release, table, words),
            follow=show_followed(release, table, words),
            follow_list=f"datasets/{release.dataset}/{name_follow_list(table.name)}" if table.followed else "",
        )
        for view, table in pairs
    )


def show_charts(table: ReleasedResource, words: Words) -> tuple[ChartView, ...]:
    """Return the charts of a table, each with its name."""
    named = zip(name_charts(table), table.charts, strict=True)
    shown = [replace(show_chart(chart, table.resource, words), name=name) for name, chart in named]
    choices = maps.list_choices(table.resource.schema.fields, table.profile)
    return tuple(
        replace(each, play={**each.play, "by": choices}) if each.kind == "points" and choices else each
        for each in shown
    )


def show_order(table: ReleasedResource, words: Words) -> OrderView | None:
    """Return the order in which the rows of a table are shown first."""
    schema, same = table.resource.schema, list_constant(table.profile)
    name, down = find_order(schema.fields, schema.primaryKey, table.resource.view, same)
    field = next((field for field in schema.fields if field.name == name), None)
    if field is None:
        return None
    return OrderView(name, field.title.get(words.lang) or name, down, down and field.type in TIMES)


def name_shown(table: ReleasedResource, words: Words) -> tuple[str, ...]:
    """Return the names of the columns that are shown at first."""
    empty = {profile.name for profile in table.profile if profile.rows and not profile.distinct}
    schema, same = table.resource.schema, list_constant(table.profile)
    key = [name for name in schema.primaryKey if name not in same]
    return list_shown(schema.fields, table.resource.view, words.lang, empty, key)


def show_shown(table: ReleasedResource, words: Words) -> tuple[FieldView, ...]:
    """Return the columns that are shown at first, in order."""
    by_name = {field.name: field for field in show_fields(table.resource, table.profile, words)}
    return tuple(by_name[name] for name in name_shown(table, words))


def show_others(table: ReleasedResource, words: Words) -> tuple[FieldView, ...]:
    """Return the other columns, as the schema orders them."""
    shown = name_shown(table, words)
    fields = show_fields(table.resource, table.profile, words)
    return tuple(field for field in fields if field.name not in shown)


def cut_preview(table: ReleasedResource, words: Words) -> tuple[tuple[str, ...], ...]:
    """Return the first rows of the columns that are shown, with long cells cut; fewer rows of a wide table."""
    columns, names = show_shown(table, words), [field.name for field in table.resource.schema.fields]
    places = [(names.index(column.name), column.grouped) for column in columns]
    rows = max(3, min(PREVIEW_ROWS, PREVIEW_CELLS // len(columns)))
    return tuple(
        tuple([group_digits(row[n]) if grouped else cut_cell(row[n]) for n, grouped in places])
        for row in table.preview[:rows]
    )


def group_digits(text: str) -> str:
    """Return a number as text with thousands separators."""
    whole, dot, rest = text.partition(".")
    return re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", whole) + dot + rest if "e" not in text.lower() else text


def cut_cell(text: str) -> str:
    """Return a cell on one line, cut to PREVIEW_CELL characters."""
    if len(text) <= PREVIEW_CELL and "\n" not in text:
        return text
    line = " ".join(text.split("\n"))
    return line if len(line) <= PREVIEW_CELL else line[:PREVIEW_CELL] + "…"


def promise_table(resource: Resource, path: str, words: Words) -> TableView:
    """Return the view of a table that has no release: its description, columns and steps."""
    return TableView(
        name=resource.name,
        title=resource.title.get(words.lang),
        description=resource.description.get(words.lang).strip(),
        rows=0,
        csv=None,
        parquet=None,
        excel=None,
        places=None,
        fields=partial(show_fields, resource, (), words),
        columns=(),
        others=(),
        preview=(),
        steps=partial(show_steps, resource, words),
        sql_name="",
        sql_query="",
        snippets=(),
        latest=(),
        path=path,
        charts=(),
        errata=(),
        wrong={},
    )


def show_file(file: File, folder: str) -> FileView:
    """Return the view of a file in `folder` ("datasets/x/")."""
    return FileView(name=file.path, path=folder + file.path, bytes=file.bytes, sha256=file.sha256)


def show_data(table: ReleasedResource, file: File, folder: str, addresses: Addresses) -> FileView | None:
    """Return the view of the CSV or the Parquet of a table; of one in parts that which the site has while it is current,
    None without one."""
    if table.parted is None:
        return show_file(file, folder)
    if table.parted.whole is None:
        return None
    return show_file(table.csv if file is table.csv else table.parted.whole, addresses.own)


def show_excel(table: ReleasedResource, folder: str) -> FileView | None:
    """Return the view of the CSV for Excel, or None if the site doesn't offer it."""
    if not places.offers_excel(table):
        return None
    name = name_excel(table.name)
    return FileView(name=name, path=folder + name, bytes=table.csv.bytes + len(places.BOM), sha256="")


# ---- steps ----------------------------------------------------------------------------------------------------------


def show_steps(resource: Resource, words: Words) -> tuple[StepView, ...]:
    """Return the tidying steps of a table."""
    return tuple(
        show_step(name, options, words) for name, options in kinds.conceal_steps(map(read_step, resource.tidy))
    )


def show_step(name: str, options: object, words: Words) -> StepView:
    """Return the view of a tidying step."""
    title = words.say(f"step_{name}") if f"step_{name}" in words else name
    return StepView(name=name, title=title, detail=cut_detail(show_options(options)))


def read_step(step: object) -> tuple[str, object]:
    """Return a step's name and options; None for no options."""
    if isinstance(step, Step):
        return step.name, step.options
    if isinstance(step, Mapping) and len(step) == 1:
        [(name, options)] = step.items()
        return str(name), options
    return (step, None) if isinstance(step, str) else ("", step)


def show_options(options: object) -> str:
    """Format a step's options on one line: `a → b, c`; empty and default values are left out."""
    if dataclasses.is_dataclass(options) and not isinstance(options, type):
        given = {
            item.name.rstrip("_"): getattr(options, item.name)
            for item in dataclasses.fields(options)
            if getattr(options, item.name) not in (item.default, None, "", (), {}, False)
        }
        return "; ".join(f"{name}: {show_options(value)}" for name, value in given.items())
    if isinstance(options, Mapping):
        pairs = [(str(key), show_options(value)) for key, value in options.items()]
        return ", ".join(f"{key or '“”'} → {value or '“”'}" for key, value in pairs)
    if isinstance(options, Sequence) and not isinstance(options, str):
        return ", ".join(show_options(item) for item in options)
    return "" if options is None else show_scalar(options)


def cut_detail(text: str) -> str:
    """Return a text on one line, cut to STEP_DETAIL characters."""
    line = " ".join(text.split())
    return line if len(line) <= STEP_DETAIL else line[:STEP_DETAIL] + "…"
