"""What templates see of a chart, and how it spells numbers, days and names.  Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from entaku.model.nouns import Lang
from entaku.site.words import MONTHS

_MYRIADS = ((10**12, "兆"), (10**8, "億"), (10**4, "万"))
_THOUSANDS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**4, "k"))


def shorten_number(value: float, lang: Lang) -> str:
    """Format a number for an axis: 15万, 1.5億; 150k, 15M in English."""
    for size, word in _MYRIADS if lang == "ja" else _THOUSANDS:
        if abs(value) >= size:
            return f"{value / (1000 if word == 'k' else size):,.4g}{word}"
    return spell_number(value)


def spell_number(value: float) -> str:
    """Format a number with thousands separators and no needless digits: `1,234.5`."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}" if abs(value) < 1e15 else f"{value:.6g}"


def spell_mark(mark: str, lang: Lang, whole: bool = False) -> str:
    """Format a day, month or year (ISO) of a time axis; `whole`: a day with its year."""
    year, month, day = [*mark.split("-"), "", ""][:3]
    if not month:
        return year if lang == "en" else f"{year}年"
    if not day:
        return f"{MONTHS[int(month) - 1][:3]} {year}" if lang == "en" else f"{year}年{int(month)}月"
    short = f"{int(day)} {MONTHS[int(month) - 1][:3]}" if lang == "en" else f"{int(month)}月{int(day)}日"
    return short if not whole else f"{short} {year}" if lang == "en" else f"{year}年{short}"


def cut_name(name: str, width: int) -> str:
    """Cut a name to `width` half-width columns, between words if one ends in the second half of it; what is cut off is
    replaced by `…`."""
    taken = 0
    for n, char in enumerate(name):
        taken += 2 if unicodedata.east_asian_width(char) in "WFA" else 1
        if taken > width:
            kept = name[: max(n - 1, 1)]
            space = kept.rfind(" ")
            return (kept[:space] if space > len(kept) // 2 and name[len(kept)] != " " else kept).rstrip() + "…"
    return name


def measure_text(text: str) -> float:
    """Estimate the width of a label of 12 pixels."""
    return sum(12 if unicodedata.east_asian_width(char) in "WFA" else 7 for char in text)


def spread_labels(wanted: Sequence[float], gap: float, top: float, bottom: float) -> tuple[float, ...]:
    """Return heights near the `wanted` ones, in the same order, `gap` apart and between `top` and `bottom`."""
    order = sorted(range(len(wanted)), key=lambda n: (wanted[n], n))
    heights = list(wanted)
    least = top
    for n in order:
        heights[n] = least = max(heights[n], least)
        least += gap
    most = bottom
    for n in reversed(order):
        heights[n] = most = min(heights[n], most)
        most -= gap
    return tuple(round(height, 1) for height in heights)


def place_time(mark: str) -> float:
    """Return the position of a day (in days), month (in months) or year (in months) on the time axis."""
    parts = [int(part) for part in mark.split("-")]
    if len(parts) == 3:
        return date(*parts).toordinal()
    return parts[0] * 12 + (parts[1] if len(parts) == 2 else 0)


HEIGHT, TOP, BOTTOM = 240, 12, 212
"""Height of a line chart, and top and bottom of its plot, in pixels."""
LEFT, RIGHT = 90, 985
"""Left and right end of the plot in thousandths of the width; the numbers of the axis are left of it."""
NAME_WIDTH, NAME_GAP = 17, 16
PHONE_PLOT, LABEL_GAP = (310, 180), 8
"""Width of the plot on a small phone without and with names beside it, and between two labels below it, in pixels."""


@dataclass(frozen=True, slots=True)
class GridView:
    """A line of the grid: its position and its label."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class LineView:
    """A line: `path` (and `dots`, its points) in a box of 1000 by `plot`, the height of its end, its name."""

    n: int
    """Number of its colour, 1 to 6."""
    name: str
    short: str
    path: str
    dots: str
    end: float
    """Height of its last point."""
    label: float
    """Height of its label."""


@dataclass(frozen=True, slots=True)
class BarView:
    """A bar: its name, its number as text, its length in per cent of the longest."""

    name: str
    value: str
    share: float


@dataclass(frozen=True, slots=True)
class ChartView:
    """A chart of kind `line` (`lines`, `grid`, `marks`), `bars` or `parts` (`bars`), `spread` or `points` (`points`,
    `grid`, `marks`)."""

    kind: str
    title: str
    about: str
    """Caption: the quantity, its unit, and the rows that it covers."""
    label: str
    """Text alternative of the picture."""
    grid: tuple[GridView, ...]
    """Horizontal lines of the grid, by height."""
    marks: tuple[GridView, ...]
    """Labels below a `line` chart, in per cent of the width; vertical lines of a `points` chart."""
    lines: tuple[LineView, ...]
    bars: tuple[BarView, ...]
    points: str
    """A path of points, or of the bars of a `spread`, in a box of `width` by `height`."""
    width: int
    height: int
    plot: int
    """Height of the plot; labels are below it."""
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The same numbers as rows of a table."""
    name: str = ""
    """Its name within its dataset, also in addresses: `charts/#NAME` of the dataset shows it alone."""
    play: Mapping[str, Any] = field(default_factory=dict)
    """What scripts need to draw it again, beside its numbers: columns, marks and names as they are in the table."""
