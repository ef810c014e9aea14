"""Decide the rules on how tables are laid out and what their cells hold (L1-02…09, L2-01…05, L3-01)."""

import difflib
import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from entaku.audit.grids import GridSpot
from entaku.audit.known import Decision, RawFile, tell, undecided
from entaku.audit.rules_meaning import is_period, is_time
from entaku.audit.tables import PLAIN, WITH_PERCENT, Area, RuleColumn, looks_numeric, plain
from entaku.formats.heavy import late_compile

# ---- layout -----------------------------------------------------------------------------------------------------

NUMBERED_HEADING = late_compile(r"^((列|項目)[ _]?[0-9]+|(Column|Field|Unnamed:?)[ _]?[0-9]*)$")


def judge_one_table(file: RawFile) -> Decision:
    """Decide L1-02: one table a sheet."""
    more = (area for grid in file.visible for area in file.areas(grid)[1:])
    return tell(GridSpot(area.grid, area.top) for area in more)


def judge_gaps(file: RawFile) -> Decision:
    """Decide L1-03: no empty rows or columns within a table."""

    def spots() -> Iterator[GridSpot]:
        for area in file.tables:
            if area.bottom - area.top >= 2:
                yield from (GridSpot(area.grid, row) for row in area.gaps)
            yield from (column.spot() for column in _empty_columns(area))
        for grid in file.visible:
            areas = file.areas(grid)
            for above, below in pairwise(areas):
                between = range(above.bottom + 1, below.top)
                yield from (GridSpot(grid, row) for row in between if not any(map(str.strip, grid.rows[row])))

    return tell(spots())


def _empty_columns(area: Area) -> Iterator[RuleColumn]:
    covered = {at for _, left, _, right in area.grid.merged for at in range(left, right + 1)}
    for column in area.columns:
        if not column.filled and not column.heading and column.at not in covered:
            yield column
    if not area.grid.excel:
        width = len(area.grid.rows[area.top])
        for at in range(area.right + 1, width):
            if not any(area.grid.text(row, at).strip() for row in range(area.top, area.bottom + 1)):
                yield RuleColumn(area, at, "", (), ())


def judge_stray(file: RawFile) -> Decision:
    """Decide L1-04: nothing outside the table."""

    def spots() -> Iterator[GridSpot]:
        for grid in file.visible:
            areas = file.areas(grid)
            inside = {row for area in areas for row in range(area.top, area.bottom + 1)}
            for row, cells in enumerate(grid.rows):
                if row in inside and not grid.excel:  # there more cells are L1-15's matter
                    continue
                for at, cell in enumerate(cells):
                    if cell.strip() and not any(area.covers(row, at) for area in areas):
                        yield GridSpot(grid, row, at)

    return tell(spots()) if file.tables else undecided("no-table")


def judge_start(file: RawFile) -> Decision:
    """Decide L3-01: the header is the first row, the data follow at once."""
    if not file.tables:
        return undecided("no-table")
    late, long = [], []
    for grid in file.visible:
        for area in file.areas(grid)[:1]:
            if area.top > 0 or grid.lines[area.top] > 1:
                late.append(GridSpot(grid, area.top))
            elif area.top + area.head in area.gaps:
                late.append(GridSpot(grid, area.top + area.head))
            elif area.head > 2:
                long.append(GridSpot(grid, area.top))
    return tell(late) if late else tell(long, "long-header", "major")


# ---- headings ---------------------------------------------------------------------------------------------------


def judge_headings(file: RawFile) -> Decision:
    """Decide L1-05: every column has a name that tells what it holds."""

    def spots() -> Iterator[GridSpot]:
        for area in file.tables:
            names = [plain(column.heading) for column in area.columns]
            numbers = [int(name) for name in names if re.fullmatch("[0-9]{1,3}", name)]
            counted = len(numbers) == len(names) > 1 and numbers == list(range(numbers[0], numbers[0] + len(names)))
            for column, name in zip(area.columns, names, strict=True):
                if (column.filled and not name) or counted or NUMBERED_HEADING.match(column.heading.strip()):
                    yield column.spot(area.top)

    return tell(spots())


def judge_names(file: RawFile) -> Decision:
    """Decide L2-03: every column has a name of its own, in one row."""

    def spots() -> Iterator[GridSpot]:
        for area in file.tables:
            names = [plain(column.heading) for column in area.columns]
            shared = {
                at for top, left, bottom, right in area.grid.merged if area.top <= top < area.top + area.head and right > left
                for at in range(left, right + 1)
            }  # fmt: skip
            split = area.head > 1 and not any(_names_all(area, row) for row in range(area.top, area.top + area.head))
            for column, name in zip(area.columns, names, strict=True):
                if (not name and column.filled) or (name and names.count(name) > 1) or column.at in shared or split:
                    yield column.spot(area.top)
            yield from _nameless(area)

    return tell(spots())


def _names_all(area: Area, row: int) -> bool:
    """Test whether one row of a header names each column with values, and no two alike."""
    names = [plain(area.grid.text(row, column.at)) for column in area.columns if column.filled]
    return all(names) and len(set(names)) == len(names)


def _nameless(area: Area) -> Iterator[GridSpot]:
    """Point at columns of a CSV that its header line counts and nobody named."""
    if not area.grid.excel:
        width = len(area.grid.rows[area.top])
        yield from (GridSpot(area.grid, area.top, at) for at in range(area.right + 1, width))


# ---- cells ------------------------------------------------------------------------------------------------------

ADDRESS = late_compile(r"住所|所在地|address|addr|勤務地|居所|連絡先住所|本籍|現住所|送付先", re.IGNORECASE)
FREE_TEXT = late_compile(
    r"備考|摘要|説明|概要|内容|注記|注釈|特記|メモ|コメント|アクセス|経路|remarks?|notes?|description|comment",
    re.IGNORECASE,
)
"""Headings of columns that hold sentences, once an owner has declared them."""
ITEM_MARK = late_compile(
    r"^([（(]?[0-9０-９]+[)）.．]?|[①-⑳ア-ンa-zA-Z]|[・○●◎■□◆◇※＊*][0-9０-９]*|第[0-9０-９]+\S?|［[^］]*］)　"
)


def judge_spaces(file: RawFile) -> Decision:
    """Decide L1-06: no spaces or newlines for looks."""

    def spots() -> Iterator[GridSpot]:
        for area in file.tables:
            for column in area.cells:
                address = ADDRESS.search(column.heading) is not None
                yield from column.where(lambda text, address=address: is_padded(text, address))  # type: ignore[misc]

    return tell(spots())


def is_padded(text: str, address: bool = False) -> bool:
    """Test whether a cell has spaces or newlines for looks."""
    if text.split() == [text]:  # it has none
        return False
    text = re.sub(r"\r?\n\Z", "", text)
    if text != text.strip(" \t\u3000\xa0"):
        return True
    if not address and ("\u3000" in ITEM_MARK.sub("", text) or re.search(r"[ \u3000]{2,}", text)):
        return True
    return "\n" in text and sum(map(str.isspace, text)) * 10 > len(text)


def judge_one_value(file: RawFile) -> Decision:
    """Decide L1-07: one value a cell."""

    def spots() -> Iterator[GridSpot]:
        for area in file.tables:
            for column in area.cells:
                if FREE_TEXT.search(column.heading) and file.known.field(column):
                    continue
                numeric = column.numeric
                yield from column.where(lambda text, numeric=numeric: holds_several(text, numeric))  # type: ignore[misc]

    return tell(spots())


def holds_several(text: str, numeric: bool = False) -> bool:
    """Test whether a cell holds more than one value."""
    if sum(bool(line.strip()) for line in text.splitlines()) > 1 or re.fullmatch(
        r"\s*[0-9０-９]+（[0-9０-９]+）\s*", text
    ):
        return True
    if text.count("、") > 1 or text.count("・") > 1:
        return True
    if re.search(r"(?<![0-9]),(?![0-9])", text):
        return True
    bare = re.sub(r"\s+|（[^）]*）|\([^)]*\)", "", text)
    return not numeric and "," in bare and not re.fullmatch(r"[^0-9]*[0-9]{1,3}(,[0-9]{3})*(\.[0-9]+)?[^0-9,]*", bare)


# ---- numbers ----------------------------------------------------------------------------------------------------


def judge_zero(file: RawFile) -> Decision:
    """Decide L1-09: what is not known is told from nought."""

    def spots() -> Iterator[GridSpot]:
        for column in file.columns:
            blanks = len(column.cells) - column.filled
            if (
                column.numeric
                and column.filled >= 3
                and blanks
                and column.values["0"] > 1
                and not file.known.field(column)
            ):
                yield column.spot()

    return tell(spots(), "ask-zero", state="undecided")


def judge_numbers(file: RawFile) -> Decision:
    """Decide L2-01: numbers are numbers: no units, separators, signs of other kinds, notes."""

    def spots() -> Iterator[GridSpot]:
        for column in file.columns:
            if is_counted(column):
                percent = column.share(lambda text: WITH_PERCENT.fullmatch(text.strip()), of_plain=False) >= 0.5
                yield from column.where(lambda text, percent=percent: not is_number(text, percent))  # type: ignore[misc]

    return tell(spots())


def is_counted(column: RuleColumn) -> bool:
    """Test whether a column holds amounts: mostly numbers, however written, and neither times nor addresses."""
    if not column.filled or ADDRESS.search(column.heading) or column.share(looks_numeric, of_plain=True) <= 0.5:
        return False
    return not is_time(column) and column.share(is_period, of_plain=False) < 0.5


def is_number(text: str, percent: bool = False) -> bool:
    """Test whether a cell of such a column may stay: a plain number, a mark without a digit, a share among shares."""
    text = text.strip()
    return bool(PLAIN.fullmatch(text)) or not re.search("[0-9０-９]", text) or (percent and "%" in text)


# ---- labels and choices -----------------------------------------------------------------------------------------

DITTO = ("〃", "同上", "同左", "同右", "〇", "仝", "ヽ", "々")
NOTE_AFTER = late_compile(r"(?<=\S)[\s\u3000]*[※＊＃#（(「【].*$")
OTHER_WITH_DETAIL = late_compile(r"^その他\s*[（(：:].+")
CHOICES_FROM, MOST_CHOICES = 20, 20
ALIKE = 0.75
ORDINALS = late_compile(r"[0-9一二三四五六七八九十百上中下前後東西南北左右男女内外大小新旧]")
"""Characters by which two choices may differ and mean different things."""


def judge_ditto(file: RawFile) -> Decision:
    """Decide L2-02: every row says all of its labels."""

    def spots() -> Iterator[GridSpot]:
        for area in file.tables:
            covered = {
                (row, at) for top, left, bottom, right in area.grid.merged
                for at in range(left, right + 1) for row in range(top, bottom + 1)
            }  # fmt: skip
            for column in area.columns:
                yield from column.where(lambda text: text.strip() in DITTO)
            for column in find_labels(area, file):
                above = False
                for row, text in zip(column.rows, column.cells, strict=True):
                    if not text.strip() and above and (row, column.at) not in covered:
                        yield column.spot(row)
                    above = above or bool(text.strip())

    return tell(spots())


def find_labels(area: Area, file: RawFile) -> Iterator[RuleColumn]:
    """Find the columns that say what a row is about: by the primary key, else those before the first number."""
    known = [column for column in area.columns if file.known.field(column)]
    if known:
        yield from (column for column in known if file.known.in_key(column) or file.known.is_filled_down(column))
        return
    for column in area.columns:
        if column.numeric:
            return
        others = [each for each in area.columns if each.at > column.at and each.numeric]
        if column.filled and (others or column.at == area.left):
            yield column


def judge_choices(file: RawFile) -> Decision:
    """Decide L2-04: one spelling for one choice."""

    def spots() -> Iterator[GridSpot]:
        for column in file.columns:
            odd = find_odd(column, file)
            yield from column.at_texts(odd)

    return tell(spots())


def find_odd(column: RuleColumn, file: RawFile) -> frozenset[str]:
    """Find the values of a column of choices that are some other choice, spelt otherwise."""
    allowed = file.known.choices(column)
    if allowed and column.share(lambda text: text in allowed) >= 0.5:
        strange = (text for text in column.values if text not in allowed)
        return frozenset(text for text in strange if any(are_same(text, other) for other in allowed))
    if column.filled < CHOICES_FROM or len(column.values) > MOST_CHOICES or column.numeric:
        return frozenset()
    rare = [text for text, count in column.values.items() if count <= 2 and count <= 0.05 * column.filled]
    common = [text for text in column.values if text not in rare]
    return frozenset(text for text in rare if any(are_same(text, other) for other in common))


def are_same(text: str, other: str) -> bool:
    """Test whether two choices are the same but for width, a note or a slip."""
    one, two = (NOTE_AFTER.sub("", unicodedata.normalize("NFKC", each)).strip() for each in (text, other))
    if one == two:
        return True
    if min(len(one), len(two)) < 2 or ORDINALS.findall(one) != ORDINALS.findall(two):
        return False
    if re.search("[0-9]", one) and re.findall("[A-Za-z]", one) != re.findall("[A-Za-z]", two):
        return False
    return difflib.SequenceMatcher(None, one, two).ratio() >= ALIKE


def judge_other(file: RawFile) -> Decision:
    """Decide L2-05: what "other" means has a column of its own."""

    def spots() -> Iterator[GridSpot]:
        for column in file.columns:
            others = [text for text in column.values if "その他" in text]
            rare = len(others) > 1 and any(column.values[text] < 3 for text in others) and column.filled >= CHOICES_FROM
            yield from column.where(
                lambda text, rare=rare: (
                    bool(OTHER_WITH_DETAIL.match(text)) or (rare and "その他" in text and text != "その他")
                )  # type: ignore[misc]
            )

    return tell(spots())
