"""Which rows look like a header: bold or filled as no row below is, where kinds of values and merged cells may not tell."""

from entaku.draft.grid import CellGrid
from entaku.formats.looks import NO_LOOK, CellLook

LOOKED = 60
"""Rows that are looked at."""
_RARE = 0.2
"""The share of the rows below that may look like a header: totals often do."""
MOST_ROWS = 5
"""Rows of a header."""


def find_styled(grid: CellGrid, rows: range, left: int, right: int) -> range | None:
    """Return the first rows that look like the header of those below; None where none do, or where wide rows come
    before them that don't."""
    wide = [row for row in rows[: LOOKED * 2] if len(grid.cells(row, left, right)) > 1]
    for row in wide:
        if not _is_marked(grid, row, left, right):
            continue
        later = [one for one in wide if one > row]
        block = [row]
        for one in range(row + 1, min(row + MOST_ROWS, rows.stop)):
            if not _goes_on(grid, block[0], one, left, right):
                break
            block.append(one)
        while block and not _is_rare(grid, block, [one for one in later if one > block[-1]], (left, right)):
            block.pop()
        if block:
            size = len(grid.cells(block[0], left, right))
            before = [len(grid.cells(one, left, right)) for one in wide if one < row]
            return range(block[0], block[-1] + 1) if all(many <= max(2, size / 2) for many in before) else None
    return None


def _list_looks(grid: CellGrid, row: int, left: int, right: int) -> list[CellLook]:
    """The looks of the filled cells of a row."""
    return [grid.look(row, at) for at in grid.cells(row, left, right)]


def _is_marked(grid: CellGrid, row: int, left: int, right: int) -> bool:
    """Whether each cell is bold or filled, or each is framed."""
    looks = _list_looks(grid, row, left, right)
    return all(look.marked for look in looks) or all(look != NO_LOOK for look in looks)


def _goes_on(grid: CellGrid, first: int, row: int, left: int, right: int) -> bool:
    """Whether a row is bold or filled as the first row of a header is; frames alone make no second row."""
    known = {(look.bold, look.fill) for look in _list_looks(grid, first, left, right) if look.marked}
    looks = _list_looks(grid, row, left, right)
    return bool(looks) and all((look.bold, look.fill) in known for look in looks)


def _is_rare(grid: CellGrid, block: list[int], below: list[int], strip: tuple[int, int]) -> bool:
    """Whether few of the rows below look as the header does; there must be one that doesn't."""
    header = [_list_looks(grid, row, *strip) for row in block]
    plainly = all(look.marked for looks in header for look in looks)
    known = {(look.bold, look.fill, "" if plainly else look.border) for looks in header for look in looks}
    alike = [
        all((look.bold, look.fill, "" if plainly else look.border) in known for look in _list_looks(grid, row, *strip))
        for row in below[:LOOKED]
    ]
    return bool(alike) and not alike[0] and sum(alike) <= _RARE * len(alike)
