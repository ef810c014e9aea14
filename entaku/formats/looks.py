"""How the first cells of a workbook's sheets look: bold, filled, framed.  A header is often told by nothing else.

.xlsx (ECMA-376 part 1, 18.8 styles, 18.5 tables), .xls ([MS-XLS] 2.4.122 Font, 2.4.353 XF), .ods (OpenDocument 1.3
part 3, 16.2).
"""

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from entaku.formats.limits import LimitError
from entaku.formats.ole import Ole, read_old_book, read_records
from entaku.formats.xlsx import XlsxBook
from entaku.formats.xlsx_sheet import column_index
from entaku.formats.xml import XmlNode, walk_xml
from entaku.formats.zips import BrokenError, Workbook, find_workbook

MOST_ROWS = 300
"""Rows of a sheet that are looked at."""
MOST_COLUMNS = 500
_OLD = b"\xd0\xcf\x11\xe0"
_FONT, _XF, _EOF = 0x31, 0xE0, 0x0A


@dataclass(frozen=True, slots=True)
class CellLook:
    """How a cell looks; "" is what cells have by default."""

    bold: bool = False
    fill: str = ""
    border: str = ""

    @property
    def marked(self) -> bool:
        """Whether letters or ground differ from the default."""
        return self.bold or bool(self.fill)


NO_LOOK = CellLook()
Looks = Mapping[tuple[int, int], CellLook]
"""The looks of cells that have one, by row (from 1) and column (from 0)."""


def read_looks(body: bytes) -> Mapping[str, Looks]:
    """Return the looks of the first rows of each sheet by its name; nothing for what can't be read."""
    try:
        kind = find_workbook(body) if body.startswith(b"PK") else ""
        if kind == "xlsx":
            return dict(_read_xlsx(XlsxBook(body)))
        if kind == "ods":
            return _OdsLooks(Workbook(body)).sheets
        return dict(_read_xls(Ole(body))) if body.startswith(_OLD) else {}
    except (BrokenError, LimitError, struct.error):
        return {}


# ---- .xlsx ------------------------------------------------------------------------------------------------------

_TAG = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s/>])((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_ROW, _CELL, _STYLE = re.compile(rb"\sr=[\"'](\d+)"), re.compile(rb"\sr=[\"']([A-Z]+)"), re.compile(rb"\ss=[\"'](\d+)")
_AREA = re.compile(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})\d{1,7}")


def _read_xlsx(book: XlsxBook) -> Iterator[tuple[str, Looks]]:
    parts = book.linked("styles", source="xl/workbook.xml")
    looks = list(_list_styles(book.tree(parts[0]))) if parts else []
    for sheet in book.sheets:
        found = dict(_walk_sheet(book.read(sheet.part), looks))
        for part in book.linked("table", source=sheet.part):
            found |= dict.fromkeys(_list_headings(book.tree(part)), CellLook(bold=True, fill="table"))
        yield sheet.name, found


def _list_styles(root: XmlNode) -> Iterator[CellLook]:
    """Yield the look of each number of style."""
    sheet = next(root.find("styleSheet"), root)
    lists = {node.tag: node.children for node in sheet.children}
    bold = [
        any(one.tag == "b" and one.attributes.get("val", "1") in ("1", "true") for one in font.children)
        for font in lists.get("fonts", ())
    ]
    fills = [_name_fill(fill) for fill in lists.get("fills", ())]
    borders = [
        ",".join(
            f"{side.tag} {line}" for side in border.children if (line := side.attributes.get("style", "none")) != "none"
        )
        for border in lists.get("borders", ())
    ]
    for xf in lists.get("cellXfs", ()):
        font, fill, border = (int(xf.attributes.get(f"{one}Id", "0") or 0) for one in ("font", "fill", "border"))
        yield CellLook(
            font < len(bold) and bold[font], fills[fill] if fill < len(fills) else "",
            borders[border] if border < len(borders) else "",
        )  # fmt: skip


def _name_fill(fill: XmlNode) -> str:
    for pattern in fill.find("patternFill"):
        if pattern.attributes.get("patternType", "none") not in ("none", "gray125"):
            colours = [sorted(one.attributes.items()) for one in pattern.children if one.tag == "fgColor"]
            name = str(colours[0] if colours else "solid")
            return "" if name in ("[('rgb', 'FFFFFFFF')]", "[('theme', '0')]", "[('indexed', '64')]") else name
    return "gradient" if any(True for _ in fill.find("gradientFill")) else ""


def _walk_sheet(xml: bytes, looks: list[CellLook]) -> Iterator[tuple[tuple[int, int], CellLook]]:
    row, at = 0, -1
    for tag in _TAG.finditer(xml):
        if tag[1] == b"row":
            said = _ROW.search(tag[2])
            row, at = int(said[1]) if said else row + 1, -1
            if row > MOST_ROWS:
                return
            continue
        name, style = _CELL.search(tag[2]), _STYLE.search(tag[2])
        at = column_index(name[1].decode()) if name else at + 1
        look = looks[number] if style and (number := int(style[1])) < len(looks) else NO_LOOK
        if look != NO_LOOK and at < MOST_COLUMNS:
            yield (row, at), look


def _list_headings(table: XmlNode) -> Iterator[tuple[int, int]]:
    """Yield the cells of the header of a table that Excel knows as one."""
    for node in table.find("table"):
        area = _AREA.match(node.attributes.get("ref", ""))
        if area and node.attributes.get("headerRowCount", "1") != "0" and int(area[2]) <= MOST_ROWS:
            last = min(column_index(area[3]), MOST_COLUMNS)
            yield from ((int(area[2]), at) for at in range(column_index(area[1]), last + 1))


# ---- .xls -------------------------------------------------------------------------------------------------------


def _read_xls(ole: Ole) -> Iterator[tuple[str, Looks]]:
    bold, styles = list[bool](), list[tuple[int, int, int]]()
    for kind, data in read_records(ole.read("Workbook") or ole.read("Book")):
        if kind == _FONT and len(data) >= 8:
            bold.append(struct.unpack_from("<H", data, 6)[0] >= 600)
        elif kind == _XF and len(data) >= 20:
            (font,) = struct.unpack_from("<H", data)
            lines, _, pattern, colours = struct.unpack_from("<HHIH", data, 10)
            styles.append((font - (font > 4), lines, (colours & 0x7F) if pattern >> 26 else 0x40))
        elif kind == _EOF:
            break
    looks = [
        CellLook(font < len(bold) and bold[font], "" if ground in (0x40, 0x09) else str(ground), f"{lines:x}" if lines else "")
        for font, lines, ground in styles
    ]  # fmt: skip
    for sheet in read_old_book(ole).sheets:
        yield (
            sheet.name,
            {
                (row + 1, at): looks[style]
                for (row, at), (style, _) in zip(sheet.cells, sheet.styles, strict=True)
                if row < MOST_ROWS and at < MOST_COLUMNS and style < len(looks) and looks[style] != NO_LOOK
            },
        )


# ---- .ods -------------------------------------------------------------------------------------------------------


@dataclass
class _OdsLooks:
    """A walk through the styles and the sheets of an .ods."""

    book: Workbook
    sheets: dict[str, dict[tuple[int, int], CellLook]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    said: dict[str, dict[str, str]] = field(default_factory=dict)
    """What each style says itself."""
    columns: list[tuple[int, str]] = field(default_factory=list)
    cells: dict[tuple[int, int], CellLook] = field(default_factory=dict)
    style: str = ""
    row: int = 0
    many: int = 1
    at: int = 0
    default: str = ""

    def __post_init__(self) -> None:
        for part in ("styles.xml", "content.xml"):
            if part in self.book.members:
                walk_xml(self.book.read(part), self.start, lambda tag: self.end(tag), lambda _: None)

    def start(self, tag: str, about: dict[str, str]) -> None:
        """An element begins."""
        if tag == "style":
            self.style = about.get("style:name", "") if about.get("style:family") == "table-cell" else ""
            self.parents[self.style] = about.get("style:parent-style-name", "")
            self.said.setdefault(self.style, {})
        elif tag in ("table-cell-properties", "text-properties") and self.style:
            self.said[self.style] |= about
        elif tag == "table":
            self.cells, self.columns, self.row = {}, [], 0
            self.sheets[about.get("table:name", "")] = self.cells
        elif tag == "table-column":
            self.columns.append((_count(about, "columns"), about.get("table:default-cell-style-name", "")))
        elif tag == "table-row":
            self.many, self.at = _count(about, "rows"), 0
            self.default = about.get("table:default-cell-style-name", "")
        elif tag in ("table-cell", "covered-table-cell"):
            self._note(about)

    def _note(self, about: dict[str, str]) -> None:
        count = _count(about, "columns")
        for at in range(self.at, min(self.at + count, MOST_COLUMNS)):
            look = self._find(about.get("table:style-name", "") or self.default or self._of_column(at))
            if look != NO_LOOK:
                rows = range(self.row + 1, min(self.row + self.many, MOST_ROWS) + 1)
                self.cells.update(dict.fromkeys(((row, at) for row in rows), look))
        self.at += count

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag == "table-row":
            self.row += self.many
        elif tag == "style":
            self.style = ""

    def _of_column(self, at: int) -> str:
        for count, style in self.columns:
            if at < count:
                return style
            at -= count
        return ""

    def _find(self, style: str) -> CellLook:
        """Return the look of a style, with what its parents say."""
        about: dict[str, str] = {}
        for _ in range(10):
            about = {**self.said.get(style, {}), **about}
            style = self.parents.get(style, "")
        fill = about.get("fo:background-color", "transparent")
        lines = sorted(f"{key} {line}" for key, line in about.items() if key.startswith("fo:border") and line != "none")
        return CellLook(
            about.get("fo:font-weight") == "bold", "" if fill in ("transparent", "#ffffff") else fill, ",".join(lines)
        )


def _count(about: dict[str, str], what: str) -> int:
    said = about.get(f"table:number-{what}-repeated", "1")
    return int(said) if said.isascii() and said.isdigit() and 0 < len(said) < 9 else 1
