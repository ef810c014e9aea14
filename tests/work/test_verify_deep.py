"""`entaku verify --deep`: validators that others wrote, over a generated catalogue that is really published."""

import json
import shutil

import frictionless
import pytest
from many import make_many
from projects import copy_tree, run

from entaku.work import judges as verify_deep
from entaku.work.cli import main
from entaku.work.judges import JUDGES, find_version, judge_site, run_judge


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Five datasets of two tables, which have every type among them."""
    project = make_many(tmp_path_factory.mktemp("many") / "p", 5)
    office = project / "catalogue.yaml"
    office.write_text(f"{office.read_text('utf-8')}site: {{downloads: [jsonl]}}\n", "utf-8")
    result = run(project)
    assert result.site == "published" and not result.failed
    return project / "build" / "site"


@pytest.fixture
def copy(site, tmp_path):
    return copy_tree(site, tmp_path / "site")


@pytest.fixture
def few(site, tmp_path):
    """Copies parts of the site: what a validator judges one by one need not be judged beside what is wrong."""

    def copy(*paths):
        for path in paths:
            to = tmp_path / "few" / path
            to.parent.mkdir(parents=True, exist_ok=True)
            copy_tree(site / path, to) if (site / path).is_dir() else shutil.copy(site / path, to)
        return tmp_path / "few"

    return copy


def judge(name, folder, about=""):
    (found,) = [each for each in JUDGES if each.package == name and about in each.about][:1]
    if not find_version(name):
        pytest.skip(f"{name} is not installed")
    return run_judge(found, folder)


def quiet(*args):
    """Progress."""


@pytest.mark.sweep
def test_every_validator_accepts_every_type(site):
    verdicts = judge_site(site, quiet)
    for verdict in verdicts:
        if verdict.missing:
            print(f"{verdict.validator} is not here: {verdict.missing.en}")
            continue
        assert (verdict.faults, verdict.findings) == (0, ()), verdict
    counts = {(one.dialect, one.validator.split()[0]): one.count for one in verdicts if not one.missing}
    assert counts.get(("Croissant 1.1", "mlcroissant"), 25) == 5 + 5 * 4
    assert counts.get(("CSVW", "csvw"), 10) == 10
    assert counts[("Data Package 2.0", "frictionless")] == 10
    assert counts.get(("DCAT-US 3", "pyshacl"), 7) == 7
    assert counts[("DCAT-US 3", "jsonschema")] == 6
    assert counts[("オープンデータ一覧", "frictionless")] == 5 * 2 * 3
    assert counts[("OpenAPI 3.1", "jsonschema")] > 100
    assert counts[("JSON Schema 2020-12", "jsonschema")] == 5 * 2 * (1 + 5 + 5)
    assert counts.get(("MCP", "mcp"), 17) == 1 + 6 + 5 * 2


def test_the_shapes_find_what_is_taken_away(few):
    copy = few(*(f"datasets/dataset-0000{n}/dcat.ttl" for n in range(3)))
    graph = copy / "datasets/dataset-00001/dcat.ttl"
    graph.write_text(graph.read_text("utf-8").replace("dct:title", "dct:alternative"), "utf-8")
    (copy / "datasets/dataset-00002/dcat.ttl").write_text("<a> <b>", "utf-8")
    verdict = judge("pyshacl", copy, "dcat-ap-SHACL")
    assert [one.place.file for one in verdict.findings] == [f"datasets/dataset-0000{n}/dcat.ttl" for n in (1, 2)]


@pytest.mark.parametrize(
    ("key", "value", "by_schema"),
    [("description", None, 1), ("contactPoint", {"@type": "Kind", "fn": "x"}, 1), ("issued", "2026/1/1", 0)],
)
def test_dcat_us_finds_a_dataset_that_is_wrong(few, key, value, by_schema):
    copy = few("dcat-us-3.json")
    path = copy / "dcat-us-3.json"
    told = json.loads(path.read_bytes())
    told["dataset"][1][key] = value
    path.write_text(json.dumps(told), "utf-8")
    found = judge("jsonschema", copy, "dcat-us").findings
    assert [(told["dataset"][1]["@id"] in one.args["why"], one.place.file) for one in found] == [
        (True, "dcat-us-3.json")
    ] * by_schema
    (shape,) = judge("pyshacl", copy, "dcat-us").findings
    assert shape.place.file == "dcat-us-3.json"
    path.unlink()
    assert judge("jsonschema", copy, "dcat-us").faults == 1


def test_syntaxes_that_differ_are_found(copy):
    graph = copy / "catalog.jsonld"
    value = json.loads(graph.read_bytes())
    del value["@graph"][0]["dct:publisher"]
    graph.write_text(json.dumps(value), "utf-8")
    (copy / "catalog.rdf").write_text("<rdf", "utf-8")
    assert [one.place.file for one in judge("rdflib", copy).findings] == ["catalog.jsonld", "catalog.rdf"]


def test_croissant_finds_a_row_too_many(few):
    copy = few("datasets/dataset-00002")
    table = copy / "datasets/dataset-00002/first.csv"
    table.write_text(table.read_text("utf-8") + "6,,,,,\n", "utf-8", newline="")
    assert judge("mlcroissant", copy).faults >= 1


def test_a_profile_a_package_and_a_feed_that_are_wrong(copy):
    package = copy / "datasets/dataset-00003/datapackage.json"
    package.write_text(json.dumps({**json.loads(package.read_bytes()), "licenses": [{"title": "x"}]}), "utf-8")
    assert judge("jsonschema", copy).faults == 1
    (copy / "datasets/dataset-00003/first.csv").write_text("id\nx\n", "utf-8")
    assert judge("frictionless", copy).faults == 1
    (copy / "feed.atom").write_text("<feed><entry></feed>", "utf-8")
    assert judge("feedparser", copy).faults == 1


def test_csvw_finds_a_wrong_cell(few):
    copy = few("datasets/dataset-00001")
    table = next((copy / "datasets/dataset-00001").glob("first.csv"))
    table.write_text(table.read_text("utf-8").replace("1,", "one,", 1), "utf-8", newline="")
    assert judge("csvw", copy).faults >= 1


def judge_dialect(dialect, folder):
    (found,) = [each for each in JUDGES if each.dialect == dialect]
    if not find_version(found.package):
        pytest.skip(f"{found.package} is not installed")
    return run_judge(found, folder)


def test_openapi_finds_a_wrong_word_a_wrong_schema_and_a_file_that_is_not_there(copy):
    path = copy / "openapi.json"
    told = json.loads(path.read_bytes())
    told["paths"]["/none.json"] = told["paths"].pop("/catalog.ttl")
    told["components"]["schemas"]["Package"]["type"] = "dictionary"
    told["components"]["parameters"]["table"]["where"] = told["components"]["parameters"]["table"].pop("in")
    path.write_text(json.dumps(told), "utf-8")
    found = judge_dialect("OpenAPI 3.1", copy).findings
    assert len(found) == 3 and {one.place.file for one in found} == {"openapi.json"}
    path.write_text("[]", "utf-8")
    assert judge_dialect("OpenAPI 3.1", copy).faults == 1


def test_rows_that_are_not_as_their_schema_are_found(copy):
    folder = copy / "datasets/dataset-00001"
    schema = folder / "first.schema.json"
    told = json.loads(schema.read_bytes())
    kind = next(key for key, value in told["properties"].items() if value.get("format") == "date")
    told["properties"][kind] = {"type": "integer"}
    schema.write_text(json.dumps(told), "utf-8")
    verdict = judge_dialect("JSON Schema 2020-12", copy)
    assert verdict.faults == 5 + 5 and verdict.findings[0].place.file == "datasets/dataset-00001/first.parquet"
    schema.write_text(json.dumps({**told, "type": "table"}), "utf-8")
    lines = folder / "second.jsonl"
    lines.write_text(lines.read_text("utf-8").replace('"id":1', '"id":NaN', 1), "utf-8")
    found = [one.place.file.rpartition("/")[2] for one in judge_dialect("JSON Schema 2020-12", copy).findings]
    assert found == ["first.schema.json", "second.schema.json"]


def test_mcp_finds_a_wrong_configuration_and_a_dataset_that_it_cannot_tell(copy):
    path = copy / "mcp.json"
    told = json.loads(path.read_bytes())
    (server,) = told["mcpServers"].values()
    del server["command"]
    path.write_text(json.dumps(told), "utf-8")
    (copy / "datasets/dataset-00002/datapackage.json").write_text("{}", "utf-8")  # not as the sums say
    found = judge_dialect("MCP", copy).findings
    assert [one.place.file for one in found] == ["mcp.json", "datasets/dataset-00002/datapackage.json"]
    (copy / "SHA256SUMS").unlink()
    assert judge_dialect("MCP", copy).findings[-1].place.file == "SHA256SUMS"


@pytest.mark.parametrize(
    ("old", "new", "faults"),
    [
        ("データセット_サブタイトル,", "", 1),  # a heading fewer
        ("ファイル_形式", "ファイル形式", 1),  # a heading of the former edition
        ("/second.csv,", "/first.csv,", 5),
        (",CC BY 4.0,", ",CC BY 4.0,,", 20),
        ("2026-", "2026/", 20),
    ],
)
def test_a_list_with_other_columns_files_and_days_is_found(copy, old, new, faults):
    (found,) = [each for each in JUDGES if each.dialect == "オープンデータ一覧"]
    path = copy / "open-data-list.csv"
    text = path.read_text("utf-8-sig")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8-sig", newline="")
    assert run_judge(found, copy).faults >= faults
    path.unlink()
    assert run_judge(found, copy).faults == 1


def test_what_is_not_installed_is_said_aloud(site, monkeypatch, capsys):
    monkeypatch.setattr(verify_deep, "find_version", lambda package: "" if package != "feedparser" else "6")
    assert main(["verify", "--lang", "en", "--deep", str(site)]) == 0
    told = capsys.readouterr().out
    assert "mlcroissant is not here: make test installs it" in told and "csvw is not here" in told
    assert "not judged" in told and "no faults" in told
    monkeypatch.setattr(verify_deep, "SHAPES", site / "none")
    monkeypatch.setattr(verify_deep, "find_version", lambda package: "1")
    (shapes,) = [each for each in JUDGES if each.about == "dcat-us.ttl"]
    assert run_judge(shapes, site).missing == verify_deep.CLONE


def test_a_judge_that_fails_is_a_verdict(copy, monkeypatch):
    def fail(path):
        raise TypeError("'>' not supported")

    package = copy / "datasets/dataset-00003/datapackage.json"
    package.write_text(json.dumps({**json.loads(package.read_bytes()), "title": "別の題"}), "utf-8")
    monkeypatch.setattr("entaku.formats.heavy.frictionless.validate", fail)
    monkeypatch.setattr("entaku.work.verify._judged", {})
    verdict = judge("frictionless", copy)
    assert verdict.faults == verdict.count == 10 and "not supported" in verdict.findings[0].args["why"]


def test_the_same_bytes_are_judged_once_and_others_again(copy, monkeypatch):
    calls = []
    monkeypatch.setattr("entaku.work.verify._judged", {})
    real = frictionless.validate
    monkeypatch.setattr("entaku.formats.heavy.frictionless.validate", lambda path: calls.append(path) or real(path))
    assert judge("frictionless", copy).faults == 0 and len(calls) == 5
    (copy / "datasets/dataset-00003/first.csv").write_text("id\nx\n", "utf-8")
    assert judge("frictionless", copy).faults == 1 and len(calls) == 6
