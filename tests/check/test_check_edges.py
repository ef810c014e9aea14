"""Odd values of the check that one careless line would let pass, or refuse."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frictionless import Field
from projects import make_candidate

from entaku.check.breaches import OtherError
from entaku.check.cells import make_reader
from entaku.check.findings import describe_breaches
from entaku.check.foreign import Parents, Pile, ReferringKey, hash_values
from entaku.check.keys import KeyColumn, UniqueKey
from entaku.check.repeats import SeenKeys
from entaku.check.schema import describe_field, find_crossed_bounds, find_unread
from entaku.check.values import FRICTIONLESS, STANDARD
from entaku.check.vectors import ColumnReader, Looked
from entaku.check.verdict import check
from entaku.formats.arrays import make_texts
from entaku.model.grammar import Resource
from entaku.model.nouns import Finding, Place
from entaku.model.table_schema import Constraints, ForeignKey, Reference, Schema, SchemaField
from entaku.model.words import Text
from entaku.store.desk import DiskSpill

# ---- booleans ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "values"),
    [
        ({"falseValues": ("無",)}, {"true": True, "1": True, "無": False, "false": None, "0": None}),
        ({"trueValues": ("有",)}, {"有": True, "true": None, "1": None, "false": False, "0": False}),
        ({"trueValues": ("有",), "falseValues": ("無",)}, {"有": True, "無": False, "true": None, "false": None}),
    ],
)
def test_a_boolean_with_spellings_of_its_own_for_one_value_keeps_the_usual_ones_for_the_other(
    own: Mapping[str, tuple[str, ...]], values: Mapping[str, bool | None]
) -> None:
    field = describe_field(SchemaField(name="x", type="boolean", **own))  # type: ignore[arg-type]
    assert {key: tuple(field[key]) for key in own} == own and not {"trueValues", "falseValues"} & set(field) - set(own)
    theirs = Field.from_descriptor(field).create_cell_reader()
    for rules in (STANDARD, FRICTIONLESS):
        read = make_reader(field, [""], rules)
        for text, value in values.items():
            reading = read(text)
            assert (reading.value, bool(reading.faults)) == (value, value is None), text
            assert theirs(text)[0] == value, text


# ---- foreign keys -----------------------------------------------------------------------------------------------

EDGES = ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"]
"""The last whole numbers of 64 bits, and the first beyond."""


def find_lost(there: Sequence[str], here: Sequence[str], kinds: tuple[str, str], exact: int) -> list[int]:
    mine, other = (ColumnReader({"name": "n", "type": kind}, {}, STANDARD) for kind in kinds)
    parents = Parents(max_exact=exact)
    parents.add([other], [Looked(None, make_texts(there))])
    lost = ReferringKey([mine], parents).find_lost([mine.look(make_texts(here))], 0)
    return [] if lost is None else np.flatnonzero(lost).tolist()


@pytest.mark.parametrize("exact", [0, 100])
@pytest.mark.parametrize("kinds", [("integer", "integer"), ("integer", "number"), ("number", "integer")])
def test_foreign_keys_are_told_apart_at_the_edge_of_64_bits(kinds: tuple[str, str], exact: int) -> None:
    assert find_lost(EDGES, EDGES, kinds, exact) == []
    for n in range(len(EDGES)):
        assert find_lost(EDGES[:n] + EDGES[n + 1 :], EDGES, kinds, exact) == [n]


def test_a_number_beyond_64_bits_has_one_hash_whatever_its_type() -> None:
    for text in EDGES:
        found = hash_values([int(text), Decimal(text), Decimal(f"{text}.0"), Decimal(f"{text}.5")])
        assert found.one[0] == found.one[1] == found.one[2] != found.one[3]
        assert not found.null.any() and not found.never.any()


def test_foreign_keys_of_numbers_that_are_not_whole_or_not_finite() -> None:
    texts = ["1.5", "1", "INF", "-INF", "NaN", ""]
    for exact in (0, 100):
        assert find_lost(texts, texts, ("number", "number"), exact) == [4]


def test_the_list_of_constraints_names_what_fails_first() -> None:
    field: dict[str, Any] = {"name": "x", "constraints": {"minLength": 3, "pattern": "[a-z]+", "enum": ["abc"]}}
    assert [kind for kind, _ in make_reader(field, [""], STANDARD)("1").faults] == ["minLength", "pattern", "enum"]


# ---- what findings say -------------------------------------------------------------------------------------------


def check_rows(resources: Sequence[Resource], *rows: dict[str, list[str]]) -> list[Finding]:
    """The findings of a check of tables, each a dict of columns."""
    candidates = [
        make_candidate(resource, pd.DataFrame(columns, dtype="str"), lambda row, column: Place(row=row, column=column))
        for resource, columns in zip(resources, rows, strict=True)
    ]
    return list(check(candidates).report.findings)


def make_resource(name: str, *fields: SchemaField, **schema: Any) -> Resource:
    return Resource(name=name, title=Text(ja=name), schema=Schema(fields=fields, **schema))


def test_a_constraint_that_fails_names_all_values_that_are_allowed() -> None:
    field = SchemaField(name="x", constraints=Constraints(enum=("a", "b", "c")))
    (found,) = check_rows([make_resource("t", field)], {"x": ["a", "d"]})
    assert (found.code, found.value) == ("constraint-error", "d")
    assert (found.args["constraint"], found.args["rule_ja"]) == ("enum", "次のどれか（a, b, c）")
    field = SchemaField(name="x", constraints=Constraints(minLength=2))
    (found,) = check_rows([make_resource("t", field)], {"x": ["aa", "d"]})
    assert (found.args["constraint"], found.args["rule_ja"]) == ("minLength", "2 文字以上")


def test_a_key_without_its_like_names_the_key_and_the_other_table() -> None:
    other = make_resource("stations", SchemaField(name="a"), SchemaField(name="b"))
    key = ForeignKey(fields=("x", "y"), reference=Reference(resource="stations", fields=("a", "b")))
    mine = make_resource("lifts", SchemaField(name="x"), SchemaField(name="y"), foreignKeys=(key,))
    (found,) = check_rows([other, mine], {"a": ["1"], "b": ["2"]}, {"x": ["1", "1"], "y": ["2", "3"]})
    assert (found.code, found.value, found.place.row) == ("foreign-key", "1, 3", 1)
    assert found.args == {"columns": "x, y", "other": "stations", "others": "a, b"}


def test_a_key_that_comes_again_names_its_columns_and_where_it_stood() -> None:
    table = make_resource("t", SchemaField(name="x"), SchemaField(name="y"), primaryKey=("x", "y"))
    (found,) = check_rows([table], {"x": ["1", "1", "1"], "y": ["2", "3", "2"]})
    assert (found.code, found.value, found.place.row) == ("primary-key", "x=1, y=2", 2)


# ---- numbers that are none ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", [["1", "", "NaN", "2.5"], ["", "INF", "1"], ["", "1", "-INF", ""]])
def test_nulls_beside_numbers_that_are_not_finite_are_not_odd(texts: list[str]) -> None:
    """In columns of many different numbers, which are cast and not read one by one."""
    many = [str(n / 7) for n in range(5000)]
    column = ColumnReader({"name": "x", "type": "number", "constraints": {"minimum": -1}}, {}, STANDARD)
    look = column.look(make_texts([*many, *texts]))
    look = column.look(make_texts([*many, *texts]))
    read = make_reader(column.field, [""], STANDARD)
    states = np.zeros(len(many) + len(texts), int) if look.ids is None else look.ids
    for text, state in zip(texts, states[len(many) :].tolist(), strict=True):
        assert column.states[state].faults == read(text).faults and column.states[state].null == (text == ""), text


# ---- keys that are too many --------------------------------------------------------------------------------------


def test_keys_go_to_disk_as_soon_as_there_are_more_than_may_be_kept() -> None:
    made: list[DiskSpill] = []

    def make_spill() -> DiskSpill:
        made.append(DiskSpill())
        return made[-1]

    seen = SeenKeys(make_spill, max_kept=10)
    for n in range(4):
        seen.add(np.arange(n, n + 5, dtype=np.uint64), n * 5)
        assert len(made) == (n > 1)
    pile = Pile(make_spill, 10)
    for n in range(4):
        pile.add(np.arange(n, n + 5, dtype=np.uint64), np.zeros(5, np.uint64), np.zeros(5, np.uint32))
        assert pile.spilled is (n > 1)
    rows = sorted(row for part in pile.parts() for row in part[0].tolist())
    assert rows == sorted(n + m for n in range(4) for m in range(5))


def test_a_list_that_breaks_a_constraint_is_not_read_further() -> None:
    field = {"name": "x", "type": "array", "arrayItem": {"type": "integer"}, "constraints": {"maxLength": 1}}
    read = make_reader(field, [""], STANDARD)
    assert [kind for kind, _ in read("[1]").faults] == [] and [kind for kind, _ in read('["a"]').faults] == ["type"]
    assert [kind for kind, _ in read('["a", "b"]').faults] == ["maxLength"]


def test_keys_beyond_64_bits_are_told_apart() -> None:
    texts = [*EDGES, str(2**64), "0" + EDGES[1], EDGES[3], "0" + EDGES[0]]
    column = ColumnReader({"name": "n", "type": "integer"}, {}, FRICTIONLESS)
    key = UniqueKey([KeyColumn(column)], "all", None)
    for at in range(0, len(texts), 3):
        key.add([column.look(make_texts(texts[at : at + 3]))], at)
    again = [row for numbers, rows in key.repeats() for row in rows[1:][numbers[1:] == numbers[:-1]].tolist()]
    assert not key.exact and sorted(again) == [5, 6, 7]


@pytest.mark.parametrize(
    ("bounds", "crossed"),
    [
        ({"minimum": 1, "maximum": 1}, []),
        ({"minimum": 2, "maximum": 1}, [("minimum", "2", "maximum", "1")]),
        ({"minimum": 1, "exclusiveMaximum": 1}, [("minimum", "1", "exclusiveMaximum", "1")]),
        ({"exclusiveMinimum": 1, "maximum": 1}, [("exclusiveMinimum", "1", "maximum", "1")]),
        ({"exclusiveMinimum": 3, "exclusiveMaximum": 3}, [("exclusiveMinimum", "3", "exclusiveMaximum", "3")]),
        ({"minimum": "x", "exclusiveMinimum": 3, "maximum": 1}, [("exclusiveMinimum", "3", "maximum", "1")]),
        ({"minimum": 3, "maximum": "x", "exclusiveMaximum": 1}, [("minimum", "3", "exclusiveMaximum", "1")]),
        ({"minLength": 3, "maxLength": 2}, [("minLength", "3", "maxLength", "2")]),
        ({"minLength": 2, "maxLength": 2}, []),
        ({"minLength": 1, "maxLength": 0}, [("minLength", "1", "maxLength", "0")]),
    ],
)
def test_bounds_that_leave_no_value(bounds: dict[str, Any], crossed: list[tuple[str, str, str, str]]) -> None:
    kind = "string" if "minLength" in bounds else "integer"
    field = SchemaField(name="x", type=kind, constraints=Constraints(**bounds))  # type: ignore[arg-type]
    assert list(find_crossed_bounds(field)) == crossed


def test_each_kind_of_mistake_is_an_error_with_its_place_and_value() -> None:
    reference = Reference(resource="o", fields=("x",))
    own = make_resource(
        "t",
        SchemaField(name="id", type="integer"),
        SchemaField(name="word", constraints=Constraints(required=True)),
        SchemaField(name="code", constraints=Constraints(unique=True)),
        SchemaField(name="kind", constraints=Constraints(enum=("a", "b"))),
        SchemaField(name="other"),
        primaryKey=("id",),
        uniqueKeys=(("kind", "other"),),
        foreignKeys=(ForeignKey(fields=("other",), reference=reference),),
    )
    columns = [*"11x566"], [*"wwww", "", "w"], [*"cdefgc"], [*"ababbz"], [*"ppqrpp"]
    rows = dict(zip(("id", "word", "code", "kind", "other"), map(list, columns), strict=True))
    rows = {name: [*cells, ""] for name, cells in rows.items()}
    found = check_rows([own, make_resource("o", SchemaField(name="x"))], rows, {"x": ["p", "q"]})
    told = [(f.code, f.severity, f.place.row, f.place.column, f.value) for f in found]
    assert told == [
        ("primary-key", "error", 1, "", "id=1"),
        ("type-error", "error", 2, "id", "x"),
        ("foreign-key", "error", 3, "other", "r"),
        ("required", "error", 4, "word", ""),
        ("unique-key", "error", 4, "", "kind=b, other=p"),
        ("constraint-error", "error", 5, "kind", "z"),
        ("unique-error", "error", 5, "code", "c"),
        ("primary-key", "error", 5, "", "id=6"),
        ("blank-row", "error", 6, "", ""),
        ("empty-key", "error", 6, "", ""),
    ]


def test_keys_beyond_the_limit_go_to_the_disk_as_they_come() -> None:
    written: list[int] = []

    class Watched(DiskSpill):
        def write(self, part: int, data: bytes) -> None:
            written.append(len(data))
            super().write(part, data)

    seen = SeenKeys(Watched, 3)
    seen.add(np.array([1, 2, 1], np.uint64), 2)
    assert sum(written) == 0
    seen.add(np.array([3], np.uint64), 5)
    assert sum(written) == 4 * (8 + 4)
    seen.add(np.array([2, 4, 5], np.uint64), 6)
    assert sum(written) == 4 * (8 + 4)
    found = [
        (number, row)
        for numbers, rows in seen.repeats()
        for number, row in zip(numbers.tolist(), rows.tolist(), strict=True)
    ]
    assert sorted(found) == [(1, 2), (1, 4), (2, 3), (2, 6)]


def test_an_error_that_only_frictionless_knows_is_told_in_its_words() -> None:
    frame = pd.DataFrame({"a": ["x"]}, dtype="str")
    table = make_candidate(
        make_resource("t", SchemaField(name="a")), frame, lambda row, column: Place(row=row, column=column)
    )
    (told,) = describe_breaches(table, [OtherError(2, ("x",), "a", "x", "odd")])
    assert (told.code, told.severity, told.value, told.args) == ("check-error", "error", "x", {"why": "odd"})
    assert (told.place.row, told.place.column) == (0, "a")


@pytest.mark.parametrize(
    ("fields", "schema", "unread"),
    [
        ([{"type": "integer", "groupChar": ","}], {}, [(("fields", 0, "groupChar"), "groupChar (integer)")]),
        ([{}, {"type": "list", "constraints": Constraints(enum=("a",))}], {}, [(("fields", 1, "constraints", "enum"), "enum (list)")]),
        ([{"type": "duration", "constraints": Constraints(minimum="P1D", exclusiveMaximum="P9D")}], {},
         [(("fields", 0, "constraints", "minimum"), "minimum (duration)"), (("fields", 0, "constraints", "exclusiveMaximum"), "exclusiveMaximum (duration)")]),
        ([{"type": "object", "constraints": Constraints(unique=True)}], {}, [(("fields", 0, "constraints", "unique"), "unique (object)")]),
        ([{"type": "array"}], {"primaryKey": ("f0",)}, [(("primaryKey",), "f0 (array)")]),
        ([{}, {"type": "geojson"}], {"foreignKeys": (ForeignKey(fields=("f0", "f1"), reference=Reference(resource="o", fields=("a", "b"))),)},
         [(("foreignKeys", 0, "fields"), "f1 (geojson)")]),
        ([{"type": "string", "constraints": Constraints(unique=True, enum=("a",))}], {"primaryKey": ("f0",)}, []),
    ],
)  # fmt: skip
def test_what_other_readers_of_a_schema_refuse(
    fields: list[dict[str, Any]], schema: dict[str, Any], unread: list[tuple[tuple[str | int, ...], str]]
) -> None:
    made = Schema(fields=tuple(SchemaField(name=f"f{n}", **field) for n, field in enumerate(fields)), **schema)
    assert [(path, what) for path, what, _ in find_unread(made)] == unread


@pytest.mark.parametrize(
    ("bound", "wrong"),
    [
        ({"minimum": "2026-04-01T09:00:00.5"}, ["2026-04-01T09:00:00"]), ({"maximum": "2026-04-01T09:00:00.5"}, ["2026-04-01T09:00:01"]),
        ({"exclusiveMinimum": "2026-04-01T09:00:00"}, ["2026-04-01T09:00:00"]), ({"exclusiveMaximum": "2026-04-01T09:00:01"}, ["2026-04-01T09:00:01"]),
    ],
)  # fmt: skip
def test_moments_are_held_against_bounds_to_the_microsecond(bound: dict[str, str], wrong: list[str]) -> None:
    field = SchemaField(name="x", type="datetime", constraints=Constraints(**bound))  # type: ignore[arg-type]
    cells = ["2026-04-01T09:00:00", "2026-04-01T09:00:01", "2026-04-01T09:00:00.5"]
    found = check_rows([make_resource("t", field)], {"x": cells[:2] * 50})
    assert sorted({one.value for one in found}) == wrong and len(found) == 50
