"""frictionless-py itself: its verdict on the CSV to be published.

The errors of its report become the same breaches as those of the columnar engine; only this module parses its notes,
which are in frictionless-py's words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from entaku.check.breaches import (
    BlankRow,
    Breach,
    EmptyKey,
    LostReference,
    OtherError,
    RepeatedKey,
    RepeatedValue,
    WrongCell,
)
from entaku.check.values import BadSchemaError
from entaku.formats.heavy import frictionless
from entaku.model.files import name_csv

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
SCHEMA_PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"


@dataclass(frozen=True)
class CsvTable:
    """A table as it is to be published."""

    name: str
    schema: Mapping[str, Any]
    """A Table Schema descriptor."""
    body: bytes
    """Its CSV."""


def check_schemas(schemas: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise BadSchemaError for the first schema, given by table, that frictionless-py refuses."""
    for name, schema in schemas.items():
        _open_schema(name, schema)


def judge(tables: Sequence[CsvTable], max_errors: int | None) -> dict[str, Any]:
    """Return the report's descriptor without times, with published file names in `place`.  Raises BadSchemaError."""
    sources = [
        frictionless.Resource(
            name=table.name, data=table.body, scheme="buffer", format="csv", encoding="utf-8",
            dialect=frictionless.Dialect.from_descriptor({"csv": {"delimiter": ","}}),
            schema=_open_schema(table.name, table.schema), schema_profile=PROFILE, datapackage_version="v2",
        )
        for table in tables
    ]  # fmt: skip
    package = frictionless.Package(name="check", resources=sources, schema_profile=PROFILE)
    report: dict[str, Any] = package.validate(limit_errors=max_errors or 1 << 60).to_descriptor()
    if not report["tasks"]:
        raise BadSchemaError("; ".join(str(error["message"]) for error in report["errors"]), table=tables[0].name)
    return _without_times(report)


def _open_schema(name: str, schema: Mapping[str, Any]) -> frictionless.Schema:
    try:
        return frictionless.Schema.from_descriptor({"$schema": SCHEMA_PROFILE, **schema})
    except frictionless.FrictionlessException as error:
        raise BadSchemaError(str(error), table=name) from None


def _without_times(descriptor: dict[str, Any]) -> dict[str, Any]:
    """Return a report's descriptor with seconds set to 0, without MD5, and with the resource's file for `<memory>`."""
    stats = descriptor.get("stats")
    if stats and "seconds" in stats:
        stats["seconds"] = 0
    for task in descriptor.get("tasks", ()):
        task["stats"]["seconds"] = 0
        task["stats"].pop("md5", None)
        if task["valid"]:
            task["stats"].setdefault("rows", 0)  # frictionless-py omits it for a table without rows
        if task.get("place") == "<memory>":
            task["place"] = name_csv(task["name"])
    return descriptor


# ---- frictionless-py's notes ------------------------------------------------------------------------------------


def read_breaches(task: Mapping[str, Any]) -> list[Breach]:
    """Return the errors of a table as breaches."""
    return [_read_error(error) for error in task["errors"]]


def _read_error(error: Mapping[str, Any]) -> Breach:
    kind, note = str(error["type"]), str(error.get("note", ""))
    row, cells = int(error.get("rowNumber") or 0), tuple(map(str, error.get("cells") or ()))
    column = int(error.get("fieldNumber") or 0) - 1
    match kind:
        case "type-error":
            return WrongCell(row, cells, column, "type", note)
        case "constraint-error" if rule := _CONSTRAINT.search(note):
            return WrongCell(row, cells, column, rule[1], note)
        case "unique-error" if same := _SAME.search(note):
            return RepeatedValue(row, cells, column, str(error["cell"]), int(same[1]))
        case "primary-key":
            same = _SAME.search(note)
            return RepeatedKey(row, cells, int(same[1])) if same else EmptyKey(row, cells)
        case "foreign-key":
            names, others = tuple(error["fieldNames"]), tuple(error["referenceFieldNames"])
            return LostReference(row, cells, names, tuple(error["fieldCells"]), str(error["referenceName"]), others)
        case "blank-row":
            return BlankRow(row, cells)
    name, cell = str(error.get("fieldName", "")), str(error.get("cell", ""))
    return OtherError(row, cells, name, cell, str(error.get("message", note)))


_CONSTRAINT = re.compile(r'constraint "(\w+)" is')
_SAME = re.compile(r"the same as in the row at position (\d+)")
