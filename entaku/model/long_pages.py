"""Files of the site with a long list, which are made, checked and written item by item."""

import hashlib
from collections.abc import Iterable, Iterator

from entaku.model.nouns import Page


class LongPage(Page):
    """A JSON file with one long list, of which no more than an item need be in memory."""

    __slots__ = ("_told", "head", "items", "tail")
    head: bytes
    """What is before the items, with the bracket that opens the list."""
    items: Iterable[bytes]
    """The items as JSON; it can be iterated any number of times, and yields the same each time."""
    tail: bytes
    _told: tuple[str, int] | None

    def __init__(self, path: str, head: bytes, items: Iterable[bytes], tail: bytes) -> None:
        for name, value in (("path", path), ("head", head), ("items", items), ("tail", tail), ("_told", None)):
            object.__setattr__(self, name, value)

    @property
    def body(self) -> bytes:
        """Join the whole file."""
        return b"".join(self.list_pieces())

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the file."""
        return self._tell()[0]

    @property
    def size(self) -> int:
        """Return the bytes of the file."""
        return self._tell()[1]

    def list_pieces(self) -> Iterator[bytes]:
        """Yield the file in pieces."""
        yield self.head
        between = b""
        for item in self.items:
            yield between + item
            between = b","
        yield self.tail

    def list_single(self) -> Iterator[bytes]:
        """Yield for each item the file as it would be with no other; without any item, the file."""
        empty = True
        for item in self.items:
            yield b"%b%b%b" % (self.head, item, self.tail)
            empty = False
        if empty:
            yield self.head + self.tail

    def _tell(self) -> tuple[str, int]:
        told = self._told
        if told is None:
            made, size = hashlib.sha256(), 0
            for piece in self.list_pieces():
                made.update(piece)
                size += len(piece)
            told = made.hexdigest(), size
            object.__setattr__(self, "_told", told)
        return told

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Page) and (self.path, self.body) == (other.path, other.body)

    def __hash__(self) -> int:
        return hash(self.path)


def list_pieces(page: Page) -> Iterable[bytes]:
    """Return the bytes of a page in pieces: of most there is one."""
    return page.list_pieces() if isinstance(page, LongPage) else (page.body,)
