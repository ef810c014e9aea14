"""Invisible characters and mojibake in tidied tables, and keys that nothing but invisible characters tells apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from entaku.formats.arrays import to_mask
from entaku.formats.heavy import pa, pc
from entaku.formats.invisible import FAINT, find_invisible, fold, spell
from entaku.formats.mojibake import SIGNS, unscramble
from entaku.model.nouns import Finding, Place
from entaku.model.table_schema import Schema

MAX_TOLD = 100
"""Findings of a table's keys that are told one by one."""
MAX_FAINT = 100_000
"""Keys with such characters that are compared."""
_CLASS = f"[{FAINT}]"
_ODD = f"{_CLASS}|{SIGNS}"
_FAINT = re.compile(_CLASS)
_BLANK = "[ \u3000\t\r\n]"
_EDGED = f"{_CLASS}|^{_BLANK}|{_BLANK}$"
_BLANK_BYTES = np.isin(np.arange(256), list(b" \t\r\n"))
_WIDE_SPACE = "\u3000".encode()

Key = tuple[str, ...]


def find_faint(column: Any) -> list[int]:
    """The places of texts with characters that may not be seen, or that may have been decoded wrongly."""
    texts = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return np.flatnonzero(to_mask(pc.match_substring_regex(texts, _ODD))).tolist() if len(texts) else []


def has_blank_edge(texts: Any) -> bool:
    """Whether a text begins or ends with a space or line end."""
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return False
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    text = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    if not len(text) or (text.min() > ord(" ") and _WIDE_SPACE not in text.tobytes()):
        return False
    # For an empty text these are bytes of its neighbours, which are looked at anyway.
    first = np.minimum(ends[:-1] - ends[0], len(text) - 1)
    last = np.maximum(ends[1:] - ends[0] - 1, 0)
    begins, closes = text.take(first), text.take(last)
    if _BLANK_BYTES.take(begins).any() or _BLANK_BYTES.take(closes).any():
        return True
    first, last = first[begins == _WIDE_SPACE[0]], last[closes == _WIDE_SPACE[-1]]
    wide_first = (text[first + 1] == _WIDE_SPACE[1]) & (text[first + 2] == _WIDE_SPACE[2])
    wide_last = (text[last - 1] == _WIDE_SPACE[1]) & (text[last - 2] == _WIDE_SPACE[0])
    return bool(wide_first.any() or wide_last.any())


def list_odd(column: Any, places: Iterable[int]) -> Iterator[tuple[int, str, str, dict[str, str]]]:
    """Place, text, code and args of the findings about cells of a column."""
    for place in places:
        text = column[place].as_py()
        if characters := find_invisible(text):
            yield place, text, "invisible-character", {"which": spell(characters)}
        if likely := unscramble(text):
            yield place, text, "mojibake", {"likely": likely}


def list_keys(schema: Schema) -> list[Key]:
    """The columns of each key of a schema."""
    unique = [(field.name,) for field in schema.fields if field.constraints.unique]
    return list(dict.fromkeys(key for key in (schema.primaryKey, *schema.uniqueKeys, *unique) if key))


def find_alike(
    batches: Callable[[], Iterable[pa.RecordBatch]], key: Key, locate: Callable[[int, str], Place]
) -> Iterator[Finding]:
    """A finding for each key that looks like another and is a different text, at the first row that has it.

    `locate`: the place of a row, by its number, and a column.
    """
    faint = list(_list_rows(batches(), key, None))[:MAX_FAINT]
    if not faint:
        return
    seen: dict[Key, dict[Key, int]] = {}
    for row, cells in faint:
        seen.setdefault(tuple(map(fold, cells)), {}).setdefault(cells, row)
    for row, cells in _list_rows(batches(), key, set(seen)):
        seen[cells].setdefault(cells, row)
    told = [(row, cells, look) for look, texts in seen.items() for cells, row in texts.items() if len(texts) > 1]
    more = 0
    for row, cells, look in sorted(told):
        plain = look if look in seen[look] else min(seen[look], key=seen[look].__getitem__)
        if cells == plain:
            continue
        more += 1
        if more <= MAX_TOLD:
            args = {"columns": ", ".join(key), "first": str(locate(seen[look][plain], key[0]).row or "")}
            args |= {"seen": ", ".join(plain), "which": spell("".join(map(_odd_of, cells)))}
            yield Finding("alike-keys", "warning", locate(row, key[0]), ", ".join(cells), args)
    if more > MAX_TOLD:
        yield Finding("too-many-findings", "warning", Place(), args={"count": str(more - MAX_TOLD), "of": "alike-keys"})


def _odd_of(text: str) -> str:
    """The characters of a text that tell it from one that looks like it, each once."""
    spaces = text[: len(text) - len(text.lstrip())] + text[len(text.rstrip()) :]
    return "".join(dict.fromkeys([*_FAINT.findall(text), *spaces]))


def _list_rows(batches: Iterable[pa.RecordBatch], key: Key, looks: set[Key] | None) -> Iterator[tuple[int, Key]]:
    """Number and key of the rows with faint characters in it, or of those whose key is one of `looks` as it is."""
    start = 0
    for batch in batches:
        columns = [batch.column(name) for name in key]
        if looks is None:
            masks = [to_mask(pc.match_substring_regex(column, _EDGED)) for column in columns]
            mask = np.logical_or.reduce(masks)
        else:
            masks = [
                to_mask(pc.is_in(column, value_set=pa.array(sorted({look[n] for look in looks}), pa.string())))
                for n, column in enumerate(columns)
            ]
            mask = np.logical_and.reduce(masks)
        for place in np.flatnonzero(mask).tolist():
            cells = tuple(column[place].as_py() for column in columns)
            if looks is None or cells in looks:
                yield start + place, cells
        start += batch.num_rows
