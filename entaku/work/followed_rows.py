"""Rows of published tables, and those that a release changed, by the values of a column that people follow."""

import csv
import hashlib
import heapq
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from entaku.check import schema as schemas
from entaku.formats.limits import PUBLISHED_CELL, cells_up_to
from entaku.model.following import Cells, FollowedDay, FollowedRow, read_row
from entaku.model.grammar import Resource
from entaku.model.table_schema import SchemaField
from entaku.model.view import list_shown
from entaku.model.words import Scalar

if TYPE_CHECKING:
    import pyarrow as pa

ROWS, COLUMNS, CELL = 10, 8, 60
"""Rows that are told of a change, columns of a row, and characters of a cell."""
DAYS = 200
"""Days of a calendar: the last ones."""
STRANGE = 5_000
"""Values of one comparison beyond which further ones are not told."""
UNTOLD = ("array", "list", "object", "geojson", "geopoint")
"""Types of columns that say nothing in a line of text."""


@dataclass(frozen=True)
class Telling:
    """What is told of the rows of a table with a value of a column."""

    column: str
    gaps: tuple[str, ...]
    """Texts of the column that stand for no value."""
    key: tuple[str, ...]
    """The columns that tell rows apart, but the column itself."""
    identity: tuple[str, ...]
    """All columns that tell rows apart."""
    shown: tuple[str, ...]
    """The columns that are told of a row that came or went."""
    hidden: tuple[str, ...]
    """The columns whose corrections aren't told."""
    day: str
    """The column with the days of calendars; "" for none."""
    only: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The columns by which rows are in calendars, each with the texts that they have then."""


def plan_telling(resource: Resource, column: str) -> Telling:
    """Decide what is told: what its view shows first; of days that of the key, else the first."""
    schema, view = resource.schema, resource.view
    types = {one.name: one.type for one in schema.fields}
    (mine,) = (one for one in schema.fields if one.name == column)
    gaps = mine.missingValues if mine.missingValues is not None else schema.missingValues
    key = tuple(name for name in schema.primaryKey if name != column)
    shown = [name for name in list_shown(schema.fields, view, "ja") if name != column and types.get(name) not in UNTOLD]
    days = [name for name in (*key, *types) if types[name] == "date"]
    days += [name for name in (*key, *types) if types[name] == "datetime"]
    hidden = view.hide if view else ()
    return Telling(
        column, ("", *gaps), key, schema.primaryKey, tuple(shown[:COLUMNS]), hidden,
        next((name for name in days if name not in hidden), ""),
        tuple((one.name, list_texts(one, view.calendar[one.name])) for one in schema.fields if one.name in view.calendar)
        if view else (),
    )  # fmt: skip


def list_texts(field: SchemaField, value: Scalar) -> tuple[str, ...]:
    """List the texts of a column that stand for a value."""
    if field.type == "boolean" and isinstance(value, bool):
        return (field.trueValues or schemas.TRUE) if value else (field.falseValues or schemas.FALSE)
    return (str(value),)


# ---- what a release changed -------------------------------------------------------------------------------------


@dataclass
class ValueRows:
    """What one release changed of the rows with one value."""

    added: int = 0
    removed: int = 0
    corrected: int = 0
    came: int = 0
    """Rows that have the value since then, added or corrected to it."""
    went: int = 0
    rows: list[FollowedRow] = field(default_factory=list)

    def add(self, row: FollowedRow) -> None:
        """Note one of the first rows."""
        if len(self.rows) < ROWS:
            self.rows.append(row)


def read_changes(stream: BinaryIO, marks: Sequence[str], telling: Telling) -> dict[str, ValueRows]:
    """Read the changed rows of a table (`release.changed`), by value."""
    told: dict[str, ValueRows] = {}

    def find(value: str) -> ValueRows | None:
        if value in telling.gaps or (value not in told and len(told) >= STRANGE):
            return None
        return told.setdefault(value, ValueRows())

    with cells_up_to(PUBLISHED_CELL):
        rows = csv.reader(io.TextIOWrapper(stream, encoding="utf-8", newline=""))
        names = next(rows, [])
        if telling.column not in names:
            return {}
        at = {name: n for n, name in enumerate(names)}
        change, columns, mine = at[marks[0]], at[marks[1]], at[telling.column]
        before: list[str] = []
        for row in rows:
            if row[change] == "before":
                before = row
            elif row[change] == "after":
                _note_corrected((before, row), row[columns].split(" "), at, telling, find)
            elif one := find(row[mine]):
                one.added += row[change] == "added"
                one.came += row[change] == "added"
                one.removed += row[change] == "removed"
                one.went += row[change] == "removed"
                kind: Any = row[change]
                one.add(FollowedRow(kind, pick_cells(row, at, telling.shown)))
    return told


def _note_corrected(
    pair: tuple[list[str], list[str]], columns: Sequence[str], at: dict[str, int], telling: Telling, find: Any
) -> None:  # fmt: skip
    """Note a corrected row with the value that it had and the value that it has, unless only hidden columns differ."""
    seen = [name for name in columns if name not in telling.hidden or name == telling.column]
    if not seen:
        return
    was, is_ = (row[at[telling.column]] for row in pair)
    differs = tuple((name, cut(pair[0][at[name]]), cut(pair[1][at[name]])) for name in seen[:COLUMNS])
    row = FollowedRow("corrected", pick_cells(pair[1], at, telling.key or telling.shown[:2]), differs)
    for value in dict.fromkeys((was, is_)):
        if one := find(value):
            one.corrected += 1
            one.went += value == was != is_
            one.came += value == is_ != was
            one.add(row)


def pick_cells(row: Sequence[str], at: dict[str, int], columns: Iterable[str]) -> Cells:
    """Return those cells of a row that aren't empty."""
    return tuple((name, cut(row[at[name]])) for name in columns if name in at and row[at[name]])


def cut(text: str) -> str:
    """Return a text on one line of at most CELL characters."""
    line = " ".join(text.split())
    return line if len(line) <= CELL else line[:CELL] + "…"


def pack_told(told: dict[str, ValueRows]) -> bytes:
    """Return what was told as bytes, from which `unpack_told` makes it again."""
    return json.dumps({value: asdict(one) for value, one in told.items()}, ensure_ascii=False).encode()


def unpack_told(body: bytes) -> dict[str, ValueRows]:
    """Parse what `pack_told` returned."""
    return {
        value: ValueRows(**{**one, "rows": [read_row(row) for row in one["rows"]]})
        for value, one in json.loads(body).items()
    }


# ---- what there is now ------------------------------------------------------------------------------------------


@dataclass
class Present:
    """The rows of the current release with each value."""

    counts: Counter[str] = field(default_factory=Counter)
    days: dict[str, list[FollowedDay]] = field(default_factory=dict)
    """The last DAYS of each, in order."""


def read_present(stream: BinaryIO, days: Iterator[str], table: str, telling: Telling) -> Present:
    """Count the rows of a published CSV by value; `days` has the day of each, "" for none."""
    present, last = Present(), dict[str, list[tuple[str, int, list[str]]]]()
    with cells_up_to(PUBLISHED_CELL):
        rows = csv.reader(io.TextIOWrapper(stream, encoding="utf-8", newline=""))
        at = {name: n for n, name in enumerate(next(rows, []))}
        mine = at[telling.column]
        for n, row in enumerate(rows):
            value, day = row[mine], next(days) if telling.day else ""
            if value in telling.gaps:
                continue
            present.counts[value] += 1
            if day and all(row[at[name]] in texts for name, texts in telling.only):
                kept = last.setdefault(value, [])
                push = heapq.heappush if len(kept) < DAYS else heapq.heappushpop
                push(kept, (day, -n, row))
    for value, found in last.items():
        ordered = sorted(found, key=lambda one: (one[0], -one[1]))
        present.days[value] = list(_list_days(ordered, at, table, telling))
    return present


def _list_days(
    rows: Iterable[tuple[str, int, list[str]]], at: dict[str, int], table: str, telling: Telling
) -> Iterator[FollowedDay]:  # fmt: skip
    """Yield the days of rows, each with an id of its own that it has in every release."""
    seen = Counter[str]()
    for day, _, row in rows:
        known = [row[at[name]] for name in telling.identity] or row
        told = json.dumps([table, *known])
        seen[told] += 1
        uid = hashlib.sha256(f"{told} {seen[told]}".encode()).hexdigest()[:32]
        names = [name for name in telling.key if name != telling.day] or telling.shown[:1]
        named = " ".join(text for _, text in pick_cells(row, at, [name for name in names if name != telling.day]))
        yield FollowedDay(day, uid, named, pick_cells(row, at, dict.fromkeys((*telling.key, *telling.shown))))


def show_days(batches: "Iterable[pa.RecordBatch]") -> Iterator[str]:
    """Yield the days of the only column, as in FollowedDay."""
    for batch in batches:
        for value in batch.column(0).to_pylist():
            if isinstance(value, datetime):
                zoned = value.tzinfo is not None
                moment = (value.astimezone(UTC) if zoned else value).replace(tzinfo=None, microsecond=0)
                yield moment.isoformat() + ("Z" if zoned else "")
            else:
                yield value.isoformat() if isinstance(value, date) else ""


def pack_present(present: Present) -> bytes:
    """Return the counts and days as bytes, from which `unpack_present` makes them again."""
    days = {value: [asdict(one) for one in some] for value, some in present.days.items()}
    return json.dumps([present.counts, days], ensure_ascii=False).encode()


def unpack_present(body: bytes) -> Present:
    """Parse what `pack_present` returned."""
    counts, days = json.loads(body)
    made = {
        value: [FollowedDay(**{**one, "cells": tuple(map(tuple, one["cells"]))}) for one in some]
        for value, some in days.items()
    }
    return Present(Counter(counts), made)
