"""A table's rows as they are checked → its CSV, its Parquet and its profile, in one pass."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from entaku.batches import Blocks
from entaku.check_repeats import Spill
from entaku.check_vectors import MANY, Look
from entaku.grammar import Resource
from entaku.model import Written
from entaku.release_files import CsvFile, ParquetFile, Sink, make_arrow_schema
from entaku.schema import NotCastableError
from entaku.schema_columns import Columns, Told
from entaku.stats import Stats

if TYPE_CHECKING:
    import pyarrow as pa


class Desk(Protocol):
    """Where files are written that may become a release, and what is too much for memory."""

    def open(self, path: str) -> Sink:
        """A new file; one of that name gives way."""

    def read(self, path: str) -> bytes:
        """The bytes of a file as far as it is written."""

    def make_spill(self) -> Spill:
        """A place for bytes that are soon read again."""


class TableFiles:
    """The files of one table: what `check.Files` asks for."""

    def __init__(self, resource: Resource, head: Mapping[str, Any], desk: Desk) -> None:
        self.name, self.desk = resource.name, desk
        schema = resource.schema
        self.csv = CsvFile(desk.open(f"{self.name}.csv"), [field.name for field in schema.fields])
        self.parquet = ParquetFile(desk.open(f"{self.name}.parquet"), make_arrow_schema(resource, head))
        self.columns, self.stats, self.blocks = Columns(schema), Stats(schema), Blocks()
        self.rows = 0
        self.castable = True

    def add(self, batch: "pa.RecordBatch", looks: Sequence[Look] | None = None) -> None:
        """Write and count rows of text."""
        self.csv.add(batch)
        self.rows += batch.num_rows
        if not self.castable:
            return
        try:
            coded = self.columns.code(batch, [_tell(look) for look in looks or ()])
        except NotCastableError:
            self.castable = False
            raise
        for block in self.blocks.add(coded):
            self._add_block(block)

    def _add_block(self, block: "pa.RecordBatch") -> None:
        self.stats.add(block)
        self.parquet.add(block)

    def close(self) -> Written:
        """The files, whole."""
        for block in self.blocks.close():
            self._add_block(block)
        csv, parquet = self.csv.close(f"{self.name}.csv"), self.parquet.close(f"{self.name}.parquet")
        return Written(csv, parquet, self.rows, self.stats.close())

    def read_csv(self) -> bytes:
        """The CSV as far as it is written."""
        return self.desk.read(f"{self.name}.csv")


def _tell(look: Look) -> "Told | pa.Array | None":
    """What the check knows already of a column: its values, or its distinct texts if there are few."""
    if look.values is not None:
        return look.values
    if look.indices is None or not (look.few or len(look.distinct) * MANY <= len(look.texts)):
        return None
    return Told(look.indices, look.distinct, look.few)
