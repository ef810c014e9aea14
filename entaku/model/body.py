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
    """Bytes in memory or on a disk; its receiver closes it."""

    size: int
    open: Callable[[], BinaryIO]
    """A file of them, at its beginning; for one reader at a time."""
    close: Callable[[], object] = _nothing
    """Free the memory or disk space that they take."""

    @cached_property
    def sha256(self) -> str:
        """Their SHA-256 in hex; the first use reads them all."""
        with self.open() as file:
            return hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()

    def read(self) -> bytes:
        """Read all of them into memory."""
        with self.open() as file:
            return file.read()


def make_body(data: bytes) -> Body:
    """Make a body in memory."""
    return Body(len(data), partial(BytesIO, data))


@contextmanager
def closing(bodies: Iterable[Body | None]) -> Iterator[None]:
    """Close all `bodies` at the end of the block, also after an error."""
    with ExitStack() as stack:
        for body in bodies:
            if body is not None:
                stack.callback(body.close)
        yield
