"""Charts as JSON and back: `charts.json` of a release."""

from collections.abc import Mapping
from typing import Any

from entaku.grammar import Text
from entaku.model import Chart, Series


def show_chart(chart: Chart) -> dict[str, Any]:
    """A chart as plain values for JSON; what a chart of its kind can't have is left out."""
    shown: dict[str, Any] = {"kind": chart.kind, "x": chart.x, "y": chart.y, "by": chart.by, "how": chart.how}
    shown |= {"step": chart.step, "unit": chart.unit, "where": dict(chart.where)}
    shown |= {"title": chart.title.ja, "title@en": chart.title.en}
    shown = {key: value for key, value in shown.items() if value}
    if chart.kind == "points":
        return {**shown, "points": [list(point) for point in chart.points]}
    series = [{"name": one.name, "values": list(one.values)} for one in chart.series]
    return {**shown, "marks": list(chart.marks), "series": series, "left": chart.left}


def read_chart(shown: Mapping[str, Any]) -> Chart:
    """What `show_chart` showed.  Raises KeyError or TypeError for anything else."""
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
    )
