"""Croissant 1.1: arrays, references and sources, read by mlcroissant as they are in the tables."""

import json

import pytest
from projects import make_project, put_sample, run

from entaku.model.grammar import Resource
from entaku.model.table_schema import ForeignKey, Reference, Schema
from entaku.model.words import Text
from entaku.site.feeds.croissant import CONFORMS, CONTEXT, find_references

PIPELINE = """\
name: two
title: {ja: 二つの表, en: Two}
description: {ja: 試験用です。, en: For tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: monthly
landing_page: https://office.example.org/two.html
resources:
  - name: stops
    title: {ja: 停留所, en: Stops}
    source: {url: "https://office.example.org/stops.csv"}
    schema:
      primaryKey: [code]
      foreignKeys: [{fields: [after], reference: {fields: [code]}}]
      fields:
        - {name: code, title: {ja: 番号, en: Code}}
        - {name: after}
        - {name: lines, type: array, arrayItem: {type: string}}
  - name: visits
    title: {ja: 点検, en: Visits}
    source: {url: "https://office.example.org/visits.csv"}
    schema:
      primaryKey: [n]
      foreignKeys: [{fields: [stop], reference: {resource: stops, fields: [code]}}]
      fields:
        - {name: n, type: integer}
        - {name: stop, title: {ja: 停留所, en: Stop}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("croissant") / "p", two=PIPELINE)
    put_sample(project, 'code,after,lines\na,,"[""x"",""y""]"\nb,a,[]\nc,b,\n', "https://office.example.org/stops.csv")
    put_sample(project, "n,stop\n1,a\n2,a\n3,b\n4,\n", "https://office.example.org/visits.csv")
    assert run(project).site == "published"
    return project / "build/site/datasets/two"


def test_arrays_references_and_sources_are_told(folder):
    told = json.loads((folder / "croissant.json").read_bytes())
    assert told["conformsTo"] == CONFORMS == "http://mlcommons.org/croissant/1.1"
    assert told["prov:wasDerivedFrom"] == {"@id": "https://office.example.org/two.html"}
    fields = {each["@id"]: each for records in told["recordSet"] for each in records["field"]}
    array = fields["stops-parquet/lines"]
    assert (array["dataType"], array["isArray"], array["arrayShape"]) == ("sc:Text", True, "-1")
    assert "isArray" not in fields["stops/lines"]  # a cell of the CSV is text
    meant = {name: each["references"]["field"]["@id"] for name, each in fields.items() if "references" in each}
    assert meant == {"visits/stop": "stops/code", "visits-parquet/stop": "stops-parquet/code"}


def test_mlcroissant_reads_the_rows_through_references_and_arrays(folder):
    mlcroissant = pytest.importorskip("mlcroissant")
    told = json.loads((folder / "croissant.json").read_bytes())
    files = {file["@id"]: str(folder / file["@id"]) for file in told["distribution"]}
    read = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"), mapping=files)
    assert not read.metadata.ctx.issues.errors and not read.metadata.ctx.issues.warnings
    assert [row["stops-parquet/lines"] for row in read.records("stops-parquet")] == [[b"x", b"y"], [], None]
    for name in ("visits", "visits-parquet"):
        assert [row[f"{name}/stop"] for row in read.records(name)] == [b"a", b"a", b"b", None]


def test_a_page_that_is_the_datasets_own_is_no_source_of_it(tmp_path):
    mlcroissant = pytest.importorskip("mlcroissant")
    own = PIPELINE.replace("https://office.example.org/two.html", "https://data.example.org/datasets/two/")
    project = make_project(tmp_path / "p", two=own)
    put_sample(project, "code,after,lines\na,,[]\n", "https://office.example.org/stops.csv")
    put_sample(project, "n,stop\n1,a\n", "https://office.example.org/visits.csv")
    assert run(project).site == "published"
    told = project / "build/site/datasets/two/croissant.json"
    assert json.loads(told.read_bytes())["@id"] == "https://data.example.org/datasets/two/"
    assert "prov:wasDerivedFrom" not in json.loads(told.read_bytes())
    mlcroissant.Dataset(jsonld=str(told))


def test_the_context_is_that_of_mlcroissant_for_1_1():
    rdf = pytest.importorskip("mlcroissant._src.core.rdf")
    context = pytest.importorskip("mlcroissant._src.core.context")
    own = rdf.make_context(context.Context(conforms_to=CONFORMS))
    assert {key: CONTEXT.get(key) for key in own} == {**own, "@language": "ja"}


def test_references_that_lead_back_are_not_told():
    def make(name: str, *keys: tuple[str, str]) -> Resource:
        meant = [
            ForeignKey(fields=(column,), reference=Reference(fields=("id",), resource=other)) for column, other in keys
        ]
        return Resource(name=name, title=Text(), schema=Schema(fields=(), foreignKeys=tuple(meant)))

    tables = [
        make("a", ("b", "b"), ("self", "a")),
        make("b", ("c", "c")),
        make("c", ("a", "a"), ("b", "b"), ("d", "d")),
        make("d"),
    ]
    assert find_references(tables) == {
        "a": {"b": ("b", "id")},
        "b": {"c": ("c", "id")},
        "c": {"d": ("d", "id")},
        "d": {},
    }
