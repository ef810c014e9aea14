"""The place file of a table: small, and right for every row."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from projects import MemoryDesk, make_setting

from entaku.model.files import name_places
from entaku.model.grammar import Resource
from entaku.model.nouns import Raw
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text
from entaku.release.places import DIGITS, write_places
from entaku.table.part import Outline, find_ranges
from entaku.table.whole import Shelf, Whole
from entaku.work.load import read_specs
from entaku.work.outcome import Result
from entaku.work.tracer import Tracer

SHIPPED = ("requests", "toei-elevator-inspections", "tokyo-market-daily", "tokyo-tourism-statistics")


MADE = {"market_en", "produce_number", "fish_number"}
"""Columns that steps make of a title line, of which place files tell nothing."""


@pytest.mark.parametrize("dataset", SHIPPED)
def test_places_agree_with_traces(published: tuple[Path, Result], dataset: str) -> None:
    setting = make_setting(published[0])
    _, specs, _ = read_specs(published[0])
    tracer = Tracer(setting, dataset, next(spec for spec in specs if spec.pipeline.name == dataset))
    folder = setting.store.release_path(dataset, tracer.release.version)
    site = published[0] / "build" / "site" / "datasets" / dataset
    for table in tracer.release.resources:
        name = name_places(table.name)
        assert table.places is not None and table.places.path == name
        assert (
            (site / name).read_bytes()
            == (site / tracer.release.version / name).read_bytes()
            == (folder / name).read_bytes()
        )
        file = pq.ParquetFile(folder / name)
        rows = file.read().to_pylist()
        about = json.loads(file.schema_arrow.metadata[b"places"])
        assert len(rows) == table.rows and about["files"] == [raw.sha256[:DIGITS] for raw in table.raws]
        for n, cells in tracer.read_rows(table):
            if n % 17 != 1:
                continue
            place = rows[n - 1]
            layout = [layout for first, layout in about["since"] if first <= place["file"]][-1]
            known = about["layouts"][layout]
            agree = 0
            for column in cells:
                sources = tracer.trace(table, (n, cells), column).sources
                for raw, source in sources:
                    assert raw == table.raws[place["file"]] and (source.place.sheet or "") == place["sheet"]
                    same = source.origin.kind == "cell" and source.origin.row == place["row"]
                    agree += same and known.get(column, {}).get("at") == (source.origin.at or 0) + 1
                    if source.origin.kind == "title" and column not in MADE:
                        assert known[column]["line"] == source.origin.row
                        agree += 1
                    assert source.origin.kind != "url" or known[column]["url"] in raw.values
            assert agree, (table.name, n)


def make_whole(parts: int, rows: int, sheet: str = "") -> Whole:
    """A table of several raw files."""
    resource = Resource(
        name="t",
        title=Text(ja="t", en="t"),
        schema=Schema(fields=(SchemaField(name="a"), SchemaField(name="b"))),
        allow={"hidden-sheet/秘": "x"},
    )
    outlines = tuple(
        Outline(
            Raw(f"https://x.example/{n}.csv", {"b": "1"}, "live", "", f"{n:064x}", 1), ("a", "b"), rows,
            find_ranges(np.arange(3, 3 + rows)), ((0, sheet),), names={"a": "あ", "b": "b"}, origins={"a": n // 5}, titles={"b": 0},
        )
        for n in range(parts)
    )  # fmt: skip
    return Whole(
        resource,
        ("a", "b"),
        parts * rows,
        Shelf(outlines, lambda _: BytesIO()),
        (),
        tuple(n * rows for n in range(parts)),
    )


def test_a_million_rows_take_less_than_a_byte_each_and_no_reading_of_rows() -> None:
    desk = MemoryDesk()
    file = write_places(make_whole(10, 100_000), desk)
    assert file.bytes == len(desk.read("t.places.parquet")) < 1_000_000
    read = pq.ParquetFile(pa.BufferReader(desk.read("t.places.parquet")))
    assert read.metadata.num_row_groups == 10
    table = read.read()
    assert table.column("row").to_pylist() == list(range(3, 100_003)) * 10
    assert table.column("file").to_pylist()[99_999:100_001] == [0, 1]
    about = json.loads(read.schema_arrow.metadata[b"places"])
    assert about["since"] == [[0, 0], [5, 1]]
    assert about["layouts"][1] == {"a": {"at": 2, "heading": "あ"}, "b": {"url": "b"}}
    again = MemoryDesk()
    write_places(make_whole(10, 100_000), again)
    assert again.read("t.places.parquet") == desk.read("t.places.parquet")


def test_the_name_of_a_hidden_sheet_is_not_published() -> None:
    for sheet, shown in (("秘", ""), ("a.xlsx/秘", ""), ("公", "公")):
        desk = MemoryDesk()
        write_places(make_whole(1, 3, sheet), desk)
        assert pq.read_table(pa.BufferReader(desk.read("t.places.parquet"))).column("sheet").to_pylist() == [shown] * 3


def test_a_table_without_rows_has_a_place_file_too() -> None:
    desk = MemoryDesk()
    write_places(make_whole(0, 0), desk)
    assert pq.read_table(pa.BufferReader(desk.read("t.places.parquet"))).num_rows == 0
