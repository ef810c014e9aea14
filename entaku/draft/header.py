"""Which rows are a table's header, told by merged cells and by the kinds of values below."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from entaku.draft.grid import CellGrid
from entaku.draft.looks import find_styled
from entaku.draft.words import TYPES, carry_eras, find_units, is_note, is_page, is_period, is_unit, kind_of, split_unit
from entaku.formats.text import parse_number, to_half_width

LOOKED = 40
"""Rows that are looked at."""
MOST_HEADERS = 5
VALUES = ("number", "flagged", "united", "date", "time")
_ROWS_OF_TABLE = 3
"""The least rows above a header that may be another table."""
_CLEAR = 0.6
"""The share of a column's cells that must be values for it to be one of values."""


@dataclass(frozen=True)
class HeaderRows:
    """The rows of a header; from 0."""

    first: int
    count: int
    meta: tuple[int, ...] = ()
    """Rows below it that tell units, types, English names or numbers of columns."""

    @property
    def last(self) -> int:
        """The last row, those of `meta` included."""
        return max((self.first + self.count - 1, *self.meta))

    @property
    def body(self) -> int:
        """The first row that may be data."""
        return self.last + 1

    @property
    def rows(self) -> range:
        """The rows of the headings."""
        return range(self.first, self.first + self.count)


def find_typed(grid: CellGrid, rows: range, left: int, right: int) -> frozenset[int]:
    """The columns whose cells are numbers, dates or times, as the first rows of more than one cell tell."""
    counts: dict[int, list[int]] = {}
    looked, begun = 0, False
    for row in rows:
        cells = grid.cells(row, left, right)
        if len(cells) < 2:
            continue
        looked += 1
        if looked > LOOKED:
            break
        if not begun and looked <= MOST_HEADERS and not any(kind_of(text) in VALUES for text in cells.values()):
            continue  # a further row of headings
        begun = True
        for at, text in cells.items():
            kind = kind_of(text)
            one = counts.setdefault(at, [0, 0])
            one[0] += kind in VALUES
            one[1] += kind != "mark"
    return frozenset(at for at, (values, filled) in counts.items() if filled and values >= _CLEAR * filled)


def find_header(grid: CellGrid, rows: range, left: int, right: int) -> HeaderRows | None:
    """The first rows that can be a header; None where there is no table."""
    styled = find_styled(grid, rows, left, right)
    before = range(rows.start, styled.start if styled is not None else rows.start)
    wide = sum(len(grid.cells(row, left, right)) > 1 for row in before)
    if wide >= _ROWS_OF_TABLE and find_typed(grid, before, left, right):
        styled = None  # a table of its own stands above
    for row in rows[: LOOKED * 2]:
        cells = grid.cells(row, left, right)
        if len(cells) < 2 or (styled is not None and row < styled.start):
            continue
        below = range(row + 1, min(rows.stop, row + 1 + LOOKED * 3))
        typed = _narrow(grid, below, left, right)
        looks = styled is not None and row == styled.start
        if not _may_be_header(grid, row, below, (left, right), looks=looks):
            continue
        header = _measure(grid, row, rows.stop, (left, right), typed)
        if looks and styled is not None and not typed:
            header = _measure_styled(grid, styled, rows.stop, (left, right))
        if header is not None and _has_data(grid, range(rows.start, row), (left, right), typed):
            return None  # the table has no header: this is one of its rows
        if header is not None:
            return _look_up(grid, header, rows.start, left, right)
    return None


def _has_data(grid: CellGrid, above: range, strip: tuple[int, int], typed: frozenset[int]) -> bool:
    """Whether rows above are as wide as the table and have values in the same columns."""
    rows = [grid.cells(row, *strip) for row in above]
    wide = [cells for cells in rows if len(cells) >= 3 and not cells[min(cells)].startswith("#")]
    return sum(any(kind_of(cells[at]) in VALUES for at in typed if at in cells) for cells in wide) >= 2


def _narrow(grid: CellGrid, below: range, left: int, right: int) -> frozenset[int]:
    """Columns of values below, of the rows up to the first gap if there are two or more."""
    end = next((row for row in below if row > below.start + 1 and not grid.cells(row, left, right)), below.stop)
    near = find_typed(grid, range(below.start, end), left, right)
    return near or find_typed(grid, below, left, right)


def _may_be_header(grid: CellGrid, row: int, below: range, strip: tuple[int, int], *, looks: bool) -> bool:
    """Whether a row can be a header; `looks`: it looks like one, so that there may be numbers among its headings."""
    cells = grid.cells(row, *strip)
    first = cells[min(cells)]
    if first.startswith("#") or is_note(first) or any(find_units(text) or is_page(text) for text in cells.values()):
        return False
    if all(_is_meta_word(text) for text in cells.values()) or len(set(cells.values())) < 2:
        return False
    if (
        not looks
        and any(is_value(text) for text in cells.values())
        and not (_is_period_row(cells) or _names_classes(grid, row, cells) or _counts_up(grid, row, cells))
    ):
        return False
    counts: dict[int, int] = {}
    looked = 0
    for later in below:
        others = grid.cells(later, *strip)
        if len(others) >= 2:
            looked += 1
            for at in others:
                counts[at] = counts.get(at, 0) + 1
        if looked >= LOOKED or (not others and looked > 1):  # what comes after a gap may be another table
            break
    wide = [at for at, count in counts.items() if count * 3 >= looked]
    reached = {at for first in cells for at in range(first, grid.reach(row, first) + 1)}
    reached |= {at for at in wide if (row, at) in grid.covered}
    if not looked or len(reached.intersection(wide)) * 2 < len(wide):
        return False
    return len(wide) > 2 or len(cells) > 2 or not re.search("[:：]$", first)


def is_value(text: str) -> bool:
    """Whether a cell holds a value, not a word."""
    return kind_of(text) in ("number", "flagged", "united", "time") or (kind_of(text) == "date" and not is_period(text))


def _is_period_row(cells: dict[int, str]) -> bool:
    """Whether the values among the headings are years or the like, in order."""
    texts = carry_eras(list(cells.values()))
    numbers = [parse_number(text) for text in texts if kind_of(text) in ("number", "united", "date")]
    odd = [text for text in texts if is_value(text) and not is_period(text)]
    if odd:
        return False
    years = [int(number) for number in numbers if number is not None and number.isdigit()]
    return len(set(years)) == len(years) and (years == sorted(years) or years == sorted(years, reverse=True))


def _names_classes(grid: CellGrid, row: int, cells: dict[int, str]) -> bool:
    """Whether the values among the headings are classes in order, as 0歳, 1歳, 2歳, that the next row doesn't go on with."""
    found = {at: split_unit(text) for at, text in cells.items() if is_value(text)}
    classes = [one for one in found.values() if one is not None]
    numbers = [Decimal(number) for number, _ in classes]
    alone = len(found) == 1 and any(unit in _CLASSES for _, unit in classes)
    if (
        len(classes) < max(len(found), 1 if alone else 2)
        or len({unit for _, unit in classes}) > 1
        or len(found) == len(cells)
    ):
        return False
    return numbers == sorted(set(numbers)) and not any(
        split_unit(text) for text in _next(grid, row, len(grid.rows), dict(cells)).values()
    )


_CLASSES = ("年", "歳", "才", "回")
"""What a heading that stands alone may count: 1年 of a school."""


def _counts_up(grid: CellGrid, row: int, cells: dict[int, str]) -> bool:
    """Whether the values among the headings are 1, 2, 3, and names stand below them: 届出番号 above 候補者名."""
    found = {at: text for at, text in cells.items() if is_value(text)}
    numbers = [parse_number(text) for text in found.values()]
    below = _next(grid, row, len(grid.rows), found)
    return (
        numbers == [str(n + 1) for n in range(len(numbers))]
        and 1 < len(numbers) < len(cells)
        and all(text and not is_value(text) and not is_period(text) for text in below.values())
    )


def _measure(grid: CellGrid, row: int, stop: int, strip: tuple[int, int], typed: frozenset[int]) -> HeaderRows | None:
    """The header that begins in a row; None where a gap comes before the first row of data."""
    body = _find_body(grid, row, stop, strip, typed)
    if body is None:
        return None
    meta: list[int] = []
    end = body
    while end - 1 > row and _is_meta(grid, end - 1, row, strip):
        end -= 1
        meta.insert(0, end)
    while body < stop and _is_meta(grid, body, row, strip):
        meta.append(body)
        body += 1
    if not any(len(grid.cells(later, *strip)) for later in range(body, stop)):
        return None
    return HeaderRows(row, min(end - row, MOST_HEADERS), tuple(meta))


def _measure_styled(grid: CellGrid, styled: range, stop: int, strip: tuple[int, int]) -> HeaderRows | None:
    """The header whose rows are told by their looks alone, with the rows below it that are no data."""
    deepest = max(
        bottom for row in styled for at in grid.cells(row, *strip)
        for bottom, _ in [grid.spans.get((row, at), (row, at))]
    )  # fmt: skip
    end = body = max(styled.stop, min(deepest + 1, styled.start + MOST_HEADERS))
    while body < stop and _is_meta(grid, body, styled.start, strip):
        body += 1
    meta = [row for row in range(styled.start + 1, end) if _is_meta(grid, row, styled.start, strip)]
    rest = next((row for row in meta if all(one in meta for one in range(row, end))), end)
    if not any(len(grid.cells(later, *strip)) for later in range(body, stop)):
        return None
    return HeaderRows(styled.start, rest - styled.start, (*range(rest, end), *range(end, body)))


def _find_body(grid: CellGrid, row: int, stop: int, strip: tuple[int, int], typed: frozenset[int]) -> int | None:
    left, right = strip
    deepest = row
    wide = False
    at_row = row
    while at_row <= deepest:  # as far as merged cells that begin in the header go
        for at in grid.cells(at_row, left, right):
            bottom, end = grid.spans.get((at_row, at), (at_row, at))
            deepest = max(deepest, bottom) if bottom - row < MOST_HEADERS else deepest
            wide = wide or (at_row == row and end > at and bottom == row)
        at_row += 1
    if not typed:
        return deepest + 1 + (wide and deepest == row)
    for later in range(deepest + 1, min(stop, row + MOST_HEADERS + 3)):
        cells = grid.cells(later, left, right)
        if not cells:
            return None if later == row + 1 or not _any_values(grid, later, stop, strip, typed) else later + 1
        values = {at: cells[at] for at in typed if at in cells and kind_of(cells[at]) in (*VALUES, "mark")}
        if values and not (_is_years(values) and len(values) > 1 and not _is_years(_next(grid, later, stop, values))):
            return later
        if not values and later > row and len(cells) == 1:
            return later if _any_values(grid, later, stop, strip, typed) else None
    return None


def _any_values(grid: CellGrid, row: int, stop: int, strip: tuple[int, int], typed: frozenset[int]) -> bool:
    """Whether the next row of more than one cell holds values."""
    for later in range(row + 1, min(stop, row + 4)):
        cells = grid.cells(later, *strip)
        if len(cells) > 1:
            return any(kind_of(cells[at]) in VALUES for at in typed if at in cells)
    return False


def _next(grid: CellGrid, row: int, stop: int, values: dict[int, str]) -> dict[int, str]:
    return {at: grid.text(row + 1, at) for at in values} if row + 1 < stop else {}


def _is_years(values: dict[int, str]) -> bool:
    """Whether all are numbers of years or months, none twice."""
    texts = [text for text in values.values() if text]
    return bool(texts) and len(set(texts)) == len(texts) and all(is_period(text) for text in texts)


def _is_meta(grid: CellGrid, row: int, header: int, strip: tuple[int, int]) -> bool:
    return bool(name_meta(grid, row, header, strip))


def name_meta(grid: CellGrid, row: int, header: int, strip: tuple[int, int]) -> str:
    """ "units", "types", "english", "numbers" or "other" for a row below the headings that is no data; else ""."""
    cells = grid.cells(row, *strip)
    texts = [to_half_width(text).strip() for text in cells.values()]
    if not texts:
        return ""
    if texts[0].startswith("#"):
        return "other"
    if all(_strip_brackets(text).lower() in TYPES for text in texts):
        return "types"
    known = [is_unit(_strip_brackets(text)) for text in texts]
    bracketed = len(texts) > 1 and all(re.fullmatch(r"[(\[].+[)\]]", text) for text in texts)
    if any(known) and (bracketed or all(each or text in ("-", "") for each, text in zip(known, texts, strict=True))):
        return "units"
    numbers = [_strip_brackets(text) for text in texts]
    if (
        len(texts) >= 3
        and numbers == [str(n) for n in range(1, len(texts) + 1)]
        and len(texts) >= len(grid.cells(header, *strip))
    ):
        return "numbers"
    above = grid.cells(header, *strip)
    japanese = sum(not text.isascii() for text in above.values())
    if japanese * 2 > len(above) and len(texts) >= 2 and len(texts) * 2 >= len(above):
        words = [text for text in texts if re.fullmatch(r"[A-Za-z][A-Za-z0-9 _./()%-]*", text)]
        if len(words) == len(texts) and len(set(words)) == len(words) and not _english_below(grid, row, strip):
            return "english"
    return ""


def _english_below(grid: CellGrid, row: int, strip: tuple[int, int]) -> bool:
    """Whether the next row is of such words too."""
    if row + 1 >= len(grid.rows):
        return True
    texts = list(grid.cells(row + 1, *strip).values())
    return bool(texts) and all(text.isascii() and re.match("[A-Za-z]", text) for text in texts)


def _strip_brackets(text: str) -> str:
    return text.strip("()[]【】（） 　")


def _is_meta_word(text: str) -> bool:
    plain = _strip_brackets(to_half_width(text))
    return plain.lower() in TYPES or is_unit(plain)


def _look_up(grid: CellGrid, header: HeaderRows, start: int, left: int, right: int) -> HeaderRows:
    """The header with the rows just above that name groups of its columns."""
    first = header.first
    while first > start and header.count + header.first - first < MOST_HEADERS:
        cells = grid.cells(first - 1, left, right)
        if not cells or not _names_groups(grid, first - 1, cells, left, right):
            break
        first -= 1
    return HeaderRows(first, header.count + header.first - first, header.meta)


def _names_groups(grid: CellGrid, row: int, cells: dict[int, str], left: int, right: int) -> bool:
    texts = carry_eras(list(cells.values()))
    if any(is_note(text) or find_units(text) or (kind_of(text) != "text" and not is_period(text)) for text in texts):
        return False
    if _completes(grid, row, cells, right):
        return True
    if texts[0].startswith("#") or (left in cells and grid.reach(row, left) == left):
        return False
    spans = [grid.reach(row, at) - at for at in cells]
    if len(cells) == 1:
        return spans[0] > 0 and spans[0] < right - left and min(cells) > left
    return min(cells) > left


def _completes(grid: CellGrid, row: int, cells: dict[int, str], right: int) -> bool:
    """Whether a row has the headings that the next lacks and names of groups of those that it has, without merged cells."""
    below = grid.cells(row + 1, min(cells), right)
    groups = [at for at in cells if at in below]
    alone = [at for at in cells if at not in below]
    wide = [at for at in groups if at + 1 not in cells and at + 1 in below]
    dated = any(re.search("現在|時点", text) for text in cells.values())
    return bool(alone) and alone[0] == min(cells) and bool(wide) and not dated and len(below) > len(groups)


def is_same_header(grid: CellGrid, row: int, header: HeaderRows, left: int, right: int) -> bool:
    """Whether the rows from here on are the header again."""
    if row + header.count > len(grid.rows):
        return False
    return all(
        grid.cells(row + n, left, right) == grid.cells(header.first + n, left, right) for n in range(header.count)
    )


def looks_like_header(
    grid: CellGrid, rows: range, strip: tuple[int, int], typed: frozenset[int], captioned: bool
) -> bool:
    """Whether a row after a gap or a caption is the header of another table."""
    cells = grid.cells(rows.start, *strip)
    if len(cells) < 2 or len(set(cells.values())) < len(cells):
        return False
    if any(is_value(text) for text in cells.values()) and not _is_period_row(cells):
        return False
    if any(kind_of(text) == "mark" for text in cells.values()):
        return False
    mine = [at for at in typed if at in cells]
    if typed and not mine:
        return captioned
    below = _narrow(grid, rows[1:LOOKED], *strip)
    if bool(below.intersection(cells)) or (captioned and not typed):
        return True
    styled = None if typed else find_styled(grid, rows, *strip)
    return styled is not None and styled.start == rows.start


def list_values(grid: CellGrid, rows: tuple[int, ...], at: int) -> Iterator[str]:
    """The filled cells of a column."""
    return (text for row in rows if (text := grid.text(row, at)))
