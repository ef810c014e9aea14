"""The repository's own catalogue, published from its samples and from real files: what `make` gives."""

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import copy_project
from frictionless import validate
from projects import ROOT, copy_tree, run, snapshot

from entaku.work import settled
from entaku.work.outcome import Result
from entaku.work.verify import verify_folder

SHARED = ROOT.parent / "shared"
TABLES = {
    "toei-elevator-inspections": ["schedule", "stations"],
    "tokyo-market-daily": [
        "produce-prices", "produce-quantities", "produce-totals", "fish-prices", "fish-quantities", "fish-totals",
        "annual-prices", "annual-quantities", "prices", "markets", "items",
    ],
    "tokyo-tourism-statistics": ["visitor-behaviour", "visitor-behaviour-totals", "visitor-numbers", "visitor-totals"],
}  # fmt: skip
LEDGERS = {"requests": ["requests"]}
"""Of the two ledgers the one that has rows; the other waits for its first."""
TYPES = {"integer": "int64", "number": "double", "boolean": "bool", "date": "date32[day]", "time": "time64[us]",
         "year": "int32", "datetime": "timestamp[us, tz=UTC]", "string": "string", "array": "list<element: string>"}  # fmt: skip


def site(published: tuple[Path, Result]) -> Path:
    return published[0] / "build" / "site"


def name_type(field: dict[str, Any]) -> str:
    """The Arrow type of a field: of whole numbers the narrowest that holds what the bounds allow."""
    given = field.get("constraints", {})
    if field["type"] != "integer" or not {"minimum", "maximum"} <= set(given):
        return TYPES[field["type"]]
    assert given["minimum"] in (0, 1)
    return next(f"int{bits}" for bits in (8, 16, 32, 64) if given["maximum"] < 2 ** (bits - 1))


def test_every_dataset_without_errors(published: tuple[Path, Result]) -> None:
    result = published[1]
    assert not result.failed
    assert [(outcome.dataset, outcome.what, outcome.served) for outcome in result.outcomes] == [
        (name, "empty" if name == "showcases" else "released", ("sample",) if name in TABLES else ("file",))
        for name in sorted({*TABLES, *LEDGERS, "showcases"})
    ]
    assert (site(published) / "index.html").is_file()


@pytest.mark.parametrize("dataset", sorted(TABLES | LEDGERS))
def test_every_package_is_valid(published: tuple[Path, Result], dataset: str) -> None:
    report = validate(str(site(published) / "datasets" / dataset / "datapackage.json"))
    assert report.valid, report.flatten(["name", "message"])[:5]
    assert [task.name for task in report.tasks if not task.name.endswith("-parquet")] == (TABLES | LEDGERS)[dataset]


@pytest.mark.parametrize(("dataset", "table"), [(d, t) for d in sorted(TABLES) for t in TABLES[d]])
def test_parquet_is_the_csv_with_types(published: tuple[Path, Result], dataset: str, table: str) -> None:
    folder = site(published) / "datasets" / dataset
    descriptor = json.loads((folder / "datapackage.json").read_bytes())
    (resource,) = [each for each in descriptor["resources"] if each["name"] == table]
    body = (folder / f"{table}.parquet").read_bytes()
    typed = pq.read_table(io.BytesIO(body))
    assert [str(field.type) for field in typed.schema] == [name_type(field) for field in resource["schema"]["fields"]]
    assert [field.nullable for field in typed.schema] == [
        not field.get("constraints", {}).get("required", False) for field in resource["schema"]["fields"]
    ]
    text = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
    frame = pd.read_parquet(io.BytesIO(body))
    assert len(frame) == len(text) == resource["rows"] > 0
    assert list(frame.columns) == list(text.columns)
    for field in resource["schema"]["fields"]:
        nulls = frame[field["name"]].isna()
        assert (nulls == (text[field["name"]] == "")).all(), field["name"]
        if field["type"] == "integer":
            real = ~nulls
            assert (frame[field["name"]][real].astype(int).astype(str) == text[field["name"]][real]).all()


def test_every_page_says_that_it_shows_samples(published: tuple[Path, Result]) -> None:
    pages = sorted(site(published).rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        words = page.read_text("utf-8")
        assert "見本" in words if '<html lang="ja"' in words else "sample" in words, page
    for dataset in TABLES:
        assert json.loads((site(published) / "datasets" / dataset / "datapackage.json").read_bytes())["sample"] is True


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


def test_every_link_within_the_site_resolves(published: tuple[Path, Result]) -> None:
    home = site(published)
    count = 0
    for page in home.rglob("*.html"):
        links = Links()
        links.feed(page.read_text("utf-8"))
        for link in links.found:
            if re.match(r"[a-z]+:|#", link) or page.name == "404.html":
                continue
            target = (page.parent / link.split("#")[0].split("?")[0]).resolve()
            assert target.is_file() or (target / "index.html").is_file(), f"{page}: {link}"
            count += 1
    assert count > 500


def test_nothing_is_loaded_from_elsewhere(published: tuple[Path, Result]) -> None:
    for page in site(published).rglob("*.html"):
        text = page.read_text("utf-8")
        scripts = set(re.findall(r"<script[^>]*>", text)) - {'<script type="application/ld+json">'}
        assert all(re.fullmatch(r'<script type="module" src="[./]*/?assets/[\w.]+\.js">', tag) for tag in scripts), (
            scripts
        )
        assert re.findall(r"<(?:link|img|source|iframe)[^>]+(?:src|href)=\"https?:[^>]+>", text) == [
            match
            for match in re.findall(r"<(?:link|img|source|iframe)[^>]+(?:src|href)=\"https?:[^>]+>", text)
            if 'rel="canonical"' in match or 'rel="alternate"' in match or 'rel="license"' in match
        ]


def test_verify_agrees(published: tuple[Path, Result]) -> None:
    packages, findings = verify_folder(site(published), lambda what, done, total: None)
    assert findings == []
    assert packages == 12


def test_a_flipped_byte_is_named(published: tuple[Path, Result], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy_tree(site(published) / "datasets" / "toei-elevator-inspections" / "2026.06.29", copy)
    body = bytearray((copy / "schedule.parquet").read_bytes())
    body[100] ^= 1
    (copy / "schedule.parquet").write_bytes(body)
    _, findings = verify_folder(copy, lambda what, done, total: None)
    assert any(f.code == "checksum" and f.value.endswith("schedule.parquet") for f in findings)


def test_a_second_run_changes_nothing(published: tuple[Path, Result]) -> None:
    before = snapshot(published[0])
    result = run(published[0], now="2027-03-01T00:00:00")
    assert [outcome.what for outcome in result.outcomes] == ["unchanged", "empty", *["unchanged"] * 3]
    assert result.site == "unchanged"
    noted = f"build/cache/{settled.KEY[:2]}/{settled.KEY}"  # that there was nothing to do
    after = snapshot(published[0])
    added = (
        after.keys() - before.keys() - {noted}
    )  # what is known of many files of the project, once they are old enough
    assert len(added) <= 1 and all(path.startswith("build/cache/") for path in added)
    assert {path: body for path, body in after.items() if path not in {noted, *added}} == before


@pytest.mark.skipif(not (SHARED / "history").is_dir(), reason="the real files are not here")
def test_real_files_take_the_place_of_the_samples(published: tuple[Path, Result], tmp_path: Path) -> None:
    project = copy_tree(published[0], tmp_path / "p")
    raws = set((project / "datapackages/toei-elevator-inspections/raw").iterdir())
    assert not run(project, SHARED / "history").failed
    assert not run(project, SHARED / "mirror").failed
    releases = json.loads((project / "datapackages/toei-elevator-inspections/releases.json").read_bytes())
    days = ["2022.03.24", "2022.03.29", "2022.06.27", "2022.08.30", "2022.10.28", "2022.12.26"]
    assert releases["versions"][-6:] == days
    lifts = pd.read_csv(project / "build/site/datasets/toei-elevator-inspections/schedule.csv")
    assert len(lifts) == 1247
    assert not lifts.duplicated(["elevator_id", "date"]).any()
    assert lifts["date"].str.startswith("2022-04").sum() == 208
    assert raws < set((project / "datapackages/toei-elevator-inspections/raw").iterdir())
    folder = project / "build/site/datasets/tokyo-tourism-statistics"
    visitors = pd.read_parquet(folder / "visitor-behaviour.parquet").set_index(["year", "country_ja"])
    korea = visitors.loc[(2024, "韓国")]
    assert [korea["male"], korea["female"], korea["no_answer"], korea["respondents"]] == [48.8, 47.3, 3.9, 1763]
    assert visitors["respondents"].sum() == 14091
    assert len(visitors) == 21
    totals = pd.read_parquet(folder / "visitor-behaviour-totals.parquet")
    assert totals[["year", "respondents"]].to_numpy().tolist() == [[2024, 14091]]
    stations = pd.read_parquet(project / "build/site/datasets/toei-elevator-inspections/stations.parquet")
    assert set(lifts["station_id"]) == set(stations["station_id"]) and stations["station_id"].is_unique


def test_the_other_engine_on_another_day_makes_the_same_releases(
    published: tuple[Path, Result], tmp_path: Path
) -> None:
    other = copy_project(tmp_path / "other")
    (other / "pipelines" / "tokyo-market-daily.yaml").unlink()  # nine tenths of all rows
    run(other, now="2031-02-01T20:30:40", engine="frictionless", site=False)
    for dataset in (*LEDGERS, *TABLES.keys() - {"tokyo-market-daily"}):
        ours, theirs = (snapshot(each / "datapackages" / dataset) for each in (published[0], other))
        assert ours == theirs and any(path.endswith(".parquet") for path in ours)


@pytest.mark.sweep
def test_the_other_engine_on_another_day_makes_the_same_catalogue_and_site(
    published: tuple[Path, Result], tmp_path: Path
) -> None:
    other = copy_project(tmp_path / "other")
    assert run(other, now="2031-02-01T20:30:40", engine="frictionless").site == "published"
    made = [{**snapshot(each / "build" / "site"), **snapshot(each / "datapackages")} for each in (published[0], other)]
    assert sorted(made[0]) == sorted(made[1])
    assert [path for path in made[0] if made[0][path] != made[1][path]] == []
