"""State of a host during a run: connections in use, and whether it has been given up."""

import random
import re
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from entaku.fetch.guard import ForbiddenError, Pace, Watch, dial


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


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Time-outs and back-off, in seconds, and numbers of attempts."""

    connect: float = 10
    read: float = 30
    """Longest silence."""
    total: float = 600
    """Longest transfer of one file."""
    slow: float = 60
    """How long a transfer may be slower than `least`."""
    least: float = 500
    """Bytes a second."""
    retries: int = 3
    backoff: float = 1
    """Wait before the first retry; doubled each time, and shortened by up to half at random."""
    longest: float = 60
    """Upper bound of a wait, also of a server's Retry-After."""
    failures: int = 3
    """Failed requests in a row after which a host gets no more."""

    @property
    def pace(self) -> Pace:
        """Return the limits of one attempt."""
        return Pace(self.total, self.slow, self.least)

    def explain(self, watch: Watch) -> str:
        """Return the reason for giving up a host whose attempt `watch` has ended."""
        return say_drip(self.slow, self.least) if watch.slow else say_silence(self.total)


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Clocks, sleep and randomness; tests replace them."""

    sleep: Callable[[float], object] | None = None
    """None for a sleep that ends when the run is interrupted."""
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    jitter: Callable[[], float] = random.random
    """From 0 to 1."""


REAL_TIME = Timing()
PATIENT = Patience()
"""The usual patience."""
HURRIED = Patience(connect=4, read=8, total=20, slow=8, least=5000, retries=0)
"""The patience for what a run can do without."""

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
    barred: str = ""
    """The host's name, if it is not asked because its address is not public."""

    def fail(self, most: int) -> None:
        """Count a failure; give the host up after `most` in a row."""
        self.failures += 1
        if self.failures >= most:
            self.dead = (
                f"{self.failures} 件続けて取れなかったので、この回はもう尋ねません / "
                f"not asked any more in this run after {self.failures} failures in a row"
            )

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
    """A failed request: `why` is the message, `again` whether a retry may help, `code` that of its finding.

    `unreachable` is the code of what gave no answer at all.
    """

    def __init__(self, why: str, *, again: bool = False, code: str = "unreachable", barred: str = "") -> None:
        super().__init__(why)
        self.why, self.again, self.code, self.barred = why, again, code, barred

    def after_redirect(self, url: str) -> "UnreachableError":
        """Return the same failure of the target `url` of a redirect."""
        ja, _, en = self.why.rpartition(" / ")
        scheme, _, place = name_server(url).partition("//")
        server = f"{scheme}//{place.rpartition('@')[2]}"  # without a password
        why = f"転送先 {server}：{ja or en} / redirected to {server}: {en}"
        code = "redirect" if self.code == "request-url" else self.code
        return UnreachableError(why, again=self.again, code=code, barred=self.barred)


def say_silence(seconds: float) -> str:
    """Return the reason for giving up a host that timed out."""
    return f"{seconds:g} 秒待っても答えがありません / no answer within {seconds:g} s"


def say_drip(seconds: float, least: float) -> str:
    """Return the reason for giving up a host whose bytes drip."""
    return (
        f"{seconds:g} 秒のあいだ毎秒 {least:g} バイトも届かないので、この回はもう尋ねません / "
        f"fewer than {least:g} bytes a second came for {seconds:g} s, so it is not asked any more in this run"
    )


def say_tls(message: str) -> str:
    """Return the reason for giving up a host with which TLS failed, from OpenSSL's message."""
    if "CERTIFICATE_VERIFY_FAILED" in message:
        return "サーバーの証明書を確かめられません / its certificate can't be verified"
    fault = re.search(r"\[SSL: (\w+)\]", message)
    shown = fault[1] if fault else "TLS"
    return f"サーバーと話が合いません（{shown}） / the server and TLS don't agree ({shown})"


def forbid(host: Host, error: ForbiddenError) -> UnreachableError:
    """Mark a host as forbidden; return the error to raise."""
    host.dead, host.code, host.barred = error.why, "private-address", error.host
    return UnreachableError(host.dead, code=host.code, barred=host.barred)


def name_server(url: str) -> str:
    """Return scheme, host and port of a URL: what a connection is made to."""
    return "/".join(url.split("/", 3)[:3]).lower()
