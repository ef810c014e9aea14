"""The table of a dataset's page in a real browser, over a Parquet file of a million rows that is read by ranges."""

from urllib.parse import parse_qs, urlsplit

import pytest
from bigtable import make_site
from browser import visit

ROWS = 1_000_000
PAGE = "datasets/trips/"
SLOW = 60_000


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    return make_site(tmp_path_factory.mktemp("big"), ROWS)


def settle(tab):
    """Wait until the table of gates has answered."""
    tab.page.wait_for_selector(".view.live", timeout=SLOW)
    tab.page.wait_for_function("() => !document.querySelector('[data-view=gates] table[aria-busy]')", timeout=SLOW)


def cells(tab, column):
    """The texts of a column that is shown, by its number."""
    return tab.page.locator(f"[data-view=gates] tbody tr td:nth-child({column})").all_inner_texts()


def view(tab):
    return tab.page.locator("[data-view=gates]")


def test_first_rows_come_for_less_than_a_megabyte(chromium, big):
    site, frame = big
    with visit(chromium, site) as tab:
        tab.go(f"{PAGE}?gates.size=50")
        settle(tab)
        assert cells(tab, 1) == [str(n) for n in frame["id"][:50]]
        assert cells(tab, 2) == [str(day) for day in frame["day"][:50]]
        assert "1,000,000 行のうち 1–50 行目" in view(tab).get_by_role("status").inner_text()
        assert 10_000 < tab.bytes < 1_000_000
        tab.page.wait_for_timeout(200)
    tab.check()


def test_nothing_is_loaded_until_the_table_is_near(chromium, big):
    with visit(chromium, big[0], viewport={"width": 390, "height": 100}) as tab:
        tab.go(PAGE)
        names = [path for path, _ in tab.fetched]
        assert not any("table" in name or "parquet" in name for name in names), names
        tab.page.locator("[data-view=gates]").scroll_into_view_if_needed()
        settle(tab)
        assert not any("parquet" in name for name, _ in tab.fetched), "read before anyone asked"
    tab.check()


def test_sort(chromium, big):
    site, frame = big
    with visit(chromium, site) as tab:
        tab.go(PAGE)
        settle(tab)
        header = view(tab).get_by_role("button", name="人数")
        for descending in (False, True):
            header.click()
            settle(tab)
            want = frame.sort_values("people", ascending=not descending, kind="stable", na_position="last")
            assert cells(tab, 1) == [str(n) for n in want["id"][:25]]
            heading = view(tab).locator("th", has_text="人数")
            assert heading.get_attribute("aria-sort") == ("descending" if descending else "ascending")
        assert parse_qs(urlsplit(tab.page.url).query) == {"gates.sort": ["-people"]}
        view(tab).get_by_role("button", name="符号").click()
        settle(tab)
        assert cells(tab, 7) == sorted(frame["code"])[:25]
    tab.check()
