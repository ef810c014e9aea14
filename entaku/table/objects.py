"""JSON as a table: an array of objects or of rows, JSON lines, the features of GeoJSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from entaku.formats import limits
from entaku.formats.heavy import pd
from entaku.model.grammar import Read
from entaku.model.hints import hint
from entaku.model.nouns import Table
from entaku.table.lines import Record
from entaku.table.notes import Notes, Spot
from entaku.table.rows import ODD, hide_odd, make_table, tell_apart

_LEVELS = 4
"""Levels of objects within which the array of records is looked for."""


class Number(str):
    """A number as it is written in the file."""

    __slots__ = ()


@dataclass
class _Values:
    """The values of a file, one after the other, each with its place: its line in JSON lines."""

    rows: list[int] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    """Keys that an object has twice."""

    def read(self, text: str) -> None:
        """Take the one value of JSON, or each of JSON lines.  Raises ValueError or RecursionError."""
        decoder = json.JSONDecoder(
            parse_float=Number, parse_int=Number, parse_constant=_refuse, object_pairs_hook=self._make_object
        )
        skip = re.compile(r"[ \t\r\n]*").match
        at, line = _end(skip(text)), 1
        line += text.count("\n", 0, at)
        while at < len(text):
            value, end = decoder.raw_decode(text, at)
            self.items.append(value)
            self.rows.append(line)
            end = _end(skip(text, end))
            line, at = line + text.count("\n", at, end), end

    def _make_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            names = [name for name, _ in pairs]
            self.repeated += [name for name in made if names.count(name) > 1]
        return made


def _end(match: re.Match[str] | None) -> int:
    assert match is not None
    return match.end()


def _refuse(word: str) -> Any:
    raise ValueError(word)


def read_json(text: str, how: Read, notes: Notes) -> Table | None:
    """The table in JSON; None (and a finding) where there is none."""
    try:
        return _read_json(text, how, notes)
    except json.JSONDecodeError as error:
        notes.add("bad-json", Spot(error.lineno), _line_at(text, error.pos))
    except ValueError as error:
        notes.add("bad-json", value=str(error))
    except RecursionError:
        notes.limit("JSON の深さ / levels of JSON", limits.DEPTH)
    return None


def _line_at(text: str, at: int) -> str:
    """The line around a place, or what is near it of a long one."""
    start = max(text.rfind("\n", 0, at) + 1, at - 40)
    return text[start : at + 40].partition("\n")[0].strip()


def _read_json(text: str, how: Read, notes: Notes) -> Table | None:
    values = _Values()
    values.read(text)
    for name in dict.fromkeys(values.repeated):
        notes.add("repeated-key", value=name)
    items, rows = values.items, values.rows
    if len(items) == 1 and not (how.records is None and _is_record(items[0])):
        found = _find_records(items[0], how, notes)
        if found is None:
            return None
        items, rows = found, list(range(1, len(found) + 1))
    if len(items) > limits.ROWS:
        notes.limit("行 / rows", limits.ROWS)
        return None
    if items and all(isinstance(item, list) for item in items):
        records: list[Record] = [(row, list(map(_to_text, item))) for row, item in zip(rows, items, strict=True)]
        return make_table(records, how, notes, "JSON")
    wrong = next((row for row, item in zip(rows, items, strict=True) if not isinstance(item, dict)), None)
    if wrong is not None:
        notes.add("not-a-record", Spot(wrong))
        return None
    return _make_table(items, rows, notes)


def _is_record(value: Any) -> bool:
    """Whether an object alone is a row: a line of JSON lines that has but one."""
    return isinstance(value, dict) and value.get("type") == "Feature" and "geometry" in value


# ---- where the records are --------------------------------------------------------------------------------------


def _find_records(value: Any, how: Read, notes: Notes) -> list[Any] | None:
    """The array of records in a value: the value itself, the one that `read.records` names, or the only one."""
    found = dict(_list_arrays(value, "", _LEVELS))
    if how.records is not None:
        if how.records in found:
            return found[how.records]
        notes.add("no-records", value=how.records, hints=hint(how.records, list(found)))
    elif isinstance(value, list):
        return value
    elif isinstance(value, dict) and value.get("type") == "FeatureCollection" and "features" in found:
        return found["features"]
    elif len(found) == 1:
        return next(iter(found.values()))
    else:
        notes.add("which-records" if found else "no-records", value="[…]", hints=hint("", list(found)))
    return None


def _list_arrays(value: Any, path: str, levels: int) -> Iterator[tuple[str, list[Any]]]:
    """Every array of objects or of rows in a value, by the keys that lead to it."""
    if isinstance(value, list) and value and all(isinstance(item, dict | list) for item in value):
        yield path, value
    elif isinstance(value, dict) and levels:
        for key, item in value.items():
            yield from _list_arrays(item, f"{path}.{key}" if path else key, levels - 1)


def list_beside(text: str) -> Iterator[tuple[str, str]]:
    """The values of JSON that stand beside its one array of records, by the keys that lead to each."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(whole, dict) and whole.get("type") not in ("FeatureCollection", "Feature"):
        records = {path for path, _ in _list_arrays(whole, "", _LEVELS)}
        yield from _list_values(whole, "", records) if len(records) == 1 else ()


def _list_values(value: dict[str, Any], path: str, records: set[str]) -> Iterator[tuple[str, str]]:
    for key, item in value.items():
        at = f"{path}.{key}" if path else key
        if at in records:
            continue
        if isinstance(item, dict) and any(one.startswith(f"{at}.") for one in records):
            yield from _list_values(item, at, records)
        elif item not in (None, "", [], {}):
            yield at, _to_text(item)


# ---- objects as rows --------------------------------------------------------------------------------------------


def _make_table(items: Sequence[dict[str, Any]], rows: list[int], notes: Notes) -> Table | None:
    places = ("geometry" in item and item.get("type") == "Feature" for item in items)
    columns = _read_features(items) if items and all(places) else _read_objects(items)
    if not columns:
        notes.add("no-header", where_ja="JSON", where_en="JSON")
        return None
    if len(columns) > limits.COLUMNS:
        notes.limit("列 / columns", limits.COLUMNS)
        return None
    if len(set(rows)) < len(rows):  # several values on one line
        rows = list(range(1, len(items) + 1))
    names = tell_apart([name for name, _ in columns])
    made = {}
    for at, (name, (_, texts)) in enumerate(zip(names, columns, strict=True)):
        made[name] = pd.array(_without_odd(texts, rows, (at, name), notes), dtype="str")
    frame = pd.DataFrame(made, index=pd.Index(rows, dtype="int64"))
    return Table(frame, notes.file, notes.sheet, {name: n for n, name in enumerate(names)}, (0,))


def _without_odd(texts: list[str], rows: list[int], column: tuple[int, str], notes: Notes) -> list[str]:
    """Texts with U+FFFD for what can't be shown; a finding for each with odd characters."""
    joined = "".join(texts)
    if joined.isascii() and joined.isprintable():
        return texts
    for n, text in enumerate(texts):
        if len(text) > limits.CELL:
            notes.limit("セルの文字 / characters in a cell", limits.CELL, Spot(rows[n]))
        texts[n] = hide_odd(text)
        if ODD.search(texts[n]):
            notes.add("odd-character", Spot(rows[n], *column), "".join(ODD.findall(texts[n])), "warning")
    return texts


Columns = list[tuple[str, list[str]]]


def _read_objects(items: Sequence[dict[str, Any]]) -> Columns:
    """The values of each key, in the order in which keys are first met; "" where an object lacks one."""
    names = dict.fromkeys(name for item in items for name in item)
    return [(name, [_to_text(item.get(name)) for item in items]) for name in names]


def _read_features(items: Sequence[dict[str, Any]]) -> Columns:
    """Properties, and of points their longitude and latitude; other geometries as GeoJSON."""
    properties = [item["properties"] if isinstance(item.get("properties"), dict) else {} for item in items]
    columns = _read_objects(properties)
    if any("id" in item for item in items) and "id" not in dict(columns):
        columns.insert(0, ("id", [_to_text(item.get("id")) for item in items]))
    geometries = [item["geometry"] for item in items]
    if not all(geometry is None or _is_point(geometry) for geometry in geometries):
        return [*columns, ("geometry", [_to_text(geometry) for geometry in geometries])]
    points = [geometry["coordinates"] if geometry else [] for geometry in geometries]
    named = zip(("longitude", "latitude", "altitude"), range(max([2, *map(len, points)])), strict=False)
    return [
        *columns,
        *((name, [_to_text(point[n]) if n < len(point) else "" for point in points]) for name, n in named),
    ]


def _is_point(geometry: Any) -> bool:
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return False
    numbers = geometry.get("coordinates")
    return isinstance(numbers, list) and len(numbers) in (0, 2, 3) and all(isinstance(one, Number) for one in numbers)


_PLAIN: dict[Any, str] = {None: "", True: "true", False: "false"}


def _to_text(value: Any) -> str:
    """A value as the text of a cell: text and numbers as they are written, objects and arrays as JSON."""
    if isinstance(value, str):
        return str(value)
    return _PLAIN[value] if value is None or isinstance(value, bool) else _to_json(value)


def _to_json(value: Any) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{_to_json(one)}" for name, one in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(map(_to_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
