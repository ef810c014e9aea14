"""The body of an answer, which may be larger than memory."""

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
    """Bytes in memory or on disk; the receiver closes it."""

    size: int
    open: Callable[[], BinaryIO]
    """Opens the bytes as a file positioned at its beginning; for one reader at a time."""
    close: Callable[[], object] = _nothing
    """Frees the memory or disk space."""

    @cached_property
    def sha256(self) -> str:
        """Return the SHA-256 in hex; the first use reads all bytes."""
        with self.open() as file:
            return hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()

    def read(self) -> bytes:
        """Read all bytes into memory."""
        with self.open() as file:
            return file.read()


def make_body(data: bytes) -> Body:
    """Make an in-memory body of `data`."""
    return Body(len(data), partial(BytesIO, data))


@contextmanager
def closing(bodies: Iterable[Body | None]) -> Iterator[None]:
    """Close all `bodies` at the end of the block, also after an error."""
    with ExitStack() as stack:
        for body in bodies:
            if body is not None:
                stack.callback(body.close)
        yield
