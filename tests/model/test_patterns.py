"""Owners' regular expressions end in time, and mean what Python's `re` means by them."""

import concurrent.futures
import multiprocessing
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
from projects import ROOT
from sweeping import halve

from entaku.model import patterns
from entaku.model.patterns import Allowance, Expression, SlowPatternError, find_expression, find_regex_fault

SLOW = {
    "(a+)+$": "a" * 40 + "!",
    "(a|a)*$": "a" * 40 + "!",
    "(.*a){20}": "a" * 60 + "!" * 20,
    r"^(\d+)*$": "1" * 40 + "x",
    "(x+x+)+y": "x" * 60,
    ".*.*.*=": "x" * 20_000,
}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "PATTERN_SECONDS", 0.2)
    find_expression.cache_clear()


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("pattern", SLOW)
@pytest.mark.parametrize("method", halve(["search", "match", "fullmatch", "replace"]))
def test_what_would_take_for_ever_is_given_up(pattern: str, method: str) -> None:
    expression = Expression(f"{pattern}never")
    before = time.process_time()
    with pytest.raises(SlowPatternError) as told:
        getattr(expression, method)(SLOW[pattern], *(["-"] if method == "replace" else []))
    assert time.process_time() - before < 2
    assert told.value.pattern == f"{pattern}never" and SLOW[pattern].startswith(told.value.shown.rstrip("…"))


@pytest.mark.usefixtures("short")
def test_many_matches_that_are_each_just_quick_enough_are_given_up_together() -> None:
    expression, matched = Expression(r"(a+)+$"), 0
    before = time.process_time()
    with pytest.raises(SlowPatternError):
        for _ in range(1000):
            expression.fullmatch("a" * 20 + "!")  # some hundredths of a second
            matched += 1
    assert 0 < matched < 100
    assert time.process_time() - before < 3


@pytest.mark.usefixtures("short")
def test_what_was_slow_once_has_less_time_afterwards() -> None:
    expression = find_expression("(b+)+$")
    with pytest.raises(SlowPatternError):
        expression.search("b" * 40 + "!")
    before = time.process_time()
    with pytest.raises(SlowPatternError):
        find_expression("(b+)+$").search("b" * 40 + "!")
    assert time.process_time() - before < 0.15
    assert find_expression("(b+)+$").search("bb") is not None


@pytest.mark.usefixtures("short")
def test_much_data_has_its_time() -> None:
    """A second of honest work isn't slow, though the limit is a fifth of one."""
    expression, before, count = Expression("[0-9]{1,3}-[a-z]+"), time.process_time(), 0
    while time.process_time() - before < 1:
        count += all(expression.fullmatch("123-abcdefg") is not None for _ in range(1000))
    assert count > 10


def test_verdicts_are_those_of_re() -> None:
    for pattern in ("a|b", "^a$", "a$", "(?P<one>[あ-ん]+)x?", "", ".", r"\d{2}", "(?i)AbC"):
        for text in ("a", "b", "ab", "a\n", "あx", "", "１２", "ABC", "c\nd"):
            made, plain = Expression(pattern), re.compile(pattern)
            for method in ("search", "match", "fullmatch"):
                one, other = getattr(made, method)(text), getattr(plain, method)(text)
                assert (one and one.span()) == (other and other.span()), (pattern, text, method)
            assert made.replace(text, "-") == plain.subn("-", text)
            assert made.groups == tuple(plain.groupindex)


def test_beside_the_main_thread_it_matches_without_a_bound() -> None:
    found = []
    thread = threading.Thread(target=lambda: found.append(Expression("a+").fullmatch("aaa")))
    thread.start()
    thread.join()
    assert found[0] is not None


@pytest.mark.usefixtures("short")
def test_an_exception_that_a_library_swallows_is_raised_again() -> None:
    tried = []

    def compare(text: str) -> None:
        for _ in range(3):
            try:
                re.search("(a+)+$", text)
            except SlowPatternError:
                tried.append(time.process_time())
        raise SlowPatternError("", "")

    with pytest.raises(SlowPatternError):
        Allowance("(a+)+$").spend(compare, "a" * 40 + "!")
    assert len(tried) == 3


def test_faults_of_patterns_are_said_however_python_refuses_them() -> None:
    for pattern in ("(" * 3000 + ")" * 3000, "a{99999999999}"):
        assert find_regex_fault(pattern).startswith("かっこの重なりか、くり返しの数が多すぎます / too many")
    assert find_regex_fault("(a").startswith("「(」が閉じられていません")
    assert find_regex_fault("(a+)+") == ""


@pytest.mark.usefixtures("short")
def test_a_process_that_is_forked_has_a_clock_of_its_own() -> None:
    assert Expression("a+").fullmatch("aaa") is not None
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        waiting = pool.submit(match_for_ever)
        with pytest.raises(SlowPatternError):
            waiting.result(timeout=60)


def match_for_ever() -> None:
    Expression("(a+)+$").fullmatch("a" * 40 + "!")


def test_the_clock_stops_when_nothing_is_compared() -> None:
    assert Expression("a+").fullmatch("aaa") is not None
    before = time.process_time()
    while time.process_time() - before < 0.5:
        pass
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_a_process_ends_well_right_after_a_match() -> None:
    """A tick that comes while Python ends has no handler any more."""
    code = """
import sys
from entaku.model.patterns import Expression
class Late:
    def __del__(self):
        sum(range(8_000_000))
late = sys.modules["late"] = Late()
Expression("a+").fullmatch("aaa")
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
