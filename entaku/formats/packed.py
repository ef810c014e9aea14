"""Single files packed by gzip or bzip2, unpacked in memory within limits."""

import bz2
import gzip
import io
import zlib
from collections.abc import Callable
from typing import BinaryIO, cast

from entaku.formats import limits
from entaku.formats.limits import LimitError
from entaku.formats.zips import BrokenError

_CHUNK = 1 << 18

_OPENERS: dict[str, Callable[[bytes], BinaryIO]] = {
    "gzip": lambda body: cast(BinaryIO, gzip.GzipFile(fileobj=io.BytesIO(body))),
    "bzip2": lambda body: cast(BinaryIO, bz2.BZ2File(io.BytesIO(body))),
}
SUFFIXES = (".gz", ".bz2")


def find_packing(body: bytes) -> str:
    """How a file is packed: "gzip" or "bzip2"; "" if it isn't."""
    if body.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    return "bzip2" if body.startswith(b"BZh") and body[4:10] == b"1AY&SY" else ""


def unpack_file(body: bytes, packing: str) -> bytes:
    """The one file in a packed one.

    Raises BrokenError, or LimitError where it is larger than limits.EXPANDED or than limits.RATIO allows.
    """
    most = max(limits.SMALL, len(body) * limits.RATIO)
    pieces: list[bytes] = []
    size = 0
    try:
        with _OPENERS[packing](body) as file:
            while piece := file.read(_CHUNK):
                size += len(piece)
                pieces.append(piece)
                if size > limits.EXPANDED:
                    raise LimitError("展開後のバイト / unpacked bytes", limits.EXPANDED)
                if size > most:
                    raise LimitError("展開の倍率 / times that it expands", limits.RATIO)
    except EOFError:
        raise BrokenError("途中で切れている / cut short") from None
    except (OSError, ValueError, zlib.error) as error:
        raise BrokenError(f"形が壊れています / {error}") from None
    return b"".join(pieces)
