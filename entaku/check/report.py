"""Outcomes and their breaches → a Frictionless report.

Types, notes, messages, row and field numbers, cells and their order are those of frictionless-py;
`Report.from_descriptor` opens it.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from entaku.check.breaches import (
    BlankRow,
    Breach,
    EmptyKey,
    LostReference,
    RepeatedKey,
    RepeatedUniqueKey,
    RepeatedValue,
    WrongCell,
)
from entaku.check.outcome import TableOutcome
from entaku.model.files import name_csv

Words = tuple[str, str, str, tuple[str, ...]]
"""Title, description, message template and tags."""

ERRORS: Mapping[str, Words] = {
    "blank-row": (
        "Blank Row",
        "This row is empty. A row should contain at least one value.",
        'Row at position "{rowNumber}" is completely blank',
        ("#table", "#row"),
    ),
    "type-error": (
        "Type Error",
        "The value does not match the schema type and format for this field.",
        (
            'Type error in the cell "{cell}" in row "{rowNumber}" and field "{fieldName}" at position'
            ' "{fieldNumber}": {note}'
        ),
        ("#table", "#row", "#cell"),
    ),
    "constraint-error": (
        "Constraint Error",
        "A field value does not conform to a constraint.",
        (
            'The cell "{cell}" in row at position "{rowNumber}" and field "{fieldName}" at position '
            '"{fieldNumber}" does not conform to a constraint: {note}'
        ),
        ("#table", "#row", "#cell"),
    ),
    "unique-error": (
        "Unique Error",
        "This field is a unique field but it contains a value that has been used in another row.",
        (
            'Row at position "{rowNumber}" has unique constraint violation in field "{fieldName}" at '
            'position "{fieldNumber}": {note}'
        ),
        ("#table", "#row", "#cell"),
    ),
    "primary-key": (
        "PrimaryKey Error",
        "Values in the primary key fields should be unique for every row",
        'Row at position "{rowNumber}" violates the primary key: {note}',
        ("#table", "#row"),
    ),
    "foreign-key": (
        "ForeignKey Error",
        "Values in the foreign key fields should exist in the reference table",
        'Row at position "{rowNumber}" violates the foreign key: {note}',
        ("#table", "#row"),
    ),
    "row-constraint": (
        "Row Constraint",
        "The value does not conform to the row constraint.",
        "The row at position {rowNumber} has an error: {note}",
        ("#table", "#row"),
    ),
}
"""By error type."""


Error = dict[str, Any]


def describe_error(breach: Breach, columns: Sequence[str]) -> Error:
    """Describe a breach as frictionless-py does; `columns` are the names of the table's columns."""
    match breach:
        case BlankRow():
            return _describe("blank-row", breach)
        case WrongCell():
            where = _place(breach.column, columns, breach.cells[breach.column])
            kind = "type-error" if breach.rule == "type" else "constraint-error"
            return _describe(kind, breach, breach.note, where)
        case RepeatedValue():
            return _describe(
                "unique-error", breach, _say_same(breach.earlier), _place(breach.column, columns, breach.value)
            )
        case EmptyKey():
            return _describe("primary-key", breach, 'cells composing the primary keys are all "None"')
        case RepeatedKey():
            return _describe("primary-key", breach, _say_same(breach.earlier))
        case RepeatedUniqueKey():
            note = f'unique key "{", ".join(breach.names)}" is {_say_same(breach.earlier)}'
            return _describe("row-constraint", breach, note)
        case LostReference():
            return _describe_lost(breach)
    raise TypeError(breach)


def _describe_lost(breach: LostReference) -> Error:
    note = (
        f'for "{", ".join(breach.names)}": values "{", ".join(map(str, breach.values))}" not found in the lookup table '
        f'"{breach.resource}" as "{", ".join(breach.others)}"'
    )
    where = {
        "fieldNames": list(breach.names), "fieldCells": [value or "" for value in breach.values],
        "referenceName": breach.resource, "referenceFieldNames": list(breach.others),
    }  # fmt: skip
    return _describe("foreign-key", breach, note, where)


def _say_same(earlier: int) -> str:
    return f"the same as in the row at position {earlier}"


def _place(column: int, columns: Sequence[str], cell: str) -> dict[str, Any]:
    return {"cell": cell, "fieldName": columns[column], "fieldNumber": column + 1}


def _describe(kind: str, breach: Breach, note: str = "", where: Mapping[str, Any] = MappingProxyType({})) -> Error:
    title, description, template, tags = ERRORS[kind]
    details = {"note": note, "cells": list(breach.cells), "rowNumber": breach.row, **where}
    message = template.format_map(details)
    return {"type": kind, "title": title, "description": description, "message": message, "tags": list(tags), **details}


# ---- report and tasks -------------------------------------------------------------------------------------------


def describe_report(
    outcomes: Sequence[TableOutcome], told: Sequence[Sequence[Breach]], stats: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the Frictionless report of tables checked together, without times.

    `told`: the reported breaches of each table; `stats`: the statistics of each table, such as `bytes`.
    """
    tasks = [describe_task(*one) for one in zip(outcomes, told, stats, strict=True)]
    number = sum(task["stats"]["errors"] for task in tasks)
    return {
        "valid": not number,
        "stats": {
            "tasks": len(tasks),
            "errors": number,
            "warnings": sum(len(t["warnings"]) for t in tasks),
            "seconds": 0,
        },
        "warnings": [],
        "errors": [],
        "tasks": tasks,
    }


def describe_task(outcome: TableOutcome, breaches: Sequence[Breach], stats: Mapping[str, Any]) -> dict[str, Any]:
    """Return one table's task; its `stats.errors` counts all errors, including unreported ones."""
    columns = [column.name for column in outcome.columns]
    warnings = []
    if len(breaches) < outcome.errors:
        warnings.append(f"reached error limit: {outcome.limit}; all {outcome.errors} errors are counted")
    return {
        "name": outcome.name,
        "type": "table",
        "valid": not outcome.errors,
        "place": name_csv(outcome.name),
        "labels": columns,
        "stats": {
            "errors": outcome.errors, "warnings": len(warnings), "seconds": 0, **stats,
            "fields": len(columns), "rows": outcome.rows,
        },
        "warnings": warnings,
        "errors": [describe_error(breach, columns) for breach in breaches],
    }  # fmt: skip
