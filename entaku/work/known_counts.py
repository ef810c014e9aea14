"""What an earlier run counted for the charts of a table in parts, so that one more day reads the last part alone.

All that is counted of the parts before the last is kept in the cache, under the hashes of these and whatever else decides
about it; the rows that wait for others to make a block are kept with it, so that numbers are added up in the same order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from entaku.catalogue import charts as chart_rules
from entaku.formats.arrays import Blocks
from entaku.model.charts import ChartPlan
from entaku.model.nouns import EPOCH, ReleasedResource
from entaku.store import Cache
from entaku.work.known_rows import BROKEN, pack_tree, unpack_tree
from entaku.work.setting import digest_program

if TYPE_CHECKING:
    import pyarrow as pa

GIVEN = ("plan", "resource")
"""What a count is given, which is not kept."""


@dataclass(frozen=True)
class KnownCounts:
    """The counts of the parts of one table but the last."""

    cache: Cache
    table: ReleasedResource
    """In parts, two at least."""
    timezone: str
    """In which days are counted."""
    reader: Callable[[str, list[str]], Iterator[pa.RecordBatch]]
    """Reads columns of a file of the release."""

    def read(
        self, plan: ChartPlan, columns: list[str], counted: dict[str, Any], blocks: Blocks
    ) -> Iterator[pa.RecordBatch]:
        """Yield the batches that are to be counted: those of the last part, if the others are known, else all, keeping
        what was `counted` of the others once it is."""
        assert self.table.parted is not None
        *before, last = (part.parquet.path for part in self.table.parted.parts)
        key = self._name(plan, columns)
        known = None
        with suppress(*BROKEN):
            known = unpack_tree(self.cache.get(key) or b"")
        if known is None:
            for path in before:
                yield from self.reader(path, columns)
            told = {name: value for name, value in counted.items() if name not in GIVEN}
            with suppress(*BROKEN):  # of types that can't be kept
                self.cache.put(key, pack_tree((told, blocks.waiting)))
        else:
            counted |= known[0]
            blocks.resume(known[1])
        yield from self.reader(last, columns)

    def _name(self, plan: ChartPlan, columns: list[str]) -> str:
        assert self.table.parted is not None
        hashes = [part.parquet.sha256 for part in self.table.parted.parts[:-1]]
        made_from = (
            EPOCH, chart_rules.EDITION, digest_program(), self.timezone, repr(plan), columns, repr(self.table.resource),
            hashes,
        )  # fmt: skip
        return hashlib.sha256(f"counts {made_from!r}".encode("utf-8", "backslashreplace")).hexdigest()
