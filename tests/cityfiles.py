"""Sixty files in the layouts in which a city publishes its data, with the rows that should come of each.

Twelve layouts, five files of each, as CSV (UTF-8 or cp932) and .xlsx in turn.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from workbooks import xlsx

Rows = Sequence[Sequence[Any]]
Made = tuple[Rows, Rows, str]
"""The cells of a file, the cells that should be published, and the types of the columns by their first letters."""

TOWNS = ["見本町", "試験町", "中央", "本町", "東町", "西町", "緑ケ丘", "若葉台", "桜木", "松原"]
KINDS = ["体育館", "公民館", "図書館", "保育園", "公園", "小学校"]


@dataclass(frozen=True)
class CityFile:
    """A file of a city, and what should be published of it."""

    name: str
    body: bytes
    rows: Rows
    types: str


def name_places(rng: Random, count: int) -> list[str]:
    return [f"{town}{kind}" for town, kind in zip(rng.sample(TOWNS, count), rng.choices(KINDS, k=count), strict=True)]


def list_facilities(rng: Random) -> Made:
    names = name_places(rng, 8)
    cells: list[list[Any]] = []
    for n, name in enumerate(names, 1):
        code, lat, lon = "131016", f"35.{rng.randrange(100000, 999999)}", f"139.{rng.randrange(100000, 999999)}"
        cells.append(
            [
                code,
                f"{n:04}",
                name,
                f"東京都見本区{name[:2]}{n}-1",
                lat,
                lon,
                f"03-5000-{rng.randrange(1000, 9999)}",
                rng.choice(["有", ""]),
            ]
        )
    head = ["全国地方公共団体コード", "ID", "名称", "所在地_連結表記", "緯度", "経度", "電話番号", "駐車場_有無"]
    return [head, *cells], cells, "ssssnnss"


def count_ages(rng: Random) -> Made:
    cells = [[f"{age}歳", rng.randrange(50, 900), rng.randrange(50, 900)] for age in range(6)]
    total = ["計", sum(row[1] for row in cells), sum(row[2] for row in cells)]
    return [["年齢", "男性", "女性"], *cells, total], [[row[0].removesuffix("歳"), *row[1:]] for row in cells], "iii"


def link_metadata(rng: Random) -> Made:
    names = name_places(rng, 6)
    cells = [[f"{n:03}", name, rng.randrange(10, 300)] for n, name in enumerate(names, 1)]
    head = [["#LINK", "https://example.jp/opendata/12", ""], ["#LICENSE", "CC BY 4.0", ""]]
    return [*head, ["施設コード", "施設名", "定員"], ["文字列", "文字列", "数値"], *cells], cells, "ssi"


def list_events(rng: Random) -> Made:
    names, cells, out = name_places(rng, 7), [], []
    for n, name in enumerate(names):
        day = date(2024, 4, 20) + timedelta(days=rng.randrange(300) if n else 5)
        hour = rng.randrange(9, 17)
        cells.append([f"{name}まつり", f"{day.month}/{day.day}/{day.year}", f"{hour}:30", name])
        out.append([f"{name}まつり", day.isoformat(), f"{hour:02}:30:00", name])
    return [["イベント名", "開始日", "開始時間", "場所"], *cells], out, "sdts"


def tell_units(rng: Random) -> Made:
    names = name_places(rng, 6)
    year = rng.randrange(2, 7)
    cells = [[name, rng.randrange(1000, 90000), rng.randrange(100, 9000)] for name in names]
    above = [[f"令和{year}年度　施設の利用状況", "", ""], ["", "", "（単位：人、件）"]]
    below = [["資料：見本市市民局", "", ""], ["（注）休館中の施設を除く。", "", ""]]
    out = [[*row, 2018 + year] for row in cells]
    return [*above, ["施設名", "利用者数", "件数"], *cells, *below], out, "siiy"


def mix_texts(rng: Random) -> Made:
    names = name_places(rng, 10)
    cells: list[list[Any]] = [[name, rng.randrange(10, 500)] for name in names]
    out: list[list[Any]] = [[*row, ""] for row in cells]
    word = rng.choice(["調査中", "約100", "未定", "10～20"])
    at = rng.randrange(1, 10)
    cells[at][1], out[at][1:] = word, ["", word]
    return [["施設名", "収容人数"], *cells], out, "sis"


def write_eras(rng: Random) -> Made:
    names = name_places(rng, 6)
    cells, out = [], []
    for name in names:
        year, month, day = rng.randrange(1, 30), rng.randrange(1, 13), rng.randrange(1, 28)
        cells.append([name, f"平成{year + 1}年{month}月{day}日", f"令和{year % 5 + 2}年度"])
        out.append([name, f"{1989 + year}-{month:02}-{day:02}", 2020 + year % 5])
    return [["名称", "指定年月日", "調査年度"], *cells], out, "sdy"


def deepen_header(rng: Random) -> Made:
    cells = [
        [town, rng.randrange(100, 900), rng.randrange(100, 900), rng.randrange(50, 400)]
        for town in rng.sample(TOWNS, 6)
    ]
    head = [["町名", "人口", "", "世帯数"], ["", "男", "女", ""], ["", "（人）", "（人）", "（世帯）"]]
    return [*head, *cells], cells, "siii"


def mark_missing(rng: Random) -> Made:
    towns = rng.sample(TOWNS, 9)
    cells: list[list[Any]] = [[town, rng.randrange(3, 90), f"{rng.randrange(1000, 9000):,}"] for town in towns]
    out: list[list[Any]] = [[row[0], row[1], row[2].replace(",", "")] for row in cells]
    for mark in ("x", "…", "－"):
        at = rng.randrange(9)
        cells[at][2], out[at][2] = mark, ""
    return [["町名", "事業所数", "製造品出荷額等（百万円）"], *cells], out, "sii"


def add_english(rng: Random) -> Made:
    cells = [[f"A{n:02}", name, rng.randrange(1, 30)] for n, name in enumerate(name_places(rng, 6), 1)]
    return [["駅番号", "名称", "台数"], ["Station No", "Name", "Units"], *cells], cells, "ssi"


def log_hours(rng: Random) -> Made:
    cells, out = [], []
    for hour in range(8):
        value = f"0.{rng.randrange(10, 99)}"
        cells.append([f"2024/6/3 {hour}:00", "見本局", value])
        out.append([f"2024-06-03T{hour:02}:00:00", "見本局", value])
    cells[5][2], out[5][2] = "***", ""
    return [["測定日時", "測定局", "線量（μSv/h）"], *cells], out, "msn"


def sign_changes(rng: Random) -> Made:
    cells, out = [], []
    for town in rng.sample(TOWNS, 7):
        count, change = rng.randrange(1000, 90000), rng.randrange(-900, 900)
        cells.append([town, f"{count:,}", f"△{-change:,}" if change < 0 else f"{change:,}"])
        out.append([town, count, change])
    return [["地区", "人口（人）", "増減数（人）"], *cells], out, "sii"


LAYOUTS: tuple[Callable[[Random], Made], ...] = (
    list_facilities, count_ages, link_metadata, list_events, tell_units, mix_texts, write_eras, deepen_header,
    mark_missing, add_english, log_hours, sign_changes,
)  # fmt: skip


def make_files() -> list[CityFile]:
    """All files, the same on every run."""
    made = []
    for layout in LAYOUTS:
        for n in range(5):
            cells, rows, types = layout(Random(f"{layout.__name__}-{n}"))
            if n in (1, 3):
                name, body = (
                    f"{layout.__name__}-{n}.xlsx",
                    xlsx(*[[cell if cell != "" else None for cell in row] for row in cells]),
                )
            else:
                sink = io.StringIO()
                csv.writer(sink).writerows(cells)
                name, body = (
                    f"{layout.__name__}-{n}.csv",
                    sink.getvalue().encode("cp932" if n == 2 else "utf-8", "replace"),
                )
            made.append(CityFile(name, body, [[str(cell) for cell in row] for row in rows], types))
    return made
