"""Generated projects that are really published: many small datasets of every type, for validators to read."""

import csv
import io
from pathlib import Path

from projects import make_project

CELLS = {
    "string": ["円", "カンマ,あり", '引用"符', "二行\n目", ""],
    "integer": ["1", "-20", "", "0", "9007199254740993"],
    "number": ["1.5", "-0.25", "", "NaN", "1000000.125"],
    "boolean": ["true", "false", "", "true", "false"],
    "date": ["2026-01-31", "1999-12-31", "", "2024-02-29", "2026-11-23"],
    "time": ["09:30:00", "00:00:00", "", "23:59:59", "12:00:00"],
    "datetime": ["2026-01-31T09:30:00", "1999-12-31T00:00:00", "", "2024-02-29T23:59:59", "2026-11-23T12:00:00"],
    "year": ["2026", "1999", "", "2024", "2000"],
    "array": ["[1,2]", "[]", "", '["a"]', "[3]"],
}  # fmt: skip
"""A column of each type, with empty cells."""
TABLE = """\
  - name: {name}
    title: {{ja: 第{n}号の表 {name}, en: Table {name} of {n}}}
    source: {{file: files/{n}-{name}.csv}}
    schema:
      primaryKey: [id]
      fields:
        - {{name: id, type: integer, title: {{ja: 番号, en: Number}}, constraints: {{required: true}}}}
{fields}"""
DATASET = """\
name: dataset-{n:05}
title: {{ja: 試験用データセット第{n}号, en: Test dataset number {n}}}
description: {{ja: 試験のために作った{n}番目のデータセットです。, en: Data set number {n} was made for tests.}}
publisher: office
license: CC-BY-4.0
themes: [transport]
keywords: [試験, test{n}]
frequency: {frequency}
resources:
"""


def make_many(folder: Path, count: int) -> Path:
    """A project of `count` datasets, each with two tables of files of its own."""
    pipelines = {}
    (folder / "files").mkdir(parents=True)
    types = list(CELLS)
    for n in range(count):
        text = DATASET.format(n=n, frequency=("daily", "monthly", "yearly", "irregular")[n % 4])
        for t, name in enumerate(("first", "second")):
            chosen = [types[(n + t + k) % len(types)] for k in range(5)]
            fields = "".join(
                f"        - {{name: {kind}_{k}, type: {kind}, title: {{ja: 列{k}, en: Column {k}}}}}\n"
                for k, kind in enumerate(chosen)
            )
            text += TABLE.format(name=name, n=n, fields=fields)
            write_table(folder / "files" / f"{n}-{name}.csv", chosen, n + t)
        pipelines[f"dataset-{n:05}"] = text
    return make_project(folder, **pipelines)


def write_table(path: Path, types: list[str], shift: int) -> None:
    """A CSV with a column of each of these types; tables differ by the order of their cells."""
    with io.StringIO(newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["id", *(f"{kind}_{k}" for k, kind in enumerate(types))])
        for row in range(5):
            writer.writerow([row + 1, *(CELLS[kind][(row + shift) % 5] for kind in types)])
        path.write_text(stream.getvalue(), "utf-8", newline="")
