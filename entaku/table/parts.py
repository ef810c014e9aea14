"""Raw → part: each raw file is read and tidied on its own.  `whole` makes a resource's table of its parts.

Plain text files pass through block by block; of all others the raw file and its table are in memory while they are
read and tidied.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import BinaryIO

import numpy as np

from entaku.audit import leaks
from entaku.formats import limits
from entaku.formats.arrays import repeat_text
from entaku.formats.heavy import pa, pd
from entaku.formats.limits import LimitError, OutOfTimeError, bounded
from entaku.model.grammar import Read, Step
from entaku.model.messages import within
from entaku.model.nouns import EPOCH, Finding, Place, Raw, Severity, Sought, Table
from entaku.model.patterns import SlowPatternError
from entaku.table.csv import decode_head, find_delimiter, heed_separator
from entaku.table.job import TextRows, to_text, to_text_rows
from entaku.table.part import CellNames, Outline, Part, PartWriter, find_ranges
from entaku.table.plain import Block, Labels, NotPlainError, PlainFile
from entaku.table.read import EXCEL, count_rows, list_used, name_file, of_sheets, open_body, read_opened, sniff
from entaku.table.remarks import tell_remarks
from entaku.table.rows import Layout
from entaku.table.steps import STEPS, Context, Tidied, Tidying, tidy

MAX_PART_FINDINGS = 200
_HIDDEN_CELLS = ("hidden-rows", "hidden-columns")
"""Leaks that no table has where hidden cells aren't read; whether a site offers the raw file is another question."""
FORMAT = 4
"""Raised when parts are encoded in another way."""


@dataclass(frozen=True)
class Work:
    """What it takes to make one Part; small enough to send to another process."""

    raw: Raw
    read: Read | None
    steps: tuple[Step, ...]
    spec_file: str
    allow: Mapping[str, str] | None = None
    """The leaks of workbooks that are allowed; None where another resource looks for those of the same file."""
    fetched: str = ""
    """The column that tells when the file was fetched, if there is one."""
    how: str = ""
    """`read` and `steps` as text, where many works have the same."""

    @cached_property
    def values(self) -> Mapping[str, str]:
        """The columns that come before those of the file: the values of `for`, and when it was fetched."""
        return {**self.raw.values, **({self.fetched: self.raw.fetched} if self.fetched else {})}

    @cached_property
    def key(self) -> str:
        """The Part's content key: bytes, values, reading, steps, what is allowed and EPOCH."""
        how = self.how or tell_how(self.read, self.steps)
        meaning = (EPOCH, FORMAT, self.raw.sha256, self.raw.url, sorted(self.raw.values.items()), how)
        allow = None if self.allow is None else sorted(self.allow.items())
        when = (self.fetched, self.raw.fetched) if self.fetched else ()
        return hashlib.sha256(repr((meaning, self.spec_file, allow, *when)).encode()).hexdigest()


def tell_how(read: Read | None, steps: tuple[Step, ...]) -> str:
    """How files are read and tidied, as text."""
    return repr((read, steps))


def split_steps(steps: Sequence[Step]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps that take one raw file at a time, and those from the first that needs the whole table on.

    Where only `sort` and `mark_listed` stand before it, `deduplicate` is among both: within one file rows may contradict each other.
    """
    first = next((n for n, step in enumerate(steps) if STEPS[step.name].whole), len(steps))
    then = next((step for step in steps[first:] if step.name not in ("sort", "mark_listed")), None)
    both = (then,) if then is not None and then.name == "deduplicate" else ()
    return (*steps[:first], *both), tuple(steps[first:])


# ---- a raw file whole -------------------------------------------------------------------------------------------


def _out_of_time(work: Work) -> Finding:
    args = {"what": "一つのファイルにかかる秒 / seconds for one file", "limit": str(limits.SECONDS)}
    return Finding("read-limit", "error", Place(file=work.raw.url), args=args)


def _tell_slow(work: Work, slow: SlowPatternError) -> Finding:
    args = {"text": slow.shown, **within(work.raw.url)}
    return Finding("slow-pattern", "error", Place(file=work.spec_file), slow.pattern, args)


def _empty_part(work: Work, *findings: Finding) -> Part:
    return Part(Outline(work.raw, (), 0, find_ranges(np.zeros(0, np.int64)), (), findings), pa.table({}))


def _make_part(work: Work, body: bytes) -> Part:
    """Read and tidy one raw file; what can't be read or tidied, and what it would leak, is told in the outline."""
    opened, findings = open_body(work.raw, body)
    if opened is None:
        return _empty_part(work, *findings)
    tables, findings = read_opened(work.raw, opened, work.read or Read())
    if tables and work.allow is not None:
        found = leaks.find_leaks(work.raw.url, opened, work.allow)
        if work.read is not None and work.read.hidden:
            sheets = {table.sheet for table in tables}
            unread = [
                one
                for one in found
                if one.code in _HIDDEN_CELLS or (one.code == "hidden-sheet" and one.place.sheet not in sheets)
            ]
            found = tuple(one for one in found if one not in unread)
        findings += found
    made = [_tidy_table(table, work) for table in tables]
    found = _limit_findings([*findings, *(finding for one in made for finding in one.findings)], work)
    frame = concat([one.frame for one in made])
    names: dict[str, str] = {}
    origins: dict[str, int] = {}
    titles: dict[str, int] = {}
    for one, table in zip(reversed(made), reversed(tables), strict=True):
        names |= one.names
        origins |= {now: table.origins[raw] for now, raw in one.names.items() if raw in table.origins}
        lines = _title_lines(_cells_of(table), table.titles, work.raw)
        titles |= {now: lines[raw] for now, raw in one.names.items() if raw in lines}
    columns = tuple(map(str, frame.columns))
    labels = np.concatenate([np.zeros(0, np.int64), *(one.frame.index.to_numpy(np.int64) for one in made)])
    starts = np.cumsum([0, *(len(one.frame) for one in made)]).tolist()
    outline = Outline(
        raw=work.raw,
        columns=columns,
        count=len(frame),
        ranges=find_ranges(labels),
        sheets=tuple(
            (start, table.sheet) for start, one, table in zip(starts, made, tables, strict=False) if len(one.frame)
        ),
        findings=found,
        names={now: names[now] for now in columns if now in names},
        origins={now: origins[now] for now in columns if now in origins},
        spreadsheet=any(table.spreadsheet for table in tables),
        titles={now: titles[now] for now in columns if now in titles},
        lost=tuple(sorted({column for one in made for column in one.lost})),
        shifts=_find_shifts([table for one, table in zip(made, tables, strict=True) if len(one.frame)]),
        faint=any(one.faint for one in made),
        sought=join_sought(
            each for pair in zip(tables, made, strict=True) for each in (pair[0].sought, pair[1].sought)
        ),
    )
    return Part(outline, to_rows(frame))


def _find_shifts(tables: Sequence[Table]) -> tuple[int, ...]:
    """How far right of the first table's each one's columns stand, where tables of one sheet stand side by side."""
    if len({table.sheet for table in tables}) == len(tables):
        return ()
    firsts = [next(iter(table.origins.values()), 0) for table in tables]
    return tuple(first - firsts[0] for first in firsts)


def _limit_findings(found: Sequence[Finding], work: Work) -> tuple[Finding, ...]:
    """The first findings of a part, errors before others, and how many more there were."""
    if len(found) <= MAX_PART_FINDINGS:
        return tuple(found)
    worst: Severity = "error" if any(finding.severity == "error" for finding in found) else "warning"
    counted = [finding for finding in found if finding.code == "too-many-findings"]
    told = sorted((one for one in found if one.code != "too-many-findings"), key=lambda each: each.severity != "error")
    args = {"count": str(len(told) - MAX_PART_FINDINGS)}
    more = Finding("too-many-findings", worst, Place(file=work.raw.url), args=args)
    return (*told[:MAX_PART_FINDINGS], *counted, *([more] if len(told) > MAX_PART_FINDINGS else []))


def _title_lines(cells: CellNames, lines: Mapping[str, int], raw: Raw) -> dict[str, int]:
    """The line of each column that comes from a title line; 0 for the values of `for`, which stand in the URL."""
    own = {*cells.origins, *lines}
    return {**dict.fromkeys((name for name in raw.values if name not in own), 0), **lines}


def _tidy_table(table: Table, work: Work) -> Tidied:
    frame = table.frame
    found = []
    for n, (name, value) in enumerate(work.values.items()):
        if name in frame.columns:
            args = {"step": "for", **within(work.raw.url)}
            found.append(Finding("column-exists", "error", Place(file=work.spec_file), name, args))
        else:
            frame.insert(n, name, value)
    frame = frame.astype("str")
    locate = _make_locator(_cells_of(table), _title_lines(_cells_of(table), table.titles, work.raw))
    context = Context(work.spec_file, work.raw.url, table.starts, table.lost, table.twins, look=True)
    tidied = tidy(frame, work.steps, locate, context)
    return replace(tidied, findings=(*found, *tell_remarks(table, tidied)))


def join_sought(every: Iterable[Mapping[Sought, bool]]) -> dict[Sought, bool]:
    """Whether there was what is looked for in any of several tables."""
    found: dict[Sought, bool] = {}
    for sought in every:
        for key, there in sought.items():
            found[key] = found.get(key, False) or there
    return found


def _cells_of(table: Table) -> CellNames:
    return CellNames(table.file, table.sheet, table.origins, table.spreadsheet)


def _make_locator(cells: CellNames, lines: Mapping[str, int]) -> Callable[[int, str], Place]:
    """The function that gives the place of a row's label and a column's name in the raw file."""

    def locate(label: int, column: str) -> Place:
        return cells.place(lines.get(column, label) or None, column, column)

    return locate


def concat(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames below one another; a column that one of them lacks is empty there."""
    if not frames:
        return pd.DataFrame()
    if len(frames) == 1:
        return frames[0]
    columns = list(dict.fromkeys(column for frame in frames for column in frame.columns))
    return pd.concat([frame.reindex(columns=columns, fill_value="") for frame in frames]).astype("str")


def to_rows(frame: pd.DataFrame) -> pa.Table:
    """A frame of text as an Arrow table."""
    return pa.table(dict(to_text_rows(frame).cells))


# ---- a plain file, block by block -------------------------------------------------------------------------------


def write_part(work: Work, source: BinaryIO, sink: BinaryIO) -> Outline:
    """Read and tidy one raw file and write the Part to `sink`; both can be sought in, `source` is at its beginning."""
    try:
        with bounded(limits.SECONDS):
            try:
                return _write_plain(work, source, PartWriter(sink))
            except NotPlainError:
                source.seek(0)
                sink.seek(0)
                sink.truncate()
                part = _make_part(work, source.read())
    except OutOfTimeError:
        sink.seek(0)
        sink.truncate()
        part = _empty_part(work, _out_of_time(work))
    except SlowPatternError as slow:
        sink.seek(0)
        sink.truncate()
        part = _empty_part(work, _tell_slow(work, slow))
    writer = PartWriter(sink)
    for batch in part.rows.to_batches():
        writer.add(batch)
    return writer.close(part.outline)


def _write_plain(work: Work, source: BinaryIO, writer: PartWriter) -> Outline:
    """Write a Part block by block.  Raises NotPlainError where file or steps need the whole."""
    how = work.read or Read()
    if work.raw.bytes > limits.BYTES or not all(STEPS[step.name].by_row for step in work.steps):
        raise NotPlainError
    head = source.read(HEAD)
    source.seek(0)
    kind = sniff(head)
    text = kind == "text" or (kind == "json" and how.format in ("csv", "tsv"))
    if not text or how.format in (*EXCEL, "json") or of_sheets(how):
        raise NotPlainError
    beginning = decode_head(head, how)
    how = heed_separator(beginning, how)
    file = PlainFile(source, how, find_delimiter(beginning, name_file(work.raw), how))
    passing = _BlockTidying(work, file.layout)
    try:
        for block in file:
            rows, labels = passing.tidy(block)
            for batch in rows.to_batches():
                writer.add(batch)
            writer.note(labels)
    except LimitError as error:
        args = {"what": error.what, "limit": f"{error.limit:,}"}
        return writer.close(
            passing.outline(writer, Finding("read-limit", "error", Place(file=work.raw.url), args=args))
        )
    return writer.close(passing.outline(writer, *count_rows(work.raw, passing.read, how)))


HEAD = 1 << 16
"""Bytes by which the kind of a file is told."""


class _BlockTidying:
    """The blocks of a plain file on their way through the steps."""

    def __init__(self, work: Work, layout: Layout) -> None:
        self.work, self.layout = work, layout
        if set(work.values) & {*layout.names, *layout.titles}:
            raise NotPlainError  # the careful way tells it
        self.read = 0
        self.columns: tuple[str, ...] = ()
        self.names: Mapping[str, str] = {}
        cells = CellNames(work.raw.url, "", layout.origins, False)
        self.lines = _title_lines(cells, layout.lines, work.raw)
        locate = _make_locator(cells, self.lines)
        self.steps = Tidying(
            work.steps, locate, Context(work.spec_file, work.raw.url, layout.starts, layout.lost, layout.body.twins)
        )

    def tidy(self, block: Block) -> tuple[pa.Table, Labels]:
        """Rows after all steps, and the labels of those that stay."""
        rows, labels = block.rows, block.labels
        self.read += rows.num_rows
        constants = {name: repeat_text(value, rows.num_rows) for name, value in self.layout.titles.items()}
        values = {name: repeat_text(value, rows.num_rows) for name, value in self.work.values.items()}
        columns = {**values, **dict(zip(rows.column_names, rows.columns, strict=True)), **constants}
        given = TextRows({name: to_text(column) for name, column in columns.items()}, labels)
        made, self.names = self.steps.run(given, look=block.faint)
        if self.steps.is_stuck:
            raise NotPlainError  # a step can't be done: the careful way tells it
        tidied = to_text_rows(made)
        self.columns = tidied.columns
        self.steps.look_at_edges(tidied.cells.values())
        return pa.table(dict(tidied.cells)), tidied.labels

    def outline(self, writer: PartWriter, *findings: Finding) -> Outline:
        """What is known of the part."""
        named = {now: self.names[now] for now in self.columns if now in self.names}
        origins = self.layout.origins
        return Outline(
            raw=self.work.raw,
            columns=self.columns,
            count=writer.count,
            ranges=writer.ranges(),
            sheets=((0, ""),) if writer.count else (),
            findings=_limit_findings([*findings, *self.steps.close()], self.work),
            names=named,
            origins={now: origins[raw] for now, raw in named.items() if raw in origins},
            titles={now: self.lines[raw] for now, raw in named.items() if raw in self.lines},
            lost=tuple(sorted(set(self.layout.lost))),
            faint=self.steps.faint,
            sought={**self.steps.sought, **list_used(self.work.read or Read(), "CSV")},
        )
