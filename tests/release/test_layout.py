"""What Parquet declares: required columns, narrow integers, the order of rows; and never what isn't so."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from projects import make_project, run

from entaku.model.table_schema import Constraints, SchemaField
from entaku.release.files import ParquetFile
from entaku.release.layout import Sorted, find_order, is_sorted, prove_order, write_type

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
    tidy: TIDY
    schema:
      fields:
        - {name: day, type: date, constraints: {required: true}}
        - {name: n, type: integer, constraints: {minimum: 0, maximum: 100}}
        - {name: code}
"""


def publish(tmp_path: Any, tidy: str, csv: str, **more: str) -> pq.ParquetFile:
    text = PIPELINE.replace("TIDY", tidy)
    for old, new in more.items():
        text = text.replace(old, new)
    project = make_project(tmp_path / "p", d=text)
    (project / "f.csv").write_text(csv, "utf-8")
    (outcome,) = run(project).outcomes
    assert outcome.what == "released", outcome.findings
    return pq.ParquetFile(project / "build/site/datasets/d/r.parquet")


def list_sorted(file: pq.ParquetFile) -> list[tuple[int, bool, bool]]:
    found = [
        tuple((one.column_index, one.descending, one.nulls_first) for one in file.metadata.row_group(n).sorting_columns)
        for n in range(file.num_row_groups)
    ]
    assert len(set(found)) == 1
    return list(found[0])


CSV = "day,n,code\n2026-01-02,5,b\n2026-01-01,100,a\n2026-01-02,,a\n"


def test_a_table_declares_what_its_schema_and_steps_say(tmp_path: Any) -> None:
    file = publish(tmp_path, "[{sort: [day, n]}]", CSV)
    assert [column.max_definition_level for column in map(file.schema.column, range(3))] == [0, 1, 1]
    assert file.schema_arrow.types == [pa.date32(), pa.int8(), pa.string()]
    assert not file.schema_arrow.field("day").nullable
    assert json.loads(file.schema.column(1).logical_type.to_json()) == {"Type": "Int", "bitWidth": 8, "isSigned": True}
    assert list_sorted(file) == [(0, False, False), (1, False, False)]
    assert file.read().column("n").to_pylist() == [100, 5, None]


@pytest.mark.parametrize(
    ("tidy", "order"),
    [
        ("[]", []),
        ("[{sort: {columns: [day, code], descending: true}}]", [(0, True, False), (2, True, False)]),
        ("[{sort: [day]}, {select: [day, n, code]}]", [(0, False, False)]),
        ("[{sort: [day]}, {replace: {columns: [day], values: {'2026-01-01': '2026-01-03'}}}]", []),
    ],
)
def test_only_the_order_that_the_steps_leave_is_declared(tmp_path: Any, tidy: str, order: list[Any]) -> None:
    assert list_sorted(publish(tmp_path, tidy, CSV)) == order


@pytest.mark.parametrize(
    ("given", "sure"),
    [
        ({}, True),
        ({"constraints": Constraints()}, False),
        ({"missingValues": ()}, False),
        ({"trueValues": ("z",)}, False),
        ({"falseValues": ("z",)}, False),
        ({"type": "integer"}, True),
        ({"type": "integer", "groupChar": ","}, False),
        ({"type": "integer", "bareNumber": False}, False),
        ({"type": "date"}, True),
        ({"type": "date", "format": "%d.%m.%Y"}, False),
        ({"type": "string"}, False),
        ({"type": "number"}, False),
    ],
)
def test_texts_in_order_are_values_in_order_only_where_each_value_has_one_spelling(
    given: dict[str, Any], sure: bool
) -> None:
    field = SchemaField(**{"name": "x", "type": "boolean", "constraints": Constraints(required=True), **given})
    sort = SimpleNamespace(name="sort", options=SimpleNamespace(columns=("x",), descending=False))
    table: Any = SimpleNamespace(tidy=(sort,), errata=(), schema=SimpleNamespace(fields=(field,)))
    assert find_order(table) == (Sorted("x", False, sure),)


def test_codes_in_the_order_of_their_numbers_are_not_declared(tmp_path: Any) -> None:
    csv = "day,n,code\n2026-01-01,1,10\n2026-01-01,2,9\n"
    file = publish(tmp_path, "[{sort: [day, code]}]", csv)
    assert file.read().column("code").to_pylist() == ["9", "10"]
    assert list_sorted(file) == [(0, False, False)]


def test_a_correction_takes_the_declaration_away(tmp_path: Any) -> None:
    errata = "    errata: [{name: x, match: {code: ^b$, day: '2026-01-02'}, set: {day: '2026-01-09'}, by: {ja: 私, en: me}, why: {ja: 理由, en: why}}]\n    schema:\n"  # fmt: skip
    assert list_sorted(publish(tmp_path, "[{sort: [day]}]", CSV, **{"    schema:\n": errata})) == []


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"minimum": 0, "maximum": 127}, pa.int8()),
        ({"minimum": 0, "maximum": 128}, pa.int16()),
        ({"minimum": -128, "maximum": 5}, pa.int8()),
        ({"minimum": -129, "maximum": 5}, pa.int16()),
        ({"exclusiveMinimum": 0, "maximum": 1 << 15}, pa.int32()),
        ({"minimum": 0, "exclusiveMaximum": "2147483647"}, pa.int32()),
        ({"minimum": 0, "maximum": 1 << 31}, pa.int64()),
        ({"minimum": 0}, pa.int64()),
        ({"maximum": 9}, pa.int64()),
        ({}, pa.int64()),
    ],
)
def test_integers_are_as_narrow_as_their_bounds(given: dict[str, Any], kind: pa.DataType) -> None:
    assert write_type(SchemaField(name="x", type="integer", constraints=Constraints(**given)), False) == kind


def test_bounds_are_read_in_the_fields_own_format() -> None:
    field = SchemaField(
        name="x", type="integer", bareNumber=False, constraints=Constraints(minimum="1円", maximum="99円")
    )
    assert write_type(field, False) == pa.int8()


def test_rows_that_the_schema_forbids_give_no_file_to_release() -> None:
    schema = pa.schema([pa.field("n", pa.int8(), nullable=False)])
    sink = io.BytesIO()
    file = ParquetFile(sink, schema)
    file.add(pa.record_batch({"n": pa.array([1, None], pa.int64())}))
    assert file.close("x").sha256 == ""
    assert pq.read_table(io.BytesIO(sink.getvalue())).num_rows == 0


@pytest.mark.parametrize("alone", [True, False])
def test_of_many_rows_only_sure_columns_are_declared(monkeypatch: pytest.MonkeyPatch, alone: bool) -> None:
    block = pa.record_batch({"a": [1, 1, 2], "b": ["x", "y", "a"]})
    order = (Sorted("a", False, True), Sorted("b", False, False))
    assert len(prove_order(order, block, alone)) == (2 if alone else 1)
    assert prove_order((Sorted("b", False, True),), block, alone) == []


def test_texts_that_come_as_dictionaries_are_compared_as_texts() -> None:
    texts = pa.array(["b", "a"]).dictionary_encode()
    assert not is_sorted(pa.record_batch({"s": texts}), [Sorted("s", False, True)])
    assert is_sorted(pa.record_batch({"s": texts}), [Sorted("s", True, True)])
    assert not is_sorted(pa.record_batch({"l": pa.array([["a"]])}), [Sorted("l", False, True)])
