"""The fields of a draft's tables, as YAML."""

import json
from collections.abc import Iterator
from dataclasses import replace

from entaku.draft.melts import gather_values
from entaku.draft.names import title_label
from entaku.draft.plan import ColumnPlan, TablePlan
from entaku.draft.words import is_average


def list_fields(table: TablePlan, totals: bool) -> Iterator[str]:
    """The fields of the schema, in the order in which the steps leave the columns."""
    melted = set(table.melt.columns) if table.melt else set()
    if totals:
        table = _widen(table)
    late = {each.column for each in table.sums} if totals else set()
    for one in table.fields:
        if one.source not in melted and not one.of_standard:
            word = totals and any(one.source == each.column for each in table.sums)
            yield _write_field(replace(one, type="string", format="", unit="") if word else one)
    group = next((s for s in table.sums if s.above and s.rows > 1 and s.column in table.downward), None)
    if totals and group is not None:
        column = next(one for one in table.fields if one.source == group.column)
        yield f"{{name: {column.name}_group, type: string, title: {write_words(f'{column.label}（まとまり）', '')}}}"
    for one in table.fields:
        if one.keeps_marks:
            yield f"{{name: {one.name}_mark, type: string, title: {write_words(f'{one.label}の記号', _title_beside(one, 'mark'))}}}"
        if one.source not in melted:
            yield from _write_beside(replace(one, words=()) if one.source in late and one.type != "string" else one)
    if table.months is not None and not totals:
        kind, title = ("date", "年月日") if table.months.day else ("yearmonth", "年月")
        yield f"{{name: {table.months.into}, type: {kind}, title: {write_words(title, title_label(title))}}}"
    if table.melt:
        yield from _write_melted(table)


def _widen(table: TablePlan) -> TablePlan:
    """The table with decimals where a mean may have them."""
    if not any(is_average(one.word) for one in table.sums):
        return table
    fields = tuple(replace(one, type="number") if one.type == "integer" else one for one in table.fields)
    return replace(table, fields=fields)


def _title_beside(one: ColumnPlan, what: str) -> str:
    return f"{one.en} ({what})" if one.en else ""


def _write_melted(table: TablePlan) -> Iterator[str]:
    melt = table.melt
    assert melt is not None
    kinds = {"month": "integer", "day": "date", "year_month": "yearmonth"}
    period = "year_month" if melt.year else melt.period
    title = {"month": "月", "day": "日", "year_month": "年月", "fiscal_year": "年度"}.get(period, "年")
    words = write_words(title, title_label(title))
    yield f"{{name: {melt.key}, type: {kinds.get(period, 'year')}, title: {words}}}"
    values = gather_values(table)
    yield _write_field(values)
    yield from _write_beside(values)


def _write_beside(one: ColumnPlan) -> Iterator[str]:
    """The columns of a column's flags and texts."""
    if one.flags:
        yield f"{{name: {one.name}_flag, type: string, title: {write_words(f'{one.label}の印', _title_beside(one, 'flag'))}}}"
    if one.words:
        yield f"{{name: {one.name}_note, type: string, title: {write_words(f'{one.label}の注記', _title_beside(one, 'note'))}}}"


def _write_field(one: ColumnPlan) -> str:
    unit = f", unit: {quote(one.unit)}" if one.unit else ""
    about = f", description: {write_words(*one.about)}" if one.about[0] else ""
    form = f", format: {one.format}" if one.format else ""
    return f"{{name: {one.name}, type: {one.type}{form}{unit}, title: {write_words(one.label, one.en)}{about}}}"


def write_words(ja: str, en: str) -> str:
    return f"{{ja: {quote(ja)}, en: {quote(en)}}}" if en else quote(ja)


def quote(text: str) -> str:
    """Quote text so that YAML reads it as that text."""
    return json.dumps(text, ensure_ascii=False)
