"""A raw file as the rules see it: grids of text with what their format tells besides, and what a rule finds there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from entaku.audit.rulebook import State, Weight
from entaku.formats.text import column_letters
from entaku.formats.xlsx import CellStyle
from entaku.model.nouns import Place

MAX_PLACES = 20


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong with how a record of a CSV is written."""

    row: int
    """The 1-based line on which the record begins."""
    kind: str
    """lines: it goes on over more than one; quote: a quote within a plain field; open: a quote that nothing ends."""


@dataclass(frozen=True, eq=False)
class Grid:
    """A sheet, or the records of a CSV; rows and columns count from 0."""

    sheet: str
    """Sheet or member (`member/sheet`); "" for a CSV of its own."""
    excel: bool
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    """The 1-based row of the raw file of each row."""
    whole: bool = True
    encoding: str = ""
    """Of a CSV."""
    slips: tuple[Slip, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    """Top, left, bottom, right of merged cells, all included."""
    seen: bool = False
    """Whether the format tells of what follows; an .xls is read for its cells alone."""
    hidden: bool = False
    """The whole sheet."""
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    formulas: tuple[tuple[int, int], ...] = ()
    """Row and column of formulas, and of error values."""
    anchors: tuple[tuple[int, int], ...] = ()
    """The top left cells of pictures and shapes."""
    styles: Mapping[tuple[int, int], CellStyle] = field(default_factory=dict)
    """Of the cells that don't look as Excel does unasked."""

    def text(self, row: int, at: int) -> str:
        """A cell, "" beyond the row's end."""
        cells = self.rows[row]
        return cells[at] if at < len(cells) else ""


@dataclass(frozen=True, eq=False)
class Book:
    """A raw file."""

    name: str
    kind: str
    """csv, tsv, xlsx, xls, zip, ods, json, xml, pdf, word, html, empty or other: what the bytes are."""
    grids: tuple[Grid, ...] = ()
    broken: bool = False
    """It is of a kind that is read, and can't be."""
    kinds: tuple[tuple[str, str], ...] = ()
    """Name and kind of each member of a zip that was looked at."""
    more: bool = False
    """Whether a zip holds more tables than were looked at."""


# ---- what a rule finds ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell, row or column of a grid."""

    grid: Grid
    row: int | None = None
    at: int | None = None
    heading: str = ""

    def place(self) -> Place:
        """The same in the raw file's own terms."""
        line = (
            None if self.row is None else self.grid.lines[self.row] if self.row < len(self.grid.lines) else self.row + 1
        )
        letters = "" if self.at is None else column_letters(self.at)
        cell = f"{letters}{line}" if self.grid.excel and letters and line is not None else ""
        column = self.heading or (letters if self.grid.excel and not cell else "")
        if not column and not self.grid.excel and self.at is not None:
            column = str(self.at + 1)
        return Place(sheet=self.grid.sheet, row=line, column=" ".join(column.split())[:60], cell=cell)


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one rule."""

    state: State
    count: int = 0
    places: tuple[Place, ...] = ()
    why: str = ""
    weight: Weight | None = None
    """Where it isn't the rule's own."""


PASSED = Found("passed")


def exempt(why: str = "") -> Found:
    return Found("exempt", why=why)


def undecided(why: str) -> Found:
    return Found("undecided", why=why)


def tell(spots: Iterable[Spot], why: str = "", weight: Weight | None = None, state: State = "failed") -> Found:
    """Failed (or `state`) at `spots`; passed where there are none."""
    every = iter(spots)
    first = tuple(spot.place() for spot in islice(every, MAX_PLACES))
    if not first:
        return PASSED
    return Found(state, len(first) + sum(1 for _ in every), first, why, weight)
