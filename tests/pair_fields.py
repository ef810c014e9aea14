"""Columns for the pairs of features: every type in every format, with every property that a field may have."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from covering import Row

from entaku.check.named import list_municipalities

CODES = tuple(list_municipalities())

TYPES: Mapping[str, Callable[[int], str]] = {
    "string": lambda n: ("円", "カンマ,あり", '引用"符', "012", "x y", "<b>&amp;")[n % 6] + f"{n}",
    "string email": lambda n: f"office{n}@example.org",
    "string uri": lambda n: f"https://example.org/{n}?a=b&c={n}",
    "string binary": lambda n: base64.b64encode(f"値{n}".encode()).decode(),
    "string uuid": lambda n: f"00000000-0000-4000-8000-{n:012}",
    "integer": lambda n: str((n + 1) * 12345 * (-1) ** n),
    "number": lambda n: f"{(n + 1) * 1234.5 * (-1) ** n}",
    "boolean": lambda n: "true" if n % 2 == 0 else "false",
    "date": lambda n: f"20{n:02}-02-{n % 28 + 1:02}",
    "date any": lambda n: f"20{n:02}-03-{n % 28 + 1:02}",
    "date %Y/%m/%d": lambda n: f"20{n:02}/04/{n % 28 + 1:02}",
    "date %d.%m.%Y": lambda n: f"{n % 28 + 1:02}.04.20{n:02}",
    "time": lambda n: f"{n % 22 + 1:02}:{n:02}:00",
    "time any": lambda n: f"{n % 22 + 1:02}:{n:02}:30",
    "time %H:%M": lambda n: f"{n % 22 + 1:02}:{n:02}",
    "datetime": lambda n: f"20{n:02}-02-01T{n % 24:02}:00:00",
    "datetime any": lambda n: f"20{n:02}-02-01 {n % 24:02}:00:00",
    "datetime %Y/%m/%d %H:%M": lambda n: f"20{n:02}/02/01 {n % 24:02}:00",
    "year": lambda n: f"{1990 + n}",
    "yearmonth": lambda n: f"{1990 + n}-04",
    "duration": lambda n: f"P{n + 1}DT{n}H",
    "object": lambda n: json.dumps({"a": n, "b": ["あ", None]}, ensure_ascii=False),
    "array": lambda n: json.dumps([f"{n}F", "B1F"]),
    "list": lambda n: f"a{n},b",
    "geopoint": lambda n: f"139.{n:03}, 35.5",
    "geopoint array": lambda n: f"[139.{n:03}, 35.5]",
    "geopoint object": lambda n: json.dumps({"lon": 139 + n / 1000, "lat": 35.5}),
    "geojson": lambda n: json.dumps({"type": "Point", "coordinates": [139 + n / 1000, 35.5]}),
    "geojson topojson": lambda n: json.dumps(
        {"type": "Topology", "objects": {"a": {"type": "Point", "coordinates": [139, 35 + n / 1000]}}, "arcs": []}
    ),
    "any": lambda n: f"何でも{n}",
    "string municipality_code": lambda n: CODES[n * 7 % len(CODES)],
    "string postal_code": lambda n: f"{100 + n}-00{n:02}",
    "string url": lambda n: f"https://www.example.org/{n}",
    "string era_year": lambda n: f"平成{n % 30 + 1}年",
    "number latitude": lambda n: f"35.{n:03}",
    "year fiscal_year": lambda n: f"{1990 + n}",
}  # fmt: skip
"""The n-th cell of each type and format; cells are distinct, but for booleans."""

OFFICES = ("municipality_code", "postal_code", "url", "era_year")
"""Formats that have a pattern of their own."""
BOUNDED = ("integer", "number", "date", "time", "datetime", "year", "yearmonth")
KEYS = tuple(
    dict.fromkeys(each.split()[0] for each in TYPES if each.split()[0] not in ("object", "array", "list", "geojson"))
)
MEASURED = ("string", "object", "array", "list")
LISTED = tuple(dict.fromkeys(each.split()[0] for each in TYPES if each not in ("list", "geopoint", "geojson")))
FIELD_FACTORS: Mapping[str, tuple[str, ...]] = {
    "type": tuple(TYPES),
    "marks": ("", "decimalChar", "groupChar", "decimalChar groupChar"),
    "bareNumber": ("", "false", "true"),
    "words": ("", "trueValues", "falseValues", "trueValues falseValues"),
    "arrayItem": ("", "string", "constraints"),
    "enum": ("", "all"),
    "categories": ("", "all"),
    "pattern": ("", "any"),
    "bounds": ("", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minimum maximum", "exclusiveMinimum exclusiveMaximum"),
    "lengths": ("", "minLength", "maxLength", "minLength maxLength"),
    "missing": ("", "dash", "none", "two"),
    "required": ("", "yes"),
    "unique": ("", "yes"),
    "title": ("", "ja", "both", "en"),
    "description": ("", "both"),
    "unit": ("", "円"),
    "example": ("", "yes"),
}  # fmt: skip

FORBIDDEN: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    ("marks", lambda kind: kind == "number", "decimalChar and groupChar are of numbers"),
    ("bareNumber", lambda kind: kind in ("integer", "number"), "bareNumber is of numbers and integers"),
    ("words", lambda kind: kind == "boolean", "trueValues and falseValues are of booleans"),
    ("arrayItem", lambda kind: kind == "array", "arrayItem is of arrays"),
    ("categories", lambda kind: kind in ("string", "integer"), "categories are of strings and integers"),
    ("pattern", lambda kind: kind == "string", "pattern is of strings"),
    ("bounds", lambda kind: kind in BOUNDED, "bounds are of numbers and moments (frictionless-py can't read those of durations)"),
    ("unique", lambda kind: kind in KEYS, "frictionless-py can't compare objects and lists"),
    ("lengths", lambda kind: kind in MEASURED, "lengths are of strings, objects, arrays and lists"),
    ("enum", lambda kind: kind in LISTED, "enum isn't of list, geopoint and geojson"),
)  # fmt: skip
"""A factor, the types that its choices go with, and the reason (Table Schema v2, "Field types" and "constraints")."""


def forbids_field(row: Mapping[str, str]) -> str:
    """Say why a field can't have these properties, or ""."""
    kind = row.get("type", "").split()[0] if "type" in row else ""
    for factor, goes, why in FORBIDDEN:
        if not (kind and row.get(factor)):
            continue
        if not goes(kind):
            return why
    kinds = [set(filter(goes, {each.split()[0] for each in TYPES})) for factor, goes, _ in FORBIDDEN if row.get(factor)]
    if kinds and not set.intersection(*kinds):
        return "no type has both"
    if row.get("pattern") and row.get("type", "").partition(" ")[2] in OFFICES:
        return "the format has a pattern of its own"
    if kind == "boolean" and row.get("required") and row.get("unique"):
        return "a table of three rows and more has no three truths"
    if row.get("missing") == "none" and row.get("required") == "" and row.get("type", "string") != "string":
        return "an empty cell is no value of this type where nothing means that there is none"
    return ""


def make_field(name: str, row: Row, count: int) -> tuple[dict[str, Any], list[str]]:
    """Return a field of the schema, and its `count` cells."""
    kind, _, form = row["type"].partition(" ")
    write = _spell(row, TYPES[row["type"]])
    field: dict[str, Any] = {"name": name, "type": kind}
    if form:
        field["format"] = form
    absent = {"dash": "-", "two": "…", "none": ""}.get(row["missing"], "")
    blank = {n for n in range(count) if n % 3 == 2 and not row["required"]}
    if row["missing"] == "none" and any(row[each] for each in ("unique", "lengths", "enum", "categories")):
        blank = set()  # each empty text is a value
    if kind == "boolean" and row["unique"]:
        blank = set(range(count)) - {0, 3 if count > 3 else 1}
    cells = [absent if n in blank else write(n) for n in range(count)]
    if row["missing"]:
        field["missingValues"] = {"dash": ["-"], "two": ["", "…"], "none": []}[row["missing"]]
    field |= _describe(row, write)
    there = list(dict.fromkeys(write(n) for n in range(count) if n not in blank))
    if row["categories"]:
        field["categories"] = (
            there if kind == "string" or row["marks"] or row["bareNumber"] else [int(each) for each in there]
        )
    if limits := _limit(row, there):
        field["constraints"] = limits
    return field, cells


def _spell(row: Row, plain: Callable[[int], str]) -> Callable[[int], str]:
    """Write numbers and truths with the marks and words that the field names."""

    def write(n: int) -> str:
        text = plain(n)
        if row["type"] == "boolean":
            words = {
                "true": "有" if "trueValues" in row["words"] else "true",
                "false": "無" if "falseValues" in row["words"] else "false",
            }
            return words[text]
        if "groupChar" in row["marks"]:
            whole, point, rest = text.partition(".")
            sign, digits = ("-", whole[1:]) if whole[0] == "-" else ("", whole)
            group = "." if "decimalChar" in row["marks"] else ","
            whole = f"{int(digits):,}".replace(",", group)
            text = sign + whole + point.replace(".", "," if "decimalChar" in row["marks"] else ".") + rest
        elif "decimalChar" in row["marks"]:
            text = text.replace(".", ",")
        return f"{text}円" if row["bareNumber"] == "false" else text

    return write


def _describe(row: Row, write: Callable[[int], str]) -> dict[str, Any]:
    field: dict[str, Any] = {}
    if "decimalChar" in row["marks"]:
        field["decimalChar"] = ","
    if "groupChar" in row["marks"]:
        field["groupChar"] = "." if "decimalChar" in row["marks"] else ","
    if row["bareNumber"]:
        field["bareNumber"] = row["bareNumber"] == "true"
    if "trueValues" in row["words"]:
        field["trueValues"] = ["有", "○"]
    if "falseValues" in row["words"]:
        field["falseValues"] = ["無"]
    if row["arrayItem"]:
        field["arrayItem"] = {
            "type": "string",
            **({"constraints": {"minLength": 1}} if row["arrayItem"] != "string" else {}),
        }
    words = {"ja": "見出し", "both": {"ja": "見出し", "en": "Label"}, "en": {"en": "Label"}}
    if row["title"]:
        field["title"] = words[row["title"]]
    if row["description"]:
        field["description"] = {"ja": '意味 "<b>"', "en": "Meaning"}
    if row["unit"]:
        field["unit"] = row["unit"]
    if row["example"]:
        field["example"] = float(TYPES[row["type"]](1)) if row["marks"] or row["bareNumber"] else write(1)
    return field


def _limit(row: Row, there: list[str]) -> dict[str, Any]:
    """Return constraints that all cells meet."""
    kind = row["type"].split()[0]
    limits: dict[str, Any] = {key: True for key in ("required", "unique") if row[key]}
    if row["enum"]:
        limits["enum"] = there
    if row["pattern"]:
        limits["pattern"] = r"(.|\n)*"
    for bound in row["bounds"].split():
        low = bound.endswith("inimum")
        limits[bound] = (
            _LEAST[kind, low] if row["type"] == kind and kind not in ("integer", "number") else _bound(row, low)
        )
    for length in row["lengths"].split():
        limits[length] = 1 if length == "minLength" else 500
    return limits


_LEAST = {
    ("date", True): "1900-01-01", ("date", False): "2199-01-01", ("time", True): "00:00:00", ("time", False): "23:59:59",
    ("datetime", True): "1900-01-01T00:00:00", ("datetime", False): "2199-01-01T00:00:00",
    ("year", True): 1900, ("year", False): 2199, ("yearmonth", True): "1900-01", ("yearmonth", False): "2199-01",
}  # fmt: skip


def _bound(row: Row, low: bool) -> Any:
    """Return a bound beyond all cells, in the field's own format."""
    kind, _, form = row["type"].partition(" ")
    if kind in ("integer", "number"):
        return -(10**9) if low else 10**9
    if form in ("any", "fiscal_year"):
        return str(_LEAST[kind, low]).replace("T", " ")
    year = "1900" if low else "2199"
    return (
        form.replace("%Y", year)
        .replace("%m", "01")
        .replace("%d", "01")
        .replace("%H", "00" if low else "23")
        .replace("%M", "00" if low else "59")
    )
