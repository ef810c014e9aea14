"""Raw → part: each raw file is read and tidied on its own.  `table_whole` makes a resource's table of its parts."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from entaku.audit.leaks import find_leaks
from entaku.formats import limits
from entaku.formats.limits import OutOfTimeError, bounded
from entaku.formats.text import column_letters
from entaku.model.grammar import Read, Step
from entaku.model.messages import read_finding, show_finding, within
from entaku.model.nouns import EPOCH, Finding, Part, Place, Raw, Table
from entaku.table.read import read
from entaku.table.steps import STEPS, Tidied, tidy

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MAX_PART_FINDINGS = 200
FORMAT = 2
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

    @cached_property
    def key(self) -> str:
        """The Part's content key: bytes, values, reading, steps, what is allowed and EPOCH."""
        meaning = (EPOCH, FORMAT, self.raw.sha256, self.raw.url, sorted(self.raw.values.items()), self.read, self.steps)
        allow = None if self.allow is None else sorted(self.allow.items())
        return hashlib.sha256(repr((meaning, self.spec_file, allow)).encode()).hexdigest()


def split_steps(steps: Sequence[Step]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps that take one raw file at a time, and those from the first that needs the whole table on.

    Where only sorting stands before it, `deduplicate` is among both: within one file rows may contradict each other.
    """
    first = next((n for n, step in enumerate(steps) if STEPS[step.name].whole), len(steps))
    then = next((step for step in steps[first:] if step.name != "sort"), None)
    both = (then,) if then is not None and then.name == "deduplicate" else ()
    return (*steps[:first], *both), tuple(steps[first:])


def make_part(work: Work, body: bytes) -> Part:
    """Read and tidy one raw file.  What can't be read or tidied, and what it would leak, is in the Part's findings."""
    try:
        with bounded(limits.SECONDS):
            return _make_part(work, body)
    except OutOfTimeError:
        args = {"what": "一つのファイルにかかる秒 / seconds for one file", "limit": str(limits.SECONDS)}
        return Part(
            work.raw, concat([]), (), (), (Finding("read-limit", "error", Place(file=work.raw.url), args=args),)
        )


def _make_part(work: Work, body: bytes) -> Part:
    tables, findings = read(work.raw, body, work.read)
    if tables and work.allow is not None:
        findings += find_leaks(work.raw.url, body, work.allow)
    made = [_tidy_table(table, work) for table in tables]
    found = [*findings, *(finding for one in made for finding in one.findings)]
    if len(found) > MAX_PART_FINDINGS:
        rest = len(found) - MAX_PART_FINDINGS
        worst = "error" if any(finding.severity == "error" for finding in found) else "warning"
        more_findings = Finding("too-many-findings", worst, Place(file=work.raw.url), args={"count": str(rest)})  # type: ignore[arg-type]
        found = [*sorted(found, key=lambda f: f.severity != "error")[:MAX_PART_FINDINGS], more_findings]
    frame = concat([one.frame for one in made])
    names: dict[str, str] = {}
    origins: dict[str, int] = {}
    titles: dict[str, int] = {}
    for one, table in zip(reversed(made), reversed(tables), strict=True):
        names |= one.names
        origins |= {now: table.origins[raw] for now, raw in one.names.items() if raw in table.origins}
        lines = _title_lines(table, work.raw)
        titles |= {now: lines[raw] for now, raw in one.names.items() if raw in lines}
    return Part(
        raw=work.raw,
        frame=frame.reset_index(drop=True),
        rows=tuple(int(label) for one in made for label in one.frame.index),
        sheets=tuple(table.sheet for one, table in zip(made, tables, strict=True) for _ in range(len(one.frame))),
        findings=tuple(found),
        names={now: names[now] for now in frame.columns if now in names},
        origins={now: origins[now] for now in frame.columns if now in origins},
        spreadsheet=any(table.spreadsheet for table in tables),
        titles={now: titles[now] for now in frame.columns if now in titles},
        lost=tuple(sorted({column for one in made for column in one.lost})),
    )


def _title_lines(table: Table, raw: Raw) -> dict[str, int]:
    """The line of each column that comes from a title line; 0 for the values of `for`, which stand in the URL."""
    own = {*table.origins, *table.titles}
    return {**dict.fromkeys((name for name in raw.values if name not in own), 0), **table.titles}


def _tidy_table(table: Table, work: Work) -> Tidied:
    frame = table.frame
    found = []
    for n, (name, value) in enumerate(work.raw.values.items()):
        if name in frame.columns:
            args = {"step": "for", **within(work.raw.url)}
            found.append(Finding("column-exists", "error", Place(file=work.spec_file), name, args))
        else:
            frame.insert(n, name, value)
    frame = frame.astype("str")
    lines = _title_lines(table, work.raw)

    def locate(label: int, column: str) -> Place:
        row = lines.get(column, label) or None
        return place_cell(table.file, table.sheet, row, column, column, table.origins.get(column), table.spreadsheet)

    tidied = tidy(frame, work.steps, locate, table.starts, work.spec_file, work.raw.url, table.lost)
    return replace(tidied, findings=(*found, *tidied.findings))


def place_cell(
    file: str, sheet: str, row: int | None, column: str, name: str, origin: int | None, spreadsheet: bool
) -> Place:
    """The place of a cell: `column` is called so now and `name` in the raw file, where it is the column `origin`."""
    shown = column if name == column else f"{column}（{name}）"
    cell = f"{column_letters(origin)}{row}" if spreadsheet and origin is not None else ""
    return Place(file=file, sheet=sheet, row=row, column=shown, cell=cell)


def concat(frames: "Sequence[pd.DataFrame]") -> "pd.DataFrame":
    """Frames below one another; a column that one of them lacks is empty there."""
    import pandas as pd

    if not frames:
        return pd.DataFrame()
    if len(frames) == 1:
        return frames[0]
    columns = list(dict.fromkeys(column for frame in frames for column in frame.columns))
    return pd.concat([frame.reindex(columns=columns, fill_value="") for frame in frames]).astype("str")


# ---- cached parts -----------------------------------------------------------------------------------------------


def encode_part(part: Part) -> bytes:
    """A Part as bytes for the cache: an Arrow file of its text, with all else as JSON in the schema's metadata."""
    import pyarrow as pa

    about = {
        "raw": asdict(part.raw),
        "rows": list_ranges(part.rows),
        "sheets": _run_lengths(part.sheets),
        "findings": [show_finding(finding) for finding in part.findings],
        "names": dict(part.names),
        "origins": dict(part.origins),
        "spreadsheet": part.spreadsheet,
        "titles": dict(part.titles),
        "lost": part.lost,
    }
    columns = {str(name): pa.array(part.frame[name].tolist(), pa.string()) for name in part.frame.columns}
    table = pa.table(columns).replace_schema_metadata({"part": json.dumps(about, ensure_ascii=False)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    encoded: bytes = sink.getvalue().to_pybytes()
    return encoded


def decode_rows(body: bytes) -> "pa.Table":
    """The text of an encoded part; its bytes are shared, not copied."""
    import pyarrow as pa

    with pa.ipc.open_file(pa.BufferReader(body)) as reader:
        return reader.read_all()


def decode_part(body: bytes) -> Part:
    """What `encode_part` encoded.  Raises ValueError or KeyError for anything else."""
    table = decode_rows(body)
    about = json.loads(table.schema.metadata[b"part"])
    return Part(
        raw=Raw(**about["raw"]),
        frame=table.replace_schema_metadata(None).to_pandas().astype("str"),
        rows=tuple(row for first, count in about["rows"] for row in range(first, first + count)),
        sheets=tuple(sheet for sheet, count in about["sheets"] for _ in range(count)),
        findings=tuple(read_finding(item) for item in about["findings"]),
        names=about["names"],
        origins=about["origins"],
        spreadsheet=about["spreadsheet"],
        titles=about["titles"],
        lost=tuple(about["lost"]),
    )


def list_ranges(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Rows as ranges that follow each other without a gap: the first and how many."""
    ranges: list[tuple[int, int]] = []
    for row in rows:
        if ranges and ranges[-1][0] + ranges[-1][1] == row:
            ranges[-1] = (ranges[-1][0], ranges[-1][1] + 1)
        else:
            ranges.append((row, 1))
    return ranges


def _run_lengths(values: Iterable[str]) -> list[tuple[str, int]]:
    runs: list[tuple[str, int]] = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1] = (value, runs[-1][1] + 1)
        else:
            runs.append((value, 1))
    return runs
