"""The careful way through text files: every record of a CSV, and what is wrong with its quotes."""

import csv
import io

from entaku.formats import limits
from entaku.table.notes import Notes, Spot
from entaku.table.rows import Record


def read_csv(text: str, delimiter: str, notes: Notes) -> list[Record]:
    """Every record of `text`; broken quoting is a finding at the line where the record starts."""
    if (at := _find_long_line(text)) is not None:
        notes.limit("1 行の文字 / characters in a line", limits.LINE, Spot(1 + text.count("\n", 0, at)))
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
        notes.add("unclosed-quote", Spot(row))
        return False
    if "field larger" in why:
        notes.limit("セルの文字 / characters in a cell", limits.CELL, Spot(row))
        return False
    lines = io.StringIO(text, newline="")
    words = next((words for n, words in enumerate(lines, 1) if n == line), "")
    notes.add("bad-quoting", Spot(row), words.strip()[:200])
    return True
