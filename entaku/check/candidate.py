"""A tidied table that asks to be checked, and where its files are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from entaku.check.casts import Told
from entaku.formats.heavy import pa
from entaku.model.grammar import Resource
from entaku.model.nouns import Place, Raw, Written


class Files(Protocol):
    """The files of a table, written where nobody reads them before they are released."""

    def add(self, batch: pa.RecordBatch, told: Sequence[Told | pa.Array | None] = ()) -> None:
        """Rows of text, columns in the schema's order; `told`: what the check knows of each, as `Columns.code` takes it.

        Raises NotCastableError, with the row's place in the batch; from then on only the CSV is written.
        """

    def close(self) -> Written:
        """The files, whole."""

    def read_csv(self) -> bytes:
        """The CSV as far as it is written."""


@dataclass(frozen=True)
class Candidate:
    """A tidied table that asks to be checked."""

    resource: Resource
    columns: tuple[str, ...]
    batches: Iterable[pa.RecordBatch]
    """Its rows, read from the start at each iteration: text, never missing, the columns in the order of `columns`."""
    files: Files
    locate: Callable[[int, str], Place]
    """The place in the raw file of a row, by its number from 0, and a column."""
    raws: tuple[Raw, ...]
    before: Callable[[int, str], str] = lambda _row, _column: ""
    """The cell's text in the raw file, before tidying; "" if it has none."""
