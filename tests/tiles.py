"""Archives of map tiles for tests: PMTiles 3 with one tile, a vector tile, a picture."""

import gzip
import json
import struct
import zlib


def write_number(value):
    """A whole number as PMTiles and protocol buffers write it: seven bits a byte."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def write_tiles(tile, kind, metadata):
    """An archive of PMTiles 3 with one tile, that of the whole world."""
    directory = gzip.compress(b"".join(map(write_number, (1, 0, 1, len(tile), 1))), mtime=0)
    told = gzip.compress(json.dumps(metadata).encode(), mtime=0)
    parts, at = [], 127
    for part in (directory, told, b"", tile):
        parts += [at, len(part)]
        at += len(part)
    numbers = b"".join(each.to_bytes(8, "little") for each in (*parts, 1, 1, 1))
    bounds = struct.pack("<iiiiBii", -1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000, 0, 0, 0)
    head = b"PMTiles\x03" + numbers + bytes([1, 2, 1, kind, 0, 0]) + bounds
    assert len(head) == 127
    return head + directory + told + tile


def write_field(number, body):
    return write_number(number << 3 | 2) + write_number(len(body)) + body if isinstance(body, bytes) else write_number(number << 3) + write_number(body)  # fmt: skip


def write_vector():
    """A vector tile of land everywhere, and a lake everywhere upon it."""
    square = [9, 0, 0, 26, 8192, 0, 0, 8192, 8191, 0, 15]
    shape = write_field(3, 3) + write_field(4, b"".join(map(write_number, square)))
    return b"".join(
        write_field(3, write_field(15, 2) + write_field(1, name) + write_field(2, shape) + write_field(5, 4096))
        for name in (b"earth", b"water")
    )


def write_red():
    """A red PNG of 256 by 256 points."""

    def chunk(kind, body):
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    head = struct.pack(">IIBBBBB", 256, 256, 8, 2, 0, 0, 0)
    lines = zlib.compress((b"\0" + b"\xff\x20\x20" * 256) * 256)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")
