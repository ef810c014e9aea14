"""Servers on the loopback that run while a test needs them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from entaku.work.serve import open_server


@contextmanager
def serve(server: ThreadingHTTPServer) -> Iterator[str]:
    """The address of a server, without a slash at its end, while a thread of its own runs it."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class FileHandler(SimpleHTTPRequestHandler):
    """The files of a folder as a plain host serves them: without a word, and with connections that stay open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serve_files(folder: Path) -> Iterator[str]:
    """The address of a folder on such a host."""
    with serve(ThreadingHTTPServer(("127.0.0.1", 0), partial(FileHandler, directory=str(folder)))) as address:
        yield address


@contextmanager
def serve_site(site: Path) -> Iterator[str]:
    """The address of a folder as `entaku serve` serves it."""
    with serve(open_server(site, 0)) as address:
        yield address
