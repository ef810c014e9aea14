"""Invisible characters, and texts that differ only by them.

Format characters (Unicode's category Cf) and blank letters are invisible, except joiners and direction marks where
scripts need them: Persian, Indic scripts, emoji, Arabic, Hebrew.
"""

import re
import unicodedata

from entaku.formats.heavy import late_compile

_FORMAT = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
_MARKS = "\u0300-\u036f\u3099\u309a"
"""Combining accents and the marks of が and ぱ that stand alone, as in NFD."""
_SPACES = "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f"
"""Spaces that look like an ordinary one."""
_STYLES = "\ufe0e\ufe0f"
"""Choose between text and emoji; behind other letters they mean nothing.  (U+E0100 and on choose forms of kanji.)"""
FAINT = _FORMAT + _MARKS + _SPACES + _STYLES
"""Content of a character class (also RE2's): all characters that can make texts differ without being seen."""

_JOINED = "\u0590-\u1cff\ua800-\uabff\u2600-\u27bf\ufb1d-\ufdff\ufe0f\ufe70-\ufefc\U0001f000-\U0001faff"
_RIGHT_TO_LEFT = late_compile("[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]")
_JOINER = late_compile(f"(?<![{_JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])")
_ALWAYS = late_compile(f"[{_FORMAT}]".replace("\u200b-\u200f", "\u200b").replace("\u061c", ""))
_STYLED = late_compile(f"(?<![\u00a9\u00ae\u203c-\u303d\u3297\u3299\U0001f000-\U0001faff0-9#*])[{_STYLES}]")
_DIRECTION = late_compile("[\u200e\u200f\u061c]")
_COMPOSABLE = late_compile(f".[{_MARKS}]+", re.DOTALL)
_SPACE = late_compile(f"[{_SPACES}]")


def find_invisible(text: str) -> str:
    """Return the invisible characters in `text`, each once."""
    found = [*_ALWAYS.findall(text), *_JOINER.findall(text), *_STYLED.findall(text)]
    if not _RIGHT_TO_LEFT.search(text):
        found += _DIRECTION.findall(text)
    return "".join(dict.fromkeys(found))


def drop_invisible(text: str) -> str:
    """Remove invisible characters, replace unusual spaces by ordinary ones, and compose each letter with its marks
    (NFC)."""
    text = _STYLED.sub("", _JOINER.sub("", _ALWAYS.sub("", text)))
    if not _RIGHT_TO_LEFT.search(text):
        text = _DIRECTION.sub("", text)
    text = _COMPOSABLE.sub(lambda match: unicodedata.normalize("NFC", match.group()), text)
    return _SPACE.sub(" ", text)


def fold(text: str) -> str:
    """Return a comparison key of `text` as displayed: two texts that look alike have the same key."""
    return drop_invisible(text).strip()


def spell(characters: str) -> str:
    """Return characters as code points: "U+200B, U+FEFF"."""
    return ", ".join(f"U+{ord(character):04X}" for character in characters)
