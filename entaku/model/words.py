"""Types that several mappings of the grammar share: texts in two languages, names, addresses, keys, bounded numbers."""

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError

from entaku.model.easy import EASY
from entaku.model.patterns import Expression, check_regex, find_expression

no_items: Callable[[], Mapping[Any, Any]] = cache(dict)
"""Returns an empty mapping, the same one for all who have none: a pipeline has a dozen."""
STRICT = ConfigDict(extra="forbid", strict=True)

Scalar = str | int | float | bool
CodeList = (
    Annotated[Mapping[str, str | int | float], Field(min_length=1)] | Annotated[tuple[Scalar, ...], Field(min_length=1)]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words in Japanese and, where given, English; `en` falls back to `ja` through `Text.get`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    ja: Annotated[str, Field(description="日本語 / Japanese")] = ""
    en: Annotated[str, Field(description="英語 / English")] = ""

    def get(self, lang: str) -> str:
        """Return the text in `lang` ("ja" or "en"), or in the other language where it is missing."""
        return (self.en or self.ja) if lang == "en" else (self.ja or self.en)


NO_WORDS = Text()


def _text(value: object) -> object:
    return {"ja": value} if isinstance(value, str) else value


# A plain string is Japanese; a mapping gives both.
Words = Annotated[Text, BeforeValidator(_text, json_schema_input_type=str | Text)]
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
FIELD_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
SORT = FIELD_NAME.replace("^", "^-?")
DOI = r"^10\.[0-9]{4,9}/[A-Za-z0-9:/_;().-]+$"
VERSION = r"^[0-9]{4}\.[0-9]{2}\.[0-9]{2}(\.[0-9]+)?$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
NAME_OR_URL = r"^([a-z0-9]+(-[a-z0-9]+)*|https?://[^\s/@]+(/\S*)?)$"
_DAY = "2026-11-23 の形の日付 / a date such as 2026-11-23"
_ADDRESS = "https:// か http:// で始まり、空白のないアドレス / an address that begins with https:// or http:// and has no spaces"
PATTERNS = {
    NAME: "小文字の英数字（- でつなげます）。library-loans など / small letters and digits, joined by hyphens: library-loans",
    FIELD_NAME: "英字か _ で始まる英数字と _。loan_count など / letters, digits and _, beginning with a letter: loan_count",
    EASY: "ふりがなを、漢字のすぐ後に 駅《えき》、かなを含むことばでは ｜乗り場《のりば》 と書いた文 / text with readings in 《》 right after kanji, or after words that ｜ begins",
    SORT: "列の名前（date など）。大きい順なら前に -（-date） / the name of a column, with - before it for the greatest first: -date",
    DAY: _DAY,
    DOI: "10. で始まる DOI（https://doi.org/ は書きません）。10.5281/zenodo.1003150 など / a DOI without https://doi.org/, such as 10.5281/zenodo.1003150",
    VERSION: "2026.06.29 の形の版の名前 / the name of a version, such as 2026.06.29",
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|today|yesterday)$": "2026-11-23 の形の日付か today か yesterday / a date such as 2026-11-23, today or yesterday",
    r"^https?://[^\s/@]+(/\S*)?$": _ADDRESS,
    NAME_OR_URL: "データセットの名前か、https:// で始まるアドレス / the name of a dataset, or an address that begins with https://",
    r"^https?://[^\s/{}@]+/\S*$": _ADDRESS,
    r"^\S+@\S+$": "メールアドレス / an e-mail address",
    r"^(https?://[^\s/@]+(/\S*)?|[^\s@/:?&,]+@[^\s@/:?&,]+)$": "メールアドレスか、https:// で始まるアドレス / an e-mail address, or an address that begins with https://",
    r"^[0-9a-f]{12}$": "指摘が示す、12 文字の印 / the mark of twelve characters that the finding shows",
    r"^[0-9]{6}$": "6 桁の数字 / six digits",
    r"^[A-Z_][A-Z0-9_]*$": "大文字の英数字と _ / capital letters, digits and _",
    r"^[A-Za-z0-9.:-]+$": "ホスト名（www.example.org など） / the name of a host, such as www.example.org",
    r"^(Authorization|Cookie|X-[A-Za-z0-9-]+|[A-Za-z0-9-]+-(Key|Token))$": "Authorization か Cookie、または X- で始まるか -Key か -Token で終わる名前 / Authorization, Cookie, or a name that begins with X- or ends in -Key or -Token",
    r"^[A-Za-z]{1,3}:[A-Za-z]{1,3}$": "A:F のような列の範囲 / columns such as A:F",
    r'^(tab|[^\r\n"A-Za-z0-9])$': "記号 1 文字か tab / one sign, or tab",
    r"^#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$": '引用符で囲んだ "#1d4f91" のような色（引用符がないと、# から先は書いていないことになります） / a colour in quotation marks, such as "#1d4f91" (without them all from # on is a comment)',
    r"^.+\.([sS][vV][gG]|[pP][nN][gG])$": "名前が .svg か .png で終わるファイル / a file whose name ends in .svg or .png",
    r"^RW[Q-T][A-Za-z0-9+/]{53}$": "minisign の公開鍵（RW で始まる 56 文字） / a public key of minisign's: 56 characters that begin with RW",
}
"""What the patterns of the grammar mean, in both languages."""

Name = Annotated[str, Field(pattern=NAME, max_length=80)]
NameOrUrl = Annotated[str, Field(pattern=NAME_OR_URL, max_length=2000)]
FieldName = Annotated[str, Field(pattern=FIELD_NAME, max_length=64)]
CODES_NAME = NAME.removesuffix("$") + r"$|^[^\s/\\]([^/\\]*[^\s/\\])?\.csv$"
"""The name of a code list, or of a CSV of the folder codes/."""


@dataclass(frozen=True)
class OrName:
    """Says in the JSON Schema that a name may be written instead, which `spec` replaces by what it names."""

    pattern: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "pattern": self.pattern, "maxLength": 200}, handler(schema)]}


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A public key of minisign's, whose secret key signs the site, or did."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    public_key: Annotated[
        str, Field(pattern=r"^RW[Q-T][A-Za-z0-9+/]{53}$", description="minisign の公開鍵 / a public key of minisign's")
    ]
    until: Annotated[
        str | None,
        Field(
            pattern=DAY,
            description="この鍵で署名する最後の日（替えるとき）/ the last day on which it signs, where it is replaced",
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """`signing`: the keys by which people can check who published the site; docs/operations.md tells how."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    keys: Annotated[tuple[SigningKey, ...], Field(min_length=1, description="公開鍵 / public keys")]
    valid_days: Annotated[
        int,
        Field(
            ge=2,
            le=400,
            description="署名の有効日数。半分を過ぎると、publish が署名し直す / days for which a signature is valid; after "
            "half of them publish signs anew",
        ),
    ] = 30


# ---- names and patterns ------------------------------------------------------------------------------------------


def is_pattern(wanted: str) -> bool:
    """Test whether `wanted` is written as /a pattern/."""
    return len(wanted) > 2 and wanted.startswith("/") and wanted.endswith("/")


def choose_names(wanted: str, names: Sequence[str]) -> list[int]:
    """List the indices in `names` that `wanted` selects: those of exactly this name, else those that match /this
    pattern/.

    A name may be written without its folders.  が in one character (NFC) and in two (NFD, as macOS writes) are equal.
    """
    whole = [unicodedata.normalize("NFC", name) for name in names]
    last = [name.rpartition("/")[2] for name in whole]
    plain = unicodedata.normalize("NFC", wanted)
    for known in (whole, last):
        if plain in known:
            return [n for n, name in enumerate(known) if name == plain]
    if not is_pattern(plain):
        return []
    pattern = find_expression(plain[1:-1])
    return [n for n, pair in enumerate(zip(whole, last, strict=True)) if any(map(pattern.fullmatch, pair))]


def list_groups(wanted: str, name: str) -> dict[str, str]:
    """Return the named groups of /a pattern/ that a name matches, with or without its folders."""
    whole = unicodedata.normalize("NFC", name)
    pattern = re.compile(wanted[1:-1]) if is_pattern(wanted) else None
    match = pattern and (pattern.fullmatch(whole) or pattern.fullmatch(whole.rpartition("/")[2]))
    return {name: value or "" for name, value in match.groupdict().items()} if match else {}


def _name_or_pattern(text: str) -> str:
    if is_pattern(text):
        check_regex(text[1:-1])
    return text


NameOrPattern = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_name_or_pattern)]
"""A name as it is, or a regular expression between slashes that whole names match."""


def sheet_pattern(sheet: str) -> Expression | None:
    """The pattern of a `sheet` that is written /…/; None for the name of a sheet, which can't hold a slash."""
    return find_expression(sheet[1:-1]) if is_pattern(sheet) else None


def is_same_name(one: str, other: str) -> bool:
    """Whether two names are equal but for が in one character (NFC) or in two (NFD)."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def is_sheet(sheet: str, name: str) -> bool:
    """Whether a `sheet` means the sheet of this name."""
    pattern = sheet_pattern(sheet)
    return name == sheet if pattern is None else pattern.fullmatch(name) is not None


ColumnRange = Annotated[str, Field(pattern=r"^[A-Za-z]{1,3}:[A-Za-z]{1,3}$")]
SheetName = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_name_or_pattern)]


def _encoding(text: str) -> str:
    try:
        found = codecs.lookup(OTHER_NAMES.get(text.lower(), text))
    except (LookupError, ValueError):
        found = None
    name = found.name if found is not None and found._is_text_encoding else ""
    if not name or name.replace("_", "-") in NO_ENCODINGS:
        raise PydanticCustomError("unknown_encoding", "not an encoding")
    return ENCODINGS.get(name, name)


ENCODINGS = {"utf-8-sig": "utf-8", "euc_jp": "euc-jp", "shift_jis": "cp932"}
"""Names of Python's codecs as we write them; what calls itself Shift_JIS is Windows' superset of it."""
OTHER_NAMES = {"windows-31j": "cp932", "x-sjis": "cp932", "x-euc-jp": "euc_jp"}
"""Names that Python doesn't know."""
NO_ENCODINGS = (
    "charmap", "idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7",
)  # fmt: skip
"""Python's codecs that no file of a publisher is in."""
USUAL_ENCODINGS = ("utf-8", "cp932", "euc-jp", "utf-16", "cp1252", "gb18030", "big5", "euc-kr", "iso2022_jp")
Encoding = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_encoding)]
EuTheme = Literal[
    "AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "OP_DATPRO", "REGI", "SOCI", "TECH", "TRAN",
]  # fmt: skip
"""Themes of the EU's vocabulary of data themes."""
Contact = Annotated[str, Field(pattern=r"^(https?://[^\s/@]+(/\S*)?|[^\s@/:?&,]+@[^\s@/:?&,]+)$")]
"""An e-mail address, or that of a page."""
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^\s/@]+(/\S*)?$")]
LOCAL_ADDRESS = "http://127.0.0.1:8000/"
"""The address of a site that has none: that at which `entaku serve` shows it."""
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]+$", max_length=253)]
HeaderName = Annotated[str, Field(pattern=r"^(Authorization|Cookie|X-[A-Za-z0-9-]+|[A-Za-z0-9-]+-(Key|Token))$")]
Hosts = Annotated[
    tuple[Host, ...],
    Field(description="公開されていないアドレスでも尋ねてよいホスト / hosts that may be asked though not public"),
]
Ratio = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Line = Annotated[int, Field(ge=1)]


def _one_or_many(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_many, json_schema_input_type=str | tuple[str, ...])]

LEAKS = (
    "hidden-sheet", "hidden-rows", "hidden-columns", "cell-comments", "defined-names", "external-links", "pivot-cache",
    "author-names", "embedded-files", "image-data", "custom-data", "macro-code", "change-history", "data-connections",
    "hidden-cells", "outside-text", "chart-cache", "stale-strings", "local-links", "unknown-parts",
    "my-number", "card-number", "identifier", "phone-number", "e-mail", "birth-date", "person-address", "person-name",
)  # fmt: skip
"""Kinds of leaks in workbooks and tables that `allow` may name; each is also the code of its finding."""
OF_RAWS = (*LEAKS, "not-examined")
"""Kinds that `source.allow` may name."""

Stack = Annotated[
    tuple[Name, ...],
    Field(
        description="手順のあとの行を下へつなぐ、先に書いた表。どの表の行かは列 table に入る / earlier resources whose "
        "tidied rows are put one below the other; the column table tells of which"
    ),
]

Allow = Annotated[
    Mapping[str, Annotated[str, Field(min_length=3)]],
    Field(
        description="表で公開してよいもの（docs/leaks.md の種類か列の名前）と、その理由（公開される）。種類/シート名 で一つだけに絞れる / "
        "what the table may make public (a kind of docs/leaks.md or a column) and why, which is published; kind/sheet "
        "allows one; source files have an allow of their own under source"
    ),
]


# ---- patterns in words ----------------------------------------------------------------------------------------------

_SETS = {
    known: words
    for words, classes in {
        ("数字", "digit"): r"0-9 \d",
        ("英小文字", "small letter"): r"a-z",
        ("英大文字", "capital letter"): r"A-Z",
        ("英字", "letter"): r"a-zA-Z A-Za-z",
        ("英小文字か数字", "small letter or digit"): r"a-z0-9 0-9a-z",
        ("英大文字か数字", "capital letter or digit"): r"A-Z0-9 0-9A-Z",
        ("英字か数字", "letter or digit"): r"A-Za-z0-9 a-zA-Z0-9 0-9a-zA-Z 0-9A-Za-z",
        ("ひらがな", "hiragana letter"): r"ぁ-ん ぁ-んー",
        ("カタカナ", "katakana letter"): r"ァ-ヶ ァ-ヶー ァ-ヴー ァ-ンー ァ-ン",
        ("漢字", "kanji"): r"一-龠 一-龥 一-龠々",
    }.items()
    for known in classes.split()
}
"""Character classes in words: Japanese, and the English singular."""
_ATOM = re.compile(
    r"(?P<class>\[(?!\^)(?P<inner>(?:\\.|[^\]\\\[])+)\]|\\d)|(?P<any>\.)|(?P<text>\\[^A-Za-z0-9]|[^\\\[\](){}*+?.^$|])"
)
_TIMES = re.compile(r"\{(\d+)(?:(,)(\d*))?\}|[*+?]")


def say_pattern(pattern: str) -> Text:
    """Say what texts a regular expression matches, if it is a common one; else show it as it is.

    `[A-Z]{2}-\\d{3}` is "英大文字 2 文字、「-」、数字 3 桁".
    """
    known = put_in_words(pattern)
    return known or Text(
        ja=f"正規表現「{pattern}」に合う文字", en=f'text that matches the regular expression "{pattern}"'
    )


def put_in_words(pattern: str) -> Text | None:
    """Return the words of a common pattern, which is also one that is matched in no time; None for another."""
    if pattern in PATTERNS:
        ja, _, en = PATTERNS[pattern].partition(" / ")
        return Text(ja=ja, en=en)
    plain = re.sub(r"^(\^|\\A)|(?<!\\)(\$|\\Z)$", "", pattern)
    parts = list(_list_parts(plain))
    if parts and all(parts):
        return Text(ja="、".join(part.ja for part in parts if part), en=", then ".join(p.en for p in parts if p))
    if listed := _list_choices(plain):
        return Text(ja="か".join(f"「{one}」" for one in listed), en=" or ".join(f'"{one}"' for one in listed))
    return None


def _list_choices(plain: str) -> list[str]:
    """List the alternatives of a pattern such as `(A|B|C)`; empty for another."""
    inner = re.sub(r"^\((?:\?:)?(.*)\)$", r"\1", plain)
    choices = inner.split("|")
    return choices if len(choices) > 1 and not any(re.search(r"[\\\[\](){}*+?.^$]", one) for one in choices) else []


def _list_parts(plain: str) -> Iterator[Text | None]:
    """Yield each part of a sequence in words; None for one that has none."""
    at, literal = 0, ""
    while at < len(plain):
        atom = _ATOM.match(plain, at)
        if atom is None:
            yield None
            return
        at = atom.end()
        times = _TIMES.match(plain, at)
        at = times.end() if times else at
        if atom["text"] and times is None:
            literal += atom["text"][-1]
            continue
        if literal:
            yield Text(ja=f"「{literal}」", en=f'"{literal}"')
            literal = ""
        yield _say_part(atom, times)
    if literal:
        yield Text(ja=f"「{literal}」", en=f'"{literal}"')


def _say_part(atom: re.Match[str], times: re.Match[str] | None) -> Text | None:
    sign = atom["text"][-1] if atom["text"] else ""
    one = (f"「{sign}」", f'"{sign}"', f'"{sign}"') if sign else _ANY if atom["any"] else _say_class(atom)
    if one is None:
        return None
    ja, en, many = one
    unit = "桁" if ja == "数字" else "個" if sign else "文字"
    ja = "" if atom["any"] else f"{ja} "
    match times and (times[0][0], times[1], times[2], times[3]):
        case None:
            return Text(ja=f"{ja}1 {unit}", en=en if en.startswith("one of") else f"1 {en}")
        case ("?", *_):
            return Text(ja=f"{ja}1 {unit}（なくてもよい）", en=f"1 {en} or none")
        case ("+", *_):
            return Text(ja=f"{ja}1 {unit}以上", en=f"1 or more {many}")
        case ("*", *_):
            return Text(ja=f"{ja}0 {unit}以上", en=f"any number of {many}")
        case (_, least, None, _):
            return Text(ja=f"{ja}{least} {unit}", en=f"{least} {many if least != '1' else en}")
        case (_, least, _, most):
            ranged = f"{least}〜{most} {unit}" if most else f"{least} {unit}以上"
            return Text(ja=f"{ja}{ranged}", en=f"{least} to {most} {many}" if most else f"{least} or more {many}")
    return None


_ANY = ("文字", "character", "characters")


def _say_class(atom: re.Match[str]) -> tuple[str, str, str] | None:
    """Name a character class in Japanese and in English, singular and plural: a usual one, perhaps with some signs."""
    inner = atom["inner"] or r"\d"
    if inner in _SETS:
        ja, en = _SETS[inner]
        return ja, en, en if en == "kanji" else en.replace(" or ", "s or ") + "s"
    if re.fullmatch(r"[^\\^-]+", inner):
        quoted = " ".join(f'"{sign}"' for sign in inner)
        return "「" + "」「".join(inner) + "」のどれか", f"one of {quoted}", f"of {quoted}"
    for known in sorted(_SETS, key=len, reverse=True):
        rest = inner.removeprefix(known) if inner.startswith(known) else inner
        signs = re.sub(r"\\(.)", r"\1", rest)
        if rest != inner and signs and not re.search(r".-.|[A-Za-z0-9]", signs):
            ja, en = _SETS[known]
            quoted = " or ".join(f'"{sign}"' for sign in signs)
            return ja + "".join(f"か「{sign}」" for sign in signs), f"{en} or {quoted}", f"{en}s or {quoted}"
    return None
