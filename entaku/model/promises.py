"""`breaking` of a pipeline: a change that breaks programs which read the data, announced before it happens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from entaku.model.changes import StructureChange
from entaku.model.words import DAY, STRICT, Names, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaking:
    """An announcement: what changes, since when and why; docs/changes.md tells how."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    from_: Annotated[
        str,
        Field(
            alias="from", pattern=DAY, description="変わる日。今日なら、すぐ / the day of the change; today: at once"
        ),
    ]
    why: Annotated[Words, Field(description="理由（公開）/ why; published")]
    columns: Annotated[
        Names,
        Field(
            description="変わる列（いまの名前）。主キーが変わるなら、その列 / columns concerned, by their present names"
        ),
    ] = ()
    tables: Annotated[Names, Field(description="なくなる表 / tables that go")] = ()


Announced = Annotated[
    Breaking | None,
    Field(
        description="読むプログラムが止まりうる変更の予告（docs/changes.md）/ announces a change that can break programs"
    ),
]


def covers(breaking: Breaking, table: str, one: StructureChange) -> bool:
    """Test whether a change of a table is one that was announced."""
    if table in breaking.tables:
        return True
    names = {"column-renamed": [one.before], "primary-key": list(one.before or ())}.get(one.what, [one.column])
    return bool(names) and set(names) <= set(breaking.columns)


def list_concerned(table: str, one: StructureChange) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns and the tables by which a change is announced."""
    if one.what == "table-removed":
        return (), (table,)
    if one.what == "primary-key":
        return tuple(one.before or ()), ()
    return (one.before if one.what == "column-renamed" else one.column,), ()


def show_breaking(breaking: Breaking | None) -> dict[str, Any]:
    """Return the key `breaking` of a descriptor; nothing without an announcement."""
    if breaking is None:
        return {}
    why: Mapping[str, str] = {"ja": breaking.why.ja, "en": breaking.why.en}
    shown: dict[str, Any] = {"from": breaking.from_, "why": {lang: text for lang, text in why.items() if text}}
    shown |= {"columns": list(breaking.columns)} if breaking.columns else {}
    shown |= {"tables": list(breaking.tables)} if breaking.tables else {}
    return {"breaking": shown}
