"""A dataset's tables × their schemas × expectations → Checked, or a Report that says why not.

The verdict on types, constraints and keys is that of frictionless-py, given by our own engine on columns
(`check_stream`) or, for doubters, by frictionless-py itself on the very bytes that would be published.  The same pass
writes the files.  Each error comes back with the place of the cell in the raw file.  Only this room makes a Checked.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from entaku.check.outcome import Limits
from entaku.check.repeats import Spill
from entaku.check.report import describe_report, summarise
from entaku.check.rows import Table
from entaku.check.schema import NotCastableError, describe_field, describe_schema
from entaku.check.stream import check_tables
from entaku.check.values import BadSchemaError
from entaku.check.vectors import Look
from entaku.model.grammar import Resource
from entaku.model.messages import hint, within
from entaku.model.nouns import Checked, Finding, Place, Raw, Report, Violation, Written
from entaku.model.table_schema import SchemaField

if TYPE_CHECKING:
    import pyarrow as pa

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
SCHEMA_PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
USUAL = Limits()
Engine = Literal["columns", "frictionless"]


class Files(Protocol):
    """The files of a table, written where nobody reads them before they are released."""

    def add(self, batch: "pa.RecordBatch", looks: Sequence[Look] | None = None) -> None:
        """Rows of text, columns in the schema's order; `looks`: what the check has seen of each.

        Raises NotCastableError, with the row's place in the batch; from then on only the CSV is written.
        """

    def close(self) -> Written:
        """The files, whole."""

    def read_csv(self) -> bytes:
        """The CSV as far as it is written."""


@dataclass(frozen=True)
class Candidate:
    """A tidied table that asks to be checked."""

    resource: Resource
    columns: tuple[str, ...]
    batches: "Iterable[pa.RecordBatch]"
    """Its rows, read from the start at each iteration: text, never missing, the columns in the order of `columns`."""
    files: Files
    locate: Callable[[int, str], Place]
    """The place in the raw file of a row, by its number from 0, and a column."""
    raws: tuple[Raw, ...]
    before: Callable[[int, str], str] = lambda _row, _column: ""
    """The cell's text in the raw file, before tidying; "" if it has none."""


@dataclass(frozen=True)
class Verdict:
    """What came of a check."""

    checked: tuple[Checked, ...]
    """One for each candidate, in order; none at all unless the report is valid."""
    report: Report
    rows: Mapping[str, frozenset[int]]
    """By resource, the numbers (from 0) of all rows in error."""
    count: int = 0
    """How many errors there are in all; of those of cells and rows the report has the first MAX_ERRORS a table."""
    violations: tuple[Violation, ...] = ()
    """All of them, by column and kind; none with the engine "frictionless", which stops counting."""


def check(
    candidates: Sequence[Candidate],
    engine: Engine = "columns",
    make_spill: Callable[[], Spill] | None = None,
    limits: Limits = USUAL,
) -> Verdict:
    """The verdict on all tables of one dataset together (their foreign keys may cross), and their files.

    `make_spill`: where keys go that are too many for memory.
    """
    limits = replace(limits, make_spill=make_spill)
    findings: list[Finding] = []
    for candidate in candidates:
        findings += check_columns(candidate)
    if findings:
        return Verdict((), Report(False, tuple(findings), {}), {}, len(findings))
    passing = [_Passing(candidate) for candidate in candidates]
    try:
        descriptor, bad, groups = ENGINES[engine](passing, limits)
    except BadSchemaError as error:
        finding = Finding("bad-schema", "error", Place(file=error.table), args={"why": str(error)})
        return Verdict((), Report(False, (finding,), {}), {}, 1)
    count = sum(task["stats"]["errors"] for task in descriptor["tasks"])
    rows: dict[str, frozenset[int]] = {}
    for table, task in zip(passing, descriptor["tasks"], strict=True):
        name = table.candidate.resource.name
        found = list(translate_errors(table.candidate, task))
        findings += [finding for finding, _ in found]
        if (rest := task["stats"]["errors"] - len(found)) > 0:
            findings.append(Finding("too-many-findings", "error", Place(file=name), args={"count": f"{rest:,}"}))
        rows[name] = frozenset(number - 2 for number in bad.get(name, ())) | {
            row for _, row in found if row is not None
        }
        expected = list(check_expectations(table))
        findings += expected
        count += sum(finding.severity == "error" for finding in expected)
    if not any(finding.severity == "error" for finding in findings):
        beyond = [table.beyond for table in passing if table.beyond is not None]
        findings, count = findings + beyond, count + len(beyond)
    valid = not any(finding.severity == "error" for finding in findings)
    checked = [Checked(each.candidate.resource, each.close(), each.candidate.raws) for each in passing if valid]
    violations = tuple(each for one in passing for each in list_violations(one.candidate, groups))
    return Verdict(tuple(checked), Report(valid, tuple(findings), descriptor), rows, count, violations)


def list_violations(candidate: Candidate, groups: "Groups") -> Iterator[Violation]:
    """The errors of a table by column and kind, with the places of their examples in the raw file."""
    for group in groups.get(candidate.resource.name, ()):
        examples = tuple(
            (candidate.locate(example["row"] - 2, group["column"]), example["cell"]) for example in group["examples"]
        )
        yield Violation(candidate.resource.name, group["column"], group["kind"], group["count"], examples)


class _Passing:
    """A candidate's rows with the columns that the schema names; they are written as they are checked."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.names = [field.name for field in candidate.resource.schema.fields]
        self.rows = 0
        self.filled = dict.fromkeys(candidate.resource.expect.fill, 0)
        self.beyond: Finding | None = None
        """A value that is valid, but that Parquet can't hold."""
        self._written: Written | None = None

    def __iter__(self) -> "Iterator[pa.RecordBatch]":
        for batch in self.candidate.batches:
            yield batch.select(self.names)

    def write(self, batch: "pa.RecordBatch", looks: Sequence[Look] | None = None) -> None:
        """Write and count rows."""
        import pyarrow as pa
        import pyarrow.compute as pc

        resource = self.candidate.resource
        try:
            self.candidate.files.add(batch, looks)
        except NotCastableError as error:
            field = next(field for field in resource.schema.fields if field.name == error.name)
            place = self.candidate.locate(self.rows + error.position, field.name)
            self.beyond = self.beyond or _type_finding(field, place, error.value)
        self.rows += batch.num_rows
        for name in self.filled:
            missing = pa.array(_missing_values(resource, name), pa.string())
            self.filled[name] += batch.num_rows - pc.is_in(batch.column(self.names.index(name)), missing).true_count

    def close(self) -> Written:
        """The files, whole."""
        self._written = self._written or self.candidate.files.close()
        return self._written


# ---- columns ------------------------------------------------------------------------------------------------------


def check_columns(candidate: Candidate) -> Iterator[Finding]:
    """Columns that the schema names and the table lacks, and the other way round."""
    there = candidate.columns
    named = [field.name for field in candidate.resource.schema.fields]
    file = candidate.resource.name
    raw = within(candidate.raws[0].url) if candidate.raws else {}
    for name in named:
        if name not in there:
            spare = [column for column in there if column not in named]
            yield Finding("missing-column", "error", Place(file=file), name, {**hint(name, spare or there), **raw})
    for column in there:
        if column not in named:
            yield Finding("extra-column", "error", Place(file=file), column, raw)


# ---- engines ----------------------------------------------------------------------------------------------------

Groups = Mapping[str, Sequence[Mapping[str, Any]]]
"""By table, all violations by column and kind, as `check_report.summarise` counts them."""
Judged = tuple[dict[str, Any], Mapping[str, Sequence[int]], Groups]
"""A Frictionless report's descriptor, by table the numbers of all rows in error (counted as it counts them), and the
groups."""


def judge_columns(tables: Sequence[_Passing], limits: Limits) -> Judged:
    """Our own engine's report.  Raises BadSchemaError for a schema that can't be used."""
    given = []
    for table in tables:
        resource = table.candidate.resource
        given.append(Table(resource.name, table, describe_schema(resource.schema), table.write))
    outcomes = check_tables(given, limits)
    stats = {}
    for table in tables:
        written = table.close()
        stats[table.candidate.resource.name] = {"sha256": written.csv.sha256, "bytes": written.csv.bytes}
    bad = {outcome.name: outcome.bad_rows() for outcome in outcomes}
    return describe_report(outcomes, stats), bad, {outcome.name: summarise(outcome) for outcome in outcomes}


def judge_with_frictionless(passing: Sequence[_Passing], limits: Limits) -> Judged:
    """frictionless-py's report on CSV bytes, without times and with the published names as places.

    Raises BadSchemaError for a schema that it refuses.
    """
    from frictionless import Dialect, FrictionlessException, Package, Schema
    from frictionless import Resource as Source
    from frictionless.formats import CsvControl

    schemas = []
    for one in passing:
        try:
            descriptor = {"$schema": SCHEMA_PROFILE, **describe_schema(one.candidate.resource.schema)}
            schemas.append(Schema.from_descriptor(descriptor))
        except FrictionlessException as error:
            raise BadSchemaError(str(error), table=one.candidate.resource.name) from None
    tables = []
    for one, schema in zip(passing, schemas, strict=True):
        for batch in one:
            one.write(batch)
        one.close()
        dialect = Dialect(controls=[CsvControl(delimiter=",")])
        tables.append(
            Source(
                name=one.candidate.resource.name, data=one.candidate.files.read_csv(), scheme="buffer", format="csv",
                encoding="utf-8", dialect=dialect, schema=schema, schema_profile=PROFILE, datapackage_version="v2",
            )
        )  # fmt: skip
    package = Package(name="check", resources=tables, schema_profile=PROFILE)
    report: dict[str, Any] = package.validate(limit_errors=limits.max_errors or 1 << 60).to_descriptor()
    if not report["tasks"]:
        why = "; ".join(str(error["message"]) for error in report["errors"])
        raise BadSchemaError(why, table=passing[0].candidate.resource.name)
    return without_times(report), {}, {}


ENGINES: Mapping[Engine, Callable[[Sequence[_Passing], Limits], Judged]] = {
    "columns": judge_columns,
    "frictionless": judge_with_frictionless,
}


def without_times(descriptor: dict[str, Any]) -> dict[str, Any]:
    """A report's descriptor with its seconds set to 0, without MD5, and `<memory>` replaced by the resource's file."""
    stats = descriptor.get("stats")
    if stats and "seconds" in stats:
        stats["seconds"] = 0
    for task in descriptor.get("tasks", ()):
        task["stats"]["seconds"] = 0
        task["stats"].pop("md5", None)
        if task["valid"]:
            task["stats"].setdefault("rows", 0)  # frictionless-py leaves it out where there are none
        if task.get("place") == "<memory>":
            task["place"] = f"{task['name']}.csv"
    return descriptor


def translate_errors(candidate: Candidate, task: Mapping[str, Any]) -> Iterator[tuple[Finding, int | None]]:
    """Each error of a frictionless report's task as a finding at its raw place, with the row's number from 0."""
    fields = {field.name: field for field in candidate.resource.schema.fields}
    for error in task["errors"]:
        number = error.get("rowNumber")
        row = number - 2 if number is not None and number >= 2 else None
        name = str(error.get("fieldName", ""))
        place = candidate.locate(row, name) if row is not None else Place(file=candidate.resource.name)
        finding = _translate(error, candidate, place, fields.get(name))
        before = candidate.before(row, name) if row is not None and name else ""
        if before not in ("", finding.value):
            finding = replace(finding, args={**finding.args, "before": before})
        yield finding, row


def _translate(error: Mapping[str, Any], candidate: Candidate, place: Place, field: SchemaField | None) -> Finding:
    kind, note = str(error["type"]), str(error.get("note", ""))
    value = str(error.get("cell", ""))
    if kind == "type-error" and field is not None:
        return _type_finding(field, place, value)
    if kind == "constraint-error" and field is not None:
        name = note.split('"')[1] if '"' in note else ""
        if name == "required":
            return Finding("required", "error", place)
        allowed = describe_field(field).get("constraints", {}).get(name, note)
        words = ", ".join(map(str, allowed)) if isinstance(allowed, list) else str(allowed)
        return Finding("constraint-error", "error", place, value, {"constraint": name, "allowed": words})
    if kind == "unique-error":
        first = re.search(r"position (\d+)", note)
        return Finding("unique-error", "error", place, value, {"first": first.group(1) if first else "?"})
    if kind == "primary-key":
        key = candidate.resource.schema.primaryKey
        cells = dict(zip((f.name for f in candidate.resource.schema.fields), error.get("cells", ()), strict=False))
        shown = ", ".join(f"{name}={cells.get(name, '')}" for name in key)
        return Finding("primary-key", "error", place, shown, {"why": _explain_key(note, candidate)})
    if kind == "row-constraint":
        return Finding("unique-key", "error", place, note.split('"')[1] if '"' in note else note)
    if kind == "foreign-key":
        missing = ", ".join(map(str, error.get("fieldCells", ())))
        return Finding("foreign-key", "error", place, missing, {"other": str(error.get("referenceName", ""))})
    if kind == "blank-row":
        return Finding("blank-row", "error", place)
    return Finding("check-error", "error", place, value, {"why": str(error.get("message", note))})


def _type_finding(field: SchemaField, place: Place, value: str) -> Finding:
    return Finding("type-error", "error", place, value, {"type": field.type, "format": field.format})


def _explain_key(note: str, candidate: Candidate) -> str:
    """Where the same key stood before, in the raw file, or that it is empty."""
    same = re.search(r"the same as in the row at position (\d+)", note)
    if not same:
        return "空です / it is empty"
    before = candidate.locate(int(same.group(1)) - 2, "")
    where = before.cell or (f"{before.row} 行目 / row {before.row}" if before.row else "")
    return f"{where} と同じ / the same as in {before.file} {where}"


# ---- expectations -----------------------------------------------------------------------------------------------


def check_expectations(table: _Passing) -> Iterator[Finding]:
    """A broken minimum is an error (it holds the release), a broken maximum a warning."""
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
