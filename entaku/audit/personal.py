"""Find values of a tidied table that look personal, in columns that are not declared to hold them.

A finding says what kind of value is where and how often, never the value: findings are published.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from entaku.audit import persons
from entaku.audit.numbers import (
    MY_NUMBER_COLUMN,
    PHONE_COLUMN,
    Hit,
    find_cards,
    find_mails,
    find_my_numbers,
    find_phones,
    flatten,
    is_bare_mobile,
    mask_place,
    mask_text,
)
from entaku.audit.screening import (
    ANY_DIGIT,
    ANYTHING,
    BIRTH_COLUMN,
    BORN,
    CARD_DIGITS,
    DIGITS_ALONE,
    HOUSE,
    LABEL,
    LABELLED,
    LONG_NUMBER,
    MAIL,
    MAYBE_NAME,
    MOST_LABELS,
    PHONE,
    TEXTS,
    TWELVE_DIGITS,
    USER_COLUMN,
    Locate,
    PatternScan,
    Screening,
)
from entaku.formats.heavy import late_compile
from entaku.model.nouns import Finding, Severity, Violation
from entaku.model.table_schema import Schema


@dataclass(frozen=True)
class Personal:
    """Hold what was found, and the numbers of the rows with errors."""

    findings: tuple[Finding, ...]
    rows: frozenset[int]


def find_personal(screening: Screening, schema: Schema, allow: Mapping[str, str], locate: Locate) -> Personal:
    """Find what looks personal: one finding for each column and kind of value, at the first of them.

    `allow`: reasons by column, by kind (`phone-number`) or by both (`phone-number/memo`).  `locate`: the place of a row
    and a column.
    """
    fields = {field.name: field for field in schema.fields}
    found: list[Finding] = []
    bad: set[int] = set()
    homes = judge_residences(screening.people, partial(_list_values, screening))
    beside = _find_beside(screening)
    for name in screening.headings:
        kind = fields[name].type if name in fields else "string"
        hits = [*_look(screening, name, kind), *_look_at_rows(screening, name)]
        known = {value for hit in hits if hit.code in ("identifier", "my-number") for value in hit.values}
        hits += [replace(hit, values=hit.values - known) for hit in beside.get(name, ()) if hit.values - known]
        if name in homes:
            hits.append(Hit("person-address", homes[name][0], "", homes[name][1]))
        for hit in hits:
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


def _list_values(screening: Screening, name: str) -> Sequence[str]:
    people = screening.people
    pattern = HOUSE if name in people.residences else MAYBE_NAME if name in people.perhaps else ANYTHING
    return screening.scan.list_matches(name, pattern)


def _look(screening: Screening, name: str, kind: str) -> Iterator[Hit]:
    """Find what a column's values tell by themselves."""
    scan, heading = screening.scan, screening.headings[name]
    own = frozenset[str]()
    if kind in ("integer", "number"):
        numbers = scan.list_matches(name, TWELVE_DIGITS)
        cards = scan.list_matches(name, CARD_DIGITS)
        if _are_most(scan, name, numbers) or MY_NUMBER_COLUMN.search(heading):
            hits = [*find_my_numbers(numbers, heading, whole=True)]
            own = frozenset(value for hit in hits for value in hit.values)
            yield from hits
        if _are_most(scan, name, cards):
            yield from find_cards(cards, heading, whole=True)
    elif kind in TEXTS:
        values = scan.list_matches(name, LONG_NUMBER)
        hits = [*find_my_numbers(values, heading)]
        own = frozenset(value for hit in hits for value in hit.values)
        yield from hits
        yield from find_cards(values, heading)
        yield from _find_phones(screening, name)
        yield from find_mails(scan.list_matches(name, MAIL))
        if USER_COLUMN.search(heading):
            for severity, what, names in persons.find_names(scan.list_matches(name, ANYTHING)):
                yield Hit("person-name", severity, what, names)
        if named := find_labelled(scan.list_matches(name, LABELLED)) - own:
            yield Hit("identifier", "error", "文の中の番号 / a number in a text", named)
            own |= named
    identifier = screening.identifiers.get(name)
    if identifier and (chosen := persons.choose_identifiers(scan.list_matches(name, ANY_DIGIT), identifier) - own):
        yield Hit("identifier", "error", identifier.what, chosen)


def _find_beside(screening: Screening) -> dict[str, list[Hit]]:
    """Find identifiers, by column, that the cell of another column in their row names: 口座番号, 1234567."""
    hits: dict[str, list[Hit]] = {}
    for name in screening.headings:
        texts = [text for text in screening.scan.list_matches(name, LABEL) if len(text) <= 40]
        kinds: dict[persons.IdentifierKind, list[str]] = {}
        for text in texts if len(texts) <= MOST_LABELS else ():
            if not _SOME_DIGITS.search(text) and (kind := persons.find_identifier([text])):
                kinds.setdefault(kind, []).append(text)
        for kind, labels in kinds.items():
            for other, values in screening.scan.list_beside(name, labels).items():
                chosen = persons.choose_identifiers(values, replace(kind, least=max(kind.least, 5)))
                if len(chosen) > 1 or any(len(_SOME_DIGITS.findall(flatten(value))) >= 7 for value in chosen):
                    hits.setdefault(other, []).append(Hit("identifier", "error", kind.what, chosen))
    return hits


_SOME_DIGITS = late_compile(r"\d")


def _are_most(scan: PatternScan, name: str, values: Sequence[str]) -> bool:
    return len(values) >= 3 and len(values) > 0.8 * scan.count_filled(name)


def _find_phones(screening: Screening, name: str) -> Iterator[Hit]:
    """Find telephone numbers in a column that isn't declared to hold them; of people's tables mobile ones in any."""
    values = screening.scan.list_matches(name, PHONE)
    bare = sum(map(is_bare_mobile, values))
    enough = bare > 0 and bare > 0.5 * screening.scan.count_like(name, DIGITS_ALONE)
    declared = PHONE_COLUMN.search(screening.headings[name])
    for hit in find_phones(values, enough, screening.persons):
        if not declared or "mobile" in hit.what:
            yield hit


def _look_at_rows(screening: Screening, name: str) -> Iterator[Hit]:
    """Find birth dates, which are a person's by the words around them or by a name in the same row."""
    scan, heading = screening.scan, screening.headings[name]
    told = frozenset(value for value in scan.list_matches(name, BORN) if tells_birth(value))
    if told:
        yield Hit("birth-date", "error", "", told)
        return
    if BIRTH_COLUMN.search(heading) and _has_people(screening):
        born = frozenset(value for value in scan.list_matches(name, ANY_DIGIT) if not _LONG_AGO.search(value))
        if born:
            yield Hit("birth-date", "error", "", born)


def _has_people(screening: Screening) -> bool:
    """Test whether a column has people's names, by its title or by its values."""
    people = screening.people
    return (
        screening.persons
        or bool(people.persons)
        or any(are_names(_list_values(screening, name), sure=True) for name in people.perhaps)
    )


# ---- residences ---------------------------------------------------------------------------------------------------


def are_names(values: Collection[str], sure: bool) -> bool:
    """Test whether most of some values may be names; `sure`: whether they must look like nothing else."""
    look = (lambda text: persons.is_whole_name(re.sub(" +", " ", flatten(text).strip()))) if sure else _may_be_person
    return sum(map(bool, map(look, values))) > 0.5 * len(values)


_ORGANISATION = late_compile(
    r"株式|有限|合同会社|財団|社団|法人|組合|協会|機構|公社|企業体|(?:[社園校院所店館課係局部室庁寺宮会団隊署駅堂荘]|センター|クラブ|ホーム|神社|公園|病院)$"
)


_OF = late_compile(r"[一-龥々ぁ-んァ-ヶ]の[一-龥々ァ-ヶ]{2}|(?<![一井木山堀森池竹])の[一-龥々ァ-ヶ]")
"""As in 名木の大イチョウ, unlike 井の上."""


def _may_be_person(text: str) -> bool:
    """Test whether a cell of a column of names may be a person's, and not an organisation's."""
    flat = flatten(text).strip()
    if _ORGANISATION.search(flat) or _OF.search(flat):
        return False
    bare = re.sub(r"[ ・]|[(].*[)]$|(?:さん|様|氏|殿)$", "", flat)
    return re.fullmatch(r"[一-龥々〆ヶぁ-んァ-ヶー]{2,12}", bare) is not None or (
        re.fullmatch(r"[A-Za-z][A-Za-z.'-]*(?: [A-Za-z][A-Za-z.'-]*){1,3}", flat) is not None
    )


_HOUSE = late_compile(r"(?:\d|[一二三四五六七八九十])\s*(?:丁目|番|号|-|$)|丁目|番地|\d+ [A-Za-z]")


def judge_residences(
    people: persons.PeopleColumns, list_values: Callable[[str], Collection[str]]
) -> dict[str, tuple[Severity, frozenset[str]]]:
    """Return the addresses that stand beside names, by column, with how bad that is.

    `list_values`: the different texts of a column.  An address that stands beside the name of an organisation is the
    organisation's, unless one organisation has several; elected people's are public.
    """
    plain, roles = (
        [name for name in names if are_names(list_values(name), sure=False)] for names in (people.persons, people.roles)
    )
    plain += [name for name in people.perhaps if are_names(list_values(name), sure=True)]
    if not (plain or roles) or (people.official and not people.private):
        return {}
    organised = max((len(list_values(name)) for name in people.organisations), default=0)
    found: dict[str, tuple[Severity, frozenset[str]]] = {}
    for name in people.residences:
        homes = frozenset(value for value in list_values(name) if _HOUSE.search(flatten(value).strip()))
        if not homes:
            continue
        if not organised or (people.private and plain) or (plain and len(homes) > organised):
            found[name] = "error", homes
        elif plain:
            found[name] = "warning", homes
    return found


# ---- birth dates ------------------------------------------------------------------------------------------------

_LONG_AGO = late_compile(r"明治|慶応|元治|文久|^[明MＭ]\d|(?<!\d)(?:1[0-8]\d\d|190\d)(?!\d)")
"""Nobody born then is alive (個人情報保護法 2 条 1 項: 生存する個人)."""
_ERA = r"(?:大正|昭和|平成|令和|[TSHR]|19[1-9]\d|20\d\d)"
_BORN = late_compile(
    rf"{_ERA}\s*(?:\d{{1,2}}|元)?\s*[年./-]\s*\d{{1,2}}\s*[月./-]\s*\d{{1,2}}\s*日?\s*(?:生(?![産活徒物育鮮])|出生)"
    rf"|(?:生年月日|誕生日|date of birth|(?<![a-z])(?:dob|born)(?![a-z]))\s*(?:は|:|=|on)?\s*{_ERA}[\d元年月日./-]{{4,}}",
    re.IGNORECASE,
)


def tells_birth(text: str) -> bool:
    """Test whether a text says when somebody was born."""
    return _BORN.search(flatten(text)) is not None


# ---- identifiers in texts ------------------------------------------------------------------------------------------

_LABELLED = late_compile(
    r"(?:住民票コード|宛名番号|世帯番号|(?:旅券|パスポート)(?:の?番号|no\.?)?|免許証(?:の?番号|no\.?)?|在留カード(?:番号)?|口座(?:番号)?|被保険者証?(?:の?記号|の?番号)*"
    r"|保険証(?:の?記号|の?番号)+|受給者証?番号|患者(?:番号|id|no\.?)|カルテ(?:番号|no\.?)|診察券(?:番号|no\.?)|年金(?:証書|手帳)?番号|手帳番号|クレジットカード(?:番号)?"
    r"|学籍番号|職員番号|個人番号|マイナンバー|passport(?: ?(?:no\.?|number|id))?|account ?(?:no\.?|number)|(?:預金|普通|当座)(?= ?\d{7}(?!\d)))"
    r"(?:は|が|[\s:=\-(「【】\])]|no\.?|普通|当座|記号|第|;){0,4}[a-z]{0,3}[- ]?\d(?:[- ]?\d){4,}"
)


def find_labelled(values: Iterable[str]) -> frozenset[str]:
    """Find texts in which a person's identifier is named and follows."""
    return frozenset(value for value in values if _LABELLED.search(flatten(value).lower()))


# ---- texts outside tables ---------------------------------------------------------------------------------------


def find_in_texts(texts: Iterable[str]) -> Iterator[Hit]:
    """Find what looks personal in texts that are no column of a table, each by itself; offices' numbers don't count."""
    every = list(dict.fromkeys(texts))
    bare = any(map(is_bare_mobile, every))
    yield from find_my_numbers(every, "")
    yield from find_cards(every, "")
    yield from (hit for hit in (*find_phones(every, bare), *find_mails(every)) if hit.severity == "error")
    if named := find_labelled(every):
        yield Hit("identifier", "error", "", named)
    if born := frozenset(filter(tells_birth, every)):
        yield Hit("birth-date", "error", "", born)
    if names := frozenset(filter(persons.holds_name, every)):
        yield Hit("person-name", "error", "", names)


# ---- findings of others -----------------------------------------------------------------------------------------


def withhold(finding: Finding) -> Finding:
    """Mask what is plainly a person's in a finding's value, arguments and place: findings are published."""
    args = {name: mask_text(text) for name, text in finding.args.items()}
    masked = replace(finding, value=mask_text(finding.value), args=args, place=mask_place(finding.place))
    return finding if masked == finding else masked


def withhold_examples(violation: Violation) -> Violation:
    """Mask the same in the cells that a violation shows."""
    return replace(
        violation, examples=tuple((mask_place(place), mask_text(cell)) for place, cell in violation.examples)
    )
