"""The CSV and the Parquet of a table whose rows are in parts: a file of each for every part, written one after the other.

The parts are in the order of the rows, and all rows of a part must be together: so the CSV of all parts, one below the
other, is that of the table, and only two files are open at a time.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from entaku.formats.arrays import decode
from entaku.formats.heavy import pa, pc, pq
from entaku.model.files import File, name_csv, name_parquet, name_part, name_part_list
from entaku.model.grammar import Resource
from entaku.model.parts import EMPTY, LETTERS, MOST_PARTS, DataPart, Parted, PartFacts, is_name, show_parts
from entaku.release.files import CsvFile, ParquetFile, Seal, Sink
from entaku.release.layout import Sorted


class PartPlace(Protocol):
    """Storage for the files of parts."""

    def open(self, path: str) -> Sink:
        """Open a new file, replacing one of the same name."""

    def close(self, path: str) -> None:
        """Close a file to which nothing more is written."""


class Cutter:
    """Cuts a table's rows into runs of the same part, and finds why they can't be in parts."""

    def __init__(self, resource: Resource) -> None:
        assert resource.partition is not None
        self._at = [field.name for field in resource.schema.fields].index(resource.partition.by)
        self._letters = LETTERS.get(resource.partition.each or "")
        self._rows = 0
        self.names: list[str] = []
        self.runs = deque[tuple[str, int]]()
        """The runs that were found, for who writes the same rows later, in blocks of other sizes."""
        self.faults: dict[str, tuple[str, int]] = {}
        """By the code of a finding the first value that it is about, and its row, from 0."""

    def cut(self, batch: pa.RecordBatch) -> list[tuple[str, int, int]]:
        """Return the runs of a batch of text: name of the part, first row, number of rows."""
        keys = decode(batch.column(self._at))
        if self._letters:
            keys = pc.utf8_slice_codeunits(keys, 0, self._letters)
        found, start = list[tuple[str, int, int]](), 0
        encoded = pc.run_end_encode(keys)
        for end, name in zip(encoded.run_ends.to_pylist(), encoded.values.to_pylist(), strict=True):
            found.append((self._begin(name, self._rows + start), start, end - start))
            start = end
        self._rows += batch.num_rows
        self.runs += ((name, count) for name, _, count in found)
        return found

    def resume(self, names: Sequence[str], rows: int) -> None:
        """Go on after so many rows, which are in these parts."""
        self.names, self._rows = list(names), rows

    def _begin(self, name: str | None, row: int) -> str:
        """Return the name of the part in which a run is written: the same again, or a new one."""
        if self.names and (self.faults or name == self.names[-1]):
            return self.names[-1]
        broken = not name or (self._letters is not None and not is_name(name))  # no day, of which the check tells
        if broken or name is None:
            name = self.names[-1] if self.names else EMPTY
        elif not is_name(name):
            self.faults.setdefault("partition-name", (name, row))
        elif name in self.names:
            self.faults.setdefault("partition-order", (name, row))
        elif name.casefold() in map(str.casefold, self.names):
            self.faults.setdefault("partition-name", (name, row))
        elif len(self.names) >= MOST_PARTS:
            self.faults.setdefault("partition-many", (name, row))
        if self.faults:
            name = self.names[-1] if self.names else EMPTY
        self.names += [] if name in self.names[-1:] else [name]
        return name


class PartedCsv:
    """The CSV files of a table in parts."""

    def __init__(self, table: str, desk: PartPlace, names: Sequence[str], cutter: Cutter) -> None:
        self._table, self._desk, self._names, self._cutter = table, desk, names, cutter
        self._whole = Seal(_Nowhere())
        self._file: CsvFile | None = None
        self.files: list[tuple[str, File]] = []
        """Each part with its file, as far as they are closed."""
        self._name = ""
        self._head = 0  # bytes of the line of names

    def add(self, batch: pa.RecordBatch, plain: Sequence[bool] = ()) -> None:
        """Write the rows of `batch`, as `CsvFile.add`."""
        for name, start, count in self._cutter.cut(batch):
            if self._file is None or name != self._name:
                self._open(name)
            assert self._file is not None
            self._file.add(batch.slice(start, count), plain)

    def _open(self, name: str) -> None:
        self._finish()
        first = not self.files
        own = self._desk.open(name_part(self._table, name, "csv"))
        both = _Both(own, self._whole)
        self._file, self._name = CsvFile(both if first else own, self._names), name
        self._head, self._file.seal.sink = self._file.seal.bytes, both

    def _finish(self) -> None:
        if self._file is not None:
            path = name_part(self._table, self._name, "csv")
            self.files.append((self._name, self._file.close(path)))
            self._desk.close(path)
            self._file = None

    def finish(self) -> None:
        """Close the part that is open: the next row is of another."""
        self._finish()

    def resume(self, files: Sequence[tuple[str, File]], read: Callable[[str], bytes]) -> None:
        """Go on after parts that are there already; `read` reads a file."""
        for _, file in files:
            body = read(file.path)
            self._head = self._head or body.index(b"\n") + 1
            self._whole.write(body[self._head :] if self.files else body)
            self.files.append((_, file))

    def read(self, read: Callable[[str], bytes]) -> bytes:
        """Return all parts as one CSV, as far as they are written; `read` reads a file."""
        paths = [file.path for _, file in self.files]
        paths += [name_part(self._table, self._name, "csv")] if self._file else []
        bodies = [read(path) for path in paths]
        return b"".join([*bodies[:1], *(body[self._head :] for body in bodies[1:])])

    def close(self, _path: str = "") -> File:
        """Close the last file; return size and hash of all parts as one CSV."""
        if self._file is None:
            self._open(EMPTY)
        self._finish()
        return self._whole.file(name_csv(self._table))


class PartedParquet:
    """The Parquet files of a table in parts, whose rows come in blocks of other sizes than those of the CSV."""

    def __init__(
        self, table: str, desk: PartPlace, schema: pa.Schema, cutter: Cutter, order: tuple[Sorted, ...] = ()
    ) -> None:
        self._table, self._desk, self._schema, self._cutter, self._order = table, desk, schema, cutter, order
        self._file: ParquetFile | None = None
        self._ranges: _Ranges = _Ranges()
        self._name = ""
        self._rows = 0
        self.files: list[tuple[File, PartFacts]] = []

    def add(self, block: pa.RecordBatch) -> None:
        """Write the rows of `block`, as `ParquetFile.add`."""
        for name, piece in self._cut(block):
            if self._file is None or name != self._name:
                self._open(name)
            assert self._file is not None
            self._file.add(piece)
            self._ranges.add(piece)
            self._rows += piece.num_rows

    def _cut(self, block: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
        start, runs = 0, self._cutter.runs
        while start < block.num_rows:
            name, count = runs.popleft()
            taken = min(count, block.num_rows - start)
            if taken < count:
                runs.appendleft((name, count - taken))
            yield name, block.slice(start, taken)
            start += taken

    def _open(self, name: str) -> None:
        self._finish()
        sink = self._desk.open(name_part(self._table, name, "parquet"))
        self._file, self._name = ParquetFile(sink, self._schema, order=self._order), name
        self._ranges, self._rows = _Ranges(), 0

    def _finish(self) -> None:
        if self._file is not None:
            path = name_part(self._table, self._name, "parquet")
            self.files.append((self._file.close(path), PartFacts(self._rows, self._ranges.found)))
            self._desk.close(path)
            self._file = None

    def finish(self) -> None:
        """Close the part that is open: the next row is of another."""
        self._finish()

    def resume(self, files: Sequence[tuple[File, PartFacts]]) -> None:
        """Go on after parts that are there already."""
        self.files = list(files)

    def close(self, _path: str = "") -> File:
        """Close the last file; return the size and a hash of all; no hash if the schema forbids a row."""
        if self._file is None:
            self._open(EMPTY)
        self._finish()
        return join_files(name_parquet(self._table), [file for file, _ in self.files])


def join_files(path: str, files: Sequence[File]) -> File:
    """Return a name for several files, with a hash of their hashes; none if one of them has none."""
    whole = hashlib.sha256("".join(f"{file.sha256}  {file.path}\n" for file in files).encode()).hexdigest()
    return File(path, sum(file.bytes for file in files), whole if all(file.sha256 for file in files) else "")


def join_parquet(paths: Sequence[Path], order: tuple[Sorted, ...]) -> bytes:
    """Return the Parquet files of parts as one, as it is written of a table without parts."""
    sink = io.BytesIO()
    whole: ParquetFile | None = None
    for path in paths:
        with pq.ParquetFile(path) as file:
            whole = whole or ParquetFile(sink, file.schema_arrow, order=order)
            for batch in file.iter_batches():
                whole.add(batch)
    assert whole is not None
    whole.close("")
    return sink.getvalue()


def write_part_list(table: str, csv: PartedCsv, parquet: PartedParquet, desk: PartPlace) -> Parted:
    """Write the list of a table's parts; return both."""
    pairs = zip(csv.files, parquet.files, strict=False)
    found = [(DataPart(name, file, other), facts) for (name, file), (other, facts) in pairs]
    lines = (json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in show_parts(found))
    path = name_part_list(table)
    seal = Seal(desk.open(path))
    seal.write(("[\n" + ",\n".join(lines) + "\n]\n").encode())
    desk.close(path)
    return Parted(tuple(part for part, _ in found), seal.file(path))


class _Ranges:
    """The least and the greatest values of a part's columns of numbers, days and moments."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Any, Any]] = {}

    def add(self, block: pa.RecordBatch) -> None:
        """Look at the rows of a block."""
        for field, column in zip(block.schema, block.columns, strict=True):
            kind = field.type
            fits = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_temporal(kind)
            if not (fits or pa.types.is_decimal(kind)) or pa.types.is_duration(kind):
                continue
            both = pc.min_max(column)
            least, most = both["min"].as_py(), both["max"].as_py()
            if least is None:
                continue
            if before := self._found.get(field.name):
                least, most = min(before[0], least), max(before[1], most)
            self._found[field.name] = least, most

    @property
    def found(self) -> dict[str, tuple[Any, Any]]:
        """Return what JSON can say of them."""
        shown = {name: (_show(least), _show(most)) for name, (least, most) in self._found.items()}
        return {name: both for name, both in shown.items() if None not in both}


def _show(value: Any) -> Any:
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class _Nowhere:
    """Takes bytes and forgets them."""

    def write(self, data: bytes, /) -> object:
        """Forget bytes."""
        return len(data)


class _Both:
    """Passes bytes on to two sinks."""

    def __init__(self, one: Sink, other: Sink) -> None:
        self._sinks = one, other

    def write(self, data: bytes, /) -> object:
        """Pass bytes on."""
        for sink in self._sinks:
            sink.write(data)
        return len(data)
