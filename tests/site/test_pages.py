"""The pages in a real browser, and before those who judge pages: axe, the W3C's HTML checker, Lighthouse."""

import json
import subprocess
from pathlib import Path

import pytest
from browser import SCREENS, find_chromium, find_faults, find_tool, visit
from loopback import serve_site
from projects import ROOT

PAGES = ("", "datasets/", "datasets/tokyo-market-daily/", "en/datasets/tokyo-market-daily/report/", "requests/", "en/")


def test_pages_keep_their_own_policy_and_ask_nobody_else(chromium, published):
    with visit(chromium, published[0] / "build" / "site") as tab:
        for path in PAGES:
            for scheme in ("light", "dark"):
                tab.page.emulate_media(color_scheme=scheme)
                tab.go(path)
                assert tab.page.locator("h1").count() == 1
    tab.check()
    assert tab.fetched


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


@pytest.mark.parametrize("lang", SCREENS)
def test_axe_finds_nothing_on_any_kind_of_page(chromium, published, lang):
    site = published[0] / "build" / "site"
    found = {}
    with visit(chromium, site) as tab:
        for path in list_kinds(site):
            tab.go(lang + path)
            tab.page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            for scheme, width in SCREENS[lang]:
                found[path, scheme, width] = find_faults(tab, scheme, width)
    assert {key: faults for key, faults in found.items() if faults} == {}


def test_every_page_is_html_by_the_w3cs_checker(published):
    jar = find_tool("vnu-jar/build/dist/vnu.jar", "java")
    site = published[0] / "build" / "site"
    command = ["java", "-Xss4m", "-jar", jar, "--skip-non-html", "--format", "json", "--asciiquotes", site]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    messages = json.loads(done.stderr)["messages"]
    errors = [each for each in messages if each["type"] == "error"]
    told = {(each["url"].partition("/site/")[2], each["message"], each.get("extract", "")[:150]) for each in errors}
    assert told == set()


AUDITED = ("", "datasets/", "datasets/toei-elevator-inspections/")
LEAST = 95


def test_lighthouse_gives_at_least_95_on_a_phone(published):
    tools = find_tool("lighthouse", "node").parent
    command = ["node", ROOT / "tests" / "tools" / "lighthouse.mjs", tools, find_chromium()]
    with serve_site(published[0] / "build" / "site") as address:
        left = {f"{address}/{path}": {} for path in AUDITED}
        for _ in range(3):  # a busy machine slows a page: the best of three counts
            done = subprocess.run([*command, *left], check=True, capture_output=True, text=True, timeout=300)
            told = [json.loads(line) for line in done.stdout.splitlines()]
            assert all(len(each["scores"]) == 4 for each in told)
            audits = zip(left, told, strict=True)
            left = {address: each for address, each in audits if min(each["scores"].values()) < LEAST}
            if not left:
                return
    raise AssertionError(left)
