"""A table's known errors as a file of its release: each cell concerned, with the text of the source and the published one.

A CSV of five columns: `erratum` (its name in the YAML), `row` (in the table's CSV, 1 after the header), `column`,
`source`, `published`; the errata in the order of the YAML, of each the cells by row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO, Protocol

from entaku.formats.limits import PUBLISHED_CELL, cells_up_to
from entaku.model.errata import ErratumCell, TableErrata, Touched, read_touched, show_touched
from entaku.model.files import File, name_errata
from entaku.model.nouns import Checked
from entaku.release.files import Seal, Sink
from entaku.table import whole as whole_tables

COLUMNS = ("erratum", "row", "column", "source", "published")
AT_ONCE = 10_000
"""Lines that are written at once."""
FIRST = 10
"""Cells of each erratum that pages list."""
LOOKED_AT = 100_000
"""Lines of the file in which these are looked for."""


class ErrataDesk(Protocol):
    """Storage for the files of a possible release."""

    def open(self, path: str) -> Sink:
        """Open a new file."""


def write_errata(whole: whole_tables.Whole, desk: ErrataDesk) -> TableErrata | None:
    """Write the list of a table's wrong cells and return it with its counts; None for a table without errata."""
    if not whole.errata:
        return None
    name = name_errata(whole.resource.name)
    seal = Seal(desk.open(name))
    lines = _list_lines(whole)
    while some := list(islice(lines, AT_ONCE)):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(some)
        seal.write(text.getvalue().encode())
    touched = tuple(Touched(one.erratum.name, one.row_count, one.cell_count) for one in whole.errata)
    return TableErrata(seal.file(name), touched)


def _list_lines(whole: whole_tables.Whole) -> Iterator[tuple[object, ...]]:
    yield COLUMNS
    for one in whole.errata:
        for cell in one.list_cells():
            yield one.erratum.name, *cell


def read_cells(stream: BinaryIO) -> Iterator[ErratumCell]:
    """Read the cells of such a file, and close it."""
    with stream, cells_up_to(PUBLISHED_CELL):
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        for name, row, column, source, published in islice(csv.reader(text), 1, None):
            yield ErratumCell(name, int(row), column, source, published)


def read_first(stream: BinaryIO, touched: Sequence[Touched]) -> tuple[ErratumCell, ...]:
    """Read the first cells of each erratum."""
    left = {one.name: min(one.cells, FIRST) for one in touched}
    found = []
    for cell in islice(read_cells(stream), LOOKED_AT):
        if left[cell.erratum]:
            left[cell.erratum] -= 1
            found.append(cell)
        if not any(left.values()):
            break
    return tuple(found)


# ---- in the manifest --------------------------------------------------------------------------------------------


def show_counts(checked: Sequence[Checked]) -> dict[str, Any]:
    """Return the key `errata` of a manifest: how much of each table each known error concerns; nothing without any."""
    found = {table.resource.name: show_touched(table.written.errata) for table in checked if table.written.errata}
    return {"errata": found} if found else {}


def load_errata(
    manifest: Mapping[str, Any], files: Mapping[str, File], table: str, open_: Callable[[str], BinaryIO] | None
) -> TableErrata | None:
    """Return what a release says of a table's known errors, None without any.

    `open_`: opens a file of the release, to read the first cells too.
    """
    file = files.get(name_errata(table))
    if file is None:
        return None
    touched = read_touched(manifest["errata"][table])
    return TableErrata(file, touched, read_first(open_(file.path), touched) if open_ is not None else ())
