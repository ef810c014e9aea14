"""A heading → a column's name in Latin letters, and its English title where the glossary of common names has one."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from entaku.draft.words import drop_mark, is_period, squeeze
from entaku.formats.dates import parse_fiscal_year, parse_month, parse_year
from entaku.formats.text import to_half_width

NO_NAMES = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
"""Words that YAML reads as something other than text."""
LONGEST = 40
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
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


def find_period(label: str) -> GlossaryTerm | None:
    """The term for a heading that is a year, a fiscal year, a month, a month of a year, ages or a grade of a school."""
    kind, plain = is_period(label), squeeze(label)
    if kind == "month":
        month = _MONTHS[int(plain.removesuffix("月")) - 1]
        return GlossaryTerm(month.lower(), month)
    if kind == "year_month" and (found := parse_month(plain)):
        year, _, number = found.partition("-")
        return GlossaryTerm(f"y{year}_{number}", f"{_MONTHS[int(number) - 1]} {year}")
    if kind == "fiscal_year" and (fiscal := parse_fiscal_year(plain)):
        return GlossaryTerm(f"fy{fiscal}", f"FY{fiscal}")
    if kind == "year" and (calendar := parse_year(plain)):
        return GlossaryTerm(f"y{calendar}", str(calendar))
    return _find_ages(plain)


_AGES = re.compile(r"満?(?P<from>[0-9]{1,3})(?:[歳才]?[~\-‐–—](?P<to>[0-9]{1,3}))?[歳才]児?(?P<rest>以上|未満|以下)?")
_GRADE = re.compile(r"第?(?P<grade>[1-9])(?:年生|学年)")
_SCHOOL_YEAR = re.compile(r"([1-9])年(?=[_・ ].*(?:学級|児童|生徒|園児))")
"""1年_児童数: a grade of a school, not a year."""


_TRIP = re.compile(r"第?([0-9]{1,3})便")
"""A trip of a timetable."""


def _find_ages(plain: str) -> GlossaryTerm | None:
    if trip := _TRIP.fullmatch(plain):
        return GlossaryTerm(f"trip_{trip[1]}", f"Trip {trip[1]}")
    if grade := _GRADE.fullmatch(plain):
        return GlossaryTerm(f"grade_{grade[1]}", f"Grade {grade[1]}")
    ages = _AGES.fullmatch(plain)
    if ages is None:
        return None
    first, last = int(ages["from"]), ages["to"] and int(ages["to"])
    if last:
        return None if ages["rest"] else GlossaryTerm(f"age_{first}_{last}", f"Ages {first} to {last}")
    names = {
        "以上": (f"age_{first}_or_over", f"Ages {first} or over"),
        "未満": (f"age_under_{first}", f"Ages under {first}"),
        "以下": (f"age_up_to_{first}", f"Ages up to {first}"),
    }
    return GlossaryTerm(*names.get(ages["rest"] or "", (f"age_{first}", f"Age {first}")))


def _simplify(label: str) -> str:
    """A heading in half width, without the mark of a footnote, with the grades of a school as such."""
    plain = _SCHOOL_YEAR.sub(r"\1年生", to_half_width(drop_mark(label)))
    return "_".join(map(_drop_ages, plain.split("_")))


def _drop_ages(part: str) -> str:
    """A part of a heading without the ages in brackets that its term tells: 年少人口(0~14歳)."""
    found = re.fullmatch(r"(.+?)\s*\(([^()]*)\)", part)
    return found[1] if found and find_term(found[1]) and _find_ages(squeeze(found[2])) else part


_WEEKDAYS = dict(
    zip("月火水木金土日", ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True)
)


def find_weekdays(labels: Iterable[str]) -> dict[str, str]:
    """The English titles of headings that are the days of a week, if those from Monday to Friday are among them; else {}."""
    found = {
        label: _WEEKDAYS[day]
        for label in labels
        if (day := squeeze(label.rpartition("_")[2]).removesuffix("曜日").removesuffix("曜")) in _WEEKDAYS
    }
    return found if set(found.values()) >= {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"} else {}


def name_label(label: str) -> str:
    """A name for a heading: the glossary's, else of its parts, else romaji; never empty."""
    label = _simplify(label)
    term = find_term(label) or find_period(label)
    if term is not None and term.name not in NO_NAMES:
        return term.name
    parts = [part for chunk in label.split("_") for part in _split_chunk(to_half_width(chunk))]
    words = [word for word in map(_name_part, parts) if word]
    name = "_".join(word for word, before in zip(words, ("", *words), strict=False) if word != before)
    name = re.sub(r"_+", "_", name).strip("_")[:LONGEST].strip("_")
    if not name:
        return "item"
    if name[0].isdigit():
        name = f"n{name}"
    return f"{name}_" if name in NO_NAMES else name


def _split_chunk(chunk: str) -> list[str]:
    """The words of a part of a heading; ages stay together: 0~14歳."""
    if _AGED.fullmatch(fold(chunk)) or find_period(chunk):
        return [chunk]
    return [part for part in re.split(r"[\s_・／/、，,()（）\[\]【】:：~～\-‐–—―]+", chunk) if part]


def title_label(label: str) -> str:
    """The English title of a heading that the glossary knows, as a whole or in its parts and words; else ""."""
    label = _simplify(label)
    term = find_term(label) or find_period(label)
    if term is not None or label.isascii():
        return term.en if term else ""
    parts = [part for part in re.split(r"[_／/・]", to_half_width(label)) if part.strip()]
    known = list(filter(None, map(_title_part, parts)))
    return ", ".join(dict.fromkeys(known)) if len(known) == len(parts) else ""


_SHARE = re.compile("(.+)の(?:割合|比率|構成比)")
_AGED = re.compile("(満?[0-9]{1,3}(?:[歳才]?[~-][0-9]{1,3}[歳才]|[歳才](?:以上|未満|以下)))の?(.+)")
_PER = re.compile(
    r"(?P<per>(?:[1一](?:人|世帯|事業所|施設|学級|校|台|件|回|戸|日|月|年))+)(?:当た?り|あたり)の?(?P<what>.+)"
)
_EACH = {
    "人": "person", "世帯": "household", "事業所": "establishment", "施設": "facility", "学級": "class", "校": "school",
    "台": "vehicle", "件": "case", "回": "time", "戸": "dwelling", "日": "day", "月": "month", "年": "year",
}  # fmt: skip


def _split_per(part: str) -> tuple[str, list[str]] | None:
    """What is told for each one of things, and of which: 1人1日当たり排出量 → 排出量, person and day."""
    found = _PER.fullmatch(fold(part))
    return (found["what"], [_EACH[one] for one in re.split("[1一]", found["per"])[1:]]) if found else None


def _title_part(part: str) -> str:
    """The English title of a part of a heading: 路線コード → Line code; "" if a word of it is not in the glossary."""
    term = find_term(part) or find_period(part)
    if term is not None:
        return term.en
    if per := _split_per(part):
        what = _title_part(per[0])
        return f"{what} per {' and '.join(per[1])}" if what else ""
    if shared := _SHARE.fullmatch(fold(part)):
        what = _title_part(shared[1])
        return f"Share of {_lower(what)}" if what else ""
    if (aged := _AGED.fullmatch(fold(part))) and (ages := find_period(aged[1])) and (what := _title_part(aged[2])):
        return f"{what}, {_lower(ages.en)}"
    if part.startswith("うち") and (of := _title_part(part.removeprefix("うち"))):
        return f"of which {_lower(of)}"
    words = [known.en if known else text if text.isascii() else "" for text, known in _cut(fold(part))]
    title = " ".join((words[0], *map(_lower, words[1:]))) if words and all(words) else ""
    return re.sub(r" *\) *", ") ", re.sub(r" *\( *", " (", title)).strip()


def _lower(title: str) -> str:
    """A title within another: without its capital, unless that is of an abbreviation."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _name_part(part: str) -> str:
    term = find_term(part) or find_period(part)
    if term is not None:
        return term.name
    if part.isascii():
        return re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_")
    if per := _split_per(part):
        return "_".join((_name_part(per[0]), "per", *per[1]))
    if shared := _SHARE.fullmatch(fold(part)):
        return f"share_of_{_name_part(shared[1])}"
    if (aged := _AGED.fullmatch(fold(part))) and (ages := find_period(aged[1])):
        return f"{_name_part(aged[2])}_{ages.name}"
    if part.startswith("うち") and part != "うち":
        return f"of_which_{_name_part(part.removeprefix('うち'))}"
    words = [known.name if known else romanise(text) for text, known in _cut(fold(part))]
    return "_".join(filter(None, words))


def _cut(text: str) -> list[tuple[str, GlossaryTerm | None]]:
    """The words of a text: the longest terms of the glossary, and what is between them."""
    words: list[tuple[str, GlossaryTerm | None]] = []
    rest = ""
    at = 0
    while at < len(text):
        length = next((n for n in range(min(12, len(text) - at), 1, -1) if text[at : at + n] in read_glossary()), 0)
        if length:
            words += [(rest, None)] if rest else []
            rest = ""
            words.append((text[at : at + length], read_glossary()[text[at : at + length]]))
            at += length
        else:
            rest += text[at]
            at += 1
    return [*words, (rest, None)] if rest else words


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
