"""Names of people where a kind of user should stand ("a journalist", 「飲食店を営む人」).  Pure.

No program knows every name.  What has a common surname, or a title such as さん, is an error; what merely looks like a
name is a warning.  The surnames are the hundred or so that about two fifths of Japan bears.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from entaku.formats.arrays import make_numbers, make_texts, measure, to_mask, to_numbers
from entaku.formats.heavy import pa, pc
from entaku.model.nouns import Severity

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
"""In Japanese, and in Latin letters (without long vowels)."""

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
    """The values that are or hold names: how bad that is, what gave them away, and which they are."""
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
    """Whether a text is a common surname with a given name, or one that is addressed as people are."""
    if _TITLED.search(text) or _ENGLISH_TITLE.search(text):
        return True
    full = _FULL.fullmatch(text)
    if full and not _KINDS.search(full["given"]):
        return True
    words = text.split()
    return len(words) == 2 and all(map(str.isalpha, words)) and any(word.lower() in _ROMAN for word in words)


def looks_like_name(text: str) -> bool:
    """Whether a text has the form of a name: two short words of kanji, or two capitalised ones."""
    spaced = _SPACED.fullmatch(text)
    if spaced:
        return not any(_KINDS.search(word) for word in text.split())
    return _ENGLISH.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Seen:
    """How often a text is in a column, and the number of the first row that has it."""

    count: int
    row: int


WHOLE_DIGITS = re.compile(r"\^\[0-9\]\{(\d+)\}\$")


def may_match(texts: pa.Array, pattern: str) -> bool:
    """Test whether a pattern can match any of the texts, without looking at them one by one.

    A pattern for a whole cell of digits is tested by the cells' lengths; others, without the anchor at their
    beginning, on all the text at once, where a match that runs over the end of a cell is a false alarm and nothing is
    missed.
    """
    if whole := WHOLE_DIGITS.fullmatch(pattern):
        return bool((measure(texts) == int(whole[1])).any())
    loose = pattern if "|" in pattern else pattern.removeprefix("^")
    if "^" in loose.replace("[^", "") or "$" in loose or not len(texts):
        return True
    _, offsets, data = texts.buffers()
    if data is None:
        return False
    ends = np.frombuffer(offsets, np.int32)[[texts.offset, texts.offset + len(texts)]].astype(np.int64)
    whole_text = pa.LargeStringArray.from_buffers(1, pa.py_buffer(ends), data)
    return bool(pc.match_substring_regex(whole_text, loose).true_count)


class Scan:
    """What was found of the patterns (RE2) that were looked for, by column."""

    def __init__(self, table: Iterable[pa.RecordBatch], patterns: Mapping[str, Sequence[str]]) -> None:
        """`table`: read from the start at each iteration, columns of text."""
        self._table = table
        self._found: dict[tuple[str, str], dict[str, Seen]] = {}
        first = 0
        for batch in table:
            for name, wanted in patterns.items():
                if wanted:
                    self._look(name, wanted, batch.column(name), first)
            first += batch.num_rows

    def _look(self, name: str, patterns: Sequence[str], texts: pa.Array, first: int) -> None:
        patterns = [pattern for pattern in patterns if may_match(texts, pattern)]
        if not patterns:
            return
        coded = texts.dictionary_encode()
        for pattern in patterns:
            hit = pc.match_substring_regex(coded.dictionary, pattern)
            if not hit.true_count:
                continue
            codes = to_numbers(coded.indices)
            counts = np.bincount(codes, minlength=len(coded.dictionary))
            rows = np.empty(len(coded.dictionary), np.int64)
            rows[codes[::-1]] = np.arange(first + len(codes) - 1, first - 1, -1)  # the last that is put stays
            found = self._found.setdefault((name, pattern), {})
            places = np.flatnonzero(to_mask(hit))
            for text, count, row in zip(
                coded.dictionary.take(make_numbers(places)).to_pylist(),
                counts[places].tolist(),
                rows[places].tolist(),
                strict=True,
            ):
                before = found.get(text)
                found[text] = Seen(count, row) if before is None else Seen(before.count + count, before.row)

    def list_matches(self, name: str, pattern: str) -> list[str]:
        """The different texts of a column in which a pattern was found, in order."""
        return list(self._found.get((name, pattern), ()))

    def sum_up(self, name: str, texts: Collection[str]) -> Seen:
        """How many rows of a column have one of these texts, and the first of them."""
        seen = {
            text: each for (column, _), found in self._found.items() if column == name for text, each in found.items()
        }
        some = [seen[text] for text in texts]
        return Seen(sum(each.count for each in some), min(each.row for each in some))

    def count_filled(self, name: str) -> int:
        """How many different texts a column has that aren't empty.  Reads the table again."""

        found = pa.chunked_array([pc.unique(batch.column(name)) for batch in self._table], pa.string())
        return sum(1 for text in pc.unique(found) if text.as_py())

    def list_rows(self, name: str, texts: Collection[str]) -> Iterator[int]:
        """The numbers of the rows that have one of these texts.  Reads the table again."""

        wanted, first = make_texts(sorted(texts)), 0
        for batch in self._table:
            yield from (np.flatnonzero(to_mask(pc.is_in(batch.column(name), wanted))) + first).tolist()
            first += batch.num_rows
