"""Looks to choose for the pages: `site: {theme: digital}`, the design tokens of Japan's Digital Agency.

The values are those of デジタル庁デザインシステム, https://www.npmjs.com/package/@digital-go-jp/design-tokens, 1.1.9 (MIT License):

    Copyright (c) 2023 デジタル庁

    Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
    documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
    rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
    persons to whom the Software is furnished to do so, subject to the following conditions:

    The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
    Software.

    THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
    WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
    COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
    OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from entaku.model.colours import Scheme

ThemeName = Literal["digital"]

TOKENS: Mapping[str, str] = {
    "white": "#ffffff", "black": "#000000",
    "gray-50": "#f2f2f2", "gray-100": "#e6e6e6", "gray-200": "#cccccc", "gray-300": "#b3b3b3", "gray-500": "#7f7f7f",
    "gray-536": "#767676", "gray-600": "#666666", "gray-700": "#4d4d4d", "gray-800": "#333333", "gray-900": "#1a1a1a",
    "blue-200": "#c5d7fb", "blue-300": "#9db7f9", "blue-900": "#0017c1", "blue-1000": "#00118f", "blue-1200": "#000060",
    "green-300": "#71c598", "green-800": "#197a4b", "red-50": "#fdeeee", "red-300": "#ff9696", "red-900": "#ce0000",
    "yellow-50": "#fbf5e0", "yellow-100": "#fff0b3", "yellow-300": "#ffd43d", "yellow-500": "#ebb700", "yellow-1000": "#806300",
    "font-size-14": "0.875rem", "font-size-16": "1rem", "font-size-18": "1.125rem", "border-radius-8": "0.5rem",
}  # fmt: skip
"""The tokens in use, by name (those of colours without `color-primitive-` and `color-neutral-solid-`)."""


@dataclass(frozen=True)
class Look:
    """A look: the custom properties of `assets/site.css` that it sets, and the token of each."""

    credit: str
    """Where the values are from, as it stands in the stylesheet."""
    shape: Mapping[str, str]
    """Sizes of text and radii."""
    colours: Mapping[Scheme, Mapping[str, str]]
    """What isn't here stays as it is, as the warm grounds of the dark scheme, for which there are no tokens."""


THEMES: Mapping[ThemeName, Look] = {
    "digital": Look(
        credit="デジタル庁デザインシステム @digital-go-jp/design-tokens 1.1.9, Copyright (c) 2023 デジタル庁, MIT License",
        shape={
            "text-xs": "font-size-14", "text-s": "font-size-14", "text-m": "font-size-16", "text-l": "font-size-18",
            "radius": "border-radius-8", "round": "border-radius-8",
        },
        colours={
            "light": {
                "paper": "white", "surface": "white", "sunken": "gray-50", "ink": "gray-900", "soft": "gray-700",
                "line": "gray-200", "accent": "blue-900", "accent-strong": "blue-1000", "on-accent": "white",
                "lit": "yellow-500", "glow": "yellow-100", "chair": "gray-536", "wood": "gray-100",
                "wood-edge": "gray-300", "sample": "yellow-300", "on-sample": "black", "warn": "yellow-1000",
                "warn-paper": "yellow-50", "bad": "red-900", "bad-paper": "red-50", "good": "green-800",
            },
            "dark": {
                "paper": "black", "surface": "gray-900", "sunken": "gray-800", "ink": "gray-50", "soft": "gray-200",
                "line": "gray-700", "accent": "blue-300", "accent-strong": "blue-200", "on-accent": "blue-1200",
                "lit": "yellow-300", "chair": "gray-500", "wood": "gray-800", "wood-edge": "gray-600",
                "sample": "yellow-300", "on-sample": "black", "warn": "yellow-300", "bad": "red-300", "good": "green-300",
            },
        },
    ),
}  # fmt: skip


def list_colours(theme: ThemeName | None, scheme: Scheme) -> dict[str, str]:
    """Return the colours of a theme in a scheme by custom property; none without a theme."""
    return {key: TOKENS[token] for key, token in THEMES[theme].colours[scheme].items()} if theme else {}


def list_shapes(theme: ThemeName | None) -> dict[str, str]:
    """Return the sizes of text and radii of a theme by custom property; none without a theme."""
    return {key: TOKENS[token] for key, token in THEMES[theme].shape.items()} if theme else {}
