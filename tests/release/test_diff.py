from hypothesis import given
from hypothesis import strategies as st

from entaku.model.table_schema import Schema, SchemaField
from entaku.release.diff import compare_tables

KEYED = Schema(fields=(SchemaField(name="id"), SchemaField(name="n")), primaryKey=("id",))
FREE = Schema(fields=(SchemaField(name="id"), SchemaField(name="n")))


def test_by_key() -> None:
    change = compare_tables("t", KEYED, b"id,n\na,1\nb,2\nc,3\n", b"id,n\na,1\nb,5\nd,4\n")
    assert (change.added, change.removed, change.changed) == (1, 1, 1)
    assert change.examples == ("+ d, 4", "- c, 3", "~ b: n 2 → 5")


def test_without_a_key_rows_are_counted_as_often_as_they_stand() -> None:
    change = compare_tables("t", FREE, b"id,n\na,1\na,1\n", b"id,n\na,1\nb,1\n")
    assert (change.added, change.removed, change.changed) == (1, 1, 0)


def test_columns_that_come_and_go() -> None:
    change = compare_tables("t", KEYED, b"id,m\na,1\n", b"id,n\na,1\n")
    assert (change.columns_added, change.columns_removed) == (("n",), ("m",))
    assert (change.added, change.removed, change.changed) == (0, 0, 0)
    assert change.any


def test_a_first_and_a_last_release() -> None:
    assert compare_tables("t", KEYED, None, b"id,n\na,1\n").added == 1
    assert compare_tables("t", KEYED, b"id,n\na,1\n", None).removed == 1
    assert not compare_tables("t", KEYED, None, None).any


rows = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("12")), max_size=6)


@given(rows, rows)
def test_added_minus_removed_is_the_difference(before: list[tuple[str, str]], after: list[tuple[str, str]]) -> None:
    def body(lines: list[tuple[str, str]]) -> bytes:
        return ("id,n\n" + "".join(f"{a},{b}\n" for a, b in lines)).encode()

    change = compare_tables("t", FREE, body(before), body(after))
    assert change.added - change.removed == len(after) - len(before)
    assert change.any == (sorted(before) != sorted(after))
