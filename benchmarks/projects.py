"""The projects that are measured, written as an office would have them: `python -m benchmarks.projects CASE SIZE FOLDER`.

The same bytes every time.  Beside each project's files stands a datapackage.json that tells other tools the same schema.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).parents[1]
CATALOGUE = """\
title: {ja: 計測, en: Benchmark}
description: {ja: 計測用の目録です。, en: A catalogue for measuring.}
base_url: https://data.example.org/
publishers:
  office: {title: {ja: 見本局, en: Sample Office}, url: "https://office.example.org/"}
  bureau: {title: {ja: 見本部, en: Sample Bureau}, url: "https://bureau.example.org/"}
licenses: {CC-BY-4.0: {title: CC BY 4.0, url: "https://creativecommons.org/licenses/by/4.0/"}}
themes:
  economy: {title: {ja: 経済, en: Economy}}
  transport: {title: {ja: 交通, en: Transport}}
  food: {title: {ja: 食, en: Food}}
"""
MARKETS = ["豊洲", "大田", "板橋"]
METHODS = ["せり", "相対"]
ITEMS = [f"品目{n:03}" for n in range(500)]
WARDS = ["千代田", "中央", "港", "新宿", "文京", "台東", "墨田", "江東", "品川", "目黒", "大田", "世田谷"]
TOPICS = ["図書館の貸出", "駐輪場の利用", "公園の面積", "保育所の定員", "ごみの収集量", "水質の測定", "観光客の数"]

FIELDS: list[dict[str, Any]] = [
    {"name": "id", "type": "integer", "constraints": {"required": True}},
    {"name": "date", "type": "date", "constraints": {"required": True, "minimum": "2024-01-01"}},
    {"name": "market", "type": "string", "constraints": {"required": True, "enum": MARKETS}},
    {"name": "item", "type": "string", "constraints": {"required": True}},
    {"name": "method", "type": "string", "constraints": {"required": True, "enum": METHODS}},
    {"name": "origin", "type": "string", "constraints": {"required": True, "pattern": r"産地\d+"}},
    {"name": "unit", "type": "number", "constraints": {"minimum": 0}},
    {"name": "high", "type": "integer", "constraints": {"minimum": 0, "maximum": 100000}},
    {"name": "middle", "type": "integer", "constraints": {"minimum": 0}},
    {"name": "low", "type": "integer", "constraints": {"minimum": 0}},
    {"name": "note", "type": "string", "constraints": {"maxLength": 20}},
]
MORE_FIELDS = [
    {"name": f"{name}_{n}", "type": kind, "constraints": limits}
    for n in range(10)
    for name, kind, limits in (
        ("count", "integer", {"minimum": 0}),
        ("share", "number", {"minimum": 0, "maximum": 1000}),
        ("class", "string", {"maxLength": 20}),
    )
]
ID_KEY = {
    "primaryKey": ["id"],
    "foreignKeys": [{"fields": ["item"], "reference": {"resource": "items", "fields": ["item"]}}],
}
COMPOSITE_KEY = {"primaryKey": ["date", "market", "item", "method", "origin", "note"]}
WRONG = (
    ("date", "2024-02-30"), ("market", "豊州"), ("item", "知らない品目"), ("method", ""), ("origin", "不明"),
    ("unit", "-1"), ("high", "約30"), ("note", "二十字を超える、とても長い備考が書かれているセルです"), ("id", "0"),
)  # fmt: skip
"""Mistakes, one in each bad row; the last repeats the key of the first row."""


@dataclass(frozen=True)
class Case:
    """A project to be measured, in its sizes."""

    name: str
    title: str
    unit: str
    make: Callable[[Path, int, bool], None]
    """(project, size, later): `later` is the same project after its files have changed."""
    most: int = 0
    """The size that is measured where it isn't the caller's to choose."""
    share: int = 1
    """With small sizes chosen: how many rows count as one of `unit`."""

    def list_sizes(self, sizes: list[int]) -> list[int]:
        """The sizes in which it is measured."""
        return [min(self.most, max(10, max(sizes) // self.share))] if self.most else sizes


# ---- one table of sales -----------------------------------------------------------------------------------------


def list_sales(rows: int, every: int = 0, more: bool = False) -> Iterator[list[str]]:
    """The cells of each row; every `every`th row has a mistake.  No two rows are alike in COMPOSITE_KEY."""
    draw = Random(3)
    places = {field["name"]: n for n, field in enumerate(FIELDS)}
    for n in range(rows):
        high = draw.randrange(100, 9999)
        row = [
            str(n), f"{2024 + n // 900_000}-{1 + n % 12:02}-{1 + n % 28:02}", MARKETS[n % 3], ITEMS[n * 7 % 500],
            METHODS[n % 2], f"産地{n % 47}", str(1 + n % 20), str(high), str(high - 10), str(high - 20), f"備考{n % 1000}",
        ]  # fmt: skip
        if more:
            for k in range(11, 21):
                row += [str(n * k % 9973), str(n * k % 9973 / 10), f"区分{n * k % 500}"]
        if every and n % every == every - 1:
            name, text = WRONG[n // every % len(WRONG)]
            row[places[name]] = text
        yield row


def make_sales(
    keys: dict[str, Any], every: int = 0, more: bool = False, suffix: str = "csv"
) -> Callable[[Path, int, bool], None]:
    """How to write a project of one large table, and one small that its foreign key refers to."""
    fields = FIELDS + (MORE_FIELDS if more else [])

    def make(project: Path, rows: int, _later: bool) -> None:
        files = begin(project)
        header = [field["name"] for field in fields]
        write = write_xlsx if suffix == "xlsx" else write_csv
        write(files / f"sales.{suffix}", header, list_sales(rows, every, more))
        write_csv(files / "items.csv", ["item", "kind"], ([item, str(n % 2)] for n, item in enumerate(ITEMS)))
        kinds = [
            {"name": "item", "type": "string", "constraints": {"required": True}},
            {"name": "kind", "type": "string"},
        ]
        tables = [
            ("items.csv", {"fields": kinds, "primaryKey": ["item"]}),
            (f"sales.{suffix}", {"fields": fields, **keys}),
        ]
        write_pipeline(project, "big", [
            {"name": Path(file).stem, "source": tell_file(file), "schema": schema} for file, schema in tables
        ])  # fmt: skip
        write_package(files, [{"name": Path(file).stem, "path": file, "schema": schema} for file, schema in tables])

    return make


# ---- many small files, many datasets ----------------------------------------------------------------------------


def make_daily(project: Path, count: int, later: bool) -> None:
    """One dataset of `count` files of 100 rows, ten a day, in cp932; `later`, of one day more."""
    files, first = begin(project), date(2021, 1, 1)
    days = [first + timedelta(n) for n in range(count // 10 + later)]
    header = ["品名", "等級", "産地", "数量", "高値"]
    for n, day in enumerate(days):
        for market in range(10):
            draw = Random(n * 10 + market)
            rows = (
                [ITEMS[k % 5], str(k), f"産地{k % 47}", str(draw.randrange(9999)), str(draw.randrange(9999))]
                for k in range(100)
            )
            write_csv(files / f"{day:%Y%m%d}_{market}.csv", header, rows, "cp932")
    names = dict(zip(header, ("item", "grade", "origin", "quantity", "high"), strict=True))
    kinds = dict(zip(header, ("string", "integer", "string", "integer", "integer"), strict=True))
    fields = [{"name": "date", "type": "date"}, {"name": "market", "type": "integer"}]
    fields += [{"name": names[text], "type": kinds[text]} for text in header]
    values = {"date": {"from": str(first), "until": str(days[-1])}, "market": list(range(10))}
    write_pipeline(project, "daily", [{
        "name": "prices",
        "source": {"file": "pipelines/files/{date:%Y%m%d}_{market}.csv", "for": values},
        "read": {"encoding": "cp932"},
        "tidy": [{"rename": names}],
        "schema": {"fields": fields, "primaryKey": ["date", "market", "item", "grade"]},
    }])  # fmt: skip
    paths = [f"{day:%Y%m%d}_{market}.csv" for day in days for market in range(10)]
    schema = {"fields": [{"name": text, "type": kinds[text]} for text in header]}
    write_package(files, [{"name": "prices", "path": paths, "encoding": "cp932", "schema": schema}])


def make_many(project: Path, count: int, later: bool) -> None:
    """`count` datasets of 50 rows; `later`, with one more row in one of them."""
    files, resources = begin(project), []
    header = ["日付", "地区", "件数", "面積"]
    names = dict(zip(header, ("date", "area", "count", "size"), strict=True))
    kinds = dict(zip(header, ("date", "string", "integer", "number"), strict=True))
    for n in range(count):
        name, draw = f"dataset-{n:05}", Random(n)
        topic, ward = TOPICS[n % len(TOPICS)], WARDS[n % 12]
        rows = (
            [f"2024-{1 + k % 12:02}-{1 + k % 28:02}", f"{WARDS[(k + n) % 12]}{k}", str(draw.randrange(10_000)), f"{draw.random() * 100:.2f}"]
            for k in range(50 + (later and n == count // 2))
        )  # fmt: skip
        path = files / f"{name}.csv"
        if n == count // 2 or not path.exists():  # the others stay as they are, with their dates
            write_csv(path, header, rows)

        def tell_schema(names: dict[str, str]) -> dict[str, Any]:
            fields = [{"name": names[text], "type": kinds[text]} for text in header]
            return {"fields": fields, "primaryKey": [names["日付"], names["地区"]]}

        table = {
            "name": "table",
            "source": tell_file(f"{name}.csv"),
            "tidy": [{"rename": names}],
            "schema": tell_schema(names),
        }
        about = {
            "title": {"ja": f"{ward}区の{topic} {n}", "en": f"{topic} {n}"},
            "description": {"ja": f"{ward}区における{topic}を日ごとにまとめた表です。", "en": f"Figures number {n}."},
            "publisher": ("office", "bureau")[n % 2], "themes": [("economy", "transport", "food")[n % 3]],
            "keywords": [topic, f"{ward}区"],
        }  # fmt: skip
        write_pipeline(project, name, [table], about)
        resources.append({"name": name, "path": f"{name}.csv", "schema": tell_schema({text: text for text in header})})
    write_package(files, resources)


CASES = (
    Case("id", "11 columns, an integer key, a foreign key", "rows", make_sales(ID_KEY)),
    Case("composite", "11 columns, a key of six columns", "rows", make_sales(COMPOSITE_KEY)),
    Case("plain", "11 columns, no key", "rows", make_sales({})),
    Case("bad", "as the first, a mistake in 1 % of the rows", "rows", make_sales(ID_KEY, every=100)),
    Case("ruined", "as the first, a mistake in every row", "rows", make_sales(ID_KEY, every=1)),
    Case("wide", "41 columns, an integer key, a foreign key", "rows", make_sales(ID_KEY, more=True)),
    Case("xlsx", "as the first, from a workbook", "rows", make_sales(ID_KEY, suffix="xlsx"), most=100_000),
    Case("daily", "one table of many files, 100 rows each", "files", make_daily, most=5_000, share=20),
    Case("many", "many datasets, 50 rows each", "datasets", make_many, most=1_000, share=100),
)  # fmt: skip


# ---- writing ----------------------------------------------------------------------------------------------------


def begin(project: Path) -> Path:
    """Write what every project has, if it isn't there; the folder of its files."""
    files = project / "pipelines" / "files"
    if not files.is_dir():
        files.mkdir(parents=True)
        (project / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
        shutil.copytree(ROOT / "site_templates", project / "site_templates")
        (project / "build").mkdir()
        if (ROOT / "build" / "vendor").is_dir():
            shutil.copytree(ROOT / "build" / "vendor", project / "build" / "vendor")
    return files


def tell_file(file: str) -> dict[str, Any]:
    """The source of a table that is a file of the project's, as large as an owner may allow."""
    return {"file": f"pipelines/files/{file}", "since": "2026-01-05", "limit": {"megabytes": 2048}}


def write_csv(path: Path, header: list[str], rows: Iterator[list[str]], encoding: str = "utf-8") -> None:
    """A plain CSV: no cell here wants quotes."""
    with path.open("w", encoding=encoding, newline="") as file:
        file.write(",".join(header) + "\n")
        file.writelines(",".join(row) + "\n" for row in rows)


def write_xlsx(path: Path, header: list[str], rows: Iterator[list[str]]) -> None:
    """A workbook as Excel saves it: numbers as numbers, dates as they were typed."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("売上")
    sheet.append(header)
    for row in rows:
        sheet.append([int(text) if text.isdigit() else text for text in row])
    book.save(path)


def write_pipeline(
    project: Path, name: str, resources: list[dict[str, Any]], about: dict[str, Any] | None = None
) -> None:
    """A dataset's YAML; JSON is YAML, too."""
    title = {
        "title": {"ja": name, "en": name},
        "description": {"ja": "計測用の表です。", "en": "A table for measuring."},
    }
    told = {
        "name": name, **title, "publisher": "office", "license": "CC-BY-4.0", "frequency": "irregular", **(about or {}),
        "resources": [{"title": {"ja": "表", "en": "Table"}, **resource} for resource in resources],
    }  # fmt: skip
    path = project / "pipelines" / f"{name}.yaml"
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


def write_package(files: Path, resources: list[dict[str, Any]]) -> None:
    """The same tables for other tools."""
    told = {"name": "benchmark", "resources": resources}
    (files / "datapackage.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def make(name: str, size: int, project: Path, later: bool = False) -> None:
    """Write one case's project into an empty folder, or over what was written there."""
    next(case for case in CASES if case.name == name).make(project, size, later)


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), "later" in sys.argv)
