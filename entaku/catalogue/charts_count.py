"""The numbers of a chart, counted from batches of its columns in one pass and bounded memory."""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Protocol

from entaku.catalogue.charts import find_english, find_units, list_plans
from entaku.catalogue.charts_places import find_degrees
from entaku.catalogue.charts_spread import Spread
from entaku.catalogue.charts_sums import Wholes, choose_rows
from entaku.formats.arrays import Blocks, decode, make_doubles, make_numbers, to_mask, to_numbers
from entaku.formats.heavy import np, pa, pc
from entaku.model.charts import ChartHow, ChartPlan
from entaku.model.grammar import Resource
from entaku.model.profile import Chart, Profile, Series

if TYPE_CHECKING:
    Read = Callable[[list[str]], Iterable[pa.RecordBatch]]

Step = Literal["", "day", "month", "year"]
GROUPS = 20_000
"""Marks with numbers of their own that are kept; beyond, days are merged into months, and months into years."""
MARKS = 62
"""Days or months that a line shows: two months of days, five years of months."""
LINES, BARS = 6, 12
POINTS = 1500
NEAR = 7
"""Days at the beginning or end of a month in which there may be no rows although all of it was counted."""
SPELLED = {"day": 10, "month": 7, "year": 4}
"""Characters of an ISO date up to the day, month or year."""
STEPS: dict[str, Step] = {"date": "day", "datetime": "day", "yearmonth": "month", "year": "year"}


class CountsBefore(Protocol):
    """What an earlier run counted of the first rows of a table."""

    def read(self, plan: ChartPlan, columns: list[str], counted: dict[str, Any], blocks: Blocks) -> Iterator[Any]:
        """Yield the batches to be counted, after putting what is known of those before into `counted` and `blocks`."""


def count_charts(
    resource: Resource, profile: Sequence[Profile], read: Read, known: CountsBefore | None = None
) -> tuple[Chart, ...]:  # fmt: skip
    """Count the charts of a published table.

    `read` yields batches of the given columns, of the types of `schema.arrow_type`; it is called once per chart tried.
    """
    charts: list[Chart] = []
    for plans in list_plans(resource, profile):
        if resource.charts is None and plans[0].kind == "spread" and any(chart.y == plans[0].x for chart in charts):
            continue
        for plan in plans:
            chart = count_chart(plan, resource, read, profile, known)
            if chart is not None and (resource.charts is not None or not tells_nothing(chart)):
                charts.append(chart)
                break
    return tuple(charts)


def tells_nothing(chart: Chart) -> bool:
    """Test whether a chart has the same number everywhere, or lines that are all level."""
    drawn = [{value for value in one.values if value is not None} for one in chart.series]
    return chart.kind != "points" and all(len(values) < 2 for values in drawn)


def count_chart(
    plan: ChartPlan, resource: Resource, read: Read, profile: Sequence[Profile] = (), known: CountsBefore | None = None
) -> Chart | None:  # fmt: skip
    """Count one chart; return None if it can't be drawn: no numbers, several for one mark, or far too many.

    A distribution needs the `profile` of its column.
    """
    tally: _Map | _Groups | Spread
    if plan.kind == "spread":
        tally = Spread(plan, next((column for column in profile if column.name == plan.x), None))
    else:
        tally = _Map(plan, resource) if plan.kind == "points" else _Groups(plan, resource)
    more = [tally.english, *tally.totals.columns] if isinstance(tally, _Groups) else []
    names = list(dict.fromkeys(name for name in (plan.x, plan.y, plan.by, *plan.where, *more) if name))
    blocks = Blocks()
    follow = known if isinstance(tally, _Groups) else None  # what the others count depends on the whole table
    for batch in follow.read(plan, names, vars(tally), blocks) if follow else read(names):
        for block in blocks.add(batch):
            tally.add(choose_rows(block, plan))
    for block in blocks.close():
        tally.add(choose_rows(block, plan))
    return tally.close()


class _Groups:
    """The number of rows of each mark, and the sum, the least and the greatest of their numbers."""

    def __init__(self, plan: ChartPlan, resource: Resource) -> None:
        self.plan, self.resource = plan, resource
        fields = {field.name: field for field in resource.schema.fields}
        self.how: ChartHow = plan.how if plan.y else "count"
        self.step: Step = STEPS.get(fields[plan.x].type, "") if plan.kind == "line" else ""
        told = [str(value) for name, value in plan.where.items() if name in find_units(resource.schema.fields)]
        self.unit = "" if self.how == "count" else (told or [fields[plan.y or ""].unit])[0]
        self.counts = {field.name: field.constraints.enum for field in fields.values()}
        self.groups: dict[tuple[str, str], tuple[int, Any, Any, Any]] = {}
        self.lost = self.merged = False
        self.first = self.last = ""
        """The first and the last day or month with a row."""
        named = plan.by if plan.kind == "line" else plan.x
        self.named = named if named and fields[named].type == "string" else None
        self.english = find_english(self.named, fields.values()) if self.named else None
        self.translated: dict[str, set[str]] = {}
        checked = self.how == "sum" and resource.charts is None
        parts = [
            name for name in (*resource.schema.primaryKey, plan.by, plan.x) if name and fields[name].type not in STEPS
        ]
        self.totals = Wholes(list(dict.fromkeys(parts)) if checked else [])

    def add(self, block: pa.RecordBatch) -> None:
        if self.lost or not block.num_rows:
            return
        keys = {"x": _make_days(block[self.plan.x])}
        if self.plan.by and self.plan.kind == "line":
            keys["by"] = _make_days(block[self.plan.by])
        y = self.plan.y if self.how != "count" else None
        rows = pa.RecordBatch.from_pydict({**keys, "y": block[y]} if y else keys)
        if keys["x"].null_count:
            rows = rows.filter(pc.is_valid(keys["x"]))
        if y:
            rows = rows.filter(pc.is_finite(rows["y"]))  # false for nulls, too
        if self.english is not None and self.named is not None:
            self._translate(block[self.named], block[self.english])
        if self.step and rows.num_rows:
            ends = pc.min_max(_spell(rows["x"], "")).as_py()
            self.first, self.last = min(self.first or ends["min"], ends["min"]), max(self.last, ends["max"])
        groups, firsts = _group([rows[name] for name in keys])
        none = [None] * len(firsts)
        marks, names = _spell(rows["x"].take(firsts), self.step).to_pylist(), none
        if "by" in keys:
            names = _spell(rows["by"].take(firsts), "").to_pylist()
        counts = np.bincount(groups, minlength=len(firsts)).tolist()
        numbers = _sum_up(to_numbers(rows["y"]), groups, len(firsts)) if y else (none, none, none)
        for mark, name, count, *found in zip(marks, names, counts, *numbers, strict=True):
            self._put((mark, "" if name is None else name), count, found[0], found[1], found[2])
        for column in self.totals.columns if y else ():
            self._watch(column, block)
        while len(self.groups) > GROUPS and not self.lost:
            self._widen()

    def _watch(self, column: str, block: pa.RecordBatch) -> None:
        """Add up the numbers of each value of a column, to find out whether one is the total of the others."""
        known = block.filter(pc.is_finite(block[self.plan.y or ""]))
        groups, firsts = _group([decode(known[column])])
        values = known[column].take(firsts).cast(pa.string()).to_pylist()
        sums, _, _ = _sum_up(to_numbers(known[self.plan.y or ""]), groups, len(firsts))
        for value, number in zip(values, sums, strict=True):
            self.totals.add(column, value or "", float(number))

    def _put(self, key: tuple[str, str], count: int, total: Any, least: Any, most: Any) -> None:
        if key in self.groups:
            n, s, low, high = self.groups[key]
            if total is not None:
                total, least, most = (s or 0) + total, min(low, least), max(high, most)
            count += n
        self.groups[key] = (count, total, least, most)

    def _widen(self) -> None:
        """Merge days into months or months into years; if there is nothing wider, give the chart up."""
        wider: dict[str, Step] = {"day": "month", "month": "year"}
        if self.step not in wider or self._is_repeated():
            self.lost = True
            return
        self.step, self.merged = wider[self.step], True
        if self.how == "value":
            self.how = "mean"
        groups, self.groups = self.groups, {}
        for (mark, name), found in groups.items():
            self._put((mark[: SPELLED[self.step]], name), *found)

    def _is_repeated(self) -> bool:
        return self.how == "value" and any(count > 1 for count, *_ in self.groups.values())

    def close(self) -> Chart | None:
        if self.step == "day" and _is_monthly(sorted({mark for mark, _ in self.groups})):
            self.step = "month"
            self.groups = {(mark[:7], name): found for (mark, name), found in self.groups.items()}
            self.first, self.last = self.first[:7], self.last[:7]
        while self.step in ("day", "month") and not self.lost and len({mark for mark, _ in self.groups}) > MARKS:
            self._widen()
        if self.how in ("count", "sum") and self.step == "day" and _is_sparse({mark for mark, _ in self.groups}):
            self._widen()
        while self.step in ("day", "month") and self._is_thin():
            self._widen()
        if self.lost or self._is_thin() or self._is_repeated() or len(self.groups) < 2 or self.totals.are_there():
            return None
        if not all(math.isfinite(self._number(found)) for found in self.groups.values()):
            return None
        if self.plan.kind == "line" and len({mark for mark, _ in self.groups}) > 1:
            return self._draw_lines()
        if self.plan.kind == "line":  # a single day is drawn as bars
            self.groups = {(name, ""): found for (_, name), found in self.groups.items()}
        chart = self._draw_bars(self.plan.by or self.plan.x if self.plan.kind == "line" else self.plan.x)
        whole = [self._number(found) for found in self.groups.values()]
        if self.plan.kind != "parts":
            return chart
        shown = sum(value or 0 for value in chart.series[0].values)
        even = min(whole) >= 0 < max(whole)
        return replace(chart, kind="parts", rest=round_number(sum(whole) - shown)) if even else None

    def _is_thin(self) -> bool:
        """Test whether a count over time that no owner asked for has hardly more than one row at each time."""
        rows, marks = sum(count for count, *_ in self.groups.values()), {mark for mark, _ in self.groups}
        return bool(self.step) and self.how == "count" and self.resource.charts is None and rows < THIN * len(marks)

    def _translate(self, names: pa.Array, english: pa.Array) -> None:
        pairs = decode(names), decode(english)
        _, firsts = _group(pairs)
        for name, other in zip(*(each.take(firsts).to_pylist() for each in pairs), strict=True):
            if name and other and len(self.translated) <= GROUPS:
                self.translated.setdefault(name, set()).add(other)

    def _find_cut(self, marks: Sequence[str]) -> tuple[str, ...]:
        """List the months or years at the ends of which only a part was counted or added up."""
        if not self.merged or self.how not in ("count", "sum"):
            return ()
        partial = {marks[0]: _begins_late(self.first, self.step), marks[-1]: _ends_early(self.last, self.step)}
        cut = tuple(mark for mark, part in partial.items() if part)
        return cut if len(marks) - len(cut) > 1 else ()

    def _draw_lines(self) -> Chart | None:
        marks = sorted({mark for mark, _ in self.groups})
        cut = self._find_cut(marks)
        marks = [mark for mark in marks if mark not in cut]
        names = sorted({name for _, name in self.groups})
        if len(names) > GROUPS // 20:
            return None
        sizes = dict.fromkeys(names, 0.0)
        for (_, name), found in self.groups.items():
            sizes[name] += abs(self._number(found))
        shown = sorted(names, key=lambda name: (-sizes[name], name))[:LINES]
        blank = 0 if self.how == "count" else None
        series = tuple(
            Series(name, tuple(self._value((mark, name), blank) for mark in marks)) for name in shown
        )  # fmt: skip
        frame = replace(
            self._frame("line", self.plan.x, self.plan.by or ""), cut=cut, english=self._name_english(shown)
        )
        return replace(frame, marks=tuple(marks), series=series, left=len(names) - len(shown))

    def _name_english(self, names: Iterable[str]) -> dict[str, str]:
        """Return the English of names that have one, and one only."""
        return {name: min(self.translated[name]) for name in names if len(self.translated.get(name, ())) == 1}

    def _draw_bars(self, column: str) -> Chart:
        ranked = sorted(self.groups, key=lambda key: (-self._number(self.groups[key]), key))
        listed = [str(value) for value in self.counts[column]]
        if listed and len(ranked) <= BARS:  # an `enum` has an order of its own: ages, sizes, months
            ranked.sort(key=lambda key: listed.index(key[0]) if key[0] in listed else len(listed))
        shown = ranked[:BARS]
        series = (Series("", tuple(self._value(key, None) for key in shown)),)
        marks = tuple(mark for mark, _ in shown)
        frame = replace(self._frame("bars", column, ""), english=self._name_english(marks))
        return replace(frame, marks=marks, series=series, left=len(ranked) - len(shown))

    def _frame(self, kind: Literal["line", "bars"], x: str, by: str) -> Chart:
        """Return a chart of this plan without marks and series."""
        return Chart(
            kind=kind, x=x, y="" if self.how == "count" else self.plan.y or "", by=by, how=self.how,
            step=self.step if kind == "line" else "", unit=self.unit,
            where={name: str(value) for name, value in self.plan.where.items()}, title=self.plan.title,
        )  # fmt: skip

    def _value(self, key: tuple[str, str], blank: int | None) -> int | float | None:
        return round_number(self._number(self.groups[key])) if key in self.groups else blank

    def _number(self, found: tuple[int, Any, Any, Any]) -> Any:
        count, total, least, most = found
        return {"count": count, "mean": total and total / count, "min": least, "max": most}.get(self.how, total) or 0


class _Map:
    """The number of rows at each point; with too many points, near ones are merged."""

    def __init__(self, plan: ChartPlan, resource: Resource) -> None:
        self.plan, self.digits = plan, 4
        self.kind = next((field.type for field in resource.schema.fields if field.name == plan.x), "")
        self.places: dict[tuple[float, float], int] = {}

    def add(self, block: pa.RecordBatch) -> None:

        across, up = find_degrees(block, self.plan, self.kind)
        there = to_mask(across.is_valid()) & to_mask(up.is_valid())
        x_all, y_all = to_numbers(across), to_numbers(up)
        there &= (abs(x_all) <= 180) & (abs(y_all) <= 90)
        points = (x_all[there].round(self.digits) + 0.0, y_all[there].round(self.digits) + 0.0)
        groups, firsts = _group([make_doubles(each) for each in points])
        places = to_numbers(firsts)
        counts = np.bincount(groups, minlength=len(places)).tolist()
        for x, y, count in zip(points[0][places].tolist(), points[1][places].tolist(), counts, strict=True):
            self.places[x, y] = self.places.get((x, y), 0) + count
        while len(self.places) > GROUPS:
            self._widen()

    def _widen(self) -> None:
        self.digits -= 1
        places, self.places = self.places, {}
        for (x, y), count in places.items():
            near = (round(x, self.digits) + 0.0, round(y, self.digits) + 0.0)
            self.places[near] = self.places.get(near, 0) + count

    def close(self) -> Chart | None:
        while len(self.places) > POINTS:
            self._widen()
        if len(self.places) < 2:
            return None
        return Chart(
            kind="points", x=self.plan.x, y=self.plan.y or "", by="", how="count", step="", unit="",
            where={name: str(value) for name, value in self.plan.where.items()}, title=self.plan.title,
            points=tuple((x, y, count) for (x, y), count in sorted(self.places.items())),
        )  # fmt: skip


def _group(keys: Sequence[pa.Array]) -> tuple[np.ndarray[Any, np.dtype[np.int64]], pa.Int64Array]:
    """Return for each row the number of its group of equal keys, and the first row of each, in order.

    Arrow's own `group_by` imports pandas (0.3 s) where it is installed.
    """
    joint: Any = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        coded = key.dictionary_encode(null_encoding="encode")
        joint = joint * len(coded.dictionary) + to_numbers(coded.indices)
    coded = make_numbers(joint).dictionary_encode()
    groups = to_numbers(coded.indices)
    firsts = np.empty(len(coded.dictionary), np.int64)
    firsts[groups[::-1]] = np.arange(len(groups) - 1, -1, -1)  # the last that is put stays
    return groups, make_numbers(firsts)


def _sum_up(numbers: Any, groups: Any, count: int) -> tuple[list[Any], list[Any], list[Any]]:
    """Return the sum, the least and the greatest of each group's numbers, which are added in the order of their rows."""
    total = np.zeros(count, np.float64 if numbers.dtype.kind == "f" else np.int64)
    least, most = np.empty(count, numbers.dtype), np.empty(count, numbers.dtype)
    least[groups] = most[groups] = numbers
    with np.errstate(over="ignore"):  # a sum beyond all numbers is not drawn
        np.add.at(total, groups, numbers)
    np.minimum.at(least, groups, numbers)
    np.maximum.at(most, groups, numbers)
    return total.tolist(), least.tolist(), most.tolist()


def _is_sparse(days: Collection[str]) -> bool:
    """Test whether less than half of the days of three months or more have rows: a line of days would be in pieces."""
    if len({day[:7] for day in days}) < 3:
        return False
    span = date.fromisoformat(max(days)) - date.fromisoformat(min(days))
    return len(days) * 2 < span.days


def _is_monthly(days: Sequence[str]) -> bool:
    """Test whether days stand for months: one of each month, all of them the same day of it, or its last."""
    if len(days) < 3 or len({day[:7] for day in days}) < len(days):
        return False
    return len({day[8:] for day in days}) == 1 or all(day[8:] == _last_day(day) for day in days)


def _last_day(day: str) -> str:
    return f"{monthrange(int(day[:4]), int(day[5:7]))[1]:02}"


def _begins_late(first: str, step: Step) -> bool:
    """Test whether the first day or month is not near the beginning of its month or year."""
    return first[5:7] != "01" if step == "year" else int(first[8:10] or 1) > NEAR


def _ends_early(last: str, step: Step) -> bool:
    """Test whether the last day or month is not near the end of its month or year."""
    return last[5:7] != "12" if step == "year" else bool(last[8:10]) and int(last[8:10]) < int(_last_day(last)) - NEAR


THIN = 2
"""Rows for each month or year, below which their numbers say nothing."""


def _make_days(column: pa.Array) -> pa.Array:
    """Return a column to be counted: moments become days."""
    column = decode(column)
    return column.cast(pa.date32(), safe=False) if pa.types.is_timestamp(column.type) else column


def _spell(column: pa.ChunkedArray, step: Step) -> pa.ChunkedArray:
    """Convert the counted values to text; ISO dates are cut to `step`."""
    text = column.cast(pa.string())
    return pc.utf8_slice_codeunits(text, 0, SPELLED[step]) if step else text


def round_number(value: Any) -> int | float:
    """Round a number to ten digits, so that sums don't depend on the order of addition."""
    return value if isinstance(value, int) else float(f"{value:.10g}")
