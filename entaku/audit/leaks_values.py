"""Values of a tidied table that look personal, in columns that are not declared to hold them.

A finding says what kind of value is where and how often, never the value: findings are published.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from entaku.audit.leaks_scan import Scan, find_names
from entaku.formats.heavy import pa
from entaku.formats.text import to_half_width
from entaku.model.nouns import Finding, Place, Severity, Violation
from entaku.model.table_schema import Schema, SchemaField

Locate = Callable[[int, str], Place]


@dataclass(frozen=True)
class Personal:
    """What was found, and the numbers of the rows with errors."""

    findings: tuple[Finding, ...]
    rows: frozenset[int]


@dataclass(frozen=True)
class _Hit:
    """Values of one column that look alike."""

    code: str
    severity: Severity
    what: str
    values: frozenset[str]


def find_personal(screening: Screening, schema: Schema, allow: Mapping[str, str], locate: Locate) -> Personal:
    """One finding for each column and kind of value, at the first of them.

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


@dataclass(frozen=True)
class Screening:
    """A table, gone through once for all that is looked for here."""

    scan: Scan
    headings: Mapping[str, str]
    """What each column is called."""
    persons: bool
    """Whether a column holds people's names."""


def screen(table: Iterable[pa.RecordBatch], columns: Iterable[str], schema: Schema) -> Screening:
    """Go through a table in batches of text, which can be read again."""
    fields = {field.name: field for field in schema.fields}
    headings = {name: _heading(name, fields.get(name)) for name in columns}
    persons = any(_PERSON.search(heading) for heading in headings.values())
    patterns: dict[str, list[str]] = {}
    for name, heading in headings.items():
        kind = fields[name].type if name in fields else "string"
        patterns[name] = [_NUMBER] if kind in ("integer", "number") else [_SCREEN] if kind in _TEXT else []
        patterns[name] += [_ANY] if _KIND_COLUMN.search(heading) else []
        patterns[name] += [_BORN_SCREEN] if persons and _BIRTH_COLUMN.search(heading) else []
        patterns[name] += [_FORMULA_SCREEN] if name in fields and kind in _TEXT else []
    return Screening(Scan(table, patterns), headings, persons)


def _heading(name: str, field: SchemaField | None) -> str:
    """What a column is called, in both languages, for comparing."""
    titles = (field.title.ja, field.title.en) if field else ()
    return to_half_width(" ".join((name, *titles))).lower().replace("_", " ")


_TEXT = ("string", "any", "array", "list", "object")


def _look(screening: Screening, name: str, heading: str, kind: str) -> Iterator[_Hit]:
    scan = screening.scan
    if kind in ("integer", "number"):
        numbers = scan.list_matches(name, _NUMBER)
        most = len(numbers) >= 3 and len(numbers) > 0.8 * scan.count_filled(name)
        if most or _MY_NUMBER_COLUMN.search(heading):
            yield from _find_my_numbers(numbers, heading, whole=True)
    elif kind in _TEXT:
        values = scan.list_matches(name, _SCREEN)
        yield from _find_my_numbers(values, heading)
        if not _PHONE_COLUMN.search(heading):
            yield from _find_phones(values, partial(scan.count_filled, name))
        if not _MAIL_COLUMN.search(heading):
            yield from _find_mails(values)
        if _KIND_COLUMN.search(heading):
            for severity, what, names in find_names(scan.list_matches(name, _ANY)):
                yield _Hit("person-name", severity, what, names)
        if born := [value for value in values if _BORN.search(value)]:
            yield _Hit("birth-date", "error", "", frozenset(born))
            return
    if screening.persons and _BIRTH_COLUMN.search(heading):
        born = [value for value in scan.list_matches(name, _BORN_SCREEN) if not _LONG_AGO.search(value)]
        if born:
            yield _Hit("birth-date", "error", "", frozenset(born))


_KIND_COLUMN = re.compile(r"どんな人|どのような人|利用者の種別|立場|kind of (?:user|person)|(?:user|person) kind")
"""A column that says who asked, as a kind of user: a name there is a mistake."""
_SCREEN = (
    "[0-9０-９]{4}.?[0-9０-９]{4}.?[0-9０-９]{4}"
    "|[0０1１][0-9０-９]{0,4}[^0-9０-９]{1,3}[0-9０-９]{1,4}[^0-9０-９]{1,3}[0-9０-９]{3,4}"
    "|[0０][7-9７-９][0０][0-9０-９]{8}|[@＠]|日?生|出生"
)
_ANY = "."
_NUMBER, _BORN_SCREEN, _FORMULA_SCREEN = "^[0-9]{12}$", "[0-9０-９]", r"^\s*[=@+-]"
"""What every pattern below needs: quick to look for in millions of cells, as few of them have it."""


# ---- My Number --------------------------------------------------------------------------------------------------

_GAP = "[-‐-―−－ー \u3000]"
_TWELVE = re.compile(rf"(?<![\d.,/])(?<!\d{_GAP})\d{{4}}({_GAP}?)\d{{4}}\1\d{{4}}(?!\d|[.,/]\d|{_GAP}\d)")
_STAMP = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d")
_MY_NUMBER_COLUMN = re.compile(r"個人番号|マイナンバー|my ?number|individual number")


def is_my_number(digits: str) -> bool:
    """Whether 12 digits end in the check digit of a 個人番号 (平成26年総務省令第85号 第5条)."""
    if len(digits) != 12 or len(set(digits)) == 1:
        return False
    total = sum(int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(digits[:11]), 1))
    rest = total % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def _find_my_numbers(values: Sequence[str], heading: str, whole: bool = False) -> Iterator[_Hit]:
    """One in ten numbers of 12 digits has the right check digit by chance, so a whole column is looked at.

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
    """The ASCII digits of a text, whatever their width."""
    return "".join(str(int(character)) for character in text if character.isdecimal())


# ---- phone and e-mail -------------------------------------------------------------------------------------------

_BREAK = "(?:[)）]?[-‐-―−－ー][(（]?|[(（)）]|[ \u3000])"
_PHONE = re.compile(
    rf"(?<![\d.,/])(?<!\d[-－])(?:[+＋]81{_BREAK}?|[(（]?[0０])\d{{1,4}}{_BREAK}\d{{1,4}}{_BREAK}\d{{3,4}}(?![-－]?\d)"
)
_BARE_MOBILE = re.compile(r"[0０][7-9７-９][0０]\d{8}")
_PHONE_COLUMN = re.compile(
    r"電話|(?<![a-z])tel(?![a-z])|telephone|phone|fax|ファックス|ファクス|連絡先|問い?合|contact|内線"
)


def _find_phones(values: Sequence[str], count_filled: Callable[[], int]) -> Iterator[_Hit]:
    """Numbers with their breaks, and columns that are nothing but mobile numbers without; mobile ones are errors."""
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
    """ "mobile", "fixed", or "" for what only looks like a number (電気通信番号規則: 10 or 11 digits after 0)."""
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
    """Addresses of an office or a role are warnings, those that may be a person's errors."""
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

_PERSON = re.compile(
    r"氏名|姓名|お名前|(?<!駅)(?<!設)(?<!品)名前|本名|代表者名|担当者名|(?:full|first|last|family|given|person)[ -]?name"
)
_BIRTH_COLUMN = re.compile(r"生年月日|誕生日|生まれ|出生日|birth|(?<![a-z])dob(?![a-z])")
_LONG_AGO = re.compile(r"明治|慶応|元治|文久|^[明MＭ]\d|(?<!\d)(?:1[0-8]\d\d|190\d)(?!\d)")
"""Nobody born then is alive (個人情報保護法 2 条 1 項: 生存する個人)."""
_BORN = re.compile(
    r"(?:大正|昭和|平成|令和|[TSHRＴＳＨＲ]|19[1-9]\d|20\d\d)\s*(?:\d{1,2}|元)?\s*[年./-]\s*\d{1,2}\s*[月./-]\s*\d{1,2}\s*日?\s*(?:生(?![産活徒物育鮮])|出生)"
)


# ---- findings of others -----------------------------------------------------------------------------------------


def withhold(finding: Finding) -> Finding:
    """The finding with asterisks for what is plainly a person's in its value and arguments: findings are published."""
    value = _mask(finding.value)
    args = {name: _mask(text) for name, text in finding.args.items()}
    return finding if value == finding.value and args == finding.args else replace(finding, value=value, args=args)


def withhold_examples(violation: Violation) -> Violation:
    """The same for the cells that a violation shows."""
    return replace(violation, examples=tuple((place, _mask(cell)) for place, cell in violation.examples))


def _mask(text: str) -> str:
    if len(text) < 6:
        return text
    text = _TWELVE.sub(lambda match: _STARS if _is_own(_digits(match[0])) else match[0], text)
    text = _PHONE.sub(lambda match: _STARS if _kind_of_phone(match[0]) == "mobile" else match[0], text)
    return _MAIL.sub(lambda match: _STARS if _is_persons_mail(match) else match[0], text)


_STARS = "＊＊＊"


def _is_own(digits: str) -> bool:
    return is_my_number(digits) and not _STAMP.fullmatch(digits)


# ---- formulas ---------------------------------------------------------------------------------------------------

_FORMULA = re.compile(
    r"[\s]*(?:=\s*[\w\"'(@+{-]|@\s*[A-Za-z][\w.]*\s*\(|[+-].*(?:\|\s*'|[A-Z][A-Z.]+\(|\w!\$?[A-Z]+\$?\d))", re.DOTALL
)


def find_formulas(screening: Screening, locate: Locate) -> tuple[Finding, ...]:
    """A warning for each column of text with cells that a spreadsheet would run when it opens the CSV.

    They are published as they are: a changed value would be a wrong one (OWASP, "CSV Injection").
    """
    found = []
    for name in screening.headings:
        texts = screening.scan.list_matches(name, _FORMULA_SCREEN)
        formulas = [text for text in texts if _FORMULA.match(text)]
        if formulas:
            seen = screening.scan.sum_up(name, formulas)
            args = {"count": f"{seen.count:,}"}
            found.append(Finding("formula-cell", "warning", locate(seen.row, name), formulas[0], args))
    return tuple(found)
