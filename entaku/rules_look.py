"""A file under examination: its tables, found once for all the rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from entaku.rules_area import Area, Column, find_areas
from entaku.rules_book import Book, Grid
from entaku.rules_known import Known


@dataclass(frozen=True, eq=False)
class Look:
    """A book, and what the spec knows of it."""

    book: Book
    known: Known = field(default_factory=Known)
    _areas: dict[int, tuple[Area, ...]] = field(default_factory=dict)

    def areas(self, grid: Grid) -> tuple[Area, ...]:
        """The tables of a sheet."""
        key = id(grid)
        if key not in self._areas:
            self._areas[key] = find_areas(grid, self.known.header(grid.sheet))
        return self._areas[key]

    @cached_property
    def visible(self) -> tuple[Grid, ...]:
        """The sheets that a reader sees."""
        return tuple(grid for grid in self.book.grids if not grid.hidden)

    @cached_property
    def tables(self) -> tuple[Area, ...]:
        """Every table that a reader sees."""
        return tuple(area for grid in self.visible for area in self.areas(grid))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of all tables."""
        return tuple(column for area in self.tables for column in area.columns)

    @cached_property
    def headings(self) -> Mapping[str, tuple[str, ...]]:
        """The column names of each sheet's largest table."""
        named = {}
        for grid in self.visible:
            areas = self.areas(grid)
            if areas:
                largest = max(areas, key=lambda area: (area.bottom - area.top + 1) * (area.right - area.left + 1))
                named[grid.sheet] = tuple(column.heading for column in largest.columns)
        return named
