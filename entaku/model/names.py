"""Matching of zip members by the names that owners write: an exact name, or /a pattern/ that the whole name matches."""

import re
import unicodedata
from collections.abc import Sequence


def is_pattern(wanted: str) -> bool:
    """Test whether `wanted` is written as /a pattern/."""
    return len(wanted) > 2 and wanted.startswith("/") and wanted.endswith("/")


def choose_names(wanted: str, names: Sequence[str]) -> list[int]:
    """List the indices in `names` that `wanted` selects: those of exactly this name, else those that match /this
    pattern/.

    A name may be written without its folders.  が in one character (NFC) and in two (NFD, as macOS writes) are equal.
    """
    whole = [unicodedata.normalize("NFC", name) for name in names]
    last = [name.rpartition("/")[2] for name in whole]
    plain = unicodedata.normalize("NFC", wanted)
    for known in (whole, last):
        if plain in known:
            return [n for n, name in enumerate(known) if name == plain]
    if not is_pattern(plain):
        return []
    pattern = re.compile(plain[1:-1])
    return [n for n, pair in enumerate(zip(whole, last, strict=True)) if any(map(pattern.fullmatch, pair))]
