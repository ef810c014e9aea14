"""Lines of a raw file as text: what patterns are compared with, and title lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from entaku.model.grammar import Read
from entaku.model.patterns import Expression, find_expression
from entaku.table.notes import Notes, Spot

Record = tuple[int, list[str]]
"""1-based row of the raw file, and its cells."""


def line_of(cells: Sequence[str]) -> str:
    """A row as the text that patterns are compared with."""
    return ",".join(cells).rstrip(",")


def first_of(cells: Sequence[str]) -> str:
    """The first cell that isn't empty."""
    return next((cell.strip() for cell in cells if cell.strip()), "")


def search_line(pattern: Expression, cells: Sequence[str]) -> re.Match[str] | None:
    """Where `pattern` is found in the row, or in its first cell that isn't empty."""
    return pattern.search(line_of(cells)) or pattern.search(first_of(cells))


def read_titles(records: list[Record], how: Read, notes: Notes) -> dict[str, str]:
    """The values of the title lines, by the names that their patterns give them."""
    wanted = {title.line for title in how.title}
    lines = {row: cells for row, cells in records if row in wanted} if wanted else {}
    values: dict[str, str] = {}
    for title in how.title:
        cells = lines.get(title.line, [])
        match = search_line(find_expression(title.pattern), cells)
        if match is None:
            notes.add("title-line", Spot(title.line), value=line_of(cells), pattern=title.pattern)
        else:
            values |= {name: value or "" for name, value in match.groupdict().items()}
    return values
