"""Parquet → GeoJSON (RFC 7946): a feature for each row, at the coordinates that its columns say.

A row without coordinates, or with some that are no degrees of longitude and latitude, is a feature whose geometry is
null; how many these are stands before the features.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

from entaku.formats.rows_out import encode, read_names, read_rows, show_plain

GEOMETRIES = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How deep the positions of each geometry are nested."""
Located = tuple[dict[str, Any] | None, bool]
"""A geometry, and whether it says all that the columns say of it."""


def write_geojson(parquet: bytes, place: Sequence[str], key: Sequence[str] = ()) -> bytes:
    """Write the rows of a table as features.

    `place`: how they are located, a name of WAYS, and the columns with that.  `key`: its primary key; a key of one column
    is the features' id.
    """
    way, *columns = place
    names = read_names(parquet)
    at, id_at = [names.index(name) for name in columns], names.index(key[0]) if len(key) == 1 else None
    features, absent = list[str](), 0
    for row in read_rows(parquet):
        geometry, whole = WAYS[way]([row[n] for n in at])
        absent += geometry is None
        told = {
            name: value if isinstance(value, list) else show_plain(value)
            for n, (name, value) in enumerate(zip(names, row, strict=True))
            if not (whole and n in at)
        }
        own = {"id": show_plain(row[id_at])} if id_at is not None and is_id(row[id_at]) else {}
        features.append(encode({"type": "Feature", **own, "geometry": geometry, "properties": told}))
    head = f'{{"type":"FeatureCollection","rows":{len(features)},"rows_without_coordinates":{absent},"features":[\n'
    return (head + ",\n".join(features) + "\n]}\n").encode()


def is_id(value: Any) -> bool:
    """Test whether a value may be a feature's id: a text or a number."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def make_point(lon: Any, lat: Any) -> dict[str, Any] | None:
    """Return a point, or None if these are no degrees."""
    try:
        pair = [float(lon), float(lat)]
    except (TypeError, ValueError, OverflowError):
        return None
    return {"type": "Point", "coordinates": pair} if is_position(pair) else None


def is_position(value: Any) -> bool:
    """Test whether a value is a longitude, a latitude and perhaps a height."""
    return (
        isinstance(value, list)
        and 2 <= len(value) <= 3
        and all(isinstance(part, int | float) and not isinstance(part, bool) and isfinite(part) for part in value)
        and -180 <= value[0] <= 180
        and -90 <= value[1] <= 90
    )


def locate_degrees(cells: Sequence[Any]) -> Located:
    """Locate a row by its longitude and its latitude."""
    point = make_point(*cells)
    return point, point is not None


def locate_by(split: Callable[[str], Sequence[Any]]) -> Callable[[Sequence[Any]], Located]:
    """Return what locates a row by a text, which `split` cuts into longitude and latitude."""

    def locate(cells: Sequence[Any]) -> Located:
        try:
            point = make_point(*split(cells[0]))
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError):
            point = None
        return point, point is not None

    return locate


def locate_shape(cells: Sequence[Any]) -> Located:
    """Locate a row by GeoJSON: a geometry, or that of a feature, or those of several."""
    try:
        told = json.loads(cells[0])
        shape = clean_shape(told)
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
        return None, False
    return shape, shape is not None and shape == told


def clean_shape(told: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the geometry of GeoJSON with its members of RFC 7946 alone, or None if it isn't one of degrees.  Raises
    LookupError, TypeError or AttributeError for what is no GeoJSON."""
    kind = told["type"]
    if kind == "Feature":
        return clean_shape(told["geometry"])
    if kind in ("FeatureCollection", "GeometryCollection"):
        found = [clean_shape(each) for each in told["features" if kind == "FeatureCollection" else "geometries"]]
        parts = [each for each in found if each is not None]
        return {"type": "GeometryCollection", "geometries": parts} if len(parts) == len(found) > 0 else None
    coordinates = told["coordinates"]
    positions = list(flatten(coordinates, GEOMETRIES[kind]))
    there = bool(positions) and all(is_position(each) for each in positions)
    return {"type": kind, "coordinates": coordinates} if there else None


def flatten(coordinates: Any, depth: int) -> Iterator[Any]:
    """Yield the positions of coordinates."""
    if not depth:
        yield coordinates
        return
    if not isinstance(coordinates, list):
        raise TypeError(coordinates)
    for each in coordinates:
        yield from flatten(each, depth - 1)


def _split_members(text: str) -> tuple[Any, Any]:
    found = json.loads(text)
    return found["lon"], found["lat"]


WAYS: Mapping[str, Callable[[Sequence[Any]], Located]] = {
    "degrees": locate_degrees,
    "geopoint": locate_by(lambda text: [Decimal(part.strip()) for part in text.split(",")]),
    "geopoint array": locate_by(json.loads),
    "geopoint object": locate_by(_split_members),
    "geojson": locate_shape,
}
"""How a row is located, by the type of its columns and, unless it is the usual one, their format."""
