"""The input of the check: tidied tables and the files they are written to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from entaku.check.casts import Told
from entaku.formats.heavy import pa
from entaku.model.grammar import Resource
from entaku.model.nouns import Place, Raw, Written


class Files(Protocol):
    """The staged files of a table, unread until they are released."""

    def add(self, batch: pa.RecordBatch, told: Sequence[Told | pa.Array | None] = ()) -> None:
        """Write rows of text, columns in the schema's order; `told`: what the check has read, as for `Columns.code`.

        Raises NotCastableError, with the row's position in the batch; after that only the CSV is written.
        """

    def give_up(self) -> None:
        """Write only the CSV from now on: the table has errors and won't be released."""

    def close(self) -> Written:
        """Close the files and return them."""

    def read_csv(self) -> bytes:
        """Return the CSV as far as it is written."""


@dataclass(frozen=True)
class Candidate:
    """A tidied table to be checked."""

    resource: Resource
    columns: tuple[str, ...]
    batches: Iterable[pa.RecordBatch]
    """Its rows, read from the start at each iteration: non-null text, the columns in the order of `columns`."""
    files: Files
    locate: Callable[[int, str], Place]
    """The place in the raw file of a row, by its number from 0, and a column."""
    raws: tuple[Raw, ...]
    before: Callable[[int, str], str] = lambda _row, _column: ""
    """The cell's text in the raw file, before tidying; "" if there is none."""
    watch: Callable[[pa.RecordBatch, Sequence[Told | pa.Array | None]], None] = lambda _batch, _told: None
    """Is given all batches, columns in the schema's order, and what the check has read of them, as `Files.add`."""
    first: int = 0
    """Rows before the first batch: an earlier run has checked them, and found no error."""
    filled: Mapping[str, int] = field(default_factory=dict)
    """Those of them that have a value, by column of `expect.fill`."""
    mark: int = 0
    """Rows after which, unless there was anything to tell of them, `keep` is called with those that have a value."""
    keep: Callable[[Mapping[str, int]], None] = lambda _filled: None
