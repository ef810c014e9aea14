"""Tables that go on in another sheet: rows below the same headings, rows without any, columns of the same rows."""

import re
from collections.abc import Sequence
from dataclasses import replace

from entaku.draft.build import Found, Texts
from entaku.draft.grid import CellGrid
from entaku.draft.header import VALUES, find_typed
from entaku.draft.plan import Question, ReferencePlan, TablePlan
from entaku.draft.words import kind_of, squeeze

_NUMBER = "(?:[0-9０-９]+|[一二三四五六七八九十]+)"
_GOES_ON = re.compile(
    rf"(?P<base>.*?)[\s\u3000_]*(?P<number>[（(]\s*(?:その)?\s*{_NUMBER}\s*[）)]|その\s*{_NUMBER}|[①-⑳]"
    rf"|[（(]?(?:の?続き|つづき|続){_NUMBER}?[）)]?|[（(]?{_NUMBER}\s*[/／]\s*{_NUMBER}[）)]?)?"
)
"""The name of a sheet that goes on with another: 一覧(2), 一覧その2, 一覧（続き）, 一覧 ２／３."""
_DEFAULT = re.compile(rf"(?:Sheet|シート)\s*{_NUMBER}", re.IGNORECASE)
"""What sheets are called that nobody named."""
MOST_ROWS = 2_000
"""Rows of a sheet that are compared."""

Planned = tuple[TablePlan, list[Found], Texts]


def is_continued(names: Sequence[str]) -> bool:
    """Whether the names of sheets say only that each goes on with the one before."""
    if all(_DEFAULT.fullmatch(name.strip()) for name in names):
        return True
    matches = [_GOES_ON.fullmatch(name.strip()) for name in names]
    bases = {squeeze(match["base"]) if match else "" for match in matches}
    return len(bases) == 1 and "" not in bases and any(match and match["number"] for match in matches[1:])


def share_rows(found: Sequence[Found]) -> bool:
    """Whether tables of several sheets begin a row with the same text."""
    firsts = [set(_list_texts(one, _first_column(one))) for one in found]
    return len(set().union(*firsts)) < sum(map(len, firsts))


def _first_column(found: Found) -> int:
    area = found.area
    return min(found.grid.cells(area.header.last, area.left, area.right), default=area.left)


def _list_texts(found: Found, at: int) -> list[str]:
    return [text for row in found.area.body[:MOST_ROWS] if (text := squeeze(found.grid.text(row, at)))]


def leave_headless(grids: Sequence[CellGrid], found: Sequence[Found]) -> tuple[list[Found], list[Question]]:
    """The tables without those of sheets that go on with the one before but have no headings, and what is asked of them."""
    kept, asked = list(found), list[Question]()
    before: tuple[CellGrid, Found] | None = None
    for grid in grids:
        mine = [one for one in kept if one.grid is grid]
        if (
            before is not None
            and is_continued([before[0].sheet.name, grid.sheet.name])
            and _is_headless(before[1], grid)
        ):
            kept = [one for one in kept if one.grid is not grid]
            name, first = grid.sheet.name, before[1].grid.sheet.name
            asked.append(Question(
                key=f"continued.{name}", ja=f"シート「{name}」はシート「{first}」の続きの行のようですが、見出しがありません。一行目に同じ見出しを写すと、一つの表になります",
                en=f'The sheet "{name}" seems to go on with "{first}", but has no headings. Copy them into its first row to make one table',
                answer="入れていない / left out",
            ))  # fmt: skip
        elif len(mine) == 1:
            before = (grid, mine[0])
        elif mine:
            before = None
    return kept, asked


def _is_headless(first: Found, grid: CellGrid) -> bool:
    """Whether the first row of a sheet is one of the rows of a table: as wide, with such values, and no heading of it."""
    area = first.area
    headings = {
        at: squeeze(text)
        for row in area.header.rows
        for at, text in first.grid.cells(row, area.left, area.right).items()
    }
    row = next((n for n, cells in enumerate(grid.rows) if len(cells) > 1), None)
    if row is None or not headings:
        return False
    cells = grid.rows[row]
    if not set(cells) <= set(range(area.left, area.right + 1)) or len(cells) * 2 < len(headings):
        return False
    if any(squeeze(text) in headings.values() for text in cells.values()):
        return False
    typed = find_typed(first.grid, range(area.header.body, area.last + 1), area.left, area.right)
    if typed:
        return any(kind_of(cells[at]) in VALUES for at in typed if at in cells)
    return any(squeeze(text) in set(_list_texts(first, at)) for at, text in cells.items())


def link_sheets(planned: Sequence[Planned], wholes: Sequence[str] = ()) -> tuple[list[TablePlan], list[Question]]:
    """The tables, with their foreign keys: of one that has more columns of an earlier sheet's rows, and of one that has
    a column with the heading of another's key and nothing but values of that.  `wholes`: sheets that are sums of others."""
    plans, asked = list[TablePlan](), list[Question]()
    for n, one in enumerate(planned):
        rest = [
            other for m, other in enumerate(planned) if m != n and {one[0].sheet, other[0].sheet}.isdisjoint(wholes)
        ]
        found = _find_same_rows(one, planned[:n] if one[0].sheet not in wholes else []) or [
            each for each in (_find_lookup(one, other) for other in rest) if each
        ]
        plans.append(replace(one[0], refers=tuple(reference for reference, _ in found)))
        asked += [question for _, question in found]
    return plans, asked


Linked = tuple[ReferencePlan, Question]
"""A foreign key, and what is asked of it."""


def _find_same_rows(one: Planned, earlier: Sequence[Planned]) -> list[Linked]:
    """The reference of a table that has more columns of the rows of an earlier sheet."""
    plan, found, texts = one
    for other, others, theirs in earlier:
        if len(found) != 1 or len(others) != 1 or found[0].grid is others[0].grid:
            continue
        shared = _list_shared(plan, other)
        if shared and _list_rows(texts, shared) == _list_rows(theirs, shared) != set():
            words = "、".join(shared)
            question = Question(
                key=f"{plan.name}.refers", ja=f"シート「{plan.sheet}」は、シート「{other.sheet}」と同じ行（{words}）の続きの列のようです",
                en=f'The sheet "{plan.sheet}" seems to have more columns of the rows of "{other.sheet}" ({words})',
                answer="別の表にして、同じ値で結ぶ / a table of its own that refers to the other",
            )  # fmt: skip
            return [(ReferencePlan(other.name, tuple(shared), tuple(shared)), question)]
    return []


_OF_ANY = re.compile(
    r"(?:通し|整理)?番号|No[.]?|ID|コード|順位|順番|年齢|学年|階|回|年度?|月|日|曜日|区分|注記|シート", re.IGNORECASE
)
"""Headings that mean something else in each table."""


def _find_lookup(one: Planned, another: Planned) -> Linked | None:
    """The reference of a column to the key of another table that has the same heading, if its values are all there."""
    (plan, _, texts), (other, _, theirs) = one, another
    keys = [each for each in other.fields if other.key == (each.name,)]
    if not keys or other.melt is not None:
        return None
    (key,) = keys
    column = next((each for each in plan.fields if each.label == key.label and each.type == key.type), None)
    if (
        column is None
        or key.to
        or _OF_ANY.fullmatch(squeeze(key.label))
        or plan.key == (column.name,)
        or (plan.melt and column.source in plan.melt.columns)
    ):
        return None
    values, known = set(texts.columns[column.source]) - {""}, set(theirs.columns[key.source])
    if not values or not values <= known:
        return None
    question = Question(
        key=f"{plan.name}.{column.name}.refers", ja=f"表「{plan.name}」の列「{column.label}」は、表「{other.name}」の「{key.label}」を指すようです",
        en=f'"{column.label}" of the table "{plan.name}" seems to refer to "{key.label}" of "{other.name}"',
        answer="外部キーにする / a foreign key",
    )  # fmt: skip
    return ReferencePlan(other.name, (column.source,), (key.source,)), question


def _list_shared(plan: TablePlan, other: TablePlan) -> list[str]:
    """The first columns of both tables, if these are all that they share and both have more."""
    if plan.melt is not None or other.melt is not None:
        return []
    mine, theirs = ([(one.source, one.type) for one in each.fields] for each in (plan, other))
    shared = []
    for one, their in zip(mine, theirs, strict=False):
        if one != their:
            break
        shared.append(one[0])
    rest = {source for source, _ in mine[len(shared) :]}, {source for source, _ in theirs[len(shared) :]}
    return shared if all(rest) and not rest[0] & rest[1] else []


def _list_rows(texts: Texts, columns: Sequence[str]) -> set[tuple[str, ...]]:
    """What the rows have in these columns; nothing if a row has nothing there, or two have the same, or there is but one."""
    rows = list(zip(*(texts.columns[name] for name in columns), strict=True))
    sound = len(rows) > 1 and len(set(rows)) == len(rows) and all(all(row) for row in rows)
    return set(rows) if sound else set()
