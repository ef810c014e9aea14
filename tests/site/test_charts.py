"""Charts and column cards on paper: steps of axes, names, gaps, words, the same numbers as a table."""

import dataclasses
import itertools
import json
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import make_charts, make_schedule

from entaku.formats.scales import find_steps
from entaku.model.profile import Bar, Chart, Profile, Series
from entaku.model.words import Text
from entaku.site.charts import show_chart
from entaku.site.charts_views import cut_name, shorten_number, spell_mark, spell_number, spread_labels
from entaku.site.columns import HEIGHT, draw_bars, show_content
from entaku.site.words import Words

WORDS = json.loads((Path(__file__).parents[2] / "site_templates" / "words.json").read_text("utf-8"))
JA, EN = Words("ja", WORDS), Words("en", WORDS)


@pytest.mark.parametrize(
    ("low", "high", "steps"),
    [(0, 100, (0, 50, 100)), (0, 7, (0, 2, 4, 6, 8)), (13, 19, (12, 14, 16, 18, 20)), (-5, 5, (-5, 0, 5)),
     (0, 0, (0, 0.5, 1)), (3, 3, (0, 1, 2, 3)), (0, 0.004, (0, 0.001, 0.002, 0.003, 0.004))],
)  # fmt: skip
def test_steps_are_round_and_hold_the_numbers(low, high, steps):
    assert find_steps(low, high) == steps


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12))
def test_steps_hold_any_numbers(one, other):
    low, high = min(one, other), max(one, other)
    steps = find_steps(low, high)
    slack = max(abs(low), abs(high), 1) * 1e-8
    assert 2 <= len(steps) <= 9 and steps[0] <= low + slack and steps[-1] >= high - slack


@pytest.mark.parametrize(
    ("value", "ja", "en"),
    [
        (0, "0", "0"),
        (9999, "9,999", "9,999"),
        (15_000, "1.5万", "15k"),
        (120_000_000, "1.2億", "120M"),
        (0.25, "0.25", "0.25"),
    ],
)
def test_numbers_of_an_axis_are_short(value, ja, en):
    assert (shorten_number(value, "ja"), shorten_number(value, "en")) == (ja, en)


def test_numbers_keep_their_digits():
    assert [spell_number(each) for each in (1234567, 1234.5, 0.1 + 0.2)] == ["1,234,567", "1,234.5", "0.3"]


def test_marks_of_time_in_words():
    assert [spell_mark(each, "ja") for each in ("2026", "2026-06", "2026-06-05")] == ["2026年", "2026年6月", "6月5日"]
    assert [spell_mark(each, "en") for each in ("2026", "2026-06", "2026-06-05")] == ["2026", "Jun 2026", "5 Jun"]
    assert spell_mark("2026-06-05", "ja", whole=True) == "2026年6月5日"


def test_long_names_are_cut_by_width():
    assert cut_name("大江戸線", 17) == "大江戸線" and cut_name("abcdefghijklmnopq", 17) == "abcdefghijklmnopq"
    assert cut_name("長い長い名前の路線がここに", 17) == "長い長い名前の…"


@given(st.lists(st.floats(12, 212), min_size=1, max_size=6))
def test_names_of_lines_dont_run_into_one_another(wanted):
    heights = sorted(spread_labels(wanted, 16, 12, 212))
    assert all(after - before >= 15.9 for before, after in itertools.pairwise(heights))
    assert heights[-1] <= 212


def test_lines_have_gaps_where_numbers_are_missing():
    chart = dataclasses.replace(
        make_charts()[0], marks=("2022", "2023", "2024"), step="year", series=(Series("A", (1, None, 3)),)
    )
    view = show_chart(chart, make_schedule(), JA)
    assert re.fullmatch(r"M90 [\d.]+M985 [\d.]+", view.lines[0].path)
    assert view.rows == (("2022年", "1"), ("2023年", ""), ("2024年", "3"))


@pytest.mark.parametrize("lang", [JA, EN])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_every_chart_is_also_a_table_and_words(lang, n):
    view = show_chart(make_charts()[n], make_schedule(), lang)
    assert view.title and view.label and view.rows
    assert all(len(row) == len(view.head) for row in view.rows)
    assert len(view.points) + sum(len(line.path) for line in view.lines) < 10_000


def test_a_map_counts_every_row_once():
    chart = make_charts()[2]
    view = show_chart(chart, make_schedule(), EN)
    assert sum(int(row[2].replace(",", "")) for row in view.rows) == sum(count for *_, count in chart.points)
    assert all(
        0 <= float(x) <= view.width and 0 <= float(y) <= view.height
        for x, y in re.findall(r"M([\d.-]+) ([\d.-]+)h0", view.points)
    )


def test_bars_of_a_histogram_stand_on_the_ground():
    path = draw_bars([Bar(0, 1, 10), Bar(1, 2, 0), Bar(2, 3, 1)])
    assert path.count("M") == 2 and path.endswith(" 0v-5") and f" 0v-{HEIGHT}M" in path


def make_profile(**told):
    return Profile(**{"name": "x", "type": "string", "rows": 100, "nulls": 0, "distinct": 3, "exact": True, **told})


def test_what_is_in_a_column_in_words():
    some = show_content(make_profile(nulls=25, top=(("a", 50), ("b", 24), ("c", 1))), JA)
    assert (some.filled, some.distinct) == ("空 25（25%）", "3 種類の値")
    assert [(bar.name, bar.value) for bar in some.top] == [("a", "50%"), ("b", "24%"), ("c", "1%")]
    assert show_content(make_profile(distinct=100, top=(("a", 1), ("b", 1))), EN).distinct == "all different"
    assert (
        show_content(make_profile(distinct=99_000, exact=False, rows=10**6), EN).distinct
        == "about 99,000 different values"
    )


def test_numbers_have_a_histogram_and_few_numbers_their_own_order():
    bars = tuple(Bar(n, n + 1, n) for n in range(10))
    many = show_content(
        make_profile(type="integer", distinct=40, least=0, most=9, quantiles=((0.5, 4),), histogram=bars), JA
    )
    assert many.histogram and (many.low, many.middle, many.high) == ("0", "4", "9") and "9 件" in many.label
    few = show_content(
        make_profile(type="year", distinct=2, least=2019, most=2024, top=((2024, 60), (2019, 40)), histogram=bars), JA
    )
    assert not few.histogram and [bar.name for bar in few.top] == ["2019", "2024"]


def test_values_that_are_all_as_frequent_are_examples():
    view = show_content(make_profile(distinct=50, top=tuple((f"v{n}", 2) for n in range(10))), EN)
    assert view.top == () and view.examples == "such as v0, v1, v2"


def test_an_empty_column_says_so():
    view = show_content(make_profile(rows=10, nulls=10, distinct=0), EN)
    assert view.filled == "10 empty (100%)" and view.top == ()


def make_line(marks, step, values=None, **more):
    values = tuple(range(len(marks))) if values is None else values
    return Chart(
        kind="line", x="x", y="y", by="by" if "by" in more else "", how="value", step=step, unit="", where={},
        title=Text(), marks=tuple(marks), series=(Series(more.get("by", ""), values),),
        cut=more.get("cut", ()), english=more.get("english", {}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("step", "marks", "pieces"),
    [
        ("month", ["2025-01", "2025-02", "2025-03", "2025-09", "2025-10"], 2),
        ("month", ["2025-03", "2025-06", "2025-09", "2025-12"], 1),
        ("day", ["2026-06-04", "2026-06-05", "2026-06-08", "2026-06-09"], 1),
        ("day", ["2026-06-04", "2026-06-05", "2026-06-20", "2026-06-21"], 2),
        ("year", ["2019", "2021", "2023", "2025"], 1),
        ("year", ["2019", "2020", "2023", "2024"], 2),
    ],
)
def test_a_line_breaks_where_periods_are_missing_and_not_at_weekends(step, marks, pieces):
    (line,) = show_chart(make_line(marks, step), make_schedule(), JA).lines
    assert line.path.count("M") == pieces and line.path.count("L") == len(marks) - pieces
    assert line.dots.count("M") == len(marks), "a point that stands alone is seen"


@pytest.mark.parametrize("words", [JA, EN])
@given(
    st.lists(st.dates(date(1999, 1, 1), date(2030, 1, 1)), min_size=2, max_size=40, unique=True).map(sorted),
    st.sampled_from([10, 7, 4]),
    st.sampled_from([1, 2]),
)
def test_labels_of_times_stand_apart_on_a_phone(words, days, length, count):
    marks = tuple(dict.fromkeys(day.isoformat()[:length] for day in days))
    series = tuple(Series(str(n), tuple(map(float, range(len(marks))))) for n in range(count))
    chart = dataclasses.replace(make_line(marks, {10: "day", 7: "month", 4: "year"}[length]), series=series)
    labels = show_chart(chart, make_schedule(), words).marks
    plot = 180 if count > 1 else 310
    ends = []
    for n, label in enumerate(labels):
        wide = sum(12 if ord(each) > 0x2000 else 7 for each in label.text)
        left = label.at * plot / 100 - wide * (0 if n == 0 else 1 if n == len(labels) - 1 else 0.5)
        ends.append((left, left + wide))
    inner = list(itertools.pairwise(ends)) if len(labels) > 2 else []
    assert all(right < left for (_, right), (left, _) in inner), labels


def test_a_daily_axis_tells_the_year_at_its_beginning_and_where_it_changes():
    days = [f"2025-12-{n:02}" for n in range(1, 32)] + [f"2026-01-{n:02}" for n in range(1, 32)]
    shown = [mark.text for mark in show_chart(make_line(days, "day"), make_schedule(), JA).marks]
    assert shown[0] == "2025年12月1日" and shown[-1].endswith("1月31日")
    assert sum("2026年" in text for text in shown) == 1
    shown = [mark.text for mark in show_chart(make_line(days, "day"), make_schedule(), EN).marks]
    assert shown[0] == "1 Dec 2025" and sum("2026" in text for text in shown) == 1


def test_what_is_left_out_is_told_and_names_are_of_the_page():
    chart = make_line(
        ["2025-01", "2025-02"], "month", by="大江戸線", cut=("2025-03",), english={"大江戸線": "Oedo Line"}
    )
    ja, en = (show_chart(chart, make_schedule(), words) for words in (JA, EN))
    assert "途中までの期間（2025年3月）は描いていません" in ja.about
    assert "periods that are not whole (Mar 2025) are left out" in en.about
    assert (ja.lines[0].name, en.lines[0].name) == ("大江戸線", "Oedo Line")
    assert en.head[1] == "Oedo Line"


def test_meridians_of_a_city_differ():
    points = tuple((139.70 + n / 1000, 35.68 + n / 1000, 1) for n in range(20))
    chart = Chart(
        kind="points", x="x", y="y", by="", how="count", step="", unit="", where={}, title=Text(), points=points
    )
    view = show_chart(chart, make_schedule(), JA)
    for lines in (view.grid, view.marks):
        assert len({line.text for line in lines}) == len(lines) > 2
    assert "東経139.71°" in [mark.text for mark in view.marks]
