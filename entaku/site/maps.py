"""Maps that can be moved: what a script needs to draw one, and the assets that only sites with maps have.  Pure."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from entaku.catalogue import charts, places
from entaku.model.brand import Brand
from entaku.model.grammar import Resource
from entaku.model.nouns import Catalogue, Dataset
from entaku.model.profile import Chart, Profile
from entaku.model.table_schema import SchemaField
from entaku.site.kept import NO_PARTS, Parts

ASSETS = ("maplibre.js", "maplibre-worker.js", "maplibre.css", "outlines.json")
"""The assets of 1.8 MB that a catalogue without coordinates does without."""


TILES = "tiles.pmtiles"
DISTINCT = 40
"""Values of a column up to which points are coloured by it."""
CODED = re.compile(r"(^|_)(id|code|no|number|year)$", re.IGNORECASE)
"""Names of columns whose numbers are no amounts."""


def leave_out(assets: Mapping[str, bytes], catalogue: Catalogue, parts: Parts = NO_PARTS) -> dict[str, bytes]:
    """Return the assets, without those of maps where no table has one."""
    kinds = (parts.describe("charts", catalogue, each, partial(list_kinds, each)) for each in catalogue.datasets)
    mapped = any("points" in each for each in kinds)
    return {name: body for name, body in assets.items() if mapped or name not in ASSETS}


def list_kinds(dataset: Dataset) -> tuple[str, ...]:
    """List the kinds of charts that a dataset's page has."""
    tables = dataset.current.resources if dataset.current else ()
    return tuple(sorted({chart.kind for table in tables for chart in table.charts}))


def list_tiles(brand: Brand, files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the site path of the archive of tiles, if there is one, by the name TILES among the assets; `files` has
    its SHA-256."""
    sha256 = files.get(brand.map.tiles, b"").decode() if brand.map else ""
    return {TILES: places.place_tiles(sha256)} if len(sha256) == 64 else {}


def list_choices(fields: Sequence[SchemaField], profile: Sequence[Profile]) -> list[tuple[str, str]]:
    """Return by which columns points can be told apart: `colour` for few names, `size` for numbers."""
    known = {column.name: column for column in profile}
    several = [field for field in fields if field.name in known and known[field.name].distinct > 1]
    named = [
        ("colour", each.name) for each in several if each.type == "string" and known[each.name].distinct <= DISTINCT
    ]
    numbers = [each for each in several if each.type in charts.NUMBERS and not charts.is_degree(each)]
    return named + [("size", each.name) for each in numbers if not CODED.search(each.name)]


def list_play(chart: Chart, resource: Resource) -> dict[str, Any]:
    """Return how the rows are placed on the earth and the columns with that, the box around all, and the rows chosen."""
    kinds = {field.name: field.type for field in resource.schema.fields}
    place = ["degrees", chart.x, chart.y] if chart.y else [kinds.get(chart.x, ""), chart.x]
    (across, up) = ([point[n] for point in chart.points] for n in (0, 1))
    box = [min(across), min(up), max(across), max(up)]
    return {"place": place, "box": box, **({"where": dict(chart.where)} if chart.where else {})}
