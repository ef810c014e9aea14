"""Card → PNG, by Pillow and a font with Japanese glyphs.  Pure: the same card, fonts and version of Pillow give the same
bytes."""

import io
from collections.abc import Sequence
from functools import partial

from entaku.formats.heavy import Image, ImageDraw
from entaku.model.colours import mix
from entaku.site.cards import Card, Fact
from entaku.site.cards_chart import Box, draw_chart
from entaku.site.cards_lines import ELLIPSIS, cut_lines, fit_text
from entaku.site.cards_pen import LEADING, Fonts, Pen, Style
from entaku.site.views import CARD_SIZE

WIDTH, HEIGHT = CARD_SIZE
MARGIN, BAND, TOP, FOOT = 64, 18, 50, 44
BESIDE_CHART = ((60, 1), (50, 2), (44, 2), (38, 3), (34, 3))
ALONE = ((72, 1), (60, 2), (52, 3), (46, 4), (40, 4))
"""Sizes of the title, and the number of lines that have room in each."""
FACTS = 430
"""Width of the facts beside a chart."""
LABEL, GAP = 21, 9
"""Size of the name of a fact, and the distance of two facts."""
COMPRESSION = 8
"""Of PNG: 9 saves 3 % of the bytes for twice the time."""
SHADES = 4
"""Colours of the picture between each of its colours and the ground: a tenth of the bytes, and nobody sees it."""


def draw_card(card: Card, fonts: Fonts) -> bytes:
    """Return a card as a PNG of WIDTH by HEIGHT.  Raises OSError for fonts that can't be read."""
    colours = dict(card.colours)
    image = Image.new("RGB", (WIDTH, HEIGHT), colours["surface"])
    pen = Pen(ImageDraw.Draw(image), fonts, colours)
    pen.draw.rectangle((0, 0, WIDTH, BAND), fill=colours["head"])
    right = _write_sample(pen, card)
    y: float = TOP
    if card.site:
        named = cut_lines(pen.clean(card.site), right - MARGIN, 1, pen.measure(28, True))
        y = pen.write(named, (MARGIN, y), Style(28, "accent", True)) + 10
    wide = WIDTH - 2 * MARGIN if card.site else right - MARGIN
    size, lines = fit_text(
        pen.clean(card.title), wide, BESIDE_CHART if card.chart else ALONE, partial(pen.measure, bold=True)
    )
    y = pen.write(lines, (MARGIN, y), Style(size, "ink", True)) + 18
    if card.chart:
        _write_facts(pen, card.facts, Box(MARGIN, y + 8, MARGIN + FACTS, HEIGHT - FOOT))
        draw_chart(image, pen, card.chart, Box(MARGIN + FACTS + 36, y + 8, WIDTH - MARGIN, HEIGHT - FOOT))
    else:
        _write_rows(pen, card, y, 3 if len(lines) < 3 else 1)
    with io.BytesIO() as file:
        palette = make_palette(card)
        image.quantize(palette=palette, dither=Image.Dither.NONE).save(file, "PNG", compress_level=COMPRESSION)
        return file.getvalue()


def make_palette(card: Card) -> "Image.Image":
    """Return a picture with the palette of a card: its colours, and what is between each of them and the ground."""
    named = dict(card.colours)
    grounds = {name: named["sample"] if name == "on-sample" else named["surface"] for name in named}
    mixed = [
        mix(grounds[name], colour, n / SHADES)
        for name, colour in named.items()
        for n in range(1 if name != "surface" else SHADES, SHADES + 1)
    ]
    every = list(dict.fromkeys(mixed))
    palette = Image.new("P", (1, 1))
    palette.putpalette(b"".join(bytes.fromhex(colour[1:]) for colour in every))
    return palette


def _write_sample(pen: Pen, card: Card) -> float:
    """Write the mark of synthetic data in the corner; return the left end of it."""
    right = WIDTH - MARGIN
    if not card.sample:
        return right
    left = right - pen.measure(28, True)(card.sample) - 40
    pen.draw.rounded_rectangle((left, TOP - 8, right, TOP + 44), 10, fill=pen.colours["sample"])
    pen.put(((left + right) / 2, TOP + 18), card.sample, Style(28, "on-sample", True), "mm")
    return left - 32


def _write_facts(pen: Pen, facts: Sequence[Fact], box: Box) -> None:
    """Write names over values, in one line or in two while there is room, as many as there is room for."""
    names = [pen.clean(fact.name) for fact in facts]

    def fit(fact: Fact, most: int) -> tuple[int, list[str]]:
        size, lines = fit_text(pen.clean(fact.value), box.width, ((28, 1), (25, most), (22, most)), pen.measure)
        if lines and lines[-1].endswith(ELLIPSIS) and fact.short:
            return fit_text(pen.clean(fact.short), box.width, ((28, 1), (25, 1), (22, most)), pen.measure)
        return size, lines

    values = [fit(fact, 1) for fact in facts]
    for n, fact in enumerate(facts):
        tried = [*values[:n], fit(fact, 2), *values[n + 1 :]]
        if sum(_measure_fact(*each) for each in tried) - GAP <= box.height:
            values = tried
    y = box.top
    for name, (size, lines) in zip(names, values, strict=True):
        if y + _measure_fact(size, lines) - GAP > box.bottom + 1:
            break
        y = pen.write([name], (box.left, y), Style(LABEL, "soft"))
        y = pen.write(lines, (box.left, y), Style(size, "ink")) + GAP


def _measure_fact(size: int, lines: Sequence[str]) -> float:
    return LABEL * LEADING + size * LEADING * len(lines) + GAP


def _write_rows(pen: Pen, card: Card, top: float, most: int) -> None:
    """Write the lead in `most` lines, and names beside values at the foot of the card."""
    names = [pen.clean(fact.name) for fact in card.facts]
    left = MARGIN + min(320, max(map(pen.measure(26), names), default=0)) + 36
    y = HEIGHT - FOOT - 46 * len(names)
    room = int((y - top - 16) // (34 * LEADING))
    if card.lead and room > 0:
        lead = cut_lines(pen.clean(card.lead), WIDTH - 2 * MARGIN, min(room, most), pen.measure(34))
        pen.write(lead, (MARGIN, top), Style(34, "soft"))
    for name, fact in zip(names, card.facts, strict=True):
        pen.write(cut_lines(name, left - MARGIN - 20, 1, pen.measure(26)), (MARGIN, y), Style(26, "soft"))
        size, lines = fit_text(pen.clean(fact.value), WIDTH - MARGIN - left, ((28, 1), (24, 1)), pen.measure)
        pen.write(lines, (left, y), Style(size, "ink"))
        y += 46
