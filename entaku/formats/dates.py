"""Dates as Japanese offices write them: Western, 和暦, fiscal years.  Each parser returns a canonical form or None.

Eras begin on the day their edict took effect: 大正 1912-07-30 and 昭和 1926-12-25 (改元ノ詔書 of those days), 平成 1989-01-08
(昭和64年政令第1号), 令和 2019-05-01 (平成31年政令第143号).  明治 was proclaimed on 1868-10-23 for the whole year, which began on
1868-01-25.  Japan counts days by the Gregorian calendar from 明治6年1月1日 (明治5年太政官布告第337号); days of 明治1–5 belong to a lunar
calendar and are not converted.
"""

import re
from datetime import date
from itertools import pairwise

from entaku.formats.heavy import late_compile
from entaku.formats.text import to_half_width

ERAS: tuple[tuple[str, str, date], ...] = (
    ("明治", "M", date(1868, 1, 25)),
    ("大正", "T", date(1912, 7, 30)),
    ("昭和", "S", date(1926, 12, 25)),
    ("平成", "H", date(1989, 1, 8)),
    ("令和", "R", date(2019, 5, 1)),
)
"""Name, letter and first day of each era since 1868."""

GREGORIAN = date(1873, 1, 1)

_FIRST = {era: start for name, letter, start in ERAS for era in (name, name[0], letter)}
_NEXT = {
    era: after for (name, letter, _), (_, _, after) in pairwise(ERAS) for era in (name, name[0], letter)
}  # the first day that is no longer of the era

ERA = "明治|大正|昭和|平成|令和|[明大昭平令MTSHR]"
_YEAR = rf"(?:西暦)?\d{{4}}|(?:{ERA})\s*(?:元|\d{{1,2}})"
YEARS = rf"(?:{_YEAR})(?:\s*年?(?:度?)\s*[(・/]?\s*(?:{_YEAR}))*"
_ONE_YEAR = late_compile(rf"(?:西暦)?(?P<west>\d{{4}})|(?P<era>{ERA})\s*(?P<n>元|\d{{1,2}})", re.ASCII)
_WEEKDAY = r"(?:\s*\(?[日月火水木金土](?:曜日?)?(?:[・,]?祝日?)?\)?)?"
_MIDNIGHT = r"(?:(?:[T\s]+|(?<=日))0{1,2}:00(?::00)?)?"
_DATE = late_compile(
    rf"(?P<years>{YEARS})(?:年?\)?\s*年?\s*(?P<month>\d{{1,2}})月\s*(?P<day>\d{{1,2}})日"
    rf"|\s*(?P<mark>[-/.])\s*(?P<month2>\d{{1,2}})\s*(?P=mark)\s*(?P<day2>\d{{1,2}})){_WEEKDAY}{_MIDNIGHT}",
    re.ASCII,
)
_MONTH = late_compile(
    rf"(?P<years>{YEARS})(?:年?\)?\s*年?\s*(?P<month>\d{{1,2}})月(?:分|度)?|\s*[-/.]\s*(?P<month2>\d{{1,2}}))",
    re.ASCII,
)
_IN_FISCAL = late_compile(
    rf"(?P<years>{YEARS})\)?\s*年度\)?\s*(?P<month>\d{{1,2}})月(?:分|度|(?P<day>\d{{1,2}})日{_WEEKDAY}{_MIDNIGHT})?",
    re.ASCII,
)
_ONLY_YEAR = late_compile(rf"(?P<years>{YEARS})\s*年?\)?\s*年?", re.ASCII)
_FISCAL = late_compile(rf"(?:FY)?\s*(?P<years>{YEARS})\s*(?P<what>年度|年)?\)?\s*(?P<what2>年度)?", re.ASCII)


def parse_date(text: str) -> str | None:
    """Parse a day to ISO text: "2023/2/10", "令和5年2月10日(金)", "R5.2.10", "㍻30年8月1日", "20230210" → "2023-02-10".

    January to March of a fiscal year are those of the next year: "平成30年度2月1日" → "2019-02-01".  Return None for a day
    outside its era (平成31年5月1日, 平成99年…).  A weekday is allowed and not compared; a time of day is allowed only if
    it is midnight, as Excel writes days.
    """
    plain = simplify(text)
    if re.fullmatch("[0-9]{8}", plain):
        return _iso(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
    match = _DATE.fullmatch(plain)
    if match is None:
        match = _IN_FISCAL.fullmatch(plain)
        year = _calendar_year(match) if match else None
        return _iso(year, int(match["month"]), int(match["day"])) if match and match["day"] and year else None
    month, day = int(match["month"] or match["month2"]), int(match["day"] or match["day2"])
    return _iso_of(match["years"], month, day)


def parse_month(text: str) -> str | None:
    """Parse a month, or the month of a day, to "YYYY-MM": "2023年2月", "令和元年5月", "R5.2", "2023-02", "平成30年度4月"."""
    plain = simplify(text)
    fiscal = _IN_FISCAL.fullmatch(plain)
    if fiscal is not None and not fiscal["day"]:
        of = _calendar_year(fiscal)
        start = _iso(of, int(fiscal["month"]), 1) if of else None
        return start[:7] if start else None
    match = re.fullmatch("([0-9]{4})([0-9]{2})", plain) or _MONTH.fullmatch(plain)
    if match is None:
        day = parse_date(text)
        return day[:7] if day else None
    if match.re.groups == 2:
        year, month = match[1], int(match[2])
    else:
        year, month = match["years"], int(match["month"] or match["month2"])
    days = (_iso_of(year, month, day) for day in (1, 15, 28))  # an era may begin within the month
    return next((day[:7] for day in days if day), None)


def parse_year(text: str) -> int | None:
    """Parse a calendar year, or the year of a day: "R6", "令和6年", "2024年（令和6年）" → 2024; "H31R1" → 2019.

    Return None for years that contradict each other, a year that its era never had (平成99年) and fiscal years.
    """
    plain = simplify(text)
    match = _ONLY_YEAR.fullmatch(plain)
    if match is not None and "度" not in plain:
        return agreed_year(match["years"])
    day = parse_date(text)
    return int(day[:4]) if day else None


def parse_fiscal_year(text: str) -> int | None:
    """Parse a fiscal year (April to March) to the year it begins in: "2024年度", "R6年度", "R6" → 2024; "平成31年度" → 2019.

    A day gives the fiscal year that contains it.  Return None for a calendar year ("2024年").
    """
    plain = simplify(text)
    match = _FISCAL.fullmatch(plain)
    if match is not None:
        calendar = match["what"] == "年" and not match["what2"] and "年度" not in plain
        return None if calendar else agreed_year(match["years"])
    day = parse_date(text)
    return int(day[:4]) - (day[5:] < "04-01") if day else None


# ---- parts ------------------------------------------------------------------------------------------------------


def simplify(text: str) -> str:
    """A date for comparing: half-width, in capitals, without spaces around 年, 月 and 日."""
    return re.sub(r"\s+(?=[年月日])|(?<=[年月])\s+(?=\d)", "", to_half_width(text).strip().upper())


def _calendar_year(match: re.Match[str]) -> int | None:
    """The calendar year of a month of a fiscal year."""
    year = agreed_year(match["years"])
    return year + (int(match["month"]) < 4) if year else None


def list_years(text: str) -> list[tuple[int, str]]:
    """The years written in `text`, each with its era ("" for Western ones); an impossible one is 0."""
    found = []
    for match in _ONE_YEAR.finditer(text):
        if match["west"]:
            found.append((int(match["west"]), ""))
            continue
        era, number = match["era"], 1 if match["n"] == "元" else int(match["n"])
        year = _FIRST[era].year + number - 1
        over = era in _NEXT and year > _NEXT[era].year
        found.append((0 if over or number == 0 else year, era))
    return found


def agreed_year(text: str) -> int | None:
    """The one year that all years written in `text` are; else None."""
    years = {year for year, _ in list_years(text)}
    return years.pop() if len(years) == 1 and 0 not in years else None


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _iso_of(years: str, month: int, day: int) -> str | None:
    """The ISO text of a day of the year(s) in `years`, if they agree and the day lies in each era named."""
    year = agreed_year(years)
    iso = _iso(year, month, day) if year else None
    for _, era in list_years(years) if iso else ():
        if era and not _lies_in(date.fromisoformat(iso or ""), era):
            return None
    return iso


def _lies_in(day: date, era: str) -> bool:
    return max(_FIRST[era], GREGORIAN) <= day and (era not in _NEXT or day < _NEXT[era])


def is_day(text: str) -> bool:
    """Test whether a text such as 2026-11-23 is a day of the calendar."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
