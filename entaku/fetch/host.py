"""State of a host during a run: connections in use, and whether it has been given up."""

import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from entaku.fetch.guard import ForbiddenError, dial


def knock(host: str, port: int, seconds: float, allowed: Collection[str] = ()) -> str:
    """Test that a host accepts TCP connections; return "" or the reason why not, after at most `seconds`.

    Runs in a thread of its own, because the time-outs of the name server and of each address would add up otherwise.
    Raises ForbiddenError for a host without a public address.
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
    """Test whether the environment routes such requests through a proxy, which then makes the connections."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    return bool(proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(host)


DROPPED = "接続が切られました / the server closed the connection"


@dataclass
class Host:
    """Connections in use and circuit breaker of one host."""

    door: threading.Lock = field(default_factory=threading.Lock)
    free: threading.Condition = field(default_factory=threading.Condition)
    busy: int = 0
    knocked: bool = False
    answered: bool = False
    failures: int = 0
    dead: str = ""
    """Reason why the host gets no more requests in this run."""
    code: str = "unreachable"
    """Code of the finding that reports it."""

    @contextmanager
    def connect(self, connections: int) -> Iterator[None]:
        """Hold one of at most `connections` connections to the host."""
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
    """A failed request: `why` is the message, `again` whether a retry may help, `code` that of its finding."""

    def __init__(self, why: str, *, again: bool = False, code: str = "unreachable") -> None:
        super().__init__(why)
        self.why, self.again, self.code = why, again, code


def say_silence(seconds: float) -> str:
    """Return the reason for giving up a host that timed out."""
    return f"{seconds:g} 秒待っても答えがありません / no answer within {seconds:g} s"


def forbid(host: Host, error: ForbiddenError) -> UnreachableError:
    """Mark a host as forbidden; return the error to raise."""
    host.dead, host.code = error.why, "private-address"
    return UnreachableError(host.dead, code=host.code)


def name_server(url: str) -> str:
    """Return scheme, host and port of a URL: what a connection is made to."""
    return "/".join(url.split("/", 3)[:3]).lower()
