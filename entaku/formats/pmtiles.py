"""The head of an archive of map tiles, PMTiles 3: what it says of itself, believed only where it fits the file."""

from dataclasses import dataclass
from typing import Literal

from entaku.formats.zips import BrokenError

TYPES: dict[int, Literal["vector", "raster"]] = {1: "vector", 2: "raster", 3: "raster", 4: "raster", 5: "raster"}
PACKED = (1, 2)
"""Ways of packing that browsers undo: none, and gzip."""


@dataclass(frozen=True, slots=True)
class TilesHead:
    """What an archive holds: its kind of tiles, its zoom levels, and how long the file must be."""

    kind: Literal["vector", "raster"]
    least: int
    most: int
    bytes: int


def read_head(measured: bytes) -> TilesHead:
    """Read the head of an archive, 127 bytes, followed by the size of the file in eight.  Raises BrokenError where it is
    no archive that pages can show."""
    head, size = measured[:127], int.from_bytes(measured[127:], "little")
    if head[:7] != b"PMTiles":
        raise BrokenError("PMTiles の印で始まっていません / it doesn't begin with the mark of PMTiles")
    if head[7] != 3:
        raise BrokenError(f"PMTiles 3 でなく {head[7]} です / it is PMTiles {head[7]}, not 3")
    numbers = [int.from_bytes(head[at : at + 8], "little") for at in range(8, 72, 8)]
    whole = max(start + length for start, length in zip(numbers[::2], numbers[1::2], strict=True))
    if whole > size:
        raise BrokenError(f"{size:,} バイトしかなく、{whole:,} バイトのはずです / it has {size:,} bytes of {whole:,}")
    if head[97] not in PACKED or head[98] not in PACKED:
        raise BrokenError("gzip のほかの方法で圧縮されています / it is packed by another method than gzip")
    if head[99] not in TYPES:
        raise BrokenError(f"タイルの種類 {head[99]} を描けません / tiles of the type {head[99]} can't be drawn")
    return TilesHead(TYPES[head[99]], head[100], head[101], whole)
