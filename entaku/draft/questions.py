"""What could not be decided of a table, to be asked of its owner."""

import re
from collections.abc import Sequence

from entaku.draft.build import Texts
from entaku.draft.plan import ColumnPlan, Question, TablePlan
from entaku.draft.values import CLOCK, are_codes, read_number
from entaku.draft.words import is_mark
from entaku.formats.dates import parse_month
from entaku.formats.text import to_half_width


def ask_table(plan: TablePlan, texts: Texts) -> list[Question]:
    """What could not be decided of a table, with what was taken."""
    asked = []
    labels = {one.source: one.label for one in plan.fields}
    if plan.downward:
        words = "、".join(labels.get(one, one) for one in plan.downward)
        asked.append(Question(
            key=f"{plan.name}.downward", ja=f"列「{words}」の空のセルは、上と同じ値ですか",
            en=f'Do empty cells of "{words}" mean "as above"?', answer="上と同じ / as above",
        ))  # fmt: skip
    for one in plan.fields:
        if one.order and all(_is_either(text) for text in texts.columns[one.source] if text):
            asked.append(Question(
                key=f"{plan.name}.{one.name}.order", ja=f"列「{one.label}」の日付は、月/日/年 ですか、日/月/年 ですか",
                en=f'Are the dates of "{one.label}" month/day/year or day/month/year?', answer="月/日/年 / month first",
            ))  # fmt: skip
        if one.serial:
            asked.append(Question(
                key=f"{plan.name}.{one.name}.serial", ja=f"列「{one.label}」の数は、Excel の日付の通し番号ですか",
                en=f'Are the numbers of "{one.label}" serial numbers of days?', answer="通し番号 / serials",
            ))  # fmt: skip
        filled = [text for text in texts.columns[one.source] if text]
        if one.type == "string" and filled and all(map(_DAY_ALONE.match, filled)):
            asked.append(Question(
                key=f"{plan.name}.{one.name}.year", ja=f"列「{one.label}」の日付には年がありません。何年ですか",
                en=f'The dates of "{one.label}" have no year. Which is it?', answer="文字のまま / left as text",
            ))  # fmt: skip
        asked += _ask_text(plan.name, one, filled)
    asked += _ask_sums(plan, labels)
    asked += _ask_units(plan)
    return asked


_DAY_ALONE = re.compile(r"[0-9０-９]{1,2}\s*(?:月\s*[0-9０-９]{1,2}\s*日|/\s*[0-9０-９]{1,2}\s*(?:[(（].[)）])?$)")


def _ask_units(plan: TablePlan) -> list[Question]:
    """What became of rows in another unit."""
    usual = next((one.unit for one in plan.fields if one.is_number and one.unit), plan.melt.unit if plan.melt else "")
    return [
        Question(
            key=f"{plan.name}.{word}.unit", ja=f"「{word}」の行の単位（{one.unit}）は、ほかの行（{usual}）と違います。別の表でよいですか",
            en=f'"{word}" is in {one.unit}, other rows in {usual}. Is it a table of its own?',
            answer="別の表 / a table of its own",
        )
        for one in plan.units
        for word in one.words
    ]  # fmt: skip


def _ask_sums(plan: TablePlan, labels: dict[str, str]) -> list[Question]:
    asked = []
    for one in plan.sums:
        for source, total, parts in one.differs:
            asked.append(Question(
                key=f"{plan.name}.{one.word}", ja=f"「{one.word}」の {labels[source]} {total} は、内訳の和 {parts} と違います。どちらが正しいですか",
                en=f'"{one.word}": {labels[source]} is {total}, the parts add up to {parts}. Which is right?',
                answer="元のまま / as it is",
            ))  # fmt: skip
    return asked


def _is_either(text: str) -> bool:
    """Whether a date such as 3/5/2024 may be the fifth of March or the third of May."""
    match = re.match(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}", text)
    return match is None or (int(match[1]) <= 12 and int(match[2]) <= 12)


_DEGREES = re.compile(r"\D?\s*[0-9]{1,3}\s*[度°].*")
_TWO = re.compile(r"[0-9][0-9,.]*\s*\([0-9][0-9,.]*\)")
_MONTH_ALONE = re.compile("[0-9]{1,2}月")
_SIGNS = re.compile(r"[^\w\s]|レ|…|通過")
"""What stands in a timetable instead of a time: ↓, ‖, レ."""


def _ask_text(table: str, one: ColumnPlan, filled: Sequence[str]) -> list[Question]:
    """Why a column was left as text though most of its values seem to be something else."""
    if one.type != "string" or len(filled) < 2:
        return []
    half = [to_half_width(text).strip() for text in filled]
    plain = [text for text in half if not is_mark(text)]
    times = [text for text in plain if CLOCK.fullmatch(text)]
    numbers = [text for text in plain if read_number(text)[0] is not None]
    odd = list(dict.fromkeys(text for text in plain if read_number(text)[0] is None))
    late = next((text for text in times if int(re.split("[:：]", text)[0]) > 23), "")
    ja = en = ""
    if late and all(text in times or _SIGNS.fullmatch(text) for text in plain):
        ja, en = f"には、24 時を過ぎる時刻（{late}）があります", f"has times beyond 24:00 ({late})"
    elif re.search("緯度|経度|lat|lon", one.label, re.I) and plain and all(map(_DEGREES.fullmatch, plain)):
        ja, en = (
            "は度分秒です。地図には十進の度（35.6895）の列が要ります",
            "is in degrees, minutes and seconds; maps need decimal degrees",
        )
    elif plain and sum(_TWO.fullmatch(text) is not None for text in plain) * 2 > len(plain):
        two = next(text for text in plain if _TWO.fullmatch(text))
        ja, en = f"は、一つのセルに数が二つあります（{two}）", f"has two numbers in one cell ({two})"
    elif any(parse_month(text) for text in plain) and any(map(_MONTH_ALONE.fullmatch, plain)):
        bare = next(text for text in plain if _MONTH_ALONE.fullmatch(text))
        ja, en = f"には、年のない月（{bare}）があります", f"has months without a year ({bare})"
    elif odd and len(numbers) * 2 > len(plain) and not are_codes(one.label, plain):
        some = "、".join(odd[:3])
        ja, en = f"には、数でない値（{some}）があります", f"has values that are no numbers ({', '.join(odd[:3])})"
    return [Question(
        key=f"{table}.{one.name}.text", ja=f"列「{one.label}」{ja}", en=f'"{one.label}" {en}', answer="文字のまま / left as text",
    )] if ja else []  # fmt: skip
