"""What passed the gate in an earlier run: a page with the same bytes at the same path isn't checked again, nor is an item
of a long list that stands in the same file.

It is kept in one record, without the pages that are kept as parts of datasets: those have their targets with them.
"""

import pickle
from collections.abc import Collection, Iterator
from contextlib import suppress
from hashlib import sha256
from typing import NamedTuple, cast

from entaku.model.kept import Keep, KeptPage, pack, unpack
from entaku.model.long_pages import LongPage
from entaku.model.nouns import Page
from entaku.site.kept import make_digest

Items = dict[bytes, tuple[tuple[str, ...], ...]]
"""What was found in each item, by its SHA-256."""


class PassedPage(NamedTuple):
    """A page that passed."""

    sha256: str
    targets: tuple[str, ...]
    """The paths of the site that it refers to."""


class Passed:
    """What passed before, and what passes now, which is kept for the next run."""

    def __init__(self, keep: Keep | None = None, shared: object = "") -> None:
        """`shared`: what decides about the checks, beside the pages: the program and the site's address."""
        self._keep, self._digest = keep, make_digest(shared).encode()
        self._before = self._read()
        self._now: tuple[dict[str, PassedPage], dict[str, Items]] = {}, {}

    def find(self, path: str, sha256: str) -> PassedPage | None:
        """Return the page at `path` if it passed with these bytes."""
        before = self._before[0].get(path)
        if before is None or before.sha256 != sha256:
            return None
        self._now[0][path] = before
        return before

    def note(self, path: str, sha256: str, targets: Collection[str]) -> None:
        """Note a page that has passed."""
        if self._keep is not None:
            self._now[0][path] = PassedPage(sha256, tuple(targets))

    def open_items(self, name: str) -> tuple[Items, Items]:
        """Return what is known of the items of a list that is checked as `name`, and where to note those that pass now."""
        return self._before[1].get(name, {}), self._now[1].setdefault(name, {})

    def finish(self) -> None:
        """Keep what has passed for the next run."""
        if self._keep is not None and self._now != self._before:
            told = {path: tuple(page) for path, page in self._now[0].items()}
            self._keep.put(_NAME, self._digest + pack((told, self._now[1])))

    def _read(self) -> tuple[dict[str, PassedPage], dict[str, Items]]:
        body = self._keep.get(_NAME) if self._keep is not None else None
        if body is None or not body.startswith(self._digest):
            return {}, {}
        with suppress(pickle.UnpicklingError, ValueError, TypeError, LookupError, EOFError):
            pages, items = cast(
                "tuple[dict[str, tuple[str, tuple[str, ...]]], dict[str, Items]]", unpack(body[len(self._digest) :])
            )
            return {path: PassedPage(*each) for path, each in pages.items()}, items
        return {}, {}


_NAME = sha256(b"what passed the gate").hexdigest()


class HashedPage(KeptPage):
    """A page that was made just now, with its SHA-256, which then is computed once."""

    __slots__ = ()

    @property
    def body(self) -> bytes:
        """Return the bytes."""
        return self._read()


def hash_page(page: Page) -> KeptPage | LongPage:
    """Return a page that knows its SHA-256."""
    if isinstance(page, KeptPage | LongPage):
        return page
    body = page.body
    return HashedPage(page.path, sha256(body).hexdigest(), len(body), (), body.__bytes__)


def hash_items(page: LongPage) -> Iterator[tuple[bytes, bytes]]:
    """Yield each item of a list with its SHA-256."""
    for item in page.items:
        yield sha256(item).digest(), item
