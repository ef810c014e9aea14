"""What people say for the words of datasets: readings, Latin letters, synonyms and plain words.

`words.csv` has common words of public offices: `word`, its `readings` in hiragana, and `synonyms`, each apart by spaces.
A word that stands in a text is found by all of them, and where a synonym stands there, by the word and the others.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path

from entaku.model.hints import romanise

Fold = Callable[[str], str]

_KATAKANA = re.compile("[ァ-ヴー]{3,}")
_ROWS_OF_A = {"a": "ぁあかがさざただなはばぱまゃやらわ", "i": "いきぎしじちぢにひびぴみり", "u": "うくぐすずつづぬふぶぷむゅゆる", "e": "えけげせぜてでねへべぺめれ", "o": "おこごそぞとどのほぼぽもょよろ"}  # fmt: skip
_VOWELS = {kana: vowel for vowel, row in _ROWS_OF_A.items() for kana in row}


@cache
def _read_words(fold: Fold) -> Mapping[str, tuple[str, ...]]:
    """Return by each folded word what it is found by, as texts."""
    found: dict[str, dict[str, None]] = {}
    with Path(__file__).with_name("words.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            readings, others = row["readings"].split(), row["synonyms"].split()
            said = [*readings, *(latin for reading in readings for latin in spell(reading)), *others]
            found.setdefault(fold(row["word"]), {}).update(dict.fromkeys(said))
    return {word: tuple(said) for word, said in found.items()}


@cache
def _index_words(fold: Fold) -> Mapping[str, list[tuple[int, str, tuple[str, ...]]]]:
    """Return the folded words with their numbers and what they are found by, by the character with which they begin."""
    first: dict[str, list[tuple[int, str, tuple[str, ...]]]] = {}
    for n, (word, every) in enumerate(_read_words(fold).items()):
        first.setdefault(word[0], []).append((n, word, every))
    return first


@lru_cache(1 << 14)
def spell(kana: str) -> tuple[str, ...]:
    """Return a word of kana in Latin letters, as people type it: long vowels written (shijou, erebeetaa) and not."""
    plain = "".join(chr(ord(each) - 0x60) if "ァ" <= each <= "ヴ" else each for each in kana)
    long = re.sub("(.)ー", lambda found: found[1] + {"a": "あ", "i": "い", "u": "う", "e": "え", "o": "お"}.get(_VOWELS.get(found[1], ""), ""), plain)  # fmt: skip
    spelled = romanise(long)
    short = re.sub("(?<=o)[uo]|(?<=u)u|(?<=a)a|(?<=e)e", "", spelled)
    return tuple(dict.fromkeys(each for each in (spelled, short, romanise(plain)) if each))


def list_said(texts: Iterable[str], fold: Fold) -> tuple[str, ...]:
    """Return what the words of texts are found by besides themselves, each once; `fold` makes spellings alike."""
    return tuple(dict.fromkeys(each for text in texts for each in _list_of(text, fold)))


@lru_cache(1 << 14)
def _list_of(text: str, fold: Fold) -> tuple[str, ...]:
    folded, first = fold(text), _index_words(fold)
    found = sorted(known for sign in set(folded) for known in first.get(sign, ()) if known[1] in folded)
    words = [each for _, _, every in found for each in every]
    return (*words, *(latin for run in _KATAKANA.findall(text) for latin in spell(run)))
