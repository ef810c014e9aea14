"""Workbooks → grids: .xlsx by their own XML, with formats, merged and hidden cells; .xls by their cells alone."""

import io
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from entaku.audit.rules_book import Grid, Range, Style
from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.ole import check_old_workbook
from entaku.formats.xlsx import Node, Package, Sheet, walk_xml
from entaku.formats.zips import BrokenError

MOST_COLUMNS = 1_000
MOST_SHEETS = 30
TRUE = ("1", "true", "on")
DATES = {*range(14, 18), 22, *range(27, 37), *range(50, 59)}
"""Number formats of Excel's own that show a day (ECMA-376 part 1, 18.8.30; 27–58 in Japanese)."""


@dataclass(frozen=True)
class Styles:
    """By the number that a cell gives: how it looks, and whether its number is a day."""

    looks: tuple[Style, ...] = ()
    days: tuple[bool, ...] = ()
    base: datetime = datetime(1899, 12, 30)


def read_xlsx(body: bytes, member: str, most: int) -> list[Grid]:
    """The sheets of a workbook, up to `most` rows of each.  Raises BrokenError or LimitError."""
    package = Package(body)
    if (
        sum(package.members[sheet.part].file_size for sheet in package.sheets if sheet.part in package.members)
        > MOST_XML
    ):
        raise LimitError("シートの XML のバイト / bytes of XML of its sheets", MOST_XML)
    strings = _read_strings(package)
    styles = _read_styles(package)
    grids = []
    for sheet in package.sheets[:MOST_SHEETS]:
        if sheet.part.startswith("xl/worksheets/"):
            scan = _Scan(strings, styles, most)
            walk_xml(package.read(sheet.part), scan.start, scan.end, scan.text)
            name = f"{member}/{sheet.name}" if member else sheet.name
            grids.append(scan.grid(name, sheet.hidden, tuple(_find_anchors(package, sheet))))
    return grids


MOST_XML = 64 << 20


def _read_strings(package: Package) -> list[str]:
    found = _Strings()
    for part in package.linked("sharedStrings", source="xl/workbook.xml")[:1]:
        if body := package.read(part):
            walk_xml(body, found.start, found.end, found.text)
    return found.strings


@dataclass
class _Strings:
    """Follows the shared strings (ECMA-376 part 1, 18.4.9); their readings in kana are left out."""

    strings: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    inside: bool = False
    ruby: bool = False

    def start(self, tag: str, _: dict[str, str]) -> None:
        if tag == "si":
            self.words.clear()
        self.inside, self.ruby = tag == "t", self.ruby or tag == "rPh"

    def end(self, tag: str) -> None:
        self.inside, self.ruby = False, self.ruby and tag != "rPh"
        if tag == "si":
            self.strings.append("".join(self.words))

    def text(self, chars: str) -> None:
        if self.inside and not self.ruby:
            self.words.append(chars)


def _read_styles(package: Package) -> Styles:
    parts = package.linked("styles", source="xl/workbook.xml")
    root = package.tree(parts[0]) if parts else Node("", {})
    sheet = next(root.find("styleSheet"), root)
    formats = {
        node.attributes.get("numFmtId", ""): node.attributes.get("formatCode", "") for node in root.find("numFmt")
    }
    fonts = [_read_font(node) for node in _children(sheet, "fonts")]
    fills = [_read_fill(node) for node in _children(sheet, "fills")]
    looks, days = [], []
    for xf in _children(sheet, "cellXfs"):
        font, fill = _index(xf, "fontId", fonts), _index(xf, "fillId", fills)
        colour, bold, italic = fonts[font] if font is not None else ("", False, False)
        looks.append(Style(colour, fills[fill] if fill is not None else "", bold, italic))
        number = xf.attributes.get("numFmtId", "0")
        days.append(_shows_day(formats[number]) if number in formats else number.isdigit() and int(number) in DATES)
    old = any(node.attributes.get("date1904") in TRUE for node in package.book.find("workbookPr"))
    return Styles(tuple(looks), tuple(days), datetime(1904, 1, 1) if old else datetime(1899, 12, 30))


def _children(root: Node, tag: str) -> list[Node]:
    return next((node.children for node in root.children if node.tag == tag), [])


def _index(node: Node, name: str, among: list[tuple[str, bool, bool]] | list[str]) -> int | None:
    text = node.attributes.get(name, "0")
    return int(text) if text.isdigit() and int(text) < len(among) else None


def _read_font(node: Node) -> tuple[str, bool, bool]:
    def on(tag: str) -> bool:
        return any(each.tag == tag and each.attributes.get("val", "1") in TRUE for each in node.children)

    colour = next((_read_colour(each) for each in node.children if each.tag == "color"), "")
    return ("" if colour in ("FF000000", "theme1", "8") else colour), on("b"), on("i")


def _read_fill(node: Node) -> str:
    for pattern in node.find("patternFill"):
        if pattern.attributes.get("patternType", "none") not in ("none", "gray125"):
            colour = next((_read_colour(each) for each in pattern.children if each.tag == "fgColor"), "")
            return "" if colour in ("FFFFFFFF", "theme0", "9", "64") else colour
    return ""


def _read_colour(node: Node) -> str:
    found = node.attributes
    tint = found.get("tint", "")
    if "rgb" in found:
        return found["rgb"].upper().rjust(8, "F") + tint
    return f"theme{found['theme']}{tint}" if "theme" in found else found.get("indexed", "")


def _shows_day(code: str) -> bool:
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.', "", code.lower())
    return "y" in bare or "d" in bare or "ge" in bare


def _find_anchors(package: Package, sheet: Sheet) -> Iterator[tuple[int, int]]:
    """Row and column of the top left cell of every picture, shape and chart of a sheet."""
    for part in package.linked("drawing", source=sheet.part):
        if part not in package.members or posixpath.splitext(part)[1] != ".xml":
            continue
        for anchor in package.tree(part).find("oneCellAnchor", "twoCellAnchor"):
            at = {node.tag: node.text.strip() for origin in anchor.find("from") for node in origin.children}
            if at.get("row", "").isdigit() and at.get("col", "").isdigit():
                yield int(at["row"]), int(at["col"])


# ---- one sheet --------------------------------------------------------------------------------------------------


@dataclass
class _Scan:
    """Follows the elements of one sheet (ECMA-376 part 1, 18.3.1)."""

    strings: list[str]
    styles: Styles
    most: int
    cells: dict[int, dict[int, str]] = field(default_factory=dict)
    looks: dict[tuple[int, int], Style] = field(default_factory=dict)
    formulas: list[tuple[int, int]] = field(default_factory=list)
    merged: list[Range] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    row: int = -1
    at: int = -1
    whole: bool = True
    kind: str = ""
    look: int = 0
    inside: bool = False
    ruby: bool = False
    words: list[str] = field(default_factory=list)

    def start(self, tag: str, found: dict[str, str]) -> None:
        if tag == "c":
            self._begin_cell(found)
        elif tag in ("v", "t"):
            self.inside = not self.ruby
        elif tag == "f":
            self.formulas += [(self.row, self.at)] if self.row < self.most else []
        elif tag == "rPh":
            self.ruby = True
        elif tag == "row":
            self.row = int(found["r"]) - 1 if found.get("r", "").isdigit() else self.row + 1
            self.at = -1
            if found.get("hidden") in TRUE and self.row < self.most:
                self.hidden_rows.append(self.row)
        elif tag == "col" and found.get("hidden") in TRUE:
            first, last = found.get("min", "1"), found.get("max", "1")
            if first.isdigit() and last.isdigit():
                self.hidden_columns += range(int(first) - 1, min(int(last), MOST_COLUMNS))
        elif tag == "mergeCell" and (area := _read_range(found.get("ref", ""))):
            self.merged.append(area)

    def _begin_cell(self, found: dict[str, str]) -> None:
        match = re.fullmatch(r"([A-Za-z]{1,3})([0-9]{1,7})", found.get("r", ""))
        self.at = _column(match[1]) if match else self.at + 1
        self.kind = found.get("t", "n")
        self.look = int(found["s"]) if found.get("s", "").isdigit() else 0
        self.words.clear()

    def text(self, chars: str) -> None:
        if self.inside:
            self.words.append(chars)

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self.inside = False
        elif tag == "rPh":
            self.ruby = False
        elif tag == "c" and self.words:
            if self.row >= self.most:
                self.whole = False
            elif self.at < MOST_COLUMNS:
                self._keep("".join(self.words))

    def _keep(self, text: str) -> None:
        if self.kind == "s":
            text = self.strings[int(text)] if text.isdigit() and int(text) < len(self.strings) else ""
        elif self.kind == "b":
            text = "TRUE" if text == "1" else "FALSE"
        elif self.kind == "e":
            self.formulas += [] if self.formulas[-1:] == [(self.row, self.at)] else [(self.row, self.at)]
        elif self.kind == "n":
            text = self._spell(text)
        if not text:
            return
        self.cells.setdefault(self.row, {})[self.at] = text
        if 0 < self.look < len(self.styles.looks) and self.styles.looks[self.look] != Style():
            self.looks[self.row, self.at] = self.styles.looks[self.look]

    def _spell(self, text: str) -> str:
        try:
            number = Decimal(text.strip())
            if 1 <= number < 2_958_466 and self.look < len(self.styles.days) and self.styles.days[self.look]:
                day = self.styles.base + timedelta(days=float(number))
                return day.date().isoformat() if number == int(number) else day.isoformat(timespec="seconds")
            if number == number.to_integral_value() and abs(number) < 10**15:
                return str(int(number))
            return format(Decimal(repr(float(number))), "f")
        except (InvalidOperation, ValueError, OverflowError):
            return text

    def grid(self, name: str, hidden: bool, anchors: tuple[tuple[int, int], ...]) -> Grid:
        """What was found, as a grid from A1 on."""
        last = max(self.cells, default=-1)
        rows = tuple(_lay(self.cells.get(row, {})) for row in range(last + 1))
        return Grid(
            name, True, rows, tuple(range(1, last + 2)), self.whole, merged=tuple(self.merged), seen=True, hidden=hidden,
            hidden_rows=tuple(self.hidden_rows), hidden_columns=tuple(self.hidden_columns),
            formulas=tuple(self.formulas), anchors=anchors, styles=self.looks,
        )  # fmt: skip


def _lay(cells: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(cells.get(at, "") for at in range(max(cells, default=-1) + 1))


def _column(letters: str) -> int:
    at = 0
    for letter in letters.upper():
        at = at * 26 + ord(letter) - 64
    return at - 1


def _read_range(text: str) -> Range | None:
    match = re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})", text)
    return (int(match[2]) - 1, _column(match[1]), int(match[4]) - 1, _column(match[3])) if match else None


# ---- .xls -------------------------------------------------------------------------------------------------------


def read_xls(body: bytes, member: str, most: int) -> list[Grid]:
    """The sheets of an old workbook: cells, merged cells, hidden sheets.  Raises BrokenError or LimitError."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    check_old_workbook(body)
    grids = []
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            for about in [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet][:MOST_SHEETS]:
                sheet = book.get_sheet_by_name(about.name)
                row, at = sheet.end or (0, 0)
                if (row + 1) * (at + 1) > limits.CELLS:
                    raise LimitError("セル / cells", limits.CELLS)
                cells = sheet.to_python(skip_empty_area=False, nrows=min(most, row + 1))
                rows = tuple(tuple(map(_to_text, line)) for line in cells)
                merged = tuple((t, left, b, right) for (t, left), (b, right) in sheet.merged_cell_ranges or [])
                hidden = about.visible != SheetVisibleEnum.Visible
                name = f"{member}/{about.name}" if member else about.name
                lines = tuple(range(1, len(rows) + 1))
                grids.append(Grid(name, True, rows, lines, row < most, merged=merged, hidden=hidden))
    except CalamineError as error:
        raise BrokenError(str(error)) from None
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise BrokenError(str(error)) from None
    return grids


def _to_text(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(Decimal(repr(value)), "f")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
