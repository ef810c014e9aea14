"""Maps in a real browser with WebGL: clusters and what stands behind a point, the table filtered by what is in view, what
is near, and the drawing of dots that stays where maps can't be drawn."""

import gzip
import json
import random
import re
import shutil
import time
from contextlib import contextmanager
from io import BytesIO
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from urllib.parse import parse_qs, urlsplit

import pytest
from browser import ARGUMENTS, SCREENS, find_chromium, find_faults, visit
from PIL import Image, ImageStat
from projects import ROOT, make_project, put_sample, run
from tiles import write_red, write_tiles, write_vector

PIPELINE = """\
name: shelters
title: {ja: 避難所, en: Shelters}
description: {ja: 試験用の合成データです。, en: Synthetic data for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
resources:
  - name: places
    title: {ja: 避難所の場所, en: Where the shelters are}
    source: {url: "https://office.example.org/places.csv"}
    schema:
      primaryKey: [id]
      fields:
        - {name: id, title: {ja: 番号, en: Number}}
        - {name: name, title: {ja: 名前, en: Name}}
        - {name: ward, title: {ja: 区, en: Ward}}
        - {name: people, type: integer, unit: 人, title: {ja: 定員, en: Places}}
        - {name: lat, type: number, title: {ja: 緯度, en: Latitude}}
        - {name: lon, type: number, title: {ja: 経度, en: Longitude}}
"""
WARDS = {"新宿区": (35.694, 139.703), "江東区": (35.673, 139.817), "八王子市": (35.666, 139.316)}
MAP = '[data-map="places"]'
TOCHO = {"longitude": 139.6917, "latitude": 35.6895}


def make_rows():
    """600 shelters in three places, four of them in one building, five nowhere."""
    dice = random.Random(19)
    rows = []
    for n in range(600):
        ward = list(WARDS)[n % 3]
        lat, lon = WARDS[ward]
        at = (f"{lat + dice.gauss(0, 0.012):.6f}", f"{lon + dice.gauss(0, 0.014):.6f}")
        at = ("", "") if n < 5 else ("35.710063", "139.8107") if n < 9 else at
        rows.append(
            (f"S-{n:03}", f"避難所{n}" if n != 5 else '<b onmouseover="alert(1)">塔</b>', ward, *at, str(n % 7 * 50))
        )
    return rows


ROWS = make_rows()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if not (ROOT / "build" / "vendor" / "maplibre.js").is_file():
        pytest.skip("build/vendor isn't there: `make` bundles it where it finds Node.js or the network")
    project = make_project(tmp_path_factory.mktemp("maps") / "p", shelters=PIPELINE)
    shutil.copytree(ROOT / "build" / "vendor", project / "build" / "vendor")
    text = "id,name,ward,lat,lon,people\n" + "".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in ROWS
    )
    put_sample(project, text, "https://office.example.org/places.csv")
    result = run(project)
    assert result.site == "published", result.findings
    return project / "build" / "site"


@contextmanager
def start_drawing(chromium, *options):
    """A Chromium that draws by WebGL in software, but puts no more together by it; or one with other `options`."""
    given = options or (
        "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
        "--disable-gpu-compositing", "--disable-gpu-rasterization",
    )  # fmt: skip
    browser = chromium.browser_type.launch(executable_path=find_chromium(), args=[*ARGUMENTS, *given])
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def drawing(chromium):
    with start_drawing(chromium) as browser:
        yield browser


def look(browser, site, **options):
    """A tab where maps don't move by degrees, each step of which is drawn in software; `visit` has one where they do."""
    return visit(browser, site, **{"reduced_motion": "reduce", "viewport": {"width": 700, "height": 600}, **options})


def open_map(tab, path="datasets/shelters/"):
    """Go to a page and wait for the map."""
    tab.go(path)
    tab.page.locator(f"{MAP} .map-box").scroll_into_view_if_needed()
    tab.page.locator(f"{MAP} .map-tools button").first.wait_for(timeout=60_000)
    tab.page.locator(f"{MAP} .map-status").filter(has_text="595").wait_for(timeout=60_000)
    tab.rest()


SHELTERS = "datasets/shelters/"
COUNT_DRAWN = """
window.drawn = 0;
const clear = WebGL2RenderingContext.prototype.clear;
WebGL2RenderingContext.prototype.clear = function (...given) { window.drawn += 1; return clear.apply(this, given); };
"""


@pytest.fixture(scope="module")
def shared(drawing, site):
    with look(drawing, site) as tab:
        tab.page.add_init_script(COUNT_DRAWN)
        yield tab


@pytest.fixture
def opened(shared, request):
    """A tab with the map as it is opened: that of the test before, which has cost a second, where it was left so."""
    if shared.page.url != shared.root + SHELTERS or getattr(shared, "left", "") != "as it was":
        open_map(shared)
    shared.left = "in use"
    yield shared
    shared.check()


def leave(tab):
    """Show all of the map again, and say that nothing else is as it wasn't."""
    tab.page.get_by_role("button", name="全体を見る").click()
    tab.page.wait_for_url(tab.root + SHELTERS)
    tab.left = "as it was"


def read_box(tab):
    """What is in view, as the address says it where the table shows only that."""
    (value,) = parse_qs(urlsplit(tab.page.url).query)["places.within.lon"]
    return [float(each) for each in value.split(",")]


def press(tab, key):
    """Press a key on the map, and wait until the address tells what is in view then."""
    before = tab.page.url
    tab.page.keyboard.press(key)
    tab.page.wait_for_function("before => location.href !== before", arg=before, timeout=20_000)


def count_in(box):
    west, south, east, north = box
    return sum(bool(row[3]) and west <= float(row[4]) <= east and south <= float(row[3]) <= north for row in ROWS)


def told(tab):
    return tab.page.locator(f"{MAP} .map-status").inner_text()


def follow(tab, count):
    """Wait until the table's first line tells of `count` rows."""
    tab.page.locator("[data-view=places] .view-status").filter(has_text=f"{count:,}").wait_for(timeout=20_000)


def test_nothing_of_a_map_is_loaded_until_it_is_seen_and_nothing_from_elsewhere(drawing, site):
    with look(drawing, site, viewport={"width": 390, "height": 400}) as tab:
        tab.page.add_init_script(
            "window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach((each) =>"
            " each.hadRecentInput || (window.moved += each.value))).observe({type: 'layout-shift', buffered: true})"
        )
        tab.go("datasets/shelters/")
        assert not any("map" in path for path, _ in tab.fetched), tab.fetched
        open_map(tab)
        names = {path.split("/")[-1].split(".")[0] for path, _ in tab.fetched}
        assert {"map-live", "maplibre", "maplibre-worker", "outlines"} <= names
        assert "場所が書かれていない 5 行" in told(tab)
        credit = tab.page.locator(".maplibregl-ctrl-attrib-inner").inner_text()
        assert "Natural Earth" in credit
        assert tab.page.evaluate("() => window.moved") < 0.05
    tab.check()


def test_pages_without_a_map_have_nothing_of_it(published):
    folder, _ = published
    site = folder / "build" / "site"
    for page in site.glob("datasets/*/index.html"):
        assert "map-words" not in page.read_text("utf-8") and "data-map" not in page.read_text("utf-8")
    assert not list((site / "assets").glob("maplibre*")) and not list((site / "assets").glob("outlines*"))


def test_the_table_shows_what_is_in_view_and_the_address_says_so(opened):
    tab = opened
    only = tab.page.get_by_label("地図に見えている行だけを表に出す")
    only.check()
    follow(tab, 595)
    tab.page.locator(".maplibregl-canvas").focus()
    for key in ("ArrowRight", "ArrowRight", "+"):
        press(tab, key)
    tab.rest()
    box = read_box(tab)
    count = count_in(box)
    assert 0 < count < 595
    follow(tab, count)
    assert f"いま見えているのは {count} 行" in told(tab)
    chip = tab.page.locator("[data-view=places] .view-chips").get_by_role("button", name="地図に見えている範囲")
    address = tab.page.url
    tab.page.go_back()
    tab.page.wait_for_function("() => !location.search.includes('within')")
    tab.page.wait_for_function("() => !document.querySelector('.map-tools input').checked")
    # The same address on a new page shows the same rows and the same part of the earth.
    open_map(tab, "datasets/shelters/?" + urlsplit(address).query)
    follow(tab, count)
    assert only.is_checked()
    assert read_box(tab) == pytest.approx(box, abs=0.01)
    chip.click()
    tab.page.wait_for_function("() => !document.querySelector('.map-tools input').checked")
    follow(tab, 600)
    leave(tab)


def test_the_maps_condition_stays_when_others_are_chosen(drawing, site):
    box = (139.5, 35.6, 139.78, 35.8)
    with look(drawing, site) as tab:
        tab.go("datasets/shelters/?places.within.lon=" + ",".join(map(str, box)))
        count = count_in(box)
        follow(tab, count)
        tab.page.get_by_role("button", name="絞り込む（1）").click()
        panel = tab.page.locator(".view-filter")
        panel.get_by_label("列").select_option("name")
        panel.get_by_role("searchbox").last.fill("避難所1")
        panel.get_by_role("button", name="絞り込む", exact=True).click()
        west, south, east, north = box
        both = sum(
            bool(row[3]) and west <= float(row[4]) <= east and south <= float(row[3]) <= north and "避難所1" in row[1]
            for row in ROWS
        )
        assert 0 < both < count
        follow(tab, both)
        assert "within" in tab.page.url
    tab.check()


def test_the_tables_filters_are_the_maps_too(opened):
    field, status = opened.page.get_by_role("searchbox", name="表の中を探す"), opened.page.locator(f"{MAP} .map-status")
    field.fill("避難所11")
    count = sum("避難所11" in row[1] and bool(row[3]) for row in ROWS)
    status.filter(has_text=f"{count} 行を描いています").wait_for(timeout=20_000)
    field.fill("")
    status.filter(has_text="595 行を描いています").wait_for(timeout=20_000)
    leave(opened)


def test_a_cluster_opens_and_the_mark_on_a_link_leads_to_the_record(drawing, site):
    with look(drawing, site, viewport={"width": 1280, "height": 900}) as tab:
        open_map(tab)
        tab.page.get_by_label("地図に見えている行だけを表に出す").check()
        tab.page.wait_for_function("() => location.search.includes('within')")
        west, south, east, north = read_box(tab)
        mine = [row for row in ROWS if row[3] and row[2] == "八王子市"]
        lon, lat = (sum(float(row[n]) for row in mine) / len(mine) for n in (4, 3))
        canvas = tab.page.locator(".maplibregl-canvas")
        size = canvas.bounding_box()
        x, y = size["width"] * (lon - west) / (east - west), size["height"] * (north - lat) / (north - south)
        before = tab.page.url
        canvas.click(position={"x": x, "y": y})
        tab.page.wait_for_function("before => location.href !== before", arg=before, timeout=20_000)
        assert count_in(read_box(tab)) < 595, "it came nearer"
        tab.page.get_by_text("地図に見えている場所の一覧").click()
        first = tab.page.locator(".map-list button").first
        first.wait_for()
        name = first.inner_text()
        first.click()
        popup = tab.page.locator(".maplibregl-popup")
        popup.wait_for()
        assert name.split()[0] in popup.inner_text()
        popup.get_by_role("link", name="この行のすべてを見る").click()
        tab.page.locator(".view-record").filter(has_text="この行のすべて").wait_for()
        number = parse_qs(urlsplit(tab.page.url).query)["places.eq.id"]
        assert len(number) == 1 and number[0] in {row[0] for row in ROWS}
    tab.check()


def test_what_is_near_is_asked_by_a_press_alone_and_listed_by_distance_and_axe_finds_nothing(drawing, site):
    with look(drawing, site, permissions=["geolocation"], geolocation=TOCHO) as tab:
        tab.page.add_init_script(
            "const ask = Geolocation.prototype.getCurrentPosition; window.asked = 0;"
            "Geolocation.prototype.getCurrentPosition = function (...given) { window.asked += 1; return ask.apply(this, given); }"
        )
        open_map(tab)
        assert tab.page.evaluate("() => window.asked") == 0
        before = len(tab.fetched)
        tab.page.get_by_role("button", name="現在地の近くを見る").click()
        tab.page.locator(f"{MAP} .map-status").filter(has_text="近い順").wait_for(timeout=30_000)
        assert tab.page.evaluate("() => window.asked") == 1
        assert not any("139.69" in path or "35.68" in path for path, _ in tab.fetched[before:])

        def far(row):
            a = [radians(float(each)) for each in (TOCHO["latitude"], row[3], TOCHO["longitude"], row[4])]
            h = sin((a[1] - a[0]) / 2) ** 2 + cos(a[0]) * cos(a[1]) * sin((a[3] - a[2]) / 2) ** 2
            return 2 * 6_371_008.8 * asin(sqrt(h))

        near = sorted((row for row in ROWS if row[3]), key=far)[:20]
        items = tab.page.locator(".map-list li").all_inner_texts()
        assert [item.split()[0] for item in items] == [row[1] for row in near]
        metres = [far(row) for row in near]
        for item, metre in zip(items, metres, strict=True):
            shown = float(item.split()[-2]) * (1000 if item.endswith("km") else 1)
            assert shown == pytest.approx(metre, abs=51 if item.endswith("km") else 6)
        tab.page.locator(".map-list button").first.click()
        judge_opened(tab, "")
    tab.check()


def judge_opened(tab, lang):
    """Axe's judgement of the map and its table with the list and a row open."""
    tab.page.locator(".maplibregl-popup").wait_for()
    for scheme, width in SCREENS[lang]:
        assert find_faults(tab, scheme, width, f"{MAP}, .view") == {}, (scheme, width)


def test_several_rows_at_one_place_and_text_that_is_no_html_and_axe_finds_nothing_in_english(drawing, site):
    tower = {"longitude": 139.8107, "latitude": 35.710063}
    with look(drawing, site, permissions=["geolocation"], geolocation=tower, locale="en-GB") as tab:
        open_map(tab, "en/datasets/shelters/")
        assert "5 rows without a place" in told(tab)
        tab.page.get_by_role("button", name="Near me").click()
        first = tab.page.locator(".map-list button").first
        first.wait_for(timeout=30_000)
        first.focus()
        tab.page.keyboard.press("Enter")
        popup = tab.page.locator(".maplibregl-popup")
        popup.wait_for()
        assert "4 rows are here" in popup.inner_text()
        assert '<b onmouseover="alert(1)">塔</b>' in popup.inner_text()
        assert popup.locator("b").count() == 0
        assert tab.page.evaluate("() => document.querySelector('.maplibregl-popup').contains(document.activeElement)")
        judge_opened(tab, "en/")
        popup.get_by_role("link").first.focus()
        tab.page.keyboard.press("Escape")
        popup.wait_for(state="detached")
        assert tab.page.evaluate("() => document.activeElement.closest('.map-list') !== null"), "focus goes back"
    tab.check()


def test_keys_move_the_map(drawing, site):
    with visit(drawing, site, viewport={"width": 390, "height": 400}) as tab:
        open_map(tab)
        tab.page.get_by_label("地図に見えている行だけを表に出す").check()
        tab.page.wait_for_function("() => location.search.includes('within')")
        before = read_box(tab)
        tab.page.locator(".maplibregl-canvas").focus()
        press(tab, "ArrowRight")
        assert read_box(tab)[0] > before[0]
        press(tab, "+")
        nearer = read_box(tab)
        assert nearer[2] - nearer[0] < (before[2] - before[0]) * 0.6
    tab.check()


def test_who_wants_less_motion_sees_a_map_that_is_there_at_once(opened):
    """Some five drawings, of what tiles bring, of two clearings each: a map that fades in or moves by degrees has more."""
    opened.page.locator(".maplibregl-canvas").focus()
    before = opened.page.evaluate("() => window.drawn")
    press(opened, "+")
    assert 0 < opened.page.evaluate("() => window.drawn") - before < 20
    leave(opened)


def test_the_map_has_the_colours_of_the_scheme(opened):
    box = opened.page.locator(".map-live")
    light = box.screenshot()
    opened.page.emulate_media(color_scheme="dark")
    end = time.monotonic() + 20
    while (dark := brightness(box.screenshot())) > 90:
        assert time.monotonic() < end, dark
    assert brightness(light) > 180
    opened.page.emulate_media(color_scheme="light")
    while brightness(box.screenshot()) <= 180:
        assert time.monotonic() < end
    leave(opened)


def brightness(png, colour=0):
    """The mean of the red (or another `colour`) of a PNG's points, 0 to 255."""
    return ImageStat.Stat(Image.open(BytesIO(png)).convert("RGB")).mean[colour]


def test_without_webgl_the_drawing_stays_and_says_so(chromium, site):
    with start_drawing(chromium, "--disable-3d-apis", "--disable-gpu") as browser, visit(browser, site) as tab:
        tab.go("datasets/shelters/")
        assert tab.page.evaluate("() => document.createElement('canvas').getContext('webgl2')") is None
        tab.page.locator(f"{MAP} .map-box").scroll_into_view_if_needed()
        tab.page.locator(f"{MAP} .map-status").filter(has_text="止まった地図").wait_for()
        tab.rest()
        assert tab.page.locator(f"{MAP} svg.chart-map").is_visible()
        assert tab.page.locator(f"{MAP} .map-tools *").count() == 0
        assert not any("maplibre" in path or "outlines" in path for path, _ in tab.fetched)
    tab.check()


def test_without_scripts_the_drawing_is_whole(drawing, site):
    with look(drawing, site, java_script_enabled=False) as tab:
        tab.go("datasets/shelters/")
        assert tab.page.locator("svg.chart-map").is_visible()
        assert not tab.page.locator(".map-tools").is_visible() and not tab.page.locator(".map-status").is_visible()
        path = tab.page.locator("svg.chart-map path.points").get_attribute("d")
        assert path.count("M") == len({(round(float(row[3]), 4), round(float(row[4]), 4)) for row in ROWS if row[3]})


def test_who_saves_data_presses_first(drawing, site):
    with look(drawing, site) as tab:
        tab.page.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
        tab.go("datasets/shelters/")
        tab.page.locator(f"{MAP} .map-box").scroll_into_view_if_needed()
        button = tab.page.get_by_role("button", name="動かせる地図を読み込む（約 500 KB）")
        button.wait_for()
        tab.rest()
        assert not any("maplibre" in path for path, _ in tab.fetched)
        button.click()
        tab.page.locator(f"{MAP} .map-status").filter(has_text="595").wait_for(timeout=60_000)
    tab.check()


def test_a_map_alone_on_its_page(drawing, site):
    with look(drawing, site) as tab:
        open_map(tab, "datasets/shelters/charts/#places-points-1")
        assert tab.page.get_by_label("地図に見えている行だけを表に出す").count() == 0
        tab.page.get_by_text("地図に見えている場所の一覧").click()
        tab.page.locator(".map-list button").first.click()
        link = tab.page.locator(".maplibregl-popup").get_by_role("link", name="この行のすべてを見る")
        link.wait_for()
        link.click()
        tab.page.wait_for_url("**/datasets/shelters/?places.eq.id=S-*")
    tab.check()


# ---- geopoints and shapes ----------------------------------------------------------------------------------------------

ZONES = """\
name: zones
title: {ja: 区域, en: Zones}
description: {ja: 試験用の合成データです。, en: Synthetic data for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
resources:
  - name: stops
    title: {ja: 停留所, en: Stops}
    source: {url: "https://office.example.org/stops.csv"}
    schema:
      primaryKey: [id]
      fields:
        - {name: id, title: {ja: 番号, en: Number}}
        - {name: at, type: geopoint, title: {ja: 場所, en: Place}}
  - name: areas
    title: {ja: 区域の形, en: Areas}
    source: {url: "https://office.example.org/areas.csv"}
    schema:
      primaryKey: [id]
      fields:
        - {name: id, title: {ja: 番号, en: Number}}
        - {name: shape, type: geojson, title: {ja: 形, en: Shape}}
"""
STOPS = [(f"T-{n}", f"{139.5 + n / 100:.2f}, {35.6 + n / 200:.3f}") for n in range(20)]


def make_area(west, south, size=0.1):
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


AREAS = [
    ("A-1", make_area(139.5, 35.6)),
    ("A-2", make_area(139.7, 35.6)),
    ("A-3", {"type": "LineString", "coordinates": [[139.5, 35.75], [139.8, 35.75]]}),
    ("A-4", {"type": "Point", "coordinates": [139.65, 35.65]}),
    ("A-5", {"type": "Feature", "properties": {}, "geometry": make_area(139.9, 35.6)}),
    ("A-6", None),
]


@pytest.fixture(scope="module")
def zones(tmp_path_factory):
    if not (ROOT / "build" / "vendor" / "maplibre.js").is_file():
        pytest.skip("build/vendor isn't there: `make` bundles it where it finds Node.js or the network")
    project = make_project(tmp_path_factory.mktemp("zones") / "p", zones=ZONES)
    shutil.copytree(ROOT / "build" / "vendor", project / "build" / "vendor")
    for name, head, rows in (("stops", "id,at", STOPS), ("areas", "id,shape", AREAS)):
        cells = [(key, at if isinstance(at, str) else json.dumps(at) if at else "") for key, at in rows]
        text = "".join(f'{key},"{cell.replace(QUOTE, QUOTE * 2)}"\n' for key, cell in cells)
        put_sample(project, f"{head}\n{text}", f"https://office.example.org/{name}.csv")
    result = run(project)
    assert result.site == "published", result.findings
    return project / "build" / "site"


QUOTE = '"'


def wait_for(tab, table, text):
    box = tab.page.locator(f'[data-map="{table}"]')
    box.locator(".map-box").scroll_into_view_if_needed()
    box.locator(".map-status").filter(has_text=text).wait_for(timeout=60_000)
    tab.rest()


def test_geopoints_have_a_map_that_filters_their_table(drawing, zones):
    page = (zones / "datasets" / "zones" / "tables" / "stops" / "index.html").read_text("utf-8")
    assert page.count("h0", page.index('class="points"'), page.index("</svg>", page.index('class="points"'))) == 20
    with look(drawing, zones, viewport={"width": 700, "height": 700}) as tab:
        tab.go("datasets/zones/tables/stops/?stops.within.at=139.495,35.5,139.555,35.9")
        tab.page.locator("[data-view=stops] .view-status").filter(has_text="20 行のうち当てはまる 6 行").wait_for()
        wait_for(tab, "stops", "20 行を描いています")
        assert tab.page.get_by_label("地図に見えている行だけを表に出す").is_checked()
        tab.page.get_by_text("地図に見えている場所の一覧").click()
        assert tab.page.locator(".map-list button").first.inner_text().startswith("T-")
    tab.check()


def test_lines_and_areas_are_drawn_filtered_and_opened(drawing, zones):
    with look(drawing, zones, viewport={"width": 700, "height": 700}) as tab:
        tab.go("datasets/zones/tables/areas/")
        assert "まん中の点" in tab.page.locator("figcaption").filter(has_text="区域の形").inner_text()
        wait_for(tab, "areas", "5 行を描いています")
        status = tab.page.locator('[data-map="areas"] .map-status').inner_text()
        assert "場所が書かれていない 1 行" in status and "いま見えているのは 5 行" in status
        tab.page.get_by_text("地図に見えている場所の一覧").click()
        tab.page.locator(".map-list button").nth(4).wait_for()
        assert sorted(tab.page.locator(".map-list button").all_inner_texts()) == ["A-1", "A-2", "A-3", "A-4", "A-5"]
        # In a box that touches A-2's west side and the line.
        tab.go("datasets/zones/tables/areas/?areas.within.shape=139.62,35.62,139.71,35.76")
        tab.page.locator("[data-view=areas] .view-status").filter(has_text="6 行のうち当てはまる 3 行").wait_for()
        rows = tab.page.locator("[data-view=areas] tbody th").all_inner_texts()
        assert {row.split()[0] for row in rows} == {"A-2", "A-3", "A-4"}
        # A press on the area itself opens its row.
        tab.go("datasets/zones/tables/areas/?areas.within.shape=139.71,35.61,139.79,35.69")
        wait_for(tab, "areas", "5 行を描いています")
        canvas = tab.page.locator(".maplibregl-canvas")
        size = canvas.bounding_box()
        canvas.click(position={"x": size["width"] * 0.5, "y": size["height"] * 0.5})
        popup = tab.page.locator(".maplibregl-popup")
        popup.wait_for()
        assert "A-2" in popup.inner_text()
    tab.check()


def test_an_owner_may_plan_the_map_of_a_column_of_places(tmp_path):
    plan = "    charts: [{kind: points, x: at, title: {ja: 停留所の地図, en: Map of stops}}]\n"
    project = make_project(
        tmp_path / "p", zones=ZONES.split("  - name: areas")[0].replace("    schema:", plan + "    schema:")
    )
    put_sample(
        project, "id,at\n" + "".join(f'{key},"{at}"\n' for key, at in STOPS), "https://office.example.org/stops.csv"
    )
    result = run(project)
    assert result.site == "published", result.findings
    assert "停留所の地図" in (project / "build" / "site" / "datasets" / "zones" / "index.html").read_text("utf-8")
    wrong = (project / "pipelines" / "zones.yaml").read_text("utf-8").replace("x: at", "x: id")
    (project / "pipelines" / "zones.yaml").write_text(wrong, "utf-8")
    assert {"chart-column", "chart-needs"} == {each.code for each in run(project).findings if each.severity == "error"}


# ---- many rows ---------------------------------------------------------------------------------------------------------


MANY = 60_000


def test_of_very_many_rows_a_sample_is_drawn_and_told_and_becomes_finer(drawing, tmp_path):
    if not (ROOT / "build" / "vendor" / "maplibre.js").is_file():
        pytest.skip("build/vendor isn't there: `make` bundles it where it finds Node.js or the network")
    project = make_project(tmp_path / "p", shelters=PIPELINE)
    shutil.copytree(ROOT / "build" / "vendor", project / "build" / "vendor")
    dice = random.Random(3)
    text = "".join(
        f"S-{n},名{n},区{n % 9},{35 + dice.random():.5f},{139 + dice.random():.5f},{n % 5}\n" for n in range(MANY)
    )
    put_sample(project, "id,name,ward,lat,lon,people\n" + text, "https://office.example.org/places.csv")
    assert run(project).site == "published"
    with look(drawing, project / "build" / "site", viewport={"width": 700, "height": 700}) as tab:
        tab.go("datasets/shelters/")
        wait_for(tab, "places", f"{MANY:,} 行は多いので、表の全体から等しい間隔で選んだ 50,000 行を描いています")
        tab.go("datasets/shelters/?places.within.lon=139.4,35.4,139.6,35.6")
        wait_for(tab, "places", re.compile(r"^[\d,]+ 行を描いています"))
        count = int(re.match(r"[\d,]+", told(tab))[0].replace(",", ""))
        canvas = tab.page.locator(".maplibregl-canvas").bounding_box()
        shape = canvas["width"] / canvas["height"]
        # As wide as the box or more: all the rows there are drawn, of which there are some 1 in 25.
        assert MANY / 25 < count < MANY / 25 * max(shape, 1 / shape) * 1.3 < 50_000
    tab.check()


def test_points_are_coloured_by_a_column_and_sized_by_another(opened):
    tab = opened
    choice = tab.page.locator(".map-tools select")
    assert choice.locator("option").all_inner_texts() == ["まとめて数える", "色分け：区", "大きさ：定員"]
    before = tab.page.locator(".map-live").screenshot()
    choice.select_option(label="色分け：区")
    legend = tab.page.locator(".map-legend li")
    legend.nth(2).wait_for(timeout=20_000)
    counts = {ward: sum(row[2] == ward and bool(row[3]) for row in ROWS) for ward in WARDS}
    assert {text.split()[0]: int(text.split()[1]) for text in legend.all_inner_texts()} == counts
    end = time.monotonic() + 20
    while abs(brightness(tab.page.locator(".map-live").screenshot()) - brightness(before)) < 0.5:
        assert time.monotonic() < end
    assert find_faults(tab, "light", 700, MAP) == {}
    choice.select_option(label="大きさ：定員")
    legend.filter(has_text="いちばん大きい丸は 300").wait_for(timeout=20_000)
    choice.select_option(label="まとめて数える")
    legend.first.wait_for(state="detached")
    leave(tab)


def test_an_address_shows_the_same_colours_and_the_same_part(drawing, site, opened):
    tab = opened
    assert "figure" not in tab.page.url, "a map that nobody touched says nothing"
    tab.page.locator(".map-tools select").select_option(label="色分け：区")
    assert parse_qs(urlsplit(tab.page.url).query) == {"figure-places-points-1.by": ["colour.ward"]}
    tab.page.locator(".maplibregl-canvas").focus()
    for key in ("+", "+", "ArrowRight"):
        press(tab, key)
    tab.page.wait_for_function("() => location.search.includes('.at=')")
    shared, legend = tab.page.url, tab.page.locator(".map-legend li")
    zoom, lat, lon = map(float, parse_qs(urlsplit(shared).query)["figure-places-points-1.at"][0].split("/"))
    assert 9 < zoom < 22 and 35 < lat < 36 and 139 < lon < 140
    said = legend.all_inner_texts()
    tab.page.get_by_label("地図に見えている行だけを表に出す").check()
    tab.page.wait_for_function("() => location.search.includes('within')")
    assert "figure-places-points-1.at" not in tab.page.url, "the table's condition says it"
    box = read_box(tab)
    tab.page.get_by_label("地図に見えている行だけを表に出す").uncheck()
    tab.page.locator(".map-tools select").select_option(label="まとめて数える")
    leave(tab)
    with look(drawing, site) as tab:
        tab.go("datasets/shelters/?" + urlsplit(shared).query)
        tab.page.locator(".map-legend li").nth(2).wait_for(timeout=60_000)
        assert tab.page.locator(".map-legend li").all_inner_texts() == said
        assert tab.page.locator(".map-tools select").input_value() == "colour ward"
        assert tab.page.locator(".map-live").evaluate("it => it.getBoundingClientRect().top") < 600, "it is in sight"
        tab.page.get_by_label("地図に見えている行だけを表に出す").check()
        tab.page.wait_for_function("() => location.search.includes('within')")
        assert read_box(tab) == pytest.approx(box, abs=3e-3), "the zoom has two digits"
        tab.page.go_back()
        tab.page.get_by_role("button", name="全体を見る").click()
        tab.page.wait_for_function("() => !location.search.includes('.at=')")
    tab.check()


def test_a_refused_position_and_an_address_without_https_are_told_plainly(opened):
    near, status = (
        opened.page.get_by_role("button", name="現在地の近くを見る"),
        opened.page.locator(f"{MAP} .map-status"),
    )
    near.click()
    status.filter(has_text="許されませんでした").wait_for(timeout=20_000)
    opened.page.evaluate("() => Object.defineProperty(window, 'isSecureContext', { value: false })")
    near.click()
    status.filter(has_text="https").wait_for()


def test_an_address_of_a_map_that_makes_no_sense_is_left_aside(drawing, site):
    with look(drawing, site) as tab:
        open_map(tab, "datasets/shelters/?figure-places-points-1.by=colour.people&figure-places-points-1.at=9/nan/x")
        assert tab.page.locator(".map-tools select").input_value() == "none"
        assert tab.page.locator(".map-legend").is_hidden()
    tab.check()


# ---- tiles of the operator -----------------------------------------------------------------------------------------


TILES = {
    "vector": write_tiles(write_vector(), 1, {"vector_layers": [{"id": "earth"}, {"id": "water"}]}),
    "raster": write_tiles(write_red(), 2, {}),
}


@pytest.mark.parametrize("kind", TILES)
def test_tiles_of_the_operator_lie_under_the_points(drawing, site, tmp_path, kind):
    project = tmp_path / "p"
    shutil.copytree(site.parents[1], project)
    with (project / "catalogue.yaml").open("a", encoding="utf-8") as catalogue:
        catalogue.write(
            "site: {map: {tiles: maps/town.pmtiles, attribution: {ja: 見本<市>の地図, en: Map of the sample town}}}\n"
        )
    (project / "maps").mkdir()
    (project / "maps" / "town.pmtiles").write_bytes(TILES[kind])
    result = run(project)
    assert result.site == "published", result.findings
    (told,) = [each for each in result.findings if each.code == "tiles-told"]
    assert told.severity == "notice" and told.args["least"] == told.args["most"] == "0"
    (named,) = (project / "build" / "site" / "assets").glob("tiles.*.pmtiles")
    assert named.read_bytes() == TILES[kind]
    assert run(project).site == "unchanged"
    with look(drawing, project / "build" / "site", viewport={"width": 700, "height": 700}) as tab:
        open_map(tab)
        assert any(path.endswith(named.name) for path, _ in tab.fetched)
        assert not any("outlines" in path for path, _ in tab.fetched)
        assert tab.page.locator(".maplibregl-ctrl-attrib-inner").inner_text() == "見本<市>の地図"
        end = time.monotonic() + 20
        while not is_there(tab, kind):
            assert time.monotonic() < end
    tab.check()


def is_there(tab, kind):
    """Whether the map has the colours of the tiles: red, or that of water, which is nowhere without them."""
    red = (
        brightness(tab.page.locator(".map-live").screenshot(), 0),
        brightness(tab.page.locator(".map-live").screenshot(), 2),
    )
    return red[0] - red[1] > 80 if kind == "raster" else 225 < red[0] < 246


def test_broken_tiles_leave_the_outlines(drawing, site, tmp_path):
    """The archive went after it was checked: the map falls back to what the site has."""
    copy = tmp_path / "site"
    shutil.copytree(site, copy)
    for lang in ("", "en/"):
        page = copy / lang / "datasets" / "shelters" / "index.html"
        text = page.read_text("utf-8")
        assert 'data-size="500"' in text
        page.write_text(
            text.replace('data-size="500"', 'data-size="500" data-tiles="index.html" data-credit="x"'), "utf-8"
        )
    with look(drawing, copy) as tab:
        open_map(tab)
        assert "Natural Earth" in tab.page.locator(".maplibregl-ctrl-attrib-inner").inner_text()


# ---- outlines -------------------------------------------------------------------------------------------------------


def test_the_outlines_are_those_of_every_prefecture_and_small(tmp_path):
    body = (ROOT / "site_templates" / "assets" / "outlines.json").read_bytes()
    assert len(gzip.compress(body, 9)) < 40_000
    topology = json.loads(body)
    assert "Natural Earth" in topology["about"] and "public domain" in topology["about"]
    lands = topology["objects"]["prefectures"]["geometries"]
    assert [land["id"] for land in lands] == [f"{n:02}" for n in range(1, 48)]
    assert {land["properties"]["ja"][-1] for land in lands} == set("道都府県")
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale[0] + shift[0], y * scale[1] + shift[1]))
        arcs.append(points)

    def is_in(land, lon, lat):
        rings = [ring for part in (land["arcs"] if land["type"] == "MultiPolygon" else [land["arcs"]]) for ring in part]
        inside = False
        for ring in rings:
            line = [point for n in ring for point in (arcs[n] if n >= 0 else arcs[~n][::-1])]
            for (ax, ay), (bx, by) in pairwise(line):
                if (ay > lat) != (by > lat) and lon < (bx - ax) * (lat - ay) / (by - ay) + ax:
                    inside = not inside
        return inside

    for name, lon, lat in [("東京都", 139.692, 35.69), ("北海道", 141.35, 43.06), ("沖縄県", 127.75, 26.35)]:
        assert [land["properties"]["ja"] for land in lands if is_in(land, lon, lat)] == [name]
