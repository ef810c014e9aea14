"""What a cell's text is to a reader of tables: a number, a date, a mark, a total, a unit, a note, a title."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from entaku.formats.dates import parse_date, parse_month, simplify
from entaku.formats.text import find_unit, parse_number, to_half_width
from entaku.formats.times import parse_day, parse_moment, parse_time

CellKind = Literal["", "number", "flagged", "united", "date", "time", "mark", "text"]

_STAR = ("元の資料の印（意味は元の資料の注で確かめる）", "a mark of the source, whose notes tell its meaning")
MEANINGS: dict[str, tuple[str, str]] = {
    "-": ("該当なし", "none"),
    "…": ("不詳", "not known"),
    "...": ("不詳", "not known"),
    "・・・": ("不詳", "not known"),
    "..": ("不詳", "not known"),
    "x": ("秘匿", "suppressed"),
    "X": ("秘匿", "suppressed"),
    "χ": ("秘匿", "suppressed"),
    "***": _STAR,
    "**": _STAR,
    "*": _STAR,
    "N/A": ("値なし", "not available"),
    "n/a": ("値なし", "not available"),
    "NA": ("値なし", "not available"),
    "#N/A": ("値なし", "not available"),
    "NULL": ("値なし", "not available"),
    "null": ("値なし", "not available"),
    "欠測": ("欠測", "not measured"),
}
"""Marks for no value, and what offices usually mean by them (総務省統計局「統計表で使用する記号」)."""
DITTO = ("〃", "″", "同上", "々")
FLAGS: dict[str, tuple[str, str]] = {
    "r": ("訂正値", "revised"),
    "p": ("速報値", "provisional"),
    "e": ("推計値", "estimated"),
    "*": ("注記あり", "see the notes"),
    "<": ("その値未満（定量下限値など）", "less than that value, such as a limit of quantification"),
    ">": ("その値を超える", "more than that value"),
}
"""Letters beside a number."""
DASHES = "-－−‐―–—ー"
_FLAGGED = re.compile(
    r"(?P<before>[rpeRPEｒｐ*＊<＜>＞])?\s*(?P<number>[^rpeRPEｒｐ*＊<＜>＞]+?)\s*(?P<after>[rpeRPEｒｐ*＊])?"
)

UNITS = (
    "人", "名", "世帯", "件", "円", "千円", "百万円", "億円", "万円", "冊", "台", "個", "本", "枚", "戸", "棟", "校", "園", "館", "箇所",
    "か所", "カ所", "ヶ所", "ヵ所", "ha", "a", "km", "m", "cm", "mm", "m2", "km2", "㎡", "㎢", "k㎡", "ｋ㎡", "m3", "㎥",
    "kg", "g", "t", "トン", "キロ", "L", "l", "mL", "ml", "kL", "kl", "%", "％", "‰", "パーセント", "℃", "度", "歳", "才",
    "年", "月", "日", "時間", "分", "秒", "回", "点", "人回", "千人", "万人", "百人", "千人回", "泊", "人泊", "頭", "羽", "匹", "経営体",
    "所", "施設", "団体", "社", "店", "ヘクタール", "アール", "平方メートル", "平方キロメートル", "立方メートル", "メートル", "キロメートル", "ポイント", "pt",
    "床", "室", "隻", "両", "便", "票", "件数", "kWh", "MWh", "kW", "W", "μSv/h", "μSv/時", "mg/L", "mg/l", "ppm", "ppb",
    "hPa", "m/s", "mg/kg", "μg/L", "ng/L", "pg-TEQ/L", "pg-TEQ/m3", "mS/m", "MPN/100mL", "CFU/100mL", "個/100mL", "個/mL", "Bq/kg",
    "Bq/L", "dB", "NTU", "m3/日", "mm/h", "MJ/㎡", "人/k㎡", "人/km2", "円/人", "円/kg", "人／ｋ㎡", "人/㎢", "ドル", "米ドル", "件/日", "台/日",
    "kcal", "kJ", "mg", "μg", "μg/m3", "mg/m3", "m3/s", "m3/h", "千m3", "万m3", "千㎡", "千ha", "t/年", "t/日", "トン/年",
    "g/人・日", "L/人・日", "人/日", "円/月", "円/m3", "千t", "万t", "千トン", "万トン", "千世帯", "千台", "千件", "km/h", "L/s", "MW", "GWh",
    "t-CO2", "千t-CO2", "総トン", "フレート・トン", "フレートトン", "TEU", "EL.m", "T.P.m", "人日", "署", "分団", "百万ドル", "千ドル", "L/min", "mSv",
)  # fmt: skip
_UNITS = {to_half_width(unit) for unit in UNITS}
TYPES = {
    "string", "integer", "int", "number", "float", "double", "decimal", "boolean", "bool", "date", "datetime",
    "text", "char", "varchar", "文字列", "数値", "整数", "実数", "日付", "日時", "文字", "テキスト", "真偽値", "number型", "string型",
    "文字列型", "数値型", "日付型",
}  # fmt: skip
"""Words of rows that tell the types of columns."""

TOTAL = re.compile(
    r"(総|合|小|中|大|累|総合|全|市|区|県|都|町|村|地区|男女|年|上|下|前|後)?(計|総数|合計)|総数|総計|全体|全国|全市|全区"
    r"|[^0-9]{0,8}(?<![会時設統推生家集余])計|[^0-9]{0,8}総数|(sub)?total",
    re.I,
)
GRAND = re.compile(r"総計|総数|合計|計|全体|全市|全国計?|total|市計|区計|県計|都計|総合計|市全体|区全体", re.I)
NOTE = re.compile(r"[（(【\[]?\s*(注|備考|資料|出典|出所|※|＊|\*|（注|参考|留意|脚注|凡例|Note|Source)", re.I)
_UNIT_LINE = re.compile(r"[（(\[【]?\s*単\s*位\s*[：:／/　 ]?\s*(?P<units>[^）)\]】]+)[）)\]】]?")


def squeeze(text: str) -> str:
    """A text without spaces and line ends, in half width: "総　　数" → "総数"."""
    return re.sub(r"\s+", "", to_half_width(text))


_MARK = re.compile(r"(?<=[^\s0-9０-９(（])\s*(?:[(（]?(?:注|※|\*|＊)\s*[0-9０-９]{0,2}[)）]?|[0-9０-９]{1,2}[)）])$")


def drop_mark(heading: str) -> str:
    """A heading without the mark of its footnote: 事業所数2), 人口※1, 面積(注3)."""
    return _MARK.sub("", heading)


def tidy(text: str) -> str:
    """A text on one line, without spaces around it."""
    return re.sub(r"\s+", " ", text.replace("\u3000", " ")).strip()


@lru_cache(1 << 16)
def kind_of(text: str) -> CellKind:
    """What kind of value a cell holds."""
    plain = text.strip(" \t\r\n\u3000")
    if not plain:
        return ""
    if is_mark(plain):
        return "mark"
    if parse_number(plain) is not None:
        return "number"
    if len(plain) > 60:
        return "text"
    if split_flag(plain) is not None:
        return "flagged"
    if is_date(plain):
        return "date"
    if not plain.isdigit() and parse_time(plain) is not None:
        return "time"
    return "united" if split_unit(plain) else "text"


def is_mark(text: str) -> bool:
    """Whether a text means "no value"."""
    plain = text.strip(" \t\r\n\u3000")
    return _is_dashes(plain) or plain in MEANINGS or to_half_width(plain) in MEANINGS or plain in DITTO


def _is_dashes(text: str) -> bool:
    """Whether a text is a dash, or some of them: ---."""
    return not text.strip(DASHES) and len(text) <= 5


def name_mark(text: str) -> str:
    """A mark as MEANINGS has it."""
    plain = text.strip(" \t\r\n\u3000")
    if _is_dashes(plain):
        return "-" if len(plain) == 1 else plain
    half = to_half_width(plain)
    return plain if plain in MEANINGS else half if half in MEANINGS else plain


def split_flag(text: str) -> tuple[str, str] | None:
    """The number and the flag of "r1,234" or "1,234 p"; None for anything else."""
    match = _FLAGGED.fullmatch(text)
    if match is None or bool(match["before"]) == bool(match["after"]):
        return None
    number = parse_number(match["number"])
    if re.fullmatch("[RＲ][0-9０-９]{1,2}", text):
        return None  # 令和3年 rather than a revised 3
    return (number, match["before"] or match["after"]) if number is not None else None


def name_flag(flag: str) -> str:
    """A flag as FLAGS has it: ＜ → <, R → r."""
    return to_half_width(flag).lower()


YEN = "¥"
_YEN = re.compile(r"[¥￥]\s*(?P<amount>[0-9０-９][0-9０-９,，.]*)\s*[-－―ー]?")


def split_unit(text: str) -> tuple[str, str] | None:
    """The number and the unit of "1,234人", or of "¥1,234-"; None unless the unit is a known one and nothing stands in front."""
    if (yen := _YEN.fullmatch(text.strip())) and (amount := parse_number(yen["amount"])) is not None:
        return amount, YEN
    parts = find_unit(text)
    if parts is None or parts[0] or not is_unit(parts[1]):
        return None
    number = parse_number(text.strip()[: len(text.strip()) - len(parts[1])])
    return (number, parts[1]) if number is not None else None


def is_unit(text: str) -> bool:
    """Whether a text is a known unit of measurement."""
    return bool(text.strip()) and to_half_width(text).strip() in _UNITS


def is_date(text: str) -> bool:
    """Whether a text is a day, month or moment, but not a plain number."""
    plain = simplify(text)
    if plain.isdigit():
        return False
    return (
        parse_date(text) is not None
        or parse_moment(text) is not None
        or parse_month(text) is not None
        or parse_day(text, "mdy") is not None
        or parse_day(text, "dmy") is not None
    )


def is_total(text: str) -> bool:
    """Whether a cell is the word of a total or subtotal."""
    plain = squeeze(text)
    return bool(plain) and len(plain) <= 12 and TOTAL.fullmatch(plain) is not None


_AVERAGE = re.compile(r"(月|年|日|週|[1一]日|全|総|県|市|区|町|村|期間|全国|全体)?(の)?平均(値)?", re.I)


def is_average(text: str) -> bool:
    """Whether a cell is the word of a mean of other rows."""
    return _AVERAGE.fullmatch(squeeze(text)) is not None


def is_grand(text: str) -> bool:
    """Whether a cell is the word of a total over everything."""
    return GRAND.fullmatch(squeeze(text)) is not None


def is_note(text: str) -> bool:
    """Whether a line is a footnote or names a source."""
    return NOTE.match(text.strip(" \u3000")) is not None


_PAGE = re.compile(
    r"(?:\(?-?\s*)?[0-9]+(?:\s*/\s*[0-9]+)?\s*(?:ページ|頁|page)\)?|[Pp](?:age)?\.?\s*[0-9]+|-\s*[0-9]+\s*-", re.I
)
"""The number of a page."""


def is_page(text: str) -> bool:
    """Whether a text is the number of a page: 1/2ページ."""
    return _PAGE.fullmatch(to_half_width(text).strip()) is not None


def find_units(text: str) -> tuple[str, ...]:
    """The units of a line such as "（単位：冊、人）"; () if it is none."""
    match = _UNIT_LINE.fullmatch(text.strip(" \u3000"))
    if match is None:
        return ()
    if is_unit(match["units"]):
        return (match["units"].strip(),)
    return tuple(unit.strip() for unit in re.split("[、，,・;；]", match["units"]) if unit.strip())


_ERA_YEAR = re.compile(r"(?P<era>明治|大正|昭和|平成|令和|[MTSHR])(?P<n>元|[0-9]{1,2})(?P<tail>年度?)?")
_BARE_YEAR = re.compile(r"(?P<n>元|[0-9]{1,2})(?P<tail>年度?)?")


def carry_eras(texts: Sequence[str]) -> list[str]:
    """The texts with the era of the year before for years without one: 令和2年度, 3, 4; as they are where one doesn't follow."""
    era, last, tail = "", 0, ""
    made: list[str] = []
    for text in texts:
        plain = squeeze(text)
        match = _ERA_YEAR.fullmatch(plain) or (_BARE_YEAR.fullmatch(plain) if era else None)
        if match is None:
            made.append(text)
            continue
        number, bare = 1 if match["n"] == "元" else int(match["n"]), match.re is _BARE_YEAR
        if bare and number <= last:
            return list(texts)
        era, tail, last = era if bare else match["era"], match["tail"] or tail, number
        made.append(f"{era}{match['n']}{tail}" if bare else text)
    return made


def is_period(text: str) -> str:
    """ "year", "fiscal_year", "month", "day" or "year_month" of a heading that is one; else ""."""
    plain = squeeze(text)
    if re.fullmatch(
        r"(19|20)\d\d年?(\(.{1,6}\))?|(明治|大正|昭和|平成|令和|[MTSHR])(元|\d{1,2})年(\(\d{4}年?\))?|\d{4}年\(.+?\)"
        r"|(平成|令和|[HR])(元|\d{1,2})",
        plain,
    ):
        return "year"
    if re.fullmatch(r"(FY)?((19|20)\d\d|(明治|大正|昭和|平成|令和|[MTSHR])(元|\d{1,2}))年度(\(.+\))?", plain):
        return "fiscal_year"
    if re.fullmatch(r"(1[0-2]|[1-9])月", plain):
        return "month"
    if re.fullmatch(
        r"((19|20)\d\d年?|(平成|令和|[HR])(元|\d{1,2})[年.])[-/.]?(1[0-2]|0?[1-9])月?", plain
    ) and parse_month(plain):
        return "year_month"
    return "day" if parse_date(plain) and not plain.isdigit() else ""
