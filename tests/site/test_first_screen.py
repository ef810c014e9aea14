"""What the first screen of a dataset's page shows, on a phone and on a desk, in both languages, laid out by Chromium."""

import re

import pytest
from browser import SCREENS, visit
from sweeping import halve

DATASETS = ("toei-elevator-inspections", "tokyo-market-daily", "tokyo-tourism-statistics")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
READERS = halve(
    [
        (PHONE, True, ""),
        (PHONE, True, "en/"),
        (PHONE, False, "en/"),
        (PHONE, False, ""),
        (DESK, True, ""),
        (DESK, True, "en/"),
    ]
)
"""Screen, whether scripts run, language."""
FACTS = ("h1", ".glance div:nth-child(1) dd", ".glance div:nth-child(2) dd", ".fresh", ".download")
"""Title, period and area, terms of use, how fresh, one download."""
SEEN = """wanted => wanted.map((selector) => [...document.querySelectorAll(selector)].filter((each) => {
  const { top, bottom, left, right } = each.getBoundingClientRect();
  return each.checkVisibility() && bottom > top && top >= 0 && bottom <= innerHeight && left >= 0 && left < innerWidth && right > 0;
}).length)"""
"""How many elements of each selector are wholly above the fold."""
SHIFT = """() => new Promise((done) => {
  let shift = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((each) => { shift += each.value; }))
    .observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => done(shift), 100);
})"""


@pytest.mark.parametrize(("screen", "scripts", "lang"), READERS)
def test_the_first_screen_says_what_it_is_and_begins_to_show_it(chromium, published, screen, scripts, lang):
    site = published[0] / "build" / "site"
    with visit(chromium, site, viewport=screen, java_script_enabled=scripts) as tab:
        for name in DATASETS:
            tab.go(f"{lang}datasets/{name}/")
            seen = tab.page.evaluate(SEEN, [*FACTS, "table.preview tbody tr", "figure.chart"])
            assert dict(zip(FACTS, (n > 0 for n in seen), strict=False)) == dict.fromkeys(FACTS, True), name
            assert seen[-2] >= 3 or seen[-1], (name, seen)
            if scripts:
                assert tab.page.evaluate(SHIFT) < 0.05, name
            wide = tab.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, name
    tab.check()


@pytest.mark.parametrize(("screen", "scripts", "lang"), READERS)
def test_the_home_page_offers_themes_at_once_and_one_chart_with_a_sentence(chromium, published, screen, scripts, lang):
    with visit(chromium, published[0] / "build" / "site", viewport=screen, java_script_enabled=scripts) as tab:
        tab.go(lang)
        (seen,) = tab.page.evaluate(SEEN, [".hero-themes a"])
        assert seen >= 2
        assert tab.page.locator("figure.chart").count() == 1
        said = tab.page.locator(".shown .lead").inner_text()
        assert any(sign.isdigit() for sign in said) and said.endswith(("。", "."))
        wide = tab.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        numbers = tab.page.locator(".numbers dt").all_inner_texts()
        assert 3 <= len(numbers) <= 5 and not any("ファイル" in each or "source file" in each for each in numbers)
    tab.check()


JARGON = re.compile("主キー|BOM|manifest|正規表現|primary key|regular expression", re.IGNORECASE)


@pytest.mark.parametrize("lang", SCREENS)
def test_how_to_use_is_told_to_people_without_jargon_and_leads_on_to_developers(chromium, published, lang):
    with visit(chromium, published[0] / "build" / "site", java_script_enabled=not lang) as tab:
        for path in ("", "datasets/", "datasets/toei-elevator-inspections/", "quality/", "guide/"):
            tab.go(lang + path)
            words = tab.page.locator("main").evaluate(
                "main => { main.querySelectorAll('pre, code').forEach((each) => each.remove()); return main.textContent; }"
            )
            assert JARGON.findall(words) == [], path
        assert (
            tab.page.locator("nav [aria-current=page]").get_attribute("href").endswith("guide/")
            or lang + "guide/" in tab.page.url
        )
        assert tab.page.locator(".prose h2").count() >= 7
        assert tab.page.locator("meta[property='og:title']").get_attribute("content")
        tab.page.locator(".prose a[href$='developers/']").click()
        assert "datapackage.json" in tab.page.locator("main").inner_text()
        tab.go(f"{lang}datasets/toei-elevator-inspections/")
        assert tab.page.locator(".contents a[href$='feed.atom']").is_visible()
    tab.check()


def test_the_contents_stay_in_sight_and_lead_to_parts_in_this_order(chromium, published):
    with visit(chromium, published[0] / "build" / "site", viewport=PHONE) as tab:
        tab.go("datasets/toei-elevator-inspections/")
        parts = tab.page.evaluate(
            "() => [...document.querySelectorAll('.contents a[href^=\"#\"]')].map((each) => each.hash.slice(1))"
        )
        assert parts == ["tables", "chart", "notes", "columns", "use", "source", "versions", "requests"]
        tops = tab.page.evaluate(
            "ids => ids.map((id) => document.getElementById(id).getBoundingClientRect().top)", parts
        )
        assert tops == sorted(tops), "notes come before statistics"
        tab.page.locator(".contents a", has_text="列").click()
        bar = tab.page.locator(".contents").bounding_box()
        title = tab.page.locator("#columns").bounding_box()
        assert bar["y"] == 0 and bar["height"] <= title["y"] < 200
        tab.go("datasets/toei-elevator-inspections/tables/schedule/")
        tab.page.locator(".column summary").first.click()
        assert tab.page.locator(".column-body").first.is_visible()
    tab.check()


def test_of_many_tables_the_first_is_shown_and_the_others_wait_in_a_line_each(chromium, published):
    with visit(chromium, published[0] / "build" / "site", viewport=DESK) as tab:
        tab.go("datasets/tokyo-market-daily/")
        others = tab.page.locator("details.table-more")
        assert tab.page.locator("section.table-card").count() == 1 and others.count() == 10
        assert max(others.nth(n).bounding_box()["height"] for n in range(10)) < 60
        others.nth(1).locator("> summary").click()
        assert others.nth(1).locator("tbody tr").first.is_visible()
    tab.check()


def test_rows_are_the_newest_in_the_words_of_the_page_with_scripts_and_without(chromium, published):
    page = "datasets/toei-elevator-inspections/"
    first = {}
    for scripts in (True, False):
        with visit(chromium, published[0] / "build" / "site", viewport=DESK, java_script_enabled=scripts) as tab:
            for lang in ("", "en/"):
                tab.go(lang + page)
                shown = tab.page.locator(".preview").first
                names = [each.get_attribute("data-name") for each in shown.locator("thead th").all()]
                assert ("line_ja" in names, "line_en" in names) == (lang == "", lang != "")
                assert names.index("line_id") > names.index("location"), "codes come after names"
                days = shown.locator("tbody th").all_inner_texts()
                assert len(days) >= 3 and days == sorted(days, reverse=True)
                first.setdefault(lang, shown.locator("tbody").inner_text())
                assert shown.locator("tbody").inner_text() == first[lang]
                assert shown.get_attribute("aria-rowcount") == "96"
        tab.check()
    assert "新しい順" in (published[0] / "build/site" / page / "index.html").read_text("utf-8")


def test_days_are_found_as_people_write_them_and_hits_are_marked(chromium, published):
    with visit(chromium, published[0] / "build" / "site", viewport=DESK) as tab:
        for asked in ("2026/7/22", "7月22日", "2026年7月22日"):
            tab.go(f"datasets/toei-elevator-inspections/?schedule.q={asked}%20大江戸")
            tab.page.wait_for_selector(".view.live mark")
            days = set(tab.page.locator(".preview").first.locator("tbody th").all_inner_texts())
            assert days == {"2026-07-22"}, asked
            assert set(tab.page.locator("mark").all_inner_texts()) == {"大江戸"}
        tab.go("datasets/toei-elevator-inspections/?schedule.sort=date")
        tab.page.wait_for_selector(".view.live")
        tab.page.get_by_role("button", name="絞り込む").click()
        panel = tab.page.locator("#view-panel-schedule")
        panel.get_by_role("combobox").select_option("line_ja")
        panel.get_by_role("checkbox").first.wait_for()
        counts = [int(each) for each in panel.locator(".view-choice small").all_inner_texts()]
        assert len(counts) > 2 and counts == sorted(counts, reverse=True) and sum(counts) == 95
    tab.check()


def test_on_a_phone_rows_are_cards_until_the_table_is_asked_for(chromium, published):
    with visit(chromium, published[0] / "build" / "site", viewport=PHONE, java_script_enabled=False) as tab:
        tab.go("datasets/toei-elevator-inspections/")
        head, row = tab.page.locator(".preview thead").first, tab.page.locator(".preview tbody tr").first
        assert not head.is_visible() and row.bounding_box()["width"] <= 390
        tab.page.locator(".cards-off input").first.check()
        assert head.is_visible() and row.bounding_box()["width"] > 390
        scroll = tab.page.locator(".scroll").first
        scroll.evaluate("each => { each.scrollLeft = 300; }")
        assert row.locator("th").bounding_box()["x"] >= scroll.bounding_box()["x"], "the first column stays"
    tab.check()
