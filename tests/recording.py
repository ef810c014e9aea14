"""Every table that the tests check, put before frictionless-py too: `ENTAKU_ORACLE=1 python -m pytest`."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from oracle import File, Tally, check_case, explain, read_schema

from entaku.check import stream as check_stream
from entaku.check import verdict
from entaku.check.outcome import Limits, TableOutcome
from entaku.check.rows import TextTable


class Recorder:
    """The tables that were checked by the standard, each set of them once."""

    def __init__(self) -> None:
        self.cases: dict[str, list[File]] = {}
        self.left_out = Counter[str]()
        """Why sets of tables can't be put before frictionless-py."""

    def record(self, tables: Sequence[TextTable]) -> None:
        """Keep the tables."""
        try:
            files = [copy_table(table) for table in tables]
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


def copy_table(table: TextTable) -> File:
    """A table as the oracle takes it.  Raises ValueError for what no pipeline can say."""
    schema = json.loads(json.dumps(table.schema))
    read_schema(schema)
    rows = [row for batch in table.batches for row in zip(*(c.to_pylist() for c in batch.columns), strict=True)]
    if any(None in row for row in rows):
        raise ValueError("cells that are null")
    return File(table.name, schema, rows)


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
    """Record what is checked from now on, but for schemas that are refused; gives what ends it."""
    real = check_stream.check_tables

    def check_tables(tables: Sequence[TextTable], limits: Limits) -> list[TableOutcome]:
        outcomes = real(tables, limits)
        if limits.max_errors is not None:  # the oracle's own calls have no limit
            recorder.record(tables)
        return outcomes

    def put(function: Callable[[Sequence[TextTable], Limits], list[TableOutcome]]) -> None:
        check_stream.check_tables = function
        verdict.check_tables = function  # type: ignore[attr-defined]

    put(check_tables)
    return lambda: put(real)
