"""Steps on columns: their names, which of them stay, and columns made from others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from entaku.formats.arrays import make_texts, repeat_text
from entaku.formats.heavy import pd
from entaku.model.hints import fold
from entaku.model.patterns import find_expression
from entaku.model.words import STRICT, Text
from entaku.table.crossing import HEADING, Crossing, Sources, Spot
from entaku.table.job import Cell, Column, Columns, Groups, Job, StepKind, TextRows


def rename(rows: TextRows, options: Mapping[str, str], job: Job) -> TextRows:
    rest = rows.drop(options)
    if not job.lacks(rest, list(options.values())):
        job.lost.columns.update(options.values())
        return rows
    for old, raw in [(old, job.names.pop(old, old)) for old in options]:
        job.names[options[old]] = raw
    return rows.rename(options)


def find_renamed(options: Mapping[str, str], crossing: Crossing, spot: Spot) -> Sources:
    old = {new: old for old, new in options.items()}
    return [(crossing.row_before(spot[0]), old.get(spot[1], spot[1]))]


def name_by_title(rows: TextRows, options: Mapping[str, str], job: Job) -> TextRows:
    names = _name_columns(rows, options)
    for old, raw in [(old, job.names.pop(old, old)) for old in names]:
        job.names[names[old]] = raw
    return rows.rename(names)


def _name_columns(rows: TextRows, options: Mapping[str, str]) -> dict[str, str]:
    """Return the new names of columns; of two with one title the first has the name."""
    known = {fold(title): name for title, name in options.items()}
    taken, names = set(rows.columns), dict[str, str]()
    for column in rows.columns:
        name = known.get(fold(column), column)
        if name not in taken:
            names[column] = name
            taken.add(name)
    return names


def find_titled(options: Mapping[str, str], crossing: Crossing, spot: Spot) -> Sources:
    old = {new: old for old, new in _name_columns(crossing.before, options).items()}
    return [(crossing.row_before(spot[0]), old.get(spot[1], spot[1]))]


def select(rows: TextRows, options: tuple[str, ...], _job: Job) -> TextRows:
    return rows.select(options)


def drop_columns(rows: TextRows, options: tuple[str, ...], _job: Job) -> TextRows:
    return rows.drop(options)


@dataclass(frozen=True, kw_only=True)
class DropEmptyColumns:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    named: Annotated[bool, Field(description="見出しのある空の列も除く / also columns that have a name")] = False


def drop_empty_columns(frame: pd.DataFrame, options: DropEmptyColumns, job: Job) -> pd.DataFrame:
    def unnamed(column: str) -> bool:
        return re.fullmatch(r"column_\d+", job.names.get(column, column)) is not None

    empty = [name for name in frame.columns if (options.named or unnamed(name)) and not (frame[name] != "").any()]
    return frame.drop(columns=empty)


def constant(rows: TextRows, options: Mapping[str, str], job: Job) -> TextRows:
    job.names.update({name: name for name in options})
    return rows.assign({name: repeat_text(value, len(rows)) for name, value in options.items()})


def copy(rows: TextRows, options: Mapping[str, str], job: Job) -> TextRows:
    for old, new in options.items():
        job.names[new] = job.names.get(old, old)
    return rows.assign({new: rows[old] for old, new in options.items()})


def find_copied(options: Mapping[str, str], crossing: Crossing, spot: Spot) -> Sources:
    old = {new: old for old, new in options.items()}
    if spot[1] not in old:
        return None
    return [(crossing.row_before(spot[0]), old[spot[1]])] if spot[0] != HEADING else ()


@dataclass(frozen=True, kw_only=True)
class Combine:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    columns: Annotated[Columns, Field(description="つなぐ列（順に）/ columns, in order")]
    into: Annotated[Column, Field(description="できる列 / the new column")]
    separator: Annotated[str, Field(description="間に入れる文字 / what goes between")] = ""


def combine(rows: TextRows, options: Combine, job: Job) -> TextRows:
    job.names[options.into] = "・".join(job.names.get(name, name) for name in options.columns)
    every = zip(*(rows[name].to_pylist() for name in options.columns), strict=True)
    joined = make_texts(options.separator.join(filter(None, cells)) for cells in every)
    return rows.assign({options.into: joined})


@dataclass(frozen=True, kw_only=True)
class Split:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    column: Annotated[Column, Field(description="分ける列 / the column")]
    separator: Annotated[str, Field(min_length=1, description="区切りの文字 / what stands between")]
    into: Annotated[Columns, Field(description="できる列 / the new columns")]


def split(rows: TextRows, options: Split, job: Job) -> TextRows:
    width = len(options.into)
    values = rows[options.column].to_pylist()
    parts = [value.split(options.separator) if value else [""] * width for value in values]
    failed = [n for n, cells in enumerate(parts) if len(cells) != width]
    pattern = options.separator.join(options.into)
    job.note("no-match", *_with_column(rows, options.column, failed), pattern=pattern)
    for n in failed:
        parts[n] = [""] * width
    return _assign(rows, options.column, {name: [row[n] for row in parts] for n, name in enumerate(options.into)}, job)


@dataclass(frozen=True, kw_only=True)
class Extract:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    column: Annotated[Column, Field(description="取り出す列 / the column")]
    pattern: Annotated[
        Groups, Field(description="名前付きグループ (?P<名前>…) が列になる / named groups become columns")
    ]
    optional: Annotated[bool, Field(description="合わない値を許す / values that don't match are fine")] = False


def extract(rows: TextRows, options: Extract, job: Job) -> TextRows:
    pattern = find_expression(options.pattern)
    values = rows[options.column].to_pylist()
    found = {value: pattern.search(value) for value in dict.fromkeys(values)}
    matches = [found[value] for value in values]
    if not options.optional:
        failed = [n for n, (value, match) in enumerate(zip(values, matches, strict=True)) if value and not match]
        job.note("no-match", *_with_column(rows, options.column, failed), pattern=options.pattern)
    job.seek("nothing-matched", options.pattern, any(matches))
    made = {name: [(match[name] or "") if match else "" for match in matches] for name in pattern.groups}
    return _assign(rows, options.column, made, job)


def _with_column(rows: TextRows, column: str, places: Sequence[int]) -> tuple[list[int], str, list[str]]:
    labels, values = rows.pick(column, places)
    return labels, column, values


def _assign(rows: TextRows, source: str, made: dict[str, list[str]], job: Job) -> TextRows:
    raw = job.names.get(source, source)
    job.names.update(dict.fromkeys(made, raw))
    return rows.assign({name: make_texts(values) for name, values in made.items()})


def _new_groups(options: Extract) -> list[str]:
    return [name for name in find_expression(options.pattern).groups if name != options.column]


KINDS: dict[str, StepKind] = {
    "rename": StepKind(
        run=rename,
        by_row=True,
        sources=find_renamed,
        options=Mapping[Column, Column],
        needs=list,
        without=lambda options, lost: {old: new for old, new in options.items() if old not in lost},
        loses=lambda options, lost: [new for old, new in options.items() if old in lost],
        title=Text(ja="列の名前を変える", en="Rename columns"),
        doc=Text(
            ja="「今の名前: 新しい名前」を並べます。見出しのない列の今の名前は column_1（左から数えた番号）です。",
            en="Lists `old name: new name`. A column without a heading is called column_1, by its position.",
        ),
        example="- rename: {エレベータID: elevator_id, 点検日: date}",
    ),
    "name_by_title": StepKind(
        run=name_by_title,
        by_row=True,
        sources=find_titled,
        options=Mapping[Column, Column],
        title=Text(ja="見出しを列の名前にする", en="Name columns by their titles"),
        doc=Text(
            ja="見出しが schema の題名（title の日本語）と同じ列に、その列の名前を付けます。全角と半角、空白の違いは問いません。- name_by_title とだけ書けば、schema の列全部について行います。題名のない見出しはそのままです。",
            en="Gives columns whose heading is the Japanese title of a field of schema that field's name; full or half width and spaces don't matter. Written bare it does so for all fields. Other headings stay.",
        ),
        example="- name_by_title",
    ),
    "select": StepKind(
        run=select,
        by_row=True,
        options=Columns,
        needs=list,
        without=lambda options, lost: tuple(name for name in options if name not in lost),
        title=Text(ja="列を選ぶ", en="Select columns"),
        doc=Text(
            ja="書いた列だけを、書いた順に残します。",
            en="Keeps only the columns named, in the order named.",
        ),
        example="- select: [date, item, method, quantity]",
    ),
    "drop_columns": StepKind(
        run=drop_columns,
        by_row=True,
        options=Columns,
        needs=list,
        without=lambda options, lost: tuple(name for name in options if name not in lost),
        removes={"": "texts"},
        title=Text(ja="列を除く", en="Drop columns"),
        doc=Text(ja="書いた列を除きます。", en="Removes the columns named."),
        example="- drop_columns: [備考]",
    ),
    "drop_empty_columns": StepKind(
        run=drop_empty_columns,
        options=DropEmptyColumns,
        title=Text(ja="空の列を除く", en="Drop empty columns"),
        doc=Text(
            ja="見出しも値もない列を除きます。見出しがあって値が一つもない列は残り、named: true と書けば除きます。",
            en="Removes columns with neither heading nor values. Columns with a heading stay, unless `named: true`.",
        ),
        example="- drop_empty_columns",
    ),
    "constant": StepKind(
        run=constant,
        by_row=True,
        options=Mapping[Column, Cell],
        makes=list,
        title=Text(ja="同じ値の列を加える", en="Add a constant column"),
        doc=Text(ja="どの行も同じ値の列を加えます。", en="Adds columns that have one value in every row."),
        example="- constant: {survey: 国・地域別外国人旅行者行動特性調査}",
    ),
    "copy": StepKind(
        run=copy,
        by_row=True,
        sources=find_copied,
        options=Mapping[Column, Column],
        needs=list,
        makes=lambda options: list(options.values()),
        title=Text(ja="列を写す", en="Copy columns"),
        doc=Text(
            ja="「元の列: 新しい列」を並べます。元の表記を残しながら値を整えるときに使います。",
            en="Lists `column: new column`: keeps the original spelling beside a tidied one.",
        ),
        example="- copy: {品名: item_as_published}",
    ),
    "combine": StepKind(
        run=combine,
        by_row=True,
        options=Combine,
        needs=lambda options: options.columns,
        makes=lambda options: () if options.into in options.columns else (options.into,),
        title=Text(ja="列をつなぐ", en="Combine columns"),
        doc=Text(
            ja="いくつかの列を一つにつなぎます。空のセルは飛ばします。元の列は残ります。",
            en="Joins several columns into one, passing over empty cells. The columns stay.",
        ),
        example="- combine: {columns: [year, month], into: month_id, separator: '-'}",
    ),
    "split": StepKind(
        run=split,
        by_row=True,
        options=Split,
        needs=lambda options: (options.column,),
        makes=lambda options: [name for name in options.into if name != options.column],
        title=Text(ja="列を区切りで分ける", en="Split a column"),
        doc=Text(
            ja="区切りの文字で分けて、いくつかの列にします。個数が合わない値は指摘になります。元の列は残ります。",
            en="Splits at a separator into several columns. Values with another number of parts are findings.",
        ),
        example="- split: {column: 所属：目的, separator: ：, into: [origin, purpose]}",
    ),
    "extract": StepKind(
        run=extract,
        by_row=True,
        options=Extract,
        needs=lambda options: (options.column,),
        makes=_new_groups,
        title=Text(ja="列から取り出す", en="Extract from a column"),
        doc=Text(
            ja="正規表現の名前付きグループを列にします。合わない値は指摘になります（optional: true なら空）。元の列は残ります。",
            en="Makes columns of a pattern's named groups. Values that don't match are findings, or empty where "
            "`optional: true`.",
        ),
        example="- extract: {column: 駅, pattern: '（(?P<code>[A-Z]-\\d+)）(?P<station>.+)'}",
    ),
}
