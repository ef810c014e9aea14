"""Easy Japanese (やさしい日本語) with readings: the notation in which its author writes them, and its parts.

The notation is Aozora Bunko's, which most Japanese know from books on the web: kanji and their reading, `駅《えき》`; where
the reading belongs to more than the kanji before it, the sign `｜` says where that begins: `｜乗り場《のりば》`.
"""

import re
from collections.abc import Iterator
from typing import Annotated, NamedTuple

from pydantic import Field

KANJI = "々〆〇㐀-䶿一-鿿豈-\ufaff"
EASY = f"^([^《》｜]|[{KANJI}]《[^《》｜]+》|｜[^《》｜]+《[^《》｜]+》)*$"
EasyWords = Annotated[
    str,
    Field(
        pattern=EASY,
        max_length=2000,
        description="やさしい日本語の説明。ふりがなは 漢字《かんじ》、かなを含むことばは ｜乗り場《のりば》 と書く / the description in easy "
        "Japanese, readings written as 漢字《かんじ》, or ｜乗り場《のりば》 where the word isn't of kanji alone",
    ),
]

_READ = re.compile(f"(?:｜([^《》｜]+)|([{KANJI}]+))《([^《》｜]+)》")


class Ruby(NamedTuple):
    """A part of a text: some words, and their reading, "" for none."""

    text: str
    reading: str = ""


def list_ruby(text: str) -> tuple[Ruby, ...]:
    """Return the parts of a text in the notation, in order."""
    return tuple(_list_parts(text.strip()))


def _list_parts(text: str) -> Iterator[Ruby]:
    at = 0
    for found in _READ.finditer(text):
        if before := text[at : found.start()]:
            yield Ruby(before)
        yield Ruby(found[1] or found[2], found[3])
        at = found.end()
    if rest := text[at:]:
        yield Ruby(rest)


def list_spellings(text: str) -> tuple[str, ...]:
    """Return a text in the notation as it is without readings, and with readings alone; each once, none for ""."""
    parts = list_ruby(text)
    written = ("".join(part.text for part in parts), "".join(part.reading or part.text for part in parts))
    return tuple(dict.fromkeys(each for each in written if each))
