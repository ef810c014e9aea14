"""CKAN's API as files: the shapes of CKAN 2.12 field by field, and what a CKAN that harvests refuses."""

import json
import re
import uuid
from dataclasses import replace

from ckan_sites import make_many, show_tag_rule
from hypothesis import given
from hypothesis import strategies as st
from wholes import build_catalogue
from worlds import HOSTILE, make_catalogue, make_office, make_pipeline, make_release, make_schedule, make_spec

from entaku.model.grammar import Publisher, Theme
from entaku.model.words import Text
from entaku.site.feeds.ckan import feed as ckan
from entaku.site.feeds.ckan.replies import ACTIONS, ROOTS
from entaku.site.feeds.ckan.shapes import make_tag

# package_show of CKAN 2.12: ckan/lib/dictization/model_dictize.py, package_dictize and resource_dictize.
PACKAGE = {
    "author", "author_email", "creator_user_id", "id", "isopen", "license_id", "license_title", "license_url",
    "maintainer", "maintainer_email", "metadata_created", "metadata_modified", "name", "notes", "num_resources",
    "num_tags", "organization", "owner_org", "private", "state", "title", "type", "url", "version", "extras", "groups",
    "resources", "tags", "relationships_as_subject", "relationships_as_object",
}  # fmt: skip
RESOURCE = {
    "cache_last_updated", "cache_url", "created", "description", "format", "hash", "id", "last_modified",
    "metadata_modified", "mimetype", "mimetype_inner", "name", "package_id", "position", "resource_type", "size",
    "state", "url", "url_type",
}  # fmt: skip
OWNER = {
    "id", "name", "title", "type", "description", "image_url", "created", "is_organization", "approval_status", "state",
}  # fmt: skip
GROUP = OWNER | {
    "display_name", "image_display_url", "package_count", "num_followers", "extras", "tags", "groups", "users",
}  # fmt: skip
MEMBERSHIP = {"description", "display_name", "id", "image_display_url", "name", "title"}
TAG = {"display_name", "id", "name", "state", "vocabulary_id"}
LICENSE = {
    "domain_content", "id", "domain_data", "domain_software", "family", "is_generic", "od_conformance",
    "osd_conformance", "maintainer", "status", "url", "title",
}  # fmt: skip
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")
EMAIL = re.compile(r"^(?!\.)(?!.*\.$)(?!.*?\.\.)[a-zA-Z0-9.!#$%&'*+\/=?^_`{|}~-]+@[a-zA-Z0-9][a-zA-Z0-9.-]*$")


def render(catalogue=None):
    return {page.path: page.body for page in ckan.render(catalogue or make_catalogue(sample=True))}


def result(pages, path):
    answer = json.loads(pages[path])
    assert set(answer) == {"help", "success", "result"} and answer["success"] is True, path
    return answer["result"]


PAGES = render()


def test_every_action_answers_in_both_trees_and_help_is_there():
    for action in ACTIONS:
        bodies = {PAGES[f"{tree}/{action}"] for tree in ROOTS}
        assert len(bodies) == 1
        help_ = json.loads(bodies.pop())["help"]
        assert help_ == f"https://data.example.jp/entaku/api/3/action/help_show?name={action}"
        assert result(PAGES, f"api/3/help_show/{action}.json") == ACTIONS[action]


def test_files_are_ascii_so_that_no_host_can_spoil_them():
    assert all(body.isascii() for body in PAGES.values())


def test_a_dataset_in_ckans_shape():
    shape = result(PAGES, "api/3/package_show/elevators.json")
    assert set(shape) == PACKAGE
    assert set(shape["organization"]) == OWNER
    assert all(set(group) == MEMBERSHIP for group in shape["groups"])
    assert all(set(tag) == TAG for tag in shape["tags"])
    assert all(set(resource) == RESOURCE for resource in shape["resources"])
    assert shape["owner_org"] == shape["organization"]["id"]
    assert (shape["num_resources"], shape["num_tags"]) == (len(shape["resources"]), len(shape["tags"]))
    assert shape["private"] is False and shape["state"] == "active" and shape["type"] == "dataset"
    assert shape["isopen"] is True and shape["license_id"] == "CC-BY-4.0"
    assert shape["metadata_created"] == "2022-03-24T15:30:00.000000"
    assert shape["metadata_modified"] == "2022-06-27T15:30:00.000000"
    assert PAGES[f"api/3/package_show/{shape['id']}.json"] == PAGES["api/3/package_show/elevators.json"]


def test_resources_tell_where_how_large_and_what():
    shape = result(PAGES, "api/3/package_show/elevators.json")
    csv, parquet, package = shape["resources"]
    assert csv["url"] == "https://data.example.jp/entaku/datasets/elevators/schedule.csv"
    assert (csv["format"], csv["mimetype"], csv["size"]) == ("CSV", "text/csv", 238_000)
    assert (parquet["format"], parquet["mimetype"]) == ("Parquet", "application/vnd.apache.parquet")
    assert re.fullmatch("sha256:[0-9a-f]{64}", csv["hash"])
    assert package["url"].endswith("/datapackage.json")  # frictionless-py reads the rest from there
    assert [each["position"] for each in shape["resources"]] == [0, 1, 2]
    assert all(each["package_id"] == shape["id"] for each in shape["resources"])
    assert all(result(PAGES, f"api/3/resource_show/{each['id']}.json") == each for each in shape["resources"])


def test_samples_say_so_in_title_tag_and_extras():
    shape = result(PAGES, "api/3/package_show/elevators.json")
    extras = {extra["key"]: extra["value"] for extra in shape["extras"]}
    assert shape["title"].startswith("【見本】") and extras["title_en"].startswith("[SAMPLE]")
    assert extras["sample"] == "true" and "見本" in {tag["name"] for tag in shape["tags"]}
    real = result(PAGES, "api/3/package_show/markets.json")
    assert "見本" not in real["title"] and "sample" not in {extra["key"] for extra in real["extras"]}


def test_our_own_spelling_of_keywords_is_kept():
    extras = {extra["key"]: extra["value"] for extra in result(PAGES, "api/3/package_show/elevators.json")["extras"]}
    assert json.loads(extras["keywords"]) == ["エレベーター", "駅"]


def test_one_file_holds_the_whole_catalogue():
    pages = render(make_many(25, "https://data.example.jp"))
    everything = result(pages, "api/3/action/package_search")
    assert everything["count"] == len(everything["results"]) == 25
    assert set(everything) == {"count", "facets", "results", "sort", "search_facets"}
    ids = [shape["id"] for shape in everything["results"]]
    assert ids == sorted(ids) and everything["sort"] == "id asc"
    paged = [result(pages, f"api/3/package_search/10-{start}.json") for start in (0, 10, 20)]
    assert [shape for page in paged for shape in page["results"]] == everything["results"]
    assert {page["count"] for page in paged} == {25}
    assert "api/3/package_search/10-30.json" not in pages
    assert result(pages, "api/3/package_search/empty.json") == {**everything, "results": []}
    assert pages["api/3/package_search/10-25.json"] == pages["api/3/package_search/empty.json"]
    assert result(pages, "api/3/package_search/100-0.json") == everything


def test_what_was_never_released_is_not_there():
    assert result(PAGES, "api/3/action/package_list") == ["elevators", "markets", "tourism"]
    assert "api/3/package_show/planned.json" not in PAGES


def test_current_packages_come_newest_first():
    newest = result(PAGES, "api/3/action/current_package_list_with_resources")
    assert [shape["name"] for shape in newest] == ["markets", "tourism", "elevators"]


def test_an_action_that_needs_an_argument_never_gives_some_dataset():
    for action in ("package_show", "resource_show", "organization_show", "group_show", "group_package_show"):
        answer = json.loads(PAGES[f"api/3/action/{action}"])
        assert answer["success"] is False and "result" not in answer
        assert answer["error"]["__type"] == "Validation Error" and answer["error"]["id"] == ["Missing value"]
        assert f"/api/3/{action}/<id>.json" in answer["error"]["message"]


def test_organizations_groups_tags_licences_and_status():
    assert result(PAGES, "api/3/action/organization_list") == ["kanko", "kotsu", "shijo"]
    assert result(PAGES, "api/3/action/group_list") == ["economy", "tourism", "transport"]
    kotsu = result(PAGES, "api/3/organization_show/kotsu.json")
    assert set(kotsu) == GROUP and kotsu["package_count"] == 1 and kotsu["type"] == "organization"
    economy = result(PAGES, "api/3/group_show/economy.json")
    assert set(economy) == GROUP and economy["package_count"] == 2 and economy["is_organization"] is False
    members = result(PAGES, "api/3/group_package_show/economy.json")
    assert {shape["name"] for shape in members} == {"markets", "tourism"}
    assert result(PAGES, "api/3/action/tag_list") == ["エレベーター", "見本"]
    (licence,) = result(PAGES, "api/3/action/license_list")
    assert set(licence) == LICENSE and licence["id"] == "CC-BY-4.0"
    assert all(isinstance(value, str) for value in licence.values())
    status = result(PAGES, "api/3/action/status_show")
    assert status["site_url"] == "https://data.example.jp/entaku" and status["ckan_version"].startswith("2.12")
    assert result(PAGES, "api/3/action/site_read") is True


def check_limits(pages):
    """What `ckan/logic/schema` and `validators.py` of a harvesting CKAN check of a dataset."""
    ids, names = set(), set()
    for shape in result(pages, "api/3/action/package_search")["results"]:
        assert str(uuid.UUID(shape["id"])) == shape["id"] and shape["id"] not in ids
        assert re.fullmatch(r"[a-z0-9_-]{2,100}", shape["name"]) and shape["name"] not in {"new", "edit", "search"}
        assert shape["name"] not in names
        ids.add(shape["id"])
        names.add(shape["name"])
        assert len(shape["version"]) <= 100
        for email in (shape["author_email"], shape["maintainer_email"]):
            assert email is None or EMAIL.match(email)
        assert all(TIME.fullmatch(shape[key]) for key in ("metadata_created", "metadata_modified"))
        assert all(show_tag_rule(tag["name"]) for tag in shape["tags"])
        assert len({tag["name"] for tag in shape["tags"]}) == len(shape["tags"])
        keys = [extra["key"] for extra in shape["extras"]]
        assert len(keys) == len(set(keys)) and not set(keys) & PACKAGE
        assert all(isinstance(extra["value"], str) and extra["value"] for extra in shape["extras"])
        for resource in shape["resources"]:
            assert str(uuid.UUID(resource["id"])) == resource["id"] and resource["id"] not in ids
            ids.add(resource["id"])
            assert type(resource["size"]) is int and resource["url"].startswith("http")
            assert all(TIME.fullmatch(resource[key]) for key in ("created", "last_modified", "metadata_modified"))


def test_a_harvesting_ckan_refuses_nothing():
    check_limits(PAGES)
    check_limits(render(make_catalogue(evil=HOSTILE)))
    check_limits(render(make_many(30, "https://data.example.jp")))


def test_names_that_ckan_refuses_are_changed_and_stay_apart():
    office = make_office()
    office = replace(
        office,
        contact="https://example.jp/form",
        publishers={**office.publishers, "a": Publisher(title=Text(ja="甲"), email="山田@例.jp"), "b": Publisher(title=Text(ja="乙"))},
        themes={**office.themes, "kotsu": Theme(title=Text(ja="交通局の"))},
    )  # fmt: skip
    specs, releases = [], {}
    for name in ("a", "new", "search", "a-"):
        pipeline = make_pipeline(name, (make_schedule(),), publisher="a", themes=("kotsu",))
        specs.append(make_spec(pipeline))
        releases[name] = (make_release(pipeline, "2026-01-05"),)
    pages = render(build_catalogue(office, specs, releases, {}, {}, "0"))
    check_limits(pages)
    assert result(pages, "api/3/action/package_list") == ["a-", "a_", "new_", "search_"]
    organizations, groups = (result(pages, f"api/3/action/{kind}_list") for kind in ("organization", "group"))
    assert "a_" in organizations and "kotsu" in organizations and "kotsu_" in groups
    assert not set(organizations) & set(groups)  # CKAN keeps both in one table
    assert result(pages, "api/3/package_show/a_.json")["author_email"] is None


def test_two_catalogues_never_share_an_id_and_tls_changes_none():
    one, other, plain = (
        result(render(make_many(1, base)), "api/3/package_show/population-000.json")["id"]
        for base in ("https://a.example.jp", "https://b.example.jp", "http://a.example.jp/")
    )
    assert one != other and one == plain


def test_a_second_release_of_the_same_fetch_is_newer():
    pipeline = make_pipeline("elevators", (make_schedule(),))
    first = make_release(pipeline, "2026-01-05")
    second = replace(first, version="2026.01.05.2", files=(replace(first.files[0], sha256="0" * 64), *first.files[1:]))
    catalogue = build_catalogue(make_office(), [make_spec(pipeline)], {"elevators": (first, second)}, {}, {}, "0")
    shape = result(render(catalogue), "api/3/package_show/elevators.json")
    assert shape["metadata_created"] == "2026-01-05T15:30:00.000000"
    assert shape["metadata_modified"] == "2026-01-05T15:30:00.000001"
    csv, _, package = shape["resources"]
    assert csv["last_modified"] == shape["metadata_created"] and package["last_modified"] == shape["metadata_modified"]


def test_same_catalogue_same_bytes():
    assert render(make_many(3, "https://a.example.jp")) == render(make_many(3, "https://a.example.jp"))


def test_no_path_is_a_folder_of_another():
    folders = {"/".join(path.split("/")[:n]) for path in PAGES for n in range(1, path.count("/") + 1)}
    assert not folders & set(PAGES)


def test_keywords_become_tags():
    made = {
        word: make_tag(word) for word in ("駅", "公共施設（市）", "AED・救急", "子育て/教育", "C++", "a.b-c_d", "人口")
    }
    assert made == {
        "駅": "", "公共施設（市）": "公共施設 市", "AED・救急": "AED 救急", "子育て/教育": "子育て 教育", "C++": "",
        "a.b-c_d": "a.b-c_d", "人口": "人口",
    }  # fmt: skip


@given(st.text(max_size=130))
def test_any_tag_is_one_that_ckan_takes(text):
    tag = make_tag(text)
    assert tag == "" or show_tag_rule(tag)
    assert make_tag(tag) == tag
