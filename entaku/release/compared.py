"""A table of the next release beside those of earlier ones, in figures alone, and the arithmetic of what is usual."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from entaku.model.anomalies import AnomalyName
from entaku.model.grammar import Resource
from entaku.model.profile import Profile
from entaku.model.table_schema import SchemaField
from entaku.release.periods import Periods

FEW = 3
"""Earlier releases from which something can be called usual."""
SOME = 4
"""Earlier releases from which a range of values says what the next may be."""
MIN_ROWS = 10
"""Rows below which a share says little."""


@dataclass(frozen=True)
class Figures:
    """What is compared of a table of one release."""

    rows: int
    profiles: Mapping[str, Profile]
    """Statistics by column; none for old releases."""
    sample: bool = False
    """Whether it was made of samples."""
    periods: Periods | None = None
    """Of the next release alone: no release keeps them."""


@dataclass(frozen=True)
class Odd:
    """An anomaly: what was measured of it."""

    kind: AnomalyName
    size: float
    """By which its tier is decided."""
    column: str = ""
    """"" for the whole table."""
    old: str = ""
    """The figure of earlier releases."""
    new: str = ""
    shows: Callable[[str], bool] | None = None
    """Tests whether a cell of `column` is one of those that it is about; None if no row shows it."""
    code: str = ""
    """The code of its finding, if that isn't its kind."""
    period: tuple[str, str] = ("", "")
    """The column and the period that it is about alone, as it is written; "" for the whole table."""
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Compared:
    """A table of the next release, and the same of earlier ones."""

    resource: Resource
    new: Figures
    past: Sequence[Figures]
    """Oldest first; the last is of the current release."""

    @property
    def last(self) -> Figures:
        """Return the figures of the current release."""
        return self.past[-1]

    def columns(self, *types: str) -> Iterator["Column"]:
        """Yield the columns of these types (of any, if none are named) that earlier releases have, too."""
        for each in self.resource.schema.fields:
            new = self.new.profiles.get(each.name)
            if new is None or (types and each.type not in types):
                continue
            past = [figures.profiles[each.name] for figures in self.past if each.name in figures.profiles]
            past = [profile for profile in past if profile.type == each.type and profile.rows]
            if past:
                yield Column(each, new, past, each.name in self.resource.schema.primaryKey)


@dataclass(frozen=True)
class Column:
    """A column of the next release, and the same of earlier ones."""

    field: SchemaField
    new: Profile
    past: Sequence[Profile]
    """Oldest first, at least one."""
    keyed: bool
    """Whether it is of the primary key."""

    @property
    def name(self) -> str:
        """Return its name."""
        return self.field.name

    @property
    def filled(self) -> int:
        """Return the number of its cells that aren't empty."""
        return self.new.rows - self.new.nulls


def list_quantiles(profile: Profile) -> dict[float, float]:
    """Return the quantiles of a column of numbers, by share."""
    return {share: float(value) for share, value in profile.quantiles}


def find_median(profile: Profile) -> float | None:
    """Return the median of a column of numbers."""
    return list_quantiles(profile).get(0.5)


def is_usual_step(past: Sequence[float], new: float) -> bool:
    """Test whether a figure differs from the last no more than twice as much as any from the one before it."""
    steps = [abs(b - a) for a, b in pairwise(past)]
    return bool(steps) and abs(new - past[-1]) <= 2 * max(steps)


def measure_outside(past: Sequence[float], new: float) -> float:
    """Return how far a figure lies outside of the range of earlier ones; 0 if within."""
    return max(min(past) - new, new - max(past), 0.0)


def show(number: Any) -> str:
    """Return a figure as people read it."""
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e15:
        number = int(number)
    return f"{number:,.6g}" if isinstance(number, float) else f"{number:,}" if isinstance(number, int) else str(number)


def show_share(share: float) -> str:
    """Return a share as people read it."""
    return f"{share:.1%}" if 0 < share < 0.1 or 0.9 < share < 1 else f"{share:.0%}"


def read_number(text: str) -> float | None:
    """Return the number that a cell holds; None for anything else."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def tell_numbers(wanted: Callable[[float], bool]) -> Callable[[str], bool]:
    """Return a test of cells by the numbers that they hold."""

    def test(text: str) -> bool:
        number = read_number(text)
        return number is not None and wanted(number)

    return test
