"""Charts as templates see them: numbers → coordinates and words.  Pure.

Lines stretch with the screen but letters don't: paths are in thousandths of the width, in an inner `<svg>` without
aspect ratio; everything else is in per cent of the width and pixels of the height.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from entaku.formats.scales import find_steps
from entaku.model.grammar import Resource
from entaku.model.nouns import Lang
from entaku.model.profile import Chart, Series
from entaku.site import maps
from entaku.site.charts_spread import show_spread
from entaku.site.charts_views import (
    BOTTOM,
    HEIGHT,
    LABEL_GAP,
    LEFT,
    NAME_GAP,
    NAME_WIDTH,
    PHONE_PLOT,
    RIGHT,
    TOP,
    BarView,
    ChartView,
    GridView,
    LineView,
    cut_name,
    measure_text,
    place_time,
    shorten_number,
    spell_mark,
    spell_number,
    spread_labels,
)
from entaku.site.words import Words

MAP_WIDTH, MAP_HEIGHTS = 360, (150, 420)


def show_chart(chart: Chart, resource: Resource, words: Words) -> ChartView:
    """Return the view of a chart in the language of `words`."""
    titles = {field.name: field.title.get(words.lang) or field.name for field in resource.schema.fields}
    what = "" if chart.kind in ("points", "spread") else words.say(f"chart_{chart.how}", y=titles.get(chart.y, chart.y))
    unit = words.say("chart_brackets", text=words.name_unit(chart.unit)) if chart.unit else ""
    told = {
        "y": what,
        "x": titles.get(chart.x, chart.x),
        "by": titles.get(chart.by, chart.by),
        "table": resource.title.get(words.lang),
    }
    title = chart.title.get(words.lang) or words.say(f"chart_{chart.kind}{'_by' if chart.by else ''}", **told)
    about = [what + unit] if what else []
    about += [words.say(f"chart_each_{chart.step}")] if chart.step else []
    about += [
        words.say("chart_where", column=titles[name], value=value)
        for name, value in chart.where.items()
        if name in titles
    ]
    if chart.cut:
        about.append(
            words.say("chart_cut", marks=words.say("comma").join(spell_mark(mark, words.lang) for mark in chart.cut))
        )
    if chart.left and chart.kind != "parts":
        shown = len(chart.marks) if chart.kind == "bars" else len(chart.series)
        about.append(words.say("chart_left", n=chart.left, shown=shown))
    base = ChartView(
        kind=chart.kind, title=title, about=words.say("chart_semicolon").join(about), label=title, grid=(), marks=(), lines=(), bars=(),
        points="", width=1000, height=HEIGHT, plot=BOTTOM, head=(), rows=(), play=_list_play(chart, what + unit, resource),
    )  # fmt: skip
    if chart.kind in ("bars", "parts"):
        return _show_bars(base, chart, (told["x"], what + unit), words)
    if chart.kind == "spread":
        of = next((field.unit for field in resource.schema.fields if field.name == chart.x), "")
        named = told["x"] + (words.say("chart_brackets", text=words.name_unit(of)) if of else "")
        return show_spread(base, chart, (named, words.say("chart_count")), words)
    return _show_points(base, chart, words) if chart.kind == "points" else _show_lines(base, chart, what + unit, words)


def _list_play(chart: Chart, what: str, resource: Resource) -> dict[str, Any]:
    """Return what a script needs to count and draw the chart again."""
    if chart.kind == "points":
        return maps.list_play(chart, resource)
    names = [one.name for one in chart.series]
    told = {"x": chart.x, "y": chart.y, "by": chart.by, "how": chart.how, "step": chart.step, "what": what}
    marks = [*chart.marks, *([""] if chart.kind == "parts" and chart.left else [])]
    lists = {"where": dict(chart.where), "marks": marks, "names": names if chart.by else []}
    return {key: value for key, value in (told | lists).items() if value}


# ---- rankings and parts of a whole ---------------------------------------------------------------------------------------------------


def _show_bars(base: ChartView, chart: Chart, head: tuple[str, str], words: Words) -> ChartView:
    values = [value or 0 for value in chart.series[0].values]
    names = [name_mark(chart, mark, words) or words.say("chart_empty") for mark in chart.marks]
    if chart.kind == "parts" and chart.left:
        names, values = [*names, words.say("chart_rest", n=chart.left)], [*values, chart.rest]
    most = max(map(abs, values)) or 1
    whole = sum(values) if chart.kind == "parts" else 0
    bars = tuple(
        BarView(
            name,
            words.say("chart_share", number=spell_number(value), share=f"{100 * value / whole:.1f}")
            if whole
            else spell_number(value),
            round(100 * abs(value) / most, 1),
        )
        for name, value in zip(names, values, strict=True)
    )
    return replace(base, bars=bars, head=head, rows=tuple((bar.name, bar.value) for bar in bars))


# ---- time series ------------------------------------------------------------------------------------------------


def _show_lines(base: ChartView, chart: Chart, what: str, words: Words) -> ChartView:
    lang = words.lang
    numbers = [value for one in chart.series for value in one.values if value is not None]
    low, high = min(numbers), max(numbers)
    from_zero = low >= 0 and (low < 0.6 * high or chart.how in ("count", "sum"))
    steps = find_steps(0.0 if from_zero else low, high)
    times = [place_time(mark) for mark in chart.marks]
    across = [_scale(time, times[0], times[-1], LEFT, RIGHT) for time in times]

    def up(value: float) -> float:
        return round(_scale(value, steps[0], steps[-1], BOTTOM, TOP), 1)

    ends = [up(next(value for value in reversed(one.values) if value is not None)) for one in chart.series]
    labels = spread_labels(ends, NAME_GAP, TOP, BOTTOM)
    names = [
        name_mark(chart, one.name, words) or words.say("chart_empty") if chart.by else what for one in chart.series
    ]
    joins = _find_joins(times, chart.step)
    lines = tuple(
        LineView(
            n=n + 1, name=names[n], short=cut_name(names[n], NAME_WIDTH), path=_draw_path(one, across, joins, up),
            dots=_draw_dots(one, across, up) if len(across) <= 31 or not (_is_joined(one) and all(joins)) else "", end=ends[n], label=labels[n],
        )
        for n, one in enumerate(chart.series)
    )  # fmt: skip
    first, last = (spell_mark(chart.marks[n], lang, whole=True) for n in (0, -1))
    rows = tuple(
        (
            spell_mark(mark, lang, whole=True),
            *("" if one.values[n] is None else spell_number(one.values[n] or 0) for one in chart.series),
        )
        for n, mark in enumerate(chart.marks)
    )
    return replace(
        base,
        lines=lines,
        grid=tuple(GridView(up(step), shorten_number(step, lang)) for step in steps),
        marks=_mark_times(chart.marks, across, PHONE_PLOT[len(lines) > 1], lang),
        label=words.say(
            "chart_line_label", title=base.title, first=first, last=last, names=words.say("comma").join(names)
        ),
        head=(words.say(f"chart_{chart.step or 'year'}"), *names),
        rows=rows,
    )


def name_mark(chart: Chart, name: str, words: Words) -> str:
    """Return the name of a mark or series in the language of `words`, if the table has it in that."""
    return chart.english.get(name, name) if words.lang == "en" else name


def _mark_times(marks: Sequence[str], across: Sequence[float], plot: int, lang: Lang) -> tuple[GridView, ...]:
    """Return the labels of a time axis: the first, the last, and those between that have room in a plot of so many
    pixels; a day has its year where that isn't the one of the label before."""

    def spell(n: int, year: str) -> str:
        return spell_mark(marks[n], lang, whole=marks[n][:4] != year)

    def fits(left: float, n: int, text: str, share: float) -> bool:
        return across[n] * plot / 1000 - share * measure_text(text) >= left + LABEL_GAP

    first = spell(0, "")
    shown, year = [GridView(round(across[0] / 10, 1), first)], marks[0][:4]
    # the first and the last stand beside their place, not below it
    right = across[0] * plot / 1000 + measure_text(first)
    for n in range(1, len(marks) - 1):
        text, last = spell(n, year), spell(-1, marks[n][:4])
        end = across[n] * plot / 1000 + measure_text(text) / 2
        if fits(right, n, text, 0.5) and fits(end, len(marks) - 1, last, 1):
            shown.append(GridView(round(across[n] / 10, 1), text))
            right, year = end, marks[n][:4]
    if len(marks) > 1:
        shown.append(GridView(round(across[-1] / 10, 1), spell(-1, year)))
    return tuple(shown)


def _find_joins(times: Sequence[float], step: str) -> list[bool]:
    """Tell for each mark whether a line may lead to it from the one before: not over periods without any row.

    What is usual, as a year in a table of every second year or a weekend, is no gap.
    """
    steps = [after - before for before, after in pairwise(times)]
    usual = max(set(steps), key=lambda each: (steps.count(each), -each), default=1)
    most = max(1.5 * usual, 4 if step == "day" else 0)
    return [True, *(each <= most for each in steps)]


def _scale(value: float, low: float, high: float, start: float, end: float) -> float:
    return start + (value - low) / (high - low) * (end - start) if high > low else (start + end) / 2


def _draw_path(one: Series, across: Sequence[float], joins: Sequence[bool], up: Callable[[float], float]) -> str:
    """Return the path of a series: lines between points that are `joins`ed, a gap where there is no number."""
    path, pen = [], "M"
    for x, joined, value in zip(across, joins, one.values, strict=True):
        if value is None or not joined:
            pen = "M"
        if value is None:
            continue
        path.append(f"{pen}{x:.0f} {up(value):g}")
        pen = "L"
    return "".join(path)


def _draw_dots(one: Series, across: Sequence[float], up: Callable[[float], float]) -> str:
    return "".join(
        f"M{x:.0f} {up(value):g}h0" for x, value in zip(across, one.values, strict=True) if value is not None
    )


def _is_joined(one: Series) -> bool:
    return all(value is not None for value in one.values)


# ---- maps -------------------------------------------------------------------------------------------------------


def _show_points(base: ChartView, chart: Chart, words: Words) -> ChartView:
    west, east = (pick(x for x, _, _ in chart.points) for pick in (min, max))
    south, north = (pick(y for _, y, _ in chart.points) for pick in (min, max))
    shrink = math.cos(math.radians((south + north) / 2))
    wide, tall = (east - west) * shrink, north - south
    least = max(wide / MAP_WIDTH, tall / (MAP_HEIGHTS[1] - 40), 1e-9)
    scale = 1 / (least * 1.12)
    height = round(min(max(tall * scale + 40, MAP_HEIGHTS[0]), MAP_HEIGHTS[1]))
    middle = (west + east) / 2, (south + north) / 2

    def across(x: float) -> float:
        return round(MAP_WIDTH / 2 + (x - middle[0]) * shrink * scale, 1)

    def up(y: float) -> float:
        return round(height / 2 - (y - middle[1]) * scale, 1)

    span = MAP_WIDTH / scale / shrink
    xs = [x for x in find_steps(middle[0] - span / 2, middle[0] + span / 2, 4) if 0 < across(x) < MAP_WIDTH]
    ys = [
        y for y in find_steps(middle[1] - height / scale / 2, middle[1] + height / scale / 2, 4) if 0 < up(y) < height
    ]
    points = "".join(f"M{across(x):g} {up(y):g}h0" for x, y, _ in chart.points)
    head, rows = _count_cells(chart.points, xs, ys, words)
    total = sum(count for *_, count in chart.points)
    return replace(
        base,
        points=points,
        width=MAP_WIDTH,
        height=height,
        plot=height,
        grid=tuple(GridView(up(y), _spell_degrees(y, "NS", words)) for y in ys),
        marks=tuple(GridView(across(x), _spell_degrees(x, "EW", words)) for x in xs),
        about=words.say("chart_points_about", n=total, places=len(chart.points)) + (words.say("chart_points_middle") if base.play["place"][0] == "geojson" else ""),
        label=words.say(
            "chart_points_label", title=base.title, n=total,
            west=_spell_degrees(west, "EW", words), east=_spell_degrees(east, "EW", words),
            south=_spell_degrees(south, "NS", words), north=_spell_degrees(north, "NS", words),
        ),
        head=head,
        rows=rows,
    )  # fmt: skip


def _spell_degrees(value: float, sides: str, words: Words) -> str:
    side = sides[0] if value >= 0 else sides[1]
    return words.say(f"degrees_{side}", degrees=f"{round(abs(value), 4):.10g}")


def _count_cells(
    points: Sequence[tuple[float, float, int]], xs: Sequence[float], ys: Sequence[float], words: Words
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return (head, body) of a table of row counts in each cell of the grid, north first, without empty cells."""
    cells: dict[tuple[int, int], int] = {}
    for x, y, count in points:
        cell = -sum(y >= each for each in ys), sum(x >= each for each in xs)
        cells[cell] = cells.get(cell, 0) + count

    def between(n: int, edges: Sequence[float], sides: str) -> str:
        told = [_spell_degrees(edge, sides, words) for edge in edges[max(n - 1, 0) : n + 1]]
        return "–".join(told) if 0 < n < len(edges) else ("– " + told[0] if n == 0 else told[0] + " –") if told else ""

    rows = tuple(
        (between(-row, ys, "NS"), between(column, xs, "EW"), spell_number(count))
        for (row, column), count in sorted(cells.items())
    )
    return (words.say("degrees_latitude"), words.say("degrees_longitude"), words.say("chart_count")), rows
