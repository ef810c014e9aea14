"""What a run knows of a host: how busy it is, and why it is not asked any more."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from entaku.fetch_guard import ForbiddenError

DROPPED = "接続が切られました / the server closed the connection"


@dataclass
class Host:
    """What this run knows of a host: its circuit breaker and how many connections are in use."""

    door: threading.Lock = field(default_factory=threading.Lock)
    free: threading.Condition = field(default_factory=threading.Condition)
    busy: int = 0
    knocked: bool = False
    answered: bool = False
    failures: int = 0
    dead: str = ""
    """Why it is not asked any more in this run."""
    code: str = "unreachable"
    """The finding that tells so."""

    @contextmanager
    def connect(self, connections: int) -> Iterator[None]:
        """Be one of at most so many who ask it at a time."""
        with self.free:
            self.free.wait_for(lambda: self.busy < connections)
            self.busy += 1
        try:
            yield
        finally:
            with self.free:
                self.busy -= 1
                self.free.notify()


class UnreachableError(Exception):
    """`why` in words; `again` if another try may help; `code` of the finding that tells it."""

    def __init__(self, why: str, *, again: bool = False, code: str = "unreachable") -> None:
        super().__init__(why)
        self.why, self.again, self.code = why, again, code


def say_silence(seconds: float) -> str:
    """Why a host that says nothing is given up."""
    return f"{seconds:g} 秒待っても答えがありません / no answer within {seconds:g} s"


def forbid(host: Host, error: ForbiddenError) -> UnreachableError:
    """Remember that a host may not be asked; the error to raise."""
    host.dead, host.code = error.why, "private-address"
    return UnreachableError(host.dead, code=host.code)


def name_server(url: str) -> str:
    """Scheme, host and port: what a connection is made to."""
    return "/".join(url.split("/", 3)[:3]).lower()
