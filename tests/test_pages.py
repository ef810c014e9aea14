"""The pages in a real browser."""

import pytest
from browser import visit

PAGES = ("", "datasets/", "datasets/tokyo-market-daily/", "en/datasets/tokyo-market-daily/report/", "requests/", "en/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_keep_their_own_policy_and_ask_nobody_else(chromium, published, scheme):
    with visit(chromium, published[0] / "build" / "site", color_scheme=scheme) as tab:
        for path in PAGES:
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
