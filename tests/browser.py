"""A real Chromium for tests of pages: the site on loopback, every request to another origin refused and counted.

`from browser import visit` (pytest finds the fixture `chromium` in conftest.py):

    def test_x(chromium, published):
        with visit(chromium, published[0] / "build" / "site") as tab:
            tab.go("datasets/")
            tab.page.get_by_role("searchbox").fill("駅")
            ...
        tab.check()          # nothing asked elsewhere, no policy broken, no error in the console
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from loopback import serve_site
from projects import ROOT

NOT_WANTED = (
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,"
    "AimEnabled,AvoidCorsURLLoaderRestartOnRedirect,AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,"
    "HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,OptimizationHints,"
    "PaintHolding,PreconnectToSearch,TcpPortRandomizationWin,ThirdPartyStoragePartitioning"
)
"""Features of Chromium that are off: two pages of its own that each window loads for the list below the address, which
cost as much as a page of ours, and those that Playwright switches off, as of two such options the last one counts."""
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
"""What is looked for: the headless shell has no windows to keep up, and takes two thirds of the CPU for a visit."""
ENGINE = "--js-flags=--single-threaded,--min-semi-space-size=32"
"""V8 compiles and collects garbage in no threads beside that of the page, and seldom: pages of tests are soon closed."""
ARGUMENTS = ("--no-sandbox", f"--disable-features={NOT_WANTED}", ENGINE)
IDLE = "() => new Promise((done) => requestIdleCallback(() => setTimeout(done, 20), { timeout: 500 }))"
"""A moment in which the page has nothing to do; of some pages at rest the headless shell tells none."""
WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) => console.error("policy: " + event.violatedDirective + " " + event.blockedURI));
"""


def find_chromium() -> str:
    """The browser of this machine, or the test is skipped."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip("no Chromium on this machine (.ci/run installs it)")
    return found


@contextmanager
def start_chromium() -> Iterator[Any]:
    """Playwright's Browser over the machine's Chromium."""
    path = find_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Tab:
    """A page of the browser on a site, and what went on in it."""

    page: Any
    root: str
    elsewhere: list[str] = field(default_factory=list)
    """Requests to other origins, all refused."""
    errors: list[str] = field(default_factory=list)
    """Errors in the console, broken policies, exceptions."""
    fetched: list[tuple[str, int]] = field(default_factory=list)
    """Path and bytes of every body that came, since `go` or `reset`."""
    under_way: set[Any] = field(default_factory=set)
    """Requests that aren't answered yet."""
    scripts: bool = True

    def go(self, path: str = "") -> None:
        """Open the page at the site path `path`, and wait until it rests."""
        self.reset()
        self.under_way.clear()
        self.page.goto(self.root + path)
        self.rest()

    def rest(self) -> None:
        """Wait for three idle moments in a row without a request under way (Playwright's networkidle is half a second)."""
        idle = 0
        end = time.monotonic() + 60
        while self.scripts and idle < 3:
            assert time.monotonic() < end, f"never at rest: {[request.url for request in self.under_way]}"
            self.page.evaluate(IDLE)
            idle = 0 if self.under_way else idle + 1

    def reset(self) -> None:
        """Forget what was fetched."""
        self.fetched.clear()

    @property
    def bytes(self) -> int:
        """Bytes of bodies since `go` or `reset`."""
        return sum(size for _, size in self.fetched)

    def check(self) -> None:
        """Nothing was asked elsewhere and nothing went wrong."""
        assert self.elsewhere == []
        assert self.errors == []


@contextmanager
def visit(chromium: Any, site: Path, **options: Any) -> Iterator[Tab]:
    """A tab on the folder `site`, served with byte ranges.  `options`: Playwright's new_context (viewport, locale,
    color_scheme, java_script_enabled, …)."""
    with serve_site(site) as address:
        yield from open_tab(chromium, f"{address}/", options)


def open_tab(chromium: Any, root: str, options: dict[str, Any]) -> Iterator[Tab]:
    """A tab in a context of its own."""
    context = chromium.new_context(**{"locale": "ja-JP", "accept_downloads": True, **options})
    page = context.new_page()
    tab = Tab(page, root, scripts=options.get("java_script_enabled", True))

    def refuse(each: Any) -> None:
        tab.elsewhere.append(each.request.url)
        each.abort()

    def count(request: Any) -> None:
        tab.under_way.discard(request)
        tab.fetched.append((request.url.removeprefix(root), request.sizes()["responseBodySize"]))

    def fail(request: Any) -> None:
        tab.under_way.discard(request)
        if request.failure != "net::ERR_ABORTED":  # the page itself gave it up
            tab.errors.append(f"{request.failure}: {request.url}")

    context.route(re.compile(f"^(?!{re.escape(root)}|data:|blob:)"), refuse)
    if tab.scripts:
        context.add_init_script(WATCH_POLICY)
    page.on("request", lambda request: tab.under_way.add(request))
    page.on("requestfinished", count)
    page.on("requestfailed", fail)
    page.on("pageerror", lambda error: tab.errors.append(str(error)))
    page.on("console", lambda said: tab.errors.append(said.text) if said.type == "error" else None)
    try:
        yield tab
    finally:
        context.close()


# ---- judges -----------------------------------------------------------------------------------------------------


def find_tool(name: str, program: str) -> Path:
    """A file of `tests/tools`, as `make test` installs them, and the program that runs it; or the test is skipped."""
    path = ROOT / ".venv" / "tools" / "node_modules" / name
    if not path.exists() or not shutil.which(program):
        pytest.skip(f"no {name} or no {program} on this machine (.ci/run installs them)")
    return path


SCREENS = {"": (("light", 390), ("dark", 1280)), "en/": (("dark", 390), ("light", 1280))}
"""Colour schemes and widths in which pages of each language are judged."""
JUDGE = """
async (within) => {
  const chosen = within ? [...document.querySelectorAll(within)] : [document.body];
  const rest = [...document.body.querySelectorAll("*")].filter((each) =>
    !chosen.some((one) => one.contains(each) || each.contains(one)) && chosen.some((one) => each.parentElement.contains(one)));
  const away = rest.map((each) => [each, document.createComment("")]);
  away.forEach(([each, place]) => each.replaceWith(place));
  try {
    const { violations } = await axe.run(within ? { include: [within] } : document, { resultTypes: ["violations"] });
    return Object.fromEntries(violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]));
  } finally {
    away.forEach(([each, place]) => place.replaceWith(each));
  }
}"""
"""Axe's faults of the page, or of what `within` selects.  Axe asks the style of every element, judged or not, so the rest
of the page is taken out for as long."""
WIDE = """
async () => {
  const { documentElement: page } = document;
  for (let n = 0; n < 30 && page.scrollWidth > page.clientWidth; n++) await new Promise(requestAnimationFrame);
  return page.scrollWidth - page.clientWidth;
}"""
"""By how much the page is wider than the screen, once charts have drawn themselves for it."""


def find_faults(tab: Tab, scheme: str, width: int, within: str = "") -> dict[str, list[str]]:
    """What axe finds on the page as it is, in a colour scheme on a screen so wide, and whether it is wider than that.

    `within`: a selector of what a test has opened, which alone is judged where the rest of the page is as another test
    (`test_pages.py` sees every kind of page) has judged it."""
    tab.page.emulate_media(color_scheme=scheme)
    tab.page.set_viewport_size({"width": width, "height": 900})
    if not tab.page.evaluate("() => 'axe' in window"):
        tab.page.evaluate(find_tool("axe-core/axe.min.js", "node").read_text("utf-8"))
    found: dict[str, list[str]] = tab.page.evaluate(JUDGE, within)
    wide = tab.page.evaluate(WIDE)
    return {**found, "wider than the screen": [f"{wide} px"]} if wide > 0 else found
