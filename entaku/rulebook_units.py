"""Units, as the headings of Japanese tables tell them."""

import re

UNITS = (
    "人|件|円|千円|百万円|億円|万円|万|千|kg|km|m|cm|mm|g|t|ha|㎡|㎢|個|台|回|本|枚|箇所|か所|ヶ所|世帯|戸|社|校|棟|隻|機|両|組|点|冊|食|泊|日|月|年|"
    "時間|分|秒|歳|才|度|号|丁目|室|床|園|店|館|施設|団体|路線|駅|便|頭|羽|匹|株|基|kW|kWh|MW|GW|L|mL|dL|kL|平方メートル|平方キロメートル|ヘクタール"
)
IN_BRACKETS = re.compile(
    rf"[（(\[［【]\s*(単位[:：]?\s*)?(千|百|万|億|十|約)*({UNITS}|[%％‰℃°㎞㎏㎝㎜㎡㎢㎥]|mL|dL|m2|km2|m3|ppm|dB|Hz|pt|ポイント|床|点|倍)(当たり|あたり|/.*)?\s*[）)\]］】]",
    re.IGNORECASE,
)
IMPLIES = re.compile(
    r"金額|人口|人数|面積|割合|比率|[率数費額比]$|年齢|歳入|歳出|価格|単価|料金|重量|延長|距離|高さ|緯度|経度|件数|世帯|戸数|気温|温度|湿度"
    r"|(数|率|額|費)(_|[（(])|latitude|longitude|lat$|lng$|lon$|count|total|amount|population|age|percent|ratio|rate|area", re.IGNORECASE
)  # fmt: skip
NEEDS_NONE = re.compile(
    r"コード|番号|No\.?|№|ID|指数|順位|区分|フラグ|階級|等級|電話|郵便|FAX|TEL|年|月|日|code|number|rank|index|flag|key|通し|連番|並び|行$|号$|桁",
    re.IGNORECASE,
)


def measures(heading: str) -> bool:
    """Whether a heading may be that of a quantity: not of a code, a number that only names, a rank or a day."""
    return bool(IMPLIES.search(heading) or not NEEDS_NONE.search(heading))


def tells_unit(heading: str) -> bool:
    """Whether a heading tells a unit, implies one, or needs none."""
    return any(pattern.search(heading) for pattern in (IN_BRACKETS, IMPLIES, NEEDS_NONE))
