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
    _told: list[tuple[str, int]]
    """SHA-256 and size, once they were asked for; the same list in all that are the same page at another path."""

    def __init__(self, path: str, head: bytes, items: Iterable[bytes], tail: bytes) -> None:
        for name, value in (("path", path), ("head", head), ("items", items), ("tail", tail), ("_told", [])):
            object.__setattr__(self, name, value)

    def move(self, path: str) -> "LongPage":
        """Return the same page at another path."""
        moved = LongPage(path, self.head, self.items, self.tail)
        object.__setattr__(moved, "_told", self._told)
        return moved

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

    def _tell(self) -> tuple[str, int]:
        if not self._told:
            made, size = hashlib.sha256(), 0
            for piece in self.list_pieces():
                made.update(piece)
                size += len(piece)
            self._told.append((made.hexdigest(), size))
        return self._told[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Page) and (self.path, self.body) == (other.path, other.body)

    def __hash__(self) -> int:
        return hash(self.path)
