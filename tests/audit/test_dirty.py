"""More than sixty files that hold what must not get out, each of one kind, with the finding that holds it back."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwt
from books import add, change, make, pack, screen
from openpyxl.comments import Comment
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from projects import LIFTS, make_project, put_sample, run
from workbooks import ods, ods_cell, xlsb

from entaku.audit.leaks import find_leaks
from entaku.audit.persons import holds_name
from entaku.formats.xlsx_sheet import hides
from entaku.model.messages import say

MINE = "123456789018"
SHEET1, BOOK, MAIN = (
    "xl/worksheets/sheet1.xml",
    "xl/workbook.xml",
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"',
)

NAMED: dict[str, tuple[str, str]] = {
    "住民票コード": ("12345678901", "12345678902"),
    "旅券番号": ("TK1234567", "TR7654321"),
    "パスポート番号（任意）": ("ＴＫ１２３４５６７", ""),
    "passport_no": ("TK1234567", "TR7654321"),
    "運転免許証番号": ("301234567890", "3012 3456 7891"),
    "免許証番号": ("301234567890", "301234567891"),
    "口座番号": ("1234567", "普通2345678"),
    '"振込先\n口座番号"': ("1234567.0", "2345678.0"),
    "被保険者番号": ("0000123456", "0000123457"),
    "被保険者証の記号・番号": ("12-345", "13-456"),
    "介護保険 被保険者番号": ("1234567", "2345678"),
    "患者番号": ("00123", "00456"),
    "患者ＩＤ": ("P-0012", "P-0345"),
    "基礎年金番号": ("1234-567890", "2345-678901"),
    "在留カード番号": ("AB12345678CD", "EF23456789GH"),
    "個人番号": ("1234-5678-9012", "2345-6789-0123"),
    "マイナンバー": ("1.23456789012E+11", "2.34567890123E+11"),
    "受給者証番号": ("1234567", "2345678"),
    "身体障害者手帳番号": ("東京都第123456号", "東京都第123457号"),
    "宛名番号": ("00012345", "00023456"),
    "学籍番号": ("A2100123", "A2100456"),
    "診察券No.": ("12345", "23456"),
    "クレジットカード番号": ("1234 5678 9012 3456", ""),
    "Bank account number": ("1234567", "2345678"),
    "jumin_code": ("12345678901", "12345678902"),
    "kojin_bango": ("123456789012", "123456789013"),
    "ryoken_no": ("TK1234567", "TR7654321"),
    "koza_bango": ("1234567", "2345678"),
    "hihokensha_no": ("00001234", "00001235"),
    "kanja_id": ("123456", "123499"),
    "nenkin_no": ("1234567890", "2345678901"),
    "zairyu card no": ("AB12345678CD", "EF23456789GH"),
    "menkyo_no": ("301234567890", "301234567891"),
    "住民コ－ド": ("12345678", "23456789"),
    "マイナンバ－": ("123456789012", "123456789013"),
    "マイナ番号": ("123456789012", "123456789013"),
    "個人番号の記載": ("123456789012", "123456789013"),
    "マイナンバー（申請者）": ("123456789012", "123456789013"),
    "運転免許證番號": ("301234567890", "301234567891"),
    "運転免許証 第○号": ("第301234567890号", "第301234567891号"),
    "在留資格カードNo": ("AB12345678CD", "EF23456789GH"),
    "在留カード等の番号": ("AB12345678CD", "EF23456789GH"),
    "被保険者番号（数字のみ）": ("00001234", "00001235"),
    "口座番号（変更前）": ("1234567", "2345678"),
    "本人の口座番号（種別：普通）": ("1234567", "2345678"),
    "口座番号・名義": ("1234567 サトウ", "2345678 スズキ"),
    "患者さんの番号": ("P123456", "P234567"),
    "番号（旅券）": ("TK1234567", "TR7654321"),
    "番号［被保険者］": ("00001234", "00001235"),
    "返還先口座": ("普通 1234567", "普通 2345678"),
    "acct_no": ("1234567", "2345678"),
    "患者様番号": ("123456", "234567"),
    "患者識別番号": ("123456", "234567"),
    "個人ナンバー": ("123456789012", "123456789013"),
    "運免証番号": ("301234567890", "301234567891"),
    "住民票のコード番号": ("12345678901", "12345678902"),
}  # fmt: skip
"""Headings that name an identifier, with two cells."""

TABLES: dict[str, tuple[str, str]] = {
    "card in a note": ("card-number", "件名,備考\nx,4111111111111111 で支払\ny,\n"),
    "cards in full width": ("card-number", "件名,備考\nx,５５５５－５５５５－５５５５－４４４４\n"),
    "American Express": ("card-number", "件名,備考\nx,3782 822463 10005\n"),
    "column of cards": ("card-number", "件名,支払\na,3530111333300000\nb,6011111111111117\nc,4012888888881881\n"),
    "mobile in a sentence": ("phone-number", "件名,備考\nx,連絡は09012345678まで\n"),
    "mobile alone": ("phone-number", "件名,備考\nx,０８０１２３４５６７８\ny,不在\n"),
    "mobile with dots": ("phone-number", "件名,備考\nx,090.1234.5678\n"),
    "mobile abroad": ("phone-number", "件名,備考\nx,+819012345678\n"),
    "somebody's landline": ("phone-number", "件名,備考\nx,自宅0312345678\n"),
    "landline of a person": ("phone-number", "件名,備考\nx,山田さん宅 03-1234-5678\n"),
    "people and mobiles": ("phone-number", "氏名,電話番号\n飯島健,090-1234-5678\n"),
    "one My Number in fifty": ("my-number", "件名,備考\n" + "x,特になし\n" * 49 + f"x,番号は{MINE}です\n"),
    "My Numbers among codes": ("my-number", "件名,番号\n" + "".join(f"x,2026000{n:05}\n" for n in range(7, 700, 31)) + f"x,{MINE}\nx,987654321093\n"),
    "My Number in threes": ("my-number", "件名,備考\nx,123 456 789 018\n"),
    "My Number in boxes": ("my-number", "件名,備考\nx,1 2 3 4 5 6 7 8 9 0 1 8\n"),
    "My Number with an invisible mark": ("my-number", "件名,備考\nx,1234\u200b5678\u200b9018\n"),
    "My Number as a float": ("my-number", f"件名,備考\nx,{MINE}.0\n"),
    "name and address": ("person-address", "氏名,住所\n山田太郎,東京都港区芝1-2-3\n佐藤花子,千代田区丸の内一丁目1番\n"),
    "applicants and homes": ("person-address", "申請者氏名,現住所\n飯島健,港区芝1丁目2番3号\n"),
    "names and homes of a school": ("person-address", "学校名,氏名,住所\n芝小,飯島健,港区芝1-2\n芝小,大森翔,港区芝3-4\n"),
    "surname apart": ("person-address", "姓,名,住　所\n飯島,健,港区芝1-2\n"),
    "users by their looks": ("person-address", "利用者,送付先住所\n飯島 健,港区芝1-2\n大森 翔,港区芝3-4\n"),
    "English": ("person-address", "Full name,Home address\nJane Doe,1-2-3 Shiba\n"),
    "name and birth date": ("birth-date", "名前,誕生日\n飯島健,2001/3/4\n"),
    "birth date by looks": ("birth-date", "対象者,生年月日\n飯島 健,S40.3.4\n"),
    "birth date in a sentence": ("birth-date", "件名,備考\nx,生年月日：S40.3.4\n"),
    "passport in a sentence": ("identifier", "件名,備考\nx,旅券番号 TK1234567 を確認\n"),
    "account in a sentence": ("identifier", "件名,備考\nx,見本銀行 普通 1234567\n"),
    "My Numbers with dots": ("my-number", "件名,備考\nx,1234.5678.9018\ny,9876.5432.1093\n"),
    "My Numbers with slashes": ("my-number", "件名,備考\nx,1234/5678/9018\ny,9876/5432/1093\n"),
    "My Numbers in a row": ("my-number", f"件名,備考\nx,{MINE} 987654321093\n"),
    "My Numbers between commas": ("my-number", f'件名,備考\nx,"{MINE},987654321093"\n'),
    "one row for each item": ("identifier", "番号,項目,内容\n1,氏名,甲\n1,口座番号,1234567\n2,氏名,乙\n2,口座番号,2345678\n"),
    "item in English": ("identifier", "no,item,value\n1,Passport No.,TK1234567\n1,amount,300\n"),
    "number before its item": ("identifier", "値,種類\nTK1234567,旅券番号\n301234567890,運転免許証番号\n500,手数料\n"),
    "pupils and homes": ("person-address", "児童,番地\n飯島 健太,本町1番地2\n大森 翔子,本町3番地4\n"),
    "address without its sign": ("e-mail", "件名,備考\nx,taro(at)gmail.com\n"),
}  # fmt: skip
"""As CSV, with the finding that holds them."""


def header(text: str) -> Callable[[openpyxl.Workbook], object]:
    return lambda book: setattr(book.active.oddFooter.left, "text", text)


def rule(book: openpyxl.Workbook, **said: str) -> None:
    made = DataValidation(type="list", formula1=said.pop("formula1", '"a,b"'), **said)
    made.add("C2:C4")
    book.active.add_data_validation(made)


def link(target: str) -> Callable[[openpyxl.Workbook], object]:
    return lambda book: setattr(book.active["C2"], "hyperlink", Hyperlink(ref="C2", target=target))


def style(**looks: object) -> Callable[[openpyxl.Workbook], object]:
    def fill(book: openpyxl.Workbook) -> None:
        for name, look in looks.items():
            setattr(book.active["C3"], name, look)

    return fill


def name(formula: str) -> Callable[[openpyxl.Workbook], object]:
    return lambda book: book.defined_names.update(x=DefinedName("x", attr_text=formula))


def draw(text: str) -> bytes:
    drawing = f"<wsDr><twoCellAnchor><sp><txBody><p><r><t>{text}</t></r></p></txBody></sp></twoCellAnchor></wsDr>"
    return add(make(header("統計")), (SHEET1, "drawing", "xl/drawings/d1.xml", drawing))


def chart(formula: str, *words: str) -> bytes:
    points = "".join(f"<pt idx='{n}'><v>{word}</v></pt>" for n, word in enumerate(words))
    body = (
        f"<chartSpace><ser><cat><strRef><f>{formula}</f><strCache>{points}</strCache></strRef></cat></ser></chartSpace>"
    )
    drawing = (SHEET1, "drawing", "xl/drawings/d1.xml", "<wsDr/>")
    return add(make(header("統計")), drawing, ("xl/drawings/d1.xml", "chart", "xl/charts/c1.xml", body))


def pivot(source: str, *words: str) -> bytes:
    items = "".join(f'<s v="{word}"/>' for word in words)
    body = (
        f'<pivotCacheDefinition><cacheSource type="worksheet"><worksheetSource ref="A1:B9" sheet="{source}"/></cacheSource>'
        f"<cacheFields><cacheField><sharedItems>{items}</sharedItems></cacheField></cacheFields></pivotCacheDefinition>"
    )
    return add(make(header("統計")), (BOOK, "pivotCacheDefinition", "xl/pivotCache/d1.xml", body))


def external(value: str) -> bytes:
    body = f'<externalLink><externalBook><sheetDataSet><sheetData sheetId="0"><row r="1"><cell r="A1"><v>{value}</v></cell></row></sheetData></sheetDataSet></externalBook></externalLink>'
    return add(make(header("統計")), (BOOK, "externalLink", "xl/externalLinks/e1.xml", body))


def part(kind: str, path: str, body: str | bytes, source: str = BOOK) -> bytes:
    return add(make(header("統計")), (source, kind, path, body))


def loose(path: str, body: bytes) -> bytes:
    """A part that nothing leads to."""
    return change_members(make(header("統計")), path, body)


def change_members(body: bytes, path: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        members = {each: opened.read(each) for each in opened.namelist()}
    return pack(members | {path: content})


def jpeg(tag: int) -> bytes:
    tiff = b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHII", tag, 4, 1, 26) + b"\0" * 8
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff


def strings(*words: str) -> bytes:
    cells = '<row r="9"><c r="A9" t="s"><v>0</v></c></row></sheetData>'
    body = change(make(header("統計")), SHEET1, "</sheetData>", cells)
    sst = f"<sst {MAIN}>" + "".join(f"<si><t>{word}</t></si>" for word in words) + "</sst>"
    return add(body, (BOOK, "sharedStrings", "xl/sharedStrings.xml", sst))


WHITE = Font(color="FFFFFFFF")
PERSON = "http://schemas.microsoft.com/office/2017/10/relationships/person"
THREADED = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
XMP = b"\xff\xd8\xff\xe1\0\0http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude='35,39N'/>"

BOOKS: dict[str, tuple[str, bytes]] = {
    "text box": ("outside-text", draw("担当 山田太郎 090-1234-5678")),
    "text box with a name": ("outside-text", draw("欠席：佐藤 花子")),
    "text box with a mark": ("outside-text", draw("【部外秘】来年度の案")),
    "footer": ("outside-text", make(header("作成者：山田 太郎"))),
    "header with a number": ("outside-text", make(lambda book: setattr(book.active.oddHeader.center, "text", f"{MINE} の分"))),
    "header with a mark": ("outside-text", make(header("取扱注意"))),
    "comment": ("cell-comments", make(lambda book: setattr(book.active["B2"], "comment", Comment("要確認", "山田")))),
    "threaded comment": (
        "cell-comments",
        part(THREADED, "xl/threadedComments/t1.xml", '<ThreadedComments><threadedComment ref="C4"><text>要確認</text></threadedComment></ThreadedComments>', SHEET1),
    ),
    "people of comments": ("outside-text", part(PERSON, "xl/persons/person.xml", '<personList><person displayName="山田 太郎" userId="taro@gmail.com"/></personList>')),
    "chart of a lost sheet": ("chart-cache", chart("名簿!$A$2:$A$3", "甲の数", "乙の数")),
    "chart of another file": ("chart-cache", chart("[1]名簿!$A$2:$A$3", "甲の数")),
    "chart of what was there": ("chart-cache", chart("表!$A$2:$A$3", "千代田", "消した区")),
    "pivot cache without records": ("pivot-cache", pivot("名簿", "甲", "乙")),
    "pivot cache of what was there": ("pivot-cache", pivot("表", "千代田", "消した区")),
    "constant in a name": ("defined-names", make(name('"懲戒の対象は甲"'))),
    "list in a name": ("defined-names", make(name('{"甲",1;"乙",2}'))),
    "number in a name": ("outside-text", make(name(MINE))),
    "list of choices": ("outside-text", make(lambda book: rule(book, formula1='"山田太郎,佐藤花子"'))),
    "list of surnames": ("outside-text", make(lambda book: rule(book, formula1='"佐藤,鈴木,高橋,田中"'))),
    "name in a sentence": ("outside-text", make(lambda book: setattr(book.properties, "title", "山田太郎の人事評価"))),
    "prompt": ("outside-text", make(lambda book: rule(book, promptTitle="注", prompt="不明なら山田さん(090-1234-5678)へ"))),
    "mailto": ("outside-text", make(link("mailto:taro.yamada@gmail.com"))),
    "path of a user": ("local-links", make(link("file:///C:\\Users\\yamada\\Desktop\\名簿.xlsx"))),
    "path to a server": ("local-links", make(link("\\\\sv01\\人事\\名簿.xlsx"))),
    "path in a formula": ("local-links", make(lambda book: book.active.append(["計", '=HYPERLINK("C:\\Users\\yamada\\a.xlsx","x")']))),
    "white on white": ("hidden-cells", make(style(font=WHITE))),
    "white of the theme": (
        "hidden-cells", change(make(style(font=WHITE)), "xl/styles.xml", '<color rgb="FFFFFFFF" />', '<color theme="0" />')
    ),
    "black on black": ("hidden-cells", make(style(fill=PatternFill("solid", fgColor="FF000000")))),
    "no size": ("hidden-cells", make(style(font=Font(size=1)))),
    ";;;": ("hidden-cells", make(style(number_format=";;;"))),
    "custom XML": ("outside-text", part("customXml", "customXml/item1.xml", "<a><b>山田 太郎</b></a>")),
    "custom property": ("outside-text", make(lambda book: book.custom_doc_props.append(StringProperty(name="Owner", value=f"担当 {MINE}")))),
    "subject": ("outside-text", make(lambda book: setattr(book.properties, "subject", "連絡先 090-1234-5678"))),
    "saved values of another file": ("external-links", external("消した値")),
    "photo with its place": ("image-data", part("image", "xl/media/image1.jpeg", jpeg(0x8825), "xl/drawings/d1.xml")),
    "photo with its maker": ("image-data", part("image", "xl/media/image1.jpeg", jpeg(0x013B), "xl/drawings/d1.xml")),
    "photo with its place in XMP": ("image-data", part("image", "xl/media/image1.jpeg", XMP, "xl/drawings/d1.xml")),
    "document in a workbook": ("embedded-files", part("package", "xl/embeddings/doc1.docx", b"PK\x03\x04..", SHEET1)),
    "OLE elsewhere": ("embedded-files", part("image", "xl/media/image1.bin", b"\xd0\xcf\x11\xe0..", SHEET1)),
    "orphaned sheet": ("unknown-parts", loose("xl/worksheets/sheet9.xml", b"<worksheet><sheetData/></worksheet>")),
    "file that nothing uses": ("unknown-parts", loose("xl/memo.txt", b"memo")),
    "document that nothing uses": ("embedded-files", loose("名簿.docx", b"PK\x03\x04..")),
    "unknown part with a number": ("outside-text", part("somethingNew", "xl/new/n1.xml", f"<n><v>{MINE}</v></n>")),
    "stale strings": ("stale-strings", strings("x", "消した名前")),
}  # fmt: skip
"""Workbooks, with the finding that holds them."""


def old(fill: Callable[[xlwt.Workbook, xlwt.Worksheet], object]) -> bytes:
    book, sink = xlwt.Workbook(), io.BytesIO()
    book.owner, sheet = "", book.add_sheet("表")
    for at, words in enumerate(["区", "人口"]):
        sheet.write(0, at, words)
    fill(book, sheet)
    book.save(sink)
    return sink.getvalue()


def write(value: object, style: str = "", form: str = "General") -> Callable[[xlwt.Workbook, xlwt.Worksheet], object]:
    return lambda book, sheet: sheet.write(3, 0, value, xlwt.easyxf(style, num_format_str=form))


def leave(book: xlwt.Workbook, sheet: xlwt.Worksheet) -> None:
    """Count one more string than cells use."""
    book.add_str("消した名前")


COLLAPSED = f'<table:table-row table:visibility="collapse">{ods_cell("x")}</table:table-row>'
NOTE = ods_cell("x").replace(
    "</table:table-cell>", "<office:annotation><text:p>要確認</text:p></office:annotation></table:table-cell>"
)
BOX = ods_cell("x").replace(
    "</table:table-cell>", "<draw:frame><text:p>担当 山田太郎</text:p></draw:frame></table:table-cell>"
)
LINK = (
    ods_cell("x")
    .replace("<text:p>", '<text:p><text:a xlink:href="file:///C:/Users/yamada/a.ods">')
    .replace("</text:p>", "</text:a></text:p>")
)

META = (
    '<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:dc="urn:dc">'
    "<office:meta><dc:subject>担当 山田太郎</dc:subject></office:meta></office:document-meta>"
).encode()

OTHERS: dict[str, tuple[str, bytes]] = {
    "old: header": ("outside-text", old(lambda book, sheet: setattr(sheet, "_Worksheet__header_str", "作成者：山田 太郎"))),
    "old: white": ("hidden-cells", old(write("x", "font: colour white"))),
    "old: blacked out": ("hidden-cells", old(write("x", "pattern: pattern solid, fore_colour black"))),
    "old: ;;;": ("hidden-cells", old(write(5, form=";;;"))),
    "old: no size": ("hidden-cells", old(write("x", "font: height 20"))),
    "old: stale strings": ("stale-strings", old(leave)),
    "open: hidden sheet": ("hidden-sheet", ods(ods_cell("a"), more=f'<table:table table:name="次" table:style-name="h"><table:table-row>{ods_cell("b")}</table:table-row></table:table>')),
    "open: hidden row": ("hidden-rows", ods(ods_cell("a"), COLLAPSED)),
    "open: comment": ("cell-comments", ods(ods_cell("a"), NOTE)),
    "open: text box": ("outside-text", ods(ods_cell("a"), BOX)),
    "open: words of its properties": ("outside-text", change_members(ods(ods_cell("a")), "meta.xml", META)),
    "open: path of a user": ("local-links", ods(ods_cell("a"), LINK)),
    "open: document": ("embedded-files", change_members(ods(ods_cell("a")), "Object 1", b"PK\x03\x04..")),
    "binary: comments": ("cell-comments", add(xlsb(["a"], ["b"]), ("xl/worksheets/sheet1.bin", "comments", "xl/comments1.bin", b"x"))),
    "binary: text box": ("outside-text", add(xlsb(["a"], ["b"]), ("xl/worksheets/sheet1.bin", "drawing", "xl/drawings/d1.xml", "<p><t>担当 山田太郎</t></p>"))),
}  # fmt: skip
"""The same of .xls, .ods and .xlsb."""


def make_table(heading: str, cells: tuple[str, str]) -> bytes:
    return f"件名,{heading}\nx,{cells[0]}\ny,{cells[1]}\n".encode()


def hold(body: bytes) -> set[str]:
    return {code for code, severity in screen(body) if severity == "error"}


@pytest.mark.parametrize("heading", NAMED)
def test_every_heading_that_names_an_identifier_holds(heading: str) -> None:
    assert hold(make_table(heading, NAMED[heading])) & {"identifier", "my-number"}


@pytest.mark.parametrize("name", TABLES)
def test_every_table_of_a_kind_is_held(name: str) -> None:
    code, text = TABLES[name]
    assert hold(text.encode()) == {code}


@pytest.mark.parametrize("name", BOOKS | OTHERS)
def test_every_workbook_of_a_kind_is_held(name: str) -> None:
    code, body = (BOOKS | OTHERS)[name]
    assert hold(body) == {code}


@pytest.mark.parametrize(("labels", "held"), [(3, True), (150, True), (300, False), (2_500, False)])
def test_labels_are_few_in_a_column_of_many_rows(labels: int, held: bool) -> None:
    """A column of many different texts that say 番号 is looked at no further: its rows are things, not items."""
    rows = "".join(f"{chr(0x4E00 + n % labels)}の口座番号,{1234567 + n}\n" for n in range(2_600))
    assert hold(("項目,内容\n" + rows).encode()) == ({"identifier"} if held else set())


def test_there_are_more_than_sixty() -> None:
    assert len(NAMED) + len(TABLES) + len(BOOKS) > 60


@pytest.mark.parametrize("name", BOOKS)
def test_no_finding_repeats_what_it_found(name: str) -> None:
    for finding in find_leaks("https://example.jp/a.xlsx", BOOKS[name][1], {}):
        told = say(finding, "ja") + say(finding, "en") + repr(finding)
        assert not any(word in told for word in ("山田", "佐藤", "yamada", MINE, "消した", "甲", "名簿", "090"))


@pytest.mark.parametrize(
    ("form", "words", "numbers"),
    [(";;;", True, True), (";;", False, True), ('"";"";"";""', True, True), ('""', False, True), ("[White]General", False, True),
     ("[Red];;;", True, True), ('[=0]"";General', False, False), ("0;-0;;@", False, False), ("General", False, False), ("", False, False),
     ('#,##0;"△"#,##0;"-"', False, False), ('yyyy"年"m"月"', False, False), ('_ * #,##0_ ;_ * "-"_ ;_ @_ ', False, False), ("@", False, False),
     ("[$-411]ggge", False, False), ('"a;b"0', False, False), ("0;0;0;", True, False)],
)  # fmt: skip
def test_formats_that_show_nothing(form: str, words: bool, numbers: bool) -> None:
    assert hides(form) == (words, numbers)


@pytest.mark.parametrize(
    "text",
    ["上野公園", "中野区役所", "石川県立図書館", "千葉 市役所", "一部 改正", "担当：総務課 統計係", "男子 女子", "資料 出典", "高島平", "市長 山田太郎", "Ueno Park",
     "Chiba Prefecture", "福島県史の編さん", "職員 研修", "お客様の声", "皆さんへ", "氏名：", "松本 城跡"],
)  # fmt: skip
def test_places_offices_and_words_are_no_names(text: str) -> None:
    assert not holds_name(text)


@pytest.mark.parametrize(
    "text",
    ["山田太郎", "佐藤 花子", "担当 鈴木", "担当者：高橋（内線12）", "飯島健太", "田中さん", "Yamada Taro", "Hanako Sato", "与謝野 晶子", "伊藤 大輝",
     "小林 さくら", "【山田太郎】", "欠席は佐藤花子と鈴木"],
)  # fmt: skip
def test_names_in_texts(text: str) -> None:
    assert holds_name(text)


# ---- whole commands -----------------------------------------------------------------------------------------------


def test_a_renamed_column_is_known_by_the_name_in_the_raw_file(tmp_path: Path) -> None:
    """Neither the name of the field nor its title says what it holds."""
    project = make_project(tmp_path)
    put_sample(project, "旅券番号,点検日\r\nTK1234567,2026-06-01\r\n")
    (project / "pipelines" / "lifts.yaml").write_text(LIFTS.replace("番号: id", "旅券番号: id"), "utf-8")
    result = run(project)
    errors = [finding for finding in result.outcomes[0].findings if finding.severity == "error"]
    assert [(finding.code, finding.place.row, finding.place.column) for finding in errors] == [
        ("identifier", 2, "id（旅券番号）")
    ]
    assert result.outcomes[0].what == "held"
    written = [path for path in (project / "build" / "site").rglob("*.*") if path.is_file()]
    assert not any(b"TK1234567" in path.read_bytes() for path in written)


def test_a_column_that_is_made_of_others_is_known_by_their_names(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    put_sample(project, "番号,旅券,点検日\r\nE1,TK1234567,2026-06-01\r\n")
    steps = "      - combine: {columns: [番号, 旅券番号], into: id, separator: ' '}\n      - drop_columns: [番号, 旅券番号]\n"
    text = LIFTS.replace("番号: id, 点検日", "旅券: 旅券番号, 点検日").replace(
        "      - parse_date", steps + "      - parse_date"
    )
    (project / "pipelines" / "lifts.yaml").write_text(text, "utf-8")
    (outcome,) = run(project).outcomes
    errors = [(one.code, one.place.column) for one in outcome.findings if one.severity == "error"]
    assert (outcome.what, errors) == ("held", [("identifier", "id（番号・旅券）")])


WARDS = """\
    tidy: [{rename: {区: id, 人口: people, 備考: memo}}]
    schema:
      fields:
        - {name: id, title: {ja: 区, en: Ward}}
        - {name: people, type: integer, title: {ja: 人口, en: People}}
        - {name: memo, title: {ja: 備考, en: Memo}}
"""


@pytest.mark.parametrize("name", ["text box", ";;;", "stale strings", "path to a server"])
def test_a_workbook_holds_its_release_until_it_is_allowed(tmp_path: Path, name: str) -> None:
    code, body = BOOKS[name]
    start, end = LIFTS.index("    tidy:"), LIFTS.index("    expect:")
    for folder, allow in (("held", ""), ("allowed", f"    allow: {{{code}: 公表ずみです}}\n")):
        lifts = LIFTS[:start] + WARDS + allow + LIFTS[end:]
        project = make_project(tmp_path / folder, lifts=lifts)
        put_sample(project, body)
        outcome = run(project).outcomes[0]
        errors = {finding.code for finding in outcome.findings if finding.severity == "error"}
        assert (outcome.what, errors) == (("held", {code}) if folder == "held" else ("released", set()))
