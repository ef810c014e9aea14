"""The files of terms of the search index: by each term, the numbers of the datasets that have it.  Pure."""

import json
import operator
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

SHARD = 16_000
"""Bytes of a file of terms, unless one term needs more."""
Postings = defaultdict[str, "array[int]"]
"""By term, for each entry with it, four times its number plus the level; 10,000 datasets have millions of these."""


def add_terms(postings: Postings, number: int, levels: Sequence[str]) -> None:
    """Add the number of an entry to each of its terms."""
    for level, terms in enumerate(levels):
        told = 4 * number + level
        for term in terms.split(" ")[:-1]:
            postings[term].append(told)


def cut_shards(postings: Postings, numbers: Sequence[int]) -> Iterator[tuple[str, bytes]]:
    """Yield files of terms in JavaScript's string order, each with its first term.  `numbers`: those of the entries, in
    the order in which they were added."""
    lines: list[str] = []
    first, size = "", 0
    for term in sorted(postings, key=lambda term: term.encode("utf-16-be")):
        line = f"{json.encoder.encode_basestring(term)}:{write_lists(postings[term], numbers)}"
        if lines and size + len(line) > SHARD:
            yield first, f"{{{','.join(lines)}}}".encode()
            lines, size = [], 0
        if not lines:
            first = term
        lines.append(line)
        size += len(line) + 1 + len(term)  # a Japanese character is three bytes
    if lines:
        yield first, f"{{{','.join(lines)}}}".encode()


def write_lists(packed: "array[int]", numbers: Sequence[int]) -> str:
    """Return a term's numbers as JSON, level by level, without empty levels at the end."""
    lists: tuple[list[int], ...] = ([], [], [], [])
    for each in packed:
        lists[each % 4].append(numbers[each // 4])
    last = max(level for level, mine in enumerate(lists) if mine)
    return f"[{','.join(f'[{shorten(sorted(mine))}]' for mine in lists[: last + 1])}]"


def shorten(numbers: Sequence[int]) -> str:
    """Encode numbers as differences from the one before; `-n` stands for n ones."""
    parts: list[str] = []
    for step, run in groupby(map(operator.sub, numbers, (-1, *numbers))):
        count = len(list(run))
        parts += [str(-count)] if step == 1 and count > 1 else [str(step)] * count
    return ",".join(parts)
