"""Tables as streams of text columns × schemas → outcomes, with frictionless-py's verdict on every cell and row.

Each block of rows is looked at by column; only rows in error are ever looked at one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from entaku.check.csv import Block, DoorError
from entaku.check.foreign import ForeignKey, Parents
from entaku.check.header import match_header
from entaku.check.keys import KeyColumn, UniqueKey
from entaku.check.outcome import Event, Group, Kept, Outcome, Plan
from entaku.check.repeats import MAX_KEPT, Spill
from entaku.check.rows import Table, find_rows, number_blocks, pair_rows
from entaku.check.values import STANDARD, BadSchemaError
from entaku.check.vectors import Column, Look, make_columns
from entaku.formats.arrays import make_numbers

MAX_ERRORS = 1000
"""Errors of a table that are reported one by one, as frictionless-py's own limit is."""

MakeSpill = Callable[[], Spill]
Rows = np.ndarray[Any, np.dtype[np.int64]]


def check_tables(
    tables: Sequence[Table],
    *,
    rules: frozenset[str] = STANDARD,
    max_errors: int | None = MAX_ERRORS,
    make_spill: MakeSpill | None = None,
    max_kept: int = MAX_KEPT,
) -> list[Outcome]:
    """The outcome of each table; their foreign keys may cross."""
    by_name = {table.name: table for table in tables}
    known: dict[tuple[str, tuple[str, ...]], Parents] = {}
    outcomes = []
    for table in tables:
        parents, broken = [], []
        for key in table.schema.get("foreignKeys", ()):
            name = key["reference"].get("resource") or table.name
            fields = _names(key["reference"]["fields"])
            if name not in by_name:
                why = f'failed to handle a foreign key for resource "{table.name}" as resource "{name}" does not exist'
                broken.append({"type": "resource-error", "note": why})
            elif (name, fields) not in known:
                known[name, fields] = gather_keys(by_name[name], fields, rules, make_spill, max_kept)
            parents.append(known.get((name, fields), Parents()))
        if broken:
            outcomes.append(Outcome(table.name, table.labels, (), Plan(), broken=tuple(broken)))
            continue
        outcomes.append(
            check_table(table, parents, rules=rules, max_errors=max_errors, make_spill=make_spill, max_kept=max_kept)
        )
    return outcomes


def gather_keys(
    table: Table,
    fields: Sequence[str],
    rules: frozenset[str] = STANDARD,
    make_spill: MakeSpill | None = None,
    max_kept: int = MAX_KEPT,
) -> Parents:
    """The keys of a table that a foreign key refers to; a field that it doesn't have is null in all of them."""
    parents = Parents(make_spill, max_kept)
    try:
        header = match_header(table.labels, table.schema)
        columns = make_columns(header.fields, table.schema, rules)
        places = {field["name"]: place for place, field in enumerate(header.fields)}
        absent = Column({"name": "", "type": "string"}, {}, rules)
        some = [columns[places[name]] if name in places else absent for name in fields]
        for block in number_blocks(table.blocks):
            nothing = pa.nulls(len(block.columns), pa.string())
            texts = [block.columns.column(places[name]) if name in places else nothing for name in fields]
            parents.add(some, [Look(None, column) for column in texts])
    except (BadSchemaError, DoorError):  # that table's own check says so
        return parents
    return parents


def check_table(
    table: Table,
    parents: Sequence[Parents] = (),
    *,
    rules: frozenset[str] = STANDARD,
    max_errors: int | None = MAX_ERRORS,
    make_spill: MakeSpill | None = None,
    max_kept: int = MAX_KEPT,
) -> Outcome:
    """Every violation of a table, counted, and the first `max_errors` (none: all) kept to be reported.

    `parents`: for each foreign key of the schema, what it may refer to.
    """
    outcome = Outcome(table.name, table.labels, (), Plan(), limit=max_errors)
    try:
        header = match_header(table.labels, table.schema)
        schema = _require_keys(table.schema) if "key-required" in rules else table.schema
        fields = match_header(table.labels, schema).fields
        outcome.columns = make_columns(fields, schema, rules)
        outcome.plan = make_plan(fields, schema, rules)
        outcome.header = header.errors
    except BadSchemaError as error:
        outcome.broken = ({"type": error.kind, "note": str(error)},)
        return outcome
    check = _Check(outcome, parents, make_spill, max_kept, table.watch)
    try:
        for block in number_blocks(table.blocks):
            check.look(block)
    except DoorError as error:
        outcome.broken = ({"type": error.kind, "note": error.note},)
    check.find_repeats(table)
    return outcome


def _names(names: Any) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _require_keys(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    key = _names(schema.get("primaryKey", ()))
    fields = [
        {**field, "constraints": {**(field.get("constraints") or {}), "required": True}}
        if field["name"] in key
        else field
        for field in schema.get("fields", ())
    ]
    return {**schema, "fields": fields}


def make_plan(fields: Sequence[Mapping[str, Any]], schema: Mapping[str, Any], rules: frozenset[str]) -> Plan:
    """The keys of a table whose fields stand in this order; those with a missing field are not checked."""
    places = {field["name"]: place for place, field in enumerate(fields)}

    def find(names: Any) -> tuple[int, ...]:
        names = _names(names)
        return tuple(places[name] for name in names) if set(names) <= set(places) else ()

    return Plan(
        tuple(place for place, field in enumerate(fields) if (field.get("constraints") or {}).get("unique")),
        find(schema.get("primaryKey", ())),
        tuple(key for names in schema.get("uniqueKeys", ()) if (key := find(names))) if "unique-keys" in rules else (),
        tuple((find(key["fields"]), key) for key in schema.get("foreignKeys", ())),
    )


# ---- one table --------------------------------------------------------------------------------------------------


class _Check:
    """A table being checked."""

    def __init__(
        self,
        outcome: Outcome,
        parents: Sequence[Parents],
        make_spill: MakeSpill | None,
        max_kept: int,
        watch: Callable[[pa.RecordBatch, Sequence[Look]], None] | None = None,
    ) -> None:
        self.outcome = outcome
        plan, columns = outcome.plan, outcome.columns
        keys: list[tuple[str, int, tuple[int, ...], str]]
        keys = [("unique-error", place, (place,), "any") for place in plan.unique]
        keys += [("primary-key", 0, plan.primary, "all")] if plan.primary else []
        keys += [("unique-key", number, key, "any") for number, key in enumerate(plan.unique_keys)]
        numbered = {place: KeyColumn(columns[place]) for place in {place for _, _, key, _ in keys for place in key}}
        self.keys = [
            (kind, number, key, UniqueKey([numbered[place] for place in key], nulls, make_spill, max_kept))
            for kind, number, key, nulls in keys
        ]
        self.foreign = [
            (number, key, ForeignKey([columns[place] for place in key], parent, make_spill, max_kept))
            for number, ((key, _), parent) in enumerate(zip(plan.foreign, parents, strict=True))
            if key
        ]
        self.kept = 0
        self.watch = watch

    def look(self, block: Block) -> None:
        """The errors of a block, but for keys that repeat."""
        outcome, length = self.outcome, len(block.columns)
        if not length:
            return
        looks = [column.look(texts) for column, texts in zip(outcome.columns, block.columns.columns, strict=False)]
        outcome.rows += length
        if self.watch is not None:
            self.watch(block.columns, looks)
        events: dict[int, list[Event]] = {}
        blank = self._find_blank(looks, length)
        if blank is not None:
            self._note(events, Group("", "blank-row"), np.flatnonzero(blank), Event("blank-row", 0, 0), block)
        for kind, number, key, unique in self.keys:
            empty = unique.add([looks[place] for place in key], block.first)
            if kind == "primary-key" and empty is not None:
                self._note(events, Group("", kind), np.flatnonzero(empty), Event(kind, number, 0), block)
        for number, key, foreign in self.foreign:
            lost = foreign.find_lost([looks[place] for place in key], block.first)
            if lost is not None:
                name = ",".join(str(outcome.columns[place].field["name"]) for place in key)
                group = Group(name, "foreign-key")
                self._note(events, group, np.flatnonzero(lost), Event("foreign-key", number, 0), block, key)
        faults = self._find_faults(looks, blank, block)
        odd = {} if not block.odd else self._count_odd(block, blank)
        self._keep(block, events, faults, odd)

    def _find_blank(self, looks: Sequence[Look], length: int) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
        """The rows that are null in every column."""
        if any(look.ids is None for look in looks):
            return None
        blank = np.ones(length, np.bool_)
        for column, look in zip(self.outcome.columns, looks, strict=True):
            blank &= np.array([state.null for state in column.states])[look.ids]
            if not blank.any():
                return None
        return blank

    def _note(
        self, events: dict[int, list[Event]], group: Group, places: Rows, event: Event, block: Block,
        key: Sequence[int] = (),
    ) -> None:  # fmt: skip
        self.outcome.count(group, len(places))
        for place in places.tolist():
            events.setdefault(place, []).append(event)
        for place in places[:5].tolist() if self.outcome.wants_example(group) else ():
            cell = ", ".join(str(block.columns.column(at)[place].as_py() or "") for at in key)
            self.outcome.show(group, block.first + place, cell)

    def _find_faults(
        self, looks: Sequence[Look], blank: Any, block: Block
    ) -> dict[int, tuple[Rows, np.ndarray[Any, np.dtype[np.int32]]]]:
        """By column, the places of faulty cells and their states; counted."""
        faults = {}
        for at, (column, look) in enumerate(zip(self.outcome.columns, looks, strict=False)):
            if look.ids is None:
                continue
            faulty = np.array([bool(state.faults) for state in column.states])
            if not faulty.any():
                continue
            wrong = faulty.take(look.ids)
            if blank is not None:
                wrong &= ~blank
            places = np.flatnonzero(wrong)
            if len(places):
                faults[at] = places, look.ids[places]
                self._count_faults(column, *faults[at], look, block.first)
        return faults

    def _count_faults(self, column: Column, places: Rows, ids: Any, look: Look, first: int) -> None:
        for id_, number in enumerate(np.bincount(ids).tolist()):
            for kind, _ in column.states[id_].faults if number else ():
                group = Group(str(column.field["name"]), "type-error" if kind == "type" else kind)
                self.outcome.count(group, number)
                if self.outcome.wants_example(group):
                    for place in places[ids == id_][:5].tolist():
                        self.outcome.show(group, first + place, str(look.texts[place].as_py()))

    def _count_odd(self, block: Block, blank: Any) -> dict[int, tuple[str, ...]]:
        """The rows with too many or too few cells that aren't blank; counted."""
        columns = self.outcome.columns
        odd = {place: cells for place, cells in block.odd.items() if blank is None or not blank[place]}
        for place, cells in odd.items():
            for column in columns[len(cells) :]:
                self._count_one(Group(str(column.field["name"]), "missing-cell"), block.first + place, "")
            for cell in cells[len(columns) :]:
                self._count_one(Group("", "extra-cell"), block.first + place, cell)
        return odd

    def _count_one(self, group: Group, row: int, cell: str) -> None:
        self.outcome.count(group, 1)
        self.outcome.show(group, row, cell)

    def _keep(
        self, block: Block, events: Mapping[int, list[Event]], faults: Mapping[int, tuple[Rows, Any]],
        odd: Mapping[int, tuple[str, ...]],
    ) -> None:  # fmt: skip
        outcome = self.outcome
        found = [places for places, _ in faults.values()]
        found += [np.fromiter(rows, np.int64, len(rows)) for rows in (events, odd) if rows]
        if not found:
            return
        places = np.unique(np.concatenate(found))
        outcome.bad.append((places + block.first).astype(np.uint32))
        if outcome.limit is not None and self.kept >= outcome.limit:
            return
        if outcome.limit is not None:
            places = places[: outcome.limit - self.kept]  # each has an error at least
        self.kept += len(places)
        last = int(places[-1])
        outcome.events.update({block.first + place: some for place, some in events.items() if place <= last})
        ragged = {block.first + place: block.odd[place] for place in block.odd if place <= last}
        cells = block.columns.take(make_numbers(places))
        states = {
            at: (np.searchsorted(places, some[some <= last]), ids[some <= last]) for at, (some, ids) in faults.items()
        }
        outcome.kept.append(Kept(places + block.first, cells, ragged, states))

    def find_repeats(self, table: Table) -> None:
        """The rows that repeat an earlier row's key."""
        outcome = self.outcome
        wanted: dict[int, None] = {}
        for kind, number, key, unique in self.keys:
            name = ",".join(str(outcome.columns[place].field["name"]) for place in key)
            group = Group("" if kind == "primary-key" else name, kind)
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
                    break  # so many rows before it are in error that it isn't told
                outcome.events.setdefault(row, []).append(Event(kind, number, before))
                wanted[row] = None
            for row in later[order][:5].tolist():
                outcome.show(group, row, "")
        for number, key, foreign in self.foreign:
            lost = foreign.find_late()
            if len(lost):
                wanted |= dict.fromkeys(self._note_late(number, key, lost.astype(np.int64), table))
        self._fetch_texts(table, sorted(wanted))

    def _note_late(self, number: int, key: Sequence[int], lost: Rows, table: Table) -> list[int]:
        """Count the rows whose foreign key could be looked for only now; those of them to be reported."""
        outcome = self.outcome
        group = Group(",".join(str(outcome.columns[place].field["name"]) for place in key), "foreign-key")
        outcome.count(group, len(lost))
        outcome.bad.append(lost.astype(np.uint32))
        rows: list[int] = lost.tolist() if outcome.limit is None else lost[: max(outcome.limit, 5)].tolist()
        for row in rows:
            outcome.events.setdefault(row, []).append(Event("foreign-key", number, 0))
        for block, places in find_rows(table, rows[:5]):
            for place in places:
                cells = [str(block.columns.column(at)[place].as_py() or "") for at in key]
                outcome.show(group, block.first + place, ", ".join(cells))
        return rows

    def _fetch_texts(self, table: Table, rows: Sequence[int]) -> None:
        """The cells of rows that only a repeated key makes wrong, by reading the table again."""
        have = {row for kept in self.outcome.kept for row in kept.rows.tolist()} if rows else set()
        for block, places in find_rows(table, [row for row in rows if row not in have]):
            some = block.columns.take(make_numbers(places)).to_pylist()
            for place, cells in zip(places, some, strict=True):
                row = block.odd.get(place) or tuple(cells.values())
                self.outcome.texts[block.first + place] = row
