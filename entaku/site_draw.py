"""Places on paper: round steps for axes, short numbers, names that don't run into one another.  Pure."""

import math
import unicodedata
from collections.abc import Sequence
from datetime import date

from entaku.model import Lang
from entaku.site_format import MONTHS

_MYRIADS = ((10**12, "兆"), (10**8, "億"), (10**4, "万"))
_THOUSANDS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**4, "k"))


def find_steps(low: float, high: float, count: int = 4) -> tuple[float, ...]:
    """About `count` round numbers (1, 2 or 5 times a power of ten apart) that hold `low` to `high` between them."""
    if high - low <= max(1e-9 * max(abs(low), abs(high)), 1e-290):  # one number, or as good as one
        low, high = (min(low, 0.0), max(high, 0.0)) if abs(low) > 1e-290 else (0.0, 1.0)
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(float(f"{each * step:.10g}") for each in range(first, last + 1))


def shorten_number(value: float, lang: Lang) -> str:
    """A number for an axis: 15万, 1.5億; 150k, 15M in English."""
    for size, word in _MYRIADS if lang == "ja" else _THOUSANDS:
        if abs(value) >= size:
            return f"{value / (1000 if word == 'k' else size):,.4g}{word}"
    return spell_number(value)


def spell_number(value: float) -> str:
    """A number with separators and no more digits than it has: `1,234.5`."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}" if abs(value) < 1e15 else f"{value:.6g}"


def spell_mark(mark: str, lang: Lang, whole: bool = False) -> str:
    """A day, month or year of a time axis; `whole` with its year."""
    year, month, day = [*mark.split("-"), "", ""][:3]
    if not month:
        return year if lang == "en" else f"{year}年"
    if not day:
        return f"{MONTHS[int(month) - 1][:3]} {year}" if lang == "en" else f"{year}年{int(month)}月"
    short = f"{int(day)} {MONTHS[int(month) - 1][:3]}" if lang == "en" else f"{int(month)}月{int(day)}日"
    return short if not whole else f"{short} {year}" if lang == "en" else f"{year}年{short}"


def cut_name(name: str, width: int) -> str:
    """A name that takes at most `width` half-width columns; what is too long ends in `…`."""
    taken = 0
    for n, char in enumerate(name):
        taken += 2 if unicodedata.east_asian_width(char) in "WFA" else 1
        if taken > width:
            return name[: max(n - 1, 1)] + "…"
    return name


def spread_labels(wanted: Sequence[float], gap: float, top: float, bottom: float) -> tuple[float, ...]:
    """Heights near the `wanted` ones, in the same order, that are `gap` apart and between `top` and `bottom`."""
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
    """Where a day, month or year is on a line of days."""
    parts = [int(part) for part in mark.split("-")]
    if len(parts) == 3:
        return date(*parts).toordinal()
    return parts[0] * 12 + (parts[1] if len(parts) == 2 else 0)
