"""The rows that pages show first: those of the release's files, in the order that the table's view asks for."""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from operator import attrgetter, itemgetter
from typing import Any, BinaryIO

import numpy as np

from entaku.formats.heavy import pa, pc
from entaku.formats.limits import PUBLISHED_CELL, cells_up_to
from entaku.model.errata import TableErrata
from entaku.model.files import File
from entaku.model.nouns import EPOCH, Release, ReleasedResource, Spec
from entaku.model.profile import list_constant
from entaku.model.view import find_order
from entaku.release import making
from entaku.store import Cache, Store
from entaku.work.releases import check_sound

FIRST = 20
"""Number of rows."""
FEW, LISTED, SHORT = 300, 40, 20
"""Different texts up to which those of a column are read for the search, how many of them it finds, and their characters."""
ROWS_EDITION = 1
"""Rises with every change of which rows pages show first, so that those of before are read again."""
PIECE = 1 << 20
"""Bytes of a CSV that are looked through at once."""
IN_ORDER = (("date", "default"), ("yearmonth", "default"))
"""Types and formats of columns whose parts, by day, month or year, are in their order as their names are."""
MOST_ORDERED = 5_000_000
"""Rows of a table beyond which its page begins with the first rows of its file."""

Ends = np.ndarray[Any, np.dtype[np.intp]]


def add_rows(release: Release, spec: Spec, store: Store, cache: Cache) -> Release:
    """Return `release` with the views that the current `spec` plans, and the first rows of each table in that order."""
    asked = {resource.name: resource.view for resource in spec.pipeline.resources}
    tables = []
    for table in release.resources:
        view, schema = asked.get(table.name, table.resource.view), table.resource.schema
        column, down = find_order(schema.fields, schema.primaryKey, view, list_constant(table.profile))
        shown = replace(table, resource=replace(table.resource, view=view))
        if column and 1 < table.rows <= MOST_ORDERED:
            shown = replace(shown, preview=_read_first(release, table, (column, down), (store, cache)))
        if table.errata is not None:
            shown = replace(shown, errata=_mark_errata(release, table, (column, down), store))
        if names := list_unlisted(table):
            shown = replace(shown, values=_read_values(release, table, names, (store, cache)))
        tables.append(shown)
    return replace(release, resources=tuple(tables))


def _read_first(
    release: Release, table: ReleasedResource, order: tuple[str, bool], where: tuple[Store, Cache]
) -> tuple[tuple[str, ...], ...]:
    """Return the rows of a table that come first in an order, as text; those alike stay as in the file."""
    store, cache = where
    asked = json.dumps([EPOCH, ROWS_EDITION, table.csv.sha256, *order])
    key = hashlib.sha256(f"rows {asked}".encode()).hexdigest()
    kept = cache.get(key)
    if kept is None:
        rows = list[list[str]]()
        for csv_file, parquet in _list_pairs(table, order):
            rows += _read_some(release, (csv_file, parquet), order, store)
            if len(rows) >= FIRST:
                break
        rows = rows[:FIRST]
        kept = json.dumps(rows, ensure_ascii=False).encode("utf-8", "backslashreplace")
        cache.put(key, kept)
    return tuple(map(tuple, json.loads(kept)))


def _list_pairs(table: ReleasedResource, order: tuple[str, bool]) -> list[tuple[File, File]]:
    """List the CSV and the Parquet of a table, or those of its parts where all rows of one come before those of the
    next in an order."""
    column, down = order
    plan, kinds = table.resource.partition, {one.name: (one.type, one.format) for one in table.resource.schema.fields}
    if table.parted is None or plan is None or plan.by != column or kinds[column] not in IN_ORDER or not plan.each:
        return [(table.csv, table.parquet)]
    parts = sorted(table.parted.parts, key=attrgetter("name"), reverse=down)
    return [(part.csv, part.parquet) for part in parts]


def _read_some(
    release: Release, files: tuple[File, File], order: tuple[str, bool], store: Store
) -> list[list[str]]:  # fmt: skip
    """Return the rows of a CSV and a Parquet that come first in an order."""
    for file in files:
        check_sound(store, release, file)
    batches = store.read_columns(release.dataset, release.version, files[1].path, [order[0]])
    with store.open_release(release.dataset, release.version, files[0].path) as stream:
        return read_rows(stream, pick_first(batches, order[1]))


def _mark_errata(release: Release, table: ReleasedResource, order: tuple[str, bool], store: Store) -> TableErrata:
    """Return a table's known errors with those in its first rows, in an order."""
    assert table.errata is not None
    numbers = list(range(FIRST))
    if order[0] and 1 < table.rows <= MOST_ORDERED:
        batches = store.read_columns(release.dataset, release.version, table.parquet.path, [order[0]])
        numbers = pick_first(batches, order[1])
    check_sound(store, release, table.errata.file)
    at = {number + 1: place for place, number in enumerate(numbers)}
    cells = making.read_cells(store.open_release(release.dataset, release.version, table.errata.file.path))
    marked = [(at[cell.row], cell.column, cell.erratum) for cell in cells if cell.row in at]
    return replace(table.errata, marked=tuple(marked))


def list_unlisted(table: ReleasedResource) -> list[str]:
    """List the columns of texts with few different ones, of which the statistics list only some."""
    kinds = {field.name: field.type for field in table.resource.schema.fields}
    return [
        column.name
        for column in table.profile
        if kinds.get(column.name) == "string"
        and len(column.top) < column.distinct <= FEW
        and table.rows <= MOST_ORDERED
    ]


def _read_values(
    release: Release, table: ReleasedResource, names: Sequence[str], where: tuple[Store, Cache]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return columns with their most frequent short texts."""
    store, cache = where
    asked = json.dumps([EPOCH, ROWS_EDITION, table.parquet.sha256, *names])
    key = hashlib.sha256(f"values {asked}".encode()).hexdigest()
    kept = cache.get(key)
    if kept is None:
        check_sound(store, release, table.parquet)
        counts: dict[str, Counter[str]] = {name: Counter() for name in names}
        for batch in store.read_columns(release.dataset, release.version, table.parquet.path, names):
            for name, counted in counts.items():
                each = batch.column(name).value_counts().to_pylist()
                counted.update({one["values"]: one["counts"] for one in each if one["values"]})
        found = {
            name: [value for value, _ in sorted(counted.items(), key=_rank) if len(value) <= SHORT][:LISTED]
            for name, counted in counts.items()
        }
        kept = json.dumps(found, ensure_ascii=False).encode("utf-8", "backslashreplace")
        cache.put(key, kept)
    return tuple((name, tuple(values)) for name, values in json.loads(kept).items())


def _rank(counted: tuple[str, int]) -> tuple[int, str]:
    """Return a sort key that puts the more frequent first."""
    return -counted[1], counted[0]


def pick_first(batches: "Iterable[pa.RecordBatch]", down: bool) -> list[int]:
    """Return the numbers of the FIRST rows in the order of the only column; empty cells come last.

    Of the batches before only the first rows are held in memory.
    """
    best: list[tuple[Any, int]] = []
    empty: list[int] = []
    start = 0
    for batch in batches:
        column = batch.column(0)
        places = _list_candidates(column, down)
        values = column.take(places).to_pylist()
        known = zip(places.to_pylist(), values, strict=True)
        best += [(_compare_by(value), start + n) for n, value in known if value is not None]
        best = sorted(best, key=itemgetter(0), reverse=down)[:FIRST]
        if len(empty) < FIRST and column.null_count:
            empty += [start + n for n in pc.indices_nonzero(column.is_null()).to_pylist()]
        start += len(column)
    return [*(n for _, n in best), *empty][:FIRST]


def _list_candidates(column: "pa.Array", down: bool) -> "pa.Array":
    """List the numbers of the cells of a column that may be among the FIRST, so that those alike are in its order.

    Arrow sorts days, times and whole numbers as Python does, and leaves cells that are alike in their order.
    """
    kind = column.type
    if any(test(kind) for test in (pa.types.is_integer, pa.types.is_date, pa.types.is_timestamp, pa.types.is_time)):
        return pc.array_sort_indices(column, order="descending" if down else "ascending")[:FIRST]
    return pa.array(range(len(column)), pa.int64())


def _compare_by(value: Any) -> Any:
    """Return what a value is sorted by: texts by their UTF-16, as scripts compare them."""
    text = ",".join(map(str, value)) if isinstance(value, list) else value
    return text.encode("utf-16-be", "surrogatepass") if isinstance(text, str) else text


def read_rows(stream: BinaryIO, numbers: Sequence[int]) -> list[list[str]]:
    """Read rows of a published CSV by their numbers, from 0 below its header, in the order of `numbers`."""
    wanted, last = set(numbers), max(numbers, default=-1)
    found: dict[int, list[str]] = {}
    first = -1
    for piece, ends in cut_rows(stream):
        beyond = first + len(ends)
        for n in (n for n in wanted if first <= n < beyond):
            start = ends[n - first - 1] + 1 if n > first else 0
            text = io.StringIO(piece[start : ends[n - first] + 1].decode(), newline="")
            with cells_up_to(PUBLISHED_CELL):
                found[n] = next(csv.reader(text))
        first = beyond
        if first > last:
            break
    return [found[n] for n in numbers]


def cut_rows(stream: BinaryIO) -> Iterator[tuple[bytes, Ends]]:
    """Yield a published CSV in pieces of whole rows, and the places of the line feeds at the end of each row: most rows
    are wanted by nobody, and only counted."""
    left = b""
    while read := stream.read(PIECE):
        piece = left + read
        ends = _find_ends(piece)
        cut = int(ends[-1]) + 1 if len(ends) else 0
        if cut:
            yield piece[:cut], ends
        left = piece[cut:]
    if left:
        yield left, np.array([len(left) - 1])


def _find_ends(piece: bytes) -> Ends:
    """Find the line feeds that no quotes enclose."""
    codes = np.frombuffer(piece, np.uint8)
    ends = np.flatnonzero(codes == ord("\n"))
    if b'"' in piece:
        ends = ends[np.searchsorted(np.flatnonzero(codes == ord('"')), ends) % 2 == 0]
    return ends
