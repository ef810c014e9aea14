"""An HTTP server with bad habits, chosen by path, for tests of fetching."""

import gzip
import socket
import ssl
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ETAG = '"v1"'


class Publisher(ThreadingHTTPServer):
    """A server with bad habits, chosen by path; it counts what it is asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Habits)
        self.seen: Counter[str] = Counter()
        self.headers: dict[str, dict[str, str]] = {}
        self.busy = self.busiest = 0
        self.lock = threading.Lock()
        self.release = threading.Event()
        self.scheme = "http"
        self.tls: ssl.SSLContext | None = None
        self.habit, self.body = "", b""
        """What /now/… does, and the body that it may give."""
        self.habits: dict[str, str] = {}
        """What /now/NAME/… does instead, by name."""
        self.bodies: dict[str, bytes] = {}
        """The body that it gives instead."""

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def use_tls(self, certificate: Path) -> None:
        """Speak TLS from now on, with the certificate and key of a PEM file."""
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate)
        self.scheme = "https"

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = self.socket.accept()
        if self.tls is None:
            return connection, address
        return self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class Habits(BaseHTTPRequestHandler):
    server: Publisher
    protocol_version = "HTTP/1.1"
    body = b""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        habit = parts.path.split("/")[1]
        with self.server.lock:
            self.server.seen[parts.path] += 1
            self.server.headers[parts.path] = dict(self.headers)
            self.server.busy += 1
            self.server.busiest = max(self.server.busiest, self.server.busy)
            count = self.server.seen[parts.path]
        try:
            getattr(self, f"do_{habit}")(count, {key: values[0] for key, values in parse_qs(parts.query).items()})
        finally:
            with self.server.lock:
                self.server.busy -= 1

    def give(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_now(self, count: int, query: dict[str, str]) -> None:
        """Whatever the test has the server do at this moment."""
        about = self.path.split("/")[2]
        self.body = self.server.bodies.get(about, self.server.body)
        name, _, rest = self.server.habits.get(about, self.server.habit).partition("?")
        getattr(self, f"do_{name or 'body'}")(count, {key: values[0] for key, values in parse_qs(rest).items()})

    def do_body(self, count: int, query: dict[str, str]) -> None:
        self.give(200, self.body if self.path.startswith("/now/") else self.server.body)

    def do_halfgzip(self, count: int, query: dict[str, str]) -> None:
        self.give(200, gzip.compress(self.server.body)[:-12], Content_Encoding="gzip")

    def do_brotli(self, count: int, query: dict[str, str]) -> None:
        self.give(200, self.server.body, Content_Encoding="br")

    def do_endless(self, count: int, query: dict[str, str]) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        while not self.server.release.is_set():
            self.wfile.write(b"x" * 65536)

    def do_dripheaders(self, count: int, query: dict[str, str]) -> None:
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.server.release.wait(0.02):
            self.wfile.write(b"X-A: b\r\n"[:1])
            self.wfile.flush()

    def do_dripchunks(self, count: int, query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        while not self.server.release.wait(0.02):
            self.wfile.write(b"0")
            self.wfile.flush()

    def do_dripclose(self, count: int, query: dict[str, str]) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        while not self.server.release.wait(0.02):
            self.wfile.write(b"x")
            self.wfile.flush()

    def do_ok(self, count: int, query: dict[str, str]) -> None:
        self.give(200, self.path.encode(), ETag=ETAG, Last_Modified="Mon, 23 Nov 2026 04:40:41 GMT", Set_Cookie="a=b")

    def do_conditional(self, count: int, query: dict[str, str]) -> None:
        same = self.headers.get("If-None-Match") == ETAG or self.headers.get("If-Modified-Since") == "yesterday"
        self.give(304 if same else 200, b"" if same else b"body", ETag=ETAG)

    def do_always304(self, count: int, query: dict[str, str]) -> None:
        self.give(304)

    def do_status(self, count: int, query: dict[str, str]) -> None:
        self.give(int(query["code"]), b"<html>", **({"Retry_After": query["after"]} if "after" in query else {}))

    def do_later(self, count: int, query: dict[str, str]) -> None:
        if count <= int(query.get("times", "1")):
            self.do_status(count, query)
        else:
            self.give(200, b"at last")

    def do_gzip(self, count: int, query: dict[str, str]) -> None:
        body = gzip.compress(b"0" * int(query.get("size", "10")))
        self.give(200, body, Content_Encoding="gzip")

    def do_badgzip(self, count: int, query: dict[str, str]) -> None:
        self.give(200, b"not gzip at all", Content_Encoding="gzip")

    def do_short(self, count: int, query: dict[str, str]) -> None:
        whole = count > int(query.get("times", "99"))
        self.give(200, b"x" * (100 if whole else 40), Content_Length="100")
        self.close_connection = True

    def do_shortchunks(self, count: int, query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n")
        self.close_connection = True

    def do_chunks(self, count: int, query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(int(query["chunks"])):
            self.wfile.write(b"%x\r\n%s\r\n" % (1000, b"x" * 1000))
        self.wfile.write(b"0\r\n\r\n")

    def do_breaks(self, count: int, query: dict[str, str]) -> None:
        self.give(200, b"x" * int(query["size"]), Content_Length="2999999")
        self.close_connection = True

    def do_claims(self, count: int, query: dict[str, str]) -> None:
        self.give(200, b"", Content_Length="2000000")
        self.close_connection = True

    def do_silent(self, count: int, query: dict[str, str]) -> None:
        self.server.release.wait(20)
        self.close_connection = True

    def do_stalls(self, count: int, query: dict[str, str]) -> None:
        self.give(200, b"half", Content_Length="8")
        self.wfile.flush()
        self.do_silent(count, query)

    def do_drips(self, count: int, query: dict[str, str]) -> None:
        self.give(200, b"", Content_Length="1000")
        for _ in range(1000):
            self.wfile.write(b"x")
            self.wfile.flush()
            if self.server.release.wait(0.02):
                break

    def do_hangup(self, count: int, query: dict[str, str]) -> None:
        self.close_connection = True
        if count > int(query.get("times", "99")):
            self.give(200, b"at last")
        else:
            self.connection.shutdown(socket.SHUT_RDWR)

    def do_slow(self, count: int, query: dict[str, str]) -> None:
        time.sleep(0.02)
        self.give(200, b"")

    def do_loop(self, count: int, query: dict[str, str]) -> None:
        self.give(302, Location="/loop/")

    def do_raw(self, count: int, query: dict[str, str]) -> None:
        """A redirect to an address as bytes."""
        self.give(302, Location=bytes.fromhex(query["hex"]).decode("latin-1"))

    def do_text(self, count: int, query: dict[str, str]) -> None:
        """A body of the query's, of whatever kind."""
        self.give(200, query.get("body", "").encode(), Content_Type="text/csv")

    def do_to(self, count: int, query: dict[str, str]) -> None:
        self.give(301, Location=query["url"])
