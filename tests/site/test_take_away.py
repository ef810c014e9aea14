"""What a table shows is taken away: as CSV, Excel, JSON, GeoJSON, calendar, one record alone, a notebook that runs."""

import csv
import io
import json
import shutil
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from browser import SCREENS, find_faults, visit
from loopback import serve_site
from projects import ROOT, make_project, put_sample, read_manifest, run

from entaku.site.feeds import notebook

ADDRESS = "https://entaku.example.org/"
PIPELINE = """\
name: stops
title: {ja: 停留所の点検, en: Inspections of stops}
description: {ja: 試験用の合成データです。, en: Synthetic data for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: daily
resources:
  - name: stops
    title: {ja: 停留所, en: Stops}
    source: {url: "https://office.example.org/stops.csv"}
    schema:
      primaryKey: [code]
      fields:
        - {name: code, title: {ja: 番号, en: Code}, description: {ja: 停留所の番号です, en: Number of the stop}}
        - {name: name, title: {ja: 名称, en: Name}}
        - {name: day, type: date, title: {ja: 点検日, en: Inspected on}}
        - {name: riders, type: integer, unit: 人, title: {ja: 人数, en: Riders}}
        - {name: latitude, type: number, title: {ja: 緯度, en: Latitude}}
        - {name: longitude, type: number, title: {ja: 経度, en: Longitude}}
    view: {columns: [name, day, riders, latitude, longitude], hide: [code]}
"""
NAMES = ["code", "name", "day", "riders", "latitude", "longitude"]
ROWS = [
    [f"00{n}", name, f"2026-06-{n + 1:02}" if n != 3 else "", str(n * 1000), f"35.{n}5", f"139.{n}" if n != 4 else ""]
    for n, name in enumerate(["終点", "東, 口", 'いわゆる"駅前"', "<北>&", "市役所前", "港", "-", "=1+1"])
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if not (ROOT / "build" / "vendor" / "parquet.js").is_file():
        pytest.skip("build/vendor isn't there: `make` bundles it where it finds Node.js or the network")
    project = make_project(tmp_path_factory.mktemp("stops") / "p", stops=PIPELINE)
    shutil.copytree(ROOT / "build" / "vendor", project / "build" / "vendor")
    text = io.StringIO()
    csv.writer(text).writerows([NAMES, *ROWS])
    put_sample(project, text.getvalue(), "https://office.example.org/stops.csv")
    result = run(project)
    assert result.site == "published", result.findings
    return project / "build" / "site"


def open_saver(tab, query="", lang=""):
    tab.go(f"{lang}datasets/stops/?{query}")
    tab.page.wait_for_selector(".view.live")
    tab.rest()
    tab.page.get_by_role("button", name="この表示を使う" if not lang else "Use this view").click()


def save(tab, form, button="この表示を保存"):
    tab.page.locator(f".view-panel input[value={form}]").check()
    with tab.page.expect_download() as waiting:
        tab.page.get_by_role("button", name=button).click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


WANTED = [row for row in reversed(ROWS) if int(row[3]) >= 2000]
QUERY = "stops.ge.riders=2000&stops.sort=-riders&" + "&".join(f"stops.show={name}" for name in NAMES)


def test_a_view_is_saved_as_each_kind_of_file(chromium, site):
    with visit(chromium, site, viewport={"width": 390, "height": 844}) as tab:
        open_saver(tab, QUERY)
        name, body = save(tab, "csv")
        assert name == "stops-stops.csv" and body.startswith(b"\xef\xbb\xbf")
        first, *rest = WANTED
        guarded = [first[0], "'=1+1", *first[2:]]  # as in <table>.excel.csv; a mere "-" is no formula
        assert list(csv.reader(io.StringIO(body.decode("utf-8-sig")))) == [NAMES, guarded, *rest]

        name, body = save(tab, "xlsx")
        assert name == "stops-stops.xlsx"
        book = openpyxl.load_workbook(io.BytesIO(body))
        assert book.sheetnames == ["データ", "列の意味"]
        head, *rows = book["データ"].iter_rows(values_only=True)
        assert head == ("番号", "名称", "点検日", "人数", "緯度", "経度")
        assert [[str(row[0]), row[1], str(row[2].date()) if row[2] else ""] for row in rows] == [
            row[:3] for row in WANTED
        ]
        assert [row[3] for row in rows] == [int(row[3]) for row in WANTED], "numbers are numbers, codes are text"
        cell = book["データ"]["B2"]
        assert (cell.value, cell.data_type) == ("=1+1", "s"), "no text becomes a formula"
        told = list(book["列の意味"].iter_rows(values_only=True))
        assert told[1] == ("番号", "code", "string", None, "停留所の番号です") or told[1][:3] == (
            "番号",
            "code",
            "string",
        )
        assert told[4][3] == "人" and told[1][4] == "停留所の番号です"

        name, body = save(tab, "json")
        assert [each["riders"] for each in json.loads(body)] == [int(row[3]) for row in WANTED]
        assert [each["day"] or "" for each in json.loads(body)] == [row[2] for row in WANTED]

        name, body = save(tab, "geojson")
        places = json.loads(body)
        assert name.endswith(".geojson") and places["type"] == "FeatureCollection"
        points = [each["geometry"] and each["geometry"]["coordinates"] for each in places["features"]]
        assert points == [[float(row[5]), float(row[4])] if row[5] else None for row in WANTED]
        assert "latitude" not in places["features"][0]["properties"]

        name, body = save(tab, "ics")
        text = body.decode().replace("\r\n ", "")
        assert body.startswith(b"BEGIN:VCALENDAR\r\n") and max(map(len, body.split(b"\r\n"))) <= 75
        days = [line.partition(":")[2] for line in text.split("\r\n") if line.startswith("DTSTART")]
        assert days == [row[2].replace("-", "") for row in WANTED if row[2]]
        assert len({line for line in text.split("\r\n") if line.startswith("UID:")}) == len(days)
        for scheme, width in SCREENS[""]:
            assert find_faults(tab, scheme, width, ".view") == {}
    tab.check()


def test_a_table_without_places_or_days_offers_neither(chromium, published):
    with visit(chromium, published[0] / "build" / "site") as tab:
        tab.go("datasets/tokyo-tourism-statistics/")
        tab.page.locator(".view").first.scroll_into_view_if_needed()
        tab.page.wait_for_selector(".view.live")
        tab.page.get_by_role("button", name="この表示を使う").first.click()
        forms = tab.page.locator(".view-panel input[type=radio]")
        forms.first.wait_for()
        assert [each.input_value() for each in forms.all()] == ["csv", "xlsx", "json"]
    tab.check()


@pytest.mark.parametrize(("lang", "screen"), [("", 1280), ("en/", 390)])
def test_a_record_has_an_address_of_its_own_and_its_day_for_the_calendar(chromium, site, lang, screen):
    with visit(chromium, site, viewport={"width": screen, "height": 844}) as tab:
        tab.go(f"{lang}datasets/stops/")
        tab.page.locator(".view").scroll_into_view_if_needed()
        tab.page.wait_for_selector(".view.live")
        row = tab.page.locator("tbody tr", has_text="港").locator(".view-open")
        assert "港" in row.get_attribute("aria-label")
        row.click()
        record, people = tab.page.locator(".view-record"), "people" if lang else "人"
        record.wait_for()
        assert parse_qs(urlsplit(tab.page.url).query) == {"stops.eq.code": ["005"]}
        assert record.locator("dd").all_inner_texts()[:4] == ["港", "2026-06-06", f"5000 {people}", "35.55"]
        assert "005" in record.inner_text(), "columns that the table doesn't show are told too"
        for scheme, width in SCREENS[lang]:
            assert find_faults(tab, scheme, width, ".view") == {}
        own = tab.page.url
        tab.page.goto(own)
        record.wait_for()
        assert record.get_by_role("textbox").input_value() == own
        with tab.page.expect_download() as waiting:
            record.get_by_role("button").click()
        assert waiting.value.suggested_filename == "stops-stops-005.ics"
        text = waiting.value.path().read_text("utf-8").replace("\n ", "")
        assert "DTSTART;VALUE=DATE:20260606" in text and "SUMMARY:港" in text and text.count("BEGIN:VEVENT") == 1
        tab.page.go_back()
        record.wait_for(state="hidden")
    tab.check()


def test_the_notebook_of_each_dataset_runs(published):
    site = published[0] / "build" / "site"
    books = sorted(site.glob(f"datasets/*/{notebook.NAME}"))
    assert len(books) >= 3
    with serve_site(site) as root:
        for path in books:
            book = json.loads(path.read_text("utf-8"))
            assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
            assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"])
            rows = read_manifest(site, path.parent.name)["rows"]
            scope, read = {}, []
            for cell in book["cells"]:
                if cell["cell_type"] == "code":
                    assert ADDRESS in cell["source"] or "http" not in cell["source"]
                    exec(cell["source"].replace(ADDRESS, f"{root}/"), scope)
            read = [len(each) for each in scope.values() if type(each).__name__ == "DataFrame"]
            assert read == list(rows.values()), path
        page = (books[0].parent / "index.html").read_text("utf-8")
        assert 'href="notebook.ipynb"' in page
