"""Freshness, copying and feedback on the pages, in a real browser."""

import re
from contextlib import contextmanager
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from browser import visit
from projects import ROOT, lifts, make_project, put_sample, run
from worlds import generate_catalogue

from entaku.site import Design, stream_site
from entaku.store import read_project
from entaku.work.render import split_templates

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


def test_the_page_on_quality_counts_all_that_is_late_also_what_it_does_not_draw(chromium, tmp_path):
    catalogue = generate_catalogue(130)
    design = Design(*split_templates(read_project(ROOT, "site_templates/**/*")))
    for page in stream_site(catalogue, design):
        if page.path.startswith(("quality/", "assets/")):
            (tmp_path / page.path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / page.path).write_bytes(page.body)
    dues = sorted(dataset.due.isoformat() for dataset in catalogue.datasets)
    with visit(chromium, tmp_path) as tab:
        for day, late in ((dues[-1], sum(due < dues[-1] for due in dues)), ("2031-01-01", 130)):
            tab.page.clock.install(time=f"{day}T03:00:00Z")
            tab.go("quality/")
            assert (
                tab.page.locator(".overdue-count")
                .inner_text()
                .startswith(f"約束より遅れているデータ：{late}（1 週間まで ")
            )
            told = tab.page.locator(".overdue-count").inner_text()
            groups = [int(n) for n in re.findall(r"\d+", told.split("約束より遅れているデータ：")[1])]
            assert groups[0] == late == groups[2] + groups[4] + groups[5] and len(groups) == 6, (
                "1 週間まで n、1 か月まで n、それより長い n"
            )
            cells = tab.page.locator("td[data-dues]").all_inner_texts()
            assert sum(int(found[1]) for each in cells if (found := re.match(r"(\d+) 件が遅れています", each))) == late
        shown = [cell.get_attribute("data-due") for cell in tab.page.locator("td[data-due]").all()]
    assert shown == dues[:10] and dues[10] < dues[-1], "what was due first comes first"


def test_without_scripts_the_dates_stand(chromium, published):
    with visit(chromium, find_site(published), java_script_enabled=False) as tab:
        tab.go(f"en/{LIFTS}")
        said = tab.page.locator(".fresh").inner_text()
    assert re.search(r"Data fetched: \d+ \w+ \d{4}", said) and re.search(r"Next expected: \d+ \w+ \d{4}", said)


# ---- copying, pinning, feedback ---------------------------------------------------------------------------------


def test_code_is_copied_and_told(chromium, published):
    site = find_site(published)
    with visit(chromium, site, permissions=["clipboard-read", "clipboard-write"]) as tab:
        tab.go(LIFTS)
        tab.page.locator("details.load > summary").first.click()
        button = tab.page.get_by_role("button", name="コピー: Python (pandas)").first
        button.focus()
        tab.page.keyboard.press("Enter")
        tab.page.get_by_role("status").filter(has_text="コピーしました").wait_for(state="attached")
        copied = tab.page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("# pip install pandas") and re.search(rf"{LIFTS}[\d.]+/schedule.parquet", copied)
        assert button.inner_text() == "コピーしました"
        assert "コピー" not in copied
    tab.check()


def test_where_the_clipboard_is_refused_the_text_is_selected_or_copied_all_the_same(chromium, published):
    with visit(chromium, find_site(published)) as tab:
        tab.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        tab.go(f"en/{LIFTS}")
        button = tab.page.get_by_role("button", name="Copy: Permanent address").first
        button.click()
        tab.page.get_by_role("status").filter(has_text=re.compile("Copied|Selected")).wait_for(state="attached")
        assert tab.page.evaluate("getSelection().toString().trim()").endswith(LIFTS)
    tab.check()


def test_snippets_read_this_version_and_by_choice_the_newest_without_scripts_and_no_dead_buttons(chromium, published):
    with visit(chromium, find_site(published), java_script_enabled=False) as tab:
        tab.go(LIFTS)
        tab.page.locator("details.load > summary").first.click()
        assert tab.page.get_by_text("import pandas as pd").first.is_visible()
        told = tab.page.locator("details.load-latest")
        assert not told.locator("pre").first.is_visible()
        told.locator("summary").first.click()
        assert told.locator("pre").first.is_visible()
        assert tab.page.locator("button.copy").count() == 0
        pinned, latest = (
            tab.page.locator(f"[data-load={kind}] pre code").all_text_contents() for kind in ("pinned", "latest")
        )
        assert len(pinned) == 7 and len(latest) == 2
        found = re.findall(rf"{LIFTS}(\d{{4}}\.\d\d\.\d\d/)", "".join(pinned))
        assert len(found) >= 7 and f" {found[0]} " in told.inner_text(), "what is to be left out of the addresses"
        for each, name in zip(latest, ("polars", "hyparquet"), strict=True):
            assert name in each and LIFTS in each and not re.search(rf"{LIFTS}\d", each)
            moved = [re.sub(rf"({LIFTS})\d{{4}}\.\d\d\.\d\d/", r"\1", one) for one in pinned]
            assert each not in moved, "by one request"


def test_feedback_carries_dataset_and_version_to_the_address_that_was_set(chromium, tmp_path):
    project = make_project(tmp_path / "p")
    catalogue = project / "catalogue.yaml"
    text = catalogue.read_text("utf-8")
    catalogue.write_text(
        text.replace(
            '"https://office.example.org/"}', '"https://office.example.org/", feedback: desk@office.example.org}'
        ),
        "utf-8",
    )
    put_sample(project, lifts("A-1,2026/6/3"))
    assert run(project).site == "published"
    with visit(chromium, project / "build" / "site") as tab:
        for path in ("datasets/lifts/", "datasets/lifts/2026.06.29/", "en/datasets/lifts/"):
            tab.go(path)
            href = tab.page.locator(".feedback a").get_attribute("href")
            parts = urlsplit(href)
            assert (parts.scheme, parts.path) == ("mailto", "desk@office.example.org")
            said = parse_qs(parts.query)
            assert "lifts 2026.06.29" in said["subject"][0] and "version: 2026.06.29" in said["body"][0]
    tab.check()
