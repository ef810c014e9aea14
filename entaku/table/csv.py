"""Text files with delimiters: which delimiter a file has, and its records as Python's csv module reads them."""

import codecs
import csv
import io
import re
from dataclasses import replace
from itertools import takewhile

from entaku.formats import limits
from entaku.model.grammar import Read
from entaku.model.patterns import find_expression
from entaku.table.lines import Record
from entaku.table.notes import Notes, Spot

LINES = 100
"""Lines that are looked at."""


BETWEEN = " \t,;|"
"""What may stand before the first cell of a line that isn't empty."""
CLEAR = 0.8
"""The share of lines that must have as many delimiters as the header."""


_QUOTED = re.compile('"(?:[^"]|"")*"')


_QUOTED_IN_LINE = re.compile('"(?:[^"\\n]|"")*"')


_SEPARATOR = re.compile("sep=(.)\r?\n", re.IGNORECASE)


def decode_head(head: bytes, how: Read) -> str:
    """The beginning of a file as text, in the declared encoding or UTF-8, for telling its delimiter."""
    return head.removeprefix(codecs.BOM_UTF8).decode(how.encoding or "utf-8", "replace")


def find_delimiter(head: str, name: str, how: Read) -> str:
    """The delimiter that is declared, that the name's suffix tells, or that divides the lines as it divides the header.

    A comma, unless the header has none and the lines are divided by tabs, semicolons or bars.
    """
    if how.delimiter is not None:
        return "\t" if how.delimiter == "tab" else how.delimiter
    if how.format == "tsv" or (how.format is None and name.lower().endswith((".tsv", ".tab"))):
        return "\t"
    shares: dict[str, float] = {}
    # A quoted value may have line ends; where quotes are broken, each line is looked at by itself.
    for text in (_QUOTED.sub(lambda quoted: "\n" * quoted[0].count("\n"), head), _QUOTED_IN_LINE.sub("", head)):
        header, body = _split(text.splitlines()[:LINES], how)
        if "," in header:
            return ","
        for mark in "\t;|":
            if mark in header:
                shares[mark] = max(shares.get(mark, 0), _share(mark, header, body))
    best = max(shares, key=shares.__getitem__, default=",")
    return best if shares and shares[best] >= CLEAR else ","


def heed_separator(head: str, how: Read) -> Read:
    """`how` for a file whose first line is Excel's `sep=;`: the delimiter that it names, and the header below it."""
    match = _SEPARATOR.match(head)
    if match is None or how.header.row is not None:
        return how
    header = replace(how.header, row=2)
    return replace(how, header=header, delimiter=how.delimiter or ("tab" if match[1] == "\t" else match[1]))


def _split(lines: list[str], how: Read) -> tuple[str, list[str]]:
    """The line of the header, and the lines of the table below it."""
    starts, row = how.header.starts, how.header.row or 1
    first = (n for n, line in enumerate(lines) if line.strip(BETWEEN).startswith(starts))
    at = next(first, row - 1) if starts else row - 1
    rows = [line for line in lines[at + how.header.rows :] if line.strip()]
    if how.stop is not None:
        stop = find_expression(how.stop)
        rows = list(takewhile(lambda line: not stop.search(line), rows))
    around = [find_expression(one) for one in (*how.skip, *([how.section.pattern] if how.section else []))]
    rows = [line for line in rows if not any(pattern.search(line) for pattern in around)]
    return (lines[at] if at < len(lines) else ""), rows[:-1] or rows


def _share(mark: str, header: str, body: list[str]) -> float:
    """The share of lines with as many marks as the header."""
    wanted = header.count(mark)
    return sum(line.count(mark) == wanted for line in body) / len(body) if body else 1.0


# ---- the careful way through text files ------------------------------------------------------------------------------


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
