from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entaku.formats.dates import ERAS, GREGORIAN, parse_date, parse_fiscal_year, parse_month, parse_year


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2023-02-10", "2023-02-10"), ("2023/2/10", "2023-02-10"), ("２０２３／２／１０", "2023-02-10"),
        ("2023.2.10", "2023-02-10"), ("20230210", "2023-02-10"), ("2023/2/10 0:00", "2023-02-10"),
        ("2023-02-10T00:00:00", "2023-02-10"), ("2023年2月10日", "2023-02-10"), ("令和5年2月10日", "2023-02-10"),
        ("令和 5 年 2 月 10 日", "2023-02-10"), ("R5.2.10", "2023-02-10"), ("Ｒ５．２．１０", "2023-02-10"),
        ("r5/2/10", "2023-02-10"), ("㍻30年8月1日", "2018-08-01"), ("平成30年08月01日(水曜日)", "2018-08-01"),
        ("平成30年08月01日（水・祝）", "2018-08-01"), ("令和元年5月1日", "2019-05-01"),
        ("2025年（令和7年）3月31日", "2025-03-31"), ("令和7年（2025年）3月31日", "2025-03-31"),
        ("平成31年4月30日", "2019-04-30"), ("昭和64年1月7日", "1989-01-07"), ("明治6年1月1日", "1873-01-01"),
        ("平成31年5月1日", None), ("令和元年4月30日", None), ("昭和64年1月8日", None), ("平成元年1月7日", None),
        ("平成99年1月1日", None), ("令和0年1月1日", None), ("2025年（令和6年）3月31日", None),
        ("明治5年12月2日", None), ("2023/2/30", None), ("2023/2-10", None), ("5/2/10", None), ("2023/2/10 9:00", None),
        ("昭和46年3月29日史跡指定", None), ("", None), ("2023年2月", None),
    ],
)  # fmt: skip
def test_dates(text, iso):
    assert parse_date(text) == iso


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("R6", 2024), ("H31R1", 2019), ("令和6年", 2024), ("2024年", 2024), ("2024", 2024), ("西暦2024年", 2024),
        ("２０２４年", 2024), ("R元年", 2019), ("2024年（令和6年）", 2024), ("平成31年（令和元年）", 2019),
        ("平成31年・令和元年", 2019), ("2023/2/10", 2023), ("昭和64年", 1989), ("明治5年", 1872),
        ("2024年度", None), ("30年", None), ("平成99年", None), ("平成32年", None), ("H31R2", None), ("24", None),
        ("R0", None), ("0000", None), ("", None),
    ],
)  # fmt: skip
def test_years(text, year):
    assert parse_year(text) == year


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2024年度", 2024), ("令和6年度", 2024), ("R6年度", 2024), ("R6", 2024), ("2024", 2024), ("FY2024", 2024),
        ("平成31年度", 2019), ("令和元年度", 2019), ("平成31（令和元）年度", 2019), ("平成31年度（令和元年度）", 2019),
        ("2024年度(令和6年度)", 2024), ("2023-03-31", 2022), ("2023-04-01", 2023),
        ("2024年", None), ("令和6年", None), ("平成99年度", None), ("6年度", None),
    ],
)  # fmt: skip
def test_fiscal_years(text, year):
    assert parse_fiscal_year(text) == year


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2023年2月", "2023-02"), ("令和5年2月", "2023-02"), ("R5.2", "2023-02"), ("2023-02", "2023-02"),
        ("2023/2", "2023-02"), ("202302", "2023-02"), ("2023/2/10", "2023-02"), ("令和元年5月", "2019-05"),
        ("昭和64年1月", "1989-01"), ("昭和元年12月", "1926-12"), ("平成31年5月", None), ("令和元年4月", None),
        ("202313", None), ("2023", None),
    ],
)  # fmt: skip
def test_months(text, month):
    assert parse_month(text) == month


def to_wareki(day):
    """A day in 和暦: 2019-05-01 → "令和元年5月1日"."""
    name, _, start = next(era for era in reversed(ERAS) if era[2] <= day)
    number = day.year - start.year + 1
    return f"{name}{'元' if number == 1 else number}年{day.month}月{day.day}日"


def test_every_day_of_every_era_survives_wareki():
    day, last = GREGORIAN, date(2030, 12, 31)
    while day <= last:
        assert parse_date(to_wareki(day)) == day.isoformat()
        day += timedelta(days=1)


def test_the_day_before_an_era_belongs_to_the_one_before():
    for (name, _, _), (_, _, start) in pairwise(ERAS):
        assert to_wareki(start - timedelta(days=1)).startswith(name)
    assert parse_date("明治5年12月31日") is None  # before the Gregorian calendar in Japan


@given(st.dates(min_value=date(1873, 1, 1), max_value=date(2099, 12, 31)))
def test_a_day_survives_every_way_of_writing_it(day):
    wareki = to_wareki(day)
    letter = next(letter for name, letter, _ in ERAS if wareki.startswith(name))
    short = letter + wareki[2:].replace("元", "1").replace("年", ".").replace("月", ".").rstrip("日")
    full = wareki.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    for written in (day.isoformat(), f"{day.year}/{day.month}/{day.day}", wareki, short, full, f"{day:%Y%m%d}"):
        assert parse_date(written) == day.isoformat()


@given(st.text(max_size=20))
def test_no_text_breaks_the_readers(text):
    for parse in (parse_date, parse_month, parse_year, parse_fiscal_year):
        parse(text)
