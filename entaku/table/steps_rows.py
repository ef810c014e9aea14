"""Steps on rows: which of them stay, values carried down, order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import ConfigDict, Field

from entaku.formats.heavy import pd
from entaku.formats.text import to_decimal
from entaku.formats.times import to_instant
from entaku.model.patterns import find_expression
from entaku.model.words import STRICT, Text
from entaku.table.crossing import HEADING, Crossing, Sources, Spot
from entaku.table.job import Column, Columns, Job, Regex, Shorthand, StepKind, Strings, TextRows, to_series


@dataclass(frozen=True, kw_only=True)
class Match:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    match: Annotated[
        Mapping[Column, Regex],
        Field(min_length=1, description="列と、値に含まれるべき正規表現 / columns and what their values must contain"),
    ]
    any: Annotated[bool, Field(description="一つでも合えばよい（ふつうは全部）/ one match is enough")] = False


def drop_rows(rows: TextRows, options: Match, job: Job) -> TextRows:
    return rows.keep([not matches for matches in _match_rows(rows, options, job)])


def keep_rows(rows: TextRows, options: Match, job: Job) -> TextRows:
    return rows.keep(_match_rows(rows, options, job))


def _match_rows(rows: TextRows, options: Match, job: Job) -> list[bool]:
    matched = []
    for column, text in options.match.items():
        pattern = find_expression(text)
        values = rows[column].to_pylist()
        hits = {value: pattern.search(value) is not None for value in dict.fromkeys(values)}
        matched.append([hits[value] for value in values])
    enough = any if options.any else all
    fitting = [enough(row) for row in zip(*matched, strict=True)]
    wanted = [f"{column}: {text}" for column, text in options.match.items()]
    alone = zip(wanted, matched, strict=True) if options.any else [(", ".join(wanted), fitting)]
    for words, found in alone:
        job.seek("nothing-matched", words, any(found))
    return fitting


@dataclass(frozen=True, kw_only=True)
class DropEmptyRows:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    columns: Annotated[Strings, Field(description="見る列（なければ全部）/ the columns that count")] = ()


def drop_empty_rows(rows: TextRows, options: DropEmptyRows, _job: Job) -> TextRows:
    every = zip(*(rows[name].to_pylist() for name in options.columns or rows.columns), strict=True)
    return rows.keep([bool("".join(row).strip()) for row in every])


@dataclass(frozen=True, kw_only=True)
class FillDown:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    columns: Annotated[Columns, Field(description="上の値を入れる列 / columns to fill")]
    within: Annotated[
        Strings,
        Field(description="この列の値が変わったら上の値を引き継がない / where these change, start anew"),
    ] = ()
    marks: Annotated[Strings, Field(description="「同上」の印 / marks that mean “as above”")] = ("〃",)


def fill_down(frame: pd.DataFrame, options: FillDown, job: Job) -> pd.DataFrame:
    marks = {mark.strip() for mark in options.marks}
    new = _find_breaks(frame, options.within, job.starts)
    filled = {}
    for column in options.columns:
        values = frame[column].tolist()
        above = ""
        for n, value in enumerate(values):
            above = "" if new[n] else above
            if value == "" or value.strip() in marks:
                if value and not above:
                    job.note("nothing-above", [int(frame.index[n])], column, [value])
                values[n] = above or value
            else:
                above = value
        filled[column] = to_series(values, frame.index)
    return frame.assign(**filled)


def _find_breaks(frame: pd.DataFrame, within: tuple[str, ...], starts: tuple[int, ...]) -> list[bool]:
    """For each row, whether nothing is carried into it from above."""
    sections = [bisect_right(starts, int(label)) for label in frame.index]
    keys = list(zip(sections, *(frame[name].tolist() for name in within), strict=True))
    return [n == 0 or key != keys[n - 1] for n, key in enumerate(keys)]


def find_above(options: FillDown, crossing: Crossing, spot: Spot) -> Sources:
    row, column = spot
    if row == HEADING or column not in options.columns:
        return None
    values, marks = crossing.before[column], {mark.strip() for mark in options.marks}
    if values[row].as_py() == crossing.after[column][row].as_py():
        return None
    above = ((n, values[n].as_py()) for n in range(row - 1, -1, -1))
    return [(next(n for n, value in above if value and value.strip() not in marks), column)]


def distinct(frame: pd.DataFrame, _options: None, _job: Job) -> pd.DataFrame:
    return frame[~frame.duplicated(keep="first")]


@dataclass(frozen=True, kw_only=True)
class Deduplicate:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    by: Annotated[Columns, Field(description="キーの列 / the columns of the key")]
    keep: Annotated[
        Literal["first", "last"], Field(description="残す行（last は新しいファイルの行）/ which row stays")
    ] = "last"


def deduplicate(frame: pd.DataFrame, options: Deduplicate, job: Job) -> pd.DataFrame:
    by = list(options.by)
    if job.file:
        _note_contradictions(frame[frame.duplicated(subset=by, keep=False)], by, job)
    return frame[~frame.duplicated(subset=by, keep=options.keep)]


def _note_contradictions(frame: pd.DataFrame, by: list[str], job: Job) -> None:
    """A finding for each row that has the key of an earlier one of the same raw file, and other cells."""
    first: dict[tuple[str, ...], tuple[int, dict[str, str]]] = {}
    columns = [str(name) for name in frame.columns]
    for label, cells in zip(frame.index.tolist(), frame.itertuples(index=False, name=None), strict=True):
        row = dict(zip(columns, cells, strict=True))
        key = tuple(row[name] for name in by)
        start, before = first.setdefault(key, (label, row))
        other = [name for name in columns if row[name] != before[name]]
        if other:
            differs = ", ".join(f"{name}: {before[name]} / {row[name]}" for name in other[:5])
            job.note("contradicting-rows", [label], "", [", ".join(key)], first=str(start), differs=differs)


@dataclass(frozen=True, kw_only=True)
class MarkListed:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    by: Annotated[Columns, Field(description="キーの列 / the columns of the key")]
    fetched: Annotated[
        Column, Field(description="source の fetched に書いた列。なくなる / the column of fetched; it goes")
    ]
    dates: Annotated[
        Column,
        Field(description="行が何日のことかを書いた列 / the column with the day that a row is about"),
    ] = ""
    each: Annotated[
        Literal["day", "month", "year"],
        Field(description="一つのファイルが載せる期間 / the period of which a file lists everything"),
    ] = "month"
    first: Annotated[Column, Field(description="はじめて載った日時の列 / when it was first listed")] = "first_listed"
    last: Annotated[Column, Field(description="最後に載った日時の列 / when it was last listed")] = "last_listed"
    current: Annotated[Column, Field(description="今も載っているかの列 / whether it is still listed")] = "current"


PERIOD = {"day": 10, "month": 7, "year": 4}
"""Characters of an ISO 8601 date that name its period."""


def mark_listed(frame: pd.DataFrame, options: MarkListed, _job: Job) -> pd.DataFrame:
    """Add the columns that tell in which versions of an overwritten source a row's key was listed."""
    by, fetched = list(options.by), frame[options.fetched].astype(object)
    period = frame[options.dates].str[: PERIOD[options.each]] if options.dates else pd.Series("", frame.index)
    keys = [frame[name] for name in by]
    listed = fetched.groupby(keys, sort=False)
    newest = fetched.groupby(period, sort=False).transform("max")
    here = fetched.groupby([*keys, period], sort=False).transform("max")
    current = np.where((here == newest).to_numpy(bool), "true", "false")
    made = {
        options.first: to_series(listed.transform("min").tolist(), frame.index),
        options.last: to_series(listed.transform("max").tolist(), frame.index),
        options.current: to_series(current.tolist(), frame.index),
    }
    return frame.drop(columns=[options.fetched]).assign(**made)


@dataclass(frozen=True, kw_only=True)
class Sort:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    columns: Annotated[Columns, Field(description="並べる列（先のものほど強い）/ columns, the strongest first")]
    descending: Annotated[bool, Field(description="大きい順 / largest first")] = False


def sort(frame: pd.DataFrame, options: Sort, _job: Job) -> pd.DataFrame:
    order = list(range(len(frame)))
    for column in reversed(options.columns):
        keys = _sort_keys(frame[column].tolist(), options.descending)
        order.sort(key=keys.__getitem__, reverse=options.descending)
    return frame.iloc[order]


def _sort_keys(values: list[str], descending: bool) -> list[tuple[bool, Decimal | str]]:
    """Keys that put numbers by size where all are numbers, moments by instant where all have an offset from UTC, text
    by code points, and empty cells last."""
    for read in (to_decimal, to_instant):
        known = {value: read(value) for value in dict.fromkeys(values) if value}
        if all(number is not None for number in known.values()):
            return [((value == "") != descending, known.get(value) or Decimal(0)) for value in values]
    return [((value == "") != descending, value) for value in values]


KINDS: dict[str, StepKind] = {
    "drop_rows": StepKind(
        run=drop_rows,
        by_row=True,
        rows=True,
        options=Match,
        removes={"match": "texts"},
        needs=lambda options: list(options.match),
        title=Text(ja="行を除く", en="Drop rows"),
        doc=Text(
            ja="match に書いた列の値が、どれも正規表現に合う行を除きます（any: true なら、どれか一つ）。"
            "値の全体に合わせるには ^ と $ で挟みます。",
            en="Removes rows whose values match in all the columns named (with `any: true`, in one of them). "
            "Put ^ and $ around a pattern to match the whole value.",
        ),
        example="- drop_rows: {match: {品名: '^(小計|合計)$'}}",
    ),
    "keep_rows": StepKind(
        run=keep_rows,
        by_row=True,
        rows=True,
        options=Match,
        removes={"match": "texts"},
        needs=lambda options: list(options.match),
        title=Text(ja="行を残す", en="Keep rows"),
        doc=Text(
            ja="drop_rows の反対に、合う行だけを残します。",
            en="The opposite of drop_rows: keeps only the rows that match.",
        ),
        example="- keep_rows: {match: {市場: '^(豊洲|大田)$'}}",
    ),
    "drop_empty_rows": StepKind(
        run=drop_empty_rows,
        by_row=True,
        rows=True,
        options=Annotated[DropEmptyRows, Shorthand("columns")],
        needs=lambda options: options.columns,
        title=Text(ja="空の行を除く", en="Drop empty rows"),
        doc=Text(
            ja="書いた列（なければ全部の列）がどれも空の行を除きます。空白だけのセルも空とみなします。",
            en="Removes rows that are empty in the columns named, or in all. Cells of spaces count as empty.",
        ),
        example="- drop_empty_rows: [高値, 中値, 安値]",
    ),
    "fill_down": StepKind(
        run=fill_down,
        sources=find_above,
        rows=True,
        options=Annotated[FillDown, Shorthand("columns")],
        removes={"marks": "texts"},
        needs=lambda options: (*options.columns, *options.within),
        title=Text(ja="空のセルに上の値を入れる", en="Fill down"),
        doc=Text(
            ja="空のセルと「〃」に、上の行の値を入れます。見出しや節の始まりを越えては引き継ぎません。"
            "within に列を書くと、その列の値が変わったところでも引き継ぎません（先に within の列を埋めておきます）。",
            en="Puts the value above into empty cells and 〃. Nothing is carried across a header or the beginning of "
            "a section, nor where a column of `within` (filled before) changes.",
        ),
        example="- fill_down: {columns: [method, quantity], within: [item]}",
    ),
    "distinct": StepKind(
        run=distinct,
        options=None,
        title=Text(ja="同じ行を一つにする", en="Drop repeated rows"),
        doc=Text(
            ja="すべての列が同じ行を、最初の一つだけ残します。一つのファイルの中で比べます。",
            en="Of rows that are the same in every column, keeps the first; compares within one file.",
        ),
        example="- distinct",
    ),
    "deduplicate": StepKind(
        run=deduplicate,
        rows=True,
        options=Annotated[Deduplicate, Shorthand("by")],
        needs=lambda options: options.by,
        whole=True,
        title=Text(ja="キーの重複を除く", en="Deduplicate by key"),
        doc=Text(
            ja="by の列が同じ行を一つだけ残します。ファイルは古い順に並ぶので、keep: last は新しいほうを残します。"
            "一つのファイルの中で、by が同じでほかの列が違う行は指摘になります（完全に同じ行はなりません）。",
            en="Of rows with the same key keeps one. Files come oldest first, so `keep: last` keeps the newest. "
            "Rows of one file with the same key and other cells are findings; rows that are alike in all are not.",
        ),
        example="- deduplicate: {by: [elevator_id, date], keep: last}",
    ),
    "mark_listed": StepKind(
        run=mark_listed,
        options=MarkListed,
        needs=lambda options: [*options.by, options.fetched, *([options.dates] if options.dates else [])],
        makes=lambda options: [options.first, options.last, options.current],
        whole=True,
        title=Text(ja="載った版を書く", en="Mark when listed"),
        doc=Text(
            ja="上書きされるファイルの版ごとに、by のキーの行がはじめて載った版と最後に載った版の取得日時（UTC）、今も載っているか"
            "（true、false）を書きます。dates の日付の期間（each。省略時は月）ごとに、その期間の行のある最も新しい版を見ます。"
            "翌月の分に置き換わっただけの先月の行は今も true で、同じ月の新しい版から消えた行が false です。deduplicate の前に書きます。",
            en="Tells for each key when the first and the last version of an overwritten file that lists it were fetched "
            "(UTC), and whether it is still listed (true, false). For each period of `dates` (`each`, a month if not "
            "given) the newest version with rows of it decides: rows of last month, which a file of this month has "
            "replaced, stay true, and rows that a newer file of the same month no longer has are false. It goes before "
            "`deduplicate`.",
        ),
        example="- mark_listed: {by: [elevator_id, date], fetched: fetched, dates: date}",
    ),
    "sort": StepKind(
        run=sort,
        options=Annotated[Sort, Shorthand("columns")],
        needs=lambda options: options.columns,
        whole=True,
        title=Text(ja="並べる", en="Sort"),
        doc=Text(
            ja="列の値の順に並べます。値がすべて数なら大きさの順、そうでなければ文字コードの順で、空は最後です。",
            en="Sorts by columns: by size where all values are numbers, else by code points; empty cells last.",
        ),
        example="- sort: [date, elevator_id]",
    ),
}
