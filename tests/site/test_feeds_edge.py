"""The rules for real hosts, and the clients that read CKANs, over the loopback: nginx, Caddy, `entaku serve`, and a host
that knows nothing but files."""

import contextlib
import functools
import gzip
import hashlib
import html
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
import requests
from ckan_sites import HASHED, PLAIN, find_port, make_many, run_caddy, run_nginx, write_rules, write_site
from loopback import serve, serve_site
from projects import lifts, make_project, put_sample, run
from worlds import BASE_URL, make_catalogue

import entaku
from entaku.model.leaving import RuleFacts
from entaku.model.serving import find_headers
from entaku.site.feeds import ckan, edge
from entaku.store import read_project
from entaku.work import answered
from entaku.work import setting as cli_setting

COUNT = 250
NAMES = [f"population-{n:03}" for n in range(COUNT)]
PACKED = gzip.compress(b"schedule.csv", mtime=7)
HOSTS = ("entaku", "nginx", "caddy", "files")
"""`files`: no rule at all."""


@contextlib.contextmanager
def run_files(site: Path):
    """A plain host of files."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with serve(
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(site)))
    ) as url:
        yield url


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    """The address of each host that is to be had here, by name; all of the same site."""
    home = tmp_path_factory.mktemp("edge")
    port = find_port()
    catalogue = make_many(COUNT, f"http://127.0.0.1:{port}/")
    site, rules = write_site(home / "site", catalogue), write_rules(home / "rules", catalogue)
    (site / "en").mkdir()
    for path in ("opensearch.xml", "en/opensearch.xml"):
        (site / path).write_bytes(path.encode())
    (site / "datasets" / "population-002" / "schedule.csv.gz").write_bytes(PACKED)
    with contextlib.ExitStack() as stack:
        found = {"entaku": stack.enter_context(serve_site(site)), "files": stack.enter_context(run_files(site))}
        if shutil.which("nginx"):
            found["nginx"] = stack.enter_context(run_nginx(site, home / "nginx", port, rules))
        if shutil.which("caddy"):
            found["caddy"] = stack.enter_context(run_caddy(site, home / "caddy", find_port(), rules))
        yield found


@pytest.fixture
def host(hosts, request):
    if request.param not in hosts:
        pytest.skip(f"{request.param} is not installed: its rules are not tried")
    return hosts[request.param]


def on(*names):
    return pytest.mark.parametrize("host", names, indirect=True)


SESSION = requests.Session()
"""Connections that hundreds of questions share."""
SESSION.trust_env = False


def ask(url, query, tree="api/3/action"):
    """The status and JSON of a GET; of what is no JSON, its text."""
    answer = SESSION.get(f"{url}/{tree}/{query}", timeout=30)
    try:
        return answer.status_code, answer.json()
    except ValueError:
        return answer.status_code, answer.text


# ---- never the wrong answer -------------------------------------------------------------------------------------

SINCE = "metadata_modified:%5B2024-06-01T00:00:00Z+TO+%2A%5D"
QUESTIONS = [
    "package_search", "package_search?rows=100&start=200&sort=id+asc", "package_search?rows=100&start=300&sort=id%20asc",
    "package_search?rows=100&start=50", "package_search?rows=1000&start=250", "package_search?start=250",
    "package_search?rows=100&start=251", "package_search?rows=1000&start=000", "package_search?rows=0", "package_search?rows=7", "package_search?rows=5000",
    "package_search?rows=x", "package_search?rows=-1", "package_search?start=-10", "package_search?start=1000000",
    "package_search?q=*:*", "package_search?q=%2A%3A%2A&rows=10", "package_search?q=%E4%BA%BA%E5%8F%A3",
    "package_search?q=population", "package_search?q=&fq=&rows=10", "package_search?fq=organization%3Akotsu",
    "package_search?fq=*:*%20groups:economy", "package_search?sort=name+asc", "package_search?foo=1",
    "package_search?rows=10&rows=100", 'package_search?facet.field=["tags"]', "package_search?facet.field=[]&rows=10",
    "package_search?fl=id", "package_search?fq_list=x", "package_search?Q=x", "package_search?q=*:*&q=x",
    "package_show?id=population-001", "package_show?id=nope", "package_show?id=%E4%BA%BA",
    "package_show?id=../../../datasets/population-001/datapackage", "package_show?id=..%2f..%2fpackage_show%2fpopulation-001",
    "package_show", "package_show?id=", "package_show?ID=population-001", "package_show?id=population-001&id=population-002",
    "package_show?include_datasets=False&id=population-001&include_password_hash=True&include_users=False",
    "package_show?use_default_schema=true&id=population-002", "organization_show?id=kotsu",
    "organization_show?id=kotsu&include_datasets=true", "group_show?id=economy", "group_show?id=kotsu",
    "group_package_show?id=transport", "group_package_show?id=transport&limit=3", "resource_show?id=population-001",
    "package_list", "package_list?limit=5&offset=3", "package_list?include_private=False", "organization_list",
    "organization_list?all_fields=true", "organization_list?all_fields=false", "organization_list?sort=title+desc",
    "group_list?all_fields=True", "group_list?groups=economy", "tag_list", "tag_list?query=%E4%BA%BA", "tag_list?all_fields=1",
    "license_list", "status_show", "site_read", "current_package_list_with_resources",
    "current_package_list_with_resources?limit=1", "tag_show?id=x", "help_show?name=package_show", "help_show?name=nope",
    "package_create", "package_show/population-001", "%70ackage_list",
]  # fmt: skip
COMPOSED = [
    "package_search?rows=20", "package_search?rows=1", "package_search?rows=7", "package_search?rows=25", "package_search?rows=249",
    "package_search?rows=250", "package_search?rows=251", "package_search?rows=999", "package_search?rows=20&start=40",
    "package_search?rows=50&start=250", "package_search?rows=20&start=240", "package_search?rows=020&start=00",
    "package_search?sort=name+asc", "package_search?sort=name%20desc&rows=20&start=100", "package_search?sort=title_string+asc&rows=3",
    "package_search?sort=metadata_modified+desc&rows=5", "package_search?sort=score+desc%2C+metadata_modified+desc&rows=100",
    "package_search?sort=score%20desc,metadata_created%20asc&rows=13", "package_search?sort=metadata_modified+asc,id+asc",
    "package_search?sort=title+desc", "package_search?sort=id+desc&rows=10&start=240", "package_search?sort=score+desc",
    "package_search?fq=organization:kotsu", "package_search?fq=organization%3Akotsu&rows=1000&sort=name+asc",
    "package_search?fq=%2Borganization:kotsu&rows=50&start=50", "package_search?q=organization:shijo&rows=9",
    'package_search?q=*:*&fq=groups:"economy"&rows=10&start=120', "package_search?fq=groups:%22tourism%22", "package_search?fq=organization:nobody",
    "package_search?fq=organization:kotsu&rows=100&start=84", "package_search?fq=organization:kotsu&rows=100&start=100",
    "package_search?fq=license_id:CC-BY-4.0&rows=2", "package_search?q=res_format:CSV&rows=0", "package_search?fq=res_format:PARQUET&rows=30",
    "package_search?fq=tags:nothing", 'package_search?rows=0&facet.field=["organization"]&facet.limit=-1',
    "package_search?rows=0&facet.field=%5B%22groups%22%5D", "package_search?facet.field=[%22tags%22]&facet.limit=5&rows=2&facet=true",
    "package_search?q=*:*&rows=0&facet.field=[%22tags%22]&facet.limit=100", "package_search?facet.field=[%22tags%22]&facet=false&rows=20",
    'package_search?fq=groups:economy&facet.field=["license_id"]&facet.mincount=1&rows=0', "package_search?q=*:*&rows=10&start=0&include_private=false",
    "package_list?limit=10", "package_list?limit=3&offset=0", "package_list?limit=20&offset=240", "package_list?limit=500",
    "package_list?limit=1000&offset=0", "package_list?limit=0", "organization_list?all_fields=true&limit=100&offset=0&sort=name+asc",
    "organization_list?all_fields=true&include_extras=false", "organization_list?sort=title+desc", "organization_list?sort=package_count",
    "group_list?all_fields=true&sort=package_count+desc&limit=2", "group_list?sort=packages+asc", "organization_list?limit=2",
    "organization_show?id=kotsu&include_datasets=true&include_users=false", "group_show?include_datasets=True&id=economy",
    "group_show?id=nobody&include_datasets=true", "organization_show?id=kotsu&include_datasets=false",
    "package_search?q=organization:*kotsu*&rows=0&facet.field=[%22organization%22]&facet.limit=500", "package_search?q=groups:*economy*&rows=0",
    f"package_search?fq={SINCE}", f"package_search?fq={SINCE}&rows=1000&sort=id+asc", f"package_search?fq={SINCE}&rows=10&start=100", f"package_search?rows=0&fq={SINCE}",
    f"package_search?rows=100&start=100&sort=id+asc&fq=organization:kotsu+OR+organization:shijo+-groups:economy+{SINCE}", f"package_search?fq=-organization:kotsu%20{SINCE}&rows=5000",
    "package_search?fq=%2Borganization%3Akotsu+%2Bgroups%3Aeconomy", "package_search?fq=organization:kotsu+groups:economy+OR+groups:tourism&start=20", "package_search?fq=-organization:kotsu+-organization:nobody",
    "package_search?fq=organization:kots+OR+organization:kotsu-+OR+organization:organization", "package_search?fq=-groups:economy&rows=10&start=1000000", "package_search?q=*:*&fq=-groups:economy+-groups:transport",
    "package_search?fq=metadata_modified:[2028-02-29T00:00:00.000001Z+TO+*]", "package_search?fq=metadata_modified:[1970-01-01T00:00:00Z+TO+*]",
    "vocabulary_list", "organization_list_for_user", "group_list_authz", "current_package_list_with_resources?limit=10", "current_package_list_with_resources?limit=10&offset=240",
]  # fmt: skip
"""What nginx and Caddy put together of pieces."""
ODD = [
    "current_package_list_with_resources?limit=0", "current_package_list_with_resources?limit=00&offset=0",
    f"package_search?fq={SINCE}&sort=name+asc", f"package_search?fq={SINCE}&rows=20", f"package_search?fq={SINCE}&start=5", f"package_search?fq={SINCE}&q=organization:kotsu", f'package_search?fq={SINCE}&facet.field=["tags"]',
    f"package_search?fq={SINCE}+organization:kotsu", f"package_search?fq={SINCE}+{SINCE}", f"package_search?fq=organization:kotsu+OR+{SINCE}", f"package_search?fq=organization:kotsu+AND+{SINCE}", f"package_search?fq=-{SINCE}",
    "package_search?fq=metadata_modified:[2024-02-30T00:00:00Z+TO+*]", "package_search?fq=metadata_modified:[2025-02-29T00:00:00Z+TO+*]", "package_search?fq=metadata_modified:[2024-06-01+TO+*]", "package_search?fq=metadata_modified:[2024-06-01T24:00:00Z+TO+*]",
    "package_search?fq=metadata_modified:{2024-06-01T00:00:00Z+TO+*]", "package_search?fq=metadata_modified:[*+TO+2024-06-01T00:00:00Z]", "package_search?fq=metadata_modified:[NOW-7DAYS+TO+*]", "package_search?fq=metadata_created:[2024-06-01T00:00:00Z+TO+*]",
    "package_search?fq=metadata_modified:[2024-06-01T00:00:00%2B09:00+TO+*]", "package_search?fq=organization:kotsu+OR+groups:economy", "package_search?fq=organization:kotsu+organization:shijo", "package_search?fq=-organization:kotsu+OR+-organization:shijo",
    "package_search?fq=groups:economy+organization:kotsu", "package_search?fq=organization:kotsu+-organization:shijo", "package_search?fq=organization:(kotsu+OR+shijo)", "package_search?fq=organization:kotsu&q=groups:economy",
    "package_search?fq=organization:k*", "package_search?fq=organization:../all", "package_search?fq=organization:a/../../packages", "package_search?fq=name:population-001",
    "package_search?sort=organization+asc", "package_search?sort=name", "package_search?sort=metadata_modified+desc,name+asc", "package_search?rows=5&start=5",
    "package_search?rows=20&start=30", "package_search?rows=25&start=25", 'package_search?facet.field=["organization","groups"]', 'package_search?facet.field=["name"]',
    'package_search?facet.field=["tags"]&facet.limit=7', 'package_search?facet.field=["tags"]&facet.mincount=5', 'package_search?facet.field=organization',
    'package_search?facet.field=["tags"]&facet.field=["groups"]', "package_search?rows=1e3", "package_search?rows=20;start=1", "package_list?limit=3&offset=2",
    "resource_search?query=format:csv", "tag_autocomplete?query=x", "datastore_search?resource_id=x", "organization_list_for_user?permission=read",
    "resource_view_list", "resource_view_list?id=nothing", "package_search?q=organization:*ots*", "package_search?q=organization:*kotsu*", "package_search?q=organization:*kotsu*&rows=0&facet.field=[%22tags%22]&facet.limit=7",
    "organization_list?all_fields=true&include_extras=true", "package_list?limit=5&offset=10", "group_list?limit=1&offset=10",
    "package_list?limit=x", "package_list?limit=-1", "package_list?sort=name+desc", "organization_list?sort=nothing", "organization_list?q=kotsu", "organization_list?limit=2&limit=1",
    "organization_list?all_fields=yes", "organization_show?id=kotsu&include_datasets=yes", "organization_show?include_datasets=true", "organization_show?id=../kotsu&include_datasets=true",
    "current_package_list_with_resources?limit=10&sort=name+asc", "current_package_list_with_resources?offset=10", "current_package_list_with_resources?all_fields=true",
    "group_list?all_fields=true&all_fields=false", "package_search?fq=tags:%E4%BA%BA%E5%8F%A3", "tag_list?limit=3", "tag_list?sort=name+desc", "license_list?limit=1",
]  # fmt: skip
"""What it refuses, or answers as it is meant."""


@functools.cache
def ask_right(url, question):
    """What `entaku serve` says, which is asked once for all hosts."""
    status, right = ask(url, question)
    assert status == 200 and right["success"] is True
    return strip(right)


def strip(answer):
    """What an answer says, without the order that is the site's own and without addresses."""
    result = answer["result"]
    if isinstance(result, dict) and "results" in result:
        found = {key: result[key] for key in ("count", "facets", "search_facets")}
        return {**found, "results": strip({"result": result["results"]})}
    return json.loads(re.sub(r"http://127\.0\.0\.1:\d+", "", json.dumps(result)))


CADDY_SWEPT = pytest.param("caddy", marks=pytest.mark.sweep)
ASKED = [
    *(("nginx", question) for question in (*QUESTIONS, *COMPOSED, *ODD)),
    *(("caddy", question) for question in QUESTIONS),
    *(pytest.param("caddy", question, marks=pytest.mark.sweep) for question in (*COMPOSED, *ODD)),
]


@pytest.mark.parametrize(("host", "question"), ASKED, indirect=["host"])
def test_an_answer_is_right_or_a_refusal(hosts, host, question):
    status, answer = ask(host, question)
    if status != 200:
        assert status in (400, 404, 405, 409), (status, answer)
        if isinstance(answer, dict):
            assert answer["success"] is False and answer["error"]["__type"].endswith("Error")
            assert answer["help"].endswith("=" + question.partition("?")[0])
        return
    sorted_as_here = (
        question
        if "sort=" in question or "package_search" not in question
        else f"{question}{'&' if '?' in question else '?'}sort=id+asc"
    )
    assert strip(answer) == ask_right(hosts["entaku"], sorted_as_here)


@on("nginx", "caddy")
def test_a_search_without_arguments_has_ten_rows_and_verify_knows_it(hosts, host, tmp_path):
    """The file that hosts without rules serve has all of them."""
    whole = requests.get(f"{hosts['files']}/{ckan.ROOTS[0]}/package_search", timeout=30).content
    page = requests.get(f"{host}/{ckan.ROOTS[0]}/package_search", timeout=30).content
    sums = [(hashlib.sha256(whole).hexdigest(), f"{tree}/package_search") for tree in ckan.ROOTS]
    sums.append((hashlib.sha256(page).hexdigest(), answered.FIRST))
    for body, lines in ((page, sums[2:]), (whole, sums), (page[:-1] + b" ", sums)):
        for _, name in sums:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(page if name == answered.FIRST else body)
        assert list(answered.list_comparable(sums, tmp_path)) == lines
        assert (tmp_path / sums[0][1]).exists() == (body != page)


@on("nginx", "caddy")
def test_what_files_can_answer_they_do(host):
    """So that not everything is refused."""
    answered = [question for question in QUESTIONS if ask(host, question)[0] == 200]
    assert set(answered) >= {
        "package_search", "package_search?rows=100&start=200&sort=id+asc", "package_search?rows=100&start=300&sort=id%20asc",
        "package_search?rows=0", "package_search?rows=5000", "package_search?rows=1000&start=250", "package_search?q=*:*", "package_search?q=&fq=&rows=10",
        "package_show?id=population-001", "organization_show?id=kotsu", "group_package_show?id=transport", "package_list",
        "package_show?include_datasets=False&id=population-001&include_password_hash=True&include_users=False",
        "organization_list?all_fields=true", "group_list?all_fields=True", "tag_list", "license_list", "status_show",
        "current_package_list_with_resources", "help_show?name=package_show", "package_list?include_private=False",
    }  # fmt: skip


@on("nginx", "caddy")
def test_servers_answer_what_is_known_when_the_site_is_made(host, hosts):
    told = {question: ask(host, question)[0] for question in COMPOSED}
    part = {question for question in COMPOSED if "*kotsu*" in question}  # a facet of a part of a name
    alike = part if host == hosts.get("caddy") else set()
    wanted = {question: 404 if "group_show?id=nobody" in question else 200 for question in COMPOSED}
    assert told == wanted | dict.fromkeys(alike, 409)


@on("nginx")
def test_pieces_are_files_without_effect_and_none_is_composed_from_outside(host):
    """Directives are read in what the rules put together, never in what is asked for by its address."""
    text = requests.get(f"{host}/api/3/pieces/pages/all.txt", timeout=30).text
    assert text.count("<!--# include") == 25 and "population" not in text
    assert requests.get(f"{host}/api/3/composed/pages/all.txt", timeout=30).status_code == 404


@on("nginx", "caddy")
def test_a_resource_has_no_views(host):
    shape = ask(host, "package_show?id=population-001")[1]["result"]
    status, answer = ask(host, f"resource_view_list?id={shape['resources'][0]['id']}")
    assert (status, answer["result"]) == (200, []) and answer["help"].endswith("=resource_view_list")


@on("nginx", "caddy", "entaku")
@pytest.mark.parametrize(
    ("path", "home"),
    [
        ("dataset/population-001", "datasets/population-001/"), ("dataset/population-001/resource/x", "datasets/population-001/"),
        ("organization/kotsu", "publishers/kotsu/"), ("group/economy_", "themes/economy/"), ("group/economy?q=x", "themes/economy/"),
    ],
)  # fmt: skip
def test_addresses_of_ckans_pages_lead_to_ours(host, path, home):
    answer = requests.get(f"{host}/{path}", timeout=30, allow_redirects=False)
    assert answer.status_code == 301
    assert answer.headers["Location"].partition("?")[0].removeprefix(host) == f"/{home}"


@on("nginx", "caddy", "entaku")
@pytest.mark.parametrize(
    ("path", "home"),
    [
        ("datasets/population-001/latest/people.csv", "datasets/population-001/people.csv"),
        ("datasets/population-001/latest/people.parquet?x=1", "datasets/population-001/people.parquet"),
        ("datasets/population-001/latest/SHA256SUMS", "datasets/population-001/SHA256SUMS"),
        ("datasets/population-001/latest/report/", "datasets/population-001/report/"),
        ("datasets/population-001/latest/", "datasets/population-001/"), ("datasets/population-001/latest", "datasets/population-001/"),
        ("en/datasets/population-001/latest/", "en/datasets/population-001/"),
    ],
)  # fmt: skip
def test_latest_leads_to_what_is_current(host, path, home):
    for ask_for in (requests.get, requests.head):
        answer = ask_for(f"{host}/{path}", timeout=30, allow_redirects=False)
        assert answer.status_code == 301
        assert answer.headers["Location"].partition("?")[0].removeprefix(host) == f"/{home}"


MERGED = [
    ("datasets/population-001/dcat.rdf", "datasets/population-001/dcat.ttl"),
    ("en/datasets/population-001/index.md", "datasets/population-001/index.md"),
    ("datasets/population-001/quality/", "datasets/population-001/report/#quality"),
    ("en/datasets/population-001/quality/", "en/datasets/population-001/report/#quality"),
    ("datasets/population-001/charts/t-line-1/", "datasets/population-001/charts/#t-line-1"),
    ("en/datasets/population-001/charts/t-line-1/", "en/datasets/population-001/charts/#t-line-1"),
]
"""Former addresses, and what says the same."""


@on("nginx", "caddy", "entaku")
@pytest.mark.parametrize(("path", "home"), MERGED)
def test_what_became_part_of_another_file_or_page_leads_there(host, path, home):
    answer = requests.get(f"{host}/{path}", timeout=30, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"].removeprefix(host)) == (301, f"/{home}")


@on("nginx", "caddy", "entaku")
@pytest.mark.parametrize(
    "path", ["latest/a/b.csv", "latest/a%0d%0aX-Evil:1", "latestx/a.csv", "latest/%2e%2e/x", "latest//example.org/"]
)
def test_latest_leads_nowhere_else(host, path):
    answer = requests.get(f"{host}/datasets/population-001/{path}", timeout=30, allow_redirects=False)
    assert answer.status_code != 301 or answer.headers["Location"].removeprefix(host).startswith("/datasets/")
    assert "X-Evil" not in answer.headers


@on("nginx", "caddy", "entaku")
def test_both_trees(host):
    for question in ("package_list", "package_show?id=population-003", "package_search?rows=100"):
        assert ask(host, question, "api/action") == ask(host, question)


@on(*HOSTS)
def test_a_bare_show_is_an_error_and_no_dataset(host):
    _, answer = ask(host, "package_show")
    assert answer["success"] is False and answer["error"]["id"] == ["Missing value"] and "result" not in answer


@on("files")
def test_a_host_without_rules_never_shows_the_wrong_dataset(host):
    for action in ("package_show", "organization_show", "group_show", "resource_show"):
        assert ask(host, f"{action}?id=population-002")[1]["success"] is False


# ---- POST -------------------------------------------------------------------------------------------------------

POSTS = [
    ("package_list", "{}"), ("package_list", ""), ("package_list", '{"limit": 1}'), ("status_show", "{}"),
    ("package_list", '{"include_private": false, "include_drafts": false, "include_deleted": false}'),
    ("organization_list", '{"all_fields": true}'), ("organization_list", '{"all_fields": true, "limit": 1}'),
    ("package_show", '{"id": "population-001"}'), ("package_show", '{"id":"nope"}'), ("package_show", "{}"),
    ("package_show", '{"id": "population-001", "include_tracking": true}'), ("package_show", '{"id": ["population-001"]}'),
    ("package_show", '{"id": "population-001", "id": "population-002"}'), ("package_show", "id=population-001"),
    ("package_show", '{"id": "人"}'), ("package_show", '{"x": {"id": "population-001"}}'), ("package_show", "nonsense"),
    ("package_show", '{"id": "population-007", "include_datasets": false, "include_password_hash": true, "include_users": false}'),
    ("package_search", "{}"), ("package_search", '{"rows": 100, "start": 200}'), ("package_search", '{"q": "x"}'),
    ("package_search", '{"start": 0, "rows": 1000}'), ("package_search", '{"rows": 100, "start": 0, "sort": "id asc"}'),
    ("package_search", '{"rows": 10, "rows": 100}'), ("package_search", '{"rows": 10, "q": "\\"rows\\": 100"}'),
    ("package_search", '{"q": "*:*", "fq": "", "rows": "10"}'), ("package_search", '{"facet.field": ["tags"]}'),
    ("package_search", '{"rows": 20, "sort": "name desc", "fq": "organization:kotsu"}'), ("package_search", '{"q": "groups:economy", "rows": 3}'),
    ("package_search", '{"rows": 0, "facet.field": ["organization"], "facet.limit": -1}'), ("package_search", '{"facet.field": ["tags"], "facet.limit": 5, "rows": "2"}'),
    ("package_search", '{"sort": "score desc, metadata_modified desc", "rows": 20, "start": 20}'), ("package_search", '{"sort": "name"}'),
    ("package_search", '{"fq": "organization:kotsu groups:economy"}'), ("package_search", '{"q": "x", "fq": "organization:kotsu"}'),
    ("package_search", '{"rows": 20, "fq": "organization:kotsu", "fq": "organization:shijo"}'), ("package_list", '{"limit": 10, "offset": 20}'),
    ("package_list", '{"limit": 1, "limit": 2}'), ("organization_list", '{"all_fields": true, "sort": "title desc", "limit": 2, "offset": 0}'),
    ("organization_show", '{"id": "kotsu", "include_datasets": true}'), ("group_show", '{"include_datasets": true, "id": "economy"}'),
    ("organization_show", '{"include_datasets": true}'), ("current_package_list_with_resources", '{"limit": 20, "offset": 20}'),
    ("package_search", '{"rows": 10, "start": 1' + "0" * 9000 + "}"), ("package_search", '{"a": "' + "x" * 20000 + '"}'),
]  # fmt: skip


@on("nginx", "caddy")
@pytest.mark.parametrize(("action", "body"), POSTS, ids=range(len(POSTS)))
def test_a_post_is_answered_right_or_refused(hosts, host, action, body):
    send = {"data": body.encode(), "headers": {"Content-Type": "application/json"}, "timeout": 30}
    answer = SESSION.post(f"{host}/api/action/{action}?id=population-002&rows=10", **send)
    if answer.status_code != 200:
        assert answer.status_code in (404, 405, 409, 413)
        assert answer.status_code == 413 or answer.json()["success"] is False
        return
    right = SESSION.post(f"{hosts['entaku']}/api/action/{action}", **send).json()
    if action == "package_search":
        given = {"sort": "id asc", **json.loads(body or "{}")}
        assert given.keys() <= {"q", "fq", "sort", "rows", "start", "facet.field", "facet.limit"}
        right = requests.post(f"{hosts['entaku']}/api/action/{action}", json=given, timeout=30).json()
    assert strip(answer.json()) == strip(right)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"  # once


@on("nginx")
def test_a_body_in_pieces_is_read_too(host):
    answer = requests.post(f"{host}/api/action/package_show", data=iter([b'{"id": ', b'"population-011"}']), timeout=30)
    assert answer.json()["result"]["name"] == "population-011"


# ---- ckanapi ----------------------------------------------------------------------------------------------------


@on("entaku", "nginx")
@pytest.mark.parametrize("get_only", [False, True], ids=["POST", "GET"])
def test_ckanapi_lists_searches_shows_and_downloads(host, get_only):
    ckanapi = pytest.importorskip("ckanapi")
    with ckanapi.RemoteCKAN(host, get_only=get_only) as site:
        call = site.action
        assert call.package_list() == NAMES
        found, start = [], 0
        while page := call.package_search(rows=100, start=start)["results"]:
            found += page
            start += len(page)
        assert sorted(shape["name"] for shape in found) == NAMES
        for n in (0, 7, 249):
            shape = call.package_show(id=NAMES[n])
            assert shape == next(each for each in found if each["name"] == NAMES[n])
            body = requests.get(shape["resources"][0]["url"], timeout=30).content
            assert "sha256:" + hashlib.sha256(body).hexdigest() == shape["resources"][0]["hash"]
        assert call.organization_show(id="kotsu")["package_count"] == 84
        assert len(call.organization_list(all_fields=True)) == 3
        with pytest.raises(ckanapi.NotFound):
            call.package_show(id="zzz")
        with pytest.raises(ckanapi.ValidationError):
            call.package_show()


@on("entaku")
@pytest.mark.parametrize("get_only", [False, True], ids=["POST", "GET"])
def test_ckanapi_searches_with_entaku_serve(host, get_only):
    ckanapi = pytest.importorskip("ckanapi")
    with ckanapi.RemoteCKAN(host, get_only=get_only) as site:
        find = site.action.package_search
        assert find(q="第7区")["count"] == 1
        assert find(q="人口", fq="organization:kotsu", rows=1)["count"] == 84
        assert [shape["name"] for shape in find(sort="name desc", rows=2)["results"]] == NAMES[:-3:-1]
        field = json.dumps(["organization"]) if get_only else ["organization"]
        facets = find(rows=0, **{"facet.field": field})["facets"]
        assert facets == {"organization": {"kotsu": 84, "kanko": 83, "shijo": 83}}
        with pytest.raises(ckanapi.SearchError):
            find(q="nothing:here")
        with pytest.raises(ckanapi.SearchQueryError):
            find(qf="title")
        with pytest.raises(ckanapi.ValidationError):
            find(rows=-1)


def type_arguments(query):
    """The arguments of a GET as a program gives them to ckanapi."""
    given = {key: values[0] for key, values in parse_qs(query).items()}
    typed = {"facet.field": json.loads, "rows": int, "start": int, "limit": int, "offset": int}
    plain = {"true": True, "false": False}
    return {key: typed.get(key, lambda each: plain.get(each, each))(value) for key, value in given.items()}


@on("nginx", CADDY_SWEPT)
def test_ckanapi_is_answered_right_or_refused_rightly(hosts, host):
    """More than a hundred calls, most of them answered."""
    ckanapi = pytest.importorskip("ckanapi")
    asked = [question.partition("?") for question in (*QUESTIONS, *COMPOSED) if "x" not in question.partition("?")[2]]
    asked = [(action, type_arguments(query)) for action, _, query in asked if "/" not in action and "%" not in action]
    answered, refused = 0, []
    get_only = host == hosts.get("caddy")  # it reads no body
    with ckanapi.RemoteCKAN(host, get_only=get_only) as site, ckanapi.RemoteCKAN(hosts["entaku"]) as right:
        for action, given in asked:
            try:
                result = site.call_action(action, given)
            except (ckanapi.CKANAPIError, ckanapi.SearchError, ckanapi.ValidationError, ckanapi.NotFound):
                refused.append((action, given))
                continue
            more = {"sort": "id asc"} if action == "package_search" and "sort" not in given else {}
            assert strip({"result": result}) == strip({"result": right.call_action(action, {**given, **more})}), given
            answered += 1
    assert len(asked) > 100 and answered > 75, (answered, refused)


@on("nginx", "caddy")
def test_ckanapi_is_told_that_files_can_not_search(host, hosts):
    ckanapi = pytest.importorskip("ckanapi")
    for get_only in {host == hosts.get("caddy"), True}:
        with ckanapi.RemoteCKAN(host, get_only=get_only) as site, pytest.raises(ckanapi.SearchError, match="q"):
            site.action.package_search(q="人口")


@on("entaku", "nginx", "caddy")
@pytest.mark.parametrize("get_only", [False, True], ids=["POST", "GET"])
def test_ckanapis_command_dumps_and_searches(host, get_only, hosts, tmp_path):
    pytest.importorskip("ckanapi")
    if host == hosts.get("caddy") and not get_only:
        return  # Caddy reads no body
    command = Path(sys.executable).with_name("ckanapi")
    environment = {**os.environ, "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"}
    verbs = [["search", "datasets"]]
    if (host, get_only) in ((hosts.get("nginx"), False), (hosts["entaku"], True)):  # it takes seconds
        verbs += [["dump", "datasets", "--all", "-q", "-p", "2"], ["dump", "organizations", "--all", "-q"]]
    for verb in verbs:
        out = tmp_path / "out.jsonl"
        options = ["-O", str(out), "-r", host, *(["-g"] if get_only else [])]
        subprocess.run([str(command), *verb, *options], check=True, env=environment, timeout=120, capture_output=True)
        names = sorted(json.loads(line)["name"] for line in out.read_text().splitlines())
        assert names == (["kanko", "kotsu", "shijo"] if "organizations" in verb else NAMES)


# ---- a harvesting CKAN ------------------------------------------------------------------------------------------


def harvest(url, filters=()):
    """ckanext-harvest 1.6's CKANHarvester._search_for_datasets, call by call.  What isn't JSON raises ValueError."""
    found, seen, start = [], set(), 0
    while True:
        params = {"rows": "100", "start": str(start), "sort": "id asc"}
        if filters:
            params["fq"] = " ".join(filters)
        text = requests.get(f"{url}/api/3/action/package_search?{urlencode(params)}", timeout=30).text
        page = [each for each in json.loads(text).get("result", {}).get("results", []) if each["id"] not in seen]
        seen |= {each["id"] for each in page}
        found += page
        if not page:
            return found
        start += 100


def gather(url, filters=(), since=""):
    """Its gather_stage: what changed since the last time; where that can't be asked, everything."""
    if since:
        try:
            return harvest(url, (*filters, f"metadata_modified:[{since}Z TO *]"))
        except ValueError:
            pass
    return harvest(url, filters)


@on(*HOSTS)
def test_a_harvester_walks_the_whole_catalogue(host):
    found = gather(host)
    assert sorted(shape["name"] for shape in found) == NAMES
    shown = ask(host, f"package_show?id={found[0]['id']}")[1]
    assert shown.get("result", found[0]) == found[0]


@on(*HOSTS)
def test_a_harvester_that_comes_again_misses_nothing(host):
    since = "2024-06-01T00:00:00"
    found = {shape["name"] for shape in gather(host, since=since)}
    changed = {shape["name"] for shape in gather(host) if shape["metadata_modified"] > since}
    assert len(changed) > 100 and changed <= found


@on("entaku", "nginx", "caddy")
def test_a_harvester_may_choose(host):
    assert len(gather(host, ["organization:kotsu"])) == 84 and len(gather(host, ["groups:economy"])) == 125
    assert len(gather(host, ["organization:kotsu OR organization:shijo"])) == 167
    assert len(gather(host, ["-organization:kotsu", "-groups:economy"])) == 83
    assert gather(host, since="2030-01-01T00:00:00") == []
    assert 0 < len(gather(host, ["organization:kotsu"], since="2024-06-01T00:00:00")) < 84


@on("nginx", "caddy")
def test_a_harvester_that_chooses_finds_out_that_it_can_not(host, hosts):
    """In words: of CKAN's JSON it would make "No datasets found"."""
    with pytest.raises(ValueError):
        gather(host, ["organization:kotsu OR groups:economy"])


# ---- headers ----------------------------------------------------------------------------------------------------


@on("nginx", "caddy")
def test_browsers_elsewhere_may_read_ranges(host):
    url = f"{host}/datasets/population-001/schedule.parquet"
    answer = requests.get(url, headers={"Range": "bytes=2-5", "Origin": "https://elsewhere.example"}, timeout=30)
    assert (answer.status_code, answer.content) == (206, b"hedu")
    assert answer.headers["Content-Range"] == "bytes 2-5/16"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Range" in answer.headers["Access-Control-Expose-Headers"]
    asked = requests.options(url, headers={"Origin": "https://elsewhere.example"}, timeout=30)
    assert asked.status_code == 204 and "Range" in asked.headers["Access-Control-Allow-Headers"]


@on("entaku", "nginx", "caddy")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("index.html", 200), ("datasets/population-001/schedule.csv", 200), ("none.html", 404), (HASHED[0], 200),
        (HASHED[-1], 200), ("api/3/action/package_list", 200), ("api/3/action/package_show?id=population-001", 200),
        ("api/3/action/package_show?id=nope", 404), ("api/3/action/package_search?rows=x", 409),
    ],
)  # fmt: skip
def test_browsers_are_told_what_a_file_may_do(host, path, status):
    """Once each, as pages do in a `meta`, and who may frame them, which a `meta` can't say."""
    answer = requests.get(f"{host}/{path}", timeout=30)
    assert answer.status_code == status
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'" and policy[-1] == "frame-ancestors 'self'"
    assert len(policy) == len({rule.partition(" ")[0] for rule in policy})
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@on("nginx", "caddy")
@pytest.mark.parametrize("path", ["datasets/population-001/charts/", "en/datasets/population-001/charts/"])
def test_any_site_may_frame_charts_alone(host, path):
    policy = requests.get(f"{host}/{path}", timeout=30).headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'" and policy[-1] == "frame-ancestors *"


@on("nginx")
def test_browsers_are_told_so_once_of_what_is_posted(host):
    answer = requests.post(f"{host}/api/action/package_show", json={"id": "population-001"}, timeout=30)
    assert answer.headers["Content-Security-Policy"].count("default-src") == 1


BARE = "https://data.example.jp/"


def render_for(kind, base=BASE_URL):
    """The files that a host reads within the site."""
    catalogue = make_catalogue(base_url=base)
    office = replace(catalogue.office, site=replace(catalogue.office.site, host=kind))
    return {page.path: page.body.decode() for page in edge.render(replace(catalogue, office=office))}


def list_rules_of(catalogue):
    """The rules of every server, by the file's name."""
    office = catalogue.office
    facts = RuleFacts(office.base_url, catalogue.by_name, office.renamed, catalogue.tombstones)
    return {name: body.decode() for kind in ("nginx", "caddy") for name, body in edge.write_rules(facts, kind).items()}


def test_pages_and_hosts_say_the_same(published):
    """Only a picture may have styles of its own, and only a header can say who may frame a page."""
    page = (published[0] / "build" / "site" / "index.html").read_text("utf-8")
    meta = re.search('http-equiv="Content-Security-Policy" content="([^"]+)"', html.unescape(page))[1]
    said = edge.GUARDS["Content-Security-Policy"]
    assert said.replace(" 'unsafe-inline'", "") == f"{meta}; frame-ancestors 'self'"
    text = render_for("netlify", BARE)["_headers"]
    assert f"/*\n{''.join(f'  {name}: {value}' + chr(10) for name, value in edge.HEADERS.items())}" in text


def test_webassembly_is_allowed_in_headers_alone_and_only_where_it_is_asked_for():
    """A page's own `meta`, which goes on to forbid it, holds beside the header; in a worker only the header does."""
    catalogue = make_catalogue(base_url=BARE)
    asked = replace(catalogue.office, site=replace(catalogue.office.site, host="netlify", sql="duckdb"))
    (headers,) = (
        page.body.decode() for page in edge.render(replace(catalogue, office=asked)) if page.path == "_headers"
    )
    allowed = "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
    assert allowed in headers and "wasm" not in render_for("netlify", BARE)["_headers"]
    facts = RuleFacts(BARE, catalogue.by_name, {}, ())
    for server in ("nginx", "caddy"):
        plain, wide = (
            b"".join(edge.write_rules(each, server).values()).decode() for each in (facts, replace(facts, wasm=True))
        )
        assert "wasm" not in plain and allowed in wide
        assert wide.replace(" 'wasm-unsafe-eval'", "") == plain


@on("entaku", "nginx", "caddy")
def test_a_csv_is_sent_packed_to_who_can_unpack_it(host, hosts, tmp_path):
    """The bytes that the site has, not packed anew; whole and in parts it is the CSV."""
    path = "datasets/population-002/schedule.csv"
    plain = requests.get(f"{host}/{path}", headers={"Accept-Encoding": "identity"}, timeout=30)
    assert "Content-Encoding" not in plain.headers and plain.content == b"schedule.csv"
    for accepted in ("gzip", "br, gzip;q=0.8, *;q=0.1"):
        packed = requests.get(f"{host}/{path}", headers={"Accept-Encoding": accepted}, timeout=30, stream=True)
        assert packed.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in packed.headers["Vary"]
        assert packed.headers["Content-Type"].replace(" ", "").lower() == "text/csv;charset=utf-8"
        assert packed.raw.read(decode_content=False) == PACKED and packed.headers["ETag"] != plain.headers["ETag"]
    again = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert requests.get(f"{host}/{path}", headers=again, timeout=30).status_code == 304
    part = requests.get(f"{host}/{path}", headers={"Accept-Encoding": "identity", "Range": "bytes=2-4"}, timeout=30)
    assert (part.status_code, part.content) == (206, b"hed")
    assert requests.options(f"{host}/{path}", timeout=30).status_code in (204, 501)


@on("entaku", "nginx", "caddy")
def test_descriptions_for_address_bars_have_their_media_type(host):
    for path in ("opensearch.xml", "en/opensearch.xml"):
        answer = requests.get(f"{host}/{path}", timeout=30)
        assert answer.headers["Content-Type"].partition(";")[0] == "application/opensearchdescription+xml"
        assert answer.content == path.encode()


@on("entaku", "nginx", "caddy")
def test_a_packed_file_by_its_own_address_is_one(host):
    answer = requests.get(f"{host}/datasets/population-002/schedule.csv.gz", timeout=30, stream=True)
    assert answer.headers["Content-Type"] == "application/gzip" and "Content-Encoding" not in answer.headers
    assert answer.raw.read(decode_content=False) == PACKED


@on("nginx", "caddy")
def test_media_types_and_cache(host):
    def head(path):
        return requests.get(host + path, timeout=30).headers

    assert head("/datasets/population-001/schedule.parquet")["Content-Type"] == "application/vnd.apache.parquet"
    assert head("/datasets/population-001/schedule.csv")["Content-Type"].replace(" ", "") == "text/csv;charset=utf-8"
    assert head("/api/action/package_list")["Content-Type"].startswith("application/json")
    assert head("/datasets/population-001/schedule.csv")["Cache-Control"] == "no-cache"
    assert head("/datasets/population-001/schedule.csv")["ETag"]


@on("entaku", "nginx", "caddy")
def test_only_what_never_changes_is_kept_for_ever(host):
    def head(path):
        return requests.get(f"{host}/{path}", timeout=30, headers={"Range": "bytes=0-3"})

    for path in HASHED:
        assert head(path).headers["Cache-Control"] == "public, max-age=31536000, immutable", path
    gone = [path.replace("0", "1") for path in HASHED]  # a page of tomorrow may be there before its files
    for path in (*PLAIN, *gone):
        assert head(path).headers.get("Cache-Control", "no-cache") == "no-cache", path  # Caddy says nothing of errors
    assert {head(path).status_code for path in gone} == {404}
    again = requests.get(f"{host}/{HASHED[0]}", timeout=30)
    later = {"If-Modified-Since": again.headers["Last-Modified"]}
    again = requests.get(f"{host}/{HASHED[0]}", timeout=30, headers=later)
    assert (again.status_code, again.headers["Cache-Control"][-9:]) == (304, "immutable")


@on("nginx", "caddy")
def test_files_of_a_release_are_kept_and_its_page_is_not(host):
    version = make_many(2, "http://x.example").datasets[1].releases[0].version
    folder = f"{host}/datasets/population-001/{version}"
    for name in ("schedule.csv", "schedule.parquet"):
        assert "immutable" in requests.get(f"{folder}/{name}", timeout=30).headers["Cache-Control"]
    page = requests.get(f"{folder}/", timeout=30)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-cache")
    assert requests.get(f"{folder}/other.csv", timeout=30).headers.get("Cache-Control") in ("no-cache", None)


def test_hashed_names_are_those_of_a_published_site(published):
    site = published[0] / "build" / "site"
    paths = [path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()]
    hashed = {path for path in paths if re.fullmatch(edge.HASHED, path)}
    for folder in ("assets/", "raw/"):
        assert {path for path in paths if path.startswith(folder) or f"/{folder}" in path} - hashed == set()
    unhashed = {path for path in paths if path.startswith("search/")} - hashed
    assert unhashed == {"search/ja.json", "search/en.json"} and len(hashed) > 10
    names = {
        path
        for path in paths
        if fnmatch(path, "assets/*") or re.match("search/(terms|values|order|ja|en)-|.*/raw/", path)
    }
    assert names == hashed


@pytest.mark.parametrize("kind", ["netlify", "cloudflare"])
def test_a_host_of_files_is_told_each_header_once(kind):
    """Netlify and Cloudflare Pages join the values of all rules that match."""
    text = render_for(kind, BARE)["_headers"]
    rules = [block.splitlines() for block in text.strip().split("\n\n")]
    assert ["/assets/*", "  Cache-Control: public, max-age=31536000, immutable"] in rules
    for path in ("/assets/site.0123456789.css", "/search/ja-0.0ca37259.json", "/datasets/a/raw/0a.csv", "/index.html"):
        matching = [rule for rule in rules if fnmatch(path, re.sub(":[a-z]+", "*", rule[0]))]
        names = [line.partition(":")[0] for rule in matching for line in rule[1:]]
        assert len(names) == len(set(names))
        assert ("  Cache-Control" in names) == (path != "/index.html")


def answer_headers(text, path):
    """The headers that Cloudflare Pages sends: each matching rule first takes back, then sets or adds (its
    `pages-shared/asset-server/handler.ts`)."""
    sent = {}
    for block in text.strip().split("\n\n"):
        pattern, *lines = block.splitlines()
        if not fnmatch(path, re.sub(":[a-z]+", "*", pattern)):
            continue
        for line in sorted(lines, key=lambda line: not line.startswith("  ! ")):
            name, _, value = line.strip().removeprefix("! ").partition(": ")
            sent[name] = [] if line.startswith("  ! ") else [*sent.get(name, []), value]
    return sent


def test_any_site_may_frame_a_chart_on_cloudflare_pages():
    text = render_for("cloudflare", BARE)["_headers"]
    for lang in ("", "en/"):
        [policy] = answer_headers(text, f"/{lang}datasets/a/charts/")["Content-Security-Policy"]
        assert policy == edge.allow_frames(edge.GUARDS["Content-Security-Policy"])
        for page in ("", "datasets/a/", "datasets/a/2026.06.01/", "charts/"):
            [policy] = answer_headers(text, f"/{lang}{page}")["Content-Security-Policy"]
            assert policy.endswith("frame-ancestors 'self'")
    netlify = render_for("netlify", BARE)["_headers"]
    assert "! " not in netlify and "/charts/" not in netlify


def test_a_store_of_objects_is_told_the_media_types_that_servers_send():
    """A packed CSV is a file of its own there: no `Content-Encoding`, or who can't unpack it gets it packed."""
    for path in ("opensearch.xml", "en/opensearch.xml"):
        assert find_headers(path)["Content-Type"] == "application/opensearchdescription+xml"
    for path in ("datasets/a/t.csv.gz", "datasets/a/2026.06.01/t.csv.gz"):
        assert find_headers(path)["Content-Type"] == "application/gzip" and "Content-Encoding" not in find_headers(path)


@on("entaku")
def test_entaku_serve_refuses_what_is_no_request(host):
    url = f"{host}/api/3/action/package_show"
    assert requests.head(f"{host}/api/3/action/package_list", timeout=30).content == b""
    assert requests.post(url, data=b"{", timeout=30).status_code == 400
    assert requests.post(url, data=b"x" * (1 << 21), timeout=30).status_code == 413
    assert requests.post(url, data=iter([b"{}"]), timeout=30).status_code == 411
    assert requests.post(f"{host}/index.html", data=b"{}", timeout=30).status_code == 405
    assert requests.get(f"{host}/api/3/action/nope", timeout=30).status_code == 400


# ---- the rules as text ------------------------------------------------------------------------------------------


def test_rules_of_a_site_below_a_path(tmp_path):
    rules = list_rules_of(make_catalogue())
    assert set(rules) == {"entaku-http.conf", "entaku-server.conf", "entaku.caddy"}
    assert "location ~ ^/entaku/api/(?:3/)?action/package_search$" in rules["entaku-server.conf"]
    redirects = render_for("netlify")["_redirects"]
    assert "/entaku/api/3/action/package_show id=:id /entaku/api/3/package_show/:id.json 200!" in redirects
    assert "/entaku/en/datasets/:name/latest/* /entaku/en/datasets/:name/:splat 301" in redirects
    assert "/datasets/:name/latest/* " in render_for("cloudflare")["_redirects"]
    assert "/datasets/:dataset/dcat.rdf /entaku/datasets/:dataset/dcat.ttl 301" in redirects
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed: its rules are not tried")
    port = find_port()
    catalogue = make_many(3, f"http://127.0.0.1:{port}/entaku/")
    write_site(tmp_path / "root" / "entaku", catalogue)
    with run_nginx(tmp_path / "root", tmp_path / "nginx", port, write_rules(tmp_path / "rules", catalogue)) as url:
        url += "/entaku"
        assert ask(url, "package_show?id=population-002")[1]["result"]["name"] == "population-002"
        assert ask(url, "package_search")[1]["result"]["count"] == 3
        assert ask(url, "package_search?q=x")[0] == 409
        posted = requests.post(f"{url}/api/action/package_show", json={"id": "population-001"}, timeout=30)
        assert posted.json()["result"]["name"] == "population-001"


@pytest.mark.parametrize("base", ["https://a.example/it's/", "https://a.example/${x}/", "https://a.example/a b"])
def test_an_address_that_a_server_would_misread_has_no_rules(base):
    assert list_rules_of(make_catalogue(base_url=base)) == {}


def test_a_site_has_the_files_of_its_host_alone():
    """Netlify matches queries, and follows a rule beside a file only with `!`, which Cloudflare takes for a mistake."""
    assert [page.path for page in edge.render(make_catalogue())] == []
    assert set(render_for("github-pages")) == {".nojekyll"}
    for kind in ("netlify", "cloudflare"):
        assert set(render_for(kind)) == {"_headers", "_redirects"}
    assert "id=:id" not in render_for("cloudflare")["_redirects"]


def test_the_texts_are_installed_and_a_change_of_one_renews_the_site(monkeypatch):
    package, seen = Path(entaku.__file__).parent, set()
    texts = {path for path in package.glob("feeds/**/*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    settings = tomllib.loads((package.parent / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert texts == {
        each for glob in settings["package-data"]["entaku.site.feeds"] for each in package.glob(f"feeds/{glob}")
    }

    def record(folder, pattern):
        found = read_project(folder, pattern)
        seen.update(found)
        return found

    monkeypatch.setattr(cli_setting, "read_project", record)
    cli_setting.digest_program()
    assert {path.relative_to(package).as_posix() for path in texts} <= seen


# ---- a published project ----------------------------------------------------------------------------------------


def test_a_published_project_is_served_and_its_files_are_what_they_say(tmp_path):
    project = make_project(tmp_path)
    put_sample(project, lifts("A-1,2026-06-01", "A-2,2026-06-02"))
    assert run(project).site == "published"
    with serve_site(project / "build" / "site") as url:
        shape = ask(url, "package_show?id=lifts")[1]["result"]
        assert shape["title"].startswith("【見本】") and len(shape["resources"]) == 3
        for resource in shape["resources"]:
            body = requests.get(resource["url"], timeout=30).content
            assert resource["url"].startswith(url) and len(body) == resource["size"]
            assert "sha256:" + hashlib.sha256(body).hexdigest() == resource["hash"]
        assert ask(url, "package_search?q=lift")[1]["result"]["count"] == 1
        put_sample(project, lifts("A-1,2026-06-01", "A-3,2026-06-03"), day="2026-06-30")
        assert run(project).site == "published"
        again = ask(url, "package_show?id=lifts")[1]["result"]
        assert again["metadata_modified"] > shape["metadata_modified"] and again["id"] == shape["id"]
