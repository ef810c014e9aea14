"""What `charts:` says of the columns: they exist, suit the kind of chart, and their numbers are of one kind."""

from collections.abc import Iterator

from entaku.charts import NUMBERS, TIMES, find_mixing, mixes_units
from entaku.grammar import ChartPlan, Resource
from entaku.messages import hint
from entaku.model import Finding, Place
from entaku.yamlfile import Document, Path


def check_charts(resource: Resource, document: Document, path: Path) -> Iterator[Finding]:
    """Findings about the charts of a resource that stands at `path`."""
    for n, plan in enumerate(resource.charts or ()):
        yield from _check_plan(plan, resource, document, (*path, "charts", n))


def _check_plan(plan: ChartPlan, resource: Resource, document: Document, path: Path) -> Iterator[Finding]:
    types = {field.name: field.type for field in resource.schema.fields}
    named = {"x": plan.x, "y": plan.y or "", "by": plan.by or ""}
    wanted: dict[str, tuple[str, ...]] = {"x": TIMES if plan.kind == "line" else (), "y": NUMBERS}
    if plan.kind == "points":
        wanted["x"] = NUMBERS

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
    needs = plan.kind == "points" or plan.how not in ("value", "count")
    if needs and not plan.y:
        yield Finding("chart-needs", "error", at("kind"), plan.kind if plan.kind == "points" else plan.how)
    if known and mixes_units(plan, resource):
        columns = ", ".join(find_mixing(resource.schema.fields))
        yield Finding("chart-mixes", "error", at("y"), plan.y or "", {"columns": columns})
