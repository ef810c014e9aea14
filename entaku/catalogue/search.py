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
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

from entaku.catalogue import said
from entaku.catalogue.postings import Postings, add_terms, cut_shards
from entaku.formats.heavy import late_compile
from entaku.model.kept import move_page
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


@dataclass(frozen=True, slots=True)
class IndexedDataset:
    """What the index has of a dataset, all but its number."""

    rank: tuple[bool, int, str]
    """The sort key of its number."""
    shown: tuple[bytes, bytes]
    """Its entry in the results in each of LANGS, as JSON without the bracket at its end."""
    titles: tuple[str, str]
    """Folded, in each of LANGS."""
    keywords: tuple[str, ...]
    facets: tuple[tuple[str, ...], ...]
    days: tuple[str, str]
    """When its data were made, and when the next are due."""
    rows: int
    terms: tuple[str, ...]
    """The terms that it has at each level and at none before, with a space after each."""
    values: Page | None
    """The file of its frequent values, named without its number; None where it has none."""


NO_TERMS = ("", "", "", "")


def index_entry(entry: SearchEntry) -> IndexedDataset:
    """Return what the index has of a dataset."""
    return IndexedDataset(
        rank=rank_entry(entry.titles["ja"], entry.path, entry.due == RETIRED),
        shown=(show_entry(entry, "ja"), show_entry(entry, "en")),
        titles=(fold(entry.titles["ja"]), fold(entry.titles["en"])),
        keywords=entry.keywords,
        facets=entry.facets,
        days=(entry.created, entry.due),
        rows=entry.rows,
        terms=collect_terms(entry.levels),
        values=name_page("search/values", show_values(entry)) if entry.values else None,
    )


def rank_entry(title: str, path: str, retired: bool) -> tuple[bool, int, str]:
    """Return the sort key of a dataset's number, from its Japanese title."""
    return retired, len(fold(title)), path


def write_index(
    entries: Iterable[IndexedDataset], labels: Mapping[Lang, Mapping[str, Mapping[str, str]]]
) -> Iterator[Page]:
    """Yield the index's files.  `entries`: in any order; what is only searched of them isn't held.  `labels`: by
    language and facet, the labels of its values."""
    postings: Postings = defaultdict(partial(array, "I"))
    held, common = list[IndexedDataset](), dict[tuple[Any, ...], Any]()
    for entry in entries:
        add_terms(postings, len(held), entry.terms)
        facets, days = (common.setdefault(each, each) for each in (entry.facets, entry.days))
        held.append(replace(entry, terms=NO_TERMS, facets=facets, days=days))
    common.clear()
    order = sorted(range(len(held)), key=lambda n: held[n].rank)
    ordered, numbers = [held[n] for n in order], array("I", order)
    for number, n in enumerate(order):
        numbers[n] = number
    hashes = dict[int, bytes]()
    for n, entry in enumerate(ordered):
        if entry.values is not None:
            hashes[n] = entry.values.path.split(".")[-2].encode()
            yield move_page(entry.values, f"search/values-{n}.{hashes[n].decode()}.json")
    firsts, terms = list[str](), list[str]()
    for n, (first, body) in enumerate(cut_shards(postings, numbers)):
        page = name_page(f"search/terms-{n}", body)
        firsts.append(first)
        terms.append(page.path.split(".")[-2])
        yield page
    postings.clear()
    values = {name: list_values(ordered, facet) for facet, name in enumerate(FACETS)}
    columns = {name: number_facet(ordered, facet, values[name]) for facet, name in enumerate(FACETS)}
    columns["days"] = write_column([entry.days for entry in ordered])
    by_rows = name_page("search/order-0", write_order([(-entry.rows,) for entry in ordered]))
    yield by_rows
    for k, lang in enumerate(LANGS):
        by_title = name_page(f"search/order-{k + 1}", write_order([(entry.titles[k],) for entry in ordered]))
        yield by_title
        parts = []
        for n, start in enumerate(range(0, len(ordered), ENTRIES)):
            some = enumerate(ordered[start : start + ENTRIES], start)
            shown = [entry.shown[k] + (b',"%s"]' % hashes[m] if m in hashes else b"]") for m, entry in some]
            page = name_page(f"search/{lang}-{n}", b"[%s]" % b",".join(shown))
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


def collect_terms(levels: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the terms of an entry's texts, each at its best level."""
    seen, made = set[str](), list[str]()
    for level, texts in enumerate(levels):
        single, first = level < 3, level < 2
        found = set[str]().union(*(list_terms(text, single, first) for text in texts))
        found -= seen
        seen |= found
        made.append("".join(f"{term} " for term in sorted(found)))
    return tuple(made)


# ---- entries and facets -----------------------------------------------------------------------------------------


def show_entry(entry: SearchEntry, lang: Lang) -> bytes:
    """Return an entry of the results as JSON, a list without the bracket at its end.

    Its items are path, title, title in the other language, summary, keywords, columns, rows, day, marks (1: a sample,
    2: retired); then, where it has values, the hash of their file.
    """
    other = entry.titles["ja" if lang == "en" else "en"]
    title = entry.titles[lang]
    shown = [
        entry.path, title, other if other != title else "", entry.summary(lang), list(entry.keywords),
        list(entry.columns(lang)), entry.rows, entry.created, entry.sample + 2 * (entry.due == RETIRED),
    ]  # fmt: skip
    return dump(shown)[:-1]


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


def list_values(entries: Sequence[IndexedDataset], facet: int) -> list[str]:
    """List the values of a facet, most frequent first."""
    counts = Counter(value for entry in entries for value in entry.facets[facet])
    return sorted(counts, key=lambda value: (-counts[value], value))


def number_facet(entries: Sequence[IndexedDataset], facet: int, values: Sequence[str]) -> dict[str, object]:
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


def list_suggestions(entries: Sequence[IndexedDataset]) -> list[str]:
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
