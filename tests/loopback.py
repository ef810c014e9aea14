"""Servers on the loopback that run while a test needs them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
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


@contextmanager
def serve_site(site: Path) -> Iterator[str]:
    """The address of a folder as `entaku serve` serves it."""
    with serve(open_server(site, 0)) as address:
        yield address
