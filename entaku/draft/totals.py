"""Rows of totals: which they are, and what they are the sums of, tried on the numbers."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from entaku.draft.labels import is_ratio
from entaku.draft.plan import ColumnPlan, SumPlan
from entaku.draft.values import read_number
from entaku.draft.words import is_average, is_mark, is_total, squeeze


@dataclass(frozen=True)
class _Rows:
    """The rows of a table: the texts of each column, by source."""

    texts: Mapping[str, Sequence[str]]
    count: int
    values: tuple[ColumnPlan, ...]
    """The columns of numbers that can be added up."""

    def number(self, source: str, row: int) -> Decimal | None:
        number = read_number(self.texts[source][row])[0]
        return Decimal(number) if number is not None else None


def find_sums(fields: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]]) -> tuple[SumPlan, ...]:
    """The rows of totals of a table, the smaller first; () where none is told by a word or by what it adds up to.

    Subtotals in a column behind that of larger totals, and rows that stand above their parts under a name of their own,
    are left out before the larger totals are tried; both only where all numbers agree.
    """
    found = find_averages(fields, texts)
    texts = _leave_out(texts, found)
    columns = [one for one in fields[:4] if any(map(is_total, texts[one.source]))]
    for column in columns[:0:-1]:
        inner = _find_in(fields, texts, column)
        if inner and all(one.values and not one.differs for one in inner):
            found += [replace(one, stage=len(found)) for one in inner]
            texts = _leave_out(texts, inner)
    blank = _find_blank_heads(fields, texts)
    if blank:
        found += [replace(one, stage=len(found)) for one in blank]
        texts = _leave_out(texts, blank)
    names = columns[0] if columns else next((one for one in fields if not one.is_number), None)
    heads = _find_heads(fields, texts, names) if names is not None else ()
    if heads:
        found += [replace(one, stage=len(found)) for one in heads]
        texts = _leave_out(texts, heads)
    last = found[-1].stage + 1 if found else 0
    outer = _find_in(fields, texts, columns[0]) if columns else ()
    return (*found, *(replace(one, stage=last) for one in outer))


def find_averages(fields: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]]) -> list[SumPlan]:
    """The rows that are means of others, which are left out with the totals and not checked."""
    found = []
    for one in fields[:4]:
        words = dict.fromkeys(filter(is_average, texts[one.source]))
        if words and len(words) * 2 < len(set(texts[one.source])):
            found += [SumPlan(column=one.source, word=word, rows=1) for word in words]
    return found


def _find_in(
    fields: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]], column: ColumnPlan
) -> tuple[SumPlan, ...]:
    """The totals that words of one column tell."""
    words = texts[column.source]
    totals = [n for n, text in enumerate(words) if is_total(text)]
    if len(totals) == len(words):
        return ()
    body = _list_rows(fields, texts, column)
    keys = [one.source for one in fields if not one.is_number and one is not column]
    others = [source for source in keys if all(texts[source][n] for n in totals)]
    found = []
    for word in dict.fromkeys(words[n] for n in totals):
        rows = [n for n in totals if words[n] == word]
        found.append(_explain(body, column.source, word, (rows, totals), others))
    return tuple(found)


def _list_rows(fields: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]], column: ColumnPlan) -> _Rows:
    values = tuple(one for one in fields if one.is_number and one is not column and not is_ratio(one.label))
    return _Rows(texts, len(texts[column.source]), values)


def _leave_out(texts: Mapping[str, Sequence[str]], sums: Sequence[SumPlan]) -> Mapping[str, Sequence[str]]:
    """The texts without the rows of totals."""
    gone = {n for one in sums for n in list_total_rows(one, texts)}
    return {source: [text for n, text in enumerate(column) if n not in gone] for source, column in texts.items()}


def list_total_rows(one: SumPlan, texts: Mapping[str, Sequence[str]]) -> list[int]:
    """The rows of a total."""
    column, words = one.unless
    return [
        n for n, text in enumerate(texts[one.column]) if text == one.word and not (column and texts[column][n] in words)
    ]


def _find_blank_heads(fields: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]]) -> tuple[SumPlan, ...]:
    """The rows that name no part of what their first column names, of which they are the sum: 1 市税 above 1 市民税."""
    names = [one for one in fields[:3] if not one.is_number]
    if len(names) < 2:
        return ()
    whole, part = names[0], names[1]
    body = _list_rows(fields, texts, part)
    totals = tuple(dict.fromkeys(text for text in texts[whole.source] if is_total(text)))
    groups: dict[str, list[int]] = {}
    for n, text in enumerate(texts[whole.source]):
        if text not in totals:
            groups.setdefault(text, []).append(n)
    heads = {text: [n for n in rows if not texts[part.source][n]] for text, rows in groups.items()}
    alone = [text for text, rows in groups.items() if len(heads[text]) == 1 and len(rows) == 1]
    told = [text for text in groups if text not in alone]
    if not body.values or not told or any(len(heads[text]) != 1 or heads[text][0] != groups[text][0] for text in told):
        return ()
    ways = [_Way(parts=lambda _, rows=groups[text][1:]: rows) for text in told]  # type: ignore[misc]
    if any(_differs(body, one, heads[text], way) for text, way in zip(told, ways, strict=True) for one in body.values):
        return ()
    if not any(
        _compares(body, one, heads[text], way) for text, way in zip(told, ways, strict=True) for one in body.values
    ):
        return ()
    return (SumPlan(column=part.source, word="", rows=len(told), unless=(whole.source, (*totals, *alone))),)


MOST_HEADS = 12
"""Rows above their parts that are checked in each publication; where there are more, they are only left out."""


def _find_heads(
    fields: Sequence[ColumnPlan], texts: Mapping[str, Sequence[str]], column: ColumnPlan
) -> tuple[SumPlan, ...]:
    """The rows that are each the sum of the rows below, down to the next such row, in every column of numbers.

    All rows but totals must be in such a group, there must be two or more, and names must differ; that it is no chance
    is told by two columns, or by parts that begin with the name of the whole: 本町, 本町一丁目, 本町二丁目.
    """
    body, words = _list_rows(fields, texts, column), texts[column.source]
    rows = [n for n in range(body.count) if not is_total(words[n])]
    groups = _group(body, rows)
    named = all(words[n].startswith(words[head]) for head, parts in groups for n in parts)
    if len(groups) < 2 or len({words[n] for n in rows}) < len(rows) or not (named or len(body.values) > 1):
        return ()
    values = tuple(one.source for one in body.values) if len(groups) <= MOST_HEADS else ()
    return tuple(
        SumPlan(
            column=column.source, word=words[head], parts=tuple(words[n] for n in parts), values=values, rows=1,
        )
        for head, parts in groups
    )  # fmt: skip


def _group(body: _Rows, rows: Sequence[int]) -> list[tuple[int, list[int]]]:
    """Rows with the rows that follow and add up to them; [] unless each row is in a group, and some have two parts."""
    numbers = [[body.number(one.source, n) for one in body.values] for n in rows]
    whole = [[each for each in line if each is not None] for line in numbers]
    if not body.values or any(len(line) < len(body.values) for line in whole):
        return []
    groups: list[tuple[int, list[int]]] = []
    at = 0
    while at < len(rows):
        left, end = list(whole[at]), at + 1
        while any(left) and end < len(rows):
            left = [each - part for each, part in zip(left, whole[end], strict=True)]
            end += 1
        if any(left) or end == at + 1:
            return []
        groups.append((rows[at], list(rows[at + 1 : end])))
        at = end
    return groups if any(len(parts) > 1 for _, parts in groups) else []


def _explain(
    body: _Rows, column: str, word: str, places: tuple[list[int], list[int]], others: Sequence[str]
) -> SumPlan:
    """What the total rows of one word are the sum of: the first way in which all numbers agree, else the nearest."""
    rows, totals = places
    words = body.texts[column]
    ways = [_Way(above=True, parts=lambda n: _above(n, totals))] if len(rows) > 1 or len(totals) > 1 else []
    ways += [_Way(by=(other,), parts=_same(body, other, totals)) for other in others] if len(rows) > 1 else []
    if len(rows) == 1:
        plain = [n for n in range(body.count) if n not in totals]
        smaller = [n for n in totals if words[n] != word]
        below = _below(rows[0], totals, body.count)
        unique = len(set(words)) == len(words)
        ways = [_Way(parts=lambda _: plain, named=len(totals) > 1)]
        ways += [_Way(parts=lambda _: below, named=True)] if below and unique else []
        ways += [_Way(parts=lambda _: _above(rows[0], totals), named=True)] if unique else []
        ways += [_Way(parts=lambda _: smaller, named=True)] if smaller else []
        ways += _list_levels(words, rows[0], totals)
        ways += [_Way(above=True, parts=lambda n: _above(n, totals))] if rows[0] < body.count - 1 else []
    best: tuple[int, _Way] | None = None
    for way in ways:
        wrong = sum(_differs(body, one, rows, way) is not None for one in body.values)
        compared = any(_compares(body, one, rows, way) for one in body.values)
        if compared and (best is None or wrong < best[0]):
            best = (wrong, way)
    if best is None:
        return SumPlan(column=column, word=word, rows=len(rows))
    way = best[1]
    parts = tuple(dict.fromkeys(words[n] for n in way.parts(rows[0]))) if way.named else ()
    differs = [(one, found) for one in body.values if (found := _differs(body, one, rows, way)) is not None]
    if len(differs) * 2 > len(body.values):  # it is no sum of these
        return SumPlan(column=column, word=word, rows=len(rows), differs=tuple((o.source, *f) for o, f in differs))
    values = tuple(one.source for one in body.values if _compares(body, one, rows, way))
    return SumPlan(
        column=column, word=word, parts=parts, above=way.above, by=way.by, values=values, rows=len(rows),
        differs=tuple((one.source, *found) for one, found in differs),
    )  # fmt: skip


@dataclass(frozen=True)
class _Way:
    """A way in which totals may be made."""

    parts: Callable[[int], Sequence[int]]
    above: bool = False
    by: tuple[str, ...] = ()
    named: bool = False


def _above(row: int, totals: Sequence[int]) -> list[int]:
    start = max((n for n in totals if n < row), default=-1)
    return list(range(start + 1, row))


def _below(row: int, totals: Sequence[int], count: int) -> list[int]:
    end = min((n for n in totals if n > row), default=count)
    return list(range(row + 1, end))


def _same(body: _Rows, other: str, totals: Sequence[int]) -> Callable[[int], Sequence[int]]:
    """The rows that aren't totals and have the same value of another column."""
    texts = body.texts[other]
    return lambda row: [n for n in range(body.count) if n not in totals and texts[n] == texts[row]]


def _list_levels(words: Sequence[str], row: int, totals: Sequence[int]) -> list[_Way]:
    """The totals of one word, of which a larger one may be made: 合計 of every 小計."""
    groups = dict.fromkeys(words[n] for n in totals if n != row)
    return [
        _Way(parts=lambda _, mine=tuple(n for n in totals if words[n] == word): mine, named=True)  # type: ignore[misc]
        for word in groups
    ]


def _compares(body: _Rows, value: ColumnPlan, rows: Sequence[int], way: _Way) -> bool:
    """Whether there is a total with numbers to be added."""
    return any(_add(body, value, row, way) is not None for row in rows)


def _add(body: _Rows, value: ColumnPlan, row: int, way: _Way) -> tuple[Decimal, Decimal, int] | None:
    """A total, the sum of its parts, and how many they are; None where one of them is no number."""
    total = body.number(value.source, row)
    parts = way.parts(row)
    numbers = [body.number(value.source, n) for n in parts]
    known = [number for number in numbers if number is not None]
    blank = any(
        number is None and not _is_nothing(body.texts[value.source][n])
        for number, n in zip(numbers, parts, strict=True)
    )
    if total is None or not known or blank:
        return None
    return total, sum(known, Decimal(0)), len(known)


def _is_nothing(text: str) -> bool:
    """Whether a cell adds nothing to a sum: empty, or a dash."""
    return not text or (is_mark(text) and squeeze(text) == "-")


def _differs(body: _Rows, value: ColumnPlan, rows: Sequence[int], way: _Way) -> tuple[str, str] | None:
    """The first total that is not the sum of its parts, and that sum; rounding of each part is allowed."""
    for row in rows:
        found = _add(body, value, row, way)
        if found is None:
            continue
        total, parts, count = found
        if abs(total - parts) > tolerance_of(total, parts, count):
            return format(total, "f"), format(parts, "f")
    return None


def tolerance_of(total: Decimal, parts: Decimal, count: int) -> Decimal:
    """What rounding may add up to: nothing for whole numbers, half of the last decimal for each part of others."""
    places = max(0, -int(total.as_tuple().exponent), -int(parts.as_tuple().exponent))
    return Decimal(0) if places == 0 else Decimal(count + 1) * Decimal(1).scaleb(-places) / 2


def match_words(words: Sequence[str]) -> str:
    """The pattern of whole cells that are one of these."""
    return "^(" + "|".join(map(re.escape, dict.fromkeys(words))) + ")$"
