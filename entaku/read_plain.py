"""The fast way through plain text files: one header, no quotes, no odd characters, every row as wide as the header.

Gives what the careful way gives, or None wherever anything is out of the ordinary; then that way finds out what.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from entaku import limits
from entaku.grammar import Read
from entaku.model import Table
from entaku.read_rows import ODD, Notes, make_table, read_titles

if TYPE_CHECKING:
    import pyarrow as pa

_BLANK = "^[\t-\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$"
"""What Python's str.strip leaves nothing of."""


def read_plain(text: str, delimiter: str, how: Read, notes: Notes, encoding: str) -> Table | None:
    """The table in `text`, or None where it must be read with more care."""
    header = how.header
    top = (header.row or 1) + header.rows - 1
    if header.starts or how.skip or how.stop or how.section or any(title.line > top for title in how.title):
        return None
    if '"' in text or text.count("\r") != text.count("\r\n") or ODD.search(text):
        return None
    lines = text.split("\n", top)
    if len(lines) <= top or lines[top].startswith("\ufeff"):  # Arrow would take it for a byte order mark
        return None
    head = [
        (n, line.removesuffix("\r").split(delimiter) if line.strip("\r") else [])
        for n, line in enumerate(lines[:top], 1)
    ]
    probe = Notes(notes.file, notes.sheet)
    empty = make_table([record for record in head if record[1]], how, probe, encoding)
    if empty is None or probe.found or len(empty.starts) != 1:
        return None
    parsed = parse(lines[top], delimiter, len(empty.origins))
    if parsed is None or parsed.num_rows + top > limits.ROWS:
        return None
    columns, labels = drop_blank(parsed, top + 1)
    frame = make_frame(list(empty.origins), columns, labels)
    for name, value in read_titles(head, how, probe).items():
        frame[name] = pd.array([value] * len(frame), dtype="str")
    return Table(frame, empty.file, empty.sheet, empty.origins, empty.starts, empty.spreadsheet)


def parse(text: str, delimiter: str, width: int) -> "pa.Table | None":
    """Lines as rows of `width` cells; None where one has fewer or more, or is longer than a cell may be."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as arrow_csv

    names = [str(n) for n in range(width)]
    if not text:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(text.encode()),
            arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=4 << 20),
            arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:  # ragged, or a line longer than a block
        return None
    longest = (pc.max(pc.binary_length(column)).as_py() or 0 for column in table.columns)
    return None if any(length > limits.CELL for length in longest) else table


def drop_blank(table: "pa.Table", first: int) -> "tuple[Sequence[pa.ChunkedArray], Any]":
    """The columns without rows of nothing but spaces, and the number of each row that stays; the first is `first`."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    labels = np.arange(first, first + table.num_rows)
    blank = np.arange(table.num_rows)
    for column in table.columns:
        if not len(blank):
            return table.columns, labels
        some = column if len(blank) == len(column) else column.take(pa.array(blank))
        mask = pc.match_substring_regex(some, _BLANK)
        blank = blank[mask.combine_chunks().to_numpy(zero_copy_only=False)]
    stay = np.ones(table.num_rows, bool)
    stay[blank] = False
    return table.filter(pa.array(stay)).columns, labels[stay]


def make_frame(names: Sequence[str], columns: "Sequence[pa.ChunkedArray]", labels: Any) -> pd.DataFrame:
    """Columns of text as a frame."""
    data = {name: pd.array(column, dtype="str") for name, column in zip(names, columns, strict=True)}
    return pd.DataFrame(data, index=pd.Index(labels, dtype="int64"), copy=False)
