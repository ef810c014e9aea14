import csv
import io
from typing import Any

import pyarrow as pa
import pytest
from frictionless import Report

from entaku.check.breaches import list_breaches
from entaku.check.outcome import Example, Group, Limits, TableOutcome
from entaku.check.report import describe_error, describe_report
from entaku.check.rows import TextTable
from entaku.check.stream import check_table, check_tables
from entaku.check.values import FRICTIONLESS, BadSchemaError
from entaku.store.desk import DiskSpill

SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "id", "type": "integer"},
        {"name": "day", "type": "date", "constraints": {"required": True}},
        {"name": "n", "type": "number", "constraints": {"minimum": 0, "maximum": 10}},
    ],
    "primaryKey": ["id"],
}


def cut(body: str) -> list[pa.RecordBatch]:
    """The rows of a CSV, of which the first are a batch of their own."""
    header, *rows = csv.reader(io.StringIO(body))
    columns = list(zip(*rows, strict=True)) or [()] * len(header)
    whole = pa.RecordBatch.from_arrays([pa.array(cells, pa.string()) for cells in columns], names=header)
    return [whole.slice(0, 2), whole.slice(2)]


def check(body: str, schema: dict[str, Any] = SCHEMA, **options: Any) -> TableOutcome:
    (outcome,) = check_tables([TextTable("t", cut(body), schema)], Limits(**options))
    return outcome


def list_errors(outcome: TableOutcome) -> list[dict[str, Any]]:
    return [describe_error(breach, [column.name for column in outcome.columns]) for breach in list_breaches(outcome)]


def report(outcome: TableOutcome) -> dict[str, Any]:
    return describe_report([outcome], [list_breaches(outcome)], [{"bytes": 1}])


def found(outcome: TableOutcome) -> list[tuple[Any, ...]]:
    return [(e["type"], e.get("rowNumber"), e.get("fieldName"), e.get("cell")) for e in list_errors(outcome)]


BAD = "id,day,n\n1,2025-04-01,5\n1,29 June,11\n,2025-04-02,x\n,,\n5,,1\n"


def test_every_error_with_its_place() -> None:
    outcome = check(BAD, rules=FRICTIONLESS)
    assert found(outcome) == [
        ("type-error", 3, "day", "29 June"),
        ("constraint-error", 3, "n", "11"),
        ("primary-key", 3, None, None),
        ("type-error", 4, "n", "x"),
        ("primary-key", 4, None, None),
        ("blank-row", 5, None, None),
        ("primary-key", 5, None, None),
        ("constraint-error", 6, "day", ""),
    ]
    assert outcome.bad_rows() == [3, 4, 5, 6]
    assert (outcome.rows, outcome.errors) == (5, 8)


def test_a_key_may_not_be_null() -> None:
    assert ("constraint-error", 4, "id", "") in found(check(BAD))


def test_all_are_counted_and_the_first_are_kept() -> None:
    body = "id,day,n\n" + "".join(f"{n},2025-04-01,{99 if n % 2 else 5}\n" for n in range(3000))
    outcome = check(body, max_errors=10)
    assert outcome.errors == 1500
    assert [row for _, row, _, _ in found(outcome)] == list(range(3, 23, 2))
    examples = [Example(row, "99") for row in range(3, 13, 2)]
    assert outcome.groups() == [(Group("n", "maximum"), 1500, examples)]
    task = report(outcome)["tasks"][0]
    assert task["stats"]["errors"] == 1500 and len(task["errors"]) == 10
    assert task["warnings"] == ["reached error limit: 10; all 1500 errors are counted"]
    assert len(outcome.bad_rows()) == 1500


def test_the_first_errors_are_the_first_rows_whatever_their_kind() -> None:
    body = "id,day,n\n" + "".join(f"{n // 2},2025-04-01,{99 if n > 90 else 5}\n" for n in range(100))
    outcome = check(body, max_errors=5)
    assert found(outcome) == [("primary-key", row, None, None) for row in (3, 5, 7, 9, 11)]
    assert list_errors(outcome)[0]["cells"] == ["0", "2025-04-01", "5"]


def test_the_report_is_one_that_frictionless_opens() -> None:
    descriptor = report(check(BAD))
    opened = Report.from_descriptor(descriptor)
    assert not opened.valid
    assert opened.flatten(["rowNumber", "fieldNumber", "type"])[0] == [3, 2, "type-error"]
    again = opened.to_descriptor()["tasks"][0]["errors"]
    assert [error["message"] for error in again] == [error["message"] for error in descriptor["tasks"][0]["errors"]]
    assert Report.from_descriptor(report(check("id,day,n\n1,2025-04-01,5\n"))).valid


def test_keys_across_tables() -> None:
    items = TextTable(
        "items",
        [pa.RecordBatch.from_pydict({"code": ["1", "02"]})],
        {"fields": [{"name": "code", "type": "integer"}]},
    )
    key = {"fields": ["item"], "reference": {"resource": "items", "fields": ["code"]}}
    schema = {"fields": [{"name": "item", "type": "integer"}], "foreignKeys": [key]}
    rows = pa.RecordBatch.from_pydict({"item": ["1", "2", "3", "", "x"]})
    outcomes = check_tables([TextTable("t", [rows], schema), items], Limits())
    (error,) = [error for error in list_errors(outcomes[0]) if error["type"] == "foreign-key"]
    assert (error["rowNumber"], error["fieldCells"], error["referenceName"]) == (4, ["3"], "items")
    assert not outcomes[1].errors
    with pytest.raises(BadSchemaError, match="items") as told:
        check_tables([TextTable("t", [rows], schema)], Limits())
    assert told.value.table == "t"


def test_a_table_may_refer_to_itself() -> None:
    key = {"fields": "parent", "reference": {"fields": "id"}}
    schema = {"fields": [{"name": "id"}, {"name": "parent"}], "foreignKeys": [key]}
    outcome = check("id,parent\na,\nb,a\nc,z\n", schema)
    assert found(outcome) == [("foreign-key", 4, None, None)]


def test_unique_keys_leave_nulls_out() -> None:
    schema = {"fields": [{"name": "a"}, {"name": "b"}], "uniqueKeys": [["a", "b"]]}
    outcome = check("a,b\n1,2\n1,\n1,\n1,2\n", schema)
    (error,) = list_errors(outcome)
    assert (error["type"], error["rowNumber"]) == ("row-constraint", 5)
    assert error["note"] == 'unique key "a, b" is the same as in the row at position 2'
    assert check("a,b\n1,2\n1,2\n", schema, rules=FRICTIONLESS).errors == 0


def test_spilled_keys_give_the_same_verdict() -> None:
    body = "id,day,n\n" + "".join(f"{n % 700},2025-04-01,5\n" for n in range(1000))
    plain, spilled = check(body), check(body, make_spill=DiskSpill, max_kept=50)
    assert found(plain) == found(spilled)
    assert plain.errors == 300


def test_a_senseless_schema_is_told_with_its_table() -> None:
    fields = [{"name": "id", "type": "integer", "constraints": {"minimum": "x"}}, {"name": "b"}]
    with pytest.raises(BadSchemaError, match="id: ") as told:
        check("id,b\n1,2\n", {"fields": fields})
    assert (told.value.table, told.value.column) == ("t", "id")


@pytest.mark.parametrize(
    ("constraint", "errors"),
    [
        ({"minimum": 10**400}, 5002), ({"maximum": 10**400}, 2), ({"minimum": -(10**400)}, 2), ({"maximum": -(10**400)}, 5002),
        ({"minimum": "NaN"}, 5003), ({"maximum": float("nan")}, 5003),
    ],
)  # fmt: skip
def test_bounds_that_no_float_can_be(constraint: dict[str, Any], errors: int) -> None:
    cells = [*(f"{n}.5" for n in range(5000)), "1e500", "-1e500", "NaN"]
    schema = {"fields": [{"name": "n", "type": "number", "constraints": constraint}]}
    outcome = check("\n".join(["n", *cells]), schema)
    assert outcome.errors == errors and dict(outcome.counts) == {Group("n", *constraint): errors}


def test_moments_before_the_year_1_in_utc_are_keys() -> None:
    moments = ["0001-01-01T00:00:00+09:00", "0001-01-01T01:00:00+10:00", "9999-12-31T23:59:59-09:00"]
    schema = {"fields": [{"name": "t", "type": "datetime"}], "primaryKey": ["t"]}
    assert found(check("\n".join(["t", *moments]), schema)) == [("primary-key", 3, None, None)]


def test_batches_are_numbered_as_they_follow() -> None:
    batches = [pa.RecordBatch.from_pydict({"a": ["1", "2"]}), pa.RecordBatch.from_pydict({"a": ["x", "1"]})]
    schema = {"fields": [{"name": "a", "type": "integer", "constraints": {"unique": True}}]}
    assert found(check_table(TextTable("t", batches, schema), Limits())) == [
        ("type-error", 4, "a", "x"),
        ("unique-error", 5, "a", "1"),
    ]
