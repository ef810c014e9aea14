"""Find the tables of a grid: blocks between empty rows, with their header, body and columns.

Blocks are cut as 「行政データにおける機械可読性に関するルール」's own checker cuts them, at empty rows; a block that
goes on under the same columns without a header of its own is the same table, broken up.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, zip_longest

from entaku.audit.grids import Grid, GridSpot
from entaku.audit.rulebook import UNITS
from entaku.formats.heavy import late_compile
from entaku.formats.text import parse_number

NOTE = late_compile(r"[（(［\[]?\s*(注|※|＊|\*|資料|出典|出所|備考|単位)")
REMARK = late_compile(r"[0-9０-９]|現在|時点|単位|注|※|^\s*[（(［\[]|調べ|作成|出典|資料")
"""What a cell above the right half of a table says that isn't the name of a group of columns."""
YEAR = late_compile(r"(19|20)[0-9]{2}年度?")
WORD = late_compile(r"[^\W\d_]{2}")
NUMERIC = 0.7
WITH_UNIT = late_compile(rf"[△▲¥￥\-－]?\s*[0-9０-９][0-9０-９,，.． ]*\s*({UNITS})")
WITH_PERCENT = late_compile(r"[△▲\-－]?[0-9０-９][0-9０-９,，.．]*\s*[%％]")
WITH_NOTE = late_compile(r"[△▲¥￥\-－]?[0-9０-９][0-9０-９,，.．]*\s*[（(].*[）)]|[（(][0-9,]+[）)]|[0-9]+[（(].*")
WITH_SPACES = late_compile(r"[¥￥△▲\-－]?\s*[0-9０-９]{1,3}([ 　][0-9０-９]{3})+")
DIGIT = late_compile("[0-9０-９]")
MOST_ASKED = 2_000
"""Different texts that tell of what kind a column is."""
PLAIN = late_compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, eq=False)
class RuleColumn:
    """Hold a column of a table."""

    area: "Area"
    at: int
    heading: str
    """Its header cells joined with `_`."""
    rows: tuple[int, ...]
    """Rows of the body."""
    cells: tuple[str, ...]
    """Their texts."""
    below: "RuleColumn | None" = None
    """The same column without its header, whose texts are counted already."""

    @cached_property
    def values(self) -> Counter[str]:
        """Count each text, empty ones left out."""
        found = Counter(self.cells[: len(self.cells) - len(self.below.cells)] if self.below else self.cells)
        for text in [text for text in found if not text.strip()]:
            del found[text]
        if self.below:
            again = {text: count for text, count in found.items() if text in self.below.values}
            dict.update(found, self.below.values)  # Counter's own adds one text after the other
            for text, count in again.items():
                found[text] += count
        return found

    @cached_property
    def words(self) -> frozenset[str]:
        """List the texts that are not plain numbers, which break no rule about what a cell holds."""
        if self.below:
            head = self.cells[: len(self.cells) - len(self.below.cells)]
            return self.below.words.union(text for text in head if text.strip() and not is_plain(text))
        return frozenset(text for text in self.values if PLAIN.fullmatch(text) is None)

    @cached_property
    def filled(self) -> int:
        """Count the cells that aren't empty."""
        return sum(self.values.values())

    def share(self, holds: Callable[[str], object], of_plain: bool | None = None) -> float:
        """Return the share of filled cells for which `holds` is true; of very many texts only the first count.

        `of_plain`: what `holds` says of every plain number, where that is known.
        """
        every = held = 0
        for text, count in islice(self.values.items(), MOST_ASKED):
            every += count
            if holds(text) if of_plain is None or text in self.words else of_plain:
                held += count
        return held / every if every else 0.0

    @cached_property
    def numeric(self) -> bool:
        """Test whether at least 70 % of the filled cells are numbers, however written."""
        return self.filled > 0 and self.share(is_any_number, of_plain=True) >= NUMERIC

    def where(self, holds: Callable[[str], object]) -> Iterator[GridSpot]:
        """Yield the filled cells for which `holds` is true, plain numbers aside; each different text is tested once."""
        return self.at_texts({text for text in self.words if holds(text)})

    def at_texts(self, texts: Set[str]) -> Iterator[GridSpot]:
        """Yield the cells that hold one of `texts`."""
        if texts:
            for row, text in zip(self.rows, self.cells, strict=True):
                if text in texts:
                    yield self.spot(row)

    def spot(self, row: int | None = None) -> GridSpot:
        """Point at a cell of the column, or at all of it."""
        return GridSpot(self.area.grid, row, self.at, self.heading)


@dataclass(frozen=True, eq=False)
class Area:
    """Hold where a table is: rows and columns from 0, all included."""

    grid: Grid
    top: int
    left: int
    bottom: int
    right: int
    head: int
    """How many rows its header has."""
    gaps: tuple[int, ...] = ()
    """Empty rows within it."""

    @cached_property
    def body(self) -> tuple[int, ...]:
        """List the rows below the header, empty ones left out."""
        gaps = set(self.gaps)
        return tuple(row for row in range(self.top + self.head, self.bottom + 1) if row not in gaps)

    @cached_property
    def columns(self) -> tuple[RuleColumn, ...]:
        """List the columns, each with the cells of its body."""
        rows = [self.grid.rows[row][: self.right + 1] for row in self.body]
        each = list(zip_longest(*rows, fillvalue=""))
        each += [("",) * len(rows)] * (self.right + 1 - len(each))
        return tuple(
            RuleColumn(self, at, heading, self.body, each[at])
            for at, heading in zip(range(self.left, self.right + 1), self._headings(), strict=True)
        )

    def _headings(self) -> list[str]:
        """Join the header cells of each column; a merged cell names every column that it covers."""
        rows = [
            [self.grid.text(row, at).strip() for at in range(self.left, self.right + 1)]
            for row in range(self.top, self.top + self.head)
        ]
        for top, left, bottom, right in self.grid.merged:
            if self.top <= top < self.top + self.head and self.left <= left <= self.right:
                text = self.grid.text(top, left).strip()
                for row in range(top, min(bottom, self.top + self.head - 1) + 1):
                    for at in range(left, min(right, self.right) + 1):
                        rows[row - self.top][at - self.left] = text
        return ["_".join(dict.fromkeys(filter(None, cells))) for cells in zip(*rows, strict=True)]

    def covers(self, row: int, at: int) -> bool:
        """Test whether a cell is in the table."""
        return self.top <= row <= self.bottom and self.left <= at <= self.right

    @cached_property
    def cells(self) -> tuple[RuleColumn, ...]:
        """List the columns with their header cells among their cells, for rules about every cell."""
        head = tuple(range(self.top, self.top + self.head))
        tops = [tuple(self.grid.text(row, column.at) for row in head) for column in self.columns]
        return tuple(
            RuleColumn(self, column.at, column.heading, head + column.rows, texts + column.cells, column)
            for column, texts in zip(self.columns, tops, strict=True)
        )


def plain(heading: str) -> str:
    """Return a heading for comparing: NFKC, without white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", heading))


def is_plain(text: str) -> bool:
    """Test whether a text is a number as programs write it."""
    return PLAIN.fullmatch(text) is not None


def is_any_number(text: str) -> bool:
    """Test whether a text is a number as Japanese offices write it."""
    return is_plain(text) or parse_number(text) is not None


def looks_numeric(text: str) -> bool:
    """Test whether a text is a number, however written: with a unit, a sign, a note."""
    text = text.strip()
    if is_any_number(text):
        return True
    if not DIGIT.search(text):
        return False
    shapes = (WITH_UNIT, WITH_PERCENT, WITH_NOTE, WITH_SPACES)
    return any(shape.fullmatch(text) for shape in shapes) or parse_number(text.lstrip("¥￥")) is not None


# ---- finding them -----------------------------------------------------------------------------------------------


@dataclass
class RowBlock:
    """Hold rows without an empty one between them."""

    top: int
    bottom: int


def find_areas(grid: Grid, header: tuple[int, int] | None) -> tuple[Area, ...]:
    """Find the tables of a grid from top to bottom.  `header`: line and number of header rows, where the spec tells."""
    blocks = _cut(grid)
    areas: list[Area] = []
    if header is not None and (top := _find_told(grid, header[0])) is not None:
        blocks = [RowBlock(max(block.top, top), block.bottom) for block in blocks if block.bottom >= top]
        areas.append(_frame(grid, blocks.pop(0), header[1]))
    told = len(areas)
    for block in blocks:
        area = _frame(grid, block)
        if areas and _goes_on(areas[-1], area):
            areas[-1] = _join(areas[-1], area)
        else:
            areas.append(area)
    areas = [part for area in areas for part in _split_at_headers(area)]
    tables = [area for n, area in enumerate(areas) if n < told or (area.bottom > area.top and area.right > area.left)]
    rest = [area for area in areas if area.bottom > area.top] or [area for area in areas if area.right > area.left]
    return tuple(tables or rest[:1])


def _split_at_headers(area: Area) -> list[Area]:
    """Split a table whose header comes again further down."""
    grid = area.grid
    header = [cell.strip() for cell in grid.rows[area.top]]
    if area.head > 1 or sum(map(bool, header)) < 2:
        return [area]
    again = [row for row in area.body if _repeats(grid.rows[row], header)]
    tops, parts = [area.top, *again], []
    for top, following in zip(tops, [*again, area.bottom + 1], strict=True):
        bottom = following - 1
        while bottom > top and (not _filled(grid, bottom) or (following in again and len(_filled(grid, bottom)) == 1)):
            bottom -= 1
        gaps = tuple(row for row in area.gaps if top < row < bottom)
        parts.append(Area(grid, top, area.left, bottom, area.right, area.head, gaps))
    return parts


def _repeats(cells: Sequence[str], header: Sequence[str]) -> bool:
    """Test whether a row has the cells of a header, spaces around them aside."""
    if len(cells) != len(header) or cells[0].strip() != header[0]:
        return False
    return all(cell.strip() == name for cell, name in zip(cells, header, strict=True))


def _find_told(grid: Grid, line: int) -> int | None:
    """Return the row at the line that the spec gives for the header, if anything is there."""
    top = next((row for row, at in enumerate(grid.lines) if at >= line), None)
    return top if top is not None and any(cell.strip() for cell in grid.rows[top]) else None


def _cut(grid: Grid) -> list[RowBlock]:
    blocks: list[RowBlock] = []
    for row, cells in enumerate(grid.rows):
        if "".join(cells).strip():
            if blocks and blocks[-1].bottom == row - 1:
                blocks[-1].bottom = row
            else:
                blocks.append(RowBlock(row, row))
    return blocks


def _filled(grid: Grid, row: int) -> list[int]:
    cells = grid.rows[row]
    if all(map(str.strip, cells)):
        return list(range(len(cells)))
    return [at for at, cell in enumerate(cells) if cell.strip()]


def _frame(grid: Grid, block: RowBlock, head: int = 0) -> Area:
    """Cut the titles above and the notes below a block's table off.  `head`: its header's rows, if known."""
    top, bottom = block.top, block.bottom
    filled = {row: _filled(grid, row) for row in range(top, bottom + 1)}
    width = max(len(cells) for cells in filled.values())
    while (
        not head
        and width > 1
        and top < bottom
        and len(filled[top]) == 1
        and _is_title(grid, top, filled[top][0], width)
    ):
        top += 1
    while (
        width > 1
        and bottom > top
        and len(filled[bottom]) == 1
        and _is_note(grid.text(bottom, filled[bottom][0]), width)
    ):
        bottom -= 1
    some = [filled[row] for row in range(top, bottom + 1) if filled[row]]
    left, right = min(row[0] for row in some), max(row[-1] for row in some)
    if not grid.excel:  # what a record has beyond its header's fields is a matter of L1-15
        right = min(right, max(left, len(grid.rows[top]) - 1))
    return Area(grid, top, left, bottom, right, head or _count_head(grid, top, left, bottom, right))


def _is_title(grid: Grid, row: int, at: int, width: int) -> bool:
    """Test whether a lone cell at the top is a title, and not the upper half of a header."""
    merged = any(top == row and left == at and right > left for top, left, _, right in grid.merged)
    below = _filled(grid, row + 1)
    if merged and below and below[0] < at:  # a group of columns, beside one that has no group
        return REMARK.search(grid.text(row, at)) is not None
    return merged or at == 0 or width > 2


def _is_note(text: str, width: int) -> bool:
    return bool(NOTE.match(text.strip())) or (width > 2 and len(text.strip()) > 15)


def _count_head(grid: Grid, top: int, left: int, bottom: int, right: int) -> int:
    """Count the rows of a header: as deep as its merged cells, or one more where the next row fills holes in it."""
    own = [area for area in grid.merged if area[0] == top and left <= area[1] <= right]
    deep = max((area[2] for area in own), default=top)
    wide = any(area[3] > area[1] for area in own)
    if own:
        return max(1, min(5, max(deep, top + wide) - top + 1, bottom - top))
    head = 1
    while head < 3 and top + head < bottom:
        above = [not any(grid.text(row, at).strip() for row in range(top, top + head)) for at in range(left, right + 1)]
        below = [grid.text(top + head, at).strip() for at in range(left, right + 1)]
        fills = any(hole and cell for hole, cell in zip(above, below, strict=True))
        fills = fills and not any(map(looks_numeric, filter(None, below)))
        fills = fills and _has_numbers(grid, top + head + 1, bottom, left, right)
        if not fills:
            break
        head += 1
    area = Area(grid, top, left, bottom, right, head)
    return next(
        (deep for deep in (3, 2) if deep > head and _stand_over_numbers(area, range(top + head, top + deep))), head
    )


def _stand_over_numbers(area: Area, rows: range) -> bool:
    """Test whether rows have words over every column of numbers, of which there are some."""
    body = range(rows[-1] + 1, min(area.bottom, rows[-1] + 5) + 1)
    at = [
        at
        for at in range(area.left, area.right + 1)
        if len(body) > 1 and all(is_plain(area.grid.text(n, at)) for n in body)
    ]
    over = [area.grid.text(row, each).strip() for row in rows for each in at]
    return len(at) > 1 and all(YEAR.fullmatch(text) or (WORD.search(text) and not looks_numeric(text)) for text in over)


def _has_numbers(grid: Grid, top: int, bottom: int, left: int, right: int) -> bool:
    rows = range(top, min(bottom, top + 5) + 1)
    return any(
        looks_numeric(cell) for row in rows for at in range(left, right + 1) if (cell := grid.text(row, at).strip())
    )


def _goes_on(area: Area, other: Area) -> bool:
    """Test whether `other` is more of the table `area`: after a gap, under the same columns, without a header."""
    if other.left < area.left or other.right > area.right:
        return False
    widest = max(len(_filled(other.grid, row)) for row in range(other.top, other.bottom + 1))
    if widest < max(2, (area.right - area.left + 1) / 2):
        return False
    first = [other.grid.text(other.top, at).strip() for at in range(other.left, other.right + 1)]
    if area.bottom == area.top:
        return any(map(looks_numeric, first)) or (other.left, other.right) == (area.left, area.right)
    numbers = [column.at for column in area.columns if column.share(looks_numeric, of_plain=True) >= NUMERIC]
    if numbers:
        over = [(at, cell) for at in numbers if (cell := other.grid.text(other.top, at).strip())]
        again = sum(cell == area.grid.text(area.top + area.head - 1, at).strip() for at, cell in over)
        return again * 2 <= len(over) < sum(looks_numeric(cell) for _, cell in over) * 2
    return first != [area.grid.text(area.top, at).strip() for at in range(other.left, other.right + 1)]


def _join(area: Area, other: Area) -> Area:
    gaps = (*area.gaps, *range(area.bottom + 1, other.top), *other.gaps)
    return Area(area.grid, area.top, area.left, other.bottom, area.right, area.head, gaps)
