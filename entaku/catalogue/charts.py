"""The charts of a table: those of its owner, or a choice from its schema and its profile.  Pure.

Unless the owner plans them, numbers are drawn as single values, or added up where their unit is that of things that are
counted, the key is complete and no row is the total of others (`charts_sums`); never over time, and there is no mean of
unlike things.  Otherwise it is drawn how they are distributed, or rows are counted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from entaku.catalogue.charts_sums import is_additive, is_complete
from entaku.model.charts import ChartPlan
from entaku.model.grammar import Resource
from entaku.model.profile import Chart, Profile, Series, list_constant
from entaku.model.table_schema import SchemaField
from entaku.model.words import Text

EDITION = 8
"""Rises with every change of what charts are counted, so that charts of before are counted again."""
WHOLES = {"計", "合計", "総数", "総計", "Total"}
"""What headings call the column that is the sum of others."""
TIMES = ("date", "datetime", "year", "yearmonth")
NUMBERS = ("integer", "number")
PLACES = ("geopoint", "geojson")
MIXING = {"measure", "indicator", "variable", "unit", "指標", "項目", "単位"}
"""Names of columns with the measure or the unit of a row's numbers, which differ from row to row."""
LATITUDES = {"latitude", "lat", "緯度"}
LONGITUDES = {"longitude", "lon", "lng", "long", "経度"}
DEGREES = ("latitude", "longitude")
"""Formats of degrees."""
LINES = 8
"""Distinct values up to which a column is drawn as lines."""
NAMES = 60
"""Distinct values up to which a column is ranked by counts."""
SPREAD = 20
"""Distinct values from which the distribution of a column is drawn."""


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
    bare = (
        plan.kind not in ("points", "spread") and bool(plan.y) and plan.how != "count" and not fields[plan.y or ""].unit
    )
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
    table = _Table(resource, fields, known)
    located = [field for field in resource.schema.fields if field.name in known]
    series, maps = table.list_series(), _list_maps(located, known)
    first = (series, maps) if table.times else (maps, series)  # a list of facilities is first of all where they are
    groups = *first, table.list_parts(), table.list_spreads()
    return tuple(group for group in map(tuple, groups) if group)


class _Table:
    """A table without charts of its owner: its columns by what they can be in a chart."""

    def __init__(self, resource: Resource, fields: Sequence[SchemaField], known: Mapping[str, Profile]) -> None:
        self.fields, self.known = fields, known
        self.key = [name for name in resource.schema.primaryKey if name not in list_constant(known.values())]
        self.names = [
            field for field in fields if field.type == "string" and _is_name(field, known[field.name], self.key)
        ]
        pure = not any(is_degree(field) for field in fields)
        self.numbers = (
            _put_whole_first([field for field in fields if field.type in NUMBERS and field.unit]) if pure else []
        )
        self.texts = [field.name for field in fields if field.type == "string" and not known[field.name].nulls]
        few = [field.name for field in sorted(self.names, key=_by_list)]
        self.few = [name for name in few if 1 < known[name].distinct <= LINES]
        self.times = [field.name for field in fields if field.type in TIMES and known[field.name].distinct > 2]
        self.time = next((name for name in self.times if name in self.key), "")
        self.rest = [name for name in self.key if name != self.time]
        dated = [field.name for field in fields if field.type in TIMES and field.name in self.rest]
        summed = not dated and not find_mixing(fields) and is_complete(resource, known)
        self.sums = (
            _put_whole_first([field for field in fields if field.name in self.numbers and is_additive(field)])
            if summed
            else []
        )

    def list_series(self) -> Iterator[ChartPlan]:
        """Yield charts of values or sums over time or by name, else of rows counted over time or by name."""
        known, key, numbers = self.known, self.key, self.numbers
        for time in (time for time in self.times if time in key or not key):
            others = [self._label(name) for name in key if name != time]
            if len(others) < 2:
                yield from (
                    ChartPlan(kind="line", x=time, y=number, by=next(iter(others), None)) for number in numbers[:1]
                )
        if self.time:
            by = self._split()
            yield from (ChartPlan(kind="line", x=self.time, y=number, by=by, how="sum") for number in self.sums[:1])
        elif len(self.rest) > 1 or self._split():
            yield from self._list_wholes()
        if len(key) == 1 and numbers:
            label = next(
                (each.name for each in self.names if known[each.name].distinct == known[key[0]].distinct),
                self._label(key[0]),
            )
            if not _is_coded(label):
                yield ChartPlan(kind="bars", x=label, y=numbers[0])
        if find_mixing(self.fields) and not numbers:
            return
        yield from (
            ChartPlan(kind="line", x=time, by=next(iter(self.few), None), how="count") for time in self.times[:1]
        )
        many = [name.name for name in self.names if 1 < known[name.name].distinct <= NAMES]
        yield from (ChartPlan(kind="bars", x=name, how="count") for name in (self.few or many)[:1])

    def list_parts(self) -> Iterator[ChartPlan]:
        """Yield the parts of the whole at the last time of a table that has several, or by a kind of its things."""
        last = self.known[self.time].most if self.time else None
        if last is not None and len(str(last)) <= len("2026-11-30"):
            wholes = (plan for plan in self._list_wholes() if self.known[plan.x].distinct > 2)
            yield from (replace(plan, where={self.time: last}) for plan in wholes)
        elif len(self.key) == 1 and not self.times and not self._split():
            yield from (
                ChartPlan(kind="parts", x=name, y=self.sums[0], how="sum") for name in self.few[:1] if self.sums
            )

    def list_spreads(self) -> Iterator[ChartPlan]:
        """Yield the distribution of numbers that measure something, each row for itself."""
        for field in self.fields:
            column = self.known[field.name]
            measured = field.type == "number" or (field.type == "integer" and bool(field.unit))
            if not measured or field.name in self.key or is_degree(field) or find_mixing(self.fields):
                continue
            if column.distinct >= SPREAD and not _is_coded(field):
                yield ChartPlan(kind="spread", x=field.name, how="count")
                return

    def _list_wholes(self) -> Iterator[ChartPlan]:
        """Yield sums by a column of the key: parts of a whole if they are few, else a ranking."""
        for number in self.sums[:1]:
            if by := self._split():
                yield ChartPlan(kind="parts", x=by, y=number, how="sum")
            elif named := [name for name in map(self._label, self.rest) if self._is_text(name)]:
                yield ChartPlan(kind="bars", x=named[0], y=number, how="sum")

    def _split(self) -> str | None:
        """Return the column that divides a sum into few parts: of the key, or the name of one that is."""
        labels = [self._label(name) for name in self.rest]
        fit = [name for name in labels if self._is_text(name) and 1 < self.known[name].distinct <= LINES]
        return min(fit, key=lambda name: self.known[name].distinct, default=None)

    def _is_text(self, name: str) -> bool:
        return any(field.name == name and field.type == "string" for field in self.fields)

    def _label(self, name: str) -> str:
        """Return the column with the names of a column of codes: `ward` of `ward_code`."""
        stem = name.rpartition("_")[0]
        if not stem or not _is_coded(name):
            return name
        named = (each for each in self.texts if each in (stem, f"{stem}_name", f"{stem}_ja", f"{stem}_name_ja"))
        return next((each for each in named if self.known[each].distinct == self.known[name].distinct), name)


def _list_maps(fields: Sequence[SchemaField], known: Mapping[str, Profile]) -> Iterator[ChartPlan]:
    """Yield the map of where the rows are: of degrees that differ, or of places."""
    place = find_place(fields)
    if place and (place[0] != "degrees" or all(known[name].distinct > 1 for name in place[1:])):
        yield ChartPlan(kind="points", x=place[1], y=next(iter(place[2:]), None))


def find_place(fields: Sequence[SchemaField]) -> tuple[str, ...]:
    """Return how rows are placed on the earth and the columns with that: `degrees` with longitude and latitude,
    `geopoint` or `geojson` with one column; nothing if they aren't."""
    degrees = [field for field in fields if field.type == "number"]
    across = next((field.name for field in degrees if field.format == "longitude" or _is_called(field, LONGITUDES)), "")
    up = next((field.name for field in degrees if field.format == "latitude" or _is_called(field, LATITUDES)), "")
    if across and up:
        return "degrees", across, up
    located = (field for field in fields if field.type in PLACES and field.format == "default")
    return next(((field.type, field.name) for field in located), ())


def find_english(name: str, fields: Iterable[SchemaField]) -> str | None:
    """Return the column with the English of a column, by its name: `line_en` of `line_ja` or `line`."""
    wanted = f"{name.removesuffix('_ja')}_en"
    return next((field.name for field in fields if field.name == wanted != name), None)


def _is_called(field: SchemaField, names: set[str]) -> bool:
    """Test whether a column has one of these names or titles, or such a one below the heading of a group: 位置_緯度."""
    called = {field.name.lower(), field.title.ja, field.title.en.lower()}
    return bool(names & (called | {name.rpartition("_")[2] for name in called}))


def is_degree(field: SchemaField) -> bool:
    """Test whether the column is a latitude or a longitude."""
    return field.type == "number" and (field.format in DEGREES or _is_called(field, LATITUDES | LONGITUDES))


def _put_whole_first(fields: Sequence[SchemaField]) -> list[str]:
    """Return the names of columns of numbers, the total of the first before it: 合計_児童数 before 1年_児童数."""
    names = [field.name for field in fields]
    whole = next((field.name for field in fields[1:] if _is_whole_of(fields[0], field)), None)
    return names if whole is None else [whole, *(name for name in names if name != whole)]


def _is_whole_of(part: SchemaField, whole: SchemaField) -> bool:
    """Test whether two headings are the same but for one word, which is that of a total."""
    if part.unit != whole.unit:
        return False
    pairs = (
        zip(mine.split(join), its.split(join), strict=True)
        for mine, its, join in ((part.title.ja, whole.title.ja, "_"), (part.title.en, whole.title.en, ", "))
        if mine.count(join) == its.count(join)
    )
    return any([its in WHOLES for mine, its in pair if mine != its] == [True] for pair in pairs)


def _is_coded(field: SchemaField | str) -> bool:
    name = field if isinstance(field, str) else field.name
    return name.lower().split("_")[-1] in ("id", "code", "number", "no", "url", "ids", "codes")


def _is_name(field: SchemaField, column: Profile, key: Sequence[str]) -> bool:
    """Test whether a text column names things: no code, no sparse note, not one value per row."""
    told = column.nulls * 2 <= column.rows
    return (
        told
        and not _is_coded(field)
        and (column.distinct * 2 <= column.rows or field.name in key or field.constraints.unique)
    )


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
    return {**shown, "marks": list(chart.marks), "series": series, "left": chart.left, "rest": chart.rest, **more}


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
        rest=shown.get("rest", 0),
        points=tuple((x, y, count) for x, y, count in shown.get("points", ())),
        cut=tuple(shown.get("cut", ())),
        english=shown.get("english", {}),
    )
