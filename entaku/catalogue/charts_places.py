"""Where rows are on the earth, in degrees: from two columns, from geopoints, or from the middle of GeoJSON's shapes."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from entaku.formats.heavy import pa, pc
from entaku.model.charts import ChartPlan

if TYPE_CHECKING:
    Degrees = tuple[pa.Array, pa.Array]


def find_degrees(block: "pa.RecordBatch", plan: ChartPlan, kind: str) -> "Degrees":
    """Return the longitudes and the latitudes of the rows of a block, null where there are none; `kind` is the type of
    the column `x`."""
    if plan.y:
        return block[plan.x].cast(pa.float64()), block[plan.y].cast(pa.float64())
    if kind == "geojson":
        middles = [_find_middle(text) for text in block[plan.x].cast(pa.string()).to_pylist()]
        return tuple(pa.array([each[n] for each in middles], pa.float64()) for n in (0, 1))
    pairs = pc.split_pattern(block[plan.x].cast(pa.string()), ",")
    halves = (pc.utf8_trim_whitespace(pc.list_element(pairs, n)) for n in (0, 1))
    across, up = (half.cast(pa.float64()) for half in halves)
    return across, up


def _find_middle(text: str | None) -> tuple[float | None, float | None]:
    """Return the middle of the box around a geometry, (None, None) if it has no place on the earth."""
    told = json.loads(text) if text else None
    geometry = told.get("geometry") if isinstance(told, dict) and told.get("type") == "Feature" else told
    points = [*_list_points(geometry)] if isinstance(geometry, dict) else []
    if not points or any(abs(x) > 180 or abs(y) > 90 for x, y in points):
        return None, None
    across, up = zip(*points, strict=True)
    return (min(across) + max(across)) / 2, (min(up) + max(up)) / 2


def _list_points(geometry: dict[str, Any]) -> Iterator[tuple[float, float]]:
    left = [each.get("coordinates") for each in geometry.get("geometries") or [geometry] if isinstance(each, dict)]
    while left:
        part = left.pop()
        if isinstance(part, list) and len(part) > 1 and all(isinstance(each, (int, float)) for each in part):
            yield part[0], part[1]
        elif isinstance(part, list):
            left += part
