"""Reader of .xlsx workbooks by parts and relationships (ECMA-376 part 2, 6.5): sheets, cells, styles, comments, names.

Parts are parsed on demand, each at most once.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property
from html import unescape
from itertools import chain

from entaku.formats import limits
from entaku.formats.heavy import late_compile
from entaku.formats.limits import LimitError
from entaku.formats.xlsx_sheet import TRUE, SheetReader, read_count
from entaku.formats.xml import XmlNode, make_tree, walk_xml
from entaku.formats.zips import KEPT, Workbook


@dataclass(frozen=True)
class PartLink:
    """A relationship of a part: the last segment of its type, and the part or external address it leads to."""

    kind: str
    id: str
    target: str
    outside: bool


@dataclass(frozen=True)
class BookSheet:
    """A sheet: its name, its XML part, and whether it is hidden."""

    name: str
    part: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class CellStyle:
    """A cell's appearance; "" is Excel's default."""

    colour: str = ""
    fill: str = ""
    bold: bool = False
    italic: bool = False


PLAIN = CellStyle()


@dataclass(frozen=True)
class BookStyles:
    """By style number, the appearance of cells and whether their numbers are days."""

    looks: tuple[CellStyle, ...] = ()
    days: tuple[bool, ...] = ()
    base: datetime = datetime(1899, 12, 30)


@dataclass(frozen=True)
class ShownValues:
    """The different values of cells, as `spell_value` writes them."""

    texts: frozenset[str]

    def lacks(self, value: str) -> bool:
        """Test whether no cell holds a value that isn't blank."""
        return bool(value.strip()) and spell_value(value) not in self.texts


_VALUE = late_compile(
    rb"<(?:\w+:)?c\b([^>]*)>(?:<(?:\w+:)?f\b[^>]*/>|<(?:\w+:)?f\b[^>]*>[^<]*</(?:\w+:)?f>)?\s*<(?:\w+:)?v>([^<]*)<"
)
_SHARED = late_compile(rb"t=[\"']s[\"']")
_INLINE = late_compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)<")
"""Cells as all programs write them; quicker by far than parsing, and what is missed is told once too often."""


def spell_value(text: str) -> str:
    """Write a text without blanks at its ends, or a number to twelve digits, for comparing."""
    text = text.strip()
    try:
        return f"{float(text):.12g}" if text[:1] in "-+.0123456789" else text
    except ValueError:
        return text


class XlsxBook:
    """A workbook's parts, and what is read from them.

    Raises BrokenError or LimitError for a part that can't be read.
    """

    def __init__(self, body: bytes) -> None:
        self._book = Workbook(body)
        self.members = self._book.members
        self._sheets: dict[str, bytes] = {}
        self._left = KEPT

    def read(self, part: str) -> bytes:
        """Return a part's bytes; b"" where there is none.  Sheets are unpacked once, up to KEPT bytes of them."""
        if part not in self.members:
            return b""
        if part in self._sheets:
            return self._sheets[part]
        body = self._book.read(part)
        if part.startswith("xl/worksheets/") and len(body) <= self._left:
            self._sheets[part] = body
            self._left -= len(body)
        return body

    def tree(self, part: str) -> XmlNode:
        """Parse a small part; return an empty element where there is none."""
        body = self.read(part)
        return make_tree(body) if body.strip() else XmlNode("", {})

    @cached_property
    def links(self) -> dict[str, list[PartLink]]:
        """List every part's relationships; the package's own under ""."""
        links: dict[str, list[PartLink]] = {}
        for name in self.members:
            folder, _, file = name.rpartition("_rels/")
            if not name.endswith(".rels") or (folder and not folder.endswith("/")):
                continue
            source = folder + file.removesuffix(".rels")
            links[source] = [_read_link(node, folder) for node in self.tree(name).find("Relationship")]
        return links

    def linked(self, *kinds: str, source: str | None = None) -> list[str]:
        """List the parts that relationships of these kinds lead to, from `source` or from anywhere, each once."""
        every = chain.from_iterable(self.links.values()) if source is None else self.links.get(source, [])
        return list(dict.fromkeys(link.target for link in every if link.kind in kinds and not link.outside))

    @cached_property
    def root(self) -> XmlNode:
        """Parse the part that lists the sheets."""
        return self.tree("xl/workbook.xml")

    @cached_property
    def sheets(self) -> list[BookSheet]:
        """List every sheet, with its XML part."""
        targets = {link.id: link.target for link in self.links.get("xl/workbook.xml", ())}
        return [
            BookSheet(
                node.attributes.get("name", ""),
                targets.get(node.attributes.get("id", ""), ""),
                node.attributes.get("state", "visible") in ("hidden", "veryHidden"),
            )
            for sheets in self.root.find("sheets")
            for node in sheets.find("sheet")
        ]

    def sheet_of(self, part: str) -> str:
        """Name the sheet that leads to a part; "" if none does."""
        for sheet in self.sheets:
            if any(link.target == part for link in self.links.get(sheet.part, ())):
                return sheet.name
        return ""

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield each defined name and its formula."""
        for node in self.root.find("definedName"):
            yield node.attributes.get("name", ""), node.text

    def comments(self) -> Iterator[tuple[str, str]]:
        """Yield sheet and cell of each comment that isn't blank, both of a threaded one and of its legacy copy."""
        for part in self.linked("comments", "threadedComment"):
            sheet = self.sheet_of(part)
            for node in self.tree(part).find("comment", "threadedComment"):
                if node.text.strip():
                    yield sheet, node.attributes.get("ref", "")

    def anchors(self, sheet: BookSheet) -> Iterator[tuple[int, int]]:
        """Yield row and column of the top left cell of every picture, shape and chart of a sheet, from 0."""
        for part in self.linked("drawing", source=sheet.part):
            if part not in self.members or posixpath.splitext(part)[1] != ".xml":
                continue
            for anchor in self.tree(part).find("oneCellAnchor", "twoCellAnchor"):
                at = {node.tag: node.text.strip() for origin in anchor.find("from") for node in origin.children}
                row, column = read_count(at.get("row")), read_count(at.get("col"))
                if row is not None and column is not None:
                    yield row, column

    @cached_property
    def strings(self) -> list[str]:
        """List the shared strings, without their readings in kana."""
        strings: list[str] = []
        self._walk_strings(lambda text, _: strings.append(text))
        return strings

    @cached_property
    def blank_strings(self) -> frozenset[int]:
        """Return the indices of shared strings that are blank; readings count as text."""
        blank = []
        number = 0

        def note(text: str, readings: str) -> None:
            nonlocal number
            if not text.strip() and not readings.strip():
                blank.append(number)
            number += 1

        self._walk_strings(note)
        return frozenset(blank)

    def _walk_strings(self, on_string: Callable[[str, str], object]) -> None:
        for part in self.linked("sharedStrings", source="xl/workbook.xml")[:1]:
            if body := self.read(part):
                reader = _StringReader(on_string)
                walk_xml(body, reader.start, reader.end, reader.text)

    @cached_property
    def shown(self) -> "ShownValues":
        """Collect what the cells of the sheets hold that aren't hidden."""
        texts: set[str] = set()
        for sheet in self.sheets:
            xml = b"" if sheet.hidden else self.read(sheet.part)
            numbers: set[str] = set()
            for about, value in _VALUE.findall(xml):
                if b"t=" in about and _SHARED.search(about):
                    numbers.add(value.decode())
                else:
                    texts.add(value.decode("utf-8", "replace"))
            if b"inlineStr" in xml:
                texts.update(text.decode("utf-8", "replace") for text in _INLINE.findall(xml))
            indices = [index for number in numbers if (index := read_count(number)) is not None]
            texts.update(self.strings[index] for index in indices if index < len(self.strings))
        return ShownValues(frozenset(spell_value(unescape(text)) for text in texts))

    @cached_property
    def styles(self) -> BookStyles:
        """Parse the appearance of cells and which of their numbers are days."""
        parts = self.linked("styles", source="xl/workbook.xml")
        old = any(node.attributes.get("date1904") in TRUE for node in self.root.find("workbookPr"))
        return _read_styles(self.tree(parts[0]) if parts else XmlNode("", {}), old)


@dataclass(frozen=True)
class CellTexts:
    """The text and appearance of a workbook's cells."""

    strings: list[str]
    styles: BookStyles

    def spell(self, cell: SheetReader) -> str:
        """Return the text of a cell: its shared string, TRUE or FALSE, a plain number, a day as ISO 8601."""
        text = "".join(cell.words)
        if cell.kind == "s":
            number = read_count(text)
            return self.strings[number] if number is not None and number < len(self.strings) else ""
        if cell.kind == "b":
            return "TRUE" if text == "1" else "FALSE"
        return self._spell_number(text, cell.style) if cell.kind == "n" else text

    def list_rows(self, xml: bytes, used: set[int]) -> Iterator[tuple[int, list[str]]]:
        """Yield number, from 1, and cells of each row of a sheet with any text, readings in kana included; the indices
        of shared strings are added to `used`.  Raises BrokenError or LimitError."""
        rows: dict[int, dict[int, str]] = {}
        count = 0

        def note(cell: SheetReader) -> None:
            nonlocal count
            if cell.kind == "s" and (number := read_count("".join(cell.words))) is not None:
                used.add(number)
            text = self.spell(cell) + "".join(cell.readings)
            if text and cell.at < limits.COLUMNS:
                rows.setdefault(cell.row, {})[cell.at] = text
                count += 1
            if count > limits.CELLS:
                raise LimitError("セル / cells", limits.CELLS)

        SheetReader(note).walk(xml)
        for row, cells in sorted(rows.items()):
            yield row + 1, [cells.get(at, "") for at in range(max(cells) + 1)]

    def look(self, cell: SheetReader) -> CellStyle:
        """Return a cell's appearance; PLAIN for Excel's default."""
        looks = self.styles.looks
        return looks[cell.style] if 0 < cell.style < len(looks) else PLAIN

    def _spell_number(self, text: str, style: int) -> str:
        days = self.styles.days
        try:
            number = Decimal(text.strip())
            if 1 <= number < 2_958_466 and style < len(days) and days[style]:
                day = self.styles.base + timedelta(days=float(number))
                return day.date().isoformat() if number == int(number) else day.isoformat(timespec="seconds")
            return format(Decimal(repr(float(number) + 0.0)).normalize(), "f")
        except (InvalidOperation, ValueError, OverflowError):
            return text


def _read_link(node: XmlNode, folder: str) -> PartLink:
    outside = node.attributes.get("TargetMode") == "External"
    target = node.attributes.get("Target", "")
    part = target if outside else posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
    return PartLink(node.attributes.get("Type", "").rpartition("/")[2], node.attributes.get("Id", ""), part, outside)


class _StringReader:
    """Handler of the shared strings part (ECMA-376 part 1, 18.4.9): text and readings of each string."""

    def __init__(self, on_string: Callable[[str, str], object]) -> None:
        self.on_string = on_string
        self.words: list[str] = []
        self.readings: list[str] = []
        self.inside = self.ruby = False

    def start(self, tag: str, _: dict[str, str]) -> None:
        if tag == "si":
            self.words.clear()
            self.readings.clear()
        self.inside, self.ruby = tag == "t", self.ruby or tag == "rPh"

    def end(self, tag: str) -> None:
        self.inside, self.ruby = False, self.ruby and tag != "rPh"
        if tag == "si":
            self.on_string("".join(self.words), "".join(self.readings))

    def text(self, chars: str) -> None:
        if self.inside:
            (self.readings if self.ruby else self.words).append(chars)


# ---- styles -----------------------------------------------------------------------------------------------------

_DAYS = {*range(14, 18), 22, *range(27, 37), *range(50, 59)}
"""Excel's built-in number formats that show a day (ECMA-376 part 1, 18.8.30; 27–58 in Japanese)."""


def _read_styles(root: XmlNode, old: bool) -> BookStyles:
    """Parse the styles part; `old`: days are counted from 1904."""
    sheet = next(root.find("styleSheet"), root)
    formats = {
        node.attributes.get("numFmtId", ""): node.attributes.get("formatCode", "") for node in root.find("numFmt")
    }
    fonts = [_read_font(node) for node in _children(sheet, "fonts")]
    fills = [_read_fill(node) for node in _children(sheet, "fills")]
    looks, days = [], []
    for xf in _children(sheet, "cellXfs"):
        font, fill = read_count(xf.attributes.get("fontId", "0")), read_count(xf.attributes.get("fillId", "0"))
        colour, bold, italic = fonts[font] if font is not None and font < len(fonts) else ("", False, False)
        style = CellStyle(colour, fills[fill] if fill is not None and fill < len(fills) else "", bold, italic)
        looks.append(PLAIN if style == PLAIN else style)
        number = xf.attributes.get("numFmtId", "0")
        days.append(_shows_day(formats[number]) if number in formats else read_count(number) in _DAYS)
    return BookStyles(tuple(looks), tuple(days), datetime(1904, 1, 1) if old else datetime(1899, 12, 30))


def _children(root: XmlNode, tag: str) -> list[XmlNode]:
    return next((node.children for node in root.children if node.tag == tag), [])


def _read_font(node: XmlNode) -> tuple[str, bool, bool]:
    def on(tag: str) -> bool:
        return any(each.tag == tag and each.attributes.get("val", "1") in TRUE for each in node.children)

    colour = next((_read_colour(each) for each in node.children if each.tag == "color"), "")
    return ("" if colour in ("FF000000", "theme1", "8") else colour), on("b"), on("i")


def _read_fill(node: XmlNode) -> str:
    for pattern in node.find("patternFill"):
        if pattern.attributes.get("patternType", "none") not in ("none", "gray125"):
            colour = next((_read_colour(each) for each in pattern.children if each.tag == "fgColor"), "")
            return "" if colour in ("FFFFFFFF", "theme0", "9", "64") else colour
    return ""


def _read_colour(node: XmlNode) -> str:
    found = node.attributes
    tint = found.get("tint", "")
    if "rgb" in found:
        return found["rgb"].upper().rjust(8, "F") + tint
    return f"theme{found['theme']}{tint}" if "theme" in found else found.get("indexed", "")


def _shows_day(code: str) -> bool:
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.', "", code.lower())
    return "y" in bare or "d" in bare or "ge" in bare
