"""A heading → a column's name in Latin letters, and its English title where the glossary of common names has one."""

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from entaku.formats.text import to_half_width

NO_NAMES = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
"""Words that YAML reads as something other than text."""
LONGEST = 40
_KANA = (
    "ア", "a", "イ", "i", "ウ", "u", "エ", "e", "オ", "o", "カ", "ka", "キ", "ki", "ク", "ku", "ケ", "ke", "コ", "ko",
    "サ", "sa", "シ", "shi", "ス", "su", "セ", "se", "ソ", "so", "タ", "ta", "チ", "chi", "ツ", "tsu", "テ", "te", "ト",
    "to", "ナ", "na", "ニ", "ni", "ヌ", "nu", "ネ", "ne", "ノ", "no", "ハ", "ha", "ヒ", "hi", "フ", "fu", "ヘ", "he",
    "ホ", "ho", "マ", "ma", "ミ", "mi", "ム", "mu", "メ", "me", "モ", "mo", "ヤ", "ya", "ユ", "yu", "ヨ", "yo", "ラ",
    "ra", "リ", "ri", "ル", "ru", "レ", "re", "ロ", "ro", "ワ", "wa", "ヲ", "o", "ン", "n", "ガ", "ga", "ギ", "gi", "グ",
    "gu", "ゲ", "ge", "ゴ", "go", "ザ", "za", "ジ", "ji", "ズ", "zu", "ゼ", "ze", "ゾ", "zo", "ダ", "da", "ヂ", "ji",
    "ヅ", "zu", "デ", "de", "ド", "do", "バ", "ba", "ビ", "bi", "ブ", "bu", "ベ", "be", "ボ", "bo", "パ", "pa", "ピ",
    "pi", "プ", "pu", "ペ", "pe", "ポ", "po", "ヴ", "vu", "ァ", "a", "ィ", "i", "ゥ", "u", "ェ", "e", "ォ", "o", "ヵ",
    "ka", "ヶ", "ka",
)  # fmt: skip
_ROMAN = dict(zip(_KANA[::2], _KANA[1::2], strict=True))
_SMALL = {"ャ": "a", "ュ": "u", "ョ": "o"}


@dataclass(frozen=True, slots=True)
class GlossaryTerm:
    """A row of the glossary."""

    name: str
    en: str


@cache
def read_glossary() -> dict[str, GlossaryTerm]:
    """The terms of `glossary.csv`, by their Japanese in half width."""
    text = Path(__file__).with_name("glossary.csv").read_text("utf-8")
    return {fold(row["ja"]): GlossaryTerm(row["name"], row["en"]) for row in csv.DictReader(text.splitlines())}


@cache
def read_kanji() -> dict[str, str]:
    """The reading of each kanji of `kanji.txt`."""
    lines = Path(__file__).with_name("kanji.txt").read_text("utf-8").splitlines()
    pairs = (line.split(" ") for line in lines if not line.startswith("#"))
    return {kanji: reading for reading, some in pairs for kanji in some}


def fold(label: str) -> str:
    """A heading for looking up: half-width, without spaces."""
    return re.sub(r"\s+", "", to_half_width(label))


def find_term(label: str) -> GlossaryTerm | None:
    """The glossary's term for a heading, if it has it as a whole."""
    return read_glossary().get(fold(label))


def name_label(label: str) -> str:
    """A name for a heading: the glossary's, else of its parts, else romaji; never empty."""
    term = find_term(label)
    if term is not None and term.name not in NO_NAMES:
        return term.name
    parts = [part for part in re.split(r"[\s_・／/、，,()（）\[\]【】:：~～\-‐–—―]+", to_half_width(label)) if part]
    name = "_".join(filter(None, (_name_part(part) for part in parts)))
    name = re.sub(r"_+", "_", name).strip("_")[:LONGEST].strip("_")
    if not name:
        return "item"
    if name[0].isdigit():
        name = f"n{name}"
    return f"{name}_" if name in NO_NAMES else name


def title_label(label: str) -> str:
    """The English title of a heading that the glossary knows, as a whole or in its parts; else ""."""
    term = find_term(label)
    if term is not None:
        return term.en
    parts = [part for part in re.split(r"[_／/・]", to_half_width(label)) if part.strip()]
    terms = [find_term(part) for part in parts]
    known = [one.en for one in terms if one is not None]
    return ", ".join(known) if len(parts) > 1 and len(known) == len(parts) else ""


def _name_part(part: str) -> str:
    term = find_term(part)
    if term is not None:
        return term.name
    if part.isascii():
        return re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_")
    words = list(_cut(fold(part)))
    return "_".join(words)


def _cut(text: str) -> list[str]:
    """The words of a text: the longest terms of the glossary, and between them romaji."""
    words: list[str] = []
    rest = ""
    at = 0
    while at < len(text):
        length = next((n for n in range(min(12, len(text) - at), 1, -1) if text[at : at + n] in read_glossary()), 0)
        if length:
            words += [romanise(rest)] if rest else []
            rest = ""
            words.append(read_glossary()[text[at : at + length]].name)
            at += length
        else:
            rest += text[at]
            at += 1
    words += [romanise(rest)] if rest else []
    return [word for word in words if word]


@lru_cache(4096)
def romanise(text: str) -> str:
    """A text in Latin letters: kana by Hepburn, kanji by their usual reading, other signs as nothing."""
    made = ""
    double = False
    for char in to_half_width(text).translate({n: n + 0x60 for n in range(0x3041, 0x3097)}):
        if char in "ッ":
            double = True
            continue
        if char in _SMALL and made:
            made = made[:-1] + ("" if made.endswith(("shi", "chi", "ji")) else "y") + _SMALL[char]
            continue
        sound = (
            _ROMAN.get(char) or read_kanji().get(char) or (char.lower() if char.isascii() and char.isalnum() else "")
        )
        if not sound and char not in "ー々":
            sound = "_" if made else ""
        made += (sound[0] if double and sound and sound[0] not in "aiueo_" else "") + sound
        double = False
    return re.sub(r"[^a-z0-9]+", "_", made).strip("_")


def tell_names_apart(names: list[str], join: str = "_") -> list[str]:
    """The names, of which repeated ones get `_2`, `_3`."""
    taken: set[str] = set()
    told = []
    for name in names:
        new, n = name, 1
        while new in taken:
            n += 1
            new = f"{name}{join}{n}"
        taken.add(new)
        told.append(new)
    return told
