"""Charts in a real browser: the number under the pointer, lines switched off, the table's filters, pictures, embedding."""

import csv
import gzip
import io
import re
import shutil
from collections import defaultdict
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from browser import SCREENS, find_faults, visit
from projects import ROOT, make_project, put_sample, run
from sweeping import halve

PIPELINE = """\
name: people
title: {ja: 来場者, en: Visitors}
description: {ja: 試験用の合成データです。, en: Synthetic data for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
resources:
  - name: visits
    title: {ja: 月ごとの来場者, en: Visitors by month}
    source: {url: "https://office.example.org/visits.csv"}
    schema:
      primaryKey: [month, hall, age]
      fields:
        - {name: month, type: date, title: {ja: 月, en: Month}}
        - {name: hall, title: {ja: 館, en: Hall}}
        - {name: age, title: {ja: 年齢層, en: Age group}}
        - {name: people, type: integer, unit: 人, title: {ja: 来場者数, en: Visitors}}
"""
HALLS, AGES = ["東館", "西館", "南館"], ["子ども", "大人", "シニア", "不明"]
ROWS = [
    (f"{2023 + m // 12}-{m % 12 + 1:02}-01", hall, age, 100 * (h + 1) + 37 * m % 50 + 11 * a)
    for m in range(26)
    for h, hall in enumerate(HALLS)
    for a, age in enumerate(AGES)
    if not 9 <= m <= 12
]
DRAWING = re.compile(r"/(?:d3|chart-draw)[.]")
"""Scripts that draw a chart anew."""
LINE, PARTS = '[data-chart="visits-line-1"]', '[data-chart="visits-parts-1"]'


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if not (ROOT / "build" / "vendor" / "d3.js").is_file():
        pytest.skip("build/vendor isn't there: `make` bundles it where it finds Node.js or the network")
    project = make_project(tmp_path_factory.mktemp("charts") / "p", people=PIPELINE)
    shutil.copytree(ROOT / "build" / "vendor", project / "build" / "vendor")
    text = "month,hall,age,people\n" + "".join(f"{','.join(map(str, row))}\n" for row in ROWS)
    put_sample(project, text, "https://office.example.org/visits.csv")
    result = run(project)
    assert result.site == "published", result.findings
    return project / "build" / "site"


def sum_up(column, keep=lambda row: True):
    """Visitors by month and the value of a column."""
    sums = defaultdict(int)
    for row in filter(keep, ROWS):
        sums[row[0], row[column]] += row[3]
    return sums


def save(tab, figure, name):
    """The file that a button of the chart saves."""
    tools = tab.page.locator(f"{figure} .chart-tools")
    if not tools.evaluate("each => each.open"):
        tools.locator("summary").click()
    with tab.page.expect_download() as download:
        tools.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_bytes()


@pytest.mark.parametrize("lang", halve(SCREENS))
def test_the_number_under_the_pointer_and_by_keys(chromium, site, lang):
    with visit(chromium, site) as tab:
        tab.go(f"{lang}datasets/people/")
        assert not any(DRAWING.search(path) for path, _ in tab.fetched), "nothing until it is touched"
        box = tab.page.locator(f"{LINE} .chart-box")
        box.scroll_into_view_if_needed()
        tab.rest()
        box.hover(position={"x": 300, "y": 100})
        box.locator(".chart-live .line").first.wait_for()
        plot, tip = box.locator(".chart-live"), box.locator(".chart-tip")
        plot.hover(position={"x": 64, "y": 100})
        told = tip.inner_text()
        sums = sum_up(1)
        assert ("2023年1月" if not lang else "Jan 2023") in told
        assert all(f"{sums['2023-01-01', hall]:,}" in told for hall in HALLS)
        plot.focus()
        plot.press("End")
        last = tip.inner_text()
        plot.press("ArrowLeft")
        assert ("2025年2月" if not lang else "Feb 2025") in last and f"{sums['2025-02-01', '東館']:,}" in last
        assert f"{sums['2025-01-01', '東館']:,}" in tip.inner_text() != last
        # The line is broken where four months are missing, as it is without scripts.
        paths = plot.locator(".line").evaluate_all("each => each.map((path) => path.getAttribute('d'))")
        assert len(paths) == 3 and all(path.count("M") == 2 for path in paths)
    tab.check()


def test_lines_are_switched_off_and_the_address_says_so(chromium, site):
    with visit(chromium, site) as tab:
        tab.go("datasets/people/")
        box = tab.page.locator(f"{LINE} .chart-box")
        box.scroll_into_view_if_needed()
        tab.rest()
        box.hover(position={"x": 300, "y": 100})
        box.locator(".chart-live .line").first.wait_for()
        tall = box.locator(".chart-live text.step").all_inner_texts()
        button = box.get_by_role("button", name="南館")
        button.click()
        assert button.get_attribute("aria-pressed") == "false"
        assert box.locator(".chart-live .line").count() == 2
        assert box.locator(".chart-live text.step").all_inner_texts() != tall, "the axis suits what is seen"
        address = tab.page.url
        assert parse_qs(urlsplit(address).query) == {"figure-visits-line-1.hide": ["南館"]}
        tab.go("datasets/people/?" + urlsplit(address).query)
        assert tab.page.locator(f"{LINE} .chart-live .line").count() == 2
        head, *rows = csv.reader(io.StringIO(save(tab, LINE, "CSV").decode("utf-8-sig")))
        sums = sum_up(1)
        assert sorted(head[1:]) == ["東館", "西館"]
        assert rows == [[m[:7], *(str(sums[m, hall]) for hall in head[1:])] for m in sorted({row[0] for row in ROWS})]
        tab.page.locator(f"{LINE} .chart-legend").get_by_role("button", name="南館").press("Enter")
        assert tab.page.locator(f"{LINE} .chart-live .line").count() == 3 and "hide" not in tab.page.url
    tab.check()


def test_the_tables_filters_are_the_charts_too(chromium, site):
    with visit(chromium, site) as tab:
        tab.go("datasets/people/?visits.in.age=大人&figure-visits-line-1.follow=1&figure-visits-parts-1.follow=1")
        tab.page.locator(f"{LINE} .chart-box").scroll_into_view_if_needed()
        tab.rest()
        status = tab.page.locator(f"{LINE} .chart-follow [role=status]")
        count = sum(row[2] == "大人" for row in ROWS)
        status.filter(has_text=f"{count} 行").wait_for()
        head, *rows = csv.reader(io.StringIO(save(tab, LINE, "CSV").decode("utf-8-sig")))
        sums = sum_up(1, lambda row: row[2] == "大人")
        assert {
            (f"{row[0]}-01", hall): int(cell) for row in rows for hall, cell in zip(head[1:], row[1:], strict=True)
        } == sums
        share = tab.page.locator(f"{PARTS} table.bars .n").all_inner_texts()
        last = [sums["2025-02-01", hall] for hall in HALLS]
        assert share == [f"{n:,}（{100 * n / sum(last):.1f}%）" for n in sorted(last, reverse=True)]
        tab.page.locator(f"{LINE} .chart-follow input").uncheck()
        status.filter(has_not_text="行").wait_for(state="attached")
        _, *rows = csv.reader(io.StringIO(save(tab, LINE, "CSV").decode("utf-8-sig")))
        assert sum(int(cell) for row in rows for cell in row[1:]) == sum(row[3] for row in ROWS)
    tab.check()


@pytest.mark.parametrize("figure", [LINE, PARTS])
def test_pictures_are_whole_by_themselves(chromium, site, figure):
    with visit(chromium, site) as tab:
        tab.go("datasets/people/")
        tab.page.locator(figure).scroll_into_view_if_needed()
        tab.rest()
        picture, bitmap = save(tab, figure, "SVG"), save(tab, figure, "PNG")
        assert picture.startswith(b"<svg") and b"class=" not in picture and b"var(" not in picture
        title = tab.page.locator(f"{figure} figcaption strong").inner_text()
        assert title in picture.decode() and "datasets/people/" in picture.decode()
        assert bitmap.startswith(b"\x89PNG") and int.from_bytes(bitmap[16:20], "big") == 1600
        drawn = tab.page.evaluate(
            """async (bytes) => {
                const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
                const canvas = new OffscreenCanvas(picture.width, picture.height), pen = canvas.getContext('2d');
                pen.drawImage(picture, 0, 0);
                const { data } = pen.getImageData(0, 0, picture.width, picture.height), colours = new Set();
                for (let n = 0; n < data.length; n += 4) colours.add((data[n] << 16) | (data[n + 1] << 8) | data[n + 2]);
                return colours.size;
            }""",
            list(bitmap),
        )
        assert drawn > 10, "there is more on it than paper"
    tab.check()


def test_a_chart_is_embedded_in_another_page(chromium, site):
    with visit(chromium, site) as tab:
        tab.go("datasets/people/?figure-visits-line-1.hide=南館")
        tab.page.locator(LINE).scroll_into_view_if_needed()
        tab.rest()
        tab.page.locator(f"{LINE} .chart-tools summary").click()
        code = tab.page.locator(f"{LINE} .chart-panel textarea").input_value(timeout=20_000)
        own = f"{tab.root}datasets/people/charts/?figure-visits-line-1.hide={quote('南館')}#visits-line-1"
        assert f'src="{own}"' in code
        tab.page.route(
            "**/blog.html", lambda route: route.fulfill(body=f"<title>b</title>{code}", content_type="text/html")
        )
        tab.page.goto(tab.root + "blog.html")
        frame = tab.page.frame_locator("iframe")
        frame.locator(f"{LINE} .chart-box").hover(position={"x": 200, "y": 90})
        frame.locator(".chart-live .line").first.wait_for()
        assert frame.locator(".chart-live .line").count() == 2, "what was switched off here is off there"
        assert frame.locator("header nav").count() == 0 and "試験用" not in frame.locator("h1").inner_text()
        assert frame.locator(".chart-source a").first.get_attribute("target") == "_top"
    tab.check()


@pytest.mark.parametrize("lang", halve(SCREENS))
def test_charts_in_use_pass_axe_and_fit_the_screen(chromium, site, lang):
    with visit(chromium, site) as tab:
        for path, within in (
            (
                "datasets/people/?figure-visits-line-1.hide=南館&visits.in.age=大人&figure-visits-line-1.follow=1",
                "figure, .view",
            ),
            ("datasets/people/charts/", ""),
            ("datasets/people/charts/#visits-line-1", ""),
        ):
            tab.go(lang + path)
            tab.page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            tab.rest()
            for scheme, width in SCREENS[lang]:
                assert find_faults(tab, scheme, width, within) == {}, (path, scheme, width)
    tab.check()


@pytest.mark.parametrize("lang", halve(SCREENS))
def test_charts_are_whole_without_scripts(chromium, site, lang):
    with visit(chromium, site, java_script_enabled=False) as tab:
        tab.go(f"{lang}datasets/people/")
        assert tab.page.locator(f"{LINE} svg path.line").count() == 3
        tab.page.locator(f"{LINE} .chart-own a").click()
        tab.page.wait_for_url(f"**/{lang}datasets/people/charts/#visits-line-1")  # and until it is loaded
        seen = tab.page.locator("figure").filter(visible=True)
        assert seen.count() == 1 and seen.locator("tbody tr").count() == 22
        tab.go(f"{lang}datasets/people/charts/")
        assert tab.page.locator("figure").filter(visible=True).count() == tab.page.locator("figure").count() > 1


def test_a_page_with_a_chart_in_use_stays_light(chromium, site):
    with visit(chromium, site) as tab:
        tab.go("datasets/people/charts/?figure-visits-line-1.hide=南館#visits-line-1")
        tab.rest()
        paths = {urlsplit(path).path for path, _ in tab.fetched}
        assert any(DRAWING.search(path) for path in paths)
        names = [path if not path.endswith("/") else f"{path}index.html" for path in paths]
        packed = sum(len(gzip.compress((site / name).read_bytes())) for name in names)
        assert packed < 60_000, packed
