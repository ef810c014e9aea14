"""Text → the lines of a picture, broken as Japanese and English are printed.  Pure.

Lines may end between any two Japanese characters but before closing marks and small kana, and after opening marks
(行頭禁則, 行末禁則 of JIS X 4051); words of katakana and of other scripts, numbers and dates are never cut where a smaller
size would do.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

Measure = Callable[[str], float]
"""Returns the width of a text."""

NO_START = frozenset(
    "、。，．,.・：；:;？！?!゛゜ヽヾゝゞ々ー～〜）)］]｝}〕〉》」』】｠〗〙〟’”»‐–—…‥％%℃°′″"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ"
)
"""Characters that begin no line."""
NO_END = frozenset("（([［{｛〔〈《「『【｟〖〘〝‘“«￥＄$£＃#")
"""Characters that end no line."""
ELLIPSIS = "…"
MISSING = "〓"
"""What printers put in the place of a character that they haven't got (下駄)."""
_JOINED = re.compile("[\u30a1-\u30ff][\u30a1-\u30fa\u30fc-\u30ff]|\\d[年月日時分円人件個回本台歳％万億兆]|[年月]\\d")
"""Two characters that stay together: a word of katakana, a number and what it counts, a date."""
_GAPS = re.compile(f"{MISSING}+")
_WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


def clean_text(text: str, has: Callable[[str], bool]) -> str:
    """Return a text in one line of characters that a font `has`: others are left out where they are pictures or marks
    that aren't seen, and else replaced by MISSING, several by one."""
    shown = []
    for char in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(char)
        if char.isspace() or kind == "Cc":
            shown.append(" ")
        elif kind in ("Cf", "Cs", "Co", "Mn", "Me") or (kind in ("So", "Sk") and not has(char)):
            continue
        else:
            shown.append(char if has(char) else MISSING)
    return _GAPS.sub(MISSING, " ".join("".join(shown).split()))


def cut_pieces(text: str) -> Iterator[str]:
    """Cut a text into pieces that stay on one line; a space stands at the end of the piece before it."""
    piece = ""
    for n, char in enumerate(text):
        if piece and _may_break(text[n - 1], char):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in NO_START or before in NO_END or _JOINED.match(before + after):
        return False
    return before == " " or bool(_WIDE.match(before) or _WIDE.match(after))


def break_lines(text: str, width: float, measure: Measure) -> list[str]:
    """Return the lines of a text, each as full as it can be; a piece that is wider than a line is one of its own."""
    lines, line = list[str](), ""
    for piece in cut_pieces(text):
        if line and measure((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()] if line else lines


def balance_lines(text: str, width: float, measure: Measure) -> list[str]:
    """Return as many lines as `break_lines`, of about one length, so that none is left with a character or two."""
    lines = break_lines(text, width, measure)
    low, high = width / max(1, len(lines)), width
    while len(lines) > 1 and high - low > width / 64:
        middle = (low + high) / 2
        tried = break_lines(text, middle, measure)
        if len(tried) > len(lines) or is_over(tried, middle, measure):
            low = middle
        else:
            lines, high = tried, middle
    return lines


def is_over(lines: Sequence[str], width: float, measure: Measure) -> bool:
    """Test whether a line is wider than it may be."""
    return any(measure(line) > width for line in lines)


def fit_text(
    text: str, width: float, most: Sequence[tuple[int, int]], measure: Callable[[int], Measure]
) -> tuple[int, list[str]]:
    """Return the first size, of pairs of a size and the number of lines that have room in it, in which a text fits, and
    its lines; where none does, the last with an ellipsis at its end."""
    for size, room in most:
        lines = balance_lines(text, width, measure(size))
        if len(lines) <= room and not is_over(lines, width, measure(size)):
            return size, lines
    size, room = most[-1]
    return size, cut_lines(text, width, room, measure(size))


def cut_lines(text: str, width: float, room: int, measure: Measure) -> list[str]:
    """Return at most `room` lines of a text; what has no room gives way to an ellipsis, at the end of a word if there is
    one in that line."""
    lines = [part for line in break_lines(text, width, measure) for part in _cut_wide(line, width, measure)]
    if len(lines) <= room:
        return lines
    pieces = list(cut_pieces(lines[room - 1]))
    while len(pieces) > 1 and measure("".join(pieces).rstrip() + ELLIPSIS) > width:
        pieces.pop()
    last = "".join(pieces).rstrip()
    while last and measure(last + ELLIPSIS) > width:
        last = last[:-1]
    while last and (last[-1] in NO_END or last[-1] in "、。，．,."):
        last = last[:-1]
    return [*lines[: room - 1], last + ELLIPSIS]


def _cut_wide(line: str, width: float, measure: Measure) -> Iterator[str]:
    """Yield a line, cut anywhere if it is a word that has no room."""
    start = 0
    for end in range(1, len(line) + 1):
        if end - start > 1 and measure(line[start:end]) > width:
            yield line[start : end - 1]
            start = end - 1
    yield line[start:]
