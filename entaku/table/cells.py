"""The cells of a workbook's column → texts, and remarks on cells that show something else."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from entaku.formats.heavy import pa
from entaku.model.nouns import Remark, Severity
from entaku.table.number_show import show, show_text, to_number
from entaku.table.seen import GENERAL, Eyes, Seen, find_limits, see_text, shows_text

Ids = np.ndarray[Any, np.dtype[np.uint16]]
"""The numbers of the formats of cells."""
Rows = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Objects = np.ndarray[Any, np.dtype[np.object_]]


def to_column(cells: Sequence[object], at: int, ids: Ids | None, eyes: Eyes) -> tuple[pa.Array, list[Remark]]:
    """The texts of column `at` (from 0) of a sheet, whose cells have the formats `ids`, and what is to be told."""
    if set(map(type, cells)) <= {str} and (ids is None or all(shows_text(eyes.formats[n]) for n in np.unique(ids))):
        return pa.array(cells, pa.string()), []
    column = _Column(np.array(cells, object) if len(cells) else np.empty(0, object), eyes)
    if ids is None:
        column.read(np.arange(len(cells)), 0)
    else:
        for number in np.unique(ids).tolist():
            column.read(np.flatnonzero(ids == number), number)

    def shown(row: int) -> str:
        return show_cell(cells[row - 1], eyes, 0 if ids is None else int(ids[row - 1]))

    texts = pa.array(column.texts, pa.string())
    return texts, [Remark(code, severity, at, rows + 1, shown) for (code, severity), rows in column.list_told()]


def show_cell(cell: object, eyes: Eyes, number: int) -> str:
    """What a cell with a format shows."""
    form = eyes.formats[number]
    if isinstance(cell, str):
        return show_text(form.for_text, cell).strip() if form.for_text else cell
    return show(form, to_serial(cell, eyes.since_1904), eyes.since_1904)


class _Column:
    """The cells of a column on their way to texts."""

    def __init__(self, cells: Objects, eyes: Eyes) -> None:
        self.texts, self._eyes = cells, eyes
        self._told: dict[tuple[str, Severity], list[Rows]] = {}

    def list_told(self) -> list[tuple[tuple[str, Severity], Rows]]:
        """What is to be told of which rows, from 0."""
        return [(told, np.sort(np.concatenate(rows))) for told, rows in self._told.items()]

    def read(self, rows: Rows, number: int) -> None:
        """Put texts in the place of the cells in `rows` (from 0), which have one format."""
        some = self.texts[rows].tolist()
        kinds = list(map(type, some))
        numbers = np.array([kind is float or kind is int for kind in kinds], bool)
        if numbers.any():
            self._read_numbers(rows[numbers], number)
        form, eyes = self._eyes.formats[number], self._eyes
        if str in kinds and not shows_text(form):
            self._look(rows[np.array([kind is str for kind in kinds])], lambda words: see_text(form, words, eyes.cells))
        if set(kinds) - {str, float, int}:
            self._look(
                rows[np.array([kind not in (str, float, int) for kind in kinds])], lambda cell: self._see(cell, number)
            )

    def _see(self, cell: object, number: int) -> Seen:
        """A cell that holds neither text nor a number."""
        if cell is None or isinstance(cell, bool):
            return Seen("" if cell is None else "TRUE" if cell else "FALSE")
        form = self._eyes.formats[number]
        if form is GENERAL and isinstance(cell, date | time):
            return Seen(cell.isoformat())
        return self._eyes.see_number(form, to_serial(cell, self._eyes.since_1904))

    def _read_numbers(self, rows: Rows, number: int) -> None:
        values: Floats = self.texts[rows].astype(np.float64)
        form = self._eyes.formats[number]
        least, zero, most = find_limits(form, self._eyes.cells)
        places = np.where(values < 0, least, np.where(values > 0, most, zero))
        plain = (places >= 0) & (np.abs(values) < 1e15)
        whole = plain & (values == np.trunc(values))
        self.texts[rows[whole]] = pa.array(values[whole].astype(np.int64)).cast(pa.string()).to_pylist()
        rest = plain & ~whole
        if rest.any():
            texts = _to_numbers(values[rest].tolist())
            self.texts[rows[rest]] = texts
            cut = np.array([len(text) - 1 - text.find(".") if "." in text else 0 for text in texts]) > places[rest]
            if cut.any():
                self._tell("shown-rounded", "notice", rows[rest][cut])
        if not plain.all():
            self._look(rows[~plain], lambda value: self._eyes.see_number(form, value))

    def _look(self, rows: Rows, see: Callable[[Any], Seen]) -> None:
        """Look at each different cell of `rows`."""
        known: dict[object, Seen] = {}
        cells = self.texts[rows].tolist()
        for cell in cells:
            if cell not in known:
                known[cell] = see(cell)
        seen = [known[cell] if cell in known else see(cell) for cell in cells]
        self.texts[rows] = [one.text for one in seen]
        for code, severity in {told for one in known.values() for told in one.told}:
            self._tell(code, severity, rows[np.array([(code, severity) in one.told for one in seen])])

    def _tell(self, code: str, severity: Severity, rows: Rows) -> None:
        self._told.setdefault((code, severity), []).append(rows)


def _to_numbers(values: list[float]) -> list[str]:
    known = {value: to_number(value) for value in set(values)}
    return [known[value] for value in values]


def to_serial(cell: object, since_1904: bool) -> float:
    """A number, day, time or span as the serial number that a workbook has for it."""
    first = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)
    if isinstance(cell, datetime):
        return (cell - first) / timedelta(days=1)
    if isinstance(cell, date):
        return float((cell - first.date()).days)
    if isinstance(cell, time):
        return (cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond / 1e6) / 86400
    return cell / timedelta(days=1) if isinstance(cell, timedelta) else float(str(cell))
