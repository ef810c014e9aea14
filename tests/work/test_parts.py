"""`partition`: a table in parts, of which a new day writes one, from the YAML to the site."""

import json
from datetime import date, timedelta
from pathlib import Path

import frictionless
import pyarrow.parquet as pq
import pytest
from projects import copy_tree, make_project, make_setting, put, run, snapshot

from entaku.model.nouns import Finding
from entaku.store import Store
from entaku.work.comparing import compare_releases
from entaku.work.outcome import Result
from entaku.work.releases import load_one
from entaku.work.verify import verify_site, verify_store

VISITS = """\
name: visits
title: {ja: 来館者, en: Visits}
description: {ja: 試験用の説明です。, en: A description for tests.}
publisher: office
license: CC-BY-4.0
themes: [transport]
frequency: daily
resources:
  - name: halls
    title: {ja: 会館, en: Halls}
    source: {url: "https://office.example.org/halls.csv"}
    schema:
      primaryKey: [hall]
      fields:
        - {name: hall, title: 会館, constraints: {required: true}}
  - name: counts
    title: {ja: 人数, en: Counts}
    source:
      url: "https://office.example.org/{date:%Y%m%d}.csv"
      for: {date: {from: 2026-03-30, until: today}}
      missing: closed-day
    partition: {by: date, each: month}
    schema:
      primaryKey: [date, hall]
      foreignKeys: [{fields: hall, reference: {resource: halls, fields: hall}}]
      fields:
        - {name: date, type: date, title: 日付, constraints: {required: true}}
        - {name: hall, title: 会館, constraints: {required: true}}
        - {name: people, type: integer, title: 人数, unit: 人}
"""
FIRST = date(2026, 3, 30)


def put_day(mirror: Path, n: int, day: str, people: int = 10) -> None:
    """The file of the n-th day, from 0, as it was there on a day."""
    at = FIRST + timedelta(n)
    body = f'hall,people\n東館,{people}\n"西,館",{people + n}\n'
    put(mirror, body, f"https://office.example.org/{at:%Y%m%d}.csv", day)


def put_halls(mirror: Path, day: str) -> None:
    put(mirror, 'hall\n東館\n"西,館"\n', "https://office.example.org/halls.csv", day)


def publish_days(home: Path) -> Path:
    """A project of five days in two months, published on the fourth and on the fifth of them."""
    project, mirror = make_project(home / "p", visits=VISITS), home / "mirror"
    for n in range(4):
        put_day(mirror, n, "2026-04-02")
    put_halls(mirror, "2026-04-02")
    assert run(project, mirror, now="2026-04-02T03:00:00").code == 0
    put_day(mirror, 4, "2026-04-03")
    put_halls(mirror, "2026-04-03")
    assert run(project, mirror, now="2026-04-03T03:00:00").code == 0
    return project


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_days(tmp_path_factory.mktemp("parts"))


def test_the_package_is_valid_and_holds_all_rows(visits: Path) -> None:
    folder = visits / "datapackages" / "visits" / "releases" / "2026.04.03"
    package = frictionless.Package(str(folder / "datapackage.json"))
    report = package.validate()
    assert report.valid and [task.stats["rows"] for task in report.tasks] == [2, 2, 10]
    counts = package.get_resource("counts")
    assert [counts.path, *counts.extrapaths] == ["counts.parts/2026-03.csv", "counts.parts/2026-04.csv"]
    assert package.to_dict()["resources"][2]["partition"] == {
        "by": "date",
        "each": "month",
        "files": "counts.files.json",
    }
    assert not package.has_resource("counts-parquet")
    rows = [row for part in json.loads((folder / "counts.files.json").read_bytes())
            for row in pq.read_table(folder / part["parquet"]["path"]).to_pylist()]  # fmt: skip
    assert rows == [dict(row) for row in counts.read_rows()]
    assert [row["date"] for row in rows] == [FIRST + timedelta(n // 2) for n in range(10)]


def test_the_list_tells_what_each_part_holds(visits: Path) -> None:
    folder = visits / "datapackages" / "visits" / "releases" / "2026.04.03"
    first, second = json.loads((folder / "counts.files.json").read_bytes())
    assert (first["name"], first["rows"], second["name"], second["rows"]) == ("2026-03", 4, "2026-04", 6)
    assert second["columns"] == {
        "date": {"min": "2026-04-01", "max": "2026-04-03"}, "people": {"min": 10, "max": 14}
    }  # fmt: skip
    sums = (folder / "SHA256SUMS").read_text("utf-8")
    for part in (first, second):
        for kind in ("csv", "parquet"):
            assert f"{part[kind]['sha256']}  counts.parts/{part['name']}.{kind}\n" in sums
            assert (folder / part[kind]["path"]).stat().st_size == part[kind]["bytes"]


def test_a_new_day_writes_the_part_that_changed(visits: Path) -> None:
    def find(folder: Path) -> dict[str, int]:
        return {path.name: path.stat().st_ino for path in (folder / "counts.parts").iterdir()}

    releases = visits / "datapackages" / "visits" / "releases"
    site = visits / "build" / "site" / "datasets" / "visits"
    before, after = (find(releases / version) for version in ("2026.04.02", "2026.04.03"))
    assert {name for name in after if before.get(name) != after[name]} == {"2026-04.csv", "2026-04.parquet"}
    shown = [find(folder) for folder in (site / "2026.04.02", site / "2026.04.03", site)]
    for name in ("2026-03.csv", "2026-03.parquet"):
        assert len({one[name] for one in shown}) == 1
        assert shown[0][name] != after[name]  # who edits a page must not change a release
    assert shown[0]["2026-04.csv"] != shown[1]["2026-04.csv"] == shown[2]["2026-04.csv"]


def test_the_bytes_are_those_made_from_nothing(visits: Path, tmp_path: Path) -> None:
    project = tmp_path / "p"
    copy_tree(visits, project, ("datapackages", "build"))
    assert run(project, visits.parent / "mirror", now="2026-04-03T03:00:00").code == 0
    for folder in ("datapackages/visits/releases", "build/site/datasets/visits"):
        assert snapshot(project / folder) == snapshot(visits / folder)


def test_the_site_is_sound_and_has_the_table_as_one_file(visits: Path) -> None:
    site = visits / "build" / "site"
    assert verify_site(site) == []
    assert verify_store(Store(visits / "datapackages"), lambda *_: None)[1] == []
    folder = site / "datasets" / "visits"
    parts = [folder / f"counts.parts/{name}.csv" for name in ("2026-03", "2026-04")]
    bodies = [part.read_bytes() for part in parts]
    assert (folder / "counts.csv").read_bytes() == bodies[0] + bodies[1].partition(b"\n")[2]
    manifest = json.loads((folder / "2026.04.03" / "manifest.json").read_bytes())
    assert manifest["parts"]["counts"]["csv"]["bytes"] == (folder / "counts.csv").stat().st_size
    whole = pq.ParquetFile(folder / "counts.parquet")
    assert whole.num_row_groups == 1 and whole.metadata.num_rows == 10
    assert not (folder / "2026.04.03" / "counts.csv").exists()


def test_the_first_rows_are_those_of_the_table(visits: Path) -> None:
    release = load_one(Store(visits / "datapackages"), "visits", "2026.04.03")
    counts = next(table for table in release.resources if table.name == "counts")
    assert [row[0] for row in counts.preview] == [str(FIRST + timedelta(n // 2)) for n in range(10)]
    assert counts.parted is not None and [part.name for part in counts.parted.parts] == ["2026-03", "2026-04"]


def test_an_unchanged_day_changes_nothing(visits: Path) -> None:
    before = snapshot(visits / "datapackages")
    assert run(visits, visits.parent / "mirror", now="2026-04-03T05:00:00").site == "unchanged"
    assert snapshot(visits / "datapackages") == before


def test_what_people_read_is_a_revision_that_shares_the_parts(visits: Path, tmp_path: Path) -> None:
    project = tmp_path / "p"
    copy_tree(visits, project)
    path = project / "pipelines" / "visits.yaml"
    path.write_text(path.read_text("utf-8").replace("en: Visits}", "en: Visitors}"), "utf-8")
    assert run(project, visits.parent / "mirror", now="2026-04-03T09:00:00").code == 0
    store = Store(project / "datapackages")
    assert store.history("visits").versions == ("2026.04.02", "2026.04.03")
    assert store.revision("visits", "2026.04.03") == 2
    assert verify_store(store, lambda *_: None)[1] == [] and verify_site(project / "build" / "site") == []


def test_a_table_that_is_cut_otherwise_is_a_new_version(visits: Path, tmp_path: Path) -> None:
    project = tmp_path / "p"
    copy_tree(visits, project)
    path = project / "pipelines" / "visits.yaml"
    path.write_text(path.read_text("utf-8").replace("each: month", "each: year"), "utf-8")
    assert run(project, visits.parent / "mirror", now="2026-04-03T09:00:00").code == 0
    folder = project / "datapackages" / "visits" / "releases" / "2026.04.03.2"
    assert [path.name for path in sorted((folder / "counts.parts").iterdir())] == ["2026.csv", "2026.parquet"]
    why = json.loads((folder / "manifest.json").read_bytes())["why"]
    assert why == [{"kind": "structure", "what": ["partition"]}]


def check(tmp_path: Path, text: str, *days: int, engine: str = "columns") -> list[Finding]:
    """The errors of a project with some days."""
    project, mirror = make_project(tmp_path / "p", visits=text), tmp_path / "mirror"
    for n in days or (0, 1):
        put_day(mirror, n, "2026-04-02")
    put_halls(mirror, "2026-04-02")
    result: Result = run(project, mirror, now="2026-04-02T03:00:00", engine=engine, site=False)
    return [one for one in result.every if one.severity == "error"]


@pytest.mark.parametrize(
    ("change", "code", "value", "line"),
    [
        (("by: date", "by: dat"), "unknown-column", "dat", 22),
        (("by: date, each: month", "by: hall, each: month"), "partition-each", "hall", 22),
        (("type: date, title: 日付, constraints: {required: true}", "type: date, title: 日付"), "partition-required", "date", 22),
        (("by: date, each: month", "by: hall"), "partition-name", "東館", 22),
        (("by: date, each: month", "by: people"), "partition-required", "people", 22),
    ],
)  # fmt: skip
def test_mistakes_are_told_at_their_line(
    change: tuple[str, str], code: str, value: str, line: int, tmp_path: Path
) -> None:
    (one,) = check(tmp_path, VISITS.replace(*change))
    assert (one.code, one.value, one.place.file, one.place.line) == (code, value, "pipelines/visits.yaml", line)


def test_rows_of_a_part_must_be_together(tmp_path: Path) -> None:
    text = VISITS.replace("by: date, each: month", "by: people").replace(
        "unit: 人", "unit: 人, constraints: {required: true}"
    )
    (one,) = check(tmp_path, text, 0, 1, 2)
    assert (one.code, one.value) == ("partition-order", "10") and "20260401.csv" in one.args["where"]
    sorted_ = text.replace("    partition:", "    tidy: [{sort: [people]}]\n    partition:")
    assert check(tmp_path / "sorted", sorted_, 0, 1, 2) == []


@pytest.mark.parametrize("engine", ["columns", "frictionless"])
def test_the_verdict_is_that_of_the_whole_table(engine: str, tmp_path: Path) -> None:
    """Keys are compared across parts, whoever compares them."""
    text = VISITS.replace("primaryKey: [date, hall]", "primaryKey: [hall]").replace("type: integer", "type: year")
    whole = text.replace("    partition: {by: date, each: month}\n", "")
    found = check(tmp_path / "parts", text, 0, 2, engine=engine)
    plain = check(tmp_path / "whole", whole, 0, 2, engine=engine)

    def tell(findings: list[Finding]) -> list[tuple[str, str, str, int | None]]:
        return [(one.code, one.value, one.place.file, one.place.row) for one in findings]

    assert tell(found) == tell(plain) and len(found) > 2
    assert any("20260401.csv" in one.place.file for one in found)


def test_only_parts_that_changed_are_compared(visits: Path, tmp_path: Path) -> None:
    """Rows have the numbers that they have in the tables, though the first part of the former release may be gone."""
    copy_tree(visits / "datapackages", tmp_path / "datapackages")
    store, setting = Store(tmp_path / "datapackages"), make_setting(tmp_path)
    before, after = (load_one(store, "visits", version) for version in ("2026.04.02", "2026.04.03"))
    (store.release_path("visits", "2026.04.02") / "counts.parts" / "2026-03.csv").unlink()
    (change,) = compare_releases(setting, before, after).tables
    assert (change.table, change.before, change.after, change.added) == ("counts", 8, 10, 2)
    kept = next(file.kept for file in change.files if file.path.endswith(".csv"))
    rows = (setting.cache.get(kept) or b"").decode().splitlines()
    assert rows[1:] == ["added,,,9,2026-04-03,東館,10", 'added,,,10,2026-04-03,"西,館",14']
