"""Statistics of a table's columns and the numbers of its charts, both counted from published data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from entaku.model.charts import ChartHow, ChartKind
from entaku.model.words import Text

Scalar = str | int | float | bool
"""A value of a column in JSON: numbers and booleans as they are, everything else as text (dates in ISO 8601)."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram: the number of values in [`low`, `high`) (the last bar includes `high`)."""

    low: Scalar
    high: Scalar
    count: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """Lengths of texts in characters, of lists in items."""

    least: int
    most: int
    mean: float


@dataclass(frozen=True, slots=True)
class Profile:
    """Statistics of one column of a published table."""

    name: str
    type: str
    """The field's type in the schema."""
    rows: int
    nulls: int
    distinct: int
    """Number of different values; for a list, of its items."""
    exact: bool
    """False for a column of very many different values, where `distinct`, `quantiles` and `histogram` are estimates and
    `top` holds only values that are certainly among the most frequent, each with a lower bound of its count."""
    least: Scalar | None = None
    """The smallest value of numbers, dates and times."""
    most: Scalar | None = None
    quantiles: Sequence[tuple[float, Scalar]] = ()
    """A share, and the least value that at least this share of all values does not exceed."""
    histogram: Sequence[Bar] = ()
    top: Sequence[tuple[Scalar, int]] = ()
    """The most frequent values and their counts; for a list, its items."""
    lengths: Lengths | None = None
    binned: int | None = field(default=None, compare=False)  # values in the histogram, where that is folded

    @property
    def zoned(self) -> bool:
        """Test whether these are moments with offsets from UTC, which Parquet has as moments of UTC."""
        return self.type == "datetime" and str(self.least).endswith("Z")

    @property
    def marked(self) -> bool:
        """Test whether some of these numbers are `NaN` or infinite, or may be as not every value was counted."""
        filled = self.rows - self.nulls
        return self.type == "number" and filled > 0 and not (self.exact and self.count_binned() == filled)

    def count_binned(self) -> int:
        """Count the values in the histogram."""
        return sum(bar.count for bar in self.histogram) if self.binned is None else self.binned


def list_zoned(profiles: Sequence[Profile]) -> frozenset[str]:
    """Return the names of the columns whose moments have offsets from UTC."""
    return frozenset(profile.name for profile in profiles if profile.zoned)


def list_constant(profile: Iterable[Profile]) -> set[str]:
    """Return the names of the columns that have the same value in each of several rows."""
    return {one.name for one in profile if one.rows > 1 and one.distinct == 1 and one.exact and not one.nulls}


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of one category, one for each of the chart's `marks`; None where there is none."""

    name: str
    values: tuple[int | float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """The numbers of a chart, counted from the published table."""

    kind: ChartKind
    x: str
    y: str
    """"" where rows were counted."""
    by: str
    how: ChartHow
    step: Literal["", "day", "month", "year"]
    """The period of one mark of a line."""
    unit: str
    where: Mapping[str, str]
    title: Text
    """The owner's title, or none."""
    marks: tuple[str, ...] = ()
    """Days (`2026-06-22`), months (`2026-06`) or years (`2026`) of a line, in order; names of bars and parts, the greatest
    first; intervals of a spread, `low..high`, of which the first and the last may be open (`..10`, `90..`)."""
    series: tuple[Series, ...] = ()
    left: int = 0
    """Number of categories that are not shown."""
    rest: int | float = 0
    """What those of `parts` come to."""
    points: tuple[tuple[float, float, int], ...] = ()
    """Longitude, latitude and number of rows there."""
    cut: tuple[str, ...] = ()
    """Months or years at the ends of a line that are not drawn, as the table has a part of them only."""
    english: Mapping[str, str] = field(default_factory=dict)
    """English names of marks or series, where the table has a column of them."""


# ---- as JSON ----------------------------------------------------------------------------------------------------


def show_profile(profile: Profile) -> dict[str, Any]:
    """Convert a profile to plain values for JSON; keys that don't apply to the column's type are left out."""
    shown: dict[str, Any] = {
        "name": profile.name,
        "type": profile.type,
        "rows": profile.rows,
        "nulls": profile.nulls,
        "distinct": profile.distinct,
        "exact": profile.exact,
    }
    if profile.least is not None:
        shown |= {"min": profile.least, "max": profile.most}
    if profile.quantiles:
        shown["quantiles"] = [{"share": share, "value": value} for share, value in profile.quantiles]
    if profile.histogram:
        shown["histogram"] = [{"low": bar.low, "high": bar.high, "count": bar.count} for bar in profile.histogram]
    if profile.top:
        shown["top"] = [{"value": value, "count": count} for value, count in profile.top]
    if profile.lengths is not None:
        lengths = profile.lengths
        shown["lengths"] = {"min": lengths.least, "max": lengths.most, "mean": lengths.mean}
    return shown


def read_profile(shown: Mapping[str, Any]) -> Profile:
    """Parse what `show_profile` returned.  Raises KeyError or TypeError for anything else."""
    lengths = shown.get("lengths")
    return Profile(
        name=shown["name"],
        type=shown["type"],
        rows=shown["rows"],
        nulls=shown["nulls"],
        distinct=shown["distinct"],
        exact=shown["exact"],
        least=shown.get("min"),
        most=shown.get("max"),
        quantiles=tuple((item["share"], item["value"]) for item in shown.get("quantiles", ())),
        histogram=tuple(Bar(**bar) for bar in shown.get("histogram", ())),
        top=tuple((item["value"], item["count"]) for item in shown.get("top", ())),
        lengths=Lengths(lengths["min"], lengths["max"], lengths["mean"]) if lengths else None,
    )
