import pytest
from frictionless import errors

from entaku.check.report import ERRORS

CLASSES = {getattr(one, "type", ""): one for one in vars(errors).values() if isinstance(one, type)}


@pytest.mark.parametrize("kind", sorted(ERRORS))
def test_words_are_those_of_frictionless(kind: str) -> None:
    theirs = CLASSES[kind]
    assert ERRORS[kind] == (theirs.title, theirs.description, theirs.template, tuple(theirs.tags))
