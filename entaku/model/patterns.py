"""Regular expressions that owners write: what is wrong with one, and matching in bounded time."""

import atexit
import re
import signal
import threading
from collections.abc import Callable
from functools import lru_cache
from types import FrameType
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field


def check_regex(text: str) -> str:
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
    str, Field(min_length=1, max_length=500, json_schema_extra={"format": "regex"}), AfterValidator(check_regex)
]


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
