"""What a small dataset weighs on the site: one more file, or a page that grows, is told here."""

import json
from pathlib import Path

import pytest

from benchmarks.projects import make
from entaku.work.cli import main

NAME = "dataset-00001"
DATA = ("table.csv", "table.excel.csv", "table.parquet", "table.places.parquet")
"""The data of its one table of 50 rows, in the folder of the dataset and in that of its one version."""
FILES, BYTES = 24, 150_000
"""The most files and bytes beyond them."""
BY_ID = {"package_show": 1, "resource_show": 3}
"""Answers of CKAN's actions that are also there by an id in the place of the name."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("weight")
    make("many", 3, project)
    assert main(["publish", "--project", str(project)]) == 0
    return project / "build" / "site"


def test_a_small_dataset_has_few_files_and_they_are_light(site: Path) -> None:
    found = {path: path.stat().st_size for path in site.rglob("*") if path.is_file() and NAME in path.as_posix()}
    data = [path for path in found if path.name in DATA]
    assert len(data) == 2 * len(DATA)
    beyond = {path.relative_to(site).as_posix(): size for path, size in found.items() if path not in data}
    assert len(beyond) <= FILES, sorted(beyond)
    assert sum(beyond.values()) <= BYTES, beyond


def test_few_files_of_a_dataset_are_named_by_an_id(site: Path) -> None:
    shown = json.loads((site / f"api/3/package_show/{NAME}.json").read_bytes())["result"]
    ids = {shown["id"], *(each["id"] for each in shown["resources"])}
    found = [path for path in site.rglob("*") if path.is_file() and path.stem in ids]
    rows = [path for path in found if path.parent.name == "rows"]  # of a small table: data, for datastore_search
    assert len(rows) == 1
    assert {name: sum(path.parent.name == name for path in found) for name in BY_ID} == BY_ID
    assert len(found) == len(rows) + sum(BY_ID.values()), sorted(found)


def test_a_further_dataset_adds_no_other_file(site: Path, tmp_path: Path) -> None:
    """What isn't named by it either, but for parts of the search index and of lists, which grow with the catalogue."""
    make("many", 4, tmp_path)
    assert main(["publish", "--project", str(tmp_path)]) == 0
    more = tmp_path / "build" / "site"
    before, after = (
        {path.relative_to(one).as_posix() for path in one.rglob("*") if path.is_file()} for one in (site, more)
    )
    new = {path for path in after - before if "dataset-00003" not in path}
    new = {path for path in new if not path.startswith(("search/", "api/3/pieces/", "api/3/package_search/"))}
    assert len(new) == sum(BY_ID.values()), new
