"""Every table that the tests check, put before frictionless-py too: `ENTAKU_ORACLE=1 python -m pytest`."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from oracle import File, Tally, check_case, explain

from entaku.check import check
from entaku.check import stream as check_stream
from entaku.check.csv import Block, CsvSource
from entaku.check.outcome import Outcome
from entaku.check.rows import Table


class Recorder:
    """The tables that were checked by the standard, each set of them once."""

    def __init__(self) -> None:
        self.cases: dict[str, list[File]] = {}
        self.left_out = Counter[str]()
        """Why sets of tables can't be put before frictionless-py."""

    def record(self, tables: Sequence[Table], outcomes: Sequence[Outcome]) -> None:
        """Keep the tables as CSV."""
        if any(error["type"] in ("schema-error", "error") for outcome in outcomes for error in outcome.broken):
            self.left_out["schemas that are refused"] += 1
            return
        try:
            files = [write_file(table) for table in tables]
        except ValueError as error:
            self.left_out[str(error)] += 1
        else:
            self.cases.setdefault(repr(files), files)

    def compare(self) -> tuple[Tally, Counter[str], int]:
        """How both differ by frictionless-py's rules; the errors that come or go with each rule of the standard; and
        how many cases frictionless-py could not check."""
        tally, rules, failed = Tally(kinds=Counter()), Counter[str](), 0
        for number, files in enumerate(self.cases.values()):
            failed += not check_case(f"case {number}", files, tally)
            explain(files, rules)
        return tally, rules, failed


def write_file(table: Table) -> File:
    """A table as the oracle takes it.  Raises ValueError for what no CSV can say."""
    schema = json.loads(json.dumps(table.schema))
    if isinstance(table.blocks, CsvSource):
        with table.blocks.open() as stream:
            return File(table.name, schema, stream.read(), table.blocks.encoding, table.blocks.delimiter)
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(table.labels)
    for block in table.blocks:
        columns = list_columns(block)
        if any(None in column for column in columns):
            raise ValueError("cells that are null")
        writer.writerows(zip(*columns, strict=True))
    return File(table.name, schema, sink.getvalue().encode())


def list_columns(block: Block | pa.RecordBatch) -> list[list[str | None]]:
    batch = block.columns if isinstance(block, Block) else block
    return [column.to_pylist() for column in batch.columns]


@contextmanager
def recording() -> Iterator[Recorder]:
    """Record what is checked meanwhile."""
    recorder = Recorder()
    stop = start(recorder)
    try:
        yield recorder
    finally:
        stop()


def start(recorder: Recorder) -> Callable[[], None]:
    """Record what is checked from now on; gives what ends it."""
    real = check_stream.check_tables

    def check_tables(tables: Sequence[Table], **options: Any) -> list[Outcome]:
        outcomes = real(tables, **options)
        if "rules" not in options:  # the oracle's own calls have them
            recorder.record(tables, outcomes)
        return outcomes

    def put(function: Any) -> None:
        check_stream.check_tables = function
        check.check_tables = function  # type: ignore[attr-defined]

    put(check_tables)
    return lambda: put(real)
