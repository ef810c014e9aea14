"""Level 2: whether a program can reckon with the values (L2-01…06)."""

import difflib
import re
import unicodedata
from collections.abc import Iterator

from entaku.audit.rules_area import PLAIN, WITH_PERCENT, Area, Column, looks_numeric, plain
from entaku.audit.rules_book import Found, Spot, tell
from entaku.audit.rules_known import Look
from entaku.audit.rules_one import ADDRESS, of_excel
from entaku.audit.rules_three import is_period, is_time

DITTO = ("〃", "同上", "同左", "同右", "〇", "仝", "ヽ", "々")
NOTE_AFTER = re.compile(r"(?<=\S)[\s\u3000]*[※＊＃#（(「【].*$")
OTHER_WITH_DETAIL = re.compile(r"^その他\s*[（(：:].+")
CHOICES_FROM, MOST_CHOICES = 20, 20
ALIKE = 0.75
ORDINALS = re.compile(r"[0-9一二三四五六七八九十百上中下前後東西南北左右男女内外大小新旧]")
"""Characters by which two choices may differ and mean different things."""


def judge_numbers(look: Look) -> Found:
    """L2-01: numbers are numbers: no units, separators, signs of other kinds, notes."""

    def spots() -> Iterator[Spot]:
        for column in look.columns:
            if is_counted(column):
                percent = column.share(lambda text: WITH_PERCENT.fullmatch(text.strip())) >= 0.5
                yield from column.where(lambda text, percent=percent: not is_number(text, percent))  # type: ignore[misc]

    return tell(spots())


def is_counted(column: Column) -> bool:
    """Whether a column holds amounts: more than half of it numbers, however written, and neither times nor addresses."""
    if not column.filled or ADDRESS.search(column.heading) or column.share(looks_numeric) <= 0.5:
        return False
    return not is_time(column) and column.share(is_period) < 0.5


def is_number(text: str, percent: bool = False) -> bool:
    """Whether a cell of such a column may stand: a plain number, a mark without a digit, or a share among shares."""
    text = text.strip()
    return bool(PLAIN.fullmatch(text)) or not re.search("[0-9０-９]", text) or (percent and "%" in text)


def judge_ditto(look: Look) -> Found:
    """L2-02: every row says all of its labels."""

    def spots() -> Iterator[Spot]:
        for area in look.tables:
            covered = {
                (row, at) for top, left, bottom, right in area.grid.merged
                for at in range(left, right + 1) for row in range(top, bottom + 1)
            }  # fmt: skip
            for column in area.columns:
                yield from column.where(lambda text: text.strip() in DITTO)
            for column in find_labels(area, look):
                above = False
                for row, text in zip(column.rows, column.cells, strict=True):
                    if not text.strip() and above and (row, column.at) not in covered:
                        yield column.spot(row)
                    above = above or bool(text.strip())

    return tell(spots())


def find_labels(area: Area, look: Look) -> Iterator[Column]:
    """Columns that say what a row is about: by the primary key, else those before the first number."""
    known = [column for column in area.columns if look.known.field(column)]
    if known:
        yield from (column for column in known if look.known.in_key(column) or look.known.is_filled_down(column))
        return
    for column in area.columns:
        if column.numeric:
            return
        others = [each for each in area.columns if each.at > column.at and each.numeric]
        if column.filled and (others or column.at == area.left):
            yield column


def judge_names(look: Look) -> Found:
    """L2-03: every column has a name of its own, in one row."""

    def spots() -> Iterator[Spot]:
        for area in look.tables:
            names = [plain(column.heading) for column in area.columns]
            shared = {
                at for top, left, bottom, right in area.grid.merged if area.top <= top < area.top + area.head and right > left
                for at in range(left, right + 1)
            }  # fmt: skip
            for column, name in zip(area.columns, names, strict=True):
                if (not name and column.filled) or (name and names.count(name) > 1) or column.at in shared:
                    yield column.spot(area.top)
            yield from _nameless(area)

    return tell(spots())


def _nameless(area: Area) -> Iterator[Spot]:
    """Columns of a CSV that its header line counts and nobody named."""
    if not area.grid.excel:
        width = len(area.grid.rows[area.top])
        yield from (Spot(area.grid, area.top, at) for at in range(area.right + 1, width))


def judge_choices(look: Look) -> Found:
    """L2-04: one spelling for one choice."""

    def spots() -> Iterator[Spot]:
        for column in look.columns:
            odd = find_odd(column, look)
            yield from column.at_texts(odd)

    return tell(spots())


def find_odd(column: Column, look: Look) -> frozenset[str]:
    """The values of a column of choices that are some other choice, spelt otherwise."""
    allowed = look.known.choices(column)
    if allowed and column.share(lambda text: text in allowed) >= 0.5:
        strange = (text for text in column.values if text not in allowed)
        return frozenset(text for text in strange if any(are_same(text, other) for other in allowed))
    if column.filled < CHOICES_FROM or len(column.values) > MOST_CHOICES or column.numeric:
        return frozenset()
    rare = [text for text, count in column.values.items() if count <= 2 and count <= 0.05 * column.filled]
    common = [text for text in column.values if text not in rare]
    return frozenset(text for text in rare if any(are_same(text, other) for other in common))


def are_same(text: str, other: str) -> bool:
    """Whether two choices are the same but for width, a note or a slip."""
    one, two = (NOTE_AFTER.sub("", unicodedata.normalize("NFKC", each)).strip() for each in (text, other))
    if one == two:
        return True
    if min(len(one), len(two)) < 2 or ORDINALS.findall(one) != ORDINALS.findall(two):
        return False
    if re.search("[0-9]", one) and re.findall("[A-Za-z]", one) != re.findall("[A-Za-z]", two):
        return False
    return difflib.SequenceMatcher(None, one, two).ratio() >= ALIKE


def judge_other(look: Look) -> Found:
    """L2-05: what "other" means has a column of its own."""

    def spots() -> Iterator[Spot]:
        for column in look.columns:
            others = [text for text in column.values if "その他" in text]
            rare = len(others) > 1 and any(column.values[text] < 3 for text in others) and column.filled >= CHOICES_FROM
            yield from column.where(
                lambda text, rare=rare: (
                    bool(OTHER_WITH_DETAIL.match(text)) or (rare and "その他" in text and text != "その他")
                )  # type: ignore[misc]
            )

    return tell(spots())


def judge_formulas(look: Look) -> Found:
    """L2-06: values, no formulas and no errors."""

    def spots() -> Iterator[Spot]:
        for area in look.tables:
            yield from (Spot(area.grid, row, at) for row, at in area.grid.formulas if area.covers(row, at))

    return tell(spots())


LEVEL = {
    "L2-01": judge_numbers, "L2-02": judge_ditto, "L2-03": judge_names, "L2-04": judge_choices, "L2-05": judge_other,
    "L2-06": of_excel(judge_formulas),
}  # fmt: skip
