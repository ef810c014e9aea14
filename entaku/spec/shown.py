"""Columns that an owner names outside of schemas: in `charts`, `view` and `anomalies`."""

from collections.abc import Iterator

from entaku.catalogue import charts
from entaku.model.charts import ChartPlan
from entaku.model.grammar import Pipeline, Resource
from entaku.model.hints import hint
from entaku.model.nouns import Finding, Place
from entaku.model.parts import EACH
from entaku.spec.yaml import Document, Path


def check_charts(resource: Resource, document: Document, path: Path) -> Iterator[Finding]:
    """Yield findings about the charts of the resource at `path`."""
    for n, plan in enumerate(resource.charts or ()):
        yield from _check_plan(plan, resource, document, (*path, "charts", n))


def _check_plan(plan: ChartPlan, resource: Resource, document: Document, path: Path) -> Iterator[Finding]:
    types = {field.name: field.type for field in resource.schema.fields}
    named = {"x": plan.x, "y": plan.y or "", "by": plan.by or ""}
    wanted: dict[str, tuple[str, ...]] = {"x": charts.TIMES if plan.kind == "line" else (), "y": charts.NUMBERS}
    placed = plan.kind == "points" and not plan.y and types.get(plan.x) in charts.PLACES
    if plan.kind in ("points", "spread") and not placed:
        wanted["x"] = charts.NUMBERS

    def at(*rest: str) -> Place:
        return Place(document.file, document.line((*path, *rest)))

    known = True
    for key, name in [*named.items(), *(("where", name) for name in plan.where)]:
        if name and name not in types:
            known = False
            yield Finding(
                "unknown-column",
                "error",
                at(*([key] if key != "where" else [key, name])),
                name,
                hint(name, list(types)),
            )
        elif name and wanted.get(key) and types[name] not in wanted[key]:
            args = {"key": key, "type": types[name], "allowed": ", ".join(wanted[key])}
            yield Finding("chart-column", "error", at(key), name, args)
    needs = (plan.kind == "points" and not placed) or plan.how not in ("value", "count")
    if needs and not plan.y:
        yield Finding("chart-needs", "error", at("kind"), plan.kind if plan.kind == "points" else plan.how)
    if known and charts.mixes_units(plan, resource):
        columns = ", ".join(charts.find_mixing(resource.schema.fields))
        yield Finding("chart-mixes", "error", at("y"), plan.y or "", {"columns": columns})


def check_view(resource: Resource, document: Document, path: Path) -> Iterator[Finding]:
    """Yield findings about the view of the resource at `path`: columns that don't exist, are both shown and hidden, or
    can't be followed."""
    plan, names = resource.view, [field.name for field in resource.schema.fields]
    if plan is None:
        return

    def at(*rest: str | int) -> Place:
        return Place(document.file, document.line((*path, "view", *rest)))

    named = [("sort", (plan.sort or "").removeprefix("-"), at("sort")), ("first", plan.first or "", at("first"))]
    named += [("columns", name, at("columns", n)) for n, name in enumerate(plan.columns)]
    more = [("hide", name, at("hide", n)) for n, name in enumerate(plan.hide)]
    more += [("calendar", name, at("calendar", name)) for name in plan.calendar]
    for _, name, place in (*named, *more):
        if name and name not in names:
            yield Finding("unknown-column", "error", place, name, hint(name, names))
    for key, name, place in named:
        if key != "sort" and name and name in plan.hide:
            yield Finding("view-hides", "error", place, name, {"key": key})
    types = {field.name: field.type for field in resource.schema.fields}
    for name in plan.follow:
        if name not in types:
            yield Finding("unknown-column", "error", at("follow"), name, hint(name, names))
        elif types[name] != "string":
            yield Finding("follow-type", "error", at("follow"), name, {"type": types[name]})


def check_partition(resource: Resource, document: Document, path: Path) -> Iterator[Finding]:
    """Yield findings about the column by which the rows of the resource at `path` are in parts."""
    plan, fields = resource.partition, {field.name: field for field in resource.schema.fields}
    if plan is None:
        return

    def at(key: str) -> Place:
        return Place(document.file, document.line((*path, "partition", key)))

    field = fields.get(plan.by)
    if field is None:
        yield Finding("unknown-column", "error", at("by"), plan.by, hint(plan.by, list(fields)))
        return
    if not field.constraints.required:
        yield Finding("partition-required", "error", at("by"), plan.by)
    if plan.each and (plan.each not in EACH.get(field.type, ()) or field.format != "default"):
        args = {"each": plan.each, "type": field.type + (f" ({field.format})" if field.format != "default" else "")}
        yield Finding("partition-each", "error", at("each"), plan.by, args)


def check_anomalies(pipeline: Pipeline, document: Document) -> Iterator[Finding]:
    """Yield findings about columns of `anomalies` that no table has."""
    names = list(dict.fromkeys(field.name for resource in pipeline.resources for field in resource.schema.fields))
    anomalies = pipeline.anomalies
    said: list[tuple[str, Path]] = [(name, ("columns", name)) for name in anomalies.columns]
    said += [(name, ("accept", n, "columns")) for n, one in enumerate(anomalies.accept) for name in one.columns]
    for name, path in said:
        if name not in names:
            place = Place(document.file, document.line(("anomalies", *path)))
            yield Finding("unknown-column", "error", place, name, hint(name, names))
