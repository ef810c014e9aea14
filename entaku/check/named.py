"""The formats of offices: codes, addresses and places as Japanese offices write them, one row each.

A schema names one as the `format` of a field.  What is published is plain Table Schema (a pattern or bounds, and an
`rdfType`), which any reader can check; what a pattern can't tell, such as a check digit, is checked here.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from entaku.formats import dates, times
from entaku.model.nouns import Severity
from entaku.model.table_schema import FieldType
from entaku.model.words import Text


class Flaw(NamedTuple):
    """What is wrong with a value that has the pattern: a finding's code, severity and args."""

    code: str
    severity: Severity = "error"
    args: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class NamedFormat:
    """A format of offices."""

    title: Text
    types: tuple[FieldType, ...] = ("string",)
    """The types it may have; the first is that of a field without one."""
    pattern: str = ""
    """A regular expression for whole values."""
    bounds: Mapping[str, float] | None = None
    """Constraints on numbers."""
    format: str = "default"
    """The format of Table Schema that is published."""
    rdf_type: str
    """The class of what a value names."""
    example: str
    note: Text
    """What is allowed, and what is checked beyond the pattern."""
    find_flaw: Callable[[str], Flaw | None] | None = None
    """Finds what is wrong with a value that has the pattern."""
    guess: Callable[[str], str | None] = lambda _value: None
    """Guesses the value that was meant by one that hasn't."""


# ---- codes with check digits ------------------------------------------------------------------------------------


def find_check_digit(five: str) -> str:
    """Return the check digit of a municipality's first five digits (総務省「全国地方公共団体コード仕様」, modulus 11)."""
    total = sum(int(digit) * weight for digit, weight in zip(five, (6, 5, 4, 3, 2), strict=True))
    return str((11 - (total if total < 11 else total % 11)) % 10)


def find_corporate_digit(twelve: str) -> str:
    """Return the check digit, which comes first, of a corporate number (法人番号の指定等に関する省令 第2条, modulus 9)."""
    total = sum(int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(twelve)))
    return str(9 - total % 9)


@cache
def list_municipalities() -> Mapping[str, str]:
    """Return the names of the municipalities, with their prefectures, by code."""
    lines = Path(__file__).with_name("municipalities.csv").read_text("utf-8").splitlines()
    return {row["code"]: row["name"] for row in csv.DictReader(line for line in lines if not line.startswith("#"))}


AS_OF = "2024-01-01"
"""The day of the list of municipalities."""


def _find_municipality_flaw(value: str) -> Flaw | None:
    right = value[:5] + find_check_digit(value[:5])
    name = list_municipalities().get(right, "")
    if right != value:
        names = {"name_ja": f"（{name}）", "name_en": f" ({name})"} if name else {"name_ja": "", "name_en": ""}
        return Flaw("check-digit", args={"right": right, **names})
    return None if name else Flaw("no-such-municipality", "warning", {"day": AS_OF})


def _guess_municipality(value: str) -> str | None:
    """Guess a code: without its check digit, or without the zero that Excel took from its front."""
    digits = _plain(value)
    if not re.fullmatch("[0-9]{4,6}", digits):
        return None
    five = digits.zfill(5)[:5]
    return next(
        (code for code in (digits.zfill(6), five + find_check_digit(five)) if code in list_municipalities()), None
    )


def _find_corporate_flaw(value: str) -> Flaw | None:
    right = find_corporate_digit(value[1:]) + value[1:]
    return None if right == value else Flaw("check-digit", args={"right": right, "name_ja": "", "name_en": ""})


# ---- the rest ---------------------------------------------------------------------------------------------------


def _plain(value: str) -> str:
    """Return a value in half width, every dash as "-", without spaces."""
    return re.sub(r"\s", "", re.sub("[‐-―−ー〜~]", "-", unicodedata.normalize("NFKC", value)))


def _find_telephone_flaw(value: str) -> Flaw | None:
    digits = re.sub("[^0-9]", "", value.replace("+81", "0", 1))
    wanted = 11 if re.match("0[5789]0|0800", digits) else 10
    return (
        None
        if len(digits) == wanted
        else Flaw("telephone-digits", args={"count": str(len(digits)), "right": str(wanted)})
    )


def _find_era_flaw(value: str) -> Flaw | None:
    fiscal = value.endswith("度")
    if (dates.parse_fiscal_year if fiscal else dates.parse_year)(value) is not None:
        return None
    code, args = times.explain_day(value, "fiscal_year" if fiscal else "year")
    return Flaw(
        "no-such-era-year", args={"likely": args.get("likely", "—")} if code == "outside-era" else {"likely": "—"}
    )


_FIXED = r"0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}|\(0[0-9]{1,4}\)[0-9]{1,4}-[0-9]{4}|0[0-9]{9,10}"
_URL = r"https?://[^\s/?#@]+\.[^\s/?#@]+([/?#]\S*)?"
_ERAS = "|".join(name for name, _, _ in dates.ERAS)


def _try(pattern: str, *changes: Callable[[str], str]) -> Callable[[str], str | None]:
    """Return a guess: the first of the changes of a value that has the pattern."""
    form = re.compile(pattern)
    return lambda value: next((made for change in changes if form.fullmatch(made := change(value))), None)


NAMED: Mapping[str, NamedFormat] = {
    "municipality_code": NamedFormat(
        title=Text(ja="全国地方公共団体コード", en="Local government code"),
        pattern="[0-9]{6}", rdf_type="https://schema.org/AdministrativeArea", example="131016",
        note=Text(
            ja=f"6 桁。検査数字が合わなければ誤り、{AS_OF} の一覧（総務省）にない団体は注意",
            en=f"Six digits. A wrong check digit is an error, a municipality that isn't in the list of {AS_OF} a warning",
        ),
        find_flaw=_find_municipality_flaw, guess=_guess_municipality,
    ),
    "corporate_number": NamedFormat(
        title=Text(ja="法人番号", en="Corporate number"),
        pattern="[1-9][0-9]{12}", rdf_type="https://schema.org/Organization", example="8000020130001",
        note=Text(ja="13 桁。検査数字が合わなければ誤り", en="Thirteen digits. A wrong check digit is an error"),
        find_flaw=_find_corporate_flaw, guess=_try("[1-9][0-9]{12}", lambda value: re.sub("[-・.]", "", _plain(value))),
    ),
    "postal_code": NamedFormat(
        title=Text(ja="郵便番号", en="Postal code"),
        pattern="[0-9]{3}-?[0-9]{4}", rdf_type="https://schema.org/PostalAddress", example="163-8001",
        note=Text(ja="7 桁。ハイフンはあってもなくてもよい", en="Seven digits, with or without a hyphen"),
        guess=_try("[0-9]{3}-?[0-9]{4}", lambda value: _plain(value).removeprefix("〒"), lambda value: _plain(value).zfill(7)),
    ),
    "telephone": NamedFormat(
        title=Text(ja="電話番号", en="Telephone number"),
        pattern=rf"{_FIXED}|\+81-?[1-9][0-9]{{0,3}}-[0-9]{{1,4}}-[0-9]{{3,4}}", rdf_type="https://schema.org/ContactPoint", example="03-5321-1111",
        note=Text(
            ja="03-5321-1111、(03)5321-1111、+81-3-5321-1111。桁数（050・070・080・090・0800 は 11、ほかは 10）が違えば誤り。内線は別の列に",
            en="03-5321-1111, (03)5321-1111 or +81-3-5321-1111. Another number of digits than 10 (11 for 050, 070, 080, 090 "
            "and 0800) is an error. Extensions go into a column of their own",
        ),
        find_flaw=_find_telephone_flaw,
        guess=_try(_FIXED, _plain, lambda value: re.sub(r"[()]+", "-", _plain(value)).strip("-")),
    ),
    "url": NamedFormat(
        title=Text(ja="URL", en="Address of a page"),
        pattern=_URL, format="uri", rdf_type="https://schema.org/URL", example="https://www.example.lg.jp/",
        note=Text(ja="http:// か https:// で始まるもの", en="Begins with http:// or https://"),
        guess=_try(_URL, _plain, lambda value: f"https://{_plain(value)}"),
    ),
    "mail_address": NamedFormat(
        title=Text(ja="メールアドレス", en="E-mail address"),
        pattern=r"[^\s@,;<>()]+@[^\s@,;<>().]+(\.[^\s@,;<>().]+)+", format="email", rdf_type="https://schema.org/ContactPoint", example="info@example.lg.jp",
        note=Text(ja="一つのアドレス", en="A single address"),
        guess=_try(r"[^\s@,;<>()]+@[^\s@,;<>().]+(\.[^\s@,;<>().]+)+", lambda value: _plain(value).removeprefix("mailto:")),
    ),
    "latitude": NamedFormat(
        title=Text(ja="緯度", en="Latitude"), types=("number",),
        bounds={"minimum": 20, "maximum": 46}, rdf_type="https://schema.org/GeoCoordinates", example="35.689501",
        note=Text(ja="日本の緯度（度、世界測地系）。20 から 46", en="Of Japan, in degrees (WGS 84): 20 to 46"),
    ),
    "longitude": NamedFormat(
        title=Text(ja="経度", en="Longitude"), types=("number",),
        bounds={"minimum": 122, "maximum": 154}, rdf_type="https://schema.org/GeoCoordinates", example="139.691722",
        note=Text(ja="日本の経度（度、世界測地系）。122 から 154", en="Of Japan, in degrees (WGS 84): 122 to 154"),
    ),
    "fiscal_year": NamedFormat(
        title=Text(ja="年度", en="Fiscal year"), types=("year", "integer"),
        bounds={"minimum": 1886}, rdf_type="http://www.w3.org/2006/time#ProperInterval", example="2026",
        note=Text(
            ja="4 月に始まる年度を、はじまりの西暦で。令和8年度 などは手順 parse_date の to: fiscal_year で直す",
            en="April to March, by the year in which it begins. The step parse_date (to: fiscal_year) reads 令和8年度",
        ),
    ),
    "era": NamedFormat(
        title=Text(ja="元号", en="Era"),
        pattern=_ERAS, rdf_type="http://www.w3.org/2006/time#ProperInterval", example="令和",
        note=Text(ja="明治・大正・昭和・平成・令和", en="明治, 大正, 昭和, 平成 or 令和"),
        guess=lambda value: next((name for name, letter, _ in dates.ERAS if _plain(value).upper() in (letter, name[0])), None),
    ),
    "era_year": NamedFormat(
        title=Text(ja="元号の年", en="Year of an era"),
        pattern=f"({_ERAS})(元|[1-9][0-9]?)年度?", rdf_type="http://www.w3.org/2006/time#ProperInterval", example="令和8年",
        note=Text(ja="令和8年、平成31年度。その元号にない年（平成40年）は誤り", en="令和8年 or 平成31年度. A year that the era never had (平成40年) is an error"),
        find_flaw=_find_era_flaw, guess=_try(f"({_ERAS})(元|[1-9][0-9]?)年度?", _plain, lambda value: f"{_plain(value)}年"),
    ),
}  # fmt: skip
"""Every format of offices, by the name that a schema has."""


def find_named(name: str) -> str:
    """Return the name of the format that is meant by its title, or ""."""
    return next((key for key, form in NAMED.items() if name in (form.title.ja, form.title.en)), "")


def list_formats(kind: FieldType) -> Iterator[str]:
    """Yield the names of the formats that fields of a type may have."""
    return (name for name, form in NAMED.items() if kind in form.types)
