"""Whole runs: a pipeline of daily files by Entaku and by a plain script; many small files on one and on two workers.

`python -m benchmarks.pipeline entaku|script|one|two FOLDER`
"""

import json
import shutil
import sys
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from entaku.fetch.network import Network
from entaku.model.grammar import Office
from entaku.model.nouns import Raw, Spec
from entaku.store.cache import Cache
from entaku.store.store import Store
from entaku.table.parts import Work, split_steps
from entaku.work.dataset import make_parts
from entaku.work.publish import publish, read_specs
from entaku.work.setting import Setting

ROOT = Path(__file__).parents[1]

CATALOGUE = """\
title: {ja: 計測, en: Benchmark}
description: {ja: 計測用, en: For measuring}
base_url: https://data.example.org/
publishers: {office: {title: {ja: 見本局, en: Sample Office}, url: "https://office.example.org/"}}
licenses: {CC-BY-4.0: {title: CC BY 4.0, url: "https://creativecommons.org/licenses/by/4.0/"}}
themes: {economy: {title: {ja: 経済, en: Economy}}}
"""

PIPELINE = """\
name: sales
title: {ja: 販売, en: Sales}
description: {ja: 計測用, en: For measuring}
publisher: office
license: CC-BY-4.0
themes: [economy]
frequency: daily
resources:
  - name: prices
    title: {ja: 価格, en: Prices}
    source:
      url: "https://office.example.org/{date:%Y%m%d}.csv"
      for: {date: {from: "2010-01-01", until: "UNTIL"}}
    read:
      encoding: cp932
      title: [{line: 1, pattern: "販売結果（青果）,(?P<day>.+)"}]
      header: {row: 2}
    tidy:
      - parse_date: {column: day}
      - agree: {column: day, with: date}
      - rename: {市場: market, 品目: item, 産地: origin, 等級: grade, 数量: quantity, 高値: high, 中値: middle, 安値: low}
      - trim: all
      - parse_number: {columns: [quantity, high, middle, low], missing: ["-"]}
      - select: [date, market, item, origin, grade, quantity, high, middle, low]
    schema:
      fields:
        - {name: date, type: date, title: {ja: 日}, constraints: {required: true}}
        - {name: market, title: {ja: 市場}, constraints: {required: true}}
        - {name: item, title: {ja: 品目}, constraints: {required: true}}
        - {name: origin, title: {ja: 産地}, constraints: {required: true, pattern: "[^0-9]+"}}
        - {name: grade, title: {ja: 等級}, constraints: {enum: [秀, 優, 良, 並, 外]}}
        - {name: quantity, type: number, title: {ja: 数量}, constraints: {minimum: 0}}
        - {name: high, type: integer, title: {ja: 高値}}
        - {name: middle, type: integer, title: {ja: 中値}}
        - {name: low, type: integer, title: {ja: 安値}}
    expect: {rows: {min: 1}}
"""


def _days(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.csv"))


def make_project(folder: Path) -> tuple[Path, Path]:
    """A project beside `folder` and a mirror of its files."""
    project = folder.with_name(f"{folder.name}-project")
    shutil.rmtree(project, ignore_errors=True)
    (project / "pipelines").mkdir(parents=True)
    (project / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    last = _days(folder)[-1]
    until = f"{last[:4]}-{last[4:6]}-{last[6:]}"
    (project / "pipelines/sales.yaml").write_text(PIPELINE.replace("UNTIL", until), "utf-8")
    shutil.copytree(ROOT / "site_templates", project / "site_templates")
    mirror = project / "mirror"
    shutil.copytree(folder, mirror / "office.example.org")
    return project, mirror


def make_setting(project: Path, mirror: Path | None, workers: int) -> Setting:
    """A run without a network."""

    def pool() -> Executor:
        return ProcessPoolExecutor(workers)

    return Setting(
        project=project,
        store=Store(project / "datapackages"),
        cache=Cache(project / "build" / "cache"),
        network=Network(knock=lambda host, port, seconds: "no network"),
        now=datetime(2026, 11, 23, tzinfo=UTC),
        program="0",
        progress=lambda what, done, total: None,
        executor=pool if workers > 1 else None,
        mirror=mirror,
    )


def _read_project(project: Path) -> tuple[Office, list[Spec]]:
    office, specs, findings = read_specs(project)
    assert office is not None and specs, findings
    return office, list(specs)


def run_entaku(folder: Path) -> dict[str, float]:
    """`entaku publish`: fetch from the mirror, archive, tidy, check, release, catalogue, site."""
    project, mirror = make_project(folder)
    office, specs = _read_project(project)
    result = publish(make_setting(project, mirror, 1), office, specs, (), project / "build/site", allow_samples=True)
    (outcome,) = result.outcomes
    assert outcome.what == "released", outcome
    assert outcome.rows is not None
    return {"rows": outcome.rows["prices"], "found": 0}


def run_script(folder: Path) -> dict[str, float]:
    """What is usually written for the same: pandas to tidy, frictionless-py to check, CSV and Parquet; no more."""
    import pandas as pd
    from frictionless import Resource, Schema, system

    names = {
        "市場": "market", "品目": "item", "産地": "origin", "等級": "grade", "数量": "quantity", "高値": "high",
        "中値": "middle", "安値": "low",
    }  # fmt: skip
    frames = []
    for day in _days(folder):
        frame = pd.read_csv(folder / f"{day}.csv", encoding="cp932", skiprows=1, dtype="str", keep_default_na=False)
        frame = frame.rename(columns=names).apply(lambda column: column.str.strip())
        for name in ("quantity", "high", "middle", "low"):
            frame[name] = frame[name].replace("-", "")
        frame.insert(0, "date", f"{day[:4]}-{day[4:6]}-{day[6:]}")
        frames.append(frame)
    table = pd.concat(frames)
    out = folder.with_name("script")
    out.mkdir(exist_ok=True)
    table.to_csv(out / "prices.csv", index=False, lineterminator="\n")
    fields = [
        {"name": "date", "type": "date", "constraints": {"required": True}},
        *({"name": name, "type": "string", "constraints": {"required": True}} for name in ("market", "item")),
        {"name": "origin", "type": "string", "constraints": {"required": True, "pattern": "[^0-9]+"}},
        {"name": "grade", "type": "string", "constraints": {"enum": ["秀", "優", "良", "並", "外"]}},
        {"name": "quantity", "type": "number", "constraints": {"minimum": 0}},
        *({"name": name, "type": "integer"} for name in ("high", "middle", "low")),
    ]
    with system.use_context(trusted=True):
        resource = Resource(path=str(out / "prices.csv"), schema=Schema.from_descriptor({"fields": fields}))
        report = resource.validate()
        resource.to_descriptor()
    assert report.valid
    for name in ("quantity", "high", "middle", "low"):
        table[name] = pd.to_numeric(table[name])
    table.to_parquet(out / "prices.parquet", compression="zstd")
    return {"rows": len(table), "found": 0}


class _Folder:
    """Stands for the store: raw bytes by their name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def raw(self, _dataset: str, sha256: str) -> bytes:
        return (self.folder / f"{sha256}.csv").read_bytes()


def run_days(folder: Path, workers: int) -> dict[str, float]:
    """Read and tidy every file; the time of `make_parts` alone."""
    project, mirror = make_project(folder)
    _, (spec,) = _read_project(project)
    (resource,) = spec.pipeline.resources
    steps, _ = split_steps(resource.tidy)
    works = [
        Work(
            Raw(f"https://office.example.org/{day}.csv", {"date": f"{day[:4]}-{day[4:6]}-{day[6:]}"}, "mirror", "", day, 0),
            resource.read, steps, spec.file,
        )
        for day in _days(folder)
    ]  # fmt: skip
    setting = make_setting(project, mirror, workers)
    object.__setattr__(setting, "store", _Folder(folder))
    began = perf_counter()
    parts = make_parts(setting, "sales", works).outlines
    seconds = perf_counter() - began
    assert not any(part.findings for part in parts), parts[0].findings
    return {"rows": sum(part.count for part in parts), "found": 0, "wall": seconds}


def main(what: str, folder: str) -> None:
    """Run one of them and print what it did."""
    path = Path(folder)
    runs = {"entaku": run_entaku, "script": run_script}
    told = runs[what](path) if what in runs else run_days(path, {"one": 1, "two": 2}[what])
    shutil.rmtree(path.with_name(f"{path.name}-project"), ignore_errors=True)
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
