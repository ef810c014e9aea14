"""A table's place file: where each of its rows was in the raw files, in a few bytes a row.

A Parquet file of three columns with a row for each row of the table: the number of the raw file, the sheet or member,
and the row there (from 1).  Its metadata `places` lists, as JSON, the raw files by the beginnings of their SHA-256 (a
manifest.json has their URLs), and says which column of the raw file each column of the table was read from.  Where the
manifest has them in lists, they are numbered as they stand in these, and the metadata has their count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from entaku.formats.arrays import BLOCK, make_places, make_texts
from entaku.formats.heavy import pa
from entaku.model.files import File, name_places
from entaku.model.grammar import Resource
from entaku.release.files import ParquetFile, Sink
from entaku.table import part as part_files
from entaku.table import whole as whole_tables

DIGITS = 16
"""Digits of a SHA-256 that stand for it."""
HIDDEN = "hidden-sheet/"
"""What an `allow` of a hidden sheet begins with: its name isn't published."""


class PlaceDesk(Protocol):
    """Storage for the files of a possible release."""

    def open(self, path: str) -> Sink:
        """Open a new file."""


def write_places(whole: whole_tables.Whole, desk: PlaceDesk, numbered: bool = False) -> File:
    """Write the place file of a table, some rows at a time; `numbered`: its raw files are those of lists, in their
    order."""
    name, told = name_places(whole.resource.name), describe_columns(whole)
    told |= {"files": len(whole.parts)} if numbered else {}
    about = json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    types = {"file": pa.int32(), "sheet": pa.string(), "row": pa.int32()}
    schema = pa.schema(types.items(), metadata={"places": about})
    file = ParquetFile(desk.open(name), schema, rising=("row",))
    for first in range(0, whole.rows, BLOCK):
        file.add(_list_rows(whole, first, min(BLOCK, whole.rows - first), schema))
    return file.close(name)


def _list_rows(whole: whole_tables.Whole, first: int, count: int, schema: pa.Schema) -> pa.RecordBatch:
    labels = whole.labels(first, count)
    owners = np.searchsorted(whole.starts, labels, "right") - 1
    rows, sheets = np.zeros(count, np.int32), np.zeros(count, np.int32)
    numbers: dict[str, int] = {}
    hidden = {key.removeprefix(HIDDEN) for key in whole.resource.allow if key.startswith(HIDDEN)}
    for start, end in pairwise(np.flatnonzero(np.diff(owners, prepend=-1, append=-1)).tolist()):
        n = int(owners[start])
        part, places = whole.parts[n], labels[start:end] - whole.starts[n]
        if len(part.ranges) == len(part.sheets) == 1:  # as thousands of small files
            found, rows[start:end] = np.zeros(1, np.int64), places + (part.ranges[0, 1] - part.ranges[0, 0])
        else:
            found, rows[start:end] = part.find_numbers(places)
        names = ["" if _last(sheet) in hidden else sheet for _, sheet in part.sheets]
        known = np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int32)
        sheets[start:end] = known[found]
    texts = make_texts(numbers).take(make_places(sheets)) if count else make_texts([])
    rows[rows == 0] = -1  # a row of no raw file
    return pa.RecordBatch.from_arrays([make_places(owners.astype(np.int32)), texts, make_places(rows)], schema=schema)


def _last(sheet: str) -> str:
    """The sheet's own name, without that of the member that it is in."""
    return sheet.rpartition("/")[2]


# ---- columns ----------------------------------------------------------------------------------------------------


def describe_columns(whole: whole_tables.Whole) -> dict[str, Any]:
    """List the raw files, and say which of their columns each column of a table is from: `layouts`, and `since` which
    file each holds."""
    layouts: dict[str, int] = {}
    known: dict[tuple[object, ...], str] = {}
    files: list[tuple[int, int]] = []
    for n, part in enumerate(whole.parts):
        alike = (id(part.names), id(part.origins), id(part.titles), part.spreadsheet, *part.raw.values)
        shown = known.get(alike, "")
        if not shown:
            shown = json.dumps(dict(_list_columns(whole.resource, part)), ensure_ascii=False, sort_keys=True)
            known[alike] = shown
        number = layouts.setdefault(shown, len(layouts))
        if not files or files[-1][1] != number:
            files.append((n, number))
    hashes = [part.raw.sha256[:DIGITS] for part in whole.parts]
    return {"files": hashes, "layouts": [json.loads(shown) for shown in layouts], "since": files}


def _list_columns(resource: Resource, part: part_files.Outline) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what is known of each column: `at` (from 1) and `heading`, the `line` of a title, or its `name` in the URL.

    Nothing is told of columns that steps make of several, or of the names of columns.
    """
    cells = {"cells": True} if part.spreadsheet else {}
    for field in resource.schema.fields:
        name = part.names.get(field.name)
        if name is None:
            continue
        if field.name in part.origins:
            yield field.name, {"at": part.origins[field.name] + 1, "heading": name, **cells}
        elif part.titles.get(field.name):
            yield field.name, {"line": part.titles[field.name]}
        elif field.name in part.titles:
            yield field.name, {"url": name} if name in part.raw.values else {"name": True}
