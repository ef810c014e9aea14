"""What writes on a card: a font in the sizes that are wanted, and what it knows of its characters.  Pure."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from entaku.formats.heavy import ImageDraw, ImageFont
from entaku.site.cards_lines import Measure, clean_text

LEADING = 1.3
"""Distance of two lines, in sizes."""
UNKNOWN = "\uffff"
"""A character that no font has."""


@dataclass(frozen=True)
class Fonts:
    """The fonts of cards: the bytes of TrueType or OpenType files."""

    regular: bytes
    bold: bytes


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is written: its size, the name of its colour, its weight."""

    size: int
    colour: str
    bold: bool = False


@dataclass
class Pen:
    """Writes on a picture."""

    draw: "ImageDraw.ImageDraw"
    fonts: Fonts
    colours: dict[str, str]
    _made: dict[tuple[int, bool], "ImageFont.FreeTypeFont"] = field(default_factory=dict)
    _known: dict[str, bool] = field(default_factory=dict)
    _widths: dict[tuple[int, bool], dict[str, float]] = field(default_factory=dict)

    def open_font(self, size: int, bold: bool = False) -> "ImageFont.FreeTypeFont":
        """Return a font in a size; of Pillow's own layout, which is the same on every machine."""
        if (size, bold) not in self._made:
            with io.BytesIO(self.fonts.bold if bold else self.fonts.regular) as file:
                self._made[size, bold] = ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)
        return self._made[size, bold]

    def measure(self, size: int, bold: bool = False) -> Measure:
        """Return the function that measures text in a size: the sum of its characters' widths, each asked for once."""
        font, known = self.open_font(size, bold), self._widths.setdefault((size, bold), {})

        def measure(text: str) -> float:
            for char in {*text} - known.keys():
                known[char] = font.getlength(char)
            return sum(map(known.__getitem__, text))

        return measure

    def has(self, char: str) -> bool:
        """Test whether the font has a character: it draws another picture than for those that it hasn't."""
        if char not in self._known:
            font = self.open_font(20)
            blank, own = font.getmask(UNKNOWN), font.getmask(char)
            self._known[char] = char == " " or (own.size, bytes(own)) != (blank.size, bytes(blank))
        return self._known[char]

    def clean(self, text: str) -> str:
        """Return a text without what the font hasn't."""
        return clean_text(text, self.has)

    def write(self, lines: Sequence[str], place: tuple[float, float], style: Style) -> float:
        """Write lines from a place (the left end of the top of the first) on; return where the next line would begin."""
        x, y = place
        for line in lines:
            self.put((x, y + style.size * LEADING / 2), line, style, "lm")
            y += style.size * LEADING
        return y

    def put(self, place: tuple[float, float], text: str, style: Style, anchor: str) -> None:
        """Write a text at a place, which its `anchor` (as Pillow names them) comes to."""
        x, y = place
        font = self.open_font(style.size, style.bold)
        self.draw.text((round(x), round(y)), text, self.colours[style.colour], font, anchor=anchor)
