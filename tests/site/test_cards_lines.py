"""Lines of cards: Japanese and English are broken as they are printed, and no text breaks the drawing."""

from hypothesis import given
from hypothesis import strategies as st

from entaku.site import cards_lines as lines

JA = "令和六年度における東京都区部の指定緊急避難場所（土砂災害・洪水・高潮）の一覧、エレベーターの点検（速報値。一部を除く。）について"
EN = "Daily reports of the central wholesale markets of Tokyo, by market and produce, since 1 April 2024"


def wide(text):
    """Every Japanese character two columns wide, every other one."""
    return sum(1 if char.isascii() else 2 for char in text)


def test_no_line_begins_with_a_closing_mark_nor_ends_with_an_opening_one():
    for width in range(8, 90):
        broken = lines.break_lines(JA, width, wide)
        assert "".join(broken) == JA
        assert not [each for each in broken if each[0] in lines.NO_START or each[-1] in lines.NO_END], width
        if width >= 14:
            assert not lines.is_over(broken, width, wide), width


def test_words_of_katakana_dates_and_english_are_whole():
    for width in range(14, 60):
        for text, words in (
            (JA, ["エレベーター"]),
            ("対象は2024年4月1日から2026年12月31日まで", ["2024年4月1日", "2026年12月31日"]),
            (EN, EN.split()),
        ):
            broken = "\n".join(lines.break_lines(text, width, wide))
            assert [word for word in words if word not in broken] == [], (width, broken)


def test_lines_are_of_about_one_length():
    text = "あいうえお" * 5
    assert [len(line) for line in lines.break_lines(text, 48, wide)] == [24, 1]
    assert [len(line) for line in lines.balance_lines(text, 48, wide)] == [13, 12]


def test_a_long_text_is_smaller_and_a_longer_one_ends_with_an_ellipsis():
    def measure(size):
        return lambda text: wide(text) * size

    sizes = ((10, 1), (8, 2), (5, 2))
    assert lines.fit_text("短い題", 200, sizes, measure) == (10, ["短い題"])
    assert lines.fit_text("少し長い題の例、二行", 100, sizes, measure) == (8, ["少し長い題", "の例、二行"])
    size, cut = lines.fit_text(JA, 100, sizes, measure)
    assert size == 5 and len(cut) == 2 and cut[-1].endswith("…") and not lines.is_over(cut, 100, measure(5))
    size, cut = lines.fit_text(EN, 100, sizes, measure)
    assert cut == ["Daily reports of the", "central wholesale…"]


def test_a_word_without_room_is_cut_at_last():
    assert lines.cut_lines("a" * 50, 20, 2, wide) == ["a" * 20, "a" * 18 + "…"]


def test_what_a_font_has_not_is_left_out_or_marked():
    def has(char):
        return char < "\U00010000" and not "\u0600" <= char <= "\u06ff"

    assert lines.clean_text("防災🚒マップ👨‍👩‍👧 \ud800 𠮷野家\n次の\u0007行", has) == "防災マップ 〓野家 次の 行"
    assert lines.clean_text("العربية か\u3099", has) == "〓 が"


@given(st.text(max_size=60), st.integers(4, 60), st.integers(1, 4))
def test_any_text_keeps_its_room(text, width, room):
    clean = lines.clean_text(text, lambda char: True)
    cut = lines.cut_lines(clean, width, room, wide)
    assert len(cut) <= room and not lines.is_over(cut, width, wide)
