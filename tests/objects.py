"""Stores of objects on loopback: an S3 behind a gate that counts, fails, forgets and delays what it is asked.

moto imitates S3 with its conditions; `rclone serve s3` serves a folder and ignores them.  Each is in an environment of
its own, .venv/s3 and .venv/rclone: moto wants an older python-dateutil than Entaku has.
"""

import atexit
import http.client
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import unescape

import pytest
import requests

BUCKET, PREFIX = "opendata", "site"
OWN = Path(sys.prefix) / "s3" / "bin" / "python"
MISSING = [*([] if find_spec("obstore") else ["obstore"]), *([] if OWN.exists() else ["moto (.venv/s3)"])]
RCLONE = Path(sys.prefix) / "rclone" / "bin" / "rclone"
LACKING = [*([] if find_spec("obstore") else ["obstore"]), *([] if RCLONE.exists() else ["rclone (.venv/rclone)"])]
needs_rclone = pytest.mark.skipif(bool(LACKING), reason=f"not here: {', '.join(LACKING)}; make test installs them")
needs_store = pytest.mark.skipif(bool(MISSING), reason=f"not here: {', '.join(MISSING)}; make test installs them")
Choose = Callable[[int, str, str], int]
"""Given the number of a request, its method and key."""


@dataclass
class Gate:
    """What is asked of the store, and what becomes of it.  Readers' requests go by, and are not counted."""

    store_url: str
    """Where the store itself is."""
    url: str = ""
    """Where the gate is."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and key of each request of a publisher."""
    fail: Choose = lambda number, method, key: 0
    """The status to answer instead of doing it; 0 to go on."""
    lose: Callable[[int, str, str], bool] = lambda number, method, key: False
    """Whether it is done and then answered by 500."""
    deaf: frozenset[str] = frozenset()
    """Headers of requests that the store never sees."""
    heeds: bool = False
    """Whether the gate itself refuses writes whose condition doesn't hold, for a store that ignores conditions."""
    delay: float = 0
    """Seconds that each request takes."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    """The store does one thing after the other: a condition and what it allows are one step."""

    @property
    def environment(self) -> dict[str, str]:
        """The environment by which obstore finds it."""
        return {
            "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true",
        }  # fmt: skip

    def answer(self, handler: "Handler") -> tuple[int, list[tuple[str, str]], bytes]:
        """Return status, headers and body of the answer to a request."""
        method, key = handler.command, unquote(urlsplit(handler.path).path).removeprefix(f"/{BUCKET}/")
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        ours = "Authorization" in handler.headers
        time.sleep(self.delay if ours else 0)
        with self.lock:
            if not ours:
                return self.forward(handler, body)
            self.asked.append((method, key))
            number = len(self.asked)
            if status := self.fail(number, method, key):
                return status, [], b""
            if self.lose(number, method, key):
                self.forward(handler, body)
                return 500, [], b""
            if self.heeds and not self.holds(handler):
                return 412, [], b""
            return self.forward(handler, body)

    def holds(self, handler: "Handler") -> bool:
        """Test whether the condition of a write holds."""
        there = requests.head(f"{self.store_url}{handler.path}", timeout=30) if handler.command == "PUT" else None
        tag = there.headers["ETag"] if there else None
        return not (
            (handler.headers["If-None-Match"] and tag)
            or (handler.headers["If-Match"] and handler.headers["If-Match"] != tag)
        )

    def forward(self, handler: "Handler", body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """Ask the store."""
        deaf = {header.lower() for header in self.deaf}
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in deaf}
        there = http.client.HTTPConnection(urlsplit(self.store_url).netloc, timeout=60)
        try:
            there.request(handler.command, handler.path, body, headers)
            found = there.getresponse()
            told = [(name, value) for name, value in found.getheaders() if name.lower() not in DROPPED]
            return found.status, told, found.read()
        finally:
            there.close()

    def put(self) -> list[str]:
        """Return the paths of the site that were written."""
        paths = [key.removeprefix(f"{PREFIX}/") for method, key in self.asked if method == "PUT"]
        return [path for path in paths if not path.startswith(".entaku/")]

    def read(self, path: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        """Ask for a file as a reader does."""
        return requests.get(f"{self.url}/{BUCKET}/{PREFIX}/{path}", headers=headers, timeout=30)

    def store(self, path: str, body: bytes) -> None:
        """Write an object."""
        requests.put(f"{self.url}/{BUCKET}/{PREFIX}/{path}", body, timeout=30).raise_for_status()

    def fill(self, objects: Mapping[str, bytes]) -> None:
        """Write objects into the store behind the gate."""
        with requests.Session() as session:
            for path, body in objects.items():
                session.put(f"{self.store_url}/{BUCKET}/{PREFIX}/{path}", body, timeout=30).raise_for_status()

    def empty(self) -> None:
        """Begin anew, with an empty bucket."""
        requests.post(f"{self.store_url}/moto-api/reset", timeout=30).raise_for_status()
        requests.put(f"{self.url}/{BUCKET}", headers={"x-amz-acl": "public-read"}, timeout=30).raise_for_status()
        self.asked.clear()

    def list(self) -> dict[str, str]:
        """Return the ETag of every object below the prefix, by path."""
        found: dict[str, str] = {}
        given = {"list-type": "2", "prefix": f"{PREFIX}/"}
        while True:
            body = requests.get(f"{self.url}/{BUCKET}", given, timeout=60).text
            for key, tag in re.findall(r"<Key>(.*?)</Key>.*?<ETag>(.*?)</ETag>", body, re.DOTALL):
                found[unescape(key).removeprefix(f"{PREFIX}/")] = unescape(tag, {"&quot;": '"'}).strip('"')
            more = re.search(r"<NextContinuationToken>(.*?)</NextContinuationToken>", body)
            if not more:
                return found
            given["continuation-token"] = more[1]


DROPPED = ("connection", "content-length", "date", "server", "transfer-encoding")
"""Headers of the store's answers that the gate sends itself."""


class Handler(BaseHTTPRequestHandler):
    """What stands at the gate."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    gate: Gate

    def do_GET(self) -> None:
        status, headers, body = self.gate.answer(self)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@cache
def start_moto() -> str:
    """Start moto in a process of its own, once for all tests; return its address."""
    port = find_port()
    process = subprocess.Popen(
        [OWN, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PYTHONDONTWRITEBYTECODE": ""},
    )  # fmt: skip
    atexit.register(process.kill)
    return await_store(port)


def find_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def await_store(port: int) -> str:
    """Wait until a store answers; return its address."""
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            requests.get(url, timeout=10)
            return url
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the store did not start")


@contextmanager
def open_objects(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Open the gate of an empty bucket of moto's, to which the environment leads."""
    with open_gate(Gate(start_moto()), monkeypatch) as gate:
        gate.empty()
        yield gate


@contextmanager
def open_rclone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Open the gate of an empty bucket of rclone's, whose objects are the files of a folder."""
    (folder / BUCKET).mkdir(parents=True)
    port = find_port()
    process = subprocess.Popen(
        [RCLONE, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--config", os.devnull, str(folder)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with open_gate(Gate(await_store(port)), monkeypatch) as gate:
            yield gate
    finally:
        process.kill()
        process.wait()


@contextmanager
def open_gate(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Open a gate, to which the environment leads."""
    handler = type("GateHandler", (Handler,), {"gate": gate})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    gate.url = f"http://127.0.0.1:{server.server_port}"
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in gate.environment.items():
        monkeypatch.setenv(name, value)
    try:
        yield gate
    finally:
        server.shutdown()
        server.server_close()
