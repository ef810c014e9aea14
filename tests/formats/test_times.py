from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entaku.formats.times import (
    explain_day,
    explain_moment,
    explain_time,
    from_serial,
    parse_day,
    parse_moment,
    parse_time,
    time_from_serial,
)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("9:00", "09:00:00"), ("09:00:30", "09:00:30"), ("９：００", "09:00:00"), ("9時", "09:00:00"), ("9時半", "09:30:00"),
        ("9 時 5 分 7 秒", "09:05:07"), ("午前0時", "00:00:00"), ("午後0時15分", "12:15:00"), ("午後11時59分", "23:59:00"),
        ("12:00 AM", "00:00:00"), ("12:30pm", "12:30:00"), ("PM 3:05", "15:05:00"), ("正午", "12:00:00"), ("2359", "23:59:00"),
        ("午後12時", None), ("午後13時", None), ("13:00 PM", None), ("0:00 AM", None), ("24:00", None), ("9:60", None),
        ("9:5", None), ("9", None), ("900", None), ("9:00:00.5", None), ("9:00+09:00", None), ("", None), ("9:00～17:00", None),
    ],
)  # fmt: skip
def test_times(text: str, clock: str | None) -> None:
    assert parse_time(text) == clock


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023/2/10 9:00", "2023-02-10T09:00:00"), ("2023-02-10T09:00:00Z", "2023-02-10T09:00:00Z"),
        ("2023-02-10 09:00:00 +0900", "2023-02-10T09:00:00+09:00"), ("令和5年2月10日(金)9時", "2023-02-10T09:00:00"),
        ("2023年2月10日9時30分", "2023-02-10T09:30:00"), ("Feb 10, 2023 3:05 PM", "2023-02-10T15:05:00"),
        ("2023/12/31 24:00", "2024-01-01T00:00:00"), ("2023/2/10 0:00", "2023-02-10T00:00:00"),
        ("9999/12/31 24:00", None), ("2023/2/10", None), ("2023/2/30 9:00", None), ("2023/2/10 25:00", None), ("9:00", None),
        ("", None),
    ],
)  # fmt: skip
def test_moments(text: str, moment: str | None) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("3/15/2024", "mdy", "2024-03-15"), ("15/3/2024", "dmy", "2024-03-15"), ("3.4.2024", "mdy", "2024-03-04"),
        ("3/15/2024 0:00", "mdy", "2024-03-15"), ("2024/3/15", "mdy", "2024-03-15"), ("15/3/2024", "mdy", None),
        ("3/15/2024", "ymd", None), ("3/15/24", "mdy", None), ("15-Mar-2024", "ymd", "2024-03-15"),
        ("March 15, 2024", "ymd", "2024-03-15"), ("Feb 30, 2024", "ymd", None), ("Foo 3, 2024", "ymd", None),
    ],
)  # fmt: skip
def test_days_with_the_year_last(text: str, order: str, day: str | None) -> None:
    assert parse_day(text, order) == day  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "epoch", "moment"),
    [
        ("45000", 1900, "2023-03-15T00:00:00"), ("45000.5", 1900, "2023-03-15T12:00:00"), ("４５０００", 1900, "2023-03-15T00:00:00"),
        ("61", 1900, "1900-03-01T00:00:00"), ("60", 1900, None), ("43538", 1904, "2023-03-15T00:00:00"), ("0", 1904, "1904-01-01T00:00:00"),
        ("2958465", 1900, "9999-12-31T00:00:00"), ("2958466", 1900, None), ("-1", 1900, None), ("45,000", 1900, None), ("", 1900, None),
    ],
)  # fmt: skip
def test_serial_numbers(text: str, epoch: int, moment: str | None) -> None:
    made = from_serial(text, epoch)
    assert (made.isoformat() if made else None) == moment


@given(st.times().map(lambda clock: clock.replace(microsecond=0)))
def test_a_time_survives_every_way_of_writing_it(clock: time) -> None:
    for written in (f"{clock:%H:%M:%S}", f"{clock.hour}時{clock.minute}分{clock.second}秒", f"{clock:%I:%M:%S %p}"):
        assert parse_time(written) == clock.isoformat()
    seconds = timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second).total_seconds()
    assert time_from_serial(f"{seconds / 86400:.9f}".rstrip("0").rstrip(".") or "0") == clock.isoformat()


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(lambda one: one.replace(microsecond=0)))
def test_a_moment_survives_its_serial_number(moment: datetime) -> None:
    serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
    assert from_serial(f"{serial:.10f}", 1900) == moment


@given(st.text(st.sampled_from("0123456789年月日時分/:-. 令和平成昭RHST元度()（）午前後AMPJANZ+"), max_size=18))
def test_no_text_breaks_the_readers_or_what_is_said_of_it(text: str) -> None:
    parse_time(text), parse_moment(text), from_serial(text, 1900), time_from_serial(text)
    for order in ("ymd", "mdy", "dmy"):
        parse_day(text, order)  # type: ignore[arg-type]
    for to in ("date", "month", "year", "fiscal_year"):
        assert explain_day(text, to)[0]
    assert explain_moment(text)[0] and explain_time(text)[0]


HEISEI = {
    "era": "平成",
    "span_ja": "1989-01-08 から 2019-04-30 まで",
    "span_en": "lasted from 1989-01-08 to 2019-04-30",
}
SHOWA = {"era": "昭和", "span_ja": "1926-12-25 から 1989-01-07 まで", "span_en": "lasted from 1926-12-25 to 1989-01-07"}
TAISHO = {
    "era": "大正",
    "span_ja": "1912-07-30 から 1926-12-24 まで",
    "span_en": "lasted from 1912-07-30 to 1926-12-24",
}
REIWA = {"era": "令和", "span_ja": "2019-05-01 から", "span_en": "began on 2019-05-01"}


@pytest.mark.parametrize(
    ("text", "to", "fault", "args"),
    [
        ("2026-02-30", "date", "no-such-date", {}), ("20260230", "date", "no-such-date", {}), ("2026-00-01", "date", "no-such-date", {}),
        ("2026-01-00", "date", "no-such-date", {}), ("令和8年2月30日", "date", "no-such-date", {}), ("令和0年4月1日", "date", "no-such-date", {}),
        ("令和元年13月", "month", "no-such-date", {}), ("明治5年1月1日", "date", "old-calendar", {}),
        ("平成40年4月1日", "date", "outside-era", {**HEISEI, "likely": "令和10年4月1日"}),
        ("平成31年5月1日", "date", "outside-era", {**HEISEI, "likely": "令和元年5月1日"}),
        ("平成31年6月", "month", "outside-era", {**HEISEI, "likely": "令和元年6月"}),
        ("平成40年", "year", "outside-era", {**HEISEI, "likely": "令和10年"}),
        ("昭和65年", "year", "outside-era", {**SHOWA, "likely": "平成2年"}),
        ("昭和64年1月8日", "date", "outside-era", {**SHOWA, "likely": "平成元年1月8日"}),
        ("大正16年1月1日", "date", "outside-era", {**TAISHO, "likely": "昭和2年1月1日"}),
        ("令和元年4月1日", "date", "outside-era", {**REIWA, "likely": "平成31年4月1日"}),
        ("令和8年（2025年）4月1日", "date", "years-differ", {}),
        ("2026年", "date", "not-a-day", {}), ("2026-04", "datetime", "not-a-day", {}), ("2026-04-01 09:00", "date", "date-with-time", {}),
        ("2026-04-01 25:00", "date", "no-such-time", {}),
        ("04/05/2026", "date", "date-order", {"orders": "mdy, dmy"}), ("25/12/2026", "date", "date-order", {"orders": "dmy"}),
        ("18264", "date", "date-serial", {"day": "1950-01-01"}), ("73051", "date", "date-serial", {"day": "2100-01-01"}),
        ("18263", "date", "not-a-date", {}), ("73052", "date", "not-a-date", {}), ("x", "date", "not-a-date", {}),
    ],
)  # fmt: skip
def test_why_a_text_is_no_day(text: str, to: str, fault: str, args: dict[str, str]) -> None:
    assert explain_day(text, to) == (fault, args)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2026-04-01 25:00", "no-such-time"),
        ("2026-04-01 09:60", "no-such-time"),
        ("2026-04-01", "date-without-time"),
        ("2026-02-30 09:00", "no-such-date"),
        ("昨日 09:00", "not-a-date"),
        ("45000.5", "date-serial"),
        ("04/05/2026 09:00", "date-order"),
        ("2026年 09:00", "not-a-date"),
        ("", "not-a-date"),
    ],
)
def test_why_a_text_is_no_moment(text: str, fault: str) -> None:
    assert explain_moment(text)[0] == fault


@pytest.mark.parametrize(
    ("text", "fault"), [("25:00", "no-such-time"), ("9時60分", "no-such-time"), ("九時", "not-a-time")]
)
def test_why_a_text_is_no_time(text: str, fault: str) -> None:
    assert explain_time(text) == (fault, {})
