"""What becomes of every filled cell of a workbook: nothing is left out without being told."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from entaku.draft.build import Found, Texts
from entaku.draft.grid import CellGrid, Spot
from entaku.draft.outline import drop_digits
from entaku.draft.plan import LeftOut, Role, TablePlan
from entaku.draft.words import is_note, tidy
from entaku.formats.text import column_letters


@dataclass(frozen=True)
class CellAccount:
    """The roles of cells, the notes that are kept, and what is left out."""

    roles: dict[tuple[str, Spot], Role]
    notes: tuple[str, ...]
    left: tuple[LeftOut, ...]
    unread: tuple[tuple[str, str], ...]


def account_for(
    plans: Sequence[tuple[TablePlan, list[Found], Texts]], grids: Sequence[CellGrid], hidden: Sequence[str]
) -> CellAccount:
    """Tell the role of each cell; those that have none are left out."""
    roles: dict[tuple[str, Spot], Role] = {}
    notes: dict[str, None] = {}
    unread: list[tuple[str, str]] = []
    for plan, found, texts in plans:
        read = set(texts.rows)
        columns: dict[int, Role] = {
            at: "total" if plan.melt and name == plan.melt.total else "table"
            for name, at in texts.origins.items()
            if name not in plan.empty
        }
        for one in found:
            shift = one.area.left - found[0].area.left
            _take(roles, _list_heading(one), one.grid)
            _take(roles, _list_body(one, read, {at + shift: role for at, role in columns.items()}), one.grid)
            _take(roles, _list_around(one, notes), one.grid)
            notes.update(dict.fromkeys(_list_units(one, plan)))
        unread += _list_unread(plan, texts)
    left = [_leave(grid, roles) for grid in grids]
    gone = [LeftOut(name, (), (), "隠れたシート / a hidden sheet") for name in hidden]
    for grid in grids:
        roles |= {(grid.sheet.name, spot): "left" for spot in grid.filled if (grid.sheet.name, spot) not in roles}
    return CellAccount(roles, tuple(notes), tuple(one for one in (*left, *gone) if one is not None), tuple(unread))


def _take(roles: dict[tuple[str, Spot], Role], spots: Iterable[tuple[Spot, Role]], grid: CellGrid) -> None:
    for spot, role in spots:
        if spot in grid.filled:
            roles.setdefault((grid.sheet.name, spot), role)


def _list_heading(one: Found) -> Iterable[tuple[Spot, Role]]:
    area = one.area
    rows = [*area.header.rows, *(row + n for row in area.repeats for n in range(area.header.count))]
    yield from (((row, at), "heading") for row in rows for at in range(area.left, area.right + 1))
    yield from (((row, at), "meta") for row in area.header.meta for at in range(area.left, area.right + 1))


def _list_body(one: Found, read: set[tuple[str, int]], columns: Mapping[int, Role]) -> Iterable[tuple[Spot, Role]]:
    grid = one.grid
    for row in one.area.body:
        if (grid.sheet.name, grid.line(row)) in read:
            yield from (((row, at), role) for at, role in columns.items())
    yield from (((row, at), "caption") for row in one.area.captions for at in range(one.area.left, one.area.right + 1))


def _list_around(one: Found, notes: dict[str, None]) -> Iterable[tuple[Spot, Role]]:
    grid, area = one.grid, one.area
    for row, at, role in one.titles.roles:
        yield (row, at), role  # type: ignore[misc]
    notes.update(dict.fromkeys(one.titles.notes))
    above = {drop_digits(grid.rows[row]) for row in area.above}
    for row in (*area.below, *area.inner):
        if row in area.inner and drop_digits(grid.rows[row]) in above:
            yield from (((row, at), "title") for at in grid.rows[row])
            continue
        cells = grid.cells(row, area.left, area.right)
        if row in area.header.meta or not (row in area.below or is_note(cells[min(cells)])):
            continue
        notes.update(dict.fromkeys(_join_mark([tidy(text) for text in cells.values()])))
        yield from (((row, at), "note") for at in cells)


_MARK = re.compile(r"[※＊*][0-9０-９]{0,2}|[（(]?注[0-9０-９]{0,2}[）)]?[:：]?")
"""A cell that only begins the note in the next one."""


def _join_mark(texts: list[str]) -> list[str]:
    """The notes of a row, of which the first may have its mark in a cell of its own."""
    return [" ".join(texts[:2]), *texts[2:]] if len(texts) > 1 and _MARK.fullmatch(texts[0]) else texts


def _list_units(one: Found, plan: TablePlan) -> Iterable[str]:
    """The units of the line above that no column was given."""
    given = {each.unit for each in plan.fields}
    return (f"単位：{unit}" for unit in one.titles.units if unit not in given)


def _list_unread(plan: TablePlan, texts: Texts) -> list[tuple[str, str]]:
    found = []
    for one in plan.fields:
        at = texts.origins.get(one.source)
        if not one.words or at is None:
            continue
        for (sheet, row), text in zip(texts.rows, texts.columns[one.source], strict=True):
            if text in one.words:
                found.append((name_place(sheet, row, at), text))
    return found


def name_place(sheet: str, row: int, at: int) -> str:
    """A cell as people name it."""
    cell = f"{column_letters(at)}{row}"
    return f"{sheet}!{cell}" if sheet else f"{row} 行目の {at + 1} 列目 / line {row}, column {at + 1}"


def _leave(grid: CellGrid, roles: dict[tuple[str, Spot], Role]) -> LeftOut | None:
    """The cells of a sheet that have no role."""
    name = grid.sheet.name
    spots = sorted(spot for spot in grid.filled if (name, spot) not in roles)
    if not spots:
        return None
    whole = len(spots) == len(grid.filled)
    why = "表のないシート / a sheet without a table" if whole else "表の外のセル / cells outside the tables"
    places = tuple(name_place(name, grid.line(row), at) for row, at in spots)
    return LeftOut(name, places, tuple(grid.text(row, at) for row, at in spots), why)
