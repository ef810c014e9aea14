"""What is kept of an earlier run is unpacked as it was packed, and is of the program's own types alone."""

import pickle
from dataclasses import FrozenInstanceError
from datetime import date
from fractions import Fraction

import pytest

from entaku.model.kept import pack, unpack
from entaku.model.nouns import Attempt, File, Finding, Place
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


@pytest.mark.parametrize("foreign", [Fraction(1, 3), date(2024, 1, 1), print])
def test_what_is_of_no_type_of_the_program_is_not_unpacked(foreign: object) -> None:
    with pytest.raises(pickle.UnpicklingError):
        unpack(pack((Place("one.csv"), foreign)))
