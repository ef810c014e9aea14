"""Marks on cells of an .xlsx: a colour and a comment each, by edits of its XML; whatever else a workbook has stays.

A workbook that a program reads and writes again loses what that program doesn't know (pictures, charts, macros, dynamic
formulas).  So only the parts that a mark needs are changed, as text: styles, sheets and comments (ECMA-376 part 1,
18.8, 18.3.1, 18.7), the drawing of the comments (part 4, 19), relationships and content types (part 2).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from entaku.formats.xlsx import BookSheet, XlsxBook
from entaku.formats.xlsx_comments import add_comments
from entaku.formats.xlsx_edit import BookParts, get_attribute, insert_last, set_attribute, spell_cell
from entaku.formats.xlsx_sheet import column_index
from entaku.formats.zips import BrokenError

Colour = Literal["error", "warning"]
FILLS: Mapping[Colour, str] = {"error": "FFFFC7CE", "warning": "FFFFEB9C"}
"""The fill of a marked cell, as Excel's own "bad" and "neutral"."""
STYLES = "xl/styles.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PLAIN_STYLES = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><styleSheet xmlns="{MAIN}">'
    '<fonts count="1"><font><sz val="11"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>'
)
_ROW = re.compile(r"<((?:\w+:)?)row\b([^>]*?)(?:/>|>(.*?)</\1row>)", re.DOTALL)
_CELL = re.compile(r"<((?:\w+:)?)c(\s[^>]*?)?(?:/>|>(.*?)</\1c>)", re.DOTALL)
_DATA = re.compile(r"<((?:\w+:)?)sheetData\b[^>]*?(?:/>|>(.*?)</\1sheetData>)", re.DOTALL)
_XF = re.compile(r"<((?:\w+:)?)xf\b[^>]*?(?:/>|>.*?</\1xf>)", re.DOTALL)
_COLUMN = re.compile(r"<(?:\w+:)?col\s([^>]*?)/?>")
_MERGED = re.compile(r"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]+)(\d+):([A-Z]+)(\d+)\"")


@dataclass(frozen=True, slots=True)
class CellMark:
    """What is to be shown at a cell."""

    sheet: str
    row: int
    """From 1."""
    column: int
    """From 1."""
    colour: Colour
    text: str


def mark_cells(body: bytes, marks: Sequence[CellMark], author: str) -> bytes:
    """Return a workbook with its marked cells coloured and commented; several marks of a cell share a comment.

    Marks of sheets that the workbook doesn't have are passed over.  Raises BrokenError for a workbook that can't be
    edited in this way (other encodings of XML, comments within XML), LimitError beyond the limits of reading.
    """
    book = XlsxBook(body)
    parts = BookParts(book)
    styles = MarkStyles(parts)
    for sheet in book.sheets:
        mine = [mark for mark in marks if mark.sheet == sheet.name]
        if mine and sheet.part in book.members:
            _mark_sheet(parts, styles, sheet, mine, author)
    styles.close()
    return parts.pack(body)


# ---- styles -----------------------------------------------------------------------------------------------------


class MarkStyles:
    """The styles part: for a style and a colour, the number of the same style with that fill."""

    def __init__(self, parts: BookParts) -> None:
        self.parts = parts
        found = parts.book.linked("styles", source="xl/workbook.xml")
        self.part = found[0] if found else STYLES
        self.new = not found
        self.text = parts.read(self.part) if found else _PLAIN_STYLES
        self.made: dict[tuple[int, Colour], int] = {}
        self.fills: dict[Colour, int] = {}
        area = re.search(r"<((?:\w+:)?)cellXfs\b[^>]*>(.*?)</\1cellXfs>", self.text, re.DOTALL)
        if area is None:
            raise BrokenError("<cellXfs> がない / no <cellXfs>")
        self.styles = [found[0] for found in _XF.finditer(area[2])]
        self.added: list[str] = []

    def find(self, style: int, colour: Colour) -> int:
        if (style, colour) not in self.made:
            base = self.styles[style if style < len(self.styles) else 0]
            start = base[: base.index(">") + 1]
            filled = set_attribute(set_attribute(start, "fillId", str(self._fill(colour))), "applyFill", "1")
            self.made[style, colour] = len(self.styles) + len(self.added)
            self.added.append(filled + base[len(start) :])
        return self.made[style, colour]

    def _fill(self, colour: Colour) -> int:
        if colour not in self.fills:
            area = re.search(r"<((?:\w+:)?)fills\b[^>]*>(.*?)</\1fills>", self.text, re.DOTALL)
            if area is None:
                raise BrokenError("<fills> がない / no <fills>")
            self.fills[colour] = len(re.findall(r"<(?:\w+:)?fill(?=[\s>/])", area[2]))
            rgb = FILLS[colour]
            self.text = self._append("fills", (
                f'<{{p}}fill><{{p}}patternFill patternType="solid"><{{p}}fgColor rgb="{rgb}"/><{{p}}bgColor rgb="{rgb}"/>'
                "</{p}patternFill></{p}fill>"
            ), self.fills[colour] + 1)  # fmt: skip
        return self.fills[colour]

    def _append(self, tag: str, xml: str, count: int) -> str:
        text = insert_last(self.text, tag, xml)
        return re.sub(rf"<(?:\w+:)?{tag}\b[^>]*>", lambda m: set_attribute(m[0], "count", str(count)), text, count=1)

    def close(self) -> None:
        """Write the part, if any style was asked for."""
        if not self.added:
            return
        self.text = self._append("cellXfs", "".join(self.added), len(self.styles) + len(self.added))
        self.parts.write(self.part, self.text)
        if self.new:
            self.parts.link("xl/workbook.xml", "styles", STYLES)
            self.parts.declare(STYLES, "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml")


# ---- sheets -----------------------------------------------------------------------------------------------------


def _mark_sheet(parts: BookParts, styles: MarkStyles, sheet: BookSheet, marks: Sequence[CellMark], author: str) -> None:
    text = parts.read(sheet.part)
    merged = [
        (int(top), column_index(left) + 1, int(bottom), column_index(right) + 1)
        for left, top, right, bottom in _MERGED.findall(text)
    ]
    cells: dict[tuple[int, int], list[CellMark]] = {}
    for mark in marks:
        at = next(
            ((top, left) for top, left, bottom, right in merged
             if top <= mark.row <= bottom and left <= mark.column <= right),
            (mark.row, mark.column),
        )  # fmt: skip
        cells.setdefault(at, []).append(mark)
    colours: dict[tuple[int, int], Colour] = {
        at: "error" if any(mark.colour == "error" for mark in found) else "warning" for at, found in cells.items()
    }
    parts.write(sheet.part, _colour_cells(text, colours, styles))
    words = {at: "\n".join(dict.fromkeys(mark.text for mark in cells[at])) for at in sorted(cells)}
    add_comments(parts, sheet.part, words, author)


def _colour_cells(text: str, colours: Mapping[tuple[int, int], Colour], styles: MarkStyles) -> str:
    data = _DATA.search(text)
    if data is None:
        raise BrokenError("<sheetData> がない / no <sheetData>")
    prefix, inner = data[1], data[2] or ""
    wanted: dict[int, dict[int, Colour]] = {}
    for (row, column), colour in colours.items():
        wanted.setdefault(row, {})[column] = colour
    spread = [
        (
            int(get_attribute(one, "min") or 1),
            int(get_attribute(one, "max") or 1),
            int(get_attribute(one, "style") or 0),
        )
        for one in _COLUMN.findall(text[: data.start()])
    ]
    out: list[str] = []
    end, number = 0, 0
    left = sorted(wanted)
    for found in _ROW.finditer(inner):
        number = int(get_attribute(found[2], "r") or number + 1)
        out.append(inner[end : found.start()])
        while left and left[0] < number:
            out.append(_new_row(prefix, left[0], wanted[left[0]], spread, styles))
            left.pop(0)
        end = found.end()
        if left and left[0] == number:
            out.append(_colour_row(found, number, wanted[left.pop(0)], spread, styles))
        else:
            out.append(found[0])
    out.append(inner[end:])
    out += [_new_row(prefix, row, wanted[row], spread, styles) for row in left]
    return f"{text[: data.start()]}<{prefix}sheetData>{''.join(out)}</{prefix}sheetData>{text[data.end() :]}"


def _style_of(column: int, spread: Sequence[tuple[int, int, int]]) -> int:
    return next((style for first, last, style in spread if first <= column <= last), 0)


def _new_row(
    prefix: str, row: int, wanted: Mapping[int, Colour], spread: Sequence[tuple[int, int, int]], styles: MarkStyles
) -> str:  # fmt: skip
    cells = "".join(
        f'<{prefix}c r="{spell_cell(row, column)}" s="{styles.find(_style_of(column, spread), colour)}"/>'
        for column, colour in sorted(wanted.items())
    )
    return f'<{prefix}row r="{row}">{cells}</{prefix}row>'


def _colour_row(
    found: re.Match[str], row: int, wanted: Mapping[int, Colour], spread: Sequence[tuple[int, int, int]], styles: MarkStyles
) -> str:  # fmt: skip
    prefix, about, inner = found[1], found[2], found[3] or ""
    custom = get_attribute(about, "customFormat") in ("1", "true")
    of_row = int(get_attribute(about, "s") or 0) if custom else None
    left = sorted(wanted)

    def make(column: int) -> str:
        style = of_row if of_row is not None else _style_of(column, spread)
        return f'<{prefix}c r="{spell_cell(row, column)}" s="{styles.find(style, wanted[column])}"/>'

    out: list[str] = []
    end, at = 0, 0
    for cell in _CELL.finditer(inner):
        start = inner[cell.start() : inner.index(">", cell.start()) + 1]
        named = re.match(r"[A-Z]+", get_attribute(cell[2] or "", "r"))
        at = column_index(named[0]) + 1 if named else at + 1
        out.append(inner[end : cell.start()])
        while left and left[0] < at:
            out.append(make(left.pop(0)))
        end = cell.end()
        if left and left[0] == at:
            left.pop(0)
            style = styles.find(int(get_attribute(cell[2] or "", "s") or 0), wanted[at])
            out.append(set_attribute(start, "s", str(style)) + cell[0][len(start) :])
        else:
            out.append(cell[0])
    out.append(inner[end:])
    out += [make(column) for column in left]
    return f"<{prefix}row{about}>{''.join(out)}</{prefix}row>"
