"""The rules of automatic charts, over 300 generated tables of 20 shapes: a chart says something, and says it right."""

import datetime
import itertools
import json
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from wholes import profile_table

from entaku.catalogue.charts_count import MARKS, count_charts
from entaku.catalogue.charts_sums import TOTAL, is_additive
from entaku.check.schema import arrow_type
from entaku.model.grammar import Resource
from entaku.model.profile import Chart
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text
from entaku.site.charts import show_chart
from entaku.site.charts_views import ChartView
from entaku.site.words import Words

WORDS = json.loads((Path(__file__).parents[2] / "site_templates" / "words.json").read_text("utf-8"))
JA, EN = Words("ja", WORDS), Words("en", WORDS)
SEEDS = 15
Table = tuple[Mapping[str, str | tuple[str, str]], list[tuple[Any, ...]], tuple[str, ...]]
WARDS = ["千代田区", "中央区", "港区", "新宿区", "文京区", "台東区", "墨田区", "江東区", "品川区", "目黒区"]


def day(n: int) -> datetime.date:
    return datetime.date(2023, 1, 1) + datetime.timedelta(n)


def month(n: int) -> str:
    return f"{2020 + n // 12}-{n % 12 + 1:02}"


# ---- shapes: what offices have ----------------------------------------------------------------------------------


def yearly(r: random.Random) -> Table:
    return (
        {"year": "year", "people": ("integer", "人")},
        [(2000 + n, r.randint(900, 1000)) for n in range(r.randint(3, 30))],
        ("year",),
    )


def yearly_by_ward(r: random.Random) -> Table:
    wards = r.sample(WARDS, r.randint(2, 10))
    rows = [(2010 + y, w, r.randint(10, 90_000)) for y in range(r.randint(3, 12)) for w in wards]
    return {"year": "year", "ward": "string", "people": ("integer", "人")}, rows, ("year", "ward")


def with_total(r: random.Random) -> Table:
    columns, rows, key = by_ward_and_sex(r)
    sums: dict[tuple[Any, Any], int] = defaultdict(int)
    for year, ward, _sex, number in rows:
        sums[year, ward] += number
    name = r.choice(["合計", "総数", "男女計", "Total", "ぜんぶ"])
    return columns, rows + [(year, ward, name, number) for (year, ward), number in sums.items()], key


def by_ward_and_sex(r: random.Random) -> Table:
    wards = r.sample(WARDS, r.randint(3, 10))
    rows = [(2015 + y, w, s, r.randint(10, 9000)) for y in range(r.randint(3, 9)) for w in wards for s in ("男", "女")]
    return (
        {"year": "year", "ward": "string", "sex": "string", "people": ("integer", "人")},
        rows,
        ("year", "ward", "sex"),
    )


def incomplete(r: random.Random) -> Table:
    columns, rows, key = by_ward_and_sex(r)
    return columns, [row for n, row in enumerate(rows) if n != len(rows) // 2], key


def rates(r: random.Random) -> Table:
    columns, rows, key = by_ward_and_sex(r)
    return (
        {**columns, "people": ("number", r.choice(["%", "℃", "人/km2"]))},
        [(*row[:3], float(row[3])) for row in rows],
        key,
    )


def prices(r: random.Random) -> Table:
    columns, rows, key = by_ward_and_sex(r)
    columns = {("average_price" if name == "people" else name): kind for name, kind in columns.items()}
    return {**columns, "average_price": ("integer", "円")}, rows, key


def parts(r: random.Random) -> Table:
    kinds = r.sample(["紙", "布", "木", "金属", "プラスチック", "生ごみ", "その他"], r.randint(3, 7))
    return {"kind": "string", "weight": ("number", "t")}, [(k, r.uniform(1, 900)) for k in kinds], ("kind",)


def stations(r: random.Random) -> Table:
    rows = [(f"駅{n}", r.choice(["A線", "B線", "C線"]), r.randint(100, 90_000)) for n in range(r.randint(13, 60))]
    return {"station": "string", "line": "string", "riders": ("integer", "人")}, rows, ("station",)


def events(r: random.Random) -> Table:
    rows = [(f"e{n}", day(r.randint(0, 900)), r.choice(["火災", "救助", "救急"])) for n in range(r.randint(40, 400))]
    return {"id": "string", "date": "date", "kind": "string"}, rows, ("id",)


def daily(r: random.Random) -> Table:
    start = r.randint(0, 27)
    return (
        {"date": "date", "kg": ("number", "kg")},
        [(day(start + n), r.uniform(5, 50)) for n in range(r.randint(10, 500))],
        ("date",),
    )


def daily_by_market(r: random.Random) -> Table:
    start = r.randint(0, 40)
    rows = [
        (day(start + n), m, k, r.randint(1, 900))
        for n in range(r.randint(80, 300))
        for m in ("築地", "大田")
        for k in ("菜", "果")
    ]
    return (
        {"date": "date", "market": "string", "kind": "string", "kg": ("integer", "kg")},
        rows,
        ("date", "market", "kind"),
    )


def monthly(r: random.Random) -> Table:
    return (
        {"date": "date", "cases": ("integer", "件")},
        [(datetime.date(2021 + n // 12, n % 12 + 1, 1), r.randint(0, 90)) for n in range(r.randint(3, 40))],
        ("date",),
    )


def with_gap(r: random.Random) -> Table:
    gap = r.randint(8, 14)
    months = [n for n in range(30) if not gap <= n < gap + r.randint(3, 9)]
    return (
        {"month": "yearmonth", "cases": ("integer", "件")},
        [(month(n), r.randint(5, 90)) for n in months],
        ("month",),
    )


def with_holes(r: random.Random) -> Table:
    rows = [(month(n), w, None if r.random() < 0.2 else r.randint(5, 90)) for n in range(20) for w in ("甲", "乙")]
    return {"month": "yearmonth", "who": "string", "cases": ("integer", "件")}, rows, ("month", "who")


def constant(r: random.Random) -> Table:
    rows = [(2000 + y, w, 7 if w == "甲" else 9) for y in range(r.randint(3, 20)) for w in ("甲", "乙")]
    return {"year": "year", "who": "string", "people": ("integer", "人")}, rows, ("year", "who")


def constant_events(r: random.Random) -> Table:
    rows = [(f"{y}{w}", 2000 + y, w) for y in range(r.randint(3, 20)) for w in ("甲", "乙", "丙")]
    return {"id": "string", "year": "year", "who": "string"}, rows, ("id",)


def measures(r: random.Random) -> Table:
    rows = [(f"m{n}", r.gauss(20, 6) if r.random() < 0.97 else 900.0) for n in range(r.randint(30, 400))]
    return {"id": "string", "value": ("number", "mg/L")}, rows, ("id",)


def mixed(r: random.Random) -> Table:
    rows = [
        (2000 + n, what, unit, r.uniform(1, 99)) for n in range(9) for what, unit in (("人口", "人"), ("面積", "km2"))
    ]
    return {"year": "year", "measure": "string", "unit": "string", "value": "number"}, rows, ("year", "measure")


def places(r: random.Random) -> Table:
    rows = [
        (f"p{n}", r.uniform(139.5, 139.9), r.uniform(35.5, 35.8), r.choice(WARDS)) for n in range(r.randint(5, 300))
    ]
    return {"id": "string", "longitude": "number", "latitude": "number", "ward": "string"}, rows, ("id",)


SHAPES: tuple[Callable[[random.Random], Table], ...] = (
    yearly, yearly_by_ward, with_total, by_ward_and_sex, incomplete, rates, prices, parts, stations, events, daily,
    daily_by_market, monthly, with_gap, with_holes, constant, constant_events, measures, mixed, places,
)  # fmt: skip


def draw(table: Table) -> tuple[Resource, pa.Table, tuple[Chart, ...]]:
    columns, rows, key = table
    fields = tuple(
        SchemaField(
            name=name, type=kind if isinstance(kind, str) else kind[0], unit="" if isinstance(kind, str) else kind[1]
        )  # type: ignore[arg-type]
        for name, kind in columns.items()
    )
    resource = Resource(name="t", title=Text(ja="表", en="Table"), schema=Schema(fields=fields, primaryKey=key))
    arrays = [pa.array([row[n] for row in rows], arrow_type(field)) for n, field in enumerate(fields)]
    whole = pa.Table.from_arrays(arrays, names=list(columns))
    profile = profile_table(whole.to_batches(), resource.schema)
    return (
        resource,
        whole,
        count_charts(resource, profile, lambda names: whole.select(names).to_batches(max_chunksize=97)),
    )


def each(shape: Callable[[random.Random], Table]) -> Iterator[tuple[Resource, list[dict[str, Any]], Chart]]:
    for seed in range(SEEDS):
        resource, table, charts = draw(shape(random.Random(f"{shape.__name__} {seed}")))
        yield from ((resource, table.to_pylist(), chart) for chart in charts)


def views(resource: Resource, chart: Chart) -> list[ChartView]:
    return [show_chart(chart, resource, words) for words in (JA, EN)]


# ---- the rules --------------------------------------------------------------------------------------------------


def numbers_of(chart: Chart) -> list[float]:
    return [value for one in chart.series for value in one.values if value is not None]


def no_constant(chart: Chart) -> None:
    assert chart.kind == "points" or any(len({v for v in one.values if v is not None}) > 1 for one in chart.series)


def gaps_break(chart: Chart, view: ChartView) -> None:
    """A line leads from a mark to the next one only if both have numbers and no period is missing between them."""
    if chart.kind != "line":
        return
    at = {"day": datetime.date.fromisoformat, "month": lambda m: int(m[:4]) * 12 + int(m[5:]), "year": int}
    times = [at[chart.step or "year"](mark) for mark in chart.marks]
    far = [int((b - a).days if chart.step == "day" else b - a) for a, b in itertools.pairwise(times)]
    usual = Counter(far).most_common(1)[0][0]
    for one, line in zip(chart.series, view.lines, strict=True):
        joined = re.findall(r"([ML])", line.path)
        held = [n for n, value in enumerate(one.values) if value is not None]
        assert len(joined) == len(held)
        for pen, (before, after) in zip(joined[1:], itertools.pairwise(held), strict=True):
            missing = after - before > 1 or far[before] > max(1.5 * usual, 4 if chart.step == "day" else 0)
            assert (pen == "M") == missing, (chart.marks[before], chart.marks[after])
        if "M" in joined[1:]:
            assert line.dots


def partial_periods_are_told(chart: Chart, view: ChartView, rows: list[dict[str, Any]]) -> None:
    """A month or year that is added up from days is drawn only if the table reaches to both of its ends."""
    days = sorted(str(row[chart.x]) for row in rows if chart.kind == "line" and row[chart.x] is not None)
    if not days or chart.how not in ("count", "sum") or len(days[0]) < 10 or chart.step == "day":
        return
    first, last = (datetime.date.fromisoformat(days[n][:10]) for n in (0, -1))
    for mark in chart.marks:
        year, month = int(mark[:4]), int(mark[5:7] or 1)
        begins = datetime.date(year, month, 1)
        ends = (
            datetime.date(year + 1, 1, 1)
            if chart.step == "year"
            else datetime.date(year + month // 12, month % 12 + 1, 1)
        )
        slack = datetime.timedelta(31 if chart.step == "year" else 8)
        whole = first <= begins + slack and last >= ends - slack
        assert whole or len(chart.marks) == 2, (mark, first, last)
    assert all(mark not in chart.marks for mark in chart.cut)
    assert not chart.cut or "途中までの期間" in view.about


def time_bins_are_said(chart: Chart, ja: ChartView, en: ChartView) -> None:
    if chart.kind != "line":
        return
    length = {"day": 10, "month": 7, "year": 4}[chart.step]
    assert {len(mark) for mark in chart.marks} == {length} and list(chart.marks) == sorted(set(chart.marks))
    assert len(chart.marks) <= MARKS or chart.step == "year"
    assert {"day": "一日ごと", "month": "月ごと", "year": "年ごと"}[chart.step] in ja.about
    assert {"day": "by day", "month": "by month", "year": "by year"}[chart.step] in en.about
    if chart.step == "day" and len(chart.marks) > 2:
        assert len({mark[8:] for mark in chart.marks}) > 1, "months are not days"
    for view in (ja, en):
        assert chart.marks[0][:4] in view.marks[0].text, "the axis begins with its year"


def ticks_are_sensible(chart: Chart, view: ChartView) -> None:
    for axis in (view.grid, view.marks):
        texts = [tick.text for tick in axis]
        places = [tick.at for tick in axis]
        assert len(set(texts)) == len(texts) and len(set(places)) == len(places), texts
    if chart.kind in ("bars", "parts"):
        return
    assert 2 <= len(view.grid) <= 9 and (len(view.marks) >= 2 or len(chart.marks) < 3)
    if chart.kind == "points":
        return
    heights = [tick.at for tick in view.grid]
    apart = {round(a - b, 0) for a, b in itertools.pairwise(heights)}
    assert max(apart) - min(apart) <= 1 and min(apart) > 0, "steps are as far apart"
    places = sorted(tick.at for tick in view.marks)
    assert all(b - a > 5 for a, b in itertools.pairwise(places)), "labels have room"
    drawn = [float(y) for line in view.lines for y in re.findall(r"[ML]\d+ ([\d.]+)", line.path)]
    assert all(heights[-1] - 0.2 <= y <= heights[0] + 0.2 for y in drawn), "the axis holds the numbers"


def sums_are_right(resource: Resource, rows: list[dict[str, Any]], chart: Chart) -> None:
    """What is added up may be, no row is a total, every row of the key is there, and the sum is the sum."""
    if chart.how != "sum":
        return
    fields = {field.name: field for field in resource.schema.fields}
    assert is_additive(fields[chart.y])
    rows = [row for row in rows if all(str(row[name]) == value for name, value in chart.where.items())]
    key = resource.schema.primaryKey
    assert math.prod(len({row[name] for row in rows}) for name in key) == len(rows)
    assert not any(TOTAL.match(str(row[name])) or row[name] == "ぜんぶ" for row in rows for name in key)
    told: dict[Any, float] = defaultdict(float)
    length = {"day": 10, "month": 7, "year": 4}.get(chart.step, 99)
    for row in rows:
        told[str(row[chart.x])[:length], str(row[chart.by]) if chart.by else ""] += row[chart.y] or 0
    for one in chart.series:
        for mark, value in zip(chart.marks, one.values, strict=True):
            assert value is None or value == pytest.approx(told[mark, one.name])


def wholes_and_spreads_hold_all(rows: list[dict[str, Any]], chart: Chart, view: ChartView) -> None:
    if chart.kind == "parts":
        shares = [float(found) for bar in view.bars for found in re.findall(r"（([\d.]+)%）", bar.value)]
        assert len(shares) == len(view.bars) >= 3 and sum(shares) == pytest.approx(100, abs=0.06 * len(shares))
    if chart.kind == "spread":
        assert sum(numbers_of(chart)) == sum(row[chart.x] is not None for row in rows)
        for mark, count in zip(chart.marks, chart.series[0].values, strict=True):
            low, high = (float(bound) if bound else None for bound in mark.split(".."))
            within = sum((low is None or row[chart.x] >= low) and (high is None or row[chart.x] < high) for row in rows)
            assert within == count, mark
        assert max(numbers_of(chart)) <= 0.9 * sum(numbers_of(chart))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_automatic_chart_obeys_the_rules(shape: Callable[[random.Random], Table]) -> None:
    for resource, rows, chart in each(shape):
        ja, en = views(resource, chart)
        no_constant(chart)
        gaps_break(chart, ja)
        partial_periods_are_told(chart, ja, rows)
        time_bins_are_said(chart, ja, en)
        ticks_are_sensible(chart, ja)
        ticks_are_sensible(chart, en)
        sums_are_right(resource, rows, chart)
        wholes_and_spreads_hold_all(rows, chart, ja)


KINDS: dict[str, set[str]] = {
    "yearly": {"line value"},
    "yearly_by_ward": {"line value"},
    "with_total": set(),
    "by_ward_and_sex": {"line sum"},
    "parts": {"parts sum"},
    "stations": {"bars value", "parts sum"},
    "events": {"line count"},
    "daily_by_market": {"line sum"},
    "monthly": {"line value"},
    "constant": set(),
    "constant_events": set(),
    "measures": {"spread count"},
    "mixed": set(),
    "places": {"points count"},
}
"""What each table of a shape is drawn as, at least; nothing at all where there is nothing to say."""


@pytest.mark.parametrize("name", KINDS)
def test_a_table_is_drawn_by_what_it_means(name: str) -> None:
    shape = next(shape for shape in SHAPES if shape.__name__ == name)
    for seed in range(SEEDS):
        _, _, charts = draw(shape(random.Random(f"{name} {seed}")))
        drawn = {f"{chart.kind} {chart.how}" for chart in charts}
        assert drawn >= KINDS[name]
        assert KINDS[name] or not drawn - {"spread count"}
        if name == "with_total":
            assert not {chart.how for chart in charts} & {"sum"}


@pytest.mark.parametrize("shape", [incomplete, rates, prices, with_total], ids=lambda shape: shape.__name__)
def test_what_must_not_be_added_up_is_not(shape: Callable[[random.Random], Table]) -> None:
    assert not [chart for _, _, chart in each(shape) if chart.how == "sum"]
