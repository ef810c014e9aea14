"""Columns across datasets as the views that templates see: who else has a station code?  Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from entaku.catalogue import places
from entaku.site.views import Link
from entaku.site.words import Words

USES, ALIKE = 100, 12
"""Tables and columns of the same title that a column's page names."""
COLUMNS = 200
"""Columns on one page of the list."""


@dataclass(frozen=True, slots=True)
class ColumnUseView:
    """A column in one table."""

    dataset: Link
    table: str
    title: str
    type: str
    """In words."""
    unit: str
    description: str
    sample: bool


@dataclass(frozen=True, slots=True)
class ColumnView:
    """Every column of one name."""

    name: str
    path: str
    title: str
    """What most tables call it; "" if none says."""
    titles: tuple[str, ...]
    """Everything that it is called, the most frequent first."""
    types: tuple[str, ...]
    units: tuple[str, ...]
    datasets_count: int
    tables_count: int
    uses: tuple[ColumnUseView, ...]
    """At most 100."""
    alike: tuple[Link, ...]
    """Columns of other names with the same title."""


def show_columns(columns: Mapping[str, Sequence[places.Use]], words: Words) -> tuple[ColumnView, ...]:
    """Every column name, with its uses: those that most datasets have first."""
    titles = {name: rank([use.field.title.get(words.lang) for use in uses]) for name, uses in columns.items()}
    named: dict[str, list[str]] = {}
    for name in columns:
        for title in titles[name]:
            named.setdefault(title, []).append(name)
    shown = [show_column(name, uses, titles[name], named, words) for name, uses in columns.items()]
    return tuple(sorted(shown, key=lambda column: (-column.datasets_count, column.name)))


def show_column(
    name: str, uses: Sequence[places.Use], titles: Sequence[str], named: Mapping[str, Sequence[str]], words: Words
) -> ColumnView:
    """The columns called `name`; `named` are the names that have each title."""
    others = dict.fromkeys(other for title in titles for other in named[title] if other != name)
    return ColumnView(
        name=name,
        path=places.place_column(name),
        title=titles[0] if titles else "",
        titles=tuple(titles[:ALIKE]),
        types=tuple(words.say(f"type_{kind}") for kind in rank([use.field.type for use in uses])),
        units=tuple(rank([use.field.unit for use in uses])),
        datasets_count=len({use.dataset.spec.pipeline.name for use in uses}),
        tables_count=len(uses),
        uses=tuple(show_use(use, words) for use in uses[:USES]),
        alike=tuple(Link(other, places.place_column(other)) for other in list(others)[:ALIKE]),
    )


def show_use(use: places.Use, words: Words) -> ColumnUseView:
    """A column of one table."""
    pipeline, current = use.dataset.spec.pipeline, use.dataset.current
    return ColumnUseView(
        dataset=Link(pipeline.title.get(words.lang), f"datasets/{pipeline.name}/"),
        table=use.resource.title.get(words.lang),
        title=use.field.title.get(words.lang),
        type=words.say(f"type_{use.field.type}"),
        unit=use.field.unit,
        description=use.field.description.get(words.lang),
        sample=current is not None and "sample" in current.served,
    )


def rank(values: Sequence[str]) -> list[str]:
    """The different values that aren't empty, the most frequent first."""
    counts = Counter(value for value in values if value)
    return sorted(counts, key=lambda value: (-counts[value], value))
