"""Which charts suit a table, and their numbers."""

import datetime
import json
from dataclasses import replace

import pyarrow as pa
import pytest
from wholes import profile_table

from entaku.catalogue.charts import is_degree, list_plans, mixes_units, read_chart, show_chart
from entaku.catalogue.charts_count import GROUPS, MARKS, POINTS, count_chart, count_charts
from entaku.check.schema import arrow_type
from entaku.model.charts import ChartPlan
from entaku.model.grammar import Resource
from entaku.model.table_schema import Constraints, Schema, SchemaField
from entaku.model.words import Text


def make(columns, rows, key=(), charts=None):
    """A resource and its typed table.  `columns`: name -> type, or (type, unit)."""
    fields = tuple(
        SchemaField(
            name=name, type=kind if isinstance(kind, str) else kind[0], unit="" if isinstance(kind, str) else kind[1]
        )
        for name, kind in columns.items()
    )
    schema = Schema(fields=fields, primaryKey=key)
    resource = Resource(name="t", title=Text(ja="表"), schema=schema, charts=charts)
    arrays = [pa.array([row[n] for row in rows], arrow_type(field)) for n, field in enumerate(fields)]
    return resource, pa.Table.from_arrays(arrays, names=list(columns))


def draw(resource, table, chunk=None):
    profile = profile_table(table.to_batches(), resource.schema)
    return count_charts(resource, profile, lambda names: table.select(names).to_batches(max_chunksize=chunk))


def day(n):
    return datetime.date(2026, 1, 1) + datetime.timedelta(n)


def test_numbers_that_stand_alone_along_time_become_lines():
    rows = [(2020 + y, who, y * 10 + n) for y in range(4) for n, who in enumerate(["東", "西"])]
    [chart] = draw(*make({"year": "year", "who": "string", "people": ("integer", "人")}, rows, ("year", "who")))
    assert (chart.kind, chart.x, chart.y, chart.by, chart.how, chart.unit) == (
        "line",
        "year",
        "people",
        "who",
        "value",
        "人",
    )
    assert chart.marks == ("2020", "2021", "2022", "2023")
    assert {one.name: one.values for one in chart.series} == {"東": (0, 10, 20, 30), "西": (1, 11, 21, 31)}


def test_rows_are_counted_where_numbers_dont_stand_alone():
    rows = [(day(n % 5), ["赤", "青"][n % 2], n) for n in range(21)]
    [chart, spread] = draw(*make({"date": "date", "colour": "string", "kg": ("integer", "kg")}, rows))
    assert (spread.kind, spread.x) == ("spread", "kg") and sum(spread.series[0].values) == 21
    assert (chart.kind, chart.how, chart.y, chart.unit) == ("line", "count", "", "")
    assert sum(value for one in chart.series for value in one.values) == 21


def test_a_count_that_is_everywhere_the_same_is_drawn_only_for_an_owner_who_asks():
    rows = [(2020 + year, sex, 100 * year) for year in range(4) for sex in ("男", "女")]
    columns = {"year": "year", "sex": "string", "people": "integer"}
    assert draw(*make(columns, rows, ("year", "sex"))) == ()
    plan = ChartPlan(kind="line", x="year", by="sex", how="count")
    [chart] = draw(*make(columns, rows, ("year", "sex"), (plan,)))
    assert {value for one in chart.series for value in one.values} == {1}


def test_a_list_of_places_is_shown_on_the_map_first_and_what_happened_along_time_first():
    columns = {"name": "string", "kind": "string", "seats": ("integer", "席"), "lat": "number", "lon": "number"}
    rows = [
        (f"施設{n}", ["公園", "図書館", "公園"][n % 3], n * n // 9, 35.6 + n / 100, 139.7 + n / 100) for n in range(30)
    ]
    where, *others = draw(*make(columns, rows, ("name",)))
    assert (where.kind, where.x, where.y) == ("points", "lon", "lat")
    assert [chart.kind for chart in others] == ["bars", "spread"]
    events = [(day(n * n // 60), *row) for n, row in enumerate(rows)]
    along, where, *_ = draw(*make({"date": "date", **columns}, events, ("name",)))
    assert (along.kind, along.x, where.kind) == ("line", "date", "points")


@pytest.mark.parametrize("last", [False, True])
def test_days_that_stand_for_months_are_months(last):
    ends = (31, 28, 31, 30)
    days = [datetime.date(2026, n + 1, ends[n] if last else 1) for n in range(4)]
    [chart] = draw(
        *make({"date": "date", "people": ("integer", "人")}, [(day, n) for n, day in enumerate(days)], ("date",))
    )
    assert (chart.step, chart.how) == ("month", "value") and chart.marks[0] == "2026-01"
    days[1] = datetime.date(2026, 2, 10)
    [chart] = draw(
        *make({"date": "date", "people": ("integer", "人")}, [(day, n) for n, day in enumerate(days)], ("date",))
    )
    assert chart.step == "day" and chart.marks[1] == "2026-02-10"


@pytest.mark.parametrize(
    ("first", "days", "marks", "cut"),
    [
        (0, 181, ("2026-01", "2026-06"), ()),
        (20, 140, ("2026-02", "2026-05"), ("2026-01", "2026-06")),
        (3, 150, ("2026-01", "2026-05"), ("2026-06",)),
        (3, 174, ("2026-01", "2026-06"), ()),
    ],
)
def test_a_month_of_which_only_a_part_was_counted_is_left_out(first, days, marks, cut):
    plan = ChartPlan(kind="line", x="date", how="count")
    [chart] = draw(*make({"date": "date"}, [(day(first + n),) for n in range(days)], charts=(plan,)))
    assert (chart.marks[0], chart.marks[-1]) == marks and chart.cut == cut
    assert read_chart(json.loads(json.dumps(show_chart(chart)))) == chart


def test_days_that_are_few_and_far_between_are_counted_by_month():
    plan = ChartPlan(kind="line", x="date", how="count")
    [chart] = draw(*make({"date": "date"}, [(day(n * 5),) for n in range(24)], charts=(plan,)))
    assert (chart.step, chart.marks) == ("month", ("2026-01", "2026-02", "2026-03", "2026-04"))
    [chart] = draw(*make({"date": "date"}, [(day(n * 5),) for n in range(10)], charts=(plan,)))
    assert chart.step == "day", "two months are too few for a line"
    numbers = ChartPlan(kind="line", x="date", y="n")
    [chart] = draw(*make({"date": "date", "n": "integer"}, [(day(n * 5), n) for n in range(24)], charts=(numbers,)))
    assert chart.step == "day", "single numbers stay what they are"


def test_names_are_english_where_the_table_says_them():
    lines = {"大江戸線": "Oedo Line", "浅草線": "Asakusa Line", "新宿線": "Shinjuku Line", "三田線": "Mita Line"}
    rows = [
        (line, lines[line] if line != "三田線" else f"Mita {n}") for n, line in enumerate([*lines, *lines, "浅草線"])
    ]
    for name in ("line_ja", "line"):
        plan = ChartPlan(kind="bars", x=name, how="count")
        [chart] = draw(*make({name: "string", "line_en": "string"}, rows, charts=(plan,)))
        assert chart.english == {line: english for line, english in lines.items() if line != "三田線"}
        assert read_chart(json.loads(json.dumps(show_chart(chart)))) == chart


def test_a_table_of_one_key_and_a_number_is_a_ranking():
    rows = [(f"駅{n:02}", n * 100) for n in range(30)]
    [chart] = draw(*make({"station": "string", "riders": ("integer", "人")}, rows, ("station",)))
    assert chart.kind == "bars"
    assert chart.marks[0] == "駅29" and chart.series[0].values[0] == 2900
    assert len(chart.marks) == 12 and chart.left == 18


def test_codes_are_ranked_by_the_names_beside_them():
    rows = [(f"{n:03}", f"町{n}", n * n) for n in range(12)]
    [chart] = draw(
        *make({"block_code": "string", "block": "string", "people": ("integer", "人")}, rows, ("block_code",))
    )
    assert (chart.kind, chart.x, chart.y, chart.marks[0]) == ("bars", "block", "people", "町11")


def test_a_key_of_which_one_column_is_the_same_everywhere_is_as_without_it():
    rows = [(f"{n:03}", f"町{n}", n * n, 2025) for n in range(12)]
    columns = {"block_code": "string", "block": "string", "people": ("integer", "人"), "year": "year"}
    [chart] = draw(*make(columns, rows, ("block_code", "year")))
    assert (chart.kind, chart.x) == ("bars", "block")


@pytest.mark.parametrize("rows", [40, 200])
def test_days_are_counted_where_there_is_more_than_a_row_at_each_time(rows):
    found = [(f"e{n}", day(n * 31 * 366 // rows)) for n in range(rows)]
    resource, table = make({"id": "string", "opened": "date"}, found, ("id",))
    charts = draw(resource, table)
    assert [(chart.step, chart.how) for chart in charts] == ([("year", "count")] if rows == 200 else [])
    (asked,) = draw(*make({"id": "string", "opened": "date"}, found, ("id",), (ChartPlan(kind="line", x="opened"),)))
    assert sum(value for value in asked.series[0].values) > 20


@pytest.mark.parametrize(
    ("name", "title"), [("latitude", ""), ("a", "緯度"), ("ichi_latitude", ""), ("a", "位置_緯度")]
)
def test_degrees_are_known_by_name_below_the_heading_of_a_group_too(name, title):
    field = SchemaField(name=name, type="number", title=Text(ja=title))
    assert is_degree(field) and not is_degree(replace(field, type="string"))
    assert not is_degree(SchemaField(name="attitude", type="number", title=Text(ja="緯度差")))
    assert is_degree(SchemaField(name="n", type="number", format="longitude"))


def test_a_list_of_the_schema_keeps_its_order():
    resource, table = make({"age": "string"}, [("若",), ("若",), ("老",)] * 5)
    field = SchemaField(name="age", constraints=Constraints(enum=("老", "若")))
    resource = Resource(name="t", title=Text(ja="表"), schema=Schema(fields=(field,)))
    [chart] = draw(resource, table)
    assert chart.marks == ("老", "若") and chart.series[0].values == (5, 10)


def test_coordinates_become_a_map():
    rows = [(139.0 + n / 100, 35.5, "x") for n in range(50)] * 2
    resource, table = make({"longitude": "number", "latitude": "number", "name": "string"}, rows)
    assert draw(resource, table) == ()  # one latitude is no map
    rows = [(139.0 + n / 100, 35.5 + n / 100, "x") for n in range(50)] * 2
    [chart] = draw(*make({"longitude": "number", "latitude": "number", "name": "string"}, rows))
    assert chart.kind == "points" and len(chart.points) == 50 and chart.points[0] == (139.0, 35.5, 2)


def test_a_map_of_very_many_places_stays_small():
    rows = [(100 + n % 300 / 10 + n / 1e5, n % 170 / 2) for n in range(60_000)]
    [chart] = draw(*make({"lon": "number", "lat": "number"}, rows))
    assert len(chart.points) <= POINTS
    assert sum(count for *_, count in chart.points) == 60_000


def test_mixed_measures_are_left_alone_unless_one_is_chosen():
    columns = {"year": "year", "measure": "string", "unit": "string", "value": "number"}
    rows = [(2020 + n, what, unit, n * 1.5) for n in range(4) for what, unit in (("人", "千人"), ("金", "円"))]
    assert draw(*make(columns, rows, ("year", "measure"))) == ()
    plan = ChartPlan(kind="line", x="year", y="value")
    chosen = ChartPlan(kind="line", x="year", y="value", where={"measure": "金", "unit": "円"})
    resource, table = make(columns, rows, ("year", "measure"), (chosen,))
    assert mixes_units(plan, resource) and not mixes_units(chosen, resource)
    [chart] = draw(resource, table)
    assert chart.unit == "円" and chart.series[0].values == (0, 1.5, 3, 4.5)


@pytest.mark.parametrize(("how", "values"), [("sum", (6, 4)), ("mean", (2, 4)), ("min", (1, 4)), ("max", (3, 4))])
def test_an_owner_says_how_numbers_are_put_together(how, values):
    rows = [("a", 1), ("a", 3), ("a", 2), ("b", 4), ("b", None)]
    plan = ChartPlan(kind="bars", x="who", y="n", how=how)
    [chart] = draw(*make({"who": "string", "n": "integer"}, rows, charts=(plan,)))
    assert dict(zip(chart.marks, chart.series[0].values, strict=True)) == dict(zip("ab", values, strict=True))


def test_numbers_that_should_stand_alone_and_dont_are_not_drawn():
    plan = ChartPlan(kind="bars", x="who", y="n")
    assert draw(*make({"who": "string", "n": "integer"}, [("a", 1), ("a", 3), ("b", 4)], charts=(plan,))) == ()
    assert draw(*make({"who": "string", "n": "integer"}, [("a", 1), ("b", 3)], charts=())) == ()


def test_many_days_become_months_and_many_months_years():
    plan = ChartPlan(kind="line", x="date", how="count")
    resource, table = make({"date": "date"}, [(day(n),) for n in range(MARKS + 1)], charts=(plan,))
    [chart] = draw(resource, table)
    assert chart.marks == ("2026-01", "2026-02") and chart.cut == ("2026-03",)
    resource, table = make({"date": "date"}, [(day(n),) for n in range(3000)], charts=(plan,))
    [chart] = draw(resource, table)
    assert chart.step == "year" and chart.cut == ("2034",) and sum(chart.series[0].values) == 2922


def test_more_places_than_can_be_kept_give_no_chart():
    plan = ChartPlan(kind="bars", x="who", how="count")
    assert draw(*make({"who": "string"}, [(str(n),) for n in range(GROUPS + 1)], charts=(plan,))) == ()


def test_the_cut_into_batches_changes_nothing():
    rows = [(day(n % 40), f"組{n % 9}", (n * 7919 % 1000) / 7) for n in range(5000)]
    plan = ChartPlan(kind="line", x="date", y="n", by="who", how="mean")
    resource, table = make({"date": "date", "who": "string", "n": "number"}, rows, charts=(plan,))
    [whole], [pieces] = draw(resource, table), draw(resource, table, 37)
    assert whole == pieces and len(whole.series) == 6 and whole.left == 3


def test_one_day_is_a_ranking():
    plan = ChartPlan(kind="line", x="date", by="who", how="count")
    resource, table = make({"date": "date", "who": "string"}, [(day(0), "a"), (day(0), "b")], charts=(plan,))
    chart = count_chart(plan, resource, lambda names: table.select(names).to_batches())
    assert (chart.kind, chart.x, chart.by) == ("bars", "who", "")


def test_moments_are_counted_by_their_day():
    rows = [(datetime.datetime(2026, 1, 1 + n % 3, 23),) for n in range(7)]
    [chart] = draw(*make({"at": "datetime"}, rows))
    assert chart.marks == ("2026-01-01", "2026-01-02", "2026-01-03")


def test_nothing_to_draw():
    assert draw(*make({"id": "string", "note": "string"}, [(str(n), None) for n in range(9)])) == ()
    resource, table = make({"id": "string"}, [])
    assert draw(resource, table) == () == list_plans(resource, profile_table(table.to_batches(), resource.schema))


def test_json_and_back():
    rows = [(2020 + n, n) for n in range(4)]
    plan = ChartPlan(kind="line", x="year", y="n", title=Text(ja="図", en="Chart"))
    for resource, table in (
        make({"year": "year", "n": "integer"}, rows, charts=(plan,)),
        make({"lon": "number", "lat": "number"}, [(1.5, 2.5), (3.5, 4.5)]),
    ):
        [chart] = draw(resource, table)
        assert read_chart(json.loads(json.dumps(show_chart(chart)))) == chart


def test_sums_beyond_all_numbers_are_not_drawn():
    plan = ChartPlan(kind="bars", x="who", y="n", how="sum")
    rows = [("a", 1.7e308), ("a", 1.7e308), ("b", 1.0), ("c", float("nan"))]
    assert draw(*make({"who": "string", "n": "number"}, rows, charts=(plan,))) == ()


@pytest.mark.parametrize(
    ("titles", "chosen"),
    [
        (("学校", "1年_児童数", "2年_児童数", "合計_児童数"), "c"),
        (("学校", "男", "女", "計"), "c"),
        (("学校", "1年_児童数", "合計_学級数", "2年_児童数"), "a"),
        (("学校", "男", "合計_学級数", "女"), "a"),
    ],
)
def test_a_total_is_drawn_before_its_parts(titles, chosen):
    columns = {"school": "string", "a": ("integer", "人"), "b": ("integer", "人"), "c": ("integer", "人")}
    resource, table = make(
        columns, [(f"学校{n}", n * 7 + 9, n * n + 8, n * n + n * 7 + 17) for n in range(8)], ("school",)
    )
    fields = tuple(
        replace(field, title=Text(ja=title)) for field, title in zip(resource.schema.fields, titles, strict=True)
    )
    resource = replace(resource, schema=replace(resource.schema, fields=fields))
    assert draw(resource, table)[0].y == chosen
