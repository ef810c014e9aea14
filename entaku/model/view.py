"""`view:` of a resource: which rows and columns of a table its page shows first, and the choice where nothing is planned.

The data files stay as they are: a view is for people.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from entaku.model.table_schema import SchemaField
from entaku.model.words import SORT, STRICT, FieldName, Names, Scalar, no_items

TIMES = ("date", "datetime", "year", "yearmonth")
NUMBERS = ("integer", "number")
LISTS = ("array", "list", "object", "geojson")
CODES = ("id", "ids", "code", "codes", "no", "number", "url", "lat", "lon", "latitude", "longitude")
"""Last words of the names of columns that few people read; they come after the others."""
_TONGUES: Mapping[str, tuple[str, str]] = {"ja": ("_ja", "_en"), "en": ("_en", "_ja")}


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewPlan:
    """How the page of a table shows it at first."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    sort: Annotated[
        str | None,
        Field(
            pattern=SORT,
            description="並び順の列。- を付けると大きい（新しい）順 / the column of the order; with - the greatest (newest) first",
        ),
    ] = None
    columns: Annotated[
        tuple[FieldName, ...],
        Field(
            description="見せる列を、この順に（ほかは選べば見える。x_ja と x_en は一方を書けば、ページの言葉の方）/ the columns shown, in this order; others on demand (of x_ja and x_en name one: that of the page's language is shown)"
        ),
    ] = ()
    first: Annotated[FieldName | None, Field(description="左端に固定する列 / the column that stays at the left")] = None
    hide: Annotated[tuple[FieldName, ...], Field(description="初めは見せない列 / columns not shown at first")] = ()
    follow: Annotated[
        Names,
        Field(
            description="値ごとにお知らせ（フィードとカレンダー）を出す列。docs/subscribe.md / columns whose values have a feed and a calendar each"
        ),
    ] = ()
    calendar: Annotated[
        Mapping[FieldName, Scalar],
        Field(
            description="follow のカレンダーに入れる行：この列がこの値の行だけ / the rows in calendars of follow: those with these values"
        ),
    ] = field(default_factory=no_items)


ViewOption = Annotated[
    ViewPlan | None,
    Field(description="ページの表の見せ方。書かなければ自動 / how its page shows it; else automatic"),
]


def find_order(
    fields: Sequence[SchemaField], key: Collection[str], plan: ViewPlan | None, same: Collection[str] = ()
) -> tuple[str, bool]:
    """Return the column by which rows are shown and whether the greatest comes first; "" for the order of the file.

    Without a plan the newest come first: by the first column of times that is in the key, or in a table without one, and
    is not among those of one value (`same`).
    """
    names = {field.name for field in fields}
    if plan and plan.sort and plan.sort.lstrip("-") in names:
        return plan.sort.lstrip("-"), plan.sort.startswith("-")
    times = (field.name for field in fields if field.type in TIMES and (field.name in key or not key))
    time = next((name for name in times if name not in same), "")
    return time, bool(time)


def list_shown(
    fields: Sequence[SchemaField],
    plan: ViewPlan | None,
    lang: str,
    empty: Collection[str] = (),
    key: Collection[str] = (),
) -> tuple[str, ...]:
    """Return the names of the columns that are shown at first, in order.

    Without a plan: names before codes, columns without values (`empty`) last, and times that tell rows apart (`key`) before
    the numbers that are of them.  Of `x_ja` and `x_en` that of `lang` is
    shown, also where the plan names the other one alone.
    """
    names = [field.name for field in fields]
    mine, other = _TONGUES[lang]
    paired = {name: name.removesuffix(other) + mine for name in names if name.endswith(other)}
    paired = {name: partner for name, partner in paired.items() if partner in names}
    planned = [name for name in plan.columns if name in names] if plan else []
    shown = [name if paired.get(name, name) in planned else paired[name] for name in planned]
    if not shown:
        shown = [name for name in names if name not in paired]
        ranks = {
            field.name: 2 if field.name in empty else int(is_code(field) or field.type in LISTS) for field in fields
        }
        shown.sort(key=lambda name: ranks[name])
        kinds = {field.name: field.type for field in fields}
        number = next((n for n, name in enumerate(shown) if kinds[name] in NUMBERS and name not in key), len(shown))
        late = [name for name in shown[number:] if kinds[name] in TIMES and name in key]
        shown = [*shown[:number], *late, *(name for name in shown[number:] if name not in late)]
    if plan:
        shown = [name for name in shown if name not in plan.hide] or names
        if plan.first in names:
            first = paired.get(plan.first, plan.first)
            shown = [first, *(name for name in shown if name not in (first, plan.first))]
    return tuple(shown)


def is_code(field: SchemaField) -> bool:
    """Test whether a column holds codes or degrees rather than what people read."""
    return not (field.unit and field.type == "integer") and field.name.lower().split("_")[-1] in CODES
