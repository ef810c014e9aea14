"""Entaku's own check, called as the benchmarks need it."""

from pathlib import Path
from typing import Any

from benchmarks.make_data import COLUMNS, ITEM_SCHEMA, describe


def grammar(keys: bool) -> Any:
    """The table's schema as owners' YAML would give it."""
    from entaku.model.table_schema import Constraints, ForeignKey, Reference, Schema, SchemaField

    told = describe(keys)
    fields = []
    for field in told["fields"]:
        limits = {name: tuple(limit) if name == "enum" else limit for name, limit in field["constraints"].items()}
        fields.append(SchemaField(name=field["name"], type=field["type"], constraints=Constraints(**limits)))
    foreign = [
        ForeignKey(fields=tuple(key["fields"]), reference=Reference(resource="items", fields=("item",)))
        for key in told.get("foreignKeys", ())
    ]
    return Schema(
        fields=tuple(fields), missingValues=tuple(told["missingValues"]),
        primaryKey=tuple(told.get("primaryKey", ())), foreignKeys=tuple(foreign),
    )  # fmt: skip


def check(path: Path, keys: bool) -> tuple[int, int]:
    """The verdict on the file; rows and mistakes."""
    return _verdict(path, keys)


def _verdict(path: Path, keys: bool, watch: Any = None) -> tuple[int, int]:
    from entaku.check.csv import open_csv
    from entaku.check.report import describe_report
    from entaku.check.rows import Table
    from entaku.check.stream import check_tables
    from entaku.store.desk import DiskSpill

    items = open_csv(lambda: path.with_name("items.csv").open("rb"))
    tables = [
        Table("sales", COLUMNS, open_csv(lambda: path.open("rb")), describe(keys), watch),
        Table("items", items.labels, items, ITEM_SCHEMA),
    ]
    outcomes = check_tables(tables, make_spill=DiskSpill)
    describe_report(outcomes)
    return outcomes[0].rows, sum(outcomes[0].counts.values())


def publish(path: Path, keys: bool) -> tuple[int, int]:
    """Check, CSV, Parquet and statistics in one pass over the file."""
    from entaku.model.grammar import Resource
    from entaku.model.words import Text
    from entaku.release.write import TableFiles
    from entaku.store.desk import Desk

    resource = Resource(name="sales", title=Text(ja="販売"), schema=grammar(keys))
    files = TableFiles(resource, {}, Desk(path.parent / "out"))
    told = _verdict(path, keys, files.add)
    files.close()
    return told


def cast_batch(batch: Any) -> Any:
    """A clean batch of texts with the schema's types (for measuring what follows the check, without it)."""
    from entaku.check.casts import Columns

    if not _COLUMNS:
        _COLUMNS.append(Columns(grammar(False)))
    return _COLUMNS[0].cast(batch)


_COLUMNS: list[Any] = []
