"""A site with one large table: published from a few rows, then given a Parquet file of a million like them."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from projects import ROOT, make_project, put_sample, run

from entaku.release.files import ParquetFile

NAME = "trips"
URL = "https://office.example.org/trips.csv"
PIPELINE = """\
name: trips
title: {ja: 改札の記録, en: Gate records}
description: {ja: 試験用の合成データです。, en: Synthetic data for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: daily
resources:
  - name: gates
    title: {ja: 改札, en: Gates}
    source: {url: "https://office.example.org/trips.csv"}
    schema:
      primaryKey: [id]
      fields:
        - {name: id, type: integer, title: {ja: 番号, en: Number}}
        - {name: day, type: date, title: {ja: 日, en: Day}}
        - {name: station, title: {ja: 駅, en: Station}}
        - {name: kind, title: {ja: 種別, en: Kind}}
        - {name: people, type: integer, unit: 人, title: {ja: 人数, en: People}}
        - {name: price, type: number, title: {ja: 金額, en: Price}}
        - {name: code, title: {ja: 符号, en: Code}}
    view: {columns: [id, day, station, kind, people, price, code]}
  - name: stations
    title: {ja: 駅の一覧, en: Stations}
    source: {url: "https://office.example.org/stations.csv"}
    schema:
      fields:
        - {name: station, title: {ja: 駅, en: Station}}
        - {name: ward, title: {ja: 区, en: Ward}}
"""
STATIONS = [f"{a}{b}駅" for a in "新東西南北中大小上下" for b in "宿京橋川山田町野原島"]
WARDS = ["新宿区", "港区", "千代田区", "台東区"]


def make_frame(rows: int) -> pd.DataFrame:
    """`rows` synthetic records, the same each time; days ascend, some `people` are missing."""
    random = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "id": np.arange(rows) + 9_007_199_254_000_000,
            "day": pd.to_datetime(np.sort(random.integers(18_000, 20_800, rows)), unit="D").date,
            "station": np.array(STATIONS, dtype=object)[random.integers(0, len(STATIONS), rows)],
            "kind": np.array(["入場", "出場", "乗換", "精算"], dtype=object)[random.integers(0, 4, rows)],
            "people": pd.array(random.integers(0, 50_000, rows), dtype="Int64"),
            "price": np.round(random.gamma(3, 200, rows), 2),
            "code": [f"メモ{n * 7919 % 1_000_003}号" for n in range(rows)],
        }
    )
    frame.loc[random.random(rows) < 0.02, "people"] = pd.NA
    return frame


def write_parquet(frame: pd.DataFrame, path: Path) -> int:
    """The frame as entaku writes it; its size."""
    schema = pa.schema(
        [
            ("id", pa.int64()), ("day", pa.date32()), ("station", pa.string()), ("kind", pa.string()),
            ("people", pa.int64()), ("price", pa.float64()), ("code", pa.string()),
        ]
    )  # fmt: skip
    with path.open("wb") as sink:
        file = ParquetFile(sink, schema)
        for batch in pa.Table.from_pandas(frame, schema, preserve_index=False).to_batches():
            file.add(batch)
        return file.close(path.name).bytes


def make_site(folder: Path, rows: int) -> tuple[Path, pd.DataFrame]:
    """The site's folder, and what its large table holds.  Skips where nothing was bundled."""
    if not (ROOT / "build" / "vendor" / "parquet.js").is_file():
        pytest.skip("build/vendor isn't there: `make` bundles it where it finds Node.js or the network")
    project = make_project(folder / "p", trips=PIPELINE)
    shutil.copytree(ROOT / "build" / "vendor", project / "build" / "vendor")
    frame = make_frame(rows)
    put_sample(project, frame.head(12).to_csv(index=False), URL)
    stations = "".join(f"{name},{WARDS[n % len(WARDS)]}\n" for n, name in enumerate(STATIONS))
    put_sample(project, "station,ward\n" + stations, "https://office.example.org/stations.csv")
    result = run(project)
    assert result.site == "published", result.findings
    site = project / "build" / "site"
    (parquet,) = site.glob("datasets/trips/*.*.*/gates.parquet")
    small = parquet.stat().st_size
    parquet.unlink()
    size = write_parquet(frame, parquet)
    for page in site.glob("**/datasets/trips/index.html"):
        text = page.read_text("utf-8")
        text = text.replace(f'gates.parquet" data-bytes="{small}"', f'gates.parquet" data-bytes="{size}"')
        text = text.replace('data-rows="12"', f'data-rows="{rows}"')
        assert text.count(f'data-bytes="{size}"') == 2 and f'data-rows="{rows}"' in text, page
        page.write_text(text, "utf-8")
    return site, frame
