"""A response's bytes, unpacked piece by piece: never more than was allowed, and never a piece for the whole.

urllib3 unpacks too, but takes a gzip stream that ends in the middle for complete.
"""

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
        self._stream = zlib.decompressobj(ZLIB if self._name == "deflate" else GZIP)
        self._begun = False

    def feed(self, piece: bytes, most: int) -> bytes:
        """What `piece` holds, but not much more than `most` bytes of it.  Raises PackedError."""
        if not self._name:
            return piece
        out = bytearray()
        while piece and len(out) <= most:
            if self._stream.eof:
                if not piece.lstrip(b"\0"):
                    break  # padding
                self._stream = zlib.decompressobj(GZIP if self._name != "deflate" else ZLIB)
            try:
                out += self._stream.decompress(piece, most + 1 - len(out))
            except zlib.error as error:
                if self._name != "deflate" or self._begun:
                    raise PackedError(f"{self._name}: {error}") from error
                self._stream = zlib.decompressobj(RAW)  # as many servers mean by "deflate"
                self._begun = True
                continue
            self._begun = True
            piece = self._stream.unconsumed_tail or self._stream.unused_data
        return bytes(out)

    @property
    def complete(self) -> bool:
        """Whether what was fed so far has its end."""
        return not self._name or not self._begun or self._stream.eof
