"""Find what a workbook's sheets hold where nobody sees it: hidden cells, comments, and names that lead there."""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from entaku.formats.ole import OldBook, OldSheet
from entaku.formats.text import column_letters
from entaku.formats.xlsx import BookSheet, XlsxBook
from entaku.formats.xlsx_sheet import SheetReader, column_index, read_count
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
    re.compile(rb"hidden\s*=\s*[\"'](?:1|true|on)"),
    re.compile(rb"zeroHeight\s*=\s*[\"'](?:1|true|on)"),
    re.compile(rb"idth" + _NOTHING),
    re.compile(rb"Height" + _NOTHING),
    re.compile(rb" ht" + _NOTHING),
    re.compile(rb"[\t\r\n]ht" + _NOTHING),
]
"""Each begins with letters, which makes the search quick."""


def may_hide(xml: bytes) -> bool:
    """Test quickly whether anything in a sheet could be hidden, so that whole sheets are rarely parsed."""
    if xml.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in xml[:4]:
        return True
    return any(pattern.search(xml) for pattern in _SUSPECT)


def _find_comments(book: XlsxBook, where: BookPlace) -> Iterator[Finding]:
    """Report one finding a sheet; a threaded comment and the older one that repeats it count once."""
    cells: dict[str, dict[str, None]] = {}
    for sheet, cell in book.comments():
        cells.setdefault(sheet, {})[cell] = None
    for sheet, names in cells.items():
        yield Finding("cell-comments", "error", where.place(sheet, next(iter(names))), args={"count": str(len(names))})


_OUTSIDE = re.compile(r"\[\d+\]|\.xl\w{1,2}\]", re.IGNORECASE)
_REFERENCE = re.compile(
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
        for match in _REFERENCE.finditer(formula):
            sheet = (match[1] or match[2]).replace("''", "'")
            if sheet in hidden and _leads_to(hidden[sheet], match):
                cell = f"{match[3]}{match[4]}".upper() if match[3] and match[4] else ""
                args = {"where": "隠れたところ / a hidden place"}
                yield Finding("defined-names", "warning", where.place(sheet, cell), name, args)
                break


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
