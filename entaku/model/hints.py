"""Hints: the word that a misspelt one stands for, and what a text was meant to be that doesn't match a pattern."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator

from entaku.model.messages import show_value
from entaku.model.words import put_in_words

_SAID = {
    meant: words.split()
    for meant, words in {
        "daily": "毎日 日次 日毎 日ごと 1日ごと 営業日",
        "weekly": "毎週 週次 週毎 週ごと",
        "monthly": "毎月 月次 月毎 月ごと",
        "quarterly": "四半期 四半期ごと 季報 3か月ごと 3ヶ月ごと 3カ月ごと",
        "yearly": "毎年 年次 年毎 年ごと 年1回 毎年度 年度ごと 年報 annual annually",
        "irregular": "不定期 随時 適宜 都度",
        "hold": "error 誤り 見送り 止める stop block",
        "warn": "警告 warning",
        "tell": "お知らせ notice info",
        "ignore": "off no none なし 無視 調べない",
        "integer": "整数 int 人数 件数 金額",
        "number": "数値 数 小数 実数 float double decimal numeric",
        "string": "文字列 文字 テキスト text str varchar",
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
        "ja": "日本語 japanese jp",
        "en": "英語 english",
        "name": "名前 名称 id",
        "title": "題名 タイトル 表題 見出し label",
        "description": "説明 概要",
        "publisher": "公開者 発行者 部署 組織",
        "license": "ライセンス 利用条件 licence",
        "frequency": "更新頻度 頻度",
        "keywords": "キーワード タグ tags",
        "themes": "分野 テーマ theme",
        "resources": "表 リソース データ tables resource",
        "source": "出どころ 元ファイル データ元",
        "file": "ファイル path",
        "url": "アドレス link リンク",
        "unit": "単位",
        "type": "型",
        "fields": "列 columns field",
        "rename": "列名変更 列名を変える 名前変更 改名 列名の変更 rename_columns",
        "select": "列選択 列を選ぶ select_columns keep_columns",
        "drop_columns": "列削除 列を除く 列を消す 列除外 remove_columns delete_columns",
        "drop_rows": "行削除 行を除く 行を消す 行除外 remove_rows delete_rows filter",
        "keep_rows": "行抽出 行を選ぶ 絞り込み filter_rows select_rows",
        "drop_empty_rows": "空行削除 空行を除く 空の行を除く remove_empty_rows",
        "drop_empty_columns": "空列削除 空の列を除く remove_empty_columns",
        "fill_down": "穴埋め 上の値で埋める 下に埋める fill ffill",
        "deduplicate": "重複削除 重複除去 重複を除く drop_duplicates unique",
        "mark_listed": "掲載 掲載中 first_seen last_seen",
        "sort": "並べ替え 並び替え ソート order_by",
        "trim": "空白削除 空白除去 空白を除く strip",
        "normalise_width": "全角半角 半角化 半角変換 normalize_width nfkc",
        "replace": "置換 置き換え 置き換える substitute",
        "parse_number": "数値化 数値変換 数値にする 数にする 数字変換 to_number convert_number number",
        "parse_date": "日付変換 日付化 日付にする 和暦変換 to_date convert_date date",
        "parse_time": "時刻変換 時刻にする to_time",
        "map_codes": "コード変換 コード置換 mapping",
        "split": "分割 列分割 列を分ける",
        "combine": "結合 列結合 列をつなぐ concat join",
        "melt": "縦持ち 縦持ち変換 縦にする unpivot",
        "pivot": "横持ち 横持ち変換 横にする",
        "check_sums": "合計確認 合計検査 合計を確かめる check_sum",
    }.items()
}
"""Common substitutes for words of the YAML, as NFKC in lower case."""


def fold(word: str) -> str:
    """Fold a word for comparison: NFKC in lower case, without white space, and with every dash and _ alike."""
    plain = unicodedata.normalize("NFKC", word).lower()
    return re.sub(r"[-‐‑‒–—―−_・]", "-", re.sub(r"\s+", "", plain))


def find_near(word: str, allowed: Iterable[str]) -> str:
    """Return the allowed word that a misspelt one most probably stands for; "" if none is near."""
    known = {fold(term): term for term in reversed(list(allowed))}
    said = {fold(other): term for term in known.values() for other in _SAID.get(term, ())}
    folded = fold(word)
    for words in (known, said):
        if folded in words:
            return words[folded]
    near = difflib.get_close_matches(folded, known, n=1, cutoff=0.6)
    if near:
        return known[near[0]]
    near = difflib.get_close_matches(folded, said, n=1, cutoff=0.75)
    return said[near[0]] if near else ""


def hint(word: str, allowed: list[str] | tuple[str, ...], near: str = "") -> dict[str, str]:
    """Return the args `hint_ja`, `hint_en` and `allowed` for a misspelt `word`: the nearest allowed word, if any.

    `near`: the word that is meant, where it is known otherwise.
    """
    listed = ", ".join(map(show_value, allowed[:30])) + (" …" if len(allowed) > 30 else "") or "—"
    for term in allowed:
        if term != word and _fold_hidden(term) == _fold_hidden(word) and any(map(_is_unseen, term + word)):
            return {"allowed": listed, **_hint_alike(word, term)}
    near = near or find_near(word, allowed)
    if not near:
        return {"allowed": listed, "hint_ja": "", "hint_en": ""}
    shown = show_value(near)
    return {"allowed": listed, "hint_ja": f"「{shown}」のことですか？ ", "hint_en": f'Did you mean "{shown}"? '}


_BRACKETED = re.compile(r"(.+?)\s*[(（\[［]([^()（）\[\]［］]+)[)）\]］]\s*$")


def hint_unit(heading: str, there: Iterable[str]) -> dict[str, str]:
    """Return hints for a heading of which the file has one that differs in its brackets alone, as in another unit; else {}."""
    mine = _BRACKETED.match(heading)
    for other in there if mine else ():
        its = _BRACKETED.match(other)
        if mine and its and mine[1] == its[1] and mine[2] != its[2]:
            shown, before, after = show_value(other), show_value(mine[2]), show_value(its[2])
            return {
                "hint_ja": f"「{shown}」があります。括弧の中が「{before}」から「{after}」に変わっています。単位が変わったのなら、見出しの名前だけでなく、列の unit も直します（前の版の値とは単位が違います）。",
                "hint_en": f'There is "{shown}": what is in brackets was "{before}" and is "{after}". If the unit is another, correct the unit of the column too, and not only the heading; values of former releases are in the former one. ',
            }
    return {}


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


MAX_GUESSED = 80
"""Characters of a text that is guessed at: patterns may take long on more."""


# ---- what was meant ---------------------------------------------------------------------------------------------


def guess_meant(written: str, pattern: str, other: str = "") -> dict[str, str]:
    """Make the hint for a text that nearly matches: `Library Loans` → library-loans, `図書館` → library.

    `other`: a text of the same meaning, such as an English title.  The first full-width character is named with its
    place.
    """
    wide = next((n for n, sign in enumerate(written) if _is_wide(sign)), None)
    ja = en = ""
    if wide is not None:
        ja = f"{wide + 1} 文字目の「{written[wide]}」が全角です。"
        en = f'Character {wide + 1}, "{written[wide]}", is full-width. '
    safe = put_in_words(pattern) is not None and len(written) <= MAX_GUESSED
    for made in _list_guesses(written, other) if safe else ():
        if made and made != written and re.fullmatch(pattern, made):
            if not ja:
                return {"hint_ja": f"「{made}」のことですか？ ", "hint_en": f'Did you mean "{made}"? '}
            return {"hint_ja": f"{ja}半角なら「{made}」です。", "hint_en": f'{en}In half-width it is "{made}". '}
    return {"hint_ja": ja, "hint_en": en}


def hint_rename(heading: str, guessed: dict[str, str]) -> dict[str, str]:
    """Return hints for a heading of the file that stands where the column's published name belongs.

    `guessed`: those of `guess_meant` for it.
    """
    shown = show_value(heading)
    return {
        "hint_ja": f"{guessed['hint_ja']}ファイルの見出しは日本語のままで構いません。表の tidy に「- rename: {{{shown}: column_name}}」の行を置き、ここには column_name にあたる英数字の名前を書きます。",
        "hint_en": f'{guessed["hint_en"]}The file may keep its heading: put "- rename: {{{shown}: column_name}}" under tidy of the table, and write here the name that you chose for column_name. ',
    }


def _is_wide(sign: str) -> bool:
    return sign == "\u3000" or "\uff01" <= sign <= "\uff5e"


def _list_guesses(written: str, other: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", written).strip()
    yield plain
    yield plain.upper()
    yield plain.translate(_DASHES)
    for text in dict.fromkeys((plain, romanise(plain), other)):
        words = re.sub(r"[^a-z0-9]+", "-", text.lower().replace("'", "")).strip("-")
        yield words
        yield words.replace("-", "_")
        yield re.sub(r"\W+", "_", text)
    if re.match(r"[\w.-]+\.[a-z]{2,}(/|$)", plain):
        yield f"https://{plain}"
    if day := re.fullmatch(r"(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})日?", plain):
        yield "-".join(part.zfill(2) for part in day.groups())


_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー", "-"))
_WORDS = {
    "図書館": "library", "貸出": "loans", "人口": "population", "世帯": "households", "施設": "facilities", "一覧": "list",
    "学校": "schools", "小学校": "elementary-schools", "中学校": "junior-high-schools", "保育所": "nurseries", "保育園": "nurseries",
    "公園": "parks", "避難所": "shelters", "避難場所": "evacuation-sites", "病院": "hospitals", "医療機関": "medical-facilities",
    "統計": "statistics", "予算": "budget", "決算": "accounts", "観光": "tourism", "交通": "transport", "駐車場": "parking",
    "駅": "stations", "市場": "market", "価格": "prices", "気象": "weather", "水質": "water-quality", "大気": "air-quality",
    "ごみ": "waste", "収集": "collection", "選挙": "elections", "投票所": "polling-places", "防災": "disaster-prevention",
    "年度": "year", "年": "year", "月": "month", "日": "day", "年月日": "date", "日付": "date", "名称": "name", "住所": "address",
    "所在地": "address", "電話番号": "phone", "緯度": "latitude", "経度": "longitude", "件数": "count", "人数": "people", "数": "count",
    "備考": "note", "番号": "number", "コード": "code", "区分": "kind", "種別": "kind", "表": "table", "データ": "data", "利用": "use",
    "道路": "roads", "バス": "bus", "時刻表": "timetable", "トイレ": "toilets", "文化財": "cultural-properties", "地図": "map",
}  # fmt: skip
"""Words of data of local governments that names are made of."""
_KANA = dict(
    zip(
        "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわゐゑをんがぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽぁぃぅぇぉゔー",
        [
            "a",
            "i",
            "u",
            "e",
            "o",
            "ka",
            "ki",
            "ku",
            "ke",
            "ko",
            "sa",
            "shi",
            "su",
            "se",
            "so",
            "ta",
            "chi",
            "tsu",
            "te",
            "to",
            "na",
            "ni",
            "nu",
            "ne",
            "no",
            "ha",
            "hi",
            "fu",
            "he",
            "ho",
            "ma",
            "mi",
            "mu",
            "me",
            "mo",
            "ya",
            "yu",
            "yo",
            "ra",
            "ri",
            "ru",
            "re",
            "ro",
            "wa",
            "i",
            "e",
            "o",
            "n",
            "ga",
            "gi",
            "gu",
            "ge",
            "go",
            "za",
            "ji",
            "zu",
            "ze",
            "zo",
            "da",
            "ji",
            "zu",
            "de",
            "do",
            "ba",
            "bi",
            "bu",
            "be",
            "bo",
            "pa",
            "pi",
            "pu",
            "pe",
            "po",
            "a",
            "i",
            "u",
            "e",
            "o",
            "vu",
            "-",
        ],
        strict=True,
    )
)
_PARTS = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)) + "|[ぁ-んゔァ-ヴー]+|[A-Za-z0-9]+|.", re.DOTALL)


def romanise(text: str) -> str:
    """Write the common words of `text` in English and other kana in Latin letters; "" if a kanji stays."""
    made = []
    for part in _PARTS.findall(text):
        latin = _WORDS.get(part) or _read_kana(part)
        if not latin.isascii():
            return ""
        made.append(latin)
    return re.sub(r"-{2,}", "-", "-".join(one.strip("-_ ") for one in made if one.strip("-_ ")))


def _read_kana(text: str) -> str:
    """Write kana in Hepburn's letters, long vowels as short ones."""
    plain = "".join(chr(ord(kana) - 0x60) if "ァ" <= kana <= "ヴ" else kana for kana in text)
    read = ""
    for n, kana in enumerate(plain):
        if kana in "ゃゅょ" and read.endswith("i"):
            head = read[:-1]
            read = head + {"ゃ": "ya", "ゅ": "yu", "ょ": "yo"}[kana][1 if head.endswith(("sh", "ch", "j")) else 0 :]
        elif kana == "っ":
            follows = _KANA.get(plain[n + 1 : n + 2], "")
            read += "t" if follows.startswith("ch") else follows[:1]
        elif kana != "ー":
            read += _KANA.get(kana, kana)
    return read


_SPELLED = {
    "YYYY": "%Y", "yyyy": "%Y", "MM": "%m", "DD": "%d", "dd": "%d", "HH": "%H", "hh": "%H", "mm": "%M", "ss": "%S",
    "SS": "%S",
}  # fmt: skip
"""How other programs write the parts of a date."""


def spell_format(written: str) -> str:
    """Spell a format of other programs as Python does, YYYY/MM/DD as %Y/%m/%d; "" if it isn't one."""
    made = re.sub("|".join(_SPELLED), lambda part: _SPELLED[part[0]], written)
    return "" if "%" in written or "%" not in made else made
