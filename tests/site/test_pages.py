"""The pages in a real browser, and before those who judge pages: axe, the W3C's HTML checker, Lighthouse."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from browser import SCREENS, find_chromium, find_faults, find_tool, visit
from loopback import serve_site
from projects import ROOT


def test_what_breaks_the_policy_is_seen(chromium, published, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(
        """<meta http-equiv="Content-Security-Policy" content="default-src 'none'"><script>1</script>
        <link rel="icon" href="data:,"><img src="http://127.0.0.2:1/x.png" alt="">"""
    )
    with visit(chromium, site) as tab:
        tab.go()
    assert any("policy" in error for error in tab.errors)
    with visit(chromium, published[0] / "build" / "site") as tab:
        tab.go()
        tab.page.evaluate(
            "() => { const link = document.createElement('a'); link.href = 'http://127.0.0.2:1/'; link.click(); }"
        )
        tab.page.wait_for_timeout(300)
    assert tab.elsewhere == ["http://127.0.0.2:1/"]


def test_a_page_prints_without_what_is_for_the_screen(chromium, published):
    with visit(chromium, published[0] / "build" / "site", color_scheme="dark") as tab:
        tab.go("datasets/toei-elevator-inspections/")
        paper = tab.page.pdf(format="A4")
        assert paper.startswith(b"%PDF-") and paper.count(b"/Type /Page\n") >= 2
        tab.page.emulate_media(media="print")
        assert not tab.page.locator("header nav").first.is_visible()
        assert tab.page.locator("table.preview").first.is_visible()
        for each in (".chart-own", ".chart-follow", "#use"):
            assert not tab.page.locator(each).first.is_visible(), each
        ink, ground = tab.page.evaluate(
            "() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        )
        assert ink == "rgb(0, 0, 0)" and ground in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    tab.check()


def test_a_link_to_the_other_language_leads_to_the_same_page_and_back(chromium, published):
    with visit(chromium, published[0] / "build" / "site") as tab:
        tab.go("datasets/tokyo-market-daily/report/")
        tab.page.get_by_role("link", name="English").first.click()
        tab.page.wait_for_url("**/en/datasets/tokyo-market-daily/report/")
        assert tab.page.locator("html").get_attribute("lang") == "en"
        tab.page.get_by_role("link", name="日本語").first.click()
        tab.page.wait_for_url(tab.root + "datasets/tokyo-market-daily/report/")
    tab.check()


# ---- judges -----------------------------------------------------------------------------------------------------


def list_kinds(site: Path) -> list[str]:
    """A page of every kind: the first of each template, by its body's class."""
    kinds: dict[str, str] = {}
    for path in sorted(site.rglob("index.html"), key=lambda path: (len(path.parts), path)):
        page = path.parent.relative_to(site).as_posix().removeprefix(".")
        kind = path.read_text("utf-8").partition('<body class="')[2].partition('"')[0]
        if not page.startswith("en"):
            kinds.setdefault(kind, f"{page}/" if page else "")
    assert len(kinds) >= 11, kinds
    return [*kinds.values(), "404.html"]


@pytest.mark.parametrize("lang", ["", pytest.param("en/", marks=pytest.mark.sweep)])
def test_every_kind_of_page_keeps_its_policy_asks_nobody_else_and_axe_finds_nothing(chromium, published, lang):
    site = published[0] / "build" / "site"
    found = {}
    with visit(chromium, site) as tab:
        for path in list_kinds(site):
            tab.go(lang + path)
            assert tab.fetched and tab.page.locator("h1").count() == 1, path
            tab.page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            for scheme, width in SCREENS[lang]:
                found[path, scheme, width] = find_faults(tab, scheme, width)
    assert {key: faults for key, faults in found.items() if faults} == {}
    tab.check()


def test_every_page_is_html_by_the_w3cs_checker(published):
    jar = find_tool("vnu-jar/build/dist/vnu.jar", "java")
    site = published[0] / "build" / "site"
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # half the time: it ends before more compiling is worth it
    command = ["java", *quick, "-Xss4m", "-jar", jar, "--skip-non-html", "--format", "json", "--asciiquotes", site]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    messages = json.loads(done.stderr)["messages"]
    errors = [each for each in messages if each["type"] == "error"]
    told = {(each["url"].partition("/site/")[2], each["message"], each.get("extract", "")[:150]) for each in errors}
    assert told == set()


AUDITED = ("", "datasets/", "datasets/toei-elevator-inspections/")
JUDGED = ("accessibility", "best-practices", "seo")
LEAST = 95
MOST_KB, MOST_ELEMENTS = 190, 1900


def test_lighthouse_gives_at_least_95_on_a_phone(published):
    """Lighthouse's marks that don't depend on the machine; ENTAKU_TIMED=1 asks for its performance mark, too."""
    tools = find_tool("lighthouse", "node").parent
    wanted = (*JUDGED, "performance") if os.environ.get("ENTAKU_TIMED") else JUDGED
    command = ["node", ROOT / "tests" / "tools" / "lighthouse.mjs", tools, find_chromium(), ",".join(wanted)]
    with serve_site(published[0] / "build" / "site") as address:
        pages = [f"{address}/{path}" for path in AUDITED[::2]]
        done = subprocess.run([*command, *pages], check=True, capture_output=True, text=True, timeout=300)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [sorted(each["scores"]) for each in told] == [sorted(wanted)] * len(AUDITED[::2])
    assert [each for each in told if min(each["scores"].values()) < LEAST] == []


def test_a_page_is_light_enough_for_a_phone(chromium, published):
    """What makes a page quick on a phone, whatever machine measures it: bytes, elements, nothing that moves."""
    with visit(chromium, published[0] / "build" / "site", viewport={"width": 390, "height": 844}) as tab:
        for path in AUDITED:
            tab.go(path)
            shift, size, elements = tab.page.evaluate(WEIGH)
            assert 5_000 < size < MOST_KB * 1000 and elements < MOST_ELEMENTS, (path, size, elements)
            assert shift < 0.1, path


WEIGH = """() => new Promise((done) => {
  let shift = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((each) => { shift += each.value; }))
    .observe({ type: 'layout-shift', buffered: true });
  const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const size = all.reduce((sum, each) => sum + each.encodedBodySize, 0);
  setTimeout(() => done([shift, size, document.querySelectorAll('*').length]), 100);
})"""
