"""package_search's language: what is found, in which order, and what is refused rather than guessed."""

import json

import pytest
from ckan_sites import make_many
from hypothesis import given
from hypothesis import strategies as st
from worlds import make_catalogue

from entaku.site.feeds.ckan import answer as ckan_answer
from entaku.site.feeds.ckan import feed as ckan
from entaku.site.feeds.ckan import query as ckan_query
from entaku.site.feeds.ckan.query import All, Any, Not, QueryError, Range, Term


def load(catalogue):
    pages = {page.path: page.body for page in ckan.render(catalogue)}
    return ckan_answer.load_library(pages.__getitem__)


FEW = load(make_catalogue())
MANY = load(make_many(60, "https://data.example.jp"))


def ask(library, action, **given):
    status, body = ckan_answer.answer_action(
        library, action, {key.replace("__", "."): value for key, value in given.items()}
    )
    answer = json.loads(body)
    if status == 200:
        assert answer["success"] is True
        return answer["result"]
    return status, answer["error"]["__type"] if isinstance(answer, dict) else answer


def find(library=FEW, **given):
    found = ask(library, "package_search", **given)
    return found if isinstance(found, tuple) else [shape["name"] for shape in found["results"]]


EVERY = ["markets", "tourism", "elevators"]  # newest first


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("", EVERY),
        ("*:*", EVERY),
        ("*", EVERY),
        ("市場", ["markets"]),
        ("エレベーター", ["elevators", "markets", "tourism"]),  # in its title; the others have the keyword
        ("ｅｌｅｖａｔｏｒｓ", ["elevators"]),
        ("SURVEY", ["tourism"]),
        ("urvey", []),
        ("market 日報", ["markets"]),
        ("market OR 観光", ["markets", "tourism"]),
        ('"lift inspection"', ["elevators"]),
        ("エレベーター -market", ["elevators", "tourism"]),
        ("title:survey", ["tourism"]),
        ("name:e*", ["elevators"]),
        ("name:elev", []),
        ("tags:エレベーター", EVERY),
        ("groups:economy", ["markets", "tourism"]),
        ("organization:(kotsu OR kanko)", ["tourism", "elevators"]),
        ("NOT organization:kotsu", ["markets", "tourism"]),
        ("res_format:Parquet", EVERY),
        ("res_format:XLSX", []),
        ("frequency:daily", ["markets"]),
        ("extras_frequency:daily", ["markets"]),
        ("C++", []),
        ("AED・救急（市）", []),
    ],
)
def test_q(q, names):
    assert find(q=q) == names


@pytest.mark.parametrize(
    ("fq", "names"),
    [
        ("organization:kotsu OR organization:shijo", ["markets", "elevators"]),
        ("-organization:kotsu -organization:shijo", ["tourism"]),
        ("+organization:kotsu", ["elevators"]),
        ("metadata_modified:[2025-01-31T15:30:00Z TO *]", ["markets", "tourism"]),
        ("metadata_modified:{2025-01-31T15:30:00Z TO *]", ["markets"]),
        ("metadata_modified:[2025-01-31T15:29:59.999999Z TO 2025-02-01]", ["tourism"]),
        ("metadata_modified:[* TO 2024-01-01T00:00:00+09:00]", ["elevators"]),
        # CKAN's harvester: included organizations, then the time, joined by a space
        ("organization:kotsu OR organization:shijo metadata_modified:[2025-01-01T00:00:00Z TO *]", ["markets"]),
        ("license_id:CC-BY-4.0 AND (groups:tourism OR groups:transport)", ["tourism", "elevators"]),
        ('tags:"エレベーター" AND -name:markets', ["tourism", "elevators"]),
        ("dataset_type:dataset +capacity:public", EVERY),
        ("landing_page:*", EVERY),
        ("-landing_page:*", []),
        ("name:[e TO n]", ["markets", "elevators"]),
        ("num_tags:[1 TO *]", EVERY),
        ("num_resources:[4 TO 20]", ["tourism"]),  # as numbers
    ],
)
def test_fq(fq, names):
    assert find(fq=fq) == names


@pytest.mark.parametrize(
    "given",
    [
        {"q": "a:b AND c OR d"}, {"q": "title:(a"}, {"q": "title:a)"}, {"q": "foo:bar"}, {"q": "title:a^2"},
        {"q": "title:a~"}, {"q": "title:a?b"}, {"q": "title:*a"}, {"q": "title:/a.*/"}, {"q": "title:[a TO b]"},
        {"q": "{!knn f=vector}"}, {"q": "metadata_modified:yesterday"}, {"q": "title:"},
        {"fq": "metadata_modified:[NOW-7DAYS TO NOW]"}, {"fq": "rows:[1 TO 9]"}, {"fq": "num_tags:[a TO *]"}, {"fq": "[a TO b]"}, {"fq": "title:()"}, {"fq": "name:a OR"},
        {"fq": "(" * 50 + "name:a" + ")" * 50}, {"fq": "name:a " * 1000}, {"fq": "a:(b:c)"},
        {"facet__field": '["nothing"]'}, {"facet__field": '["title"]'}, {"fl": "nothing"},
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(given):
    assert find(**given) == (409, "Search Error")


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"foo": "1"}, (400, "Search Query Error")),
        ({"defType": "edismax"}, (400, "Search Query Error")),
        ({"sort": "foo asc"}, (400, "Search Query Error")),
        ({"sort": "name"}, (400, "Search Query Error")),
        ({"rows": "-1"}, (409, "Validation Error")),
        ({"rows": "ten"}, (409, "Validation Error")),
        ({"rows": True}, (409, "Validation Error")),
        ({"start": "1.5"}, (409, "Validation Error")),
        ({"q": ["a", "b"]}, (409, "Validation Error")),
        ({"facet__field": "tags"}, (409, "Validation Error")),
        ({"facet__field": "[" * 5000}, (409, "Validation Error")),
        ({"facet__field": [1]}, (409, "Validation Error")),
        ({"facet": "perhaps"}, (409, "Validation Error")),
    ],
)
def test_bad_parameters_are_refused_as_ckan_does(given, refused):
    assert find(**given) == refused


def test_sort_rows_and_start():
    names = [f"population-{n:03}" for n in range(60)]
    assert find(MANY, sort="name asc", rows="1000") == names
    assert find(MANY, sort="name desc", rows=7, start=7) == names[::-1][7:14]
    assert len(find(MANY)) == 10 and find(MANY, rows=0) == [] and find(MANY, start=60) == []
    assert ask(MANY, "package_search", rows=0)["count"] == 60
    assert find(MANY, sort="organization asc, name desc", rows=1) == ["population-059"]  # of kanko
    walked = [name for start in range(0, 80, 20) for name in find(MANY, sort="id asc", rows=20, start=start)]
    assert sorted(walked) == names
    assert find(FEW, sort="score desc, metadata_modified desc") == find(FEW, sort="rank") == EVERY


def test_facets():
    found = ask(MANY, "package_search", rows=0, facet__field='["organization", "groups", "tags"]', facet__limit=2)
    assert found["facets"] == {
        "organization": {"kanko": 20, "kotsu": 20},
        "groups": {"economy": 30, "tourism": 30},
        "tags": {"人口": 60, "公共施設 市": 60},
    }
    kotsu, kanko = found["search_facets"]["organization"]["items"][::-1]
    assert kotsu == {"name": "kotsu", "display_name": "交通局", "count": 20} and kanko["display_name"] == "産業労働局"
    found = ask(MANY, "package_search", q="organization:kotsu", facet__field=["organization"], facet__limit=-1)
    assert found["facets"] == {"organization": {"kotsu": 20}}
    assert ask(MANY, "package_search", facet="false", facet__field='["tags"]')["facets"] == {}
    counts = ask(MANY, "package_search", facet__field='["tags"]', facet__mincount=2, facet__limit=-1)["facets"]["tags"]
    assert counts == {"人口": 60, "公共施設 市": 60}


def test_fields():
    assert ask(FEW, "package_search", q="name:markets", fl="name,tags")["results"] == [
        {"name": "markets", "tags": ["エレベーター"]}
    ]


def test_the_other_actions():
    assert ask(MANY, "package_list", limit="2", offset="3") == ["population-003", "population-004"]
    assert ask(FEW, "package_show", id="markets")["name"] == "markets"
    assert ask(FEW, "package_show", id=ask(FEW, "package_show", id="markets")["id"])["name"] == "markets"
    assert ask(FEW, "package_show", id="zzz") == (404, "Not Found Error")
    assert ask(FEW, "package_show") == (409, "Validation Error")
    assert ask(FEW, "package_show", id=["a", "b"]) == (409, "Validation Error")
    resource = ask(FEW, "package_show", id="markets")["resources"][1]
    assert ask(FEW, "resource_show", id=resource["id"]) == resource
    assert ask(FEW, "organization_list", all_fields="true")[1]["package_count"] == 1
    assert ask(FEW, "organization_list", sort="title desc") == ["kanko", "kotsu", "shijo"]
    assert ask(FEW, "organization_list", sort="age") == (409, "Validation Error")
    assert ask(FEW, "group_list", sort="package_count", limit=1) == ["economy"]
    assert ask(FEW, "group_show", id="kotsu") == (404, "Not Found Error")  # an organization is no group
    assert len(ask(FEW, "group_show", id="economy", include_datasets="True")["packages"]) == 2
    assert [shape["name"] for shape in ask(FEW, "group_package_show", id="tourism")] == ["tourism"]
    assert [shape["name"] for shape in ask(FEW, "current_package_list_with_resources", limit=1, page=2)] == ["tourism"]
    assert ask(FEW, "tag_list", query="エレ") == ["エレベーター"]
    assert len(ask(FEW, "tag_show", id="エレベーター", include_datasets="true")["packages"]) == 3
    assert ask(FEW, "package_autocomplete", q="観光") == []
    assert ask(FEW, "package_autocomplete", q="旅行")[0]["match_field"] == "title"
    assert ask(FEW, "help_show", name="zzz") == (404, "Not Found Error")
    assert ask(FEW, "package_create", name="x") == (400, "Bad request: Action name not known: package_create")


def test_bodies():
    read = ckan_answer.read_body
    assert read(b'{"id": "x"}', "application/json") == {"id": "x"}
    assert read(b"", "application/json") == {} == read(b"{}", "")
    assert read(b"id=x&rows=2", "application/x-www-form-urlencoded") == {"id": "x", "rows": "2"}
    assert read(b"%7B%22id%22%3A+%22x%22%7D=1".replace(b"=1", b"="), "application/x-www-form-urlencoded") == {"id": "x"}
    for bad in (b"[1]", b"{", b"\xff", b"null"):
        with pytest.raises(ValueError, match=r"."):
            read(bad, "application/json")


def test_trees():
    parse = ckan_query.parse_query
    assert parse("a:b c:d") == All((Term("a", "b"), Term("c", "d")))
    assert parse("a:b OR c:d e:f") == All((Any((Term("a", "b"), Term("c", "d"))), Term("e", "f")))
    assert parse("-a:(b c)") == Not(All((Term("a", "b"), Term("a", "c"))))
    assert parse("a:[* TO 2026-01-05T00:00:00Z}") == Range("a", "*", "2026-01-05T00:00:00Z", True, False)
    assert parse(r'a:"b \"c\"" d:e\:f g:h*') == All(
        (Term("a", 'b "c"', phrase=True), Term("d", "e:f"), Term("g", "h", prefix=True))
    )


@given(st.text(alphabet='ab:*"()[]{}+-!\\~^/?. ANDORT人', max_size=40))
def test_any_query_has_a_tree_or_a_reason(text):
    for parse in (ckan_query.parse_query, ckan_query.parse_words):
        try:
            parse(text)
        except QueryError as error:
            assert str(error)


@given(st.text(max_size=30))
def test_any_words_are_answered(text):
    assert find(q=text) in ((409, "Search Error"),) or isinstance(find(q=text), list)
