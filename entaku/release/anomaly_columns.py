"""What is unusual of a column: empty cells, numbers, categories, texts, dates."""

import math
from collections.abc import Iterator
from datetime import date
from functools import partial
from itertools import pairwise

from entaku.model.messages import UNSEEN
from entaku.model.profile import Profile
from entaku.release.compared import (
    FEW,
    MIN_ROWS,
    SOME,
    Column,
    Compared,
    Odd,
    find_median,
    is_usual_step,
    list_quantiles,
    measure_outside,
    show,
    show_share,
    tell_numbers,
)

NUMBERS = ("integer", "number")
STEP = 0.7
"""The power of ten by which all quantiles must differ to be of another order; more of few rows."""
SIGMAS = 4
"""Standard deviations up to which a share may be another by chance."""
FAR = 100
"""How many times as large or small a median becomes before that is an anomaly whatever its power of ten is."""
MOST_CATEGORIES = 10
"""Values of a column up to which a release keeps them all."""
SURE = 1e-6
"""Probability at which something is no chance."""
LISTED = 5
"""Categories that a finding names."""


def find_emptied(table: Compared) -> Iterator[Odd]:
    """Yield columns with a greater share of empty cells; the size is by how much it is greater than ever before."""
    for column in table.columns():
        shares = [profile.nulls / profile.rows for profile in column.past]
        share, most, rows = column.new.nulls / column.new.rows, max(shares), column.new.rows
        usual, more = sum(shares) / len(shares), share - most
        noise = SIGMAS * math.sqrt(usual * (1 - usual) / rows)
        if rows < MIN_ROWS or more * rows < 5 or share - usual <= noise or is_usual_step(shares, share):
            continue
        missing = column.field.missingValues
        marks = table.resource.schema.missingValues if missing is None else missing
        yield Odd(
            "cells-emptied", more, column.name, show_share(most), show_share(share), frozenset(marks).__contains__
        )


def find_drifted(table: Compared) -> Iterator[Odd]:
    """Yield columns of numbers whose median lies outside of all earlier ones; the size is by how many times the usual
    width of the middle half of their values."""
    for column in table.columns(*NUMBERS):
        medians = [median for profile in column.past if (median := find_median(profile)) is not None]
        new = find_median(column.new)
        if column.keyed or new is None or len(medians) < SOME or column.filled < MIN_ROWS:
            continue
        outside = measure_outside(medians, new)
        widths = sorted(_measure_width(profile) for profile in column.past)
        width = max(widths[len(widths) // 2], 1e-12 + 0.02 * abs(medians[-1]))
        if not outside or is_usual_step(medians, new) or is_shifted(column) or _is_flipped(column):
            continue
        if all(median > 0 for median in (*medians, new)) and is_usual_step(
            [math.log(median) for median in medians], math.log(new)
        ):
            continue  # it grows by so much per cent, or has seasons
        low, high = min(medians), max(medians)
        above = new > high
        shows = tell_numbers(partial(_reaches, new, above))
        yield Odd("values-drifted", outside / width, column.name, f"{show(low)}–{show(high)}", show(new), shows)


def _measure_width(profile: Profile) -> float:
    quantiles = list_quantiles(profile)
    return quantiles.get(0.75, 0.0) - quantiles.get(0.25, 0.0)


def find_shifted(table: Compared) -> Iterator[Odd]:
    """Yield columns of numbers of another order: all quantiles a power of ten as large or small as in every earlier
    release, or the median a hundred times; the size is how many times."""
    for column in table.columns(*NUMBERS):
        times = _measure_shift(column)
        if times:
            old, new = find_median(column.past[-1]) or 0.0, find_median(column.new) or 0.0
            above = abs(new) > abs(old)
            limit = math.sqrt(abs(old * new))
            shows = tell_numbers(partial(_is_large, limit, above))
            yield Odd("values-shifted", times, column.name, show(old), show(new), shows)


def is_shifted(column: Column) -> bool:
    """Test whether a column's numbers are of another order."""
    return bool(_measure_shift(column))


def _measure_shift(column: Column) -> float:
    """Return how many times as large or small the numbers became; 0 if they are of an order that they had before."""
    if column.keyed or min(column.filled, column.past[-1].rows - column.past[-1].nulls) < 5:
        return 0.0
    return min((_measure_step(profile, column.new) for profile in column.past), default=0.0)


def _measure_step(old: Profile, new: Profile) -> float:
    before, after = list_quantiles(old), list_quantiles(new)
    both = [share for share in before if share in after and before[share] and after[share]]
    if 0.5 not in both:
        return 0.0
    ratios = {share: abs(after[share] / before[share]) for share in both}
    logs = [math.log10(ratio) for share, ratio in ratios.items() if 0.2 < share < 0.8]
    least = STEP + 0.5 / math.sqrt(min(old.rows - old.nulls, new.rows - new.nulls))
    if len(logs) > 1 and (min(logs) >= least or max(logs) <= -least):
        return _times(ratios[0.5])
    one_sign = all(min(some.values()) * max(some.values()) > 0 for some in (before, after))
    return _times(ratios[0.5]) if one_sign and _times(ratios[0.5]) >= FAR else 0.0


def _times(ratio: float) -> float:
    return max(ratio, 1 / ratio)


def find_flipped(table: Compared) -> Iterator[Odd]:
    """Yield columns of numbers that were never of a sign that now most of them have; the size is their share at least."""
    for column in table.columns(*NUMBERS):
        share = _share_flipped(column)
        if share:
            positive = _are_positive(column)
            word = ("≥ 0", "< 0") if positive else ("≤ 0", "> 0")
            shows = tell_numbers((0.0).__gt__ if positive else (0.0).__lt__)
            yield Odd("signs-flipped", share, column.name, word[0], f"{word[1]} ({show_share(share)})", shows)


def _are_positive(column: Column) -> bool:
    return all(_bound(profile.least, 0.0) >= 0 for profile in column.past)


def _is_flipped(column: Column) -> bool:
    return bool(_share_flipped(column))


def _share_flipped(column: Column) -> float:
    if column.keyed or column.filled < MIN_ROWS or find_median(column.past[-1]) is None:
        return 0.0
    quantiles = sorted(list_quantiles(column.new).items())
    if _are_positive(column) and any(_bound(profile.most, 0.0) > 0 for profile in column.past):
        return max((share for share, value in quantiles if value < 0), default=0.0)
    if all(_bound(profile.most, 0.0) <= 0 for profile in column.past) and not _are_positive(column):
        return max((1 - share for share, value in quantiles if value > 0), default=0.0)
    return 0.0


def _bound(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise


def find_constant(table: Compared) -> Iterator[Odd]:
    """Yield columns in which every filled cell has one value though earlier releases had others; the
    size is how surely that is no chance, as a power of ten."""
    for column in table.columns():
        if column.field.type in ("date", "datetime", "year", "yearmonth", "time") or column.new.distinct != 1:
            continue
        least = min(profile.distinct for profile in column.past)
        most = max(
            max((count for _, count in one.top), default=0) / max(one.rows - one.nulls, 1) for one in column.past
        )
        if least < 2 or column.filled < MIN_ROWS or not most or most**column.filled > SURE:
            continue
        value = show(column.new.top[0][0]) if column.new.top else ""
        digits = -column.filled * math.log10(most) if most < 1 else 0.0
        yield Odd("values-constant", digits, column.name, show(least), value)


def _reaches(limit: float, above: bool, number: float) -> bool:
    return number >= limit if above else number <= limit


def _is_large(limit: float, above: bool, number: float) -> bool:
    return (abs(number) > limit) is above


def _has_length(mean: float, long: bool, text: str) -> bool:
    return len(text) >= mean if long else 0 < len(text) <= mean


def _is_shorter(length: int, text: str) -> bool:
    return 0 < len(text) < length


def _list_categories(profile: Profile) -> dict[str, float] | None:
    """Return the share of each value of a column of few; None of a column of more than a release keeps."""
    if not profile.exact or profile.distinct > MOST_CATEGORIES or len(profile.top) < profile.distinct:
        return None
    filled = max(profile.rows - profile.nulls, 1)
    return {str(value): count / filled for value, count in profile.top}


def find_lost_categories(table: Compared) -> Iterator[Odd]:
    """Yield columns of few values that lack one which every earlier release had; the size is its least share there."""
    for column in table.columns("string"):
        past, new = [_list_categories(profile) for profile in column.past], _list_categories(column.new)
        known = [one for one in past if one is not None]
        if len(known) < FEW or len(known) < len(past) or new is None or not column.filled:
            continue
        shares = {value: min(one.get(value, 0.0) for one in known) for value in known[-1]}
        lost = {value: share for value, share in shares.items() if value not in new and share * column.filled >= 10}
        if lost:
            total = sum(known[-1][value] for value in lost)
            yield Odd(
                "categories-lost",
                max(lost.values()),
                column.name,
                show_share(total),
                "0",
                args={**_list(lost), UNSEEN: "values"},
            )


def find_new_categories(table: Compared) -> Iterator[Odd]:
    """Yield columns of few values with one that no earlier release had; the size is its share."""
    for column in table.columns("string"):
        past = [_list_categories(profile) for profile in column.past]
        known = {value for one in past if one is not None for value in one}
        if len(past) < FEW or None in past or column.filled < MIN_ROWS:
            continue
        shares = {str(value): count / column.filled for value, count in column.new.top}
        new = {value: share for value, share in shares.items() if value not in known and share * column.filled >= 10}
        if new:
            most, total = max(new.values()), show_share(sum(new.values()))
            yield Odd("categories-new", most, column.name, "0", total, frozenset(new).__contains__, args=_list(new))


def _list(shares: dict[str, float]) -> dict[str, str]:
    ordered = sorted(shares, key=lambda value: (-shares[value], value))
    more = "…" if len(ordered) > LISTED else ""
    return {"values": ", ".join(f'"{value}"' for value in ordered[:LISTED]) + more}


def find_cut_codes(table: Compared) -> Iterator[Odd]:
    """Yield columns of codes that lost leading zeros, or became shorter than the one length that they had; the size is
    the share of such cells at least."""
    for column in table.columns("string"):
        lengths, past = column.new.lengths, [profile.lengths for profile in column.past]
        if lengths is None or column.filled < 5:
            continue
        sizes = {size for one in past if one is not None for size in (one.least, one.most)}
        was = next(iter(sizes)) if len(sizes) == 1 else 0
        shown = [str(value) for profile in column.past for value, _ in profile.top]
        varied = min(profile.distinct for profile in column.past) >= MOST_CATEGORIES
        codes = varied and all(map(is_code, shown))  # names may be of any length
        if codes and was > 1 and lengths.least < was:  # longer ones may be the next of a series
            share = max((was - lengths.mean) / (was - lengths.least), 1 / column.filled)
            new = show(lengths.least) if lengths.least == lengths.most else f"{lengths.least}–{lengths.most}"
            yield Odd("codes-cut", share, column.name, show(was), new, partial(_is_shorter, was))
            continue
        before = frozenset(shown)
        short = {code.lstrip("0"): code for code in before if code.isdecimal() and code[:1] == "0" and code.strip("0")}
        cut = {str(value): count for value, count in column.new.top if str(value) in short and str(value) not in before}
        if cut:
            first = next(iter(cut))
            share = sum(cut.values()) / column.filled
            yield Odd(
                "codes-cut",
                share,
                column.name,
                f'"{short[first]}"',
                f'"{first}"',
                frozenset(cut).__contains__,
                args={UNSEEN: "old"},
            )


def is_code(text: str) -> bool:
    """Test whether a text may be a code: letters and digits of ASCII with a digit among them."""
    return text.isascii() and text.isalnum() and any(map(str.isdigit, text))


def find_drifted_texts(table: Compared) -> Iterator[Odd]:
    """Yield columns of texts of another mean length than ever before; the size is how many times as long or short."""
    for column in table.columns("string"):
        means = [profile.lengths.mean for profile in column.past if profile.lengths is not None]
        if len(means) < SOME or column.new.lengths is None or column.filled < MIN_ROWS or not min(means):
            continue
        new = column.new.lengths.mean
        if new and not is_usual_step(means, new):
            times = max(new / max(means), min(means) / new)
            long = new > max(means)
            old = f"{min(means):.1f}–{max(means):.1f}"
            yield Odd("texts-drifted", times, column.name, old, f"{new:.1f}", partial(_has_length, new, long))


def find_far_dates(table: Compared) -> Iterator[Odd]:
    """Yield columns of dates with one far outside of all earlier ones; the size is by how many years, those that earlier
    releases moved on their way left out."""
    for column in table.columns("date", "datetime", "year"):
        ends = [(_read_year(one.least), _read_year(one.most)) for one in column.past if one.least is not None]
        if not ends or column.new.least is None:
            continue
        low, high = min(low for low, _ in ends), max(high for _, high in ends)
        least, most = _read_year(column.new.least), _read_year(column.new.most)
        moves = [abs(b - a) for one, other in pairwise(ends) for a, b in zip(one, other, strict=True)]
        moved = max(moves, default=0.0)
        before, after = low - least, most - high
        years, new = (before, column.new.least) if before > after else (after, column.new.most)
        if years > 0:
            old = f"{column.past[-1].least}–{column.past[-1].most}"
            shows = str(new).__eq__
            yield Odd("dates-far", years - moved, column.name, old, str(new), shows)


def _read_year(value: object) -> float:
    """Return a date as a number of years."""
    text = str(value)
    if text.isdecimal() or len(text) < 10:
        return float(text)
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return float(text[:4])
    return day.year + (day.timetuple().tm_yday - 1) / 366
