"""A dataset's tables × their schemas × expectations → Checked, or a Report that says why not.

The verdict on types, constraints and keys is that of frictionless-py, given by our own engine on columns
(`check_stream`) or, for doubters, by frictionless-py itself on the very bytes that would be published.  Each error
comes back with the place of the cell in the raw file.  Only this room makes a Checked.
"""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from entaku.check_report import describe_report
from entaku.check_stream import Table, check_tables
from entaku.grammar import Resource, SchemaField
from entaku.messages import hint, within
from entaku.model import Checked, Finding, Place, Raw, Report
from entaku.schema import NotCastableError, arrow_type, cast_column, describe_field, describe_schema
from entaku.stats import profile_table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
SCHEMA_PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
MAX_ERRORS = 1000
"""Errors of a table that are told one by one (frictionless-py's own limit, at which it stops reading)."""
BATCH = 65_536
"""Rows of a batch."""


Engine = Literal["columns", "frictionless"]


@dataclass(frozen=True)
class Candidate:
    """A tidied table that asks to be checked."""

    resource: Resource
    frame: "pd.DataFrame"
    """All text, never missing; its index labels are what `locate` takes."""
    locate: Callable[[int, str], Place]
    """The place in the raw file of an index label and a column."""
    raws: tuple[Raw, ...]
    before: Callable[[int, str], str] = lambda _label, _column: ""
    """The cell's text in the raw file, before tidying; "" if it has none."""


@dataclass(frozen=True)
class Verdict:
    """What came of a check."""

    checked: tuple[Checked, ...]
    """One for each candidate, in order; none at all unless the report is valid."""
    report: Report
    labels: Mapping[str, frozenset[int]]
    """By resource, the index labels of all rows in error."""
    count: int = 0
    """How many errors there are in all; of those of cells and rows the report has the first MAX_ERRORS a table."""


def check(candidates: Sequence[Candidate], engine: Engine = "columns") -> Verdict:
    """The verdict on all tables of one dataset together (their foreign keys may cross)."""
    findings: list[Finding] = []
    for candidate in candidates:
        findings += check_columns(candidate)
    if findings:
        return Verdict((), Report(False, tuple(findings), {}), {}, len(findings))
    bodies = [write_csv(candidate) for candidate in candidates]
    try:
        descriptor, bad = ENGINES[engine](candidates, bodies)
    except _SchemaError as error:
        finding = Finding("bad-schema", "error", Place(file=error.resource), args={"why": str(error)})
        return Verdict((), Report(False, (finding,), {}), {}, 1)
    count = sum(task["stats"]["errors"] for task in descriptor["tasks"])
    labels: dict[str, frozenset[int]] = {}
    for candidate, task in zip(candidates, descriptor["tasks"], strict=True):
        name = candidate.resource.name
        found = list(translate_errors(candidate, task))
        findings += [finding for finding, _ in found]
        if (rest := task["stats"]["errors"] - len(found)) > 0:
            findings.append(Finding("too-many-findings", "error", Place(file=name), args={"count": f"{rest:,}"}))
        rows = {int(candidate.frame.index[row - 2]) for row in bad.get(name, ())}
        labels[name] = frozenset(rows | {label for _, label in found if label is not None})
        expected = list(check_expectations(candidate))
        findings += expected
        count += sum(finding.severity == "error" for finding in expected)
    checked: list[Checked] = []
    if not any(finding.severity == "error" for finding in findings):
        for candidate, body in zip(candidates, bodies, strict=True):
            try:
                checked.append(_make_checked(candidate, body))
            except _CellError as error:
                findings.append(error.finding)
                count += 1
    valid = not any(finding.severity == "error" for finding in findings)
    return Verdict(tuple(checked) if valid else (), Report(valid, tuple(findings), descriptor), labels, count)


# ---- columns and bytes ------------------------------------------------------------------------------------------


def check_columns(candidate: Candidate) -> Iterator[Finding]:
    """Columns that the schema names and the table lacks, and the other way round."""
    there = [str(column) for column in candidate.frame.columns]
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


def write_csv(candidate: Candidate) -> bytes:
    """The table as UTF-8, RFC 4180 quoting, LF, columns in the schema's order."""
    names = [field.name for field in candidate.resource.schema.fields]
    columns = [candidate.frame[name].tolist() for name in names]
    if any("\r" in cell for column in columns for cell in column):
        # some versions of Python's csv module leave a lone CR without quotes
        lines = [",".join(map(_quote, row)) or '""' for row in (names, *zip(*columns, strict=True))]
        return "".join(f"{line}\n" for line in lines).encode("utf-8")
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*columns, strict=True))
    return sink.getvalue().encode("utf-8")


def _quote(cell: str) -> str:
    if any(char in cell for char in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def make_arrow(candidate: Candidate) -> "pa.Table":
    """The table with the schema's types; titles, descriptions and units in the fields' metadata."""
    import pyarrow as pa

    schema = candidate.resource.schema
    columns = []
    for field in schema.fields:
        try:
            columns.append(cast_column(candidate.frame[field.name].tolist(), field, schema.missingValues))
        except NotCastableError as error:
            place = candidate.locate(int(candidate.frame.index[error.position]), field.name)
            raise _CellError(_type_finding(field, place, error.value)) from None
    fields = [pa.field(field.name, arrow_type(field), metadata=_field_metadata(field)) for field in schema.fields]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _make_checked(candidate: Candidate, body: bytes) -> Checked:
    arrow = make_arrow(candidate)
    profile = profile_table(arrow.to_batches(), candidate.resource.schema)
    return Checked(candidate.resource, body, arrow, profile, candidate.raws)


class _CellError(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def _field_metadata(field: SchemaField) -> dict[str, str]:
    descriptor = describe_field(field)
    keys = ("title", "title@en", "description", "description@en", "unit")
    return {key: str(descriptor[key]) for key in keys if key in descriptor}


# ---- engines ----------------------------------------------------------------------------------------------------

Judged = tuple[dict[str, Any], Mapping[str, Sequence[int]]]
"""A Frictionless report's descriptor, and by table the numbers of all rows in error (counted as it counts them)."""


def judge_columns(candidates: Sequence[Candidate], bodies: Sequence[bytes]) -> Judged:
    """Our own engine's report.  Raises _SchemaError for a schema that can't be used."""
    import pyarrow as pa

    tables = []
    for candidate in candidates:
        names = [field.name for field in candidate.resource.schema.fields]
        arrays = [pa.array(candidate.frame[name].tolist(), pa.string()) for name in names]
        batches = pa.table(arrays, names=names).to_batches(max_chunksize=BATCH)
        schema = describe_schema(candidate.resource.schema)
        tables.append(Table(candidate.resource.name, tuple(names), batches, schema))
    outcomes = check_tables(tables, max_errors=MAX_ERRORS)
    for outcome in outcomes:
        for error in outcome.broken:
            raise _SchemaError(outcome.name, str(error["note"]))
    stats = {
        candidate.resource.name: {
            "md5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
            "sha256": hashlib.sha256(body).hexdigest(),
            "bytes": len(body),
        }
        for candidate, body in zip(candidates, bodies, strict=True)
    }
    return describe_report(outcomes, stats), {outcome.name: outcome.bad_rows() for outcome in outcomes}


def judge_with_frictionless(candidates: Sequence[Candidate], bodies: Sequence[bytes]) -> Judged:
    """frictionless-py's report on CSV bytes, without times and with the published names as places.

    Raises _SchemaError for a schema that it refuses.
    """
    from frictionless import Dialect, FrictionlessException, Package, Schema
    from frictionless import Resource as Source
    from frictionless.formats import CsvControl

    tables = []
    for candidate, body in zip(candidates, bodies, strict=True):
        resource = candidate.resource
        try:
            schema = Schema.from_descriptor({"$schema": SCHEMA_PROFILE, **describe_schema(resource.schema)})
        except FrictionlessException as error:
            raise _SchemaError(resource.name, str(error)) from None
        dialect = Dialect(controls=[CsvControl(delimiter=",")])
        tables.append(
            Source(
                name=resource.name, data=body, scheme="buffer", format="csv", encoding="utf-8",
                dialect=dialect, schema=schema, schema_profile=PROFILE, datapackage_version="v2",
            )
        )  # fmt: skip
    package = Package(name="check", resources=tables, schema_profile=PROFILE)
    descriptor: dict[str, Any] = package.validate(limit_errors=MAX_ERRORS).to_descriptor()
    if not descriptor["tasks"]:
        raise _SchemaError(candidates[0].resource.name, "; ".join(str(e["message"]) for e in descriptor["errors"]))
    return without_times(descriptor), {}


ENGINES: Mapping[Engine, Callable[[Sequence[Candidate], Sequence[bytes]], Judged]] = {
    "columns": judge_columns,
    "frictionless": judge_with_frictionless,
}


class _SchemaError(Exception):
    def __init__(self, resource: str, why: str) -> None:
        super().__init__(why)
        self.resource = resource


def without_times(descriptor: dict[str, Any]) -> dict[str, Any]:
    """A report's descriptor with its seconds set to 0 and `<memory>` replaced by the resource's file."""
    stats = descriptor.get("stats")
    if stats and "seconds" in stats:
        stats["seconds"] = 0
    for task in descriptor.get("tasks", ()):
        task["stats"]["seconds"] = 0
        if task.get("place") == "<memory>":
            task["place"] = f"{task['name']}.csv"
    return descriptor


def translate_errors(candidate: Candidate, task: Mapping[str, Any]) -> Iterator[tuple[Finding, int | None]]:
    """Each error of a frictionless report's task as a finding at its raw place, with the row's index label."""
    fields = {field.name: field for field in candidate.resource.schema.fields}
    for error in task["errors"]:
        row = error.get("rowNumber")
        label = int(candidate.frame.index[row - 2]) if row is not None and row >= 2 else None
        name = str(error.get("fieldName", ""))
        place = candidate.locate(label, name) if label is not None else Place(file=candidate.resource.name)
        finding = _translate(error, candidate, place, fields.get(name))
        before = candidate.before(label, name) if label is not None and name else ""
        if before not in ("", finding.value):
            finding = replace(finding, args={**finding.args, "before": before})
        yield finding, label


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
    before = candidate.locate(int(candidate.frame.index[int(same.group(1)) - 2]), "")
    where = before.cell or (f"{before.row} 行目 / row {before.row}" if before.row else "")
    return f"{where} と同じ / the same as in {before.file} {where}"


# ---- expectations -----------------------------------------------------------------------------------------------


def check_expectations(candidate: Candidate) -> Iterator[Finding]:
    """A broken minimum is an error (it holds the release), a broken maximum a warning."""
    expect = candidate.resource.expect
    place = Place(file=candidate.resource.name)
    rows = len(candidate.frame)
    if expect.rows.min is not None and rows < expect.rows.min:
        yield Finding("rows-min", "error", place, f"{rows:,}", {"allowed": f"{expect.rows.min:,}"})
    if expect.rows.max is not None and rows > expect.rows.max:
        yield Finding("rows-max", "warning", place, f"{rows:,}", {"allowed": f"{expect.rows.max:,}"})
    for name, share in expect.fill.items():
        missing = set(_missing_values(candidate.resource, name))
        filled = sum(1 for value in candidate.frame[name].tolist() if value not in missing)
        ratio = filled / rows if rows else 0.0
        there = Place(file=candidate.resource.name, column=name)
        if share.min is not None and ratio < share.min:
            yield Finding("fill-min", "error", there, f"{ratio:.1%}", {"allowed": f"{share.min:.1%}"})
        if share.max is not None and ratio > share.max:
            yield Finding("fill-max", "warning", there, f"{ratio:.1%}", {"allowed": f"{share.max:.1%}"})


def _missing_values(resource: Resource, name: str) -> tuple[str, ...]:
    field = next(field for field in resource.schema.fields if field.name == name)
    return field.missingValues if field.missingValues is not None else resource.schema.missingValues
