"""Types that several mappings of the grammar share: texts in two languages, names, addresses, bounded numbers."""

import atexit
import codecs
import re
import signal
import threading
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import FrameType
from typing import Annotated, ClassVar, TypeVar

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
    if fault := find_regex_fault(text):
        raise ValueError(fault)
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


def find_regex_fault(text: str) -> str:
    """Return what is wrong with a regular expression, in both languages, or ""."""
    try:
        re.compile(text)
    except re.error as error:
        return say_regex_fault(error)
    except (RecursionError, OverflowError):
        return "かっこの重なりか、くり返しの数が多すぎます / too many groups in groups, or too many repetitions"
    return ""


Regex = Annotated[
    str, Field(min_length=1, max_length=500, json_schema_extra={"format": "regex"}), AfterValidator(_regex)
]


# ---- owners' patterns --------------------------------------------------------------------------------------------
# Python's `re` tries every way to match: `(a+)+` on thirty a's and an exclamation mark takes minutes, and each a more
# doubles that.

PATTERN_SECONDS = 5.0
"""Seconds of CPU that the matches of one expression may take…"""
EACH, CHARACTER = 2e-5, 1e-6
"""…and how much of them each match and each character of a text gives back, so that much data has its time."""
LEAST = 0.05
"""The share of PATTERN_SECONDS that an expression has once it was too slow."""
TICK = 0.05
"""Seconds of CPU after which it is looked which expression is being matched."""
SHOWN = 60
"""Characters of a text that are shown."""

Found = TypeVar("Found")


class SlowPatternError(Exception):
    """Raised when the matches of `pattern` take too long; `text` is what it was last compared with."""

    def __init__(self, pattern: str, text: str) -> None:
        super().__init__(pattern, text)
        self.pattern = pattern
        self.shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        """The beginning of the text."""


class _Clock:
    """Charges each TICK to the comparison that is going on; stops when none is."""

    def __init__(self) -> None:
        self.running: tuple[Allowance, str] | None = None

    def start(self) -> None:
        """Start unless it ticks already; a process that was forked has no timer yet."""
        if not signal.getitimer(signal.ITIMER_VIRTUAL)[1]:
            signal.signal(signal.SIGVTALRM, self.tick)
            signal.setitimer(signal.ITIMER_VIRTUAL, TICK, TICK)

    def tick(self, _signal: int, _frame: FrameType | None) -> None:
        if self.running is None:
            self.stop()
        else:
            self.running[0].charge(TICK, self.running[1])

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


_HAS_TIMER = hasattr(signal, "setitimer")
_clock = _Clock()
if _HAS_TIMER:
    atexit.register(_clock.stop)  # a tick without its handler would end the process


class Allowance:
    """The time that comparisons with one pattern may take together.

    `re` can be interrupted only in the main thread of a process and where Python has timers (not on Windows);
    elsewhere there is no bound.
    """

    def __init__(self, pattern: str, seconds: float | None = None) -> None:
        self.pattern, self._seconds = pattern, seconds
        self._left = self._most

    @property
    def _most(self) -> float:
        return PATTERN_SECONDS if self._seconds is None else self._seconds

    def charge(self, seconds: float, text: str) -> None:
        """Take away from the time.  Raises SlowPatternError once it is used up."""
        self._left = min(self._left, self._most) - seconds
        if self._left <= 0:
            self._left = LEAST * self._most
            raise SlowPatternError(self.pattern, text)

    def spend(self, compare: Callable[[str], Found], text: str) -> Found:
        """Return `compare(text)`.  Raises SlowPatternError once the time is used up."""
        if not _HAS_TIMER or threading.current_thread() is not threading.main_thread():
            return compare(text)
        _clock.start()
        self._left += EACH + CHARACTER * len(text)
        _clock.running = self, text
        try:
            return compare(text)
        finally:
            _clock.running = None


class Expression:
    """A regular expression whose matches are bounded in time.  Its methods raise SlowPatternError."""

    def __init__(self, pattern: str, written: str = "") -> None:
        """`written`: the pattern as its owner wrote it, if it is within another."""
        self.pattern = pattern
        self._made = re.compile(pattern)
        self._allowance = Allowance(written or pattern)
        self.groups = tuple(self._made.groupindex)
        """The names of its groups."""

    def search(self, text: str) -> re.Match[str] | None:
        """Find the first place that matches."""
        return self._allowance.spend(self._made.search, text)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """Match the whole text."""
        return self._allowance.spend(self._made.fullmatch, text)

    def match(self, text: str) -> re.Match[str] | None:
        """Match the beginning of a text."""
        return self._allowance.spend(self._made.match, text)

    def replace(self, text: str, by: str) -> tuple[str, int]:
        """Replace every match; return the new text and the number of matches."""
        return self._allowance.spend(lambda old: self._made.subn(by, old), text)


@lru_cache(1024)
def find_expression(pattern: str) -> Expression:
    """Return the expression of a pattern, the same one each time: it remembers that it was slow.  Raises re.error."""
    return Expression(pattern)


# ---- names and patterns ------------------------------------------------------------------------------------------


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
    pattern = find_expression(plain[1:-1])
    return [n for n, pair in enumerate(zip(whole, last, strict=True)) if any(map(pattern.fullmatch, pair))]


def _name_or_pattern(text: str) -> str:
    if is_pattern(text):
        _regex(text[1:-1])
    return text


NameOrPattern = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_name_or_pattern)]
"""A name as it is, or a regular expression between slashes that whole names match."""


def sheet_pattern(sheet: str) -> Expression | None:
    """The pattern of a `sheet` that is written /…/; None for the name of a sheet, which can't hold a slash."""
    return find_expression(sheet[1:-1]) if is_pattern(sheet) else None


def is_sheet(sheet: str, name: str) -> bool:
    """Whether a `sheet` means the sheet of this name."""
    pattern = sheet_pattern(sheet)
    return name == sheet if pattern is None else pattern.fullmatch(name) is not None


SheetName = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_name_or_pattern)]


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
