"""Parquet → a workbook (.xlsx): its rows, and a second sheet that tells what they are.

Text is text: no cell holds a formula, whatever its content begins with, and such cells are marked so that Excel doesn't
compute them when they are edited.  Codes keep their zeros, whole numbers beyond the 15 digits that Excel holds are text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from entaku.formats.formulas import is_formula
from entaku.formats.rows_out import read_names, read_rows, show_plain
from entaku.formats.zip_write import write_zip

ROWS, COLUMNS, CELL = 1_048_575, 16_384, 32_767
"""Rows of a sheet below its header, columns, and characters of a cell."""
DIGITS = 10**15
"""Whole numbers from here on are not all held by Excel."""
FIRST = date(1900, 3, 1)
"""Excel takes 1900 for a leap year: the numbers of earlier days are disputed."""
_ZERO = date(1899, 12, 30).toordinal()
_DAY, _MOMENT, _HEAD, _QUOTED = 1, 2, 3, 4
"""Numbers of the styles."""

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = (
    f"{_XML}<styleSheet {_MAIN}>"
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf xfId="0"/>'
    '<xf xfId="0" numFmtId="164" applyNumberFormat="1"/><xf xfId="0" numFmtId="165" applyNumberFormat="1"/>'
    '<xf xfId="0" fontId="1" applyFont="1"/><xf xfId="0" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)

_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")
"""What a text of a workbook can't have as it is: characters that XML has not, and what would be read as one."""


def write_xlsx(parquet: bytes, about: Iterable[Sequence[str]]) -> bytes:
    """Write a workbook with the sheets `data` and `about`, the latter of these rows of text, the first its header."""
    head, *told = about
    rows = (_write_row(map(write_cell, row)) for row in read_rows(parquet))
    sheets = {
        "data": _write_sheet(read_names(parquet), rows),
        "about": _write_sheet(head, (_write_row(map(write_cell, row)) for row in told)),
    }
    names, numbers = list(sheets), range(1, len(sheets) + 1)
    types = "".join(
        f'<Override PartName="/xl/{path}.xml" ContentType="{_TYPE}.{kind}+xml"/>'
        for path, kind in [
            ("workbook", "sheet.main"), *((f"worksheets/sheet{n}", "worksheet") for n in numbers), ("styles", "styles"),
        ]
    )  # fmt: skip
    rels = 'Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"'
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in zip(numbers, names, strict=True)
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    links += f'<Relationship Id="r{len(names) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    top = f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    parts = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><{rels}/>{types}</Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{top}</Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
        "xl/styles.xml": _STYLES,
        **{f"xl/worksheets/sheet{n}.xml": sheets[name] for n, name in zip(numbers, names, strict=True)},
    }
    return write_zip((path, text.encode("utf-8", "replace")) for path, text in parts.items())


def write_cell(value: Any) -> str:
    """Write a cell: numbers, truths, days and whole seconds as such where Excel holds them exactly, all else as text."""
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):
        if value.tzinfo is None and value.date() >= FIRST and not value.microsecond:
            seconds = value.hour * 3600 + value.minute * 60 + value.second
            return f'<c s="{_MOMENT}"><v>{value.toordinal() - _ZERO + seconds / 86_400!r}</v></c>'
    elif isinstance(value, date) and value >= FIRST:
        return f'<c s="{_DAY}"><v>{value.toordinal() - _ZERO}</v></c>'
    shown = show_plain(value)
    if isinstance(shown, float) or (isinstance(shown, int) and abs(shown) < DIGITS):
        return f"<c><v>{shown!r}</v></c>"
    return _write_text(str(shown))


def _write_text(text: str, style: int = 0) -> str:
    """Write a text as text; one that Excel would compute if it were typed, with the mark of an apostrophe before it."""
    if len(text) > CELL:  # of a list, whose length no profile has
        text = f"{text[: CELL - 1]}…"
    if is_formula(text):
        style = _QUOTED
    text = _ESCAPED.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    mark = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{mark}><is><t xml:space="preserve">{text}</t></is></c>'


def _write_row(cells: Iterable[str]) -> str:
    return f"<row>{''.join(cells)}</row>"


def _write_sheet(head: Iterable[str], rows: Iterator[str]) -> str:
    """Write a sheet whose first row stays in sight."""
    pane = '<pane ySplit="1" topLeftCell="A2" state="frozen"/>'
    top = _write_row(_write_text(name, _HEAD) for name in head)
    view = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    return f"{_XML}<worksheet {_MAIN}>{view}<sheetData>{top}{''.join(rows)}</sheetData></worksheet>"
