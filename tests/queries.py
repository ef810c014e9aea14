"""What people ask for, and the dataset that they mean."""

LIFTS, MARKET, TOURISM = "toei-elevator-inspections", "tokyo-market-daily", "tokyo-tourism-statistics"

QUERIES = [
    # part of a compound, and whole ones
    ("都営地下鉄", LIFTS), ("地下鉄 エレベーター", LIFTS), ("エレベーター点検", LIFTS), ("駅エレベーター", LIFTS),
    ("点検・工事日程", LIFTS), ("工事の日程", LIFTS), ("中央卸売市場", MARKET), ("卸売市場日報", MARKET),
    ("市場日報", MARKET), ("青果", MARKET), ("水産の価格", MARKET), ("野菜の卸売価格", MARKET), ("市況", MARKET),
    ("観光統計", TOURISM), ("訪日外国人", TOURISM), ("外国人旅行者", TOURISM), ("観光消費額", TOURISM),
    ("行動特性調査", TOURISM), ("観光客数等実態調査", TOURISM), ("東京都の観光", TOURISM),
    # kana, width, long vowels, hyphens, old and new kanji
    ("ｴﾚﾍﾞｰﾀｰ 点検", LIFTS), ("えれべーたー 都営", LIFTS), ("エレベータ点検", LIFTS), ("エレベ－タ－ 点検日", LIFTS),
    ("ﾊﾞﾘｱﾌﾘｰ 駅 点検", LIFTS), ("東京都中央卸賣市場 日報", MARKET), ("統計　旅行者", TOURISM), ("都營地下鐵", LIFTS),
    # columns and their names
    ("station_code", LIFTS), ("駅コード", LIFTS), ("elevator_id", LIFTS), ("停止階", LIFTS), ("重量制限", LIFTS),
    ("卸売数量", MARKET), ("産地 高値", MARKET), ("販売方法", MARKET), ("unit_kg", MARKET), ("一日の高値と安値", MARKET),
    # publishers
    ("交通局", LIFTS), ("産業労働局", TOURISM), ("Bureau of Transportation", LIFTS),
    # English: stems, beginnings, hyphens, phrases
    ("subway lifts", LIFTS), ("elevator inspections", LIFTS), ("inspected elevators", LIFTS), ("station lift", LIFTS),
    ("wholesale market", MARKET), ("wholesale prices", MARKET), ("fish prices", MARKET), ("vegetable price", MARKET),
    ("tourism statistics", TOURISM), ("inbound", TOURISM), ("foreign visitors", TOURISM), ("Toei", LIFTS),
    ("visitor survey", TOURISM), ("ＴＯＥＩ ｓｕｂｗａｙ", LIFTS), ("whole-sale", MARKET),
]  # fmt: skip

AMONG_MANY = [
    ("八王子市 避難場所", "hachioji-designated-emergency-evacuation-sites"),
    ("松戸市のゴミ収集日", "matsudo-waste-collection-calendar"),
    ("京都市 AED", "kyoto-aed-locations"),
    ("京都 文化財", "kyoto-cultural-properties"),
    ("ＡＥＤ 設置箇所 横浜", "yokohama-aed-locations"),
    ("wifi 札幌", "sapporo-public-wireless-lan-access-points"),
    ("Wi-Fi 札幌市", "sapporo-public-wireless-lan-access-points"),
    ("さいたま市の年齢別人口 2021", "saitama-population-by-district-and-age-2021"),
    ("playground inspections 2021 kobe", "kobe-playground-inspection-results-2021"),
    ("学校給食 アレルギー 三鷹", "mitaka-school-lunch-menus"),
    ("公園遊具 金沢市", "kanazawa-playground-inspection-results"),
    ("大阪市 放射線量", "osaka-radiation-measurements"),
    ("bus stops in Nagasaki", "nagasaki-bus-stops"),
    ("北区 駐輪場", "kita-bicycle-parking"),
]

SAID = [
    # readings
    ("しじょう", MARKET), ("えき てんけん", LIFTS), ("ちかてつ", LIFTS), ("かんこう", TOURISM), ("とうけい 観光", TOURISM),
    ("おろしうり", MARKET), ("せいか", MARKET), ("にってい", LIFTS), ("りょこうしゃ", TOURISM), ("かかく", MARKET),
    ("やさい", MARKET), ("すいさん", MARKET), ("こうじ", LIFTS), ("とえい", LIFTS), ("さんち", MARKET),
    # synonyms and plain words
    ("昇降機", LIFTS), ("リフト", LIFTS), ("メトロ", LIFTS), ("車いす", LIFTS), ("魚の値段", MARKET), ("マーケット", MARKET),
    ("くだもの", MARKET), ("問屋", MARKET), ("インバウンド", TOURISM), ("旅行", TOURISM), ("アンケート", TOURISM),
    ("メンテナンス", LIFTS), ("スケジュール", LIFTS), ("ツーリズム", TOURISM), ("果物", MARKET), ("観光客", TOURISM),
    # values in the data
    ("豊洲", MARKET), ("きゅうり", MARKET), ("韓国", TOURISM), ("大江戸線", LIFTS), ("トマト", MARKET), ("浅草線", LIFTS),
    ("ドイツ", TOURISM), ("あさり", MARKET), ("日帰り", TOURISM), ("Singapore", TOURISM), ("板橋", MARKET), ("大田 きゅうり", MARKET),
    # Latin letters
    ("shijou", MARKET), ("shijo", MARKET), ("kankou", TOURISM), ("kanko", TOURISM), ("chikatetsu", LIFTS), ("erebeta", LIFTS),
    ("tenken", LIFTS), ("toukei kankou", TOURISM), ("yasai", MARKET), ("baria furi", LIFTS),
    # misspelt
    ("elavator", LIFTS), ("wholseale", MARKET), ("turism", TOURISM), ("エレベーダー", LIFTS), ("エレーベーター点検", LIFTS),
    ("卸売市揚", MARKET), ("観光統形", TOURISM), ("inspecton", LIFTS), ("vegatables", MARKET), ("subwey", LIFTS), ("バリヤフリー", LIFTS),
]  # fmt: skip
"""What people say instead of what datasets say, among the catalogue's own."""

SAID_AMONG_MANY = [
    ("八王子 ひなんじょ", "hachioji-designated-emergency-evacuation-sites"),
    ("hinanjo hachioji", "hachioji-designated-emergency-evacuation-sites"),
    ("京都 文化財 しせき", "kyoto-cultural-properties"),
    ("三鷹 献立", "mitaka-school-lunch-menus"),
    ("三鷹市 きゅうしょく", "mitaka-school-lunch-menus"),
    ("金沢 ブランコ", "kanazawa-playground-inspection-results"),
    ("横浜 じどう AED", "yokohama-aed-locations"),
    ("札幌 フリーwifi", "sapporo-public-wireless-lan-access-points"),
    ("北区 自転車置き場", "kita-bicycle-parking"),
    ("北区 ちゅうりんじょう", "kita-bicycle-parking"),
    ("長崎 停留所", "nagasaki-bus-stops"),
    ("nagasaki bus stps", "nagasaki-bus-stops"),
    ("松戸 ごみしゅうしゅう", "matsudo-waste-collection-calendar"),
    ("松戸 garbage", "matsudo-waste-collection-calendar"),
    ("さいたま じんこう 2021", "saitama-population-by-district-and-age-2021"),
    ("大阪 ほうしゃせん", "osaka-radiation-measurements"),
]
"""The same among many municipal ones."""
