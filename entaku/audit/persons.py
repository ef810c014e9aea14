"""Tell people in texts and tables: names, headings that name an identifier, and columns that tell of people."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from entaku.audit.numbers import flatten
from entaku.formats.heavy import late_compile
from entaku.model.nouns import Severity

# ---- names of people --------------------------------------------------------------------------------------------

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
"""The hundred or so that about two fifths of Japan bears: in Japanese, and in Latin letters without long vowels."""
_FURTHER = (
    "土屋 大久保 西山 馬場 須藤 東 辻 星 星野 大石 浜田 濱田 永井 松岡 川崎 平井 熊谷 尾崎 永田 本田 本間 川村 秋山 岩田 荒木 早川 松永 大橋 "
    "片山 田辺 桑原 菅野 森本 石原 吉村 小池 矢野 中西 広瀬 服部 岩本 山中 富田 堀 萩原 松原 三宅 小松 成田 飯塚 田口 津田 荒井 内藤 望月 "
    "黒田 関口 川上 西尾 青山 堀内 篠原 飯島 樋口 吉岡 小沢 小澤 稲垣 岡崎 植田 植木 石橋 沢田 澤田 三好 榎本 大川 長田 杉田 白石 片岡 "
    "浅野 神田 大島 岡村 栗原 坂口 富永 福島 松浦 松下 松村 松山 南 室井 森山 安達 矢島 柳沢 山岸 山根 山村 山岡 横田 吉野 若林 和泉 渋谷 "
    "渡瀬 相沢 青柳 赤木 秋元 浅井 足立 天野 荒川 有馬 池上 泉 板倉 市村 井口 今村 岩井 岩下 梅田 梅原 江口 大内 大沢 大谷 大森 大山 岡 "
    "小倉 落合 海老原 角田 笠原 梶原 金田 金井 鎌田 亀井 川島 川端 河合 河村 岸本 北川 木原 木内 草野 工藤 倉田 児玉 小西 小森 斎木 堺 榊原 桜田 "
    "笹川 沢村 塩田 柴崎 島崎 庄司 白井 末永 菅 杉浦 鈴村 関根 相馬 高井 高島 高瀬 高山 滝沢 竹田 竹中 立花 谷 谷川 塚本 土井 堤 寺田 戸田 "
    "徳永 冨田 内山 中井 中尾 中沢 中谷 永野 長野 西 西岡 西野 根本 野田 野中 橋口 長谷部 畑 花田 浜口 林田 原口 久松 日高 平山 広田 深沢 福井 "
    "福本 藤岡 藤沢 藤野 古賀 古谷 細川 細田 堀江 堀田 牧野 町田 真鍋 三木 水谷 溝口 皆川 宮内 宮川 宮田 宮下 向井 村井 村山 門田 守屋 諸橋 八木 "
    "柳田 山川 山城 湯浅 横井 米田 若松 渡"
)
_MORE = frozenset(re.findall(r"\S+", _FURTHER))
"""Further surnames, told only with a given name."""

_KANJI = "[一-龥々〆ヶ]"
_KINDS = late_compile(
    r"[者民員生人会社局課部店校園客方家業士師長様協組合団課室所館署院族職属学市区町村県府都道国側等々]$"
)
"""How a word for a kind of people ends, not a given name."""
_SURNAME = "|".join(sorted(map(re.escape, SURNAMES), key=len, reverse=True))
_LONG = "|".join(sorted((re.escape(name) for name in SURNAMES if len(name) > 1), key=len, reverse=True))
_FULL = late_compile(rf"(?:(?:{_LONG})[ \u3000]?|[林森原関][ \u3000])(?P<given>{_KANJI}{{1,3}}|[ぁ-んァ-ヶー]{{2,5}})")
_TITLED = late_compile(rf"(?:{_SURNAME})(?:[ \u3000]?{_KANJI}{{1,3}})?[ \u3000]?(?:さん|様|氏|殿|先生|くん|ちゃん)")
_SPACED = late_compile(rf"{_KANJI}{{1,4}}[ \u3000](?P<given>{_KANJI}{{1,3}}|[ぁ-んァ-ヶー]{{2,5}})")
_ENGLISH_TITLE = late_compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof)\.? [A-Z][a-z]+")
_ENGLISH = late_compile(r"[A-Z][a-z]+(?: [A-Z]\.)? [A-Z][a-z]+")
_ROMAN = frozenset(SURNAMES.values())
_GIVEN = (
    "[子美恵香奈菜郎朗介助輔夫雄男彦樹斗也哉平治司之幸明誠健翔太史志典宏浩弘博茂勝実稔豊隆孝正義広裕祐佑優悠勇進紀織里佳絵代江枝乃音葉花咲愛結衣莉凛蓮陽蒼"
    "湊律希貴敏敬秀俊洋純淳晃昭清剛毅徹修章亮涼諒輝颯絢遥瞳帆聡智慎仁敦豪凌駿隼凪朔茜楓薫忍渉潤誉肇衛]"
)
"""How most given names end."""
_WORDS = frozenset(
    re.findall(
        r"\S+",
        "改正 補正 修正 訂正 適正 是正 公正 推進 促進 増進 前進 自治 政治 保健 穏健 紹介 仲介 媒介 補助 扶助 援助 救助 歴史 出典 研修 改修 補修 憲章 文章 説明 証明 "
        "不明 照明 充実 事実 果実 現実 野菜 女子 男子 電子 菓子 椅子 様子 冊子 帽子 調子 分子 原子 粒子 団子 餃子 母子 父子 親子 王子 息子 障子 格子 弟子 審美 賛美 工夫 "
        "丈夫 果樹 植樹 時代 世代 現代 交代 法律 規律 海洋 連結 凍結 締結 女優 上司 枝葉 録音 騒音 防音 草花 開花 入江 水平 公平 優勝 決勝 平 代 江 治 実 正 広 花 葉 "
        "枝 音 香 里 結 洋 勇 男",
    )
)
"""Words that end like given names, and endings that are no given name beside what may be a place."""
_STRONG = "[郎朗介輔斗哉也之彦奈香子美恵夫雄樹太]"
"""How given names end that few words do."""
_KNOWN = "|".join(sorted({*map(re.escape, SURNAMES), *_MORE}, key=len, reverse=True))
_WHOLE_NAMES = (
    late_compile(rf"(?:{_KNOWN}) ?(?P<given>{_KANJI}{{0,2}}{_GIVEN})"),
    late_compile(rf"(?:{_KNOWN}) (?P<given>[ぁ-んー]{{2,4}}|[ァ-ヶー]{{2,5}})"),
    late_compile(rf"{_KANJI}{{1,4}} (?P<given>{_KANJI}{{1,2}}{_STRONG})"),
)
_IN_SENTENCE = late_compile(
    rf"(?<!{_KANJI})(?:{_KNOWN})(?P<given>{_KANJI}{_STRONG})(?=[のがはをにとへもで]|$|[^一-龥々〆ヶぁ-ん])"
)
_ADDRESSED = late_compile(
    rf"(?:{_KNOWN})(?:[ ]?{_KANJI}{{1,3}})?[ ]?(?:さん(?![ぽか])|様(?![々子式相])|氏(?![名神族子])|くん|ちゃん)"
)
_LABELLED_NAME = late_compile(
    rf"(?:氏 ?名|姓 ?名|名前|担当(?:者|職員)?|作成者?|記入者|記載者|責任者|起案者?|申請者|届出者|本人|被害者|対象者|保護者|世帯主|contact|author|name)"
    rf" ?[:=】\]) ] ?(?:(?:{_KNOWN})(?={_KANJI}{{0,3}}(?:$|[^一-龥々〆ヶ]))|(?P<family>{_KANJI}{{1,4}}) (?P<given>{_KANJI}{{1,3}})(?!{_KANJI}))"
)
_OFFICIAL_NAME = late_compile(
    rf"(?:[都道府県市区町村]長|知事|議長|大臣|教育長)(?: ?[:] ?| ){_KANJI}{{1,4}} ?{_KANJI}{{0,3}}|(?:[市区町村]長|知事){_KANJI}{{2,5}}"
)
"""Mayors and the like, whose names are public."""
_ROMAJI = late_compile(r"(?:(?:[kstnhmyrwgzjdbpf]|[knhmrgbp]y|sh|ch|ts)?[aiueo]+|n)+h?", re.IGNORECASE)
_PLACES = frozenset(
    re.findall(
        r"\S+", "koen eki ku shi machi cho jinja dori kawa gawa ji yama jima kita minami higashi nishi hashi bashi"
    )
)
_BREAKS = late_compile(r"[\n\t、。,;:/()\[\]「」『』【】<>|…→=&\"'!?※・]+")
_SURE = "よくある姓か敬称 / a common surname or a title"
_MAYBE = "名前の形 / the form of a name"


def find_names(values: Iterable[str]) -> Iterator[tuple[Severity, str, frozenset[str]]]:
    """Find values that are or hold names: how bad that is, what gave them away, and which they are.

    No program knows every name.  What has a common surname, or a title such as さん, is an error; what merely looks
    like a name is a warning.
    """
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
    """Test whether a text is a common surname with a given name, or one that is addressed as people are."""
    if _TITLED.search(text) or _ENGLISH_TITLE.search(text):
        return True
    full = _FULL.fullmatch(text)
    if full and not _KINDS.search(full["given"]):
        return True
    words = text.split()
    return len(words) == 2 and all(map(str.isalpha, words)) and any(word.lower() in _ROMAN for word in words)


def looks_like_name(text: str) -> bool:
    """Test whether a text has the form of a name: two short words of kanji, or two capitalised ones."""
    spaced = _SPACED.fullmatch(text)
    if spaced:
        return not any(_KINDS.search(word) for word in text.split())
    return _ENGLISH.fullmatch(text) is not None


def holds_name(text: str) -> bool:
    """Test whether a text of any kind, in which places and offices may be named, tells a person's name."""
    flat = _OFFICIAL_NAME.sub(" ", flatten(text)[:_MOST_READ])
    if _ADDRESSED.search(flat) or _ENGLISH_TITLE.search(flat) or any(map(_is_labelled, _LABELLED_NAME.finditer(flat))):
        return True
    if any(match["given"] not in _WORDS for match in _IN_SENTENCE.finditer(flat)):
        return True
    for segment in _BREAKS.split(flat):
        pieces = segment.split()
        pairs = [*pairwise(pieces)]
        if any(map(is_whole_name, (*pieces, *map(" ".join, pairs)))) or any(_is_roman_name(*pair) for pair in pairs):
            return True
    return False


def is_whole_name(text: str) -> bool:
    """Test whether a text is a name and nothing else, with a given name that is no other word."""
    matches = (pattern.fullmatch(text) for pattern in _WHOLE_NAMES)
    return any(match is not None and match["given"] not in _WORDS and not _KINDS.search(text) for match in matches)


def _is_labelled(match: re.Match[str]) -> bool:
    """Test whether what stands after 担当 and the like is a person, not an office."""
    return match["given"] is None or not (_KINDS.search(match["given"]) or _KINDS.search(match["family"]))


_MOST_READ = 20_000
"""Characters of a text that are looked at for names."""


def _is_roman_name(first: str, second: str) -> bool:
    words = (first, second)
    if not all(word.isascii() and word.isalpha() and word[0].isupper() for word in words):
        return False
    for name, other in (words, words[::-1]):
        if name.lower() in _ROMAN and _ROMAJI.fullmatch(other) and other.lower() not in _PLACES | _ROMAN:
            return True
    return False


def are_surnames(texts: Collection[str]) -> bool:
    """Test whether most of some texts are surnames, as in a list to choose who is in charge."""
    known = [flatten(text).strip() in _MORE or flatten(text).strip() in SURNAMES for text in texts]
    return sum(known) >= 3 and sum(known) > 0.6 * len(known)


# ---- headings that name an identifier ---------------------------------------------------------------------------

_NUMBER = r"(?:さん|様)?の?(?:登録|整理|識別|管理)?(?:番号|bango(?![a-z])|no(?![a-z])|ナンバー|num(?![a-z])|numbers?|id(?![a-z]))"
_NOT_NUMBERS = (
    r"(?!の?(?:数(?!字)|件|枚|率|割合|有無|種|区分|欄|桁|変更|発行|交付|記載|通知|付番|不明|なし|確認|制度|関連|利用|事務|対応|紐|誤|漏|検索|"
    r"カード(?!番号|no)|ポータル|申請|法|登録者|取得|保有|普及|of))"
)


@dataclass(frozen=True)
class IdentifierKind:
    """Say by what headings a person's identifier is known, and how short its values are."""

    what: str
    heading: re.Pattern[str]
    least: int = 3
    """Digits that a value has at least."""
    serial: bool = False
    """Whether 1, 2, 3 … under such a heading only count rows."""


def _kind(what: str, heading: str, least: int = 3, serial: bool = False) -> IdentifierKind:
    return IdentifierKind(what, late_compile(f"(?:{heading}){_NOT_NUMBERS}"), least, serial)


IDENTIFIERS = (
    _kind(
        "個人番号 / My Number", r"個人(?:番号|ナンバー)|マイナ(?:ンバー|番号)|mynumber|individualnumber|kojinbango", 4
    ),
    IdentifierKind("個人番号 / My Number", late_compile("個人番号|マイナンバー"), 12),
    _kind(
        "住民票コードなど / resident record code",
        rf"(?:住民(?:票|基本台帳)?|jumin(?:hyo)?)(?:の?コード|code|{_NUMBER})|住基(?:コード|{_NUMBER})|宛名(?:コード|{_NUMBER})|世帯(?:コード|{_NUMBER})|個人(?:コード|識別番号|id)"
        rf"|resident(?:record)?(?:code|{_NUMBER})|household(?:code|{_NUMBER})",
        3,
        True,
    ),
    _kind(
        "旅券番号 / passport number", rf"(?:旅券|パスポート|passport|ryoken){_NUMBER}|^(?:旅券|パスポート|passport)$"
    ),
    _kind(
        "運転免許証番号 / driver's licence number",
        rf"運転免許証?{_NUMBER}|^運転免許証?$|driver'?s?licen[cs]e|drivinglicen[cs]e|免許証no(?![a-z])",
    ),
    _kind(
        "運転免許証番号 / driver's licence number",
        r"免許証?の?番号|運転?免許?証番号|運転免許|licen[cs]en(?:o|um|umber)(?![a-z])|menkyo",
        12,
    ),
    _kind(
        "在留カード番号 / residence card number",
        rf"(?:在留(?:資格)?|特別永住者証明書?|外国人登録)(?:カード|証明書|証)?等?{_NUMBER}|^在留カード$|(?:residence|zairyu)card(?:{_NUMBER}|$)|aliencard",
    ),
    _kind(
        "口座番号 / account number",
        rf"(?:口座|通帳|預金|貯金|振込先|ゆうちょ|kou?za)(?:記号)?{_NUMBER}|通帳記号|[込替落還先付]口座$|^口座(?:情報)?$|bankaccount|acc(?:oun)?t{_NUMBER}|^iban$",
        4,
    ),
    _kind(
        "被保険者番号など / insured person's number",
        rf"被保険者証?等?の?(?:記号|{_NUMBER})|被保番|hihokensha{_NUMBER}|(?:保険証|資格確認書|健康保険証?|国民健康保険証?|国保|医療証|受診券|雇用保険|身分証(?:明書)?|受給者証?|受給資格者?証?)(?:の?記号|{_NUMBER})"
        rf"|insured(?:person)?(?:'?s)?{_NUMBER}|insurance(?:card)?{_NUMBER}|beneficiary{_NUMBER}",
        2,
    ),
    _kind(
        "患者番号 / patient number",
        rf"(?:患者|カルテ|診療録|診察券|診察カード|受診者|kanja)(?:コード|{_NUMBER})|patient(?:code|{_NUMBER})|medicalrecord{_NUMBER}|^mrn$",
        2,
        True,
    ),
    _kind("年金番号 / pension number", rf"年金(?:手帳|証書)?(?:の?記号)?{_NUMBER}|(?:pension|nenkin){_NUMBER}"),
    _kind(
        "カード番号 / card number",
        rf"(?:クレジット|デビット|キャッシュ|ic)カード{_NUMBER}|(?:credit|debit|payment)card|^カード{_NUMBER}$|^card{_NUMBER}$",
        12,
    ),
    _kind("手帳番号 / certificate number", rf"手帳{_NUMBER}|印鑑登録証?{_NUMBER}"),
    _kind(
        "利用者番号など / number of a member, student or employee",
        rf"(?:学籍|学生証?|生徒|児童|園児|職員|社員|従業員|会員証?|利用者|利用者カード|図書館?カード|利用券|利用カード|顧客|お客様|納税者|納税義務者"
        rf"|納税通知書|社会保障|受給者){_NUMBER}|(?:student|employee|member|customer|taxpayer|national|borrower){_NUMBER}|^ssn$|socialsecurity",
        4,
        True,
    ),
)


_COUNTS = late_compile(r"(?:数|率|割合|有無|区分|種別|件|人|枚|申請|交付|取得|保有|普及|登録|制度|関連)$")
"""How remarks end that make a heading one of counts: マイナンバー（交付件数）."""


def find_identifier(titles: Iterable[str]) -> IdentifierKind | None:
    """Return the kind of identifier that one of a column's titles names, with or without what stands behind a bracket."""
    for title in titles:
        flat = re.sub(r"(?<=[ァ-ヶ])[-‐-―−]", "ー", flatten(title).lower().translate(_SPELLINGS))
        head, _, rest = re.sub(r"^[^\w(\[「【]+", "", flat).translate(_OPENING).partition("(")
        for said in (flat,) if not head or _COUNTS.search(re.sub(r"\W+$", "", rest)) else (flat, head, rest + head):
            plain = re.sub(r"[\s_・（）()\[\]「」【】※\-./:,#']", "", said)
            for kind in IDENTIFIERS:
                if kind.heading.search(plain):
                    return kind
    return None


_SPELLINGS = str.maketrans({"№": "no", "號": "号", "證": "証", "險": "険", "劵": "券"})
_OPENING = str.maketrans(dict.fromkeys("[「【〔<・/:、", "("))
_AMOUNT = late_compile(
    r"[\d,.]+ ?(?:件|人|枚|%|名|円|世帯|回|か所|箇所|千円|百万円)|(?:19|20)\d\d[-/年]\d{1,2}(?:[-/月]\d{1,2}日?)?|[\d,]*,\d{3}"
)
_MASKED = late_compile(r"[*＊×●○■□xX?]{2,}")


def choose_identifiers(values: Sequence[str], kind: IdentifierKind) -> frozenset[str]:
    """Choose the cells below such a heading that may be identifiers: neither amounts nor days, nor masked, nor 1, 2, 3."""
    found = set()
    for value in values:
        flat = flatten(value).strip()
        digits = sum(map(str.isdecimal, flat))
        if digits >= kind.least and len(flat) <= 80 and not _AMOUNT.fullmatch(flat) and not _MASKED.search(flat):
            found.add(value)
    if kind.serial and found and _counts_rows(values):
        return frozenset()
    return frozenset(found)


def _counts_rows(values: Sequence[str]) -> bool:
    """Test whether values are numbers from 1 on, with few left out."""
    if not all(value.strip().isdecimal() for value in values):
        return False
    numbers = {int(value) for value in values}
    return min(numbers) <= 10 and max(numbers) <= 2 * len(numbers) + 10


# ---- columns that tell of people --------------------------------------------------------------------------------

_PLAIN_PERSON = late_compile(
    r"氏名|姓名|お名前|(?<![駅設品])名前|本名|フルネーム|^[姓氏名]$|世帯主名?$|保護者名?$|本人名?$|(?:full|first|last|family|given|person)[ -]?name"
    r"|(?:申請|届出|利用|契約|受給|対象|相談|請求|参加|受講|応募|所有|滞納|被害|被保険|死亡|支援|介護|登録|納税義務)者の?名?$"
    r"|(?:児童|生徒|園児|会員|職員|住民|患者|入所者|入居者)の?(?:名|氏名)$"
)
_ROLE = late_compile(
    r"代表|管理者|開設者|責任者|担当|[施園校会院所館店]長|理事|店主|営業者|経営者|許可|委員|議員|首長|[市町村区]長|大臣|講師|[著作]者|作家|選手|出演"
    r"|監督|候補|設計|受注|相手方|受賞|届出者|representative|manager"
)
_RESIDENCE = late_compile(
    r"住所(?!コード|番号|id|地?の?[緯経])|居[所住]|自宅|現住|本籍|転[居出]先|送付先|所在地|番地|(?<![a-z])(?:home|street|postal )?address|residence"
)
_NO_RESIDENCE = late_compile(
    r"事業|営業|施設|会場|学校|店舗|開催|設置|勤務|法人|団体|会社|本社|本店|支店|機関|メール|mail|(?<![a-z])(?:ip|mac|url|web|e)[ -]?address|建物|物件|工事"
)
_OWN_HOME = late_compile(r"自宅|居所|居住地|現住|本籍|転[居出]先|帰省|home|residence")
_PRIVATE_MATTER = late_compile(
    r"生年月日|(?<!対象)年齢(?![層区制別])|続柄|世帯(?!数)|要介護|要支援|障害(?:名|種|程度|等級|区分)|[病傷]名|診断|滞納|所得|年収|国籍|緊急連絡|被保険|受給|birth|(?<![a-z])age(?![a-z])"
)
_OFFICIAL = late_compile(r"会派|[党政]派|政党|議席|当選|選挙区|任期|party")
_ORGANISED = late_compile(
    r"施設|名称|事業[所者]|法人|団体|会社|企業|店|屋号|商号|学校|校名|園名|機関|医院|病院|クリニック|薬局|自治会|町会|組合|所属|facility|company|organi[sz]ation|school|store"
)
_MAYBE_NAMED = late_compile(r"[名者人主様]|対象|^(?:児童|生徒|園児|会員|職員|住民|世帯)$|name|person|member")


@dataclass(frozen=True)
class PeopleColumns:
    """Name the columns of a table that tell of people, as far as their titles say."""

    persons: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    """Of people in a public role, such as 代表者."""
    perhaps: tuple[str, ...] = ()
    """That hold names if their values look like it."""
    residences: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    private: bool = False
    """Whether a title speaks of homes or of what is nobody's business."""
    official: bool = False
    """Whether a title speaks of an elected office."""

    @property
    def alone(self) -> bool:
        """Test whether the table is of people, and of nothing that is public."""
        return bool(self.persons) and not self.organisations and not self.official


def sort_columns(titles: Mapping[str, tuple[str, ...]]) -> PeopleColumns:
    """Sort a table's columns by their titles."""
    sorts: dict[str, list[str]] = {sort: [] for sort in ("persons", "roles", "perhaps", "residences", "organisations")}
    for name, said in titles.items():
        words = [_join_words(title) for title in said]
        if any(map(_OFFICIAL.search, words)):
            continue
        if any(_RESIDENCE.search(word) and not _NO_RESIDENCE.search(word) for word in words):
            sorts["residences"].append(name)
        elif any(map(_PLAIN_PERSON.search, words)):
            sorts["roles" if any(map(_ROLE.search, words)) else "persons"].append(name)
        elif any(map(_ORGANISED.search, words)):
            sorts["organisations"].append(name)
        elif any(map(_MAYBE_NAMED.search, words)):
            sorts["roles" if any(map(_ROLE.search, words)) else "perhaps"].append(name)
    every = " ".join(flatten(title).lower() for said in titles.values() for title in said)
    private = any(pattern.search(every) for pattern in (_OWN_HOME, _PRIVATE_MATTER))
    chosen = {sort: tuple(names) for sort, names in sorts.items()}
    return PeopleColumns(**chosen, private=private, official=_OFFICIAL.search(every) is not None)


def _join_words(title: str) -> str:
    """Return a title in small letters, without the spaces that set Japanese words apart."""
    return re.sub(r"(?<![a-z0-9]) | (?![a-z0-9])", "", re.sub(r"[\s_]+", " ", flatten(title).lower()))
