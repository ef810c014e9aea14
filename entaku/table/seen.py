"""A cell of a workbook → the text that is published, and what is to be told where the cell shows something else.

A number is published with Excel's 15 digits, a code with the zeros that its cell shows, a date as ISO 8601.
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from entaku.model.nouns import Severity
from entaku.table.number_format import FormatSection, NumberFormat, parse_format
from entaku.table.number_show import (
    Moment,
    show,
    show_general,
    show_moment,
    show_number,
    show_text,
    to_moment,
    to_number,
)

Told = tuple[tuple[str, Severity], ...]
GENERAL = parse_format("General")

MINUS = re.compile("[-−－‐△▲▽▼(（]")
_BLANK = re.compile("[-−－‐–—―ー.\\s]*")
"""What a 0 may be shown as."""
_SCALE = re.compile("[十百千万億兆]|^[KM]$")
_SIGNS = re.compile("[-−－‐+△▲▽▼()（）.,'\\s]+")


class Seen(NamedTuple):
    """What is published of a cell, and the codes of what is to be told of it."""

    text: str
    told: Told = ()


@dataclass(frozen=True)
class Eyes:
    """How the cells of a workbook are seen."""

    formats: tuple[NumberFormat, ...] = (GENERAL,)
    """By their number; 0 is General."""
    since_1904: bool = False
    cells: str | None = None
    """`read.cells`: "shown" or "stored"."""

    def see_number(self, form: NumberFormat, value: float) -> Seen:
        """What is published of a number."""
        number = to_number(value)
        rule = find_rules(form, self.cells)[(value >= 0) + (value > 0)]
        if rule is not None and rule.kind == "number" and abs(value) < 1e15:
            return Seen(number, (ROUNDED, *rule.told) if count_decimals(number) > rule.places else rule.told)
        if not math.isfinite(value):
            return Seen(number)
        section, unsigned = form.choose(value)
        lost = abs(value) >= 1e15 and value.is_integer() and float(number) != value
        told: Told = (("digits-lost", "warning"),) if lost else ()
        if section is not None and section.kind == "date":
            return self._see_date(section, value)
        if self.cells == "shown":
            return Seen(show(form, value, self.since_1904), told)
        if self.cells == "stored" or section is None:
            return Seen(number, told)
        if section.kind == "number":
            seen = _see_digits(section, value, unsigned)
        elif section.kind == "words":
            seen = _see_words(section, value)
        else:
            text = show_general(section, value, unsigned)
            seen = Seen(number, _tell_words(section, section.words) or _tell_sign(section, value, unsigned, text))
        return Seen(seen.text, seen.told + told)

    def _see_date(self, section: FormatSection, value: float) -> Seen:
        moment = to_moment(section, value, self.since_1904)
        if moment is None:
            return Seen(to_number(value), (("shown-hashes", "error"),))
        if self.cells == "shown":
            return Seen(show_moment(section, moment))
        if self.cells == "stored":
            whole = to_moment(parse_format("h:mm:ss.000").sections[0], value, self.since_1904) or moment
            return Seen(_store(section, whole))
        return _see_moment(section, moment)


ROUNDED: tuple[str, Severity] = ("shown-rounded", "notice")
DROPPED: tuple[str, Severity] = ("part-dropped", "warning")


def count_decimals(number: str) -> int:
    """How many digits a number has behind its point."""
    return len(number) - 1 - number.find(".") if "." in number else 0


def _see_digits(section: FormatSection, value: float, unsigned: bool, exact: bool = False) -> Seen:
    """A number by a section of digits; `exact`: it stands for others, and its own decimals don't matter."""
    digits, number = section.digits, to_number(value)
    shown = show_number(digits, value, unsigned)
    around = digits.before + digits.after
    if digits.percents:
        return Seen(number, (("shown-percent", "warning"),))
    if digits.thousands:
        return Seen(number, (("shown-scaled", "error"),) if value else ())
    if digits.is_code and shown.exact:
        if digits.has_words:
            return Seen(shown.text)
        number = ("-" if value < 0 else "") + shown.core.replace(",", "").strip()
    told = _tell_words(section, around) or _tell_sign(section, value, unsigned, around)
    if not told and value == 0 and not re.search("[0-9]", shown.core):
        told = (("shown-zero", "notice"),)
    return Seen(number, told if shown.exact or exact else (ROUNDED, *told))


def tell_words(words: str) -> Told:
    """Whether text around the digits says more than a sign; a unit such as 万 changes the number's size."""
    plain = _SIGNS.sub("", words)
    return (("shown-words", "warning" if _SCALE.search(plain) else "notice"),) if plain else ()


def _tell_words(section: FormatSection, words: str) -> Told:
    return tell_words(words) or ((("shown-words", "notice"),) if section.native else ())


def is_blank(words: str) -> bool:
    """Whether a 0 may be shown so."""
    return _BLANK.fullmatch(words) is not None


def _tell_sign(section: FormatSection, value: float, unsigned: bool, around: str) -> Told:
    marked = MINUS.search(around) is not None
    if value < 0 and unsigned and not marked:
        return (("shown-sign", "notice" if section.red else "warning"),)
    return (("shown-sign", "warning"),) if value > 0 and marked else ()


def _see_words(section: FormatSection, value: float) -> Seen:
    """A number of which only other text is shown: that text is published."""
    words = section.words.strip()
    if value == 0 and is_blank(words):
        return Seen("0", (("shown-zero", "notice"),))
    return Seen(words, () if words else (("shown-nothing", "warning"),))


_DAYS = {"y", "e", "b", "month", "d"}
_TIMES = {"h", "minute", "s", "elapsed"}


def _see_moment(section: FormatSection, moment: Moment) -> Seen:
    kinds = section.parts
    days, times = kinds & (_DAYS | {"g"}), kinds & _TIMES
    part: Told = (("shown-part", "notice"),)
    if "elapsed" in kinds:
        return Seen(_store(section, moment), part if _hides_time(section, moment) else ())
    if not days and not times:
        return Seen(show_moment(section, moment))
    full = not days or (bool(days & {"y", "e", "b"}) and {"month", "d"} <= days)
    hides = bool(times) and _hides_time(section, moment)
    clock = moment.iso_time("fraction" in kinds)
    if days and times:
        return Seen(f"{moment.iso_date}T{clock}", part if hides or not full else ())
    if times:
        return Seen(clock, ((DROPPED,) if moment.day else ()) + (part if hides else ()))
    dropped: Told = (DROPPED,) if moment.milliseconds else ()
    return Seen(moment.iso_date, dropped + (() if full else part))


def _hides_time(section: FormatSection, moment: Moment) -> bool:
    """Whether seconds or minutes that aren't 0 are not shown."""
    kinds = {
        token.text[0] if token.kind == "elapsed" else token.kind[0] for token in section.tokens if token.kind in _TIMES
    }
    seconds = moment.milliseconds // 1000
    return ("s" not in kinds and seconds % 60 > 0) or (not kinds & {"m", "s"} and seconds % 3600 > 0)


def _store(section: FormatSection, moment: Moment) -> str:
    """All of a date or time, whatever of it is shown."""
    kinds = section.parts
    clock = moment.iso_time(fraction=True)
    if "elapsed" in kinds:
        return f"{moment.day * 24 + int(clock[:2]):02}{clock[2:]}"
    if kinds & _TIMES:
        return f"{moment.iso_date}T{clock}" if moment.day or kinds & _DAYS else clock
    return f"{moment.iso_date}T{clock}" if moment.milliseconds else moment.iso_date


def see_text(form: NumberFormat, words: str, cells: str | None) -> Seen:
    """What is published of a text: itself, also where the cell shows something around it."""
    section = form.for_text
    shown = words if section is None else show_text(section, words).strip()
    if cells != "shown" and section is not None and shown.strip() != words.strip():
        return Seen(words, (("shown-words", "notice"),)) if shown else Seen("", (("shown-nothing", "warning"),))
    return Seen(words if cells != "shown" or shown == words.strip() else shown)


# ---- formats that treat all numbers of a sign alike ---------------------------------------------------------------

ALL = 99
"""More decimals than any number has."""


@dataclass(frozen=True)
class FormatRule:
    """What a format makes of all negative, or of all positive numbers, or of 0."""

    kind: Literal["number", "code", "date", "moment"]
    """A number, a whole number with leading zeros, a whole date, or a date with hours and minutes."""
    places: int = ALL
    """The decimals of numbers, the digits of codes, or the parts of times, that are shown."""
    told: Told = ()
    """What is to be told of each."""


@lru_cache(maxsize=4096)
def find_rules(form: NumberFormat, cells: str | None) -> tuple[FormatRule | None, FormatRule | None, FormatRule | None]:
    """The rules of a format for negative numbers, for 0 and for positive ones; None where each must be looked at."""
    plain = all(section.kind != "date" for section in form.sections)
    if cells and ((cells == "stored" and plain) or form is GENERAL):
        return FormatRule("number"), FormatRule("number"), FormatRule("number")
    if cells or any(section.condition for section in form.sections):
        return None, None, None
    return _find_rule(form, -1.0), _find_rule(form, 0.0), _find_rule(form, 1.0)


def _find_rule(form: NumberFormat, value: float) -> FormatRule | None:
    section, unsigned = form.choose(value)
    if section is None or section.kind == "words":
        return None
    if section.kind == "date":
        return _find_date_rule(section) if value > 0 else None
    if section.kind != "number":
        words = section.words
        return FormatRule("number", ALL, _tell_words(section, words) or _tell_sign(section, value, unsigned, words))
    digits = section.digits
    if digits.is_special or (digits.is_code and (digits.has_words or digits.places or not value)):
        return None
    if digits.is_code:
        return FormatRule("code", digits.least, _see_digits(section, value, unsigned).told)
    places = ALL if digits.percents or digits.thousands else digits.places
    return FormatRule("number", places, _see_digits(section, value, unsigned, exact=True).told)


def _find_date_rule(section: FormatSection) -> FormatRule | None:
    kinds = section.parts
    if not ({"month", "d"} <= kinds and kinds & {"y", "e", "b"}) or kinds & {"elapsed", "fraction"}:
        return None
    if not kinds & _TIMES:
        return FormatRule("date")
    return FormatRule("moment", 2 + ("s" in kinds)) if {"h", "minute"} <= kinds else None


@lru_cache(maxsize=4096)
def shows_text(form: NumberFormat) -> bool:
    """Whether a format shows texts as they are."""
    return form.for_text is None or show_text(form.for_text, "x").strip() == "x"
