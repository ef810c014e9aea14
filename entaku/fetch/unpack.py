"""Bytes as they were before a server packed them."""

import zlib

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
