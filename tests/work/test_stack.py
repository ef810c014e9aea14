"""`stack`: the tidied rows of several tables, one below the other; and steps that reckon with numbers."""

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from projects import make_project, read_manifest, run

from entaku.work.cli import main

HEAD = """\
name: d
title: {ja: 題, en: T}
description: {ja: 説明, en: D}
publisher: office
license: CC-BY-4.0
frequency: yearly
resources:
  - name: daily
    title: {ja: 日ごと, en: Daily}
    source: {file: "day-{n}.csv", for: {n: [1, 2]}}
    tidy:
      - rename: {品名: item, 値段: price, 単位: unit}
      - drop_columns: [n]
    schema: {fields: [{name: item}, {name: price, type: integer}, {name: unit, type: number}]}
  - name: yearly
    title: {ja: 年ごと, en: Yearly}
    source: {file: year.csv}
    read: {encoding: cp932}
    tidy:
      - rename: {品目: item, 円: price, kg: unit, 産地: origin}
      - trim: all
    schema: {fields: [{name: item}, {name: origin}, {name: price, type: integer}, {name: unit, type: number}]}
"""
PRICES = """\
  - name: prices
    title: {ja: 値段, en: Prices}
    stack: [daily, yearly]
    tidy:
      - divide: {value: price, by: unit, into: per_kg}
      - mark_outside: {column: per_kg, bounds: [10, 1000], into: odd}
    schema:
      fields:
        - {name: item}
        - {name: price, type: integer}
        - {name: unit, type: number}
        - {name: origin}
        - {name: table, constraints: {enum: [daily, yearly]}}
        - {name: per_kg, type: number}
        - {name: odd, type: boolean}
"""
FILES = {
    "day-1.csv": "品名,値段,単位\nきゅうり,100,5\n".encode(),
    "day-2.csv": "品名,値段,単位\nだいこん,30,0\n".encode(),
    "year.csv": "品目,円,kg,産地\nきゅうり,2000,0.3,群馬 \nなす,,5,高知\n".encode("cp932"),
}


def make(folder: Path, more: str = PRICES, head: str = HEAD) -> Path:
    project = make_project(folder / "p", d=head + more)
    for name, body in FILES.items():
        (project / name).write_bytes(body)
    return project


def read(project: Path, table: str = "prices") -> list[dict[str, str]]:
    body = (project / f"build/site/datasets/d/{table}.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(body)))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = make(tmp_path_factory.mktemp("stack"))
    (outcome,) = run(project).outcomes
    assert outcome.what == "released", outcome.findings
    return project


def test_rows_of_several_tables_are_one_table(project: Path) -> None:
    assert [tuple(row.values()) for row in read(project)] == [
        ("きゅうり", "100", "5", "", "daily", "20.0", "false"),
        ("だいこん", "30", "0", "", "daily", "", ""),
        ("きゅうり", "2000", "0.3", "群馬", "yearly", "6666.7", "true"),
        ("なす", "", "5", "高知", "yearly", "", ""),
    ]
    assert [len(read(project, name)) for name in ("daily", "yearly")] == [2, 2]
    assert main(["verify", "--lang", "en", str(project / "build/site")]) == 0


def test_each_row_knows_its_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = pq.read_table(project / "build/site/datasets/d/prices.places.parquet")
    assert places.column("row").to_pylist() == [2, 2, 2, 3]
    assert places.column("file").to_pylist() == [0, 1, 2, 2]
    for row, file, column in ((1, "day-1.csv", "値段"), (3, "year.csv", "円")):
        assert main(["trace", "d", "prices", str(row), "price", "--project", str(project)]) == 0
        told = capsys.readouterr().out
        assert file in told and column in told
    assert main(["trace", "d", "prices", "3", "per_kg", "--project", str(project)]) == 0
    told = capsys.readouterr().out
    assert "6666.7" in told and "2000" in told and "0.3" in told


def test_nothing_is_made_again_where_nothing_changed(project: Path) -> None:
    (outcome,) = run(project).outcomes
    assert outcome.what == "unchanged", outcome


def test_a_whole_step_takes_the_rows_of_all(tmp_path: Path) -> None:
    project = make(tmp_path, PRICES.replace("    schema:", "      - sort: [item, price]\n    schema:"))
    assert run(project).site == "published"
    assert [(row["item"], row["price"]) for row in read(project)] == [
        ("きゅうり", "100"), ("きゅうり", "2000"), ("だいこん", "30"), ("なす", ""),
    ]  # fmt: skip


def test_an_error_of_a_file_is_told_by_its_own_table(tmp_path: Path) -> None:
    project = make(tmp_path)
    (project / "year.csv").write_bytes("品目,円,kg,産地\nきゅうり,高い,5,群馬\n".encode("cp932"))
    (outcome,) = run(project).outcomes
    assert outcome.what != "released"
    wrong = [one for one in outcome.findings if one.severity == "error"]
    assert {one.place.file for one in wrong} == {"year.csv"} and {one.value for one in wrong} == {"高い"}


@pytest.mark.parametrize(
    ("old", "new", "code", "value"),
    [
        ("stack: [daily, yearly]", "stack: [daily, later]", "unknown-name", "later"),
        ("stack: [daily, yearly]", "stack: [prices]", "unknown-name", "prices"),
        ("stack: [daily, yearly]", "stack: [daily]\n    read: {encoding: utf-8}", "source-kind", ""),
        ("stack: [daily, yearly]", "stack: [daily]\n    from: yearly", "source-kind", ""),
        ("stack: [daily, yearly]", "stack: [daily]\n    source: {file: year.csv}", "source-kind", ""),
        ("      - trim: all\n", "      - trim: all\n      - sort: [item]\n", "unknown-name", "yearly"),
    ],
)
def test_what_cannot_be_stacked_is_told(tmp_path: Path, old: str, new: str, code: str, value: str) -> None:
    text = (HEAD + PRICES).replace(old, new)
    assert text != HEAD + PRICES
    result = run(make(tmp_path, "", text))
    told = [one for one in result.findings if one.severity == "error"]
    assert [(one.code, one.value) for one in told] == [(code, value)]


def test_a_source_that_is_kept_stays_kept(tmp_path: Path) -> None:
    """What one table of the stack keeps is not offered because another's source is offered."""
    head = HEAD.replace(
        '{file: "day-{n}.csv", for: {n: [1, 2]}}', '{file: "day-{n}.csv", for: {n: [1, 2]}, raw: publish}'
    )
    project = make(tmp_path, head=head.replace("source: {file: year.csv}", "source: {file: year.csv, raw: keep}"))
    assert run(project).site == "published"
    offered = sorted(path.name for path in (project / "build/site/datasets/d/raw").iterdir())
    assert len(offered) == 2 and not any("year" in name for name in offered)


def test_the_descriptor_tells_the_sources_of_all(project: Path) -> None:
    told: Any = read_manifest(project / "build/site", "d")
    mine = [raw["url"] for raw in told["raws"] if raw["resource"] == "prices"]
    assert mine == ["day-1.csv", "day-2.csv", "year.csv"]
