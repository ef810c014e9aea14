"""The page of docs/ on the standard datasets of municipalities, made from their tables."""

from collections.abc import Iterator

from entaku.model.standards import HEADINGS, MOST_COLUMNS, PAGE, TAG, TITLE, Standard, StandardColumn, list_standards

_HEAD = ",".join(HEADINGS)
_ABOUT = f"""\
# 自治体標準オープンデータセット / {TITLE.en}

## 使い方

表がデジタル庁「[{TITLE.ja}]({PAGE})」の一つなら、列を書く代わりに、schema に名前を書きます。

```yaml
resources:
  - name: toilets
    title: 公衆トイレ
    source: {{file: data/131016_public_toilet.csv}}
    tidy:
      - trim: all
      - name_by_title               # 標準の見出しを、列の名前にする
    schema:
      standard: 公衆トイレ一覧
      without: [高度の種別, 高度の値]    # この表にない列
      fields:                       # 独自の列があれば、ここに
        - {{name: cleaned, type: date, title: 清掃日}}
```

- 列の名前、日本語と英語の題名、型、形式（[docs/types.md](types.md) の団体コード、電話番号、URL、緯度経度など）、値の一覧、必須が、下の表のとおりに付きます。`fields` に同じ名前の列を書くと、書いたキーだけがそちらになります。
- 標準の列が表にないとき、標準にない列があるときは、見出しの似た列と、そのまま書ける `rename` や `without` を添えて知らせます。必ずある列（下の表の「必須」）は `without` に書けません。載せられない表は、その標準に準拠していません。
- 公開すると、データセットのページ、`datapackage.json` と DCAT の `conformsTo`、オープンデータ一覧の「準拠する標準」に標準の名前が載り、キーワードに `{TAG}` とデータセットの名前が加わります（BODIK などがこれで探します）。
- サイトの `open-data-list.csv`（オープンデータ一覧）は、下の 06 の 45 列、1 ファイル 1 行です。YAML に書くところのないもの（サブタイトル、ユニバーサルメニュー、来歴情報、電話番号、内線番号）と、サイトの置き場所で変わるもの（API対応有無）は空欄です。
- `entaku new` は、見出しが標準に合うファイルなら、これを書いた下書きを作って試します。値が合わなければ、合わない値を添えて、標準を書かない下書きにします。
- 公開される CSV の一行目は列の名前（英字）で、標準の見出しは題名（`title`）として記述に載ります。

## ここにない標準、別の版の標準：`standards/` の CSV

下の一覧にない標準（公営駐車場一覧（25）と赤ちゃんの駅一覧（29）、県や庁内で決めた様式など）も、下の一覧とは別の版も、プロジェクトの `standards/` フォルダーに CSV を一つ置けば、同じように名前で使えます。ファイルの名前が標準の名前です。`standards/公営駐車場一覧.csv` なら、`schema: {{standard: 公営駐車場一覧}}` と書きます。この一覧と同じ名前なら、置いた方を使います。

```csv
{_HEAD}
25,駐車場名称,name,Name,value,string,,,,,
25,収容台数,capacity,Capacity,column,integer,,0..,台,,
25,区分,kind,Kind,,string,,平面|立体|地下,,,
25,電話番号,phone,Phone,,string,telephone,,,,
```

（書き方の見本です。列は、お持ちの定義書のとおりに書いてください。）

一行が一列で、形はこのプログラムの `entaku/model/standard_columns.csv` と同じです（別の版を作るときは、そこから行を写して直せます）。文字コードは UTF-8 か Shift_JIS、列は {MOST_COLUMNS:,} まで。

| 見出し | 書くこと |
|---|---|
| `number` | 自治体標準オープンデータセットの番号。どの行も同じ。なければ、独自の標準になる（キーワード `{TAG}` は付かない） |
| `ja`、`name`、`type` | 標準の見出し、列の名前（英数字と _）、型（[grammar.md](grammar.md)）。この三つは必ず書く |
| `en` | 英語の題名 |
| `must` | `value`：どの行にも値が要る。`column`：空でもよいが列は要る。`former`：前の版で必須だった（調べない）。空：なくてもよい |
| `format` | 形式（[types.md](types.md)）か、日付と時刻の書式（`%H:%M` など） |
| `values` | 許す値：`有\\|無`（`\\|` は縦線）、正規表現 `[0-9]{{7}}`、`0..`（0 以上） |
| `unit`、`about_ja`、`about_en` | 単位と説明 |

`entaku new` は見出しの合うファイルの下書きにその名前を書き、指摘、ページ、フィードでの扱いは、下の一覧の標準と同じです。版には、その版を作ったときの標準が残ります。CSV の誤りは、ファイル名と行、書けるものを添えて知らせます（`bad-standard`、`standard-cell`、`standard-twice`）。読むのは `standards/` のすぐ下の `.csv` だけです。

## この一覧の出どころ

デジタル庁のデータ項目定義書（A は第 3.09 版、2026-08-01）そのものではなく、公開されたリポジトリーにあるその写し、標準に沿って公開されたファイルの見出し、それらを読むプログラムから作りました（`entaku/model/standards.csv` の `source`）。確かめられない列とデータセットは載せていません。元はデジタル庁「自治体標準オープンデータセット（正式版）」（公共データ利用規約 第1.0版）で、英語の題名と列の名前はこのプログラムが付けたものです。

- **根拠**：「定義書」は定義書から抽出されたもの、「公開データ」は公開されたファイルの列、「読み取り」はそれらを読むプログラムに書かれた列です。
- **全部**：「はい」はその版の列が全部あると確かめたもの、「いいえ」はほかにも列があるかもしれないものです。「いいえ」の標準で「標準にない列」と言われたら、定義書を見て、標準の列なら `fields` に書いてください。
- **必須**：「値」はどの行にも値が要る列、「列」は空でもよいが列は要るもの（定義書の ◎ と必須）、「前の版」は推奨データセット（2021 年、NEC-FIWARE/smart-data-models の `cio/`）で必須だったもので、今の版で必須かは確かめられていません。調べません。
- 子育て施設一覧の子供預かりの料金と時間の列（熊本市の公開データにある 5 列）は、標準の見出しのままか確かめられないので載せていません。
- 文化財一覧、観光施設一覧、観光ポイント一覧は、見出しが同じ複数の団体のファイルから作りました。
- 観光施設一覧の「バリアフリー情報」は、2021 年の版の列で、今の版では「車椅子可」からの 17 列に分かれています。
- 学校給食献立情報は、定義書では二つのファイル（メタデータと本体）です。ここにあるのは、都内で公開されたファイルを読むプログラムが一つの表から読む列です。
- 支援制度（給付金）情報は、85 列あるとする読み手がありますが、見出しを確かめられた列だけです。地方公共団体の名前の列は、「地方公共団体名」か「地方公共団体の名称」か確かめられないので載せていません。
- 23 から 31 には、見出しの前に名前の付く形（`投票所_名称` など。住所などは施設や地点の別の表）と、一つの表にまとめた形（`名称`、`所在地` など）があります。ここにあるのは、ゴミの分別方法一覧のほかは、前の形です。
- まだないもの：公営駐車場一覧（25）、赤ちゃんの駅一覧（29）。列を確かめられる写しが見つかりませんでした。定義書をお持ちなら、`standards/` の CSV で足せます。

## In English

A table that is one of the [{TITLE.en}]({PAGE}) names it as `standard` in its schema instead of listing columns; `name_by_title` in `tidy` gives columns with the standard's headings their names; `without` lists the columns that the table leaves out, `fields` those of its own. Names, titles in both languages, types, formats, lists of values and what is required follow the tables below. Columns that lack or don't belong are told with the headings that they are near, and with the `rename` or `without` to write. A column that is required (value: in each row; column: it may be empty) can't be left out; "former" marks what the edition of 2021 required, which is not checked.

The page of the dataset, `conformsTo` of datapackage.json and DCAT, and the list of open data name the standard; the keywords get `{TAG}` and the dataset's name, by which regional catalogues find it. `open-data-list.csv` has the 45 columns of 06, a row for each file; empty are those that specs don't tell (subtitle, universal menu, provenance, telephone) and API, which is up to the host. `entaku new` writes `standard` in its drafts where headings and values fit, and says which values don't.

A standard that isn't listed here (public car parks, 25, and baby stations, 29, are not; nor are those of a prefecture or an office), or another edition of one that is, is a CSV in the project's folder `standards/`, in the form of `entaku/model/standard_columns.csv`: a row for each column, under the headings above. Its name is the standard's: `standards/公営駐車場一覧.csv` for `standard: 公営駐車場一覧`; it goes before one of the same name that is listed here. `ja`, `name` and `type` are needed. `number` makes it one of the municipal datasets; without it the keyword `{TAG}` is not set. `must` is `value`, `column`, `former` or empty, `values` is `a\\|b` (with a plain bar), a regular expression or `0..`. `entaku new`, findings, pages and feeds treat it as those listed here, and each version keeps the standard that it was made by. What is wrong in the file is told with its line and what is allowed.

The columns come from copies of the definition in public repositories, from files published by it and from programs that read those (`source` in `entaku/model/standards.csv`). They are made from the Digital Agency's datasets (Public Data License 1.0); English titles and names are this program's. What could not be confirmed isn't there; where "whole" says no, the standard may have more columns than are listed. Of cultural properties, tourist facilities and sights, several bodies publish files with the same headings, which are those here.

School meals are two files by the definition (metadata and menu); here are the columns that a program reads from one table as published in Tokyo. Schemes of support may have 85 columns, of which only those with known headings are here; that of the municipality's name isn't. Numbers 23 to 31 exist with prefixed headings (`投票所_名称`, with addresses in a file of facilities or points) and as one plain table: but for waste sorting, those here have the prefix. “バリアフリー情報” of tourist facilities is from the edition of 2021; it is 17 columns now, from “車椅子可” on. Public car parks (25) and baby stations (29) are not there: no copy of their columns could be confirmed. Who has the definition can add them as CSVs in `standards/`.
"""

_BASES = {
    "definition": "定義書 / definition",
    "published": "公開データ / published files",
    "reader": "読み取り / readers",
}
_MUST = {"value": "値 / value", "column": "列 / column", "former": "前の版 / former", "": ""}


def show_standards() -> str:
    """Render the page: how a standard is used, which there are, and the columns of each."""
    return (
        "\n".join([_ABOUT, *_list_standards(), *(line for one in list_standards().values() for line in _show(one))])
        + "\n"
    )


def _list_standards() -> Iterator[str]:
    yield "## データセット / Datasets\n"
    yield "| 番号 / No. | standard | 列 / columns | 全部 / whole | 根拠 / basis | 時点 / as of | 出典 / source |"
    yield "|---|---|---|---|---|---|---|"
    for one in list_standards().values():
        whole = "はい / yes" if one.whole else "いいえ / no"
        name = f"`{one.title.ja}`<br>{one.title.en}"
        yield f"| {one.number} | {name} | {len(one.columns)} | {whole} | {_BASES[one.basis]} | {one.seen} | {one.source} |"


def _show(standard: Standard) -> Iterator[str]:
    yield f"\n## {standard.number} {standard.title.ja} / {standard.title.en}\n"
    yield "| 見出し / heading | name | 型と形式 / type, format | 値 / values | 必須 / required |"
    yield "|---|---|---|---|---|"
    for one in standard.columns:
        about = f"<br>{one.about.ja}" if one.about.ja else ""
        yield f"| {one.title.ja}{about} | `{one.name}` | {_show_type(one)} | {_show_values(one)} | {_MUST[one.must]} |"


def _show_type(column: StandardColumn) -> str:
    unit = f"（{column.unit}）" if column.unit else ""
    return column.type + (f", `{column.format}`" if column.format else "") + unit


def _show_values(column: StandardColumn) -> str:
    if column.values.endswith(".."):
        return f"{column.values.removesuffix('..')} 以上 / or more"
    if "[" in column.values:
        return f"`{column.values}`"
    return "、".join(column.values.split("|"))
