"""Where numbers may be added up: what a column's unit and name say, and whether a table has totals among its rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from entaku.formats.arrays import make_text
from entaku.formats.heavy import pa, pc
from entaku.model.charts import ChartPlan
from entaku.model.grammar import Resource
from entaku.model.profile import Profile
from entaku.model.table_schema import SchemaField

COUNTED = """
    人 千人 万人 名 世帯 戸 件 回 便 本 個 枚 冊 台 両 隻 頭 羽 匹 棟 校 園 社 店 床 票 組 口 袋 箱 束 食 点 品 基 団体 施設 事業所
    箇所 か所 カ所 ヶ所 円 千円 万円 百万円 億円 kg t トン g L l リットル kL m3 m³ ㎥ 立方メートル ha km2 km² kWh MWh
    person persons people household households case cases time times item items yen JPY
"""
"""Units of what is counted or weighed out: of two such numbers the sum is one, too."""
UNLIKE = re.compile(
    r"平均|中央値|最高|最低|最大|最小|率|割合|比$|比率|指数|単価|価格|値段|高値|安値|中値|密度|濃度|累計|累積|年齢|"
    r"(?:^|[_ .])(?:avg|average|mean|median|max|min|maximum|minimum|rate|ratio|share|percent|index|price|density|age|"
    r"cumulative)(?:$|[_ .])",
    re.IGNORECASE,
)
"""Names of numbers that are no parts of a sum, whatever their unit."""
TOTAL = re.compile(
    r"^(?:.*計|総数|総額|全体|全国|全域|全市|全区|全部|すべて|全て|男女|.*\btotals?|total\b.*|sum|all|all \w+|both sexes|overall)$",
    re.IGNORECASE,
)
"""Names of rows that hold the sum of others."""
SLACK = 1e-6
MOST_VALUES = 5_000
"""Different values of a column of the key that are watched for totals."""


def is_additive(field: SchemaField) -> bool:
    """Test whether the numbers of a column may be added up: they count something, and aren't means or prices."""
    named = (field.name, field.title.ja, field.title.en)
    return (
        field.type in ("integer", "number")
        and field.unit in COUNTED.split()
        and not any(UNLIKE.search(name) for name in named if name)
    )


def is_complete(resource: Resource, known: Mapping[str, Profile]) -> bool:
    """Test whether there is a row for every combination of the values in the columns of the primary key."""
    key = [known.get(name) for name in resource.schema.primaryKey]
    if not key or any(column is None or column.nulls or not column.exact for column in key):
        return False
    product = 1
    for column in key:
        product *= column.distinct if column else 0
    return all(column is not None and column.rows == product for column in key)


class Wholes:
    """The sums of each value in columns of a key, and whether one of them holds the sum of the others."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns
        self.sums: dict[str, dict[str, float]] = {name: {} for name in columns}
        self.many = False

    def add(self, column: str, value: str, number: float) -> None:
        """Count a number, or a part of the sum of some."""
        sums = self.sums[column]
        sums[value] = sums.get(value, 0.0) + number
        self.many = self.many or len(sums) > MOST_VALUES

    def are_there(self) -> bool:
        """Test whether the rows are no parts of one whole, or whether that can't be told."""
        return self.many or any(self._has_total(sums) for sums in self.sums.values())

    def _has_total(self, sums: Mapping[str, float]) -> bool:
        if any(TOTAL.match(value.strip()) for value in sums):
            return True
        return len(sums) > 2 and _is_total(max(sums.values(), key=abs), sums.values())


def _is_total(number: float, numbers: Iterable[float]) -> bool:
    """Test whether the other numbers come to the greatest one, or to twice that: parts of parts are there, too."""
    others = sum(numbers) - number
    return number != 0 and any(abs(others - times * number) <= SLACK * abs(number) for times in (1, 2))


def choose_rows(block: pa.RecordBatch, plan: ChartPlan) -> pa.RecordBatch:
    """Return the rows with the values of `where`."""
    for name, value in plan.where.items():
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
        block = block.filter(pc.equal(block[name].cast(pa.string()), make_text(text)))
    return block
