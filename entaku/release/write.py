"""A table's checked rows → its CSV, its Parquet and its profile, in one pass; its place file from its parts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from entaku.check import Spill, casts
from entaku.check import schema as schemas
from entaku.formats.arrays import Blocks
from entaku.formats.heavy import pa
from entaku.model.files import File, name_csv, name_parquet
from entaku.model.grammar import Resource
from entaku.model.nouns import Written
from entaku.model.profile import Profile
from entaku.model.table_schema import SchemaField
from entaku.release.errata import write_errata as write_errata
from entaku.release.files import CsvFile, ParquetFile, Sink, make_arrow_schema, needs_quotes
from entaku.release.files import spell_csv as spell_csv
from entaku.release.layout import find_order as find_order
from entaku.release.parts import Cutter as Cutter
from entaku.release.parts import PartedCsv, PartedParquet, write_part_list
from entaku.release.parts import join_parquet as join_parquet
from entaku.release.periods import PeriodStats
from entaku.release.places import write_places as write_places
from entaku.release.sources import has_lists as has_lists
from entaku.release.stats import Stats


class StagingPlace(Protocol):
    """Storage for the files of a possible release, and for data that exceed memory."""

    def open(self, path: str) -> Sink:
        """Open a new file, replacing one of the same name."""

    def read(self, path: str) -> bytes:
        """Return the bytes of a file as far as it is written."""

    def close(self, path: str) -> None:
        """Close a file to which nothing more is written."""

    def make_spill(self) -> Spill:
        """Create storage for bytes that are read again during the run."""


class TableFiles:
    """The files of one table (`check.Files`)."""

    def __init__(
        self, resource: Resource, head: Mapping[str, Any], desk: StagingPlace, zoned: Collection[str] = (),
        compared: bool = False,
    ) -> None:  # fmt: skip
        """`zoned`: the columns of moments with offsets from UTC (`casts.find_zoned`); `compared`: the table will be
        compared with earlier releases."""
        self.name, self.desk = resource.name, desk
        schema = resource.schema
        names, typed = [field.name for field in schema.fields], make_arrow_schema(resource, head, zoned)
        order = find_order(resource)
        self.csv: CsvFile | PartedCsv
        self.parquet: ParquetFile | PartedParquet
        self.cutter = Cutter(resource) if resource.partition else None
        if self.cutter:
            self.csv = PartedCsv(self.name, desk, names, self.cutter)
            self.parquet = PartedParquet(self.name, desk, typed, self.cutter, order)
        else:
            self.csv = CsvFile(desk.open(name_csv(self.name)), names)
            self.parquet = ParquetFile(desk.open(name_parquet(self.name)), typed, order=order)
        self.columns, self.stats, self.blocks = casts.Columns(schema, zoned), Stats(schema, zoned), Blocks()
        self.quotes = [_Quotes(field, schema.missingValues) for field in schema.fields]
        self.periods = PeriodStats(schema) if compared else None
        self.rows = 0
        self.castable = True

    def add(self, batch: pa.RecordBatch, told: Sequence[casts.Told | pa.Array | None] = ()) -> None:
        """Write and count rows of text."""
        self.csv.add(batch, [quotes.are_needless(some) for quotes, some in zip(self.quotes, told, strict=False)])
        self.rows += batch.num_rows
        if not self.castable:
            return
        try:
            coded = self.columns.code(batch, told)
        except schemas.NotCastableError:
            self.castable = False
            raise
        if self.cutter:  # whose parts hold their rows back themselves
            self.parquet.add(coded)
        for block in self.blocks.add(coded):
            self._add_block(block)

    def keep(self) -> dict[str, Any]:
        """Close the parts so far, none of which has a further row, and return all that is known of them."""
        assert isinstance(self.csv, PartedCsv) and isinstance(self.parquet, PartedParquet)
        self.csv.finish()
        self.parquet.finish()
        return {
            "rows": self.rows,
            "csv": list(self.csv.files),
            "parquet": list(self.parquet.files),
            "waiting": list(self.blocks.waiting),
            "stats": self.stats.keep(),
            "periods": self.periods.keep() if self.periods is not None else None,
        }

    def resume(self, kept: dict[str, Any]) -> None:
        """Go on where other files of the same table were, whose parts are on the desk."""
        assert isinstance(self.csv, PartedCsv) and isinstance(self.parquet, PartedParquet) and self.cutter
        self.rows = kept["rows"]
        self.csv.resume(kept["csv"], self.desk.read)
        self.parquet.resume(kept["parquet"])
        self.cutter.resume([name for name, _ in kept["csv"]], self.rows)
        self.blocks.resume(kept["waiting"])
        self.stats.resume(kept["stats"])
        if self.periods is not None:
            self.periods.resume(kept["periods"])

    def give_up(self) -> None:
        """Write only the CSV from now on."""
        self.castable = False

    def _add_block(self, block: pa.RecordBatch) -> None:
        self.stats.add(block)
        if self.periods is not None:
            self.periods.add(block)
        if not self.cutter:
            self.parquet.add(block)

    def close(self) -> Written:
        """Close the files and return them."""
        for block in self.blocks.close():
            self._add_block(block)
        csv, parquet = self.csv.close(name_csv(self.name)), self.parquet.close(name_parquet(self.name))
        periods = self.periods.close() if self.periods is not None else None
        written = Written(csv, parquet, self.rows, self.stats.close(), periods=periods)
        if isinstance(self.csv, PartedCsv) and isinstance(self.parquet, PartedParquet):
            parted = write_part_list(self.name, self.csv, self.parquet, self.desk)
            return replace(written, parted=parted)
        return written

    def read_csv(self) -> bytes:
        """Return the CSV as far as it is written."""
        if isinstance(self.csv, PartedCsv):
            return self.csv.read(self.desk.read)
        return self.desk.read(name_csv(self.name))


class CastOnly:
    """Casts a table's values without writing them, to find those that don't fit into Parquet; counts them if they will
    be `compared` with earlier releases."""

    def __init__(self, resource: Resource, zoned: Collection[str] = (), compared: bool = False) -> None:
        schema = resource.schema
        self.cutter = Cutter(resource) if resource.partition else None
        self._name, self._columns = resource.name, casts.Columns(schema, zoned)
        self._rows, self._castable = 0, True
        self._counts = (Stats(schema, zoned), PeriodStats(schema), Blocks()) if compared else None

    def add(self, batch: pa.RecordBatch, told: Sequence[casts.Told | pa.Array | None] = ()) -> None:
        """Cast and count rows of text.  Raises NotCastableError for the first value that can't be cast."""
        self._rows += batch.num_rows
        if self.cutter:
            self.cutter.cut(batch)
        if self._castable:
            try:
                coded = self._columns.code(batch, told)
            except schemas.NotCastableError:
                self._castable = False
                raise
            for block in self._counts[2].add(coded) if self._counts else ():
                self._count(block)

    def _count(self, block: pa.RecordBatch) -> None:
        for counts in self._counts[:2] if self._counts else ():
            counts.add(block)

    def give_up(self) -> None:
        """Cast no more."""
        self._castable = False

    def close(self) -> Written:
        """Return the number of rows, with files that were not written."""
        profile: tuple[Profile, ...] = ()
        periods = None
        if self._counts and self._castable:
            for block in self._counts[2].close():
                self._count(block)
            profile, periods = self._counts[0].close(), self._counts[1].close()
        files = File(name_csv(self._name), 0, ""), File(name_parquet(self._name), 0, "")
        return Written(*files, self._rows, profile, periods=periods)

    def read_csv(self) -> bytes:
        """Return no bytes, as nothing is written."""
        return b""


class _Quotes:
    """Detects columns of which no text needs quotes in a CSV, from what the check has read of them."""

    def __init__(self, field: SchemaField, missing: Sequence[str]) -> None:
        self.marks = field.missingValues if field.missingValues is not None else missing
        self.cast = field.type != "string" and not any(map(needs_quotes, self.marks))
        """Texts that are all numbers, days or missing values without special characters need no quotes."""
        self.seen, self.found = 0, False

    def are_needless(self, told: casts.Told | pa.Array | None) -> bool:
        """Test whether it is known that no text needs quotes."""
        if not isinstance(told, casts.Told):
            return told is not None and self.cast
        if told.lasting:
            self.found |= any(needs_quotes(text or "") for text in told.distinct[self.seen :])
            self.seen = len(told.distinct)
        return told.lasting and not self.found
