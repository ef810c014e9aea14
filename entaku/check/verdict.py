"""A dataset's tables × their schemas × expectations → Checked, or a Report with the errors.

The verdict on types, constraints and keys is that of frictionless-py, computed by the columnar engine (`stream`) or,
optionally, by frictionless-py itself on the bytes to be published.  The same pass writes the files.  Each error has
the place of its cell in the raw file.  Only this room makes a Checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from entaku.check import frictionless
from entaku.check.breaches import Breach, list_breaches
from entaku.check.candidate import Candidate
from entaku.check.casts import LossFinder, tell
from entaku.check.findings import describe_breaches, describe_unfit
from entaku.check.flaws import count_flaws, describe_flaws, make_finders
from entaku.check.outcome import Example, Group, Limits
from entaku.check.repeats import Spill
from entaku.check.report import describe_report
from entaku.check.rows import TextTable
from entaku.check.schema import NotCastableError, describe_schema
from entaku.check.standards import check_standard, list_own
from entaku.check.stream import check_tables
from entaku.check.values import BadSchemaError
from entaku.check.vectors import Looked
from entaku.formats.arrays import make_texts
from entaku.formats.heavy import pa, pc
from entaku.model.grammar import Resource
from entaku.model.hints import hint
from entaku.model.messages import within
from entaku.model.nouns import Checked, Finding, Place, Report, Severity, Violation, Written
from entaku.model.patterns import PATTERN_SECONDS, Allowance, SlowPatternError

USUAL = Limits()
Engine = Literal["columns", "frictionless"]


@dataclass(frozen=True)
class Verdict:
    """The result of a check."""

    checked: tuple[Checked, ...]
    """One for each candidate, in order; empty unless the report is valid."""
    report: Report
    rows: Mapping[str, frozenset[int]]
    """By resource, the numbers (from 0) of all rows in error."""
    count: int = 0
    """The number of all errors; of errors in cells and rows the report lists the first 1,000 of a table."""
    violations: tuple[Violation, ...] = ()
    """All violations by column and kind; empty with the engine "frictionless", which stops counting."""


@dataclass(frozen=True)
class TableVerdict:
    """The result of an engine for one table."""

    breaches: Sequence[Breach]
    """The first breaches, up to the limit."""
    errors: int
    """The number of all errors."""
    bad: Sequence[int]
    """The numbers of all rows in error as frictionless-py counts them: the header is 1."""
    groups: Sequence[tuple[Group, int, Sequence[Example]]] = ()
    """All errors by column and kind, each with its first examples."""


def check(
    candidates: Sequence[Candidate],
    engine: Engine = "columns",
    make_spill: Callable[[], Spill] | None = None,
    limits: Limits = USUAL,
) -> Verdict:
    """Check all tables of one dataset together (foreign keys may cross tables) and write their files.

    `make_spill` creates the storage for keys that exceed memory.
    """
    limits = replace(limits, make_spill=make_spill)
    findings: list[Finding] = []
    for candidate in candidates:
        findings += check_columns(candidate)
    if findings:
        return Verdict((), Report(False, tuple(findings), {}), {}, len(findings))
    passing = [_Passing(candidate) for candidate in candidates]
    try:
        descriptor, judged = ENGINES[engine](passing, limits)
    except BadSchemaError as error:
        finding = Finding("bad-schema", "error", Place(file=error.table), args={"why": str(error)})
        return Verdict((), Report(False, (finding,), {}), {}, 1)
    except SlowPatternError as slow:
        finding = Finding("slow-pattern", "error", value=slow.pattern, args={"text": slow.shown})
        return Verdict((), Report(False, (finding,), {}), {}, 1)
    count = sum(one.errors for one in judged)
    rows: dict[str, frozenset[int]] = {}
    for table, one in zip(passing, judged, strict=True):
        name = table.candidate.resource.name
        findings += describe_breaches(table.candidate, one.breaches)
        if (rest := one.errors - len(one.breaches)) > 0:
            findings.append(Finding("too-many-findings", "error", Place(file=name), args={"count": f"{rest:,}"}))
        findings += describe_flaws(table.candidate, table.flaws)
        count += sum(finder.counts.total() for finder in table.flaws.values())
        wrong = (finder.wrong for finder in table.flaws.values())
        rows[name] = frozenset(number - 2 for number in one.bad).union(*wrong)
        expected = list(check_expectations(table))
        findings += expected
        count += sum(finding.severity == "error" for finding in expected)
    if not any(finding.severity == "error" for finding in findings):
        beyond = [table.beyond for table in passing if table.beyond is not None]
        losses = [loss for table in passing for loss in table.losses]
        findings += [*beyond, *losses]
        count += sum(finding.severity == "error" for finding in (*beyond, *losses))
    valid = not any(finding.severity == "error" for finding in findings)
    checked = [Checked(each.candidate.resource, each.close(), each.candidate.raws) for each in passing if valid]
    pairs = zip(passing, judged, strict=True)
    violations = tuple(
        each
        for table, one in pairs
        for each in (*list_violations(table.candidate, one), *count_flaws(table.candidate, table.flaws))
    )
    return Verdict(tuple(checked), Report(valid, tuple(findings), descriptor), rows, count, violations)


def list_violations(candidate: Candidate, judged: TableVerdict) -> Iterator[Violation]:
    """Yield the errors of a table by column and kind, with the places of their examples in the raw file."""
    for group, count, examples in judged.groups:
        places = tuple((candidate.locate(example.row - 2, group.column), example.cell) for example in examples)
        yield Violation(candidate.resource.name, group.column, group.kind, count, places)


class _Passing:
    """A candidate's rows, reduced to the columns of the schema and written while they are checked."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.names = [field.name for field in candidate.resource.schema.fields]
        self.rows = candidate.first
        self.filled = dict.fromkeys(candidate.resource.expect.fill, 0) | dict(candidate.filled)
        self.beyond: Finding | None = None
        """The first value that is valid but has no Parquet equivalent."""
        missing = candidate.resource.schema.missingValues
        self._losing = {field.name: LossFinder(field, missing) for field in candidate.resource.schema.fields}
        self.losses: list[Finding] = []
        """For each column the first value that Parquet holds otherwise than it is written."""
        self.flaws = dict(make_finders(candidate.resource.schema.fields, missing))
        """For each column with a format of offices the flaws of its values."""
        self._written: Written | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        done, mark = self.candidate.first, self.candidate.mark
        for batch in self.candidate.batches:
            own = batch.select(self.names)
            if done < mark < done + len(own):
                yield own.slice(0, mark - done)
                own = own.slice(mark - done)
            yield own
            done += len(batch)

    def write(self, batch: pa.RecordBatch, looks: Sequence[Looked] = (), sound: bool = True) -> None:
        """Write and count rows; `looks`: the states of their columns from the check; `sound`: no error was found."""
        resource, told = self.candidate.resource, [tell(look) for look in looks]
        self.candidate.watch(batch, told)
        if not sound:
            self.candidate.files.give_up()
        try:
            self.candidate.files.add(batch, told)
        except NotCastableError as error:
            field = next(field for field in resource.schema.fields if field.name == error.name)
            place = self.candidate.locate(self.rows + error.position, field.name)
            self.beyond = self.beyond or describe_unfit(field, place, error)
        self._find_losses(batch)
        for name, finder in self.flaws.items():
            finder.look(batch.column(self.names.index(name)), self.rows)
        self.rows += batch.num_rows
        for name in self.filled:
            missing = make_texts(_missing_values(resource, name))
            self.filled[name] += batch.num_rows - pc.is_in(batch.column(self.names.index(name)), missing).true_count
        remarks = self.losses or self.beyond or any(finder.first for finder in self.flaws.values())
        if self.rows == self.candidate.mark and sound and not remarks:
            self.candidate.keep(self.filled)

    def _find_losses(self, batch: pa.RecordBatch) -> None:
        schema = self.candidate.resource.schema
        keys = {*schema.primaryKey, *(name for key in schema.uniqueKeys for name in key)}
        for at, field in enumerate(schema.fields):
            loss = self._losing[field.name].find(batch.column(at)) if field.name in self._losing else None
            if loss is not None:
                del self._losing[field.name]
                place = self.candidate.locate(self.rows + loss.place, field.name)
                alone = loss.code == "rounded-number" and (field.name in keys or field.constraints.unique)
                severity: Severity = "error" if alone else "warning"
                self.losses.append(Finding(loss.code, severity, place, loss.text, {"kept": loss.kept}))

    def close(self) -> Written:
        """Close the files once and return them."""
        self._written = self._written or self.candidate.files.close()
        return self._written


# ---- columns ------------------------------------------------------------------------------------------------------


def check_columns(candidate: Candidate) -> Iterator[Finding]:
    """Yield a finding for each column that is only in the schema or only in the table."""
    there, schema = candidate.columns, candidate.resource.schema
    named = [field.name for field in schema.fields]
    file = candidate.resource.name
    raw = within(candidate.raws[0].url) if candidate.raws else {}
    for name in list_own(schema):
        if name not in there:
            spare = [column for column in there if column not in named]
            yield Finding("missing-column", "error", Place(file=file), name, {**hint(name, spare or there), **raw})
    if schema.standard:
        yield from check_standard(schema, there, Place(file=file))
        return
    for column in there:
        if column not in named:
            yield Finding("extra-column", "error", Place(file=file), column, raw)


# ---- engines ----------------------------------------------------------------------------------------------------


def judge_columns(tables: Sequence[_Passing], limits: Limits) -> tuple[dict[str, Any], list[TableVerdict]]:
    """Check with the columnar engine: return the report and each table's verdict.  Raises BadSchemaError."""
    given = [
        TextTable(
            table.candidate.resource.name,
            table,
            describe_schema(table.candidate.resource.schema),
            table.write,
            table.candidate.first,
        )
        for table in tables
    ]
    outcomes = check_tables(given, limits)
    stats = [{"sha256": file.sha256, "bytes": file.bytes} for file in (table.close().csv for table in tables)]
    told = [list_breaches(outcome) for outcome in outcomes]
    judged = [
        TableVerdict(breaches, outcome.errors, outcome.bad_rows(), outcome.groups())
        for breaches, outcome in zip(told, outcomes, strict=True)
    ]
    return describe_report(outcomes, told, stats), judged


def judge_with_frictionless(passing: Sequence[_Passing], limits: Limits) -> tuple[dict[str, Any], list[TableVerdict]]:
    """Check the CSV bytes with frictionless-py: return the report and each table's verdict.  Raises BadSchemaError."""
    names = [one.candidate.resource.name for one in passing]
    schemas = {name: describe_schema(one.candidate.resource.schema) for name, one in zip(names, passing, strict=True)}
    frictionless.check_schemas(schemas)
    for one in passing:
        for batch in one:
            one.write(batch)
        one.close()
    bodies = [one.candidate.files.read_csv() for one in passing]
    written = [frictionless.CsvTable(name, schemas[name], body) for name, body in zip(names, bodies, strict=True)]
    report = _bound(passing).spend(lambda _: frictionless.judge(written, limits.max_errors), "")
    told = [frictionless.read_breaches(task) for task in report["tasks"]]
    return report, [TableVerdict(some, len(some), sorted({each.row for each in some} - {0})) for some in told]


def _bound(passing: Sequence[_Passing]) -> Allowance:
    """Return the time for frictionless-py to read the tables: more than it needs unless a pattern is slow."""
    fields = [field for one in passing for field in one.candidate.resource.schema.fields]
    cells = sum(one.rows * len(one.names) for one in passing)
    patterns = ", ".join(field.constraints.pattern for field in fields if field.constraints.pattern)
    return Allowance(patterns, PATTERN_SECONDS + FRICTIONLESS_CELL * cells)


FRICTIONLESS_CELL = 0.005
"""Seconds that frictionless-py may take for a cell; it takes a hundredth of them."""


ENGINES: Mapping[Engine, Callable[[Sequence[_Passing], Limits], tuple[dict[str, Any], list[TableVerdict]]]] = {
    "columns": judge_columns,
    "frictionless": judge_with_frictionless,
}


# ---- expectations -----------------------------------------------------------------------------------------------


def check_expectations(table: _Passing) -> Iterator[Finding]:
    """Yield a finding for each broken expectation: minima are errors (they hold the release), maxima warnings."""
    name, expect, rows = table.candidate.resource.name, table.candidate.resource.expect, table.rows
    place = Place(file=name)
    if expect.rows.min is not None and rows < expect.rows.min:
        yield Finding("rows-min", "error", place, f"{rows:,}", {"allowed": f"{expect.rows.min:,}"})
    if expect.rows.max is not None and rows > expect.rows.max:
        yield Finding("rows-max", "warning", place, f"{rows:,}", {"allowed": f"{expect.rows.max:,}"})
    for column, share in expect.fill.items():
        ratio = table.filled[column] / rows if rows else 0.0
        there = Place(file=name, column=column)
        if share.min is not None and ratio < share.min:
            yield Finding("fill-min", "error", there, f"{ratio:.1%}", {"allowed": f"{share.min:.1%}"})
        if share.max is not None and ratio > share.max:
            yield Finding("fill-max", "warning", there, f"{ratio:.1%}", {"allowed": f"{share.max:.1%}"})


def _missing_values(resource: Resource, name: str) -> tuple[str, ...]:
    field = next(field for field in resource.schema.fields if field.name == name)
    return field.missingValues if field.missingValues is not None else resource.schema.missingValues
