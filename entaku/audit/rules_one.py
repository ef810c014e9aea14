"""Level 1: whether a program can read the file at all (L1-01…15).

Each function takes what is known of a file and tells what one rule finds; the rules are those of
「行政データにおける機械可読性に関するルール」（デジタル庁）, decided as its sample checker does or, where that says
nothing, as docs/quality.md says.
"""

import operator
import re
from collections.abc import Callable, Container, Iterator
from itertools import pairwise

from entaku.audit.rules_area import Area, Column, plain
from entaku.audit.rules_book import Found, Grid, Spot, exempt, tell, undecided
from entaku.audit.rules_known import Look

READ = ("csv", "tsv", "xlsx")
OPEN = (*READ, "ods", "json", "xml")
SUFFIXES = {
    "csv": ("csv", "txt"), "tsv": ("tsv", "tab", "txt"), "xlsx": ("xlsx", "xlsm"), "xls": ("xls",), "zip": ("zip",), "pdf": ("pdf",),
    "json": ("json", "geojson"), "ods": ("ods",), "word": ("doc", "docx"),
}  # fmt: skip
CODE_HEADING = re.compile(r"^((列|項目)[ _]?[0-9]+|(Column|Field|Unnamed:?)[ _]?[0-9]*)$")
ADDRESS = re.compile(r"住所|所在地|address|addr|勤務地|居所|連絡先住所|本籍|現住所|送付先", re.IGNORECASE)
FREE_TEXT = re.compile(
    r"備考|摘要|説明|概要|内容|注記|注釈|特記|メモ|コメント|アクセス|経路|remarks?|notes?|description|comment",
    re.IGNORECASE,
)
"""Headings of columns that hold sentences, once an owner has declared them."""
ITEM_MARK = re.compile(
    r"^([（(]?[0-9０-９]+[)）.．]?|[①-⑳ア-ンa-zA-Z]|[・○●◎■□◆◇※＊*][0-9０-９]*|第[0-9０-９]+\S?|［[^］]*］)　"
)
PLATFORM = re.compile(
    "[\u2460-\u2473\u3251-\u325f\u32b1-\u32bf\u2160-\u217f\u3220-\u3243\u3280-\u32ff\u3300-\u33ff\ufe30-\ufe4f\u301c\uff5e]"
)
UNREPORTED = "㎡㎥㎢㎠㎝㎞㎜㎏㎎㎍㎅㎄㎃㎖㎗㎘㏄㏊"


def judge_format(look: Look) -> Found:
    """L1-01: a format that programs read, and a name that says so."""
    book = look.book
    kinds = book.kinds or ((book.name, book.kind),)
    if book.kind == "empty" or any(kind == "empty" for _, kind in kinds):
        return Found("failed", 1, why="format-empty")
    closed = [Spot(_member(name)) for name, kind in kinds if kind not in OPEN]
    if closed and not (book.kind == "zip" and not book.kinds):
        old = all(kind == "xls" for _, kind in kinds if kind not in OPEN)
        return tell(closed, "format-old" if old else "format-closed")
    if book.kind == "zip" and not book.kinds:
        return Found("failed", 1, why="format-no-table")
    if book.broken:
        return Found("failed", 1, why="format-broken")
    return tell((Spot(_member(name)) for name, kind in kinds if not _agree(name, kind)), "format-name")


def _member(name: str) -> Grid:
    return Grid(name, False, (), ())


def _agree(name: str, kind: str) -> bool:
    """Whether a name ends as its content is; a name that promises no format is let be."""
    suffix = name.rpartition(".")[2].lower()
    promised = [each for each, suffixes in SUFFIXES.items() if suffix in suffixes]
    return "." not in name or not promised or kind in promised


def judge_one_table(look: Look) -> Found:
    """L1-02: one table a sheet."""
    more = (area for grid in look.visible for area in look.areas(grid)[1:])
    return tell(Spot(area.grid, area.top) for area in more)


def judge_gaps(look: Look) -> Found:
    """L1-03: no empty rows or columns within a table."""

    def spots() -> Iterator[Spot]:
        for area in look.tables:
            if area.bottom - area.top >= 2:
                yield from (Spot(area.grid, row) for row in area.gaps)
            yield from (column.spot() for column in _empty_columns(area))
        for grid in look.visible:
            areas = look.areas(grid)
            for above, below in pairwise(areas):
                between = range(above.bottom + 1, below.top)
                yield from (Spot(grid, row) for row in between if not any(map(str.strip, grid.rows[row])))

    return tell(spots())


def _empty_columns(area: Area) -> Iterator[Column]:
    covered = {at for _, left, _, right in area.grid.merged for at in range(left, right + 1)}
    for column in area.columns:
        if not column.filled and not column.heading and column.at not in covered:
            yield column
    if not area.grid.excel:
        width = len(area.grid.rows[area.top])
        for at in range(area.right + 1, width):
            if not any(area.grid.text(row, at).strip() for row in range(area.top, area.bottom + 1)):
                yield Column(area, at, "", (), ())


def judge_stray(look: Look) -> Found:
    """L1-04: nothing outside the table."""

    def spots() -> Iterator[Spot]:
        for grid in look.visible:
            areas = look.areas(grid)
            inside = {row for area in areas for row in range(area.top, area.bottom + 1)}
            for row, cells in enumerate(grid.rows):
                for at, cell in enumerate(cells):
                    if not cell.strip() or (row in inside and not grid.excel):  # there more cells are L1-15's matter
                        continue
                    if not any(area.covers(row, at) for area in areas):
                        yield Spot(grid, row, at)

    return tell(spots()) if look.tables else undecided("no-table")


def judge_headings(look: Look) -> Found:
    """L1-05: every column has a name that tells what it holds."""

    def spots() -> Iterator[Spot]:
        for area in look.tables:
            names = [plain(column.heading) for column in area.columns]
            numbers = [int(name) for name in names if re.fullmatch("[0-9]{1,3}", name)]
            counted = len(numbers) == len(names) > 1 and numbers == list(range(numbers[0], numbers[0] + len(names)))
            for column, name in zip(area.columns, names, strict=True):
                if (column.filled and not name) or counted or CODE_HEADING.match(column.heading.strip()):
                    yield column.spot(area.top)

    return tell(spots())


def judge_spaces(look: Look) -> Found:
    """L1-06: no spaces or newlines for looks."""

    def spots() -> Iterator[Spot]:
        for area in look.tables:
            for column in area.cells():
                address = ADDRESS.search(column.heading) is not None
                yield from column.where(lambda text, address=address: is_padded(text, address))  # type: ignore[misc]

    return tell(spots())


def is_padded(text: str, address: bool = False) -> bool:
    """Whether a cell has spaces or newlines for looks."""
    text = re.sub(r"\r?\n\Z", "", text)
    if text != text.strip(" \t\u3000\xa0"):
        return True
    if not address and ("\u3000" in ITEM_MARK.sub("", text) or re.search(r"[ \u3000]{2,}", text)):
        return True
    return "\n" in text and sum(map(str.isspace, text)) * 10 > len(text)


def judge_one_value(look: Look) -> Found:
    """L1-07: one value a cell."""

    def spots() -> Iterator[Spot]:
        for area in look.tables:
            for column in area.cells():
                if FREE_TEXT.search(column.heading) and look.known.field(column):
                    continue
                numeric = column.numeric
                yield from column.where(lambda text, numeric=numeric: holds_several(text, numeric))  # type: ignore[misc]

    return tell(spots())


def holds_several(text: str, numeric: bool = False) -> bool:
    """Whether a cell holds more than one value."""
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


def judge_characters(look: Look) -> Found:
    """L1-08: no platform-dependent characters; in files that say their encoding only to be noted."""

    def spots(grids: list[Grid]) -> Iterator[Spot]:
        for grid in grids:
            for row, cells in enumerate(grid.rows):
                for at, cell in enumerate(cells):
                    yield from (Spot(grid, row, at) for char in PLATFORM.findall(cell) if char not in UNREPORTED)

    old = [grid for grid in look.book.grids if grid.encoding in ("cp932", "euc-jp")]
    found = tell(spots(old))
    if found.state == "failed":
        return found
    return tell(spots(list(look.book.grids)), "noted-characters", state="passed")


def judge_zero(look: Look) -> Found:
    """L1-09: what is not known is told from nought."""

    def spots() -> Iterator[Spot]:
        for column in look.columns:
            blanks = len(column.cells) - column.filled
            if (
                column.numeric
                and column.filled >= 3
                and blanks
                and column.values["0"] > 1
                and not look.known.field(column)
            ):
                yield column.spot()

    return tell(spots(), "ask-zero", state="undecided")


# ---- Excel ------------------------------------------------------------------------------------------------------


def of_excel(judge: Callable[[Look], Found], cells: bool = False) -> Callable[[Look], Found]:
    """A rule about workbooks; `cells`: whether an .xls can be judged too."""

    def judged(look: Look) -> Found:
        grids = [grid for grid in look.book.grids if grid.excel]
        if not grids:
            return exempt("not-excel")
        if not cells and not all(grid.seen for grid in grids):
            return undecided("old-excel")
        return judge(look)

    return judged


def judge_objects(look: Look) -> Found:
    """L1-10: no picture or shape over a table; elsewhere only to be noted."""
    every = [(grid, row, at) for grid in look.book.grids for row, at in grid.anchors]
    inside = [Spot(*one) for one in every if any(area.covers(*one[1:]) for area in look.areas(one[0]))]
    return tell(inside) if inside else tell((Spot(*one) for one in every), "noted-objects", state="passed")


def judge_formats(look: Look) -> Found:
    """L1-11: nothing is said by colour or type alone."""

    def spots() -> Iterator[Spot]:
        for area in look.tables:
            if not area.grid.styles:
                continue
            for column in area.columns:
                rows = [row for row, text in zip(column.rows, column.cells, strict=True) if text.strip()]
                styles = [area.grid.styles.get((row, column.at)) for row in rows]
                if len(rows) < 2:
                    continue
                colours = {style.colour if style else "" for style in styles}
                fills = {style.fill for style in styles if style and style.fill}
                bold = {bool(style and style.bold) for style in styles}
                italic = {bool(style and style.italic) for style in styles}
                if len(colours) > 1 or len(fills) > 1 or len(bold) > 1 or len(italic) > 1:
                    yield column.spot()

    return tell(spots())


def judge_merged(look: Look) -> Found:
    """L1-12: no merged cells in the body; within the header that is L2-03's business."""

    def spots() -> Iterator[Spot]:
        for area in look.tables:
            for top, left, bottom, right in area.grid.merged:
                if bottom >= area.top + area.head and top <= area.bottom and left <= area.right and right >= area.left:
                    yield Spot(area.grid, top, left)

    return tell(spots(), weight="fatal")


def judge_hidden(look: Look) -> Found:
    """L1-13: nothing is hidden."""

    def spots() -> Iterator[Spot]:
        for grid in look.book.grids:
            width = max(map(len, grid.rows), default=0)
            if grid.hidden:
                yield Spot(grid)
            yield from (Spot(grid, row) for row in grid.hidden_rows if row < len(grid.rows))
            yield from (Spot(grid, None, at) for at in grid.hidden_columns if at < width)

    return tell(spots())


# ---- CSV --------------------------------------------------------------------------------------------------------


def of_csv(judge: Callable[[Grid, Look], Iterator[Spot]]) -> Callable[[Look], Found]:
    """A rule about CSV."""

    def judged(look: Look) -> Found:
        grids = [grid for grid in look.book.grids if not grid.excel]
        return tell(spot for grid in grids for spot in judge(grid, look)) if grids else exempt("not-csv")

    return judged


def find_slips(grid: Grid, look: Look, kinds: Container[str], uneven: Callable[[int, int], bool]) -> Iterator[Spot]:
    """Lines with slips of these kinds, and rows of a table that are uneven with its heading (their cells, its cells)."""
    rows = {line: row for row, line in enumerate(grid.lines)}
    told = {slip.row for slip in grid.slips if slip.kind in kinds}
    yield from (Spot(grid, rows[line]) for line in sorted(told))
    for area in look.areas(grid):
        width = len(grid.rows[area.top])
        for row in area.body:
            if uneven(len(grid.rows[row]), width) and grid.lines[row] not in told:
                yield Spot(grid, row)


def find_broken_lines(grid: Grid, look: Look) -> Iterator[Spot]:
    """L1-14: a record is one line, and all of it."""
    return find_slips(grid, look, ("lines", "open"), operator.lt)


def find_bare_commas(grid: Grid, look: Look) -> Iterator[Spot]:
    """L1-15: what holds a comma is in quotes, and quotes are where they belong."""
    return find_slips(grid, look, ("quote", "open"), operator.gt)


judge_lines, judge_commas = of_csv(find_broken_lines), of_csv(find_bare_commas)
LEVEL = {
    "L1-01": judge_format, "L1-02": judge_one_table, "L1-03": judge_gaps, "L1-04": judge_stray,
    "L1-05": judge_headings, "L1-06": judge_spaces, "L1-07": judge_one_value, "L1-08": judge_characters,
    "L1-09": judge_zero, "L1-10": of_excel(judge_objects), "L1-11": of_excel(judge_formats),
    "L1-12": of_excel(judge_merged, cells=True), "L1-13": of_excel(judge_hidden), "L1-14": judge_lines,
    "L1-15": judge_commas,
}  # fmt: skip
