"""A table in batches → of each column the different texts in which a pattern is found, how often and where first.

Each different text of a batch is looked at once.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Seen:
    """How often a text is in a column, and the number of the first row that has it."""

    count: int
    row: int


class Scan:
    """What was found of the patterns (RE2) that were looked for, by column."""

    def __init__(self, table: "Iterable[pa.RecordBatch]", patterns: Mapping[str, Sequence[str]]) -> None:
        """`table`: read from the start at each iteration, columns of text."""
        self._table = table
        self._found: dict[tuple[str, str], dict[str, Seen]] = {}
        first = 0
        for batch in table:
            for name, wanted in patterns.items():
                if wanted:
                    self._look(name, wanted, batch.column(name), first)
            first += batch.num_rows

    def _look(self, name: str, patterns: Sequence[str], texts: "pa.Array", first: int) -> None:
        import pyarrow.compute as pc

        coded = texts.dictionary_encode()
        for pattern in patterns:
            hit = pc.match_substring_regex(coded.dictionary, pattern)
            if not hit.true_count:
                continue
            codes = coded.indices.to_numpy()
            counts = np.bincount(codes, minlength=len(coded.dictionary))
            rows = np.empty(len(coded.dictionary), np.int64)
            rows[codes[::-1]] = np.arange(first + len(codes) - 1, first - 1, -1)  # the last that is put stays
            found = self._found.setdefault((name, pattern), {})
            places = pc.indices_nonzero(hit).to_numpy()
            for text, count, row in zip(
                coded.dictionary.take(places).to_pylist(), counts[places].tolist(), rows[places].tolist(), strict=True
            ):
                before = found.get(text)
                found[text] = Seen(count, row) if before is None else Seen(before.count + count, before.row)

    def list_matches(self, name: str, pattern: str) -> list[str]:
        """The different texts of a column in which a pattern was found, in order."""
        return list(self._found.get((name, pattern), ()))

    def sum_up(self, name: str, texts: Collection[str]) -> Seen:
        """How many rows of a column have one of these texts, and the first of them."""
        seen = {
            text: each for (column, _), found in self._found.items() if column == name for text, each in found.items()
        }
        some = [seen[text] for text in texts]
        return Seen(sum(each.count for each in some), min(each.row for each in some))

    def count_filled(self, name: str) -> int:
        """How many different texts a column has that aren't empty.  Reads the table again."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found = pa.chunked_array([pc.unique(batch.column(name)) for batch in self._table], pa.string())
        return sum(1 for text in pc.unique(found) if text.as_py())

    def list_rows(self, name: str, texts: Collection[str]) -> Iterator[int]:
        """The numbers of the rows that have one of these texts.  Reads the table again."""
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted, first = pa.array(sorted(texts), pa.string()), 0
        for batch in self._table:
            yield from (pc.indices_nonzero(pc.is_in(batch.column(name), wanted)).to_numpy() + first).tolist()
            first += batch.num_rows
