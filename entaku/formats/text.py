"""Text decoding without losing a byte, character widths, and numbers as Japanese offices write them."""

import codecs
import json
import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from entaku.formats import guess
from entaku.formats.heavy import late_compile

MARK = 0x10FF00
"""Offset of undecodable bytes: byte b is carried as the character MARK + b, which no encoding read here produces."""
MARKED = late_compile("[\U0010ff00-\U0010ffff]")

MOST_BAD = 50
"""Undecodable bytes beyond which, if they are also a twentieth of those that are not ASCII, the encoding is wrong."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Decoded text.  A byte that can't be decoded is in `text` as one character of MARKED."""

    text: str
    encoding: str
    bad: int
    """Number of undecodable bytes."""
    sure: bool = True
    """False where so much can't be decoded that it must be another encoding (`text` then has U+FFFD instead)."""
    likely: tuple[str, ...] = ()
    """Where the bytes are neither UTF-8 nor Japanese: the encodings that they may be in, of which the first was used."""


def decode(body: bytes, encoding: str | None) -> Decoded:
    """Decode bytes by the declared encoding, or by the one detected from the whole of `body`.

    A byte order mark is removed.  NUL, and the single bytes that Python's cp932 accepts although they are unassigned
    (80, A0, FD, FE, FF), count as undecodable.
    """
    if encoding is None:
        return _detect(body)
    if encoding == "utf-16":
        return _decode(body, _utf16(body) or "utf-16-le")
    if encoding == "utf-32":
        return _decode(body, _utf32(body) or "utf-32-le")
    return _decode(body, encoding)


def find_bad_line(body: bytes, encoding: str) -> int | None:
    """The line of the first byte that can't be decoded, from 1; None if all can."""
    try:
        body.decode(encoding)
    except UnicodeDecodeError as error:
        return 1 + body.count(b"\n", 0, error.start)
    return None


def spell_bytes(text: str) -> str:
    """Return the undecodable bytes in `text` as hexadecimal: "81 7F"."""
    return " ".join(f"{ord(mark) - MARK:02X}" for mark in MARKED.findall(text))


def hide_marks(text: str) -> str:
    """Replace each undecodable byte in `text` by U+FFFD."""
    return MARKED.sub("\ufffd", text)


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    if error.encoding in ("euc_jp", "euc-jp"):
        pair = _decode_row_13(error.object[error.start : error.start + 2])
        if pair:
            return pair, error.start + 2
    bad = error.object[error.start : error.end]
    return "".join(chr(MARK + byte) for byte in bad), error.end


codecs.register_error("entaku-mark", _mark)


def _decode_row_13(pair: bytes) -> str:
    """Decode the ①, ㈱ or 髙 that EUC-JP files of Windows origin hold (CP51932) and Python's euc_jp lacks; "" if none."""
    if len(pair) < 2 or pair[0] not in (0xAD, 0xF9, 0xFA, 0xFB, 0xFC) or pair[1] < 0xA1:
        return ""
    row, cell = pair[0] - 0xA1, pair[1] - 0xA1
    lead = row // 2 + (0x81 if row < 62 else 0xC1)
    trail = cell + 0x9F if row % 2 else cell + (0x40 if cell < 63 else 0x41)
    return bytes((lead, trail)).decode("cp932", "ignore")


_CP932_HOLES = {0x80: MARK + 0x80, 0xF8F0: MARK + 0xA0, 0xF8F1: MARK + 0xFD, 0xF8F2: MARK + 0xFE, 0xF8F3: MARK + 0xFF}


def _decode(body: bytes, encoding: str) -> Decoded:
    name = encoding[:6] if encoding.startswith(("utf-16", "utf-32")) else encoding
    text = body.decode(encoding, "replace").lstrip("\ufeff")
    bad = text.count("\ufffd") - (body.count("\ufffd".encode()) if encoding == "utf-8" else 0)
    if bad > MOST_BAD and bad * 20 > _count_beyond_ascii(body):
        return Decoded(text, name, bad, sure=False)
    # Only these leave marks, so that most files need not be looked through for them.
    marked = bad > 0 or name in ("utf-16", "utf-32") or (encoding == "utf-8" and b"\xf4" in body)
    if bad:
        text = body.decode(encoding, "entaku-mark").lstrip("\ufeff")
    if encoding == "cp932" and re.search("[\x80\uf8f0-\uf8f3]", text):
        text, marked = text.translate(_CP932_HOLES), True
    if "\0" in text:
        text, marked = text.replace("\0", chr(MARK)), True
    return Decoded(text, name, len(MARKED.findall(text)) if marked else 0)


def _count_beyond_ascii(body: bytes) -> int:
    return len(body.translate(None, bytes(range(128))))


# ---- detection --------------------------------------------------------------------------------------------------


def _detect(body: bytes) -> Decoded:
    if body.startswith(codecs.BOM_UTF8):
        return _decode(body, "utf-8")
    if wide := _utf32(body) or _utf16(body):
        return _decode(body, wide)
    if body.isascii() and _ISO_2022.search(body):
        return _decode(body, "iso2022_jp_ext")
    utf8 = _decode(body, "utf-8")
    if not utf8.bad:
        return utf8
    best = _decode(body, "cp932")
    if best.bad or _NOT_PLAIN_CP932.search(best.text):
        best = min((utf8, best, _decode(body, "euc-jp")), key=_score)
    cut = best.encoding == "utf-8" and _is_cut(body)
    return best if cut or _is_plausible(best) else _decode_likely(body, best)


def _is_cut(body: bytes) -> bool:
    """Whether UTF-8 ends within a character and has no other fault."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return False


def _is_plausible(decoded: Decoded) -> bool:
    """Whether text that was decoded without being told the encoding reads as if in that encoding."""
    if decoded.encoding == "utf-8":
        return len(_BEYOND_ASCII.findall(decoded.text[: guess.MOST])) > 2 * decoded.bad
    return guess.is_japanese(decoded.text, decoded.encoding)


def _decode_likely(body: bytes, best: Decoded) -> Decoded:
    """The text in the likeliest encoding of those that aren't Japanese, if there is one."""
    likely = [one for one in guess.guess_others(body) if not _decode(body, one).bad]
    if not likely:
        return replace(best, sure=best.sure and best.encoding == "utf-8")
    japanese = [one for one in ("cp932", "euc-jp") if not _decode(body, one).bad]
    return replace(_decode(body, likely[0]), likely=(likely[0], *japanese, *likely[1:]))


_ISO_2022 = late_compile(rb"\x1b\$[@B]|\x1b\([JI]")
_BEYOND_ASCII = late_compile("[^\x00-\x7f]")


def _utf32(body: bytes) -> str:
    """The byte order of UTF-32 by its mark; "" if it isn't."""
    marks = {codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be"}
    return next((name for mark, name in marks.items() if body.startswith(mark)), "")


def _utf16(body: bytes) -> str:
    """Return the codec of UTF-16, by its mark or by the NULs of line ends and ASCII; "" if it isn't UTF-16."""
    if body.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if body.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    if len(body) % 2 or b"\0" not in body:
        return ""
    even, odd = body[::2].count(0), body[1::2].count(0)
    if min(even, odd) * 20 > max(even, odd) or max(even, odd) * 100 < len(body):
        return ""
    line_end, order = (b"\n\0", "utf-16-le") if odd > even else (b"\0\n", "utf-16-be")
    return order if line_end in body or b"\n" not in body else ""


_PRIVATE = late_compile("[\x80-\x9f\ue000-\uf8ff]")
_HALF_KANA = late_compile("[\uff61-\uff9f]")
_NOT_PLAIN_CP932 = late_compile("[\x80-\x9f\ue000-\uf8ff\uff61-\uff9f]")
_ODD_HALF_KANA = late_compile("[､･｡][\uff61-\uff9f]|(?<![\uff66-\uff9f])[ｧ-ｯﾞﾟｰ]|[ﾞﾟ]{2}")
_RARE_KANJI = late_compile("[\u4e00-\u9fff]")


def _score(decoded: Decoded) -> float:
    """Score how wrong an encoding looks: undecodable bytes, private and control characters, half-width kana in unlikely
    sequences, and kanji beyond JIS level 1 (EUC-JP text read as cp932, and the other way round, is made of those)."""
    text = decoded.text
    score = 20.0 * decoded.bad + 10 * len(_PRIVATE.findall(text)) + 2 * len(_ODD_HALF_KANA.findall(text))
    score += 0.1 * len(_HALF_KANA.findall(text))
    if decoded.encoding == "euc-jp":
        score += sum(_is_rare(kanji) for kanji in _RARE_KANJI.findall(text[:200_000]))
    return score


def _is_rare(kanji: str) -> bool:
    try:
        return kanji.encode("euc_jp")[0] >= 0xD0
    except UnicodeEncodeError:
        return True


# ---- width and numbers ------------------------------------------------------------------------------------------

SHORT = 40
"""Characters of the longest text whose parsed number is cached."""

_DASHES = "−‐‑‒–—―－﹣"
_ASCII = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: 0x20}
_KEY = dict.fromkeys(map(ord, _DASHES), "-") | dict.fromkeys(map(ord, "〜～∼"), "~")
_HALF_RUN = late_compile("[\uff65-\uff9f]+")


def to_half_width(text: str) -> str:
    """Normalize `text` for comparison and keys: NFKC (①→1, ㈱→(株), ㍻→平成, ｶﾞ→ガ), every dash to "-", every wave dash to
    "~".

    NFKC alone leaves − (U+2212) and 〜 (U+301C) as they are.  Not for text that is published.
    """
    return unicodedata.normalize("NFKC", text.translate(_KEY)).translate(_KEY)


def to_usual_width(text: str) -> str:
    """Convert letters, digits and signs to half width and katakana to full width; change nothing else (① and ㈱
    stay)."""
    return _HALF_RUN.sub(lambda run: unicodedata.normalize("NFKC", run.group()), text.translate(_ASCII))


_NUMBER = late_compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d{1,2})?", re.ASCII)
_MINUS = dict.fromkeys(map(ord, _DASHES), "-")


def parse_number(text: str) -> str | None:
    """Parse a number as Japanese offices write it to plain decimal text ("△１，２３４．５０" → "-1234.50"), else None.

    Full-width digits, thousands separators in their proper positions, and minus as △ ▲ － − or a long vowel mark are
    read (総務省「統計表における機械判読可能なデータの表記方法」1-3 names △ ▲ as what it replaces).  Decimals stay as many as are written; units,
    percent signs and circled digits are not numbers.
    """
    return _read_short_number(text) if len(text) <= SHORT else _read_number(text)


def _read_number(text: str) -> str | None:
    match = _NUMBER.fullmatch(_to_plain(text))
    if match is None or not (match[2] or match[3]):
        return None
    sign, whole, fraction, exponent = match.groups()
    number = (whole or "0").replace(",", "").lstrip("0") or "0"
    number += fraction or ""
    if exponent:
        number = format(Decimal(number + exponent), "f")
    return "-" + number if sign == "-" and number.strip("0.") else number


def _to_plain(text: str) -> str:
    """Convert a number's text to ASCII, with "-" for every minus."""
    plain = text.strip(" \t\r\n\u3000\xa0").translate(_ASCII).translate(_MINUS)
    return "-" + plain[1:].lstrip(" ") if plain[:1] in ("△", "▲", "ー") else plain


_read_short_number = lru_cache(1 << 16)(_read_number)
"""Cached, as files of one kind hold the same few thousand numbers again and again."""


_PADDED = late_compile(r"[^0-9０-９]*[0０][0-9０-９,，]")
_WITH_TEXT = late_compile(r"(?P<before>\D*?)[-+]?\d[\d,]*(?:\.\d+)?(?P<after>\D*)", re.ASCII)


def is_padded(text: str) -> bool:
    """Test whether a number has leading zeros that `parse_number` drops, as codes have: 011002, 007."""
    return _PADDED.match(text) is not None and parse_number(text) is not None


def find_unit(text: str) -> tuple[str, str] | None:
    """Return the text before and after the one number in `text`: "約1,234円" → ("約", "円"); None if there is anything
    else."""
    plain = text.strip()
    match = _WITH_TEXT.fullmatch(plain.translate(_ASCII).translate(_MINUS).translate({0x25B3: "-", 0x25B2: "-"}))
    if match is None:
        return None
    start, end = match.end("before"), match.start("after")
    if _SIGNS.fullmatch(plain[:start] + plain[end:]) or parse_number(plain[start:end]) is None:
        return None
    return plain[:start], plain[end:]


_SIGNS = late_compile(r"[()（）+＋.．,，\s\-−－‐]*")
"""Nothing, or signs that may change what a number means: (5) and 5- are -5."""


def to_decimal(text: str) -> Decimal | None:
    """Return the exact value of a number as `parse_number` reads it, else None."""
    number = parse_number(text)
    try:
        return None if number is None else Decimal(number)
    except InvalidOperation:
        return None


def column_letters(index: int) -> str:
    """Return Excel's letters of the 0-based column `index`: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


# ---- floors -----------------------------------------------------------------------------------------------------


def list_floors(value: str) -> str | None:
    """The floors in `value`, each once, from top to bottom, as a JSON array: "B1F～1F" → '["1F","B1F"]'; else None.

    B is below ground and M a mezzanine: M2F lies between 1F and 2F, BM1F between 1F and B1F.  R is the roof.
    """
    if not value.strip():
        return ""
    floors = [floor.strip() for floor in re.split(r"[~,、・･/\-]", to_half_width(value).upper())]
    heights = {floor: _height(floor) for floor in floors}
    known = {floor: height for floor, height in heights.items() if height is not None}
    if len(known) < len(heights):
        return None
    return json.dumps(sorted(known, key=known.__getitem__, reverse=True), separators=(",", ":"))


def _height(floor: str) -> int | None:
    """Where a floor lies, in half storeys above B1F."""
    match = re.fullmatch(r"(?:(B?)(M?)([1-9][0-9]?)|(R))F", floor)
    if match is None:
        return None
    if match[4]:
        return 1000
    number = int(match[3])
    if match[1]:
        return 2 - 2 * number + bool(match[2])
    return 2 * number - bool(match[2])


UNITS = ("B", "KB", "MB", "GB", "TB")


def show_size(size: int) -> str:
    """Return a number of bytes in words."""
    power = min(max(len(str(size)) - 1, 0) // 3, len(UNITS) - 1)
    return f"{size / 1000**power:,.{1 if power else 0}f} {UNITS[power]}"
