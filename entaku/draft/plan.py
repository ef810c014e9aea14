"""What a draft decides of a file: its tables, how each is read and tidied, its columns, and what is left out."""

from dataclasses import dataclass, field
from typing import Literal

from entaku.draft.grid import Spot

Role = Literal["table", "heading", "title", "unit", "note", "meta", "caption", "total", "left"]
"""What becomes of a cell: published in a table, or told as one of these."""


@dataclass(frozen=True, kw_only=True)
class ColumnPlan:
    """A column of a table: where its values come from, and what is made of them."""

    source: str
    """Its name in the table as it is read."""
    name: str
    label: str = ""
    en: str = ""
    type: str = "string"
    unit: str = ""
    to: str = ""
    """What `parse_date` makes: date, datetime, month, year or fiscal_year; "" for no date."""
    order: str = ""
    eras: tuple[tuple[str, str], ...] = ()
    """Years of former eras that are written without one, each with its era; at last the era of all others, with ""."""
    serial: bool = False
    missing: tuple[str, ...] = ()
    """Marks that mean "no value"."""
    flags: tuple[str, ...] = ()
    """Letters beside numbers as they are written, which go to a column of their own."""
    words: tuple[str, ...] = ()
    """Texts among numbers or dates, which go to a column of their own."""
    suffix: str = ""
    """A unit written behind each number."""
    justified: bool = False
    """Whether spaces between its letters are for looks."""
    required: bool = False
    format: str = ""
    """The format of offices that all its values have."""
    marks: tuple[str, ...] = ()
    """The marks for no value as they are written."""
    keeps_marks: bool = False
    """Whether a column beside it tells the mark of each empty value."""
    of_standard: bool = False
    """Whether the table's standard describes it."""
    about: tuple[str, str] = ("", "")
    """Its description, in Japanese and English."""

    @property
    def is_number(self) -> bool:
        """Whether numbers are parsed."""
        return self.type in ("integer", "number")


@dataclass(frozen=True, kw_only=True)
class SumPlan:
    """Rows of totals, and what they are the sum of."""

    column: str
    """The source of the column that has the word."""
    word: str
    parts: tuple[str, ...] = ()
    above: bool = False
    """Whether the parts are the rows above, up to the total before."""
    by: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    """The columns that are checked, by source."""
    differs: tuple[tuple[str, str, str], ...] = ()
    """Columns whose total is not the sum: source, total, sum."""
    rows: int = 0
    unless: tuple[str, tuple[str, ...]] = ("", ())
    """A column, by source, and the words in it of rows that are another total, though they have this one's word too."""
    stage: int = 0
    """When it is checked and left out: totals of a later stage are the sums of what is left then."""


@dataclass(frozen=True)
class UnitRows:
    """Rows that are in another unit than their columns, which become a table of their own."""

    column: str
    """The source of the column that names them."""
    words: tuple[str, ...]
    unit: str
    key: tuple[str, ...] = ()
    """The names of the columns that tell them apart."""
    suffix: str = ""
    """The unit behind each of their numbers."""


YEAR_MONTH = "year_month"


@dataclass(frozen=True, kw_only=True)
class MeltPlan:
    """Columns of years, months or the like that become rows."""

    columns: tuple[str, ...]
    """By source."""
    names_to: str
    period: str
    """What the headings are: year, fiscal_year, month, year_month or day."""
    values_to: str
    values: str
    """What the values are, in Japanese."""
    unit: str = ""
    total: str = ""
    """The column among them that is the sum of the others, by source: its rows are checked and left out."""
    year: str = ""
    """The name of the column of years or fiscal years that months are of; they become months of a year with it."""
    fiscal: bool = False

    @property
    def key(self) -> str:
        """The name of the column that tells the rows apart."""
        return YEAR_MONTH if self.year else self.names_to


@dataclass(frozen=True)
class MonthPlan:
    """Columns of years and of months, of which months of a year are made."""

    year: str
    month: str
    """Both by source."""
    fiscal: bool
    """Whether the years are fiscal years."""
    day: str = ""
    """The column of days, by source, of which dates are made; "" for months."""

    @property
    def into(self) -> str:
        """The name of the column that is made."""
        return "date" if self.day else YEAR_MONTH

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of which it is made."""
        return (self.year, self.month, *([self.day] if self.day else []))


@dataclass(frozen=True)
class ReferencePlan:
    """A foreign key."""

    table: str
    """The name of the other table."""
    columns: tuple[str, ...]
    """By source; the other table's have the same headings."""
    keys: tuple[str, ...]
    """Those of the other table, by source."""


@dataclass(frozen=True, kw_only=True)
class TablePlan:
    """A table to be published."""

    name: str
    title: str = ""
    member: str = ""
    """The name of the file in a zip, or /a pattern/; "" where there is but one."""
    sheet: str = ""
    """The sheet's name, or /a pattern/; "" where there is but one."""
    sheets: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    row: int = 1
    rows: int = 1
    starts: str = ""
    skip: tuple[str, ...] = ()
    stop: str = ""
    section: str = ""
    fill: bool = False
    encoding: str = ""
    skip_hidden: bool = False
    """Whether hidden rows and columns are left out."""
    plain: bool = True
    """Whether nothing need be written to read it."""
    titles: tuple[tuple[int, str], ...] = ()
    """Line and pattern of the title lines that give columns."""
    fields: tuple[ColumnPlan, ...] = ()
    downward: tuple[str, ...] = ()
    """Columns in which an empty cell means "as above", by source."""
    units: tuple[UnitRows, ...] = ()
    """Rows in other units, which are left out."""
    taken: UnitRows | None = None
    """The rows in another unit that are the table."""
    sums: tuple[SumPlan, ...] = ()
    melt: MeltPlan | None = None
    months: MonthPlan | None = None
    key: tuple[str, ...] = ()
    refers: tuple[ReferencePlan, ...] = ()
    empty: tuple[str, ...] = ()
    """Columns without a heading and without a value."""
    standard: str = ""
    """The standard dataset whose columns these are."""
    without: tuple[str, ...] = ()
    """The headings of the standard that the table hasn't."""
    plainly: "TablePlan | None" = None
    """The plan without the standard, in case that the values don't follow it."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the draft could not decide, and what it took."""

    key: str
    ja: str
    en: str
    answer: str
    """What was chosen, in words of both languages' YAML comment."""


@dataclass(frozen=True)
class LeftOut:
    """Cells that are in no table and are nothing that the draft names."""

    sheet: str
    places: tuple[str, ...]
    texts: tuple[str, ...]
    why: str


@dataclass(frozen=True, kw_only=True)
class FilePlan:
    """A file's draft."""

    tables: tuple[TablePlan, ...] = ()
    title: str = ""
    notes: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    left: tuple[LeftOut, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    """Place and text of each value that could not be read as its column's type."""
    roles: dict[tuple[str, Spot], Role] = field(default_factory=dict)
    """What becomes of each filled cell, by sheet and place."""
