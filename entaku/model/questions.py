"""What `entaku mcp` may be asked: one dataclass for each tool, read from JSON and described as JSON Schema."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from entaku.model.nouns import Finding, Refused

MOST_ROWS, MOST_GROUPS, MOST_FOUND = 100, 500, 50
"""Rows, groups and datasets that one answer may have."""
Kind = TypeVar("Kind")
_STRICT = ConfigDict(extra="forbid")
_DATASET = "データセットの名前（search の id）/ the dataset's name, as search gives it (id)"
_TABLE = "表の名前。一つしかなければ要らない / the table's name; not needed if there is only one"
_WHERE = "すべて満たす行だけ / only rows that meet all of these"
Value = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A condition on rows."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    column: Annotated[str, Field(description="列の名前 / a column")]
    op: Annotated[
        Literal["=", "!=", "<", "<=", ">", ">=", "in", "contains", "empty", "not empty"],
        Field(description="比べ方 / how it is compared"),
    ] = "="
    value: Annotated[
        Value | list[Value] | None, Field(description="値。in なら一覧、日付は 2026-01-31 / a value; a list for `in`")
    ] = None


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What is computed of each group."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    function: Annotated[
        Literal["count", "count_distinct", "sum", "mean", "min", "max", "median"],
        Field(description="計算 / the function; empty cells don't count"),
    ]
    column: Annotated[str, Field(description="列。行を数える count には要らない / a column; none to count rows")] = ""

    @property
    def name(self) -> str:
        """The name of its result."""
        return f"{self.function}({self.column})" if self.column else self.function


@dataclass(frozen=True, kw_only=True)
class SearchQuestion:
    """The question of `search`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    query: Annotated[str, Field(description="探す言葉（日本語か英語）/ words in Japanese or English", max_length=500)]
    limit: Annotated[int, Field(ge=1, le=MOST_FOUND, description="多くて何件 / at most so many")] = 10


@dataclass(frozen=True, kw_only=True)
class FetchQuestion:
    """The question of `fetch`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Annotated[str, Field(description=_DATASET, max_length=200)]


@dataclass(frozen=True, kw_only=True)
class DescribeQuestion:
    """The question of `describe`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    dataset: Annotated[str, Field(description=_DATASET, max_length=200)]


@dataclass(frozen=True, kw_only=True)
class ProfileQuestion:
    """The question of `profile`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    dataset: Annotated[str, Field(description=_DATASET, max_length=200)]
    table: Annotated[str, Field(description=_TABLE)] = ""
    columns: Annotated[tuple[str, ...], Field(description="列。なければ全部 / columns; all if none is given")] = ()


@dataclass(frozen=True, kw_only=True)
class SampleQuestion:
    """The question of `sample`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    dataset: Annotated[str, Field(description=_DATASET, max_length=200)]
    table: Annotated[str, Field(description=_TABLE)] = ""
    columns: Annotated[tuple[str, ...], Field(description="列。なければ全部 / columns; all if none is given")] = ()
    where: Annotated[tuple[Condition, ...], Field(description=_WHERE, max_length=20)] = ()
    skip: Annotated[int, Field(ge=0, description="はじめのいくつを飛ばすか / how many of them to skip")] = 0
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS, description="多くて何行 / at most so many rows")] = 20


@dataclass(frozen=True, kw_only=True)
class AggregateQuestion:
    """The question of `aggregate`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    dataset: Annotated[str, Field(description=_DATASET, max_length=200)]
    table: Annotated[str, Field(description=_TABLE)] = ""
    group_by: Annotated[
        tuple[str, ...],
        Field(
            max_length=8,
            description="まとめる列。日付の列は date:year か date:month でもよい / columns; of a date also date:year or date:month",
        ),
    ] = ()
    measures: Annotated[
        tuple[Measure, ...],
        Field(max_length=20, description="計算。なければ行の数 / rows are counted if none is given"),
    ] = (Measure(function="count"),)
    where: Annotated[tuple[Condition, ...], Field(description=_WHERE, max_length=20)] = ()
    order_by: Annotated[
        str,
        Field(
            description="並べる列（group_by のもの）か計算（sum(rows) など）/ a column of group_by, or a measure as sum(rows)"
        ),
    ] = ""
    descending: Annotated[bool, Field(description="大きい順に / the greatest first")] = False
    limit: Annotated[int, Field(ge=1, le=MOST_GROUPS, description="多くて何組 / at most so many groups")] = 100


Question = SearchQuestion | FetchQuestion | DescribeQuestion | ProfileQuestion | SampleQuestion | AggregateQuestion


def _adapt(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def describe_question(kind: type[Question]) -> dict[str, Any]:
    """Return the JSON Schema of a question."""
    return _adapt(kind).json_schema()


def read_question(kind: type[Kind], given: Mapping[str, Any]) -> Kind:
    """Read a question from JSON.  Raises Refused (question-wrong)."""
    try:
        read: Kind = _adapt(kind).validate_python(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "."
        value = first.get("input", "")
        shown = "NaN" if isinstance(value, float) and math.isnan(value) else str(value)
        raise Refused(
            Finding("question-wrong", value=shown[:200], args={"place": place, "why": first["msg"]})
        ) from error
    return read
