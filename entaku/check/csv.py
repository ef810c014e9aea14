"""The fast door: CSV → blocks of text columns with their record numbers.

pyarrow parses; rows that are shorter or longer than the header, and empty lines, are put back in their places.
"""

import atexit
import codecs
import csv
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from threading import Condition, Event
from typing import Any, BinaryIO
from weakref import WeakSet, WeakValueDictionary

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from entaku.formats.arrays import NO_TEXT, make_flags, make_numbers, make_texts, measure, to_mask

Bytes = np.ndarray[Any, np.dtype[np.uint8]]

BLOCK = 2 << 20
"""Bytes parsed at once."""
MAX_BLOCK = 1 << 30
AHEAD = 4
"""Blocks that may be read before the first of them is used."""
PATIENCE = 0.02
"""Seconds without a batch after which no more are taken to come of what is read."""


@dataclass(frozen=True)
class Block:
    """Rows one after the other, every column text; null where a row has no such cell."""

    columns: pa.RecordBatch
    first: int
    """The number of the first row: records counted from 1, the header among them."""
    odd: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """By place in the block, the cells of rows that have fewer or more than the header."""


class DoorError(Exception):
    """A file that can't be read on: a frictionless error type and a note."""

    def __init__(self, kind: str, note: str) -> None:
        super().__init__(f"{kind}: {note}")
        self.kind, self.note = kind, note


@dataclass(frozen=True)
class CsvSource:
    """A CSV file that can be read more than once."""

    open: Callable[[], BinaryIO]
    encoding: str
    delimiter: str
    labels: tuple[str, ...]
    width: int
    block: int = BLOCK
    empty: bool = False
    """There is nothing after the header."""

    def __iter__(self) -> Iterator[Block]:
        return iter(()) if self.empty else self._read()

    def _read(self) -> Iterator[Block]:
        names = [str(place) for place in range(self.width)]
        ragged: list[tuple[int, tuple[str, ...]]] = []

        def keep(row: arrow_csv.InvalidRow) -> str:
            ragged.append((row.number, _split(row.text, self.delimiter)))
            return "skip"

        number, lost = 2, list[BaseException]()
        empty, lines = self._find_empty_lines(), list[int]()
        try:
            with self.open() as stream, watching(keep, lost):
                for batch in self._parse(stream, names, keep):
                    if lost:
                        raise UnicodeError(lost[0])
                    block = put_back(batch, number, ragged)
                    places = find_empty(block)
                    if places and self.width > 1:
                        last = block.first + places[-1]
                        while not lines or lines[-1] < last:
                            lines.append(next(empty, last + 1))
                        places = sorted(set(places) & {line - block.first for line in lines})
                        lines = [line for line in lines if line > last]
                    if places:
                        block = mark_empty(block, places)
                    yield block
                    number += len(block.columns)
                if lost:
                    raise UnicodeError(lost[0])
        except pa.ArrowInvalid as error:
            if "straddl" in str(error) and self.block < MAX_BLOCK:  # a row longer than a block
                for block in replace(self, block=self.block * 8)._read():
                    if block.first + len(block.columns) > number:
                        yield cut(block, number)
                return
            kind = "encoding-error" if lost or "UTF8" in str(error) else "source-error"
            raise DoorError(kind, str(lost[0] if lost else error)) from None
        except UnicodeError as error:
            raise DoorError("encoding-error", str(error)) from None
        if ragged:
            nothing = pa.RecordBatch.from_arrays([make_texts([]) for _ in names], names)
            yield put_back(nothing, number, ragged)

    def _parse(
        self, stream: BinaryIO, names: Sequence[str], keep: Callable[[arrow_csv.InvalidRow], str]
    ) -> Iterator[pa.RecordBatch]:
        plain = _normal(self.encoding) in ("utf-8", "utf-8-sig")
        pace = Pace()
        source = Utf8Stream(stream, None if plain else codecs.getincrementaldecoder(self.encoding)(), pace)
        try:
            reader = arrow_csv.open_csv(
                pa.PythonFile(source, "r"),
                read_options=arrow_csv.ReadOptions(
                    column_names=list(names), skip_rows_after_names=1, use_threads=False, block_size=self.block
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=keep
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    # in a table of one column only this tells an empty line from ""
                    strings_can_be_null=self.width == 1, null_values=[""], quoted_strings_can_be_null=False,
                ),
            )  # fmt: skip
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return
            raise
        yield from pace.follow(reader)

    def _find_empty_lines(self) -> Iterator[int]:
        """The numbers of the records that are empty lines, for which pyarrow gives empty cells."""
        with self.open() as stream, io.TextIOWrapper(stream, _decoding(self.encoding), newline="") as text:
            for number, cells in enumerate(csv.reader(text, delimiter=self.delimiter), 1):
                if not cells:
                    yield number


def open_csv(
    open_: Callable[[], BinaryIO],
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
    width: int = 0,
    block: int = BLOCK,
) -> CsvSource:
    """A CSV file, opened by `open_` as often as it is read.

    `width`: how many columns there are if the header line is empty.  Raises DoorError.
    """  # fmt: skip
    csv.field_size_limit(max(csv.field_size_limit(), 1 << 27))
    try:
        # what can't be decoded is told where the rows are read
        header, empty = _read_start(open_, _decoding(encoding), delimiter, "replace")
        if header is not None and any("\ufffd" in label for label in header):
            _read_start(open_, _decoding(encoding), delimiter, "strict")
    except (UnicodeError, LookupError) as error:
        raise DoorError("encoding-error", str(error)) from None
    if header is None:
        raise DoorError("source-error", "the source is empty")
    labels = tuple(label.strip() for label in header)
    return CsvSource(open_, encoding, delimiter, labels, len(labels) or width, block, empty)


def _read_start(
    open_: Callable[[], BinaryIO], encoding: str, delimiter: str, errors: str
) -> tuple[list[str] | None, bool]:
    """The header, if there is one, and whether nothing follows it."""
    with open_() as stream, io.TextIOWrapper(stream, encoding, errors, newline="") as text:
        reader = csv.reader(text, delimiter=delimiter)
        return next(reader, None), next(reader, None) is None


class Pace:
    """Keeps a reader no more than AHEAD blocks before whoever uses them.

    Arrow reads on in a thread of its own until it has 32, each of which may have to be as large as the longest row.
    """

    def __init__(self) -> None:
        self._turn = Condition()
        self._ahead = 0
        self._wanted, self._over = True, False
        self._batches: Iterator[pa.RecordBatch] = iter(())
        _PACES.add(self)

    def wait(self) -> bool:
        """Before a block is read: whether one is still wanted."""
        with self._turn:
            while self._ahead >= AHEAD and not self._over:
                if not self._turn.wait(PATIENCE) and self._wanted:
                    self._ahead = 0  # blocks whose rows are all ragged give no batch
            self._ahead += 1
            return not self._over

    def follow(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches, each of which makes room for a block."""
        self._batches = batches
        try:
            for batch in batches:
                self._tell(wanted=False, taken=1)
                yield batch
                self._tell(wanted=True)
        finally:
            self.stop()

    def stop(self) -> None:
        """Let the reader come to its end: what it has read goes, and no more is read."""
        batches, self._batches = self._batches, iter(())  # the reader holds on to this object, which else held on to it
        self._tell(wanted=False, over=True)
        with suppress(pa.ArrowException, ValueError, OSError):
            for _ in batches:
                pass

    def _tell(self, *, wanted: bool, taken: int = 0, over: bool = False) -> None:
        with self._turn:
            self._wanted, self._over = wanted, self._over or over
            self._ahead = max(self._ahead - taken, 0)
            self._turn.notify_all()


_PACES: WeakSet[Pace] = WeakSet()
_LENT: WeakValueDictionary[int, Bytes] = WeakValueDictionary()
"""What Arrow was given to parse, until it lets go of it."""


@atexit.register
def _stop_reading() -> None:
    """Python aborts at its end where one of Arrow's threads reads by it, or gives back what it was lent."""
    for pace in list(_PACES):
        pace.stop()
    for _ in range(1000):
        if not _LENT:
            break
        Event().wait(0.001)


class Utf8Stream(io.RawIOBase):
    """Bytes of any encoding as UTF-8, of which no piece ends between CR and LF.

    pyarrow leaves out an LF that begins a block after one that ended with CR, even inside quotes.
    """

    def __init__(self, stream: BinaryIO, decoder: codecs.IncrementalDecoder | None, pace: Pace) -> None:
        self._stream, self._decoder, self._pace = stream, decoder, pace
        self._ahead = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> Bytes:
        """At most `size` bytes, none only at the end."""
        piece = np.frombuffer(self._read(size) if self._pace.wait() else b"", np.uint8)
        _LENT[id(piece)] = piece
        return piece

    def _read(self, size: int) -> bytes:
        piece, self._ahead = self._ahead, b""
        while len(piece) < max(size, 2):
            more = self._stream.read(max(size - len(piece), 1))
            if self._decoder is not None:
                more_text = self._decoder.decode(more, final=not more).encode()
                piece += more_text
            else:
                piece = piece + more if piece else more
            if not more or self._decoder is None:
                break
        piece, self._ahead = (piece[:size], piece[size:]) if len(piece) > size else (piece, b"")
        if len(piece) > 1 and piece.endswith(b"\r"):
            piece, self._ahead = piece[:-1], b"\r" + self._ahead
        return piece


@contextmanager
def watching(keep: Callable[[Any], str], lost: list[BaseException]) -> Iterator[None]:
    """Collect what pyarrow swallows: a ragged row whose bytes are no UTF-8 never reaches `keep`."""
    usual = sys.unraisablehook

    def hook(event: Any) -> None:
        if event.object is keep:
            lost.append(event.exc_value)
        else:
            usual(event)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = usual


def _normal(encoding: str) -> str:
    return codecs.lookup(encoding).name


def _decoding(encoding: str) -> str:
    return "utf-8-sig" if _normal(encoding) == "utf-8" else encoding


def _split(text: str, delimiter: str) -> tuple[str, ...]:
    return tuple(next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), ()))


# ---- rows in their places ---------------------------------------------------------------------------------------


def put_back(batch: pa.RecordBatch, number: int, ragged: list[tuple[int, tuple[str, ...]]]) -> Block:
    """A batch whose first record has this number, with the ragged rows that stood between its rows put back.

    Takes them out of `ragged`, which is in order.
    """
    end, taken = number + batch.num_rows, 0
    while taken < len(ragged) and ragged[taken][0] <= end:
        end, taken = end + 1, taken + 1
    if not taken:
        return Block(batch, number)
    rows, ragged[:] = ragged[:taken], ragged[taken:]
    places = {at - number: cells for at, cells in rows}
    is_odd = np.zeros(end - number, np.bool_)
    is_odd[list(places)] = True
    order = np.empty(end - number, np.int64)
    order[~is_odd], order[is_odd] = np.arange(batch.num_rows), batch.num_rows + np.arange(taken)
    columns = []
    for column in range(batch.num_columns):
        extra = [cells[column] if column < len(cells) else None for _, cells in rows]
        columns.append(pa.concat_arrays([batch.column(column), make_texts(extra)]).take(make_numbers(order)))
    return Block(pa.RecordBatch.from_arrays(columns, batch.schema.names), number, places)


def find_empty(block: Block) -> list[int]:
    """The places of rows whose cells are all empty, ragged ones aside."""
    if block.columns.num_columns == 1:
        column = block.columns.column(0)
        return to_mask(column.is_null()).nonzero()[0].tolist() if column.null_count else []
    mask = None
    for column in block.columns.columns:
        empty = measure(column) == 0
        mask = empty if mask is None else mask & empty
        if not mask.any():
            return []
    assert mask is not None
    return [place for place in np.flatnonzero(mask).tolist() if place not in block.odd]


def mark_empty(block: Block, places: Sequence[int]) -> Block:
    """The rows in these places are empty lines: they have no cells at all."""
    mask = np.zeros(len(block.columns), np.bool_)
    mask[list(places)] = True
    flags = make_flags(mask)
    columns = [pc.if_else(flags, NO_TEXT, column) for column in block.columns.columns]
    odd = block.odd | dict.fromkeys(places, ())
    return Block(pa.RecordBatch.from_arrays(columns, block.columns.schema.names), block.first, odd)


def cut(block: Block, number: int) -> Block:
    """The rows of a block from this record number on."""
    gone = max(0, number - block.first)
    odd = {place - gone: cells for place, cells in block.odd.items() if place >= gone}
    return Block(block.columns.slice(gone), block.first + gone, odd)
