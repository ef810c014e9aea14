"""The feeds of the repository's own catalogue, published from samples, under the validators that others wrote."""

import csv
import json
import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest
from test_feeds_csvw import CSVW, validate_csvw
from test_published import LEDGERS
from test_published import TABLES as SAMPLED

TABLES = SAMPLED | LEDGERS
FOLDERS = sorted(TABLES)
BASE_URL = "https://entaku.example.org"


@pytest.fixture
def site(published):
    return published[0] / "build" / "site"


def read_json(path):
    return json.loads(path.read_bytes())


@pytest.mark.parametrize("dataset", FOLDERS)
def test_packages_meet_the_official_profile(site, dataset):
    profile = read_json(Path(__file__).parents[1] / "shapes" / "datapackage-2.0.json")
    folders = [path.parent for path in (site / "datasets" / dataset).rglob("datapackage.json")]
    assert len(folders) >= 2
    for folder in folders:
        jsonschema.Draft7Validator(profile).validate(read_json(folder / "datapackage.json"))


@pytest.mark.parametrize("dataset", FOLDERS)
def test_dcat_conforms(site, dataset):
    pytest.importorskip("pyshacl", reason="pyshacl is not installed: DCAT is not validated")
    from rdflib import Graph
    from test_feeds_dcat import find_violations

    assert find_violations(Graph().parse(site / "datasets" / dataset / "dcat.ttl")) == []


def test_the_catalogue_conforms(site):
    pytest.importorskip("pyshacl", reason="pyshacl is not installed: DCAT is not validated")
    from rdflib import Graph
    from test_feeds_dcat import find_violations

    assert find_violations(Graph().parse(site / "catalog.ttl")) == []


@pytest.mark.parametrize("dataset", FOLDERS)
def test_croissant_gives_the_records_of_every_file(site, dataset):
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: Croissant is not read")
    folder = site / "datasets" / dataset
    described = read_json(folder / "croissant.json")
    for file in described["distribution"]:
        assert file["contentUrl"].startswith(f"{BASE_URL}/datasets/{dataset}/20")
        assert (site / file["contentUrl"].removeprefix(f"{BASE_URL}/")).is_file()
    # Where a browser would fetch, the reader is given the files; it holds them against their hashes all the same.
    files = {file["@id"]: str(folder / file["@id"]) for file in described["distribution"]}
    loaded = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"), mapping=files)
    assert not loaded.metadata.ctx.issues.errors and not loaded.metadata.ctx.issues.warnings
    names = [records["@id"] for records in described["recordSet"]]
    assert names == [name for table in TABLES[dataset] for name in (table, f"{table}-parquet")]
    for name in names:
        with (folder / f"{name.removesuffix('-parquet')}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        records = list(loaded.records(name))
        assert len(records) == len(rows)
        first, column = rows[0], next(iter(rows[0]))
        assert set(records[0]) == {f"{name}/{key}" for key in first}
        shown = records[0][f"{name}/{column}"]
        assert first[column] == (shown.decode() if isinstance(shown, bytes) else str(shown)[: len(first[column])])


def test_croissant_finds_a_flipped_byte(site, tmp_path):
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: Croissant is not read")
    folder = site / "datasets" / "toei-elevator-inspections"
    wrong = tmp_path / "schedule.csv"
    wrong.write_bytes((folder / "schedule.csv").read_bytes().replace(b"A", b"B", 1))
    loaded = mlcroissant.Dataset(
        jsonld=str(folder / "croissant.json"),
        mapping={"schedule.csv": str(wrong), "schedule.parquet": str(folder / "schedule.parquet")},
    )
    with pytest.raises(mlcroissant.GenerationError):
        next(iter(loaded.records("schedule")))


@pytest.mark.skipif(not CSVW, reason="csvw is not installed (make test does): CSVW is not validated")
def test_csvw_accepts_every_csv(site):
    paths = sorted((site / "datasets").glob("*/*.csv-metadata.json"))
    assert (
        len(paths)
        == sum(map(len, TABLES.values()))
        == sum(not path.name.endswith((".excel.csv", ".errata.csv")) for path in (site / "datasets").glob("*/*.csv"))
    )
    assert validate_csvw(paths) == [True] * len(paths)


@pytest.mark.skipif(not CSVW, reason="csvw is not installed (make test does): CSVW is not validated")
def test_csvw_says_enough_to_find_wrong_cells(site, tmp_path):
    folder = site / "datasets" / "toei-elevator-inspections"
    text = (folder / "schedule.csv").read_text("utf-8")
    wrong = {",TRUE,": ",maybe,", "2026-04-06,": "2026-04-31,", ",750,": ",heavy,", "E-91_01": "X", ",10:00,": ",,"}
    paths = []
    for number, (before, after) in enumerate(wrong.items()):
        assert before in text
        place = tmp_path / str(number)
        place.mkdir()
        shutil.copy(folder / "schedule.csv-metadata.json", place)
        (place / "schedule.csv").write_text(text.replace(before, after, 1), "utf-8", newline="")
        paths.append(place / "schedule.csv-metadata.json")
    assert validate_csvw(paths) == [False] * len(wrong)


def test_atom_is_what_feedparser_takes(site):
    feedparser = pytest.importorskip("feedparser", reason="feedparser is not installed: Atom is not read")
    feeds = sorted(site.rglob("*.atom"))
    shared = {path.parent for folder in ("publishers", "themes") for path in (site / folder).glob("*/index.html")}
    assert {path.parent for path in feeds} == {
        site,
        site / "changes",
        *shared,
        *(site / "datasets" / name for name in FOLDERS),
        site / "datasets/toei-elevator-inspections/follow",
    }
    for path in feeds:
        feed = feedparser.parse(path.read_bytes())
        assert not feed.bozo and (feed.entries or path.parent in {site / "changes", *shared})
    lifts = feedparser.parse((site / "datasets/toei-elevator-inspections/feed.atom").read_bytes())
    assert len(lifts.entries) == 4 and "+" in lifts.entries[0].content[0].value


def test_every_address_in_every_feed_resolves(site):
    count = 0
    for path in sorted(site.rglob("*")):
        if not path.is_file() or path.suffix not in {
            ".ttl",
            ".rdf",
            ".jsonld",
            ".json",
            ".atom",
            ".xml",
            ".md",
            ".txt",
            ".csv",
        }:
            continue
        if (
            "api" in path.parts
            or re.search(r"/20\d\d\.", path.as_posix())
            or path.name in ("manifest.json", "report.json", "profile.json")
            or "raw" in path.parts
        ):
            continue
        text = path.read_text("utf-8")
        if path.suffix == ".atom":  # whose content is HTML as text
            text = unescape(text)
        for found in re.findall(rf'{re.escape(BASE_URL)}/([^\s"\'<>()\[\],\\]*)', text):
            target = unquote(re.split("[#?]", found)[0])
            here = site / target
            assert target == "api/3/action/" or here.is_file() or (here / "index.html").is_file(), f"{path}: {found}"
            count += 1
    assert count > 500
