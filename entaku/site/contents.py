"""What is in a column, as templates see it: its profile in words and a small picture.  Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from entaku.model.nouns import Lang
from entaku.model.profile import Bar, Profile, Scalar
from entaku.site.charts import BarView, cut_name, spell_number
from entaku.site.words import Words, show_day

TOP = 5
"""Most frequent values that are shown."""
FEW = 8
"""So few different numbers are told one by one instead of as a histogram."""
WIDTH, HEIGHT = 200, 48
"""The box of a histogram."""
VALUE = 28
"""Half-width columns that a value may take."""


@dataclass(frozen=True, slots=True)
class ContentView:
    """What is in a column."""

    filled: str
    """How many cells are empty, in words."""
    distinct: str
    """How many different values there are, in words."""
    low: str
    """The least value, "" where values have no order."""
    middle: str
    """The median of numbers."""
    high: str
    histogram: str
    """A path of bars in a box of 200 by 48; "" where there is none."""
    label: str
    """The histogram in words."""
    top: tuple[BarView, ...]
    """The most frequent values, their share of all cells in per cent."""
    examples: str
    """Some values where none is more frequent than others, in words."""


def show_content(profile: Profile, words: Words) -> ContentView:
    """The profile of a column in words."""
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
        label=label,
        top=top,
        examples=examples,
    )


def _find_median(profile: Profile) -> Scalar | None:
    """Of numbers; a median date tells little."""
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
    """The most frequent values; of numbers and dates in their own order, if these are all."""
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
    """A value of a column of type `kind` as people write it."""
    if isinstance(value, bool):
        return words.say("value_true" if value else "value_false")
    if kind == "date" and isinstance(value, str):
        return show_day(value, words.lang)
    if isinstance(value, str):
        return value or words.say("chart_empty")
    return str(value) if kind in ("year", "yearmonth") else spell_number(value)


def _spell_end(value: Scalar | None, profile: Profile, lang: Lang) -> str:
    if value is None:
        return ""
    if profile.type == "date" and isinstance(value, str):
        return show_day(value, lang)
    if isinstance(value, str):
        return value.replace("T", " ").removesuffix("Z")
    return str(value) if profile.type == "year" else spell_number(value)


def draw_bars(bars: Sequence[Bar]) -> str:
    """Bars side by side in a box of WIDTH by HEIGHT, as a path; what is there at all is at least one high."""
    most = max(bar.count for bar in bars) or 1
    wide = WIDTH / len(bars)
    path = []
    for n, bar in enumerate(bars):
        if bar.count:
            tall = max(round(HEIGHT * bar.count / most, 1), 1)
            path.append(f"M{n * wide:.4g} {HEIGHT}v-{tall:g}h{wide - 1:.3g}v{tall:g}z")
    return "".join(path)


def _describe(profile: Profile, words: Words) -> str:
    peak = max(profile.histogram, key=lambda bar: bar.count)
    low, high = (_spell_end(value, profile, words.lang) for value in (peak.low, peak.high))
    return words.say("content_histogram", n=len(profile.histogram), low=low, high=high, count=peak.count)
