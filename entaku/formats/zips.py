"""Unpacking of zips and workbooks in memory, within limits: nothing is extracted to disk, no header is trusted.

A member is inflated to its real end and compared with the size and checksum that the directory claims, because other
readers of the same bytes go by the data, not by the claim.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from entaku.formats import limits
from entaku.formats.limits import LimitError

CHUNK = 1 << 18
KEPT = 64 << 20
"""Bytes of a workbook's sheets that are kept after its check, so that they needn't be unpacked again."""
UTF8_NAME = 0x800
"""Flag of a member whose name is UTF-8 (APPNOTE.TXT 4.4.4, bit 11)."""
ENCRYPTED = 0x1
SYMLINK = 0o120000
BROKEN = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError, zlib.error, struct.error,
    LookupError, OverflowError,
)  # fmt: skip
"""Exceptions that zipfile raises for bytes that are no zip."""


class BrokenError(Exception):
    """Raised for bytes that can't be unpacked; the message says why."""


class LockedError(BrokenError):
    """Raised for bytes that a password protects."""

    def __init__(self) -> None:
        super().__init__("パスワード / password")


def list_members(body: bytes) -> list[zipfile.ZipInfo]:
    """List the members of a zip, without folders.  Raises BrokenError, or LimitError for more than limits.MEMBERS."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as opened:
            members = opened.infolist()
    except BROKEN as error:
        raise BrokenError(f"形が壊れています / {error}") from None
    if len(members) > limits.MEMBERS:
        raise LimitError("zip の中のファイル / files in the zip", limits.MEMBERS)
    return [member for member in members if not member.filename.endswith("/")]


def is_workbook(body: bytes) -> bool:
    """Whether a zip is an Excel workbook of XML."""
    return find_workbook(body) == "xlsx"


def find_workbook(body: bytes) -> str:
    """The format of a zip that is a workbook: "xlsx", "xlsb" or "ods"; "" for any other."""
    try:
        members = {member.filename: member for member in list_members(body)}
        if "xl/workbook.xml" in members or "xl/workbook.bin" in members:
            return "xlsx" if "xl/workbook.xml" in members else "xlsb"
        kind = read_member(body, members["mimetype"], limits.SMALL) if "mimetype" in members else b""
        return "ods" if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet") else ""
    except (BrokenError, LimitError):
        return ""


def decode_name(member: zipfile.ZipInfo) -> str:
    """Decode a member's name, which without the UTF-8 flag may be UTF-8 (macOS) or, on Japanese Windows, cp932."""
    if member.flag_bits & UTF8_NAME:
        return member.filename
    raw = member.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def find_danger(name: str, member: zipfile.ZipInfo) -> str:
    """Return why a member is unsafe (it is a link, or its path leads out of the zip), or ""."""
    if (member.external_attr >> 16) & 0o170000 == SYMLINK:
        return "シンボリックリンク / a symbolic link"
    path = PurePosixPath(name.replace("\\", "/"))
    if ".." in path.parts:
        return "外を指す .. / .. leads outside"
    if path.is_absolute() or name[1:2] == ":":
        return "絶対パス / an absolute path"
    return ""


def read_member(body: bytes, member: zipfile.ZipInfo, budget: int, ratio: bool = True) -> bytes:
    """Return a member's bytes.

    Raises BrokenError, or LimitError where it is larger than `budget` or than limits.RATIO allows.
    """
    return b"".join(unpack(body, member, budget, ratio))


def unpack(body: bytes, member: zipfile.ZipInfo, budget: int, ratio: bool = True) -> Iterator[bytes]:
    """Yield a member's bytes in chunks; the last chunk only if size and checksum are right."""
    if member.flag_bits & ENCRYPTED:
        raise LockedError
    packed = _find_packed(body, member)
    most = max(limits.SMALL, len(packed) * limits.RATIO) if ratio else budget
    size = checksum = 0
    chunk = b""
    for following in _inflate(packed, member.compress_type):
        if chunk:
            yield chunk
        chunk = following
        size += len(chunk)
        checksum = zlib.crc32(chunk, checksum)
        if size > budget:
            raise LimitError("展開後のバイト / unpacked bytes", limits.EXPANDED)
        if size > most:
            raise LimitError("展開の倍率 / times that it expands", limits.RATIO)
    if size != member.file_size or checksum != member.CRC:
        raise BrokenError(f"{decode_name(member)}: 目録と違う中身 / not what the directory says")
    if chunk:
        yield chunk


STRAY = 24
"""Most bytes between members that mean nothing: sizes and checksum after a member's data (APPNOTE.TXT 4.3.9)."""


def list_spare(body: bytes) -> tuple[bytes, int]:
    """Return the bytes of a zip that are no member's data, and how many of them no header and no directory accounts for.

    Raises BrokenError.
    """
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        members = sorted(opened.infolist(), key=lambda member: member.header_offset)
    pieces: list[bytes] = []
    stray = at = 0
    for member in members:
        gap, packed = body[at : member.header_offset], _find_packed(body, member)
        start = member.header_offset + 30 + sum(struct.unpack("<HH", body[member.header_offset + 26 :][:4]))
        pieces += [gap, body[max(at, member.header_offset) : start]]
        stray += len(gap) if len(gap.strip(b"\0")) > STRAY else 0
        at = max(at, start + len(packed))
    directory, end = body.find(b"PK\x01\x02", at), body.rfind(b"PK\x05\x06")
    before, after = (
        body[at : max(at, directory)],
        body[end + 22 + int.from_bytes(body[end + 20 : end + 22], "little") :],
    )
    stray += sum(len(piece) for piece in (before, after) if len(piece.strip(b"\0\r\n")) > STRAY)
    return b"\n".join([*pieces, body[at:]]), stray


def _find_packed(body: bytes, member: zipfile.ZipInfo) -> memoryview:
    start = member.header_offset
    head = body[start : start + 30]
    if len(head) < 30 or not head.startswith(b"PK\x03\x04"):
        raise BrokenError("目録が指す場所に何もない / the directory points nowhere")
    names, extra = struct.unpack("<HH", head[26:30])
    start += 30 + names + extra
    packed = memoryview(body)[start : start + member.compress_size]
    if len(packed) < member.compress_size:
        raise BrokenError("途中で切れている / cut short")
    return packed


def _inflate(packed: memoryview, method: int) -> Iterator[bytes]:
    if method == zipfile.ZIP_STORED:
        for at in range(0, len(packed), CHUNK):
            yield bytes(packed[at : at + CHUNK])
        return
    if method != zipfile.ZIP_DEFLATED:
        raise BrokenError(f"圧縮方式 {method} / compression {method}")
    stream = zlib.decompressobj(-15)
    try:
        for at in range(0, len(packed), CHUNK):
            left: bytes | memoryview = packed[at : at + CHUNK]
            while not stream.eof and (chunk := stream.decompress(left, CHUNK)):
                yield chunk
                left = stream.unconsumed_tail
    except zlib.error as error:
        raise BrokenError(f"形が壊れています / {error}") from None
    if not stream.eof:
        raise BrokenError("途中で切れている / cut short")


# ---- workbooks --------------------------------------------------------------------------------------------------

_DTD = tuple(mark.encode(encoding) for mark in ("<!DOCTYPE", "<!ENTITY") for encoding in ("ascii", "utf-16-le"))
_DTD += tuple(mark.encode("utf-16-be") for mark in ("<!DOCTYPE", "<!ENTITY"))


class Workbook:
    """The parts of an .xlsx, each unpacked once to check its size and checksum.

    Raises LimitError, or BrokenError, also for a document type in any XML part (ECMA-376 part 2, 8.1.4 forbids them: a
    small file can expand without end through entities).
    """

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._kept: dict[str, bytes] = {}
        members = list_members(body)
        left = limits.EXPANDED
        keep = KEPT
        for member in members:
            chunks: list[bytes] = []
            for chunk in _check_part(body, member, left):
                left -= len(chunk)
                if member.filename.startswith("xl/worksheets/") and len(chunk) <= keep:
                    chunks.append(chunk)
                    keep -= len(chunk)
            if sum(map(len, chunks)) == member.file_size:
                self._kept[member.filename] = b"".join(chunks)
        self.members = {member.filename: member for member in members}

    def read(self, name: str) -> bytes:
        """Return a part's bytes; those of a kept sheet are released by the first call."""
        kept = self._kept.pop(name, None)
        return read_member(self._body, self.members[name], limits.EXPANDED, ratio=False) if kept is None else kept


def _check_part(body: bytes, member: zipfile.ZipInfo, budget: int) -> Iterator[bytes]:
    name, tail = member.filename, b""
    xml = name.lower().endswith((".xml", ".rels", ".vml"))
    for chunk in unpack(body, member, budget, ratio=False):
        # every mark has a "!", and most parts have none
        if xml and (b"!" in chunk or b"!" in tail) and any(mark in tail + chunk for mark in _DTD):
            raise BrokenError(f"{name}: DTD（実体の宣言） / a document type with entities")
        tail = chunk[-20:]
        yield chunk
