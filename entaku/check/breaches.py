"""An outcome → the table's first breaches of its schema, row by row, in frictionless-py's order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from entaku.check.outcome import Event, Kept, Plan, TableOutcome


@dataclass(frozen=True)
class Breach:
    """A rule of the schema that a row breaks."""

    row: int
    """The row's number as frictionless-py counts: the header is 1."""
    cells: tuple[str, ...]
    """All cells of the row."""


@dataclass(frozen=True)
class BlankRow(Breach):
    """A row without any value."""


@dataclass(frozen=True)
class WrongCell(Breach):
    """A cell that is no value of its column's type, or breaks a constraint."""

    column: int
    """The column's index, from 0."""
    rule: str
    """The name of the constraint, or "type"."""
    note: str
    """The rule in frictionless-py's words."""


@dataclass(frozen=True)
class RepeatedValue(Breach):
    """A repeated value in a column with the constraint `unique`."""

    column: int
    value: str
    earlier: int
    """The last earlier row with the same value."""


@dataclass(frozen=True)
class EmptyKey(Breach):
    """A primary key without any value."""


@dataclass(frozen=True)
class RepeatedKey(Breach):
    """A primary key that repeats an earlier row's."""

    earlier: int


@dataclass(frozen=True)
class RepeatedUniqueKey(Breach):
    """A unique key (`uniqueKeys`) that repeats an earlier row's."""

    names: tuple[str, ...]
    earlier: int


@dataclass(frozen=True)
class LostReference(Breach):
    """A foreign key without a match in the referenced table."""

    names: tuple[str, ...]
    values: tuple[str | None, ...]
    resource: str
    others: tuple[str, ...]
    """The names of the referenced columns."""


@dataclass(frozen=True)
class OtherError(Breach):
    """An error of a kind that only frictionless-py reports; its row is 0 if it isn't about a row."""

    name: str
    """The name of its field, if it is about one."""
    cell: str
    message: str


def list_breaches(outcome: TableOutcome) -> list[Breach]:
    """List the first breaches, up to the outcome's limit."""
    return list(islice(_list_all(outcome), outcome.limit))


def _list_all(outcome: TableOutcome) -> Iterator[Breach]:
    alone = sorted(set(outcome.events) & set(outcome.texts))
    at = 0
    for kept in outcome.kept:
        cells, faults = _open_kept(kept)
        for place, row in enumerate(kept.rows.tolist()):
            while at < len(alone) and alone[at] < row:
                yield from _list_row(outcome, alone[at], outcome.texts[alone[at]], {})
                at += 1
            yield from _list_row(outcome, row, cells[place], faults.get(place, {}))
    for row in alone[at:]:
        yield from _list_row(outcome, row, outcome.texts[row], {})


def _open_kept(kept: Kept) -> tuple[list[tuple[str, ...]], dict[int, dict[int, int]]]:
    """Return the cells of each row, and by row its faulty columns with their states."""
    cells = list(zip(*(column.to_pylist() for column in kept.cells.columns), strict=True))
    faults: dict[int, dict[int, int]] = {}
    for column, (places, ids) in kept.faults.items():
        for place, id_ in zip(places.tolist(), ids.tolist(), strict=True):
            faults.setdefault(place, {})[column] = id_
    return cells, faults


def _list_row(outcome: TableOutcome, row: int, cells: tuple[str, ...], faults: Mapping[int, int]) -> Iterator[Breach]:
    """Yield one row's breaches in order: cells, then keys."""
    events = sorted(outcome.events.get(row, ()), key=lambda event: (_KINDS.index(event.kind), event.number))
    if any(event.kind == "blank-row" for event in events):
        yield BlankRow(row, cells)
    else:
        for at in _reading_order(outcome.plan, faults, events):
            for rule, note in outcome.columns[at].states[faults[at]].faults:
                yield WrongCell(row, cells, at, rule, note)
    for event in events:
        if event.kind != "blank-row":
            yield _open_event(outcome, row, cells, event)


_KINDS = ("blank-row", "unique-error", "primary-key", "unique-key", "foreign-key")


def _reading_order(plan: Plan, faults: Mapping[int, int], events: Sequence[Event]) -> list[int]:
    """Order faulty columns as frictionless-py reads them: those of keys first, up to the first key in error."""
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


def _open_event(outcome: TableOutcome, row: int, cells: tuple[str, ...], event: Event) -> Breach:
    columns, plan = outcome.columns, outcome.plan

    def read(at: int) -> Any:
        return columns[at].read(cells[at]).value

    if event.kind == "unique-error":
        return RepeatedValue(row, cells, event.number, str(read(event.number)), event.earlier)
    if event.kind == "primary-key":
        return RepeatedKey(row, cells, event.earlier) if event.earlier else EmptyKey(row, cells)
    if event.kind == "unique-key":
        return RepeatedUniqueKey(row, cells, outcome.name_columns(plan.unique_keys[event.number]), event.earlier)
    places, reference = plan.foreign[event.number]
    values = tuple(None if (value := read(at)) is None else str(value) for at in places)
    return LostReference(row, cells, outcome.name_columns(places), values, reference.resource, reference.fields)
