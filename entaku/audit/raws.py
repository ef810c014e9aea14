"""Screen all that a raw file holds, by what tables and workbooks are screened by: may the site offer it?

What is found is told without its text, as findings are published.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

from python_calamine import CalamineError

from entaku.audit.contents import BookPart, Content, OpaquePart, Row, TextGrid, take_apart
from entaku.audit.hidden import BookPlace
from entaku.audit.leaks import examine_book
from entaku.audit.personal import find_personal
from entaku.audit.screening import prepare
from entaku.formats import limits
from entaku.formats.heavy import np, pa
from entaku.formats.limits import LimitError, OutOfTimeError, bounded
from entaku.formats.text import column_letters
from entaku.formats.zips import BrokenError
from entaku.model.nouns import Finding, Place
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text

SECONDS = 300
"""Time limit for one file."""
CELLS = 1 << 19
"""Cells of a batch."""
ROWS = 20_000
"""Rows of a batch."""
MOST_BLOCKS = 50
"""Blocks between empty rows that are also looked at one by one, as each may be a table."""
_SURE = ("my-number",)
"""What is looked for in bytes of unknown formats."""


_VALUE = re.compile(r"\d[\d -]{4}|[@＠]")


def screen_raw(file: BinaryIO) -> tuple[Finding, ...]:
    """Find what a raw file holds that must not be public: one finding for each kind and sheet, at the first of them.

    The same bytes give the same findings; their places have no file.
    """
    found: list[Finding] = []
    try:
        with bounded(SECONDS):
            for content in take_apart(file):
                found += _screen(content)
    except OutOfTimeError:
        found.append(_not_examined("", f"{SECONDS} 秒で終わらない / not done in {SECONDS} seconds"))
    except (BrokenError, LimitError, CalamineError) as error:
        found.append(_not_examined("", str(error)))
    return tuple(_join(one for one in found if one.severity == "error"))


def _not_examined(name: str, why: str) -> Finding:
    return Finding("not-examined", "error", Place(sheet=name), args={"why": why, "count": "1"})


def _screen(content: Content) -> Iterator[Finding]:
    if isinstance(content, OpaquePart):
        yield _not_examined(content.name, content.why)
    elif isinstance(content, BookPart):
        yield from examine_book(BookPlace("", content.name), content.body)
    else:
        for grid in (content, *_list_blocks(content)):
            found = _screen_grid(grid)
            yield from (one for one in found if not grid.sure or one.code in _SURE)


def _join(found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the first finding of each kind in each sheet, with the largest count."""
    first: dict[tuple[str, str], Finding] = {}
    for one in found:
        known = first.setdefault((one.code, one.place.sheet), one)
        if _count(one) > _count(known):
            first[one.code, one.place.sheet] = replace(known, args={**known.args, "count": one.args["count"]})
    yield from first.values()


def _count(finding: Finding) -> int:
    digits = finding.args.get("count", "").replace(",", "")
    return int(digits) if digits.isdecimal() else 0


# ---- rows as a table --------------------------------------------------------------------------------------------

BEYOND = "+"
"""The column of all cells beyond the width of the first rows."""


@dataclass(frozen=True)
class GridTable:
    """Give the rows of a grid as batches of text, as often as asked."""

    rows: Iterable[Row]
    width: int
    names: tuple[str, ...]

    def __iter__(self) -> "Iterator[pa.RecordBatch]":
        step = max(1, min(ROWS, CELLS // (self.width + 1)))
        rows = iter(self.rows)
        while block := list(islice(rows, step)):
            columns = [[cells[at] if at < len(cells) else "" for _, cells in block] for at in range(self.width)]
            columns.append(["\n".join(cells[self.width :]) for _, cells in block])
            arrays = [_to_array(texts) for texts in columns]
            yield pa.record_batch(arrays, names=list(self.names))


def _to_array(texts: list[str]) -> "pa.StringArray":
    """Convert texts, whole numbers without the decimal that programs write (123456789012.0), to an array."""
    joined = "".join(texts)
    if ".0" in joined:
        texts = [text[:-2] if text.endswith(".0") and text[:-2].isdecimal() else text for text in texts]
        joined = "".join(texts)
    data = joined.encode("utf-8", "replace")
    lengths = [len(text) for text in texts]
    if len(data) != len(joined):
        lengths = [len(text.encode("utf-8", "replace")) for text in texts]
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(data))


def _screen_grid(grid: TextGrid) -> tuple[Finding, ...]:
    rows = iter(grid.rows)
    first = list(islice(rows, ROWS))
    every = first if isinstance(grid.rows, Sequence) and len(first) == len(grid.rows) else grid.rows
    width = min(limits.COLUMNS, max((len(cells) for _, cells in first), default=0))
    if not width:
        return ()
    headings = _find_headings(first[:50], width)
    fields = [SchemaField(name=str(at), title=Text(ja=heading)) for at, heading in enumerate(headings)]
    schema = Schema(fields=tuple(fields))
    table = GridTable(every, width, (*(field.name for field in fields), BEYOND))
    screening = prepare(table, table.names, schema)
    for batch in table:
        screening.scan.add(batch)

    def locate(row: int, name: str) -> Place:
        line = next((number for number, _ in islice(grid.rows, row, None)), row + 1)
        if name == BEYOND:
            return Place(sheet=grid.name, row=line)
        cell = f"{column_letters(int(name))}{line}" if grid.cells else ""
        return Place(sheet=grid.name, row=line, column=headings[int(name)], cell=cell)

    return find_personal(screening, schema, {}, locate).findings


def _find_headings(rows: Sequence[Row], width: int) -> list[str]:
    """Return what the columns are called: the cells of the first row that is nearly full, and of two rows above it."""
    filled = [sum(bool(cell.strip()) for cell in cells) for _, cells in rows]
    head = next(n for n, count in enumerate(filled) if count * 5 >= max(filled) * 3) if filled else 0
    tops = [cells for (_, cells), count in zip(rows[max(0, head - 2) : head + 1], filled[max(0, head - 2) :], strict=False)
            if count > 1 or max(filled) == 1]  # fmt: skip
    return [
        " ".join(dict.fromkeys(cell.strip()[:40] for cells in tops for cell in cells[at : at + 1] if _is_heading(cell)))
        for at in range(width)
    ]


def _is_heading(cell: str) -> bool:
    """Test whether a cell may be quoted as a heading: no number or address that may be what is looked for."""
    return bool(cell.strip()) and not _VALUE.search(cell)


def _list_blocks(grid: TextGrid) -> Iterator[TextGrid]:
    """Yield the blocks between the empty rows of a sheet, if there are several and not very many."""
    if not isinstance(grid.rows, Sequence) or grid.sure:
        return
    blocks: list[list[Row]] = [[]]
    last = 0
    for number, cells in grid.rows:
        blank = not any(cell.strip() for cell in cells)
        if (blank or number > last + 1) and blocks[-1]:
            blocks.append([])
        if not blank:
            blocks[-1].append((number, cells))
        last = number
    several = [block for block in blocks if len(block) > 1]
    if 1 < len(several) <= MOST_BLOCKS:
        yield from (replace(grid, rows=block) for block in several)
