"""The questions of a developer's first ten minutes, one query each: in pandas, DuckDB, R and the page's SQL alike."""

import csv
import io
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd
import pytest
from browser import visit
from queries import LIFTS, MARKET, TOURISM

SLOW = 60_000
IS_FIRST = """
(dataset) => [...document.querySelectorAll(".entries a")].find((link) => link.checkVisibility())?.pathname.includes(`/${dataset}/`)
"""
"""Whether the first dataset that was found is this one."""
CUCUMBER = "きゅうり"
Answer = list[tuple[str, ...]]


@pytest.fixture(scope="module")
def data(published: Any) -> Path:
    return Path(published[0]) / "build/site/datasets"


def read(data: Path, dataset: str, table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((data / dataset / f"{table}.csv").read_text("utf-8"), newline="")))


@pytest.fixture(scope="module")
def planned(data: Path) -> tuple[str, str]:
    """A station and a day on which lifts of it are out, one of them no longer."""
    rows = read(data, LIFTS, "schedule")
    moved = {(row["station_ja"], row["date"]) for row in rows if row["current"] == "false"}
    still = {(row["station_ja"], row["date"]) for row in rows if row["current"] == "true"}
    return min(moved & still or still)


@pytest.fixture(scope="module")
def answers(data: Path, planned: tuple[str, str]) -> dict[str, Answer]:
    """The answers by plain Python, from the CSV."""
    prices = defaultdict(list)
    for row in read(data, MARKET, "prices"):
        if (row["item"], row["series"], row["fiscal_year"], row["unit_suspect"]) == (
            CUCUMBER,
            "yearly",
            "2024",
            "false",
        ):
            prices[row["market"], row["date"]].append(float(row["price_per_kg"]))
    lifts = [
        (row["elevator_id"], f"{row['start_time']}:00")  # as a time is in Parquet
        for row in read(data, LIFTS, "schedule")
        if (row["station_ja"], row["date"], row["current"]) == (*planned, "true")
    ]
    people = [
        (row["country_en"], row["year"], row["respondents"])
        for row in read(data, TOURISM, "visitor-behaviour")
        if row["row_type"] == "country"
    ]
    assert len(prices) >= 3 and lifts and len(people) == 60
    return {
        "prices": sorted((*key, f"{fmean(values):.4f}") for key, values in prices.items()),
        "lifts": sorted(lifts),
        "people": sorted(people),
    }


def make_queries(planned: tuple[str, str]) -> dict[str, str]:
    station, day = planned
    return {
        "prices": "SELECT market, \"date\", AVG(price_per_kg) AS yen FROM prices WHERE item = 'きゅうり' AND series = 'yearly' "
        'AND fiscal_year = 2024 AND unit_suspect = FALSE GROUP BY market, "date" ORDER BY market, "date"',
        "lifts": f"SELECT elevator_id, start_time FROM schedule WHERE station_ja = '{station}' AND \"date\" = '{day}' "
        "AND current = TRUE ORDER BY elevator_id",
        "people": 'SELECT country_en, "year", respondents FROM "visitor-behaviour" WHERE row_type = \'country\' '
        'ORDER BY country_en, "year"',
    }


TABLES = {"prices": (MARKET, "prices"), "lifts": (LIFTS, "schedule"), "people": (TOURISM, "visitor-behaviour")}


def show(rows: Any, last: bool) -> Answer:
    """Rows as text, a mean with four decimals."""
    made = [tuple(str(cell) for cell in row) for row in rows]
    return sorted((*row[:-1], f"{float(row[-1]):.4f}") if last else row for row in made)


def test_duckdb(data: Path, planned: tuple[str, str], answers: dict[str, Answer]) -> None:
    import duckdb

    for name, query in make_queries(planned).items():
        connection = duckdb.connect()
        dataset, table = TABLES[name]
        connection.execute(f"CREATE VIEW \"{table}\" AS FROM '{data / dataset / table}.parquet'")
        assert show(connection.sql(query).fetchall(), name == "prices") == answers[name], name


def test_pandas(data: Path, planned: tuple[str, str], answers: dict[str, Answer]) -> None:
    frames = {name: pd.read_parquet(data / dataset / f"{table}.parquet") for name, (dataset, table) in TABLES.items()}
    prices, lifts, people = frames["prices"], frames["lifts"], frames["people"]
    yen = prices.query(
        "item == @CUCUMBER and series == 'yearly' and fiscal_year == 2024 and unit_suspect == False"
    ).groupby(["market", "date"])["price_per_kg"].mean()  # fmt: skip
    assert show(yen.reset_index().to_numpy().tolist(), True) == answers["prices"]
    out = lifts[(lifts["station_ja"] == planned[0]) & (lifts["date"].astype(str) == planned[1]) & lifts["current"]]
    assert show(out[["elevator_id", "start_time"]].to_numpy().tolist(), False) == answers["lifts"]
    mine = people[people["row_type"] == "country"][["country_en", "year", "respondents"]]
    assert show(mine.to_numpy().tolist(), False) == answers["people"]


R = """
library(readr)
tell <- function(rows) cat(format_csv(rows, col_names = FALSE), "END\\n", sep = "")
prices <- read_csv("{prices}", show_col_types = FALSE)
tell(aggregate(price_per_kg ~ market + date, subset(prices, item == "きゅうり" & series == "yearly" & fiscal_year == 2024 & !unit_suspect), mean))
lifts <- read_csv("{lifts}", show_col_types = FALSE)
tell(subset(lifts, station_ja == "{station}" & date == as.Date("{day}") & current, c(elevator_id, start_time)))
people <- read_csv("{people}", show_col_types = FALSE)
tell(subset(people, row_type == "country", c(country_en, year, respondents)))
"""


def test_r(data: Path, planned: tuple[str, str], answers: dict[str, Answer], tmp_path: Path) -> None:
    rscript = shutil.which("Rscript")
    if not rscript or subprocess.run([rscript, "-e", "library(readr)"], capture_output=True, check=False).returncode:
        pytest.skip("no R with readr on this machine (.ci/run installs it)")
    paths = {name: data / dataset / f"{table}.csv" for name, (dataset, table) in TABLES.items()}
    script = tmp_path / "q.R"
    script.write_text(R.format(**paths, station=planned[0], day=planned[1]), "utf-8")
    done = subprocess.run(
        [rscript, "--vanilla", "--encoding=UTF-8", str(script)], capture_output=True, text=True, check=False, timeout=120,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = [list(csv.reader(io.StringIO(part))) for part in done.stdout.split("END\n")[:3]]
    assert show(told[0], True) == answers["prices"]
    assert show(told[1], False) == answers["lifts"]
    assert show(told[2], False) == answers["people"]


def test_the_pages_own_sql(chromium: Any, data: Path, planned: tuple[str, str], answers: dict[str, Answer]) -> None:
    with visit(chromium, data.parent) as tab:
        for name, query in make_queries(planned).items():
            dataset, table = TABLES[name]
            tab.go(f"datasets/{dataset}/")
            tab.page.locator("section:has(.sql) summary").first.click()
            tab.page.locator(".sql textarea").wait_for(timeout=SLOW)
            called = tab.page.locator(f".sql-tables li[data-parquet$='/{table}.parquet']").get_attribute("data-name")
            tab.page.locator(".sql textarea").fill(query.replace(f'"{table}"', called))
            tab.page.locator(".sql-run .button").click()
            tab.page.wait_for_function("() => !document.querySelector('.sql-run .button').disabled", timeout=SLOW)
            rows = [row.locator("td").all_inner_texts() for row in tab.page.locator(".sql tbody tr").all()]
            if name == "lifts":
                rows = [[one, f"{start}:00"[:8]] for one, start in rows]
            assert show(rows, name == "prices") == answers[name], name
    tab.check()


@pytest.mark.parametrize(
    ("query", "dataset", "lang"),
    [
        ("きゅうり 値段 市場", MARKET, ""), ("cucumber price by market", MARKET, "en/"), ("明日止まるエレベーター", LIFTS, ""),
        ("lifts out tomorrow", LIFTS, "en/"), ("国別の訪日客", TOURISM, ""), ("visitors by country", TOURISM, "en/"),
    ],
)  # fmt: skip
def test_the_home_page_finds_them(chromium: Any, data: Path, query: str, dataset: str, lang: str) -> None:
    with visit(chromium, data.parent) as tab:
        tab.go(lang)
        box = tab.page.get_by_role("searchbox").first
        box.fill(query)
        box.press("Enter")
        tab.page.wait_for_url("**/datasets/?*", timeout=SLOW)
        tab.page.wait_for_function(
            IS_FIRST, arg=dataset, timeout=SLOW
        )  # what is in the data comes last, and may change the order
    tab.check()
