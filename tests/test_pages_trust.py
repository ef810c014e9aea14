"""Freshness, copying and feedback on the pages, in a real browser."""

import re
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from browser import visit

LIFTS = "datasets/toei-elevator-inspections/"


def find_site(published):
    return published[0] / "build" / "site"


@contextmanager
def visit_on(chromium, published, day, **options):
    """A tab whose clock stands at noon of `day` in Tokyo."""
    with visit(chromium, find_site(published), **options) as tab:
        tab.page.clock.install(time=f"{day}T03:00:00Z")
        yield tab
    tab.check()


def read_dates(published):
    text = (find_site(published) / LIFTS / "index.html").read_text("utf-8")
    return [re.search(rf'data-{name}="([^"]*)"', text)[1] for name in ("created", "due")]


# ---- freshness --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "days", "state", "words"),
    [
        ("", -3, "fresh", "次の更新の目安：3 日後"),
        ("", 12, "overdue", "更新が予定より 12 日遅れています"),
        ("en/", 0, "fresh", "Next expected: today"),
        ("en/", 1, "overdue", "Overdue by 1 day"),
        ("en/", 100, "overdue", "Overdue by 3 months"),
    ],
)
def test_freshness_is_that_of_the_day_of_reading(chromium, published, lang, days, state, words):
    _, due = read_dates(published)
    day = date.fromisoformat(due) + timedelta(days=days)
    with visit_on(chromium, published, day.isoformat()) as tab:
        tab.go(f"{lang}{LIFTS}")
        fresh = tab.page.locator(f"[data-freshness={state}]")
        fresh.wait_for()
        assert words in fresh.inner_text()


def test_the_day_turns_where_the_catalogue_is_not_where_the_reader_is(chromium, published):
    _, due = read_dates(published)
    for hour, state in (("14:59:00", "fresh"), ("15:01:00", "overdue")):  # UTC; midnight in Tokyo is 15:00
        with visit(chromium, find_site(published), timezone_id="America/Los_Angeles") as tab:
            tab.page.clock.install(time=f"{due}T{hour}Z")
            tab.go(LIFTS)
            tab.page.locator(f"[data-freshness={state}]").wait_for()
        tab.check()


def test_without_scripts_the_dates_stand(chromium, published):
    with visit(chromium, find_site(published), java_script_enabled=False) as tab:
        tab.go(f"en/{LIFTS}")
        said = tab.page.locator(".fresh").inner_text()
    assert re.search(r"Data fetched: \d+ \w+ \d{4}", said) and re.search(r"Next expected: \d+ \w+ \d{4}", said)
