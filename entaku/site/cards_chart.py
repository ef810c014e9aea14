"""The chart of a card: what its page draws as SVG, on a picture.  Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from entaku.formats.heavy import Image, ImageDraw
from entaku.site.cards_lines import cut_lines
from entaku.site.cards_pen import Pen, Style
from entaku.site.charts_views import BOTTOM, LEFT, RIGHT, TOP, BarView, ChartView, spread_labels

FINE = 3
"""Pixels that become one: lines of pictures are drawn without smoothing."""
SMALL = 20
"""Size of labels."""
NAME, NAMES = 19, 170
"""Size of the names beside several lines, and the width that they may have."""
BARS = 6
"""Bars that have room."""
_STEP = re.compile(r"([MLVhZ])([-\d.]*)(?: ([-\d.]+))?")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the picture, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Return its width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Return its height."""
        return self.bottom - self.top


def draw_chart(image: "Image.Image", pen: Pen, chart: ChartView, box: Box) -> None:
    """Draw a chart with its title in a box."""
    y = box.top
    title = cut_lines(pen.clean(chart.title), box.width, 2 if box.height > 260 else 1, pen.measure(24, True))
    y = pen.write(title, (box.left, y), Style(24, "ink", True))
    about = chart.about.partition("\n")[0]
    if about:
        y = pen.write(
            cut_lines(pen.clean(about), box.width, 1, pen.measure(SMALL)), (box.left, y), Style(SMALL, "soft")
        )
    rest = Box(box.left, y + 12, box.right, box.bottom)
    if chart.kind in ("bars", "parts"):
        _draw_bars(pen, chart.bars[:BARS], rest)
    elif chart.kind == "points":
        _draw_points(image, pen, chart, rest)
    else:
        _draw_plot(image, pen, chart, rest)


def _draw_bars(pen: Pen, bars: tuple[BarView, ...], box: Box) -> None:
    row = min(46.0, box.height / max(1, len(bars)))
    size = min(22, int(row * 0.7))
    values = max((pen.measure(size)(pen.clean(bar.value)) for bar in bars), default=0)
    left, right = box.left + 0.36 * box.width, box.right - values - 14
    for n, bar in enumerate(bars):
        middle = box.top + row * (n + 0.5)
        name = cut_lines(pen.clean(bar.name), left - box.left - 12, 1, pen.measure(size))
        pen.put((box.left, middle), "".join(name), Style(size, "ink"), "lm")
        end = left + max(2, (right - left) * bar.share / 100)
        pen.draw.rectangle(
            (round(left), round(middle - row * 0.3), round(end), round(middle + row * 0.3)), fill=pen.colours["s1"]
        )
        pen.put((box.right, middle), pen.clean(bar.value), Style(size, "soft"), "rm")


def _draw_points(image: "Image.Image", pen: Pen, chart: ChartView, box: Box) -> None:
    scale = min(box.width / chart.width, box.height / chart.height)
    left, top = box.left + (box.width - chart.width * scale) / 2, box.top + (box.height - chart.height * scale) / 2
    fine = _open_fine(pen, box, "sunken")
    pad_x, pad_y = left - box.left, top - box.top
    for step in chart.grid:
        fine.draw.line(
            fine.place(((0, pad_y + step.at * scale), (box.width, pad_y + step.at * scale))), pen.colours["line"], FINE
        )
    for mark in chart.marks:
        fine.draw.line(
            fine.place(((pad_x + mark.at * scale, 0), (pad_x + mark.at * scale, box.height))), pen.colours["line"], FINE
        )
    for stroke in read_strokes(chart.points):
        x, y = stroke[0]
        fine.dot((pad_x + x * scale, pad_y + y * scale), 4.5, pen.colours["s1"])
    image.paste(fine.reduce(), (round(box.left), round(box.top)))


def _draw_plot(image: "Image.Image", pen: Pen, chart: ChartView, box: Box) -> None:
    """Draw the lines or the bars of intervals, with the grid, the labels of both axes, and the names of lines."""
    names = [pen.clean(line.short) for line in chart.lines] if len(chart.lines) > 1 else []
    beside = min(NAMES, max(map(pen.measure(NAME), names), default=-18) + 18)
    steps = chart.grid[:: max(1, -(-len(chart.grid) // 4))]
    axis = max((pen.measure(SMALL)(pen.clean(step.text)) for step in steps), default=0) + 14
    plot = Box(box.left + axis, box.top + SMALL / 2, box.right - beside, box.bottom - SMALL - 10)
    up, fine = plot.height / (BOTTOM - TOP), _open_fine(pen, plot, "surface")

    def place(x: float, y: float) -> Point:
        """Return a point of the chart's view in the plot."""
        return (x - LEFT) / (RIGHT - LEFT) * (plot.width - 12) + 6, (y - TOP) * up

    for step in steps:
        _, y = place(0, step.at)
        fine.draw.line(fine.place(((0, y), (plot.width, y))), pen.colours["line"], FINE)
        pen.put((box.left + axis - 14, plot.top + y), pen.clean(step.text), Style(SMALL, "soft"), "rm")
    for stroke in read_strokes(chart.points):
        fine.draw.polygon(fine.place(tuple(place(*point) for point in stroke)), pen.colours["s1"])
    for line in chart.lines:
        colour = pen.colours[f"s{line.n}"]
        for stroke in read_strokes(line.path):
            if len(stroke) > 1:
                wide = (3 if names else 4) * FINE
                fine.draw.line(fine.place(tuple(place(*point) for point in stroke)), colour, wide, joint="curve")
        for stroke in read_strokes(line.dots):
            fine.dot(place(*stroke[0]), 4.5, colour)
    image.paste(fine.reduce(), (round(plot.left), round(plot.top)))
    _write_marks(pen, [(plot.left + place(mark.at * 10, 0)[0], pen.clean(mark.text)) for mark in chart.marks], plot)
    heights = spread_labels([place(0, line.end)[1] for line in chart.lines], NAME + 3, 6, plot.height)
    for line, name, height in zip(chart.lines, names, heights, strict=False):
        name = "".join(cut_lines(name, beside - 12, 1, pen.measure(NAME)))
        pen.put((plot.right + 10, plot.top + height), name, Style(NAME, f"s{line.n}"), "lm")


def _write_marks(pen: Pen, marks: list[tuple[float, str]], plot: Box) -> None:
    """Write the labels below a plot: the first, the last, and those between that have room."""
    taken = list[tuple[float, float]]()
    for at, text in (*marks[:1], *marks[-1:], *marks[1:-1]):
        wide = pen.measure(SMALL)(text)
        left = min(max(at - wide / 2, plot.left - 12), plot.right - wide)
        if all(left > end + 16 or left + wide < start - 16 for start, end in taken):
            taken.append((left, left + wide))
            pen.put((left, plot.bottom + 8), text, Style(SMALL, "soft"), "lt")


def read_strokes(path: str) -> Iterator[tuple[Point, ...]]:
    """Yield the strokes of a path that our charts draw: M, L, V, h and Z."""
    stroke, x, y = list[Point](), 0.0, 0.0
    for letter, one, other in _STEP.findall(path):
        if letter == "M" and stroke:
            yield tuple(stroke)
            stroke = []
        if letter in "ML":
            x, y = float(one), float(other)
        elif letter == "V":
            y = float(one)
        elif letter == "h":
            x += float(one)
        if letter != "Z":
            stroke.append((x, y))
    if stroke:
        yield tuple(stroke)


@dataclass(frozen=True)
class _Fine:
    """A picture FINE times as large, of which lines come out smooth."""

    image: "Image.Image"
    draw: "ImageDraw.ImageDraw"

    def place(self, points: tuple[Point, ...]) -> list[Point]:
        """Return points of the small picture in this one."""
        return [(round(x * FINE), round(y * FINE)) for x, y in points]

    def dot(self, middle: Point, radius: float, colour: str) -> None:
        """Draw a dot."""
        ((x, y),) = self.place((middle,))
        self.draw.ellipse((x - radius * FINE, y - radius * FINE, x + radius * FINE, y + radius * FINE), fill=colour)

    def reduce(self) -> "Image.Image":
        """Return the small picture."""
        return self.image.reduce(FINE)


def _open_fine(pen: Pen, box: Box, ground: str) -> _Fine:
    size = (round(box.width) * FINE, round(box.height) * FINE)
    image = Image.new("RGB", size, pen.colours[ground])
    return _Fine(image, ImageDraw.Draw(image))
