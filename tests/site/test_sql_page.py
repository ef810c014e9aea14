"""The editor of SQL in Chromium: completion by keyboard, mistakes in the page's language, charts of answers, other datasets."""

import re
import time
from urllib.parse import quote

import pytest
from browser import SCREENS, find_faults, visit
from projects import ROOT
from sqlsite import make_sql_site
from test_sql_questions import open_sql, run_query

from entaku.site.feeds import edge
from entaku.work import serve

SLOW = 120_000
ROWS = 160_000
"""A few more than the engine of the page is given without asking."""
LIFTS, MARKET = "toei-elevator-inspections", "tokyo-market-daily"


@pytest.fixture(scope="module")
def site(tmp_path_factory, published):
    return make_sql_site(tmp_path_factory.mktemp("sqlpage"), ROWS, published[0])[0]


def offers(tab):
    return tab.page.locator("#sql-offers [role=option] code").all_inner_texts()


def test_names_are_completed_by_keyboard_and_by_their_titles(chromium, site):
    with visit(chromium, site) as tab:
        open_sql(tab, LIFTS)
        field = tab.page.locator(".sql textarea")
        field.fill("")
        field.press_sequentially("SELECT stat")
        assert offers(tab)[:2] == ["station_id", "station_code"] and "stations" in offers(tab)
        assert tab.page.locator("#sql-offers").is_visible()
        field.press("Enter")
        assert field.input_value() == "SELECT stat\n", "nothing is taken that wasn't chosen"
        assert not tab.page.locator("#sql-offers").is_visible()
        field.press("Backspace")
        field.press_sequentially("i")
        field.press("ArrowDown")
        active = field.get_attribute("aria-activedescendant")
        assert tab.page.locator(f"#{active}").get_attribute("aria-selected") == "true"
        for scheme, width in (("light", 390), ("dark", 1280)):
            assert find_faults(tab, scheme, width, "section:has(.sql)") == {}
        field.press("Enter")
        assert field.input_value() == "SELECT station_id"
        field.press_sequentially(", 路線")
        assert "line_ja" in offers(tab), "by the Japanese title of a column"
        field.press("Escape")
        assert not tab.page.locator("#sql-offers").is_visible()
        field.fill("SELECT s.lin")
        field.press("End")
        field.press("Control+Space")
        assert offers(tab) and all(name.startswith("s.") for name in offers(tab))
        field.press("Escape")
        field.fill("SELECT rou")
        field.press("Control+Space")
        tab.page.locator("#sql-offers [role=option]").first.click()
        assert field.input_value() == "SELECT ROUND("
        field.fill("")
        field.press("Tab")
        assert tab.page.evaluate("() => document.activeElement.className") == "button", "Tab goes on"
    tab.check()


MISTAKES = (
    ("SELECT station\nFROM gates\nWHER x", "3 行目", "Line 3"),
    ("SELECT 'x FROM gates", "", ""),
    ("SELECT station FROM gate", "「gate」という表はありません", "There is no table “gate”"),
    ("SELECT ekimei FROM gates", "「ekimei」という列はありません", "There is no column “ekimei”"),
    ("SELECT MEDAIN(price) FROM gates", "近い名前：MEDIAN", "Similar: MEDIAN"),
    ("SELECT station FROM gates WHERE COUNT(*) > 3", "HAVING", "HAVING"),
    ("SELECT station, price FROM gates GROUP BY station ORDER BY 1 LIMIT", "途中で終わって", "ends too early"),
    ("DELETE FROM gates", "", ""),
)


@pytest.mark.parametrize("full", [False, True], ids=["small", "duckdb"])
def test_mistakes_are_told_in_the_language_of_the_page_with_their_place(chromium, site, full):
    with visit(chromium, site) as tab:
        for lang, at in (("", 1), ("en/", 2)):
            open_sql(tab, "trips", lang)
            if full:
                run_query(tab, "SELECT 1 AS n", full=True)
            for mistake in MISTAKES:
                rows, told, _ = run_query(tab, mistake[0])
                assert rows == [] and mistake[at] in told, (mistake[0], told)
                assert told, mistake[0]
                if lang == "":
                    assert re.search("[ぁ-ん]", told), told
                else:
                    assert not re.search("[ぁ-んァ-ン一-龥]", told), told
        assert tab.page.locator(".sql textarea").get_attribute("aria-label") == "SQL"
    tab.check()


def test_what_is_too_heavy_is_refused_before_it_begins_and_can_be_run_anyway(chromium, site):
    with visit(chromium, site) as tab:
        open_sql(tab, "trips")
        query = (
            "SELECT g.id, s.ward FROM gates g JOIN stations s ON g.station = s.station ORDER BY g.price DESC LIMIT 3"
        )
        rows, told, _ = run_query(tab, query)
        assert rows == [] and f"{ROWS + 100:,} 行を一度に持つ" in told and "DuckDB で実行" in told
        tab.reset()
        rows, told, _ = run_query(tab, query.replace("ORDER BY", "WHERE g.price > 2500 ORDER BY"))
        assert len(rows) == 3 and told == "", "few rows are no burden"
        run_query(tab, query)
        tab.page.get_by_role("button", name="時間がかかっても実行する").click()
        tab.page.wait_for_function("() => !document.querySelector('.sql-run .button').disabled", timeout=SLOW)
        slow = tab.page.locator(".sql tbody tr").all_inner_texts()
        quick, told, _ = run_query(tab, query, full=True)
        assert told == "" and ["\t".join(row) for row in quick] == slow
    tab.check()


def test_an_answer_is_drawn_as_a_chart(chromium, site):
    with visit(chromium, site) as tab:
        for lang, draw, close in (("", "図にする", "図を閉じる"), ("en/", "Draw a chart", "Close the chart")):
            open_sql(tab, "trips", lang)
            run_query(tab, "SELECT day, COUNT(*) AS n FROM gates WHERE day < '2019-06-01' GROUP BY day ORDER BY day")
            tab.page.get_by_role("button", name=draw).click()
            tab.page.locator(".sql figure .chart-live path.line").wait_for(timeout=SLOW)
            for scheme, width in SCREENS[lang]:
                assert find_faults(tab, scheme, width, "section:has(.sql)") == {}
            tab.page.get_by_role("button", name=close).click()
            assert not tab.page.locator(".sql figure").count()
        rows, _, _ = run_query(tab, "SELECT kind, COUNT(*) AS n FROM gates GROUP BY kind ORDER BY n DESC")
        tab.page.get_by_role("button", name=draw).click()
        bars = tab.page.locator(".sql figure .bars tr")
        bars.first.wait_for(timeout=SLOW)
        assert bars.locator("th").all_inner_texts() == [kind for kind, _ in rows]
        run_query(tab, "SELECT kind, 1 AS one FROM gates GROUP BY kind")
        assert not tab.page.get_by_role("button", name=draw).count(), "a constant is no chart"
    tab.check()


def test_tables_of_other_datasets_are_joined_by_what_they_share(chromium, site):
    with visit(chromium, site) as tab:
        open_sql(tab, "trips")
        rows, told, _ = run_query(tab, f'SELECT COUNT(*) AS n FROM "{LIFTS}.stations"')
        assert told == "" and int(rows[0][0]) > 0
        rows, told, _ = run_query(tab, 'SELECT COUNT(*) AS n FROM "no-such-thing.stations"')
        assert rows == [] and "「no-such-thing」というデータセットはありません" in told
        assert [error for error in tab.errors if "404" not in error] == []
        tab.errors.clear()  # the browser's own word on what isn't there
        open_sql(tab, LIFTS)
        field = tab.page.get_by_role("combobox", name="ほかのデータセットの表も使う")
        field.fill(LIFTS)
        field.fill("trips")
        field.press("Enter")
        tab.page.get_by_text("「trips」の 2 個の表を加えました").wait_for(timeout=SLOW)
        assert "trips.gates" in tab.page.locator(".sql-tables").inner_text()
        assert (
            tab.page.locator("#sql-datasets option")
            .evaluate_all("(all) => all.map((each) => each.value)")
            .count(MARKET)
        )
        open_sql(tab, MARKET)
        field = tab.page.get_by_role("combobox", name="ほかのデータセットの表も使う")
        field.fill(MARKET)
        field.press("Enter")
        tab.page.get_by_text("結合の例").first.wait_for(timeout=SLOW)
        tab.page.locator("li", has_text="prices と同じ列").get_by_role("button", name="結合の例").first.click()
        query = tab.page.locator(".sql textarea").input_value()
        assert re.search(rf'FROM \w+ AS a\nJOIN "{MARKET}\.', query)
        for full in (False, True):
            rows, told, _ = run_query(tab, query, full=full)
            assert told == "" or "DuckDB で実行" in told
        assert rows
        for scheme, width in SCREENS[""]:
            assert find_faults(tab, scheme, width, "section:has(.sql)") == {}
    tab.check()


def read_functions():
    """The functions of DuckDB that the page knows, and those that it tells to write instead of other systems'."""
    text = (ROOT / "site_templates" / "assets" / "sql-functions.js").read_text("utf-8")
    foreign = (ROOT / "site_templates" / "assets" / "sql-foreign.js").read_text("utf-8")
    listed = re.findall(r"[a-z_]\w*", re.search(r"OF_GRAMMAR}(.*)`", text, re.S)[1])
    return listed, re.findall(r"\b([a-z]\w+): \"", foreign)


def test_duckdb_comes_when_it_is_asked_for_asks_no_other_host_and_has_the_functions_that_are_listed(chromium, site):
    listed, instead = read_functions()
    assert len(instead) > 15 and not set(instead) & set(listed)
    with visit(chromium, site) as tab:
        tab.go(f"datasets/trips/?sql={quote('SELECT COUNT(*) AS n FROM gates')}")
        tab.page.locator(".sql tbody tr").wait_for(timeout=SLOW)
        assert not [name for name, _ in tab.fetched if "duckdb-eh" in name or "/duckdb." in name]
        assert re.search(r"DuckDB で実行（\d\.\d MB", tab.page.locator(".sql-run").inner_text())
        rows, _, _ = run_query(tab, "SELECT VERSION() AS v", full=True)
        assert rows[0][0].startswith("v1.")
        size = sum(each for name, each in tab.fetched if "duckdb" in name)
        assert 7e6 < size < 10e6
        rows, told, _ = run_query(
            tab,
            "SELECT STRING_AGG(DISTINCT LOWER(function_name), ' ' ORDER BY LOWER(function_name)) AS names "
            "FROM duckdb_functions() WHERE REGEXP_MATCHES(function_name, '^[A-Za-z]')",
        )
        assert told == "" and listed == rows[0][0].split(" ")
        for query in (
            "SELECT * FROM read_parquet('https://example.org/x.parquet')",
            "SELECT * FROM read_csv('https://example.org/x.csv')",
            "FROM 'https://example.org/x.parquet'",
            "INSTALL httpfs", "LOAD parquet", "SET enable_external_access = true", "ATTACH 'https://example.org/x.db'",
        ):  # fmt: skip
            rows, told, _ = run_query(tab, query)
            assert told and not rows, query
        assert tab.page.evaluate("() => document.querySelector('meta[http-equiv]').content").count("wasm") == 0
        refused = tab.page.evaluate(
            "() => { try { new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)); return false } catch { return true } }"
        )
        assert refused, "the page itself runs no WebAssembly"
        time.sleep(0.2)
    assert tab.elsewhere == []


FOREIGN = {
    "SELECT DISTINCT TOP (5) station FROM gates": ("「TOP (5」", "最後に LIMIT 5 と書いてください"),
    "SELECT station\nFROM gates LIMIT 10, 20": ("2 行目の 12 文字目", "LIMIT 20 OFFSET 10 と書いてください"),
    "SELECT `station` FROM gates": ("8 文字目", '二重引用符で囲みます："station"'),
    "SELECT nvl(people, 0) AS n FROM gates": ("「nvl」", "COALESCE(x, 0)"),
    "SELECT TO_CHAR(day, 'YYYY') AS y FROM gates": ("「TO_CHAR」", "STRFTIME(date, '%Y-%m')"),
}
OURS = (
    "SELECT 'TOP 5 `nvl(' AS a, COUNT(*) AS n FROM gates -- SELECT TOP 5, LIMIT 1, 2",
    'SELECT station AS "nvl(" /* `x` */ FROM gates LIMIT 2',
)
NOWHERE = "SELECT FROBNICATE(people) AS n FROM gates"


def test_what_other_systems_write_is_refused_before_duckdb_is_loaded(chromium, site):
    with visit(chromium, site) as tab:
        open_sql(tab, "trips")
        for full in (False, True):  # the second button too
            for query, words in FOREIGN.items():
                rows, told, _ = run_query(tab, query, full=full)
                assert rows == [] and all(each in told for each in words), (query, told)
                assert "DuckDB で実行" not in told
        for query in ("DROP TABLE gates", "SET threads = 1"):
            rows, told, _ = run_query(tab, query, full=True)
            assert rows == [] and "データは変えられません" in told
        assert not [name for name, _ in tab.fetched if "duckdb-eh" in name]
        tab.go("datasets/trips/")
        open_sql(tab, "trips")
        for query in OURS:
            rows, told, _ = run_query(tab, query)
            assert rows and told == "", (query, told)
        _, told, _ = run_query(tab, NOWHERE)
        assert "「FROBNICATE」という関数はありません" in told and "DuckDB で実行" not in told
        _, told, _ = run_query(tab, "SELECT ARG_MAX(station, people) AS n FROM gates")
        assert "DuckDB で実行" in told, "a function that DuckDB has"
    tab.check()


def test_a_server_without_the_header_is_told_of_at_once(chromium, site, monkeypatch):
    monkeypatch.setattr(serve, "GUARDS", edge.GUARDS)
    with visit(chromium, site) as tab:
        open_sql(tab, "trips")
        rows, told, _ = run_query(tab, "SELECT 1 AS n", full=True)
        assert rows == [] and "'wasm-unsafe-eval'" in told
