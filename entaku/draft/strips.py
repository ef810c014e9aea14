"""Tables that stand side by side: the columns of each."""

import re

from entaku.draft.grid import CellGrid
from entaku.draft.words import kind_of

Strip = tuple[int, int]
"""First and last column, from 0."""


def split_columns(grid: CellGrid, top: int, bottom: int) -> list[Strip]:
    """The columns of each of the tables between two rows (both included), from left to right; one if there is one.

    Empty columns part tables only if the right one begins like the left one, has a caption of its own, or other rows:
    within a table they are only for looks.
    """
    wide = [row for row in range(top, bottom + 1) if len(grid.rows[row]) >= 2]
    used = {at for row in wide for at in grid.rows[row]}
    used |= {
        at
        for row in wide
        for first in grid.rows[row]
        if grid.reach(row, first) - first < max(used) - min(used)
        for at in range(first, grid.reach(row, first) + 1)
    }
    if not used:
        return [(0, max(grid.width - 1, 0))]
    parts: list[Strip] = []
    for at in sorted(used):
        if parts and at == parts[-1][1] + 1:
            parts[-1] = (parts[-1][0], at)
        else:
            parts.append((at, at))
    strips = [parts[0]]
    for part in parts[1:]:
        if _parts_tables(grid, wide, strips[-1], part):
            strips.append(part)
        else:
            strips[-1] = (strips[-1][0], part[1])
    first, last = min(cells for cells in strips), max(cells for cells in strips)
    if len(strips) == 1:
        return [(0, max(grid.width - 1, 0))]
    edges = [first[0] and 0, *(strip[0] for strip in strips[1:])]
    ends = [*(edge - 1 for edge in edges[1:]), max(grid.width - 1, last[1])]
    return list(zip(edges, ends, strict=True))


def _parts_tables(grid: CellGrid, wide: list[int], left: Strip, right: Strip) -> bool:
    """Whether a gap between two groups of columns parts two tables."""
    if left[1] == left[0] or right[1] == right[0]:
        return False
    mine = [row for row in wide if _fills(grid, row, left) >= 2]
    its = [row for row in wide if _fills(grid, row, right) >= 2]
    if len(mine) < 2 or len(its) < 2:
        return False
    kinds = [kind_of(text) for row in its[1:] if (text := grid.text(row, right[0]))]
    if sum(kind in ("text", "date") for kind in kinds) * 2 < len(kinds) or not kinds:
        return False
    header = grid.text(mine[0], left[0])
    alike = bool(header) and header == grid.text(its[0], right[0])
    captions = any(
        _fills(grid, row, left) == 1 and _fills(grid, row, right) == 1 and row < min(mine[0], its[0]) for row in wide
    )
    return alike or captions or mine[-1] != its[-1] or mine[0] != its[0]


def _fills(grid: CellGrid, row: int, strip: Strip) -> int:
    return len(grid.cells(row, *strip))


_GAP = re.compile(r"\S[ \u3000]{2,}\S")


def find_spaced(grid: CellGrid) -> str:
    """A line of text whose columns are set with spaces; "" where most lines have more than one cell, or no such gaps."""
    lines = [next(iter(cells.values())) for cells in grid.rows if len(cells) == 1]
    spaced = [line for line in lines if len(_GAP.findall(line)) > 1]
    many = sum(bool(cells) for cells in grid.rows)
    return " ".join(spaced[0].split())[:40] if len(spaced) > 2 and len(lines) * 2 > many else ""
