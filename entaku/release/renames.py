"""Columns of one table × columns of the other → which are the same under another name, by what is in them.

Some rows that both tables have are found by the number of their key, or of the cells of the columns of the same name;
a column is renamed if, in these rows, nearly all of its cells are those of exactly one new column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from entaku.formats.hashes import Numbers, hash_texts, join_numbers
from entaku.release.rows import Side

SAMPLE = 20_000
"""Rows of a table that are looked at, about."""
ALIKE = 0.95
"""The share of cells that are the same."""


def find_renamed(old: Side, new: Side, key: Sequence[str]) -> dict[str, str]:
    """Return the former names of renamed columns by their new ones.  `key`: columns by which both know their rows."""
    gone = [name for name in old.names if name not in new.names]
    come = [name for name in new.names if name not in old.names]
    if not gone or not come or not old.rows or not new.rows:
        return {}
    both = list(key) or [name for name in new.names if name in old.names]
    ones, others = _sample(old, both, gone), _sample(new, both, come)
    _, here, there = np.intersect1d(ones.pop(""), others.pop(""), return_indices=True)
    if not len(here):
        return {}
    types = [{field.name: field.type for field in side.resource.schema.fields} for side in (old, new)]
    shares = {
        (one, other): float((ones[one][here] == others[other][there]).mean())
        for one in gone
        for other in come
        if types[0][one] == types[1][other] and len(np.unique(ones[one][here])) > 1
    }
    return _choose(shares)


def _choose(shares: Mapping[tuple[str, str], float]) -> dict[str, str]:
    """Choose the pairs that are alike, of which neither column is as much like another."""
    alike = {pair: share for pair, share in shares.items() if share >= ALIKE}
    return {
        new: old
        for (old, new), share in alike.items()
        if not any(
            other >= share and pair != (old, new) and (pair[0] == old or pair[1] == new)
            for pair, other in alike.items()
        )
    }


def _sample(side: Side, key: Sequence[str], columns: Sequence[str]) -> dict[str, Numbers]:
    """Return the numbers of some rows' keys, each once, under "", and of their cells by column: of two tables mostly
    the same rows."""
    limit = np.uint64(min((1 << 64) - 1, int((1 << 64) * SAMPLE / max(side.rows, 1))))
    found: dict[str, list[Numbers]] = {name: [] for name in ("", *columns)}
    start = 0
    for batch in side.read([*key, *columns]):
        if key:
            numbers = join_numbers([hash_texts(batch.column(name)) for name in key])
        else:  # no column has the same name: rows at the same place
            numbers = join_numbers([np.arange(start, start + batch.num_rows, dtype=np.uint64)])
        start += batch.num_rows
        chosen = numbers <= limit
        found[""].append(numbers[chosen])
        for name in columns:
            found[name].append(hash_texts(batch.column(name))[chosen])
    joined = {name: np.concatenate([np.zeros(0, np.uint64), *parts]) for name, parts in found.items()}
    _, firsts = np.unique(joined[""], return_index=True)
    return {name: numbers[firsts] for name, numbers in joined.items()}
