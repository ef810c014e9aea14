"""A finding's words; and those of what owners write: the YAML, its shape, and what one key says of another."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A finding's words.  `ja`, `en`: what is wrong.  `next_ja`, `next_en`: what to do.  `why`: more, for `explain`."""

    ja: str
    en: str
    next_ja: str
    next_en: str


SPEC_CODES: dict[str, Code] = {
    "yaml-syntax": Code(
        "YAML として読めません：{why}",
        "not YAML: {why}",
        "その行の字下げ、コロンのあとの空白、引用符の閉じ忘れを確かめてください。",
        "Check the line's indentation, the space after colons, and quotes left open.",
    ),
    "yaml-encoding": Code(
        "UTF-8 のファイルではありません（Shift_JIS や UTF-16 で保存されているようです）",
        "the file is not UTF-8 (it seems to be saved as Shift_JIS or UTF-16)",
        "エディターの「名前を付けて保存」で文字コードに UTF-8 を選び、UTF-8 で保存し直してください。",
        "Save it again as UTF-8 (in most editors under Save as, encoding).",
    ),
    "yaml-character": Code(
        "目に見えない制御文字 {value} があります",
        "there is a control character, {value}",
        "その文字を消してください。見えないときは、その行を手で打ち直します。",
        "Remove it; where it can't be seen, type the line anew.",
    ),
    "yaml-colon": Code(
        "「{value}」のコロンが全角（：）か、コロンのあとに空白がありません",
        'in "{value}" the colon is full-width (：) or has no space after it',
        "半角のコロンと半角スペースで「{key}: 値」と書いてください。",
        'Write "{key}: value", with a plain colon and a space.',
    ),
    "yaml-wide-space": Code(
        "「{value}」の字下げかコロンのあとに全角の空白（U+3000）があります",
        'in "{value}" a full-width space (U+3000) indents the line or follows the colon',
        "半角スペースに置き換えてください。",
        "Replace it with plain spaces.",
    ),
    "yaml-tab": Code(
        "字下げにタブが使われています",
        "a tab is used for indentation",
        "タブを半角スペース 2 つに置き換えてください。",
        "Replace the tab with two spaces.",
    ),
    "yaml-duplicate-key": Code(
        "キー「{value}」が二度書かれています（最初は {first} 行目）",
        'the key "{value}" is written twice (first on line {first})',
        "どちらか一方を消してください。",
        "Remove one of the two.",
    ),
    "yaml-ambiguous": Code(
        "「{value}」は {meaning} と読まれるおそれがあります",
        '"{value}" could be read as {meaning}',
        '文字なら引用符で囲み（"{value}"）、真偽なら true か false、数なら十進数で書いてください。',
        'Quote it if it is text ("{value}"); write true or false, or a plain decimal number, if it is not.',
    ),
    "yaml-forbidden": Code(
        "{what} は使えません",
        "{what} can't be used here",
        "値をそのまま書いてください。",
        "Write the value out plainly.",
    ),
    "yaml-limit": Code(
        "{what} が上限 {limit} を超えています",
        "{what} is over the limit of {limit}",
        "ファイルを分けるか短くしてください。",
        "Split the file or shorten it.",
    ),
    "unknown-key": Code(
        "知らないキー「{value}」です。使えるキー：{allowed}",
        'unknown key "{value}"; the keys here are: {allowed}',
        "{hint_ja}綴りを直すか、その行を消してください。",
        "{hint_en}Correct the spelling or remove the line.",
    ),
    "missing-key": Code(
        "必要なキー「{value}」がありません",
        'the key "{value}" is missing',
        "「{value}: …」の行を加えてください。",
        'Add a line "{value}: …".',
    ),
    "no-value": Code(
        "「{value}」のあとに値がありません。ここには {allowed_ja} を書きます",
        'there is no value after "{value}"; write {allowed_en}',
        "値を書くか、なくてよいものならその行を消してください。",
        "Write one, or remove the line if it isn't needed.",
    ),
    "wrong-type": Code(
        "「{value}」は使えません。ここには {allowed_ja} を書きます",
        '"{value}" can\'t stand here; write {allowed_en}',
        "値を書き直してください。",
        "Write the value anew.",
    ),
    "not-allowed": Code(
        "「{value}」は使えません。使える値：{allowed}",
        '"{value}" is not allowed; allowed: {allowed}',
        "{hint_ja}使える値から選んでください。",
        "{hint_en}Choose one of the allowed values.",
    ),
    "bad-pattern": Code(
        "「{value}」は形が合いません：{allowed}",
        '"{value}" has the wrong form: {allowed}',
        "この形に合うように書き直してください。",
        "Write it in that form.",
    ),
    "bad-regex": Code(
        "正規表現「{value}」に誤りがあります：{why}",
        'the regular expression "{value}" is wrong: {why}',
        "括弧の数や \\ を確かめてください。ふつうの文字としての記号には前に \\ を付けます。",
        "Check brackets and backslashes; put \\ before a character that is meant as itself.",
    ),
    "bounds-crossed": Code(
        "{low}「{value}」と {high}「{other}」の間に当てはまる値がありません",
        'nothing can lie between {low} "{value}" and {high} "{other}"',
        "どちらかを直してください。",
        "Correct one of the two.",
    ),
    "not-a-value": Code(
        "{key} の「{value}」は型 {type} の値ではありません",
        '"{value}" of {key} is no value of type {type}',
        "{key} を直すか、type を変えてください（string なら引用符で囲みます）。",
        "Correct {key}, or change type (quote it if that is string).",
    ),
    "no-such-day": Code(
        "「{value}」という日はありません",
        'there is no day "{value}"',
        "暦にある日を 2026-11-23 の形で書いてください。",
        "Write a day of the calendar, such as 2026-11-23.",
    ),
    "bad-format": Code(
        "型 {type} に書式「{value}」は使えません。使えるもの：{allowed}",
        'type {type} has no format "{value}"; there are: {allowed}',
        "format を直すか、消してください。",
        "Correct format, or remove it.",
    ),
    "unread": Code(
        "「{value}」は Table Schema にはありますが、公開したデータを確かめる人の道具（frictionless-py）が読めません",
        '"{value}" is in Table Schema, but frictionless-py, by which others check what is published, can\'t read it',
        "代わりに{instead_ja}を使ってください。",
        "Use {instead_en} instead.",
    ),
    "one-of": Code(
        "{allowed} はどれか一つだけを書きます",
        "give exactly one of {allowed}",
        "一つだけを書いてください。",
        "Write one of them only.",
    ),
    "since-file": Code(
        "since「{value}」は file と一緒にだけ書けます",
        'since "{value}" goes with file only',
        "since の行を消してください。URL のものの日付は、取得した日です。",
        "Remove the line: what comes from a URL has the day on which it was fetched.",
    ),
    "empty-text": Code(
        "「{value}」に文字がありません",
        '"{value}" has no words',
        "文字を書くか、なくてよいものならその行を消してください。",
        "Write some, or remove the line if it isn't needed.",
    ),
    "bad-url": Code(
        "「{value}」は URL として正しくありません：{why}",
        '"{value}" is no proper URL: {why}',
        "ブラウザーのアドレス欄から写してください。",
        "Copy it from a browser's address bar.",
    ),
    "foreign-key-length": Code(
        "外部キーの列は {count} 個なのに、参照先の列は {other} 個です",
        "the foreign key has {count} columns but refers to {other}",
        "fields と reference.fields の列を同じ数だけ、同じ順に書いてください。",
        "List as many columns in reference.fields as in fields, in the same order.",
    ),
    "unknown-name": Code(
        "{kind_ja}「{value}」はありません。あるもの：{allowed}",
        'there is no {kind_en} "{value}"; there are: {allowed}',
        "{hint_ja}綴りを直すか、{where_ja} に加えてください。",
        "{hint_en}Correct the spelling, or add it to {where_en}.",
    ),
    "requests-moved": Code(
        "要望（{value}）は catalogue.yaml から requests.csv に移りました",
        "{value} moved from catalogue.yaml to requests.csv",
        "一件を一行にして requests.csv に写し（date は asked、キーは id の列へ）、ここから消してください。"
        "書き方は docs/add-a-request.md にあります。",
        "Copy each to a row of requests.csv (date becomes asked, the key becomes id), then delete them here; "
        "docs/add-a-request.md shows how.",
    ),
    "unknown-step": Code(
        "「{value}」という手順はありません。手順：{allowed}",
        'there is no step "{value}"; the steps are: {allowed}',
        "{hint_ja}docs/steps.md の手順から選んでください。",
        "{hint_en}Choose one of the steps of docs/steps.md.",
    ),
    "draft-left": Code(
        "下書きのままです：「{value}」",
        'this is still as the draft left it: "{value}"',
        "書き直してください（【要記入】の印も消します）。",
        "Write your own words there, and remove the mark 【要記入】.",
    ),
    "unknown-column": Code(
        "列「{value}」はありません{in_ja}。あるのは：{allowed}",
        'there is no column "{value}"{in_en}; there are: {allowed}',
        "{hint_ja}列の名前を確かめてください。前の手順で名前が変わっていれば、新しい名前を書きます。",
        "{hint_en}Check the column's name; after a step has renamed it, its new name counts.",
    ),
    "chart-column": Code(
        "図の {key} に列「{value}」（{type}）は使えません。使える型：{allowed}",
        "the chart's {key} can't be the column \"{value}\" ({type}); types that can: {allowed}",
        "型の合う列を書いてください。charts を消すと図は自動で選ばれます。",
        "Name a column of such a type; without charts the program chooses by itself.",
    ),
    "chart-needs": Code(
        "図の「{value}」には数の列 y が要ります",
        'a chart with "{value}" needs y, a column of numbers',
        "y に列の名前を書くか、how を count にしてください。地図なら x は経度、y は緯度です。",
        "Give y a column, or set how to count. On a map x is the longitude and y the latitude.",
    ),
    "chart-mixes": Code(
        "図の数「{value}」は {columns} によって別のものなので、一つの図にできません",
        'the chart\'s numbers "{value}" are of different kinds, as {columns} tells, and make no chart together',
        "charts の where に、その列の名前と、選ぶ値を一つ書いてください。",
        "Under where of the chart, name that column and the one value to choose.",
    ),
    "name-mismatch": Code(
        "name「{value}」がファイル名「{expected}」と違います",
        'name "{value}" is not the file\'s name "{expected}"',
        "name をファイル名（拡張子なし）に合わせてください。",
        "Make name the same as the file's name without .yaml.",
    ),
    "duplicate-name": Code(
        "名前「{value}」が二度使われています",
        'the name "{value}" is used twice',
        "どちらかの名前を変えてください。",
        "Rename one of them.",
    ),
    "source-kind": Code(
        "出どころは url、file、ckan、（前の表の）from のどれか一つだけを書きます",
        "give exactly one of url, file, ckan, or from (an earlier resource)",
        "source: に url、file、ckan の一つだけを書くか、from: に前の表の名前を書いてください。",
        "Give source: exactly one of url, file and ckan, or from: the name of an earlier resource.",
    ),
    "template-value": Code(
        "URL の {{{value}}} に当たる値が for にありません",
        'the URL has {{{value}}}, for which "for" has no values',
        "for に「{value}: […]」を加えるか、URL から除いてください。",
        'Add "{value}: […]" to for, or take it out of the URL.',
    ),
    "unused-value": Code(
        "for の「{value}」は URL のどこにも使われていません",
        '"{value}" of for is used nowhere in the URL',
        "URL に {{{value}}} を書くか、for から除いてください。",
        "Put {{{value}}} into the URL, or remove it from for.",
    ),
    "outside-project": Code(
        "「{value}」はプロジェクトの外を指しています",
        '"{value}" points outside the project',
        "ファイルをプロジェクトの中に置き、そこからの相対パスを書いてください。",
        "Put the file into the project and write its path from there.",
    ),
    "unknown-dataset": Code(
        "データセット「{value}」はありません。あるもの：{allowed}",
        'there is no dataset "{value}"; there are: {allowed}',
        "{hint_ja}pipelines/ にあるファイル名（.yaml なし）を書いてください。",
        "{hint_en}Give the name of a file in pipelines/, without .yaml.",
    ),
    "no-file": Code(
        "ファイル「{value}」が見つかりません",
        'there is no file "{value}"',
        "ファイルを置くか、パスを直してください。",
        "Put the file there, or correct the path.",
    ),
}
