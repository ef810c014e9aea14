"""Columns as templates see them: type and constraints, contents, and the tables that share a name.  Pure."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from entaku.catalogue import places
from entaku.model.grammar import Resource
from entaku.model.nouns import Lang
from entaku.model.profile import Bar, Profile, Scalar
from entaku.model.table_schema import Constraints, SchemaField
from entaku.model.view import is_code
from entaku.site.charts_views import BarView, cut_name, spell_number
from entaku.site.pages import place_dataset
from entaku.site.use import NUMERIC
from entaku.site.views import Later, Link
from entaku.site.words import Words, show_day

CONSTRAINTS = tuple(item.name for item in dataclasses.fields(Constraints))
NO_CONSTRAINTS = SchemaField(name="").constraints
"""The constraints of a column that has none."""
TOP = 5
"""Number of most frequent values that are shown."""
FEW = 8
"""Number of different numbers up to which they are listed one by one instead of as a histogram."""
WIDTH, HEIGHT = 200, 48
"""Width and height of a histogram."""
VALUE = 28
"""Width of a value in half-width columns, at most."""
USES, ALIKE = 100, 12
"""Numbers of tables and of columns of the same title that the page of a column lists, at most."""


@dataclass(frozen=True, slots=True)
class ContentView:
    """The contents of a column, from its profile."""

    filled: str
    """How many cells are empty, as text."""
    distinct: str
    """How many different values there are, as text."""
    low: str
    """The minimum; "" where values have no order."""
    middle: str
    """The median of numbers."""
    high: str
    histogram: str
    """A path of bars, as strokes, in a box of 200 by 48 above 0; "" where there is none."""
    thick: str
    """The width of its strokes."""
    label: str
    """Text alternative of the histogram."""
    top: tuple[BarView, ...]
    """The most frequent values, their share of all cells in per cent."""
    examples: str
    """Some values as text, where none is more frequent than others."""


@dataclass(frozen=True, kw_only=True)
class FieldView:
    """A column."""

    name: str
    title: str
    type: str
    """The name of its type."""
    unit: str
    description: str
    constraints: Later[tuple[str, ...]] = Later()
    """Each constraint as text."""
    numeric: bool
    grouped: bool
    """Whether its numbers are shown with thousands separators."""
    key: bool
    """Whether it is part of the primary key."""
    path: Later[str] = Later()
    """The page of all columns of this name."""
    content: Later[ContentView | None] = Later()
    """Its contents; None before the first release, and in releases without profiles."""


# ---- of a table -----------------------------------------------------------------------------------------------------


def show_fields(resource: Resource, profiles: Sequence[Profile], words: Words) -> tuple[FieldView, ...]:
    """Return the columns of a table, with their contents where a profile has them."""
    key, known = resource.schema.primaryKey, {profile.name: profile for profile in profiles}
    return tuple([show_field(field, key, known.get(field.name), words) for field in resource.schema.fields])


def show_field(field: SchemaField, key: Sequence[str], profile: Profile | None, words: Words) -> FieldView:
    """Return the view of a column."""
    return FieldView(
        name=field.name,
        title=field.title.get(words.lang),
        type=words.say(f"type_{field.type}"),
        unit=words.name_unit(field.unit),
        description=field.description.get(words.lang),
        constraints=partial(show_constraints, field.constraints, words),
        numeric=field.type in NUMERIC,
        grouped=field.type in NUMERIC and not is_code(field),
        key=field.name in key,
        path=partial(places.place_column, field.name),
        content=partial(show_known, profile, words),
    )


def show_known(profile: Profile | None, words: Words) -> ContentView | None:
    """Return the contents of a column, or None without a profile."""
    return show_content(profile, words) if profile else None


def show_constraints(constraints: Constraints, words: Words) -> tuple[str, ...]:
    """Return each constraint as text; long lists are cut."""
    return tuple(list_constraints(constraints, words)) if constraints is not NO_CONSTRAINTS else ()


def list_constraints(constraints: Constraints, words: Words) -> Iterator[str]:
    """Yield each constraint as text."""
    for name in CONSTRAINTS:
        value = getattr(constraints, name)
        if value is None or value is False:
            continue
        if value is True:
            yield words.say(f"constraint_{name}")
        elif isinstance(value, tuple) and value:
            listed = ", ".join(show_scalar(choice) for choice in value[:12]) + (" …" if len(value) > 12 else "")
            yield words.say(f"constraint_{name}", value=listed)
        elif value not in ("", ()):
            yield words.say(f"constraint_{name}", value=str(value))


def show_scalar(value: object) -> str:
    """Format a YAML scalar as text."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


# ---- what is in a column --------------------------------------------------------------------------------------------


def show_content(profile: Profile, words: Words) -> ContentView:
    """Return the contents of a column from its profile."""
    filled = profile.rows - profile.nulls
    histogram, label = "", ""
    if len(profile.histogram) > 1 and profile.distinct > FEW:
        histogram, label = draw_bars(profile.histogram), _describe(profile, words)
    often = bool(profile.top) and profile.top[0][1] > 1
    even = profile.distinct > len(profile.top[:TOP]) and len({count for _, count in profile.top[:TOP]}) == 1
    top = () if histogram or even or not often else tuple(_show_top(profile, words))
    examples = _list_examples(profile, words) if even and profile.least is None else ""
    return ContentView(
        filled=_tell_filled(profile, words),
        distinct=_tell_distinct(profile, filled, words),
        low=_spell_end(profile.least, profile, words.lang),
        middle=_spell_end(_find_median(profile), profile, words.lang),
        high=_spell_end(profile.most, profile, words.lang),
        histogram=histogram,
        thick=f"{WIDTH / len(profile.histogram) - 1:.3g}" if histogram else "",
        label=label,
        top=top,
        examples=examples,
    )


def _find_median(profile: Profile) -> Scalar | None:
    """Return the median of a column of numbers; None for other types."""
    numbers = profile.type in ("integer", "number")
    return next((value for share, value in profile.quantiles if share == 0.5), None) if numbers else None


def _tell_filled(profile: Profile, words: Words) -> str:
    if not profile.rows or not profile.nulls:
        return words.say("content_full")
    return words.say("content_nulls", n=profile.nulls, share=_spell_share(profile.nulls, profile.rows))


def _tell_distinct(profile: Profile, filled: int, words: Words) -> str:
    if filled > 1 and profile.exact and profile.distinct == filled:
        return words.say("content_unique")
    return words.say("content_distinct" if profile.exact else "content_about", n=profile.distinct)


def _show_top(profile: Profile, words: Words) -> list[BarView]:
    """Return the most frequent values; numbers and dates by value if these are all there are."""
    shown = profile.top if len(profile.top) <= TOP else profile.top[:TOP]
    if profile.least is not None and profile.distinct == len(shown):
        shown = tuple(sorted(shown, key=lambda item: (isinstance(item[0], str), item[0])))
    return [
        BarView(
            name=cut_name(" ".join(spell_value(value, profile.type, words).split()), VALUE),
            value=f"{_spell_share(count, profile.rows)}%",
            share=round(100 * count / profile.rows, 1),
        )
        for value, count in shown
    ]


def _list_examples(profile: Profile, words: Words) -> str:
    shown = [cut_name(" ".join(spell_value(value, profile.type, words).split()), VALUE) for value, _ in profile.top[:3]]
    return words.say("content_examples", values=words.say("comma").join(shown))


def _spell_share(count: int, of: int) -> str:
    share = 100 * count / of
    return f"{share:.0f}" if share >= 10 or share == int(share) else f"{max(share, 0.1):.1f}"


def spell_value(value: Scalar, kind: str, words: Words) -> str:
    """Format a value of a column of type `kind` for people."""
    if isinstance(value, bool):
        return words.say("value_true" if value else "value_false")
    if kind == "date" and isinstance(value, str):
        return show_day(value, words.lang)
    if isinstance(value, str):
        return (value.replace("Z", " UTC") if kind == "datetime" else value) or words.say("chart_empty")
    return str(value) if kind in ("year", "yearmonth") else spell_number(value)


def _spell_end(value: Scalar | None, profile: Profile, lang: Lang) -> str:
    if value is None:
        return ""
    if profile.type == "date" and isinstance(value, str):
        return show_day(value, lang)
    if isinstance(value, str):
        return value.replace("T", " ").replace("Z", " UTC")
    return str(value) if profile.type == "year" else spell_number(value)


def draw_bars(bars: Sequence[Bar]) -> str:
    """Return the path of bars side by side in a box of WIDTH by HEIGHT, as strokes; one that isn't empty is at least 1
    high."""
    most = max(bar.count for bar in bars) or 1
    wide = WIDTH / len(bars)
    path = []
    for n, bar in enumerate(bars):
        if bar.count:
            tall = max(round(HEIGHT * bar.count / most), 1)
            path.append(f"M{(n + 0.5) * wide:.4g} 0v-{tall}")
    return "".join(path)


def _describe(profile: Profile, words: Words) -> str:
    peak = max(profile.histogram, key=lambda bar: bar.count)
    low, high = (_spell_end(value, profile, words.lang) for value in (peak.low, peak.high))
    return words.say("content_histogram", n=len(profile.histogram), low=low, high=high, count=peak.count)


# ---- across tables --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ColumnUseView:
    """A column in one table."""

    dataset: Link
    table: str
    title: str
    type: str
    """The name of its type."""
    unit: str
    description: str
    sample: bool


@dataclass(frozen=True, slots=True)
class ColumnView:
    """Every column of one name."""

    name: str
    path: str
    title: str
    """The title that most tables give it; "" if none does."""
    titles: tuple[str, ...]
    """All its titles, the most frequent first."""
    types: tuple[str, ...]
    units: tuple[str, ...]
    datasets_count: int
    tables_count: int
    uses: tuple[ColumnUseView, ...]
    """The tables that have it, at most 100."""
    alike: tuple[Link, ...]
    """Columns of other names with the same title."""


def show_columns(columns: Mapping[str, Sequence[places.Use]], words: Words) -> tuple[ColumnView, ...]:
    """Return every column name with its uses; names that most datasets have come first."""
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
    """Return the view of the columns called `name`; `named` maps each title to its column names."""
    others = dict.fromkeys(other for title in titles for other in named[title] if other != name)
    return ColumnView(
        name=name,
        path=places.place_column(name),
        title=titles[0] if titles else "",
        titles=tuple(titles[:ALIKE]),
        types=tuple(words.say(f"type_{kind}") for kind in rank([use.field.type for use in uses])),
        units=tuple(rank([words.name_unit(use.field.unit) for use in uses])),
        datasets_count=len({use.dataset.spec.pipeline.name for use in uses}),
        tables_count=len(uses),
        uses=tuple(show_use(use, words) for use in uses[:USES]),
        alike=tuple(Link(other, places.place_column(other)) for other in list(others)[:ALIKE]),
    )


def show_use(use: places.Use, words: Words) -> ColumnUseView:
    """Return the view of a column of one table."""
    pipeline, current = use.dataset.spec.pipeline, use.dataset.current
    return ColumnUseView(
        dataset=Link(pipeline.title.get(words.lang), place_dataset(pipeline.name)),
        table=use.resource.title.get(words.lang),
        title=use.field.title.get(words.lang),
        type=words.say(f"type_{use.field.type}"),
        unit=words.name_unit(use.field.unit),
        description=use.field.description.get(words.lang),
        sample=current is not None and "sample" in current.served,
    )


def rank(values: Sequence[str]) -> list[str]:
    """List the different values that aren't empty, the most frequent first."""
    counts = Counter(value for value in values if value)
    return sorted(counts, key=lambda value: (-counts[value], value))
