"""Protection against server-side request forgery: only public addresses are connected to.

A name is resolved once, its addresses are checked, and the connection is made to one of those very addresses, so a
name server can't return one address for the check and another for the connection.  Redirects are checked alike.
"""

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

Address = tuple[socket.AddressFamily, Any]

_METADATA = frozenset({"168.63.129.16"})
"""Addresses in a public range that only a cloud's own machines reach (Azure's "wire server")."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST6 = ipaddress.IPv6Network("2000::/3")
"""The allocated part of IPv6 (iana.org/assignments/ipv6-address-space)."""
_SPECIAL = tuple(
    ipaddress.ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20")
)
"""Special-purpose networks that Python versions disagree on."""


class ForbiddenError(Exception):
    """A host with no public address; `why` names both."""

    def __init__(self, host: str, address: str) -> None:
        self.host = host.strip("[]").rstrip(".").lower()
        self.why = host if host == address else f"{host} = {address}"
        super().__init__(self.why)


def write_allowed(allowed: Collection[str], host: str) -> str:
    """Write the line of `catalogue.yaml` by which `host` may be asked besides those that may be already."""
    names = [
        name if re.fullmatch(r"[a-z][a-z0-9.-]*|[0-9.]+[.][0-9.]+", name) else f'"{name}"'
        for name in sorted({*allowed, host})
    ]
    return f"allow_hosts: [{', '.join(names)}]"


def is_public(address: str) -> bool:
    """Test whether an IP address is public: not loopback, link-local (where clouds serve their metadata), private,
    shared, multicast or reserved (IANA's special-purpose registries, RFC 6890), nor an IPv6 address that embeds such an
    IPv4 address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and (ip in _NAT64 or int(ip) < 1 << 32):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        return ip in _UNICAST6 and ip.is_global and not any(ip in each for each in _SPECIAL if each.version == 6)
    special = ip.is_multicast or ip.is_reserved or any(ip in each for each in _SPECIAL if each.version == 4)
    return ip.is_global and not special and str(ip) not in _METADATA


def find_addresses(host: str, port: int, allowed: Collection[str]) -> list[Address]:
    """Resolve `host` to the addresses that may be connected to, in the resolver's order.

    `allowed`: hosts whose addresses are not checked.  Raises ForbiddenError if none is left, OSError if there are none.
    """
    bare = host.strip("[]").lower()
    found = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM)
    every: list[Address] = [(family, address) for family, _, _, _, address in found]
    good = [one for one in every if bare in allowed or is_public(str(one[1][0]))]
    if every and not good:
        raise ForbiddenError(host, str(every[0][1][0]))
    return good


def refuse_literal(host: str, allowed: Collection[str]) -> None:
    """Raise ForbiddenError for a host that is recognizably not public without a name server: the only check that is
    possible before a proxy, which resolves names itself.
    """
    bare = host.strip("[]").rstrip(".").lower()
    if bare in allowed:
        return
    if bare == "localhost" or bare.endswith(".localhost"):
        raise ForbiddenError(host, bare)
    try:
        address = str(ipaddress.ip_address(bare))
    except ValueError:
        try:
            address = socket.inet_ntoa(socket.inet_aton(bare))  # 2130706433, 0x7f.1
        except OSError:
            return
    if not is_public(address):
        raise ForbiddenError(host, address)


def dial(host: str, port: int, seconds: float | None, allowed: Collection[str], options: Any = ()) -> socket.socket:
    """Connect to the first permitted address of `host` that accepts.  Raises as `find_addresses` does."""
    trouble: OSError = OSError(f"{host}: no address")
    for family, address in find_addresses(host, port, allowed):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in options or ():
                connection.setsockopt(*option)
            connection.settimeout(seconds)
            connection.connect(address)
        except OSError as error:
            connection.close()
            trouble = error
        else:
            return connection
    raise trouble


# ---- time -----------------------------------------------------------------------------------------------------


class Watch:
    """Limits over all connections of one attempt: shuts them down when the time is over or bytes only drip in."""

    def __init__(self) -> None:
        self.over = False
        self.slow = False
        """Whether the reason was that fewer bytes came than `Pace.least` asks for."""
        self.received = 0
        """Bytes of the body that came so far; counted by its reader."""
        self._sockets: list[socket.socket] = []

    def see(self, connection: socket.socket | None) -> None:
        if connection is not None:
            self._sockets.append(connection)
            if self.over:
                self.end()

    def end(self) -> None:
        self.over = True
        for connection in self._sockets:
            with suppress(OSError):  # closed already
                # not SSLSocket's own shutdown, which would discard the TLS state while the reader uses it
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


@dataclass(frozen=True)
class Pace:
    """How long an attempt may take, and how slow it may be."""

    total: float
    """Seconds for everything."""
    window: float
    """Seconds after which the speed is judged, again and again."""
    least: float
    """Bytes a second that must come in each window."""


_current = threading.local()


@contextmanager
def watching(pace: Pace) -> Iterator[Watch]:
    """Open a Watch over the connections that this thread makes."""
    watch, done = Watch(), threading.Event()
    _current.watch = watch
    threading.Thread(target=judge_pace, args=(watch, pace, done.wait), daemon=True).start()
    try:
        yield watch
    finally:
        done.set()
        _current.watch = None


def judge_pace(watch: Watch, pace: Pace, wait: Callable[[float], bool]) -> None:
    """End `watch` when its time is over or a window of it was too slow; `wait` returns True when it is not needed."""
    left, before = pace.total, 0
    while left > 0:
        step = min(pace.window, left)
        if wait(step):
            return
        if step == pace.window and watch.received - before < pace.least * step:
            watch.slow = True
            break
        before, left = watch.received, left - step
    watch.end()


def see(connection: socket.socket | None) -> None:
    """Register a connection with this thread's Watch, if there is one."""
    watch = getattr(_current, "watch", None)
    if watch is not None:
        watch.see(connection)
