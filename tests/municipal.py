"""Ten thousand datasets as municipalities publish them, near duplicates and all, around the three of the repository."""

from itertools import product
from pathlib import Path

from wholes import build_catalogue
from worlds import make_pipeline, make_release, make_spec

from entaku.model.grammar import License, Office, Publisher, Resource, Theme
from entaku.model.nouns import Catalogue
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text
from entaku.work.load import read_specs

ROOT = Path(__file__).parents[1]
YEARS = (None, 2021, 2022, 2023, 2024)
FREQUENCIES = ("yearly", "monthly", "irregular", "quarterly", "daily")
CITIES = """
札幌市 Sapporo|函館市 Hakodate|小樽市 Otaru|旭川市 Asahikawa|釧路市 Kushiro|帯広市 Obihiro|北見市 Kitami|青森市 Aomori|弘前市 Hirosaki|八戸市 Hachinohe
盛岡市 Morioka|宮古市 Miyako|仙台市 Sendai|石巻市 Ishinomaki|秋田市 Akita|山形市 Yamagata|米沢市 Yonezawa|福島市 Fukushima|会津若松市 Aizuwakamatsu|郡山市 Koriyama
水戸市 Mito|つくば市 Tsukuba|宇都宮市 Utsunomiya|前橋市 Maebashi|高崎市 Takasaki|さいたま市 Saitama|川越市 Kawagoe|川口市 Kawaguchi|所沢市 Tokorozawa|千葉市 Chiba
市川市 Ichikawa|船橋市 Funabashi|松戸市 Matsudo|柏市 Kashiwa|千代田区 Chiyoda|中央区 Chuo|港区 Minato|新宿区 Shinjuku|文京区 Bunkyo|台東区 Taito
墨田区 Sumida|江東区 Koto|品川区 Shinagawa|目黒区 Meguro|大田区 Ota|世田谷区 Setagaya|渋谷区 Shibuya|中野区 Nakano|杉並区 Suginami|豊島区 Toshima
北区 Kita|荒川区 Arakawa|板橋区 Itabashi|練馬区 Nerima|足立区 Adachi|葛飾区 Katsushika|江戸川区 Edogawa|八王子市 Hachioji|立川市 Tachikawa|武蔵野市 Musashino
三鷹市 Mitaka|青梅市 Ome|府中市 Fuchu|調布市 Chofu|町田市 Machida|小金井市 Koganei|日野市 Hino|国分寺市 Kokubunji|国立市 Kunitachi|狛江市 Komae
横浜市 Yokohama|川崎市 Kawasaki|相模原市 Sagamihara|横須賀市 Yokosuka|鎌倉市 Kamakura|藤沢市 Fujisawa|新潟市 Niigata|富山市 Toyama|金沢市 Kanazawa|福井市 Fukui
甲府市 Kofu|長野市 Nagano|松本市 Matsumoto|岐阜市 Gifu|静岡市 Shizuoka|浜松市 Hamamatsu|名古屋市 Nagoya|豊橋市 Toyohashi|岡崎市 Okazaki|津市 Tsu
大津市 Otsu|京都市 Kyoto|宇治市 Uji|大阪市 Osaka|堺市 Sakai|東大阪市 Higashiosaka|神戸市 Kobe|姫路市 Himeji|奈良市 Nara|和歌山市 Wakayama
鳥取市 Tottori|松江市 Matsue|岡山市 Okayama|広島市 Hiroshima|福山市 Fukuyama|山口市 Yamaguchi|徳島市 Tokushima|高松市 Takamatsu|松山市 Matsuyama|高知市 Kochi
福岡市 Fukuoka|北九州市 Kitakyushu|久留米市 Kurume|佐賀市 Saga|長崎市 Nagasaki|熊本市 Kumamoto|大分市 Oita|宮崎市 Miyazaki|鹿児島市 Kagoshima|那覇市 Naha
"""
TOPICS = """
指定緊急避難場所一覧|Designated emergency evacuation sites|disaster|避難所,防災,evacuation|施設名,所在地,緯度,経度,想定収容人数,災害種別
AED設置箇所一覧|AED locations|health|AED,救急,defibrillator|施設名,所在地,緯度,経度,設置位置,小児対応設備の有無
公衆無線LANアクセスポイント一覧|Public wireless LAN access points|infrastructure|Wi-Fi,無線LAN,SSID|施設名,所在地,SSID,提供エリア
地域・年齢別人口|Population by district and age|population|人口,住民基本台帳,population|地域名,年齢,男性人口,女性人口,総人口
町丁別世帯数及び人口|Households and population by block|population|世帯数,人口,households|町丁名,世帯数,総人口
公共施設一覧|Public facilities|infrastructure|施設,公共施設,facilities|施設名,所在地,緯度,経度,電話番号
文化財一覧|Cultural properties|culture|文化財,史跡,heritage|名称,文化財分類,所在地,指定日
観光施設一覧|Tourist facilities|tourism|観光,名所,sightseeing|名称,所在地,緯度,経度,営業時間,料金
イベント一覧|Events|tourism|イベント,催し,events|イベント名,開始日,終了日,場所,参加費
子育て施設一覧|Childcare facilities|children|保育所,子育て,nursery|施設名,所在地,収容定員,一時預かりの有無
医療機関一覧|Medical institutions|health|病院,診療所,hospital,clinic|医療機関名,所在地,診療科目,電話番号
介護サービス事業所一覧|Care service providers|welfare|介護,高齢者,care|事業所名,サービス種類,所在地,電話番号
食品等営業許可・届出一覧|Food business permits|health|食品,営業許可,food|営業所名,業種,所在地,許可日
消防水利施設一覧|Fire hydrants and water sources|disaster|消火栓,消防,hydrant|水利番号,種別,緯度,経度
公衆トイレ一覧|Public toilets|infrastructure|トイレ,バリアフリー,toilet|名称,所在地,車椅子使用者用トイレ有無,オストメイト設置有無
ごみ収集日程|Waste collection calendar|environment|ごみ,資源,waste,recycling|地区名,可燃ごみ,不燃ごみ,資源ごみ
放射線量測定結果|Radiation measurements|environment|放射線,測定,radiation|測定日,測定場所,線量
大気環境測定結果|Air quality measurements|environment|大気,PM2.5,air quality|測定日時,測定局,PM2.5,二酸化窒素
バス停留所一覧|Bus stops|transport|バス,停留所,bus|停留所名,路線名,緯度,経度
駅別乗降客数|Passengers by station|transport|駅,乗降客数,鉄道,station|駅名,路線名,一日平均乗降客数
交通事故発生状況|Traffic accidents|safety|交通事故,安全,accidents|発生日時,発生場所,事故類型,死者数,負傷者数
犯罪発生情報|Crime incidents|safety|犯罪,防犯,crime|罪名,手口,発生日,所在地
小中学校一覧|Elementary and junior high schools|education|学校,教育,school|学校名,所在地,児童生徒数,学級数
図書館貸出統計|Library lending statistics|education|図書館,貸出,library|館名,年月,貸出冊数,利用者数
学校給食献立|School lunch menus|education|給食,献立,アレルギー,lunch|日付,献立名,エネルギー,アレルゲン
都市計画用途地域|Zoning districts|planning|都市計画,用途地域,zoning|用途地域,建ぺい率,容積率,面積
道路工事予定|Planned road works|infrastructure|道路,工事,road works|工事場所,開始日,終了日,規制内容
橋梁点検結果|Bridge inspection results|infrastructure|橋,点検,bridge,inspection|橋梁名,路線名,点検年月日,健全度
市営駐輪場一覧|Bicycle parking|transport|駐輪場,自転車,bicycle|名称,所在地,収容台数,利用料金
公設地方卸売市場取扱高|Local wholesale market turnover|economy|卸売市場,取扱高,market|年月,部類,取扱数量,取扱金額
農産物直売所一覧|Farm shops|economy|野菜,直売所,農業,vegetables|名称,所在地,営業日,主な品目
宿泊施設別観光客数|Overnight visitors|tourism|観光客,宿泊,統計,visitors|年月,宿泊者数,外国人宿泊者数
予算及び決算|Budget and accounts|finance|予算,決算,財政,budget|会計,款,項,予算額,決算額
入札・契約結果|Tender results|finance|入札,契約,tender|件名,入札日,落札者,落札金額
選挙投票率|Election turnout|government|選挙,投票率,election|選挙名,投票区,有権者数,投票者数
エレベーター設置施設一覧|Facilities with lifts|accessibility|エレベーター,バリアフリー,lift|施設名,所在地,設置基数
公園遊具点検結果|Playground inspection results|infrastructure|公園,遊具,点検,playground|公園名,遊具名,点検日,判定
上水道水質検査結果|Tap water quality tests|environment|水道,水質,検査,water|採水日,採水地点,残留塩素,pH
新型コロナワクチン接種状況|COVID-19 vaccinations|health|ワクチン,接種,COVID-19,vaccine|日付,年代,接種回数
空き家実態調査|Vacant house survey|planning|空き家,住宅,vacant|地区名,空き家数,腐朽の程度
"""
THEMES = {
    "disaster": "防災", "health": "健康・医療", "infrastructure": "まちの設備", "population": "人口", "culture": "文化",
    "tourism": "観光", "children": "子育て", "welfare": "福祉", "environment": "環境", "transport": "交通",
    "safety": "安全", "education": "教育", "planning": "都市計画", "economy": "経済・産業", "finance": "財政",
    "government": "行政", "accessibility": "バリアフリー", "food": "食・農林水産",
}  # fmt: skip
NAMES = (
    "name", "address", "latitude", "longitude", "capacity", "remarks", "district_code", "updated_on", "count", "category",
)  # fmt: skip


def generate_municipal(count: int = 10_000) -> Catalogue:
    """The repository's datasets and as many others as make `count`."""
    office, own, _ = read_specs(ROOT)
    assert office is not None
    cities = [line.split(" ") for line in CITIES.replace("\n", "|").split("|") if line]
    topics = [line.split("|") for line in TOPICS.strip().splitlines()]
    tables = [make_table(n, topic) for n, topic in enumerate(topics)]
    pipelines = []
    for year, (t, topic), (ja, en) in product(YEARS, enumerate(topics), cities):
        if len(pipelines) + len(own) >= count:
            break
        pipelines.append(make_dataset(topic, t, ja, en, year, tables[t]))
    releases = {
        each.name: (make_release(each, f"2025-{n % 12 + 1:02}-{n % 28 + 1:02}", raws=1),)
        for n, each in enumerate(pipelines)
    }
    releases |= {each.pipeline.name: (make_release(each.pipeline, "2026-06-30", raws=1),) for each in own}
    return build_catalogue(widen(office, cities), [*own, *map(make_spec, pipelines)], releases, {}, {}, "0.1.0")


def widen(office: Office, cities: list[list[str]]) -> Office:
    """The repository's office with every city as a publisher."""
    publishers = {en.lower(): Publisher(title=Text(ja=ja, en=f"{en} City")) for ja, en in cities}
    themes = {key: Theme(title=Text(ja=ja, en=key.capitalize())) for key, ja in THEMES.items()}
    licenses = {"CC-BY-4.0": License(title=Text(ja="CC BY 4.0"), url="https://creativecommons.org/licenses/by/4.0/")}
    return Office(
        title=office.title, description=office.description, base_url=office.base_url,
        publishers={**office.publishers, **publishers}, licenses={**office.licenses, **licenses},
        themes={**office.themes, **themes},
    )  # fmt: skip


def make_table(number: int, topic: list[str]) -> Resource:
    """A topic's table, the same in every city, as the national recommendation has it."""
    titles = topic[4].split(",")
    fields = [SchemaField(name="city_code", title=Text(ja="全国地方公共団体コード", en="Municipality code"))]
    fields += [SchemaField(name=f"{NAMES[n]}_{number}", title=Text(ja=title)) for n, title in enumerate(titles)]
    return Resource(name="data", title=Text(ja=topic[0], en=topic[1]), schema=Schema(fields=tuple(fields)))


def make_dataset(topic, number: int, ja: str, en: str, year: int | None, table: Resource):
    """One city's dataset of one topic, of one year where there are several."""
    of_year = (f" {year}年度", f" ({year})") if year else ("", "")
    return make_pipeline(
        f"{en.lower()}-{topic[1].lower().replace(' ', '-')}"[:70] + (f"-{year}" if year else ""),
        (table,),
        title=Text(ja=f"{ja} {topic[0]}{of_year[0]}", en=f"{topic[1]} in {en}{of_year[1]}"),
        description=Text(
            ja=f"{ja}が公開する「{topic[0]}」のデータです。{topic[4].replace(',', '、')}などを掲載しています。"
            f"自治体標準オープンデータセットに準拠した形式で、{ja}の担当課が{('毎年度', '毎月', '随時')[number % 3]}更新しています。"
            "内容は作成時点のものであり、最新の状況と異なる場合があります。",
            en=f"{topic[1]} published by {en} City, following the standard open dataset for municipalities in Japan. "
            "It shows the state at the time of writing.",
        ),
        publisher=en.lower(), themes=(topic[2],), keywords=(*topic[3].split(","), ja), frequency=FREQUENCIES[number % 5],
        requests=(), notes=(), credit=Text(),
    )  # fmt: skip
