"""A cell whose file has both its value and the text that it shows (.ods) → the text that is published, and what to tell."""

import re
from decimal import Decimal
from fractions import Fraction

from entaku.table.number_show import round_half_up, to_number
from entaku.table.seen import DROPPED, MINUS, ROUNDED, Seen, Told, is_blank, tell_words

_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
_POWER = re.compile(r"(\d+(?:\.\d+)?)E([+-]?\d+)", re.IGNORECASE)
_FRACTION = re.compile(r"-?(?:(\d+)\s+)?(\d+)/(\d+)")
_CLOCK = re.compile(r"\d\s*[:：時]")
_ONLY_CLOCK = re.compile(r"(?:[AP]M|午前|午後)?\s*\d+\s*[:：時]", re.IGNORECASE)
_SPAN = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")


def see_shown(value: float, shown: str, cells: str | None) -> Seen:
    """A number of which a cell shows this."""
    number = to_number(value)
    if cells:
        return Seen(shown if cells == "shown" else number)
    if is_blank(shown) and not shown.strip("-.") and (value == 0 or not shown):
        return Seen("0", (("shown-zero", "notice"),)) if value == 0 else Seen("", (("shown-nothing", "warning"),))
    if "%" in shown or "％" in shown:
        return Seen(number, (("shown-percent", "warning"),))
    if power := _POWER.search(shown):
        same = float(f"{power[1]}e{power[2]}") == abs(float(number))
        return Seen(number, () if same else (ROUNDED,))
    if part := _FRACTION.fullmatch(shown):
        exact = int(part[1] or 0) + Fraction(int(part[2]), int(part[3]) or 1)
        return Seen(number, () if float(exact) == abs(value) else (ROUNDED,))
    return _see_digits(value, number, shown)


def _see_digits(value: float, number: str, shown: str) -> Seen:
    found = list(_DIGITS.finditer(shown))
    if len(found) != 1:
        return Seen(shown)  # a code such as 100-0001, or words
    digits = found[0][0].replace(",", "")
    around = shown[: found[0].start()] + shown[found[0].end() :]
    said, exact = Decimal(digits), abs(Decimal(number))
    told: Told = tell_words(around)
    if value < 0 and not MINUS.search(around):
        told = (("shown-sign", "warning"),)
    if said == exact:
        padded = len(digits) > 1 and digits[0] == "0" and digits[1] != "."
        return Seen(("-" if value < 0 else "") + digits if padded else number, told)
    places = len(digits.partition(".")[2])
    if round_half_up(exact, places) == said:
        return Seen(number, (ROUNDED, *told))
    if any(round_half_up(exact / 1000**n, places) == said for n in range(1, 6)):
        return Seen(number, (("shown-scaled", "error"),))
    return Seen(number, (("shown-words", "warning"),))


def see_date(value: str, shown: str, cells: str | None) -> Seen:
    """A day, or a day and time, of which a cell shows this."""
    day, _, clock = value.partition("T")
    clock = clock[:8] or "00:00:00"
    if cells == "shown":
        return Seen(shown)
    if cells == "stored":
        return Seen(f"{day}T{clock}" if clock != "00:00:00" else day)
    if not re.search(r"\d", shown):
        return Seen(shown or day)  # 月, 月曜日
    if _ONLY_CLOCK.match(shown):
        return Seen(clock, (DROPPED,))
    if _CLOCK.search(shown):
        return Seen(f"{day}T{clock}")
    told: Told = (DROPPED,) if clock != "00:00:00" else ()
    parts = len(re.findall(r"\d+|元|[A-Za-z]{3,}", shown))
    return Seen(day, told + ((("shown-part", "notice"),) if parts < 3 and len(shown) < 8 else ()))


def see_time(value: str, shown: str, cells: str | None) -> Seen:
    """A span of time, such as PT10H30M, of which a cell shows this."""
    match = _SPAN.fullmatch(value)
    if match is None or cells == "shown":
        return Seen(shown)
    seconds = round(float(match[5] or 0)) + 60 * int(match[4] or 0) + 3600 * int(match[3] or 0)
    hours, rest = divmod(seconds + 86400 * int(match[2] or 0), 3600)
    clock = f"{rest // 60:02}:{rest % 60:02}"
    said = re.match(r"\d+", shown)
    if hours >= 24 and cells is None and said and int(said[0]) != hours:
        return Seen(f"{hours % 24:02}:{clock}", (DROPPED,))
    return Seen(f"{match[1]}{hours:02}:{clock}")
