"""Words as they are searched for: text folded so that spellings of one word are alike, and cut into terms.  Pure.

Japanese writes no spaces, and dictionaries cut it differently at each end (Pagefind's index and its query disagree on
新幹線: github.com/Pagefind/pagefind/issues/1237), so there is no dictionary here: every two neighbouring characters are
a term, which finds any part of a compound.  Words of other scripts are terms as they are.

`site_templates/assets/search.js` folds and cuts a query in the same way; `tests/test_search_browser.py` holds the two
against each other.  What both must know (ALIKE, SPELLINGS, STOP) travels in the index.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

ALIKE = (
    "髙高﨑崎澤沢濱浜廣広國国學学區区縣県驛駅鐵鉄櫻桜淺浅瀧滝龍竜嶋島嶽岳槇槙麴麹鷗鴎邊辺邉辺齋斎齊斉眞真惠恵榮栄圓円"
    "會会體体號号條条藝芸萬万與与總総橫横灣湾變変發発舊旧靜静豐豊關関壽寿檜桧溪渓假仮ゕかゖけ"
)
"""Pairs: a character and the one that it is searched for as (old forms of kanji in names, small ヵ and ヶ)."""
SPELLINGS = {
    "障がい": "障害", "障碍": "障害", "子ども": "子供", "こども": "子供", "取り組み": "取組", "受け付け": "受付",
    "問い合わせ": "問合せ", "申し込み": "申込", "取り扱い": "取扱", "貸し出し": "貸出", "売り上げ": "売上",
}  # fmt: skip
"""What offices write in two ways, after folding."""
STOP = ("a", "an", "and", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with")
"""English words that tell nothing."""
LONGEST = 30
"""Characters of a word that count."""

_KANA = "ぁ-ゟー"
_CJK = "ー々〆〇ぁ-ゟヷ-ヺ㐀-䶿一-鿿豈-\ufaff가-힣\U00020000-\U000323af"
_TABLE = {code: chr(code - 0x60) for code in range(ord("ァ"), ord("ヶ") + 1)}
_TABLE |= {ord(dash): "-" for dash in "_‐‑‒–—―−─━"}
_ALIKE = {ord(old): new for old, new in zip(ALIKE[::2], ALIKE[1::2], strict=True)}
_ACCENTED = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_SPELLING = re.compile("|".join(SPELLINGS))
_DASH_IN_KANA = re.compile(f"(?<=[{_KANA}])-")
_DASH_ALONE = re.compile(f"(?<![{_KANA}])ー+")
_DASHES = re.compile("ー{2,}")
_DASH_AT_END = re.compile(f"(?<=[{_KANA}]{{3}})ー(?![{_KANA}])")
_NOT_WORDS = re.compile(r"(?:[^\w-]|(?<![a-z0-9])-|-(?![a-z0-9]))+")
_RUN = re.compile(f"([{_CJK}]+)|([^ {_CJK}]+)")
_STOP = frozenset(STOP)


def fold(text: str) -> str:
    """Text as it is compared: words with single spaces between.

    Alike are: full and half width, capitals, accents, katakana and hiragana, old and new kanji, every dash in the
    place of a long vowel mark, and a word of three kana or more with or without a long vowel at its end (JIS Z 8301
    drops it: エレベータ, エレベーター).  A hyphen stays between letters or digits (wi-fi).
    """
    text = unicodedata.normalize("NFKC", text).lower()
    text = _ACCENTED.sub(lambda found: unicodedata.normalize("NFD", found[0])[0], text)
    text = text.translate(_TABLE).translate(_ALIKE)
    text = _DASH_IN_KANA.sub("ー", text)
    text = _DASH_ALONE.sub(" ", text)
    text = _DASHES.sub("ー", text)
    text = _DASH_AT_END.sub("", text)
    text = _SPELLING.sub(lambda found: SPELLINGS[found[0]], text)
    return _NOT_WORDS.sub(" ", text).strip()


def cut(text: str) -> tuple[list[str], list[str]]:
    """The runs of Japanese characters and the words of other scripts in folded `text`."""
    found = _RUN.findall(text)
    return [run for run, _ in found if run], [word[:LONGEST] for _, word in found if word and word not in _STOP]


@lru_cache(1 << 14)
def list_terms(text: str, single: bool = True, first: bool = False) -> frozenset[str]:
    """The terms of `text`: pairs of Japanese characters, and words (wi-fi: wi, fi, wifi).

    `single`: also each Japanese character alone, for who asks for 駅.  `first`: also how each run begins, marked by
    "^": 京都 begins 京都市 and not 東京都.
    """
    runs, words = cut(fold(text))
    terms = {word.replace("-", "") for word in words}
    terms.update(part for word in words if "-" in word for part in word.split("-"))
    for run in runs:
        terms.update(map("".join, pairwise(run)))
        if single:
            terms.update(run)
        if first:
            terms.add("^" + run[:2])
    return frozenset(terms)
