"""CKAN's other read actions, and rows of tables: what is found, and what is refused."""

import csv
import json
import re
import shutil

import pytest
import requests
from ckan_sites import find_port, run_nginx
from loopback import serve_site
from test_ckan_search import FEW, MANY, ask, find

from entaku.site.feeds.ckan import answer as ckan_answer


@pytest.fixture(scope="module")
def shop(published):
    """The API of the published catalogue, whose files are there."""
    site = published[0] / "build" / "site"
    return ckan_answer.load_library(lambda path: (site / path).read_bytes())


@pytest.fixture(scope="module")
def lifts(published, shop):
    """The CSV of the lifts as a resource, and its rows."""
    shape = ask(shop, "package_show", id="toei-elevator-inspections")
    resource = next(each for each in shape["resources"] if each["format"] == "CSV")
    path = published[0] / "build" / "site" / re.search("datasets/.*", resource["url"])[0]
    return resource["id"], list(csv.DictReader(path.open(encoding="utf-8")))


def test_resources_are_found_by_their_fields():
    found = ask(MANY, "resource_search", query="format:parquet", limit=3)
    assert found["count"] == 60 and {each["format"].upper() for each in found["results"]} == {"PARQUET"}
    assert len(found["results"]) == 3
    both = ask(MANY, "resource_search", query=["format:csv", "url:population-007"])
    assert both["count"] == 1 and "population-007" in both["results"][0]["url"]
    assert ask(MANY, "resource_search", query="format:csv", order_by="url", limit=1)["results"][0]["url"].endswith(
        "000/schedule.csv"
    )
    assert ask(FEW, "resource_search") == (409, "Validation Error")
    assert ask(FEW, "resource_search", query="nothing:x") == (409, "Validation Error")
    assert ask(FEW, "resource_search", query="format:csv", order_by="x") == (409, "Validation Error")


def test_tags_and_names_are_completed():
    tags = ask(MANY, "tag_search", query="区1", limit=2)
    assert tags["count"] == 11 and [tag["name"] for tag in tags["results"]] == ["区1", "区10"]
    assert ask(MANY, "tag_autocomplete", query="区1", limit=2, offset=1) == ["区10", "区11"]
    assert ask(MANY, "tag_search", query=["区1", "9"])["results"][0]["name"] == "区19"
    assert ask(MANY, "tag_search", query="区1", vocabulary_id="x") == (404, "Not Found Error")
    assert [each["name"] for each in ask(MANY, "organization_autocomplete", q="KOTSU")] == ["kotsu"]
    assert {*ask(MANY, "organization_autocomplete", q="o")[0]} == {"id", "name", "title"}
    assert [each["name"] for each in ask(MANY, "group_autocomplete", q="econ")] == ["economy"]
    assert ask(MANY, "format_autocomplete", q="c") == ["csv"]
    for action in (
        "tag_search",
        "tag_autocomplete",
        "organization_autocomplete",
        "group_autocomplete",
        "format_autocomplete",
    ):
        assert ask(MANY, action) == (409, "Validation Error")  # as the file that hosts without rules send


def test_what_there_is_none_of_is_an_empty_list():
    for action in ("vocabulary_list", "organization_list_for_user", "group_list_authz"):
        assert ask(FEW, action) == []
    resource = ask(FEW, "package_show", id="markets")["resources"][0]["id"]
    assert ask(FEW, "resource_view_list", id=resource) == [] == ask(FEW, "package_relationships_list", id="markets")
    for kind, name in (("dataset", "markets"), ("organization", "kotsu"), ("group", "transport")):
        assert ask(FEW, f"{kind}_follower_count", id=name) == 0
        assert ask(FEW, f"{kind}_follower_count", id="nobody") == (404, "Not Found Error")
    for action in ("vocabulary_show", "resource_view_show", "resource_view_list", "package_relationships_list"):
        assert ask(FEW, action, id="nothing") == (404, "Not Found Error")
        assert ask(FEW, action) == (409, "Validation Error")


def test_a_value_is_found_by_its_middle():
    assert find(MANY, fq="organization:*ots*", rows=100) == find(MANY, fq="organization:kotsu", rows=100)
    assert find(FEW, q="name:*rket*") == ["markets"] == find(FEW, q="title:*rket*")
    assert find(FEW, q="organization:*nobody*") == []
    assert find(FEW, q="organization:*a") == (409, "Search Error") == find(FEW, q="organization:a*b*")


def test_rows_of_a_table(shop, lifts):
    key, rows = lifts
    found = ask(shop, "datastore_search", resource_id=key)
    assert found["total"] == len(rows) and found["limit"] == 100 and len(found["records"]) == min(len(rows), 100)
    assert [field["id"] for field in found["fields"]] == ["_id", *rows[0]]
    alike = [field["id"] for field in found["fields"][1:] if field["type"] in ("text", "date", "int8")]
    shown = [["" if record[name] is None else str(record[name]) for name in alike] for record in found["records"]]
    assert len(alike) > 10 and shown == [[row[name] for name in alike] for row in rows[:100]]
    assert [record["_id"] for record in found["records"]] == [*range(1, len(found["records"]) + 1)]
    page = ask(shop, "datastore_search", resource_id=key, limit=5, offset=3, fields="elevator_id,date")
    assert page["records"] == [{name: row[name] for name in ("elevator_id", "date")} for row in rows[3:8]]
    info = ask(shop, "datastore_info", id=key)
    assert info["meta"]["count"] == len(rows) and info["schema"]["date"] == "date"


def test_rows_are_filtered_sorted_and_searched(shop, lifts):
    key, rows = lifts
    station = rows[0]["station_ja"]
    here = [row for row in rows if row["station_ja"] == station]
    for filters in ({"station_ja": station}, json.dumps({"station_ja": [station]})):
        assert ask(shop, "datastore_search", resource_id=key, filters=filters)["total"] == len(here)
    day = rows[0]["date"]
    on_day = ask(shop, "datastore_search", resource_id=key, filters={"date": day}, limit=0)
    assert on_day["total"] == sum(row["date"] == day for row in rows) and on_day["records"] == []
    found = ask(
        shop,
        "datastore_search",
        resource_id=key,
        sort="date desc, elevator_id",
        fields=["date", "elevator_id"],
        limit=7,
    )
    ranked = sorted(rows, key=lambda row: row["elevator_id"])
    ranked.sort(key=lambda row: row["date"], reverse=True)
    assert [list(record.values()) for record in found["records"]] == [
        [row["date"], row["elevator_id"]] for row in ranked[:7]
    ]
    said = ask(shop, "datastore_search", resource_id=key, q=station, limit=0)["total"]
    assert said == sum(any(station in cell for cell in row.values()) for row in rows)
    assert ask(shop, "datastore_search", resource_id=key, q={"station_ja": station}, limit=0)["total"] >= len(here)
    days = ask(shop, "datastore_search", resource_id=key, fields="date", distinct=True, records_format="lists")
    assert days["total"] == len({row["date"] for row in rows}) and isinstance(days["records"][0], list)
    assert "total" not in ask(shop, "datastore_search", resource_id=key, include_total=False)


DAYS = ("2026-06-10", "2026-06-20")
NESTED = [
    ({"date": {"gt": DAYS[0]}}, lambda row: row["date"] > DAYS[0]),
    ({"date": {"gte": DAYS[0], "lt": DAYS[1]}}, lambda row: DAYS[0] <= row["date"] < DAYS[1]),
    ({"date": [DAYS[0], {"lte": "2026-06-05"}]}, lambda row: row["date"] == DAYS[0] or row["date"] <= "2026-06-05"),
    ({"date": {"gt": DAYS[1]}, "elevator_id": {"lt": "E"}}, lambda row: row["date"] > DAYS[1] and row["elevator_id"] < "E"),
    ([{"date": DAYS[0]}, {"date": DAYS[1]}], lambda row: row["date"] in DAYS),
    (
        {"elevator_id": {"gte": "E"}, "$or": [{"date": {"lt": DAYS[0]}}, {"$and": [{"date": {"gte": DAYS[1]}}, {}]}]},
        lambda row: row["elevator_id"] >= "E" and not DAYS[0] <= row["date"] < DAYS[1],
    ),
    ({"current": True}, lambda row: row["current"] == "true"),
    ({"current": {"eq": None}}, lambda row: row["current"] == ""),
    ({"$or": []}, lambda row: False), ({"$and": []}, lambda row: True), ({}, lambda row: True), ("[]", lambda row: True),
    ({"date": []}, lambda row: False),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "wanted"), NESTED, ids=[str(filters) for filters, _ in NESTED])
def test_ranges_and_nested_filters_of_ckan_2_12(shop, lifts, filters, wanted):
    key, rows = lifts
    found = ask(shop, "datastore_search", resource_id=key, filters=filters, limit=32000, fields="_id")["records"]
    assert [each["_id"] for each in found] == [n for n, row in enumerate(rows, 1) if wanted(row)]
    told = filters if isinstance(filters, str) else json.dumps(filters)
    assert ask(shop, "datastore_search", resource_id=key, filters=told, limit=0)["total"] == len(found)


def test_lists_in_cells_are_found_whole(shop, lifts):
    key, rows = lifts
    name = next(field["id"] for field in ask(shop, "datastore_info", id=key)["fields"] if field["type"] == "json")
    cell = next(json.loads(row[name]) for row in rows if row[name])
    found = ask(shop, "datastore_search", resource_id=key, filters={name: {"eq": cell}}, limit=0)["total"]
    assert found == sum(bool(row[name]) and json.loads(row[name]) == cell for row in rows) > 0


@pytest.mark.parametrize(("sort", "way"), [("", 1), ("_id", 1), ("_id asc", 1), ('"_id" desc', -1)])
def test_pages_follow_each_other_by_next_page(shop, lifts, sort, way):
    key, rows = lifts
    found, filters = [], {"date": {"gte": DAYS[0]}}
    for _ in range(len(rows)):
        page = ask(
            shop, "datastore_search", resource_id=key, filters=filters, sort=sort, limit=7, fields="date",
            include_next_page=True,
        )  # fmt: skip
        found += page["records"]
        if not page["records"]:
            break
        filters = {**filters, **page["next_page"]}
    assert "next_page" not in page and page["include_next_page"] is True
    assert [each["date"] for each in found] == [row["date"] for row in rows if row["date"] >= DAYS[0]][::way]
    for given in ({}, {"sort": "date", "include_next_page": True}, {"sort": "_id, date", "include_next_page": "true"}):
        assert "next_page" not in ask(shop, "datastore_search", resource_id=key, **given)


def test_what_is_told_of_a_table_is_chosen(shop, lifts):
    told = ask(shop, "datastore_info", id=lifts[0])
    assert {field["schema"]["native_type"] for field in told["fields"]} > {"date", "text"} and told["meta"][
        "aliases"
    ] == []
    short = ask(shop, "datastore_info", id=lifts[0], include_meta=False, include_fields_schema="false")
    assert "meta" not in short and all(set(field) == {"id", "type"} for field in short["fields"])


@pytest.mark.parametrize(
    "given",
    [
        {"filters": {"nothing": 1}}, {"filters": {"date": "someday"}}, {"filters": "{"}, {"sort": "nothing"}, {"fields": "nothing"},
        {"limit": -1}, {"limit": "x"}, {"records_format": "tsv"}, {"nothing": 1}, {"filters": [1]}, {"language": "en"},
        {"filters": {"date": {"like": "2026"}}}, {"filters": {"date": {"gt": "someday"}}}, {"filters": {"$not": [{}]}},
        {"filters": {"$or": {"date": "2026-01-01"}}}, {"filters": {"$or": [1]}}, {"filters": "[1]"}, {"filters": 5},
        {"filters": {"$date": "2026-01-01"}}, {"filters": {"date": {"$or": []}}}, {"plain": False}, {"include_next_page": "x"},
        {"filters": {"$or": [{"date": {"eq": None}}] * 101}},
        {"filters": json.loads('{"$or": [' * 11 + "{}" + "]}" * 11)},
    ],
    ids=str,
)  # fmt: skip
def test_what_no_table_answers_is_refused(shop, lifts, given):
    assert ask(shop, "datastore_search", resource_id=lifts[0], **given) == (409, "Validation Error")


def test_what_is_no_table_is_not_found(shop):
    assert ask(shop, "datastore_search", resource_id="nothing") == (404, "Not Found Error")
    assert ask(shop, "datastore_search") == (409, "Validation Error") == ask(shop, "datastore_info")
    shape = ask(shop, "package_show", id="toei-elevator-inspections")
    other = next(each["id"] for each in shape["resources"] if each["format"] not in ("CSV", "PARQUET", "Parquet"))
    assert ask(shop, "datastore_search", resource_id=other) == (404, "Not Found Error")


def test_entaku_serve_leads_from_pages_of_ckans(published):
    with serve_site(published[0] / "build" / "site") as url:
        for path, home in (
            ("dataset/toei-elevator-inspections", "datasets/toei-elevator-inspections/"),
            ("organization/tokyo-kotsu", "publishers/tokyo-kotsu/"),
            ("group/transport_", "themes/transport/"),
            ("dataset/toei-elevator-inspections/resource/1", "datasets/toei-elevator-inspections/"),
        ):
            answer = requests.get(f"{url}/{path}", timeout=30)
            assert (answer.status_code, answer.url) == (200, f"{url}/{home}")
            assert answer.history[0].status_code == 301
        assert requests.get(f"{url}/dataset/nothing", timeout=30).status_code == 404


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed: its rules are not tried")
def test_nginx_answers_for_small_tables(published, shop, lifts, tmp_path):
    """As `entaku serve` does; of any other table it says that it can not."""
    project = tmp_path / "p"  # its rules are noted in its store
    shutil.copytree(published[0], project, symlinks=True)
    key, rows = lifts
    with run_nginx(project / "build" / "site", tmp_path / "nginx", find_port()) as url:

        def get(query):
            return requests.get(f"{url}/api/3/action/datastore_search?{query}", timeout=30)

        for limit in ("", 5, 10, 20, 50, 100, 1000, 32000):
            found = get(
                f"resource_id={key}&limit={limit}&offset=0&distinct=false&plain=true&include_next_page="
            ).json()["result"]
            right = ask(shop, "datastore_search", resource_id=key, limit=limit)
            assert found == right and found["total"] == len(rows)
            given = {"resource_id": key, **({"limit": limit} if limit else {})}
            posted = requests.post(f"{url}/api/action/datastore_search", json=given, timeout=30)
            assert posted.json()["result"] == right
        for query in (
            f"resource_id={key}&limit=7", f"resource_id={key}&offset=5", f"resource_id={key}&q=x", f"id={key}", "resource_id=x",
            f"resource_id={key}&limit=5&limit=10", f"resource_id={key[:-1]}0", f"resource_id={key}&distinct=true", "",
            f"resource_id={key}&include_next_page=true", f'resource_id={key}&filters={{"date":{{"gt":"2026-06-10"}}}}',
        ):  # fmt: skip
            assert get(query).status_code == 409, query
        assert "no filters" in get(f"resource_id={key}&filters=[]").json()["error"]["message"]
