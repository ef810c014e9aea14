"""A sheet → where its tables are: the lines above each, its header, its rows, repeated headers, captions, footnotes."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from entaku.draft.grid import CellGrid
from entaku.draft.header import LOOKED, HeaderRows, find_header, find_typed, is_same_header, looks_like_header
from entaku.draft.strips import split_columns
from entaku.draft.words import find_units, is_note, kind_of, squeeze

MetaKind = Literal["units", "english", "types", "numbers", "other"]


@dataclass(frozen=True)
class TableArea:
    """Where a table stands in a sheet; rows and columns from 0."""

    left: int
    right: int
    header: HeaderRows
    body: tuple[int, ...]
    repeats: tuple[int, ...] = ()
    """First rows of headers that are repeated."""
    captions: tuple[int, ...] = ()
    """Rows between others that hold nothing but the name of the rows below."""
    inner: tuple[int, ...] = ()
    """Lines between the rows that are no rows."""
    above: tuple[int, ...] = ()
    below: tuple[int, ...] = ()
    split: bool = False
    """Whether other tables stand beside it."""

    @property
    def last(self) -> int:
        """The last row of the table."""
        return max((*self.body, *self.captions, *self.inner, *self.repeats, self.header.last))


def find_tables(grid: CellGrid) -> list[TableArea]:
    """The tables of a sheet, from the top; those side by side from the left."""
    last = len(grid.rows) - 1
    if last < 0:
        return []
    return [half for area in _find_areas(grid, last) for half in _split_halves(grid, area)]


def list_halves(grid: CellGrid, area: TableArea, every: Sequence[TableArea]) -> list[TableArea]:
    """The table with those at its right that go on with it: the same headings, other rows, no title of their own."""
    texts = _list_headings(grid, area)
    halves = [area]
    for one in every:
        if (
            one.left > halves[-1].right
            and one.header == area.header
            and _list_headings(grid, one) == texts
            and not any(
                not find_units(text) for row in one.above for text in grid.cells(row, one.left, one.right).values()
            )
            and not one.repeats
            and not _share_rows(grid, [*halves, one])
        ):
            halves.append(one)
    return halves if not area.repeats and not area.header.meta else [area]


def _share_rows(grid: CellGrid, areas: Sequence[TableArea]) -> bool:
    """Whether two tables begin a row with the same text."""
    firsts = [text for one in areas for row in one.body if (text := squeeze(grid.text(row, _first_column(grid, one))))]
    return len(set(firsts)) < len(firsts)


def _first_column(grid: CellGrid, area: TableArea) -> int:
    return min(grid.cells(area.header.last, area.left, area.right), default=area.left)


def _list_headings(grid: CellGrid, area: TableArea) -> list[dict[int, str]]:
    """The headings of each header row, by their distance from the table's first."""
    cells = [grid.cells(row, area.left, area.right) for row in area.header.rows]
    first = min((at for one in cells for at in one), default=area.left)
    return [{at - first: squeeze(text) for at, text in one.items()} for one in cells]


def _split_halves(grid: CellGrid, area: TableArea) -> list[TableArea]:
    """The tables that stand side by side without a gap, told by headings that begin anew; the table itself if it is one."""
    headings = _list_headings(grid, area)
    width = max((at for one in headings for at in one), default=0) + 1
    first = min((at for row in area.header.rows for at in grid.cells(row, area.left, area.right)), default=area.left)
    for size in range(2, width // 2 + 1):
        parts = [{at: text for at, text in one.items() if at < size} for one in headings]
        whole = [{at + n: text for n in range(0, width, size) for at, text in one.items()} for one in parts]
        if width % size or whole != headings or not all(0 in one for one in parts[-1:]):
            continue
        rows = range(area.header.first, max((area.last, *area.below)) + 1)
        strips = [(first + n, first + n + size - 1) for n in range(0, width, size)]
        halves = [one for strip in strips for one in _walk(grid, rows, *strip)]
        if [one.header for one in halves] == [area.header] * len(strips) and not _share_rows(grid, halves):
            above = {one: tuple(row for row in area.above if grid.cells(row, one.left, one.right)) for one in halves}
            return [replace(one, split=True, above=above[one]) for one in halves]
    return [area]


def _find_areas(grid: CellGrid, last: int) -> list[TableArea]:
    strips = split_columns(grid, 0, last)
    if len(strips) > 1:
        return [replace(area, split=True) for strip in strips for area in _walk(grid, range(last + 1), *strip)]
    found: list[TableArea] = []
    for rows, strips in _list_bands(grid):
        for strip in strips:
            areas = _walk(grid, rows, *strip)
            found += [replace(area, split=len(strips) > 1) for area in areas]
    return found


def _list_bands(grid: CellGrid) -> Iterator[tuple[range, list[tuple[int, int]]]]:
    """Runs of rows, and the columns of the tables that stand side by side in them."""
    bands: list[tuple[int, int]] = []
    for row, cells in enumerate(grid.rows):
        if not cells:
            continue
        if bands and row == bands[-1][1] + 1:
            bands[-1] = (bands[-1][0], row)
        else:
            bands.append((row, row))
    whole = [(0, max(grid.width - 1, 0))]
    start: int | None = None
    for first, end in bands if len(bands) < LOOKED * 5 else ():
        strips = split_columns(grid, first, end)
        if len(strips) > 1:
            if start is not None:
                yield range(start, first), whole
            yield range(first, end + 1), strips
            start = None
        elif start is None:
            start = first
    if len(bands) >= LOOKED * 5:
        start = bands[0][0]
    if start is not None:
        yield range(start, len(grid.rows)), whole


def _walk(grid: CellGrid, rows: range, left: int, right: int) -> list[TableArea]:
    """The tables between two columns, one below the other."""
    found: list[TableArea] = []
    start = rows.start
    while start < rows.stop:
        header = find_header(grid, range(start, rows.stop), left, right)
        if header is None:
            break
        area = _read_area(grid, range(start, rows.stop), left, right, header)
        if not area.body:
            break
        if found:  # what stands between two tables belongs to the lower one
            found[-1] = replace(found[-1], below=tuple(row for row in found[-1].below if row < start))
        found.append(area)
        start = max(area.last, *area.below) + 1 if area.below else area.last + 1
    return found


@dataclass
class _Reading:
    """What has been read of a table so far."""

    body: list[int]
    repeats: list[int]
    captions: list[int]
    inner: list[int]
    waiting: list[int]
    """Lines of one cell of which the next row tells what they are."""
    typed: frozenset[int]
    left: int


def _read_area(grid: CellGrid, rows: range, left: int, right: int, header: HeaderRows) -> TableArea:
    above = tuple(row for row in range(rows.start, header.first) if grid.cells(row, left, right))
    typed = find_typed(grid, range(header.last + 1, rows.stop), left, right)
    reading = _Reading([], [], [], [], [], typed, left)
    reading.inner += header.meta
    row = header.body
    gap = False
    while row < rows.stop:
        cells = grid.cells(row, left, right)
        if not cells:
            gap = True
        elif reading.body and (pages := _list_page_lines(grid, range(row, rows.stop), (left, right), (header, above))):
            reading.inner += pages
            row = pages[-1]
            gap = False
        elif is_same_header(grid, row, header, left, right):
            reading.repeats.append(row)
            _flush(grid, reading, caption=True)
            row += header.count - 1 + len(header.meta)
            gap = False
        elif (
            is_note(cells[min(cells)]) and (len(cells) == 1 or min(cells) == left) and not _has_values(cells, typed)
        ) or (_is_lone(grid, row, cells, right) and (typed or gap)):
            reading.waiting.append(row)
        elif (
            (gap or reading.waiting)
            and reading.body
            and looks_like_header(grid, range(row, rows.stop), (left, right), typed, bool(reading.waiting))
        ):
            break
        elif str(cells[min(cells)]).startswith("#"):
            reading.inner.append(row)
        else:
            _flush(grid, reading, caption=False)
            reading.body.append(row)
            gap = False
        row += 1
    ended = row < rows.stop
    below = _list_below(grid, reading, ended)
    return TableArea(
        left, right, header, tuple(reading.body), tuple(reading.repeats), tuple(reading.captions),
        tuple(reading.inner), above, below,
    )  # fmt: skip


def _list_page_lines(
    grid: CellGrid, rows: range, strip: tuple[int, int], before: tuple[HeaderRows, tuple[int, ...]]
) -> list[int]:
    """The lines from here to the header again, if they are those above the table but for their numbers: a new page."""
    header, above = before
    known = {drop_digits(grid.rows[row]) for row in above}
    lines: list[int] = []
    for row in rows[: len(above) + 2]:
        if lines and is_same_header(grid, row, header, *strip):
            return lines
        if grid.rows[row]:
            if drop_digits(grid.rows[row]) not in known:
                return []
            lines.append(row)
    return []


def drop_digits(cells: Mapping[int, str]) -> tuple[str, ...]:
    """The texts of a line without their digits."""
    return tuple(re.sub("[0-9０-９]+", "", text) for text in cells.values())


def _list_below(grid: CellGrid, reading: _Reading, ended: bool) -> tuple[int, ...]:
    """The footnotes: all lines at the end, of which those just above another table may be its titles."""
    waiting = reading.waiting
    if not ended:
        return tuple(waiting)
    notes: list[int] = []
    for n, row in enumerate(waiting):
        texts = grid.rows[row]
        follows = n > 0 and row == waiting[n - 1] + 1 and bool(notes) and notes[-1] == waiting[n - 1]
        if texts and (is_note(texts[min(texts)]) or (follows and texts[min(texts)][:1] in "0123456789２３・")):
            notes.append(row)
        else:
            break
    return tuple(notes)


def _has_values(cells: dict[int, str], typed: Iterable[int]) -> bool:
    return any(kind_of(cells[at]) in ("number", "flagged", "united") for at in typed if at in cells)


def _is_lone(grid: CellGrid, row: int, cells: dict[int, str], right: int) -> bool:
    """Whether a row is one text, however wide its merged cell is."""
    if len(cells) != 1:
        return False
    ((at, text),) = cells.items()
    return (
        kind_of(text) in ("text", "date")
        and (row, at) not in {spot for spot, first in grid.covered.items() if first != spot}
        and right >= at
    )


def _flush(grid: CellGrid, reading: _Reading, caption: bool) -> None:
    """Decide what the waiting lines are, now that a row (or a repeated header) follows."""
    for row in reading.waiting:
        cells = grid.rows[row]
        at = min(cells)
        if is_note(cells[at]):
            reading.inner.append(row)
        elif caption or (at <= reading.left + 1 and reading.typed and at not in reading.typed):
            reading.captions.append(row)
        else:
            reading.body.append(row)
    reading.waiting.clear()
