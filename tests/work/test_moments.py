"""Moments and numbers in a release: what Parquet holds is what the CSV says, or a finding tells the difference."""

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import frictionless
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from projects import make_project, run

from entaku.catalogue.charts_count import count_charts
from entaku.check.casts import find_zoned, lose_digits
from entaku.formats.arrays import move_moments
from entaku.model.charts import ChartPlan
from entaku.model.grammar import Resource
from entaku.model.nouns import Finding
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text

PIPELINE = """\
name: d
title: {{ja: 題, en: T}}
description: {{ja: 説明, en: D}}
publisher: office
license: CC-BY-4.0
frequency: yearly
resources:
  - name: r
    title: {{ja: 表, en: R}}
    source: {{file: f.csv}}
    tidy: [{tidy}]
    schema: {{fields: [{{name: k}}, {{name: x, {field}}}]}}
"""


@dataclass
class Made:
    what: str
    findings: tuple[Finding, ...]
    folder: Path

    @property
    def codes(self) -> list[tuple[str, str, int | None, str]]:
        return [(one.code, one.severity, one.place.row, one.value) for one in self.findings]

    @property
    def column(self) -> pa.ChunkedArray:
        return pq.read_table(self.folder / "r.parquet")["x"]

    def profile(self) -> dict[str, object]:
        shown = json.loads(next(self.folder.glob("*.*.*/profile.json")).read_text("utf-8"))
        return next(column for column in shown["resources"][0]["columns"] if column["name"] == "x")


def make(folder: Path, texts: list[str], field: str = "type: datetime", tidy: str = "") -> Made:
    project = make_project(folder / "p", d=PIPELINE.format(field=field, tidy=tidy))
    (project / "f.csv").write_text("k,x\n" + "".join(f"{n},{text}\n" for n, text in enumerate(texts)), "utf-8")
    (outcome,) = run(project).outcomes
    made = Made(outcome.what, outcome.findings, project / "build/site/datasets/d")
    if outcome.what == "released":
        report = frictionless.validate(str(made.folder / "datapackage.json"))
        assert report.valid, report.flatten()
    return made


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type,misc]


# ---- moments ----------------------------------------------------------------------------------------------------

ZONED = {
    "offsets": (["2024-04-01T09:00:00+09:00", "2024-04-01T10:00:00+09:00"], [utc(2024, 4, 1, 0), utc(2024, 4, 1, 1)]),
    "Z, +00:00 and -00:00": (
        ["2024-04-01T09:00:00Z", "2024-04-01T09:00:00+00:00", "2024-04-01T09:00:00-00:00"],
        [utc(2024, 4, 1, 9)] * 3,
    ),
    "the day before": (["2024-03-01T00:30:00+09:00", ""], [utc(2024, 2, 29, 15, 30), None]),
    "24 o'clock": (["2024-12-31T24:00:00-01:00"], [utc(2025, 1, 1, 1)]),
    "fractions": (["2024-04-01T09:00:00.5+09:00", "2024-04-01T09:00:00.000001Z"],
                  [utc(2024, 4, 1, 0, 0, 0, 500_000), utc(2024, 4, 1, 9, 0, 0, 1)]),
    "the first and the last year": (
        ["0001-01-01T09:00:00+09:00", "9999-12-31T22:59:59-01:00"],
        [utc(1, 1, 1), utc(9999, 12, 31, 23, 59, 59)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ZONED)
def test_moments_with_offsets_are_instants(tmp_path: Path, case: str) -> None:
    texts, values = ZONED[case]
    made = make(tmp_path, texts)
    assert (made.what, made.codes) == ("released", [])
    assert made.column.type == pa.timestamp("us", "UTC")
    logical = pq.ParquetFile(made.folder / "r.parquet").schema.column(1).logical_type.to_json()
    assert json.loads(logical)["isAdjustedToUTC"] is True
    assert [value and value.astimezone(dt.UTC) for value in made.column.to_pylist()] == values
    known = sorted(value for value in values if value)
    spelled = [value.isoformat().replace("+00:00", "Z") for value in known]
    profile = made.profile()
    assert (profile["min"], profile["max"]) == (spelled[0], spelled[-1])
    assert {item["value"] for item in profile["top"]} == set(spelled)  # type: ignore[attr-defined]
    columns = json.loads((made.folder / "r.csv-metadata.json").read_text("utf-8"))["tableSchema"]["columns"]
    assert columns[1]["datatype"] == "dateTimeStamp"
    page = (made.folder / "index.html").read_text("utf-8")
    assert f"{spelled[0].replace('T', ' ').replace('Z', ' UTC')}" in page
    assert '{"x", type datetimezone}' in page.replace("&#34;", '"').replace("&quot;", '"')


def test_local_moments_stay_local(tmp_path: Path) -> None:
    made = make(tmp_path, ["2024-04-01T09:00:00", "2024-04-01T24:00:00", ""])
    assert made.column.type == pa.timestamp("us")
    assert made.column.to_pylist() == [dt.datetime(2024, 4, 1, 9), dt.datetime(2024, 4, 2), None]
    assert (made.profile()["min"], made.profile()["max"]) == ("2024-04-01T09:00:00", "2024-04-02T00:00:00")
    columns = json.loads((made.folder / "r.csv-metadata.json").read_text("utf-8"))["tableSchema"]["columns"]
    assert columns[1]["datatype"] == "datetime"


FORMATS = {
    "type: datetime, format: '%Y-%m-%d %H:%M%z'": ["2024-04-01 09:00+0900", "2024-04-01 00:00Z"],
    "type: datetime, format: any": ["1 April 2024 9:00 +0900", "2024/4/1 0:00 UTC"],
    "type: datetime, format: any, missingValues: ['-']": ["-", "2024-04-01t09:00:00+09"],
}


@pytest.mark.parametrize("field", FORMATS)
def test_other_formats_with_offsets_are_instants(tmp_path: Path, field: str) -> None:
    made = make(tmp_path, FORMATS[field], field)
    assert made.what == "released", made.findings
    assert [value and value.astimezone(dt.UTC) for value in made.column.to_pylist()] in (
        [utc(2024, 4, 1)] * 2,
        [None, utc(2024, 4, 1)],
    )


@pytest.mark.parametrize(
    ("field", "texts", "told"),
    [
        ("type: datetime", ["2024-04-01T09:00:00+09:00", "2024-04-01T10:00:00"], ("mixed-offsets", 3)),
        ("type: datetime", ["2024-04-01T09:00:00", "", "2024-04-01T09:00:00Z"], ("mixed-offsets", 4)),
        ("type: datetime, format: any", ["2024-04-01 09:00", "2024-04-01 09:00+09:00"], ("mixed-offsets", 3)),
        ("type: datetime", ["0001-01-01T08:59:59+09:00"], ("beyond-type", 2)),
        ("type: datetime", ["9999-12-31T23:00:00-01:00"], ("beyond-type", 2)),
        ("type: datetime", ["2024-04-01T09:00:60Z"], ("type-error", 2)),
        ("type: datetime", ["2024-04-01t09:00:00z"], ("type-error", 2)),
        ("type: datetime", ["2024-04-01T09:00:00+24:00"], ("type-error", 2)),
        ("type: datetime, format: any", ["2024-04-01 09:00 JST"], ("zone-name", 2)),
        ("type: time, format: any", ["09:00", "10:00+09:00"], ("time-offset", 3)),
        ("type: time, format: '%H:%M%z'", ["10:00+0900"], ("time-offset", 2)),
        ("type: datetime, constraints: {unique: true}", ["2024-04-01T09:00:00+09:00", "2024-04-01T00:00:00Z"], ("unique-error", 3)),
        ("type: datetime, constraints: {minimum: '2024-04-01T09:00:00+09:00'}", ["2024-04-01T00:00:00Z", "2024-04-01T08:59:59+09:00"], ("constraint-error", 3)),
        ("type: datetime, constraints: {exclusiveMaximum: '2024-04-01T00:00:00Z'}", ["2024-04-01T08:59:59+09:00", "2024-04-01T09:00:00+09:00"], ("constraint-error", 3)),
    ],
)  # fmt: skip
def test_what_is_no_sure_moment_holds_the_release(
    tmp_path: Path, field: str, texts: list[str], told: tuple[str, int]
) -> None:
    made = make(tmp_path, texts, field)
    assert made.what == "held"
    (finding,) = made.findings
    assert (finding.code, finding.severity, finding.place.row) == (told[0], "error", told[1])
    assert finding.place.column == "x" and finding.value[:10] == texts[told[1] - 2][:10]


def test_local_and_zoned_moments_of_one_number_are_different_keys(tmp_path: Path) -> None:
    made = make(
        tmp_path, ["2024-04-01T09:00:00Z", "2024-04-01T09:00:00"], "type: datetime, constraints: {unique: true}"
    )
    assert [code for code, *_ in made.codes] == ["mixed-offsets"]


@pytest.mark.parametrize(
    ("field", "texts", "kept"),
    [
        ("type: datetime", ["2024-04-01T09:00:00", "2024-04-01T09:00:00.123456789"], "2024-04-01T09:00:00.123456"),
        ("type: datetime", ["2024-04-01T09:00:00.1Z", "2024-04-01T09:00:00.0000001Z"], "2024-04-01T09:00:00+00:00"),
        ("type: time, format: any", ["9:00", "9:00:00.0000001"], "09:00:00"),
    ],
)
def test_what_is_finer_than_a_microsecond_is_told(tmp_path: Path, field: str, texts: list[str], kept: str) -> None:
    made = make(tmp_path, texts, field)
    assert made.what == "released"
    (finding,) = made.findings
    assert (finding.code, finding.severity, finding.place.row) == ("cut-fraction", "warning", 3)
    assert (finding.value, finding.args["kept"]) == (texts[1], kept)
    assert f"1,{texts[1]}\n" in (made.folder / "r.csv").read_text("utf-8")


def test_zeros_beyond_a_microsecond_lose_nothing(tmp_path: Path) -> None:
    assert make(tmp_path, ["2024-04-01T09:00:00.120000000", "2024-04-01T09:00:00.000000000"]).codes == []


def test_moments_are_sorted_by_instant(tmp_path: Path) -> None:
    texts = ["2024-04-01T09:00:00Z", "2024-04-01T10:00:00+09:00", "", "2024-04-01T00:59:59.5Z"]
    made = make(tmp_path, texts, tidy="{sort: [x]}")
    assert [row.split(",")[0] for row in (made.folder / "r.csv").read_text("utf-8").splitlines()[1:]] == list("3102")


def test_a_columns_first_moment_decides_in_whatever_batch_it_is() -> None:
    schema = Schema(
        fields=(SchemaField(name="x", type="datetime"), SchemaField(name="y", type="datetime"), SchemaField(name="z"))
    )
    zoned, local = "2024-04-01T09:00:00Z", "2024-04-01T09:00:00"
    batches = [
        pa.record_batch({"x": x, "y": y, "z": ["", ""]})
        for x, y in ((["", ""], ["", local]), (["", "?"], [zoned, ""]), (["", zoned], ["", ""]))
    ]  # fmt: skip
    assert find_zoned(schema, batches) == {"x"}
    assert find_zoned(schema, batches[:2]) == set()
    assert find_zoned(Schema(fields=(SchemaField(name="z"),)), iter(())) == set()


def test_days_of_charts_are_those_of_the_office() -> None:
    """Half past midnight in Tokyo is the day before in UTC."""
    moments = pa.array([utc(2024, 3, 31, 15, 30), utc(2024, 4, 1, 15, 30)], pa.timestamp("us", "UTC"))
    batch = pa.record_batch({"x": moments, "n": [1, 2]})
    resource = Resource(
        name="r", title=Text(ja="表"), charts=(ChartPlan(kind="line", x="x", y="n", how="value"),),
        schema=Schema(fields=(SchemaField(name="x", type="datetime"), SchemaField(name="n", type="integer", unit="人"))),
    )  # fmt: skip
    (chart,) = count_charts(resource, (), lambda names: [move_moments(batch.select(names), "Asia/Tokyo")])
    assert chart.marks == ("2024-04-01", "2024-04-02")


# ---- numbers ----------------------------------------------------------------------------------------------------


def test_whole_numbers_are_exact_up_to_64_bits(tmp_path: Path) -> None:
    made = make(tmp_path, ["9007199254740993", "9223372036854775807", "-9223372036854775807"], "type: integer")
    assert (made.what, made.codes) == ("released", [])
    assert made.column.to_pylist() == [9007199254740993, 9223372036854775807, -9223372036854775807]


@pytest.mark.parametrize(
    ("field", "text"),
    [("type: integer", "9223372036854775808"), ("type: number", "1E400"), ("type: number", "-2e308"),
     ("type: number", "9" * 400)],
)  # fmt: skip
def test_what_is_beyond_the_type_holds_the_release(tmp_path: Path, field: str, text: str) -> None:
    made = make(tmp_path, ["1", text], field)
    assert (made.what, made.codes) == ("held", [("beyond-type", "error", 3, text)])


@pytest.mark.parametrize(
    ("text", "kept"),
    [("9007199254740993", "9007199254740992"), ("1e-400", "0"), ("0.12345678901234567", "0.12345678901234566"),
     ("123456789012345678901234567890", "1.2345678901234568e+29")],
)  # fmt: skip
def test_a_number_of_too_many_digits_is_told_with_what_is_kept(tmp_path: Path, text: str, kept: str) -> None:
    made = make(tmp_path, ["0.1", "1.50", "2e3", "0.30000000000000004", text], "type: number")
    assert (made.what, made.codes) == ("released", [("rounded-number", "warning", 6, text)])
    assert made.findings[0].args["kept"] == kept
    assert f"4,{text}\n" in (made.folder / "r.csv").read_text("utf-8")


def test_numbers_that_a_key_needs_to_tell_apart_are_not_rounded(tmp_path: Path) -> None:
    field = "type: number, constraints: {unique: true}"
    made = make(tmp_path, ["9007199254740992", "9007199254740993"], field)
    assert (made.what, made.codes) == ("held", [("rounded-number", "error", 3, "9007199254740993")])


def test_numbers_that_are_none_and_numbers_without_end_stay(tmp_path: Path) -> None:
    made = make(tmp_path, ["NaN", "INF", "-INF", "1.7976931348623157e308", "-1.7976931348623157e308"], "type: number")
    assert (made.what, made.codes) == ("released", [])
    assert [str(value) for value in made.column.to_pylist()[:3]] == ["nan", "inf", "-inf"]
    assert (made.profile()["min"], made.profile()["max"]) == ("-Infinity", "Infinity")


@pytest.mark.parametrize(
    "text", ["0", "-0.0", "0.1", "100", "1e22", "123456789012345", "5e-324", "0.30000000000000004"]
)
def test_numbers_that_a_double_shows_as_they_are_written(text: str) -> None:
    assert lose_digits(Decimal(text)) is None
