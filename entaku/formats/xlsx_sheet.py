"""Reader of one sheet of an .xlsx (ECMA-376 part 1, 18.3.1): its cells one by one, hidden rows and columns, unseen styles."""

import colorsys
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from entaku.formats.xml import XmlNode, walk_xml

TRUE = ("1", "true", "on")
"""Attribute values that mean true."""
LEAST_WIDTH = 0.3
"""Width in characters below which a column (2 pixels) shows nothing."""
LEAST_HEIGHT = 1.0
"""Height in points below which a row shows nothing."""


class ColumnRun(NamedTuple):
    """Columns from `first` to `last`, from 0, with the same properties."""

    first: int
    last: int
    hidden: bool
    """Whether they are declared hidden."""
    unseen: bool
    """Whether they are hidden or too narrow to show anything."""


@dataclass(slots=True)
class SheetReader:
    """Streaming reader of one sheet (ECMA-376 part 1, 18.3.1), with the current row and cell.

    `on_row` is called as each row begins, `on_cell` as each cell ends that has text or a formula.
    """

    on_cell: "Callable[[SheetReader], None]"
    on_row: "Callable[[SheetReader], None] | None" = None
    row: int = -1
    """The row, from 0."""
    at: int = -1
    """The column, from 0."""
    row_hidden: bool = False
    """Whether the row is declared hidden."""
    row_unseen: bool = False
    """Whether the row is hidden or too low to show anything."""
    words: list[str] = field(default_factory=list)
    """The cell's text, or the index of its shared string."""
    readings: list[str] = field(default_factory=list)
    """The cell's readings in kana."""
    kind: str = "n"
    """The cell's type: n, s, str, inlineStr, b, e or d."""
    style: int = 0
    """The number of the cell's style."""
    formula: bool = False
    columns: list[ColumnRun] = field(default_factory=list)
    columns_unseen: bool = False
    """Whether columns that belong to no run are too narrow to show anything."""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Top, left, bottom, right of merged cells, from 0, all included."""
    _rows_unseen: bool = False
    _ruby: bool = False
    _into: list[str] | None = None

    def walk(self, xml: bytes) -> None:
        """Parse a sheet and call the handlers.  Raises BrokenError or LimitError."""
        walk_xml(xml, self._start, self._end, self._text)

    def _start(self, tag: str, found: dict[str, str]) -> None:
        if tag == "c":
            match = _CELL.fullmatch(found.get("r", ""))
            self.at = column_index(match[1]) if match else self.at + 1
            self.kind = found.get("t", "n")
            self.style = read_count(found.get("s")) or 0
            self.formula = False
            self.words.clear()
            self.readings.clear()
        elif tag in ("v", "t"):
            self._into = self.readings if self._ruby else self.words
        elif tag == "f":
            self.formula = True
        elif tag == "row":
            self._begin_row(found)
        elif tag == "rPh":
            self._ruby = True
        else:
            self._note_layout(tag, found)

    def _begin_row(self, found: dict[str, str]) -> None:
        number = read_count(found.get("r"))
        self.row = self.row + 1 if number is None else number - 1
        self.at = -1
        self.row_hidden = found.get("hidden") in TRUE
        by_default = self._rows_unseen and "hidden" not in found and "ht" not in found
        self.row_unseen = self.row_hidden or by_default or _is_below(found.get("ht"), LEAST_HEIGHT)
        if self.on_row is not None:
            self.on_row(self)

    def _note_layout(self, tag: str, found: dict[str, str]) -> None:
        if tag == "col":
            first = (read_count(found.get("min", "1")) or 1) - 1
            last = read_count(found.get("max"))
            hidden = found.get("hidden") in TRUE
            unseen = hidden or _is_below(found.get("width"), LEAST_WIDTH)
            self.columns.append(ColumnRun(first, first if last is None else last - 1, hidden, unseen))
        elif tag == "sheetFormatPr":
            low = _is_below(found.get("defaultRowHeight"), LEAST_HEIGHT)
            self._rows_unseen = found.get("zeroHeight") in TRUE or low
            self.columns_unseen = _is_below(found.get("defaultColWidth"), LEAST_WIDTH)
        elif tag == "mergeCell" and (match := _AREA.fullmatch(found.get("ref", ""))):
            left, top, right, bottom = match.groups()
            self.merged.append((int(top) - 1, column_index(left), int(bottom) - 1, column_index(right)))

    def _text(self, chars: str) -> None:
        if self._into is not None:
            self._into.append(chars)

    def _end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self._into = None
        elif tag == "c":
            if self.words or self.formula or self.readings:
                self.on_cell(self)
        elif tag == "rPh":
            self._ruby = False


_CELL = re.compile(r"([A-Za-z]{1,7})[0-9]{1,9}")
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})")


def column_index(letters: str) -> int:
    """Return the 0-based column of Excel's letters: A → 0, AA → 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def read_count(text: str | None) -> int | None:
    """Return a number of up to nine digits; None for anything else."""
    return int(text) if text and len(text) < 10 and text.isascii() and text.isdigit() else None


def _is_below(text: str | None, least: float) -> bool:
    try:
        return text is not None and float(text) < least
    except ValueError:
        return False


# ---- styles that show nothing -------------------------------------------------------------------------------------

NEAR = 13
"""How far apart, of 255, two colours are that can't be told apart."""
SMALLEST = 2.0
"""Size in points up to which nothing can be read."""
WHITE, BLACK = (255, 255, 255), (0, 0, 0)

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class UnseenStyle:
    """Say why cells of a style show nothing; "" where they do."""

    colour: str = ""
    words: str = ""
    numbers: str = ""


SAME = "地と同じ色の文字 / text of the colour of its ground"
SMALL = "読めない大きさの文字 / text too small to read"
NO_FORMAT = "何も表示しない書式 / a format that shows nothing"


def find_unseen_styles(root: XmlNode, theme: XmlNode) -> dict[int, UnseenStyle]:
    """Map the numbers of styles whose cells show nothing, or no words, or no numbers, to why.

    `root`, `theme`: the parts with the styles and with the theme.
    """
    sheet = next(root.find("styleSheet"), root)
    palette = _Palette(theme, root)
    codes = {node.attributes.get("numFmtId", ""): node.attributes.get("formatCode", "") for node in root.find("numFmt")}
    fonts, fills = ([*_children(sheet, tag)] for tag in ("fonts", "fills"))
    found = {}
    for number, xf in enumerate(_children(sheet, "cellXfs")):
        font, fill = (_at(items, xf.attributes.get(key)) for items, key in ((fonts, "fontId"), (fills, "fillId")))
        words, numbers = hides(codes.get(xf.attributes.get("numFmtId", ""), ""))
        small = _is_small(font)
        same = palette.are_same(font, fill)
        if small or same or words or numbers:
            look = SMALL if small else SAME if same else ""
            found[number] = UnseenStyle(look, NO_FORMAT if words else "", NO_FORMAT if numbers else "")
    return found


def _children(root: XmlNode, tag: str) -> list[XmlNode]:
    return next((node.children for node in root.children if node.tag == tag), [])


def _at(items: list[XmlNode], number: str | None) -> XmlNode:
    at = read_count(number or "0")
    return items[at] if at is not None and at < len(items) else XmlNode("", {})


def _is_small(font: XmlNode) -> bool:
    for node in font.find("sz"):
        try:
            return 0 <= float(node.attributes.get("val", "11")) <= SMALLEST
        except ValueError:
            return False
    return False


def hides(code: str) -> tuple[bool, bool]:
    """Test whether a number format shows no words, and no positive numbers (ECMA-376 part 1, 18.8.31)."""
    if not code:
        return False, False
    bare = re.sub(
        r"\[(?:Black|White|Red|Green|Blue|Yellow|Cyan|Magenta|Color ?\d+|[黒白赤緑青黄水紫]|[<>=][^\]]*)\]",
        "",
        code,
        flags=re.IGNORECASE,
    )
    sections = [_blank_quotes(section) for section in _split(bare[:500])]
    blank = [not section.strip() for section in sections]
    numbers = blank[0] and (len(blank) > 1 or bool(bare.strip()))
    if re.search(r"\[[<>=]", code):  # the first section is for some numbers only
        numbers = all(blank[:3])
    return len(blank) > 3 and blank[3], numbers or re.match(r"\[(?:White|白)\]", code, re.IGNORECASE) is not None


def _split(code: str) -> list[str]:
    """Split a format at the semicolons that aren't quoted."""
    return re.split(r";(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", code)


def _blank_quotes(section: str) -> str:
    return re.sub(r'"\s*"|_.|\*.', "", section)


class _Palette:
    """The colours of a workbook: its theme's, and the numbered ones."""

    def __init__(self, theme: XmlNode, styles: XmlNode) -> None:
        self.theme: list[Colour] = [WHITE, BLACK]
        found = [_read_hex(_first(node)) for scheme in theme.find("clrScheme") for node in scheme.children]
        if len(found) >= 4 and None not in found:
            dark, light, dark2, light2, *rest = [colour or BLACK for colour in found]
            self.theme = [light, dark, light2, dark2, *rest]
        own = [_read_hex(node.attributes.get("rgb", "")) for node in styles.find("rgbColor")]
        self.numbered = [colour or BLACK for colour in own] if own else NUMBERED

    def are_same(self, font: XmlNode, fill: XmlNode) -> bool:
        """Test whether text of a font can't be told from its ground."""
        ground: Colour | None = WHITE
        for pattern in fill.find("patternFill"):
            kind = pattern.attributes.get("patternType", "none")
            shade = next((node for node in pattern.children if node.tag == "fgColor"), None)
            ground = WHITE if kind == "none" else self._read(shade, BLACK) if kind == "solid" else None
        if ground is None or any(True for _ in fill.find("gradientFill")):
            return False
        ink = self._read(next(font.find("color"), None), BLACK)
        return ink is not None and max(abs(a - b) for a, b in zip(ink, ground, strict=True)) <= NEAR

    def _read(self, node: XmlNode | None, default: Colour) -> Colour | None:
        """Return a colour; None for one that isn't known."""
        found = node.attributes if node is not None else {}
        colour: Colour | None = default
        if "rgb" in found:
            colour = _read_hex(found["rgb"])
        elif "theme" in found:
            at = read_count(found["theme"])
            colour = self.theme[at] if at is not None and at < len(self.theme) else None
        elif "indexed" in found:
            at = read_count(found["indexed"])
            ends = {64: BLACK, 65: WHITE}
            colour = ends.get(at or 0) or (self.numbered[at] if at is not None and at < len(self.numbered) else None)
        return _shade(colour, found.get("tint", "")) if colour else None


def _first(node: XmlNode) -> str:
    return next((each.attributes.get("lastClr", each.attributes.get("val", "")) for each in node.children), "")


def _read_hex(text: str) -> Colour | None:
    digits = text[-6:]
    if not re.fullmatch("[0-9A-Fa-f]{6}", digits):
        return None
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _shade(colour: Colour, tint: str) -> Colour:
    """Apply a tint (ECMA-376 part 1, 18.8.19)."""
    try:
        by = max(-1.0, min(1.0, float(tint or 0)))
    except ValueError:
        return colour
    hue, light, fullness = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    light = light * (1 + by) if by < 0 else light * (1 - by) + by
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue, light, fullness))
    return red, green, blue


_EIGHT = "000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF"
NUMBERED = [
    _read_hex(code) or BLACK
    for code in (
        f"{_EIGHT} {_EIGHT} 800000 008000 000080 808000 800080 008080 C0C0C0 808080 9999FF 993366 FFFFCC CCFFFF 660066 FF8080 0066CC "
        "CCCCFF 000080 FF00FF FFFF00 00FFFF 800080 800000 008080 0000FF 00CCFF CCFFFF CCFFCC FFFF99 99CCFF FF99CC CC99FF FFCC99 "
        "3366FF 33CCCC 99CC00 FFCC00 FF9900 FF6600 666699 969696 003366 339966 003300 333300 993300 993366 333399 333333"
    ).split()
]
"""The usual numbered colours (18.8.27)."""
