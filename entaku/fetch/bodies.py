"""Headers of requests and answers, and decoding of Content-Encoding."""

import os
import re
import tempfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from entaku.fetch.guard import write_allowed
from entaku.fetch.host import name_server
from entaku.model.body import Body, make_body
from entaku.model.nouns import Finding, Refused
from entaku.model.source import Source


@dataclass(frozen=True)
class Headers:
    """Headers that are sent to one server only, never to a redirect's target elsewhere; some values are secret."""

    server: str
    """Scheme, host and port: `https://api.example.jp`."""
    values: Mapping[str, str] = field(repr=False)


def read_headers(source: Source, environment: Mapping[str, str], allowed: Collection[str]) -> Headers | None:
    """Return the headers for the source's own server, or None.  Raises Refused for an environment variable that is
    not set, or for plain HTTP, unless the host is in `allowed`.
    """
    if not source.headers:
        return None
    server = name_server(source.ckan.site if source.ckan is not None else source.url)
    if not server.startswith("https://") and (urlsplit(server).hostname or "") not in allowed:
        line = write_allowed(allowed, urlsplit(server).hostname or "")
        raise Refused(Finding("secret-in-clear", value=server, args={"line": line}))
    values = {}
    for name, secret in source.headers.items():
        value = environment.get(secret.env, "").strip()
        if not re.fullmatch(r"[\x20-\x7e]+", value):
            raise Refused(Finding("secret-missing", value=secret.env))
        values[name] = value
    return Headers(server, values)


# ---- answers --------------------------------------------------------------------------------------------------------

_MEANINGS = {
    400: "頼み方が違うとの答え", 401: "認証が要る", 403: "見る許可がない", 404: "見つからない",
    407: "プロキシの認証が要る", 408: "時間切れ", 410: "なくなった", 429: "尋ねる回数が多すぎる",
    451: "法律上の理由で出せない", 500: "サーバーの中の誤り", 501: "サーバーが対応していない", 502: "中継先の誤り",
    503: "今は使えない", 504: "中継先が答えない",
}  # fmt: skip
"""Statuses in Japanese (RFC 9110, 15)."""


def tell_status(url: str, status: int) -> Finding:
    """Return the finding for an answer that is an error: its status and what that means."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    meaning = (
        f"{_MEANINGS[status]} / {phrase}" if status in _MEANINGS else phrase or "標準にない番号 / not a standard status"
    )
    return Finding("http-status", value=url, args={"status": str(status), "meaning": meaning})


_KEPT = "".join(chr(code) for code in range(0x21, 0x7F))


def read_location(url: str, where: str) -> str:
    """Resolve the Location header of an answer from `url` as browsers do: spaces and all bytes beyond ASCII, of
    whatever encoding, are percent-encoded, and a host's name is UTF-8.  Raises ValueError for what is no URL.
    """
    escaped = quote(where.strip().encode("latin-1"), safe=_KEPT)  # http.client decodes headers as Latin-1
    parts = urlsplit(urljoin(url, escaped))
    if re.search("%[89A-F]", parts.netloc):
        host = unquote(parts.netloc, errors="strict").encode("idna").decode()  # which makes ＠ an @
        if set(host) & set("/?#@\\%"):
            raise ValueError(host)
        parts = parts._replace(netloc=host)
    return urlunsplit(parts)


def read_retry_after(text: str, now: float) -> float | None:
    """Parse a Retry-After header of either kind (RFC 9110, 10.2.3) to seconds; None if it can't be parsed."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)


GZIP, ZLIB, RAW = 31, 15, -15
"""zlib's window-bits values for the three formats (zlib.net/manual.html, inflateInit2)."""


class PackedError(Exception):
    """Bytes that don't match their Content-Encoding."""


class Unpacker:
    """Decoder of one Content-Encoding (RFC 9110, 8.4.1): none, `gzip` or `deflate`."""

    def __init__(self, encoding: str) -> None:
        names = [name for part in encoding.lower().split(",") if (name := part.strip()) not in ("", "identity")]
        if len(names) > 1 or (names and names[0] not in ("gzip", "x-gzip", "deflate")):
            raise PackedError(encoding)
        self._name = names[0] if names else ""
        self._stream = zlib.decompressobj(GZIP)
        self._head: bytes | None = b""
        """First bytes, held back until the format of the stream is known."""

    def feed(self, piece: bytes, most: int) -> bytes:
        """Decode `piece`, returning little more than `most` bytes.  Raises PackedError."""
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
        """Test whether the stream is complete after what was fed so far."""
        return not self._name or self._head == b"" or (self._head is None and self._stream.eof)


def _judge(head: bytes) -> int:
    """Detect whether "deflate" has zlib's header (RFC 1950, 2.2), as it should, or none, as many servers send it."""
    return ZLIB if head[0] & 15 == 8 and int.from_bytes(head[:2]) % 31 == 0 else RAW


# ---- between the network and the archive ------------------------------------------------------------------------------


SMALL = 1 << 20
"""Size in bytes up to which a body stays in memory."""


class Spool:
    """Buffer for the bytes of one body.  Refused (cannot-write) if the disk is full or fails."""

    def __init__(self, folder: Path | None = None) -> None:
        """Create an empty spool; `folder` is for a large body, none for the system's temporary folder."""
        self.size = 0
        self._folder = folder or Path(tempfile.gettempdir())
        self._few = bytearray()
        self._file: BinaryIO | None = None

    def write(self, piece: bytes) -> None:
        """Append bytes."""
        self.size += len(piece)
        if self._file is None:
            self._few += piece
            if self.size <= SMALL:
                return
        with self._telling():
            if self._file is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  closed by `close`
                self._file.write(self._few)
                self._few.clear()
            else:
                self._file.write(piece)

    def end(self) -> Body:
        """Return the body; closing it closes the spool."""
        if self._file is None:
            return make_body(bytes(self._few))
        with self._telling():
            self._file.flush()
        return Body(self.size, self._open, self.close)

    def close(self) -> None:
        """Close the file, which frees its disk space."""
        if self._file is not None:
            with suppress(OSError):  # the disk may be full
                self._file.close()

    def _open(self) -> BinaryIO:
        assert self._file is not None
        file = os.fdopen(os.dup(self._file.fileno()), "rb")
        file.seek(0)
        return file

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise Refused(Finding("cannot-write", value=str(self._folder), args={"why": why})) from error
