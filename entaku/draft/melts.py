"""Columns of years, months or days side by side → what it takes to make rows of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from entaku.draft.labels import find_counted
from entaku.draft.names import name_label, title_label
from entaku.draft.plan import YEAR_MONTH, ColumnPlan, MeltPlan, TablePlan
from entaku.draft.titles import name_values
from entaku.draft.values import read_number, tell_marks
from entaku.draft.words import is_period, is_total


def find_melt(fields: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]], title: str) -> MeltPlan | None:
    """The columns whose headings are years or the like, if all columns of numbers are such, or such and their sum;
    `title`: of the table, which may say what is counted."""
    numbers = [one for one in fields if one.is_number]
    total = _find_sum(numbers, texts)
    headings = {one.source: split_period(one.label) for one in numbers if one is not total}
    kinds = {kind for _, _, kind in headings.values()}
    groups = {group for group, _, _ in headings.values()}
    alike = len(kinds) == len(groups) == len({one.unit for one in numbers}) == 1
    if not alike or "" in kinds or len(headings) < 3:
        return None
    (kind,), (group,) = kinds, groups
    rest = [one for one in fields if one not in numbers]
    taken = {one.name for one in rest}
    names_to = next(name for name in (kind, f"{kind}_of_value", "period") if name not in taken)
    values = group or name_values(title) or "値"
    values_to = name_label(values)
    whole = "integer" if {one.type for one in numbers} == {"integer"} else "number"
    years = [one for one in rest if one.type == "year"] if kind == "month" and YEAR_MONTH not in taken else []
    year = years[0] if len(years) == 1 else None
    return MeltPlan(
        columns=tuple(one.source for one in numbers),
        names_to=names_to,
        period=kind,
        values_to=values_to if values_to not in taken | {names_to, YEAR_MONTH} else "value",
        values=values,
        unit=numbers[0].unit or find_counted(values, whole),
        total=total.source if total else "",
        year=year.name if year else "",
        fiscal=year is not None and year.to == "fiscal_year",
    )


def split_period(label: str) -> tuple[str, str, str]:
    """What stands before the period that a heading ends with, the period and its kind: 令和5年度_4月 is one of a year."""
    group, _, last = label.rpartition("_")
    kind = is_period(last)
    before, _, year = group.rpartition("_")
    if kind == "month" and is_period(year) in ("year", "fiscal_year"):
        return before, re.sub(r"[（(].*?[）)]", "", year) + last, "year_month"
    return group, last, kind


def _find_sum(numbers: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]]) -> ColumnPlan | None:
    """The one column with the heading of a total, if it is the sum of what the others have in every row: where it is more,
    as a part is suppressed, it tells something of its own."""
    totals = [one for one in numbers if is_total(one.label.rpartition("_")[2])]
    if len(totals) != 1:
        return None
    (total,) = totals
    parts = [[read_number(text)[0] for text in texts[one.source]] for one in numbers if one is not total]
    sums = [read_number(text)[0] for text in texts[total.source]]
    rows = zip(sums, *parts, strict=True)
    same = all(Decimal(whole or 0) == sum(map(Decimal, filter(None, some))) for whole, *some in rows)
    return total if any(sums) and same else None


def is_marked(fields: Sequence[ColumnPlan], melt: MeltPlan) -> bool:
    """Whether there are flags or texts among the numbers that become rows, which are parted from them as rows."""
    return any(one.flags or one.words for one in fields if one.source in melt.columns)


def gather_values(table: TablePlan) -> ColumnPlan:
    """The column of the values that become rows, with the marks, flags and texts of all columns that they come from."""
    melt = table.melt
    assert melt is not None
    parts = [one for one in table.fields if one.source in melt.columns]
    column = replace(
        parts[0], source=melt.values_to, name=melt.values_to, label=melt.values, en=title_label(melt.values),
        type="number" if any(one.type == "number" for one in parts) else "integer", unit=melt.unit,
        missing=_join(one.missing for one in parts), marks=_join(one.marks for one in parts),
        flags=_join(one.flags for one in parts), words=_join(one.words for one in parts),
        suffix=next((one.suffix for one in parts if one.suffix), ""),
    )  # fmt: skip
    return replace(column, about=tell_marks(column))


def _join(parts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for part in parts for each in part))
