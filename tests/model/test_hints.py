"""What was meant: misspelt words, names in Japanese, full-width characters; and patterns in words."""

import pytest

from entaku.model.hints import find_near, guess_meant, hint, hint_unit, romanise
from entaku.model.words import FIELD_NAME, NAME, say_pattern

STEPS = ["rename", "parse_number", "parse_date", "drop_empty_rows", "drop_rows", "trim"]


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("parse_numbers", "parse_number"), ("parse-number", "parse_number"), ("ｐａｒｓｅ＿ｄａｔｅ", "parse_date"),
        ("数値化", "parse_number"), ("日付変換", "parse_date"), ("列名変更", "rename"), ("空行削除", "drop_empty_rows"),
        ("行の削除", "drop_rows"), ("strip", "trim"), ("xyz", ""),
    ],
)  # fmt: skip
def test_steps_in_other_words(word: str, near: str) -> None:
    assert find_near(word, STEPS) == near


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("貸出数", "貸出 数"), ("トウロク日", "ﾄｳﾛｸ日"), ("貸出\n冊数", "貸出冊数"), ("人口（人）", "人口(人)"), ("図書館", "図書舘"),
        ("住所", ""),
    ],
)  # fmt: skip
def test_columns_in_another_width_or_with_other_spaces(word: str, near: str) -> None:
    assert find_near(word, ["図書舘", "ﾄｳﾛｸ日", "貸出 数", "貸出冊数", "人口(人)", "緯度"]) == near


def test_a_hint_shows_line_breaks_as_such() -> None:
    assert hint("貸出数", ["貸出\n数"]) == {
        "allowed": "貸出\\n数",
        "hint_ja": '同じに見えて、見えない文字のある名前があります。"貸出\\n数" と書けば、それを指します。 ',
        "hint_en": 'A name looks the same but has characters that nobody sees; write "貸出\\n数". ',
    }


@pytest.mark.parametrize(
    ("word", "latin"),
    [
        ("図書館貸出", "library-loans"), ("小学校一覧", "elementary-schools-list"), ("ラーメン", "ramen"), ("しゃしん", "shashin"),
        ("ちゃ", "cha"), ("まっちゃ", "matcha"), ("がっこう", "gakkou"), ("ゔぁいおりん", "vuaiorin"), ("2024年度人口", "2024-year-population"), ("Library Loans", "Library-Loans"),
        ("札幌", ""),
    ],
)  # fmt: skip
def test_names_are_romanised_as_far_as_their_words_are_known(word: str, latin: str) -> None:
    assert romanise(word) == latin


@pytest.mark.parametrize(
    ("written", "pattern", "other", "ja"),
    [
        ("図書館", NAME, "", "「library」のことですか？ "),
        ("Library_Loans", NAME, "", "「library-loans」のことですか？ "),
        ("札幌", NAME, "Sapporo Data", "「sapporo-data」のことですか？ "),
        ("札幌", NAME, "", ""),
        ("貸出数", FIELD_NAME, "", "「loans_count」のことですか？ "),
        ("１２３", r"\d{3}", "", "1 文字目の「１」が全角です。半角なら「123」です。"),
        ("AB－12", "[A-Z]{2}-\\d{2}", "", "3 文字目の「－」が全角です。半角なら「AB-12」です。"),
        ("大阪　市", "[一-龠]+", "", "3 文字目の「\u3000」が全角です。"),
        ("ab12", "[A-Z]{2}\\d{2}", "", "「AB12」のことですか？ "),
        ("123−4567", "\\d{3}-\\d{4}", "", "「123-4567」のことですか？ "),
        (
            "２０２４／４／１",
            r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "",
            "1 文字目の「２」が全角です。半角なら「2024-04-01」です。",
        ),
        ("www.example.org/a", r"^https?://[^\s/@]+(/\S*)?$", "", "「https://www.example.org/a」のことですか？ "),
    ],
)
def test_what_was_meant(written: str, pattern: str, other: str, ja: str) -> None:
    assert guess_meant(written, pattern, other)["hint_ja"] == ja


def test_guesses_are_not_held_against_patterns_that_may_take_for_ever() -> None:
    assert guess_meant("Ａ" * 60 + "!", "(a+)+b") == {
        "hint_ja": "1 文字目の「Ａ」が全角です。",
        "hint_en": 'Character 1, "Ａ", is full-width. ',
    }


@pytest.mark.parametrize(
    ("pattern", "ja", "en"),
    [
        (NAME, "小文字の英数字（- でつなげます）。library-loans など", "small letters and digits, joined by hyphens: library-loans"),
        (r"\d{6}", "数字 6 桁", "6 digits"),
        (r"^\d{3}-\d{4}$", "数字 3 桁、「-」、数字 4 桁", '3 digits, then "-", then 4 digits'),
        (r"[A-Z]{2}\d{3}", "英大文字 2 文字、数字 3 桁", "2 capital letters, then 3 digits"),
        (r"[AISE]-\d{2}_\d{2}", "「A」「I」「S」「E」のどれか 1 文字、「-」、数字 2 桁、「_」、数字 2 桁",
         'one of "A" "I" "S" "E", then "-", then 2 digits, then "_", then 2 digits'),
        ("[ぁ-ん]+", "ひらがな 1 文字以上", "1 or more hiragana letters"),
        ("[ァ-ヶー]*", "カタカナ 0 文字以上", "any number of katakana letters"),
        (".+館", "1 文字以上、「館」", '1 or more characters, then "館"'),
        (".{1,10}", "1〜10 文字", "1 to 10 characters"),
        ("[a-z_]{3,}", "英小文字か「_」 3 文字以上", '3 or more small letters or "_"'),
        (r"T?\d{13}", "「T」 1 個（なくてもよい）、数字 13 桁", '1 "T" or none, then 13 digits'),
        ("A|B|C", "「A」か「B」か「C」", '"A" or "B" or "C"'),
        ("(男|女)", "「男」か「女」", '"男" or "女"'),
        (r"(a+)+\d", r"正規表現「(a+)+\d」に合う文字", r'text that matches the regular expression "(a+)+\d"'),
        ("[^0-9]+", "正規表現「[^0-9]+」に合う文字", 'text that matches the regular expression "[^0-9]+"'),
    ],
)  # fmt: skip
def test_patterns_are_said_in_words(pattern: str, ja: str, en: str) -> None:
    assert (say_pattern(pattern).ja, say_pattern(pattern).en) == (ja, en)


@pytest.mark.parametrize(
    ("heading", "there", "words"),
    [
        ("水位(m)", ["観測日", "水位(cm)"], "「m」から「cm」に変わっています"),
        ("金額（千円）", ["金額（百万円）"], "列の unit も直します"),
        ("水位(m)", ["水位", "雨量(mm)"], ""),
        ("水位", ["水位(m)"], ""),
    ],
)
def test_a_heading_in_another_unit_is_told(heading: str, there: list[str], words: str) -> None:
    found = hint_unit(heading, there)
    assert words in found["hint_ja"] and there[-1] in found["hint_en"] if words else found == {}
