"""What is kept of an earlier run is unpacked as it was packed, and is of the program's own types alone."""

import pickle
from dataclasses import FrozenInstanceError
from datetime import date
from fractions import Fraction
from typing import cast

import pytest

from entaku.model.grammar import Resource
from entaku.model.kept import pack, unpack
from entaku.model.nouns import Attempt, File, Finding, Place
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text


def test_a_value_is_unpacked_as_it_was_packed() -> None:
    place = Place("one.csv", row=3)
    finding = Finding("own-link", "warning", place, "x", {"count": "2"})
    made = unpack(pack((finding, place, File("a", "b" * 64, 3), Text(ja="あ"), Attempt("2024-01-01", (), 2))))
    assert made == (finding, place, File("a", "b" * 64, 3), Text(ja="あ"), Attempt("2024-01-01", (), 2))
    assert isinstance(made, tuple)
    assert made[0].place is made[1], "what was one object is one again"
    with pytest.raises(FrozenInstanceError):
        made[1].row = 4


def test_what_is_as_by_default_is_one_object_for_all() -> None:
    made = [
        unpack(pack(Resource(name="t", title=Text(ja="表"), schema=Schema(fields=(SchemaField(name="a"),)))))
        for _ in "ab"
    ]
    one, other = made
    assert isinstance(one, Resource)
    assert isinstance(other, Resource)
    assert one == other == Resource(name="t", title=Text(ja="表"), schema=Schema(fields=(SchemaField(name="a"),)))
    assert (one.expect, one.description, one.allow) == (other.expect, other.description, other.allow)
    assert all(getattr(one, name) is getattr(other, name) for name in ("expect", "description", "allow"))
    assert one.title is not other.title, "its own words are its own"


def test_what_only_looks_like_the_default_stays_what_it_is() -> None:
    field = SchemaField(name="a", bareNumber=cast(bool, 1), example=False)
    made = unpack(pack((field, Place("x", row=1), Place("", line=2))))
    assert repr(made) == repr((field, Place("x", row=1), Place("", line=2)))


def test_equal_texts_of_one_value_are_one_object() -> None:
    files = tuple(File("".join(("a", each)), "".join(("b", "c")) * 32, 1) for each in "xy")
    made = unpack(pack(files))
    assert isinstance(made, tuple)
    assert made == files
    assert made[0].sha256 is made[1].sha256


@pytest.mark.parametrize("foreign", [Fraction(1, 3), date(2024, 1, 1), print])
def test_what_is_of_no_type_of_the_program_is_not_unpacked(foreign: object) -> None:
    with pytest.raises(pickle.UnpicklingError):
        unpack(pack((Place("one.csv"), foreign)))
