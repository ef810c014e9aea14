"""The columns that tell all rows of a table apart."""

import re
from collections.abc import Mapping, Sequence
from itertools import combinations

from entaku.draft.plan import ColumnPlan, TablePlan
from entaku.draft.titles import LABELS
from entaku.draft.totals import list_total_rows
from entaku.draft.values import CLOCK
from entaku.draft.words import squeeze
from entaku.formats.text import to_half_width

MOST_KEYS = 6
"""Columns of which keys are tried."""


_NUMBERED = re.compile(r"(?<!電話)(?<!郵便)(?<!FAX)(?<!内線)(?:番号|コード|ID|No[.]?)(?:[_ （(].*)?$", re.I)
"""Headings of columns that are made to tell rows apart."""
_KEYED = re.compile(rf"^(年齢|各歳|年|月|日|時|時間|階|順位|学年|回)$|{_NUMBERED.pattern}", re.I)
"""Headings of numbers that may tell rows apart."""


def find_key(plan: TablePlan, texts: Mapping[str, Sequence[str]], count: int) -> tuple[str, ...]:
    """The names of the first columns that tell all rows apart, without those of totals, numbers and codes before names;
    () if none do."""
    totals = {n for total in plan.sums for n in list_total_rows(total, texts)}
    rows = [n for n in range(count) if n not in totals]
    able = [one for one in plan.fields if not one.is_number or _KEYED.search(one.label)]
    able += [one for one in plan.fields if one not in able and any(one.source == total.column for total in plan.sums)]
    able = [one for one in able if all(texts[one.source][n] for n in rows)]
    able = [one for one in able if not one.missing and not one.words]
    able = sorted(able, key=lambda one: not _NUMBERED.search(to_half_width(one.label)))[:MOST_KEYS]
    added, told = ((plan.melt.key,), plan.melt.year) if plan.melt else ((), "")
    if not rows:
        return ()
    constant = [one for one in plan.fields if _is_constant(one, texts)]
    able = [one for one in able if one not in constant]
    measures = [n for n, one in enumerate(plan.fields) if one.is_number and not _KEYED.search(one.label)]
    left = [one for one in able if not measures or plan.fields.index(one) < measures[0]]
    tries = (
        some
        for each in dict.fromkeys((tuple(left), tuple(able)))
        for n in range(4)
        for some in combinations(each, n + 1)
    )
    for some in tries:
        if len(some) == 1 and some[0] is not plan.fields[0] and _is_clock(texts[some[0].source], rows):
            continue  # that no two rows have the same time is chance
        if len({tuple(_same(texts[one.source][n]) for one in (*some, *constant)) for n in rows}) == len(rows):
            whole = [*some, *constant, *(_list_groups(some, able, texts, rows) if len(some) > 1 else ())]
            return (*(one.name for one in plan.fields if one in whole and one.name != told), *added)
    return ()


def _is_clock(texts: Sequence[str], rows: Sequence[int]) -> bool:
    """Whether a column is of times of a day."""
    return all(CLOCK.fullmatch(texts[n]) for n in rows)


def _list_groups(
    some: Sequence[ColumnPlan], able: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]], rows: Sequence[int]
) -> list[ColumnPlan]:
    """The columns on the left that name groups of rows: what is told apart within one may come again in another."""
    left = able[: min(map(able.index, some))]
    counts = {one.source: len({texts[one.source][n] for n in rows}) for one in left}
    dated = any(one.label in ("年", "年度", "月", "日") for one in some)
    return [
        one
        for one in left
        if (one.type == "string" and 1 < counts[one.source] * 2 <= len(rows))
        or (dated and one.label in ("年", "年度", "月"))
    ]


def _is_constant(one: ColumnPlan, texts: Mapping[str, Sequence[str]]) -> bool:
    """Whether a column is the year or day of the whole file, which tells its rows from those of the next."""
    return one.source in (*LABELS, "sheet") and all(texts[one.source]) and bool(one.required)


def _same(text: str) -> str:
    return squeeze(to_half_width(text))
