"""A raw file → its draft: every sheet and table of it, and what becomes of every cell."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from entaku.draft.account import account_for
from entaku.draft.build import Found, RawBody, Texts, plan_columns, plan_reading, read_texts, to_read
from entaku.draft.grid import CellGrid, make_grid
from entaku.draft.members import draft_members
from entaku.draft.names import find_term, name_label, tell_names_apart
from entaku.draft.outline import find_tables, list_halves
from entaku.draft.plan import FilePlan, LeftOut, TablePlan
from entaku.draft.questions import ask_table
from entaku.draft.sheets import is_continued, leave_headless, link_sheets, share_rows
from entaku.draft.standards import follow_standard
from entaku.draft.strips import find_spaced
from entaku.draft.titles import LABELS, join_titles, read_titles, share_titles
from entaku.draft.wholes import ask_whole, find_whole
from entaku.draft.words import squeeze, tidy
from entaku.model.nouns import Finding, Place, Raw
from entaku.model.standards import Standard
from entaku.table import lookout, read

ASIDE = re.compile(
    r"表紙|目次|もくじ|はじめに|説明|注意|留意|利用上|利用方法|凡例|更新履歴|変更履歴|改訂履歴|記入例|記載例|作業|index|contents|cover|readme|about|notes?",
    re.I,
)
"""Names of sheets that hold no data."""


def draft_file(
    raw: Raw, body: bytes, own: Sequence[Standard] = (), *, skip_hidden: bool = False
) -> tuple[FilePlan, tuple[Finding, ...]]:
    """The draft of a file, and what could not be read of it.  `own`: the standards of the project; `skip_hidden`: whether
    hidden rows and columns are left out."""
    files = lookout.read_zip(raw, body)
    if files.readable:
        return draft_members(files, partial(draft_file, own=own, skip_hidden=skip_hidden), own)
    of = RawBody(raw, body, skip_hidden)
    cells = lookout.read_cells(raw, body, skip_hidden=skip_hidden)
    if cells.laid:
        return _draft_laid(of, cells.beside)
    grids = [make_grid(sheet) for sheet in cells.sheets]
    found, asked = leave_headless(grids, [one for grid in grids for one in _find(grid, grids)])
    if not found:
        spaced = [line for grid in grids if (line := find_spaced(grid))]
        told = [
            Finding("fixed-columns", place=Place(file=raw.url), value=line) for line in spaced if not cells.findings
        ]
        return FilePlan(), (*cells.findings, *told)
    plans: list[tuple[TablePlan, list[Found], Texts]] = []
    left = sorted(found, key=lambda one: _is_whole(one, found))
    while left:
        same = _list_same(left, found)
        made = _plan(of, same, cells.sheets) or (_plan(of, same[:1], cells.sheets) if len(same) > 1 else None)
        if made is None:
            left = left[1:]
            continue
        plans.append(made)
        left = [one for one in left if one not in made[1]]
    whole = _finish(plans, grids, cells, own)
    asked += [ask_whole(one) for one in found if _is_whole(one, found)]
    return replace(whole, questions=(*whole.questions, *asked)), cells.findings


def _find(grid: CellGrid, grids: Sequence[CellGrid]) -> list[Found]:
    if _is_aside(grid, grids):
        return []
    areas = find_tables(grid)
    made = []
    titles = share_titles(grid, areas)
    for n, area in enumerate(areas):
        nexts = [one for one in areas[n + 1 :] if one.left == area.left and one.header.first > area.last]
        following = min(((one.above or (one.header.first,))[0] for one in nexts), default=None)
        made.append(Found(grid, area, titles[n], following))
    return made


def _is_aside(grid: CellGrid, grids: Sequence[CellGrid]) -> bool:
    """Whether a sheet is a cover, contents or notes: by its name, or as its cells are the names of the others."""
    if len(grids) > 1 and ASIDE.fullmatch(squeeze(grid.sheet.name)):
        return True
    names = {squeeze(other.sheet.name) for other in grids if other is not grid}
    texts = {squeeze(text) for cells in grid.rows for text in cells.values()}
    return len(names) > 1 and len(names & texts) == len(names)


def _list_same(left: Sequence[Found], every: Sequence[Found]) -> list[Found]:
    """The first table, and those of other sheets that are laid out as it is."""
    first = left[0]
    beside = [one for one in left if one.grid is first.grid]
    if sum(one.grid is first.grid for one in every) > 1:
        halves = list_halves(first.grid, first.area, [one.area for one in beside[1:]])
        return [one for one in beside if any(one.area is half for half in halves)]
    return [one for one in _list_alike(first, every) if one is first or (one in left and not _is_whole(one, every))]


def _list_alike(one: Found, every: Sequence[Found]) -> list[Found]:
    """The only tables of their sheets that are laid out as one is, itself among them."""
    single = [other for other in every if sum(each.grid is other.grid for each in every) == 1]
    return [other for other in single if other is one or _is_alike(one, other)]


def _is_whole(one: Found, every: Sequence[Found]) -> bool:
    """Whether a table is the sum of those of other sheets."""
    return find_whole(_list_alike(one, every)) is one


def _is_alike(one: Found, other: Found) -> bool:
    return (
        one.area.header.rows == other.area.header.rows
        and (one.area.left, one.area.right) == (other.area.left, other.area.right)
        and len(one.area.header.meta) == len(other.area.header.meta)
        and (not one.titles.units or not other.titles.units or one.titles.units == other.titles.units)
        and all(
            {at: squeeze(text) for at, text in one.grid.cells(row, one.area.left, one.area.right).items()}
            == {at: squeeze(text) for at, text in other.grid.cells(row, one.area.left, one.area.right).items()}
            for row in one.area.header.rows
        )
    )


def _plan(
    of: RawBody, found: list[Found], sheets: Sequence[lookout.SheetCells]
) -> tuple[TablePlan, list[Found], Texts] | None:
    """The plan of tables that are alike; None where they can't be read as one."""
    first = found[0]
    plan = replace(plan_reading(first, len(sheets)), skip_hidden=of.skip_hidden)
    if len(found) > 1:
        names = [one.grid.sheet.name for one in found]
        plan = replace(plan, title=join_titles([one.titles.title for one in found], names))
    groups: dict[str, str] = {}
    if len(found) > 1 and first.grid is found[1].grid:
        units = dict.fromkeys(unit for one in found for unit in one.titles.units)
        first = replace(first, titles=replace(first.titles, units=tuple(units)))
        plan = replace(
            plan, columns=tuple(dict.fromkeys(column for one in found for column in plan_reading(one, 1).columns))
        )
        plan = replace(plan, **_join_reading(found))  # type: ignore[arg-type]
    elif len(found) > 1:
        names = [one.grid.sheet.name for one in found]
        name, pattern, kind = _name_sheets(names)
        told = any(one[1] != "fiscal_year" and _has_date(found, one[0], one[1]) for one in first.titles.dated)
        if told and all(map(_MONTH_SHEET.fullmatch, names)):
            months = "[0-9０-９]{1,2}月" if all(re.fullmatch("[0-9０-９]{1,2}月", name) for name in names) else ""
            pattern = f"/{months or '(?:' + '|'.join(map(re.escape, names)) + ')'}/"  # the titles tell which
        elif is_continued(names) and not share_rows(found):
            pattern = "/(?:" + "|".join(map(re.escape, names)) + ")/"
        else:
            groups[name] = kind
        plan = replace(plan, sheet=pattern, sheets=tuple(names))
        plan = replace(plan, **_join_reading(found))  # type: ignore[arg-type]
    for row, name, pattern, kind in first.titles.dated:
        if name in groups or (len(found) > 1 and first.grid is not found[1].grid and not _has_date(found, row, name)):
            continue
        plan = replace(plan, titles=(*plan.titles, (first.grid.line(row), pattern)))
        groups[name] = kind
    tables, findings = read(of.raw, of.body, to_read(plan))
    errors = [finding for finding in findings if finding.severity == "error"]
    if not tables or (len(found) > 1 and (errors or len(tables) != len(found))):
        return None
    plan = plan_columns(plan, first, read_texts(tables), groups)
    if plan.titles and _has_period(plan):
        plan = replace(plan, titles=())
        tables, _ = read(of.raw, of.body, to_read(plan))
        groups = {name: kind for name, kind in groups.items() if name not in {one[1] for one in first.titles.dated}}
        plan = plan_columns(plan, first, read_texts(tables), groups)
    return _guard_units(plan, found), found, read_texts(tables)


def _guard_units(plan: TablePlan, found: Sequence[Found]) -> TablePlan:
    """The plan that also reads the line of units where all tables have the same: another unit one day is an error then."""
    lines = {
        (one.grid.line(one.titles.unit_line[0]), *one.titles.unit_line[1:]) for one in found if one.titles.unit_line
    }
    used = set(found[0].titles.units) & {*(one.unit for one in plan.fields), plan.melt.unit if plan.melt else ""}
    if len(lines) != 1 or not used or len(plan.columns) > 1 or not all(one.titles.unit_line for one in found):
        return plan
    ((line, at, text),) = lines
    within = all(one.area.left <= at <= one.area.right for one in found)
    return replace(plan, titles=(*plan.titles, (line, re.escape(text)))) if within else plan


def _join_reading(found: Sequence[Found]) -> dict[str, object]:
    """What is skipped and where reading stops in any of the sheets."""
    plans = [plan_reading(one, len(found) + 1) for one in found]
    stops = list(dict.fromkeys(plan.stop for plan in plans if plan.stop))
    parts = [re.fullmatch(r"\^\(\?P<section>(.*)\)\$", plan.section) for plan in plans]
    captions = dict.fromkeys(part for match in parts if match for part in match[1].split("|"))
    return {
        "skip": tuple(dict.fromkeys(one for plan in plans for one in plan.skip)),
        "stop": "|".join(stops),
        "section": "^(?P<section>" + "|".join(captions) + ")$" if captions else "",
        "fill": any(plan.fill for plan in plans),
        "starts": next((plan.starts for plan in plans if plan.starts), ""),
    }


def _has_date(found: Sequence[Found], row: int, name: str) -> bool:
    return all(any(one[:2] == (row, name) for one in each.titles.dated) for each in found)


def _has_period(plan: TablePlan) -> bool:
    """Whether the rows of a table tell their year or day themselves."""
    own = [one for one in plan.fields if one.source not in LABELS]
    return (plan.melt is not None and plan.melt.period != "month") or any(
        one.type == "year" or (one.type in ("date", "yearmonth", "datetime") and not one.words and one is own[0])
        for one in own
    )


_MONTH_SHEET = re.compile(r"(?:.*年)?\s*[0-9０-９]{1,2}\s*月分?")
_ERAS = "(?:明治|大正|昭和|平成|令和)(?:元|[0-9０-９]+)|[MTSHRＭＴＳＨＲ](?:元|[0-9０-９]+)|[0-9０-９]{4}"


def _name_sheets(names: Sequence[str]) -> tuple[str, str, str]:
    """The column that sheets' names become, their pattern, and what the values are."""
    for name, what, kind in (("fiscal_year", "年度", "fiscal_year"), ("year", "年", "year"), ("year", "", "year")):
        pattern = re.compile(f"(?P<before>[^0-9０-９]*?)(?P<value>(?:{_ERAS}){what})(?P<after>[^0-9０-９]*)")
        matches = [pattern.fullmatch(one) for one in names]
        if all(match is not None for match in matches):
            around = {(match["before"], match["after"]) for match in matches if match is not None}
            if len(around) == 1:
                ((before, after),) = around
                return name, f"/{re.escape(before)}(?P<{name}>(?:{_ERAS}){what}){re.escape(after)}/", kind
    return "sheet", "/(?P<sheet>" + "|".join(map(re.escape, names)) + ")/", ""


def _finish(
    plans: list[tuple[TablePlan, list[Found], Texts]], grids: Sequence[CellGrid], cells: lookout.FileCells,
    own: Sequence[Standard],
) -> FilePlan:  # fmt: skip
    found = [one for _, some, _ in plans for one in some]
    names = tell_names_apart([_name_table(plan, len(plans)) for plan, _, _ in plans], "-")
    titles = [_title_table(plan, n, len(plans)) for n, (plan, _, _) in enumerate(plans, 1)]
    named = [
        (replace(plan, name=name, title=title), found, texts)
        for (plan, found, texts), name, title in zip(plans, names, titles, strict=True)
    ]
    account = account_for(named, grids, cells.hidden)
    questions = tuple(question for plan, _, texts in named for question in ask_table(plan, texts))
    heading = next((one.titles.heading for _, found, _ in plans for one in found if one.titles.heading), "")
    title = heading or next((plan.title for plan, _, _ in plans if plan.title), "")
    linked, links = link_sheets(named, [one.grid.sheet.name for one in found if _is_whole(one, found)])
    questions = (*questions, *links)
    tables = tuple(follow_standard(plan, own) for plan in linked)
    title = title or (tables[0].standard if len(tables) == 1 else "")
    return FilePlan(
        tables=tables, title=title, notes=account.notes, questions=questions,
        left=account.left, unread=account.unread, roles=account.roles,
    )  # fmt: skip


def _name_table(plan: TablePlan, many: int) -> str:
    if many == 1:
        return "table"
    term = find_term(plan.sheet)
    name = term.name if term else name_label(plan.sheet) if plan.sheet and not plan.sheets else ""
    return re.sub(r"[^a-z0-9]+", "-", name or "table").strip("-") or "table"


def _title_table(plan: TablePlan, n: int, many: int) -> str:
    if plan.title:
        return tidy(plan.title)
    return plan.sheet if plan.sheet and not plan.sheets else "表" if many == 1 else f"表{n}"


def _draft_laid(of: RawBody, beside: Sequence[tuple[str, str]]) -> tuple[FilePlan, tuple[Finding, ...]]:
    """The draft of JSON, whose keys are its headings."""
    tables, findings = read(of.raw, of.body, None)
    if not tables or not len(tables[0].frame.columns):
        return FilePlan(), findings
    texts = read_texts(tables)
    records = [
        (1, tuple(texts.columns)),
        *((n + 2, cells) for n, cells in enumerate(zip(*texts.columns.values(), strict=True))),
    ]
    grid = make_grid(lookout.SheetCells("", tuple(records)))
    (area,) = find_tables(grid)[:1] or (None,)
    if area is None:
        return FilePlan(), findings
    found = Found(grid, area, read_titles(grid, area))
    plan = plan_columns(TablePlan(name="table", title="表", row=0), found, texts, {})
    keys, values = [key for key, _ in beside], [text for _, text in beside]
    left = LeftOut("JSON", tuple(keys), tuple(values), "表の外の値 / values outside the table")
    return FilePlan(tables=(plan,), left=(left,) if keys else ()), findings
