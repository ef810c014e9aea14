"""Standard datasets of municipalities by name: a conforming file is published, what a broken one lacks is told."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from projects import make_project, run
from pytest import TempPathFactory
from workbooks import xlsx

from entaku.check.field_types import FIELD_TYPES
from entaku.check.named import NAMED
from entaku.model.messages import say
from entaku.model.nouns import Finding, Spec
from entaku.model.standards import TAG, Standard, StandardColumn, find_standard, list_standards, suggest_standard
from entaku.spec.spec import parse_pipeline
from entaku.work.cli import main
from entaku.work.outcome import Result

STANDARDS = list_standards()
WRONG = {
    "municipality_code": "131017", "corporate_number": "8000020130002", "postal_code": "16380", "telephone": "03-53",
    "url": "www.example.lg.jp", "mail_address": "info", "latitude": "139.7", "longitude": "35.7",
}  # fmt: skip
FORMATS = {**{name: form.example for name, form in NAMED.items()}, "%H:%M": "09:00"}


def make_value(column: StandardColumn, row: int) -> str:
    """A value that the column allows."""
    if column.format:
        return FORMATS[column.format]
    if column.values and not column.values.endswith(".."):
        return "0001000" if "[" in column.values else column.values.split("|")[0]
    return {"date": "2026-04-01", "integer": "3", "number": "2.5"}.get(column.type, f"値{row}")


def make_wrong(column: StandardColumn) -> str:
    """A value that it doesn't allow, or "" where it allows any."""
    if column.format:
        return WRONG.get(column.format, "25:61")
    if column.values:
        return "-1" if column.values.endswith("..") else "×"
    return {"date": "2026-02-30", "number": "三"}.get(column.type, "")


def write_file(standard: Standard, rows: list[Mapping[str, str]], without: tuple[str, ...] = ()) -> str:
    headings = [column.title.ja for column in standard.columns if column.title.ja not in without]
    text = io.StringIO()
    writer = csv.DictWriter(text, headings, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def make_rows(standard: Standard) -> list[Mapping[str, str]]:
    return [{column.title.ja: make_value(column, row) for column in standard.columns} for row in (1, 2)]


def write_spec(name: str, standard: str, schema: str = "") -> str:
    return f"""\
name: {name}
title: {{ja: {standard}（{name}）, en: {name}}}
description: 試験用
publisher: office
license: CC-BY-4.0
keywords: [試験]
frequency: yearly
resources:
  - name: table
    title: 表
    source: {{file: data/{name}.csv}}
    tidy: [name_by_title]
    schema:
      standard: {standard}
{schema}"""


def list_broken(standard: Standard) -> Iterator[tuple[str, str, str]]:
    """Files with faults: what is wrong, the CSV, what is added to the schema."""
    first = standard.columns[0]
    gone = next((column for column in standard.columns if column.needed), standard.columns[3])
    yield "lacks", write_file(standard, make_rows(standard), (gone.title.ja,)), ""
    wrong = [{column.title.ja: make_wrong(column) or make_value(column, 1) for column in standard.columns}]
    yield "wrong", write_file(standard, [*make_rows(standard), *wrong]), ""
    body = write_file(standard, make_rows(standard)).replace(first.title.ja, f"{first.title.ja}２", 1)
    yield "extra", body, ""


@pytest.fixture(scope="module")
def published(tmp_path_factory: TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("standards") / "project"
    specs, bodies = {}, {}
    for standard in STANDARDS.values():
        name = standard.file.replace("_", "-")
        bodies[name] = write_file(standard, make_rows(standard))
        specs[name] = write_spec(name, standard.title.ja)
        for kind, body, schema in list_broken(standard):
            bodies[f"{name}-{kind}"] = body
            specs[f"{name}-{kind}"] = write_spec(f"{name}-{kind}", standard.title.ja, schema)
    project = make_project(folder, **specs)
    (project / "data").mkdir()
    for name, body in bodies.items():
        (project / "data" / f"{name}.csv").write_text(body, "utf-8")
    return project, run(project)


def told(result: Result, name: str) -> list[Finding]:
    """The errors of a dataset."""
    (outcome,) = [one for one in result.outcomes if one.dataset == name]
    return [finding for finding in outcome.findings if finding.severity == "error"]


@pytest.mark.parametrize("name", STANDARDS)
def test_a_conforming_file_is_published_with_the_name_of_its_standard(
    name: str, published: tuple[Path, Result]
) -> None:
    project, result = published
    standard = STANDARDS[name]
    dataset = standard.file.replace("_", "-")
    assert told(result, dataset) == []
    folder = project / "build" / "site" / "datasets" / dataset
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    assert package["keywords"] == ["試験", TAG, name]
    (table, _) = package["resources"]
    assert table["conformsTo"][0]["title"] == standard.name
    fields = table["schema"]["fields"]
    assert [field["title"] for field in fields] == [column.title.ja for column in standard.columns]
    assert all(field["title@en"] for field in fields)
    assert standard.name in (folder / "index.html").read_text("utf-8")
    assert f'"{standard.name}"@ja' in (folder / "dcat.ttl").read_text("utf-8")
    with (project / "build" / "site" / "open-data-list.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["データセット_ID"] == dataset]
    assert {row["データセット_準拠する標準"] for row in rows} == {standard.name}
    assert {row["ファイル_準拠する標準"] for row in rows} == {standard.name}


@pytest.mark.parametrize("name", STANDARDS)
def test_a_broken_file_is_told_what_is_wrong(name: str, published: tuple[Path, Result]) -> None:
    _, result = published
    standard = STANDARDS[name]
    dataset = standard.file.replace("_", "-")
    needed = [column for column in standard.columns if column.needed]
    gone = (needed or [standard.columns[3]])[0]
    (lacks,) = told(result, f"{dataset}-lacks")
    assert (lacks.code, lacks.value) == ("standard-lacks" if needed else "standard-absent", gone.title.ja)
    assert lacks.place.file == f"pipelines/{dataset}-lacks.yaml" and lacks.place.line == 14
    assert needed or f"without: [{gone.title.ja}]" in say(lacks, "ja")
    wrong = {finding.place.column.partition("（")[0] for finding in told(result, f"{dataset}-wrong")}
    assert wrong == {one.name for one in standard.columns if make_wrong(one)}
    first = standard.columns[0]
    codes = [finding.code for finding in told(result, f"{dataset}-extra")]
    assert codes == ["standard-absent", "standard-extra"]
    hint = f"rename: {{{first.title.ja}２: {first.name}}}"
    assert all(hint in say(finding, "ja") for finding in told(result, f"{dataset}-extra"))


def test_the_table_of_standards_is_sound() -> None:
    assert len(STANDARDS) == 25 and len({one.number for one in STANDARDS.values()}) == 25
    meant: dict[str, tuple[str, str, str, str]] = {}
    for standard in STANDARDS.values():
        names = [column.name for column in standard.columns]
        assert len(set(names)) == len(names) and standard.source and standard.seen
        assert standard.basis in ("definition", "published", "reader")
        for column in standard.columns:
            assert column.type in FIELD_TYPES and column.must in ("value", "column", "former", "")
            assert column.format in ("", "%H:%M") or column.type in NAMED[column.format].types
            told = (column.name, column.title.en, column.type, column.format)
            assert meant.setdefault(column.title.ja, told) == told, "one heading means one thing"
    assert find_standard("ＡＥＤ設置箇所一覧") is STANDARDS["AED設置箇所一覧"] and find_standard("公園") is None


# ---- the YAML


@cache
def parse(
    schema: str, tidy: str = "[name_by_title]", keywords: str = "[試験]"
) -> tuple[Spec | None, tuple[Finding, ...]]:
    text = write_spec("toilets", "公衆トイレ一覧").partition("    tidy:")[0].replace("[試験]", keywords)
    return parse_pipeline(f"{text}    tidy: {tidy}\n    schema:\n{schema}".encode(), "pipelines/toilets.yaml", None)


def test_own_fields_follow_those_of_the_standard_or_take_their_place() -> None:
    spec, found = parse(
        "      standard: 公衆ﾄｲﾚ一覧\n      without: [備考, image, 画像_ライセンス]\n      primaryKey: id\n      fields:\n"
        "        - {name: cleaned, type: date, title: 清掃日}\n"
        "        - {name: height_kind, description: 階, constraints: {enum: [階, 標高]}}\n"
    )
    assert spec is not None, found
    schema = spec.pipeline.resources[0].schema
    fields = {field.name: field for field in schema.fields}
    assert list(fields)[-2:] == ["hours_note", "cleaned"] and len(fields) == 37
    assert fields["height_kind"].constraints.enum == ("階", "標高") and fields["height_kind"].title.ja == "高度の種別"
    assert schema.standard == "公衆トイレ一覧" and schema.without == ("備考", "image", "画像_ライセンス")
    assert spec.pipeline.keywords == ("試験", TAG, "公衆トイレ一覧")
    (step,) = spec.pipeline.resources[0].tidy
    assert step.options["清掃日"] == "cleaned" and step.options["名称"] == "name" and len(step.options) == 37


@pytest.mark.parametrize(
    ("schema", "code", "line", "words"),
    [
        ("      standard: 公衆トイレ\n", "unknown-standard", 14, "「公衆トイレ一覧」のことですか"),
        ("      standard: 公園\n      primaryKey: nothing\n", "unknown-standard", 14, "docs/standards-jp.md"),
        ("      standard: 公衆トイレ一覧\n      without: [備考, 名まえ]\n", "unknown-standard-column", 15, "「名まえ」"),
        ("      standard: 公衆トイレ一覧\n      without: 名称\n", "standard-left-out", 15, "without から外して"),
        ("      without: [備考]\n      fields: [{name: a}]\n", "without-alone", 14, "standard を書くか"),
        ("      standard: 公衆トイレ一覧\n      fields:\n        - {name: x}\n        - {name: y, type: dat}\n", "not-allowed", 17, "date"),
        ("      standard: 公衆トイレ一覧\n      fields: 名称\n", "wrong-type", 15, ""),
        ("      standard: [公衆トイレ一覧]\n", "wrong-type", 14, ""),
        ("      standard: 公衆トイレ一覧\n      primaryKey: 名称\n", "unknown-column", 15, "name"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_keys_is_told_at_their_line(schema: str, code: str, line: int, words: str) -> None:
    spec, found = parse(schema)
    assert spec is None and [(one.code, one.place.line) for one in found][:1] == [(code, line)], found
    assert words in say(found[0], "ja"), say(found[0], "ja")


def test_keywords_that_are_no_list_stay_what_they_are() -> None:
    spec, found = parse("      standard: 公衆トイレ一覧\n", keywords="試験")
    assert spec is None and {one.code for one in found} == {"wrong-type"}


# ---- which standard a table follows


@pytest.mark.parametrize("name", STANDARDS)
def test_a_standard_is_found_by_its_headings(name: str) -> None:
    headings = [column.title.ja for column in STANDARDS[name].columns]
    assert suggest_standard(headings) is STANDARDS[name]
    needed = [column.title.ja for column in STANDARDS[name].columns if column.needed]
    half = [*dict.fromkeys([*headings[: len(headings) * 3 // 4], *needed, headings[-4]])]
    assert suggest_standard(half, f"見本市の{name}") is STANDARDS[name]


@pytest.mark.parametrize(
    "headings",
    [["名称", "住所", "電話番号"], ["年度", "人口", "世帯数", "備考"], ["ID", "名称", "緯度", "経度", "備考"], []],
)
def test_a_table_of_its_own_kind_has_no_standard(headings: list[str]) -> None:
    assert suggest_standard(headings, "見本市の統計") is None


# ---- drafts


def draft(tmp_path: Path, name: str, body: str | bytes) -> str:
    """The draft that `entaku new` writes of a file."""
    project = make_project(tmp_path / "project")
    path = tmp_path / name
    path.write_bytes(body.encode("utf-8") if isinstance(body, str) else body)
    assert main(["new", "--yes", "--project", str(project), "--name", "x", str(path)]) == 0
    return (project / "pipelines" / "x.yaml").read_text("utf-8")


def make_toilets(**values: str) -> list[list[str]]:
    """The rows of a workbook: a title, headings, and two toilets; heights and pictures are left out."""
    standard = STANDARDS["公衆トイレ一覧"]
    columns = [column for column in standard.columns if column.title.ja not in ("高度の種別", "高度の値", "画像")]
    rows = [
        [
            values.get(column.title.ja, make_value(column, row)) + (str(row) if column.title.ja == "ID" else "")
            for column in columns
        ]
        for row in (1, 2)
    ]
    headings = [column.title.ja.replace("_", "＿") for column in columns]
    return [["見本市の公衆トイレ"], [], [*headings, "清掃日"], *([*row, "2026-04-01"] for row in rows)]


def test_a_draft_of_a_standard_file_names_the_standard(tmp_path: Path) -> None:
    text = draft(tmp_path, "toilets.xlsx", xlsx(*make_toilets()))
    numbers = [
        column.name
        for column in STANDARDS["公衆トイレ一覧"].columns
        if column.type in ("integer", "number") and column.title.ja != "高度の値"
    ]
    assert text.endswith(
        f"""    read: {{header: 3}}
    tidy:
      - trim: all
      - name_by_title
      - parse_number: {{columns: [{", ".join(numbers)}]}}
      - parse_date: {{column: seisouhi}}
    schema:
      standard: 公衆トイレ一覧
      without: ["高度の種別", "高度の値", "画像"]
      primaryKey: [id]
      fields:
        - {{name: seisouhi, type: date, title: "清掃日"}}
    expect: {{rows: {{min: 1}}}}
"""
    )
    spec, found = parse_pipeline(text.encode(), "pipelines/x.yaml", None)
    assert spec is not None, found
    names = [field.name for field in spec.pipeline.resources[0].schema.fields]
    own = [name for name in names if name not in {column.name for column in STANDARDS["公衆トイレ一覧"].columns}]
    assert len(names) == 37 and len(own) == 1
    assert "見本市の公衆トイレ" in text.partition("resources:")[0]


def test_a_draft_whose_values_break_the_standard_says_which(tmp_path: Path) -> None:
    text = draft(tmp_path, "toilets.xlsx", xlsx(*make_toilets(車椅子使用者用トイレ有無="○")))
    assert "standard:" not in text and "name_by_title" not in text and "rename:" in text
    (line,) = [line for line in text.splitlines() if line.startswith("# 確認：見出しは標準「公衆トイレ一覧」ですが")]
    assert "「○」" in line and "標準と書かない" in line


def test_files_of_several_years_follow_one_standard(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    files = []
    for year in ("2025", "2026"):
        files.append(tmp_path / f"131016_garbage_{year}.csv")
        files[-1].write_text(
            write_file(STANDARDS["ゴミの分別方法一覧"], make_rows(STANDARDS["ゴミの分別方法一覧"])), "utf-8"
        )
    assert main(["new", "--yes", "--project", str(project), "--name", "x", *map(str, files)]) == 0
    text = (project / "pipelines" / "x.yaml").read_text("utf-8")
    assert "standard: ゴミの分別方法一覧" in text and "- {name: year, type: year" in text
