"""What pages show first of a table: its order, columns and rows, as planned or chosen."""

import csv
import datetime as dt
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entaku.model.table_schema import SchemaField
from entaku.model.view import ViewPlan, find_order, list_shown
from entaku.site.tables import group_digits
from entaku.work import first_rows
from entaku.work.first_rows import pick_first, read_rows

FIELDS = tuple(
    SchemaField(name=name, type=kind)
    for name, kind in (
        ("line_id", "string"), ("station_code", "string"), ("day", "date"), ("line_ja", "string"), ("line_en", "string"),
        ("note_en", "string"), ("height", "number"), ("latitude", "number"), ("floors", "array"),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("plan", "lang", "shown"),
    [
        (None, "ja", "day line_ja note_en line_id station_code latitude floors height"),
        (None, "en", "day line_en note_en line_id station_code latitude floors height"),
        (ViewPlan(columns=("line_en", "day", "gone")), "en", "line_en day"),
        (ViewPlan(columns=("line_ja", "day")), "en", "line_en day"),
        (ViewPlan(columns=("line_ja", "line_en", "day")), "en", "line_ja line_en day"),
        (ViewPlan(columns=("note_en", "day")), "ja", "note_en day"),
        (ViewPlan(first="line_ja", hide=("line_id", "day", "note_en")), "en", "line_en station_code latitude floors height"),
        (ViewPlan(first="station_code", hide=("note_en", "line_id", "latitude", "floors")), "ja", "station_code day line_ja height"),
        (ViewPlan(columns=("day",), first="height"), "ja", "height day"),
        (ViewPlan(columns=("day",), hide=("day",)), "ja", " ".join(field.name for field in FIELDS)),
    ],
)  # fmt: skip
def test_columns_are_those_of_the_plan_or_names_before_codes_in_the_language_of_the_page(plan, lang, shown):
    assert " ".join(list_shown(FIELDS, plan, lang, empty={"height"})) == shown


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (("library", "month"), "library month visitors loans as_of"),
        (("library",), "library visitors loans month as_of"),
        (("library", "month", "loans"), "library month visitors loans as_of"),
    ],
)
def test_times_that_tell_rows_apart_come_before_numbers(key, shown):
    kinds = {"library": "string", "visitors": "integer", "loans": "integer", "month": "yearmonth", "as_of": "date"}
    fields = tuple(SchemaField(name=name, type=kind) for name, kind in kinds.items())
    assert " ".join(list_shown(fields, None, "ja", (), key)) == shown
    assert list_shown(fields, ViewPlan(columns=("loans", "month")), "ja", (), key) == ("loans", "month")


@pytest.mark.parametrize(
    ("key", "plan", "order"),
    [
        ((), None, ("day", True)),
        (("line_id", "day"), None, ("day", True)),
        (("line_id",), None, ("", False)),
        ((), ViewPlan(sort="height"), ("height", False)),
        ((), ViewPlan(sort="-line_ja"), ("line_ja", True)),
        ((), ViewPlan(sort="gone"), ("day", True)),
    ],
)
def test_rows_are_in_the_order_of_the_plan_or_the_newest_first(key, plan, order):
    assert find_order(FIELDS, key, plan) == order


def test_a_column_of_one_value_gives_no_order_unless_it_is_planned():
    assert find_order(FIELDS, (), None, {"day"}) == ("", False)
    assert find_order(FIELDS, (), ViewPlan(sort="-day"), {"day"}) == ("day", True)


@pytest.mark.parametrize(
    ("values", "down", "numbers"),
    [
        ([2, None, 3, 2, 1], True, [2, 0, 3, 4, 1]),
        ([2, None, 3, 2, 1], False, [4, 0, 3, 2, 1]),
        ([dt.date(2026, 1, 5), dt.date(2025, 1, 5), None], True, [0, 1, 2]),
        (["𠮷", "ｱ", "a"], False, [2, 0, 1]),
        ([["b"], ["a", "c"], None], False, [1, 0, 2]),
        ([], True, []),
    ],
)
def test_alike_rows_stay_in_order_and_empty_cells_come_last(values, down, numbers):
    batches = [pa.RecordBatch.from_arrays([pa.array(values[n : n + 2], pa.array(values).type)], ["x"]) for n in range(0, len(values), 2)]  # fmt: skip
    assert pick_first(batches, down) == numbers


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("different", [101, 7])
@pytest.mark.parametrize("make", [int, float, str, dt.date.fromordinal])
def test_the_first_of_many_batches_are_those_of_all_rows(down, different, make):
    values = [None if n % 7 == 0 else make(1 + n * 37 % different) for n in range(500)]
    batches = [pa.RecordBatch.from_arrays([pa.array(values[n : n + 30])], ["x"]) for n in range(0, 500, 30)]
    filled = [n for n, value in enumerate(values) if value is not None]
    assert pick_first(batches, down) == sorted(filled, key=values.__getitem__, reverse=down)[:20]


def test_rows_are_read_by_number_in_that_order():
    body = b'a,b\n0,"x\ny"\n1,z\n2,w\n'
    assert read_rows(io.BytesIO(body), [2, 0]) == [["2", "w"], ["0", "x\ny"]]
    assert read_rows(io.BytesIO(b"a\n"), []) == []


CELL = st.text(st.sampled_from('a",\n \u2028é'), max_size=6)


@given(st.lists(st.tuples(CELL, CELL), max_size=12), st.data())
def test_rows_are_read_by_their_numbers_wherever_the_file_is_cut(rows, data):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([("p", "q"), *rows])
    numbers = data.draw(st.lists(st.sampled_from(range(len(rows))), unique=True)) if rows else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first_rows, "PIECE", data.draw(st.integers(1, 40)))
        found = read_rows(io.BytesIO(text.getvalue().encode()), numbers)
    assert found == [list(rows[n]) for n in numbers]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("1234567.8912", "1,234,567.8912"), ("-1000", "-1,000"), ("999", "999"), ("", ""), ("1e+300", "1e+300")],
)
def test_digits_are_grouped_but_not_those_behind_the_point(text, shown):
    assert group_digits(text) == shown
