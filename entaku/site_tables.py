"""Tables, columns, constraints and tidying steps as the views that templates see.  Pure."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from entaku.facets_columns import place_column
from entaku.facets_files import BOM, name_excel, offers_excel
from entaku.grammar import Constraints, Resource, SchemaField, Step
from entaku.model import File, ReleasedResource
from entaku.site_charts import show_chart
from entaku.site_contents import show_content
from entaku.site_snippets import NUMERIC, name_in_sql, write_query, write_snippets
from entaku.site_views import FieldView, FileView, StepView, TableView
from entaku.site_words import Words

PREVIEW_ROWS, PREVIEW_CELL = 10, 60
PREVIEW_CELLS = 160
"""Where a table is wide, fewer rows: pages stay light."""
CONSTRAINTS = tuple(item.name for item in dataclasses.fields(Constraints))
STEP_DETAIL = 240
"""Characters of a step's options that are shown."""


def show_table(table: ReleasedResource, folder: str, address: str, words: Words) -> TableView:
    """A published table, its files in `folder`, also known as the URL `address`."""
    promised = promise_table(table.resource, words)
    rows = max(3, min(PREVIEW_ROWS, PREVIEW_CELLS // len(table.resource.schema.fields)))
    cut = tuple(tuple(cut_cell(cell) for cell in row) for row in table.preview[:rows])
    return dataclasses.replace(
        promised,
        rows=table.rows,
        csv=show_file(table.csv, folder),
        parquet=show_file(table.parquet, folder),
        excel=show_excel(table, folder),
        preview=cut,
        sql_name=name_in_sql(table.name),
        sql_query=write_query(table.resource),
        snippets=write_snippets(address + table.csv.path.removesuffix(".csv"), table.resource),
    )


def show_contents(view: TableView, table: ReleasedResource, words: Words) -> TableView:
    """`view` with what is in the columns of the table, and its charts."""
    contents = {profile.name: show_content(profile, words) for profile in table.profile}
    return dataclasses.replace(
        view,
        fields=tuple(dataclasses.replace(field, content=contents.get(field.name)) for field in view.fields),
        charts=tuple(show_chart(chart, table.resource, words) for chart in table.charts),
    )


def place_table(dataset: str, resources: Sequence[str], name: str) -> str:
    """The page that tells all of the table `name`: its dataset's own, or where that has several tables one for each,
    because pages stay light."""
    return f"datasets/{dataset}/" if len(resources) == 1 else f"datasets/{dataset}/tables/{name}/"


def promise_table(resource: Resource, words: Words) -> TableView:
    """A table of which nothing is published yet: its meaning, columns and steps."""
    return TableView(
        name=resource.name,
        title=resource.title.get(words.lang),
        description=resource.description.get(words.lang).strip(),
        rows=0,
        csv=None,
        parquet=None,
        excel=None,
        fields=tuple(show_field(field, resource.schema.primaryKey, words) for field in resource.schema.fields),
        preview=(),
        steps=tuple(show_step(step, words) for step in resource.tidy),
        sql_name="",
        sql_query="",
        snippets=(),
    )


def cut_cell(text: str) -> str:
    """A cell on one line, at most PREVIEW_CELL characters."""
    line = " ".join(text.split("\n"))
    return line if len(line) <= PREVIEW_CELL else line[:PREVIEW_CELL] + "…"


def show_field(field: SchemaField, key: Sequence[str], words: Words) -> FieldView:
    """A column in words."""
    return FieldView(
        name=field.name,
        title=field.title.get(words.lang),
        type=words.say(f"type_{field.type}"),
        unit=field.unit,
        description=field.description.get(words.lang),
        constraints=tuple(show_constraints(field.constraints, words)),
        numeric=field.type in NUMERIC,
        key=field.name in key,
        path=place_column(field.name),
    )


def show_constraints(constraints: Constraints, words: Words) -> Iterable[str]:
    """Each constraint in words; long lists cut."""
    for name in CONSTRAINTS:
        value = getattr(constraints, name)
        if value is None or value is False:
            continue
        if value is True:
            yield words.say(f"constraint_{name}")
        elif isinstance(value, tuple) and value:
            listed = ", ".join(show_scalar(choice) for choice in value[:12]) + (" …" if len(value) > 12 else "")
            yield words.say(f"constraint_{name}", value=listed)
        elif value not in ("", ()):
            yield words.say(f"constraint_{name}", value=str(value))


def show_scalar(value: object) -> str:
    """A YAML value as text."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def show_step(step: Step | Mapping[str, Any] | str | Any, words: Words) -> StepView:
    """A tidying step in words, whether parsed (`Step`) or still the YAML's value."""
    name, options = read_step(step)
    title = words.say(f"step_{name}") if f"step_{name}" in words else name
    return StepView(name=name, title=title, detail=cut_detail(show_options(options)))


def read_step(step: object) -> tuple[str, object]:
    """Name and options, the latter None where there are none."""
    if isinstance(step, Step):
        return step.name, step.options
    if isinstance(step, Mapping) and len(step) == 1:
        [(name, options)] = step.items()
        return str(name), options
    return (step, None) if isinstance(step, str) else ("", step)


def show_options(options: object) -> str:
    """A step's options on one line: `a → b, c`; what is empty or default is left out."""
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
    """On one line, at most STEP_DETAIL characters."""
    line = " ".join(text.split())
    return line if len(line) <= STEP_DETAIL else line[:STEP_DETAIL] + "…"


def show_file(file: File, folder: str) -> FileView:
    """One file, where `folder` ("datasets/x/") shows it."""
    return FileView(name=file.path, path=folder + file.path, bytes=file.bytes, sha256=file.sha256)


def show_excel(table: ReleasedResource, folder: str) -> FileView | None:
    """The table's CSV for Excel, if the site offers it."""
    if not offers_excel(table):
        return None
    name = name_excel(table.csv.path)
    return FileView(name=name, path=folder + name, bytes=table.csv.bytes + len(BOM), sha256="")
