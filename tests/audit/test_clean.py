"""Sixty files as cities publish them, none of which holds what must not get out: at most one warning among all."""

import io
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
import xlwt
from books import add, make, pack, screen
from openpyxl.chart import BarChart
from openpyxl.chart import Reference as Cells
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table, TableStyleInfo
from projects import LIFTS, make_project, put_sample, read_csv, run
from workbooks import ods, ods_cell

from entaku.model.words import LEAKS

TABLES = {
    "facilities": (
        "全国地方公共団体コード,ID,地方公共団体名,名称,名称_カナ,所在地_連結表記,緯度,経度,電話番号,内線番号,連絡先メールアドレス,法人番号,備考\n"
        "131016,0000000001,千代田区,区役所本庁舎,クヤクショホンチョウシャ,東京都千代田区九段南1-2-1,35.694003,139.753595,03-1234-5678,1234,info@city.example.lg.jp,8000020131016,代表番号は(03)1234-5678\n"
        "131016,0000000002,千代田区,中央図書館,チュウオウトショカン,東京都千代田区西神田2-1-1,35.695,139.755,03-1234-5679,,library@gmail.com,8000020131016,予約は図書館窓口 03-1234-5679 へ\n"
    ),
    "AED": (
        "NO,名称,住所,緯度,経度,設置位置,電話番号,開始時間,終了時間,小児対応設備の有無,備考\n"
        "1,上野公園管理所,台東区上野公園5番20号,35.714,139.774,1階受付横,0312345678,09:00,17:00,有,代表者 管理所長\n"
        "2,中野小学校,中野区中野4丁目8番1号,35.707,139.663,職員室前,0312345679,,,無,学校開放時のみ\n"
    ),
    "evacuation": "施設・場所名,住所,洪水,地震,想定収容人数,対象となる町会・自治会,管理者\n中野中学校,中野4-1-1,1,1,1200,中野一丁目町会,教育委員会\n石川町公園,石川町2-3,0,1,3400,石川町自治会,公園課\n",
    "toilets": "名称,所在地,緯度,経度,男性トイレ総数,利用可能時間特記事項\n大塚駅前,南大塚3-33,35.73,139.72,3,２４時間利用可能\n上野駅前,上野7-1,35.71,139.77,2,7:00～21:45\n",
    "population": "町丁名,世帯数,男,女,総人口,年齢区分,基準日\n芝一丁目,1234,1001,1022,2023,0～4歳,2026-01-01\n芝二丁目,2345,2101,2122,4223,5～9歳,2026-01-01\n",
    "contracts": (
        "契約番号,件名,契約の相手方の商号又は名称,契約の相手方の住所,法人番号,契約金額（円）,契約日\n"
        "2026000123,庁舎清掃,株式会社見本,東京都港区芝1-2-3,5010401067252,1234567890,2026/4/1\n"
        "2026000124,公園管理,山田造園有限会社,東京都中野区中野1-2,7000012050002,123456789018,2026/4/1\n"
    ),
    "budget": "款,項,予算額（千円）,前年度予算額（千円）,増減\n総務費,総務管理費,123456789,120000000,3456789\n民生費,児童福祉費,987654321,900000000,87654321\n",
    "timetable": "路線,停留所,平日,土曜,休日,備考\n中01,中野駅,06:00,06:30,07:00,始発\n中01,野方駅,06:10,06:40,07:10,小児運賃は半額\n",
    "books": "書名,著者名,出版社,ISBN,請求記号,資料番号\n坊っちゃん,夏目 漱石,岩波書店,9784003101018,913.6/ナ,110123456\n放浪記,林 芙美子,新潮社,978-4-10-106101-0,913.6/ハ,110123457\n",
    "goods": "商品名,JANコード,価格\nお茶,4901234567894,150\n指定ごみ袋,4512345678901,300\n牛乳,4909411064587,200\n",
    "coordinates": "名称,緯度,経度,平面直角X,平面直角Y\n三角点1,35.658581012345,139.745433012345,-38046.123456789,-7123.987654321\n三角点2,35.123456789018,139.123456789018,-38047.1,-7124.9\n",
    "postal": "郵便番号,都道府県,市区町村,町域,全国地方公共団体コード\n1000001,東京都,千代田区,千代田,13101\n060-0042,北海道,札幌市中央区,大通西,01101\n",
    "offices": "部署,代表電話,FAX,メールアドレス,問い合わせ先\n総務課,03-1234-5678,03-1234-5679,soumu@city.example.lg.jp,総務課庶務係（内線2345）\n市民課,03-1234-5680,,shimin@city.example.lg.jp,0312345680\n",
    "councillors": "議席番号,氏名,会派,当選回数,住所,電話番号,役職\n1,山田 太郎,市民の会,3,芝1-2-3,03-1234-5678,議長\n2,佐藤 花子,みらい,1,芝4-5-6,090-1234-5678,\n",
    "election": "選挙区,届出番号,候補者氏名,党派,年齢,得票数\n第1区,1,飯島 健,無所属,45,12345\n第1区,2,大森 翔,見本党,51,23456\n",
    "committee": "審議会名,委員氏名,所属,任期,区分\n環境審議会,山田 太郎,見本大学,令和8年3月31日まで,学識経験者\n環境審議会,佐藤 花子,見本市自治会連合会,令和8年3月31日まで,市民団体\n",
    "clinics": (
        "医療機関番号,医療機関名,開設者氏名,管理者氏名,所在地,電話番号,診療科目,病床数\n"
        "0112345678,中野医院,医療法人見本会,中野 一郎,中野4-1-1,03-1234-5678,内科,0\n0112345679,大塚クリニック,大塚 健,大塚 健,南大塚1-2-3,03-1234-5679,小児科 眼科,19\n"
    ),
    "care": "事業所番号,事業所名,サービス種類,法人名,管理者名,住所,定員,要介護認定者の受入\n1310123456,ケアセンター芝,通所介護,社会福祉法人見本会,山田 太郎,芝1-2-3,30,可\n1310123457,ケアセンター中野,訪問介護,株式会社見本,佐藤 花子,中野1-2-3,20,可\n",
    "permits": "許可番号,営業の種類,屋号,営業者名,営業所所在地,許可年月日,有効期限\n6港み生食第123号,飲食店営業,食堂やまだ,株式会社見本,芝1-2-3,令和6年4月1日,令和12年3月31日\n6港み生食第124号,菓子製造業,小林菓子店,有限会社小林,芝4-5,令和6年5月1日,令和12年4月30日\n",
    "nursery": "施設名,所在地,園長名,電話番号,定員,0歳,1歳\n芝保育園,芝1-2-3,山田 花子,03-1234-5678,100,10,15\n中野保育園,中野1-2-3,佐藤 恵,03-1234-5679,90,9,12\n",
    "schools": "学校番号,学校名,校長氏名,所在地,児童数,学級数\n1,芝小学校,山田 太郎,芝1-2-3,523,18\n2,中野小学校,佐藤 花子,中野1-2-3,412,15\n",
    "associations": "自治会名,会長名,住所,世帯数\n芝一丁目町会,山田 太郎,芝1-2-3,321\n芝二丁目町会,佐藤 花子,芝2-3-4,456\n",
    "culture": "指定番号,名称,種別,所有者,所在地,指定年月日,作者\n第12号,木造阿弥陀如来坐像,彫刻,増上寺,芝公園4-7-35,昭和45年3月1日,運慶\n第13号,旧渋沢家住宅,建造物,渋沢史料館,西ヶ原2-16-1,平成12年3月1日,清水 喜助\n",
    "patients": "No,公表_年月日,患者_居住地,患者_年代,患者_性別,退院済フラグ\n1,2020-02-13,千代田区,70代,男性,1\n2,2020-02-14,港区,50代,女性,1\n",
    "cases": "患者番号,確定日,年代,性別,居住地\n1,2020-02-13,70代,男性,千代田区\n2,2020-02-14,50代,女性,港区\n3,2020-02-15,40代,男性,中野区\n",
    "insurers": "保険者番号,保険者名,被保険者数,受給者数,患者数,一人当たり医療費\n131011,千代田区,123456,2345,34567,345678\n131029,中央区,234567,3456,45678,356789\n",
    "accounts": "金融機関コード,金融機関名,支店数,口座数,口座振替件数\n0001,みずほ銀行,12,1234567,234567\n0005,三菱ＵＦＪ銀行,10,2345678,345678\n",
    "mynumber_cards": "市区町村コード,市区町村名,マイナンバーカード交付枚数,個人番号カード交付率,人口\n131016,千代田区,56789,81.23,67000\n131024,中央区,145678,80.12,170000\n",
    "passports": "年月,旅券発給数,運転免許証返納者数,在留カード交付件数,パスポート申請件数\n2026-04,12345,23456,34567,45678\n2026-05,12346,23457,34568,45679\n",
    "licences": "免許証番号,商号,代表者氏名,所在地,電話番号\n東京都知事(3)第12345号,株式会社見本不動産,山田 太郎,芝1-2-3,03-1234-5678\n国土交通大臣(2)第1234号,見本地所株式会社,佐藤 花子,芝2-3-4,03-1234-5679\n",
    "cattle": "個体識別番号,品種,出生年月日,性別,飼養地\n1234567890,黒毛和種,2020-03-01,雌,北海道\n1234567906,ホルスタイン,2021-04-02,雄,岩手県\n",
    "invoices": "登録番号,名称,本店所在地,登録年月日\nT5010401067252,株式会社見本,芝1-2-3,2023-10-01\nT7000012050002,国立研究開発法人見本,霞が関1-2-1,2023-10-01\n",
    "companies": "会社法人等番号,法人番号,商号又は名称,本店所在地\n010401067252,5010401067252,株式会社見本,東京都港区芝1-2-3\n123456789018,7000012050002,見本株式会社,東京都中野区中野1-2-3\n",
    "wifi": "SSID,名称,住所,提供エリア,電話番号,URL\nFREE_Wi-Fi,区役所,九段南1-2-1,1階,0120-123-456,https://wifi.example.jp/p/09012345678\nFREE_Wi-Fi,図書館,西神田2-1-1,全館,0570-012-345,https://wifi.example.jp/\n",
    "events": "イベント名,開始日,終了日,開始時間,場所,住所,主催者,連絡先名称,連絡先電話番号,出演者\n夏まつり,2026-08-01,2026-08-02,10:00,上野公園,上野公園5-20,実行委員会,商店街事務所,03-1234-5678,山田 太郎\n講演会,2026-09-01,2026-09-01,13:30,区民館,芝1-2-3,生涯学習課,生涯学習課,03-1234-5679,佐藤 花子\n",
    "events_memo": "催し,日程,備考\n親子教室,2026-06-01,申込みは市民課（03-1234-5678）へ\n古文書講座,2026-06-08,問い合わせ：生涯学習センター TEL 0312345679\n相談会,2026-06-15,市役所代表 (042)123-4567 内線123\n",
    "library_stats": "館名,年月,貸出冊数,利用者数,登録者数,利用者区分\n中央図書館,2026-04,12345,2345,34567,児童\n中野図書館,2026-04,23456,3456,45678,一般\n",
    "lunch": "日付,献立名,エネルギー(kcal),アレルゲン,生産者\n2026-04-10,カレーライス,650,小麦 乳,令和8年3月1日生産の米\n2026-04-13,五目うどん,610,小麦,\n",
    "waste": "地区名,可燃ごみ,不燃ごみ,資源ごみ\n芝一丁目,月・木,第1・3水,火\n芝公園四丁目,火・金,第2・4水,月\n",
    "air": "測定日時,測定局コード,測定局,PM2.5,二酸化窒素\n202604010100,13101010,国設霞が関,12.3,0.012\n202604010200,13101010,国設霞が関,11.9,0.011\n202604010300,13101010,国設霞が関,12.1,0.013\n",
    "readings": "時刻,機器番号,値\n20260401010000,4012345678901234,12.5\n20260401020000,4012345678901235,12.6\n20260401030000,4012345678901236,12.7\n20260401040000,4012345678901237,12.8\n",
    "hydrants": "水利番号,種別,住所,緯度,経度,管理者\n01-0001,消火栓,芝1-2-3,35.65,139.75,水道局\n01-0002,防火水槽,芝2-3-4,35.66,139.76,消防署\n",
    "accidents": "本票番号,発生日時,発生場所,当事者種別,年齢層,死者数,負傷者数\n0001,2026-01-02 10:00,芝1丁目,自転車,65～74歳,0,1\n0002,2026-01-03 08:30,中野4丁目,乗用車,25～34歳,0,2\n",
    "bridges": "橋梁番号,橋梁名,路線名,架設年,点検年月日,健全度,点検業者\n100000000001,日本橋,国道4号,1911,2024-05-01,Ⅱ,株式会社見本\n100000000002,中野橋,区道1号,1965,2024-05-02,Ⅰ,見本測量\n",
    "parcels": "不動産番号,所在,地番,地目,地積\n0100000123456,港区芝一丁目,2番3,宅地,123.45\n0100000123457,港区芝一丁目,2番4,宅地,234.56\n",
    "buildings": "管理番号,建物ID,用途,階数,延床面積\n100012345678,2026001,庁舎,5,12345.67\n100012345679,2026002,学校,4,9876.54\n100012345680,2026003,倉庫,1,123.4\n",
    "assets": "物品番号,品名,取得日,取得価格,配置場所\n2026-0001-0001,机,2026-04-01,12345,総務課\n2026-0001-0002,椅子,2026-04-01,6789,市民課\n",
    "survey": "設問,回答,件数,割合\n個人番号の利用を知っているか,知っている,1234,61.2\n運転免許証の返納を考えるか,考える,345,17.1\n",
    "dictionary": "項目名,説明,型,例\n法人番号,国税庁の13桁の番号,文字列,8000020131016\n電話番号,市外局番から,文字列,03-1234-5678 市役所代表\n",
    "trees": "名前,種類,所在地,樹齢\n上野の大イチョウ,天然記念物,上野公園5番20号,300\n中野の大ケヤキ,名木,中野4丁目8番1号,200\n",
    "numbers of others": "番号（施設）,登録番号（事業者）,電話番号（患者相談窓口）,口座・保険担当\n1001,T5010401067252,03-1234-5678,市民課\n1002,T7000012050002,03-1234-5679,税務課\n",
    "periods": "年度,期間,比較\n2026,2019/2020/2021,2020.2021.2022\n2027,2020/2021/2022,1234/5678/9012\n2028,2021/2022/2023,2021.2022.2023\n",
    "items": "項目,内容,件数\n口座番号,桁数は7,1234\n旅券番号,必須,2345\n個人番号の記載,不要,3456\nマイナンバー（交付件数）,万件,4567\n",
    "counts by kind": "種類,件数,前年\nマイナンバーカード,1234567,1234000\n在留カード交付,23456,22222\n口座数,7654321,7654000\n",
    "remarks of counts": "年月,マイナンバー（交付件数）,口座番号（変更件数）,運転免許（返納者数）\n2026-04,12345,23456,34567\n2026-05,12346,23457,34568\n",
    "english": "Name,Address,Tel,E-mail,Type\nUeno Park,5-20 Uenokoen Taito-ku,03-1234-5678,info@city.example.lg.jp,park\nNakano City Hall,4-8-1 Nakano,03-1234-5679,kouhou@city.example.lg.jp,office\n",
}  # fmt: skip
"""As CSV."""


def header(book: openpyxl.Workbook) -> None:
    sheet = book.active
    sheet.oddHeader.center.text, sheet.oddFooter.right.text = "統計課　令和8年4月1日現在", "&P / &N ページ"
    sheet.oddFooter.left.text = "問合せ：総務課 電話 03-1234-5678（代表）"


def choices(book: openpyxl.Workbook) -> None:
    rule = DataValidation(type="list", formula1='"千代田,中央,港,中野,渋谷,千葉"')
    rule.promptTitle, rule.prompt = "区の名前", "一覧から選んでください。わからないときは総務課（内線2345）へ"
    rule.add("A2:A4")
    book.active.add_data_validation(rule)


def coloured(book: openpyxl.Workbook) -> None:
    for cell in book.active[1]:
        cell.font, cell.fill = Font(color="FFFFFFFF", bold=True), PatternFill("solid", fgColor="FF1F4E78")
    book.active["B2"].number_format = '#,##0;"△"#,##0;"-";@'
    book.active["B3"].number_format = "0;-0;;@"
    book.active["C2"].fill = PatternFill("solid", fgColor="FFF2F2F2")
    book.active["C3"].font = Font(color="FF999999", size=8)


def styled_table(book: openpyxl.Workbook) -> None:
    table = Table(displayName="T1", ref="A1:C4")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleMedium2", showRowStripes=True)
    book.active.add_table(table)
    for cell in book.active[1]:
        cell.font = Font(color="FFFFFFFF")


def conditional(book: openpyxl.Workbook) -> None:
    rule = CellIsRule(operator="lessThan", formula=["100000"], fill=PatternFill("solid", bgColor="FFFFC7CE"))
    book.active.conditional_formatting.add("B2:B4", rule)


def chart(book: openpyxl.Workbook) -> None:
    drawn = BarChart()
    drawn.title = "区ごとの人口（令和8年）"
    drawn.add_data(Cells(book.active, min_col=2, min_row=1, max_row=4), titles_from_data=True)
    drawn.set_categories(Cells(book.active, min_col=1, min_row=2, max_row=4))
    book.active.add_chart(drawn, "F2")


def links(book: openpyxl.Workbook) -> None:
    sheet = book.active
    sheet["C1"], sheet["C2"] = "メール", "hoikuen@gmail.com"
    sheet["C2"].hyperlink = Hyperlink(ref="C2", target="mailto:hoikuen@gmail.com")
    sheet["C3"].hyperlink = Hyperlink(ref="C3", target="https://www.example.jp/~users/index.html", tooltip="区のページ")
    sheet["C4"].hyperlink = Hyperlink(ref="C4", target="mailto:info@city.example.lg.jp?subject=問合せ")
    sheet["A2"].hyperlink = Hyperlink(ref="A2", location="表!A4", display="千代田")


def names(book: openpyxl.Workbook) -> None:
    for name, formula in {
        "税率": "0.1",
        "区": "表!$A$2:$A$4",
        "_xlnm.x": '"x"',
        "HTML_Title": '"統計表"',
        "年度": '"令和8年度"',
    }.items():
        book.defined_names[name] = DefinedName(name, attr_text=formula)


def properties(book: openpyxl.Workbook) -> None:
    book.properties.creator = book.properties.lastModifiedBy = "Microsoft Excel"
    book.properties.title, book.properties.keywords, book.properties.description = (
        "区の人口",
        "人口 統計",
        "総務課が作成",
    )


def formulas(book: openpyxl.Workbook) -> None:
    book.active.append(["計", "=SUM(B2:B4)", '=IF(B2>0,"有","無")'])
    book.active.append(["頁", '=HYPERLINK("https://example.jp/","区のページ")', None])


SHEET1, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
CACHE = (
    '<pivotCacheDefinition><cacheSource type="worksheet"><worksheetSource ref="A1:C4" sheet="表"/></cacheSource><cacheFields>'
    '<cacheField><sharedItems><s v="千代田"/><s v="中央"/><s v="港"/></sharedItems></cacheField>'
    '<cacheField><sharedItems minValue="67000"><n v="67000"/><n v="170000"/></sharedItems></cacheField></cacheFields></pivotCacheDefinition>'
)
DRAWN = (
    "<wsDr><twoCellAnchor><sp><nvSpPr><cNvPr id='2' name='テキスト ボックス 1' descr='注'/></nvSpPr><txBody>"
    "<p><r><t>上野公園と中野区役所は改修中。資料：国勢調査</t></r></p><p><r><t>問合せ　総務課　03-1234-5678</t></r></p></txBody></sp></twoCellAnchor></wsDr>"
)
CHART = (
    "<chartSpace><chart><plotArea><ser><cat><strRef><f>表!$A$2:$A$3</f><strCache><pt idx='0'><v>千代田</v></pt><pt idx='1'><v>中央</v></pt></strCache></strRef></cat>"
    "<val><numRef><f>表!$B$2:$B$3</f><numCache><pt idx='0'><v>67000</v></pt><pt idx='1'><v>170000.0</v></pt></numCache></numRef></val></ser></plotArea></chart></chartSpace>"
)
DEVICE = "\\\\prt01\\複合機3F".encode("utf-16-le").ljust(64, b"\0") + struct.pack("<HH", 0x401, 0) + bytes(100)


def old(book: xlwt.Workbook) -> None:
    sheet = book.add_sheet("統計")
    for at, word in enumerate(["区", "人口", "電話番号"]):
        sheet.write(0, at, word, xlwt.easyxf("font: bold on; pattern: pattern solid, fore_colour light_blue"))
    for row, words in enumerate([["千代田", 67000, "03-1234-5678"], ["中央", 170000, "03-1234-5679"]], 1):
        for at, word in enumerate(words):
            sheet.write(row, at, word)


def save_old(fill: Callable[[xlwt.Workbook], None]) -> bytes:
    book, sink = xlwt.Workbook(), io.BytesIO()
    book.owner = ""
    fill(book)
    book.save(sink)
    return sink.getvalue()


BOOKS: dict[str, bytes] = {
    "header and footer": make(header),
    "switchboard in a footer": make(lambda book: setattr(book.active.oddFooter.left, "text", "TEL 03-1234-5678")),
    "choices and prompts": make(choices),
    "white on blue": make(coloured),
    "styled table": make(styled_table),
    "conditional formats": make(conditional),
    "chart": make(chart),
    "chart with its values": add(
        make(header),
        (SHEET1, "drawing", "xl/drawings/d1.xml", DRAWN),
        ("xl/drawings/d1.xml", "chart", "xl/charts/c1.xml", CHART),
    ),
    "hyperlinks": make(links),
    "names": make(names),
    "properties": make(properties),
    "formulas": make(formulas),
    "pivot without records": add(make(header), (BOOK, "pivotCacheDefinition", "xl/pivotCache/d1.xml", CACHE)),
    "printer settings": add(
        make(header), (SHEET1, "printerSettings", "xl/printerSettings/printerSettings1.bin", DEVICE)
    ),
    "old": save_old(old),
    "open": ods(ods_cell("施設名") + ods_cell("電話番号"), ods_cell("区役所") + ods_cell("03-1234-5678")),
    "open: hidden rows without cells": ods(
        ods_cell("区"), '<table:table-row table:visibility="collapse"><table:table-cell/></table:table-row>'
    ),
    "zip": pack({"一覧.csv": "施設名,電話番号\n区役所,03-1234-5678\n".encode("cp932"), "表.xlsx": make(coloured)}),
}


def every() -> Iterator[tuple[str, bytes]]:
    yield from ((name, text.encode()) for name, text in TABLES.items())
    yield from BOOKS.items()


def test_there_are_sixty() -> None:
    assert len(dict(every())) >= 60


@pytest.mark.parametrize(("name", "body"), [*every()], ids=[name for name, _ in every()])
def test_clean_files_have_no_error(name: str, body: bytes) -> None:
    assert [told for told in screen(body) if told[1] == "error"] == []


def test_clean_files_have_at_most_one_warning_among_all() -> None:
    warned = [(name, *told) for name, body in every() for told in screen(body) if told[1] == "warning"]
    assert warned == []


def test_a_clean_list_of_facilities_is_released(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    put_sample(project, "番号,点検日,電話番号\r\nE-1,2026-06-01,03-1234-5678\r\n")
    field = "        - {name: phone, title: {ja: 電話番号, en: Phone}}\n"
    text = LIFTS.replace("点検日: day}", "点検日: day, 電話番号: phone}").replace("    expect:", field + "    expect:")
    (project / "pipelines" / "lifts.yaml").write_text(text, "utf-8")
    (outcome,) = run(project).outcomes
    assert (outcome.what, [one.code for one in outcome.findings if one.code in LEAKS]) == ("released", [])
    assert read_csv(project) == ["E-1,2026-06-01,03-1234-5678"]
