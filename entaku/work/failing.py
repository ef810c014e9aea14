"""Rows with errors: their cells before tidying, and the CSV that shows them."""

import codecs
import io
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from entaku.formats.arrays import list_distinct, make_flags, make_numbers, make_text, make_texts, repeat_text
from entaku.formats.heavy import pa, pc
from entaku.formats.text import column_letters
from entaku.model.messages import say_what
from entaku.model.nouns import Finding, Spec, Table
from entaku.release import write
from entaku.table import read
from entaku.table import whole as whole_tables
from entaku.work.bases import list_bases
from entaku.work.setting import Workplace

NO_CHANGE = ("rename", "select", "drop_columns", "drop_rows", "keep_rows", "drop_empty_rows", "sort", "deduplicate")
"""Steps that change no cell's text."""


Numbers = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

HEADS = ("file", "sheet", "row", "finding")
"""The columns before those of the table."""


SHOWN = 10_000
"""Rows with errors whose cells are in memory at once."""


MAX_READ_AGAIN = 20
"""Most raw files that are read again to report a cell's text before tidying."""


class Befores:
    """Cells of the raw file before tidying; a raw file is read again on the first lookup."""

    def __init__(self, setting: Workplace, spec: Spec, whole: whole_tables.Whole) -> None:
        self.setting, self.dataset, self.whole = setting, spec.pipeline.name, whole
        bases = list_bases(spec, whole.resource)
        untouched = not any(step.name not in NO_CHANGE for step in whole.resource.tidy)
        self.untouched = untouched or len(bases) > 1  # the tables of a stack have findings of their own
        self.reading = bases[0].read
        self.tables: dict[str, tuple[Table, ...]] = {}

    def find(self, row: int, column: str) -> str:
        """Return a cell's text in the raw file, or "" if the cell isn't from there."""
        if self.untouched:
            return ""
        label = self.whole.label(row)
        part, place = self.whole.part_of(label), self.whole.locate(label, column)
        name = part.names.get(column)
        if name is None or column not in part.origins or place.row is None:
            return ""
        key = part.raw.sha256
        if key not in self.tables:
            if len(self.tables) >= MAX_READ_AGAIN:
                return ""
            self.tables[key], _ = read(part.raw, self.setting.store.raw(self.dataset, key), self.reading)
        for table in self.tables[key]:
            there = name in table.frame.columns and place.row in table.frame.index
            cell = (
                f"{column_letters(table.origins[name])}{place.row}" if there and name in table.origins else place.cell
            )
            if table.sheet == place.sheet and there and (not place.cell or cell == place.cell):
                return str(table.frame.at[place.row, name])
        return ""


Reasons = Mapping[tuple[str, str], Mapping[int, Sequence[str]]]
"""By raw file and sheet what is wrong in each of its rows; 0 if no row is known."""


def list_failing(whole: whole_tables.Whole, bad: Collection[int], findings: Sequence[Finding]) -> bytes:
    """Return the rows of a table that have errors as CSV (UTF-8 with BOM, for Excel); b"" without any."""
    reasons: dict[tuple[str, str], dict[int, list[str]]] = {}
    for finding in findings:
        if finding.severity == "error":
            place = finding.place
            told = reasons.setdefault((place.file, place.sheet), {})
            told.setdefault(place.row or 0, []).append(say_what(finding, "ja"))
    if not reasons and not bad:
        return b""
    sink, first, found = io.BytesIO(codecs.BOM_UTF8), 0, False
    sink.seek(0, io.SEEK_END)
    names = [*HEADS, *whole.columns]
    _write(sink, pa.RecordBatch.from_arrays([make_texts([name]) for name in names], names))
    files = {file for file, _ in reasons}
    suspect = np.array([part.raw.url in files for part in whole.parts], np.bool_)
    wrong = np.sort(np.fromiter(bad, np.int64, len(bad)))
    for batch in whole:
        labels = whole.labels(first, batch.num_rows)
        mine = np.zeros(batch.num_rows, np.bool_)
        mine[wrong[(wrong >= first) & (wrong < first + batch.num_rows)] - first] = True
        look = mine | suspect[np.searchsorted(whole.starts, labels, "right") - 1]
        every = np.flatnonzero(look)
        for start in range(0, len(every), SHOWN):
            places = every[start : start + SHOWN]
            heads, told_of = _make_heads(whole, labels[places], reasons)
            stays = make_flags(mine[places] | told_of)
            shown = [column.take(make_numbers(places)) for column in batch.columns]
            rows = pa.RecordBatch.from_arrays([*heads, *shown], names).filter(stays)
            _write(sink, rows)
            found = found or rows.num_rows > 0
        first += batch.num_rows
    return sink.getvalue() if found else b""


def _write(sink: io.BytesIO, rows: pa.RecordBatch) -> None:
    for body in write.spell_csv(rows, ending="\r\n"):
        sink.write(body)


def _make_heads(whole: whole_tables.Whole, labels: Numbers, reasons: Reasons) -> tuple[list[pa.Array], Mask]:
    """Return the columns `HEADS` of rows, and the mask of those with a finding."""
    heads: list[list[pa.Array]] = [[], [], []]
    why = [""] * len(labels)
    first = 0
    for part, sheets, rows in whole.list_runs(labels):
        heads[0].append(repeat_text(part.raw.url, len(rows)))
        heads[1].append(make_texts([sheet for _, sheet in part.sheets]).take(make_numbers(sheets)))
        lines = pc.cast(make_numbers(rows), pa.string())
        heads[2].append(pc.if_else(make_flags(rows > 0), lines, make_text("")) if len(rows) else lines)
        for number in list_distinct(sheets).tolist():
            told = reasons.get((part.raw.url, part.sheets[number][1]), {})
            titles = [words for row in part.titles.values() for words in told.get(row or 0, ())]
            hit = sheets == number
            if not titles:
                hit &= np.isin(rows, np.fromiter(told, np.int64, len(told)))
            for n in np.flatnonzero(hit).tolist():
                why[first + n] = "／".join(dict.fromkeys((*told.get(int(rows[n]), ()), *titles)))
        first += len(rows)
    return [*map(pa.concat_arrays, heads), make_texts(why)], np.array([bool(words) for words in why], np.bool_)
