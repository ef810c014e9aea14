""" "Where does this come from?" on a dataset's page: the place of any row, by the place file, in a real browser."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from browser import visit

PAGE = "datasets/toei-elevator-inspections/"


def ask(tab: Any, row: int, opened: bool = False) -> str:
    """What is said of a row."""
    box = tab.page.locator("details.whence").first
    if not opened:
        box.locator("summary").click()
    box.locator("input[name=row]").fill(str(row))
    box.locator("button").click()
    tab.page.wait_for_function(
        "(row) => [...document.querySelectorAll('details.whence caption')].some((each) => each.textContent.includes(row))",
        arg=str(row),
    )
    return str(box.inner_text())


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_row_is_led_back_to_its_line_and_column(chromium: Any, published: Any, lang: str) -> None:
    folder: Path = published[0]
    site = folder / "build" / "site"
    rows = list(csv.DictReader((site / PAGE / "schedule.csv").open(encoding="utf-8", newline="")))
    raws = [path.read_text("utf-8-sig") for path in sorted((site / PAGE / "raw").glob("*.csv"))]
    with visit(chromium, site) as tab:
        tab.go(PAGE if lang == "ja" else f"en/{PAGE}")
        assert not tab.page.locator("details.whence input").first.is_visible()
        for n, number in enumerate((1, 40, len(rows))):
            said = ask(tab, number, opened=n > 0)
            (line,) = re.findall(r"^(?:エレベータID|Lift ID)\t(?:line )?(\d+)", said, re.MULTILINE)
            assert any(
                rows[number - 1]["elevator_id"] in raw.splitlines()[int(line) - 1]
                for raw in raws
                if len(raw.splitlines()) >= int(line)
            )
            assert "SHA-256" in said and "https://www.opendata.metro.tokyo.lg.jp/" in said
        assert not tab.errors and not tab.elsewhere


def test_it_fits_a_telephone(chromium: Any, published: Any) -> None:
    with visit(chromium, published[0] / "build" / "site") as tab:
        tab.page.set_viewport_size({"width": 390, "height": 800})
        tab.go(PAGE)
        ask(tab, 2)
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_can_not_be_read_is_said(chromium: Any, published: Any) -> None:
    with visit(chromium, published[0] / "build" / "site") as tab:
        tab.go(PAGE)
        tab.page.evaluate("document.querySelector('[data-whence]').dataset.places = 'nowhere.parquet'")
        tab.page.evaluate("document.querySelector('[data-whence]').dataset.bytes = '900000'")
        box = tab.page.locator("details.whence").first
        box.locator("summary").click()
        box.locator("button").click()
        box.get_by_role("alert").wait_for()
