"""What is about to be published, and what would mislead machines: told before it is up."""

import json
from dataclasses import replace
from functools import cache

import pytest
from projects import LIFTS, ROOT, copy_template, lifts, make_project, put_sample, run, snapshot
from worlds import BASE_URL, make_catalogue

from entaku.catalogue.build import list_copies, list_excel, list_raws
from entaku.model.messages import CODES, say_next, say_what
from entaku.model.nouns import Finding, Page, Place
from entaku.site.design import Design
from entaku.site.feeds import stream_feeds
from entaku.site.feeds.gate import check_pages
from entaku.site.feeds.members import follow
from entaku.site.site import stream_site
from entaku.store import read_project
from entaku.work.render import list_sums, split_templates

SITE = f"{BASE_URL}/"


@cache
def render():
    catalogue = make_catalogue()
    templates, assets = split_templates(read_project(ROOT, "site_templates/**/*"))
    return (*stream_site(catalogue, Design(templates, assets)), *stream_feeds(catalogue))


@cache
def copies():
    catalogue = make_catalogue()
    sums = {page.path for page in list_sums(catalogue)}
    return (
        frozenset({**list_copies(catalogue), **list_excel(catalogue), **list_raws(catalogue), "manifest.json": b""})
        | sums
    )


def judge(pages, root="https://x.example/y/", there=()):
    return [each for each in check_pages(pages, root, there) if isinstance(each, Finding)]


def tell(pages, **more):
    return [(one.code, one.place.file, one.value) for one in judge(pages, **more)]


def html(text, path="a/index.html"):
    return [Page("index.html", b""), Page("f.csv", b""), Page("a/b/index.html", b""), Page(path, text.encode())]


def test_what_we_make_passes_and_comes_out_as_it_went_in():
    pages = [each for each in render() if isinstance(each, Page)]
    assert list(check_pages(pages, SITE, copies())) == pages


@pytest.mark.parametrize(
    "link",
    ["../", "b/", "b", "./b/", "../f.csv", "../f.csv?x=1#y", "/y/f.csv", "https://x.example/y/", "#here", "#top", "",
     "https://elsewhere.example/", "mailto:a@b.jp", "?page=2", "../a/", "b/#part", "%62/", "/other/site", "../SHA256SUMS"],
)  # fmt: skip
def test_links_that_lead_somewhere(link):
    assert tell(html(f'<a href="{link}"></a><p id="here"></p>')) == []


@pytest.mark.parametrize(
    ("link", "value"),
    [("c/", "a/c/"), ("../g.csv", "g.csv"), ("/y/g", "g"), ("https://x.example/y/z?q", "z"), ("#gone", "#gone"),
     ("../../y", "y"), ("b&amp;c", "a/b&c")],
)  # fmt: skip
def test_links_that_lead_nowhere(link, value):
    assert tell(html(f'<a href="{link}"></a>')) == [("feed-link", "a/index.html", value)]


def test_pictures_and_scripts_are_looked_for_among_the_copies():
    page = html('<img src="x.png"><script src="../s.js"></script>')
    assert tell(page, there={"a/x.png"}) == [("feed-link", "a/index.html", "s.js")]


def test_cards_are_there_and_of_their_size():
    page = html('<meta property="og:image" content="https://x.example/y/a/card.png">')
    assert tell(page) == [("feed-link", "a/index.html", "a/card.png")]
    card = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (1200).to_bytes(4) + (630).to_bytes(4)
    assert tell([*page, Page("a/card.png", card)]) == []
    (found,) = judge([*page, Page("a/card.png", card[:-1] + b"\0")])
    assert (found.code, found.place.file, found.args) == ("feed-broken", "a/card.png", {"why": "PNG, 1200 × 630"})


def test_many_lost_links_are_counted():
    found = judge(html("".join(f'<a href="{n}/"></a>' for n in range(50))))
    assert len(found) == 21 and found[-1].args == {"count": "30"}


FEED = (
    '<feed><id>https://x.jp/</id><updated>2</updated><link rel="self" href="BASE/x/feed.atom"/>'
    "<entry><id>https://x.jp/2</id><updated>2</updated></entry><entry><id>tag:x.jp,2026:1</id><updated>1</updated></entry></feed>"
).replace("BASE", "https://x.example/y")
WRONG_FEEDS = [
    FEED.replace(before, after)
    for before, after in (
        ("tag:x.jp,2026:1", "1"), ("<updated>1<", "<updated>3<"), ("<updated>2</updated><link", "<updated>1</updated><link"),
        ("x.example/y/x", "z.example/x"), ('rel="self"', 'rel="via"'),
    )
]  # fmt: skip


def test_a_feed_as_it_should_be_passes():
    assert judge([Page("x/feed.atom", FEED.encode())]) == []


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("data.json", '{"dataset": [', "feed-broken"),
        ("catalog.jsonld", "\ufffd{}", "feed-broken"),
        ("api/3/action/site_read", "<html>", "feed-broken"),
        ("feed.atom", "<feed><entry></feed>", "feed-broken"),
        ("sitemap.xml", "<urlset>&nbsp;</urlset>", "feed-broken"),
        ("catalog.rdf", "", "feed-broken"),
        ("feed.atom", "<feed><id>a</id><id>b</id><id>a</id></feed>", "feed-twice"),
        *(("x/feed.atom", body, "feed-broken") for body in WRONG_FEEDS),
        ("a/index.html", '<p id="x"></p><b id="x"></b>', "feed-twice"),
        ("a/index.html", '<script type="application/ld+json">{"a": </script>', "feed-broken"),
        ("catalog.jsonld", '{"@context": {"a": 1}, "@graph": [{"@id": "x", "@type": "y"}, {"@id": "x", "@type": "y"}]}', "feed-twice"),
        ("catalog.jsonld", '{"@context": {"a": 1}, "@graph": [{"@type": "y"}]}', "feed-member"),
        ("datasets/x/t.csv-metadata.json", '{"@context": "c", "url": "", "tableSchema": {"columns": []}}', "feed-member"),
    ],
)  # fmt: skip
def test_broken_files_are_told(path, body, code):
    found = judge([Page(path, body.encode())])
    assert [(one.code, one.place.file) for one in found] == [(code, path)]
    assert all(say_what(one, lang) and say_next(one, lang) for one in found for lang in ("ja", "en"))


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("datasets/elevators/croissant.json", "conformsTo"),
        ("datasets/elevators/croissant.json", "distribution[].sha256"),
        ("data.json", "dataset[].title"),
        ("api/3/action/package_search", "result.results[].organization.name"),
        ("api/3/package_show/elevators.json", "result.name"),
    ],
)
def test_a_member_that_readers_need_is_missed(path, member):
    (page,) = [each for each in render() if isinstance(each, Page) and each.path == path]
    value = json.loads(page.body)
    spot = value
    *above, last = member.split(".")
    for name in above:
        spot = spot[name.removesuffix("[]")]
        spot = spot[0] if name.endswith("[]") else spot
    del spot[last]
    found = judge([Page(path, json.dumps(value).encode())], root="https://none.example/")
    assert [(one.code, one.value) for one in found] == [("feed-member", member)]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("x.json", '{"url": "https://x.example/y/gone"}'),
        ("x.ttl", "<https://x.example/y/gone#a> a <https://x.example/y/> ."),
        ("x.rdf", '<a href="https://x.example/y/gone?b=1&amp;c=2"/>'),
        ("sitemap.xml", "<loc>https://x.example/y/gone</loc>"),
        ("x.md", "[there](https://x.example/y/gone)"),
        ("x.csv", 'a,"https://x.example/y/gone",b\r\n'),
    ],
)
def test_addresses_in_feeds_lead_somewhere(path, body):
    assert tell([Page("index.html", b""), Page(path, body.encode())]) == [("feed-link", path, "gone")]
    assert tell([Page("index.html", b""), Page("gone", b""), Page(path, body.encode())]) == []


def test_words_that_speak_of_an_address_are_not_links():
    text = "See https://x.example/y/gone for more."
    pages = [Page("x.json", json.dumps({"description": text}).encode()), Page("x.md", text.encode())]
    assert tell(pages) == []


def test_where_a_page_is_missing_only_that_is_told():
    broken = Finding("template", "error", Place(file="site_templates/x.html"), "x.html", {"why": "?"})
    assert judge([*html('<a href="gone/"></a>'), broken]) == [broken]


def test_members_are_followed_through_lists():
    value = {"a": [{"b": 1}, {"b": ""}, {}], "c": []}
    assert follow(value, "a[].b") == [1, None, None]
    assert follow(value, "c[].d") == [] and follow(value, "e[].f") == [None]


def test_a_site_with_a_broken_link_is_not_published(tmp_path):
    project = make_project(tmp_path / "p")
    put_sample(project, lifts("7,2026-07-01"))
    assert run(project).site == "published"
    before = snapshot(project / "build" / "site")
    page = copy_template(project, "about.html")
    page.write_text(page.read_text("utf-8").replace("</h1>", '</h1><a href="nowhere/">x</a>', 1), "utf-8")
    result = run(project)
    assert result.site == "refused" and result.failed
    assert ("feed-link", "about/nowhere/") in [(one.code, one.value) for one in result.findings]
    assert snapshot(project / "build" / "site") == before


def test_the_codes_have_words():
    assert {"feed-broken", "feed-member", "feed-twice", "feed-link"} <= set(CODES)


def test_an_address_of_an_owner_that_leads_nowhere_is_a_warning(tmp_path):
    """A page of this site that an owner names and that isn't there is told, and the site is published."""
    gone = "https://data.example.org/datasets/gone/"
    text = LIFTS.replace("frequency: monthly", f"frequency: monthly\nlanding_page: {gone}#x")
    project = make_project(tmp_path / "p", lifts=text)
    office = (project / "catalogue.yaml").read_text("utf-8")
    office = office.replace('licenses/by/4.0/"', 'licenses/by/4.0/", summary: CC').replace(
        'url: "https://office.example.org/"',
        'url: "https://data.example.org/nobody/", feedback: "https://data.example.org/form"',
    )
    (project / "catalogue.yaml").write_text(office, "utf-8")
    put_sample(project, lifts("1,2026-07-01"))
    result = run(project)
    assert result.site == "published" and not result.failed
    line = text.splitlines().index(f"landing_page: {gone}#x") + 1
    told = [one for one in result.findings if one.code != "templates-former"]
    assert [(one.code, one.severity, one.place, one.value) for one in told] == [
        ("own-link", "warning", Place("catalogue.yaml"), "https://data.example.org/nobody/"),
        ("own-link", "warning", Place("catalogue.yaml"), "https://data.example.org/form"),
        ("own-link", "warning", Place("pipelines/lifts.yaml", line), f"{gone}#x"),
    ]


def test_a_lost_link_beside_an_owner_s_is_still_an_error():
    catalogue = make_catalogue()
    page = html(f'<a href="{SITE}gone/"></a><a href="{SITE}lost/"></a>')
    (dataset, *others) = catalogue.datasets
    spec = replace(dataset.spec, pipeline=replace(dataset.spec.pipeline, landing_page=f"{SITE}gone/"))
    given = replace(catalogue, datasets=(replace(dataset, spec=spec), *others))
    told = [each for each in check_pages(page, SITE, (), given) if isinstance(each, Finding)]
    assert [(one.code, one.severity, one.value) for one in told] == [
        ("own-link", "warning", f"{SITE}gone/"), ("feed-link", "error", "lost/"),
    ]  # fmt: skip
    told = [each for each in check_pages(page, SITE, (), catalogue) if isinstance(each, Finding)]
    assert {(one.code, one.severity, one.value) for one in told} == {
        ("feed-link", "error", "gone/"), ("feed-link", "error", "lost/"),
    }  # fmt: skip
