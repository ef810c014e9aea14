"""Tables as streams of text columns × schemas → outcomes, with frictionless-py's verdict on every cell and row.

Each block of rows is checked by column; only rows in error are read one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from entaku.check.foreign import Parents, ReferringKey
from entaku.check.keys import KeyColumn, UniqueKey
from entaku.check.outcome import Event, Faults, Group, Kept, Limits, Plan, TableOutcome, Target
from entaku.check.rows import Span, TextTable, find_rows, pair_rows
from entaku.check.values import BadSchemaError
from entaku.check.vectors import ColumnReader, Looked, make_columns
from entaku.formats.arrays import list_distinct, make_numbers

Rows = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


def check_tables(tables: Sequence[TextTable], limits: Limits) -> list[TableOutcome]:
    """Check the tables, whose foreign keys may cross, and return the outcome of each.  Raises BadSchemaError."""
    by_name = {table.name: table for table in tables}
    known: dict[tuple[str, tuple[str, ...]], Parents] = {}
    outcomes = []
    for table in tables:
        parents = []
        for target in map(find_target, table.schema.get("foreignKeys", ())):
            other = by_name.get(target.resource or table.name)
            if other is None:
                why = f'a foreign key refers to "{target.resource}", which does not exist'
                raise BadSchemaError(why, table=table.name)
            if (other.name, target.fields) not in known:
                known[other.name, target.fields] = gather_keys(other, target.fields, limits)
            parents.append(known[other.name, target.fields])
        outcomes.append(check_table(table, limits, parents))
    return outcomes


def gather_keys(table: TextTable, fields: Sequence[str], limits: Limits) -> Parents:
    """Collect the keys of a table that a foreign key refers to."""
    parents = Parents(limits.make_spill, limits.max_kept)
    columns = make_table_columns(table.name, table.schema, limits)
    places = {column.name: place for place, column in enumerate(columns)}
    some = [places[name] for name in fields]
    for block in table.blocks():
        parents.add([columns[place] for place in some], [Looked(None, block.columns.column(place)) for place in some])
    return parents


def check_table(table: TextTable, limits: Limits, parents: Sequence[Parents] = ()) -> TableOutcome:
    """Check a table: count every violation and keep the first ones to be reported.

    `parents`: for each foreign key of the schema, the referenced keys.  Raises BadSchemaError.
    """
    schema = _require_keys(table.schema) if "key-required" in limits.rules else table.schema
    columns = make_table_columns(table.name, schema, limits)
    plan = make_plan(schema, limits.rules)
    outcome = TableOutcome(table.name, columns, plan, limit=limits.max_errors, rows=table.before)
    check = _Check(outcome, parents, limits)
    for block in table.blocks():
        looks = check.look(block)
        if table.watch is not None and len(block.columns):
            table.watch(block.columns, looks, not check.outcome.counts)
    check.find_repeats(table)
    return check.outcome


def make_table_columns(name: str, schema: Mapping[str, Any], limits: Limits) -> list[ColumnReader]:
    """Make the column readers of a table.  Raises BadSchemaError, which names the table."""
    try:
        return make_columns(schema["fields"], schema, limits.rules)
    except BadSchemaError as error:
        raise BadSchemaError(error.why, error.column, name) from None


def find_target(key: Mapping[str, Any]) -> Target:
    """Return the target of a foreign key's descriptor."""
    return Target(key["reference"].get("resource", ""), list_names(key["reference"]["fields"]))


def list_names(names: Any) -> tuple[str, ...]:
    """Return the names of a key's fields as a tuple; the descriptor may have a single name."""
    return (names,) if isinstance(names, str) else tuple(names)


def _require_keys(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    key = list_names(schema.get("primaryKey", ()))
    fields = [
        {**field, "constraints": {**(field.get("constraints") or {}), "required": True}}
        if field["name"] in key
        else field
        for field in schema["fields"]
    ]
    return {**schema, "fields": fields}


def make_plan(schema: Mapping[str, Any], rules: frozenset[str]) -> Plan:
    """Return the keys of a table."""
    places = {field["name"]: place for place, field in enumerate(schema["fields"])}

    def find(names: Any) -> tuple[int, ...]:
        return tuple(places[name] for name in list_names(names))

    return Plan(
        tuple(n for n, field in enumerate(schema["fields"]) if (field.get("constraints") or {}).get("unique")),
        find(schema.get("primaryKey", ())),
        tuple(find(names) for names in schema.get("uniqueKeys", ())) if "unique-keys" in rules else (),
        tuple((find(key["fields"]), find_target(key)) for key in schema.get("foreignKeys", ())),
    )


# ---- one table --------------------------------------------------------------------------------------------------


@dataclass
class _Wrong:
    """The errors of a block."""

    block: Span
    rows: list[Rows] = field(default_factory=list)
    """Indices in the block of the rows with an event, for each event."""
    events: dict[int, list[Event]] = field(default_factory=dict)
    """By index in the block, of rows that may be reported."""
    faults: dict[int, Faults] = field(default_factory=dict)
    """By column."""


class _Check:
    """The check of one table."""

    def __init__(self, outcome: TableOutcome, parents: Sequence[Parents], limits: Limits) -> None:
        self.outcome = outcome
        plan, columns = outcome.plan, outcome.columns
        keys: list[tuple[str, int, tuple[int, ...], str]]
        keys = [("unique-error", place, (place,), "any") for place in plan.unique]
        keys += [("primary-key", 0, plan.primary, "all")] if plan.primary else []
        keys += [("unique-key", number, key, "any") for number, key in enumerate(plan.unique_keys)]
        numbered = {place: KeyColumn(columns[place]) for place in {place for _, _, key, _ in keys for place in key}}
        spill, most = limits.make_spill, limits.max_kept
        self.keys = [
            (kind, number, key, UniqueKey([numbered[place] for place in key], nulls, spill, most))
            for kind, number, key, nulls in keys
        ]
        self.foreign = [
            (number, key, ReferringKey([columns[place] for place in key], parent, spill, most))
            for number, ((key, _), parent) in enumerate(zip(plan.foreign, parents, strict=True))
        ]
        self.kept = 0

    def look(self, block: Span) -> list[Looked]:
        """Keep the errors of a block, except for repeated keys; return the states of its columns."""
        outcome, length = self.outcome, len(block.columns)
        looks = [column.look(texts) for column, texts in zip(outcome.columns, block.columns.columns, strict=True)]
        if not length:
            return looks
        outcome.rows += length
        wrong = _Wrong(block)
        blank = self._find_blank(looks, length)
        if blank is not None:
            self._note(wrong, Group("", "blank-row"), blank, Event("blank-row", 0, 0))
        for kind, number, key, unique in self.keys:
            empty = unique.add([looks[place] for place in key], block.first)
            if kind == "primary-key" and empty is not None:
                self._note(wrong, Group("", kind), empty, Event(kind, number, 0))
        for number, key, foreign in self.foreign:
            lost = foreign.find_lost([looks[place] for place in key], block.first)
            if lost is not None:
                self._note(wrong, self._name_key("foreign-key", key), lost, Event("foreign-key", number, 0), key)
        self._find_faults(wrong, looks, blank)
        self._keep(wrong)
        return looks

    def _find_blank(self, looks: Sequence[Looked], length: int) -> Mask | None:
        """Return the mask of rows that are null in every column, or None."""
        if any(look.ids is None for look in looks):
            return None
        blank = np.ones(length, np.bool_)
        for column, look in zip(self.outcome.columns, looks, strict=True):
            blank &= np.array([state.null for state in column.states])[look.ids]
            if not blank.any():
                return None
        return blank

    def _name_key(self, kind: str, key: Sequence[int]) -> Group:
        return Group(",".join(self.outcome.name_columns(key)), kind)

    def _note(self, wrong: _Wrong, group: Group, mask: Mask, event: Event, key: Sequence[int] = ()) -> None:
        """Count and keep an event of the rows in `mask`; its examples show the cells of `key`."""
        places = np.flatnonzero(mask)
        self.outcome.count(group, len(places))
        wrong.rows.append(places)
        room = None if self.outcome.limit is None else max(self.outcome.limit - self.kept, 0)
        for place in places[:room].tolist():
            wrong.events.setdefault(place, []).append(event)
        for place in places[:5].tolist() if self.outcome.wants_example(group) else ():
            self.outcome.show(group, wrong.block.first + place, _show_cells(wrong.block, place, key))

    def _find_faults(self, wrong: _Wrong, looks: Sequence[Looked], blank: Mask | None) -> None:
        """Count the faulty cells and keep their indices and states."""
        for at, (column, look) in enumerate(zip(self.outcome.columns, looks, strict=True)):
            if look.ids is None:
                continue
            faulty = np.array([bool(state.faults) for state in column.states])
            if not faulty.any():
                continue
            found = faulty.take(look.ids)
            if blank is not None:
                found &= ~blank
            places = np.flatnonzero(found)
            if len(places):
                wrong.faults[at] = places, look.ids[places]
                self._count_faults(column, wrong.faults[at], look, wrong.block.first)

    def _count_faults(self, column: ColumnReader, faults: Faults, look: Looked, first: int) -> None:
        places, ids = faults
        for id_, number in enumerate(np.bincount(ids).tolist()):
            for kind, _ in column.states[id_].faults if number else ():
                group = Group(column.name, "type-error" if kind == "type" else kind)
                self.outcome.count(group, number)
                if self.outcome.wants_example(group):
                    for place in places[ids == id_][:5].tolist():
                        self.outcome.show(group, first + place, str(look.texts[place].as_py()))

    def _keep(self, wrong: _Wrong) -> None:
        outcome, block = self.outcome, wrong.block
        found = [*(places for places, _ in wrong.faults.values()), *(places for places in wrong.rows if len(places))]
        if not found:
            return
        places = list_distinct(np.concatenate(found))
        outcome.bad.append((places + block.first).astype(np.uint32))
        if outcome.limit is not None and self.kept >= outcome.limit:
            return
        if outcome.limit is not None:
            places = places[: outcome.limit - self.kept]  # each has an error at least
        self.kept += len(places)
        last = int(places[-1])
        outcome.events.update({block.first + place: some for place, some in wrong.events.items() if place <= last})
        states = {
            at: (np.searchsorted(places, some[some <= last]), ids[some <= last])
            for at, (some, ids) in wrong.faults.items()
        }
        outcome.kept.append(Kept(places + block.first, block.columns.take(make_numbers(places)), states))

    def find_repeats(self, table: TextTable) -> None:
        """Count and keep the rows that repeat an earlier row's key."""
        outcome = self.outcome
        wanted: dict[int, None] = {}
        for kind, number, key, unique in self.keys:
            group = Group("", kind) if kind == "primary-key" else self._name_key(kind, key)
            pairs = list(pair_rows(unique, [outcome.columns[place] for place in key], key, table))
            if not pairs:
                continue
            later, earlier = (np.concatenate(rows) for rows in zip(*pairs, strict=True))
            outcome.count(group, len(later))
            outcome.bad.append(later.astype(np.uint32))
            order = np.argsort(later, kind="stable")
            order = order if outcome.limit is None else order[: max(outcome.limit, 5)]
            full = outcome.limit is not None and outcome.limit <= self.kept
            last = int(outcome.kept[-1].rows[-1]) if full and outcome.kept else None
            for row, before in zip(later[order].tolist(), earlier[order].tolist(), strict=True):
                if last is not None and row > last:
                    break  # the limit is used up by earlier rows
                outcome.events.setdefault(row, []).append(Event(kind, number, before))
                wanted[row] = None
            for row in later[order][:5].tolist():
                outcome.show(group, row, "")
        for number, key, foreign in self.foreign:
            lost = foreign.find_late()
            if len(lost):
                wanted |= dict.fromkeys(self._note_late(number, key, lost.astype(np.int64), table))
        self._fetch_texts(table, sorted(wanted))

    def _note_late(self, number: int, key: Sequence[int], lost: Rows, table: TextTable) -> list[int]:
        """Count the rows without a match whose foreign key was deferred; return those to be reported."""
        outcome, group = self.outcome, self._name_key("foreign-key", key)
        outcome.count(group, len(lost))
        outcome.bad.append(lost.astype(np.uint32))
        rows: list[int] = lost.tolist() if outcome.limit is None else lost[: max(outcome.limit, 5)].tolist()
        for row in rows:
            outcome.events.setdefault(row, []).append(Event("foreign-key", number, 0))
        for block, places in find_rows(table, rows[:5]):
            for place in places:
                outcome.show(group, block.first + place, _show_cells(block, place, key))
        return rows

    def _fetch_texts(self, table: TextTable, rows: Sequence[int]) -> None:
        """Read the table again and keep the cells of rows that are in error only by a repeated key."""
        have = {row for kept in self.outcome.kept for row in kept.rows.tolist()} if rows else set()
        for block, places in find_rows(table, [row for row in rows if row not in have]):
            some = block.columns.take(make_numbers(places)).to_pylist()
            for place, cells in zip(places, some, strict=True):
                self.outcome.texts[block.first + place] = tuple(cells.values())


def _show_cells(block: Span, place: int, key: Sequence[int]) -> str:
    return ", ".join(str(block.columns.column(at)[place].as_py() or "") for at in key)
