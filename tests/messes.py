"""Workbooks, each with another mess of official tables, and the tables that should come of each.

A sheet is rows of cells and merged ranges; `save_xlsx`, `save_xls` and `save_ods` write the same book in each format.
The truth of a table is its published CSV: header and rows, by the draft's own names.
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import openpyxl
import xlwt

from entaku.formats.text import column_letters

Row = Sequence[Any]


@dataclass(frozen=True)
class MessySheet:
    """A sheet of a workbook."""

    name: str
    rows: Sequence[Row]
    merged: Sequence[str] = ()
    hidden: bool = False


@dataclass(frozen=True)
class Mess:
    """A workbook, and the tables that it holds."""

    name: str
    sheets: Sequence[MessySheet]
    truth: dict[str, str]
    """The CSV of each table, by its name in the draft; columns of one space, lines of one row."""
    says: Sequence[str] = ()
    """What the draft's YAML must say."""
    edits: Sequence[tuple[str, str]] = field(default=())
    """Lines that its owner must change."""


def save_xlsx(mess: Mess) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for each in mess.sheets:
        sheet = book.create_sheet(each.name)
        for cells in each.rows:
            sheet.append(list(cells))
        for merged in each.merged:
            sheet.merge_cells(merged)
        if each.hidden:
            sheet.sheet_state = "hidden"
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def save_xls(mess: Mess) -> bytes:
    book = xlwt.Workbook()
    for each in mess.sheets:
        sheet = book.add_sheet(each.name)
        spans = {}
        for merged in each.merged:
            top, left, bottom, right = corners(merged)
            spans[top, left] = (bottom, right)
        for row, cells in enumerate(each.rows):
            for at, value in enumerate(cells):
                if value is None:
                    continue
                if (row, at) in spans:
                    bottom, right = spans[row, at]
                    sheet.write_merge(row, bottom, at, right, value)
                else:
                    sheet.write(row, at, value)
        if each.hidden:
            sheet.visibility = 1
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def corners(merged: str) -> tuple[int, int, int, int]:
    """Top, left, bottom, right of "A3:B4", from 0."""
    left, top, right, bottom = openpyxl.utils.range_boundaries(merged)
    return top - 1, left - 1, bottom - 1, right - 1


SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style")
)


def save_ods(mess: Mess) -> bytes:
    tables = []
    for each in mess.sheets:
        spans, covered = {}, set()
        for merged in each.merged:
            top, left, bottom, right = corners(merged)
            spans[top, left] = (
                f' table:number-rows-spanned="{bottom - top + 1}" table:number-columns-spanned="{right - left + 1}"'
            )
            covered |= {(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)} - {(top, left)}
        lines = []
        for row, cells in enumerate(each.rows):
            made = []
            for at, value in enumerate(cells):
                tag = "table:covered-table-cell" if (row, at) in covered else "table:table-cell"
                span = spans.get((row, at), "")
                if value is None:
                    made.append(f"<{tag}{span}/>")
                elif isinstance(value, bool):
                    raise ValueError
                elif isinstance(value, int | float):
                    made.append(
                        f'<{tag}{span} office:value-type="float" office:value="{value}"><text:p>{value}</text:p></{tag}>'
                    )
                else:
                    paragraphs = "".join(f"<text:p>{keep_spaces(line)}</text:p>" for line in str(value).split("\n"))
                    made.append(f'<{tag}{span} office:value-type="string">{paragraphs}</{tag}>')
            lines.append(f"<table:table-row>{''.join(made)}</table:table-row>")
        style = ' table:style-name="h"' if each.hidden else ""
        tables.append(f'<table:table table:name="{escape(each.name)}"{style}>{"".join(lines)}</table:table>')
    styles = (
        '<office:automatic-styles><style:style style:name="h" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    )
    content = (
        f"<office:document-content {SPACES}>{styles}<office:body><office:spreadsheet>{''.join(tables)}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made_zip:
        made_zip.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made_zip.writestr("content.xml", content)
    return sink.getvalue()


def keep_spaces(text: str) -> str:
    """Text of an .ods, where several spaces are one unless they are said."""
    return escape(text).replace("  ", " <text:s/>")


SAVERS = {"xlsx": save_xlsx, "xls": save_xls, "ods": save_ods}
__all__ = ["MESSES", "SAVERS", "Mess", "MessySheet", "column_letters"]


def one(name: str, rows: Sequence[Row], truth: str | dict[str, str], merged: Sequence[str] = (), **more: Any) -> Mess:
    """A workbook of one sheet and, mostly, one table."""
    tables = truth if isinstance(truth, dict) else {"table": truth}
    return Mess(name, [MessySheet("Sheet1", rows, merged)], tables, **more)


N = None
AGES = (("0～14歳", 10, 9), ("15～64歳", 50, 52), ("65歳以上", 20, 25))

MESSES = [
    one(
        "title-and-unit",
        [
            ["令和6年度　図書館の利用状況"],
            [N, N, "（単位：冊）"],
            ["館名", "貸出冊数", "蔵書冊数"],
            ["中央館", 12345, 60000],
            ["東館", 3210, 20000],
            ["資料：図書館課"],
        ],
        "library,loans,volumes,fiscal_year\n中央館,12345,60000,2024\n東館,3210,20000,2024\n",
        says=['unit: "冊"', "資料：図書館課", "令和6年度 図書館の利用状況"],
    ),
    one(
        "merged-header",
        [
            ["地区", "貸出冊数", N, "登録者数"],
            [N, "一般", "児童", N],
            ["東", 1200, 300, 40],
            ["西", 900, 100, 30],
        ],
        "district,loans_general,loans_children,registered_users\n東,1200,300,40\n西,900,100,30\n",
        ["A1:A2", "B1:C1", "D1:D2"],
    ),
    one(
        "header-not-merged",
        [
            [N, "貸出冊数", N, "登録者数", N],
            ["館名", "一般", "児童", "男", "女"],
            ["中央館", 1200, 300, 40, 50],
            ["東館", 900, 100, 30, 20],
        ],
        "library,loans_general,loans_children,registered_users_male,registered_users_female\n"
        "中央館,1200,300,40,50\n東館,900,100,30,20\n",
    ),
    one(
        "merged-body",
        [
            ["地区", "館名", "貸出冊数"],
            ["東", "中央館", 1200],
            [N, "東館", 900],
            ["西", "西館", 500],
            [N, "南館", 400],
        ],
        "district,library,loans\n東,中央館,1200\n東,東館,900\n西,西館,500\n西,南館,400\n",
        ["A2:A3", "A4:A5"],
    ),
    one(
        "blank-as-above",
        [
            ["地区", "館名", "貸出冊数"],
            ["東", "中央館", 1200],
            [N, "東館", 900],
            ["西", "西館", 500],
            [N, "南館", 400],
        ],
        "district,library,loans\n東,中央館,1200\n東,東館,900\n西,西館,500\n西,南館,400\n",
        says=["fill_down: [district]", "確認："],
    ),
    one(
        "grand-total",
        [
            ["区名", "人口", "世帯数"],
            ["総　　数", 600, 300],
            ["東区", 100, 50],
            ["西区", 200, 100],
            ["南区", 300, 150],
        ],
        {
            "table": "ward,population,households\n東区,100,50\n西区,200,100\n南区,300,150\n",
            "table-totals": "ward,population,households\n総　　数,600,300\n",
        },
        says=["check_sums: {value: population"],
    ),
    one(
        "subtotals",
        [
            ["地区", "館名", "貸出冊数"],
            ["東", "中央館", 1200],
            [N, "東館", 900],
            ["小計", N, 2100],
            ["西", "西館", 500],
            [N, "南館", 400],
            ["小計", N, 900],
            ["合計", N, 3000],
        ],
        {
            "table": "district,library,loans\n東,中央館,1200\n東,東館,900\n西,西館,500\n西,南館,400\n",
            "table-totals": "district,library,loans,district_group\n小計,,2100,東\n小計,,900,西\n合計,,3000,西\n",
        },
        says=["above: true"],
    ),
    one(
        "levels-of-totals",
        [
            ["市町村", "人口"],
            ["県計", 1000],
            ["市部計", 700],
            ["甲市", 400],
            ["乙市", 300],
            ["郡部計", 300],
            ["丙町", 200],
            ["丁村", 100],
        ],
        {
            "table": "municipality,population\n甲市,400\n乙市,300\n丙町,200\n丁村,100\n",
            "table-totals": "municipality,population\n県計,1000\n市部計,700\n郡部計,300\n",
        },
        says=['parts: ["甲市", "乙市"]'],
    ),
    one(
        "stacked-tables",
        [
            ["表1　区別人口"],
            ["区名", "人口"],
            ["東区", 100],
            ["西区", 200],
            [],
            ["表2　施設別利用者数"],
            ["施設名", "利用者数", "件数"],
            ["体育館", 50, 3],
            ["公民館", 70, 4],
        ],
        {
            "table": "ward,population\n東区,100\n西区,200\n",
            "table-2": "facility,users,cases\n体育館,50,3\n公民館,70,4\n",
        },
        says=["表2 施設別利用者数"],
    ),
    one(
        "side-by-side",
        [
            ["表1　人口", N, N, "表2　世帯"],
            ["区名", "人口", N, "区名", "世帯数"],
            ["東区", 100, N, "東区", 50],
            ["西区", 200, N, "西区", 90],
            ["南区", 300, N, "南区", 150],
        ],
        {
            "table": "ward,population\n東区,100\n西区,200\n南区,300\n",
            "table-2": "ward,households\n東区,50\n西区,90\n南区,150\n",
        },
        says=['columns: "A:C"', 'columns: "D:E"'],
    ),
    one(
        "halves",
        [
            ["年齢別人口", N, N, N, N, N, N, "（単位：人）"],
            ["年齢", "総数", "男", "女", "年齢", "総数", "男", "女"],
            ["0歳", 30, 10, 20, "3歳", 11, 5, 6],
            ["1歳", 31, 11, 20, "4歳", 12, 6, 6],
            ["2歳", 32, 12, 20, N, N, N, N],
            ["（注）外国人を含む。"],
        ],
        "age,total,male,female\n0,30,10,20\n1,31,11,20\n2,32,12,20\n3,11,5,6\n4,12,6,6\n",
        says=['columns: ["A:D", "E:H"]', "（注）外国人を含む。", 'unit: "人"'],
    ),
    one(
        "thirds",
        [
            ["町別人口（令和6年4月1日現在）"],
            ["町名", "人口", "世帯", N, "町名", "人口", "世帯", N, "町名", "人口", "世帯"],
            ["一町", 30, 10, N, "三町", 11, 5, N, "五町", 16, 8],
            ["二町", 31, 11, N, "四町", 12, 6],
        ],
        "town,population,households,as_of\n一町,30,10,2024-04-01\n二町,31,11,2024-04-01\n三町,11,5,2024-04-01\n四町,12,6,2024-04-01\n五町,16,8,2024-04-01\n",
        says=['columns: ["A:D", "E:H", "I:K"]'],
    ),
    one(
        "twins",
        [
            ["区名", "人口", "世帯", N, "区名", "人口", "世帯"],
            ["東区", 100, 50, N, "東区", 110, 55],
            ["西区", 200, 90, N, "西区", 220, 95],
            ["南区", 300, 150, N, "南区", 310, 155],
        ],
        {
            "table": "ward,population,households\n東区,100,50\n西区,200,90\n南区,300,150\n",
            "table-2": "ward,population,households\n東区,110,55\n西区,220,95\n南区,310,155\n",
        },
        says=['columns: "A:D"', 'columns: "E:G"'],
    ),
    one(
        "header-repeated",
        [
            ["品名", "数量", "金額"],
            ["だいこん", 100, 5000],
            ["にんじん", 200, 8000],
            ["品名", "数量", "金額"],
            ["ぶどう", 10, 9000],
            ["りんご", 20, 7000],
        ],
        "item,quantity,amount\nだいこん,100,5000\nにんじん,200,8000\nぶどう,10,9000\nりんご,20,7000\n",
        says=['starts: "品名"'],
    ),
    one(
        "sections",
        [
            ["品名", "数量", "金額"],
            ["【野菜】"],
            ["だいこん", 100, 5000],
            ["にんじん", 200, 8000],
            ["【果実】"],
            ["ぶどう", 10, 9000],
            ["りんご", 20, 7000],
        ],
        "item,quantity,amount,section\nだいこん,100,5000,【野菜】\nにんじん,200,8000,【野菜】\nぶどう,10,9000,【果実】\nりんご,20,7000,【果実】\n",
    ),
    Mess(
        "sheet-a-year",
        [
            MessySheet("表紙", [["統計書"], ["令和6年 見本市"]]),
            MessySheet("目次", [["1", "R5年"], ["2", "R6年"]]),
            MessySheet("R5年", [["区別人口"], ["区名", "人口"], ["東区", 100], ["西区", 200]]),
            MessySheet("R6年", [["区別人口"], ["区名", "人口"], ["東区", 110], ["西区", 210], ["南区", 50]]),
        ],
        {"table": "ward,population,year\n東区,100,2023\n西区,200,2023\n東区,110,2024\n西区,210,2024\n南区,50,2024\n"},
        says=["表にしなかったもの：表紙", "表にしなかったもの：目次"],
    ),
    Mess(
        "sheet-a-ward",
        [
            MessySheet("東区", [["年齢", "男", "女"], ["0歳", 10, 11], ["1歳", 12, 13]]),
            MessySheet("西区", [["年齢", "男", "女"], ["0歳", 20, 21], ["1歳", 22, 23]]),
            MessySheet("控え", [["作業用メモ"]], hidden=True),
        ],
        {"table": "age,male,female,sheet\n0,10,11,東区\n1,12,13,東区\n0,20,21,西区\n1,22,23,西区\n"},
        says=["控え（隠れたシート"],
    ),
    Mess(
        "two-kinds-of-sheets",
        [
            MessySheet("人口", [["区名", "人口"], ["東区", 100], ["西区", 200]]),
            MessySheet("施設", [["施設名", "所在地", "定員"], ["体育館", "見本町1", 50], ["公民館", "見本町2", 30]]),
            MessySheet("注意事項", [["この表は速報です。"]]),
        ],
        {
            "population": "ward,population\n東区,100\n西区,200\n",
            "facility": "facility,address,capacity\n体育館,見本町1,50\n公民館,見本町2,30\n",
        },
        says=["この表は速報です。"],
    ),
    one(
        "marks",
        [
            ["事業所", "従業者数", "出荷額（千円）"],
            ["甲", 12, 3400],
            ["乙", 3, "x"],
            ["丙", "…", "-"],
            ["丁", 8, 1200],
            ["戊", 9, 1300],
            ["己", 7, 900],
        ],
        "establishments,employees,shutsukagaku\n甲,12,3400\n乙,3,\n丙,,\n丁,8,1200\n戊,9,1300\n己,7,900\n",
        says=["「x」は秘匿", "「…」は不詳", 'unit: "千円"'],
    ),
    one(
        "flags",
        [["年", "人口"], [2021, "r 1,200"], [2022, "1,210"], [2023, "p 1,230"], [2024, "1,240"]],
        "year,population,population_flag\n2021,1200,r\n2022,1210,\n2023,1230,p\n2024,1240,\n",
        says=["訂正値", "速報値"],
    ),
    one(
        "limits",
        [
            ["河川の水質", N, N, N, N, N],
            [N, N, N, N, N, "（単位：人、％）"],
            ["採水地点", "BOD(mg/L)", "大腸菌数(CFU/100mL)", "カドミウム(mg/L)", "参加者数", "比較"],
            ["一の橋", "<0.5", 120, "<0.0003", 30, -3],
            ["二の橋", 1.2, 3400, "不検出", 28, 5],
            ["三の橋", "＜0.5", 56, "ND", 41, 2],
            ["四の橋", 0.8, 410, "不検出", 12, 0],
        ],
        "sampling_point,bod,escherichia_coli,cadmium,participants,difference,bod_flag,cadmium_flag,cadmium_note\n"
        "一の橋,0.5,120,0.0003,30,-3,<,<,\n二の橋,1.2,3400,,28,5,,,不検出\n三の橋,0.5,56,,41,2,<,,ND\n"
        "四の橋,0.8,410,,12,0,,,不検出\n",
        says=["その値未満", 'unit: "CFU/100mL"', 'unit: "人", title: {ja: "比較"'],
    ),
    one(
        "classes",
        [
            ["保育所の空き状況"],
            ["○…あり、△…わずか、×…なし"],
            ["施設名", "種別", "0歳", "1歳", "2歳", "3～5歳", "延長保育"],
            ["東保育園", "公立", "○", "×", "△", "○", "有"],
            ["西保育園", "私立", "×", "×", "×", "△", "無"],
            ["南保育園", "私立", "△", "○", "×", "○", "18:30まで"],
        ],
        "facility,type,age_0,age_1,age_2,age_3_5,extended_care\n東保育園,公立,○,×,△,○,有\n西保育園,私立,×,×,×,△,無\n"
        "南保育園,私立,△,○,×,○,18:30まで\n",
        says=['en: "Age 0"', 'en: "Ages 3 to 5"'],
    ),
    one(
        "heads",
        [
            ["町丁名", "世帯数", "人口"],
            ["総　　　数", 150, 331],
            ["本町", 50, 110],
            ["　本町一丁目", 20, 50],
            ["　本町二丁目", 30, 60],
            ["栄町", 100, 221],
            ["　栄町一丁目", 40, 90],
            ["　栄町二丁目", 60, 131],
        ],
        {
            "table": "block,households,population\n本町一丁目,20,50\n本町二丁目,30,60\n栄町一丁目,40,90\n栄町二丁目,60,131\n",
            "table-totals": "block,households,population\n総　　　数,150,331\n本町,50,110\n栄町,100,221\n",
        },
        says=['check_sums: {value: households, total: {block: "本町"}, parts: ["本町一丁目", "本町二丁目"]}'],
    ),
    one(
        "totals-inside",
        [
            ["ごみ排出量", N, N, "（単位：t）"],
            ["区分", N, "令和5年度", "令和6年度"],
            ["家庭系", "可燃", 50, 60],
            [N, "不燃", 5, 6],
            [N, "小計", 55, 66],
            ["事業系", "可燃", 20, 30],
            [N, "粗大", 1, 2],
            [N, "小計", 21, 32],
            ["合計", N, 76, 98],
            ["1人1日当たり（g）", N, 810, 820],
        ],
        {
            "table": "category,category_2,fy2023,fy2024\n家庭系,可燃,50,60\n家庭系,不燃,5,6\n事業系,可燃,20,30\n事業系,粗大,1,2\n",
            "table-other": "category,category_2,fy2023,fy2024\n1人1日当たり（g）,,810,820\n",
            "table-totals": "category,category_2,fy2023,fy2024\n家庭系,小計,55,66\n事業系,小計,21,32\n合計,,76,98\n",
        },
        says=['total: {category_2: "小計"}, above: true', 'total: {category: "合計"}}', "行の単位（g）は", 'unit: "g"'],
    ),
    one(
        "yen",
        [
            ["番号", "補助金\n名称", "交付先", "交付決定日", "交付額", "１年_児童数"],
            [1, "甲", "団体1", "R7.4.1", "¥12,345-", 3],
            [2, "乙", "団体2", "R7.5.1", "￥1,000", 4],
            [3, "丙", "団体3", "R7.6.1", "¥500-", 5],
        ],
        "number,subsidy,recipient,granted_on,granted,grade_1_pupils\n1,甲,団体1,2025-04-01,12345,3\n"
        "2,乙,団体2,2025-05-01,1000,4\n3,丙,団体3,2025-06-01,500,5\n",
        says=['unit: "円"', 'en: "Grade 1, Pupils"'],
    ),
    one(
        "days-carried",
        [
            ["月日", "曜日", "医療機関名", "電話番号"],
            ["4月5日", "日", "一の医院", "03-1111-0001"],
            [N, N, "二の医院", "03-1111-0002"],
            ["4月12日", "日", "三の医院", "03-1111-0003"],
            [N, N, "四の医院", "03-1111-0004"],
            ["4月29日", "水", "五の医院", "03-1111-0005"],
        ],
        "month_and_day,weekday,medical_institution,phone\n4月5日,日,一の医院,03-1111-0001\n4月5日,日,二の医院,03-1111-0002\n"
        "4月12日,日,三の医院,03-1111-0003\n4月12日,日,四の医院,03-1111-0004\n4月29日,水,五の医院,03-1111-0005\n",
        says=["fill_down: [month_and_day, weekday]", "年がありません"],
    ),
    one(
        "months-below-years",
        [
            ["年度", "月", "開館日数", "入館者数"],
            ["令和5年度", "4月", 25, 1200],
            [N, "5月", 24, 1300],
            [N, "3月", 26, 900],
            ["令和6年度", "4月", 25, 1100],
            [N, "5月", 23, 1500],
        ],
        "fiscal_year,month,days_open,visitors,year_month\n2023,4,25,1200,2023-04\n2023,5,24,1300,2023-05\n2023,3,26,900,2024-03\n"
        "2024,4,25,1100,2024-04\n2024,5,23,1500,2024-05\n",
        says=[
            "make_date: {year: fiscal_year, month: month, fiscal: true, into: year_month}",
            "primaryKey: [year_month]",
        ],
    ),
    one(
        "marked-headings",
        [
            ["産　　業", "事業所数2)", "従業者数", N, "1事業所当たり従業者数", "貸出冊数", N],
            [N, N, "総数", "うち女", N, "個人", "団体"],
            ["農業", 10, 50, 20, 5.0, 7, 1],
            ["漁業", 4, 10, 3, 2.5, 8, 2],
            ["2) 内容等不詳を含む。"],
        ],
        "industry,establishments,employees_total,employees_of_which_female,employees_per_establishment,loans_individuals,loans_groups\n"
        "農業,10,50,20,5,7,1\n漁業,4,10,3,2.5,8,2\n",
        merged=["A1:A2", "B1:B2", "C1:D1", "E1:E2", "F1:G1"],
        says=['unit: "事業所"', 'en: "Employees, of which female"', 'en: "Employees per establishment"'],
    ),
    one(
        "bare-eras",
        [
            ["指標", "単位", "R2", "R3", "R4"],
            ["財政力指数", "－", 0.5, 0.6, 0.7],
            ["経常収支比率", "％", 91.2, 92.3, 93.4],
        ],
        "indicator,unit,year,value\n財政力指数,－,2020,0.5\n財政力指数,－,2021,0.6\n財政力指数,－,2022,0.7\n"
        "経常収支比率,％,2020,91.2\n経常収支比率,％,2021,92.3\n経常収支比率,％,2022,93.4\n",
    ),
    one(
        "pages",
        [
            ["施設一覧", N, "1/2ページ"],
            ["コード", "名称", "定員"],
            ["01", "東館", 10],
            ["02", "西館", 20],
            [],
            ["施設一覧", N, "2/2ページ"],
            ["コード", "名称", "定員"],
            ["03", "南館", 30],
            ["04", "北館", 40],
        ],
        "code,name,capacity\n01,東館,10\n02,西館,20\n03,南館,30\n04,北館,40\n",
        says=["[0-9０-９]+/[0-9０-９]+ページ"],
    ),
    one(
        "captioned-tables",
        [
            ["消防統計（令和7年）"],
            ["表1　火災件数"],
            ["種別", "建物", "車両"],
            ["東", 1, 2],
            ["西", 3, 4],
            [],
            ["表2　救急出動件数"],
            ["種別", "急病", "交通事故"],
            ["東", 5, 6],
            ["西", 7, 8],
        ],
        {
            "table": "type,buildings,vehicles,year\n東,1,2,2025\n西,3,4,2025\n",
            "table-2": "type,kyuubyou,koutsuujiko\n東,5,6\n西,7,8\n",
        },
        says=['title: "消防統計（令和7年）"', 'title: "表1 火災件数"', 'title: "表2 救急出動件数"'],
    ),
    one(
        "means",
        [
            ["月", "大人", "子ども", "合計"],
            ["4月", 10, 4, 14],
            ["5月", 11, 6, 17],
            ["6月", 11, 7, 18],
            ["計", 32, 17, 49],
            ["月平均", 10.7, 5.7, 16.3],
        ],
        {
            "table": "month,adults,children,total\n4,10,4,14\n5,11,6,17\n6,11,7,18\n",
            "table-totals": "month,adults,children,total\n計,32,17,49\n月平均,10.7,5.7,16.3\n",
        },
        says=[
            "{name: adults, type: integer",
            "{name: adults, type: number",
            'check_sums: {value: adults, total: {month: "計"}}',
        ],
    ),
    one(
        "questions",
        [
            ["問1　あなたの性別"],
            [N, "回答数", "割合(%)"],
            ["男性", 420, 42],
            ["女性", 510, 51],
            ["無回答", 70, 7],
            [],
            ["問2　施策に満足していますか"],
            [N, "満足", "やや満足", "やや不満", "不満", "無回答"],
            ["子育て", 1, 2, 3, 4, 5],
            ["防災", 6, 7, 8, 9, 10],
        ],
        {
            "table": "category,answers,share\n男性,420,42\n女性,510,51\n無回答,70,7\n",
            "table-2": "category,satisfied,somewhat_satisfied,somewhat_dissatisfied,dissatisfied,no_answer\n"
            "子育て,1,2,3,4,5\n防災,6,7,8,9,10\n",
        },
        says=["{name: share, type: number"],
    ),
    one(
        "units-row",
        [
            ["区名", "人口", "面積", "高齢化率"],
            [N, "（人）", "（k㎡）", "（%）"],
            ["東区", 1000, 12.5, 23.4],
            ["西区", 2000, 8.25, 25.1],
        ],
        "ward,population,area_size,ageing_rate\n東区,1000,12.5,23.4\n西区,2000,8.25,25.1\n",
        says=['unit: "人"', 'unit: "k㎡"', 'unit: "%"'],
    ),
    one(
        "metadata-rows",
        [
            ["#LINK", "https://example.jp/a", N],
            ["施設名", "定員", "開館日"],
            ["string", "integer", "date"],
            ["体育館", 50, "4/25/2024"],
            ["公民館", 30, "12/1/2023"],
        ],
        "facility,capacity,open_days\n体育館,50,2024-04-25\n公民館,30,2023-12-01\n",
        says=["order: mdy"],
    ),
    one(
        "years-across",
        [["区名", "令和4年", "令和5年", "令和6年"], ["東区", 100, 110, 120], ["西区", 200, 210, 220]],
        "ward,year,value\n東区,2022,100\n東区,2023,110\n東区,2024,120\n西区,2022,200\n西区,2023,210\n西区,2024,220\n",
    ),
    one(
        "marks-across-years",
        [
            ["地下水の水質"],
            ["測定地点", "令和3年度", "令和4年度", "令和5年度"],
            ["東", "<0.001", 0.002, "<0.001"],
            ["西", 0.003, "不検出", "r 0.004"],
            ["南", "-", 0.001, 0.001],
        ],
        "measuring_point,fiscal_year,value,value_flag,value_note\n"
        "東,2021,0.001,<,\n東,2022,0.002,,\n東,2023,0.001,<,\n西,2021,0.003,,\n西,2022,,,不検出\n西,2023,0.004,r,\n"
        "南,2021,,,\n南,2022,0.001,,\n南,2023,0.001,,\n",
        says=["その値未満", "value_note にある"],
    ),
    one(
        "marks-above-totals",
        [
            ["区名", "令和4年", "令和5年", "令和6年"],
            ["東区", 100, "p 110", 120],
            ["西区", 200, 210, 220],
            ["計", 300, 320, 340],
        ],
        {
            "table": "ward,y2022,y2023,y2024,y2023_flag\n東区,100,110,120,p\n西区,200,210,220,\n",
            "table-totals": "ward,y2022,y2023,y2024,y2023_flag\n計,300,320,340,\n",
        },
        says=['check_sums: {value: y2022, total: {ward: "計"}}'],
    ),
    one(
        "years-without-era",
        [
            ["ごみ排出量の推移（単位：t）"],
            ["区分", "平成30年度", "令和元年度", "2", "3"],
            ["可燃", 10, 11, 12, 13],
            ["不燃", 3, 4, 5, 6],
        ],
        "category,fiscal_year,waste\n可燃,2018,10\n可燃,2019,11\n可燃,2020,12\n可燃,2021,13\n"
        "不燃,2018,3\n不燃,2019,4\n不燃,2020,5\n不燃,2021,6\n",
        says=['unit: "t"'],
    ),
    one(
        "groups-without-era",
        [
            ["ごみ排出量の推移（単位：t）"],
            ["区分", "令和2年度", N, "3", N],
            [N, "家庭", "事業", "家庭", "事業"],
            ["可燃", 10, 11, 12, 13],
            ["不燃", 3, 4, 5, 6],
        ],
        "category,fy2020_household,fy2020_business,fy2021_household,fy2021_business\n可燃,10,11,12,13\n不燃,3,4,5,6\n",
        says=['unit: "t", title: {ja: "令和3年度_家庭"'],
        merged=["B2:C2", "D2:E2"],
    ),
    one(
        "rows-without-era",
        [["年度", "可燃", "不燃"], ["平成29", 10, 1], ["30", 11, 2], ["令和元", 12, 3], ["2", 13, 4], ["３", 14, 5]],
        "fiscal_year,burnable,non_burnable\n2017,10,1\n2018,11,2\n2019,12,3\n2020,13,4\n2021,14,5\n",
    ),
    one(
        "groups-beside-headings",
        [
            ["農作物の収穫"],
            ["区分", "水稲", N, "大豆", N],
            [N, "作付面積", "収穫量", "作付面積", "収穫量"],
            [N, "ha", "t", "ha", "t"],
            ["東市", 800, 4240, 30, 48],
            ["西市", 500, 2610, "x", "x"],
        ],
        "category,paddy_rice_planted_area,paddy_rice_harvest,soybeans_planted_area,soybeans_harvest\n"
        "東市,800,4240,30,48\n西市,500,2610,,\n",
        says=['unit: "ha", title: {ja: "大豆_作付面積"', "「x」は秘匿"],
    ),
    one(
        "months-of-two-years",
        [
            ["月別利用者数（人）"],
            ["施設", "令和5年度", N, N, "令和6年度", N, N],
            [N, "4月", "5月", "3月", "4月", "5月", "3月"],
            ["体育館", 1, 2, 3, 4, 5, 6],
            ["プール", 7, 8, 9, 10, 11, 12],
        ],
        "facility,year_month,users\n体育館,2023-04,1\n体育館,2023-05,2\n体育館,2024-03,3\n体育館,2024-04,4\n体育館,2024-05,5\n"
        "体育館,2025-03,6\nプール,2023-04,7\nプール,2023-05,8\nプール,2024-03,9\nプール,2024-04,10\nプール,2024-05,11\nプール,2025-03,12\n",
        says=['unit: "人"', 'title: "月別利用者数"'],
        merged=["A2:A3", "B2:D2", "E2:G2"],
    ),
    one(
        "letters-of-eras",
        [
            ["No.", "場所", "設置年度", "更新年月", "申込期限", "台数", "備考"],
            ["１", "駅", "R3", "202404", "20240401", 1, "*"],
            ["２", "港", "H30", "202312", "20231201", 2, N],
            ["３", "町", "R元", "202303", "20230301", "*", N],
            ["４", "丘", "S60", "202303", "20230301", 4, N],
            ["５", "川", "R2", "202303", "20230301", 5, N],
        ],
        "number,place,installed_fiscal_year,updated_in,apply_by,units,remarks\n1,駅,2021,2024-04,2024-04-01,1,*\n"
        "2,港,2018,2023-12,2023-12-01,2,\n3,町,2019,2023-03,2023-03-01,,\n4,丘,1985,2023-03,2023-03-01,4,\n"
        "5,川,2020,2023-03,2023-03-01,5,\n",
        says=["「*」は元の資料の印"],
    ),
    Mess(
        "sheet-of-the-whole",
        [
            MessySheet(
                name, [[f"{name}の人口"], ["年齢区分", "男", "女"], *([age, a * n, b * n] for age, a, b in AGES)]
            )
            for name, n in (("市計", 6), ("東区", 1), ("西区", 2), ("南区", 3))
        ],
        {
            "table": "age_category,male,female,sheet\n0～14歳,10,9,東区\n15～64歳,50,52,東区\n65歳以上,20,25,東区\n"
            "0～14歳,20,18,西区\n15～64歳,100,104,西区\n65歳以上,40,50,西区\n0～14歳,30,27,南区\n15～64歳,150,156,南区\n65歳以上,60,75,南区\n",
            "shikei": "age_category,male,female\n0～14歳,60,54\n15～64歳,300,312\n65歳以上,120,150\n",
        },
        says=["シート「市計」はほかのシートの合計です", 'title: "人口"', 'unit: "人", title: {ja: "男"'],
    ),
    Mess(
        "sheet-that-adds-up",
        [
            MessySheet(name, [["種別", "件数", "人数"], *([age, a * n, b * n] for age, a, b in AGES)])
            for name, n in (("本庁", 4), ("東", 1), ("西", 3))
        ],
        {
            "table": "type,cases,persons,sheet\n0～14歳,10,9,東\n15～64歳,50,52,東\n65歳以上,20,25,東\n"
            "0～14歳,30,27,西\n15～64歳,150,156,西\n65歳以上,60,75,西\n",
            "honchou": "type,cases,persons\n0～14歳,40,36\n15～64歳,200,208\n65歳以上,80,100\n",
        },
        says=["シート「本庁」はほかのシートの合計です"],
    ),
    one(
        "captions-beside",
        [
            ["年齢別人口（令和7年1月1日）", N, N, N, "単位：人"],
            ["男", N, N, "女"],
            ["年齢", "人口", N, "年齢", "人口"],
            ["0～4歳", 10, N, "0～4歳", 11],
            ["5～9歳", 12, N, "5～9歳", 13],
            ["10～14歳", 14, N, "10～14歳", 15],
        ],
        {
            "table": "age,population,date\n0～4歳,10,2025-01-01\n5～9歳,12,2025-01-01\n10～14歳,14,2025-01-01\n",
            "table-2": "age,population\n0～4歳,11\n5～9歳,13\n10～14歳,15\n",
        },
        says=["年齢別人口（令和7年1月1日）（男）", "年齢別人口（令和7年1月1日）（女）"],
    ),
    one(
        "groups-of-a-key",
        [
            ["施設名", "区分", "時間", "料金"],
            ["ホール", "大", "午前", 300],
            ["ホール", "大", "午後", 400],
            ["ホール", "小", "午前", 80],
            ["体育館", "全面", "午前", 50],
        ],
        "facility,category,time,fee\nホール,大,午前,300\nホール,大,午後,400\nホール,小,午前,80\n体育館,全面,午前,50\n",
        says=["primaryKey: [facility, category, time]"],
    ),
    one(
        "row-in-percent",
        [
            ["見本港の貨物（単位：フレート・トン）"],
            ["品種", "輸出", "輸入", "合計"],
            ["農水産品", 10, 200, 210],
            ["林産品", 5, 50, 55],
            ["鉱産品", "－", 300, 300],
            ["総計", 15, 550, 565],
            ["前年比", "98.5%", "101.2%", "101%"],
        ],
        {
            "table": "variety,exports,imports,total\n農水産品,10,200,210\n林産品,5,50,55\n鉱産品,,300,300\n",
            "table-other": "variety,exports,imports,total\n前年比,98.5,101.2,101\n",
            "table-totals": "variety,exports,imports,total\n総計,15,550,565\n",
        },
        says=['unit: "フレート・トン"', "「前年比」の行の単位（%）", "empty: zero"],
    ),
    one(
        "bracketed-units",
        [
            ["日時", "貯水位", "流入量", "備考"],
            [N, "(EL.m)", "(m3/s)", "(見出し)"],
            ["2025/06/01 01:00", 120.01, 0.1, N],
            ["2025/06/01 02:00", 120.02, "---", N],
            ["2025/06/01 03:00", 120.03, "欠測", "点検"],
            ["2025/06/01 24:00", 120.04, 0.4, N],
        ],
        "datetime,reservoir_level,inflow,remarks\n2025-06-01T01:00:00,120.01,0.1,\n2025-06-01T02:00:00,120.02,,\n"
        "2025-06-01T03:00:00,120.03,,点検\n2025-06-02T00:00:00,120.04,0.4,\n",
        says=['unit: "EL.m"', 'unit: "m3/s"'],
    ),
    one(
        "wholes-without-part",
        [
            ["款", "項", "予算額（千円）", "構成比(%)"],
            ["1 市税", N, 12345, 99.2],
            [N, "1 市民税", 8000, N],
            [N, "2 固定資産税", 4345, N],
            ["2 地方譲与税", N, 100, 0.8],
            [N, "1 地方揮発油譲与税", 100, N],
            ["歳入合計", N, 12445, 100],
        ],
        {
            "table": "budget_title,budget_item,budget,share\n1 市税,1 市民税,8000,\n1 市税,2 固定資産税,4345,\n2 地方譲与税,1 地方揮発油譲与税,100,\n",
            "table-totals": "budget_title,budget_item,budget,share\n1 市税,,12345,99.2\n2 地方譲与税,,100,0.8\n歳入合計,,12445,100\n",
        },
        says=['check_sums: {value: budget, total: {budget_title: "歳入合計"}}'],
    ),
    one(
        "measured-each-day",
        [
            ["年", "月", "日", "地点", "NO2(ppm)", "風向"],
            [2025, 1, 1, "東", 0.012, "北"],
            [2025, 1, 1, "西", 0.015, "静穏"],
            [2025, 1, 2, "東", "欠測", "南"],
            [2025, 1, 2, "西", 0.01, "北東"],
        ],
        "year,month,day,point,no2,wind_direction,date\n2025,1,1,東,0.012,北,2025-01-01\n2025,1,1,西,0.015,静穏,2025-01-01\n"
        "2025,1,2,東,,南,2025-01-02\n2025,1,2,西,0.01,北東,2025-01-02\n",
        says=["primaryKey: [point, date]", 'unit: "ppm"'],
    ),
    one(
        "men-and-women",
        [["町丁名", "世帯数", "男", "女", "合計"], ["東町", 10, 11, 12, 23], ["西町", 20, 21, 22, 43]],
        "block,households,male,female,total\n東町,10,11,12,23\n西町,20,21,22,43\n",
        says=['unit: "人", title: {ja: "合計"', 'unit: "世帯"'],
    ),
    one(
        "numbers-above-names",
        [
            ["見本市長選挙　開票結果"],
            ["届出番号", 1, 2, "有効投票計", "投票総数"],
            ["候補者名", "甲", "乙", N, N],
            ["東開票区", "1,234.567", 2345, 3925, 3937],
            ["西開票区", 1000, 1500, 2700, 2708],
            ["合計", 2234.567, 3845, 6625, 6645],
        ],
        {
            "table": "filing_number_candidate,n1_kou,n2_otsu,valid_votes,votes_in_total\n東開票区,1234.567,2345,3925,3937\n西開票区,1000,1500,2700,2708\n",
            "table-totals": "filing_number_candidate,n1_kou,n2_otsu,valid_votes,votes_in_total\n合計,2234.567,3845,6625,6645\n",
        },
    ),
    one(
        "days-of-the-week",
        [
            ["救急出動件数　令和６年中"],
            ["時間帯", "月", "火", "水", "木", "金", "土", "日"],
            ["0～2時", 1, 2, 3, 4, 5, 6, 7],
            ["2～4時", 8, 9, 10, 11, 12, 13, 14],
        ],
        "time_zone,monday,tuesday,wednesday,thursday,friday,saturday,sunday,year\n0～2時,1,2,3,4,5,6,7,2024\n2～4時,8,9,10,11,12,13,14,2024\n",
        says=['unit: "件", title: {ja: "日", en: "Sunday"}'],
    ),
    one(
        "codes",
        [
            ["団体コード", "市区町村", "電話番号", "人口"],
            ["011002", "札幌市", "011-211-2111", 1970000],
            ["131016", "千代田区", "03-3264-2111", 67000],
            ["271004", "大阪市", "06-6208-8181", 2750000],
        ],
        "municipality_code,municipality,phone,population\n011002,札幌市,011-211-2111,1970000\n131016,千代田区,03-3264-2111,67000\n271004,大阪市,06-6208-8181,2750000\n",
    ),
    one(
        "wareki-dates",
        [
            ["文化財の一覧（令和6年4月1日現在）"],
            ["名称", "指定日", "開館"],
            ["見本城", "昭和46年3月29日", "9:00"],
            ["見本寺", "平成19年3月15日", "9時30分"],
            ["見本塚", "大正15年4月1日", "10:00"],
        ],
        "name,designated_on,kaikan,as_of\n見本城,1971-03-29,09:00:00,2024-04-01\n見本寺,2007-03-15,09:30:00,2024-04-01\n見本塚,1926-04-01,10:00:00,2024-04-01\n",
    ),
    one(
        "text-among-numbers",
        [
            ["施設名", "利用者数", "定員"],
            ["体育館", 500, "50人"],
            ["公民館", "休館中", "30人"],
            ["図書館", 700, "80人"],
            ["博物館", 300, "40人"],
            ["美術館", 200, "45人"],
            ["資料館", 250, "20人"],
        ],
        "facility,users,capacity,users_note\n体育館,500,50,\n公民館,,30,休館中\n図書館,700,80,\n博物館,300,40,\n美術館,200,45,\n資料館,250,20,\n",
        says=["Sheet1!B3「休館中」" if False else "B3「休館中」", 'unit: "人"'],
    ),
    one(
        "justified-words",
        [
            ["区　　名", "人　口"],
            ["中　央　区", 100],
            ["港　　　区", 200],
            ["千代田区", 300],
            ["（注）速報値。"],
            ["　　外国人を含む。"],
        ],
        "ward,population\n中央区,100\n港区,200\n千代田区,300\n",
        says=["（注）速報値。", "外国人を含む。"],
    ),
]
