"""What is known to be wrong in a source, found in the finished table, corrected or left, and counted.

Conditions are tested on the texts that would be published, after all steps; each erratum sees what those before it in
the YAML corrected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from entaku.formats.arrays import Mask, make_flags, make_numbers, repeat_text, to_mask, to_numbers
from entaku.formats.heavy import pa, pc
from entaku.model.errata import Erratum
from entaku.model.nouns import Finding, Place, Spec
from entaku.model.patterns import SlowPatternError, find_expression
from entaku.table.part import Numbers


@dataclass(frozen=True)
class MetErratum:
    """An erratum in a table: the cells that it concerns."""

    erratum: Erratum
    rows: Mapping[str, Numbers]
    """By column, the numbers (from 0) of the rows whose cells it concerns."""
    texts: Mapping[str, pa.ChunkedArray]
    """By column, the texts of these cells before it."""
    others: int = 0
    """Rows that meet its condition and have other values than the wrong ones."""

    @property
    def row_count(self) -> int:
        """Return the number of rows that it concerns."""
        every = [np.zeros(0, np.int64), *self.rows.values()]
        return len(np.unique(np.concatenate(every)))

    @property
    def cell_count(self) -> int:
        """Return the number of cells that it concerns."""
        return sum(map(len, self.rows.values()))

    def list_cells(self) -> Iterator[tuple[int, str, str, str]]:
        """Yield its cells by row and column: row (from 1), column, text before, text published."""
        right, columns, none = self.erratum.right, self.erratum.columns, np.zeros(0, np.int64)
        rows = [self.rows[column] for column in columns]
        numbers = np.concatenate([none, *rows])
        which = np.concatenate([none, *(np.full(len(each), n) for n, each in enumerate(rows))])
        inner = np.concatenate([none, *(np.arange(len(each)) for each in rows)])
        for n in np.lexsort((which, numbers)).tolist():
            column = columns[int(which[n])]
            text = self.texts[column][int(inner[n])].as_py()
            yield int(numbers[n]) + 1, column, text, right.get(column, text)


def correct_batches(batches: Iterable[pa.RecordBatch], errata: Sequence[Erratum]) -> Iterator[pa.RecordBatch]:
    """Yield the rows with what errata set or empty."""
    for batch in batches:
        for erratum in errata:
            batch = _correct(batch, erratum, _find_wrong(batch, erratum)[0])
        yield batch


def meet_errata(batches: Iterable[pa.RecordBatch], errata: Sequence[Erratum]) -> list[MetErratum]:
    """Find the cells that each erratum concerns.  Raises SlowPatternError."""
    rows: list[dict[str, list[Numbers]]] = [{column: [] for column in one.columns} for one in errata]
    texts: list[dict[str, list[pa.Array]]] = [{column: [] for column in one.columns} for one in errata]
    others, first = [0] * len(errata), 0
    for batch in batches:
        for n, erratum in enumerate(errata):
            wrong, other = _find_wrong(batch, erratum)
            others[n] += other
            for column, mask in wrong.items():
                places = np.flatnonzero(mask).astype(np.int64)
                rows[n][column].append(places + first)
                texts[n][column].append(batch.column(column).take(make_numbers(places)))
            batch = _correct(batch, erratum, wrong)
        first += batch.num_rows
    return [
        MetErratum(
            erratum,
            {column: np.concatenate([np.zeros(0, np.int64), *found]) for column, found in rows[n].items()},
            {column: pa.chunked_array(found, pa.string()) for column, found in texts[n].items()},
            others[n],
        )
        for n, erratum in enumerate(errata)
    ]


def _find_wrong(batch: pa.RecordBatch, erratum: Erratum) -> tuple[dict[str, Mask], int]:
    """Return by column which cells are wrong, and how many rows meet the condition with other values."""
    hits = [_search(batch.column(column), pattern) for column, pattern in erratum.match.items()]
    met = (np.logical_or if erratum.any else np.logical_and).reduce(hits)
    wrong = met.copy()
    for column, text in erratum.was.items():
        wrong &= to_mask(pc.equal(batch.column(column), text))
    right = erratum.right
    found = {column: wrong & _differs(batch.column(column), right.get(column)) for column in erratum.columns}
    return found, int((met & ~np.logical_or.reduce(list(found.values()))).sum())


def _differs(texts: pa.Array, right: str | None) -> Mask:
    """Return which texts aren't the right one already; all, if it isn't known."""
    return np.ones(len(texts), bool) if right is None else to_mask(pc.not_equal(texts, right))


def _search(texts: pa.Array, pattern: str) -> Mask:
    coded, expression = texts.dictionary_encode(), find_expression(pattern)
    hits = np.array([expression.search(text) is not None for text in coded.dictionary.to_pylist()], bool)
    return hits[to_numbers(coded.indices)] if len(hits) else np.zeros(len(texts), bool)


def _correct(batch: pa.RecordBatch, erratum: Erratum, wrong: Mapping[str, Mask]) -> pa.RecordBatch:
    changed = {column: text for column, text in erratum.right.items() if wrong[column].any()}
    if not changed:
        return batch
    columns = [
        pc.if_else(make_flags(wrong[name]), repeat_text(changed[name], batch.num_rows), column)
        if name in changed
        else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


# ---- findings ---------------------------------------------------------------------------------------------------


def list_usable(errata: Iterable[Erratum], columns: Iterable[str]) -> tuple[Erratum, ...]:
    """List the errata of which the table has all columns; where it lacks some, other findings say so."""
    there = set(columns)
    return tuple(one for one in errata if {*one.match, *one.was, *one.columns} <= there)


def tell_slow(slow: SlowPatternError, table: str, spec: Spec) -> Finding:
    """Return the finding that a condition takes too long."""
    return Finding("slow-pattern", "error", _place(table, 0, spec), slow.pattern, {"text": slow.shown})


def tell_errata(met: Sequence[MetErratum], errata: Sequence[Erratum], table: str, spec: Spec) -> Iterator[Finding]:
    """Yield what became of each erratum: cells that were changed or left, or that it is to be removed."""
    names = [one.name for one in errata]
    for one in met:
        erratum = one.erratum
        place = _place(table, names.index(erratum.name), spec)
        args = {"table": table, "columns": ", ".join(erratum.columns), "line": str(place.line or "")}
        if not one.cell_count:
            code = "erratum-ended" if one.others else "erratum-unmet"
            yield Finding(code, "notice", place, erratum.name, {**args, "count": f"{one.others:,}"})
            continue
        code = {"left": "erratum-left", "set": "erratum-corrected", "empty": "erratum-emptied"}[erratum.done]
        args |= {"count": f"{one.cell_count:,}", "rows": f"{one.row_count:,}", "others": f"{one.others:,}"}
        yield Finding(code, "notice", place, erratum.name, args)


def _place(table: str, n: int, spec: Spec) -> Place:
    tables = [resource.name for resource in spec.pipeline.resources]
    return Place(file=spec.file, line=spec.lines.get(("resources", tables.index(table), "errata", n)))
