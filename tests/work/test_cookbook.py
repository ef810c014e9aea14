"""docs/cookbook.md: the sheet of each section, read by its YAML, publishes its CSV; the YAML is that of `entaku new`."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from messes import Mess, MessySheet, save_xlsx
from projects import CATALOGUE, make_setting

from entaku.model.files import name_csv
from entaku.work.cli import main
from entaku.work.load import read_specs
from entaku.work.open import try_dataset

PAGE = Path(__file__).parents[2] / "docs" / "cookbook.md"
HEAD = "name: x\ntitle: 見本\ndescription: 試験用\npublisher: office\nlicense: CC-BY-4.0\nfrequency: yearly\n"


@dataclass(frozen=True)
class Recipe:
    """A section of the page."""

    title: str
    book: bytes
    yaml: str
    tables: dict[str, str]


def read_cell(text: str) -> str | int | float | None:
    """A cell of a sheet; a number unless it begins with a zero."""
    if re.fullmatch("0|[1-9][0-9]*", text):
        return int(text)
    return float(text) if re.fullmatch(r"[0-9]+\.[0-9]+", text) else text or None


def read_sheet(name: str, merged: str, lines: str) -> MessySheet:
    rows = [[cell.strip() for cell in line.strip("|").split("|")][1:] for line in lines.splitlines()[2:]]
    cells = [[read_cell(cell) for cell in row] for row in rows]
    return MessySheet(name, cells, re.findall("[A-Z]+[0-9]+:[A-Z]+[0-9]+", merged))


def read_recipe(section: str) -> Recipe:
    sheets = re.findall(r"^シート / sheet `([^`]+)`(.*)\n\n((?:\|.*\n)+)", section, re.M)
    (yaml,) = re.findall(r"```yaml\n(.*?)```", section, re.S)
    tables = dict(re.findall(r"published `([^`]+)\.csv`\n\n```csv\n(.*?)```", section, re.S))
    book = save_xlsx(Mess("book", [read_sheet(*sheet) for sheet in sheets], {}))
    return Recipe(section.partition("\n")[0], book, yaml, tables)


RECIPES = [read_recipe(section) for section in PAGE.read_text("utf-8").split("\n## ")[1:]]


def make_project(folder: Path, recipe: Recipe) -> Path:
    (folder / "pipelines" / "files").mkdir(parents=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    (folder / "pipelines" / "files" / "book.xlsx").write_bytes(recipe.book)
    return folder


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_a_recipe_publishes_what_it_says(tmp_path: Path, recipe: Recipe) -> None:
    project = make_project(tmp_path / "p", recipe)
    (project / "pipelines" / "x.yaml").write_text(HEAD + recipe.yaml, "utf-8")
    office, (spec,), findings = read_specs(project)
    assert office is not None and not findings
    with try_dataset(make_setting(project), office, spec) as (outcome, store):
        assert not [finding for finding in outcome.findings if finding.severity == "error"]
        made = {
            one.name: store.read_release("x", outcome.version, name_csv(one.name)).decode()
            for one in spec.pipeline.resources
        }
    assert made == recipe.tables


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_the_yaml_is_that_of_a_draft(tmp_path: Path, recipe: Recipe) -> None:
    project = make_project(tmp_path / "p", recipe)
    path = project / "pipelines" / "files" / "book.xlsx"
    assert main(["new", "--yes", "--project", str(project), "--name", "x", str(path)]) == 0
    text = (project / "pipelines" / "x.yaml").read_text("utf-8")
    assert recipe.yaml.rpartition("resources:\n")[2] == text.partition("resources:\n")[2]


def test_the_messes_are_there() -> None:
    titles = " ".join(recipe.title for recipe in RECIPES)
    for words in (
        "見出し",
        "単位",
        "合計",
        "脚注",
        "記号",
        "和暦",
        "結合",
        "表がいくつも",
        "年ごと",
        "ゼロ",
        "説明の行",
    ):
        assert words in titles
