"""Each version's CITATION.cff and datacite.json, DOIs in every feed, and addresses that stay."""

import html
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import rdflib
import yaml
from browser import visit
from projects import CATALOGUE, LIFTS, ROOT, lifts, make_project, put, run

from entaku.spec import parse_project

SHAPES = ROOT / "tests" / "shapes"
DOIS = (
    'doi: {dataset: 10.5281/zenodo.100, versions: {"2026.06.01": 10.5281/zenodo.101, "2026.06.03": 10.5281/zenodo.103}}'
)
HOSTILE = "<b>&\\\"'{} : # \\n % [x]"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of four versions, of which two have DOIs; the first version's snippet and bytes are kept beside it."""
    folder = tmp_path_factory.mktemp("cite")
    yaml_text = LIFTS.replace("themes:", f"{DOIS}\nkeywords: [昇降機, lifts]\nthemes:")
    project, mirror = (
        make_project(folder / "p", lifts=yaml_text.replace("試験用の説明です。", f'"{HOSTILE}"')),
        folder / "mirror",
    )
    put(mirror, lifts("A-1,2026/6/3"), day="2026-06-01")
    run(project, mirror)
    page = (project / "build" / "site" / "datasets" / "lifts" / "index.html").read_text("utf-8")
    (folder / "first.html").write_text(page, "utf-8")
    (folder / "first.parquet").write_bytes(read_pinned(project, page))
    for day in (2, 3, 4):
        put(mirror, lifts("A-1,2026/6/3", f"B-{day},2026/6/4"), day=f"2026-06-0{day}")
        run(project, mirror)
    return project


def list_snippets(page: str, kind: str) -> dict[str, str]:
    part = page.split(f'data-load="{kind}"')[1].split("</div>")[0]
    return {
        tool: html.unescape(code) for tool, code in re.findall(r'data-tool="(\w+)"[^>]*><code>(.*?)</code>', part, re.S)
    }


def read_pinned(project: Path, page: str) -> bytes:
    """Return what the address of the first snippet of a page gives."""
    [address] = re.findall(r'read_parquet\("https://data.example.org/([^"]+)"', list_snippets(page, "pinned")["pandas"])
    return (project / "build" / "site" / address).read_bytes()


def read_version(project: Path, version: str) -> tuple[dict[str, Any], dict[str, Any]]:
    folder = project / "build" / "site" / "datasets" / "lifts" / version
    cff = yaml.safe_load((folder / "CITATION.cff").read_text("utf-8"))
    return cff, json.loads((folder / "datacite.json").read_text("utf-8"))


def test_every_version_is_cited_as_the_official_schemas_ask(made: Path) -> None:
    schemas = [json.loads((SHAPES / name).read_text("utf-8")) for name in ("cff-1.2.0.json", "datacite-4.5.json")]
    judges = [jsonschema.validators.validator_for(schema)(schema) for schema in schemas]
    for day in (1, 2, 3, 4):
        version = f"2026.06.0{day}"
        for judge, told in zip(judges, read_version(made, version), strict=True):
            assert [error.message for error in judge.iter_errors(told)] == []
            assert told["version"] == version and told["url"] == f"https://data.example.org/datasets/lifts/{version}/"
            assert not judge.is_valid({**told, "nonsense": 1}), "the schema takes anything"


def test_a_citation_has_the_version_its_day_and_its_doi(made: Path) -> None:
    cff, datacite = read_version(made, "2026.06.03")
    assert (cff["doi"], datacite["doi"]) == ("10.5281/zenodo.103", "10.5281/zenodo.103")
    assert cff["identifiers"][0]["value"] == "10.5281/zenodo.100"
    assert (cff["date-released"], cff["license"]) == ("2026-06-03", "CC-BY-4.0")
    assert datacite["titles"] == [
        {"title": "昇降機の点検", "lang": "ja"}, {"title": "Lift inspections", "lang": "en", "titleType": "TranslatedTitle"},
    ]  # fmt: skip
    related = {each["relationType"]: each["relatedIdentifier"] for each in datacite["relatedIdentifiers"]}
    assert related == {
        "IsVersionOf": "10.5281/zenodo.100",
        "IsNewVersionOf": "https://data.example.org/datasets/lifts/2026.06.02/",
    }
    cff, datacite = read_version(made, "2026.06.04")
    assert "doi" not in cff and "doi" not in datacite


def test_feeds_have_the_dois(made: Path) -> None:
    site = made / "build" / "site"
    graph = rdflib.Graph().parse(site / "datasets/lifts/dcat.ttl")
    adms, skos = (
        rdflib.Namespace("http://www.w3.org/ns/adms#"),
        rdflib.Namespace("http://www.w3.org/2004/02/skos/core#"),
    )
    told = {
        str(subject).removeprefix("https://data.example.org/datasets/lifts/"): str(graph.value(node, skos.notation))
        for subject, node in graph.subject_objects(adms.identifier)
    }
    assert told == {
        "#dataset": "https://doi.org/10.5281/zenodo.100",
        "2026.06.01/#release": "https://doi.org/10.5281/zenodo.101",
        "2026.06.03/#release": "https://doi.org/10.5281/zenodo.103",
    }
    page = (site / "datasets/lifts/index.html").read_text("utf-8")
    said = json.loads(page.split('type="application/ld+json">')[1].split("</script>")[0])
    assert [each if isinstance(each, str) else each["url"] for each in said["identifier"]] == [
        "https://doi.org/10.5281/zenodo.100", "https://data.example.org/datasets/lifts/#dataset",
    ]  # fmt: skip
    [shape] = json.loads((site / "api/3/action/package_search").read_text("utf-8"))["result"]["results"]
    assert {each["key"]: each["value"] for each in shape["extras"]}["doi"] == "10.5281/zenodo.100"
    assert json.loads((site / "datasets/lifts/croissant.json").read_text("utf-8"))["sameAs"].endswith("zenodo.100")


def test_a_pinned_snippet_gives_the_same_bytes_after_three_more_releases(made: Path) -> None:
    first = (made.parent / "first.html").read_text("utf-8")
    assert read_pinned(made, first) == (made.parent / "first.parquet").read_bytes()
    now = (made / "build/site/datasets/lifts/index.html").read_text("utf-8")
    assert read_pinned(made, now) != read_pinned(made, first)
    pinned, latest = list_snippets(now, "pinned"), list_snippets(now, "latest")
    assert len(pinned) == 7 and latest.keys() == {"polars", "javascript"}  # which read what may change by one request
    for tool, code in latest.items():
        assert code != pinned[tool] and "/lifts/2026.06.04/" not in code and "/datasets/lifts/" in code
    assert all("/lifts/2026.06.04/" in code for code in pinned.values()) and "2026.06.04/ を除いて" in now


def test_the_page_cites_with_the_day_of_access(made: Path, chromium: Any) -> None:
    folder = made / "build" / "site" / "en" / "datasets" / "lifts"
    bare = folder / "2026.06.03" / "index.html"
    assert "https://doi.org/10.5281/zenodo.103 (accessed <span data-today>____-__-__</span>)" in bare.read_text("utf-8")
    with visit(chromium, made / "build" / "site") as tab:
        tab.go("en/datasets/lifts/")
        tab.page.locator("[data-today]", has_text=re.compile(r"\d{4}-\d{2}-\d{2}")).wait_for(state="attached")
        quote = tab.page.locator("p.quote").last.text_content()
        assert re.search(r"Version 2026\.06\.04.*\(accessed \d{4}-\d{2}-\d{2}\)", quote)
        tab.check()


def test_a_doi_is_no_new_version_and_one_of_no_version_is_told(tmp_path: Path) -> None:
    project, mirror = make_project(tmp_path / "p"), tmp_path / "mirror"
    put(mirror, lifts("A-1,2026/6/3"), day="2026-06-01")
    run(project, mirror)
    path = project / "pipelines" / "lifts.yaml"
    path.write_text(LIFTS.replace("themes:", 'doi: {versions: {"2026.06.02": 10.5281/zenodo.1}}\nthemes:'), "utf-8")
    [outcome] = run(project, mirror).outcomes
    assert (outcome.what, [one.code for one in outcome.findings]) == ("unchanged", ["doi-unmatched"])
    assert (outcome.findings[0].place.line, outcome.findings[0].value) == (6, "2026.06.02")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("10.5281/zenodo.1", ""),
        ("https://doi.org/10.5281/zenodo.1", "bad-pattern"),
        ("{dataset: 10.5281/a, versions: {2026-06-01: 10.5281/b}}", "bad-pattern"),
        ("{dataset: 10.5281/a, versions: {2026.06.01: 10.5281/A}}", "duplicate-name"),
    ],
)
def test_dois_are_examined(written: str, code: str) -> None:
    text = LIFTS.replace("themes:", f"doi: {written}\nthemes:")
    files = {
        "catalogue.yaml": CATALOGUE.encode(),
        "pipelines/lifts.yaml": text.encode(),
        "requests.csv": b"id\nlifts\n",
    }
    assert [one.code for one in parse_project(files)[2]] == ([code] if code else [])
