"""Pictures that a project gives its pages, SVG or PNG → the same pictures with nothing in them but what is seen.

Kept are the elements and chunks of a list; scripts, links, pictures within pictures, what is loaded from elsewhere,
and what programs note of authors and places are left out.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from entaku.formats.heavy import saxutils
from entaku.formats.limits import LimitError
from entaku.formats.xml import walk_xml
from entaku.formats.zips import BrokenError

BYTES = 200_000
"""Size of a picture: every page shows it."""
PIXELS = 4_000
ELEMENTS = 5_000
INFLATED = 4 * PIXELS * PIXELS * 2
PNG = b"\x89PNG\r\n\x1a\n"
CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"IDAT", b"IEND")
"""Chunks that decide on what is seen (PNG, third edition, section 11)."""
SVG = "http://www.w3.org/2000/svg"
SHAPES = frozenset(
    [
        "svg",
        "g",
        "defs",
        "symbol",
        "use",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "textPath",
        "title",
        "desc",
        "style",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "mask",
        "pattern",
        "marker",
        "filter",
        "feBlend",
        "feColorMatrix",
        "feComponentTransfer",
        "feComposite",
        "feDropShadow",
        "feFlood",
        "feFuncA",
        "feFuncB",
        "feFuncG",
        "feFuncR",
        "feGaussianBlur",
        "feMerge",
        "feMergeNode",
        "feMorphology",
        "feOffset",
    ]
)
"""Elements of SVG that draw and neither run, load nor link anything."""
WORDED = frozenset(("text", "tspan", "textPath", "title", "desc", "style"))
"""Those that hold text."""
_LOADS = re.compile(r"url\((?!\s*[\"']?#)|image(-set)?\(|@import|javascript:|expression\(|\\", re.IGNORECASE)
"""What a style may not have: an address that isn't in the picture itself, or an escape that may hide one."""
_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[0-9]+)?)\s*(?:px)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is published."""

    suffix: str
    """`svg` or `png`."""
    body: bytes
    width: float
    height: float
    left_out: tuple[str, ...]
    """Names of what was left out."""


def clean_picture(body: bytes) -> Picture:
    """Return a picture with nothing in it but what is seen.

    Raises BrokenError for bytes that are neither SVG nor PNG, LimitError for a picture that is too large.
    """
    if len(body) > BYTES:
        raise LimitError("絵のバイト数 / bytes of a picture", BYTES)
    return _clean_png(body) if body.startswith(PNG) else _clean_svg(body)


# ---- PNG --------------------------------------------------------------------------------------------------------


def _clean_png(body: bytes) -> Picture:
    chunks = list(_list_chunks(body))
    names = [name for name, _ in chunks]
    head = chunks[0][1] if chunks else b""
    if names[:1] != [b"IHDR"] or names[-1] != b"IEND" or len(head) != 13 or b"IDAT" not in names:
        raise BrokenError("PNG の形が壊れています / not a whole PNG")
    width, height = struct.unpack(">II", head[:8])
    if not 0 < min(width, height) <= max(width, height) <= PIXELS:
        raise LimitError("絵の幅と高さ / width and height of a picture", PIXELS)
    try:
        reader = zlib.decompressobj()
        reader.decompress(b"".join(data for name, data in chunks if name == b"IDAT"), INFLATED)
    except zlib.error as error:
        raise BrokenError(f"PNG の中が壊れています / PNG: {error}") from None
    if not reader.eof:
        raise BrokenError("PNG が途中で切れています / the PNG is cut short")
    kept = b"".join(_write_chunk(name, data) for name, data in chunks if name in CHUNKS)
    gone = sorted({name.decode("latin-1") for name in names if name not in CHUNKS})
    return Picture("png", PNG + kept, width, height, tuple(gone))


def _list_chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and data of each chunk up to IEND.  Raises BrokenError for a wrong length or checksum."""
    at = len(PNG)
    while at + 12 <= len(body):
        size, name = struct.unpack(">I4s", body[at : at + 8])
        data = body[at + 8 : at + 8 + size]
        at += 12 + size
        if body[at - 4 : at] != struct.pack(">I", zlib.crc32(name + data)):
            raise BrokenError("PNG の検査の値が合いません / a checksum of the PNG is wrong")
        yield name, data
        if name == b"IEND":
            return


def _write_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


# ---- SVG --------------------------------------------------------------------------------------------------------


@dataclass
class _Drawing:
    """An SVG that is written anew while it is read."""

    parts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    root: dict[str, str] = field(default_factory=dict)
    hidden: int = 0
    """How many elements are open from the outermost one that is left out."""
    style: list[str] = field(default_factory=list)
    """Text of the style that is being read."""
    gone: set[str] = field(default_factory=set)

    def start(self, name: str, given: dict[str, str]) -> None:
        if self.hidden or name not in SHAPES or (name == "svg") != (not self.open):
            if not self.open and not self.hidden:
                raise BrokenError(f"SVG ではありません（<{name}>）/ not an SVG (<{name}>)")
            self.gone |= set() if self.hidden else {name}
            self.hidden += 1
            return
        kept = dict(self._keep(given))
        if name == "svg":
            kept = _size_root(kept)
            self.root = kept
        self.open.append(name)
        self.parts.append(f"<{name}{''.join(f' {key}={saxutils.quoteattr(value)}' for key, value in kept.items())}>")

    def end(self, _: str) -> None:
        if self.hidden:
            self.hidden -= 1
            return
        style, self.style = "".join(self.style), []
        if _LOADS.search(style):
            self.gone.add("style")
        else:
            self.parts.append(saxutils.escape(style))
        self.parts.append(f"</{self.open.pop()}>")

    def text(self, words: str) -> None:
        if self.open and self.open[-1] in WORDED and not self.hidden:
            (self.style if self.open[-1] == "style" else self.parts).append(
                words if self.open[-1] == "style" else saxutils.escape(words)
            )

    def _keep(self, given: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Yield the attributes that draw; `xlink:href` as `href`, and only to parts of the picture."""
        for name, value in given.items():
            prefix, _, local = name.rpartition(":")
            if name == "xmlns" or prefix == "xmlns":
                continue
            if local == "href" and value.startswith("#"):
                yield "href", value
            elif prefix in ("", "xml") and local != "href" and not local.lower().startswith("on"):
                if _LOADS.search(value):
                    self.gone.add(local)
                else:
                    yield name, value
            else:
                self.gone.add(name)


def _size_root(given: dict[str, str]) -> dict[str, str]:
    """Return the attributes of the root, with a `viewBox`: without one a picture can't be scaled."""
    wide, high = (_LENGTH.fullmatch(given.get(key, "")) for key in ("width", "height"))
    if "viewBox" not in given and wide and high:
        given = {**given, "viewBox": f"0 0 {wide[1]} {high[1]}"}
    if not all(size > 0 for size in _read_box(given.get("viewBox", ""))):
        raise BrokenError("SVG に viewBox がありません / the SVG has no viewBox")
    return {"xmlns": SVG, **given}


def _read_box(box: str) -> tuple[float, float]:
    """Return width and height of a `viewBox`, zero where there is none."""
    try:
        _, _, width, height = map(float, re.split(r"[\s,]+", box.strip()))
    except ValueError:
        return 0, 0
    return (width, height) if max(width, height) < 1e6 else (0, 0)


def _clean_svg(body: bytes) -> Picture:
    drawing = _Drawing()
    walk_xml(body, drawing.start, drawing.end, drawing.text, ELEMENTS)
    text = re.sub(r"<(\w+)([^<>]*)></\1>", r"<\1\2/>", "".join(drawing.parts))
    if not drawing.root or "<" not in text[1:]:
        raise BrokenError("SVG に見えるものがありません / there is nothing to see in the SVG")
    width, height = _read_box(drawing.root["viewBox"])
    return Picture("svg", f"{text}\n".encode(), width, height, tuple(sorted(drawing.gone)))
