"""Rows in another unit than their columns."""

from collections.abc import Mapping, Sequence

from entaku.draft.labels import split_heading
from entaku.draft.plan import ColumnPlan, TablePlan, UnitRows
from entaku.draft.words import YEN, is_mark, split_unit
from entaku.formats.text import to_half_width


def find_unit_rows(
    fields: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]], melted: str
) -> tuple[UnitRows, ...]:
    """The rows in another unit than all columns of numbers, as their names tell: 1人1日当たり(g) in a table of tonnes."""
    units = {to_half_width(one.unit) for one in fields if one.is_number}
    units = {to_half_width(melted)} if melted else units
    if len(units) != 1 or not any(units):
        return ()
    (usual,) = units
    found: dict[tuple[str, str], list[str]] = {}
    for one in fields[:4]:
        cells = texts[one.source] if one.type == "string" else ()
        for text in dict.fromkeys(cells):
            unit = split_heading([text])[1]
            if unit and to_half_width(unit) != usual:
                found.setdefault((one.source, unit), []).append(text)
    if sum(map(len, found.values())) * 2 >= len(set(texts[fields[0].source])):
        return ()  # as many units as rows: each row has its own
    return tuple(UnitRows(column, tuple(words), unit) for (column, unit), words in found.items())


def find_suffixed_rows(fields: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]]) -> tuple[UnitRows, ...]:
    """The few rows all of whose numbers have a unit behind them that those of others haven't: 前年比 98.5% below tonnes."""
    if len(fields) < 3:
        return ()
    names = texts[fields[0].source]
    found: dict[str, list[int]] = {}
    for n, name in enumerate(names):
        cells = [text for one in fields[1:] if (text := texts[one.source][n]) and not is_mark(text)]
        units = {(split_unit(text) or ("", ""))[1] for text in cells}
        if name and len(cells) > 1 and len(units) == 1 and "" not in units and YEN not in units:
            found.setdefault(units.pop(), []).append(n)
    odd = {n for rows in found.values() for n in rows}
    words = {names[n] for n in odd}
    others = [n for n in range(len(names)) if n not in odd]
    if len(odd) * 2 >= len(others) or any(names[n] in words for n in others):
        return ()
    bare = [one for one in fields[1:] if any(split_unit(texts[one.source][n]) for n in others)]
    return (
        ()
        if bare
        else tuple(
            UnitRows(fields[0].source, tuple(dict.fromkeys(names[n] for n in rows)), unit, suffix=unit)
            for unit, rows in found.items()
        )
    )


def keep_key(plan: TablePlan, rows: UnitRows, texts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The columns of a table's key that rows in another unit have."""
    mine = [n for n, text in enumerate(texts[rows.column]) if text in rows.words]
    empty = {one.name for one in plan.fields if not all(texts[one.source][n] for n in mine)}
    return tuple(name for name in plan.key if name not in empty) if len(mine) == len(rows.words) else ()
