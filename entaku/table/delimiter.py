"""What stands between the values of a text file."""

import codecs
import re

from entaku.model.grammar import Read

LINES = 100
"""Lines that are looked at."""
CLEAR = 0.8
"""The share of lines that must have as many delimiters as the header."""
_QUOTED = re.compile('"(?:[^"]|"")*"')


def decode_head(head: bytes, how: Read) -> str:
    """The beginning of a file as text, in the declared encoding or UTF-8, for telling its delimiter."""
    return head.removeprefix(codecs.BOM_UTF8).decode(how.encoding or "utf-8", "replace")


def find_delimiter(head: str, name: str, how: Read) -> str:
    """The delimiter that is declared, that the name's suffix tells, or that divides the lines as it divides the header.

    A comma, unless the header has none and the lines are divided by tabs, semicolons or bars.
    """
    if how.delimiter is not None:
        return "\t" if how.delimiter == "tab" else how.delimiter
    if how.format == "tsv" or (how.format is None and name.lower().endswith((".tsv", ".tab"))):
        return "\t"
    lines = [_QUOTED.sub("", line) for line in head.splitlines()[:LINES]]
    header, body = _split(lines, how)
    if "," in header:
        return ","
    shares = {mark: _share(mark, header, body) for mark in "\t;|" if mark in header}
    best = max(shares, key=shares.__getitem__, default=",")
    return best if shares and shares[best] >= CLEAR else ","


def _split(lines: list[str], how: Read) -> tuple[str, list[str]]:
    """The line of the header, and the lines of the table below it."""
    starts, row = how.header.starts, how.header.row or 1
    at = next((n for n, line in enumerate(lines) if line.strip().startswith(starts)), row - 1) if starts else row - 1
    rows = [line for line in lines[at + how.header.rows :] if line.strip()]
    return (lines[at] if at < len(lines) else ""), rows[:-1] or rows


def _share(mark: str, header: str, body: list[str]) -> float:
    """The share of lines with as many marks as the header."""
    wanted = header.count(mark)
    return sum(line.count(mark) == wanted for line in body) / len(body) if body else 1.0
