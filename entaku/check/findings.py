"""Breaches of a schema → findings, each with the place of its cell in the raw file."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from entaku.check.breaches import (
    BlankRow,
    Breach,
    EmptyKey,
    LostReference,
    OtherError,
    RepeatedKey,
    RepeatedUniqueKey,
    RepeatedValue,
    WrongCell,
)
from entaku.check.candidate import Candidate
from entaku.check.schema import FIELD_TYPES, NotCastableError, describe_field
from entaku.model.nouns import Finding, Place
from entaku.model.table_schema import SchemaField


def describe_breaches(candidate: Candidate, breaches: Iterable[Breach]) -> Iterator[Finding]:
    """Yield a finding for each breach, with the cell's text before tidying."""
    for breach in breaches:
        name = _find_name(candidate, breach)
        place = candidate.locate(breach.row - 2, name) if breach.row else Place(file=candidate.resource.name)
        finding = _describe(candidate, breach, place)
        before = candidate.before(breach.row - 2, name) if breach.row and name else ""
        if before not in ("", finding.value):
            finding = replace(finding, args={**finding.args, "before": before})
        yield finding


def _find_name(candidate: Candidate, breach: Breach) -> str:
    """Return the column of a breach, "" for a whole row."""
    match breach:
        case WrongCell(column=column) | RepeatedValue(column=column):
            return candidate.resource.schema.fields[column].name
        case OtherError(name=name):
            return name
    return ""


def _describe(candidate: Candidate, breach: Breach, place: Place) -> Finding:
    schema = candidate.resource.schema
    match breach:
        case WrongCell(rule="type"):
            return describe_type(schema.fields[breach.column], place, breach.cells[breach.column])
        case WrongCell(rule="required"):
            return Finding("required", "error", place)
        case WrongCell():
            allowed = describe_field(schema.fields[breach.column]).get("constraints", {}).get(breach.rule, breach.note)
            words = ", ".join(map(str, allowed)) if isinstance(allowed, list) else str(allowed)
            args = {"constraint": breach.rule, "allowed": words}
            return Finding("constraint-error", "error", place, breach.cells[breach.column], args)
        case RepeatedValue():
            return Finding("unique-error", "error", place, breach.value, {"first": str(breach.earlier)})
        case EmptyKey():
            return Finding("primary-key", "error", place, _show_key(candidate, breach), {"why": "空です / it is empty"})
        case RepeatedKey():
            why = _say_where(candidate, breach.earlier)
            return Finding("primary-key", "error", place, _show_key(candidate, breach), {"why": why})
        case RepeatedUniqueKey():
            return Finding("unique-key", "error", place, ", ".join(breach.names))
        case LostReference():
            missing = ", ".join(value or "" for value in breach.values)
            return Finding("foreign-key", "error", place, missing, {"other": breach.resource})
        case BlankRow():
            return Finding("blank-row", "error", place)
        case OtherError():
            return Finding("check-error", "error", place, breach.cell, {"why": breach.message})
    raise TypeError(breach)


def describe_type(field: SchemaField, place: Place, value: str) -> Finding:
    """Return the finding for a cell that is no value of its field's type."""
    return Finding("type-error", "error", place, value, {"type": field.type, "format": field.format})


def describe_unfit(field: SchemaField, place: Place, error: NotCastableError) -> Finding:
    """Return the finding for a valid value that Parquet can't hold in its column."""
    args: dict[str, str] = {"type": field.type}
    if error.why == "beyond-type":
        args["reach"] = FIELD_TYPES[field.type].reach
    return Finding(error.why, "error", place, error.value, args)


def _show_key(candidate: Candidate, breach: Breach) -> str:
    schema = candidate.resource.schema
    cells = dict(zip((field.name for field in schema.fields), breach.cells, strict=True))
    return ", ".join(f"{name}={cells[name]}" for name in schema.primaryKey)


def _say_where(candidate: Candidate, row: int) -> str:
    """Name the place of the earlier row with the same key in the raw file."""
    before = candidate.locate(row - 2, "")
    where = before.cell or (f"{before.row} 行目 / row {before.row}" if before.row else "")
    return f"{where} と同じ / the same as in {before.file} {where}"
