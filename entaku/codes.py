"""The words of every finding, Japanese and English, by code: what is wrong, then what to do next.

Templates are filled with the finding's `value` (verbatim, which is why they quote it) and its `args`.
Codes of verdicts are Frictionless's own error types.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A finding's words.  `ja`, `en`: what is wrong.  `next_ja`, `next_en`: what to do.  `why`: more, for `explain`."""

    ja: str
    en: str
    next_ja: str
    next_en: str


CODES: dict[str, Code] = {
    # ---- YAML and spec
    "yaml-syntax": Code(
        "YAML として読めません：{why}",
        "not YAML: {why}",
        "その行の字下げ、コロンのあとの空白、引用符の閉じ忘れを確かめてください。",
        "Check the line's indentation, the space after colons, and quotes left open.",
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
    "unknown-name": Code(
        "{kind_ja}「{value}」はありません。あるもの：{allowed}",
        'there is no {kind_en} "{value}"; there are: {allowed}',
        "{hint_ja}綴りを直すか、{where_ja} に加えてください。",
        "{hint_en}Correct the spelling, or add it to {where_en}.",
    ),
    "unknown-step": Code(
        "「{value}」という手順はありません。手順：{allowed}",
        'there is no step "{value}"; the steps are: {allowed}',
        "{hint_ja}docs/steps.md の手順から選んでください。",
        "{hint_en}Choose one of the steps of docs/steps.md.",
    ),
    "unknown-column": Code(
        "列「{value}」はありません。あるのは：{allowed}",
        'there is no column "{value}"; there are: {allowed}',
        "{hint_ja}列の名前を確かめてください。前の手順で名前が変わっていれば、新しい名前を書きます。",
        "{hint_en}Check the column's name; after a step has renamed it, its new name counts.",
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
        "一つだけ残してください。",
        "Keep exactly one.",
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
    # ---- fetch
    "unreachable": Code(
        "「{value}」に届きません：{why}",
        '"{value}" can\'t be reached: {why}',
        "公開中の版はそのままです。相手のサーバーとネットワークを確かめ、あとでもう一度 make を実行してください。",
        "What is published stays up. Check the network and the publisher's server, then run make again later.",
    ),
    "http-status": Code(
        "「{value}」が HTTP {status} を返しました",
        '"{value}" answered HTTP {status}',
        "URL が変わっていないか公開元のページで確かめ、変わっていれば source.url を直してください。",
        "See on the publisher's page whether the URL has changed, and if so correct source.url.",
    ),
    "too-large": Code(
        "「{value}」は上限 {limit} MB を超えています",
        '"{value}" is over the limit of {limit} MB',
        "正しいファイルなら source.limit.megabytes を増やしてください。",
        "If it is the right file, raise source.limit.megabytes.",
    ),
    "cut-short": Code(
        "「{value}」の受信が途中で切れました（{got} / {expected} バイト）",
        '"{value}" broke off in the middle ({got} of {expected} bytes)',
        "公開中の版はそのままです。あとでもう一度 make を実行してください。",
        "What is published stays up. Run make again later.",
    ),
    "too-many-asks": Code(
        "「{value}」の for の組み合わせは {count} 件で、上限 {limit} を超えています",
        'the for values of "{value}" make {count} combinations, more than the limit of {limit}',
        "source.for の期間や値を減らしてください。",
        "Narrow the days or values of source.for.",
    ),
    "template-format": Code(
        "「{value}」の書式は値 {example} に使えません",
        'the format in "{value}" doesn\'t suit the value {example}',
        "日付なら {{date:%Y%m%d}}、そのままの値なら {{名前}} と書いてください。",
        "Write {{date:%Y%m%d}} for a date, {{name}} for the value as it is.",
    ),
    "file-unreadable": Code(
        "ファイル「{value}」が読めません：{why}",
        'the file "{value}" can\'t be read: {why}',
        "ファイルの権限を確かめてください。",
        "Check the file's permissions.",
    ),
    "ckan-answer": Code(
        "CKAN の答えが読めません：{why}",
        "the CKAN's answer can't be used: {why}",
        "source.ckan の site、query、title、resource を確かめてください。",
        "Check site, query, title and resource of source.ckan.",
    ),
    "not-reached-yet": Code(
        "{count} 件のファイルはまだ一度も取れていません（例：{value}）",
        '{count} files have never been fetched yet (such as "{value}")',
        "公開元につながるところで make を実行すると加わります。",
        "They are added when make runs where the publisher can be reached.",
    ),
    "served-from-archive": Code(
        "「{value}」は今取れないので、{when} に取った控えを使いました：{why}",
        '"{value}" can\'t be fetched now; its bytes of {when} serve: {why}',
        "すぐにすることはありません。続くようなら公開元に確かめてください。",
        "Nothing to do at once; if it goes on, ask the publisher.",
    ),
    "no-source-bytes": Code(
        "表「{value}」の元ファイルが一つもありません",
        'there is no source file at all for the table "{value}"',
        "ネットワークを確かめるか、pipelines/samples/ に見本を置いてください。",
        "Check the network, or put a sample into pipelines/samples/.",
    ),
    "version-set-aside": Code(
        "{when} に取った版は使えないので除きました（{count} 件の問題）",
        "the version fetched on {when} can't be used and was set aside ({count} findings)",
        "新しい版が代わりに使われています。することはありません。",
        "A newer version is used instead; nothing to do.",
    ),
    # ---- read
    "html-page": Code(
        "データではなく HTML のページです（題名「{value}」）",
        'this is an HTML page (titled "{value}"), not data',
        "公開元のエラー画面かもしれません。URL をブラウザーで開いて確かめてください。",
        "It may be the publisher's error page; open the URL in a browser.",
    ),
    "empty-file": Code(
        "ファイルが空です",
        "the file is empty",
        "公開元のファイルを確かめてください。",
        "Look at the publisher's file.",
    ),
    "encoding": Code(
        "文字コード {encoding} では読めないバイト {value} があります",
        "the bytes {value} can't be read as {encoding}",
        "read.encoding が正しいか確かめ、正しければ元ファイルのその文字を直してください。",
        "Check read.encoding; if it is right, mend the character in the source file.",
    ),
    "encoding-guess": Code(
        "文字コードがどれとも決められません（{allowed}）",
        "the encoding can't be told ({allowed})",
        "read.encoding に書いてください。",
        "Write it as read.encoding.",
    ),
    "bad-quoting": Code(
        "引用符の使い方が壊れています：{why}",
        "broken quoting: {why}",
        'その行の " を確かめてください。値の中の " は "" と書きます。',
        'Look at the " of that line; a " inside a value is written "".',
    ),
    "unclosed-quote": Code(
        "引用符が閉じられないままファイルが終わっています",
        "the file ends inside a quoted value",
        "ファイルが途中で切れていないか、その行の引用符を確かめてください。",
        "See whether the file was cut off, and the quotes of that line.",
    ),
    "no-header": Code(
        "見出しの行が見つかりません（{value}）",
        "the header row isn't there ({value})",
        "read.header が元ファイルと合っているか確かめてください。",
        "Compare read.header with the source file.",
    ),
    "title-line": Code(
        "表題の行が「{pattern}」に合いません：「{value}」",
        'the title line doesn\'t match "{pattern}": "{value}"',
        "別のファイルでないか確かめ、正しければ read.title を直してください。",
        "See whether it is the right file; if so, correct read.title.",
    ),
    "extra-cells": Code(
        "見出しより {count} 個多いセルがあります：「{value}」",
        'the row has {count} more cells than the header: "{value}"',
        "値の中のカンマが引用符で囲まれているか確かめてください。",
        "See whether commas inside values are quoted.",
    ),
    "missing-cells": Code(
        "セルが {count} 個足りません（{value}）",
        "the row is {count} cells short ({value})",
        "行が途中で切れていないか確かめてください。",
        "See whether the row was cut off.",
    ),
    "no-sheet": Code(
        "「{value}」に合うシートがありません。あるのは：{allowed}",
        'no sheet matches "{value}"; there are: {allowed}',
        "read.sheet を直してください。",
        "Correct read.sheet.",
    ),
    "no-member": Code(
        "zip の中に「{value}」に合うファイルがありません。あるのは：{allowed}",
        'nothing in the zip matches "{value}"; there are: {allowed}',
        "read.member を直してください。",
        "Correct read.member.",
    ),
    "broken-file": Code(
        "{format} として開けません：{why}",
        "it can't be opened as {format}: {why}",
        "ファイルを開いて確かめてください。パスワードが付いていれば外してください。",
        "Try to open the file yourself; remove its password if it has one.",
    ),
    "encoding-other": Code(
        "read.encoding は {expected} ですが、中身は {value} のようです",
        "read.encoding says {expected}, but the bytes look like {value}",
        "公開元が文字コードを変えたのかもしれません。ファイルを確かめ、read.encoding を直すか消してください。",
        "The publisher may have changed it. Look at the file, then correct or remove read.encoding.",
    ),
    "odd-character": Code(
        "ほかの機械では読めない文字（外字、制御文字、文字化け）があります：「{value}」",
        'characters that other machines can\'t show (private use, control, replacement): "{value}"',
        "replace で正しい文字に置き換えるか、公開元に知らせてください。",
        "Put the right character with replace, or tell the publisher.",
    ),
    "header-differs": Code(
        "ここの見出しは最初の見出しと違います：「{value}」",
        'this header differs from the first one: "{value}"',
        "元ファイルを確かめてください。表が別のものなら、resources を分けて読みます。",
        "Look at the source file; if it is another table, read it as another resource.",
    ),
    "no-section": Code(
        "節の始まり「{pattern}」に合う行がありません",
        'no line matches "{pattern}", the beginning of a section',
        "read.section が元ファイルと合っているか確かめてください。",
        "Compare read.section with the source file.",
    ),
    "which-member": Code(
        "zip の中に読めるファイルがいくつもあります：{allowed}",
        "the zip holds several files that could be read: {allowed}",
        "read.member に、読むファイルの名前に合う正規表現を書いてください。",
        "Write a regular expression for the right one as read.member.",
    ),
    "read-limit": Code(
        "{what} が上限 {limit} を超えています",
        "{what} is over the limit of {limit}",
        "正しいファイルか確かめてください。",
        "See whether it is the right file.",
    ),
    "unsafe-member": Code(
        "zip の中の「{value}」は読みません：{why}",
        'the zip\'s member "{value}" is not read: {why}',
        "zip を作り直してもらってください。",
        "Have the zip made anew.",
    ),
    "formula-without-value": Code(
        "数式だけがあり、計算した値が保存されていません",
        "there is a formula whose value was never saved",
        "Excel で開いて保存し直すか、数式を値に変えてください。",
        "Open and save the file in Excel, or turn the formulas into values.",
    ),
    "formula-cell": Code(
        "表計算ソフトで開くと数式として動く値が {count} 個あります：「{value}」",
        '{count} values would run as formulas when opened in a spreadsheet: "{value}"',
        "値はそのまま公開されます。意図しないものなら元ファイルを直すか、replace で置き換えてください。",
        "They are published as they are. If they are not meant, mend the source or use replace.",
    ),
    # ---- leaks: what a workbook holds beside its tables; the code is the kind that `allow` names
    "hidden-sheet": Code(
        "隠れたシートに値が {count} 個あります",
        "a hidden sheet holds {count} values",
        "元ファイルからシートを消すか、公開してよければ allow に hidden-sheet と理由を書いてください。",
        "Delete the sheet from the file, or if it may be public, write hidden-sheet and the reason into allow.",
    ),
    "hidden-rows": Code(
        "隠れた行（{rows}）に値が {count} 個あります",
        "hidden rows ({rows}) hold {count} values",
        "行を消すか表示してください（絞り込みは解除）。公開してよければ allow に hidden-rows と理由を書きます。",
        "Delete or show the rows (clear filters); if they may be public, write hidden-rows and the reason into allow.",
    ),
    "hidden-columns": Code(
        "隠れた列（{columns}）に値が {count} 個あります",
        "hidden columns ({columns}) hold {count} values",
        "列を消すか表示してください。公開してよければ allow に hidden-columns と理由を書きます。",
        "Delete or show the columns; if they may be public, write hidden-columns and the reason into allow.",
    ),
    "cell-comments": Code(
        "セルにコメント（メモ）が {count} 個あります",
        "{count} cells have comments",
        "コメントを消すか、公開してよければ allow に cell-comments と理由を書いてください。",
        "Delete the comments, or if they may be public, write cell-comments and the reason into allow.",
    ),
    "defined-names": Code(
        "名前「{value}」が {where} を指しています",
        'the defined name "{value}" points to {where}',
        "「数式」の「名前の管理」で消すか、allow に defined-names と理由を書いてください。",
        "Delete it in the Name Manager, or write defined-names and the reason into allow.",
    ),
    "external-links": Code(
        "ほかのファイルへのリンクがあります（保存された値 {count} 個）",
        "there is a link to another file ({count} of its values are saved)",
        "「データ」の「リンクの編集」で解除するか、allow に external-links と理由を書いてください。",
        "Break it in Edit Links, or write external-links and the reason into allow.",
    ),
    "pivot-cache": Code(
        "ピボットテーブルの元の表が {count} 行、見えない形で入っています",
        "a pivot table carries {count} rows of its source out of sight",
        "ピボットテーブルを値に変えるか、allow に pivot-cache と理由を書いてください。",
        "Turn the pivot table into values, or write pivot-cache and the reason into allow.",
    ),
    "author-names": Code(
        "ファイルの情報に名前があります（{what}）",
        "the file's properties hold a name ({what})",
        "「ファイル」の「情報」の「ドキュメント検査」で消せます。表には載りません。",
        "Document Inspector removes it. It is not in the tables.",
    ),
    "embedded-files": Code(
        "別のファイル「{value}」が埋め込まれています",
        'another file, "{value}", is embedded',
        "埋め込みを消すか、公開してよければ allow に embedded-files と理由を書いてください。",
        "Delete the object, or if it may be public, write embedded-files and the reason into allow.",
    ),
    "image-data": Code(
        "画像「{value}」に {what} があります",
        'the image "{value}" holds {what}',
        "画像を消すか、撮影情報を除いて入れ直すか、allow に image-data と理由を書いてください。",
        "Delete the image or put it in without its data, or write image-data and the reason into allow.",
    ),
    "custom-data": Code(
        "ファイルの独自の情報があります：{what}",
        "the file holds custom data: {what}",
        "「ドキュメント検査」で消せます。表には載りません。",
        "Document Inspector removes it. It is not in the tables.",
    ),
    "macro-code": Code(
        "マクロが入っています",
        "the file holds macros",
        "マクロなしの .xlsx で保存し直すか、allow に macro-code と理由を書いてください。",
        "Save it as .xlsx without macros, or write macro-code and the reason into allow.",
    ),
    "change-history": Code(
        "変更履歴があり、前の値や消した値が残っています（{count} 件）",
        "a change history keeps former and deleted values ({count} changes)",
        "ブックの共有と変更履歴をやめて保存し直すか、allow に change-history と理由を書いてください。",
        "Stop sharing and tracking changes and save again, or write change-history and the reason into allow.",
    ),
    "data-connections": Code(
        "データベースなどへの接続の設定があります（{what}）",
        "there are settings of a data connection ({what})",
        "「データ」の「クエリと接続」で消すか、allow に data-connections と理由を書いてください。",
        "Delete it in Queries & Connections, or write data-connections and the reason into allow.",
    ),
    "not-examined": Code(
        "見えないデータがないか調べられません：{why}",
        "it can't be examined for hidden data: {why}",
        "Excel で開いて .xlsx として保存し直してください。",
        "Open it in Excel and save it anew as .xlsx.",
    ),
    "leak-allowed": Code(
        "「{value}」は理由を書いて許されています：{why}（{count} 件）",
        '"{value}" is allowed, with the reason: {why} ({count})',
        "することはありません。理由が古くなったら allow から消してください。",
        "Nothing to do; remove it from allow when the reason no longer holds.",
    ),
    # ---- leaks: values that look personal (they are never repeated in a finding)
    "my-number": Code(
        "個人番号（マイナンバー）に見える値が {count} 個あります",
        "{count} values look like My Number (individual number)",
        "列を除いて（drop_columns）、元ファイルも直してください。別の番号なら allow に列の名前と理由を書きます。",
        "Remove the column (drop_columns) and mend the source; if it is another number, write the column into allow.",
    ),
    "phone-number": Code(
        "電話番号に見える値が {count} 個あります（{what}）",
        "{count} values look like phone numbers ({what})",
        "施設などの番号なら列の title に電話番号と書くか、allow に列の名前と理由を書きます。個人のものなら除いてください。",
        "If it is an office's, say so in the column's title (電話番号, phone) or in allow; if a person's, take it out.",
    ),
    "e-mail": Code(
        "メールアドレスに見える値が {count} 個あります（{what}）",
        "{count} values look like e-mail addresses ({what})",
        "窓口のものなら列の title にメールと書くか、allow に列の名前と理由を書きます。個人のものなら除いてください。",
        "If it is an office's, say so in the column's title (メール, e-mail) or in allow; if a person's, take it out.",
    ),
    "birth-date": Code(
        "人の名前と並んで生年月日に見える値が {count} 個あります",
        "{count} values look like birth dates of named people",
        "列を除く（drop_columns）か、公開してよい人たちなら allow に列の名前と理由を書いてください。",
        "Remove the column (drop_columns), or if these people's may be public, write it and the reason into allow.",
    ),
    # ---- tidy
    "not-a-number": Code(
        "「{value}」は数として読めません（手順 {step}）",
        '"{value}" is not a number (step {step})',
        "元の値を直すか、値なしの記号なら parse_number の missing に加えてください。",
        "Mend the value, or add it to missing of parse_number if it marks no value.",
    ),
    "not-a-date": Code(
        "「{value}」は日付として読めません（手順 {step}）",
        '"{value}" is not a date (step {step})',
        "2023/2/10、2023-02-10、令和5年2月10日 のような形に直してください。",
        "Write it like 2023/2/10, 2023-02-10 or 令和5年2月10日.",
    ),
    "no-such-code": Code(
        "「{value}」は対応表にありません（手順 {step}）",
        '"{value}" is not among the codes (step {step})',
        "map_codes の codes に加えてください。",
        "Add it to codes of map_codes.",
    ),
    "no-match": Code(
        "「{value}」は「{pattern}」に合いません（手順 {step}）",
        '"{value}" doesn\'t match "{pattern}" (step {step})',
        "手順の pattern を直すか、元の値を確かめてください。",
        "Correct the step's pattern, or look at the value.",
    ),
    "disagree": Code(
        "「{value}」が {other} の「{expected}」と食い違います",
        '"{value}" contradicts "{expected}" of {other}',
        "元ファイルの中身と URL のどちらが正しいか、公開元に確かめてください。",
        "Ask the publisher which is right, the file or its URL.",
    ),
    "column-exists": Code(
        "列「{value}」はもうあります（手順 {step}）",
        'there already is a column "{value}" (step {step})',
        "別の名前を書いてください。",
        "Choose another name.",
    ),
    "pivot-conflict": Code(
        "同じ場所に値が二つあります：「{value}」（手順 {step}）",
        'two values for one place: "{value}" (step {step})',
        "keep に列を加えて行を区別してください。",
        "Add columns to keep that tell the rows apart.",
    ),
    "sum-differs": Code(
        "合計「{value}」は内訳の和 {sum} と {difference} 違います（許容 {tolerance}）：{group}",
        'the total "{value}" differs from the sum of its parts, {sum}, by {difference} (allowed {tolerance}): {group}',
        "端数処理なら tolerance を確かめ、そうでなければ元の表を確かめてください。",
        "If it is rounding, check tolerance; if not, look at the source table.",
    ),
    "sum-rounded": Code(
        "合計「{value}」は内訳の和 {sum} と端数処理の範囲で {difference} 違います：{group}",
        'the total "{value}" differs from the sum of its parts, {sum}, by {difference}, within rounding: {group}',
        "することはありません。",
        "Nothing to do.",
    ),
    "nothing-above": Code(
        "同上の印「{value}」がありますが、上に値がありません（手順 {step}）",
        '"{value}" means "as above", but nothing is above (step {step})',
        "元ファイルの行の順番を確かめてください。",
        "Look at the order of the rows in the source file.",
    ),
    "step-failed": Code(
        "手順 {step} ができませんでした：{why}",
        "the step {step} could not be done: {why}",
        "手順の書き方を docs/steps.md で確かめてください。",
        "Compare the step with docs/steps.md.",
    ),
    # ---- check: Frictionless error types
    "type-error": Code(
        "「{value}」は型 {type} ではありません（書式 {format}）",
        '"{value}" is not of type {type} (format {format})',
        "元の値を直すか、手順（parse_number、parse_date など）を加えてください。",
        "Mend the value, or add a step such as parse_number or parse_date.",
    ),
    "constraint-error": Code(
        "「{value}」は制約 {constraint} に合いません（許すのは：{allowed}）",
        '"{value}" breaks the constraint {constraint} (allowed: {allowed})',
        "元の値を確かめ、正しければ schema の制約を直してください。",
        "Look at the value; if it is right, correct the constraint in schema.",
    ),
    "required": Code(
        "必須の列が空です",
        "a required cell is empty",
        "値を入れるか、required を外してください。",
        "Fill it in, or remove required.",
    ),
    "unique-error": Code(
        "「{value}」が二度あります（前は {first} 行目）",
        '"{value}" is there twice (before in row {first})',
        "重複を除くか、unique を外してください。",
        "Remove the duplicate, or remove unique.",
    ),
    "primary-key": Code(
        "主キー「{value}」が重複するか空です：{why}",
        'the primary key "{value}" is repeated or empty: {why}',
        "重複した行を除く（deduplicate）か、primaryKey に列を加えてください。",
        "Remove repeated rows (deduplicate), or add columns to primaryKey.",
    ),
    "foreign-key": Code(
        "「{value}」は参照先「{other}」にありません",
        '"{value}" is not in "{other}", to which it refers',
        "参照先に行を加えるか、値を直してください。",
        "Add the row there, or correct the value.",
    ),
    "blank-row": Code("空の行です", "a blank row", "drop_empty_rows を加えてください。", "Add drop_empty_rows."),
    "missing-column": Code(
        "schema の列「{value}」が表にありません。あるのは：{allowed}",
        'the schema\'s column "{value}" is not in the table; there are: {allowed}',
        "{hint_ja}元ファイルの列名が変わっていれば rename を直してください。",
        "{hint_en}If the source has renamed it, correct rename.",
    ),
    "extra-column": Code(
        "列「{value}」が schema にありません",
        'the column "{value}" is not in the schema',
        "schema に加えるか、drop_columns で除いてください。",
        "Add it to schema, or remove it with drop_columns.",
    ),
    "bad-schema": Code(
        "schema が使えません：{why}",
        "the schema can't be used: {why}",
        "schema を直してください。",
        "Correct schema.",
    ),
    "check-error": Code(
        "検査の指摘：{why}",
        "found by the check: {why}",
        "元の値と schema を見比べてください。",
        "Compare the value with schema.",
    ),
    "too-many-findings": Code(
        "ほかに {count} 件の指摘があります",
        "there are {count} more findings",
        "上の指摘を直すと減ることがあります。",
        "Mending those above may remove them.",
    ),
    # ---- expectations
    "rows-min": Code(
        "行数 {value} が最小 {allowed} を下回りました",
        "{value} rows, fewer than the least of {allowed}",
        "元ファイルが欠けていないか確かめ、正しければ expect.rows.min を下げてください。",
        "See whether the source is incomplete; if it is right, lower expect.rows.min.",
    ),
    "rows-max": Code(
        "行数 {value} が最大 {allowed} を上回りました",
        "{value} rows, more than the most of {allowed}",
        "重複がないか確かめ、正しければ expect.rows.max を上げてください。",
        "See whether rows are repeated; if it is right, raise expect.rows.max.",
    ),
    "fill-min": Code(
        "記入率 {value} が最小 {allowed} を下回りました",
        "{value} of the cells are filled, less than {allowed}",
        "列が空になっていないか元ファイルを確かめ、正しければ expect.fill を直してください。",
        "See whether the source left the column empty; if it is right, correct expect.fill.",
    ),
    "fill-max": Code(
        "記入率 {value} が最大 {allowed} を上回りました",
        "{value} of the cells are filled, more than {allowed}",
        "正しければ expect.fill を直してください。",
        "If it is right, correct expect.fill.",
    ),
    # ---- store, site
    "sample-refused": Code(
        "見本のデータを {value} へは公開できません",
        "sample data is not published to {value}",
        "本物のデータを取ってから公開するか、--allow-samples を付けてください。",
        "Fetch the real data first, or give --allow-samples.",
    ),
    "checksum": Code(
        "「{value}」の内容が記録と違います",
        '"{value}" is not what was recorded',
        "控えから戻すか、このフォルダーを消して make を実行してください。",
        "Restore it from a backup, or delete the folder and run make.",
    ),
    "store-broken": Code(
        "「{value}」が読めません：{why}",
        '"{value}" can\'t be read: {why}',
        "控えから戻してください。生のファイル（raw/）は残っています。",
        "Restore it from a backup; the raw files are still in raw/.",
    ),
    "template": Code(
        "テンプレート「{value}」に誤りがあります：{why}",
        'the template "{value}" has a mistake: {why}',
        "その行を直してください。変数の一覧は docs/templates.md にあります。",
        "Correct that line; docs/templates.md lists the variables.",
    ),
    "run-cut-short": Code(
        "前回の実行は途中で止まっていました（{value}）。書きかけ {count} 件を片づけました",
        "the last run was cut short ({value}); {count} unfinished files were cleared away",
        "することはありません。今回の実行で続きをしました。",
        "Nothing to do; this run does what was left.",
    ),
    "ledger-mended": Code(
        "取得の記録「{value}」の、書きかけの最後の行を除きました",
        'a last line that was half-written was cut off the fetch ledger "{value}"',
        "することはありません。元のファイルは残っていて、取り直せば記録もできます。",
        "Nothing to do; the next fetch is recorded again.",
    ),
    "release-set-aside": Code(
        "版「{value}」は記録される前に止まっていたので {where} へ移しました",
        'the release "{value}" was cut short before it was recorded, and was moved to {where}',
        "することはありません。同じ元ファイルから作り直されます。移した先は消してかまいません。",
        "Nothing to do: it is made again from the same raw files. What was moved may be deleted.",
    ),
    "history-lost": Code(
        "「{value}」にない版が {count} 件あります（例：{example}）",
        '{count} releases are there of which "{value}" knows nothing (such as {example})',
        "releases.json を控えから戻してください。公開中の版はそのままです。いらない版なら、そのフォルダーを datapackages/ の外へ移します。",
        "Restore releases.json from a backup; what is published stays up. Move releases that aren't wanted out of datapackages/.",
    ),
    "site-put-back": Code(
        "公開先「{value}」の入れ替えが途中で止まっていたので、前のサイトを戻しました",
        'putting the site into "{value}" was cut short; the site before was put back',
        "することはありません。",
        "Nothing to do.",
    ),
    "site-cleared": Code(
        "作りかけのサイト「{value}」を片づけました",
        'an unfinished site, "{value}", was cleared away',
        "することはありません。公開中のサイトはそのままです。",
        "Nothing to do; the published site is as it was.",
    ),
    "site-two-steps": Code(
        "「{value}」のある場所では、サイトを一度に入れ替えられません（ごく短い間、何もない瞬間があります）",
        'where "{value}" is, a site can\'t be replaced in one step (for an instant nothing is there)',
        "気になるときは、公開先を手元のディスク（ext4、xfs、btrfs、APFS など）に置いてください。",
        "If that matters, keep the site on a local disk (ext4, xfs, btrfs, APFS and the like).",
    ),
    "locked": Code(
        "ほかの entaku が実行中です（{value}）",
        "another entaku is running ({value})",
        "終わるのを待ってからもう一度実行してください。",
        "Wait for it to end and run again.",
    ),
    "release-exists": Code(
        "版「{value}」はもうあり、書き換えられません",
        'the release "{value}" is there already and is never overwritten',
        "別の版として公開してください。消したい場合は、控えを取ってから datapackages/ の中のそのフォルダーを消します。",
        "Publish it as another version; to take it away, delete its folder in datapackages/ after a backup.",
    ),
    "file-exists": Code(
        "ファイル「{value}」はもうあります",
        'the file "{value}" is there already',
        "別の名前を指定するか、今あるファイルを移してください。",
        "Give another name, or move the file that is there.",
    ),
    "same-path": Code(
        "「{value}」に二つのものが書かれようとしています",
        'two things would be written to "{value}"',
        "データセット、表、テンプレートのどちらかの名前を変えてください。",
        "Rename one of the two datasets, tables or templates.",
    ),
    "not-our-folder": Code(
        "「{value}」には entaku が作ったのではないものがあるので、置き換えません",
        '"{value}" holds things that entaku did not make, so it is not replaced',
        "空のフォルダーか、まだないフォルダーを公開先に指定してください。",
        "Name an empty folder, or one that is not there yet.",
    ),
    "cannot-write": Code(
        "「{value}」に書けません：{why}",
        '"{value}" can\'t be written: {why}',
        "空き容量と書き込みの権限を確かめてください。",
        "Check the free space and the permission to write.",
    ),
}
