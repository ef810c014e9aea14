"""Steps that reckon with numbers: quotients, and marks of values out of bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from entaku.formats import text
from entaku.formats.arrays import make_texts
from entaku.model.words import STRICT, Text
from entaku.table.job import Column, Columns, Job, StepKind, TextRows

Number = int | float
Bounds = Annotated[tuple[Number, ...], Field(min_length=2, max_length=2)]


@dataclass(frozen=True, kw_only=True)
class Divide:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    value: Annotated[
        Columns, Field(description="割られる列。一覧なら、空でない最初の列 / the dividend: the first that isn't empty")
    ]
    by: Annotated[Column, Field(description="割る列 / the divisor")]
    into: Annotated[Column, Field(description="できる列 / the new column")]
    digits: Annotated[int, Field(ge=0, le=9, description="小数の桁（四捨五入）/ decimals, rounded half up")] = 1


def divide(rows: TextRows, options: Divide, job: Job) -> TextRows:
    """Add the quotient of two columns; empty where one is empty or the divisor is zero."""
    job.names[options.into] = "・".join(job.names.get(name, name) for name in (*options.value, options.by))
    values = zip(*(rows[name].to_pylist() for name in options.value), strict=True)
    known: dict[tuple[str, str], str] = {}
    made = []
    for cells, divisor in zip(values, rows[options.by].to_pylist(), strict=True):
        pair = next(filter(None, cells), ""), divisor
        if pair not in known:
            known[pair] = _divide(*pair, options.digits)
        made.append(known[pair])
    return rows.assign({options.into: make_texts(made)})


def _divide(value: str, divisor: str, digits: int) -> str:
    one, other = text.to_decimal(value), text.to_decimal(divisor)
    if one is None or not other:
        return ""
    return str((one / other).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


@dataclass(frozen=True, kw_only=True)
class MarkOutside:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    column: Annotated[Column, Field(description="比べる列 / the column")]
    bounds: Annotated[Bounds, Field(description="[下限, 上限]。どちらも含む / least and greatest, both included")]
    by: Annotated[Column, Field(description="of の値の列 / the column whose values `of` names")] = ""
    of: Annotated[
        Mapping[str, Bounds], Field(description="by の値ごとの [下限, 上限] / bounds of rows with that value of `by`")
    ] = field(default_factory=dict)
    into: Annotated[Column, Field(description="できる列（true、false、空）/ the new column: true, false or empty")]


def mark_outside(rows: TextRows, options: MarkOutside, job: Job) -> TextRows:
    """Add whether a number is out of its bounds; empty where there is no number."""
    job.names[options.into] = job.names.get(options.column, options.column)
    values = rows[options.column].to_pylist()
    groups = rows[options.by].to_pylist() if options.by else [""] * len(values)
    known: dict[tuple[str, str], str] = {}
    made = []
    for pair in zip(values, groups, strict=True):
        if pair not in known:
            number = text.to_decimal(pair[0])
            low, high = options.of.get(pair[1], options.bounds)
            known[pair] = "" if number is None else "false" if _exact(low) <= number <= _exact(high) else "true"
        made.append(known[pair])
    return rows.assign({options.into: make_texts(made)})


def _exact(bound: Number) -> Decimal:
    return Decimal(str(bound))


KINDS: dict[str, StepKind] = {
    "divide": StepKind(
        run=divide,
        by_row=True,
        options=Divide,
        needs=lambda options: (*options.value, options.by),
        makes=lambda options: (options.into,),
        title=Text(ja="割る", en="Divide"),
        doc=Text(
            ja="列を列で割った値の列を加えます（1 kg あたりの値段など）。value が一覧なら、行ごとに空でない最初の列を割ります。"
            "空のセル、数でない値、0 で割るところは空です。parse_number のあとに書きます。",
            en="Adds the quotient of two columns, such as a price per kilogram. Of several columns under `value` the first "
            "that isn't empty in a row is divided. Where there is no number, or the divisor is 0, the cell is empty. It goes "
            "after `parse_number`.",
        ),
        example="- divide: {value: [middle, high, low], by: unit_kg, into: price_per_kg, digits: 1}",
    ),
    "mark_outside": StepKind(
        run=mark_outside,
        by_row=True,
        options=MarkOutside,
        needs=lambda options: (options.column, *([options.by] if options.by else [])),
        makes=lambda options: (options.into,),
        title=Text(ja="範囲の外に印を付ける", en="Mark values out of bounds"),
        doc=Text(
            ja="列の数が範囲の外なら true、中なら false、数がなければ空の列を加えます。疑わしい行を、除かずに知らせるためのものです。"
            "of には、by の列の値ごとに別の範囲を書けます。",
            en="Adds a column with true where a number is out of bounds, false where it is within, and nothing where there is "
            "no number: doubtful rows are told, not removed. `of` has other bounds for rows with some value in the column `by`.",
        ),
        example="- mark_outside: {column: price_per_kg, bounds: [10, 10000], by: item, of: {きゅうり: [80, 3000]}, into: suspect}",
    ),
}  # fmt: skip
