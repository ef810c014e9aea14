"""Text that was decoded wrongly before it came: 図書館 as 蝗ｳ譖ｸ鬢ｨ, é as Ã©."""

import codecs

from entaku.formats.guess import KYOIKU
from entaku.formats.heavy import late_compile

WAYS = (
    ("cp932", "utf-8"), ("cp1252", "utf-8"), ("gb18030", "utf-8"), ("cp1252", "cp932"), ("cp1252", "euc_jp"),
    ("cp932", "euc_jp"),
)  # fmt: skip
"""As what text was decoded, and as what it should have been."""
MOST = 2_000
"""Characters of a cell that are looked at."""
LOST = 0.5
"""The share of characters that may be lost on the way."""
ENOUGH = 0.6
"""The share of characters beyond ASCII that must be usual ones."""


def _first_of_three() -> str:
    """The kanji that bytes E4 to E9, with which kanji begin in UTF-8, and a second byte make in cp932."""
    pairs = (bytes((first, second)) for first in range(0xE4, 0xEA) for second in range(0x80, 0xC0))
    return "".join(pair.decode("cp932", "ignore") for pair in pairs)


_C1 = "\u00a0-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
SIGNS = "|".join(
    [
        "[縺繧繝][^\\x00-\\x7f]",  # kana in UTF-8 read as cp932
        f"[{_first_of_three()}][\uff61-\uff7f]",  # kanji
        "[0-9A-Za-z][ﾂﾃ][\uff61-\uff7f]",  # letters with accents, and °
        f"[ÂÃ][{_C1}]",  # the same read as cp1252
        f"[âãäåæçèé][{_C1}][{_C1}]",  # signs, kana and kanji
        "(?:[‚ƒˆ‰Š‹ŒŽœžŸ†‡˜š›][^\\x00-\\x1f]){2}",  # cp932 read as cp1252
        "[\u00a1-\u00fe]{6}",  # EUC-JP
        "(?:[､･][｡-ﾟ]){3}",  # kana in EUC-JP read as cp932
        "[銇銈銉銆][^\\x00-\\x7f]|锟斤拷",  # UTF-8 read as GBK
        "[\u0081-\u009f]",  # anything read as Latin-1
    ]
)
"""What text that was decoded wrongly looks like; a regular expression, also RE2's."""
_SIGNS = late_compile(SIGNS)
_FINE = late_compile("[ぁ-んァ-ヶー、。・「」（）　！-～À-ÖØ-öø-ž‘’“”–—…•€°ºª«»·¿¡©®™]")
_BEYOND_ASCII = late_compile("[^\x00-\x7f]")
_KANA = late_compile("[ぁ-んァ-ヶ]")
_BROKEN = late_compile("[\x80-\x9f\ue000-\uf8ff\ufffd]")


def unscramble(text: str) -> str:
    """What `text` would be if it had been decoded rightly; "" where it seems to have been."""
    if not _SIGNS.search(text):
        return ""
    text = text[:MOST]
    before = _share_of_usual(text)
    best, most = "", 0.0
    for wrong, right in WAYS:
        raw = text.encode(wrong, "entaku-byte")
        made = raw.decode(right, "replace")
        lost = text.count("\ufffd") + len(_BROKEN.findall(made))
        usual = _share_of_usual(made)
        certain = not lost and right == "utf-8" and not raw.isascii()
        japanese = sum(one in KYOIKU for one in made) + len(_KANA.findall(made))
        likely = lost <= LOST * len(made) and japanese > 1 and usual >= ENOUGH and usual > before
        if (certain or likely) and usual + certain > most:
            best, most = made, usual + certain
    return best


def _share_of_usual(text: str) -> float:
    """The share of characters beyond ASCII that are in common use."""
    beyond = _BEYOND_ASCII.findall(text)
    usual = len(_FINE.findall(text)) + sum(one in KYOIKU for one in beyond)
    return usual / len(beyond) if beyond else 1.0


def _spell_byte(error: UnicodeError) -> tuple[bytes, int]:
    """C1 characters stand for bytes that an encoding lacks; others are lost."""
    assert isinstance(error, UnicodeEncodeError)
    lost = error.object[error.start : error.end]
    return bytes(ord(one) for one in lost if "\x80" <= one <= "\x9f"), error.end


codecs.register_error("entaku-byte", _spell_byte)
