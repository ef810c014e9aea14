"""Colours of the pages: contrast as WCAG 2.2 defines it, and the shades that are made of a brand's colours."""

from collections.abc import Iterable, Mapping
from typing import Literal

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
BLACK, WHITE = "#000000", "#ffffff"
AA = 4.5
"""Least contrast of text (WCAG 2.2, success criterion 1.4.3)."""
EASY = 5.5
"""Contrast at which a colour that is made for the dark scheme ends: somewhat more than is asked for."""
STEPS = 100
PAPER: Mapping[Scheme, str] = {"light": "#fbfbf9", "dark": "#10141b"}
SOFT: Mapping[Scheme, str] = {"light": "#4f5a6a", "dark": "#aab4c3"}
"""Colour of words beside the text proper."""
GROUNDS: Mapping[Scheme, tuple[str, ...]] = {
    "light": (PAPER["light"], "#ffffff", "#f1f3f1", "#fff7e0", "#fdf0ee", "#ffe4a0"),
    "dark": (PAPER["dark"], "#171d27", "#1e2531", "#2a220e", "#321917", "#4b3a12"),
}
"""Backgrounds on which the pages write links, in `assets/site.css`: --paper, --surface, --sunken, --warn-paper,
--bad-paper, --glow."""


def spell(colour: str) -> str:
    """Return a colour as six small hexadecimal digits: `#1AF` as `#11aaff`."""
    digits = colour.lower().removeprefix("#")
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def _split(colour: str) -> tuple[int, int, int]:
    digits = spell(colour)
    return int(digits[1:3], 16), int(digits[3:5], 16), int(digits[5:7], 16)


def find_luminance(colour: str) -> float:
    """Return the relative luminance, 0 (black) to 1 (white)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (each / 255 for each in _split(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    low, high = sorted(map(find_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def find_worst(colour: str, grounds: Iterable[str]) -> tuple[float, str]:
    """Return the least contrast of a colour with any of some backgrounds, and that background."""
    return min((contrast(colour, ground), ground) for ground in grounds)


def mix(one: str, other: str, share: float) -> str:
    """Return a colour with a `share` of `other` in it, 0 to 1."""
    parts = zip(_split(one), _split(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def write_on(ground: str) -> str:
    """Return black or white, whichever is easier to read on a background: that is never less than 4.58."""
    return max(WHITE, BLACK, key=lambda colour: contrast(colour, ground))


def find_readable(colour: str, scheme: Scheme, least: float = AA) -> str:
    """Return the colour nearest to `colour`, darker or (in the dark scheme) lighter, that is readable on every
    background."""
    end = BLACK if scheme == "light" else WHITE
    shades = (mix(colour, end, step / STEPS) for step in range(STEPS + 1))
    return next(shade for shade in shades if find_worst(shade, GROUNDS[scheme])[0] >= least or shade == end)


def make_glow(highlight: str, accent: str, scheme: Scheme) -> str:
    """Return a background of marked words, tinted by `highlight`, on which links and words are readable."""
    inks, paper = (accent, SOFT[scheme]), PAPER[scheme]
    shades = (mix(highlight, paper, step / STEPS) for step in range(STEPS // 2, STEPS + 1))
    return next(shade for shade in shades if shade == paper or min(contrast(ink, shade) for ink in inks) >= AA)


def darken(colour: str) -> str:
    """Return a colour that is dark enough for a band on a dark page: one that white is easy to read on."""
    shades = (mix(colour, BLACK, step / STEPS) for step in range(STEPS + 1))
    return next(shade for shade in shades if contrast(WHITE, shade) >= EASY)
