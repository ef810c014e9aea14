"""requests, taught to connect to judged addresses only (`fetch_guard`), and to end when its time is over."""

import socket
import zlib
from collections.abc import Collection
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from entaku.fetch.guard import dial, see

GZIP, ZLIB, RAW = 31, 15, -15
"""zlib's names for the three wrappings (zlib.net/manual.html, inflateInit2)."""


class PackedError(Exception):
    """Bytes that are not what their Content-Encoding says."""


class Unpacker:
    """Undoes one Content-Encoding (RFC 9110, 8.4.1): none, `gzip` or `deflate`."""

    def __init__(self, encoding: str) -> None:
        names = [name for part in encoding.lower().split(",") if (name := part.strip()) not in ("", "identity")]
        if len(names) > 1 or (names and names[0] not in ("gzip", "x-gzip", "deflate")):
            raise PackedError(encoding)
        self._name = names[0] if names else ""
        self._stream = zlib.decompressobj(GZIP)
        self._head: bytes | None = b""
        """What came before it was known how the stream is wrapped."""

    def feed(self, piece: bytes, most: int) -> bytes:
        """What `piece` holds, but not much more than `most` bytes of it.  Raises PackedError."""
        if not self._name:
            return piece
        if self._head is not None:
            piece = self._head + piece
            if len(piece) < 2:
                self._head = piece
                return b""
            self._head = None
            if self._name == "deflate":
                self._stream = zlib.decompressobj(_judge(piece))
        out = bytearray()
        while piece and len(out) <= most:
            if self._stream.eof:
                if self._name == "deflate" or not piece.lstrip(b"\0"):
                    break  # padding
                self._stream = zlib.decompressobj(GZIP)
            try:
                out += self._stream.decompress(piece, most + 1 - len(out))
            except zlib.error as error:
                raise PackedError(f"{self._name}: {error}") from error
            piece = self._stream.unconsumed_tail or self._stream.unused_data
        return bytes(out)

    @property
    def complete(self) -> bool:
        """Whether what was fed so far has its end."""
        return not self._name or self._head == b"" or (self._head is None and self._stream.eof)


def _judge(head: bytes) -> int:
    """Whether "deflate" has zlib's header (RFC 1950, 2.2), as it should, or none, as many servers send it."""
    return ZLIB if head[0] & 15 == 8 and int.from_bytes(head[:2]) % 31 == 0 else RAW


class Guarded(HTTPAdapter):
    """Connects to judged addresses only, under the eye of the thread's Watch."""

    def __init__(self, allowed: Collection[str], **options: Any) -> None:
        self.allowed = frozenset(allowed)
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _make_pools(self.allowed)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _make_pools(None)
        return manager


def _make_pools(allowed: frozenset[str] | None) -> dict[str, Any]:
    """urllib3's pools with our connections.  `allowed` is None for a proxy, which may well be in our own network."""

    class Http(urllib3.connection.HTTPConnection):
        def _new_conn(self) -> socket.socket:
            if allowed is None:
                return super()._new_conn()
            try:
                connection = dial(self._dns_host, self.port, self.timeout, allowed, self.socket_options)
            except socket.gaierror as error:
                raise NameResolutionError(self.host, self, error) from error
            except TimeoutError as error:
                raise ConnectTimeoutError(self, f"connect timeout={self.timeout}") from error
            except OSError as error:
                raise NewConnectionError(self, str(error)) from error
            see(connection)
            return connection

        def connect(self) -> None:
            super().connect()
            see(self.sock)

        def request(self, *args: Any, **kwargs: Any) -> None:
            see(self.sock)
            super().request(*args, **kwargs)

    class Https(Http, urllib3.connection.HTTPSConnection):
        def connect(self) -> None:
            urllib3.connection.HTTPSConnection.connect(self)
            see(self.sock)

    class HttpPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Https

    return {"http": HttpPool, "https": HttpsPool}


def make_session(agent: str, allowed: Collection[str]) -> requests.Session:
    """A session that threads can share: it keeps connections, and neither cookies nor passwords of ~/.netrc."""
    from http.cookiejar import DefaultCookiePolicy

    session = requests.Session()
    session.headers.update({"User-Agent": agent, "Accept-Encoding": "gzip, deflate"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = lambda request: request
    for scheme in ("http://", "https://"):
        session.mount(scheme, Guarded(allowed, pool_connections=64, pool_maxsize=16))
    return session
