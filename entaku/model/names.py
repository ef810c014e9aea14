"""Names that owners write for a member of a zip: the name as it is, or /a pattern/ that whole names match."""

import re
import unicodedata
from collections.abc import Sequence


def is_pattern(wanted: str) -> bool:
    """Whether `wanted` is written as /a pattern/."""
    return len(wanted) > 2 and wanted.startswith("/") and wanted.endswith("/")


def choose_names(wanted: str, names: Sequence[str]) -> list[int]:
    """List the places in `names` that `wanted` means: those of exactly this name, else of /this pattern/.

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
