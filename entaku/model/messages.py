"""Rendering of findings as text, in Japanese or English, and as JSON."""

import dataclasses
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pkgutil import get_data
from typing import Any

import yaml

from entaku.model.nouns import LANGS, SEVERITIES, Attempt, Finding, Lang, Place, Violation

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
def _list_entries() -> dict[str, str]:
    """Return each code's part of the file."""
    body = get_data("entaku.model", "findings.yaml")
    assert body is not None, "findings.yaml is not installed"
    entries = re.findall(r"(?m)^[\w-]+:\n(?:[ #].*\n|\n)*", body.decode())
    return {entry.partition(":")[0]: entry for entry in entries}


@cache
def _load(name: str) -> Code:
    return parse_codes(_list_entries()[name])[name]


class _Codes(Mapping[str, Code]):
    """A mapping that reads the file at the first lookup, and of it only what is asked for: runs show few findings."""

    def __getitem__(self, name: str) -> Code:
        return _load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_list_entries())

    def __len__(self) -> int:
        return len(_list_entries())


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
    args = {key: choose(text, lang) if key in _TWO_TONGUES else text for key, text in finding.args.items()}
    args |= {key[:-3]: text for key, text in args.items() if key.endswith(f"_{lang}") and key[:-3] not in args}
    args = {key: show_value(text) if key not in _LONG else text for key, text in args.items()}
    if lang == "ja" and _FOREIGN.search(args.get("why", "")) and not _JAPANESE.search(args["why"]):
        args["why"] = f"「{args['why']}」"  # a library's own words
    return template.format_map(_Args(args, value=show_value(finding.value)))


_TWO_TONGUES = ("why", "what", "where", "meaning", "allowed")
"""Args that may hold the same words in both languages: `行 / rows`."""
_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_FOREIGN = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
_BETWEEN = re.compile("(?: |(?<=[）」]))/ ")


def choose(words: str, lang: Lang) -> str:
    """Choose one language of words that are given in both, Japanese first."""
    cuts = [cut for cut in _BETWEEN.finditer(words) if _JAPANESE.search(words, 0, cut.start())]
    clean = [cut for cut in cuts if not _JAPANESE.search(words, cut.end())]
    # An English half that quotes a Japanese value still begins with a Latin letter.
    quoting = [cut for cut in cuts if len(cuts) == 1 and re.match(r"[A-Za-z]", words[cut.end() :])]
    for cut in (clean or quoting)[-1:]:
        return words[cut.end() :] if lang == "en" else words[: cut.start()]
    return words


_LONG = {"allowed", "hint", "why", "in", "todo", "rule", "there", "example", "near", "without", "lines"}
_LONG |= {f"{name}_{lang}" for name in _LONG for lang in LANGS}
"""Args that a message shows whole."""


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


# ---- findings of one cause ------------------------------------------------------------------------------------------

EXAMPLES, EXAMPLES_OF_A_LINE = 3, 20
"""Further findings of one cause that a message names: those of cells, and those of one line of YAML."""
OF_A_CELL = {
    "before", "first", "seen", "which", "likely", "hint_ja", "hint_en", "orders", "day", "sum", "difference", "group",
    "differs", "why_ja", "why_en", "shown", "expected", "allowed", "there_ja", "there_en",
}  # fmt: skip
"""Args that differ between findings of one cause."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Findings of one cause: of one code and severity, about one column or line, with one remedy."""

    first: Finding
    others: tuple[Finding, ...] = ()
    untold: int = 0
    """How many more were only counted."""

    @property
    def count(self) -> int:
        """Return the number of findings."""
        return 1 + len(self.others) + self.untold


def group_alike(findings: Iterable[Finding]) -> tuple[Alike, ...]:
    """Group findings by their cause: errors first, then those of YAML, each by file and line or row.

    Those that were only counted (`too-many-findings` with the arg `of`) are added to the last group of their code.
    """
    ordered = sorted(findings, key=_order)
    groups: dict[tuple[object, ...], list[Finding]] = {}
    last: dict[tuple[str, str], tuple[object, ...]] = {}
    untold: Counter[tuple[object, ...]] = Counter()
    for finding in ordered:
        if "of" not in finding.args:
            key = _find_cause(finding)
            groups.setdefault(key, []).append(finding)
            last[finding.code, finding.severity] = key
    for finding in ordered:
        if "of" in finding.args:
            args = {name: text for name, text in finding.args.items() if name not in ("of", "count")}
            key = _find_cause(dataclasses.replace(finding, code=finding.args["of"], args=args))
            key = key if key in groups else last.get((finding.args["of"], finding.severity), key)
            if key in groups:
                untold[key] += int(finding.args["count"].replace(",", ""))
            else:
                groups[key] = [finding]
    return tuple(Alike(first, tuple(others), untold[key]) for key, (first, *others) in groups.items())


def _order(finding: Finding) -> tuple[object, ...]:
    place = finding.place
    kind = SEVERITIES.index(finding.severity)
    counted = finding.code == "too-many-findings"
    clear = not finding.code.startswith("encoding")  # what else is told may follow from garbled text
    return (
        kind,
        counted,
        clear,
        place.line is None,
        place.file,
        place.line or 0,
        place.sheet,
        place.row or 0,
        place.cell,
        place.column,
    )


def _find_cause(finding: Finding) -> tuple[object, ...]:
    place = finding.place
    where = (place.file, place.line) if place.line is not None else (place.column,)
    args = tuple(sorted((key, value) for key, value in finding.args.items() if key not in OF_A_CELL))
    return finding.severity, finding.code, where, args


def say_others(alike: Alike, lang: Lang) -> str:
    """Return how many more there are of the first finding's cause, with examples; "" if it is alone."""
    if alike.count == 1:
        return ""
    most = EXAMPLES if alike.first.place.line is None else EXAMPLES_OF_A_LINE
    shown = [_say_example(finding, alike.first.place, lang) for finding in alike.others[:most]]
    rest = alike.count - 1 > len(shown)
    if lang == "en":
        listed = ", ".join(one for one in shown if one) + (", …" if rest else "")
        return f" ({alike.count - 1:,} more: {listed})" if any(shown) else f" ({alike.count - 1:,} more)"
    listed = "、".join(one for one in shown if one) + (" など" if rest else "")
    return f"（ほかに {alike.count - 1:,} 件：{listed}）" if any(shown) else f"（ほかに {alike.count - 1:,} 件）"


def _say_example(finding: Finding, first: Place, lang: Lang) -> str:
    """Name the place of one more finding, as far as it differs from the first one's, and its value."""
    place = finding.place
    if place.file == first.file:
        place = dataclasses.replace(place, file="", sheet="" if place.sheet == first.sheet else place.sheet)
    where = "" if place.line is not None and not place.file else say_place(dataclasses.replace(place, column=""), lang)
    if not finding.value:
        return where
    value = show_value(finding.value)
    return f'{where} "{value}"'.strip() if lang == "en" else f"{where}「{value}」"


def say_alike(alike: Alike, lang: Lang) -> str:
    """Return findings of one cause on one line: place, code, what is wrong, how many more, what to do next."""
    where = say_place(alike.first.place, lang)
    what = f"{say_what(alike.first, lang)}{say_others(alike, lang)}"
    words = f"{alike.first.code} {what} → {say_next(alike.first, lang)}"
    return f"{where} {words}" if where else words


def within(file: str) -> dict[str, str]:
    """Return the args `file`, `in_ja` and `in_en` of a finding at a line of YAML about a raw file; none for ""."""
    shown = mask_userinfo(file)
    return {"file": file, "in_ja": f"（{shown}）", "in_en": f" ({shown})"} if file else {}


# ---- as JSON ---------------------------------------------------------------------------------------------------------


UNSEEN = "unseen"
"""The argument that names the parts of a finding that readers of the site must not see: "sheet", "column", "value", or
the name of another argument."""
MASK = "＊＊＊"


def mask_texts(given: Any) -> Any:
    """Mask each text that is more than signs: in a list, or for each key."""
    if isinstance(given, Mapping):
        return {key: mask_texts(text) for key, text in given.items()}
    if isinstance(given, list | tuple):
        return type(given)(map(mask_texts, given))
    return MASK if isinstance(given, str) and any(map(str.isalnum, given)) else given


def mask_keys(given: Mapping[str, Any]) -> dict[str, Any]:
    """Mask the keys."""
    return {f"{MASK}{n}" if n > 1 else MASK: value for n, value in enumerate(given.values(), 1)}


_ALWAYS = {
    "hidden-sheet": ("sheet", "value"), "defined-names": ("sheet", "value"), "custom-data": ("what",),
    "first-sheet": ("others",), "nothing-matched": ("value",), "slow-pattern": ("value", "text"),
}  # fmt: skip
"""Parts of findings of a code that always name what is hidden, or quote what a step removes."""


def list_unseen(finding: Finding) -> tuple[str, ...]:
    """List the parts of a finding that readers of the site must not see."""
    return (*_ALWAYS.get(finding.code, ()), *finding.args.get(UNSEEN, "").split())


def conceal(finding: Finding) -> Finding:
    """Return a finding as readers of the site may see it: names of what is hidden are masked, a kind before one stays."""
    masked = list_unseen(finding)
    args = {key: text for key, text in finding.args.items() if key != UNSEEN}
    args |= {key: "" if key.startswith("hint_") else MASK for key in masked if key in args}
    place = finding.place
    if "sheet" in masked and place.sheet:
        place = dataclasses.replace(place, sheet=MASK)
    if "column" in masked and place.column:
        place = dataclasses.replace(place, column=MASK)
    value = finding.value
    if "value" in masked and value:
        kind, slash, _ = value.partition("/")
        value = MASK if finding.code != "leak-allowed" else f"{kind}/{MASK}" if slash else kind
    return dataclasses.replace(finding, place=place, value=value, args=args)


_HIDDEN = ("hidden-sheet", "hidden-rows", "hidden-columns")


def conceal_attempt(attempt: Attempt) -> Attempt:
    """Return a failed attempt as readers of the site may see it: of a sheet that hides cells no cell is quoted."""
    hiding = {(one.place.file, one.place.sheet) for one in attempt.findings if one.code in _HIDDEN}

    def hide(finding: Finding) -> Finding:
        if finding.code in _HIDDEN or (finding.place.file, finding.place.sheet) not in hiding:
            return conceal(finding)
        quoted = [key for key, text in finding.args.items() if not text.isdecimal()]
        return conceal(dataclasses.replace(finding, args={**finding.args, UNSEEN: " ".join(["value", *quoted])}))

    def mask(violation: Violation) -> Violation:
        examples = tuple(
            (place, MASK if (place.file, place.sheet) in hiding else cell) for place, cell in violation.examples
        )
        return dataclasses.replace(violation, examples=examples)

    return dataclasses.replace(
        attempt, findings=tuple(map(hide, attempt.findings)), violations=tuple(map(mask, attempt.violations))
    )


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
