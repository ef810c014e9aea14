"""The distribution of a column as templates see it: one bar for each interval.  Pure."""

from dataclasses import replace

from entaku.formats.scales import find_steps
from entaku.model.profile import Chart
from entaku.site.charts_views import BOTTOM, LEFT, RIGHT, TOP, ChartView, GridView, shorten_number, spell_number
from entaku.site.words import Words

GAP = 3
"""Thousandths of the width between two bars."""
LABELS = 3
"""Intervals between two labels on an axis with many."""


def show_spread(base: ChartView, chart: Chart, head: tuple[str, str], words: Words) -> ChartView:
    """Return the view of a distribution; an open interval at an end is as wide as the others."""
    counts = [value or 0 for value in chart.series[0].values]
    steps = find_steps(0, max(counts))
    wide = (RIGHT - LEFT) / len(counts)
    bars = []
    for n, count in enumerate(counts):
        top = round(BOTTOM - (BOTTOM - TOP) * count / steps[-1], 1)
        if count:
            bars.append(f"M{LEFT + n * wide + GAP / 2:.4g} {BOTTOM}V{top:g}h{wide - GAP:.4g}V{BOTTOM}")
    bounds = [tuple(mark.split("..")) for mark in chart.marks]
    lows = [low for low, _ in bounds]
    every = 1 if len(lows) <= LABELS + 1 else -(-len(lows) // (LABELS + 1))
    marks = tuple(
        GridView(round((LEFT + n * wide) / 10, 1), shorten_number(float(low), words.lang))
        for n, low in enumerate(lows)
        if low and n % every == (0 if lows[0] else 1 % every)
    )
    names = [
        words.say("chart_between", low=spell_number(float(low)), high=spell_number(float(high))) if low and high
        else words.say("chart_below", high=spell_number(float(high))) if high
        else words.say("chart_from", low=spell_number(float(low)))
        for low, high in bounds
    ]  # fmt: skip
    return replace(
        base,
        points="".join(bars),
        grid=tuple(
            GridView(round(BOTTOM - (BOTTOM - TOP) * step / steps[-1], 1), shorten_number(step, words.lang))
            for step in steps
        ),
        marks=marks,
        label=words.say("chart_spread_label", title=base.title, n=sum(counts), first=names[0], last=names[-1]),
        about=words.say("chart_semicolon").join(
            filter(None, (words.say("chart_spread_about", n=sum(counts)), base.about))
        ),
        head=head,
        rows=tuple(zip(names, map(spell_number, counts), strict=True)),
    )
