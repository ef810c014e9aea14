"""Remarks on a workbook's cells → findings, for the cells that are still there when their table is tidied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from entaku.formats.heavy import pd
from entaku.model.nouns import Finding, Place, Remark, Table
from entaku.table.notes import MAX_NOTES
from entaku.table.part import CellNames
from entaku.table.steps import Tidied

EACH = ("excel-error", "formula-without-value")
"""Told of each cell; of other remarks a column has one finding."""
_PERCENT = re.compile(r"[0-9０-９.]\s*[%％]\s*$")

Labels = np.ndarray[Any, np.dtype[np.int64]]


def tell_remarks(table: Table, tidied: Tidied) -> tuple[Finding, ...]:
    """The findings of a tidied table: its own without those on cells that are errors, and those of its remarks."""
    if not table.remarks:
        return tidied.findings
    told = [finding for remark in table.remarks for finding in _tell(remark, table, tidied)]
    errors = {finding.place.cell for finding in told if finding.code in EACH}
    kept = [finding for finding in tidied.findings if not finding.place.cell or finding.place.cell not in errors]
    return (*kept, *_merge(told))


def _merge(told: list[Finding]) -> Iterator[Finding]:
    """One finding for each kind and column, where formats differ within it."""
    seen: dict[tuple[str, str, str], int] = {}
    made: list[Finding] = []
    for finding in told:
        key = finding.code, finding.place.column, finding.place.cell if finding.code in EACH else ""
        if key in seen and finding.code not in EACH:
            before = made[seen[key]]
            count = str(int(before.args["count"]) + int(finding.args["count"]))
            made[seen[key]] = replace(before, args={**before.args, "count": count})
        elif key not in seen:
            seen[key] = len(made)
            made.append(finding)
    yield from made


def _tell(remark: Remark, table: Table, tidied: Tidied) -> Iterator[Finding]:
    name = next((name for name, at in table.origins.items() if at == remark.at), "")
    if remark.code in EACH:
        yield from _tell_each(remark, name, table, tidied)
        return
    if not name:
        return
    raw = table.frame[name]
    for column in _list_columns(name, table, tidied):
        labels = _find_kept(remark, table, raw, tidied.frame[column])
        if not len(labels):
            continue
        first = int(labels[0])
        place = _place(table, first, column, name)
        args = {"count": f"{len(labels)}", "shown": remark.shown(first)}
        yield Finding(remark.code, remark.severity, place, str(raw.get(first, "")), args)
        other = _find_percent(remark, table, tidied.frame[column]) if remark.code == "shown-percent" else None
        if other is not None:
            label, words = other
            args = {"percent": args["shown"], "number": str(raw[first])}
            yield Finding("mixed-percent", "error", _place(table, label, column, name), words, args)
        return


def _list_columns(name: str, table: Table, tidied: Tidied) -> list[str]:
    """The columns in which a column of the file may be: itself under its name of now, or one that steps have made."""
    now = [(str(column), tidied.names.get(str(column), str(column))) for column in tidied.frame.columns]
    own = [column for column, raw in now if raw == name]
    return own + [column for column, raw in now if raw not in table.frame.columns]


def _find_kept(remark: Remark, table: Table, raw: pd.Series, series: pd.Series) -> Labels:
    """The rows in which a column still has the text of the remark's cell."""
    labels = series.index.to_numpy(np.int64)
    if remark.code == "shown-nothing":
        return _find_hidden(remark.rows, table, labels)
    kept = np.isin(labels, remark.rows)
    if not kept.any():
        return labels[:0]
    there = np.unique(labels[kept])
    before = raw.reindex(labels[kept]).to_numpy(object)
    same = series.to_numpy(object)[kept] == before
    return there if same.all() else np.unique(labels[kept][same.astype(bool)])


def _find_hidden(rows: Labels, table: Table, labels: Labels) -> Labels:
    """The rows of hidden values that are in the table, or blank without them and so no rows of it."""
    below = rows[rows > min(table.starts, default=0)]
    return below[np.isin(below, labels) | ~np.isin(below, table.frame.index.to_numpy(np.int64))]


def _place(table: Table, row: int, column: str, name: str) -> Place:
    return CellNames(table.file, table.sheet, {column: table.origins[name]}, True).place(row, column, name)


def _find_percent(remark: Remark, table: Table, series: pd.Series) -> tuple[int, str] | None:
    """The first cell of a column that shows a percentage which is not divided by 100, in text or by its format."""
    for label, words in zip(series.index.tolist(), series.tolist(), strict=True):
        if _PERCENT.search(words):
            return int(label), words
    for other in table.remarks:
        if other.at == remark.at and other.code == "shown-words" and _PERCENT.search(other.shown(int(other.rows[0]))):
            return int(other.rows[0]), other.shown(int(other.rows[0]))
    return None


# ---- errors -----------------------------------------------------------------------------------------------------


def _tell_each(remark: Remark, name: str, table: Table, tidied: Tidied) -> Iterator[Finding]:
    """A finding for each cell that is still in the table, or in what its headings and titles have become."""
    found = _find_errors(remark, name, table, tidied)
    for row in sorted(found)[:MAX_NOTES]:
        column = found[row]
        cells = CellNames(table.file, table.sheet, {column: remark.at}, True)
        yield Finding(remark.code, "error", cells.place(row, column, name or column), remark.shown(row))
    if len(found) > MAX_NOTES:
        args = {"count": str(len(found) - MAX_NOTES), "of": remark.code}
        yield Finding("too-many-findings", "error", Place(table.file, sheet=table.sheet), args=args)


def _find_errors(remark: Remark, name: str, table: Table, tidied: Tidied) -> dict[int, str]:
    """The rows of the remark whose errors are still in the table, and a column where each is."""
    frame = tidied.frame
    found: dict[int, str] = {}
    labels = frame.index.to_numpy(np.int64)
    kept = np.isin(labels, remark.rows)
    for column in _list_columns(name, table, tidied) if kept.any() else ():
        for label, words in zip(labels[kept].tolist(), frame[column][kept].tolist(), strict=True):
            if remark.shown(label) in words:
                found.setdefault(label, column)
    above = set(remark.rows.tolist()) - set(table.frame.index)
    if above:
        loose = [column for column in frame.columns if tidied.names.get(column, column) not in table.origins]
        texts = [(column, words) for column in loose for words in frame[column].unique()]
        texts += [(column, column) for column in frame.columns]
        for row in above:
            where = next((str(column) for column, words in texts if remark.shown(row) in words), None)
            if where is not None:
                found[row] = where
    return found
