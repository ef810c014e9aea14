"""Whether text that was decoded as Japanese is Japanese; and if not, which other encoding it may be in.

Nearly any bytes can be read as cp932 or EUC-JP.  Read so, Western European text becomes rare kanji and half-width kana
between Latin letters, Chinese and Korean text rare kanji or half-width kana without any full-width kana.
"""

import re
from collections.abc import Sequence
from functools import cache

from entaku.formats.heavy import late_compile

MOST = 200_000
"""Characters that are looked at."""
SAMPLE = 16 << 10
"""Bytes by which another encoding is told."""

LIKELY = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "koi8_r",
    "gb18030", "big5", "cp949", "iso8859_5", "iso8859_7",
)  # fmt: skip
"""Encodings that a file may be in if it isn't Japanese, the likeliest of like ones first."""

KYOIKU = frozenset(
    "一右雨円王音下火花貝学気九休玉金空月犬見五口校左三山子四糸字耳七車手十出女小上森人水正生青夕石赤千川先早草足村"
    "大男竹中虫町天田土二日入年白八百文木本名目立力林六引羽雲園遠何科夏家歌画回会海絵外角楽活間丸岩顔汽記帰弓牛魚京"
    "強教近兄形計元言原戸古午後語工公広交光考行高黄合谷国黒今才細作算止市矢姉思紙寺自時室社弱首秋週春書少場色食心新"
    "親図数西声星晴切雪船線前組走多太体台地池知茶昼長鳥朝直通弟店点電刀冬当東答頭同道読内南肉馬売買麦半番父風分聞米"
    "歩母方北毎妹万明鳴毛門夜野友用曜来里理話悪安暗医委意育員院飲運泳駅央横屋温化荷界開階寒感漢館岸起期客究急級宮球"
    "去橋業曲局銀区苦具君係軽血決研県庫湖向幸港号根祭皿仕死使始指歯詩次事持式実写者主守取酒受州拾終習集住重宿所暑助"
    "昭消商章勝乗植申身神真深進世整昔全相送想息速族他打対待代第題炭短談着注柱丁帳調追定庭笛鉄転都度投豆島湯登等動童"
    "農波配倍箱畑発反坂板皮悲美鼻筆氷表秒病品負部服福物平返勉放味命面問役薬由油有遊予羊洋葉陽様落流旅両緑礼列練路和"
    "愛案以衣位茨印英栄媛塩岡億加果貨課芽賀改械害街各覚潟完官管関観願岐希季旗器機議求泣給挙漁共協鏡競極熊訓軍郡群径"
    "景芸欠結建健験固功好香候康佐差菜最埼材崎昨札刷察参産散残氏司試児治滋辞鹿失借種周祝順初松笑唱焼照城縄臣信井成省"
    "清静席積折節説浅戦選然争倉巣束側続卒孫帯隊達単置仲沖兆低底的典伝徒努灯働特徳栃奈梨熱念敗梅博阪飯飛必票標不夫付"
    "府阜富副兵別辺変便包法望牧末満未民無約勇要養浴利陸良料量輪類令冷例連老労録圧囲移因永営衛易益液演応往桜可仮価河"
    "過快解格確額刊幹慣眼紀基寄規喜技義逆久旧救居許境均禁句型経潔件険検限現減故個護効厚耕航鉱構興講告混査再災妻採際"
    "在財罪殺雑酸賛士支史志枝師資飼示似識質舎謝授修述術準序招証象賞条状常情織職制性政勢精製税責績接設絶祖素総造像増"
    "則測属率損貸態団断築貯張停提程適統堂銅導得毒独任燃能破犯判版比肥非費備評貧布婦武復複仏粉編弁保墓報豊防貿暴脈務"
    "夢迷綿輸余容略留領歴胃異遺域宇映延沿恩我灰拡革閣割株干巻看簡危机揮貴疑吸供胸郷勤筋系敬警劇激穴券絹権憲源厳己呼"
    "誤后孝皇紅降鋼刻穀骨困砂座済裁策冊蚕至私姿視詞誌磁射捨尺若樹収宗就衆従縦縮熟純処署諸除承将傷障蒸針仁垂推寸盛聖"
    "誠舌宣専泉洗染銭善奏窓創装層操蔵臓存尊退宅担探誕段暖値宙忠著庁頂腸潮賃痛敵展討党糖届難乳認納脳派拝背肺俳班晩否"
    "批秘俵腹奮並陛閉片補暮宝訪亡忘棒枚幕密盟模訳郵優預幼欲翌乱卵覧裏律臨朗論"
)
"""The 1,026 kanji of primary school (小学校学習指導要領, 学年別漢字配当表)."""

_KANA = late_compile("[ぁ-んァ-ヴー]")
_SIGNS = late_compile("[・\u3000-\u3020\uff01-\uff60①-⑳]")
_KANJI = late_compile("[\u4e00-\u9fff]")
_HALF_RUN = late_compile("[\uff61-\uff9f]+")
_HALF_WORDS = late_compile("(?:[｡｢｣､･]*(?:[ｳｶ-ﾄﾊ-ﾎ]ﾞ|[ﾊ-ﾎ]ﾟ|[ｦｱ-ﾝ])(?:[ｧ-ｯ]ﾞ?)?ｰ?[｡｢｣､･]*)+")
_WITHIN = late_compile(
    "(?<=[A-Za-z])[ぁ-んァ-ヴ\u4e00-\u9fff](?=[A-Za-z])|(?<=[A-Za-z])[\uff61-\uff9f]|[\uff61-\uff9f](?=[A-Za-z@\\[-`{-~])"
)
"""Single kanji and kana within words of Latin letters, and half-width kana beside them."""
_BESIDE_HALF = late_compile("([\u4e00-\u9fff])[\uff61-\uff9f]|[\uff61-\uff9f]([\u4e00-\u9fff])")
_BESIDE_LATIN = late_compile("([\u4e00-\u9fff])[A-Za-z]|[A-Za-z]([\u4e00-\u9fff])")
_PRIVATE = late_compile("[\x80-\x9f\ue000-\uf8ff\U0010ff00-\U0010ffff]")


@cache
def _level_1() -> frozenset[str]:
    """The 2,965 kanji of JIS X 0208 level 1, which are those in use."""
    pairs = (bytes((row, cell)) for row in range(0xB0, 0xD0) for cell in range(0xA1, 0xFF))
    return frozenset(pair.decode("euc_jp", "ignore") for pair in pairs) - {""}


def is_japanese(text: str, encoding: str) -> bool:
    """Whether `text`, decoded as cp932 or EUC-JP, reads like Japanese."""
    text = text[:MOST]
    kana, kanji = len(_KANA.findall(text)), _KANJI.findall(text)
    if encoding == "euc-jp" and not kana:
        # Hangul and Chinese read as EUC-JP are kanji of all kinds.
        return sum(one in KYOIKU for one in kanji) >= 0.65 * len(kanji)
    used = sum(one in _level_1() for one in kanji)
    within = len(_WITHIN.findall(text))
    odd = len(_PRIVATE.findall(text)) + within
    good = kana + used + len(_SIGNS.findall(text)) - within
    runs = [run for run in _HALF_RUN.findall(text) if len(run) > 1]
    broken = sum(_HALF_WORDS.fullmatch(run) is None for run in runs) + _count_rare(_BESIDE_HALF, text)
    if broken * 10 > len(runs):
        odd += sum(map(len, runs))
    else:
        good += sum(map(len, runs))
    if odd or runs or _count_rare(_BESIDE_LATIN, text):
        odd += len(kanji) - used
    return good >= odd


def _count_rare(pattern: re.Pattern[str], text: str) -> int:
    return sum(one not in _level_1() for pair in pattern.findall(text) for one in pair if one)


def guess_others(body: bytes) -> list[str]:
    """The encodings that `body`, which is neither UTF-8 nor Japanese, may be in, likeliest first; none if no idea."""
    from charset_normalizer import from_bytes

    sample = _sample(body)
    matches = from_bytes(sample, cp_isolation=list(LIKELY), enable_fallback=False, preemptive_behaviour=False)
    common = _COMMON.fullmatch(sample.decode("cp1252", "replace")) is not None
    ranked = sorted(
        matches,
        key=lambda match: (
            _is_foreign_to_latin(str(match)),
            match.chaos,
            -round(match.coherence, 1),
            _misfits(str(match)),
            LIKELY.index(match.encoding),
        ),
    )
    names = [match.encoding for match in ranked]
    return list(dict.fromkeys(["cp1252", *names])) if common else names


def _sample(body: bytes) -> bytes:
    """The first lines that aren't ASCII, one below the other."""
    lines: list[bytes] = []
    left = SAMPLE
    for line in body.splitlines():
        if left > 0 and not line.isascii():
            lines.append(line[:left])
            left -= len(line)
    return b"\n".join(lines) + b"\n"


_COMMON = late_compile("(?:[\x00-\x7f]|(?<![^\x00-\x7f])[°²³µ±§£¥½¼¾·×–—‘’“”…€©®«»º](?![^\x00-\x7f]))*")
"""Text whose signs are all such as people write in numbers and units."""
_MISFIT = late_compile(r"(?<=[A-Za-z])[^\x00-\x7f\w'’]|[^\x00-\x7f\w'’](?=[A-Za-z])|(?<=[a-z])[À-ÞŁŚŹŻŸŒ](?=[a-z\W])")


def _misfits(text: str) -> int:
    """How many signs stand within words, and capitals within small letters."""
    return len(_MISFIT.findall(text))


def _is_foreign_to_latin(text: str) -> bool:
    """Whether most words with Latin letters beyond ASCII have more of those than of ASCII, which no language has."""
    words = re.findall(r"[A-Za-zÀ-ž]*[À-ž][A-Za-zÀ-ž]*", text)
    return sum(2 * len(re.findall("[A-Za-z]", word)) < len(word) for word in words) * 2 > len(words)


def show_example(text: str, most: int = 3) -> str:
    """A few words of `text` that aren't ASCII."""
    words: Sequence[str] = re.findall(r"[^\s,;\"]*[^\x00-\x7f][^\s,;\"]*", text[:MOST])
    return ", ".join(word[:20] for word in list(dict.fromkeys(words))[:most])
