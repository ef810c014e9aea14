"""Choices of which `make test` tries a part, and the sweeps, which CI runs, the rest."""

from collections.abc import Iterable
from typing import Any

import pytest


def halve(choices: Iterable[Any]) -> list[Any]:
    """Return parameters of a test, of which the sweeps alone try every second."""
    given = [one if isinstance(one, tuple) else (one,) for one in choices]
    return [pytest.param(*one, marks=pytest.mark.sweep if n % 2 else ()) for n, one in enumerate(given)]
