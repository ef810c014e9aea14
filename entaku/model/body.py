"""The bytes that came of asking, which may be more than memory holds."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from io import BufferedReader, BytesIO
from typing import BinaryIO, cast


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Body:
    """Bytes in memory or on a disk; whoever gets it closes it."""

    size: int
    open: Callable[[], BinaryIO]
    """A file of them, at its beginning; for one reader at a time."""
    close: Callable[[], object] = _nothing
    """Let go of what holds them."""

    @cached_property
    def sha256(self) -> str:
        """Their SHA-256 in hex; they are read for it once."""
        with self.open() as file:
            return hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()

    def read(self) -> bytes:
        """All of them, where memory is known to hold them."""
        with self.open() as file:
            return file.read()


def make_body(data: bytes) -> Body:
    """A body in memory."""
    return Body(len(data), partial(BytesIO, data))


@contextmanager
def closing(bodies: Iterable[Body | None]) -> Iterator[None]:
    """Close every one of `bodies` at the end, however that comes."""
    with ExitStack() as stack:
        for body in bodies:
            if body is not None:
                stack.callback(body.close)
        yield
