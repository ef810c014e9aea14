"""The charts of a table: those of its owner, or a choice from its schema and its profile.  Pure.

A program can't tell whether numbers may be added up (a table may contain its own totals), and a mean of unlike things
is meaningless.  So unless the owner plans it, numbers are drawn only as single values; otherwise rows are counted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from entaku.model.charts import ChartPlan
from entaku.model.grammar import Resource
from entaku.model.profile import Chart, Profile, Series
from entaku.model.table_schema import SchemaField
from entaku.model.words import Text

EDITION = 3
"""Rises with every change of what charts are counted, so that charts of before are counted again."""
TIMES = ("date", "datetime", "year", "yearmonth")
NUMBERS = ("integer", "number")
MIXING = {"measure", "indicator", "variable", "unit", "指標", "項目", "単位"}
"""Names of columns with the measure or the unit of a row's numbers, which differ from row to row."""
LATITUDES = {"latitude", "lat", "緯度"}
LONGITUDES = {"longitude", "lon", "lng", "long", "経度"}
LINES = 8
"""Distinct values up to which a column is drawn as lines."""
NAMES = 60
"""Distinct values up to which a column is ranked by counts."""


def find_mixing(fields: Iterable[SchemaField]) -> tuple[str, ...]:
    """Return the text columns with the measure or the unit of a row's numbers."""
    return tuple(
        field.name
        for field in fields
        if field.type == "string" and MIXING & {field.name, field.title.ja, field.title.en}
    )


def find_units(fields: Iterable[SchemaField]) -> tuple[str, ...]:
    """Return the text columns with the unit of a row's numbers."""
    return tuple(
        field.name for field in fields if field.type == "string" and {"unit", "単位"} & {field.name, field.title.ja}
    )


def mixes_units(plan: ChartPlan, resource: Resource) -> bool:
    """Test whether a chart would mix kinds of numbers: their column has no unit, and `where` doesn't select one."""
    fields = {field.name: field for field in resource.schema.fields}
    mixing = find_mixing(resource.schema.fields)
    bare = plan.kind != "points" and bool(plan.y) and plan.how != "count" and not fields[plan.y or ""].unit
    return bare and bool(mixing) and not set(mixing) & set(plan.where)


def list_plans(resource: Resource, profile: Sequence[Profile]) -> tuple[tuple[ChartPlan, ...], ...]:
    """Return the charts to try, in groups: of each group the first that can be drawn is shown.

    Plans with columns that the table, released earlier, doesn't have are left out.
    """
    if resource.charts is not None:
        names = {field.name for field in resource.schema.fields}
        return tuple((plan,) for plan in resource.charts if {plan.x, plan.y, plan.by, *plan.where} - {None} <= names)
    known = {column.name: column for column in profile}
    fields = [field for field in resource.schema.fields if field.name in known and known[field.name].distinct]
    return tuple(
        group for group in (tuple(_list_series(resource, fields, known)), tuple(_list_maps(fields, known))) if group
    )


def _list_series(
    resource: Resource, fields: Sequence[SchemaField], known: Mapping[str, Profile]
) -> Iterator[ChartPlan]:
    """Yield charts of single values over time or by name, else of rows counted over time or by name."""
    key = resource.schema.primaryKey
    times = [field.name for field in fields if field.type in TIMES and known[field.name].distinct > 2]
    names = [field for field in fields if field.type == "string" and _is_name(field, known[field.name], key)]
    numbers = [field.name for field in fields if field.type in NUMBERS and field.unit] if _is_pure(fields) else []
    few = [field.name for field in sorted(names, key=_by_list) if 1 < known[field.name].distinct <= LINES]
    for time in (time for time in times if time in key or not key):
        others = [name for name in key if name != time]
        if len(others) < 2:
            yield from (ChartPlan(kind="line", x=time, y=number, by=next(iter(others), None)) for number in numbers[:1])
    if len(key) == 1 and numbers:
        label = next((each.name for each in names if known[each.name].distinct == known[key[0]].distinct), key[0])
        yield ChartPlan(kind="bars", x=label, y=numbers[0])
    if find_mixing(fields) and not numbers:
        return
    yield from (ChartPlan(kind="line", x=time, by=next(iter(few), None), how="count") for time in times[:1])
    many = [name.name for name in names if 1 < known[name.name].distinct <= NAMES]
    yield from (ChartPlan(kind="bars", x=name, how="count") for name in (few or many)[:1])


def _list_maps(fields: Sequence[SchemaField], known: Mapping[str, Profile]) -> Iterator[ChartPlan]:
    degrees = [field for field in fields if field.type == "number" and known[field.name].distinct > 1]
    across = next((field.name for field in degrees if _is_called(field, LONGITUDES)), "")
    up = next((field.name for field in degrees if _is_called(field, LATITUDES)), "")
    if across and up:
        yield ChartPlan(kind="points", x=across, y=up)


def find_place(fields: Sequence[SchemaField]) -> tuple[str, ...]:
    """Return how rows are placed on the earth and the columns with that: `degrees` with longitude and latitude,
    `geopoint` or `geojson` with one column; nothing if they aren't."""
    degrees = [field for field in fields if field.type == "number"]
    across = next((field.name for field in degrees if _is_called(field, LONGITUDES)), "")
    up = next((field.name for field in degrees if _is_called(field, LATITUDES)), "")
    if across and up:
        return "degrees", across, up
    located = (field for field in fields if field.type in ("geopoint", "geojson") and field.format == "default")
    return next(((field.type, field.name) for field in located), ())


def find_english(name: str, fields: Iterable[SchemaField]) -> str | None:
    """Return the column with the English of a column, by its name: `line_en` of `line_ja` or `line`."""
    wanted = f"{name.removesuffix('_ja')}_en"
    return next((field.name for field in fields if field.name == wanted != name), None)


def _is_called(field: SchemaField, names: set[str]) -> bool:
    return bool(names & {field.name.lower(), field.title.ja, field.title.en.lower()})


def is_degree(field: SchemaField) -> bool:
    """Test whether the column is a latitude or a longitude."""
    return field.type == "number" and _is_called(field, LATITUDES | LONGITUDES)


def _is_pure(fields: Iterable[SchemaField]) -> bool:
    return not any(is_degree(field) for field in fields)


def _is_name(field: SchemaField, column: Profile, key: Sequence[str]) -> bool:
    """Test whether a text column names things: no code, no sparse note, not one value per row."""
    coded = field.name.lower().split("_")[-1] in ("id", "code", "number", "no", "url", "ids", "codes")
    told = column.nulls * 2 <= column.rows
    return told and not coded and (column.distinct * 2 <= column.rows or field.name in key or field.constraints.unique)


def _by_list(field: SchemaField) -> bool:
    """Return a sort key that puts columns with an `enum` first."""
    return not field.constraints.enum


def show_chart(chart: Chart) -> dict[str, Any]:
    """Convert a chart to JSON values; properties that its kind of chart can't have are left out."""
    shown: dict[str, Any] = {"kind": chart.kind, "x": chart.x, "y": chart.y, "by": chart.by, "how": chart.how}
    shown |= {"step": chart.step, "unit": chart.unit, "where": dict(chart.where)}
    shown |= {"title": chart.title.ja, "title@en": chart.title.en}
    shown = {key: value for key, value in shown.items() if value}
    if chart.kind == "points":
        return {**shown, "points": [list(point) for point in chart.points]}
    series = [{"name": one.name, "values": list(one.values)} for one in chart.series]
    more = {"cut": list(chart.cut), "english": dict(chart.english)}
    return {**shown, "marks": list(chart.marks), "series": series, "left": chart.left, **more}


def read_chart(shown: Mapping[str, Any]) -> Chart:
    """Convert the result of `show_chart` to a Chart.  Raises KeyError or TypeError for anything else."""
    return Chart(
        kind=shown["kind"],
        x=shown["x"],
        y=shown.get("y", ""),
        by=shown.get("by", ""),
        how=shown["how"],
        step=shown.get("step", ""),
        unit=shown.get("unit", ""),
        where=shown.get("where", {}),
        title=Text(ja=shown.get("title", ""), en=shown.get("title@en", "")),
        marks=tuple(shown.get("marks", ())),
        series=tuple(Series(one["name"], tuple(one["values"])) for one in shown.get("series", ())),
        left=shown.get("left", 0),
        points=tuple((x, y, count) for x, y, count in shown.get("points", ())),
        cut=tuple(shown.get("cut", ())),
        english=shown.get("english", {}),
    )
