"""The site on localhost, with byte ranges and CKAN's read API, rebuilt as files change: a preview, not for the public."""

import json
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from entaku.formats.limits import is_starved
from entaku.model import serving
from entaku.site import ckan, edge
from entaku.work.answered import is_withdrawn
from entaku.work.ranges import (
    FileSlice,
    choose_packed,
    has_tag,
    is_packed,
    is_wanted,
    may_be_cut,
    name_host,
    parse_natural,
    read_range,
    tag_file,
)

LONGEST = 1 << 20
"""Largest size in bytes of a POST."""
LOCAL = ("localhost", "127.0.0.1", "[::1]")
"""Names of this machine, to which the server answers."""
MOST_THREADS = 64
"""Connections at once; a browser opens six."""
ASK_SECONDS, ANSWER_SECONDS = 10, 600
"""Times within which a connection must have asked its question, and have taken its answer."""
NOT_YET = json.dumps("The site isn't built yet, or has no CKAN API").encode()


class CkanShelf:
    """CKAN's library of a site, kept between requests."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.lock = threading.Lock()
        self.stamp: object = None
        self.library: ckan.Library | None = None

    def get(self, action: str, query: str, host: str) -> tuple[int, bytes]:
        """Return the response to a GET."""
        try:
            given = ckan.read_query(query)
        except ValueError as error:
            return refuse(error)
        return self.answer(action, given, host)

    def post(self, action: str, body: bytes, media: str, host: str) -> tuple[int, bytes]:
        """Return the response to a POST."""
        try:
            given = ckan.read_body(body, media)
        except (ValueError, RecursionError) as error:
            return refuse(error)
        return self.answer(action, given, host)

    def answer(self, action: str, given: dict[str, Any], host: str) -> tuple[int, bytes]:
        library = self.find_library()
        if library is None:
            return 503, NOT_YET
        status, body = ckan.answer_action(library, action, given)
        return status, show_here(body, library.root, host)

    def read(self, path: str) -> bytes | None:
        """Return the answer to an action without arguments as the site has it, which is what its checksums are of."""
        try:
            return (self.site / path.strip("/")).read_bytes()
        except OSError:
            return None

    def find_library(self) -> ckan.Library | None:
        """Load the library of the current site."""
        path = self.site / ckan.ROOTS[0] / "package_search"
        with self.lock:
            try:
                stat = path.stat()
                stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
                if stamp != self.stamp:
                    self.library = ckan.load_library(lambda name: (self.site / name).read_bytes())
                    self.stamp = stamp
            except (OSError, ValueError, KeyError):
                self.library, self.stamp = None, None
            return self.library


def refuse(error: Exception) -> tuple[int, bytes]:
    """Return CKAN's response to invalid arguments."""
    return 400, json.dumps(f"Bad request: JSON Error: {error}").encode()


def show_here(body: bytes, root: str, host: str) -> bytes:
    """Replace the host of each `url` in a response by this server's, so that files can be downloaded before they are
    published.  Identifiers are unchanged."""
    if not re.fullmatch(r"(?:127\.0\.0\.1|localhost)(?::\d{1,5})?", host):
        return body
    return body.replace(b'"url":"' + root.encode(), b'"url":"http://' + host.encode() + b"/")


_POLICY = "Content-Security-Policy"
GUARDS: Mapping[str, str] = {**edge.GUARDS, _POLICY: edge.allow_wasm(edge.GUARDS[_POLICY])}
FRAMING: Mapping[str, str] = {**edge.GUARDS, _POLICY: f"{edge.GUARDS[_POLICY]}; frame-src 'self'"}
"""Guards of a preview, which shows the page of its dataset in a frame."""
PREVIEWS = "/preview/"
"""Where the previews of datasets are: `/preview/DATASET/`."""
Find = Callable[[str], Path | None]
FOUND = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED)


def open_server(
    site: Path, port: int, names: Collection[str] = (), find: Find | None = None, *, framed: bool = False
) -> ThreadingHTTPServer:
    """Open a server of the folder `site` on 127.0.0.1 that answers to LOCAL and `names`; port 0 takes any free port.
    `find` returns the folder of a dataset's preview, which is served below PREVIEWS; `framed`: the site itself is a
    preview.  Raises OSError."""
    known = frozenset(name.lower() for name in (*LOCAL, *names))
    handler = partial(_Handler, shelf=CkanShelf(site), names=known, find=find, framed=framed, directory=str(site))
    return _Server(("127.0.0.1", port), handler)


class _Server(ThreadingHTTPServer):
    """A server of a bounded number of connections, each of a bounded time; readers who disconnect early are ignored."""

    request_queue_size = 128

    def __init__(self, *args: Any) -> None:
        self.pending: dict[Any, float] = {}
        """The connections that are open, and when each must have been answered."""
        self.lock = threading.Lock()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread.  Where there are too many, the one that has waited longest for a question ends."""
        request.settimeout(ASK_SECONDS)
        asked_by = time.monotonic() + ASK_SECONDS
        with self.lock:
            idlest = request
            if len(self.pending) >= MOST_THREADS:
                idlest = min(self.pending, key=lambda each: self.pending[each])
                if self.pending[idlest] > asked_by:  # all are being answered
                    idlest = request
                self.pending.pop(idlest, None)
                _hang_up(idlest)
            if idlest is not request or len(self.pending) < MOST_THREADS:
                self.pending[request] = asked_by
        if request in self.pending:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        with self.lock:
            self.pending.pop(request, None)
        super().shutdown_request(request)

    def allow_time(self, request: Any) -> None:
        """Give a connection that has asked its question the time of an answer."""
        with self.lock:
            if request in self.pending:
                self.pending[request] = time.monotonic() + ANSWER_SECONDS

    def service_actions(self) -> None:
        """Close the connections whose time is over; called between requests."""
        with self.lock:
            late = [request for request, end in self.pending.items() if end < time.monotonic()]
        for request in late:
            _hang_up(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError) and not (error and is_starved(error)):
            super().handle_error(request, client_address)


def _hang_up(request: socket.socket) -> None:
    """Let whatever waits for a connection find it closed."""
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


class _Handler(SimpleHTTPRequestHandler):
    """Handler of files with one byte range (RFC 9110, section 14), media types, and CKAN's actions.

    Pages of other sites can't read the preview: it sends no CORS headers, and answers to no name but its own, to which
    another site's name could be made to lead (DNS rebinding).
    """

    path = ""
    server: _Server
    lasts, tag, link, varies = False, "", "", False
    """Whether the response may be cached for ever, its ETag and its Link, whether it depends on who asks."""

    def __init__(
        self, *args: Any, shelf: CkanShelf, names: frozenset[str], find: Find | None, framed: bool, **more: Any
    ) -> None:
        self.shelf, self.names, self.find, self.framed = shelf, names, find, framed
        super().__init__(*args, **more)

    def translate_path(self, path: str) -> str:
        """Return the file of a path: of the site, or of the preview of a dataset."""
        name, slash, rest = urlsplit(path).path.removeprefix(PREVIEWS).partition("/")
        if self.find is None or not path.startswith(PREVIEWS) or not slash:
            return super().translate_path(path)
        found = self.find(unquote(name))
        site, self.directory = self.directory, str(found or self.shelf.site / PREVIEWS.strip("/"))
        try:
            return super().translate_path(f"/{rest}")
        finally:
            self.directory = site

    def parse_request(self) -> bool:
        """Parse the request; refuse one for another host and one whose path can't be a file's."""
        if not super().parse_request():
            return False
        hosts = self.headers.get_all("Host", [])
        if len(hosts) > 1 or not self.path.startswith("/") or "\0" in unquote(self.path):
            self.send_line(HTTPStatus.BAD_REQUEST, "This is no request for a page.")
        elif hosts and name_host(hosts[0]) not in self.names:
            self.send_line(
                HTTPStatus.MISDIRECTED_REQUEST, "This preview answers to localhost and to names given with --host."
            )
        else:
            if self.command != "POST":
                self.server.allow_time(self.connection)
            return True
        return False

    def send_line(self, status: HTTPStatus, text: str) -> None:
        """Send a line of text and close the connection."""
        body = f"{text}\n".encode()
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        action = ckan.find_action(parts.path)
        whole = self.shelf.read(parts.path) if action in (*edge.PLAIN, "package_search") and not parts.query else None
        if whole is not None:
            self.send_answer(200, whole)
        elif moved := edge.find_moved(parts.path):
            self.send_moved(moved)
        elif action:
            self.send_answer(*self.shelf.get(action, parts.query, self.headers.get("Host", "")))
        else:
            super().do_GET()

    def do_HEAD(self) -> None:
        path = urlsplit(self.path).path
        if ckan.find_action(path) or edge.find_moved(path):
            self.do_GET()
        else:
            super().do_HEAD()

    def send_moved(self, path: str) -> None:
        """Lead to another address for good."""
        self.tag, self.varies = "", False
        self.send_response(HTTPStatus.MOVED_PERMANENTLY)
        self.send_header("Location", path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        action = ckan.find_action(urlsplit(self.path).path)
        length, closes = self.headers.get("Content-Length", "0"), self.close_connection
        self.close_connection = True
        if not action:
            self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)
        elif not length.isascii() or not length.isdigit() or self.headers.get("Transfer-Encoding"):
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
        elif parse_natural(length) > LONGEST:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            body = self.rfile.read(int(length))
            self.server.allow_time(self.connection)
            self.close_connection = closes
            media = self.headers.get("Content-Type", "")
            self.send_answer(*self.shelf.post(action, body, media, self.headers.get("Host", "")))

    def send_answer(self, status: int, body: bytes) -> None:
        self.tag, self.varies = "", False
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        suffix = Path(path).suffix
        return serving.NAMED.get(Path(path).name) or serving.TYPES.get(suffix) or super().guess_type(path)

    def end_headers(self) -> None:
        frames = self.framed or (self.find is not None and self.path.startswith(PREVIEWS))
        alone = edge.FRAMED.match(self.path) is not None
        for name, value in (FRAMING if frames else GUARDS).items():
            self.send_header(name, edge.allow_frames(value) if alone and name == _POLICY else value)
        if self.tag:
            self.send_header("ETag", self.tag)
        if self.varies:
            self.send_header("Vary", "Accept-Encoding")
        if self.link:
            self.send_header("Link", self.link)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Cache-Control", serving.FOR_EVER if self.lasts else "no-cache")
        super().end_headers()

    def send_response(self, code: int, message: str | None = None) -> None:
        path = urlsplit(self.path).path if code in FOUND else ""
        self.lasts = bool(re.fullmatch(f"/(?:{serving.HASHED})", path))
        self.link = serving.find_described(path[1:])
        super().send_response(code, message)

    def send_head(self) -> Any:
        try:
            return self.openread_range()
        except (OSError, ValueError):  # a name that is too long, or a file that has gone meanwhile
            self.send_error(HTTPStatus.NOT_FOUND)
            return None

    def openread_range(self) -> Any:
        """Open the range of a file that is asked for; all of it for several ranges, which no page asks for."""
        wanted = re.fullmatch(r"bytes=([0-9]*)-([0-9]*)", self.headers.get("Range", ""))
        name = self.translate_path(self.path)
        path = Path(name) / "index.html" if name.endswith("/") else Path(name)
        packed, coding = (path, "") if wanted else choose_packed(path, self.headers)
        self.tag = tag_file(packed.stat()) if path.is_file() else ""
        self.varies = is_packed(path)
        if self.tag and not is_wanted(self.headers.get("If-Match", ""), self.tag):
            self.send_error(HTTPStatus.PRECONDITION_FAILED)
            return None
        if self.tag and has_tag(self.headers.get("If-None-Match", ""), self.tag):
            self.send_response(HTTPStatus.NOT_MODIFIED)
            return self.end_headers()
        if coding:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", self.guess_type(path))
            self.send_header("Content-Encoding", coding)
            self.send_header("Content-Length", str(packed.stat().st_size))
            self.end_headers()
            return packed.open("rb")
        if (
            wanted is None
            or not may_be_cut(self.headers.get("If-Range", ""), self.tag)
            or name.endswith("/")
            or not path.is_file()
            or not any(wanted.groups())
        ):
            return super().send_head()
        size = path.stat().st_size
        first, last = read_range(wanted.group(1), wanted.group(2), size)
        if first > last:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        file = path.open("rb")
        file.seek(first)
        self.send_response(HTTPStatus.PARTIAL_CONTENT)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        return FileSlice(file, last - first + 1)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send an error: 410 instead of 404 for what was withdrawn."""
        self.tag, self.varies = "", False
        gone = code == HTTPStatus.NOT_FOUND and is_withdrawn(self.shelf.site, urlsplit(self.path).path)
        super().send_error(HTTPStatus.GONE if gone else code, None if gone else message, explain)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""
