"""Number formats of a workbook (ECMA-376 part 1, 18.8.31): the code → its sections and their parts.

`number_show` makes of them what a cell shows.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

MAX_CODE = 1000
"""Characters of a code that is read; Excel itself allows 255."""

BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0",
    49: "@",
    27: "[$-411]ge.m.d", 28: '[$-411]ggge"年"m"月"d"日"', 29: '[$-411]ggge"年"m"月"d"日"', 30: "m/d/yy",
    31: 'yyyy"年"m"月"d"日"', 32: 'h"時"mm"分"', 33: 'h"時"mm"分"ss"秒"', 34: 'yyyy"年"m"月"', 35: 'm"月"d"日"',
    36: "[$-411]ge.m.d", 50: "[$-411]ge.m.d", 51: '[$-411]ggge"年"m"月"d"日"', 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"',
    54: '[$-411]ggge"年"m"月"d"日"', 55: 'yyyy"年"m"月"', 56: 'm"月"d"日"', 57: "[$-411]ge.m.d",
    58: '[$-411]ggge"年"m"月"d"日"',
    5: '"¥"#,##0;"¥"-#,##0', 6: '"¥"#,##0;[Red]"¥"-#,##0', 7: '"¥"#,##0.00;"¥"-#,##0.00',
    8: '"¥"#,##0.00;[Red]"¥"-#,##0.00', 37: "#,##0;-#,##0", 38: "#,##0;[Red]-#,##0", 39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;[Red]-#,##0.00", 41: '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ',
    42: '_ "¥"* #,##0_ ;_ "¥"* -#,##0_ ;_ "¥"* "-"_ ;_ @_ ', 43: '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ',
    44: '_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ',
}  # fmt: skip
"""The formats that have a number and no code in the file, as Excel in Japanese has them."""

_TOKEN = re.compile(
    r"""
    "(?P<quoted>[^"]*)"? | (?:\\|!(?=.))(?P<escaped>.?) | _(?P<width>.?) | \*(?P<fill>.?) | \[(?P<bracket>[^\]]*)\]?
    | (?P<general>General|G/標準|Standard) | (?P<noon>AM/PM|A/P|上午/下午|午前/午後) | (?P<exponent>E[+-])
    | (?P<date>y+|m+|d+|h+|s+|g+|e+|r{1,2}|a{3,4}|b+) | (?P<digit>[0#?]) | (?P<mark>[.,%/@]) | (?P<other>.)
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+(?:E[+-]?\d+)?)", re.IGNORECASE)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_TESTS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b,
}  # fmt: skip


@dataclass(frozen=True)
class FormatToken:
    """A part of a section.

    `kind`: "text", "digit", ".", ",", "%", "/", "@", "general", "exponent", "noon", "fraction" (of a second),
    "elapsed", or for dates "y", "month", "d", "h", "minute", "s", "g", "e", "a", "b".
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Digits:
    """A section of numbers, cut into what stands before, among and behind its digits."""

    before: str
    core: tuple[FormatToken, ...]
    """From the first digit to the last."""
    after: str
    percents: int
    thousands: int
    """Commas that each divide by 1,000."""
    grouped: bool

    @cached_property
    def whole(self) -> tuple[FormatToken, ...]:
        """What of the core stands before the point."""
        return self.core[: self._point]

    @cached_property
    def decimals(self) -> tuple[FormatToken, ...]:
        """What of the core stands behind the point."""
        return self.core[self._point + 1 :]

    @property
    def _point(self) -> int:
        kinds = [token.kind for token in self.core]
        return kinds.index(".") if "." in kinds else len(kinds)

    @cached_property
    def places(self) -> int:
        """Digits behind the point."""
        return sum(token.kind == "digit" for token in self.decimals)

    @cached_property
    def least(self) -> int:
        """Digits that are shown before the point though they are 0."""
        return sum(token.text == "0" for token in self.whole if token.kind == "digit")

    @cached_property
    def is_special(self) -> bool:
        """Whether it shows powers of ten or fractions."""
        return any(token.kind in ("exponent", "/") for token in self.core)

    @cached_property
    def is_code(self) -> bool:
        """Whether it shows leading zeros, or text among the digits: 011002, 100-0001."""
        return not self.is_special and (self.least > 1 or self.has_words)

    @cached_property
    def has_words(self) -> bool:
        """Whether there is text among the digits."""
        return any(token.kind == "text" for token in self.core)


@dataclass(frozen=True)
class FormatSection:
    """What a format says of some of the numbers, or of texts."""

    tokens: tuple[FormatToken, ...]
    code: str
    condition: tuple[str, float] | None = None
    red: bool = False
    """Whether it is shown in red."""
    native: bool = False
    """Whether digits are shown as 一二三 or １２３."""

    @cached_property
    def kind(self) -> str:
        """Return "date", "number", "general", "text" (@) or "words" (nothing but text)."""
        kinds = {token.kind for token in self.tokens}
        if kinds & DATES:
            return "date"
        return next((name for name, one in _KINDS.items() if one in kinds), "words")

    @cached_property
    def words(self) -> str:
        """All its text."""
        return "".join(token.text for token in self.tokens if token.kind == "text")

    @cached_property
    def digits(self) -> Digits:
        """A section of numbers cut into its parts."""
        return _cut_digits(self.tokens)

    @cached_property
    def parts(self) -> frozenset[str]:
        """The kinds of its tokens; "weekday" for 月, Mon and the like."""
        return frozenset(
            "weekday" if token.kind == "a" or (token.kind == "d" and len(token.text) > 2) else token.kind
            for token in self.tokens
        )

    def fits(self, value: float) -> bool:
        """Whether its condition, which it has, holds."""
        test, bound = self.condition or ("<>", value)
        return _TESTS[test](value, bound)


DATES = {"y", "month", "d", "h", "minute", "s", "g", "e", "a", "b", "elapsed", "noon"}
_KINDS = {"number": "digit", "general": "general", "text": "@"}


@dataclass(frozen=True)
class NumberFormat:
    """A number format."""

    code: str
    sections: tuple[FormatSection, ...]

    def choose(self, value: float) -> tuple[FormatSection | None, bool]:
        """The section for a number, and whether it shows the number without its sign; None where none is meant for it."""
        sections = self.sections[:3]
        if not any(section.condition for section in sections):
            if value < 0 and len(sections) > 1:
                return sections[1], True
            return (sections[2] if value == 0 and len(sections) > 2 else sections[0]), False
        for n, section in enumerate(sections):
            if section.condition:
                test, bound = section.condition
                if section.fits(value):
                    return section, value < 0 and test in ("<", "<=") and bound <= 0
            elif n == len(sections) - 1 and n > 0:
                return section, False
            elif (n == 0 and value > 0) or (n == 1 and value < 0):
                return section, n == 1
        return None, False

    @cached_property
    def for_text(self) -> FormatSection | None:
        """The section for texts; None where they are shown as they are."""
        if len(self.sections) > 3:
            return self.sections[3]
        return next((section for section in self.sections if section.kind == "text"), None)


@lru_cache(maxsize=4096)
def parse_format(code: str) -> NumberFormat:
    """A format by its code."""
    return NumberFormat(code, tuple(map(_parse_section, _split(code[:MAX_CODE]))))


def _split(code: str) -> list[str]:
    """The sections of a code, which semicolons part."""
    sections, start = [], 0
    for match in _TOKEN.finditer(code):
        if match["other"] == ";":
            sections.append(code[start : match.start()])
            start = match.end()
    return [*sections, code[start:]]


def _parse_section(code: str) -> FormatSection:
    tokens: list[FormatToken] = []
    condition, red, native = None, False, False
    for match in _TOKEN.finditer(code):
        name, text = match.lastgroup or "other", match[match.lastgroup or "other"]
        if name == "bracket":
            token = _read_bracket(text)
            if token is not None:
                tokens.append(token)
            elif found := _CONDITION.fullmatch(text.strip()):
                condition = _read_condition(*found.groups())
            red = red or text.strip().lower() in ("red", "赤", "color3", "色3")
            native = native or text.lower().startswith("dbnum")
        elif name == "date" and text[0] in "rR":  # an abbreviation of Excel in Japanese
            tokens += [FormatToken("g", "ggg")] * (len(text) > 1) + [FormatToken("e", "ee")]
        elif name == "exponent" and not (tokens and tokens[-1].kind in ("digit", ".")):
            tokens += [FormatToken("e", text[0]), FormatToken("text", text[1:])]
        else:
            tokens.append(_make_token(name, text))
    return FormatSection(_settle(tokens), code, condition, red, native)


def _read_bracket(text: str) -> FormatToken | None:
    """Elapsed time, or the sign of a currency; None for colours, conditions and languages."""
    if _ELAPSED.fullmatch(text):
        return FormatToken("elapsed", text.lower())
    if text.startswith("$") and (sign := text[1:].partition("-")[0]):
        return FormatToken("text", sign)
    return None


def _read_condition(test: str, bound: str) -> tuple[str, float] | None:
    try:
        return test, float(bound)
    except ValueError:
        return None


def _make_token(name: str, text: str) -> FormatToken:
    if name in ("quoted", "escaped", "other"):
        return FormatToken("text", text)
    if name == "width":
        return FormatToken("text", " ")
    if name == "fill":
        return FormatToken("text", "")
    if name == "mark":
        return FormatToken(text, text)
    if name == "date":
        kind = text[0].lower()
        return FormatToken("month" if kind == "m" else kind, text.lower())
    return FormatToken(name, text)


def _settle(tokens: list[FormatToken]) -> tuple[FormatToken, ...]:
    """Tell minutes from months and fractions of a second from digits; in a date all other marks are text."""
    if not any(token.kind in DATES for token in tokens):
        return tuple(tokens)
    made: list[FormatToken] = []
    before = ""
    for n, token in enumerate(tokens):
        kind = token.kind
        if kind == "month" and len(token.text) < 3:
            after = next((one.kind for one in tokens[n + 1 :] if one.kind in DATES), "")
            hours = before == "h" or (before == "elapsed" and _before_minutes(made))
            kind = "minute" if hours or after == "s" else "month"
        elif kind == "." and before in ("s", "elapsed") and n + 1 < len(tokens) and tokens[n + 1].kind == "digit":
            kind = "fraction"
        elif kind == "digit" and made and made[-1].kind == "fraction":
            made[-1] = FormatToken("fraction", made[-1].text + token.text)
            continue
        elif kind not in DATES and kind != "general":
            kind = "text"
        made.append(FormatToken(kind, token.text))
        before = kind if kind in DATES else before
    return tuple(made)


def _before_minutes(made: list[FormatToken]) -> bool:
    return next((one.text[0] == "h" for one in reversed(made) if one.kind == "elapsed"), False)


def _cut_digits(tokens: tuple[FormatToken, ...]) -> Digits:
    marks = [n for n, token in enumerate(tokens) if token.kind in ("digit", ".", "exponent")]
    first, last = marks[0], marks[-1]
    if "/" in [token.kind for token in tokens[first:]]:
        last = max(n for n, token in enumerate(tokens) if token.kind in ("digit", "/") or token.text.isdigit())
    point = next((n for n in marks if tokens[n].kind == "."), last + 1)
    digits = [n for n in marks if tokens[n].kind == "digit" and n < point]
    commas = [n for n in range(first, len(tokens)) if tokens[n].kind == "," and n < max(point, last + 1)]
    commas += [n for n in range(last + 1, len(tokens)) if _follows(tokens, n, last)]
    scale = [n for n in set(commas) if not digits or n > digits[-1]]
    core = tuple(token for token in tokens[first : last + 1] if token.kind not in (",", "%"))
    return Digits(
        before="".join(token.text for token in tokens[:first] if token.kind in ("text", "%")),
        core=core,
        after="".join(token.text for token in tokens[last + 1 :] if token.kind in ("text", "%", "/", "@")),
        percents=sum(token.kind == "%" for token in tokens),
        thousands=len(scale),
        grouped=len(set(commas)) > len(scale),
    )


def _follows(tokens: Sequence[FormatToken], at: int, last: int) -> bool:
    """Whether nothing but commas stands between the last digit and this comma."""
    return all(token.kind == "," for token in tokens[last + 1 : at + 1])
