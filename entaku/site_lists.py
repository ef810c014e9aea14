"""Long lists in pages: `datasets/`, `datasets/page/2/`, …, so that no page grows with the catalogue.  Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ENTRIES = 50
"""Datasets on one page."""
AROUND = 2
"""Pages named on each side of the one that is shown."""


@dataclass(frozen=True, slots=True)
class ListingView:
    """One page of a list."""

    items: tuple[Any, ...]
    total: int
    """How many there are on all pages."""
    number: int
    """This page, from 1."""
    path: str
    pages: tuple[tuple[int, str], ...]
    """The number and path of the first page, the last, and those around this one; empty where there is only one."""
    before: str
    """The path of the page before this; "" on the first."""
    after: str


def cut_listing(path: str, items: Sequence[Any], size: int = ENTRIES) -> list[ListingView]:
    """The pages of a list at the site path `path`; one even where nothing is listed."""
    count = max(1, -(-len(items) // size))
    paths = {number: path if number == 1 else f"{path}page/{number}/" for number in range(1, count + 1)}
    return [
        ListingView(
            items=tuple(items[(number - 1) * size : number * size]),
            total=len(items),
            number=number,
            path=paths[number],
            pages=tuple(
                (other, paths[other])
                for other in paths
                if count > 1 and (other in (1, count) or abs(other - number) <= AROUND)
            ),
            before=paths.get(number - 1, ""),
            after=paths.get(number + 1, ""),
        )
        for number in paths
    ]
