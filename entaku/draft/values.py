"""The values of a column → its type, its parsing, the marks, flags and texts among its numbers."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from entaku.check import schema as schemas
from entaku.draft.plan import ColumnPlan
from entaku.draft.words import (
    DITTO,
    FLAGS,
    MEANINGS,
    YEN,
    carry_eras,
    is_mark,
    kind_of,
    name_flag,
    name_mark,
    split_flag,
    split_unit,
    squeeze,
)
from entaku.formats.dates import parse_date, parse_fiscal_year, parse_month, parse_year
from entaku.formats.text import is_padded, parse_number, to_half_width
from entaku.formats.times import from_serial, parse_day, parse_moment, parse_time

CODES = re.compile(
    r"コード|番号|郵便|〒|法人|電話|ファクス|fax|code|zip|postal|phone|tel|jis|(^|[^a-z])id([^a-z]|$)|(^|[^a-z])no([^a-z0-9]|$)"
)
"""Headings, as NFKC in lower case, of codes: written in digits, but not numbers."""
_LONGEST = 15
"""Digits that a float, and so Excel, holds exactly."""
_CLEAR = 0.8
"""The share of values that must be numbers or dates for a column to be typed as such."""
MOST_WORDS = 12
"""Different texts among numbers that are kept in a column of their own."""
_UNDETECTED = re.compile(r"n\.?d\.?|不検出|検出(せず|されず|しない|なし)|(検出|定量|報告)(下限|限界)値?未満", re.I)
"""Results of measurements without a number: however many they are, the column is one of numbers."""


_NAMED = {
    "municipality_code": r"(団体|自治体|地域|市区?町村|都道府県).*コード|jis|(municipality|area)_?code",
    "corporate_number": r"法人番号|corporate_?number",
    "postal_code": r"郵便番号|〒|zip|postal",
    "telephone": r"電話|tel|phone|fax|ファ(ッ?クス|クシミリ)",
    "url": r"url|^hp$|ホームページ|ウェブ|web|サイト|リンク|アドレス",
    "mail_address": r"メール|mail",
    "latitude": r"緯度|(^|_)lat(itude)?$",
    "longitude": r"経度|(^|_)(lon|lng|longitude)$",
    "era": r"元号|^era$",
}
"""Headings, as NFKC in lower case, of values that have a format of offices."""


@dataclass(frozen=True)
class _CellTexts:
    """The filled cells of a column."""

    label: str
    texts: tuple[str, ...]

    def share(self, count: int) -> bool:
        return bool(self.texts) and count >= _CLEAR * len(self.texts)


def type_column(column: ColumnPlan, texts: Sequence[str]) -> ColumnPlan:
    """The column with what its values tell."""
    typed = _type(column, texts)
    return replace(typed, format=_name_format(typed, [text for text in texts if text]))


def _name_format(column: ColumnPlan, texts: Sequence[str]) -> str:
    """The format of offices that the heading tells and that every value has; "" where one hasn't."""
    label = to_half_width(column.label).lower()
    values = [text for text in texts if not (column.missing and is_mark(text))]
    for name, headings in _NAMED.items():
        form = schemas.NAMED[name]
        fits = column.type in form.types and not column.words and re.search(headings, label)
        if fits and values and all(_has_format(text, form) for text in values):
            return name
    return ""


def _has_format(text: str, form: schemas.NamedFormat) -> bool:
    if form.bounds is not None:
        number = read_number(text)[0]
        return number is not None and form.bounds["minimum"] <= float(number) <= form.bounds["maximum"]
    return re.fullmatch(form.pattern, text) is not None and (form.find_flaw is None or form.find_flaw(text) is None)


def _type(column: ColumnPlan, texts: Sequence[str]) -> ColumnPlan:
    filled = [text for text in texts if text]
    marks = tuple(dict.fromkeys(name_mark(text) for text in filled if is_mark(text) and text not in DITTO))
    values = _CellTexts(column.label, tuple(text for text in filled if not is_mark(text)))
    if not values.texts:
        return column
    column = replace(column, justified=_is_justified(values.texts))
    if (kind := _find_json(values.texts)) and not marks:
        return replace(column, type=kind)
    if {text.upper() for text in values.texts} == {"TRUE", "FALSE"} and not marks:
        return replace(column, type="boolean")
    if are_codes(column.label, values.texts):
        return column
    typed = _type_date(column, values) or _type_number(column, values) or _type_clock(column, values)
    if typed is None:
        return column
    written = tuple(dict.fromkeys(text for text in filled if is_mark(text) and text not in DITTO))
    typed = replace(typed, missing=marks, marks=written)
    return replace(typed, about=tell_marks(typed))


def _find_json(texts: Sequence[str]) -> str:
    """The type of cells of JSON: object, array or geojson; "" where any is something else."""
    if not all(text[:1] in "{[" and text[-1:] in "}]" for text in texts):
        return ""
    try:
        made = [json.loads(text) for text in texts]
    except (ValueError, RecursionError):
        return ""
    kinds = {type(one) for one in made}
    if kinds == {dict}:
        shapes = all({"type", "coordinates"} <= one.keys() or one.get("type") == "Feature" for one in made)
        return "geojson" if shapes else "object"
    return "array" if kinds == {list} and any(len(one) != 1 for one in made) else ""  # [1] is the mark of a note


def tell_marks(column: ColumnPlan) -> tuple[str, str]:
    """The description of a column's marks and flags."""
    known = [(mark, *MEANINGS[mark]) for mark in column.missing if mark in MEANINGS]
    ja = [f"「{mark}」は{word}（値は空）" for mark, word, _ in known]
    en = [f'"{mark}" is {word} (empty here)' for mark, _, word in known]
    if column.flags:
        names = dict.fromkeys(map(name_flag, column.flags))
        flags = [(flag, *FLAGS.get(flag, ("注記あり", "see the notes"))) for flag in names]
        ja += [f"{column.name}_flag の「{flag}」は{word}" for flag, word, _ in flags]
        en += [f'"{flag}" in {column.name}_flag is {word}' for flag, _, word in flags]
    if column.words:
        ja.append(f"数や日付でない記入は {column.name}_note にある")
        en.append(f"texts that are no values are in {column.name}_note")
    return ("。".join(ja) + "。" if ja else "", "; ".join(en) + "." if en else "")


def _is_justified(texts: Sequence[str]) -> bool:
    """Whether all texts with spaces have them between single letters: 総　　数, 中 央 区."""
    spaced = [text for text in texts if re.search(r"[ \u3000]", text)]
    return bool(spaced) and all(re.fullmatch(r"[^\x00-\x7f](?:[ \u3000]+[^\x00-\x7f])+", text) for text in spaced)


# ---- codes ------------------------------------------------------------------------------------------------------


def are_codes(label: str, values: Sequence[str]) -> bool:
    """Test whether digits are codes: by leading zeros, heading, check digits, or more digits than a float holds."""
    if any(is_padded(value) for value in values):
        return True
    digits = [value for value in values if re.fullmatch("[0-9]+", value)]
    if any(len(value) > _LONGEST for value in digits):
        return True
    if CODES.search(to_half_width(label).lower()):
        return [to_half_width(one) for one in values] != [
            str(n) for n in range(1, len(values) + 1)
        ]  # rows that are counted
    alike = len(digits) == len(values)
    return alike and (all(map(_is_corporate_number, digits)) or all(map(_is_municipality, digits)))


def _is_corporate_number(digits: str) -> bool:
    """Test for 13 digits with the check digit in front (平成26年財務省令第70号, 別表)."""
    weighed = sum(int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(digits[1:])))
    return len(digits) == 13 and int(digits[0]) == 9 - weighed % 9


def _is_municipality(digits: str) -> bool:
    """Test for a six-digit code of a prefecture or municipality, check digit last (総務省, 全国地方公共団体コード)."""
    if len(digits) != 6 or not 1 <= int(digits[:2]) <= 47:
        return False
    weighed = sum(int(digit) * weight for digit, weight in zip(digits, (6, 5, 4, 3, 2), strict=False))
    return int(digits[5]) == (11 - weighed % 11) % 10


# ---- numbers ----------------------------------------------------------------------------------------------------


def _type_number(column: ColumnPlan, values: _CellTexts) -> ColumnPlan | None:
    numbers: list[str] = []
    flags: Counter[str] = Counter()
    suffixes: Counter[str] = Counter()
    words: Counter[str] = Counter()
    undetected = 0
    for text in values.texts:
        number, flag, suffix = read_number(text)
        if number is None:
            words[text] += 1
            undetected += _UNDETECTED.fullmatch(to_half_width(text)) is not None
            continue
        numbers.append(number)
        flags.update([flag] if flag else [])
        suffixes.update([suffix] if suffix else [])
    if len(suffixes) == 1 and suffixes.total() * 2 < len(numbers):  # rows in another unit, such as 98.5% below tonnes
        words.update(text for text in values.texts if read_number(text)[2])
        suffixes.clear()
        numbers = [number for number, _, suffix in map(read_number, values.texts) if number is not None and not suffix]
        flags = Counter(flag for _, flag, suffix in map(read_number, values.texts) if flag and not suffix)
    if not numbers or not values.share(len(numbers) + undetected) or len(words) > MOST_WORDS or len(suffixes) > 1:
        return None
    if YEN in suffixes and not column.unit:
        column = replace(column, unit="円")
    if (
        suffixes
        and YEN not in suffixes
        and (column.unit and to_half_width(column.unit) != to_half_width(next(iter(suffixes))))
    ):
        return None
    suffix = next(iter(suffixes), "")
    kind = "integer" if all("." not in number for number in numbers) else "number"
    return replace(
        column, type=kind, flags=tuple(flags), words=tuple(words), suffix=suffix, unit=column.unit or suffix.strip(),
    )  # fmt: skip


def read_number(text: str) -> tuple[str | None, str, str]:
    """The number in a cell, the flag beside it and the unit behind it; None where it is no number."""
    number = parse_number(text)
    if number is not None:
        return number, "", ""
    flagged = split_flag(text)
    if flagged is not None:
        return flagged[0], flagged[1], ""
    united = split_unit(text)
    return (united[0], "", united[1]) if united is not None else (None, "", "")


# ---- dates ------------------------------------------------------------------------------------------------------

_YEARLY = re.compile(r"年度|年(?![齢代金間少収])|year", re.I)


def _type_date(column: ColumnPlan, values: _CellTexts) -> ColumnPlan | None:
    texts, label = values.texts, to_half_width(column.label)
    carried = carry_eras(texts)
    if carried != list(texts) and all(
        parse_year(text) or parse_fiscal_year(text) or _is_year(text) for text in carried
    ):
        eras = _tell_eras(texts, carried)
        to = "fiscal_year" if "年度" in label or any("年度" in text for text in texts) else "year"
        return replace(column, type="year", to=to, eras=eras) if eras else None
    if _YEARLY.search(label) and all(_is_year(text) or _ERA_ALONE.fullmatch(text) for text in texts):
        to = "fiscal_year" if "年度" in label or any("年度" in text for text in texts) else "year"
        plain = all(re.fullmatch("(19|20)[0-9]{2}", text) for text in texts)
        return replace(column, type="year", to="" if plain else to)
    if all(_is_period_year(text) for text in texts):
        return replace(column, type="year", to="fiscal_year" if "年度" in texts[0] else "year")
    digits = all(re.fullmatch("(18|19|20)[0-9]{6}", text) for text in texts)
    if digits and (len(set(texts)) > 2 or _DATED.search(label)) and all(parse_date(text) for text in texts):
        return replace(column, type="date", to="date")
    if "年月" in label and all(re.fullmatch("(19|20)[0-9]{2}(0[1-9]|1[0-2])", text) for text in texts):
        return replace(column, type="yearmonth", to="month")
    if all(text.isdigit() for text in texts):
        return _type_serial(column, texts) if re.search("日|date", label, re.I) else None
    for kind, read in (("date", parse_date), ("datetime", parse_moment), ("yearmonth", parse_month)):
        good = [text for text in texts if not parse_plain(text) and read(text) is not None]
        if values.share(len(good)) and len(set(texts) - set(good)) <= MOST_WORDS:
            words = tuple(dict.fromkeys(text for text in texts if read(text) is None or parse_plain(text)))
            to = {"date": "date", "datetime": "datetime", "yearmonth": "month"}[kind]
            return replace(column, type=kind, to=to, words=words)
    return _type_other_order(column, values)


_ERA_ALONE = re.compile("[MTSHRＭＴＳＨＲ](?:元|[0-9０-９]{1,2})")
_DATED = re.compile("日|期限|締切|〆切|開始|終了|date", re.I)


def _tell_eras(texts: Sequence[str], carried: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The years of former eras that are written without one, each with its era, and the last era, of all others; () if one
    number is of two."""
    found = {(text, whole) for text, whole in zip(texts, carried, strict=True) if text != whole}
    if len({text for text, _ in found}) < len(found):
        return ()
    bare = [(text, whole) for text, whole in zip(texts, carried, strict=True) if text != whole]
    last = _name_era(bare[-1][1])
    former = dict.fromkeys((text, whole) for text, whole in bare if _name_era(whole) != last)
    return (*former, ("", last))


def _name_era(year: str) -> str:
    return re.sub("(?:元|[0-9]+)(?:年度?)?$", "", squeeze(year))


def parse_plain(text: str) -> str | None:
    """The number that a text is, if it is one and no day of eight digits."""
    return parse_number(text)


def _is_year(text: str) -> bool:
    number = parse_number(text)
    if number is not None:
        return re.fullmatch("(1[89]|20)[0-9]{2}", number) is not None
    return _is_period_year(text)


def _is_period_year(text: str) -> bool:
    if parse_number(text) is not None or parse_date(text) is not None:
        return False
    return "年" in text and (parse_year(text) is not None or parse_fiscal_year(text) is not None)


def _type_serial(column: ColumnPlan, texts: Sequence[str]) -> ColumnPlan | None:
    if all(20_000 <= int(text) <= 60_000 and from_serial(text, 1900) for text in texts):
        return replace(column, type="date", to="date", serial=True)
    return None


def _type_other_order(column: ColumnPlan, values: _CellTexts) -> ColumnPlan | None:
    """Days and moments that end in the year; which comes first is told by a number above 12, else it is the month."""
    for kind, read in (("date", parse_day), ("datetime", parse_moment)):
        for order in ("mdy", "dmy"):
            good = [text for text in values.texts if read(text, order) is not None]
            if values.share(len(good)) and len(set(values.texts) - set(good)) <= MOST_WORDS:
                words = tuple(dict.fromkeys(text for text in values.texts if text not in set(good)))
                if order == "mdy" and any(read(text, "dmy") for text in words):
                    continue
                return replace(column, type=kind, to=kind, order=order, words=words)
    return None


CLOCK = re.compile(r"[0-9０-９]{1,2}[:：][0-9０-９]{2}(?:[:：][0-9０-９]{2})?")
"""A time, that of a day of more than 24 hours too: 25:30."""


def _type_clock(column: ColumnPlan, values: _CellTexts) -> ColumnPlan | None:
    good = [text for text in values.texts if not text.isdigit() and parse_time(text) is not None]
    if len(good) < len(values.texts):
        return None
    return replace(column, type="time")


def type_alike(fields: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]]) -> list[ColumnPlan]:
    """The columns, those of times as text where another whose heading differs in its number alone is text: 1便, 2便."""
    odd = {
        re.sub("[0-9０-９]+", "", one.label)
        for one in fields
        if one.type == "string" and any(CLOCK.fullmatch(text) for text in texts[one.source])
    }
    return [
        replace(one, type="string", missing=(), marks=(), about=("", ""))
        if one.type == "time" and re.sub("[0-9０-９]+", "", one.label) in odd
        else one
        for one in fields
    ]


def has_ditto(texts: Sequence[str]) -> bool:
    """Whether cells say "as above"."""
    return any(text in DITTO for text in texts)


def is_typed(text: str) -> bool:
    """Whether a text is a value."""
    return kind_of(text) not in ("", "text", "mark")
