import hashlib
import json
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from projects import MemoryDesk, make_candidate

from entaku.check.verdict import ENGINES, Candidate, Verdict, check
from entaku.model.grammar import Between, Expect, Resource, Share
from entaku.model.nouns import Finding, Place, Raw
from entaku.model.table_schema import Constraints, ForeignKey, Reference, Schema, SchemaField
from entaku.model.words import Text

RAW = Raw("https://example.org/x.csv", {}, "sample", "2026-06-29T00:00:00Z", "0" * 64, 1)


NOTHING = Expect()


def make(
    columns: dict[str, list[str]],
    *fields: SchemaField,
    name: str = "t",
    expect: Expect = NOTHING,
    desk: MemoryDesk | None = None,
    batch: int = 2,
    **keys: object,
) -> Candidate:
    frame = pd.DataFrame(columns, dtype="str")
    frame.index = pd.RangeIndex(100, 100 + len(frame))
    schema = Schema(fields=fields, **keys)  # type: ignore[arg-type]
    resource = Resource(name=name, title=Text(ja=name), schema=schema, expect=expect)

    def locate(label: int, column: str) -> Place:
        return Place(file="x.csv", row=label - 90, column=column)

    return make_candidate(resource, frame, locate, (RAW,), desk, batch)


def written(candidate: Candidate) -> bytes:
    for batch in candidate.batches:
        candidate.files.add(batch.select([field.name for field in candidate.resource.schema.fields]))
    return candidate.files.read_csv()


@pytest.fixture(autouse=True, params=["columns", "frictionless"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test runs on both engines."""
    monkeypatch.setitem(ENGINES, "columns", ENGINES[request.param])
    return str(request.param)


def found(*candidates: Candidate) -> list[tuple[str, str, int | None, str]]:
    return told(check(candidates))


def told(verdict: Verdict) -> list[tuple[str, str, int | None, str]]:
    return [(f.code, f.value, f.place.row, f.place.column) for f in verdict.report.findings]


def test_a_clean_table_is_checked() -> None:
    desk = MemoryDesk()
    fields = SchemaField(name="b"), SchemaField(name="a", type="integer")
    verdict = check([make({"a": ["1", "", "3"], "b": ["x,y", '"q"', ""]}, *fields, desk=desk)])
    assert verdict.report.valid
    (checked,) = verdict.checked
    assert desk.read("t.csv") == b'b,a\n"x,y",1\n"""q""",\n,3\n'
    assert pq.read_table(BytesIO(desk.read("t.parquet"))).to_pydict() == {"b": ["x,y", '"q"', None], "a": [1, None, 3]}
    assert checked.written.csv.bytes == len(desk.read("t.csv"))
    assert checked.written.parquet.sha256 == hashlib.sha256(desk.read("t.parquet")).hexdigest()
    assert (checked.written.rows, [profile.nulls for profile in checked.written.profile]) == (3, [1, 1])
    assert verdict.report.descriptor["tasks"][0]["place"] == "t.csv"
    assert verdict.report.descriptor["stats"]["seconds"] == 0


def test_every_error_has_its_raw_place() -> None:
    candidate = make(
        {"id": ["1", "1", "", "x"], "day": ["2026-06-29", "29 June", "2026-06-30", ""], "n": ["5", "11", "7", "7"]},
        SchemaField(name="id", type="integer", constraints=Constraints(required=True)),
        SchemaField(name="day", type="date"),
        SchemaField(name="n", type="integer", constraints=Constraints(maximum=10, unique=True)),
        primaryKey=("id",),
    )
    verdict = check([candidate])
    assert sorted(told(verdict)) == sorted(
        [
            ("primary-key", "id=1", 11, ""),
            ("type-error", "29 June", 11, "day"),
            ("constraint-error", "11", 11, "n"),
            ("required", "", 12, "id"),
            ("type-error", "x", 13, "id"),
            ("unique-error", "7", 13, "n"),
        ]
    )
    assert not verdict.checked
    assert verdict.rows["t"] == {1, 2, 3}


def test_both_engines_give_the_same_report() -> None:
    one, other = (
        check(
            [make({"a": ["1", ""], "b": ["x,y", "z"]}, SchemaField(name="a", type="integer"), SchemaField(name="b"))],
            name,  # type: ignore[arg-type]
        ).report.descriptor
        for name in ("columns", "frictionless")
    )
    assert json.dumps(one) == json.dumps(other)


def test_all_errors_are_counted_and_all_their_rows_known(engine: str) -> None:
    verdict = check([make({"a": ["x"] * 2500}, SchemaField(name="a", type="integer"), batch=700)])
    assert len([f for f in verdict.report.findings if f.code == "type-error"]) == 1000
    if engine == "columns":
        assert verdict.count == 2500
        assert len(verdict.rows["t"]) == 2500
        assert [f.args for f in verdict.report.findings if f.code == "too-many-findings"] == [{"count": "1,500"}]


def test_foreign_keys_across_tables() -> None:
    stations = make({"id": ["A"]}, SchemaField(name="id"), name="stations")
    lifts = make(
        {"station": ["A", "B"]},
        SchemaField(name="station"),
        name="lifts",
        foreignKeys=(ForeignKey(fields=("station",), reference=Reference(resource="stations", fields=("id",))),),
    )
    assert found(stations, lifts) == [("foreign-key", "B", 11, "station")]


def test_columns_must_be_the_schemas() -> None:
    candidate = make({"nmae": ["x"], "b": ["y"]}, SchemaField(name="name"), SchemaField(name="b"))
    codes = {(f.code, f.value): f for f in check([candidate]).report.findings}
    assert set(codes) == {("missing-column", "name"), ("extra-column", "nmae")}
    assert "nmae" in codes["missing-column", "name"].args["hint_ja"]


@pytest.mark.parametrize(
    ("expect", "severity", "code"),
    [
        (Expect(rows=Between(min=3)), "error", "rows-min"),
        (Expect(rows=Between(max=1)), "warning", "rows-max"),
        (Expect(fill={"a": Share(min=0.9)}), "error", "fill-min"),
        (Expect(fill={"a": Share(max=0.1)}), "warning", "fill-max"),
        (Expect(rows=Between(min=2, max=2), fill={"a": Share(min=0.5, max=0.5)}), None, None),
    ],
)
def test_expectations(expect: Expect, severity: str | None, code: str | None) -> None:
    verdict = check(
        [make({"a": ["1", ""], "b": ["x", "x"]}, SchemaField(name="a"), SchemaField(name="b"), expect=expect)]
    )
    assert [(f.severity, f.code) for f in verdict.report.findings] == ([(severity, code)] if code else [])
    assert bool(verdict.checked) == (severity != "error")


def test_exclusive_bounds() -> None:
    field = SchemaField(name="a", type="number", constraints=Constraints(exclusiveMinimum=0, exclusiveMaximum=10))
    assert found(make({"a": ["0", "0.1", "10"]}, field)) == [
        ("constraint-error", "0", 10, "a"),
        ("constraint-error", "10", 12, "a"),
    ]


def test_a_schema_that_the_engine_refuses_is_a_finding() -> None:
    field = SchemaField(name="a", type="list", constraints=Constraints(pattern="x"))
    assert [code for code, *_ in found(make({"a": ["x"]}, field))] == ["bad-schema"]


def test_nothing_invalid_becomes_checked() -> None:
    bad = make({"a": ["x"]}, SchemaField(name="a", type="integer"))
    good = make({"a": ["1"]}, SchemaField(name="a", type="integer"), name="good")
    assert check([good, bad]).checked == ()


def test_an_integer_that_parquet_cannot_hold_is_a_finding() -> None:
    numbers = ["1", "2", "3", "99999999999999999999", "5", "-99999999999999999999"]
    assert found(make({"a": numbers}, SchemaField(name="a", type="integer"))) == [
        ("beyond-type", "99999999999999999999", 13, "a")
    ]


def test_multi_line_cells_keep_their_rows() -> None:
    candidate = make(
        {"a": ["x\ny", "", "z"], "n": ["1", "2", "bad"]}, SchemaField(name="a"), SchemaField(name="n", type="integer")
    )
    assert found(candidate) == [("type-error", "bad", 12, "n")]
    assert candidate.files.read_csv() == b'a,n\n"x\ny",1\n,2\nz,bad\n'


def test_a_lone_carriage_return_is_quoted() -> None:
    candidate = make({"a": ["x\ry", 'q"', ""], "b": ["1", "", "3"]}, SchemaField(name="a"), SchemaField(name="b"))
    assert check([candidate]).report.valid
    assert candidate.files.read_csv() == b'a,b\n"x\ry",1\n"q""",\n,3\n'


def test_a_lone_empty_cell_is_not_a_blank_line(tmp_path: Path) -> None:
    body = written(make({"a": ["", "x"]}, SchemaField(name="a")))
    (tmp_path / "x.csv").write_bytes(body)
    assert len(pd.read_csv(tmp_path / "x.csv")) == 2


def test_findings_are_findings() -> None:
    assert all(
        isinstance(finding, Finding) for finding in check([make({"a": ["x"]}, SchemaField(name="b"))]).report.findings
    )
