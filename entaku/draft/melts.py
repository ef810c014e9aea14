"""Columns of years, months or days side by side → what it takes to make rows of them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from entaku.draft.labels import find_counted
from entaku.draft.names import name_label
from entaku.draft.plan import YEAR_MONTH, ColumnPlan, MeltPlan
from entaku.draft.titles import name_values
from entaku.draft.values import read_number
from entaku.draft.words import is_period, is_total


def find_melt(fields: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]], title: str) -> MeltPlan | None:
    """The columns whose headings are years or the like, if all columns of numbers are such, or such and their sum;
    `title`: of the table, which may say what is counted."""
    numbers = [one for one in fields if one.is_number]
    total = _find_sum(numbers, texts)
    headings = {one.source: one.label.rpartition("_") for one in numbers if one is not total}
    kinds = {is_period(period) for _, _, period in headings.values()}
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
