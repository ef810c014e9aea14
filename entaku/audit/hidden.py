"""Find what a workbook's sheets hold where nobody sees it: hidden cells, comments, and names that lead there."""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from entaku.formats.heavy import late_compile
from entaku.formats.ole import OldBook, OldSheet
from entaku.formats.text import column_letters
from entaku.formats.xlsx import BookSheet, XlsxBook
from entaku.formats.xlsx_sheet import (
    BLACK,
    NEAR,
    NO_FORMAT,
    SAME,
    SMALL,
    SMALLEST,
    WHITE,
    SheetReader,
    UnseenStyle,
    column_index,
    find_unseen_styles,
    hides,
    read_count,
)
from entaku.model.nouns import Finding, Place


@dataclass(frozen=True)
class BookPlace:
    """Say where a workbook is: its URL, and its name in a zip, or ""."""

    url: str
    member: str = ""

    def place(self, sheet: str = "", cell: str = "") -> Place:
        """Return the place of a sheet or cell of it."""
        digits = re.sub(r"\D", "", cell)
        name = "/".join(filter(None, (self.member, sheet)))
        return Place(self.url, sheet=name, row=int(digits) if digits else None, cell=cell)


@dataclass
class CellCount:
    """Count cells, and remember the first of them."""

    count: int = 0
    cell: str = ""
    """Its name in Excel."""

    def add(self, row: int, at: int) -> None:
        """Count the cell at a row and a column, from 0."""
        self.count += 1
        self.cell = self.cell or f"{column_letters(at)}{row + 1}"


@dataclass
class HiddenCells:
    """Count what a sheet hides, as far as it holds something."""

    every: CellCount = field(default_factory=CellCount)
    """Cells of a hidden sheet."""
    in_rows: CellCount = field(default_factory=CellCount)
    in_columns: CellCount = field(default_factory=CellCount)
    rows: set[int] = field(default_factory=set)
    """Hidden rows and columns that hold something, from 0."""
    columns: set[int] = field(default_factory=set)

    def add(self, row: int, at: int, row_hidden: bool, column_hidden: bool) -> None:
        """Count a cell of a sheet that is seen."""
        if row_hidden:
            self.in_rows.add(row, at)
            self.rows.add(row)
        if column_hidden:
            self.in_columns.add(row, at)
            self.columns.add(at)

    def tell(self, sheet: str, where: BookPlace) -> Iterator[Finding]:
        """Report each way of hiding once."""
        if self.every.count:
            args = {"count": f"{self.every.count:,}"}
            yield Finding("hidden-sheet", "error", where.place(sheet, self.every.cell), args=args)
        if self.in_rows.count:
            args = {"rows": show_ranges(self.rows, lambda row: str(row + 1)), "count": f"{self.in_rows.count:,}"}
            yield Finding("hidden-rows", "error", where.place(sheet, self.in_rows.cell), args=args)
        if self.in_columns.count:
            args = {"columns": show_ranges(self.columns, column_letters), "count": f"{self.in_columns.count:,}"}
            yield Finding("hidden-columns", "error", where.place(sheet, self.in_columns.cell), args=args)


def show_ranges(numbers: set[int], name: Callable[[int], str]) -> str:
    """Write numbers as ranges of their names: 5–9, 12; of many, the first five."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    words = [name(a) if a == b else f"{name(a)}–{name(b)}" for a, b in ranges[:5]]
    return ", ".join(words) + (" …" if len(ranges) > 5 else "")


# ---- .xls -------------------------------------------------------------------------------------------------------


def find_in_xls(book: OldBook, where: BookPlace) -> Iterator[Finding]:
    """Report what the sheets of an .xls hide, as far as its BIFF8 records ([MS-XLS]) tell."""
    for sheet in book.sheets:
        yield from _count_old(sheet).tell(sheet.name, where)
        comments = CellCount()
        for row, at in sheet.comments:
            comments.add(row, at)
        if comments.count:
            args = {"count": str(comments.count)}
            yield Finding("cell-comments", "error", where.place(sheet.name, comments.cell), args=args)

    for sheet in book.sheets:
        yield from _find_old_unseen(book, sheet, where)
    if 0 < len(book.used) < book.strings:
        yield Finding("stale-strings", "error", where.place(), args={"count": f"{book.strings - len(book.used):,}"})


def _find_old_unseen(book: OldBook, sheet: OldSheet, where: BookPlace) -> Iterator[Finding]:
    unseen = {} if sheet.hidden else find_unseen(book)
    cells, whats = CellCount(), dict[str, None]()
    for (row, at), (style, words) in zip(sheet.cells, sheet.styles, strict=True):
        look = unseen.get(style)
        if look and (what := look.colour or (look.words if words else look.numbers)):
            cells.add(row, at)
            whats[what] = None
    if cells.count:
        args = {"count": f"{cells.count:,}", "what": "、".join(whats)}
        yield Finding("hidden-cells", "error", where.place(sheet.name, cells.cell), args=args)


def find_unseen(book: OldBook) -> dict[int, UnseenStyle]:
    """Map the numbers of styles whose cells show nothing to why."""

    def read(colour: int) -> tuple[int, int, int]:
        return {65: WHITE}.get(colour) or (book.palette[colour] if colour < len(book.palette) else BLACK)

    found = {}
    for number, (font, form, ground) in enumerate(book.styles):
        height, colour = book.fonts[font] if font < len(book.fonts) else (200, 64)
        words, numbers = hides(book.formats.get(form, ""))
        small = height <= SMALLEST * 20
        same = ground is not None and max(abs(a - b) for a, b in zip(read(colour), read(ground), strict=True)) <= NEAR
        if small or same or words or numbers:
            look = SMALL if small else SAME if same else ""
            found[number] = UnseenStyle(look, NO_FORMAT if words else "", NO_FORMAT if numbers else "")
    return found


def _count_old(sheet: OldSheet) -> HiddenCells:
    found = HiddenCells()
    for row, at in sheet.cells:
        if sheet.hidden:
            found.every.add(row, at)
        else:
            column_hidden = any(first <= at <= last for first, last in sheet.unseen_columns)
            found.add(row, at, row in sheet.unseen_rows, column_hidden)
    return found


# ---- .xlsx ------------------------------------------------------------------------------------------------------


def find_in_xlsx(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report what the sheets of an .xlsx hide.  Raises BrokenError or LimitError for what can't be examined."""
    hidden = {sheet.name: _count(book, sheet) for sheet in book.sheets}
    for sheet in book.sheets:
        yield from hidden[sheet.name].tell(sheet.name, where)
    yield from _find_unseen_cells(book, where)
    yield from _find_stale_strings(book, where)
    yield from _find_comments(book, where)
    yield from _find_names(book, hidden, where)


def _count(book: XlsxBook, sheet: BookSheet) -> HiddenCells:
    """Count what a sheet hides; of a hidden sheet everything."""
    xml = book.read(sheet.part)
    found = HiddenCells()
    if not xml or not (sheet.hidden or may_hide(xml)):
        return found
    unseen: dict[int, bool] = {}

    def hides_column(reader: SheetReader) -> bool:
        if reader.at not in unseen:
            runs = (run.unseen for run in reader.columns if run.first <= reader.at <= run.last)
            unseen[reader.at] = next(runs, reader.columns_unseen)
        return unseen[reader.at]

    def note(reader: SheetReader) -> None:
        if sheet.hidden:
            if _holds(book, reader):
                found.every.add(reader.row, reader.at)
        elif (hides_column(reader) or reader.row_unseen) and _holds(book, reader):
            found.add(reader.row, reader.at, reader.row_unseen, hides_column(reader))

    SheetReader(note).walk(xml)
    return found


def _holds(book: XlsxBook, cell: SheetReader) -> bool:
    """Test whether a cell holds more than blanks."""
    words = "".join((*cell.words, *cell.readings)).strip()
    if cell.formula or not words:
        return cell.formula
    return cell.kind != "s" or read_count(words) not in book.blank_strings


_NOTHING = rb"\s*=\s*[\"']\s*(?:[+-]?0*(?:\.\d*)?|[\d.]+[eE]-\d+)\s*[\"']"
_SUSPECT = [
    late_compile(rb"hidden\s*=\s*[\"'](?:1|true|on)"),
    late_compile(rb"zeroHeight\s*=\s*[\"'](?:1|true|on)"),
    late_compile(rb"idth" + _NOTHING),
    late_compile(rb"Height" + _NOTHING),
    late_compile(rb" ht" + _NOTHING),
    late_compile(rb"[\t\r\n]ht" + _NOTHING),
]
"""Each begins with letters, which makes the search quick."""


def may_hide(xml: bytes) -> bool:
    """Test quickly whether anything in a sheet could be hidden, so that whole sheets are rarely parsed."""
    if xml.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in xml[:4]:
        return True
    return any(pattern.search(xml) for pattern in _SUSPECT)


# ---- cells that show nothing, and strings of none ----------------------------------------------------------------


def _find_unseen_cells(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report cells with text of the colour of their ground, of no size, or in a format that shows nothing."""
    styles, themes = (book.linked(kind, source="xl/workbook.xml") for kind in ("styles", "theme"))
    unseen = find_unseen_styles(*(book.tree(parts[0] if parts else "") for parts in (styles, themes)))
    if not unseen:
        return
    marks = [f"s={quote}{style}{quote}".encode() for style in unseen for quote in ("'", '"')]
    for sheet in book.sheets:
        xml = book.read(sheet.part)
        if sheet.hidden or not any(mark in xml for mark in marks):
            continue
        cells, whats = CellCount(), dict[str, None]()
        heads = _list_table_heads(book, sheet)

        def note(
            reader: SheetReader,
            cells: CellCount = cells,
            whats: dict[str, None] = whats,
            heads: list[tuple[int, int, int]] = heads,
        ) -> None:
            look = unseen.get(reader.style)
            if look is None or not _holds(book, reader):
                return
            styled = any(reader.row == row and left <= reader.at <= right for row, left, right in heads)
            words = reader.kind in ("s", "str", "inlineStr")
            if what := look.colour if look.colour and not styled else look.words if words else look.numbers:
                cells.add(reader.row, reader.at)
                whats[what] = None

        SheetReader(note).walk(xml)
        if cells.count:
            args = {"count": f"{cells.count:,}", "what": "、".join(whats)}
            yield Finding("hidden-cells", "error", where.place(sheet.name, cells.cell), args=args)


def _list_table_heads(book: XlsxBook, sheet: BookSheet) -> list[tuple[int, int, int]]:
    """List row, first and last column of the headers of tables, whose style may give white text its ground."""
    heads = []
    for part in book.linked("table", source=sheet.part):
        for table in book.tree(part).find("table"):
            area = _AREA.fullmatch(table.attributes.get("ref", ""))
            if area and any(node.attributes.get("name") for node in table.find("tableStyleInfo")):
                heads.append((int(area[2]) - 1, column_index(area[1]), column_index(area[3])))
    return heads


_AREA = late_compile(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})\d{1,7}")


def _find_stale_strings(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report shared strings that no cell uses and that stand nowhere else: remains of what was deleted."""
    if not book.strings:
        return
    used: set[int] = set()
    for sheet in book.sheets:
        used |= {int(number) for number in _STRING_CELL.findall(book.read(sheet.part))}
    if len(used) < len(book.strings):  # the pattern knows the usual way of writing; the reader knows all

        def note(reader: SheetReader) -> None:
            if reader.kind == "s" and (number := read_count("".join(reader.words))) is not None:
                used.add(number)

        for sheet in book.sheets:
            if xml := book.read(sheet.part):
                SheetReader(note).walk(xml)
    told = {book.strings[number] for number in used if number < len(book.strings)}
    stale = {text for number, text in enumerate(book.strings) if number not in used and text.strip()} - told
    if stale:
        yield Finding("stale-strings", "error", where.place(), args={"count": f"{len(stale):,}"})


_STRING_CELL = late_compile(rb"t=[\"']s[\"'][^<>]*>\s*<(?:\w+:)?v>\s*(\d{1,9})")


# ---- comments and names -----------------------------------------------------------------------------------------


def _find_comments(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report one finding a sheet; a threaded comment and the older one that repeats it count once."""
    cells: dict[str, dict[str, None]] = {}
    for sheet, cell in book.comments():
        cells.setdefault(sheet, {})[cell] = None
    for sheet, names in cells.items():
        yield Finding("cell-comments", "error", where.place(sheet, next(iter(names))), args={"count": str(len(names))})


_OUTSIDE = late_compile(r"\[\d+\]|\.xl\w{1,2}\]", re.IGNORECASE)
_REFERENCE = late_compile(
    r"(?:'((?:[^']|'')+)'|([^\s!'(),;+*/&=<>-]+))!\$?([A-Za-z]{0,3})\$?(\d*)(?::\$?([A-Za-z]{0,3})\$?(\d*))?"
)


def _find_names(book: XlsxBook, hidden: dict[str, HiddenCells], where: BookPlace) -> Iterator[Finding]:
    """Report names that lead to hidden cells that hold something, or out of the workbook; not Excel's own names."""
    for name, formula in book.names():
        if name.startswith(("_xlnm.", "_xlchart", "_xleta", "_xlfn")):
            continue
        if _OUTSIDE.search(formula):
            args = {"where": "ほかのファイル / another file"}
            yield Finding("defined-names", "warning", where.place(), name, args)
            continue
        if not name.startswith(_LEFTOVER) and holds_constant(formula, book):
            args = {"where": "どのセルにもない値 / values that no cell shows"}
            yield Finding("defined-names", "error", where.place(), "", args)
            continue
        for match in _REFERENCE.finditer(formula):
            sheet = (match[1] or match[2]).replace("''", "'")
            if sheet in hidden and _leads_to(hidden[sheet], match):
                cell = f"{match[3]}{match[4]}".upper() if match[3] and match[4] else ""
                args = {"where": "隠れたところ / a hidden place"}
                yield Finding("defined-names", "warning", where.place(sheet, cell), name, args)
                break


_LEFTOVER = ("_", "HTML_", "IQ_", "solver_", "wrn.", "xlm", "SAP", "BEx")
"""How names begin that programs define."""
_TEXTS = late_compile(r'"((?:[^"]|"")*)"')
_PERIOD = late_compile(r"(?:令和|平成|昭和|[RHS])?[\d元 .,/%年度月日版期末現在円千百万億人〜~-]+")
"""A day, a period or a unit, as in 令和8年度."""


def holds_constant(formula: str, book: XlsxBook) -> bool:
    """Test whether a name stands for texts or many numbers, not for cells, and no cell has them."""
    bare = formula.strip().removeprefix("=").strip()
    if bare.startswith('"') and _TEXTS.fullmatch(bare):
        return book.shown.lacks(bare.strip('"')) and not _PERIOD.fullmatch(bare.strip('"'))
    if not bare.startswith("{"):
        return False
    values = [each.strip('"') for each in re.findall(r'"(?:[^"]|"")*"|[^{},;"]+', bare)]
    return any(book.shown.lacks(value) for value in values)


def _leads_to(hidden: HiddenCells, reference: re.Match[str]) -> bool:
    """Test whether a reference is to hidden cells alone."""
    if hidden.every.count:
        return True
    left, top, right, bottom = reference[3], reference[4], reference[5] or reference[3], reference[6] or reference[4]
    if left and right and hidden.columns:
        first, last = column_index(left), min(column_index(right), column_index(left) + 1000)
        if all(at in hidden.columns for at in range(first, last + 1)):
            return True
    if top and bottom and hidden.rows and int(bottom) - int(top) < 100_000:
        return all(row - 1 in hidden.rows for row in range(int(top), int(bottom) + 1))
    return False
