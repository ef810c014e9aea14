"""Entaku's own check, called as the benchmarks need it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.make_data import COLUMNS, ITEM_SCHEMA, describe


def grammar(keys: bool) -> Any:
    """The table's schema as owners' YAML would give it."""
    from pydantic import TypeAdapter

    from entaku.grammar import Schema

    return TypeAdapter(Schema).validate_json(json.dumps(describe(keys)))


def check(path: Path, keys: bool) -> tuple[int, int]:
    """The verdict on the file; rows and mistakes."""
    from entaku.check_csv import open_csv

    return _verdict(path, open_csv(lambda: path.open("rb")), keys)


def _verdict(path: Path, blocks: Any, keys: bool) -> tuple[int, int]:
    from entaku.check_csv import open_csv
    from entaku.check_report import describe_report
    from entaku.check_stream import Table, check_tables
    from entaku.store_spill import DiskSpill

    items = open_csv(lambda: path.with_name("items.csv").open("rb"))
    tables = [
        Table("sales", COLUMNS, blocks, describe(keys)),
        Table("items", items.labels, items, ITEM_SCHEMA),
    ]
    outcomes = check_tables(tables, make_spill=DiskSpill)
    describe_report(outcomes)
    return outcomes[0].rows, sum(outcomes[0].counts.values())


@dataclass(frozen=True)
class _Seen:
    """Blocks that are shown to `look` as they pass for the first time."""

    blocks: Any
    look: Callable[[Any], None]
    times: list[int]

    def __iter__(self) -> Iterator[Any]:
        first = not self.times
        self.times.append(1)
        for block in self.blocks:
            if first:
                self.look(block.columns)
            yield block


def publish(path: Path, keys: bool) -> tuple[int, int]:
    """Check, CSV, Parquet and statistics in one pass over the file."""
    import pyarrow as pa

    from entaku.check_csv import open_csv
    from entaku.release_files import CsvFile, ParquetFile
    from entaku.schema import arrow_type
    from entaku.schema_columns import Columns
    from entaku.stats import Stats

    schema = grammar(keys)
    arrow = pa.schema([pa.field(field.name, arrow_type(field)) for field in schema.fields])
    with path.with_suffix(".out.csv").open("wb") as text, path.with_suffix(".out.parquet").open("wb") as typed:
        csv, parquet, stats, columns = CsvFile(text, COLUMNS), ParquetFile(typed, arrow), Stats(schema), Columns(schema)

        def look(batch: Any) -> None:
            csv.add(batch)
            coded = columns.code(batch)
            stats.add(coded)
            parquet.add(columns.decode(coded, batch))

        told = _verdict(path, _Seen(open_csv(lambda: path.open("rb")), look, []), keys)
        csv.close("sales.csv")
        parquet.close("sales.parquet")
        stats.close()
    return told


def cast_batch(batch: Any) -> Any:
    """A clean batch of texts with the schema's types (for measuring what follows the check, without it)."""
    from entaku.schema_columns import Columns

    if not _COLUMNS:
        _COLUMNS.append(Columns(grammar(False)))
    return _COLUMNS[0].cast(batch)


_COLUMNS: list[Any] = []
