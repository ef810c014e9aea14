"""Parts of files that a request asks for (RFC 9110, section 14)."""

from typing import IO


def read_range(first: str, last: str, size: int) -> tuple[int, int]:
    """Return the first and last byte of a range `first-last` of a file, from 0; `-last` asks for the last bytes."""
    if not first:
        return max(size - parse_natural(last), 0), size - 1
    return parse_natural(first), min(parse_natural(last), size - 1) if last else size - 1


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
