"""What comparing two versions of a large table costs: `make bench-diff SIZES=1m,10m`.

For each size a table of six columns with an integer key is published twice, the second time with 1 % of its rows
changed (eight in ten corrected, one added, one removed), and the two versions are compared as a user would, by
`entaku diff DATASET BEFORE AFTER --json --to FOLDER`, a whole process with an empty cache.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc_csv

from benchmarks.bench import read_size, run
from benchmarks.projects import CATALOGUE
from benchmarks.scale import Cost, cost

AT_ONCE = 1_000_000
"""Rows that are written at a time."""
STEPS = ("publish", "publish the next version", "diff")
ENTAKU = (sys.executable, "-m", "entaku")
PIPELINE = """\
name: trips
title: {ja: 改札の記録, en: Gate records}
description: {ja: 計測用の合成データです。, en: Synthetic data for measuring.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: yearly
resources:
  - name: trips
    title: {ja: 改札の記録, en: Gate records}
    source: {file: pipelines/files/trips.csv, limit: {megabytes: 2048}}
    schema:
      primaryKey: [id]
      fields:
        - {name: id, type: integer, title: {ja: 番号, en: Number}}
        - {name: day, type: date, title: {ja: 日, en: Day}}
        - {name: station, title: {ja: 駅, en: Station}}
        - {name: kind, title: {ja: 種別, en: Kind}}
        - {name: people, type: integer, title: {ja: 人数, en: People}}
        - {name: price, type: number, title: {ja: 金額, en: Price}}
"""
STATIONS = pa.array([f"{a}{b}" for a in "東西南北中上下" for b in ("新宿", "京橋", "川崎", "山手", "町田", "野方")])
KINDS = pa.array(["入場", "出場", "乗換", "精算"])


def make_tables(rows: int, later: bool) -> Iterator[pa.Table]:
    """Yield the rows of a version, some at a time; `later`: the second, of which 1 % differ."""
    for first in range(0, rows, AT_ONCE):
        count = min(AT_ONCE, rows - first)
        draw = np.random.default_rng(first + 7)
        numbers, people = np.arange(first, first + count), draw.integers(0, 50_000, count)
        fate = draw.random(count)
        if later:
            people = people + (fate < 0.008)
            numbers = numbers + np.where((fate >= 0.008) & (fate < 0.009), rows, 0)  # one goes, another comes
        columns = {
            "id": pa.array(numbers),
            "day": pa.array(draw.integers(18_000, 20_800, count).astype(np.int32)).cast(pa.date32()),
            "station": STATIONS.take(pa.array(draw.integers(0, len(STATIONS), count))),
            "kind": KINDS.take(pa.array(draw.integers(0, len(KINDS), count))),
            "people": pa.array(people),
            "price": pa.array(np.round(draw.random(count) * 1000, 1)),
        }
        yield pa.table(columns)


def write_project(folder: Path, rows: int, later: bool) -> None:
    """Write the project with one version of its file."""
    (folder / "pipelines" / "files").mkdir(parents=True, exist_ok=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    (folder / "requests.csv").write_text("id\n", "utf-8")
    (folder / "pipelines" / "trips.yaml").write_text(PIPELINE, "utf-8")
    with (folder / "pipelines" / "files" / "trips.csv").open("wb") as file:
        for n, table in enumerate(make_tables(rows, later)):
            pc_csv.write_csv(table, file, pc_csv.WriteOptions(include_header=not n, quoting_style="none"))


def measure_diff(rows: int) -> Iterator[Cost]:
    """Publish a table of this size twice and compare the versions; yield the cost of each step."""
    with TemporaryDirectory(prefix="entaku-diff-", dir=os.environ.get("SCALE_DIR")) as home:
        project = Path(home) / "project"
        for step, later in zip(STEPS, (False, True), strict=False):
            write_project(project, rows, later)
            yield cost(step, rows, run((*ENTAKU, "publish"), project))
        before, after = json.loads((project / "datapackages/trips/releases.json").read_text("utf-8"))["versions"]
        shutil.rmtree(project / "build" / "cache")
        yield cost(STEPS[2], rows, run((*ENTAKU, "diff", "trips", before, after, "--json", "--to", "out"), project))
        told = json.loads((project / "out" / "changes.json").read_text("utf-8"))["tables"][0]["rows"]
        assert sum(told[what] for what in ("added", "removed", "corrected")) > 0.005 * rows, told


def main() -> None:
    """Measure all sizes and print a table."""
    sizes = sorted(map(read_size, os.environ.get("SIZES", "1m,10m").split(",")))
    print(f"{'':26}{'rows':>12}{'CPU s':>9}{'wall s':>9}{'MB':>7}")
    for size in sizes:
        for one in measure_diff(size):
            print(f"{one.step:26}{one.size:>12,}{one.cpu:>9.2f}{one.wall:>9.2f}{one.megabytes:>7.0f}", flush=True)


if __name__ == "__main__":
    main()
