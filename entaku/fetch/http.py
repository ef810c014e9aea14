"""A `requests` session that connects to checked addresses only (`guard`) and obeys a total time limit."""

import socket
from collections.abc import Collection
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from entaku.fetch.guard import dial, see


class Guarded(HTTPAdapter):
    """Transport adapter whose connections go to checked addresses only and are registered with the thread's Watch."""

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
    """Return urllib3's pool classes with guarded connections; `allowed` is None for a proxy, which may be private."""

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


class _Session(requests.Session):
    """A session that leaves redirects alone: it would parse their addresses even where it may not follow them."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        return None


def make_session(agent: str, allowed: Collection[str]) -> requests.Session:
    """Return a session that threads can share: connections are kept, cookies and passwords of ~/.netrc are not."""
    session = _Session()
    session.headers.update({"User-Agent": agent, "Accept-Encoding": "gzip, deflate"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = lambda request: request
    for scheme in ("http://", "https://"):
        session.mount(scheme, Guarded(allowed, pool_connections=64, pool_maxsize=16))
    return session
