"""The cells of a workbook's column → texts, and remarks on cells that show something else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from entaku.formats.heavy import pa
from entaku.model.nouns import Remark, Severity
from entaku.table.number_show import DAY, LAST_DAY, LEAP_DAY_1900, show, show_text, to_number
from entaku.table.seen import (
    ALL,
    DROPPED,
    GENERAL,
    ROUNDED,
    Eyes,
    FormatRule,
    Seen,
    count_decimals,
    find_rules,
    see_text,
    shows_text,
)

Ids = np.ndarray[Any, np.dtype[np.uint16]]
"""The numbers of the formats of cells."""
Rows = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Objects = np.ndarray[Any, np.dtype[np.object_]]


def to_column(cells: Sequence[object], at: int, ids: Ids | None, eyes: Eyes) -> tuple[pa.Array, list[Remark]]:
    """The texts of column `at` (from 0) of a sheet, whose cells have the formats `ids`, and what is to be told."""
    numbers = [0] if ids is None else np.flatnonzero(np.bincount(ids)).tolist()
    if all(shows_text(eyes.formats[number]) for number in numbers):
        try:
            return pa.array(cells, pa.string(), from_pandas=False), []
        except (pa.ArrowTypeError, pa.ArrowInvalid):  # not all of them are texts
            pass
    column = _CellColumn(eyes)
    texts: Any = np.empty(len(cells), object)
    for number in numbers:
        if len(numbers) == 1:
            texts = column.read(cells, np.arange(len(cells)), number)
        else:
            rows = np.flatnonzero(ids == number)
            texts[rows] = column.read([cells[row] for row in rows.tolist()], rows, number)

    def shown(row: int) -> str:
        return show_cell(cells[row - 1], eyes, 0 if ids is None else int(ids[row - 1]))

    remarks = [Remark(code, severity, at, rows + 1, shown) for (code, severity), rows in column.list_told()]
    return pa.array(texts, pa.string()), remarks


def show_cell(cell: object, eyes: Eyes, number: int) -> str:
    """What a cell with a format shows."""
    form = eyes.formats[number]
    if isinstance(cell, str):
        return show_text(form.for_text, cell).strip() if form.for_text else cell
    return show(form, to_serial(cell, eyes.since_1904), eyes.since_1904)


class _CellColumn:
    """The cells of a column on their way to texts."""

    def __init__(self, eyes: Eyes) -> None:
        self._eyes = eyes
        self._told: dict[tuple[str, Severity], list[Rows]] = {}

    def list_told(self) -> list[tuple[tuple[str, Severity], Rows]]:
        """What is to be told of which rows, from 0."""
        return [(told, np.sort(np.concatenate(rows))) for told, rows in self._told.items()]

    def read(self, cells: Sequence[Any], rows: Rows, number: int) -> Sequence[Any] | Objects:
        """The texts of the cells in these rows (from 0), all of one format."""
        kinds = set(map(type, cells))
        some = cells[:1000]
        if not kinds <= {str, float, int} or len(set(some)) * 2 < len(some):
            return self._look(cells, rows, number, apart=bool in kinds)
        if str not in kinds:
            return self._read_numbers(np.array(cells, np.float64), rows, number)
        made = np.array(cells, object)
        words = np.array([type(cell) is str for cell in cells], bool)
        made[words] = self._look(made[words].tolist(), rows[words], number)
        made[~words] = self._read_numbers(made[~words].astype(np.float64), rows[~words], number)
        return made

    def _look(self, cells: Sequence[Any], rows: Rows, number: int, apart: bool = False) -> Sequence[str]:
        """Look at each different cell; `apart` keeps True from 1."""
        keys = [(type(cell), cell) for cell in cells] if apart else cells
        known = {key: self._see(key[1] if apart else key, number) for key in dict.fromkeys(keys)}
        for code, severity in {told for seen in known.values() for told in seen.told}:
            self._tell(code, severity, rows[[(code, severity) in known[key].told for key in keys]])
        texts = {key: seen.text for key, seen in known.items()}
        return [texts[key] for key in keys]

    def _see(self, cell: object, number: int) -> Seen:
        """What is published of one cell."""
        form, eyes = self._eyes.formats[number], self._eyes
        if isinstance(cell, str):
            return Seen(cell) if shows_text(form) else see_text(form, cell, eyes.cells)
        if cell is None or isinstance(cell, bool):
            return Seen("" if cell is None else "TRUE" if cell else "FALSE")
        if form is GENERAL and isinstance(cell, date | time):
            return Seen(cell.isoformat())
        return eyes.see_number(form, to_serial(cell, eyes.since_1904))

    def _read_numbers(self, values: Floats, rows: Rows, number: int) -> Objects:
        """The texts of numbers, most of them different."""
        made = np.empty(len(values), object)
        rest = np.ones(len(values), bool)
        rules = find_rules(self._eyes.formats[number], self._eyes.cells)
        for rule, some in zip(rules, (values < 0, values == 0, values > 0), strict=True):
            if rule is None or not some.any():
                continue
            if rule.kind == "number":
                some &= np.abs(values) < 1e15
                made[some] = self._write(values[some], rows[some], rule)
            elif rule.kind == "code":
                some &= (np.abs(values) < 1e15) & (values == np.trunc(values))
                made[some] = self._write_codes(values[some], rows[some], rule)
            else:
                days, seconds = _cut_days(values)
                some &= ~np.isnan(days)
                made[some] = self._write_dates(days[some], seconds[some], rows[some], rule)
            rest &= ~some
        made[rest] = self._look(values[rest].tolist(), rows[rest], number)
        return made

    def _write(self, values: Floats, rows: Rows, rule: FormatRule) -> Objects:
        made = np.empty(len(values), object)
        whole = values == np.trunc(values)
        made[whole] = pa.array(values[whole].astype(np.int64)).cast(pa.string()).to_pylist()
        texts = [to_number(value) for value in values[~whole].tolist()]
        made[~whole] = texts
        if rule.places < ALL:
            self._tell(*ROUNDED, rows[~whole][np.array([count_decimals(text) for text in texts], int) > rule.places])
        for told in rule.told:
            self._tell(*told, rows)
        return made

    def _write_codes(self, values: Floats, rows: Rows, rule: FormatRule) -> list[str]:
        for told in rule.told:
            self._tell(*told, rows)
        return [f"{value:0{rule.places + (value < 0)}d}" for value in values.astype(np.int64).tolist()]

    def _write_dates(self, days: Floats, seconds: Floats, rows: Rows, rule: FormatRule) -> list[str]:
        first = np.datetime64("1904-01-01" if self._eyes.since_1904 else "1899-12-30")
        dates = first + days.astype("timedelta64[D]")
        if rule.kind == "date":
            self._tell(*DROPPED, rows[seconds > 0])
            return list(np.datetime_as_string(dates, unit="D").tolist())
        if rule.places < 3:
            self._tell("shown-part", "notice", rows[seconds % 60 > 0])
        return list(np.datetime_as_string(dates + seconds.astype("timedelta64[s]"), unit="s").tolist())

    def _tell(self, code: str, severity: Severity, rows: Rows) -> None:
        if len(rows):
            self._told.setdefault((code, severity), []).append(rows)


def _cut_days(values: Floats) -> tuple[Floats, Floats]:
    """Days and seconds of serial numbers; NaN for those near a bound, which must be looked at."""
    days = np.floor(values)
    exact = (values - days) * DAY
    seconds = np.rint(exact)
    near = (np.abs(exact - np.floor(exact) - 0.5) < 1e-3) | (seconds >= DAY) | (values != days) & (exact < 1)
    odd = near | (values <= LEAP_DAY_1900) | (values >= LAST_DAY - 1462)
    return np.where(odd, np.nan, days), np.where(odd, np.nan, seconds)


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
