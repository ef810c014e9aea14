"""Times of day and moments as Japanese offices write them, days in other orders, Excel's serial numbers, and what is wrong
with what is none of them."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from entaku.formats import dates
from entaku.formats.dates import ERAS, GREGORIAN, parse_date
from entaku.formats.heavy import late_compile
from entaku.formats.text import to_half_width

Order = Literal["ymd", "mdy", "dmy"]

_TIME = late_compile(
    r"(?P<half>午前|午後|AM|PM)?\s*(?P<hour>\d{1,2})"
    r"(?::(?P<minute>\d{2})(?::(?P<second>\d{2}))?|時(?:(?P<minutes>\d{1,2})分(?:(?P<seconds>\d{1,2})秒)?|(?P<past>半))?)"
    r"\s*(?P<after>AM|PM)?",
    re.ASCII,
)
_MOMENT = late_compile(
    rf"(?P<day>.+?)(?:[T\s]+|(?<=日)|(?<=\)))(?P<time>{_TIME.pattern})\s*(?P<zone>Z|[+-]\d{{2}}:?\d{{2}})?", re.ASCII
)
_LAST = late_compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4})(?P<rest>.*)", re.ASCII)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WORDS = late_compile(
    r"(?:([A-Z]{3})[A-Z]*\.?\s+(\d{1,2}),?|(\d{1,2})[-\s]([A-Z]{3})[A-Z]*\.?,?)[-\s]\s*(\d{4})(?P<rest>.*)", re.ASCII
)

EPOCHS = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}
"""The day that Excel counts from.  In its system of 1900 there is a 29 February 1900, so that all later days are one
off and earlier ones are not sure."""
_FIRST_SURE = 61
_DAYS = 2_958_465
"""31 December 9999."""


def plain_time(text: str) -> str:
    """A time or moment for comparing: half-width, in capitals, single spaces."""
    joined = re.sub(r"\s+(?=[年月日時分秒])|(?<=[年月時分])\s+(?=\d)", "", to_half_width(text).strip().upper())
    return re.sub(r"\s+", " ", joined)


def read_time(text: str) -> tuple[int, int, int] | None:
    """Hour (up to 99, as in 25:30), minute and second, if `text` has the shape of a time."""
    plain = plain_time(text)
    if plain == "正午":
        return 12, 0, 0
    match = re.fullmatch(r"([0-9]{2})([0-9]{2})", plain)
    if match is not None:
        return int(match[1]), int(match[2]), 0
    match = _TIME.fullmatch(plain)
    if match is None:
        return None
    hour = int(match["hour"])
    minute = 30 if match["past"] else int(match["minute"] or match["minutes"] or 0)
    half = match["half"] or match["after"]
    if half in ("AM", "PM"):
        hour = hour % 12 + (12 if half == "PM" else 0) if 1 <= hour <= 12 else 99
    elif half is not None:  # 午後12時 is midnight by law and noon to many
        hour = hour + (12 if half == "午後" else 0) if hour < 12 else 99
    return hour, minute, int(match["second"] or match["seconds"] or 0)


def parse_time(text: str) -> str | None:
    """A time of day → "HH:MM:SS": "9:00", "９時３０分", "午後3時", "3:05 PM", "正午", "0930"; else None."""
    clock = read_time(text)
    if clock is None or clock[0] > 23 or max(clock[1:]) > 59:
        return None
    return "{:02}:{:02}:{:02}".format(*clock)


def parse_day(text: str, order: Order = "ymd") -> str | None:
    """A day as `dates.parse_date` reads it, or "Mar 5, 2024"; with an order also "3/5/2024" or "5.3.2024"."""
    day = parse_date(text)
    if day is not None:
        return day
    plain = plain_time(text)
    match = _WORDS.fullmatch(plain)
    if match is not None:
        name = match[1] or match[4]
        month = _MONTHS.index(name) + 1 if name in _MONTHS else 0
        return _iso(int(match[5]), month, int(match[2] or match[3]), match["rest"])
    match = _LAST.fullmatch(plain) if order != "ymd" else None
    if match is None:
        return None
    month_text, day_text = (match[1], match[3]) if order == "mdy" else (match[3], match[1])
    return _iso(int(match[4]), int(month_text), int(day_text), match["rest"])


def _iso(year: int, month: int, day: int, rest: str) -> str | None:
    if rest.strip() not in ("", "0:00", "00:00", "0:00:00", "00:00:00"):
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def split_moment(text: str) -> tuple[str, str, str] | None:
    """Day, time and zone of a moment, as they are written."""
    match = _MOMENT.fullmatch(plain_time(text))
    return (match["day"], match["time"], match["zone"] or "") if match else None


def parse_moment(text: str, order: Order = "ymd") -> str | None:
    """A day with a time → ISO text: "2023/2/10 9:00" → "2023-02-10T09:00:00"; else None.

    24:00 is the next day's midnight.  A zone stays: "2023-02-10T09:00:00+09:00".
    """
    parts = split_moment(text)
    if parts is None:
        return None
    day, clock = parse_day(parts[0], order), read_time(parts[1])
    if day is None or clock is None:
        return None
    zone = parts[2] if parts[2] in ("", "Z") else f"{parts[2][:3]}:{parts[2][-2:]}"
    if clock == (24, 0, 0):
        try:
            return f"{date.fromisoformat(day) + timedelta(1)}T00:00:00{zone}"
        except OverflowError:
            return None
    made = parse_time(parts[1])
    return f"{day}T{made}{zone}" if made else None


_INSTANT = late_compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_SINCE = datetime(1970, 1, 1, tzinfo=UTC)


def to_instant(text: str) -> Decimal | None:
    """The microseconds since 1970 of an ISO moment with an offset from UTC; else None."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return Decimal((datetime.fromisoformat(text) - _SINCE) // timedelta(microseconds=1))
    except ValueError:
        return None


# ---- serial numbers ---------------------------------------------------------------------------------------------


def from_serial(text: str, epoch: int) -> datetime | None:
    """The moment, to the second, of a serial number of Excel: "45000" → 2023-03-15; else None."""
    plain = to_half_width(text).strip()
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]+)?", plain):
        return None
    days = float(plain)
    if not (_FIRST_SURE if epoch == 1900 else 0) <= days <= _DAYS:
        return None
    try:
        return datetime.combine(EPOCHS[epoch], datetime.min.time()) + timedelta(seconds=round(days * 86_400))
    except OverflowError:
        return None


def time_from_serial(text: str) -> str | None:
    """The time of day of a fraction of a day: "0.375" → "09:00:00"; else None."""
    plain = to_half_width(text).strip()
    if not re.fullmatch(r"0?\.[0-9]+|0", plain):
        return None
    seconds = round(float(plain) * 86_400)
    return None if seconds >= 86_400 else (datetime.min + timedelta(seconds=seconds)).strftime("%H:%M:%S")


# ---- faults -----------------------------------------------------------------------------------------------------

Fault = tuple[str, dict[str, str]]
"""The code of a finding and its args."""

_DAY = late_compile(
    rf"(?P<years>{dates.YEARS})(?:年?\)?\s*年?\s*(?P<month>\d{{1,2}})月\s*(?P<day>\d{{1,2}})日"
    r"|\s*(?P<mark>[-/.])\s*(?P<month2>\d{1,2})\s*(?P=mark)\s*(?P<day2>\d{1,2})).*",
    re.ASCII,
)
_ERA = late_compile(rf"(?<![A-Z])(?P<era>{dates.ERA})\s*(?P<n>元|\d{{1,2}})", re.ASCII)
_NAMES = {key: name for name, letter, _ in ERAS for key in (name, name[0], letter)}
_PLAIN: Fault = ("not-a-date", {})


def explain_day(text: str, to: str = "date") -> Fault:
    """The fault of a value that is no day (or month, year, fiscal year: `to`)."""
    plain = dates.simplify(text)
    digits = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", plain, re.ASCII)
    if digits is not None:
        return _explain_numbers(int(digits[1]), int(digits[2]), int(digits[3]))
    match = _DAY.fullmatch(plain)
    if match is None and to in ("date", "datetime"):
        return _explain_other(text, plain)
    if match is None:
        return _explain_era(plain, None) or (_explain_month(plain) if to == "month" else _PLAIN)
    month, day = int(match["month"] or match["month2"]), int(match["day"] or match["day2"])
    era = _explain_era(match["years"], (month, day))
    if era is not None:
        return era
    year = dates.agreed_year(match["years"])
    fault = _explain_numbers(year, month, day) if year else _PLAIN
    return _explain_other(text, plain) if fault == _PLAIN else fault


def _explain_month(plain: str) -> Fault:
    match = re.fullmatch(rf"(?P<years>{dates.YEARS})\s*(?:年度?)?\s*[-/.]?\s*(?P<month>\d{{1,2}})月?", plain, re.ASCII)
    if match is None:
        return _PLAIN
    if not 1 <= int(match["month"]) <= 12:
        return "no-such-date", {}
    _, args = _explain_era(match["years"], (int(match["month"]), 1)) or _PLAIN
    return ("outside-era", {**args, "likely": args["likely"].partition("月")[0] + "月"}) if args else _PLAIN


def _explain_numbers(year: int, month: int, day: int) -> Fault:
    there = 1 <= month <= 12 and 1 <= year <= 9999 and 1 <= day <= monthrange(year, month)[1]
    return _PLAIN if there else ("no-such-date", {})


def _explain_era(years: str, day_of: tuple[int, int] | None) -> Fault | None:
    """The fault of a year, or of a month and day in it, that its era doesn't have; or of two years that differ."""
    for found in _ERA.finditer(years):
        at = next(n for n, (name, _, _) in enumerate(ERAS) if name == _NAMES[found["era"]])
        name, _, first = ERAS[at]
        last = ERAS[at + 1][2] - timedelta(1) if at + 1 < len(ERAS) else date.max
        number = 1 if found["n"] == "元" else int(found["n"])
        if number == 0:
            return "no-such-date", {}
        year = first.year + number - 1
        day = _make_day(year, *day_of) if day_of else None
        if day is not None and first <= day < GREGORIAN:
            return "old-calendar", {}
        if not (first <= day <= last if day else year <= last.year):
            likely = _to_wareki(day) if day else _to_wareki(date(year, 12, 31)).partition("年")[0] + "年"
            span = {"span_ja": f"{first} から {last} まで", "span_en": f"lasted from {first} to {last}"}
            if last == date.max:
                span = {"span_ja": f"{first} から", "span_en": f"began on {first}"}
            return "outside-era", {"era": name, **span, "likely": likely}
    if len(dates.list_years(years)) > 1 and dates.agreed_year(years) is None:
        return "years-differ", {}
    return None


def _make_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _to_wareki(day: date) -> str:
    """A day in the era that it lies in: 2020-04-01 → 令和2年4月1日."""
    name, _, first = next((era for era in reversed(ERAS) if era[2] <= day), ERAS[0])
    year = day.year - first.year + 1
    return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def _explain_other(text: str, plain: str) -> Fault:
    """The fault of what isn't written year first, or isn't a day alone."""
    moment = split_moment(text)
    if moment is not None and parse_day(moment[0]) is not None:
        return ("date-with-time", {}) if parse_time(moment[1]) else ("no-such-time", {})
    parsers = (dates.parse_month, dates.parse_year, dates.parse_fiscal_year)
    if any(parse(text) is not None for parse in parsers):
        return "not-a-day", {}
    orders: tuple[Order, ...] = ("mdy", "dmy")
    known = [order for order in orders if parse_day(text, order) or parse_moment(text, order)]
    if known:
        return "date-order", {"orders": ", ".join(known)}
    serial = from_serial(text, 1900)
    if serial is not None and date(1950, 1, 1) <= serial.date() <= date(2100, 1, 1):
        return "date-serial", {"day": str(serial.date())}
    begins = re.match(dates.YEARS, plain, re.ASCII) is not None
    return (_explain_era(plain, None) if begins else None) or _explain_shape(plain)


_SHAPES = (
    ("date-range", late_compile(r"(?=.*\d[年月/.]\s*\d)(?:.*\d\D{0,4}(?:~|から|まで).*)", re.ASCII)),
    ("date-without-year", late_compile(r"\d{1,2}(?:月\s*\d{1,2}日|/\d{1,2})(?:\(.\))?", re.ASCII)),
    ("date-short-year", late_compile(r"'?\d{2}([-/.])\d{1,2}\1\d{1,2}", re.ASCII)),
)


def _explain_shape(plain: str) -> Fault:
    """The fault of what looks like a period, or a day without its whole year."""
    return next(((code, {}) for code, shape in _SHAPES if shape.fullmatch(plain)), _PLAIN)


def explain_moment(text: str) -> Fault:
    """The fault of a value that is no day with a time."""
    parts = split_moment(text)
    if parts is not None:
        if read_time(parts[1]) is not None and parse_time(parts[1]) is None:
            return "no-such-time", {}
        fault = explain_day(parts[0], "datetime")
        return fault if fault[0] != "not-a-day" else _PLAIN
    return ("date-without-time", {}) if parse_day(text) else explain_day(text, "datetime")


def explain_time(text: str) -> Fault:
    """The fault of a value that is no time of day."""
    return ("no-such-time" if read_time(text) is not None else "not-a-time"), {}
