"""What a run knows of a host: how busy it is, and why it is not asked any more."""

import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from entaku.fetch.guard import ForbiddenError, dial


def knock(host: str, port: int, seconds: float, allowed: Collection[str] = ()) -> str:
    """Connect and hang up: "" if that went well, or why not, after at most `seconds`.

    In a thread of its own, because the name server's time-out and those of a host's several addresses add up otherwise.
    Raises ForbiddenError for a host that may not be asked.
    """
    told: list[str | ForbiddenError] = []

    def connect() -> None:
        try:
            dial(host, port, seconds, allowed).close()
            told.append("")
        except ForbiddenError as error:
            told.append(error)
        except socket.gaierror:
            told.append(f"{host} という名前を引けません / the name {host} can't be resolved")
        except ConnectionRefusedError:
            told.append("接続を断られました / connection refused")
        except TimeoutError:
            pass
        except (OSError, UnicodeError) as error:
            told.append(f"つながりません / no connection ({error})")

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(seconds)
    if told and isinstance(told[0], ForbiddenError):
        raise told[0]
    return str(told[0]) if told else f"{seconds:g} 秒待ってもつながりません / no connection within {seconds:g} s"


def is_proxied(scheme: str, host: str) -> bool:
    """Whether the environment sends such requests through a proxy, which then does the knocking."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    return bool(proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(host)


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
