"""Release × release → what changed, table by table: rows that came, went and were corrected, columns, keys, codes.

Rows are recognized by the primary key, if both releases have its columns; else whole rows are compared, each as often
as it stands there.  Columns of the same name are compared, and those that were renamed, as texts: what was published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from entaku.check import Spill
from entaku.formats.arrays import make_numbers, to_mask
from entaku.formats.hashes import hash_texts, join_numbers
from entaku.formats.heavy import pa, pc
from entaku.model.changes import Change, RowsFile
from entaku.release.changed import (
    MarkedRows,
    OpenSink,
    RowFiles,
    RowsLayout,
    lay_out,
    make_fields,
    name_corrected,
    write_rows,
)
from entaku.release.matching import Matched, NotUniqueError, NumberedRows, count_parts, match_rows
from entaku.release.renames import find_renamed
from entaku.release.rows import Side as Side
from entaku.release.rows import name_columns, regroup, select
from entaku.release.structure import compare_structure as compare_structure

MAX_EXAMPLES = 5
TEXT_AT_ONCE = 1 << 25
"""Bytes of corrected rows that are in memory at once, about."""
SEEDS = tuple(np.uint64(seed) for seed in (0, 0x2545F4914F6CDD1D, 0x9FB21C651E98DF25))
"""Of each of which the numbers of rows are others."""
_OTHER = np.uint64(0x8EBC6AF09C88C6E3)


class CollisionError(Exception):
    """Raised for two rows of different keys with the same number."""


@dataclass(frozen=True)
class Outlet:
    """What a comparison writes to."""

    open: OpenSink
    """Opens a file of changed rows, replacing one of the same path."""
    make_spill: Callable[[], Spill]


def compare_tables(old: Side | None, new: Side | None, outlet: Outlet) -> Change:
    """Compare two versions of one table, and write the rows that differ; None stands for a table that is absent."""
    shown = new or old
    assert shown is not None
    key = _find_key(old, new)
    renamed = find_renamed(old, new, key) if old and new else {}
    layout = lay_out(old, new, renamed)
    structure = tuple(compare_structure(old.resource if old else None, new.resource if new else None, renamed))
    for unique, seed in [*((True, seed) for seed in SEEDS if key), *((False, seed) for seed in SEEDS)]:
        work = _Work(old, new, layout, key if unique else (), outlet)
        try:
            matched = work.match(seed)
            work.write(matched)
        except (NotUniqueError, CollisionError):
            continue
        break
    count = {
        "added": int(matched.added.sum()),
        "removed": int(matched.gone.sum()),
        "changed": int(matched.corrected.sum()),
    }
    return Change(
        shown.resource.name,
        len(matched.gone) + (old.first if old else 0),
        len(matched.before) + (new.first if new else 0),
        **count,
        key=work.key,
        reordered=matched.reordered,
        cells={name: number for name, number in work.cells.items() if number},
        columns=new.names if new else (),
        structure=structure,
        marks=layout.marks,
        files=tuple(work.files),
        examples=tuple(example for sign in "+-~" for example in work.examples.get(sign, ())),
    )


def _find_key(old: Side | None, new: Side | None) -> tuple[str, ...]:
    """Return the key by which both tables know their rows: the later one's, or else the earlier one's."""
    if old is None or new is None:
        return ()
    for side in (new, old):
        key = side.resource.schema.primaryKey
        if key and all(name in old.names and name in new.names for name in key):
            return tuple(key)
    return ()


@dataclass
class _Work:
    """One comparison: what is known of the tables, and what has been found."""

    old: Side | None
    new: Side | None
    layout: RowsLayout
    key: tuple[str, ...]
    outlet: Outlet
    cells: dict[str, int] = field(default_factory=dict)
    files: list[RowsFile] = field(default_factory=list)
    examples: dict[str, list[str]] = field(default_factory=dict)

    # ---- which rows

    def match(self, seed: np.uint64) -> Matched:
        """Match the rows of both tables."""
        parts = count_parts(max(side.rows for side in (self.old, self.new) if side))
        numbered = [
            self._number(side, names, NumberedRows(parts, self.outlet.make_spill), seed)
            for side, names in ((self.old, self.layout.old), (self.new, self.layout.new))
        ]
        return match_rows(numbered[0], numbered[1], bool(self.key))

    def _number(
        self, side: Side | None, names: Mapping[str, str | None], into: NumberedRows, seed: np.uint64
    ) -> NumberedRows:
        every = [*self.key, *(name for name in self.layout.both if name not in self.key)]
        if side is None:
            return into
        if not every:  # nothing in common, not even a table
            places = np.arange(side.rows, dtype=np.uint64)
            into.add(places, places)
            return into
        for batch in side.read([names[name] or "" for name in every]):
            cells = [hash_texts(batch.column(names[name] or ""), seed) for name in every]
            if self.key:
                rest = [np.zeros(batch.num_rows, np.uint64), *cells[len(self.key) :]]
                into.add(join_numbers(cells[: len(self.key)]), join_numbers(rest))
            else:
                into.add(join_numbers(cells), join_numbers([cells[0] ^ _OTHER, *cells[1:]]))
        return into

    # ---- their files

    def write(self, matched: Matched) -> None:
        """Write the rows that differ, and the cells of new columns of those that don't."""
        schema, zoned = make_fields(self.old, self.new, self.layout)
        name = (self.new or self.old).resource.name  # type: ignore[union-attr]
        if matched.gone.any() or matched.corrected.any() or matched.added.any():
            files = RowFiles(name, self.outlet.open, self.layout.marks, schema, zoned)
            self._write_one_sided(files, "removed", self.old, matched.gone)
            for pair in self._pair(matched):
                write_rows(files, pair)
            self._write_one_sided(files, "added", self.new, matched.added)
            self.files += files.close()
        fresh = [name for name in self.layout.names if not self.layout.old[name]]
        kept = ~(matched.added | matched.corrected)
        if self.old and self.new and fresh and kept.any():
            fields = tuple(field for field in schema.fields if field.name in fresh)
            files = RowFiles(
                f"{name}.columns", self.outlet.open, self.layout.marks[2:],
                type(schema)(fields=fields), zoned & frozenset(fresh),
            )  # fmt: skip
            for batch, rows in select(self.new, fresh, kept):
                was = matched.before[rows].astype(np.int64)
                files.add(
                    [make_numbers(was + self.old.first + 1), make_numbers(rows + self.new.first + 1)], batch.columns
                )
            self.files += files.close()

    def _write_one_sided(self, files: RowFiles, change: str, side: Side | None, wanted: Any) -> None:
        """Write the rows that only one of the tables has."""
        names = self.layout.old if change == "removed" else self.layout.new
        own = [name for name in names.values() if name]
        for batch, rows in select(side, own, wanted) if side else ():
            cells, there = name_columns(batch, names), rows + (side.first if side else 0)
            before, after = (there, None) if change == "removed" else (None, there)
            write_rows(files, [MarkedRows(change, cells, before, after)])
            self._show("-" if change == "removed" else "+", batch)

    def _pair(self, matched: Matched) -> Iterator[tuple[MarkedRows, MarkedRows]]:
        """Yield corrected rows as they were and as they are, in the order of the later table."""
        if not matched.corrected.any() or self.old is None or self.new is None:
            return
        size = max(1000, int(TEXT_AT_ONCE / (1 + max(side.bytes / max(side.rows, 1) for side in (self.old, self.new)))))
        own = [name for name in self.layout.old.values() if name]
        mine = [name for name in self.layout.new.values() if name]
        order = matched.before[matched.corrected]
        sorted_ = not bool((order[1:] < order[:-1]).any())
        was = np.zeros(len(matched.gone), np.bool_)
        was[order] = True
        stream = regroup(select(self.old, own, was), size) if sorted_ else iter(())
        for new, rows in regroup(select(self.new, mine, matched.corrected), size):
            there = matched.before[rows]
            old = next(stream)[0] if sorted_ else self._fetch(own, there)
            yield self._compare(old, new, (there.astype(np.int64) + self.old.first, rows + self.new.first))

    def _fetch(self, columns: Sequence[str], rows: Any) -> pa.RecordBatch:
        """Read rows of the earlier table in any order."""
        assert self.old is not None
        wanted = np.zeros(self.old.rows, np.bool_)
        wanted[rows] = True
        found = pa.Table.from_batches([batch for batch, _ in select(self.old, columns, wanted)])
        places = np.searchsorted(np.flatnonzero(wanted), rows)
        return found.combine_chunks().to_batches()[0].take(make_numbers(places))

    def _compare(self, old: pa.RecordBatch, new: pa.RecordBatch, rows: Any) -> tuple[MarkedRows, MarkedRows]:
        """Count what was corrected in which column.  Raises CollisionError for rows of different keys."""
        one, other = name_columns(old, self.layout.old), name_columns(new, self.layout.new)
        if not all(one[name].equals(other[name]) for name in self.key):
            raise CollisionError
        names = [name for name in self.layout.both if name not in self.key]
        masks = [pc.not_equal(one[name], other[name]) for name in names]
        for name, mask in zip(names, masks, strict=True):
            self.cells[name] = self.cells.get(name, 0) + int(to_mask(mask).sum())
        columns = name_corrected(names, masks)
        self._show_corrected(one, other, columns)
        return (
            MarkedRows("before", one, rows[0], rows[1], columns),
            MarkedRows("after", other, rows[0], rows[1], columns),
        )

    # ---- examples

    def _show(self, sign: str, batch: pa.RecordBatch) -> None:
        some = self.examples.setdefault(sign, [])
        for row in batch.slice(0, MAX_EXAMPLES - len(some)).to_pylist():
            some.append(f"{sign} {_show_row(row.values())}")

    def _show_corrected(self, old: Mapping[str, pa.Array], new: Mapping[str, pa.Array], columns: pa.Array) -> None:
        some = self.examples.setdefault("~", [])
        for at in range(min(MAX_EXAMPLES - len(some), len(columns))):
            names = columns[at].as_py().split(" ")
            told = [
                f"{name} {old[name][at].as_py() or '（空）'} → {new[name][at].as_py() or '（空）'}" for name in names
            ]
            some.append(f"~ {_show_row(new[name][at].as_py() for name in self.key)}: {', '.join(told)}")


def _show_row(cells: Any) -> str:
    text = ", ".join(cells)
    return text if len(text) <= 120 else text[:120] + "…"
