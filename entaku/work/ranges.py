"""Headers of a request: its host, and what parts of a file it asks for and has (RFC 9110, sections 7.2, 13 and 14)."""

import os
import re
from email.message import Message
from pathlib import Path
from typing import IO

CODINGS = {"br": ".br", "gzip": ".gz"}
"""Codings in which files may be beside themselves, the best first, and the ends of their names."""
_TAGS = re.compile(r'(?:W/)?("[^"]*")|(\*)')
_MATCHED = re.compile(r'(W/)?("[^"]*")')


def name_host(host: str) -> str:
    """Return the name in a Host header, without the port."""
    return re.sub(r":[0-9]{1,5}$", "", host.strip()).lower()


def read_range(first: str, last: str, size: int) -> tuple[int, int]:
    """Return the first and last byte of a range `first-last` of a file, from 0; `-last` asks for the last bytes."""
    if not first:
        return max(size - parse_natural(last), 0), size - 1
    return parse_natural(first), min(parse_natural(last), size - 1) if last else size - 1


def tag_file(stat: os.stat_result) -> str:
    """Return the ETag of a file: another one whenever it was written."""
    return f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'


def has_tag(given: str, tag: str) -> bool:
    """Test whether an If-None-Match names the file as it is: a client has it already."""
    return any(one or tag == each for each, one in _TAGS.findall(given))


def is_wanted(given: str, tag: str) -> bool:
    """Test whether a file may be sent: without If-Match, or where that names it as it is by a strong tag."""
    return given.strip() in ("", "*") or any(not weak and one == tag for weak, one in _MATCHED.findall(given))


def may_be_cut(given: str, tag: str) -> bool:
    """Test whether a part may be sent: without If-Range, or where that names the file as it is by a strong tag."""
    return given in ("", tag)


def choose_packed(path: Path, headers: Message) -> tuple[Path, str]:
    """Return the packed file beside a file that a client unpacks by itself, and the name of its coding; "" for none."""
    for coding, suffix in CODINGS.items():
        packed = path.with_name(f"{path.name}{suffix}")
        if accepts(headers, coding) and packed.is_file():
            return packed, coding
    return path, ""


def is_packed(path: Path) -> bool:
    """Test whether there is a packed file beside a file, so that what is sent depends on who asks."""
    return any(path.with_name(f"{path.name}{suffix}").is_file() for suffix in CODINGS.values())


def accepts(headers: Message, coding: str) -> bool:
    """Test whether a client unpacks a coding by itself."""
    given = headers.get("Accept-Encoding", "")
    return re.search(rf"(?:^|[,\s]){coding}\s*(?:,|$|;\s*q=(?:1|0?[.]0*[1-9]))", given) is not None


def parse_natural(digits: str) -> int:
    """Convert digits, however many; beyond the size of any file all numbers are alike."""
    return int((digits.lstrip("0") or "0")[:19])


class FileSlice:
    """The part of a file that a range requests."""

    def __init__(self, file: IO[bytes], left: int) -> None:
        self.file, self.left = file, left

    def read(self, count: int = -1) -> bytes:
        body = self.file.read(self.left if count < 0 else min(count, self.left))
        self.left -= len(body)
        return body

    def close(self) -> None:
        self.file.close()
