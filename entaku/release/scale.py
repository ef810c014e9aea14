"""Ordered values as numbers on an axis: quantiles, histograms with round steps, values as JSON."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any

import numpy as np

from entaku.formats.arrays import to_numbers
from entaku.formats.heavy import pa
from entaku.model.profile import Bar, Scalar

if TYPE_CHECKING:
    Hashes = np.ndarray[Any, np.dtype[np.uint64]]

_ODD = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 2**64))


def _mix(numbers: Hashes) -> Hashes:
    """Mix 64-bit numbers (SplitMix64's finaliser; Steele, Lea and Flood 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def hash_rows(start: int, count: int) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Hash row numbers from `start` on, without collisions in the first 2**32 rows (Wellons 2018, "lowbias32")."""
    numbers = np.arange(count, dtype=np.uint32) + np.uint32((start + 1) % 2**32)
    numbers ^= numbers >> np.uint32(16)
    numbers *= np.uint32(0x7FEB352D)
    numbers ^= numbers >> np.uint32(15)
    numbers *= np.uint32(0x846CA68B)
    numbers ^= numbers >> np.uint32(16)
    return numbers


def hash_values(values: pa.Array) -> Hashes:
    """Hash values without nulls: texts by their bytes, other types by their 64 bits."""

    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _hash_texts(values)
    if pa.types.is_boolean(kind):
        return _mix(to_numbers(values.cast(pa.int8())).astype(np.uint64) + _ODD)
    if pa.types.is_floating(kind):
        return _mix(to_numbers(values.cast(pa.float64())).view(np.uint64) + _ODD)
    whole = values.cast(pa.int32()) if pa.types.is_date32(kind) else values
    return _mix(to_numbers(whole.cast(pa.int64())).view(np.uint64) + _ODD)


def _hash_texts(texts: pa.Array) -> Hashes:
    """Hash each text: its bytes as the digits of a number to an odd base, modulo 2**64, then mixed."""

    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    ends = np.frombuffer(texts.buffers()[1], kind)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    data = texts.buffers()[2]
    size = int(ends[-1] - ends[0])
    sums = np.zeros(size + 1, np.uint64)
    if size:
        digits = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]].astype(np.uint64) + np.uint64(1)
        np.cumsum(_mix(digits) * _powers(_ODD, size), out=sums[1:])
    starts, stops = ends[:-1] - ends[0], ends[1:] - ends[0]
    numbers = (sums[stops] - sums[starts]) * _powers(_INVERSE, size + 1)[starts]
    return _mix(numbers + (stops - starts).astype(np.uint64) * _ODD)


def _powers(base: np.uint64, count: int) -> Hashes:
    """Return 1, base, base**2, … modulo 2**64."""
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)


if TYPE_CHECKING:
    Numbers = np.ndarray[Any, np.dtype[Any]]

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
BARS = 20
"""Approximate number of bars of a histogram."""
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Axis:
    """The mapping of one type's values to numbers on an axis."""

    spell: Callable[[Any], Scalar]
    """Converts a number on the axis to JSON."""
    whole: bool
    """The axis has whole numbers only."""
    unit: str = ""
    """Unit of the numbers: "day" or "moment" (microseconds) since 1970, "time" (microseconds) of a day, "" for none."""

    def places(self, values: pa.Array) -> Numbers:
        """Convert values without nulls to numbers on the axis; NaN stays NaN."""

        if pa.types.is_date32(values.type):
            values = values.cast(pa.int32())
        elif self.unit:
            values = values.cast(pa.int64())
        return to_numbers(values)

    def bounds(self, values: pa.Array) -> tuple[Any, Any]:
        """Return the least and the greatest number on the axis, NaN left out; (None, None) if there is none."""
        places = self.places(values)
        if places.dtype.kind == "f":
            places = places[~np.isnan(places)]
        return (places.min().item(), places.max().item()) if len(places) else (None, None)

    def sort(self, values: pa.Array, counts: Numbers) -> tuple[Numbers, Numbers]:
        """Sort numbers on the axis, each with its count; NaN is left out."""
        places = self.places(values)
        if places.dtype.kind == "f":
            real = ~np.isnan(places)
            places, counts = places[real], counts[real]
        order = np.argsort(places, kind="stable")
        return places[order], counts[order]

    def spell_python(self, value: Any) -> Scalar:
        """Convert a Python value from Arrow to JSON."""
        if not self.unit:
            return _spell_number(value)
        text: str = value.isoformat()
        return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def axis_of(kind: str, zoned: bool = False) -> Axis | None:
    """Return the axis of a Table Schema type, None for types without order; `zoned`: moments of UTC."""
    match kind:
        case "integer" | "year":
            return Axis(int, True)
        case "number":
            return Axis(_spell_number, False)
        case "date":
            return Axis(_spell_day, True, "day")
        case "datetime":
            return Axis(_spell_instant if zoned else _spell_moment, True, "moment")
        case "time":
            return Axis(_spell_time, True, "time")
    return None


def _spell_number(number: float) -> Scalar:
    if isinstance(number, int):
        return number
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _spell_day(day: int) -> str:
    return date.fromordinal(_EPOCH.toordinal() + day).isoformat()


def _spell_moment(moment: int) -> str:
    return str(np.datetime64(moment, "us")).removesuffix(".000000")  # bars may begin or end outside of Python's years


def _spell_instant(moment: int) -> str:
    return f"{_spell_moment(moment)}Z"


def _spell_time(moment: int) -> str:
    seconds, micro = divmod(moment, 1_000_000)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, micro).isoformat()


# ---- quantiles and histograms -----------------------------------------------------------------------------------


def find_quantiles(axis: Axis, places: Numbers, counts: Numbers) -> tuple[tuple[float, Scalar], ...]:
    """Return for each of SHARES the least value such that at least this share of all values is at or below it."""
    if not len(places):
        return ()
    below = np.cumsum(counts)
    total = int(below[-1])
    at = [int(np.searchsorted(below, max(1, math.ceil(share * total - 1e-9)))) for share in SHARES]
    return tuple((share, axis.spell(places[n].item())) for share, n in zip(SHARES, at, strict=True))


def draw_histogram(
    axis: Axis, places: Numbers, counts: Numbers, bounds: tuple[Any, Any], total: int | None
) -> tuple[Bar, ...]:
    """Return bars of one round width (days, months or years for dates) from the least to the greatest value.

    `total`: the number of values that a sample's counts represent; None if the counts are complete.
    """
    finite = np.isfinite(places) if places.dtype.kind == "f" else np.ones(len(places), bool)
    places, counts = places[finite], counts[finite]
    if not len(places):
        return ()
    low, high = (edge if math.isfinite(edge) else places[n].item() for n, edge in ((0, bounds[0]), (-1, bounds[1])))
    edges, spelled = _date_edges(low, high) if axis.unit == "day" else _round_edges(axis, low, high)
    if len(edges) < 2:
        return ()
    bar = np.clip(np.searchsorted(edges, places, side="right") - 1, 0, len(edges) - 2)
    heights = np.bincount(bar, weights=counts, minlength=len(edges) - 1)
    if total is not None:
        heights = np.rint(heights * (total / counts.sum()))
    return tuple(Bar(spelled[n], spelled[n + 1], int(height)) for n, height in enumerate(heights))


def _round_edges(axis: Axis, low: Any, high: Any) -> tuple[Numbers, list[Scalar]]:
    """Return multiples of 1, 2 or 5 × 10ⁿ (or of round times) around `low` and `high`, and their JSON."""
    if axis.unit:
        step = _time_step(high - low)
        edges = [n * step for n in range(low // step, high // step + 2)]
        if axis.unit == "time":
            edges[-1] = min(edges[-1], _DAY - 1)
        return np.array(edges), [axis.spell(edge) for edge in edges]
    span = float(high) - float(low)
    if not math.isfinite(span):
        return np.empty(0), []
    power, factor = _round_step(span / BARS or abs(float(low)) or 1.0, axis.whole)
    unit = float(f"{factor}e{power}")
    first, last = math.floor(low / unit), math.floor(high / unit) + 1
    if last - first > 3 * BARS:  # numbers so large that a step is below their precision
        return np.empty(0), []
    numbers = [float(f"{n * factor}e{power}") for n in range(first, last + 1)]
    return np.array(numbers), [_spell_number(number) for number in numbers]


def _round_step(least: float, whole: bool) -> tuple[int, int]:
    """Return the power of ten and the factor 1, 2 or 5 of the least round step that isn't below `least`."""
    power = math.floor(math.log10(least))
    for factor in (1, 2, 5):
        if float(f"{factor}e{power}") >= least * (1 - 1e-12):
            break
    else:
        power, factor = power + 1, 1
    return (0, 1) if whole and power < 0 else (power, factor)


_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_TIME_STEPS = [n * _SECOND for n in (1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600)]


def _time_step(span: int) -> int:
    for step in _TIME_STEPS:
        if step * BARS * 1.3 >= span:
            return step
    power, factor = _round_step(span / BARS / _DAY, True)
    return int(factor * 10**power) * _DAY


def _date_edges(low: int, high: int) -> tuple[Numbers, list[Scalar]]:
    """Return the first days of days, months or (rounds of) years around `low` and `high`, and their JSON."""
    first, last = np.datetime64(low, "D"), np.datetime64(high, "D")
    if high - low <= 31:
        days = np.arange(first, last + 2)
    elif high - low <= 366 * 3:
        days = np.arange(first.astype("M8[M]"), last.astype("M8[M]") + 2).astype("M8[D]")
    else:
        years = (last.astype("M8[Y]") - first.astype("M8[Y]")).astype(int)
        power, factor = _round_step(max(years / BARS, 1), True)
        step = factor * 10**power
        begin, end = (int(edge.astype("M8[Y]").astype(int)) + 1970 for edge in (first, last))
        numbers = np.arange(begin // step * step, end // step * step + step + 1, step)
        days = (numbers - 1970).astype("M8[Y]").astype("M8[D]")
    return days.astype(int), [str(day) for day in days]
