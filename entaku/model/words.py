"""Types that several mappings of the grammar share: texts in two languages, names, addresses, bounded numbers."""

import codecs
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

STRICT = ConfigDict(extra="forbid", strict=True)

Scalar = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Text:
    """Words in Japanese and, where given, English; `en` falls back to `ja` through `Text.get`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    ja: Annotated[str, Field(description="日本語 / Japanese")] = ""
    en: Annotated[str, Field(description="英語 / English")] = ""

    def get(self, lang: str) -> str:
        """Return the text in `lang` ("ja" or "en"), or in the other language where it is missing."""
        return (self.en or self.ja) if lang == "en" else (self.ja or self.en)


NO_WORDS = Text()


def _text(value: object) -> object:
    return {"ja": value} if isinstance(value, str) else value


# A plain string is Japanese; a mapping gives both.
Words = Annotated[Text, BeforeValidator(_text, json_schema_input_type=str | Text)]
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
FIELD_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
_DAY = "2026-11-23 の形の日付 / a date such as 2026-11-23"
_ADDRESS = "https:// か http:// で始まり、空白のないアドレス / an address that begins with https:// or http:// and has no spaces"
PATTERNS = {
    NAME: "小文字の英数字（- でつなげます）。library-loans など / small letters and digits, joined by hyphens: library-loans",
    FIELD_NAME: "英字か _ で始まる英数字と _。loan_count など / letters, digits and _, beginning with a letter: loan_count",
    r"^\d{4}-\d{2}-\d{2}$": _DAY,
    r"^(\d{4}-\d{2}-\d{2}|today|yesterday)$": "2026-11-23 の形の日付か today か yesterday / a date such as 2026-11-23, today or yesterday",
    r"^https?://[^\s/@]+(/\S*)?$": _ADDRESS,
    r"^https?://[^\s/{}@]+/\S*$": _ADDRESS,
    r"^\S+@\S+$": "メールアドレス / an e-mail address",
    r"^(https?://[^\s/@]+(/\S*)?|[^\s@/:?&,]+@[^\s@/:?&,]+)$": "メールアドレスか、https:// で始まるアドレス / an e-mail address, or an address that begins with https://",
    r"^\d{6}$": "6 桁の数字 / six digits",
    r"^[A-Z_][A-Z0-9_]*$": "大文字の英数字と _ / capital letters, digits and _",
    r"^[A-Za-z0-9.:-]+$": "ホスト名（www.example.org など） / the name of a host, such as www.example.org",
    r"^(Authorization|Cookie|X-[A-Za-z0-9-]+|[A-Za-z0-9-]+-(Key|Token))$": "Authorization か Cookie、または X- で始まるか -Key か -Token で終わる名前 / Authorization, Cookie, or a name that begins with X- or ends in -Key or -Token",
    r"^[A-Za-z]{1,3}:[A-Za-z]{1,3}$": "A:F のような列の範囲 / columns such as A:F",
    r'^(tab|[^\r\n"A-Za-z0-9])$': "記号 1 文字か tab / one sign, or tab",
}
"""What the patterns of the grammar mean, in both languages."""

Name = Annotated[str, Field(pattern=NAME, max_length=80)]
FieldName = Annotated[str, Field(pattern=FIELD_NAME, max_length=64)]


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(say_regex_fault(error)) from None
    return text


_REGEX_FAULTS = {
    "missing ), unterminated subpattern": "「(」が閉じられていません",
    "unbalanced parenthesis": "「)」が多すぎます",
    "unterminated character set": "「[」が閉じられていません",
    "nothing to repeat": "* + ? { の前に、くり返すものがありません",
    "multiple repeat": "* + ? { が続いています",
    "min repeat greater than max repeat": "{ } の中の回数が逆です",
    "bad escape (end of pattern)": "終わりに \\ だけがあります",
    "bad escape": "\\ のあとの文字に意味がありません",
    "incomplete escape": "\\ のあとの番号が足りません",
    "bad character range": "[ ] の中の範囲が逆です",
    "unknown extension": "(? のあとの文字に意味がありません",
    "missing >, unterminated name": "(?P< の名前が > で閉じられていません",
    "missing group name": "(?P<…> に名前がありません",
    "bad character in group name": "(?P<…> の名前に使えない文字があります",
    "redefinition of group name": "同じ名前のグループが二つあります",
    "unknown group name": "その名前のグループはありません",
    "invalid group reference": "その番号のグループはありません",
    "look-behind requires fixed-width pattern": "(?<= の中の長さが決まりません",
    "global flags not at the start": "(?i) などは先頭に書きます",
    "unexpected end of pattern": "途中で終わっています",
}
"""What Python's `re` says of patterns, in Japanese."""


def say_regex_fault(error: re.error) -> str:
    """Say what is wrong with a regular expression and where, in both languages."""
    words = next((ja for en, ja in _REGEX_FAULTS.items() if error.msg.startswith(en)), "書き方が違います")
    at = "" if error.pos is None else f"（{error.pos + 1} 文字目）"
    return f"{words}{at} / {error}"


Regex = Annotated[
    str, Field(min_length=1, max_length=500, json_schema_extra={"format": "regex"}), AfterValidator(_regex)
]


def is_pattern(wanted: str) -> bool:
    """Test whether `wanted` is written as /a pattern/."""
    return len(wanted) > 2 and wanted.startswith("/") and wanted.endswith("/")


def choose_names(wanted: str, names: Sequence[str]) -> list[int]:
    """List the indices in `names` that `wanted` selects: those of exactly this name, else those that match /this
    pattern/.

    A name may be written without its folders.  が in one character (NFC) and in two (NFD, as macOS writes) are equal.
    """
    whole = [unicodedata.normalize("NFC", name) for name in names]
    last = [name.rpartition("/")[2] for name in whole]
    plain = unicodedata.normalize("NFC", wanted)
    for known in (whole, last):
        if plain in known:
            return [n for n, name in enumerate(known) if name == plain]
    if not is_pattern(plain):
        return []
    pattern = re.compile(plain[1:-1])
    return [n for n, pair in enumerate(zip(whole, last, strict=True)) if any(map(pattern.fullmatch, pair))]


def list_groups(wanted: str, name: str) -> dict[str, str]:
    """Return the named groups of /a pattern/ that a name matches, with or without its folders."""
    whole = unicodedata.normalize("NFC", name)
    pattern = re.compile(wanted[1:-1]) if is_pattern(wanted) else None
    match = pattern and (pattern.fullmatch(whole) or pattern.fullmatch(whole.rpartition("/")[2]))
    return {name: value or "" for name, value in match.groupdict().items()} if match else {}


def _name_or_pattern(text: str) -> str:
    if is_pattern(text):
        _regex(text[1:-1])
    return text


NameOrPattern = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_name_or_pattern)]
"""A name as it is, or a regular expression between slashes that whole names match."""


def sheet_pattern(sheet: str) -> re.Pattern[str] | None:
    """The pattern of a `sheet` that is written /…/; None for the name of a sheet, which can't hold a slash."""
    return re.compile(sheet[1:-1]) if len(sheet) > 2 and sheet[0] == sheet[-1] == "/" else None


def is_same_name(one: str, other: str) -> bool:
    """Whether two names are equal but for が in one character (NFC) or in two (NFD)."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def is_sheet(sheet: str, name: str) -> bool:
    """Whether a `sheet` means the sheet of this name."""
    pattern = sheet_pattern(sheet)
    return name == sheet if pattern is None else pattern.fullmatch(name) is not None


def _sheet(text: str) -> str:
    try:
        sheet_pattern(text)
    except re.error as error:
        raise ValueError(say_regex_fault(error)) from None
    return text


SheetName = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_sheet)]


def _encoding(text: str) -> str:
    try:
        found = codecs.lookup(OTHER_NAMES.get(text.lower(), text))
    except (LookupError, ValueError):
        found = None
    name = found.name if found is not None and found._is_text_encoding else ""
    if not name or name.replace("_", "-") in NO_ENCODINGS:
        raise PydanticCustomError("unknown_encoding", "not an encoding")
    return ENCODINGS.get(name, name)


ENCODINGS = {"utf-8-sig": "utf-8", "euc_jp": "euc-jp", "shift_jis": "cp932"}
"""Names of Python's codecs as we write them; what calls itself Shift_JIS is Windows' superset of it."""
OTHER_NAMES = {"windows-31j": "cp932", "x-sjis": "cp932", "x-euc-jp": "euc_jp"}
"""Names that Python doesn't know."""
NO_ENCODINGS = (
    "charmap", "idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7",
)  # fmt: skip
"""Python's codecs that no file of a publisher is in."""
USUAL_ENCODINGS = ("utf-8", "cp932", "euc-jp", "utf-16", "cp1252", "gb18030", "big5", "euc-kr", "iso2022_jp")
Encoding = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_encoding)]
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^\s/@]+(/\S*)?$")]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]+$", max_length=253)]
HeaderName = Annotated[str, Field(pattern=r"^(Authorization|Cookie|X-[A-Za-z0-9-]+|[A-Za-z0-9-]+-(Key|Token))$")]
Ratio = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Line = Annotated[int, Field(ge=1)]


def _one_or_many(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_many, json_schema_input_type=str | tuple[str, ...])]

LEAKS = (
    "hidden-sheet", "hidden-rows", "hidden-columns", "cell-comments", "defined-names", "external-links", "pivot-cache",
    "author-names", "embedded-files", "image-data", "custom-data", "macro-code", "change-history", "data-connections",
    "my-number", "phone-number", "e-mail", "birth-date", "person-name",
)  # fmt: skip
"""Kinds of leaks in workbooks and tables that `allow` may name; each is also the code of its finding."""

Allow = Annotated[
    Mapping[str, Annotated[str, Field(min_length=3)]],
    Field(
        description="公開してよいもの（docs/leaks.md の種類か列の名前）と、その理由（公開される）。種類/シート名 で一つだけに絞れる / "
        "what may be public (a kind of docs/leaks.md or a column) and why, which is published; kind/sheet allows one"
    ),
]
