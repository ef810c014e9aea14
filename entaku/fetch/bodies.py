"""Bytes as they were before a server packed them."""

import re
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from entaku.fetch.host import name_server
from entaku.model.nouns import Finding, Refused
from entaku.model.source import Source


@dataclass(frozen=True)
class Headers:
    """What is sent along to one server, and to no other that it may redirect to; some of it is secret."""

    server: str
    """Scheme, host and port: `https://api.example.jp`."""
    values: Mapping[str, str] = field(repr=False)


def read_headers(source: Source, environment: Mapping[str, str], allowed: Collection[str]) -> Headers | None:
    """What is sent along to the source's own server.  Raises Refused for a variable that is not set, or a server that
    it would reach in clear, unless that is `allowed`."""
    if not source.headers:
        return None
    server = name_server(source.ckan.site if source.ckan is not None else source.url)
    if not server.startswith("https://") and (urlsplit(server).hostname or "") not in allowed:
        raise Refused(Finding("secret-in-clear", value=server))
    values = {}
    for name, secret in source.headers.items():
        value = environment.get(secret.env, "").strip()
        if not re.fullmatch(r"[\x20-\x7e]+", value):
            raise Refused(Finding("secret-missing", value=secret.env))
        values[name] = value
    return Headers(server, values)


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
