"""Histories of releases on which nothing is to be found, and what may go wrong with their last one: by a seed.

Quiet ones have growth, seasons, noise, small tables, closed days, optional columns, and categories that come and go.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from entaku.model.anomalies import Anomalies
from entaku.model.grammar import Resource
from entaku.model.table_schema import Constraints, Schema, SchemaField
from entaku.model.words import Text
from entaku.release.anomalies import KINDS, OF_PERIODS, find_tier, measure
from entaku.release.compared import Compared, Figures
from entaku.release.periods import PeriodStats
from entaku.release.stats import Stats

Rows = dict[str, list[Any]]
"""A table: its cells by column."""

TYPES = {
    "day": "date", "area": "string", "state": "string", "code": "string", "note": "string", "amount": "integer",
    "price": "number", "change": "number",
}  # fmt: skip
ARROW = {"date": pa.date32(), "year": pa.int64(), "string": pa.string(), "integer": pa.int64(), "number": pa.float64()}
SHAPES = ("growing", "growing", "window", "month", "snapshot", "reference")
EVENTS = 9
"""Of so many histories the last is one of events."""
AREAS = ("千代田区", "中央区", "港区", "新宿区", "文京区", "台東区", "墨田区", "江東区")


@dataclass(frozen=True)
class History:
    """A table's releases, oldest first."""

    shape: str
    """growing: each adds a period; window: the last twelve; month: one alone; snapshot: all rows anew, of one day;
    reference: rows of which few change; events: each adds a month with rows on some of its days of work."""
    step: str
    """What follows one another: day (of work), month or year."""
    schema: Schema
    releases: tuple[Rows, ...]


class _World:
    """The numbers by which the periods of a table are drawn."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.shape = "events" if seed % EVENTS == EVENTS - 1 else SHAPES[seed % len(SHAPES)]
        self.step = str(self.rng.choice(["day", "month", "year"])) if self.shape in ("growing", "window") else "month"
        self.base = int(self.rng.choice([4, 12, 40, 150]))
        if self.shape in ("snapshot", "reference"):
            self.base = int(self.rng.choice([8, 60, 400]))
        self.growth = float(self.rng.choice([1, 1, 1.01, 1.04, 0.99]))
        self.season = float(self.rng.choice([0, 0.1, 0.4]))
        if self.shape == "events":  # a few a day, the same all year
            self.base, self.growth, self.season = int(self.rng.choice([1, 3, 10])), 1, 0
        self.noise = float(self.rng.choice([0, 0.05, 0.2]))
        self.areas = AREAS[: int(self.rng.integers(2, len(AREAS) + 1))]
        self.shares = self.rng.dirichlet([6] * len(self.areas))
        self.guest = float(self.rng.choice([0, 0.03, 0.06]))
        self.rare = float(self.rng.choice([0.02, 0.2, 0.5]))
        self.empty = float(self.rng.choice([0.05, 0.5, 0.9]))
        self.level = float(10 ** self.rng.uniform(1, 5))
        self.spread = float(self.rng.choice([0.1, 0.5, 1.0]))
        self.codes = [f"{n:05}" for n in self.rng.choice(90_000, 60, replace=False)]

    def draw(self, n: int, day: Any) -> Rows:
        """Draw the rows of the period with the number `n`."""
        rng, wave = self.rng, 1 + self.season * np.sin(n * 2 * np.pi / 12)
        trend = self.growth**n * wave
        count = max(2, round(self.base * trend * float(np.exp(rng.normal(0, self.noise)))))
        areas = rng.choice(self.areas, count, p=self.shares).astype(object)
        if self.guest and rng.random() < 0.5:
            areas[rng.random(count) < self.guest] = "臨時"
        amounts = np.rint(self.level * trend * np.exp(rng.normal(0, self.spread, count)))
        notes = [None if rng.random() < self.empty else "備考" * int(rng.integers(1, 6)) for _ in range(count)]
        return {
            "day": [day] * count,
            "area": areas.tolist(),
            "state": np.where(
                rng.random(count) < self.rare, "有", rng.choice(["無", "不明"], count, p=[0.7, 0.3])
            ).tolist(),
            "code": rng.choice(self.codes, count).tolist(),
            "note": notes,
            "amount": amounts.astype(int).tolist(),
            "price": np.round(self.level * wave * (1 + rng.random(count)), 1).tolist(),
            "change": np.round(rng.normal(0, 5, count), 2).tolist(),
        }

    def list_days(self, count: int) -> list[Any]:
        """List periods in order; of days of work some are closed."""
        if self.step == "year":
            return list(range(1990, 1990 + count))
        if self.step == "month":
            return [date(2015 + n // 12, n % 12 + 1, 1) for n in range(count)]
        closed, days, day = self.rng.choice([0.0, 0.04]), list[date](), date(2024, 1, 9)
        while len(days) < count:
            if day.weekday() < 5 and not (closed and self.rng.random() < closed):
                days.append(day)
            day += timedelta(1)
        return days

    def list_events(self, month: int) -> list[date]:
        """List a few days of work of a month, on which something took place."""
        first = date(2024 + month // 12, month % 12 + 1, 1)
        days = [day for n in range(28) if (day := first + timedelta(n)).weekday() < 5]
        chosen = self.rng.choice(len(days), int(self.rng.integers(4, 12)), replace=False)
        return [days[n] for n in sorted(chosen)]


def join(tables: Sequence[Rows]) -> Rows:
    return {name: [cell for table in tables for cell in table[name]] for name in tables[0]}


def make_history(seed: int, count: int = 9) -> History:
    """Make the history of a table; the same for the same seed."""
    world = _World(seed)
    types = {**TYPES, "day": "year" if world.step == "year" else "date"}
    fields = tuple(
        SchemaField(name=name, type=kind, title=Text(ja=name), constraints=Constraints(required=name == "day"))  # type: ignore[arg-type]
        for name, kind in types.items()
    )
    schema = Schema(fields=fields)
    first = int(world.rng.choice([1, 3, 70])) if world.step == "day" else int(world.rng.choice([1, 3, 24]))
    first = max(first, 12) if world.shape == "window" else first
    if world.shape in ("growing", "window"):
        drawn = [world.draw(n, day) for n, day in enumerate(world.list_days(first + count))]
        parts = [
            drawn[max(0, first + n - 12) if world.shape == "window" else 0 : first + n] for n in range(1, count + 1)
        ]
        return History(world.shape, world.step, schema, tuple(join(part) for part in parts))
    if world.shape == "events":
        months = [join([world.draw(n, day) for day in world.list_events(n)]) for n in range(count + 1)]
        return History(world.shape, "day", schema, tuple(join(months[: n + 2]) for n in range(count)))
    days = world.list_days(count)
    if world.shape == "reference":
        return History(world.shape, world.step, schema, tuple(_edit(world, days)))
    return History(world.shape, world.step, schema, tuple(world.draw(n, day) for n, day in enumerate(days)))


def _edit(world: _World, days: Sequence[Any]) -> list[Rows]:
    """Draw a table once; each day a few of its rows change, or now and then none."""
    made = [world.draw(0, days[0])]
    for n, day in enumerate(days[1:], 1):
        new, rows = world.draw(n, day), {name: list(cells) for name, cells in made[-1].items()}
        size, some = len(rows["day"]), len(new["day"])
        edits = 0 if n % 3 == 0 else int(world.rng.integers(1, 3))
        for _ in range(edits):
            at, other = int(world.rng.integers(size)), int(world.rng.integers(some))
            for name in rows:
                rows[name][at] = new[name][other]
        rows["day"] = [day] * size
        made.append(rows)
    return made


def count(rows: Rows, schema: Schema) -> Figures:
    """Count a table as a publish does."""
    stats, periods = Stats(schema), PeriodStats(schema)
    kinds = pa.schema([(field.name, ARROW[field.type]) for field in schema.fields])
    batch = pa.RecordBatch.from_arrays(
        [pa.array(rows[name], kinds.field(name).type) for name in kinds.names], schema=kinds
    )
    stats.add(batch)
    periods.add(batch)
    return Figures(batch.num_rows, {one.name: one for one in stats.close()}, periods=periods.close())


def find(history: History, past: Sequence[Figures], rows: Rows) -> list[tuple[str, str, str]]:
    """List what is unusual of a release: kind, column and tier."""
    resource = Resource(name="t", title=Text(ja="表"), schema=history.schema)
    compared = Compared(resource, count(rows, history.schema), [replace(one, periods=None) for one in past])
    tiers = [
        (odd, find_tier(Anomalies(), odd.kind, KINDS[odd.kind].tiers, odd.column, odd.size))
        for odd in measure(compared)
    ]
    return [(odd.kind, odd.column, tier) for odd, tier in tiers if tier != "ignore"]


# ---- what goes wrong --------------------------------------------------------------------------------------------


def _take(rows: Rows, places: Sequence[int]) -> Rows:
    return {name: [cells[at] for at in places] for name, cells in rows.items()}


def _change(name: str, change: Callable[[Any], Any]) -> Callable[[Rows], Rows]:
    return lambda rows: {**rows, name: [None if cell is None else change(cell) for cell in rows[name]]}


def _size(rows: Rows) -> int:
    return len(rows["day"])


def _most(rows: Rows) -> str:
    return str(max(AREAS, key=rows["area"].count))


def _list_days(rows: Rows) -> list[Any]:
    return sorted(set(rows["day"]))


def _republish(rows: Rows) -> Rows:
    """The rows of the last period are those of the one before."""
    *_, before, last = _list_days(rows)
    kept = [at for at, day in enumerate(rows["day"]) if day != last]
    copied = _take(rows, [at for at, day in enumerate(rows["day"]) if day == before])
    return join([_take(rows, kept), {**copied, "day": [last] * _size(copied)}])


def _double(rows: Rows) -> Rows:
    last = _list_days(rows)[-1]
    return join([rows, _take(rows, [at for at, day in enumerate(rows["day"]) if day == last])])


def _leave_out(rows: Rows) -> Rows:
    """A period is missing before the last, which the release before didn't have."""
    last = _list_days(rows)[-1]
    moved = last + 3 if isinstance(last, int) else last + timedelta(100)
    return {**rows, "day": [moved if day == last else day for day in rows["day"]]}


def _spoil_date(rows: Rows) -> Rows:
    first = rows["day"][-1]
    wrong = first + 36 if isinstance(first, int) else first.replace(year=first.year + 36)
    return {**rows, "day": [*rows["day"][:-1], wrong]}


def list_spoiled(history: History) -> Iterator[tuple[str, str, Rows]]:
    """Yield the last release as it would be if something had gone wrong: the kind, in which way, its rows."""
    *_, before, last = history.releases
    for kind, ways in SPOILERS.items():
        for name, spoil in ways.items():
            if spoil is not _republish or len(_list_days(last)) > 2:
                yield kind, name, spoil({column: list(cells) for column, cells in last.items()})
    days = [day in _list_days(last)[-1:] for day in last["day"]]
    if history.shape in ("growing", "window") and sum(days) >= 60:
        old, new = (_take(last, [at for at, there in enumerate(days) if there is which]) for which in (False, True))
        for kind in OF_PERIODS:
            for name, spoil in SPOILERS[kind].items():
                yield kind, f"{name}, in the last period", join([old, spoil(new)])
    if history.shape in ("month", "snapshot"):
        yield "copy-stale", "the file before", {**before, "day": last["day"][:1] * _size(before)}


Spoiler = Callable[[Rows], Rows]
SPOILERS: dict[str, dict[str, Spoiler]] = {
    "rows-lost": {"most of the file": lambda rows: _take(rows, range(_size(rows) // 3))},
    "rows-jumped": {"the file many times": lambda rows: join([rows] * 15)},
    "cells-emptied": {"a column": lambda rows: {**rows, "price": [None] * _size(rows)}},
    "values-drifted": {"the whole column": _change("price", lambda number: round(number * 5, 1))},
    "values-shifted": {
        "tens": _change("amount", lambda number: number * 10),
        "hundreds": _change("amount", lambda number: number * 100),
        "thousands": _change("price", lambda number: number * 1000),
        "in thousands": _change("price", lambda number: number / 1000),
    },
    "signs-flipped": {"all": _change("amount", lambda number: -number)},
    "values-constant": {"a number": _change("amount", lambda number: 7), "a word": _change("area", lambda text: AREAS[0])},
    "categories-lost": {"one": lambda rows: _take(rows, [at for at, area in enumerate(rows["area"]) if area != _most(rows)])},
    "categories-new": {"one": lambda rows: _change("area", lambda text: "千代田" if text == _most(rows) else text)(rows)},
    "codes-cut": {"zeros": _change("code", lambda text: text.lstrip("0"))},
    "texts-drifted": {"notes": _change("note", lambda text: "あ" * 80)},
    "dates-far": {"one": _spoil_date},
    "period-twice": {"under another day": _republish, "twice": _double},
    "period-missing": {"one": _leave_out},
}  # fmt: skip
