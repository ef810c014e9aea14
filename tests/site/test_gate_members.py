"""What the gate lets through: each member that readers need, each id that stands once, each kind of address."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from wholes import render_feeds
from worlds import make_catalogue

from entaku.model.long_pages import LongPage
from entaku.model.nouns import Finding, Page
from entaku.model.table_schema import SchemaField
from entaku.site.feeds import stream_feeds
from entaku.site.feeds.croissant import choose_type as choose_croissant
from entaku.site.feeds.csvw import choose_type as choose_csvw
from entaku.site.feeds.gate import check_pages

CROISSANT = (
    "@context", "@type", "name", "description", "url", "conformsTo", "creator.name", "distribution[].@id",
    "distribution[].contentUrl", "distribution[].encodingFormat", "distribution[].sha256", "recordSet[].@id",
    "recordSet[].field[].dataType", "recordSet[].field[].source.fileObject.@id",
)  # fmt: skip
DATA_JSON = (
    "conformsTo", "dataset[].identifier", "dataset[].title", "dataset[].description", "dataset[].publisher.name",
    "dataset[].modified", "dataset[].accessLevel", "dataset[].distribution[].downloadURL",
)  # fmt: skip
SEARCH = (
    "success", "result.count", "result.results[].id", "result.results[].name", "result.results[].title",
    "result.results[].organization.name", "result.results[].metadata_modified", "result.results[].resources[].id",
    "result.results[].resources[].url",
)  # fmt: skip
GRAPH = ("@context", "@graph[].@id", "@graph[].@type")
NEEDED = {
    "datasets/elevators/croissant.json": CROISSANT,
    "datasets/elevators/schedule.csv-metadata.json": (
        "@context", "url|tables[].url",
        "tableSchema.columns[].name|tables[].tableSchema.columns[].name",
        "tableSchema.columns[].titles|tables[].tableSchema.columns[].titles",
    ),
    "datasets/elevators/dcat.jsonld": GRAPH,
    "catalog.jsonld": GRAPH,
    "data.json": DATA_JSON,
    "api/3/action/package_search": SEARCH,
    "api/action/package_search": SEARCH,
    "api/3/package_show/elevators.json": ("success", "result.id", "result.name", "result.resources[].url|result.withdrawn"),
}  # fmt: skip
"""What the readers of each file can't do without: told here once more, so that none is forgotten in silence."""
SINGLE = {
    "datasets/elevators/croissant.json": ("distribution[].@id", "recordSet[].@id", "recordSet[].field[].@id"),
    "datasets/elevators/dcat.jsonld": ("@graph[].@id",),
    "catalog.jsonld": ("@graph[].@id",),
    "data.json": ("dataset[].identifier",),
    "api/3/action/package_search": ("result.results[].id", "result.results[].name", "result.results[].resources[].id"),
    "api/action/package_search": ("result.results[].id", "result.results[].name", "result.results[].resources[].id"),
}
PAIRS = [(path, member) for path, members in NEEDED.items() for member in members]
TWINS = [(path, member) for path, members in SINGLE.items() for member in members]


@cache
def feeds() -> dict[str, bytes]:
    return render_feeds(make_catalogue())[0]


def judge(*pages: Page, root: str = "https://none.example/") -> list[tuple[str, str, str]]:
    found = [each for each in check_pages(pages, root, ()) if isinstance(each, Finding)]
    return [(one.code, one.place.file, one.value) for one in found]


def write(path: str, value: Any) -> Page:
    return Page(path, json.dumps(value).encode())


def find_holders(value: Any, member: str) -> Iterator[tuple[Any, str]]:
    """What holds a member such as `a.b[].c`, first to last, and its name."""
    name, _, rest = member.partition(".")
    key = name.removesuffix("[]")
    if not rest:
        yield value, key
        return
    for each in value[key] if name.endswith("[]") else [value[key]]:
        yield from find_holders(each, rest)


LONG = ("data.json", "api/3/action/package_search", "api/action/package_search")


@pytest.mark.parametrize(("path", "member"), PAIRS)
def test_each_member_that_readers_need_is_missed_in_the_first_and_in_the_last_place(path: str, member: str) -> None:
    assert judge(Page(path, feeds()[path])) == []
    for place in (0, -1):
        for empty in (None, "", [], {}):
            value = json.loads(feeds()[path])
            holder, key = list(find_holders(value, member.partition("|")[0]))[place]
            if empty is None:
                del holder[key]
            else:
                holder[key] = empty
            assert ("feed-member", path, member) in judge(write(path, value))


def test_pages_of_the_catalogue_are_judged_as_the_first() -> None:
    for path in ("catalog-2.jsonld", "catalog-13.jsonld"):
        assert [value for _, _, value in judge(write(path, {"@graph": [{"@id": "x"}]}))] == [
            "@context",
            "@graph[].@type",
        ]
    for path in ("catalog-x.jsonld", "datasets/a/b/dcat.jsonld", "datasets/data.json", "api/2/action/package_search"):
        assert judge(write(path, {})) == []
    assert judge(write("datasets/a/2022.03.24/t.csv-metadata.json", {})) != []


@pytest.mark.parametrize(("path", "member"), TWINS)
def test_each_id_stands_once(path: str, member: str) -> None:
    value = json.loads(feeds()[path])
    (first, key), *_, (last, _) = find_holders(value, member)
    assert first is not last
    last[key] = first[key]
    assert judge(write(path, value)) == [("feed-twice", path, first[key])]


@pytest.mark.parametrize("path", LONG)
def test_a_long_page_is_judged_item_by_item_as_the_whole_would_be(path: str) -> None:
    page = next(each for each in stream_feeds(make_catalogue()) if isinstance(each, Page) and each.path == path)
    assert isinstance(page, LongPage)
    items = list(page.items)
    assert len(items) > 1 and judge(page) == []
    wrong = [[*items, items[0]], [*items, b"{}"], [b"{}"], [*items, b"{", b"{}"], []]
    for changed in wrong:
        long = LongPage(path, page.head, changed, page.tail)
        codes = [(code, value if code != "feed-broken" else "") for code, _, value in judge(long)]
        assert codes == [
            (code, value if code != "feed-broken" else "") for code, _, value in judge(Page(path, long.body))
        ]
        assert bool(codes) == bool(changed)


@pytest.mark.parametrize("member", ["@context", "@type", "name", "description", "url"])
def test_schema_org_in_a_page_needs_each_of_its_members(member: str) -> None:
    said = {"@context": "c", "@type": "t", "name": "n", "description": "d", "url": "u"}
    pages = []
    for value in (said, {key: each for key, each in said.items() if key != member}):
        body = f'<script type="application/ld+json">{json.dumps(value)}</script>'
        pages.append(Page("a.html", body.encode()))
    assert judge(pages[0]) == []
    assert judge(pages[1]) == [("feed-member", "a.html", member)]


@pytest.mark.parametrize("path", ["api/3/action/", "api/action/", "SHA256SUMS"])
def test_addresses_that_no_page_serves_may_be_pointed_at(path: str) -> None:
    page = Page("index.html", f'<a href="{path}">'.encode())
    assert judge(page, root="https://x.example/") == []
    other = Page("index.html", f'<a href="{path}x">'.encode())
    assert judge(other, root="https://x.example/") == [("feed-link", "index.html", f"{path}x")]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("x.json", '{"url": "https://x.example/y/gone"}'),
        ("x.jsonld", '{"@id": "https://x.example/y/gone#a"}'),
        ("api/3/package_show/x.json", '{"success": true, "result": {"id": "x", "name": "x", "resources": [{"url": "https://x.example/y/gone"}]}}'),
        ("x.ttl", "<https://x.example/y/gone>"),
        ("x.rdf", "<a>https://x.example/y/gone</a>"),
        ("x.atom", '<a><link rel="self" href="https://x.example/y/x.atom"/><a href="https://x.example/y/gone"/></a>'),
        ("x.xml", "<a>https://x.example/y/gone</a>"),
        ("x.md", "[a](<https://x.example/y/gone>)"),
        ("x.txt", "[a](https://x.example/y/gone)"),
        ("x.csv", "https://x.example/y/gone,a\r\n"),
        ("x.csv", 'a,b\r\n1,https://x.example/y/gone\r\n'),
        ("x.html", '<img src="gone">'),
        ("x.html", '<a href="gone">'),
    ],
)  # fmt: skip
def test_each_kind_of_file_is_looked_through_for_addresses(path: str, body: str) -> None:
    told = judge(Page("index.html", b""), Page(path, body.encode()), root="https://x.example/y/")
    assert told == [("feed-link", path, "gone")]
    there = [Page("index.html", b""), Page("gone/index.html", b""), Page(path, body.encode())]
    assert judge(*there, root="https://x.example/y/") == []


def test_the_answers_of_the_api_are_looked_through_once() -> None:
    body = json.dumps({"result": "https://x.example/y/gone"}).encode()
    assert judge(Page("api/3/action/site_read", body), root="https://x.example/y/") == []


def test_an_address_that_leads_nowhere_is_told_once_with_the_first_page_that_has_it() -> None:
    pages = [Page(f"{n}.html", f'<a href="gone"><!-- {n} -->'.encode()) for n in range(3)]
    assert judge(*pages) == [("feed-link", "0.html", "gone")]


@pytest.mark.parametrize("count", [20, 21])
def test_up_to_twenty_are_told_one_by_one(count: int) -> None:
    page = Page("a.html", "".join(f'<a href="{n}">' for n in range(count)).encode())
    found = [each for each in check_pages([page], "https://none.example/", ()) if isinstance(each, Finding)]
    rest = [("too-many-findings", {"count": "1"})] * (count > 20)
    assert len(found) == count and [(one.code, one.args) for one in found[20:]] == rest


# ---- booleans ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "csvw", "croissant"),
    [
        ({}, "boolean", "sc:Boolean"),
        ({"falseValues": ("無",)}, {"base": "boolean", "format": "true|無"}, "sc:Text"),
        ({"trueValues": ("有",)}, {"base": "boolean", "format": "有|false"}, "sc:Text"),
        ({"trueValues": ("有",), "falseValues": ("無",)}, {"base": "boolean", "format": "有|無"}, "sc:Text"),
        ({"trueValues": ("有", "1"), "falseValues": ("無",)}, "string", "sc:Text"),
        ({"trueValues": ("有",), "falseValues": ("無", "0")}, "string", "sc:Text"),
        ({"trueValues": ("true", "1"), "falseValues": ("0", "false")}, "boolean", "sc:Text"),
        (
            {"trueValues": ("TRUE",), "falseValues": ("False",)},
            {"base": "boolean", "format": "TRUE|False"},
            "sc:Boolean",
        ),
    ],
)
def test_booleans_are_described_as_they_are_spelt(own: dict[str, tuple[str, ...]], csvw: Any, croissant: str) -> None:
    field = SchemaField(name="x", type="boolean", **own)  # type: ignore[arg-type]
    assert choose_csvw(field) == (csvw, csvw != "string")
    assert choose_croissant(field, "csv") == {"dataType": croissant}
    assert choose_croissant(field, "parquet") == {"dataType": "sc:Boolean"}


@pytest.mark.parametrize(
    ("own", "of_table", "croissant"),
    [(None, ("",), "sc:Integer"), (None, ("", "-"), "sc:Text"), (None, ("…",), "sc:Text"), (("",), ("", "-"), "sc:Integer"),
     (("-",), ("",), "sc:Text"), ((), ("", "-"), "sc:Integer")],
)  # fmt: skip
def test_marks_of_the_table_count_as_those_of_a_column(own, of_table, croissant):
    """Readers of Croissant know no marks for no value, so a column with any is text."""
    field = SchemaField(name="n", type="integer", missingValues=own)
    assert choose_croissant(field, "csv", of_table)["dataType"] == croissant
    assert choose_croissant(field, "parquet", of_table)["dataType"] == "sc:Integer"


@pytest.mark.parametrize(
    ("marks", "datatype"),
    [({}, "number"), ({"groupChar": ","}, {"base": "decimal", "format": {"groupChar": ","}}),
     ({"decimalChar": ","}, {"base": "decimal", "format": {"decimalChar": ","}}),
     ({"decimalChar": ",", "groupChar": "."}, {"base": "decimal", "format": {"decimalChar": ",", "groupChar": "."}})],
)  # fmt: skip
def test_numbers_with_other_marks_are_decimals(marks, datatype):
    assert choose_csvw(SchemaField(name="n", type="number", **marks)) == (datatype, True)
