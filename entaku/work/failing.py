"""Rows with errors: their cells before tidying, and the CSV that shows them."""

import csv
import io
from collections.abc import Collection, Sequence
from itertools import compress

import numpy as np

from entaku.formats.arrays import make_numbers
from entaku.formats.text import column_letters
from entaku.model.grammar import Read, Resource
from entaku.model.messages import say_what
from entaku.model.nouns import Finding, Spec, Table
from entaku.table import read
from entaku.table import whole as whole_tables
from entaku.work.setting import Workplace

NO_CHANGE = ("rename", "select", "drop_columns", "drop_rows", "keep_rows", "drop_empty_rows", "sort", "deduplicate")
"""Steps that change no cell's text."""


SHOWN = 2_000
"""Rows with errors whose cells are in memory at once."""


MAX_READ_AGAIN = 20
"""Most raw files that are read again to report a cell's text before tidying."""


def base_of(spec: Spec, resource: Resource) -> tuple[Resource, Read | None]:
    """Return the resource that declares the source, and the `read` in force."""
    base = next(one for one in spec.pipeline.resources if one.name == (resource.from_ or resource.name))
    return base, resource.read or base.read


class Befores:
    """Cells of the raw file before tidying; a raw file is read again on the first lookup."""

    def __init__(self, setting: Workplace, spec: Spec, whole: whole_tables.Whole) -> None:
        self.setting, self.dataset, self.whole = setting, spec.pipeline.name, whole
        self.untouched = not any(step.name not in NO_CHANGE for step in whole.resource.tidy)
        self.reading = base_of(spec, whole.resource)[1]
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


def list_failing(whole: whole_tables.Whole, bad: Collection[int], findings: Sequence[Finding]) -> bytes:
    """Return the rows of a table that have errors as CSV (UTF-8 with BOM, for Excel); b"" without any."""
    reasons: dict[tuple[str, str, int | None], list[str]] = {}
    for finding in findings:
        if finding.severity == "error":
            place = finding.place
            reasons.setdefault((place.file, place.sheet, place.row), []).append(say_what(finding, "ja"))
    if not reasons and not bad:
        return b""
    sink = io.BytesIO()
    text = io.TextIOWrapper(sink, "utf-8-sig", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["file", "sheet", "row", "finding", *whole.columns])
    count = first = 0
    files = {file for file, _, _ in reasons}
    suspect = np.array([part.raw.url in files for part in whole.parts], np.bool_)
    wrong = np.sort(np.fromiter(bad, np.int64, len(bad)))
    for batch in whole:
        labels = whole.labels(first, batch.num_rows)
        look = suspect[np.searchsorted(whole.starts, labels, "right") - 1]
        look[wrong[(wrong >= first) & (wrong < first + batch.num_rows)] - first] = True
        every = np.flatnonzero(look)
        for start in range(0, len(every), SHOWN):
            places = every[start : start + SHOWN]
            heads = []
            for part, sheet, line in whole.list_spots(labels[places]):
                rows = (line, *(row or None for row in part.titles.values())) if part.titles else (line,)
                why = [words for row in rows for words in reasons.get((part.raw.url, sheet, row), ())]
                heads.append((part.raw.url, sheet, line, "／".join(dict.fromkeys(why)) if why else ""))
            shown = [column.take(make_numbers(places)).to_pylist() for column in batch.columns]
            cells = zip(*zip(*heads, strict=True), *shown, strict=True)
            stays = [bool(head[3]) or first + n in bad for n, head in zip(places.tolist(), heads, strict=True)]
            count += sum(stays)
            writer.writerows(compress(cells, stays))
        first += batch.num_rows
    text.flush()
    return sink.getvalue() if count else b""
