"""What a cell shows: numbers, dates and times as text by the sections of `number_format`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cached_property

from entaku.formats.dates import ERAS
from entaku.table.number_format import DATES, Digits, FormatSection, FormatToken, NumberFormat

DAY = 86400
_WIDE = Context(prec=700, rounding=ROUND_HALF_UP)
"""For numbers of any size."""
LEAP_DAY_1900 = 60
"""29 February of 1900, which Excel alone knows."""
_FIRST = date(1899, 12, 31)
"""Day 0."""
_FIRST_1904 = date(1904, 1, 1)
LAST_DAY = 2958465
"""9999-12-31."""


def to_number(value: float) -> str:
    """A number with the 15 significant digits that Excel has: 0.30000000000000004 → "0.3", never with an exponent."""
    text = f"{value + 0.0:.15g}"  # -0.0 is 0
    return format(Decimal(text), "f") if "e" in text or "n" in text else text


# ---- numbers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownNumber:
    """A number as it is shown: the digits and what stands around them."""

    before: str
    core: str
    after: str
    exact: bool
    """Whether nothing was rounded away."""

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.before}{self.core}{self.after}".strip()


def show_number(digits: Digits, value: float, unsigned: bool) -> ShownNumber:
    """A number by a section of digits; `unsigned` leaves its sign to the section's text."""
    exact = Decimal(f"{abs(value):.15g}")
    scaled = exact * 100**digits.percents / 1000**digits.thousands
    sign = "-" if value < 0 and not unsigned else ""
    if any(token.kind == "exponent" for token in digits.core):
        core, same = _show_power(digits, scaled)
    elif any(token.kind == "/" for token in digits.core):
        core, same = _show_fraction(digits, scaled)
    else:
        rounded = round_half_up(scaled, digits.places)
        core, same = _show_plain(digits, rounded), rounded == scaled
    return ShownNumber(sign + digits.before, core, digits.after, same)


def round_half_up(number: Decimal, places: int) -> Decimal:
    """A number with so many decimals, rounded as Excel rounds."""
    return number.quantize(Decimal(1).scaleb(-places), context=_WIDE)


def _show_plain(digits: Digits, number: Decimal) -> str:
    whole, _, decimals = format(number, "f").partition(".")
    shown = _fill_whole(digits, whole.lstrip("0"))
    if not any(token.kind == "." for token in digits.core):
        return shown
    places = [token for token in digits.decimals if token.kind == "digit"]
    kept = len(decimals.rstrip("0"))
    texts = iter(
        digit if n < kept else _FILL[token.text] for n, (token, digit) in enumerate(zip(places, decimals, strict=False))
    )
    tail = "".join(next(texts, "") if token.kind == "digit" else token.text for token in digits.decimals)
    return f"{shown}.{tail}"


def _fill_whole(digits: Digits, number: str) -> str:
    """The digits of a whole number in their places, from right to left; the leftmost place takes all that are left."""
    left, shown, count = list(number), "", 0
    slots = sum(token.kind == "digit" for token in digits.whole)
    for token in reversed(digits.whole):
        if token.kind != "digit":
            shown = token.text + shown
            continue
        slots -= 1
        for _ in range(1 if slots else max(1, len(left))):
            digit = left.pop() if left else _FILL[token.text]
            if digits.grouped and digit.isdigit() and count and count % 3 == 0:
                shown = "," + shown
            shown, count = digit + shown, count + digit.isdigit()
    return shown


_FILL = {"0": "0", "?": " ", "#": ""}
"""What a place shows that no digit is left for."""


def _show_power(digits: Digits, number: Decimal) -> tuple[str, bool]:
    """A power of ten, with one digit before the point for each place there."""
    places = sum(token.kind == "digit" for token in digits.decimals[: _find(digits.decimals, "exponent")])
    mark = next(token for token in digits.core if token.kind == "exponent")
    step = max(1, sum(token.kind == "digit" for token in digits.whole[: _find(digits.whole, "exponent")]))
    power = number.adjusted() // step * step if number else 0
    mantissa = number.scaleb(-power)
    rounded = round_half_up(mantissa, places)
    sign = "-" if power < 0 else "+" if mark.text.endswith("+") else ""
    return f"{rounded:f}{mark.text[0]}{sign}{abs(power):02}", rounded == mantissa


def _find(tokens: Sequence[FormatToken], kind: str) -> int:
    return next((n for n, token in enumerate(tokens) if token.kind == kind), len(tokens))


def _show_fraction(digits: Digits, number: Decimal) -> tuple[str, bool]:
    line = _find(digits.core, "/")
    below = "".join(token.text for token in digits.core[line + 1 :])
    fixed = int(below) if below.isdigit() and below.strip("0") else 0
    mixed = any(
        token.kind == "text" and any(one.kind == "digit" for one in digits.core[n:line])
        for n, token in enumerate(digits.core[:line])
    )
    whole = int(number) if mixed else 0
    rest = Fraction(number) - whole
    if fixed:
        top, bottom = round(rest * fixed), fixed
    else:
        part = rest.limit_denominator(10 ** max(1, len(below.strip())) - 1)
        top, bottom = part.numerator, part.denominator
    text = f"{whole} {top}/{bottom}" if whole and top else str(whole) if mixed and not top else f"{top}/{bottom}"
    return text, float(whole + Fraction(top, bottom)) == float(number)


# ---- dates and times --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moment:
    """A serial number as a day and a time of day, to the millisecond."""

    day: int
    milliseconds: int
    since_1904: bool = False

    @cached_property
    def date(self) -> date | None:
        """The day; None for day 0 and for 29 February of 1900, which Excel alone knows."""
        if self.since_1904:
            return _FIRST_1904 + timedelta(days=self.day)
        if self.day in (0, LEAP_DAY_1900):
            return None
        return _FIRST + timedelta(days=self.day - (self.day > LEAP_DAY_1900))

    @property
    def iso_date(self) -> str:
        """The day as ISO 8601, or as Excel shows it."""
        if self.date is None:
            return "1900-01-00" if self.day == 0 else "1900-02-29"
        return self.date.isoformat()

    def iso_time(self, fraction: bool = False) -> str:
        """The time of day as ISO 8601, with milliseconds if there are any and `fraction`."""
        seconds, rest = divmod(self.milliseconds, 1000)
        text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        return f"{text}.{rest:03}".rstrip("0") if fraction and rest else text


def to_moment(section: FormatSection, value: float, since_1904: bool) -> Moment | None:
    """A serial number, rounded to what a section of dates can show; None where Excel shows ####."""
    if not 0 <= value < LAST_DAY + 1:
        return None
    kinds = {token.kind for token in section.tokens}
    value, unit = float(f"{value:.15g}"), 1 if "fraction" in kinds else 1000
    day, rest = int(value), round((value - int(value)) * DAY * 1000 / unit) * unit
    if rest == DAY * 1000 and kinds & _TIMES:
        day, rest = day + 1, 0
    return Moment(day, min(rest, DAY * 1000 - 1), since_1904) if day <= LAST_DAY - 1462 * since_1904 else None


def show_moment(section: FormatSection, moment: Moment) -> str:
    """A date or time as it is shown by a section of dates."""
    twelve = any(token.kind == "noon" for token in section.tokens)
    return "".join(_show_part(token, moment, twelve) for token in section.tokens).strip()


_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def _show_part(token: FormatToken, moment: Moment, twelve: bool) -> str:
    if token.kind in DATES or token.kind == "fraction":
        return _show_time(token, moment, twelve) if token.kind in _TIMES else _show_day(token, moment)
    return token.text


_TIMES = {"h", "minute", "s", "noon", "elapsed", "fraction"}


def _show_time(token: FormatToken, moment: Moment, twelve: bool) -> str:
    seconds = moment.milliseconds // 1000
    if token.kind == "fraction":
        return "." + f"{moment.milliseconds % 1000:03}"[: len(token.text) - 1]
    if token.kind == "noon":
        words = token.text.split("/") if "/" in token.text else ["AM", "PM"]
        return words[seconds >= DAY // 2]
    total = seconds + (moment.day * DAY if token.kind == "elapsed" else 0)
    unit = token.text[0] if token.kind == "elapsed" else token.kind[0]
    number = total // {"h": 3600, "m": 60, "s": 1}[unit]
    if token.kind != "elapsed":
        number %= 24 if unit == "h" else 60
        number = (number + 11) % 12 + 1 if unit == "h" and twelve else number
    return f"{number:0{min(len(token.text), 2)}}"


def _show_day(token: FormatToken, moment: Moment) -> str:
    on = moment.date or date(1900, 2 if moment.day else 1, 28 if moment.day else 1)
    day = on.day if moment.date else (29 if moment.day else 0)
    size = len(token.text)
    name, letter, year = find_era(on)
    if token.kind in ("d", "a") and size > 2:
        if token.kind == "a":
            return "月火水木金土日"[on.weekday()] + ("曜日" if size > 3 else "")
        return _DAYS[on.weekday()][: None if size > 3 else 3]
    if token.kind == "month" and size > 2:
        month = _MONTHS[on.month - 1]
        return month[:1] if size == 5 else month if size == 4 else month[:3]
    if token.kind == "g":
        return {1: letter, 2: name[:1]}.get(size, name)
    if token.kind == "y":
        return f"{on.year:04}" if size > 2 else f"{on.year % 100:02}"
    if token.kind == "b":
        return str(on.year + 543)
    return f"{ {'e': year, 'month': on.month, 'd': day}[token.kind]:0{min(size, 2)}}"


def find_era(on: date) -> tuple[str, str, int]:
    """Name and letter of a day's era, and the year in it."""
    name, letter, start = next((era for era in reversed(ERAS) if era[2] <= on), ERAS[0])
    return name, letter, on.year - start.year + 1


def show_general(section: FormatSection, value: float, unsigned: bool) -> str:
    """A number as "General" shows it, with the section's text around it."""
    number = to_number(abs(value) if unsigned else value)
    return "".join(number if token.kind in ("general", "@") else token.text for token in section.tokens).strip()


def show_text(section: FormatSection, words: str) -> str:
    """A text by a section with "@", or one that shows something else."""
    return "".join(words if token.kind == "@" else token.text for token in section.tokens)


def show(form: NumberFormat, value: float, since_1904: bool) -> str:
    """What a cell with a number shows."""
    section, unsigned = form.choose(value)
    if section is None:
        return to_number(value)
    if section.kind == "date":
        moment = to_moment(section, value, since_1904)
        return "####" if moment is None else show_moment(section, moment)
    if section.kind == "number":
        return show_number(section.digits, value, unsigned).text
    return show_general(section, value, unsigned) if section.kind in ("general", "text") else section.words.strip()
