"""`openapi.json`: valid to the official schema, and true of a published site, in both directions."""

import json
import re
import shutil
from pathlib import Path

import jsonschema
import pytest
import requests
from ckan_sites import find_port, run_nginx
from test_feeds import KINDS
from test_site import make_world

from entaku.site.feeds import openapi
from entaku.site.feeds.ckan import replies
from entaku.site.feeds.edge import PLAIN

SHAPE = json.loads((Path(__file__).parents[1] / "shapes" / "openapi-3.1.json").read_bytes())
RARE = {
    "datasets/{dataset}/withdrawn.json": "nothing is withdrawn",
    "datasets/{dataset}/{table}.jsonl": "catalogue.yaml asks for none",
    "datasets/{dataset}/{table}.schema.json": "catalogue.yaml asks for no JSON Lines",
    "datasets/{dataset}/{version}/CITATION.cff": "no dataset of the samples has a DOI",
    "datasets/{dataset}/{version}/datacite.json": "no dataset of the samples has a DOI",
    "datasets/{dataset}/{table}.xlsx": "catalogue.yaml asks for none",
    "datasets/{dataset}/{table}.geojson": "catalogue.yaml asks for none",
    "datasets/{dataset}/{dataset}.zip": "catalogue.yaml asks for none",
    "datasets/{dataset}/{dataset}.sqlite": "catalogue.yaml asks for none",
    "datasets/{dataset}/latest/{file}": "servers lead on",
    "datasets/{dataset}/{module}.py": "catalogue.yaml asks for none",
    "datasets/{dataset}/{dataset}.ts": "catalogue.yaml asks for none",
    "datasets/{dataset}/{table}.csv.gz": "the samples are small",
    "datasets/{dataset}/{version}/{table}.csv.gz": "the samples are small",
    "datasets/{dataset}/{version}/{revised}": "no metadata are revised",
    **{
        f"datasets/{{dataset}}/{where}{{table}}.{name}": "no table of the samples is in parts"
        for where in ("", "{version}/")
        for name in ("files.json", "parts/{part}.csv", "parts/{part}.parquet", "sources/{sources}.jsonl")
    },
}
"""Files that the repository's own catalogue hasn't, and why."""
UNTOLD = r".*\.html|\.entaku|assets/.*|search/.*|(en/)?opensearch\.xml|robots\.txt|api/action/.*|api/3/(pieces|package_search)/.*|api/3/action/.*"
"""Files for browsers and servers, and the answers that are described as actions."""


def read(catalogue):
    [page] = openapi.render(catalogue)
    return json.loads(page.body)


def make_pattern(described, path):
    """The regular expression of the files at a path of the description."""
    shapes = {
        each["name"]: each["schema"]["pattern"].strip("^$") for each in described["components"]["parameters"].values()
    }
    parts = re.split(r"{([a-z]+)}", path.removeprefix("/"))
    patterns = (f"(?:{shapes[part].replace('$|^', '|')})" if n % 2 else re.escape(part) for n, part in enumerate(parts))
    return "".join(patterns)


def follow(described, value):
    """Every reference in the description leads somewhere."""
    if isinstance(value, dict):
        if "$ref" in value:
            at = described
            for name in value["$ref"].removeprefix("#/").split("/"):
                at = at[name]
        for each in value.values():
            follow(described, each)
    elif isinstance(value, list):
        for each in value:
            follow(described, each)


def list_schemas(value):
    """Every JSON Schema in the description."""
    if isinstance(value, dict):
        if isinstance(value.get("schema"), dict):
            yield value["schema"]
        for each in value.values():
            yield from list_schemas(each)
    elif isinstance(value, list):
        for each in value:
            yield from list_schemas(each)


@pytest.mark.parametrize("kind", KINDS)
def test_the_official_schema_takes_it(kind):
    described = read(make_world(kind))
    validator = jsonschema.Draft202012Validator(SHAPE, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in validator.iter_errors(described)] == []
    for schema in [*list_schemas(described), *described["components"]["schemas"].values()]:
        jsonschema.Draft202012Validator.check_schema(schema)
    follow(described, described)


def test_the_official_schema_refuses_what_is_wrong():
    described = read(make_world("plain"))
    del described["components"]["parameters"]["dataset"]["required"]
    assert not jsonschema.Draft202012Validator(SHAPE).is_valid(described)


def test_operations_have_names_of_their_own_and_paths_the_parameters_in_them():
    described = read(make_world("plain"))
    names = [path["get"]["operationId"] for path in described["paths"].values()]
    assert len(set(names)) == len(names)
    told = {each["name"] for each in described["tags"]}
    for path, item in described["paths"].items():
        parameters = item["get"].get("parameters", [])
        given = [each["$ref"].rpartition("/")[2] for each in parameters if "$ref" in each]
        assert given == re.findall(r"{([a-z]+)}", path), path
        assert set(item["get"]["tags"]) <= told


def test_every_file_that_is_described_is_there_and_every_file_is_described(published):
    site = published[0] / "build" / "site"
    described = json.loads((site / "openapi.json").read_bytes())
    files = [str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()]
    assert all(f"/{path}" not in described["paths"] for path in ("withdrawn.json", "catalogue-root.json"))
    patterns = {path: re.compile(make_pattern(described, path)) for path in described["paths"]}
    absent = [path for path, each in patterns.items() if not any(map(each.fullmatch, files))]
    assert sorted(path.removeprefix("/") for path in absent) == sorted(RARE)
    for file in files:
        if not re.fullmatch(UNTOLD, file):
            matched = [path for path, each in patterns.items() if each.fullmatch(file)]
            assert len(matched) == 1, (file, matched)


def test_signed_and_withdrawn_files_are_described_where_they_are():
    catalogue = make_world("sample")
    assert bool(catalogue.tombstones) == ("/withdrawn.json" in read(catalogue)["paths"])
    assert bool(catalogue.office.signing) == ("/catalogue-root.json" in read(catalogue)["paths"])


def test_the_actions_are_those_that_the_rules_answer():
    answered = {*PLAIN, *replies.SHOWN, "package_search", "help_show", "datastore_search", "resource_view_list"}
    assert set(openapi.ARGUMENTS) == answered


VALUES = {
    "q": "organization:{organization_show}",
    "fq": "groups:{group_show}",
    "sort": "name asc",
    "start": "0",
    "facet.field": '["organization"]',
    "limit": "5",
    "offset": "0",
    "all_fields": "true",
    "include_datasets": "true",
    "resource_id": "{datastore_search}",
    "name": "package_show",
}
"""A value of each argument that has no list of them."""


def test_nginx_answers_each_action_with_each_argument_as_described(published, tmp_path):
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed")
    project = tmp_path / "p"
    shutil.copytree(published[0], project, symlinks=True)
    site = project / "build" / "site"
    described = json.loads((site / "openapi.json").read_bytes())
    package = json.loads((site / "api/3/package_show/toei-elevator-inspections.json").read_bytes())["result"]
    rows = next(each["id"] for each in package["resources"] if each["url"].endswith("stations.csv"))
    ids = {
        "package_show": package["name"], "organization_show": package["organization"]["name"],
        "group_show": package["groups"][0]["name"], "group_package_show": package["groups"][0]["name"],
        "resource_show": rows, "resource_view_list": rows, "datastore_search": rows,
    }  # fmt: skip

    def list_values(action, argument):
        if argument["name"] == "id":
            return [ids[action]]
        return argument["schema"].get("enum") or [VALUES[argument["name"]].format(**ids)]

    asked = 0
    with run_nginx(site, tmp_path / "nginx", find_port()) as url:
        for path, item in described["paths"].items():
            if "/action/" not in path:
                continue
            action, arguments = path.rpartition("/")[2], item["get"].get("parameters", [])
            needed = {each["name"]: list_values(action, each)[0] for each in arguments if each["required"]}
            schema = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            check = jsonschema.Draft202012Validator({**schema, "components": described["components"]})
            queries = [needed]
            queries += [{**needed, each["name"]: value} for each in arguments for value in list_values(action, each)]
            for query in queries:
                answer = requests.get(url + path, params=query, timeout=30)
                assert answer.status_code == 200, (action, query, answer.text)
                assert [error.message for error in check.iter_errors(answer.json())] == [], (action, query)
                asked += 1
        refused = requests.get(f"{url}/api/3/action/package_show", timeout=30)
    assert asked > 60
    schema = described["components"]["responses"]["Refused"]["content"]["application/json"]["schema"]
    jsonschema.validate(refused.json(), {**schema, "components": described["components"]})
    assert refused.status_code == 409
