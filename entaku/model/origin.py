"""Where a value is in a raw file."""

from dataclasses import dataclass
from typing import Literal

OriginKind = Literal["cell", "heading", "title", "section", "record", "name", "url", "fetched"]
"""A cell, a heading, a title line, the first line of a section, a record of JSON, the name of a sheet or of a member of a
zip, the URL, the time of fetching."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What in a raw file a value was read from."""

    kind: OriginKind
    row: int | None = None
    """1-based line (CSV) or row (workbook), or number of a record (JSON)."""
    at: int | None = None
    """0-based column of a cell."""
    text: str = ""
    """The text of a line; that of a cell is in the table."""
