"""Files written as batches pass: the same bytes as those written whole, however the batches are cut."""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entaku.formats.arrays import BLOCK, Blocks, make_dictionary
from entaku.release import files as release_files
from entaku.release.files import BATCH_ROWS, DICTIONARY, FEW, LEVEL, PAGE_ROWS, CsvFile, ParquetFile, spell_csv

HOSTILE = st.one_of(
    st.sampled_from(["", '"', '""', ",", "\n", "\r", "\r\n", " ", "\0", "a,b", '「"」', "\u2028", "\ufeff", "'", "\\"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)


def written_whole(rows: Sequence[Sequence[str]]) -> bytes:
    """csv.writer's bytes; with CRLF as its line end it quotes a lone CR in every version of Python."""
    lines = []
    for row in rows:
        sink = io.StringIO(newline="")
        csv.writer(sink, lineterminator="\r\n").writerow(row)
        lines.append(sink.getvalue().removesuffix("\r\n") + "\n")
    return "".join(lines).encode()


def cut(rows: Sequence[Sequence[str]], width: int, size: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        arrays = [pa.array([row[n] for row in part], pa.string()) for n in range(width)]
        yield pa.RecordBatch.from_arrays(arrays, names=[f"c{n}" for n in range(width)])


@settings(max_examples=150)
@given(st.data(), st.integers(1, 4), st.integers(1, 7), st.booleans())
def test_csv_has_the_bytes_of_the_csv_module(data: st.DataObject, width: int, size: int, coded: bool) -> None:
    rows = data.draw(st.lists(st.lists(HOSTILE, min_size=width, max_size=width), max_size=12))
    names = [f"c{n}" for n in range(width)]
    sink = io.BytesIO()
    file = CsvFile(sink, names)
    for batch in cut(rows, width, size):
        arrays = [column.dictionary_encode() for column in batch.columns] if coded else batch.columns
        file.add(pa.RecordBatch.from_arrays(arrays, names=names))
    made = file.close("x.csv")
    assert sink.getvalue() == written_whole([names, *rows])
    assert (made.path, made.bytes) == ("x.csv", len(sink.getvalue()))
    assert made.sha256 == hashlib.sha256(sink.getvalue()).hexdigest()
    assert list(csv.reader(io.StringIO(sink.getvalue().decode(), newline=""))) == [names, *rows]


def test_csv_writes_null_as_nothing_and_takes_slices() -> None:
    batch = pa.record_batch({"a": pa.array(["x", None, "y,z", "w"]), "b": pa.array(["1", "2", None, '"'])})
    assert b"".join(bytes(body) for body in spell_csv(batch.slice(1, 3))) == b',2\n"y,z",\nw,""""\n'
    coded = pa.RecordBatch.from_arrays([column.dictionary_encode() for column in batch.columns], names=["a", "b"])
    assert b"".join(bytes(body) for body in spell_csv(coded.slice(1, 3))) == b',2\n"y,z",\nw,""""\n'
    plain = pa.record_batch({"a": pa.array(["x", None, "y"]), "b": pa.array([None, "", " 2"])})
    assert b"".join(bytes(body) for body in spell_csv(plain)) == b"x,\n,\ny, 2\n"
    only = pa.record_batch({"a": pa.array(["", None, "x"])})
    assert b"".join(bytes(body) for body in spell_csv(only)) == b'""\n""\nx\n'
    only = pa.record_batch({"a": only.column(0).dictionary_encode()})
    assert b"".join(bytes(body) for body in spell_csv(only)) == b'""\n""\nx\n'


def test_csv_is_cut_where_text_would_outgrow_arrow(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[f"{n}", "あ" * (n % 7), "a,b"] for n in range(100)]
    (batch,) = cut(rows, 3, 100)
    monkeypatch.setattr("entaku.release.files.MAX_TEXT", 64)
    bodies = [bytes(body) for body in spell_csv(batch)]
    assert len(bodies) > 10
    assert b"".join(bodies) == written_whole(rows)


TYPED = pa.schema(
    [
        pa.field("n", pa.int64(), metadata={"title": "数"}),
        pa.field("x", pa.float64()),
        pa.field("s", pa.string()),
        pa.field("d", pa.date32()),
        pa.field("b", pa.bool_()),
        pa.field("l", pa.list_(pa.string())),
    ],
    metadata={"datapackage": '{"name": "円卓"}'},
)


def make_table(rows: int) -> pa.Table:
    numbers = range(rows)
    columns = [
        [None if n % 11 == 0 else n * 7 % 1009 for n in numbers],
        [n / 3 if n % 5 else None for n in numbers],
        [f"品目{n % 17}" if n % 7 else None for n in numbers],
        [n % 400 for n in numbers],
        [n % 3 == 0 for n in numbers],
        [["a", f"{n % 5}"][: n % 3] for n in numbers],
    ]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, TYPED, strict=True)], schema=TYPED)


def write_whole(table: pa.Table) -> bytes:
    """As pyarrow writes a table that it has all of."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table, sink, compression="zstd", compression_level=LEVEL, use_dictionary=True, write_page_index=True,
        row_group_size=BLOCK, write_statistics=True, dictionary_pagesize_limit=DICTIONARY, max_rows_per_page=PAGE_ROWS,
        write_batch_size=BATCH_ROWS,
    )  # fmt: skip
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("rows", "cuts"), [(0, [1]), (1, [1]), (1000, [7, 400, 1000]), (250_001, [30_011, 100_000, 250_001])]
)
def test_parquet_has_the_bytes_of_one_table(rows: int, cuts: list[int]) -> None:
    table = make_table(rows)
    expected = write_whole(table)
    for size in cuts:
        sink = io.BytesIO()
        file = ParquetFile(sink, TYPED)
        for batch in table.to_batches(max_chunksize=size):
            file.add(batch)
        made = file.close("x.parquet")
        assert sink.getvalue() == expected, size
        assert (made.bytes, made.sha256) == (len(expected), hashlib.sha256(expected).hexdigest())


def write_parquet(batches: list[pa.RecordBatch], schema: pa.Schema) -> bytes:
    sink = io.BytesIO()
    file = ParquetFile(sink, schema)
    for batch in batches:
        file.add(batch)
    file.close("x.parquet")
    return sink.getvalue()


WORD = pa.schema([pa.field("word", pa.string(), metadata={"title": "語"})], metadata={"datapackage": "{}"})


@settings(max_examples=50)
@given(st.lists(st.lists(st.sampled_from(["a", "b", "", None, "品目"]), min_size=1, max_size=9), max_size=6), st.data())
def test_parquet_has_the_same_bytes_whichever_texts_come_as_dictionaries(
    parts: list[list[str | None]], data: st.DataObject
) -> None:
    batches = []
    for texts in parts:
        column = pa.array(texts, pa.string())
        if data.draw(st.booleans()):  # in any order, with words that aren't there
            words = data.draw(st.permutations(["品目", "x", "a", "", "b"]))
            places = [words.index(text) if text is not None else -1 for text in texts]
            column = make_dictionary(np.array(places, np.int32), pa.array(words))
        batches.append(pa.RecordBatch.from_arrays([column], names=["word"]))
    plain = pa.table([pa.array([text for texts in parts for text in texts], pa.string())], schema=WORD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release_files, "HEAD", data.draw(st.sampled_from([1, 3, release_files.HEAD])))
        assert write_parquet(batches, WORD) == write_parquet(plain.to_batches(), WORD)
        made = pq.read_table(io.BytesIO(write_parquet(batches, WORD)))
    assert made.schema.equals(WORD, check_metadata=True)
    assert made.equals(plain)


@pytest.mark.parametrize(
    ("count", "unused"), [(FEW, []), (FEW - 1, ["x" * (DICTIONARY + 1)]), (FEW + 1, []), (3, ["x" * DICTIONARY])]
)
def test_at_the_limits_of_few_texts_the_bytes_are_the_same(count: int, unused: list[str]) -> None:
    words = [*(f"言葉{n}" for n in range(count)), *unused]
    places = np.array([-1, *range(count)] * 9, np.int32)
    coded = pa.RecordBatch.from_arrays([make_dictionary(places, pa.array(words))], names=["word"])
    plain = pa.RecordBatch.from_arrays([coded.column(0).dictionary_decode()], names=["word"])
    assert release_files._has_few(coded.column(0)) == release_files._has_few(plain.column(0)) == (count <= FEW)
    assert write_parquet([coded], WORD) == write_parquet([plain], WORD)


@pytest.mark.parametrize("length", [50, 60, 62, 65, 66])
def test_texts_near_the_limit_of_a_dictionary_have_the_bytes_of_one_table(length: int) -> None:
    words = [f"{n:0>{length}}" for n in range(FEW)]
    plain = pa.table([pa.array((words * 21)[: 20 * FEW + 7], pa.string())], schema=WORD)
    assert write_parquet(plain.to_batches(), WORD) == write_whole(plain)


def test_texts_that_become_many_are_written_all_the_same() -> None:
    texts = [f"{n % 3}" for n in range(BLOCK)] + [f"長い言葉{n}" for n in range(BLOCK)] + ["0"] * 5
    plain = pa.table([pa.array(texts, pa.string())], schema=WORD)
    coded = [
        pa.RecordBatch.from_arrays([batch.column(0).dictionary_encode()], names=["word"])
        for batch in plain.to_batches(max_chunksize=30_000)
    ]
    made = write_parquet(coded, WORD)
    assert made == write_parquet(plain.to_batches(), WORD)
    assert pq.read_table(io.BytesIO(made)).equals(plain)


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 8))
def test_blocks_have_one_size_and_lose_nothing(sizes: list[int], size: int) -> None:
    blocks, at, found = Blocks(size), 0, []
    for rows in sizes:
        found += blocks.add(pa.record_batch({"n": pa.array(range(at, at + rows), pa.int64())}))
        at += rows
    assert all(block.num_rows == size for block in found)
    found += blocks.close()
    assert [n for block in found for n in block["n"].to_pylist()] == list(range(at))
    assert not list(blocks.close())


def test_readers_of_parquet_get_texts_and_not_dictionaries() -> None:
    sink = io.BytesIO()
    file = ParquetFile(
        sink, pa.schema([pa.field("a", pa.string(), metadata={"title": "題"})], metadata={"datapackage": "{}"})
    )
    file.add(pa.record_batch({"a": ["x", "y"] * 500}))
    file.close("x.parquet")
    schema = pq.read_schema(io.BytesIO(sink.getvalue()))
    assert schema.field("a").type == pa.string()
    assert (schema.metadata[b"datapackage"], schema.field("a").metadata[b"title"]) == (b"{}", "題".encode())
    assert sink.getvalue().count(b"ARROW:schema") == 1


def test_numbers_that_are_all_different_have_no_dictionary_and_others_do() -> None:
    rows = DICTIONARY // 8 + 1
    schema = pa.schema([("id", pa.int64()), ("few", pa.int64()), ("words", pa.list_(pa.string()))])
    columns = [list(range(rows)), [n % 9 for n in range(rows)], [[f"{n % 7}", "a"] for n in range(rows)]]
    batch = pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
    for some, first in ((batch, "without"), (batch.slice(1), "with")):
        sink = io.BytesIO()
        file = ParquetFile(sink, schema)
        file.add(some)
        file.close("a.parquet")
        group = pq.ParquetFile(sink).metadata.row_group(0)
        found = [group.column(n).has_dictionary_page for n in range(3)]
        assert found == [first == "with", True, True]
        assert pq.read_table(sink).equals(pa.Table.from_batches([some]))
