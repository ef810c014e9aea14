"""Pages of requests and showcases, and letters that say what they are about."""

import dataclasses
from datetime import date
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from projects import ROOT
from wholes import build_catalogue, render_site
from worlds import make_catalogue, make_office, make_requests

from entaku.site.ledger import show_ask, show_outside
from entaku.site.words import Words
from entaku.store import read_project
from entaku.work.render import split_templates

TEMPLATES, ASSETS = split_templates(read_project(ROOT, "site_templates/**/*"))


def render(catalogue) -> dict[str, str]:
    pages, findings = render_site(catalogue, TEMPLATES, ASSETS)
    assert not findings
    return {page.path: page.body.decode() for page in pages if page.path.endswith(".html")}


class Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.found.append(dict(attrs).get("href") or "")


def test_every_request_has_a_page_with_its_answer():
    pages = render(make_catalogue())
    page = pages["en/requests/2022-09-tourism/index.html"]
    assert "First released as version 2025.01.31" in page and "(855 days later)" in page and "A journalist" not in page
    assert "../../datasets/tourism/2025.01.31/" in Links(page).found
    assert "毎月、翌月の予定を公開します。" in pages["requests/2021-02-elevators/index.html"]
    assert "(401 days later)" in pages["en/requests/2021-02-elevators/index.html"]


def test_lists_by_status_are_pages_of_their_own():
    pages = render(make_catalogue())
    assert "毎日の市場価格" in pages["requests/open/index.html"]
    assert "国別の旅行者数</a></h2>" not in pages["requests/open/index.html"]
    assert "requests/declined/index.html" not in pages
    assert {"open/", "answered/"} <= {link.removeprefix("./") for link in Links(pages["requests/index.html"]).found}


def test_a_long_ledger_is_cut_in_pages_below_the_limit():
    template = dataclasses.replace(make_requests()[2], why=make_requests()[2].why)
    many = [dataclasses.replace(template, id=f"r{n}", asked=date(2020, 1, 1)) for n in range(130)]
    pages = render(build_catalogue(make_office(), [], {}, {}, {}, "1", many))
    places = [path for path in pages if path.startswith("requests/") and "/r" not in path]
    assert {"requests/index.html", "requests/page/2/index.html", "requests/page/3/index.html"} <= set(places)
    assert all(len(pages[path].encode()) < 100_000 for path in places)
    assert pages["requests/page/3/index.html"].count('<li class="request ') == 30


def test_nothing_yet_invites():
    pages = render(build_catalogue(make_office(), [], {}, {}, {}, "1"))
    assert "まだ要望はありません" in pages["requests/index.html"]
    assert "Yours will be the first" in pages["en/showcases/index.html"]
    asks = [
        link for link in Links(pages["requests/index.html"]).found if link.startswith("mailto:opendata@example.jp?")
    ]
    assert len(asks) == 1 and "ほしいデータ：" in unquote(asks[0])
    office = dataclasses.replace(make_office(), contact=None)
    assert "窓口がありません" in render(build_catalogue(office, [], {}, {}, {}, "1"))["requests/index.html"]


def test_a_dataset_shows_who_asked_and_what_was_made():
    page = render(make_catalogue())["en/datasets/elevators/index.html"]
    assert "When station lifts are out of service" in page and "Lift map" in page and "題名だけの事例" in page


def test_showcases_show_their_pictures_from_our_own_site():
    page = render(make_catalogue())["showcases/index.html"]
    assert page.count("<img") == 2 and 'src="../assets/mark.' in page
    assert "https://lifts.example.org/" in Links(page).found


@pytest.mark.parametrize(
    ("contact", "url"),
    [
        ("https://x.jp/form", "https://x.jp/form?about=ask"),
        ("https://x.jp/form?a=1#top", "https://x.jp/form?a=1&about=ask#top"),
        ("javascript:alert(1)", ""),
    ],
)
def test_a_form_is_told_what_it_is_about(contact, url):
    office = dataclasses.replace(make_office(), contact=contact)
    shown = show_ask(office, Words("ja", {}), "ask")
    assert shown is not None and (shown.title, shown.url) == (contact, url)


def test_outside_addresses_are_links_only_where_that_is_safe():
    assert show_outside("https://x.jp/").url and show_outside("a@b.jp").url == "mailto:a@b.jp"
    assert show_outside("data.csv").url == show_outside("javascript:x@y").url == ""
