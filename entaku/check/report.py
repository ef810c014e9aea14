"""Outcomes → a Frictionless report, and beside it a summary of all violations.

Types, notes, messages, row and field numbers, cells and their order are frictionless-py's; `Report.from_descriptor`
opens it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from entaku.check.cells import Reading
from entaku.check.outcome import Event, Kept, Outcome, Plan

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
"""By type."""


Error = dict[str, Any]


def make_error(kind: str, **details: Any) -> Error:
    """An error's descriptor; `details` without a note have an empty one."""
    title, description, template, tags = ERRORS[kind]
    details.setdefault("note", "")
    message = template.format_map(details)
    return {"type": kind, "title": title, "description": description, "message": message, "tags": list(tags), **details}


def list_errors(outcome: Outcome) -> Iterator[Error]:
    """The errors of a table as frictionless-py lists them, up to the outcome's limit; the rows' ones are made here."""
    made = _list_all(outcome)
    return made if outcome.limit is None else islice(made, outcome.limit)


def _list_all(outcome: Outcome) -> Iterator[Error]:
    alone = sorted(set(outcome.events) & set(outcome.texts))
    at = 0
    for kept in outcome.kept:
        for place, row in enumerate(kept.rows.tolist()):
            while at < len(alone) and alone[at] < row:
                yield from _list_row(outcome, alone[at], outcome.texts[alone[at]], {})
                at += 1
            if place == 0:
                cells, faults = _open_kept(kept)
            yield from _list_row(outcome, row, cells[place], faults.get(place, {}))
    for row in alone[at:]:
        yield from _list_row(outcome, row, outcome.texts[row], {})


def _open_kept(kept: Kept) -> tuple[list[tuple[str | None, ...]], dict[int, dict[int, int]]]:
    """The cells of each row, and by row its faulty columns with their states."""
    cells = list(zip(*(column.to_pylist() for column in kept.cells.columns), strict=True))
    faults: dict[int, dict[int, int]] = {}
    for column, (places, ids) in kept.faults.items():
        for place, id_ in zip(places.tolist(), ids.tolist(), strict=True):
            faults.setdefault(place, {})[column] = id_
    return cells, faults


def _list_row(outcome: Outcome, row: int, cells: Sequence[str | None], faults: Mapping[int, int]) -> Iterator[Error]:
    """One row's errors in order: cells, then too many or too few of them, then keys."""
    events = sorted(outcome.events.get(row, ()), key=_event_order)
    shown = ["" if cell is None else cell for cell in cells]
    columns = outcome.columns
    if any(event.kind == "blank-row" for event in events):
        yield make_error("blank-row", cells=shown, rowNumber=row)
    else:
        for at in _reading_order(outcome.plan, faults, events):
            where = {"cell": str(cells[at]), "fieldName": columns[at].field["name"], "fieldNumber": at + 1}
            for kind, note in columns[at].states[faults[at]].faults:
                name = "type-error" if kind == "type" else "constraint-error"
                yield make_error(name, note=note, cells=shown, rowNumber=row, **where)
    for event in events:
        if event.kind != "blank-row":
            yield _make_key_error(outcome, row, cells, shown, event)


_KINDS = ("blank-row", "unique-error", "primary-key", "unique-key", "foreign-key")


def _event_order(event: Event) -> tuple[int, int]:
    return _KINDS.index(event.kind), event.number


def _reading_order(plan: Plan, faults: Mapping[int, int], events: Sequence[Event]) -> list[int]:
    """Faulty columns as frictionless-py comes across them: those of keys first, up to the first key in error."""
    if len(faults) < 2:
        return list(faults)
    broken = {(event.kind, event.number) for event in events}
    first: list[int] = []
    steps: list[tuple[str, int, tuple[int, ...]]] = [("unique-error", place, (place,)) for place in plan.unique]
    steps += [("primary-key", 0, plan.primary)]
    steps += [("foreign-key", number, key) for number, (key, _) in enumerate(plan.foreign)]
    for kind, number, key in steps:
        first += key
        if (kind, number) in broken:
            break
    return [at for at in dict.fromkeys([*first, *sorted(faults)]) if at in faults]


def _make_key_error(
    outcome: Outcome, row: int, cells: Sequence[str | None], shown: Sequence[str], event: Event
) -> Error:
    columns, plan = outcome.columns, outcome.plan

    def read(at: int) -> Reading:
        return columns[at].read(cells[at])

    same = f"the same as in the row at position {event.earlier}"
    if event.kind == "unique-error":
        where = {"fieldName": columns[event.number].field["name"], "fieldNumber": event.number + 1}
        return make_error(
            "unique-error", note=same, cells=shown, rowNumber=row, cell=str(read(event.number).value), **where
        )
    if event.kind == "primary-key":
        note = same if event.earlier else 'cells composing the primary keys are all "None"'
        return make_error("primary-key", note=note, cells=shown, rowNumber=row)
    if event.kind == "unique-key":
        key_names = ", ".join(str(columns[at].field["name"]) for at in plan.unique_keys[event.number])
        return make_error("row-constraint", note=f'unique key "{key_names}" is {same}', cells=shown, rowNumber=row)
    places, key = plan.foreign[event.number]
    values = [read(at).value for at in places]
    names, others = [columns[at].field["name"] for at in places], key["reference"]["fields"]
    others = [others] if isinstance(others, str) else list(others)
    resource = key["reference"].get("resource", "")
    note = (
        f'for "{", ".join(names)}": values "{", ".join(map(str, values))}" not found in the lookup table '
        f'"{resource}" as "{", ".join(others)}"'
    )
    return make_error(
        "foreign-key", note=note, cells=shown, rowNumber=row, fieldNames=names,
        fieldCells=["" if value is None else str(value) for value in values],
        referenceName=resource, referenceFieldNames=others,
    )  # fmt: skip


# ---- the whole --------------------------------------------------------------------------------------------------


def describe_report(
    outcomes: Sequence[Outcome], stats: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """A Frictionless report of tables checked together, without times; `stats` by table, such as `bytes`."""
    tasks = [describe_task(outcome, (stats or {}).get(outcome.name, {})) for outcome in outcomes]
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


def describe_task(outcome: Outcome, stats: Mapping[str, Any]) -> dict[str, Any]:
    """One table's task; its `stats.errors` counts all errors, also those beyond the limit."""
    errors = list(list_errors(outcome))
    warnings = []
    if len(errors) < outcome.errors:
        warnings.append(f"reached error limit: {outcome.limit}; all {outcome.errors} errors are counted")
    return {
        "name": outcome.name,
        "type": "table",
        "valid": outcome.valid,
        "place": f"{outcome.name}.csv",
        "labels": [column.name for column in outcome.columns],
        "stats": {
            "errors": outcome.errors, "warnings": len(warnings), "seconds": 0, **stats,
            "fields": len(outcome.columns), "rows": outcome.rows,
        },
        "warnings": warnings,
        "errors": errors,
    }  # fmt: skip


def summarise(outcome: Outcome) -> list[dict[str, Any]]:
    """All violations, counted by column and kind, each with its first examples; most frequent first."""
    return [
        {
            "column": group.column,
            "kind": group.kind,
            "count": number,
            "examples": [{"row": example.row, "cell": example.cell} for example in examples],
        }
        for group, number, examples in outcome.groups()
    ]
