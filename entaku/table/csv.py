"""The fast way through plain files and sheets: one header, no quotes, no odd characters, every row as wide as the
header.

Gives what the careful way gives, or None wherever anything is out of the ordinary; then that way finds out what.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from entaku.formats import limits
from entaku.model.grammar import Read
from entaku.model.nouns import Table
from entaku.table.rows import ODD, Notes, Range, Record, make_table, read_titles

if TYPE_CHECKING:
    import pyarrow as pa


def read_csv(text: str, delimiter: str, notes: Notes) -> list[Record]:
    """Every record of `text`; broken quoting is a finding at the line where the record starts."""
    if (at := _find_long_line(text)) is not None:
        notes.limit("1 行の文字 / characters in a line", limits.LINE, 1 + text.count("\n", 0, at))
        return []
    with limits.cells_up_to(limits.CELL):
        records = _read_records(text, delimiter, notes)
    if len(records) > limits.ROWS:
        notes.limit("行 / rows", limits.ROWS)
        return []
    return records


def _read_records(text: str, delimiter: str, notes: Notes) -> list[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[Record] = []
    row = 1
    while True:
        try:
            for cells in reader:
                records.append((row, cells))
                row = reader.line_num + 1
            break
        except csv.Error as error:
            if not _note_error(str(error), text, row, reader.line_num, notes):
                break
            row = reader.line_num + 1
    return records


def _find_long_line(text: str) -> int | None:
    """Where a line of more than limits.LINE characters begins."""
    at = 0
    while len(text) - at > limits.LINE:
        end = max(text.rfind("\n", at, at + limits.LINE + 1), text.rfind("\r", at, at + limits.LINE + 1))
        if end < at:
            return at
        at = end + 1
    return None


def _note_error(why: str, text: str, row: int, line: int, notes: Notes) -> bool:
    """The finding for the csv module's `why`; whether reading can go on with the next line."""
    if "unexpected end" in why or ("field larger" in why and line > row):
        notes.add("unclosed-quote", row)
        return False
    if "field larger" in why:
        notes.limit("セルの文字 / characters in a cell", limits.CELL, row)
        return False
    lines = io.StringIO(text, newline="")
    words = next((words for n, words in enumerate(lines, 1) if n == line), "")
    notes.add("bad-quoting", row, why=words.strip()[:200])
    return True


_BLANK = "^[\t-\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$"
"""What Python's str.strip leaves nothing of."""


def read_plain(text: str, delimiter: str, how: Read, notes: Notes, encoding: str) -> Table | None:
    """The table in `text`, or None where it must be read with more care."""
    top = _find_top(how)
    if not top or '"' in text or text.count("\r") != text.count("\r\n") or ODD.search(text):
        return None
    lines = text.split("\n", top)
    if len(lines) <= top or lines[top].startswith("\ufeff"):  # Arrow would take it for a byte order mark
        return None
    cells = [(n, line.removesuffix("\r").split(delimiter)) for n, line in enumerate(lines[:top], 1) if line.strip("\r")]
    probe = Notes(notes.file, notes.sheet)
    empty = make_table(cells, how, probe, encoding)
    if empty is None or probe.found or len(empty.starts) != 1:
        return None
    parsed = parse(lines[top], delimiter, len(empty.origins))
    if parsed is None or parsed.num_rows + top > limits.ROWS:
        return None
    columns, labels = drop_blank(parsed, top + 1)
    return _finish(empty, dict(zip(empty.origins, columns, strict=True)), labels, read_titles(cells, how, probe))


def read_plain_sheet(columns: "Sequence[pa.Array]", how: Read, notes: Notes, merged: Sequence[Range]) -> Table | None:
    """The table in a sheet's columns of text, or None where it must be read with more care."""
    import pyarrow as pa

    top = _find_top(how)
    if not top or not columns or len(columns[0]) <= top or (how.merged == "fill" and merged):
        return None
    if any(ODD.search("".join(column.dictionary_encode().dictionary.to_pylist())) for column in columns):
        return None
    head = [(n + 1, [column[n].as_py() for column in columns]) for n in range(top)]
    probe = Notes(notes.file, notes.sheet, spreadsheet=True)
    named = make_table([(n, list(cells)) for n, cells in head], how, probe, "Excel", merged)
    full = make_table([*head, (top + 1, ["x"] * len(columns))], how, probe, "Excel", merged)
    if named is None or full is None or probe.found or len(full.starts) != 1 or len(full.origins) != len(columns):
        return None
    body = pa.table([column.slice(top) for column in columns], names=list(full.origins))
    kept, labels = drop_blank(body, top + 1)
    made = dict(zip(full.origins, kept, strict=True))
    for name in reversed(list(full.origins)):
        if len(made) <= len(named.origins) or _any_text(made[name]):
            break
        del made[name]
    return _finish(full, made, labels, read_titles(head, how, probe))


def _any_text(column: "pa.Array") -> bool:
    import pyarrow.compute as pc

    return bool(pc.max(pc.binary_length(column)).as_py())


def _find_top(how: Read) -> int:
    """The last row of the header; 0 where lines must be looked at one by one."""
    top = (how.header.row or 1) + how.header.rows - 1
    special = how.header.starts or how.skip or how.stop or how.section or any(title.line > top for title in how.title)
    return 0 if special else top


def _finish(head: Table, columns: "Mapping[str, Any]", labels: Any, titles: Mapping[str, str]) -> Table:
    frame = make_frame(list(columns), list(columns.values()), labels)
    for name, value in titles.items():
        frame[name] = pd.array([value] * len(frame), dtype="str")
    origins = {name: n for name, n in head.origins.items() if name in columns}
    return replace(head, frame=frame, origins=origins)


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
