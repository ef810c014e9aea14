"""Rendering of findings as text, in Japanese or English, and as JSON."""

import dataclasses
import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pkgutil import get_data
from typing import Any

import yaml

from entaku.model.nouns import Finding, Lang, Place

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's loader in C where it was built with one: a tenth of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The messages of one finding code."""

    ja: str
    """What is wrong, in Japanese."""
    en: str
    """What is wrong, in English."""
    next_ja: str
    """What to do next, in Japanese."""
    next_en: str
    """What to do next, in English."""


_KEYS = {field.name for field in fields(Code)}


def parse_codes(text: str) -> dict[str, Code]:
    """Parse a YAML file of messages.  Raises ValueError for an unknown or missing key, and for text that is no
    sentence."""
    entries = _Loader(text).get_single_data()
    if not isinstance(entries, dict):
        raise ValueError("not a mapping of codes")
    return {name: _parse_code(name, entry) for name, entry in entries.items()}


def _parse_code(name: str, entry: object) -> Code:
    if not isinstance(entry, dict) or entry.keys() != _KEYS:
        raise ValueError(f"{name}: needs the keys {', '.join(sorted(_KEYS))} and no others")
    for key, words in entry.items():
        if not isinstance(words, str) or not words or "\n" in words:
            raise ValueError(f"{name}: {key} must be one sentence or more, in one paragraph")
    return Code(**entry)


@cache
def _load() -> dict[str, Code]:
    body = get_data("entaku.model", "findings.yaml")
    assert body is not None, "findings.yaml is not installed"
    return parse_codes(body.decode())


class _Codes(Mapping[str, Code]):
    """A mapping that reads the file at the first lookup, because most runs show no finding."""

    def __getitem__(self, name: str) -> Code:
        return _load()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_load())

    def __len__(self) -> int:
        return len(_load())


CODES: Mapping[str, Code] = _Codes()
"""The messages of every code, in the order of the file."""


MAX_VALUE = 80
"""Characters of a value that a message shows."""


class _Args(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


_USERINFO = re.compile(r"(https?://)[^\s/?#@]+@")


def has_userinfo(text: str) -> bool:
    """Test whether a URL in `text` has a user name, and so perhaps a password (RFC 3986, 3.2.1)."""
    return _USERINFO.search(text) is not None


def mask_userinfo(text: str) -> str:
    """Replace the user names and passwords of URLs in `text` by `…`."""
    return _USERINFO.sub(r"\1…@", text)


def show_value(value: str) -> str:
    """Return `value` on one line: cut to MAX_VALUE characters, control characters escaped, passwords as `…`."""
    value = mask_userinfo(value)
    text = "".join(
        c if c == "\u3000" or not unicodedata.category(c).startswith(("C", "Z")) or c == " " else
        c.encode("unicode_escape").decode() for c in value
    )  # fmt: skip
    return text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + "…"


def _fill(template: str, finding: Finding, lang: Lang) -> str:
    args = {key: _choose(text, lang) if key in _TWO_TONGUES else text for key, text in finding.args.items()}
    args = {key: show_value(text) if key not in _LONG else text for key, text in args.items()}
    return template.format_map(_Args(args, value=show_value(finding.value)))


_TWO_TONGUES = ("why", "what", "where", "meaning", "allowed")
"""Args that may hold the same words in both languages: `行 / rows`."""
_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def _choose(words: str, lang: Lang) -> str:
    """Choose one language of words that are given in both."""
    ja, _, en = words.rpartition(" / ")
    if not ja or not _JAPANESE.search(ja) or _JAPANESE.search(en):
        return words
    return en if lang == "en" else ja


_LONG = {"allowed", "hint_ja", "hint_en", "allowed_ja", "allowed_en", "why", "in_ja", "in_en"}


def say_what(finding: Finding, lang: Lang) -> str:
    """Return what is wrong, in `lang`, without the place."""
    code = CODES[finding.code]
    words = _fill(code.en if lang == "en" else code.ja, finding, lang)
    if before := finding.args.get("before"):
        words += f' (in the file: "{show_value(before)}")' if lang == "en" else f"（元の値「{show_value(before)}」）"
    return words


def say_next(finding: Finding, lang: Lang) -> str:
    """Return what to do next, in `lang`."""
    code = CODES[finding.code]
    return _fill(code.next_en if lang == "en" else code.next_ja, finding, lang)


def say_place(place: Place, lang: Lang) -> str:
    """Return a place as text: `pipelines/x.yaml:12`, or `URL Sheet1!C12 列 date` / `URL 12 行 列 date`."""
    if place.line is not None:
        return f"{place.file}:{place.line}"
    words = [place.file]
    if place.cell:
        words.append(f"{place.sheet}!{place.cell}" if place.sheet else place.cell)
    else:
        if place.sheet:
            words.append(place.sheet)
        if place.row is not None:
            words.append(f"row {place.row}" if lang == "en" else f"{place.row} 行目")
    if place.column:
        words.append(f"column {place.column}" if lang == "en" else f"列 {place.column}")
    return " ".join(word for word in words if word)


def say(finding: Finding, lang: Lang) -> str:
    """Return a finding on one line: place, code, what is wrong, what to do next."""
    where = say_place(finding.place, lang)
    words = f"{finding.code} {say_what(finding, lang)} → {say_next(finding, lang)}"
    return f"{where} {words}" if where else words


_SAID = {
    meant: words.split()
    for meant, words in {
        "daily": "毎日 日次 日毎 日ごと 1日ごと 営業日",
        "weekly": "毎週 週次 週毎 週ごと",
        "monthly": "毎月 月次 月毎 月ごと",
        "quarterly": "四半期 四半期ごと 季報 3か月ごと 3ヶ月ごと 3カ月ごと",
        "yearly": "毎年 年次 年毎 年ごと 年1回 毎年度 年度ごと 年報 annual annually",
        "irregular": "不定期 随時 適宜 都度",
        "integer": "整数 int 人数 件数",
        "number": "数値 数 小数 実数 float double decimal",
        "string": "文字列 文字 テキスト text str",
        "boolean": "真偽 真偽値 はい/いいえ bool",
        "date": "日付 年月日 日",
        "time": "時刻 時間",
        "datetime": "日時 timestamp",
        "year": "年 年度 西暦",
        "yearmonth": "年月 月",
        "cp932": "shift_jis shift-jis sjis s-jis シフトjis ms932 windows-31j ansi",
        "utf-8": "utf-8n utf8n bom",
        "euc-jp": "euc",
        "utf-16": "unicode",
        "iso2022_jp": "jis",
        "xlsx": "excel エクセル",
    }.items()
}
"""Common substitutes for words of the YAML, as NFKC in lower case."""


def hint(word: str, allowed: list[str] | tuple[str, ...]) -> dict[str, str]:
    """Return the args `hint_ja`, `hint_en` and `allowed` for a misspelt `word`: the nearest allowed word, if any."""
    listed = ", ".join(map(show_value, allowed[:30])) + (" …" if len(allowed) > 30 else "") or "—"
    for term in allowed:
        if term != word and _fold_hidden(term) == _fold_hidden(word) and any(map(_is_unseen, term + word)):
            return {"allowed": listed, **_hint_alike(word, term)}
    said = fold_width(word)
    near = [term for term in allowed if said == fold_width(term) or said in _SAID.get(term, ())]
    near = near or difflib.get_close_matches(word, allowed, n=1, cutoff=0.6)
    if not near:
        return {"allowed": listed, "hint_ja": "", "hint_en": ""}
    near_word = show_value(near[0])
    return {"allowed": listed, "hint_ja": f"「{near_word}」のことですか？ ", "hint_en": f'Did you mean "{near_word}"? '}


def fold_width(word: str) -> str:
    """Return a word with which others are compared: half-width, without spaces around it, in small letters."""
    return unicodedata.normalize("NFKC", word).strip().lower()


def _is_hidden(character: str) -> bool:
    return character not in " \u3000" and unicodedata.category(character).startswith(("C", "Z"))


def _is_unseen(character: str) -> bool:
    """Test whether a character is hidden, or a mark that may be part of a letter."""
    return _is_hidden(character) or unicodedata.combining(character) > 0


def _fold_hidden(word: str) -> str:
    """Return how a word looks: without characters that nobody sees, and in NFC."""
    return unicodedata.normalize("NFC", "".join(one for one in word if not _is_hidden(one))).strip()


def _hint_alike(word: str, other: str) -> dict[str, str]:
    """Return hints at another word that looks the same, written with escapes as in YAML's double quotes."""
    escaped = "".join(one.encode("unicode_escape").decode() if _is_unseen(one) else one for one in other)
    if escaped == other:
        odd = ", ".join(f"U+{ord(one):04X}" for one in word if _is_unseen(one))
        ja = f"「{other}」と同じに見えて、見えない文字（{odd}）のある名前です。その名前を打ち直してください。 "
        return {
            "hint_ja": ja,
            "hint_en": f'It looks like "{other}" but has characters that nobody sees ({odd}): retype it. ',
        }
    ja = f'同じに見えて、見えない文字のある名前があります。"{escaped}" と書けば、それを指します。 '
    return {"hint_ja": ja, "hint_en": f'A name looks the same but has characters that nobody sees; write "{escaped}". '}


def within(file: str) -> dict[str, str]:
    """Return the args `file`, `in_ja` and `in_en` of a finding at a line of YAML about a raw file; none for ""."""
    shown = mask_userinfo(file)
    return {"file": file, "in_ja": f"（{shown}）", "in_en": f" ({shown})"} if file else {}


# ---- as JSON ---------------------------------------------------------------------------------------------------------


def show_finding(finding: Finding) -> dict[str, Any]:
    """Convert a finding to plain values for JSON; empty fields are left out."""
    place = {
        field.name: value
        for field in dataclasses.fields(Place)
        if (value := getattr(finding.place, field.name)) != field.default
    }
    shown: dict[str, Any] = {"code": finding.code, "severity": finding.severity}
    shown |= {"place": place} if place else {}
    shown |= {"value": finding.value} if finding.value else {}
    return shown | ({"args": dict(finding.args)} if finding.args else {})


def read_finding(shown: Mapping[str, Any]) -> Finding:
    """Parse what `show_finding` returned."""
    more = {key: shown[key] for key in ("value", "args") if key in shown}
    return Finding(shown["code"], shown["severity"], Place(**shown.get("place", {})), **more)
