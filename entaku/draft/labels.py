"""The headings of a table: their words, the units in them, and which unit of a unit line each column has."""

import re
from collections.abc import Sequence
from dataclasses import replace

from entaku.draft.grid import CellGrid
from entaku.draft.outline import TableArea
from entaku.draft.plan import ColumnPlan
from entaku.draft.words import carry_eras, drop_mark, find_units, is_period, is_unit
from entaku.formats.text import to_half_width

RATIO = re.compile(r"率|割合|比(?!較)|平均|密度|構成|指数|順位|単価|[%％]|あたり|当たり|年齢|緯度|経度|年$|コード|番号")
"""Headings of numbers that don't add up."""
_HINTS = {
    "人": "人|者|男|女|児童|生徒|定員|教員|職員|登録|総数|計",
    "世帯": "世帯",
    "冊": "冊|貸出|蔵書",
    "件": "件|申請|届出",
    "円": "額|円|料|費|収入|支出|予算|決算|歳入|歳出",
    "台": "台|車",
    "%": "率|割合|比(?!較)",
    "面積": "面積",
    "棟": "棟|戸|住宅",
    "箇所": "施設|箇所|所数|館数|校数",
    "回": "回",
    "日": "日数",
}
_FOLDED = {
    "名": "人", "千人": "人", "万人": "人", "千円": "円", "百万円": "円", "億円": "円", "万円": "円", "ha": "面積", "㎡": "面積",
    "m2": "面積", "k㎡": "面積", "km2": "面積", "㎢": "面積", "平方キロメートル": "面積", "平方メートル": "面積", "ヘクタール": "面積", "戸": "棟",
    "所": "箇所", "館": "箇所", "校": "箇所", "施設": "箇所", "か所": "箇所", "カ所": "箇所",
}  # fmt: skip


def label_columns(grid: CellGrid, area: TableArea) -> dict[int, tuple[str, str]]:
    """The heading and the unit of each column, by its place in the sheet."""
    parts: dict[int, list[str]] = {at: [] for at in range(area.left, area.right + 1)}
    rows = list(area.header.rows)
    for row in rows:
        group, carried = "", _carry(grid, row, area)
        for at in range(area.left, area.right + 1):
            text = _text(grid, row, at)
            text = carried.get(text, text)
            covered = (row, at) in grid.covered
            if text:
                group = text if not covered and row < rows[-1] and _has_below(grid, row, at, rows) else ""
            elif group and not covered and not parts[at] and _has_below(grid, row, at, rows):
                text = group
            else:
                group = "" if covered else group
            if text and (not parts[at] or parts[at][-1] != text):
                parts[at].append(text)
    units = _find_meta_units(grid, area)
    made = {}
    for at, words in parts.items():
        label, unit = split_heading(words)
        made[at] = (label, units.get(at, "") or unit)
    return made


def _carry(grid: CellGrid, row: int, area: TableArea) -> dict[str, str]:
    """The years of a row of headings whose era stands in one before, each with its era."""
    texts = list(dict.fromkeys(text for at in range(area.left, area.right + 1) if (text := _text(grid, row, at))))
    return dict(zip(texts, carry_eras(texts), strict=True))


def is_ratio(label: str) -> bool:
    """Whether the numbers below a heading don't add up, as it tells."""
    return not is_period(label.rpartition("_")[2]) and RATIO.search(label) is not None


def _text(grid: CellGrid, row: int, at: int) -> str:
    """The heading that a cell shows: of a merged one in its first row, over all its columns."""
    top, left = grid.covered.get((row, at), (row, at))
    return re.sub(r"\s*[\r\n]+\s*", "", grid.text(top, left)) if top == row else ""


def _has_below(grid: CellGrid, row: int, at: int, rows: Sequence[int]) -> bool:
    return any(grid.text(later, at) for later in rows if later > row)


def _find_meta_units(grid: CellGrid, area: TableArea) -> dict[int, str]:
    units: dict[int, str] = {}
    for row in area.header.meta:
        cells = grid.cells(row, area.left, area.right)
        texts = {at: to_half_width(text).strip() for at, text in cells.items()}
        found = {at: text for at, text in texts.items() if is_unit(text.strip("()[] "))}
        if found and all(re.fullmatch(r"[(\[].+[)\]]", text) for text in texts.values()):
            found = texts
        if len(found) * 2 >= len(cells):
            units |= {at: grid.text(row, at).strip("()（）[]［］ 　") for at in found}
    return units


_BRACKETS = re.compile(r"\s*[（(\[［【]\s*(?:単位\s*[:：]?\s*)?(?P<unit>[^（）()\[\]［］【】]+?)\s*[）)\]］】]\s*$")


_GROUPS = {"団体", "施設", "社", "店", "校", "園", "館", "所", "室"}
"""Units that a heading below another one is rather not: 貸出冊数 of 個人 and of 団体."""


def split_heading(words: Sequence[str]) -> tuple[str, str]:
    """The words of a heading, from above, joined; and the unit that is among them."""
    kept: list[str] = []
    unit = ""
    for word in words:
        plain = re.sub(r"(?<=[^\x00-\x7f])[ \u3000]+(?=[^\x00-\x7f])", "", word.strip(" \u3000"))
        match = _BRACKETS.search(plain)
        if match is not None and is_unit(match["unit"]):
            unit = match["unit"]
            plain = plain[: match.start()]
        elif (
            kept
            and plain not in _GROUPS
            and (is_unit(plain) or find_units(plain))
            and len(words) > 1
            and word is words[-1]
        ):
            unit = plain if is_unit(plain) else find_units(plain)[0]
            continue
        if plain:
            kept.append(plain)
    return "_".join(kept), unit


def choose_unit(label: str, units: Sequence[str], kind: str) -> str:
    """The unit of a unit line that a column of numbers has; "" where that can't be told."""
    if kind not in ("integer", "number") or not units:
        return ""
    fitting = [unit for unit in units if re.search(_HINTS.get(_fold(unit), re.escape(unit)), label)]
    if len(fitting) > 1 and "_" in label:  # 貸出冊数_児童 counts volumes, not children
        first = label.partition("_")[0]
        fitting = [unit for unit in fitting if re.search(_HINTS.get(_fold(unit), re.escape(unit)), first)]
    ratio = is_ratio(label)
    if len(fitting) == 1 and (not ratio or _fold(fitting[0]) == "%" or "密度" not in label):
        return fitting[0] if not ratio or _fold(fitting[0]) in ("%", "円") else ""
    counts = [unit for unit in units if _fold(unit) != "%"] or units
    return counts[0] if len(counts) == 1 and not fitting and not ratio else ""


def find_counted(label: str, kind: str) -> str:
    """The unit of whole numbers whose heading says what is counted: 申請件数 → 件; "" if it doesn't."""
    parts = [re.sub(r"[(（][^()（）]*[)）]$", "", drop_mark(part)) for part in label.split("_")]  # 人口(総数)
    matches = [_COUNTED.search(part) for part in parts] if kind == "integer" else []
    return next((match["unit"] or "人" for match in matches if match), "")


def give_counted(fields: Sequence[ColumnPlan], counted: str) -> list[ColumnPlan]:
    """The columns, with the unit of what the title says is counted for those of a sex or a total, and for all numbers if
    none has a unit."""
    lasts = {one.label.rpartition("_")[2] for one in fields if one.type == "integer"}
    unit = find_counted(counted, "integer") or ("人" if lasts >= {"男", "女"} else "")
    plain = [one for one in fields if one.type == "integer" and not one.unit and not _MEASURED.search(one.label)]
    every = bool(counted) and not any(one.unit for one in fields)
    mine = [one for one in plain if every or _OF_ALL.fullmatch(one.label.rpartition("_")[2])]
    return [replace(one, unit=unit) if one in mine else one for one in fields]


_OF_ALL = re.compile("男|女|男性|女性|男女計|総?計|総数|合計|総合計")
_MEASURED = re.compile(rf"額|費|料|量|高|延長|距離|.月$|.日$|時$|回$|順|{RATIO.pattern}")
"""Headings of numbers that a title's count is not of."""
_COUNTED = re.compile(
    "人口(?:総数)?$|(?:人|者|員|客|児童|生徒|園児|(?P<unit>件|世帯|戸|棟|冊|台|回|枚|本|個|頭|羽|隻|施設|事業所|団体|床|学級|箇所))数$"
)


def _fold(unit: str) -> str:
    half = to_half_width(unit)
    return _FOLDED.get(unit) or _FOLDED.get(half) or ("%" if half in ("%", "パーセント") else half)
