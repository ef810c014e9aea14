"""Members of a zip, in memory: names in Japanese, limits against bombs, nothing extracted to disk."""

import io
import re
import zipfile
import zlib

from entaku.grammar import Read
from entaku.messages import hint
from entaku.read_rows import MAX_EXPANDED, MAX_MEMBERS, MAX_RATIO, SMALL, Notes

READABLE = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls")
UTF8_NAME = 0x800
"""Flag of a member whose name is UTF-8 (APPNOTE.TXT 4.4.4, bit 11)."""
ENCRYPTED = 0x1


def is_workbook(body: bytes) -> bool:
    """Whether a zip is an Excel workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as members:
            return "xl/workbook.xml" in members.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False


def read_members(body: bytes, how: Read, notes: Notes) -> list[tuple[str, bytes]]:
    """Name and bytes of the members that `how.member` matches, or of the only readable one; in the zip's order."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as members:
            chosen = _choose_members(members, how, notes)
            return [(name, _read_member(members, member)) for name, member in chosen]
    except _TooLargeError as limit:
        notes.add("read-limit", what="展開後のバイト / unpacked bytes", limit=str(limit))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError, zlib.error) as error:
        notes.add("broken-file", format="zip", why=str(error))
    return []


class _TooLargeError(Exception):
    pass


def _choose_members(members: zipfile.ZipFile, how: Read, notes: Notes) -> list[tuple[str, zipfile.ZipInfo]]:
    every = members.infolist()
    if len(every) > MAX_MEMBERS:
        notes.add("read-limit", what="zip の中のファイル / files in the zip", limit=str(MAX_MEMBERS))
        return []
    named = [(decode_name(member), member) for member in every if not member.is_dir()]
    named = [(name, member) for name, member in named if not name.startswith("__MACOSX/")]
    names = [name for name, _ in named]
    if how.member is not None:
        chosen = [(name, member) for name, member in named if re.search(how.member, name)]
    else:
        chosen = [(name, member) for name, member in named if name.lower().endswith(READABLE)]
        if len(chosen) > 1:
            notes.add("which-member", hints=hint("", names))
            return []
    if not chosen:
        notes.add("no-member", value=how.member or "|".join(READABLE), hints=hint(how.member or "", names))
    return chosen


def decode_name(member: zipfile.ZipInfo) -> str:
    """The member's name; without the UTF-8 flag it may be UTF-8 (macOS) or, on Japanese Windows, cp932."""
    if member.flag_bits & UTF8_NAME:
        return member.filename
    raw = member.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def _read_member(members: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.flag_bits & ENCRYPTED:
        raise RuntimeError("パスワード / password")
    most = MAX_EXPANDED if member.file_size <= SMALL else min(MAX_EXPANDED, member.compress_size * MAX_RATIO)
    with members.open(member) as stream:
        body = stream.read(most + 1)
    if len(body) > most:
        raise _TooLargeError(most)
    return body
