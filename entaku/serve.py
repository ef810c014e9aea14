"""The site on localhost, with byte ranges, rebuilt as files change.  For looking at, not for the public."""

import os
import re
import threading
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".css": "text/css; charset=utf-8",
    "": "text/plain; charset=utf-8",
}
WATCHED = ("catalogue.yaml", "pipelines/*.yaml", "site_templates/**/*")


def serve_site(project: Path, port: int, rebuild: Callable[[], None], note: Callable[[str, str], None]) -> int:
    """Serve `build/site` on 127.0.0.1 until interrupted.  `rebuild` is called at the start and at every change."""
    rebuild()
    site = project / "build" / "site"
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, directory=str(site)))
    except OSError as error:
        note(f"ポート {port} を使えません（{error.strerror}）。--port で別の番号を指定してください。",
             f"Port {port} can't be used ({error.strerror}). Give another with --port.")  # fmt: skip
        return 1
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    note(f"{address} で見られます。終えるには Ctrl+C。", f"See {address} ; Ctrl+C ends it.")
    seen = _look(project)
    try:
        while True:
            time.sleep(1)
            now = _look(project)
            if now != seen:
                seen = now
                note("変更があったので作り直します。", "Something changed; rebuilding.")
                rebuild()
    except KeyboardInterrupt:
        server.shutdown()
    return 0


def _look(project: Path) -> dict[str, int]:
    """When each watched file was last changed."""
    times = {}
    for pattern in WATCHED:
        for path in project.glob(pattern):
            try:
                times[str(path)] = path.stat().st_mtime_ns
            except OSError:
                continue
    return times


class _Handler(SimpleHTTPRequestHandler):
    """Files with one byte range (RFC 9110, section 14), their media types, open to other origins."""

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        suffix = Path(path).suffix
        return TYPES.get(suffix) or super().guess_type(path)

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def send_head(self) -> Any:
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if wanted is None or not path.is_file() or not any(wanted.groups()):
            return super().send_head()
        size = path.stat().st_size
        first, last = _range(wanted.group(1), wanted.group(2), size)
        if first > last:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        self.send_response(HTTPStatus.PARTIAL_CONTENT)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        file = path.open("rb")
        file.seek(first)
        return _Slice(file, last - first + 1)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


def _range(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


class _Slice:
    """The part of a file that a range asked for."""

    def __init__(self, file: IO[bytes], left: int) -> None:
        self.file, self.left = file, left

    def read(self, count: int = -1) -> bytes:
        body = self.file.read(self.left if count < 0 else min(count, self.left))
        self.left -= len(body)
        return body

    def close(self) -> None:
        self.file.close()
