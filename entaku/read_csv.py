"""Text with delimiters → rows of cells, each with the physical line that it starts on (RFC 4180)."""

import csv
import io

from entaku.read_rows import MAX_CELL, MAX_ROWS, Notes, Record


def read_csv(text: str, delimiter: str, notes: Notes) -> list[Record]:
    """Every record of `text`; broken quoting is a finding at the line where the record starts."""
    csv.field_size_limit(MAX_CELL)
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
    if len(records) > MAX_ROWS:
        notes.add("read-limit", what="行 / rows", limit=str(MAX_ROWS))
        return []
    return records


def _note_error(why: str, text: str, row: int, line: int, notes: Notes) -> bool:
    """The finding for the csv module's `why`; whether reading can go on with the next line."""
    if "unexpected end" in why or ("field larger" in why and line > row):
        notes.add("unclosed-quote", row)
        return False
    if "field larger" in why:
        notes.add("read-limit", row, what="セルの文字 / characters in a cell", limit=str(MAX_CELL))
        return False
    lines = io.StringIO(text, newline="")
    words = next((words for n, words in enumerate(lines, 1) if n == line), "")
    notes.add("bad-quoting", row, why=words.strip()[:200])
    return True
