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
