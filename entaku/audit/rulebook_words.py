"""The words of the 30 rules, in Japanese and English: what each asks for and what an owner does.

「行政データにおける機械可読性に関するルール」（デジタル庁）、PDL1.0、を加工して作成.  Titles and weights are the
agency's (`rules_with_severity.json`), the other words are ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from entaku.model.words import Text

UNITS = (
    "人|件|円|千円|百万円|億円|万円|万|千|kg|km|m|cm|mm|g|t|ha|㎡|㎢|個|台|回|本|枚|箇所|か所|ヶ所|世帯|戸|社|校|棟|隻|機|両|組|点|冊|食|泊|日|月|年|"
    "時間|分|秒|歳|才|度|号|丁目|室|床|園|店|館|施設|団体|路線|駅|便|頭|羽|匹|株|基|kW|kWh|MW|GW|L|mL|dL|kL|平方メートル|平方キロメートル|ヘクタール"
)
IN_BRACKETS = re.compile(
    rf"[（(\[［【]\s*(単位[:：]?\s*)?(千|百|万|億|十|約)*({UNITS}|[%％‰℃°㎞㎏㎝㎜㎡㎢㎥]|mL|dL|m2|km2|m3|ppm|dB|Hz|pt|ポイント|床|点|倍)(当たり|あたり|/.*)?\s*[）)\]］】]",
    re.IGNORECASE,
)
IMPLIES = re.compile(
    r"金額|人口|人数|面積|割合|比率|[率数費額比]$|年齢|歳入|歳出|価格|単価|料金|重量|延長|距離|高さ|緯度|経度|件数|世帯|戸数|気温|温度|湿度"
    r"|(数|率|額|費)(_|[（(])|latitude|longitude|lat$|lng$|lon$|count|total|amount|population|age|percent|ratio|rate|area", re.IGNORECASE
)  # fmt: skip
NEEDS_NONE = re.compile(
    r"コード|番号|No\.?|№|ID|指数|順位|区分|フラグ|階級|等級|電話|郵便|FAX|TEL|年|月|日|code|number|rank|index|flag|key|通し|連番|並び|行$|号$|桁",
    re.IGNORECASE,
)


def measures(heading: str) -> bool:
    """Whether a heading may be that of a quantity: not of a code, a number that only names, a rank or a day."""
    return bool(IMPLIES.search(heading) or not NEEDS_NONE.search(heading))


def tells_unit(heading: str) -> bool:
    """Whether a heading tells a unit, implies one, or needs none."""
    return any(pattern.search(heading) for pattern in (IN_BRACKETS, IMPLIES, NEEDS_NONE))


Weight = Literal["fatal", "critical", "major", "minor"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its weight, and its words."""

    weight: Weight
    title: Text
    ask: Text
    """What it asks for."""
    next: Text
    """What the owner of a file that breaks it does."""


def _rule(weight: Weight, title: str, ask: str, after: str) -> Rule:
    """Each text is Japanese and English with ` | ` between."""
    return Rule(weight, *(Text(ja=ja, en=en) for ja, _, en in (text.partition(" | ") for text in (title, ask, after))))


RULES: Mapping[str, Rule] = {
    "L1-01": _rule(
        "fatal",
        "ファイル形式 | File format",
        "CSV、xlsx、ODS、JSON、XML のいずれかで、名前と中身の形式が同じ | CSV, xlsx, ODS, JSON or XML, and its name says which",
        "Excel なら「名前を付けて保存」で「Excel ブック (.xlsx)」か「CSV UTF-8」を選びます。 | "
        "In Excel choose Save as, then Excel Workbook (.xlsx) or CSV UTF-8.",
    ),
    "L1-02": _rule(
        "fatal",
        "1シート1表 | One table a sheet",
        "一つのシート、一つの CSV には表を一つだけ | One table in each sheet or CSV",
        "二つ目からの表を、別のシートか別のファイルに分けます。 | Move every table after the first to a sheet or file of its own.",
    ),
    "L1-03": _rule(
        "critical",
        "データの分断 | Broken-up data",
        "見た目のための空の行や列を入れない | No empty rows or columns for looks",
        "空の行と列を削除します。 | Delete the empty rows and columns.",
    ),
    "L1-04": _rule(
        "major",
        "無関係な情報 | Stray information",
        "題名、注、出典などを表の外に書かない | No titles, notes or sources around the table",
        "題名や注を表の外から消し、説明の欄（題名・説明・注意）か、備考の列に移します。 | "
        "Take titles and notes out, into the description of the data or a column for remarks.",
    ),
    "L1-05": _rule(
        "critical",
        "項目名 | Column names",
        "どの列にも、中身がわかる名前がある | Every column has a name that tells what it holds",
        "名前のない列に名前を付けます。「列1」や 1、2、3 は名前になりません。 | Name the columns; “Column 1” or 1, 2, 3 are no names.",
    ),
    "L1-06": _rule(
        "critical",
        "体裁のスペース・改行 | Spaces and newlines for looks",
        "字を揃えるための空白や改行を入れない | No spaces or newlines to make text line up",
        "前後の空白、字の間の空白、セルの中の改行を取り除きます（Excel なら TRIM、CLEAN、置換）。 | "
        "Remove spaces around and within, and newlines in cells (in Excel: TRIM, CLEAN, Replace).",
    ),
    "L1-07": _rule(
        "critical",
        "1セル1データ | One value a cell",
        "一つのセルに値を一つだけ | One value in each cell",
        "「12（3）」は二つの列に、「A、B、C」は行か列に分けます。 | Split “12 (3)” into two columns, “A, B, C” into rows or columns.",
    ),
    "L1-08": _rule(
        "critical",
        "機種依存文字 | Platform-dependent characters",
        "①、㈱、Ⅲ、～ など、環境によって化ける文字を使わない | No ①, ㈱, Ⅲ, ～, which turn into something else elsewhere",
        "UTF-8 で保存し直すか、(1)、(株)、III に置き換えます。 | Save it as UTF-8, or write (1), (株), III.",
    ),
    "L1-09": _rule(
        "minor",
        "空白とゼロ | Blank versus zero",
        "「値がない」と 0 を書き分ける | What is not known is told from nought",
        "値がないセルは空にし、0 は 0 のときだけ書きます。 | Leave cells without a value empty; write 0 only for nought.",
    ),
    "L1-10": _rule(
        "critical",
        "オブジェクト | Drawn objects",
        "図、図形、テキストボックスで情報を伝えない | No information in pictures, shapes or text boxes",
        "図形の文字をセル（備考の列など）に書き、図形を消します。 | Write what they say into cells, and delete them.",
    ),
    "L1-11": _rule(
        "critical",
        "書式による区別 | Meaning by format",
        "色、太字、斜体で意味を区別しない | No meaning in colour, bold or italic",
        "色や太字で示していたことを、列（推計＝1 など）にします。 | Give what colours say a column of its own (estimate = 1).",
    ),
    "L1-12": _rule(
        "critical",
        "セル結合 | Merged cells",
        "表の中のセルを結合しない | No merged cells in the table",
        "結合を解除し、すべてのセルに値を入れます。 | Unmerge them, and fill in every cell.",
    ),
    "L1-13": _rule(
        "critical",
        "非表示の行・列 | Hidden rows and columns",
        "行、列、シートを隠さない | No hidden rows, columns or sheets",
        "再表示して要らないものを削除します。隠しただけでは誰でも読めます。 | "
        "Show them and delete what isn't needed: anyone can read what is hidden.",
    ),
    "L1-14": _rule(
        "fatal",
        "1行1データ | One record a line",
        "CSV の一件を途中で改行しない | No newline within a record of a CSV",
        "セルの中の改行を消してから CSV に保存し、欠けた項目を補います。 | Remove newlines from cells, then save it as CSV again.",
    ),
    "L1-15": _rule(
        "fatal",
        "カンマの引用符 | Quotes around commas",
        "カンマを含む値は \"…\" で囲む | Values that hold a comma are in quotes",
        "手で編集せず、Excel などから CSV に保存し直します。 | Don't edit it by hand: save it as CSV from Excel or the like.",
    ),
    "L2-01": _rule(
        "fatal",
        "数値は数値属性 | Numbers are numbers",
        "数の列には数だけ：円、人、%、「,」、▲、注を付けない | Nothing but digits: no units, commas, ▲, notes",
        "単位は項目名に、注は備考の列に移します。▲ は - に、「1,200」は 1200 にします。 | "
        "Move units to the heading and notes to a column; write - for ▲, 1200 for 1,200.",
    ),
    "L2-02": _rule(
        "fatal",
        "項目の省略 | Nothing left out",
        "「同上」や空欄で、上と同じことを表さない | No “ditto”, and no blanks that mean the same as above",
        "すべての行に、同じ値でも書きます。 | Write the value in every row, even if it is the same.",
    ),
    "L2-03": _rule(
        "fatal",
        "一意な項目名 | Unique column names",
        "同じ名前の列がなく、一行で名前がわかる | No two columns of one name, all of it in one row",
        "どの列にも一つだけの名前を付けます。「小計」「小計」は「小計_男」「小計_女」に、二段の見出しは一段にします。 | "
        "Give each column a name of its own (“total_men”, “total_women”), and one row of headings instead of two.",
    ),
    "L2-04": _rule(
        "critical",
        "選択肢の標準化 | Standard choices",
        "同じ意味の値は、同じ書き方にする | One spelling for one choice",
        "書き方の揺れ（取組済／取組済み）を一つに揃えます。 | Settle on one of the spellings.",
    ),
    "L2-05": _rule(
        "major",
        "「その他」の分離 | “Other” apart",
        "「その他」の内容は、別の列に書く | What “other” means is in a column of its own",
        "「その他（自転車）」を「その他」と、詳細の列の「自転車」に分けます。 | Split “other (bicycle)” into “other” and “bicycle”.",
    ),
    "L2-06": _rule(
        "major",
        "数式を値に | Values for formulas",
        "数式やエラー値を残さない | No formulas, no errors",
        "コピーして「値の貼り付け」をします。#REF! などは直します。 | Copy and paste as values; mend #REF! and the like.",
    ),
    "L3-01": _rule(
        "fatal",
        "項目名行から開始 | Header first",
        "1 行目が項目名、2 行目からがデータ | Row 1 is the header, row 2 the first data",
        "見出しより上の行（題名、空行）を削除します。 | Delete the rows above the header.",
    ),
    "L3-02": _rule(
        "critical",
        "コード表 | Code list",
        "コードの意味が、どこかに書いてある | Each code's meaning is there",
        "コード表を表として加えるか、列の説明に「1 取組済、2 検討中」のように書きます。 | "
        "Add the code list as a table, or write “1 done, 2 planned” into the column's description.",
    ),
    "L3-03": _rule(
        "major",
        "特殊記号の定義 | Symbols defined",
        "X、…、- などの記号の意味が書いてある | What X, … and - mean is said",
        "説明か注意に「X は秘匿」のように書き、missingValues に加えます。 | Write “X: suppressed” into the notes, and list it in missingValues.",
    ),
    "L3-04": _rule(
        "major",
        "単位 | Unit",
        "数の列の単位がわかる | The unit of every number is known",
        "項目名を「売上（千円）」のようにするか、列に unit を書きます。 | Write “sales (1,000 yen)” as the heading, or give the column a unit.",
    ),
    "L3-05": _rule(
        "major",
        "時間軸 | Time axis",
        "西暦（2026-05-13、2026年度など）で、一つの列では同じ書き方 | Western years (2026-05-13), in one form a column",
        "令和3年は 2021 に、または西暦の列を加えます。書き方を一つに揃えます。 | Write 2021 for 令和3年, or add a column for it, in one form.",
    ),
    "L3-06": _rule(
        "critical",
        "地域コード | Area codes",
        "地域は標準地域コードか、正式な名前で | Areas by their standard code or official name",
        "「東京」は「東京都」にし、できれば標準地域コードの列を加えます。 | Write 東京都, not 東京, and if you can add a column for the code.",
    ),
    "L3-07": _rule(
        "critical",
        "年ごとの書式 | Same form each year",
        "項目名と並びを毎回同じにする | Names and order of columns stay",
        "前の回と同じ列にします。変えるときは、注意に理由と対応を書きます。 | Keep the columns of last time; if they must change, say how in the notes.",
    ),
    "L3-08": _rule(
        "major",
        "定義・更新履歴 | Definitions and history",
        "項目の定義、作り方、出典、更新履歴がある | Columns are defined; method, source and history are told",
        "どの列にも、題名と説明を書きます。 | Give every column a title and a description.",
    ),
    "L3-09": _rule(
        "major",
        "縦持ち | Long form",
        "年や月を列に並べず、一行に一つの観測 | One observation a row; years aren't columns",
        "「2020年、2021年」の列を「年」と「値」の列にします（tidy の melt でもできます）。 | "
        "Turn the columns 2020, 2021 into “year” and “value” (the step melt does it too).",
    ),
}  # fmt: skip

WHYS: Mapping[str, Text] = {
    "format-empty": Text(ja="中身がありません。", en="There is nothing in it."),
    "format-old": Text(ja="古い形式の Excel（.xls）です。", en="It is of Excel's old format (.xls)."),
    "format-closed": Text(
        ja="プログラムで読むための形式ではありません。", en="It isn't of a format made for programs."
    ),
    "format-no-table": Text(ja="zip の中に表のファイルがありません。", en="There is no table in the zip."),
    "format-broken": Text(
        ja="開けません。壊れているか、大きすぎます。", en="It can't be opened: it is broken or too large."
    ),
    "format-name": Text(ja="名前の末尾（拡張子）と中身が違います。", en="How its name ends isn't what it holds."),
    "long-header": Text(ja="見出しが 3 行以上あります。", en="The header has three rows or more."),
    "form-changed": Text(
        ja="前の回から、列の名前か並びが変わりました。", en="Since the file before, columns changed or moved."
    ),
    "no-definition": Text(ja="題名か説明のない列があります。", en="Some columns have no title or no description."),
    "noted-characters": Text(
        ja="機種依存文字がありますが、UTF-8 か Excel なので化けません。",
        en="There are some, but UTF-8 and Excel keep them.",
    ),
    "noted-objects": Text(ja="表の外に図があります。", en="There are pictures outside the table."),
    "ask-zero": Text(
        ja="空欄と 0 が混ざる列があります。0 が「値なし」でないか確かめてください。",
        en="Some columns hold both blanks and 0: see that no 0 means “not known”.",
    ),
    "no-table": Text(ja="表が見つかりません。", en="No table was found."),
    "not-read": Text(ja="この形式の中身は見ていません。", en="The inside of this format isn't looked at."),
    "too-slow": Text(ja="見るのに時間がかかりすぎます。", en="Looking at it takes too long."),
    "not-there": Text(ja="保管したファイルが読めません。", en="The archived file can't be read."),
    "not-excel": Text(ja="Excel についてのルールです。", en="The rule is about Excel."),
    "not-csv": Text(ja="CSV についてのルールです。", en="The rule is about CSV."),
    "old-excel": Text(ja=".xls の書式は見ていません。", en="The formats of an .xls aren't looked at."),
    "no-spec": Text(ja="列の定義（YAML）がまだありません。", en="There is no definition of the columns (YAML) yet."),
    "no-codes": Text(ja="コードの列がありません。", en="There is no column of codes."),
    "no-marks": Text(ja="記号はありません。", en="There are no symbols."),
    "no-times": Text(ja="時間の列がありません。", en="There is no column of times."),
    "no-areas": Text(ja="地域の列がありません。", en="There is no column of areas."),
    "one-file": Text(ja="比べるファイルがまだありません。", en="There is no other file yet to compare it with."),
}
"""Why a rule was decided as it was."""
