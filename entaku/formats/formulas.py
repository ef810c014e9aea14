"""Cells of a CSV that a spreadsheet would take for formulas, and the apostrophe that makes them text.

Excel computes a cell that begins with one of = + - @ (full-width ones where Japanese is typed), with a tab or a line
break (OWASP, "CSV Injection"): `=HYPERLINK(…)` leads a reader elsewhere, and +81-3-1234-5678 becomes a difference.
Numbers with a sign are numbers, and a mere `-` or `－` stays text by itself.
"""

import re

from entaku.formats.heavy import late_compile

_SIGNS = "=|[+@-]|＝|＋|－|＠"
_START = rf"(?:{_SIGNS}|[\t\r\n\0])"
_DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)"
_NUMBER = rf"[+-](?:{_DIGITS}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?%?"
_PLAIN = rf"(?:{_NUMBER}|(?:[+-]|＋|－)+)"
"""What may begin with a sign: a number, or signs alone, which stand for "nothing"."""
_QUOTED = rf'(?={_START})(?!{_PLAIN}"(?!"))'
_BARE = rf"(?=(?!\n){_START})(?!{_PLAIN}(?:[,\n]|\Z))"
_LIKELY = late_compile(rf'(?:[,\n]|\A)(?:"{_QUOTED}|{_BARE})'.encode())
_CELL = late_compile(rf'"(?P<formula>{_QUOTED})?(?:[^"]|"")*"|(?:(?<=[,\n])|\A){_BARE}[^"]'.encode())
"""A quoted cell, or the first byte of a formula without quotes."""
_TEXT = late_compile(rf"(?={_START})(?!{_PLAIN}\Z)")


def is_formula(text: str) -> bool:
    """Test whether a spreadsheet would take a text for a formula."""
    return _TEXT.match(text) is not None


def guard_formulas(body: bytes) -> tuple[bytes, int]:
    """Put an apostrophe before the cells of a CSV that begin a formula; return the CSV and how many they are.

    `body`: UTF-8 with commas and LF, cells with commas, quotes or line breaks in quotes, as releases have it.
    """
    if not _LIKELY.search(body):
        return body, 0
    count = 0

    def guard(match: re.Match[bytes]) -> bytes:
        nonlocal count
        cell = match[0]
        if cell.startswith(b'"'):
            if match["formula"] is None:
                return cell
            count += 1
            return b"\"'" + cell[1:]
        count += 1
        return b"'" + cell

    return _CELL.sub(guard, body), count
