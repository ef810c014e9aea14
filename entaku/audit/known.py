"""Gather what the rules decide by, and what they find: a raw file's tables, and what the spec knows of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from entaku.audit.grids import Grid, GridSpot, Opened
from entaku.audit.rulebook import State, Weight
from entaku.audit.tables import Area, RuleColumn, find_areas, plain
from entaku.formats.text import to_half_width
from entaku.model.grammar import Pipeline, Resource, Step
from entaku.model.nouns import Place
from entaku.model.table_schema import SchemaField
from entaku.model.words import choose_names, is_sheet

DASHES = "-－−―‐–—ー"


@dataclass(frozen=True, eq=False)
class Known:
    """Answer from the spec of the tables that are made from a raw file; nothing is known where there is no spec yet."""

    pipeline: Pipeline | None = None
    resources: tuple[Resource, ...] = ()

    def header(self, sheet: str) -> tuple[int, int] | None:
        """Return line and number of header rows of a sheet, where the spec tells."""
        for resource in self.resources:
            reading = self._reading(resource)
            if reading is None:
                return (1, 1) if resource.source is not None else None
            fits = reading.sheet is None or is_sheet(reading.sheet, sheet.rpartition("/")[2])
            if fits and not reading.header.starts:
                return (reading.header.row or 1, reading.header.rows)
        return None

    def wants(self, member: str) -> bool:
        """Test whether a member of a zip is read by any of the tables."""
        patterns = [reading.member for each in self.resources if (reading := self._reading(each)) and reading.member]
        return not patterns or any(choose_names(pattern, [member]) for pattern in patterns)

    def _reading(self, resource: Resource) -> Any:
        base = resource
        if resource.from_ and self.pipeline:
            base = next((each for each in self.pipeline.resources if each.name == resource.from_), resource)
        return resource.read or base.read

    @cached_property
    def _fields(self) -> dict[str, tuple[Resource, SchemaField]]:
        """Map every name that the raw file may have for a field to it."""
        found: dict[str, tuple[Resource, SchemaField]] = {}
        for resource in self.resources:
            old = {new: raw for raw, new in self._renamed(resource).items()}
            for item in resource.schema.fields:
                for name in (old.get(item.name, ""), item.name, item.title.ja):
                    if name:
                        found.setdefault(plain(name), (resource, item))
        return found

    def _renamed(self, resource: Resource) -> dict[str, str]:
        """Map the raw file's names to today's."""
        names: dict[str, str] = {}
        for step in resource.tidy:
            options = _options(step, "rename")
            if isinstance(options, Mapping):
                for old, new in options.items():
                    names[next((raw for raw, now in names.items() if now == old), str(old))] = str(new)
        return names

    def field(self, column: RuleColumn) -> SchemaField | None:
        """Return what a column becomes, if that can be told by its name."""
        found = self._fields.get(plain(column.heading))
        return found[1] if found else None

    def choices(self, column: RuleColumn) -> frozenset[str]:
        """List every value that any of the tables allows in a column of choices; none where any value goes."""
        found = self._fields.get(plain(column.heading))
        if found is None:
            return frozenset()
        fields = (field for each in self.resources for field in each.schema.fields if field.name == found[1].name)
        return frozenset(str(value) for field in fields for value in field.constraints.enum or field.categories)

    def in_key(self, column: RuleColumn) -> bool:
        """Test whether a column is part of a primary key."""
        found = self._fields.get(plain(column.heading))
        return found is not None and found[1].name in found[0].schema.primaryKey

    def refers(self, column: RuleColumn) -> bool:
        """Test whether a column's values are explained in another table."""
        found = self._fields.get(plain(column.heading))
        return found is not None and any(found[1].name in key.fields for key in found[0].schema.foreignKeys)

    def is_filled_down(self, column: RuleColumn) -> bool:
        """Test whether the spec fills this column's blanks with what stands above."""
        found = self._fields.get(plain(column.heading))
        names = {plain(column.heading), found[1].name if found else ""}
        steps = (_options(step, "fill_down") for resource in self.resources for step in resource.tidy)
        return any(names & {plain(name) for name in getattr(options, "columns", ())} for options in steps)

    def marks(self, column: RuleColumn) -> frozenset[str]:
        """List what the spec says means "no value" in a column."""
        found = self._fields.get(plain(column.heading))
        if found is None:
            return frozenset()
        resource, field = found
        marks = {*resource.schema.missingValues, *(field.missingValues or ())}
        for step in resource.tidy:
            options = getattr(step, "options", None)
            if field.name in getattr(options, "columns", (getattr(options, "column", None),)):
                marks |= set(getattr(options, "missing", ()) or ())
        return frozenset(map(to_half_width, marks))

    def explains(self, mark: str) -> bool:
        """Test whether the spec's words say what a mark means: 「X」, or X：…"""
        dashes = "|".join(map(re.escape, DASHES)) if to_half_width(mark) == "-" else re.escape(mark)
        said = (
            rf"[「『“\"'`（(](?:{dashes})[」』”\"'`）)]|(?<![\w/])(?:{dashes})\s*(?:は|：|:|＝|=|means\b|is\b|stands\b)"
        )
        return re.search(said, self.prose) is not None

    @cached_property
    def prose(self) -> str:
        """Join everything the spec says in words."""
        if self.pipeline is None:
            return ""
        texts = [self.pipeline.description, *self.pipeline.notes]
        for resource in self.resources:
            texts += [resource.description, *(field.description for field in resource.schema.fields)]
        return "\n".join(text.ja + "\n" + text.en for text in texts)


def _options(step: Any, name: str) -> Any:
    return step.options if isinstance(step, Step) and step.name == name else None


@dataclass(frozen=True, eq=False)
class RawFile:
    """Hold a raw file as the rules see it, with what the spec knows of it."""

    opened: Opened
    known: Known = field(default_factory=Known)
    _areas: dict[int, tuple[Area, ...]] = field(default_factory=dict)

    def areas(self, grid: Grid) -> tuple[Area, ...]:
        """Find the tables of a sheet."""
        key = id(grid)
        if key not in self._areas:
            self._areas[key] = find_areas(grid, self.known.header(grid.sheet))
        return self._areas[key]

    @cached_property
    def visible(self) -> tuple[Grid, ...]:
        """List the sheets that a reader sees."""
        return tuple(grid for grid in self.opened.grids if not grid.hidden)

    @cached_property
    def tables(self) -> tuple[Area, ...]:
        """List every table that a reader sees."""
        return tuple(area for grid in self.visible for area in self.areas(grid))

    @cached_property
    def columns(self) -> tuple[RuleColumn, ...]:
        """List the columns of all tables."""
        return tuple(column for area in self.tables for column in area.columns)

    @cached_property
    def headings(self) -> Mapping[str, tuple[str, ...]]:
        """List the column names of each sheet's largest table."""
        named = {}
        for grid in self.visible:
            areas = self.areas(grid)
            if areas:
                largest = max(areas, key=lambda area: (area.bottom - area.top + 1) * (area.right - area.left + 1))
                named[grid.sheet] = tuple(column.heading for column in largest.columns)
        return named


# ---- what a rule finds ------------------------------------------------------------------------------------------

MAX_PLACES = 20


@dataclass(frozen=True, slots=True)
class Decision:
    """Say what came of one rule."""

    state: State
    count: int = 0
    places: tuple[Place, ...] = ()
    why: str = ""
    weight: Weight | None = None
    """Where it isn't the rule's own."""


PASSED = Decision("passed")


def exempt(why: str = "") -> Decision:
    """Say that a rule is not about such a file."""
    return Decision("exempt", why=why)


def undecided(why: str) -> Decision:
    """Say that a program can't tell."""
    return Decision("undecided", why=why)


def tell(spots: Iterable[GridSpot], why: str = "", weight: Weight | None = None, state: State = "failed") -> Decision:
    """Say that a rule failed (or `state`) at `spots`; that it passed where there are none."""
    every = iter(spots)
    first = tuple(spot.place() for spot in islice(every, MAX_PLACES))
    if not first:
        return PASSED
    return Decision(state, len(first) + sum(1 for _ in every), first, why, weight)
