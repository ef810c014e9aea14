"""Find values of a tidied table that look personal, in columns that are not declared to hold them.

A finding says what kind of value is where and how often, never the value: findings are published.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from entaku.audit.screening import (
    ANY_DIGIT,
    ANYTHING,
    BIRTH_COLUMN,
    MAYBE_PERSONAL,
    TEXTS,
    TWELVE_DIGITS,
    USER_COLUMN,
    Locate,
    Screening,
)
from entaku.model.nouns import Finding, Severity, Violation
from entaku.model.table_schema import Schema


@dataclass(frozen=True)
class Personal:
    """Hold what was found, and the numbers of the rows with errors."""

    findings: tuple[Finding, ...]
    rows: frozenset[int]


@dataclass(frozen=True)
class _Hit:
    """Hold values of one column that look alike."""

    code: str
    severity: Severity
    what: str
    values: frozenset[str]


def find_personal(screening: Screening, schema: Schema, allow: Mapping[str, str], locate: Locate) -> Personal:
    """Find what looks personal: one finding for each column and kind of value, at the first of them.

    `allow`: reasons by column, by kind (`phone-number`) or by both (`phone-number/memo`).  `locate`: the place of a row
    and a column.
    """
    fields = {field.name: field for field in schema.fields}
    found: list[Finding] = []
    bad: set[int] = set()
    for name, heading in screening.headings.items():
        kind = fields[name].type if name in fields else "string"
        for hit in _look(screening, name, heading, kind):
            seen = screening.scan.sum_up(name, hit.values)
            place = locate(seen.row, name)
            args = {"count": f"{seen.count:,}"} | ({"what": hit.what} if hit.what else {})
            keys = [key for key in (f"{hit.code}/{name}", name, hit.code) if key in allow]
            if keys:
                args = {"why": allow[keys[0]], "count": f"{seen.count:,}"}
                found.append(Finding("leak-allowed", "notice", place, f"{name}: {hit.code}", args))
                continue
            found.append(Finding(hit.code, hit.severity, place, "", args))
            if hit.severity == "error":
                bad.update(screening.scan.list_rows(name, hit.values))
    return Personal(tuple(found), frozenset(bad))


def _look(screening: Screening, name: str, heading: str, kind: str) -> Iterator[_Hit]:
    scan = screening.scan
    if kind in ("integer", "number"):
        numbers = scan.list_matches(name, TWELVE_DIGITS)
        most = len(numbers) >= 3 and len(numbers) > 0.8 * scan.count_filled(name)
        if most or _MY_NUMBER_COLUMN.search(heading):
            yield from _find_my_numbers(numbers, heading, whole=True)
    elif kind in TEXTS:
        values = scan.list_matches(name, MAYBE_PERSONAL)
        yield from _find_my_numbers(values, heading)
        if not _PHONE_COLUMN.search(heading):
            yield from _find_phones(values, partial(scan.count_filled, name))
        if not _MAIL_COLUMN.search(heading):
            yield from _find_mails(values)
        if USER_COLUMN.search(heading):
            for severity, what, names in find_names(scan.list_matches(name, ANYTHING)):
                yield _Hit("person-name", severity, what, names)
        if born := [value for value in values if _BORN.search(value)]:
            yield _Hit("birth-date", "error", "", frozenset(born))
            return
    if screening.persons and BIRTH_COLUMN.search(heading):
        born = [value for value in scan.list_matches(name, ANY_DIGIT) if not _LONG_AGO.search(value)]
        if born:
            yield _Hit("birth-date", "error", "", frozenset(born))


# ---- My Number --------------------------------------------------------------------------------------------------

_GAP = "[-‐-―−－ー \u3000]"
_TWELVE = re.compile(rf"(?<![\d.,/])(?<!\d{_GAP})\d{{4}}({_GAP}?)\d{{4}}\1\d{{4}}(?!\d|[.,/]\d|{_GAP}\d)")
_STAMP = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d")
_MY_NUMBER_COLUMN = re.compile(r"個人番号|マイナンバー|my ?number|individual number")


def is_my_number(digits: str) -> bool:
    """Test whether 12 digits end in the check digit of a 個人番号 (平成26年総務省令第85号 第5条)."""
    if len(digits) != 12 or len(set(digits)) == 1:
        return False
    total = sum(int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(digits[:11]), 1))
    rest = total % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def _find_my_numbers(values: Sequence[str], heading: str, whole: bool = False) -> Iterator[_Hit]:
    """Find 個人番号 among the values of a column.

    One in ten numbers of 12 digits has the right check digit by chance, so a whole column is looked at.

    法人番号, which are public, have 13 digits and are not taken for it; nor are times such as 202611230540.  Numbers
    of a column of numbers (`whole`) may be amounts: all of them must be right.
    """
    labelled = _MY_NUMBER_COLUMN.search(heading) is not None
    alike: dict[str, list[str]] = {}
    for value in values:
        if len(value) < 12:
            continue
        numbers = [_digits(match.group()) for match in _TWELVE.finditer(value)]
        numbers = [number for number in numbers if labelled or not _STAMP.fullmatch(number)]
        if numbers:
            alike[value] = numbers
    every = [number for numbers in alike.values() for number in numbers]
    right = sum(map(is_my_number, every))
    sure = right == len(every) if whole else right > 0.5 * len(every)
    if right and (sure or labelled):
        yield _Hit(
            "my-number", "error", "", frozenset(value for value, each in alike.items() if any(map(is_my_number, each)))
        )


def _digits(text: str) -> str:
    """Return the ASCII digits of a text, whatever their width."""
    return "".join(str(int(character)) for character in text if character.isdecimal())


# ---- phone and e-mail -------------------------------------------------------------------------------------------

_BREAK = "(?:[)）]?[-‐-―−－ー][(（]?|[(（)）]|[ \u3000])"
_PHONE = re.compile(
    rf"(?<![\d.,/])(?<!\d[-－])(?:[+＋]81{_BREAK}?|[(（]?[0０])\d{{1,4}}{_BREAK}\d{{1,4}}{_BREAK}\d{{3,4}}(?![-－]?\d)"
)
_BARE_MOBILE = re.compile(r"(?<!\d)[0０][7-9７-９][0０]\d{8}(?!\d)")
_PHONE_COLUMN = re.compile(
    r"電話|(?<![a-z])tel(?![a-z])|telephone|phone|fax|ファックス|ファクス|連絡先|問い?合|contact|内線"
)


def _find_phones(values: Sequence[str], count_filled: Callable[[], int]) -> Iterator[_Hit]:
    """Find numbers with their breaks, and columns of nothing but mobile numbers without; mobile ones are errors."""
    mobile: list[str] = []
    fixed: list[str] = []
    for value in values:
        kinds = {_kind_of_phone(match.group()) for match in _PHONE.finditer(value)}
        if "mobile" in kinds:
            mobile.append(value)
        elif "fixed" in kinds:
            fixed.append(value)
    bare = [value for value in values if _BARE_MOBILE.fullmatch(value.strip())]
    if len(bare) >= 3 and len(bare) > 0.8 * count_filled():
        mobile += bare
    if mobile:
        yield _Hit("phone-number", "error", "携帯電話 / mobile", frozenset(mobile))
    if fixed:
        yield _Hit("phone-number", "warning", "固定電話 / landline", frozenset(fixed))


def _kind_of_phone(text: str) -> str:
    """Return mobile, fixed, or "" for what only looks like a number (電気通信番号規則: 10 or 11 digits after 0)."""
    digits = re.sub(r"^81", "0", _digits(text)) if text[0] in "+＋" else _digits(text)
    if len(digits) == 11 and digits[:3] in ("070", "080", "090"):
        return "mobile"
    if (len(digits) == 10 and digits[1] != "0") or (len(digits) == 11 and digits.startswith("050")):
        return "fixed"
    return ""


_MAIL = re.compile(r"([A-Za-z0-9._%+-]{1,64})[@＠]((?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,})")
_MAIL_COLUMN = re.compile(r"mail|メール|連絡先|問い?合|contact")
_OFFICE = re.compile(r"(?i)(?:^|\.)(?:lg|go|ed|ac)\.jp$|(?:^|\.)(?:metro|city|pref|town|vill)\.[\w.]+\.jp$")
_ROLE = re.compile(
    r"(?i)^(?:info|contact|office|webmaster|admin|support|help|sales|pr|kouhou|koho|soumu|somu|kanko|toiawase|"
    r"madoguchi|reserve|yoyaku|mail|post|postmaster|opendata|no-?reply)(?:[._-]?\w{0,12})?$"
)
_NO_MAIL = re.compile(r"(?i)(?:^|\.)example\.(?:com|org|net|jp)$|\.(?:png|jpe?g|gif|svg|webp)$|(?:^|\.)example$")


def _find_mails(values: Sequence[str]) -> Iterator[_Hit]:
    """Find addresses: those of an office or a role are warnings, those that may be a person's errors."""
    person: list[str] = []
    office: list[str] = []
    for value in values:
        if "@" not in value and "＠" not in value:
            continue
        found = [match for match in _MAIL.finditer(value) if not _NO_MAIL.search(match[2])]
        if any(map(_is_persons_mail, found)):
            person.append(value)
        elif found:
            office.append(value)
    if person:
        yield _Hit("e-mail", "error", "個人かもしれない / perhaps a person's", frozenset(person))
    if office:
        yield _Hit("e-mail", "warning", "役所か窓口 / an office's", frozenset(office))


def _is_persons_mail(match: re.Match[str]) -> bool:
    return not any((_NO_MAIL.search(match[2]), _OFFICE.search(match[2]), _ROLE.search(match[1])))


# ---- birth dates ------------------------------------------------------------------------------------------------

_LONG_AGO = re.compile(r"明治|慶応|元治|文久|^[明MＭ]\d|(?<!\d)(?:1[0-8]\d\d|190\d)(?!\d)")
"""Nobody born then is alive (個人情報保護法 2 条 1 項: 生存する個人)."""
_BORN = re.compile(
    r"(?:大正|昭和|平成|令和|[TSHRＴＳＨＲ]|19[1-9]\d|20\d\d)\s*(?:\d{1,2}|元)?\s*[年./-]\s*\d{1,2}\s*[月./-]\s*\d{1,2}\s*日?\s*(?:生(?![産活徒物育鮮])|出生)"
)


# ---- names of people --------------------------------------------------------------------------------------------

_LIST = (
    "佐藤:sato 鈴木:suzuki 高橋:takahashi 髙橋:takahashi 田中:tanaka 伊藤:ito 渡辺:watanabe 渡邊:watanabe "
    "渡邉:watanabe 山本:yamamoto 中村:nakamura 小林:kobayashi 加藤:kato 吉田:yoshida 山田:yamada 佐々木:sasaki "
    "山口:yamaguchi 松本:matsumoto 井上:inoue 木村:kimura 林:hayashi 斎藤:saito 斉藤:saito 齋藤:saito 清水:shimizu "
    "山崎:yamazaki 森:mori 池田:ikeda 橋本:hashimoto 阿部:abe 石川:ishikawa 山下:yamashita 中島:nakajima "
    "石井:ishii 小川:ogawa 前田:maeda 岡田:okada 長谷川:hasegawa 藤田:fujita 後藤:goto 近藤:kondo 村上:murakami "
    "遠藤:endo 青木:aoki 坂本:sakamoto 福田:fukuda 太田:ota 西村:nishimura 藤井:fujii 金子:kaneko 岡本:okamoto "
    "藤原:fujiwara 三浦:miura 中野:nakano 中川:nakagawa 原田:harada 松田:matsuda 竹内:takeuchi 小野:ono "
    "田村:tamura 中山:nakayama 和田:wada 石田:ishida 森田:morita 上田:ueda 原:hara 内田:uchida 柴田:shibata "
    "酒井:sakai 宮崎:miyazaki 横山:yokoyama 高木:takagi 安藤:ando 宮本:miyamoto 大野:ono 小島:kojima 工藤:kudo "
    "谷口:taniguchi 今井:imai 高田:takada 丸山:maruyama 増田:masuda 杉山:sugiyama 村田:murata 大塚:otsuka "
    "新井:arai 小山:koyama 平野:hirano 藤本:fujimoto 河野:kono 上野:ueno 野口:noguchi 武田:takeda 松井:matsui "
    "千葉:chiba 岩崎:iwasaki 菅原:sugawara 木下:kinoshita 久保:kubo 佐野:sano 野村:nomura 松尾:matsuo 市川:ichikawa "
    "菊地:kikuchi 杉本:sugimoto 古川:furukawa 大西:onishi 島田:shimada 水野:mizuno 桜井:sakurai 高野:takano "
    "渡部:watanabe 吉川:yoshikawa 山内:yamauchi 西田:nishida 飯田:iida 菊池:kikuchi 西川:nishikawa 小松:komatsu "
    "北村:kitamura 安田:yasuda 五十嵐:igarashi 川口:kawaguchi 平田:hirata 関:seki 中田:nakata 久保田:kubota"
)
SURNAMES = dict(re.findall(r"(\S+):(\S+)", _LIST))
"""The hundred or so that about two fifths of Japan bears: in Japanese, and in Latin letters without long vowels."""

_KANJI = "[一-龥々〆ヶ]"
_KINDS = re.compile(
    r"[者民員生人会社局課部店校園客方家業士師長様協組合団課室所館署院族職属学市区町村県府都道国側等々]$"
)
"""How a word for a kind of people ends, not a given name."""
_SURNAME = "|".join(sorted(map(re.escape, SURNAMES), key=len, reverse=True))
_LONG = "|".join(sorted((re.escape(name) for name in SURNAMES if len(name) > 1), key=len, reverse=True))
_FULL = re.compile(rf"(?:(?:{_LONG})[ \u3000]?|[林森原関][ \u3000])(?P<given>{_KANJI}{{1,3}}|[ぁ-んァ-ヶー]{{2,5}})")
_TITLED = re.compile(rf"(?:{_SURNAME})(?:[ \u3000]?{_KANJI}{{1,3}})?[ \u3000]?(?:さん|様|氏|殿|先生|くん|ちゃん)")
_SPACED = re.compile(rf"{_KANJI}{{1,4}}[ \u3000](?P<given>{_KANJI}{{1,3}}|[ぁ-んァ-ヶー]{{2,5}})")
_ENGLISH_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof)\.? [A-Z][a-z]+")
_ENGLISH = re.compile(r"[A-Z][a-z]+(?: [A-Z]\.)? [A-Z][a-z]+")
_ROMAN = frozenset(SURNAMES.values())
_SURE = "よくある姓か敬称 / a common surname or a title"
_MAYBE = "名前の形 / the form of a name"


def find_names(values: Iterable[str]) -> Iterator[tuple[Severity, str, frozenset[str]]]:
    """Find values that are or hold names: how bad that is, what gave them away, and which they are.

    No program knows every name.  What has a common surname, or a title such as さん, is an error; what merely looks
    like a name is a warning.
    """
    sure, maybe = set(), set()
    for value in values:
        text = value.strip()
        if is_name(text):
            sure.add(value)
        elif looks_like_name(text):
            maybe.add(value)
    if sure:
        yield "error", _SURE, frozenset(sure)
    if maybe:
        yield "warning", _MAYBE, frozenset(maybe)


def is_name(text: str) -> bool:
    """Test whether a text is a common surname with a given name, or one that is addressed as people are."""
    if _TITLED.search(text) or _ENGLISH_TITLE.search(text):
        return True
    full = _FULL.fullmatch(text)
    if full and not _KINDS.search(full["given"]):
        return True
    words = text.split()
    return len(words) == 2 and all(map(str.isalpha, words)) and any(word.lower() in _ROMAN for word in words)


def looks_like_name(text: str) -> bool:
    """Test whether a text has the form of a name: two short words of kanji, or two capitalised ones."""
    spaced = _SPACED.fullmatch(text)
    if spaced:
        return not any(_KINDS.search(word) for word in text.split())
    return _ENGLISH.fullmatch(text) is not None


# ---- findings of others -----------------------------------------------------------------------------------------


def withhold(finding: Finding) -> Finding:
    """Mask what is plainly a person's in a finding's value and arguments: findings are published."""
    value = mask_text(finding.value)
    args = {name: mask_text(text) for name, text in finding.args.items()}
    return finding if value == finding.value and args == finding.args else replace(finding, value=value, args=args)


def withhold_examples(violation: Violation) -> Violation:
    """Mask the same in the cells that a violation shows."""
    return replace(violation, examples=tuple((place, mask_text(cell)) for place, cell in violation.examples))


def mask_text(text: str) -> str:
    """Mask what is plainly a person's in a text: My Numbers, mobile numbers, personal addresses."""
    if len(text) < 6:
        return text
    text = _TWELVE.sub(lambda match: _STARS if _is_own(_digits(match[0])) else match[0], text)
    text = _PHONE.sub(lambda match: _STARS if _kind_of_phone(match[0]) == "mobile" else match[0], text)
    text = _BARE_MOBILE.sub(_STARS, text)
    return _MAIL.sub(lambda match: _STARS if _is_persons_mail(match) else match[0], text)


_STARS = "＊＊＊"


def _is_own(digits: str) -> bool:
    return is_my_number(digits) and not _STAMP.fullmatch(digits)
