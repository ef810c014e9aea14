"""Generated tables for the benchmarks: a wholesale market's sales, 11 columns, with keys, clean or with bad cells.

The same bytes every time.  93 bytes a row; texts repeat as they do in market and survey data.
"""

import json
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from entaku.release.files import CsvFile

COLUMNS = (
    "date", "market", "category", "item", "origin", "brand", "grade", "quantity_kg", "price_high", "price_mid", "price_low",
)  # fmt: skip
MARKETS = ["豊洲", "大田", "築地", "北足立", "葛西", "豊島", "淀橋", "世田谷", "板橋", "多摩", "足立", "食肉"]
CATEGORIES = ["野菜", "果実", "花き"]
GRADES = ["秀", "優", "良", "並", "外"]
ITEMS = [f"品目{chr(0x3042 + n % 80)}{chr(0x3042 + n // 80)}{n:03}" for n in range(500)]
ORIGINS = (
    "北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県 新潟県 富山県 石川県 "
    "福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 鳥取県 島根県 岡山県 広島県 "
    "山口県 徳島県 香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県"
).split()
BRANDS = [f"ブランド{chr(0x30A2 + n)}" for n in range(40)]
ROWS_A_DAY = 4_000
BLOCK = 200_000
SIZES = {"100k": 100_000, "1m": 1_000_000, "10m": 10_000_000, "20m": 20_000_000}

_SPACE = len(MARKETS) * len(ITEMS) * len(ORIGINS) * len(BRANDS) * len(GRADES)

SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "date", "type": "date", "constraints": {"required": True, "minimum": "2000-01-01"}},
        {"name": "market", "type": "string", "constraints": {"required": True, "enum": MARKETS}},
        {"name": "category", "type": "string", "constraints": {"required": True, "enum": CATEGORIES}},
        {"name": "item", "type": "string", "constraints": {"required": True}},
        {"name": "origin", "type": "string", "constraints": {"required": True, "pattern": "[^0-9]+"}},
        {"name": "brand", "type": "string", "constraints": {"maxLength": 20}},
        {"name": "grade", "type": "string", "constraints": {"required": True, "enum": GRADES}},
        {"name": "quantity_kg", "type": "number", "constraints": {"required": True, "minimum": 0, "maximum": 100000}},
        {"name": "price_high", "type": "integer", "constraints": {"minimum": 0, "maximum": 1000000}},
        {"name": "price_mid", "type": "integer", "constraints": {"minimum": 0, "maximum": 1000000}},
        {"name": "price_low", "type": "integer", "constraints": {"minimum": 0, "maximum": 1000000}},
    ],
    "missingValues": ["", "-"],
}
KEYS: dict[str, Any] = {
    "primaryKey": ["date", "market", "item", "origin", "brand", "grade"],
    "foreignKeys": [{"fields": ["item"], "reference": {"resource": "items", "fields": ["item"]}}],
}
ITEM_SCHEMA: dict[str, Any] = {
    "fields": [{"name": "item", "type": "string", "constraints": {"required": True}}, {"name": "n", "type": "integer"}],
    "primaryKey": ["item"],
}


def describe(keys: bool) -> dict[str, Any]:
    """The table's schema, with or without its keys."""
    return {**SCHEMA, **KEYS} if keys else SCHEMA


def make_rows(rows: int) -> "Iterator[list[np.ndarray[Any, Any]]]":
    """The columns as texts, in blocks; no two rows have one key."""
    start = np.datetime64("2019-01-04")
    for at in range(0, rows, BLOCK):
        n = np.arange(at, min(at + BLOCK, rows))
        day = n // ROWS_A_DAY
        combination = ((n % ROWS_A_DAY + day * 17) * 15_485_863) % _SPACE
        market, rest = combination % len(MARKETS), combination // len(MARKETS)
        item, rest = rest % len(ITEMS), rest // len(ITEMS)
        origin, rest = rest % len(ORIGINS), rest // len(ORIGINS)
        brand, grade = rest % len(BRANDS), rest // len(BRANDS)
        price = 50 + (item * 7919 + day * 31 + grade * 97) % 4_000
        dates = np.datetime_as_string(start + day).astype(object)
        columns = [dates, *(
            np.array(words, object)[at]
            for words, at in (
                (MARKETS, market), (CATEGORIES, item % 3), (ITEMS, item), (ORIGINS, origin), (BRANDS, brand), (GRADES, grade),
            )
        )]  # fmt: skip
        quantity = (combination % 9973 + 5) / 10
        columns.append(quantity.astype(str).astype(object))
        for factor in (1.2, 1.0, 0.8):
            columns.append((price * factor).astype(int).astype(str).astype(object))
        for column in columns[8:]:
            column[combination % 23 == 0] = "-"
        columns[5][combination % 13 == 0] = "無印"
        yield columns


def spoil(columns: "list[np.ndarray[Any, Any]]", first: int) -> None:
    """Every hundredth row with one of eight mistakes, in place."""
    for n in range(50, len(columns[0]), 100):
        match (first + n) // 100 % 8:
            case 0:
                columns[0][n] = "2025-02-30"
            case 1:
                columns[1][n] = "豊州"
            case 2:
                columns[4][n] = "北海道1"
            case 3:
                columns[5][n] = "とても長いブランド名が書かれているセルです。二十字超"
            case 4:
                columns[7][n] = "約30"
            case 5:
                columns[8][n] = "-1"
            case 6:
                columns[3][n] = "知らない品目"
            case 7:
                for column in columns[:7]:
                    column[n] = column[n - 1]


def ruin(columns: "list[np.ndarray[Any, Any]]") -> None:
    """Every cell wrong, in place."""
    for n, column in enumerate(columns):
        column[:] = "とても長いブランド名が書かれているセルです。二十字超" if n == 5 else "x9"


def make_csv(path: Path, rows: int, kind: str = "clean", encoding: str = "utf-8") -> None:
    """A CSV of `kind` clean, bad (1 % of its rows) or ruined."""
    whole = BytesIO()
    file = CsvFile(whole, COLUMNS)
    first = 0
    with path.with_suffix(".part").open("wb") as sink:
        for columns in make_rows(rows):
            if kind == "bad":
                spoil(columns, first)
            if kind == "ruined":
                ruin(columns)
            first += len(columns[0])
            file.add(
                pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], names=list(COLUMNS))
            )
            sink.write(whole.getvalue().decode().encode(encoding))
            whole.seek(0)
            whole.truncate()
    path.with_suffix(".part").rename(path)


def make_items(path: Path) -> None:
    """The table that the foreign key refers to."""
    path.write_text("item,n\n" + "".join(f"{item},{n}\n" for n, item in enumerate(ITEMS)), "utf-8")


# ---- Excel ------------------------------------------------------------------------------------------------------

_BOOK = {
    "[Content_Types].xml": '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    "_rels/.rels": '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="販売" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}  # fmt: skip
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def make_xlsx(path: Path, rows: int) -> None:
    """The clean table as Excel saves it: shared strings, numbers as numbers, dates as text."""
    strings: dict[str, int] = {}

    def cell(column: int, row: int, text: str) -> str:
        place = f"{chr(65 + column)}{row}"
        if column >= 7 and text[:1].isdigit():
            return f'<c r="{place}"><v>{text}</v></c>'
        if not text:
            return f'<c r="{place}"/>'
        return f'<c r="{place}" t="s"><v>{strings.setdefault(text, len(strings))}</v></c>'

    lines = ['<row r="1">' + "".join(cell(n, 1, name) for n, name in enumerate(COLUMNS)) + "</row>"]
    for columns in make_rows(rows):
        for cells in zip(*columns, strict=True):
            row = len(lines) + 1
            lines.append(f'<row r="{row}">' + "".join(cell(n, row, text) for n, text in enumerate(cells)) + "</row>")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, body in _BOOK.items():
            book.writestr(name, body)
        sheet = f'<?xml version="1.0" encoding="UTF-8"?><worksheet {_MAIN}><sheetData>{"".join(lines)}</sheetData></worksheet>'
        book.writestr("xl/worksheets/sheet1.xml", sheet)
        shared = "".join(f"<si><t>{text}</t></si>" for text in strings)
        book.writestr("xl/sharedStrings.xml", f'<?xml version="1.0" encoding="UTF-8"?><sst {_MAIN}>{shared}</sst>')


# ---- many small files -------------------------------------------------------------------------------------------


def make_days(folder: Path, days: int, rows: int) -> None:
    """`days` CSV files in cp932, as a market publishes them daily: a title line, a header, `rows` rows."""
    folder.mkdir(parents=True, exist_ok=True)
    start = np.datetime64("2010-01-01")
    for n, columns in zip(range(days), _cut(rows, days), strict=True):
        day = str(start + n)
        lines = ["販売結果（青果）," + day, ",".join(("市場", "品目", "産地", "等級", "数量", "高値", "中値", "安値"))]
        for cells in zip(*(columns[at] for at in (1, 3, 4, 6, 7, 8, 9, 10)), strict=True):
            lines.append(",".join(cells))
        (folder / f"{day.replace('-', '')}.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode("cp932"))


def _cut(rows: int, days: int) -> "Iterator[list[np.ndarray[Any, Any]]]":
    for columns in make_rows(rows * days):
        for at in range(0, len(columns[0]), rows):
            if at + rows <= len(columns[0]):
                yield [column[at : at + rows] for column in columns]


# ---- all of it --------------------------------------------------------------------------------------------------


def make_all(folder: Path, sizes: list[str]) -> None:
    """What the benchmarks of `sizes` need and isn't there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "made-by.json"
    version = json.dumps({"schema": SCHEMA, "keys": KEYS, "data": 3}, ensure_ascii=False)
    if not stamp.is_file() or stamp.read_text("utf-8") != version:
        for path in folder.glob("*.*"):
            path.unlink()
        stamp.write_text(version, "utf-8")
    make_items(folder / "items.csv")
    wanted = [(f"{kind}-{size}.csv", SIZES[size], kind, "utf-8") for size in sizes for kind in ("clean", "bad")]
    wanted = [one for one in wanted if one[0] != "bad-20m.csv"]
    wanted.append(("ruined-100k.csv", SIZES["100k"], "ruined", "utf-8"))
    wanted += [(f"cp932-{size}.csv", SIZES[size], "clean", "cp932") for size in sizes if SIZES[size] <= SIZES["1m"]]
    for name, rows, kind, encoding in wanted:
        if not (folder / name).is_file():
            make_csv(folder / name, rows, kind, encoding)
    if not (folder / "clean-100k.xlsx").is_file():
        make_xlsx(folder / "clean-100k.xlsx", SIZES["100k"])
    for name, days, rows in (("days", 5_000, 200), ("pipeline", 60, 1_000)):
        if not (folder / name).is_dir():
            make_days(folder / name, days, rows)
