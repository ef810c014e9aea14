"""Find numbers and addresses that reach a person in texts: 個人番号, payment cards, telephones, e-mail.

What looks like such a number may be another by chance, so the numbers of a column are judged together.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from entaku.formats.heavy import late_compile
from entaku.model.nouns import Place, Severity


@dataclass(frozen=True)
class Hit:
    """Hold values of one column, or texts, that look alike."""

    code: str
    severity: Severity
    what: str
    values: frozenset[str]


def flatten(text: str) -> str:
    """Return a text for searching: NFKC, without characters that show nothing."""
    if text.isascii():
        return text
    return "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")


_G = "[-‐-―−ー ]"
_AFTER = rf"(?!\d|[.,/](?!0(?!\d))\d|{_G}\d)"
_BEFORE = rf"(?<![\d.,/])(?<!\d{_G})"

# ---- My Number --------------------------------------------------------------------------------------------------

_TWELVE = late_compile(
    rf"{_BEFORE}(?:\d{{4}}({_G}{{0,3}}|[・_./])\d{{4}}\1\d{{4}}|\d{{3}}({_G})\d{{3}}\2\d{{3}}\2\d{{3}}|\d(?: \d){{11}}){_AFTER}"
    r"|(?<![\d.])\d{12}(?=[,/ ]\d{12}(?!\d))|(?<=\d{12}[,/ ])\d{12}(?!\d|[.,/]\d(?!\d{11}(?!\d)))"
)
"""In groups or not, in boxes, and several in a row."""
_POWER = late_compile(r"(?<![\d.])[1-9]\.\d{1,11}[eE]\+?11(?!\d)")
"""A number of 12 digits as programs write large numbers."""
_STAMP = late_compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d")
MY_NUMBER_COLUMN = late_compile(
    r"個人番[号號]|マイナ(?:ンバ|番号)|my ?number|individual ?number|kojin ?bango|(?<![a-z])mynum"
)
_OTHER_TWELVE = late_compile(
    r"法人|登記|(?<![a-z])(?:jan|upc|ean|gtin)(?![a-z])|バーコード|商品|[金価額]額|価格|予算|決算|単価|円"
)
"""Columns of other numbers that may have 12 digits: of companies, goods and amounts."""
_UNLIKELY = 10.0
"""How unlikely, as a natural logarithm, it must be that so many check digits are right by chance."""


def is_my_number(digits: str) -> bool:
    """Test whether 12 digits end in the check digit of a 個人番号 (平成26年総務省令第85号 第5条)."""
    if len(digits) != 12 or len(set(digits)) == 1:
        return False
    total = sum(int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(digits[:11]), 1))
    rest = total % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def find_my_numbers(values: Sequence[str], heading: str, whole: bool = False) -> Iterator[Hit]:
    """Find 個人番号 among the values of a column.

    One in ten numbers of 12 digits has the right check digit by chance, so numbers that are written alike are judged
    together: most of them must be right, or far more than chance would have.

    法人番号, which are public, have 13 digits and are not taken for it; nor are times such as 202611230540.  Numbers
    of a column of numbers (`whole`) may be amounts: all of them must be right.
    """
    labelled = MY_NUMBER_COLUMN.search(heading) is not None
    if whole and not labelled and not all(map(is_my_number, values)):
        return
    alike: dict[str, list[tuple[str, str]]] = {}
    for value in values:
        for number in _list_twelves(value):
            if labelled or not _STAMP.fullmatch(number):
                shape = _find_shape(number, value)
                alike.setdefault(shape, []).append((number, value))
    found: set[str] = set()
    for shape, numbers in alike.items():
        for lone, some in _split_codes(numbers) if shape == "alone" and not whole else [(False, numbers)]:
            right = [(number, value) for number, value in some if is_my_number(number)]
            least = 3 if _OTHER_TWELVE.search(heading) else 1 + (lone or shape == "marked")
            enough = len(right) > 0.5 * len(some) and len(right) >= least
            if labelled or enough or _is_unlikely([number for number, _ in some]):
                found |= {value for _, value in right}
    if found:
        yield Hit("my-number", "error", "", frozenset(found))


def _find_shape(number: str, value: str) -> str:
    """Return how a number is written: in a cell of its own or a text, in groups or with marks that years may have too."""
    if number == value.strip():
        return "alone"
    flat = flatten(value)
    if number in flat:
        return "within"
    return "marked" if any(mark.join((number[:4], number[4:8], number[8:])) in flat for mark in "./") else "grouped"


def _list_twelves(value: str) -> Iterator[str]:
    if len(value) < 12:
        return
    text = flatten(value)
    for match in _TWELVE.finditer(text):
        yield get_digits(match[0])
    for match in _POWER.finditer(text):
        yield f"{float(match[0]):.0f}"


def _split_codes(numbers: list[tuple[str, str]]) -> Iterator[tuple[bool, list[tuple[str, str]]]]:
    """Split numbers into those that many begin alike with, as codes do, and the others; say of which they are."""
    begins: dict[str, int] = {}
    for number, _ in numbers:
        begins[number[:4]] = begins.get(number[:4], 0) + 1
    codes = {begin for begin, count in begins.items() if count >= 3 and count >= 0.2 * len(numbers)}
    yield False, [each for each in numbers if not codes or each[0][:4] in codes]
    if codes and (others := [each for each in numbers if each[0][:4] not in codes]):
        yield True, others


def _is_unlikely(numbers: Sequence[str]) -> bool:
    """Test whether chance would hardly give so many right check digits (Chernoff's bound)."""
    right = sum(map(is_my_number, numbers))
    mean = sum(2 / 11 if number[11] == "0" else 1 / 11 for number in numbers)
    return right > mean and right * math.log(right / mean) - right + mean > _UNLIKELY


def get_digits(text: str) -> str:
    """Return the ASCII digits of a text, whatever their width."""
    return "".join(str(int(character)) for character in text if character.isdecimal())


# ---- payment cards ----------------------------------------------------------------------------------------------

_CARD = late_compile(
    rf"{_BEFORE}(?<![A-Za-z])(?:\d{{4}}({_G}{{1,3}})\d{{4}}\1\d{{4}}\1\d{{4}}(?:\1\d{{1,3}})?"
    rf"|\d{{4}}({_G})\d{{6}}\2\d{{4,5}}|\d{{14,19}}){_AFTER}"
)
_ISSUERS = late_compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|35(?:2[89]|[3-8]\d)\d{12}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}"
)
"""Visa, Mastercard (two ranges), American Express, JCB, Diners Club, Discover, UnionPay: prefix and length."""
CARD_COLUMN = late_compile(r"クレジット|(?:credit|debit|payment) ?card|card ?(?:no|num)|カード(?:番号|no)")


def is_card_number(digits: str) -> bool:
    """Test prefix, length and check digit (ISO/IEC 7812-1, annex B: Luhn) of a payment card's number."""
    if not _ISSUERS.fullmatch(digits) or len(set(digits)) < 2:
        return False
    doubled = (int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(digits)))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def find_cards(values: Sequence[str], heading: str, whole: bool = False) -> Iterator[Hit]:
    """Find card numbers: most of the numbers of 14 to 19 digits must be such, all of them in a column of numbers (`whole`)."""
    labelled = CARD_COLUMN.search(heading) is not None
    if whole and not labelled and not all(map(is_card_number, values)):
        return
    every: list[tuple[bool, str]] = []
    for value in values:
        if len(value) >= 14:
            every += [(is_card_number(get_digits(match[0])), value) for match in _CARD.finditer(flatten(value))]
    right = frozenset(value for is_right, value in every if is_right)
    count = sum(is_right for is_right, _ in every)
    if right and (labelled or count > 0.5 * len(every)):
        yield Hit("card-number", "error", "", right)


# ---- telephones -------------------------------------------------------------------------------------------------

_BREAK = r"(?:[)]?[-‐-―−ー][(]?|[()]| )"
_PHONE = late_compile(
    rf"(?<![\d.,/])(?<!\d-)(?:\+81{_BREAK}?|[(]?0)\d{{1,4}}{_BREAK}\d{{1,4}}{_BREAK}\d{{3,4}}(?!-?\d)"
)
_MOBILE = late_compile(
    r"(?<![\w.,/=#-])(?<!\d )(?:\+?81[- ]?|0)[7-9]0(?:[-. /・_]{0,2}\d){8}(?!\d|[-.,/]\d|[A-Za-z_])", re.ASCII
)
_BARE_MOBILE = late_compile(r"0[7-9]0\d{8}(?:\.0)?")
_BARE_FIXED = late_compile(r"(?<![\w.,/=#-])0[1-9]\d{8}(?!\d|[-.,/]\d|[A-Za-z_])", re.ASCII)
_FREE = ("0120", "0800", "0570", "0990", "0180")
"""Numbers that no person has (電気通信番号計画 第1)."""
PHONE_COLUMN = late_compile(
    r"電話|(?<![a-z])tel(?![a-z])|telephone|phone|fax|ファックス|ファクス|連絡先|問い?合|contact|内線"
)
_PHONE_WORD = late_compile(r"電話|でんわ|(?<![a-z])tel|☎|📞|fax|連絡|自宅|実家|固定|携帯|phone", re.IGNORECASE)
_PRIVATE = late_compile(
    r"自宅|実家|本人|家族|個人(?!情報|番号)|(?<![お客皆仕多同模各神])様(?![々子式相])|(?<![くなみ客皆])さん(?![ぽか])|(?<!摂)氏(?![名神族子])"
    r"|緊急連絡|保護者|(?:^|[のは、。 ])[父母夫妻](?:$|[のはへに 0:(])"
)
_OFFICE_WORD = late_compile(
    r"役所|役場|庁|課|係|局|部|室|センター|窓口|代表|事務|支所|出張所|[館園校院店社所駅]|受付|合わ?せ|申し?込|予約|ダイヤル"
    r"|コール|消防|警察|内線|直通|対策|協会|組合|office|center|centre|reception|desk"
)


def find_phones(values: Sequence[str], bare_enough: bool, persons: bool = False) -> Iterator[Hit]:
    """Find telephone numbers: mobile ones are errors, others too where a person's is spoken of.

    `bare_enough`: whether most cells of digits alone are mobile numbers; `persons`: whether the table is of people.
    A number that stands with the name of an office is the office's.
    """
    mobile: list[str] = []
    private: list[str] = []
    fixed: list[str] = []
    for value in values:
        text = flatten(value).strip()
        kind = _kind_in(text, bare_enough)
        if kind == "mobile":
            mobile.append(value)
        elif kind == "fixed" and (_PRIVATE.search(text) or (persons and not _OFFICE_WORD.search(text))):
            private.append(value)
        elif kind == "fixed" and not _OFFICE_WORD.search(text):
            fixed.append(value)
    if mobile:
        yield Hit("phone-number", "error", "携帯電話 / mobile", frozenset(mobile))
    if private:
        yield Hit("phone-number", "error", "個人の固定電話 / a person's landline", frozenset(private))
    if fixed:
        yield Hit("phone-number", "warning", "固定電話 / landline", frozenset(fixed))


def _kind_in(text: str, bare_enough: bool) -> str:
    """Return mobile, fixed or "" for what a text holds."""
    if is_bare_mobile(text):
        return "mobile" if bare_enough else ""
    kinds = {kind_of_phone(match[0]) for match in _PHONE.finditer(text)}
    if "mobile" in kinds or _MOBILE.search(text):
        return "mobile"
    if "fixed" in kinds:
        return "fixed"
    bare = _BARE_FIXED.search(text)
    labelled = bare and len(text) > 10 and not bare[0].startswith(_FREE) and _PHONE_WORD.search(text[: bare.start()])
    return "fixed" if labelled else ""


def is_bare_mobile(text: str) -> bool:
    """Test whether a text is the digits of a mobile number and nothing else."""
    return _BARE_MOBILE.fullmatch(flatten(text).strip()) is not None


def kind_of_phone(text: str) -> str:
    """Return mobile, fixed, or "" for what only looks like a number (電気通信番号規則: 10 or 11 digits after 0)."""
    digits = re.sub(r"^81", "0", get_digits(text)) if text[0] in "+＋" else get_digits(text)
    if len(digits) == 11 and digits[:3] in ("070", "080", "090"):
        return "mobile"
    if digits.startswith(_FREE):
        return ""
    if (len(digits) == 10 and digits[1] != "0") or (len(digits) == 11 and digits.startswith("050")):
        return "fixed"
    return ""


# ---- e-mail -----------------------------------------------------------------------------------------------------

_MAIL = late_compile(r"([A-Za-z0-9._%+-]{1,64})[@＠]((?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,})")
_AT = late_compile(
    r"(?<=[\w-])\s*(?:[\[({<]\s*(?:at|アット(?:マーク)?)\s*[\])}>]|[☆★●■]|アットマーク)\s*(?=\w)", re.IGNORECASE
)
MAIL_COLUMN = late_compile(r"mail|メール|連絡先|問い?合|contact")
_OFFICE = late_compile(r"(?i)(?:^|\.)(?:lg|go|ed|ac)\.jp$|(?:^|\.)(?:metro|city|pref|town|vill)\.[\w.]+\.jp$")
_ROLE = late_compile(
    r"(?i)^(?:info|contact|office|webmaster|admin|support|help|sales|pr|kouhou|koho|soumu|somu|kanko|toiawase|"
    r"madoguchi|reserve|yoyaku|mail|post|postmaster|opendata|no-?reply)(?:[._-]?\w{0,12})?$"
)
_NO_MAIL = late_compile(r"(?i)(?:^|\.)example\.(?:com|org|net|jp)$|\.(?:png|jpe?g|gif|svg|webp)$|(?:^|\.)example$")


def find_mails(values: Sequence[str]) -> Iterator[Hit]:
    """Find addresses: those of an office or a role are warnings, those that may be a person's errors."""
    person: list[str] = []
    office: list[str] = []
    for value in values:
        text = _AT.sub("@", flatten(value))
        if "@" not in text:
            continue
        found = [match for match in _MAIL.finditer(text) if not _NO_MAIL.search(match[2])]
        if any(map(_is_persons_mail, found)):
            person.append(value)
        elif found:
            office.append(value)
    if person:
        yield Hit("e-mail", "error", "個人かもしれない / perhaps a person's", frozenset(person))
    if office:
        yield Hit("e-mail", "warning", "役所か窓口 / an office's", frozenset(office))


def _is_persons_mail(match: re.Match[str]) -> bool:
    return not any((_NO_MAIL.search(match[2]), _OFFICE.search(match[2]), _ROLE.search(match[1])))


# ---- masks ------------------------------------------------------------------------------------------------------

_STARS = "＊＊＊"
_WIDE = str.maketrans("０１２３４５６７８９（）＋－\u3000", "0123456789()+- ")
"""Characters that are read as another one of the same length."""


def mask_text(text: str) -> str:
    """Replace what is plainly a person's."""
    if len(text) < 6:
        return text
    text = _hide(text, _CARD, lambda match: is_card_number(get_digits(match[0])))
    text = _hide(text, _TWELVE, lambda match: _is_own(get_digits(match[0])))
    text = _hide(text, _PHONE, lambda match: kind_of_phone(match[0]) == "mobile")
    text = _hide(text, _MOBILE, lambda _: True)
    return _MAIL.sub(lambda match: _STARS if _is_persons_mail(match) else match[0], text)


def mask_place(place: Place) -> Place:
    """Mask the same in the names of a place's sheet and column."""
    return replace(place, sheet=mask_text(place.sheet), column=mask_text(place.column))


def _hide(text: str, pattern: re.Pattern[str], holds: Callable[[re.Match[str]], bool]) -> str:
    found = [match.span() for match in pattern.finditer(text.translate(_WIDE)) if holds(match)]
    for start, end in reversed(found):
        text = text[:start] + _STARS + text[end:]
    return text


def _is_own(digits: str) -> bool:
    return is_my_number(digits) and not _STAMP.fullmatch(digits)
