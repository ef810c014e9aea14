"""CKAN's read actions over HTTP, from the site as it lies on disk: read again whenever it was rebuilt."""

import json
import re
import threading
from pathlib import Path
from typing import Any

from entaku.ckan_answer import Library, answer_action, load_library, read_body, read_query
from entaku.ckan_replies import ROOTS

LONGEST = 1 << 20
"""Bytes of a POST."""
NOT_YET = json.dumps("The site isn't built yet, or has no CKAN API").encode()


class Shelf:
    """Where the library of a site stands between two requests."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.lock = threading.Lock()
        self.stamp: object = None
        self.library: Library | None = None

    def get(self, action: str, query: str, host: str) -> tuple[int, bytes]:
        """The answer to a GET."""
        try:
            given = read_query(query)
        except ValueError as error:
            return refuse(error)
        return self.answer(action, given, host)

    def post(self, action: str, body: bytes, media: str, host: str) -> tuple[int, bytes]:
        """The answer to a POST."""
        try:
            given = read_body(body, media)
        except (ValueError, RecursionError) as error:
            return refuse(error)
        return self.answer(action, given, host)

    def answer(self, action: str, given: dict[str, Any], host: str) -> tuple[int, bytes]:
        library = self.find_library()
        if library is None:
            return 503, NOT_YET
        status, body = answer_action(library, action, given)
        return status, show_here(body, library.root, host)

    def find_library(self) -> Library | None:
        """The library of the site as it is now."""
        path = self.site / ROOTS[0] / "package_search"
        with self.lock:
            try:
                stat = path.stat()
                stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
                if stamp != self.stamp:
                    self.library = load_library(lambda name: (self.site / name).read_bytes())
                    self.stamp = stamp
            except (OSError, ValueError, KeyError):
                self.library, self.stamp = None, None
            return self.library


def refuse(error: Exception) -> tuple[int, bytes]:
    """The answer to arguments that can't be read, as CKAN words it."""
    return 400, json.dumps(f"Bad request: JSON Error: {error}").encode()


def show_here(body: bytes, root: str, host: str) -> bytes:
    """An answer whose `url`s are of this server, so that what is shown can be downloaded before it is published.
    Identifiers stay what they will be."""
    if not re.fullmatch(r"(?:127\.0\.0\.1|localhost)(?::\d{1,5})?", host):
        return body
    return body.replace(b'"url":"' + root.encode(), b'"url":"http://' + host.encode() + b"/")
