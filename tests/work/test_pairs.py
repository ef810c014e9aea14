"""Any feature of the grammar may be used with any other: pipelines of every two of them, published and verified.

`make test` publishes the datasets that have every choice and every key among them, and shows the smaller catalogues of
these to validators of others; `make sweeps` shows them the full one, and publishes the other datasets: with them, every
two choices.
"""

import csv
import dataclasses
import json
import shutil
import types
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
from pair_fields import FIELD_FACTORS, forbids_field
from pairs import (
    CODES,
    DATASET_FACTORS,
    EXCLUSIVE,
    FACTORS,
    Dataset,
    cover_all,
    forbids,
    make_datasets,
    make_office,
)  # fmt: skip
from projects import ROOT, SECRET, make_setting
from pydantic.json_schema import SkipJsonSchema
from tiles import write_red, write_tiles

from entaku.model.grammar import Office, Pipeline
from entaku.store import Store
from entaku.table.steps import STEPS
from entaku.work.cli import main
from entaku.work.judges import JUDGES, check_packages, run_judge
from entaku.work.load import read_specs
from entaku.work.outcome import Result, Wanted
from entaku.work.publish import publish
from entaku.work.verify import verify_site

OFFICES = DATASET_FACTORS["office"]
MOST_FINDINGS = {"own-link", "retired-unknown", "notify-secret"}
"""Codes of findings about the whole site that some of the pairs ask for."""


@cache
def datasets() -> list[Dataset]:
    return make_datasets()


@dataclass(frozen=True)
class Share:
    """Datasets of a catalogue of their own."""

    office: str
    rest: bool
    """Whether it has the datasets without those that have every choice among them, or these."""

    def list_datasets(self) -> list[Dataset]:
        """List its datasets, with those that are named in the YAML of the others."""
        mine = [one for one in datasets() if one.office == self.office]
        some = [one for one in mine if (one.name in choose_few()) != self.rest]
        told = json.dumps([make_office(self.office), *(one.pipeline for one in some)])
        return [one for one in mine if one.name in told]


CHOICES = [pytest.param(Share(office, False), id=f"{office}-choices") for office in OFFICES]
PAIRS = [pytest.param(Share(office, True), id=f"{office}-pairs", marks=pytest.mark.sweep) for office in OFFICES]
JUDGED = [
    pytest.param(
        Share(office, False), id=f"{office}-choices", marks=pytest.mark.sweep if office in ("full", "bare") else ()
    )
    for office in OFFICES
]


@pytest.fixture(scope="module")
def published(request, tmp_path_factory) -> tuple[Path, Share, Result]:
    """A share of the datasets, published."""
    project = tmp_path_factory.mktemp("pairs") / "p"
    shutil.copytree(ROOT / "site_templates", project / "site_templates")
    write_project(project, request.param)
    office, specs, findings = read_specs(project)
    assert office is not None and {each.code for each in findings} <= {"tiles-told"}, findings
    setting = make_setting(project, project / "mirror", "2026-06-02T03:00:00")
    secrets = {"ENTAKU_SIGNING_KEY": SECRET} if office.signing else {}
    setting = replace(setting, store=Store(project / office.store), secrets=secrets)
    return project, request.param, publish(setting, office, specs, findings, Wanted(project / "build" / "site"))


def write_project(project: Path, share: Share) -> None:
    """Write the YAML and the files of the datasets."""
    files: dict[str, bytes] = {
        "catalogue.yaml": encode(make_office(share.office)),
        "requests.csv": b"id\nask-1\nask-2\n",
    }
    files["pictures/town.pmtiles"] = write_tiles(write_red(), 2, {})
    files["pictures/logo.svg"] = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9"/></svg>'
    files |= CODES
    for dataset in share.list_datasets():
        files[f"pipelines/{dataset.name}.yaml"] = encode(dataset.pipeline)
        files |= {path if path.startswith("files/") else f"mirror/{path}": body for path, body in dataset.files.items()}
    for path, body in files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_bytes(body)


def encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


@pytest.mark.parametrize("published", [*CHOICES, *PAIRS], indirect=True)
def test_every_pair_is_published_as_it_is(published):
    project, share, result = published
    told = [
        (one.dataset, one.what, [each for each in one.findings if each.severity == "error"]) for one in result.outcomes
    ]
    assert [one for one in told if one[1] not in ("released", "unchanged")] == []
    mine = share.list_datasets()
    assert [one.dataset for one in result.outcomes] == [dataset.name for dataset in mine]
    assert result.site == "published" and len(mine) > (5 if share.rest else 0)
    assert {each.code for each in result.findings if each.severity != "notice"} <= MOST_FINDINGS
    for dataset in mine:
        for table in dataset.tables:
            path = project / "build" / "site" / "datasets" / dataset.name / f"{table.name}.csv"
            with path.open(encoding="utf-8", newline="") as file:
                head, *rows = [tuple(cells) for cells in csv.reader(file)]
            assert list(head) == table.columns, path.name
            assert sorted(rows) == sorted(table.rows), (dataset.name, table.name)
    assert verify_site(project / "build" / "site") == []


ASKED = ("GeoJSON", "catalog.duckdb", "JSON Schema 2020-12")
"""What is made only where catalogue.yaml asks for it, as the full one does."""
OF_ALL = ("OpenAPI 3.1", "MCP")
"""What tells of all files of a site, and is quick: it is judged beside all of them."""


@pytest.mark.parametrize("published", [*JUDGED, *PAIRS], indirect=True)
def test_validators_of_others_accept_every_choice(published, tmp_path, capsys):
    """All of a site whose datasets have every choice; of the others what describes all of a site's datasets."""
    project, share, _ = published
    site, judged = project / "build" / "site", tmp_path / "site"
    if share.rest:
        judged.mkdir()
        for path in site.iterdir():
            if path.is_file():
                shutil.copy(path, judged)
    else:
        judged = site
    assert main(["verify", "--lang", "en", str(site)]) == 0, capsys.readouterr().out
    judges = [judge for judge in JUDGES if judge.look is not check_packages]  # `verify` looks at them
    verdicts = [run_judge(judge, site if judge.dialect in OF_ALL else judged) for judge in judges]
    assert [each for each in verdicts if each.faults or each.findings] == []
    for verdict in verdicts:
        least = int(share.office == "full") if verdict.dialect in ASKED else len(share.list_datasets())
        told = verdict.dialect in OF_ALL or not share.rest
        assert verdict.missing or verdict.count >= (least if told else 0), verdict


@cache
def by_name() -> dict[str, Dataset]:
    return {dataset.name: dataset for dataset in datasets()}


@cache
def choose_few() -> list[str]:
    """Choose datasets until every choice of every factor, and every key of the grammar, is in one of them."""
    held = {name: dataset.choices | list_told(dataset) for name, dataset in by_name().items()}
    left, few = set[tuple[str, ...]]().union(*held.values()), list[str]()
    while left:
        few.append(max(held, key=lambda name: len(held[name] & left)))  # the first of several
        left -= held[few[-1]]
    return few


def list_told(dataset: Dataset) -> set[tuple[str, ...]]:
    """List the keys of a dataset's pipeline and of its catalogue."""
    office = {f"office.{key}" for key in find_keys(make_office(dataset.office), set(list_keys(Office)))}
    return {("key", key) for key in find_keys(dataset.pipeline, grammar()) | office}


def test_every_key_and_every_choice_reaches_every_validator():
    few = [by_name()[name] for name in choose_few()]
    told = set[tuple[str, ...]]().union(*(dataset.choices | list_told(dataset) for dataset in few))
    every = (("dataset", DATASET_FACTORS), ("table", FACTORS), ("field", FIELD_FACTORS))
    choices = {(what, name, one) for what, factors in every for name, some in factors.items() for one in some}
    assert {("key", key) for key in grammar()} | choices == told
    assert {dataset.office for dataset in few} == set(OFFICES)


def test_there_are_enough_combinations():
    assert sum(len(dataset.tables) for dataset in datasets()) >= 200
    assert len({dataset.office for dataset in datasets()}) == len(OFFICES)
    own, tables, fields = cover_all()
    rules = (DATASET_FACTORS, lambda row: "", own), (FACTORS, forbids, tables), (FIELD_FACTORS, forbids_field, fields)
    for factors, rule, rows in rules:
        held = {pair for row in rows for pair in combinations(row.items(), 2)}
        every = {
            ((one, mine), (other, theirs))
            for one, other in combinations(factors, 2)
            for mine in factors[one]
            for theirs in factors[other]
            if not rule({one: mine, other: theirs})
        }
        assert held == every and all(not rule(row) for row in rows)


# ---- the grammar's own list of keys -----------------------------------------------------------------------------


def list_keys(kind: Any, path: str = "") -> Iterator[str]:
    """Yield every key of a mapping of the grammar, as a path without indices and names that owners choose."""
    kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        for field in dataclasses.fields(kind):
            written = any(isinstance(one, SkipJsonSchema) for one in getattr(hints[field.name], "__metadata__", ()))
            if kind.__name__ in ("Text", "Step") or written:  # by the program, never by owners
                continue
            key = f"{path}.{field.name.rstrip('_')}".strip(".")
            yield key
            yield from list_keys(hints[field.name], key)
        return
    if (
        get_origin(kind) in (Mapping, dict, tuple, list)
        or isinstance(kind, types.UnionType)
        or "Union" in str(get_origin(kind))
    ):
        for inner in get_args(kind):
            yield from list_keys(inner, path)


@cache
def grammar() -> frozenset[str]:
    """List the keys of pipelines, catalogues and steps."""
    keys = {f"office.{key}" for key in list_keys(Office)} | set(list_keys(Pipeline))
    for name, step in STEPS.items():
        keys |= {f"resources.tidy.{name}", *list_keys(step.options, f"resources.tidy.{name}")}
    shared = {key for key in keys if key.startswith("fields.")}  # a field has the same keys wherever it stands
    return frozenset(keys - shared - {"resources.tidy"})


def find_keys(value: Any, keys: Set[str], path: str = "") -> set[str]:
    """Return those of `keys` that stand in a YAML."""
    if isinstance(value, list):
        return {key for item in value for key in find_keys(item, keys, path)}
    if isinstance(value, str) and path == "resources.tidy":
        return {f"{path}.{value}"}
    if not isinstance(value, dict):
        return set()
    found = set()
    for name, item in value.items():
        known = f"{path}.{name}".strip(".")
        if known in keys or known == "resources.tidy":
            found |= {known, *find_keys(item, keys, known)}
        else:
            found |= find_keys(item, keys, path)
    return found & keys


def test_every_key_of_the_grammar_stands_with_every_other():
    keys = grammar()
    offices = {
        kind: {f"office.{key}" for key in find_keys(make_office(kind), set(list_keys(Office)))} for kind in OFFICES
    }
    seen, together = set(), set()
    for dataset in datasets():
        head = find_keys({**dataset.pipeline, "resources": []}, keys) | offices[dataset.office]
        for resource in dataset.pipeline["resources"]:
            there = head | find_keys({"resources": [resource]}, keys)
            seen |= there
            together |= set(combinations(sorted(there), 2))
    assert keys - seen == set(), "a new key of the grammar belongs into tests/pairs.py"
    apart = {pair for pair in combinations(sorted(keys), 2) if pair not in together}
    unexplained = {pair for pair in apart if not any(_is_of(pair, one, other) for one, other in EXCLUSIVE)}
    assert unexplained == set()


def _is_of(pair: tuple[str, str], one: str, other: str) -> bool:
    """Whether the keys of a pair stand below `one` and `other`."""
    return any(a.startswith(one) and b.startswith(other) for a, b in (pair, pair[::-1]))
