"""Make the SYNTHETIC sample files of pipelines/samples: the publishers' exact layouts, nothing of their content.

    python tests/make_samples.py [DIR]

Stations, varieties, places of origin and every figure are invented (見本, 例示, 架空 …).  What is real is the form:
encoding, BOM, line ends, quoting, padding, and each trap that was seen in a real file.  Standard library only; the
same bytes on every machine (tests/test_samples.py compares them with what is committed).

A file lies at `<day>/<host>/<path>`: it is served from that day on.  `name@query` is a URL with a query (wget's
way); `name.404` stands for HTTP 404.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

ELEVATORS = (
    "www.opendata.metro.tokyo.lg.jp/kotsu/elevator/130001_bureau-of-transportation_elevator_inspection_schedule.csv"
)
TOURISM = "www.opendata.metro.tokyo.lg.jp/sangyouroudou"
MARKET = "www.shijou-nippo.metro.tokyo.lg.jp/SN"
CATALOGUE = "catalog.data.metro.tokyo.lg.jp/api/3/action"
ANNUAL = "www.opendata.metro.tokyo.lg.jp/shijyou"


def pick(low: int, high: int, *key: object) -> int:
    """A number from `low` to `high` that depends on `key` alone."""
    digest = hashlib.sha256("|".join(map(str, key)).encode()).digest()
    return low + int.from_bytes(digest[:8]) % (high - low + 1)


def line(cells: Iterable[object], *, quoted: Iterable[int] = ()) -> str:
    """One CSV line with minimal quoting; the cells at the positions `quoted` are quoted all the same."""
    forced = set(quoted)
    texts = [str(cell) for cell in cells]
    return ",".join(
        '"' + text.replace('"', '""') + '"' if number in forced or any(c in text for c in ',"\r\n') else text
        for number, text in enumerate(texts)
    )


def crlf(lines: Iterable[str], encoding: str) -> bytes:
    """The lines with CRLF, the last one too."""
    return "".join(text + "\r\n" for text in lines).encode(encoding)


# ---- elevators --------------------------------------------------------------------------------------------------

ELEVATOR_HEADER = (
    "路線ID,路線コード,路線名_日本語,路線名_英語,駅ID,駅コード,駅の並び,駅名_日本語,駅名_英語,エレベータID,停止階,"
    "設置場所,緯度,経度,重量制限,点検時間帯,点検日,点検開始時間,点検終了時間,バリアフリー1ルート用"
)
LINES = {
    "A": ("Toei.Asakusa", "浅草線", "Asakusa Line"),
    "E": ("Toei.Oedo", "大江戸線", "Oedo Line"),
    "I": ("Toei.Mita", "三田線", "Mita Line"),
    "S": ("Toei.Shinjuku", "新宿線", "Shinjuku Line"),
}
STATIONS = {
    "A-91": ("Mihoncho", "見本町", "Mihoncho"),
    "A-92": ("Reijizaka", "例示坂", "Reijizaka"),
    "E-91": ("Kakudai", "架空台", "Kakudai"),
    "E-92": ("Shisakubashi", "試作橋", "Shisakubashi"),
    "E-93": ("KasetsuHiroba", "仮設広場", "Kasetsu-hiroba"),
    "I-91": ("Mihoncho", "見本町", "Mihoncho"),
    "I-92": ("Hyohonkoen", "標本公園", "Hyohonkoen"),
    "S-91": ("MogiIchiba", "模擬市場", "Mogi-ichiba"),
    "S-92": ("ReidaiChuo", "例題中央", "Reidai-chuo"),
}
# id, floors, place, kilograms, on a barrier-free route, versions (0..3) in which it is listed
LIFTS = (
    ("A-91_01", "1F～B1F", "A1地上出入口～１番線改札口", 750, True, "0123"),
    ("A-91_02", "B1F～B2F", "改札口～ホーム", 750, True, "0123"),
    ("A-91_03", "1F～B1F", "A0地上出入口～１番線改札口(年点検）", 750, True, "0123"),
    ("A-91_04", "1F～B1F", "A5地上出入口～２番線改札口(月点検）", 750, True, "0123"),
    ("A-92_01", "1F～2F", "改札口～１番線ホーム", 600, True, "0123"),
    ("A-92_02", "2F～3F", "連絡通路～２番線ホーム", 600, False, "012"),
    ("E-91_01", "1F～BM1F", "5番地上出入口～乗換通路", 750, True, "0123"),
    ("E-91_02", "BM1F～B1F", "乗換通路～改札口", 750, True, "0123"),
    ("E-91_03", "1F～B1F～B2F", "6番地上出入口(ﾐﾎﾝｾﾝﾀｰ)～見本線改札口～改札口", 900, True, "0123"),
    ("E-91_04", "B1F～B1F", "大江戸線改札階～見本線改札階", 750, False, "0123"),
    ("E-92_01", "B1F～B4F", "5,6番連絡通路～改札口", 750, True, "0123"),
    ("E-92_02", "1F～B1F", "A3地上出入口～改札口\u3000", 900, True, "0123"),
    ("E-92_03", "1F～BM1F～B1F", "A3地上出入口～見本線改札口～改札口", 750, True, "0123"),
    ("E-92_04", "B3F～B4F～B7F", "連絡通路～改札口～ホーム", 1600, True, "0123"),
    ("E-93_01", "BM1F～B1F～B3F", "D2出口乗換通路～連絡ホール～改札口", 750, True, "13"),
    ("E-93_02", "B1F～B6F", "改札口～ホーム", 1350, True, "13"),
    ("E-93_03", "B4F～B5F", "改札口～ホーム", 750, True, "023"),
    ("I-91_01", "B1F～1F", "A8地上出入口～改札口", 750, True, "0123"),
    ("I-91_02", "B1F～B2F", "改札口～１番線ホーム", 750, True, "0123"),
    ("I-92_01", "1F～B3F", "A1地上出入口(標本公園南口)～１番線改札口\u3000\u3000\u3000", 750, True, "0123"),
    ("I-92_02", "B2F～B3F", "１番線ホーム～連絡通路", 1000, True, "0123"),
    ("S-91_01", "1F～B1F", "A2地上出入口～改札口\u3000", 1300, True, "0123"),
    ("S-91_02", "B1F～B2F～B3F", "新宿線１番線ホーム～改札口～３・４番線ホーム", 750, True, "0123"),
    ("S-91_03", "1F～3F", "改札口(模擬口)～１番線ホーム", 750, False, "0123"),
    ("S-92_01", "1F～B2F", "A6地上出入口～改札口", 750, True, "0123"),
    ("S-92_02", "B2F～B4F", "改札口～ホーム", 750, True, "3"),
)
# the day the version appeared, the month it holds, its columns
VERSIONS = (
    (date(2026, 3, 30), date(2026, 4, 1), 20),
    (date(2026, 4, 28), date(2026, 5, 1), 22),
    (date(2026, 5, 28), date(2026, 6, 1), 20),
    (date(2026, 6, 29), date(2026, 7, 1), 20),
)


def elevator_version(number: int) -> bytes:
    """The schedule of one month; 22 columns end in two empty ones without a name."""
    _, month, columns = VERSIONS[number]
    tail = "," * (columns - 20)
    days = [month + timedelta(offset) for offset in range(28)]
    workdays = [day for day in days if day.weekday() < 5]
    lines = [ELEVATOR_HEADER + tail]
    for lift, floors, place, kilograms, barrier_free, listed in LIFTS:
        if str(number) not in listed:
            continue
        code = lift[:4]
        line_id, line_ja, line_en = LINES[code[0]]
        station, station_ja, station_en = STATIONS[code]
        day = workdays[pick(0, len(workdays) - 1, code, month)]
        cells = (
            line_id, code[0], line_ja, line_en, f"{line_id}.{station}", code, int(code[2:]), station_ja, station_en,
            lift, floors, place, "", "", kilograms, "daytime", f"{day.year}/{day.month}/{day.day}", "10:00", "16:00",
            str(barrier_free).upper(),
        )  # fmt: skip
        lines.append(line(cells) + tail)
    return crlf(lines, "utf-8-sig")


# ---- tourism ----------------------------------------------------------------------------------------------------

COUNTRIES = (
    "韓国", "台湾", "香港", "中国", "タイ", "シンガポール", "マレーシア", "米国", "カナダ", "英国", "ドイツ", "フランス",
    "イタリア", "スペイン", "オーストラリア", "インド", "インドネシア", "フィリピン", "ベトナム", "ロシア", "その他",
)  # fmt: skip
SURVEYS = ("H31R1", "R5", "R6")


def behaviour_survey(survey: str) -> bytes:
    """Shares by country, rounded apart so that they add up to 99.9, 100.0 or 100.1; only one cell has a comma."""
    step = 1 + SURVEYS.index(survey)
    counts = {country: 100 * (21 - number) + 10 * step for number, country in enumerate(COUNTRIES)}
    counts["ロシア"] = 40 + step
    lines = [",男性,女性,無回答,合計,標本数"]
    shares = {country: 400 + 10 * (number % 11) + step for number, country in enumerate(COUNTRIES)}
    rows = [("全体", 450 + step, f"{sum(counts.values()):,}")]
    rows += [(country, shares[country], str(counts[country])) for country in COUNTRIES]
    for number, (country, male, respondents) in enumerate(rows):
        none = 50 + (number % 5) * 10
        female = 1000 - male - none + (0, 1, 0, -1, 0, 0)[number % 6]
        lines.append(line((country, male / 10, female / 10, none / 10, "100.0", respondents)))
    return crlf(lines, "cp932")


# number of the table, its measure and unit, what one cell is worth, whether it has totals
VISITOR_TABLES = (
    (1, "観光地点延べ客数", "千人回", 1000.0, True),
    (2, "平均訪問地点数", "地点", 0.0, False),
    (3, "観光入込客数", "千人回", 500.0, True),
    (4, "観光消費額", "百万円", 2000.0, True),
    (5, "経済波及効果", "百万円", 4000.0, True),
)
ORIGINS = ("都内在住者", "道府県在住者", "外国在住者")


def visitor_table(era_year: int, table: int) -> bytes:
    """A table of the visitor-number survey.  Its layout is OUR ASSUMPTION: no real file was at hand.

    Units stand in the header; totals in 合計 rows and columns are rounded on their own, so that some of table 3
    differ from the sum of their parts by 1.  One average of table 2 is not known (－), and averages have no totals.
    """
    _, measure, unit, worth, totals = VISITOR_TABLES[table - 1]
    origins = (*ORIGINS, "合計") if totals else ORIGINS
    lines = [line(("宿泊・日帰り", "目的", *(f"{origin}：{measure}（{unit}）" for origin in origins)))]
    if not totals:
        for number, (stay, purpose) in enumerate((s, p) for s in ("宿泊", "日帰り") for p in ("観光", "業務")):
            averages = [f"{1 + (number + o) % 3}.{era_year % 10}0" for o in range(3)]
            if (stay, purpose) == ("日帰り", "業務"):
                averages[2] = "－"
            lines.append(line((stay, purpose, *averages)))
        return crlf(lines, "cp932")
    cell = {
        (stay, purpose, origin): worth * (1 + s * 7 + p * 2 + o) * era_year
        + (0.4, 0.4, 0.1)[o] * (table == 3 and s == 0 and p == 0)
        for s, stay in enumerate(("宿泊", "日帰り"))
        for p, purpose in enumerate(("観光", "業務"))
        for o, origin in enumerate(ORIGINS)
    }

    def value(stay: str, purpose: str, origin: str) -> str:
        exact = sum(
            number
            for (s, p, o), number in cell.items()
            if stay in (s, "合計") and purpose in (p, "合計") and origin in (o, "合計")
        )
        return f"{round(exact):,}" if exact >= 1_000_000 else str(round(exact))

    for stay in ("宿泊", "日帰り", "合計"):
        for purpose in ("観光", "業務", "合計"):
            lines.append(line((stay, purpose, *(value(stay, purpose, origin) for origin in origins))))
    return crlf(lines, "cp932")


# ---- market -----------------------------------------------------------------------------------------------------

OPEN_DAYS = (22, 23, 25, 26, 27, 29)
CLOSED_DAYS = (24, 28)
MARKETS = {1: "豊洲", 2: "大田", 5: "板橋"}
VEGETABLE_HEADER = "品名,卸売数量計,販売方法,卸売数量,品種,産地,単位,高値(円),中値(円),安値(円)"
FISH_HEADER = "品名,卸売数量計,販売方法,卸売数量,銘柄,産地,高値(円),中値(円),安値(円)"
AUCTION, DIRECT, THIRD, APART = "せり・入札", "相対", "第三者販売", "商物分離"
NONE = ""  # some items have no method, as in real files
# item: the methods it is sold by, each with (variety, origin, kg per package) rows
Sold = tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]
VEGETABLES: dict[str, Sold] = {
    "だいこん": (
        (AUCTION, (("", "見本", "10"), ("", "例示", "10"))),
        (DIRECT, (("", "見本", "10"), ("", "各地", "10"))),
    ),
    "キャベツ": ((DIRECT, (("見本玉", "例示", "10"), ("", "架空", "10"))), (THIRD, (("", "各地", "10"),))),
    "トマト": ((AUCTION, (("見本桃", "試作", "4"),)), (DIRECT, (("見本桃", "各地", "4"), ("ミニ見本", "試作", "3")))),
    "きゅうり": ((DIRECT, (("", "見本", "5"),)), (APART, (("", "各地", "5"),))),
    "その他": ((DIRECT, (("", "各地", "1"), ("", "見本", "2"))),),
}
FRUIT: dict[str, Sold] = {
    # シャインマスカット and a longer name of it both become シャインマスカ, cut to seven characters
    "ぶどう": (
        (DIRECT, (("シャインマスカ", "各地", "5"), ("シャインマスカ", "見本", "0.35"), ("見本ブラック", "各地", "2"))),
        (AUCTION, (("シャインマスカ", "例示", "0.3"), ("見本ブラック", "例示", "0.3"))),
    ),
    "メロン": ((DIRECT, (("見本メロン", "架空", "5"), ("見本メロン", "試作", "5"))), (THIRD, (("", "各地", "5"),))),
    "すいか": ((NONE, (("", "見本", "7"), ("", "例示", "7"))),),
    "その他": ((DIRECT, (("", "各地", "1"),)), (AUCTION, (("", "見本", "0.5"),))),
}
FISH: dict[str, dict[str, Sold]] = {
    "鮮魚": {
        "まあじ": ((AUCTION, (("見本もの", "見本", ""), ("", "例示", ""))), (DIRECT, (("", "各地", ""),))),
        "さば": ((DIRECT, (("", "架空", ""), ("", "各地", ""))),),
        "その他": ((DIRECT, (("", "各地", ""),)),),
    },
    "貝類": {
        "ほたて貝": ((DIRECT, (("見本大", "試作", ""), ("見本小", "試作", ""))), (THIRD, (("", "各地", ""),))),
        "あさり": ((NONE, (("", "見本", ""),)),),
    },
}
# which of high, middle, low are quoted: all, high, middle, high + low, high + middle, none
QUOTES = ("hml", "hml", "h", "m", "hml", "hl", "h", "hm", "m", "")


def quote(code: str, *key: object) -> tuple[str, str, str]:
    """High, middle and low price in yen, 8 % tax included: round(a multiple of 10 × 1.08); － where not quoted."""
    low = 100 * pick(3, 40, *key)
    prices = {"l": low, "m": low + 100 * pick(1, 5, *key, "m"), "h": low + 100 * pick(6, 12, *key, "h")}
    return tuple(str(round(prices[which] * 1.08)) if which in code else "－" for which in "hml")  # type: ignore[return-value]


def section(title: str, header: str, sold: dict[str, Sold], key: tuple[object, ...]) -> tuple[list[str], int]:
    """A section: its title, its header, an item's rows (an empty cell is as above), 【市況】 and 小計; and its sum."""
    lines = [f"{title}（単位：キロ）", header]
    everything = number = 0
    for item, methods in sold.items():
        quantities = [10 * pick(5, 400, *key, item, method) for method, _ in methods]
        # the methods of some items add up to less than the item's total
        total = sum(quantities) + (30 if item in ("ぶどう", "まあじ") else 0)
        everything += total
        first = True
        for (method, rows), quantity in zip(methods, quantities, strict=True):
            for row, (variety, origin, kilograms) in enumerate(rows):
                number += 1
                quoted = QUOTES[(number + int(str(key[0])[-2:])) % len(QUOTES)]
                prices = quote(quoted, *key, item, method, variety, origin)
                unit = (kilograms,) if kilograms else ()
                head = (item, total) if first else ("", "")
                cells = (*head, *((method, quantity) if row == 0 else ("", "")), variety, origin, *unit, *prices)
                lines.append(line(cells))
                first = False
        if item in ("だいこん", "メロン", "さば"):
            lines.append(f"【市況】{item}は見本の値です。実在の取引ではありません。")
    lines.append(line(("小計", everything, *[""] * (header.count(",") - 1))))
    return lines, everything


def day_title(day: date) -> str:
    """`令和8年06月22日(月曜日)`; the year of the era is padded on Tuesdays."""
    era_year = f"{day.year - 2018:02d}" if day.weekday() == 1 else str(day.year - 2018)
    return f"令和{era_year}年{day.month:02d}月{day.day:02d}日({'月火水木金土日'[day.weekday()]}曜日)"


NOTES = (
    "※ この資料は合成した見本であり、実在の取引ではありません。",
    "※ 価格は消費税（8％）を含みます。",
    "第三者販売及び商物分離は、せり・入札及び相対と重複することがあります。",
    "\u3000ただし、重複しない市場もあります。",
    "具体的な内容は各市場にお問い合わせください。",
    "当該相場は1荷姿当たりの価格です。",
)


def report(kind: str, market: str, day: date, header: str, sections: dict[str, dict[str, Sold]]) -> bytes:
    """A market's day (`販売結果`): title, 和暦 date, an empty line, sections, footnotes, the 全分類合計 block."""
    lines = [f"販売結果（{kind}・{market}）", day_title(day), ""]
    sums: dict[str, int] = {}
    for title, sold in sections.items():
        rows, sums[title] = section(title, header, sold, (day, market, title))
        lines += [*rows, "【市況】入荷は見本のとおりです。", "" if title == next(iter(sections)) else NOTES[0]]
    lines += ["全分類合計", header]
    blank = [""] * (header.count(",") - 1)
    lines += [line((title, total, *blank)) for title, total in sums.items()]
    lines += [line(("合計", sum(sums.values()), *blank)), "", *NOTES]
    return crlf(lines, "cp932")


def vegetable_report(number: int, day: date) -> bytes:
    """青果 of one market; at 大田 on 25 June fruit comes before vegetables."""
    sections = {"野菜": VEGETABLES, "果実": FRUIT}
    if (number, day.day) == (2, 25):
        sections = dict(reversed(sections.items()))
    return report("青果", MARKETS[number], day, VEGETABLE_HEADER, sections)


# ---- the market's yearly files ----------------------------------------------------------------------------------

FISCAL_YEARS = {2024: "t000013d2000000032", 2025: "t000013d2000000033"}
PRICE_COLUMNS = ("日付", "品名", "単位", "高値(円)", "中値(円)", "安値(円)", "市場", "産地", "販売方法")
QUANTITY_COLUMNS = ("日付", "品名", "市場", "販売方法", "卸売数量(kg)")


def annual_rows(fiscal_year: int) -> Iterator[dict[str, str]]:
    """Prices and quantities of two days, two markets and three items of a fiscal year."""
    for day in (date(fiscal_year, 4, 1), date(fiscal_year + 1, 3, 31)):
        for market in ("豊洲", "大田"):
            for number, item in enumerate(("だいこん", "きゅうり", "ぶどう")):
                for method in (AUCTION, DIRECT):
                    key = (day, market, item, method)
                    high, middle, low = quote(QUOTES[pick(0, len(QUOTES) - 1, *key)], *key)
                    # a wrong 単位 (0.5 kg of cucumbers) makes tens of thousands of yen a kilogram: seen in real files
                    unit = "0.1" if (item, method, day.month, market) == ("きゅうり", DIRECT, 4, "大田") else "10"
                    mark = "-" if day.month == 4 else "－"
                    yield {
                        "日付": day.isoformat(), "品名": item, "単位": "0.3" if number == 2 else unit,
                        "高値(円)": high.replace("－", mark), "中値(円)": middle.replace("－", ""),
                        "安値(円)": low.replace("－", mark), "市場": market, "産地": "見本" if number else "各地",
                        "販売方法": NONE if (number, method, market) == (2, AUCTION, "豊洲") else method, "卸売数量(kg)": str(10 * pick(5, 900, *key)),
                    }  # fmt: skip


def annual_file(fiscal_year: int, columns: tuple[str, ...]) -> bytes:
    """UTF-8 with BOM, one header row; the order of the price file's columns changes from year to year."""
    if fiscal_year == 2025 and columns == PRICE_COLUMNS:
        columns = ("日付", "市場", "品名", "産地", "販売方法", "単位", "高値(円)", "中値(円)", "安値(円)")
    return crlf(
        [line(columns), *(line(row[name] for name in columns) for row in annual_rows(fiscal_year))], "utf-8-sig"
    )


def package_search() -> bytes:
    """CKAN's answer to package_search: the yearly datasets, and one that only resembles them."""
    packages = [
        {
            "id": dataset,
            "name": dataset,
            "title": f"東京都卸売市場日報（{year}年度）",
            "notes": "合成した見本です。【東京都中央卸売市場】",
            "license_id": "CC-BY-4.0",
            "resources": [
                {"name": title, "format": "CSV", "url": f"https://{ANNUAL}/{year}/{name}"}
                for title, name in (
                    ("青果の価格", "result_price_fresh.csv"),
                    ("青果の数量", "result_quantity_fresh.csv"),
                )
            ],
        }
        for year, dataset in FISCAL_YEARS.items()
    ]
    other = {
        "id": "t000013d9999999999",
        "name": "t000013d9999999999",
        "title": "東京都卸売市場日報の見方",
        "notes": "合成した見本です。",
        "license_id": "CC-BY-4.0",
        "resources": [{"name": "見方", "format": "PDF", "url": f"https://{ANNUAL}/guide.pdf"}],
    }
    answer = {"success": True, "result": {"count": len(packages) + 1, "results": [*packages, other]}}
    return (json.dumps(answer, ensure_ascii=False, indent=1) + "\n").encode()


# ---- all of them ------------------------------------------------------------------------------------------------

FIRST = "2026-03-30"
MONDAY, TUESDAY = "2026-06-29", "2026-06-30"


def samples() -> Iterator[tuple[str, bytes]]:
    """Path below pipelines/samples, and bytes, of every sample."""
    for number, (appeared, _, _) in enumerate(VERSIONS):
        yield f"{appeared}/{ELEVATORS}", elevator_version(number)
    for survey in SURVEYS:
        path = f"{TOURISM}/behavioral_characteristics_survey/{survey}behavioral_characteristics_survey1.csv"
        yield f"{FIRST}/{path}", behaviour_survey(survey)
    for era_year in (5, 6):
        for table in range(1, 6):
            path = f"{TOURISM}/tourist_number_survey/R{era_year}tourist_number_survey_{table}.csv"
            yield f"{FIRST}/{path}", visitor_table(era_year, table)
    for number in sorted(OPEN_DAYS + CLOSED_DAYS):
        day = date(2026, 6, number)
        folder = f"{TUESDAY if number == 29 else MONDAY}/{MARKET}/{day:%Y%m}/{day:%Y%m%d}"
        files = {f"Sei/Sei_K{market}.csv": market for market in MARKETS} | {"Sui/Sui_K1.csv": 0}
        for path, market in files.items():
            if number in CLOSED_DAYS:
                yield f"{folder}/{path}.404", f"休市日（見本）：{day.isoformat()}\n".encode()
            elif market:
                yield f"{folder}/{path}", vegetable_report(market, day)
            else:
                yield f"{folder}/{path}", report("水産", "豊洲", day, FISH_HEADER, FISH)
    yield f"{MONDAY}/{CATALOGUE}/package_search@q=東京都卸売市場日報&rows=1000", package_search()
    for year in FISCAL_YEARS:
        yield f"{MONDAY}/{ANNUAL}/{year}/result_price_fresh.csv", annual_file(year, PRICE_COLUMNS)
        yield f"{MONDAY}/{ANNUAL}/{year}/result_quantity_fresh.csv", annual_file(year, QUANTITY_COLUMNS)


def main() -> None:
    default = Path(__file__).resolve().parents[1] / "pipelines" / "samples"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    for old in folder.glob("????-??-??"):
        shutil.rmtree(old)
    for path, body in samples():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)


if __name__ == "__main__":
    main()
