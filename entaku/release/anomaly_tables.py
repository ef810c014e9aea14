"""What is unusual of a whole table: the number of rows, its periods, a copy of the release before."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from entaku.model.profile import Profile
from entaku.release.compared import FEW, MIN_ROWS, SOME, Compared, Figures, Odd, is_usual_step, show
from entaku.release.periods import TIMES, Periods
from entaku.release.stats import Stats

LARGE = 20
"""Rows by which a table must grow before that is much."""
DIFFERENT = 16
"""Different rows of a period of which each can hardly be there twice by chance."""
MOST_NEW = 3
"""New periods that are each compared with those before them."""
LISTED = 5
"""Periods that a finding names."""
ALWAYS = 120
"""Days on which a table must always have had rows (on the days of the week on which it has any) before one without them
is unusual."""
FORTNIGHT = 14
"""Days without rows that are no holidays, in a table that has rows nearly every day."""
DAYS = 10
"""Days in a row after which every day is expected."""
REGULAR = 0.9
"""The share of steps of one length by which periods are regular."""
MOSTLY = 0.6
"""The same for what lacks since the current release; days of events, such as inspections, have no such rhythm."""
REPEATED = 0.05
"""The share of rows in several periods beyond which periods may well be alike."""
VARIED = 10
"""Different values by which a column tells one release from another."""


# ---- rows -------------------------------------------------------------------------------------------------------


def find_lost_rows(table: Compared) -> Iterator[Odd]:
    """Yield tables that lost rows; the size is the share of the current release's that is gone."""
    expect, old, new = table.resource.expect.rows, table.last.rows, table.new.rows
    if not old or new >= old:
        return
    if not new:
        if expect.min is None:
            yield Odd("rows-lost", math.inf, "", show(old), "0", code="no-rows-left")
        return
    counts = [figures.rows for figures in table.past if figures.rows]
    if expect.keep is None:
        falls = [counts[n + 1] / counts[n] for n in range(len(counts) - 1) if 0.8 * counts[n] <= max(counts[n + 1 :])]
        if falls and new / old >= min(1, *falls) ** 2:
            return  # it lost nearly as many before, and had them again
        if len(counts) >= SOME and any(b <= 0.9 * a for a, b in pairwise(counts)) and new >= 0.4 * median(counts):
            return  # it goes up and down, and is near its middle
        if new >= old / 2 and (len(counts) < SOME or is_usual_step(_log(counts), math.log(new))):
            return
    yield Odd("rows-lost", 1 - new / old, "", show(old), show(new), args={"share": f"{new / old:.0%}"})


def find_jumped_rows(table: Compared) -> Iterator[Odd]:
    """Yield tables with many more rows than ever; the size is how many times as many as the most before."""
    counts, new = [figures.rows for figures in table.past if figures.rows], table.new.rows
    if len(counts) < FEW or new - max(counts) < LARGE or is_usual_step(_log(counts), math.log(new)):
        return
    yield Odd("rows-jumped", new / max(counts), "", show(max(counts)), show(new))


def _log(counts: Sequence[int]) -> list[float]:
    return [math.log(count) for count in counts]


# ---- periods ----------------------------------------------------------------------------------------------------


def find_twice(table: Compared) -> Iterator[Odd]:
    """Yield tables of which a new period has the rows of another, or each of its rows twice, where that never was so
    before; the size is the number of such periods."""
    periods = table.new.periods
    fresh = list_fresh(table)
    if periods is None or not fresh:
        return
    old = [period for period, count in periods.counts.items() if period not in fresh and count >= MIN_ROWS // 2]
    sums = Counter(periods.digests[period][0] for period in old)
    by_sum = {periods.digests[period][0]: period for period in old}
    large = [period for period in fresh if periods.counts[period] >= MIN_ROWS // 2]
    copies = {}
    for period in large:
        digest = periods.digests[period][0]
        if digest in by_sum:
            copies[period] = by_sum[digest]
        by_sum[digest] = period
    usual = max(sums.values(), default=1) > 1 or len(sums) < FEW or periods.find_repeated(copies) > REPEATED
    if copies and not usual:
        one = min(copies)
        yield _tell(periods, list(copies), periods.show(copies[one]), periods.show(one))
    doubled = [period for period in large if _is_doubled(periods, period)]
    if doubled and all(periods.digests[period][1] for period in old) and not copies:
        count = periods.counts[min(doubled)]
        yield replace(_tell(periods, doubled, show(count // 2), show(count)), code="period-rows-twice")


def _is_doubled(periods: Periods, period: int) -> bool:
    """Test whether each row of a period is there an even number of times, and that is no chance."""
    if periods.digests[period][1] or periods.counts[period] % 2:
        return False
    return sum(period in there for there in periods.sample.values()) >= DIFFERENT


def _tell(periods: Periods, some: Sequence[int], old: str, new: str) -> Odd:
    marks = frozenset(map(periods.show, some))
    args = {"values": _list(periods, some)}
    return Odd("period-twice", len(some), periods.column, old, new, marks.__contains__, args=args)


def _list(periods: Periods, some: Sequence[int]) -> str:
    listed = sorted(some)
    return ", ".join(map(periods.show, listed[:LISTED])) + ("…" if len(listed) > LISTED else "")


def list_fresh(table: Compared) -> frozenset[int]:
    """List the periods that are later than all of the current release."""
    periods = table.new.periods
    if periods is None:
        return frozenset()
    last = table.last.profiles.get(periods.column)
    if last is None:
        return frozenset()
    if last.most is None:  # a type whose bounds aren't kept
        return frozenset(list(periods.counts)[last.distinct :])
    latest = periods.read(last.most)
    return frozenset(period for period in periods.counts if period > latest)


def find_missing(table: Compared) -> Iterator[Odd]:
    """Yield tables that lack periods which their earlier rhythm has; the size is their number."""
    periods = table.new.periods
    if periods is None or not periods.counts:
        return
    last, fresh = table.last.profiles.get(periods.column), list_fresh(table)
    if last is None:
        return
    past = [one for figures in table.past if (one := figures.profiles.get(periods.column)) is not None]
    there = list(periods.counts)
    known = [period for period in there if period not in fresh]
    # periods are gone that the current release has, though the table still begins where it did
    whole = last.exact and last.type in ("date", "year")
    gone = whole and last.distinct > len(known) > 0 and periods.read(last.least) >= there[0]
    lacking = _find_holes(known, there[-1:], periods.unit) if gone else []
    if fresh and len(known) > FEW:
        lacking += _find_holes(known, sorted(fresh), periods.unit)
    elif not known:
        lacking += _find_between(past, periods)
    if lacking:
        several = sorted(set(lacking))
        near = periods.show(min((one for one in there if one > several[0]), default=there[-1]))
        figures = show(last.distinct), show(len(there))
        args = {"values": _list(periods, several)}
        yield Odd("period-missing", len(several), periods.column, *figures, near.__eq__, args=args)


def _find_holes(known: Sequence[int], later: Sequence[int], unit: str) -> list[int]:
    """List the periods that are missing: among `known` ones if the last of `later` is one of them, else from the last
    known on to the end of `later`."""
    inside = later[-1] == known[-1] or later[-1] in known
    steps = sorted(b - a for a, b in pairwise(known))
    if len(steps) < FEW:
        return []
    usual = steps[len(steps) // 2]
    alike = sum(abs(step - usual) <= 0.2 * usual for step in steps) / len(steps)
    most = 1.5 * usual if inside else max(1.5 * usual, 1.5 * steps[-1])
    chain = list(known) if inside else [known[-1], *later]
    if (alike >= REGULAR and (unit != "day" or usual > 1 or len(steps) >= DAYS)) or (
        unit == "day" and usual > 1 and not inside and alike >= MOSTLY
    ):
        return [a + n * usual for a, b in pairwise(chain) if b - a > most for n in range(1, round((b - a) / usual))]
    if unit != "day" or usual > 1:
        return []
    if len(steps) >= SOME and not inside:
        present = {day % 7 for day in known}
        far = [(a, b) for a, b in pairwise(chain) if b - a > max(3 * steps[-1], FORTNIGHT)]
        lacking = [day for a, b in far for day in range(a + 1, b) if day % 7 in present]
        if lacking:
            return lacking
    return _find_weekdays(known, chain)


def _find_weekdays(known: Sequence[int], chain: Sequence[int]) -> list[int]:
    """List the days that are missing though their day of the week never was before, or (of `known` ones) hardly ever."""
    present = Counter(day % 7 for day in known)
    every = Counter(day % 7 for day in range(known[0], known[-1] + 1))
    inside = chain[0] == known[0]
    expected = sum(every[day] for day in present)
    closed = expected - len(known)
    if expected < ALWAYS or closed > 3 * inside:
        return []
    sure = {day for day in present if every[day] - present[day] <= every[day] // 8}
    there = set(chain)
    return [day for day in range(chain[0], chain[-1]) if day not in there and day % 7 in sure]


def _find_between(past: Sequence[Profile], periods: Periods) -> list[int]:
    """List the periods that are missing of a table that has only new ones: within it where no release lacked any, or
    since the current release where they followed one another at once."""
    ends = [(periods.read(one.least), periods.read(one.most), one.distinct) for one in past if one.least is not None]
    there = list(periods.counts)
    if len(ends) < SOME:
        return []
    found = []
    if past[-1].type != "datetime" and all(high - low + 1 == distinct > 1 for low, high, distinct in ends):
        found += sorted(set(range(there[0], there[-1] + 1)) - set(there))
    steps = [low - high for (_, high, _), (low, _, _) in pairwise(ends)]
    if (
        all(step >= 1 for step in steps)
        and max(steps) <= 1.5 * min(steps)
        and there[0] - ends[-1][1] > 1.5 * max(steps)
    ):
        found += range(ends[-1][1] + max(steps), there[0], max(steps))
    return found


def split_periods(table: Compared) -> Iterator[tuple[Compared, tuple[str, str]]]:
    """Yield the last new periods of a table that has some before, each as a table beside the periods before it."""
    periods, fresh = table.new.periods, list_fresh(table)
    if periods is None or not fresh:
        return
    schema = table.resource.schema
    others = replace(schema, fields=tuple(field for field in schema.fields if field.type not in TIMES))
    names = [field.name for field in others.fields]

    def count(period: int) -> Figures:
        stats = Stats(others)
        for batch in periods.latest[period]:
            stats.add(batch.select(names))
        return Figures(
            sum(batch.num_rows for batch in periods.latest[period]), {one.name: one for one in stats.close()}
        )

    past = [count(period) for period in periods.latest if period not in fresh]
    for period in [period for period in periods.latest if period in fresh][-MOST_NEW:] if len(past) >= SOME else ():
        yield Compared(table.resource, count(period), past), (periods.column, periods.show(period))


# ---- a copy -----------------------------------------------------------------------------------------------------


def find_copy(table: Compared) -> Iterator[Odd]:
    """Yield tables with the figures of the current release in every column but their time, which moved on; the size is
    the number of earlier releases, all of which differed."""
    times = [field.name for field in table.resource.schema.fields if field.type in TIMES]
    moved = [name for name in times if _is_moved(table, name)]
    if not moved or table.new.rows < MIN_ROWS or table.new.rows != table.last.rows:
        return
    if _tell_apart(table.new, times) != _tell_apart(table.last, times) or not _varies(table.new, times):
        return
    past = [_tell_apart(figures, times) for figures in table.past]
    if len(past) >= FEW and all(one != other for one, other in pairwise(past)):
        old, new = table.last.profiles[moved[0]], table.new.profiles[moved[0]]
        yield Odd("copy-stale", len(past), moved[0], str(old.most or old.top[0][0]), str(new.most or new.top[0][0]))


def _is_moved(table: Compared, name: str) -> bool:
    old, new = table.last.profiles.get(name), table.new.profiles.get(name)
    if old is None or new is None or not new.top or not old.top:
        return False
    return (old.least, old.most, old.top) != (new.least, new.most, new.top)


def _tell_apart(figures: Figures, times: Sequence[str]) -> list[Profile]:
    return [replace(profile, rows=0) for name, profile in figures.profiles.items() if name not in times]


def _varies(figures: Figures, times: Sequence[str]) -> bool:
    return any(one.distinct >= VARIED and one.quantiles for one in _tell_apart(figures, times))
