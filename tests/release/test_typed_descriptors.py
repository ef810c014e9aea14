"""Both resources of a published package, CSV and Parquet, are valid to frictionless-py: any type, format and constraint."""

import csv
import io
import json
from pathlib import Path

import frictionless
import pytest
import yaml
from projects import make_project, run

from entaku.check.casts import describe_typed
from entaku.check.field_types import FIELD_TYPES
from entaku.check.named import NAMED
from entaku.model.table_schema import Constraints, SchemaField

FIELDS: dict[str, tuple[str, list[str]]] = {
    "s_email": ("type: string, format: email", ["a@example.org", "b@example.org"]),
    "s_uri": ("type: string, format: uri", ["https://a.example/x", "urn:x:y"]),
    "s_bin": ("type: string, format: binary", ["YQ==", "Yg=="]),
    "s_uuid": ("type: string, format: uuid", ["95ecc380-afe9-11e4-9b6c-751b66dd541e", "95ecc380-afe9-11e4-9b6c-751b66dd541f"]),
    's_len': ("type: string, constraints: {minLength: 1, maxLength: 3, pattern: '[a-z]+', enum: [ab, cd], unique: true, required: true}", ['ab', 'cd']),
    's_miss': ("type: string, missingValues: ['-'], constraints: {required: true}", ['', 'x']),
    's_miss2': ("type: string, missingValues: ['-']", ['-', 'x']),
    "s_nomiss": ("type: string, missingValues: []", ["", "-"]),
    "s_cat": ("type: string, categories: [a, b]", ["a", "b"]),
    "s_nan": ("type: string", ["nan", "None"]),
    's_NA': ("type: string, constraints: {enum: ['NA','x', 'null']}", ['NA', 'null']),
    "i_plain": ("type: integer, constraints: {minimum: 1, maximum: 9, enum: [1, 2], unique: true, required: true}", ["1", "2"]),
    "i_bare": ("type: integer, bareNumber: false, constraints: {minimum: 1}", ["12円", "5"]),
    'i_miss': ("type: integer, missingValues: ['-', '0'], constraints: {minimum: 5}", ['-', '7']),
    'i_str': ("type: integer, constraints: {minimum: '1', enum: ['01','2']}", ['1', '2']),
    "i_big": ("type: integer", ["9007199254740993", ""]),
    "i_cat": ("type: integer, categories: [1, 2]", ["1", "2"]),
    "n_plain": ("type: number, constraints: {minimum: 0.5, exclusiveMaximum: 10, enum: [1.5, 2], unique: true}", ["1.5", "2.0"]),
    'n_marks': ("type: number, groupChar: '.', decimalChar: ',', constraints: {minimum: '1,5', maximum: '2.000,5'}", ['1.234,5', '2']),
    'n_bare': ("type: number, bareNumber: false, constraints: {enum: ['12円']}", ['12円', '12']),
    "n_nan": ("type: number", ["NaN", "INF"]),
    "n_req": ("type: number, constraints: {required: true}", ["0", "1"]),
    "n_reqnan": ("type: number, constraints: {required: true}", ["NaN", "1"]),
    'n_miss': ("type: number, missingValues: ['NaN']", ['NaN', '1']),
    "b_plain": ("type: boolean, constraints: {enum: [true]}", ["true", "1"]),
    "b_words": ("type: boolean, trueValues: [有], falseValues: [無], constraints: {required: true, enum: [有]}", ["有", "有"]),
    "b_null": ("type: boolean, trueValues: [有], falseValues: [無]", ["有", ""]),
    'b_miss': ("type: boolean, trueValues: [有], falseValues: ['-'], missingValues: ['x']", ['-', 'x']),
    'd_plain': ("type: date, constraints: {minimum: '2024-01-01', maximum: '2025-12-31', unique: true}", ['2024-04-01', '2024-04-02']),
    'd_fmt': ("type: date, format: '%Y/%m/%d', constraints: {minimum: 2024/01/01, enum: [2024/04/01, 2024/04/02], required: true}", ['2024/04/01', '2024/04/02']),
    'd_any': ("type: date, format: any, constraints: {minimum: '2024-01-01'}", ['2024/4/1', '1 May 2024']),
    'd_null': ("type: date, constraints: {minimum: '2024-01-01'}", ['2024-04-01', '']),
    't_plain': ("type: time, constraints: {minimum: '09:00:00', enum: ['09:00:00','10:00:00']}", ['09:00:00', '10:00:00']),
    't_fmt': ("type: time, format: '%H:%M', constraints: {minimum: '09:00', maximum: '10:00', unique: true}", ['09:00', '10:00']),
    "t_any": ("type: time, format: any", ["9:00", "10:00:00.5"]),
    "t_null": ("type: time", ["", "24:00:00"]),
    'm_plain': ("type: datetime, constraints: {minimum: '2024-01-01T00:00:00', unique: true}", ['2024-04-01T09:00:00', '2024-04-01T24:00:00']),
    'm_frac': ("type: datetime, constraints: {enum: ['2024-04-01T09:00:00.5', '2024-04-01T09:00:00.25']}", ['2024-04-01T09:00:00.5', '2024-04-01T09:00:00.25']),
    'm_zone': ("type: datetime, constraints: {minimum: '2024-01-01T00:00:00+09:00', required: true, unique: true}", ['2024-04-01T09:00:00+09:00', '2024-04-01T09:00:00Z']),
    'm_fmt': ("type: datetime, format: '%Y/%m/%d %H:%M', constraints: {maximum: '2025/01/01 00:00'}", ['2024/04/01 09:00', '']),
    'm_z': ("type: datetime, format: '%Y-%m-%d %H:%M%z', constraints: {maximum: '2025-01-01 00:00+0900', enum: ['2024-04-01 09:00+0900', '2024-04-01 10:00Z']}", ['2024-04-01 09:00+0900', '2024-04-01 10:00Z']),
    'm_any': ("type: datetime, format: any, constraints: {minimum: '2024-01-01 0:00'}", ['2024/4/1 9:00', '1 May 2024 9:00']),
    "y": ("type: year, constraints: {minimum: 2000, enum: [2024, 2025]}", ["2024", "2025"]),
    'y_null': ("type: year, constraints: {minimum: '2000', unique: true}", ['2024', '']),
    'ym': ("type: yearmonth, constraints: {minimum: '2024-01', enum: ['2024-04','2024-05']}", ['2024-04', '2024-05']),
    "du": ("type: duration, constraints: {enum: [P1D, PT1H], unique: true}", ["P1D", "PT1H"]),
    'o': ('type: object, constraints: {minLength: 1, required: true}', ['{"a": 1}', '{"b": null}']),
    'o_enum': ('type: object, constraints: {enum: [\'{"a": 1}\']}', ['{"a": 1}', '{"a":1}']),
    'a': ('type: array, constraints: {minLength: 1, maxLength: 3}', ['[1, "x"]', '[null]']),
    'a_str': ('type: array, arrayItem: {type: string}, constraints: {minLength: 1}', ['["a", "b"]', '["c"]']),
    "a_int": ("type: array, arrayItem: {type: integer, constraints: {minimum: 1}}", ["[1, 2]", "[3]"]),
    'a_enum': ('type: array, arrayItem: {type: string}, constraints: {enum: [\'["a"]\']}', ['["a"]', '["a"]']),
    "l": ("type: list, constraints: {minLength: 1, maxLength: 2, required: true}", ["a,b", "c"]),
    "l_null": ("type: list", ["", "c"]),
    'g': ("type: geopoint, constraints: {enum: ['139.7, 35.6', '1,2']}", ['139.7, 35.6', '1,2']),
    "g_arr": ("type: geopoint, format: array, constraints: {unique: true, required: true}", ["[139.7, 35.6]", "[1, 2]"]),
    'g_obj': ('type: geopoint, format: object', ['{"lon": 139.7, "lat": 35.6}', '{"lon": 1, "lat": 2}']),
    'gj': ('type: geojson, constraints: {required: true}', ['{"type": "Point", "coordinates": [1, 2]}', '{"type": "Point", "coordinates": [1, 3]}']),
    'gt': ('type: geojson, format: topojson', ['{"type": "Topology", "objects": {}, "arcs": []}', '']),
    'any': ("type: any, constraints: {enum: ['1', x], required: true, unique: true}", ['1', 'x']),
}  # fmt: skip
"""By name, what a pipeline says of the column, and two texts of it."""

PIPELINE = """\
name: d
title: {ja: 題, en: T}
description: {ja: 説明, en: D}
publisher: office
license: CC-BY-4.0
frequency: yearly
resources:
  - name: r
    title: {ja: 表, en: R}
    source: {file: f.csv}
    schema:
      fields:
        - {name: k}
"""


Fields = dict[str, tuple[str, list[str]]]


def publish(folder: Path, names: list[str], more: int = 0, known: Fields = FIELDS) -> frictionless.Report:
    """Publish a table with these columns and judge its package; `more`: rows where every column is empty."""
    fields = "".join(f"        - {{name: {name}, {known[name][0]}}}\n" for name in names)
    project = make_project(folder / "p", d=PIPELINE + fields)
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(["k", *names])
    writer.writerows([n, *(known[name][1][n] for name in names)] for n in range(2))
    writer.writerows([n + 2, *[""] * len(names)] for n in range(more))
    (project / "f.csv").write_text(sink.getvalue(), "utf-8")
    (outcome,) = run(project).outcomes
    assert outcome.what == "released", outcome.findings
    assert not [finding for finding in outcome.findings if finding.severity == "error"]
    return frictionless.validate(str(project / "build/site/datasets/d/datapackage.json"))


def tell(report: frictionless.Report) -> list[object]:
    errors = [(task.name, error.type, error.note) for task in report.tasks for error in task.errors]
    return [*errors, *(error.message for error in report.errors)]


def test_a_table_with_every_kind_of_column(tmp_path: Path) -> None:
    report = publish(tmp_path, list(FIELDS))
    assert tell(report) == []
    assert [task.name for task in report.tasks] == ["r", "r-parquet"]
    assert [task.stats["fields"] for task in report.tasks] == [len(FIELDS) + 1] * 2


def test_no_type_and_no_format_is_left_out() -> None:
    tried = set()
    for text, _ in FIELDS.values():
        said = yaml.safe_load("{" + text + "}")
        tried.add((said["type"], said.get("format", "default")))
    assert {(name, form) for name, kind in FIELD_TYPES.items() for form in kind.formats} <= tried


def test_a_table_with_every_format_of_offices(tmp_path: Path) -> None:
    known = {
        f"f{n}": (f"type: {kind}, format: {name}", [one.example] * 2)
        for n, (name, kind, one) in enumerate((name, kind, one) for name, one in NAMED.items() for kind in one.types)
    }
    assert len(known) >= len(NAMED) > 10
    assert tell(publish(tmp_path, list(known), known=known)) == []


def test_a_table_with_empty_cells_in_every_kind_of_column(tmp_path: Path) -> None:
    names = [name for name, (text, _) in FIELDS.items() if "required" not in text and "missingValues" not in text]
    assert len(names) > 30
    assert tell(publish(tmp_path, names, more=1)) == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        (SchemaField(name="x", type="geopoint", format="array"), {"type": "geopoint", "format": "array", "missingValues": []}),
        (
            SchemaField(name="x", type="geojson", format="topojson"),
            {"type": "geojson", "format": "topojson", "missingValues": []},
        ),
        (
            SchemaField(name="x", type="date", format="%Y/%m/%d", constraints=Constraints(minimum="2024/01/31")),
            {"type": "date", "constraints": {"minimum": "2024-01-31"}, "missingValues": ["", "nan", "NaT", "None"]},
        ),
        (
            SchemaField(name="x", type="boolean", trueValues=("有",), constraints=Constraints(enum=("有", "false"))),
            {"type": "boolean", "constraints": {"enum": [True, False]}, "missingValues": ["", "nan", "NaT", "None"]},
        ),
        (
            SchemaField(name="x", type="number", decimalChar=",", constraints=Constraints(maximum="2,5", required=True)),
            {"type": "number", "constraints": {"maximum": 2.5}, "missingValues": ["", "nan", "NaT", "None"]},
        ),
        (
            SchemaField(name="x", type="list", constraints=Constraints(minLength=1, required=True)),
            {"type": "any", "constraints": {"required": True}},
        ),
        (
            SchemaField(name="x", type="year", constraints=Constraints(enum=("2024", 2025))),
            {"type": "integer", "constraints": {"enum": [2024, 2025]}, "missingValues": ["", "nan", "NaT", "None"]},
        ),
    ],
    ids=lambda value: json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_typed_column_is_described_by_its_values(field: SchemaField, typed: dict[str, object]) -> None:
    assert describe_typed(field) == {"name": "x", **typed}
