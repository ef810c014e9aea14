"""Read workbooks as grids: .xlsx with formats, merged and hidden cells, .xls for their cells alone."""

import io
from collections.abc import Mapping
from decimal import Decimal

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from entaku.audit.rules_book import Grid
from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.ole import check_old_workbook
from entaku.formats.xlsx import PLAIN, BookSheet, CellStyle, CellTexts, XlsxBook
from entaku.formats.xlsx_sheet import SheetReader
from entaku.formats.zips import BrokenError

MOST_COLUMNS = 1_000
MOST_SHEETS = 30
MOST_XML = 64 << 20


def read_xlsx(body: bytes, member: str, most: int) -> list[Grid]:
    """Read the sheets of a workbook, up to `most` rows of each.  Raises BrokenError or LimitError."""
    book = XlsxBook(body)
    if sum(book.members[sheet.part].file_size for sheet in book.sheets if sheet.part in book.members) > MOST_XML:
        raise LimitError("シートの XML のバイト / bytes of XML of its sheets", MOST_XML)
    texts = CellTexts(book.strings, book.styles)
    return [
        _SheetGrid(book, texts, most).read(sheet, f"{member}/{sheet.name}" if member else sheet.name)
        for sheet in book.sheets[:MOST_SHEETS]
        if sheet.part.startswith("xl/worksheets/")
    ]


class _SheetGrid:
    """Collect what the rules look at in the first rows of a sheet."""

    def __init__(self, book: XlsxBook, texts: CellTexts, most: int) -> None:
        self.book = book
        self.texts = texts
        self.most = most
        self.whole = True
        self.cells: dict[int, dict[int, str]] = {}
        self.styles: dict[tuple[int, int], CellStyle] = {}
        self.formulas: list[tuple[int, int]] = []
        self.hidden_rows: list[int] = []

    def note_row(self, reader: SheetReader) -> None:
        """Keep the number of a hidden row."""
        if reader.row_hidden and reader.row < self.most:
            self.hidden_rows.append(reader.row)

    def note_cell(self, reader: SheetReader) -> None:
        """Keep a cell's text and look, and where formulas and errors are."""
        row, at = reader.row, reader.at
        if row >= self.most:
            self.whole = self.whole and not reader.words
            return
        if reader.formula:
            self.formulas.append((row, at))
        if not reader.words or at >= MOST_COLUMNS:
            return
        if reader.kind == "e" and not reader.formula:
            self.formulas.append((row, at))
        if text := self.texts.spell(reader):
            self.cells.setdefault(row, {})[at] = text
            look = self.texts.look(reader)
            if look is not PLAIN:
                self.styles[row, at] = look

    def read(self, sheet: BookSheet, name: str) -> Grid:
        """Read a sheet as a grid from A1 on."""
        reader = SheetReader(self.note_cell, self.note_row)
        reader.walk(self.book.read(sheet.part))
        hidden = (
            at for run in reader.columns if run.hidden for at in range(run.first, min(run.last + 1, MOST_COLUMNS))
        )
        last = max(self.cells, default=-1)
        rows = tuple(_lay(self.cells.get(row, {})) for row in range(last + 1))
        return Grid(
            name, True, rows, tuple(range(1, last + 2)), self.whole, merged=tuple(reader.merged), seen=True,
            hidden=sheet.hidden, hidden_rows=tuple(self.hidden_rows), hidden_columns=tuple(hidden),
            formulas=tuple(self.formulas), anchors=tuple(self.book.anchors(sheet)), styles=self.styles,
        )  # fmt: skip


def _lay(cells: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(cells.get(at, "") for at in range(max(cells, default=-1) + 1))


# ---- .xls -------------------------------------------------------------------------------------------------------


def read_xls(body: bytes, member: str, most: int) -> list[Grid]:
    """Read the sheets of an old workbook: cells, merged cells, hidden sheets.  Raises BrokenError or LimitError."""
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
