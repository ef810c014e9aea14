"""Members → a zip whose bytes follow from them alone: no times, packed by the library that pyarrow brings along and not
by the machine's zlib.  For archives below 4 GB (no zip64)."""

import struct
from collections.abc import Iterable

from entaku.formats.heavy import pa

_UTF8, _DEFLATED, _STORED, _DAY = 0x800, 8, 0, 0x21
"""Flag of names in UTF-8; the methods; 1980-01-01, the first day that a zip can name."""
_GZIP = 10, 8
"""Bytes of gzip's head, and of its tail, which is the checksum and the size."""


def write_zip(members: Iterable[tuple[str, bytes]], level: int = 6) -> bytes:
    """Return the zip of the members, given as name and content, in their order."""
    codec = pa.Codec("gzip", level)
    parts, entries, at = list[bytes](), list[bytes](), 0
    for name, body in members:
        packed: bytes = codec.compress(body, asbytes=True)
        method, shown = (_DEFLATED, packed[_GZIP[0] : -_GZIP[1]])
        check = packed[-8:-4]
        if len(shown) >= len(body):
            method, shown = _STORED, body
        path = name.encode()
        about = struct.pack("<HHHHH", 20, _UTF8, method, 0, _DAY) + check + struct.pack("<II", len(shown), len(body))
        about += struct.pack("<HH", len(path), 0)
        parts += [b"PK\x03\x04", about, path, shown]
        entries.append(b"PK\x01\x02\x14\x00" + about + struct.pack("<HHHII", 0, 0, 0, 0, at) + path)
        at += 4 + len(about) + len(path) + len(shown)
    listing = b"".join(entries)
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(listing), at, 0)
    return b"".join((*parts, listing, b"PK\x05\x06", end))
