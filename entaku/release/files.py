"""The CSV and the Parquet of a table, written batch by batch, each file in one pass.

The bytes go to a sink of the caller, anything with `write`, and are counted and hashed on the way.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from entaku.check import schema as schemas
from entaku.formats.arrays import Blocks, decode, make_numbers, make_places, make_text, make_texts, to_mask, to_numbers
from entaku.formats.heavy import arrow_csv, pa, pc, pq
from entaku.model.files import File, name_parquet
from entaku.model.grammar import Resource
from entaku.model.table_schema import SchemaField, put_words
from entaku.release.layout import Sorted, prove_order, write_type

MAX_TEXT = 1 << 28
"""Bytes of text that are joined at once; Arrow's strings end at 2 GiB, and quotes can double a text."""

STEP = 8192
"""Rows that Arrow writes at once."""

PAGE_ROWS = 20_000
"""Rows of a Parquet page: the least that a browser fetches by range to show one row."""
BATCH_ROWS = PAGE_ROWS // 2
"""Rows that are encoded at once; after them a page of long texts may end early."""
LEVEL = 2
"""zstd's compression level: level 3 takes a tenth longer and saves a hundredth."""
DICTIONARY = 1 << 16
"""Bytes of distinct values up to which a column is dictionary-encoded: a reader fetches them before the first row."""
FEW = 1000
"""Distinct texts, counted in the first rows, up to which a column is passed to the Parquet writer as a dictionary."""
HEAD = 5000
"""Rows that usually contain most of the distinct texts of such a column."""

_SPECIAL = '",\r\n'


class Sink(Protocol):
    """A destination of bytes."""

    def write(self, data: bytes, /) -> object: ...


class Seal(io.RawIOBase):
    """Passes bytes on to `sink`, counting and hashing them."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self.sink = sink
        self.bytes = 0
        self.sha256 = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | memoryview | pa.Buffer) -> int:
        view = memoryview(data)
        self.sink.write(view)  # type: ignore[arg-type]
        self.sha256.update(view)
        self.bytes += view.nbytes
        return view.nbytes

    def file(self, path: str) -> File:
        """Return the File entry of a release for the bytes written."""
        return File(path=path, bytes=self.bytes, sha256=self.sha256.hexdigest())


# ---- CSV --------------------------------------------------------------------------------------------------------


class CsvFile:
    """A CSV as it is published: UTF-8, LF, quotes only if RFC 4180 requires them.

    The bytes are those of Python's csv.writer with minimal quoting; a cell with a lone CR is quoted too, as from
    Python 3.13 on.
    """

    def __init__(self, sink: Sink, names: Sequence[str]) -> None:

        self.seal = Seal(sink)
        self.add(pa.RecordBatch.from_arrays([make_texts([name]) for name in names], names=list(names)))

    def add(self, batch: pa.RecordBatch, plain: Sequence[bool] = ()) -> None:
        """Write the rows of `batch`, columns of text in the order of the names; null is written as "".

        `plain`: by column, whether it is known that no cell needs quotes.
        """
        for body in spell_csv(batch, plain):
            self.seal.write(body)

    def close(self, path: str) -> File:
        """Return the File entry of the whole file, by its path in the release."""
        return self.seal.file(path)


def needs_quotes(text: str) -> bool:
    """Test whether a cell of a CSV with more than one column needs quotes."""
    return any(mark in text for mark in _SPECIAL)


def spell_csv(batch: pa.RecordBatch, plain: Sequence[bool] = (), ending: str = "\n") -> Iterable[pa.Buffer]:
    """Yield the rows of `batch`, whose columns are text (plain or dictionaries of it), as CSV with `ending` after each."""

    if not batch.num_rows:
        return
    weight = _weigh(batch)
    if weight > MAX_TEXT and batch.num_rows > 1:
        half = batch.num_rows // 2
        yield from spell_csv(batch.slice(0, half), plain, ending)
        yield from spell_csv(batch.slice(half), plain, ending)
        return
    known = zip(batch.columns, plain or [False] * batch.num_columns, strict=True)
    if ending == "\n" and batch.num_columns > 1 and all(_is_plain(column, told) for column, told in known):
        yield _write_plain(batch, weight + batch.num_rows * batch.num_columns)
        return
    cells = [_quote_cells(column, alone=batch.num_columns == 1) for column in batch.columns]
    cells[-1] = pc.binary_join_element_wise(cells[-1], make_text(""), make_text(ending))
    lines: pa.Array = pc.binary_join_element_wise(*cells, make_text(",")) if len(cells) > 1 else cells[0]
    start, end = _bounds(lines)
    yield lines.buffers()[2].slice(start, end - start)


def _is_plain(column: pa.Array, known: bool) -> bool:

    return pa.types.is_string(column.type) and (known or not _holds_special(column))


def _write_plain(batch: pa.RecordBatch, size: int) -> pa.Buffer:
    """Encode rows that need no quotes, of at most `size` bytes."""

    buffer = pa.allocate_buffer(size)
    sink = pa.FixedSizeBufferWriter(buffer)
    options = arrow_csv.WriteOptions(include_header=False, quoting_style="none", batch_size=STEP)
    arrow_csv.write_csv(batch, sink, options)
    return buffer.slice(0, sink.tell())


def _weigh(batch: pa.RecordBatch) -> int:
    """Return an upper limit of the bytes of text in `batch`."""

    weight = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            longest = pc.max(pc.binary_length(column.dictionary)).as_py() or 0
            weight += longest * len(column)
        else:
            start, end = _bounds(column)
            weight += end - start
    return weight


def _quote_cells(column: pa.Array, alone: bool) -> pa.Array:
    """Return the cells with quotes if they need them.  `alone`: the only cell of a row is quoted if it is empty."""

    if pa.types.is_dictionary(column.type):
        return _quote_cells(column.dictionary, alone).take(column.indices).fill_null(make_text('""' if alone else ""))
    if column.null_count:
        column = column.fill_null(make_text(""))
    if _holds_special(column):
        quoted = pc.binary_join_element_wise(
            make_text(""), pc.replace_substring(column, '"', '""'), make_text(""), make_text('"')
        )
        column = pc.if_else(pc.match_substring_regex(column, f"[{_SPECIAL}]"), quoted, column)
    return pc.if_else(pc.equal(column, make_text("")), make_text('""'), column) if alone else column


def _holds_special(column: pa.Array) -> bool:
    start, end = _bounds(column)
    if start == end:
        return False
    text = column.buffers()[2].slice(start, end - start).to_pybytes()
    return any(mark in text for mark in (b'"', b",", b"\r", b"\n"))


def _bounds(column: pa.Array) -> tuple[int, int]:
    """Return the start and end of the text of `column` in its buffer."""

    kind = np.int64 if pa.types.is_large_string(column.type) else np.int32
    if not len(column) or column.buffers()[2] is None:
        return 0, 0
    ends = np.frombuffer(column.buffers()[1], kind)
    return int(ends[column.offset]), int(ends[column.offset + len(column)])


# ---- Parquet ----------------------------------------------------------------------------------------------------


def make_arrow_schema(resource: Resource, head: Mapping[str, Any], zoned: Collection[str] = ()) -> pa.Schema:
    """Return the schema of a table's Parquet: types, each field's words, and the descriptor as metadata `datapackage`.

    `head`: the package's descriptor; `zoned`: the columns of moments with offsets from UTC.  Versions and dates are left out, so that the same data gives the same bytes.
    """

    own: dict[str, Any] = {
        "name": resource.name, "path": name_parquet(resource.name), "schema": schemas.describe_schema(resource.schema),
    }  # fmt: skip
    put_words(own, "title", resource.title)
    put_words(own, "description", resource.description)
    package = json.dumps({**head, "resources": [own]}, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    fields = [
        pa.field(
            field.name,
            write_type(field, field.name in zoned),
            not field.constraints.required,
            metadata=_describe(field),
        )
        for field in resource.schema.fields
    ]
    return pa.schema(fields, metadata={"datapackage": package})


def _describe(field: SchemaField) -> dict[str, str]:
    descriptor = schemas.describe_field(field)
    keys = ("title", "title@en", "description", "description@en", "unit")
    return {key: str(descriptor[key]) for key in keys if key in descriptor}


class ParquetFile:
    """A Parquet file as it is published: zstd, dictionaries, page index, row groups of BLOCK rows.

    Columns of numbers or moments that are all different in the first rows, such as ids, have no dictionary.

    The bytes depend neither on how the rows are cut into batches nor on which texts come as dictionaries.
    """

    def __init__(
        self, sink: Sink, schema: pa.Schema, rising: tuple[str, ...] = (), order: tuple[Sorted, ...] = ()
    ) -> None:
        """`rising`: columns of numbers that mostly rise by one, which are written as differences; `order`: the columns
        by which the rows should be sorted, which is declared as far as it is seen."""
        self.seal, self.schema, self.rising, self.order = Seal(sink), schema, rising, order
        self.required = [field.name for field in schema if not field.nullable]
        self.unfit = False
        """Whether rows came that the schema forbids, of which no release is made: they are not written."""
        self.blocks = Blocks()
        self.stream = pa.PythonFile(self.seal, mode="w")
        self.writer: pq.ParquetWriter | None = None
        self.written = schema
        """The schema with dictionaries for text columns with few distinct texts in the first rows."""

    def add(self, batch: pa.RecordBatch) -> None:
        """Write the rows of `batch`, of the schema's types or, for texts, dictionaries of them."""
        for block in self.blocks.add(batch):
            self._write(block)

    def close(self, path: str) -> File:
        """Close the file and return its File entry, by its path in the release."""

        for block in self.blocks.close():
            self._write(block, last=True)
        if self.writer is None:
            # pyarrow's write_table makes one row group of an empty table.
            none = [pa.nulls(0, kind) for kind in self.schema.types]
            self._write(pa.RecordBatch.from_arrays(none, schema=self.schema), last=True)
        assert self.writer is not None
        self.writer.close()
        self.stream.close()
        file = self.seal.file(path)
        return replace(file, sha256="") if self.unfit else file

    def _write(self, block: pa.RecordBatch, last: bool = False) -> None:

        if any(block.column(name).null_count for name in self.required):
            self.unfit = True
            return
        if self.writer is None:
            self.writer = self._open(block, last)
        columns = [
            _tell_apart(column) if pa.types.is_dictionary(kind) else decode(column).cast(kind, safe=False)
            for kind, column in zip(self.written.types, block.columns, strict=True)
        ]
        self.writer.write_table(pa.Table.from_arrays(columns, schema=self.written), row_group_size=len(block) or 1)

    def _open(self, block: pa.RecordBatch, last: bool) -> pq.ParquetWriter:
        """Open a writer that takes columns of few distinct texts as dictionaries, which is faster than encoding them.

        The metadata has the plain schema: by default Arrow would return dictionaries to readers.
        """

        coded = pa.dictionary(pa.int32(), pa.string())
        fields = [
            field.with_type(coded) if _has_few(column) else field
            for field, column in zip(self.schema, block.columns, strict=True)
        ]
        self.written = pa.schema(fields)
        differing = [name for name, column in zip(self.schema.names, block.columns, strict=True) if _all_differ(column)]
        alone = {*self.rising, *differing}
        writer = pq.ParquetWriter(
            self.stream, self.written, compression="zstd", compression_level=LEVEL,
            use_dictionary=[_name_leaf(field) for field in self.schema if field.name not in alone] if alone else True,
            column_encoding=dict.fromkeys(self.rising, "DELTA_BINARY_PACKED") or None,
            write_page_index=True, write_statistics=True, dictionary_pagesize_limit=DICTIONARY,
            max_rows_per_page=PAGE_ROWS, write_batch_size=BATCH_ROWS, store_schema=False,
            sorting_columns=prove_order(self.order, block, last) or None,
        )  # fmt: skip
        arrow = {b"ARROW:schema": base64.b64encode(self.schema.serialize().to_pybytes())}
        writer.add_key_value_metadata((self.schema.metadata or {}) | arrow)
        return writer


def _all_differ(column: pa.Array) -> bool:
    """Test whether numbers or moments are all different and more than a dictionary holds: it would be of no use."""
    kind = column.type
    fixed = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_temporal(kind)
    return fixed and len(column) * kind.bit_width // 8 > DICTIONARY and len(column.unique()) == len(column)


def _name_leaf(field: pa.Field) -> str:
    """Return the path of a column's values in Parquet."""
    return f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name


def _has_few(column: pa.Array) -> bool:
    """Test whether texts are worth a dictionary; the result doesn't depend on whether they come as one."""

    if pa.types.is_dictionary(column.type) and _are_few(column.dictionary):
        return True
    texts = decode(column)
    return pa.types.is_string(texts.type) and _are_few(texts.unique().drop_null())


def _are_few(texts: pa.Array) -> bool:
    """Test whether the distinct texts, each with a length of 4 bytes, fit into a Parquet dictionary page."""

    return len(texts) <= FEW and 4 * len(texts) + (pc.sum(pc.binary_length(texts)).as_py() or 0) <= DICTIONARY


def _tell_apart(column: pa.Array) -> pa.DictionaryArray:
    """Encode texts as a dictionary of those present, in order of first appearance."""

    if not pa.types.is_dictionary(column.type):
        return column.dictionary_encode()
    places, values = to_numbers(column.indices), column.dictionary
    if column.null_count:
        places = places[to_mask(column.is_valid())]
    order = _order(places[:HEAD], len(values))
    found = _number_places(column.indices, order, len(values))
    if found.null_count > column.null_count:  # texts that appear only after the first HEAD rows
        late = to_numbers(column.indices.filter(found.is_null()).drop_null())
        order = np.concatenate([order, _order(late, len(values))])
        found = _number_places(column.indices, order, len(values))
    return pa.DictionaryArray.from_arrays(found, values.take(make_numbers(order)), safe=False)


def _number_places(places: pa.Array, order: np.ndarray[Any, Any], count: int) -> pa.Array:
    """Return for each of `places` (< `count`) its index in `order`, null if it isn't there."""

    numbers = np.full(count, -1, np.int32)
    numbers[order] = np.arange(len(order), dtype=np.int32)
    return pc.take(make_places(numbers), places, boundscheck=False)


def _order(places: np.ndarray[Any, Any], count: int) -> np.ndarray[Any, Any]:
    """Return the distinct places in order of first appearance."""
    first = np.full(count, len(places), np.int64)
    first[places[::-1]] = np.arange(len(places) - 1, -1, -1)
    there = np.flatnonzero(first < len(places))
    return there[np.argsort(first[there])]
