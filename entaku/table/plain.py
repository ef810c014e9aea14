"""The fast way through plain text files, block by block: one header, every row as wide as it, nothing odd.

Gives what the careful way (`csv`, `rows`) gives, or raises NotPlainError wherever anything is out of the ordinary;
then that way finds out what.  Never more than a few blocks are in memory.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np

from entaku.formats import limits
from entaku.formats.arrays import Mask, make_flags, make_numbers, make_texts, measure, to_mask
from entaku.formats.guess import is_japanese
from entaku.formats.heavy import arrow_csv, pa, pc, pd
from entaku.formats.invisible import FAINT
from entaku.formats.mojibake import SIGNS
from entaku.model.grammar import Read
from entaku.model.nouns import Table
from entaku.table.lines import read_titles
from entaku.table.notes import Notes
from entaku.table.rows import ODD as ODD_TEXT
from entaku.table.rows import Layout, lay_out, make_table
from entaku.table.whence import Range

BLOCK = 4 << 20
"""Bytes that are read at once; a longer line is not plain."""

Labels = np.ndarray[Any, np.dtype[np.int64]]
CODECS = {"utf-8": "utf-8", "cp932": "cp932", "euc-jp": "euc_jp"}
"""The encodings that are read block by block: in all of them the byte of a line end is nothing else."""
ODD = "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\u0080-\u009f\ue000-\uf8ff\ufdd0-\ufdef\ufffd-\uffff\U0010ff00-\U0010ffff]"
"""`rows.ODD` for RE2."""
HEAD = 1 << 14
"""Bytes by which a declared encoding is judged."""
ODD_OR_FAINT = f"{ODD[:-1]}{FAINT}]|{SIGNS}"
"""What is told of a file: characters that others can't show or nobody sees, and signs of text decoded wrongly."""
BLANK = "^[\t-\r\x1c-\x1f \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$"
"""What Python's str.strip leaves nothing of."""


class NotPlainError(Exception):
    """The file needs the careful way."""


@dataclass(frozen=True)
class Block:
    """Rows that follow each other, blank ones left out."""

    rows: pa.Table
    labels: Labels
    """The line of each row in the raw file."""
    faint: bool = False
    """Whether there may be invisible characters in them."""


class PlainFile:
    """A plain text file: its header, and its rows block by block."""

    def __init__(self, file: BinaryIO, how: Read, delimiter: str) -> None:
        """`file`: at its beginning.  Raises NotPlainError."""
        self._pieces = _Pieces(file, how.encoding)
        if not delimiter.isascii():
            raise NotPlainError
        self._delimiter = delimiter
        self._top = find_top(how)
        first = next(self._pieces, b"")
        lines = first.split(b"\n", self._top)
        if not self._top or len(lines) <= self._top:
            raise NotPlainError
        self._rest = lines.pop()
        self.layout = self._read_head([line.removesuffix(b"\r").decode() for line in lines], how)

    def _read_head(self, lines: list[str], how: Read) -> Layout:
        cells = [(n, _split_line(line, self._delimiter)) for n, line in enumerate(lines, 1) if line]
        if any(len(cell) > limits.CELL for _, line in cells for cell in line):
            raise NotPlainError
        probe = Notes("")
        layout = lay_out(cells, how, probe, "utf-8")
        if layout is None or probe.found or len(layout.starts) != 1 or set(layout.titles) & set(layout.names):
            raise NotPlainError
        return layout

    def __iter__(self) -> Iterator[Block]:
        """The rows, once.  Raises NotPlainError at any block, LimitError where there are too many."""
        names, row = list(self.layout.names), self._top + 1
        for n, text in enumerate(self._all_texts()):
            if text.startswith(codecs.BOM_UTF8):  # Arrow would take it for a byte order mark
                raise NotPlainError
            parsed = parse(text, self._delimiter, names)
            if parsed.num_rows or not n:
                yield replace(drop_blank(parsed, row), faint=self._pieces.faint)
            row += parsed.num_rows
            if row - 1 > limits.PLAIN_ROWS:
                raise limits.LimitError("行 / rows", limits.PLAIN_ROWS)

    def _all_texts(self) -> Iterator[bytes]:
        yield self._rest
        yield from self._pieces


class _Pieces(Iterator[bytes]):
    """A file as pieces of UTF-8 that end with a line, each looked through for what isn't plain."""

    def __init__(self, file: BinaryIO, encoding: str | None) -> None:
        if encoding not in (None, *CODECS):
            raise NotPlainError
        self._file, self._encoding, self._left = file, CODECS[encoding or "utf-8"], b""
        self._first = self._more = True
        self._perhaps_utf8 = self._encoding != "utf-8"
        self._beyond_ascii = False
        self.faint = False
        """Whether there were characters so far that may not be seen."""

    def __next__(self) -> bytes:
        if not self._more:
            raise StopIteration
        read = self._file.read(BLOCK)
        self._more = len(read) == BLOCK
        piece = self._left + read
        if self._first and self._encoding == "utf-8":
            piece = piece.removeprefix(codecs.BOM_UTF8)
        if self._first and self._encoding != "utf-8" and not _is_japanese(piece[:HEAD], self._encoding):
            raise NotPlainError  # the careful way tells it
        self._first = False
        end = piece.rfind(b"\n") + 1 if self._more else len(piece)
        if not end and self._more:
            raise NotPlainError
        piece, self._left = piece[:end], piece[end:]
        if not self._more:
            piece = _cut_blank_end(piece)
        text = self._decode(piece)
        if b"\0" in text or (b"\r" in text and text.count(b"\r") != text.count(b"\r\n")):
            raise NotPlainError
        if has_any(text, ODD_OR_FAINT):
            if has_any(text, ODD):
                raise NotPlainError
            self.faint = True
        return text

    def _decode(self, piece: bytes) -> bytes:
        """The piece as UTF-8.  A declared encoding must not be contradicted by all of it being UTF-8."""
        ascii_only = piece.isascii()
        self._beyond_ascii |= not ascii_only
        try:
            if self._encoding == "utf-8":
                if not ascii_only and not _is_utf8(piece):
                    raise NotPlainError
                return piece
            if not ascii_only and self._perhaps_utf8:
                self._perhaps_utf8 = _is_utf8(piece)
            if not self._more and self._perhaps_utf8 and self._beyond_ascii:
                raise NotPlainError
            return piece if ascii_only else piece.decode(self._encoding).encode()
        except UnicodeDecodeError:
            raise NotPlainError from None


def _is_japanese(head: bytes, encoding: str) -> bool:
    return head.isascii() or is_japanese(
        head.decode(encoding, "ignore"), "euc-jp" if encoding == "euc_jp" else encoding
    )


def _cut_blank_end(piece: bytes) -> bytes:
    """The end of a file without the empty lines there."""
    cut = piece.rstrip(b"\r\n")
    end = piece[len(cut) :]
    return cut + (b"\r\n" if end.startswith(b"\r\n") else end[:1]) if cut else b""


def _is_utf8(piece: bytes) -> bool:
    """Test whether bytes are UTF-8, as Arrow does, which makes no text of them."""
    try:
        as_one_text(piece).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def find_top(how: Read) -> int:
    """The last row of the header; 0 where lines must be looked at one by one."""
    top = (how.header.row or 1) + how.header.rows - 1
    special = how.header.starts or how.skip or how.stop or how.section or any(title.line > top for title in how.title)
    return 0 if special else top


def has_any(text: bytes, pattern: str) -> bool:
    """Whether a regular expression of RE2 matches anywhere in UTF-8 text."""
    return bool(pc.match_substring_regex(as_one_text(text), pattern).true_count)


def as_one_text(text: bytes) -> pa.LargeStringArray:
    """Return bytes as an array of one text, without copying them."""
    offsets = pa.py_buffer(np.array([0, len(text)], np.int64))
    return pa.LargeStringArray.from_buffers(1, offsets, pa.py_buffer(text))


def _split_line(line: str, delimiter: str) -> list[str]:
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        raise NotPlainError from None


def parse(text: bytes, delimiter: str, names: list[str]) -> pa.Table:
    """Lines of UTF-8 as rows.  Raises NotPlainError where one has fewer or more cells or a cell is too long."""
    if not text:
        return pa.table({name: make_texts([]) for name in names})
    quoted = b'"' in text
    if quoted and not has_plain_quotes(text, delimiter):
        raise NotPlainError
    places = [str(n) for n in range(len(names))]
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(text),
            arrow_csv.ReadOptions(column_names=places, use_threads=False, block_size=len(text) + 1),
            arrow_csv.ParseOptions(delimiter=delimiter, quote_char='"' if quoted else False, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:
        raise NotPlainError from None
    if any(int(measure(chunk).max(initial=0)) > limits.CELL for column in table.columns for chunk in column.chunks):
        raise NotPlainError
    return table.rename_columns(names)


def has_plain_quotes(text: bytes, delimiter: str) -> bool:
    """Whether every quote opens or closes a whole cell, or is one of two within one; and no line ends within quotes.

    Only then do Python's csv module in strict mode and Arrow read the same.
    """
    codes = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(codes == ord('"'))
    if len(quotes) % 2:
        return False
    before = np.append(np.uint8(10), codes)[quotes]  # the byte before each quote; a text begins as a line does
    after = np.append(codes, np.uint8(10))[quotes + 1]
    mark = ord(delimiter)
    opens, closes = before[::2], after[1::2]
    again = np.append(np.diff(quotes) == 1, False)  # followed at once by another quote
    inner = np.append(False, again[:-1])
    good = (opens == mark) | (opens == 10) | inner[::2]
    ends = (closes == mark) | (closes == 10) | (closes == 13) | again[1::2]
    if not (good.all() and ends.all()):
        return False
    lines = np.flatnonzero(codes == 10)
    return not (np.searchsorted(quotes, lines) % 2).any()


def drop_blank(table: pa.Table, first: int) -> Block:
    """The rows but those of nothing but spaces, with the number of each; the first is `first`."""
    labels = np.arange(first, first + table.num_rows)
    blank = np.arange(table.num_rows)
    for column in table.columns:
        blank = blank[_may_be_blank(column)[blank]] if column.num_chunks == 1 else blank
        if not len(blank):
            break
        some = column if len(blank) == len(column) else column.take(make_numbers(blank))
        mask = pc.match_substring_regex(some, BLANK)
        blank = blank[to_mask(mask.combine_chunks())]
    if not len(blank):
        return Block(table, labels)
    stay = np.ones(table.num_rows, bool)
    stay[blank] = False
    return Block(table.filter(make_flags(stay)), labels[stay])


_BLANK_STARTS = np.isin(np.arange(256), [*range(9, 14), *range(0x1C, 0x21), 0xC2, 0xE1, 0xE2, 0xE3])
"""The bytes with which BLANK's spaces begin."""


def _may_be_blank(column: pa.ChunkedArray) -> Mask:
    """Mask the texts of a column in one chunk that are empty or whose first byte may be of a space."""
    texts = column.chunk(0)
    _, offsets, data = texts.buffers()
    mask: Mask = measure(texts) == 0
    text = np.frombuffer(data or b"", np.uint8)
    if len(text):
        begins = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts)]
        mask |= _BLANK_STARTS.take(text.take(begins, mode="clip"))
    return mask


# ---- as a Table -------------------------------------------------------------------------------------------------


def read_plain(body: bytes, delimiter: str, how: Read, notes: Notes) -> Table | None:
    """The table in a plain text file, or None where it must be read with more care."""
    try:
        file = PlainFile(io.BytesIO(body), how, delimiter)
        blocks = list(file)
    except (NotPlainError, limits.LimitError):
        return None
    laid = file.layout
    rows = pa.concat_tables([block.rows for block in blocks])
    labels = np.concatenate([block.labels for block in blocks])
    columns = dict(zip(laid.names, rows.columns, strict=True))
    empty = Table(
        pd.DataFrame(),
        notes.file,
        notes.sheet,
        laid.origins,
        laid.starts,
        False,
        laid.lines,
        laid.lost,
        laid.body.sought,
        laid.body.twins,
        whence=laid.whence,
    )
    return _finish(empty, columns, labels, laid.titles)


def read_plain_sheet(columns: Sequence[pa.Array], how: Read, notes: Notes, merged: Sequence[Range]) -> Table | None:
    """The table in a sheet's columns of text, or None where it must be read with more care."""
    top = find_top(how)
    if not top or not columns or len(columns[0]) <= top or (how.merged == "fill" and merged):
        return None
    if any(ODD_TEXT.search("".join(column.dictionary_encode().dictionary.to_pylist())) for column in columns):
        return None
    head = [(n + 1, [column[n].as_py() for column in columns]) for n in range(top)]
    probe = Notes(notes.file, notes.sheet, spreadsheet=True, left=notes.left)
    named = make_table([(n, list(cells)) for n, cells in head], how, probe, "Excel", merged)
    full = make_table([*head, (top + 1, ["x"] * len(columns))], how, probe, "Excel", merged)
    if named is None or full is None or probe.found or len(full.starts) != 1 or len(full.origins) != len(columns):
        return None
    body = pa.table([column.slice(top) for column in columns], names=list(full.origins))
    kept = drop_blank(body, top + 1)
    made = dict(zip(full.origins, kept.rows.columns, strict=True))
    for name in reversed(list(full.origins)):
        if len(made) <= len(named.origins) or _any_text(made[name]):
            break
        del made[name]
    return _finish(full, made, kept.labels, read_titles(head, how, probe))


def _any_text(column: pa.Array) -> bool:
    return bool(pc.max(pc.binary_length(column)).as_py())


def _finish(head: Table, columns: Mapping[str, Any], labels: Any, titles: Mapping[str, str]) -> Table:
    frame = make_frame(list(columns), list(columns.values()), labels)
    for name, value in titles.items():
        frame[name] = pd.array([value] * len(frame), dtype="str")
    origins = {name: n for name, n in head.origins.items() if name in columns}
    return replace(head, frame=frame, origins=origins)


def make_frame(names: Sequence[str], columns: Sequence[pa.ChunkedArray], labels: Any) -> pd.DataFrame:
    """Columns of text as a frame."""
    data = {name: pd.array(column, dtype="str") for name, column in zip(names, columns, strict=True)}
    return pd.DataFrame(data, index=pd.Index(labels, dtype="int64"), copy=False)
