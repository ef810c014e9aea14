"""A search index of datasets in small files, of which a browser fetches the few that a query needs.  Pure.

    search/<lang>.json               the list of files, every dataset's facets, the facets' names: fetched first
    search/terms-<n>.<hash>.json     terms from the one that <lang>.json gives for it, in the order of UTF-16
    search/<lang>-<n>.<hash>.json    the entries of ENTRIES datasets in a list of results
    search/values-<n>.<hash>.json    frequent values of dataset n by table and column, to say where a word was found
    search/order-<n>.<hash>.json     every dataset's place by rows (0) and by title in each language (1, 2)

Datasets are numbered by the length of their titles, so that of two equal matches the one with the shorter title, of
which the query is the larger part, comes first; retired ones come after all others.  A term's value has a list for each of four levels (title, keywords,
columns, description) with the datasets whose best level for the term it is: `[[3,1,-4],[],[9]]`.  A list holds the
difference of each number from the one before it; -4 stands for four ones.
"""

import hashlib
import json
import operator
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import groupby, pairwise

from entaku.catalogue import said
from entaku.formats.heavy import late_compile
from entaku.model.nouns import LANGS, Lang, Page

ALIKE = (
    "髙高﨑崎澤沢濱浜廣広國国學学區区縣県驛駅鐵鉄櫻桜淺浅瀧滝龍竜嶋島嶽岳槇槙麴麹鷗鴎邊辺邉辺齋斎齊斉眞真惠恵榮栄圓円"
    "會会體体號号條条藝芸萬万與与總総橫横灣湾變変發発舊旧靜静豐豊關関壽寿檜桧溪渓假仮ゕかゖけ"
)
"""Pairs of a character and its search form (old forms of kanji in names, small ヵ and ヶ)."""
SPELLINGS = {
    "障がい": "障害", "障碍": "障害", "子ども": "子供", "こども": "子供", "取り組み": "取組", "受け付け": "受付",
    "問い合わせ": "問合せ", "申し込み": "申込", "取り扱い": "取扱", "貸し出し": "貸出", "売り上げ": "売上",
}  # fmt: skip
"""Variant spellings in use at offices, after folding."""
STOP = ("a", "an", "and", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with")
"""English stop words."""
LONGEST = 30
"""Characters of a word that count."""

_KANA = "ぁ-ゟー"
_CJK = "ー々〆〇ぁ-ゟヷ-ヺ㐀-䶿一-鿿豈-\ufaff가-힣\U00020000-\U000323af"
_TABLE = {code: chr(code - 0x60) for code in range(ord("ァ"), ord("ヶ") + 1)}
_TABLE |= {ord(dash): "-" for dash in "_‐‑‒–—―−─━"}
_ALIKE = {ord(old): new for old, new in zip(ALIKE[::2], ALIKE[1::2], strict=True)}
_ACCENTED = late_compile("[\u00c0-\u024f\u1e00-\u1eff]")
_SPELLING = late_compile("|".join(SPELLINGS))
_DASH_IN_KANA = late_compile(f"(?<=[{_KANA}])-")
_DASH_ALONE = late_compile(f"(?<![{_KANA}])ー+")
_DASHES = late_compile("ー{2,}")
_DASH_AT_END = late_compile(f"(?<=[{_KANA}]{{3}})ー(?![{_KANA}])")
_NOT_WORDS = late_compile(r"(?:[^\w-]|(?<![a-z0-9])-|-(?![a-z0-9]))+")
_RUN = late_compile(f"([{_CJK}]+)|([^ {_CJK}]+)")
_STOP = frozenset(STOP)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@lru_cache(1 << 11)
def fold(text: str) -> str:
    """Normalise text for comparison: words with single spaces between.

    Equal are: full and half width, capitals, accents, katakana and hiragana, old and new kanji, every dash used as a
    long vowel mark, and a word of three kana or more with or without a long vowel at its end (JIS Z 8301 drops it:
    エレベータ, エレベーター).  A hyphen stays between letters or digits (wi-fi).
    """
    if text.isascii():
        return _NOT_WORDS.sub(" ", text.lower().replace("_", "-")).strip()
    text = unicodedata.normalize("NFKC", text).lower()
    text = _ACCENTED.sub(lambda found: unicodedata.normalize("NFD", found[0])[0], text)
    text = text.translate(_TABLE).translate(_ALIKE)
    text = _DASH_IN_KANA.sub("ー", text)
    text = _DASH_ALONE.sub(" ", text)
    text = _DASHES.sub("ー", text)
    text = _DASH_AT_END.sub("", text)
    text = _SPELLING.sub(lambda found: SPELLINGS[found[0]], text)
    return _NOT_WORDS.sub(" ", text).strip()


def cut(text: str) -> tuple[list[str], list[str]]:
    """Return the runs of Japanese characters and the words of other scripts in folded `text`."""
    found = _RUN.findall(text)
    return [run for run, _ in found if run], [word[:LONGEST] for _, word in found if word and word not in _STOP]


@lru_cache(1 << 11)
def list_terms(text: str, single: bool = True, first: bool = False) -> frozenset[str]:
    """Return the terms of `text`: pairs of Japanese characters, and words (wi-fi: wi, fi, wifi).

    `single`: also each Japanese character alone, for queries like 駅.  `first`: also the beginning of each run, marked
    by "^": 京都 begins 京都市 and not 東京都.
    """
    runs, words = cut(fold(text))
    terms = {word.replace("-", "") for word in words}
    terms.update(part for word in words if "-" in word for part in word.split("-"))
    for run in runs:
        terms.update(map("".join, pairwise(run)))
        if single:
            terms.update(run)
        if first:
            terms.add("^" + run[:2])
    return frozenset(terms)


def list_said(texts: Iterable[str]) -> tuple[str, ...]:
    """Return what people say for the words of texts: readings, Latin letters, synonyms."""
    return said.list_said(texts, fold)


SHARD = 16_000
"""Bytes of a file of terms, unless one term needs more."""
ENTRIES = 8
"""Datasets in one file of entries."""
SUGGESTIONS = 300
"""Keywords that are suggested for queries without results."""
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
VALUES = 4_000
"""Bytes of a file of values."""
RETIRED = "retired"
"""In the place of the date by which the next release is expected, where none is."""
FACETS = ("publisher", "theme", "format", "frequency", "license")


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """A dataset as it is searched and listed."""

    path: str
    titles: Mapping[Lang, str]
    summary: Callable[[Lang], str]
    """Returns the beginning of its description in a language, for display."""
    keywords: tuple[str, ...]
    columns: Callable[[Lang], tuple[str, ...]]
    """Returns the columns in a language, `station_code 駅コード`; called on demand, as there are many."""
    levels: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    """All texts in both languages: titles; keywords, themes, publisher; columns and tables; descriptions."""
    facets: tuple[tuple[str, ...], ...]
    """Its values of each of FACETS."""
    created: str
    """The date of its data, "" without a release."""
    due: str
    """The date by which the next release is expected, or "", or RETIRED."""
    rows: int
    sample: bool
    values: tuple[tuple[str, str, Mapping[Lang, str], tuple[str, ...]], ...] = ()
    """Table, column, its title in each language, its frequent texts, the most frequent first."""


NO_TEXTS = ((), (), (), ())


def rank_entry(title: str, path: str, retired: bool) -> tuple[bool, int, str]:
    """Return the sort key of a dataset's number, from its Japanese title."""
    return retired, len(fold(title)), path


def write_index(
    entries: Iterable[SearchEntry], labels: Mapping[Lang, Mapping[str, Mapping[str, str]]]
) -> Iterator[Page]:
    """Yield the index's files.  `entries`: in the order of `rank_entry`; what is only searched of them isn't held.
    `labels`: by language and facet, the labels of its values."""
    postings: Postings = defaultdict(partial(array, "I"))
    ordered, hashes = list[SearchEntry](), dict[int, str]()
    for n, entry in enumerate(entries):
        collect_terms(postings, n, entry.levels)
        if entry.values:
            page = name_page(f"search/values-{n}", show_values(entry))
            hashes[n] = page.path.split(".")[-2]
            yield page
        ordered.append(replace(entry, levels=NO_TEXTS, values=()))
    firsts, terms = list[str](), list[str]()
    for n, (first, body) in enumerate(cut_shards(postings)):
        page = name_page(f"search/terms-{n}", body)
        firsts.append(first)
        terms.append(page.path.split(".")[-2])
        yield page
    postings.clear()
    values = {name: list_values(ordered, facet) for facet, name in enumerate(FACETS)}
    columns = {name: number_facet(ordered, facet, values[name]) for facet, name in enumerate(FACETS)}
    columns["days"] = write_column([(entry.created, entry.due) for entry in ordered])
    by_rows = name_page("search/order-0", write_order([(-entry.rows,) for entry in ordered]))
    yield by_rows
    for k, lang in enumerate(LANGS):
        by_title = name_page(f"search/order-{k + 1}", write_order([(fold(entry.titles[lang]),) for entry in ordered]))
        yield by_title
        parts = []
        for n, start in enumerate(range(0, len(ordered), ENTRIES)):
            some = enumerate(ordered[start : start + ENTRIES], start)
            shown = [[*show_entry(entry, lang), *filter(None, [hashes.get(k)])] for k, entry in some]
            page = name_page(f"search/{lang}-{n}", dump(shown))
            parts.append(page.path.split(".")[-2])
            yield page
        index = {
            "count": len(ordered),
            "size": ENTRIES,
            "alike": ALIKE,
            "spellings": SPELLINGS,
            "stop": STOP,
            "first": firsts,
            "terms": terms,
            "entries": parts,
            "orders": {"rows": by_rows.path.removeprefix("search/"), "name": by_title.path.removeprefix("search/")},
            "words": list_suggestions(ordered),
            "facets": values,
            "labels": {
                name: [labels[lang].get(name, {}).get(value, value) for value in values[name]] for name in FACETS
            },
            "columns": columns,
        }
        yield Page(f"search/{lang}.json", dump(index) + b"\n")


# ---- terms ------------------------------------------------------------------------------------------------------

Postings = defaultdict[str, "array[int]"]
"""By term, for each entry with it, four times its number plus the level; 10,000 datasets have millions of these."""


def collect_terms(postings: Postings, number: int, levels: Sequence[Sequence[str]]) -> None:
    """Add the number of an entry to each term that its texts have, at the term's best level."""
    seen: set[str] = set()
    for level, texts in enumerate(levels):
        single, first = level < 3, level < 2
        found = set[str]().union(*(list_terms(text, single, first) for text in texts))
        found -= seen
        seen |= found
        for term in found:
            postings[term].append(4 * number + level)


def cut_shards(postings: Postings) -> Iterator[tuple[str, bytes]]:
    """Yield files of terms in JavaScript's string order, each with its first term."""
    lines: list[str] = []
    first, size = "", 0
    for term in sorted(postings, key=lambda term: term.encode("utf-16-be")):
        line = f"{json.encoder.encode_basestring(term)}:{write_lists(postings[term])}"
        if lines and size + len(line) > SHARD:
            yield first, f"{{{','.join(lines)}}}".encode()
            lines, size = [], 0
        if not lines:
            first = term
        lines.append(line)
        size += len(line) + 1 + len(term)  # a Japanese character is three bytes
    if lines:
        yield first, f"{{{','.join(lines)}}}".encode()


def write_lists(packed: "array[int]") -> str:
    """Return a term's numbers as JSON, level by level, without empty levels at the end."""
    lists: tuple[list[int], ...] = ([], [], [], [])
    for each in packed:
        lists[each % 4].append(each // 4)
    last = max(level for level, numbers in enumerate(lists) if numbers)
    return f"[{','.join(f'[{shorten(numbers)}]' for numbers in lists[: last + 1])}]"


def shorten(numbers: Sequence[int]) -> str:
    """Encode numbers as differences from the one before; `-n` stands for n ones."""
    parts: list[str] = []
    for step, run in groupby(map(operator.sub, numbers, (-1, *numbers))):
        count = len(list(run))
        parts += [str(-count)] if step == 1 and count > 1 else [str(step)] * count
    return ",".join(parts)


# ---- entries and facets -----------------------------------------------------------------------------------------


def show_entry(entry: SearchEntry, lang: Lang) -> list[object]:
    """Return an entry of the results as a list.

    Its items are path, title, title in the other language, summary, keywords, columns, rows, day, marks (1: a sample,
    2: retired); then, where it has values, the hash of their file.
    """
    other = entry.titles["ja" if lang == "en" else "en"]
    title = entry.titles[lang]
    return [
        entry.path, title, other if other != title else "", entry.summary(lang), list(entry.keywords),
        list(entry.columns(lang)), entry.rows, entry.created, entry.sample + 2 * (entry.due == RETIRED),
    ]  # fmt: skip


def show_values(entry: SearchEntry) -> bytes:
    """Return an entry's values as JSON, of each column the most frequent as far as VALUES bytes reach for all; then of
    the first columns one each."""
    held, most = entry.values, max(len(values) for *_, values in entry.values)
    while True:
        body = dump([[table, name, told["ja"], told["en"], list(values[:most])] for table, name, told, values in held])
        if len(body) <= VALUES:
            return body
        if most > 1:
            most -= max(1, most // 8)
        else:
            held = held[: len(held) * 7 // 8]


def write_order(keys: Sequence[tuple[int | str, ...]]) -> bytes:
    """Encode the place of each dataset in the order of `keys` as JSON: the place without its last two bits as DIGITS of
    one width, then these bits of three datasets in each digit."""
    places = [0] * len(keys)
    for place, number in enumerate(sorted(range(len(keys)), key=lambda number: (keys[number], number))):
        places[number] = place
    width = 0
    while 64**width * 4 < len(places):
        width += 1
    high = "".join(DIGITS[place // 4 // 64**k % 64] for place in places for k in reversed(range(width)))
    low = "".join(
        DIGITS[sum(place % 4 << 2 * k for k, place in enumerate(places[start : start + 3]))]
        for start in range(0, len(places), 3)
    )
    return dump({"width": width, "high": high, "low": low})


def list_values(entries: Sequence[SearchEntry], facet: int) -> list[str]:
    """List the values of a facet, most frequent first."""
    counts = Counter(value for entry in entries for value in entry.facets[facet])
    return sorted(counts, key=lambda value: (-counts[value], value))


def number_facet(entries: Sequence[SearchEntry], facet: int, values: Sequence[str]) -> dict[str, object]:
    """Return each dataset's values of a facet, as indices into `values`."""
    places = {value: n for n, value in enumerate(values)}
    return write_column([tuple(places[value] for value in entry.facets[facet]) for entry in entries])


def write_column(sets: Sequence[tuple[int | str, ...]]) -> dict[str, object]:
    """Encode a value per dataset: the distinct values, and per dataset an index of as few DIGITS as possible."""
    places = {each: n for n, (each, _) in enumerate(Counter(sets).most_common())}
    width = 0
    while len(DIGITS) ** width < len(places):
        width += 1
    spelled = {each: "".join(DIGITS[n // 64**k % 64] for k in reversed(range(width))) for each, n in places.items()}
    return {"sets": list(places), "width": width, "of": "".join(spelled[each] for each in sets)}


def list_suggestions(entries: Sequence[SearchEntry]) -> list[str]:
    """List the most frequent keywords."""
    counts = Counter(word for entry in entries for word in entry.keywords)
    return [word for word, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:SUGGESTIONS]]


# ---- files ------------------------------------------------------------------------------------------------------


def dump(value: object) -> bytes:
    """Convert a value to compact JSON."""
    return _encode(value).encode("utf-8", "replace")


def name_page(stem: str, body: bytes) -> Page:
    """Return a file whose name has the hash of its content."""
    return Page(f"{stem}.{hashlib.sha256(body).hexdigest()[:8]}.json", body + b"\n")
