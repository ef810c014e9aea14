"""Entaku's own check, called as the benchmarks need it: at its door, on batches that pyarrow reads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.make_data import ITEM_SCHEMA, describe


def grammar(told: dict[str, Any]) -> Any:
    """A table's schema as owners' YAML would give it."""
    from entaku.model.table_schema import Constraints, ForeignKey, Reference, Schema, SchemaField

    fields = []
    for field in told["fields"]:
        given = field.get("constraints", {})
        limits = {name: tuple(limit) if name == "enum" else limit for name, limit in given.items()}
        fields.append(SchemaField(name=field["name"], type=field["type"], constraints=Constraints(**limits)))
    foreign = [
        ForeignKey(fields=tuple(key["fields"]), reference=Reference(resource="items", fields=("item",)))
        for key in told.get("foreignKeys", ())
    ]
    return Schema(
        fields=tuple(fields), missingValues=tuple(told.get("missingValues", ("",))),
        primaryKey=tuple(told.get("primaryKey", ())), foreignKeys=tuple(foreign),
    )  # fmt: skip


class Batches:
    """The rows of a CSV, read from the start at each iteration."""

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self.path, self.names = path, names

    def __iter__(self) -> Iterator[Any]:
        from benchmarks.contenders import stream_pyarrow

        return stream_pyarrow(self.path, self.names)


class NoFiles:
    """Where nothing is written."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, batch: Any, told: Any = ()) -> None:
        self.rows += batch.num_rows

    def close(self) -> Any:
        from entaku.model.nouns import File, Written

        return Written(File("", 0, ""), File("", 0, ""), self.rows, ())

    def read_csv(self) -> bytes:
        return b""


def check(path: Path, keys: bool) -> tuple[int, int]:
    """The verdict on the file; rows and mistakes."""
    return _judge(path, keys, NoFiles())


def _judge(path: Path, keys: bool, files: Any) -> tuple[int, int]:
    from entaku.check import Candidate
    from entaku.check import check as judge
    from entaku.model.grammar import Resource
    from entaku.model.nouns import Place
    from entaku.model.words import Text
    from entaku.store.desk import DiskSpill

    def make(name: str, file: Path, told: dict[str, Any], kept: Any) -> Candidate:
        resource = Resource(name=name, title=Text(ja=name), schema=grammar(told))
        names = tuple(field["name"] for field in told["fields"])
        return Candidate(
            resource, names, Batches(file, names), kept, lambda row, column: Place(name, row=row, column=column), ()
        )

    tables = [make("sales", path, describe(keys), files)]
    tables += [make("items", path.with_name("items.csv"), ITEM_SCHEMA, NoFiles())]
    verdict = judge(tables, "columns", DiskSpill)
    sales = verdict.report.descriptor["tasks"][0]["stats"]
    return sales["rows"], sales["errors"]


def publish(path: Path, keys: bool) -> tuple[int, int]:
    """Check, CSV, Parquet and statistics in one pass over the file."""
    from entaku.model.grammar import Resource
    from entaku.model.words import Text
    from entaku.release.write import TableFiles
    from entaku.store.desk import Desk

    resource = Resource(name="sales", title=Text(ja="販売"), schema=grammar(describe(keys)))
    return _judge(path, keys, TableFiles(resource, {}, Desk(path.parent / "out")))


def cast_batch(batch: Any) -> Any:
    """A clean batch of texts with the schema's types (for measuring what follows the check, without it)."""
    from entaku.check.casts import Columns

    if not _COLUMNS:
        _COLUMNS.append(Columns(grammar(describe(False))))
    return _COLUMNS[0].cast(batch)


_COLUMNS: list[Any] = []
